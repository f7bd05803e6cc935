//! The local week in slots, and in which of them something was seen in the last weeks.
//! Refuses to count: a slot was looked at in a week, or it wasn't.

use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone};

/// Minutes in a slot.
pub const SLOT_MINUTES: usize = 30;

/// Slots in a week; the first one begins on Monday at 00:00.
pub const SLOTS: usize = WEEK_MINUTES / SLOT_MINUTES;

/// Weeks that are remembered.
pub const WEEKS: usize = 16;

pub(crate) const WEEK_MINUTES: usize = 7 * DAY_MINUTES;
pub(crate) const DAY_MINUTES: usize = 24 * 60;
pub(crate) const MINUTE: i64 = 60_000;
const WEEK: i64 = MINUTE * WEEK_MINUTES as i64;

// 1 January 1970 was a Thursday.
const FIRST_MONDAY: i64 = -3 * MINUTE * DAY_MINUTES as i64;

/// A slot of a certain local week.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot {
    /// Weeks since the one of 1 January 1970.
    pub week: i32,
    /// Below [`SLOTS`].
    pub slot: usize,
}

impl Slot {
    /// The slot in which this time (milliseconds since 1970 in UTC) lies on a clock of the zone.
    pub fn at(time: i64, zone: &TimeZone) -> Slot {
        let (week, minute) = local(time, zone);
        Slot { week, slot: minute / SLOT_MINUTES }
    }
}

/// The local week and the minute in it.
pub(crate) fn local(time: i64, zone: &TimeZone) -> (i32, usize) {
    let timestamp = timestamp(time);
    let offset = i64::from(zone.to_offset(timestamp).seconds()) * 1000;
    let since = timestamp.as_millisecond() + offset - FIRST_MONDAY;
    let week = i32::try_from(since.div_euclid(WEEK)).unwrap_or(0);
    (week, usize::try_from(since.rem_euclid(WEEK) / MINUTE).unwrap_or(0))
}

/// When clocks of the zone show this minute of a week, which may lie in the next one. A time that they leave out is as long
/// after the gap as it lies in it; of one that they repeat it is the first.
pub(crate) fn instant(week: i32, minute: usize, zone: &TimeZone) -> i64 {
    let minute = i64::try_from(minute).unwrap_or(0) * MINUTE;
    let shown = FIRST_MONDAY + i64::from(week) * WEEK + minute;
    let datetime = Offset::UTC.to_datetime(timestamp(shown));
    zone.to_timestamp(datetime).map_or(shown, |timestamp| timestamp.as_millisecond())
}

fn timestamp(time: i64) -> Timestamp {
    let (first, last) = (Timestamp::MIN.as_millisecond(), Timestamp::MAX.as_millisecond());
    Timestamp::from_millisecond(time.clamp(first, last)).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// In which slots of the last [`WEEKS`] weeks something was seen: one bit for each slot and week.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Weeks {
    latest: i32,
    /// Bit 0 is the latest week, bit 1 the one before.
    bits: Vec<u16>,
}

impl Weeks {
    /// Nothing was seen.
    pub fn none() -> Weeks {
        Weeks { latest: 0, bits: vec![0; SLOTS] }
    }

    /// What [`Weeks::latest`] and [`Weeks::to_bytes`] gave; `None` if it has another length.
    pub fn from_bytes(latest: i32, bytes: &[u8]) -> Option<Weeks> {
        let (pairs, rest) = bytes.as_chunks::<2>();
        let is_whole = pairs.len() == SLOTS && rest.is_empty();
        is_whole.then(|| Weeks { latest, bits: pairs.iter().map(|pair| u16::from_le_bytes(*pair)).collect() })
    }

    /// The week of the newest bits.
    pub fn latest(&self) -> i32 {
        self.latest
    }

    /// 672 bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.bits.iter().flat_map(|bits| bits.to_le_bytes()).collect()
    }

    /// Something was seen then.
    pub fn mark(&mut self, at: Slot) {
        let newer = i64::from(at.week) - i64::from(self.latest);
        // A clock that was far ahead and is right again: what it noted would hide all that comes.
        let is_lost = newer <= -(WEEKS as i64);
        if newer > 0 || is_lost {
            let by = if is_lost { u32::MAX } else { u32::try_from(newer).unwrap_or(u32::MAX) };
            self.bits.iter_mut().for_each(|bits| *bits = bits.checked_shl(by).unwrap_or(0));
            self.latest = at.week;
        }
        let age = u32::try_from(-newer).ok().filter(|_| !is_lost).unwrap_or(0);
        if let Some(bits) = self.bits.get_mut(at.slot) {
            *bits |= 1u16.checked_shl(age).unwrap_or(0);
        }
    }

    /// Whether something was seen then.
    pub(crate) fn has(&self, at: Slot) -> bool {
        let age = u32::try_from(i64::from(self.latest) - i64::from(at.week)).ok();
        let bit = age.and_then(|age| 1u16.checked_shl(age)).unwrap_or(0);
        self.bits.get(at.slot).is_some_and(|bits| bits & bit != 0)
    }

    /// In how many slots of a week something was seen.
    pub(crate) fn count(&self, week: i32) -> usize {
        (0..SLOTS).filter(|slot| self.has(Slot { week, slot: *slot })).count()
    }
}

/// How fast a server answers in each hour of the week.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pace(Vec<u16>);

/// Hours in a week.
pub const HOURS: usize = 7 * 24;

impl Pace {
    /// Nothing was measured.
    pub fn unknown() -> Pace {
        Pace(vec![0; HOURS])
    }

    /// What [`Pace::to_bytes`] gave; `None` if it has another length.
    pub fn from_bytes(bytes: &[u8]) -> Option<Pace> {
        let (pairs, rest) = bytes.as_chunks::<2>();
        let is_whole = pairs.len() == HOURS && rest.is_empty();
        is_whole.then(|| Pace(pairs.iter().map(|pair| u16::from_le_bytes(*pair)).collect()))
    }

    /// 336 bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.0.iter().flat_map(|pace| pace.to_le_bytes()).collect()
    }

    /// An answer took so many milliseconds.
    pub fn measured(&mut self, at: Slot, millis: u16) {
        let Some(pace) = self.0.get_mut(at.slot * SLOT_MINUTES / 60) else { return };
        let millis = millis.max(1);
        // A quarter of each new one: a server that is slow once isn't slow each week.
        let mixed = (u32::from(*pace) * 3 + u32::from(millis)).div_ceil(4);
        *pace = if *pace == 0 { millis } else { u16::try_from(mixed).unwrap_or(u16::MAX) };
    }

    /// How much slower than usual the server is in each hour: 1 is as usual or faster, or not known.
    pub(crate) fn slowness(&self) -> Vec<f64> {
        let mut known: Vec<u16> = self.0.iter().copied().filter(|pace| *pace > 0).collect();
        known.sort_unstable();
        let usual = known.get(known.len() / 2).map_or(1.0, |pace| f64::from(*pace));
        self.0.iter().map(|pace| (f64::from(*pace) / usual).clamp(1.0, SLOWEST)).collect()
    }
}

// What is slower than that is not running.
const SLOWEST: f64 = 10.0;

#[cfg(test)]
mod tests {
    use super::*;

    fn berlin() -> TimeZone {
        TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap()
    }

    fn at(text: &str) -> Slot {
        let time: Timestamp = text.parse().unwrap();
        Slot::at(time.as_millisecond(), &berlin())
    }

    #[test]
    fn eight_in_the_morning_is_the_same_slot_in_summer_and_winter() {
        // Both are Mondays.
        assert_eq!(at("2026-03-23T08:00:00+01:00").slot, 16);
        assert_eq!(at("2026-03-30T08:00:00+02:00").slot, 16);
        assert_eq!(at("2026-03-30T08:00:00+02:00").week - at("2026-03-23T08:00:00+01:00").week, 1);
        assert_eq!(at("2026-03-29T23:59:59+02:00").slot, SLOTS - 1);
    }

    #[test]
    fn a_minute_of_a_week_is_found_again_unless_the_clock_leaves_it_out() {
        let zone = berlin();
        // Weeks at whose ends clocks are put forward and back, and one before 1970.
        for week in [at("2026-03-29T01:00:00+01:00").week, at("2026-10-25T01:00:00+02:00").week, -500] {
            for minute in (0..WEEK_MINUTES).step_by(5) {
                let found = local(instant(week, minute, &zone), &zone);
                let is_left_out = found == (week, minute + 60) && minute / 60 == 6 * 24 + 2;
                assert!(found == (week, minute) || is_left_out, "{week} {minute}: {found:?}");
            }
        }
    }

    #[test]
    fn a_week_is_forgotten_after_sixteen() {
        let mut weeks = Weeks::none();
        weeks.mark(Slot { week: 100, slot: 3 });
        weeks.mark(Slot { week: 115, slot: 3 });
        assert!(weeks.has(Slot { week: 100, slot: 3 }));
        weeks.mark(Slot { week: 116, slot: 4 });
        assert!(!weeks.has(Slot { week: 100, slot: 3 }));
        assert!(weeks.has(Slot { week: 115, slot: 3 }));
        assert!(!weeks.has(Slot { week: 117, slot: 4 }));
    }

    #[test]
    fn what_a_clock_far_ahead_noted_is_dropped_when_it_is_right_again() {
        let mut weeks = Weeks::none();
        weeks.mark(Slot { week: 9000, slot: 3 });
        weeks.mark(Slot { week: 100, slot: 5 });
        assert_eq!(weeks.latest(), 100);
        assert_eq!((weeks.count(100), weeks.count(9000)), (1, 0));
    }

    #[test]
    fn a_server_is_slow_against_its_usual_pace() {
        let mut pace = Pace::unknown();
        assert!(pace.slowness().iter().all(|slowness| *slowness == 1.0));
        (0..SLOTS).for_each(|slot| pace.measured(Slot { week: 0, slot }, if slot < 4 { 90 } else { 30 }));
        let slowness = pace.slowness();
        assert_eq!((slowness[0], slowness[2]), (3.0, 1.0));
        // Once is not each week.
        pace.measured(Slot { week: 1, slot: 20 }, 60);
        assert!(pace.slowness()[10] < 1.5);
    }
}
