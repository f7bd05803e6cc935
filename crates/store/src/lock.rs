//! Who is alive, and who may change the schema: told by locks that the operating system frees when a process dies.
//! Refuses to look at clocks: a process that sleeps for a day is still alive.

use crate::error::Error;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How often a lock that others hold is tried.
const RETRY: Duration = Duration::from_millis(50);

/// The presence of this process: a locked file in the folder `run`.
#[derive(Debug)]
pub(crate) struct Presence {
    id: String,
    run: PathBuf,
    file: File,
}

impl Presence {
    /// Enters a new id into the folder, and removes what dead processes left there.
    pub(crate) fn enter(run: &Path) -> Result<Presence, Error> {
        let id = uuid::Uuid::new_v4().to_string();
        let io = |source| Error::Io { attempt: "taking a lock in", path: run.to_owned(), source };
        // Locked before it has its name: who sweeps the folder never finds it unlocked.
        let unnamed = run.join(format!("{id}.new"));
        let file = private(&unnamed).map_err(io)?;
        file.try_lock().map_err(std::io::Error::from).map_err(io)?;
        // Only who names it to others needs it, and a full disk has room for the lock, which is empty.
        let _ =
            private(&described(run, &id)).and_then(|mut file| file.write_all(own_description().as_bytes()));
        std::fs::rename(&unnamed, locked(run, &id)).map_err(io)?;
        sweep(run);
        Ok(Presence { id, run: run.to_owned(), file })
    }

    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    /// Gives the lock back.
    pub(crate) fn leave(self) {
        remove(&self.run, &self.id);
        drop(self.file);
    }
}

/// Whether the process with this id still runs; whoever can't be asked counts as alive.
pub(crate) fn is_alive(run: &Path, id: &str) -> bool {
    match File::open(locked(run, id)) {
        Err(error) => error.kind() != std::io::ErrorKind::NotFound,
        // Shared, so that two who look at once don't take each other for the owner.
        Ok(file) => file.try_lock_shared().is_err(),
    }
}

/// How the schema is locked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Schema {
    /// While the database is in use: nobody changes the schema.
    InUse,
    /// To change it: nobody uses the database.
    Changing,
    /// To put another database in its place: nobody uses this one.
    Replacing,
}

/// Locks the schema; after so much patience names those who have it.
pub(crate) async fn schema(dir: &Path, how: Schema, patience: Duration, own: &str) -> Result<File, Error> {
    let path = dir.join("schema.lock");
    let io = |source| Error::Io { attempt: "locking", path: path.clone(), source };
    let file = private(&path).map_err(io)?;
    let deadline = tokio::time::Instant::now() + patience;
    loop {
        let tried = match how {
            Schema::InUse => file.try_lock_shared(),
            Schema::Changing | Schema::Replacing => file.try_lock(),
        };
        match tried {
            Ok(()) => return Ok(file),
            Err(TryLockError::Error(error)) => return Err(io(error)),
            Err(TryLockError::WouldBlock) if tokio::time::Instant::now() < deadline => {
                tokio::time::sleep(RETRY).await;
            }
            Err(TryLockError::WouldBlock) => {
                let attempt = match how {
                    Schema::InUse => "opening the database",
                    Schema::Changing => "changing the schema of the database",
                    Schema::Replacing => "restoring the database",
                };
                return Err(Error::Locked { attempt, by: others(&dir.join("run"), own) });
            }
        }
    }
}

/// Held by one task of one process: while user and password of a credential are read or changed, or while one logs in to a
/// vCenter.
#[derive(Debug)]
pub struct LoginLock {
    _file: File,
}

/// Waits until nobody else reads or changes what a credential logs in with.
pub(crate) async fn login(run: &Path, credential: &str) -> Result<LoginLock, Error> {
    Ok(LoginLock { _file: mutex(&run.join(format!("login-{credential}.mutex"))).await? })
}

/// Waits until nobody else logs in to a vCenter.
pub(crate) async fn login_at(run: &Path, vcenter: &str) -> Result<LoginLock, Error> {
    Ok(LoginLock { _file: mutex(&of_login(run, vcenter, "at")).await? })
}

/// The right to send a login with a credential, while it is held. There are two places, and one for a login that keeps its
/// server waiting: so no more than three are ever under way, in all processes.
#[derive(Debug)]
pub struct LoginTurn {
    run: PathBuf,
    credential: String,
    places: Vec<File>,
}

/// The places of those who log in at the same time.
const PLACES: [&str; 2] = ["first", "second"];

/// Waits for a turn: beside one other login, or alone.
pub(crate) async fn turn(run: &Path, credential: &str, alone: bool) -> Result<LoginTurn, Error> {
    let places = PLACES.map(|place| of_login(run, credential, place));
    let held = match alone {
        // Always in the same order: two who want to be alone don't wait for each other.
        true => vec![mutex(&places[0]).await?, mutex(&places[1]).await?],
        false => vec![one_of(&places).await?],
    };
    Ok(LoginTurn { run: run.to_owned(), credential: credential.to_owned(), places: held })
}

impl LoginTurn {
    /// Is alone no longer.
    pub fn share(&mut self) {
        self.places.truncate(1);
    }

    /// Lets the next one have its turn, if no other login has done so and still waits for its answer.
    pub fn give_way(&mut self) -> Result<bool, Error> {
        let late = try_mutex(&of_login(&self.run, &self.credential, "late"))?;
        let is_given = late.is_some();
        if let Some(late) = late {
            self.places = vec![late];
        }
        Ok(is_given)
    }
}

fn of_login(run: &Path, id: &str, what: &str) -> PathBuf {
    run.join(format!("login-{id}.{what}.mutex"))
}

/// Locks a file that others may have locked. The file stays: who removed it could remove one that was locked a moment ago.
async fn mutex(path: &PathBuf) -> Result<File, Error> {
    one_of(std::slice::from_ref(path)).await
}

/// Locks the first of these files that nobody else has locked.
async fn one_of(paths: &[PathBuf]) -> Result<File, Error> {
    let open = |path: &PathBuf| private(path).map_err(|source| unlockable(path, source));
    let mut files = paths.iter().map(open).collect::<Result<Vec<File>, Error>>()?;
    loop {
        for (place, path) in paths.iter().enumerate() {
            if is_locked(&files[place], path)? {
                return Ok(files.swap_remove(place));
            }
        }
        tokio::time::sleep(RETRY).await;
    }
}

fn try_mutex(path: &Path) -> Result<Option<File>, Error> {
    let file = private(path).map_err(|source| unlockable(path, source))?;
    Ok(is_locked(&file, path)?.then_some(file))
}

/// Whether the lock is ours now.
fn is_locked(file: &File, path: &Path) -> Result<bool, Error> {
    match file.try_lock() {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(source)) => Err(unlockable(path, source)),
    }
}

fn unlockable(path: &Path, source: std::io::Error) -> Error {
    Error::Io { attempt: "locking", path: path.to_owned(), source }
}

/// Opens or creates a file that only its owner can read.
pub(crate) fn private(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// The processes that are alive, but for our own, as people know them.
fn others(run: &Path, own: &str) -> Vec<String> {
    let alive = ids(run).into_iter().filter(|id| id != own && is_alive(run, id));
    let name = |id: String| {
        let told = std::fs::read_to_string(described(run, &id)).ok().filter(|name| !name.is_empty());
        told.unwrap_or_else(|| format!("process {id}"))
    };
    alive.map(name).collect()
}

/// Says that this process runs what nobody waits for.
pub(crate) fn work(run: &Path, own: &str) -> std::io::Result<()> {
    private(&working(run, own)).map(drop)
}

/// Whether a process that is alive runs what nobody waits for.
pub(crate) fn has_worker(run: &Path) -> bool {
    ids(run).iter().any(|id| working(run, id).exists() && is_alive(run, id))
}

fn sweep(run: &Path) {
    for id in ids(run) {
        if !is_alive(run, &id) {
            remove(run, &id);
        }
    }
    for (name, process) in scratches(run) {
        if !is_alive(run, &process) {
            let _ = std::fs::remove_file(run.join(name));
        }
    }
}

/// A new name for a file that goes when this process has died.
pub(crate) fn scratch(run: &Path, own: &str) -> PathBuf {
    run.join(format!("{own}.{}.part", uuid::Uuid::new_v4()))
}

/// Such files that there are, and whose they are.
fn scratches(run: &Path) -> Vec<(String, String)> {
    let names = std::fs::read_dir(run).into_iter().flatten().flatten();
    let names = names.filter_map(|entry| entry.file_name().into_string().ok());
    let of = |name: String| {
        let process = name.strip_suffix(".part")?.split_once('.')?.0.to_owned();
        Some((name, process))
    };
    names.filter_map(of).collect()
}

fn remove(run: &Path, id: &str) {
    // What can't be removed now is removed by whoever sweeps next.
    let _ = std::fs::remove_file(described(run, id));
    let _ = std::fs::remove_file(working(run, id));
    let _ = std::fs::remove_file(locked(run, id));
}

fn ids(run: &Path) -> Vec<String> {
    let names = std::fs::read_dir(run).into_iter().flatten().flatten().map(|entry| entry.file_name());
    names.filter_map(|name| Some(name.to_str()?.strip_suffix(".lock")?.to_owned())).collect()
}

fn locked(run: &Path, id: &str) -> PathBuf {
    run.join(format!("{id}.lock"))
}

// Beside the lock: on Windows nobody else can read a locked file.
fn described(run: &Path, id: &str) -> PathBuf {
    run.join(format!("{id}.txt"))
}

fn working(run: &Path, id: &str) -> PathBuf {
    run.join(format!("{id}.worker"))
}

fn own_description() -> String {
    let program = std::env::current_exe().ok();
    let program =
        program.as_deref().and_then(Path::file_stem).map_or("Muster".into(), |name| name.to_string_lossy());
    format!("{program} (process {})", std::process::id())
}
