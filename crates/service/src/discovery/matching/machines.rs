//! Which entries of hosts are one machine: a host that was added directly and through its vCenter is there twice.
//! Refuses to join on one value: clones have equal UUIDs, and cards wander.

use super::facts::{HostFacts, Identities};
use super::mac::Mac;
use super::uuid as uuids;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use uuid::Uuid;

/// One machine and the entries that are it.
pub(super) struct Machine<H> {
    /// Sorted; at least one.
    pub(super) keys: Vec<H>,
    pub(super) identities: Identities,
}

/// Makes machines of the hosts, in the order of their smallest keys.
pub(super) fn machines<H: Ord + Clone>(hosts: &[HostFacts<H>]) -> Vec<Machine<H>> {
    let sorted: BTreeMap<&H, &HostFacts<H>> = hosts.iter().map(|host| (&host.key, host)).collect();
    let hosts: Vec<&HostFacts<H>> = sorted.into_values().collect();
    let identities: Vec<Identities> = hosts.iter().map(|host| host.identities()).collect();
    let mut groups = Groups { parents: (0..hosts.len()).collect() };
    let mut seen: HashMap<(Uuid, &BTreeSet<String>, &BTreeSet<Mac>), usize> = HashMap::new();
    for (at, of_one) in identities.iter().enumerate() {
        if let Some(whole) = whole(of_one) {
            groups.join(*seen.entry(whole).or_insert(at), at);
        }
        let twin = hosts[at].same_as.as_ref().and_then(|key| hosts.binary_search_by(|h| h.key.cmp(key)).ok());
        if let Some(twin) = twin.filter(|twin| may_be_one(of_one, &identities[*twin])) {
            groups.join(twin, at);
        }
    }
    let mut machines: BTreeMap<usize, Machine<H>> = BTreeMap::new();
    for (at, of_one) in identities.clone().into_iter().enumerate() {
        let key = hosts[at].key.clone();
        match machines.get_mut(&groups.root(at)) {
            Some(machine) => {
                machine.keys.push(key);
                machine.identities.join(of_one);
            }
            None => {
                machines.insert(groups.root(at), Machine { keys: vec![key], identities: of_one });
            }
        }
    }
    machines.into_values().collect()
}

/// What must be equal as a whole for two entries to be one host; None if part of it isn't known.
fn whole(of_one: &Identities) -> Option<(Uuid, &BTreeSet<String>, &BTreeSet<Mac>)> {
    let is_whole = !of_one.own_serials.is_empty() && !of_one.all_nics.is_empty();
    of_one
        .uuid
        .filter(|_| is_whole)
        .map(|uuid| (uuids::canonical(uuid), &of_one.own_serials, &of_one.all_nics))
}

/// Whether nothing says that the caller is mistaken.
fn may_be_one(one: &Identities, other: &Identities) -> bool {
    match (one.uuid, other.uuid) {
        (Some(one), Some(other)) => uuids::canonical(one) == uuids::canonical(other),
        _ => true,
    }
}

/// Who is one with whom: the smallest of a group stands for it.
struct Groups {
    parents: Vec<usize>,
}

impl Groups {
    fn root(&self, mut at: usize) -> usize {
        while self.parents[at] != at {
            at = self.parents[at];
        }
        at
    }

    fn join(&mut self, one: usize, other: usize) {
        let (one, other) = (self.root(one), self.root(other));
        let (first, last) = (one.min(other), one.max(other));
        self.parents[last] = first;
        // Nobody asks whose root it was before: short ways matter only where many are one host.
    }
}
