//! The icons of the tray, drawn for it: they differ in their shape, and each has an edge on a light and on a dark panel.
//! Refuses to read files at run time.

use super::model::State;
use tauri::image::Image;
use tauri::include_image;

/// An icon in the sizes that panels ask for most.
pub(super) fn of(state: State) -> [Image<'static>; 2] {
    match state {
        State::Idle => [include_image!("icons/tray-idle-24.png"), include_image!("icons/tray-idle-48.png")],
        State::Running => {
            [include_image!("icons/tray-running-24.png"), include_image!("icons/tray-running-48.png")]
        }
        State::Attention => {
            [include_image!("icons/tray-attention-24.png"), include_image!("icons/tray-attention-48.png")]
        }
    }
}
