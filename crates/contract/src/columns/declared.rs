//! What vSphere declares of the types that columns are read from, and a walk along it for every column.
//! Refuses what only a subtype has: a vCenter fails the whole call for it, though simulators answer.

mod types;

use super::{Column, Kind, Shape, of};
use types::{Declared, ENUMERATIONS, TYPES};

/// A property: what it is declared as, and the API version since which the whole way to it exists.
#[derive(Debug, PartialEq)]
struct Property {
    declared: &'static str,
    since: (u16, u16),
}

fn type_named(name: &str) -> Option<&'static Declared> {
    TYPES.iter().find(|one| one.name == name)
}

fn property_of(type_name: &str, name: &str) -> Option<Property> {
    let one = type_named(type_name)?;
    let own = one.properties.iter().find(|(property, _, _)| *property == name);
    match own {
        Some((_, declared, since)) => Some(Property { declared, since: *since }),
        None => property_of(one.extends, name),
    }
}

/// Where a path leads from an object of this type: each step by what the step before is declared as. No step leads
/// through a list or a reference.
fn walk(object_type: &str, path: &str) -> Result<Property, String> {
    let mut steps = path.split('.');
    let first = steps.next().and_then(|step| property_of(object_type, step));
    let first = first.ok_or_else(|| format!("{object_type} has no {path}"))?;
    steps.try_fold(first, |at, step| {
        let next = property_of(at.declared, step);
        let next = next.ok_or_else(|| format!("{} is declared, which has no {step}: {path}", at.declared))?;
        Ok(Property { since: next.since.max(at.since), ..next })
    })
}

/// What the column is made of: where its path leads, or the field that is read out of that, step by step. Each value may
/// be of any subtype of what is declared.
fn made_of(column: &Column, of: &Property) -> Result<&'static str, String> {
    let steps = column.field.into_iter().flat_map(|field| field.split('.'));
    steps.into_iter().try_fold(of.declared, field_of)
}

fn field_of(declared: &'static str, field: &str) -> Result<&'static str, String> {
    let is_or_extends = |one: &&Declared| {
        std::iter::successors(Some(*one), |one| type_named(one.extends)).any(|one| one.name == declared)
    };
    let mut read = TYPES.iter().filter(is_or_extends).filter_map(|one| property_of(one.name, field));
    read.next().map(|property| property.declared).ok_or_else(|| format!("no {declared} has {field}"))
}

/// Whether a shape reads what is declared.
fn fits(shape: Shape, declared: &str) -> bool {
    let holds = |field: &str, list: &str| {
        let element = declared.strip_suffix("[]").and_then(|element| property_of(element, field));
        element.is_some_and(|element| element.declared == list)
    };
    match shape {
        Shape::Name => declared == "xsd:string",
        Shape::Text => declared == "xsd:string" || ENUMERATIONS.contains(&declared),
        Shape::Int | Shape::Limit => ["xsd:int", "xsd:long", "xsd:short"].contains(&declared),
        Shape::Mebibytes | Shape::MebibytesLimit => ["xsd:int", "xsd:long"].contains(&declared),
        Shape::Bool => declared == "xsd:boolean",
        Shape::Time => declared == "xsd:dateTime",
        Shape::Reference => declared.starts_with("->") && !declared.ends_with("[]"),
        Shape::References => declared.starts_with("->") && declared.ends_with("[]"),
        Shape::Mounts => declared == "DatastoreHostMount[]",
        Shape::Length => declared.ends_with("[]"),
        Shape::Each(field) => holds(field, "xsd:string"),
        Shape::Addresses(field) => holds(field, "xsd:string[]"),
        Shape::Identification(_) => declared == "HostSystemIdentificationInfo[]",
        Shape::VnicAddresses(_) => declared == "VirtualNicManagerNetConfig[]",
        Shape::CardMacs | Shape::Drives => declared == "VirtualDevice[]",
        Shape::Texts => declared == "xsd:string[]",
        Shape::LeastFree | Shape::Fullest => declared == "GuestDiskInfo[]",
        Shape::Alarms(_) => declared == "AlarmState[]",
        Shape::RedSensors => declared == "HostNumericSensorInfo[]",
        Shape::SnapshotCount | Shape::SnapshotOldest => declared == "VirtualMachineSnapshotTree[]",
        Shape::FolderType => declared == "xsd:string[]",
        Shape::DeadPaths => declared == "HostMultipathStateInfoPath[]",
        Shape::CertificateEnd | Shape::CertificateIssuer => declared == "xsd:byte[]",
        Shape::FromTree(_) | Shape::IsRoot | Shape::WeeklyReadAt => false,
    }
}

#[test]
fn every_path_of_every_column_follows_declared_types() {
    let mut walked = 0;
    for kind in Kind::ALL {
        for (column, shape) in of(kind).stored().filter(|(_, shape)| shape.is_property()) {
            let name = format!("{kind}.{}", column.id);
            let object_type = column.subtype.unwrap_or(kind.object_type());
            let property = walk(object_type, &column.source).unwrap_or_else(|why| panic!("{name}: {why}"));
            assert!(property.since <= column.since, "{name} exists since {:?}", property.since);
            let declared = made_of(column, &property).unwrap_or_else(|why| panic!("{name}: {why}"));
            assert!(fits(shape, declared), "{name}: {shape:?} of {declared}");
            walked += 1;
        }
    }
    println!("{walked} columns, along {} types", TYPES.len());
    assert!(walked > 90, "{walked}");
}

#[test]
fn a_subtype_that_columns_belong_to_is_one_of_the_kinds_type() {
    for kind in Kind::ALL {
        for subtype in of(kind).asked().filter_map(|column| column.subtype) {
            let bases = std::iter::successors(type_named(subtype), |one| type_named(one.extends));
            assert!(bases.skip(1).any(|base| base.name == kind.object_type()), "{kind}: {subtype}");
            assert_eq!(Kind::of_object_type(subtype), Some(kind), "{subtype}");
        }
    }
}

#[test]
fn what_only_a_subtype_has_is_refused_whatever_servers_send() {
    for (object_type, path) in [
        ("ClusterComputeResource", "configurationEx.dasConfig.enabled"),
        ("ClusterComputeResource", "configurationEx.drsConfig.defaultVmBehavior"),
        ("ClusterComputeResource", "summary.currentEVCModeKey"),
        ("ComputeResource", "configuration.dasConfig.enabled"),
        ("ResourcePool", "parentFolder"),
        ("Folder", "summary.capacity"),
        ("VirtualMachine", "config.hardware.device.macAddress"),
        ("VirtualMachine", "runtime.host.name"),
    ] {
        assert!(walk(object_type, path).is_err(), "{object_type}.{path}");
    }
    let allowed = walk("ClusterComputeResource", "configuration.dasConfig.enabled");
    assert_eq!(allowed, Ok(Property { declared: "xsd:boolean", since: types::OLDEST }));
}

#[test]
fn every_type_names_its_page_and_stands_here_once() {
    for (position, one) in TYPES.iter().enumerate() {
        assert!(one.page.starts_with("vim."), "{}", one.name);
        assert!(TYPES[..position].iter().all(|other| other.name != one.name), "{}", one.name);
        assert!(one.extends.is_empty() || type_named(one.extends).is_some(), "{}", one.name);
    }
}
