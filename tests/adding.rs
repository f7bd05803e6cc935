//! Adding a vCenter: what is refused, why, and that nothing of it stays.
//! Refuses to look at words only: exit codes, the server's own counts and the database decide.

use crate::support::{Musterctl, PASSWORD, Peer, Run, nobody};
use serde_json::json;

/// Adds with the password on stdin.
fn add(muster: &Musterctl, name: &str, address: &str, password: &str, trust: &[&str]) -> Run {
    let base = ["vcenter", "add", name, address, "--user", "admin", "--password-stdin", "--json"];
    muster.run_with_stdin(&[&base[..], trust].concat(), password)
}

/// Asserts how it failed, that it says what to do, and that nothing was stored.
fn refused(muster: &Musterctl, run: &Run, exit: i32, code: &str, words: &str) {
    assert_eq!(run.code, exit, "{run:?}");
    let error = run.error();
    assert_eq!(error["code"], code, "{run:?}");
    assert!(error["message"].as_str().unwrap().contains(words), "{run:?}");
    assert!(!error["next_step"].as_str().unwrap().is_empty(), "{run:?}");
    assert!(run.stdout.is_empty(), "{run:?}");
    assert_eq!(muster.ok(&["vcenter", "list"]), json!([]));
    assert_eq!(muster.ok(&["credential", "list"]), json!([]));
}

#[test]
fn a_wrong_password_is_tried_once_and_stores_nothing() {
    let peer = Peer::vcenter();
    let muster = Musterctl::new();
    let run = add(&muster, "Berlin", &peer.address(), "wrong", &["--ca-file", &peer.ca()]);
    refused(&muster, &run, 4, "login_rejected", "admin");
    assert_eq!(peer.calls("Login"), 1);
    assert_eq!(peer.sessions(), 0);
}

#[test]
fn a_port_where_nothing_listens_is_unreachable() {
    let muster = Musterctl::new();
    let (closed, _kept) = nobody();
    let run = add(&muster, "Berlin", &closed.to_string(), PASSWORD, &[]);
    refused(&muster, &run, 5, "unreachable", &closed.to_string());
}

#[test]
fn a_name_that_does_not_resolve_is_unreachable() {
    let muster = Musterctl::new();
    let run = add(&muster, "Berlin", "no-such-host.invalid", PASSWORD, &[]);
    refused(&muster, &run, 5, "unreachable", "no-such-host.invalid");
}

#[test]
fn an_untrusted_certificate_is_shown_with_the_command_that_accepts_it_and_no_login_is_tried() {
    let peer = Peer::vcenter();
    let muster = Musterctl::new();
    let run = add(&muster, "Berlin", &peer.address(), PASSWORD, &[]);
    refused(&muster, &run, 6, "untrusted_certificate", &peer.address());
    let next = run.error()["next_step"].as_str().unwrap().to_owned();
    let command = format!(
        "vcenter add Berlin {} --user admin --password-stdin --pin {}",
        peer.address(),
        peer.sha256()
    );
    assert!(next.contains(&command), "{next}");
    assert_eq!(peer.all_calls(), 0, "nothing was sent to a server that nobody trusts");

    let run = add(&muster, "Berlin", &peer.address(), PASSWORD, &["--pin", &peer.sha256()]);
    assert_eq!(run.code, 0, "{run:?}");
    assert_eq!(run.document()["trust"], "pin");
    assert_eq!(peer.sessions(), 0);
}

#[test]
fn a_wrong_pin_and_a_foreign_ca_are_refused_before_anything_is_sent() {
    let (peer, other) = (Peer::vcenter(), Peer::start(&["--model", "vpx", "--vms", "0"]));
    let muster = Musterctl::new();
    let run = add(&muster, "Berlin", &peer.address(), PASSWORD, &["--pin", &other.sha256()]);
    refused(&muster, &run, 6, "untrusted_certificate", &peer.address());
    let run = add(&muster, "Berlin", &peer.address(), PASSWORD, &["--ca-file", &other.ca()]);
    refused(&muster, &run, 6, "untrusted_certificate", &peer.address());
    assert_eq!(peer.all_calls(), 0);
}

#[test]
fn a_name_is_given_once_without_regard_to_case() {
    let peer = Peer::vcenter();
    let muster = Musterctl::with(&peer, "Berlin");
    let logins = peer.calls("Login");
    let run = add(&muster, "BERLIN", &peer.address(), PASSWORD, &["--ca-file", &peer.ca()]);
    assert_eq!((run.code, &run.error()["code"]), (9, &json!("already_exists")), "{run:?}");
    assert_eq!(peer.calls("Login"), logins, "it was refused before anybody logged in");
    assert_eq!(muster.ok(&["vcenter", "list"]).as_array().unwrap().len(), 1);
}

#[test]
fn the_same_vcenter_is_not_added_twice_under_two_names() {
    let peer = Peer::vcenter();
    let muster = Musterctl::with(&peer, "Berlin");
    let run = add(&muster, "Berlin again", &peer.address(), PASSWORD, &["--ca-file", &peer.ca()]);
    assert_eq!(run.code, 9, "{run:?}");
    assert!(run.error()["message"].as_str().unwrap().contains("\"Berlin\""), "{run:?}");
    assert_eq!(muster.ok(&["vcenter", "list"]).as_array().unwrap().len(), 1);
    assert_eq!(muster.ok(&["credential", "list"]).as_array().unwrap().len(), 1);
}

#[test]
fn an_esxi_host_is_known_by_its_hardware_and_another_vcenter_by_its_own_id() {
    let vcenter = Peer::start(&["--model", "vpx", "--version", "8.0.3"]);
    let host = Peer::start(&["--model", "esx", "--version", "7.0.3"]);
    let muster = Musterctl::new();
    let first = muster.add(&vcenter, "Berlin");
    let second = muster.add(&host, "lab host");
    assert_eq!((&first["version"], &second["version"]), (&json!("8.0.3"), &json!("7.0.3")));
    assert_ne!(first["instance_uuid"], second["instance_uuid"]);
    let hosts = host.govc(&["object.collect", "-json", "-type", "h", "/", "summary.hardware.uuid"]);
    let uuid = second["instance_uuid"].as_str().expect("an ESXi host has an identity too");
    let hosts = serde_json::Value::from(hosts).to_string();
    assert!(hosts.contains(uuid), "{uuid} is not the hardware's id: {hosts}");
    assert_eq!((vcenter.sessions(), host.sessions()), (0, 0));
}

#[test]
fn a_rejected_credential_binds_every_later_command_until_it_is_changed() {
    let peer = Peer::vcenter();
    let muster = Musterctl::with(&peer, "Berlin");
    muster.put_password("Berlin", "no longer right");
    let before = peer.calls("Login");
    let first = muster.json(&["sync", "full", "Berlin"]);
    assert_eq!(first.code, 4, "{first:?}");
    assert_eq!(first.document()[0]["state"], "failed");
    let second = muster.json(&["test", "Berlin"]);
    assert_eq!(second.code, 4, "{second:?}");
    assert_eq!(peer.calls("Login"), before + 1, "only the first of them logged in");
    assert_eq!(muster.ok(&["status"])[0]["state"], "login_rejected");

    muster.put_password("Berlin", PASSWORD);
    assert_eq!(muster.json(&["test", "Berlin", "--retry-login"]).code, 0);
    assert_eq!(muster.json(&["sync", "full", "Berlin"]).code, 0);
    assert_eq!(peer.sessions(), 0);
}

#[test]
fn what_is_typed_wrong_is_told_with_what_to_type() {
    let muster = Musterctl::new();
    let long = "x".repeat(256);
    for (name, address, trust, words) in [
        ("a/b", "vc", &[][..], "contains a slash"),
        (".hidden", "vc", &[], "begins with a dot"),
        (&*long, "vc", &[], "longer than 255 characters"),
        ("ok", "http://vc", &[], "not encrypted"),
        ("ok", "vc:99999", &[], "\"99999\" is not a valid port"),
        ("ok", "vc", &["--pin", "1234"], "\"1234\" is not a SHA-256 fingerprint"),
        ("ok", "vc", &["--pin", "/etc/vc.pem"], "is the name of a file"),
        ("ok", "vc", &["--pin", "-----BEGIN CERTIFICATE-----"], "that is a certificate"),
        ("ok", "vc", &["--ca-file", "/no/such/file"], "/no/such/file can't be read"),
        ("ok", "vc", &["--ttl", "soon"], "\"soon\" is not a valid duration"),
    ] {
        let run = add(&muster, name, address, PASSWORD, trust);
        refused(&muster, &run, 2, "invalid_value", words);
    }
}

#[test]
fn a_name_in_another_script_is_looked_up_as_punycode_and_told_as_it_was_typed() {
    let muster = Musterctl::new();
    let run = add(&muster, "Books", "bücher.example", PASSWORD, &[]);
    refused(&muster, &run, 5, "unreachable", "bücher.example (xn--bcher-kva.example) does not resolve");
}

#[test]
fn a_ca_file_and_a_fingerprint_are_taken_as_programs_write_them() {
    let peer = Peer::vcenter();
    let pem = std::fs::read_to_string(peer.ca()).unwrap();
    let muster = Musterctl::new();
    let file = muster.folder().join("ca.pem");
    let name = file.to_str().unwrap().to_owned();
    let utf16: Vec<u8> = format!("\u{feff}{pem}").encode_utf16().flat_map(u16::to_le_bytes).collect();
    for (bytes, words) in [(utf16, "is UTF-16"), (vec![0x30, 0x82, 1, 0, 0], "in DER, not in PEM")] {
        std::fs::write(&file, bytes).unwrap();
        let run = add(&muster, "Berlin", &peer.address(), PASSWORD, &["--ca-file", &name]);
        refused(&muster, &run, 2, "invalid_value", words);
    }
    assert_eq!(peer.all_calls(), 0);
    let pairs: Vec<String> =
        peer.sha256().as_bytes().chunks(2).map(|pair| String::from_utf8_lossy(pair).to_uppercase()).collect();
    let openssl = format!("\u{feff}sha256 Fingerprint={}\r\n", pairs.join(":"));
    for text in [pem.clone(), format!("\u{feff}{}", pem.replace('\n', "\r\n")), pem.replace('\n', "\r")] {
        std::fs::write(&file, text).unwrap();
        for trust in [["--ca-file", &*name], ["--pin", &*openssl]] {
            let password = format!("\u{feff}{PASSWORD}\r\n");
            let run = add(&muster, "Berlin", &peer.address(), &password, &trust);
            assert_eq!(run.code, 0, "{run:?}");
            muster.ok(&["vcenter", "remove", "Berlin", "--yes"]);
        }
    }
    assert_eq!(peer.sessions(), 0);
}

#[test]
fn a_credential_that_does_not_exist_is_told_before_the_server_is_asked() {
    let muster = Musterctl::new();
    // Nobody listens there: asked first, it would be unreachable.
    let run = muster.json(&["vcenter", "add", "Berlin", "127.0.0.1:9", "--credential", "nope"]);
    refused(&muster, &run, 3, "not_found", "there is no credential \"nope\"");
}

#[test]
fn several_lines_on_stdin_are_no_password_and_nothing_is_stored() {
    let peer = Peer::vcenter();
    let muster = Musterctl::new();
    let run =
        add(&muster, "Berlin", &peer.address(), &format!("{PASSWORD}\nother\n"), &["--ca-file", &peer.ca()]);
    refused(&muster, &run, 2, "invalid_value", "more than one line");
    assert_eq!(peer.calls("Login"), 0);
}

#[test]
fn the_beginning_of_an_id_removes_nothing_unless_it_is_long_enough() {
    let peer = Peer::vcenter();
    let muster = Musterctl::with(&peer, "Berlin");
    let id = muster.ok(&["vcenter", "show", "Berlin"])["id"].as_str().unwrap().to_owned();
    let short = id[..2].to_uppercase();
    let run = muster.json(&["vcenter", "remove", &short, "--yes"]);
    assert_eq!(run.code, 3, "{run:?}");
    assert_eq!(run.error()["message"], json!(format!("there is no vCenter \"{short}\"")));
    assert_eq!(muster.ok(&["vcenter", "show", &id[..8]])["name"], "Berlin");
}
