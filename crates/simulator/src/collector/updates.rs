//! Filters, and what has changed: everything at first, and nothing after, because an estate doesn't change.
//! Refuses a version that it never gave out.

use std::sync::Arc;

use super::{PAGE, Rest, Selected, Source, write_target};
use crate::data::escape;
use crate::soap::{Element, Fault};

/// A filter of a property collector.
#[derive(Debug)]
pub(crate) struct Filter {
    pub(crate) id: String,
    selected: Arc<Selected>,
    /// How many objects have been told.
    told: usize,
    /// Its request, to be told where it is asked for.
    pub(crate) version: u32,
}

/// What a wait comes to.
pub(crate) enum Waited {
    /// An UpdateSet.
    Updates(String),
    /// Nothing so far.
    Nothing,
}

impl Filter {
    /// The filter of a CreateFilter.
    pub(crate) fn new(id: String, spec: &Element, source: &Source<'_>) -> Result<Filter, Fault> {
        let mut arguments = Element::default();
        arguments.children.push(Element { name: "specSet".into(), ..spec.clone() });
        let rest = Rest::begin(&arguments, source)?;
        Ok(Filter { id, selected: rest.selected, told: 0, version: 0 })
    }
}

/// What the filters of a collector have to tell after `version`.
pub(crate) fn update_set(
    filters: &mut [Filter],
    version: &str,
    most: Option<usize>,
    source: &Source<'_>,
) -> Result<Waited, Fault> {
    let current = filters.iter().map(|filter| filter.version).max().unwrap_or_default();
    if version.is_empty() {
        for filter in filters.iter_mut() {
            filter.told = 0;
        }
    } else if version.parse() != Ok(current) || current == 0 {
        return Err(Fault::InvalidCollectorVersion);
    }
    let mut room = most.unwrap_or(PAGE).clamp(1, PAGE);
    let next = current + 1;
    let mut sets = String::new();
    for filter in filters.iter_mut() {
        let left = filter.selected.targets.len() - filter.told;
        if left == 0 || room == 0 {
            continue;
        }
        let now = left.min(room);
        sets.push_str("<filterSet><filter type=\"PropertyFilter\">");
        escape(&filter.id, &mut sets);
        sets.push_str("</filter>");
        for target in &filter.selected.targets[filter.told..filter.told + now] {
            sets.push_str("<objectSet><kind>enter</kind>");
            write_target("obj", target, source.estate, &mut sets);
            for (path, value) in filter.selected.specs.values(target, source) {
                sets.push_str("<changeSet><name>");
                escape(path, &mut sets);
                sets.push_str("</name><op>assign</op>");
                value.write(source, &mut sets);
                sets.push_str("</changeSet>");
            }
            sets.push_str("</objectSet>");
        }
        sets.push_str("</filterSet>");
        filter.told += now;
        room -= now;
    }
    if sets.is_empty() {
        return Ok(Waited::Nothing);
    }
    let is_truncated = filters.iter().any(|filter| filter.told < filter.selected.targets.len());
    for filter in filters.iter_mut() {
        filter.version = next;
    }
    let truncated = if is_truncated { "<truncated>true</truncated>" } else { "" };
    Ok(Waited::Updates(format!("<version>{next}</version>{sets}{truncated}")))
}
