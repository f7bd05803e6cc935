//! The tray: its icon, words and menu follow what is true, while a tray is there.
//! Refuses to show anything anew that is as it was, and to ask for anything while nobody has a tray.

#[cfg(not(target_os = "linux"))]
mod elsewhere;
mod icons;
#[cfg(target_os = "linux")]
mod linux;
mod model;
mod reading;

#[cfg(not(target_os = "linux"))]
use elsewhere as host;
#[cfg(target_os = "linux")]
use linux as host;

#[cfg(target_os = "linux")]
pub(super) use linux::mark;
pub(crate) use model::Act;

use super::following::{Following, Of};
use crate::shell::Shell;
use contract::Event;
use model::Tray;
use reading::Reading;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::sleep;

/// How often the tray changes at most: a menu that is rebuilt while somebody reads it is no menu.
const GATHER: Duration = Duration::from_millis(500);

/// How often what says for how long is made anew.
const AGES: Duration = Duration::from_secs(60);

/// Shows it, from now on until everything ends.
pub(crate) fn tray(shell: &Shell) {
    let (models, shown) = watch::channel(None);
    let of = shell.clone();
    shell.wiring.run_until_closed(async move { follow(&of, &models).await });
    host::show(shell, shown);
}

/// Makes what is shown anew whenever something changed.
async fn follow(shell: &Shell, models: &watch::Sender<Option<Tray>>) {
    let (mut is_there, mut desktop) = (shell.desk.tray(), shell.desk.changes());
    let mut role = shell.wiring.role().changes();
    let mut following = Following::new(&shell.wiring, Of::Shown, GATHER);
    let (mut reading, mut batch) = (Reading::default(), vec![Event::Lagged]);
    loop {
        if is_there.wait_for(|is_there| *is_there).await.is_err() {
            return;
        }
        let (tray, ages) = match reading.after(&batch, shell).await {
            Ok((known, now)) => (Tray::of(known, now), known.ages()),
            Err(error) => (Tray::broken(&error), false),
        };
        models.send_if_modified(|shown| {
            shown.as_ref() != Some(&tray) && {
                *shown = Some(tray);
                true
            }
        });
        batch = tokio::select! {
            next = following.next() => match next {
                Some(next) => next,
                None => return,
            },
            changed = desktop.changed() => match changed {
                Ok(()) => Vec::new(),
                Err(_) => return,
            },
            changed = role.changed() => match changed {
                Ok(()) => Vec::new(),
                Err(_) => return,
            },
            () = sleep(AGES), if ages => Vec::new(),
        };
    }
}
