//! Backups: what is in a copy, what isn't, and how one takes the place of a database.

use super::*;

/// A store with a vCenter, its hosts, and a login that was rejected.
async fn filled() -> (TempDir, Store, VcenterId) {
    let (dir, store) = opened().await;
    let id = with_vcenter(&store, "Berlin").await;
    publish(&store, &id, "1", &pass(vec![object(Kind::Hosts, "host-1", "a")], &[Kind::Hosts], 5_000)).await;
    store.rejection_key().await.unwrap();
    (dir, store, id)
}

/// A place for a copy outside of the data folder, and what it holds.
async fn kept(store: &Store, name: &str, dir: &TempDir) -> (std::path::PathBuf, Copied) {
    let (scratch, copied) = store.back_up().await.unwrap();
    let kept = dir.path().join(name);
    std::fs::copy(scratch.path(), &kept).unwrap();
    (kept, copied)
}

async fn restore(dir: &Path, from: &Path, should: &Copied) -> Result<Option<std::path::PathBuf>, Error> {
    let restoring = Restoring::begin(dir).await?;
    let (scratch, _) = restoring.scratch()?;
    std::fs::copy(from, scratch.path()).unwrap();
    restoring.replace(scratch, should, "then").await
}

fn names_of(records: &[VcenterRecord]) -> Vec<&str> {
    records.iter().map(|record| record.vcenter.name.as_str()).collect()
}

#[tokio::test]
async fn a_copy_has_every_row_but_nothing_that_tells_passwords_apart() {
    let (dir, store, id) = filled().await;
    let key = store.rejection_key().await.unwrap();
    let credential = store.credentials().await.unwrap().remove(0).id;
    store.set_rejected(&credential, sent(Some(&id), 7), &rejected(5)).await.unwrap();
    assert!(number(dir.path(), "SELECT COUNT(*) FROM login_answers").await > 0);
    let (scratch, copied) = store.back_up().await.unwrap();
    let bytes = std::fs::read(scratch.path()).unwrap();
    assert!(!bytes.windows(key.len()).any(|part| part == key.as_bytes()), "the key is overwritten, too");
    assert_eq!((copied.rows["vcenters"], copied.rows["objects"], copied.rows["login_answers"]), (1, 1, 0));
    assert_eq!((copied.database_id.as_str(), copied.schema), (store.database_id(), newest_schema()));
    let before = store.rows().await.unwrap();
    for (table, rows) in copied.rows {
        let differs = ["meta", "login_answers"].contains(&&*table);
        assert!(differs || before[&table] == rows, "{table}");
    }
    let path = scratch.path().to_owned();
    drop(scratch);
    assert!(!path.exists());
    store.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_is_whole_while_others_write() {
    let (_dir, store, id) = filled().await;
    let writing = {
        let (store, id) = (store.clone(), id.clone());
        async move {
            for round in 0..30 {
                let hosts =
                    (0..50).map(|n| object(Kind::Hosts, &format!("host-{n}"), &format!("{round} {n}")));
                let pass = pass(hosts.collect(), &[Kind::Hosts], 6_000 + round);
                publish(&store, &id, &format!("round {round}"), &pass).await;
            }
        }
    };
    let copying = async {
        for _ in 0..10 {
            let (_, copied) = store.back_up().await.unwrap();
            assert!([1, 50].contains(&copied.rows["objects"]), "{copied:?}: never half a pass");
        }
    };
    tokio::join!(writing, copying);
    store.close().await;
}

#[tokio::test]
async fn a_restored_database_is_the_one_that_was_backed_up_and_the_other_one_is_kept() {
    let (dir, store, id) = filled().await;
    let elsewhere = tempfile::tempdir().unwrap();
    let (backup, copied) = kept(&store, "a.db", &elsewhere).await;
    let epoch = store.load(&id).await.unwrap().revision;
    with_vcenter(&store, "Paris").await;
    store.close().await;

    let kept = restore(dir.path(), &backup, &copied).await.unwrap().expect("a copy");
    let store = Store::open(dir.path()).await.unwrap();
    assert_eq!(names_of(&store.vcenters().await.unwrap()), ["Berlin"]);
    let loaded = store.load(&id).await.unwrap();
    assert_eq!(names(&loaded, Kind::Hosts).len(), 1);
    assert_ne!(loaded.revision, epoch, "whoever holds a state of before reads everything");
    assert_eq!(store.database_id(), copied.database_id);
    assert!(store.check().await.unwrap().is_sound());
    store.close().await;

    let other = tempfile::tempdir().unwrap();
    std::fs::copy(kept, other.path().join("muster.db")).unwrap();
    let store = Store::open(other.path()).await.unwrap();
    assert_eq!(names_of(&store.vcenters().await.unwrap()), ["Berlin", "Paris"]);
    store.close().await;
}

#[tokio::test]
async fn nothing_is_restored_while_somebody_has_the_database_open_and_who_that_is_is_told() {
    let (dir, store, _) = filled().await;
    let elsewhere = tempfile::tempdir().unwrap();
    let (backup, copied) = kept(&store, "a.db", &elsewhere).await;
    let refused = restore(dir.path(), &backup, &copied).await.unwrap_err();
    let Error::Locked { by, .. } = &refused else { panic!("{refused:?}") };
    assert!(by[0].contains(&format!("process {}", std::process::id())), "{by:?}");
    with_vcenter(&store, "Paris").await;
    store.close().await;
    let restoring = Restoring::begin(dir.path()).await.unwrap();
    let shut_out = tokio::time::timeout(std::time::Duration::from_millis(200), Store::open(dir.path())).await;
    assert!(shut_out.is_err(), "nobody opens it meanwhile");
    drop(restoring);
    Store::open(dir.path()).await.unwrap().close().await;
}

#[tokio::test]
async fn what_is_damaged_or_holds_something_else_is_not_restored_and_nothing_changes() {
    let (dir, store, _) = filled().await;
    let elsewhere = tempfile::tempdir().unwrap();
    let (backup, copied) = kept(&store, "a.db", &elsewhere).await;
    with_vcenter(&store, "Paris").await;
    store.close().await;
    let before = std::fs::read(dir.path().join("muster.db")).unwrap();
    let whole = std::fs::read(&backup).unwrap();
    let damaged = elsewhere.path().join("damaged.db");
    for cut in [0, 100, whole.len() / 2] {
        std::fs::write(&damaged, &whole[..cut]).unwrap();
        restore(dir.path(), &damaged, &copied).await.unwrap_err();
    }
    let mut other = copied.clone();
    *other.rows.get_mut("vcenters").unwrap() += 1;
    let refused = restore(dir.path(), &backup, &other).await.unwrap_err();
    assert!(matches!(refused, Error::Corrupt { .. }), "{refused:?}");
    let newer = elsewhere.path().join("newer.db");
    std::fs::write(&newer, &whole).unwrap();
    let mut connection = engine::connect(&newer).await.unwrap();
    sqlx::query("UPDATE _sqlx_migrations SET version = 999 WHERE version = 1")
        .execute(&mut connection)
        .await
        .unwrap();
    engine::disconnect(connection).await;
    let refused = restore(dir.path(), &newer, &copied).await.unwrap_err();
    assert!(matches!(refused, Error::NewerSchema { .. }), "{refused:?}");
    assert_eq!(std::fs::read(dir.path().join("muster.db")).unwrap(), before);
    assert_eq!(std::fs::read_dir(dir.path().join("run")).unwrap().count(), 0, "nothing is left behind");
    let store = Store::open(dir.path()).await.unwrap();
    assert_eq!(store.vcenters().await.unwrap().len(), 2);
    store.close().await;
}

#[tokio::test]
async fn a_damaged_database_is_kept_as_it_is_and_its_log_is_not_taken_for_one_of_the_restored_one() {
    let (dir, store, _) = filled().await;
    let elsewhere = tempfile::tempdir().unwrap();
    let (backup, copied) = kept(&store, "a.db", &elsewhere).await;
    with_vcenter(&store, "Paris").await;
    // As a crash leaves them: with a log whose frames are whole.
    let files = ["muster.db", "muster.db-wal"].map(|name| {
        let path = dir.path().join(name);
        (path.clone(), std::fs::read(path).unwrap())
    });
    store.close().await;
    assert!(files[1].1.len() > 1000);
    files.iter().for_each(|(path, bytes)| std::fs::write(path, bytes).unwrap());
    std::fs::write(dir.path().join("muster.db"), "no database at all".repeat(500)).unwrap();
    let kept = restore(dir.path(), &backup, &copied).await.unwrap().expect("a copy");
    assert!(std::fs::read_to_string(&kept).unwrap().starts_with("no database"));
    assert_eq!(std::fs::read(kept.with_extension("db-wal")).unwrap(), files[1].1);
    let store = Store::open(dir.path()).await.unwrap();
    assert_eq!(names_of(&store.vcenters().await.unwrap()), ["Berlin"]);
    assert!(store.check().await.unwrap().is_sound());
    store.close().await;
}

#[tokio::test]
async fn an_older_backup_is_brought_up_to_date_when_it_is_opened() {
    let (dir, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let older: Vec<_> = migrate::MIGRATIONS.iter().take(2).cloned().collect();
    let old =
        Store::open_with(elsewhere.path(), &sqlx::migrate::Migrator::with_migrations(older)).await.unwrap();
    let id = old.database_id().to_owned();
    let rows = old.rows().await.unwrap();
    old.close().await;
    let should = Copied { schema: 2, database_id: id.clone(), rows };
    assert_eq!(restore(dir.path(), &elsewhere.path().join("muster.db"), &should).await.unwrap(), None);
    let store = Store::open(dir.path()).await.unwrap();
    assert_eq!((store.database_id(), store.check().await.unwrap().schema_version), (&*id, newest_schema()));
    store.close().await;
}

#[tokio::test]
async fn what_a_dead_process_left_half_copied_is_removed_by_the_next() {
    let (dir, store) = opened().await;
    let run = dir.path().join("run");
    let alive = lock::scratch(&run, store.process_id());
    let dead = lock::scratch(&run, "0198c0de-0000-4000-8000-000000000000");
    for file in [&alive, &dead] {
        std::fs::write(file, "half").unwrap();
    }
    let other = Store::open(dir.path()).await.unwrap();
    assert!(alive.exists() && !dead.exists());
    other.close().await;
    store.close().await;
}
