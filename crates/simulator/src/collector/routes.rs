//! The traversals of a request, read and checked before anything is walked.
//! Refuses a type or a path that nothing has, also where the walk would never come by, and a name that stands for nothing.

use std::collections::HashMap;

use super::Source;
use crate::schema::{Path, type_of};
use crate::soap::{Element, Fault};

/// The traversals below an ObjectSpec.
#[derive(Debug)]
pub(super) struct Routes {
    pub(super) all: Vec<Route>,
    /// Those that start from the object itself, by their place among all.
    pub(super) first: Vec<usize>,
}

/// A TraversalSpec.
#[derive(Debug)]
pub(super) struct Route {
    pub(super) of_type: String,
    pub(super) along: Along,
    /// Whether what it leads to is left out of the answer.
    pub(super) skip: bool,
    /// Where it goes on from there.
    pub(super) next: Vec<usize>,
}

/// What a traversal follows.
#[derive(Debug)]
pub(super) enum Along {
    /// The members of a view.
    View,
    Path(Path),
}

impl Routes {
    /// The traversals of an ObjectSpec.
    pub(super) fn of(set: &Element, source: &Source<'_>) -> Result<Routes, Fault> {
        let mut known = Known::default();
        let mut all = Vec::new();
        collect(set, &mut all, &mut known, source)?;
        let first = known.selected(set)?;
        for (at, element) in known.elements.iter().enumerate() {
            all[at].next = known.selected(element)?;
        }
        Ok(Routes { all, first })
    }
}

/// Where traversals are among all of a request.
#[derive(Default)]
struct Known<'a> {
    elements: Vec<&'a Element>,
    /// By its place in memory.
    places: HashMap<*const Element, usize>,
    names: HashMap<&'a str, usize>,
}

impl Known<'_> {
    /// The places of what is selected below an element.
    fn selected(&self, above: &Element) -> Result<Vec<usize>, Fault> {
        let place = |select: &Element| {
            let itself = self.places.get(&std::ptr::from_ref(select));
            let place = itself.or_else(|| self.names.get(select.value("name")?));
            place.copied().ok_or(Fault::InvalidArgument("selectSet.name"))
        };
        above.all("selectSet").map(place).collect()
    }
}

/// Traversals at any depth: others refer to them.
fn collect<'a>(
    above: &'a Element,
    all: &mut Vec<Route>,
    known: &mut Known<'a>,
    source: &Source<'_>,
) -> Result<(), Fault> {
    for select in above.all("selectSet") {
        if !is_traversal(select)? {
            continue;
        }
        let place = all.len();
        all.push(Route::read(select, source)?);
        known.elements.push(select);
        known.places.insert(select, place);
        if let Some(name) = select.value("name").filter(|name| !name.is_empty()) {
            // Of two with one name, the first is meant.
            known.names.entry(name).or_insert(place);
        }
        collect(select, all, known, source)?;
    }
    Ok(())
}

impl Route {
    fn read(select: &Element, source: &Source<'_>) -> Result<Route, Fault> {
        let required = |name| select.value(name).ok_or_else(|| Fault::missing(name));
        let (of_type, text) = (required("type")?, required("path")?);
        let along = match type_of(of_type) {
            Some(kind) => Along::Path(kind.path(text).map_err(|path| source.undeclared(&path))?),
            None if of_type == "ContainerView" && text == "view" => Along::View,
            None if super::spec::is_known(of_type) => return Err(Fault::InvalidProperty(text.to_owned())),
            None => return Err(Fault::InvalidArgument("selectSet.type")),
        };
        let skip = select.flag("skip");
        Ok(Route { of_type: of_type.to_owned(), along, skip, next: Vec::new() })
    }
}

/// Whether a selectSet is a traversal, and not the name of one. Its declared type has nothing but a name, so that a
/// traversal has to say what it is.
fn is_traversal(select: &Element) -> Result<bool, Fault> {
    match select.xsi_type.as_deref() {
        Some("TraversalSpec") => Ok(true),
        None | Some("SelectionSpec") => match select.children.iter().find(|child| child.name != "name") {
            None => Ok(false),
            Some(other) => Err(Fault::InvalidRequest(format!("Unexpected element tag \"{}\"", other.name))),
        },
        Some(other) => Err(Fault::InvalidRequest(format!("Unexpected type \"{other}\" of selectSet"))),
    }
}
