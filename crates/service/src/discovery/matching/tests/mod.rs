//! What matching must do, trap by trap, on whole estates, and whatever it is given.
//! Refuses to know how it is done.

mod estate;
mod estates;
mod invariants;
mod parts;
mod rules;
mod traps;

use super::{Decisions, HostFacts, Matching, Reason, ServerFacts, State, Verdict, match_servers};

type Host = HostFacts<String>;
type Server = ServerFacts<String>;

/// An ordinary rack server as its ESXi host shows it.
fn host(number: u8) -> Host {
    HostFacts {
        key: format!("host-{number}"),
        vendor: "HPE".to_owned(),
        names: vec![format!("esx-{number:02}.example.net")],
        uuid: format!("30373237-3132-4753-4831-3336415152{number:02x}"),
        serial_number: format!("SGH136AQ{number:02X}"),
        nic_macs: vec![format!("94:40:c9:00:{number:02x}:01"), format!("94:40:c9:00:{number:02x}:02")],
        ..HostFacts::default()
    }
}

/// The same one as its BMC shows it.
fn server(number: u8) -> Server {
    let host = host(number);
    ServerFacts {
        key: format!("server-{number}"),
        vendor: "Hewlett Packard Enterprise".to_owned(),
        sku: "P28948-B21".to_owned(),
        uuid: host.uuid.to_uppercase(),
        serial_number: host.serial_number,
        nic_macs: host.nic_macs.iter().map(|mac| mac.to_uppercase()).collect(),
        bmc_macs: vec![format!("94:40:c9:ff:{number:02x}:00")],
        bmc_addresses: vec![format!("10.0.8.{number}")],
        ..ServerFacts::default()
    }
}

/// One that knows nothing of itself.
fn blank_host(number: u8) -> Host {
    HostFacts { key: format!("host-{number}"), ..HostFacts::default() }
}

fn blank_server(number: u8) -> Server {
    ServerFacts { key: format!("server-{number}"), ..ServerFacts::default() }
}

fn judge(hosts: &[Host], servers: &[Server]) -> Matching<String, String> {
    match_servers(hosts, servers, &Decisions::new())
}

/// What comes out for one host and one server: seen from the server.
fn judge_one(host: Host, server: Server) -> Verdict<String> {
    let matching = judge(&[host], std::slice::from_ref(&server));
    matching.servers[&server.key].clone()
}

/// Whom a verdict names as candidates, the likeliest first.
fn candidates(verdict: &Verdict<String>) -> Vec<&str> {
    verdict.candidates.iter().map(|candidate| candidate.with[0].as_str()).collect()
}

fn is_matched(verdict: &Verdict<String>, key: &str) -> bool {
    verdict.state == State::Matched && verdict.with == [key]
}

fn has(verdict: &Verdict<String>, reason: Reason) -> bool {
    verdict.candidates.iter().any(|candidate| candidate.reasons.contains(&reason))
}
