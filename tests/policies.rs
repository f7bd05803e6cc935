//! Policies on the command line and in a worker, against test vCenters that count and misbehave: from a file to what it did.
//! Refuses to believe Muster: what was asked of a vCenter is what that vCenter saw.

use crate::support::{Musterctl, Peer, Run, eventually, finish, interrupt, table, terminate};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::process::Child;

/// Adds vCenters with these tags.
fn estate(muster: &Musterctl, peers: &[(&Peer, &str, &str)]) {
    for (peer, name, tag) in peers {
        muster.add_pinned(peer, name);
        muster.ok(&["vcenter", "edit", name, "--tag", tag]);
    }
}

fn file(muster: &Musterctl, policy: &Value) -> PathBuf {
    let path = muster.folder().join(format!("{}.json", policy["name"].as_str().unwrap()));
    std::fs::write(&path, policy.to_string()).unwrap();
    path
}

fn add(muster: &Musterctl, policy: &Value) -> Value {
    muster.ok(&["policy", "add", file(muster, policy).to_str().unwrap()])
}

fn run(muster: &Musterctl, name: &str) -> (i32, Value) {
    let run = muster.json(&["policy", "run", name]);
    (run.code, run.document()[0].clone())
}

/// The runs of policies, the oldest first.
fn runs(muster: &Musterctl) -> Vec<Value> {
    let all = muster.ok(&["operations", "list", "--kind", "policy", "--limit", "500"]);
    all.as_array().unwrap().iter().rev().cloned().collect()
}

fn operation(muster: &Musterctl, id: &Value) -> Value {
    muster.ok(&["operations", "show", id.as_str().unwrap()])
}

fn worker(muster: &Musterctl) -> Child {
    let child = muster.spawn(&["run", "--json"]);
    eventually("a worker is there", || {
        let watched = muster.json(&["policy", "list"]);
        watched.code == 0
            && muster.folder().join("data/run").read_dir().is_ok_and(|mut all| {
                all.any(|one| one.is_ok_and(|one| one.path().extension().is_some_and(|end| end == "worker")))
            })
    });
    child
}

fn message(run: &Run) -> String {
    run.error()["message"].as_str().unwrap_or_default().to_owned()
}

#[test]
fn a_policy_goes_from_a_file_to_its_operations_and_back_into_a_file() {
    let (berlin, oslo) = (Peer::vcenter(), Peer::vcenter());
    let muster = Musterctl::new();
    estate(&muster, &[(&berlin, "Berlin", "prod"), (&oslo, "Oslo", "lab")]);
    let nightly = json!({
        "name": "Nightly",
        "when": [{ "on": "cron", "cron": "30 2 * * *" }, { "on": "online" }],
        "if": { "tags": ["prod"], "quiet": "12:00-12:01" },
        "do": [{ "step": "test" }, { "step": "full_sync" }],
        "how": { "batch": 1, "stop_after": 1 },
        "zone": "Europe/Berlin"
    });
    let added = add(&muster, &nightly);
    for field in ["name", "when", "if", "do", "how", "zone"] {
        assert_eq!(added[field], nightly[field], "{field}");
    }
    assert!(
        added["enabled"] == true && added["next_at"].is_string() && added["last_run"].is_null(),
        "{added}"
    );

    let dry = muster.ok(&["policy", "run", "nightly", "--dry-run"]);
    assert_eq!((&dry["runs"], dry["steps"].as_array().unwrap().len()), (&json!(true), 2), "{dry}");
    assert_eq!(dry["steps"][1], json!({ "step": "Full sync", "batches": [["Berlin"]] }));
    let before = oslo.calls("Login");
    assert_eq!(berlin.calls("Login"), before, "nothing is contacted by a dry run");

    let (code, ran) = run(&muster, "Nightly");
    assert_eq!((code, &ran["state"], &ran["kind"]), (0, &"succeeded".into(), &"policy".into()), "{ran}");
    let steps = ran["result"]["steps"].as_array().unwrap();
    assert_eq!(steps.iter().map(|step| &step["outcome"]).collect::<Vec<_>>(), ["succeeded", "succeeded"]);
    let sync = operation(&muster, &steps[1]["operations"][0]);
    assert_eq!(
        (&sync["kind"], &sync["vcenter"], &sync["origin"], &sync["state"]),
        (&"full_sync".into(), &"Berlin".into(), &"policy".into(), &"succeeded".into())
    );
    assert_eq!(oslo.calls("Login"), before, "it is for what has the tag");
    let of = muster.ok(&["policy", "runs", "nightly"]);
    assert_eq!((&of[0]["run"], &of[0]["outcome"]), (&ran["operation"], &"succeeded".into()), "{of}");
    assert_eq!(of[0]["steps"], ran["result"]["steps"]);
    assert!(muster.run(&["policy", "runs", "nightly"]).stdout.contains("Started by hand"));
    let shown = muster.run(&["policy", "show", "Nightly"]).stdout;
    for words in
        ["daily 02:30; when a vCenter is back online", "tag prod", "1 vCenter at once", "Full sync succeeded"]
    {
        assert!(shown.contains(words), "{words}: {shown}");
    }
    assert!(muster.run(&["policy", "list"]).stdout.contains("Connection test, Full sync"));

    // What show prints is edited and taken back, unless somebody changed it since.
    let mut printed = muster.ok(&["policy", "show", "Nightly"]);
    printed["do"] = json!([{ "step": "sync_hosts" }]);
    let path = file(&muster, &printed);
    let edited = muster.ok(&["policy", "edit", "Nightly", path.to_str().unwrap()]);
    assert_eq!((&edited["do"], &edited["if"]), (&printed["do"], &nightly["if"]));
    let stale = muster.json(&["policy", "edit", "Nightly", path.to_str().unwrap()]);
    assert_eq!(stale.error()["code"], "changed_meanwhile", "{stale:?}");
    let audit = muster.ok(&["audit", "list", "--limit", "50"]).to_string();
    for command in ["add_policy", "edit_policy", "run_policy"] {
        assert!(audit.contains(command), "{command}");
    }
    muster.ok(&["policy", "disable", "Nightly"]);
    assert!(muster.ok(&["policy", "show", "Nightly"])["next_at"].is_null());
    muster.ok(&["policy", "enable", "Nightly"]);
    muster.ok(&["policy", "remove", "Nightly", "--yes"]);
    assert_eq!(muster.ok(&["policy", "list"]), json!([]));
    assert!(muster.ok(&["operations", "show", ran["operation"].as_str().unwrap()])["result"].is_object());
}

#[test]
fn what_is_wrong_with_a_file_is_said_and_nothing_is_stored() {
    let muster = Musterctl::new();
    let typed = [
        ("{", "EOF while parsing"),
        ("[]", "is not a policy"),
        (r#"{"name":"p","do":[{"step":"reboot"}]}"#, "reboot"),
        (r#"{"name":"p","do":[{"step":"test"}],"whem":[]}"#, "whem"),
        (r#"{"name":"p","do":[{"step":"test"}],"when":[{"on":"cron","corn":"1"}]}"#, "cor"),
        (r#"{"name":"p","do":[]}"#, "does nothing"),
        (r#"{"name":"p","do":[{"step":"test"}],"if":{"vcenters":["Nowhere"]}}"#, "Nowhere"),
    ];
    for (text, said) in typed {
        let refused = muster.run_with_stdin(&["policy", "add", "-", "--json"], text);
        assert_eq!(refused.code, if said == "Nowhere" { 3 } else { 2 }, "{text}: {refused:?}");
        assert!(message(&refused).contains(said), "{text}: {}", message(&refused));
        assert!(refused.error()["next_step"].is_string());
    }
    assert_eq!(muster.ok(&["policy", "list"]), json!([]));
    let missing = muster.json(&["policy", "add", "/nowhere/policy.json"]);
    assert!(message(&missing).contains("/nowhere/policy.json can't be read"), "{missing:?}");
    let refused = muster.json(&["--role", "viewer", "policy", "run", "p"]);
    assert_eq!(refused.error()["code"], "forbidden");
}

#[test]
fn a_policy_that_fails_half_way_stops_as_it_says_and_one_that_is_told_nothing_goes_on() {
    let peers = [Peer::vcenter(), Peer::vcenter(), Peer::vcenter()];
    let muster = Musterctl::new();
    estate(&muster, &[(&peers[0], "A", "t"), (&peers[1], "B", "t"), (&peers[2], "C", "t")]);
    let before = peers.each_ref().map(|peer| peer.calls("Login"));
    peers[1].rule(json!({ "method": "Login", "action": { "fault": "InvalidLogin" } }));
    let policy = |name: &str, how: Value| json!({ "name": name, "do": [{ "step": "test" }, { "step": "sync_hosts" }], "how": how });
    add(&muster, &policy("stops", json!({ "batch": 1, "stop_after": 1 })));
    let (code, ran) = run(&muster, "stops");
    assert_eq!((code, &ran["state"]), (8, &"partial".into()), "{ran}");
    let steps = &ran["result"]["steps"];
    assert_eq!(steps[0]["operations"].as_array().unwrap().len(), 2, "C is not begun: {steps}");
    assert!(
        steps[1]["outcome"].is_null() && steps[1]["message"].as_str().unwrap().contains("after 1 failure")
    );
    assert_eq!((peers[2].calls("Login"), peers[0].calls("Login")), (before[2], before[0] + 1));

    add(&muster, &policy("goes on", json!({})));
    let (code, ran) = run(&muster, "goes on");
    assert_eq!((code, &ran["state"]), (8, &"partial".into()), "{ran}");
    let steps = &ran["result"]["steps"];
    for step in steps.as_array().unwrap() {
        assert_eq!((step["operations"].as_array().unwrap().len(), &step["outcome"]), (3, &"failed".into()));
        assert!(step["message"].as_str().unwrap().starts_with("B: "), "{step}");
    }
    assert_eq!(
        peers[1].calls("Login"),
        before[1] + 1,
        "a password that was rejected is not sent again by itself"
    );
    table("a policy of two steps, one of three vCenters rejects the login", &ran["error"]["message"]);
}

#[test]
fn a_run_ends_with_what_it_started_when_it_is_cancelled_or_takes_too_long() {
    let peer = Peer::vcenter();
    let muster = Musterctl::new();
    estate(&muster, &[(&peer, "Berlin", "t")]);
    let hold = || peer.rule(json!({ "method": "RetrievePropertiesEx", "action": { "hold": true } }));
    let steps = json!([{ "step": "full_sync" }, { "step": "test" }]);
    add(&muster, &json!({ "name": "late", "do": steps, "how": { "most_seconds": 3 } }));
    hold();
    let (code, ran) = run(&muster, "late");
    assert_eq!((code, &ran["state"]), (1, &"failed".into()), "{ran}");
    let said = ran["error"]["message"].as_str().unwrap();
    assert!(said.contains("longer than 3 s"), "{said}");
    let sync = operation(&muster, &ran["result"]["steps"][0]["operations"][0]);
    assert_eq!(sync["state"], "cancelled", "{sync}");
    assert!(ran["result"]["steps"][1]["outcome"].is_null(), "{ran}");

    add(&muster, &json!({ "name": "long", "do": steps }));
    for end in [interrupt as fn(&Child), terminate] {
        let before = runs(&muster).len();
        let child = muster.spawn(&["policy", "run", "long", "--json"]);
        eventually("its sync reads", || {
            let all = muster.ok(&["operations", "list", "--kind", "full_sync", "--limit", "1"]);
            runs(&muster).len() > before && all[0]["state"] == "running"
        });
        end(&child);
        finish(child);
        let run = runs(&muster).pop().unwrap();
        let sync = muster.ok(&["operations", "list", "--kind", "full_sync", "--limit", "1"])[0].clone();
        assert_eq!((&run["state"], &sync["state"]), (&"cancelled".into(), &"cancelled".into()), "{run}");
    }
    peer.behave();
}

#[test]
fn a_worker_starts_what_a_sync_leads_to_once_and_a_policy_that_leads_to_itself_never() {
    let peer = Peer::vcenter();
    let muster = Musterctl::new();
    estate(&muster, &[(&peer, "Berlin", "t")]);
    muster.ok(&["sync", "full", "Berlin"]);
    let on = |name: &str, step: &str| json!({ "name": name, "when": [{ "on": "synced", "kind": "vms", "change": "changed" }], "do": [{ "step": step }] });
    // Each leads to a sync that may change VMs: the one of itself, the two to each other.
    add(&muster, &on("one", "full_sync"));
    add(&muster, &on("other", "full_sync"));
    add(
        &muster,
        &json!({ "name": "hosts", "when": [{ "on": "synced", "kind": "hosts", "change": "added" }], "do": [{ "step": "test" }] }),
    );
    let workers = [worker(&muster), worker(&muster)];
    // Every read of the VM from here on finds another name: each sync changes it.
    let rename = |number: usize| {
        let objects = peer.get("/objects?type=VirtualMachine");
        let vm = &objects["objects"][0]["moref"];
        peer.post("/update", json!({ "moref": vm, "set": { "name": format!("renamed-{number}") } }));
    };
    rename(0);
    muster.ok(&["sync", "full", "Berlin"]);
    eventually("both policies ran", || {
        runs(&muster).iter().filter(|run| run["state"] == "succeeded").count() >= 2
    });
    // What their syncs change starts the other one, and nothing that goes round.
    for number in 1..8 {
        rename(number);
        std::thread::sleep(std::time::Duration::from_millis(400));
    }
    eventually("nothing runs any more", || {
        let all = muster.ok(&["operations", "list", "--limit", "100"]);
        all.as_array()
            .unwrap()
            .iter()
            .all(|one| !["queued", "running"].contains(&one["state"].as_str().unwrap()))
    });
    let all = runs(&muster);
    let by = |name: &str| all.iter().filter(|run| run["scope"][0] == name).count();
    assert!(
        all.iter().all(|run| run["origin"] == "policy" && run["job"]["cause"]["what"] == "synced"),
        "{all:#?}"
    );
    // The person's sync starts each once, and a sync of the one starts the other once at most.
    assert!((1..=2).contains(&by("one")) && (1..=2).contains(&by("other")), "{} {}", by("one"), by("other"));
    assert_eq!(by("hosts"), 0, "no host was added");
    for worker in workers {
        terminate(&worker);
        assert_eq!(finish(worker).code, 0);
    }
}

#[test]
fn a_policy_runs_when_muster_starts_and_on_its_interval_by_itself() {
    let peer = Peer::vcenter();
    let muster = Musterctl::new();
    estate(&muster, &[(&peer, "Berlin", "t")]);
    add(&muster, &json!({ "name": "start", "when": [{ "on": "start" }], "do": [{ "step": "test" }] }));
    add(
        &muster,
        &json!({ "name": "often", "when": [{ "on": "interval", "every_seconds": 5 }], "do": [{ "step": "test" }] }),
    );
    assert_eq!(runs(&muster), Vec::<Value>::new());
    let worker = worker(&muster);
    let by = |name: &str| {
        runs(&muster).iter().filter(|run| run["scope"][0] == name && run["state"] == "succeeded").count()
    };
    eventually("it runs again and again", || by("often") >= 2);
    assert_eq!(by("start"), 1);
    let sum = peer.calls("Login");
    assert!(sum >= 1, "{sum}");
    terminate(&worker);
    assert_eq!(finish(worker).code, 0);
}

#[test]
fn a_run_that_nobody_started_begins_nothing_more_once_everything_is_paused() {
    let (berlin, oslo) = (Peer::vcenter(), Peer::vcenter());
    let muster = Musterctl::new();
    estate(&muster, &[(&berlin, "Berlin", "prod"), (&oslo, "Oslo", "prod")]);
    let long = json!({
        "name": "Long", "when": [{ "on": "start" }],
        "do": [{ "step": "test" }, { "step": "read_servers" }],
        "how": { "batch": 1, "pause_seconds": 4 },
    });
    add(&muster, &long);
    let worker = worker(&muster);
    let tests = || muster.ok(&["operations", "list", "--kind", "test", "--state", "succeeded"]);
    eventually("the first batch is done", || tests().as_array().is_some_and(|all| all.len() == 1));
    muster.ok(&["vcenter", "pause", "--all"]);
    eventually("the run has ended", || runs(&muster)[0]["finished_at"].is_string());
    let run = runs(&muster).remove(0);
    assert_eq!(run["state"], "partial", "{run}");
    let steps = &run["result"]["steps"];
    assert_eq!(steps[0]["message"], "not done on all: everything is paused", "{run}");
    assert_eq!(steps[1]["message"], "not begun: everything is paused", "{run}");
    assert_eq!(tests().as_array().map(Vec::len), Some(1), "nothing more was begun");
    // A person runs it all the same, on both.
    let (code, run) = self::run(&muster, "Long");
    assert_eq!((code, &run["state"]), (0, &json!("succeeded")), "{run}");
    terminate(&worker);
    finish(worker);
}
