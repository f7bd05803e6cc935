//! What this program is, and what it is made of.
//! Refuses to look anything up: all of it was put into the program when it was built.

use super::Answer;
use contract::command::*;
use contract::{ApiError, Code};
use tauri::AppHandle;

/// Where the page's packing puts them.
const LICENSES: &str = "licenses.txt";

#[tauri::command]
pub(crate) async fn shown_about(args: ShownAbout) -> Answer<ShownAbout> {
    let ShownAbout {} = args;
    Ok(service::about())
}

#[tauri::command]
pub(crate) async fn show_licenses(app: AppHandle, args: ShowLicenses) -> Answer<ShowLicenses> {
    let ShowLicenses {} = args;
    let text =
        app.asset_resolver().get(LICENSES.to_owned()).and_then(|file| String::from_utf8(file.bytes).ok());
    text.ok_or_else(|| ApiError::new(Code::NotFound, "this build has no list of licenses"))
}
