//! What a week will be like, judged by the weeks before it, and whether that can be told.
//! Refuses to call a pattern what would not have told weeks that it wasn't made from.

use crate::runs::{Gaps, Week};
use crate::week::{DAY_MINUTES, SLOT_MINUTES, SLOTS, Slot, WEEKS, Weeks};

/// Minutes between two times at which a run may be planned.
pub(crate) const STEP_MINUTES: usize = 5;

const STEPS_IN_SLOT: usize = SLOT_MINUTES / STEP_MINUTES;
const SLOTS_IN_DAY: usize = DAY_MINUTES / SLOT_MINUTES;

// What a week says of the next one; five weeks later it says half of that.
const FADES: f64 = 0.87;

// How much a slot tells of those around it.
const AROUND: [f64; 3] = [0.2, 0.6, 0.2];

// So much of what is expected comes from the same time on all days, and so much from all of the week: people also come when
// they never came before.
const OF_ALL_DAYS: f64 = 0.1;
const OF_THE_WEEK: f64 = 0.06;

/// Slots that were looked at before anything is said of a pattern, and weeks with such slots.
const FEWEST_LOOKS: usize = 20;
const FEWEST_WEEKS: usize = 2;

/// Weeks that a pattern is tried on; a rotation is on all of them, or it is none.
const TRIED: usize = 6;

// A pattern must have made data this much younger in the weeks that it was tried on.
const PROOF: f64 = 0.8;

// A rotation must be this much better than a pattern that is the same each week.
const ROTATES: f64 = 0.8;

/// Weeks after which a rotation of shifts begins again.
const ROTATIONS: std::ops::RangeInclusive<usize> = 2..=4;

/// What is the same for all weeks that runs are placed in.
pub(crate) struct Frame {
    /// How fast data gets old in each slot; 1 on average.
    pub(crate) aging: Vec<f64>,
    /// How much slower than usual the server is in each slot.
    pub(crate) slowness: Vec<f64>,
    pub(crate) count: usize,
    pub(crate) gaps: Gaps,
}

impl Frame {
    /// A week with so many looks in each slot.
    pub(crate) fn week(&self, looks: &[f64]) -> Week {
        let looks = steps(looks, 1.0 / STEPS_IN_SLOT as f64);
        let aging = steps(&self.aging, STEP_MINUTES as f64);
        // A run at a server that is twice as slow must be worth one more than it is elsewhere.
        let worth = Week::new(&looks, &aging, Vec::new()).even_ages(self.count) / self.count as f64;
        let price = steps(&self.slowness, 1.0).iter().map(|slowness| (slowness - 1.0) * worth).collect();
        Week::new(&looks, &aging, price)
    }
}

fn steps(slots: &[f64], scale: f64) -> Vec<f64> {
    slots.iter().flat_map(|slot| [slot * scale; STEPS_IN_SLOT]).collect()
}

/// What is known of people's habits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Habit {
    /// Too few weeks or looks to say anything.
    TooLittle,
    /// Looks come at any time.
    None,
    /// The same each so many weeks.
    Every(usize),
}

impl Habit {
    /// Judged by the weeks before this one.
    pub(crate) fn of(looks: &Weeks, week: i32, frame: &Frame) -> Habit {
        let counts = earlier(week).map(|week| (week, looks.count(week)));
        let seen: Vec<(i32, usize)> = counts.filter(|(_, count)| *count > 0).collect();
        let total: usize = seen.iter().map(|(_, count)| count).sum();
        if seen.len() < FEWEST_WEEKS || total < FEWEST_LOOKS {
            return Habit::TooLittle;
        }
        let tried: Vec<i32> = seen.iter().rev().take(TRIED).map(|(week, _)| *week).collect();
        let weekly = trial(looks, &tried, week, 1, frame).map_or(1.0, |trial| trial.age);
        // A good guess for all weeks leaves no room for another.
        let may_rotate = tried.len() == TRIED && weekly > PROOF * ROTATES / 2.0;
        let rotations = ROTATIONS.filter(|_| may_rotate).filter_map(|every| {
            let trial = trial(looks, &tried, week, every, frame)?;
            (trial.worst < 1.0).then_some((every, trial.age))
        });
        let best = rotations.min_by(|one, other| one.1.total_cmp(&other.1));
        match best {
            Some((every, age)) if age < PROOF && age < weekly * ROTATES => Habit::Every(every),
            _ if weekly < PROOF => Habit::Every(1),
            _ => Habit::None,
        }
    }
}

/// The weeks before this one that may be remembered, oldest first.
fn earlier(week: i32) -> impl Iterator<Item = i32> {
    (1..=WEEKS as i32).rev().map(move |back| week.saturating_sub(back))
}

/// How old data would have been at looks, against a fixed interval.
struct Trial {
    /// At all of them.
    age: f64,
    /// In the worst of the weeks.
    worst: f64,
}

/// What plans for these weeks, each made from the others, would have done. `None` if one of them has no other to be made from.
fn trial(looks: &Weeks, tried: &[i32], before: i32, every: usize, frame: &Frame) -> Option<Trial> {
    let (mut planned, mut even, mut worst) = (0.0, 0.0, 0.0f64);
    for week in tried {
        let guess = expected(looks, *week, before, every)?;
        let runs = frame.week(&guess).place(frame.count, frame.gaps);
        let seen: Vec<f64> =
            (0..SLOTS).map(|slot| f64::from(u8::from(looks.has(Slot { week: *week, slot })))).collect();
        let seen = frame.week(&seen);
        let (ages, even_ages) = (seen.ages(&runs), seen.even_ages(frame.count));
        worst = worst.max(ages / even_ages);
        planned += ages;
        even += even_ages;
    }
    (even > 0.0).then(|| Trial { age: planned / even, worst })
}

/// How likely each slot of a week is looked at, judged by other weeks before one; `None` if nothing was seen in them.
pub(crate) fn expected(looks: &Weeks, week: i32, before: i32, every: usize) -> Option<Vec<f64>> {
    let mut seen = vec![0.0; SLOTS];
    for other in earlier(before) {
        let apart = week.abs_diff(other) as usize;
        if apart == 0 || !apart.is_multiple_of(every) {
            continue;
        }
        let weight = FADES.powi(i32::try_from(apart / every).unwrap_or(i32::MAX));
        for (slot, seen) in seen.iter_mut().enumerate() {
            *seen += if looks.has(Slot { week: other, slot }) { weight } else { 0.0 };
        }
    }
    let total: f64 = seen.iter().sum();
    (total > 0.0).then(|| smooth(&seen, total / SLOTS as f64))
}

fn smooth(seen: &[f64], mean: f64) -> Vec<f64> {
    let around = |slot: usize| {
        let near = AROUND.iter().enumerate().map(|(at, part)| part * seen[(slot + at + SLOTS - 1) % SLOTS]);
        near.sum::<f64>()
    };
    let own: Vec<f64> = (0..SLOTS).map(around).collect();
    let of_day = |slot: usize| {
        let days = (0..7).map(|day| own[(slot + day * SLOTS_IN_DAY) % SLOTS]);
        days.sum::<f64>() / 7.0
    };
    let blend = |slot: usize| {
        let own = own[slot] * (1.0 - OF_ALL_DAYS - OF_THE_WEEK);
        (own + of_day(slot) * OF_ALL_DAYS + mean * OF_THE_WEEK) / mean
    };
    (0..SLOTS).map(blend).collect()
}

// While nothing ever changes, data still gets old by so much: a change may be one that was not seen.
const AGES_ANYWAY: f64 = 0.5;

/// How fast data gets old in each slot, judged by when something changed in the weeks before this one; 1 on average.
pub(crate) fn aging(changes: &Weeks, week: i32) -> Vec<f64> {
    let Some(changes) = expected(changes, week, week, 1) else { return vec![1.0; SLOTS] };
    changes.iter().map(|changes| AGES_ANYWAY + (1.0 - AGES_ANYWAY) * changes).collect()
}
