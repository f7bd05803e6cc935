//! Exports into a folder: a file for each kind, and of older ones as many as are kept.
//! Refuses to delete anything but files of the same policy and kind that it wrote itself, which their names show.

use crate::Service;
use crate::export::{Style, delimited, file};
use crate::query::Query;
use contract::destination::{Delivered, SoFar};
use contract::{ApiError, Code, Kind, Time};
use std::io;
use std::path::{Path, PathBuf};

/// Letters of a policy's name in a file's name.
const LETTERS: usize = 40;

/// `20260301T140509Z`.
const STAMP: usize = 16;

/// Writes files with rows of the inventory to a folder that is called so.
pub(super) async fn export(
    service: &Service,
    folder: (&str, &str),
    keep: u32,
    (run, kinds): (&SoFar, &[Kind]),
) -> Result<Delivered, ApiError> {
    let vcenters = super::vcenters(service, run).await?;
    if vcenters.is_empty() {
        let message = "there is no vCenter to export";
        return Err(ApiError::new(Code::InvalidValue, message).next("Change the conditions of the policy."));
    }
    let mut delivered = Delivered::default();
    let now = service.now();
    for kind in kinds {
        let answer = service.query(&Query::of(*kind), &vcenters).await?;
        let (to, called) = (PathBuf::from(folder.1), folder.0.to_owned());
        let (name, run, kind) = (name(run, *kind, now), run.clone(), *kind);
        let work = file::aside(move || {
            let style = Style::Spreadsheet { separator: b',', marked: true };
            let written = file::write(&to, &name, "csv", |out| {
                delimited(out, &answer.columns, answer.rows(), style, true, |cell| cell)
            });
            let written = written.map_err(|error| failed(&called, &error.message))?;
            let written = written.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let deleted = rotate(&to, (&run, kind), keep, &written);
            Ok((written, deleted.map_err(|error| failed(&called, &error.to_string()))?))
        });
        let (written, deleted) = work.await?;
        delivered.files.push(written);
        delivered.deleted.extend(deleted);
    }
    Ok(delivered)
}

/// Has a file come and go in a folder that is called so, which shows that files can.
pub(super) async fn try_out((called, path): (&str, &str)) -> Result<Delivered, ApiError> {
    let (to, called) = (PathBuf::from(path), called.to_owned());
    let work = file::aside(move || {
        let tried = file::write(&to, ".muster-test", "tmp", |out| out.write_all(b"test"));
        let tried = tried.map_err(|error| failed(&called, &error.message))?;
        std::fs::remove_file(tried).map_err(|error| failed(&called, &error.to_string()))
    });
    work.await.map(|()| Delivered::default())
}

fn failed(called: &str, why: &str) -> ApiError {
    ApiError::new(Code::Failed, format!("the folder of {called} can't be used: {why}"))
        .next("Check that the folder is there, its permissions and its free space.")
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

/// Deletes the oldest exports of a policy's kind, and never the one that was just written, so that as many as are kept are left.
/// Answers with which.
fn rotate(folder: &Path, (run, kind): (&SoFar, Kind), keep: u32, written: &str) -> io::Result<Vec<String>> {
    let mark = marked(run, kind);
    let mut own = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let Ok(name) = entry.file_name().into_string() else { continue };
        let is_file = entry.file_type().is_ok_and(|of| of.is_file());
        if let Some((stamp, number)) = stamp(&name, &mark).filter(|_| is_file && name != written) {
            own.push((stamp.to_owned(), number, name));
        }
    }
    own.sort();
    let surplus = (own.len() + 1).saturating_sub(keep as usize);
    let mut deleted = Vec::new();
    for (.., name) in own.into_iter().take(surplus) {
        std::fs::remove_file(folder.join(&name))?;
        deleted.push(name);
    }
    Ok(deleted)
}

/// When an export was written, and the how manieth of that second it is, if a file is one of those with this mark.
fn stamp<'a>(name: &'a str, mark: &str) -> Option<(&'a str, u32)> {
    let body = name.strip_prefix("muster-")?.strip_suffix(".csv")?;
    let (body, number) = match body.split_once(" (") {
        Some((body, number)) => (body, number.strip_suffix(')')?.parse().ok()?),
        None => (body, 1),
    };
    let (before, stamp) = body.split_at_checked(body.len().checked_sub(STAMP)?)?;
    let is_stamp = stamp.bytes().enumerate().all(|(at, byte)| match at {
        8 => byte == b'T',
        15 => byte == b'Z',
        _ => byte.is_ascii_digit(),
    });
    (is_stamp && before.ends_with(mark)).then_some((stamp, number))
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
            names: Vec::new(),
            left_out: Vec::new(),
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
        let second = names[2].replace(".csv", " (2).csv");
        std::fs::write(folder.path().join(&second), "x").unwrap();
        let rotated = |keep| rotate(folder.path(), (&one, Kind::Vms), keep, &second).unwrap();
        assert_eq!(rotated(2), names[..2]);
        assert_eq!(rotated(1), names[2..3], "of one second the first is the older one");
        assert_eq!(rotated(1), Vec::<String>::new(), "the one that was just written stays");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), names.len() - 3 + 2);
    }
}
