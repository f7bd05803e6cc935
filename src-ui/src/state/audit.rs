//! What is looked at of the audit log, as the address has it, and how its rows are told.
//! Refuses to touch the browser.

use super::words::Level;
use contract::command::Since;
use contract::{AuditFilter, AuditOutcome, Door, Verified};

/// Which rows, and the one whose details are open.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Watched {
    pub(crate) filter: AuditFilter,
    pub(crate) open: Option<u64>,
}

impl Watched {
    /// The same with these details open, or none.
    pub(crate) fn opening(&self, open: Option<u64>) -> Watched {
        Watched { open, ..self.clone() }
    }

    /// As pairs of an address.
    pub(super) fn pairs(&self) -> Vec<(String, String)> {
        let AuditFilter { since, until, actor, command, origin, outcome, text } = &self.filter;
        let values = [
            ("since", since.map(|since| since.to_string())),
            ("until", until.map(|until| until.to_string())),
            ("actor", actor.clone()),
            ("command", command.clone()),
            ("origin", origin.map(|origin| origin.name().to_owned())),
            ("outcome", outcome.map(|outcome| outcome.name().to_owned())),
            ("text", text.clone()),
            ("open", self.open.map(|open| open.to_string())),
        ];
        values.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?))).collect()
    }

    /// What such pairs say; what they don't is left as it is by itself.
    pub(super) fn parse(pairs: &[(String, String)]) -> Watched {
        let value = |key: &str| {
            let own = pairs.iter().find(|(name, value)| name == key && !value.is_empty());
            own.map(|(_, value)| value.as_str())
        };
        let time = |key: &str| value(key).and_then(|text| text.parse::<Since>().ok());
        let filter = AuditFilter {
            since: time("since"),
            until: time("until"),
            actor: value("actor").map(str::to_owned),
            command: value("command").map(str::to_owned),
            origin: value("origin").and_then(Door::from_name),
            outcome: value("outcome").and_then(AuditOutcome::from_name),
            text: value("text").map(str::to_owned),
        };
        Watched { filter, open: value("open").and_then(|open| open.parse().ok()) }
    }
}

/// The word for an outcome, and how it looks.
pub(crate) fn outcome(name: &str) -> (&'static str, Level) {
    match AuditOutcome::from_name(name) {
        Some(AuditOutcome::Accepted) => ("Accepted", Level::Info),
        Some(AuditOutcome::Done) => ("Done", Level::Good),
        Some(AuditOutcome::Failed) => ("Failed", Level::Danger),
        Some(AuditOutcome::Refused) => ("Refused", Level::Warning),
        None => ("Unknown", Level::Neutral),
    }
}

/// Where something came from.
pub(crate) fn origin(name: &str) -> &'static str {
    match Door::from_name(name) {
        Some(Door::Window) => "Window",
        Some(Door::Tray) => "Tray",
        Some(Door::Cli) => "Command line",
        Some(Door::Schedule) => "Schedule",
        Some(Door::Policy) => "Policy",
        Some(Door::Muster) => "Automatic",
        None => "Unknown",
    }
}

/// What a check found, in a sentence, and how it looks.
pub(crate) fn verified(found: &Verified) -> (String, Level) {
    let level = if found.ok { Level::Good } else { Level::Danger };
    (contract::words::verified(found, false), level)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_looked_at_survives_its_way_through_the_address() {
        let filter = AuditFilter {
            since: "7d".parse().ok(),
            until: "2026-03-01T12:00:00Z".parse().ok(),
            actor: Some("ada".into()),
            command: Some("edit_vcenter".into()),
            origin: Some(Door::Tray),
            outcome: Some(AuditOutcome::Refused),
            text: Some("ü & b".into()),
        };
        let watched = Watched { filter, open: Some(7) };
        assert_eq!(Watched::parse(&watched.pairs()), watched);
        assert_eq!(Watched::parse(&[("outcome".into(), "x".into())]), Watched::default());
    }

    #[test]
    fn a_broken_chain_names_the_row() {
        let whole = Verified { rows: 12, ok: true, first_broken: None, reason: None, pruned_through: 0 };
        assert_eq!(
            verified(&whole),
            (
                "Intact: 12 rows checked. Only a receipt shows whether rows were cut off the end.".into(),
                Level::Good
            )
        );
        let broken =
            Verified { ok: false, first_broken: Some(3), reason: Some("row 3 is missing".into()), ..whole };
        assert_eq!(verified(&broken), ("Broken at row 3: row 3 is missing.".into(), Level::Danger));
    }
}
