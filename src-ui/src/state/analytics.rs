//! What is looked at on the page of analytics, and numbers as it says them.
//! Refuses to compute numbers: they come as they are drawn.

use contract::analytics::{What, Window};
use contract::{OperationKind, VcenterId, words};

/// What the address says of the page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Analyzed {
    pub(crate) vcenter: Option<VcenterId>,
    pub(crate) window: Window,
    /// Of syncs, only this kind.
    pub(crate) kind: Option<OperationKind>,
}

impl Default for Analyzed {
    fn default() -> Analyzed {
        Analyzed { vcenter: None, window: Window::Day, kind: None }
    }
}

impl Analyzed {
    /// As pairs of an address.
    pub(super) fn pairs(&self) -> Vec<(String, String)> {
        let mut pairs = Vec::new();
        let mut add = |key: &str, value: &str| pairs.push((key.to_owned(), value.to_owned()));
        self.vcenter.iter().for_each(|id| add("vcenter", id.as_str()));
        if self.window != Window::Day {
            add("window", self.window.name());
        }
        self.kind.iter().for_each(|kind| add("kind", kind.name()));
        pairs
    }

    /// What such pairs say; what they don't is left as it is by itself.
    pub(super) fn parse(pairs: &[(String, String)]) -> Analyzed {
        let value = |key: &str| {
            pairs.iter().find(|(name, value)| name == key && !value.is_empty()).map(|(_, v)| &**v)
        };
        Analyzed {
            vcenter: value("vcenter").map(|id| VcenterId(id.to_owned())),
            window: value("window").and_then(Window::from_name).unwrap_or(Window::Day),
            kind: value("kind")
                .and_then(OperationKind::from_name)
                .filter(|kind| *kind != OperationKind::Test),
        }
    }

    /// What is asked for it.
    pub(crate) fn scope(&self) -> What {
        What { vcenter: self.vcenter.clone(), window: self.window, kind: self.kind }
    }
}

/// What the numbers of a chart are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    Millis,
    Bytes,
    Count,
    PerSecond,
}

impl Unit {
    /// A number in words: `1.2 s`, `3.4 GiB`, `1,200`.
    pub(crate) fn shown(self, number: f64) -> String {
        match self {
            Unit::Millis if number > 0.0 && number < 10.0 => format!("{number:.1} ms"),
            Unit::Millis => words::exactly(number.round().max(0.0) as u64),
            Unit::Bytes => words::bytes(number as i64),
            Unit::Count => super::words::grouped(number.round() as i64),
            Unit::PerSecond => format!("{}/s", super::words::grouped(number.round() as i64)),
        }
    }

    /// How far it is from one line of the axis to the next, for about three lines up to the largest number.
    pub(crate) fn step(self, largest: f64) -> f64 {
        let rough = (largest / 3.0).max(1.0);
        // Bytes are read by 1024, times above a minute by 60, everything else by 10.
        let base = match self {
            Unit::Bytes => 1024_f64.powf(rough.log(1024.0).floor()),
            Unit::Millis if rough >= 60_000.0 => 60_000.0,
            _ => 1.0,
        };
        let rough = rough / base;
        let tens = 10_f64.powf(rough.log10().floor());
        let step =
            [1.0, 2.0, 5.0, 10.0].into_iter().find(|step| step * tens >= rough * 0.999).unwrap_or(10.0);
        (step * tens).max(1.0) * base
    }
}

/// The parts of a line between its gaps, as the path of an SVG within 100 by 100, and the numbers that stand by themselves as
/// another one, of dots.
pub(crate) fn path(values: &[Option<f64>], top: f64) -> (String, String) {
    let (mut line, mut dots) = (String::new(), String::new());
    let is_known = |at: Option<usize>| at.and_then(|at| values.get(at)).is_some_and(Option::is_some);
    for (at, value) in values.iter().enumerate() {
        let Some(value) = value else { continue };
        let place = format!("{:.2} {:.2}", across(at, values.len()), 100.0 - value / top * 100.0);
        match (is_known(at.checked_sub(1)), is_known(Some(at + 1))) {
            (false, false) => dots += &format!("M{place}L{place}"),
            (false, true) => line += &format!("M{place}"),
            (true, _) => line += &format!("L{place}"),
        }
    }
    (line, dots)
}

/// Where the middle of a step is, of a hundred.
pub(crate) fn across(at: usize, of: usize) -> f64 {
    (at as f64 + 0.5) / of.max(1) as f64 * 100.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_ends_where_nothing_is_known_and_goes_on_after_it() {
        let values = [Some(0.0), Some(5.0), None, Some(10.0), None];
        let (line, dots) = path(&values, 10.0);
        assert_eq!((&*line, &*dots), ("M10.00 100.00L30.00 50.00", "M70.00 0.00L70.00 0.00"));
        assert_eq!(path(&[None, None], 10.0), (String::new(), String::new()));
    }

    #[test]
    fn an_axis_has_few_lines_at_round_numbers() {
        for (unit, largest, shown) in [
            (Unit::Count, 7.0, "5"),
            (Unit::Count, 0.0, "1"),
            (Unit::Count, 2_900.0, "1,000"),
            (Unit::Millis, 1_400.0, "500 ms"),
            (Unit::Millis, 400_000.0, "5 min"),
            (Unit::Bytes, 5.0 * 1024.0 * 1024.0 * 1024.0, "2 GiB"),
            (Unit::PerSecond, 90_000.0, "50,000/s"),
        ] {
            let step = unit.step(largest);
            assert_eq!(unit.shown(step), shown, "{unit:?} up to {largest}");
            assert!(largest / step <= 4.0);
        }
    }
}
