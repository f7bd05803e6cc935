//! Finds words in everything that is known of an object: names around it, addresses, ids, dates as people write them.
//! Refuses to look at numbers: those are found by their columns.

use contract::columns::{self, Column, Get, Type};
use contract::{Kind, Row, Snapshot, Time, Value, Vcenter, words};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use std::thread;

/// Words that were looked for, in lower case.
#[derive(Clone, Debug, Default)]
pub(crate) struct Words(Vec<String>);

/// Which rows of a vCenter have all words.
pub(crate) enum Found<'a> {
    All,
    /// The words that don't stand in the vCenter's name, and the texts of its objects.
    Texts(Vec<&'a str>, &'a Snapshot, Kind),
}

impl Words {
    pub(crate) fn of(text: &str) -> Words {
        Words(text.split_whitespace().map(str::to_lowercase).collect())
    }

    /// Looks for them in a vCenter.
    pub(crate) fn found_in<'a>(&'a self, vcenter: &Vcenter, snapshot: &'a Snapshot, kind: Kind) -> Found<'a> {
        let name = vcenter.name.to_lowercase();
        let left: Vec<&str> = self.0.iter().map(String::as_str).filter(|word| !name.contains(word)).collect();
        if left.is_empty() {
            return Found::All;
        }
        // All of it is put together at the first search: most searches are followed by another one, letter by letter.
        snapshot.texts(kind, || texts(vcenter, snapshot, kind));
        Found::Texts(left, snapshot, kind)
    }

    /// The columns besides these in which some word stands that stands in none of these, and what stands there.
    pub(crate) fn beside(&self, shown: &[&Column], row: &Row<'_>) -> Vec<(String, String)> {
        if self.0.is_empty() {
            return Vec::new();
        }
        let zone = TimeZone::system();
        let name = row.vcenter.name.to_lowercase();
        let stands = |column: &Column, word: &str| {
            let mut text = String::new();
            write(&mut text, column, &row.value(column), &zone);
            text.to_lowercase().contains(word)
        };
        let mut beside: Vec<(String, String)> = Vec::new();
        for word in self.0.iter().filter(|word| !name.contains(word.as_str())) {
            if shown.iter().any(|column| stands(column, word)) {
                continue;
            }
            let others =
                searched(row.object.kind).filter(|column| shown.iter().all(|one| one.id != column.id));
            if let Some(column) = others.into_iter().find(|column| stands(column, word)) {
                let found = (column.id.to_string(), part(column, &row.value(column), word));
                if !beside.contains(&found) {
                    beside.push(found);
                }
            }
        }
        beside
    }
}

impl Found<'_> {
    pub(crate) fn has(&self, row: &Row<'_>) -> bool {
        match self {
            Found::All => true,
            Found::Texts(words, snapshot, kind) => {
                let text = snapshot.text(*kind, &row.object.moref).unwrap_or_default();
                words.iter().all(|word| text.contains(word))
            }
        }
    }
}

/// The columns in which words are looked for. Morefs of other objects are not: whose id it is, its own row says.
fn searched(kind: Kind) -> impl Iterator<Item = &'static Column> {
    let is_searched = |column: &&Column| match column.get {
        Get::Identity(_) => column.id == "moref",
        _ => matches!(column.ty, Type::Text | Type::List | Type::Time) && !column.id.ends_with("_moref"),
    };
    columns::of(kind).columns().filter(is_searched)
}

/// Everything that can be found of each object of a kind, in lower case, in the order of the objects.
fn texts(vcenter: &Vcenter, snapshot: &Snapshot, kind: Kind) -> Vec<Box<str>> {
    let objects = snapshot.objects(kind);
    let columns: Vec<&Column> = searched(kind).collect();
    let zone = TimeZone::system();
    let text = |object: &contract::Object| {
        // Nothing that is searched depends on the time.
        let row = Row { vcenter, snapshot, object, now: Time(0) };
        let mut text = String::new();
        for column in &columns {
            write(&mut text, column, &row.value(column), &zone);
        }
        text.to_lowercase().into_boxed_str()
    };
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let share = objects.len().div_ceil(threads).max(1000);
    thread::scope(|scope| {
        let text = &text;
        let parts: Vec<_> = objects
            .chunks(share)
            .map(|part| scope.spawn(move || part.iter().map(|object| text(object)).collect::<Vec<_>>()))
            .collect();
        // A thread that panicked leaves its rows without texts: they are not found, and the others keep theirs.
        let parts = parts.into_iter().zip(objects.chunks(share));
        parts
            .flat_map(|(part, own)| part.join().unwrap_or_else(|_| vec![Box::default(); own.len()]))
            .collect()
    })
}

fn write(text: &mut String, column: &Column, value: &Value, zone: &TimeZone) {
    match value {
        Value::Text(word) => {
            text.push_str(word);
            text.push('\n');
            let term = words::term(column, word);
            if *term != **word {
                text.push_str(&term);
                text.push('\n');
            }
        }
        Value::List(values) => values.iter().for_each(|value| write(text, column, value, zone)),
        Value::Int(ms) if column.ty == Type::Time => {
            if let Ok(at) = Timestamp::from_millisecond(*ms) {
                let at = zone.to_datetime(at);
                for format in ["%Y-%m-%d %H:%M", "%b %-d, %Y, %-I:%M %p", "%-d %b %Y, %H:%M"] {
                    text.push_str(&at.strftime(format).to_string());
                    text.push('\n');
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Int(_) | Value::Decimal(_) | Value::Ref(_) => {}
    }
}

/// The value as it is shown, of a list the elements in which the word stands.
fn part(column: &Column, value: &Value, word: &str) -> String {
    match value {
        Value::List(values) => {
            let texts = values.iter().filter_map(Value::as_text);
            texts.filter(|text| text.to_lowercase().contains(word)).collect::<Vec<_>>().join(", ")
        }
        Value::Int(ms) if column.ty == Type::Time => Time(*ms).to_string(),
        other => words::value(column, &other.to_document()).unwrap_or_default(),
    }
}
