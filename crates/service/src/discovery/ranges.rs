//! Which addresses ranges mean.
//! Refuses what can't be read, and more addresses than anybody means.

use contract::discovery::Scan;
use contract::{ApiError, Code};
use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Each address of a scan once, with each of its ports.
pub(super) fn targets(scan: &Scan) -> Result<Vec<(String, u16)>, ApiError> {
    let hosts = hosts(&scan.ranges)?;
    if hosts.is_empty() {
        return Err(invalid("no addresses to scan", EXAMPLES));
    }
    let left_out = excluded(&scan.exclude)?;
    let hosts: Vec<&Host> = hosts.iter().filter(|host| !left_out.iter().any(|one| one.has(host))).collect();
    if hosts.is_empty() {
        return Err(invalid("everything in these ranges is excluded", "Exclude less."));
    }
    let ports = match scan.ports.is_empty() {
        true => BTreeSet::from([Scan::PORT]),
        false => scan.ports.iter().copied().collect(),
    };
    if ports.contains(&0) {
        return Err(invalid("0 is not a port", "Specify ports from 1 to 65535."));
    }
    let many = hosts.len().saturating_mul(ports.len());
    if many > Scan::MOST {
        let message =
            format!("{} addresses are more than {} that are scanned at once", said(many), said(Scan::MOST));
        return Err(invalid(message, "Scan smaller ranges, one after the other."));
    }
    if many > Scan::MANY && !scan.accept_many {
        let message = format!("{} addresses are more than {}: are they meant?", said(many), said(Scan::MANY));
        return Err(invalid(message, "If they are, say so, and start the scan again."));
    }
    Ok(hosts.into_iter().flat_map(|host| ports.iter().map(|port| (host.to_string(), *port))).collect())
}

/// A number as it is read.
fn said(number: usize) -> String {
    contract::words::grouped(i64::try_from(number).unwrap_or(i64::MAX))
}

/// How many addresses a scan looks at, each port for itself: so that a person can be asked before.
///
/// # Errors
/// `InvalidValue` for what can't be scanned.
pub fn count(scan: &Scan) -> Result<usize, ApiError> {
    targets(&Scan { accept_many: true, ..scan.clone() }).map(|targets| targets.len())
}

const EXAMPLES: &str =
    "Enter addresses such as 10.0.8.0/24, 10.0.9.10-50, 10.0.9.10, fd00::10 or bmc-01.example.com.";

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Host {
    Ip(IpAddr),
    Name(String),
}

impl std::fmt::Display for Host {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Host::Ip(ip) => ip.fmt(f),
            Host::Name(name) => f.write_str(name),
        }
    }
}

fn hosts(ranges: &[String]) -> Result<BTreeSet<Host>, ApiError> {
    let mut hosts = BTreeSet::new();
    for part in parts(ranges) {
        let found = of(part).map_err(|why| {
            let shown = contract::words::excerpt(part);
            invalid(format!("the range \"{shown}\" {why}"), EXAMPLES)
        })?;
        hosts.extend(found);
        if hosts.len() > Scan::MOST {
            let message = format!("more than {} addresses can't be scanned at once", said(Scan::MOST));
            return Err(invalid(message, "Scan smaller ranges, one after the other."));
        }
    }
    Ok(hosts)
}

/// The one address or name that a text is.
pub(super) fn one(text: &str) -> Result<String, String> {
    let shown = || contract::words::excerpt(text);
    let hosts = of(text).map_err(|why| format!("\"{}\" {why}", shown()))?;
    match &hosts[..] {
        [one] => Ok(one.to_string()),
        _ => Err(format!("\"{}\" is more than one address", shown())),
    }
}

fn of(part: &str) -> Result<Vec<Host>, &'static str> {
    if let Some((address, length)) = part.split_once('/') {
        let (address, length) = prefix(address, length)?;
        return network(address, length);
    }
    let bare = part.strip_prefix('[').and_then(|part| part.strip_suffix(']')).unwrap_or(part);
    if let Ok(ip) = bare.parse::<IpAddr>() {
        // An IPv4 address in the form of an IPv6 one is the same BMC.
        return usable(ip.to_canonical()).map(|ip| vec![Host::Ip(ip)]);
    }
    if let Some((first, last)) = part.split_once('-')
        && let Ok(first) = first.trim().parse::<Ipv4Addr>()
    {
        return span(first, last.trim());
    }
    name(part).map(|name| vec![Host::Name(name)])
}

/// What is left out: all of a network, with its first and last address, and however large it is.
enum Excluded {
    Between(IpAddr, IpAddr),
    Name(String),
}

impl Excluded {
    fn has(&self, host: &Host) -> bool {
        match (self, host) {
            (Excluded::Between(first, last), Host::Ip(ip)) => {
                first.is_ipv4() == ip.is_ipv4() && (first..=last).contains(&ip)
            }
            (Excluded::Name(name), Host::Name(host)) => name == host,
            _ => false,
        }
    }
}

fn excluded(ranges: &[String]) -> Result<Vec<Excluded>, ApiError> {
    let wrong = |part: &str, why: &str| {
        let shown = contract::words::excerpt(part);
        invalid(format!("the excluded range \"{shown}\" {why}"), EXAMPLES)
    };
    parts(ranges).map(|part| one_excluded(part).map_err(|why| wrong(part, why))).collect()
}

fn one_excluded(part: &str) -> Result<Excluded, &'static str> {
    if let Some((address, length)) = part.split_once('/') {
        let (address, length) = prefix(address, length)?;
        let (first, last) = match address {
            IpAddr::V4(v4) => {
                let (first, last) = ends_v4(v4, length)?;
                (IpAddr::V4(first.into()), IpAddr::V4(last.into()))
            }
            IpAddr::V6(v6) => {
                let (first, last) = ends_v6(v6, length)?;
                (IpAddr::V6(first.into()), IpAddr::V6(last.into()))
            }
        };
        return Ok(Excluded::Between(first, last));
    }
    let hosts = of(part)?;
    match (hosts.first(), hosts.last()) {
        (Some(Host::Ip(first)), Some(Host::Ip(last))) => Ok(Excluded::Between(*first, *last)),
        (Some(Host::Name(name)), _) => Ok(Excluded::Name(name.clone())),
        _ => Err("is no address"),
    }
}

fn parts(ranges: &[String]) -> impl Iterator<Item = &str> {
    let parts = ranges.iter().flat_map(|range| range.split([',', ';', ' ', '\n', '\t', '\r']));
    parts.map(str::trim).filter(|part| !part.is_empty())
}

fn usable(ip: IpAddr) -> Result<IpAddr, &'static str> {
    match ip.is_unspecified() || ip.is_multicast() || ip == IpAddr::V4(Ipv4Addr::BROADCAST) {
        true => Err("is not the address of a server"),
        false => Ok(ip),
    }
}

/// An address, and how many of its bits a network has.
fn prefix(address: &str, length: &str) -> Result<(IpAddr, u32), &'static str> {
    let length = length.parse().map_err(|_| "has no valid prefix length")?;
    Ok((address.parse().map_err(|_| "is not a network")?, length))
}

/// The first and the last address of a network.
fn ends_v4(address: Ipv4Addr, length: u32) -> Result<(u32, u32), &'static str> {
    if length > 32 {
        return Err("has no valid prefix length");
    }
    let rest = u32::MAX.checked_shr(length).unwrap_or(0);
    let first = u32::from(address) & !rest;
    Ok((first, first | rest))
}

fn ends_v6(address: Ipv6Addr, length: u32) -> Result<(u128, u128), &'static str> {
    if length > 128 {
        return Err("has no valid prefix length");
    }
    let rest = u128::MAX.checked_shr(length).unwrap_or(0);
    let first = u128::from(address) & !rest;
    Ok((first, first | rest))
}

fn network(address: IpAddr, length: u32) -> Result<Vec<Host>, &'static str> {
    match address {
        IpAddr::V4(v4) => {
            let (first, last) = ends_v4(v4, length)?;
            if u64::from(last - first) >= Scan::MOST as u64 * 2 {
                return Err("is too large");
            }
            // Network and broadcast address are no server's; of /31 and /32 both are.
            let all = if length < 31 { first + 1..=last - 1 } else { first..=last };
            all.map(|ip| usable(Ipv4Addr::from(ip).into()).map(Host::Ip)).collect()
        }
        IpAddr::V6(v6) => {
            if !(112..=128).contains(&length) {
                return Err("is too large: IPv6 networks are scanned from /112 on");
            }
            let (first, last) = ends_v6(v6, length)?;
            (first..=last).map(|ip| usable(Ipv6Addr::from(ip).into()).map(Host::Ip)).collect()
        }
    }
}

/// From an address to another one, or to another last number.
fn span(first: Ipv4Addr, last: &str) -> Result<Vec<Host>, &'static str> {
    let last = match last.parse::<u8>() {
        Ok(number) => {
            let [a, b, c, _] = first.octets();
            Ipv4Addr::new(a, b, c, number)
        }
        Err(_) => last.parse().map_err(|_| "does not end with an address or a number up to 255")?,
    };
    let (first, last) = (u32::from(first), u32::from(last));
    if first > last {
        return Err("ends before it begins");
    }
    if (last - first) as usize > Scan::MOST {
        return Err("is too large");
    }
    (first..=last).map(|ip| usable(Ipv4Addr::from(ip).into()).map(Host::Ip)).collect()
}

fn name(part: &str) -> Result<String, &'static str> {
    let ascii = idna::domain_to_ascii_strict(part).map_err(|_| "is neither an address nor a host name")?;
    // What looks like an address is a mistyped one.
    let is_numeric =
        ascii.split('.').next_back().is_some_and(|last| last.bytes().all(|b| b.is_ascii_digit()));
    match ascii.is_empty() || ascii.len() > 253 || is_numeric {
        true => Err("is neither an address nor a host name"),
        false => Ok(ascii),
    }
}

fn invalid(message: impl Into<String>, next: &str) -> ApiError {
    ApiError::new(Code::InvalidValue, message.into()).next(next)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn scan(ranges: &[&str], exclude: &[&str]) -> Scan {
        let own = |all: &[&str]| all.iter().map(|one| (*one).to_owned()).collect();
        Scan { ranges: own(ranges), exclude: own(exclude), ..Scan::default() }
    }

    fn found(ranges: &[&str], exclude: &[&str]) -> Vec<String> {
        targets(&scan(ranges, exclude)).unwrap().into_iter().map(|(host, _)| host).collect()
    }

    #[test]
    fn ranges_mean_each_of_their_addresses_once() {
        assert_eq!(found(&["10.0.8.0/30"], &[]), ["10.0.8.1", "10.0.8.2"]);
        assert_eq!(found(&["10.0.8.7/31"], &[]), ["10.0.8.6", "10.0.8.7"]);
        assert_eq!(
            found(&["10.0.9.10-12, 10.0.9.12;10.0.9.11"], &[]),
            ["10.0.9.10", "10.0.9.11", "10.0.9.12"]
        );
        assert_eq!(found(&["10.0.8.254-10.0.9.1"], &["10.0.8.255-10.0.9.0"]), ["10.0.8.254", "10.0.9.1"]);
        assert_eq!(found(&["[fd00::10]", "fd00::fffe/127"], &[]), ["fd00::10", "fd00::fffe", "fd00::ffff"]);
        assert_eq!(found(&["BMC-01.example.com"], &[]), ["bmc-01.example.com"]);
        let both = Scan { ports: vec![8443, 443, 443], ..scan(&["10.0.0.1"], &[]) };
        assert_eq!(targets(&both).unwrap(), [("10.0.0.1".to_owned(), 443), ("10.0.0.1".to_owned(), 8443)]);
        assert_eq!(found(&["127.0.0.0/22"], &[]).len(), 1_022);
    }

    #[test]
    fn what_no_range_is_is_refused_with_what_is_wrong() {
        for (range, words) in [
            ("", "no addresses"),
            ("10.0.8", "neither"),
            ("10.0.8.256", "neither"),
            ("10.0.8.0/33", "prefix length"),
            ("10.0.0.0/8", "too large"),
            ("10.0.8.9-3", "before it begins"),
            ("10.0.8.9-300", "255"),
            ("fd00::/64", "/112"),
            ("0.0.0.0", "address of a server"),
            ("224.0.0.1", "address of a server"),
            ("https://10.0.0.1/", "prefix length"),
            ("a b_c", "neither"),
        ] {
            let error = targets(&scan(&[range], &[])).unwrap_err();
            assert!(error.message.contains(words), "{range}: {}", error.message);
        }
        let whole = scan(&["10.0.0.0/16", "::ffff:10.0.0.7"], &["10.0.0.0/17", "10.0.128.0/17"]);
        assert!(targets(&whole).unwrap_err().message.contains("excluded"));
        let error = targets(&scan(&["10.0.0.1"], &["10.0.0.0/8", "fd00::/8"])).unwrap_err();
        assert!(error.message.contains("excluded"), "{}", error.message);
    }

    #[test]
    fn many_addresses_are_asked_about_and_more_are_never_scanned() {
        let many = scan(&["10.0.0.0/19"], &[]);
        let error = targets(&many).unwrap_err();
        assert!(error.message.contains("8,190 addresses"), "{}", error.message);
        assert_eq!(count(&many).unwrap(), 8_190);
        assert_eq!(targets(&Scan { accept_many: true, ..many }).unwrap().len(), 8_190);
        let too_many = Scan { ports: (1..10).collect(), accept_many: true, ..scan(&["10.0.0.0/18"], &[]) };
        assert!(targets(&too_many).is_err());
    }

    proptest! {
        #[test]
        fn no_text_is_too_odd_to_be_judged(text in "[0-9a-f./:,\\- \\[\\]x]{0,40}") {
            if let Ok(all) = targets(&scan(&[&text], &[])) {
                prop_assert!(!all.is_empty() && all.len() <= Scan::MANY);
            }
        }
    }
}
