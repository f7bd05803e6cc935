//! What every type declares: which properties it has, and as what. A property collector follows these and nothing else.
//! Refuses to know values: that an object's value is of a subtype leads no path any further.

use std::collections::HashMap;
use std::sync::LazyLock;

/// The types, in a file of their own.
const TABLE: &str = include_str!("vim25.txt");

/// A type as it is declared.
#[derive(Debug)]
struct Declared {
    base: Option<&'static str>,
    /// Name, and the type it is declared as.
    properties: Vec<(&'static str, Form)>,
}

/// What a property is declared as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// A reference to a managed object.
    Reference,
    /// A list of what is named.
    List(Item),
    /// A data object, an enumeration or a simple value.
    One(&'static str),
}

/// What a list is a list of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Item(&'static str);

impl Item {
    /// What its elements are called in an array.
    pub(crate) fn element(self) -> &'static str {
        if self.0 == "@" { "ManagedObjectReference" } else { self.0 }
    }

    /// The type of the array.
    pub(crate) fn array(self) -> String {
        let name = self.element();
        let (first, rest) = name.split_at(1);
        format!("ArrayOf{}{rest}", first.to_ascii_uppercase())
    }
}

impl Form {
    fn parse(text: &'static str) -> Form {
        match text.strip_prefix('[').and_then(|text| text.strip_suffix(']')) {
            Some(item) => Form::List(Item(item)),
            None if text == "@" => Form::Reference,
            None => Form::One(text),
        }
    }

    /// The type as it is named on the wire.
    pub(crate) fn wire(self) -> String {
        match self {
            Form::Reference => "ManagedObjectReference".into(),
            Form::List(item) => item.array(),
            Form::One(name) if name.starts_with(char::is_lowercase) => format!("xsd:{name}"),
            Form::One(name) => name.into(),
        }
    }
}

static TYPES: LazyLock<HashMap<&'static str, Declared>> = LazyLock::new(|| {
    let lines = TABLE.lines().filter(|line| !line.starts_with('#'));
    lines
        .filter_map(|line| line.split_once(':'))
        .map(|(head, properties)| declared(head, properties))
        .collect()
});

fn declared(head: &'static str, properties: &'static str) -> (&'static str, Declared) {
    let (name, base) = match head.split_once(" < ") {
        Some((name, base)) => (name, Some(base)),
        None => (head, None),
    };
    let properties = properties.split_whitespace().filter_map(|one| one.split_once('='));
    let properties = properties.map(|(name, form)| (name, Form::parse(form))).collect();
    (name, Declared { base, properties })
}

/// A type and those that it extends.
fn lineage(type_name: &str) -> impl Iterator<Item = &'static Declared> {
    std::iter::successors(TYPES.get(type_name), |one| TYPES.get(one.base?))
}

/// The properties of a type and of those that it extends.
pub(crate) fn properties(type_name: &str) -> impl Iterator<Item = (&'static str, Form)> {
    lineage(type_name).flat_map(|one| one.properties.iter().copied())
}

/// Whether a type extends another one directly.
#[cfg(test)]
pub(crate) fn extends(type_name: &str, base: &str) -> bool {
    TYPES.get(type_name).is_some_and(|one| one.base == Some(base))
}

/// What a path of a type leads to, step by step. Fails with that much of the path as nobody has declared.
pub(crate) fn steps<'a>(type_name: &str, path: &'a str) -> Result<Vec<(&'a str, Form)>, &'a str> {
    let (mut steps, mut of, mut end) = (Vec::new(), Some(type_name), 0);
    for name in path.split('.') {
        end += name.len();
        let form = of.and_then(|of| properties(of).find(|(known, _)| *known == name)).map(|(_, form)| form);
        let form = form.ok_or(&path[..end])?;
        steps.push((name, form));
        of = match form {
            Form::One(type_name) => Some(type_name),
            Form::Reference | Form::List(_) => None,
        };
        end += 1;
    }
    Ok(steps)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unknown(type_name: &str, path: &str) -> Option<String> {
        steps(type_name, path).err().map(str::to_owned)
    }

    #[test]
    fn a_path_leads_through_what_is_declared_and_not_into_a_subtype() {
        for (type_name, path) in [
            ("ClusterComputeResource", "configuration.dasConfig.admissionControlEnabled"),
            ("ClusterComputeResource", "configurationEx.vmSwapPlacement"),
            ("ClusterComputeResource", "summary.numEffectiveHosts"),
            ("VirtualApp", "parentFolder"),
            ("VirtualMachine", "config.hardware.device"),
            ("Datastore", "info.timestamp"),
            ("HostSystem", "config.network.pnic"),
        ] {
            assert_eq!(unknown(type_name, path), None, "{type_name} {path}");
        }
        for (type_name, path, prefix) in [
            ("ClusterComputeResource", "configurationEx.dasConfig.enabled", "configurationEx.dasConfig"),
            ("ClusterComputeResource", "summary.currentEVCModeKey", "summary.currentEVCModeKey"),
            ("ComputeResource", "configuration.dasConfig", "configuration"),
            ("ResourcePool", "parentFolder", "parentFolder"),
            ("VirtualMachine", "runtime.host.name", "runtime.host.name"),
            ("VirtualMachine", "config.hardware.device.key", "config.hardware.device.key"),
            ("VirtualMachine", "name.", "name."),
            ("Datastore", "info.vmfs.uuid", "info.vmfs"),
            ("HostSystem", "", ""),
            ("NoSuchType", "name", "name"),
        ] {
            assert_eq!(unknown(type_name, path).as_deref(), Some(prefix), "{type_name} {path}");
        }
    }

    #[test]
    fn types_are_named_as_they_are_on_the_wire() {
        let wire = |type_name, path| steps(type_name, path).unwrap().last().unwrap().1.wire();
        assert_eq!(wire("VirtualMachine", "config.hardware.memoryMB"), "xsd:int");
        assert_eq!(wire("VirtualMachine", "config.hardware.device"), "ArrayOfVirtualDevice");
        assert_eq!(wire("VirtualMachine", "runtime.powerState"), "VirtualMachinePowerState");
        assert_eq!(wire("VirtualMachine", "runtime.host"), "ManagedObjectReference");
        assert_eq!(wire("VirtualMachine", "network"), "ArrayOfManagedObjectReference");
        assert_eq!(wire("Folder", "childType"), "ArrayOfString");
    }
}
