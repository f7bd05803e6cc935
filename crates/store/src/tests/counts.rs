//! What is counted: added up, told apart by hours, and given up rather than waited for.

use super::*;
use crate::{CacheReads, Counts, LookedAt};

#[tokio::test]
async fn counts_add_up_once_an_hour_and_go_with_their_vcenter() {
    const HOUR: i64 = 3_600_000;
    let (dir, store) = opened().await;
    let berlin = with_vcenter(&store, "Berlin").await;
    let other = Store::open(dir.path()).await.unwrap();
    let looked = |hour: i64, minute: i64| LookedAt {
        hour_of_week: u8::try_from(hour % 168).unwrap(),
        began: Time(hour * HOUR),
        at: Time(hour * HOUR + minute * 60_000),
    };
    let counts = |hour, minute| Counts {
        reads: vec![(berlin.clone(), hour, Kind::Vms, CacheReads { hits: 3, shared: 2, misses: 1 })],
        looked: vec![(berlin.clone(), looked(hour, minute))],
    };
    store.count(&counts(9, 1)).await.unwrap();
    other.count(&counts(9, 59)).await.unwrap();
    store.count(&counts(9 + 168, 0)).await.unwrap();
    let twice = CacheReads { hits: 6, shared: 4, misses: 2 };
    let once = CacheReads { hits: 3, shared: 2, misses: 1 };
    let read = store.cache_reads(9).await.unwrap();
    let vms = Some(Kind::Vms);
    assert_eq!(read, [(berlin.clone(), 9, vms, twice), (berlin.clone(), 177, vms, once)]);
    assert_eq!(store.cache_reads(10).await.unwrap(), read[1..]);
    assert_eq!(store.looked_at().await.unwrap(), [(berlin.clone(), 9, 2)], "two such hours");
    let gone =
        Counts { reads: vec![(VcenterId("gone".to_owned()), 9, Kind::Vms, once)], ..Counts::default() };
    store.count(&gone).await.unwrap();
    assert_eq!(store.cache_reads(0).await.unwrap().len(), 2);
    store.remove_vcenter(&berlin, Time(9)).await.unwrap();
    assert_eq!((store.cache_reads(0).await.unwrap().len(), store.looked_at().await.unwrap().len()), (0, 0));
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
    let refused = store.count(&counts).await;
    assert!(matches!(refused, Err(Error::Busy { .. })), "{refused:?}");
    assert!(began.elapsed() < std::time::Duration::from_secs(5));
    held.rollback().await.unwrap();
    store.count(&counts).await.unwrap();
}
