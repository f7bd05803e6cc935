//! Where the web engine keeps its caches.
//! Refuses to keep the window closed for them: without a data folder they go to a folder that is removed again.

use std::{
    fs::DirBuilder,
    io,
    path::{Path, PathBuf},
};
use tempfile::TempDir;

/// The web engine's folder, for as long as the window is open.
pub(crate) enum WebData {
    /// Beside the database, for this user alone.
    Kept(PathBuf),
    /// Removed when dropped.
    Temporary(TempDir),
}

impl WebData {
    /// In the data folder; if that cannot be written, the window still opens and says so itself.
    pub(crate) fn beside(data_dir: Option<&Path>) -> io::Result<WebData> {
        let folder = data_dir.map(|data_dir| data_dir.join("webview"));
        match folder {
            Some(folder) if for_this_user().create(&folder).is_ok() => Ok(WebData::Kept(folder)),
            _ => tempfile::Builder::new().prefix("muster-").tempdir().map(WebData::Temporary),
        }
    }

    /// Its path.
    pub(crate) fn folder(&self) -> &Path {
        match self {
            WebData::Kept(folder) => folder,
            WebData::Temporary(folder) => folder.path(),
        }
    }
}

/// Makes folders that no other user may read: this may be the one that creates the data folder.
fn for_this_user() -> DirBuilder {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_data_folder_is_for_its_user_alone() {
        let home = tempfile::tempdir().unwrap();
        let web_data = WebData::beside(Some(&home.path().join("muster"))).unwrap();
        assert_eq!(web_data.folder(), home.path().join("muster/webview"));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = std::fs::metadata(home.path().join("muster")).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o700);
        }
    }

    #[test]
    fn a_data_folder_that_cannot_be_made_does_not_stop_the_window() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let web_data = WebData::beside(Some(file.path())).unwrap();
        let folder = web_data.folder().to_owned();
        assert!(folder.is_dir());
        drop(web_data);
        assert!(!folder.exists());
    }
}
