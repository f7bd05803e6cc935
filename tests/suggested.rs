//! Commands that Muster tells people to call: each is for the job that failed, and a shell hands over what is meant.
//! Refuses to compare texts alone: what is suggested is called, by a real shell.

use crate::support::{Musterctl, Peer, Run, finish, table};
use serde_json::{Value, json};

/// A name that a shell would do something with.
const HOSTILE: &str = "it's $(touch x) `id` \"q\" & *";

fn many_vms() -> Peer {
    Peer::start(&["--model", "vpx", "--rich=false", "--vms", "1", "--extra-vms", "120"])
}

/// Calls a suggested command as somebody who copies it.
fn call(muster: &Musterctl, command: &str) -> Run {
    let template = muster.command(&[]);
    let program = std::path::Path::new(template.get_program());
    let path = format!("{}:/usr/bin:/bin", program.parent().unwrap().display());
    let mut shell = std::process::Command::new("sh");
    shell.args(["-c", &command.replacen("musterctl", "musterctl --json", 1)]).current_dir(muster.folder());
    shell
        .env_clear()
        .envs(template.get_envs().filter_map(|(key, value)| Some((key, value?))))
        .env("PATH", path);
    shell.stdin(std::process::Stdio::piped());
    shell.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
    finish(shell.spawn().unwrap())
}

/// The command on the line of its remedy, which is there as data too.
fn accepting(error: &Value) -> String {
    assert_eq!(error["remedies"][0]["remedy"], "accept_removals", "{error}");
    let next = error["next_step"].as_str().unwrap_or_else(|| panic!("{error}"));
    let command = next.lines().find_map(|line| line.strip_prefix("Accept the removals: "));
    command.unwrap_or_else(|| panic!("{next}")).to_owned()
}

fn refused(run: &Run) -> Value {
    assert_eq!((run.code, &run.document()[0]["error"]["code"]), (1, &json!("too_many_removals")), "{run:?}");
    run.document()[0]["error"].clone()
}

#[test]
fn removals_are_accepted_of_the_kind_that_was_refreshed_and_of_nothing_else() {
    let peer = many_vms();
    let muster = Musterctl::with(&peer, HOSTILE);
    muster.ok(&["sync", "full", HOSTILE]);
    let hosts = muster.ok(&["inventory", "hosts"]);
    peer.post("/destroy", json!({"type": "VirtualMachine", "count": 90}));

    let command = accepting(&refused(&muster.json(&["refresh", "vms", HOSTILE])));
    assert!(
        command.starts_with("musterctl refresh vms '") && command.ends_with("--accept-removals"),
        "{command}"
    );
    let stale = muster.json(&["inventory", "vms", "--max-age", "0s", "--limit", "1"]);
    assert_eq!(stale.code, 8, "{stale:?}");
    let next = stale.error()["next_step"].as_str().unwrap().to_owned();
    assert!(next.contains(&command), "a reader's refresh says the same: {next}");

    let run = call(&muster, &command);
    table("too many removals in a refresh of VMs", format!("{command}: exit {}", run.code));
    assert_eq!(run.code, 0, "{run:?}");
    let operation = &run.document()[0];
    assert_eq!((&operation["kind"], &operation["removed"]), (&json!("refresh"), &json!(90)), "{operation}");
    assert!(!muster.folder().join("x").exists(), "the name is a name");
    assert_eq!(muster.ok(&["inventory", "hosts"]), hosts, "the hosts were not read");
    assert_eq!(peer.sessions(), 0);
}

#[test]
fn removals_are_accepted_of_the_clusters_whose_hosts_were_read_and_of_no_other() {
    let peer = Peer::start(&[
        "--model",
        "vpx",
        "--clusters",
        "2",
        "--hosts-per-cluster",
        "1",
        "--standalone-hosts",
        "0",
        "--vms",
        "0",
        "--extra-hosts",
        "130",
    ]);
    let muster = Musterctl::with(&peer, "Berlin");
    let cluster = "C 1 of $HOME";
    let set = json!({"name": cluster});
    peer.post("/update", json!({"type": "ClusterComputeResource", "name": "DC0_C1", "set": set}));
    muster.ok(&["sync", "full", "Berlin"]);
    let all = muster.ok(&["inventory", "hosts", "--columns", "name,cluster"]);
    let of_cluster = all.as_array().unwrap().iter().filter(|host| host["cluster"] == cluster);
    let doomed: Vec<&Value> = of_cluster.take(60).collect();
    assert_eq!(doomed.len(), 60);
    for host in doomed {
        peer.post("/destroy", json!({"type": "HostSystem", "moref": host["moref"]}));
    }
    let command = accepting(&refused(&muster.json(&["sync", "hosts", "Berlin", "--cluster", cluster])));
    assert_eq!(command, format!("musterctl sync hosts Berlin --cluster '{cluster}' --accept-removals"));
    let run = call(&muster, &command);
    table("too many removals in a sync of one cluster", format!("{command}: exit {}", run.code));
    assert_eq!((run.code, &run.document()[0]["removed"]), (0, &json!(60)), "{run:?}");
}

#[test]
fn what_doctor_and_readers_tell_to_call_works_for_any_name() {
    let peer = Peer::vcenter();
    for name in [HOSTILE, "--all", "-x", "=1", "München ☃"] {
        let muster = Musterctl::new();
        muster.put_password(name, crate::support::PASSWORD);
        let (address, ca) = (peer.address(), peer.ca());
        let run = muster.run(&["vcenter", "add", "--user", "admin", "--ca-file", &ca, "--", name, &address]);
        assert_eq!(run.code, 0, "{run:?}");
        let (_, command) = run.stdout.trim_end().rsplit_once("Sync it: ").unwrap();
        let never = muster.json(&["inventory", "hosts"]);
        assert!(never.error()["next_step"].as_str().unwrap().ends_with(command), "{never:?}");
        let doctor = muster.json(&["doctor"]).document();
        let suggests = doctor.as_array().unwrap().iter().any(|check| check["next_step"] == command);
        assert!(suggests, "{command}: {doctor}");
        let run = call(&muster, command.trim());
        table(&format!("a vCenter named {name:?}"), format!("{command}: exit {}", run.code));
        assert_eq!((run.code, &run.document()[0]["vcenter"]), (0, &json!(name)), "{command}: {run:?}");
    }
}
