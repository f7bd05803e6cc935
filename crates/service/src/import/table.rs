//! Tables in text: what a CSV holds, by the titles of its columns, whichever separator it has.
//! Refuses to guess where a table has no titles: that is a list.

use csv::{ReaderBuilder, StringRecord};

/// What a table is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Configurations, as Muster exports them or somebody writes them.
    Own,
    /// A tab of RVTools.
    RvTools,
    /// Objects of one type, as Royal TS exports them.
    Royal,
}

/// A table with its titles.
pub(crate) struct Table<'a, K = Kind> {
    pub(super) kind: K,
    text: &'a str,
    separator: u8,
    pub(super) titles: Vec<String>,
    /// Lines before the titles.
    skipped: u64,
}

/// The table that a text is, if its first line has titles of a kind that is known.
pub(crate) fn of<K>(text: &str, kind: impl Fn(&[String]) -> Option<K>) -> Option<Table<'_, K>> {
    let mut rest = text;
    let mut skipped = 0;
    loop {
        let line = rest.split('\n').next()?;
        // Excel's own line about the separator.
        let is_before = line.trim().is_empty() || line.trim_start().to_lowercase().starts_with("sep=");
        if !is_before {
            break;
        }
        rest = rest.get(line.len() + 1..)?;
        skipped += 1;
    }
    let table = |separator| {
        let table = Table { kind: (), text: rest, separator, titles: Vec::new(), skipped };
        let titles = table.records().next()?.1.iter().map(plain).collect::<Vec<_>>();
        Some(Table { kind: kind(&titles)?, text: rest, separator, titles, skipped })
    };
    // The separator is the one that parts the titles most.
    let tables = [b'\t', b';', b','].into_iter().filter_map(table);
    tables.max_by_key(|table| table.titles.len())
}

pub(super) fn kind(titles: &[String]) -> Option<Kind> {
    let has = |names: &[&str]| titles.iter().any(|title| names.contains(&title.as_str()));
    if titles.iter().any(|title| title.ends_with("visdkserver")) {
        Some(Kind::RvTools)
    } else if !has(&["name"]) {
        None
    } else if has(&["uri", "computername", "url"]) {
        Some(Kind::Royal)
    } else if has(&["host", "address"]) {
        Some(Kind::Own)
    } else {
        None
    }
}

/// A title without what programs write differently: `VI SDK Server` is `visdkserver`.
pub(super) fn plain(title: &str) -> String {
    title.chars().filter(|c| c.is_alphanumeric() || *c == '_').flat_map(char::to_lowercase).collect()
}

impl<K> Table<'_, K> {
    /// Each row below the titles, with its line in the file.
    pub(crate) fn rows(&self) -> impl Iterator<Item = (u64, StringRecord)> + '_ {
        self.records().skip(1).filter(|(_, record)| record.iter().any(|cell| !cell.trim().is_empty()))
    }

    /// The column with this title.
    pub(crate) fn column(&self, is_it: impl Fn(&str) -> bool) -> Option<usize> {
        self.titles.iter().position(|title| is_it(title))
    }

    fn records(&self) -> impl Iterator<Item = (u64, StringRecord)> + '_ {
        let reader = ReaderBuilder::new()
            .delimiter(self.separator)
            .has_headers(false)
            .flexible(true)
            .from_reader(self.text.as_bytes());
        let skipped = self.skipped;
        // It is text, and rows may be of any length: nothing is left that could fail.
        reader
            .into_records()
            .map_while(Result::ok)
            .map(move |record| (skipped + record.position().map_or(0, csv::Position::line), record))
    }
}
