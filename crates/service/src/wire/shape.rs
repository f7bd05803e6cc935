//! Reads one property as one shape.
//! Refuses to know objects, columns or kinds.

use contract::Value;
use contract::columns::Shape;
use percent_encoding::percent_decode_str;
use std::net::Ipv6Addr;
use vsphere::{HostCertificate, Value as Wire};

/// The value of a property; `None` if it is not of this shape.
pub(super) fn read(shape: Shape, wire: &Wire) -> Option<Value> {
    match shape {
        Shape::Text => wire.as_str().map(Value::text),
        Shape::Name => wire.as_str().map(name),
        Shape::Int => wire.as_i64().map(Value::Int),
        Shape::Mebibytes => wire.as_i64()?.checked_mul(1 << 20).map(Value::Int),
        Shape::Limit => wire.as_i64().map(|limit| if limit < 0 { Value::Null } else { Value::Int(limit) }),
        Shape::MebibytesLimit if wire.as_i64()? < 0 => Some(Value::Null),
        Shape::MebibytesLimit => wire.as_i64()?.checked_mul(1 << 20).map(Value::Int),
        Shape::Bool => wire.as_bool().map(Value::Bool),
        Shape::Time => wire.as_time_ms().map(Value::Int),
        Shape::Reference => wire.as_ref().map(|moref| super::reference(moref).map(Value::Ref).into()),
        Shape::References => {
            let refs =
                wire.as_list().iter().filter_map(|one| super::reference(one.as_ref()?).map(Value::Ref));
            Some(Value::list(refs))
        }
        Shape::Mounts => {
            // A mount that says nothing of being accessible is as old as servers that didn't say.
            let is_accessible = |mount: &Wire| {
                let accessible = mount.field("mountInfo").and_then(|info| info.field("accessible"));
                accessible.and_then(Wire::as_bool).unwrap_or(true)
            };
            let hosts = wire.as_list().iter().filter(|mount| is_accessible(mount));
            let hosts =
                hosts.filter_map(|mount| super::reference(mount.field("key")?.as_ref()?).map(Value::Ref));
            Some(Value::list(hosts))
        }
        Shape::Length => Some(count(wire.as_list().len())),
        Shape::Identification(keys) => Some(identification(wire, keys)),
        Shape::VnicAddresses(service) => Some(vnic_addresses(wire, service)),
        Shape::Each(field) => Some(Value::list(bounded(each(wire, field)))),
        Shape::Addresses(field) => Some(addresses(each(wire, field).collect())),
        Shape::CardMacs => {
            let cards =
                wire.as_list().iter().filter(|device| device.type_name().is_some_and(is_ethernet_card));
            let macs = cards.filter_map(|card| card.field("macAddress")?.as_str());
            Some(Value::list(macs.filter(is_not_blank).map(Value::text)))
        }
        Shape::Drives => {
            let drives = wire.as_list().iter().filter_map(connected_drive);
            Some(Value::list(drives.map(Value::text)))
        }
        Shape::Texts => {
            let texts = wire.as_list().iter().filter_map(Wire::as_str).filter(is_not_blank);
            Some(Value::list(bounded(texts)))
        }
        Shape::LeastFree => Some(fullest(wire).map(|(free, _)| free).into()),
        Shape::Fullest => Some(fullest(wire).map(|(_, path)| Value::text(cut(path))).into()),
        Shape::RedSensors => {
            let is_red = |sensor: &&Wire| {
                let state = sensor.field("healthState").and_then(|state| state.field("key")?.as_str());
                state.is_some_and(|state| state.eq_ignore_ascii_case("red"))
            };
            let name = |sensor: &'_ Wire| sensor.field("name").and_then(Wire::as_str).map(str::to_owned);
            let red = wire.as_list().iter().filter(is_red);
            // One without a name is in alert all the same.
            let names: Vec<String> = red
                .map(|sensor| {
                    name(sensor).filter(|name| !name.trim().is_empty()).unwrap_or("unnamed sensor".into())
                })
                .collect();
            Some(Value::list(bounded(names.iter().map(String::as_str))))
        }
        Shape::DeadPaths => {
            let is_dead = |path: &&Wire| path.field("pathState").and_then(Wire::as_str) == Some("dead");
            Some(count(wire.as_list().iter().filter(is_dead).count()))
        }
        Shape::CertificateEnd => certificate(wire, |certificate| Value::Int(certificate.not_after)),
        Shape::CertificateIssuer => certificate(wire, |certificate| Value::text(cut(&certificate.issuer))),
        Shape::SnapshotCount => Some(count(super::snapshots::nodes(wire).len())),
        Shape::SnapshotOldest => {
            let times = super::snapshots::nodes(wire).into_iter();
            Some(
                times
                    .filter_map(|(node, _)| node.field("createTime")?.as_time_ms())
                    .min()
                    .map(Value::Int)
                    .into(),
            )
        }
        Shape::FolderType => Some(folder_type(wire)),
        // These say more than a value of their own.
        Shape::Alarms(_) | Shape::FromTree(_) | Shape::IsRoot | Shape::WeeklyReadAt => None,
    }
}

/// The fields that a shape reads of its value, at any depth below a list's elements; empty for all of it.
pub(super) fn fields(shape: Shape) -> Vec<&'static str> {
    match shape {
        Shape::Identification(_) => vec!["identifierValue", "identifierType", "key"],
        Shape::VnicAddresses(_) => vec![
            "nicType",
            "selectedVnic",
            "candidateVnic",
            "key",
            "spec",
            "ip",
            "ipAddress",
            "ipV6Config",
            "ipV6Address",
        ],
        Shape::Each(field) | Shape::Addresses(field) => vec![field],
        // Half of all bytes of a sync are devices, and but for these they are passed over.
        Shape::CardMacs => vec!["macAddress"],
        Shape::Drives => vec!["connectable", "connected"],
        Shape::LeastFree | Shape::Fullest => vec!["diskPath", "capacity", "freeSpace", "filesystemType"],
        Shape::RedSensors => vec!["name", "healthState", "key"],
        Shape::DeadPaths => vec!["pathState"],
        Shape::Alarms(_) => vec!["entity", "alarm", "overallStatus", "acknowledged", "disabled"],
        Shape::SnapshotCount | Shape::SnapshotOldest => super::snapshots::FIELDS.to_vec(),
        _ => Vec::new(),
    }
}

/// A name as people gave it: the server escapes `/`, `\` and `%`. Path decoding: a `+` stays a `+`.
pub(super) fn name(escaped: &str) -> Value {
    // Decoding that leaves no UTF-8 means that the server didn't escape: then it stands as it is.
    Value::text(percent_decode_str(escaped).decode_utf8().unwrap_or(escaped.into()).into_owned())
}

fn count(length: usize) -> Value {
    i64::try_from(length).map(Value::Int).unwrap_or_default()
}

fn identification(wire: &Wire, keys: &[&str]) -> Value {
    let values_of = |key: &str| -> Vec<&str> {
        let of_key = wire.as_list().iter().filter(|info| {
            info.field("identifierType").and_then(|kind| kind.field("key")).and_then(Wire::as_str)
                == Some(key)
        });
        let values = of_key.filter_map(|info| info.field("identifierValue")?.as_str()).map(str::trim);
        values.filter(|value| !value.is_empty()).collect()
    };
    keys.iter()
        .map(|key| values_of(key))
        .find(|values| !values.is_empty())
        .map(|values| Value::text(values.join(",")))
        .into()
}

fn vnic_addresses(wire: &Wire, service: &str) -> Value {
    let mut addresses = Vec::new();
    for config in wire.as_list() {
        if config.field("nicType").and_then(Wire::as_str) != Some(service) {
            continue;
        }
        let selected = list(config, "selectedVnic");
        for vnic in list(config, "candidateVnic") {
            let key = vnic.field("key").and_then(Wire::as_str);
            if key.is_some() && selected.iter().any(|selected| selected.as_str() == key) {
                let ip = vnic.field("spec").and_then(|spec| spec.field("ip"));
                addresses.extend(ip.and_then(|ip| ip.field("ipAddress")?.as_str()));
                let v6 = ip.and_then(|ip| ip.field("ipV6Config"));
                let v6 = v6.map_or(&[][..], |config| list(config, "ipV6Address"));
                addresses.extend(v6.iter().filter_map(|address| address.field("ipAddress")?.as_str()));
            }
        }
    }
    addresses.retain(is_not_blank);
    addresses.sort_unstable();
    addresses.dedup();
    self::addresses(addresses)
}

/// Every text in this field of every element. An unused card has an empty address: that is none.
fn each<'a>(wire: &'a Wire, field: &str) -> impl Iterator<Item = &'a str> {
    let texts = wire.as_list().iter().flat_map(move |one| list(one, field));
    texts.filter_map(Wire::as_str).filter(is_not_blank)
}

/// Addresses, sorted. Nobody is reached by a link-local one from elsewhere, and up to 18 of them come for one VM: those
/// stand last.
fn addresses(mut addresses: Vec<&str>) -> Value {
    addresses.sort_by_key(|address| (is_link_local(address), *address));
    Value::List(addresses.into_iter().map(Value::text).collect())
}

/// Whether it is in fe80::/10, with or without the zone that guests add.
fn is_link_local(address: &str) -> bool {
    let (address, _zone) = address.split_once('%').unwrap_or((address, ""));
    address.trim().parse().is_ok_and(|address: Ipv6Addr| address.is_unicast_link_local())
}

/// As much of a list as anybody reads, and of each text.
pub(super) const MOST: usize = 100;
pub(super) const LONGEST: usize = 1_000;

fn bounded<'a>(texts: impl Iterator<Item = &'a str>) -> impl Iterator<Item = Value> {
    texts.take(MOST).map(|text| Value::text(cut(text)))
}

pub(super) fn cut(text: &str) -> &str {
    text.char_indices().nth(LONGEST).map_or(text, |(end, _)| &text[..end])
}

/// A certificate in PEM is some two thousand bytes.
const LONGEST_PEM: usize = 64 << 10;

/// What a certificate says whose PEM came byte by byte, which vSphere counts from -128, or as a text; unset where none is.
fn certificate(wire: &Wire, said: impl FnOnce(HostCertificate) -> Value) -> Option<Value> {
    let byte = |one: &Wire| {
        let number = one.as_i64()?;
        i8::try_from(number).map(i8::cast_unsigned).or_else(|_| u8::try_from(number)).ok()
    };
    let list = wire.as_list();
    if list.is_empty() {
        return Some(Value::Null);
    }
    let pem: Vec<u8> = match wire {
        Wire::Text(text) => text.bytes().take(LONGEST_PEM).collect(),
        _ => list.iter().take(LONGEST_PEM).map(byte).collect::<Option<_>>()?,
    };
    HostCertificate::of_pem(&pem).map(said)
}

/// Whether a volume is full by nature: an image that is mounted to be read.
fn is_image(volume: &Wire) -> bool {
    let text = |field: &str| volume.field(field).and_then(Wire::as_str).unwrap_or_default().to_lowercase();
    let kinds = ["squashfs", "iso9660", "cdfs", "udf"];
    kinds.contains(&&*text("filesystemType")) || text("diskPath").starts_with("/snap/")
}

/// The guest's volume of which the smallest share is free: that share, and where it is mounted. A volume without a size is none.
fn fullest(wire: &Wire) -> Option<(Value, &str)> {
    let share = |volume: &Wire| {
        let (capacity, free) = (volume.field("capacity")?.as_i64()?, volume.field("freeSpace")?.as_i64()?);
        (capacity > 0 && (0..=capacity).contains(&free)).then(|| Value::percent(free, capacity))
    };
    let path = |volume: &'_ Wire| volume.field("diskPath").and_then(Wire::as_str).map(str::to_owned);
    let writable = wire.as_list().iter().filter(|volume| !is_image(volume));
    let volumes = writable.filter_map(|volume| Some((share(volume)?, path(volume)?, volume)));
    let (free, _, volume) = volumes.min_by(|(a, at, _), (b, bt, _)| (a, at).cmp(&(b, bt)))?;
    Some((free, volume.field("diskPath")?.as_str()?))
}

/// What a device is, if it is a CD/DVD or floppy drive that is connected: such a one may keep a VM from being moved.
fn connected_drive(device: &Wire) -> Option<&'static str> {
    let drive = match device.type_name()? {
        "VirtualCdrom" => "CD/DVD drive",
        "VirtualFloppy" => "Floppy drive",
        _ => return None,
    };
    device.field("connectable")?.field("connected")?.as_bool()?.then_some(drive)
}

fn is_not_blank(text: &&str) -> bool {
    !text.trim().is_empty()
}

fn list<'a>(wire: &'a Wire, field: &str) -> &'a [Wire] {
    wire.field(field).map_or(&[], Wire::as_list)
}

/// The subtypes of VirtualEthernetCard that vSphere has.
fn is_ethernet_card(type_name: &str) -> bool {
    matches!(
        type_name,
        "VirtualEthernetCard"
            | "VirtualE1000"
            | "VirtualE1000e"
            | "VirtualPCNet32"
            | "VirtualSriovEthernetCard"
            | "VirtualVmxnet"
            | "VirtualVmxnet2"
            | "VirtualVmxnet3"
            | "VirtualVmxnet3Vrdma"
    )
}

fn folder_type(wire: &Wire) -> Value {
    let holds = |object_type: &str| wire.as_list().iter().any(|child| child.as_str() == Some(object_type));
    // Every folder may hold folders: what else it may hold tells what it is for.
    let types = [
        ("Datacenter", "datacenter"),
        ("VirtualMachine", "vm"),
        ("ComputeResource", "host"),
        ("Datastore", "datastore"),
        ("Network", "network"),
    ];
    types.into_iter().find(|(object_type, _)| holds(object_type)).map(|(_, name)| Value::text(name)).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use vsphere::MoRef;

    fn text(text: &str) -> Wire {
        Wire::Text(text.into())
    }

    fn record(fields: Vec<(&str, Wire)>) -> Wire {
        Wire::Struct {
            type_name: None,
            fields: fields.into_iter().map(|(name, value)| (name.into(), value)).collect(),
        }
    }

    #[test]
    fn names_are_decoded_as_paths_are() {
        for (escaped, shown) in [
            ("a%2fb", "a/b"),
            ("100%25", "100%"),
            ("100%", "100%"),
            ("a+b", "a+b"),
            ("%zz", "%zz"),
            ("%ff", "%ff"),
            ("%e6%9d%b1京", "東京"),
            // A VM whose configuration can't be read is called by its file, which the server doesn't escape.
            ("/vmfs/volumes/5f-%/web 1/web.vmx", "/vmfs/volumes/5f-%/web 1/web.vmx"),
            ("[ds 1] web/web.vmx", "[ds 1] web/web.vmx"),
            (" 192.0.2.7 ", " 192.0.2.7 "),
            ("..", ".."),
        ] {
            assert_eq!(name(escaped), Value::text(shown), "{escaped}");
        }
    }

    #[test]
    fn a_value_of_another_type_is_no_value() {
        for (shape, wire) in [
            (Shape::Int, text("many")),
            (Shape::Bool, text("maybe")),
            (Shape::Time, text("yesterday")),
            (Shape::Mebibytes, text("9223372036854775807")),
            (Shape::Reference, text("host-1")),
            (Shape::Text, record(vec![("a", text("b"))])),
        ] {
            assert_eq!(read(shape, &wire), None, "{shape:?}");
        }
    }

    #[test]
    fn a_reference_to_something_that_is_not_read_is_none() {
        let wire = Wire::Ref(MoRef::new("Task", "task-1"));
        assert_eq!(read(Shape::Reference, &wire), Some(Value::Null));
    }

    #[test]
    fn the_first_kind_of_serial_number_that_has_a_value_wins_and_several_tags_are_joined() {
        let info = |key, value| {
            let kind = record(vec![("key", text(key))]);
            record(vec![("identifierValue", text(value)), ("identifierType", kind)])
        };
        let list = Wire::List(vec![
            info("SerialNumberTag", " "),
            info("EnclosureSerialNumberTag", "ENC1"),
            info("ServiceTag", "ABC"),
            info("ServiceTag", "DEF"),
        ]);
        let serial = Shape::Identification(&["SerialNumberTag", "EnclosureSerialNumberTag"]);
        assert_eq!(read(serial, &list), Some(Value::text("ENC1")));
        assert_eq!(read(Shape::Identification(&["ServiceTag"]), &list), Some(Value::text("ABC,DEF")));
        assert_eq!(read(Shape::Identification(&["AssetTag"]), &list), Some(Value::Null));
    }

    #[test]
    fn serial_numbers_are_shown_as_they_are_and_blanks_are_none() {
        let serial = |value: &str| {
            let kind = record(vec![("key", text("SerialNumberTag"))]);
            let info = record(vec![("identifierValue", text(value)), ("identifierType", kind)]);
            read(Shape::Identification(&["SerialNumberTag"]), &Wire::List(vec![info]))
        };
        for junk in ["None", "To Be Filled By O.E.M.", "No Asset Tag", "0123456789", "\u{fffd}\u{1}x"] {
            assert_eq!(serial(junk), Some(Value::text(junk)));
        }
        assert_eq!(serial(" none"), Some(Value::text("none")));
        assert_eq!(serial("two\nlines\n"), Some(Value::text("two\nlines")));
        for blank in ["", " ", &" ".repeat(32), "\t\n"] {
            assert_eq!(serial(blank), Some(Value::Null), "{blank:?}");
        }
    }

    #[test]
    fn empty_texts_are_left_out_of_lists() {
        let nic = |mac| record(vec![("device", text("vmnic0")), ("mac", text(mac))]);
        let nics = Wire::List(vec![nic("3c:ec:ef:00:00:0b"), nic(""), nic("  ")]);
        let one = Value::list([Value::text("3c:ec:ef:00:00:0b")]);
        assert_eq!(read(Shape::Each("mac"), &nics), Some(one.clone()));
        assert_eq!(read(Shape::Each("mac"), &Wire::List(vec![nic("")])), Some(Value::List(Box::default())));

        let card = |mac: Option<&str>| Wire::Struct {
            type_name: Some("VirtualVmxnet3".into()),
            fields: mac.map(|mac| ("macAddress".into(), text(mac))).into_iter().collect(),
        };
        let cards = Wire::List(vec![card(Some("")), card(None), card(Some("3c:ec:ef:00:00:0b"))]);
        assert_eq!(read(Shape::CardMacs, &cards), Some(one));

        let guest = record(vec![("ipAddress", Wire::List(vec![text(""), text("10.0.0.1")]))]);
        let addresses = read(Shape::Addresses("ipAddress"), &Wire::List(vec![guest]));
        assert_eq!(addresses, Some(Value::list([Value::text("10.0.0.1")])));
    }

    #[test]
    fn link_local_addresses_stand_behind_all_others() {
        let nic = |addresses: &[&str]| {
            record(vec![("ipAddress", Wire::List(addresses.iter().map(|one| text(one)).collect()))])
        };
        let net = Wire::List(vec![
            nic(&["fe80::250:56ff:fe00:2", "ff02::1", "fd00::1"]),
            nic(&["FE80::1%eth0", "febf::1", "169.254.1.1", "172.17.0.1", "fe80 is no address"]),
        ]);
        let shown = ["169.254.1.1", "172.17.0.1", "fd00::1", "fe80 is no address", "ff02::1"];
        let last = ["FE80::1%eth0", "fe80::250:56ff:fe00:2", "febf::1"];
        let expected = shown.into_iter().chain(last).map(Value::text).collect();
        assert_eq!(read(Shape::Addresses("ipAddress"), &net), Some(Value::List(expected)));
    }

    #[test]
    fn management_addresses_are_those_of_the_selected_nics_in_both_families() {
        let vnic = |key, v4, v6| {
            let v6 = record(vec![("ipV6Address", Wire::List(vec![record(vec![("ipAddress", text(v6))])]))]);
            let ip = record(vec![("ipAddress", text(v4)), ("ipV6Config", v6)]);
            record(vec![("key", text(key)), ("spec", record(vec![("ip", ip)]))])
        };
        let config = |service| {
            record(vec![
                ("nicType", text(service)),
                (
                    "candidateVnic",
                    Wire::List(vec![vnic("a", "fec0::2", "fe80::2"), vnic("b", "10.0.0.1", "")]),
                ),
                ("selectedVnic", Wire::List(vec![text("a")])),
            ])
        };
        let list = Wire::List(vec![config("vmotion"), config("management")]);
        let expected = Value::List([Value::text("fec0::2"), Value::text("fe80::2")].into());
        assert_eq!(read(Shape::VnicAddresses("management"), &list), Some(expected));
        assert_eq!(read(Shape::VnicAddresses("vsan"), &list), Some(Value::List(Box::default())));
    }

    #[test]
    fn a_folder_is_for_what_it_may_hold_besides_folders() {
        let may_hold = |types: &[&str]| Wire::List(types.iter().map(|name| text(name)).collect());
        for (types, name) in [
            (&["Folder", "Datacenter"][..], Value::text("datacenter")),
            (&["Folder", "VirtualMachine", "VirtualApp"], Value::text("vm")),
            (&["Folder", "ComputeResource"], Value::text("host")),
            (&["Folder", "Datastore", "StoragePod"], Value::text("datastore")),
            (&["Folder", "Network", "DistributedVirtualSwitch"], Value::text("network")),
            (&["Folder"], Value::Null),
        ] {
            assert_eq!(read(Shape::FolderType, &may_hold(types)), Some(name), "{types:?}");
        }
    }
}
