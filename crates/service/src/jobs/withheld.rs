//! What an account may not read of a kind: counted object by object.
//! Refuses to judge a property that came for some of them.

use super::permissions;
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// Whether a property is one that rows are made of.
fn is_told(path: &str, asked: &HashSet<&str>) -> bool {
    asked.contains(path) && path != permissions::PATH
}

/// Properties that came back as `NoPermission`, with how often and for want of which privilege.
#[derive(Default)]
pub(super) struct Withheld {
    /// Objects that came.
    objects: usize,
    properties: BTreeMap<String, (usize, Option<String>)>,
}

impl Withheld {
    pub(super) fn note(&mut self, object: &vsphere::Object, asked: &HashSet<&str>) {
        self.objects += 1;
        for (path, why) in object.missing.iter().filter(|(path, _)| is_told(path, asked)) {
            if let vsphere::Missing::NoPermission(privilege) = why {
                let (count, known) = self.properties.entry(path.to_string()).or_default();
                *count += 1;
                if known.is_none() {
                    *known = privilege.as_deref().map(str::to_owned);
                }
            }
        }
    }

    /// The properties that came of no object, and the privileges that are missing for them.
    pub(super) fn of_all(&self) -> (BTreeSet<String>, BTreeSet<String>) {
        let all = || self.properties.iter().filter(|(_, (count, _))| *count >= self.objects);
        let privileges = all().filter_map(|(_, (_, privilege))| privilege.clone());
        (all().map(|(path, _)| path.clone()).collect(), privileges.collect())
    }
}
