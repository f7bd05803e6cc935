//! A file that somebody asked for by its name: whole or not at all, and for its owner alone.
//! Refuses to write over one that is there.

use contract::{ApiError, Code};
use std::fs::File;
use std::io::ErrorKind;
use std::path::Path;

/// Writes a new file; answers with its size, bytes.
pub fn write(path: &Path, content: impl FnOnce(&mut File) -> std::io::Result<()>) -> Result<u64, ApiError> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let fails = |error: &std::io::Error| failed(path, error);
    if path.exists() {
        return Err(fails(&ErrorKind::AlreadyExists.into()));
    }
    let file = tempfile::Builder::new().prefix(".muster-").tempfile_in(folder);
    let mut file = file.map_err(|error| fails(&error))?;
    let written = content(file.as_file_mut()).and_then(|()| file.as_file().sync_all());
    let size = written.and_then(|()| file.as_file().metadata()).map_err(|error| fails(&error))?.len();
    file.persist_noclobber(path).map_err(|error| fails(&error.error))?;
    Ok(size)
}

fn failed(path: &Path, error: &std::io::Error) -> ApiError {
    let path = path.display();
    match error.kind() {
        ErrorKind::AlreadyExists => {
            ApiError::new(Code::AlreadyExists, format!("{path} exists already")).next("Choose another name.")
        }
        ErrorKind::NotFound => {
            ApiError::new(Code::InvalidValue, format!("the folder of {path} does not exist"))
                .next("Create it, or choose another one.")
        }
        _ => ApiError::new(Code::Failed, format!("{path} can't be written: {error}"))
            .next("Free up disk space or check the permissions of its folder, then try again."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn a_file_is_there_whole_or_not_at_all_and_never_replaces_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.zip");
        let half = write(&path, |file| file.write_all(b"half").and(Err(ErrorKind::StorageFull.into())));
        assert_eq!(half.unwrap_err().code, Code::Failed);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "nothing is left of it");
        assert_eq!(write(&path, |file| file.write_all(b"whole")), Ok(5));
        let again = write(&path, |file| file.write_all(b"another")).unwrap_err();
        assert_eq!(again.code, Code::AlreadyExists);
        assert_eq!(std::fs::read(&path).unwrap(), b"whole");
        let nowhere = write(&folder.path().join("no/b.zip"), |_| Ok(())).unwrap_err();
        assert!(nowhere.code == Code::InvalidValue && nowhere.message.contains("no/b.zip"), "{nowhere:?}");
    }

    #[cfg(unix)]
    #[test]
    fn only_its_owner_reads_it() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.zip");
        write(&path, |_| Ok(())).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
}
