//! The main window.
//! Refuses to leave the embedded page: no navigation elsewhere, no second window, no download.

use std::path::Path;
use tauri::{App, Url, WebviewUrl, WebviewWindowBuilder, webview::NewWindowResponse};

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
