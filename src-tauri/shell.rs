//! The desktop shell as a whole: its service, its windows and the desktop they are on, and what the tray's menu does with them.
//! Refuses to end while somebody still wants something from it.

use crate::closing::Closing;
use crate::desk::Desk;
use crate::sinks::{Act, Problem};
use crate::window::{Which, Windows};
use crate::wiring::Wiring;
use contract::command::{ListVcenters, Submit};
use contract::{Door, Job};
use std::time::Duration;
use tauri::{AppHandle, RunEvent};
use tokio::sync::mpsc;
use tokio::time::timeout;

/// How long a tray is waited for that isn't there yet at login, or left for a moment, before a window takes its place.
const TRAY: Duration = Duration::from_secs(20);

/// What couldn't be started and waits to be told; more than anybody starts at once.
const PROBLEMS: usize = 64;

/// All of it. Clones are the same.
#[derive(Clone)]
pub(crate) struct Shell {
    pub(crate) app: AppHandle,
    pub(crate) wiring: Wiring,
    pub(crate) windows: Windows,
    pub(crate) desk: Desk,
    pub(crate) closing: Closing,
    problems: mpsc::Sender<Problem>,
}

impl Shell {
    /// Puts it together; the problems that it is to tell come out of the receiver.
    pub(crate) fn new(
        app: &AppHandle,
        wiring: &Wiring,
        windows: Windows,
        desk: Desk,
    ) -> (Shell, mpsc::Receiver<Problem>) {
        let (problems, told) = mpsc::channel(PROBLEMS);
        let shell = Shell {
            app: app.clone(),
            wiring: wiring.clone(),
            windows,
            desk,
            closing: Closing::default(),
            problems,
        };
        (shell, told)
    }

    /// Does what a line of the tray's menu says.
    pub(crate) fn act(&self, act: Act) {
        match act {
            Act::Open => self.windows.show(self, Which::Main, None),
            Act::OpenVcenters => self.windows.show(self, Which::Main, Some("/vcenter".to_owned())),
            Act::OpenVcenter(id) => self.windows.show(self, Which::Main, Some(format!("/vcenter/{id}"))),
            Act::OpenCompact => self.windows.show(self, Which::Compact, None),
            Act::SyncAll => self.sync_all(),
            Act::Quit => self.closing.quit(self),
        }
    }

    /// Syncs each vCenter; what is under way already is not begun again.
    fn sync_all(&self) {
        let shell = self.clone();
        self.wiring.run_until_closed(async move {
            // Why there is none the tray says.
            let Ok(service) = shell.wiring.service().await else { return };
            let caller = &shell.wiring.caller().through(Door::Tray);
            let Ok(vcenters) = service.call(caller, ListVcenters {}).await else { return };
            for vcenter in vcenters {
                let full = Submit { vcenter: vcenter.id.clone(), job: Job::FULL_SYNC, detached: false };
                if let Err(error) = service.call(caller, full).await {
                    // Nobody waits for it where there are too many already.
                    let _ = shell.problems.try_send(Problem { vcenter, error });
                }
            }
        });
    }

    /// The last window closes, and Muster goes on; where the tray went meanwhile it ends.
    pub(crate) fn stay_in_tray(&self) {
        if !self.desk.has_tray() {
            return self.closing.quit(self);
        }
        self.desk.reside(true);
        self.windows.close_all();
    }

    /// Sees to it that nobody is left without a way in: where the tray goes while no window is open, one is opened.
    pub(crate) fn watch(&self) {
        let shell = self.clone();
        self.wiring.run_until_closed(async move {
            let mut tray = shell.desk.tray();
            loop {
                let is_there = *tray.borrow_and_update();
                let changed = match is_there {
                    true => tray.changed().await.is_ok(),
                    false => match timeout(TRAY, tray.changed()).await {
                        Ok(changed) => changed.is_ok(),
                        Err(_) => {
                            if shell.desk.is_resident() {
                                shell.windows.show_minimized(&shell);
                            }
                            tray.changed().await.is_ok()
                        }
                    },
                };
                if !changed {
                    return;
                }
            }
        });
    }

    /// Ends Muster in order.
    pub(crate) fn quit(&self) {
        self.desk.reside(false);
        self.app.exit(0);
    }

    /// What the event loop tells.
    pub(crate) fn on(&self, event: &RunEvent) {
        if let RunEvent::ExitRequested { code: None, api, .. } = event
            && self.desk.is_resident()
        {
            api.prevent_exit();
        }
    }
}
