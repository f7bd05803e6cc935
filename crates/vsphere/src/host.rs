//! What tells an ESXi host that is connected to directly from others.
//! Decides nothing: makers leave hardware UUIDs alike on many boards, so who compares looks at more than that.

use crate::{parser::Object, value::Value};

/// A host's hardware. Source: HostSystem.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HostIdentity {
    /// Its UUID; none where the host tells none. Source: summary.hardware.uuid.
    pub uuid: Option<String>,
    /// MAC addresses of its physical network cards, in lower case; services' hosts have cards without one. Source:
    /// config.network.pnic[].mac.
    pub macs: Vec<String>,
}

impl HostIdentity {
    /// The properties that it is read from.
    pub(crate) const PATHS: [&str; 2] = ["summary.hardware.uuid", "config.network.pnic"];

    pub(crate) fn read(host: &Object) -> HostIdentity {
        let [uuid, cards] = HostIdentity::PATHS.map(|path| host.property(path));
        let text = |value: &Value| Some(value.as_str()?.trim().to_owned()).filter(|text| !text.is_empty());
        let cards = cards.map(Value::as_list).unwrap_or_default();
        let macs = cards.iter().filter_map(|card| Some(text(card.field("mac")?)?.to_lowercase()));
        HostIdentity { uuid: uuid.and_then(text), macs: macs.collect() }
    }
}
