//! Opens a data folder, says what state its database is in, and closes it.
//! Refuses to repair: a file that is damaged or of another release is left as it is.

use crate::audit::Act;
use crate::engine::{self, Engine, Reads};
use crate::error::{Attempt, During, Error};
use crate::lock::{self, LoginLock, LoginTurn, Presence};
use crate::room::{self, Folder};
use crate::{aside, changes, migrate};
use contract::{CredentialId, VcenterId};
use sqlx::migrate::Migrator;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// The database of a data folder. Clones are the same one.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
    /// On whose behalf it changes what it changes, as the audit log has it.
    pub(crate) act: Option<Act>,
}

struct Inner {
    dir: PathBuf,
    engine: Engine,
    database_id: String,
    process_id: String,
    held: Mutex<Option<Held>>,
    /// Number and hash of the row of the audit log that was written here last.
    audit_head: Mutex<Option<(i64, [u8; 32])>>,
}

/// What tells other processes that this one is alive and uses the schema.
struct Held {
    presence: Presence,
    _schema: File,
}

impl Store {
    /// Opens the database in this folder; creates both where there are none. Brings an older schema up to date,
    /// after a verified copy of the database was kept beside it.
    pub async fn open(data_dir: &Path) -> Result<Store, Error> {
        Store::open_with(data_dir, &migrate::MIGRATIONS).await
    }

    pub(crate) async fn open_with(dir: &Path, migrations: &Migrator) -> Result<Store, Error> {
        let run = dir.join("run");
        create_private(&run).map_err(|source| Error::Io {
            attempt: "creating the folder",
            path: dir.to_owned(),
            source,
        })?;
        let presence = Presence::enter(&run)?;
        match open_present(dir, migrations, presence.id()).await {
            Ok((schema, engine, database_id)) => {
                let process_id = presence.id().to_owned();
                let held = Mutex::new(Some(Held { presence, _schema: schema }));
                let audit_head = Mutex::default();
                let inner = Inner { dir: dir.to_owned(), engine, database_id, process_id, held, audit_head };
                Ok(Store { inner: Arc::new(inner), act: None })
            }
            Err(error) => {
                presence.leave();
                Err(error)
            }
        }
    }

    /// Opens a database to read what is there, where nothing can be written, `why` says why. Other processes don't see who
    /// reads like this: it takes nothing and leaves nothing.
    pub async fn open_to_read(dir: &Path, why: Error) -> Result<Store, Error> {
        let path = migrate::database(dir);
        if size(&path) == 0 {
            return Err(why);
        }
        let reason = match room::refusal(dir) {
            Some(reason) => reason,
            None if room::is_full(dir) => "no space left on device".to_owned(),
            None => return Err(why),
        };
        let mut engine = Engine::open_to_read(&path, Reads::WithLog, reason.clone());
        let mut version = migrate::read_version(&engine).await;
        if version.is_err() && size(&path.with_extension("db-wal")) == 0 {
            engine.close().await;
            engine = Engine::open_to_read(&path, Reads::Alone, reason);
            version = migrate::read_version(&engine).await;
        }
        let attempt = Attempt::of(dir, "reading the database");
        // What an older release wrote has to be changed before it can be read.
        if version.during(attempt)? != migrate::newest(&migrate::MIGRATIONS) {
            return Err(why);
        }
        let database_id =
            sqlx::query_scalar(DATABASE_ID).fetch_one(engine.readers()).await.during(attempt)?;
        let process_id = uuid::Uuid::new_v4().to_string();
        let (dir, held) = (dir.to_owned(), Mutex::default());
        Ok(Store {
            inner: Arc::new(Inner {
                dir,
                engine,
                database_id,
                process_id,
                held,
                audit_head: Mutex::default(),
            }),
            act: None,
        })
    }

    /// Why nothing can be written, if that was so when it was opened.
    pub fn unwritable(&self) -> Option<&str> {
        self.engine().unwritable()
    }

    /// Fails if nothing can be written, as far as that shows without writing.
    pub fn can_be_written(&self) -> Result<(), Error> {
        let attempt = self.attempt("writing to the database");
        match self.engine().unwritable() {
            _ if room::is_full(&self.inner.dir) => Err(engine::disk_full(attempt)),
            Some(reason) => Err(engine::read_only(attempt, reason.to_owned())),
            None => Ok(()),
        }
    }

    /// The data folder as it is now.
    pub async fn folder(&self) -> Folder {
        let dir = self.inner.dir.clone();
        aside(move || Folder::of(dir)).await
    }

    /// Fails if the disk has no room for another row.
    pub fn has_room(&self) -> Result<(), Error> {
        match room::is_full(&self.inner.dir) {
            true => Err(engine::disk_full(self.attempt("waiting for another process"))),
            false => Ok(()),
        }
    }

    /// The data folder.
    pub fn dir(&self) -> &Path {
        &self.inner.dir
    }

    /// A random id that the database got when it was made. Copies of the file share it.
    pub fn database_id(&self) -> &str {
        &self.inner.database_id
    }

    /// The id of this process among those that use the database; every `open` gets its own.
    pub fn process_id(&self) -> &str {
        &self.inner.process_id
    }

    /// Looks at the database; takes as long as reading all of it.
    pub async fn check(&self) -> Result<Health, Error> {
        let attempt = self.attempt("checking the database");
        let mut reader = self.engine().readers().acquire().await.during(attempt)?;
        let report = engine::report(&mut reader).await.during(attempt)?;
        let schema_version = sqlx::query_scalar("SELECT MAX(version) FROM _sqlx_migrations")
            .fetch_one(&mut *reader)
            .await
            .during(attempt)?;
        let path = migrate::database(&self.inner.dir);
        let size_bytes = size(&path) + size(&path.with_extension("db-wal"));
        Ok(Health {
            sqlite_version: report.version,
            journal_mode: report.journal_mode,
            faults: report.faults,
            schema_version,
            path,
            size_bytes,
            used_bytes: crate::row::unsigned(report.used_bytes),
        })
    }

    /// Listens to what other processes write from now on.
    pub async fn changes(&self) -> Result<changes::Changes, Error> {
        changes::Changes::listen(&self.inner.dir, self.engine(), self.process_id()).await
    }

    /// Closes the database for every clone. Operations that are still live count as interrupted from here on.
    pub async fn close(self) {
        self.engine().close().await;
        let held = self.inner.held.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(held) = held {
            held.presence.leave();
        }
    }

    /// Waits until no other process and no other task reads or changes user and password of this credential, and keeps them
    /// waiting. Whoever wants a turn takes that first.
    pub async fn login_lock(&self, credential: &CredentialId) -> Result<LoginLock, Error> {
        lock::login(&self.inner.dir.join("run"), credential.as_str()).await
    }

    /// Waits until no other process and no other task logs in to this vCenter. It comes before everything else that a login
    /// waits for.
    pub async fn login_at(&self, vcenter: &VcenterId) -> Result<LoginLock, Error> {
        lock::login_at(&self.inner.dir.join("run"), vcenter.as_str()).await
    }

    /// Waits for the right to send a login with this credential: beside one other, or alone.
    pub async fn login_turn(&self, credential: &CredentialId, alone: bool) -> Result<LoginTurn, Error> {
        lock::turn(&self.inner.dir.join("run"), credential.as_str(), alone).await
    }

    /// From now on others count on this process to run what nobody waits for.
    pub fn work(&self) -> Result<(), Error> {
        let run = self.inner.dir.join("run");
        lock::work(&run, self.process_id()).map_err(|source| Error::Io {
            attempt: "announcing a worker in",
            path: run,
            source,
        })
    }

    /// Whether any process runs what nobody waits for.
    pub fn has_worker(&self) -> bool {
        lock::has_worker(&self.inner.dir.join("run"))
    }

    /// The newest row of the audit log, if this process wrote it and nobody has since.
    pub(crate) fn audit_head_known(&self) -> Option<(i64, [u8; 32])> {
        *self.inner.audit_head.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn know_audit_head(&self, head: (i64, [u8; 32])) {
        *self.inner.audit_head.lock().unwrap_or_else(PoisonError::into_inner) = Some(head);
    }

    pub(crate) fn attempt(&self, what: &'static str) -> Attempt<'_> {
        Attempt::of(&self.inner.dir, what)
    }

    pub(crate) fn attempt_on<'a>(&'a self, what: &'static str, id: &'a str) -> Attempt<'a> {
        self.attempt(what).on(id)
    }

    pub(crate) fn engine(&self) -> &Engine {
        &self.inner.engine
    }

    /// Whether the process with this id still runs.
    pub(crate) fn is_alive(&self, process: &str) -> bool {
        process == self.process_id() || lock::is_alive(&self.inner.dir.join("run"), process)
    }
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store")
            .field("dir", &self.inner.dir)
            .field("process_id", &self.inner.process_id)
            .finish()
    }
}

/// State of the database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Health {
    /// Version of the SQLite inside Muster.
    pub sqlite_version: String,
    /// `wal`.
    pub journal_mode: String,
    /// What is wrong with the file, in SQLite's words; at most about ten lines.
    pub faults: Vec<String>,
    /// Schema of the database.
    pub schema_version: i64,
    /// The file.
    pub path: PathBuf,
    /// Size of the file and of its write-ahead log, bytes.
    pub size_bytes: u64,
    /// What of the file holds something, bytes: the rest is used again before it grows.
    pub used_bytes: u64,
}

impl Health {
    /// Whether nothing is wrong.
    pub fn is_sound(&self) -> bool {
        self.faults.is_empty() && self.journal_mode == "wal"
    }
}

impl std::fmt::Display for Health {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Health { sqlite_version, journal_mode, schema_version, path, size_bytes, faults, .. } = self;
        let path = path.display();
        write!(
            f,
            "{path}: {size_bytes} bytes, schema {schema_version}, SQLite {sqlite_version}, {journal_mode}; "
        )?;
        match faults.is_empty() {
            true => f.write_str("intact"),
            false => write!(f, "damaged: {}", faults.join("; ")),
        }
    }
}

pub(crate) fn create_private(dir: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir)
}

/// Takes the schema, and opens the database with it.
async fn open_present(dir: &Path, migrations: &Migrator, own: &str) -> Result<(File, Engine, String), Error> {
    let schema = migrate::settle(dir, migrations, own).await?;
    let engine = Engine::open(&migrate::database(dir), Attempt::of(dir, "opening the database")).await?;
    let database_id = database_id(&engine, dir).await?;
    Ok((schema, engine, database_id))
}

pub(crate) const DATABASE_ID: &str = "SELECT value FROM meta WHERE key = 'database_id'";

/// Reads the id of the database, which the first one to open it makes up.
async fn database_id(engine: &Engine, dir: &Path) -> Result<String, Error> {
    let attempt = Attempt::of(dir, "reading the id of the database");
    if let Some(id) =
        sqlx::query_scalar(DATABASE_ID).fetch_optional(engine.readers()).await.during(attempt)?
    {
        return Ok(id);
    }
    let mut tx = engine.write(attempt).await?;
    sqlx::query("INSERT INTO meta (key, value) VALUES ('database_id', $1) ON CONFLICT DO NOTHING")
        .bind(uuid::Uuid::new_v4().to_string())
        .execute(&mut *tx)
        .await
        .during(attempt)?;
    let id = sqlx::query_scalar(DATABASE_ID).fetch_one(&mut *tx).await.during(attempt)?;
    tx.commit().await.during(attempt)?;
    Ok(id)
}

/// Size of a file, bytes; 0 where there is none.
fn size(path: &Path) -> u64 {
    std::fs::metadata(path).map_or(0, |file| file.len())
}
