//! Where the numbers of the page lead: the rows that they count.
//! Refuses to hold rows: it makes addresses.

use crate::state::route::{Route, Selected};
use crate::state::table::View;
use contract::{Condition, Kind, Moref, VcenterId};

/// A part of the estate whose rows are meant.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Scope {
    pub(super) vcenter: Option<VcenterId>,
    pub(super) datacenter: Option<Moref>,
    pub(super) cluster: Option<Moref>,
}

impl Scope {
    /// The rows of a kind in it, with these conditions beside.
    pub(super) fn rows(&self, kind: Kind, conditions: Vec<Condition>) -> Route {
        let mut all = Vec::new();
        match (&self.cluster, &self.datacenter) {
            (Some(cluster), _) => {
                // A datastore is in as many clusters as have hosts with access.
                let column = if kind == Kind::Datastores { "clusters_moref" } else { "cluster_moref" };
                all.push(Condition::is(column, cluster));
            }
            (None, Some(datacenter)) => all.push(Condition::is("datacenter_moref", datacenter)),
            (None, None) => {}
        }
        all.extend(conditions);
        Route::Inventory(Box::new(View { vcenter: self.vcenter.clone(), conditions: all, ..View::of(kind) }))
    }

    /// One object, open beside its rows.
    pub(super) fn open(&self, kind: Kind, moref: &Moref) -> Option<Route> {
        let open = Selected { vcenter: self.vcenter.clone()?, moref: moref.clone() };
        Some(Route::Inventory(Box::new(View { open: Some(open), ..View::of(kind) })))
    }
}

/// VMs of people: what can't be read doesn't say what it is, and counts as one.
pub(super) fn of_people() -> Vec<Condition> {
    ["is_template", "is_agent", "is_placeholder"].map(|column| Condition::is_not(column, "true")).to_vec()
}

/// Those of them that are powered on.
pub(super) fn powered_on() -> Vec<Condition> {
    let mut all = of_people();
    all.push(Condition::is("power_state", "poweredOn"));
    all
}

/// VMs of which a column is true.
pub(super) fn being(column: &str) -> Vec<Condition> {
    vec![Condition::is(column, "true")]
}
