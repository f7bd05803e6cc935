//! Commands that ask for work on a vCenter, and those that look at it.
//! Refuses to decide anything: each is one call into the service.

use super::Answer;
use crate::wiring::Wiring;
use contract::{Origin, command::*};
use tauri::State;

#[tauri::command]
pub(crate) async fn submit(wiring: State<'_, Wiring>, args: Submit) -> Answer<Submit> {
    wiring.service().await?.operations().submit(&args.vcenter, args.job, Origin::User).await
}

#[tauri::command]
pub(crate) async fn cancel_operation(
    wiring: State<'_, Wiring>,
    args: CancelOperation,
) -> Answer<CancelOperation> {
    wiring.service().await?.operations().withdraw(&args.operation).await
}

#[tauri::command]
pub(crate) async fn list_operations(
    wiring: State<'_, Wiring>,
    args: ListOperations,
) -> Answer<ListOperations> {
    wiring.service().await?.operations().recent(args.limit).await
}
