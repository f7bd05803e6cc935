//! When a schedule is due: intervals in real time, cron expressions in their time zone, quiet hours, and what a clock does.
//! Refuses to read the clock: every time is given.

mod cron;
mod quiet;
#[cfg(test)]
mod tests;

pub(super) use quiet::Quiet;

use crate::validate::invalid;
use contract::{ApiError, ScheduleField, Time, Timing, VcenterId, words};
use cron::Cron;
use jiff::Timestamp;
use jiff::tz::{TimeZone, TimeZoneDatabase};

/// The shortest and the longest interval, in seconds.
const INTERVALS: std::ops::RangeInclusive<u64> = 5..=31 * 86_400;

/// How far the starts of one schedule lie apart at most, milliseconds.
const SPREAD: i64 = 60_000;

/// A run is spread over this part of the time to the next one.
const PART: i64 = 10;

/// What was due before quiet hours may start so long after it was due though they have begun; what is due for longer is late.
const LATE: i64 = 60_000;

/// What is wrong with a field.
pub(super) type Wrong = (ScheduleField, Box<ApiError>);

/// When a schedule is due.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    rule: Rule,
    quiet: Option<Quiet>,
    zone: TimeZone,
    /// How far ahead a run is planned at most where that is further than the next time, milliseconds.
    longest: Option<i64>,
}

#[derive(Clone, Debug)]
enum Rule {
    /// Milliseconds.
    Every(i64),
    At(Cron),
}

impl Plan {
    /// The plan of these settings, unless one of them is wrong.
    pub(super) fn new(timing: &Timing, zone: &str, quiet: Option<&str>) -> Result<Plan, Wrong> {
        let zone = self::zone(zone).map_err(|error| (ScheduleField::Zone, error.into()))?;
        let rule = match timing {
            Timing::EverySeconds(seconds) => interval(*seconds),
            Timing::Cron(expression) => Cron::parse(expression).map(Rule::At),
        };
        let rule = rule.map_err(|error| (ScheduleField::When, error.into()))?;
        let quiet =
            quiet.map(Quiet::parse).transpose().map_err(|error| (ScheduleField::Quiet, error.into()))?;
        Ok(Plan { rule, quiet, zone, longest: None })
    }

    /// The same of a schedule that plans runs so far ahead.
    pub(super) fn reaching(self, longest: Option<i64>) -> Plan {
        Plan { longest, ..self }
    }

    /// The IANA name of its time zone.
    pub(super) fn zone_name(&self) -> &str {
        self.zone.iana_name().unwrap_or("UTC")
    }

    pub(super) fn quiet(&self) -> Option<&Quiet> {
        self.quiet.as_ref()
    }

    /// The next time after this one, whatever is quiet then; `None` if there never is one.
    pub(super) fn after(&self, at: Time) -> Option<Time> {
        match &self.rule {
            Rule::Every(every) => Some(Time(at.0.saturating_add(*every))),
            Rule::At(cron) => cron.after(at, &self.zone),
        }
    }

    /// When the run planned for this time starts on a vCenter: after quiet hours, and not with all the others.
    pub(super) fn due(&self, planned: Time, spread: Spread) -> Time {
        self.spread_from(self.after_quiet(planned), planned, spread)
    }

    /// When the run planned for a time starts on a vCenter, if all of them could start from another time on.
    pub(super) fn spread_from(&self, begin: Time, planned: Time, spread: Spread) -> Time {
        let gap = self.after(planned).map_or(SPREAD * PART, |next| next.0.saturating_sub(planned.0));
        let due = Time(begin.0.saturating_add(spread.of(gap / PART)));
        // What is planned for just before quiet hours isn't moved into them.
        if self.quiet_until(due).is_some() { begin } else { due }
    }

    /// When quiet hours end in which this time lies.
    pub(super) fn quiet_until(&self, at: Time) -> Option<Time> {
        self.quiet.as_ref()?.end(at, &self.zone)
    }

    fn after_quiet(&self, at: Time) -> Time {
        self.quiet_until(at).unwrap_or(at)
    }

    /// Until when a run waits that was due at a time: `None` if it may start now.
    pub(super) fn waits_until(&self, due: Time, now: Time) -> Option<Time> {
        if now < due {
            return Some(due);
        }
        if self.is_late(due, now) { self.quiet_until(now) } else { None }
    }

    /// Whether what was due at a time was not started then.
    pub(super) fn is_late(&self, due: Time, now: Time) -> bool {
        now.0.saturating_sub(due.0) > LATE
    }

    /// The time after a run that was planned for one time and started now. What was missed in between isn't caught up.
    pub(super) fn following(&self, planned: Time, now: Time) -> Option<Time> {
        let next = self.after(planned)?;
        match self.rule {
            // On its beat, unless that were right after this one.
            Rule::Every(every) if next.0.saturating_sub(now.0) * 2 >= every => Some(next),
            Rule::At(_) if next > now => Some(next),
            _ => self.after(now),
        }
    }

    /// A planned time that lies further ahead than this schedule ever plans was planned by a clock that has been set back
    /// since: the time to plan instead.
    pub(super) fn replanned(&self, planned: Time, now: Time) -> Option<Time> {
        let slack = match self.rule {
            Rule::Every(every) => every.min(LATE),
            Rule::At(_) => LATE,
        };
        let from = Time(now.0.saturating_add(slack));
        let latest = match self.longest {
            Some(longest) => Time(from.0.saturating_add(longest)),
            None => self.after(from)?,
        };
        if planned > latest { self.after(now) } else { None }
    }

    /// A time in its time zone: `Sun 29 Mar 2026 03:00 CEST`.
    pub(super) fn local(&self, at: Time) -> String {
        self.zoned(at).map_or_else(|| at.to_string(), |at| at.strftime("%a %-d %b %Y %H:%M %Z").to_string())
    }

    /// The same for a time that is near: `14:30` on the day of now, else `27 Nov 14:30`.
    pub(super) fn soon(&self, at: Time, now: Time) -> String {
        let (Some(at), Some(now)) = (self.zoned(at), self.zoned(now)) else { return at.to_string() };
        let format = if at.date() == now.date() { "%H:%M" } else { "%-d %b %H:%M" };
        at.strftime(format).to_string()
    }

    fn zoned(&self, at: Time) -> Option<jiff::ZonedDateTime> {
        zoned(at, &self.zone)
    }
}

/// A time in a time zone; `None` if it is none of a calendar's.
pub(super) fn zoned(at: Time, zone: &TimeZone) -> Option<jiff::ZonedDateTime> {
    Some(Timestamp::from_millisecond(at.0).ok()?.to_zoned_datetime(zone.clone()))
}

fn interval(seconds: u64) -> Result<Rule, ApiError> {
    if !INTERVALS.contains(&seconds) {
        let said = words::duration(i64::try_from(seconds).unwrap_or(i64::MAX));
        let message = format!("an interval of {said} is out of range");
        return Err(invalid(message, "Choose one from 5 s to 31 days."));
    }
    Ok(Rule::Every(i64::try_from(seconds).unwrap_or(i64::MAX).saturating_mul(1000)))
}

/// The name of this machine's time zone; UTC where it has none.
pub(super) fn own_zone() -> String {
    TimeZone::system().iana_name().unwrap_or("UTC").to_owned()
}

/// The time zone of that IANA name, as this machine knows it or, where it knows none, as Muster does.
fn zone(name: &str) -> Result<TimeZone, ApiError> {
    let (system, own) = (jiff::tz::db(), TimeZoneDatabase::bundled());
    let name = name.trim();
    // Names of files that are no time zone, such as "localtime", are none elsewhere.
    let found = own.get(name).ok().map(|own| system.get(name).unwrap_or(own));
    found.filter(|zone| zone.iana_name().is_some()).ok_or_else(|| {
        let typed = name.to_lowercase().replace(' ', "_");
        let is_alike = |known: &String| !typed.is_empty() && known.to_lowercase().contains(&typed);
        let alike: Vec<String> =
            own.available().map(|known| known.to_string()).filter(is_alike).take(3).collect();
        let next = match alike.is_empty() {
            true => "Enter its IANA name, such as Europe/Berlin, America/New_York or UTC.".to_owned(),
            false => format!("Enter its IANA name, such as {}.", alike.join(", ")),
        };
        invalid(format!("there is no time zone \"{}\"", words::excerpt(name)), &next)
    })
}

/// How far the starts on one vCenter lie from the planned time: the same each time, and different for each vCenter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Spread(u64);

impl Spread {
    /// That of a schedule on a vCenter; what is about none is not spread. Computed alike by every process and release (FNV-1a).
    pub(super) fn new(schedule: &str, vcenter: Option<&VcenterId>) -> Spread {
        let Some(vcenter) = vcenter else { return Spread(0) };
        let bytes = schedule.bytes().chain([0]).chain(vcenter.as_str().bytes());
        let hash = bytes.fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        // Its upper half hardly differs for ids that differ at their ends.
        let mixed = (hash ^ (hash >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
        Spread(mixed ^ (mixed >> 33))
    }

    /// Milliseconds below this many, and below a minute.
    fn of(self, most: i64) -> i64 {
        let most = u64::try_from(most.clamp(1, SPREAD)).unwrap_or(1);
        i64::try_from(self.0 % most).unwrap_or(0)
    }
}
