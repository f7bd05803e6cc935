//! Disks that are full or can't be written: what fails, how it is told, and what can still be read.

use super::*;
use std::process::Output;

/// A small disk of its own, in memory.
struct Disk(TempDir);

impl Disk {
    /// `None` where this user may not mount anything.
    fn of(size: &str) -> Option<Disk> {
        let disk = Disk(tempfile::tempdir().unwrap());
        let mounted = disk.mount(&format!("size={size}"));
        if !mounted.as_ref().is_ok_and(|output| output.status.success()) {
            say(&format!("skipped, because no disk can be mounted here: {mounted:?}"));
            return None;
        }
        Some(disk)
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn mount(&self, options: &str) -> std::io::Result<Output> {
        Command::new("mount").args(["-t", "tmpfs", "-o", options, "tmpfs"]).arg(self.path()).output()
    }

    fn make_read_only(&self) {
        let output = Command::new("mount").args(["-o", "remount,ro"]).arg(self.path()).output().unwrap();
        assert!(output.status.success(), "{output:?}");
    }

    /// Takes all the room that is left.
    fn fill(&self) {
        let mut left = std::fs::File::create(self.path().join("filler")).unwrap();
        let full = std::io::copy(&mut std::io::repeat(0), &mut left).unwrap_err();
        assert_eq!(full.kind(), std::io::ErrorKind::StorageFull);
    }

    fn make_room(&self) {
        std::fs::remove_file(self.path().join("filler")).unwrap();
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.path()).output();
    }
}

fn say(what: &str) {
    println!("{what}");
}

fn vms(count: usize) -> Pass {
    let vms = (0..count).map(|n| object(Kind::Vms, &format!("vm-{n}"), &"x".repeat(2_000))).collect();
    pass(vms, &[Kind::Vms], 5_000)
}

#[tokio::test]
async fn a_pass_for_which_the_disk_has_no_room_fails_with_what_is_needed_and_where_and_succeeds_later() {
    let Some(disk) = Disk::of("4m") else { return };
    let store = Store::open(disk.path()).await.unwrap();
    let id = with_vcenter(&store, "Berlin").await;
    publish(&store, &id, "first", &vms(100)).await;
    let claim = claimed(&store, &id, "op").await;
    let full = store.stage(&claim, &vms(3_000), &go_on).await.unwrap_err();
    let Error::DiskFull { path, free, needed, .. } = &full else { panic!("{full:?}") };
    assert_eq!(path, disk.path());
    assert!(free.unwrap() < 500_000 && needed.unwrap() > 6_000_000, "{full:?}");
    assert!(full.is_unwritable());
    assert_eq!(store.load(&id).await.unwrap().objects.len(), 100, "what was there is there");
    let remounted = Command::new("mount").args(["-o", "remount,size=64m"]).arg(disk.path()).output().unwrap();
    assert!(remounted.status.success(), "{remounted:?}");
    store.finish(&claim, finish(5_500)).await.unwrap();
    publish(&store, &id, "next", &vms(3_000)).await;
    assert_eq!(store.load(&id).await.unwrap().objects.len(), 3_000);
    assert!(store.check().await.unwrap().is_sound());
    store.close().await;
}

#[tokio::test]
async fn on_a_full_disk_everything_is_read_and_nothing_is_written() {
    let Some(disk) = Disk::of("4m") else { return };
    let store = Store::open(disk.path()).await.unwrap();
    let id = with_vcenter(&store, "Berlin").await;
    publish(&store, &id, "first", &vms(100)).await;
    disk.fill();
    // Beside a process that has it open, and alone.
    let beside = Store::open(disk.path()).await.unwrap();
    assert_eq!(beside.load(&id).await.unwrap().objects.len(), 100);
    let full = beside.submit(operation("op", &id, OperationKind::Test)).await.unwrap_err();
    assert!(matches!(full, Error::DiskFull { .. }), "{full:?}");
    beside.close().await;
    disk.make_room();
    store.close().await;
    disk.fill();
    let store = match Store::open(disk.path()).await {
        Ok(store) => store,
        Err(error) => {
            assert!(error.is_unwritable(), "{error:?}");
            Store::open_to_read(disk.path(), error).await.unwrap()
        }
    };
    assert_eq!(store.load(&id).await.unwrap().objects.len(), 100);
    let full = store.submit(operation("op", &id, OperationKind::Test)).await.unwrap_err();
    assert!(matches!(full, Error::DiskFull { .. }), "{full:?}");
    store.close().await;
    disk.make_room();
    let store = Store::open(disk.path()).await.unwrap();
    assert!(store.check().await.unwrap().is_sound());
    store.close().await;
}

#[tokio::test]
async fn on_a_disk_that_is_read_only_everything_is_read_and_a_write_says_so() {
    let Some(disk) = Disk::of("8m") else { return };
    let store = Store::open(disk.path()).await.unwrap();
    let id = with_vcenter(&store, "Berlin").await;
    publish(&store, &id, "first", &vms(100)).await;
    store.close().await;
    disk.make_read_only();
    let refused = Store::open(disk.path()).await.unwrap_err();
    assert!(refused.is_unwritable(), "{refused:?}");
    let store = Store::open_to_read(disk.path(), refused).await.unwrap();
    assert_eq!(store.unwritable(), Some("read-only file system"));
    assert_eq!(store.load(&id).await.unwrap().objects.len(), 100);
    assert_eq!(store.operations(None, 9).await.unwrap().len(), 1);
    let mut changes = store.changes().await.unwrap();
    let nothing = tokio::time::timeout(std::time::Duration::from_millis(400), changes.next()).await;
    assert!(nothing.is_err(), "{nothing:?}");
    let refused = store.submit(operation("op", &id, OperationKind::Test)).await.unwrap_err();
    assert!(matches!(&refused, Error::ReadOnly { path, .. } if path == disk.path()), "{refused:?}");
    store.close().await;
}

#[tokio::test]
async fn a_log_that_is_left_on_a_read_only_disk_is_not_read_past() {
    let Some(disk) = Disk::of("8m") else { return };
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).await.unwrap();
    let id = with_vcenter(&store, "Berlin").await;
    publish(&store, &id, "first", &vms(10)).await;
    // As a process leaves it that was killed, without the shared memory, which the next one makes again.
    for file in ["muster.db", "muster.db-wal"] {
        std::fs::copy(dir.path().join(file), disk.path().join(file)).unwrap();
    }
    store.close().await;
    disk.make_read_only();
    let refused = Store::open(disk.path()).await.unwrap_err();
    let read = Store::open_to_read(disk.path(), refused).await;
    // What is in the log counts, so the file alone would be an older state, or half of two.
    if let Ok(store) = read {
        assert_eq!(store.load(&id).await.unwrap().objects.len(), 10);
        store.close().await;
    }
}

#[tokio::test]
async fn a_write_can_be_stopped_between_any_two_chunks_and_then_nothing_of_it_shows() {
    let (_dir, store) = opened().await;
    let id = with_vcenter(&store, "Berlin").await;
    publish(&store, &id, "first", &vms(10)).await;
    let claim = claimed(&store, &id, "op").await;
    let new =
        pass((0..2_500).map(|n| object(Kind::Hosts, &format!("host-{n}"), "new")).collect(), &[], 6_000);
    let stop_after = |rows: usize| move |done: usize, _: usize| done < rows;
    let stopped = store.stage(&claim, &new, &stop_after(1_000)).await;
    assert!(matches!(stopped, Err(Error::Stopped { .. })), "{stopped:?}");
    let seen = std::sync::Mutex::new(Vec::new());
    let note = |done: usize, all: usize| {
        seen.lock().unwrap().push((done, all));
        true
    };
    let staged = store.stage(&claim, &new, &note).await.unwrap();
    assert_eq!((staged.rows, seen.lock().unwrap().last()), (2_500, Some(&(2_500, 2_500))));
    for rows in [1, 1_000, 2_500] {
        let stopped = store.publish(&claim, staged.clone(), &new, finish(6_000), &stop_after(rows)).await;
        assert!(matches!(stopped, Err(Error::Stopped { .. })), "{stopped:?}");
        assert_eq!(store.load(&id).await.unwrap().objects.len(), 10, "stopped after {rows}");
        assert_eq!(store.operation("op").await.unwrap().state, OperationState::Running);
    }
    let published = store.publish(&claim, staged, &new, finish(6_000), &note).await.unwrap();
    assert_eq!(published.rows_written, 2_500);
    assert_eq!(store.load(&id).await.unwrap().objects.len(), 2_510);
}

#[test]
fn sizes_are_told_in_the_unit_that_people_would_say_and_rounded_up() {
    for (bytes, words) in
        [(0, "0 bytes"), (1_025, "2 KiB"), (45_000_000, "43 MiB"), (3_221_225_472, "3.0 GiB")]
    {
        assert_eq!(in_words(bytes), words);
    }
}
