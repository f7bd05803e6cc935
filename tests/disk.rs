//! Disks that are full or read-only: what is said, how soon, and what goes on.
//! Refuses to simulate them: they are mounted, small, and filled to the last byte.

use crate::support::{Disk, Ended, Musterctl, Peer, ends_in_time, eventually, interrupt, table};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// How soon a full disk has to be told.
const SOON: Duration = Duration::from_secs(5);

/// A sync whose disk was filled while it waited for its server in the middle of reading.
struct Caught {
    peer: Peer,
    muster: Musterctl,
    disk: Disk,
    sync: std::process::Child,
}

impl Caught {
    /// `None` where nothing may be mounted.
    fn in_the_middle() -> Option<Caught> {
        let (peer, muster) = (Peer::vcenter(), Musterctl::new());
        let disk = Disk::at(&muster.data(), "8m")?;
        muster.add(&peer, "Berlin");
        peer.rule(json!({"method": "RetrievePropertiesEx", "action": {"hold": true}}));
        let sync = muster.spawn(&["sync", "full", "Berlin", "--json"]);
        eventually("the server holds a call back", || peer.is_holding());
        disk.fill();
        Some(Caught { peer, muster, disk, sync })
    }
}

/// What `doctor` says of the database.
fn database(muster: &Musterctl) -> Value {
    let checks = muster.json(&["doctor"]).document();
    checks.as_array().unwrap().iter().find(|check| check["name"] == "database").unwrap().clone()
}

fn is_sound(muster: &Musterctl) {
    let database = database(muster);
    assert_eq!(database["ok"], true, "{database}");
}

#[test]
fn a_disk_that_is_filled_in_the_middle_of_a_sync_ends_it_within_seconds_and_room_is_all_the_next_one_needs() {
    let Some(Caught { peer, muster, disk, sync }) = Caught::in_the_middle() else { return };
    let Ended { run, after } = ends_in_time(sync, "a disk filled in the middle of a sync");
    assert_eq!(run.code, 1, "{run:?}");
    let error = run.error();
    let (message, next) = (error["message"].as_str().unwrap(), error["next_step"].as_str().unwrap());
    assert!(message.contains(muster.data().to_str().unwrap()) && message.contains(" free)"), "{error}");
    assert!(next.contains("Free up space"), "{error}");
    let shown = run.document();
    assert_eq!(shown[0]["state"], "failed", "{shown}");
    assert!(after < SOON, "{after:?}");
    peer.let_go();

    let state = muster.ok(&["status"]);
    assert_eq!(state[0]["vcenter"], "Berlin", "what is known can be read");
    let again = muster.json(&["sync", "full", "Berlin"]);
    assert_eq!(again.code, 1, "{again:?}");

    disk.make_room();
    let after = muster.ok(&["sync", "full", "Berlin"]);
    assert_eq!(after[0]["state"], "succeeded", "{after}");
    let states: Vec<String> = muster
        .ok(&["operations", "list"])
        .as_array()
        .unwrap()
        .iter()
        .map(|operation| operation["state"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(states[0], "succeeded");
    assert!(states.len() > 1, "{states:?}");
    assert!(states[1..].iter().all(|state| state == "interrupted" || state == "failed"), "{states:?}");
    is_sound(&muster);
}

#[test]
fn a_sync_for_which_the_disk_has_no_room_says_how_much_it_needs_and_keeps_what_was_there() {
    let peer = Peer::start(&["--model", "vpx", "--vms", "2", "--extra-vms", "1500"]);
    let muster = Musterctl::new();
    let Some(disk) = Disk::at(&muster.data(), "2m") else { return };
    muster.add(&peer, "Berlin");
    let began = Instant::now();
    let run = muster.json(&["sync", "full", "Berlin"]);
    assert_eq!(run.code, 1, "{run:?}");
    let next = run.error()["next_step"].as_str().unwrap().to_owned();
    assert!(next.contains("up to") && next.contains("MiB"), "{next}");
    table("a sync larger than the disk", format!("exit 1 after {:.1?}: {next}", began.elapsed()));
    assert_eq!(muster.json(&["inventory", "vms"]).document(), json!([]));
    disk.remount("size=64m");
    muster.ok(&["sync", "full", "Berlin"]);
    assert!(muster.ok(&["inventory", "vms"]).as_array().unwrap().len() > 1500);
    is_sound(&muster);
}

#[test]
fn ctrl_c_ends_a_sync_on_a_full_disk_as_on_any_other() {
    let Some(Caught { peer, muster, disk, sync }) = Caught::in_the_middle() else { return };
    interrupt(&sync);
    let Ended { run, .. } = ends_in_time(sync, "Ctrl-C on a full disk");
    assert_eq!(run.code, 130, "{run:?}");
    assert!(run.stderr.contains("Cancelling…"), "{run:?}");
    peer.let_go();
    disk.make_room();
    muster.ok(&["sync", "full", "Berlin"]);
    is_sound(&muster);
}

#[test]
fn what_is_cached_is_read_on_a_disk_that_is_full_or_read_only_and_what_has_to_write_says_so() {
    let peer = Peer::vcenter();
    for how in ["full", "read-only"] {
        let muster = Musterctl::new();
        let Some(disk) = Disk::at(&muster.data(), "8m") else { return };
        muster.add(&peer, "Berlin");
        muster.ok(&["sync", "full", "Berlin"]);
        let before = muster.ok(&["inventory", "hosts"]);
        match how {
            "full" => disk.fill(),
            _ => disk.remount("ro"),
        }
        assert_eq!(muster.ok(&["inventory", "hosts"]), before, "{how}");
        assert_eq!(muster.ok(&["status"])[0]["counts"]["hosts"], 4, "{how}");
        assert_eq!(muster.ok(&["vcenter", "list"])[0]["name"], "Berlin", "{how}");
        assert_eq!(muster.ok(&["operations", "list"])[0]["state"], "succeeded", "{how}");
        for command in [
            &["sync", "full", "Berlin"][..],
            &["vcenter", "edit", "Berlin", "--ttl", "1h"],
            &["vcenter", "remove", "Berlin", "--yes"],
            &["credential", "remove", "Berlin", "--yes"],
        ] {
            let began = Instant::now();
            let run = muster.json(command);
            let error = run.error();
            assert_eq!((run.code, &error["code"]), (1, &json!("database")), "{how}: {command:?}: {run:?}");
            assert!(error["message"].as_str().unwrap().contains("data"), "{how}: {error}");
            assert!(began.elapsed() < SOON, "{how}: {command:?}");
        }
        assert_eq!(muster.json(&["doctor"]).code, 1);
        let database = database(&muster);
        assert_eq!(database["ok"], false, "{how}: {database}");
        table(&format!("a disk that is {how}"), &database["detail"]);
    }
}
