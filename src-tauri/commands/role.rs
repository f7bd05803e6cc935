//! The role that the calls of the windows have.
//! Refuses to decide anything: each is one call.

use super::Answer;
use crate::wiring::Wiring;
use contract::command::*;
use tauri::State;

#[tauri::command]
pub(crate) async fn shown_role(wiring: State<'_, Wiring>, args: ShownRole) -> Answer<ShownRole> {
    let ShownRole {} = args;
    Ok(wiring.role().shown())
}

#[tauri::command]
pub(crate) async fn lower_role(wiring: State<'_, Wiring>, args: LowerRole) -> Answer<LowerRole> {
    wiring.role().lower(args.role, args.passphrase).await
}

#[tauri::command]
pub(crate) async fn raise_role(wiring: State<'_, Wiring>, args: RaiseRole) -> Answer<RaiseRole> {
    wiring.role().raise(args.role, args.passphrase).await
}
