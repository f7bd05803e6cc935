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
        return Err(invalid(message, "Confirm it if they are, or choose smaller ranges."));
    }
    Ok(hosts.into_iter().flat_map(|host| ports.iter().map(|port| (host.to_string(), *port))).collect())
}

/// A number as it is read.
fn said(number: usize) -> String {
    contract::words::grouped(i64::try_from(number).unwrap_or(i64::MAX))
}

/// Fails if a scan leaves out a name that none of its ranges has: a name isn't looked up, so its address would be scanned.
pub(super) fn leaves_out_what_is_there(scan: &Scan) -> Result<(), ApiError> {
    let hosts = hosts(&scan.ranges)?;
    for one in excluded(&scan.exclude)? {
        if let Excluded::Name(name) = one
            && !hosts.contains(&Host::Name(name.clone()))
        {
            let message = format!("the excluded name \"{name}\" is none of the ranges");
            return Err(invalid(message, "Exclude its address instead."));
        }
    }
    Ok(())
}

/// A scan with each range and each exclusion for itself, however they were typed.
pub(super) fn apart(scan: Scan) -> Scan {
    let all = |ranges: &[String]| parts(ranges).map(str::to_owned).collect();
    Scan { ranges: all(&scan.ranges), exclude: all(&scan.exclude), ..scan }
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

/// Dashes that are pasted from documents.
const DASHES: [char; 5] = ['\u{2010}', '\u{2011}', '\u{2013}', '\u{2014}', '\u{2212}'];

fn of(part: &str) -> Result<Vec<Host>, &'static str> {
    let part = &*part.replace(DASHES, "-");
    if let Some((address, length)) = part.split_once('/') {
        let (address, length) = prefix(address, length)?;
        return network(address, length);
    }
    let bare = part.strip_prefix('[').and_then(|part| part.strip_suffix(']')).unwrap_or(part);
    if let Ok(ip) = bare.parse::<IpAddr>() {
        // An IPv4 address in the form of an IPv6 one is the same BMC.
        return usable(ip.to_canonical()).map(|ip| vec![Host::Ip(ip)]);
    }
    if let Some((first, last)) = ends(part)? {
        return span(first, last);
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
    let part = &*part.replace(DASHES, "-");
    if let Some((first, last)) = ends(part)? {
        return Ok(Excluded::Between(first.into(), last.into()));
    }
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

/// The ends of what goes from an address to another one, or to another last number; `None` for what isn't that.
fn ends(part: &str) -> Result<Option<(Ipv4Addr, Ipv4Addr)>, &'static str> {
    let Some((first, last)) = part.split_once('-') else { return Ok(None) };
    let Ok(first) = first.trim().parse::<Ipv4Addr>() else { return Ok(None) };
    let last = last.trim();
    let last = match last.parse::<u8>() {
        Ok(number) => {
            let [a, b, c, _] = first.octets();
            Ipv4Addr::new(a, b, c, number)
        }
        Err(_) => last.parse().map_err(|_| "does not end with an address or a number up to 255")?,
    };
    if first > last {
        return Err("ends before it begins");
    }
    Ok(Some((first, last)))
}

/// From an address to another one.
fn span(first: Ipv4Addr, last: Ipv4Addr) -> Result<Vec<Host>, &'static str> {
    let (first, last) = (u32::from(first), u32::from(last));
    if (last - first) as usize > Scan::MOST {
        return Err("is too large");
    }
    (first..=last).map(|ip| usable(Ipv4Addr::from(ip).into()).map(Host::Ip)).collect()
}

fn name(part: &str) -> Result<String, &'static str> {
    let ascii = idna::domain_to_ascii_strict(part).map_err(|_| "is neither an address nor a host name")?;
    // What looks like an address is a mistyped one: 10.0.8.x, 10.0.8.300, 0x0a000801.
    let is_number = |label: &str| label.bytes().all(|b| b.is_ascii_digit());
    let is_hex = |label: &str| {
        label.strip_prefix("0x").is_some_and(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()))
    };
    let mut labels = ascii.split('.');
    let is_numeric = labels.clone().next_back().is_some_and(|last| is_number(last) || is_hex(last))
        || (labels.next().is_some_and(is_number) && labels.next().is_some_and(is_number));
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
        // Dashes out of documents, and exclusions of any size.
        assert_eq!(found(&["10.0.9.10\u{2013}13"], &["10.0.9.11\u{2014}12"]), ["10.0.9.10", "10.0.9.13"]);
        let but_ten = ["10.0.0.0-10.255.255.255"];
        assert_eq!(found(&["10.0.9.1-3", "11.0.0.1", "bmc-01"], &but_ten), ["11.0.0.1", "bmc-01"]);
        assert_eq!(found(&["bmc-01", "3com.example.com"], &["BMC-01"]), ["3com.example.com"]);
        let typed = apart(scan(&["10.0.0.1\n10.0.0.2, 10.0.0.3"], &[",", ""]));
        assert_eq!((typed.ranges.len(), typed.exclude.len()), (3, 0));
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
            ("10.0.8.x", "neither"),
            ("10.0.8.O", "neither"),
            ("0x0a000801", "neither"),
            ("10.0.8.1\u{2013}300", "255"),
        ] {
            let error = targets(&scan(&[range], &[])).unwrap_err();
            assert!(error.message.contains(words), "{range}: {}", error.message);
        }
        let whole = scan(&["10.0.0.0/16", "::ffff:10.0.0.7"], &["10.0.0.0/17", "10.0.128.0/17"]);
        assert!(targets(&whole).unwrap_err().message.contains("excluded"));
        for (exclude, words) in [("10.0.0.x", "neither"), ("10.0.0.9-3", "before")] {
            let error = targets(&scan(&["10.0.0.0/29"], &[exclude])).unwrap_err();
            assert!(error.message.contains(words), "{exclude}: {}", error.message);
        }
        let named = scan(&["10.0.0.0/29", "bmc-02"], &["bmc-01"]);
        assert!(leaves_out_what_is_there(&named).unwrap_err().message.contains("none of the ranges"));
        assert!(leaves_out_what_is_there(&scan(&["bmc-02"], &["BMC-02", "10.0.0.1"])).is_ok());
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
