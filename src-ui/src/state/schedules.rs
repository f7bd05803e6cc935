//! Schedules on the page: when something starts next on a vCenter, in words, and what is typed into the form of one.
//! Refuses to compute when a schedule is due: the service does.

use super::scanning::{NO_RANGE, asks_about_many, entries, looking_in};
use super::words;
use contract::words::{capital, scheduled_about, timing, timing_of};
use contract::{
    ApiError, Code, Preview, Schedule, ScheduleField, ScheduleSettings, ScheduleTarget, ScheduledJob, Time,
    Timing, VcenterId,
};
use std::collections::BTreeSet;
use std::rc::Rc;

/// When something starts next by itself, or what that waits for: `Next in 12 min`, `Paused until 14:30`, `No schedule`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Next {
    pub(crate) said: String,
    /// Why then: `every 30 min`. What waits has said so.
    pub(crate) why: Option<String>,
}

impl Next {
    fn only(said: String) -> Next {
        Next { said, why: None }
    }

    /// Both: `Next in 12 min · every 30 min`.
    pub(crate) fn whole(&self) -> String {
        let why = self.why.as_ref().map(|why| format!(" \u{b7} {why}")).unwrap_or_default();
        format!("{}{why}", self.said)
    }
}

/// What starts next on a vCenter.
pub(crate) fn next_on(schedules: &[Schedule], vcenter: &VcenterId, now: Time) -> Next {
    let own: Vec<(&Schedule, &ScheduleTarget)> =
        schedules.iter().filter_map(|schedule| Some((schedule, target(schedule, vcenter)?))).collect();
    let on = own.iter().filter(|(schedule, _)| schedule.enabled);
    let next = on.min_by_key(|(_, target)| (target.next_at.is_none(), target.next_at));
    match next {
        Some((_, target)) => next_in(target.next_at, &target.reason, target.waits, now),
        None if own.is_empty() => Next::only("No schedule".to_owned()),
        None => Next::only("Schedule off".to_owned()),
    }
}

/// What a schedule starts next.
pub(crate) fn next_of(schedule: &Schedule, now: Time) -> Next {
    let waits = schedule.targets.iter().all(|target| target.waits);
    next_in(schedule.next_at, &schedule.reason, waits, now)
}

/// A time to come: `Next in 12 min`.
pub(crate) fn next_at(at: Time, now: Time) -> String {
    next_in(Some(at), "", false, now).said
}

fn next_in(at: Option<Time>, reason: &str, waits: bool, now: Time) -> Next {
    // What it waits for says until when.
    let Some(at) = at.filter(|_| !waits) else { return Next::only(capital(reason)) };
    let left = at.0.saturating_sub(now.0).saturating_add(999) / 1000;
    let said = match left {
        1.. => format!("Next in {}", words::duration(left)),
        _ if now.0.saturating_sub(at.0) > Schedule::OVERDUE => "Overdue".to_owned(),
        _ => "Due now".to_owned(),
    };
    Next { said, why: Some(reason.to_owned()) }
}

/// How a schedule stands on a vCenter that it is for.
pub(crate) fn target<'a>(schedule: &'a Schedule, vcenter: &VcenterId) -> Option<&'a ScheduleTarget> {
    schedule.targets.iter().find(|target| target.vcenter_id.as_ref() == Some(vcenter))
}

/// What a schedule is for, in words.
pub(crate) fn whom(schedule: &Schedule) -> String {
    match (&schedule.tag, &schedule.vcenters[..]) {
        (Some(tag), all) => format!("tag {tag} ({})", words::counted(all.len(), "vCenter", "vCenters")),
        (None, []) if !schedule.job.is_on_vcenters() => scheduled_about(schedule),
        (None, []) => "no vCenter".to_owned(),
        (None, few @ ([_] | [_, _] | [_, _, _])) => few.join(", "),
        (None, many) => words::counted(many.len(), "vCenter", "vCenters"),
    }
}

/// This name, or the first with a number behind it that none of these has.
pub(crate) fn free_name(name: &str, taken: &[Schedule]) -> String {
    let taken: Vec<String> = taken.iter().map(|one| one.name.clone()).collect();
    free_among(name, &taken)
}

/// The same among these names.
pub(crate) fn free_among(name: &str, taken: &[String]) -> String {
    let is_taken = |name: &String| taken.iter().any(|one| one.to_lowercase() == name.to_lowercase());
    let numbered = (2..).map(|number| format!("{name} {number}"));
    std::iter::once(name.to_owned()).chain(numbered).find(|name| !is_taken(name)).unwrap_or_default()
}

/// What stands in the form of a schedule.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ScheduleForm {
    pub(crate) name: String,
    pub(crate) when: String,
    pub(crate) zone: String,
    pub(crate) quiet: String,
    /// Whether it is to run when people look, where it can.
    pub(crate) smart: bool,
    pub(crate) job: ScheduledJob,
    /// Where it looks, and what it leaves out, if it is a scan.
    pub(crate) ranges: String,
    pub(crate) exclude: String,
    /// The tag it is for; none for the chosen vCenters.
    pub(crate) tag: Option<String>,
    pub(crate) vcenters: BTreeSet<VcenterId>,
    pub(crate) enabled: bool,
}

/// What came of what was typed, and what that was.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Previewed {
    pub(crate) asked: ScheduleSettings,
    pub(crate) preview: Rc<Preview>,
}

/// What is wrong in the form, in words, by the id of its field.
pub(crate) type Wrong = Vec<(&'static str, String)>;

/// The ids of the fields.
pub(crate) const NAME: &str = "schedule-name";
pub(crate) const WHEN: &str = "schedule-when";
pub(crate) const ZONE: &str = "schedule-zone";
pub(crate) const QUIET: &str = "schedule-quiet";
pub(crate) const GROUP: &str = "schedule-group";
pub(crate) const RANGES: &str = "schedule-ranges";
pub(crate) const EXCLUDE: &str = "schedule-exclude";

impl ScheduleForm {
    /// For a new one, whose name none of these has.
    pub(crate) fn new(vcenter: Option<(&VcenterId, &str)>, taken: &[Schedule]) -> ScheduleForm {
        ScheduleForm {
            name: free_name(vcenter.map_or("Schedule", |(_, name)| name), taken),
            when: timing(&Timing::EverySeconds(1800)),
            zone: String::new(),
            quiet: String::new(),
            smart: false,
            job: ScheduledJob::Full,
            ranges: String::new(),
            exclude: String::new(),
            tag: None,
            vcenters: vcenter.into_iter().map(|(id, _)| id.clone()).collect(),
            enabled: true,
        }
    }

    /// For a new reading of servers: each is a login at every BMC.
    pub(crate) fn of_servers(taken: &[Schedule]) -> ScheduleForm {
        let name = free_name("Read servers", taken);
        let when = timing(&Timing::EverySeconds(12 * 3600));
        ScheduleForm { name, when, job: ScheduledJob::Servers, ..ScheduleForm::new(None, taken) }
    }

    /// For one that is there.
    pub(crate) fn of(schedule: &Schedule) -> ScheduleForm {
        let settings = schedule.settings();
        let scan = settings.job.scan();
        let (ranges, exclude) = scan.map(|scan| (scan.ranges.join(", "), scan.exclude.join(", "))).unzip();
        ScheduleForm {
            name: settings.name,
            when: timing(&settings.when),
            zone: schedule.zone.clone(),
            quiet: settings.quiet.unwrap_or_default(),
            smart: settings.smart,
            job: settings.job,
            ranges: ranges.unwrap_or_default(),
            exclude: exclude.unwrap_or_default(),
            tag: settings.tag,
            vcenters: settings.vcenters.into_iter().collect(),
            enabled: schedule.enabled,
        }
    }

    /// Whether it can run when people look: it syncs, at an interval.
    pub(crate) fn may_be_smart(&self) -> bool {
        self.job.reads_vcenters() && matches!(timing_of(&self.when), Ok(Timing::EverySeconds(_)))
    }

    /// What the service is asked while something is typed; of a time that can't be read, about the other fields.
    pub(crate) fn asked(&self) -> ScheduleSettings {
        let some = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        let smart = self.smart && self.may_be_smart();
        // When people look differs from vCenter to vCenter; when a clock shows some time doesn't.
        let chosen = self.vcenters.iter().filter(|_| smart && self.tag.is_none());
        ScheduleSettings {
            name: String::new(),
            vcenters: chosen.cloned().collect(),
            tag: self.tag.clone().filter(|_| smart),
            when: timing_of(&self.when).unwrap_or(Timing::EverySeconds(3600)),
            zone: some(&self.zone),
            job: self.asked_job(),
            quiet: some(&self.quiet),
            smart,
        }
    }

    /// What it does, where the ranges of a scan are those that stand there.
    fn asked_job(&self) -> ScheduledJob {
        let Some(scan) = self.job.scan() else { return self.job.clone() };
        ScheduledJob::Scan(Box::new(looking_in(scan, &self.ranges, &self.exclude)))
    }

    /// What is stored of it, or what is wrong with it before anybody is asked.
    pub(crate) fn settings(&self) -> Result<ScheduleSettings, Wrong> {
        let mut wrong = Vec::new();
        if self.name.trim().is_empty() {
            wrong.push((NAME, "Enter a name.".to_owned()));
        }
        if let Some(why) = self.wrong_time() {
            wrong.push((WHEN, why));
        }
        let is_on_vcenters = self.job.is_on_vcenters();
        if self.job.scan().is_some() && entries(&self.ranges).is_empty() {
            wrong.push((RANGES, NO_RANGE.to_owned()));
        }
        if is_on_vcenters && self.tag.is_none() && self.vcenters.is_empty() {
            wrong.push((GROUP, "Select at least one vCenter.".to_owned()));
        }
        let tag = self.tag.clone().filter(|_| is_on_vcenters);
        let chosen = self.vcenters.iter().filter(|_| is_on_vcenters && tag.is_none());
        let vcenters = chosen.cloned().collect();
        let settings = ScheduleSettings { name: self.name.clone(), tag, vcenters, ..self.asked() };
        if wrong.is_empty() { Ok(settings) } else { Err(wrong) }
    }

    /// What is wrong while something is typed: with the time here, with the rest as the service says.
    pub(crate) fn wrong(&self, preview: Option<&Preview>) -> Wrong {
        let mut wrong: Wrong = self.wrong_time().map(|why| (WHEN, why)).into_iter().collect();
        for one in preview.into_iter().flat_map(|preview| &preview.wrong) {
            let id = match one.field {
                ScheduleField::When => WHEN,
                ScheduleField::Zone => ZONE,
                ScheduleField::Quiet => QUIET,
            };
            if !wrong.iter().any(|(known, _)| *known == id) {
                wrong.push((id, told(&one.error)));
            }
        }
        wrong
    }

    /// The field that an answer to a save is about; `None` where it is about none.
    pub(crate) fn field_of(&self, error: &ApiError) -> Option<&'static str> {
        match error.code {
            Code::AlreadyExists => Some(NAME),
            Code::InvalidValue if self.job.scan().is_some() && !asks_about_many(error) => {
                match error.message.as_str() {
                    message if message.contains("exclude") => Some(EXCLUDE),
                    message if message.contains("range") || message.contains("address") => Some(RANGES),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// What keeps it from being stored: what the service has said of what stands there now, not of what was there before a
    /// field was mended. What it has not said yet, it says when it is to store it.
    pub(crate) fn to_store(&self, previewed: Option<&Previewed>) -> Result<ScheduleSettings, Wrong> {
        let settings = self.settings()?;
        let current = previewed.filter(|previewed| previewed.asked == self.asked());
        let wrong = self.wrong(current.map(|previewed| &*previewed.preview));
        if wrong.is_empty() { Ok(settings) } else { Err(wrong) }
    }

    fn wrong_time(&self) -> Option<String> {
        timing_of(&self.when).err().map(|(message, next)| sentence(&message, next))
    }
}

/// What the service says of a field.
pub(crate) fn told(error: &ApiError) -> String {
    sentence(&error.message, error.next_step.as_deref().unwrap_or_default())
}

pub(super) fn sentence(message: &str, next: &str) -> String {
    format!("{}. {next}", capital(message.trim_end_matches('.'))).trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use contract::{ScheduleId, WrongField};

    fn id(text: &str) -> VcenterId {
        VcenterId(text.to_owned())
    }

    fn schedule(name: &str, next_at: Option<i64>, reason: &str, waits: bool) -> Schedule {
        let target = ScheduleTarget {
            vcenter_id: Some(id("b")),
            vcenter: Some("Berlin".to_owned()),
            next_at: next_at.map(Time),
            reason: reason.to_owned(),
            waits,
            last_operation: None,
        };
        Schedule {
            id: ScheduleId(name.to_owned()),
            name: name.to_owned(),
            vcenters: vec!["Berlin".to_owned()],
            tag: None,
            job: ScheduledJob::Full,
            every_seconds: Some(1800),
            cron: None,
            zone: "Europe/Berlin".to_owned(),
            quiet: None,
            smart: false,
            enabled: true,
            next_at: next_at.map(Time),
            reason: reason.to_owned(),
            last_operation: None,
            edition: 1,
            targets: vec![target],
        }
    }

    #[test]
    fn a_vcenter_says_what_starts_next_on_it_or_what_that_waits_for() {
        let said = |all: &[Schedule]| next_on(all, &id("b"), Time(0)).whole();
        let half_hourly = schedule("a", Some(12 * 60_000), "every 30 min", false);
        let nightly = schedule("b", Some(8 * 3_600_000), "daily 02:30", false);
        assert_eq!(said(&[nightly.clone(), half_hourly.clone()]), "Next in 12 min · every 30 min");
        assert_eq!(said(&[schedule("a", Some(-5), "every 30 min", false)]), "Due now · every 30 min");
        let overdue = [schedule("a", Some(-90_001), "every 30 min", false)];
        assert_eq!(said(&overdue), "Overdue · every 30 min", "the last worker may have ended");
        assert_eq!(said(&[schedule("a", None, "waits for the network", true)]), "Waits for the network");
        assert_eq!(said(&[schedule("a", Some(9), "paused until 14:30", true)]), "Paused until 14:30");
        let off = Schedule { enabled: false, ..half_hourly.clone() };
        assert_eq!(said(std::slice::from_ref(&off)), "Schedule off");
        assert_eq!(said(&[off, nightly]), "Next in 8 h · daily 02:30");
        assert_eq!(next_on(&[half_hourly], &id("other"), Time(0)).whole(), "No schedule");
    }

    #[test]
    fn a_form_is_stored_as_it_was_read_and_a_new_one_has_a_name_of_its_own() {
        let known = schedule("Berlin", None, "every 30 min", false);
        let form = ScheduleForm::of(&known);
        assert_eq!((form.when.as_str(), form.settings()), ("every 30 min", Ok(known.settings())));
        let own = id("b");
        let new = ScheduleForm::new(Some((&own, "berlin")), &[known]);
        assert_eq!((new.name.as_str(), new.vcenters.len()), ("berlin 2", 1));
        assert_eq!(ScheduleForm::new(None, &[]).name, "Schedule");
    }

    #[test]
    fn only_a_sync_at_an_interval_is_stored_as_smart_and_asked_about_its_vcenters() {
        let own = id("b");
        let form = ScheduleForm { smart: true, ..ScheduleForm::new(Some((&own, "Berlin")), &[]) };
        assert_eq!((form.may_be_smart(), form.asked().smart, form.asked().vcenters.len()), (true, true, 1));
        assert!(form.settings().unwrap().smart);
        let daily = ScheduleForm { when: "daily 02:30".to_owned(), ..form.clone() };
        let tests = ScheduleForm { job: ScheduledJob::Test, ..form.clone() };
        for other in [daily, tests] {
            assert!(!other.may_be_smart() && !other.settings().unwrap().smart, "{other:?}");
            assert_eq!(other.asked().vcenters, []);
        }
        let mut known = schedule("Berlin", None, "smart, about every 30 min", false);
        known.smart = true;
        assert!(ScheduleForm::of(&known).smart);
    }

    #[test]
    fn what_is_about_no_vcenter_needs_none_and_keeps_where_it_looks() {
        let scan = contract::discovery::Scan {
            ranges: vec!["10.0.8.0/24".to_owned(), "bmc-01".to_owned()],
            ..contract::discovery::Scan::default()
        };
        let job = ScheduledJob::Scan(Box::new(scan));
        let mut weekly = schedule("Weekly scan", Some(60_000), "sundays 02:30", false);
        (weekly.job, weekly.vcenters) = (job.clone(), Vec::new());
        (weekly.targets[0].vcenter_id, weekly.targets[0].vcenter) = (None, None);
        assert_eq!(whom(&weekly), "10.0.8.0/24, bmc-01");
        assert_eq!(next_on(std::slice::from_ref(&weekly), &id("b"), Time(0)).whole(), "No schedule");
        let mut form = ScheduleForm::of(&weekly);
        assert_eq!((&*form.ranges, form.settings()), ("10.0.8.0/24, bmc-01", Ok(weekly.settings())));
        let refused = |message: &str| form.field_of(&ApiError::new(Code::InvalidValue, message));
        assert_eq!(refused("the range \"10.0.0.300\" is neither an address nor a host name"), Some(RANGES));
        assert_eq!(refused("the excluded range \"x\" is neither"), Some(EXCLUDE));
        assert_eq!(refused("8,190 addresses are more than 4,096: are they meant?"), None, "a question");
        assert_eq!(form.field_of(&ApiError::new(Code::AlreadyExists, "taken")), Some(NAME));
        form.ranges = " ,".to_owned();
        assert_eq!(form.settings().unwrap_err()[0].0, RANGES);
        // Others are asked about anew.
        if let ScheduledJob::Scan(scan) = &mut form.job {
            scan.accept_many = true;
        }
        (form.ranges, form.exclude) = ("10.0.0.0/19, 10.9.0.1".to_owned(), "10.0.0.1".to_owned());
        let changed = form.settings().unwrap();
        let changed = changed.job.scan().unwrap();
        assert_eq!((changed.ranges.len(), changed.exclude.len(), changed.accept_many), (2, 1, false));
        let own = id("b");
        let chosen = ScheduleForm::new(Some((&own, "Berlin")), &[]);
        let servers = ScheduleForm { job: ScheduledJob::Servers, ..chosen }.settings().unwrap();
        assert_eq!((servers.vcenters, servers.tag), (Vec::new(), None));
    }

    #[test]
    fn what_is_wrong_stands_at_its_field_with_what_to_type() {
        let own = id("b");
        let mut form = ScheduleForm::new(Some((&own, "Berlin")), &[]);
        assert!(form.settings().is_ok() && form.wrong(None).is_empty());
        (form.name, form.when) = (" ".to_owned(), "often".to_owned());
        form.vcenters.clear();
        let fields: Vec<&str> = form.settings().unwrap_err().iter().map(|(id, _)| *id).collect();
        assert_eq!(fields, [NAME, WHEN, GROUP]);
        let wrong = |field| WrongField {
            field,
            error: ApiError::new(Code::InvalidValue, "it is x").next("Enter y."),
        };
        let preview = Preview {
            zone: "UTC".to_owned(),
            runs: Vec::new(),
            wrong: vec![wrong(ScheduleField::When), wrong(ScheduleField::Quiet)],
        };
        let told = form.wrong(Some(&preview));
        assert!(told[0].0 == WHEN && told[0].1.contains("weekdays 02:30"), "{told:?}");
        assert_eq!(told[1], (QUIET, "It is x. Enter y.".to_owned()));
        form.tag = Some("prod".to_owned());
        assert!(form.settings().unwrap_err().iter().all(|(id, _)| *id != GROUP));
    }
    #[test]
    fn what_was_wrong_with_a_field_does_not_keep_it_from_being_stored_once_it_is_mended() {
        let own = id("b");
        let wrong =
            ScheduleForm { quiet: "always".to_owned(), ..ScheduleForm::new(Some((&own, "Berlin")), &[]) };
        let error = ApiError::new(Code::InvalidValue, "it is x");
        let preview = Preview {
            zone: "UTC".to_owned(),
            runs: Vec::new(),
            wrong: vec![WrongField { field: ScheduleField::Quiet, error }],
        };
        let said = Previewed { asked: wrong.asked(), preview: Rc::new(preview) };
        assert_eq!(wrong.to_store(Some(&said)).unwrap_err()[0].0, QUIET);
        let mended = ScheduleForm { quiet: "22-6".to_owned(), ..wrong };
        assert!(mended.to_store(Some(&said)).is_ok(), "before the service was asked again");
    }
}
