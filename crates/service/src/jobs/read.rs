//! Reads one kind through a session: lists it, asks for what is listed, and accounts for every object.
//! Refuses to call a kind complete while an object that the server lists has neither come nor is proven gone.

use super::ask::{self, Answered, What};
use super::permissions::{self, Container};
use super::slots::Slots;
use super::withheld::Withheld;
use super::{Context, Phase, Stop};
use crate::wire;
use contract::columns::{self, Due};
use contract::{Kind, Missing, Moref, Object, Snapshot, Time, Value};
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use store::Asked;
use vsphere::{Error, MoRef, PropertySet, Session, View};

/// How often what didn't come is held against a new listing and asked for again: each time something may be deleted.
const ROUNDS: usize = 5;

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
    /// How many of them have come.
    pub(super) came: usize,
    /// How many are known, listed no more, and there all the same.
    pub(super) hidden: usize,
    /// Those that exist and could not be read, with the server's last word about one.
    pub(super) unread: Vec<Moref>,
    pub(super) last_word: Option<Error>,
    /// Those that are proven to be gone.
    pub(super) gone: Vec<Moref>,
    /// What the account may do on them, of those that are containers.
    pub(super) containers: Vec<Container>,
    /// When what came, or is gone, was asked for, and the list.
    pub(super) asked: Asked,
}

/// Why a kind was not read.
#[derive(Debug)]
pub(super) enum Failed {
    /// The server said so.
    Server(Error),
    /// The server listed objects that it then did not send.
    Incomplete(Kind, usize),
    /// The root folder, which always exists, did not come when all was read.
    RootUnread,
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
    /// What is read beside what always is.
    due: Due,
    refused: Mutex<Refused>,
    pub(super) views: Mutex<Vec<Arc<View>>>,
    counts: Mutex<Counts>,
}

/// What is listed and read so far.
#[derive(Default)]
struct Counts {
    /// Kinds whose list is under way: until it is there nobody knows of how much anything is a part.
    listing: usize,
    /// Objects that are listed and have not come, by kind.
    left: BTreeMap<Kind, i64>,
}

impl<'a> Reader<'a> {
    /// `refused` is what this server has refused before, and is not asked again.
    pub(super) fn new(
        context: &'a Context,
        session: &'a Session,
        before: &'a Snapshot,
        due: Due,
        refused: Refused,
    ) -> Reader<'a> {
        let (refused, views) = (Mutex::new(refused), Mutex::default());
        let counts = Mutex::default();
        Reader { context, session, slots: Slots::new(session), before, due, refused, views, counts }
    }

    /// Every object of a kind, below `roots` or everywhere.
    ///
    /// A known object that is listed no more and all the same there is hidden from the account: it stays as it is known.
    pub(super) async fn kind(&self, kind: Kind, roots: &[MoRef]) -> Result<KindRead, Failed> {
        self.listing(1);
        let asked = self.now();
        let (attempt, kinds) = (self.context.attempt(), kind.plural());
        let step = self.context.steps.beside(attempt, &format!("listing {kinds}"));
        let listing = async {
            let views = self.views(kind, roots).await?;
            let listed = self.list(kind, &views).await?.0;
            Ok::<_, Failed>((views, listed))
        };
        let listing = listing.await;
        self.listing(-1);
        drop(step);
        let (views, mut listed) = listing?;
        if kind == Kind::Folders && roots.is_empty() {
            // A container view leaves out its own container, where every way upwards ends.
            listed.insert(self.session.root_folder().clone());
        }
        self.count(kind, listed.len() as i64, 0);
        let mut read = KindRead::default();
        if roots.is_empty() {
            read.asked.list(kind, asked);
        }
        let read = Mutex::new(read);
        let step = self.context.steps.beside(attempt, &format!("reading {kinds}"));
        let outcome = self.listed(kind, &views, &listed, &read, roots.is_empty()).await;
        drop(step);
        let read = into_inner(read);
        if outcome.is_err() {
            // It may be read again, and is counted then.
            self.count(kind, -(listed.len() as i64), -(read.came as i64));
        }
        outcome.map(|()| read)
    }

    async fn listed(
        &self,
        kind: Kind,
        views: &[Arc<View>],
        listed: &BTreeSet<MoRef>,
        read: &Mutex<KindRead>,
        is_everything: bool,
    ) -> Result<(), Failed> {
        let unread = self.all_of(kind, views, listed, read).await?;
        lock(read).keep_places(kind, unread)?;
        match is_everything {
            true => self.no_longer_listed(kind, listed, read).await,
            false => Ok(()),
        }
    }

    /// Asks for objects that no view lists.
    pub(super) async fn by_reference(
        &self,
        kind: Kind,
        morefs: Vec<MoRef>,
        into: &mut KindRead,
    ) -> Result<(), Failed> {
        self.count(kind, morefs.len() as i64, 0);
        let _step = self.context.steps.beside(self.context.attempt(), &format!("reading {}", kind.plural()));
        let read = Mutex::new(std::mem::take(into));
        let answered = self.unlisted(kind, What::Columns, morefs, &read).await;
        *into = into_inner(read);
        let Answered { gone, unread, .. } = answered?;
        self.count(kind, -(gone.len() as i64), 0);
        into.keep_places(kind, unread)?;
        into.are_gone(kind, gone);
        Ok(())
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
        let (mut unread, mut gone, mut fruitless) = (Vec::new(), 0, 0);
        while fruitless < ROUNDS {
            let before = gone;
            let answered = ask::ask(self, kind, What::Columns, asked, read).await?;
            let Answered { gone: said, mut omitted, beside_gone, unanswered, unread: failed, .. } = answered;
            unread.extend(failed);
            gone += said.len();
            lock(read).are_gone(kind, said);
            omitted.extend(beside_gone);
            asked = unanswered;
            if !omitted.is_empty() {
                let listed_at = self.now();
                let (still_listed, root_came) = self.list(kind, views).await?;
                let root = self.session.root_folder();
                let is_there = |moref: &MoRef| !root_came || moref == root || still_listed.contains(moref);
                let (there, left): (Vec<MoRef>, Vec<MoRef>) = omitted.into_iter().partition(is_there);
                gone += left.len();
                lock(read).are_gone(kind, left.into_iter().map(|moref| (moref, listed_at)).collect());
                asked.extend(there);
            }
            // A round in which something is proven gone brings the end nearer.
            fruitless += usize::from(gone == before);
            if asked.is_empty() {
                self.count(kind, -(gone as i64), 0);
                return Ok(unread);
            }
        }
        Err(Failed::Incomplete(kind, asked.len()))
    }

    /// Asks for objects that are in no list, so that the server's own word about each is all there is: those that it
    /// leaves out are gone, and those that it didn't speak of are asked for again.
    async fn unlisted(
        &self,
        kind: Kind,
        what: What,
        mut morefs: Vec<MoRef>,
        read: &Mutex<KindRead>,
    ) -> Result<Answered, Failed> {
        let mut all = Answered::default();
        let mut without_root = 0;
        while !morefs.is_empty() {
            let asked = self.now();
            let answered = ask::ask(self, kind, what, morefs, read).await?;
            let Answered { present, gone, omitted, beside_gone, unanswered, unread } = answered;
            all.present.extend(present);
            all.gone.extend(gone);
            all.gone.extend(omitted.into_iter().map(|moref| (moref, asked)));
            all.unread.extend(unread);
            without_root += usize::from(!unanswered.is_empty());
            if without_root >= ROUNDS {
                return Err(Failed::Incomplete(kind, unanswered.len()));
            }
            // Each time at least one of them is gone.
            morefs = beside_gone;
            morefs.extend(unanswered);
        }
        Ok(all)
    }

    /// Known objects that are listed no more: those that still exist are hidden from the account, and stay as they are
    /// known; all others were deleted.
    async fn no_longer_listed(
        &self,
        kind: Kind,
        listed: &BTreeSet<MoRef>,
        read: &Mutex<KindRead>,
    ) -> Result<(), Failed> {
        let listed: HashSet<&str> = listed.iter().map(|moref| &*moref.value).collect();
        let known = self.before.objects(kind).iter().filter(|known| !listed.contains(&*known.moref));
        let known: Vec<MoRef> = known.map(|known| MoRef::new(&*known.object_type, &*known.moref)).collect();
        let answered = self.unlisted(kind, What::Presence, known, &Mutex::default()).await?;
        let mut read = lock(read);
        read.are_gone(kind, answered.gone);
        read.hidden = answered.present.len();
        for moref in answered.present {
            let hidden = without_values(kind, &moref, Missing::NoPermission);
            read.objects.insert((&*moref.value).into(), hidden);
        }
        for (moref, error) in answered.unread {
            read.keep_place(kind, &moref, error);
        }
        Ok(())
    }

    /// Takes in what came: objects, and the snapshots of VMs.
    pub(super) fn take_in(
        &self,
        kind: Kind,
        sets: &[PropertySet],
        sent: Vec<vsphere::Object>,
        asked_at: Time,
        read: &Mutex<KindRead>,
    ) {
        let asked: HashSet<&str> =
            sets.iter().flat_map(|set| &set.properties).map(|property| &*property.path).collect();
        let mut read = lock(read);
        let known = read.objects.len();
        for sent in sent {
            read.withheld.note(&sent, &asked);
            if permissions::CONTAINERS.contains(&kind) {
                read.containers.push(Container::of(&sent, self.session.root_folder()));
            }
            let mut object = wire::object(kind, &asked, &sent, self.session.root_folder());
            let known = self.before.get(kind, &object.moref).map(|known| &**known);
            object.keep_undue(known, self.due);
            if self.due.weekly {
                object.stamp_weekly(known, asked_at);
            }
            if kind == Kind::Vms {
                let snapshots = wire::snapshots(&object, &sent).into_iter();
                read.snapshots.extend(snapshots.map(|snapshot| (snapshot.moref.clone(), snapshot)));
            }
            read.asked.object(kind, object.moref.clone(), asked_at);
            read.objects.insert(object.moref.clone(), object);
        }
        let new = read.objects.len() - known;
        read.came += new;
        drop(read);
        self.count(kind, 0, new as i64);
    }

    /// When what is asked for now is asked for.
    pub(super) fn now(&self) -> Time {
        (self.context.now)()
    }

    fn listing(&self, more: isize) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        counts.listing = counts.listing.saturating_add_signed(more);
        if more > 0 {
            self.context.say("listing the inventory");
        }
    }

    /// So many more objects of a kind are listed, and so many more have come.
    fn count(&self, kind: Kind, listed: i64, came: i64) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        *counts.left.entry(kind).or_default() += listed - came;
        let (mut done, mut total) = (0, 0);
        self.context.progress.send_modify(|progress| {
            progress.total = progress.total.saturating_add_signed(listed);
            progress.done = progress.done.saturating_add_signed(came);
            (done, total) = (progress.done, progress.total);
            // Several kinds are read at once; what takes longest is what is waited for.
            let most = counts.left.iter().max_by_key(|(_, left)| **left).filter(|(_, left)| **left > 0);
            if let (Some((kind, _)), 0) = (most, counts.listing) {
                progress.step = format!("reading {}", kind.plural());
            }
        });
        if counts.listing == 0 && total > 0 {
            self.context.reached(Phase::Reading, done as usize, total as usize);
        }
    }

    /// What to ask for of a kind.
    pub(super) fn sets(&self, kind: Kind) -> Vec<PropertySet> {
        let refused = self.refused();
        let refused = refused.get(&kind);
        wire::sets(kind, self.session.api_version(), refused.unwrap_or(&BTreeSet::new()), self.due)
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
}

impl KindRead {
    /// Keeps a place for objects that exist and could not be read. If nothing else came, and not for one object alone,
    /// the kind was not read.
    fn keep_places(&mut self, kind: Kind, unread: Vec<(MoRef, Error)>) -> Result<(), Failed> {
        let nothing_came = self.objects.is_empty();
        let several = unread.len() > 1;
        for (moref, error) in unread {
            if nothing_came && (several || matches!(error, Error::NoPermission { .. })) {
                return Err(error.into());
            }
            self.keep_place(kind, &moref, error);
        }
        Ok(())
    }

    /// Notes objects that are proven to be gone since a time.
    fn are_gone(&mut self, kind: Kind, gone: Vec<(MoRef, Time)>) {
        for (moref, asked) in gone {
            self.asked.object(kind, (&*moref.value).into(), asked);
            self.gone.push((&*moref.value).into());
        }
    }

    fn keep_place(&mut self, kind: Kind, moref: &MoRef, error: Error) {
        let why = match error {
            Error::NoPermission { .. } => Missing::NoPermission,
            _ => Missing::Fault,
        };
        self.objects.insert((&*moref.value).into(), without_values(kind, moref, why));
        self.unread.push((&*moref.value).into());
        self.last_word = Some(error);
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

fn lock(read: &Mutex<KindRead>) -> MutexGuard<'_, KindRead> {
    read.lock().unwrap_or_else(PoisonError::into_inner)
}

fn into_inner(read: Mutex<KindRead>) -> KindRead {
    read.into_inner().unwrap_or_else(PoisonError::into_inner)
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
