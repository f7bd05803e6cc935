//! A week's plan: which runs it has, and which of them is next.
//! Refuses to plan a run outside the bounds, whatever it is told.

use crate::chosen::Chosen;
use crate::habit::{self, Frame, Habit, STEP_MINUTES};
use crate::reason::Reason;
use crate::runs::Gaps;
use crate::week::{self, MINUTE, Pace, SLOT_MINUTES, SLOTS, Slot, WEEK_MINUTES, Weeks};
use jiff::tz::TimeZone;

const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
const STEP: i64 = STEP_MINUTES as i64 * MINUTE;

// Runs that may come in another order than their minutes: those of an hour, where a clock is put forward or a sync is slow.
const DISORDER: usize = 3 * 60 / STEP_MINUTES;

/// What was seen of a vCenter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// When people looked at it.
    pub looks: Weeks,
    /// When something changed in it.
    pub changes: Weeks,
    /// How fast its server answers.
    pub pace: Pace,
    /// How long a sync takes when it takes long, milliseconds: such as the longest of the last ten.
    pub sync: i64,
}

/// What the user sets, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// The interval whose number of runs a week is kept.
    pub usual: i64,
    /// The shortest time between the starts of two runs.
    pub shortest: i64,
    /// The longest.
    pub longest: i64,
}

impl Bounds {
    /// What contradicts itself gives way to the usual interval, which is between a second and 31 days.
    fn consistent(self) -> Bounds {
        let usual = self.usual.clamp(1000, 31 * DAY);
        Bounds {
            usual,
            shortest: self.shortest.clamp(1000, usual),
            longest: self.longest.clamp(usual, 31 * DAY),
        }
    }

    /// Runs in a week and the steps between them; `None` if no other than the usual interval keeps the bounds.
    fn room(self, sync: i64) -> Option<(usize, Gaps)> {
        // Less than 2 steps or more than a day: there is nothing to choose.
        if !(2 * STEP..=DAY).contains(&self.usual) || sync > self.usual / 2 {
            return None;
        }
        let steps = WEEK_MINUTES / STEP_MINUTES;
        let count = usize::try_from(7 * DAY / self.usual).ok()?;
        let shortest = usize::try_from((self.shortest.max(sync) + STEP - 1) / STEP).ok()?;
        let longest = usize::try_from(self.longest / STEP).ok()?.min(steps / 7);
        let is_kept = shortest <= steps / count && steps.div_ceil(count) <= longest;
        is_kept.then_some((count, Gaps { shortest, longest }))
    }
}

/// The next run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Planned {
    /// When it starts: milliseconds since 1970 in UTC.
    pub at: i64,
    /// Why then.
    pub reason: Reason,
}

/// The runs of a week.
#[derive(Clone, Debug)]
pub struct Plan {
    bounds: Bounds,
    zone: TimeZone,
    week: i32,
    kind: Kind,
}

#[derive(Clone, Debug)]
enum Kind {
    Fixed(Reason),
    Chosen(Chosen),
}

impl Plan {
    /// The plan of the local week in which now lies, made from what was seen in those before it.
    pub fn new(known: &Known, bounds: Bounds, zone: &TimeZone, now: i64) -> Plan {
        let bounds = bounds.consistent();
        let week = Slot::at(now, zone).week;
        Plan { bounds, zone: zone.clone(), week, kind: Kind::new(known, bounds, week) }
    }

    /// Whether it is the plan of the week in which now lies.
    pub fn is_of(&self, now: i64) -> bool {
        Slot::at(now, &self.zone).week == self.week
    }

    /// The run after one that started then.
    pub fn next(&self, last: Option<i64>, now: i64) -> Planned {
        let Some(last) = last else { return Planned { at: now, reason: Reason::First } };
        // A clock that was set back: nobody knows how long ago that was.
        let last = last.min(now);
        let (at, reason) = match &self.kind {
            Kind::Fixed(reason) => (last.saturating_add(self.bounds.usual), *reason),
            Kind::Chosen(chosen) => self.chosen(chosen, last),
        };
        let at =
            at.clamp(last.saturating_add(self.bounds.shortest), last.saturating_add(self.bounds.longest));
        if at < now { Planned { at: now, reason: Reason::Overdue } } else { Planned { at, reason } }
    }

    fn chosen(&self, chosen: &Chosen, last: i64) -> (i64, Reason) {
        // A run that started a little late doesn't lose the next one.
        let after = last.saturating_add(self.bounds.shortest / 2);
        let (week, minute) = week::local(after, &self.zone);
        let starts = chosen
            .after(minute)
            .map(|(run, minute, lead)| (week::instant(week, minute, &self.zone).saturating_sub(lead), run));
        match starts.filter(|(start, _)| *start > after).take(DISORDER).min() {
            Some((start, run)) => (start, chosen.reason(run, self.bounds.longest)),
            None => (last.saturating_add(self.bounds.usual), Reason::NoRoom { every: self.bounds.usual }),
        }
    }
}

impl Kind {
    fn new(known: &Known, bounds: Bounds, week: i32) -> Kind {
        let every = bounds.usual;
        let sync = known.sync.max(0);
        let Some((count, gaps)) = bounds.room(sync) else { return Kind::Fixed(Reason::NoRoom { every }) };
        let by_hour = known.pace.slowness();
        let slowness: Vec<f64> = (0..SLOTS).map(|slot| by_hour[slot * SLOT_MINUTES / 60]).collect();
        let frame = Frame { aging: habit::aging(&known.changes, week), slowness, count, gaps };
        let weeks = match Habit::of(&known.looks, week, &frame) {
            Habit::TooLittle => return Kind::Fixed(Reason::TooLittleKnown { every }),
            Habit::None => return Kind::Fixed(Reason::NoPattern { every }),
            Habit::Every(weeks) => weeks,
        };
        // The week that such a rotation has not shown yet.
        let Some(looks) = habit::expected(&known.looks, week, week, weeks) else {
            return Kind::Fixed(Reason::NoPattern { every });
        };
        let runs = frame.week(&looks).place(count, gaps);
        Kind::Chosen(Chosen::new(runs, &looks, &frame.slowness, sync, weeks))
    }
}
