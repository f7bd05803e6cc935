//! The BMC itself, among the managers that it lists.
//! Refuses the links between BMC and host: their addresses are the same everywhere.

use std::net::IpAddr;

use serde_json::Value;

use super::{Bmc, Walk};
use crate::{
    clean,
    error::Error,
    json::{self, at, link_at, list, text},
    known::Known,
};

/// Managers that are looked at.
const MANAGERS: usize = 8;

/// The BMC, and every name that a manager has: a system that has one of them has been told the BMC's.
pub(super) async fn read(
    walk: &mut Walk<'_>,
    root: &Known,
    system: Option<&str>,
) -> Result<(Bmc, Vec<String>), Error> {
    let listed = match &root.paths.managers {
        Some(path) => walk.part(path).await?,
        None => None,
    };
    let mut managers = Vec::new();
    for path in listed.as_ref().map(json::members).unwrap_or_default().into_iter().take(MANAGERS) {
        managers.extend(walk.part(&path).await?.map(|manager| (path, manager)));
    }
    let Some((_, manager)) = managers.iter().min_by_key(|(path, manager)| rank(root, system, path, manager))
    else {
        return Ok((without_manager(root), root.bmc_host_name.iter().cloned().collect()));
    };
    let places = [link_at(manager, &["EthernetInterfaces"]), link_at(manager, &["Links", "EthernetNICs"])];
    let interfaces = walk.collection(places.into_iter().flatten().next()).await?;
    let own: Vec<&Value> = interfaces.iter().filter(|interface| !is_link_to_host(interface)).collect();
    let told = json::first_text(manager, &[&["FirmwareVersion"], &["Firmware", "Current", "VersionString"]]);
    let names: Vec<String> = names(&interfaces, root);
    let mut bmc = Bmc {
        model: text(manager, &["Model"]).or_else(|| root.bmc_model.clone()),
        firmware: told.as_deref().map(clean::firmware).or_else(|| root.firmware.clone()),
        firmware_told: told,
        addresses: own.iter().flat_map(|interface| addresses(interface)).collect(),
        macs: own.iter().flat_map(|interface| macs(interface)).collect(),
        host_name: names.first().cloned(),
    };
    bmc.macs.extend(root.bmc_mac.clone());
    unique(&mut bmc.macs);
    unique(&mut bmc.addresses);
    Ok((bmc, names))
}

fn without_manager(root: &Known) -> Bmc {
    Bmc {
        model: root.bmc_model.clone(),
        firmware: root.firmware.clone(),
        macs: root.bmc_mac.iter().cloned().collect(),
        host_name: root.bmc_host_name.clone(),
        ..Bmc::default()
    }
}

/// The lower, the more it is the one that answers here.
fn rank(root: &Known, system: Option<&str>, path: &str, manager: &Value) -> (bool, bool, bool) {
    let provides = root.paths.provider.as_ref().is_some_and(|provider| json::same(provider, path));
    let kind = text(manager, &["ManagerType"]).unwrap_or_default();
    let servers = json::links(at(manager, &["Links", "ManagerForServers"]));
    let manages = system.is_some_and(|system| servers.iter().any(|server| json::same(server, system)));
    (!provides, !matches!(&*kind, "BMC" | "EnclosureManager" | "ManagementController"), !manages)
}

fn names(interfaces: &[Value], root: &Known) -> Vec<String> {
    let told =
        interfaces.iter().flat_map(|interface| [text(interface, &["HostName"]), text(interface, &["FQDN"])]);
    let mut names: Vec<String> = told.flatten().chain(root.bmc_host_name.clone()).collect();
    unique(&mut names);
    names
}

/// Whether an interface leads from the BMC to its host, or back.
pub(super) fn is_link_to_host(interface: &Value) -> bool {
    let named = ["Id", "Name", "Description"].into_iter().filter_map(|key| text(interface, &[key]));
    let is_named = named.into_iter().any(|name| {
        let name = name.to_lowercase();
        ["usb", "tohost", "tomanager", "hostinterface", "host interface"]
            .iter()
            .any(|part| name.contains(part))
    });
    let is_local =
        |address: &Value| text(address, &["Address"]).is_some_and(|address| address.starts_with("169.254."));
    is_named || list(interface, &["IPv4Addresses"]).iter().any(is_local)
}

/// An interface's MACs: the one it is made with, and the one it has.
pub(super) fn macs(interface: &Value) -> Vec<String> {
    let keys = ["PermanentMACAddress", "MACAddress", "MacAddress"];
    keys.into_iter().filter_map(|key| clean::mac(&text(interface, &[key])?)).collect()
}

fn addresses(interface: &Value) -> Vec<String> {
    let told = ["IPv4Addresses", "IPv6Addresses"].into_iter().flat_map(|key| list(interface, &[key]));
    let told = told.filter_map(|address| text(address, &["Address"]));
    let parsed = told.filter_map(|address| address.parse::<IpAddr>().ok());
    parsed.filter(|address| leads_somewhere(*address)).map(|address| address.to_string()).collect()
}

fn leads_somewhere(address: IpAddr) -> bool {
    let is_link_local = match address {
        IpAddr::V4(v4) => v4.is_link_local(),
        IpAddr::V6(v6) => v6.is_unicast_link_local(),
    };
    !address.is_unspecified() && !address.is_loopback() && !address.is_multicast() && !is_link_local
}

/// Each once, in the order in which they came.
pub(super) fn unique(values: &mut Vec<String>) {
    let mut seen = std::collections::BTreeSet::new();
    values.retain(|value| seen.insert(value.clone()));
}
