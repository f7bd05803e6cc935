//! Tells a process to end, and sees that it does.
//! Refuses to wait for one that hangs: it fails the test, and is ended with it.

use super::{Run, finish, table};
use std::process::{Child, Command};
use std::time::{Duration, Instant};

/// The five seconds that everything has to end in, with what a busy machine adds.
pub(crate) const END: Duration = Duration::from_secs(8);

/// A run that ended in time.
pub(crate) struct Ended {
    pub(crate) run: Run,
    /// How long it took.
    pub(crate) after: Duration,
}

/// Ctrl-C.
pub(crate) fn interrupt(child: &Child) {
    signal(child, "INT");
}

/// What systems stop services with.
pub(crate) fn terminate(child: &Child) {
    signal(child, "TERM");
}

fn signal(child: &Child, name: &str) {
    let id = child.id().to_string();
    assert!(Command::new("kill").args([&format!("-{name}"), &id]).status().unwrap().success());
}

/// Waits for the end of what was told to end, and says how it ended: a line of the table of faults.
pub(crate) fn ends_in_time(mut child: Child, fault: &str) -> Ended {
    let told = Instant::now();
    while child.try_wait().unwrap().is_none() {
        if told.elapsed() > END {
            child.kill().unwrap();
            panic!("{fault}: it goes on after {END:?}: {:?}", finish(child));
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    let after = told.elapsed();
    let run = finish(child);
    table(fault, format!("ended with {} after {after:.1?}", run.code));
    Ended { run, after }
}
