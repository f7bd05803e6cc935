//! The numbers of an analysis as a table that a spreadsheet may open.
//! Refuses to put text where numbers are: what isn't known is an empty cell.

use crate::export::texts;
use contract::Time;
use contract::analytics::{CallAnalytics, CapacityAnalytics, FindingAnalytics, SyncAnalytics};

/// A table as text.
pub(super) struct Table {
    pub(super) text: String,
    pub(super) rows: usize,
}

/// What stands in a cell.
struct Cells(Vec<String>);

impl Cells {
    fn at(at: Time) -> Cells {
        Cells(vec![at.to_string()])
    }

    fn text(mut self, text: &str) -> Cells {
        self.0.push(text.to_owned());
        self
    }

    fn numbers<T: ToString>(mut self, numbers: impl IntoIterator<Item = T>) -> Cells {
        self.0.extend(numbers.into_iter().map(|number| number.to_string()));
        self
    }

    fn known<T: ToString>(mut self, values: impl IntoIterator<Item = Option<T>>) -> Cells {
        self.0.extend(
            values.into_iter().map(|value| value.map_or_else(String::new, |value| value.to_string())),
        );
        self
    }
}

fn table(titles: &str, rows: Vec<Cells>) -> Table {
    let many = rows.len();
    Table { text: texts(titles.split(' '), rows.into_iter().map(|row| row.0)), rows: many }
}

pub(super) fn syncs(found: &SyncAnalytics) -> Table {
    let titles = "at succeeded partial failed p50_ms p95_ms objects_per_second retries added changed removed";
    let rows = found.series.iter().map(|one| {
        Cells::at(one.at)
            .numbers([one.succeeded, one.partial, one.failed])
            .known([one.p50_ms, one.p95_ms, one.objects_per_second])
            .numbers([one.retries, one.added, one.changed, one.removed])
    });
    table(titles, rows.collect())
}

pub(super) fn calls(found: &CallAnalytics) -> Table {
    let titles = "at calls bytes p50_ms p95_ms hits shared misses saved_calls";
    let rows = found.series.iter().map(|one| {
        Cells::at(one.at)
            .numbers([one.calls, one.bytes])
            .known([one.p50_ms, one.p95_ms])
            .numbers([one.hits, one.shared, one.misses])
            .numbers([one.saved_calls])
    });
    table(titles, rows.collect())
}

pub(super) fn capacity(found: &CapacityAnalytics) -> Table {
    let rows = found
        .series
        .iter()
        .map(|one| Cells::at(one.at).known([one.capacity_bytes, one.used_bytes, one.vms, one.hosts]));
    table("at capacity_bytes used_bytes vms hosts", rows.collect())
}

pub(super) fn datastores(found: &CapacityAnalytics) -> Table {
    let titles = "at vcenter name moref capacity_bytes used_bytes used_percent days bytes_per_day_low bytes_per_day \
                  bytes_per_day_high full_earliest full_latest no_date";
    let rows = found.datastores.iter().map(|one| {
        let trend = one.trend;
        Cells::at(one.at)
            .text(&one.vcenter)
            .text(&one.name)
            .text(&one.moref)
            .numbers([one.capacity_bytes, one.used_bytes])
            .numbers([one.used_percent])
            .known([trend.map(|trend| trend.days)])
            .known([
                trend.map(|trend| trend.low),
                trend.map(|trend| trend.per_day),
                trend.map(|trend| trend.high),
            ])
            .known([one.full_earliest, one.full_latest])
            .text(one.no_date.map_or("", |why| why.name()))
    });
    table(titles, rows.collect())
}

pub(super) fn findings(found: &FindingAnalytics) -> Table {
    let rows =
        found.series.iter().map(|one| Cells::at(one.at).known([one.critical, one.warning, one.information]));
    table("at critical warning information", rows.collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use contract::analytics::{CapacityPoint, CapacityTotals, Percentiles, Span, Window};

    #[test]
    fn what_is_not_known_is_an_empty_cell_and_a_number_is_one() {
        let point = |used_bytes| CapacityPoint {
            at: Time(0),
            capacity_bytes: Some(10),
            used_bytes,
            vms: None,
            hosts: Some(2),
        };
        let summary = CapacityTotals {
            used: Percentiles::default(),
            unit: String::new(),
            capacity_bytes: None,
            used_bytes: None,
            vms: None,
            hosts: None,
            vm_trend: None,
        };
        let span = Span {
            window: Window::Day,
            from: Time(0),
            until: Time(0),
            step_seconds: 3600,
            known_since: None,
        };
        let series = vec![point(Some(3)), point(None)];
        let table = capacity(&CapacityAnalytics { span, series, summary, datastores: Vec::new() });
        let lines: Vec<&str> = table.text.trim_start_matches('\u{feff}').lines().collect();
        assert_eq!(lines[0], r#""at","capacity_bytes","used_bytes","vms","hosts""#);
        assert_eq!(
            (table.rows, lines.len(), lines[2].contains(r#""10","","","2""#)),
            (2, 3, true),
            "{lines:?}"
        );
    }
}
