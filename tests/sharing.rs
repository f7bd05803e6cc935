//! Several readers and several processes on one data folder.
//! Refuses to count in the client: how often a vCenter was asked is what the vCenter says.

use crate::support::{
    Musterctl, PASSWORD, PATIENCE, Peer, Run, eventually, finish, interrupt, refreshed, vcenter,
};
use contract::command::{
    AwaitOperation, Invalidate, OperationFilter, OperationHistory, RefreshIfOlder, Submit,
};
use contract::{Event, Job, Kind, OperationState};
use serde_json::json;
use std::time::Duration;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_hundred_readers_of_a_stale_kind_cause_one_fetch_and_readers_within_the_ttl_none() {
    let peer = Peer::vcenter();
    let muster = Musterctl::with(&peer, "Berlin");
    muster.ok(&["sync", "full", "Berlin"]);
    let service = muster.service().await;
    let vcenter = vcenter(&service, "Berlin").await;
    let stale = service.ages(&vcenter.id).await.unwrap().synced_at(Kind::Hosts).unwrap();
    eventually("the hosts are stale", || service.now().0 - stale.0 > 3_000);
    let views = peer.calls("CreateContainerView");
    let logins = peer.calls("Login");

    let mut readers = tokio::task::JoinSet::new();
    for _ in 0..100 {
        let (service, vcenter) = (service.clone(), vcenter.clone());
        readers.spawn(async move { refreshed(&service, &vcenter, Kind::Hosts, 3).await });
    }
    let answers = readers.join_all().await;
    assert!(answers.iter().all(Result::is_ok), "{answers:?}");
    let fetched = peer.calls("CreateContainerView") - views;
    assert_eq!((fetched, peer.calls("Login") - logins), (1, 1), "one view of one kind, in one session");

    let calls = peer.all_calls();
    let mut readers = tokio::task::JoinSet::new();
    for _ in 0..100 {
        let (service, vcenter) = (service.clone(), vcenter.clone());
        readers.spawn(async move { refreshed(&service, &vcenter, Kind::Hosts, 300).await.unwrap() });
    }
    readers.join_all().await;
    assert_eq!(peer.all_calls(), calls, "within the TTL nobody is asked");

    service.call(Invalidate { vcenter: vcenter.id.clone() }).await.unwrap();
    refreshed(&service, &vcenter, Kind::Hosts, 300).await.unwrap();
    assert!(peer.all_calls() > calls, "what was invalidated is read again");
    let calls = peer.all_calls();
    refreshed(&service, &vcenter, Kind::Hosts, 300).await.unwrap();
    assert_eq!(peer.all_calls(), calls, "once");
    service.close().await;
    assert_eq!(peer.sessions(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_never_waits_for_the_network_and_hears_when_there_is_news() {
    let peer = Peer::vcenter();
    let muster = Musterctl::with(&peer, "Berlin");
    muster.ok(&["sync", "full", "Berlin"]);
    let service = muster.service().await;
    let vcenter = vcenter(&service, "Berlin").await;
    let mut events = service.subscribe();
    peer.rule(json!({"method": "RetrievePropertiesEx", "action": {"hold": true}}));

    let asked = RefreshIfOlder { vcenter: vcenter.id.clone(), kind: Kind::Hosts, max_age_seconds: 0 };
    let refresh = service.call(asked).await.unwrap().refresh;
    let known = service.read(&vcenter.id).await.unwrap();
    assert!(known.count(Kind::Hosts) > 0 && refresh.is_some(), "answered while the server is silent");
    tokio::time::timeout(PATIENCE, async {
        while peer.get("/held")["held"] == 0 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await
    .expect("the refresh is under way");
    peer.let_go();
    tokio::time::timeout(PATIENCE, async {
        while events.next().await != Some(Event::InventoryChanged { vcenter: vcenter.id.clone() }) {}
    })
    .await
    .expect("the news are told");
    service.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sync_of_another_process_is_heard_of_and_seen() {
    let peer = Peer::vcenter();
    let muster = Musterctl::with(&peer, "Berlin");
    let service = muster.service().await;
    let vcenter = vcenter(&service, "Berlin").await;
    let empty = service.read(&vcenter.id).await.unwrap();
    assert_eq!((empty.count(Kind::Hosts), empty.synced_at(Kind::Hosts)), (0, None));

    let mut events = service.subscribe();
    let other = tokio::task::spawn_blocking(move || {
        muster.ok(&["sync", "full", "Berlin"]);
        muster
    });
    tokio::time::timeout(PATIENCE, async {
        while events.next().await != Some(Event::InventoryChanged { vcenter: vcenter.id.clone() }) {}
    })
    .await
    .expect("the other process is heard");
    let full = service.read(&vcenter.id).await.unwrap();
    assert!(full.count(Kind::Hosts) > 0 && full.synced_at(Kind::Hosts).is_some());
    other.await.unwrap();
    service.close().await;
}

#[test]
fn a_process_that_reads_in_a_loop_while_another_syncs_never_sees_half_and_never_fails() {
    let peer = Peer::start(&["--model", "vpx", "--vms", "2", "--extra-vms", "300"]);
    let muster = Musterctl::with(&peer, "Berlin");
    muster.ok(&["sync", "full", "Berlin"]);
    let vms = muster.ok(&["inventory", "vms", "--columns", "moref,annotation"]);
    let vms: Vec<_> = vms.as_array().unwrap().iter().map(|vm| vm["moref"].clone()).collect();

    let annotate = |note: &str| {
        for vm in &vms {
            let set = json!({"config.annotation": note});
            peer.post("/update", json!({"type": "VirtualMachine", "moref": vm, "set": set}));
        }
    };
    annotate("generation 0");
    muster.ok(&["sync", "full", "Berlin"]);
    for generation in 1..=4 {
        let note = format!("generation {generation}");
        annotate(&note);
        let mut writer = muster.spawn(&["sync", "full", "Berlin", "--json"]);
        let mut reads = 0;
        loop {
            let ended = writer.try_wait().unwrap().is_some();
            let rows = muster.ok(&["inventory", "vms", "--columns", "annotation"]);
            let rows = rows.as_array().unwrap();
            assert_eq!(rows.len(), vms.len());
            let first = (&rows[0]["annotation"], &rows[0]["synced_at"]);
            assert!(
                rows.iter().all(|row| (&row["annotation"], &row["synced_at"]) == first),
                "half of two generations"
            );
            reads += 1;
            if ended {
                assert_eq!(rows[0]["annotation"], note);
                break;
            }
        }
        assert!(reads > 1, "something was read while the other wrote");
        assert_eq!(finish(writer).code, 0);
    }
}

#[test]
fn two_processes_that_sync_at_once_share_one_operation() {
    let peer = Peer::vcenter();
    let muster = Musterctl::with(&peer, "Berlin");
    let logins = peer.calls("Login");
    peer.rule(json!({"method": "RetrievePropertiesEx", "type": ">HostSystem<", "action": {"hold": true}}));
    let first = muster.spawn(&["sync", "full", "Berlin", "--json"]);
    eventually("the first one reads", || peer.is_holding());
    let second = muster.spawn(&["sync", "full", "Berlin", "--json"]);
    eventually("both wait", || said_waiting(&muster) == 2);
    peer.let_go();
    let (first, second) = (finish(first), finish(second));
    assert_eq!((first.code, second.code), (0, 0), "{first:?} {second:?}");
    assert_eq!(first.document()[0]["operation"], second.document()[0]["operation"]);
    assert_eq!(peer.calls("Login") - logins, 1);
    assert_eq!(peer.sessions(), 0);
}

#[test]
fn ctrl_c_ends_the_wait_and_leaves_the_operation_to_whoever_else_waits_for_it() {
    let peer = Peer::vcenter();
    let muster = Musterctl::with(&peer, "Berlin");
    peer.rule(json!({"method": "RetrievePropertiesEx", "type": ">HostSystem<", "action": {"hold": true}}));
    let first = muster.spawn(&["sync", "full", "Berlin", "--json"]);
    eventually("the first one reads", || peer.is_holding());
    let second = muster.spawn(&["sync", "full", "Berlin", "--json"]);
    eventually("the second one has joined", || said_waiting(&muster) == 2);
    interrupt(&first);
    eventually("the first one has withdrawn", || said_waiting(&muster) == 1);
    peer.let_go();
    let (first, second) = (finish(first), finish(second));
    assert_eq!(second.code, 0, "{second:?}");
    assert_eq!(second.document()[0]["state"], "succeeded");
    assert!(first.stderr.contains("Another Muster process is waiting"), "{first:?}");
    assert_eq!((first.code, &first.document()[0]["state"]), (130, &json!("succeeded")), "{first:?}");
}

#[test]
fn an_operation_that_nobody_waits_for_any_more_is_cancelled_wherever_the_last_one_waited() {
    let peer = Peer::vcenter();
    let muster = Musterctl::with(&peer, "Berlin");
    peer.rule(json!({"method": "RetrievePropertiesEx", "type": ">HostSystem<", "action": {"hold": true}}));
    let owner = muster.spawn(&["sync", "full", "Berlin", "--json"]);
    eventually("the first one reads", || peer.is_holding());
    let joined = muster.spawn(&["sync", "full", "Berlin", "--json"]);
    let mut killed = muster.spawn(&["sync", "full", "Berlin", "--json"]);
    eventually("the others have joined", || said_waiting(&muster) == 3);
    killed.kill().unwrap();
    killed.wait().unwrap();
    interrupt(&owner);
    eventually("the owner has withdrawn", || said_waiting(&muster) == 2);
    interrupt(&joined);
    let (owner, joined) = (finish(owner), finish(joined));
    assert_eq!((owner.code, joined.code), (130, 130), "{owner:?} {joined:?}");
    assert_eq!(owner.document()[0]["state"], "cancelled", "{owner:?}");
    assert_eq!(joined.document()[0]["operation"], owner.document()[0]["operation"]);
    peer.post("/release", json!({}));
    assert_eq!(peer.sessions(), 0);
}

#[test]
fn an_owner_that_dies_leaves_an_interrupted_operation_to_those_who_wait() {
    let peer = Peer::vcenter();
    let muster = Musterctl::with(&peer, "Berlin");
    peer.rule(json!({"method": "RetrievePropertiesEx", "type": ">HostSystem<", "action": {"hold": true}}));
    let mut owner = muster.spawn(&["sync", "full", "Berlin", "--json"]);
    eventually("the first one reads", || peer.is_holding());
    let joined = muster.spawn(&["sync", "full", "Berlin", "--json"]);
    eventually("the other one has joined", || said_waiting(&muster) == 2);
    owner.kill().unwrap();
    owner.wait().unwrap();
    let joined = finish(joined);
    assert_eq!((joined.code, &joined.document()[0]["state"]), (130, &json!("interrupted")), "{joined:?}");
}

#[test]
fn different_operations_of_one_vcenter_run_one_after_the_other_in_the_order_they_came() {
    let peer = Peer::vcenter();
    let muster = Musterctl::with(&peer, "Berlin");
    peer.rule(json!({"method": "RetrievePropertiesEx", "type": ">HostSystem<", "times": 1, "action": {"hold": true}}));
    let first = muster.spawn(&["sync", "full", "Berlin", "--json"]);
    eventually("the first one reads", || peer.is_holding());
    let second = muster.spawn(&["sync", "hosts", "Berlin", "--json"]);
    eventually("the second one is queued", || muster.ok(&["operations", "list"])[0]["kind"] == "sync_hosts");
    let states = || -> Vec<_> {
        let all = muster.ok(&["operations", "list"]);
        all.as_array().unwrap().iter().map(|operation| operation["state"].clone()).collect()
    };
    assert_eq!(states(), ["queued", "running"]);
    peer.post("/release", json!({}));
    let (first, second) = (finish(first), finish(second));
    assert_eq!((first.code, second.code), (0, 0), "{first:?} {second:?}");
    let ended = |run: &Run, time: &str| run.document()[0][time].as_str().unwrap().to_owned();
    assert!(ended(&second, "started_at") >= ended(&first, "finished_at"), "{first:?} {second:?}");
}

#[test]
fn a_shared_credential_is_changed_once_for_all_and_rejected_once_for_all() {
    let peers: Vec<Peer> = (0..4).map(|_| Peer::start(&["--model", "vpx", "--vms", "0"])).collect();
    let muster = Musterctl::new();
    muster.put_password("ops", PASSWORD);
    muster.ok(&["credential", "add", "ops", "--user", "admin"]);
    let names = ["Berlin", "Cologne", "Dresden", "Essen"];
    for (name, peer) in names.iter().zip(&peers) {
        muster.ok(&["vcenter", "add", name, &peer.address(), "--credential", "ops", "--ca-file", &peer.ca()]);
    }
    let credential = &muster.ok(&["credential", "list"])[0];
    assert_eq!((&credential["vcenters"], &credential["stored"]), (&json!(names), &json!("file")));

    let logins = || peers.iter().map(|peer| peer.calls("Login")).sum::<u64>();
    let before = logins();
    muster.put_password("ops", "wrong");
    let run = muster.json(&["sync", "full", "--all"]);
    assert_eq!(run.code, 4, "{run:?}");
    assert_eq!(logins() - before, 1, "what one vCenter said of the credential binds all others");

    muster.put_password("ops", PASSWORD);
    muster.ok(&["credential", "set", "ops", "--user", "nobody"]);
    muster.ok(&["credential", "set", "ops", "--user", "admin"]);
    assert_eq!(muster.json(&["sync", "full", "--all"]).code, 0);
}

#[test]
fn a_retried_login_that_did_not_come_to_pass_leaves_the_rejection() {
    let peer = Peer::vcenter();
    let muster = Musterctl::with(&peer, "Berlin");
    muster.put_password("Berlin", "wrong");
    assert_eq!(muster.json(&["sync", "full", "Berlin"]).code, 4);
    peer.post("/stop", json!({}));
    assert_eq!(muster.json(&["test", "Berlin", "--retry-login"]).code, 5);
    peer.post("/start", json!({}));
    let logins = peer.calls("Login");
    assert_eq!(muster.json(&["sync", "full", "Berlin"]).code, 4, "nobody has seen it work");
    assert_eq!(peer.calls("Login"), logins, "and so it isn't tried");
    muster.put_password("Berlin", PASSWORD);
    assert_eq!(muster.json(&["sync", "full", "Berlin"]).code, 0);
}

#[test]
fn a_cancelled_login_leaves_no_session() {
    let peer = Peer::vcenter();
    let muster = Musterctl::with(&peer, "Berlin");
    peer.rule(json!({"method": "Login", "action": {"drip_ms": 100, "drip_bytes": 200}}));
    let logins = peer.calls("Login");
    let child = muster.spawn(&["sync", "full", "Berlin", "--json"]);
    eventually("the login is answered", || peer.calls("Login") > logins);
    interrupt(&child);
    let run = finish(child);
    assert_eq!((run.code, &run.document()[0]["state"]), (130, &json!("cancelled")), "{run:?}");
    assert_eq!(peer.sessions(), 0);
}

/// How many wait for the newest operation, as the database has it.
fn said_waiting(muster: &Musterctl) -> u64 {
    muster.ok(&["operations", "list", "--limit", "1"])[0]["waiting"].as_u64().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_begins_at_the_same_time_on_a_vcenter_shares_one_login() {
    let peer = Peer::vcenter();
    let muster = Musterctl::with(&peer, "Berlin");
    muster.ok(&["sync", "full", "Berlin"]);
    let service = muster.service().await;
    let vcenter = vcenter(&service, "Berlin").await;
    let logins = peer.calls("Login");
    peer.rule(json!({"method": "Login", "action": {"hold": true}}));
    let kinds = [Kind::Hosts, Kind::Clusters, Kind::Datastores, Kind::Networks];
    let refreshes = kinds.map(Job::refresh);
    let mut operations = Vec::new();
    for job in refreshes.into_iter().chain([Job::FULL_SYNC]) {
        let submit = Submit { vcenter: vcenter.id.clone(), job, detached: false };
        operations.push(service.call(submit).await.unwrap());
    }
    let deadline = std::time::Instant::now() + PATIENCE;
    loop {
        let newest = service
            .call(OperationHistory { filter: OperationFilter::default(), limit: 5 })
            .await
            .unwrap()
            .operations;
        if newest.iter().all(|one| one.state == OperationState::Running) {
            break;
        }
        assert!(std::time::Instant::now() < deadline, "all of them run: {newest:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    eventually("one of them logs in", || peer.is_holding());
    peer.let_go();
    for operation in operations {
        let ended = service.call(AwaitOperation { operation }).await.unwrap();
        assert_eq!(ended.state, OperationState::Succeeded, "{:?}", ended.error);
    }
    assert_eq!((peer.calls("Login") - logins, peer.sessions()), (1, 1));
    service.close().await;
    assert_eq!(peer.sessions(), 0);
}
