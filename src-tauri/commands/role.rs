//! The role that the calls of the windows have.
//! Refuses to decide anything: each is one call, and a row of the audit log where it is to change something.

use super::Answer;
use crate::wiring::Wiring;
use contract::command::*;
use contract::{ApiError, Role};
use serde_json::json;
use service::Caller;
use tauri::State;

#[tauri::command]
pub(crate) async fn shown_role(wiring: State<'_, Wiring>, args: ShownRole) -> Answer<ShownRole> {
    let ShownRole {} = args;
    Ok(wiring.role().shown())
}

#[tauri::command]
pub(crate) async fn lower_role(wiring: State<'_, Wiring>, args: LowerRole) -> Answer<LowerRole> {
    let (caller, asked) = (wiring.caller(), LowerRole { passphrase: None, ..args.clone() });
    let answer = wiring.role().lower(args.role, args.passphrase).await;
    note(&wiring, caller, asked, answer).await
}

#[tauri::command]
pub(crate) async fn raise_role(wiring: State<'_, Wiring>, args: RaiseRole) -> Answer<RaiseRole> {
    let (caller, asked) = (wiring.caller(), RaiseRole { passphrase: None, ..args.clone() });
    let answer = wiring.role().raise(args.role, args.passphrase).await;
    note(&wiring, caller, asked, answer).await
}

/// Has what came of it recorded, in the role that asked for it.
async fn note<C: Command<Reply = WindowRole>>(
    wiring: &Wiring,
    caller: Caller,
    asked: C,
    answer: Result<WindowRole, ApiError>,
) -> Result<WindowRole, ApiError> {
    match wiring.service().await {
        Ok(service) => {
            let role = |role: Role| json!({ "role": role.name() });
            let change = answer.as_ref().map(|now| [role(caller.role()), role(now.role)]);
            service.note(&caller, &asked, change).await;
        }
        Err(error) => tracing::warn!(%error, "that the role was to change could not be recorded"),
    }
    answer
}
