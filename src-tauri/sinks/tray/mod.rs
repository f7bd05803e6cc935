//! The tray: its icon, words and menu follow what is true, while a tray is there.
//! Refuses to show anything anew that is as it was, and to ask for anything while nobody has a tray.

#[cfg(not(target_os = "linux"))]
mod elsewhere;
mod icons;
#[cfg(target_os = "linux")]
mod linux;
mod model;

#[cfg(not(target_os = "linux"))]
use elsewhere as host;
#[cfg(target_os = "linux")]
use linux as host;

#[cfg(target_os = "linux")]
pub(super) use linux::mark;
pub(crate) use model::Act;

use super::following::{Following, Of};
use super::quiet;
use crate::shell::Shell;
use contract::ApiError;
use contract::command::{ListOperations, ListStatus, ListVcenters, OperationFilter, Submit};
use model::{Known, Tray};
use std::time::Duration;
use tokio::sync::watch;

/// How often the tray changes at most: a menu that is rebuilt while somebody reads it is no menu.
const GATHER: Duration = Duration::from_millis(500);

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
    let mut following = Following::new(&shell.wiring, Of::Shown, GATHER);
    loop {
        if is_there.wait_for(|is_there| *is_there).await.is_err() {
            return;
        }
        let tray = match read(shell).await {
            Ok(known) => Tray::of(&known, |id| quiet::of(&known.statuses, id)),
            Err(error) => Tray::broken(&error),
        };
        models.send_if_modified(|shown| {
            shown.as_ref() != Some(&tray) && {
                *shown = Some(tray);
                true
            }
        });
        let goes_on = tokio::select! {
            batch = following.next() => batch.is_some(),
            changed = desktop.changed() => changed.is_ok(),
        };
        if !goes_on {
            return;
        }
    }
}

async fn read(shell: &Shell) -> Result<Known, ApiError> {
    let (service, caller) = (shell.wiring.service().await?, shell.wiring.caller());
    let active = ListOperations { filter: OperationFilter::default(), limit: 0 };
    let (vcenters, statuses, active) = tokio::join!(
        service.call(caller, ListVcenters {}),
        service.call(caller, ListStatus {}),
        service.call(caller, active)
    );
    let active: Vec<_> = active?.into_iter().filter(|operation| !operation.state.is_final()).collect();
    service.look_seldom(shell.desk.is_resident() && active.is_empty());
    Ok(Known {
        vcenters: vcenters?,
        statuses: statuses?,
        active,
        may_sync: caller.may::<Submit>().is_ok(),
        is_simulated: shell.wiring.shown().await?.simulated,
    })
}
