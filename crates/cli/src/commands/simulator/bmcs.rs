//! The BMCs beside a simulated vCenter, and how they are found.
//! Refuses to configure anything by itself, as the simulator does.

use crate::suggest::{Suggestion, quoted};
use simulator::{Bmc, BmcOptions};
use std::net::IpAddr;
use std::path::Path;

/// So many BMCs: of the hosts first, then of servers that run no ESXi.
pub(super) fn options(bmcs: u32, hosts: usize, port: Option<u16>, password: Option<String>) -> BmcOptions {
    let of_hosts = hosts.min(bmcs as usize);
    let dark = bmcs - u32::try_from(of_hosts).unwrap_or(bmcs);
    BmcOptions { hosts: of_hosts, dark, port: port.unwrap_or(0), password, ..BmcOptions::default() }
}

/// How many there are and where, and the commands that find them; nothing where there is none.
pub(super) fn shown(all: &[Bmc], data_dir: Option<&Path>) -> Option<String> {
    let first = all.first()?;
    let with_folder = |command: Suggestion| match data_dir {
        Some(dir) => command.option("--data-dir", &dir.display().to_string()),
        None => command,
    };
    let profile = Suggestion::of("discovery profile add").about("simulated");
    let profile = with_folder(profile.option("--user", first.user()).flag("--password-stdin"));
    let mut ports: Vec<u16> = all.iter().map(|bmc| bmc.address().port()).collect();
    ports.sort_unstable();
    ports.dedup();
    let addresses = all.iter().map(|bmc| bmc.address().ip()).collect();
    let scan = Suggestion::of("discovery scan");
    let scan = spans(addresses).iter().fold(scan, |scan, span| scan.about(span));
    let scan = ports.iter().fold(scan, |scan, port| scan.option("--port", &port.to_string()));
    Some(format!(
        "BMCs: {}, user {}, password {}\n\nFind them:\nprintf %s {} | {profile}\n{}\n{}",
        all.len(),
        first.user(),
        first.password(),
        quoted(first.password()),
        with_folder(scan),
        with_folder(Suggestion::of("discovery approve").flag("--seen")),
    ))
}

/// The addresses as ranges: one for those that follow each other.
fn spans(mut addresses: Vec<IpAddr>) -> Vec<String> {
    addresses.sort_unstable();
    let mut spans: Vec<(IpAddr, IpAddr)> = Vec::new();
    for address in addresses {
        match spans.last_mut() {
            Some((_, last)) if follows(*last, address) => *last = address,
            _ => spans.push((address, address)),
        }
    }
    let range = |(first, last): (IpAddr, IpAddr)| {
        if first == last { first.to_string() } else { format!("{first}-{last}") }
    };
    spans.into_iter().map(range).collect()
}

fn follows(one: IpAddr, other: IpAddr) -> bool {
    match (one, other) {
        (IpAddr::V4(one), IpAddr::V4(other)) => u32::from(one).checked_add(1) == Some(u32::from(other)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_come_first_and_the_rest_runs_no_esxi() {
        let of = |bmcs| options(bmcs, 12, Some(8443), None);
        assert_eq!((of(5).hosts, of(5).dark), (5, 0));
        assert_eq!((of(20).hosts, of(20).dark, of(20).port), (12, 8, 8443));
        assert_eq!((of(0).hosts, of(0).dark), (0, 0));
    }

    #[test]
    fn addresses_that_follow_each_other_are_one_range() {
        let of = |all: &[&str]| spans(all.iter().map(|one| one.parse().unwrap()).collect());
        let three = ["127.0.64.2", "127.0.64.1", "127.0.64.3"];
        assert_eq!(of(&three), ["127.0.64.1-127.0.64.3"]);
        assert_eq!(
            of(&["127.0.64.255", "127.0.65.0", "127.0.65.2"]),
            ["127.0.64.255-127.0.65.0", "127.0.65.2"]
        );
    }
}
