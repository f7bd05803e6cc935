//! Ctrl-C, and the signal with which services are stopped.
//! Refuses to let one press mean two things: while somebody has taken the presses, nobody else hears of them. And to let
//! a command hang: whatever the one who hears a press is stuck in, the process ends in time.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::Instant;

/// From a press to the end of the process, in order if that is possible.
const PATIENCE: Duration = Duration::from_millis(4900);

/// What of it is kept for ending after the service was closed.
const LAST: Duration = Duration::from_millis(300);

/// The presses of one run, from the moment it listens.
pub(crate) struct Interrupts {
    heard: Arc<Heard>,
    _listener: JoinSet<()>,
}

/// What was pressed so far.
#[derive(Default)]
struct Heard {
    taken: AtomicBool,
    to_taker: Notify,
    to_nobody: Notify,
    is_terminated: AtomicBool,
    end: Mutex<Option<Instant>>,
}

impl Interrupts {
    /// From now on a press no longer kills the process.
    pub(crate) fn listen() -> std::io::Result<Interrupts> {
        let signals = Signals::listen()?;
        let heard = Arc::new(Heard::default());
        let mut listener = JoinSet::new();
        // A task of its own: the command runs on the main thread, which may be stuck in a write to a pipe that nobody
        // reads, and tasks run on the runtime's other threads.
        listener.spawn(heard.clone().listen(signals));
        Ok(Interrupts { heard, _listener: listener })
    }

    /// Ends at a press that nobody has taken.
    pub(crate) async fn unhandled(&self) {
        self.heard.to_nobody.notified().await;
    }

    /// From now on, until the answer is dropped, presses go to it.
    pub(crate) fn take(&self) -> Presses<'_> {
        self.heard.taken.store(true, Ordering::Relaxed);
        Presses(&self.heard)
    }

    /// When everything has to have ended, if a press said so.
    pub(crate) fn end(&self) -> Option<Instant> {
        self.heard.end().map(|end| end.checked_sub(LAST).unwrap_or(end))
    }
}

/// The presses, for one who decides what they mean.
pub(crate) struct Presses<'a>(&'a Heard);

impl Presses<'_> {
    /// Ends at the next press.
    pub(crate) async fn next(&self) {
        self.0.to_taker.notified().await;
    }

    /// Whether the process was told to end, and not by a person who could press again.
    pub(crate) fn is_terminated(&self) -> bool {
        self.0.is_terminated.load(Ordering::Relaxed)
    }

    /// The last press ends nothing yet; the next one does.
    pub(crate) fn keep_going(&self) {
        *self.0.end.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

impl Drop for Presses<'_> {
    fn drop(&mut self) {
        self.0.taken.store(false, Ordering::Relaxed);
    }
}

impl Heard {
    async fn listen(self: Arc<Self>, mut signals: Signals) {
        loop {
            let end = self.end();
            let late = async {
                match end {
                    Some(end) => tokio::time::sleep_until(end).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                signal = signals.next() => self.hear(signal),
                // Unless it was taken back in the meantime.
                () = late => if self.end() == end { self::late() },
            }
        }
    }

    fn hear(&self, signal: Signal) {
        if signal == Signal::Terminate {
            self.is_terminated.store(true, Ordering::Relaxed);
        }
        self.end.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(Instant::now() + PATIENCE);
        let taken = self.taken.load(Ordering::Relaxed);
        if taken { self.to_taker.notify_one() } else { self.to_nobody.notify_one() }
    }

    fn end(&self) -> Option<Instant> {
        *self.end.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Ends a process that did not end in order.
fn late() -> ! {
    std::process::exit(crate::exit::Exit::Cancelled as i32)
}

/// What a process is ended with.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Signal {
    Interrupt,
    Terminate,
}

#[cfg(unix)]
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
    /// The terminal is gone, as when somebody closes a laptop with a session on another machine.
    hang_up: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn listen() -> std::io::Result<Signals> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Signals {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hang_up: signal(SignalKind::hangup())?,
        })
    }

    async fn next(&mut self) -> Signal {
        tokio::select! {
            _ = self.interrupt.recv() => Signal::Interrupt,
            _ = self.terminate.recv() => Signal::Terminate,
            _ = self.hang_up.recv() => Signal::Terminate,
        }
    }
}

#[cfg(windows)]
struct Signals {
    interrupt: tokio::signal::windows::CtrlC,
    /// What a program is ended with that was started in a group of its own, which hears of no Ctrl-C.
    ctrl_break: tokio::signal::windows::CtrlBreak,
    /// The console is closed: Windows ends the process about five seconds later.
    close: tokio::signal::windows::CtrlClose,
    /// A service hears of this, and of everybody who logs off, too: that is not listened to, as it has to go on.
    shut_down: tokio::signal::windows::CtrlShutdown,
}

#[cfg(windows)]
impl Signals {
    fn listen() -> std::io::Result<Signals> {
        use tokio::signal::windows::{ctrl_break, ctrl_c, ctrl_close, ctrl_shutdown};
        Ok(Signals {
            interrupt: ctrl_c()?,
            ctrl_break: ctrl_break()?,
            close: ctrl_close()?,
            shut_down: ctrl_shutdown()?,
        })
    }

    async fn next(&mut self) -> Signal {
        tokio::select! {
            _ = self.interrupt.recv() => Signal::Interrupt,
            _ = self.ctrl_break.recv() => Signal::Terminate,
            _ = self.close.recv() => Signal::Terminate,
            _ = self.shut_down.recv() => Signal::Terminate,
        }
    }
}
