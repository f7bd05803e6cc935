//! The property collector: which objects a request selects, and pages of their properties.
//! Refuses a request as a whole where a vCenter does: over one unknown path, type or object.

mod routes;
mod spec;
mod updates;
mod walk;

use std::collections::HashSet;
use std::fmt::Write as _;
use std::ops::Range;
use std::sync::Arc;

use spec::Specs;
pub(crate) use updates::{Collector, Filter};
use walk::Budget;

use crate::content::Content;
use crate::data::escape;
use crate::estate::Id;
use crate::inventory::{Inventory, Value};
use crate::options::{Behavior, Named};
use crate::roles::Roles;
use crate::schema::{Undeclared, type_of};
use crate::sessions::{Session, View};
use crate::soap::{Element, Fault, MoRef};

/// What can have properties.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Target {
    Object(Id),
    View(String),
    /// An object that every vCenter has once.
    Manager(MoRef),
}

/// A selection of objects with what to read of each.
#[derive(Debug, Default)]
pub(crate) struct Selected {
    /// Each with the place of what is read of it. An object that two specSets select is there twice.
    targets: Vec<(Target, usize)>,
    specs: Vec<Specs>,
}

impl Selected {
    /// The objects of one more PropertyFilterSpec, whose properties are read of these and of no others.
    fn add(&mut self, spec: &Element, source: &Source<'_>, budget: &mut Budget) -> Result<(), Fault> {
        let specs = Specs::of_filter(spec, source)?;
        let mut seen = HashSet::new();
        for target in walk::targets(spec, source, budget)? {
            if specs.applies(&target, source.inventory) && seen.insert(target.clone()) {
                self.targets.push((target, self.specs.len()));
            }
        }
        self.specs.push(specs);
        Ok(())
    }

    fn len(&self) -> usize {
        self.targets.len()
    }

    /// Objects from one place to another, each with the values that are set.
    fn values<'a>(
        &'a self,
        places: Range<usize>,
        source: &'a Source<'_>,
    ) -> impl Iterator<Item = (&'a Target, Vec<(&'a str, Value<'a>)>)> {
        self.targets[places].iter().map(|(target, of)| (target, self.specs[*of].values(target, source)))
    }
}

/// What is left of a retrieval.
#[derive(Debug)]
pub(crate) struct Rest {
    selected: Arc<Selected>,
    from: usize,
    page: usize,
}

/// What values are read from.
pub(crate) struct Source<'a> {
    pub(crate) inventory: &'a Inventory,
    pub(crate) session: &'a Session,
    pub(crate) content: &'a Content,
    pub(crate) roles: &'a Roles,
    /// The session as fields, for who asks the session manager.
    pub(crate) user_session: String,
    pub(crate) behavior: Behavior,
}

impl Source<'_> {
    /// Why a path that no type declares can't be asked for.
    fn undeclared(&self, path: &Undeclared<'_>) -> Fault {
        Fault::InvalidProperty(match self.behavior.invalid_property {
            Named::Path => path.path.to_owned(),
            Named::Prefix => path.prefix.to_owned(),
        })
    }

    /// Objects in a page at most.
    fn page(&self) -> usize {
        self.behavior.page.max(1)
    }
}

impl Rest {
    /// The whole of a request for properties.
    pub(crate) fn begin(
        arguments: &Element,
        options: Option<&Element>,
        source: &Source<'_>,
    ) -> Result<Rest, Fault> {
        let (mut selected, mut budget) = (Selected::default(), Budget::default());
        if arguments.child("specSet").is_none() {
            return Err(Fault::InvalidArgument("specSet"));
        }
        for spec in arguments.all("specSet") {
            selected.add(spec, source, &mut budget)?;
        }
        let limit = options.and_then(|options| options.value("maxObjects"));
        let page = match limit.map(str::parse::<i64>) {
            None => source.page(),
            Some(Ok(limit)) if limit > 0 => {
                usize::try_from(limit).map_or(source.page(), |limit| limit.min(source.page()))
            }
            Some(_) => return Err(Fault::InvalidArgument("options.maxObjects")),
        };
        Ok(Rest { selected: Arc::new(selected), from: 0, page })
    }

    /// Writes the next page. Answers with what is left after it.
    pub(crate) fn write(self, source: &Source<'_>, out: &mut String) -> Option<Rest> {
        let Rest { selected, from, page } = self;
        let to = (from + page).min(selected.len());
        for (target, values) in selected.values(from..to, source) {
            out.push_str("<objects>");
            write_target("obj", target, source.inventory, out);
            for (path, value) in values {
                out.push_str("<propSet><name>");
                escape(path, out);
                out.push_str("</name>");
                value.write(source.inventory, out);
                out.push_str("</propSet>");
            }
            out.push_str("</objects>");
        }
        (to < selected.len()).then_some(Rest { selected, from: to, page })
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.selected.len() == 0
    }
}

/// A target as an element.
pub(crate) fn write_target(name: &str, target: &Target, inventory: &Inventory, out: &mut String) {
    let _ = match target {
        Target::Object(id) => {
            inventory.write_reference(name, *id, "", out);
            Ok(())
        }
        Target::View(id) => write!(out, "<{name} type=\"ContainerView\">{id}</{name}>"),
        Target::Manager(MoRef { kind, value }) => write!(out, "<{name} type=\"{kind}\">{value}</{name}>"),
    };
}

/// The properties of a view.
fn of_view<'a>(view: &View, path: &str, inventory: &Inventory) -> Option<Value<'a>> {
    let mut val = String::new();
    match path {
        "view" => inventory.write_references(&view.members, &mut val),
        "container" => {
            inventory.write_reference(
                "val",
                view.container,
                " xsi:type=\"ManagedObjectReference\"",
                &mut val,
            );
        }
        "recursive" => {
            let _ = write!(val, "<val xsi:type=\"xsd:boolean\">{}</val>", view.recursive);
        }
        "type" if !view.types.is_empty() => {
            // The names of types that exist: there is nothing to escape.
            let types: String = view.types.iter().map(|name| format!("<string>{name}</string>")).collect();
            let _ = write!(val, "<val xsi:type=\"ArrayOfString\">{types}</val>");
        }
        _ => return None,
    }
    Some(Value::Written(val))
}

/// The reference of an element.
pub(crate) fn moref(element: &Element) -> MoRef {
    MoRef { kind: element.kind.clone().unwrap_or_default(), value: element.text.trim().to_owned() }
}

/// Whether objects of a type are also of another.
pub(crate) fn is_a(type_name: &str, other: &str) -> bool {
    type_of(type_name).is_some_and(|kind| kind.is_a(other))
}
