//! Policies in words: what starts them, and what has to hold.
//! Refuse to know how one stands: the service does.

use super::{counted, label, timing};
use crate::destination::{About, Address, DestinationKind};
use crate::policy::{Cause, Change, Happened, RanStep, Rows, Step, Trigger};

/// What starts a policy: `daily 02:30`, `after a sync that added VMs`.
pub fn trigger(trigger: &Trigger) -> String {
    match trigger {
        Trigger::Interval { .. } | Trigger::Cron { .. } => {
            trigger.timing().as_ref().map(timing).unwrap_or_default()
        }
        Trigger::Synced { kind: None, change: None } => "after a sync that changed something".to_owned(),
        Trigger::Synced { kind, change } => {
            let what = kind.map_or("objects".to_owned(), |kind| kind.plural().to_string());
            let how = change.map_or("added, changed or removed", Change::name);
            format!("after a sync that {how} {what}")
        }
        Trigger::Offline {} => "when a vCenter goes offline".to_owned(),
        Trigger::Online {} => "when a vCenter is back online".to_owned(),
        Trigger::Finding { level } => format!("on a new health finding, {} or worse", level.name()),
        Trigger::Start {} => "when Muster starts".to_owned(),
    }
}

/// All that starts a policy, in a line.
pub fn triggers(all: &[Trigger]) -> String {
    match all {
        [] => "by hand".to_owned(),
        all => all.iter().map(trigger).collect::<Vec<_>>().join("; "),
    }
}

/// What a policy does, in a line: `Connection test, Full sync`.
pub fn policy_steps(steps: &[Step]) -> String {
    steps.iter().map(policy_step).collect::<Vec<_>>().join(", ")
}

/// A step: `Full sync`, `Health summary to ops`.
pub fn policy_step(step: &Step) -> String {
    if let Some(job) = step.job() {
        return super::job(&job);
    }
    match step {
        Step::Send { to, about: About::Run } => format!("Message to {}", label(to)),
        Step::Send { to, about: About::Health } => format!("Health summary to {}", label(to)),
        Step::Export { to, kinds } => format!("Export of {} to {}", super::kinds_of(kinds), label(to)),
        _ => "Notification".to_owned(),
    }
}

/// Why a policy ran: `Started by hand`, `vCenters can't be reached`.
pub fn cause(cause: &Cause) -> &'static str {
    match cause.what {
        Happened::Hand => "Started by hand",
        Happened::Time => "Scheduled",
        Happened::Synced => "A sync changed something",
        Happened::Offline => "vCenters can't be reached",
        Happened::Online => "vCenters can be reached again",
        Happened::Finding => "Something was found wrong",
        Happened::Start => "Muster started",
    }
}

/// What became of a step: `Full sync failed: Berlin: no answer`, `Full sync not begun: the run was cancelled`.
pub fn ran_step(step: &RanStep) -> String {
    match (step.outcome, &step.message) {
        (Some(state), Some(why)) => format!("{} {}: {why}", step.step, super::outcome(state)),
        (Some(state), None) => format!("{} {}", step.step, super::outcome(state)),
        (None, Some(why)) => format!("{} {why}", step.step),
        (None, None) => format!("{} not begun", step.step),
    }
}

/// Rows that have to match: `at least 5 VMs with powered_on = false`.
pub fn rows_wanted(rows: &Rows) -> String {
    let number = usize::try_from(rows.at_least).unwrap_or(usize::MAX);
    let what = counted(number, &rows.kind.singular(), &rows.kind.plural());
    match &rows.conditions[..] {
        [] => format!("at least {what}"),
        conditions => format!("at least {what} with {}", conditions.join(" and ")),
    }
}

/// What a destination is: `Mail server`, `Webhook`.
pub fn destination_kind(kind: DestinationKind) -> &'static str {
    match kind {
        DestinationKind::Smtp => "Mail server",
        DestinationKind::Webhook => "Webhook",
        DestinationKind::Folder => "Folder",
    }
}

/// Where a destination is: `mail.example.org:465`, the URL, the path.
pub fn destination_address(address: &Address) -> String {
    match address {
        Address::Smtp { host, port, security, .. } => match host.contains(':') {
            true => format!("[{host}]:{}", port.unwrap_or(security.port())),
            false => format!("{host}:{}", port.unwrap_or(security.port())),
        },
        Address::Webhook { url, .. } => url.clone(),
        Address::Folder { path, .. } => path.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::health::Level;
    use crate::{Kind, OperationState};

    #[test]
    fn what_starts_a_policy_is_said_as_people_say_it() {
        let said = |trigger_: Trigger| trigger(&trigger_);
        assert_eq!(said(Trigger::Interval { every_seconds: 1800 }), "every 30 min");
        assert_eq!(said(Trigger::Cron { cron: "30 2 * * 1-5".to_owned() }), "weekdays 02:30");
        let synced = |kind, change| said(Trigger::Synced { kind, change });
        assert_eq!(synced(None, None), "after a sync that changed something");
        assert_eq!(synced(Some(Kind::Vms), Some(Change::Added)), "after a sync that added VMs");
        assert_eq!(synced(Some(Kind::Hosts), None), "after a sync that added, changed or removed hosts");
        assert_eq!(synced(None, Some(Change::Removed)), "after a sync that removed objects");
        let finding = Trigger::Finding { level: Level::Warning };
        assert_eq!(said(finding.clone()), "on a new health finding, warning or worse");
        assert_eq!(triggers(&[]), "by hand");
        assert_eq!(
            triggers(&[Trigger::Start {}, Trigger::Offline {}]),
            "when Muster starts; when a vCenter goes offline"
        );
        let conditions = vec!["power_state = off".to_owned(), "name ~ web".to_owned()];
        let rows = Rows { kind: Kind::Vms, conditions, at_least: 5 };
        assert_eq!(rows_wanted(&rows), "at least 5 VMs with power_state = off and name ~ web");
    }

    #[test]
    fn a_step_says_how_it_ended_and_why() {
        let step = |outcome, message: Option<&str>| {
            let message = message.map(str::to_owned);
            ran_step(&RanStep { step: "Full sync".to_owned(), outcome, operations: Vec::new(), message })
        };
        assert_eq!(step(None, Some("not begun: x")), "Full sync not begun: x");
        assert!(step(Some(OperationState::Failed), Some("Berlin: no")).ends_with(": Berlin: no"));
    }
}
