//! What Muster does and leaves undone when nobody looks: pauses, and a network that is gone and comes back.
//! Refuses to wait for a clock where something can be waited for.

use crate::support::{Line, Musterctl, Peer, eventually, finish, terminate};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

fn status(muster: &Musterctl, name: &str) -> Value {
    let all = muster.ok(&["status"]);
    all.as_array().unwrap().iter().find(|one| one["vcenter"] == name).unwrap().clone()
}

#[test]
fn a_paused_vcenter_says_so_until_the_time_comes_and_does_what_a_person_asks_for() {
    let peer = Peer::vcenter();
    let muster = Musterctl::with(&peer, "Berlin");
    muster.ok(&["sync", "full", "Berlin"]);
    let said = muster.run(&["vcenter", "pause", "Berlin", "--for", "2h"]);
    assert!(said.code == 0 && said.stdout.contains("Berlin is paused for 2 h"), "{said:?}");
    let now = status(&muster, "Berlin");
    assert_eq!((&now["state"], &now["paused"]["tag"]), (&json!("paused"), &Value::Null), "{now}");
    assert!(now["paused"]["until"].is_string() && now["contact_at"].is_string(), "{now}");
    let shown = muster.run(&["status"]);
    assert!(
        shown.stdout.contains("paused for 2 h") && shown.stderr.contains("vcenter resume Berlin"),
        "{shown:?}"
    );
    assert_eq!(muster.run(&["doctor"]).code, 0, "a pause is no fault");
    assert_eq!(muster.json(&["sync", "hosts", "Berlin"]).code, 0, "a person's sync runs");
    assert_eq!(status(&muster, "Berlin")["state"], "paused");

    assert_eq!(muster.ok(&["vcenter", "resume", "Berlin"])["name"], "Berlin");
    let now = status(&muster, "Berlin");
    assert_eq!((&now["state"], &now["paused"]), (&json!("online"), &Value::Null), "{now}");
    let again = muster.run(&["vcenter", "resume", "Berlin"]);
    assert!(again.stdout.contains("neither paused nor suspended"), "{again:?}");

    // It ends by itself, and whoever watches hears of it.
    muster.ok(&["vcenter", "pause", "Berlin", "--for", "1s"]);
    let worker = muster.spawn(&["run", "--for", "2m"]);
    eventually("the pause is over", || status(&muster, "Berlin")["paused"] == Value::Null);
    terminate(&worker);
    assert_eq!(finish(worker).code, 0);
}

#[test]
fn a_tag_pauses_all_that_have_it_also_those_that_get_it_later() {
    let (one, other) = (Peer::vcenter(), Peer::vcenter());
    let muster = Musterctl::with(&one, "Berlin");
    muster.add(&other, "Paris");
    muster.ok(&["vcenter", "edit", "Berlin", "--tag", "prod", "--tag", "eu"]);
    let wrong = muster.json(&["vcenter", "pause", "--tag", "production"]);
    assert_eq!(wrong.code, 3, "{wrong:?}");
    assert!(wrong.stderr.contains("eu, prod"), "{wrong:?}");
    let paused = muster.ok(&["vcenter", "pause", "--tag", "prod"]);
    assert_eq!(paused.as_array().map(Vec::len), Some(1), "{paused}");
    assert_eq!(status(&muster, "Berlin")["paused"], json!({"until": null, "tag": "prod", "all": false}));
    assert_eq!(status(&muster, "Paris")["paused"], Value::Null);
    muster.ok(&["vcenter", "edit", "Paris", "--tag", "prod"]);
    assert_eq!(status(&muster, "Paris")["state"], "paused");
    let alone = muster.json(&["vcenter", "resume", "Paris"]);
    assert_eq!(alone.code, 1, "{alone:?}");
    assert!(
        alone.error()["message"].as_str().unwrap().contains("is paused by its tag \"prod\""),
        "{alone:?}"
    );
    muster.ok(&["vcenter", "resume", "--tag", "prod"]);
    assert_eq!(status(&muster, "Paris")["paused"], Value::Null);
    let mistyped = muster.json(&["vcenter", "resume", "--tag", "pord"]);
    assert!(mistyped.code == 3 && mistyped.stderr.contains("eu, prod"), "{mistyped:?}");

    // One that nobody has any more is still told of.
    muster.ok(&["vcenter", "pause", "--tag", "eu"]);
    muster.ok(&["vcenter", "edit", "Berlin", "--tag", "prod"]);
    let checked = muster.run(&["doctor"]);
    assert!(checked.stdout.contains("ok    tag eu: paused until resumed"), "{checked:?}");
    muster.ok(&["vcenter", "resume", "--tag", "eu"]);

    for (until, code) in [("soon", 2), ("2020-01-01 06:00", 2), ("2126-01-01 06:00", 2), ("23:59", 0)] {
        let run = muster.json(&["vcenter", "pause", "Berlin", "--until", until]);
        assert_eq!(run.code, code, "{until}: {run:?}");
    }
}

#[test]
fn everything_is_paused_and_resumed_at_once() {
    let peer = Peer::vcenter();
    let muster = Musterctl::with(&peer, "Berlin");
    let until = muster.run(&["vcenter", "pause", "--all", "--for", "2h"]);
    assert_eq!(until.code, 0, "{until:?}");
    assert!(until.stdout.contains("Everything is paused for 2 h."), "{until:?}");
    assert_eq!(status(&muster, "Berlin")["paused"]["all"], true);
    assert_eq!(status(&muster, "Berlin")["state"], "paused");
    let said = muster.run(&["status"]);
    assert!(said.stderr.contains("musterctl vcenter resume --all"), "{said:?}");
    let checked = muster.run(&["doctor"]);
    assert!(checked.stdout.contains("everything is paused for"), "{checked:?}");
    let alone = muster.json(&["vcenter", "resume", "Berlin"]);
    assert_eq!(alone.code, 1, "{alone:?}");
    assert!(
        alone.error()["message"].as_str().unwrap().contains("is paused because everything is"),
        "{alone:?}"
    );
    // A vCenter that is added meanwhile is paused, too; and who asks for something gets it.
    muster.add(&Peer::vcenter(), "Paris");
    assert_eq!(status(&muster, "Paris")["state"], "paused");
    muster.ok(&["sync", "hosts", "Berlin"]);
    assert!(muster.ok(&["schedule", "calendar"])["pause"]["until"].is_string());
    let audited = muster.ok(&["audit", "list", "--command", "pause"]);
    assert_eq!(audited[0]["subject_kind"], "everything", "{audited}");
    muster.ok(&["vcenter", "resume", "--all"]);
    assert_eq!(status(&muster, "Paris")["paused"], Value::Null);
    let again = muster.run(&["vcenter", "resume", "--all"]);
    assert!(again.stdout.contains("There is no pause of everything"), "{again:?}");
    for wrong in [&["vcenter", "pause"][..], &["vcenter", "pause", "Berlin", "--all"]] {
        assert_eq!(muster.run(wrong).code, 2, "{wrong:?}");
    }
}

#[test]
fn a_network_that_is_gone_is_one_message_and_it_is_noticed_when_it_is_back() {
    let peers = [Peer::vcenter(), Peer::vcenter(), Peer::vcenter()];
    let mut lines = peers.each_ref().map(Line::to);
    let muster = Musterctl::new();
    let names = ["Berlin", "Paris", "Tokyo"];
    for ((peer, line), name) in peers.iter().zip(&lines).zip(names) {
        muster.add_over(line, peer, name, &[]);
        muster.ok(&["sync", "hosts", name]);
    }
    let worker = muster.spawn(&["run", "--for", "10m"]);
    eventually("it works", || muster.run(&["sync", "hosts", "Berlin", "--detach"]).stderr.is_empty());

    // One that is away is no network that is gone: it is looked whether the others can be reached.
    lines[0].cut();
    let before = [lines[1].taken(), lines[2].taken()];
    assert_eq!(muster.json(&["sync", "hosts", "Berlin"]).code, 5);
    eventually("another one was tried", || lines[1].taken() + lines[2].taken() > before[0] + before[1]);
    let run = muster.run(&["status"]);
    assert!(!run.stderr.contains("no network"), "{run:?}");
    assert_eq!(status(&muster, "Paris")["state"], "online", "it is the only one");
    lines[0].mend();
    assert_eq!(muster.json(&["sync", "hosts", "Berlin"]).code, 0);

    // All of them are, of which only one was asked for anything.
    lines.iter().for_each(Line::cut);
    let began = Instant::now();
    assert_eq!(muster.json(&["sync", "hosts", "Tokyo"]).code, 5);
    eventually("it is noticed", || muster.run(&["status"]).stderr.contains("no network or VPN"));
    crate::support::table(
        "no network: from the first sync that failed to one message",
        format!("{:.1?}", began.elapsed()),
    );
    for name in names {
        assert_eq!(status(&muster, name)["state"], "offline", "{name}");
    }
    let run = muster.run(&["status"]);
    assert_eq!(run.stderr.matches("No vCenter can be reached").count(), 1, "{run:?}");

    lines.iter_mut().for_each(Line::mend);
    let began = Instant::now();
    eventually("it is back", || names.iter().all(|name| status(&muster, name)["state"] == "unknown"));
    crate::support::table(
        "no network: from its return to the first that can be reached",
        format!("{:.1?}", began.elapsed()),
    );
    assert!(!muster.run(&["status"]).stderr.contains("no network"));
    assert_eq!(status(&muster, "Tokyo")["suspended"], Value::Null, "what failed meanwhile counts no more");
    std::thread::sleep(Duration::from_millis(100));
    terminate(&worker);
    assert_eq!(finish(worker).code, 0);
}

#[test]
fn what_is_scheduled_waits_for_the_network_and_for_the_end_of_a_pause_and_catches_up_once() {
    let peers = [Peer::vcenter(), Peer::vcenter()];
    let mut lines = peers.each_ref().map(Line::to);
    let muster = Musterctl::new();
    for ((peer, line), name) in peers.iter().zip(&lines).zip(["Berlin", "Paris"]) {
        muster.add_over(line, peer, name, &["--tag", "prod"]);
    }
    muster.ok(&["schedule", "add", "often", "--tag", "prod", "--every", "5s", "--job", "hosts"]);
    let worker = muster.spawn(&["run", "--for", "10m"]);
    let runs = |name: &str| {
        let all =
            muster.ok(&["operations", "list", "--origin", "schedule", "--vcenter", name, "--limit", "500"]);
        let states = all.as_array().unwrap().iter().map(|one| one["state"].as_str().unwrap().to_owned());
        states.collect::<Vec<_>>()
    };
    eventually("both are synced", || runs("Berlin").len() > 1 && runs("Paris").len() > 1);
    let reason = |word: &str| muster.ok(&["schedule", "list"])[0]["reason"].as_str().unwrap().contains(word);

    lines.iter().for_each(Line::cut);
    eventually("it waits for the network", || reason("waits for the network"));
    eventually("what had begun has ended", || !runs("Berlin").iter().any(|state| state == "running"));
    let before = [runs("Berlin").len(), runs("Paris").len()];
    std::thread::sleep(Duration::from_secs(12));
    assert_eq!([runs("Berlin").len(), runs("Paris").len()], before, "nothing is started meanwhile");
    lines.iter_mut().for_each(Line::mend);
    eventually("it goes on", || runs("Berlin").len() > before[0] && runs("Paris").len() > before[1]);
    let failed = runs("Berlin").iter().chain(&runs("Paris")).filter(|state| *state == "failed").count();
    crate::support::table("no network, two vCenters synced every 5 s: runs that failed", failed);
    assert!(failed <= 2, "at most those that ran when it went: {failed}");

    muster.ok(&["vcenter", "pause", "--tag", "prod"]);
    eventually("it waits", || reason("tag prod is paused"));
    eventually("what had begun has ended", || !runs("Berlin").iter().any(|state| state == "running"));
    let before = runs("Berlin").len();
    std::thread::sleep(Duration::from_secs(12));
    assert_eq!(runs("Berlin").len(), before, "nothing is started meanwhile");
    muster.ok(&["vcenter", "resume", "--tag", "prod"]);
    eventually("it goes on", || runs("Berlin").len() > before);
    assert_eq!(runs("Berlin").len(), before + 1, "once, however many were missed");
    terminate(&worker);
    assert_eq!(finish(worker).code, 0);
}

#[test]
fn servers_that_answer_with_an_error_are_no_network_that_is_gone_and_stay_left_alone() {
    let peers = [Peer::vcenter(), Peer::vcenter()];
    let muster = Musterctl::new();
    for (peer, name) in peers.iter().zip(["Berlin", "Paris"]) {
        muster.add(peer, name);
        muster.ok(&["sync", "hosts", name]);
    }
    let worker = muster.spawn(&["run", "--for", "10m"]);
    eventually("it works", || muster.run(&["sync", "hosts", "Berlin", "--detach"]).stderr.is_empty());
    for (peer, name) in peers.iter().zip(["Berlin", "Paris"]) {
        peer.rule(json!({"method": "*", "action": {"status": 503}}));
        for _ in 0..3 {
            assert_ne!(muster.json(&["sync", "hosts", name]).code, 0);
        }
    }
    for name in ["Berlin", "Paris"] {
        assert_eq!(status(&muster, name)["state"], "offline", "{name}");
    }
    // Longer than a look takes.
    std::thread::sleep(Duration::from_secs(7));
    let run = muster.run(&["status"]);
    assert!(!run.stderr.contains("no network"), "{run:?}");
    for name in ["Berlin", "Paris"] {
        let now = status(&muster, name);
        assert!(now["state"] == "offline" && now["suspended"]["failures"] == 3, "{now}");
    }
    terminate(&worker);
    assert_eq!(finish(worker).code, 0);
}
