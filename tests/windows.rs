//! The programs for Windows, under Wine: what only Windows has.
//! Refuses to run among the others: `./dev test windows` brings the programs, and runs walks of every system against them.

use crate::support::{Musterctl, PASSWORD, Peer, Run, windows, wine};

#[test]
#[ignore = "./dev test windows runs it"]
fn a_password_is_in_the_credential_manager_until_its_vcenter_is_removed() {
    let peer = Peer::vcenter();
    // There is no bus on Windows; what counts is that no folder has passwords.
    let muster = Musterctl::with_keychain("");
    muster.add(&peer, "Berlin");
    let credential = muster.ok(&["credential", "list"])[0].clone();
    assert_eq!(credential["stored"], "keychain", "{credential}");
    let id = credential["id"].as_str().unwrap();
    assert!(entries().contains(id), "it is there: {}", entries());

    let read = muster.ok(&["sync", "full", "Berlin"]);
    assert_eq!(read[0]["state"], "succeeded", "another process reads it: {read}");

    // Another password in its place is what the next process reads.
    assert_eq!(replace(&muster, "another one").code, 0);
    assert_eq!(muster.json(&["sync", "full", "Berlin"]).error()["code"], "login_rejected");
    assert_eq!(replace(&muster, PASSWORD).code, 0);
    let read = muster.ok(&["sync", "full", "Berlin"]);
    assert_eq!(read[0]["state"], "succeeded", "the new one is read: {read}");

    muster.ok(&["vcenter", "remove", "Berlin", "--yes"]);
    assert!(!entries().contains(id), "nothing is left: {}", entries());
}

fn replace(muster: &Musterctl, password: &str) -> Run {
    muster.run_with_stdin(&["credential", "set", "Berlin", "--password-stdin", "--json"], password)
}

/// What is in the Credential Manager, as Wine keeps it.
fn entries() -> String {
    let folder = windows().expect("./dev test windows says where the programs are");
    let key = r"HKEY_CURRENT_USER\Software\Wine\Credential Manager";
    let told = wine(&folder, "reg.exe").args(["query", key, "/s"]).output().expect("Wine's reg starts");
    String::from_utf8_lossy(&told.stdout).into_owned()
}
