//! Reads one kind through a session, completely or not at all.
//! Refuses to call a kind complete while an object that the server lists has not arrived.

use super::{Context, Stop};
use crate::wire;
use contract::{Kind, Moref, Object, Snapshot};
use std::collections::{BTreeMap, HashMap, HashSet};
use vsphere::{Error, Event, MoRef, Selection, Session, Watcher};

/// Objects asked for in one page; servers may send fewer.
const PAGE: u32 = 500;

/// How many objects may turn out deleted while they are asked for one by one, before the pass gives up.
const VANISHING: usize = 200;

/// Known objects that are asked for by reference before an empty answer is believed.
const SAMPLE: usize = 20;

/// One kind as it was read.
#[derive(Default)]
pub(super) struct KindRead {
    /// Its objects, by moref.
    pub(super) objects: BTreeMap<Moref, Object>,
    /// The snapshots of VMs.
    pub(super) snapshots: BTreeMap<Moref, Object>,
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

/// Reads kinds through one session.
pub(super) struct Reader<'a> {
    context: &'a Context,
    session: &'a Session,
    before: &'a Snapshot,
    refused: HashMap<Kind, HashSet<String>>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(context: &'a Context, session: &'a Session, before: &'a Snapshot) -> Reader<'a> {
        Reader { context, session, before, refused: HashMap::new() }
    }

    /// Every object of a kind, below `roots` or everywhere.
    pub(super) async fn kind(&mut self, kind: Kind, roots: &[MoRef]) -> Result<KindRead, Failed> {
        let roots: Vec<Option<MoRef>> =
            if roots.is_empty() { vec![None] } else { roots.iter().cloned().map(Some).collect() };
        loop {
            let start = self.context.progress.borrow().clone();
            match self.kind_once(kind, &roots).await {
                Err(Failed::Server(Error::InvalidProperty { name, .. })) if self.refuse(kind, &name) => {
                    tracing::warn!(%kind, path = name, "the server doesn't know this property");
                    self.context.progress.send_replace(start);
                }
                other => return other,
            }
        }
    }

    async fn kind_once(&mut self, kind: Kind, roots: &[Option<MoRef>]) -> Result<KindRead, Failed> {
        let mut read = KindRead::default();
        let paths = self.paths(kind);
        for root in roots {
            let mut selection = Selection::new(kind.object_type(), paths.clone());
            selection.root.clone_from(root);
            let mut watcher = Watcher::new(self.session, selection, PAGE);
            let listed = self.drain(kind, &paths, &mut watcher, &mut read).await;
            // Closing is politeness: the view dies with its session anyway, and its failure must not hide the reason.
            let _ = self.context.or_cancelled(watcher.close()).await;
            let lacking =
                listed?.into_iter().filter(|moref| !read.objects.contains_key(&*moref.value)).collect();
            self.by_reference(kind, &paths, lacking, &mut read).await?;
        }
        if roots == [None] && read.objects.is_empty() {
            self.prove_empty(kind).await?;
        }
        if kind == Kind::Folders && roots == [None] {
            // A container view leaves out its own container, where every way upwards ends.
            let root = vec![self.session.root_folder().clone()];
            self.context.progress.send_modify(|progress| progress.total += 1);
            self.by_reference(kind, &paths, root, &mut read).await?;
        }
        Ok(read)
    }

    /// Takes in every page; answers with what the server's list has.
    async fn drain(
        &mut self,
        kind: Kind,
        paths: &[String],
        watcher: &mut Watcher,
        read: &mut KindRead,
    ) -> Result<Vec<MoRef>, Failed> {
        self.context.step(&format!("reading {}", kind.plural()));
        let (mut is_first, mut listed) = (true, Vec::new());
        loop {
            match self.context.or_cancelled(watcher.next()).await?? {
                Event::Page { objects, .. } => {
                    if std::mem::take(&mut is_first) {
                        listed = watcher.listed().unwrap_or_default().to_vec();
                        listed.retain(|moref| is_of(kind, &moref.kind));
                        self.context.progress.send_modify(|progress| progress.total += listed.len() as u64);
                    }
                    self.take_in(kind, paths, objects, read);
                }
                Event::InitialDone => return Ok(listed),
            }
        }
    }

    fn take_in(&self, kind: Kind, paths: &[String], sent: Vec<vsphere::Object>, read: &mut KindRead) {
        let asked: HashSet<&str> = paths.iter().map(String::as_str).collect();
        let known = read.objects.len();
        for sent in sent.into_iter().filter(|sent| is_of(kind, &sent.moref.kind)) {
            let object = wire::object(kind, &asked, &sent, self.session.root_folder());
            if kind == Kind::Vms {
                let snapshots = wire::snapshots(&object, &sent).into_iter();
                read.snapshots.extend(snapshots.map(|snapshot| (snapshot.moref.clone(), snapshot)));
            }
            read.objects.insert(object.moref.clone(), object);
        }
        let new = read.objects.len() - known;
        self.context.progress.send_modify(|progress| progress.done += new as u64);
    }

    /// Asks for objects one by one: those that are gone were deleted in the meantime, all others must come.
    /// Answers with the deleted ones.
    pub(super) async fn by_reference(
        &self,
        kind: Kind,
        paths: &[String],
        mut morefs: Vec<MoRef>,
        read: &mut KindRead,
    ) -> Result<Vec<Moref>, Failed> {
        let mut gone = Vec::new();
        while !morefs.is_empty() {
            let answer = self.session.retrieve(&morefs, kind.object_type(), paths);
            match self.context.or_cancelled(answer).await? {
                Ok(objects) => {
                    let sent: HashSet<String> = objects.iter().map(|o| o.moref.value.to_string()).collect();
                    let lacking = morefs.iter().filter(|moref| !sent.contains(&*moref.value)).count();
                    if lacking > 0 {
                        return Err(Failed::Incomplete(kind, lacking));
                    }
                    self.take_in(kind, paths, objects, read);
                    return Ok(gone);
                }
                Err(Error::ManagedObjectNotFound { moref: Some(moref), .. }) if gone.len() < VANISHING => {
                    let all = morefs.len();
                    morefs.retain(|asked| *asked.value != *moref.value);
                    if morefs.len() == all {
                        return Err(Failed::Incomplete(kind, all));
                    }
                    gone.push((&*moref.value).into());
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(gone)
    }

    /// An expired session can look like an empty inventory: where objects were known, emptiness needs proof.
    async fn prove_empty(&self, kind: Kind) -> Result<(), Failed> {
        // The root is in no view, and always there.
        let known: Vec<_> =
            self.before.objects(kind).iter().filter(|known| known.parent().is_some()).collect();
        self.prove_session().await?;
        for object in known.iter().take(SAMPLE) {
            let moref = MoRef::new(&*object.object_type, &*object.moref);
            let answer = self.session.retrieve(std::slice::from_ref(&moref), kind.object_type(), &["name"]);
            match self.context.or_cancelled(answer).await? {
                Err(Error::ManagedObjectNotFound { .. }) => {}
                Ok(_) => return Err(Failed::Incomplete(kind, known.len())),
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// Shows that the session is still ours and still sees the root of the inventory.
    pub(super) async fn prove_session(&self) -> Result<(), Failed> {
        let root = [self.session.root_folder().clone()];
        let answer = self.session.retrieve(&root, "Folder", &["name"]);
        let seen = self.context.or_cancelled(answer).await??;
        match &seen[..] {
            [one] if one.moref == root[0] && one.property("name").is_some() => Ok(()),
            _ => Err(Failed::Incomplete(Kind::Folders, 1)),
        }
    }

    /// What to ask for of a kind.
    pub(super) fn paths(&self, kind: Kind) -> Vec<String> {
        static NONE: std::sync::LazyLock<HashSet<String>> = std::sync::LazyLock::new(HashSet::new);
        let refused = self.refused.get(&kind).unwrap_or(&NONE);
        wire::paths(kind, self.session.api_version(), refused).common
    }

    /// Stops asking for a path; false if it is none of ours, or already refused.
    fn refuse(&mut self, kind: Kind, path: &str) -> bool {
        let ours = self.paths(kind);
        // A server names the whole path or only its last part.
        let refused = ours.iter().find(|own| *own == path).or_else(|| {
            ours.iter().find(|own| own.rsplit('.').next() == Some(path) || path.ends_with(&format!(".{own}")))
        });
        refused.cloned().is_some_and(|path| self.refused.entry(kind).or_default().insert(path))
    }
}

/// Whether an object of this type belongs to a kind: its subtypes do, but those that are a kind of their own.
fn is_of(kind: Kind, object_type: &str) -> bool {
    Kind::of_object_type(object_type).is_none_or(|own| own == kind)
}
