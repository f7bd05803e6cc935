//! Names: one allocation for each that occurs, and the prefixes that stand for a namespace.
//! Refuses to remember without bound: names beyond a few thousand are forgotten, prefixes beyond a few dozen refused.

use std::{collections::HashSet, sync::Arc};

/// A hostile answer may hold a million different names; these many are remembered.
const REMEMBERED: usize = 4096;
const SLOTS: usize = 512;

/// Gives the same allocation for the same text.
#[derive(Debug)]
pub(super) struct Names {
    /// Where a name stands that was asked for lately: a page repeats a few dozen names, and hashing each was a
    /// tenth of the time.
    recent: Box<[Option<Arc<str>>]>,
    all: HashSet<Arc<str>>,
}

impl Default for Names {
    fn default() -> Self {
        Self { recent: vec![None; SLOTS].into(), all: HashSet::new() }
    }
}

impl Names {
    pub(super) fn get(&mut self, name: &str) -> Arc<str> {
        let slot = slot(name.as_bytes());
        match &self.recent[slot] {
            Some(recent) if **recent == *name => recent.clone(),
            _ => {
                let found = self.find(name);
                self.recent[slot] = Some(found.clone());
                found
            }
        }
    }

    fn find(&mut self, name: &str) -> Arc<str> {
        if let Some(known) = self.all.get(name) {
            return known.clone();
        }
        let name: Arc<str> = name.into();
        if self.all.len() < REMEMBERED {
            self.all.insert(name.clone());
        }
        name
    }
}

/// Length and three letters tell most names of the API apart.
fn slot(name: &[u8]) -> usize {
    let letter = |at: usize| name.get(at).copied().map_or(0, usize::from);
    let (len, last) = (name.len(), name.len().saturating_sub(1));
    (len * 37 + letter(0) * 7 + letter(len / 2) * 61 + letter(last) * 13) % SLOTS
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

/// Declarations that may hold at one place. A vCenter uses five; each lookup goes through all.
const DECLARED: usize = 64;

/// Which prefix stands for what, innermost last.
#[derive(Debug, Default)]
pub(super) struct Prefixes(Vec<(Arc<str>, Namespace)>);

impl Prefixes {
    /// The error is the number of declarations that may hold at one place.
    pub(super) fn declare(&mut self, prefix: Arc<str>, uri: &str) -> Result<(), usize> {
        if self.0.len() >= DECLARED {
            return Err(DECLARED);
        }
        self.0.push((prefix, Namespace::of(uri)));
        Ok(())
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
