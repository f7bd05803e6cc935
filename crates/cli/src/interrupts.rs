//! Ctrl-C, and the signal with which services are stopped.
//! Refuses to let one press mean two things: while somebody has taken the presses, nobody else hears of them.

use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::{Mutex, Notify};

/// The presses of one run, from the moment it listens.
pub(crate) struct Interrupts {
    signals: Mutex<Signals>,
    taken: AtomicBool,
    pressed: Notify,
}

impl Interrupts {
    /// From now on a press no longer kills the process.
    pub(crate) fn listen() -> std::io::Result<Interrupts> {
        let signals = Mutex::new(Signals::listen()?);
        Ok(Interrupts { signals, taken: AtomicBool::new(false), pressed: Notify::new() })
    }

    /// Ends at a press that nobody has taken; hands the others on, so it must be polled all the time.
    pub(crate) async fn unhandled(&self) {
        let mut signals = self.signals.lock().await;
        loop {
            signals.next().await;
            if !self.taken.load(Ordering::Relaxed) {
                return;
            }
            self.pressed.notify_one();
        }
    }

    /// From now on, until the answer is dropped, presses go to it.
    pub(crate) fn take(&self) -> Presses<'_> {
        self.taken.store(true, Ordering::Relaxed);
        Presses(self)
    }
}

/// The presses, for one who decides what they mean.
pub(crate) struct Presses<'a>(&'a Interrupts);

impl Presses<'_> {
    /// Ends at the next press.
    pub(crate) async fn next(&self) {
        self.0.pressed.notified().await;
    }
}

impl Drop for Presses<'_> {
    fn drop(&mut self) {
        self.0.taken.store(false, Ordering::Relaxed);
    }
}

#[cfg(unix)]
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn listen() -> std::io::Result<Signals> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Signals {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

#[cfg(windows)]
struct Signals(tokio::signal::windows::CtrlC);

#[cfg(windows)]
impl Signals {
    fn listen() -> std::io::Result<Signals> {
        tokio::signal::windows::ctrl_c().map(Signals)
    }

    async fn next(&mut self) {
        let _ = self.0.recv().await;
    }
}
