//! Whether it is the network that is gone, and not one vCenter after the other.
//! Refuses to contact anything: it goes by what contacts said.

use crate::{Time, VcenterState, VcenterStatus};

/// Fewer that are away tell nothing of the network.
pub const TOGETHER: usize = 2;

/// Whether all vCenters were away at their last contact, and they are several. Those that wait for a person, or are paused, are
/// not contacted and say nothing.
pub fn are_all_away(states: impl IntoIterator<Item = VcenterState>) -> bool {
    let mut away = 0;
    for state in states {
        match state {
            VcenterState::Offline => away += 1,
            VcenterState::Online | VcenterState::Unknown | VcenterState::NeverSynced => return false,
            VcenterState::LoginRejected
            | VcenterState::NoPassword
            | VcenterState::Untrusted
            | VcenterState::DifferentVcenter
            | VcenterState::Paused => {}
        }
    }
    away >= TOGETHER
}

/// Since when no vCenter can be reached, as `status` says.
pub fn is_gone_since(statuses: &[VcenterStatus]) -> Option<Time> {
    statuses.iter().find_map(|status| status.no_network)
}

#[cfg(test)]
mod tests {
    use super::*;
    use VcenterState::{LoginRejected, NeverSynced, Offline, Online, Paused, Unknown};

    #[test]
    fn all_are_away_when_none_says_otherwise_and_they_are_several() {
        assert!(are_all_away([Offline, Offline, Offline]));
        assert!(!are_all_away([Offline]), "one may be away by itself");
        assert!(!are_all_away([]));
        for says_otherwise in [Online, Unknown, NeverSynced] {
            assert!(!are_all_away([Offline, Offline, says_otherwise]), "{says_otherwise:?}");
        }
        assert!(are_all_away([Offline, LoginRejected, Offline, Paused]), "those say nothing");
        assert!(!are_all_away([Offline, LoginRejected, Paused]));
    }
}
