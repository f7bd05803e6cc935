//! Columns of clusters, hosts and resource pools.
//! Refuses to compute what the server reports.

use super::place::{self, behind, container, moref_of, name_of};
use super::{Column, Link, Row, Shape, Type, Unit};
use crate::{Kind, Object, Value, tally, words};

/// A day in milliseconds.
const DAY: i64 = 86_400_000;

pub(super) fn clusters() -> Vec<Column> {
    let s = Column::stored;
    // The EVC mode is a field of ClusterComputeResourceSummary, which the property isn't declared as: the whole has to
    // come, and what a path could lead to would come twice. So it is with what a policy of admission control reserves.
    let summary = |id, title, field, shape| Column::stored(id, title, "summary", shape).field(field);
    let ha =
        |id, title, field, shape| Column::stored(id, title, "configuration.dasConfig", shape).field(field);
    let mut columns = vec![place::name()];
    columns.extend(place::datacenter(&["parent_moref"]));
    columns.extend([
        s("overall_status", "Status", "overallStatus", Shape::Text).terms(words::STATUS),
        ha("ha_enabled", "HA", "enabled", Shape::Bool),
        ha("host_monitoring", "Host monitoring", "hostMonitoring", Shape::Text).terms(words::SERVICE),
        ha("admission_control", "Admission control", "admissionControlEnabled", Shape::Bool),
        s("drs_enabled", "DRS", "configuration.drsConfig.enabled", Shape::Bool),
        s("drs_behavior", "Automation level", "configuration.drsConfig.defaultVmBehavior", Shape::Text)
            .terms(words::AUTOMATION),
        ha("failover_level", "Host failures tolerated", "failoverLevel", Shape::Int).unit(Unit::Count),
        ha(
            "admission_cpu_percent",
            "CPU kept for failover",
            "admissionControlPolicy.cpuFailoverResourcesPercent",
            Shape::Int,
        )
        .unit(Unit::Percent),
        ha(
            "admission_memory_percent",
            "Memory kept for failover",
            "admissionControlPolicy.memoryFailoverResourcesPercent",
            Shape::Int,
        )
        .unit(Unit::Percent),
        ha(
            "dedicated_failover_hosts",
            "Dedicated failover hosts",
            "admissionControlPolicy.failoverHosts",
            Shape::Length,
        ),
        summary("evc_mode", "EVC mode", "currentEVCModeKey", Shape::Text),
        place::config_issues(),
        place::alarm_actions(),
        s("host_count", "Hosts", "host", Shape::Length).links(Link::Rows(Kind::Hosts, "cluster_moref")),
        summary("effective_host_count", "Effective hosts", "numEffectiveHosts", Shape::Int).unit(Unit::Count),
        summary("cpu_total_mhz", "CPU total", "totalCpu", Shape::Int).unit(Unit::Mhz),
        summary("cpu_effective_mhz", "CPU effective", "effectiveCpu", Shape::Int).unit(Unit::Mhz).volatile(),
        summary("memory_total_bytes", "Memory total", "totalMemory", Shape::Int).unit(Unit::Bytes),
        summary("memory_effective_bytes", "Memory effective", "effectiveMemory", Shape::Mebibytes).volatile(),
        place::parent(),
    ]);
    columns.extend(place::alarms());
    columns.extend(cluster_totals());
    columns
}

/// What is computed of a cluster's hosts and VMs. Hosts that are not connected, or in maintenance mode, are left out.
fn cluster_totals() -> [Column; 8] {
    let d = Column::derived;
    [
        d(
            "hosts_available",
            "Hosts available",
            "hosts that are connected and not in maintenance mode",
            &["host_count"],
            |row| {
                let (tally, all) = (row.snapshot.tally(row.object), row.object.stored("host_count").as_int());
                // Where none of its hosts can be seen, nobody knows.
                let all = all.filter(|all| tally.hosts > 0 || *all == 0);
                // The cluster's own list may be older than a host that was read since.
                let all = all.map(|all| all.max(tally.hosts));
                all.map(|all| Value::text(format!("{} of {all}", tally.hosts_available))).into()
            },
        ),
        d("vm_count", "VMs", "VMs on its hosts", &[], |row| {
            place::counted(row, &[Kind::Vms], |tally| tally.vms)
        })
        .number(Unit::Count)
        .links(Link::Rows(Kind::Vms, "cluster_moref"))
        .alias(&["vms"])
        .summed(),
        place::cpu_percent(),
        place::memory_percent(),
        d(
            "failover_memory_percent",
            "Memory after failover",
            "memory in use, of the memory without the largest hosts that HA is to survive",
            &["ha_enabled", "admission_control", "failover_level", "dedicated_failover_hosts"],
            |row| {
                let failed = tally::failover_hosts(row.object);
                failed.map(|failed| row.snapshot.tally(row.object).memory_percent(failed)).into()
            },
        )
        .percent(),
        d(
            "vcpu_per_core",
            "vCPU per core",
            "vCPUs of powered-on VMs, by cores of available hosts",
            &[],
            |row| {
                let tally = row.snapshot.tally(row.object);
                match row.snapshot.is_read(Kind::Vms) {
                    true => Value::ratio(tally.vcpus_on, tally.cores),
                    false => Value::Null,
                }
            },
        )
        .ty(Type::Decimal),
        d("host_builds", "ESXi builds", "builds of its hosts", &[], |row| {
            let builds = &row.snapshot.tally(row.object).builds;
            // Every host has one: where none is known, no host was seen.
            let list = || Value::list(builds.iter().map(|build| Value::text(build.clone())));
            (!builds.is_empty()).then(list).into()
        })
        .ty(Type::List),
        d("host_build_count", "Different ESXi builds", "builds of its hosts", &[], |row| {
            let tally = row.snapshot.tally(row.object);
            (!tally.builds.is_empty()).then_some(Value::Int(tally.builds.len() as i64)).into()
        })
        .number(Unit::Count),
    ]
}

pub(super) fn hosts() -> Vec<Column> {
    let s = Column::stored;
    let mut columns = vec![place::name().host_name()];
    columns.extend(place::datacenter(&["parent_moref"]));
    columns.extend([
        Column::derived("cluster", "Cluster", "parent", &["parent_moref"], |row| name_of(own_cluster(row)))
            .links(Link::Objects(Kind::Clusters)),
        Column::derived("cluster_moref", "Cluster moref", "parent", &["parent_moref"], |row| {
            moref_of(own_cluster(row))
        }),
        s("overall_status", "Status", "overallStatus", Shape::Text).terms(words::STATUS),
        Column::derived(
            "state",
            "State",
            "runtime.connectionState, powerState and inMaintenanceMode",
            &["connection_state", "power_state", "in_maintenance"],
            |row| tally::host_state(row.object).map(Value::text).into(),
        )
        .terms(words::CONNECTION),
        s("connection_state", "Connection", "runtime.connectionState", Shape::Text).terms(words::CONNECTION),
        s("power_state", "Power", "runtime.powerState", Shape::Text).terms(words::POWER).alias(&["power"]),
        s("in_maintenance", "Maintenance mode", "runtime.inMaintenanceMode", Shape::Bool)
            .alias(&["maintenance"]),
        s("boot_time", "Boot time", "runtime.bootTime", Shape::Time),
        place::uptime(),
        s("vendor", "Vendor", "summary.hardware.vendor", Shape::Text),
        s("model", "Model", "summary.hardware.model", Shape::Text),
        s("uuid", "UUID", "summary.hardware.uuid", Shape::Text),
        s("cpu_model", "CPU model", "summary.hardware.cpuModel", Shape::Text),
        s("cpu_packages", "Sockets", "summary.hardware.numCpuPkgs", Shape::Int).unit(Unit::Count),
        s("cpu_cores", "Cores", "summary.hardware.numCpuCores", Shape::Int)
            .unit(Unit::Count)
            .alias(&["cpu"])
            .summed(),
        s("cpu_threads", "Logical processors", "summary.hardware.numCpuThreads", Shape::Int)
            .unit(Unit::Count),
        s("cpu_mhz_per_core", "Clock", "summary.hardware.cpuMhz", Shape::Int).unit(Unit::Mhz),
        s("memory_bytes", "Memory", "summary.hardware.memorySize", Shape::Int)
            .unit(Unit::Bytes)
            .alias(&["mem"])
            .summed(),
        s(
            "serial_number",
            "Serial number",
            "summary.hardware.otherIdentifyingInfo",
            Shape::Identification(&["SerialNumberTag", "EnclosureSerialNumberTag"]),
        ),
        s(
            "service_tag",
            "Service tag",
            "summary.hardware.otherIdentifyingInfo",
            Shape::Identification(&["ServiceTag"]),
        ),
        s("product_version", "Version", "summary.config.product.version", Shape::Text).alias(&["version"]),
        s("product_build", "Build", "summary.config.product.build", Shape::Text).alias(&["build"]),
        s("reboot_required", "Reboot required", "summary.rebootRequired", Shape::Bool),
        s("ha_state", "HA state", "runtime.dasHostState.state", Shape::Text).terms(words::HA_STATE),
        s(
            "red_sensors",
            "Hardware sensors in alert",
            "runtime.healthSystemRuntime.systemHealthInfo.numericSensorInfo",
            Shape::RedSensors,
        )
        .heavy(),
        s("dead_paths", "Dead storage paths", "config.multipathState.path", Shape::DeadPaths).heavy(),
        s("certificate_not_after", "Certificate valid until", "config.certificate", Shape::CertificateEnd)
            .weekly(),
        s("certificate_issuer", "Certificate issuer", "config.certificate", Shape::CertificateIssuer)
            .weekly(),
        Column::derived(
            "certificate_days_left",
            "Certificate days left",
            "config.certificate",
            &["certificate_not_after"],
            |row| {
                let end = row.object.stored("certificate_not_after").as_int();
                end.map(|end| Value::Int(end.saturating_sub(row.now.0).div_euclid(DAY))).into()
            },
        )
        .number(Unit::Count),
        s("certificate_read_at", "Certificate read", "when it was asked for", Shape::WeeklyReadAt)
            .weekly()
            .volatile()
            .internal(),
        s("ntp_servers", "NTP servers", "config.dateTimeInfo.ntpConfig.server", Shape::Texts),
        place::config_issues(),
        place::alarm_actions(),
        s("managed_by_server", "Managed by server", "summary.managementServerIp", Shape::Text).address(),
        s("cpu_usage_mhz", "CPU used", "summary.quickStats.overallCpuUsage", Shape::Int)
            .unit(Unit::Mhz)
            .volatile(),
        s("memory_usage_bytes", "Memory used", "summary.quickStats.overallMemoryUsage", Shape::Mebibytes)
            .summed()
            .volatile(),
        Column::derived(
            "cpu_percent",
            "CPU %",
            "summary.quickStats.overallCpuUsage, of cores times clock",
            &["cpu_usage_mhz", "cpu_cores", "cpu_mhz_per_core"],
            |row| {
                let used = row.object.stored("cpu_usage_mhz").as_int();
                used.zip(tally::host_mhz(row.object)).map(|(used, all)| Value::percent(used, all)).into()
            },
        )
        .percent(),
        Column::derived(
            "memory_percent",
            "Memory %",
            "summary.quickStats.overallMemoryUsage, of memorySize",
            &["memory_usage_bytes", "memory_bytes"],
            |row| place::share(row, "memory_usage_bytes", "memory_bytes"),
        )
        .percent(),
        s(
            "management_ips",
            "Management IPs",
            "config.virtualNicManagerInfo.netConfig",
            Shape::VnicAddresses("management"),
        )
        .alias(&["ip"]),
        s("nic_macs", "NIC MACs", "config.network.pnic", Shape::Each("mac")).alias(&["mac"]),
        // The whole of config.ipmi has a login: never ask for it.
        s("bmc_address", "BMC address", "config.ipmi.bmcIpAddress", Shape::Text),
        s("bmc_mac_address", "BMC MAC", "config.ipmi.bmcMacAddress", Shape::Text),
        s("system_serial_number", "System serial number", "hardware.systemInfo.serialNumber", Shape::Text)
            .since(6, 7),
    ]);
    columns.extend(place::alarms());
    columns.extend(references());
    columns.extend([
        s("vm_count", "VMs", "vm", Shape::Length)
            .links(Link::Rows(Kind::Vms, "host_moref"))
            .alias(&["vms"])
            .summed(),
        place::parent(),
    ]);
    columns
}

pub(super) fn resource_pools() -> Vec<Column> {
    let s = Column::stored;
    vec![
        place::name(),
        Column::derived("cluster", "Cluster", "owner", &["owner_moref"], |row| name_of(owning_cluster(row)))
            .links(Link::Objects(Kind::Clusters)),
        Column::derived("cluster_moref", "Cluster moref", "owner", &["owner_moref"], |row| {
            moref_of(owning_cluster(row))
        }),
        Column::derived("parent", "Parent", "parent", &["parent_moref"], |row| {
            place::name_behind(row, "parent_moref")
        })
        .links(Link::Objects(Kind::ResourcePools)),
        s("parent_moref", "Parent moref", "parent", Shape::Reference).place(),
        Column::derived("is_vapp", "vApp", "type of the object", &[], |row| {
            Value::Bool(&*row.object.object_type == "VirtualApp")
        })
        .ty(Type::Boolean),
        s("vm_count", "VMs", "vm", Shape::Length)
            .links(Link::Rows(Kind::Vms, "resource_pool_moref"))
            .alias(&["vms"]),
        s("cpu_reservation_mhz", "CPU reservation", "config.cpuAllocation.reservation", Shape::Int)
            .unit(Unit::Mhz),
        s("cpu_limit_mhz", "CPU limit", "config.cpuAllocation.limit", Shape::Limit).unit(Unit::Mhz),
        s("cpu_shares", "CPU shares", "config.cpuAllocation.shares.shares", Shape::Int).unit(Unit::Count),
        s(
            "memory_reservation_bytes",
            "Memory reservation",
            "config.memoryAllocation.reservation",
            Shape::Mebibytes,
        ),
        s("memory_limit_bytes", "Memory limit", "config.memoryAllocation.limit", Shape::MebibytesLimit),
        s("memory_shares", "Memory shares", "config.memoryAllocation.shares.shares", Shape::Int)
            .unit(Unit::Count),
        s("owner_moref", "Owner", "owner", Shape::Reference).internal(),
        // Of vApps in vApps only the outermost has a folder, and a linked one stands in another pool than its vApp.
        s("parent_folder_moref", "VM folder", "parentFolder", Shape::Reference).of("VirtualApp").internal(),
        s("parent_vapp_moref", "vApp around it", "parentVApp", Shape::Reference).of("VirtualApp").internal(),
    ]
}

/// Datastores and networks of an object, as names and as morefs.
pub(super) fn references() -> [Column; 6] {
    let s = Column::stored;
    let d = Column::derived;
    [
        d("datastores", "Datastores", "datastore", &["datastore_refs"], |row| {
            place::names_behind(row, "datastore_refs")
        })
        .links(Link::Objects(Kind::Datastores))
        .ty(Type::List),
        d("datastores_moref", "Datastore morefs", "datastore", &["datastore_refs"], |row| {
            place::morefs(row, "datastore_refs")
        })
        .ty(Type::List),
        d("networks", "Networks", "network", &["network_refs"], |row| {
            place::names_behind(row, "network_refs")
        })
        .links(Link::Objects(Kind::Networks))
        .ty(Type::List),
        d("networks_moref", "Network morefs", "network", &["network_refs"], |row| {
            place::morefs(row, "network_refs")
        })
        .ty(Type::List),
        s("datastore_refs", "Datastores", "datastore", Shape::References).internal(),
        s("network_refs", "Networks", "network", Shape::References).internal(),
    ]
}

pub(super) fn own_cluster<'a>(row: &Row<'a>) -> Option<&'a Object> {
    behind(row, "parent_moref").filter(|object| object.kind == Kind::Clusters)
}

fn owning_cluster<'a>(row: &Row<'a>) -> Option<&'a Object> {
    behind(row, "owner_moref")
        .filter(|object| object.kind == Kind::Clusters)
        .or_else(|| container(row, Kind::Clusters))
}
