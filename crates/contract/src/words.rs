//! Values in the words of people: sizes, clocks, ages, shares, and vSphere's own words as admins know them.
//! Refuses to translate what programs read: JSON and CSV keep vSphere's words and plain numbers.

mod analytics;
mod audit;
mod health;
mod policies;
mod removal;
mod schedules;
mod standing;
mod times;
mod trust;

pub use analytics::{full, no_date};
pub use audit::{
    audited, audited_command, audited_kind, audited_properties, audited_property, audited_subject, verified,
};
pub use health::{by_level, finding, level, levels, scope};
pub use policies::{
    cause, destination_address, destination_kind, policy_step, policy_steps, ran_step, rows_wanted, trigger,
    triggers,
};
pub use removal::{goes_with, with_password_of_removed};
pub use schedules::{due, scheduled_about, scheduled_job, timing, timing_of};
pub use standing::{changes, credential_place, rejected_because, sentence, vcenter_state};
pub use times::{age, ago, byte_rate, duration, exactly, left, progress, ran, rate, step, took, until};
pub use trust::{OF_WHAT_IT_SEES, certificate, roles, unread_containers};

use crate::columns::{Column, Type, Unit};
use crate::destination::Delivery;
use crate::{
    Fold, ImportAction, Job, Kind, Noun, OperationKind, OperationState, Pause, PropertyChange, Recorded,
    Remedy, Suspension, Time,
};
use serde_json::Value as Json;
use std::borrow::Cow;

/// What a connection test is called.
pub const CONNECTION_TEST: &str = "Connection test";

/// What operations of a kind are called.
pub fn operation_kind(kind: OperationKind) -> &'static str {
    match kind {
        OperationKind::Test => CONNECTION_TEST,
        OperationKind::SyncHosts => "Host sync",
        OperationKind::FullSync => "Full sync",
        OperationKind::Refresh => "Refresh",
        OperationKind::Scan => "Scan",
        OperationKind::ReadServers => "Server refresh",
        OperationKind::Policy => "Policy run",
        OperationKind::Deliver => "Delivery",
        OperationKind::Notify => "Notification",
    }
}

/// What a job is called: `Full sync`, `Host sync of prod`, `Refresh of VMs`.
pub fn job(job: &Job) -> String {
    let kind = operation_kind(job.kind());
    match job {
        Job::Test { .. } | Job::FullSync { .. } | Job::Policy { .. } | Job::Notify { .. } => kind.to_owned(),
        Job::Deliver { delivery, .. } => delivery_called(delivery),
        Job::Scan { scan } => match &scan.ranges[..] {
            [one] => format!("{kind} of {}", label(one)),
            several => format!("{kind} of {}", counted(several.len(), "range", "ranges")),
        },
        Job::ReadServers { servers } => match &servers[..] {
            [] => format!("{kind} of all servers"),
            several => format!("{kind} of {}", counted(several.len(), "server", "servers")),
        },
        Job::SyncHosts { clusters, .. } if clusters.is_empty() => kind.to_owned(),
        Job::SyncHosts { clusters, .. } => match &clusters[..] {
            [one] => format!("{kind} of {}", label(one)),
            [one, other] => format!("{kind} of {}, {}", label(one), label(other)),
            several => format!("{kind} of {}", counted(several.len(), "cluster", "clusters")),
        },
        Job::Refresh { of, morefs, .. } if morefs.is_empty() => format!("{kind} of {}", of.plural()),
        Job::Refresh { of, morefs, .. } => {
            format!("{kind} of {}", counted(morefs.len(), &of.singular(), &of.plural()))
        }
    }
}

/// What a delivery is called.
fn delivery_called(delivery: &Delivery) -> String {
    match delivery {
        Delivery::Test { .. } => "Test delivery".to_owned(),
        Delivery::Run { .. } => "Message".to_owned(),
        Delivery::Health { .. } => "Health summary".to_owned(),
        Delivery::Rows { kinds, .. } => format!("Export of {}", kinds_of(kinds)),
    }
}

/// `hosts, VMs`.
fn kinds_of(kinds: &[Kind]) -> String {
    kinds.iter().map(|kind| kind.plural()).collect::<Vec<_>>().join(", ")
}

/// Automatic operations that changed nothing, together: `48 automatic full syncs without changes`.
pub fn folded(fold: &Fold<'_>) -> String {
    let number = grouped(i64::try_from(fold.operations.len()).unwrap_or(i64::MAX));
    match fold.kind() {
        OperationKind::Test => format!("{number} automatic connection tests"),
        OperationKind::SyncHosts => format!("{number} automatic host syncs without changes"),
        OperationKind::FullSync => format!("{number} automatic full syncs without changes"),
        OperationKind::Refresh => format!("{number} automatic refreshes without changes"),
        OperationKind::Scan => format!("{number} automatic scans without changes"),
        OperationKind::ReadServers => format!("{number} automatic server refreshes without changes"),
        OperationKind::Policy => format!("{number} automatic runs of policies without changes"),
        OperationKind::Deliver => format!("{number} automatic deliveries"),
        OperationKind::Notify => format!("{number} notifications"),
    }
}

/// A value that changed, and what it is now, each as text; `None` where nothing was, or is, known. Times are as in JSON.
pub fn changed(kind: Kind, change: &PropertyChange) -> [Option<String>; 2] {
    let said = |json: &Json| match change.column(kind) {
        Some(column) => value(column, json),
        None => json.as_str().map(str::to_owned).or_else(|| (!json.is_null()).then(|| json.to_string())),
    };
    [said(&change.old), said(&change.new)]
}

/// How many changed objects are counted only: `200 more added, 3 more removed, not recorded`; nothing where all are recorded.
pub fn more_changes(more: Recorded) -> Option<String> {
    let more = [(more.added, "more added"), (more.changed, "more changed"), (more.removed, "more removed")];
    standing::counts(more).map(|counts| format!("{counts}, not recorded"))
}

/// What the column of a change is called.
pub fn property(kind: Kind, change: &PropertyChange) -> String {
    change.column(kind).map_or_else(|| change.property.clone(), |column| column.title.clone().into_owned())
}

/// How an operation stands, in a word.
pub fn operation_state(state: OperationState) -> &'static str {
    match state {
        OperationState::Queued => "Queued",
        OperationState::Running => "Running",
        OperationState::Succeeded => "Done",
        OperationState::Partial => "Partially succeeded",
        OperationState::Failed => "Failed",
        OperationState::Cancelled => "Cancelled",
        OperationState::Interrupted => "Interrupted",
    }
}

/// The same as what is said of it: `full sync succeeded`.
pub fn outcome(state: OperationState) -> &'static str {
    match state {
        OperationState::Queued => "is queued",
        OperationState::Running => "is running",
        OperationState::Succeeded => "succeeded",
        OperationState::Partial => "partially succeeded",
        OperationState::Failed => "failed",
        OperationState::Cancelled => "was cancelled",
        OperationState::Interrupted => "was interrupted",
    }
}

/// What a remedy is called, on a button or in front of a command.
pub fn remedy(remedy: &Remedy) -> &'static str {
    match remedy {
        Remedy::SetPassword { .. } | Remedy::ConfirmPassword { .. } | Remedy::GivePassword => {
            "Enter password"
        }
        Remedy::ReplacePassword { .. } => "Update password",
        Remedy::RetryLogin { .. } => "Retry login",
        Remedy::ApproveCertificate { .. } => "Trust certificate",
        Remedy::TrustCa { .. } => "Trust CA",
        Remedy::ProbeCertificate => "Show certificate",
        Remedy::EditAddress { .. } => "Edit address",
        Remedy::EditWay { tunnel: false, .. } => "Edit proxy",
        Remedy::EditWay { tunnel: true, .. } => "Edit connection",
        Remedy::AcceptRemovals { .. } => "Accept the removals",
        Remedy::Retry { .. } => "Try again",
        Remedy::ChooseClusters { .. } => "Select clusters",
        Remedy::CancelOperation { .. } => "Cancel operation",
        Remedy::ChangeCredential => "Change credential",
        Remedy::UseCredential { .. } => "Use existing credential",
        Remedy::List { of: Noun::Vcenter } => "All vCenters",
        Remedy::List { of: Noun::Credential } => "All credentials",
        Remedy::List { of: Noun::Operation } => "Recent operations",
        Remedy::List { of: Noun::Schedule } => "All schedules",
        Remedy::List { of: Noun::Policy } => "All policies",
        Remedy::List { of: Noun::Destination } => "All destinations",
        Remedy::AddVcenter => "Add vCenter",
        Remedy::AddCredential => "Add credential",
        Remedy::RunDoctor => "Check Muster",
        Remedy::RemoveOrphans => "Remove orphaned entries",
        Remedy::ChooseDataFolder => "Use another data folder",
        Remedy::SetRole { .. } => "Set role",
    }
}

/// A phrase with a capital letter in front.
pub fn capital(phrase: &str) -> String {
    let mut letters = phrase.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// A phrase as it stands within a sentence: only its first letter changes, names in it are names.
pub fn within_a_sentence(phrase: &str) -> String {
    let mut letters = phrase.chars();
    letters.next().map(|first| first.to_lowercase().chain(letters).collect()).unwrap_or_default()
}

/// `1,234,567`: the same in every locale that reads English.
pub fn grouped(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3 + 1);
    if number < 0 {
        text.push('-');
    }
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1 host`, `12 hosts`.
pub fn counted(number: usize, one: &str, many: &str) -> String {
    let number = i64::try_from(number).unwrap_or(i64::MAX);
    format!("{} {}", grouped(number), if number == 1 { one } else { many })
}

/// `512 GiB`, with as many decimals as make three digits.
#[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
pub fn bytes(bytes: i64) -> String {
    const UNITS: [&str; 6] = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
    let mut size = bytes as f64;
    let mut unit = 0;
    while size.abs() >= 1024.0 && unit + 1 < UNITS.len() {
        size /= 1024.0;
        unit += 1;
    }
    format!("{} {}", three_digits(size), UNITS[unit])
}

/// `2.4 GHz`, `900 MHz`.
#[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
pub fn mhz(mhz: i64) -> String {
    match mhz.saturating_abs() {
        0..1_000 => format!("{mhz} MHz"),
        1_000..999_500 => format!("{} GHz", three_digits(mhz as f64 / 1000.0)),
        // What all hosts of a vCenter have.
        _ => format!("{} GHz", grouped(mhz.saturating_add(500 * mhz.signum()) / 1000)),
    }
}

fn three_digits(number: f64) -> String {
    let text = match number.abs() {
        n if n >= 99.95 => format!("{number:.0}"),
        n if n >= 9.995 => format!("{number:.1}"),
        _ => format!("{number:.2}"),
    };
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// A name in a title or on a line of a menu, whatever a server sent as one: short, and on one line.
pub fn label(name: &str) -> String {
    cut(name, 48)
}

/// The beginning of a text, on one line; nothing in it turns the direction of what stands after it.
pub fn cut(text: &str, longest: usize) -> String {
    let acts = |c: char| c.is_control() || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let mut letters = text.chars();
    let mut cut: String = letters.by_ref().take(longest).map(|c| if acts(c) { ' ' } else { c }).collect();
    if letters.next().is_some() {
        cut.push('\u{2026}');
    }
    cut
}

/// The beginning of what somebody typed, as a message quotes it: nothing in it can act on a terminal.
pub fn excerpt(typed: &str) -> String {
    typed.chars().take(40).flat_map(char::escape_debug).collect()
}

/// What an import does, or did: `3 to add, 1 not imported`.
pub fn imported(count: impl Fn(ImportAction) -> usize, would: bool) -> String {
    let words = [
        (ImportAction::Add, "to add", "added"),
        (ImportAction::Change, "to change", "changed"),
        (ImportAction::Same, "unchanged", "unchanged"),
        (ImportAction::Refuse, "not imported", "not imported"),
    ];
    let counted = words.into_iter().filter_map(|(action, to_do, done)| {
        let many = count(action);
        (many > 0).then(|| format!("{} {}", grouped(many as i64), if would { to_do } else { done }))
    });
    counted.collect::<Vec<_>>().join(", ")
}

/// `host:port`, an IPv6 address in brackets.
pub fn address(host: &str, port: u16) -> String {
    if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
}

/// Bytes as lower-case hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// That nothing is tried by itself on a vCenter, why, and for how long from `now` on; nothing when that is over.
pub fn suspended(suspension: &Suspension, now: Time) -> Option<String> {
    let left = suspension.until.0.saturating_sub(now.0);
    let failures = counted(suspension.failures as usize, "failure", "failures");
    // The last second is one, too.
    (left > 0).then(|| {
        format!("automatic refresh suspended for {} after {failures} in a row", duration((left + 999) / 1000))
    })
}

/// That nothing is done by itself on a vCenter, and for how long from `now` on.
pub fn paused(pause: &Pause, now: Time) -> String {
    let with = match &pause.tag {
        _ if pause.all => " with everything".to_owned(),
        Some(tag) => format!(" with tag {tag}"),
        None => String::new(),
    };
    format!("paused{with} {}", paused_until(pause, now))
}

/// How long a pause lasts from `now` on: `for 2 h`, `until resumed`.
pub fn paused_until(pause: &Pause, now: Time) -> String {
    pause
        .until
        .map_or_else(|| "until resumed".to_owned(), |until| format!("for {}", times::until(until, now)))
}

/// That everything is paused, and for how long from `now` on.
pub fn everything_paused(pause: &Pause, now: Time) -> String {
    format!("everything is paused {}", paused_until(pause, now))
}

/// That no vCenter can be reached.
pub const NO_NETWORK: &str = "No vCenter can be reached: no network or VPN";

/// A host's name without its domain; an address stays whole.
pub fn short_host_name(name: &str) -> &str {
    let is_address = name.parse::<std::net::IpAddr>().is_ok();
    match name.split_once('.') {
        Some((short, _)) if !is_address && !short.is_empty() => short,
        _ => name,
    }
}

/// vSphere's word as admins know it: `Powered on` for `poweredOn`. A word that is new to Muster stays as it is.
pub fn term<'a>(column: &Column, word: &'a str) -> Cow<'a, str> {
    let known = column.terms.iter().find(|(vsphere, _)| *vsphere == word);
    known.map_or(Cow::Borrowed(word), |(_, people)| Cow::Borrowed(people))
}

/// A value of a column as text; `None` where nothing is known, and for a time, whose format is that of the client.
pub fn value(column: &Column, value: &Json) -> Option<String> {
    Some(match value {
        Json::Null | Json::Object(_) => return None,
        Json::Bool(flag) => if *flag { "Yes" } else { "No" }.to_owned(),
        Json::Number(number) => match (column.ty, number.as_i64(), number.as_f64()) {
            (Type::Time, ..) => return None,
            (_, Some(number), _) => whole(column, number),
            (_, None, number) => decimal(column, number?),
        },
        Json::String(text) => term(column, text).into_owned(),
        Json::Array(values) => {
            let texts: Vec<String> = values.iter().filter_map(|one| self::value(column, one)).collect();
            if texts.is_empty() { return None } else { texts.join(", ") }
        }
    })
}

fn whole(column: &Column, number: i64) -> String {
    match column.unit {
        Some(Unit::Bytes) => bytes(number),
        Some(Unit::Mhz) => mhz(number),
        Some(Unit::Seconds) => duration(number),
        Some(Unit::Percent) => format!("{number} %"),
        Some(Unit::Count) | None => grouped(number),
    }
}

fn decimal(column: &Column, number: f64) -> String {
    match column.unit {
        Some(Unit::Percent) => {
            let text = format!("{number:.1}");
            format!("{} %", text.strip_suffix(".0").unwrap_or(&text))
        }
        _ => three_digits(number),
    }
}

/// A table of vSphere's words and those of people, in the order of a list to choose from.
pub type Terms = &'static [(&'static str, &'static str)];

/// Status colours, as vSphere Client calls them.
pub(crate) const STATUS: Terms =
    &[("green", "Normal"), ("yellow", "Warning"), ("red", "Alert"), ("gray", "Unknown")];

/// Power of a VM or a host.
pub(crate) const POWER: Terms = &[
    ("poweredOn", "Powered on"),
    ("poweredOff", "Powered off"),
    ("suspended", "Suspended"),
    ("standBy", "Standby"),
    ("unknown", "Unknown"),
];

/// Connection of a VM or a host, and the host states that are put together from it.
pub(crate) const CONNECTION: Terms = &[
    ("connected", "Connected"),
    ("maintenance", "Maintenance mode"),
    ("standby", "Standby"),
    ("poweredOff", "Powered off"),
    ("disconnected", "Disconnected"),
    ("notResponding", "Not responding"),
    ("inaccessible", "Inaccessible"),
    ("invalid", "Invalid"),
    ("orphaned", "Orphaned"),
];

/// VMware Tools.
pub(crate) const TOOLS_RUNNING: Terms = &[
    ("guestToolsRunning", "Running"),
    ("guestToolsNotRunning", "Not running"),
    ("guestToolsExecutingScripts", "Starting"),
];

/// States of a host's HA agent.
pub(crate) const HA_STATE: Terms = &[
    ("connectedToMaster", "Connected (secondary)"),
    ("master", "Running (primary)"),
    ("election", "Election"),
    ("fdmUnreachable", "Agent unreachable"),
    ("hostDown", "Host failed"),
    ("initializationError", "Initialization error"),
    ("networkIsolated", "Network isolated"),
    ("networkPartitionedFromMaster", "Network partitioned"),
    ("uninitializationError", "Uninitialization error"),
    ("uninitialized", "Not initialized"),
];

/// Versions of VMware Tools.
pub(crate) const TOOLS_VERSION: Terms = &[
    ("guestToolsCurrent", "Current"),
    ("guestToolsNeedUpgrade", "Upgrade available"),
    ("guestToolsSupportedOld", "Supported, upgrade available"),
    ("guestToolsSupportedNew", "Supported, newer than the host's"),
    ("guestToolsTooOld", "Too old"),
    ("guestToolsTooNew", "Too new"),
    ("guestToolsBlacklisted", "Must be upgraded"),
    ("guestToolsUnmanaged", "Guest managed"),
    ("guestToolsNotInstalled", "Not installed"),
];

/// Whether a service of a cluster is on.
pub(crate) const SERVICE: Terms = &[("enabled", "On"), ("disabled", "Off")];

/// Automation levels of DRS.
pub(crate) const AUTOMATION: Terms = &[
    ("fullyAutomated", "Fully automated"),
    ("partiallyAutomated", "Partially automated"),
    ("manual", "Manual"),
];

/// Maintenance of a datastore.
pub(crate) const DATASTORE_MAINTENANCE: Terms = &[
    ("normal", "Normal"),
    ("enteringMaintenance", "Entering maintenance mode"),
    ("inMaintenance", "Maintenance mode"),
];

/// Networks.
pub(crate) const NETWORK_TYPE: Terms = &[
    ("standard", "Standard port group"),
    ("distributed_portgroup", "Distributed port group"),
    ("opaque", "Opaque network"),
];

/// What a folder holds.
pub(crate) const FOLDER_TYPE: Terms = &[
    ("datacenter", "Datacenters"),
    ("host", "Hosts and clusters"),
    ("vm", "VMs and templates"),
    ("datastore", "Datastores"),
    ("network", "Networks"),
];

/// Versions of virtual hardware.
pub(crate) const COMPATIBILITY: Terms = &[
    ("vmx-03", "VM version 3"),
    ("vmx-04", "VM version 4"),
    ("vmx-07", "VM version 7"),
    ("vmx-08", "VM version 8"),
    ("vmx-09", "VM version 9"),
    ("vmx-10", "VM version 10"),
    ("vmx-11", "VM version 11"),
    ("vmx-12", "VM version 12"),
    ("vmx-13", "VM version 13"),
    ("vmx-14", "VM version 14"),
    ("vmx-15", "VM version 15"),
    ("vmx-16", "VM version 16"),
    ("vmx-17", "VM version 17"),
    ("vmx-18", "VM version 18"),
    ("vmx-19", "VM version 19"),
    ("vmx-20", "VM version 20"),
    ("vmx-21", "VM version 21"),
    ("vmx-22", "VM version 22"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Kind, columns};
    use serde_json::json;

    #[test]
    fn a_suspension_is_told_until_it_is_over() {
        let words = |now| suspended(&Suspension { failures: 3, until: Time(90_000) }, Time(now));
        let said = |left| Some(format!("automatic refresh suspended for {left} after 3 failures in a row"));
        assert_eq!((words(0), words(60_000)), (said("1 min"), said("30 s")));
        assert_eq!((words(89_999), words(90_000), words(i64::MAX)), (said("1 s"), None, None));
    }

    #[test]
    fn a_value_reads_by_its_column() {
        let said = |kind, id, json: Json| value(columns::of(kind).column(id).unwrap(), &json);
        for (kind, id, json, words) in [
            (Kind::Hosts, "memory_bytes", json!(824_633_720_832_i64), "768 GiB"),
            (Kind::Hosts, "cpu_mhz_per_core", json!(2400), "2.4 GHz"),
            (Kind::Hosts, "in_maintenance", json!(true), "Yes"),
            (Kind::Hosts, "state", json!("notResponding"), "Not responding"),
            (Kind::Hosts, "cpu_percent", json!(12.34), "12.3 %"),
            (Kind::Hosts, "cpu_percent", json!(100.0), "100 %"),
            (Kind::Clusters, "vcpu_per_core", json!(3.456), "3.46"),
            (Kind::Vms, "ip_addresses", json!(["10.0.0.1", "10.0.0.2"]), "10.0.0.1, 10.0.0.2"),
            (Kind::Vms, "power_state", json!("poweredOn"), "Powered on"),
            (Kind::Vms, "hardware_version", json!("vmx-19"), "VM version 19"),
            (Kind::Vms, "hardware_version", json!("vmx-99"), "vmx-99"),
            (Kind::Snapshots, "age_seconds", json!(200_000), "2 days"),
        ] {
            assert_eq!(said(kind, id, json).as_deref(), Some(words), "{kind}.{id}");
        }
        assert_eq!(said(Kind::Vms, "ip_address", json!(null)), None);
        assert_eq!(said(Kind::Vms, "ip_addresses", json!([])), None);
    }

    #[test]
    fn sizes_have_three_digits_and_a_unit() {
        for (size, words) in [
            (0, "0 B"),
            (1023, "1023 B"),
            (1024, "1 KiB"),
            (1536, "1.5 KiB"),
            (549_755_813_888, "512 GiB"),
            (11_005_853_696, "10.2 GiB"),
            (1_319_413_953_331, "1.2 TiB"),
            (-1024, "-1 KiB"),
        ] {
            assert_eq!(bytes(size), words);
        }
        assert_eq!(
            (mhz(900), mhz(2400), mhz(71_820)),
            ("900 MHz".into(), "2.4 GHz".into(), "71.8 GHz".into())
        );
    }

    #[test]
    fn a_job_names_two_clusters_and_counts_more_and_a_name_is_short_and_on_one_line() {
        let of = |names: &[&str]| {
            let clusters = names.iter().map(|name| (*name).to_owned()).collect();
            job(&Job::SyncHosts { clusters, accept_removals: false })
        };
        assert_eq!(of(&["prod", "test"]), "Host sync of prod, test");
        assert_eq!(of(&["a", "b", "c"]), "Host sync of 3 clusters");
        assert_eq!(of(&["a\nb\u{202e}c"]), "Host sync of a b c");
        assert_eq!(of(&["x".repeat(10_000).as_str()]).chars().count(), 13 + 49);
        assert_eq!(label("M\u{fc}nchen"), "M\u{fc}nchen");
    }

    #[test]
    fn host_names_are_short_and_addresses_whole() {
        for (name, short) in [
            ("esx-01.example.org", "esx-01"),
            ("esx-01", "esx-01"),
            ("10.1.2.3", "10.1.2.3"),
            ("fd00::1", "fd00::1"),
            (".odd", ".odd"),
        ] {
            assert_eq!(short_host_name(name), short);
        }
    }
}
