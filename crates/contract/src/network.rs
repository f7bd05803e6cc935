//! Whether it is the network that is gone, and not one vCenter after the other.
//! Refuses to contact anything: it goes by what contacts said.

use crate::{Time, VcenterState, VcenterStatus};

/// Fewer that are away tell nothing of the network.
const TOGETHER: usize = 2;

/// Since when no vCenter can be reached, out of the state that each was left in by its last contact, and since when. Those that
/// wait for a person, or are paused, are not contacted and say nothing.
pub fn gone_since(contacts: impl IntoIterator<Item = (VcenterState, Option<Time>)>) -> Option<Time> {
    let mut away = Vec::new();
    for (state, since) in contacts {
        match state {
            VcenterState::Offline => away.push(since?),
            VcenterState::Online | VcenterState::Unknown | VcenterState::NeverSynced => return None,
            VcenterState::LoginRejected
            | VcenterState::NoPassword
            | VcenterState::Untrusted
            | VcenterState::DifferentVcenter
            | VcenterState::Paused => {}
        }
    }
    // Until the last of them was away it may have been the others alone.
    if away.len() >= TOGETHER { away.into_iter().max() } else { None }
}

/// The same out of what `status` says.
pub fn is_gone_since(statuses: &[VcenterStatus]) -> Option<Time> {
    gone_since(statuses.iter().map(|status| (status.state, status.since)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use VcenterState::{LoginRejected, NeverSynced, Offline, Online, Paused, Unknown};

    fn gone(states: &[(VcenterState, i64)]) -> Option<i64> {
        gone_since(states.iter().map(|(state, since)| (*state, Some(Time(*since))))).map(|time| time.0)
    }

    #[test]
    fn it_is_the_network_when_all_are_away_and_they_are_several() {
        assert_eq!(gone(&[(Offline, 3), (Offline, 7), (Offline, 5)]), Some(7));
        assert_eq!(gone(&[(Offline, 3)]), None, "one may be away by itself");
        assert_eq!(gone(&[]), None);
        for says_otherwise in [Online, Unknown, NeverSynced] {
            assert_eq!(gone(&[(Offline, 3), (Offline, 7), (says_otherwise, 9)]), None, "{says_otherwise:?}");
        }
    }

    #[test]
    fn those_that_are_not_contacted_say_nothing() {
        assert_eq!(gone(&[(Offline, 3), (LoginRejected, 9), (Offline, 7), (Paused, 9)]), Some(7));
        assert_eq!(gone(&[(Offline, 3), (LoginRejected, 9), (Paused, 9)]), None);
        assert_eq!(gone_since([(Offline, None), (Offline, Some(Time(1)))]), None, "nobody knows since when");
    }
}
