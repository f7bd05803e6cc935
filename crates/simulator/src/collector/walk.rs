//! From the objects that a request names along its traversals to those that it selects.
//! Refuses to walk in circles: an object is visited once by each traversal.

use std::collections::HashSet;

use super::spec::type_name;
use super::{Source, Target, is_a, moref};
use crate::estate::Id;
use crate::schema::{At, type_of};
use crate::soap::{Element, Fault, MoRef};

/// Steps that one request may take. A whole estate by five traversals takes 200,000.
const VISITS: usize = 2_000_000;

/// The objects that a PropertyFilterSpec selects, in the order in which they are met.
pub(super) fn targets(filter: &Element, source: &Source<'_>) -> Result<Vec<Target>, Fault> {
    let mut found = Vec::new();
    if filter.child("objectSet").is_none() {
        return Err(Fault::InvalidArgument("specSet.objectSet"));
    }
    for set in filter.all("objectSet") {
        let from = set.child("obj").map(moref).ok_or(Fault::InvalidArgument("objectSet.obj"))?;
        let start = resolve(&from, source)?;
        if !set.flag("skip") {
            found.push(start.clone());
        }
        let mut named = Vec::new();
        collect(set, &mut named);
        let mut walk = Walk { source, named, visited: HashSet::new(), left: VISITS, found: &mut found };
        walk.along(&start, set)?;
    }
    Ok(found)
}

/// What a reference stands for.
fn resolve(from: &MoRef, source: &Source<'_>) -> Result<Target, Fault> {
    let missing = || Fault::ManagedObjectNotFound(from.clone());
    match from.kind.as_str() {
        "ContainerView" if source.session.view(&from.value).is_some() => Ok(Target::View(from.value.clone())),
        "ServiceInstance" if from.value == "ServiceInstance" => {
            Ok(Target::Manager("ServiceInstance", "ServiceInstance"))
        }
        "SessionManager" if from.value == "SessionManager" => {
            Ok(Target::Manager("SessionManager", "SessionManager"))
        }
        "PropertyCollector" if from.value == "propertyCollector" => {
            Ok(Target::Manager("PropertyCollector", "propertyCollector"))
        }
        "ViewManager" if from.value == "ViewManager" => Ok(Target::Manager("ViewManager", "ViewManager")),
        kind => source.estate.find(kind, &from.value).map(Target::Object).ok_or_else(missing),
    }
}

/// Traversals with a name, at any depth: others refer to them.
fn collect<'a>(element: &'a Element, named: &mut Vec<&'a Element>) {
    for select in element.all("selectSet") {
        if select.child("path").is_some() && select.child("name").is_some() {
            named.push(select);
        }
        collect(select, named);
    }
}

struct Walk<'a, 'b> {
    source: &'a Source<'b>,
    named: Vec<&'a Element>,
    /// Which object was visited by which traversal, known by its place in memory.
    visited: HashSet<(*const Element, Target)>,
    left: usize,
    found: &'a mut Vec<Target>,
}

impl<'a> Walk<'a, '_> {
    fn along(&mut self, start: &Target, from: &'a Element) -> Result<(), Fault> {
        let mut open: Vec<(Target, &'a Element)> = vec![(start.clone(), from)];
        while let Some((target, selects)) = open.pop() {
            for select in selects.all("selectSet") {
                self.left = self.left.checked_sub(1).ok_or(Fault::LimitExceeded("selectSet"))?;
                let Some(traversal) = self.traversal(select) else {
                    return Err(Fault::InvalidArgument("selectSet.name"));
                };
                let is_for = traversal.value("type").unwrap_or_default();
                let own = type_name(&target, self.source.estate);
                if own != is_for && !is_a(own, is_for) {
                    continue;
                }
                if !self.visited.insert((std::ptr::from_ref(traversal), target.clone())) {
                    continue;
                }
                for next in self.step(&target, traversal)? {
                    let next = Target::Object(next);
                    if !traversal.flag("skip") {
                        self.found.push(next.clone());
                    }
                    open.push((next, traversal));
                }
            }
        }
        Ok(())
    }

    fn traversal(&self, select: &'a Element) -> Option<&'a Element> {
        if select.child("path").is_some() {
            return Some(select);
        }
        let name = select.value("name")?;
        self.named.iter().find(|named| named.value("name") == Some(name)).copied()
    }

    /// Where a traversal leads from an object.
    fn step(&self, target: &Target, traversal: &Element) -> Result<Vec<Id>, Fault> {
        let text = traversal.value("path").unwrap_or_default();
        let is_for = traversal.value("type").unwrap_or_default();
        let unknown = || Fault::InvalidProperty(text.to_owned());
        match target {
            Target::View(id) if text == "view" => {
                Ok(self.source.session.view(id).map(|view| view.members.to_vec()).unwrap_or_default())
            }
            Target::View(_) | Target::Manager(..) => Err(unknown()),
            Target::Object(id) => {
                let path = type_of(is_for).and_then(|kind| kind.path(text)).ok_or_else(unknown)?;
                let at = At::new(self.source.estate, *id);
                Ok(at.and_then(|at| path.read(at)).map(|data| data.references()).unwrap_or_default())
            }
        }
    }
}
