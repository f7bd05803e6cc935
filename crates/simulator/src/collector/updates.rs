//! Filters, and what has changed: everything at first, and nothing after, because an estate doesn't change.
//! Refuses a version that it never gave out.

use std::sync::Arc;

use super::{Rest, Selected, Source, write_target};
use crate::data::escape;
use crate::soap::{Element, Fault};

/// A filter of a property collector.
#[derive(Debug)]
pub(crate) struct Filter {
    id: String,
    selected: Arc<Selected>,
    /// How many objects have been told.
    told: usize,
    /// How many had been told at the version that [`Collector::settled`] names.
    settled: usize,
}

/// The filters that are waited for together.
#[derive(Debug, Default)]
pub(crate) struct Collector {
    filters: Vec<Filter>,
    /// How often something was told.
    version: u32,
    is_truncated: bool,
    /// The last version without a rest that the client has shown to know; 0 for none. It may be named again, by who
    /// has lost the answers after it.
    settled: u32,
    /// How often its waits were cancelled.
    cancels: u32,
}

impl Filter {
    /// The filter of a CreateFilter.
    pub(crate) fn new(id: String, spec: &Element, source: &Source<'_>) -> Result<Filter, Fault> {
        let mut arguments = Element::default();
        arguments.children.push(Element { name: "specSet".into(), ..spec.clone() });
        let rest = Rest::begin(&arguments, None, source)?;
        Ok(Filter { id, selected: rest.selected, told: 0, settled: 0 })
    }

    /// Objects that have not been told.
    fn left(&self) -> usize {
        self.selected.len() - self.told
    }

    /// Writes the next objects as a PropertyFilterUpdate.
    fn write(&self, count: usize, source: &Source<'_>, out: &mut String) {
        out.push_str("<filterSet><filter type=\"PropertyFilter\">");
        escape(&self.id, out);
        out.push_str("</filter>");
        for (target, values) in self.selected.values(self.told..self.told + count, source) {
            out.push_str("<objectSet><kind>enter</kind>");
            write_target("obj", target, source.inventory, out);
            for (path, value) in values {
                out.push_str("<changeSet><name>");
                escape(path, out);
                out.push_str("</name><op>assign</op>");
                value.write(source.inventory, out);
                out.push_str("</changeSet>");
            }
            out.push_str("</objectSet>");
        }
        out.push_str("</filterSet>");
    }
}

impl Collector {
    pub(crate) fn add(&mut self, filter: Filter) {
        self.filters.push(filter);
    }

    /// Whether the filter was here.
    pub(crate) fn remove(&mut self, id: &str) -> bool {
        let before = self.filters.len();
        self.filters.retain(|filter| filter.id != id);
        self.filters.len() < before
    }

    pub(crate) fn has(&self, id: &str) -> bool {
        self.filters.iter().any(|filter| filter.id == id)
    }

    /// Cancels the waits that are under way.
    pub(crate) fn cancel(&mut self) {
        self.cancels = self.cancels.wrapping_add(1);
    }

    pub(crate) fn cancels(&self) -> u32 {
        self.cancels
    }

    pub(crate) fn len(&self) -> usize {
        self.filters.len()
    }

    /// What there is to tell after `version`, as an UpdateSet: all of it where that is empty.
    pub(crate) fn updates(
        &mut self,
        version: &str,
        most: Option<usize>,
        source: &Source<'_>,
    ) -> Result<Option<String>, Fault> {
        self.go_back_to(version)?;
        let mut room = most.unwrap_or(source.page()).clamp(1, source.page());
        let mut sets = String::new();
        for filter in &mut self.filters {
            let now = filter.left().min(room);
            if now > 0 {
                filter.write(now, source, &mut sets);
                filter.told += now;
                room -= now;
            }
        }
        if sets.is_empty() {
            return Ok(None);
        }
        self.version += 1;
        self.is_truncated = self.filters.iter().any(|filter| filter.left() > 0);
        let truncated = if self.is_truncated { "<truncated>true</truncated>" } else { "" };
        Ok(Some(format!("<version>{}</version>{sets}{truncated}", self.version)))
    }

    /// To what had been told at a version.
    fn go_back_to(&mut self, version: &str) -> Result<(), Fault> {
        if version.is_empty() {
            self.settled = 0;
            self.filters.iter_mut().for_each(|filter| (filter.told, filter.settled) = (0, 0));
            return Ok(());
        }
        match version.parse() {
            Ok(0) | Err(_) => Err(Fault::InvalidCollectorVersion),
            Ok(version) if version == self.version => {
                if !self.is_truncated {
                    self.settled = version;
                    self.filters.iter_mut().for_each(|filter| filter.settled = filter.told);
                }
                Ok(())
            }
            Ok(version) if version == self.settled => {
                self.filters.iter_mut().for_each(|filter| filter.told = filter.settled);
                Ok(())
            }
            Ok(_) => Err(Fault::InvalidCollectorVersion),
        }
    }
}
