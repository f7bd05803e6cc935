//! Policies of a whole service, on the same clock.
//! Refuse to run what they start, too: which runs there are, on what and why, is what is looked at.

use super::*;
use contract::PolicyId;
use contract::health::Level;
use contract::policy::{Cause, Conditions, Happened, How, Policy, PolicySettings, Rows, Step, Trigger};
use contract::{Kind, Role, VcenterState};
use store::{FindingKey, FoundNow};

fn policy(name: &str, when: &[Trigger]) -> PolicySettings {
    PolicySettings {
        name: name.to_owned(),
        when: when.to_vec(),
        steps: vec![Step::Test {}],
        zone: Some("Europe/Berlin".to_owned()),
        ..PolicySettings::default()
    }
}

async fn add_policy(service: &Service, settings: PolicySettings) -> Policy {
    call(service, AddPolicy { settings }).await.unwrap()
}

/// Every run so far, the oldest first.
async fn runs(service: &Service) -> Vec<(PolicyId, Cause)> {
    let all = operations(service).await.into_iter().rev();
    all.filter_map(|one| match one.job {
        Job::Policy { policy, cause, .. } => Some((policy, *cause)),
        _ => None,
    })
    .collect()
}

/// Looks each half minute for so long, and ends what was started; answers with when runs were started, and on how many
/// vCenters.
async fn look(service: &Service, minutes: i64) -> Vec<(i64, Happened, usize)> {
    let (mut started, mut known) = (Vec::new(), runs(service).await.len());
    for _ in 0..minutes * 2 {
        set(clock().0 + MINUTE / 2);
        service.inner.schedules.start_due().await.unwrap();
        let all = runs(service).await;
        let new = all[known..].iter();
        started
            .extend(new.map(|(_, cause)| ((clock().0 - MORNING) / 1000, cause.what, cause.vcenters.len())));
        known = all.len();
        end_all(service).await;
    }
    started
}

async fn reach(service: &Service, id: &VcenterId, state: VcenterState) {
    service.inner.store.set_contact(id, state, clock()).await.unwrap();
}

#[tokio::test]
async fn a_policy_runs_at_its_times_outside_quiet_hours_and_what_was_missed_is_one_run() {
    let _clock = CLOCK.lock().await;
    set(MORNING);
    let folder = tempfile::tempdir().unwrap();
    let service = on(&folder).await;
    vcenters(&service, &["Berlin", "Oslo"], "prod").await;
    let every = Trigger::Interval { every_seconds: 600 };
    let at = Trigger::Cron { cron: "15 8 * * *".to_owned() };
    let conditions = Conditions { quiet: Some("08:25-08:45".to_owned()), ..Conditions::default() };
    let added = add_policy(&service, PolicySettings { conditions, ..policy("often", &[every, at]) }).await;
    assert_eq!(added.next_at, Some(Time(MORNING + 10 * MINUTE)));
    assert_eq!(added.reason, "every 10 min; daily 08:15");
    let started = look(&service, 60).await;
    let time = |minute: i64| (minute * 60, Happened::Time, 2);
    assert_eq!(started, [time(10), time(15), time(20), time(45), time(50), time(60)]);
    // Two hours with nobody there are one run, from which the next one counts.
    set(MORNING + 181 * MINUTE);
    let late = 181 * 60 + 30;
    assert_eq!(look(&service, 12).await, [(late, Happened::Time, 2), (late + 600, Happened::Time, 2)]);
    let shown = call(&service, ShowPolicy { policy: "often".to_owned() }).await.unwrap();
    assert_eq!(shown.last_run.map(|run| run.origin), Some(Origin::Policy));
    // What happened while it was off doesn't start it.
    let policy = shown.id;
    call(&service, EnablePolicy { policy: policy.clone(), enabled: false }).await.unwrap();
    assert_eq!(look(&service, 60).await, []);
    call(&service, EnablePolicy { policy, enabled: true }).await.unwrap();
    assert_eq!(look(&service, 9).await, []);
    assert_eq!(look(&service, 1).await.len(), 1);
    service.close().await;
}

#[tokio::test]
async fn two_workers_that_look_at_once_start_a_run_once() {
    let _clock = CLOCK.lock().await;
    set(MORNING);
    let folder = tempfile::tempdir().unwrap();
    let (one, other) = (on(&folder).await, on(&folder).await);
    vcenters(&one, &["Berlin"], "prod").await;
    add_policy(&one, policy("often", &[Trigger::Interval { every_seconds: 600 }])).await;
    for round in 1..=5 {
        set(MORNING + round * 10 * MINUTE);
        let (of_one, of_other) =
            tokio::join!(one.inner.schedules.start_due(), other.inner.schedules.start_due());
        of_one.and(of_other).unwrap();
        assert_eq!(runs(&one).await.len(), usize::try_from(round).unwrap());
        end_all(&one).await;
    }
    one.close().await;
    other.close().await;
}

#[tokio::test]
async fn vcenters_that_go_offline_at_once_are_one_event_and_who_is_back_at_once_is_none() {
    let _clock = CLOCK.lock().await;
    set(MORNING);
    let folder = tempfile::tempdir().unwrap();
    let service = on(&folder).await;
    let ids = vcenters(&service, &["Berlin", "Oslo", "Rome"], "prod").await;
    for id in &ids {
        reach(&service, id, VcenterState::Online).await;
    }
    add_policy(&service, policy("gone", &[Trigger::Offline {}])).await;
    add_policy(&service, policy("back", &[Trigger::Online {}])).await;
    assert_eq!(look(&service, 1).await, [], "what was so before is no event");
    reach(&service, &ids[0], VcenterState::Offline).await;
    set(clock().0 + 5 * SECOND);
    reach(&service, &ids[1], VcenterState::Offline).await;
    let started = look(&service, 5).await;
    assert_eq!(started.iter().map(|run| (run.1, run.2)).collect::<Vec<_>>(), [(Happened::Offline, 2)]);
    reach(&service, &ids[0], VcenterState::Offline).await;
    assert_eq!(look(&service, 2).await, [], "it is no news that it still is");
    reach(&service, &ids[0], VcenterState::Online).await;
    let started = look(&service, 2).await;
    assert_eq!(started.iter().map(|run| (run.1, run.2)).collect::<Vec<_>>(), [(Happened::Online, 1)]);
    // Away for ten seconds.
    reach(&service, &ids[2], VcenterState::Offline).await;
    service.inner.schedules.start_due().await.unwrap();
    set(clock().0 + 10 * SECOND);
    reach(&service, &ids[2], VcenterState::Online).await;
    let started = look(&service, 2).await;
    assert_eq!(started.iter().map(|run| run.1).collect::<Vec<_>>(), [Happened::Online]);
    service.close().await;
}

#[tokio::test]
async fn no_policy_runs_because_the_network_is_gone_or_on_what_somebody_paused() {
    let _clock = CLOCK.lock().await;
    set(MORNING);
    let folder = tempfile::tempdir().unwrap();
    let service = on(&folder).await;
    // Nobody else would notice that the network is back.
    service.inner.store.work().unwrap();
    let ids = vcenters(&service, &["Berlin", "Oslo"], "prod").await;
    for id in &ids {
        reach(&service, id, VcenterState::Online).await;
    }
    let when = [Trigger::Offline {}, Trigger::Online {}, Trigger::Interval { every_seconds: 600 }];
    add_policy(&service, policy("any", &when)).await;
    // Both are gone, and a moment later it is known that it is the network.
    for id in &ids {
        reach(&service, id, VcenterState::Offline).await;
    }
    service.inner.schedules.start_due().await.unwrap();
    service.inner.store.set_no_network(Some(clock())).await.unwrap();
    assert_eq!(look(&service, 15).await, []);
    service.inner.store.set_no_network(None).await.unwrap();
    for id in &ids {
        reach(&service, id, VcenterState::Online).await;
    }
    let started = look(&service, 1).await;
    let what: Vec<_> = started.iter().map(|run| run.1).collect();
    assert_eq!(what, [Happened::Time], "what was due meanwhile runs once, and their return is no news");

    let of = contract::Group::Vcenter(ids[0].clone());
    call(&service, Pause { of, until: None }).await.unwrap();
    reach(&service, &ids[0], VcenterState::Offline).await;
    let started = look(&service, 10).await;
    assert_eq!(started.iter().map(|run| (run.1, run.2)).collect::<Vec<_>>(), [(Happened::Time, 1)]);
    let all = contract::Group::Vcenter(ids[1].clone());
    call(&service, Pause { of: all, until: None }).await.unwrap();
    assert_eq!(look(&service, 20).await, [], "nothing is left that it could run on");
    let policy = call(&service, ListPolicies {}).await.unwrap()[0].id.clone();
    let refused = call(&service, RunPolicy { policy, detached: true }).await.unwrap_err();
    assert!(refused.message.contains("no vCenter to run on"), "{refused:?}");
    assert!(refused.next_step.is_some_and(|next| next.contains("Berlin: paused")));
    service.close().await;
}

#[tokio::test]
async fn while_everything_is_paused_policies_drop_what_happens_and_run_at_their_next_time() {
    let _clock = CLOCK.lock().await;
    set(MORNING);
    let folder = tempfile::tempdir().unwrap();
    let service = on(&folder).await;
    let ids = vcenters(&service, &["Berlin"], "prod").await;
    reach(&service, &ids[0], VcenterState::Online).await;
    let when = [Trigger::Interval { every_seconds: 600 }, Trigger::Offline {}];
    add_policy(&service, policy("tests", &when)).await;
    // It is about no vCenter: its own pause would not hold it up.
    let servers = PolicySettings { steps: vec![Step::ReadServers {}], ..policy("reads", &when) };
    let servers = add_policy(&service, servers).await;
    let of = contract::Group::All;
    let until = Some(Time(MORNING + 25 * MINUTE));
    call(&service, Pause { of: of.clone(), until }).await.unwrap();
    reach(&service, &ids[0], VcenterState::Offline).await;
    assert_eq!(look(&service, 24).await, [], "neither its times nor what happened");
    let shown = call(&service, ShowPolicy { policy: servers.id.to_string() }).await.unwrap();
    assert_eq!(shown.reason, "everything is paused for 1 min");
    assert_eq!(shown.next_at, Some(Time(MORNING + 30 * MINUTE)));
    let calendar = call(&service, ShowCalendar { days: 1 }).await.unwrap();
    assert_eq!(calendar.often.len(), 2);
    let dry = call(&service, DryRunPolicy { settings: servers.settings() }).await.unwrap();
    assert!(dry.runs && dry.conditions[0].contains("runs only when somebody starts it"), "{dry:?}");
    assert_eq!(dry.next_runs[0], Time(MORNING + 34 * MINUTE), "as if it were stored now");
    let started = look(&service, 10).await;
    let what: Vec<_> = started.iter().map(|run| (run.0 / 60, run.1)).collect();
    assert_eq!(what, [(30, Happened::Time), (30, Happened::Time)]);
    // By hand it runs, also on vCenters; what its own pause keeps it from stays left out.
    call(&service, Pause { of: of.clone(), until: None }).await.unwrap();
    let tests = call(&service, ShowPolicy { policy: "tests".to_owned() }).await.unwrap().id;
    call(&service, RunPolicy { policy: tests.clone(), detached: true }).await.unwrap();
    assert_eq!(runs(&service).await.last().unwrap().1.vcenters, ids);
    end_all(&service).await;
    let own = contract::Group::Vcenter(ids[0].clone());
    call(&service, Pause { of: own.clone(), until: None }).await.unwrap();
    assert!(call(&service, RunPolicy { policy: tests, detached: true }).await.is_err());
    // Nor with a step that needs none: a message about nothing would alarm.
    let steps = vec![Step::Test {}, Step::Notify {}];
    let told = add_policy(&service, PolicySettings { steps, ..policy("told", &when) }).await;
    let dry = call(&service, DryRunPolicy { settings: told.settings() }).await.unwrap();
    assert!(!dry.runs && dry.conditions[1] == "all of its vCenters are left out", "{dry:?}");
    assert!(call(&service, RunPolicy { policy: told.id.clone(), detached: true }).await.is_err());
    call(&service, RemovePolicy { policy: told.id }).await.unwrap();
    // What came in the pause is dropped, whether or not a worker looked meanwhile.
    set(clock().0 + 25 * MINUTE);
    call(&service, Resume { of: of.clone() }).await.unwrap();
    call(&service, Resume { of: own }).await.unwrap();
    assert_eq!(look(&service, 1).await, []);
    let until = Some(Time(clock().0 + 25 * MINUTE));
    call(&service, Pause { of: of.clone(), until }).await.unwrap();
    set(clock().0 + 26 * MINUTE);
    let next = |shown: Policy| shown.next_at.unwrap().0 - clock().0;
    let show = || async { call(&service, ShowPolicy { policy: servers.id.to_string() }).await.unwrap() };
    assert!(next(show().await) > 0, "what came in a pause that is over is not promised");
    assert_eq!(look(&service, 1).await, []);
    // Nor where the pause was made longer after that.
    let longer = |minutes| Pause { of: of.clone(), until: Some(Time(clock().0 + minutes * MINUTE)) };
    call(&service, longer(15)).await.unwrap();
    set(clock().0 + 12 * MINUTE);
    call(&service, longer(5)).await.unwrap();
    set(clock().0 + 6 * MINUTE);
    assert_eq!(look(&service, 1).await, []);
    // A clock that was set back plans anew, whether or not a worker looked.
    service.inner.store.end_pauses(clock()).await.unwrap();
    set(clock().0 - 400 * 24 * 60 * MINUTE);
    assert!((0..=20 * MINUTE).contains(&next(show().await)), "{:?}", show().await);
    service.close().await;
}

#[tokio::test]
async fn the_calendar_has_what_is_overdue_put_off_by_quiet_hours_or_hourly() {
    let _clock = CLOCK.lock().await;
    set(MORNING);
    let folder = tempfile::tempdir().unwrap();
    let service = on(&folder).await;
    let ids = vcenters(&service, &["Berlin"], "prod").await;
    add(&service, ScheduleSettings { name: "hourly".to_owned(), ..settings("0 * * * *", &ids) }).await;
    let quiet = |quiet: &str| Conditions { quiet: Some(quiet.to_owned()), ..Conditions::default() };
    let every = [Trigger::Interval { every_seconds: 1800 }];
    let at_night = PolicySettings { conditions: quiet("07:00-20:00"), ..policy("at night", &every) };
    add_policy(&service, at_night).await;
    let late = [Trigger::Cron { cron: "30 22 * * *".to_owned() }];
    add_policy(&service, PolicySettings { conditions: quiet("22:00-06:00"), ..policy("late", &late) }).await;
    let told = |calendar: contract::Calendar| {
        let runs = |name: &str| {
            let of = |day: &contract::CalendarDay| {
                let run = day.runs.iter().find(|run| run.job.name == name);
                run.map_or_else(|| "-".to_owned(), |run| format!("{} +{}", run.local, run.more))
            };
            calendar.days.iter().map(of).collect::<Vec<_>>().join(", ")
        };
        assert!(calendar.often.is_empty(), "{calendar:?}");
        [runs("hourly"), runs("at night"), runs("late")]
    };
    // The clock of this machine may be in any zone: what is compared is how many days have runs.
    let calendar = told(call(&service, ShowCalendar { days: 7 }).await.unwrap());
    for runs in &calendar {
        assert!(!runs.ends_with('-'), "{runs}");
    }
    // Nobody was there for five days and a half: it is evening.
    set(MORNING + 5 * DAY + 15 * 60 * MINUTE);
    let calendar = told(call(&service, ShowCalendar { days: 7 }).await.unwrap());
    for runs in &calendar[..2] {
        assert_eq!(runs.matches('-').count(), 0, "{runs}");
    }
    assert!(calendar[2].matches('-').count() <= 1, "{calendar:?}");
    service.inner.schedules.start_due().await.unwrap();
    let calendar = told(call(&service, ShowCalendar { days: 7 }).await.unwrap());
    assert!(calendar[2].matches('-').count() <= 1, "what waits for the morning is there: {calendar:?}");
    service.close().await;
}

#[tokio::test]
async fn what_needs_a_person_is_left_out_by_what_runs_by_itself() {
    let _clock = CLOCK.lock().await;
    set(MORNING);
    let folder = tempfile::tempdir().unwrap();
    let service = on(&folder).await;
    let ids = vcenters(&service, &["Berlin", "Oslo"], "prod").await;
    let added = add_policy(&service, policy("often", &[Trigger::Interval { every_seconds: 600 }])).await;
    reach(&service, &ids[0], VcenterState::Untrusted).await;
    let started = look(&service, 10).await;
    assert_eq!(started.iter().map(|run| run.2).collect::<Vec<_>>(), [1]);
    // Who asks for it by hand tries it.
    call(&service, RunPolicy { policy: added.id, detached: true }).await.unwrap();
    assert_eq!(runs(&service).await.last().unwrap().1.vcenters.len(), 2);
    service.close().await;
}

#[tokio::test]
async fn a_finding_starts_a_policy_once_it_is_reported_and_bad_enough_and_still_so() {
    let _clock = CLOCK.lock().await;
    set(MORNING);
    let folder = tempfile::tempdir().unwrap();
    let service = on(&folder).await;
    let ids = vcenters(&service, &["Berlin", "Oslo"], "prod").await;
    add_policy(&service, policy("bad", &[Trigger::Finding { level: Level::Warning }])).await;
    let found = |moref: &str, level: Level, held: i64| FoundNow {
        key: FindingKey { rule: "r".to_owned(), kind: Kind::Hosts, moref: moref.into() },
        name: moref.to_owned(),
        level,
        since: clock(),
        held_ms: held,
    };
    let record = async |id: &VcenterId, all: Vec<FoundNow>| {
        service.inner.store.record_findings(id, all, clock()).await.unwrap();
    };
    record(&ids[0], vec![found("host-1", Level::Information, 0)]).await;
    assert_eq!(look(&service, 1).await, [], "not bad enough");
    let both = vec![found("host-1", Level::Information, 0), found("host-2", Level::Critical, 0)];
    record(&ids[0], both.clone()).await;
    let what = |started: Vec<(i64, Happened, usize)>| {
        started.into_iter().map(|run| (run.1, run.2)).collect::<Vec<_>>()
    };
    assert_eq!(what(look(&service, 1).await), [(Happened::Finding, 1)]);
    record(&ids[0], both).await;
    assert_eq!(look(&service, 1).await, [], "it is known");
    // Reported after five minutes, if it is still so then.
    let held = vec![found("host-3", Level::Warning, 5 * MINUTE)];
    record(&ids[1], held.clone()).await;
    assert_eq!(look(&service, 4).await, []);
    record(&ids[1], Vec::new()).await;
    assert_eq!(look(&service, 4).await, [], "it was over by then");
    record(&ids[1], vec![found("host-3", Level::Warning, 5 * MINUTE)]).await;
    assert_eq!(look(&service, 4).await, []);
    assert_eq!(what(look(&service, 2).await), [(Happened::Finding, 1)]);
    service.close().await;
}

#[tokio::test]
async fn conditions_keep_a_policy_from_running_and_are_said() {
    let _clock = CLOCK.lock().await;
    set(MORNING);
    let folder = tempfile::tempdir().unwrap();
    let service = on(&folder).await;
    vcenters(&service, &["Berlin"], "prod").await;
    vcenters(&service, &["Oslo"], "lab").await;
    let rows = Rows { kind: Kind::Vms, conditions: vec!["name~test".to_owned()], at_least: 1 };
    let conditions = Conditions { rows: vec![rows], tags: vec!["prod".to_owned()], ..Conditions::default() };
    let settings =
        PolicySettings { conditions, ..policy("tests", &[Trigger::Interval { every_seconds: 600 }]) };
    let added = add_policy(&service, settings.clone()).await;
    assert_eq!(look(&service, 30).await, []);
    let refused = call(&service, RunPolicy { policy: added.id.clone(), detached: true }).await.unwrap_err();
    let said = "the policy \"tests\" does not run now: at least 1 VM with name~test wanted, 0 VMs found";
    assert_eq!(refused.message, said);
    let dry = call(&service, DryRunPolicy { settings: added.settings() }).await.unwrap();
    assert!(!dry.runs && dry.steps[0].batches == [["Berlin"]], "{dry:?}");
    assert_eq!(dry.next_runs[0], Time(MORNING + 40 * MINUTE));
    // Without it: on those that have the tag.
    let conditions = Conditions { rows: Vec::new(), ..settings.conditions.clone() };
    let how = How { batch: Some(1), ..How::default() };
    let settings = PolicySettings { conditions, how, ..settings };
    let edit = EditPolicy { policy: added.id.clone(), edition: added.edition, settings: settings.clone() };
    call(&service, edit.clone()).await.unwrap();
    let stale = call(&service, edit).await.unwrap_err();
    assert_eq!(stale.code, Code::ChangedMeanwhile);
    let id = call(&service, RunPolicy { policy: added.id, detached: true }).await.unwrap();
    let run = call(&service, ShowOperation { operation: id.to_string() }).await.unwrap();
    assert_eq!((run.origin, run.about()), (Origin::User, "tests"));
    assert_eq!(runs(&service).await[0].1.vcenters.len(), 1);
    service.close().await;
}

#[tokio::test]
async fn a_policy_that_cannot_be_is_refused_with_what_is_wrong_and_who_may_not_makes_none() {
    let _clock = CLOCK.lock().await;
    set(MORNING);
    let folder = tempfile::tempdir().unwrap();
    let service = on(&folder).await;
    let ids = vcenters(&service, &["Berlin"], "prod").await;
    let good = || policy("p", &[Trigger::Offline {}]);
    let rows = |kind, text: &str, at_least| Conditions {
        rows: vec![Rows { kind, conditions: vec![text.to_owned()], at_least }],
        ..Conditions::default()
    };
    let scan = |range: &str| Step::Scan {
        scan: Box::new(Scan { ranges: vec![range.to_owned()], ..Scan::default() }),
    };
    let wrong = [
        (PolicySettings { name: " ".to_owned(), ..good() }, "name"),
        (PolicySettings { steps: Vec::new(), ..good() }, "does nothing"),
        (PolicySettings { steps: vec![Step::Test {}; 21], ..good() }, "21 entries"),
        (PolicySettings { zone: Some("Mars".to_owned()), ..good() }, "Mars"),
        (policy("p", &[Trigger::Cron { cron: "61 * * * *".to_owned() }]), "61"),
        (policy("p", &[Trigger::Interval { every_seconds: 1 }]), "out of range"),
        (PolicySettings { conditions: rows(Kind::Vms, "nothing=1", 1), ..good() }, "nothing"),
        (PolicySettings { conditions: rows(Kind::Vms, "name~a", 0), ..good() }, "at_least"),
        (PolicySettings { how: How { batch: Some(0), ..How::default() }, ..good() }, "batch"),
        (PolicySettings { how: How { pause_seconds: 1 << 40, ..How::default() }, ..good() }, "pause_seconds"),
        (PolicySettings { steps: vec![scan("10.0.8.0/33")], ..good() }, "10.0.8.0/33"),
        (
            PolicySettings {
                conditions: Conditions { tags: vec!["none".to_owned()], ..Conditions::default() },
                ..good()
            },
            "no vCenter has the tag",
        ),
        (
            PolicySettings {
                conditions: Conditions { vcenters: vec!["Paris".to_owned()], ..Conditions::default() },
                ..good()
            },
            "there is no vCenter",
        ),
        (
            PolicySettings {
                conditions: Conditions { quiet: Some("always".to_owned()), ..Conditions::default() },
                ..good()
            },
            "always",
        ),
    ];
    for (settings, said) in wrong {
        let refused = call(&service, AddPolicy { settings }).await.unwrap_err();
        assert!(refused.message.contains(said), "{said}: {}", refused.message);
        assert!(refused.next_step.is_some(), "{said}");
    }
    // By name, as people write it; stored by id, so that another name later changes nothing.
    let conditions = Conditions { vcenters: vec!["berlin".to_owned()], ..Conditions::default() };
    let added = add_policy(&service, PolicySettings { conditions, ..good() }).await;
    assert_eq!(added.conditions.vcenters, ["Berlin"]);
    let record = service.inner.store.policies().await.unwrap().remove(0);
    assert_eq!(record.settings.conditions.vcenters, [ids[0].to_string()]);
    let taken = call(&service, AddPolicy { settings: policy("P", &[]) }).await.unwrap_err();
    assert_eq!(taken.code, Code::AlreadyExists);
    let viewer = Caller::person(Some(Role::Viewer), contract::Door::Cli).unwrap();
    let refused = service.call(&viewer, AddPolicy { settings: policy("v", &[]) }).await.unwrap_err();
    assert_eq!(refused.code, Code::Forbidden);
    let run = RunPolicy { policy: added.id.clone(), detached: true };
    assert_eq!(service.call(&viewer, run).await.unwrap_err().code, Code::Forbidden);
    call(&service, RemovePolicy { policy: added.id }).await.unwrap();
    assert_eq!(call(&service, ListPolicies {}).await.unwrap(), []);
    service.close().await;
}
