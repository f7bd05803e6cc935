//! The MACs of a host's NICs, from wherever a BMC keeps them.
//! Refuses the links to the BMC, and addresses that are no MACs, such as WWNs.

use serde_json::Value;

use super::{
    Walk,
    manager::{is_link_to_host, macs, unique},
};
use crate::{
    clean,
    error::Error,
    json::{at, link_at, list, text},
};

/// MACs that are kept of one system.
const MACS: usize = 128;

/// The MACs of a system: its interfaces' first, then its chassis' adapters', then what an iLO 4 has beside them.
pub(super) async fn read(
    walk: &mut Walk<'_>,
    system: &Value,
    chassis: &[Value],
) -> Result<Vec<String>, Error> {
    let mut found = Vec::new();
    for interface in walk.collection(link_at(system, &["EthernetInterfaces"])).await? {
        if !is_link_to_host(&interface) {
            found.extend(macs(&interface));
        }
    }
    for one in chassis {
        if found.is_empty() {
            found = of_adapters(walk, link_at(one, &["NetworkAdapters"])).await?;
        }
    }
    if found.is_empty() {
        let told = list(system, &["HostCorrelation", "HostMACAddress"]);
        found = told.iter().filter_map(|mac| clean::mac(mac.as_str()?)).collect();
    }
    unique(&mut found);
    found.truncate(MACS);
    Ok(found)
}

/// The MACs of all adapters that a collection lists: of their functions, or of their ports where those have none.
async fn of_adapters(walk: &mut Walk<'_>, adapters: Option<String>) -> Result<Vec<String>, Error> {
    let mut found = Vec::new();
    for adapter in walk.collection(adapters).await? {
        let mut own = Vec::new();
        for key in ["NetworkDeviceFunctions", "Ports", "NetworkPorts"] {
            if !own.is_empty() {
                break;
            }
            let at = link_at(&adapter, &[key]).or_else(|| link_at(controller(&adapter)?, &[key]));
            for part in walk.collection(at).await? {
                own.extend(of_part(&part));
            }
        }
        found.append(&mut own);
    }
    Ok(found)
}

/// Some link functions and ports from a controller alone.
fn controller(adapter: &Value) -> Option<&Value> {
    at(adapter, &["Controllers", "Links"])
}

/// The MACs of a function or a port. Functions for InfiniBand and Fibre Channel have none that a host shows.
fn of_part(part: &Value) -> Vec<String> {
    let mut found = at(part, &["Ethernet"]).map(macs).unwrap_or_default();
    for keys in [&["Ethernet", "AssociatedMACAddresses"][..], &["AssociatedNetworkAddresses"]] {
        if found.is_empty() {
            found = list(part, keys).iter().filter_map(|mac| clean::mac(mac.as_str()?)).collect();
        }
    }
    if found.is_empty() {
        let told = text(part, &["Oem", "Lenovo", "PhysicalPortMacAddress"]);
        found.extend(told.and_then(|mac| clean::mac(&mac)));
    }
    found
}
