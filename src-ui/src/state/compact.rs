//! What the compact window puts first.
//! Refuses to move a vCenter because it is being synced: only what needs somebody changes its place.

use super::world::World;
use contract::{OperationState, VcenterId};

/// Whether a vCenter needs somebody: it can't be worked with, or its last sync failed.
pub(crate) fn needs_somebody(world: &World, vcenter: &VcenterId) -> bool {
    let has_failed =
        || world.last_sync_outcome(vcenter).is_some_and(|last| last.state == OperationState::Failed);
    (world.is_troubled(vcenter) || has_failed()) && !world.is_answering(vcenter)
}

/// Every vCenter, those that need somebody first, and else by name; `None` until that is known, so that none changes its
/// place under the pointer.
pub(crate) fn ordered(world: &World) -> Option<Vec<VcenterId>> {
    world.statuses()?;
    let all = world.vcenters().value?;
    let mut ids: Vec<VcenterId> = all.iter().map(|vcenter| vcenter.id.clone()).collect();
    ids.sort_by_key(|id| !needs_somebody(world, id));
    Some(ids)
}
