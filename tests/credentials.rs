//! What a server says of a login, what that means for the next one, and to whom a stored password goes.
//! Refuses to believe the client: how often somebody logged in, the server says.

use crate::support::{Musterctl, PASSWORD, Peer, Run, eventually, finish, table as told, vcenter};
use contract::command::{
    AwaitOperation, Change, EditVcenter, HoldPassword, MissingPassword, Password, SetCredential,
    ShowCredential, Submit, WhyNeeded,
};
use contract::{ApiError, Code, Job, Rejection, TestReport, Vcenter, VcenterSettings};
use serde_json::{Value, json};
use service::Client;
use std::io::Write;
use std::time::Duration;

fn test(muster: &Musterctl) -> Run {
    muster.json(&["test", "Berlin"])
}

/// How often somebody logged in while this ran.
fn logins<T>(peer: &Peer, run: impl FnOnce() -> T) -> (u64, T) {
    let before = peer.calls("Login");
    let outcome = run();
    (peer.calls("Login") - before, outcome)
}

fn credential(muster: &Musterctl) -> Value {
    muster.ok(&["credential", "list"])[0].clone()
}

async fn berlin(service: &Client) -> Vcenter {
    vcenter(service, "Berlin").await
}

#[test]
fn what_a_server_says_of_a_login_is_passed_on_and_binds_as_it_should() {
    let peer = Peer::vcenter();
    for (action, exit, because, words, step) in [
        (
            json!({"fault": "InvalidLogin"}),
            4,
            Some("invalid_login"),
            "wrong user or password",
            "new password into $CREDENTIALS_DIRECTORY/Berlin",
        ),
        (
            json!({"fault": "PasswordExpired", "message": "User password expired."}),
            4,
            Some("password_expired"),
            "its password has expired (the server says: User password expired.)",
            "Set a new password for",
        ),
        (
            json!({"fault": "InvalidLogin", "message": "The user account is disabled."}),
            4,
            Some("account_disabled"),
            "the account is disabled",
            "Ask an administrator to enable",
        ),
        (
            json!({"fault": "InvalidLogin", "message": "User account is locked."}),
            4,
            Some("account_locked"),
            "the account is locked",
            "15 minutes",
        ),
        (
            json!({"fault": "custom", "kind": "SomethingNew", "message": "The moon is full."}),
            4,
            Some("refused"),
            "SomethingNew: The moon is full.",
            "Follow the server's message",
        ),
        (
            json!({"fault": "LimitExceeded", "message": "The maximum number of sessions is reached."}),
            5,
            None,
            "no free session (it says: The maximum number of sessions is reached.)",
            "User and password are not the problem",
        ),
        (json!({"status": 503}), 5, None, "no free session", "User and password are not the problem"),
        (
            json!({"fault": "SystemError", "message": "The database of the vCenter is down."}),
            1,
            None,
            "refused Login: The database of the vCenter is down. (SystemError)",
            "health",
        ),
    ] {
        peer.behave();
        let muster = Musterctl::with(&peer, "Berlin");
        peer.rule(json!({"method": "Login", "action": action}));
        let (first, run) = logins(&peer, || test(&muster));
        assert_eq!((run.code, first), (exit, 1), "{action}: {run:?}");
        let error = run.error();
        assert!(error["message"].as_str().unwrap().contains(words), "{action}: {error}");
        assert!(error["next_step"].as_str().unwrap().contains(step), "{action}: {error}");
        assert_eq!(error.get("rejected_because").and_then(Value::as_str), because, "{action}: {error}");
        assert_eq!(credential(&muster)["rejected_because"].as_str(), because, "{action}");

        let (second, run) = logins(&peer, || test(&muster));
        assert_eq!((run.code, second), (exit, u64::from(because.is_none())), "{action}: {run:?}");
        if because.is_some() {
            let error = run.error();
            assert!(error["message"].as_str().unwrap().contains("was not tried again"), "{error}");
            assert_eq!(error["rejected_because"].as_str(), because, "{error}");
            let doctor = muster.json(&["doctor"]).document().to_string();
            assert!(doctor.contains("was rejected at"), "{doctor}");
        }
        peer.behave();
        let (_, run) = logins(&peer, || muster.json(&["test", "Berlin", "--retry-login"]));
        assert_eq!((run.code, test(&muster).code), (0, 0), "{action}: {run:?}");
        assert_eq!(credential(&muster)["rejected_at"], Value::Null, "{action}");
        told(
            &format!("login answered by {action}"),
            format!("exit {exit}, {}, second try sent {second} logins", because.unwrap_or("nothing bound")),
        );
    }
    assert_eq!(peer.sessions(), 0);
}

#[test]
fn a_credential_that_is_renamed_keeps_its_password_and_its_rejection_is_kept_too() {
    let peer = Peer::vcenter();
    let muster = Musterctl::with(&peer, "Berlin");
    muster.put_password("Rome", PASSWORD);
    let renamed = muster.ok(&["credential", "set", "Berlin", "--name", "Rome"]);
    assert_eq!((&renamed["name"], &renamed["vcenters"]), (&json!("Rome"), &json!(["Berlin"])));
    assert_eq!(muster.ok(&["vcenter", "show", "Berlin"])["credential"], "Rome");
    let taken = muster.ok(&["credential", "add", "spare", "--user", "admin"]);
    assert_eq!(taken["name"], "spare");
    let refused = muster.json(&["credential", "set", "spare", "--name", "ROME"]);
    assert_eq!((refused.code, &refused.error()["code"]), (9, &json!("already_exists")), "{refused:?}");
    assert_eq!(test(&muster).code, 0, "it logs in with what the file of the new name has");
    let wrong = muster.json(&["credential", "set", "Rome", "--name", "a/b"]);
    assert_eq!(wrong.code, 2, "{wrong:?}");
}

#[test]
fn two_credentials_become_one_and_another_user_is_an_answer_of_its_own() {
    let (berlin, rome) = (Peer::vcenter(), Peer::vcenter());
    let muster = Musterctl::with(&berlin, "Berlin");
    muster.add(&rome, "Rome");
    muster.put_password("other", PASSWORD);
    muster.ok(&["credential", "add", "other", "--user", "somebody"]);
    let merge = |from: &str, into: &str, more: &[&str]| {
        muster.json(&[&["credential", "merge", from, into, "--yes"], more].concat())
    };
    let refused = merge("Rome", "other", &[]);
    assert_eq!((refused.code, &refused.error()["code"]), (2, &json!("invalid_value")), "{refused:?}");
    let next = refused.error()["next_step"].as_str().unwrap().to_owned();
    assert!(next.contains("--other-user"), "{next}");
    assert_eq!(merge("Rome", "Rome", &[]).code, 2);
    assert_eq!(merge("Rome", "nothing", &[]).code, 3);
    assert_eq!(muster.ok(&["vcenter", "show", "Rome"])["user"], "admin", "nothing was done");

    let merged = merge("Rome", "Berlin", &[]);
    assert_eq!(merged.code, 0, "{merged:?}");
    assert_eq!(merged.document()["vcenters"], json!(["Berlin", "Rome"]));
    let names: Vec<Value> = muster
        .ok(&["credential", "list"])
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["name"].clone())
        .collect();
    assert_eq!(names, ["Berlin", "other"]);
    assert_eq!(muster.json(&["test", "Rome"]).code, 0, "it logs in with the other one");
    assert_eq!(merge("Berlin", "other", &["--other-user"]).code, 0);
    assert_eq!(muster.ok(&["vcenter", "show", "Rome"])["user"], "somebody");
}

#[test]
fn a_password_file_that_changed_after_a_rejection_is_tried_and_an_unchanged_one_never_again() {
    let peer = Peer::vcenter();
    let muster = Musterctl::with(&peer, "Berlin");
    let attempt = || logins(&peer, || test(&muster));
    muster.put_password("Berlin", "rotated away");
    let (first, run) = attempt();
    assert_eq!((first, run.code), (1, 4));
    for command in [&["test", "Berlin"][..], &["sync", "full", "Berlin"]] {
        let (more, run) = logins(&peer, || muster.json(command));
        assert_eq!((more, run.code), (0, 4), "{run:?}");
        let next = run.error()["next_step"].as_str().unwrap().to_owned();
        assert!(
            next.contains("$CREDENTIALS_DIRECTORY/Berlin") && next.contains("test Berlin --retry-login"),
            "{next}"
        );
    }
    muster.put_password("Berlin", "rotated away\r\n");
    assert_eq!(attempt().0, 0, "only its line's end is another");
    muster.put_password("Berlin", "rotated wrongly");
    let (tried, run) = attempt();
    assert_eq!((tried, run.code, attempt().0), (1, 4, 0), "{run:?}");
    told(
        "the password file changed after a rejection",
        "the new password was tried once, the old one never again",
    );
    muster.put_password("Berlin", PASSWORD);
    assert_eq!((attempt().1.code, &credential(&muster)["rejected_at"]), (0, &Value::Null));
    for old in ["rotated away", "rotated wrongly"] {
        muster.put_password("Berlin", old);
        let (sent, run) = attempt();
        assert_eq!((sent, run.code), (0, 4), "never again, though another one worked since: {run:?}");
        let error = run.error().to_string();
        assert!(
            error.contains("another one was accepted") && error.contains("test Berlin --retry-login"),
            "{error}"
        );
        assert!(
            error.contains("into $CREDENTIALS_DIRECTORY/Berlin") && !error.contains("credential set"),
            "{error}"
        );
        muster.put_password("Berlin", PASSWORD);
        assert_eq!(attempt().1.code, 0);
    }
    assert_eq!(peer.sessions(), 0);
}

#[test]
fn a_mark_in_a_password_file_is_no_part_of_the_password_and_utf_16_is_refused_in_words() {
    let peer = Peer::vcenter();
    let muster = Musterctl::with(&peer, "Berlin");
    let write = |bytes: &[u8]| std::fs::write(muster.folder().join("credentials/Berlin"), bytes).unwrap();
    for (mark, end) in [("\u{feff}", ""), ("\u{feff}", "\r\n"), ("", "\r"), ("", "\r\n")] {
        write(format!("{mark}{PASSWORD}{end}").as_bytes());
        assert_eq!(test(&muster).code, 0, "{mark:?} {end:?}");
    }
    told("a password file with a byte-order mark or any line's end", "the password alone was sent");
    for (mark, encode) in [
        (&b"\xff\xfe"[..], u16::to_le_bytes as fn(u16) -> [u8; 2]),
        (b"\xfe\xff", u16::to_be_bytes),
        (b"", u16::to_le_bytes),
    ] {
        let text: Vec<u8> = format!("{PASSWORD}\r\n").encode_utf16().flat_map(encode).collect();
        write(&[mark, &text].concat());
        let (sent, run) = logins(&peer, || test(&muster));
        assert_eq!((sent, run.code), (0, 4), "{run:?}");
        assert!(run.error()["message"].as_str().unwrap().contains("is UTF-16"), "{run:?}");
        let next = run.error()["next_step"].as_str().unwrap().to_owned();
        assert!(next.contains("as one line of UTF-8") && next.contains("Berlin"), "{next}");

        let add =
            ["vcenter", "add", "Bonn", &peer.address(), "--user", "admin", "--password-stdin", "--json"];
        let mut child = muster.spawn(&add);
        // What ends before it has read all is no failure of the test.
        let _ = child.stdin.take().unwrap().write_all(&[mark, &text].concat());
        let run = finish(child);
        assert_eq!(run.code, 2, "{run:?}");
        assert!(run.error()["message"].as_str().unwrap().contains("is UTF-16"), "{run:?}");
    }
    told("a password in UTF-16", "refused in words before anything was sent");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_password_that_somebody_types_lifts_nothing_for_those_who_have_the_stored_one() {
    let peer = Peer::vcenter();
    let muster = Musterctl::with(&peer, "Berlin");
    muster.put_password("Berlin", "no longer right");
    assert_eq!(test(&muster).code, 4);
    let typing = async |password: &str| {
        let service = muster.service().await;
        let v = berlin(&service).await;
        hold(&service, &v, password, true).await;
        let first = tested(&service, &v, false).await;
        let before = peer.calls("Login");
        let second = tested(&service, &v, false).await;
        let tried_again = peer.calls("Login") - before;
        service.close().await;
        (first, second, tried_again)
    };
    let (first, second, _) = typing(PASSWORD).await;
    assert!(first.is_ok() && second.is_ok(), "{first:?} {second:?}");
    assert_eq!(
        logins(&peer, || test(&muster).code),
        (0, 4),
        "the stored one is still the one that was rejected"
    );

    let (first, second, tried_again) = typing("typed wrongly").await;
    let rejected = |outcome: Result<_, ApiError>| outcome.map(|_| ()).unwrap_err().code;
    assert_eq!(
        (rejected(first), rejected(second), tried_again),
        (Code::LoginRejected, Code::LoginRejected, 0)
    );
    assert_eq!(
        logins(&peer, || test(&muster).code),
        (0, 4),
        "what was stored and rejected is not forgotten for it"
    );
    muster.put_password("Berlin", PASSWORD);
    assert_eq!(test(&muster).code, 0);
    told(
        "a right password typed beside a stored one that was rejected",
        "it logged in, the stored one stayed blocked",
    );
    assert_eq!(peer.sessions(), 0);
}

/// Logs out, so that the next operation logs in again.
async fn leave(service: &Client, v: &Vcenter) {
    let now = vcenter(service, v.id.as_str()).await;
    let settings = VcenterSettings { ttl_seconds: now.settings.ttl_seconds + 1, ..now.settings };
    let change = Change { settings: Some(settings), ..Change::default() };
    service.call(EditVcenter { vcenter: now.id, edition: now.edition, change }).await.unwrap();
}

async fn tested(service: &Client, v: &Vcenter, retry_login: bool) -> Result<TestReport, ApiError> {
    let job = Job::Test { retry_login };
    let operation = service.call(Submit { vcenter: v.id.clone(), job, detached: false }).await?;
    let ended = service.call(AwaitOperation { operation }).await?;
    match ended.error {
        Some(error) => Err(error),
        None => Ok(serde_json::from_value(ended.result.expect("a report")).expect("a report")),
    }
}

/// Holds a password that was typed for this vCenter's address, or for nothing in particular.
async fn hold(service: &Client, v: &Vcenter, password: &str, for_its_address: bool) {
    let vcenter = for_its_address.then(|| v.id.clone());
    let password = Password(password.to_owned());
    service.call(HoldPassword { credential: v.credential_id.clone(), password, vcenter }).await.unwrap();
}

/// Why a person would have to type a password for a vCenter now.
async fn missing(service: &Client, v: &Vcenter) -> Option<WhyNeeded> {
    let (credential, vcenter) = (v.credential_id.clone(), Some(v.id.clone()));
    let needed = service.call(MissingPassword { credential, vcenter }).await.unwrap();
    needed.map(|needed| needed.why)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_typed_password_that_was_rejected_is_tried_again_once_it_worked_or_was_set() {
    let peer = Peer::vcenter();
    let muster = Musterctl::with(&peer, "Berlin");
    muster.put_password("Berlin", "no longer right");
    assert_eq!(test(&muster).code, 4);
    let service = muster.service().await;
    let v = berlin(&service).await;
    let tried = async |retry: bool| {
        let before = peer.calls("Login");
        let outcome = tested(&service, &v, retry).await;
        (outcome.map(drop).map_err(|error| error.rejected_because), peer.calls("Login") - before)
    };
    let rejected = |because: Rejection| Err::<(), _>(Some(because));
    hold(&service, &v, PASSWORD, true).await;
    let once = json!({
        "method": "Login", "times": 1, "action": {"fault": "PasswordExpired", "message": "User password expired."}
    });
    peer.rule(once.clone());
    let expired = rejected(Rejection::PasswordExpired);
    assert_eq!(tried(false).await, (expired, 1));
    assert_eq!(tried(false).await, (expired, 0), "told with the reason of this one, not of the stored one");
    assert_eq!(tried(true).await, (Ok(()), 1), "a person says that it is right by now");
    leave(&service, &v).await;
    assert_eq!(tried(false).await, (Ok(()), 1), "it was proven right");

    leave(&service, &v).await;
    peer.rule(once);
    assert_eq!((tried(false).await, tried(false).await), ((expired, 1), (expired, 0)));
    let (credential, password) = (v.credential_id.clone(), Some(Password(PASSWORD.to_owned())));
    service.call(SetCredential { credential, name: None, user: None, password, helper: None }).await.unwrap();
    assert_eq!(tried(false).await, (Ok(()), 1), "it was set anew");
    assert_eq!(logins(&peer, || test(&muster).code), (0, 4), "the file has the one that was rejected");

    leave(&service, &v).await;
    peer.rule(json!({
        "method": "Login", "times": 1, "action": {"fault": "InvalidLogin", "message": "User account is locked."}
    }));
    let locked = rejected(Rejection::AccountLocked);
    assert_eq!((tried(false).await, tried(false).await), ((locked, 1), (locked, 0)));
    let (sent, run) = logins(&peer, || test(&muster));
    assert_eq!((sent, &run.error()["rejected_because"]), (0, &json!("account_locked")), "it binds everybody");
    assert_eq!(tried(true).await, (Ok(()), 1));
    service.close().await;
    assert_eq!(peer.sessions(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_keychain_a_rejection_is_lifted_by_what_is_typed_right_and_by_setting_it() {
    let peer = Peer::vcenter();
    let muster = Musterctl::with(&peer, "Berlin");
    std::fs::remove_file(muster.folder().join("credentials/Berlin")).unwrap();
    let typing = async |password: &str| {
        let service = muster.service().await;
        let v = berlin(&service).await;
        hold(&service, &v, password, true).await;
        let outcome = tested(&service, &v, false).await;
        service.close().await;
        outcome.map(drop).map_err(|error| error.code)
    };
    let finding = || muster.json(&["doctor"]).stdout.contains("was rejected at");
    assert_eq!(typing("typed wrongly").await, Err(Code::LoginRejected));
    assert!(finding() && credential(&muster)["rejected_at"] != Value::Null);
    let run = test(&muster);
    assert_eq!(run.error()["code"], "no_password", "that is what has to be mended here: {run:?}");
    assert_eq!(typing("typed wrongly").await, Err(Code::LoginRejected));
    assert_eq!(typing(PASSWORD).await, Ok(()));
    assert!(!finding() && credential(&muster)["rejected_at"] == Value::Null);

    assert_eq!(typing("typed wrongly").await, Err(Code::LoginRejected));
    let set = muster.run_with_stdin(&["credential", "set", "Berlin", "--password-stdin", "--json"], PASSWORD);
    assert!(set.code == 0 && !finding(), "{set:?}");
    assert_eq!(peer.sessions(), 0);
}

#[test]
fn a_login_that_waited_for_another_one_sends_what_is_stored_by_then() {
    let peers = [Peer::vcenter(), Peer::vcenter()];
    let muster = Musterctl::new();
    muster.put_password("ops", PASSWORD);
    muster.ok(&["credential", "add", "ops", "--user", "admin"]);
    for (name, peer) in ["Berlin", "Bonn"].iter().zip(&peers) {
        muster.ok(&["vcenter", "add", name, &peer.address(), "--credential", "ops", "--ca-file", &peer.ca()]);
    }
    let [first, second] = &peers;
    muster.put_password("ops", "old");
    first.rule(json!({"method": "Login", "times": 1, "action": {"hold": true, "fault": "InvalidLogin"}}));
    let under_way = muster.spawn(&["test", "Berlin", "--json"]);
    eventually("the login is under way", || first.get("/held")["held"] == 1);
    let connected = second.calls("RetrieveServiceContent");
    let waiting = muster.spawn(&["test", "Bonn", "--json"]);
    eventually("the other one is connected", || second.calls("RetrieveServiceContent") > connected);
    // From its connection to the lock that it waits for it does nothing that could be seen.
    std::thread::sleep(Duration::from_millis(500));
    muster.put_password("ops", PASSWORD);
    first.post("/release", json!({}));
    assert_eq!(finish(under_way).code, 4);
    let run = finish(waiting);
    assert_eq!(run.code, 0, "the old one was what it would have sent: {run:?}");
    assert_eq!((first.sessions(), second.sessions()), (0, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_user_in_the_form_is_who_logs_in_after_a_login_that_was_under_way_and_is_not_blocked_by_it() {
    let peer = Peer::vcenter();
    let muster = Musterctl::with(&peer, "Berlin");
    let service = muster.service().await;
    let v = berlin(&service).await;
    let set_user = async |user: &str| {
        let change = Change { user: Some(user.into()), ..Change::default() };
        let edition = berlin(&service).await.edition;
        service.call(EditVcenter { vcenter: v.id.clone(), edition, change }).await.unwrap();
    };
    set_user("somebody").await;
    peer.rule(json!({"method": "Login", "times": 1, "action": {"hold": true, "fault": "InvalidLogin"}}));
    let (sent, run) = {
        let before = peer.calls("Login");
        let under_way = muster.spawn(&["test", "Berlin", "--json"]);
        eventually("the login is under way", || peer.get("/held")["held"] == 1);
        set_user("admin").await;
        peer.post("/release", json!({}));
        let run = finish(under_way);
        (peer.calls("Login") - before, run)
    };
    assert_eq!((run.code, sent), (0, 2), "it was somebody who was rejected: {run:?}");
    let stored = service.call(ShowCredential { credential: v.credential_id.to_string() }).await.unwrap();
    assert_eq!((&*stored.user, stored.rejected_because), ("admin", None::<Rejection>));
    service.close().await;
    assert_eq!(peer.sessions(), 0);
}

/// Gives an ESXi host another hardware id and network card.
fn rebuilt(host: &Peer, uuid: &str, mac: &str) {
    let card = json!([{
        "key": "key-vim.host.PhysicalNic-vmnic0", "device": "vmnic0", "pci": "0000:02:00.0", "spec": {},
        "wakeOnLanSupported": false, "mac": mac
    }]);
    host.post(
        "/update",
        json!({"type": "HostSystem", "all": true, "set": {"summary.hardware.uuid": uuid, "config.network.pnic": card}}),
    );
}

fn esxi() -> Peer {
    Peer::start(&["--model", "esx"])
}

const OWN: &str = "4c4c4544-004a-4210-8052-b4c04f303432";

#[test]
fn the_stored_password_stays_where_it_is_when_an_address_leads_to_a_server_that_shows_no_identity() {
    let (old, new) = (esxi(), esxi());
    rebuilt(&old, OWN, "AA:BB:CC:00:00:01");
    rebuilt(&new, OWN, "AA:BB:CC:00:00:01");
    let muster = Musterctl::with(&old, "Berlin");
    assert_eq!(test(&muster).code, 0);
    muster.ok(&["vcenter", "edit", "Berlin", "--host", &new.address(), "--ca-file", &new.ca()]);
    for command in
        [&["test", "Berlin"][..], &["sync", "full", "Berlin"], &["test", "Berlin", "--retry-login"]]
    {
        let run = muster.json(command);
        assert_eq!((run.code, &run.error()["code"]), (4, &json!("no_password")), "{run:?}");
        let error = run.error();
        assert!(
            error["message"].as_str().unwrap().contains("could not be verified as the same server"),
            "{error}"
        );
        assert!(
            error["next_step"].as_str().unwrap().contains("vcenter edit Berlin --password-stdin"),
            "{error}"
        );
    }
    assert_eq!((new.calls("Login"), &muster.ok(&["status"])[0]["state"]), (0, &json!("no_password")));
    told(
        "vcenter edit --host to a server that shows no identity",
        "nothing was sent; the password is wanted for it",
    );

    let given = ["vcenter", "edit", "Berlin", "--password-stdin", "--json"];
    let run = muster.run_with_stdin(&given, "another than the file's");
    assert!(run.code == 0 && run.stderr.contains("is not sent to the new address"), "{run:?}");
    let run = test(&muster);
    assert_eq!(
        (run.code, new.calls("Login")),
        (4, 0),
        "what was typed says nothing about what is stored: {run:?}"
    );
    assert!(run.error()["next_step"].as_str().unwrap().contains("$CREDENTIALS_DIRECTORY/Berlin"), "{run:?}");
    assert_eq!(muster.run_with_stdin(&given, PASSWORD).code, 0);
    assert_eq!((test(&muster).code, new.calls("Login")), (0, 1));
    assert_eq!(test(&muster).code, 0, "from then on it is known there");
    muster.ok(&["vcenter", "edit", "Berlin", "--host", &old.address(), "--ca-file", &old.ca()]);
    assert_eq!(muster.json(&["test", "Berlin"]).code, 4, "and no longer where it was before");
    assert_eq!((old.sessions(), new.sessions()), (0, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_password_typed_for_the_new_address_goes_there_and_what_answers_still_has_to_be_the_same() {
    let (old, new) = (esxi(), esxi());
    rebuilt(&old, OWN, "AA:BB:CC:00:00:01");
    rebuilt(&new, "4c4c4544-004a-4210-8052-b4c04f303433", "AA:BB:CC:00:00:02");
    let muster = Musterctl::with(&old, "Berlin");
    muster.ok(&["vcenter", "edit", "Berlin", "--host", &new.address(), "--ca-file", &new.ca()]);
    let service = muster.service().await;
    let v = berlin(&service).await;
    assert!(matches!(missing(&service, &v).await, Some(WhyNeeded::Moved { .. })));
    hold(&service, &v, PASSWORD, false).await;
    let error = tested(&service, &v, false).await.unwrap_err();
    assert_eq!((error.code, new.calls("Login")), (Code::NoPassword, 0), "it was typed for something else");
    hold(&service, &v, PASSWORD, true).await;
    let error = tested(&service, &v, false).await.unwrap_err();
    assert_eq!((error.code, new.calls("Login")), (Code::DifferentVcenter, 1), "{error:?}");
    rebuilt(&new, OWN, "AA:BB:CC:00:00:01");
    tested(&service, &v, false).await.unwrap();
    assert_eq!(missing(&service, &v).await, None);
    service.close().await;
    assert_eq!(test(&muster).code, 0, "the stored one goes there from now on");
    assert_eq!((old.sessions(), new.sessions()), (0, 0));
}

#[test]
fn the_stored_password_goes_to_a_vcenter_that_moved_and_to_no_other() {
    let (peer, other, host) = (Peer::vcenter(), Peer::vcenter(), esxi());
    let muster = Musterctl::with(&peer, "Berlin");
    for elsewhere in [&other, &host] {
        muster.ok(&[
            "vcenter",
            "edit",
            "Berlin",
            "--host",
            &elsewhere.address(),
            "--ca-file",
            &elsewhere.ca(),
        ]);
        let run = test(&muster);
        assert_eq!((run.code, &run.error()["code"]), (1, &json!("different_vcenter")), "{run:?}");
        assert_eq!(elsewhere.calls("Login"), 0);
    }
    told("vcenter edit --host to another server", "different_vcenter, nothing was sent");
    let port = peer.address().rsplit(':').next().unwrap().to_owned();
    let same = format!("localhost:{port}");
    muster.ok(&["vcenter", "edit", "Berlin", "--host", &same, "--ca-file", &peer.ca()]);
    assert_eq!(test(&muster).code, 0, "it shows who it is before anybody logs in");
    assert_eq!(peer.sessions(), 0);
}

#[test]
fn two_hosts_that_share_a_hardware_id_are_two_unless_they_share_a_network_card() {
    const COPIED: &str = "03000200-0400-0500-0006-000700080009";
    for (uuid, macs, is_same) in [
        (OWN, ["AA:BB:CC:00:00:01", "AA:BB:CC:00:00:02"], false),
        (OWN, ["AA:BB:CC:00:00:01", "aa:bb:cc:00:00:01"], true),
        (COPIED, ["AA:BB:CC:00:00:01", "AA:BB:CC:00:00:01"], false),
    ] {
        let (first, second) = (esxi(), esxi());
        rebuilt(&first, uuid, macs[0]);
        rebuilt(&second, uuid, macs[1]);
        let muster = Musterctl::with(&first, "first");
        muster.put_password("second", PASSWORD);
        let add =
            ["vcenter", "add", "second", &second.address(), "--user", "admin", "--ca-file", &second.ca()];
        let run = muster.json(&add);
        assert_eq!(run.code, if is_same { 9 } else { 0 }, "{uuid} {macs:?}: {run:?}");
        told(
            &format!("two ESXi hosts with the hardware id {uuid} and the network cards {macs:?}"),
            if is_same { "the second one is the first" } else { "both are there" },
        );
        if is_same {
            continue;
        }
        assert_eq!(run.document()["instance_uuid"], json!(uuid));
        muster.ok(&["sync", "full", "--all"]);
        let hosts = muster.ok(&["inventory", "hosts"]);
        let of: Vec<&str> =
            hosts.as_array().unwrap().iter().filter_map(|row| row["vcenter"].as_str()).collect();
        assert_eq!(of, ["first", "second"], "kept apart: {hosts}");
        assert_eq!(muster.ok(&["inventory", "hosts", "--vcenter", "second"]).as_array().unwrap().len(), 1);
        // The one that is configured stays itself, whatever card is in it.
        rebuilt(&first, uuid, macs[1]);
        assert_eq!(muster.json(&["sync", "full", "--all"]).code, 0);
        muster.ok(&["vcenter", "remove", "first", "--yes"]);
        let left = muster.ok(&["inventory", "vms"]);
        assert!(left.as_array().unwrap().iter().all(|row| row["vcenter"] == "second"), "{left}");
        assert!(!left.as_array().unwrap().is_empty());
    }
}

#[test]
fn a_credential_goes_with_the_vcenter_it_was_made_with_after_renames_too_and_no_other_does() {
    let peer = Peer::vcenter();
    let muster = Musterctl::with(&peer, "Berlin");
    muster.put_password("Bonn", PASSWORD);
    muster.ok(&["credential", "add", "Bonn", "--user", "admin"]);
    muster.ok(&["vcenter", "edit", "Berlin", "--name", "Bonn"]);
    let run = muster.json(&["vcenter", "remove", "Bonn", "--yes"]);
    assert!(run.code == 0 && run.stderr.contains("\"Berlin\" was removed as well"), "{run:?}");
    assert_eq!(credential(&muster)["name"], "Bonn", "it only has the same name");

    let with = ["--credential", "Bonn", "--ca-file", &peer.ca()];
    muster.ok(&[&["vcenter", "add", "Bonn", &peer.address()][..], &with].concat());
    muster.ok(&["vcenter", "remove", "Bonn", "--yes"]);
    assert_eq!(credential(&muster)["name"], "Bonn", "it was there before the vCenter");
}

#[test]
fn a_server_that_quotes_the_password_in_its_refusal_gets_it_into_no_file_and_no_output() {
    let peer = Peer::vcenter();
    let muster = Musterctl::with(&peer, "Berlin");
    let quoted = format!("Cannot log in with password \"{PASSWORD}\".");
    for (fault, words) in
        [("InvalidLogin", &*quoted), ("SystemError", &quoted), ("InvalidLogin", &quoted.replace(' ', "\n"))]
    {
        peer.rule(json!({"method": "Login", "times": 1, "action": {"fault": fault, "message": words}}));
        let run = muster.json(&["test", "Berlin", "--retry-login"]);
        assert!(run.code != 0 && run.stdout.contains("they quote the password"), "{run:?}");
        assert!(!run.stdout.contains(PASSWORD) && !run.stderr.contains(PASSWORD), "{run:?}");
    }
    let out = muster.folder().join("b.zip");
    muster.ok(&["support-bundle", "--yes", "--out", out.to_str().unwrap()]);
    let found = std::process::Command::new("grep")
        .args(["-rl", PASSWORD])
        .arg(muster.data())
        .arg(&out)
        .output()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&found.stdout), "");
}
