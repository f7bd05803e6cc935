//! What is SQLite's own: files, pragmas, how transactions begin, what its errors mean.
//! Refuses to know any table. PostgreSQL joins as a second arm here and in the migrations.

use crate::error::{Attempt, During, Error};
use crate::room;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection, Row, Sqlite, SqlitePool, Transaction};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

pub(crate) type Db = Sqlite;
pub(crate) type DbConnection = sqlx::SqliteConnection;
pub(crate) type DbRow = sqlx::sqlite::SqliteRow;
pub(crate) type Tx = Transaction<'static, Sqlite>;

/// How long a statement waits for other processes; also how long a writer waits for its turn in this one.
const BUSY: Duration = Duration::from_secs(30);

/// How long one waits that can be done without.
const BRIEFLY: Duration = Duration::from_millis(100);

/// A scan of the inventory and a few small reads at a time; each connection is a thread.
const READERS: u32 = 4;

/// Rows that are read before somebody takes them: a megabyte.
const ROWS_AHEAD: usize = 1000;

/// After a large pass the write-ahead log shrinks to this size.
const WAL_LIMIT: &str = "16777216";

/// One writer and a few readers of one database.
pub(crate) struct Engine {
    path: PathBuf,
    writer: Writer,
    readers: SqlitePool,
}

enum Writer {
    Pool(SqlitePool),
    /// Nothing can be written, for this reason.
    Refused {
        reason: String,
        reads: Reads,
    },
}

/// How a database is read that can't be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reads {
    /// With its write-ahead log, as far as there is one.
    WithLog,
    /// The file alone, without locks: nobody can change it either, and no log is left that belongs to it.
    Alone,
}

impl Engine {
    pub(crate) async fn open(path: &Path, attempt: Attempt<'_>) -> Result<Engine, Error> {
        let journal =
            options(path).journal_mode(SqliteJournalMode::Wal).pragma("journal_size_limit", WAL_LIMIT);
        let writer = pool().max_connections(1).connect_with(journal).await.during(attempt)?;
        let readers =
            pool().max_connections(READERS).connect_lazy_with(options(path).pragma("query_only", "on"));
        Ok(Engine { path: path.to_owned(), writer: Writer::Pool(writer), readers })
    }

    /// Opens a database that can't be written, to read what is there.
    pub(crate) fn open_to_read(path: &Path, reads: Reads, reason: String) -> Engine {
        let readers = pool().max_connections(READERS).connect_lazy_with(reading(path, reads));
        Engine { path: path.to_owned(), writer: Writer::Refused { reason, reads }, readers }
    }

    /// A transaction that holds the write lock from the start, so that it never fails half-way for another's.
    pub(crate) async fn write(&self, attempt: Attempt<'_>) -> Result<Tx, Error> {
        match &self.writer {
            Writer::Pool(writer) => writer.begin_with("BEGIN IMMEDIATE").await.during(attempt),
            Writer::Refused { .. } if room::is_full(attempt.dir()) => Err(disk_full(attempt)),
            Writer::Refused { reason, .. } => Err(read_only(attempt, reason.clone())),
        }
    }

    /// Why nothing can be written, if that is so.
    pub(crate) fn unwritable(&self) -> Option<&str> {
        match &self.writer {
            Writer::Pool(_) => None,
            Writer::Refused { reason, .. } => Some(reason),
        }
    }

    /// A connection of its own, to look with.
    pub(crate) async fn connect(&self) -> Result<DbConnection, sqlx::Error> {
        match &self.writer {
            Writer::Pool(_) => connect(&self.path).await,
            Writer::Refused { reads, .. } => reading(&self.path, *reads).connect().await,
        }
    }

    /// A connection of its own to write what can be done without: it waits for other processes no longer than nobody notices.
    pub(crate) async fn connect_briefly(&self, attempt: Attempt<'_>) -> Result<DbConnection, Error> {
        match &self.writer {
            Writer::Pool(_) => {
                // What a power failure takes of it is no loss.
                let options =
                    options(&self.path).busy_timeout(BRIEFLY).synchronous(SqliteSynchronous::Normal);
                options.connect().await.during(attempt)
            }
            Writer::Refused { reason, .. } => Err(read_only(attempt, reason.clone())),
        }
    }

    /// A transaction that sees the database as it was at its first statement.
    pub(crate) async fn read(&self, attempt: Attempt<'_>) -> Result<Tx, Error> {
        self.readers.begin().await.during(attempt)
    }

    pub(crate) fn readers(&self) -> &SqlitePool {
        &self.readers
    }

    pub(crate) async fn close(&self) {
        self.readers.close().await;
        if let Writer::Pool(writer) = &self.writer {
            writer.close().await;
        }
    }
}

fn pool() -> SqlitePoolOptions {
    SqlitePoolOptions::new()
        .acquire_timeout(BUSY)
        .idle_timeout(None)
        .max_lifetime(None)
        .after_release(|connection, _| Box::pin(is_clean(connection)))
}

/// Whether a connection may go back into its pool. A full disk makes SQLite roll back by itself, and the connection then
/// counts as being in a transaction for ever; the ping sends the rollback of a cancelled transaction first.
async fn is_clean(connection: &mut DbConnection) -> Result<bool, sqlx::Error> {
    connection.ping().await?;
    Ok(!connection.is_in_transaction())
}

/// A connection of its own.
pub(crate) async fn connect(path: &Path) -> Result<DbConnection, sqlx::Error> {
    options(path).connect().await
}

/// A connection that changes the schema. With foreign keys on, dropping a table to put a rebuilt one in its place would
/// delete every row that refers to it, and inside of a transaction nothing can turn them off. Who uses it looks for
/// `dangling` rows before it commits.
pub(crate) async fn connect_to_rebuild(path: &Path) -> Result<DbConnection, sqlx::Error> {
    options(path).foreign_keys(false).connect().await
}

/// Begins a transaction that holds the write lock, on a connection of one's own.
pub(crate) async fn begin(connection: &mut DbConnection) -> Result<Transaction<'_, Sqlite>, sqlx::Error> {
    connection.begin_with("BEGIN IMMEDIATE").await
}

/// How many rows of each table refer to rows that are not there.
pub(crate) async fn dangling(connection: &mut DbConnection) -> Result<BTreeMap<String, u64>, sqlx::Error> {
    let mut tables = BTreeMap::new();
    for row in sqlx::query("PRAGMA foreign_key_check").fetch_all(connection).await? {
        *tables.entry(row.try_get(0)?).or_default() += 1;
    }
    Ok(tables)
}

/// The counter that changes when another connection has written.
pub(crate) async fn data_version(connection: &mut DbConnection) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar("PRAGMA data_version").fetch_one(connection).await
}

/// Whether the database has any table, and whether it has one of this name.
pub(crate) async fn has_table(
    connection: &mut DbConnection,
    name: &str,
) -> Result<(bool, bool), sqlx::Error> {
    let sql = "SELECT COUNT(*), COALESCE(SUM(name = $1), 0) FROM sqlite_master WHERE type = 'table'";
    let (any, this): (i64, i64) = sqlx::query_as(sql).bind(name).fetch_one(connection).await?;
    Ok((any > 0, this > 0))
}

/// Writes a consistent copy of the whole database into an empty file.
pub(crate) async fn copy(connection: &mut DbConnection, into: &Path) -> Result<(), sqlx::Error> {
    let into = into.to_string_lossy().into_owned();
    sqlx::query("VACUUM INTO $1").bind(into).execute(connection).await.map(|_| ())
}

/// Moves what is in the write-ahead log into the file; nobody else may have it open.
pub(crate) async fn empty_log(connection: &mut DbConnection) -> Result<(), sqlx::Error> {
    sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(connection).await.map(drop)
}

/// From now on what this connection deletes is overwritten in the file.
pub(crate) async fn overwrite_deleted(connection: &mut DbConnection) -> Result<(), sqlx::Error> {
    sqlx::query("PRAGMA secure_delete = ON").execute(connection).await.map(drop)
}

/// What is wrong with the database, checked in full; at most about ten lines.
pub(crate) async fn faults(connection: &mut DbConnection) -> Result<Vec<String>, sqlx::Error> {
    let answer: Vec<String> = sqlx::query_scalar("PRAGMA integrity_check(10)").fetch_all(connection).await?;
    Ok(answer.into_iter().filter(|line| line != "ok").collect())
}

/// The engine as `doctor` shows it.
pub(crate) struct Report {
    pub(crate) version: String,
    pub(crate) journal_mode: String,
    pub(crate) faults: Vec<String>,
    pub(crate) used_bytes: i64,
}

/// Looks at the whole database.
pub(crate) async fn report(connection: &mut DbConnection) -> Result<Report, sqlx::Error> {
    let version = sqlx::query_scalar("SELECT sqlite_version()").fetch_one(&mut *connection).await?;
    let journal_mode = sqlx::query_scalar("PRAGMA journal_mode").fetch_one(&mut *connection).await?;
    let mut faults = faults(connection).await?;
    let dangling = dangling(connection).await?;
    faults.extend(
        dangling.iter().map(|(table, rows)| format!("rows of {table} that refer to nothing: {rows}")),
    );
    const USED: &str = "SELECT (p.page_count - f.freelist_count) * s.page_size FROM pragma_page_count() p, \
                        pragma_freelist_count() f, pragma_page_size() s";
    let used_bytes: i64 = sqlx::query_scalar(USED).fetch_one(&mut *connection).await?;
    Ok(Report { version, journal_mode, faults, used_bytes })
}

/// Closes a connection; a failure to close loses nothing that was committed.
pub(crate) async fn disconnect(connection: DbConnection) {
    if let Err(error) = connection.close().await {
        tracing::warn!(%error, "a connection to the database could not be closed");
    }
}

/// The error that a failure of the engine is to its callers.
pub(crate) fn error(attempt: Attempt<'_>, source: sqlx::Error) -> Error {
    let code = source.as_database_error().and_then(|e| e.code()).and_then(|c| c.parse::<u32>().ok());
    // The lower byte is SQLite's primary result code.
    match (code.map(|code| code & 0xff), &source) {
        (Some(5 | 6), _) | (_, sqlx::Error::PoolTimedOut) => {
            Error::Busy { attempt: attempt.to_string(), source }
        }
        (Some(11 | 26), _) => attempt.corrupt(source.to_string()),
        (Some(FULL), _) => disk_full(attempt),
        // What the system refuses to write has many codes, and the disk says which of the reasons it is.
        (Some(READ_ONLY), _) => unwritten(attempt, source),
        // Also of too many open files, which is no reason to call the folder read-only.
        (Some(CANNOT_OPEN), _) if room::is_full(attempt.dir()) || room::refusal(attempt.dir()).is_some() => {
            unwritten(attempt, source)
        }
        (Some(IO), _) if code.is_some_and(|code| OF_WRITING.contains(&(code >> 8))) => {
            unwritten(attempt, source)
        }
        _ => Error::Database { attempt: attempt.to_string(), source },
    }
}

const READ_ONLY: u32 = 8;
const IO: u32 = 10;
const FULL: u32 = 13;
const CANNOT_OPEN: u32 = 14;

/// What of `SQLITE_IOERR` is about writing: write, fsync, fsync of the folder, truncate, delete, lock, close, and the shared
/// memory's open, size, lock and map. Source: sqlite3.h, SQLITE_IOERR_WRITE = SQLITE_IOERR | (3<<8) and so on.
const OF_WRITING: [u32; 11] = [3, 4, 5, 6, 10, 15, 16, 18, 19, 20, 21];

/// A write that the system refused.
fn unwritten(attempt: Attempt<'_>, source: sqlx::Error) -> Error {
    if room::is_full(attempt.dir()) {
        return disk_full(attempt);
    }
    match (room::refusal(attempt.dir()), source.as_database_error()) {
        (Some(reason), _) => read_only(attempt, reason),
        (None, Some(said)) => read_only(attempt, said.message().to_owned()),
        (None, None) => Error::Database { attempt: attempt.to_string(), source },
    }
}

/// No room, as the disk says now.
pub(crate) fn disk_full(attempt: Attempt<'_>) -> Error {
    let (path, free) = (attempt.dir().to_owned(), room::free(attempt.dir()));
    Error::DiskFull { attempt: attempt.to_string(), path, free, needed: None }
}

/// A folder that can't be written.
pub(crate) fn read_only(attempt: Attempt<'_>, reason: String) -> Error {
    Error::ReadOnly { attempt: attempt.to_string(), path: attempt.dir().to_owned(), reason }
}

fn reading(path: &Path, reads: Reads) -> SqliteConnectOptions {
    options(path).read_only(true).immutable(reads == Reads::Alone)
}

fn options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(false)
        .busy_timeout(BUSY)
        .foreign_keys(true)
        .synchronous(SqliteSynchronous::Full)
        // The thread that reads and the one that decodes wait for each other once in so many rows, and not every fifty.
        .row_buffer_size(ROWS_AHEAD)
        .disable_statement_logging()
}
