//! What every column of every kind must be, as one line: the column, the property, and what is made of it.
//! Refuses to follow Muster's registry: this is the contract of the command line, written down a second time.

use super::govc::{Inventory, Object};
use super::make::*;
use super::missing::told;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// A kind of rows.
pub(crate) struct Kind {
    /// Its name on the command line.
    pub(crate) name: &'static str,
    /// The type to ask for, and its subtypes, which come along.
    types: &'static [&'static str],
    columns: &'static [(&'static str, &'static str, Make)],
}

/// Makes a column's value.
type Make = fn(&Cell<'_>) -> Value;

/// Rows by moref, each with its values by column.
pub(crate) type Rows = BTreeMap<String, BTreeMap<String, Value>>;

/// Every kind that there is.
pub(crate) const KINDS: [Kind; 9] = [
    Kind { name: "datacenters", types: &["Datacenter"], columns: DATACENTERS },
    Kind { name: "clusters", types: &["ClusterComputeResource"], columns: CLUSTERS },
    Kind { name: "hosts", types: &["HostSystem"], columns: HOSTS },
    Kind { name: "vms", types: &["VirtualMachine"], columns: VMS },
    Kind { name: "datastores", types: &["Datastore"], columns: DATASTORES },
    Kind {
        name: "networks",
        types: &["Network", "DistributedVirtualPortgroup", "OpaqueNetwork"],
        columns: NETWORKS,
    },
    Kind { name: "resource-pools", types: &["ResourcePool", "VirtualApp"], columns: RESOURCE_POOLS },
    Kind { name: "folders", types: &["Folder", "StoragePod"], columns: FOLDERS },
    Kind { name: "snapshots", types: &["VirtualMachineSnapshot"], columns: SNAPSHOTS },
];

/// The columns that are compared for every kind, whatever it is.
const IDENTITY: [&str; 4] = ["vcenter", "vcenter_instance_uuid", "kind", "moref"];

impl Kind {
    /// Every column that is compared.
    pub(crate) fn compared(&self) -> impl Iterator<Item = &'static str> {
        self.columns.iter().map(|(column, _, _)| *column).chain(IDENTITY)
    }

    /// The rows of a vCenter that goes by `vcenter`, to which none of them was ever known before.
    pub(super) fn rows(&self, inventory: &Inventory<'_>, vcenter: &str) -> Rows {
        let objects = self.objects(inventory);
        let rows = objects.iter().map(|object| {
            let told = self.columns.iter().map(|(column, path, make)| {
                (*column, told(&Cell { inventory, object, path }, column, *make))
            });
            let told: Vec<_> = told.collect();
            let missing: Value =
                told.iter().filter_map(|(column, (_, why))| Some((*column, (*why)?))).collect();
            let mut row: BTreeMap<String, Value> =
                told.into_iter().map(|(column, (value, _))| (column.to_owned(), value)).collect();
            let identity =
                [json!(vcenter), inventory.instance_uuid.clone(), json!(self.name), json!(object.moref)];
            row.extend(IDENTITY.map(str::to_owned).into_iter().zip(identity));
            row.insert("missing".to_owned(), missing);
            (object.moref.clone(), row)
        });
        rows.collect()
    }

    fn objects(&self, inventory: &Inventory<'_>) -> Vec<Object> {
        if self.types == ["VirtualMachineSnapshot"] {
            return inventory.snapshots();
        }
        let mut paths: Vec<&str> = self.columns.iter().map(|(_, path, _)| *path).collect();
        paths.sort_unstable();
        paths.dedup();
        inventory.objects(self.types, &paths)
    }
}

const DATACENTERS: &[(&str, &str, Make)] = &[
    ("name", "name", name),
    ("path", "name", path),
    ("red_alarms", "triggeredAlarmState", red_alarms),
    ("yellow_alarms", "triggeredAlarmState", yellow_alarms),
];

const CLUSTERS: &[(&str, &str, Make)] = &[
    ("name", "name", name),
    ("datacenter", "parent", datacenter),
    ("datacenter_moref", "parent", datacenter_moref),
    ("overall_status", "overallStatus", same),
    ("ha_enabled", "configuration.dasConfig.enabled", same),
    ("admission_control", "configuration.dasConfig.admissionControlEnabled", same),
    ("drs_enabled", "configuration.drsConfig.enabled", same),
    ("drs_behavior", "configuration.drsConfig.defaultVmBehavior", same),
    ("host_monitoring", "configuration.dasConfig.hostMonitoring", same),
    ("failover_level", "configuration.dasConfig.failoverLevel", failover_level),
    ("admission_cpu_percent", "configuration.dasConfig.admissionControlPolicy", kept_of_cpu),
    ("admission_memory_percent", "configuration.dasConfig.admissionControlPolicy", kept_of_memory),
    ("dedicated_failover_hosts", "configuration.dasConfig.admissionControlPolicy", failover_hosts),
    ("evc_mode", "summary.currentEVCModeKey", same),
    ("config_issues", "configIssue", messages),
    ("alarm_actions_enabled", "alarmActionsEnabled", same),
    ("host_count", "host", count),
    ("effective_host_count", "summary.numEffectiveHosts", same),
    ("cpu_total_mhz", "summary.totalCpu", same),
    ("cpu_effective_mhz", "summary.effectiveCpu", same),
    ("memory_total_bytes", "summary.totalMemory", same),
    ("memory_effective_bytes", "summary.effectiveMemory", mebibytes),
    ("red_alarms", "triggeredAlarmState", red_alarms),
    ("yellow_alarms", "triggeredAlarmState", yellow_alarms),
];

const HOSTS: &[(&str, &str, Make)] = &[
    ("name", "name", name),
    ("datacenter", "parent", datacenter),
    ("datacenter_moref", "parent", datacenter_moref),
    ("cluster", "parent", cluster),
    ("cluster_moref", "parent", cluster_moref),
    ("overall_status", "overallStatus", same),
    ("connection_state", "runtime.connectionState", same),
    ("power_state", "runtime.powerState", same),
    ("in_maintenance", "runtime.inMaintenanceMode", same),
    ("boot_time", "runtime.bootTime", same),
    ("vendor", "summary.hardware.vendor", same),
    ("model", "summary.hardware.model", same),
    ("uuid", "summary.hardware.uuid", same),
    ("cpu_model", "summary.hardware.cpuModel", same),
    ("cpu_packages", "summary.hardware.numCpuPkgs", same),
    ("cpu_cores", "summary.hardware.numCpuCores", same),
    ("cpu_threads", "summary.hardware.numCpuThreads", same),
    ("cpu_mhz_per_core", "summary.hardware.cpuMhz", same),
    ("memory_bytes", "summary.hardware.memorySize", same),
    ("serial_number", "summary.hardware.otherIdentifyingInfo", serial_number),
    ("service_tag", "summary.hardware.otherIdentifyingInfo", service_tag),
    ("product_version", "summary.config.product.version", same),
    ("product_build", "summary.config.product.build", same),
    ("reboot_required", "summary.rebootRequired", same),
    ("ha_state", "runtime.dasHostState.state", same),
    ("red_sensors", "runtime.healthSystemRuntime.systemHealthInfo.numericSensorInfo", red_sensors),
    ("dead_paths", "config.multipathState.path", dead_paths),
    ("certificate_not_after", "config.certificate", certificate_end),
    ("certificate_issuer", "config.certificate", certificate_issuer),
    ("ntp_servers", "config.dateTimeInfo.ntpConfig.server", texts),
    ("config_issues", "configIssue", messages),
    ("alarm_actions_enabled", "alarmActionsEnabled", same),
    ("managed_by_server", "summary.managementServerIp", same),
    ("cpu_usage_mhz", "summary.quickStats.overallCpuUsage", same),
    ("memory_usage_bytes", "summary.quickStats.overallMemoryUsage", mebibytes),
    ("management_ips", "config.virtualNicManagerInfo.netConfig", management_ips),
    ("nic_macs", "config.network.pnic", nic_macs),
    ("bmc_address", "config.ipmi.bmcIpAddress", same),
    ("bmc_mac_address", "config.ipmi.bmcMacAddress", same),
    ("system_serial_number", "hardware.systemInfo.serialNumber", same),
    ("datastores", "datastore", names_of),
    ("datastores_moref", "datastore", morefs),
    ("networks", "network", names_of),
    ("networks_moref", "network", morefs),
    ("vm_count", "vm", count),
    ("red_alarms", "triggeredAlarmState", red_alarms),
    ("yellow_alarms", "triggeredAlarmState", yellow_alarms),
];

const VMS: &[(&str, &str, Make)] = &[
    ("name", "name", name),
    ("datacenter", "parent", datacenter),
    ("datacenter_moref", "parent", datacenter_moref),
    ("cluster", "runtime.host", cluster),
    ("cluster_moref", "runtime.host", cluster_moref),
    ("host", "runtime.host", name_of),
    ("host_moref", "runtime.host", moref),
    ("folder", "parent", folder),
    ("folder_moref", "parent", folder_moref),
    ("vapp_moref", "parentVApp", moref),
    ("resource_pool", "resourcePool", name_of),
    ("resource_pool_moref", "resourcePool", moref),
    ("overall_status", "overallStatus", same),
    ("power_state", "runtime.powerState", same),
    ("connection_state", "runtime.connectionState", same),
    ("boot_time", "runtime.bootTime", same),
    ("is_template", "config.template", same),
    ("managed_by", "config.managedBy.extensionKey", same),
    ("managed_type", "config.managedBy.type", same),
    ("guest_os_configured", "config.guestFullName", same),
    ("guest_os_tools", "guest.guestFullName", same),
    ("guest_hostname", "guest.hostName", same),
    ("bios_uuid", "config.uuid", same),
    ("instance_uuid", "config.instanceUuid", same),
    ("cpu_count", "config.hardware.numCPU", same),
    ("cores_per_socket", "config.hardware.numCoresPerSocket", same),
    ("memory_bytes", "config.hardware.memoryMB", mebibytes),
    ("cpu_reservation_mhz", "config.cpuAllocation.reservation", same),
    ("memory_reservation_bytes", "config.memoryAllocation.reservation", mebibytes),
    ("committed_bytes", "summary.storage.committed", same),
    ("uncommitted_bytes", "summary.storage.uncommitted", same),
    ("ip_address", "guest.ipAddress", same),
    ("ip_addresses", "guest.net", guest_addresses),
    ("mac_addresses", "config.hardware.device", card_macs),
    ("tools_running_status", "guest.toolsRunningStatus", same),
    ("tools_version_status", "guest.toolsVersionStatus2", same),
    ("tools_version", "guest.toolsVersion", same),
    ("hardware_version", "config.version", same),
    ("vmx_path", "config.files.vmPathName", same),
    ("snapshot_count", "snapshot.rootSnapshotList", nodes),
    ("snapshot_oldest_at", "snapshot.rootSnapshotList", oldest),
    ("datastores", "datastore", names_of),
    ("datastores_moref", "datastore", morefs),
    ("networks", "network", names_of),
    ("networks_moref", "network", morefs),
    ("annotation", "config.annotation", same),
    ("created_at", "config.createDate", same),
    ("consolidation_needed", "runtime.consolidationNeeded", same),
    ("question", "runtime.question.text", same),
    ("ballooned_bytes", "summary.quickStats.balloonedMemory", mebibytes),
    ("swapped_bytes", "summary.quickStats.swappedMemory", mebibytes),
    ("guest_free_percent", "guest.disk", least_free),
    ("guest_fullest_volume", "guest.disk", fullest_volume),
    ("connected_drives", "config.hardware.device", connected_drives),
    ("red_alarms", "triggeredAlarmState", red_alarms),
    ("yellow_alarms", "triggeredAlarmState", yellow_alarms),
];

const DATASTORES: &[(&str, &str, Make)] = &[
    ("name", "name", name),
    ("datacenter", "parent", datacenter),
    ("datacenter_moref", "parent", datacenter_moref),
    ("datastore_cluster", "parent", pod),
    ("datastore_cluster_moref", "parent", pod_moref),
    ("type", "summary.type", same),
    ("url", "summary.url", same),
    ("capacity_bytes", "summary.capacity", same),
    ("free_bytes", "summary.freeSpace", same),
    ("uncommitted_bytes", "summary.uncommitted", same),
    ("accessible", "summary.accessible", same),
    ("maintenance_mode", "summary.maintenanceMode", same),
    ("shared", "summary.multipleHostAccess", same),
    ("as_of", "info", timestamp),
    ("container_id", "info", container_id),
    ("alias_of", "info", alias_of),
    ("remote_host", "info", remote_host),
    ("remote_path", "info", remote_path),
    ("host_count", "host", count),
    ("vm_count", "vm", count),
    ("red_alarms", "triggeredAlarmState", red_alarms),
    ("yellow_alarms", "triggeredAlarmState", yellow_alarms),
];

const NETWORKS: &[(&str, &str, Make)] = &[
    ("name", "name", name),
    ("datacenter", "parent", datacenter),
    ("datacenter_moref", "parent", datacenter_moref),
    ("type", "name", network_type),
    ("accessible", "summary.accessible", same),
    ("host_count", "host", count),
    ("vm_count", "vm", count),
    ("red_alarms", "triggeredAlarmState", red_alarms),
    ("yellow_alarms", "triggeredAlarmState", yellow_alarms),
];

const RESOURCE_POOLS: &[(&str, &str, Make)] = &[
    ("name", "name", name),
    ("cluster", "parent", cluster),
    ("cluster_moref", "parent", cluster_moref),
    ("parent", "parent", name_of),
    ("parent_moref", "parent", moref),
    ("is_vapp", "name", is_vapp),
    ("vm_count", "vm", count),
    ("cpu_reservation_mhz", "config.cpuAllocation.reservation", same),
    ("cpu_limit_mhz", "config.cpuAllocation.limit", limit),
    ("cpu_shares", "config.cpuAllocation.shares.shares", same),
    ("memory_reservation_bytes", "config.memoryAllocation.reservation", mebibytes),
    ("memory_limit_bytes", "config.memoryAllocation.limit", limit_in_mebibytes),
    ("memory_shares", "config.memoryAllocation.shares.shares", same),
];

const FOLDERS: &[(&str, &str, Make)] = &[
    ("name", "name", name),
    ("path", "name", path),
    ("type", "childType", folder_type),
    ("red_alarms", "triggeredAlarmState", red_alarms),
    ("yellow_alarms", "triggeredAlarmState", yellow_alarms),
];

const SNAPSHOTS: &[(&str, &str, Make)] = &[
    ("vm", "vm", name_of),
    ("vm_moref", "vm", moref),
    ("name", "name", name),
    ("description", "description", same),
    ("id", "id", same),
    ("created_at", "createTime", same),
    ("vm_state", "state", same),
    ("quiesced", "quiesced", same),
    ("is_current", "current", same),
    ("depth", "depth", same),
];
