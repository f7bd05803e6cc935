//! How a column's value is made of what govc prints, or a recording has.
//! Refuses to guess: what the server didn't send is null, and a list that it didn't send is empty.

use super::govc::{Inventory, Object, Source, decoded};
use serde_json::{Value, json};
use std::io::Write;
use std::process::{Command, Stdio};

/// One column of one object.
pub(super) struct Cell<'a> {
    /// Everything around it.
    pub(super) inventory: &'a Inventory<'a>,
    /// The object.
    pub(super) object: &'a Object,
    /// The property that the column is made of.
    pub(super) path: &'a str,
}

/// As the server says it; times are compared as instants.
pub(super) fn same(cell: &Cell<'_>) -> Value {
    cell.value().clone()
}

/// A name without the server's escapes.
pub(super) fn name(cell: &Cell<'_>) -> Value {
    cell.value().as_str().map(decoded).into()
}

/// MB in vSphere are 2^20 bytes.
pub(super) fn mebibytes(cell: &Cell<'_>) -> Value {
    cell.value().as_i64().map(|mebibytes| mebibytes * 1_048_576).into()
}

/// A limit; -1 is none.
pub(super) fn limit(cell: &Cell<'_>) -> Value {
    cell.value().as_i64().filter(|limit| *limit != -1).into()
}

/// The same in MB.
pub(super) fn limit_in_mebibytes(cell: &Cell<'_>) -> Value {
    if cell.value() == &json!(-1) { Value::Null } else { mebibytes(cell) }
}

/// The length of a list; an unset one has none.
pub(super) fn count(cell: &Cell<'_>) -> Value {
    json!(cell.list().len())
}

/// How many nodes a snapshot tree has.
pub(super) fn nodes(cell: &Cell<'_>) -> Value {
    json!(every_node(cell.value()).len())
}

/// When the oldest node of a snapshot tree was made.
pub(super) fn oldest(cell: &Cell<'_>) -> Value {
    let times = every_node(cell.value()).into_iter().map(|node| &node["createTime"]);
    times.min_by_key(|time| instant(time)).cloned().into()
}

/// The reference.
pub(super) fn moref(cell: &Cell<'_>) -> Value {
    cell.reference().into()
}

/// The name of what is referred to.
pub(super) fn name_of(cell: &Cell<'_>) -> Value {
    cell.reference().and_then(|moref| cell.inventory.name(moref)).into()
}

/// The references of a list.
pub(super) fn morefs(cell: &Cell<'_>) -> Value {
    sorted(cell.list().iter().filter_map(|one| one["value"].as_str()).map(str::to_owned))
}

/// The names of what a list refers to.
pub(super) fn names_of(cell: &Cell<'_>) -> Value {
    let morefs = cell.list().iter().filter_map(|one| one["value"].as_str());
    sorted(morefs.filter_map(|moref| cell.inventory.name(moref)))
}

/// Names from below the root folder down to the object itself.
pub(super) fn path(cell: &Cell<'_>) -> Value {
    joined(cell.inventory.outwards(&cell.object.moref))
}

/// Names from below the datacenter down to the folder that the machine is in.
pub(super) fn folder(cell: &Cell<'_>) -> Value {
    let outwards = cell.container().into_iter().flat_map(|moref| cell.inventory.outwards(moref));
    joined(outwards.take_while(|object| object.object_type != "Datacenter"))
}

/// The folder that the machine is in.
pub(super) fn folder_moref(cell: &Cell<'_>) -> Value {
    cell.container().into()
}

/// The datacenter around the object.
pub(super) fn datacenter(cell: &Cell<'_>) -> Value {
    around(cell, cell.container(), "Datacenter").and_then(Object::name).into()
}

/// Its reference.
pub(super) fn datacenter_moref(cell: &Cell<'_>) -> Value {
    around(cell, cell.container(), "Datacenter").map(|object| &*object.moref).into()
}

/// The cluster that the property leads to; a host of its own is in none.
pub(super) fn cluster(cell: &Cell<'_>) -> Value {
    around(cell, cell.reference(), "ClusterComputeResource").and_then(Object::name).into()
}

/// Its reference.
pub(super) fn cluster_moref(cell: &Cell<'_>) -> Value {
    around(cell, cell.reference(), "ClusterComputeResource").map(|object| &*object.moref).into()
}

/// The datastore cluster that the property leads to.
pub(super) fn pod(cell: &Cell<'_>) -> Value {
    around(cell, cell.reference(), "StoragePod").and_then(Object::name).into()
}

/// Its reference.
pub(super) fn pod_moref(cell: &Cell<'_>) -> Value {
    around(cell, cell.reference(), "StoragePod").map(|object| &*object.moref).into()
}

/// How many hosts a cluster is to survive. Govmomi's simulator says none where it is asked for that alone, and leaves it
/// out of the whole that Muster reads.
pub(super) fn failover_level(cell: &Cell<'_>) -> Value {
    match cell.inventory.source {
        Source::Govc(_) if *cell.value() == json!(0) => Value::Null,
        _ => cell.value().clone(),
    }
}

/// The share of CPU that a policy keeps free.
pub(super) fn kept_of_cpu(cell: &Cell<'_>) -> Value {
    cell.value()["cpuFailoverResourcesPercent"].clone()
}

/// The share of memory that a policy keeps free.
pub(super) fn kept_of_memory(cell: &Cell<'_>) -> Value {
    cell.value()["memoryFailoverResourcesPercent"].clone()
}

/// How many hosts a policy keeps free.
pub(super) fn failover_hosts(cell: &Cell<'_>) -> Value {
    json!(list(&cell.value()["failoverHosts"]).len())
}

/// When the space of a datastore was measured.
pub(super) fn timestamp(cell: &Cell<'_>) -> Value {
    cell.value()["timestamp"].clone()
}

/// The container of a vSAN datastore.
pub(super) fn container_id(cell: &Cell<'_>) -> Value {
    cell.value()["containerId"].clone()
}

/// The container that a vSAN datastore is another name of.
pub(super) fn alias_of(cell: &Cell<'_>) -> Value {
    cell.value()["aliasOf"].clone()
}

/// The server of an NFS share.
pub(super) fn remote_host(cell: &Cell<'_>) -> Value {
    cell.value()["nas"]["remoteHost"].clone()
}

/// Its path there.
pub(super) fn remote_path(cell: &Cell<'_>) -> Value {
    cell.value()["nas"]["remotePath"].clone()
}

/// What a folder is for: by the folder of its datacenter that it is below, not by what it may hold.
pub(super) fn folder_type(cell: &Cell<'_>) -> Value {
    if cell.value().is_null() {
        return Value::Null;
    }
    let mut outwards = cell.inventory.outwards(&cell.object.moref);
    let role = outwards.find_map(|object| cell.inventory.role(&object.moref));
    role.unwrap_or("datacenter").into()
}

/// What a network is, by its type.
pub(super) fn network_type(cell: &Cell<'_>) -> Value {
    json!(match &*cell.object.object_type {
        "Network" => "standard",
        "DistributedVirtualPortgroup" => "distributed_portgroup",
        "OpaqueNetwork" => "opaque",
        other => panic!("a network of type {other}"),
    })
}

/// Whether a pool is a vApp.
pub(super) fn is_vapp(cell: &Cell<'_>) -> Value {
    json!(cell.object.object_type == "VirtualApp")
}

/// The serial number, or that of the enclosure.
pub(super) fn serial_number(cell: &Cell<'_>) -> Value {
    let own = identifiers(cell, "SerialNumberTag");
    if own.is_null() { identifiers(cell, "EnclosureSerialNumberTag") } else { own }
}

/// The service tag.
pub(super) fn service_tag(cell: &Cell<'_>) -> Value {
    identifiers(cell, "ServiceTag")
}

/// Addresses of the network adapters that are selected for management.
pub(super) fn management_ips(cell: &Cell<'_>) -> Value {
    let management = cell.list().iter().filter(|service| service["nicType"] == "management");
    let vnics = management.flat_map(|service| {
        let is_selected =
            |vnic: &&Value| list(&service["selectedVnic"]).iter().any(|selected| *selected == vnic["key"]);
        list(&service["candidateVnic"]).iter().filter(is_selected)
    });
    let addresses = vnics.flat_map(|vnic| {
        let ip = &vnic["spec"]["ip"];
        let v6 = list(&ip["ipV6Config"]["ipV6Address"]).iter();
        std::iter::once(&ip["ipAddress"]).chain(v6.map(|address| &address["ipAddress"]))
    });
    local_last(sorted(addresses.filter_map(Value::as_str).map(str::to_owned)))
}

/// Hardware addresses of a host's adapters.
pub(super) fn nic_macs(cell: &Cell<'_>) -> Value {
    each(cell, |nic| vec![&nic["mac"]])
}

/// Hardware addresses of a machine's network cards: of all its devices only they have one.
pub(super) fn card_macs(cell: &Cell<'_>) -> Value {
    each(cell, |device| vec![&device["macAddress"]])
}

/// Paths that are dead.
pub(super) fn dead_paths(cell: &Cell<'_>) -> Value {
    json!(cell.list().iter().filter(|path| path["pathState"] == "dead").count())
}

/// Until when a certificate is valid.
pub(super) fn certificate_end(cell: &Cell<'_>) -> Value {
    openssl(cell.value(), &["-enddate", "-dateopt", "iso_8601"]).map(|end| end.replace(' ', "T")).into()
}

/// Who signed it.
pub(super) fn certificate_issuer(cell: &Cell<'_>) -> Value {
    // The most general part first, as the server has it.
    openssl(cell.value(), &["-issuer", "-nameopt", "sep_comma_plus_space,utf8"]).into()
}

/// What OpenSSL, which nothing of Muster uses, says of a certificate.
fn openssl(certificate: &Value, asked: &[&str]) -> Option<String> {
    let base64 = certificate.as_str().or(certificate["_value"].as_str())?;
    let mut run = Command::new("sh")
        .args(["-c", "base64 -d | openssl x509 -noout \"$@\"", "sh"])
        .args(asked)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("openssl");
    run.stdin.take().expect("its input").write_all(base64.as_bytes()).expect("written");
    let said = String::from_utf8(run.wait_with_output().expect("an answer").stdout).expect("text");
    Some(said.trim().split_once('=').expect("what was asked for").1.to_owned())
}

/// Texts of a list.
pub(super) fn texts(cell: &Cell<'_>) -> Value {
    each(cell, |text| vec![text])
}

/// What events say.
pub(super) fn messages(cell: &Cell<'_>) -> Value {
    each(cell, |event| vec![&event["fullFormattedMessage"]])
}

/// Names of sensors in alert.
pub(super) fn red_sensors(cell: &Cell<'_>) -> Value {
    each(cell, |sensor| if sensor["healthState"]["key"] == "red" { vec![&sensor["name"]] } else { vec![] })
}

/// Alarms of an object that are red, by name.
pub(super) fn red_alarms(cell: &Cell<'_>) -> Value {
    alarms(cell, "red")
}

/// And those that are yellow.
pub(super) fn yellow_alarms(cell: &Cell<'_>) -> Value {
    alarms(cell, "yellow")
}

/// Of a list that also has what lies below the object.
fn alarms(cell: &Cell<'_>, status: &str) -> Value {
    let is_own = |state: &&Value| {
        state["entity"]["value"] == *cell.object.moref
            && state["overallStatus"] == status
            && state["acknowledged"] != true
    };
    let own = cell.list().iter().filter(is_own).filter_map(|state| state["alarm"]["value"].as_str());
    let mut names: Vec<String> = own.map(|alarm| cell.inventory.alarm(alarm)).collect();
    names.sort();
    names.dedup();
    names.into()
}

/// The drives that are connected: of devices without an address or a size those that are called so.
pub(super) fn connected_drives(cell: &Cell<'_>) -> Value {
    let drives = cell.list().iter().filter_map(|device| {
        let label = device["deviceInfo"]["label"].as_str().unwrap_or_default().to_lowercase();
        let is_connected = device["connectable"]["connected"] == true;
        let is_called = |words: &[&str]| is_connected && words.iter().any(|word| label.contains(word));
        match () {
            () if !device["capacityInKB"].is_null() || !device["macAddress"].is_null() => None,
            () if is_called(&["cdrom", "cd/dvd"]) => Some("CD/DVD drive"),
            () if is_called(&["floppy"]) => Some("Floppy drive"),
            () => None,
        }
    });
    sorted(drives.map(str::to_owned))
}

/// The smallest share that is free of a volume, in percent with three decimals.
pub(super) fn least_free(cell: &Cell<'_>) -> Value {
    volumes(cell).first().map(|(share, _)| json!(*share as f64 / 1000.0)).into()
}

/// Where that volume is.
pub(super) fn fullest_volume(cell: &Cell<'_>) -> Value {
    volumes(cell).first().map(|(_, path)| path.clone()).into()
}

/// Free share in thousandths of a percent and path of each volume, the fullest first.
fn volumes(cell: &Cell<'_>) -> Vec<(i128, String)> {
    let share = |disk: &Value| {
        let (all, free) = (disk["capacity"].as_i64()?, disk["freeSpace"].as_i64()?);
        let path = disk["diskPath"].as_str()?.to_owned();
        (all > 0 && free >= 0 && free <= all).then(|| (i128::from(free) * 100_000 / i128::from(all), path))
    };
    let mut all: Vec<(i128, String)> = cell.list().iter().filter_map(share).collect();
    all.sort();
    all
}

/// Addresses that the guest told.
pub(super) fn guest_addresses(cell: &Cell<'_>) -> Value {
    local_last(each(cell, |nic| list(&nic["ipAddress"]).iter().collect()))
}

/// Milliseconds of a time in RFC 3339; `None` for everything else.
pub(super) fn instant(value: &Value) -> Option<i64> {
    let (date, time) = value.as_str()?.split_once('T')?;
    let zone = time.find(['Z', '+', '-'])?;
    let (time, zone) = time.split_at(zone);
    let numbers = |text: &str, by: char| -> Option<Vec<i64>> {
        let numbers: Option<Vec<i64>> = text.split(by).map(|number| number.parse().ok()).collect();
        numbers.filter(|numbers| numbers.len() >= 2)
    };
    let (clock, fraction) = time.split_once('.').unwrap_or((time, ""));
    let [year, month, day] = numbers(date, '-')?[..] else { return None };
    let [hour, minute, second] = numbers(clock, ':')?[..] else { return None };
    let millis: i64 = format!("{fraction:0<3}").get(..3)?.parse().ok()?;
    let offset = match zone {
        "Z" => 0,
        _ => {
            let [hours, minutes] = numbers(&zone[1..], ':')?[..] else { return None };
            (hours * 60 + minutes) * if zone.starts_with('-') { -1 } else { 1 }
        }
    };
    // March is the first month of this calendar, so that a leap day is the last of its year.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days = year * 365 + year / 4 - year / 100 + year / 400 + (month * 306 + 5) / 10 + day - 1;
    Some((((days * 24 + hour) * 60 + minute - offset) * 60 + second) * 1000 + millis)
}

impl Cell<'_> {
    pub(super) fn value(&self) -> &Value {
        self.object.get(self.path)
    }

    pub(super) fn list(&self) -> &[Value] {
        list(self.value())
    }

    fn reference(&self) -> Option<&str> {
        self.object.reference(self.path)
    }

    /// What the object is in; for a machine that is in no folder its vApp says in which.
    fn container(&self) -> Option<&str> {
        let vapp = || self.inventory.folder_of_vapp(self.object.reference("parentVApp")?);
        self.object.reference("parent").or_else(vapp)
    }
}

fn around<'a>(cell: &'a Cell<'_>, from: Option<&str>, object_type: &str) -> Option<&'a Object> {
    cell.inventory.outwards(from?).find(|object| object.object_type == object_type)
}

fn joined<'a>(outwards: impl Iterator<Item = &'a Object>) -> Value {
    let mut names: Vec<String> =
        outwards.map(|object| object.name().expect("a name").replace('/', "%2f")).collect();
    names.reverse();
    if names.is_empty() { Value::Null } else { names.join("/").into() }
}

fn every_node(nodes: &Value) -> Vec<&Value> {
    let nodes = list(nodes).iter();
    nodes.flat_map(|node| std::iter::once(node).chain(every_node(&node["childSnapshotList"]))).collect()
}

fn identifiers(cell: &Cell<'_>, key: &str) -> Value {
    let of_key = cell.list().iter().filter(|info| info["identifierType"]["key"] == key);
    let values: Vec<&str> = of_key.filter_map(|info| info["identifierValue"].as_str()).collect();
    if values.is_empty() { Value::Null } else { values.join(",").into() }
}

fn each(cell: &Cell<'_>, texts: fn(&Value) -> Vec<&Value>) -> Value {
    let texts = cell.list().iter().flat_map(texts).filter_map(Value::as_str);
    sorted(texts.filter(|text| !text.is_empty()).map(str::to_owned))
}

/// Addresses that only neighbours reach stand behind all others.
fn local_last(addresses: Value) -> Value {
    let is_local = |address: &&Value| address.as_str().is_some_and(|address| address.starts_with("fe80:"));
    let (local, others): (Vec<&Value>, Vec<&Value>) = list(&addresses).iter().partition(is_local);
    others.into_iter().chain(local).cloned().collect()
}

/// The items of a list; a recording doesn't tell a list of one from the one.
pub(super) fn list(value: &Value) -> &[Value] {
    match value {
        Value::Array(list) => list,
        Value::Null => &[],
        one => std::slice::from_ref(one),
    }
}

fn sorted(texts: impl Iterator<Item = String>) -> Value {
    let mut texts: Vec<String> = texts.collect();
    texts.sort();
    texts.into()
}
