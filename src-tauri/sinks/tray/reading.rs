//! What the tray knows, kept true event by event.
//! Refuses to read what an event doesn't say may be another: work that runs says so twice a second.

use super::model::Known;
use crate::shell::Shell;
use contract::command::{
    ListOperations, ListStatus, ListVcenters, OperationFilter, Query, ShowOperation, Submit,
};
use contract::{ApiError, Event, Operation, OperationId, Time};
use service::{Caller, Service};

/// Operations that are asked for one by one; of more the list is.
const FEW: usize = 8;

/// What waits or runs.
fn all_active() -> ListOperations {
    ListOperations { filter: OperationFilter::default(), limit: 0 }
}

/// What is to be read again.
#[derive(Debug, Default, PartialEq, Eq)]
struct Stale {
    vcenters: bool,
    statuses: bool,
    operations: Operations,
}

/// Which operations.
#[derive(Debug, Default, PartialEq, Eq)]
enum Operations {
    #[default]
    None,
    These(Vec<OperationId>),
    All,
}

impl Stale {
    const ALL: Stale = Stale { vcenters: true, statuses: true, operations: Operations::All };

    fn after(events: &[Event]) -> Stale {
        if events.contains(&Event::Lagged) {
            return Stale::ALL;
        }
        let all = all_active();
        let mut changed: Vec<OperationId> = Vec::new();
        for id in events.iter().filter_map(|event| all.changed_part(event)) {
            if !changed.contains(id) {
                changed.push(id.clone());
            }
        }
        // Those of a vCenter that is removed are gone without a word.
        let is_another = events.iter().any(|event| ListVcenters {}.is_stale_after(event));
        Stale {
            vcenters: is_another,
            statuses: events.iter().any(|event| ListStatus {}.is_stale_after(event)),
            operations: match changed.len() {
                _ if is_another => Operations::All,
                0 => Operations::None,
                1..=FEW => Operations::These(changed),
                _ => Operations::All,
            },
        }
    }
}

/// What is known, of the estate that is shown.
#[derive(Default)]
pub(super) struct Reading(Option<Known>);

impl Reading {
    /// What is true after these events, and when that is; everything is read where that didn't work the last time.
    pub(super) async fn after(
        &mut self,
        events: &[Event],
        shell: &Shell,
    ) -> Result<(&Known, Time), ApiError> {
        let (stale, known) = match self.0.take() {
            Some(known) => (Stale::after(events), known),
            None => (Stale::ALL, Known::default()),
        };
        let (service, caller) = (shell.wiring.service().await?, shell.wiring.caller());
        let mut known = read(known, stale, &service, &caller).await?;
        known.may_sync = caller.may::<Submit>().is_ok();
        known.is_simulated = shell.wiring.shown().await?.simulated;
        service.look_seldom(shell.desk.is_resident() && known.active.is_empty());
        Ok((self.0.insert(known), service.now()))
    }
}

async fn read(known: Known, stale: Stale, service: &Service, caller: &Caller) -> Result<Known, ApiError> {
    let vcenters = async {
        if stale.vcenters { service.call(caller, ListVcenters {}).await } else { Ok(known.vcenters) }
    };
    let statuses =
        async { if stale.statuses { service.call(caller, ListStatus {}).await } else { Ok(known.statuses) } };
    let active = active(known.active, stale.operations, service, caller);
    let (vcenters, statuses, active) = tokio::join!(vcenters, statuses, active);
    Ok(Known { vcenters: vcenters?, statuses: statuses?, active: active?, ..Known::default() })
}

async fn active(
    mut known: Vec<Operation>,
    stale: Operations,
    service: &Service,
    caller: &Caller,
) -> Result<Vec<Operation>, ApiError> {
    match stale {
        Operations::None => {}
        Operations::These(changed) => {
            for id in changed {
                match service.call(caller, ShowOperation { operation: id.to_string() }).await {
                    Ok(operation) => known = all_active().with_part(&known, &operation).unwrap_or(known),
                    // It is gone with its vCenter.
                    Err(_) => known.retain(|operation| operation.id != id),
                }
            }
        }
        Operations::All => {
            known = service.call(caller, all_active()).await?;
            known.retain(|operation| !operation.state.is_final());
        }
    }
    Ok(known)
}

#[cfg(test)]
mod tests {
    use super::*;
    use contract::VcenterId;

    #[test]
    fn work_that_goes_on_has_its_operations_read_alone_and_what_is_another_is_read_again() {
        let changed = |id: &str| Event::OperationChanged { operation: OperationId(id.to_owned()) };
        let these = |ids: &[&str]| {
            let ids = ids.iter().map(|id| OperationId((*id).to_owned())).collect();
            Stale { operations: Operations::These(ids), ..Stale::default() }
        };
        assert_eq!(Stale::after(&[changed("a"), changed("b"), changed("a")]), these(&["a", "b"]));
        assert_eq!(Stale::after(&[Event::SchedulesChanged, Event::PreferencesChanged]), Stale::default());
        let read = Event::InventoryChanged { vcenter: VcenterId("v".to_owned()) };
        assert_eq!(Stale::after(&[read, changed("a")]), Stale { statuses: true, ..these(&["a"]) });
        assert_eq!(Stale::after(&[changed("a"), Event::VcentersChanged]), Stale::ALL);
        assert_eq!(Stale::after(&[Event::Lagged]), Stale::ALL);
        let many: Vec<Event> = (0..20).map(|n| changed(&n.to_string())).collect();
        assert_eq!(Stale::after(&many), Stale { operations: Operations::All, ..Stale::default() });
    }
}
