//! Backups: the database in one file, with what tells whether it is whole.
//! Refuses passwords, which are in the keychain, and what tells them apart; and to restore what is damaged, of another program,
//! or of a newer release.
//!
//! A backup is a ZIP of two files, so that it can be looked at without Muster: `muster.db`, and `manifest.json` with its hash.

use crate::call::{Admitted, Answer, Handler, admit};
use crate::{Caller, explain, new_file, system_time};
use contract::command::Command;
use contract::command::{BackUp, CheckBackup, RestoreBackup};
use contract::{ApiError, Backup, Code, Restored, Subject, Time};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufReader, BufWriter, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use store::{Copied, Entry, Restoring, Store};
use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};

/// The form of a backup that this release writes and reads.
const FORMAT: u32 = 1;

const MANIFEST: &str = "manifest.json";
const DATABASE: &str = "muster.db";

/// More than any manifest has, bytes.
const LARGEST_MANIFEST: u64 = 1 << 20;

/// What a backup says of itself.
#[derive(Serialize, Deserialize)]
struct Manifest {
    format: u32,
    release: String,
    made_at: Time,
    schema: i64,
    database_id: String,
    bytes: u64,
    sha256: String,
    rows: BTreeMap<String, u64>,
}

impl Handler for BackUp {
    async fn run(self, call: Admitted<'_>) -> Answer<Self> {
        let (copy, Copied { schema, database_id, rows }) =
            call.inner.store.back_up().await.map_err(explain::store)?;
        let (made_at, out) = (call.now(), PathBuf::from(self.out));
        let packed = store::aside(move || {
            let (bytes, sha256) = hashed(copy.path())?;
            let release = env!("CARGO_PKG_VERSION").to_owned();
            let manifest =
                Manifest { format: FORMAT, release, made_at, schema, database_id, bytes, sha256, rows };
            new_file::write(&out, |file| pack(file, &manifest, copy.path()))?;
            let read_back =
                Opened::open(&out).and_then(|mut backup| backup.verify().map(|()| backup.shown()));
            read_back.inspect_err(|_| drop(std::fs::remove_file(&out)))
        });
        packed.await
    }
}

/// Looks whether a file is a whole backup that this release can restore.
pub async fn check_backup(caller: &Caller, command: CheckBackup) -> Result<Backup, ApiError> {
    admit::<CheckBackup>(caller)?;
    let checked = move || {
        let mut backup = Opened::open(Path::new(&command.file))?;
        backup.verify()?;
        Ok(backup.shown())
    };
    store::aside(checked).await
}

/// Puts the database of a backup into a data folder that nobody has open. Stands beside the commands of the service, because
/// a service that can't be opened may be what a backup is needed for.
pub async fn restore_backup(
    data_dir: &Path,
    caller: &Caller,
    command: RestoreBackup,
) -> Result<Restored, ApiError> {
    may_restore(data_dir, caller, &command).await?;
    let source = command.file.clone();
    let restored = restore(data_dir, command).await;
    record(data_dir, caller, &source, &restored).await;
    restored
}

/// Fails if the role is too low to restore a backup; for those who would look at it and ask a person before.
pub async fn may_restore(data_dir: &Path, caller: &Caller, command: &RestoreBackup) -> Result<(), ApiError> {
    let Err(refused) = admit::<RestoreBackup>(caller) else { return Ok(()) };
    let refused = Err(refused);
    record(data_dir, caller, &command.file, &refused).await;
    refused.map(drop)
}

async fn restore(data_dir: &Path, command: RestoreBackup) -> Result<Restored, ApiError> {
    let file = PathBuf::from(command.file);
    // A file that is no backup is told before anybody is asked to close Muster for it.
    let mut backup = store::aside(move || Opened::open(&file)).await?;
    let restoring = Restoring::begin(data_dir).await.map_err(taken)?;
    let (scratch, mut into) = restoring.scratch().map_err(explain::store)?;
    let (backup, extracted) = store::aside(move || {
        let extracted =
            backup.extract(&mut into).and_then(|()| into.sync_all().map_err(|error| unpacked(&error)));
        (backup, extracted)
    })
    .await;
    extracted?;
    let Manifest { schema, database_id, rows, .. } = &backup.manifest;
    let should = Copied { schema: *schema, database_id: database_id.clone(), rows: rows.clone() };
    let kept = restoring.replace(scratch, &should, &moment(system_time())).await.map_err(explain::store)?;
    let path = data_dir.join(DATABASE).display().to_string();
    let kept = kept.map(|kept| kept.display().to_string());
    Ok(Restored { path, kept, backup: backup.shown() })
}

/// Leaves the row in the audit log of the restored database: what stands there is older than what it took the place of. One that
/// was not restored is told by the database that is there, if it is one that can be told.
async fn record(data_dir: &Path, caller: &Caller, source: &str, restored: &Result<Restored, ApiError>) {
    if !store::has_current_database(data_dir).await {
        return;
    }
    let act = caller.act(RestoreBackup::NAME, system_time());
    let entry = Entry::done(Subject::file(source));
    let entry = match restored {
        Ok(restored) => entry.after(&serde_json::json!({ "kept": restored.kept })),
        Err(error) => entry.failed(error),
    };
    let recorded = async {
        let store = Store::open(data_dir).await?;
        let recorded = store.record_alone(&act, entry).await;
        store.close().await;
        recorded
    };
    if let Err(error) = recorded.await {
        tracing::warn!(%error, "that a backup was restored could not be recorded");
    }
}

/// A data folder that somebody uses.
fn taken(error: store::Error) -> ApiError {
    match error {
        store::Error::Locked { .. } => ApiError::new(Code::InUse, explain::chain(&error))
            .next("End it, then restore again; nothing was changed. A window may be in the tray."),
        other => explain::store(other),
    }
}

/// `20260301T120500Z`.
fn moment(now: Time) -> String {
    Time(now.0 - now.0.rem_euclid(1000)).to_string().replace(['-', ':'], "")
}

fn hashed(path: &Path) -> Result<(u64, String), ApiError> {
    let mut hasher = Hasher::new(std::io::sink());
    let copied = File::open(path).and_then(|mut file| std::io::copy(&mut file, &mut hasher));
    let bytes = copied.map_err(|error| {
        ApiError::new(Code::Failed, format!("the copy of the database can't be read: {error}"))
            .next("Try again.")
    })?;
    Ok((bytes, hasher.hash()))
}

fn pack(file: &mut File, manifest: &Manifest, database: &Path) -> std::io::Result<()> {
    let options = SimpleFileOptions::default().unix_permissions(0o600);
    let mut zip = ZipWriter::new(BufWriter::new(file));
    zip.start_file(MANIFEST, options)?;
    zip.write_all(&serde_json::to_vec_pretty(manifest)?)?;
    zip.start_file(DATABASE, options.large_file(manifest.bytes >= u64::from(u32::MAX)))?;
    std::io::copy(&mut File::open(database)?, &mut zip)?;
    zip.finish()?.flush()
}

/// A backup whose manifest was read.
struct Opened {
    path: PathBuf,
    bytes: u64,
    archive: ZipArchive<BufReader<File>>,
    manifest: Manifest,
}

impl Opened {
    fn open(path: &Path) -> Result<Opened, ApiError> {
        let file = File::open(path).map_err(|error| unreadable(path, &error))?;
        let bytes = file.metadata().map_err(|error| unreadable(path, &error))?.len();
        let mut archive = ZipArchive::new(BufReader::new(file)).map_err(|error| damaged(path, &error))?;
        let mut text = Vec::new();
        let entry = archive.by_name(MANIFEST).map_err(|error| damaged(path, &error))?;
        entry.take(LARGEST_MANIFEST).read_to_end(&mut text).map_err(|error| damaged(path, &error))?;
        let manifest: Manifest = serde_json::from_slice(&text).map_err(|error| damaged(path, &error))?;
        if manifest.format > FORMAT {
            let message = format!("{} is a backup of a newer Muster ({})", path.display(), manifest.release);
            return Err(ApiError::new(Code::Database, message).next("Update Muster on this machine first."));
        }
        let newest = store::newest_schema();
        if manifest.schema > newest {
            let error = store::Error::NewerSchema { found: manifest.schema, known: newest };
            return Err(explain::store(error));
        }
        Ok(Opened { path: path.to_owned(), bytes, archive, manifest })
    }

    /// Fails unless the database in it is the one that was put there.
    fn verify(&mut self) -> Result<(), ApiError> {
        self.copy_into(std::io::sink())
    }

    /// Writes the database in it to a file that is empty.
    fn extract(&mut self, into: &mut File) -> Result<(), ApiError> {
        into.set_len(0).and_then(|()| into.seek(SeekFrom::Start(0))).map_err(|error| unpacked(&error))?;
        self.copy_into(into)
    }

    fn copy_into(&mut self, into: impl Write) -> Result<(), ApiError> {
        let Opened { path, archive, manifest, .. } = self;
        let entry = archive.by_name(DATABASE).map_err(|error| damaged(path, &error))?;
        let mut hasher = Hasher::new(into);
        // No more than it should be: a hostile one could fill the disk.
        let copied = std::io::copy(&mut entry.take(manifest.bytes.saturating_add(1)), &mut hasher);
        match (copied, hasher.failed.take()) {
            (_, Some(error)) => Err(unpacked(&error)),
            (Err(error), None) => Err(damaged(path, &error)),
            (Ok(bytes), None) if bytes != manifest.bytes || hasher.hash() != manifest.sha256 => {
                Err(damaged(path, &"its database is not the one that was put there"))
            }
            (Ok(_), None) => Ok(()),
        }
    }

    fn shown(&self) -> Backup {
        let Manifest { release, made_at, schema, database_id, sha256, rows, .. } = &self.manifest;
        Backup {
            path: self.path.display().to_string(),
            bytes: self.bytes,
            made_at: *made_at,
            release: release.clone(),
            schema: *schema,
            database_id: database_id.clone(),
            sha256: sha256.clone(),
            rows: rows.clone(),
        }
    }
}

/// Hashes what goes through it, and notes what its destination refused.
struct Hasher<W> {
    into: W,
    hash: Sha256,
    failed: Option<std::io::Error>,
}

impl<W: Write> Hasher<W> {
    fn new(into: W) -> Hasher<W> {
        Hasher { into, hash: Sha256::new(), failed: None }
    }

    fn hash(self) -> String {
        contract::words::hex(&self.hash.finalize())
    }
}

impl<W: Write> Write for Hasher<W> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        match self.into.write(bytes) {
            Ok(written) => {
                self.hash.update(&bytes[..written]);
                Ok(written)
            }
            Err(error) => {
                let kind = error.kind();
                self.failed = Some(error);
                Err(kind.into())
            }
        }
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.into.flush()
    }
}

fn unreadable(path: &Path, error: &std::io::Error) -> ApiError {
    let code = if error.kind() == ErrorKind::NotFound { Code::NotFound } else { Code::InvalidValue };
    ApiError::new(code, format!("{} can't be read: {error}", path.display()))
        .next("Check the path and its permissions.")
}

/// A file that is no backup, or not a whole one.
fn damaged(path: &Path, why: &dyn std::fmt::Display) -> ApiError {
    ApiError::new(
        Code::InvalidValue,
        format!("{} is no backup of Muster, or it is damaged: {why}", path.display()),
    )
    .next("Nothing was changed. Use another backup.")
}

fn unpacked(error: &std::io::Error) -> ApiError {
    ApiError::new(Code::Database, format!("the backup can't be unpacked into the data folder: {error}"))
        .next("Nothing was changed. Free up disk space or check the permissions of the data folder, then try again.")
}
