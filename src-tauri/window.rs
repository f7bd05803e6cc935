//! The main window.
//! Refuses to leave the embedded page: no navigation elsewhere, no second window, no download.

use crate::closing::Closing;
use crate::place::{Places, screens};
use crate::wiring::Wiring;
use std::path::{Path, PathBuf};
use tauri::{
    App, Manager, Url, WebviewUrl, WebviewWindowBuilder, Wry, plugin::TauriPlugin, webview::NewWindowResponse,
};

/// Raises the window that is there when Muster is started again on the same data folder.
pub(crate) fn only_one(data_dir: Option<&Path>) -> TauriPlugin<Wry> {
    // The folder is part of the name: another folder is another Muster.
    let folder = absolute(data_dir).unwrap_or_else(|| PathBuf::from("none"));
    tauri_plugin_single_instance::Builder::new()
        .callback(|app, _arguments, _folder| {
            if let Some(window) = app.get_webview_window("main") {
                // A window that cannot be raised is still there.
                let _ = window.unminimize().and_then(|()| window.show()).and_then(|()| window.set_focus());
            }
        })
        .dbus_id(format!(
            "dev.muster.desktop.on{}",
            blake3::hash(folder.as_os_str().as_encoded_bytes()).to_hex()
        ))
        .build()
}

/// Opens it where it was; what the web engine keeps goes to `web_data`.
pub(crate) fn open(app: &App, wiring: &Wiring, places: &Places, web_data: &Path) -> tauri::Result<()> {
    // The page may call as soon as it is there.
    let closing = Closing::default();
    app.manage(places.clone());
    app.manage(closing.clone());
    let place = places.now().fitted(&screens(app.handle()));
    let mut window = WebviewWindowBuilder::new(app, "main", WebviewUrl::App("index.html".into()))
        .title("Muster")
        .inner_size(place.width, place.height)
        // Small enough for a screen of 1280 x 800 that shows everything twice as large.
        .min_inner_size(480.0, 320.0)
        .maximized(place.maximized)
        .data_directory(web_data.to_owned())
        .on_navigation(is_embedded_page)
        .on_new_window(|_, _| NewWindowResponse::Deny)
        .on_download(|_, _| false)
        // The page knows what it shows; a title that can't be set leaves the one before.
        .on_document_title_changed(|window, title| drop(window.set_title(&title)));
    if let Some((x, y)) = place.corner {
        window = window.position(x, y);
    }
    let window = window.build()?;
    if place.zoom != 100 {
        window.set_zoom(f64::from(place.zoom) / 100.0)?;
    }
    places.follow(&window);
    closing.guard(&window, wiring);
    Ok(())
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
}
