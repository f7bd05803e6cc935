//! Commands on a window itself: how large its page is, and how it closes.
//! Refuses to decide anything: each is one call.

use super::Answer;
use crate::{shell::Shell, window::Which};
use contract::{ApiError, Code, OnClose, command::*};
use tauri::{State, WebviewWindow};

#[tauri::command]
pub(crate) async fn shown_zoom(
    shell: State<'_, Shell>,
    window: WebviewWindow,
    args: ShownZoom,
) -> Answer<ShownZoom> {
    let ShownZoom {} = args;
    Ok(shell.windows.places(Which::of(&window)).now().zoom)
}

#[tauri::command]
pub(crate) async fn set_zoom(
    shell: State<'_, Shell>,
    window: WebviewWindow,
    args: SetZoom,
) -> Answer<SetZoom> {
    shell.windows.zoom(&shell.desk, &window, |place| place.with_zoom(args.percent)).map_err(unzoomed)
}

#[tauri::command]
pub(crate) async fn zoom_window(
    shell: State<'_, Shell>,
    window: WebviewWindow,
    args: ZoomWindow,
) -> Answer<ZoomWindow> {
    shell.windows.zoom(&shell.desk, &window, |place| place.zoomed(args.larger)).map_err(unzoomed)
}

fn unzoomed(error: tauri::Error) -> ApiError {
    ApiError::new(Code::Failed, format!("The page can't be zoomed: {error}"))
}

#[tauri::command]
pub(crate) async fn await_closing(
    shell: State<'_, Shell>,
    window: WebviewWindow,
    args: AwaitClosing,
) -> Answer<AwaitClosing> {
    let AwaitClosing {} = args;
    shell.closing.asked(Which::of(&window)).await
}

#[tauri::command]
pub(crate) async fn ask_to_close(
    shell: State<'_, Shell>,
    window: WebviewWindow,
    args: AskToClose,
) -> Answer<AskToClose> {
    let AskToClose {} = args;
    shell.closing.ask(Which::of(&window), &shell);
    Ok(())
}

#[tauri::command]
pub(crate) async fn close_window(shell: State<'_, Shell>, args: CloseWindow) -> Answer<CloseWindow> {
    shell.closing.close(&shell, args.finish_first).await;
    Ok(())
}

#[tauri::command]
pub(crate) async fn keep_window_open(
    shell: State<'_, Shell>,
    args: KeepWindowOpen,
) -> Answer<KeepWindowOpen> {
    let KeepWindowOpen {} = args;
    shell.closing.stay();
    Ok(())
}

#[tauri::command]
pub(crate) async fn stay_in_tray(shell: State<'_, Shell>, args: StayInTray) -> Answer<StayInTray> {
    // One that can't be kept holds for the run; the window is gone before anybody could read why.
    let kept = if args.remember { shell.desk.remember(OnClose::Keep) } else { Ok(()) };
    shell.stay_in_tray();
    kept
}

#[tauri::command]
pub(crate) async fn quit_muster(shell: State<'_, Shell>, args: QuitMuster) -> Answer<QuitMuster> {
    let kept = if args.remember { shell.desk.remember(OnClose::Quit) } else { Ok(()) };
    shell.closing.quit(&shell);
    kept
}
