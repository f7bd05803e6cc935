//! Brings the schema of the database up to date, and keeps a verified copy of what was there before.
//! Refuses a newer schema, a damaged file and another program's database, and leaves each as it is; refuses to commit
//! a change after which a row refers to nothing.

use crate::engine;
use crate::error::{Attempt, During, Error};
use crate::lock::{self, Schema};
use sqlx::migrate::{MigrateError, Migrator};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::time::Instant;

/// The schema of this release.
pub(crate) static MIGRATIONS: Migrator = sqlx::migrate!("migrations/sqlite");

/// The table in which sqlx notes what was done.
const TABLE: &str = "_sqlx_migrations";

/// A migration rewrites at most the inventory, which is a matter of seconds.
const FOR_A_MIGRATION: Duration = Duration::from_secs(30);

/// Another process that starts holds the schema for milliseconds; one that works holds it for hours.
const FOR_OTHERS: Duration = Duration::from_secs(3);

/// How long the schema is waited for before it is looked at again: of several that start at once only one changes it.
const A_TRY: Duration = Duration::from_millis(100);

/// Where the database of a data folder is.
pub(crate) fn database(dir: &Path) -> PathBuf {
    dir.join("muster.db")
}

/// The schema that this release makes.
pub fn newest_schema() -> i64 {
    newest(&MIGRATIONS)
}

/// The newest schema that these migrations make.
pub(crate) fn newest(migrations: &Migrator) -> i64 {
    migrations.iter().map(|migration| migration.version).max().unwrap_or(0)
}

/// Makes the schema current. Who holds the answer keeps others from changing it.
pub(crate) async fn settle(dir: &Path, migrations: &Migrator, own: &str) -> Result<File, Error> {
    let path = database(dir);
    let until = Instant::now() + FOR_OTHERS;
    loop {
        let in_use = lock::schema(dir, Schema::InUse, FOR_A_MIGRATION, own).await?;
        if version(&path, migrations).await? == Some(newest(migrations)) {
            return Ok(in_use);
        }
        drop(in_use);
        match lock::schema(dir, Schema::Changing, A_TRY, own).await {
            Ok(_changing) => migrate(dir, &path, migrations).await?,
            // Who has it may have made it current a moment ago, and only use it by now.
            Err(Error::Locked { .. }) if Instant::now() < until => {}
            Err(error) => return Err(error),
        }
    }
}

/// The schema of the database; `None` where there is none yet.
pub(crate) async fn version(path: &Path, migrations: &Migrator) -> Result<Option<i64>, Error> {
    let is_new = std::fs::metadata(path).map_or(true, |file| file.len() == 0);
    if is_new {
        return Ok(None);
    }
    let attempt = Attempt::of(dir_of(path), "opening the database");
    let mut connection = engine::connect(path).await.during(attempt)?;
    let (any_table, ours) = engine::has_table(&mut connection, TABLE).await.during(attempt)?;
    if any_table && !ours {
        return Err(Error::NotMuster { path: path.to_owned() });
    }
    let found: Option<i64> = match ours {
        true => sqlx::query_scalar("SELECT MAX(version) FROM _sqlx_migrations WHERE success")
            .fetch_one(&mut connection)
            .await
            .during(attempt)?,
        false => None,
    };
    engine::disconnect(connection).await;
    match (found, newest(migrations)) {
        (Some(found), known) if found > known => Err(Error::NewerSchema { found, known }),
        _ => Ok(found),
    }
}

async fn migrate(dir: &Path, path: &Path, migrations: &Migrator) -> Result<(), Error> {
    let before = version(path, migrations).await?;
    if before == Some(newest(migrations)) {
        return Ok(());
    }
    lock::private(path).map_err(|source| Error::Io { attempt: "creating", path: path.to_owned(), source })?;
    let attempt = Attempt::of(dir, "changing the schema of the database");
    let mut connection = engine::connect_to_rebuild(path).await.during(attempt)?;
    if let Some(before) = before {
        keep_copy(&mut connection, &dir.join(format!("muster-schema-{before}.db"))).await?;
    }
    let migrated = change(&mut connection, migrations, attempt).await;
    engine::disconnect(connection).await;
    migrated
}

/// Runs what is missing and looks at the whole before it counts: all of it in one transaction, or nothing.
async fn change(
    connection: &mut engine::DbConnection,
    migrations: &Migrator,
    attempt: Attempt<'_>,
) -> Result<(), Error> {
    let mut tx = engine::begin(connection).await.during(attempt)?;
    let before = engine::dangling(&mut tx).await.during(attempt)?;
    let migrated = migrations.run_direct(None, &mut *tx, false).await;
    migrated.map_err(|source| of_migration(attempt, source))?;
    // What dangled before is damage that came from elsewhere; it keeps nobody from his other rows.
    let mut lost = engine::dangling(&mut tx).await.during(attempt)?;
    lost.retain(|table, rows| *rows > before.get(table).copied().unwrap_or(0));
    if !lost.is_empty() {
        return Err(Error::Dangling { tables: lost.into_keys().collect() });
    }
    tx.commit().await.during(attempt)
}

/// A change of the schema that failed, told apart from a disk that has no room for it.
fn of_migration(attempt: Attempt<'_>, source: MigrateError) -> Error {
    match source {
        MigrateError::Execute(source) | MigrateError::ExecuteMigration(source, _)
            if source.as_database_error().is_some() =>
        {
            let error = engine::error(attempt, source);
            match error {
                Error::Database { source, .. } => Error::Migration { source: MigrateError::Execute(source) },
                told => told,
            }
        }
        source => Error::Migration { source },
    }
}

/// The folder of a file; every file here has one.
fn dir_of(path: &Path) -> &Path {
    path.parent().unwrap_or(path)
}

/// The schema of a database that is open.
pub(crate) async fn read_version(engine: &engine::Engine) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar("SELECT COALESCE(MAX(version), 0) FROM _sqlx_migrations WHERE success")
        .fetch_one(engine.readers())
        .await
}

/// Copies the database, and puts the copy in its place only when it is known to be whole.
pub(crate) async fn keep_copy(connection: &mut engine::DbConnection, copy: &Path) -> Result<(), Error> {
    let unverified = copy.with_extension("part");
    let io = |source| Error::Io { attempt: "backing up the database as", path: copy.to_owned(), source };
    // What can't be removed makes the copy fail.
    let _ = std::fs::remove_file(&unverified);
    // SQLite copies into an empty file, which by then only its owner can read.
    lock::private(&unverified).map_err(io)?;
    let attempt = Attempt::of(dir_of(copy), "backing up the database");
    engine::copy(connection, &unverified).await.during(attempt)?;
    let mut copied = engine::connect(&unverified).await.during(attempt)?;
    let faults = engine::faults(&mut copied).await.during(attempt)?;
    begin_epochs(&mut copied).await.during(attempt)?;
    engine::disconnect(copied).await;
    if !faults.is_empty() {
        return Err(attempt.corrupt(faults.join("; ")));
    }
    lock::private(&unverified).and_then(|file| file.sync_all()).map_err(io)?;
    std::fs::rename(&unverified, copy).map_err(io)
}

/// Has the inventories of a copy count another history: who holds a state of this database must not take what is published
/// after the copy was put back for what came next.
pub(crate) async fn begin_epochs(copy: &mut engine::DbConnection) -> Result<(), sqlx::Error> {
    const KNOWN: &str = "SELECT EXISTS (SELECT 1 FROM pragma_table_info('vcenters') WHERE name = 'epoch')";
    if sqlx::query_scalar(KNOWN).fetch_one(&mut *copy).await? {
        sqlx::query("UPDATE vcenters SET epoch = $1 WHERE epoch IS NOT NULL")
            .bind(uuid::Uuid::new_v4().to_string())
            .execute(copy)
            .await?;
    }
    Ok(())
}
