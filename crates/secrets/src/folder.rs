//! Reads passwords from the credentials folder (`$CREDENTIALS_DIRECTORY`), one file per credential.
//! Never writes there, and never leaves the folder: a name that is not a plain file name is refused.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};

use secrecy::SecretString;
use zeroize::Zeroizing;

use crate::input::{AROUND, LONGEST_PASSWORD, password};
use crate::{Error, Unusable};

/// The password in a credential's file, `None` without such a file.
pub(crate) async fn read(dir: &Path, name: &str) -> Result<Option<SecretString>, Error> {
    let path = file_of(dir, name)?;
    tokio::task::spawn_blocking(move || read_file(&path)).await.unwrap_or_else(|stopped| {
        Err(Error::File { path: PathBuf::new(), source: io::Error::other(stopped.to_string()) })
    })
}

/// Whether a credential has a file.
pub(crate) async fn holds(dir: &Path, name: &str) -> Result<bool, Error> {
    let path = file_of(dir, name)?;
    match tokio::fs::metadata(&path).await {
        Ok(metadata) => Ok(metadata.is_file()),
        Err(error) if absent(&error) => Ok(false),
        Err(source) => Err(Error::File { path, source }),
    }
}

/// Names are checked where credentials are made; a folder is left only by a name that slipped through there.
fn file_of(dir: &Path, name: &str) -> Result<PathBuf, Error> {
    let forbidden = |c: char| matches!(c, '/' | '\\') || c.is_control() || (cfg!(windows) && c == ':');
    let mut components = Path::new(name).components();
    let plain = matches!((components.next(), components.next()), (Some(Component::Normal(_)), None));
    if !plain || name.starts_with('.') || name.contains(forbidden) {
        return Err(Error::UnsafeName { name: name.to_owned() });
    }
    Ok(dir.join(name))
}

fn read_file(path: &Path) -> Result<Option<SecretString>, Error> {
    let failed = |source| Error::File { path: path.to_owned(), source };
    match std::fs::metadata(path) {
        // Opening a pipe would wait for somebody to write into it.
        Ok(metadata) if !metadata.is_file() => {
            return Err(failed(io::Error::other("it is not a regular file")));
        }
        Ok(_) => {}
        Err(error) if absent(&error) => return Ok(None),
        Err(error) => return Err(failed(error)),
    }
    // One more, to notice a longer file; filled in place, so that no copy is left behind.
    let mut bytes = Zeroizing::new([0_u8; LONGEST_PASSWORD + AROUND + 1]);
    let mut file = File::open(path).map_err(failed)?;
    let mut filled = 0;
    while filled < bytes.len() {
        match file.read(&mut bytes[filled..]) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(failed(error)),
        }
    }
    let unusable = |problem| Error::UnusableFile { path: path.to_owned(), problem };
    if filled == bytes.len() {
        return Err(unusable(Unusable::TooLong));
    }
    password(&bytes[..filled]).map(Some).map_err(unusable)
}

fn absent(error: &io::Error) -> bool {
    // A name may have more bytes than a file's: then no file has it.
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory | io::ErrorKind::InvalidFilename
    )
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    async fn read_back(contents: &[u8]) -> Result<Option<String>, Error> {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("lab"), contents).unwrap();
        let password = read(dir.path(), "lab").await?;
        Ok(password.map(|password| password.expose_secret().to_owned()))
    }

    #[tokio::test]
    async fn one_line_end_is_taken_off_a_file() {
        assert_eq!(read_back(b"pass").await.unwrap().unwrap(), "pass");
        assert_eq!(read_back(b"pass\n").await.unwrap().unwrap(), "pass");
        assert_eq!(read_back(b" pa ss\r\n").await.unwrap().unwrap(), " pa ss");
        for (mark, end) in [(&b""[..], &b"\r\n"[..]), (b"\xef\xbb\xbf", b"\r\n"), (b"\xef\xbb\xbf", b"")] {
            let longest = [mark, &[b'x'; LONGEST_PASSWORD], end].concat();
            assert_eq!(read_back(&longest).await.unwrap().unwrap().len(), LONGEST_PASSWORD);
        }
    }

    #[tokio::test]
    async fn a_mark_and_any_line_end_are_no_part_of_the_password() {
        for contents in [&b"\xef\xbb\xbfpass"[..], b"\xef\xbb\xbfpass\n", b"\xef\xbb\xbfpass\r\n", b"pass\r"]
        {
            assert_eq!(read_back(contents).await.unwrap().unwrap(), "pass", "{contents:?}");
        }
    }

    #[tokio::test]
    async fn a_file_without_a_password_is_refused_by_name_and_without_its_contents() {
        for (contents, expected) in [
            (&b"\n"[..], Unusable::Empty),
            (b"s3cret\n\n", Unusable::SeveralLines),
            (b"s3cret\nother\n", Unusable::SeveralLines),
            (b"s3cret\0", Unusable::Nul),
            (b"s3cret\xff", Unusable::NotUtf8),
            (b"\xff\xfes\x003\0c\0r\0e\0t\0\r\0\n\0", Unusable::Utf16),
            (b"\xfe\xff\0s\x003\0c\0r\0e\0t\0\n", Unusable::Utf16),
            (b"s\x003\0c\0r\0e\0t\0\n\0", Unusable::Utf16),
            (b"\0s\x003\0c\0r\0e\0t", Unusable::Utf16),
            (b"\xef\xbb\xbf\n", Unusable::Empty),
            (b"s3cret\rother", Unusable::SeveralLines),
            (b"s3cret\r\r\n", Unusable::SeveralLines),
            (&[b'x'; 2 * LONGEST_PASSWORD], Unusable::TooLong),
        ] {
            let error = read_back(contents).await.unwrap_err();
            assert!(
                matches!(&error, Error::UnusableFile { problem, .. } if *problem == expected),
                "{error:?}"
            );
            assert!(error.to_string().contains("lab"));
            assert!(!format!("{error} {error:?}").contains("s3cret"));
        }
    }

    #[tokio::test]
    async fn names_that_leave_the_folder_are_refused() {
        let parent = tempfile::tempdir().unwrap();
        let dir = parent.path().join("credentials");
        std::fs::create_dir_all(dir.join("sub")).unwrap();
        std::fs::write(parent.path().join("outside"), "s3cret").unwrap();
        std::fs::write(dir.join("sub/inner"), "s3cret").unwrap();
        std::fs::write(dir.join(".hidden"), "s3cret").unwrap();
        for name in [
            "",
            ".",
            "..",
            "../outside",
            "/etc/passwd",
            "sub/inner",
            "sub\\inner",
            ".hidden",
            "a\0b",
            "lab\n",
        ] {
            assert!(matches!(read(&dir, name).await, Err(Error::UnsafeName { .. })), "{name:?}");
            assert!(matches!(holds(&dir, name).await, Err(Error::UnsafeName { .. })), "{name:?}");
        }
    }

    #[tokio::test]
    async fn what_is_missing_is_not_an_error_and_a_folder_is_no_file() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("folder")).unwrap();
        assert!(read(dir.path(), "lab").await.unwrap().is_none());
        assert!(!holds(dir.path(), "lab").await.unwrap());
        assert!(read(&dir.path().join("gone"), "lab").await.unwrap().is_none());
        // 510 bytes, of which a file's name may have half.
        assert!(read(dir.path(), &"é".repeat(255)).await.unwrap().is_none());
        assert!(!holds(dir.path(), &"é".repeat(255)).await.unwrap());
        assert!(matches!(read(dir.path(), "folder").await, Err(Error::File { .. })));
        assert!(!holds(dir.path(), "folder").await.unwrap());
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn a_pipe_in_the_folder_is_refused_and_not_waited_for() {
        let dir = tempfile::tempdir().unwrap();
        let made = std::process::Command::new("mkfifo").arg(dir.path().join("lab")).status().unwrap();
        assert!(made.success());
        let patience = std::time::Duration::from_secs(5);
        let read = tokio::time::timeout(patience, read(dir.path(), "lab")).await;
        assert!(matches!(read.unwrap(), Err(Error::File { .. })));
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn a_file_that_opens_and_cannot_be_read_is_an_error() {
        let patience = std::time::Duration::from_secs(5);
        let unreadable = tokio::time::timeout(patience, read(Path::new("/proc/self"), "mem")).await;
        assert!(matches!(unreadable.unwrap(), Err(Error::File { .. })));
    }
}
