//! What of a pass is a change, against what was known before it.
//! Refuses to tell of what is seen for the first time, and of what no list shows.

use super::{Record, What};
use crate::pass::Pass;
use crate::rebase::Others;
use contract::{Kind, Moref, Object, Ref, Snapshot, Value, changed_properties};
use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

/// What was known before a pass, and what it read: what its changes are told by.
pub(crate) struct Comparison {
    before: Arc<Snapshot>,
    objects: Vec<Arc<Object>>,
    /// By kind and moref, once somebody looks for a name.
    read: OnceLock<HashMap<(Kind, Moref), usize>>,
}

impl Comparison {
    pub(crate) fn new(pass: &Pass, objects: &[Arc<Object>]) -> Comparison {
        Comparison { before: pass.before.clone(), objects: objects.to_vec(), read: OnceLock::new() }
    }

    /// What was stored of an object before: what others published since the pass began, or what was known then.
    pub(crate) fn known<'a>(&'a self, key: &(Kind, Moref), others: &'a Others) -> Option<&'a Object> {
        match others.of(key) {
            Some(since) => since.object(),
            None => self.before.get(key.0, &key.1).map(|object| &**object),
        }
    }

    /// What is recorded of an object that came.
    pub(crate) fn added(&self, object: &Object, others: &Others) -> Option<Record> {
        let is_told = is_told(object) && !self.is_first(object, others);
        is_told.then(|| Record { what: What::Added, name: own_name(object), properties: Vec::new() })
    }

    /// What is recorded of an object with another value; nothing where that is volatile, or nobody knows the one before.
    pub(crate) fn changed(&self, before: Option<&Object>, after: &Object) -> Option<Record> {
        let before = before.filter(|_| is_told(after))?;
        let properties = changed_properties(before, after, &|reference| self.name(reference));
        let name = own_name(after).or_else(|| own_name(before));
        (!properties.is_empty()).then_some(Record { what: What::Changed, name, properties })
    }

    /// What is recorded of an object that is gone.
    pub(crate) fn removed(&self, kind: Kind, before: Option<&Object>) -> Option<Record> {
        let is_told = Kind::LISTED.contains(&kind);
        let name = before.and_then(own_name);
        is_told.then_some(Record { what: What::Removed, name, properties: Vec::new() })
    }

    /// Whether what the object is part of was never read before: then it isn't new, but seen for the first time.
    fn is_first(&self, object: &Object, others: &Others) -> bool {
        let whole = object.kind.covered_by();
        if self.before.is_read(whole) || others.lists.contains_key(&whole) {
            return false;
        }
        let cluster = object.parent().filter(|parent| parent.kind == Kind::Clusters);
        let covered = |moref: &Moref| {
            self.before.coverage().iter().any(|one| one.kind == whole && one.cluster.as_ref() == Some(moref))
        };
        !cluster.is_some_and(|cluster| whole == Kind::Hosts && covered(&cluster.moref))
    }

    /// What an object is called now.
    fn name(&self, reference: &Ref) -> Option<String> {
        let read = self.read.get_or_init(|| {
            let key = |object: &Object| (object.kind, object.moref.clone());
            self.objects.iter().enumerate().map(|(at, object)| (key(object), at)).collect()
        });
        let read = read.get(&(reference.kind, reference.moref.clone())).map(|at| &self.objects[*at]);
        read.or_else(|| self.before.get(reference.kind, &reference.moref)).and_then(|object| own_name(object))
    }
}

fn own_name(object: &Object) -> Option<String> {
    object.stored("name").as_text().map(|name| contract::shortened(name).to_owned())
}

/// Whether anybody sees it in a list.
fn is_told(object: &Object) -> bool {
    Kind::LISTED.contains(&object.kind) && *object.stored("is_root") != Value::Bool(true)
}
