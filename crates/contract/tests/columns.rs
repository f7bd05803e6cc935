//! The columns that every release has: other people's scripts rely on their ids.
//! Refuses removals and renamings; new columns are welcome and need no line here.

use contract::Kind;
use contract::columns;

const PROMISED: [(Kind, &str); 9] = [
    (Kind::Datacenters, "name path"),
    (
        Kind::Clusters,
        "name datacenter datacenter_moref overall_status ha_enabled admission_control drs_enabled drs_behavior evc_mode \
         host_count effective_host_count cpu_total_mhz cpu_effective_mhz memory_total_bytes memory_effective_bytes",
    ),
    (
        Kind::Hosts,
        "name datacenter datacenter_moref cluster cluster_moref overall_status connection_state power_state \
         in_maintenance boot_time vendor model uuid cpu_model cpu_packages cpu_cores cpu_threads cpu_mhz_per_core \
         memory_bytes serial_number service_tag product_version product_build reboot_required cpu_usage_mhz \
         memory_usage_bytes management_ips nic_macs datastores networks vm_count",
    ),
    (
        Kind::Vms,
        "name datacenter datacenter_moref cluster cluster_moref host host_moref folder folder_moref resource_pool \
         resource_pool_moref overall_status power_state connection_state boot_time is_template guest_os_configured \
         guest_os_tools guest_hostname bios_uuid instance_uuid cpu_count cores_per_socket memory_bytes committed_bytes \
         uncommitted_bytes ip_address ip_addresses mac_addresses tools_running_status tools_version_status \
         tools_version hardware_version vmx_path snapshot_count snapshot_oldest_at datastores networks annotation \
         created_at consolidation_needed",
    ),
    (
        Kind::Datastores,
        "name datacenter datacenter_moref datastore_cluster datastore_cluster_moref type url capacity_bytes free_bytes \
         uncommitted_bytes accessible maintenance_mode shared as_of host_count vm_count",
    ),
    (Kind::Networks, "name datacenter datacenter_moref type accessible host_count vm_count"),
    (Kind::ResourcePools, "name cluster cluster_moref parent parent_moref is_vapp vm_count"),
    (Kind::Folders, "name path type"),
    (Kind::Snapshots, "vm vm_moref name description id created_at vm_state quiesced is_current depth"),
];

#[test]
fn every_promised_column_is_there() {
    for (kind, ids) in PROMISED {
        for id in ids.split_whitespace().chain(columns::IDENTITY) {
            let found = columns::of(kind).columns().any(|column| column.id == id);
            assert!(found, "{kind} have no column {id}");
        }
    }
}

#[test]
fn what_the_columns_command_prints_of_a_column_keeps_its_shape() {
    let column = columns::of(Kind::Vms).column("mem").unwrap();
    assert_eq!(
        serde_json::to_value(column).unwrap(),
        serde_json::json!({
            "id": "memory_bytes", "title": "Memory", "type": "integer", "unit": "bytes",
            "source": "config.hardware.memoryMB", "aliases": ["mem"]
        })
    );
}
