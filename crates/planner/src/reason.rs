//! Why a run is planned when it is, in a plain sentence.
//! Refuses to say what it wasn't told: no names of people, no counts of looks.

use crate::week::{DAY_MINUTES, MINUTE};
use std::fmt;

/// Why a run is planned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// It was never read.
    First,
    /// It was due earlier, and nothing ran then.
    Overdue,
    /// Fewer than two weeks, or hardly any looks.
    TooLittleKnown {
        /// Milliseconds.
        every: i64,
    },
    /// Looks come at any time.
    NoPattern {
        /// Milliseconds.
        every: i64,
    },
    /// The bounds, or the sync's duration, leave no time to choose.
    NoRoom {
        /// Milliseconds.
        every: i64,
    },
    /// People begin to look.
    Opens {
        /// When they do.
        at: OfDay,
        /// On which days.
        days: Days,
        /// How long a slow sync takes then, milliseconds.
        takes: i64,
        /// When the run starts.
        starts: OfDay,
        /// The pattern comes again after so many weeks.
        weeks: usize,
    },
    /// People look all the time.
    Busy {
        /// From when.
        from: OfDay,
        /// Until when.
        to: OfDay,
        /// On which days.
        days: Days,
        /// Until the next run, milliseconds.
        gap: i64,
        /// The pattern comes again after so many weeks.
        weeks: usize,
    },
    /// Its server was slow until now.
    Slow {
        /// Since when.
        from: OfDay,
        /// Until when.
        to: OfDay,
    },
    /// Hardly anybody looks.
    Quiet {
        /// Until the next run, milliseconds.
        gap: i64,
        /// Whether the bounds allow no longer one.
        is_longest: bool,
    },
}

impl Reason {
    /// It in a sentence about what has this name.
    pub fn words(&self, name: &str) -> String {
        match self {
            Reason::First => format!("{name} was never read, so it starts now."),
            Reason::Overdue => format!("{name} is due: nothing read it when it was planned."),
            Reason::TooLittleKnown { every } => {
                format!(
                    "Too little is known yet of when people look at {name}: it is read every {}.",
                    Span(*every)
                )
            }
            Reason::NoPattern { every } => {
                format!("People look at {name} at no regular times: it is read every {}.", Span(*every))
            }
            Reason::NoRoom { every } => {
                format!(
                    "The bounds and its sync leave {name} no other times: it is read every {}.",
                    Span(*every)
                )
            }
            Reason::Opens { at, days, takes, starts, weeks } => format!(
                "People open {name} at about {at} {days}{}; its sync takes {}, so it starts at {starts}.",
                Rotation(*weeks),
                Span(*takes)
            ),
            Reason::Busy { from, to, days, gap, weeks } => format!(
                "People look at {name} between {from} and {to} {days}{}: it is read again after {}.",
                Rotation(*weeks),
                Span(*gap)
            ),
            Reason::Slow { from, to } => {
                format!("The server of {name} is slow between {from} and {to}: it is read after that.")
            }
            Reason::Quiet { gap, is_longest: true } => {
                format!(
                    "Hardly anybody looks at {name} at this time: it is read at the longest interval, {}.",
                    Span(*gap)
                )
            }
            Reason::Quiet { gap, is_longest: false } => {
                format!("Hardly anybody looks at {name} at this time: it is read again after {}.", Span(*gap))
            }
        }
    }
}

/// A local time of day, in minutes since midnight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OfDay(pub usize);

impl OfDay {
    /// The time of day at a minute of the week.
    pub(crate) fn of(minute: usize) -> OfDay {
        OfDay(minute % DAY_MINUTES)
    }
}

impl fmt::Display for OfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.0 % DAY_MINUTES / 60, self.0 % 60)
    }
}

/// Days of the week; bit 0 is Monday.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Days(pub u8);

const NAMES: [&str; 7] =
    ["Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays", "Saturdays", "Sundays"];

impl fmt::Display for Days {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 & 0x7f {
            0x7f => return f.write_str("each day"),
            0x1f => return f.write_str("on weekdays"),
            0x60 => return f.write_str("on weekends"),
            _ => {}
        }
        let days = NAMES.iter().enumerate().filter(|(day, _)| self.0 & (1 << day) != 0);
        let names: Vec<&str> = days.map(|(_, name)| *name).collect();
        match names.split_last() {
            Some((last, [])) => write!(f, "on {last}"),
            Some((last, others)) => write!(f, "on {} and {last}", others.join(", ")),
            None => f.write_str("on some days"),
        }
    }
}

struct Rotation(usize);

impl fmt::Display for Rotation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            0 | 1 => Ok(()),
            2 => f.write_str(" every other week"),
            3 => f.write_str(" every third week"),
            weeks => write!(f, " every {weeks} weeks"),
        }
    }
}

/// Milliseconds, as `41 s`, `20 min`, `3 h 20 min` or `2 days`.
struct Span(i64);

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = (self.0.max(0) / 1000).max(1);
        let minutes = (self.0.max(0).saturating_add(MINUTE / 2) / MINUTE).max(1);
        match minutes {
            _ if seconds < 90 => write!(f, "{seconds} s"),
            0..120 => write!(f, "{minutes} min"),
            120..2880 if minutes % 60 == 0 => write!(f, "{} h", minutes / 60),
            120..2880 => write!(f, "{} h {} min", minutes / 60, minutes % 60),
            _ => write!(f, "{} days", minutes / 1440),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIN: i64 = 60_000;

    #[test]
    fn a_run_before_people_come_says_when_they_do() {
        let reason = Reason::Opens {
            at: OfDay(8 * 60),
            days: Days(0b1_1111),
            takes: 41_000,
            starts: OfDay(7 * 60 + 58),
            weeks: 1,
        };
        assert_eq!(
            reason.words("Berlin"),
            "People open Berlin at about 08:00 on weekdays; its sync takes 41 s, so it starts at 07:58."
        );
    }

    #[test]
    fn a_run_while_people_look_says_how_long_they_do() {
        let (from, to) = (OfDay(22 * 60), OfDay(6 * 60));
        let reason = Reason::Busy { from, to, days: Days(0b101), gap: 20 * MIN, weeks: 3 };
        assert_eq!(
            reason.words("Berlin"),
            "People look at Berlin between 22:00 and 06:00 on Mondays and Wednesdays every third week: it is read again after 20 min."
        );
    }

    #[test]
    fn a_run_at_the_longest_interval_says_so() {
        assert_eq!(
            Reason::Quiet { gap: 360 * MIN, is_longest: true }.words("Berlin"),
            "Hardly anybody looks at Berlin at this time: it is read at the longest interval, 6 h."
        );
        assert_eq!(
            Reason::Quiet { gap: 200 * MIN, is_longest: false }.words("Berlin"),
            "Hardly anybody looks at Berlin at this time: it is read again after 3 h 20 min."
        );
    }

    #[test]
    fn days_and_times_are_those_of_a_calendar() {
        assert_eq!(Days(0x7f).to_string(), "each day");
        assert_eq!(Days(0x60).to_string(), "on weekends");
        assert_eq!(Days(0b100_0000).to_string(), "on Sundays");
        assert_eq!(OfDay::of(2 * 1440 + 485), OfDay(485));
        assert_eq!(OfDay(1440 + 5).to_string(), "00:05");
        let spans = [(i64::MIN, "1 s"), (89_000, "89 s"), (90 * MIN, "90 min"), (DAYS, "3 days")];
        spans.iter().for_each(|(millis, shown)| assert_eq!(Span(*millis).to_string(), *shown));
    }

    const DAYS: i64 = 3 * 1440 * MIN;
}
