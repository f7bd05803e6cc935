//! Copies of the whole database to keep, and putting one in the place of the database.
//! Refuses to report a copy that was not read back, to replace a database that anybody uses, and to lose the one that is there.

use crate::engine::{self, DbConnection};
use crate::error::{Attempt, During, Error};
use crate::lock::{self, Presence, Schema};
use crate::{Store, migrate, open};
use sqlx::AssertSqlSafe;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Who starts holds the database for milliseconds; who works holds it for hours.
const FOR_OTHERS: Duration = Duration::from_secs(3);

/// What a copy holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copied {
    /// Its schema.
    pub schema: i64,
    /// The random id that the database got when it was made.
    pub database_id: String,
    /// How many rows each table has.
    pub rows: BTreeMap<String, u64>,
}

/// A file of the data folder that goes when it is no longer needed, or when its process has died.
#[derive(Debug)]
pub struct Scratch(PathBuf);

impl Scratch {
    fn new(run: &Path, process: &str) -> Scratch {
        Scratch(lock::scratch(run, process))
    }

    /// Where it is, or will be.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What can't be removed now goes with whoever opens the folder next.
        let _ = std::fs::remove_file(&self.0);
    }
}

impl Store {
    /// How many rows each table has.
    pub async fn rows(&self) -> Result<BTreeMap<String, u64>, Error> {
        let attempt = self.attempt("counting the rows of the database");
        let mut reader = self.engine().readers().acquire().await.during(attempt)?;
        rows(&mut reader).await.during(attempt)
    }

    /// A verified copy of the database as it is at one moment, while others go on writing. What tells passwords apart is not in
    /// it: neither the key nor a bit that was made with it.
    pub async fn back_up(&self) -> Result<(Scratch, Copied), Error> {
        let attempt = self.attempt("backing up the database");
        let into = Scratch::new(&self.dir().join("run"), self.process_id());
        // SQLite copies into an empty file, which by then only its owner can read.
        lock::private(into.path()).map_err(|source| io(into.path(), source))?;
        let mut connection = self.engine().connect().await.during(attempt)?;
        let seen = engine::data_version(&mut connection).await.during(attempt)?;
        let before = rows(&mut connection).await.during(attempt)?;
        engine::copy(&mut connection, into.path()).await.during(attempt)?;
        let is_unchanged = engine::data_version(&mut connection).await.during(attempt)? == seen;
        engine::disconnect(connection).await;
        let mut copy = engine::connect(into.path()).await.during(attempt)?;
        let copied = rows(&mut copy).await.during(attempt)?;
        if is_unchanged && copied != before {
            return Err(attempt.corrupt("the copy has other rows than the database"));
        }
        without_secrets(&mut copy).await.during(attempt)?;
        engine::disconnect(copy).await;
        let copied = look(into.path(), attempt).await?;
        lock::private(into.path())
            .and_then(|file| file.sync_all())
            .map_err(|source| io(into.path(), source))?;
        Ok((into, copied))
    }
}

/// A data folder that nobody else has open, to put another database into it.
pub struct Restoring {
    dir: PathBuf,
    presence: Option<Presence>,
    _schema: File,
}

impl Restoring {
    /// Takes a data folder, which is made where there is none; fails if any process has its database open.
    pub async fn begin(dir: &Path) -> Result<Restoring, Error> {
        let run = dir.join("run");
        open::create_private(&run).map_err(|source| Error::Io {
            attempt: "creating the folder",
            path: dir.to_owned(),
            source,
        })?;
        let presence = Presence::enter(&run)?;
        match lock::schema(dir, Schema::Replacing, FOR_OTHERS, presence.id()).await {
            Ok(schema) => Ok(Restoring { dir: dir.to_owned(), presence: Some(presence), _schema: schema }),
            Err(error) => {
                presence.leave();
                Err(error)
            }
        }
    }

    /// A place for the database that is to be put there.
    pub fn scratch(&self) -> Result<(Scratch, File), Error> {
        let run = self.dir.join("run");
        let scratch = Scratch::new(&run, self.presence.as_ref().map_or("", Presence::id));
        let file = lock::private(scratch.path()).map_err(|source| io(scratch.path(), source))?;
        Ok((scratch, file))
    }

    /// Puts it into the place of the one that is there, if it is whole and holds what it should. Answers with the copy that was
    /// kept of the other one, whose name ends in `moment`. Whoever is killed meanwhile leaves the one or the other.
    pub async fn replace(self, by: Scratch, should: &Copied, moment: &str) -> Result<Option<PathBuf>, Error> {
        let attempt = Attempt::of(&self.dir, "restoring the database");
        let found = look(by.path(), attempt).await?;
        if found != *should {
            return Err(attempt.corrupt("it holds other rows than the backup says"));
        }
        let mut fresh = engine::connect(by.path()).await.during(attempt)?;
        migrate::begin_epochs(&mut fresh).await.during(attempt)?;
        engine::disconnect(fresh).await;
        lock::private(by.path()).and_then(|file| file.sync_all()).map_err(|source| io(by.path(), source))?;
        let path = migrate::database(&self.dir);
        let kept = match std::fs::metadata(&path) {
            Ok(present) if present.len() > 0 => {
                let kept = self.dir.join(format!("muster-before-restore-{moment}.db"));
                keep(&path, &kept, attempt).await?;
                Some(kept)
            }
            _ => None,
        };
        // The log of the database before must not be taken for one of this one. What it had is in the file, or in the copy.
        for beside in beside(&path) {
            match std::fs::remove_file(&beside) {
                Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
                    return Err(io(&beside, source));
                }
                _ => {}
            }
        }
        std::fs::rename(by.path(), &path).map_err(|source| io(&path, source))?;
        #[cfg(unix)]
        File::open(&self.dir).and_then(|dir| dir.sync_all()).map_err(|source| io(&self.dir, source))?;
        Ok(kept)
    }
}

impl Drop for Restoring {
    fn drop(&mut self) {
        if let Some(presence) = self.presence.take() {
            presence.leave();
        }
    }
}

/// Keeps a copy of a database, and brings all of it into its one file; of a damaged one the files are kept as they are.
async fn keep(path: &Path, kept: &Path, attempt: Attempt<'_>) -> Result<(), Error> {
    let whole = async {
        let mut connection = engine::connect(path).await.during(attempt)?;
        let copied = migrate::keep_copy(&mut connection, kept).await;
        let settled = engine::empty_log(&mut connection).await.during(attempt);
        engine::disconnect(connection).await;
        copied.and(settled)
    };
    // Whoever opens what is no database has its log written into it, and removed, when the connection ends: a moment later.
    if is_database(path).map_err(|source| io(path, source))? {
        match whole.await {
            Err(Error::Corrupt { .. }) => {}
            other => return other,
        }
    }
    for (from, to) in
        std::iter::once((path.to_owned(), kept.to_owned())).chain(beside(path).into_iter().zip(beside(kept)))
    {
        // What SQLite has beside a database may go at any moment: nothing is lost with what isn't there.
        let mut from = match File::open(&from) {
            Err(source) if source.kind() == std::io::ErrorKind::NotFound => continue,
            opened => opened.map_err(|source| io(&from, source))?,
        };
        let mut into = lock::private(&to).map_err(|source| io(&to, source))?;
        let copied = std::io::copy(&mut from, &mut into).and_then(|_| into.sync_all());
        copied.map_err(|source| io(&to, source))?;
    }
    Ok(())
}

/// Whether a data folder has a database of this release. One that is damaged, of another program or of another schema is not
/// touched to find out.
pub async fn has_current_database(dir: &Path) -> bool {
    let path = migrate::database(dir);
    is_database(&path).unwrap_or(false)
        && matches!(migrate::version(&path, &migrate::MIGRATIONS).await, Ok(Some(schema)) if schema == migrate::newest_schema())
}

/// Whether a file begins as every database of SQLite does.
fn is_database(path: &Path) -> std::io::Result<bool> {
    const MAGIC: &[u8; 16] = b"SQLite format 3\0";
    let mut beginning = Vec::new();
    File::open(path)?.take(MAGIC.len() as u64).read_to_end(&mut beginning)?;
    Ok(beginning == MAGIC)
}

/// The files that SQLite has beside a database.
fn beside(path: &Path) -> [PathBuf; 3] {
    ["db-wal", "db-shm", "db-journal"].map(|end| path.with_extension(end))
}

/// What a file holds, which is a whole database of Muster's that this release knows.
async fn look(path: &Path, attempt: Attempt<'_>) -> Result<Copied, Error> {
    let schema = migrate::version(path, &migrate::MIGRATIONS).await?;
    let schema = schema.ok_or_else(|| attempt.corrupt("there is nothing in it"))?;
    let mut connection = engine::connect(path).await.during(attempt)?;
    let faults = engine::faults(&mut connection).await.during(attempt)?;
    if !faults.is_empty() {
        return Err(attempt.corrupt(faults.join("; ")));
    }
    let id = sqlx::query_scalar(open::DATABASE_ID).fetch_optional(&mut connection).await.during(attempt)?;
    let database_id = id.ok_or_else(|| attempt.corrupt("it has no id"))?;
    let rows = rows(&mut connection).await.during(attempt)?;
    engine::disconnect(connection).await;
    Ok(Copied { schema, database_id, rows })
}

async fn rows(connection: &mut DbConnection) -> Result<BTreeMap<String, u64>, sqlx::Error> {
    let tables: Vec<String> = sqlx::query_scalar(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name",
    )
    .fetch_all(&mut *connection)
    .await?;
    let mut rows = BTreeMap::new();
    for table in tables {
        let sql = format!("SELECT COUNT(*) FROM \"{}\"", table.replace('"', "\"\""));
        let count: i64 = sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(&mut *connection).await?;
        rows.insert(table, crate::row::unsigned(count));
    }
    Ok(rows)
}

/// Blanks what tells passwords apart, and what the file still had of it. That one was rejected stays known.
async fn without_secrets(copy: &mut DbConnection) -> Result<(), sqlx::Error> {
    engine::overwrite_deleted(copy).await?;
    for sql in [
        "DELETE FROM meta WHERE key = 'rejection_key'",
        "DELETE FROM login_answers",
        "UPDATE credentials SET rejected_fingerprints = '[]', proven = NULL",
    ] {
        sqlx::query(sql).execute(&mut *copy).await?;
    }
    Ok(())
}

fn io(path: &Path, source: std::io::Error) -> Error {
    Error::Io { attempt: "writing", path: path.to_owned(), source }
}
