//! One test for each way in which real estates mislead.

use super::*;
use crate::discovery::matching::{Decision, Identity};

#[test]
fn two_bmcs_with_everything_equal_are_a_conflict() {
    let twin = Server { key: "server-9".to_owned(), ..server(1) };
    let matching = judge(&[host(1)], &[server(1), twin.clone()]);
    for key in ["server-1", "server-9"] {
        assert_eq!(matching.servers[key].state, State::Conflict);
        assert!(has(&matching.servers[key], Reason::Shared(Identity::Uuid)));
    }
    assert_eq!(candidates(&matching.hosts["host-1"]), ["server-1", "server-9"]);
    // A person says which; what is equal on the other one is no conflict any more.
    let confirmed = Decisions::from([(("host-1".to_owned(), "server-9".to_owned()), Decision::Confirmed)]);
    let matching = match_servers(&[host(1)], &[server(1), twin], &confirmed);
    assert_eq!(matching.hosts["host-1"].state, State::Confirmed);
    assert_eq!(matching.servers["server-1"].state, State::Ambiguous);
}

#[test]
fn cloned_uuids_are_told_apart_by_serial_numbers_and_else_a_conflict() {
    let uuid = host(1).uuid;
    let (one, other) = (host(1), Host { uuid: uuid.clone(), ..host(2) });
    let servers = [server(1), Server { uuid: uuid.clone(), ..server(2) }];
    let matching = judge(&[one, other], &servers);
    assert!(is_matched(&matching.servers["server-1"], "host-1"));
    assert!(is_matched(&matching.servers["server-2"], "host-2"));
    assert!(matching.servers["server-2"].reasons.contains(&Reason::Shared(Identity::Uuid)));
    let bare = |number| Host { uuid: uuid.clone(), ..blank_host(number) };
    let matching = judge(&[bare(1), bare(2)], &[Server { uuid: uuid.clone(), ..blank_server(1) }]);
    assert_eq!(matching.servers["server-1"].state, State::Conflict);
    assert_eq!(candidates(&matching.servers["server-1"]), ["host-1", "host-2"]);
    // With a third it is still no server without ESXi; with nine it is nobody's.
    let of = |hosts: u8| {
        let hosts: Vec<Host> = (1..=hosts).map(bare).collect();
        judge(&hosts, &[Server { uuid: uuid.clone(), ..blank_server(1) }]).servers["server-1"].state
    };
    assert_eq!((of(3), of(9)), (State::Conflict, State::Alone));
}

#[test]
fn a_dark_node_of_a_shared_bmc_does_not_take_its_neighbours_match() {
    let esxi = host(1);
    let dark = Server { bmc_macs: server(1).bmc_macs, ..server(2) };
    let matching = judge(std::slice::from_ref(&esxi), &[server(1), dark]);
    assert!(is_matched(&matching.servers["server-1"], "host-1"));
}

#[test]
fn a_server_that_tells_more_than_the_true_one_does_not_take_its_place() {
    let esxi = host(1);
    let honest = Server { nic_macs: vec![], bmc_macs: vec![], ..server(1) };
    assert_eq!(judge_one(esxi.clone(), honest.clone()).state, State::Matched);
    // It tells the same identity, and the host's MACs, which anybody on its network can see.
    let liar = Server { uuid: honest.uuid.clone(), serial_number: honest.serial_number.clone(), ..server(1) };
    let liar = Server { key: "liar".to_owned(), bmc_macs: vec![], ..liar };
    let matching = judge(std::slice::from_ref(&esxi), &[honest.clone(), liar.clone()]);
    assert_eq!(matching.servers["server-1"].state, State::Conflict);
    assert_eq!(matching.servers["liar"].state, State::Conflict);
    // As several systems they don't make it nobody's either.
    let copy = |key: &str| Server { key: key.to_owned(), nic_macs: vec![], ..liar.clone() };
    let matching = judge(&[esxi], &[honest, copy("liar-1"), copy("liar-2"), copy("liar-3")]);
    assert_eq!(matching.servers["server-1"].state, State::Conflict);
}

#[test]
fn an_enclosures_serial_number_matches_no_blades() {
    let enclosure = "CZ3614ENCL".to_owned();
    let blade = |number: u8| Host {
        serial_number: String::new(),
        service_tags: vec![enclosure.clone()],
        enclosure_serial: enclosure.clone(),
        ..host(number)
    };
    let of_bmc = |number: u8| Server { enclosure_serial: enclosure.clone(), ..server(number) };
    let matching = judge(&[blade(1), blade(2)], &[of_bmc(1), of_bmc(2)]);
    for number in 1..=2 {
        let verdict = &matching.servers[&format!("server-{number}")];
        assert!(is_matched(verdict, &format!("host-{number}")), "{verdict:?}");
        assert!(!verdict.reasons.contains(&Reason::Serial));
    }
    // One blade's host and another one's BMC: all that they share is the enclosure.
    let verdict = judge_one(blade(1), of_bmc(2));
    assert!(verdict.with.is_empty());
    // Even if the BMC gives the enclosure's number as the blade's and knows nothing else: the host knows better.
    let silent = Server { vendor: "HPE".to_owned(), serial_number: enclosure.clone(), ..blank_server(2) };
    let knowing = Host { serial_number: host(1).serial_number, ..blade(1) };
    let verdict = judge_one(knowing, silent);
    assert_eq!(verdict.state, State::Ambiguous, "{verdict:?}");
    assert!(has(&verdict, Reason::Enclosure));
}

#[test]
fn a_profile_that_moved_takes_its_uuid_and_serial_number_along() {
    let profile = Server { is_profile: true, profile_macs: server(1).nic_macs, ..server(1) };
    let verdict = judge_one(host(1), profile.clone());
    assert_eq!(verdict.state, State::Ambiguous);
    assert!(has(&verdict, Reason::Profile));
    let burned_in = vec!["d4:04:e6:39:e9:52".to_owned(), "d4:04:e6:39:e9:53".to_owned()];
    let with_cards = Server { nic_macs: burned_in.clone(), ..profile.clone() };
    let verdict = judge_one(Host { nic_macs: burned_in, ..host(1) }, with_cards);
    assert!(is_matched(&verdict, "host-1"));
    let with_ipmi = Host { bmc_mac: profile.bmc_macs[0].clone(), ..host(1) };
    assert!(is_matched(&judge_one(with_ipmi, profile), "host-1"));
}

#[test]
fn addresses_from_a_pool_show_a_profile_that_nobody_named() {
    let macs = vec!["00:25:b5:01:00:0a".to_owned(), "00:25:b5:01:00:0b".to_owned()];
    let verdict =
        judge_one(Host { nic_macs: macs.clone(), ..host(1) }, Server { nic_macs: macs, ..server(1) });
    assert_eq!(verdict.state, State::Ambiguous);
    assert!(has(&verdict, Reason::Profile));
}

#[test]
fn a_uuid_of_one_host_and_nics_of_another_are_a_conflict() {
    let wandered = Server { nic_macs: host(2).nic_macs, ..server(1) };
    let matching = judge(&[host(1), host(2)], &[wandered]);
    let verdict = &matching.servers["server-1"];
    assert_eq!(verdict.state, State::Conflict);
    assert_eq!(candidates(verdict), ["host-1", "host-2"]);
    assert!(has(verdict, Reason::Rival));
    for key in ["host-1", "host-2"] {
        assert_eq!(matching.hosts[key].state, State::Conflict, "seen from {key} as well");
    }
}

#[test]
fn a_host_that_was_added_twice_is_one_machine() {
    let direct = Host { key: "direct-1".to_owned(), names: vec!["10.0.0.1".to_owned()], ..host(1) };
    let matching = judge(&[host(1), direct.clone()], &[server(1)]);
    assert_eq!(matching.servers["server-1"].state, State::Matched);
    assert_eq!(matching.servers["server-1"].with, ["direct-1", "host-1"]);
    assert_eq!(matching.hosts["direct-1"], matching.hosts["host-1"]);
    // With another card it isn't the same by itself, but the caller may know.
    let hint = Host { nic_macs: vec!["94:40:c9:00:01:03".to_owned()], ..direct.clone() };
    assert_eq!(judge(&[host(1), hint.clone()], &[server(1)]).servers["server-1"].with, ["host-1"]);
    let told = Host { same_as: Some("host-1".to_owned()), ..hint };
    assert_eq!(
        judge(&[host(1), told.clone()], &[server(1)]).servers["server-1"].with,
        ["direct-1", "host-1"]
    );
    // It may be mistaken.
    let mistaken = Host { uuid: host(7).uuid, ..told };
    assert_eq!(judge(&[host(1), mistaken], &[server(1)]).servers["server-1"].with, ["host-1"]);
    // What was decided of one entry holds for the machine.
    let rejected = Decisions::from([(("direct-1".to_owned(), "server-1".to_owned()), Decision::Rejected)]);
    let matching = match_servers(&[host(1), direct], &[server(1)], &rejected);
    assert_eq!(matching.servers["server-1"].state, State::Alone);
}

#[test]
fn two_systems_behind_one_bmc_are_told_apart() {
    let bmc = server(1).bmc_macs;
    let second = Server { bmc_macs: bmc.clone(), ..server(2) };
    let of = |number: u8| Host { bmc_mac: bmc[0].clone(), ..host(number) };
    let matching = judge(&[of(1), of(2)], &[server(1), second]);
    assert!(is_matched(&matching.servers["server-1"], "host-1"));
    assert!(is_matched(&matching.servers["server-2"], "host-2"));
    assert!(matching.servers["server-2"].reasons.contains(&Reason::Shared(Identity::BmcMac)));
}

#[test]
fn a_node_number_after_the_chassis_serial_number_is_no_contradiction() {
    let uuid = "44a540e2-c479-11ea-8000-b42e998d5cf7".to_owned();
    let host = Host { uuid: uuid.clone(), serial_number: "GJTZR2358Q3678".to_owned(), ..blank_host(1) };
    let server = Server { uuid, serial_number: "GJTZR2358Q367801".to_owned(), ..blank_server(1) };
    assert_eq!(judge_one(host, server).reasons, [Reason::Uuid]);
}

#[test]
fn a_rack_servers_own_serial_number_is_its_enclosures_too() {
    let serial = host(1).serial_number;
    let tags = vec![serial.clone(), serial.clone()];
    let host = Host {
        vendor: "HPE".to_owned(),
        service_tags: tags,
        enclosure_serial: serial.clone(),
        ..blank_host(1)
    };
    let server = Server { enclosure_serial: serial, uuid: String::new(), nic_macs: vec![], ..server(1) };
    assert!(is_matched(&judge_one(host, server), "host-1"));
}

#[test]
fn junk_on_both_sides_is_nothing_in_common() {
    let junk = "To be filled by O.E.M.".to_owned();
    let uuid = "03000200-0400-0500-0006-000700080009".to_owned();
    let macs = vec!["0a:ca:fe:f0:0d:04".to_owned(), "00:CA:FE:F0:0D:04".to_owned()];
    let host = Host {
        vendor: "Supermicro".to_owned(),
        names: vec!["localhost.localdomain".to_owned()],
        uuid: uuid.clone(),
        serial_number: junk.clone(),
        asset_tag: "Default string".to_owned(),
        nic_macs: macs.clone(),
        bmc_mac: "00:00:00:00:00:00".to_owned(),
        bmc_address: "0.0.0.0".to_owned(),
        ..blank_host(1)
    };
    let server = Server {
        vendor: "Supermicro".to_owned(),
        host_name: "localhost".to_owned(),
        uuid,
        serial_number: junk,
        asset_tag: "Default string".to_owned(),
        nic_macs: macs,
        bmc_macs: vec!["00:00:00:00:00:00".to_owned()],
        bmc_addresses: vec!["0.0.0.0".to_owned()],
        ..blank_server(1)
    };
    assert_eq!(judge_one(host, server).state, State::Alone);
}

#[test]
fn a_serial_number_that_an_installer_left_on_three_servers_is_nobodys() {
    let same =
        |number: u8| Server { serial_number: "RACK42TEST".to_owned(), uuid: String::new(), ..server(number) };
    let bare = |number: u8| Server { nic_macs: vec![], ..same(number) };
    let host = Host { serial_number: "RACK42TEST".to_owned(), ..host(1) };
    let matching = judge(std::slice::from_ref(&host), &[bare(1), bare(2), bare(3)]);
    assert_eq!(matching.hosts["host-1"].state, State::Alone);
    let matching = judge(&[host], &[same(1), same(2), same(3)]);
    assert!(is_matched(&matching.hosts["host-1"], "server-1"), "by its NICs");
}
