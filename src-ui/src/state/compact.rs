//! What the compact window puts first.
//! Refuses to move a vCenter because it is being synced: only what needs somebody changes its place.

use super::world::World;
use contract::VcenterId;
use contract::attention;

/// Whether a vCenter needs somebody, as the tray has it too; one that answers at this moment may be well again.
pub(crate) fn needs_somebody(world: &World, vcenter: &VcenterId) -> bool {
    world.status(vcenter).is_some_and(attention::needs_somebody) && !world.is_answering(vcenter)
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
