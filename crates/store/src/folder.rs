//! What the data folder is for others: whether they can read it, and whether it lies on a share of the network.
//! Refuses to change anything about it: it belongs to its owner.

use crate::Store;
use std::path::{Path, PathBuf};

impl Store {
    /// The folder and what is in it, as far as others than its owner can read or change it; empty where the system has no such
    /// permissions.
    pub fn exposed(&self) -> Vec<PathBuf> {
        exposed(self.dir())
    }

    /// The kind of network share that the folder lies on, if it does.
    pub fn share(&self) -> Option<String> {
        share(self.dir())
    }
}

#[cfg(unix)]
fn exposed(dir: &Path) -> Vec<PathBuf> {
    use std::os::unix::fs::PermissionsExt;
    const OTHERS: u32 = 0o077;
    let is_open = |path: &Path| {
        // A link is as open as what it leads to.
        std::fs::metadata(path).is_ok_and(|found| found.permissions().mode() & OTHERS != 0)
    };
    // Nobody gets to what is in a folder that only its owner may enter.
    if !is_open(dir) {
        return Vec::new();
    }
    let of = |folder: &Path| {
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        let mut open: Vec<PathBuf> = entries.map(|entry| entry.path()).filter(|path| is_open(path)).collect();
        open.sort();
        open
    };
    let inside = [dir.to_owned(), dir.join("log"), dir.join("run")];
    std::iter::once(dir.to_owned()).chain(inside.iter().flat_map(|folder| of(folder))).collect()
}

#[cfg(not(unix))]
fn exposed(_: &Path) -> Vec<PathBuf> {
    Vec::new()
}

#[cfg(target_os = "linux")]
fn share(dir: &Path) -> Option<String> {
    // Numbers from Linux's magic.h and the file systems' own sources.
    const SHARES: [(u32, &str); 10] = [
        (0x6969, "NFS"),
        (0x517b, "SMB"),
        (0xff53_4d42, "CIFS"),
        (0xfe53_4d42, "SMB"),
        (0x564c, "NCP"),
        (0x5346_414f, "AFS"),
        (0x7375_7245, "Coda"),
        (0x0102_1997, "9P"),
        (0x00c3_6400, "Ceph"),
        (0x0bd0_0bd0, "Lustre"),
    ];
    const FUSE: u32 = 0x6573_5546;
    // The number is of 32 bits, however wide the system's field for it is.
    let kind = rustix::fs::statfs(dir).ok()?.f_type as u32;
    if kind != FUSE {
        return SHARES.iter().find(|(number, _)| *number == kind).map(|(_, name)| (*name).to_owned());
    }
    let device = std::os::unix::fs::MetadataExt::dev(&std::fs::metadata(dir).ok()?);
    let device = format!("{}:{}", rustix::fs::major(device), rustix::fs::minor(device));
    let mounts = std::fs::read_to_string("/proc/self/mountinfo").ok()?;
    of_fuse(&mounts, &device)
}

/// The share behind a file system in user space, which may as well be a disk. `mountinfo` is described in proc(5).
#[cfg(target_os = "linux")]
fn of_fuse(mounts: &str, device: &str) -> Option<String> {
    const SHARES: [&str; 9] =
        ["sshfs", "rclone", "glusterfs", "s3fs", "davfs", "davfs2", "cephfs", "vmhgfs-fuse", "gvfsd-fuse"];
    let mount = mounts.lines().find(|line| line.split(' ').nth(2) == Some(device))?;
    let name = mount.split_once(" - ")?.1.split(' ').next()?.strip_prefix("fuse.")?;
    SHARES.contains(&name).then(|| name.to_owned())
}

#[cfg(windows)]
fn share(dir: &Path) -> Option<String> {
    use std::path::{Component, Prefix};
    // A mapped drive looks like any other one; asking the system about it would take unsafe code.
    let whole = std::path::absolute(dir).ok()?;
    let is_share = |prefix| matches!(prefix, Prefix::UNC(..) | Prefix::VerbatimUNC(..));
    match whole.components().next() {
        Some(Component::Prefix(prefix)) if is_share(prefix.kind()) => Some("SMB".to_owned()),
        _ => None,
    }
}

#[cfg(not(any(target_os = "linux", windows)))]
fn share(_: &Path) -> Option<String> {
    None
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn what_others_can_read_is_named_unless_they_cannot_get_to_it() {
        let folder = tempfile::tempdir().unwrap();
        let dir = folder.path().join("data");
        let set = |path: &Path, mode| {
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
        };
        std::fs::create_dir_all(dir.join("log")).unwrap();
        for (file, mode) in [("muster.db", 0o644), ("schema.lock", 0o600), ("log/muster.log", 0o640)] {
            std::fs::write(dir.join(file), "").unwrap();
            set(&dir.join(file), mode);
        }
        set(&dir.join("log"), 0o700);
        set(&dir, 0o755);
        assert_eq!(exposed(&dir), [dir.clone(), dir.join("muster.db"), dir.join("log/muster.log")]);
        set(&dir, 0o700);
        assert!(exposed(&dir).is_empty());
    }

    #[test]
    fn a_share_in_user_space_is_told_from_a_disk_there() {
        let mounts = "22 27 0:20 / /sys rw,nosuid - sysfs sysfs rw\n\
                      90 27 0:51 / /mnt/there rw shared:5 - fuse.sshfs me@there:/ rw,user_id=0\n\
                      91 27 0:52 / /mnt/disk rw - fuseblk /dev/sdb1 rw\n\
                      92 27 0:53 / /mnt/both rw - fuse.mergerfs a:b rw\n";
        assert_eq!(of_fuse(mounts, "0:51").as_deref(), Some("sshfs"));
        for other in ["0:20", "0:52", "0:53", "0:99"] {
            assert_eq!(of_fuse(mounts, other), None, "{other}");
        }
        assert_eq!(share(&std::env::temp_dir()), None);
    }
}
