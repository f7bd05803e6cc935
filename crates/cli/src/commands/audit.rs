//! `audit …`.
//! Refuses to write over a file: a receipt or an export that is there already may be the one that proves something.

use crate::args::{Audit as Command, AuditExport, AuditFilterArgs};
use crate::ask;
use crate::exit::Exit;
use crate::files::{read_at_most, write_new};
use crate::output::{Fit, Output, table, time};
use contract::command::{AuditReceipt, ListAudit, PruneAudit, VerifyAudit};
use contract::{ApiError, AuditFilter, AuditRow, Code, Receipt, Subject, words};
use serde::Serialize;
use service::Client;
use std::path::Path;

/// Far more than any receipt has, bytes.
const LARGEST_RECEIPT: usize = 64 << 10;

/// Rows that are asked for at once.
const PAGE: u32 = 1_000;

pub(super) async fn run(service: &Client, output: &Output, command: Command) -> Result<Exit, ApiError> {
    match command {
        Command::List { filter, limit } => list(service, output, filter, limit).await,
        Command::Verify { receipt } => {
            let receipt = receipt.map(|path| read_receipt(&path)).transpose()?;
            let has_receipt = receipt.is_some();
            let verified = service.call(VerifyAudit { receipt }).await?;
            output.answer(&verified, || words::verified(&verified, has_receipt))?;
            Ok(if verified.ok { Exit::Done } else { Exit::Failed })
        }
        Command::Receipt { out } => {
            service.may::<AuditReceipt>(Subject::none()).await?;
            let receipt = service.call(AuditReceipt {}).await?;
            // Texts and numbers: nothing of it can fail to be JSON.
            let text = serde_json::to_string(&receipt).unwrap_or_default();
            write_new(&out, &format!("{text}\n"))?;
            output.answer(&receipt, || {
                format!(
                    "Wrote the receipt of row {} to {}. Keep it where nobody who can change the log can change it.",
                    receipt.seq,
                    out.display()
                )
            })?;
            Ok(Exit::Done)
        }
        Command::Export(asked) => export(service, output, asked).await,
    }
}

fn filter(asked: AuditFilterArgs) -> Result<AuditFilter, ApiError> {
    let AuditFilterArgs { since, until, actor, command, origin, outcome, text } = asked;
    let since = since.map(|text| text.parse()).transpose()?;
    let until = until.map(|text| text.parse()).transpose()?;
    Ok(AuditFilter { since, until, actor, command, origin, outcome, text })
}

async fn list(
    service: &Client,
    output: &Output,
    asked: AuditFilterArgs,
    limit: u32,
) -> Result<Exit, ApiError> {
    let filter = filter(asked)?;
    let is_narrow = filter.is_narrow();
    let (rows, has_more) = rows(service, &filter, limit).await?;
    output.answer(&rows, || {
        if rows.is_empty() {
            output.say(if is_narrow {
                "No row of the audit log matches."
            } else {
                "The audit log is empty."
            });
            return String::new();
        }
        shown(&rows)
    })?;
    if has_more && !output.is_json() {
        output.say(&format!("These are the newest {limit} rows that match. Show more with --limit."));
    }
    Ok(Exit::Done)
}

/// The newest rows that match, in pages.
async fn rows(service: &Client, filter: &AuditFilter, limit: u32) -> Result<(Vec<AuditRow>, bool), ApiError> {
    let (mut rows, mut before) = (Vec::new(), None);
    loop {
        let left = limit.saturating_sub(u32::try_from(rows.len()).unwrap_or(u32::MAX));
        let asked = ListAudit { filter: filter.clone(), before, limit: left.min(PAGE) };
        let page = service.call(asked).await?;
        before = page.rows.last().map(|row| row.seq);
        rows.extend(page.rows);
        if !page.has_more || rows.len() >= limit as usize {
            return Ok((rows, page.has_more));
        }
    }
}

fn shown(rows: &[AuditRow]) -> String {
    let lines = rows.iter().map(|row| {
        vec![
            row.seq.to_string(),
            time(Some(row.at)),
            row.outcome.clone(),
            row.command.clone(),
            words::audited_subject(row),
            row.actor.clone(),
            row.origin.clone(),
            row.host.clone(),
            what(row),
        ]
    });
    let header = ["No.", "At", "Outcome", "Command", "Subject", "Who", "Origin", "Host", "What"];
    let fits =
        [Fit::Number, Fit::Whole, Fit::Whole, Fit::Whole, Fit::Words, Fit::Words, Fit::Whole, Fit::Words];
    table(&header, &fits, lines)
}

/// What changed, or why nothing did.
fn what(row: &AuditRow) -> String {
    row.error.clone().unwrap_or_else(|| words::audited(row).join("; "))
}

/// What was written.
#[derive(Serialize)]
struct Written {
    path: String,
    rows: usize,
    pruned: u64,
}

async fn export(service: &Client, output: &Output, asked: AuditExport) -> Result<Exit, ApiError> {
    let AuditExport { out, filter: narrowed, prune, yes } = asked;
    service.may::<ListAudit>(Subject::none()).await?;
    if prune {
        service.may::<PruneAudit>(Subject::only("audit")).await?;
    }
    let mut filter = filter(narrowed)?;
    // What is pruned goes by number: times need not rise with it.
    let until = filter.until.take_if(|_| prune).map(|until| until.at(service.now()));
    let is_csv = out.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("csv"));
    let (mut rows, _) = rows(service, &filter, u32::MAX).await?;
    rows.reverse();
    if let Some(first) = until.and_then(|until| rows.iter().position(|row| row.at >= until)) {
        rows.truncate(first);
    }
    let text = if is_csv { service::as_csv(&rows) } else { service::as_json_lines(&rows) };
    write_new(&out, &text)?;
    let mut written = Written { path: out.display().to_string(), rows: rows.len(), pruned: 0 };
    if let (true, Some(last)) = (prune, rows.last()) {
        let question = format!("Remove rows {} to {} from the audit log?", rows[0].seq, last.seq);
        ask::before_removing(output, yes, &question).await?;
        let (file, number) = (written.path.clone(), rows.len() as u64);
        written.pruned = service
            .call(PruneAudit { through: last.seq, rows: number, hash: last.hash.clone(), file })
            .await?;
    }
    output.answer(&written, || {
        let removed =
            if written.pruned > 0 { format!(" and removed {}", written.pruned) } else { String::new() };
        format!("Wrote {} rows to {}{removed}.", written.rows, written.path)
    })?;
    Ok(Exit::Done)
}

fn read_receipt(path: &Path) -> Result<Receipt, ApiError> {
    let unusable = |why: String| {
        ApiError::new(Code::InvalidValue, format!("the receipt {} can't be used: {why}", path.display()))
            .next("Specify a file that musterctl audit receipt wrote.")
    };
    let bytes = read_at_most(path, LARGEST_RECEIPT)?;
    serde_json::from_slice(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes))
        .map_err(|_| unusable("it is no receipt of an audit log".to_owned()))
}
