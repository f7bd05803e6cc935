//! The signals with which a system, or whoever started Muster in a terminal, ends it.
//! Refuses to die of them: the window closes as it does for its user, so that no session is left on a vCenter.

use crate::wiring::Wiring;
use tauri::AppHandle;

/// Closes the window at the first of them.
pub(crate) fn obey(app: &AppHandle, wiring: &Wiring) {
    let app = app.clone();
    wiring.run_until_closed(async move {
        // A system that doesn't hand them over ends the process by itself.
        if next().await.is_ok() {
            app.exit(0);
        }
    });
}

#[cfg(unix)]
async fn next() -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    Ok(())
}

#[cfg(windows)]
async fn next() -> std::io::Result<()> {
    tokio::signal::ctrl_c().await
}
