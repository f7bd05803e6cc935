//! Commands on configured vCenters.
//! Refuses to decide anything: each is one call into the service.

use super::Answer;
use crate::wiring::Wiring;
use contract::command::ListVcenters;
use tauri::State;

#[tauri::command]
pub(crate) async fn list_vcenters(wiring: State<'_, Wiring>, args: ListVcenters) -> Answer<ListVcenters> {
    let ListVcenters {} = args;
    wiring.service().await?.vcenters().await
}
