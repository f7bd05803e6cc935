//! The lines of the log, out of all its files.
//! Refuses to guess at a line that is not whole, as a full disk leaves one: it is left out.

use super::file::Files;
use crate::Service;
use crate::call::{Admitted, Answer, Handler};
use contract::LogLine;
use contract::command::ReadLog;
use std::io::Read;

/// Lines of one answer.
const MOST: usize = 100_000;

impl Handler for ReadLog {
    async fn run(self, call: Admitted<'_>) -> Answer<Self> {
        let files = call.log_files();
        Ok(store::aside(move || read(&files, &self)).await)
    }
}

impl Service {
    /// The files of the log of its data folder.
    pub(crate) fn log_files(&self) -> Files {
        Files::of(self.inner.store.dir())
    }
}

fn read(files: &Files, asked: &ReadLog) -> Vec<LogLine> {
    let limit = usize::try_from(asked.limit).unwrap_or(MOST).min(MOST);
    let is_wanted = |line: &LogLine| {
        asked.since.is_none_or(|since| line.at >= since)
            && asked.level.is_none_or(|level| line.level <= level)
    };
    let mut lines: Vec<LogLine> = Vec::new();
    for (_, mut file) in files.open().into_iter().rev() {
        let mut bytes = Vec::new();
        // What can be read of a damaged file is read.
        let _ = file.read_to_end(&mut bytes);
        let text = String::from_utf8_lossy(&bytes);
        let newest_first = text.lines().rev().filter_map(|line| serde_json::from_str::<LogLine>(line).ok());
        lines.extend(newest_first.filter(is_wanted).take(limit - lines.len()));
        if lines.len() == limit {
            break;
        }
    }
    lines.reverse();
    // Processes write beside each other.
    lines.sort_by_key(|line| line.at);
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use contract::{LogLevel, Time};

    #[test]
    fn the_newest_lines_that_are_wanted_come_in_the_order_of_time() {
        let folder = tempfile::tempdir().unwrap();
        let files = Files::of(folder.path());
        let levels = [LogLevel::Info, LogLevel::Error, LogLevel::Debug, LogLevel::Warn];
        for (number, level) in levels.into_iter().cycle().take(40).enumerate() {
            let line = LogLine {
                at: Time(1000 * number as i64),
                level,
                target: "service".into(),
                message: number.to_string(),
                fields: serde_json::Map::new(),
                process: "test 1".into(),
            };
            files.append(format!("{}\n", serde_json::to_string(&line).unwrap()).as_bytes()).unwrap();
        }
        files.append(b"{\"at\": half a li\n").unwrap();
        let numbers = |since: Option<i64>, level, limit| {
            let asked = ReadLog { since: since.map(Time), level, limit };
            read(&files, &asked).into_iter().map(|line| line.message).collect::<Vec<_>>()
        };
        assert_eq!(numbers(None, None, 3), ["37", "38", "39"]);
        assert_eq!(numbers(Some(36_000), None, 100), ["36", "37", "38", "39"]);
        assert_eq!(numbers(Some(30_000), Some(LogLevel::Warn), 100), ["31", "33", "35", "37", "39"]);
        assert_eq!(numbers(None, Some(LogLevel::Error), 2), ["33", "37"]);
        assert_eq!(numbers(None, None, 0), [""; 0]);
    }
}
