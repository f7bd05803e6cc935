//! The page in Muster's window.
//! Refuses to reach anything but the shell it runs in: no network, no storage.

mod backend;
mod components;
mod hooks;
mod pages;
mod state;

/// What the page's memory has from the start: what it needs for 30,000 VMs, so that it seldom grows (decision 0060). What is
/// never written to costs addresses and no memory.
const MEMORY: usize = 128 << 20;

fn main() {
    // Freed memory stays the page's.
    drop(std::hint::black_box(Vec::<u8>::with_capacity(MEMORY)));
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
