//! Which columns a table begins with, what the details of an object begin with, and in which groups the rest stands.
//! Refuses to be complete: a column that stands nowhere here is in the group "More", morefs and UUIDs among "Ids".

use super::{Column, Schema};
use crate::Kind;

/// Columns that belong together.
#[derive(Clone, Debug)]
pub struct Group {
    /// Its title.
    pub title: &'static str,
    /// Its columns, in order.
    pub columns: Vec<&'static Column>,
}

struct Layout {
    /// The columns of a table, the name first.
    table: &'static str,
    /// What people look for in one object.
    details: &'static str,
    groups: &'static [(&'static str, &'static str)],
}

fn layout(kind: Kind) -> Layout {
    match kind {
        Kind::Vms => Layout {
            table: "name power_state host ip_address home_datastore cpu_count memory_bytes committed_bytes \
                    snapshot_age_seconds cluster",
            details: "power_state tools_running_status ip_addresses guest_hostname host datastores networks \
                      snapshot_count snapshot_age_seconds annotation",
            groups: &[
                ("Location", "vcenter datacenter cluster resource_pool folder home_datastore vmx_path"),
                (
                    "State",
                    "overall_status connection_state uptime_seconds boot_time consolidation_needed question \
                     is_template is_agent is_placeholder managed_by managed_type created_at",
                ),
                (
                    "Hardware",
                    "cpu_count cores_per_socket cpu_reservation_mhz memory_bytes memory_reservation_bytes \
                     ballooned_bytes swapped_bytes hardware_version mac_addresses connected_drives",
                ),
                (
                    "Storage",
                    "committed_bytes provisioned_bytes uncommitted_bytes snapshot_oldest_at guest_free_percent \
                     guest_fullest_volume folder_matches_name",
                ),
                ("Guest", "ip_address guest_os_configured guest_os_tools tools_version_status tools_version"),
                ("Health", "red_alarms yellow_alarms"),
            ],
        },
        Kind::Hosts => Layout {
            table: "name state cluster cpu_percent memory_percent vm_count product_version product_build model \
                    service_tag",
            details: "state management_ips product_version uptime_seconds cpu_percent memory_percent vm_count service_tag",
            groups: &[
                ("Location", "vcenter datacenter cluster"),
                (
                    "State",
                    "overall_status connection_state power_state in_maintenance reboot_required ha_state \
                     boot_time product_build managed_by_server",
                ),
                (
                    "Hardware",
                    "vendor model serial_number system_serial_number bmc_address bmc_mac_address cpu_model cpu_packages cpu_cores cpu_threads cpu_mhz_per_core memory_bytes",
                ),
                ("Usage", "cpu_usage_mhz memory_usage_bytes"),
                (
                    "Health",
                    "red_alarms yellow_alarms red_sensors dead_paths config_issues alarm_actions_enabled ntp_servers \
                     certificate_days_left certificate_not_after certificate_issuer",
                ),
                ("Network and storage", "nic_macs networks datastores"),
            ],
        },
        Kind::Clusters => Layout {
            table: "name hosts_available vm_count cpu_percent memory_percent failover_memory_percent vcpu_per_core \
                    ha_enabled admission_control drs_behavior",
            details: "ha_enabled admission_control drs_enabled drs_behavior evc_mode hosts_available failover_memory_percent",
            groups: &[
                ("Location", "vcenter datacenter"),
                (
                    "State",
                    "overall_status host_count effective_host_count host_monitoring failover_level \
                     admission_cpu_percent admission_memory_percent dedicated_failover_hosts",
                ),
                (
                    "Health",
                    "red_alarms yellow_alarms config_issues alarm_actions_enabled host_build_count host_builds",
                ),
                (
                    "Capacity",
                    "cpu_percent cpu_total_mhz cpu_effective_mhz memory_percent memory_total_bytes \
                              memory_effective_bytes vcpu_per_core vm_count",
                ),
            ],
        },
        Kind::Datastores => Layout {
            table: "name type free_percent free_bytes capacity_bytes provisioned_percent mounted vm_count \
                    datastore_cluster clusters",
            details: "free_percent free_bytes capacity_bytes as_of type accessible mounted vm_count",
            groups: &[
                ("Location", "vcenter datacenter datastore_cluster clusters url"),
                ("State", "maintenance_mode shared is_local host_count hosts_without_access"),
                ("Backing", "remote_host remote_path container_id alias_of"),
                ("Space", "provisioned_percent uncommitted_bytes"),
                ("Health", "red_alarms yellow_alarms"),
            ],
        },
        Kind::Networks => Layout {
            table: "name type host_count vm_count accessible datacenter",
            details: "type host_count vm_count accessible",
            groups: &[("Location", "vcenter datacenter"), ("Health", "red_alarms yellow_alarms")],
        },
        Kind::ResourcePools => Layout {
            table: "name cluster parent vm_count cpu_reservation_mhz cpu_limit_mhz memory_reservation_bytes \
                    memory_limit_bytes is_vapp",
            details: "cpu_reservation_mhz cpu_limit_mhz cpu_shares memory_reservation_bytes memory_limit_bytes \
                      memory_shares",
            groups: &[("Location", "vcenter cluster parent"), ("Content", "vm_count is_vapp")],
        },
        Kind::Folders => Layout {
            table: "name path type vm_count datacenter",
            details: "path type vm_count",
            groups: &[("Location", "vcenter datacenter"), ("Health", "red_alarms yellow_alarms")],
        },
        Kind::Snapshots => Layout {
            table: "vm name age_seconds created_at description depth is_current quiesced cluster datastores",
            details: "vm age_seconds created_at description is_current depth",
            groups: &[
                ("Location", "vcenter cluster datastores"),
                ("State", "vm_state quiesced is_backup id"),
            ],
        },
        Kind::Datacenters => Layout {
            table: "name cluster_count host_count vm_count cpu_percent memory_percent capacity_bytes free_percent",
            details: "cluster_count host_count vm_count cpu_percent memory_percent capacity_bytes free_percent",
            groups: &[("Location", "vcenter path"), ("Health", "red_alarms yellow_alarms")],
        },
        Kind::StandaloneHosts => Layout { table: "name", details: "", groups: &[] },
    }
}

impl Schema {
    /// The columns that a table begins with, in order.
    pub fn first(&'static self) -> Vec<&'static Column> {
        self.all_of(layout(self.kind).table)
    }

    /// What the details of one object begin with.
    pub fn details(&'static self) -> Vec<&'static Column> {
        self.all_of(layout(self.kind).details)
    }

    /// Every other column, but the name, in groups; the last one is that of the ids.
    pub fn groups(&'static self) -> Vec<Group> {
        let Layout { details, groups, .. } = layout(self.kind);
        let begun: Vec<&str> = details.split_whitespace().chain(["name", "kind", "synced_at"]).collect();
        let left = |columns: Vec<&'static Column>| -> Vec<&'static Column> {
            columns.into_iter().filter(|column| !begun.contains(&&*column.id)).collect()
        };
        let mut all: Vec<Group> = groups
            .iter()
            .map(|(title, columns)| Group { title, columns: left(self.all_of(columns)) })
            .collect();
        let stands = |all: &[Group], id: &str| {
            begun.contains(&id) || all.iter().any(|group| group.columns.iter().any(|column| column.id == id))
        };
        let (ids, more): (Vec<&Column>, Vec<&Column>) =
            self.columns().filter(|column| !stands(&all, &column.id)).partition(|column| is_id(column));
        all.push(Group { title: "More", columns: more });
        all.push(Group { title: "Ids", columns: ids });
        all.retain(|group| !group.columns.is_empty());
        all
    }

    fn all_of(&'static self, ids: &'static str) -> Vec<&'static Column> {
        ids.split_whitespace().filter_map(|id| self.columns().find(|column| column.id == id)).collect()
    }
}

fn is_id(column: &Column) -> bool {
    ["moref", "uuid"].iter().any(|ending| column.id == *ending || column.id.ends_with(&format!("_{ending}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::columns;
    use std::collections::BTreeSet;

    #[test]
    fn every_column_that_a_layout_names_is_there_and_every_column_stands_once_in_the_details() {
        for kind in Kind::ALL {
            let Layout { table, details, groups } = layout(kind);
            let schema = columns::of(kind);
            let named = [table, details].into_iter().chain(groups.iter().map(|(_, columns)| *columns));
            for id in named.flat_map(str::split_whitespace) {
                assert!(schema.columns().any(|column| column.id == id), "{kind} have no {id}");
            }
            let grouped = schema.groups().into_iter().flat_map(|group| group.columns);
            let mut seen = BTreeSet::new();
            for column in schema.details().into_iter().chain(grouped) {
                assert!(seen.insert(&column.id), "{kind}.{} stands twice", column.id);
            }
            let all: BTreeSet<_> = schema.columns().map(|column| &column.id).collect();
            let left: Vec<_> = all.difference(&seen).map(|id| id.to_string()).collect();
            assert_eq!(left, ["kind", "name", "synced_at"], "{kind}");
            let more: Vec<_> = schema.groups().into_iter().filter(|group| group.title == "More").collect();
            assert!(kind == Kind::StandaloneHosts || more.is_empty(), "{kind}: {more:?} have no group");
        }
    }
}
