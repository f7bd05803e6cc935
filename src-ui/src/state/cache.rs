//! The answers that the page shows, each by the command that was asked and its arguments: whoever asks for the same gets the
//! same, and one call serves all. Where a part of an answer changed that can be asked for alone, it is, and put into it.
//! Refuses to know any command, to keep what nobody shows any more, and to take an answer for what was asked before or after it.

use contract::command::{Command, Query};
use contract::{ApiError, Event, Source};
use std::any::Any;
use std::collections::{HashMap, HashSet};
use std::pin::Pin;
use std::rc::Rc;

/// Parts that are asked for one by one; of more, as after a while in which nobody saw the page, the whole is.
const FEW: usize = 10;

/// What an answer is known by.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    command: &'static str,
    /// As JSON.
    arguments: Rc<str>,
}

/// A question, and what its answer is known by.
#[derive(Clone, Debug)]
pub(crate) struct Asked<Q> {
    query: Rc<Q>,
    key: Key,
}

/// A question of whichever command, for a part of other answers.
#[derive(Clone)]
pub(crate) struct Part {
    key: Key,
    question: Rc<dyn Question>,
}

impl<Q: Query + Question> Asked<Q> {
    /// The same as a question for a part of other answers.
    pub(crate) fn as_part(&self) -> Part {
        Part { key: self.key.clone(), question: self.query.clone() }
    }
}

impl<Q: Query> Asked<Q> {
    pub(crate) fn new(query: Q) -> Asked<Q> {
        // By way of a value, whose keys are in order: so the same arguments are the same text.
        let arguments = serde_json::to_value(&query).map(|json| json.to_string()).unwrap_or_default();
        Asked {
            query: Rc::new(query),
            key: Key { command: <Q as Command>::NAME, arguments: arguments.into() },
        }
    }
}

/// Two are the same question if their answers are known by the same.
impl<Q> PartialEq for Asked<Q> {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

/// What came of a call, by whichever command.
pub(crate) type Reply = Result<Rc<dyn Any>, ApiError>;

/// A question of whichever command.
pub(crate) trait Question {
    /// Whether its answer may be another one after this.
    fn is_stale_after(&self, event: &Event) -> bool;

    /// The parts of an answer that are asked for anew when they are old.
    fn refreshed<'a>(&self, answer: &'a dyn Any) -> &'a [Source];

    /// What to ask where an event is about a part of its answer alone.
    fn part(&self, event: &Event) -> Option<Part>;

    /// An answer with such a part in it.
    fn with_part(&self, answer: &dyn Any, part: &dyn Any) -> Option<Rc<dyn Any>>;

    /// Whether its answer has names of vCenters.
    fn has_names(&self) -> bool;

    /// Whether two answers say the same.
    fn is_same(&self, one: &dyn Any, other: &dyn Any) -> bool;

    /// Asks the service, and has it read anew what is old if so wanted.
    fn ask(&self, refresh: bool) -> Pin<Box<dyn Future<Output = Reply>>>;
}

/// A call that has to be made, and what to say with its answer.
#[derive(Clone)]
pub(crate) struct Errand {
    pub(crate) call: Call,
    pub(crate) question: Rc<dyn Question>,
    /// Whether what is stale is to be read anew by the service.
    pub(crate) refresh: bool,
}

/// Which call it is.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Call {
    key: Key,
    number: u64,
}

impl Call {
    /// Whether it asked this.
    pub(crate) fn is_of<Q>(&self, asked: &Asked<Q>) -> bool {
        self.key == asked.key
    }
}

/// What is known of something that was asked.
#[derive(Debug)]
pub(crate) struct Answer<R: ?Sized> {
    /// As it was last answered, however long ago.
    pub(crate) value: Option<Rc<R>>,
    /// Why the newest is not known.
    pub(crate) error: Option<ApiError>,
}

impl<R: ?Sized> Answer<R> {
    /// Whether it is on its way for the first time.
    pub(crate) fn is_loading(&self) -> bool {
        self.value.is_none() && self.error.is_none()
    }
}

impl<R: ?Sized> Default for Answer<R> {
    fn default() -> Self {
        Answer { value: None, error: None }
    }
}

impl<R: ?Sized> Clone for Answer<R> {
    fn clone(&self) -> Self {
        Answer { value: self.value.clone(), error: self.error.clone() }
    }
}

impl<R: ?Sized> PartialEq for Answer<R> {
    /// A value is the same as long as it is in the same place: the cache leaves it there when a newer one says the same.
    fn eq(&self, other: &Self) -> bool {
        let is_same = match (&self.value, &other.value) {
            (Some(one), Some(other)) => Rc::ptr_eq(one, other),
            (one, other) => one.is_none() && other.is_none(),
        };
        is_same && self.error == other.error
    }
}

struct Entry {
    question: Rc<dyn Question>,
    answer: Answer<dyn Any>,
    /// How many show it.
    shown: usize,
    under_way: Option<UnderWay>,
}

impl Entry {
    fn new(question: Rc<dyn Question>) -> Entry {
        Entry { question, answer: Answer::default(), shown: 0, under_way: None }
    }
}

struct UnderWay {
    number: u64,
    /// Whether its answer may be stale when it arrives: then one more call follows it.
    is_stale: bool,
    /// The answers that its own is a part of.
    wholes: Vec<Key>,
    /// The parts of its answer that may be stale when it arrives: they are asked for after it.
    parts: Vec<Part>,
}

/// The answers.
#[derive(Default)]
pub(crate) struct Cache {
    entries: HashMap<Key, Entry>,
    /// Calls so far, which are numbered by it.
    calls: u64,
    /// What changed while nobody could see the page; `None` while somebody can.
    unseen: Option<HashSet<Event>>,
}

impl Cache {
    /// Somebody shows this from now on. Answers with the call that has to be made, if nobody else has seen to that.
    #[must_use]
    pub(crate) fn show<Q: Query + Question + 'static>(&mut self, asked: &Asked<Q>) -> Option<Errand> {
        let question = asked.query.clone();
        let entry = self.entries.entry(asked.key.clone()).or_insert_with(|| Entry::new(question));
        entry.shown += 1;
        let is_first = entry.shown == 1 && entry.under_way.is_none();
        is_first.then(|| call(&mut self.calls, &asked.key, entry, true))
    }

    /// Somebody shows it no longer; with the last one it is forgotten, at the latest when its answer has come.
    pub(crate) fn leave<Q>(&mut self, asked: &Asked<Q>) {
        if let Some(entry) = self.entries.get_mut(&asked.key) {
            entry.shown = entry.shown.saturating_sub(1);
            if entry.shown == 0 && entry.under_way.is_none() {
                self.entries.remove(&asked.key);
            }
        }
    }

    /// What is known of it.
    pub(crate) fn answer<Q: Query<Reply: 'static>>(&self, asked: &Asked<Q>) -> Answer<Q::Reply> {
        let Some(entry) = self.entries.get(&asked.key) else { return Answer::default() };
        let value = entry.answer.value.clone().and_then(|value| value.downcast().ok());
        Answer { value, error: entry.answer.error.clone() }
    }

    /// Its value where it stands.
    pub(crate) fn value<Q: Query<Reply: 'static>>(&self, asked: &Asked<Q>) -> Option<&Q::Reply> {
        self.entries.get(&asked.key)?.answer.value.as_ref()?.downcast_ref()
    }

    /// Why the newest is not known.
    pub(crate) fn error<Q>(&self, asked: &Asked<Q>) -> Option<&ApiError> {
        self.entries.get(&asked.key)?.answer.error.as_ref()
    }

    /// Something changed. Answers with the calls that have to be made; while nobody can see the page, with none.
    #[must_use]
    pub(crate) fn heard(&mut self, events: &[Event]) -> Vec<Errand> {
        if let Some(unseen) = &mut self.unseen {
            unseen.extend(events.iter().cloned());
            return Vec::new();
        }
        let mut errands = Vec::new();
        // Everything may have changed then, and is asked for below.
        let is_lagged = events.contains(&Event::Lagged);
        let changed = if is_lagged { Vec::new() } else { self.changed_parts(events, &mut errands) };
        if changed.len() > FEW {
            let wholes: HashSet<Key> = changed.into_iter().flat_map(|(_, wholes)| wholes).collect();
            for (key, entry) in self.entries.iter_mut().filter(|(key, _)| wholes.contains(*key)) {
                errands.extend(call_again(&mut self.calls, key, entry, false));
            }
        } else {
            for (part, wholes) in changed {
                errands.extend(self.ask_part(part, wholes));
            }
        }
        let asked: HashSet<Key> = errands.iter().map(|errand| errand.call.key.clone()).collect();
        for (key, entry) in self.entries.iter_mut().filter(|(key, _)| !asked.contains(*key)) {
            if is_lagged || events.iter().any(|event| entry.question.is_stale_after(event)) {
                errands.extend(call_again(&mut self.calls, key, entry, false));
            }
        }
        errands
    }

    /// The parts of answers that events are about, each once, and the answers that each is a part of. An answer that isn't
    /// known, or not as new as it could be, is asked for as a whole.
    fn changed_parts(&mut self, events: &[Event], errands: &mut Vec<Errand>) -> Vec<(Part, Vec<Key>)> {
        let mut changed: Vec<(Part, Vec<Key>)> = Vec::new();
        for (key, entry) in &mut self.entries {
            let mut parts: Vec<Part> = Vec::new();
            for part in events.iter().filter_map(|event| entry.question.part(event)) {
                if !parts.iter().any(|known| known.key == part.key) {
                    parts.push(part);
                }
            }
            if parts.is_empty() {
                continue;
            }
            if let Some(call) = &mut entry.under_way {
                let is_new = |part: &&Part| !call.parts.iter().any(|known| known.key == part.key);
                let new: Vec<Part> = parts.iter().filter(is_new).cloned().collect();
                call.parts.extend(new);
            } else if entry.answer.value.is_none() || entry.answer.error.is_some() {
                errands.extend(call_again(&mut self.calls, key, entry, false));
                continue;
            }
            if entry.answer.value.is_none() {
                continue;
            }
            for part in parts {
                match changed.iter_mut().find(|(known, _)| known.key == part.key) {
                    Some((_, wholes)) => wholes.push(key.clone()),
                    None => changed.push((part, vec![key.clone()])),
                }
            }
        }
        changed
    }

    /// Asks for what is a part of other answers, shown by itself or not.
    fn ask_part(&mut self, Part { key, question }: Part, wholes: Vec<Key>) -> Option<Errand> {
        let entry = self.entries.entry(key.clone()).or_insert_with(|| Entry::new(question));
        let errand = call_again(&mut self.calls, &key, entry, false);
        if let Some(call) = &mut entry.under_way {
            call.wholes.extend(wholes);
        }
        errand
    }

    /// Puts what was answered into the answers that it is a part of. What that fails for is asked for as a whole.
    fn put(&mut self, wholes: &[Key], reply: &Reply) -> Vec<Errand> {
        let mut errands = Vec::new();
        for key in wholes {
            let Some(entry) = self.entries.get_mut(key) else { continue };
            let Some(known) = &entry.answer.value else { continue };
            let next = reply.as_ref().ok().and_then(|part| entry.question.with_part(&**known, &**part));
            match next {
                Some(next) if entry.question.is_same(&**known, &*next) => {}
                Some(next) => entry.answer.value = Some(next),
                None => errands.extend(call_again(&mut self.calls, key, entry, false)),
            }
        }
        errands
    }

    /// vCenters were renamed or removed: asks anew for what has names of them.
    #[must_use]
    pub(crate) fn renamed(&mut self) -> Vec<Errand> {
        self.ask_again(|question, _| question.has_names(), false)
    }

    /// Asks anew for what is put together from parts that are old, and has those read.
    #[must_use]
    pub(crate) fn refresh(&mut self, is_old: impl Fn(&Source) -> bool) -> Vec<Errand> {
        let has_old = |question: &dyn Question, answer: &Answer<dyn Any>| {
            answer.value.as_ref().is_some_and(|value| question.refreshed(&**value).iter().any(&is_old))
        };
        self.ask_again(has_old, true)
    }

    /// Asks one anew.
    #[must_use]
    pub(crate) fn ask_anew<Q>(&mut self, asked: &Asked<Q>) -> Option<Errand> {
        let entry = self.entries.get_mut(&asked.key)?;
        call_again(&mut self.calls, &asked.key, entry, false)
    }

    fn ask_again(
        &mut self,
        is_stale: impl Fn(&dyn Question, &Answer<dyn Any>) -> bool,
        refresh: bool,
    ) -> Vec<Errand> {
        let mut errands = Vec::new();
        for (key, entry) in &mut self.entries {
            if is_stale(&*entry.question, &entry.answer) {
                errands.extend(call_again(&mut self.calls, key, entry, refresh));
            }
        }
        errands
    }

    /// Nobody can see the page: what changes is asked once, when somebody can.
    pub(crate) fn hide(&mut self) {
        self.unseen.get_or_insert_default();
    }

    /// Whether nobody can see it.
    pub(crate) fn is_hidden(&self) -> bool {
        self.unseen.is_some()
    }

    /// Somebody can see it again. Answers with what changed meanwhile, if nobody could.
    pub(crate) fn unhide(&mut self) -> Option<Vec<Event>> {
        self.unseen.take().map(Vec::from_iter)
    }

    /// Everything but two answers is of another estate from now on: nothing that was known is true, and neither is what is
    /// under way. Answers with the calls that have to be made.
    #[must_use]
    pub(crate) fn start_over<Q, R>(&mut self, but: &Asked<Q>, and: &Asked<R>) -> Vec<Errand> {
        self.entries.retain(|_, entry| entry.shown > 0);
        let others = self.entries.iter_mut().filter(|(key, _)| **key != but.key && **key != and.key);
        others
            .map(|(key, entry)| {
                entry.answer = Answer::default();
                call(&mut self.calls, key, entry, false)
            })
            .collect()
    }

    /// Takes in what came of a call, unless it was given up. Answers with the calls that have to follow.
    #[must_use]
    pub(crate) fn answered(&mut self, answered: &Call, reply: Reply) -> Vec<Errand> {
        let key = &answered.key;
        let Some(entry) = self.entries.get_mut(key) else { return Vec::new() };
        let under_way = entry.under_way.take_if(|call| call.number == answered.number);
        let Some(UnderWay { is_stale, wholes, parts, .. }) = under_way else { return Vec::new() };
        let is_shown = entry.shown > 0;
        if is_shown {
            entry.take_in(&reply);
        }
        let mut errands = self.put(&wholes, &reply);
        match self.entries.get_mut(key) {
            Some(entry) if is_stale && (is_shown || !wholes.is_empty()) => {
                errands.push(call(&mut self.calls, key, entry, false));
                if let Some(call) = &mut entry.under_way {
                    call.wholes = wholes;
                }
            }
            _ if is_shown => {
                let asked = parts.into_iter().filter_map(|part| self.ask_part(part, vec![key.clone()]));
                errands.extend(asked);
            }
            _ => drop(self.entries.remove(key)),
        }
        errands
    }
}

impl Entry {
    fn take_in(&mut self, reply: &Reply) {
        match reply {
            Ok(value) => {
                let known = self.answer.value.take();
                let same = known.filter(|known| self.question.is_same(&**known, &**value));
                self.answer = Answer { value: Some(same.unwrap_or_else(|| value.clone())), error: None };
            }
            // What was known before stays.
            Err(error) => self.answer.error = Some(error.clone()),
        }
    }
}

/// A call, or if one is under way one after it.
fn call_again(calls: &mut u64, key: &Key, entry: &mut Entry, refresh: bool) -> Option<Errand> {
    match &mut entry.under_way {
        Some(call) => {
            call.is_stale = true;
            None
        }
        None => Some(call(calls, key, entry, refresh)),
    }
}

fn call(calls: &mut u64, key: &Key, entry: &mut Entry, refresh: bool) -> Errand {
    *calls += 1;
    entry.under_way =
        Some(UnderWay { number: *calls, is_stale: false, wholes: Vec::new(), parts: Vec::new() });
    Errand { call: Call { key: key.clone(), number: *calls }, question: entry.question.clone(), refresh }
}

#[cfg(test)]
mod tests;
