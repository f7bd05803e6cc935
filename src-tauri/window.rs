//! The main window.
//! Refuses to leave the embedded page: no navigation elsewhere, no second window, no download.

use std::path::{Path, PathBuf};
use tauri::{
    App, Manager, Url, WebviewUrl, WebviewWindowBuilder, Wry, plugin::TauriPlugin, webview::NewWindowResponse,
};
use tauri_plugin_window_state::StateFlags;

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

/// Keeps size and place of the window beside the data it shows.
pub(crate) fn remembered(data_dir: Option<&Path>) -> TauriPlugin<Wry> {
    // An absolute file name stays what it is where the plugin puts it behind its own folder.
    let file = absolute(data_dir).unwrap_or_default().join("window.json");
    tauri_plugin_window_state::Builder::new()
        .with_state_flags(StateFlags::SIZE | StateFlags::POSITION | StateFlags::MAXIMIZED)
        .with_filename(file.to_string_lossy())
        .build()
}

/// Opens it; what the web engine keeps goes to `web_data`.
pub(crate) fn open(app: &App, web_data: &Path) -> tauri::Result<()> {
    WebviewWindowBuilder::new(app, "main", WebviewUrl::App("index.html".into()))
        .title("Muster")
        .inner_size(1280.0, 800.0)
        .min_inner_size(720.0, 480.0)
        .data_directory(web_data.to_owned())
        .on_navigation(is_embedded_page)
        .on_new_window(|_, _| NewWindowResponse::Deny)
        .on_download(|_, _| false)
        .build()?;
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
