//! That every command ends within five seconds of being told to, whatever hangs.
//! Refuses to wait for what never comes: servers, keychains and readers here take everything and answer nothing.

use crate::support::{
    END, Ended, Musterctl, PASSWORD, Peer, ends_in_time, eventually, interrupt, refreshed, table, terminate,
    vcenter,
};
use contract::command::Submit;
use contract::{Job, Kind};
use serde_json::json;
use std::io::{BufRead, BufReader};
use std::os::unix::net::UnixListener;
use std::process::Child;
use std::time::{Duration, Instant};

/// How often the service looks after its idle sessions.
const KEEP_ALIVE: Duration = Duration::from_secs(10 * 60);

/// A command that waits for a server which holds back every call of these methods.
fn hanging(peer: &Peer, muster: &Musterctl, methods: &str, arguments: &[&str]) -> Child {
    peer.rule(json!({"method": methods, "action": {"hold": true}}));
    let child = muster.spawn(arguments);
    eventually("the server holds a call back", || peer.is_holding());
    child
}

#[test]
fn a_login_that_is_never_answered_keeps_no_command_alive() {
    let peer = Peer::vcenter();
    let muster = Musterctl::with(&peer, "Berlin");
    for arguments in [
        &["sync", "full", "Berlin", "--json"][..],
        &["refresh", "hosts", "Berlin", "--json"],
        &["test", "Berlin", "--json"],
        &["inventory", "hosts", "--max-age", "1s", "--json"],
    ] {
        for tell in [interrupt, terminate] {
            let child = hanging(&peer, &muster, "Login", arguments);
            tell(&child);
            let Ended { run, .. } = ends_in_time(child, &format!("a login never answered, {}", arguments[0]));
            assert_eq!(run.code, 130, "{run:?}");
            peer.let_go();
        }
    }
    let other = Musterctl::new();
    other.put_password("Munich", PASSWORD);
    let add = ["vcenter", "add", "Munich", &peer.address(), "--user", "admin", "--ca-file", &peer.ca()];
    let child = hanging(&peer, &other, "Login", &add);
    interrupt(&child);
    let Ended { run, .. } = ends_in_time(child, "a login never answered, vcenter add");
    assert_eq!(run.code, 130, "{run:?}");
    assert_eq!(other.ok(&["vcenter", "list"]), json!([]));
}

#[test]
fn a_logout_that_is_never_answered_keeps_no_command_alive() {
    let peer = Peer::vcenter();
    let muster = Musterctl::with(&peer, "Berlin");
    let child = hanging(&peer, &muster, "Logout", &["sync", "full", "Berlin", "--json"]);
    let Ended { run, .. } = ends_in_time(child, "a logout never answered");
    assert_eq!((run.code, &run.document()[0]["state"]), (0, &json!("succeeded")), "{run:?}");
}

#[test]
fn a_server_that_answers_nothing_any_more_keeps_no_command_alive() {
    let peer = Peer::vcenter();
    let muster = Musterctl::with(&peer, "Berlin");
    let methods = "RetrievePropertiesEx|DestroyView|Logout|CurrentTime";
    let child = hanging(&peer, &muster, methods, &["sync", "full", "Berlin", "--json"]);
    interrupt(&child);
    let Ended { run, .. } = ends_in_time(child, "a server that answers nothing any more");
    assert_eq!((run.code, &run.document()[0]["state"]), (130, &json!("cancelled")), "{run:?}");
    let next_steps = ["Start it again", "operations list shows"].map(|next| run.stderr.matches(next).count());
    assert_eq!(next_steps, [0, 2], "once in words, and once in the JSON of the last line: {run:?}");
}

#[test]
fn a_second_and_a_third_ctrl_c_end_it_sooner_and_a_server_that_answers_is_logged_out_of() {
    let peer = Peer::vcenter();
    let muster = Musterctl::with(&peer, "Berlin");
    let child = hanging(&peer, &muster, "RetrievePropertiesEx", &["sync", "full", "Berlin", "--json"]);
    interrupt(&child);
    // Two that come at once are one.
    std::thread::sleep(Duration::from_millis(20));
    interrupt(&child);
    let Ended { run, .. } = ends_in_time(child, "two Ctrl-C");
    assert_eq!(run.code, 130, "{run:?}");
    assert_eq!(peer.sessions(), 0, "no session is left on the server");

    let child =
        hanging(&peer, &muster, "RetrievePropertiesEx|DestroyView|Logout", &["sync", "full", "Berlin"]);
    for _ in 0..3 {
        interrupt(&child);
        std::thread::sleep(Duration::from_millis(300));
    }
    let Ended { run, after } = ends_in_time(child, "three Ctrl-C and no answer to a logout");
    assert_eq!(run.code, 130, "{run:?}");
    assert!(after < Duration::from_secs(4), "nobody is waited for after the third: {after:?}");
}

#[test]
fn whoever_stops_a_service_need_not_ask_twice_because_another_process_waits() {
    let peer = Peer::vcenter();
    let muster = Musterctl::with(&peer, "Berlin");
    let owner = hanging(&peer, &muster, "RetrievePropertiesEx", &["sync", "full", "Berlin", "--json"]);
    let joined = muster.spawn(&["sync", "full", "Berlin", "--json"]);
    eventually("both wait", || muster.ok(&["operations", "list", "--limit", "1"])[0]["waiting"] == 2);
    terminate(&owner);
    let Ended { run, .. } = ends_in_time(owner, "SIGTERM while another process waits");
    assert_eq!(run.code, 130, "{run:?}");
    let Ended { run, .. } = ends_in_time(joined, "the other process");
    assert_eq!(run.code, 130, "{run:?}");
    peer.post("/release", json!({}));
    assert_eq!(peer.sessions(), 0);
}

#[test]
fn a_keychain_that_hangs_keeps_no_command_alive() {
    let peer = Peer::vcenter();
    let muster = Musterctl::with(&peer, "Berlin");
    let socket = muster.folder().join("bus");
    let _silent = UnixListener::bind(&socket).unwrap();
    let bus = format!("unix:path={}", socket.display());
    let on_the_bus = |arguments: &[&str]| {
        let mut command = muster.command(arguments);
        command.env_remove("CREDENTIALS_DIRECTORY").env("DBUS_SESSION_BUS_ADDRESS", &bus);
        command.spawn().unwrap()
    };
    let child = on_the_bus(&["sync", "full", "Berlin", "--json"]);
    eventually("it connects", || muster.ok(&["operations", "list"])[0]["state"] == "running");
    interrupt(&child);
    let Ended { run, .. } = ends_in_time(child, "a hung keychain and Ctrl-C");
    assert_eq!((run.code, &run.document()[0]["state"]), (130, &json!("cancelled")), "{run:?}");

    let Ended { run, .. } =
        ends_in_time(on_the_bus(&["sync", "full", "Berlin", "--json"]), "a hung keychain");
    assert_eq!((run.code, &run.document()[0]["error"]["code"]), (4, &json!("no_password")), "{run:?}");
    assert_eq!(peer.calls("Login"), 1, "nothing was sent but by the add");
}

#[test]
fn a_reader_that_reads_nothing_keeps_no_command_alive() {
    let peer = Peer::start(&["--model", "vpx", "--vms", "2", "--extra-vms", "300"]);
    let muster = Musterctl::with(&peer, "Berlin");
    muster.ok(&["sync", "full", "Berlin"]);
    for tell in [interrupt, terminate] {
        // Far more than a pipe takes, and nobody reads on at its other end.
        let mut child = muster.spawn(&["inventory", "vms", "--csv"]);
        let mut stdout = BufReader::with_capacity(64, child.stdout.take().unwrap());
        stdout.read_line(&mut String::new()).unwrap();
        tell(&child);
        let Ended { run, .. } = ends_in_time(child, "a reader that reads nothing");
        assert_eq!(run.code, 130, "{run:?}");
    }
}

#[tokio::test]
async fn a_ping_that_is_never_answered_does_not_hold_up_the_end() {
    let peer = Peer::vcenter();
    let muster = Musterctl::with(&peer, "Berlin");
    let service = muster.service().await;
    let vcenter = vcenter(&service, "Berlin").await;
    refreshed(&service, &vcenter, Kind::Datacenters, 0).await.unwrap();
    assert_eq!(peer.sessions(), 1);

    peer.rule(json!({"method": "CurrentTime", "action": {"hold": true}}));
    tokio::time::pause();
    tokio::time::advance(KEEP_ALIVE + Duration::from_secs(1)).await;
    tokio::time::resume();
    while !peer.is_holding() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let before = Instant::now();
    service.close().await;
    let took = before.elapsed();
    table("a keep-alive ping never answered", format!("closed after {took:.1?}"));
    assert!(took < END, "{took:?}");
    assert_eq!(peer.sessions(), 0, "the server answers, so it is logged out of");
}

#[tokio::test]
async fn a_service_whose_servers_answer_nothing_closes_in_time_all_the_same() {
    let peer = Peer::vcenter();
    let muster = Musterctl::with(&peer, "Berlin");
    let service = muster.service().await;
    let vcenter = vcenter(&service, "Berlin").await;
    refreshed(&service, &vcenter, Kind::Datacenters, 0).await.unwrap();
    peer.rule(json!({"method": "*", "action": {"hold": true}}));
    service.call(Submit { vcenter: vcenter.id, job: Job::FULL_SYNC, detached: false }).await.unwrap();
    while !peer.is_holding() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let before = Instant::now();
    service.close().await;
    let took = before.elapsed();
    table("a service whose server answers nothing", format!("closed after {took:.1?}"));
    assert!(took < service::CLOSE + Duration::from_secs(2), "{took:?}");
}
