//! Answers that components share: whoever asks for the same gets the same, and one call serves all.
//! Refuses to keep what nobody shows any more.

use super::loaded::Loaded;
use contract::ApiError;
use std::collections::HashMap;
use std::hash::Hash;
use std::rc::Rc;

/// Answers by what was asked for.
#[derive(Clone, Debug)]
pub(crate) struct Shared<Q, A> {
    entries: HashMap<Q, Entry<A>>,
}

#[derive(Clone, Debug)]
struct Entry<A> {
    answer: Loaded<Rc<A>>,
    users: usize,
    call: Call,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Call {
    None,
    /// Under way.
    One,
    /// Under way, and its answer may be outdated when it arrives: one more after it.
    OneMore,
    /// Under way, and its answer is about something else than is shown by now: none is taken until the next.
    Void,
}

impl<Q, A> Default for Shared<Q, A> {
    fn default() -> Self {
        Shared { entries: HashMap::new() }
    }
}

impl<Q: Clone + Eq + Hash, A> Shared<Q, A> {
    /// Somebody shows this from now on. Answers whether a call has to be made.
    #[must_use]
    pub(crate) fn ask(&mut self, query: &Q) -> bool {
        let entry = self.entries.entry(query.clone()).or_insert(Entry {
            answer: Loaded::Loading,
            users: 0,
            call: Call::None,
        });
        entry.users += 1;
        let first = entry.users == 1 && entry.call == Call::None;
        if first {
            entry.call = Call::One;
        }
        first
    }

    /// Somebody shows it no longer; with the last one it is forgotten, at the latest when its answer has come.
    pub(crate) fn release(&mut self, query: &Q) {
        if let Some(entry) = self.entries.get_mut(query) {
            entry.users = entry.users.saturating_sub(1);
            if entry.users == 0 && entry.call == Call::None {
                self.entries.remove(query);
            }
        }
    }

    /// What these answers are about changed. Answers with the calls that have to be made.
    #[must_use]
    pub(crate) fn outdate(&mut self, about: impl Fn(&Q) -> bool) -> Vec<Q> {
        let mut calls = Vec::new();
        for (query, entry) in self.entries.iter_mut().filter(|(query, _)| about(query)) {
            match entry.call {
                Call::None => {
                    entry.call = Call::One;
                    calls.push(query.clone());
                }
                Call::One | Call::OneMore => entry.call = Call::OneMore,
                Call::Void => {}
            }
        }
        calls
    }

    /// What these answers are about is another thing from now on: nothing of what was known is true. Answers with the
    /// calls that have to be made.
    #[must_use]
    pub(crate) fn start_over(&mut self, about: impl Fn(&Q) -> bool) -> Vec<Q> {
        let mut calls = Vec::new();
        for (query, entry) in self.entries.iter_mut().filter(|(query, _)| about(query)) {
            entry.answer = Loaded::Loading;
            if entry.call == Call::None {
                entry.call = Call::One;
                calls.push(query.clone());
            } else {
                entry.call = Call::Void;
            }
        }
        calls
    }

    /// Takes in an answer. Answers whether one more call has to be made.
    #[must_use]
    pub(crate) fn answered(&mut self, query: &Q, answer: Result<A, ApiError>) -> bool {
        let Some(entry) = self.entries.get_mut(query) else { return false };
        if entry.users == 0 {
            self.entries.remove(query);
            return false;
        }
        if entry.call != Call::Void {
            entry.answer.take(answer.map(Rc::new));
        }
        let again = matches!(entry.call, Call::OneMore | Call::Void);
        entry.call = if again { Call::One } else { Call::None };
        again
    }

    /// What is known of it.
    pub(crate) fn get(&self, query: &Q) -> Loaded<Rc<A>> {
        self.peek(query).cloned().unwrap_or_default()
    }

    /// The same where it stands; `None` if nobody asked for it.
    pub(crate) fn peek(&self, query: &Q) -> Option<&Loaded<Rc<A>>> {
        self.entries.get(query).map(|entry| &entry.answer)
    }

    /// Everything that is asked for, with what is known of it.
    pub(crate) fn all(&self) -> impl Iterator<Item = (&Q, &Loaded<Rc<A>>)> {
        self.entries.iter().map(|(query, entry)| (query, &entry.answer))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hundred_that_ask_for_the_same_cause_one_call_and_get_one_answer() {
        let mut shared = Shared::<&str, u32>::default();
        let calls = (0..100).filter(|_| shared.ask(&"clusters")).count();
        assert_eq!(calls, 1);
        assert!(!shared.answered(&"clusters", Ok(7)));
        let answers: Vec<_> = (0..100).map(|_| shared.get(&"clusters")).collect();
        assert!(answers.iter().all(|answer| answer.value().map(|v| **v) == Some(7)));
        assert!(!shared.ask(&"clusters"), "who comes later is served by what is there");
    }

    #[test]
    fn a_change_during_a_call_causes_one_more_call_and_many_changes_no_more_than_that() {
        let mut shared = Shared::<&str, u32>::default();
        assert!(shared.ask(&"a"));
        for _ in 0..10 {
            assert_eq!(shared.outdate(|_| true), Vec::<&str>::new());
        }
        assert!(shared.answered(&"a", Ok(1)), "one more");
        assert!(!shared.answered(&"a", Ok(2)));
        assert_eq!(shared.outdate(|_| true), ["a"]);
    }

    #[test]
    fn what_is_about_something_else_is_forgotten_and_so_is_an_answer_under_way() {
        let mut shared = Shared::<&str, u32>::default();
        assert!(shared.ask(&"known") && shared.ask(&"asked"));
        assert!(!shared.answered(&"known", Ok(1)));
        assert_eq!(shared.start_over(|_| true), ["known"]);
        assert_eq!(shared.get(&"known"), Loaded::Loading);
        assert!(shared.answered(&"asked", Ok(1)), "asked once more");
        assert_eq!(shared.get(&"asked"), Loaded::Loading, "the answer was about what was shown before");
        assert!(!shared.answered(&"asked", Ok(2)));
        assert_eq!(shared.get(&"asked").value().map(|v| **v), Some(2));
    }

    #[test]
    fn what_nobody_shows_is_forgotten_and_its_late_answer_with_it() {
        let mut shared = Shared::<&str, u32>::default();
        assert!(shared.ask(&"a") && !shared.ask(&"a"));
        shared.release(&"a");
        assert_eq!(shared.all().count(), 1);
        shared.release(&"a");
        assert!(!shared.answered(&"a", Ok(1)));
        assert_eq!(shared.all().count(), 0);
        assert!(shared.ask(&"a"), "asked anew it is called anew");
        shared.release(&"a");
        assert!(!shared.ask(&"a"), "its call is still under way");
        assert!(!shared.answered(&"a", Ok(2)));
        assert_eq!(shared.get(&"a").value().map(|v| **v), Some(2));
        shared.release(&"a");
        assert_eq!(shared.all().count(), 0);
    }
}
