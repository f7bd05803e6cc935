//! vCenters out of files and into them on the command line: the dry run, what is done, and what is refused.
//! Refuses to let an import contact anybody: what it stored is contacted only by a sync that is asked for.

use crate::support::{Musterctl, PASSWORD, Peer, Run};
use serde_json::{Value, json};
use std::path::Path;

fn actions(rows: &Value) -> Vec<(&str, &str)> {
    rows.as_array()
        .unwrap()
        .iter()
        .map(|one| (one["name"].as_str().unwrap(), one["action"].as_str().unwrap()))
        .collect()
}

fn write(muster: &Musterctl, name: &str, text: &str) -> String {
    let path = muster.folder().join(name);
    std::fs::write(&path, text).unwrap();
    path.display().to_string()
}

/// The configurations of all vCenters, without what each installation has of its own.
fn configurations(muster: &Musterctl) -> Vec<Value> {
    let mut all = muster.ok(&["vcenter", "list"]).as_array().unwrap().clone();
    for one in &mut all {
        for own in [
            "id",
            "credential_id",
            "edition",
            "instance_uuid",
            "product",
            "version",
            "build",
            "permissions",
            "certificate_expires_at",
        ] {
            one.as_object_mut().unwrap().remove(own);
        }
    }
    all
}

#[test]
fn what_was_exported_is_the_same_configuration_on_an_empty_folder_and_syncs_with_its_password() {
    let peer = Peer::vcenter();
    let muster = Musterctl::new();
    muster.put_password("Berlin", PASSWORD);
    let (address, ca) = (peer.address(), peer.ca());
    let add = ["vcenter", "add", "Berlin", &address, "--user", "admin", "--ca-file", &ca];
    let settings = [
        "--tag",
        "eu",
        "--tag",
        "prod;1",
        "--ttl",
        "10m",
        "--notify",
        "off",
        "--note",
        "=patched\non Fridays",
    ];
    muster.ok(&[&add[..], &settings].concat());
    for ending in ["json", "csv"] {
        let file = muster.folder().join(format!("all.{ending}")).display().to_string();
        let written = muster.ok(&["vcenter", "export", "--out", &file]);
        assert_eq!(written, json!({ "path": file, "vcenters": 1 }));
        is_for_its_owner(Path::new(&file));
        let text = std::fs::read_to_string(&file).unwrap();
        assert!(!text.contains(PASSWORD) && text.contains("BEGIN CERTIFICATE"), "{text}");
        assert_eq!(muster.json(&["vcenter", "export", "--out", &file]).code, 9, "no file is written over");
        assert_eq!(std::fs::read_to_string(&file).unwrap(), text);

        let calls = peer.calls("Login");
        let other = Musterctl::new();
        let planned = other.ok(&["vcenter", "import", &file, "--dry-run"]);
        assert_eq!(actions(&planned), [("Berlin", "add")], "{planned}");
        assert_eq!(other.ok(&["vcenter", "list"]), json!([]), "a dry run changes nothing");
        assert_eq!(other.ok(&["vcenter", "import", &file]), planned);
        assert_eq!(configurations(&other), configurations(&muster));
        assert_eq!(actions(&other.ok(&["vcenter", "import", &file])), [("Berlin", "same")]);
        assert_eq!(other.ok(&["status"])[0]["state"], "never_synced");
        assert_eq!(other.ok(&["credential", "list"])[0]["stored"], "none");
        assert_eq!(peer.calls("Login"), calls, "nobody was contacted");
        let run = other.json(&["test", "Berlin"]);
        assert_eq!((run.code, &run.error()["code"]), (4, &json!("no_password")), "{run:?}");
        other.put_password("Berlin", PASSWORD);
        other.ok(&["sync", "full", "Berlin"]);
        assert_eq!(other.ok(&["status"])[0]["state"], "online");
        assert!(!text.contains("rejected"), "{text}");
    }
    let wrong = muster.folder().join("all.txt").display().to_string();
    assert_eq!(muster.json(&["vcenter", "export", "--out", &wrong]).code, 2);
}

#[test]
fn fifty_of_a_list_are_imported_at_once_and_a_bad_line_is_told_with_its_number() {
    let muster = Musterctl::new();
    let lines: String = (1..=50).map(|n| format!("Site {n}, vc{n}.example.org\n")).collect();
    let list = write(&muster, "list", &format!("# ours\n{lines}not a host!\n"));
    let run = muster.json(&["vcenter", "import", &list]);
    assert!(run.code == 2 && run.stderr.contains("credential add"), "{run:?}");
    muster.ok(&["credential", "add", "readonly", "--user", "ro@vsphere.local"]);
    let planned = muster.json(&["vcenter", "import", &list, "--credential", "readonly", "--dry-run"]);
    assert_eq!(planned.code, 8, "{planned:?}");
    let rows = planned.document();
    assert_eq!((&rows[50]["action"], &rows[50]["line"]), (&json!("refuse"), &json!(52)), "{rows}");
    assert_eq!(muster.ok(&["vcenter", "list"]), json!([]));
    let began = std::time::Instant::now();
    let run = muster.json(&["vcenter", "import", &list, "--credential", "readonly", "--yes"]);
    println!("measured: import of 50 vCenters on the command line: {} ms", began.elapsed().as_millis());
    assert_eq!((run.code, run.document()), (8, rows));
    assert!(run.stderr.contains("50 added, 1 not imported"), "{run:?}");
    assert_eq!(muster.ok(&["vcenter", "list"]).as_array().unwrap().len(), 50);
    let added = muster.ok(&["audit", "list", "--command", "import_vcenters", "--limit", "200"]);
    assert_eq!(added.as_array().unwrap().iter().filter(|row| row["after"].is_object()).count(), 50);
    let shown = muster.run(&["vcenter", "import", &list, "--credential", "readonly", "--dry-run"]);
    assert!(shown.stdout.contains("Not imported") && shown.stdout.contains("Unchanged"), "{shown:?}");
}

#[test]
fn what_may_be_another_vcenter_is_refused_until_somebody_says_so() {
    let muster = Musterctl::new();
    let csv =
        write(&muster, "a.csv", "name,host,user\nBerlin,vc1.example.org,ro\nParis,vc2.example.org,ro\n");
    muster.ok(&["vcenter", "import", &csv]);
    let moved = write(&muster, "b.csv", "name,host,ttl_seconds\nBerlin,vc9.example.org,60\n");
    let run = muster.json(&["vcenter", "import", &moved]);
    assert!(
        run.code == 1 && run.document()[0]["reason"].as_str().unwrap().contains("vc1.example.org"),
        "{run:?}"
    );
    assert_eq!(actions(&muster.ok(&["vcenter", "import", &moved, "--update"])), [("Berlin", "change")]);
    let berlin = muster.ok(&["vcenter", "show", "Berlin"]);
    assert_eq!((&berlin["host"], &berlin["ttl_seconds"]), (&json!("vc9.example.org"), &json!(60)));
    let refused =
        |run: Run, code: i32, words: &str| assert!(run.code == code && run.stderr.contains(words), "{run:?}");
    let binary = write(&muster, "c", "\0\0");
    refused(muster.json(&["vcenter", "import", &binary]), 2, "no text");
    refused(muster.json(&["vcenter", "import", "/nowhere/at/all"]), 2, "can't be read");
    refused(muster.json(&["vcenter", "import", &csv, "--role", "operator"]), 7, "admin");
    refused(muster.json(&["vcenter", "import", &csv, "--credential", "x"]), 3, "no credential");
}

#[cfg(unix)]
fn is_for_its_owner(path: &Path) {
    use std::os::unix::fs::PermissionsExt;
    assert_eq!(std::fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o600);
}

#[cfg(not(unix))]
fn is_for_its_owner(_path: &Path) {}
