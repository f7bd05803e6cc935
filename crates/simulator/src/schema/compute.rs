//! Properties of clusters, of what is around a host of its own, of resource pools and vApps.
//! Refuses settings of a cluster to a host of its own, as vSphere's types do.

use super::place::MANAGED_ENTITY;
use super::{At, Field, Type, leaf, record, record_if, unset};
use crate::data::{Data, Record};
use crate::estate::{Compute, Host, Object};

pub(super) static COMPUTE_RESOURCE: Type = Type {
    name: "ComputeResource",
    base: Some(&MANAGED_ENTITY),
    fields: &[
        leaf("environmentBrowser", unset),
        leaf("host", |at| Some(Data::References(at.compute()?.hosts.clone()))),
        leaf("datastore", |at| Some(Data::References(at.compute()?.datastores.clone()))),
        leaf("network", |at| Some(Data::References(at.compute()?.networks.clone()))),
        leaf("resourcePool", |at| Some(Data::Reference(at.compute()?.pool))),
        record("summary", "ComputeResourceSummary", SUMMARY),
        record("configurationEx", "ComputeResourceConfigInfo", &[leaf("vmSwapPlacement", swap)]),
    ],
};

pub(super) static CLUSTER: Type = Type {
    name: "ClusterComputeResource",
    base: Some(&COMPUTE_RESOURCE),
    fields: &[
        leaf("actionHistory", unset),
        leaf("drsFault", unset),
        leaf("drsRecommendation", unset),
        leaf("migrationHistory", unset),
        leaf("recommendation", unset),
        record("summary", "ClusterComputeResourceSummary", SUMMARY_OF_CLUSTER),
        record(
            "configurationEx",
            "ClusterConfigInfoEx",
            &[
                leaf("vmSwapPlacement", swap),
                record("dasConfig", "ClusterDasConfigInfo", DAS),
                record("drsConfig", "ClusterDrsConfigInfo", DRS),
                record(
                    "vsanConfigInfo",
                    "VsanClusterConfigInfo",
                    &[leaf("enabled", |at| Some(Data::Bool(at.compute()?.cluster?.vsan)))],
                ),
            ],
        ),
        record(
            "configuration",
            "ClusterConfigInfo",
            &[
                record("dasConfig", "ClusterDasConfigInfo", DAS),
                record("drsConfig", "ClusterDrsConfigInfo", DRS),
            ],
        ),
    ],
};

const SUMMARY: &[Field] = &[
    leaf("totalCpu", |at| Some(Data::Int(sum(at, |_| true, |host| host.total_mhz().into())))),
    leaf("totalMemory", |at| Some(Data::Long(sum(at, |_| true, memory)))),
    leaf("numCpuCores", |at| Some(Data::Short(sum(at, |_| true, |host| host.model.cores().into()) as u16))),
    leaf("numCpuThreads", |at| {
        Some(Data::Short(sum(at, |_| true, |host| host.model.threads().into()) as u16))
    }),
    leaf("effectiveCpu", |at| Some(Data::Int(sum(at, Host::is_effective, cpu_mhz)))),
    leaf("effectiveMemory", |at| Some(Data::Long(sum(at, Host::is_effective, memory_mb)))),
    leaf("numHosts", |at| Some(Data::Int(sum(at, |_| true, |_| 1)))),
    leaf("numEffectiveHosts", |at| Some(Data::Int(sum(at, Host::is_effective, |_| 1)))),
    leaf("overallStatus", |at| Some(Data::Word("ManagedEntityStatus", at.compute()?.status.word()))),
];

const SUMMARY_OF_CLUSTER: &[Field] = &[
    SUMMARY[0],
    SUMMARY[1],
    SUMMARY[2],
    SUMMARY[3],
    SUMMARY[4],
    SUMMARY[5],
    SUMMARY[6],
    SUMMARY[7],
    SUMMARY[8],
    leaf("currentFailoverLevel", |at| Some(Data::Int(i64::from(at.compute()?.cluster?.admission_control)))),
    leaf("numVmotions", |at| Some(Data::Int(i64::from(at.id.number() % 900)))),
    leaf("currentEVCModeKey", |at| at.compute()?.cluster?.evc.map(Data::text)),
];

const DAS: &[Field] = &[
    leaf("enabled", |at| Some(Data::Bool(at.compute()?.cluster?.ha))),
    leaf("vmMonitoring", |_| Some(Data::text("vmMonitoringDisabled"))),
    leaf("hostMonitoring", |_| Some(Data::text("enabled"))),
    leaf("failoverLevel", |at| Some(Data::Int(failover_level(at)?))),
    leaf("admissionControlPolicy", |at| Some(policy(at)?.into())),
    leaf("admissionControlEnabled", |at| Some(Data::Bool(at.compute()?.cluster?.admission_control))),
];

const DRS: &[Field] = &[
    leaf("enabled", |at| Some(Data::Bool(at.compute()?.cluster?.drs))),
    leaf("enableVmBehaviorOverrides", |_| Some(Data::Bool(true))),
    leaf("defaultVmBehavior", |at| Some(Data::Word("DrsBehavior", at.compute()?.cluster?.drs_behavior))),
    leaf("vmotionRate", |_| Some(Data::Int(3))),
];

pub(super) static RESOURCE_POOL: Type = Type {
    name: "ResourcePool",
    base: Some(&MANAGED_ENTITY),
    fields: &[
        leaf("childConfiguration", unset),
        leaf("runtime", unset),
        leaf("owner", |at| Some(Data::Reference(at.pool()?.owner))),
        leaf("resourcePool", |at| Some(Data::References(at.pool()?.pools.clone()))),
        leaf("vm", |at| Some(Data::References(at.pool()?.vms.clone()))),
        record_if(
            "summary",
            "ResourcePoolSummary",
            |at| at.pool().is_some(),
            &[leaf("name", |at| Some(Data::text(at.pool()?.name.as_str())))],
        ),
        record("config", "ResourceConfigSpec", CONFIG_OF_POOL),
    ],
};

const CONFIG_OF_POOL: &[Field] = &[
    leaf("entity", |at| Some(Data::Reference(at.pool()?.id))),
    leaf("cpuAllocation", |at| allocation(at, cpu_mhz, 4000).map(Data::from)),
    leaf("memoryAllocation", |at| allocation(at, memory_mb, 163_840).map(Data::from)),
];

pub(super) static VIRTUAL_APP: Type = Type {
    name: "VirtualApp",
    base: Some(&RESOURCE_POOL),
    fields: &[leaf("parentFolder", |at| at.pool()?.vapp_folder.map(Data::Reference))],
};

/// So many hosts as a large cluster, and another one, bears to lose.
fn failover_level(at: At<'_>) -> Option<i64> {
    Some(if at.compute()?.hosts.len() > 16 { 2 } else { 1 })
}

/// What a vCenter sets for a new cluster: shares that it computes of the hosts that may fail.
fn policy<'a>(at: At<'a>) -> Option<Record<'a>> {
    let hosts = i64::try_from(at.compute()?.hosts.len()).ok()?.max(1);
    let level = failover_level(at)?;
    let share = ((level * 100 + hosts - 1) / hosts).min(100);
    let record = Record::subtype("ClusterFailoverResourcesAdmissionControlPolicy")
        .with("cpuFailoverResourcesPercent", Data::Int(share))
        .with("memoryFailoverResourcesPercent", Data::Int(share))
        .with("failoverLevel", Data::Int(level))
        .with("autoComputePercentages", Data::Bool(true));
    Some(record)
}

fn swap<'a>(_: At<'a>) -> Option<Data<'a>> {
    Some(Data::text("vmDirectory"))
}

fn memory(host: &Host) -> i64 {
    host.memory() as i64
}

fn sum(at: At<'_>, which: fn(&Host) -> bool, of: fn(&Host) -> i64) -> i64 {
    at.compute().map_or(0, |compute| sum_of(at, compute, which, of))
}

fn sum_of(at: At<'_>, compute: &Compute, which: fn(&Host) -> bool, of: fn(&Host) -> i64) -> i64 {
    let hosts = compute.hosts.iter().filter_map(|id| at.estate.host(*id));
    hosts.filter(|host| which(host)).map(of).sum()
}

/// What a host gives to VMs: MHz.
fn cpu_mhz(host: &Host) -> i64 {
    i64::from(host.total_mhz()) * 94 / 100
}

/// What a host gives to VMs: MB.
fn memory_mb(host: &Host) -> i64 {
    memory(host) / (1 << 20) * 97 / 100
}

/// What a pool is granted of what the hosts give; a level of shares is worth as many as `normal` says, twice or half.
fn allocation<'a>(at: At<'a>, of: fn(&Host) -> i64, normal: i64) -> Option<Record<'a>> {
    const UNLIMITED: i64 = -1;
    let pool = at.pool()?;
    let Object::Compute(compute) = at.estate.object(pool.owner)? else { return None };
    let all = sum_of(at, compute, Host::is_effective, of);
    let is_root = compute.pool == pool.id;
    let (reservation, limit, shares, level) = match pool.name.as_str() {
        // The root pool is all that there is.
        _ if is_root => (all, all, normal, "normal"),
        "High" => (all / 5, UNLIMITED, normal * 2, "high"),
        "Low" => (0, all / 4, normal / 2, "low"),
        _ => (0, UNLIMITED, normal, "normal"),
    };
    let share = Record::new("SharesInfo")
        .with("shares", Data::Int(shares))
        .with("level", Data::Word("SharesLevel", level));
    let record = Record::new("ResourceAllocationInfo")
        .with("reservation", Data::Long(reservation))
        .with("expandableReservation", Data::Bool(!is_root))
        .with("limit", Data::Long(limit));
    Some(record.with("shares", share.into()))
}
