//! One pass: the kinds that were asked for, and those that hold objects they refer to and that nobody knows yet.
//! Refuses to write: what it read is handed on whole.

use super::read::{Failed, KindRead, Reader};
use super::{Context, Scope};
use crate::wire;
use contract::{ApiError, Code, Kind, Moref, Object, Snapshot};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use vsphere::{MoRef, Session};

/// What a pass read.
#[derive(Default)]
pub(super) struct Reading {
    /// Everything read, by kind.
    pub(super) kinds: BTreeMap<Kind, KindRead>,
    /// The kinds that were read completely.
    pub(super) whole: Vec<Kind>,
    /// The clusters whose hosts were read.
    pub(super) clusters: Vec<Moref>,
    /// Objects that are proven to be deleted.
    pub(super) gone: Vec<(Kind, Moref)>,
    /// Kinds that this account may not read, with what the server said.
    pub(super) denied: Vec<(Kind, String)>,
}

/// Reads what `scope` asks for.
pub(super) async fn read(
    context: &Context,
    session: &Session,
    before: &Snapshot,
    scope: &Scope,
) -> Result<Reading, Failed> {
    let mut reader = Reader::new(context, session, before);
    let mut reading = Reading::default();
    let mut queue: VecDeque<Kind> = match scope {
        Scope::Kinds(kinds) => kinds.iter().copied().collect(),
        Scope::Clusters(names) => hosts_of(&mut reader, &mut reading, before, names).await?,
    };
    let mut seen: BTreeSet<Kind> = queue.iter().copied().collect();
    while let Some(kind) = queue.pop_front() {
        one_kind(&mut reader, &mut reading, kind).await?;
        for referred in unknown(&reading, kind, before) {
            if seen.insert(referred) {
                queue.push_back(referred);
            }
        }
    }
    reader.prove_session().await?;
    Ok(reading)
}

async fn one_kind(reader: &mut Reader<'_>, reading: &mut Reading, kind: Kind) -> Result<(), Failed> {
    if reading.whole.contains(&kind) {
        return Ok(());
    }
    match reader.kind(kind, &[]).await {
        Ok(read) => {
            // What a partial reading of the same kind left is contained in the whole of it.
            reading.kinds.insert(kind, read);
            reading.whole.push(kind);
        }
        Err(Failed::Server(error @ vsphere::Error::NoPermission { .. })) => {
            reading.denied.push((kind, error.to_string()));
        }
        Err(error) => return Err(error),
    }
    Ok(())
}

/// The kinds of objects that this kind's objects refer to and that neither this pass nor the cache has.
fn unknown(reading: &Reading, kind: Kind, before: &Snapshot) -> BTreeSet<Kind> {
    let read = reading.kinds.get(&kind);
    let references = read.into_iter().flat_map(|read| read.objects.values()).flat_map(wire::references);
    references
        .filter(|reference| Kind::READ.contains(&reference.kind))
        .filter(|reference| !reading.whole.contains(&reference.kind) && before.follow(reference).is_none())
        .map(|reference| reference.kind)
        .collect()
}

/// Reads the hosts of chosen clusters; answers with the kinds that are to be read besides.
async fn hosts_of(
    reader: &mut Reader<'_>,
    reading: &mut Reading,
    before: &Snapshot,
    names: &[String],
) -> Result<VecDeque<Kind>, Failed> {
    let known = |name: &String| before.objects(Kind::Clusters).iter().any(|cluster| is_called(cluster, name));
    if !names.iter().all(known) {
        one_kind(reader, reading, Kind::Clusters).await?;
    }
    let roots = clusters(reading, before, names)?;
    let mut hosts = reader.kind(Kind::Hosts, &roots).await?;
    reading.clusters = roots.iter().map(|root| (&*root.value).into()).collect();

    let of_these = |host: &Object| {
        host.parent().is_some_and(|p| p.kind == Kind::Clusters && reading.clusters.contains(&p.moref))
    };
    let lacking: Vec<MoRef> = before
        .objects(Kind::Hosts)
        .iter()
        .filter(|host| of_these(host) && !hosts.objects.contains_key(&host.moref))
        .map(|host| MoRef::new("HostSystem", &*host.moref))
        .collect();
    let paths = reader.paths(Kind::Hosts);
    let gone = reader.by_reference(Kind::Hosts, &paths, lacking, &mut hosts).await?;
    reading.gone = gone.into_iter().map(|moref| (Kind::Hosts, moref)).collect();
    reading.kinds.insert(Kind::Hosts, hosts);
    Ok(unknown(reading, Kind::Hosts, before).into_iter().collect())
}

fn clusters(reading: &Reading, before: &Snapshot, names: &[String]) -> Result<Vec<MoRef>, ApiError> {
    let read: Vec<&Object> = match reading.kinds.get(&Kind::Clusters) {
        Some(read) => read.objects.values().collect(),
        None => before.objects(Kind::Clusters).iter().map(|object| &**object).collect(),
    };
    let mut roots = Vec::new();
    for name in names {
        let found = read.iter().filter(|cluster| is_called(cluster, name));
        let morefs: Vec<MoRef> =
            found.map(|cluster| MoRef::new(&*cluster.object_type, &*cluster.moref)).collect();
        if morefs.is_empty() {
            let mut names: Vec<&str> = read.iter().filter_map(|c| c.stored("name").as_text()).collect();
            names.sort_unstable();
            return Err(ApiError::new(Code::NotFound, format!("there is no cluster \"{name}\"")).next(
                match names.is_empty() {
                    true => {
                        "This vCenter has no clusters that the account can see: sync all its hosts instead."
                            .to_owned()
                    }
                    false => format!("Its clusters are: {}.", names.join(", ")),
                },
            ));
        }
        roots.extend(morefs);
    }
    roots.sort();
    roots.dedup();
    Ok(roots)
}

fn is_called(cluster: &Object, name: &str) -> bool {
    cluster.stored("name").as_text().is_some_and(|own| own.to_lowercase() == name.to_lowercase())
        || *cluster.moref == *name
}

impl From<ApiError> for Failed {
    fn from(error: ApiError) -> Failed {
        Failed::Stopped(error.into())
    }
}
