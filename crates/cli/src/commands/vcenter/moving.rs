//! `vcenter export` and `vcenter import`.
//! Refuse to decide what becomes of a vCenter: the service does, for the dry run and for what is done.

use crate::args::Import;
use crate::ask;
use crate::exit::Exit;
use crate::files::{absolute, read_at_most, write_new};
use crate::output::{Output, table};
use contract::command::{DescribeVcenters, ImportVcenters, ListCredentials, PlanImport};
use contract::{ApiError, Code, Content, ImportAction, ImportOptions, ImportPlan, Subject, words};
use serde::Serialize;
use service::Client;
use std::path::Path;

/// What was written.
#[derive(Serialize)]
struct Written {
    path: String,
    vcenters: usize,
}

pub(super) async fn export(service: &Client, output: &Output, out: &Path) -> Result<(), ApiError> {
    let is = |ending: &str| out.extension().is_some_and(|found| found.eq_ignore_ascii_case(ending));
    if !is("csv") && !is("json") {
        let message = format!("{} ends neither in .json nor in .csv", out.display());
        return Err(ApiError::new(Code::InvalidValue, message)
            .next("Specify a file that ends in .json, or in .csv for a spreadsheet."));
    }
    let described = service.call(DescribeVcenters { csv: is("csv"), out: absolute(out)? }).await?;
    write_new(out, &described.text)?;
    let written = Written { path: out.display().to_string(), vcenters: described.vcenters };
    output.answer(&written, || format!("Wrote {} to {}.", vcenters(written.vcenters), written.path))
}

pub(super) async fn import(service: &Client, output: &Output, asked: Import) -> Result<Exit, ApiError> {
    service.may::<ImportVcenters>(Subject::none()).await?;
    let Import { file, dry_run, credential, update, esxi_hosts, yes } = asked;
    let content = Content(read_at_most(&file, Content::LARGEST)?);
    let options = ImportOptions { credential, update, esxi_hosts };
    let plan = service.call(PlanImport { content: content.clone(), options: options.clone() }).await?;
    if plan.needs_credential {
        return Err(no_credential(service).await?);
    }
    let asks = !dry_run && !yes && plan.to_import() > 0 && ask::somebody_is_there();
    if asks {
        output.say(&shown(&plan));
        let question = format!("Import {}?", vcenters(plan.to_import()));
        if !ask::confirm(output, &question).await {
            return Err(ApiError::new(Code::Cancelled, "nothing was imported")
                .next("Answer y, or pass --yes, to import them."));
        }
    }
    let done = match dry_run {
        true => plan,
        false => service.call(ImportVcenters { content, options }).await?,
    };
    output.answer(&done.vcenters, || if asks { String::new() } else { shown(&done) })?;
    output.say(&in_words(&done, dry_run));
    Ok(Exit::of_import(done.count(ImportAction::Refuse), done.vcenters.len()))
}

async fn no_credential(service: &Client) -> Result<ApiError, ApiError> {
    let all = service.call(ListCredentials {}).await?;
    let names: Vec<&str> = all.iter().map(|credential| &*credential.name).collect();
    let next = match names[..] {
        [] => "Add one with musterctl credential add NAME --user USER, then specify it with --credential."
            .to_owned(),
        _ => format!("Specify one with --credential C. Available: {}.", names.join(", ")),
    };
    Ok(ApiError::new(Code::InvalidValue, "the file names no credential to log in with").next(next))
}

fn shown(plan: &ImportPlan) -> String {
    let rows = plan.vcenters.iter().map(|one| {
        let line = one.line.map_or_else(|| "-".to_owned(), |line| line.to_string());
        let reason = one.reason.clone().unwrap_or_default();
        vec![line, one.name.clone(), one.address(), one.action.title().to_owned(), reason]
    });
    table(&["No.", "Name", "Address", "Action", "Reason"], &[], rows)
}

/// `RVTools (CSV): 3 added, 1 not imported.`
fn in_words(plan: &ImportPlan, dry_run: bool) -> String {
    let counted = words::imported(|action| plan.count(action), dry_run);
    let nothing = if dry_run { " Nothing was changed." } else { "" };
    format!("{}: {}.{nothing}", plan.format, counted)
}

fn vcenters(number: usize) -> String {
    words::counted(number, "vCenter", "vCenters")
}
