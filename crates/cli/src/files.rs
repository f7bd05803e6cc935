//! Files that commands write and read.
//! Refuses to write over one, and to show one to others than its owner.

use contract::{ApiError, Code};
use std::io::{Read, Write};
use std::path::Path;

/// Writes a file that is not there yet, for its owner alone.
pub(crate) fn write_new(path: &Path, text: &str) -> Result<(), ApiError> {
    service::write_new_file(path, |file| file.write_all(text.as_bytes())).map(drop)
}

/// The bytes of a file that has no more than `most`.
pub(crate) fn read_at_most(path: &Path, most: usize) -> Result<Vec<u8>, ApiError> {
    let unusable = |why: String| {
        ApiError::new(Code::InvalidValue, format!("{} {why}", path.display())).next("Specify another file.")
    };
    let mut bytes = Vec::new();
    let opened = std::fs::File::open(path);
    let read = opened.and_then(|opened| opened.take(most as u64 + 1).read_to_end(&mut bytes));
    read.map_err(|error| unusable(format!("can't be read: {error}")))?;
    if bytes.len() > most {
        return Err(unusable(format!("is larger than {} MiB", most >> 20)));
    }
    Ok(bytes)
}

/// The same file wherever the service looks from.
pub(crate) fn absolute(path: &Path) -> Result<String, ApiError> {
    let unusable = |why: String| {
        ApiError::new(Code::InvalidValue, format!("{} can't be used: {why}", path.display()))
            .next("Specify the path of a file.")
    };
    let whole = std::path::absolute(path).map_err(|error| unusable(error.to_string()))?;
    whole.into_os_string().into_string().map_err(|_| unusable("it is not a text".to_owned()))
}
