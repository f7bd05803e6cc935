//! Properties of datastores, networks and distributed switches.
//! Refuses to know what lies on them beyond who uses them.

use super::place::MANAGED_ENTITY;
use super::{At, Field, Type, leaf, record, unset};
use crate::data::{self, Data, Record};
use crate::estate::{Datastore, TODAY, random};

pub(super) static DATASTORE: Type = Type {
    name: "Datastore",
    base: Some(&MANAGED_ENTITY),
    fields: &[
        leaf("browser", unset),
        leaf("capability", unset),
        leaf("iormConfiguration", unset),
        leaf("host", |at| Some(Data::List("DatastoreHostMount", mounts(at)?))),
        leaf("vm", |at| Some(Data::References(at.datastore()?.vms.clone()))),
        leaf("info", |at| info(at).map(Data::from)),
        record("summary", "DatastoreSummary", SUMMARY_OF_DATASTORE),
    ],
};

/// What is told of a datastore by its type: a path leads to what all have, and the rest comes with the whole.
fn info<'a>(at: At<'a>) -> Option<Record<'a>> {
    let datastore = at.datastore()?;
    let volume = volume(at, datastore);
    let record = Record::subtype(match datastore.type_name {
        "NFS" => "NasDatastoreInfo",
        "vsan" => "VsanDatastoreInfo",
        _ => "VmfsDatastoreInfo",
    });
    let record = record
        .with("name", data::name(&datastore.name))
        .with("url", Data::text(url(at)?))
        .with("freeSpace", Data::bytes(datastore.free))
        .with("maxFileSize", Data::Long(64 << 40))
        .with("timestamp", Data::Time(TODAY - i64::from(at.id.number() % 1800) * 1000));
    Some(match datastore.type_name {
        "NFS" => record.with("nas", share(at, datastore).into()),
        "vsan" => {
            let container = volume.trim_start_matches("vsan:").to_owned();
            // One that is no other's alias names itself.
            record
                .with("containerId", Data::text(container.clone()))
                .with("aliasOf", Data::text(container))
                .with("accessGenNo", Data::Int(0))
        }
        _ => record,
    })
}

fn share<'a>(at: At<'a>, datastore: &'a Datastore) -> Record<'a> {
    Record::new("HostNasVolume")
        .with("type", Data::text("NFS"))
        .with("name", data::name(&datastore.name))
        .with("capacity", Data::bytes(datastore.capacity))
        .with("remoteHost", Data::text(format!("filer{}.{}", at.estate.seed, at.estate.domain)))
        .with("remotePath", Data::text(format!("/vol/{}_{}", datastore.name, datastore.id.number())))
}

const SUMMARY_OF_DATASTORE: &[Field] = &[
    leaf("datastore", |at| Some(Data::Reference(at.datastore()?.id))),
    leaf("name", |at| Some(data::name(&at.datastore()?.name))),
    leaf("url", |at| Some(Data::text(url(at)?))),
    leaf("capacity", |at| Some(Data::bytes(at.datastore()?.capacity))),
    leaf("freeSpace", |at| Some(Data::bytes(at.datastore()?.free))),
    leaf("uncommitted", |at| Some(Data::bytes(at.datastore()?.uncommitted))),
    leaf("accessible", |at| Some(Data::Bool(at.datastore()?.accessible))),
    leaf("multipleHostAccess", |at| Some(Data::Bool(at.datastore()?.hosts.len() > 1))),
    leaf("type", |at| Some(Data::text(at.datastore()?.type_name))),
    leaf("maintenanceMode", |at| Some(Data::text(at.datastore()?.maintenance))),
];

pub(super) static NETWORK: Type = Type {
    name: "Network",
    base: Some(&MANAGED_ENTITY),
    fields: &[
        leaf("host", |at| Some(Data::References(at.network()?.hosts.clone()))),
        leaf("vm", |at| Some(Data::References(at.network()?.vms.clone()))),
        record("summary", "NetworkSummary", SUMMARY_OF_NETWORK),
    ],
};

const SUMMARY_OF_NETWORK: &[Field] = &[
    leaf("network", |at| Some(Data::Reference(at.network()?.id))),
    leaf("name", |at| Some(data::name(&at.network()?.name))),
    leaf("accessible", |at| Some(Data::Bool(!at.network()?.hosts.is_empty()))),
    leaf("ipPoolName", |_| Some(Data::text(""))),
];

pub(super) static PORTGROUP: Type = Type {
    name: "DistributedVirtualPortgroup",
    base: Some(&NETWORK),
    fields: &[
        leaf("key", |at| Some(Data::text(at.estate.moref(at.network()?.id)))),
        record(
            "config",
            "DVPortgroupConfigInfo",
            &[
                leaf("key", |at| Some(Data::text(at.estate.moref(at.network()?.id)))),
                leaf("name", |at| Some(data::name(&at.network()?.name))),
                leaf("numPorts", |_| Some(Data::Int(128))),
                leaf("distributedVirtualSwitch", |at| at.network()?.switch.map(Data::Reference)),
                leaf("defaultPortConfig", |at| port_config(at).map(Data::from)),
                leaf("type", |_| Some(Data::text("earlyBinding"))),
                leaf("uplink", |at| Some(Data::Bool(at.network()?.is_uplink))),
            ],
        ),
    ],
};

/// NSX networks. No estate has one, but the type is known.
pub(super) static OPAQUE: Type = Type {
    name: "OpaqueNetwork",
    base: Some(&NETWORK),
    fields: &[leaf("capability", unset), leaf("extraConfig", unset)],
};

pub(super) static SWITCH: Type = Type {
    name: "DistributedVirtualSwitch",
    base: Some(&MANAGED_ENTITY),
    fields: &[
        leaf("uuid", |at| Some(Data::text(uuid(at)?))),
        leaf("portgroup", |at| Some(Data::References(at.switch()?.portgroups.clone()))),
        record(
            "summary",
            "DVSSummary",
            &[
                leaf("name", |at| Some(data::name(&at.switch()?.name))),
                leaf("uuid", |at| Some(Data::text(uuid(at)?))),
                leaf("numPorts", |at| Some(Data::Int(128 * at.switch()?.portgroups.len() as i64))),
                leaf("hostMember", |at| Some(Data::References(at.switch()?.hosts.clone()))),
                leaf("numHosts", |at| Some(Data::Int(at.switch()?.hosts.len() as i64))),
            ],
        ),
    ],
};

pub(super) static VMWARE_SWITCH: Type =
    Type { name: "VmwareDistributedVirtualSwitch", base: Some(&SWITCH), fields: &[] };

fn mounts<'a>(at: At<'a>) -> Option<Vec<Data<'a>>> {
    let datastore = at.datastore()?;
    let path = format!("/vmfs/volumes/{}", volume(at, datastore));
    let mounts = datastore.hosts.iter().filter_map(|id| at.estate.host(*id)).map(|host| {
        let mount = at.estate.mount(datastore, host);
        let info = Record::new("HostMountInfo")
            .with("path", Data::text(path.clone()))
            .with("accessMode", Data::text(mount.mode))
            .with("mounted", Data::Bool(mount.is_mounted))
            .with("accessible", Data::Bool(mount.is_accessible))
            .maybe("inaccessibleReason", mount.reason.map(Data::text));
        Record::new("DatastoreHostMount")
            .with("key", Data::Reference(host.id))
            .with("mountInfo", info.into())
            .into()
    });
    Some(mounts.collect())
}

fn url(at: At<'_>) -> Option<String> {
    Some(format!("ds:///vmfs/volumes/{}/", volume(at, at.datastore()?)))
}

/// What a volume is called in the hosts' file system.
fn volume(at: At<'_>, datastore: &Datastore) -> String {
    let number = random::mix(at.estate.seed, u64::from(datastore.id.number()));
    match datastore.type_name {
        "NFS" => format!("{:08x}-{:08x}", number >> 32, number as u32),
        "vsan" => format!("vsan:{:016x}-{:016x}", number, random::mix(number, 1)),
        _ => format!(
            "{:08x}-{:08x}-{:04x}-e4434b{:06x}",
            0x6000_0000 | (number as u32 >> 4),
            number >> 32,
            number as u16,
            number >> 40
        ),
    }
}

fn uuid(at: At<'_>) -> Option<String> {
    let raw = random::uuid(at.estate.seed, 4 << 40 | u64::from(at.switch()?.id.number())).replace('-', "");
    let pairs: Vec<&str> = (0..16).map(|byte| &raw[2 * byte..2 * byte + 2]).collect();
    Some(format!("{}-{}", pairs[..8].join(" "), pairs[8..].join(" ")))
}

fn port_config<'a>(at: At<'a>) -> Option<Record<'a>> {
    let network = at.network()?;
    let vlan = Record::subtype("VmwareDistributedVirtualSwitchVlanIdSpec")
        .with("inherited", Data::Bool(false))
        .with("vlanId", Data::Int(network.vlan.into()));
    Some(Record::subtype("VMwareDVSPortSetting").with("vlan", vlan.into()))
}
