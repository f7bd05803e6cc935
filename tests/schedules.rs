//! Schedules on the command line, with workers that really run them.
//! Refuses to wait longer than a minute: the shortest interval is five seconds.

use crate::support::{Musterctl, Peer, Run, finish, table, terminate};
use serde_json::{Value, json};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

/// How long workers run.
const MINUTE: Duration = Duration::from_secs(60);

fn worker(muster: &Musterctl) -> Child {
    let mut command = muster.command(&["run", "--for", "5m", "--json"]);
    command.stdout(Stdio::null()).spawn().unwrap()
}

/// The operations that schedules started, oldest first.
fn started(muster: &Musterctl) -> Vec<Value> {
    let listed = muster.ok(&["operations", "list", "--origin", "schedule", "--limit", "500"]);
    let mut operations = listed.as_array().unwrap().clone();
    operations.reverse();
    operations
}

/// Milliseconds between the submissions of operations.
fn gaps(operations: &[Value]) -> Vec<i64> {
    let at = |one: &Value| serde_json::from_value::<contract::Time>(one["submitted_at"].clone()).unwrap().0;
    operations.windows(2).map(|pair| at(&pair[1]) - at(&pair[0])).collect()
}

fn stop(workers: Vec<Child>) {
    workers.iter().for_each(terminate);
    for worker in workers {
        assert_eq!(finish(worker).code, 0);
    }
}

#[test]
fn a_worker_runs_a_schedule_of_five_seconds_for_a_minute() {
    let peer = Peer::vcenter();
    let muster = Musterctl::with(&peer, "Berlin");
    let added =
        muster.ok(&["schedule", "add", "tests", "--vcenter", "Berlin", "--every", "5s", "--job", "test"]);
    assert_eq!((&added["reason"], &added["every_seconds"]), (&json!("every 5 s"), &json!(5)));
    let running = worker(&muster);
    std::thread::sleep(MINUTE);
    let all = started(&muster);
    stop(vec![running]);
    let gaps = gaps(&all);
    table(
        "a schedule of 5 s for a minute",
        format!(
            "{} runs, {} to {} ms apart",
            all.len(),
            gaps.iter().min().unwrap(),
            gaps.iter().max().unwrap()
        ),
    );
    assert!((11..=12).contains(&all.len()), "{}", all.len());
    assert!(gaps.iter().all(|gap| (4_000..6_500).contains(gap)), "{gaps:?}");
    let succeeded = all.iter().filter(|one| one["state"] == "succeeded").count();
    assert!(succeeded >= all.len() - 1, "{all:?}");
    assert_eq!(peer.sessions(), 0);
}

#[test]
fn two_workers_run_each_run_once_and_one_of_them_goes_on_when_the_other_is_killed() {
    let (one, other) = (Peer::vcenter(), Peer::vcenter());
    let muster = Musterctl::with(&one, "Berlin");
    muster.add(&other, "Bonn");
    for name in ["Berlin", "Bonn"] {
        muster.ok(&["vcenter", "edit", name, "--tag", "prod"]);
    }
    muster.ok(&["schedule", "add", "all", "--tag", "prod", "--every", "5s", "--job", "test"]);
    let (mut killed, stays) = (worker(&muster), worker(&muster));
    std::thread::sleep(MINUTE / 2);
    killed.kill().unwrap();
    killed.wait().unwrap();
    std::thread::sleep(MINUTE / 2);
    let all = started(&muster);
    stop(vec![stays]);
    for name in ["Berlin", "Bonn"] {
        let own: Vec<Value> = all.iter().filter(|one| one["vcenter"] == name).cloned().collect();
        let gaps = gaps(&own);
        table(
            "a schedule of 5 s and two workers for a minute",
            format!("{name}: {} runs, gaps {gaps:?} ms", own.len()),
        );
        assert!((10..=12).contains(&own.len()), "{name}: {}", own.len());
        assert!(gaps.iter().all(|gap| *gap > 3_500), "{name} was run twice: {gaps:?}");
    }
}

#[test]
fn a_worker_hears_of_a_schedule_that_is_added_turned_off_or_removed_while_it_sleeps() {
    let peer = Peer::vcenter();
    let muster = Musterctl::with(&peer, "Berlin");
    let running = worker(&muster);
    std::thread::sleep(Duration::from_secs(2));
    let begun = Instant::now();
    muster.ok(&["schedule", "add", "tests", "--vcenter", "Berlin", "--every", "5s", "--job", "test"]);
    crate::support::eventually("it runs", || !started(&muster).is_empty());
    assert!(begun.elapsed() < Duration::from_secs(15), "{:?}", begun.elapsed());
    let off = muster.ok(&["schedule", "disable", "tests"]);
    assert_eq!(
        (&off["enabled"], &off["next_at"], &off["reason"]),
        (&json!(false), &Value::Null, &json!("off"))
    );
    let count = started(&muster).len();
    std::thread::sleep(Duration::from_secs(7));
    assert_eq!(started(&muster).len(), count);
    muster.ok(&["schedule", "enable", "tests"]);
    crate::support::eventually("it runs again", || started(&muster).len() > count);
    muster.ok(&["schedule", "remove", "tests", "--yes"]);
    stop(vec![running]);
}

#[test]
fn a_schedule_is_added_shown_edited_and_removed() {
    let peer = Peer::vcenter();
    let muster = Musterctl::with(&peer, "Berlin");
    let add = [
        "schedule",
        "add",
        "nightly",
        "--vcenter",
        "berlin",
        "--cron",
        "30 2 * * 1-5",
        "--zone",
        "europe/berlin",
    ];
    let run = muster.json(&[&add[..], &["--quiet", "22-2", "--job", "hosts"]].concat());
    assert!(run.stderr.contains("musterctl run"), "nobody runs it: {run:?}");
    let added = run.document();
    assert_eq!(added["vcenters"], json!(["Berlin"]));
    assert_eq!((&added["zone"], &added["quiet"]), (&json!("Europe/Berlin"), &json!("22:00-02:00")));
    assert_eq!((&added["job"], &added["reason"]), (&json!("hosts"), &json!("weekdays 02:30")));
    let text = muster.run(&["schedule", "list"]).stdout;
    assert!(text.contains("weekdays 02:30") && text.contains("Host sync"), "{text}");
    let next = muster.ok(&["schedule", "next", "nightly", "--count", "3"]);
    let local: Vec<&str> =
        next.as_array().unwrap().iter().map(|run| run["local"].as_str().unwrap()).collect();
    assert!(local.len() == 3 && local.iter().all(|local| local.contains(" 02:30 CE")), "{local:?}");
    let edited =
        muster.ok(&["schedule", "edit", "nightly", "--name", "often", "--every", "30m", "--quiet", ""]);
    assert_eq!((&edited["schedule"], &edited["name"]), (&added["schedule"], &json!("often")));
    assert_eq!(
        (&edited["every_seconds"], &edited["cron"], &edited["quiet"]),
        (&json!(1800), &Value::Null, &Value::Null)
    );
    let id = added["schedule"].as_str().unwrap();
    assert_eq!(muster.ok(&["schedule", "show", &id[..8]])["name"], "often");
    let unasked = muster.json(&["schedule", "remove", "often"]);
    assert_ne!(unasked.code, 0, "nobody is there to be asked: {unasked:?}");
    muster.ok(&["schedule", "remove", "often", "--yes"]);
    assert_eq!(muster.ok(&["schedule", "list"]), json!([]));
}

#[test]
fn a_schedule_is_made_smart_and_plain_again_and_each_run_has_its_reason() {
    let peer = Peer::vcenter();
    let muster = Musterctl::with(&peer, "Berlin");
    let added = muster.ok(&["schedule", "add", "often", "--vcenter", "Berlin", "--every", "30m", "--smart"]);
    let said = "Too little is known yet of when people look at Berlin: it is read every 30 min.";
    assert_eq!(
        (&added["smart"], &added["every_seconds"], &added["reason"]),
        (&json!(true), &json!(1800), &json!(said))
    );
    let text = muster.run(&["schedule", "list"]).stdout;
    assert!(text.contains("smart, about every 30 min") && text.contains(said), "{text}");
    let next = muster.ok(&["schedule", "next", "often", "--count", "3"]);
    let runs = next.as_array().unwrap();
    assert!(runs.len() == 3 && runs.iter().all(|run| run["reason"] == said), "{next}");
    let hourly = muster.ok(&["schedule", "edit", "often", "--every", "1h"]);
    assert_eq!((&hourly["smart"], &hourly["every_seconds"]), (&json!(true), &json!(3600)), "it stays smart");
    let plain = muster.ok(&["schedule", "edit", "often", "--smart=false"]);
    assert_eq!((&plain["smart"], &plain["reason"]), (&json!(false), &json!("every 1 h")));
    let refused = muster.json(&["schedule", "edit", "often", "--smart", "--cron", "30 2 * * *"]);
    assert!(refused.code != 0 && refused.stderr.contains("needs an interval"), "{refused:?}");
    let refused = muster.json(&["schedule", "edit", "often", "--smart", "--job", "test"]);
    assert!(refused.code != 0 && refused.stderr.contains("syncs vCenters"), "{refused:?}");
}

#[test]
fn what_is_wrong_with_a_schedule_is_told_with_what_to_type() {
    let peer = Peer::vcenter();
    let muster = Musterctl::with(&peer, "Berlin");
    let add = |more: &[&str]| -> Run {
        muster.json(&[&["schedule", "add", "x", "--vcenter", "Berlin"], more].concat())
    };
    for (more, exit, next) in [
        (&["--cron", "0 0 30 2 *"][..], 2, "a day that exists in the month"),
        (&["--cron", "61 2 * * *"], 2, "30 2 * * 1-5"),
        (&["--cron", "0 2 * * *", "--zone", "Berlin"], 2, "Europe/Berlin"),
        (&["--every", "1s"], 2, "from 5 s to 31 days"),
        (&["--every", "30m", "--quiet", "22"], 2, "22:00-06:00"),
        (&[], 2, "--every"),
        (&["--every", "30m", "--cron", "0 2 * * *"], 2, ""),
        (&["--every", "30m", "--job", "nothing"], 2, ""),
    ] {
        let run = add(more);
        assert_eq!(run.code, exit, "{more:?}: {run:?}");
        let step = run.error()["next_step"].as_str().unwrap_or_default().to_owned();
        assert!(step.contains(next), "{more:?}: {step}");
    }
    for (arguments, exit) in [
        (&["schedule", "add", "x", "--every", "30m"][..], 2),
        (&["schedule", "add", "x", "--vcenter", "Paris", "--every", "30m"], 3),
        (&["schedule", "add", "x", "--tag", "nothing", "--every", "30m"], 3),
        (&["schedule", "show", "x"], 3),
        (&["schedule", "add", "x", "--vcenter", "Berlin", "--every", "30m", "--role", "viewer"], 7),
    ] {
        let run = muster.json(arguments);
        assert_eq!(run.code, exit, "{arguments:?}: {run:?}");
        assert!(run.error()["next_step"].is_string(), "{run:?}");
    }
    assert_eq!(add(&["--every", "30m"]).code, 0);
    assert_eq!(add(&["--every", "30m"]).code, 9, "the name is taken");
    let viewer = muster.run(&["schedule", "list", "--role", "viewer"]);
    assert!(viewer.code == 0 && viewer.stdout.contains("every 30 min"), "{viewer:?}");
}

#[test]
fn twelve_schedules_wake_a_worker_no_more_often_than_none() {
    let peer = Peer::vcenter();
    let (with, without) = (Musterctl::with(&peer, "Berlin"), Musterctl::with(&peer, "Berlin"));
    for number in 0..12 {
        with.ok(&["schedule", "add", &format!("s{number}"), "--vcenter", "Berlin", "--every", "30m"]);
    }
    let workers = [worker(&with), worker(&without)];
    // What they read when they start is over.
    std::thread::sleep(Duration::from_secs(5));
    // What else the machine does comes and goes, and what schedules cost would be there all the time.
    let mut least = [u64::MAX; 2];
    for _ in 0..6 {
        let before = [wakes(&workers[0]), wakes(&workers[1])];
        std::thread::sleep(MINUTE / 12);
        least = [0, 1].map(|at| least[at].min(wakes(&workers[at]).saturating_sub(before[at])));
    }
    let [with, without] = least;
    table("wake-ups of a worker in 5 s", format!("{with} with 12 schedules, {without} without"));
    stop(workers.into());
    assert!(with <= without + without / 10 + 5, "{with} with 12 schedules, {without} without");
}

/// How often the threads of a process were woken.
fn wakes(child: &Child) -> u64 {
    let tasks = std::fs::read_dir(format!("/proc/{}/task", child.id())).unwrap();
    let status = tasks.filter_map(|task| std::fs::read_to_string(task.unwrap().path().join("status")).ok());
    let voluntary = |status: String| -> Option<u64> {
        let line = status.lines().find(|line| line.starts_with("voluntary_ctxt_switches"))?;
        line.split_whitespace().nth(1)?.parse().ok()
    };
    status.filter_map(voluntary).sum()
}
