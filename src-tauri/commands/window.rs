//! Commands on the window itself: how large its page is, and how it closes.
//! Refuses to decide anything: each is one call.

use super::Answer;
use crate::{closing::Closing, place::Places, wiring::Wiring};
use contract::{ApiError, Code, command::*};
use tauri::{AppHandle, State, WebviewWindow};

#[tauri::command]
pub(crate) async fn zoom_window(
    places: State<'_, Places>,
    window: WebviewWindow,
    args: ZoomWindow,
) -> Answer<ZoomWindow> {
    places
        .zoom(&window, args.larger)
        .map_err(|e| ApiError::new(Code::Failed, format!("The page can't be zoomed: {e}")))
}

#[tauri::command]
pub(crate) async fn await_closing(closing: State<'_, Closing>, args: AwaitClosing) -> Answer<AwaitClosing> {
    let AwaitClosing {} = args;
    closing.asked().await;
    Ok(())
}

#[tauri::command]
pub(crate) async fn ask_to_close(
    app: AppHandle,
    closing: State<'_, Closing>,
    wiring: State<'_, Wiring>,
    args: AskToClose,
) -> Answer<AskToClose> {
    let AskToClose {} = args;
    closing.ask(&app, &wiring);
    Ok(())
}

#[tauri::command]
pub(crate) async fn close_window(
    app: AppHandle,
    closing: State<'_, Closing>,
    wiring: State<'_, Wiring>,
    args: CloseWindow,
) -> Answer<CloseWindow> {
    closing.close(&app, &wiring, args.finish_first).await;
    Ok(())
}

#[tauri::command]
pub(crate) async fn keep_window_open(
    closing: State<'_, Closing>,
    args: KeepWindowOpen,
) -> Answer<KeepWindowOpen> {
    let KeepWindowOpen {} = args;
    closing.stay();
    Ok(())
}
