//! One test for each rule: what proves a match, what only hints at one, and what a person says.

use super::*;
use crate::discovery::matching::{Decision, Identity};

#[test]
fn all_that_a_rack_server_says_is_equal() {
    let (hosts, servers) = ([host(1), host(2), host(3)], [server(2), server(3), server(4)]);
    let matching = judge(&hosts, &servers);
    assert!(is_matched(&matching.servers["server-2"], "host-2"));
    assert!(is_matched(&matching.hosts["host-3"], "server-3"));
    assert_eq!(matching.servers["server-4"].state, State::Alone, "dark");
    assert_eq!(matching.hosts["host-1"].state, State::Alone, "no BMC");
    let verdict = &matching.servers["server-2"];
    assert_eq!(verdict.reasons, [Reason::Uuid, Reason::Serial, Reason::NicMacs(2)]);
    let words: Vec<String> = verdict.reasons.iter().map(|reason| reason.words()).collect();
    assert_eq!(words, ["UUID is equal", "Serial number is equal", "2 NIC MACs are equal"]);
    assert_eq!(verdict.score, 97);
    assert_eq!(verdict.reasons, matching.hosts["host-2"].reasons);
}

#[test]
fn the_bmcs_mac_in_the_ipmi_settings_proves_it() {
    let host = Host { bmc_mac: "94:40:c9:ff:01:00".to_owned(), ..blank_host(1) };
    let verdict = judge_one(host.clone(), server(1));
    assert!(is_matched(&verdict, "host-1"));
    assert_eq!((verdict.score, verdict.reasons), (97, vec![Reason::BmcMac]));
    // Somebody typed it in: against UUID, serial number and NICs it is a conflict.
    let typo = Host { bmc_mac: host.bmc_mac, ..super::host(2) };
    assert_eq!(judge_one(typo, server(1)).state, State::Conflict);
}

#[test]
fn a_swapped_uuid_and_a_serial_number_prove_it() {
    let host = Host { uuid: "9B1B860F-F455-2749-093A-D5D1E0E94C9A".to_owned(), ..host(1) };
    let server =
        Server { uuid: "0f861b9b-55f4-4927-093a-d5d1e0e94c9a".to_owned(), nic_macs: vec![], ..server(1) };
    let verdict = judge_one(host, server);
    assert_eq!((verdict.state, verdict.score), (State::Matched, 96));
    assert_eq!(verdict.reasons, [Reason::UuidSwapped, Reason::Serial]);
    assert_eq!(verdict.reasons[0].words(), "UUID is equal in swapped byte order");
}

#[test]
fn dells_serial_number_is_the_sku() {
    let host = Host { vendor: "Dell Inc.".to_owned(), serial_number: "3B4QUC7".to_owned(), ..blank_host(1) };
    let server = Server {
        vendor: "Dell".to_owned(),
        serial_number: "CNGZA4751G1978".to_owned(),
        sku: "3B4QUC7".to_owned(),
        ..blank_server(1)
    };
    assert!(is_matched(&judge_one(host.clone(), server.clone()), "host-1"));
    // A product's number is no serial number.
    let elsewhere = Server { vendor: "HPE".to_owned(), ..server.clone() };
    assert_eq!(judge_one(Host { vendor: "HPE".to_owned(), ..host.clone() }, elsewhere).state, State::Alone);
    // During its inventory an iDRAC names no vendor: the UUID does.
    let uuid = "4c4c4544-0042-3410-8051-b3c04f554337".to_owned();
    let blank = Server { vendor: " ".to_owned(), uuid: uuid.clone(), ..server };
    let verdict = judge_one(Host { uuid, ..host }, blank);
    assert_eq!(verdict.reasons, [Reason::Uuid, Reason::Serial]);
}

#[test]
fn the_boards_number_of_a_dell_contradicts_nothing() {
    let uuid = "4c4c4544-0042-3410-8051-b3c04f554337".to_owned();
    let host = Host { uuid: uuid.clone(), serial_number: "3B4QUC7".to_owned(), ..blank_host(1) };
    let server = Server { uuid, serial_number: "CNGZA4751G1978".to_owned(), ..blank_server(1) };
    assert_eq!(judge_one(host, server).reasons, [Reason::Uuid]);
}

#[test]
fn two_nics_prove_it_and_one_hints_at_it() {
    let server = server(1);
    let of_host = host(1).nic_macs;
    let two = Host { nic_macs: of_host.clone(), ..blank_host(1) };
    assert!(is_matched(&judge_one(two, server.clone()), "host-1"));
    let one = Host { nic_macs: of_host[..1].to_vec(), ..blank_host(1) };
    let verdict = judge_one(one, server);
    assert_eq!((verdict.state, candidates(&verdict)), (State::Ambiguous, vec!["host-1"]));
    assert_eq!(verdict.candidates[0].reasons[0].words(), "1 NIC MAC is equal");
}

#[test]
fn a_uuid_alone_proves_it_unless_the_serial_numbers_differ() {
    let uuid = host(1).uuid;
    let server = Server { uuid: uuid.clone(), ..blank_server(1) };
    let verdict = judge_one(Host { uuid: uuid.clone(), ..blank_host(1) }, server);
    assert_eq!((verdict.state, verdict.score), (State::Matched, 80));
    let verdict = judge_one(Host { uuid, nic_macs: vec![], ..host(2) }, super::server(1));
    assert_eq!(verdict.state, State::Conflict);
    assert!(has(&verdict, Reason::Differs(Identity::Serial)));
}

#[test]
fn a_serial_number_proves_it_if_the_vendor_is_the_same() {
    let server = Server { uuid: String::new(), nic_macs: vec![], ..server(1) };
    let host = Host { serial_number: server.serial_number.clone(), ..blank_host(1) };
    let verdict = judge_one(Host { vendor: "HP".to_owned(), ..host.clone() }, server.clone());
    assert_eq!((verdict.state, verdict.score), (State::Matched, 75));
    for vendor in ["", "Lenovo"] {
        let verdict = judge_one(Host { vendor: vendor.to_owned(), ..host.clone() }, server.clone());
        assert_eq!(verdict.state, State::Ambiguous);
        assert!(has(&verdict, Reason::VendorUnproven));
    }
}

#[test]
fn address_tag_and_name_are_hints_however_many() {
    let host = Host {
        asset_tag: "INV-100234".to_owned(),
        names: vec!["esx-01.example.net".to_owned()],
        bmc_address: "10.0.8.1".to_owned(),
        ..blank_host(1)
    };
    let server = Server {
        asset_tag: "inv-100234".to_owned(),
        host_name: "ESX-01".to_owned(),
        bmc_addresses: vec!["10.0.8.1".to_owned()],
        ..blank_server(1)
    };
    let verdict = judge_one(host, server);
    assert_eq!(verdict.state, State::Ambiguous);
    assert_eq!(verdict.candidates[0].reasons, [Reason::BmcAddress, Reason::AssetTag, Reason::Name]);
    assert!(verdict.score <= 60);
}

#[test]
fn a_confirmed_pair_stands_whatever_the_facts_say() {
    let decisions = Decisions::from([(("host-1".to_owned(), "server-2".to_owned()), Decision::Confirmed)]);
    let matching = match_servers(&[host(1), host(2)], &[server(1), server(2)], &decisions);
    let verdict = &matching.servers["server-2"];
    assert_eq!(
        (verdict.state, verdict.with.as_slice(), verdict.score),
        (State::Confirmed, &["host-1".to_owned()][..], 100)
    );
    let disagree = [Identity::Uuid, Identity::Serial, Identity::NicMacs].map(Reason::Differs);
    assert!(disagree.iter().all(|reason| verdict.reasons.contains(reason)), "{:?}", verdict.reasons);
    assert_eq!(candidates(verdict), ["host-2"], "what the facts say instead");
    assert_eq!(matching.hosts["host-1"].with, ["server-2"]);
    // The others' proofs point at who is taken.
    assert_eq!(matching.servers["server-1"].state, State::Conflict);
    assert!(has(&matching.servers["server-1"], Reason::Taken));
}

#[test]
fn a_confirmed_pair_stands_while_one_of_it_is_gone() {
    let decisions = Decisions::from([
        (("host-9".to_owned(), "server-1".to_owned()), Decision::Confirmed),
        (("host-2".to_owned(), "server-9".to_owned()), Decision::Confirmed),
    ]);
    let matching = match_servers(&[host(1), host(2)], &[server(1), server(2)], &decisions);
    for (state, with, reasons) in [
        (
            matching.servers["server-1"].state,
            &matching.servers["server-1"].with,
            &matching.servers["server-1"].reasons,
        ),
        (matching.hosts["host-2"].state, &matching.hosts["host-2"].with, &matching.hosts["host-2"].reasons),
    ] {
        assert_eq!(state, State::Confirmed);
        assert!(with[0].ends_with('9') && reasons.contains(&Reason::Missing));
    }
    assert_eq!(matching.hosts["host-1"].state, State::Conflict, "its server is confirmed with another");
    assert!(!matching.hosts.contains_key("host-9"));
}

#[test]
fn a_rejected_pair_is_never_proposed_again() {
    let decisions = Decisions::from([(("host-1".to_owned(), "server-1".to_owned()), Decision::Rejected)]);
    let matching = match_servers(&[host(1)], &[server(1)], &decisions);
    assert_eq!(matching.servers["server-1"], judge(&[], &[server(1)]).servers["server-1"]);
    assert_eq!(matching.hosts["host-1"].state, State::Alone);
}

#[test]
fn who_is_confirmed_twice_is_shown_with_both() {
    let of = |server: &str| (("host-1".to_owned(), server.to_owned()), Decision::Confirmed);
    let matching = match_servers(
        &[host(1)],
        &[server(1), server(2)],
        &Decisions::from([of("server-1"), of("server-2")]),
    );
    assert_eq!(matching.hosts["host-1"].with, ["server-1", "server-2"]);
    assert!(matching.hosts["host-1"].reasons.contains(&Reason::SeveralConfirmed));
    assert_eq!(matching.servers["server-2"].state, State::Confirmed);
}
