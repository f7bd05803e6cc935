//! How each host has mounted a datastore.
//! Refuses to say that nobody reaches a datastore which is accessible, or that somebody reaches another.

use super::{Compute, Connection, Datastore, Estate, Host, Object, random};

/// How a host has mounted a datastore.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Mount {
    pub(crate) is_mounted: bool,
    pub(crate) is_accessible: bool,
    pub(crate) mode: &'static str,
    /// Why a connected host that has it mounted can't use it.
    pub(crate) reason: Option<&'static str>,
}

impl Estate {
    /// How this host, one of those that have the datastore, has mounted it.
    pub(crate) fn mount(&self, datastore: &Datastore, host: &Host) -> Mount {
        let is_connected = host.connection == Connection::Connected;
        let chance = random::mix(self.seed, 5 << 40 | u64::from(datastore.id.number())) % 4;
        // Only on a host in maintenance mode, so that no VM comes to harm.
        let may_lack =
            host.in_maintenance && datastore.type_name != "vsan" && self.others_reach(datastore, host);
        let (is_mounted, is_lost) = (!(may_lack && chance == 0), may_lack && is_connected && chance == 1);
        let is_in_branch =
            matches!(self.object(host.parent), Some(Object::Compute(Compute { cluster: None, .. })));
        Mount {
            is_mounted,
            is_accessible: is_connected && is_mounted && !is_lost,
            // A branch installs from images, and writes none.
            mode: if datastore.type_name == "NFS" && is_in_branch { "readOnly" } else { "readWrite" },
            reason: is_lost.then_some("AllPathsDown_Timeout"),
        }
    }

    fn others_reach(&self, datastore: &Datastore, host: &Host) -> bool {
        let others = datastore.hosts.iter().filter(|id| **id != host.id);
        others.filter_map(|id| self.host(*id)).any(Host::is_effective)
    }
}
