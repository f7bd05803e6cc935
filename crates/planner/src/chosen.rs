//! The runs that were chosen for a week, and what each of them is for.
//! Refuses to give a reason that the plan was not made from.

use crate::habit::STEP_MINUTES;
use crate::reason::{Days, OfDay, Reason};
use crate::week::{DAY_MINUTES, MINUTE, SLOT_MINUTES, SLOTS, WEEK_MINUTES};

const SLOTS_IN_DAY: usize = DAY_MINUTES / SLOT_MINUTES;

// A server that takes that many times as long as usual is slow.
const SLOW: f64 = 1.5;

// A run is for people who begin to look, if it is there so many minutes before or after they do.
const BEFORE: usize = 30;
const AFTER: usize = 10;

// A pause at noon doesn't end a day; slots.
const PAUSE: usize = 90 / SLOT_MINUTES;

/// The runs of a week.
#[derive(Clone, Debug)]
pub(crate) struct Chosen {
    runs: Vec<Run>,
    /// Slots with many looks.
    busy: Vec<bool>,
    /// Slots in which the server is slow.
    slow: Vec<bool>,
    /// The pattern comes again after so many weeks.
    weeks: usize,
}

#[derive(Clone, Copy, Debug)]
struct Run {
    /// The minute of the week at which its data is there.
    at: usize,
    /// What its sync takes, milliseconds.
    takes: i64,
    /// Minutes from its start until its data is there.
    lead: usize,
}

impl Chosen {
    /// At these steps, for so many looks in each slot.
    pub(crate) fn new(steps: Vec<usize>, looks: &[f64], slowness: &[f64], sync: i64, weeks: usize) -> Chosen {
        let runs = steps.into_iter().map(|step| Run::new(step * STEP_MINUTES, slowness, sync));
        let mut ordered = looks.to_vec();
        ordered.sort_by(f64::total_cmp);
        let many = (ordered[SLOTS - SLOTS / 10] / 2.0).max(1.0);
        Chosen {
            runs: runs.collect(),
            busy: without_pauses(looks.iter().map(|looks| *looks > many).collect()),
            slow: slowness.iter().map(|slowness| *slowness >= SLOW).collect(),
            weeks,
        }
    }

    /// Each run once, beginning with those around this minute of the week: which, the minute at which its data is there
    /// (of the next week, if it is past the end of this one), and how many milliseconds before it starts.
    pub(crate) fn after(&self, minute: usize) -> impl Iterator<Item = (usize, usize, i64)> {
        // A clock may have been put forward by an hour.
        let first = self.runs.partition_point(|run| run.at + 60 < minute);
        let count = self.runs.len();
        (first..first + count).map(move |index| {
            let run = self.runs[index % count];
            (index % count, run.at + index / count * WEEK_MINUTES, run.lead as i64 * MINUTE)
        })
    }

    /// What a run is for; the bounds allow no longer time without one than the longest, milliseconds.
    pub(crate) fn reason(&self, run: usize, longest: i64) -> Reason {
        let Run { at, takes, lead } = self.runs[run];
        let slot = at / SLOT_MINUTES;
        let minutes = self.gap(run);
        let gap = minutes as i64 * MINUTE;
        let covered = slot..slot + minutes.div_ceil(SLOT_MINUTES);
        let first = covered.map(|slot| slot % SLOTS).find(|slot| self.busy[*slot]);
        let range = first.map(|first| range(&self.busy, first));
        if let Some((from, _)) = range.filter(|(from, _)| self.is_for_opening(run, from * SLOT_MINUTES)) {
            let starts = OfDay::of(at + DAY_MINUTES - lead);
            let (at, days) = (OfDay::of(from * SLOT_MINUTES), self.days(from));
            return Reason::Opens { at, days, takes, starts, weeks: self.weeks };
        }
        if let Some((from, to)) = range.filter(|_| self.busy[slot]) {
            let days = self.days(from);
            let (from, to) = (OfDay::of(from * SLOT_MINUTES), OfDay::of(to * SLOT_MINUTES));
            return Reason::Busy { from, to, days, gap, weeks: self.weeks };
        }
        self.after_slow(slot)
            .unwrap_or(Reason::Quiet { gap, is_longest: gap + STEP_MINUTES as i64 * MINUTE > longest })
    }

    /// Whether it is the run that people see who begin to look at this minute.
    fn is_for_opening(&self, run: usize, opens: usize) -> bool {
        let at = self.runs[run].at;
        let (until, since) = (apart(at, opens), apart(opens, at));
        let previous = (run + self.runs.len() - 1) % self.runs.len();
        let is_before = until <= BEFORE && until < self.gap(run);
        let is_after = since <= AFTER && self.gap(previous) > since + BEFORE;
        is_before || is_after
    }

    /// Minutes until the run after this one.
    fn gap(&self, run: usize) -> usize {
        let next = self.runs[(run + 1) % self.runs.len()];
        match apart(self.runs[run].at, next.at) {
            0 => WEEK_MINUTES,
            minutes => minutes,
        }
    }

    /// The days on which people begin to look at about the time at which this slot begins.
    fn days(&self, from: usize) -> Days {
        let begins = |slot: usize| self.busy[slot % SLOTS] && !self.busy[(slot + SLOTS - 1) % SLOTS];
        let is_alike = |day: usize| {
            let same = from % SLOTS_IN_DAY + day * SLOTS_IN_DAY + SLOTS;
            day == from / SLOTS_IN_DAY || (same - 2..=same + 2).any(begins)
        };
        Days((0..7).filter(|day| is_alike(*day)).fold(0, |days, day| days | 1 << day))
    }

    /// The server was slow until shortly before this slot.
    fn after_slow(&self, slot: usize) -> Option<Reason> {
        let last =
            (1..=60 / SLOT_MINUTES).map(|back| (slot + SLOTS - back) % SLOTS).find(|slot| self.slow[*slot]);
        let (from, to) = range(&self.slow, last.filter(|_| !self.slow[slot])?);
        Some(Reason::Slow { from: OfDay::of(from * SLOT_MINUTES), to: OfDay::of(to * SLOT_MINUTES) })
    }
}

impl Run {
    fn new(at: usize, slowness: &[f64], sync: i64) -> Run {
        let takes = (sync as f64 * slowness[at / SLOT_MINUTES]) as i64;
        // A minute to spare.
        let lead = usize::try_from(takes / MINUTE + 2).unwrap_or(usize::MAX);
        Run { at, takes, lead: lead.min(60) }
    }
}

/// Minutes from one minute of the week to the next time that another comes.
fn apart(from: usize, to: usize) -> usize {
    (to + WEEK_MINUTES - from) % WEEK_MINUTES
}

/// Busy slots, and those between two of them that are a pause.
fn without_pauses(busy: Vec<bool>) -> Vec<bool> {
    let near = |slot: usize, way: usize| (0..=PAUSE).find(|by| busy[(slot + by * way) % SLOTS]);
    let is_pause = |slot: usize| {
        let (since, until) = (near(slot, SLOTS - 1), near(slot, 1));
        since.zip(until).is_some_and(|(since, until)| since + until <= PAUSE + 1)
    };
    (0..SLOTS).map(|slot| busy[slot] || is_pause(slot)).collect()
}

/// The slots around this one that are all marked: the first, and the one after the last.
fn range(marked: &[bool], slot: usize) -> (usize, usize) {
    let back = (0..SLOTS).find(|back| !marked[(slot + SLOTS - back - 1) % SLOTS]).unwrap_or(0);
    let on = (1..SLOTS).find(|on| !marked[(slot + on) % SLOTS]).unwrap_or(0);
    ((slot + SLOTS - back) % SLOTS, (slot + on) % SLOTS)
}
