//! The page's state without a browser: what it asks, tells and holds for busy.

use super::*;
use crate::state::advice::Action;
use crate::state::route::Route;
use crate::state::sight::Sight;
use crate::state::{compact, samples};
use contract::command::{ReadRows, ShowOperation};
use contract::{Event, Kind, RowQuery, Rows};
use std::any::Any;
use std::rc::Rc;

fn opened() -> (World, Vec<Errand>) {
    let mut world = World::default();
    let calls = world.open(true, Time(0));
    (world, calls)
}

/// Answers a question of those that have to be asked.
fn answer<Q, R: Any>(world: &mut World, errands: &[Errand], asked: &Asked<Q>, reply: R) -> Vec<Errand> {
    let errand = errands.iter().find(|errand| errand.call.is_of(asked)).expect("it is asked");
    world.answered(&errand.call, Ok(Rc::new(reply)), world.now)
}

fn with_operations(operations: Vec<Operation>) -> World {
    let (mut world, calls) = opened();
    let asked = world.operations.clone();
    assert!(answer(&mut world, &calls, &asked, operations).is_empty());
    world
}

fn shown(world: &World) -> usize {
    world.news.toasts().shown().len()
}

fn with_status(world: &mut World, calls: &[Errand], state: VcenterState, last_operation: Option<Operation>) {
    let asked = world.statuses.clone();
    let status = VcenterStatus { last_operation, ..status("Berlin", state) };
    assert!(answer(world, calls, &asked, vec![status]).is_empty());
}

fn status(name: &str, state: VcenterState) -> VcenterStatus {
    VcenterStatus {
        vcenter: name.into(),
        vcenter_id: VcenterId(format!("id-{name}")),
        state,
        since: None,
        contact_at: None,
        contact_since: None,
        refresh_failed: None,
        failures_in_a_row: 0,
        refresh_waits: std::collections::BTreeMap::new(),
        paused: None,
        no_network: None,
        suspended: None,
        certificate_expires_at: None,
        synced_at: None,
        age_seconds: None,
        fresh: false,
        counts: std::collections::BTreeMap::new(),
        last_operation: None,
    }
}

/// Rows that are on screen and were read at that time.
fn with_rows(world: &mut World, read: Time) -> Asked<ReadRows> {
    let asked = Asked::new(ReadRows { query: RowQuery { refresh: true, ..RowQuery::count(Kind::Hosts) } });
    let source = Source {
        vcenter: VcenterId("id-Berlin".into()),
        name: "Berlin".into(),
        synced_at: Some(read),
        ttl_seconds: 300,
        refresh: None,
    };
    let errand = Vec::from_iter(world.cache.show(&asked));
    let rows = Rows { sources: vec![source], ..Rows::default() };
    assert!(answer(world, &errand, &asked, rows).is_empty());
    asked
}

fn list(world: &mut World, operations: Vec<Operation>) {
    let asked = world.operations.clone();
    let errands = Vec::from_iter(world.cache.ask_anew(&asked));
    assert_eq!(errands.len(), 1);
    assert!(answer(world, &errands, &asked, operations).is_empty());
}

#[test]
fn what_ended_before_the_window_opened_is_not_told_and_what_ends_later_is_told_once() {
    let mut world = with_operations(vec![samples::operation("Rome", OperationState::Succeeded)]);
    assert!(shown(&world) == 0);
    list(&mut world, vec![samples::operation("Berlin", OperationState::Running)]);
    assert!(shown(&world) == 0);
    for _ in 0..2 {
        list(&mut world, vec![samples::operation("Berlin", OperationState::Succeeded)]);
        assert_eq!(shown(&world), 1);
    }
}

#[test]
fn the_end_of_an_operation_that_was_asked_for_alone_is_told_too() {
    let mut world = with_operations(vec![samples::operation("Berlin", OperationState::Running)]);
    let changed = Event::OperationChanged { operation: OperationId("op-Berlin".into()) };
    let errands = world.cache.heard(&[changed]);
    assert_eq!(errands.len(), 1);
    let one = Asked::new(ShowOperation { operation: "op-Berlin".into() });
    let ended = samples::operation("Berlin", OperationState::Succeeded);
    assert!(answer(&mut world, &errands, &one, ended).is_empty());
    assert_eq!((shown(&world), world.active().count()), (1, 0));
}

#[test]
fn lists_with_names_are_read_again_when_a_vcenter_has_another_one_and_not_when_anything_else_of_it_changed() {
    let (mut world, calls) = opened();
    let (vcenters, operations) = (world.vcenters.clone(), world.operations.clone());
    assert!(answer(&mut world, &calls, &operations, Vec::<Operation>::new()).is_empty());
    assert!(answer(&mut world, &calls, &vcenters, vec![samples::vcenter("Berlin")]).is_empty());
    let mut asked = |vcenter: Vcenter| {
        let again = Vec::from_iter(world.cache.ask_anew(&vcenters));
        answer(&mut world, &again, &vcenters, vec![vcenter])
    };
    let busy = Vcenter { version: Some("8.0.3".into()), ..samples::vcenter("Berlin") };
    assert_eq!(asked(busy.clone()).len(), 0);
    let again = asked(Vcenter { name: "Berlin 2".into(), ..busy });
    assert_eq!(again.len(), 1);
    assert!(again[0].call.is_of(&operations));
}

#[test]
fn what_comes_back_into_the_list_is_no_news() {
    let (mut world, calls) = opened();
    world.at(Time(2_000));
    let asked = world.operations.clone();
    assert!(answer(&mut world, &calls, &asked, Vec::<Operation>::new()).is_empty());
    let mut old = samples::operation("Rome", OperationState::Failed);
    old.finished_at = Some(Time(1_500));
    list(&mut world, vec![old]);
    assert!(shown(&world) == 0);
}

#[test]
fn a_refresh_that_goes_on_by_itself_is_neither_told_nor_in_the_way() {
    let mut refresh = samples::operation("Berlin", OperationState::Running);
    refresh.origin = Origin::Reader;
    let (mut world, calls) = opened();
    let asked = world.operations.clone();
    assert!(answer(&mut world, &calls, &asked, vec![refresh.clone()]).is_empty());
    let id = refresh.vcenter_id.clone().unwrap();
    assert!(!world.is_busy(&id) && world.is_being_read(&id));
    assert_eq!(world.active().count(), 1);
    refresh.state = OperationState::Failed;
    list(&mut world, vec![refresh.clone()]);
    assert_eq!((shown(&world), world.outcomes().count()), (0, 0));
    with_status(&mut world, &calls, VcenterState::Offline, Some(refresh));
    assert!(world.last_sync_outcome(&id).is_some(), "why it is offline");
}

#[test]
fn a_scan_is_about_no_vcenter_keeps_none_busy_and_its_end_is_told_as_that_of_discovery() {
    let mut world = with_operations(vec![samples::scan("10.0.8.0/24", OperationState::Running)]);
    let id = VcenterId("id-Berlin".to_owned());
    assert_eq!(world.active().count(), 1);
    assert!(!world.is_busy(&id) && !world.is_being_read(&id) && !world.is_answering(&id));
    list(&mut world, vec![samples::scan("10.0.8.0/24", OperationState::Failed)]);
    assert!(world.last_sync_outcome(&id).is_none());
    let titles =
        |world: &World| world.news.toasts().shown().iter().map(|one| one.title.clone()).collect::<Vec<_>>();
    assert_eq!(titles(&world), ["Discovery: scan of 10.0.8.0/24 failed"]);
    let mut again = samples::scan("10.0.8.0/24", OperationState::Succeeded);
    again.id = OperationId("again".to_owned());
    list(&mut world, vec![again]);
    assert_eq!(titles(&world), ["Discovery: scan of 10.0.8.0/24 done"], "what works by now is told no more");
    let toast = &world.news.toasts().shown()[0];
    assert!(toast.leaves() && toast.offers[0].action == Action::Go(Route::discovery()));
}

#[test]
fn a_vcenter_is_busy_from_the_click_until_its_operation_ends() {
    let running = samples::operation("Berlin", OperationState::Running);
    let id = running.vcenter_id.clone().unwrap();
    let mut world = with_operations(Vec::new());
    world.work.sent(&id);
    assert!(world.is_busy(&id));
    list(&mut world, Vec::new());
    assert!(world.is_busy(&id), "the list is older than the answer");
    let errand = Vec::from_iter(world.accepted(&id, Some(running.id.clone())));
    let asked = world.operations.clone();
    assert!(answer(&mut world, &errand, &asked, Vec::<Operation>::new()).is_empty());
    assert!(world.is_busy(&id), "a list that was under way when it was accepted");
    list(&mut world, vec![running]);
    assert!(world.is_busy(&id));
    list(&mut world, vec![samples::operation("Berlin", OperationState::Succeeded)]);
    assert!(!world.is_busy(&id));
    world.work.sent(&id);
    let _ = world.accepted(&id, None);
    assert!(!world.is_busy(&id), "what was refused is not under way");
}

#[test]
fn what_is_on_screen_is_read_anew_when_it_is_stale_unless_a_person_has_to_act() {
    let now = Time(1_000_000_000);
    let ago = |seconds: i64| Time(now.0 - seconds * 1000);
    let asked = |read: Time, state: VcenterState, tried: Option<Time>| {
        let mut last = samples::operation("Berlin", OperationState::Failed);
        last.finished_at = tried;
        let (mut world, calls) = opened();
        with_status(&mut world, &calls, state, tried.map(|_| last));
        with_rows(&mut world, read);
        let first = world.tick(now);
        assert!(first.iter().all(|errand| errand.refresh));
        (first.len(), world.tick(Time(now.0 + 1000)).len())
    };
    assert_eq!(asked(ago(10), VcenterState::Online, None), (0, 0), "fresh");
    assert_eq!(asked(ago(400), VcenterState::Online, None), (1, 0), "stale, and asked for once");
    assert_eq!(asked(ago(400), VcenterState::LoginRejected, None), (0, 0), "a person has to act");
    assert_eq!(asked(ago(4000), VcenterState::Offline, Some(ago(100))), (0, 0), "tried a moment ago");
    assert_eq!(asked(ago(4000), VcenterState::Offline, Some(ago(400))), (1, 0), "it may be back");
    assert_eq!(asked(ago(4000), VcenterState::Online, Some(ago(100))), (0, 0), "a right is missing");
    assert_eq!(asked(ago(-4000), VcenterState::Online, None), (1, 0), "dated in the future");
    assert_eq!(asked(ago(-4000), VcenterState::Offline, Some(ago(-4000))), (1, 0), "nobody knows since when");
}

#[test]
fn a_page_that_is_seen_again_reads_what_is_stale_and_asks_once_for_all_that_changed() {
    let mut world = with_operations(Vec::new());
    let rows = with_rows(&mut world, Time(0));
    assert!(world.shown(false, Time(1_000_000)).is_empty());
    let changed = || Event::OperationChanged { operation: OperationId("x".into()) };
    for _ in 0..100 {
        assert!(world.cache.heard(&[changed()]).is_empty());
    }
    let asked = world.shown(true, Time(2_000_000));
    let [first, second] = &asked[..] else { panic!("{} calls", asked.len()) };
    assert!(first.call.is_of(&rows) && first.refresh);
    let one = Asked::new(ShowOperation { operation: "x".into() });
    assert!(second.call.is_of(&one) && !second.refresh);
    assert!(world.shown(true, Time(2_000_001)).is_empty(), "it was seen all the time");
}

#[test]
fn what_a_card_on_the_page_says_is_no_toast() {
    let failed = |name: &str| Operation {
        error: Some(ApiError::new(contract::Code::Unreachable, "nothing answers")),
        ..samples::operation(name, OperationState::Failed)
    };
    let mut world = with_operations(Vec::new());
    let berlin = VcenterId("id-Berlin".into());
    world.news.card(&berlin);
    list(&mut world, vec![failed("Berlin"), failed("Rome")]);
    let titles = |world: &World| -> Vec<String> {
        world.news.toasts().shown().iter().map(|toast| toast.title.clone()).collect()
    };
    assert_eq!(titles(&world), ["Rome: full sync failed"]);
    world.news.no_card(&berlin);
    list(&mut world, vec![Operation { id: OperationId("next".into()), ..failed("Berlin") }]);
    assert_eq!(titles(&world), ["Full sync failed: 2 vCenters"]);
    world.news.card(&berlin);
    assert_eq!(
        titles(&world),
        ["Rome: full sync failed"],
        "what is said already goes when it stands on the page"
    );
    list(&mut world, vec![samples::operation("Berlin", OperationState::Succeeded)]);
    assert_eq!(titles(&world).len(), 1, "the id was seen");
}

#[test]
fn a_cancelled_operation_is_shown_as_cancelling_from_the_click_until_it_has_ended() {
    let running = samples::operation("Berlin", OperationState::Running);
    let id = running.id.clone();
    let mut world = with_operations(vec![running.clone()]);
    world.work.cancel(id.clone());
    list(&mut world, vec![running]);
    assert!(world.work.is_cancelling(&id));
    list(&mut world, vec![samples::operation("Berlin", OperationState::Cancelled)]);
    assert!(!world.work.is_cancelling(&id));
}

#[test]
fn ages_are_told_every_five_seconds_only_while_they_change_by_the_second() {
    let mut world = with_operations(vec![samples::operation("Berlin", OperationState::Running)]);
    assert_eq!(world.next_tick(), SOON);
    list(&mut world, vec![samples::operation("Berlin", OperationState::Succeeded)]);
    world.at(Time(600_000));
    assert_eq!(world.next_tick(), LATER);
}

#[test]
fn a_clock_that_was_set_back_silences_nothing() {
    let (ahead, right) = (Time(2_000_000_000), Time(1_000_000_000));
    let (mut world, calls) = opened();
    world.at(ahead);
    let asked = world.operations.clone();
    assert!(answer(&mut world, &calls, &asked, Vec::<Operation>::new()).is_empty());
    assert!(world.tick(ahead).is_empty());
    world.at(right);
    let mut ended = samples::operation("Berlin", OperationState::Succeeded);
    ended.finished_at = Some(Time(right.0 + 1));
    list(&mut world, vec![ended]);
    assert_eq!(shown(&world), 1, "what ends from now on is told");
    assert!(world.tick(right).is_empty());
    assert_eq!(world.refreshed, right.0, "and what is stale is looked for again");
}

#[test]
fn another_estate_begins_with_nothing_of_the_one_before() {
    let (mut world, calls) = opened();
    let (estate, operations) = (world.estate.clone(), world.operations.clone());
    let of = |simulated| Estate { simulated, data_dir: String::new() };
    assert!(answer(&mut world, &calls, &estate, of(false)).is_empty());
    let vcenters = world.vcenters.clone();
    assert!(answer(&mut world, &calls, &vcenters, vec![samples::vcenter("Berlin")]).is_empty());
    assert!(answer(&mut world, &calls, &operations, Vec::<Operation>::new()).is_empty());
    list(&mut world, vec![samples::operation("Berlin", OperationState::Succeeded)]);
    assert_eq!(shown(&world), 1);
    let asked = Vec::from_iter(world.cache.ask_anew(&estate));
    let anew = answer(&mut world, &asked, &estate, of(true));
    assert_eq!(anew.len(), 3, "the vCenters, their states and the operations");
    assert!(world.vcenters().is_loading() && shown(&world) == 0);
    let seen = vec![samples::operation("Munich", OperationState::Succeeded)];
    assert!(answer(&mut world, &anew, &operations, seen).is_empty());
    assert_eq!(shown(&world), 0, "what it holds from before was not seen here");
}

#[test]
fn progress_on_one_of_twelve_vcenters_has_only_that_one_drawn_again() {
    let names = (1..=12).map(|number| format!("vc-{number}"));
    let mut operations: Vec<Operation> =
        names.map(|name| samples::operation(&name, OperationState::Running)).collect();
    let mut world = with_operations(operations.clone());
    let cards: Vec<Sight<World>> = operations.iter().map(|_| Sight::default()).collect();
    for (sight, operation) in cards.iter().zip(&operations) {
        let id = operation.vcenter_id.clone().unwrap();
        sight.begin();
        let asked = sight.see(&world, move |world| world.asked_for(&id).cloned().collect::<Vec<_>>());
        assert_eq!(asked.len(), 1);
    }
    let list_of_vcenters = Sight::default();
    list_of_vcenters.begin();
    assert!(list_of_vcenters.see(&world, World::vcenters).is_loading());
    let again = |world: &World| cards.iter().filter(|sight| !sight.is_same(world)).count();
    list(&mut world, operations.clone());
    assert_eq!(again(&world), 0, "nothing changed");
    operations[3].progress.done += 500;
    list(&mut world, operations.clone());
    assert_eq!(again(&world), 1);
    assert!(!cards[3].is_same(&world) && list_of_vcenters.is_same(&world));
}

#[test]
fn time_that_goes_by_has_only_those_drawn_again_whose_words_it_changes() {
    let mut world = with_operations(Vec::new());
    let (new, old) = (Sight::default(), Sight::default());
    for (sight, at) in [(&new, Time(0)), (&old, Time(-7_200_000))] {
        sight.begin();
        sight.see(&world, move |world| words::ago(at, world.now));
    }
    let _ = world.tick(Time(20_000));
    assert!(!new.is_same(&world) && old.is_same(&world));
}

/// The order of the compact window, and how many in it need somebody.
fn in_compact(statuses: Vec<VcenterStatus>, operations: Vec<Operation>) -> (Vec<String>, usize) {
    let (mut world, calls) = opened();
    assert_eq!(compact::ordered(&world), None, "nothing is known yet");
    let asked = world.vcenters.clone();
    let named = ["Berlin", "Paris", "Rome"].map(samples::vcenter).to_vec();
    drop(answer(&mut world, &calls, &asked, named));
    let asked = world.statuses.clone();
    assert!(answer(&mut world, &calls, &asked, statuses).is_empty());
    let asked = world.operations.clone();
    assert!(answer(&mut world, &calls, &asked, operations).is_empty());
    let order = compact::ordered(&world).expect("it is known");
    let troubled = order.iter().filter(|id| compact::needs_somebody(&world, id)).count();
    (order.iter().map(VcenterId::to_string).collect(), troubled)
}

#[test]
fn in_the_compact_window_what_needs_somebody_comes_first_and_what_runs_stays_in_its_place() {
    let mut statuses = ["Berlin", "Paris", "Rome"].map(|name| status(name, VcenterState::Online)).to_vec();
    statuses[2].refresh_failed = Some(contract::Code::NoPermission);
    let operations = vec![
        samples::operation("Paris", OperationState::Running),
        samples::operation("Rome", OperationState::Failed),
    ];
    let (order, troubled) = in_compact(statuses, operations);
    assert_eq!((&order[..], troubled), (&["id-Rome", "id-Berlin", "id-Paris"].map(str::to_owned)[..], 1));
}

#[test]
fn in_the_compact_window_what_is_paused_and_what_is_away_with_the_network_needs_nobody() {
    let by_name = ["id-Berlin", "id-Paris", "id-Rome"].map(str::to_owned);
    let failed = || ["Berlin", "Paris", "Rome"].map(|name| samples::operation(name, OperationState::Failed));
    for state in [VcenterState::Paused, VcenterState::Offline] {
        let statuses = ["Berlin", "Paris", "Rome"].map(|name| VcenterStatus {
            no_network: (state == VcenterState::Offline).then_some(Time(1)),
            refresh_failed: Some(contract::Code::Unreachable),
            ..status(name, state)
        });
        let (order, troubled) = in_compact(statuses.to_vec(), failed().to_vec());
        assert_eq!((&order[..], troubled), (&by_name[..], 0), "{state:?}");
    }
}
