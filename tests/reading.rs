//! The main walk: add, test, sync, read, and read again with the vCenter gone.
//! Refuses to trust what Muster says of its own calls: the server counts them.

use crate::support::{Musterctl, Peer, table};
use serde_json::{Value, json};

fn names(rows: &Value) -> Vec<String> {
    rows.as_array()
        .expect("rows")
        .iter()
        .map(|row| row["name"].as_str().expect("a name").to_owned())
        .collect()
}

#[test]
fn the_inventory_is_read_from_the_cache_when_the_vcenter_is_gone() {
    let peer = Peer::vcenter();
    let muster = Musterctl::with(&peer, "Berlin");
    let status = muster.ok(&["status"]);
    assert_eq!((&status[0]["state"], &status[0]["age_seconds"]), (&json!("never_synced"), &json!(null)));

    let report = muster.ok(&["test", "Berlin"]);
    assert_eq!(report["missing"], json!([]));
    assert_eq!(report["instance_uuid"], muster.ok(&["vcenter", "show", "berlin"])["instance_uuid"]);

    let operation = &muster.ok(&["sync", "full", "Berlin"])[0];
    assert_eq!((&operation["state"], &operation["kind"]), (&json!("succeeded"), &json!("full_sync")));
    assert_eq!(operation["done"], operation["total"]);
    assert_eq!(operation["added"], operation["done"], "a first sync adds everything");
    let status = &muster.ok(&["status"])[0];
    assert_eq!((&status["state"], &status["fresh"]), (&json!("online"), &json!(true)));

    let hosts = muster.ok(&["inventory", "hosts"]);
    let listed = peer.govc(&["object.collect", "-json", "-type", "h", "/", "name"]);
    assert_eq!(hosts.as_array().unwrap().len(), listed.len());
    assert_eq!(status["counts"]["hosts"], hosts.as_array().unwrap().len());

    peer.post("/stop", json!({}));
    assert_eq!(muster.ok(&["inventory", "hosts"]), hosts);
    let failed = muster.json(&["sync", "full", "Berlin"]);
    assert_eq!(failed.code, 5, "{failed:?}");
    assert_eq!(failed.document()[0]["error"]["code"], "unreachable");
    let status = &muster.ok(&["status"])[0];
    assert_eq!((&status["state"], &status["last_operation"]["state"]), (&json!("offline"), &json!("failed")));
    assert_eq!(muster.ok(&["inventory", "hosts"]), hosts, "a failed sync leaves what was known");

    peer.post("/start", json!({}));
    assert_eq!(muster.ok(&["sync", "full", "Berlin"])[0]["added"], 0);
    assert_eq!(muster.ok(&["status"])[0]["state"], "online");
    assert_eq!(peer.sessions(), 0);
}

#[test]
fn the_hosts_of_one_cluster_are_synced_alone() {
    let peer = Peer::start(&["--model", "vpx", "--clusters", "2", "--hosts-per-cluster", "4"]);
    let muster = Musterctl::with(&peer, "Berlin");
    let operation = &muster.ok(&["sync", "hosts", "Berlin", "--cluster", "DC0_C1"])[0];
    assert_eq!((&operation["state"], &operation["added"]), (&json!("succeeded"), &json!(4)), "{operation}");
    let hosts =
        muster.ok(&["inventory", "hosts", "--columns", "name,cluster,datacenter,datastores,networks"]);
    assert_eq!(names(&hosts), ["DC0_C1_H0", "DC0_C1_H1", "DC0_C1_H2", "DC0_C1_H3"]);
    let run = muster.json(&["inventory", "hosts"]);
    assert!(run.stderr.contains("some clusters"), "that there may be more hosts is said: {run:?}");
    for host in hosts.as_array().unwrap() {
        assert_eq!((&host["cluster"], &host["datacenter"]), (&json!("DC0_C1"), &json!("DC0")), "{host}");
        assert_eq!(host["missing"], json!({}), "{host}");
        assert!(!host["datastores"].as_array().unwrap().is_empty() && !host["synced_at"].is_null(), "{host}");
    }
    let calls = peer.calls("RetrievePropertiesEx");
    muster.ok(&["sync", "hosts", "Berlin", "--cluster", "DC0_C1"]);
    let second = peer.calls("RetrievePropertiesEx") - calls;
    assert!(second <= 4, "the second time only the hosts are read, not what they refer to: {second} calls");

    let unknown = muster.json(&["sync", "hosts", "Berlin", "--cluster", "nowhere"]);
    assert_eq!(unknown.code, 3, "{unknown:?}");
    assert!(unknown.error()["next_step"].as_str().unwrap().contains("DC0_C0, DC0_C1"), "{unknown:?}");

    let vms = muster.json(&["inventory", "vms"]);
    assert_eq!((vms.code, vms.document()), (8, json!([])), "VMs were never read, and that is said: {vms:?}");
    assert!(vms.stderr.contains("Berlin"), "{vms:?}");
}

#[test]
fn a_host_that_moved_out_of_a_synced_cluster_is_followed_and_a_deleted_one_is_gone() {
    let peer = Peer::start(&["--model", "vpx", "--clusters", "2", "--hosts-per-cluster", "3"]);
    let muster = Musterctl::with(&peer, "Berlin");
    muster.ok(&["sync", "full", "Berlin"]);
    let hosts = muster.ok(&["inventory", "hosts", "--columns", "name,cluster,cluster_moref"]);
    let row =
        |name: &str| hosts.as_array().unwrap().iter().find(|host| host["name"] == name).unwrap().clone();
    let (moved, deleted, target) = (row("DC0_C0_H0"), row("DC0_C0_H1"), row("DC0_C1_H0"));
    peer.post("/move", json!({"moref": moved["moref"], "cluster": target["cluster_moref"]}));
    peer.post("/destroy", json!({"type": "HostSystem", "moref": deleted["moref"]}));

    let operation = &muster.ok(&["sync", "hosts", "Berlin", "--cluster", "DC0_C0"])[0];
    assert_eq!((&operation["changed"], &operation["removed"]), (&json!(1), &json!(1)), "{operation}");
    let hosts = muster.ok(&["inventory", "hosts", "--columns", "name,cluster"]);
    let cluster_of = |name: &str| {
        hosts.as_array().unwrap().iter().find(|host| host["name"] == name).map(|host| host["cluster"].clone())
    };
    assert_eq!(cluster_of("DC0_C0_H0"), Some(json!("DC0_C1")));
    assert_eq!(cluster_of("DC0_C0_H1"), None);
}

#[test]
fn calls_grow_with_chunks_and_not_with_objects() {
    let few = Peer::start(&["--model", "vpx", "--vms", "2"]);
    let many = Peer::start(&["--model", "vpx", "--vms", "2", "--extra-vms", "400"]);
    let muster = Musterctl::new();
    muster.add(&few, "few");
    muster.add(&many, "many");
    let calls = |name: &str| muster.ok(&["sync", "full", name])[0]["calls"].as_u64().unwrap();
    let (of_few, of_many) = (calls("few"), calls("many"));
    assert!((1..=6).contains(&(of_many - of_few)), "400 VMs are some chunks: {of_few} and {of_many} calls");

    let before = many.all_calls();
    let claimed = calls("many");
    // Two calls find out what the server is before anybody logs in, and the logout comes after the operation.
    assert_eq!(many.all_calls() - before, claimed + 3, "Muster counts what the server counts");

    many.post("/paging?max=50", json!({}));
    let paged = calls("many");
    assert!(
        (4..=12).contains(&(paged - of_many)),
        "402 VMs in pages of 50 are 9 pages, in chunks of at least 100: {paged} and {of_many} calls"
    );
}

#[test]
fn small_pages_say_the_same_as_large_ones() {
    let peer = Peer::vcenter();
    let muster = Musterctl::with(&peer, "Berlin");
    muster.ok(&["sync", "full", "Berlin"]);
    peer.post("/paging?max=1", json!({}));
    let second = &muster.ok(&["sync", "full", "Berlin"])[0];
    assert_eq!((&second["changed"], &second["removed"], &second["added"]), (&json!(0), &json!(0), &json!(0)));
}

#[test]
fn a_second_sync_with_nothing_changed_says_so() {
    let peer = Peer::vcenter();
    let muster = Musterctl::with(&peer, "Berlin");
    muster.ok(&["sync", "full", "Berlin"]);
    let second = &muster.ok(&["sync", "full", "--all"])[0];
    assert_eq!(
        (&second["added"], &second["changed"], &second["removed"], &second["unchanged"]),
        (&json!(0), &json!(0), &json!(0), &second["total"]),
        "{second}"
    );
}

#[test]
fn one_vcenter_that_fails_does_not_hold_up_the_others() {
    let (good, bad) = (Peer::vcenter(), Peer::start(&["--model", "vpx", "--vms", "0"]));
    let muster = Musterctl::new();
    muster.add(&good, "good");
    muster.add(&bad, "bad");
    bad.post("/stop", json!({}));
    let run = muster.json(&["sync", "full", "--all"]);
    assert_eq!(run.code, 8, "{run:?}");
    let operations = run.document();
    let state = |name: &str| {
        operations.as_array().unwrap().iter().find(|o| o["vcenter"] == name).unwrap()["state"].clone()
    };
    assert_eq!((state("good"), state("bad")), (json!("succeeded"), json!("failed")));
    let last = run.error();
    assert_eq!((&last["code"], &last["message"]), (&json!("partial"), &json!("1 of 2 vCenters failed: bad")));
    good.post("/stop", json!({}));
    let run = muster.json(&["sync", "full", "--all"]);
    assert_eq!(run.code, 5, "all failed alike");
    let all = "2 of 2 vCenters failed: bad, good";
    assert_eq!((&run.error()["code"], &run.error()["message"]), (&json!("unreachable"), &json!(all)));
    let plain = muster.run(&["sync", "full", "--all"]);
    let last: Vec<&str> = plain.stderr.lines().rev().take(2).collect();
    assert!(last.contains(&&*format!("musterctl: {all}")), "{plain:?}");
}

#[test]
fn rows_are_chosen_sorted_limited_and_exported() {
    let peer = Peer::vcenter();
    let muster = Musterctl::with(&peer, "Berlin");
    muster.ok(&["sync", "full", "Berlin"]);
    let rows = muster.ok(&["inventory", "vms", "--columns", "NAME,mem", "--sort", "-name", "--limit", "2"]);
    let row = rows[0].as_object().unwrap();
    let keys: Vec<&str> = row.keys().map(String::as_str).collect();
    let identity = ["vcenter", "vcenter_instance_uuid", "kind", "moref", "synced_at", "missing"];
    let mut expected = [&identity[..], &["name", "memory_bytes"]].concat();
    expected.sort_unstable();
    let mut sorted = keys.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, expected);
    let mut descending = names(&muster.ok(&["inventory", "vms"]));
    descending.reverse();
    assert_eq!(names(&rows), descending[..2]);

    let csv = muster.run(&["inventory", "vms", "--columns", "name,networks", "--csv"]);
    let lines: Vec<&str> = csv.stdout.lines().collect();
    assert_eq!(lines[0], "name,networks", "what was asked for, and no other");
    let all = muster.run(&["inventory", "vms", "--csv"]).stdout;
    assert!(all.starts_with("vcenter,vcenter_instance_uuid,kind,moref,synced_at,name,"), "{all}");
    assert_eq!(lines.len(), 1 + muster.ok(&["inventory", "vms"]).as_array().unwrap().len());

    let wrong = muster.json(&["inventory", "vms", "--columns", "nmae"]);
    assert_eq!((wrong.code, &wrong.error()["code"]), (2, &json!("invalid_value")), "{wrong:?}");
    assert!(wrong.error()["next_step"].as_str().unwrap().contains("name"), "{wrong:?}");

    let table = muster.run(&["inventory", "vms"]);
    assert!(table.stdout.starts_with("NAME") && table.stdout.contains("Powered on"), "{table:?}");
}

#[test]
fn a_spreadsheet_gets_no_formula_out_of_a_name_and_programs_get_the_name_as_it_is() {
    let peer = Peer::vcenter();
    let muster = Musterctl::with(&peer, "Berlin");
    let hostile = "=HYPERLINK(\"http://x\";\"y\"),z";
    let vm = &peer.get("/objects?type=VirtualMachine")["objects"][0]["moref"];
    peer.post("/update", json!({"type": "VirtualMachine", "moref": vm, "set": {"name": hostile}}));
    muster.ok(&["sync", "full", "Berlin"]);
    let vms = ["inventory", "vms", "--columns", "name,cpu_count"];

    let exact = muster.run(&[&vms[..], &["--csv"]].concat()).stdout;
    let cell = "\"=HYPERLINK(\"\"http://x\"\";\"\"y\"\"),z\",";
    assert!(
        exact.contains(cell) && exact.starts_with("name,cpu_count\n") && !exact.contains('\r'),
        "{exact}"
    );

    for (separator, between) in [(None, ','), (Some(";"), ';'), (Some("tab"), '\t')] {
        let chosen: Vec<&str> = separator.into_iter().flat_map(|one| ["--separator", one]).collect();
        let sheet = muster.run(&[&vms[..], &["--spreadsheet"], &chosen].concat()).stdout;
        let header = format!("\u{feff}\"name\"{between}\"cpu_count\"\r\n");
        assert!(sheet.starts_with(&header) && sheet.ends_with("\r\n"), "{sheet}");
        let cell = format!("\"'=HYPERLINK(\"\"http://x\"\";\"\"y\"\"),z\"{between}");
        let row = sheet.lines().find(|line| line.contains("HYPERLINK")).unwrap();
        table(&format!("a VM named {hostile} in a spreadsheet"), &cell[..cell.len() - 1]);
        assert!(
            row.contains(&cell) && row[row.len() - 1..].parse::<u8>().is_ok(),
            "numbers are numbers: {row}"
        );
    }
    for wrong in [&["--csv", "--spreadsheet"][..], &["--spreadsheet", "--json"], &["--separator", ";"]] {
        assert_eq!(muster.run(&[&vms[..], wrong].concat()).code, 2, "{wrong:?}");
    }
}

#[test]
fn one_kind_is_refreshed_because_a_person_asks_for_it() {
    let peer = Peer::vcenter();
    let muster = Musterctl::with(&peer, "Berlin");
    muster.ok(&["sync", "full", "Berlin"]);
    let before = muster.ok(&["inventory", "vms"]);
    let operation = &muster.ok(&["refresh", "hosts", "Berlin"])[0];
    assert_eq!(
        (&operation["kind"], &operation["origin"], &operation["scope"], &operation["state"]),
        (&json!("refresh"), &json!("user"), &json!(["hosts"]), &json!("succeeded")),
        "{operation}"
    );
    assert_eq!(operation["unchanged"], muster.ok(&["inventory", "hosts"]).as_array().unwrap().len());
    assert_eq!(muster.ok(&["inventory", "vms"]), before, "nothing else was read");
    let said = muster.run(&["refresh", "snapshots", "Berlin"]);
    assert!(said.code == 0 && said.stdout.starts_with("Berlin: refresh of snapshots succeeded"), "{said:?}");
    assert_eq!(muster.json(&["refresh", "hosts", "nowhere"]).code, 3);
    assert_eq!(muster.json(&["refresh", "hosts"]).code, 2);
    assert_eq!(peer.sessions(), 0);
}

#[test]
fn a_stale_kind_is_refreshed_when_a_reader_asks_for_it_and_only_then() {
    let peer = Peer::vcenter();
    let muster = Musterctl::with(&peer, "Berlin");
    muster.ok(&["sync", "full", "Berlin"]);
    let calls = peer.all_calls();
    muster.ok(&["inventory", "hosts"]);
    muster.ok(&["inventory", "hosts", "--max-age", "10m"]);
    assert_eq!(peer.all_calls(), calls, "fresh enough");
    muster.ok(&["inventory", "hosts", "--max-age", "0s"]);
    assert!(peer.all_calls() > calls);
    let refresh = &muster.ok(&["operations", "list", "--limit", "1"])[0];
    assert_eq!((&refresh["kind"], &refresh["origin"]), (&json!("refresh"), &json!("reader")), "{refresh}");

    peer.post("/stop", json!({}));
    let stale = muster.json(&["inventory", "hosts", "--max-age", "0s"]);
    assert_eq!(stale.code, 8, "{stale:?}");
    assert!(!stale.document().as_array().unwrap().is_empty(), "what is known is shown all the same");
    assert!(stale.stderr.contains("Berlin"), "{stale:?}");
}

#[test]
fn a_vcenter_is_edited_and_removed_with_everything_of_it() {
    let peer = Peer::vcenter();
    let muster = Musterctl::with(&peer, "Berlin");
    muster.ok(&["sync", "full", "Berlin"]);
    let edited =
        muster.ok(&["vcenter", "edit", "Berlin", "--name", "Berlin 2", "--ttl", "1h", "--tag", "prod"]);
    assert_eq!((&edited["ttl_seconds"], &edited["tags"]), (&json!(3600), &json!(["prod"])));
    assert_eq!(muster.ok(&["inventory", "hosts"])[0]["vcenter"], "Berlin 2");

    let shared = muster.json(&["credential", "remove", "Berlin", "--yes"]);
    assert_eq!((shared.code, &shared.error()["code"]), (1, &json!("in_use")), "{shared:?}");
    assert_eq!(
        muster.json(&["vcenter", "remove", "Berlin 2"]).code,
        2,
        "without --yes there must be a person"
    );
    muster.ok(&["vcenter", "remove", "Berlin 2", "--yes"]);
    assert_eq!(muster.ok(&["vcenter", "list"]), json!([]));
    assert_eq!(muster.ok(&["inventory", "hosts"]), json!([]));
    assert_eq!(muster.json(&["vcenter", "show", "Berlin 2"]).code, 3);
}

#[test]
fn a_probe_shows_the_certificate_and_sends_nothing_that_is_secret() {
    let peer = Peer::vcenter();
    let muster = Musterctl::new();
    let untrusted = muster.ok(&["vcenter", "probe", &peer.address()]);
    assert_eq!((&untrusted["trusted"], &untrusted["product"]), (&json!(false), &json!(null)));
    assert_eq!(untrusted["sha256"], peer.sha256());
    assert_eq!(peer.all_calls(), 0);
    let trusted = muster.ok(&["vcenter", "probe", &peer.address(), "--ca-file", &peer.ca()]);
    assert_eq!(trusted["trusted"], true);
    assert!(trusted["version"].is_string() && trusted["instance_uuid"].is_string(), "{trusted}");
    assert_eq!(peer.calls("Login"), 0);
}

#[test]
fn the_password_is_nowhere_but_where_it_was_put() {
    let peer = Peer::vcenter();
    let muster = Musterctl::with(&peer, "Berlin");
    let secret = crate::support::PASSWORD;
    for arguments in
        [&["sync", "full", "Berlin"][..], &["status"], &["doctor"], &["vcenter", "show", "Berlin"]]
    {
        let mut command = muster.command(arguments);
        let run = crate::support::finish(command.env("MUSTER_LOG", "trace").spawn().unwrap());
        assert!(!run.stdout.contains(secret) && !run.stderr.contains(secret), "{arguments:?}");
        assert!(
            arguments[0] != "sync" || run.stderr.contains("TRACE"),
            "there was a log to look at: {run:?}"
        );
    }
    let mut looked_at = 0;
    let mut folders = vec![muster.data()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let bytes = std::fs::read(&path).unwrap();
                let found = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
                assert!(!found, "{} has the password", path.display());
                looked_at += 1;
            }
        }
    }
    assert!(looked_at > 0, "there was a database to look at");
}
