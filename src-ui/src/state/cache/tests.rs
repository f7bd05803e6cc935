//! The cache without a browser: calls are counted, and answered by hand.

use super::*;
use crate::state::samples;
use contract::command::{ListOperations, ListVcenters, ReadRows};
use contract::{Code, Kind, OperationId, RowQuery, Rows, Vcenter, VcenterId};

fn vcenters() -> Asked<ListVcenters> {
    Asked::new(ListVcenters {})
}

fn known(names: &[&str]) -> Reply {
    let vcenters: Vec<Vcenter> = names.iter().map(|name| samples::vcenter(name)).collect();
    Ok(Rc::new(vcenters))
}

fn names(cache: &Cache) -> Vec<String> {
    let known = cache.answer(&vcenters()).value.unwrap_or_default();
    known.iter().map(|vcenter| vcenter.name.clone()).collect()
}

#[test]
fn a_hundred_that_ask_for_the_same_cause_one_call_and_get_one_answer() {
    let mut cache = Cache::default();
    let calls: Vec<Errand> = (0..100).filter_map(|_| cache.show(&vcenters())).collect();
    assert_eq!(calls.len(), 1);
    assert!(calls[0].refresh, "whoever looks for the first time wants it fresh");
    assert!(cache.answer(&vcenters()).is_loading());
    assert!(cache.answered(&calls[0].call, known(&["Berlin"])).is_none());
    let one = cache.answer(&vcenters());
    assert!((0..100).all(|_| cache.answer(&vcenters()) == one));
    assert_eq!(names(&cache), ["Berlin"]);
    assert!(cache.show(&vcenters()).is_none(), "who comes later is served by what is there");
}

#[test]
fn other_arguments_and_other_commands_are_other_questions() {
    let mut cache = Cache::default();
    let of = |limit| Asked::new(ListOperations { limit });
    assert!(cache.show(&of(1)).is_some() && cache.show(&of(2)).is_some());
    assert!(cache.show(&vcenters()).is_some());
    assert!(cache.show(&of(1)).is_none());
    assert!(of(1) == of(1) && of(1) != of(2));
}

#[test]
fn a_change_during_a_call_causes_one_more_call_and_many_changes_no_more_than_that() {
    let mut cache = Cache::default();
    let first = cache.show(&vcenters()).unwrap();
    for _ in 0..10 {
        assert!(cache.heard(&[Event::VcentersChanged]).is_empty());
    }
    let second = cache.answered(&first.call, known(&["Berlin"])).expect("one more");
    assert!(!second.refresh, "what is asked because something changed has nothing read");
    assert_eq!(names(&cache), ["Berlin"], "what came is shown meanwhile");
    assert!(cache.answered(&second.call, known(&["Paris"])).is_none());
    assert_eq!(names(&cache), ["Paris"]);
    assert_eq!(cache.heard(&[Event::VcentersChanged]).len(), 1);
}

#[test]
fn only_what_an_event_is_about_is_asked_anew_and_all_of_it_after_events_were_lost() {
    let mut cache = Cache::default();
    let rows = |id: &str| {
        let vcenters = vec![VcenterId(id.into())];
        Asked::new(ReadRows { query: RowQuery { vcenters, ..RowQuery::count(Kind::Hosts) } })
    };
    let all = Asked::new(ReadRows { query: RowQuery::count(Kind::Vms) });
    for errand in [cache.show(&vcenters()), cache.show(&rows("a")), cache.show(&rows("b")), cache.show(&all)]
    {
        assert!(cache.answered(&errand.unwrap().call, Err(ApiError::new(Code::Database, "no"))).is_none());
    }
    let changed = Event::InventoryChanged { vcenter: VcenterId("a".into()) };
    let asked = cache.heard(&[changed.clone(), changed]);
    assert_eq!(asked.len(), 2);
    assert!(asked.iter().all(|errand| errand.call.is_of(&rows("a")) || errand.call.is_of(&all)));
    let unknown = Event::OperationChanged { operation: OperationId("x".into()) };
    assert!(cache.heard(&[unknown]).is_empty(), "nobody shows operations");
    for errand in asked {
        assert!(cache.answered(&errand.call, Ok(Rc::new(Rows::default()))).is_none());
    }
    assert_eq!(cache.heard(&[Event::Lagged]).len(), 4);
}

#[test]
fn an_answer_that_says_the_same_is_the_one_that_was_there() {
    let mut cache = Cache::default();
    let first = cache.show(&vcenters()).unwrap();
    assert!(cache.answered(&first.call, known(&["Berlin"])).is_none());
    let before = cache.answer(&vcenters());
    for (names, is_same) in [(["Berlin"], true), (["Paris"], false)] {
        let again = cache.heard(&[Event::VcentersChanged]).remove(0);
        assert!(cache.answered(&again.call, known(&names)).is_none());
        assert_eq!(cache.answer(&vcenters()) == before, is_same);
    }
}

#[test]
fn a_failure_keeps_what_was_known_and_a_success_forgets_the_failure() {
    let mut cache = Cache::default();
    let failed = || Err(ApiError::new(Code::Database, "locked"));
    let first = cache.show(&vcenters()).unwrap();
    assert!(cache.answered(&first.call, failed()).is_none());
    let answer = cache.answer(&vcenters());
    assert!(answer.value.is_none() && answer.error.is_some() && !answer.is_loading());
    for (reply, fails) in [(known(&["Berlin"]), false), (failed(), true), (known(&["Berlin"]), false)] {
        let again = cache.heard(&[Event::Lagged]).remove(0);
        assert!(cache.answered(&again.call, reply).is_none());
        assert_eq!((names(&cache), cache.error(&vcenters()).is_some()), (vec!["Berlin".to_owned()], fails));
    }
}

#[test]
fn what_nobody_shows_is_forgotten_and_its_late_answer_is_ignored() {
    let mut cache = Cache::default();
    let first = cache.show(&vcenters()).unwrap();
    assert!(cache.show(&vcenters()).is_none());
    cache.leave(&vcenters());
    assert_eq!(cache.entries.len(), 1);
    cache.leave(&vcenters());
    assert!(cache.answered(&first.call, known(&["Berlin"])).is_none());
    assert!(cache.entries.is_empty());
    let second = cache.show(&vcenters()).expect("asked anew it is called anew");
    assert!(cache.answered(&first.call, known(&["Rome"])).is_none());
    assert!(cache.answer(&vcenters()).is_loading(), "that was the answer before");
    cache.leave(&vcenters());
    assert!(cache.show(&vcenters()).is_none(), "its call is still under way");
    assert!(cache.answered(&second.call, known(&["Berlin"])).is_none());
    assert_eq!(names(&cache), ["Berlin"]);
    cache.leave(&vcenters());
    assert!(cache.entries.is_empty());
}

#[test]
fn another_estate_forgets_everything_and_an_answer_of_the_one_before_never_shows() {
    let mut cache = Cache::default();
    let (known_one, left) =
        (Asked::new(ListOperations { limit: 1 }), Asked::new(ListOperations { limit: 2 }));
    let first = cache.show(&vcenters()).unwrap();
    let known_call = cache.show(&known_one).unwrap();
    assert!(cache.answered(&known_call.call, Ok(Rc::new(Vec::<contract::Operation>::new()))).is_none());
    assert!(cache.show(&left).is_some());
    cache.leave(&left);
    let again = cache.start_over(&Asked::new(ListOperations { limit: 3 }));
    assert_eq!(again.len(), 2, "what is shown is asked, and at once");
    assert!(cache.answer(&known_one).is_loading());
    let new = again.iter().find(|errand| errand.call.is_of(&vcenters())).unwrap();
    assert!(cache.answered(&new.call, known(&["new"])).is_none());
    assert!(cache.answered(&first.call, known(&["old"])).is_none());
    assert_eq!(names(&cache), ["new"], "the answer that was asked for first came last");
}

#[test]
fn a_page_that_nobody_sees_asks_nothing_and_once_for_all_that_changed_when_it_is_seen_again() {
    let mut cache = Cache::default();
    let first = cache.show(&vcenters()).unwrap();
    assert!(cache.answered(&first.call, known(&["Berlin"])).is_none());
    cache.hide();
    for _ in 0..100 {
        assert!(cache.heard(&[Event::VcentersChanged]).is_empty());
    }
    assert!(cache.is_hidden());
    let missed = cache.unhide().unwrap();
    assert_eq!(cache.heard(&missed).len(), 1);
    assert!(cache.unhide().is_none(), "it was seen all the time");
}
