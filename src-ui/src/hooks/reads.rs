//! What components read of the service: each of these has a component that shows it drawn again when it is another.
//! Refuse to ask: `use_query` keeps answers on hand, and those of vCenters, their states and operations always are.

use super::query::use_query;
use super::vcenter_service::VcenterService;
use crate::state::cache::{Answer, Asked};
use crate::state::route::Route;
use crate::state::toasts::Toasts;
use crate::state::world::World;
use contract::command::{Command, ReadRows, WindowRole};
use contract::{Kind, Operation, OperationId, Role, RowQuery, Rows, Time, Vcenter, VcenterId, VcenterState};
use std::rc::Rc;
use yew::prelude::*;

/// A cluster, to choose from.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Cluster {
    pub(crate) moref: String,
    pub(crate) name: String,
    pub(crate) datacenter: String,
    pub(crate) hosts: i64,
}

/// Keeps the clusters of a vCenter on hand, no older than its TTL, while the component is there.
#[hook]
pub(crate) fn use_clusters(vcenter: &VcenterId) -> Option<Vec<Cluster>> {
    use_query(clusters_of(vcenter)).value.map(|rows| clusters(&rows))
}

impl VcenterService {
    /// The role that this window calls in; `None` until it is known.
    pub(crate) fn role(&self) -> Option<WindowRole> {
        self.see(World::role)
    }

    /// Whether the role allows a command. Who may not is offered no button for it.
    pub(crate) fn may<C: Command>(&self) -> bool {
        self.has_role(C::ROLE)
    }

    /// Whether the role opens a page.
    pub(crate) fn may_open(&self, route: &Route) -> bool {
        self.has_role(route.role())
    }

    /// Whether the role is this one, or a higher one.
    pub(crate) fn has_role(&self, needed: Role) -> bool {
        self.see(move |world| world.role().is_some_and(|shown| shown.role >= needed))
    }

    /// Every vCenter, by name; `None` until they are known.
    pub(crate) fn vcenters(&self) -> Option<Rc<Vec<Vcenter>>> {
        self.listed().value
    }

    /// The same, with why they are not known.
    pub(crate) fn listed(&self) -> Answer<Vec<Vcenter>> {
        self.see(World::vcenters)
    }

    /// A vCenter.
    pub(crate) fn vcenter(&self, id: &VcenterId) -> Option<Vcenter> {
        let id = id.clone();
        self.see(move |world| world.vcenter(&id).cloned())
    }

    /// The clusters that are on hand, of whichever vCenter.
    #[expect(
        dead_code,
        reason = "what the hook promises to pages; those of today ask for one vCenter at a time"
    )]
    pub(crate) fn clusters(&self) -> Vec<Cluster> {
        let vcenters = self.vcenters().unwrap_or_default();
        vcenters.iter().filter_map(|vcenter| self.get_clusters_by_vcenter(&vcenter.id)).flatten().collect()
    }

    /// The newest operations, newest first.
    #[expect(
        dead_code,
        reason = "what the hook promises to pages; those of today ask for the active ones and the outcomes"
    )]
    pub(crate) fn operations(&self) -> Vec<Operation> {
        self.see(|world| world.operations().to_vec())
    }

    /// When a vCenter was last read as a whole.
    pub(crate) fn last_sync(&self, vcenter: &VcenterId) -> Option<Time> {
        let vcenter = vcenter.clone();
        self.see(move |world| world.status(&vcenter)?.synced_at)
    }

    /// Whether work that a person asked for waits or runs on a vCenter.
    pub(crate) fn is_vcenter_busy(&self, vcenter: &VcenterId) -> bool {
        let vcenter = vcenter.clone();
        self.see(move |world| world.is_busy(&vcenter))
    }

    /// The clusters of a vCenter, if a component keeps them on hand (`use_clusters`).
    pub(crate) fn get_clusters_by_vcenter(&self, vcenter: &VcenterId) -> Option<Vec<Cluster>> {
        let asked = Asked::new(clusters_of(vcenter));
        self.see(move |world| world.cache.answer(&asked)).value.map(|rows| clusters(&rows))
    }

    /// The operations that wait or run.
    pub(crate) fn get_active_operations(&self) -> Vec<Operation> {
        self.see(|world| world.active().cloned().collect())
    }

    /// Whether a person cancelled an operation and it has not ended yet.
    pub(crate) fn is_cancelling(&self, operation: &OperationId) -> bool {
        let operation = operation.clone();
        self.see(move |world| world.work.is_cancelling(&operation))
    }

    /// Whether the simulated vCenters are shown.
    pub(crate) fn is_simulated(&self) -> bool {
        self.see(|world| world.estate().is_some_and(|estate| estate.simulated))
    }

    /// Whether a vCenter cannot be worked with at the moment.
    pub(crate) fn is_troubled(&self, vcenter: &VcenterId) -> bool {
        let vcenter = vcenter.clone();
        self.see(move |world| world.is_troubled(&vcenter))
    }

    /// Whether something of a vCenter is being read, by whomever.
    pub(crate) fn is_being_read(&self, vcenter: &VcenterId) -> bool {
        let vcenter = vcenter.clone();
        self.see(move |world| world.is_being_read(&vcenter))
    }

    /// The connection state of a vCenter.
    pub(crate) fn state(&self, vcenter: &VcenterId) -> Option<VcenterState> {
        let vcenter = vcenter.clone();
        self.see(move |world| Some(world.status(&vcenter)?.state))
    }

    /// What a person asked for on a vCenter and that waits or runs.
    pub(crate) fn asked_for(&self, vcenter: &VcenterId) -> Vec<Operation> {
        let vcenter = vcenter.clone();
        self.see(move |world| world.asked_for(&vcenter).cloned().collect())
    }

    /// How the last sync of a vCenter ended.
    pub(crate) fn last_sync_outcome(&self, vcenter: &VcenterId) -> Option<Operation> {
        let vcenter = vcenter.clone();
        self.see(move |world| world.last_sync_outcome(&vcenter).cloned())
    }

    /// The toasts on screen.
    pub(crate) fn toasts(&self) -> Toasts {
        self.see(|world| world.news.toasts().clone())
    }
}

/// Names and sizes of the clusters of a vCenter.
fn clusters_of(vcenter: &VcenterId) -> ReadRows {
    let query = RowQuery {
        vcenters: vec![vcenter.clone()],
        columns: ["name", "datacenter", "host_count"].map(str::to_owned).to_vec(),
        limit: contract::LARGEST_WINDOW,
        refresh: true,
        ..RowQuery::count(Kind::Clusters)
    };
    ReadRows { query }
}

fn clusters(rows: &Rows) -> Vec<Cluster> {
    let cluster = |cells: &contract::Cells| {
        let text = |position: usize| cells.values.get(position)?.as_str().map(str::to_owned);
        Cluster {
            moref: cells.moref.to_string(),
            name: text(0).unwrap_or_default(),
            datacenter: text(1).unwrap_or_default(),
            hosts: cells.values.get(2).and_then(serde_json::Value::as_i64).unwrap_or_default(),
        }
    };
    rows.rows.iter().map(cluster).collect()
}
