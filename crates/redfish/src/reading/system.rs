//! One server: its identity, its state, and the chassis and enclosure that it is in.
//! Refuses a host name that is the BMC's, and names a board without a host for what it is.

use serde_json::Value;

use super::{Bmc, System, Walk, nics};
use crate::{
    clean,
    error::Error,
    json::{self, at, first_text, link_at, text},
    known::{Known, Vendor},
};

/// Chassis that are looked at for one system.
const CHASSIS: usize = 4;

/// How far up from a blade its enclosure is looked for.
const LEVELS: usize = 3;

/// What Windows calls itself that was only booted to install something.
const NOBODYS_NAMES: [&str; 4] = ["minwinpc", "localhost", "localhost.localdomain", "(none)"];

/// Dell's UUIDs begin with its name, and go on with the service tag.
const DELLS_UUIDS: &str = "4c4c4544-";

pub(super) async fn read(
    walk: &mut Walk<'_>,
    root: &Known,
    bmc: &Bmc,
    bmc_names: &[String],
    path: &str,
    system: &Value,
    is_alone: bool,
) -> Result<System, Error> {
    let manufacturer = text(system, &["Manufacturer"]);
    let uuid = text(system, &["UUID"]).and_then(|told| clean::uuid(&told));
    let by_uuid = || uuid.as_deref().filter(|uuid| uuid.starts_with(DELLS_UUIDS)).map(|_| Vendor::Dell);
    let vendor = manufacturer.as_deref().and_then(Vendor::of_name).or(root.vendor).or_else(by_uuid);
    let is_dell = vendor == Some(Vendor::Dell);
    let sku = text(system, &["SKU"]);
    let node = || first_text(system, &[&["Oem", "Dell", "DellSystem", "NodeID"]]);
    let service_tag =
        if is_dell { sku.clone().or_else(node).or_else(|| root.service_tag.clone()) } else { None };
    let mut chassis = Vec::new();
    for path in json::links(at(system, &["Links", "Chassis"])).into_iter().take(CHASSIS) {
        chassis.extend(walk.part(&path).await?);
    }
    let mut macs = nics::read(walk, system, &chassis).await?;
    macs.retain(|mac| !bmc.macs.contains(mac));
    let enclosure = enclosure(walk, root, &chassis).await?;
    let bios = first_text(system, &[&["BiosVersion"], &["Bios", "Current", "VersionString"]]);
    Ok(System {
        path: path.to_owned(),
        id: text(system, &["Id"]).or_else(|| last_part(path)),
        model: text(system, &["Model"]),
        serial_number: text(system, &["SerialNumber"]),
        sku: sku.filter(|_| !is_dell),
        uuid,
        host_name: host_name(system, vendor, bmc_names),
        power_state: first_text(system, &[&["PowerState"], &["Power"]]),
        health: health(system),
        chassis_serial: chassis.iter().find_map(|one| text(one, &["SerialNumber"])),
        enclosure_serial: dells_enclosure(system, service_tag.as_deref()).or(enclosure),
        is_profile: is_profile(system),
        is_host: is_host(system, bios.is_some() || !macs.is_empty(), is_alone),
        bios_version: bios,
        manufacturer,
        service_tag,
        macs,
    })
}

fn last_part(path: &str) -> Option<String> {
    path.trim_end_matches('/').rsplit('/').next().map(str::to_owned)
}

fn health(system: &Value) -> Option<String> {
    let places: [&[&str]; 2] = [&["Status", "HealthRollup"], &["Status", "Health"]];
    first_text(system, &places)
}

fn host_name(system: &Value, vendor: Option<Vendor>, bmc_names: &[String]) -> Option<String> {
    // Of these it is the BMC's name.
    if matches!(vendor, Some(Vendor::Lenovo | Vendor::Cisco)) {
        return None;
    }
    let name = first_text(system, &[&["HostName"], &["HostCorrelation", "HostName"]])?;
    let is_nobodys = NOBODYS_NAMES.contains(&&*name.to_lowercase());
    let is_bmcs = bmc_names.iter().any(|bmc| bmc.eq_ignore_ascii_case(&name));
    (!is_nobodys && !is_bmcs).then_some(name)
}

fn is_profile(system: &Value) -> bool {
    let is =
        |keys: &[&str], word: &str| text(system, keys).is_some_and(|told| told.eq_ignore_ascii_case(word));
    is(&["SystemType"], "Composed")
        || is(&["Oem", "Hpe", "VirtualProfile"], "Active")
        || is(&["Oem", "Hp", "VirtualProfile"], "Active")
}

/// A board with GPUs is listed as a system too, with neither BIOS nor anything to boot. What is listed alone is a server.
fn is_host(system: &Value, has_traces: bool, is_alone: bool) -> bool {
    let is_dpu = text(system, &["SystemType"]).is_some_and(|kind| kind == "DPU");
    let boots = ["Boot", "Bios"].iter().any(|key| at(system, &[key]).is_some_and(|part| !part.is_null()));
    !is_dpu && (is_alone || boots || has_traces)
}

/// A blade of Dell's names the tag of its enclosure.
fn dells_enclosure(system: &Value, own: Option<&str>) -> Option<String> {
    let tag = text(system, &["Oem", "Dell", "DellSystem", "ChassisServiceTag"])?;
    (own != Some(&*tag)).then_some(tag)
}

/// The serial number of the enclosure that a chassis is in, if it is a blade.
async fn enclosure(walk: &mut Walk<'_>, root: &Known, chassis: &[Value]) -> Result<Option<String>, Error> {
    let kind = |one: &Value| text(one, &["ChassisType"]).unwrap_or_default();
    let is_inside = |one: &&Value| matches!(&*kind(one), "Blade" | "Sled" | "Module");
    let Some(blade) = chassis.iter().find(is_inside) else { return Ok(None) };
    let mut at = link_at(blade, &["Links", "ContainedBy"]);
    for _ in 0..LEVELS {
        let Some(path) = at else { break };
        let Some(outer) = walk.part(&path).await? else { return Ok(None) };
        if matches!(&*kind(&outer), "Enclosure" | "Shelf" | "RackMount") {
            return Ok(text(&outer, &["SerialNumber"]));
        }
        at = link_at(&outer, &["Links", "ContainedBy"]);
    }
    // Some say nowhere what contains what: then the only enclosure among all chassis is it.
    let all = walk.collection(root.paths.chassis.clone()).await?;
    let mut enclosures = all.iter().filter(|one| kind(one) == "Enclosure");
    match (enclosures.next(), enclosures.next()) {
        (Some(only), None) => Ok(text(only, &["SerialNumber"])),
        _ => Ok(None),
    }
}
