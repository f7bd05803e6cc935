//! What a simulator keeps from one start to the next: its certificate with the key, and a random password.
//! Refuses to write into a file that is there: what is damaged is told, and removed by whoever looked at it.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::path::Path;

use crate::certificate::{self, Certificate};
use crate::options::Error;

/// The key, the certificate and its authority's, in one file: so it is whole or not there.
const CERTIFICATE: &str = "certificate.pem";

const PASSWORD: &str = "password";

/// The certificate that the folder keeps, or a new one, which it keeps from now on.
pub(crate) fn certificate(folder: Option<&Path>, server_name: &str, days: i64) -> Result<Certificate, Error> {
    let make = || certificate::make(server_name, days);
    let Some(folder) = folder else {
        return certificate::read(&make()?).map_err(|why| Error::Certificate(why.into()));
    };
    let pem = kept(folder, CERTIFICATE, make)?;
    certificate::read(&pem).map_err(|why| Error::Kept { path: folder.join(CERTIFICATE), why })
}

/// The password that the folder keeps, or a new one, which it keeps from now on.
pub(crate) fn password(folder: Option<&Path>) -> Result<String, Error> {
    let Some(folder) = folder else { return Ok(random_password()) };
    let password = kept(folder, PASSWORD, || Ok(random_password()))?;
    let password = password.trim_end_matches(['\r', '\n']).to_owned();
    if password.is_empty() || password.contains(char::is_control) {
        let why = "it holds no password on one line".to_owned();
        return Err(Error::Kept { path: folder.join(PASSWORD), why });
    }
    Ok(password)
}

/// Long enough that nobody guesses it, and easy to copy.
pub(crate) fn random_password() -> String {
    let random = uuid::Uuid::new_v4().simple().to_string();
    format!("{}-{}-{}", &random[..6], &random[16..22], &random[26..])
}

/// What a file holds; made and written where there is none.
fn kept(folder: &Path, name: &str, make: impl FnOnce() -> Result<String, Error>) -> Result<String, Error> {
    let path = folder.join(name);
    match fs::read_to_string(&path) {
        Ok(text) => return Ok(text),
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(source) => return Err(Error::Folder { attempt: "read", path, source }),
    }
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    let made = builder.create(folder);
    made.map_err(|source| Error::Folder { attempt: "made", path: folder.to_owned(), source })?;
    let text = make()?;
    write(folder, name, &text).map_err(|source| Error::Folder { attempt: "written", path, source })?;
    Ok(text)
}

/// Writes a file that only its owner may read, as a whole or not at all.
fn write(folder: &Path, name: &str, text: &str) -> std::io::Result<()> {
    let unfinished = folder.join(format!(".{name}.{}", std::process::id()));
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options.open(&unfinished).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.sync_all()
    });
    let named = written.and_then(|()| fs::rename(&unfinished, folder.join(name)));
    if named.is_err() {
        // What can't be written can often not be removed either.
        let _ = fs::remove_file(&unfinished);
    }
    named
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn certificate_and_password_are_those_of_the_first_start_and_nobody_else_may_read_them() {
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("new/simulator");
        let start =
            || (certificate(Some(&folder), "vc", 9).unwrap().sha256, password(Some(&folder)).unwrap());
        let first = start();
        assert_eq!(start(), first);
        assert_ne!(certificate(None, "vc", 9).unwrap().sha256, first.0);
        assert_ne!(password(None).unwrap(), first.1);
        let mut names: Vec<_> =
            fs::read_dir(&folder).unwrap().map(|file| file.unwrap().file_name()).collect();
        names.sort();
        assert_eq!(names, [CERTIFICATE, PASSWORD]);
        #[cfg(unix)]
        for name in [CERTIFICATE, PASSWORD, "."] {
            let mode = std::os::unix::fs::PermissionsExt::mode(
                &fs::metadata(folder.join(name)).unwrap().permissions(),
            );
            assert_eq!(mode & 0o077, 0, "{name}");
        }
    }

    #[test]
    fn what_is_half_there_is_told_with_its_file_and_stays_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(CERTIFICATE);
        let (whole, other) = (certificate::make("vc", 9).unwrap(), certificate::make("vc", 9).unwrap());
        let certificates = whole.find("-----BEGIN CERTIFICATE").unwrap();
        for (damaged, why) in [
            (String::new(), "no whole private key"),
            (whole[..100].to_owned(), "no whole private key"),
            (whole[..certificates].to_owned(), "two whole certificates"),
            (whole[..whole.len() - 40].to_owned(), ""),
            (whole[certificates..].to_owned(), "no whole private key"),
            (
                format!(
                    "{}{}",
                    &whole[..certificates],
                    &other[other.find("-----BEGIN CERTIFICATE").unwrap()..]
                ),
                "key",
            ),
        ] {
            fs::write(&path, &damaged).unwrap();
            let error = certificate(Some(folder.path()), "vc", 9).err().unwrap();
            assert!(matches!(&error, Error::Kept { path: named, .. } if *named == path), "{error:?}");
            assert!(error.to_string().to_lowercase().contains(why), "{error}");
            assert_eq!(fs::read_to_string(&path).unwrap(), damaged);
        }
        fs::write(folder.path().join(PASSWORD), "\n").unwrap();
        assert!(matches!(password(Some(folder.path())), Err(Error::Kept { .. })));
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_told() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let below = file.path().join("below");
        for folder in [file.path(), &below] {
            let error = certificate(Some(folder), "vc", 9).err().unwrap();
            assert!(matches!(error, Error::Folder { .. }), "{error:?}");
        }
    }
}
