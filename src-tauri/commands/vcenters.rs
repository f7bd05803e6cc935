//! Commands on configured vCenters.
//! Refuses to decide anything: each is one call into the service.

use super::Answer;
use crate::wiring::Wiring;
use contract::command::*;
use tauri::State;

#[tauri::command]
pub(crate) async fn list_vcenters(wiring: State<'_, Wiring>, args: ListVcenters) -> Answer<ListVcenters> {
    let ListVcenters {} = args;
    wiring.service().await?.vcenters().await
}

#[tauri::command]
pub(crate) async fn list_status(wiring: State<'_, Wiring>, args: ListStatus) -> Answer<ListStatus> {
    let ListStatus {} = args;
    wiring.service().await?.status().await
}

#[tauri::command]
pub(crate) async fn list_credentials(
    wiring: State<'_, Wiring>,
    args: ListCredentials,
) -> Answer<ListCredentials> {
    let ListCredentials {} = args;
    wiring.service().await?.credentials().await
}

#[tauri::command]
pub(crate) async fn probe_vcenter(wiring: State<'_, Wiring>, args: ProbeVcenter) -> Answer<ProbeVcenter> {
    wiring.service().await?.probe_vcenter(&args.vcenter, args.typed.as_deref()).await
}

#[tauri::command]
pub(crate) async fn try_vcenter(wiring: State<'_, Wiring>, args: TryVcenter) -> Answer<TryVcenter> {
    wiring.service().await?.try_vcenter(args.settings, args.vcenter.as_ref()).await
}

#[tauri::command]
pub(crate) async fn add_vcenter(wiring: State<'_, Wiring>, args: AddVcenter) -> Answer<AddVcenter> {
    Ok(wiring.service().await?.add_vcenter(args.settings.try_into()?).await?.into())
}

#[tauri::command]
pub(crate) async fn edit_vcenter(wiring: State<'_, Wiring>, args: EditVcenter) -> Answer<EditVcenter> {
    Ok(wiring.service().await?.edit_vcenter(args.vcenter.as_str(), args.change.try_into()?).await?.into())
}

#[tauri::command]
pub(crate) async fn remove_vcenter(wiring: State<'_, Wiring>, args: RemoveVcenter) -> Answer<RemoveVcenter> {
    wiring.service().await?.remove_vcenter(args.vcenter.as_str()).await.map(drop)
}
