//! Virtual devices of VMs: controllers, disks, a CD-ROM drive and network cards.
//! Refuses the dozen others that every VM has: nobody reads them, and they would be most of the answer.

use super::At;
use super::vm::{chance, directory, files, mac};
use crate::data::{Data, Record};
use crate::estate::{Object, Power, Vm};

pub(super) fn devices<'a>(at: At<'a>) -> Option<Vec<Data<'a>>> {
    let vm = at.vm()?;
    let mut devices =
        vec![controller(vm.datastores.len() as i64).into(), drive(is_drive_connected(at, vm)).into()];
    let disks = vm.datastores.len() as u64;
    for number in 0..vm.datastores.len() {
        devices.push(disk(at, vm, number, vm.provisioned() / disks)?.into());
    }
    for card in 0..vm.networks.len() {
        devices.push(network_card(at, vm, card).into());
    }
    Some(devices)
}

fn device<'a>(type_name: &'static str, key: i64, label: String, summary: String) -> Record<'a> {
    let info =
        Record::subtype("Description").with("label", Data::text(label)).with("summary", Data::text(summary));
    Record::subtype(type_name).with("key", Data::Int(key)).with("deviceInfo", info.into())
}

fn controller<'a>(disks: i64) -> Record<'a> {
    let attached = (0..disks).map(|number| Data::Int(2000 + number)).collect();
    device("ParaVirtualSCSIController", 1000, "SCSI controller 0".into(), "VMware paravirtual SCSI".into())
        .with("busNumber", Data::Int(0))
        .with("device", Data::List("int", attached))
        .with("sharedBus", Data::Word("VirtualSCSISharing", "noSharing"))
        .with("scsiCtlrUnitNumber", Data::Int(7))
}

/// One in fifty has been left so by whoever installed something.
fn is_drive_connected(at: At<'_>, vm: &Vm) -> bool {
    vm.power == Power::On && chance(at, vm, 21, 20)
}

fn drive<'a>(is_connected: bool) -> Record<'a> {
    let connectable = Record::new("VirtualDeviceConnectInfo")
        .with("startConnected", Data::Bool(is_connected))
        .with("allowGuestControl", Data::Bool(true))
        .with("connected", Data::Bool(is_connected));
    let backing = Record::subtype("VirtualCdromRemotePassthroughBackingInfo")
        .with("deviceName", Data::text(""))
        .with("exclusive", Data::Bool(false));
    device("VirtualCdrom", 16_000, "CD/DVD drive 1".into(), "Remote device".into())
        .with("backing", backing.into())
        .with("connectable", connectable.into())
        .with("controllerKey", Data::Int(15_000))
        .with("unitNumber", Data::Int(0))
}

fn disk<'a>(at: At<'a>, vm: &'a Vm, number: usize, bytes: u64) -> Option<Record<'a>> {
    let datastore = vm.datastores.get(number)?;
    let suffix = if number == 0 { String::new() } else { format!("_{number}") };
    let file = format!("{}{}{suffix}.vmdk", directory(at, vm, Some(datastore))?, files(vm));
    let backing = Record::subtype("VirtualDiskFlatVer2BackingInfo")
        .with("fileName", Data::text(file))
        .with("datastore", Data::Reference(*datastore))
        .with("diskMode", Data::text("persistent"))
        .with("thinProvisioned", Data::Bool(true));
    let kib = bytes / 1024;
    let disk =
        device("VirtualDisk", 2000 + number as i64, format!("Hard disk {}", number + 1), format!("{kib} KB"))
            .with("backing", backing.into())
            .with("controllerKey", Data::Int(1000))
            .with("unitNumber", Data::Int(number as i64))
            .with("capacityInKB", Data::Long(kib as i64))
            .with("capacityInBytes", Data::Long((kib * 1024) as i64));
    Some(disk)
}

fn network_card<'a>(at: At<'a>, vm: &'a Vm, card: usize) -> Record<'a> {
    let network = vm.networks[card];
    let name = match at.estate.object(network) {
        Some(Object::Network(network)) => network.name.as_str(),
        _ => "",
    };
    let is_distributed =
        matches!(at.estate.object(network), Some(Object::Network(network)) if network.switch.is_some());
    let backing = if is_distributed {
        let port = Record::new("DistributedVirtualSwitchPortConnection")
            .with("portgroupKey", Data::text(at.estate.moref(network)));
        Record::subtype("VirtualEthernetCardDistributedVirtualPortBackingInfo").with("port", port.into())
    } else {
        Record::subtype("VirtualEthernetCardNetworkBackingInfo")
            .with("deviceName", Data::text(name))
            .with("network", Data::Reference(network))
    };
    let is_old = vm.hardware < 15 && vm.cpus == 1;
    let type_name = if is_old { "VirtualE1000" } else { "VirtualVmxnet3" };
    device(type_name, 4000 + card as i64, format!("Network adapter {}", card + 1), name.to_owned())
        .with("backing", backing.into())
        .with("controllerKey", Data::Int(100))
        .with("unitNumber", Data::Int(7 + card as i64))
        .with("addressType", Data::text("assigned"))
        .with("macAddress", Data::text(mac(at, vm, card)))
        .with("wakeOnLanEnabled", Data::Bool(true))
}
