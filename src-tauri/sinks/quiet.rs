//! What keeps a vCenter from alarming anybody: asked here by the tray and by notifications alike.
//! Refuses to be asked for what a page shows: that is said there.

use contract::notices::Quiet;
use contract::{VcenterId, VcenterState, VcenterStatus, network};

/// Of a vCenter, as the statuses of all say.
pub(crate) fn of(statuses: &[VcenterStatus], vcenter: &VcenterId) -> Quiet {
    let is_paused =
        |status: &VcenterStatus| status.vcenter_id == *vcenter && status.state == VcenterState::Paused;
    Quiet {
        paused: statuses.iter().any(is_paused),
        no_network: network::is_gone_since(statuses),
        ..Quiet::default()
    }
}
