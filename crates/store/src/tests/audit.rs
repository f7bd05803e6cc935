//! The audit log: what is recorded, and that nobody changes it without being seen.

use super::*;
use crate::audit::{Act, Entry};

fn act(command: &'static str) -> Act {
    Act::new(("ada", "desk-7"), Door::Cli, Role::Admin, command, Time(1_000))
}

async fn rows(store: &Store) -> Vec<AuditRow> {
    let mut rows = store.audit(&AuditFilter::default(), None, 1_000, Time(0)).await.unwrap().rows;
    rows.reverse();
    rows
}

/// A log of some rows: a vCenter added, changed, and an operation on it that ended.
async fn logged() -> (TempDir, Store, VcenterId) {
    let (dir, store) = opened().await;
    let acting = store.acting(&act("add_vcenter"));
    let berlin = with_vcenter(&acting, "Berlin").await;
    let change = VcenterEdit { settings: Some(settings(&["eu"], 60)), ..VcenterEdit::default() };
    edit(&store.acting(&act("edit_vcenter")), &berlin, change).await.unwrap();
    let acting = store.acting(&act("submit"));
    let id = acting.submit(operation("op-1", &berlin, OperationKind::Test)).await.unwrap().id;
    let claim = store.claim(&id, Time(2_000)).await.unwrap().unwrap();
    store.finish(&claim, Finish { state: OperationState::Failed, ..finish(3_000) }).await.unwrap();
    (dir, store, berlin)
}

async fn verified(store: &Store) -> Verified {
    store.verify_audit(None).await.unwrap()
}

#[tokio::test]
async fn a_change_an_operation_and_its_end_have_rows_with_what_differs() {
    let (_dir, store, berlin) = logged().await;
    let rows = rows(&store).await;
    let told: Vec<_> =
        rows.iter().map(|row| (&*row.command, &*row.outcome, row.subject.as_deref())).collect();
    assert_eq!(
        told,
        [
            ("add_vcenter", "done", Some("Berlin")),
            ("edit_vcenter", "done", Some("Berlin")),
            ("submit", "accepted", Some("Berlin")),
            ("submit", "failed", Some("Berlin")),
        ]
    );
    assert_eq!(rows[0].after.as_ref().unwrap()["host"], "berlin.example.org");
    assert_eq!(rows[0].before, None);
    let before = rows[1].before.clone().unwrap();
    assert_eq!((&before["ttl_seconds"], &before["tags"][1]), (&300.into(), &"prod".into()));
    assert!(before.get("host").is_none(), "what is the same is left out: {before}");
    assert_eq!(rows[1].after.as_ref().unwrap()["ttl_seconds"], 60);
    assert_eq!(rows[2].subject_id.as_deref(), Some(berlin.as_str()));
    assert_eq!((&rows[3].operation, rows[3].actor.as_str()), (&rows[2].operation, "ada"));
    assert_eq!(rows[3].after.as_ref().unwrap()["state"], "failed");
    let whole = verified(&store).await;
    assert_eq!((whole.ok, whole.rows, whole.first_broken), (true, 4, None));
    store.close().await;
}

#[tokio::test]
async fn what_nobody_asked_for_has_no_row_and_what_is_rolled_back_has_none() {
    let (_dir, store) = opened().await;
    with_vcenter(&store, "Berlin").await;
    let acting = store.acting(&act("add_vcenter"));
    acting.add_vcenter(vcenter("Berlin")).await.unwrap_err();
    assert_eq!(rows(&store).await, []);
    assert_eq!(verified(&store).await.rows, 0);
    store.close().await;
}

#[tokio::test]
async fn every_change_of_a_row_is_found_and_the_row_named() {
    for (column, value) in [
        ("at", "at + 1"),
        ("actor", "'eve'"),
        ("host", "'x'"),
        ("origin", "'window'"),
        ("role", "'viewer'"),
        ("command", "'x'"),
        ("subject_kind", "'x'"),
        ("subject_id", "NULL"),
        ("subject", "'Paris'"),
        ("before", "NULL"),
        ("after", "'{}'"),
        ("outcome", "'refused'"),
        ("operation", "'op-9'"),
        ("error", "'x'"),
        ("hash", "zeroblob(32)"),
        ("at", "'x'"),
    ] {
        let (dir, store, _) = logged().await;
        let mut connection = raw(dir.path()).await;
        let sql = format!("UPDATE audit SET {column} = {value} WHERE seq = 2");
        sqlx::query(sqlx::AssertSqlSafe(sql)).execute(&mut connection).await.unwrap();
        engine::disconnect(connection).await;
        let found = verified(&store).await;
        assert_eq!((found.ok, found.first_broken), (false, Some(2)), "{column} = {value}: {found:?}");
        store.close().await;
    }
}

#[tokio::test]
async fn a_row_that_is_deleted_inserted_or_moved_is_found() {
    for (sql, first_broken) in [
        ("DELETE FROM audit WHERE seq = 2", 2),
        ("UPDATE audit SET seq = 0 WHERE seq = 2", 0),
        ("DELETE FROM audit WHERE seq = 1", 2),
        ("UPDATE audit SET seq = CASE seq WHEN 4 THEN 6 ELSE 5 END WHERE seq IN (3, 4)", 3),
        (
            "UPDATE audit SET seq = 1 - seq WHERE seq IN (2, 3); UPDATE audit SET seq = 4 + seq WHERE seq < 0",
            2,
        ),
        (
            "INSERT INTO audit SELECT 5, at, actor, host, origin, role, command, subject_kind, subject_id, subject, \
          before, after, outcome, operation, error, hash FROM audit WHERE seq = 4",
            5,
        ),
    ] {
        let (dir, store, _) = logged().await;
        let mut connection = raw(dir.path()).await;
        for statement in sql.split(';') {
            sqlx::query(sqlx::AssertSqlSafe(statement.to_owned())).execute(&mut connection).await.unwrap();
        }
        engine::disconnect(connection).await;
        let found = verified(&store).await;
        assert_eq!((found.ok, found.first_broken), (false, Some(first_broken)), "{sql}: {found:?}");
        store.close().await;
    }
}

#[tokio::test]
async fn a_tail_that_was_cut_off_and_a_log_that_was_rewritten_show_with_a_receipt() {
    let (dir, store, berlin) = logged().await;
    let receipt = store.audit_head(Time(5_000)).await.unwrap();
    assert_eq!(receipt.seq, 4);
    let with_receipt = async || store.verify_audit(Some(receipt.clone())).await.unwrap();
    assert!(with_receipt().await.ok);
    execute(dir.path(), "DELETE FROM audit WHERE seq > 2").await;
    assert!(verified(&store).await.ok, "without a receipt nobody can know");
    let cut = with_receipt().await;
    assert_eq!((cut.ok, cut.first_broken), (false, Some(3)), "{cut:?}");
    // As a restored backup that goes on, or somebody who writes it anew.
    let acting = store.acting(&act("edit_vcenter"));
    for ttl in 0..3 {
        let change = VcenterEdit { settings: Some(settings(&[], 600 + ttl)), ..VcenterEdit::default() };
        edit(&acting, &berlin, change).await.unwrap();
    }
    assert!(verified(&store).await.ok);
    let rewritten = with_receipt().await;
    assert_eq!((rewritten.ok, rewritten.first_broken), (false, Some(4)), "{rewritten:?}");
    execute(dir.path(), "DELETE FROM audit").await;
    assert_eq!(with_receipt().await.first_broken, Some(1));
    let elsewhere = Receipt { database_id: "another".into(), ..receipt.clone() };
    assert!(!store.verify_audit(Some(elsewhere)).await.unwrap().ok);
    store.close().await;
}

#[tokio::test]
async fn what_is_pruned_leaves_a_row_that_the_rest_hangs_on() {
    let (dir, store, berlin) = logged().await;
    let before = rows(&store).await;
    let receipt = store.audit_head(Time(5_000)).await.unwrap();
    let acting = store.acting(&act("prune_audit"));
    assert_eq!(
        acting.prune_audit((2, 2), &before[0].hash, "audit.jsonl").await.unwrap(),
        None,
        "another row"
    );
    assert_eq!(acting.prune_audit((2, 1), &before[1].hash, "a").await.unwrap(), None, "one was not exported");
    assert_eq!(acting.prune_audit((2, 2), &before[1].hash, "audit.jsonl").await.unwrap(), Some(2));
    let left = rows(&store).await;
    assert_eq!(left.iter().map(|row| row.seq).collect::<Vec<_>>(), [3, 4, 5]);
    let whole = verified(&store).await;
    assert_eq!((whole.ok, whole.rows, whole.pruned_through), (true, 3, 2));
    assert!(store.verify_audit(Some(receipt)).await.unwrap().ok, "its row is there still");
    // All of it goes, the anchor before it too.
    let all = left.last().unwrap();
    assert_eq!(acting.prune_audit((all.seq, 3), &all.hash, "rest.jsonl").await.unwrap(), Some(3));
    let change = VcenterEdit { name: Some("Bonn".into()), ..VcenterEdit::default() };
    edit(&store.acting(&act("edit_vcenter")), &berlin, change).await.unwrap();
    let whole = verified(&store).await;
    assert_eq!((whole.ok, whole.rows, whole.pruned_through), (true, 2, 5));
    execute(dir.path(), "DELETE FROM audit WHERE command = 'prune_audit'").await;
    let unanchored = verified(&store).await;
    assert!(!unanchored.ok, "{unanchored:?}");
    store.close().await;
}

#[tokio::test]
async fn several_processes_write_one_chain() {
    let (dir, store) = opened().await;
    let other = Store::open(dir.path()).await.unwrap();
    for number in 0..10 {
        let store = if number % 3 == 0 { &store } else { &other };
        store.record_alone(&act("submit"), Entry::done(Subject::none())).await.unwrap();
        // What is rolled back leaves nothing behind which the next one would stand.
        let attempt = store.attempt("testing");
        let mut tx = store.engine().write(attempt).await.unwrap();
        store.acting(&act("x")).record(&mut tx, Entry::done(Subject::none()), attempt).await.unwrap();
        drop(tx);
    }
    let whole = verified(&store).await;
    assert_eq!((whole.ok, whole.rows), (true, 10), "{whole:?}");
    other.close().await;
    store.close().await;
}

#[tokio::test]
async fn rows_are_found_by_what_stands_in_them() {
    let (_dir, store, _) = logged().await;
    store
        .record_alone(
            &act("remove_vcenter"),
            Entry { outcome: AuditOutcome::Refused, ..Entry::done(Subject::none()) },
        )
        .await
        .unwrap();
    let count =
        async |filter: AuditFilter| store.audit(&filter, None, 100, Time(1_000)).await.unwrap().rows.len();
    let any = AuditFilter::default;
    assert_eq!(count(any()).await, 5);
    assert_eq!(count(AuditFilter { actor: Some("ADA".into()), ..any() }).await, 5);
    assert_eq!(count(AuditFilter { actor: Some("bob".into()), ..any() }).await, 0);
    assert_eq!(count(AuditFilter { command: Some("submit".into()), ..any() }).await, 2);
    assert_eq!(count(AuditFilter { outcome: Some(AuditOutcome::Refused), ..any() }).await, 1);
    assert_eq!(count(AuditFilter { origin: Some(Door::Window), ..any() }).await, 0);
    assert_eq!(count(AuditFilter { text: Some("BERLIN.example".into()), ..any() }).await, 1);
    assert_eq!(count(AuditFilter { since: Some(command::Since::Time(Time(1_001))), ..any() }).await, 1);
    let page = store.audit(&any(), Some(3), 1, Time(0)).await.unwrap();
    assert_eq!((page.rows[0].seq, page.has_more), (2, true));
    store.close().await;
}

#[tokio::test]
async fn operations_that_nobody_ends_are_told_to_have_been_interrupted_or_cancelled() {
    let (dir, store) = opened().await;
    let berlin = with_vcenter(&store, "Berlin").await;
    let acting = store.acting(&act("submit"));
    let id = acting.submit(operation("op-1", &berlin, OperationKind::FullSync)).await.unwrap().id;
    store.claim(&id, Time(2_000)).await.unwrap().unwrap();
    execute(dir.path(), "UPDATE operations SET owner = 'nobody'").await;
    store.interrupt_dead(Time(3_000)).await.unwrap();
    let queued = acting.submit(operation("op-2", &berlin, OperationKind::FullSync)).await.unwrap().id;
    store.acting(&act("cancel_operation")).cancel(&queued, Time(4_000)).await.unwrap();
    acting.submit(operation("op-3", &berlin, OperationKind::FullSync)).await.unwrap();
    store.acting(&act("remove_vcenter")).remove_vcenter(&berlin, Time(9)).await.unwrap();
    let told: Vec<_> =
        rows(&store).await.iter().map(|row| format!("{} {}", row.command, row.outcome)).collect();
    let (accepted, failed) = ("submit accepted", "submit failed");
    let expected = [
        accepted,
        failed,
        accepted,
        "cancel_operation done",
        failed,
        accepted,
        failed,
        "remove_vcenter done",
        "remove_vcenter done",
    ];
    assert_eq!(told, expected, "the credential that was made with it has a row, too");
    assert!(verified(&store).await.ok);
    store.close().await;
}

/// What the chain costs: 10,000 rows appended as they are, and bare ones of the same content into a table like it, in turns.
/// `cargo test --release -p store what_a_row_costs -- --ignored --nocapture`
#[tokio::test]
#[ignore = "measures"]
async fn what_a_row_costs_over_a_bare_insert() {
    const ROWS: u32 = 10_000;
    const BARE: &str = "INSERT INTO bare SELECT $1, at, actor, host, origin, role, command, subject_kind, subject_id, \
        subject, before, after, outcome, operation, error, hash FROM audit WHERE seq = 2";
    let (_dir, store, berlin) = logged().await;
    let attempt = store.attempt("measuring");
    let mut tx = store.engine().write(attempt).await.unwrap();
    sqlx::query("CREATE TABLE bare AS SELECT * FROM audit WHERE 0").execute(&mut *tx).await.unwrap();
    sqlx::query("CREATE UNIQUE INDEX bare_by_seq ON bare (seq)").execute(&mut *tx).await.unwrap();
    tx.commit().await.unwrap();
    let acting = store.acting(&act("edit_vcenter"));
    let before = serde_json::json!({ "ttl_seconds": 300, "tags": ["eu", "prod"], "edition": 1 });
    let after = serde_json::json!({ "ttl_seconds": 60, "tags": ["eu"], "edition": 2 });
    for turn in 0..3_u32 {
        let mut tx = store.engine().write(attempt).await.unwrap();
        let began = std::time::Instant::now();
        for number in 0..ROWS {
            let seq = i64::from(turn * ROWS + number);
            sqlx::query(BARE).bind(seq).execute(&mut *tx).await.unwrap();
        }
        let bare = began.elapsed() / ROWS;
        let began = std::time::Instant::now();
        for _ in 0..ROWS {
            let entry = Entry::done(Subject::vcenter(&berlin).named("Berlin")).before(&before).after(&after);
            acting.record(&mut tx, entry, attempt).await.unwrap();
        }
        let chained = began.elapsed() / ROWS;
        tx.commit().await.unwrap();
        println!(
            "measured: a bare row {bare:?}, a row of the log {chained:?}, more {:?}",
            chained.saturating_sub(bare)
        );
    }
    let began = std::time::Instant::now();
    let rows = verified(&store).await.rows;
    println!("measured: {rows} rows verified in {:?}", began.elapsed());
    store.close().await;
}
