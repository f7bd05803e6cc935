//! Logins with one credential at many vCenters: what a rejection binds, who waits for whom, and how many fail.
//! Refuses to ask Muster how often a password was sent: the servers count.

use crate::support::{Musterctl, PASSWORD, Peer, Run, eventually, finish, interrupt, table};
use serde_json::{Value, json};
use std::process::Child;
use std::time::{Duration, Instant};

/// How long a server that doesn't answer may keep the others waiting.
const HEAD_START: Duration = Duration::from_secs(15);

struct Estate {
    peers: Vec<Peer>,
    names: Vec<String>,
    muster: Musterctl,
}

impl Estate {
    /// vCenters that share a credential, which has worked on all of them.
    fn new(names: &[&str]) -> Estate {
        let muster = Musterctl::new();
        muster.put_password("ops", PASSWORD);
        muster.ok(&["credential", "add", "ops", "--user", "admin"]);
        let peers: Vec<Peer> = names.iter().map(|_| Peer::start(&["--model", "vpx", "--vms", "0"])).collect();
        for (name, peer) in names.iter().zip(&peers) {
            let (address, ca) = (peer.address(), peer.ca());
            muster.ok(&["vcenter", "add", name, &address, "--credential", "ops", "--ca-file", &ca]);
        }
        Estate { peers, names: names.iter().map(|name| (*name).to_owned()).collect(), muster }
    }

    fn of_three() -> Estate {
        Estate::new(&["Berlin", "Oslo", "Rome"])
    }

    fn logins(&self) -> Vec<u64> {
        self.peers.iter().map(|peer| peer.calls("Login")).collect()
    }

    /// How often each server was logged in to while this ran.
    fn during<T>(&self, run: impl FnOnce() -> T) -> (Vec<u64>, T) {
        let before = self.logins();
        let outcome = run();
        (self.logins().iter().zip(before).map(|(after, before)| after - before).collect(), outcome)
    }

    /// Syncs everything, in four processes at the same time.
    fn sync(&self) -> Vec<Run> {
        let start = || self.muster.spawn(&["sync", "full", "--all", "--json"]);
        let processes: Vec<Child> = (0..4).map(|_| start()).collect();
        processes.into_iter().map(finish).collect()
    }

    fn test(&self, vcenter: &str) -> Run {
        self.muster.json(&["test", vcenter])
    }

    /// The same user is set, and with it everything forgotten that is known of the password.
    fn forget(&self) {
        self.muster.ok(&["credential", "set", "ops", "--user", "nobody"]);
        self.muster.ok(&["credential", "set", "ops", "--user", "admin"]);
    }

    /// A test of the first vCenter, whose login its server doesn't answer.
    fn hanging(&self) -> Child {
        self.peers[0].rule(json!({"method": "Login", "times": 1, "action": {"hold": true}}));
        let child = self.muster.spawn(&["test", &self.names[0], "--json"]);
        eventually("the login hangs", || self.peers[0].is_holding());
        child
    }

    /// A command that has connected to the second vCenter, and waits for its turn.
    fn waiting(&self, arguments: &[&str]) -> Child {
        let connected = self.peers[1].calls("RetrieveServiceContent");
        let child = self.muster.spawn(arguments);
        eventually("it is connected", || self.peers[1].calls("RetrieveServiceContent") > connected);
        child
    }

    fn ended(&self) {
        assert!(self.peers.iter().all(|peer| peer.sessions() == 0));
    }
}

fn message(error: &Value) -> &str {
    error["message"].as_str().unwrap_or_default()
}

/// What the operations of a run ended with, by vCenter.
fn errors(run: &Run) -> Vec<(String, Value)> {
    let ended = run.document();
    let operations = ended.as_array().unwrap().iter();
    operations.map(|one| (one["vcenter"].as_str().unwrap().to_owned(), one["error"].clone())).collect()
}

#[test]
fn a_password_that_worked_everywhere_and_is_changed_on_all_servers_fails_twice_in_four_processes() {
    let names: Vec<String> = (0..12).map(|number| format!("vc-{number:02}")).collect();
    let estate = Estate::new(&names.iter().map(String::as_str).collect::<Vec<_>>());
    for peer in &estate.peers {
        // Slow enough that all four are at it before the first answer.
        peer.rule(json!({"method": "Login", "action": {"delay_ms": 1000, "fault": "InvalidLogin"}}));
    }
    let started = Instant::now();
    let (logins, runs) = estate.during(|| estate.sync());
    let took = started.elapsed();
    let failed: u64 = logins.iter().sum();
    for run in &runs {
        assert_eq!(run.code, 4, "{run:?}");
        let errors = errors(run);
        let says = |words: &str| errors.iter().filter(|(_, error)| message(error).contains(words)).count();
        assert_eq!(errors.len(), 12);
        assert!(says("although the same password worked on vc-") <= 1, "{errors:?}");
        assert!(says("not tried: same account as vc-") >= 8, "{errors:?}");
    }
    table(
        "12 vCenters, a proven password changed on all of them, 4 processes",
        format!("{failed} failed logins, {took:.1?}"),
    );
    assert!((1..=2).contains(&failed), "five lock the account: {logins:?}");
    let (logins, runs) = estate.during(|| estate.sync());
    assert_eq!((logins.iter().sum::<u64>(), runs[0].code), (0, 4), "everybody knows");

    for peer in &estate.peers {
        peer.behave();
    }
    let run = estate.muster.json(&["test", "vc-05", "--retry-login"]);
    assert_eq!(run.code, 0, "{run:?}");
    assert_eq!(estate.test("vc-06").code, 0, "what works on one is right for all that didn't reject it");
    estate.ended();
}

#[test]
fn where_servers_take_longer_than_a_head_start_to_reject_a_password_two_or_three_do_and_no_more() {
    let estate = Estate::new(&["vc-0", "vc-1", "vc-2", "vc-3", "vc-4", "vc-5"]);
    let slow = HEAD_START + Duration::from_secs(2);
    for (is_proven, most) in [(true, 3), (false, 2)] {
        if !is_proven {
            estate.forget();
        }
        for peer in &estate.peers {
            let delay = u64::try_from(slow.as_millis()).unwrap();
            peer.rule(json!({"method": "Login", "action": {"delay_ms": delay, "fault": "InvalidLogin"}}));
        }
        let (logins, runs) = estate.during(|| estate.sync());
        let failed: u64 = logins.iter().sum();
        assert!(runs.iter().all(|run| run.code == 4), "{runs:?}");
        table(
            &format!("6 vCenters that take {} s to reject, proven: {is_proven}", slow.as_secs()),
            format!("{failed} failed logins"),
        );
        assert!((1..=most).contains(&failed), "{logins:?}");
    }
    estate.ended();
}

#[test]
fn a_broken_identity_source_stops_one_vcenter_of_three_and_is_not_asked_again() {
    let estate = Estate::of_three();
    let [berlin, ..] = &estate.peers[..] else { panic!("three") };
    berlin.rule(json!({"method": "Login", "action": {"fault": "InvalidLogin"}}));
    let (logins, runs) = estate.during(|| estate.sync());
    assert_eq!(logins[0], 1, "{logins:?}");
    for (vcenter, error) in runs.iter().flat_map(errors) {
        assert_eq!(error.is_null(), vcenter != "Berlin", "{vcenter}: {error}");
    }
    // A process that comes once it has ended is told of it, and has an operation of its own.
    let of_berlin: Vec<Value> = runs
        .iter()
        .flat_map(errors)
        .filter(|(vcenter, _)| vcenter == "Berlin")
        .map(|(_, error)| error)
        .collect();
    let is_told = |error: &Value| message(error).contains("although the same password worked on ");
    assert!(of_berlin.iter().any(is_told), "{of_berlin:?}");

    let (logins, runs) = estate.during(|| estate.sync());
    assert_eq!(logins[0], 0, "it is the same answer that it would give: {logins:?}");
    for (vcenter, error) in runs.iter().flat_map(errors) {
        assert_eq!(error.is_null(), vcenter != "Berlin", "{vcenter}: {error}");
        if vcenter == "Berlin" {
            let said = message(&error);
            assert!(said.starts_with("Berlin rejected the login of admin at "), "{said}");
            assert!(said.contains("although the account works on "), "{said}");
            assert_eq!(error["rejected_because"], "invalid_login");
            let next = error["next_step"].as_str().unwrap();
            assert!(next.contains("Check the identity source of Berlin"), "{next}");
        }
    }
    let states: Vec<Value> =
        estate.muster.ok(&["status"]).as_array().unwrap().iter().map(|one| one["state"].clone()).collect();
    assert_eq!(states, ["login_rejected", "online", "online"]);
    let credential = estate.muster.ok(&["credential", "list"])[0].clone();
    assert_eq!(credential["rejected_at"], Value::Null, "it isn't the credential that is wrong");

    for _ in 0..2 {
        let retry = ["test", "Berlin", "--retry-login"];
        let (logins, run) = estate.during(|| estate.muster.json(&retry));
        assert_eq!((logins[0], run.code), (1, 4), "{run:?}");
    }
    assert_eq!(estate.test("Oslo").code, 0, "whoever insists on Berlin blocks nobody else");
    berlin.behave();
    let (logins, run) = estate.during(|| estate.test("Berlin"));
    assert_eq!((logins[0], run.code), (0, 4), "nobody has said that it is mended");
    let run = estate.muster.json(&["test", "Berlin", "--retry-login"]);
    assert_eq!(run.code, 0, "{run:?}");
    assert_eq!(estate.test("Berlin").code, 0, "it has proven it");
    table("a broken identity source at one of three", "1 login there, none after; the other two synced");
    estate.ended();
}

#[test]
fn a_proven_password_is_sent_while_another_vcenter_keeps_its_login_waiting() {
    let estate = Estate::of_three();
    let hanging = estate.hanging();
    let started = Instant::now();
    for vcenter in ["Oslo", "Rome"] {
        let run = estate.test(vcenter);
        assert_eq!(run.code, 0, "{run:?}");
    }
    let took = started.elapsed();
    assert!(took < HEAD_START, "they waited for Berlin: {took:?}");
    estate.peers[0].let_go();
    assert_eq!(finish(hanging).code, 0);
    table("a login that hangs, with a proven password", format!("two others tested in {took:.1?}"));
    estate.ended();
}

#[test]
fn an_unproven_password_is_tried_on_the_next_vcenter_once_the_first_took_too_long() {
    let estate = Estate::of_three();
    estate.forget();
    let before = estate.logins()[1];
    let hanging = estate.hanging();
    let started = Instant::now();
    let waiting = estate.waiting(&["test", "Oslo", "--json"]);
    std::thread::sleep(Duration::from_secs(5));
    assert_eq!(estate.logins()[1], before, "Berlin has not answered yet");
    let run = finish(waiting);
    let took = started.elapsed();
    assert_eq!(run.code, 0, "{run:?}");
    assert!(took < HEAD_START * 2, "it waited for more than a head start: {took:?}");
    let run = estate.test("Rome");
    assert_eq!(run.code, 0, "Oslo has proven it: {run:?}");
    assert!(estate.peers[0].is_holding());
    estate.peers[0].let_go();
    assert_eq!(finish(hanging).code, 0);
    table("a login that hangs, with an unproven password", format!("the next one got in after {took:.1?}"));
    estate.ended();
}

#[test]
fn who_waits_for_another_login_is_cancelled_at_once_and_logs_in_no_more() {
    let estate = Estate::of_three();
    estate.forget();
    let before = estate.logins()[1];
    let hanging = estate.hanging();
    let waiting = estate.waiting(&["sync", "full", "Oslo", "--json"]);
    let operation = estate.muster.ok(&["operations", "list", "--limit", "1"])[0]["operation"].clone();
    let started = Instant::now();
    estate.muster.json(&["operations", "cancel", operation.as_str().unwrap()]);
    let run = finish(waiting);
    let cancelled = started.elapsed();
    assert_eq!((run.code, &run.document()[0]["state"]), (130, &json!("cancelled")), "{run:?}");

    let waiting = estate.waiting(&["sync", "full", "Oslo", "--json"]);
    let started = Instant::now();
    interrupt(&waiting);
    let run = finish(waiting);
    let interrupted = started.elapsed();
    assert_eq!(run.code, 130, "{run:?}");
    table(
        "cancelled while it waited for another login",
        format!("{cancelled:.1?} from another process with its start, {interrupted:.1?} by Ctrl-C"),
    );
    assert!(cancelled < Duration::from_secs(2) && interrupted < Duration::from_secs(1));
    estate.peers[0].let_go();
    assert_eq!(finish(hanging).code, 0);
    assert_eq!(estate.logins()[1], before, "nobody wanted it any more");
    estate.ended();
}

#[test]
fn a_process_that_dies_while_it_logs_in_holds_up_nobody() {
    let estate = Estate::of_three();
    estate.forget();
    let mut hanging = estate.hanging();
    let waiting = estate.waiting(&["test", "Oslo", "--json"]);
    let started = Instant::now();
    hanging.kill().unwrap();
    hanging.wait().unwrap();
    let run = finish(waiting);
    let took = started.elapsed();
    assert_eq!(run.code, 0, "{run:?}");
    assert!(took < Duration::from_secs(5), "{took:?}");
    table("killed in the middle of a login", format!("the next one got in after {took:.1?}"));
    estate.peers[0].let_go();
}
