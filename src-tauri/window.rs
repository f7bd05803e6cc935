//! The windows: the main one, and the compact one that stays above others.
//! Refuses to leave the embedded page: no navigation elsewhere, no window of the page's own, no download.

use crate::Arguments;
use crate::desk::Desk;
use crate::place::{Place, Places, screens};
use crate::shell::Shell;
use clap::Parser;
#[cfg(target_os = "linux")]
use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::sync::Arc;
#[cfg(target_os = "linux")]
use std::time::{Duration, Instant};
use tauri::{
    AppHandle, Manager, Url, WebviewUrl, WebviewWindow, WebviewWindowBuilder, Wry, plugin::TauriPlugin,
    webview::NewWindowResponse,
};

/// One of the two windows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Which {
    Main,
    Compact,
}

impl Which {
    const ALL: [Which; 2] = [Which::Main, Which::Compact];

    /// What Tauri calls it.
    pub(crate) fn label(self) -> &'static str {
        match self {
            Which::Main => "main",
            Which::Compact => "compact",
        }
    }

    /// The one that a command came from.
    pub(crate) fn of(window: &WebviewWindow) -> Which {
        if window.label() == Which::Compact.label() { Which::Compact } else { Which::Main }
    }

    /// The other one.
    pub(crate) fn other(self) -> Which {
        match self {
            Which::Main => Which::Compact,
            Which::Compact => Which::Main,
        }
    }
}

/// Opens what another start on the same data folder asks for: its window, or that of this one is brought to the front.
pub(crate) fn only_one(data_dir: Option<&Path>) -> TauriPlugin<Wry> {
    // The folder is part of the name: another folder is another Muster.
    let folder = absolute(data_dir).unwrap_or_else(|| PathBuf::from("none"));
    tauri_plugin_single_instance::Builder::new()
        .callback(|app, arguments, _folder| {
            // What can't be read was refused by the start that sent it.
            let arguments = Arguments::try_parse_from(arguments).unwrap_or_default();
            let Some(shell) = app.try_state::<Shell>() else { return };
            match (arguments.compact, arguments.hidden) {
                (true, _) => shell.windows.show(&shell, Which::Compact, None),
                (false, true) => {}
                (false, false) => shell.windows.show(&shell, Which::Main, None),
            }
        })
        .dbus_id(format!(
            "dev.muster.desktop.on{}",
            blake3::hash(folder.as_os_str().as_encoded_bytes()).to_hex()
        ))
        .build()
}

/// Both windows, open or not. Clones are the same.
#[derive(Clone)]
pub(crate) struct Windows(Arc<Inner>);

struct Inner {
    app: AppHandle,
    main: Places,
    compact: Places,
    web_data: PathBuf,
}

impl Windows {
    /// With their places of the last time; what the web engine keeps goes to `web_data`.
    pub(crate) fn new(app: &AppHandle, data_dir: Option<&Path>, web_data: &Path) -> Windows {
        Windows(Arc::new(Inner {
            app: app.clone(),
            main: Places::beside(data_dir, "window.json", Place::default()),
            compact: Places::beside(data_dir, "compact.json", Place::COMPACT),
            web_data: web_data.to_owned(),
        }))
    }

    /// The place of one.
    pub(crate) fn places(&self, which: Which) -> &Places {
        match which {
            Which::Main => &self.0.main,
            Which::Compact => &self.0.compact,
        }
    }

    /// Makes the page of one larger or smaller, tells its settings, and answers with the new percentage.
    pub(crate) fn zoom(
        &self,
        desk: &Desk,
        window: &WebviewWindow,
        zoomed: impl FnOnce(Place) -> Place,
    ) -> tauri::Result<u32> {
        let zoom = self.places(Which::of(window)).zoom(window, zoomed)?;
        desk.changed();
        Ok(zoom)
    }

    /// Writes down where they are.
    pub(crate) fn keep_places(&self) {
        for which in Which::ALL {
            self.places(which).keep();
        }
    }

    /// Whether one is open.
    pub(crate) fn is_open(&self, which: Which) -> bool {
        self.get(which).is_some()
    }

    /// Whether any has the focus, so that whoever works with it sees what happens.
    pub(crate) fn is_in_front(&self) -> bool {
        Which::ALL.into_iter().filter_map(|which| self.get(which)).any(|window| {
            // A window that can't be asked is not in front.
            window.is_focused().unwrap_or(false) && !window.is_minimized().unwrap_or(false)
        })
    }

    /// Opens one, or brings it to the front; at an address of its page where one is given.
    pub(crate) fn show(&self, shell: &Shell, which: Which, address: Option<String>) {
        let (windows, shell) = (self.clone(), shell.clone());
        self.at_once(move || {
            let shown = match windows.get(which) {
                Some(window) => raise(&window, address.as_deref()),
                None => windows.open(&shell, which, address.as_deref()).map(drop),
            };
            // A window that cannot be raised is still there; one that cannot be opened leaves the tray.
            let _ = shown;
        });
    }

    /// Opens the main one where nobody has to see it at once.
    pub(crate) fn show_minimized(&self, shell: &Shell) {
        let (windows, shell) = (self.clone(), shell.clone());
        self.at_once(move || {
            if !Which::ALL.into_iter().any(|which| windows.is_open(which)) {
                // The next start of Muster tries again.
                let _ = windows.open(&shell, Which::Main, None).and_then(|window| window.minimize());
            }
        });
    }

    /// Closes one; with the last one Muster ends, unless it resides in the tray.
    pub(crate) fn close(&self, which: Which) {
        if let Some(window) = self.get(which) {
            self.places(which).keep();
            // One that is gone already is closed.
            let _ = window.destroy();
        }
    }

    /// Closes both.
    pub(crate) fn close_all(&self) {
        Which::ALL.into_iter().for_each(|which| self.close(which));
    }

    fn get(&self, which: Which) -> Option<WebviewWindow> {
        self.0.app.get_webview_window(which.label())
    }

    /// Where windows are made, one step after the other, so that none is made twice.
    fn at_once(&self, step: impl FnOnce() + Send + 'static) {
        // It fails where Muster ends already.
        let _ = self.0.app.run_on_main_thread(step);
    }

    /// Opens one where it was. Only where windows are made.
    pub(crate) fn open(
        &self,
        shell: &Shell,
        which: Which,
        address: Option<&str>,
    ) -> tauri::Result<WebviewWindow> {
        let places = self.places(which);
        let place = places.now().fitted(&screens(&self.0.app));
        let address = match (which, address) {
            (Which::Main, None) => "index.html".to_owned(),
            (Which::Main, Some(address)) => format!("index.html#{address}"),
            (Which::Compact, _) => "index.html#/compact".to_owned(),
        };
        let url = WebviewUrl::App(address.into());
        let mut window = WebviewWindowBuilder::new(&self.0.app, which.label(), url)
            .title("Muster")
            .inner_size(place.width, place.height)
            .maximized(place.maximized)
            .data_directory(self.0.web_data.clone())
            .on_navigation(is_embedded_page)
            .on_new_window(|_, _| NewWindowResponse::Deny)
            .on_download(|_, _| false)
            // The page knows what it shows; a title that can't be set leaves the one before.
            .on_document_title_changed(|window, title| drop(window.set_title(&title)));
        window = match which {
            // Small enough for a screen of 1280 x 800 that shows everything twice as large.
            Which::Main => window.min_inner_size(480.0, 320.0),
            Which::Compact => window.min_inner_size(240.0, 160.0).always_on_top(true).maximizable(false),
        };
        if let Some((x, y)) = place.corner {
            window = window.position(x, y);
        }
        let window = window.build()?;
        begin_again_after_a_crash(&window)?;
        shell.desk.reside(false);
        if place.zoom != 100 {
            window.set_zoom(f64::from(place.zoom) / 100.0)?;
        }
        places.follow(&window);
        shell.closing.guard(which, &window, shell);
        Ok(window)
    }
}

/// Loads the page again whose process died: the engine leaves an empty window then. Once a minute at most: what dies at once
/// again would never end.
#[cfg(target_os = "linux")]
fn begin_again_after_a_crash(window: &WebviewWindow) -> tauri::Result<()> {
    use webkit2gtk::WebViewExt;

    const AGAIN: Duration = Duration::from_secs(60);
    window.with_webview(|webview| {
        let last: Cell<Option<Instant>> = Cell::default();
        webview.inner().connect_web_process_terminated(move |page, why| {
            tracing::error!(?why, "the process of the page ended");
            let is_again = last.replace(Some(Instant::now())).is_some_and(|last| last.elapsed() < AGAIN);
            if !is_again {
                page.reload();
            }
        });
    })
}

/// What the engines of other systems do about it is theirs: nobody has seen them fail so.
#[cfg(not(target_os = "linux"))]
fn begin_again_after_a_crash(_: &WebviewWindow) -> tauri::Result<()> {
    Ok(())
}

/// Brings a window to the front, and its page to an address, unless a form stands before the page that is being filled.
fn raise(window: &WebviewWindow, address: Option<&str>) -> tauri::Result<()> {
    if let Some(address) = address {
        window.eval(turn_to(address))?;
    }
    window.unminimize()?;
    window.show()?;
    window.set_focus()
}

/// What turns the page to an address. Navigating would take a form's dialog away without its question: it is part of the address.
fn turn_to(address: &str) -> String {
    let address = serde_json::Value::from(address);
    format!("if (!document.querySelector('dialog[data-filled]')) location.hash = {address};")
}

/// Whether a window can stay above others here: under Wayland no application may ask for it, and on X11 it is up to the window
/// manager.
#[cfg(target_os = "linux")]
pub(crate) fn can_stay_on_top() -> bool {
    use gtk::prelude::*;
    let Some(display) = gtk::gdk::Display::default() else { return false };
    if display.backend().is_wayland() {
        return false;
    }
    let screen = display.default_screen().downcast::<gdkx11::X11Screen>();
    screen.is_ok_and(|screen| screen.supports_net_wm_hint(&gtk::gdk::Atom::intern("_NET_WM_STATE_ABOVE")))
}

/// It can on the other systems.
#[cfg(not(target_os = "linux"))]
pub(crate) fn can_stay_on_top() -> bool {
    true
}

/// A data folder as it is called from wherever Muster is started.
fn absolute(data_dir: Option<&Path>) -> Option<PathBuf> {
    data_dir.map(|dir| std::path::absolute(dir).unwrap_or_else(|_| dir.to_owned()))
}

/// Whether the address is the page inside the binary, by the scheme each platform gives it.
fn is_embedded_page(url: &Url) -> bool {
    match url.scheme() {
        "tauri" => url.host_str() == Some("localhost"),
        // Windows has no custom schemes and serves the page under this name.
        "http" | "https" => cfg!(windows) && url.host_str() == Some("tauri.localhost"),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_embedded_page_may_be_navigated_to() {
        let page: Url = "tauri://localhost/index.html".parse().unwrap();
        assert!(is_embedded_page(&page));
        for elsewhere in [
            "https://example.org/",
            "http://localhost/",
            "tauri://example.org/",
            "file:///etc/passwd",
            "about:blank",
            "data:text/html,x",
            "javascript:alert(1)",
        ] {
            assert!(!is_embedded_page(&elsewhere.parse().unwrap()), "{elsewhere} must be refused");
        }
    }

    #[test]
    fn an_address_is_a_text_to_the_page_whatever_is_in_it() {
        let script = turn_to("/vcenter/'\"; alert(1) //\\");
        assert!(script.ends_with(r#"location.hash = "/vcenter/'\"; alert(1) //\\";"#), "{script}");
    }
}
