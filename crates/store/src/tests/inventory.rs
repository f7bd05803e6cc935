//! Passes: what they write, what they don't, and what readers see meanwhile.

use super::*;
use std::sync::atomic::{AtomicBool, Ordering};

fn hosts(names: &[(&str, &str)]) -> Vec<Arc<Object>> {
    names.iter().map(|(moref, name)| object(Kind::Hosts, moref, name)).collect()
}

fn coverage(loaded: &Loaded) -> Vec<(Kind, Option<&str>, i64)> {
    let mut all: Vec<_> =
        loaded.coverage.iter().map(|c| (c.kind, c.cluster.as_deref(), c.synced_at.0)).collect();
    all.sort();
    all
}

#[tokio::test]
async fn a_pass_adds_changes_and_removes_and_says_how_many() {
    let (_dir, store) = opened().await;
    let id = with_vcenter(&store, "Berlin").await;
    let first = pass(hosts(&[("host-1", "a"), ("host-2", "b"), ("host-3", "c")]), &[Kind::Hosts], 5_000);
    let (staged, published) = publish(&store, &id, "1", &first).await;
    assert_eq!(staged.diff, BTreeMap::from([(Kind::Hosts, Diff { added: 3, ..Diff::default() })]));
    assert_eq!((staged.known[&Kind::Hosts], published.rows_written), (0, 3));
    let mut loaded = store.load(&id).await.unwrap().objects;
    loaded.sort_by(|a, b| a.moref.cmp(&b.moref));
    assert_eq!(loaded, first.objects, "objects come back as they were");

    let second = pass(hosts(&[("host-1", "a"), ("host-2", "B"), ("host-4", "d")]), &[Kind::Hosts], 6_000);
    let (staged, published) = publish(&store, &id, "2", &second).await;
    let diff = Diff { added: 1, changed: 1, removed: 1, unchanged: 1 };
    assert_eq!((staged.diff[&Kind::Hosts], staged.known[&Kind::Hosts]), (diff, 3));
    assert_eq!(published.rows_written, 3);
    let loaded = store.load(&id).await.unwrap();
    let expected = [("host-1", "a"), ("host-2", "B"), ("host-4", "d")];
    assert_eq!(names(&loaded, Kind::Hosts), expected.map(|(m, n)| (m.to_owned(), n.to_owned())).into());
    let operation = store.operation("2").await.unwrap();
    assert_eq!((operation.state, operation.finished_at), (OperationState::Succeeded, Some(Time(6_000))));
    let contact = Contact { state: VcenterState::Online, at: Time(6_000) };
    assert_eq!(store.vcenter(&id).await.unwrap().contact, Some(contact));
}

#[tokio::test]
async fn an_unchanged_pass_writes_no_inventory_row_and_one_coverage_row_per_kind() {
    let (dir, store) = opened().await;
    let id = with_vcenter(&store, "Berlin").await;
    let objects = vec![
        object(Kind::Hosts, "host-1", "a"),
        object(Kind::Vms, "vm-1", "b"),
        object(Kind::Snapshots, "snapshot-1", "c"),
    ];
    let whole = [Kind::Hosts, Kind::Vms, Kind::Snapshots, Kind::Folders];
    publish(&store, &id, "1", &pass(objects.clone(), &whole, 5_000)).await;
    execute(dir.path(), "CREATE TABLE written (what TEXT)").await;
    execute(
        dir.path(),
        "CREATE TRIGGER i AFTER INSERT ON objects BEGIN INSERT INTO written VALUES ('object'); END",
    )
    .await;
    execute(
        dir.path(),
        "CREATE TRIGGER u AFTER UPDATE ON objects BEGIN INSERT INTO written VALUES ('object'); END",
    )
    .await;
    execute(
        dir.path(),
        "CREATE TRIGGER d AFTER DELETE ON objects BEGIN INSERT INTO written VALUES ('object'); END",
    )
    .await;
    execute(
        dir.path(),
        "CREATE TRIGGER s AFTER INSERT ON staged BEGIN INSERT INTO written VALUES ('staged'); END",
    )
    .await;
    execute(
        dir.path(),
        "CREATE TRIGGER c AFTER UPDATE ON coverage BEGIN INSERT INTO written VALUES ('coverage'); END",
    )
    .await;

    let (staged, published) = publish(&store, &id, "2", &pass(objects, &whole, 6_000)).await;
    assert_eq!(published.rows_written, 0);
    assert_eq!(staged.diff[&Kind::Snapshots], Diff { unchanged: 1, ..Diff::default() });
    assert_eq!(staged.diff[&Kind::Folders], Diff::default());
    assert_eq!(number(dir.path(), "SELECT COUNT(*) FROM written WHERE what <> 'coverage'").await, 0);
    assert_eq!(
        number(dir.path(), "SELECT COUNT(*) FROM written").await,
        3,
        "hosts, VMs with snapshots, folders"
    );
    let loaded = store.load(&id).await.unwrap();
    let expected = vec![(Kind::Hosts, None, 6_000), (Kind::Vms, None, 6_000), (Kind::Folders, None, 6_000)];
    assert_eq!(coverage(&loaded), expected);
}

#[tokio::test]
async fn a_kind_that_was_read_and_is_empty_loses_all_it_had() {
    let (_dir, store) = opened().await;
    let id = with_vcenter(&store, "Berlin").await;
    publish(&store, &id, "1", &pass(hosts(&[("host-1", "a")]), &[Kind::Hosts], 5_000)).await;
    let (staged, published) = publish(&store, &id, "2", &pass(vec![], &[Kind::Hosts], 6_000)).await;
    assert_eq!((staged.diff[&Kind::Hosts].removed, published.rows_written), (1, 1));
    assert_eq!(store.load(&id).await.unwrap().objects, []);
}

#[tokio::test]
async fn a_pass_of_clusters_removes_only_what_is_proven_gone() {
    let (_dir, store) = opened().await;
    let id = with_vcenter(&store, "Berlin").await;
    publish(
        &store,
        &id,
        "1",
        &pass(hosts(&[("host-1", "a"), ("host-2", "b"), ("host-3", "c")]), &[Kind::Hosts], 5_000),
    )
    .await;
    let of_cluster = Pass {
        clusters: vec!["domain-c1".into()],
        gone: vec![
            (Kind::Hosts, "host-2".into()),
            (Kind::Hosts, "host-1".into()),
            (Kind::Hosts, "never".into()),
        ],
        ..pass(hosts(&[("host-1", "A")]), &[], 6_000)
    };
    let (staged, published) = publish(&store, &id, "2", &of_cluster).await;
    let diff = Diff { added: 0, changed: 1, removed: 1, unchanged: 0 };
    assert_eq!((staged.diff[&Kind::Hosts], published.rows_written), (diff, 2), "what was read is not gone");
    let loaded = store.load(&id).await.unwrap();
    assert_eq!(names(&loaded, Kind::Hosts).into_keys().collect::<Vec<_>>(), ["host-1", "host-3"]);
    assert_eq!(coverage(&loaded), [(Kind::Hosts, None, 5_000), (Kind::Hosts, Some("domain-c1"), 6_000)]);

    publish(&store, &id, "3", &pass(loaded.objects, &[Kind::Hosts], 7_000)).await;
    assert_eq!(
        coverage(&store.load(&id).await.unwrap()),
        [(Kind::Hosts, None, 7_000)],
        "the whole holds the cluster"
    );
}

#[tokio::test]
async fn vcenters_do_not_see_each_other() {
    let (_dir, store) = opened().await;
    let (berlin, paris) = (with_vcenter(&store, "Berlin").await, with_vcenter(&store, "Paris").await);
    publish(&store, &berlin, "1", &pass(hosts(&[("host-1", "berlin")]), &[Kind::Hosts], 5_000)).await;
    publish(&store, &paris, "2", &pass(hosts(&[("host-1", "paris")]), &[Kind::Hosts], 6_000)).await;
    publish(&store, &paris, "3", &pass(vec![], &[Kind::Hosts], 7_000)).await;
    assert_eq!(names(&store.load(&berlin).await.unwrap(), Kind::Hosts)["host-1"], "berlin");
    assert_eq!(store.load(&paris).await.unwrap().objects, []);
}

#[tokio::test]
async fn an_object_that_the_server_listed_twice_is_one() {
    let (_dir, store) = opened().await;
    let id = with_vcenter(&store, "Berlin").await;
    let twice = pass(hosts(&[("host-1", "older"), ("host-1", "newer")]), &[Kind::Hosts], 5_000);
    let (staged, published) = publish(&store, &id, "1", &twice).await;
    assert_eq!((staged.diff[&Kind::Hosts].added, published.rows_written), (1, 1));
    assert_eq!(names(&store.load(&id).await.unwrap(), Kind::Hosts)["host-1"], "newer");
}

#[tokio::test]
async fn a_pass_that_is_discarded_or_failed_changes_nothing() {
    let (dir, store) = opened().await;
    let id = with_vcenter(&store, "Berlin").await;
    publish(&store, &id, "1", &pass(hosts(&[("host-1", "a")]), &[Kind::Hosts], 5_000)).await;
    let before = store.load(&id).await.unwrap();
    let claim = claimed(&store, &id, "2").await;
    let other = pass(hosts(&[("host-2", "b")]), &[Kind::Hosts], 6_000);
    store.stage(&claim, &other, &go_on).await.unwrap();
    store.discard(&claim).await.unwrap();
    assert_eq!(number(dir.path(), "SELECT COUNT(*) FROM staged").await, 0);
    store.stage(&claim, &other, &go_on).await.unwrap();
    store.finish(&claim, Finish { state: OperationState::Failed, ..finish(7_000) }).await.unwrap();
    assert_eq!(number(dir.path(), "SELECT COUNT(*) FROM staged").await, 0);
    let after = store.load(&id).await.unwrap();
    assert_eq!((after.objects, after.coverage), (before.objects, before.coverage));
}

#[tokio::test]
async fn what_is_staged_twice_is_published_once() {
    let (_dir, store) = opened().await;
    let id = with_vcenter(&store, "Berlin").await;
    let claim = claimed(&store, &id, "1").await;
    store
        .stage(&claim, &pass(hosts(&[("host-1", "a"), ("host-2", "b")]), &[Kind::Hosts], 5_000), &go_on)
        .await
        .unwrap();
    let second = pass(hosts(&[("host-2", "b")]), &[Kind::Hosts], 6_000);
    let staged = store.stage(&claim, &second, &go_on).await.unwrap();
    store.publish(&claim, staged, &second, finish(6_000), &go_on).await.unwrap();
    assert_eq!(names(&store.load(&id).await.unwrap(), Kind::Hosts).len(), 1);
}

#[tokio::test]
async fn whoever_lost_its_claim_publishes_and_changes_nothing() {
    let (dir, store) = opened().await;
    let id = with_vcenter(&store, "Berlin").await;
    publish(&store, &id, "1", &pass(hosts(&[("host-1", "a")]), &[Kind::Hosts], 5_000)).await;
    let before = store.load(&id).await.unwrap();
    let claim = claimed(&store, &id, "2").await;
    let other = pass(hosts(&[("host-2", "b")]), &[Kind::Hosts], 6_000);
    let staged = store.stage(&claim, &other, &go_on).await.unwrap();
    execute(dir.path(), "UPDATE operations SET claim_no = claim_no + 1 WHERE id = '2'").await;

    let lost = |error: Error| assert!(matches!(error, Error::ClaimLost { .. }), "{error:?}");
    lost(store.publish(&claim, staged.clone(), &other, finish(6_000), &go_on).await.unwrap_err());
    lost(store.stage(&claim, &other, &go_on).await.unwrap_err());
    lost(store.progress(&claim, &Progress::default(), 0, 0).await.unwrap_err());
    lost(store.finish(&claim, finish(6_000)).await.unwrap_err());
    let after = store.load(&id).await.unwrap();
    assert_eq!((after.objects, after.coverage), (before.objects, before.coverage));
    assert_eq!(store.operation("2").await.unwrap().state, OperationState::Running);
}

#[tokio::test]
async fn what_was_staged_only_in_part_is_not_published() {
    let (dir, store) = opened().await;
    let id = with_vcenter(&store, "Berlin").await;
    let claim = claimed(&store, &id, "1").await;
    let both = pass(hosts(&[("host-1", "a"), ("host-2", "b")]), &[Kind::Hosts], 5_000);
    let staged = store.stage(&claim, &both, &go_on).await.unwrap();
    execute(dir.path(), "DELETE FROM staged WHERE moref = 'host-2'").await;
    let error = store.publish(&claim, staged, &both, finish(5_000), &go_on).await.unwrap_err();
    assert!(matches!(error, Error::Incomplete { staged: 2, found: 1, .. }), "{error:?}");
    assert_eq!(store.load(&id).await.unwrap().objects, []);
    assert_eq!(store.operation("1").await.unwrap().state, OperationState::Running);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_never_sees_half_of_a_pass() {
    let (dir, store) = opened().await;
    let id = with_vcenter(&store, "Berlin").await;
    let reader = Store::open(dir.path()).await.unwrap();
    let done = Arc::new(AtomicBool::new(false));
    let mut tasks = tokio::task::JoinSet::new();
    let (reading, ended) = (id.clone(), done.clone());
    tasks.spawn(async move {
        let mut generations = std::collections::BTreeSet::new();
        while !ended.load(Ordering::Relaxed) {
            let loaded = reader.load(&reading).await.unwrap();
            let synced: Vec<i64> = loaded.coverage.iter().map(|coverage| coverage.synced_at.0).collect();
            let Some(generation) = synced.first() else { continue };
            assert!(synced.iter().all(|synced| synced == generation));
            assert_eq!(loaded.objects.len(), 800);
            for object in &loaded.objects {
                assert_eq!(object.stored("name").as_text(), Some(&*format!("generation {generation}")));
            }
            generations.insert(*generation);
        }
        generations.len()
    });
    for generation in 1..=25 {
        let name = format!("generation {generation}");
        // Morefs move on, so that every pass adds, changes and removes.
        let morefs = generation * 50..generation * 50 + 400;
        let objects = morefs.flat_map(|n| {
            [object(Kind::Hosts, &format!("host-{n}"), &name), object(Kind::Vms, &format!("vm-{n}"), &name)]
        });
        let pass = pass(objects.collect(), &[Kind::Hosts, Kind::Vms], generation);
        publish(&store, &id, &format!("op-{generation}"), &pass).await;
    }
    done.store(true, Ordering::Relaxed);
    let seen = tasks.join_next().await.unwrap().unwrap();
    assert!(seen > 1, "the reader looked at {seen} generations");
}

#[tokio::test]
async fn a_full_disk_fails_the_pass_and_the_same_process_goes_on_when_there_is_room_again() {
    let (_dir, store) = opened().await;
    let id = with_vcenter(&store, "Berlin").await;
    let limit = |pages: i64| {
        let store = store.clone();
        async move {
            let mut tx = store.engine().write(store.attempt("limiting the database")).await.unwrap();
            sqlx::query(sqlx::AssertSqlSafe(format!("PRAGMA max_page_count = {pages}")))
                .execute(&mut *tx)
                .await
                .unwrap();
            tx.commit().await.unwrap();
        }
    };
    limit(1).await;
    let vms: Vec<_> = (0..300).map(|n| object(Kind::Vms, &format!("vm-{n}"), &"x".repeat(5_000))).collect();
    let claim = claimed(&store, &id, "op").await;
    let full = store.stage(&claim, &pass(vms.clone(), &[Kind::Vms], 5_000), &go_on).await;
    assert!(matches!(full, Err(Error::DiskFull { .. })), "{full:?}");
    limit(1_000_000).await;
    store.discard(&claim).await.unwrap();
    store.finish(&claim, finish(5_500)).await.unwrap();
    publish(&store, &id, "next", &pass(vms, &[Kind::Vms], 6_000)).await;
    assert_eq!(store.load(&id).await.unwrap().objects.len(), 300);
}

#[tokio::test]
async fn a_part_holds_its_kinds_and_single_objects_with_those_that_they_refer_to() {
    let (_dir, store) = opened().await;
    let id = with_vcenter(&store, "Berlin").await;
    let mut objects = hosts(&[("host-1", "a"), ("host-2", "b")]);
    objects.extend((0..5).map(|n| object(Kind::Vms, &format!("vm-{n}"), "vm")));
    objects.extend((0..5).map(|n| object(Kind::Networks, &format!("network-{n}"), "lan")));
    publish(&store, &id, "1", &pass(objects, &Kind::ALL, 5_000)).await;
    let all = store.load(&id).await.unwrap();
    let of = |loaded: &Loaded| {
        let mut keys: Vec<(Kind, String)> =
            loaded.objects.iter().map(|object| (object.kind, object.moref.to_string())).collect();
        keys.sort();
        keys
    };
    let part = |kinds: &[Kind], objects: &[(Kind, &str)]| Part {
        kinds: kinds.to_vec(),
        objects: objects.iter().map(|(kind, moref)| (*kind, (*moref).into())).collect(),
    };
    let nothing = store.load_part(&id, &Part::default()).await.unwrap();
    assert_eq!((of(&nothing), coverage(&nothing)), (vec![], coverage(&all)));
    let some = store
        .load_part(&id, &part(&[Kind::Hosts], &[(Kind::Vms, "vm-3"), (Kind::Vms, "vm-9")]))
        .await
        .unwrap();
    let expected = [
        (Kind::Hosts, "host-1"),
        (Kind::Hosts, "host-2"),
        (Kind::Vms, "vm-3"),
        (Kind::Networks, "network-1"),
        (Kind::Networks, "network-2"),
    ];
    let mut expected = expected.map(|(kind, moref)| (kind, moref.to_owned()));
    expected.sort();
    assert_eq!((of(&some), some.revision), (expected.to_vec(), all.revision.clone()));
    let both = store.load_part(&id, &part(&Kind::ALL, &[(Kind::Vms, "vm-3")])).await.unwrap();
    assert_eq!(of(&both), of(&all), "what is of a kind that is read anyway comes once");
}

#[tokio::test]
async fn names_and_counts_are_those_of_the_objects() {
    let (dir, store) = opened().await;
    let id = with_vcenter(&store, "Berlin").await;
    let mut objects = hosts(&[("host-1", "a \"b\" ü"), ("host-2", "c")]);
    objects.extend((0..5).map(|n| object(Kind::Vms, &format!("vm-{n}"), "vm")));
    let folder = |moref: &str, is_root| {
        let mut folder = (*object(Kind::Folders, moref, "f")).clone();
        folder.values[columns::of(Kind::Folders).slot("is_root").unwrap()] = Value::Bool(is_root);
        Arc::new(folder)
    };
    objects.extend([folder("group-d1", true), folder("group-v2", false)]);
    publish(&store, &id, "1", &pass(objects, &Kind::ALL, 5_000)).await;
    let mut names = store.names(&id, Kind::Hosts).await.unwrap();
    names.sort();
    let expected = [("host-1", "a \"b\" ü"), ("host-2", "c")];
    assert_eq!(names, expected.map(|(moref, name)| (moref.into(), Some(name.into()))));
    let summary = store.summary(&id).await.unwrap();
    let counts = |hosts, vms| BTreeMap::from([(Kind::Hosts, hosts), (Kind::Vms, vms), (Kind::Folders, 1)]);
    assert_eq!((&summary.counts, summary.left_out), (&counts(2, 5), 0), "the root folder isn't counted");
    assert_eq!(summary.coverage, store.load(&id).await.unwrap().coverage);

    execute(dir.path(), "UPDATE objects SET document = CAST(x'7bff7d' AS TEXT) WHERE moref = 'host-2'").await;
    execute(dir.path(), "UPDATE objects SET kind = CAST(x'ff' AS TEXT) WHERE moref = 'vm-1'").await;
    let mut names = store.names(&id, Kind::Hosts).await.unwrap();
    names.sort();
    assert_eq!(names[1], ("host-2".into(), None), "what is damaged has no name");
    let summary = store.summary(&id).await.unwrap();
    assert_eq!((summary.counts, summary.left_out), (counts(2, 4), 1), "what has no kind is counted nowhere");
}
