//! What is set for a vCenter: from the option to the answer, by several people at once, and what stale data on screen has
//! read from it.
//! Refuses to count in the client: how often a vCenter was asked is what the vCenter says.

use crate::support::{Musterctl, PATIENCE, Peer, Run, eventually, finish, rested, vcenter};
use contract::command::{AwaitOperation, Change, EditVcenter, OperationFilter, OperationHistory, ReadRows};
use contract::{Code, Kind, Origin, RowQuery, Rows, VcenterSettings};
use serde_json::{Value, json};
use service::Client;
use std::fs::File;
use std::process::Child;

#[test]
fn every_setting_is_an_option_and_stands_in_both_answers_and_what_is_not_typed_stays() {
    let peer = Peer::vcenter();
    let muster = Musterctl::new();
    muster.put_password("Berlin", crate::support::PASSWORD);
    let (address, ca) = (peer.address(), peer.ca());
    let add = [
        "vcenter",
        "add",
        "Berlin",
        &address,
        "--user",
        "admin",
        "--ca-file",
        &ca,
        "--tag",
        "eu",
        "--ttl",
        "10m",
    ];
    let options =
        ["--stale-reads", "everything", "--notify", "off", "--timeout", "2m", "--note", "patched on Fridays"];
    let added = muster.ok(&[&add[..], &options, &["--connect-to", &address]].concat());
    let default = serde_json::to_value(VcenterSettings::default()).unwrap();
    let settings = json!({"tags": ["eu"], "ttl_seconds": 600, "stale_reads": "everything", "notify": false, "timeout_seconds": 120, "connect_to": address, "note": "patched on Fridays"});
    for (key, value) in settings.as_object().unwrap() {
        assert_eq!(added[key], *value);
        assert_ne!(default[key], *value, "{key} is not shown to be stored");
    }
    assert_eq!(
        default.as_object().unwrap().len(),
        // A proxy, of which `way` tells, and an address to connect to exclude each other.
        settings.as_object().unwrap().len() + 1,
        "a setting without an option"
    );
    let shown = muster.run(&["vcenter", "show", "Berlin"]).stdout;
    for line in [
        "Tags           eu",
        "TTL            10 min",
        "When stale     Sync everything",
        "Notifications  Off",
        "Timeout        2 min",
        "Proxy          -",
        &format!("Connect to     {address}"),
        "Note           patched on Fridays",
    ] {
        assert!(shown.lines().any(|shown| shown == line), "{line:?} in {shown}");
    }

    let edited = muster.ok(&["vcenter", "edit", "Berlin", "--note", ""]);
    assert_eq!((&edited["note"], &edited["edition"]), (&json!(""), &json!(2)));
    assert_eq!(
        (&edited["stale_reads"], &edited["ttl_seconds"], &edited["tags"]),
        (&json!("everything"), &json!(600), &json!(["eu"]))
    );
    assert_eq!(
        muster.ok(&["vcenter", "edit", "Berlin", "--ttl", "600s"])["edition"],
        2,
        "it changes nothing"
    );
    let edited = muster.ok(&["vcenter", "edit", "Berlin", "--tag", "", "--stale-reads", "nothing"]);
    assert_eq!(
        (&edited["tags"], &edited["stale_reads"], &edited["edition"]),
        (&json!([]), &json!("nothing"), &json!(3))
    );

    let wrong = |arguments: &[&str], words: &str| {
        let run = muster.json(&[&["vcenter", "edit", "Berlin"], arguments].concat());
        assert!(run.code == 2 && run.stderr.contains(words), "{run:?}");
    };
    wrong(&["--note", &"x".repeat(2001)], "the note is too long: it has 2001 characters");
    wrong(&["--ttl", "0s"], "a TTL of 0 s is out of range");
    wrong(&["--tag", "a/b"], "not a valid name for a tag");
    wrong(&["--stale-reads", "all"], "[possible values: nothing, kind, everything]");
    wrong(&[], "nothing to change");
    assert_eq!(muster.ok(&["vcenter", "show", "Berlin"])["edition"], 3);
}

#[test]
fn a_vcenter_that_is_added_begins_with_what_is_set_for_new_ones_unless_it_is_typed() {
    let (berlin, rome) = (Peer::vcenter(), Peer::vcenter());
    let muster = Musterctl::new();
    let set = muster.ok(&["settings", "set", "--default-ttl", "15m", "--default-stale-reads", "nothing"]);
    assert_eq!(
        set,
        json!({ "history_days": 90, "analytics_days": 400, "log_level": "info", "default_ttl_seconds": 900, "default_stale_reads": "nothing" })
    );
    let added = muster.add(&berlin, "Berlin");
    assert_eq!((&added["ttl_seconds"], &added["stale_reads"]), (&json!(900), &json!("nothing")));
    muster.put_password("Rome", crate::support::PASSWORD);
    let (address, ca) = (rome.address(), rome.ca());
    let add = ["vcenter", "add", "Rome", &address, "--user", "admin", "--ca-file", &ca, "--ttl", "1h"];
    let added = muster.ok(&add);
    assert_eq!((&added["ttl_seconds"], &added["stale_reads"]), (&json!(3600), &json!("nothing")));
    for wrong in
        [&["--default-ttl", "31d"][..], &["--default-ttl", "soon"], &["--default-stale-reads", "all"]]
    {
        let run = muster.json(&[&["settings", "set"], wrong].concat());
        assert_eq!(run.code, 2, "{run:?}");
    }
}

#[test]
fn of_two_who_edit_at_once_the_one_who_is_later_is_told_and_both_versions_are_named() {
    let peer = Peer::vcenter();
    let muster = Musterctl::with(&peer, "Berlin");
    let credential = muster.ok(&["vcenter", "show", "Berlin"])["credential_id"].as_str().unwrap().to_owned();
    // Whoever changes a user waits until nobody logs in with it: here, for the other edit.
    let lock = File::create(muster.data().join(format!("run/login-{credential}.mutex"))).unwrap();
    lock.lock().unwrap();
    let later = muster.spawn(&["vcenter", "edit", "Berlin", "--user", "somebody", "--ttl", "1h", "--json"]);
    eventually("the one edit has read and waits", || has_open(&later, ".mutex"));
    let first = muster.ok(&["vcenter", "edit", "Berlin", "--note", "mine", "--ttl", "10m"]);
    assert_eq!(first["edition"], 2);
    drop(lock);
    let refused = finish(later);
    assert_eq!((refused.code, &refused.error()["code"]), (1, &json!("changed_meanwhile")), "{refused:?}");
    let message = refused.error()["message"].as_str().unwrap().to_owned();
    for words in [
        "\"Berlin\" was changed elsewhere in the meantime. That version stays, and yours was not saved",
        "User is admin, yours somebody",
        "TTL is 10 min, yours 1 h",
        "Note is mine, yours none",
    ] {
        assert!(message.contains(words), "{words:?} in {message}");
    }
    let stored = muster.ok(&["vcenter", "show", "Berlin"]);
    assert_eq!(refused.error()["current"], stored, "the other version goes with the refusal");
    assert_eq!(
        (&stored["user"], &stored["ttl_seconds"], &stored["note"]),
        (&json!("admin"), &json!(600), &json!("mine"))
    );
}

#[test]
fn edits_by_two_programs_in_a_loop_are_each_done_or_refused_and_none_is_lost() {
    const ROUNDS: usize = 6;
    let peer = Peer::vcenter();
    let muster = Musterctl::with(&peer, "Berlin");
    let (mut done, mut refused) = (0, 0);
    for round in 0..ROUNDS {
        let before = muster.ok(&["vcenter", "show", "Berlin"]);
        let (note, ttl) = (format!("round {round}"), format!("{}s", 1000 + round));
        let edits = [["--note", &note], ["--ttl", &ttl]];
        let edits = edits
            .map(|[option, value]| muster.spawn(&["vcenter", "edit", "Berlin", option, value, "--json"]));
        let [noted, timed] = edits.map(|edit| is_done(&finish(edit)));
        let after = muster.ok(&["vcenter", "show", "Berlin"]);
        let is_new = |key: &str, new: Value| {
            assert_eq!(after[key], new, "round {round}: it was answered with success")
        };
        is_new("note", if noted { json!(note) } else { before["note"].clone() });
        is_new("ttl_seconds", if timed { json!(1000 + round) } else { before["ttl_seconds"].clone() });
        let raised = after["edition"].as_i64().unwrap() - before["edition"].as_i64().unwrap();
        assert_eq!(raised, i64::from(noted) + i64::from(timed), "round {round}");
        assert!(noted || timed, "round {round}: one of them wins");
        done += usize::from(noted) + usize::from(timed);
        refused += usize::from(!noted) + usize::from(!timed);
    }
    println!("measured: of {} edits at once {done} were done and {refused} refused", 2 * ROUNDS);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_service_refuses_an_edit_of_an_older_version_and_takes_the_one_that_wants_what_there_is() {
    let peer = Peer::vcenter();
    let muster = Musterctl::with(&peer, "Berlin");
    let service = muster.service().await;
    let first = vcenter(&service, "Berlin").await;
    let edit = async |note: &str, password: bool| {
        let settings = VcenterSettings { note: note.to_owned(), ..first.settings.clone() };
        let password = password.then(|| contract::command::Password(crate::support::PASSWORD.to_owned()));
        let change = Change { settings: Some(settings), password, ..Change::default() };
        service.call(EditVcenter { vcenter: first.id.clone(), edition: first.edition, change }).await
    };
    let second = edit("one", false).await.unwrap().vcenter;
    assert_eq!((second.edition, &*second.settings.note), (first.edition + 1, "one"));
    assert_eq!(edit("one", false).await.unwrap().vcenter, second, "others have made what was wanted");
    for refused in [edit("two", false).await, edit("one", true).await] {
        let error = refused.unwrap_err();
        assert_eq!((error.code, error.current.as_deref()), (Code::ChangedMeanwhile, Some(&second)));
    }
    assert_eq!(vcenter(&service, "Berlin").await, second);
    service.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stale_data_on_screen_has_read_what_is_set_nothing_the_kind_or_everything() {
    let peer = Peer::vcenter();
    let muster = Musterctl::with(&peer, "Berlin");
    muster.ok(&["sync", "full", "Berlin"]);
    let kinds = peer.calls("CreateContainerView");
    let service = muster.service().await;

    set(&muster, "nothing");
    muster.ok(&["vcenter", "edit", "Berlin", "--ttl", "1s"]);
    eventually("the data is stale", || muster.ok(&["status"])[0]["fresh"] == false);
    assert_eq!(muster.ok(&["status"])[0]["refresh_waits"], Value::Null, "nothing is waited for");
    let calls = peer.all_calls();
    for kind in [Kind::Hosts, Kind::Vms, Kind::Snapshots] {
        let rows = on_screen(&service, kind).await;
        assert!(rows.sources[0].refresh.is_none() && rows.sources[0].synced_at.is_some(), "{rows:?}");
    }
    assert_eq!(peer.all_calls(), calls, "nobody was asked");
    muster.ok(&["inventory", "hosts", "--max-age", "0s"]);
    assert!(peer.all_calls() > calls, "a person's word reads in any case");

    set(&muster, "kind");
    rested(&muster);
    let views = peer.calls("CreateContainerView");
    assert_eq!(refreshed_on_screen(&service, Kind::Hosts).await, "refresh");
    assert_eq!(peer.calls("CreateContainerView") - views, 1, "the kind that is shown");

    set(&muster, "everything");
    rested(&muster);
    let (views, syncs) = (peer.calls("CreateContainerView"), full_syncs(&service).await);
    let mut readers = tokio::task::JoinSet::new();
    for kind in [Kind::Hosts, Kind::Vms, Kind::Datastores].into_iter().cycle().take(30) {
        let service = service.clone();
        readers.spawn(async move { on_screen(&service, kind).await.sources[0].refresh.clone() });
    }
    let mut started: Vec<_> = readers.join_all().await.into_iter().flatten().collect();
    started.dedup();
    assert_eq!(started.len(), 1, "one sync for all of them: {started:?}");
    let ended = service.call(AwaitOperation { operation: started.remove(0) }).await.unwrap();
    assert_eq!((ended.kind().name(), ended.origin, &ended.error), ("full_sync", Origin::Reader, &None));
    assert_eq!(peer.calls("CreateContainerView") - views, kinds, "every kind, as in a full sync");
    assert_eq!(full_syncs(&service).await - syncs, 1);

    // It rests for ten times as long as the sync took, however stale the data is by then.
    let took = ended.finished_at.unwrap().0 - ended.started_at.unwrap().0;
    let rests_until = ended.finished_at.unwrap().0 + 10 * took;
    let syncs = full_syncs(&service).await;
    let mut looks = 0;
    while service.now().0 < rests_until {
        let started = on_screen(&service, Kind::Hosts).await.sources[0].refresh.clone();
        assert!(started.is_none() || service.now().0 >= rests_until, "too early: {started:?}");
        looks += usize::from(started.is_none());
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    assert!(looks > 0 && full_syncs(&service).await <= syncs + 1, "{looks} looks");
    println!(
        "measured: a full sync by itself took {took} ms; {looks} looks in the ten times as long after it began none"
    );
    service.close().await;
    assert_eq!(peer.sessions(), 0);
}

fn set(muster: &Musterctl, reads: &str) {
    assert_eq!(muster.ok(&["vcenter", "edit", "Berlin", "--stale-reads", reads])["stale_reads"], reads);
}

/// What a page that shows a kind asks for.
async fn on_screen(service: &Client, kind: Kind) -> Rows {
    let query = RowQuery { refresh: true, ..RowQuery::count(kind) };
    service.call(ReadRows { query }).await.unwrap()
}

/// The kind of work that a look at stale rows began, once it has ended.
async fn refreshed_on_screen(service: &Client, kind: Kind) -> &'static str {
    let begun = async {
        loop {
            // Until the kind itself is stale, nothing is begun.
            if let Some(operation) = on_screen(service, kind).await.sources[0].refresh.clone() {
                return operation;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    let operation = tokio::time::timeout(PATIENCE, begun).await.expect("a refresh");
    let ended = service.call(AwaitOperation { operation }).await.unwrap();
    assert_eq!((ended.origin, &ended.error), (Origin::Reader, &None));
    ended.kind().name()
}

async fn full_syncs(service: &Client) -> usize {
    let all = OperationHistory { filter: OperationFilter::default(), limit: 100 };
    let all = service.call(all).await.unwrap().operations;
    all.iter().filter(|operation| operation.kind().name() == "full_sync").count()
}

/// Whether a program has a file open whose name ends like this.
fn has_open(child: &Child, end: &str) -> bool {
    let files = std::fs::read_dir(format!("/proc/{}/fd", child.id())).into_iter().flatten().flatten();
    let mut targets = files.filter_map(|file| std::fs::read_link(file.path()).ok());
    targets.any(|target| target.to_string_lossy().ends_with(end))
}

fn is_done(run: &Run) -> bool {
    match run.code {
        0 => true,
        1 => {
            assert_eq!(run.error()["code"], "changed_meanwhile", "{run:?}");
            false
        }
        _ => panic!("{run:?}"),
    }
}
