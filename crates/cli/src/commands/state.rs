//! `status`, `doctor` and `watch`.
//! Refuses to contact a vCenter.

use crate::exit::Exit;
use crate::output::{Output, age, card, table};
use crate::progress;
use contract::{ApiError, VcenterStatus};
use service::Service;

pub(super) async fn status(service: &Service, output: &Output) -> Result<Exit, ApiError> {
    let all = service.status().await?;
    if all.is_empty() {
        output.say("No vCenter yet. Add the first: musterctl vcenter add NAME HOST --user USER");
    }
    output.answer(&all, || if all.is_empty() { String::new() } else { shown(&all) });
    Ok(Exit::Done)
}

pub(super) async fn doctor(service: &Service, output: &Output) -> Result<Exit, ApiError> {
    let checks = service.doctor().await?;
    output.answer(&checks, || {
        let lines = checks.iter().map(|check| {
            let next = check.next_step.as_ref().map(|next| format!(" -> {next}")).unwrap_or_default();
            let state = if check.ok { "ok  " } else { "FAIL" };
            (state, format!("{}: {}{next}", check.name, check.detail))
        });
        card(lines)
    });
    let failed = checks.iter().any(|check| !check.ok);
    Ok(if failed { Exit::Failed } else { Exit::Done })
}

pub(super) async fn watch(service: &Service, output: &Output) -> Result<Exit, ApiError> {
    let mut events = service.subscribe();
    let interrupted = progress::interrupted();
    tokio::pin!(interrupted);
    loop {
        tokio::select! {
            () = &mut interrupted => return Ok(Exit::Cancelled),
            event = events.next() => match event {
                Some(event) => output.document(&event),
                None => return Ok(Exit::Done),
            }
        }
    }
}

fn shown(all: &[VcenterStatus]) -> String {
    let header = ["vCenter", "State", "Age", "Fresh", "Hosts", "VMs", "Datastores", "Last operation"];
    let right = [false, false, true, false, true, true, true, false];
    let rows = all.iter().map(|s| {
        let count = |kind: &str| s.counts.get(kind).copied().unwrap_or(0).to_string();
        let state = serde_json::to_value(s.state).ok().and_then(|v| v.as_str().map(str::to_owned));
        let last = s.last_operation.as_ref();
        vec![
            s.vcenter.clone(),
            state.unwrap_or_default(),
            age(s.age_seconds),
            if s.fresh { "yes".into() } else { "no".into() },
            count("hosts"),
            count("vms"),
            count("datastores"),
            last.map_or_else(|| "-".into(), |o| format!("{} {}", o.kind.name(), o.state.name())),
        ]
    });
    table(&header, &right, rows)
}
