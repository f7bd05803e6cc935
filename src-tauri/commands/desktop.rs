//! Commands on the desktop: its windows, and how Muster uses it.
//! Refuses to decide anything: each is one call.

use super::Answer;
use crate::{shell::Shell, window::Which, wiring::Wiring};
use contract::command::*;
use contract::{ApiError, Code};
use std::time::Duration;
use tauri::State;

/// How long what opens a browser is watched.
const STARTED: Duration = Duration::from_secs(3);

#[tauri::command]
pub(crate) async fn open_server(wiring: State<'_, Wiring>, args: OpenServer) -> Answer<OpenServer> {
    let OpenServer { server } = args;
    // The page names a server, and never an address: what is opened is what a scan or a person made known.
    let server =
        wiring.service().await?.call(&wiring.caller(), ShowServer { server: server.to_string() }).await?;
    let url = server.url.clone();
    // A browser that can't start says so within that time, or never.
    let opened =
        tauri::async_runtime::spawn_blocking(move || open::that_detached_with_timeout(&url, STARTED)).await;
    match opened {
        Ok(Ok(())) => Ok(()),
        failed => {
            tracing::warn!(?failed, "no browser could be started");
            Err(ApiError::new(Code::Failed, format!("no browser could be started for {}", server.url))
                .next("Open this address in a browser yourself."))
        }
    }
}

#[tauri::command]
pub(crate) async fn open_compact(shell: State<'_, Shell>, args: OpenCompact) -> Answer<OpenCompact> {
    let OpenCompact {} = args;
    shell.windows.show(&shell, Which::Compact, None);
    Ok(())
}

#[tauri::command]
pub(crate) async fn open_main(shell: State<'_, Shell>, args: OpenMain) -> Answer<OpenMain> {
    shell.windows.show(&shell, Which::Main, args.address);
    Ok(())
}

#[tauri::command]
pub(crate) async fn shown_desktop(shell: State<'_, Shell>, args: ShownDesktop) -> Answer<ShownDesktop> {
    let ShownDesktop {} = args;
    Ok(shell.desk.shown())
}

#[tauri::command]
pub(crate) async fn set_desktop(shell: State<'_, Shell>, args: SetDesktop) -> Answer<SetDesktop> {
    shell.desk.choose(args.preferences)
}

#[tauri::command]
pub(crate) async fn set_autostart(shell: State<'_, Shell>, args: SetAutostart) -> Answer<SetAutostart> {
    shell.desk.start_at_login(args.on)
}
