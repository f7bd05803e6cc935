//! Lists of operations: what they are narrowed by, and what is never left out.

use super::*;
use OperationKind::{FullSync, Refresh, SyncHosts, Test};
use contract::command::{OperationFilter, Since};
use sqlx::{Column, Row};

#[tokio::test]
async fn what_waits_or_runs_is_listed_however_much_was_asked_for_since() {
    let (_dir, store) = opened().await;
    let ids: Vec<VcenterId> = vec![with_vcenter(&store, "Berlin").await, with_vcenter(&store, "Paris").await];
    let running = claimed(&store, &ids[0], "long").await.operation.id;
    for number in 0..30 {
        let claim = claimed(&store, &ids[1], &format!("later-{number}")).await;
        store.finish(&claim, finish(3)).await.unwrap();
    }
    let listed = store.recent_operations(&OperationFilter::default(), Time(9), 10).await.unwrap();
    assert_eq!((listed.len(), listed.last().map(|one| &one.id)), (11, Some(&running)));
    let newest = store.history(&OperationFilter::default(), Time(9), 30).await.unwrap();
    assert_eq!((newest.operations.len(), newest.has_more), (30, true));
    let all = store.history(&OperationFilter::default(), Time(9), 31).await.unwrap();
    assert_eq!((all.operations.len(), all.has_more), (31, false));
}

#[tokio::test]
async fn the_database_filters_as_the_page_does() {
    let (_dir, store) = opened().await;
    let vcenters: Vec<VcenterId> =
        vec![with_vcenter(&store, "Berlin").await, with_vcenter(&store, "Paris").await];
    let kinds = [SyncHosts, Test, FullSync, Refresh];
    for number in 0..24_usize {
        let (vcenter, kind) = (&vcenters[number % 2], kinds[number % 4]);
        let origin = if number % 3 == 0 { Origin::Reader } else { Origin::User };
        let at = Time(1_000 * number as i64);
        let asked = NewOperation { origin, at, ..operation(&format!("op-{number}"), vcenter, kind) };
        let submitted = store.submit(asked).await.unwrap().id;
        let Some(claim) = store.claim(&submitted, at).await.unwrap() else { continue };
        let ends = [
            OperationState::Succeeded,
            OperationState::Partial,
            OperationState::Failed,
            OperationState::Cancelled,
        ];
        if number < 20 {
            store.finish(&claim, Finish { state: ends[number / 4 % 4], ..finish(30_000) }).await.unwrap();
        }
    }
    let now = Time(24_000);
    let all = store.history(&OperationFilter::default(), now, 100).await.unwrap().operations;
    let (mut asked, mut found) = (0, 0);
    let states =
        [vec![], vec![OperationState::Failed], vec![OperationState::Running, OperationState::Queued]];
    for vcenter in [None, Some(vcenters[0].clone())] {
        for kinds in [vec![], vec![Test], vec![FullSync, Refresh]] {
            for states in &states {
                for origin in [None, Some(Origin::User), Some(Origin::Reader)] {
                    let from_4_to_18 = (Some(Since::Time(Time(4_000))), Some(Since::Ago(6)));
                    for (since, until) in [(None, None), (Some(Since::Ago(12)), None), from_4_to_18] {
                        let filter = OperationFilter {
                            until,
                            vcenter: vcenter.clone(),
                            kinds: kinds.clone(),
                            states: states.clone(),
                            origin,
                            since,
                        };
                        let wanted: Vec<Operation> =
                            all.iter().filter(|one| filter.has(one, now)).cloned().collect();
                        let listed = store.history(&filter, now, 100).await.unwrap();
                        assert_eq!(listed.operations, wanted, "{filter:?}");
                        let recent = store.recent_operations(&filter, now, 100).await.unwrap();
                        assert!(recent.iter().all(|one| wanted.contains(one)), "{filter:?}");
                        (asked, found) = (asked + 1, found + wanted.len());
                    }
                }
            }
        }
    }
    assert!(found > asked, "{found} in {asked}");
}

#[tokio::test]
async fn lists_do_not_load_the_steps_of_operations() {
    let (dir, store) = opened().await;
    let id = with_vcenter(&store, "Berlin").await;
    let claim = claimed(&store, &id, "1").await;
    store.finish(&claim, finish(3)).await.unwrap();
    let mut connection = raw(dir.path()).await;
    let row = sqlx::query(crate::operations::ALL).fetch_one(&mut connection).await.unwrap();
    engine::disconnect(connection).await;
    let columns: Vec<&str> = row.columns().iter().map(|column| column.name()).collect();
    assert!(columns.contains(&"job") && !columns.contains(&"steps"), "{columns:?}");
}

#[tokio::test]
async fn rates_are_told_of_what_runs_and_of_nothing_else() {
    let (_dir, store) = opened().await;
    let id = with_vcenter(&store, "Berlin").await;
    let claim = claimed(&store, &id, "1").await;
    let progress = Progress {
        objects_per_second: Some(430),
        bytes_per_second: Some(2_000_000),
        remaining_seconds: Some(20),
        ..Progress::default()
    };
    store.progress(&claim, &progress, 1, 1).await.unwrap();
    assert_eq!(store.operation("1").await.unwrap().progress, progress);
    store.finish(&claim, finish(3)).await.unwrap();
    let ended = store.operation("1").await.unwrap().progress;
    assert_eq!(ended.clone().at_rest(), ended);
}
