//! Rows as a file in the user's folder for downloads.
//! Refuses to leave half a file there, and to write over one.

use super::{Style, delimited};
use crate::call::{Admitted, Answer, Handler};
use crate::query::Query;
use crate::{Service, explain};
use contract::command::{ExportRows, Exported};
use contract::{ApiError, Code, RowQuery};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

/// Files of the same name that are tried before giving up.
const NAMES: usize = 1000;

impl Service {
    /// Writes all rows that match, in the order and with the columns asked for, as a file that spreadsheets may open.
    pub(crate) async fn export_rows(&self, asked: RowQuery) -> Result<Exported, ApiError> {
        let chosen = self.chosen(&asked.vcenters).await?;
        let vcenters: Vec<_> = chosen.into_iter().map(|record| record.vcenter).collect();
        let (kind, now) = (asked.kind, self.now());
        let query = Query { offset: 0, limit: None, ..asked.into() };
        let folder = folder()?;
        let answer = self.query(&query, &vcenters).await?;
        aside(move || {
            let style = Style::Spreadsheet { separator: b',', marked: true };
            let name = format!("Muster {} {}", kind.title(), local(now));
            let path = write(&folder, &name, "csv", |file| {
                delimited(file, &answer.columns, answer.rows(), style, false, |cell| cell)
            })?;
            Ok(Exported { path: path.display().to_string(), rows: answer.len() })
        })
        .await
    }
}

/// Writes a text into the folder for downloads; answers with its path.
pub(crate) async fn download(
    name: &str,
    ending: &'static str,
    text: String,
    now: contract::Time,
) -> Result<String, ApiError> {
    let (folder, name) = (folder()?, format!("Muster {name} {}", local(now)));
    let written = aside(move || write(&folder, &name, ending, |file| file.write_all(text.as_bytes())));
    Ok(written.await?.display().to_string())
}

/// Does what reads or writes files where it holds up nobody.
pub(crate) async fn aside<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, ApiError> + Send + 'static,
) -> Result<T, ApiError> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|error| {
        tracing::error!(%error, "an export panicked");
        Err(explain::defect("the export failed", "Try again, and report it if it happens again."))
    })
}

impl Handler for ExportRows {
    async fn run(self, call: Admitted<'_>) -> Answer<Self> {
        call.export_rows(self.query).await
    }
}

/// Where the files go: the folder for downloads, or that of the user.
fn folder() -> Result<PathBuf, ApiError> {
    dirs::download_dir().filter(|dir| dir.is_dir()).or_else(dirs::home_dir).ok_or_else(|| {
        ApiError::new(Code::Failed, "there is no Downloads folder and no home folder to export to")
            .next("Set HOME for this user.")
    })
}

/// `2026-03-01 14.05` in the user's time zone: a colon is not allowed in names on Windows.
fn local(now: contract::Time) -> String {
    let at = jiff::Timestamp::from_millisecond(now.0).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    jiff::tz::TimeZone::system().to_datetime(at).strftime("%Y-%m-%d %H.%M").to_string()
}

/// Writes a file of this name, or with a number where that is taken: whole or not at all.
pub(crate) fn write(
    folder: &Path,
    name: &str,
    ending: &str,
    lines: impl FnOnce(&mut dyn Write) -> std::io::Result<()>,
) -> Result<PathBuf, ApiError> {
    let failed = |error: &std::io::Error| {
        ApiError::new(Code::Failed, format!("the rows can't be written to {}: {error}", folder.display()))
            .next("Free up disk space or check the permissions of that folder, then export again.")
    };
    let mut file = tempfile::Builder::new()
        .prefix(".muster-export-")
        .tempfile_in(folder)
        .map_err(|error| failed(&error))?;
    let mut buffered = BufWriter::new(&mut file);
    let written = lines(&mut buffered).and_then(|()| buffered.flush());
    drop(buffered);
    written.and_then(|()| file.as_file().sync_all()).map_err(|error| failed(&error))?;
    for number in 1..=NAMES {
        let again = if number == 1 { String::new() } else { format!(" ({number})") };
        let path = folder.join(format!("{name}{again}.{ending}"));
        match file.persist_noclobber(&path) {
            Ok(_) => return Ok(path),
            Err(error) if error.error.kind() == std::io::ErrorKind::AlreadyExists => file = error.file,
            Err(error) => return Err(failed(&error.error)),
        }
    }
    Err(failed(&std::io::ErrorKind::AlreadyExists.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_file_of_the_same_minute_has_a_number_and_nothing_else_is_left() {
        let folder = tempfile::tempdir().unwrap();
        let names = ["one", "two"].map(|text| {
            write(folder.path(), "Muster VMs", "csv", |file| file.write_all(text.as_bytes())).unwrap()
        });
        let name = |path: &PathBuf| path.file_name().unwrap().to_string_lossy().into_owned();
        assert_eq!(names.each_ref().map(name), ["Muster VMs.csv", "Muster VMs (2).csv"]);
        assert_eq!(names.map(|path| std::fs::read(path).unwrap()), [b"one", b"two"]);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2);
    }

    #[test]
    fn a_folder_that_is_gone_is_told_with_its_path() {
        let error = write(Path::new("/nowhere/at/all"), "x", "csv", |_| Ok(())).unwrap_err();
        assert!(error.message.contains("/nowhere/at/all") && error.next_step.is_some(), "{error:?}");
    }
}
