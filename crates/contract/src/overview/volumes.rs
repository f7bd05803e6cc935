//! Which datastores are one, and what they come to when each is counted once.
//! Refuses to merge what nothing tells apart from chance: NFS shares are one at equal capacity only, and that is said.

use super::{MergedDatastore, Sameness, SeenAs, Storage};
use crate::{Kind, Moref, Object, Snapshot, Value};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::net::IpAddr;
use std::sync::Arc;

/// A datastore that some host can access, with what tells that another one is the same.
#[derive(Clone, Debug)]
pub(crate) struct Volume {
    pub(super) moref: Moref,
    pub(super) name: String,
    pub(super) datacenter: Option<Moref>,
    /// The clusters whose hosts can access it.
    pub(super) clusters: Vec<Moref>,
    pub(super) is_vsan: bool,
    pub(super) identity: Identity,
    pub(super) storage: Storage,
}

/// What a datastore is, wherever it is seen.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Identity {
    /// A volume with an id that is nobody else's: VMFS, or what VMware calls a container.
    Volume(String),
    /// A vSAN pool.
    Pool(String),
    /// An NFS share: server and path.
    Share(String, String),
    /// A place that says nothing beyond its own vCenter.
    Place(String),
    /// Nothing is known that another one could be known by.
    Own,
}

impl Volume {
    /// The accessible ones of a snapshot: sizes hold only while some host has access.
    pub(super) fn all(snapshot: &Snapshot) -> Vec<Volume> {
        let accessible = |one: &&Arc<Object>| *one.stored("accessible") == Value::Bool(true);
        let all = snapshot.objects(Kind::Datastores).iter();
        all.filter(accessible).map(|object| Volume::of(snapshot, object)).collect()
    }

    fn of(snapshot: &Snapshot, object: &Object) -> Volume {
        let int = |id| object.stored(id).as_int().unwrap_or_default();
        let capacity = int("capacity_bytes").max(0);
        let free = int("free_bytes").clamp(0, capacity);
        let used = capacity.saturating_sub(free);
        let hosts = object.stored("mount_refs").refs().filter_map(|host| snapshot.follow(host));
        let clusters: HashSet<&Moref> = hosts
            .filter_map(|host| host.parent())
            .filter(|up| up.kind == Kind::Clusters)
            .map(|up| &up.moref)
            .collect();
        let datacenter = snapshot.containers(object).find(|one| one.kind == Kind::Datacenters);
        Volume {
            moref: object.moref.clone(),
            name: object.stored("name").as_text().unwrap_or(&object.moref).to_owned(),
            datacenter: datacenter.map(|one| one.moref.clone()),
            clusters: clusters.into_iter().cloned().collect(),
            is_vsan: is_vsan(object),
            identity: Identity::of(object),
            storage: Storage {
                capacity_bytes: capacity,
                free_bytes: free,
                provisioned_bytes: used.saturating_add(int("uncommitted_bytes")),
            },
        }
    }
}

fn is_vsan(object: &Object) -> bool {
    object.stored("type").as_text().is_some_and(|name| name.to_ascii_lowercase().starts_with("vsan"))
}

impl Identity {
    fn of(object: &Object) -> Identity {
        let text = |id| object.stored(id).as_text().map(str::trim).filter(|text| !text.is_empty());
        let url = text("url");
        // What hosts call a volume: the last part of `ds:///vmfs/volumes/5f-…/`, or of the path that an ESXi host says.
        let volume =
            url.and_then(|url| url.split_once("/vmfs/volumes/")).map(|(_, id)| id.trim_end_matches('/'));
        if is_vsan(object) {
            let pool = text("alias_of").or(text("container_id")).or(volume);
            return pool.map_or(Identity::Own, |pool| {
                Identity::Pool(pool.trim_start_matches("vsan:").to_lowercase())
            });
        }
        let is_nfs = text("type").is_some_and(|name| name.to_ascii_uppercase().starts_with("NFS"));
        match (is_nfs, text("remote_host").zip(text("remote_path")), volume, url) {
            (true, Some((host, path)), ..) => Identity::Share(
                host.trim_end_matches('.').to_lowercase(),
                path.trim_end_matches('/').to_owned(),
            ),
            (false, _, Some(volume), _) if !volume.is_empty() => Identity::Volume(volume.to_lowercase()),
            (.., Some(url)) => Identity::Place(url.to_owned()),
            _ => Identity::Own,
        }
    }
}

/// Where a volume was read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Read<'a> {
    /// The position of its vCenter.
    pub(super) source: usize,
    /// When that was, as a number that is larger for what is newer.
    pub(super) at: i64,
    /// It.
    pub(super) volume: &'a Volume,
}

/// Which datastores of these inventories are one: those of a number are, by position of the inventory and moref.
pub fn datastores_that_are_one(snapshots: &[&Snapshot]) -> Vec<((usize, Moref), usize)> {
    let volumes: Vec<Vec<Volume>> = snapshots.iter().map(|snapshot| Volume::all(snapshot)).collect();
    let each = volumes.iter().enumerate();
    let each = each.flat_map(|(source, own)| own.iter().map(move |volume| Read { source, at: 0, volume }));
    let all: Vec<Read<'_>> = each.collect();
    let numbered = groups(&all).into_values().enumerate();
    numbered
        .flat_map(|(number, group)| {
            group.into_iter().map(move |one| ((one.source, one.volume.moref.clone()), number))
        })
        .collect()
}

/// What volumes come to.
#[derive(Clone, Debug, Default)]
pub(super) struct Sum {
    pub(super) count: i64,
    pub(super) storage: Storage,
    pub(super) vsan: Storage,
}

impl Sum {
    /// Each volume once.
    pub(super) fn of(volumes: &[Read<'_>]) -> Sum {
        let mut sum = Sum::default();
        for group in groups(volumes).values() {
            let Some(one) = counted(group) else { continue };
            sum.count += 1;
            let into = if one.volume.is_vsan { &mut sum.vsan } else { &mut sum.storage };
            into.add(&one.volume.storage);
        }
        sum
    }
}

impl Storage {
    fn add(&mut self, other: &Storage) {
        self.capacity_bytes = self.capacity_bytes.saturating_add(other.capacity_bytes);
        self.free_bytes = self.free_bytes.saturating_add(other.free_bytes);
        self.provisioned_bytes = self.provisioned_bytes.saturating_add(other.provisioned_bytes);
    }
}

/// What is said of those that are counted once.
pub(super) fn merged(volumes: &[Read<'_>], names: &[&str]) -> Vec<MergedDatastore> {
    let groups = groups(volumes);
    let several = groups.iter().filter(|(_, group)| group.len() > 1);
    several
        .filter_map(|(key, group)| {
            let (because, what) = match &key.identity {
                Identity::Volume(id) => (Sameness::Volume, id.clone()),
                Identity::Place(url) => (Sameness::Volume, url.clone()),
                Identity::Pool(id) => (Sameness::VsanPool, id.clone()),
                Identity::Share(host, path) => (Sameness::NfsShare, format!("{host}:{path}")),
                Identity::Own => return None,
            };
            let seen = |one: &Read<'_>| SeenAs {
                vcenter: names.get(one.source).copied().unwrap_or_default().to_owned(),
                name: one.volume.name.clone(),
                moref: one.volume.moref.clone(),
            };
            let mut seen_as: Vec<SeenAs> = group.iter().map(seen).collect();
            seen_as.sort();
            let storage = counted(group)?.volume.storage;
            Some(MergedDatastore { because, what, storage, seen_as })
        })
        .collect()
}

/// What volumes have in common that are one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    identity: Identity,
    /// Of a share, which is another one at another capacity.
    capacity: Option<i64>,
    /// Of a place: the vCenter. Of what nothing is known of: its position as well.
    own: Option<(usize, usize)>,
}

fn groups<'a>(volumes: &[Read<'a>]) -> BTreeMap<Key, Vec<Read<'a>>> {
    let full = full_names(volumes);
    let mut groups: BTreeMap<Key, Vec<Read<'a>>> = BTreeMap::new();
    for (position, one) in volumes.iter().enumerate() {
        let capacity = one.volume.storage.capacity_bytes;
        let key = match &one.volume.identity {
            Identity::Share(host, path) => {
                let host = full.get(&(host.as_str(), path.as_str(), capacity)).copied().unwrap_or(host);
                let identity = Identity::Share(host.to_owned(), path.clone());
                Key { identity, capacity: Some(capacity), own: None }
            }
            identity @ Identity::Place(_) => {
                Key { identity: identity.clone(), capacity: None, own: Some((one.source, 0)) }
            }
            Identity::Own => {
                Key { identity: Identity::Own, capacity: None, own: Some((one.source, position)) }
            }
            identity => Key { identity: identity.clone(), capacity: None, own: None },
        };
        groups.entry(key).or_default().push(*one);
    }
    groups
}

/// `filer` and `filer.example.org` are one server where they have the same path and capacity, and no other server of that
/// first name has: the full name of each short one.
fn full_names<'a>(volumes: &[Read<'a>]) -> HashMap<(&'a str, &'a str, i64), &'a str> {
    let mut full: HashMap<(&str, &str, i64), Vec<&str>> = HashMap::new();
    for one in volumes {
        if let Identity::Share(host, path) = &one.volume.identity
            && host.parse::<IpAddr>().is_err()
            && let Some((short, _)) = host.split_once('.')
        {
            let all = full.entry((short, path.as_str(), one.volume.storage.capacity_bytes)).or_default();
            if !all.contains(&host.as_str()) {
                all.push(host);
            }
        }
    }
    let only = |(key, all): ((&'a str, &'a str, i64), Vec<&'a str>)| match all[..] {
        [one] => Some((key, one)),
        _ => None,
    };
    full.into_iter().filter_map(only).collect()
}

/// The one of a group whose sizes are counted: what was read last, and of that the one with the least free.
fn counted<'a>(group: &[Read<'a>]) -> Option<Read<'a>> {
    let newest = |one: &&Read<'_>| {
        let Storage { capacity_bytes, free_bytes, provisioned_bytes } = one.volume.storage;
        (one.at, std::cmp::Reverse(free_bytes), capacity_bytes, provisioned_bytes)
    };
    group.iter().max_by_key(newest).copied()
}
