//! Which properties a request wants of which types.
//! Refuses unknown types, and names the path that a type doesn't have.

use super::{Source, Target, is_a, of_view};
use crate::alarms;
use crate::estate::Id;
use crate::inventory::{Inventory, Value};
use crate::roles;
use crate::schema::{Path, type_of};
use crate::soap::{Element, Fault, MoRef};

/// The properties of types that aren't in the inventory.
const OF_VIEW: [&str; 4] = ["container", "recursive", "type", "view"];
const OF_MANAGERS: [(&str, &[&str]); 6] = [
    (alarms::TYPE, &["info.name"]),
    ("AuthorizationManager", &["description", "privilegeList", "roleList"]),
    ("ServiceInstance", &["capability", "content", "serverClock"]),
    ("SessionManager", &["currentSession", "defaultLocale", "sessionList"]),
    ("PropertyCollector", &["filter"]),
    ("ViewManager", &["viewList"]),
];

/// Paths by type, of one PropertyFilterSpec.
#[derive(Debug)]
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
    /// What a PropertyFilterSpec says about properties.
    pub(super) fn of_filter(filter: &Element, source: &Source<'_>) -> Result<Specs, Fault> {
        if filter.child("propSet").is_none() {
            return Err(Fault::InvalidArgument("specSet.propSet"));
        }
        let mut specs = Vec::new();
        for set in filter.all("propSet") {
            let type_name = set.value("type").unwrap_or_default();
            let asked = set.all("pathSet").map(|path| path.text.trim());
            let paths = match type_of(type_name) {
                Some(kind) if set.flag("all") => Paths::OfObjects(kind.all()),
                Some(kind) => {
                    let found = asked.map(|path| kind.path(path).map_err(|path| source.undeclared(&path)));
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
            specs.push(Spec { type_name: type_name.to_owned(), paths });
        }
        Ok(Specs(specs))
    }

    /// Whether an object has a place in the answer.
    pub(super) fn applies(&self, target: &Target, inventory: &Inventory) -> bool {
        self.of(type_name(target, inventory)).next().is_some()
    }

    /// Those for a type and for all that it extends: an object gets the properties of all of them.
    fn of(&self, type_name: &str) -> impl Iterator<Item = &Spec> {
        self.0.iter().filter(move |spec| spec.type_name == type_name || is_a(type_name, &spec.type_name))
    }

    /// The values that are set, each with its path.
    pub(super) fn values<'a>(
        &'a self,
        target: &'a Target,
        source: &'a Source<'_>,
    ) -> Vec<(&'a str, Value<'a>)> {
        let own = type_name(target, source.inventory);
        let mut values: Vec<(&str, Value<'_>)> = Vec::new();
        for (number, spec) in self.of(own).enumerate() {
            let mut add = |path: &'a str, value: Option<Value<'a>>| {
                let is_there = number > 0 && values.iter().any(|(known, _)| *known == path);
                values.extend(value.filter(|_| !is_there).map(|value| (path, value)));
            };
            match (&spec.paths, target) {
                (Paths::OfObjects(paths), Target::Object(id)) => {
                    paths.iter().for_each(|path| add(&path.text, of_object(*id, path, source)));
                }
                (Paths::OfOthers(paths), Target::View(id)) => {
                    let view = source.session.view(id);
                    let view = view.as_deref();
                    let value = |path: &str| view.and_then(|view| of_view(view, path, source.inventory));
                    paths.iter().for_each(|path| add(path, value(path)));
                }
                (Paths::OfOthers(paths), Target::Manager(manager)) => {
                    paths.iter().for_each(|path| add(path, of_manager(manager, path, source)));
                }
                _ => {}
            }
        }
        values
    }
}

/// The type of what can have properties.
pub(super) fn type_name<'a>(target: &'a Target, inventory: &'a Inventory) -> &'a str {
    match target {
        Target::Object(id) => inventory.type_name(*id),
        Target::View(_) => "ContainerView",
        Target::Manager(manager) => &manager.kind,
    }
}

/// Whether a type that isn't in the inventory has properties here.
pub(super) fn is_known(type_name: &str) -> bool {
    others(type_name).is_some()
}

fn others(type_name: &str) -> Option<&'static [&'static str]> {
    if type_name == "ContainerView" {
        return Some(&OF_VIEW);
    }
    OF_MANAGERS.iter().find(|(name, _)| *name == type_name).map(|(_, paths)| *paths)
}

fn of_object<'a>(id: Id, path: &Path, source: &'a Source<'_>) -> Option<Value<'a>> {
    let value = source.inventory.value(id, path)?;
    match &*path.text {
        "effectiveRole" => Some(Value::Written(source.roles.effective(id))),
        _ => Some(value),
    }
}

fn of_manager<'a>(manager: &MoRef, path: &str, source: &Source<'_>) -> Option<Value<'a>> {
    let (scope, type_name, fields) = match (&*manager.kind, path) {
        (alarms::TYPE, "info.name") => {
            let name = alarms::name(&manager.value)?;
            return Some(Value::Written(format!("<val xsi:type=\"xsd:string\">{name}</val>")));
        }
        ("AuthorizationManager", "roleList") => return Some(Value::Written(roles::list())),
        ("ServiceInstance", "content") => (&*source.content.scope, "ServiceContent", &source.content.fields),
        ("SessionManager", "currentSession") => ("", "UserSession", &source.user_session),
        _ => return None,
    };
    Some(Value::Written(format!("<val{scope} xsi:type=\"{type_name}\">{fields}</val>")))
}
