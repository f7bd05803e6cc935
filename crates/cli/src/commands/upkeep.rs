//! `log`, `support-bundle`, `backup` and `restore`: what keeps a data folder well.
//! Refuses to write or replace anything that was not shown before.

use super::Call;
use crate::args::{LogAsked, SupportBundle};
use crate::ask;
use crate::exit::Exit;
use crate::files::absolute;
use crate::output::{Output, card, printable, time};
use contract::command::{
    BackUp, CheckBackup, DraftBundle, ListCredentials, ReadLog, RestoreBackup, Since, WriteBundle,
};
use contract::{
    ApiError, Backup, BundleDraft, BundledFile, CredentialPlace, LogLine, Restored, Subject, WrittenBundle,
};
use serde::Serialize;
use service::{Client, Options, Unlock};
use std::collections::BTreeMap;
use std::path::Path;

pub(super) async fn log(service: &Client, output: &Output, asked: LogAsked) -> Result<Exit, ApiError> {
    let LogAsked { since, level, limit } = asked;
    service.may::<ReadLog>(Subject::none()).await?;
    let since = since.map(|text| text.parse::<Since>()).transpose()?.map(|since| since.at(service.now()));
    let lines = service.call(ReadLog { since, level, limit }).await?;
    if lines.is_empty() {
        output.say("No lines.");
    }
    output.answer(&lines, || lines.iter().map(line).collect::<Vec<_>>().join("\n"))?;
    if lines.len() == limit as usize {
        output
            .say(&format!("Showing the newest {limit}. There may be older ones: use --limit to show more."));
    }
    Ok(Exit::Done)
}

/// `2026-03-01T12:00:00Z warn  service::jobs: message (key=value, …) [musterctl 4711]`.
fn line(line: &LogLine) -> String {
    let words = format!("{} [{}]", line.said(), line.process);
    format!("{} {:5} {}", time(Some(line.at)), line.level.name(), printable(&words))
}

/// What was written, and what is in it.
#[derive(Serialize)]
struct Bundle {
    #[serde(flatten)]
    written: WrittenBundle,
    files: Vec<BundledFile>,
    replaced: BTreeMap<String, u64>,
}

pub(super) async fn support_bundle(
    service: &Client,
    output: &Output,
    asked: SupportBundle,
) -> Result<Exit, ApiError> {
    service.may::<DraftBundle>(Subject::none()).await?;
    let draft = service.call(DraftBundle {}).await?;
    let Some(out) = asked.out.filter(|_| !asked.dry_run) else {
        output.answer(&draft, || listing(&draft))?;
        return Ok(Exit::Done);
    };
    let (out, mapping) = (absolute(&out)?, asked.mapping.as_deref().map(absolute).transpose()?);
    output.say(&listing(&draft));
    let question = format!("Write it to {out}?");
    ask::confirmed(output, asked.yes, &question, "nothing was written").await?;
    let written = service.call(WriteBundle { draft: draft.draft, out, mapping }).await?;
    let bundle = Bundle { written, files: draft.files, replaced: draft.replaced };
    output.answer(&bundle, || format!("Wrote {} ({} bytes).", bundle.written.path, bundle.written.bytes))?;
    if let Some(mapping) = &bundle.written.mapping {
        output.say(&format!("{mapping} says what was replaced by what: keep it to yourself."));
    }
    Ok(Exit::Done)
}

fn listing(draft: &BundleDraft) -> String {
    let files = draft.files.iter().map(|file| (file.name.as_str(), format!("{} bytes", file.bytes)));
    let replaced: Vec<String> =
        draft.replaced.iter().map(|(kind, number)| format!("{kind} {number}")).collect();
    let replaced = if replaced.is_empty() { "nothing".to_owned() } else { replaced.join(", ") };
    format!("{}\n\nReplaced by made-up names, by kind: {replaced}", card(files))
}

pub(super) async fn backup(service: &Client, output: &Output, out: &Path) -> Result<Exit, ApiError> {
    service.may::<BackUp>(Subject::none()).await?;
    let backup = service.call(BackUp { out: absolute(out)? }).await?;
    output.answer(&backup, || shown(&backup))?;
    output
        .say("Passwords are not in it: they stay in the keychain or the credentials folder of this machine.");
    Ok(Exit::Done)
}

/// What was restored, and which passwords are to be entered again.
#[derive(Serialize)]
struct RestoredFolder {
    #[serde(flatten)]
    restored: Restored,
    credentials_without_password: Vec<String>,
}

pub(super) async fn restore(call: Call, output: &Output, file: &Path, yes: bool) -> Result<Exit, ApiError> {
    let options = Options::from_environment(call.data_dir, Unlock::Never)?;
    let (dir, file) = (options.data_dir.clone(), absolute(file)?);
    let restore = RestoreBackup { file: file.clone() };
    service::may_restore(&dir, &call.caller, &restore).await?;
    let backup = service::check_backup(&call.caller, CheckBackup { file }).await?;
    output.say(&shown(&backup));
    let question =
        format!("Put it in the place of the database in {}? A copy of that one is kept.", dir.display());
    ask::confirmed(output, yes, &question, "nothing was restored").await?;
    let restored = service::restore_backup(&dir, &call.caller, restore).await?;
    // The database is in its place, whatever comes now: opening it brings an older schema up to date.
    let opened = Client::new(service::open(options).await?, call.caller);
    let credentials = opened.call(ListCredentials {}).await;
    opened.close().await;
    let missing = credentials?.into_iter().filter(|one| one.stored == CredentialPlace::None);
    let credentials_without_password: Vec<String> = missing.map(|one| one.name).collect();
    let answer = RestoredFolder { restored, credentials_without_password };
    output.answer(&answer, || {
        let kept = answer.restored.kept.as_ref().map(|kept| format!(" The one before is kept as {kept}."));
        format!("Restored {}.{}", answer.restored.path, kept.unwrap_or_default())
    })?;
    for credential in &answer.credentials_without_password {
        let command =
            crate::suggest::Suggestion::of("credential set").about(credential).flag("--password-stdin");
        output.say(&format!("No password is stored for {}. To store it: {command}", printable(credential)));
    }
    Ok(Exit::Done)
}

fn shown(backup: &Backup) -> String {
    let rows = |table: &str| backup.rows.get(table).copied().unwrap_or(0);
    card([
        ("Backup", format!("{} ({} bytes)", backup.path, backup.bytes)),
        (
            "Made",
            format!("{} by Muster {}, schema {}", time(Some(backup.made_at)), backup.release, backup.schema),
        ),
        (
            "Holds",
            format!(
                "{} vCenters, {} credentials, {} schedules, {} objects, {} operations",
                rows("vcenters"),
                rows("credentials"),
                rows("schedules"),
                rows("objects"),
                rows("operations")
            ),
        ),
        ("SHA-256", format!("{} (of the database in it)", backup.sha256)),
    ])
}
