//! What the disk of the data folder has to say: how much room there is, and whether anything can be written at all.
//! Refuses to write in order to find out.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// With less than this left nothing more can be written that counts: SQLite's shared memory alone grows by half of it.
const NO_ROOM: u64 = 64 * 1024;

/// The data folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folder {
    /// Where it is.
    pub path: PathBuf,
    /// Size of all files in it, bytes.
    pub bytes: u64,
    /// What is free on its disk, bytes; `None` where the system doesn't say.
    pub free_bytes: Option<u64>,
}

impl Folder {
    /// A folder as it is now.
    pub(crate) fn of(path: PathBuf) -> Folder {
        Folder { bytes: size(&path), free_bytes: free(&path), path }
    }
}

/// Size of all files below a folder, bytes; what can't be read counts nothing, and no link is followed.
fn size(dir: &Path) -> u64 {
    let entries = std::fs::read_dir(dir).into_iter().flatten().flatten();
    let sizes = entries.map(|entry| match entry.metadata() {
        Ok(file) if file.is_dir() => size(&entry.path()),
        Ok(file) if file.is_file() => file.len(),
        _ => 0,
    });
    sizes.sum()
}

/// What is free on the disk of a folder, bytes; `None` where the system doesn't say.
pub(crate) fn free(dir: &Path) -> Option<u64> {
    #[cfg(unix)]
    {
        let told = rustix::fs::statvfs(dir).ok()?;
        // A disk that has no room for the name of a file has none for what is in it.
        let no_names = told.f_files > 0 && told.f_favail == 0;
        Some(if no_names { 0 } else { told.f_bavail.saturating_mul(told.f_frsize) })
    }
    #[cfg(not(unix))]
    {
        let _ = dir;
        None
    }
}

/// Whether nothing more can be written to a folder for want of room.
pub(crate) fn is_full(dir: &Path) -> bool {
    free(dir).is_some_and(|free| free < NO_ROOM)
}

/// Why nothing can be written to a folder, whatever the room; `None` if something can.
pub(crate) fn refusal(dir: &Path) -> Option<String> {
    #[cfg(unix)]
    {
        let refused = rustix::fs::access(dir, rustix::fs::Access::WRITE_OK).err()?;
        Some(said(&refused.into()))
    }
    #[cfg(not(unix))]
    {
        let is_read_only = std::fs::metadata(dir).is_ok_and(|folder| folder.permissions().readonly());
        is_read_only.then(|| "the folder is read-only".to_owned())
    }
}

/// Whether a file could not be written because of its disk or its folder.
pub(crate) fn is_unwritable(error: &std::io::Error) -> bool {
    use ErrorKind::{FileTooLarge, PermissionDenied, QuotaExceeded, ReadOnlyFilesystem, StorageFull};
    matches!(error.kind(), StorageFull | QuotaExceeded | ReadOnlyFilesystem | PermissionDenied | FileTooLarge)
}

/// The system's words, without the number, which says nothing that the words don't.
#[cfg(unix)]
pub(crate) fn said(error: &std::io::Error) -> String {
    let words = error.to_string();
    words.split_once(" (os error ").map_or(words.as_str(), |(words, _)| words).to_lowercase()
}

/// `12 KiB`, `45 MiB`: rounded up, because it says what is needed.
pub fn in_words(bytes: u64) -> String {
    match bytes {
        0..1024 => format!("{bytes} bytes"),
        1024..1_048_576 => format!("{} KiB", bytes.div_ceil(1024)),
        1_048_576..1_073_741_824 => format!("{} MiB", bytes.div_ceil(1_048_576)),
        _ => format!("{:.1} GiB", bytes as f64 / 1_073_741_824.0),
    }
}
