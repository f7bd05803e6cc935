//! The page in Muster's window.
//! Refuses to reach anything but the shell it runs in: no network, no storage.

mod backend;
mod components;
mod pages;
mod state;

fn main() {
    yew::Renderer::<pages::app::App>::new().render();
}
