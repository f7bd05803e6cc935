//! What of the values in a page is built, and what is only passed over.
//! Refuses to judge anything outside of a property's value.

use std::sync::Arc;

use crate::property::PropertySet;

/// The fields to build, by property path; of a path that isn't here everything is.
#[derive(Clone, Debug, Default)]
pub(crate) struct Keep(Arc<[(Box<str>, Box<[&'static str]>)]>);

impl Keep {
    pub(crate) fn of(sets: &[PropertySet]) -> Self {
        let properties = sets.iter().flat_map(|set| &set.properties);
        let narrowed = properties.filter(|property| !property.fields.is_empty());
        Self(narrowed.map(|property| (property.path.as_str().into(), property.fields[..].into())).collect())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The value of this path, `depth` elements deep, if not all of it is to be built.
    pub(super) fn narrow(&self, path: &str, depth: usize) -> Option<Narrowed> {
        let rule = self.0.iter().position(|(known, _)| **known == *path)?;
        Some(Narrowed { rule, depth })
    }

    pub(super) fn wants(&self, narrowed: Narrowed, field: &str) -> bool {
        self.0[narrowed.rule].1.contains(&field)
    }
}

/// A value of which only some fields are built.
#[derive(Clone, Copy, Debug)]
pub(super) struct Narrowed {
    rule: usize,
    /// Elements that are open when the value is the innermost one.
    pub(super) depth: usize,
}
