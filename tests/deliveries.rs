//! What policies deliver, against an SMTP server and a webhook that nobody here wrote: what arrived is what they say.
//! Refuses to believe Muster: signatures are checked by the receiver, and each of its lines counts.

use crate::support::{Musterctl, Peer, Receivers, eventually, table};
use serde_json::{Value, json};
use std::path::Path;

/// A vCenter that was read, and receivers with their destinations: `hook`, `mail` and `starttls`, each pinned.
fn estate() -> (Peer, Musterctl, Receivers) {
    let (peer, muster, receivers) = (Peer::vcenter(), Musterctl::new(), Receivers::start());
    muster.add_pinned(&peer, "Berlin");
    muster.ok(&["sync", "full", "Berlin"]);
    for (name, user, password) in
        [("mailer", Receivers::USER, Receivers::PASSWORD), ("signing", "webhook", Receivers::SIGNING_KEY)]
    {
        let add = ["credential", "add", name, "--user", user, "--password-stdin", "--json"];
        let run = muster.run_with_stdin(&add, &format!("{password}\n"));
        assert_eq!(run.code, 0, "{run:?}");
        muster.put_password(name, password);
    }
    let (url, pin) = (format!("https://{}/in?from=muster", receivers.at("hook")), receivers.fingerprint());
    muster.ok(&["destination", "add", "hook", "--webhook", &url, "--credential", "signing", "--pin", &pin]);
    for (name, security) in [("mail", "tls"), ("starttls", "starttls")] {
        let at = receivers.at(security);
        let to = ["--to", "ops@example.org", "--to", "Night shift <night@example.org>"];
        let add = ["destination", "add", name, "--smtp", &at, "--security", security, "--pin", &pin];
        let as_whom = ["--from", "Muster <muster@example.org>", "--credential", "mailer"];
        muster.ok(&[&add[..], &to, &as_whom].concat());
    }
    (peer, muster, receivers)
}

fn policy(muster: &Musterctl, name: &str, steps: Value) {
    let path = muster.folder().join("policy.json");
    std::fs::write(&path, json!({ "name": name, "do": steps }).to_string()).unwrap();
    muster.ok(&["policy", "add", path.to_str().unwrap()]);
}

fn run(muster: &Musterctl, name: &str) -> (i32, Value) {
    let run = muster.json(&["policy", "run", name]);
    (run.code, run.document()[0].clone())
}

/// The deliveries, the newest first.
fn deliveries(muster: &Musterctl) -> Vec<Value> {
    let all = muster.ok(&["operations", "list", "--kind", "deliver", "--limit", "100"]);
    all.as_array().unwrap().clone()
}

#[test]
fn a_run_is_told_to_a_webhook_that_verifies_it_and_by_mail_over_tls_with_a_login() {
    let (_peer, muster, mut receivers) = estate();
    for name in ["hook", "mail", "starttls"] {
        let tested = muster.json(&["destination", "test", name]);
        assert_eq!(tested.code, 0, "{tested:?}");
    }
    assert_eq!(receivers.all("hook")[0]["body"]["type"], "test");
    policy(
        &muster,
        "tell all",
        json!([
            { "step": "test" },
            { "step": "send", "to": "hook" },
            { "step": "send", "to": "hook", "about": "health" },
            { "step": "send", "to": "mail" },
            { "step": "send", "to": "starttls", "about": "health" },
            { "step": "notify" },
        ]),
    );
    let (code, ran) = run(&muster, "tell all");
    assert_eq!((code, &ran["state"]), (0, &json!("succeeded")), "{ran}");

    let hooks = receivers.all("hook");
    let of_run = |number: usize| format!("{}.{number}", ran["operation"].as_str().unwrap());
    let ids: Vec<&str> = hooks[1..].iter().map(|one| one["id"].as_str().unwrap()).collect();
    assert_eq!(ids, [of_run(2), of_run(3)]);
    for hook in &hooks {
        assert_eq!((&hook["verified"], &hook["age"]), (&json!(true), &json!(true)), "{hook}");
        assert_eq!(hook["path"], "/in?from=muster");
    }
    let (told, health) = (&hooks[1]["body"], &hooks[2]["body"]);
    assert_eq!((&told["type"], &told["data"]["name"]), (&json!("policy.run"), &json!("tell all")));
    assert_eq!(
        (&told["data"]["vcenters"], &told["data"]["cause"]["what"]),
        (&json!(["Berlin"]), &json!("hand"))
    );
    assert_eq!(told["data"]["steps"][0]["outcome"], "succeeded", "{told}");
    let open = muster.ok(&["health"]);
    let open = open["findings"].as_array().or(open.as_array()).unwrap();
    let critical = open.iter().filter(|one| one["level"] == "critical").count();
    assert_eq!(
        (&health["type"], &health["data"]["open"]["critical"]),
        (&json!("health.summary"), &json!(critical))
    );
    assert_eq!(health["data"]["findings"].as_array().unwrap().len(), open.len(), "{health}");

    let mails = receivers.all("mail");
    assert_eq!(mails.len(), 4, "two tests and two of the run");
    for mail in &mails {
        assert_eq!((&mail["tls"], &mail["login"]), (&json!(true), &json!(Receivers::USER)), "{mail}");
        assert_eq!(mail["to"], json!(["ops@example.org", "night@example.org"]));
    }
    let text = mails[2]["text"].as_str().unwrap();
    assert!(
        text.contains("Subject: [Muster] tell all") && text.contains("Connection test succeeded"),
        "{text}"
    );
    assert!(mails[3]["text"].as_str().unwrap().contains("Host disconnected"), "{}", mails[3]["text"]);
    assert!(receivers.all("login").iter().all(|one| one["accepted"] == true));
    table("a run to a webhook and two mail servers", "each once, verified, over TLS");

    let shown = muster.run(&["policy", "show", "tell all"]).stdout;
    assert!(shown.contains("Health summary to starttls") && shown.contains("Message to hook"), "{shown}");
    let refused = muster.json(&["destination", "remove", "hook", "--yes"]);
    assert!(refused.error()["message"].as_str().unwrap().contains("tell all"), "{refused:?}");
    let refused = muster.json(&["credential", "remove", "signing", "--yes"]);
    assert!(refused.error()["message"].as_str().unwrap().contains("hook"), "{refused:?}");
    for role in ["viewer", "operator"] {
        for command in [
            &["test", "hook"][..],
            &["remove", "hook", "--yes"],
            &["edit", "hook", "--credential", "mailer"],
            &["add", "other", "--folder", "/tmp"],
        ] {
            let refused = muster.json(&[&["--role", role, "destination"], command].concat());
            assert_eq!(refused.code, 7, "{refused:?}");
        }
    }
    let test = deliveries(&muster).into_iter().find(|one| one["job"]["delivery"]["what"] == "test").unwrap();
    let again = ["--role", "operator", "operations", "retry", test["operation"].as_str().unwrap()];
    assert_eq!(muster.json(&again).code, 7, "a test is an admin's, also once more");
    let told = muster.ok(&["--role", "operator", "destination", "show", "hook"]);
    assert_eq!((&told["kind"], &told["target"]), (&json!("webhook"), &Value::Null), "a URL may be a secret");
    let audit = muster.ok(&["audit", "list"]).to_string();
    assert!(audit.contains("add_destination") && audit.contains("test_destination"));
    for secret in [Receivers::PASSWORD, Receivers::SIGNING_KEY] {
        assert!(!audit.contains(secret) && !format!("{hooks:?}{mails:?}").contains(secret));
    }
}

#[test]
fn what_a_receiver_refuses_is_said_and_only_what_it_did_not_take_is_sent_again() {
    let (_peer, muster, mut receivers) = estate();
    let test = |name: &str| {
        let run = muster.json(&["destination", "test", name]);
        (run.code, run.document()[0]["error"]["message"].as_str().unwrap_or_default().to_owned())
    };
    receivers.fail(503, 2);
    assert_eq!(test("hook"), (0, String::new()));
    let ids: Vec<Value> = receivers.all("hook").iter().map(|one| one["id"].clone()).collect();
    assert!(ids.len() == 3 && ids.iter().all(|id| *id == ids[0]), "the same event each time: {ids:?}");
    for (status, told) in [(400, "returned HTTP status 400"), (302, "returned HTTP status 302")] {
        let before = receivers.all("hook").len();
        receivers.fail(status, 1);
        let (code, message) = test("hook");
        assert!(code == 1 && message.contains(told), "{message}");
        assert_eq!(
            receivers.all("hook").len(),
            before + 1,
            "{status} is no reason to try again, nor to follow"
        );
        table(&format!("a webhook that answers {status}"), message);
    }

    muster.put_password("mailer", "of yesterday");
    let (code, message) = test("mail");
    assert!(code != 0 && message.contains("rejected user and password"), "{message}");
    let rejected = receivers.all("login").iter().filter(|one| one["accepted"] == false).count();
    assert_eq!(rejected, 1, "a password is not tried twice");
    policy(&muster, "mails", json!([{ "step": "send", "to": "mail" }]));
    for _ in 0..2 {
        let (code, ran) = run(&muster, "mails");
        assert!(code != 0, "{ran}");
    }
    let rejected = receivers.all("login").iter().filter(|one| one["accepted"] == false).count();
    assert_eq!(rejected, 1, "nor by a run that comes after it");
    table("a wrong password of a mail server", message);
    muster.put_password("mailer", Receivers::PASSWORD);
    muster.ok(&["destination", "edit", "mail", "--to", "nobody@example.org"]);
    let (code, message) = test("mail");
    assert!(code == 1 && message.contains("550"), "{message}");
    assert_eq!(receivers.all("refused").len(), 1);
    table("a recipient that the server doesn't have", message);

    let plain = receivers.at("plain");
    muster.ok(&["destination", "edit", "starttls", "--smtp", &plain]);
    let (code, message) = test("starttls");
    assert!(code == 1 && message.contains("does not offer STARTTLS"), "{message}");
    table("a mail server without TLS, where it is wanted", message);
    muster.ok(&["destination", "edit", "mail", "--pin", &"ab".repeat(32)]);
    let (code, message) = test("mail");
    assert!(code != 0 && message.contains("not trusted"), "{message}");
    assert!(receivers.all("mail").is_empty(), "nothing was handed in");
    let refused = muster.json(&["destination", "edit", "mail", "--security", "none"]);
    assert!(refused.error()["message"].as_str().unwrap().contains("over TLS only"), "{refused:?}");

    for (bad, told) in [
        (vec!["--webhook", "http://example.org/", "--credential", "signing"], "https://"),
        (vec!["--webhook", "https://example.org/", "--credential", "nothing"], "no credential \"nothing\""),
        (vec!["--webhook", "https://example.org/"], "no credential to sign with"),
        (vec!["--smtp", "mail", "--from", "nobody", "--to", "a@b"], "the sender is no mail address"),
        (vec!["--smtp", "mail", "--from", "a@b"], "0 recipients"),
        (vec!["--folder", "relative"], "not an absolute path"),
        (vec!["--folder", "/nowhere/at/all"], "/nowhere/at/all"),
        (vec!["--folder", "/tmp", "--keep", "0"], "0 exports"),
        (vec!["--folder", "/tmp", "--to", "a@b"], "--to can't be set for a folder"),
        (vec!["--folder", muster.data().to_str().unwrap()], "data folder"),
    ] {
        let refused = muster.json(&[&["destination", "add", "new"], &bad[..]].concat());
        let message = refused.error()["message"].as_str().unwrap_or_default().to_lowercase();
        assert!(message.contains(&told.to_lowercase()), "{bad:?}: {refused:?}");
    }
    assert_eq!(muster.ok(&["destination", "list"]).as_array().unwrap().len(), 3, "nothing was stored");
}

#[test]
fn what_a_receiver_has_taken_is_delivered_however_long_it_takes_to_say_goodbye() {
    let (_peer, muster, mut receivers) = estate();
    receivers.drip();
    receivers.leave();
    for name in ["hook", "mail"] {
        let run = muster.json(&["destination", "test", name]);
        assert_eq!(run.code, 0, "{run:?}");
    }
    assert_eq!((receivers.all("hook").len(), receivers.all("mail").len()), (1, 1));
}

#[test]
fn an_event_whose_sender_dies_is_not_sent_again() {
    let (_peer, muster, mut receivers) = estate();
    policy(&muster, "tell", json!([{ "step": "send", "to": "hook" }]));
    receivers.hold();
    let mut child = muster.spawn(&["policy", "run", "tell", "--json"]);
    eventually("the event is there", || receivers.all("hook").len() == 1);
    child.kill().unwrap();
    child.wait().unwrap();
    let mut worker = muster.spawn(&["run", "--json"]);
    eventually("its operations are over", || {
        deliveries(&muster).first().is_some_and(|one| one["state"] == "interrupted")
            && muster.ok(&["operations", "list", "--kind", "policy"])[0]["state"] == "interrupted"
    });
    // By now a worker that began it again would have done so: a run of its own comes after it.
    assert_eq!(run(&muster, "tell").0, 0);
    worker.kill().unwrap();
    worker.wait().unwrap();
    let ids: Vec<Value> = receivers.all("hook").iter().map(|one| one["id"].clone()).collect();
    assert!(ids.len() == 2 && ids[0] != ids[1], "one of each run: {ids:?}");
    table(
        "a process that dies while a webhook doesn't answer",
        "the event arrived once, and its operation says so",
    );
}

#[test]
fn an_export_writes_a_file_for_each_kind_and_keeps_as_many_as_it_should() {
    let (_peer, muster, _receivers) = estate();
    let folder = muster.folder().join("exports");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("muster.csv"), "somebody's own").unwrap();
    let path = folder.to_str().unwrap();
    muster.ok(&["destination", "add", "nightly", "--folder", path, "--keep", "2"]);
    assert_eq!(muster.json(&["destination", "test", "nightly"]).code, 0);
    assert_eq!(names(&folder), ["muster.csv"], "a test leaves nothing");
    policy(
        &muster,
        "Nightly export",
        json!([{ "step": "export", "to": "nightly", "kinds": ["vms", "hosts"] }]),
    );
    for _ in 0..3 {
        assert_eq!(run(&muster, "Nightly export").0, 0);
        // Names have seconds.
        std::thread::sleep(std::time::Duration::from_millis(1100));
    }
    let all = names(&folder);
    let of = |kind: &str| all.iter().filter(|name| name.contains(&format!("-{kind}-"))).collect::<Vec<_>>();
    assert_eq!((of("vms").len(), of("hosts").len(), all.len()), (2, 2, 5), "{all:?}");
    let written = std::fs::read_to_string(folder.join(of("vms")[1])).unwrap();
    let rows = muster.ok(&["inventory", "vms"]).as_array().unwrap().len();
    // Notes have lines of their own.
    assert_eq!(written.matches("\n\"Berlin\",").count(), rows);
    assert!(written.starts_with('\u{feff}') && written.contains("\"Berlin\""));
    let newest = deliveries(&muster)[0].clone();
    assert_eq!(newest["result"]["files"].as_array().unwrap().len(), 2, "{newest}");
    assert_eq!(newest["result"]["deleted"].as_array().unwrap().len(), 2, "{newest}");
    std::fs::remove_dir_all(&folder).unwrap();
    let (code, ran) = run(&muster, "Nightly export");
    assert!(
        code != 0 && ran["error"]["message"].as_str().unwrap().contains("the folder of nightly"),
        "{ran}"
    );
    let wrong = muster.run_with_stdin(
        &["policy", "add", "-", "--json"],
        &json!({ "name": "p", "do": [{ "step": "send", "to": "nightly" }] }).to_string(),
    );
    assert!(wrong.error()["message"].as_str().unwrap().contains("is a folder"), "{wrong:?}");
}

fn names(folder: &Path) -> Vec<String> {
    let all = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<String> =
        all.map(|one| one.unwrap().file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}
