//! What a queue costs while nothing can be done: 200 operations behind one that a server holds up.
//! Refuses to take a process's word: the files of the database are compared, and the kernel counts the CPU.

use super::{detached, held, worker};
use crate::support::{Musterctl, Peer, eventually, finish, table, terminate, vcenter};
use contract::Job;
use contract::command::Submit;
use std::process::Child;
use std::time::Duration;

const BEHIND: usize = 200;

/// How long it is looked at.
const LOOK: Duration = Duration::from_secs(10);

/// Ticks in a second. Source: USER_HZ, which is 100 on every Linux.
const TICKS: f64 = 100.0;

/// One per cent is promised of a release build; a debug build on a busy machine may take some more.
const MOST: f64 = 5.0;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_operations_behind_a_stalled_one_cost_no_write_and_next_to_no_time() {
    let peer = Peer::vcenter();
    let muster = Musterctl::with(&peer, "Berlin");
    let owner = held(&muster, &peer);
    let idle = worker(&muster, "10m");
    queue(&muster).await;
    let behind = super::live(&muster);
    assert_eq!(behind, BEHIND + 1);
    // What was read of the held sync so far is written, and that it goes no further, which takes the seconds that a rate
    // is told of; and whoever was told of the queue has looked.
    std::thread::sleep(Duration::from_secs(8));

    let (files, before) = (files(&muster), [ticks(&owner), ticks(&idle)]);
    std::thread::sleep(LOOK);
    let after = [ticks(&owner), ticks(&idle)];
    assert!(files == self::files(&muster), "somebody wrote");
    let share =
        |process: usize| (after[process] - before[process]) as f64 / TICKS / LOOK.as_secs_f64() * 100.0;
    let (owner_share, idle_share) = (share(0), share(1));
    table(
        &format!("{BEHIND} operations behind a stalled lane for {} s", LOOK.as_secs()),
        format!("0 writes; CPU {owner_share:.1} % of its owner, {idle_share:.1} % of a worker"),
    );
    assert!(owner_share < MOST && idle_share < MOST, "{owner_share} {idle_share}");

    // And they were not forgotten.
    peer.let_go();
    assert_eq!(finish(owner).code, 0);
    eventually("the queue moves", || super::live(&muster) < behind - 2);
    terminate(&idle);
    assert_eq!(finish(idle).code, 0);
}

/// Leaves different work to a worker; through the service, which is faster than so many processes.
async fn queue(muster: &Musterctl) {
    let first = detached(muster, &["sync", "hosts", "Berlin"]);
    assert!(!first.is_empty());
    let service = muster.service().await;
    let vcenter = vcenter(&service, "Berlin").await;
    for number in 1..BEHIND {
        let job = Job::SyncHosts { clusters: vec![format!("c{number}")], accept_removals: false };
        service.call(Submit { vcenter: vcenter.id.clone(), job, detached: true }).await.unwrap();
    }
    service.close().await;
}

/// The bytes of the database and of its write-ahead log.
fn files(muster: &Musterctl) -> Vec<Vec<u8>> {
    ["muster.db", "muster.db-wal"]
        .map(|name| std::fs::read(muster.data().join(name)).unwrap_or_else(|_| panic!("no {name}")))
        .into()
}

/// The time a process has had, of all its threads.
fn ticks(child: &Child) -> u64 {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", child.id())).unwrap();
    let (_, fields) = stat.rsplit_once(')').unwrap();
    fields.split_whitespace().skip(11).take(2).map(|ticks| ticks.parse::<u64>().unwrap()).sum()
}
