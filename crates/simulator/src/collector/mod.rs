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

use crate::data::{Data, escape, write_references};
use crate::estate::{Estate, Id};
use crate::schema::{At, Path, type_of};
use crate::sessions::{Session, View};
use crate::soap::{Element, Fault, MoRef};

/// Objects in a page at most, whatever is asked: many vCenters have this limit.
pub(crate) const PAGE: usize = 100;

/// What can have properties.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Target {
    Object(Id),
    View(String),
    /// An object that every vCenter has once.
    Manager(&'static str, &'static str),
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
        let specs = Specs::of_filter(spec)?;
        let mut seen = HashSet::new();
        for target in walk::targets(spec, source, budget)? {
            if specs.applies(&target, source.estate) && seen.insert(target.clone()) {
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

/// What a value is read from besides the estate.
pub(crate) struct Source<'a> {
    pub(crate) estate: &'a Estate,
    pub(crate) session: &'a Session,
    /// The content of the service instance, as fields.
    pub(crate) content: &'a str,
    /// The session as fields, for who asks the session manager.
    pub(crate) user_session: String,
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
            None => PAGE,
            Some(Ok(limit)) if limit > 0 => usize::try_from(limit).unwrap_or(PAGE).min(PAGE),
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
            write_target("obj", target, source.estate, out);
            for (path, value) in values {
                out.push_str("<propSet><name>");
                escape(path, out);
                out.push_str("</name>");
                value.write(source, out);
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

/// A property's value.
pub(crate) enum Value<'a> {
    Data(Data<'a>),
    /// The members of a view.
    Members(Arc<[Id]>),
    /// Fields of this type.
    Fields(&'static str, &'a str),
}

impl Value<'_> {
    pub(crate) fn write(&self, source: &Source<'_>, out: &mut String) {
        match self {
            Value::Data(data) => data.write_val(source.estate, out),
            Value::Members(members) => {
                out.push_str("<val xsi:type=\"ArrayOfManagedObjectReference\">");
                write_references(members, source.estate, out);
                out.push_str("</val>");
            }
            Value::Fields(type_name, fields) => {
                let _ = write!(out, "<val xsi:type=\"{type_name}\">{fields}</val>");
            }
        }
    }
}

/// A target as an element.
pub(crate) fn write_target(name: &str, target: &Target, estate: &Estate, out: &mut String) {
    let _ = match target {
        Target::Object(id) => {
            write!(out, "<{name} type=\"{}\">{}</{name}>", estate.kind(*id).type_name(), estate.moref(*id))
        }
        Target::View(id) => write!(out, "<{name} type=\"ContainerView\">{id}</{name}>"),
        Target::Manager(kind, id) => write!(out, "<{name} type=\"{kind}\">{id}</{name}>"),
    };
}

/// The properties of a view.
fn of_view<'a>(view: &View, path: &str) -> Option<Value<'a>> {
    Some(match path {
        "view" => Value::Members(view.members.clone()),
        "container" => Value::Data(Data::Reference(view.container)),
        "recursive" => Value::Data(Data::Bool(view.recursive)),
        "type" if !view.types.is_empty() => Value::Data(Data::List(
            "string",
            view.types.iter().map(|name| Data::text(name.clone())).collect(),
        )),
        _ => return None,
    })
}

/// The reference of an element.
pub(crate) fn moref(element: &Element) -> MoRef {
    MoRef { kind: element.kind.clone().unwrap_or_default(), value: element.text.trim().to_owned() }
}

/// The properties of an object by their paths.
fn of_object<'a>(estate: &'a Estate, id: Id, path: &Path) -> Option<Data<'a>> {
    path.read(At::new(estate, id)?)
}

/// Whether objects of a type are also of another.
pub(crate) fn is_a(type_name: &str, other: &str) -> bool {
    type_of(type_name).is_some_and(|kind| kind.is_a(other))
}
