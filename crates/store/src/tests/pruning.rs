//! Old operations are forgotten: which, how many at once, and what others notice of it.
//! Refuses to age anything by waiting: operations are written with the time of long ago.

use super::*;
use contract::command::OperationFilter;
use std::time::{Duration, Instant};

const DAY: i64 = 86_400_000;

/// So many ended operations of a vCenter, a second apart from the first day on, each of which changed `changes` objects.
async fn fill(dir: &Path, vcenter: &VcenterId, number: i64, changes: i64) {
    let mut connection = raw(dir).await;
    const OPERATIONS: &str = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $2) \
        INSERT INTO operations (id, vcenter_id, kind, job, priority, awaited, origin, state, submitted_at, started_at, \
        finished_at, recorded_added, recorded_changed, recorded_removed) \
        SELECT $1 || '-' || i, $1, 'full_sync', '{\"kind\":\"full_sync\",\"accept_removals\":false}', 1, 0, 'schedule', \
        'succeeded', i * 1000, i * 1000, i * 1000, 0, $3, 0 FROM n";
    const CHANGES: &str = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $2) \
        INSERT INTO operation_changes (operation, what, kind, moref, name, properties) SELECT seq, 1, 'vms', 'vm-' || n.i, \
        'web-' || n.i, '[[\"power_state\",\"poweredOn\",\"poweredOff\"]]' FROM operations, n WHERE vcenter_id = $1 AND state = 'succeeded'";
    for (sql, last) in [(OPERATIONS, number), (CHANGES, changes)] {
        if last > 0 {
            let query = sqlx::query(sql).bind(vcenter.as_str()).bind(last).bind(changes);
            query.execute(&mut connection).await.unwrap();
        }
    }
    engine::disconnect(connection).await;
}

#[tokio::test]
async fn the_newest_of_each_vcenter_and_what_waits_or_runs_stay_however_old_they_are() {
    let (dir, store) = opened().await;
    let (berlin, paris) = (with_vcenter(&store, "Berlin").await, with_vcenter(&store, "Paris").await);
    let old = NewOperation { at: Time(0), ..operation("waits", &berlin, OperationKind::Test) };
    store.submit(old).await.unwrap();
    fill(dir.path(), &berlin, 650, 2).await;
    fill(dir.path(), &paris, 50, 0).await;
    let mut steps = Vec::new();
    loop {
        let gone = store.forget_operations(Time(DAY), 100).await.unwrap();
        if gone == 0 {
            break;
        }
        steps.push(gone);
    }
    assert_eq!(steps, [200, 200, 150], "a few at a time");
    let left = async |vcenter: &VcenterId| {
        let of = OperationFilter::of(vcenter.clone());
        let all = store.history(&of, Time(0), 1_000).await.unwrap().operations;
        (all.len(), all.last().map(|oldest| oldest.id.to_string()))
    };
    assert_eq!(left(&berlin).await, (101, Some("waits".into())));
    assert_eq!(left(&paris).await, (50, Some(format!("{paris}-1"))), "no more than those that are kept");
    assert_eq!(
        number(dir.path(), "SELECT COUNT(*) FROM operation_changes").await,
        200,
        "with what they changed"
    );
    assert_eq!(
        number(dir.path(), "SELECT MIN(submitted_at) FROM operations WHERE kind <> 'test'").await,
        1_000
    );

    fill(dir.path(), &with_vcenter(&store, "Rome").await, 300, 0).await;
    assert_eq!(store.forget_operations(Time(51_000), 100).await.unwrap(), 50, "what is younger stays");
    assert_eq!(store.forget_operations(Time(51_000), 100).await.unwrap(), 0);
}

#[tokio::test]
async fn what_is_young_is_not_looked_at_to_find_what_is_old() {
    let (dir, store) = opened().await;
    let berlin = with_vcenter(&store, "Berlin").await;
    fill(dir.path(), &berlin, 2_000, 0).await;
    let mut connection = raw(dir.path()).await;
    let plan: Vec<(i64, i64, i64, String)> =
        sqlx::query_as(sqlx::AssertSqlSafe(format!("EXPLAIN QUERY PLAN {}", prune::OLD)))
            .bind(berlin.as_str())
            .bind(0)
            .bind(100)
            .bind(200)
            .fetch_all(&mut connection)
            .await
            .unwrap();
    engine::disconnect(connection).await;
    let plan: Vec<&str> = plan.iter().map(|(.., step)| &**step).collect();
    let by_age = "SEARCH operations USING INDEX operations_by_age (vcenter_id=? AND submitted_at<?)";
    assert!(plan.contains(&by_age), "{plan:?}");
    let whole = ["SCAN operations", "USE TEMP B-TREE"];
    assert!(!plan.iter().any(|step| whole.iter().any(|whole| step.starts_with(whole))), "{plan:?}");
}

#[tokio::test]
async fn readers_and_writers_go_on_while_much_is_forgotten_and_its_room_is_used_again() {
    let (dir, store) = opened().await;
    let berlin = with_vcenter(&store, "Berlin").await;
    fill(dir.path(), &berlin, 2_000, 100).await;
    let pages = async || number(dir.path(), "PRAGMA page_count").await;
    let before = pages().await;
    let mut forgetting = tokio::task::JoinSet::new();
    {
        let store = store.clone();
        forgetting.spawn(async move {
            let (mut steps, mut longest) = (0, Duration::ZERO);
            loop {
                let began = Instant::now();
                let gone = store.forget_operations(Time(DAY), 100).await.unwrap();
                longest = longest.max(began.elapsed());
                if gone == 0 {
                    return (steps, longest);
                }
                steps += 1;
            }
        });
    }
    let (mut reads, mut slowest) = (0, Duration::ZERO);
    let (steps, longest) = loop {
        if let Some(ended) = forgetting.try_join_next() {
            break ended.unwrap();
        }
        let began = Instant::now();
        let listing = store.history(&OperationFilter::default(), Time(0), 100).await.unwrap();
        assert_eq!(listing.operations.len(), 100, "the newest are all there");
        let id = &listing.operations[99].id;
        assert_eq!(store.changes_of(id, 0, 1_000).await.unwrap().changes.changed.len(), 100);
        store.set_contact(&berlin, VcenterState::Online, Time(1)).await.unwrap();
        slowest = slowest.max(began.elapsed());
        reads += 1;
    };
    println!(
        "measured: {steps} steps, the longest {longest:?}; {reads} looks meanwhile, the slowest {slowest:?}"
    );
    // Each has at most 3,000 objects: 30 operations of 100.
    assert_eq!((steps, reads > 10), (64, true), "{reads}");
    assert!(slowest < Duration::from_secs(2), "{slowest:?}");
    fill(dir.path(), &with_vcenter(&store, "Paris").await, 1_800, 100).await;
    let after = pages().await;
    assert!(after <= before + before / 20, "{before} pages, and {after}");
}
