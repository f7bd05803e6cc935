//! The files of the log: what every process appends, and how they stay bounded.
//! Refuses to be the first to make a data folder, and to let anybody but its owner read a line.
//!
//! All processes on a data folder append to one file. It is opened for every batch and each batch is one write at its end, so
//! that lines stay whole and nobody writes on into a file that was rotated away for long. One of them rotates at a time.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Where a file ends and the next one begins, bytes.
const LARGEST: u64 = 5 << 20;

/// How many files there are.
const FILES: usize = 5;

/// How long a reader waits for who rotates.
const ROTATING: Duration = Duration::from_secs(1);

/// The files of one data folder.
pub(crate) struct Files {
    data_dir: PathBuf,
    largest: u64,
}

impl Files {
    pub(crate) fn of(data_dir: &Path) -> Files {
        Files { data_dir: data_dir.to_owned(), largest: LARGEST }
    }

    /// Appends whole lines.
    pub(super) fn append(&self, lines: &[u8]) -> std::io::Result<()> {
        if !self.data_dir.is_dir() {
            return Ok(());
        }
        let folder = self.folder();
        make_private(&folder)?;
        let after = |file: &File| file.metadata().map(|known| known.len() + lines.len() as u64);
        let mut file = append_to(&self.file(0))?;
        if after(&file)? > self.largest {
            self.rotate(lines.len() as u64);
            file = append_to(&self.file(0))?;
        }
        // Where it can't be rotated, it ends here instead of growing without an end.
        if after(&file)? > 2 * self.largest {
            return Ok(());
        }
        file.write_all(lines)
    }

    /// The files that there are, the oldest first, opened at one moment: a line that moves from one to the next meanwhile is
    /// read once.
    pub(crate) fn open(&self) -> Vec<(String, File)> {
        let lock = self.lock();
        let deadline = std::time::Instant::now() + ROTATING;
        while let Ok(lock) = &lock
            && lock.try_lock_shared().is_err()
            && std::time::Instant::now() < deadline
        {
            std::thread::sleep(Duration::from_millis(10));
        }
        (0..FILES)
            .rev()
            .filter_map(|number| Some((name(number), File::open(self.file(number)).ok()?)))
            .collect()
    }

    /// Moves every file on, unless another process does or has done so.
    fn rotate(&self, coming: u64) {
        let Ok(lock) = self.lock() else { return };
        if lock.try_lock().is_err() {
            return;
        }
        let is_full = |file: std::fs::Metadata| file.len() + coming > self.largest;
        if !std::fs::metadata(self.file(0)).is_ok_and(is_full) {
            return;
        }
        for number in (0..FILES - 1).rev() {
            // There are fewer of them at first.
            let _ = std::fs::rename(self.file(number), self.file(number + 1));
        }
    }

    fn lock(&self) -> std::io::Result<File> {
        private(OpenOptions::new().write(true).create(true).truncate(false))
            .open(self.folder().join("rotation.lock"))
    }

    fn folder(&self) -> PathBuf {
        self.data_dir.join("log")
    }

    fn file(&self, number: usize) -> PathBuf {
        self.folder().join(name(number))
    }
}

/// `muster.log` is the newest, `muster.4.log` the oldest.
fn name(number: usize) -> String {
    if number == 0 { "muster.log".to_owned() } else { format!("muster.{number}.log") }
}

fn append_to(path: &Path) -> std::io::Result<File> {
    private(OpenOptions::new().append(true).create(true)).open(path)
}

fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options
}

fn make_private(folder: &Path) -> std::io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;

    fn small(folder: &tempfile::TempDir) -> Files {
        Files { largest: 1000, ..Files::of(folder.path()) }
    }

    fn all(files: &Files) -> Vec<String> {
        let mut text = String::new();
        for (_, mut file) in files.open() {
            file.read_to_string(&mut text).unwrap();
        }
        text.lines().map(str::to_owned).collect()
    }

    #[test]
    fn the_newest_lines_stay_in_order_and_no_file_grows_beyond_its_size() {
        let folder = tempfile::tempdir().unwrap();
        let files = small(&folder);
        for number in 0..1000 {
            files.append(format!("line {number:04}\n").as_bytes()).unwrap();
        }
        let kept = all(&files);
        assert!((400..=500).contains(&kept.len()), "{}", kept.len());
        let newest: Vec<String> =
            (1000 - kept.len()..1000).map(|number| format!("line {number:04}")).collect();
        assert_eq!(kept, newest);
        for entry in std::fs::read_dir(folder.path().join("log")).unwrap() {
            assert!(entry.unwrap().metadata().unwrap().len() <= 1000);
        }
    }

    #[test]
    fn many_who_write_at_once_keep_every_line_whole() {
        let folder = tempfile::tempdir().unwrap();
        std::thread::scope(|threads| {
            for writer in 0..4 {
                let files = Files { largest: 20_000, ..Files::of(folder.path()) };
                threads.spawn(move || {
                    for number in 0..500 {
                        files
                            .append(format!("{writer} {number:03} {}\n", "x".repeat(30)).as_bytes())
                            .unwrap();
                    }
                });
            }
        });
        let lines = all(&Files::of(folder.path()));
        assert_eq!(lines.len(), 2000, "there is room for all");
        assert!(lines.iter().all(|line| line.len() == 36), "each is whole");
    }

    #[test]
    fn no_data_folder_is_made_for_a_log() {
        let folder = tempfile::tempdir().unwrap();
        let files = Files::of(&folder.path().join("data"));
        files.append(b"line\n").unwrap();
        assert!(!folder.path().join("data").exists() && files.open().is_empty());
    }

    #[cfg(unix)]
    #[test]
    fn only_its_owner_reads_it() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let files = small(&folder);
        (0..300).for_each(|_| files.append(b"line\n").unwrap());
        let log = folder.path().join("log");
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&log), 0o700);
        for entry in std::fs::read_dir(&log).unwrap() {
            let path = entry.unwrap().path();
            assert_eq!(mode(&path), 0o600, "{}", path.display());
        }
    }
}
