//! Exports into a folder: a file for each kind, and of older ones as many as are kept.
//! Refuses to delete anything but files of the same policy and kind that it wrote itself, which their names show.

use crate::export::{Style, delimited, file};
use crate::query::Query;
use crate::{Service, explain};
use contract::destination::{Delivered, Delivery, SoFar};
use contract::{ApiError, Code, Kind, Time};
use std::path::Path;

/// Letters of a policy's name in a file's name.
const LETTERS: usize = 40;

/// `20260301T140509Z`.
const STAMP: usize = 16;

/// Writes what is delivered to a folder.
pub(super) async fn write(
    service: &Service,
    path: &str,
    keep: u32,
    delivery: &Delivery,
) -> Result<Delivered, ApiError> {
    let folder = Path::new(path);
    let Delivery::Rows { run, kinds } = delivery else {
        // A file that comes and goes shows that files can.
        let path = folder.to_owned();
        let tried =
            aside(move || file::write(&path, ".muster-test", "tmp", |out| out.write_all(b"test"))).await?;
        let removed = std::fs::remove_file(&tried);
        removed.map_err(|error| failed(folder, &error))?;
        return Ok(Delivered::default());
    };
    let vcenters = super::vcenters(service, run).await?;
    let mut delivered = Delivered::default();
    let now = service.now();
    for kind in kinds {
        let answer = service.query(&Query::of(*kind), &vcenters).await?;
        let (to, name) = (folder.to_owned(), name(run, *kind, now));
        let written = aside(move || {
            let style = Style::Spreadsheet { separator: b',', marked: true };
            file::write(&to, &name, "csv", |out| {
                delimited(out, &answer.columns, answer.rows(), style, true, |cell| cell)
            })
        });
        delivered.files.push(written.await?.display().to_string());
        delivered.deleted.extend(rotate(folder, run, *kind, keep).map_err(|error| failed(folder, &error))?);
    }
    Ok(delivered)
}

async fn aside<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, ApiError> + Send + 'static,
) -> Result<T, ApiError> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|error| {
        tracing::error!(%error, "an export panicked");
        Err(explain::defect(
            "the rows could not be exported",
            "Try again, and report it if it happens again.",
        ))
    })
}

fn failed(folder: &Path, error: &std::io::Error) -> ApiError {
    ApiError::new(Code::Failed, format!("{} can't be used: {error}", folder.display()))
        .next("Check that the folder is there, and its permissions.")
}

/// `muster-nightly-export-1a2b3c4d-vms-20260301T140509Z`.
fn name(run: &SoFar, kind: Kind, now: Time) -> String {
    let letters = run.name.chars().map(|letter| if letter.is_ascii_alphanumeric() { letter } else { '-' });
    let words = letters.take(LETTERS).collect::<String>().to_ascii_lowercase();
    let at = jiff::Timestamp::from_millisecond(now.0).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    format!("muster-{words}{}{}", marked(run, kind), at.strftime("%Y%m%dT%H%M%SZ"))
}

/// What stands in the names of all exports of a policy's kind, whatever the policy was called.
fn marked(run: &SoFar, kind: Kind) -> String {
    let id: String = run.policy.as_str().chars().filter(char::is_ascii_alphanumeric).take(8).collect();
    format!("-{id}-{kind}-")
}

/// Deletes the oldest exports of a policy's kind, so that as many as are kept are left. Answers with which.
fn rotate(folder: &Path, run: &SoFar, kind: Kind, keep: u32) -> std::io::Result<Vec<String>> {
    let mark = marked(run, kind);
    let mut own: Vec<(String, String)> = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let Ok(name) = entry.file_name().into_string() else { continue };
        if let Some(stamp) = stamp(&name, &mark).filter(|_| entry.file_type().is_ok_and(|of| of.is_file())) {
            own.push((stamp.to_owned(), name));
        }
    }
    own.sort();
    let surplus = own.len().saturating_sub(keep as usize);
    let mut deleted = Vec::new();
    for (_, name) in own.into_iter().take(surplus) {
        std::fs::remove_file(folder.join(&name))?;
        deleted.push(name);
    }
    Ok(deleted)
}

/// When an export was written, if a file is one of those with this mark.
fn stamp<'a>(name: &'a str, mark: &str) -> Option<&'a str> {
    let body = name.strip_prefix("muster-")?.strip_suffix(".csv")?;
    // A second one of the same second has a number.
    let body = body.split_once(" (").map_or(body, |(body, _)| body);
    let (before, stamp) = body.split_at_checked(body.len().checked_sub(STAMP)?)?;
    let is_stamp = stamp.bytes().enumerate().all(|(at, byte)| match at {
        8 => byte == b'T',
        15 => byte == b'Z',
        _ => byte.is_ascii_digit(),
    });
    (is_stamp && before.ends_with(mark)).then_some(stamp)
}

#[cfg(test)]
mod tests {
    use super::*;
    use contract::policy::{Cause, Happened};
    use contract::{OperationId, PolicyId};

    fn run(policy: &str, name: &str) -> SoFar {
        SoFar {
            run: OperationId("r".into()),
            step: 1,
            policy: PolicyId(policy.into()),
            name: name.into(),
            cause: Cause { what: Happened::Hand, at: Time(0), vcenters: Vec::new(), after: Vec::new() },
            vcenters: Vec::new(),
            steps: Vec::new(),
        }
    }

    #[test]
    fn the_oldest_exports_of_a_policy_go_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let (one, renamed) = (run("1a2b3c4d-5e", "Nightly/..\\export"), run("1a2b3c4d-5e", "Other name"));
        let other = run("99999999-5e", "Nightly/..\\export");
        let mut names: Vec<String> = Vec::new();
        for (run, kind, at) in [
            (&one, Kind::Vms, 1_000),
            (&renamed, Kind::Vms, 2_000),
            (&one, Kind::Vms, 3_000),
            (&one, Kind::Hosts, 1_000),
            (&other, Kind::Vms, 1_000),
        ] {
            names.push(name(run, kind, Time(at)) + ".csv");
        }
        names.extend(["muster-x-1a2b3c4d-vms-notes.csv".to_owned(), "muster.csv".to_owned()]);
        for name in &names {
            assert!(!name.contains(['/', '\\']), "{name}");
            std::fs::write(folder.path().join(name), "x").unwrap();
        }
        std::fs::create_dir(folder.path().join(name(&one, Kind::Vms, Time(0)) + ".csv")).unwrap();
        assert_eq!(rotate(folder.path(), &one, Kind::Vms, 1).unwrap(), names[..2]);
        assert_eq!(rotate(folder.path(), &one, Kind::Vms, 1).unwrap(), Vec::<String>::new());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), names.len() - 2 + 1);
    }
}
