//! From the objects that a request names along its traversals to those that it selects.
//! Refuses to walk in circles: an object is visited once by each traversal.

use std::collections::HashSet;

use super::routes::{Along, Routes};
use super::spec::type_name;
use super::{Source, Target, is_a, moref};
use crate::alarms;
use crate::estate::Id;
use crate::soap::{Element, Fault, MoRef};

/// Steps that one request may take, and objects that it may meet. A whole estate by five traversals takes 200,000.
const VISITS: usize = 2_000_000;

/// What is left of a request's steps.
#[derive(Debug)]
pub(super) struct Budget(usize);

impl Default for Budget {
    fn default() -> Budget {
        Budget(VISITS)
    }
}

impl Budget {
    fn spend(&mut self, steps: usize) -> Result<(), Fault> {
        self.0 = self.0.checked_sub(steps).ok_or(Fault::LimitExceeded("selectSet"))?;
        Ok(())
    }
}

/// The objects that a PropertyFilterSpec selects, in the order in which they are met.
pub(super) fn targets(
    filter: &Element,
    source: &Source<'_>,
    budget: &mut Budget,
) -> Result<Vec<Target>, Fault> {
    let mut found = Vec::new();
    if filter.child("objectSet").is_none() {
        return Err(Fault::InvalidArgument("specSet.objectSet"));
    }
    for set in filter.all("objectSet") {
        let from = set.child("obj").map(moref).ok_or(Fault::InvalidArgument("objectSet.obj"))?;
        let routes = Routes::of(set, source)?;
        let start = match resolve(&from, source) {
            // Asked for results all the same: what is gone is left out of them.
            Err(Fault::ManagedObjectNotFound(_)) if filter.flag("reportMissingObjectsInResults") => continue,
            start => start?,
        };
        if !set.flag("skip") {
            found.push(start.clone());
        }
        Walk { source, routes: &routes, visited: HashSet::new(), budget, found: &mut found }.from(start)?;
    }
    Ok(found)
}

/// What a reference stands for.
fn resolve(from: &MoRef, source: &Source<'_>) -> Result<Target, Fault> {
    let MoRef { kind, value } = from;
    let found = match kind.as_str() {
        "ContainerView" => source.session.view(value).map(|_| Target::View(value.clone())),
        "ServiceInstance" | "SessionManager" | "PropertyCollector" | "ViewManager" => {
            source.content.is_manager(kind, value).then(|| Target::Manager(from.clone()))
        }
        alarms::TYPE => alarms::name(value).map(|_| Target::Manager(from.clone())),
        kind => source.inventory.find(kind, value).map(Target::Object),
    };
    found.ok_or_else(|| Fault::ManagedObjectNotFound(from.clone()))
}

struct Walk<'a, 'b> {
    source: &'a Source<'b>,
    routes: &'a Routes,
    /// Which object was visited by which traversal.
    visited: HashSet<(usize, Target)>,
    budget: &'a mut Budget,
    found: &'a mut Vec<Target>,
}

impl Walk<'_, '_> {
    fn from(&mut self, start: Target) -> Result<(), Fault> {
        let routes = self.routes;
        let mut open: Vec<(Target, &[usize])> = vec![(start, &routes.first)];
        while let Some((target, next)) = open.pop() {
            for at in next {
                self.budget.spend(1)?;
                let (route, own) = (&routes.all[*at], type_name(&target, self.source.inventory));
                if own != route.of_type && !is_a(own, &route.of_type) {
                    continue;
                }
                if !self.visited.insert((*at, target.clone())) {
                    continue;
                }
                for id in self.step(&target, &route.along) {
                    self.budget.spend(1)?;
                    if !route.skip {
                        self.found.push(Target::Object(id));
                    }
                    open.push((Target::Object(id), &route.next));
                }
            }
        }
        Ok(())
    }

    /// Where a traversal leads from an object of its type.
    fn step(&self, target: &Target, along: &Along) -> Vec<Id> {
        match (target, along) {
            (Target::View(id), Along::View) => {
                self.source.session.view(id).map(|view| view.members.clone()).unwrap_or_default()
            }
            (Target::Object(id), Along::Path(path)) => self.source.inventory.references(*id, path),
            _ => Vec::new(),
        }
    }
}
