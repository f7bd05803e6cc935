//! What was measured: counted once whoever counts, read also before it is, and forgotten by its length.
//! Refuses to age anything by waiting: operations end at times that tests choose.

use super::*;
use crate::{Length, Measure};
use contract::analytics::{CallTimes, Measured, Sample};

const DAY: i64 = 86_400_000;

/// An operation that took three seconds and answered once within a millisecond, and ended at this time.
async fn ended(store: &Store, vcenter: &VcenterId, id: &str, at: i64) {
    let new = NewOperation { at: Time(at - 4_000), ..operation(id, vcenter, OperationKind::FullSync) };
    store.submit(new).await.unwrap();
    let claim = store.claim(&OperationId(id.to_owned()), Time(at - 3_000)).await.unwrap().unwrap();
    let mut latency = CallTimes::new();
    latency.entry("Login".to_owned()).or_default().add(1_000);
    store.finish(&claim, Finish { latency, ..finish(at) }).await.unwrap();
}

fn sum(measures: &[Measure<Measured>]) -> Measured {
    let mut sum = Measured::default();
    measures.iter().for_each(|one| sum.merge(&one.data));
    sum
}

#[tokio::test]
async fn each_operation_counts_once_in_every_length_before_it_is_added_up_and_after_it() {
    let (dir, store) = opened().await;
    let (berlin, paris) = (with_vcenter(&store, "Berlin").await, with_vcenter(&store, "Paris").await);
    let other = Store::open(dir.path()).await.unwrap();
    ended(&store, &berlin, "a", DAY + 5_000).await;
    ended(&store, &berlin, "b", DAY + 61_000).await;
    ended(&store, &paris, "c", DAY + 7_000).await;
    let waits = store.submit(operation("waits", &berlin, OperationKind::Test)).await.unwrap().id;
    let all = async |length| store.measured(None, length, Time(0)).await.unwrap();
    let before: Vec<Measured> =
        [sum(&all(Length::Minute).await), sum(&all(Length::Hour).await), sum(&all(Length::Day).await)].into();
    let (one, two) = tokio::join!(store.measure(), other.measure());
    let counted = [one, two].map(|counted| counted.unwrap_or(0));
    assert!(counted.iter().sum::<u64>() == 3, "{counted:?}");
    assert_eq!(store.measure().await.unwrap(), 0);
    for (length, before) in Length::ALL.into_iter().zip(before) {
        let after = sum(&all(length).await);
        assert_eq!(after, before, "{length:?}");
        assert_eq!((after.ended(OperationState::Succeeded), after.calls, after.bytes), (3, 15, 18));
        assert_eq!((after.took.count(), after.took_us), (3, 9_000_000));
        assert_eq!((after.objects, after.added, after.changed, after.removed), (9, 3, 6, 9));
        assert_eq!(after.latency["Login"].count(), 3);
    }
    let spans = |measures: &[Measure<Measured>]| measures.iter().map(|one| one.at.0).collect::<Vec<_>>();
    let of_berlin = store.measured(Some(&berlin), Length::Minute, Time(0)).await.unwrap();
    assert_eq!((spans(&of_berlin), &*of_berlin[0].what), (vec![DAY, DAY + 60_000], "full_sync"));
    let later = store.measured(Some(&berlin), Length::Minute, Time(DAY + 1)).await.unwrap();
    assert_eq!(spans(&later), [DAY + 60_000]);

    // What ends later joins what is there.
    store.cancel_queued(&waits, Time(DAY + 8_000)).await.unwrap();
    ended(&store, &berlin, "d", DAY + 9_000).await;
    assert_eq!(store.measure().await.unwrap(), 2);
    let days = store.measured(Some(&berlin), Length::Day, Time(0)).await.unwrap();
    let states: Vec<_> = days.iter().map(|one| (&*one.what, one.data.states.clone())).collect();
    let of = |state: &str, count| BTreeMap::from([(state.to_owned(), count)]);
    assert_eq!(states, [("full_sync", of("succeeded", 3)), ("test", of("cancelled", 1))]);
    assert!(days[1].data.causes.is_empty(), "what somebody cancels is no failure");
}

#[tokio::test]
async fn what_is_damaged_is_counted_as_nothing_and_hides_nothing() {
    let (dir, store) = opened().await;
    let berlin = with_vcenter(&store, "Berlin").await;
    ended(&store, &berlin, "a", DAY).await;
    ended(&store, &berlin, "b", DAY).await;
    execute(dir.path(), "UPDATE operations SET latency = '{' WHERE id = 'a'").await;
    assert_eq!(store.measured(None, Length::Day, Time(0)).await.unwrap().len(), 1);
    assert_eq!(store.measure().await.unwrap(), 2, "both, so that none is looked at for ever");
    assert_eq!(store.measured(None, Length::Day, Time(0)).await.unwrap()[0].data.calls, 5);
    execute(dir.path(), "UPDATE measures SET data = 'x'").await;
    assert_eq!(store.measured(None, Length::Day, Time(0)).await.unwrap(), []);
    ended(&store, &berlin, "c", DAY).await;
    store.measure().await.unwrap();
    assert_eq!(store.measured(None, Length::Day, Time(0)).await.unwrap()[0].data.calls, 5, "written anew");
}

#[tokio::test]
async fn the_last_sample_of_an_hour_and_of_a_day_stays_and_what_it_does_not_know_is_kept() {
    let (_dir, store) = opened().await;
    let berlin = with_vcenter(&store, "Berlin").await;
    let datastores = |free| Some(BTreeMap::from([("datastore-1".into(), (100, free))]));
    let hour = Length::Hour.millis();
    let first = Sample { vms: Some(7), hosts: Some(2), datastores: datastores(60), ..Sample::default() };
    store.sample(&berlin, Time(DAY), &first).await.unwrap();
    let later = Sample { vms: Some(8), ..Sample::default() };
    store.sample(&berlin, Time(DAY + 1_000), &later).await.unwrap();
    store
        .sample(&berlin, Time(DAY + hour), &Sample { datastores: datastores(50), ..Sample::default() })
        .await
        .unwrap();
    store.sample(&VcenterId("gone".to_owned()), Time(DAY), &first).await.unwrap();
    let known = async |length| {
        let samples = store.samples(None, length, Time(0)).await.unwrap();
        samples.into_iter().map(|one| (one.at.0, one.data)).collect::<Vec<_>>()
    };
    let at_first = Sample { vms: Some(8), ..first.clone() };
    let in_the_end = Sample { datastores: datastores(50), ..at_first.clone() };
    let second = Sample { datastores: datastores(50), ..Sample::default() };
    assert_eq!(known(Length::Hour).await, [(DAY, at_first), (DAY + hour, second)]);
    assert_eq!(known(Length::Day).await, [(DAY, in_the_end)]);
    store.remove_vcenter(&berlin, Time(9)).await.unwrap();
    assert_eq!(known(Length::Day).await, []);
}

#[tokio::test]
async fn the_shorter_a_span_the_sooner_it_is_forgotten_and_days_when_it_is_set() {
    let (_dir, store) = opened().await;
    let berlin = with_vcenter(&store, "Berlin").await;
    let now = 1_000 * DAY;
    for (number, days) in [500, 399, 20, 13, 3, 1].into_iter().enumerate() {
        ended(&store, &berlin, &format!("op-{number}"), now - days * DAY).await;
    }
    let reads = |days: i64| {
        let hour = (now - days * DAY) / Length::Hour.millis();
        (berlin.clone(), hour, Kind::Vms, CacheReads { hits: 1, ..CacheReads::default() })
    };
    store.count(&Counts { reads: vec![reads(500), reads(3)], ..Counts::default() }, Time(500)).await.unwrap();
    store.measure().await.unwrap();
    // Three lengths of the oldest and one read, and so on.
    assert_eq!(store.forget_measures(Time(now), 400).await.unwrap(), 3 + 2 + 2 + 1 + 1 + 1);
    let left = async |length| store.measured(None, length, Time(0)).await.unwrap().len();
    assert_eq!(
        [left(Length::Minute).await, left(Length::Hour).await, left(Length::Day).await],
        [1, 3, 5],
        "of six"
    );
    assert_eq!(store.cache_reads(0).await.unwrap().len(), 1);
    assert_eq!(store.forget_measures(Time(now), 400).await.unwrap(), 0);
    assert_eq!(store.forget_measures(Time(now), 2).await.unwrap(), 2 + 4 + 1, "no length outlives days");
}
