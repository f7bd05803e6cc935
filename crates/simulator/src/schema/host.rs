//! Properties of hosts.
//! Refuses the configuration of a host that isn't connected: a vCenter doesn't have it then.

use super::host_parts::{identification, identity, net_config, nics, serial, vnics};
use super::place::MANAGED_ENTITY;
use super::{At, Field, Type, leaf, record, record_if, unset};
use crate::data::{Data, Record};
use crate::estate::identity::{FIRST_BMC, Identity};
use crate::estate::{Cluster, Connection, Object, random};

pub(super) static HOST: Type = Type {
    name: "HostSystem",
    base: Some(&MANAGED_ENTITY),
    fields: &[
        leaf("answerFileValidationState", unset),
        leaf("capability", unset),
        leaf("configManager", unset),
        leaf("datastoreBrowser", unset),
        leaf("licensableResource", unset),
        leaf("systemResources", unset),
        leaf("datastore", |at| Some(Data::References(at.host()?.datastores.clone()))),
        leaf("network", |at| Some(Data::References(at.host()?.networks.clone()))),
        leaf("vm", |at| Some(Data::References(at.host()?.vms.clone()))),
        record("runtime", "HostRuntimeInfo", RUNTIME),
        record("summary", "HostListSummary", SUMMARY),
        record_if("hardware", "HostHardwareInfo", is_connected, HARDWARE),
        record_if("config", "HostConfigInfo", is_connected, CONFIG),
    ],
};

const RUNTIME: &[Field] = &[
    leaf("connectionState", |at| Some(Data::Word("HostSystemConnectionState", at.host()?.connection.word()))),
    leaf("powerState", |at| Some(Data::Word("HostSystemPowerState", power(at)?))),
    leaf("standbyMode", |at| is_connected(at).then(|| Data::text("none"))),
    leaf("inMaintenanceMode", |at| Some(Data::Bool(at.host()?.in_maintenance))),
    leaf("bootTime", |at| is_responding(at).then_some(Data::Time(at.host()?.boot))),
    record_if(
        "dasHostState",
        "ClusterDasFdmHostState",
        has_agent,
        &[leaf("state", |at| Some(Data::text(ha_state(at)?)))],
    ),
    record_if(
        "healthSystemRuntime",
        "HealthSystemRuntime",
        is_connected,
        &[record(
            "systemHealthInfo",
            "HostSystemHealthInfo",
            &[leaf("numericSensorInfo", |at| Some(Data::List("HostNumericSensorInfo", sensors(at)?)))],
        )],
    ),
];

const SUMMARY: &[Field] = &[
    leaf("host", |at| Some(Data::Reference(at.host()?.id))),
    record("hardware", "HostHardwareSummary", HARDWARE_SUMMARY),
    record("runtime", "HostRuntimeInfo", RUNTIME),
    record("config", "HostConfigSummary", CONFIG_SUMMARY),
    record("quickStats", "HostListSummaryQuickStats", QUICK_STATS),
    leaf("overallStatus", |at| Some(Data::Word("ManagedEntityStatus", at.host()?.status.word()))),
    leaf("rebootRequired", |at| Some(Data::Bool(at.host()?.reboot_required))),
    leaf("managementServerIp", |at| is_connected(at).then(|| Data::text("10.250.0.5"))),
    leaf("currentEVCModeKey", |at| cluster(at)?.evc.filter(|_| is_connected(at)).map(Data::text)),
];

const HARDWARE_SUMMARY: &[Field] = &[
    leaf("vendor", |at| Some(Data::text(at.host()?.model.vendor))),
    leaf("model", |at| Some(Data::text(at.host()?.model.name))),
    leaf("uuid", |at| Some(Data::text(uuid(at)?))),
    leaf("otherIdentifyingInfo", |at| Some(identification(at)?.into_data())),
    leaf("memorySize", |at| Some(Data::bytes(at.host()?.memory()))),
    leaf("cpuModel", |at| Some(Data::text(at.host()?.model.cpu))),
    leaf("cpuMhz", |at| Some(Data::Int(at.host()?.model.mhz.into()))),
    leaf("numCpuPkgs", |at| Some(Data::Short(at.host()?.model.sockets))),
    leaf("numCpuCores", |at| Some(Data::Short(at.host()?.model.cores()))),
    leaf("numCpuThreads", |at| Some(Data::Short(at.host()?.model.threads()))),
    leaf("numNics", |_| Some(Data::Int(4))),
    leaf("numHBAs", |_| Some(Data::Int(3))),
];

const CONFIG_SUMMARY: &[Field] = &[
    leaf("name", |at| Some(Data::text(at.host()?.name.as_str()))),
    leaf("port", |_| Some(Data::Int(443))),
    record("product", "AboutInfo", PRODUCT),
    leaf("vmotionEnabled", |_| Some(Data::Bool(true))),
    leaf("faultToleranceEnabled", |_| Some(Data::Bool(false))),
];

const PRODUCT: &[Field] = &[
    leaf("name", |_| Some(Data::text("VMware ESXi"))),
    leaf("fullName", |at| {
        let release = at.host()?.release;
        Some(Data::text(format!("VMware ESXi {} build-{}", release.version, release.build)))
    }),
    leaf("vendor", |_| Some(Data::text("VMware, Inc."))),
    leaf("version", |at| Some(Data::text(at.host()?.release.version))),
    leaf("build", |at| Some(Data::text(at.host()?.release.build))),
    leaf("localeVersion", |_| Some(Data::text("INTL"))),
    leaf("localeBuild", |_| Some(Data::text("000"))),
    leaf("osType", |_| Some(Data::text("vmnix-x86"))),
    leaf("productLineId", |_| Some(Data::text("embeddedEsx"))),
    leaf("apiType", |_| Some(Data::text("HostAgent"))),
    leaf("apiVersion", |at| Some(Data::text(format!("{}.0", at.host()?.release.version)))),
    leaf("licenseProductName", |_| Some(Data::text("VMware ESX Server"))),
    leaf("licenseProductVersion", |at| Some(Data::text(&at.host()?.release.version[..3]))),
];

const QUICK_STATS: &[Field] = &[
    leaf("overallCpuUsage", |at| is_connected(at).then_some(Data::Int(at.host()?.cpu_usage_mhz.into()))),
    leaf("overallMemoryUsage", |at| is_connected(at).then_some(Data::Int(at.host()?.memory_usage_mb.into()))),
    leaf("uptime", |at| {
        let seconds = (crate::estate::TODAY - at.host()?.boot) / 1000;
        is_connected(at).then_some(Data::Int(seconds))
    }),
];

const HARDWARE: &[Field] = &[
    record(
        "systemInfo",
        "HostSystemInfo",
        &[
            leaf("vendor", |at| Some(Data::text(at.host()?.model.vendor))),
            leaf("model", |at| Some(Data::text(at.host()?.model.name))),
            leaf("uuid", |at| Some(Data::text(uuid(at)?))),
            leaf("otherIdentifyingInfo", |at| Some(identification(at)?.into_data())),
            leaf("serialNumber", |at| Some(Data::text(serial(at)?))),
        ],
    ),
    record(
        "cpuInfo",
        "HostCpuInfo",
        &[
            leaf("numCpuPackages", |at| Some(Data::Short(at.host()?.model.sockets))),
            leaf("numCpuCores", |at| Some(Data::Short(at.host()?.model.cores()))),
            leaf("numCpuThreads", |at| Some(Data::Short(at.host()?.model.threads()))),
            leaf("hz", |at| Some(Data::Long(i64::from(at.host()?.model.mhz) * 1_000_000))),
        ],
    ),
    leaf("memorySize", |at| Some(Data::bytes(at.host()?.memory()))),
    record("biosInfo", "HostBIOSInfo", &[leaf("biosVersion", |at| Some(Data::text(at.host()?.model.bios)))]),
];

const CONFIG: &[Field] = &[
    leaf("host", |at| Some(Data::Reference(at.host()?.id))),
    record("product", "AboutInfo", PRODUCT),
    record(
        "network",
        "HostNetworkInfo",
        &[
            leaf("pnic", |at| Some(Data::List("PhysicalNic", nics(at)?))),
            leaf("vnic", |at| Some(Data::List("HostVirtualNic", vnics(at)?))),
        ],
    ),
    record(
        "multipathState",
        "HostMultipathStateInfo",
        &[leaf("path", |at| Some(Data::List("HostMultipathStateInfoPath", paths(at)?)))],
    ),
    leaf("certificate", |_| {
        Some(Data::List("byte", CERTIFICATE.bytes().map(|byte| Data::Int(byte.into())).collect()))
    }),
    record(
        "dateTimeInfo",
        "HostDateTimeInfo",
        &[record(
            "ntpConfig",
            "HostNtpConfig",
            &[leaf("server", |at| Some(Data::List("string", ntp_servers(at)?)))],
        )],
    ),
    // No login: a vCenter doesn't give it out.
    record_if(
        "ipmi",
        "HostIpmiInfo",
        has_ipmi,
        &[
            leaf("bmcIpAddress", |at| Some(Data::text(identity(at)?.bmc_address(FIRST_BMC).to_string()))),
            leaf("bmcMacAddress", |at| Some(Data::text(identity(at)?.bmc_mac()))),
        ],
    ),
    record(
        "virtualNicManagerInfo",
        "HostVirtualNicManagerInfo",
        &[leaf("netConfig", |at| Some(Data::List("VirtualNicManagerNetConfig", net_config(at)?)))],
    ),
];

/// What each host shows, without its key: one is as good as another here.
const CERTIFICATE: &str = include_str!("host.pem");

/// Whether the vCenter talks to it.
fn is_connected(at: At<'_>) -> bool {
    at.host().is_some_and(|host| host.connection == Connection::Connected)
}

fn is_responding(at: At<'_>) -> bool {
    at.host().is_some_and(|host| host.connection != Connection::NotResponding)
}

/// Whether it has an HA agent: its cluster has HA on.
fn has_agent(at: At<'_>) -> bool {
    cluster(at).is_some_and(|cluster| cluster.ha)
}

/// The first connected host of a cluster leads.
fn ha_state(at: At<'_>) -> Option<&'static str> {
    if !is_connected(at) {
        return Some("fdmUnreachable");
    }
    let Object::Compute(compute) = at.estate.object(at.host()?.parent)? else { return None };
    let mut hosts = compute.hosts.iter().filter_map(|id| at.estate.host(*id));
    let leads = hosts.find(|host| host.connection == Connection::Connected)?.id == at.host()?.id;
    Some(if leads { "master" } else { "connectedToMaster" })
}

/// What the hardware says of itself: on one host in sixty a power supply has failed.
fn sensors<'a>(at: At<'a>) -> Option<Vec<Data<'a>>> {
    let is_broken = number(at, 31)? % 60 == 0;
    let names =
        ["System Board 1 Inlet Temp", "Fan 1A", "Fan 2A", "Power Supply 1 Status", "Power Supply 2 Status"];
    let sensors = names.into_iter().map(|name| {
        let is_red = is_broken && name == "Power Supply 2 Status";
        let (key, label) = if is_red { ("red", "Red") } else { ("green", "Green") };
        let state = Record::subtype("ElementDescription")
            .with("label", Data::text(label))
            .with("summary", Data::text(if is_red { "Failure detected" } else { "Operating normally" }))
            .with("key", Data::text(key));
        Record::new("HostNumericSensorInfo")
            .with("name", Data::text(name))
            .with("healthState", state.into())
            .with("currentReading", Data::Long(0))
            .with("unitModifier", Data::Int(0))
            .with("baseUnits", Data::text(""))
            .with("sensorType", Data::text("system"))
            .into()
    });
    Some(sensors.collect())
}

/// Two ways to each datastore: on one host in forty one of them is dead.
fn paths<'a>(at: At<'a>) -> Option<Vec<Data<'a>>> {
    let is_broken = number(at, 34)?.is_multiple_of(40);
    let luns = at.host()?.datastores.iter().enumerate();
    let paths = luns.flat_map(|(lun, _)| [64, 65].map(|adapter| (adapter, lun)));
    let path = |(adapter, lun): (u32, usize)| {
        let state = if is_broken && (adapter, lun) == (65, 0) { "dead" } else { "active" };
        let path = Record::new("HostMultipathStateInfoPath")
            .with("name", Data::text(format!("vmhba{adapter}:C0:T0:L{lun}")))
            .with("pathState", Data::text(state));
        path.into()
    };
    Some(paths.map(path).collect())
}

/// One host in fifty has none.
fn ntp_servers<'a>(at: At<'a>) -> Option<Vec<Data<'a>>> {
    let has_none = number(at, 32)? % 50 == 0;
    Some(if has_none { Vec::new() } else { vec![Data::text("10.250.0.3"), Data::text("10.250.0.4")] })
}

fn number(at: At<'_>, concern: u64) -> Option<u64> {
    Some(random::mix(at.estate.seed, concern << 40 | u64::from(at.host()?.id.number())))
}

fn power(at: At<'_>) -> Option<&'static str> {
    Some(if at.host()?.connection == Connection::Connected { "poweredOn" } else { "unknown" })
}

fn uuid(at: At<'_>) -> Option<String> {
    Some(identity(at)?.uuid())
}

/// Whether somebody told vCenter of its BMC, to wake it by.
fn has_ipmi(at: At<'_>) -> bool {
    identity(at).is_some_and(Identity::is_bmc_known)
}

/// How the cluster around it is set, if it is in one.
pub(super) fn cluster(at: At<'_>) -> Option<Cluster> {
    match at.estate.object(at.host()?.parent)? {
        Object::Compute(compute) => compute.cluster,
        _ => None,
    }
}
