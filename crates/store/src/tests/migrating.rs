//! Databases that earlier releases wrote, in the middle of their work: every row survives, and this release goes on with
//! them. What they wrote stands in `fixtures`, one file per schema.

use super::fixture::{Row, path, rows};
use super::*;
use crate::migrate::{self, MIGRATIONS, newest};
use sqlx::AssertSqlSafe;
use sqlx::migrate::{Migration, Migrator};
use std::time::{Duration, Instant};

/// A database of an earlier schema, and every row of it.
struct Earlier {
    schema: i64,
    dir: TempDir,
    rows: BTreeMap<String, Vec<Row>>,
}

impl Earlier {
    /// One of each schema there was.
    async fn all() -> Vec<Earlier> {
        let mut all = Vec::new();
        let schemas = MIGRATIONS.iter().map(|migration| migration.version);
        for schema in schemas.filter(|schema| *schema < newest(&MIGRATIONS)) {
            all.push(Earlier::new(schema).await);
        }
        assert!(!all.is_empty());
        all
    }

    async fn new(schema: i64) -> Earlier {
        let sql = std::fs::read_to_string(path(schema)).unwrap_or_else(|_| {
            panic!(
                "nothing stands for the databases of schema {schema}: go back to before the migration after it, run \
                 `cargo test -p store the_fixture_of_this_schema_is_written -- --ignored`, and commit what it wrote"
            )
        });
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("run")).unwrap();
        let until: Vec<Migration> = MIGRATIONS.iter().filter(|m| m.version <= schema).cloned().collect();
        migrate::settle(dir.path(), &Migrator::with_migrations(until), "own").await.unwrap();
        let mut connection = engine::connect_to_rebuild(&dir.path().join("muster.db")).await.unwrap();
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut connection).await.unwrap();
        assert_eq!(engine::dangling(&mut connection).await.unwrap(), BTreeMap::new());
        engine::disconnect(connection).await;
        let rows = rows(dir.path()).await;
        for (table, rows) in &rows {
            assert!(!rows.is_empty(), "schema {schema}: {table} has no row that could be lost");
        }
        Earlier { schema, dir, rows }
    }

    async fn open(&self) -> Store {
        Store::open(self.dir.path()).await.unwrap()
    }

    fn count(&self, table: &str, column: &str, value: &str) -> usize {
        self.rows[table].iter().filter(|row| row[column] == value).count()
    }

    /// The tables that are still there: hours in which people looked, without their weeks, say too little to be kept.
    fn kept(&self) -> impl Iterator<Item = (&String, &Vec<Row>)> {
        self.rows.iter().filter(|(table, _)| *table != "looked_at")
    }

    /// Ids of operations in these states.
    fn operations(&self, is: impl Fn(&Row) -> bool) -> Vec<String> {
        let of_interest = self.rows["operations"].iter().filter(|row| is(row));
        let mut ids: Vec<String> = of_interest.map(|row| row["id"].replace('\'', "")).collect();
        ids.sort();
        ids
    }

    fn state(&self, id: &str) -> String {
        let is = |row: &&Row| row["id"] == format!("'{id}'");
        self.rows["operations"].iter().find(is).unwrap()["state"].clone()
    }
}

fn is_live(operation: &Row) -> bool {
    ["'queued'", "'running'"].contains(&&*operation["state"])
}

/// A row without the columns whose values stand elsewhere by now: scope and arguments of an operation are in its job, tags
/// and TTL of a vCenter in its settings.
fn without_dissolved(table: &str, row: &Row) -> Row {
    let is_dissolved = |column: &str| {
        matches!((table, column), ("operations", "scope" | "args") | ("vcenters", "tags" | "ttl_seconds"))
    };
    let kept = row.iter().filter(|(column, _)| !is_dissolved(column));
    kept.map(|(column, value)| (column.clone(), value.clone())).collect()
}

#[tokio::test]
async fn what_an_operation_was_about_is_in_its_job() {
    for earlier in Earlier::all().await {
        let (store, schema) = (earlier.open().await, earlier.schema);
        for row in &earlier.rows["operations"] {
            let id = row["id"].replace('\'', "");
            let Ok(operation) = store.operation(&id).await else {
                assert_eq!(row["kind"], "'defragment'", "schema {schema}: {id}");
                continue;
            };
            assert_eq!(format!("'{}'", operation.kind().name()), row["kind"], "schema {schema}: {id}");
            // From schema 6 on it stands there, and survives as any other value.
            if let Some(about) = row.get("scope") {
                let scope = serde_json::to_string(&operation.job.scope()).unwrap();
                assert_eq!(format!("'{scope}'"), *about, "schema {schema}: {id}");
            }
        }
    }
}

#[tokio::test]
async fn the_tags_and_the_ttl_of_a_vcenter_are_in_its_settings() {
    for earlier in Earlier::all().await {
        let (store, schema) = (earlier.open().await, earlier.schema);
        for row in &earlier.rows["vcenters"] {
            // From schema 7 on they stand there, and survive as any other value.
            let (Some(tags), Some(ttl)) = (row.get("tags"), row.get("ttl_seconds")) else { continue };
            let v = store.vcenter(&VcenterId(row["id"].replace('\'', ""))).await.unwrap().vcenter;
            assert_eq!(
                format!("'{}'", serde_json::to_string(&v.settings.tags).unwrap()),
                *tags,
                "schema {schema}"
            );
            assert_eq!(v.settings.ttl_seconds.to_string(), *ttl, "schema {schema}");
            let rest = VcenterSettings { tags: Vec::new(), ttl_seconds: 300, ..v.settings };
            assert_eq!((rest, v.edition), (VcenterSettings::default(), 1), "schema {schema}");
        }
    }
}

#[tokio::test]
async fn tags_and_a_ttl_that_cannot_be_read_do_not_hold_up_the_migration() {
    let earlier = Earlier::new(6).await;
    let damaged = ["'[\"prod'", "x'00'", "7"].into_iter().zip(["'soon'", "x'00'", "1.5"]);
    for (row, (tags, ttl)) in earlier.rows["vcenters"].iter().zip(damaged) {
        let sql = format!("UPDATE vcenters SET tags = {tags}, ttl_seconds = {ttl} WHERE id = {}", row["id"]);
        let mut connection = raw(earlier.dir.path()).await;
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut connection).await.unwrap();
        engine::disconnect(connection).await;
    }
    let vcenters = earlier.open().await.vcenters().await.unwrap();
    assert_eq!(vcenters.len(), 3);
    assert!(
        vcenters.iter().all(|record| record.vcenter.settings == VcenterSettings::default()),
        "{vcenters:?}"
    );
}

#[tokio::test]
async fn every_row_of_every_earlier_schema_survives() {
    for earlier in Earlier::all().await {
        let (schema, dir) = (earlier.schema, earlier.dir.path());
        migrate::settle(dir, &MIGRATIONS, "own").await.unwrap();
        let after = rows(dir).await;
        for (table, before) in earlier.kept() {
            let mut before: Vec<Row> = before.iter().map(|row| without_dissolved(table, row)).collect();
            before.sort();
            let after = after.get(table).unwrap_or_else(|| panic!("schema {schema}: {table} is gone"));
            let kept = after.iter().map(|row| {
                let kept = row.iter().filter(|(column, _)| before[0].contains_key(*column));
                kept.map(|(column, value)| (column.clone(), value.clone())).collect()
            });
            let mut kept: Vec<Row> = kept.collect();
            kept.sort();
            assert_eq!(kept, before, "schema {schema}: {table}");
        }
        for table in ["operations", "changes"] {
            let sql = format!("SELECT seq FROM sqlite_sequence WHERE name = '{table}'");
            let mut connection = raw(dir).await;
            let given: i64 = sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(&mut connection).await.unwrap();
            let most = earlier.rows[table].iter().map(|row| row["seq"].parse::<i64>().unwrap()).max();
            assert!(Some(given) >= most, "schema {schema}: a number of {table} would be given twice");
            engine::disconnect(connection).await;
        }
    }
}

#[tokio::test]
async fn the_copy_that_is_kept_of_an_earlier_schema_has_every_row() {
    for earlier in Earlier::all().await {
        migrate::settle(earlier.dir.path(), &MIGRATIONS, "own").await.unwrap();
        let kept = tempfile::tempdir().unwrap();
        let copy = earlier.dir.path().join(format!("muster-schema-{}.db", earlier.schema));
        std::fs::copy(copy, kept.path().join("muster.db")).unwrap();
        let without_epoch = |mut tables: BTreeMap<String, Vec<Row>>| {
            for row in tables.values_mut().flatten() {
                // The copy's own: it begins another history.
                row.remove("epoch");
            }
            tables
        };
        let (kept, had) = (rows(kept.path()).await, earlier.rows);
        assert_eq!(without_epoch(kept), without_epoch(had), "schema {}", earlier.schema);
    }
}

#[tokio::test]
async fn what_an_earlier_schema_had_is_listed() {
    for earlier in Earlier::all().await {
        let (store, schema) = (earlier.open().await, earlier.schema);
        assert!(store.check().await.unwrap().is_sound(), "schema {schema}");
        assert_eq!(store.damage().await.unwrap(), [], "schema {schema}");
        let vcenters = store.vcenters().await.unwrap();
        assert_eq!(vcenters.len(), earlier.rows["vcenters"].len(), "schema {schema}");
        let credentials = store.credentials().await.unwrap().len();
        assert_eq!(credentials, earlier.rows["credentials"].len(), "schema {schema}");
        for vcenter in vcenters {
            let id = format!("'{}'", vcenter.vcenter.id);
            let loaded = store.load(&vcenter.vcenter.id).await.unwrap();
            assert_eq!(loaded.objects.len(), earlier.count("objects", "vcenter_id", &id), "schema {schema}");
            assert_eq!(
                loaded.coverage.len(),
                earlier.count("coverage", "vcenter_id", &id),
                "schema {schema}"
            );
            assert_eq!(loaded.damaged, [], "schema {schema}");
        }
    }
}

#[tokio::test]
async fn what_an_earlier_release_had_begun_is_interrupted_and_what_cannot_be_read_stays_as_history() {
    for earlier in Earlier::all().await {
        let (store, schema) = (earlier.open().await, earlier.schema);
        let mut interrupted: Vec<String> =
            store.interrupt_dead(Time(9_000)).await.unwrap().into_iter().map(|id| id.0).collect();
        interrupted.sort();
        let live = earlier.operations(is_live);
        assert_eq!(interrupted, live, "schema {schema}");
        assert!(
            live.len() >= 3 && live.iter().any(|id| id == "unreadable-queued"),
            "schema {schema}: {live:?}"
        );
        let after = rows(earlier.dir.path()).await;
        assert_eq!(after["staged"], [], "schema {schema}");
        assert_eq!(after["operations"].len(), earlier.rows["operations"].len(), "schema {schema}");
        for operation in &after["operations"] {
            let id = operation["id"].replace('\'', "");
            let state = if live.contains(&id) { "'interrupted'" } else { &earlier.state(&id) };
            assert_eq!(operation["state"], state, "schema {schema}: {id}");
        }
        let listed = store.operations(None, 100).await.unwrap();
        let readable = earlier.operations(|row| row["kind"] != "'defragment'");
        assert_eq!(listed.len(), readable.len(), "schema {schema}");
    }
}

#[tokio::test]
async fn a_database_of_an_earlier_schema_is_synced_by_this_release() {
    for earlier in Earlier::all().await {
        let (store, schema) = (earlier.open().await, earlier.schema);
        for vcenter in store.vcenters().await.unwrap() {
            let id = vcenter.vcenter.id;
            let before = store.load(&id).await.unwrap().objects.len();
            let next = vec![object(Kind::Hosts, "host-1", "esx-1"), object(Kind::Hosts, "host-9", "esx-9")];
            let operation = format!("new-{id}");
            let (staged, _) = publish(&store, &id, &operation, &pass(next, &[Kind::Hosts], 9_500)).await;
            let diff = staged.diff[&Kind::Hosts];
            let known = staged.known[&Kind::Hosts];
            assert_eq!(diff.unchanged + diff.changed + diff.removed, known, "schema {schema}");
            let after = store.load(&id).await.unwrap();
            let expected = before as u64 + diff.added - diff.removed;
            assert_eq!(after.objects.len() as u64, expected, "schema {schema}");
            assert_eq!(names(&after, Kind::Hosts).len(), 2, "schema {schema}");
            let operation = store.operation(&operation).await.unwrap();
            assert_eq!(operation.state, OperationState::Succeeded, "schema {schema}");
        }
    }
}

/// Kills of each migration in an ordinary run; `./dev soak` sets MUSTER_SOAK.
const FEW: u64 = 5;

#[tokio::test]
async fn a_migration_that_is_killed_at_any_point_loses_no_row() {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let kills = number("MUSTER_SOAK").map_or(FEW, |kills| kills / 4);
    let mut numbers = Numbers(number("MUSTER_SEED").unwrap_or(u64::from(std::process::id())));
    let seed = numbers.0;
    let (mut usual, mut migrated) = (Duration::from_millis(200), 0);
    for kill in 0..kills {
        for earlier in Earlier::all().await {
            let started = Instant::now();
            let mut child = Killed::running("tests::migrating::another_process_migrates", earlier.dir.path());
            let most = usize::try_from(usual.as_micros()).unwrap() * 5 / 4;
            std::thread::sleep(Duration::from_micros(numbers.below(most) as u64));
            let ended = child.0.try_wait().unwrap().is_some();
            if kill == 0 {
                child.0.wait().unwrap();
                usual = started.elapsed();
            }
            drop(child);
            let (schema, context) = (earlier.schema, format!("MUSTER_SEED={seed}, kill {kill}"));
            let found = migrate::version(&earlier.dir.path().join("muster.db"), &MIGRATIONS).await.unwrap();
            let is_old_or_new = found == Some(schema) || found == Some(newest(&MIGRATIONS));
            assert!(is_old_or_new, "{context}: schema {found:?} between {schema} and the newest");
            assert!(!ended || kill == 0 || found == Some(newest(&MIGRATIONS)), "{context}: it had said so");
            migrated += u64::from(found == Some(newest(&MIGRATIONS)));
            let store = earlier.open().await;
            let health = store.check().await.unwrap();
            assert!(health.is_sound(), "{context}: {health}");
            store.close().await;
            let after = rows(earlier.dir.path()).await;
            for (table, before) in earlier.kept() {
                assert_eq!(after[table].len(), before.len(), "{context}: {table} of schema {schema}");
            }
        }
    }
    println!(
        "{kills} kills of each migration, MUSTER_SEED={seed}: {migrated} had come to their end; no row is lost"
    );
}

#[tokio::test]
#[ignore = "the other process of the test above"]
async fn another_process_migrates() {
    let dir = std::env::var_os("MUSTER_TEST_DIR").unwrap();
    migrate::settle(Path::new(&dir), &MIGRATIONS, "own").await.unwrap();
}
