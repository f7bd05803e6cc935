//! What walks share: a vCenter to talk to, and `musterctl` to talk with.
//! Refuses to reuse anything between tests: each has its own server and its own data folder.

mod disk;
mod ended;
mod line;
mod musterctl;
mod peer;
mod proxies;
mod random;
mod receivers;
mod script;
mod simulator;
mod sushy;
mod wine;

pub(crate) use disk::Disk;
pub(crate) use ended::{END, Ended, ends_in_time, interrupt, terminate};
pub(crate) use line::{Line, nobody};
pub(crate) use musterctl::{Musterctl, Run, finish, refreshed, vcenter};
pub(crate) use peer::{PASSWORD, Peer, program};
pub(crate) use proxies::Proxies;
pub(crate) use random::{Random, number, seed};
pub(crate) use receivers::Receivers;
pub(crate) use simulator::Simulator;
pub(crate) use sushy::Sushy;
pub(crate) use wine::{windows, wine};

use std::time::{Duration, Instant};

/// Longer than anything takes on a busy machine with two cores; what hangs must end.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// A line of the table of faults: what went wrong, and what came of it.
#[expect(clippy::print_stdout, reason = "the table is what the output of the tests is for")]
pub(crate) fn table(fault: &str, outcome: impl std::fmt::Display) {
    println!("fault | {fault} | {outcome}");
}

/// A line of the table of questions: what it took to have an answer.
#[expect(clippy::print_stdout, reason = "the table is what the output of the tests is for")]
pub(crate) fn answered(question: &str, by: impl std::fmt::Display) {
    println!("question | {question} | {by}");
}

/// Waits until the only vCenter's data is stale and may be read by itself again: that takes a tenth of the time at most, so
/// it rests after each read, the longer that took.
pub(crate) fn rested(muster: &Musterctl) {
    eventually("the data is stale and nothing holds reading back", || {
        let status = muster.ok(&["status"]);
        status[0]["fresh"] == false && status[0]["refresh_waits"].is_null()
    });
}

/// Waits until something holds, looking again and again; fails with `what` when it never does.
pub(crate) fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < PATIENCE, "it never came true that {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}
