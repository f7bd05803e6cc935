//! Whether a server reaches an object itself, or only remembers it.
//! Refuses to look at anything but what the object says of itself: a VM knows that its host is lost.

use contract::Kind;
use std::collections::HashSet;

/// What hosts and VMs say of their connection.
const CONNECTION: &str = "runtime.connectionState";

/// Whether what the server left out of this object may be set all the same: its connection is not `connected`, or it is a
/// VM without a configuration, as orphaned, inaccessible and invalid ones are.
pub(super) fn is_out_of_reach(kind: Kind, asked: &HashSet<&str>, sent: &vsphere::Object) -> bool {
    let state = sent.property(CONNECTION).and_then(vsphere::Value::as_str);
    state.is_some_and(|state| state.trim() != "connected") || kind == Kind::Vms && has_no_config(asked, sent)
}

/// A configuration has hardware and a UUID in any case; what the account may not read is not absent.
fn has_no_config(asked: &HashSet<&str>, sent: &vsphere::Object) -> bool {
    let came = |path: &str| {
        sent.property(path).is_some() || sent.missing.iter().any(|(missing, _)| **missing == *path)
    };
    let mut of_config = asked.iter().filter(|path| path.starts_with("config.")).peekable();
    of_config.peek().is_some() && !of_config.any(|path| came(path))
}
