//! `schedule …`.
//! Refuses to compute when something is due: the service does, for every client alike.

use crate::args::{Looks, Schedule as Command, ScheduleOptions, When};
use crate::ask;
use crate::commands::state;
use crate::exit::Exit;
use crate::output::{Output, card, table, time};
use contract::command::{
    AddSchedule, EditSchedule, EnableSchedule, HasWorker, ListProfiles, ListSchedules, NextRuns,
    RemoveSchedule, ShowCalendar, ShowSchedule,
};
use contract::discovery::{Profile, Scan};
use contract::{
    ApiError, Calendar, CalendarJob, Code, Operation, Run, Schedule, ScheduleSettings, ScheduledJob, Subject,
    Timing, words,
};
use service::Client;

pub(super) async fn run(service: &Client, output: &Output, command: Command) -> Result<Exit, ApiError> {
    match command {
        Command::Add { name, options } => {
            service.may::<AddSchedule>(Subject::new_schedule(&name)).await?;
            let settings = new(service, name, options).await?;
            add(service, output, settings).await?;
        }
        Command::List => {
            let all = service.call(ListSchedules {}).await?;
            output.answer(&all, || list(output, &all))?;
        }
        Command::Show { name } => {
            let schedule = service.call(ShowSchedule { schedule: name }).await?;
            answer(service, output, &schedule).await?;
        }
        Command::Edit { name, new_name, options, looks } => {
            service.may::<EditSchedule>(Subject::new_schedule(&name)).await?;
            let before = service.call(ShowSchedule { schedule: name }).await?;
            let mut settings = edited(service, before.settings(), new_name, options, &looks).await?;
            if let ScheduledJob::Scan(scan) = &mut settings.job {
                look_elsewhere(output, scan, looks).await?;
            }
            let edit = EditSchedule { schedule: before.id, edition: before.edition, settings };
            let edited = service.call(edit).await?;
            answer(service, output, &edited).await?;
        }
        Command::Enable { name } => turn(service, output, name, true).await?,
        Command::Disable { name } => turn(service, output, name, false).await?,
        Command::Remove { name, yes } => {
            service.may::<RemoveSchedule>(Subject::new_schedule(&name)).await?;
            let schedule = service.call(ShowSchedule { schedule: name }).await?;
            let question = format!("Remove the schedule \"{}\"?", schedule.name);
            ask::before_removing(output, yes, &question).await?;
            let removed = service.call(RemoveSchedule { schedule: schedule.id }).await?;
            output.answer(&removed, || format!("Removed {}.", removed.name))?;
        }
        Command::Next { name, count } => {
            let (schedule, all) = match name {
                Some(name) => {
                    let one = service.call(ShowSchedule { schedule: name }).await?;
                    (Some(one.id.clone()), vec![one])
                }
                None => (None, service.call(ListSchedules {}).await?),
            };
            let runs = service.call(NextRuns { schedule, count }).await?;
            output.answer(&runs, || next(&runs))?;
            let on: Vec<_> = all.iter().filter(|schedule| schedule.enabled).collect();
            if on.is_empty() {
                output.say("Nothing is scheduled.");
            }
            for waiting in on.iter().filter(|schedule| schedule.next_at.is_none()) {
                output.say(&format!("{}: {}.", waiting.name, waiting.reason));
            }
        }
        Command::Calendar { days } => {
            let calendar = service.call(ShowCalendar { days }).await?;
            output.answer(&calendar, || self::calendar(&calendar))?;
            output.say(&format!("Times are those of {}.", calendar.zone));
            if let Some(pause) = &calendar.pause {
                state::say_everything_is_paused(output, pause, service.now());
            }
            if calendar.often.is_empty() && calendar.days.iter().all(|day| day.runs.is_empty()) {
                output.say("Nothing runs at a known time in these days.");
            }
        }
    }
    Ok(Exit::Done)
}

/// Adds a schedule.
async fn add(service: &Client, output: &Output, settings: ScheduleSettings) -> Result<(), ApiError> {
    let added = service.call(AddSchedule { settings }).await?;
    answer(service, output, &added).await?;
    say_who_starts("schedules", service, output).await
}

/// Adds a schedule of a scan.
pub(super) async fn add_scan(
    service: &Client,
    output: &Output,
    settings: ScheduleSettings,
    scan: Scan,
) -> Result<Exit, ApiError> {
    let settings = ScheduleSettings { job: ScheduledJob::Scan(Box::new(scan)), ..settings };
    add(service, output, settings).await?;
    Ok(Exit::Done)
}

/// What is set for a schedule that is about no vCenter, but for what it does.
pub(super) async fn about_none(
    service: &Client,
    name: String,
    when: When,
) -> Result<ScheduleSettings, ApiError> {
    service.may::<AddSchedule>(Subject::new_schedule(&name)).await?;
    let timing = timing(&when)?.ok_or_else(no_time)?;
    let (vcenters, job) = (Vec::new(), ScheduledJob::Servers);
    let When { zone, quiet, .. } = when;
    Ok(ScheduleSettings { name, vcenters, tag: None, when: timing, zone, job, quiet, smart: false })
}

fn no_time() -> ApiError {
    missing(
        "no time is specified",
        "Specify --every TIME, such as 30m, or --cron EXPR, such as '30 2 * * 1-5'.",
    )
}

async fn new(service: &Client, name: String, options: ScheduleOptions) -> Result<ScheduleSettings, ApiError> {
    let job = options.job.unwrap_or_default();
    if job.is_on_vcenters() && options.vcenters.is_empty() && options.tag.is_none() {
        return Err(missing(
            "no vCenter is specified",
            "Specify --vcenter NAME, which may be repeated, or --tag TAG.",
        ));
    }
    let when = timing(&options.when)?.ok_or_else(no_time)?;
    let ScheduleOptions { vcenters, tag, when: When { zone, quiet, .. }, smart, job: _ } = options;
    let vcenters = super::sync::designated(service, &vcenters).await?;
    let vcenters = vcenters.into_iter().map(|vcenter| vcenter.id).collect();
    let smart = smart.unwrap_or_default();
    Ok(ScheduleSettings { name, vcenters, tag, when, zone, job, quiet, smart })
}

/// Settings with what was typed in the place of what they had.
async fn edited(
    service: &Client,
    before: ScheduleSettings,
    name: Option<String>,
    options: ScheduleOptions,
    looks: &Looks,
) -> Result<ScheduleSettings, ApiError> {
    // What is set to the value that it has is no mistake of a script's.
    if name.is_none() && options == ScheduleOptions::default() && *looks == Looks::default() {
        return Err(missing("nothing to change", "musterctl schedule edit --help lists the options."));
    }
    let when = timing(&options.when)?;
    let chosen = super::sync::designated(service, &options.vcenters).await?;
    let chosen: Vec<_> = chosen.into_iter().map(|vcenter| vcenter.id).collect();
    let job = options.job.unwrap_or_else(|| before.job.clone());
    if before.job.scan().is_some() && job != before.job {
        return Err(missing(
            "a schedule that scans can't do something else",
            "Add a schedule for that, and remove this one if it is no longer needed.",
        ));
    }
    if before.job.scan().is_none() && !(looks.ranges.is_empty() && looks.exclude.is_empty()) {
        return Err(missing(
            "--range and --exclude are for a schedule that scans",
            "Schedule a scan: musterctl discovery scan RANGE --schedule NAME --every TIME",
        ));
    }
    let (vcenters, tag) = match options.tag {
        // What isn't done on vCenters leaves those that it had.
        None if chosen.is_empty() && !job.is_on_vcenters() => (Vec::new(), None),
        Some(tag) => (Vec::new(), Some(tag)),
        None if !chosen.is_empty() => (chosen, None),
        None => (before.vcenters.clone(), before.tag.clone()),
    };
    Ok(ScheduleSettings {
        name: name.unwrap_or_else(|| before.name.clone()),
        vcenters,
        tag,
        when: when.unwrap_or_else(|| before.when.clone()),
        zone: options.when.zone.or(before.zone),
        job,
        quiet: options.when.quiet.or(before.quiet),
        smart: options.smart.unwrap_or(before.smart),
    })
}

/// Gives a scan other ranges, where some were typed.
async fn look_elsewhere(output: &Output, scan: &mut Scan, looks: Looks) -> Result<(), ApiError> {
    let Looks { ranges, exclude, yes } = looks;
    if ranges.is_empty() && exclude.is_empty() {
        return Ok(());
    }
    if !ranges.is_empty() {
        scan.ranges = ranges;
    }
    if !exclude.is_empty() {
        scan.exclude = exclude;
    }
    scan.accept_many = super::discovery::asked_about_many(output, scan, yes, "nothing was changed").await?;
    Ok(())
}

fn timing(when: &When) -> Result<Option<Timing>, ApiError> {
    let every = when.every.as_deref().map(service::duration).transpose()?;
    let every = every.map(|every| Timing::EverySeconds(every.as_secs()));
    Ok(every.or_else(|| when.cron.clone().map(Timing::Cron)))
}

fn missing(message: &str, next: &str) -> ApiError {
    ApiError::new(Code::InvalidValue, message).next(next)
}

async fn turn(service: &Client, output: &Output, name: String, enabled: bool) -> Result<(), ApiError> {
    service.may::<EnableSchedule>(Subject::new_schedule(&name)).await?;
    let schedule = service.call(ShowSchedule { schedule: name }).await?;
    let turned = service.call(EnableSchedule { schedule: schedule.id, enabled }).await?;
    answer(service, output, &turned).await?;
    if enabled {
        say_who_starts("schedules", service, output).await?;
    }
    Ok(())
}

/// Nothing happens while no process is there that starts what is due.
pub(super) async fn say_who_starts(what: &str, service: &Client, output: &Output) -> Result<(), ApiError> {
    if !service.call(HasWorker {}).await? {
        output.say(&format!("Nothing is running that starts {what}. Open Muster, or run musterctl run"));
    }
    Ok(())
}

fn list(output: &Output, all: &[Schedule]) -> String {
    if all.is_empty() {
        output.say("No schedules yet. Add one: musterctl schedule add NAME --vcenter VCENTER --every 30m");
        return String::new();
    }
    let rows = all.iter().map(|s| {
        vec![
            s.name.clone(),
            words::due(&s.timing(), s.smart),
            words::scheduled_job(&s.job).to_owned(),
            words::scheduled_about(s),
            time(s.next_at),
            s.reason.clone(),
            last(s),
        ]
    });
    table(&["Name", "When", "Job", "For", "Next run", "Reason", "Last run"], &[], rows)
}

/// Shows a schedule, with the names of the profiles that its scan may use.
async fn answer(service: &Client, output: &Output, schedule: &Schedule) -> Result<(), ApiError> {
    let has_profiles = schedule.job.scan().is_some_and(|scan| !scan.profiles.is_empty());
    let profiles = if has_profiles { service.call(ListProfiles {}).await? } else { Vec::new() };
    output.answer(schedule, || show(schedule, &profiles))
}

fn show(s: &Schedule, profiles: &[Profile]) -> String {
    let mut lines = vec![
        ("Name", s.name.clone()),
        ("State", if s.enabled { "on" } else { "off" }.to_owned()),
        ("When", words::due(&s.timing(), s.smart)),
        ("Time zone", s.zone.clone()),
        ("Quiet hours", s.quiet.clone().unwrap_or_else(|| "none".to_owned())),
        ("Job", words::scheduled_job(&s.job).to_owned()),
    ];
    match s.job.is_on_vcenters() {
        true => lines.extend([
            ("Tag", s.tag.clone().unwrap_or_else(|| "-".to_owned())),
            ("vCenters", if s.vcenters.is_empty() { "none".to_owned() } else { s.vcenters.join(", ") }),
        ]),
        false => lines.extend(looked_at(s, profiles)),
    }
    lines.extend([("Next run", time(s.next_at)), ("Reason", s.reason.clone()), ("Last run", last(s))]);
    // What each of several did last: the worst of them stands above.
    for target in s.targets.iter().filter(|_| s.targets.len() > 1) {
        let vcenter = target.vcenter.as_deref().unwrap_or_default();
        lines.push(("", format!("{vcenter}: {}", ended(target.last_operation.as_ref()))));
        // Each is read when people look at it.
        if s.smart && s.enabled {
            lines.push(("", format!("{}: {}", time(target.next_at), target.reason)));
        }
    }
    lines.push(("Id", s.id.to_string()));
    card(lines)
}

/// Where a schedule that is about no vCenter looks.
fn looked_at(s: &Schedule, profiles: &[Profile]) -> Vec<(&'static str, String)> {
    let mut lines = vec![("Servers", words::scheduled_about(s))];
    if let Some(scan) = s.job.scan() {
        let ports: Vec<String> = scan.ports.iter().map(u16::to_string).collect();
        let profiles = scan.profiles.iter().map(|id| {
            let known = profiles.iter().find(|profile| profile.credential_id == *id);
            known.map_or_else(|| "one that was removed".to_owned(), |profile| profile.profile.clone())
        });
        let more = [
            ("Excluded", scan.exclude.join(", ")),
            ("Ports", ports.join(", ")),
            ("Profiles", profiles.collect::<Vec<_>>().join(", ")),
            ("Trusts", scan.ca.iter().map(|_| "certificates issued by a CA of its own").collect()),
            ("Proxy", scan.way.proxy.clone()),
            ("Connect to", scan.way.connect_to.clone()),
        ];
        lines.extend(more.into_iter().filter(|(_, value)| !value.is_empty()));
    }
    lines
}

fn last(s: &Schedule) -> String {
    s.failed_on().unwrap_or_else(|| ended(s.last_operation.as_ref()))
}

fn ended(last: Option<&Operation>) -> String {
    last.map_or_else(|| "never".to_owned(), super::operations::sentence)
}

/// Day by day, and at the end what runs often.
fn calendar(calendar: &Calendar) -> String {
    let row = |at: String, more: u32, job: &CalendarJob, reason: &str| {
        let more = if more > 0 { format!("+{more}") } else { String::new() };
        let of = if job.policy.is_some() { "policy" } else { "schedule" };
        vec![at, more, job.name.clone(), of.to_owned(), job.what.clone(), reason.to_owned()]
    };
    let runs = calendar.days.iter().flat_map(|day| day.runs.iter().map(move |run| (day, run)));
    let runs =
        runs.map(|(day, run)| row(format!("{} {}", day.title, run.local), run.more, &run.job, &run.reason));
    let often = calendar.often.iter().map(|one| row("often".to_owned(), 0, &one.job, &one.reason));
    let rows: Vec<_> = runs.chain(often).collect();
    match rows.is_empty() {
        true => String::new(),
        false => table(&["At", "More that day", "Name", "Type", "Does", "Reason"], &[], rows),
    }
}

fn next(runs: &[Run]) -> String {
    if runs.is_empty() {
        return String::new();
    }
    let rows = runs
        .iter()
        .map(|run| vec![run.local.clone(), run.schedule.clone(), run.about.clone(), run.reason.clone()]);
    table(&["At", "Schedule", "For", "Reason"], &[], rows)
}
