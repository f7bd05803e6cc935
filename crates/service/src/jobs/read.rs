//! Reads one kind through a session: lists it, asks for what is listed, and accounts for every object.
//! Refuses to call a kind complete while an object that the server lists has neither come nor is proven gone.

use super::ask::{self, Answered, What};
use super::slots::Slots;
use super::{Context, Stop};
use crate::wire;
use contract::columns;
use contract::{Kind, Missing, Moref, Object, Snapshot, Value};
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use vsphere::{Error, MoRef, PropertySet, Session, View};

/// How often what didn't come is held against a new listing and asked for again: each time something may be deleted.
const ROUNDS: usize = 5;

/// How often a call is put off by a server that has no room for it.
pub(super) const BUSY: u32 = 4;

/// How long it may be put off each time.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// All that giving back what the server holds for a pass may take.
const CLOSING: Duration = Duration::from_secs(3);

/// Property paths that a server refused, by kind.
pub(crate) type Refused = BTreeMap<Kind, BTreeSet<String>>;

/// One kind as it was read.
#[derive(Default)]
pub(super) struct KindRead {
    /// Its objects, by moref.
    pub(super) objects: BTreeMap<Moref, Object>,
    /// The snapshots of VMs.
    pub(super) snapshots: BTreeMap<Moref, Object>,
    /// What the account may not read of them.
    pub(super) withheld: Withheld,
    /// Objects that exist and could not be read, with the server's last word about one of them.
    pub(super) unread: Vec<Moref>,
    pub(super) last_word: Option<Error>,
}

/// Properties that came back as `NoPermission`, with how often and for want of which privilege.
#[derive(Default)]
pub(super) struct Withheld {
    /// Objects that came.
    objects: usize,
    properties: BTreeMap<String, (usize, Option<String>)>,
}

impl Withheld {
    pub(super) fn note(&mut self, object: &vsphere::Object) {
        self.objects += 1;
        for (path, why) in &object.missing {
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

/// Why a kind was not read.
#[derive(Debug)]
pub(super) enum Failed {
    /// The server said so.
    Server(Error),
    /// The server listed objects that it then did not send.
    Incomplete(Kind, usize),
    /// Cancelled, or failed for a reason of our own.
    Stopped(Stop),
}

impl From<Error> for Failed {
    fn from(error: Error) -> Failed {
        Failed::Server(error)
    }
}

impl From<Stop> for Failed {
    fn from(stop: Stop) -> Failed {
        Failed::Stopped(stop)
    }
}

/// Reads kinds through one session, several at once.
pub(super) struct Reader<'a> {
    pub(super) context: &'a Context,
    pub(super) session: &'a Session,
    pub(super) slots: Slots<'a>,
    before: &'a Snapshot,
    refused: Mutex<Refused>,
    views: Mutex<Vec<Arc<View>>>,
}

impl<'a> Reader<'a> {
    /// `refused` is what this server has refused before, and is not asked again.
    pub(super) fn new(
        context: &'a Context,
        session: &'a Session,
        before: &'a Snapshot,
        refused: Refused,
    ) -> Reader<'a> {
        let (refused, views) = (Mutex::new(refused), Mutex::default());
        Reader { context, session, slots: Slots::new(session), before, refused, views }
    }

    /// Every object of a kind, below `roots` or everywhere; once more from its list where a connection broke twice.
    ///
    /// A known object that is listed no more and all the same there is hidden from the account: it stays as it is known.
    pub(super) async fn kind(&self, kind: Kind, roots: &[MoRef]) -> Result<KindRead, Failed> {
        match self.kind_once(kind, roots).await {
            Err(Failed::Server(error @ (Error::Interrupted { .. } | Error::Truncated { .. }))) => {
                tracing::info!(%kind, %error, "the kind is read once more");
                self.kind_once(kind, roots).await
            }
            read => read,
        }
    }

    async fn kind_once(&self, kind: Kind, roots: &[MoRef]) -> Result<KindRead, Failed> {
        let views = self.views(kind, roots).await?;
        let mut listed = self.list(kind, &views).await?.0;
        if kind == Kind::Folders && roots.is_empty() {
            // A container view leaves out its own container, where every way upwards ends.
            listed.insert(self.session.root_folder().clone());
        }
        self.context.step(&format!("reading {}", kind.plural()));
        self.context.progress.send_modify(|progress| progress.total += listed.len() as u64);
        let read = Mutex::new(KindRead::default());
        let unread = self.all_of(kind, &views, &listed, &read).await;
        let mut read = read.into_inner().unwrap_or_else(PoisonError::into_inner);
        if unread.is_err() {
            // It doesn't count, and may be counted anew.
            self.context.progress.send_modify(|progress| {
                progress.total -= listed.len() as u64;
                progress.done -= read.objects.len() as u64;
            });
        }
        read.lack(kind, unread?)?;
        if roots.is_empty() {
            self.no_longer_listed(kind, &listed, &mut read).await?;
        }
        Ok(read)
    }

    /// Asks for objects that no view lists. Answers with those that don't exist.
    pub(super) async fn by_reference(
        &self,
        kind: Kind,
        morefs: Vec<MoRef>,
        into: &mut KindRead,
    ) -> Result<Vec<Moref>, Failed> {
        let read = Mutex::new(std::mem::take(into));
        let answered = ask::ask(self, kind, What::Columns, morefs, &read).await?;
        *into = read.into_inner().unwrap_or_else(PoisonError::into_inner);
        let Answered { gone, omitted, unanswered, unread, .. } = answered;
        if !unanswered.is_empty() {
            return Err(Failed::Incomplete(kind, unanswered.len()));
        }
        into.lack(kind, unread)?;
        Ok(gone.into_iter().chain(omitted).map(|moref| (&*moref.value).into()).collect())
    }

    /// Asks for everything that is listed until each object has come, is gone or can't be read.
    async fn all_of(
        &self,
        kind: Kind,
        views: &[Arc<View>],
        listed: &BTreeSet<MoRef>,
        read: &Mutex<KindRead>,
    ) -> Result<Vec<(MoRef, Error)>, Failed> {
        let mut asked: Vec<MoRef> = listed.iter().cloned().collect();
        let (mut unread, mut gone) = (Vec::new(), 0);
        for _ in 0..ROUNDS {
            let answered = ask::ask(self, kind, What::Columns, asked, read).await?;
            let Answered { gone: said, omitted, unanswered, unread: failed, .. } = answered;
            unread.extend(failed);
            gone += said.len();
            asked = unanswered;
            if !omitted.is_empty() {
                let (still_listed, root_came) = self.list(kind, views).await?;
                let root = self.session.root_folder();
                let is_there = |moref: &MoRef| !root_came || moref == root || still_listed.contains(moref);
                let before = omitted.len();
                let there: Vec<MoRef> = omitted.into_iter().filter(is_there).collect();
                gone += before - there.len();
                asked.extend(there);
            }
            if asked.is_empty() {
                self.context.progress.send_modify(|progress| progress.total -= gone as u64);
                return Ok(unread);
            }
        }
        Err(Failed::Incomplete(kind, asked.len()))
    }

    /// Known objects that are listed no more: those that still exist are hidden from the account, and stay as they are
    /// known; all others were deleted.
    async fn no_longer_listed(
        &self,
        kind: Kind,
        listed: &BTreeSet<MoRef>,
        read: &mut KindRead,
    ) -> Result<(), Failed> {
        let listed: HashSet<&str> = listed.iter().map(|moref| &*moref.value).collect();
        let known = self.before.objects(kind).iter().filter(|known| !listed.contains(&*known.moref));
        let known: Vec<MoRef> = known.map(|known| MoRef::new(&*known.object_type, &*known.moref)).collect();
        let nothing = Mutex::default();
        let answered = ask::ask(self, kind, What::Presence, known, &nothing).await?;
        if !answered.unanswered.is_empty() {
            return Err(Failed::Incomplete(kind, answered.unanswered.len()));
        }
        let hidden = answered.present.into_iter().map(|moref| (moref, Missing::NoPermission));
        let unread = answered.unread.into_iter().map(|(moref, error)| (moref, reason(&error)));
        for (moref, why) in hidden.chain(unread) {
            read.objects.insert((&*moref.value).into(), without_values(kind, &moref, why));
        }
        Ok(())
    }

    /// Opens a view of each root, or of everything.
    async fn views(&self, kind: Kind, roots: &[MoRef]) -> Result<Vec<Arc<View>>, Failed> {
        let roots = if roots.is_empty() { vec![None] } else { roots.iter().map(Some).collect() };
        let mut views = Vec::new();
        for root in roots {
            let view = self.patiently(|| View::open(self.session, kind.object_type(), root)).await?;
            let view = Arc::new(view);
            self.open().push(view.clone());
            views.push(view);
        }
        Ok(views)
    }

    /// What the views list now of this kind, and whether the root folder came with each of the lists.
    async fn list(&self, kind: Kind, views: &[Arc<View>]) -> Result<(BTreeSet<MoRef>, bool), Failed> {
        let (mut listed, mut root_came) = (BTreeSet::new(), true);
        for view in views {
            let listing = self.patiently(|| view.list()).await?;
            root_came &= listing.root_came;
            listed.extend(listing.members.into_iter().filter(|moref| is_of(kind, &moref.kind)));
        }
        Ok((listed, root_came))
    }

    /// Shows that the session is still ours and still sees the root of the inventory.
    pub(super) async fn prove_session(&self) -> Result<(), Failed> {
        let root = [self.session.root_folder().clone()];
        let seen = self.patiently(|| self.session.retrieve(&root, "Folder", &["name"])).await?;
        match &seen[..] {
            [one] if one.moref == root[0] => Ok(()),
            _ => Err(Failed::Incomplete(Kind::Folders, 1)),
        }
    }

    /// Calls until the server has room for the call, or said too often that it hasn't.
    pub(super) async fn patiently<T, F>(&self, call: impl Fn() -> F) -> Result<T, Failed>
    where
        F: Future<Output = Result<T, Error>>,
    {
        for put_off in 0..BUSY {
            match self.context.or_cancelled(call()).await? {
                Err(error @ Error::HttpStatus { retry_after, .. }) if error.is_transient() => {
                    tracing::debug!(%error, put_off, "the server has no room");
                    self.pause(put_off, retry_after).await?;
                }
                answer => return Ok(answer?),
            }
        }
        Ok(self.context.or_cancelled(call()).await??)
    }

    /// Waits for a server that has no room, or isn't there: as long as it says, or longer each time.
    pub(super) async fn pause(&self, put_off: u32, after: Option<Duration>) -> Result<(), Failed> {
        self.slots.strained();
        let wait = after.unwrap_or(Duration::from_millis(500) * 2_u32.pow(put_off));
        Ok(self.context.or_cancelled(tokio::time::sleep(wait.min(LONGEST_PAUSE))).await?)
    }

    /// Gives back what the server holds for this pass, as far as it lets us: it all dies with the session anyway.
    pub(super) async fn close(&self) {
        let views = std::mem::take(&mut *self.open());
        let closing = async {
            futures_util::future::join_all(views.iter().map(|view| view.close())).await;
            self.slots.close().await;
        };
        let in_time = tokio::time::timeout(CLOSING, closing);
        if !matches!(self.context.or_cancelled(in_time).await, Ok(Ok(()))) {
            tracing::debug!("views and collectors were left to die with their session");
        }
    }

    /// What to ask for of a kind.
    pub(super) fn sets(&self, kind: Kind) -> Vec<PropertySet> {
        wire::sets(kind, self.session.api_version(), self.refused().get(&kind).unwrap_or(&BTreeSet::new()))
    }

    /// Stops asking for the path that a server doesn't know; false if it is none of those that were asked for, or one
    /// that nothing can be shown without.
    pub(super) fn refuse(&self, kind: Kind, sets: &[PropertySet], named: &str) -> bool {
        let meant = refusable(sets, named);
        for path in &meant {
            if self.refused().entry(kind).or_default().insert(path.clone()) {
                tracing::warn!(%kind, path, "the server doesn't know this property: it is not asked for again");
            }
        }
        !meant.is_empty()
    }

    /// What this server has refused, now and before.
    pub(super) fn into_refused(self) -> Refused {
        self.refused.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    fn refused(&self) -> MutexGuard<'_, Refused> {
        self.refused.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn open(&self) -> MutexGuard<'_, Vec<Arc<View>>> {
        self.views.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl KindRead {
    /// Keeps a place for objects that exist and could not be read; if there is nothing else, the kind was not read.
    fn lack(&mut self, kind: Kind, unread: Vec<(MoRef, Error)>) -> Result<(), Failed> {
        let nothing_came = self.objects.is_empty();
        for (moref, error) in unread {
            let place: Moref = (&*moref.value).into();
            let why = reason(&error);
            self.objects.insert(place.clone(), without_values(kind, &moref, why));
            self.unread.push(place);
            self.last_word = Some(error);
        }
        match self.last_word.take() {
            Some(error) if nothing_came => Err(error.into()),
            last_word => {
                self.last_word = last_word;
                Ok(())
            }
        }
    }
}

/// The paths of a server's complaint about an unknown property: that one and what lies below it, or the one that ends
/// in it. Never what nothing can be shown without.
pub(super) fn refusable(sets: &[PropertySet], named: &str) -> BTreeSet<String> {
    let paths = || sets.iter().flat_map(|set| &set.properties).map(|property| &property.path);
    let is_meant = |path: &&String| {
        **path == named || path.strip_prefix(named).is_some_and(|rest| rest.starts_with('.'))
    };
    let mut meant: BTreeSet<String> = paths().filter(is_meant).cloned().collect();
    if meant.is_empty() && !named.is_empty() {
        // Some name the last part alone, or put the type before it.
        let ends =
            |path: &&String| path.rsplit('.').next() == Some(named) || named.ends_with(&format!(".{path}"));
        meant.extend(paths().find(ends).cloned());
    }
    meant.retain(|path| !matches!(&**path, "name" | "parent"));
    meant
}

fn reason(error: &Error) -> Missing {
    match error {
        Error::NoPermission { .. } => Missing::NoPermission,
        _ => Missing::Fault,
    }
}

/// An object of which nothing is known but that it is there.
pub(super) fn without_values(kind: Kind, moref: &MoRef, why: Missing) -> Object {
    let slots = columns::of(kind).stored().len();
    Object {
        kind,
        moref: (&*moref.value).into(),
        object_type: (&*moref.kind).into(),
        values: vec![Value::Null; slots].into(),
        missing: (0..slots).filter_map(|slot| Some((u16::try_from(slot).ok()?, why))).collect(),
    }
}

/// Whether an object of this type belongs to a kind: its subtypes do, but those that are a kind of their own.
fn is_of(kind: Kind, object_type: &str) -> bool {
    Kind::of_object_type(object_type).is_none_or(|own| own == kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(named: &str) -> Vec<String> {
        let paths = ["name", "parent", "configuration.dasConfig.enabled", "configuration.drsConfig.enabled"];
        let sets = [
            PropertySet::new("ClusterComputeResource", paths),
            PropertySet::new("VirtualApp", ["parentFolder"]),
        ];
        refusable(&sets, named).into_iter().collect()
    }

    #[test]
    fn a_server_means_the_path_it_names_and_everything_below_it() {
        let below = ["configuration.dasConfig.enabled", "configuration.drsConfig.enabled"];
        assert_eq!(refused("configuration"), below);
        assert_eq!(refused("configuration.dasConfig"), below[..1]);
        assert_eq!(refused("configuration.dasConfig.enabled"), below[..1]);
        assert_eq!(refused("parentFolder"), ["parentFolder"]);
        assert_eq!(refused("ClusterComputeResource.configuration.dasConfig.enabled"), below[..1]);
        assert_eq!(refused("enabled"), below[..1], "the next refusal brings the next of that name");
    }

    #[test]
    fn names_and_parents_are_always_asked_for_and_what_was_not_asked_is_none_of_ours() {
        for named in ["name", "parent", "configurationEx", "config", "", "dasConfig"] {
            assert_eq!(refused(named), Vec::<String>::new(), "{named}");
        }
    }
}
