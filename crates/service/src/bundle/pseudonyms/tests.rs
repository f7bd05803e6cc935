//! What is replaced in texts and documents, and what stays readable.

use super::*;
use proptest::prelude::*;
use serde_json::json;

fn pseudonyms(names: &[(Sort, &str)]) -> Pseudonyms {
    let mut pseudonyms =
        Pseudonyms::new(["guest.hostName", "config.version", "guest.net"].map(str::to_owned));
    names.iter().for_each(|(sort, name)| pseudonyms.learn(*sort, name));
    pseudonyms
}

#[test]
fn a_name_is_replaced_by_the_same_one_everywhere_whatever_its_case_and_what_is_beside_it() {
    let mut names = pseudonyms(&[
        (Sort::Vcenter, "Berlin"),
        (Sort::Vm, "web"),
        (Sort::Vm, "web shop (old)"),
        (Sort::Host, "esx01.acme.local"),
        (Sort::User, "ACME\\svc-muster"),
        (Sort::Datastore, "ds/1"),
    ]);
    for (text, without) in [
        ("BERLIN, berlin: Berlin2", "vcenter1, vcenter1: Berlin2"),
        ("web shop (old) is not web", "vm1) is not vm2"),
        ("web-01 webs", "vm2-01 webs"),
        ("esx01.acme.local:443 (esx01)", "host1.example:443 (host1)"),
        ("esx02.acme.local and esx01.other.local", "host2.example and host1.d2.example"),
        ("the login of acme\\svc-muster, svc-muster", "the login of D3.EXAMPLE\\user1, user1"),
        ("DS%2F1 ds/1", "datastore1 datastore2"),
    ] {
        assert_eq!(names.text(text), without);
    }
}

#[test]
fn addresses_ids_and_users_are_found_in_any_text_and_what_only_looks_like_them_stays() {
    let mut names = pseudonyms(&[]);
    for (text, without) in [
        ("10.1.2.3:443 10.1.2.3 10.1.2.4", "198.18.0.1:443 198.18.0.1 198.18.0.2"),
        ("[fe80::1]:443 2001:DB8:0:0:0:0:0:9", "[2001:db8::1]:443 2001:db8::2"),
        ("00:50:56:AB:cd:ef, 00:50:56:ab:CD:EF", "02:00:00:00:00:01, 02:00:00:00:00:01"),
        ("id 4217a3f0-1234-5678-9ABC-def012345678.", "id 00000000-0000-4000-8000-000000000001."),
        (
            "/vmfs/volumes/5f2b81e0-c7a1b2c3-0001-005056abcdef",
            "/vmfs/volumes/00000000-0000-4000-8000-000000000002",
        ),
        ("anna.smith@acme.com", "user1@example"),
        ("CORP\\anna: no", "D2.EXAMPLE\\user2: no"),
        ("vc.acme.com answered", "host1.example answered"),
        ("/home/anna/x /Users/bob/y", "/home/user2/x /Users/user3/y"),
        ("C:\\Users\\anna\\muster.db", "C:\\path1"),
        ("\\\\nas\\share\\muster is slow", "\\\\path2 is slow"),
        ("CN=vc.acme.com, O=Acme Inc, C=US", "CN=host1.example, O=name1, C=US"),
        ("AB:CD:EF:01:23:45:67:89:AB:CD:EF:01:23:45:67:89:AB:CD:EF:01", "fingerprint1"),
    ] {
        assert_eq!(names.text(text), without);
    }
    for text in [
        "2026-03-01T12:00:00Z 12:30:45",
        "muster.db, guest.hostName and config.version; guest.net",
        "vim.fault.InvalidLogin",
        "store::inventory a sentence. Another one; e.g. this",
        "vm-17 of group-v3, 100 % in 1.5 s",
    ] {
        assert_eq!(names.text(text), text);
    }
}

#[test]
fn an_ordinary_word_is_replaced_where_it_is_a_name_and_stays_where_it_is_a_word() {
    let mut names = pseudonyms(&[(Sort::Vm, "a"), (Sort::Cluster, "Cluster"), (Sort::Vm, "full sync")]);
    assert_eq!(names.text("a cluster of \"Cluster\", [a] a"), "a cluster of \"cluster1\", [vm1] a");
    let mut document = json!({
        "kind": "full_sync", "cluster": "cluster", "message": "a cluster", "vms": ["a", "b"], "count": 3, "state": "a",
    });
    names.document(&mut document);
    assert_eq!(
        document,
        json!({
            "kind": "full_sync", "cluster": "cluster1", "message": "a cluster", "vms": ["vm1", "b"], "count": 3,
            "state": "a",
        })
    );
}

#[test]
fn nothing_made_up_is_the_name_of_something_real() {
    let mut names = pseudonyms(&[(Sort::Vm, "vm1"), (Sort::Vm, "alpha"), (Sort::Vm, "VM2")]);
    assert_eq!(names.text("alpha vm1"), "vm3 vm4");
    assert_eq!(names.met()["alpha"], Replaced { sort: Sort::Vm, by: "vm3".into() });
}

proptest! {
    #[test]
    fn no_known_name_is_left_in_any_text_as_a_word_of_its_own(
        known in prop::collection::vec("[a-zäß]{3,6}([-_. /%(][a-z0-9É]{1,5}){0,3}", 1..20),
        around in prop::collection::vec("[ ,:;\"'()\\[\\]/@.-]{1,3}|[A-Za-z0-9]{1,8}|\\\\", 1..20),
        order in prop::collection::vec(any::<prop::sample::Index>(), 1..20),
    ) {
        let mut names = pseudonyms(&[]);
        known.iter().for_each(|name| names.learn(Sort::Vm, name));
        let mut text = String::new();
        for (around, index) in around.iter().zip(&order) {
            let name = index.get(&known);
            text.push_str(&format!("{around} {} ", if around.len() > 3 { name.to_uppercase() } else { name.clone() }));
        }
        let without = lower(&names.text(&text));
        for name in known.iter().filter(|name| !is_ordinary(&lower(core(name)))) {
            let name = lower(core(name));
            let is_left = without.match_indices(&name).any(|(at, found)| {
                starts_word(&without, at) && !without[at + found.len()..].starts_with(char::is_alphanumeric)
            });
            prop_assert!(!is_left, "{name:?} is left of {text:?}: {without:?}");
        }
    }
}
