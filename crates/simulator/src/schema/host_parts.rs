//! Serial numbers, network cards and addresses of hosts.
//! Refuses to make them: who a server is says `estate::identity`.

use std::net::Ipv4Addr;

use super::At;
use super::host::cluster;
use crate::data::{Data, Record};
use crate::estate::identity::Identity;
use crate::estate::{Connection, Host};

/// Identifiers with their keys, as a HostSystemIdentificationInfo list.
pub(super) struct Identification(Vec<(&'static str, &'static str, String)>);

impl Identification {
    pub(super) fn into_data<'a>(self) -> Data<'a> {
        let infos = self.0.into_iter().map(|(key, label, value)| {
            let kind = Record::subtype("ElementDescription")
                .with("label", Data::text(label))
                .with("summary", Data::text(format!("{label} of the system")))
                .with("key", Data::text(key));
            Record::new("HostSystemIdentificationInfo")
                .with("identifierValue", Data::text(value))
                .with("identifierType", kind.into())
                .into()
        });
        Data::List("HostSystemIdentificationInfo", infos.collect())
    }
}

/// What the server says it is. Dell calls it a service tag, the others a serial number.
pub(super) fn identification(at: At<'_>) -> Option<Identification> {
    let host = at.host()?;
    let serial = serial(at)?;
    let mut infos = vec![("AssetTag", "Asset Tag", asset(at, host))];
    if host.model.is_dell() {
        infos.push(("ServiceTag", "Service tag", serial.clone()));
        infos.push(("EnclosureSerialNumberTag", "Enclosure Serial Number", serial));
    } else {
        infos.push(("SerialNumberTag", "Serial Number", serial));
    }
    Some(Identification(infos))
}

fn asset(at: At<'_>, host: &Host) -> String {
    match at.estate.seed % 3 {
        0 => " ".into(),
        _ => format!("INV-{:06}", 104_000 + host.ordinal),
    }
}

/// The server that it runs on.
pub(super) fn identity(at: At<'_>) -> Option<Identity> {
    Some(Identity::of(at.estate, at.host()?))
}

/// What ESXi says that the server is.
pub(crate) fn serial(at: At<'_>) -> Option<String> {
    Some(identity(at)?.shown_serial())
}

pub(super) fn nics<'a>(at: At<'a>) -> Option<Vec<Data<'a>>> {
    let (host, identity) = (at.host()?, identity(at)?);
    let nics = (0..4_u32).map(|card| {
        let speed = Record::new("PhysicalNicLinkInfo")
            .with("speedMb", Data::Int(if card < 2 { 25_000 } else { 10_000 }))
            .with("duplex", Data::Bool(true));
        Record::new("PhysicalNic")
            .with("key", Data::text(format!("key-vim.host.PhysicalNic-vmnic{card}")))
            .with("device", Data::text(format!("vmnic{card}")))
            .with("pci", Data::text(format!("0000:{:02x}:00.{}", 0x31 + card / 2, card % 2)))
            .with("driver", Data::text(host.model.nic_driver))
            .with("linkSpeed", speed.into())
            .with("wakeOnLanSupported", Data::Bool(false))
            .with("mac", Data::text(identity.mac(card)))
            .into()
    });
    Some(nics.collect())
}

/// The addresses of management (the one that is known), of vMotion and of vSAN, which have networks of their own.
fn address(host: &Host, card: u32) -> String {
    let address = match card {
        0 => host.address,
        _ => (172 << 24) | ((12 + 4 * card) << 16) | (host.address & 0x3_ffff),
    };
    Ipv4Addr::from(address).to_string()
}

fn vnic_spec<'a>((host, identity): (&Host, Identity), card: u32) -> Record<'a> {
    let ip = Record::new("HostIpConfig")
        .with("dhcp", Data::Bool(false))
        .with("ipAddress", Data::text(address(host, card)))
        .with("subnetMask", Data::text("255.255.0.0"));
    Record::new("HostVirtualNicSpec")
        .with("ip", ip.into())
        .with("mac", Data::text(identity.mac(4 + card)))
        .with("mtu", Data::Int(if card == 0 { 1500 } else { 9000 }))
        .with("tsoEnabled", Data::Bool(true))
        .with("netStackInstanceKey", Data::text("defaultTcpipStack"))
}

fn vnic<'a>(host: (&Host, Identity), card: u32, key: String) -> Data<'a> {
    Record::new("HostVirtualNic")
        .with("device", Data::text(format!("vmk{card}")))
        .with("key", Data::text(key))
        .with("portgroup", Data::text(["Management Network", "vMotion", "vSAN"][card as usize]))
        .with("spec", vnic_spec(host, card).into())
        .into()
}

/// How many VMkernel cards it has: one more where it stores for vSAN.
fn vmks(at: At<'_>) -> u32 {
    if cluster(at).is_some_and(|cluster| cluster.vsan) { 3 } else { 2 }
}

pub(super) fn vnics<'a>(at: At<'a>) -> Option<Vec<Data<'a>>> {
    let host = (at.host()?, identity(at)?);
    Some((0..vmks(at)).map(|card| vnic(host, card, format!("key-vim.host.VirtualNic-vmk{card}"))).collect())
}

/// Which card serves what.
pub(super) fn net_config<'a>(at: At<'a>) -> Option<Vec<Data<'a>>> {
    let host = (at.host().filter(|host| host.connection == Connection::Connected)?, identity(at)?);
    let vsan = (vmks(at) > 2).then_some(2);
    let services =
        [("management", Some(0)), ("vmotion", Some(1)), ("vSphereProvisioning", None), ("vsan", vsan)];
    let configs = services.into_iter().map(|(service, selected)| {
        let key = |card: u32| format!("{service}.key-vim.host.VirtualNic-vmk{card}");
        let candidates = (0..vmks(at)).map(|card| vnic(host, card, key(card))).collect();
        Record::new("VirtualNicManagerNetConfig")
            .with("nicType", Data::text(service))
            .with("multiSelectAllowed", Data::Bool(true))
            .with("candidateVnic", Data::List("HostVirtualNic", candidates))
            .maybe("selectedVnic", selected.map(|card| Data::List("string", vec![Data::text(key(card))])))
            .into()
    });
    Some(configs.collect())
}
