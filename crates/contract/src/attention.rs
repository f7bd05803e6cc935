//! Which vCenter needs somebody, and what keeps one from alarming: the tray, the compact window and notifications ask here.
//! Refuses to say how a vCenter stands: its status does.

use crate::{Time, VcenterState, VcenterStatus};

/// What keeps a vCenter from alarming anybody.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Quiet {
    /// It is paused: nothing that happens there by itself alarms.
    pub paused: bool,
    /// No vCenter can be reached, since then: that is told once, and no failure of each.
    pub no_network: Option<Time>,
    /// Notifications are off, for it or at all.
    pub off: bool,
}

impl Quiet {
    /// Of a vCenter, as its status says.
    pub fn of(status: &VcenterStatus) -> Quiet {
        let paused = status.state == VcenterState::Paused;
        Quiet { paused, no_network: status.no_network, off: false }
    }
}

/// Whether a vCenter needs somebody: it can't be worked with, or its inventory could not be read the last time. One that is
/// away because all are doesn't; one whose login was rejected does, network or not.
pub fn needs_somebody(status: &VcenterStatus) -> bool {
    let fails = status.state.is_trouble() || status.refresh_failed.is_some();
    fails && !Quiet::of(status).paused && !is_away_with_all(status)
}

/// Whether a vCenter is away because all are, which is told of all of them together.
pub fn is_away_with_all(status: &VcenterStatus) -> bool {
    status.no_network.is_some() && status.state == VcenterState::Offline
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Code, VcenterId};
    use std::collections::BTreeMap;

    fn status(name: &str, state: VcenterState, refresh_failed: Option<Code>) -> VcenterStatus {
        VcenterStatus {
            vcenter: name.to_owned(),
            vcenter_id: VcenterId(name.to_owned()),
            state,
            since: None,
            contact_at: None,
            contact_since: None,
            refresh_failed,
            failures_in_a_row: 0,
            refresh_waits: BTreeMap::new(),
            paused: None,
            no_network: None,
            suspended: None,
            certificate_expires_at: None,
            synced_at: None,
            age_seconds: None,
            fresh: true,
            counts: BTreeMap::new(),
            last_operation: None,
        }
    }

    fn alarming(statuses: &[VcenterStatus]) -> Vec<&str> {
        let alarming = statuses.iter().filter(|status| needs_somebody(status));
        alarming.map(|status| &*status.vcenter).collect()
    }

    #[test]
    fn what_is_paused_needs_nobody_however_its_last_sync_ended() {
        let failed = Some(Code::TooManyRemovals);
        let statuses = [status("a", VcenterState::Paused, failed), status("b", VcenterState::Online, failed)];
        assert_eq!(alarming(&statuses), ["b"]);
    }

    #[test]
    fn without_a_network_none_that_is_away_needs_somebody_and_a_rejected_login_does() {
        use VcenterState::{LoginRejected, Offline};
        let failed = Some(Code::Unreachable);
        let mut statuses = vec![
            status("a", Offline, failed),
            status("b", Offline, None),
            status("c", LoginRejected, Some(Code::LoginRejected)),
        ];
        assert_eq!(alarming(&statuses), ["a", "b", "c"], "there is a network");
        statuses.iter_mut().for_each(|status| status.no_network = Some(Time(1)));
        assert_eq!(alarming(&statuses), ["c"]);
    }
}
