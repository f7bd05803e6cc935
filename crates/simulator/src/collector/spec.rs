//! Which properties a request wants of which types.
//! Refuses unknown types, and names the path that a type doesn't have.

use super::{Source, Target, Value, of_object, of_view};
use crate::estate::Estate;
use crate::schema::{Path, type_of};
use crate::soap::{Element, Fault};

/// The properties of types that aren't in the inventory.
const OF_VIEW: [&str; 4] = ["container", "recursive", "type", "view"];
const OF_MANAGERS: [(&str, &[&str]); 4] = [
    ("ServiceInstance", &["capability", "content", "serverClock"]),
    ("SessionManager", &["currentSession", "defaultLocale", "sessionList"]),
    ("PropertyCollector", &["filter"]),
    ("ViewManager", &["viewList"]),
];

/// Paths by type.
#[derive(Debug, Default)]
pub(crate) struct Specs(Vec<Spec>);

#[derive(Debug)]
struct Spec {
    type_name: String,
    paths: Paths,
}

#[derive(Debug)]
enum Paths {
    OfObjects(Vec<Path>),
    OfOthers(Vec<String>),
}

impl Specs {
    /// Takes in what a PropertyFilterSpec says about properties.
    pub(super) fn add(&mut self, filter: &Element) -> Result<(), Fault> {
        if filter.child("propSet").is_none() {
            return Err(Fault::InvalidArgument("specSet.propSet"));
        }
        for set in filter.all("propSet") {
            let type_name = set.value("type").unwrap_or_default();
            let asked = set.all("pathSet").map(|path| path.text.trim());
            let paths = match type_of(type_name) {
                Some(kind) if set.flag("all") => Paths::OfObjects(kind.all()),
                Some(kind) => {
                    let found = asked
                        .map(|path| kind.path(path).ok_or_else(|| Fault::InvalidProperty(path.to_owned())));
                    Paths::OfObjects(found.collect::<Result<_, _>>()?)
                }
                None => {
                    let known = others(type_name).ok_or(Fault::InvalidArgument("specSet.propSet.type"))?;
                    let paths: Vec<String> = match set.flag("all") {
                        true => known.iter().map(|path| (*path).to_owned()).collect(),
                        false => asked.map(str::to_owned).collect(),
                    };
                    // Below the content of the service instance nobody asks.
                    if let Some(unknown) = paths.iter().find(|path| !known.contains(&path.as_str())) {
                        return Err(Fault::InvalidProperty(unknown.clone()));
                    }
                    Paths::OfOthers(paths)
                }
            };
            self.0.push(Spec { type_name: type_name.to_owned(), paths });
        }
        Ok(())
    }

    /// Whether an object has a place in the answer.
    pub(super) fn applies(&self, target: &Target, estate: &Estate) -> bool {
        self.of(type_name(target, estate)).is_some()
    }

    /// The most derived of the types that an object is of.
    fn of(&self, type_name: &str) -> Option<&Spec> {
        let Some(kind) = type_of(type_name) else {
            return self.0.iter().find(|spec| spec.type_name == type_name);
        };
        kind.lineage().find_map(|kind| self.0.iter().find(|spec| spec.type_name == kind.name))
    }

    /// The values that are set, each with its path.
    pub(super) fn values<'a>(&'a self, target: &Target, source: &'a Source<'_>) -> Vec<(&'a str, Value<'a>)> {
        let Some(spec) = self.of(type_name(target, source.estate)) else { return Vec::new() };
        match (&spec.paths, target) {
            (Paths::OfObjects(paths), Target::Object(id)) => {
                let read = paths.iter().filter_map(|path| {
                    of_object(source.estate, *id, path).map(|value| (path.text.as_str(), Value::Data(value)))
                });
                read.collect()
            }
            (Paths::OfOthers(paths), Target::View(id)) => {
                let Some(view) = source.session.view(id) else { return Vec::new() };
                paths.iter().filter_map(|path| Some((path.as_str(), of_view(view, path)?))).collect()
            }
            (Paths::OfOthers(paths), Target::Manager(kind, _)) => paths
                .iter()
                .filter_map(|path| Some((path.as_str(), of_manager(kind, path, source)?)))
                .collect(),
            _ => Vec::new(),
        }
    }
}

/// The type of what can have properties.
pub(super) fn type_name<'a>(target: &Target, estate: &Estate) -> &'a str {
    match target {
        Target::Object(id) => estate.kind(*id).type_name(),
        Target::View(_) => "ContainerView",
        Target::Manager(kind, _) => kind,
    }
}

fn others(type_name: &str) -> Option<&'static [&'static str]> {
    if type_name == "ContainerView" {
        return Some(&OF_VIEW);
    }
    OF_MANAGERS.iter().find(|(name, _)| *name == type_name).map(|(_, paths)| *paths)
}

fn of_manager<'a>(kind: &str, path: &str, source: &'a Source<'_>) -> Option<Value<'a>> {
    match (kind, path) {
        ("ServiceInstance", "content") => Some(Value::Fields("ServiceContent", source.content)),
        ("SessionManager", "currentSession") => Some(Value::Fields("UserSession", &source.user_session)),
        _ => None,
    }
}
