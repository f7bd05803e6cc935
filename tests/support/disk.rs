//! A small disk of its own under a data folder, which a test fills and empties.
//! Refuses to touch any other: it is in memory, and gone with its test.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;

/// One that is mounted.
pub(crate) struct Disk(PathBuf);

impl Disk {
    /// Mounts one of this size (`8m`); `None`, with a line that says why, where this user may not.
    pub(crate) fn at(folder: &Path, size: &str) -> Option<Disk> {
        std::fs::create_dir_all(folder).expect("a folder to mount it on");
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &format!("size={size}"), "tmpfs"]).arg(folder);
        match mount.output() {
            Ok(output) if output.status.success() => Some(Disk(folder.to_owned())),
            refused => {
                skipped(&format!("{refused:?}"));
                None
            }
        }
    }

    /// Takes all the room that is left.
    pub(crate) fn fill(&self) {
        let mut filler = File::create(self.filler()).expect("a file that takes all the room");
        std::io::copy(&mut std::io::repeat(0), &mut filler).expect_err("the disk is small");
    }

    /// Gives back what `fill` took.
    pub(crate) fn make_room(&self) {
        std::fs::remove_file(self.filler()).expect("what took the room");
    }

    /// Changes how it is mounted: `ro`, `size=64m`.
    pub(crate) fn remount(&self, how: &str) {
        let output = Command::new("mount").args(["-o", &format!("remount,{how}")]).arg(&self.0).output();
        assert!(output.as_ref().is_ok_and(|output| output.status.success()), "{output:?}");
    }

    fn filler(&self) -> PathBuf {
        self.0.join("filler")
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // Lazily: a process that a failed test left behind may still use it.
        let _ = Command::new("umount").arg("-l").arg(&self.0).output();
    }
}

#[expect(clippy::print_stdout, reason = "a test that is skipped says why")]
fn skipped(why: &str) {
    println!("skipped: no disk can be mounted here: {why}");
}
