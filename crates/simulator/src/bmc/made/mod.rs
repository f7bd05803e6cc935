//! Made servers in the forms of their vendors: which field carries what is as recorded of real ones.
//! Refuses to keep bodies: each is made when it is asked for.

mod adapters;
mod vendors;

use serde_json::{Value, json};

use super::recorded::{ROOT, collection};
use super::{BmcMachine, BmcVendor};

/// Where things are, and what the vendor adds to each.
struct Form {
    system: String,
    chassis: String,
    manager: String,
    /// Ids of the system's cards, as many as it shows.
    nic_ids: Vec<String>,
    /// Id of the BMC's own card.
    own_nic: &'static str,
}

/// What a server is called that the BMC's web server names itself.
pub(super) fn server_header(vendor: BmcVendor) -> Option<&'static str> {
    match vendor {
        BmcVendor::Dell => Some("Apache"),
        BmcVendor::Hpe => Some("HPE-iLO-Server/1.30"),
        BmcVendor::Lenovo | BmcVendor::Supermicro => None,
        BmcVendor::Cisco => Some("webserver"),
    }
}

/// What is at a path of a made server.
pub(super) fn body(machine: &BmcMachine, path: &str) -> Option<Value> {
    let form = Form::of(machine);
    if path == ROOT {
        return Some(vendors::root(machine));
    }
    let (collection_name, rest) = path
        .strip_prefix("/redfish/v1/")?
        .split_once('/')
        .unwrap_or((path.strip_prefix("/redfish/v1/")?, ""));
    let id = match collection_name {
        "Systems" => &form.system,
        "Chassis" => &form.chassis,
        "Managers" => &form.manager,
        _ => return None,
    };
    let own = format!("{ROOT}/{collection_name}/{id}");
    if rest.is_empty() {
        return Some(collection(path, collection_name, &[own]));
    }
    let below = rest.strip_prefix(id.as_str())?;
    match (collection_name, below) {
        ("Systems", "") => Some(vendors::system(machine, &form)),
        ("Chassis", "") => Some(vendors::chassis(machine, &form)),
        ("Managers", "") => Some(vendors::manager(machine, &form)),
        ("Systems", below) => system_nics(machine, &form, path, below),
        ("Chassis", below) => adapters::body(machine, &form, path, below),
        ("Managers", below) => manager_nics(machine, &form, path, below),
        _ => None,
    }
}

impl Form {
    fn of(machine: &BmcMachine) -> Form {
        let shown = if machine.in_adapters { 0 } else { machine.nics.len() };
        let all = |id: fn(usize) -> String| (0..shown).map(id).collect();
        let ones = |nic_ids, own_nic| Form {
            system: "1".into(),
            chassis: "1".into(),
            manager: "1".into(),
            nic_ids,
            own_nic,
        };
        match machine.vendor {
            BmcVendor::Dell => Form {
                system: "System.Embedded.1".into(),
                chassis: "System.Embedded.1".into(),
                manager: "iDRAC.Embedded.1".into(),
                nic_ids: all(|at| match at {
                    0 | 1 => format!("NIC.Integrated.1-{}-1", at + 1),
                    _ => format!("NIC.Slot.{}-{}-1", at / 2 + 1, at % 2 + 1),
                }),
                own_nic: "NIC.1",
            },
            BmcVendor::Hpe | BmcVendor::Supermicro => ones(all(|at| (at + 1).to_string()), "1"),
            BmcVendor::Lenovo => ones(all(|at| format!("NIC{}", at + 1)), "NIC"),
            BmcVendor::Cisco => Form {
                system: machine.serial.clone(),
                chassis: "1".into(),
                manager: "CIMC".into(),
                nic_ids: all(|at| match at {
                    0 | 1 => format!("LOM{}", at + 1),
                    _ => format!("MLOM{}", at - 1),
                }),
                own_nic: "NICs",
            },
        }
    }

    fn system_path(&self) -> String {
        format!("{ROOT}/Systems/{}", self.system)
    }

    fn chassis_path(&self) -> String {
        format!("{ROOT}/Chassis/{}", self.chassis)
    }

    fn manager_path(&self) -> String {
        format!("{ROOT}/Managers/{}", self.manager)
    }
}

/// A link to a path.
fn link(path: &str) -> Value {
    json!({ "@odata.id": path })
}

fn system_nics(machine: &BmcMachine, form: &Form, path: &str, below: &str) -> Option<Value> {
    let own = format!("{}/EthernetInterfaces", form.system_path());
    if below == "/EthernetInterfaces" {
        let mut paths: Vec<String> = form.nic_ids.iter().map(|id| format!("{own}/{id}")).collect();
        paths.extend((machine.vendor == BmcVendor::Lenovo).then(|| format!("{own}/ToManager")));
        return Some(collection(path, "System Ethernet Interface", &paths));
    }
    let id = below.strip_prefix("/EthernetInterfaces/")?;
    if machine.vendor == BmcVendor::Lenovo && id == "ToManager" {
        let mac = format!("{}f", &machine.bmc_mac[..machine.bmc_mac.len() - 1]);
        return Some(card(path, id, &mac, "USB LAN to the BMC"));
    }
    let at = form.nic_ids.iter().position(|known| known == id)?;
    Some(card(path, id, &mac(machine, at)?, vendors::card_name(machine.vendor)))
}

/// A card's MAC address as the vendor writes it.
fn mac(machine: &BmcMachine, at: usize) -> Option<String> {
    let mac = machine.nics.get(at)?;
    Some(match machine.vendor {
        BmcVendor::Dell | BmcVendor::Lenovo | BmcVendor::Cisco => mac.to_ascii_uppercase(),
        BmcVendor::Hpe | BmcVendor::Supermicro => mac.clone(),
    })
}

fn manager_nics(machine: &BmcMachine, form: &Form, path: &str, below: &str) -> Option<Value> {
    let own = format!("{}/EthernetInterfaces", form.manager_path());
    let usb = match machine.vendor {
        BmcVendor::Hpe => Some(("3", "0A:CA:FE:F0:0D:04", "16.1.15.1")),
        BmcVendor::Lenovo => Some(("ToHost", "0A:8F:C3:FC:AA:74", "169.254.95.118")),
        _ => None,
    };
    if below == "/EthernetInterfaces" {
        let mut paths = vec![format!("{own}/{}", form.own_nic)];
        paths.extend(usb.map(|(id, ..)| format!("{own}/{id}")));
        return Some(collection(path, "Manager Ethernet Interface", &paths));
    }
    let id = below.strip_prefix("/EthernetInterfaces/")?;
    let (mac, address, name) = match usb {
        Some((usb, mac, address)) if usb == id => (mac.to_owned(), address.to_owned(), String::new()),
        _ if id == form.own_nic => {
            let mac = match machine.vendor {
                BmcVendor::Dell | BmcVendor::Lenovo => machine.bmc_mac.clone(),
                _ => machine.bmc_mac.to_ascii_uppercase(),
            };
            (mac, machine.bmc_address.clone(), machine.bmc_name())
        }
        _ => return None,
    };
    let mut body = card(path, id, &mac, "Manager Ethernet Interface");
    body["HostName"] = json!(name);
    body["IPv4Addresses"] = json!([{
        "Address": address,
        "AddressOrigin": "Static",
        "SubnetMask": "255.255.255.0",
    }]);
    Some(body)
}

fn card(path: &str, id: &str, mac: &str, name: &str) -> Value {
    json!({
        "@odata.id": path,
        "@odata.type": "#EthernetInterface.v1_6_3.EthernetInterface",
        "Id": id,
        "Name": name,
        "LinkStatus": "LinkUp",
        "MACAddress": mac,
        "PermanentMACAddress": mac,
        "SpeedMbps": 25_000,
        "Status": { "Health": "OK", "State": "Enabled" },
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::bmc::fleet::tests::machines;
    use crate::bmc::recorded::normal;

    /// Paths that links in a body lead to.
    fn links(value: &Value, found: &mut Vec<String>) {
        match value {
            Value::Object(object) => {
                found.extend(object.get("@odata.id").and_then(Value::as_str).map(str::to_owned));
                object.values().for_each(|value| links(value, found));
            }
            Value::Array(items) => items.iter().for_each(|item| links(item, found)),
            _ => {}
        }
    }

    /// Every resource that can be reached, by path.
    fn reached(machine: &BmcMachine) -> BTreeMap<String, Value> {
        let (mut known, mut next) = (BTreeMap::new(), vec![ROOT.to_owned()]);
        while let Some(path) = next.pop() {
            let path = normal(&path).to_owned();
            if known.contains_key(&path) || path.contains("/SessionService") {
                continue;
            }
            let body = body(machine, &path).unwrap_or_else(|| panic!("{:?} {path}", machine.vendor));
            links(&body, &mut next);
            known.insert(path, body);
        }
        known
    }

    #[test]
    fn every_link_leads_somewhere_and_every_card_is_found_in_interfaces_and_in_ports() {
        for machine in machines() {
            let all = reached(&machine);
            let of = |part: &'static str| {
                all.iter().filter(move |(path, _)| path.contains(part)).map(|(_, body)| body)
            };
            let interfaces: Vec<String> = of("/Systems/")
                .filter_map(|body| body["MACAddress"].as_str())
                .map(str::to_ascii_lowercase)
                .collect();
            let ports: Vec<&str> = of("/Ports/")
                .filter_map(|body| body["Ethernet"]["AssociatedMACAddresses"][0].as_str())
                .collect();
            assert_eq!(ports, machine.nics);
            let shown = machine.nics.iter().filter(|mac| interfaces.contains(mac)).count();
            assert_eq!(shown, if machine.in_adapters { 0 } else { 4 }, "{interfaces:?}");
        }
    }

    #[test]
    fn macs_may_stand_in_ports_alone() {
        let machine = BmcMachine { in_adapters: true, ..machines().remove(2) };
        let all = reached(&machine);
        assert!(!all.keys().any(|path| path.contains("/Systems/1/EthernetInterfaces/NIC")), "{all:?}");
        let port = &all["/redfish/v1/Chassis/1/NetworkAdapters/slot-2/NetworkPorts/2"];
        let bare = machine.nics[3].replace(':', "").to_ascii_uppercase();
        assert_eq!(port["AssociatedNetworkAddresses"][0], bare.as_str());
    }

    #[test]
    fn serial_numbers_stand_where_the_vendor_has_them() {
        for machine in machines() {
            let form = Form::of(&machine);
            let system = body(&machine, &form.system_path()).unwrap();
            let field = if machine.vendor == BmcVendor::Dell { "SKU" } else { "SerialNumber" };
            assert_eq!(system[field], machine.serial.as_str(), "{system}");
            assert_ne!(system["SerialNumber"], "");
            assert_eq!(system["UUID"].as_str().unwrap().to_ascii_lowercase(), machine.uuid);
            if machine.vendor == BmcVendor::Dell {
                assert_eq!(system["SerialNumber"], machine.board.as_str());
            }
        }
    }
}
