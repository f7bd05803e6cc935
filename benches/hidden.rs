//! Muster in the tray, without a window, on a session bus and a display of its own.
//! Refuses to measure: it starts, answers when the tray is there, and says what its process has taken so far.

use crate::page::{display, first_line, muster, resident, ticks_in};
use crate::watcher::Watcher;
use anyhow::{Context, Result};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// The process, and what it needs.
pub(crate) struct Hidden {
    process: Child,
    others: [Child; 2],
    watcher: Watcher,
}

/// What the kernel counted of the process so far.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Taken {
    /// CPU ticks of all its threads.
    pub(crate) ticks: u64,
    /// How often one of its threads went to sleep and was woken again.
    pub(crate) wakeups: u64,
}

impl Hidden {
    /// Starts it on a data folder, with passwords from a folder.
    pub(crate) async fn start(data: &Path) -> Result<Hidden> {
        let (screen, number) = display()?;
        let mut bus = Command::new("dbus-daemon")
            .args(["--session", "--nofork", "--print-address=1"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .context("dbus-daemon: ./dev bench installs it")?;
        let address = first_line(&mut bus)?;
        let watcher = Watcher::start(&address).await?;
        let process = Command::new(muster()?)
            .args(["--hidden", "--data-dir"])
            .arg(data)
            .env("DISPLAY", format!(":{number}"))
            .env("DBUS_SESSION_BUS_ADDRESS", &address)
            .env_remove("WAYLAND_DISPLAY")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .context("muster")?;
        let hidden = Hidden { process, others: [bus, screen], watcher };
        hidden.watcher.wait_until("it is there", |shown| shown.labels().contains(&"Quit")).await?;
        Ok(hidden)
    }

    /// What it has taken so far.
    pub(crate) fn taken(&self) -> Result<Taken> {
        let mut taken = Taken { ticks: 0, wakeups: 0 };
        for thread in std::fs::read_dir(format!("/proc/{}/task", self.process.id()))? {
            let thread = thread?.path();
            // One that has ended meanwhile takes nothing more.
            let (Ok(stat), Ok(status)) = (
                std::fs::read_to_string(thread.join("stat")),
                std::fs::read_to_string(thread.join("status")),
            ) else {
                continue;
            };
            taken.ticks += ticks_in(&stat);
            let slept = status.lines().find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"));
            taken.wakeups += slept.and_then(|slept| slept.trim().parse::<u64>().ok()).unwrap_or(0);
        }
        Ok(taken)
    }

    /// What it holds of the machine's memory, in bytes.
    pub(crate) fn memory(&self) -> Result<usize> {
        resident(self.process.id())
    }

    /// Ends it as its user does.
    pub(crate) async fn close(mut self) -> Result<()> {
        self.watcher.click("Quit").await?;
        self.process.wait()?;
        Ok(())
    }
}

impl Drop for Hidden {
    fn drop(&mut self) {
        for process in std::iter::once(&mut self.process).chain(&mut self.others) {
            // What has ended is what is wanted.
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}
