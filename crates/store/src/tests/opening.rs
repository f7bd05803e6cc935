//! Opening, migrating, refusing.

use super::*;
use crate::migrate::{MIGRATIONS, newest};
use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::{AssertSqlSafe, SqlSafeStr};

/// The migrations of a release to come.
fn next_release(sql: &str) -> Migrator {
    let mut migrations: Vec<Migration> = MIGRATIONS.iter().cloned().collect();
    let sql = AssertSqlSafe(sql.to_owned()).into_sql_str();
    migrations.push(Migration::new(99, "next".into(), MigrationType::Simple, sql, false));
    Migrator::with_migrations(migrations)
}

/// The schema of this release.
fn current() -> i64 {
    newest(&MIGRATIONS)
}

/// The copy that a migration from this release's schema keeps.
fn kept() -> String {
    format!("muster-schema-{}.db", current())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn whoever_starts_at_the_same_moment_on_a_new_folder_opens_it() {
    for _ in 0..5 {
        let dir = tempfile::tempdir().unwrap();
        let mut opening = tokio::task::JoinSet::new();
        for _ in 0..6 {
            let path = dir.path().to_owned();
            opening.spawn(async move { Store::open(&path).await });
        }
        // Nobody closes it before all have it.
        let stores: Vec<Store> = opening.join_all().await.into_iter().map(Result::unwrap).collect();
        for store in stores {
            store.close().await;
        }
    }
}

#[tokio::test]
async fn a_vcenter_of_the_release_before_is_in_its_state_since_its_last_contact() {
    let dir = tempfile::tempdir().unwrap();
    let first: Vec<Migration> = MIGRATIONS.iter().take(1).cloned().collect();
    Store::open_with(dir.path(), &Migrator::with_migrations(first)).await.unwrap().close().await;
    let credential = "INSERT INTO credentials VALUES ('c', 'Berlin', 'berlin', 'u', 'none', NULL)";
    execute(dir.path(), credential).await;
    let vcenter = "INSERT INTO vcenters VALUES ('v', 'Berlin', 'berlin', 'vc', 443, 'c', 'system', NULL, NULL, '[]', \
                   300, NULL, NULL, NULL, NULL, 'offline', 7)";
    execute(dir.path(), vcenter).await;
    let store = Store::open(dir.path()).await.unwrap();
    let record = store.vcenters().await.unwrap().remove(0);
    assert_eq!((record.vcenter.name.as_str(), record.state_since), ("Berlin", Some(Time(7))));
    store.close().await;
}

#[tokio::test]
async fn what_two_releases_before_knew_of_vcenters_and_credentials_is_known_still() {
    let dir = tempfile::tempdir().unwrap();
    let older: Vec<Migration> = MIGRATIONS.iter().take(2).cloned().collect();
    Store::open_with(dir.path(), &Migrator::with_migrations(older)).await.unwrap().close().await;
    for row in [
        "INSERT INTO credentials VALUES ('c1', 'Berlin', 'berlin', 'u', 'none', 5)",
        "INSERT INTO credentials VALUES ('c2', 'shared', 'shared', 'u', 'none', NULL)",
        "INSERT INTO vcenters VALUES ('v1', 'BERLIN', 'berlin', 'vc', 443, 'c1', 'system', NULL, NULL, '[]', 300, \
         'uuid-1', 'VMware vCenter Server', '8.0.3', '1', 'offline', 7, 6)",
        "INSERT INTO vcenters VALUES ('v2', 'lab', 'lab', 'esx', 8443, 'c2', 'pin', NULL, 'ab', '[\"eu\"]', 60, \
         'uuid-2', 'VMware ESXi', '8.0.3', '1', NULL, NULL, NULL)",
        "INSERT INTO operations (id, vcenter_id, kind, scope, args, origin, state, owner, submitted_at, finished_at) \
         VALUES ('op', 'v1', 'full_sync', '[]', '{}', 'user', 'succeeded', 'p', 1, 2)",
        "INSERT INTO coverage VALUES ('v1', 'hosts', '', 3)",
    ] {
        execute(dir.path(), row).await;
    }
    let store = Store::open(dir.path()).await.unwrap();
    let records = store.vcenters().await.unwrap();
    let [berlin, lab] = &records[..] else { panic!("two were there") };
    assert_eq!((berlin.state_since, berlin.contact.unwrap().state), (Some(Time(6)), VcenterState::Offline));
    assert_eq!(berlin.vcenter.instance_uuid.as_deref(), Some("uuid-1"));
    assert!(!berlin.is_moved() && !berlin.is_host() && !lab.is_moved() && lab.is_host());
    assert_eq!((&*lab.vcenter.host, lab.vcenter.port, &*lab.vcenter.settings.tags[0]), ("esx", 8443, "eu"));
    assert_eq!((lab.vcenter.pin.as_deref(), lab.vcenter.settings.ttl_seconds), (Some("ab"), 60));
    let rejected = store.standing(&CredentialId("c1".into())).await.unwrap().last.unwrap();
    assert_eq!((rejected.at, rejected.because, rejected.fingerprint), (Time(5), Rejection::Refused, None));
    assert_eq!(store.operation("op").await.unwrap().state, OperationState::Succeeded);
    assert_eq!(number(dir.path(), "SELECT COUNT(*) FROM coverage").await, 1);
    assert!(store.check().await.unwrap().is_sound());
    let took = async |id: &str| {
        let removed = store.remove_vcenter(&VcenterId(id.into()), Time(9)).await.unwrap();
        removed.credential.map(|credential| credential.id.0)
    };
    assert_eq!((took("v1").await, took("v2").await), (Some("c1".to_owned()), None));
    assert_eq!(
        number(dir.path(), "SELECT COUNT(*) FROM coverage").await,
        0,
        "rows go with their vCenter again"
    );
    store.close().await;
}

#[tokio::test]
async fn a_new_folder_gets_a_database_that_is_sound_and_keeps_its_id() {
    let dir = tempfile::tempdir().unwrap();
    let deep = dir.path().join("some/where");
    let store = Store::open(&deep).await.unwrap();
    let id = store.database_id().to_owned();
    let health = store.check().await.unwrap();
    assert!(health.is_sound(), "{health}");
    assert_eq!((health.schema_version, &*health.journal_mode), (current(), "wal"));
    let size = |file: &str| std::fs::metadata(deep.join(file)).unwrap().len();
    assert_eq!(health.size_bytes, size("muster.db") + size("muster.db-wal"));
    assert!(size("muster.db") > 1 && size("muster.db-wal") > 1);
    store.close().await;

    let again = Store::open(&deep).await.unwrap();
    assert_eq!(again.database_id(), id);
    let (_dir, other) = opened().await;
    assert_ne!(other.database_id(), id);
    again.close().await;
    assert_eq!(std::fs::read_dir(deep.join("run")).unwrap().count(), 0, "a closed store leaves no lock");
}

#[tokio::test]
async fn the_sqlite_inside_has_no_known_way_to_damage_a_write_ahead_log() {
    let (_dir, store) = opened().await;
    let version = store.check().await.unwrap().sqlite_version;
    let numbers: Vec<u32> = version.split('.').map(|n| n.parse().unwrap()).collect();
    assert!(numbers >= vec![3, 51, 3], "{version}");
}

#[cfg(unix)]
#[tokio::test]
async fn only_its_owner_can_read_the_folder_and_what_is_in_it() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("muster");
    let store = Store::open(&data).await.unwrap();
    with_vcenter(&store, "Berlin").await;
    store.close().await;
    let store = Store::open_with(&data, &next_release("CREATE TABLE next (id TEXT)")).await.unwrap();
    with_vcenter(&store, "Paris").await;
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&data), 0o700);
    for file in ["muster.db", "muster.db-wal", "muster.db-shm", &kept(), "schema.lock"] {
        assert_eq!(mode(&data.join(file)), 0o600, "{file}");
    }
}

#[tokio::test]
async fn many_processes_may_open_a_new_folder_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let open = || Store::open(dir.path());
    let (a, b, c, d) = tokio::join!(open(), open(), open(), open());
    let stores = [a.unwrap(), b.unwrap(), c.unwrap(), d.unwrap()];
    assert!(stores.iter().all(|store| store.database_id() == stores[0].database_id()));
    let processes: std::collections::BTreeSet<&str> = stores.iter().map(Store::process_id).collect();
    assert_eq!(processes.len(), 4);
}

#[tokio::test]
async fn a_newer_schema_is_refused_and_left_as_it_is() {
    let dir = tempfile::tempdir().unwrap();
    Store::open_with(dir.path(), &next_release("CREATE TABLE next (id TEXT)")).await.unwrap().close().await;
    let before = std::fs::read(dir.path().join("muster.db")).unwrap();
    let error = Store::open(dir.path()).await.unwrap_err();
    assert!(matches!(error, Error::NewerSchema { found: 99, known } if known == current()), "{error:?}");
    assert_eq!(std::fs::read(dir.path().join("muster.db")).unwrap(), before);
}

#[tokio::test]
async fn a_migration_keeps_a_copy_that_the_older_release_can_open() {
    let (dir, store) = opened().await;
    with_vcenter(&store, "Berlin").await;
    store.close().await;
    let next = next_release("ALTER TABLE vcenters ADD COLUMN colour TEXT");
    let store = Store::open_with(dir.path(), &next).await.unwrap();
    assert_eq!(store.vcenters().await.unwrap().len(), 1);
    assert_eq!(store.check().await.unwrap().schema_version, 99);
    store.close().await;

    let restored = tempfile::tempdir().unwrap();
    std::fs::copy(dir.path().join(kept()), restored.path().join("muster.db")).unwrap();
    let store = Store::open(restored.path()).await.unwrap();
    assert_eq!(store.vcenters().await.unwrap()[0].vcenter.name, "Berlin");
    assert!(store.check().await.unwrap().is_sound());
}

#[tokio::test]
async fn a_migration_that_fails_leaves_the_database_to_the_older_release() {
    let (dir, store) = opened().await;
    with_vcenter(&store, "Berlin").await;
    store.close().await;
    let next = next_release("CREATE TABLE half (id TEXT); INSERT INTO nowhere VALUES (1)");
    let error = Store::open_with(dir.path(), &next).await.unwrap_err();
    assert!(matches!(error, Error::Migration { .. }), "{error:?}");
    let store = Store::open(dir.path()).await.unwrap();
    assert_eq!(store.vcenters().await.unwrap().len(), 1);
    let half = "SELECT COUNT(*) FROM sqlite_master WHERE name = 'half'";
    assert_eq!(number(dir.path(), half).await, 0);
}

/// A rebuild of the table of vCenters, as SQLite's manual has it.
const REBUILD: &str = "CREATE TABLE rebuilt (id TEXT PRIMARY KEY NOT NULL, name TEXT NOT NULL, \
    credential_id TEXT NOT NULL REFERENCES credentials (id)); \
    INSERT INTO rebuilt SELECT id, name, credential_id FROM vcenters; \
    DROP TABLE vcenters; ALTER TABLE rebuilt RENAME TO vcenters";

#[tokio::test]
async fn a_migration_that_rebuilds_a_table_keeps_what_refers_to_it() {
    let (dir, store) = opened().await;
    let id = with_vcenter(&store, "Berlin").await;
    publish(&store, &id, "1", &pass(vec![object(Kind::Hosts, "host-1", "a")], &[Kind::Hosts], 5_000)).await;
    let claim = claimed(&store, &id, "2").await;
    let next = pass(vec![object(Kind::Hosts, "host-1", "b")], &[Kind::Hosts], 6_000);
    let next = Pass { base: revision(&store, &id).await, ..next };
    store.stage(&claim, &next, &go_on).await.unwrap();
    store.close().await;
    migrate::settle(dir.path(), &next_release(REBUILD), "own").await.unwrap();
    const COUNTS: [(&str, i64); 6] = [
        ("SELECT COUNT(*) FROM vcenters", 1),
        ("SELECT COUNT(*) FROM operations", 2),
        ("SELECT COUNT(*) FROM staged", 1),
        ("SELECT COUNT(*) FROM objects", 1),
        ("SELECT COUNT(*) FROM coverage", 1),
        ("SELECT COUNT(*) FROM pragma_foreign_key_check", 0),
    ];
    for (sql, rows) in COUNTS {
        assert_eq!(number(dir.path(), sql).await, rows, "{sql}");
    }
    execute(dir.path(), "DELETE FROM vcenters").await;
    let cascaded = number(dir.path(), "SELECT COUNT(*) FROM operations").await;
    assert_eq!(cascaded, 0, "what referred to the old table refers to the rebuilt one");
}

#[tokio::test]
async fn a_migration_that_would_leave_rows_without_what_they_refer_to_changes_nothing() {
    let (dir, store) = opened().await;
    let id = with_vcenter(&store, "Berlin").await;
    publish(&store, &id, "1", &pass(vec![object(Kind::Hosts, "host-1", "a")], &[Kind::Hosts], 5_000)).await;
    store.close().await;
    let forgetful = format!("CREATE TABLE half (id TEXT); {REBUILD}; DELETE FROM vcenters");
    let error = Store::open_with(dir.path(), &next_release(&forgetful)).await.unwrap_err();
    let Error::Dangling { tables } = &error else { panic!("{error:?}") };
    assert_eq!(*tables, ["coverage", "happened", "objects", "operations"]);
    let store = Store::open(dir.path()).await.unwrap();
    assert_eq!(store.vcenters().await.unwrap().len(), 1);
    assert_eq!(store.load(&id).await.unwrap().objects.len(), 1);
    assert_eq!(number(dir.path(), "SELECT COUNT(*) FROM sqlite_master WHERE name = 'half'").await, 0);
    assert_eq!(number(dir.path(), "SELECT MAX(version) FROM _sqlx_migrations").await, current());
}

#[tokio::test]
async fn a_row_that_referred_to_nothing_already_keeps_nobody_from_his_other_rows() {
    let (dir, store) = opened().await;
    with_vcenter(&store, "Berlin").await;
    store.close().await;
    let stray = "PRAGMA foreign_keys = OFF; INSERT INTO coverage (vcenter_id, kind, scope, synced_at) VALUES ('nobody', 'hosts', '', 1)";
    execute(dir.path(), stray).await;
    let next = next_release("CREATE TABLE next (id TEXT)");
    let store = Store::open_with(dir.path(), &next).await.unwrap();
    assert_eq!(store.vcenters().await.unwrap().len(), 1);
    let health = store.check().await.unwrap();
    assert!(!health.is_sound(), "{health}");
    assert_eq!(health.faults, ["rows of coverage that refer to nothing: 1"]);
}

#[tokio::test]
async fn a_migration_waits_for_nobody_who_works_and_names_who_it_is() {
    let (dir, store) = opened().await;
    let error = Store::open_with(dir.path(), &next_release("CREATE TABLE next (id TEXT)")).await.unwrap_err();
    let Error::Locked { by, .. } = &error else { panic!("{error:?}") };
    assert_eq!(by.len(), 1);
    assert!(by[0].contains(&format!("process {}", std::process::id())), "{by:?}");
    with_vcenter(&store, "Berlin").await;
}

#[tokio::test]
async fn a_file_that_is_no_database_is_refused_and_kept() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("muster.db");
    let content = "this is a letter to somebody, and by no means a database\n".repeat(200);
    std::fs::write(&file, &content).unwrap();
    let error = Store::open(dir.path()).await.unwrap_err();
    assert!(matches!(error, Error::Corrupt { .. }), "{error:?}");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), content);
}

#[tokio::test]
async fn a_database_without_any_table_is_a_new_one() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("muster.db"), "").unwrap();
    execute(dir.path(), "PRAGMA user_version = 1").await;
    assert!(std::fs::metadata(dir.path().join("muster.db")).unwrap().len() > 0);
    let store = Store::open(dir.path()).await.unwrap();
    with_vcenter(&store, "Berlin").await;
}

#[tokio::test]
async fn an_index_that_does_not_fit_its_table_is_found() {
    let (dir, store) = opened().await;
    let id = with_vcenter(&store, "Berlin").await;
    publish(&store, &id, "1", &pass(vec![object(Kind::Hosts, "host-1", "a")], &[Kind::Hosts], 5_000)).await;
    assert!(store.check().await.unwrap().is_sound());
    store.close().await;
    let file = dir.path().join("muster.db");
    let mut bytes = std::fs::read(&file).unwrap();
    // In the row the type of the object follows, in the index the number of the row.
    let (key, follows) = (b"vcenter-Berlinhostshost-1", b"HostSystem");
    let ends = (key.len()..bytes.len()).filter(|end| bytes[..*end].ends_with(key));
    let in_index: Vec<usize> = ends.filter(|end| !bytes[*end..].starts_with(follows)).collect();
    assert_eq!(in_index.len(), 1, "{in_index:?}");
    bytes[in_index[0] - 1] = b'2';
    std::fs::write(&file, &bytes).unwrap();
    let store = Store::open(dir.path()).await.unwrap();
    let health = store.check().await.unwrap();
    assert!(!health.is_sound() && health.faults.iter().all(|fault| fault != "ok"), "{health}");
}

#[tokio::test]
async fn a_database_that_others_keep_busy_is_told_from_one_that_fails() {
    let (dir, store) = opened().await;
    let mut other = raw(dir.path()).await;
    let _held = engine::begin(&mut other).await.unwrap();
    let impatient = sqlx::sqlite::SqliteConnectOptions::new()
        .filename(dir.path().join("muster.db"))
        .busy_timeout(std::time::Duration::ZERO);
    let mut connection = sqlx::ConnectOptions::connect(&impatient).await.unwrap();
    let busy = sqlx::query("DELETE FROM changes").execute(&mut connection).await.unwrap_err();
    let attempt = || store.attempt("writing");
    let busy = engine::error(attempt(), busy);
    assert!(matches!(busy, Error::Busy { .. }), "{busy:?}");
    let late = engine::error(attempt(), sqlx::Error::PoolTimedOut);
    assert!(matches!(late, Error::Busy { .. }), "{late:?}");
    let wrong = sqlx::query("DELETE FROM nowhere").execute(&mut connection).await.unwrap_err();
    let wrong = engine::error(attempt(), wrong);
    assert!(matches!(wrong, Error::Database { .. }), "{wrong:?}");
    drop(store);
}

#[tokio::test]
async fn a_database_of_another_program_is_refused_and_kept() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("muster.db"), "").unwrap();
    execute(dir.path(), "CREATE TABLE bookmarks (url TEXT)").await;
    let error = Store::open(dir.path()).await.unwrap_err();
    assert!(matches!(error, Error::NotMuster { .. }), "{error:?}");
    assert_eq!(number(dir.path(), "SELECT COUNT(*) FROM sqlite_master").await, 1);
}

#[tokio::test]
async fn damage_inside_the_file_is_an_error_and_never_a_crash() {
    let (dir, store) = opened().await;
    let id = with_vcenter(&store, "Berlin").await;
    let vms: Vec<_> = (0..300).map(|n| object(Kind::Vms, &format!("vm-{n}"), &"x".repeat(500))).collect();
    publish(&store, &id, "op", &pass(vms.clone(), &[Kind::Vms], 5_000)).await;
    store.close().await;
    let published = |read: &Object| vms.iter().find(|vm| vm.moref == read.moref);
    let file = dir.path().join("muster.db");
    let whole = std::fs::read(&file).unwrap();
    for offset in (0..whole.len()).step_by(4096 * 3 + 517) {
        let mut damaged = whole.clone();
        let end = damaged.len().min(offset + 64);
        damaged[offset..end].fill(0xa5);
        std::fs::write(&file, &damaged).unwrap();
        if let Ok(store) = Store::open(dir.path()).await {
            if let Ok(loaded) = store.load(&id).await {
                let altered = |read: &Object| published(read).is_some_and(|vm| **vm != *read);
                assert!(
                    !loaded.objects.iter().any(|read| altered(read)),
                    "damage at {offset} was taken for truth"
                );
            }
            let _ = store.check().await;
            store.close().await;
        }
    }
    std::fs::write(&file, &whole[..whole.len() / 2]).unwrap();
    if let Ok(store) = Store::open(dir.path()).await {
        assert!(store.load(&id).await.is_err());
        assert!(!store.check().await.is_ok_and(|health| health.is_sound()));
    }
}
