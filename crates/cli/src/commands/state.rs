//! `status`, `doctor`, `watch` and `run`.
//! Refuses to contact a vCenter: what a worker does is decided by the queue.

use crate::ask;
use crate::exit::Exit;
use crate::interrupts::Interrupts;
use crate::output::{Fit, Output, card, table, written};
use crate::suggest::{self, Suggestion};
use contract::command::{
    CountStatus, Counted, Doctor, ListOrphans, ListVcenters, PauseOfAll, RemoveOrphans, Submit,
};
use contract::{ApiError, Check, Pause, Subject, Time, VcenterStatus, network, words};
use service::{Client, state_in_words};
use std::time::Duration;
use tokio::time::Instant;

pub(super) async fn status(service: &Client, output: &Output) -> Result<Exit, ApiError> {
    let Counted { vcenters: all, left_out } = service.call(CountStatus {}).await?;
    super::say_how_many_are_left_out(output, left_out);
    if all.is_empty() {
        output.say("No vCenters yet. Add one: musterctl vcenter add NAME HOST --user USER");
    }
    let now = service.now();
    output.answer(&all, || if all.is_empty() { String::new() } else { shown(&all, now) })?;
    if let Some(since) = network::is_gone_since(&all) {
        let ago = since.age_seconds(now).map(words::duration).unwrap_or_default();
        output.say(&format!(
            "{} (for {ago}). Automatic work resumes when a vCenter can be reached.",
            words::NO_NETWORK
        ));
    }
    if let Some(pause) = service.call(PauseOfAll {}).await? {
        say_everything_is_paused(output, &pause, now);
    }
    for (pause, of) in paused(&all) {
        let resume = Suggestion::of("vcenter resume");
        let (who, resume) = match &pause.tag {
            Some(tag) => (format!("Tag {tag} ({})", of.join(", ")), resume.option("--tag", tag)),
            None => (of.join(", "), resume.about(of[0])),
        };
        let until = words::paused_until(pause, now);
        output.say(&format!("{who}: paused {until}. To resume now: {resume}"));
    }
    for vcenter in service.call(ListVcenters {}).await? {
        if let Some(words) = words::certificate(&vcenter, now) {
            output.say(&format!("{}: {words}.", vcenter.name));
        }
    }
    for status in all.iter().filter(|status| status.paused.is_none()) {
        if let Some(words) = status.suspended.and_then(|one| contract::words::suspended(&one, now)) {
            let resume = Suggestion::of("vcenter resume").about(&status.vcenter);
            output.say(&format!("{}: {words}. To try again at once: {resume}", status.vcenter));
        }
    }
    Ok(Exit::Done)
}

/// Says that everything is paused, and how that is ended.
pub(super) fn say_everything_is_paused(output: &Output, pause: &Pause, now: Time) {
    let paused = words::capital(&words::everything_paused(pause, now));
    let resume = Suggestion::of("vcenter resume").flag("--all");
    output.say(&format!("{paused}. To resume now: {resume}"));
}

/// Pauses and whom they hold, but that of everything: a tag stands once, with all that have it.
fn paused(all: &[VcenterStatus]) -> Vec<(&Pause, Vec<&str>)> {
    let mut paused: Vec<(&Pause, Vec<&str>)> = Vec::new();
    for status in all {
        let Some(pause) = status.paused.as_ref().filter(|pause| !pause.all) else { continue };
        let same = paused.iter_mut().find(|(other, _)| pause.tag.is_some() && other.tag == pause.tag);
        match same {
            Some((_, names)) => names.push(&status.vcenter),
            None => paused.push((pause, vec![&status.vcenter])),
        }
    }
    paused
}

pub(super) async fn doctor(service: &Client, output: &Output) -> Result<Exit, ApiError> {
    let checks = service.call(Doctor {}).await?;
    output.answer(&checks, || findings(&checks))?;
    let failed = checks.iter().any(|check| !check.ok);
    Ok(if failed { Exit::Failed } else { Exit::Done })
}

/// Removes what the keychain holds for no credential, after it was shown.
pub(super) async fn remove_orphans(service: &Client, output: &Output, yes: bool) -> Result<(), ApiError> {
    service.may::<RemoveOrphans>(Subject::none()).await?;
    let orphans = service.call(ListOrphans {}).await?;
    if orphans.is_empty() {
        output.say("The keychain has no orphaned entries of this database.");
        return Ok(());
    }
    for orphan in &orphans {
        output.say(&format!("{} (of the credential {})", orphan.label, orphan.credential));
    }
    let many = words::counted(orphans.len(), "entry", "entries");
    let question = format!("Remove {many} with their passwords from the keychain?");
    ask::before_removing(output, yes, &question).await?;
    let orphans = orphans.into_iter().map(|orphan| orphan.credential).collect();
    let removed = service.call(RemoveOrphans { orphans }).await?;
    output.say(&format!("Removed {} from the keychain.", words::counted(removed.len(), "entry", "entries")));
    Ok(())
}

/// The one finding of `doctor` where the database can't be opened: nothing else can be looked at without it.
pub(super) fn no_database(output: &Output, error: ApiError) -> Result<Exit, ApiError> {
    let check = Check {
        name: "database".into(),
        ok: false,
        detail: error.message,
        next_step: error.next_step,
        remedies: error.remedies,
    };
    output.answer(std::slice::from_ref(&check), || findings(std::slice::from_ref(&check)))?;
    Ok(Exit::Failed)
}

pub(super) async fn run(
    service: &Client,
    output: &Output,
    interrupts: &Interrupts,
    duration: Option<&str>,
) -> Result<Exit, ApiError> {
    service.may::<Submit>(Subject::none()).await?;
    let end = duration.map(service::duration).transpose()?.map(|duration| Instant::now() + duration);
    output.say("Working. Press Ctrl-C to end.");
    watch(service, output, interrupts, Until::Stopped(end)).await
}

/// How long events are printed.
pub(super) enum Until {
    /// Until nobody reads them any more.
    NobodyReads,
    /// Until this time, or until it is stopped.
    Stopped(Option<Instant>),
}

pub(super) async fn watch(
    service: &Client,
    output: &Output,
    interrupts: &Interrupts,
    until: Until,
) -> Result<Exit, ApiError> {
    let (is_worker, end) = match until {
        Until::NobodyReads => (false, None),
        Until::Stopped(end) => (true, end),
    };
    let mut events = service.subscribe();
    let presses = interrupts.take();
    let mut look = tokio::time::interval(LOOK);
    loop {
        tokio::select! {
            // Whoever stops a worker with a signal is not told that it failed.
            () = presses.next() => {
                return Ok(if presses.is_terminated() { Exit::Done } else { Exit::Cancelled });
            }
            _ = look.tick() => {
                if !is_worker && nobody_reads() || end.is_some_and(|end| end <= Instant::now()) {
                    return Ok(Exit::Done);
                }
            }
            event = events.next() => {
                let Some(event) = event else { return Ok(Exit::Done) };
                match output.try_document(&event) {
                    // A worker works on, also when nobody reads what it prints.
                    Err(_) if is_worker => {}
                    Err(error) => return written(Err(error)).map(|()| Exit::Done),
                    Ok(()) => {}
                }
            }
        }
    }
}

/// How often `watch` looks whether its reader is still there; without events nothing else would tell.
const LOOK: Duration = Duration::from_secs(1);

#[cfg(unix)]
fn nobody_reads() -> bool {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    let stdout = std::io::stdout();
    let mut asked = [PollFd::new(&stdout, PollFlags::empty())];
    let at_once = Timespec { tv_sec: 0, tv_nsec: 0 };
    poll(&mut asked, Some(&at_once)).is_ok() && asked[0].revents().contains(PollFlags::ERR)
}

#[cfg(not(unix))]
fn nobody_reads() -> bool {
    false
}

/// Whether the data is fresh, and where the last try to make it so failed.
fn freshness(status: &VcenterStatus) -> &'static str {
    match (status.fresh, status.refresh_failed) {
        (false, _) if status.suspended.is_some() => "no; suspended",
        (true, None) => "yes",
        (false, None) => "no",
        (true, Some(_)) => "yes; refresh failed",
        (false, Some(_)) => "refresh failed",
    }
}

fn findings(checks: &[Check]) -> String {
    let lines = checks.iter().flat_map(|check| {
        let next = suggest::next_step(check.next_step.as_deref(), &check.remedies);
        let next = next.map(|next| format!(" -> {next}")).unwrap_or_default();
        let state = if check.ok { "ok  " } else { "FAIL" };
        let said = format!("{}: {}{next}", check.name, check.detail);
        said.lines()
            .enumerate()
            .map(|(n, line)| (if n == 0 { state } else { "" }, line.to_owned()))
            .collect::<Vec<_>>()
    });
    card(lines)
}

fn shown(all: &[VcenterStatus], now: Time) -> String {
    let header = ["vCenter", "State", "Age", "Fresh", "Hosts", "VMs", "Datastores", "Last operation"];
    let fits =
        [Fit::Words, Fit::Whole, Fit::Number, Fit::Whole, Fit::Number, Fit::Number, Fit::Number, Fit::Words];
    let rows = all.iter().map(|s| {
        let count = |kind: &str| s.counts.get(kind).copied().unwrap_or(0).to_string();
        let last = s.last_operation.as_ref();
        vec![
            s.vcenter.clone(),
            state_in_words(s, now),
            words::age(s.synced_at, now),
            freshness(s).into(),
            count("hosts"),
            count("vms"),
            count("datastores"),
            last.map_or_else(|| "-".into(), |o| format!("{} {}", o.kind().name(), o.state.name())),
        ]
    });
    table(&header, &fits, rows)
}
