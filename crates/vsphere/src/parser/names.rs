//! Names: one allocation for each that occurs, and the prefixes that stand for a namespace.

use std::{collections::HashSet, sync::Arc};

/// A hostile answer may hold a million different names; these many are remembered.
const REMEMBERED: usize = 4096;

/// Gives the same allocation for the same text.
#[derive(Debug, Default)]
pub(super) struct Names(HashSet<Arc<str>>);

impl Names {
    pub(super) fn get(&mut self, name: &str) -> Arc<str> {
        if let Some(known) = self.0.get(name) {
            return known.clone();
        }
        let name: Arc<str> = name.into();
        if self.0.len() < REMEMBERED {
            self.0.insert(name.clone());
        }
        name
    }
}

/// The namespaces that matter here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Namespace {
    /// `xsi`, by whatever prefix.
    SchemaInstance,
    /// `xsd`, the simple types.
    Schema,
    Other,
}

impl Namespace {
    fn of(uri: &str) -> Self {
        match uri {
            "http://www.w3.org/2001/XMLSchema-instance" => Self::SchemaInstance,
            "http://www.w3.org/2001/XMLSchema" => Self::Schema,
            _ => Self::Other,
        }
    }
}

/// Which prefix stands for what, innermost last.
#[derive(Debug, Default)]
pub(super) struct Prefixes(Vec<(Box<str>, Namespace)>);

impl Prefixes {
    pub(super) fn declare(&mut self, prefix: &str, uri: &str) {
        self.0.push((prefix.into(), Namespace::of(uri)));
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn truncate(&mut self, len: usize) {
        self.0.truncate(len);
    }

    pub(super) fn resolve(&self, prefix: &str) -> Namespace {
        let declared = self.0.iter().rev().find(|(known, _)| &**known == prefix);
        declared.map_or(Namespace::Other, |(_, namespace)| *namespace)
    }
}
