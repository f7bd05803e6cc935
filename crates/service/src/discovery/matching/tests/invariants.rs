//! What holds whatever hosts and BMCs say: values from small pools, so that everything collides with everything.
//! Refuses plausible data: that is the estates' part.

use super::*;
use crate::discovery::matching::{CANDIDATES, Decision};
use proptest::prelude::*;
use proptest::sample::select;
use std::collections::BTreeSet;

const UUIDS: [&str; 6] = [
    "",
    "9b1b860f-f455-2749-093a-d5d1e0e94c9a",
    "0f861b9b-55f4-4927-093a-d5d1e0e94c9a",
    "da38fdfa-4c84-11e7-ab21-a4bf01d0048c",
    "36383150-3630-584d-5130-37323830324a",
    "03000200-0400-0500-0006-000700080009",
];
const SERIALS: [&str; 6] = ["", "MXQ072802J", "SGH136AQR5", "ENCL000001", "ENCL000002", "Default string"];
const MACS: [&str; 7] = [
    "",
    "94:40:c9:00:00:01",
    "94:40:c9:00:00:02",
    "94:40:c9:00:00:03",
    "94:40:c9:00:00:04",
    "00:25:b5:00:00:01",
    "0a:ca:fe:f0:0d:04",
];
const NAMES: [&str; 4] = ["", "esx-01", "esx-02.example.net", "10.0.0.1"];
const VENDORS: [&str; 4] = ["", "HPE", "Hewlett-Packard", "Dell Inc."];

fn one(pool: &'static [&'static str]) -> impl Strategy<Value = String> {
    select(pool).prop_map(str::to_owned)
}

fn some(pool: &'static [&'static str]) -> impl Strategy<Value = Vec<String>> {
    prop::collection::vec(one(pool), 0..4)
}

fn hosts() -> impl Strategy<Value = Vec<Host>> {
    let one_host = (
        (one(&VENDORS), some(&NAMES), one(&UUIDS), one(&SERIALS), some(&SERIALS)),
        (one(&SERIALS), one(&SERIALS), some(&MACS), one(&MACS), one(&NAMES)),
        prop::option::of(0_u8..8),
    );
    let host = one_host.prop_map(|(first, second, same_as)| Host {
        vendor: first.0,
        names: first.1,
        uuid: first.2,
        serial_number: first.3,
        service_tags: first.4,
        enclosure_serial: second.0,
        asset_tag: second.1,
        nic_macs: second.2,
        bmc_mac: second.3,
        bmc_address: second.4,
        same_as: same_as.map(|number| format!("host-{number}")),
        key: String::new(),
    });
    prop::collection::vec(host, 0..7).prop_map(|mut hosts| {
        for (number, host) in hosts.iter_mut().enumerate() {
            host.key = format!("host-{number}");
        }
        hosts
    })
}

fn servers() -> impl Strategy<Value = Vec<Server>> {
    let one_server = (
        (one(&VENDORS), one(&SERIALS), one(&SERIALS), one(&SERIALS), one(&SERIALS), one(&SERIALS)),
        (one(&UUIDS), one(&NAMES), some(&MACS), some(&MACS), some(&MACS), some(&NAMES)),
        prop::bool::weighted(0.2),
    );
    let server = one_server.prop_map(|(first, second, is_profile)| Server {
        vendor: first.0,
        serial_number: first.1,
        service_tag: first.2,
        sku: first.3,
        enclosure_serial: first.4,
        asset_tag: first.5,
        uuid: second.0,
        host_name: second.1,
        nic_macs: second.2,
        profile_macs: second.3,
        bmc_macs: second.4,
        bmc_addresses: second.5,
        is_profile,
        key: String::new(),
    });
    prop::collection::vec(server, 0..7).prop_map(|mut servers| {
        for (number, server) in servers.iter_mut().enumerate() {
            server.key = format!("server-{number}");
        }
        servers
    })
}

fn decisions() -> impl Strategy<Value = Decisions<String, String>> {
    let decision = select(vec![Decision::Confirmed, Decision::Rejected]);
    let pair =
        (0_u8..9, 0_u8..9).prop_map(|(host, server)| (format!("host-{host}"), format!("server-{server}")));
    prop::collection::btree_map(pair, decision, 0..6)
}

/// Everybody whom a verdict names.
fn named(verdict: &Verdict<String>) -> BTreeSet<&String> {
    let candidates = verdict.candidates.iter().flat_map(|candidate| &candidate.with);
    verdict.with.iter().chain(candidates).collect()
}

fn turned<T: Clone>(list: &[T], by: usize) -> Vec<T> {
    let mut turned: Vec<T> = list.iter().rev().cloned().collect();
    turned.rotate_left(by % list.len().max(1));
    turned
}

fn is_proof(reason: &Reason) -> bool {
    match reason {
        Reason::BmcMac | Reason::Uuid | Reason::UuidSwapped | Reason::Serial => true,
        Reason::NicMacs(count) => *count >= 2,
        _ => false,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, ..ProptestConfig::default() })]

    #[test]
    fn both_sides_say_the_same(hosts in hosts(), servers in servers(), decisions in decisions()) {
        let matching = match_servers(&hosts, &servers, &decisions);
        prop_assert_eq!((matching.hosts.len(), matching.servers.len()), (hosts.len(), servers.len()));
        for (server, verdict) in &matching.servers {
            prop_assert_eq!(verdict.with.is_empty(), verdict.state > State::Matched);
            for host in &verdict.with {
                let Some(other) = matching.hosts.get(host) else { continue };
                prop_assert_eq!(other.state, verdict.state);
                prop_assert!(other.with.contains(server));
                if verdict.state == State::Matched {
                    prop_assert_eq!(&other.with, std::slice::from_ref(server));
                    prop_assert_eq!((other.score, &other.reasons), (verdict.score, &verdict.reasons));
                    prop_assert!(verdict.reasons.iter().any(is_proof), "{:?}", verdict.reasons);
                    prop_assert!(verdict.score > 50, "{}", verdict.score);
                }
            }
            for candidate in &verdict.candidates {
                let other = &matching.hosts[&candidate.with[0]];
                let both_are_open = verdict.with.is_empty() && other.with.is_empty();
                prop_assert!(!both_are_open || named(other).contains(server));
                prop_assert!(candidate.score <= 60);
            }
            prop_assert!(verdict.candidates.len() <= CANDIDATES);
            prop_assert!(verdict.candidates.is_sorted_by(|one, other| one.score >= other.score));
        }
        for (host, verdict) in &matching.hosts {
            for server in &verdict.with {
                let other = matching.servers.get(server);
                prop_assert!(other.is_none_or(|other| other.with.contains(host)));
            }
            prop_assert!(verdict.state != State::Matched || verdict.with.len() == 1);
        }
    }

    #[test]
    fn a_decision_is_respected(hosts in hosts(), servers in servers(), decisions in decisions()) {
        let matching = match_servers(&hosts, &servers, &decisions);
        for ((host, server), decision) in &decisions {
            let (Some(of_host), Some(of_server)) = (matching.hosts.get(host), matching.servers.get(server)) else {
                continue;
            };
            match decision {
                Decision::Confirmed => {
                    prop_assert_eq!((of_host.state, of_server.state), (State::Confirmed, State::Confirmed));
                    prop_assert!(of_host.with.contains(server) && of_server.with.contains(host));
                }
                // Another entry of the same host may be confirmed with it.
                Decision::Rejected if of_host.with.contains(server) => {
                    prop_assert_eq!(of_host.state, State::Confirmed);
                    let is_confirmed = |entry: &String| {
                        decisions.get(&(entry.clone(), server.clone())) == Some(&Decision::Confirmed)
                    };
                    prop_assert!(of_server.with.iter().any(is_confirmed));
                }
                Decision::Rejected => {
                    prop_assert!(!named(of_host).contains(server) && !named(of_server).contains(host));
                }
            }
        }
    }

    #[test]
    fn the_order_of_what_is_given_changes_nothing(
        hosts in hosts(), servers in servers(), decisions in decisions(), by in 0_usize..7,
    ) {
        let expected = match_servers(&hosts, &servers, &decisions);
        let mut hosts = turned(&hosts, by);
        let mut servers = turned(&servers, by + 1);
        for host in &mut hosts {
            host.nic_macs = turned(&host.nic_macs, by);
            host.service_tags = turned(&host.service_tags, by);
            host.names = turned(&host.names, by);
        }
        for server in &mut servers {
            server.nic_macs = turned(&server.nic_macs, by);
            server.bmc_macs = turned(&server.bmc_macs, by);
        }
        prop_assert_eq!(match_servers(&hosts, &servers, &decisions), expected);
    }

    #[test]
    fn whatever_a_bmc_writes_is_survived(texts in prop::collection::vec(".{0,200}", 6), many in 0_usize..500) {
        let server = Server {
            vendor: texts[0].clone(),
            serial_number: texts[1].clone(),
            uuid: texts[2].clone(),
            host_name: texts[3].clone(),
            nic_macs: vec![texts[4].clone(); many],
            bmc_addresses: texts.clone(),
            ..blank_server(1)
        };
        let host = Host { names: texts.clone(), service_tags: texts, ..blank_host(1) };
        let matching = judge(&[host], &[server]);
        prop_assert_eq!(matching.servers.len(), 1);
    }
}
