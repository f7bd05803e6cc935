//! What came since a state: read alone, and never of another history.

use super::*;

/// A vCenter with some hosts, its store, and the state of its inventory.
async fn synced(names: &[&str]) -> (TempDir, Store, VcenterId, Snapshot) {
    let (dir, store) = opened().await;
    let id = with_vcenter(&store, "Berlin").await;
    publish(&store, &id, "first", &pass(hosts(names), &[Kind::Hosts], 1_000)).await;
    let snapshot = whole(&store, &id).await;
    (dir, store, id, snapshot)
}

fn hosts(names: &[&str]) -> Vec<Arc<Object>> {
    let named = names.iter().enumerate().filter(|(_, name)| !name.is_empty());
    named.map(|(n, name)| object(Kind::Hosts, &format!("host-{n}"), name)).collect()
}

async fn whole(store: &Store, id: &VcenterId) -> Snapshot {
    let loaded = store.load(id).await.unwrap();
    Snapshot::new(loaded.objects, loaded.coverage).at(loaded.revision, loaded.ages)
}

async fn delta(store: &Store, id: &VcenterId, known: &Snapshot) -> Delta {
    match store.since(id, known.revision()).await.unwrap() {
        Since::Delta(delta) => *delta,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn what_came_since_is_what_changed_and_makes_the_same_snapshot_that_a_full_read_makes() {
    let (_dir, store, id, known) = synced(&["a", "b", "c", "d"]).await;
    assert_eq!(store.since(&id, known.revision()).await.unwrap(), Since::Nothing);
    publish(&store, &id, "2", &pass(hosts(&["a", "B", "", "d", "e"]), &[Kind::Hosts], 2_000)).await;
    let delta = delta(&store, &id, &known).await;
    let mut changed: Vec<&str> = delta.objects.iter().map(|object| &*object.moref).collect();
    changed.sort_unstable();
    assert_eq!((changed, &*delta.gone), (vec!["host-1", "host-4"], &[(Kind::Hosts, "host-2".into())][..]));
    let (next, all) = (known.after(delta), whole(&store, &id).await);
    assert_eq!(next.objects(Kind::Hosts), all.objects(Kind::Hosts));
    assert_eq!((next.revision(), next.coverage()), (all.revision(), all.coverage()));
    assert_eq!(store.since(&id, next.revision()).await.unwrap(), Since::Nothing);
    let stayed = |n: usize| {
        let moref = format!("host-{n}");
        Arc::ptr_eq(next.get(Kind::Hosts, &moref).unwrap(), known.get(Kind::Hosts, &moref).unwrap())
    };
    assert_eq!([stayed(0), stayed(1), stayed(3)], [true, false, true], "what stayed is shared");
}

#[tokio::test]
async fn an_unchanged_pass_brings_new_ages_and_no_object() {
    let (_dir, store, id, known) = synced(&["a", "b"]).await;
    publish(&store, &id, "2", &pass(hosts(&["a", "b"]), &[Kind::Hosts], 2_000)).await;
    let delta = delta(&store, &id, &known).await;
    assert_eq!((delta.objects.len(), delta.gone.len(), delta.ages.len()), (0, 0, 0));
    assert_eq!(known.after(delta).synced_at(Kind::Hosts), Some(Time(2_000)));
}

#[tokio::test]
async fn an_object_that_came_back_is_there_and_one_that_went_again_is_gone() {
    let (_dir, store, id, known) = synced(&["a", "b"]).await;
    publish(&store, &id, "2", &pass(hosts(&["a"]), &[Kind::Hosts], 2_000)).await;
    let without = known.after(delta(&store, &id, &known).await);
    assert_eq!(without.count(Kind::Hosts), 1);
    publish(&store, &id, "3", &pass(hosts(&["a", "b"]), &[Kind::Hosts], 3_000)).await;
    assert_eq!(without.after(delta(&store, &id, &without).await).count(Kind::Hosts), 2);
    let skipped = delta(&store, &id, &known).await;
    assert_eq!((skipped.gone.len(), known.after(skipped).count(Kind::Hosts)), (0, 2));
}

const DAY: i64 = 86_400_000;

#[tokio::test]
async fn deletions_are_known_for_a_week_and_who_is_older_reads_everything() {
    let (dir, store, id, oldest) = synced(&["a", "b", "c"]).await;
    publish(&store, &id, "2", &pass(hosts(&["a", "b"]), &[Kind::Hosts], DAY)).await;
    let newer = whole(&store, &id).await;
    publish(&store, &id, "3", &pass(hosts(&["a"]), &[Kind::Hosts], 8 * DAY)).await;
    assert_eq!(number(dir.path(), "SELECT COUNT(*) FROM tombstones").await, 2, "seven days are not over yet");
    assert!(matches!(store.since(&id, oldest.revision()).await.unwrap(), Since::Delta(_)));
    publish(&store, &id, "4", &pass(hosts(&["a"]), &[Kind::Hosts], 8 * DAY + 1)).await;
    assert_eq!(number(dir.path(), "SELECT COUNT(*) FROM tombstones").await, 1);
    assert_eq!(store.since(&id, oldest.revision()).await.unwrap(), Since::Unknown);
    let gone = delta(&store, &id, &newer).await.gone;
    assert_eq!(
        gone,
        [(Kind::Hosts, "host-1".into())],
        "who knew of the first deletion needs the second only"
    );
}

#[tokio::test]
async fn a_copy_that_is_put_back_is_another_history() {
    let (dir, store, id, known) = synced(&["a", "b"]).await;
    store.close().await;
    let copy = dir.path().join("copy.db");
    let mut connection = raw(dir.path()).await;
    migrate::keep_copy(&mut connection, &copy).await.unwrap();
    engine::disconnect(connection).await;
    let store = Store::open(dir.path()).await.unwrap();
    assert_eq!(store.since(&id, known.revision()).await.unwrap(), Since::Nothing);
    publish(&store, &id, "lost", &pass(hosts(&["a"]), &[Kind::Hosts], 2_000)).await;
    let newest = whole(&store, &id).await;
    store.close().await;

    let elsewhere = tempfile::tempdir().unwrap();
    std::fs::copy(&copy, elsewhere.path().join("muster.db")).unwrap();
    let store = Store::open(elsewhere.path()).await.unwrap();
    for known in [&known, &newest] {
        assert_eq!(store.since(&id, known.revision()).await.unwrap(), Since::Unknown);
    }
    publish(&store, &id, "other", &pass(hosts(&["a", "b", "c"]), &[Kind::Hosts], 2_000)).await;
    assert_eq!(store.since(&id, newest.revision()).await.unwrap(), Since::Unknown, "its number is the same");
}

#[tokio::test]
async fn damage_among_what_is_new_has_everything_read() {
    let (dir, store, id, known) = synced(&["a", "b", "c"]).await;
    for (n, sql) in [
        "UPDATE objects SET document = '{' WHERE moref = 'host-1'",
        "UPDATE objects SET moref = x'ff' WHERE moref = 'host-1'",
        "UPDATE tombstones SET moref = x'ff'",
        "UPDATE tombstones SET kind = x'ff'",
        "UPDATE vcenters SET forgotten = 'long'",
        "UPDATE vcenters SET revision = 0",
        "UPDATE vcenters SET epoch = x'ff'",
    ]
    .into_iter()
    .enumerate()
    {
        publish(&store, &id, &format!("{n}-a"), &pass(hosts(&["a", "b", "c"]), &[Kind::Hosts], 2_000)).await;
        publish(&store, &id, &format!("{n}-b"), &pass(hosts(&["a", "B"]), &[Kind::Hosts], 3_000)).await;
        execute(dir.path(), sql).await;
        assert_eq!(store.since(&id, known.revision()).await.unwrap(), Since::Unknown, "{sql}");
        let healed = pass(hosts(&["a", "b", "c"]), &[Kind::Hosts], 4_000);
        publish(&store, &id, &format!("{n}-c"), &healed).await;
        assert_eq!(whole(&store, &id).await.objects(Kind::Hosts), known.objects(Kind::Hosts), "{sql}");
        execute(dir.path(), "UPDATE vcenters SET forgotten = 0").await;
        execute(dir.path(), "DELETE FROM tombstones").await;
    }
}

#[tokio::test]
async fn who_never_read_and_whose_vcenter_is_gone_takes_nothing_over() {
    let (_dir, store, id, known) = synced(&["a"]).await;
    assert_eq!(store.since(&id, &Revision::default()).await.unwrap(), Since::Unknown);
    store.remove_vcenter(&id, Time(9)).await.unwrap();
    assert_eq!(store.since(&id, known.revision()).await.unwrap(), Since::Unknown);
    let paris = with_vcenter(&store, "Paris").await;
    assert_eq!(store.since(&paris, &Revision::default()).await.unwrap(), Since::Nothing);
}

/// A VM that says about as much as a real one.
fn large_vm(n: usize, name: &str) -> Arc<Object> {
    let mut vm = (*object(Kind::Vms, &format!("vm-{n}"), name)).clone();
    for (slot, value) in vm.values.iter_mut().enumerate().filter(|(_, value)| value.is_null()) {
        *value = match slot % 3 {
            0 => Value::Int((n * 1_000 + slot) as i64),
            1 => Value::text(format!("a value of some length, {slot} of {n}")),
            _ => Value::Bool(slot % 2 == 0),
        };
    }
    Arc::new(vm)
}

#[tokio::test]
#[ignore = "measures: cargo test --release -p store taking_over -- --ignored --nocapture"]
async fn taking_over_what_is_new_costs_what_is_new() {
    const VMS: usize = 30_000;
    let (dir, store) = opened().await;
    let id = with_vcenter(&store, "Berlin").await;
    let vms: Vec<_> = (0..VMS).map(|n| large_vm(n, "vm")).collect();
    publish(&store, &id, "first", &pass(vms.clone(), &[Kind::Vms], 1_000)).await;
    let other = Store::open(dir.path()).await.unwrap();
    let mut known = whole(&other, &id).await;
    let (mut all, mut new) = (Vec::new(), Vec::new());
    for round in 0..7_usize {
        let mut next = vms.clone();
        for vm in 0..10 {
            next[vm * 2_999] = large_vm(vm * 2_999, &format!("changed {round}"));
        }
        publish(&store, &id, &format!("{round}"), &pass(next, &[Kind::Vms], 2_000)).await;
        let started = std::time::Instant::now();
        let read = whole(&other, &id).await;
        all.push(started.elapsed());
        let started = std::time::Instant::now();
        known = known.after(delta(&other, &id, &known).await);
        new.push(started.elapsed());
        assert_eq!(read.objects(Kind::Vms), known.objects(Kind::Vms));
    }
    all.sort();
    new.sort();
    let (all, new) = (all[all.len() / 2], new[new.len() / 2]);
    println!(
        "10 of {VMS} VMs changed: everything {all:?}, what is new {new:?}, {:.0} times less",
        all.as_secs_f64() / new.as_secs_f64()
    );
    assert!(new * 5 < all);
}
