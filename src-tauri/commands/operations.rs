//! Commands that ask for work on a vCenter, and those that look at it.
//! Refuses to decide anything: each is one call into the service.

use super::Answer;
use crate::wiring::Wiring;
use contract::{Origin, command::*};
use service::Job;
use tauri::State;

#[tauri::command]
pub(crate) async fn test_connection(
    wiring: State<'_, Wiring>,
    args: TestConnection,
) -> Answer<TestConnection> {
    wiring.service().await?.operations().test(&args.vcenter, args.retry_login).await
}

#[tauri::command]
pub(crate) async fn sync_hosts(wiring: State<'_, Wiring>, args: SyncHosts) -> Answer<SyncHosts> {
    let SyncHosts { vcenter, clusters, accept_removals } = args;
    let job = Job::SyncHosts { clusters, accept_removals };
    wiring.service().await?.operations().submit(&vcenter, job, Origin::User).await
}

#[tauri::command]
pub(crate) async fn full_sync(wiring: State<'_, Wiring>, args: FullSync) -> Answer<FullSync> {
    let FullSync { vcenter, accept_removals } = args;
    let job = Job::FullSync { accept_removals };
    wiring.service().await?.operations().submit(&vcenter, job, Origin::User).await
}

#[tauri::command]
pub(crate) async fn refresh_kind(wiring: State<'_, Wiring>, args: RefreshKind) -> Answer<RefreshKind> {
    let RefreshKind { vcenter, kind, accept_removals } = args;
    let job = Job::Refresh { kind, accept_removals };
    wiring.service().await?.operations().submit(&vcenter, job, Origin::User).await
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
