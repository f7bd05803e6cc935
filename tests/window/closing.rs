//! Closes a window as a user does: asked to by its display, it ends in order.
//! Or ends it as a system does, by a signal. Refuses to kill it, which is what the end of a WebDriver session does.

use super::driver::POLL;
use super::screen::Screen;
use crate::support::PATIENCE;
use anyhow::{Context, Result, ensure};
use std::time::Instant;
use x11rb::{
    connection::Connection,
    protocol::Event,
    protocol::xproto::{
        Atom, AtomEnum, ChangeWindowAttributesAux, ClientMessageEvent, ConnectionExt, EventMask, InputFocus,
        MapState, Window,
    },
    rust_connection::RustConnection,
};

/// Asks the window on a screen to close, and waits until its process has ended.
pub(super) fn close(screen: &Screen) -> Result<()> {
    wait_for_end(ask(screen)?)
}

/// The title of the window on a screen, as its display knows it.
pub(super) fn title(screen: &Screen) -> Result<String> {
    let (display, window) = shown(screen)?;
    title_of(&display, window)
}

/// The titles of all windows on a screen.
pub(super) fn titles(screen: &Screen) -> Result<Vec<String>> {
    let (display, windows) = all(screen)?;
    windows.into_iter().map(|window| title_of(&display, window)).collect()
}

/// Asks the window on a screen to close, as its frame does; answers with its process.
pub(super) fn ask(screen: &Screen) -> Result<u32> {
    let (display, window) = shown(screen)?;
    ask_to_close(&display, window)
}

/// The same of several, by its title.
pub(super) fn ask_the_one(screen: &Screen, title: &str) -> Result<u32> {
    let (display, window) = by_title(screen, title)?;
    ask_to_close(&display, window)
}

/// Gives the focus to a window by its title, or to none.
pub(super) fn focus(screen: &Screen, title: Option<&str>) -> Result<()> {
    let (display, window) = match title {
        Some(title) => by_title(screen, title)?,
        None => (x11rb::connect(Some(screen.display()))?.0, x11rb::NONE),
    };
    display.set_input_focus(InputFocus::NONE, window, x11rb::CURRENT_TIME)?;
    display.get_input_focus()?.reply()?;
    Ok(())
}

/// What windows ask their window manager for, heard on a screen that has none.
pub(super) struct Asked {
    display: RustConnection,
}

impl Asked {
    /// From now on.
    pub(super) fn of(screen: &Screen) -> Result<Asked> {
        let (display, number) = x11rb::connect(Some(screen.display()))?;
        let root = display.setup().roots[number].root;
        let hear = ChangeWindowAttributesAux::new().event_mask(EventMask::SUBSTRUCTURE_NOTIFY);
        display.change_window_attributes(root, &hear)?.check()?;
        Ok(Asked { display })
    }

    /// Whether the window of this title asked to stay above others.
    pub(super) fn to_be_above(&self, title: &str) -> Result<bool> {
        let (state, above) =
            (atom(&self.display, "_NET_WM_STATE")?, atom(&self.display, "_NET_WM_STATE_ABOVE")?);
        self.display.get_input_focus()?.reply()?;
        while let Some(event) = self.display.poll_for_event()? {
            let Event::ClientMessage(asked) = event else { continue };
            let [adds, what, ..] = asked.data.as_data32();
            if asked.type_ == state
                && (adds, what) == (1, above)
                && title_of(&self.display, asked.window)? == title
            {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

fn by_title(screen: &Screen, title: &str) -> Result<(RustConnection, Window)> {
    let (display, windows) = all(screen)?;
    let is_it = |window: &Window| title_of(&display, *window).is_ok_and(|shown| shown == title);
    let window = windows.into_iter().find(is_it).with_context(|| format!("no window is called {title:?}"))?;
    Ok((display, window))
}

fn title_of(display: &RustConnection, window: Window) -> Result<String> {
    let (name, utf8) = (atom(display, "_NET_WM_NAME")?, atom(display, "UTF8_STRING")?);
    let title = display.get_property(false, window, name, utf8, 0, 1024)?.reply()?;
    Ok(String::from_utf8(title.value)?)
}

fn ask_to_close(display: &RustConnection, window: Window) -> Result<u32> {
    let (protocols, delete) = (atom(display, "WM_PROTOCOLS")?, atom(display, "WM_DELETE_WINDOW")?);
    let process = owner(display, window)?;

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
    let (display, windows) = all(screen)?;
    let window = windows.first().copied().context("no window on the screen")?;
    Ok((display, window))
}

/// The windows on a screen that are shown and can be asked to close, and the connection to its display.
fn all(screen: &Screen) -> Result<(RustConnection, Vec<Window>)> {
    let (display, number) = x11rb::connect(Some(screen.display()))?;
    let root = display.setup().roots[number].root;
    let protocols = atom(&display, "WM_PROTOCOLS")?;
    let mut all = Vec::new();
    for window in display.query_tree(root)?.reply()?.children {
        // One that has been closed meanwhile is none.
        let known = display.get_property(false, window, protocols, AtomEnum::ATOM, 0, 8)?.reply();
        let shown = display.get_window_attributes(window)?.reply();
        let is_shown = shown.is_ok_and(|shown| shown.map_state == MapState::VIEWABLE);
        if is_shown && known.is_ok_and(|known| known.value_len > 0) {
            all.push(window);
        }
    }
    Ok((display, all))
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

/// Whether a display has a window of this title, shown or not.
pub(super) fn exists(display: &str, title: &str) -> bool {
    let look = || -> Result<bool> {
        let (display, number) = x11rb::connect(Some(display))?;
        let root = display.setup().roots[number].root;
        let windows = display.query_tree(root)?.reply()?.children;
        Ok(windows.into_iter().any(|window| title_of(&display, window).is_ok_and(|shown| shown == title)))
    };
    look().unwrap_or(false)
}

/// A process that ended and that its parent has not looked at yet is not running.
pub(super) fn is_running(process: u32) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    status.rsplit_once(')').is_some_and(|(_, state)| !state.trim_start().starts_with('Z'))
}
