//! Commands that read the inventory.
//! Refuses to decide anything: each is one call into the service.

use super::Answer;
use crate::wiring::Wiring;
use contract::command::{ExportRows, ReadRows};
use tauri::State;

#[tauri::command]
pub(crate) async fn read_rows(wiring: State<'_, Wiring>, args: ReadRows) -> Answer<ReadRows> {
    wiring.service().await?.read_rows(args.query).await
}

#[tauri::command]
pub(crate) async fn export_rows(wiring: State<'_, Wiring>, args: ExportRows) -> Answer<ExportRows> {
    wiring.service().await?.export_rows(args.query).await
}
