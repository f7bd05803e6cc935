//! What is counted: added up, told apart by hours, and given up rather than waited for.

use super::*;
use crate::{Act, CacheReads, Counts, Seen, Usage};
use planner::{Pace, Slot, Weeks};

fn once() -> CacheReads {
    CacheReads { hits: 3, shared: 2, misses: 1 }
}

#[tokio::test]
async fn counts_add_up_and_go_with_their_vcenter() {
    let (dir, store) = opened().await;
    let berlin = with_vcenter(&store, "Berlin").await;
    let other = Store::open(dir.path()).await.unwrap();
    let counts =
        |hour| Counts { reads: vec![(berlin.clone(), hour, Kind::Vms, once())], ..Counts::default() };
    store.count(&counts(9), Time(7)).await.unwrap();
    other.count(&counts(9), Time(7)).await.unwrap();
    store.count(&counts(9 + 168), Time(7)).await.unwrap();
    let twice = CacheReads { hits: 6, shared: 4, misses: 2 };
    let read = store.cache_reads(9).await.unwrap();
    let vms = Some(Kind::Vms);
    assert_eq!(read, [(berlin.clone(), 9, vms, twice), (berlin.clone(), 177, vms, once())]);
    assert_eq!(store.cache_reads(10).await.unwrap(), read[1..]);
    let gone =
        Counts { reads: vec![(VcenterId("gone".to_owned()), 9, Kind::Vms, once())], ..Counts::default() };
    store.count(&gone, Time(7)).await.unwrap();
    assert_eq!(store.cache_reads(0).await.unwrap().len(), 2);
    store.remove_vcenter(&berlin, Time(9)).await.unwrap();
    assert_eq!(store.cache_reads(0).await.unwrap().len(), 0);
}

#[tokio::test]
async fn what_several_processes_saw_of_a_vcenter_comes_together_and_goes_with_it() {
    let (dir, store) = opened().await;
    let (berlin, bonn) = (with_vcenter(&store, "Berlin").await, with_vcenter(&store, "Bonn").await);
    let other = Store::open(dir.path()).await.unwrap();
    let (monday, tuesday) = (Slot { week: 2900, slot: 16 }, Slot { week: 2901, slot: 64 });
    let seen = |of: &VcenterId, seen: &[Seen]| Counts {
        seen: seen.iter().map(|seen| (of.clone(), *seen)).collect(),
        ..Counts::default()
    };
    store.count(&seen(&berlin, &[Seen::Look(monday), Seen::Change(monday)]), Time(5)).await.unwrap();
    other.count(&seen(&berlin, &[Seen::Look(tuesday), Seen::Answer(tuesday, 40)]), Time(6)).await.unwrap();
    store.count(&seen(&VcenterId("gone".to_owned()), &[Seen::Look(monday)]), Time(7)).await.unwrap();
    let mut expected =
        Usage { since: Time(5), looks: Weeks::none(), changes: Weeks::none(), pace: Pace::unknown() };
    [monday, tuesday].into_iter().for_each(|at| expected.looks.mark(at));
    expected.changes.mark(monday);
    expected.pace.measured(tuesday, 40);
    assert_eq!(store.usage(&berlin).await.unwrap(), Some(expected));
    assert_eq!(store.usage(&bonn).await.unwrap(), None);
    store.remove_vcenter(&berlin, Time(9)).await.unwrap();
    assert_eq!(store.usage(&berlin).await.unwrap(), None);
}

#[tokio::test]
async fn usage_data_is_deleted_whole_with_the_reasons_learned_from_it_and_that_is_on_record() {
    let (dir, store) = opened().await;
    let berlin = with_vcenter(&store, "Berlin").await;
    let look = Seen::Look(Slot { week: 2900, slot: 16 });
    let counts = Counts { seen: vec![(berlin.clone(), look)], ..Counts::default() };
    store.count(&counts, Time(5)).await.unwrap();
    let learned = ScheduleSettings {
        when: Timing::EverySeconds(1800),
        smart: true,
        ..schedules::settings("learned", std::slice::from_ref(&berlin))
    };
    let id = ScheduleId("learned".to_owned());
    let next = NextRun { at: Time(100), reason: Some("People open Berlin at about 08:00.".to_owned()) };
    store.add_schedule(&id, &learned, &[(Some(berlin.clone()), next.clone())]).await.unwrap();
    let of = (id.clone(), Some(berlin.clone()));
    assert_eq!(store.planned_runs().await.unwrap()[&of].reason, next.reason);
    assert_eq!(store.schedules().await.unwrap()[0].settings, learned);
    let act = Act::new(("ada", "desk-7"), Door::Window, Role::Admin, "delete_usage", Time(8));
    store.acting(&act).delete_usage().await.unwrap();
    let planned = store.planned_runs().await.unwrap().remove(&of).unwrap();
    assert_eq!((planned.next_at, planned.reason), (Time(100), None), "what is planned stays planned");
    assert_eq!(store.usage(&berlin).await.unwrap(), None);
    for table in ["usage", "schedule_runs", "audit"] {
        let rows = format!("{:?}", fixture::rows(dir.path()).await[table]);
        assert!(!rows.contains("08:00"), "{rows}");
        assert!(table != "audit" || rows.contains("'usage'"), "{rows}");
    }
    store.count(&counts, Time(9)).await.unwrap();
    assert_eq!(store.usage(&berlin).await.unwrap().unwrap().since, Time(9), "it begins anew");
}

#[tokio::test]
async fn usage_data_that_is_damaged_begins_anew() {
    let (dir, store) = opened().await;
    let berlin = with_vcenter(&store, "Berlin").await;
    let look = Seen::Look(Slot { week: 2900, slot: 16 });
    let counts = Counts { seen: vec![(berlin.clone(), look)], ..Counts::default() };
    store.count(&counts, Time(5)).await.unwrap();
    execute(dir.path(), "UPDATE usage SET pace = x'00'").await;
    assert_eq!(store.usage(&berlin).await.unwrap(), None);
    store.count(&counts, Time(6)).await.unwrap();
    assert_eq!(store.usage(&berlin).await.unwrap().unwrap().since, Time(6));
}

#[tokio::test]
async fn counting_gives_up_soon_while_another_process_writes() {
    let (dir, store) = opened().await;
    let berlin = with_vcenter(&store, "Berlin").await;
    let mut other = engine::connect(&dir.path().join("muster.db")).await.unwrap();
    let held = engine::begin(&mut other).await.unwrap();
    let reads = vec![(berlin, 1, Kind::Vms, CacheReads { hits: 1, ..CacheReads::default() })];
    let counts = Counts { reads, ..Counts::default() };
    let began = std::time::Instant::now();
    let refused = store.count(&counts, Time(1)).await;
    assert!(matches!(refused, Err(Error::Busy { .. })), "{refused:?}");
    assert!(began.elapsed() < std::time::Duration::from_secs(5));
    held.rollback().await.unwrap();
    store.count(&counts, Time(1)).await.unwrap();
}
