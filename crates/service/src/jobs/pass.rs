//! One pass: the kinds that were asked for, and those that hold objects they refer to and that nobody knows yet.
//! Refuses to write: what it read is handed on whole.

use super::permissions::{self, Container};
use super::read::{Failed, KindRead, Reader, Refused, without_values};
use super::{Context, Scope};
use crate::wire;
use contract::columns::Due;
use contract::{ApiError, Code, Kind, Missing, Moref, Object, Permissions, Remedy, Snapshot, Time};
use futures_util::future::try_join_all;
use std::collections::{BTreeMap, BTreeSet};
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
    /// What this account may not read.
    pub(super) denied: Vec<Denied>,
    /// What it may do on the containers, where all of them were read.
    pub(super) permissions: Option<Permissions>,
}

/// A kind, or properties of a kind, that come back as `NoPermission` for every object.
#[derive(Debug)]
pub(super) struct Denied {
    pub(super) kind: Kind,
    /// Property paths; empty for the whole kind.
    pub(super) paths: BTreeSet<String>,
    /// What the server says is missing, such as `System.Read`.
    pub(super) privileges: BTreeSet<String>,
}

impl Denied {
    /// It as a connection test lists it: `hosts`, or `hosts: config.network.pnic`.
    fn listed(&self) -> Vec<String> {
        match self.paths.is_empty() {
            true => vec![self.kind.to_string()],
            false => self.paths.iter().map(|path| format!("{}: {path}", self.kind)).collect(),
        }
    }
}

/// Reads what `scope` asks for. `refused` is what this server has refused before; the answer has what it refuses now.
pub(super) async fn read(
    context: &Context,
    session: &Session,
    before: &Snapshot,
    scope: &Scope,
    refused: Refused,
) -> (Result<Reading, Failed>, Refused) {
    // One object costs little, whatever is read of it.
    let due = match scope {
        Scope::Kinds(kinds) => {
            let heavy = kinds.len() == Kind::READ.len();
            Due { heavy, weekly: heavy && is_weekly_due(before, (context.now)()) }
        }
        Scope::Clusters(_) => Due { heavy: false, weekly: false },
        Scope::Objects(..) => Due::EVERYTHING,
    };
    let reader = Reader::new(context, session, before, due, refused);
    let reading = rounds(&reader, before, scope).await;
    reader.close().await;
    // Whatever came of the pass: what a server refused once it needn't refuse again.
    (reading, reader.into_refused())
}

/// Whether it is a week since what is read once a week was read of some host that can tell, or it never was.
fn is_weekly_due(before: &Snapshot, now: Time) -> bool {
    let is_due = |host: &Object| {
        let read_at = host.stored("certificate_read_at").as_int();
        host.stored("connection_state").as_text() == Some("connected")
            && read_at.is_none_or(|at| !(0..WEEK).contains(&now.0.saturating_sub(at)))
    };
    let hosts = before.objects(Kind::Hosts);
    hosts.is_empty() || hosts.iter().any(|host| is_due(host))
}

/// A week in milliseconds.
const WEEK: i64 = 7 * 86_400_000;

/// The kinds that were asked for, at once; then those that they refer to and nobody knows, and so on.
async fn rounds(reader: &Reader<'_>, before: &Snapshot, scope: &Scope) -> Result<Reading, Failed> {
    let mut reading = Reading::default();
    let mut round: BTreeSet<Kind> = match scope {
        Scope::Kinds(kinds) => kinds.iter().copied().collect(),
        Scope::Clusters(names) => hosts_of(reader, &mut reading, before, names).await?,
        Scope::Objects(kind, morefs) => objects(reader, &mut reading, before, *kind, morefs).await?,
    };
    let mut seen = BTreeSet::new();
    while !round.is_empty() {
        seen.extend(round.iter().copied());
        let kinds: Vec<Kind> = round.iter().copied().filter(|kind| !reading.whole.contains(kind)).collect();
        let read = try_join_all(kinds.iter().map(|kind| if_allowed(reader, *kind))).await?;
        for (kind, read) in kinds.into_iter().zip(read) {
            reading.take(kind, read, before);
        }
        round = seen.iter().flat_map(|kind| unknown(&reading, *kind, before)).collect();
        round.retain(|kind| !seen.contains(kind));
    }
    if permissions::CONTAINERS.iter().all(|kind| reading.was_asked(*kind)) {
        let containers: Vec<Container> =
            reading.kinds.values_mut().flat_map(|read| std::mem::take(&mut read.containers)).collect();
        let missing = reading.denied.iter().flat_map(Denied::listed).collect();
        let _slot = reader.slot().await?;
        let found = permissions::of(reader.session, &containers, missing);
        reading.permissions = Some(reader.context.or_cancelled(found).await?);
    }
    name_alarms(reader, &mut reading).await?;
    reader.prove_session().await?;
    Ok(reading)
}

/// Calls the alarms that came by their names. One that can't be named stays what the server refers to it by.
async fn name_alarms(reader: &Reader<'_>, reading: &mut Reading) -> Result<(), Failed> {
    let objects = || reading.kinds.values().flat_map(|read| read.objects.values());
    let alarms: Vec<MoRef> = wire::alarms::of(objects()).into_iter().collect();
    if alarms.is_empty() {
        return Ok(());
    }
    let slot = reader.slot().await?;
    let names = reader.context.or_cancelled(reader.session.alarm_names(&alarms)).await?;
    drop(slot);
    let names = names
        .inspect_err(|error| tracing::debug!(%error, "what alarms are called is not known"))
        .unwrap_or_default();
    for object in reading.kinds.values_mut().flat_map(|read| read.objects.values_mut()) {
        wire::alarms::name(object, &names);
    }
    Ok(())
}

/// Reads a kind. One that may not be read is no failure of the pass; then the answer is the privilege that is missing.
async fn if_allowed(reader: &Reader<'_>, kind: Kind) -> Result<Result<KindRead, Option<String>>, Failed> {
    match reader.kind(kind, &[]).await {
        Ok(read) => Ok(Ok(read)),
        Err(Failed::Server(vsphere::Error::NoPermission { privilege, .. })) => Ok(Err(privilege)),
        Err(error) => Err(error),
    }
}

impl Reading {
    fn take(&mut self, kind: Kind, read: Result<KindRead, Option<String>>, before: &Snapshot) {
        let privileges = match read {
            Ok(read) => {
                let (paths, privileges) = read.withheld.of_all();
                // Nothing came, and what is known is hidden: then the kind is, and not each of its objects.
                let is_hidden = read.came == 0 && read.hidden > 0;
                if !paths.contains("name") && !is_hidden {
                    self.deny(kind, paths, privileges);
                    // What a partial reading of the same kind left is contained in the whole of it.
                    self.kinds.insert(kind, read);
                    self.whole.push(kind);
                    return;
                }
                privileges
            }
            Err(privilege) => privilege.into_iter().collect(),
        };
        self.denied.push(Denied { kind, paths: BTreeSet::new(), privileges });
        // Its rows stay, with their age, and say why.
        let known = before.objects(kind).iter().map(|known| {
            let moref = MoRef::new(&*known.object_type, &*known.moref);
            (known.moref.clone(), without_values(kind, &moref, Missing::NoPermission))
        });
        self.kinds.entry(kind).or_default().objects.extend(known);
    }

    /// Whether all of a kind was asked for, whatever came.
    fn was_asked(&self, kind: Kind) -> bool {
        self.whole.contains(&kind) || self.denied.iter().any(|one| one.kind == kind && one.paths.is_empty())
    }

    fn deny(&mut self, kind: Kind, paths: BTreeSet<String>, privileges: BTreeSet<String>) {
        if !paths.is_empty() {
            self.denied.push(Denied { kind, paths, privileges });
        }
    }
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
    reader: &Reader<'_>,
    reading: &mut Reading,
    before: &Snapshot,
    names: &[String],
) -> Result<BTreeSet<Kind>, Failed> {
    let known = |name: &String| before.objects(Kind::Clusters).iter().any(|cluster| is_called(cluster, name));
    if !names.iter().all(known) {
        reading.take(Kind::Clusters, if_allowed(reader, Kind::Clusters).await?, before);
    }
    let roots = clusters(reader, reading, before, names)?;
    let (roots, mut hosts) = match reader.kind(Kind::Hosts, &roots).await {
        Err(Failed::Server(vsphere::Error::ManagedObjectNotFound { moref: Some(gone), .. }))
            if roots.contains(&gone) && !reading.whole.contains(&Kind::Clusters) =>
        {
            // What is cached is older than the server: which clusters are there now?
            reading.take(Kind::Clusters, if_allowed(reader, Kind::Clusters).await?, before);
            let roots = clusters(reader, reading, before, names)?;
            let hosts = reader.kind(Kind::Hosts, &roots).await?;
            (roots, hosts)
        }
        hosts => (roots, hosts?),
    };
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
    reader.by_reference(Kind::Hosts, lacking, &mut hosts).await?;
    let (paths, privileges) = hosts.withheld.of_all();
    reading.deny(Kind::Hosts, paths, privileges);
    reading.kinds.insert(Kind::Hosts, hosts);
    Ok(unknown(reading, Kind::Hosts, before))
}

/// Reads objects of a kind; answers with the kinds that are to be read besides. Snapshots are read with their VM.
async fn objects(
    reader: &Reader<'_>,
    reading: &mut Reading,
    before: &Snapshot,
    kind: Kind,
    morefs: &[Moref],
) -> Result<BTreeSet<Kind>, Failed> {
    let whole = kind.covered_by();
    let mut asked = BTreeSet::new();
    for moref in morefs {
        let known = before.get(kind, moref).ok_or_else(|| {
            ApiError::new(Code::NotFound, format!("there is no {} \"{moref}\"", kind.singular()))
                .next("It may have been removed: refresh the list.")
        })?;
        asked.extend(match whole == kind {
            true => Some(MoRef::new(&*known.object_type, &*known.moref)),
            false => known.parent().map(|parent| MoRef::new(whole.object_type(), &*parent.moref)),
        });
    }
    let mut read = KindRead::default();
    reader.by_reference(whole, asked.into_iter().collect(), &mut read).await?;
    let (paths, privileges) = read.withheld.of_all();
    reading.deny(whole, paths, privileges);
    if whole == Kind::Vms {
        let gone = snapshots_gone(&read, before);
        reading.kinds.entry(Kind::Snapshots).or_default().gone = gone;
    }
    reading.kinds.insert(whole, read);
    Ok(unknown(reading, whole, before))
}

/// The known snapshots of VMs that came without them, or that are gone.
fn snapshots_gone(vms: &KindRead, before: &Snapshot) -> Vec<Moref> {
    let is_gone = |snapshot: &Object| {
        let Some(vm) = snapshot.parent() else { return false };
        let came = vms.objects.get(&vm.moref).is_some_and(|vm| wire::no_tree(vm).is_none());
        vms.gone.contains(&vm.moref) || came && !vms.snapshots.contains_key(&snapshot.moref)
    };
    before.objects(Kind::Snapshots).iter().filter(|one| is_gone(one)).map(|one| one.moref.clone()).collect()
}

fn clusters(
    reader: &Reader<'_>,
    reading: &Reading,
    before: &Snapshot,
    names: &[String],
) -> Result<Vec<MoRef>, ApiError> {
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
            let choose = Remedy::ChooseClusters { vcenter: reader.context.vcenter.vcenter.name.clone() };
            let error =
                ApiError::new(Code::NotFound, format!("there is no cluster \"{name}\"")).remedy(choose);
            return Err(error.next(match names.is_empty() {
                true => "This vCenter has no clusters that the account can see: sync all its hosts instead."
                    .to_owned(),
                false => format!("Its clusters are: {}.", names.join(", ")),
            }));
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
