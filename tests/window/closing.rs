//! Closes a window as a user does: asked to by its display, it ends in order.
//! Or ends it as a system does, by a signal. Refuses to kill it, which is what the end of a WebDriver session does.

use super::driver::POLL;
use super::screen::Screen;
use crate::support::PATIENCE;
use anyhow::{Context, Result, ensure};
use std::time::Instant;
use x11rb::{
    connection::Connection,
    protocol::xproto::{Atom, AtomEnum, ClientMessageEvent, ConnectionExt, EventMask, MapState, Window},
    rust_connection::RustConnection,
};

/// Asks the window on a screen to close, and waits until its process has ended.
pub(super) fn close(screen: &Screen) -> Result<()> {
    wait_for_end(ask(screen)?)
}

/// The title of the window on a screen, as its display knows it.
pub(super) fn title(screen: &Screen) -> Result<String> {
    let (display, window) = shown(screen)?;
    let (name, utf8) = (atom(&display, "_NET_WM_NAME")?, atom(&display, "UTF8_STRING")?);
    let title = display.get_property(false, window, name, utf8, 0, 1024)?.reply()?;
    Ok(String::from_utf8(title.value)?)
}

/// Asks the window on a screen to close, as its frame does; answers with its process.
pub(super) fn ask(screen: &Screen) -> Result<u32> {
    let (display, window) = shown(screen)?;
    let (protocols, delete) = (atom(&display, "WM_PROTOCOLS")?, atom(&display, "WM_DELETE_WINDOW")?);
    let process = owner(&display, window)?;

    let please = ClientMessageEvent::new(32, window, protocols, [delete, x11rb::CURRENT_TIME, 0, 0, 0]);
    display.send_event(false, window, EventMask::NO_EVENT, please)?;
    // A server drops what a client asked for that is gone before it was read: an answer shows that it was.
    display.get_input_focus()?.reply()?;
    Ok(process)
}

/// Sends the process of the window on a screen the signal with which systems stop services, and waits for its end.
pub(super) fn terminate(screen: &Screen) -> Result<()> {
    let process = process(screen)?;
    let sent = std::process::Command::new("kill").args(["-TERM", &process.to_string()]).status()?;
    ensure!(sent.success(), "no signal could be sent");
    wait_for_end(process)
}

/// The process of the window on a screen.
pub(super) fn process(screen: &Screen) -> Result<u32> {
    let (display, window) = shown(screen)?;
    owner(&display, window)
}

/// The window on a screen, and the connection to its display.
fn shown(screen: &Screen) -> Result<(RustConnection, Window)> {
    let (display, number) = x11rb::connect(Some(screen.display()))?;
    let root = display.setup().roots[number].root;
    let protocols = atom(&display, "WM_PROTOCOLS")?;
    let window = window(&display, root, protocols)?.context("no window on the screen")?;
    Ok((display, window))
}

fn owner(display: &RustConnection, window: Window) -> Result<u32> {
    let owner = atom(display, "_NET_WM_PID")?;
    let owner = display.get_property(false, window, owner, AtomEnum::CARDINAL, 0, 1)?.reply()?;
    owner.value32().and_then(|mut values| values.next()).context("a window of no process")
}

/// Waits until a process has ended, which is later than its window is gone.
pub(super) fn wait_for_end(process: u32) -> Result<()> {
    let asked = Instant::now();
    while is_running(process) {
        ensure!(
            asked.elapsed() < PATIENCE,
            "the window was asked to close, and its process {process} goes on"
        );
        std::thread::sleep(POLL);
    }
    Ok(())
}

fn atom(display: &RustConnection, name: &str) -> Result<Atom> {
    Ok(display.intern_atom(false, name.as_bytes())?.reply()?.atom)
}

/// The one that is shown and can be asked to close.
fn window(display: &RustConnection, root: Window, protocols: Atom) -> Result<Option<Window>> {
    for window in display.query_tree(root)?.reply()?.children {
        let known = display.get_property(false, window, protocols, AtomEnum::ATOM, 0, 8)?.reply()?;
        let shown = display.get_window_attributes(window)?.reply()?.map_state == MapState::VIEWABLE;
        if shown && known.value_len > 0 {
            return Ok(Some(window));
        }
    }
    Ok(None)
}

/// A process that ended and that its parent has not looked at yet is not running.
fn is_running(process: u32) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    status.rsplit_once(')').is_some_and(|(_, state)| !state.trim_start().starts_with('Z'))
}
