//! The rules, in the order in which findings of one level stand.
//! Refuses code where conditions say it: a rule about rows is data, so that its findings are rows that anybody can list.
//! Thresholds are VMware's or those of vCenter's own alarms, where there are such; the reason stands in the advice.

use super::{Level, Looks, Rule};
use crate::Operator::{Above, Below};
use crate::{Kind, Operator, Time, VcenterState, VcenterStatus};
use Level::{Critical, Information, Warning};

const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;

/// The rule with this id.
pub fn rule(id: &str) -> Option<&'static Rule> {
    RULES.iter().find(|rule| rule.id == id)
}

/// A rule without what only some have.
const fn plain(
    id: &'static str,
    title: &'static str,
    looks: Looks,
    levels: &'static [(Level, &'static str)],
    advice: &'static str,
) -> Rule {
    Rule { id, title, advice, looks, levels, held_seconds: 0, covers: false, is_alarm: false, of_root: false }
}

const fn of_vcenters(
    id: &'static str,
    title: &'static str,
    looks: fn(&VcenterStatus, Time) -> Option<i64>,
    beyond: Option<Operator>,
    levels: &'static [(Level, &'static str)],
    advice: &'static str,
) -> Rule {
    plain(id, title, Looks::Vcenter { is: looks, beyond }, levels, advice)
}

/// Rows that meet conditions are findings of one level.
const fn rows(
    id: &'static str,
    title: &'static str,
    kind: Kind,
    level: &'static [(Level, &'static str)],
    given: &'static [&'static str],
    advice: &'static str,
) -> Rule {
    plain(id, title, Looks::Rows { kind, given, measure: None, shows: None }, level, advice)
}

/// Rows whose column is beyond a value are findings of that value's level.
const fn beyond(
    id: &'static str,
    title: &'static str,
    kind: Kind,
    measure: (&'static str, Operator),
    levels: &'static [(Level, &'static str)],
    given: &'static [&'static str],
    advice: &'static str,
) -> Rule {
    plain(id, title, Looks::Rows { kind, given, measure: Some(measure), shows: None }, levels, advice)
}

impl Rule {
    const fn shows(self, column: &'static str) -> Rule {
        match self.looks {
            Looks::Rows { kind, given, measure, .. } => {
                Rule { looks: Looks::Rows { kind, given, measure, shows: Some(column) }, ..self }
            }
            Looks::Vcenter { .. } => self,
        }
    }

    /// It has to be so for so many seconds.
    const fn for_seconds(self, seconds: i64) -> Rule {
        Rule { held_seconds: seconds, ..self }
    }

    const fn covering(self) -> Rule {
        Rule { covers: true, ..self }
    }
}

/// Alarms of one colour on rows of a kind.
const fn alarms(
    id: &'static str,
    title: &'static str,
    kind: Kind,
    level: &'static [(Level, &'static str)],
    given: &'static [&'static str],
    column: &'static str,
) -> Rule {
    let advice = "An alarm of vCenter that nobody acknowledged. Triggered Alarms of the object in the vSphere Client has the details; what is \
                  acknowledged there is not reported.";
    Rule { is_alarm: true, ..rows(id, title, kind, level, given, advice).shows(column) }
}

const fn red(id: &'static str, title: &'static str, kind: Kind) -> Rule {
    alarms(id, title, kind, C, &["red_alarms!="], "red_alarms")
}

const fn yellow(id: &'static str, title: &'static str, kind: Kind) -> Rule {
    alarms(id, title, kind, W, &["yellow_alarms!="], "yellow_alarms")
}

const fn of_root(rule: Rule) -> Rule {
    Rule { of_root: true, ..rule }
}

/// Alarms that every vCenter has and that say what a rule says, by the names that VMware gave them, with the rule. What
/// such a rule found isn't told again by the alarm.
pub static SAID_AGAIN: &[(&str, &str)] = &[
    ("Datastore usage on disk", "datastore-free"),
    ("Datastore usage on disk", "datastore-free-vsan"),
    ("Insufficient vSphere HA failover resources", "cluster-failover-memory"),
    ("ESXi Host Certificate Status", "host-certificate"),
    ("vSphere HA host status", "host-ha-agent"),
    ("Virtual machine Consolidation Needed status", "vm-consolidation"),
];

const C: &[(Level, &str)] = &[(Critical, "")];
const W: &[(Level, &str)] = &[(Warning, "")];
const I: &[(Level, &str)] = &[(Information, "")];

/// Every rule.
pub static RULES: &[Rule] = &[
    of_vcenters(
        "vcenter-login-rejected",
        "Login rejected",
        |status, _| is(status, &[VcenterState::LoginRejected]),
        None,
        C,
        "Update the password of its credential, then test the connection. Nothing logs in by itself until then.",
    ),
    of_vcenters(
        "vcenter-untrusted",
        "Certificate not trusted, or another vCenter",
        |status, _| is(status, &[VcenterState::Untrusted, VcenterState::DifferentVcenter]),
        None,
        C,
        "Look at the certificate that it shows now. Accept it only if you know why it changed.",
    ),
    of_vcenters(
        "vcenter-sync-failed",
        "Sync failed",
        |status, _| status.refresh_failed.and(Some(i64::from(status.failures_in_a_row))),
        Some(Operator::AtLeast),
        &[(Critical, "2"), (Warning, "1")],
        "Its operations say why. What is shown is as old as the last sync that succeeded.",
    ),
    of_vcenters(
        "vcenter-unreachable",
        "vCenter not reachable",
        |status, _| is(status, &[VcenterState::Offline]),
        None,
        W,
        "Check the network, the VPN, and whether the vCenter runs.",
    ),
    of_vcenters(
        "vcenter-no-password",
        "No password available",
        |status, _| is(status, &[VcenterState::NoPassword]),
        None,
        W,
        "Store the password of its credential, or unlock the keychain.",
    ),
    of_vcenters(
        "vcenter-certificate",
        "vCenter certificate expires",
        |status, now| status.certificate_expires_at.map(|at| (at.0 - now.0) / 1000),
        Some(Below),
        &[(Critical, "7d"), (Warning, "30d")],
        "Renew the Machine SSL certificate. Once it has expired, clients and integrations can't connect.",
    ),
    of_vcenters(
        "vcenter-never-synced",
        "Never synced",
        |status, _| status.synced_at.is_none().then_some(0),
        None,
        W,
        "Nothing is known of it, so nothing of it is checked. Sync it.",
    ),
    of_vcenters(
        "vcenter-stale",
        "Data out of date",
        |status, _| status.age_seconds,
        Some(Above),
        &[(Warning, "24h")],
        "Sync it, or add a schedule. Every number of this vCenter is as old as this.",
    ),
    of_root(red("vcenter-red-alarm", "Red alarm (vCenter)", Kind::Folders)),
    of_root(yellow("vcenter-yellow-alarm", "Yellow alarm (vCenter)", Kind::Folders)),
    rows(
        "host-not-responding",
        "Host not responding",
        Kind::Hosts,
        C,
        &["connection_state=notResponding"],
        "The host doesn't answer its vCenter: check management network, power and the management agents. Reported when two syncs at \
         least five minutes apart saw it, because hosts can show as not responding for some minutes after vCenter restarts.",
    )
    .for_seconds(300)
    .covering(),
    rows(
        "host-disconnected",
        "Host disconnected",
        Kind::Hosts,
        W,
        &["connection_state=disconnected"],
        "Somebody disconnected it, or its certificate or password changed. Connect it again in the vSphere Client.",
    )
    .covering(),
    rows(
        "host-hardware",
        "Hardware sensor in alert",
        Kind::Hosts,
        C,
        &["red_sensors!="],
        "The host's own hardware status is red. Read by full syncs only.",
    )
    .shows("red_sensors"),
    rows(
        "host-ha-agent",
        "HA agent not working",
        Kind::Hosts,
        C,
        &["state=connected", "ha_state!=", "ha_state!=master", "ha_state!=connectedToMaster"],
        "HA doesn't protect the VMs of this host. Reconfigure the host for vSphere HA. Reported when two syncs at least five minutes apart saw it.",
    )
    .shows("ha_state")
    .for_seconds(300),
    rows(
        "host-config-issue",
        "Host configuration issue",
        Kind::Hosts,
        W,
        &["config_issues!="],
        "vCenter reports this on the host's Summary page.",
    )
    .shows("config_issues"),
    rows(
        "host-maintenance",
        "In maintenance mode for more than 7 days",
        Kind::Hosts,
        W,
        &["in_maintenance=yes"],
        "In maintenance mode for more than a week: its capacity is missing. Put it back, or remove it.",
    )
    .for_seconds(7 * DAY),
    rows(
        "host-alarm-actions",
        "Alarm actions off (host)",
        Kind::Hosts,
        W,
        &["alarm_actions_enabled=no"],
        "vCenter's alarms on this host tell nobody. They are often left off after maintenance.",
    ),
    rows(
        "host-no-ntp",
        "No NTP server",
        Kind::Hosts,
        W,
        &["state=connected", "ntp_servers="],
        "Clocks that drift apart break logins, logs and vSAN. Set NTP servers. A host that uses PTP is reported too: waive it.",
    ),
    rows(
        "host-reboot-required",
        "Reboot required",
        Kind::Hosts,
        I,
        &["reboot_required=yes"],
        "A change of this host takes effect at its next restart.",
    ),
    beyond(
        "host-dead-paths",
        "Dead storage paths",
        Kind::Hosts,
        ("dead_paths", Above),
        &[(Warning, "0")],
        &["state=connected"],
        "A way of this host to its storage is gone: one failure more, and datastores are. Check cables, switches and the array. Read by full \
         syncs only.",
    ),
    beyond(
        "host-certificate",
        "ESXi certificate expires",
        Kind::Hosts,
        ("certificate_days_left", Below),
        &[(Critical, "7"), (Warning, "30")],
        &[],
        "In days. Renew it in the vSphere Client (Certificates > Renew), or vCenter loses the host when it ends. Read once a week, by a full sync.",
    )
    .shows("certificate_not_after"),
    red("host-red-alarm", "Red alarm (host)", Kind::Hosts),
    yellow("host-yellow-alarm", "Yellow alarm (host)", Kind::Hosts),
    beyond(
        "cluster-failover-memory",
        "Not enough memory for a host failure",
        Kind::Clusters,
        ("failover_memory_percent", Above),
        &[(Critical, "100"), (Warning, "85")],
        &["ha_enabled=yes"],
        "Memory in use, of what is left when the largest hosts that HA is to survive have failed. Above 100 % VMs swap or don't start.",
    ),
    rows(
        "cluster-host-monitoring",
        "HA on, host monitoring off",
        Kind::Clusters,
        C,
        &["ha_enabled=yes", "host_monitoring=disabled"],
        "HA restarts nothing while host monitoring is off. It is often left off after network maintenance.",
    ),
    rows(
        "cluster-ha-off",
        "HA off",
        Kind::Clusters,
        W,
        &["ha_enabled=no", "host_count>1"],
        "VMs of a host that fails stay down until somebody starts them.",
    ),
    rows(
        "cluster-admission-control",
        "HA admission control off",
        Kind::Clusters,
        W,
        &["ha_enabled=yes", "admission_control=no"],
        "Nothing keeps capacity free for a failover.",
    ),
    rows(
        "cluster-config-issue",
        "Cluster configuration issue",
        Kind::Clusters,
        W,
        &["config_issues!="],
        "vCenter reports this on the cluster's Summary page.",
    )
    .shows("config_issues"),
    rows(
        "cluster-alarm-actions",
        "Alarm actions off (cluster)",
        Kind::Clusters,
        W,
        &["alarm_actions_enabled=no"],
        "vCenter's alarms on this cluster tell nobody.",
    ),
    beyond(
        "cluster-vcpu-per-core",
        "Many vCPUs per core",
        Kind::Clusters,
        ("vcpu_per_core", Above),
        &[(Warning, "6"), (Information, "4")],
        &[],
        "vCPUs of powered-on VMs by cores of available hosts. A common rule of thumb, not a limit: look at CPU ready.",
    ),
    beyond(
        "cluster-mixed-builds",
        "Different ESXi builds in a cluster",
        Kind::Clusters,
        ("host_build_count", Above),
        &[(Information, "1")],
        &[],
        "The hosts run different builds: finish the update.",
    )
    .shows("host_builds"),
    red("cluster-red-alarm", "Red alarm (cluster)", Kind::Clusters),
    yellow("cluster-yellow-alarm", "Yellow alarm (cluster)", Kind::Clusters),
    rows(
        "datastore-inaccessible",
        "Datastore inaccessible",
        Kind::Datastores,
        C,
        &["accessible=no"],
        "No host can access it. Check the storage array, paths and the network of NFS.",
    )
    .covering(),
    beyond(
        "datastore-partly-mounted",
        "Datastore not accessible on some hosts",
        Kind::Datastores,
        ("hosts_without_access", Above),
        &[(Warning, "0")],
        &["accessible=yes"],
        "VMs on it can't be moved to, or restarted on, those hosts.",
    ),
    beyond(
        "datastore-free",
        "Datastore low on free space",
        Kind::Datastores,
        ("free_percent", Below),
        &[(Critical, "5"), (Warning, "15")],
        &["accessible=yes", "is_local=no", "type!=vsan"],
        "When it is full, its thin disks and snapshots stop their VMs. Datastores of one host alone are left out.",
    ),
    beyond(
        "datastore-free-vsan",
        "vSAN low on free space",
        Kind::Datastores,
        ("free_percent", Below),
        &[(Critical, "20"), (Warning, "30")],
        &["accessible=yes", "type=vsan"],
        "Keep 25 to 30 % free for rebuilds. When a disk is more than 80 % full, vSAN rebalances by itself.",
    ),
    rows(
        "datastore-maintenance",
        "Datastore long in maintenance mode",
        Kind::Datastores,
        W,
        &["maintenance_mode=inMaintenance"],
        "In maintenance mode for more than a week.",
    )
    .for_seconds(7 * DAY),
    red("datastore-red-alarm", "Red alarm (datastore)", Kind::Datastores),
    yellow("datastore-yellow-alarm", "Yellow alarm (datastore)", Kind::Datastores),
    red("folder-red-alarm", "Red alarm (folder or datastore cluster)", Kind::Folders),
    yellow("folder-yellow-alarm", "Yellow alarm (folder or datastore cluster)", Kind::Folders),
    red("network-red-alarm", "Red alarm (network)", Kind::Networks),
    yellow("network-yellow-alarm", "Yellow alarm (network)", Kind::Networks),
    red("datacenter-red-alarm", "Red alarm (datacenter)", Kind::Datacenters),
    yellow("datacenter-yellow-alarm", "Yellow alarm (datacenter)", Kind::Datacenters),
    rows(
        "vm-unavailable",
        "VM inaccessible, invalid or orphaned",
        Kind::Vms,
        C,
        &["connection_state!=", "connection_state!=connected", "connection_state!=disconnected"],
        "vCenter can't reach its files or lost its host. Register it again, or remove it from the inventory.",
    )
    .shows("connection_state"),
    rows(
        "vm-question",
        "VM waits for an answer",
        Kind::Vms,
        C,
        &["question!="],
        "The VM stands still until somebody answers this in the vSphere Client.",
    )
    .shows("question"),
    rows(
        "vm-consolidation",
        "Disks need consolidation",
        Kind::Vms,
        W,
        &["consolidation_needed=yes"],
        "Snapshot files were left behind, and grow. Consolidate, and look at what the backup reported. Reported after 24 hours.",
    )
    .for_seconds(DAY),
    beyond(
        "vm-guest-disk",
        "Guest volume low on free space",
        Kind::Vms,
        ("guest_free_percent", Below),
        &[(Warning, "5")],
        &["power_state=poweredOn"],
        "The fullest volume that VMware Tools report.",
    )
    .shows("guest_fullest_volume"),
    beyond(
        "vm-ballooning",
        "Memory ballooning",
        Kind::Vms,
        ("ballooned_bytes", Above),
        &[(Warning, "0")],
        &["power_state=poweredOn"],
        "The host is short of memory, or the VM has a memory limit.",
    ),
    beyond(
        "vm-swapping",
        "Memory swapped by the host",
        Kind::Vms,
        ("swapped_bytes", Above),
        &[(Warning, "0")],
        &["power_state=poweredOn"],
        "The host is or was short of memory. Swapped pages stay on disk until the VM reads them.",
    ),
    rows(
        "vm-tools-not-running",
        "VMware Tools not running",
        Kind::Vms,
        W,
        &[
            "power_state=poweredOn",
            "connection_state=connected",
            "is_agent!=yes",
            "tools_running_status=guestToolsNotRunning",
            "tools_version_status!=guestToolsNotInstalled",
        ],
        "No clean shutdown, no quiesced backup, no address. Start the service in the guest. Reported after an hour.",
    )
    .for_seconds(HOUR),
    rows(
        "vm-tools-not-installed",
        "VMware Tools not installed",
        Kind::Vms,
        I,
        &["power_state=poweredOn", "is_agent!=yes", "tools_version_status=guestToolsNotInstalled"],
        "Install VMware Tools or open-vm-tools. Reported after an hour.",
    )
    .for_seconds(HOUR),
    rows(
        "vm-tools-must-upgrade",
        "VMware Tools must be upgraded",
        Kind::Vms,
        W,
        &["tools_version_status=guestToolsBlacklisted"],
        "VMware asks to upgrade this version at once because of a known defect.",
    )
    .shows("tools_version"),
    rows(
        "vm-tools-too-old",
        "VMware Tools too old",
        Kind::Vms,
        W,
        &["tools_version_status=guestToolsTooOld"],
        "This version isn't supported any more.",
    )
    .shows("tools_version"),
    rows(
        "vm-drive-connected",
        "CD/DVD or floppy drive connected",
        Kind::Vms,
        I,
        &["power_state=poweredOn", "connected_drives!="],
        "A drive that is connected to a local image or device keeps the VM from being moved. Disconnect it.",
    )
    .shows("connected_drives"),
    rows(
        "vm-folder-name",
        "Folder name differs from the VM name",
        Kind::Vms,
        I,
        &["folder_matches_name=no"],
        "The VM was renamed and its files were not: somebody may take them for those of another VM. Storage vMotion renames the files.",
    )
    .shows("vmx_path"),
    red("vm-red-alarm", "Red alarm (VM)", Kind::Vms),
    yellow("vm-yellow-alarm", "Yellow alarm (VM)", Kind::Vms),
    beyond(
        "snapshot-old",
        "Snapshot too old",
        Kind::Snapshots,
        ("age_seconds", Above),
        &[(Critical, "14d"), (Warning, "3d")],
        &["is_backup=no"],
        "VMware advises to keep none longer than 72 hours: it grows, and slows its VM down.",
    ),
    beyond(
        "snapshot-backup-left",
        "Snapshot of a backup left behind",
        Kind::Snapshots,
        ("age_seconds", Above),
        &[(Critical, "24h")],
        &["is_backup=yes"],
        "Backup software removes its own snapshots at once. One that is older was left behind: the next backups may fail.",
    )
    .shows("name"),
    beyond(
        "snapshot-depth",
        "Long chain of snapshots",
        Kind::Snapshots,
        ("depth", Above),
        &[(Information, "3")],
        &["is_current=yes"],
        "VMware advises no more than two or three snapshots in a chain.",
    ),
];

/// Nothing to measure: it is so, or not.
fn is(status: &VcenterStatus, states: &[VcenterState]) -> Option<i64> {
    states.contains(&status.state).then_some(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::columns;
    use std::collections::BTreeSet;

    #[test]
    fn an_alarm_says_again_what_a_rule_says() {
        for (alarm, id) in SAID_AGAIN {
            assert!(rule(id).is_some_and(|rule| !rule.is_alarm), "{alarm}: {id}");
        }
    }

    #[test]
    fn every_rule_can_be_asked_for_and_its_conditions_fit_its_kind() {
        let mut ids = BTreeSet::new();
        let documented = include_str!("../../../../docs/HEALTH.md");
        for rule in RULES {
            let line = format!("| `{}` | {} |", rule.id, rule.title);
            assert!(documented.contains(&line), "docs/HEALTH.md has no line that begins with {line}");
            assert!(ids.insert(rule.id), "{} stands twice", rule.id);
            assert!(!rule.levels.is_empty() && !rule.advice.is_empty(), "{}", rule.id);
            let Looks::Rows { kind, given, .. } = rule.looks else { continue };
            assert_eq!(rule.given().len(), given.len(), "{}: a condition that can't be read", rule.id);
            for condition in rule.given() {
                condition.on(kind).unwrap_or_else(|error| panic!("{}: {error}", rule.id));
            }
            for (level, value) in rule.levels {
                if let Some(condition) = rule.beyond(value) {
                    condition.on(kind).unwrap_or_else(|error| panic!("{} {level:?}: {error}", rule.id));
                }
            }
            for column in rule.shown().into_iter().chain(rule.detail()) {
                columns::of(kind).named(column).unwrap_or_else(|error| panic!("{}: {error}", rule.id));
            }
        }
    }
}
