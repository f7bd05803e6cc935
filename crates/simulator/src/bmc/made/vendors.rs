//! What each vendor says of root, system, chassis and manager, after what was recorded of theirs.
//! Refuses more than identifies a server or describes it in a list.

use serde_json::{Map, Value, json};

use super::{Form, link};
use crate::bmc::{BmcMachine, BmcVendor};

/// Fields of one object over those of another.
fn with(mut body: Value, more: Value) -> Value {
    if let (Value::Object(body), Value::Object(more)) = (&mut body, more) {
        body.extend(more);
    }
    body
}

/// What is known without a login.
pub(super) fn root(machine: &BmcMachine) -> Value {
    let common = json!({
        "@odata.id": "/redfish/v1/",
        "@odata.type": "#ServiceRoot.v1_9_0.ServiceRoot",
        "Id": "RootService",
        "Name": "Root Service",
        "Systems": link("/redfish/v1/Systems"),
        "Chassis": link("/redfish/v1/Chassis"),
        "Managers": link("/redfish/v1/Managers"),
        "SessionService": link("/redfish/v1/SessionService"),
        "Links": { "Sessions": link("/redfish/v1/SessionService/Sessions") },
    });
    with(common, root_of(machine))
}

fn root_of(machine: &BmcMachine) -> Value {
    match machine.vendor {
        BmcVendor::Dell => json!({
            "RedfishVersion": "1.17.0",
            "Product": "Integrated Dell Remote Access Controller",
            "Vendor": "Dell",
            "ServiceIdentification": machine.serial,
            "Oem": { "Dell": {
                "@odata.type": "#DellServiceRoot.v1_0_0.DellServiceRoot",
                "IsBranded": 0,
                "ManagerMACAddress": machine.bmc_mac,
                "ServiceTag": machine.serial,
            }},
        }),
        BmcVendor::Hpe => json!({
            "Name": "HPE RESTful Root Service",
            "RedfishVersion": "1.13.0",
            "Product": machine.model,
            "Vendor": "HPE",
            // Not the system's: made of the same, and another one.
            "UUID": other_uuid(&machine.uuid),
            "Oem": { "Hpe": {
                "Manager": [{
                    "HostName": machine.bmc_name(),
                    "ManagerFirmwareVersion": machine.firmware.rsplit('v').next(),
                    "ManagerType": ilo(machine),
                    "Status": { "Health": "OK" },
                }],
                "Sessions": { "CertCommonName": machine.bmc_name(), "LoginFailureDelay": 0, "ServerName": "" },
            }},
        }),
        BmcVendor::Lenovo => json!({
            "RedfishVersion": "1.15.0",
            "UUID": machine.uuid.to_ascii_uppercase(),
            "Vendor": "Lenovo",
        }),
        BmcVendor::Supermicro => json!({
            "RedfishVersion": "1.11.0",
            "UUID": format!("00000000-0000-0000-0000-{}", machine.bmc_mac.replace(':', "").to_ascii_uppercase()),
        }),
        BmcVendor::Cisco => json!({
            "Name": "Cisco RESTful Root Service",
            "RedfishVersion": "1.2.0",
            "Vendor": "Cisco",
        }),
    }
}

/// Which iLO it is, as its firmware begins with.
fn ilo(machine: &BmcMachine) -> &str {
    machine.firmware.split(" v").next().unwrap_or_default()
}

fn other_uuid(uuid: &str) -> String {
    uuid.chars()
        .map(|digit| digit.to_digit(16).and_then(|digit| char::from_digit(15 - digit, 16)).unwrap_or(digit))
        .collect()
}

pub(super) fn system(machine: &BmcMachine, form: &Form) -> Value {
    let path = form.system_path();
    let common = json!({
        "@odata.id": path,
        "@odata.type": "#ComputerSystem.v1_14_0.ComputerSystem",
        "Id": form.system,
        "Name": "System",
        "SystemType": "Physical",
        "Manufacturer": machine_vendor(machine.vendor),
        "Model": machine.model,
        "SerialNumber": machine.serial,
        "UUID": machine.uuid,
        "HostName": "",
        "AssetTag": "",
        "BiosVersion": machine.bios,
        "PowerState": if machine.is_on { "On" } else { "Off" },
        "ProcessorSummary": { "Count": machine.sockets, "Model": machine.cpu },
        "MemorySummary": { "TotalSystemMemoryGiB": machine.memory_gib },
        "Status": { "Health": "OK", "State": "Enabled" },
        "EthernetInterfaces": link(&format!("{path}/EthernetInterfaces")),
        "Links": { "Chassis": [link(&form.chassis_path())], "ManagedBy": [link(&form.manager_path())] },
    });
    with(common, system_of(machine))
}

fn system_of(machine: &BmcMachine) -> Value {
    match machine.vendor {
        BmcVendor::Dell => json!({
            "SKU": machine.serial,
            "SerialNumber": machine.board,
            "Oem": { "Dell": { "DellSystem": {
                "ChassisServiceTag": enclosure(machine),
                "NodeID": machine.serial,
                "ExpressServiceCode": express(&machine.serial),
                "smbiosGUID": raw_uuid(&machine.uuid),
            }}},
        }),
        BmcVendor::Hpe => json!({
            "SKU": format!("{}-B21", machine.product),
            "UUID": machine.uuid.to_ascii_uppercase(),
            "Oem": { "Hpe": { "PCASerialNumber": machine.board } },
        }),
        BmcVendor::Lenovo => json!({
            "SKU": machine.product,
            "SubModel": machine.product.get(..4),
            "HostName": machine.bmc_name(),
        }),
        BmcVendor::Supermicro => json!({
            "SKU": "To be filled by O.E.M.",
            "PartNumber": machine.model,
            "UUID": machine.uuid.to_ascii_uppercase(),
        }),
        BmcVendor::Cisco => json!({
            "UUID": machine.uuid.to_ascii_uppercase(),
            "HostName": machine.bmc_name(),
        }),
    }
}

pub(super) fn chassis(machine: &BmcMachine, form: &Form) -> Value {
    let (serial, more) = match machine.vendor {
        BmcVendor::Dell => (machine.board.clone(), json!({ "SKU": machine.serial })),
        BmcVendor::Supermicro => {
            let oem = json!({ "Oem": { "Supermicro": { "BoardSerialNumber": machine.board } } });
            (machine.serial.replacen('S', "C", 1), oem)
        }
        BmcVendor::Hpe => (machine.serial.clone(), json!({ "SKU": format!("{}-B21", machine.product) })),
        BmcVendor::Lenovo | BmcVendor::Cisco => (machine.serial.clone(), Value::Object(Map::new())),
    };
    let kind = if machine.enclosure.is_empty() { "RackMount" } else { "Sled" };
    let common = json!({
        "@odata.id": form.chassis_path(),
        "@odata.type": "#Chassis.v1_14_0.Chassis",
        "Id": form.chassis,
        "Name": "Computer System Chassis",
        "ChassisType": kind,
        "Manufacturer": machine_vendor(machine.vendor),
        "Model": machine.model,
        "SerialNumber": serial,
        "AssetTag": "",
        "PowerState": if machine.is_on { "On" } else { "Off" },
        "Status": { "Health": "OK", "State": "Enabled" },
        "NetworkAdapters": link(&format!("{}/NetworkAdapters", form.chassis_path())),
        "Links": { "ComputerSystems": [link(&form.system_path())], "ManagedBy": [link(&form.manager_path())] },
    });
    with(common, more)
}

pub(super) fn manager(machine: &BmcMachine, form: &Form) -> Value {
    let path = form.manager_path();
    let more = match machine.vendor {
        BmcVendor::Dell => json!({ "Model": "15G Monolithic", "UUID": reversed_uuid(&machine.uuid) }),
        BmcVendor::Hpe => json!({ "Model": ilo(machine) }),
        BmcVendor::Lenovo => {
            json!({ "Model": "XClarity Controller", "UUID": machine.uuid.to_ascii_uppercase() })
        }
        BmcVendor::Supermicro => json!({ "Model": "ASPEED" }),
        BmcVendor::Cisco => json!({ "Model": "CIMC" }),
    };
    let common = json!({
        "@odata.id": path,
        "@odata.type": "#Manager.v1_11_0.Manager",
        "Id": form.manager,
        "Name": "Manager",
        "ManagerType": "BMC",
        "FirmwareVersion": machine.firmware,
        "EthernetInterfaces": link(&format!("{path}/EthernetInterfaces")),
        "Status": { "Health": "OK", "State": "Enabled" },
        "Links": {
            "ManagerForServers": [link(&form.system_path())],
            "ManagerForChassis": [link(&form.chassis_path())],
        },
    });
    with(common, more)
}

/// What a system's cards are called.
pub(super) fn card_name(vendor: BmcVendor) -> &'static str {
    match vendor {
        BmcVendor::Dell => "System Ethernet Interface",
        BmcVendor::Hpe => "",
        BmcVendor::Lenovo => "External Ethernet Interface",
        BmcVendor::Supermicro => "Ethernet Interface",
        BmcVendor::Cisco => "Host Ethernet Interface",
    }
}

fn machine_vendor(vendor: BmcVendor) -> &'static str {
    match vendor {
        BmcVendor::Dell => "Dell Inc.",
        BmcVendor::Hpe => "HPE",
        BmcVendor::Lenovo => "Lenovo",
        BmcVendor::Supermicro => "Supermicro",
        BmcVendor::Cisco => "Cisco Systems Inc",
    }
}

fn enclosure(machine: &BmcMachine) -> &str {
    if machine.enclosure.is_empty() { &machine.serial } else { &machine.enclosure }
}

/// A service tag as a number with 36 digits.
fn express(tag: &str) -> String {
    let number = tag
        .chars()
        .try_fold(0_u64, |sum, digit| sum.checked_mul(36)?.checked_add(u64::from(digit.to_digit(36)?)));
    number.map(|number| number.to_string()).unwrap_or_default()
}

/// The bytes as SMBIOS keeps them.
fn raw_uuid(uuid: &str) -> String {
    uuid::Uuid::parse_str(uuid)
        .map(|uuid| uuid::Uuid::from_bytes(uuid.to_bytes_le()).to_string())
        .unwrap_or_default()
}

/// The bytes as SMBIOS keeps them, from behind.
fn reversed_uuid(uuid: &str) -> String {
    let reversed = uuid::Uuid::parse_str(uuid).map(|uuid| {
        let mut bytes = uuid.to_bytes_le();
        bytes.reverse();
        uuid::Uuid::from_bytes(bytes).to_string()
    });
    reversed.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dells_other_identifiers_are_made_of_the_tag_as_recorded() {
        // Recorded of an R7615 and an R750.
        assert_eq!(express("60VQM58"), "13114003868");
        let (uuid, manager) =
            ("4c4c4544-004d-4510-8041-d3c04f304a39", "394a304f-c0d3-4180-4510-004d4c4c4544");
        assert_eq!(reversed_uuid(uuid), manager);
        assert_eq!(raw_uuid(uuid), "44454c4c-4d00-1045-8041-d3c04f304a39");
    }
}
