//! The answers that the page shows, each by the command that was asked and its arguments: whoever asks for the same gets the
//! same, and one call serves all.
//! Refuses to know any command, to keep what nobody shows any more, and to take an answer for what was asked before or after it.

use contract::command::{Command, Query};
use contract::{ApiError, Event, Source};
use std::any::Any;
use std::collections::{HashMap, HashSet};
use std::pin::Pin;
use std::rc::Rc;

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

#[derive(Clone, Copy)]
struct UnderWay {
    number: u64,
    /// Whether its answer may be stale when it arrives: then one more call follows it.
    is_stale: bool,
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
        let entry = self.entries.entry(asked.key.clone()).or_insert_with(|| Entry {
            question,
            answer: Answer::default(),
            shown: 0,
            under_way: None,
        });
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
        let is_stale = |question: &dyn Question, _: &Answer<dyn Any>| {
            events.iter().any(|event| *event == Event::Lagged || question.is_stale_after(event))
        };
        self.ask_again(is_stale, false)
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

    /// Everything but one answer is of another estate from now on: nothing that was known is true, and neither is what is
    /// under way. Answers with the calls that have to be made.
    #[must_use]
    pub(crate) fn start_over<Q>(&mut self, but: &Asked<Q>) -> Vec<Errand> {
        self.entries.retain(|_, entry| entry.shown > 0);
        let others = self.entries.iter_mut().filter(|(key, _)| **key != but.key);
        others
            .map(|(key, entry)| {
                entry.answer = Answer::default();
                call(&mut self.calls, key, entry, false)
            })
            .collect()
    }

    /// Takes in what came of a call, unless it was given up. Answers with the call that has to follow.
    #[must_use]
    pub(crate) fn answered(&mut self, answered: &Call, reply: Reply) -> Option<Errand> {
        let entry = self.entries.get_mut(&answered.key)?;
        let under_way = entry.under_way.filter(|call| call.number == answered.number)?;
        entry.under_way = None;
        if entry.shown == 0 {
            self.entries.remove(&answered.key);
            return None;
        }
        match reply {
            Ok(value) => {
                let known = entry.answer.value.take();
                let same = known.filter(|known| entry.question.is_same(&**known, &*value));
                entry.answer = Answer { value: Some(same.unwrap_or(value)), error: None };
            }
            // What was known before stays.
            Err(error) => entry.answer.error = Some(error),
        }
        under_way.is_stale.then(|| call(&mut self.calls, &answered.key, entry, false))
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
    entry.under_way = Some(UnderWay { number: *calls, is_stale: false });
    Errand { call: Call { key: key.clone(), number: *calls }, question: entry.question.clone(), refresh }
}

#[cfg(test)]
mod tests;
