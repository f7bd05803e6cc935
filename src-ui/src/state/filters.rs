//! Conditions as people meet them: ready-made ones, typed ones, and each in words.
//! Refuses one that doesn't fit its kind: the service would.

use super::words::shown;
use contract::columns::{self, Column, Type, Unit};
use contract::{Condition, Kind, Operator, words};

/// The questions that are asked most, for one press: what they are called, and their conditions.
pub(crate) fn ready(kind: Kind) -> Vec<(&'static str, Vec<Condition>)> {
    let lines: &[(&str, &[&str])] = match kind {
        Kind::Vms => &[
            ("Snapshots older than 7 days", &["snapshot_age_seconds>7d"]),
            ("Powered off", &["power_state=poweredOff", "is_template=false"]),
            (
                "VMware Tools not running",
                &["power_state=poweredOn", "tools_running_status!=guestToolsRunning"],
            ),
            ("Needs consolidation", &["consolidation_needed=true"]),
            ("Templates", &["is_template=true"]),
        ],
        Kind::Hosts => &[
            ("In maintenance mode", &["in_maintenance=true"]),
            ("Not connected", &["connection_state!=connected"]),
            ("Memory above 90 %", &["memory_percent>90"]),
            ("Reboot required", &["reboot_required=true"]),
        ],
        Kind::Clusters => &[
            ("HA off", &["ha_enabled=false"]),
            ("Memory after failover above 85 %", &["failover_memory_percent>85"]),
            ("More than 4 vCPU per core", &["vcpu_per_core>4"]),
        ],
        Kind::Datastores => &[
            ("Less than 10 % free", &["free_percent<10"]),
            ("Not accessible", &["accessible=false"]),
            ("More than 100 % provisioned", &["provisioned_percent>100"]),
        ],
        Kind::Networks => &[("Without VMs", &["vm_count=0"]), ("Not accessible", &["accessible=false"])],
        Kind::Snapshots => {
            &[("Older than 7 days", &["age_seconds>7d"]), ("Older than 3 days", &["age_seconds>3d"])]
        }
        Kind::Folders | Kind::ResourcePools => &[("Without VMs", &["vm_count=0"])],
        Kind::Datacenters | Kind::StandaloneHosts => &[],
    };
    let read = |text: &&str| text.parse::<Condition>().ok().filter(|one| one.on(kind).is_ok());
    lines.iter().map(|(title, texts)| (*title, texts.iter().filter_map(read).collect())).collect()
}

/// What was typed, if it is a condition and not words to look for: `free_percent<10`, or a subnet alone.
pub(crate) fn typed(kind: Kind, text: &str) -> Option<Condition> {
    let text = text.trim();
    let subnet = || {
        text.contains('/').then_some(())?;
        let column = addresses(kind)?;
        Some(Condition {
            column: column.id.to_string(),
            operator: Operator::InSubnet,
            value: text.to_owned(),
        })
    };
    let read = subnet().filter(|one| one.on(kind).is_ok()).or_else(|| text.parse().ok())?;
    let column = columns::of(kind).column(&read.column)?;
    // The address of the page, and a chip that is edited, have the id.
    let read = Condition { column: column.id.to_string(), ..read };
    read.on(kind).is_ok().then_some(read)
}

/// The column with all addresses of an object.
fn addresses(kind: Kind) -> Option<&'static Column> {
    let all = || columns::of(kind).columns().filter(|column| column.is_address);
    all().find(|column| column.ty == Type::List).or_else(|| all().next())
}

/// The columns to choose from: those of the table, then the others by title; ids are for those who type them.
pub(crate) fn columns_of(kind: Kind) -> Vec<&'static Column> {
    let schema = columns::of(kind);
    let mut first = schema.first();
    let is_id = |column: &&Column| column.id.ends_with("_moref") || column.id == "kind";
    let mut others: Vec<&'static Column> = schema
        .columns()
        .filter(|column| !is_id(column) && !first.iter().any(|one| one.id == column.id))
        .collect();
    others.sort_by_key(|column| column.title.to_lowercase());
    first.extend(others);
    first
}

/// The values to choose from, and their words, where a column has few.
pub(crate) fn choices(column: &Column) -> Vec<(String, String)> {
    let pair = |value: &str, words: &str| (value.to_owned(), words.to_owned());
    match column.ty {
        Type::Boolean => vec![pair("true", "Yes"), pair("false", "No")],
        _ => column.terms.iter().map(|(value, words)| pair(value, words)).collect(),
    }
}

/// An example of what to type.
pub(crate) fn example(column: &Column, operator: Operator) -> &'static str {
    match (operator, column.ty, column.unit) {
        (Operator::InSubnet, ..) => "10.1.2.0/24",
        (_, Type::Time, _) => "7d, or 2026-03-01",
        (_, _, Some(Unit::Seconds)) => "7d, 12h or 30m",
        (_, _, Some(Unit::Bytes)) => "32GiB",
        (_, _, Some(Unit::Mhz)) => "2.4GHz",
        (_, _, Some(Unit::Percent)) => "10",
        (_, Type::Integer | Type::Decimal, _) => "4",
        _ => "",
    }
}

/// A condition in words: `Free % below 10 %`.
pub(crate) fn sentence(column: &Column, condition: &Condition) -> String {
    let title = &column.title;
    if condition.value.is_empty() {
        let not = if condition.operator == Operator::IsNot { " not" } else { "" };
        return format!("{title} is{not} empty");
    }
    format!("{title} {} {}", condition.words(column), value(column, &condition.value))
}

/// A value as it was typed, in words.
fn value(column: &Column, typed: &str) -> String {
    let is_plain = typed.chars().all(|c| c.is_ascii_digit() || c == '.');
    match (column.ty, column.unit) {
        (Type::Boolean, _) => {
            let flag = matches!(typed.to_lowercase().as_str(), "true" | "yes" | "y" | "1");
            if flag { "Yes" } else { "No" }.to_owned()
        }
        (_, Some(Unit::Percent)) if is_plain => format!("{typed} %"),
        (Type::Time, _) | (_, Some(Unit::Seconds)) => span(typed).unwrap_or_else(|| typed.to_owned()),
        _ => shown(&words::term(column, typed)),
    }
}

/// `7 days` for `7d`.
fn span(typed: &str) -> Option<String> {
    let end = typed.find(|c: char| !c.is_ascii_digit())?;
    let (number, unit) = typed.split_at(end);
    let number: usize = number.parse().ok()?;
    let (one, many) = match unit.trim() {
        "d" => ("day", "days"),
        "w" => ("week", "weeks"),
        "y" => ("year", "years"),
        "h" => ("h", "h"),
        "m" => ("min", "min"),
        "s" => ("s", "s"),
        _ => return None,
    };
    Some(words::counted(number, one, many))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_ready_made_filter_fits_its_kind_whole() {
        for kind in Kind::LISTED {
            for (title, conditions) in ready(kind) {
                assert!(!conditions.is_empty(), "{}: {title}", kind.name());
            }
        }
        assert_eq!(ready(Kind::Vms)[2].1.len(), 2);
    }

    #[test]
    fn a_condition_that_is_typed_is_told_from_words_to_look_for() {
        let said = |kind, text: &str| typed(kind, text).map(|one| one.to_string());
        assert_eq!(said(Kind::Datastores, "free_percent<10").as_deref(), Some("free_percent<10"));
        assert_eq!(said(Kind::Vms, " 10.1.2.0/24 ").as_deref(), Some("ip_addresses in 10.1.2.0/24"));
        assert_eq!(said(Kind::Hosts, "10.1.2.0/24").as_deref(), Some("management_ips in 10.1.2.0/24"));
        assert_eq!(said(Kind::Vms, "HOST = esx-01").as_deref(), Some("host=esx-01"));
        assert_eq!(said(Kind::Snapshots, "age>7d").as_deref(), Some("age_seconds>7d"));
        for text in ["web", "10.1.2.3", "a/b", "no_such<1", "free_percent<lots", ""] {
            assert_eq!(said(Kind::Datastores, text), None, "{text}");
        }
        assert_eq!(said(Kind::Networks, "10.1.2.0/24"), None, "networks have no addresses");
    }

    #[test]
    fn a_condition_reads_as_a_sentence() {
        for (kind, text, words) in [
            (Kind::Datastores, "free_percent<10", "Free % below 10 %"),
            (Kind::Snapshots, "age_seconds>7d", "Age older than 7 days"),
            (Kind::Hosts, "in_maintenance=true", "Maintenance mode is Yes"),
            (Kind::Vms, "power_state=poweredOn", "Power is Powered on"),
            (Kind::Vms, "cluster=", "Cluster is empty"),
            (Kind::Vms, "cluster!=", "Cluster is not empty"),
            (Kind::Vms, "ip_addresses in 10.1.2.0/24", "IP addresses in subnet 10.1.2.0/24"),
            (Kind::Vms, "memory_bytes>32GiB", "Memory above 32GiB"),
        ] {
            let condition = typed(kind, text).unwrap();
            let column = columns::of(kind).column(&condition.column).unwrap();
            assert_eq!(sentence(column, &condition), words);
        }
    }

    #[test]
    fn every_column_that_can_be_chosen_stands_once_and_has_an_operator() {
        for kind in Kind::LISTED {
            let columns = columns_of(kind);
            for (position, column) in columns.iter().enumerate() {
                assert!(!Condition::operators(column).is_empty(), "{}", column.id);
                assert!(!columns[..position].iter().any(|one| one.id == column.id), "{} twice", column.id);
            }
        }
    }
}
