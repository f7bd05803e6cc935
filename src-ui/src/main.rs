//! The page in Muster's window.
//! Refuses to reach anything but the shell it runs in: no network, no storage.

mod backend;
mod components;
mod hooks;
mod pages;
mod state;

fn main() {
    // What broke is shown by boot.js, which notices that the page has stopped.
    yew::set_custom_panic_hook(Box::new(|panic| {
        let root = web_sys::window().and_then(|window| window.document()?.document_element());
        if let Some(root) = root {
            // Nothing is left to tell if even that fails.
            let _ = root.set_attribute("data-broken", &panic.to_string());
        }
    }));
    yew::Renderer::<pages::app::App>::new().render();
}
