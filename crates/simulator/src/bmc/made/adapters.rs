//! Network cards of a chassis with their ports, in both forms that there are: the old NetworkPorts, and Ports.
//! Refuses functions: of what identifies a server they have nothing that ports haven't.

use serde_json::{Value, json};

use super::{Form, link};
use crate::bmc::recorded::collection;
use crate::bmc::{BmcMachine, BmcVendor};

/// Ports of a card. Their ids are the same on every card, as on real ones.
const PORTS: usize = 2;

/// What is at a path below a chassis.
pub(super) fn body(machine: &BmcMachine, form: &Form, path: &str, below: &str) -> Option<Value> {
    let own = format!("{}/NetworkAdapters", form.chassis_path());
    let cards = 1..=machine.nics.len().div_ceil(PORTS);
    if below == "/NetworkAdapters" {
        let paths: Vec<String> = cards.map(|card| format!("{own}/slot-{card}")).collect();
        return Some(collection(path, "Network Adapter", &paths));
    }
    let mut parts = below.strip_prefix("/NetworkAdapters/slot-")?.split('/');
    let card: usize = parts.next()?.parse().ok().filter(|card| cards.contains(card))?;
    let macs = machine.nics.chunks(PORTS).nth(card - 1)?;
    let adapter = format!("{own}/slot-{card}");
    match (parts.next(), parts.next(), parts.next()) {
        (None, ..) => Some(json!({
            "@odata.id": adapter,
            "@odata.type": "#NetworkAdapter.v1_9_0.NetworkAdapter",
            "Id": format!("slot-{card}"),
            "Name": "Network Adapter",
            "Model": "25GbE 2-port",
            "NetworkPorts": link(&format!("{adapter}/NetworkPorts")),
            "Ports": link(&format!("{adapter}/Ports")),
        })),
        (Some(list @ ("NetworkPorts" | "Ports")), None, _) => {
            let paths: Vec<String> =
                (1..=macs.len()).map(|port| format!("{adapter}/{list}/{port}")).collect();
            Some(collection(path, list, &paths))
        }
        (Some(list @ ("NetworkPorts" | "Ports")), Some(port), None) => {
            let at = port.parse::<usize>().ok()?.checked_sub(1)?;
            Some(one(machine.vendor, path, list, port, macs.get(at)?))
        }
        _ => None,
    }
}

fn one(vendor: BmcVendor, path: &str, list: &str, port: &str, mac: &str) -> Value {
    let bare = mac.replace(':', "").to_ascii_uppercase();
    let mut body = if list == "Ports" {
        json!({
            "@odata.type": "#Port.v1_6_0.Port",
            "Ethernet": { "AssociatedMACAddresses": [mac] },
            "LinkStatus": "LinkUp",
        })
    } else {
        let addresses = if vendor == BmcVendor::Lenovo { [bare.as_str()] } else { [mac] };
        json!({
            "@odata.type": "#NetworkPort.v1_4_1.NetworkPort",
            "AssociatedNetworkAddresses": addresses,
            "LinkStatus": "Up",
        })
    };
    body["@odata.id"] = json!(path);
    body["Id"] = json!(port);
    body["Name"] = json!(format!("Physical Port {port}"));
    if vendor == BmcVendor::Lenovo {
        body["Oem"] = json!({ "Lenovo": { "PhysicalPortMacAddress": bare } });
    }
    body
}
