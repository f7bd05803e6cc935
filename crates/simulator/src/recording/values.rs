//! What a recorded object has at a path: the recorded value itself, a part of one that was recorded whole, or a whole
//! made of its recorded parts.
//! Refuses to make anything up: what was not recorded is not set.

use super::piece::{Piece, Scope, write_attribute};
use crate::schema::declared::{self, Form};
use crate::schema::type_of;

/// Values by path, each a whole `val`.
#[derive(Debug, Default)]
pub(super) struct Values(Vec<(String, String)>);

impl Values {
    /// Keeps a value. Of two at one path the first is kept.
    pub(super) fn add(&mut self, path: &str, val: &str) {
        if self.at(path).is_none() {
            self.0.push((path.to_owned(), val.to_owned()));
        }
    }

    /// What was recorded at exactly this path.
    fn at(&self, path: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == path).map(|(_, val)| val.as_str())
    }

    fn has_below(&self, path: &str) -> bool {
        self.0.iter().any(|(known, _)| known.strip_prefix(path).is_some_and(|rest| rest.starts_with('.')))
    }

    /// The value at a path of an object of this type, as a `val`.
    pub(super) fn read(&self, type_name: &str, path: &str) -> Option<String> {
        if let Some(val) = self.at(path) {
            return Some(val.to_owned());
        }
        let steps = declared::steps(type_name, path).ok()?;
        let mut end = path.len();
        for place in (1..steps.len()).rev() {
            end -= steps[place].0.len() + 1;
            if let Some(val) = self.at(&path[..end]) {
                return cut(val, &steps[place..]);
            }
        }
        let (_, Form::One(declared)) = *steps.last()? else { return None };
        let mut val = String::from("<val");
        let own = type_of(type_name).and_then(|kind| kind.record(path));
        write_attribute("xsi:type", own.unwrap_or(declared), &mut val);
        val.push('>');
        self.compose(path, declared, &mut val).then(|| val + "</val>")
    }

    /// Writes the recorded parts of a data object as its fields. Whether there are any.
    fn compose(&self, path: &str, type_name: &str, out: &mut String) -> bool {
        if !self.has_below(path) {
            return false;
        }
        let before = out.len();
        for (name, form) in declared::properties(type_name) {
            let below = format!("{path}.{name}");
            match (self.at(&below), form) {
                (Some(val), _) => embed(name, val, out),
                (None, Form::One(of)) => {
                    let mut field = String::new();
                    if self.compose(&below, of, &mut field) {
                        out.push_str(&format!("<{name}>{field}</{name}>"));
                    }
                }
                (None, _) => {}
            }
        }
        out.len() > before
    }
}

/// The part of a recorded value that steps lead to, as a `val`.
fn cut(val: &str, steps: &[(&str, Form)]) -> Option<String> {
    let (last, above) = steps.split_last()?;
    let (mut scope, mut piece) = (Scope::new(), Piece::first(val)?);
    for (name, _) in above {
        piece.declare(&mut scope);
        piece = piece.child(name)?;
    }
    piece.declare(&mut scope);
    let (name, form) = *last;
    let mut out = String::new();
    let Form::List(item) = form else {
        piece.child(name)?.write_as("val", &scope, Some(&form.wire()), &mut out);
        return Some(out);
    };
    for one in piece.named(name) {
        one.write_as(item.element(), &scope, None, &mut out);
    }
    (!out.is_empty()).then(|| format!("<val xsi:type=\"{}\">{out}</val>", item.array()))
}

/// Writes a recorded value as a field; an array is its elements, one after the other.
fn embed(name: &str, val: &str, out: &mut String) {
    let Some(val) = Piece::first(val) else { return };
    if !val.xsi_type().is_some_and(|name| name.starts_with("ArrayOf")) {
        return val.write_as(name, &Scope::new(), None, out);
    }
    let mut scope = Scope::new();
    val.declare(&mut scope);
    val.children().for_each(|one| one.write_as(name, &scope, None, out));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(pairs: &[(&str, &str)]) -> Values {
        let mut values = Values::default();
        pairs.iter().for_each(|(path, val)| values.add(path, val));
        values
    }

    const HARDWARE: &str = "<val xmlns:X=\"http://x\" X:type=\"VirtualHardware\"><numCPU>2</numCPU>\n<memoryMB>680</memoryMB>\
        <device X:type=\"VirtualIDEController\"><key>200</key></device><device X:type=\"VirtualVmxnet3\"><key>4000</key>\
        </device></val>";

    #[test]
    fn what_was_recorded_whole_comes_byte_for_byte_and_its_parts_are_cut_out() {
        let values = values(&[("config.hardware", HARDWARE), ("config.hardware.numCPU", "<val>4</val>")]);
        let read = |path| values.read("VirtualMachine", path);
        assert_eq!(read("config.hardware").unwrap(), HARDWARE);
        assert_eq!(
            read("config.hardware.numCPU").unwrap(),
            "<val>4</val>",
            "what was recorded goes before a part"
        );
        assert_eq!(
            read("config.hardware.memoryMB").unwrap(),
            "<val xmlns:X=\"http://x\" xsi:type=\"xsd:int\">680</val>"
        );
        let devices = read("config.hardware.device").unwrap();
        assert!(
            devices.starts_with("<val xsi:type=\"ArrayOfVirtualDevice\"><VirtualDevice xmlns:X"),
            "{devices}"
        );
        assert!(
            devices.contains(" X:type=\"VirtualVmxnet3\"><key>4000</key></VirtualDevice></val>"),
            "{devices}"
        );
        for unset in ["config.hardware.numCoresPerSocket", "config.files.vmPathName", "guest", "no.such.path"]
        {
            assert_eq!(read(unset), None, "{unset}");
        }
    }

    #[test]
    fn a_part_that_refers_says_so() {
        let runtime =
            "<val xsi:type=\"VirtualMachineRuntimeInfo\"><host type=\"HostSystem\">host-9</host></val>";
        let values = values(&[("runtime", runtime)]);
        assert_eq!(
            values.read("VirtualMachine", "runtime.host").unwrap(),
            "<val type=\"HostSystem\" xsi:type=\"ManagedObjectReference\">host-9</val>"
        );
    }

    #[test]
    fn a_whole_is_made_of_what_was_recorded_of_it() {
        let values = values(&[
            ("summary.effectiveCpu", "<val xsi:type=\"xsd:int\">5</val>"),
            ("summary.hardware.uuid", "<val xsi:type=\"xsd:string\">u</val>"),
            ("configuration.drsConfig.enabled", "<val xsi:type=\"xsd:boolean\">true</val>"),
        ]);
        assert_eq!(
            values.read("ClusterComputeResource", "summary").unwrap(),
            "<val xsi:type=\"ClusterComputeResourceSummary\"><effectiveCpu xsi:type=\"xsd:int\">5</effectiveCpu></val>"
        );
        let configuration = values.read("ClusterComputeResource", "configuration").unwrap();
        assert!(
            configuration.contains("<drsConfig><enabled xsi:type=\"xsd:boolean\">true</enabled></drsConfig>")
        );
        assert_eq!(values.read("ClusterComputeResource", "configurationEx"), None);
        let host = values.read("HostSystem", "summary").unwrap();
        assert!(host.contains("<hardware><uuid xsi:type=\"xsd:string\">u</uuid></hardware>"), "{host}");
    }

    #[test]
    fn a_list_in_a_whole_is_its_elements() {
        let pnics = "<val xsi:type=\"ArrayOfPhysicalNic\"><PhysicalNic xsi:type=\"PhysicalNic\"><mac>m</mac></PhysicalNic></val>";
        let values = values(&[("config.network.pnic", pnics)]);
        assert_eq!(
            values.read("HostSystem", "config.network").unwrap(),
            "<val xsi:type=\"HostNetworkInfo\"><pnic xsi:type=\"PhysicalNic\"><mac>m</mac></pnic></val>"
        );
    }
}
