//! The table of a run: name, value, goal, and whether it was met.
//! Refuses to measure, and to hide a goal that was missed.

use std::fmt::Display;
use std::io::{self, Write};

/// Rows in the order in which they were measured.
#[derive(Default)]
pub(crate) struct Table(Vec<[String; 4]>);

impl Table {
    /// A value without a goal.
    pub(crate) fn value(&mut self, name: impl Display, value: impl Display) {
        self.0.push([name.to_string(), value.to_string(), String::new(), String::new()]);
    }

    /// A value that has a goal.
    pub(crate) fn goal(&mut self, name: impl Display, value: impl Display, goal: &str, is_met: bool) {
        let met = if is_met { "yes" } else { "MISSED" };
        self.0.push([name.to_string(), value.to_string(), goal.to_owned(), met.to_owned()]);
    }

    /// A line above the rows that follow.
    pub(crate) fn section(&mut self, title: impl Display) {
        self.0.push([title.to_string(), String::new(), String::new(), String::new()]);
    }

    /// Prints everything.
    pub(crate) fn print(&self) -> io::Result<()> {
        let mut out = io::stdout().lock();
        let width = |column: usize| {
            let widths =
                self.0.iter().filter(|row| !row[1].is_empty()).map(|row| row[column].chars().count());
            widths.max().unwrap_or_default()
        };
        let (name, value, goal) = (width(0), width(1).max("value".len()), width(2).max("goal".len()));
        writeln!(out, "{:name$}  {:value$}  {:goal$}  met?", "", "value", "goal")?;
        for row in &self.0 {
            if row[1].is_empty() {
                writeln!(out, "\n{}", row[0])?;
                continue;
            }
            let line = format!("{:name$}  {:value$}  {:goal$}  {}", row[0], row[1], row[2], row[3]);
            writeln!(out, "{}", line.trim_end())?;
        }
        out.flush()
    }
}

/// The one in the middle, or the mean of the two there; 0 without values.
pub(crate) fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    match values.len() {
        0 => 0.0,
        odd if odd % 2 == 1 => values[odd / 2],
        even => f64::midpoint(values[even / 2 - 1], values[even / 2]),
    }
}

/// The value below which this part of all values lies; `part` is between 0 and 1.
pub(crate) fn percentile(sorted: &[f64], part: f64) -> f64 {
    let last = sorted.len().saturating_sub(1);
    let index = (last as f64 * part).ceil() as usize;
    sorted.get(index).copied().unwrap_or_default()
}
