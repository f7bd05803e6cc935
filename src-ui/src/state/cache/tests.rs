//! The cache without a browser: calls are counted, and answered by hand.

use super::*;
use crate::state::samples;
use contract::command::{
    ListOperations, ListVcenters, Listing, OperationFilter, OperationHistory, ReadRows, ShowOperation,
};
use contract::{Code, Kind, Operation, OperationId, OperationState, RowQuery, Rows, Vcenter, VcenterId};

fn vcenters() -> Asked<ListVcenters> {
    Asked::new(ListVcenters {})
}

fn listed(limit: u32) -> Asked<ListOperations> {
    Asked::new(ListOperations { filter: OperationFilter::default(), limit })
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
    assert!(cache.answered(&calls[0].call, known(&["Berlin"])).is_empty());
    let one = cache.answer(&vcenters());
    assert!((0..100).all(|_| cache.answer(&vcenters()) == one));
    assert_eq!(names(&cache), ["Berlin"]);
    assert!(cache.show(&vcenters()).is_none(), "who comes later is served by what is there");
}

#[test]
fn other_arguments_and_other_commands_are_other_questions() {
    let mut cache = Cache::default();
    let of = listed;
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
    let second = cache.answered(&first.call, known(&["Berlin"])).remove(0);
    assert!(!second.refresh, "what is asked because something changed has nothing read");
    assert_eq!(names(&cache), ["Berlin"], "what came is shown meanwhile");
    assert!(cache.answered(&second.call, known(&["Paris"])).is_empty());
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
        assert!(cache.answered(&errand.unwrap().call, Err(ApiError::new(Code::Database, "no"))).is_empty());
    }
    let changed = Event::InventoryChanged { vcenter: VcenterId("a".into()) };
    let asked = cache.heard(&[changed.clone(), changed]);
    assert_eq!(asked.len(), 2);
    assert!(asked.iter().all(|errand| errand.call.is_of(&rows("a")) || errand.call.is_of(&all)));
    let unknown = Event::OperationChanged { operation: OperationId("x".into()) };
    assert!(cache.heard(&[unknown]).is_empty(), "nobody shows operations");
    for errand in asked {
        assert!(cache.answered(&errand.call, Ok(Rc::new(Rows::default()))).is_empty());
    }
    assert_eq!(cache.heard(&[Event::Lagged]).len(), 4);
}

#[test]
fn an_answer_that_says_the_same_is_the_one_that_was_there() {
    let mut cache = Cache::default();
    let first = cache.show(&vcenters()).unwrap();
    assert!(cache.answered(&first.call, known(&["Berlin"])).is_empty());
    let before = cache.answer(&vcenters());
    for (names, is_same) in [(["Berlin"], true), (["Paris"], false)] {
        let again = cache.heard(&[Event::VcentersChanged]).remove(0);
        assert!(cache.answered(&again.call, known(&names)).is_empty());
        assert_eq!(cache.answer(&vcenters()) == before, is_same);
    }
}

#[test]
fn a_failure_keeps_what_was_known_and_a_success_forgets_the_failure() {
    let mut cache = Cache::default();
    let failed = || Err(ApiError::new(Code::Database, "locked"));
    let first = cache.show(&vcenters()).unwrap();
    assert!(cache.answered(&first.call, failed()).is_empty());
    let answer = cache.answer(&vcenters());
    assert!(answer.value.is_none() && answer.error.is_some() && !answer.is_loading());
    for (reply, fails) in [(known(&["Berlin"]), false), (failed(), true), (known(&["Berlin"]), false)] {
        let again = cache.heard(&[Event::Lagged]).remove(0);
        assert!(cache.answered(&again.call, reply).is_empty());
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
    assert!(cache.answered(&first.call, known(&["Berlin"])).is_empty());
    assert!(cache.entries.is_empty());
    let second = cache.show(&vcenters()).expect("asked anew it is called anew");
    assert!(cache.answered(&first.call, known(&["Rome"])).is_empty());
    assert!(cache.answer(&vcenters()).is_loading(), "that was the answer before");
    cache.leave(&vcenters());
    assert!(cache.show(&vcenters()).is_none(), "its call is still under way");
    assert!(cache.answered(&second.call, known(&["Berlin"])).is_empty());
    assert_eq!(names(&cache), ["Berlin"]);
    cache.leave(&vcenters());
    assert!(cache.entries.is_empty());
}

#[test]
fn another_estate_forgets_everything_and_an_answer_of_the_one_before_never_shows() {
    let mut cache = Cache::default();
    let (known_one, left) = (listed(1), listed(2));
    let first = cache.show(&vcenters()).unwrap();
    let known_call = cache.show(&known_one).unwrap();
    assert!(cache.answered(&known_call.call, Ok(Rc::new(Vec::<contract::Operation>::new()))).is_empty());
    assert!(cache.show(&left).is_some());
    cache.leave(&left);
    let again = cache.start_over(&listed(3), &listed(4));
    assert_eq!(again.len(), 2, "what is shown is asked, and at once");
    assert!(cache.answer(&known_one).is_loading());
    let new = again.iter().find(|errand| errand.call.is_of(&vcenters())).unwrap();
    assert!(cache.answered(&new.call, known(&["new"])).is_empty());
    assert!(cache.answered(&first.call, known(&["old"])).is_empty());
    assert_eq!(names(&cache), ["new"], "the answer that was asked for first came last");
}

#[test]
fn a_page_that_nobody_sees_asks_nothing_and_once_for_all_that_changed_when_it_is_seen_again() {
    let mut cache = Cache::default();
    let first = cache.show(&vcenters()).unwrap();
    assert!(cache.answered(&first.call, known(&["Berlin"])).is_empty());
    cache.hide();
    for _ in 0..100 {
        assert!(cache.heard(&[Event::VcentersChanged]).is_empty());
    }
    assert!(cache.is_hidden());
    let missed = cache.unhide().unwrap();
    assert_eq!(cache.heard(&missed).len(), 1);
    assert!(cache.unhide().is_none(), "it was seen all the time");
}

fn history() -> Asked<OperationHistory> {
    Asked::new(OperationHistory { filter: OperationFilter::default(), limit: 100 })
}

fn one(name: &str) -> Asked<ShowOperation> {
    Asked::new(ShowOperation { operation: format!("op-{name}") })
}

fn changed(name: &str) -> Event {
    Event::OperationChanged { operation: OperationId(format!("op-{name}")) }
}

fn answered(cache: &mut Cache, call: &Call, operation: &Operation) -> Vec<Errand> {
    cache.answered(call, Ok(Rc::new(operation.clone())))
}

/// A cache of two lists of operations, of which Berlin runs.
fn with_lists() -> Cache {
    let mut cache = Cache::default();
    let running = vec![samples::operation("Berlin", OperationState::Running)];
    let lists = [cache.show(&listed(100)).unwrap(), cache.show(&history()).unwrap()];
    assert!(cache.answered(&lists[0].call, Ok(Rc::new(running.clone()))).is_empty());
    let listing = Listing { operations: running, has_more: false };
    assert!(cache.answered(&lists[1].call, Ok(Rc::new(listing))).is_empty());
    cache
}

fn states(cache: &Cache) -> [Vec<(String, OperationState)>; 2] {
    let of = |operations: &[Operation]| {
        operations.iter().map(|one| (one.about().to_owned(), one.state)).collect::<Vec<_>>()
    };
    [of(cache.value(&listed(100)).unwrap()), of(&cache.value(&history()).unwrap().operations)]
}

#[test]
fn of_an_operation_that_changed_nothing_else_is_asked_and_every_list_has_it() {
    let mut cache = with_lists();
    let asked = cache.heard(&[changed("Berlin"), changed("Berlin")]);
    assert_eq!(asked.len(), 1, "no list is read again");
    assert!(asked[0].call.is_of(&one("Berlin")));
    for _ in 0..10 {
        assert!(cache.heard(&[changed("Berlin")]).is_empty(), "it is on its way");
    }
    let ended = samples::operation("Berlin", OperationState::Failed);
    let again = answered(&mut cache, &asked[0].call, &ended);
    assert_eq!(again.len(), 1, "it changed meanwhile");
    let failed = vec![("Berlin".to_owned(), OperationState::Failed)];
    assert_eq!(states(&cache), [failed.clone(), failed.clone()]);
    let before = cache.answer(&history());
    assert!(answered(&mut cache, &again[0].call, &ended).is_empty());
    assert!(cache.answer(&history()) == before, "the same is no other answer");
    assert_eq!(cache.entries.len(), 2, "nobody shows it by itself");

    let asked = cache.heard(&[changed("Rome"), changed("Berlin")]);
    assert_eq!(asked.len(), 2);
    let rome = asked.iter().find(|errand| errand.call.is_of(&one("Rome"))).unwrap();
    assert!(answered(&mut cache, &rome.call, &samples::operation("Rome", OperationState::Queued)).is_empty());
    assert_eq!(states(&cache).map(|states| states.len()), [2, 2], "one that is new");
}

#[test]
fn of_many_that_changed_at_once_the_lists_are_read() {
    let mut cache = with_lists();
    let many: Vec<Event> = (0..200).map(|number| changed(&number.to_string())).collect();
    let asked = cache.heard(&many);
    assert_eq!(asked.len(), 2);
    assert!(asked.iter().any(|errand| errand.call.is_of(&history())));
}

#[test]
fn what_is_shown_by_itself_and_in_lists_is_asked_once() {
    let mut cache = with_lists();
    let berlin = samples::operation("Berlin", OperationState::Running);
    let shown = cache.show(&one("Berlin")).unwrap();
    assert!(answered(&mut cache, &shown.call, &berlin).is_empty());
    let asked = cache.heard(&[changed("Berlin")]);
    assert_eq!(asked.len(), 1);
    let ended = samples::operation("Berlin", OperationState::Succeeded);
    assert!(answered(&mut cache, &asked[0].call, &ended).is_empty());
    assert_eq!(cache.value(&one("Berlin")).map(|one| one.state), Some(OperationState::Succeeded));
    assert!(states(&cache).iter().all(|states| states[0].1 == OperationState::Succeeded));
}

#[test]
fn an_operation_that_changes_while_a_list_is_read_is_asked_after_it_and_one_that_is_gone_has_lists_read() {
    let mut cache = with_lists();
    let whole = cache.ask_anew(&listed(100)).unwrap();
    let asked = cache.heard(&[changed("Berlin")]);
    assert_eq!(asked.len(), 1);
    let ended = samples::operation("Berlin", OperationState::Succeeded);
    assert!(answered(&mut cache, &asked[0].call, &ended).is_empty());
    // The list was read before that, and came after it.
    let running = vec![samples::operation("Berlin", OperationState::Running)];
    let after = cache.answered(&whole.call, Ok(Rc::new(running)));
    assert_eq!(after.len(), 1);
    assert!(after[0].call.is_of(&one("Berlin")));
    assert!(answered(&mut cache, &after[0].call, &ended).is_empty());
    assert!(states(&cache).iter().all(|states| states[0].1 == OperationState::Succeeded));

    let asked = cache.heard(&[changed("Berlin")]);
    let gone = Err(ApiError::new(Code::NotFound, "no such operation"));
    let again = cache.answered(&asked[0].call, gone);
    assert_eq!(again.len(), 2, "both lists");
    assert!(cache.error(&listed(100)).is_none() && cache.entries.len() == 2);
    assert_eq!(cache.heard(&[Event::Lagged]).len(), 0, "both are on their way");
}
