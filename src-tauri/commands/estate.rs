//! Which estate is shown, and what changes in it.
//! Refuses to decide anything: each is one call into the wiring.

use super::Answer;
use crate::{shell::Shell, sinks, wiring::Wiring};
use contract::{Event, command::*};
use tauri::{State, WebviewWindow, ipc::Channel};

#[tauri::command]
pub(crate) async fn shown_estate(wiring: State<'_, Wiring>, args: ShownEstate) -> Answer<ShownEstate> {
    let ShownEstate {} = args;
    wiring.shown().await
}

#[tauri::command]
pub(crate) async fn explore_simulated(
    wiring: State<'_, Wiring>,
    args: ExploreSimulated,
) -> Answer<ExploreSimulated> {
    let ExploreSimulated {} = args;
    wiring.explore().await
}

#[tauri::command]
pub(crate) async fn leave_simulated(
    wiring: State<'_, Wiring>,
    args: LeaveSimulated,
) -> Answer<LeaveSimulated> {
    let LeaveSimulated {} = args;
    wiring.leave().await
}

#[tauri::command]
pub(crate) async fn subscribe(
    wiring: State<'_, Wiring>,
    shell: State<'_, Shell>,
    window: WebviewWindow,
    args: Subscribe,
    events: Channel<Vec<Event>>,
) -> Answer<Subscribe> {
    let Subscribe {} = args;
    // Somebody looks from now on.
    if let Some(service) = wiring.opened().await {
        service.look_seldom(false);
    }
    sinks::webview(&wiring, window.label(), events, shell.desk.changes());
    Ok(())
}
