//! `discovery add` and `discovery import`.
//! Refuse to decide what becomes of a server: the service does, for the dry run and for what is done.

use super::servers_of_the_audit;
use crate::args;
use crate::ask;
use crate::exit::Exit;
use crate::files::read_at_most;
use crate::output::{Output, table};
use crate::suggest::Suggestion;
use contract::command::{AddServer, ImportServers, PlanServers};
use contract::discovery::PlannedServer;
use contract::{ApiError, Code, Content, ImportAction, words};
use service::Client;

pub(super) async fn add(service: &Client, output: &Output, asked: args::AddedServer) -> Result<(), ApiError> {
    let args::AddedServer { address, profile, user, password_stdin } = asked;
    // Stdin is read first: whatever else is wrong, nobody should get a broken pipe.
    let given = if password_stdin { Some(ask::password_from_stdin().await?) } else { None };
    service.may::<AddServer>(servers_of_the_audit()).await?;
    let password = match (&user, given) {
        (Some(user), None) => ask::new_password(service, output, user, &format!("BMC {address}")).await?,
        (_, given) => given,
    };
    let added = service.call(AddServer { address, profile, user, password }).await?;
    let read = Suggestion::of("discovery refresh").about(&added.address);
    output.answer(&added, || match added.action {
        ImportAction::Add => match &added.reason {
            Some(note) => format!("Added {}: {note}.", added.address),
            None => format!("Added {}.", added.address),
        },
        ImportAction::Change => {
            format!("{}: {}.", added.address, added.reason.as_deref().unwrap_or("changed"))
        }
        ImportAction::Same | ImportAction::Refuse => format!("{} is known already.", added.address),
    })?;
    let approve = Suggestion::of("discovery approve").about(&added.address);
    output.say(&format!("Nothing was contacted. To see its certificate: {read}. To trust it: {approve}"));
    Ok(())
}

pub(super) async fn import(
    service: &Client,
    output: &Output,
    asked: args::ImportedServers,
) -> Result<Exit, ApiError> {
    service.may::<ImportServers>(servers_of_the_audit()).await?;
    let args::ImportedServers { file, dry_run, yes } = asked;
    let content = Content(read_at_most(&file, Content::LARGEST)?);
    let plan = service.call(PlanServers { content: content.clone() }).await?;
    let many = count(&plan, ImportAction::Add) + count(&plan, ImportAction::Change);
    let asks = !dry_run && !yes && many > 0 && ask::somebody_is_there();
    if asks {
        output.say(&shown(&plan));
        let question = format!("Import {}?", words::counted(many, "server", "servers"));
        if !ask::confirm(output, &question).await {
            return Err(ApiError::new(Code::Cancelled, "nothing was imported")
                .next("Answer y, or pass --yes, to import them."));
        }
    }
    let done = match dry_run {
        true => plan.clone(),
        false => service.call(ImportServers { content }).await?,
    };
    // What was shown before is only shown again where it came out otherwise.
    let is_told = |one: &PlannedServer| !asks || (one.reason.is_some() && !plan.contains(one));
    let told: Vec<PlannedServer> = done.iter().filter(|one| is_told(one)).cloned().collect();
    output.answer(&done, || shown(&told))?;
    output.say(&in_words(&done, dry_run));
    Ok(Exit::of_import(count(&done, ImportAction::Refuse), done.len()))
}

fn count(plan: &[PlannedServer], action: ImportAction) -> usize {
    plan.iter().filter(|one| one.action == action).count()
}

fn shown(plan: &[PlannedServer]) -> String {
    if plan.is_empty() {
        return String::new();
    }
    let rows = plan.iter().map(|one| {
        let line = one.line.map_or_else(|| "-".to_owned(), |line| line.to_string());
        let credential = one.credential.clone().unwrap_or_else(|| "-".to_owned());
        let reason = one.reason.clone().unwrap_or_default();
        vec![line, one.address.clone(), credential, one.action.title().to_owned(), reason]
    });
    table(&["No.", "Address", "Login", "Action", "Reason"], &[], rows)
}

/// `3 added, 1 not imported.`
fn in_words(plan: &[PlannedServer], dry_run: bool) -> String {
    let counted = words::imported(|action| count(plan, action), dry_run);
    match dry_run {
        true => format!("{counted}. Nothing was changed."),
        false => {
            let read = Suggestion::of("discovery refresh");
            format!("{counted}. Nothing was contacted. To see their certificates: {read}")
        }
    }
}
