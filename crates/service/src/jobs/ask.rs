//! Asks for objects by reference: in chunks that adapt to what they weigh, several at once.
//! Refuses to say what becomes of an object that didn't come: it tells how it did not come.

use super::listing::BUSY;
use super::read::{Failed, KindRead, Reader};
use super::slots::{Slot, lacks_collector};
use contract::{Kind, Time};
use futures_util::future::try_join_all;
use std::collections::{HashSet, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use vsphere::{Error, Missing, MoRef, Object, Property, PropertySet, Retrieved};

/// Objects in the first chunk, before it is known what they weigh.
const FIRST: usize = 100;

/// Objects in a chunk at most: each is some 150 bytes of request.
const LARGEST: usize = 1_000;

/// Unpacked bytes that an answer should have: long enough to be worth its call, short enough to be asked for again.
const AIM: u64 = 1 << 20;

/// So many objects in a row that fail alone end a reading of which nothing has come; later more of them may.
const FAILURES: u32 = 12;
const FAILURES_LATER: u32 = 120;

/// So many calls in a row may go without an answer from a server that answers nothing else either.
const SILENCES: u32 = 3;

/// How long a server that let a call time out may take to show that it answers others.
const SIGN_OF_LIFE: Duration = Duration::from_secs(10);

/// An object whose answer was cut off is asked for so often again before it counts as one that can't be read: with many
/// connections that are cut it may have been the connection.
const CUTS: u32 = 2;

/// So many hidden objects are told apart one by one; of more, all that were asked for together count as hidden.
const HIDDEN: u32 = 100;

/// What is asked of the objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    /// What the columns of their kind need.
    Columns,
    /// Whether they are there.
    Presence,
}

/// How the objects that were asked for did not come, and which are there.
#[derive(Debug, Default)]
pub(super) struct Answered {
    /// There, as far as their presence was asked for.
    pub(super) present: Vec<MoRef>,
    /// The server said that they don't exist, when it was asked at this time.
    pub(super) gone: Vec<(MoRef, Time)>,
    /// Left out of an answer that had the root folder.
    pub(super) omitted: Vec<MoRef>,
    /// Asked for together with one that doesn't exist, by a server that fails the whole call for it.
    pub(super) beside_gone: Vec<MoRef>,
    /// Left out of an answer that lacked the root folder as well.
    pub(super) unanswered: Vec<MoRef>,
    /// Asked for alone, and still answered with an error.
    pub(super) unread: Vec<(MoRef, Error)>,
}

/// Asks for these objects until each has come, or is in the answer.
pub(super) async fn ask(
    reader: &Reader<'_>,
    kind: Kind,
    what: What,
    morefs: Vec<MoRef>,
    read: &Mutex<KindRead>,
) -> Result<Answered, Failed> {
    let workers = reader.slots.most().min(morefs.len());
    let state = State { waiting: morefs.into(), size: FIRST, ..State::default() };
    let asking = Asking { reader, kind, what, read, state: Mutex::new(state) };
    try_join_all((0..workers).map(|_| asking.work())).await?;
    Ok(asking.state.into_inner().unwrap_or_else(PoisonError::into_inner).answered)
}

struct Asking<'a> {
    reader: &'a Reader<'a>,
    kind: Kind,
    what: What,
    read: &'a Mutex<KindRead>,
    state: Mutex<State>,
}

/// Objects that are asked for in one call.
#[derive(Default)]
struct Chunk {
    morefs: Vec<MoRef>,
    /// How often it was put off.
    put_off: u32,
    /// How often an answer to it alone was cut off.
    cuts: u32,
}

impl From<Vec<MoRef>> for Chunk {
    fn from(morefs: Vec<MoRef>) -> Chunk {
        Chunk { morefs, put_off: 0, cuts: 0 }
    }
}

#[derive(Default)]
struct State {
    waiting: VecDeque<MoRef>,
    /// Chunks, or parts of them, that failed; the next one last.
    again: Vec<Chunk>,
    /// Objects in the next chunk.
    size: usize,
    /// Failures since the last answer.
    failures: u32,
    /// Calls in a row that neither they nor a small one after them got an answer.
    silences: u32,
    has_answered: bool,
    /// Calls that were refused for want of permission, while only presence was asked for.
    hidden: u32,
    /// Objects that seemed to go while they were read, and are asked for once more.
    doubted: HashSet<MoRef>,
    answered: Answered,
}

impl State {
    fn is_empty(&self) -> bool {
        self.waiting.is_empty() && self.again.is_empty()
    }

    fn next(&mut self) -> Option<Chunk> {
        self.again.pop().or_else(|| {
            let size = self.size.min(self.waiting.len());
            (size > 0).then(|| self.waiting.drain(..size).collect::<Vec<_>>().into())
        })
    }

    /// Learns from an answer what objects weigh.
    fn weigh(&mut self, objects: usize, bytes: u64) {
        let each = (bytes / u64::try_from(objects.max(1)).unwrap_or(1)).max(1);
        let fitting = usize::try_from(AIM / each).unwrap_or(LARGEST);
        // A few light objects say little of the rest.
        self.size = fitting.min(self.size * 2).clamp(1, LARGEST);
        (self.failures, self.silences, self.has_answered) = (0, 0, true);
    }

    /// Puts the halves of a chunk in line. An object that failed alone is not read.
    fn halve(&mut self, mut morefs: Vec<MoRef>, error: Error) {
        if morefs.len() > 1 {
            let second = morefs.split_off(morefs.len() / 2);
            self.size = self.size.min(morefs.len());
            self.again.extend([second.into(), morefs.into()]);
        } else if let Some(moref) = morefs.pop() {
            self.answered.unread.push((moref, error));
        }
    }

    /// Counts a failure; true if it is one too many.
    fn strike(&mut self) -> bool {
        self.failures += 1;
        self.failures >= if self.has_answered { FAILURES_LATER } else { FAILURES }
    }

    /// Whether an object is taken as it came. One that the server can't find any more is gone, or is asked for again
    /// if that is said of some of its properties only.
    fn is_kept(&mut self, object: &Object, sets: &[PropertySet], asked_at: Time) -> bool {
        let mut asked = sets.iter().flat_map(|set| &set.properties);
        let mut came = || asked.any(|property| object.property(&property.path).is_some());
        match object.missing.iter().any(|(_, why)| *why == Missing::Gone) {
            false => true,
            true if !came() && object.missing.iter().all(|(_, why)| *why == Missing::Gone) => {
                self.answered.gone.push((object.moref.clone(), asked_at));
                false
            }
            true if self.doubted.insert(object.moref.clone()) => {
                self.again.push(vec![object.moref.clone()].into());
                false
            }
            true => true,
        }
    }
}

impl Asking<'_> {
    async fn work(&self) -> Result<(), Failed> {
        loop {
            if self.state().is_empty() {
                return Ok(());
            }
            let mut slot = self.reader.slot().await?;
            // Somebody else may have taken the last chunk meanwhile.
            let Some(chunk) = self.state().next() else { return Ok(()) };
            self.one(&mut slot, chunk).await?;
        }
    }

    async fn one(&self, slot: &mut Slot<'_>, mut chunk: Chunk) -> Result<(), Failed> {
        let (sets, asked) = (self.sets(), self.reader.now());
        match self.retrieve(slot, &chunk.morefs, &sets).await? {
            Err(error) if lacks_collector(&error) && chunk.put_off < BUSY => {
                slot.discard();
                chunk.put_off += 1;
                self.state().again.push(chunk);
                Ok(())
            }
            Ok(retrieved) => self.came(chunk.morefs, &sets, retrieved, asked),
            Err(Error::TooLarge { .. } | Error::TooDeep { .. }) if chunk.morefs.len() == 1 => {
                self.piecewise(slot, chunk, &sets, asked).await
            }
            Err(error) => self.failed(chunk, &sets, error, asked).await,
        }
    }

    fn sets(&self) -> Vec<PropertySet> {
        match self.what {
            What::Columns => self.reader.sets(self.kind),
            What::Presence => vec![PropertySet::new(self.kind.object_type(), ["name"])],
        }
    }

    /// Asks for objects and, in the same call, for the root folder: only beside it an omission means something.
    async fn retrieve(
        &self,
        slot: &Slot<'_>,
        morefs: &[MoRef],
        sets: &[PropertySet],
    ) -> Result<Result<Retrieved, Error>, Failed> {
        let root = self.reader.session.root_folder();
        let (mut objects, mut sets) = (morefs.to_vec(), sets.to_vec());
        if !objects.contains(root) {
            objects.push(root.clone());
        }
        if self.kind != Kind::Folders {
            sets.push(PropertySet::new("Folder", ["name"]));
        }
        let retrieval = slot.collector().retrieve(&objects, &sets, true);
        Ok(self.reader.context.or_cancelled(retrieval).await?)
    }

    fn came(
        &self,
        chunk: Vec<MoRef>,
        sets: &[PropertySet],
        retrieved: Retrieved,
        asked_at: Time,
    ) -> Result<(), Failed> {
        let Retrieved { objects, bytes, cut_short } = retrieved;
        match &cut_short {
            Some(error) if error.is_transient() => self.reader.slots.throttle(),
            _ => self.reader.slots.went_well(),
        }
        let root_came = objects.iter().any(|object| object.moref == *self.reader.session.root_folder());
        let (asked, mut came) = (chunk.iter().collect::<HashSet<_>>(), HashSet::new());
        // Once each, whatever a server repeats.
        let wanted = |object: &Object| asked.contains(&object.moref);
        let sent: Vec<Object> = objects
            .into_iter()
            .filter(|object| wanted(object) && came.insert(object.moref.clone()))
            .collect();
        let all = asked.len();
        let mut lacking: Vec<MoRef> = chunk.into_iter().filter(|moref| !came.contains(moref)).collect();
        let mut state = self.state();
        if let Some(error) = cut_short {
            tracing::debug!(%error, lacking = lacking.len(), "the rest of an answer did not come");
            if came.is_empty() {
                let too_many = state.strike();
                state.halve(lacking, error);
                return if too_many { Err(Failed::Incomplete(self.kind, all)) } else { Ok(()) };
            }
            state.weigh(came.len(), bytes);
            // So many come before the rest is named by a token that fails.
            state.size = state.size.min(came.len());
            if !lacking.is_empty() {
                state.again.push(lacking.into());
            }
        } else {
            state.weigh(came.len(), bytes);
            let into = if root_came { &mut state.answered.omitted } else { &mut state.answered.unanswered };
            into.append(&mut lacking);
        }
        drop(state);
        self.keep(sent, sets, asked_at);
        Ok(())
    }

    /// Keeps what came, but for objects that are gone or are to be asked for again.
    fn keep(&self, mut sent: Vec<Object>, sets: &[PropertySet], asked: Time) {
        let mut state = self.state();
        sent.retain(|object| state.is_kept(object, sets, asked));
        match self.what {
            What::Presence => state.answered.present.extend(sent.into_iter().map(|object| object.moref)),
            What::Columns => {
                drop(state);
                self.reader.take_in(self.kind, sets, sent, asked, self.read);
            }
        }
    }

    async fn failed(
        &self,
        chunk: Chunk,
        sets: &[PropertySet],
        error: Error,
        asked: Time,
    ) -> Result<(), Failed> {
        match error {
            Error::Resolve { .. } | Error::Unreachable { .. } => self.put_off(chunk, None, error).await,
            Error::Way { .. } if error.is_transient() => self.put_off(chunk, None, error).await,
            Error::NotAuthenticated { .. }
            | Error::Untrusted { .. }
            | Error::BadHandshake { .. }
            | Error::Way { .. } => Err(error.into()),
            Error::InvalidProperty { ref name, .. } if self.reader.refuse(self.kind, sets, name) => {
                self.state().again.push(chunk);
                Ok(())
            }
            Error::ManagedObjectNotFound { moref: Some(gone), .. } if chunk.morefs.contains(&gone) => {
                let mut state = self.state();
                // Not asked again at once: a new listing may tell which of them went with it.
                state.answered.beside_gone.extend(chunk.morefs.into_iter().filter(|moref| *moref != gone));
                state.answered.gone.push((gone, asked));
                Ok(())
            }
            // 502 and 504 are a proxy that would not wait: like a timeout.
            Error::HttpStatus { status: 408 | 429 | 503, retry_after, .. } => {
                self.put_off(chunk, retry_after, error).await
            }
            Error::HttpStatus { status: 502 | 504, retry_after: after @ Some(_), .. } => {
                self.put_off(chunk, after, error).await
            }
            // An answer, if one that can't be used: smaller chunks come to an end by themselves.
            error @ (Error::TooLarge { .. } | Error::TooDeep { .. }) => {
                self.state().halve(chunk.morefs, error);
                Ok(())
            }
            error @ Error::NoPermission { .. } if self.what == What::Presence => {
                let mut state = self.state();
                state.hidden += 1;
                match state.hidden > HIDDEN {
                    // Kept in doubt: what may not be read is not deleted.
                    true => state.answered.present.extend(chunk.morefs),
                    false => state.halve(chunk.morefs, error),
                }
                Ok(())
            }
            error => {
                let is_silent = matches!(error, Error::Timeout { .. }) && !self.shows_life().await?;
                if error.is_transient() {
                    self.reader.slots.throttle();
                }
                let mut state = self.state();
                state.silences += u32::from(is_silent);
                // Halving comes to an end by itself; only objects that fail alone say that it is the server.
                let is_alone = chunk.morefs.len() == 1;
                if is_alone && error.is_cut_off() && chunk.cuts < CUTS {
                    state.again.push(Chunk { cuts: chunk.cuts + 1, ..chunk });
                    return Ok(());
                }
                if is_alone && state.strike() || state.silences >= SILENCES {
                    // Each of the calls that nobody answered was a try.
                    self.reader.context.tries.took(state.silences);
                    return Err(error.into());
                }
                state.halve(chunk.morefs, error);
                Ok(())
            }
        }
    }

    /// Whether the server answers a small call: then it was the objects that it could not answer for in time.
    async fn shows_life(&self) -> Result<bool, Failed> {
        let answer = tokio::time::timeout(SIGN_OF_LIFE, self.reader.session.current_time());
        Ok(matches!(self.reader.context.or_cancelled(answer).await?, Ok(Ok(_))))
    }

    /// Asks for a chunk again after a while, because the server has no room for it now, or isn't there.
    async fn put_off(&self, mut chunk: Chunk, after: Option<Duration>, error: Error) -> Result<(), Failed> {
        self.reader.pause(chunk.put_off, after, error).await?;
        chunk.put_off += 1;
        self.state().again.push(chunk);
        Ok(())
    }

    /// Reads an object that is too large, or nested too deep, in parts: only the properties that are so are lacking then.
    async fn piecewise(
        &self,
        slot: &Slot<'_>,
        chunk: Chunk,
        sets: &[PropertySet],
        asked: Time,
    ) -> Result<(), Failed> {
        let moref = &chunk.morefs[0];
        let mut whole = Object { moref: moref.clone(), properties: Vec::new(), missing: Vec::new() };
        let mut parts: Vec<Vec<(String, Property)>> = vec![flat(sets)];
        while let Some(mut part) = parts.pop() {
            match self.retrieve(slot, std::slice::from_ref(moref), &grouped(&part)).await? {
                Ok(Retrieved { objects, cut_short: None, .. }) => {
                    match objects.into_iter().find(|o| o.moref == *moref) {
                        Some(object) => {
                            whole.properties.extend(object.properties);
                            whole.missing.extend(object.missing);
                        }
                        None => {
                            self.state().answered.unanswered.push(moref.clone());
                            return Ok(());
                        }
                    }
                }
                Err(Error::TooLarge { .. } | Error::TooDeep { .. }) if part.len() > 1 => {
                    let second = part.split_off(part.len() / 2);
                    parts.extend([second, part]);
                }
                Err(Error::TooLarge { .. } | Error::TooDeep { .. }) => {
                    let paths =
                        part.into_iter().map(|(_, property)| (property.path.into(), Missing::TooLarge));
                    whole.missing.extend(paths);
                }
                Ok(Retrieved { cut_short: Some(error), .. }) | Err(error) => {
                    return self.failed(chunk, sets, error, asked).await;
                }
            }
        }
        self.state().weigh(1, AIM);
        // As old as its first part.
        self.keep(vec![whole], sets, asked);
        Ok(())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn flat(sets: &[PropertySet]) -> Vec<(String, Property)> {
    let of_set = |set: &PropertySet| {
        let type_name = set.type_name.clone();
        set.properties.clone().into_iter().map(move |property| (type_name.clone(), property))
    };
    sets.iter().flat_map(of_set).collect()
}

fn grouped(properties: &[(String, Property)]) -> Vec<PropertySet> {
    let mut sets: Vec<PropertySet> = Vec::new();
    for (type_name, property) in properties {
        match sets.last_mut() {
            Some(set) if set.type_name == *type_name => set.properties.push(property.clone()),
            _ => sets.push(PropertySet::new(type_name.clone(), [property.clone()])),
        }
    }
    sets
}
