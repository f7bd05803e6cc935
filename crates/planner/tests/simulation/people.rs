//! Generated people and servers: when somebody looks, when something changes, how slow the server is.
//! Refuses to repeat itself: each week has its own looks, late arrivals, days off and changes.

use fastrand::Rng;

pub(crate) const MINUTE: i64 = 60_000;
pub(crate) const HOUR: i64 = 60 * MINUTE;
pub(crate) const DAY: i64 = 24 * HOUR;
pub(crate) const WEEK: i64 = 7 * DAY;

/// How people come and go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum People {
    /// Three people from about 08:00 to 17:00 on weekdays, and seldom in the evening.
    Office,
    /// One person who looks at about 08:00 and 13:00 on weekdays, and at hardly any other time.
    TwiceADay,
    /// Office hours; in weeks 7 and 8, and 13, only a substitute looks, once or twice a day.
    Holidays,
    /// One person on the early, late and night shift in turn.
    Shifts,
    /// One person on one of these shifts, as the roster has it.
    Roster,
    /// Office hours, and two nights a week somebody is called.
    OnCall,
    /// Nobody but who is called: two nights a week.
    OnlyOnCall,
    /// Berlin's and New York's office hours, whose clocks change on different days.
    TwoSites,
    /// Looks at any time.
    Random,
    /// Some minutes of many looks at any time.
    RandomBursts,
    /// One look a day at any time.
    Seldom,
}

impl People {
    /// Their looks in a number of weeks, in order: milliseconds of local time since the first Monday.
    pub(crate) fn looks(self, weeks: i64, rng: &mut Rng) -> Vec<i64> {
        let mut looks = Vec::new();
        for week in 0..weeks {
            self.week(week, rng, &mut looks);
        }
        looks.retain(|look| (0..weeks * WEEK).contains(look));
        looks.sort_unstable();
        looks
    }

    fn week(self, week: i64, rng: &mut Rng, looks: &mut Vec<i64>) {
        let monday = week * WEEK;
        match self {
            People::Office => office(monday, 8, rng, looks),
            People::Holidays if [7, 8, 13].contains(&week) => {
                (0..5).for_each(|day| {
                    anywhen(monday + day * DAY + 8 * HOUR, 10 * HOUR, rng.u32(1..=2), rng, looks)
                });
            }
            People::Holidays => office(monday, 8, rng, looks),
            People::TwiceADay => {
                for day in 0..5 {
                    for hour in [8, 13] {
                        if rng.f64() < 0.9 {
                            visit(monday + day * DAY + hour * HOUR + about(8, rng), 2, rng, looks);
                        }
                    }
                }
                anywhen(monday, WEEK, rng.u32(0..=1), rng, looks);
            }
            People::Shifts | People::Roster => {
                let shift = if self == People::Shifts { week % 3 } else { rng.i64(0..3) };
                let begins = 6 + 8 * shift;
                (0..5).for_each(|day| work(monday + day * DAY + begins * HOUR, 8, 20.0, rng, looks));
                anywhen(monday, WEEK, 1, rng, looks);
            }
            People::OnCall => {
                office(monday, 8, rng, looks);
                called(monday, rng, looks);
            }
            People::OnlyOnCall => called(monday, rng, looks),
            People::TwoSites => {
                office(monday, 8, rng, looks);
                // New York's clocks are put forward three weeks before Berlin's.
                office(monday, if (FORWARD - 3..FORWARD).contains(&week) { 13 } else { 14 }, rng, looks);
            }
            People::Random => anywhen(monday, WEEK, 120, rng, looks),
            People::RandomBursts => {
                for _ in 0..rng.u32(8..=16) {
                    let at = monday + rng.i64(0..WEEK);
                    visit(at, rng.u32(4..=16), rng, looks);
                }
            }
            People::Seldom => anywhen(monday, WEEK, 7, rng, looks),
        }
    }
}

/// The week at whose end clocks are put forward.
pub(crate) const FORWARD: i64 = 8;

fn office(monday: i64, begins: i64, rng: &mut Rng, looks: &mut Vec<i64>) {
    for day in 0..5 {
        for _ in 0..3 {
            // Ill, on a day off, in meetings.
            if rng.f64() < 0.85 {
                work(monday + day * DAY + begins * HOUR, 9, 40.0, rng, looks);
            }
        }
    }
    anywhen(monday, WEEK, rng.u32(0..=2), rng, looks);
}

/// A person's day at work, with a look each so many minutes and a break in the middle.
fn work(begins: i64, hours: i64, minutes: f64, rng: &mut Rng, looks: &mut Vec<i64>) {
    let ends = begins + hours * HOUR + about(20, rng);
    let lunch = begins + hours * HOUR / 2 + about(15, rng);
    let mut at = begins + about(12, rng);
    while at < ends {
        if !(lunch..lunch + 45 * MINUTE).contains(&at) {
            looks.push(at);
        }
        at += wait(minutes, rng);
    }
}

fn called(monday: i64, rng: &mut Rng, looks: &mut Vec<i64>) {
    for _ in 0..2 {
        let at = monday + rng.i64(0..7) * DAY + 22 * HOUR + rng.i64(0..8 * HOUR);
        visit(at, 6, rng, looks);
    }
}

fn visit(at: i64, count: u32, rng: &mut Rng, looks: &mut Vec<i64>) {
    let mut at = at;
    for _ in 0..count {
        looks.push(at);
        at += wait(5.0, rng);
    }
}

fn anywhen(from: i64, length: i64, count: u32, rng: &mut Rng, looks: &mut Vec<i64>) {
    (0..count).for_each(|_| looks.push(from + rng.i64(0..length)));
}

/// Minutes around zero, in milliseconds; most of them within twice as many as given.
fn about(minutes: i64, rng: &mut Rng) -> i64 {
    let unit = minutes * MINUTE;
    (0..4).map(|_| rng.i64(-unit..=unit)).sum::<i64>() / 2
}

/// A random time until the next, so many minutes on average.
fn wait(minutes: f64, rng: &mut Rng) -> i64 {
    ((-(1.0 - rng.f64()).ln() * minutes * MINUTE as f64) as i64).max(1000)
}

/// When something changes: in working hours, while backups are made, and now and then.
pub(crate) fn changes(weeks: i64, rng: &mut Rng) -> Vec<i64> {
    let mut changes = Vec::new();
    for hour in 0..weeks * 7 * 24 {
        let (day, of_day) = (hour / 24 % 7, hour % 24);
        let each = match of_day {
            9..17 if day < 5 => 3,
            22.. | 0..2 => 6,
            _ => u32::from(rng.f64() < 0.2),
        };
        anywhen(hour * HOUR, HOUR, each, rng, &mut changes);
    }
    changes.sort_unstable();
    changes
}

/// How much slower than usual the server is: backups are made from 22:00 to 02:00.
pub(crate) fn slowness(local: i64) -> f64 {
    if matches!(local.rem_euclid(DAY) / HOUR, 22.. | 0..2) { 3.0 } else { 1.0 }
}
