//! Whether the conditions of a policy hold: its quiet hours, and rows of the inventory as it is known.
//! Refuses to read anything from a vCenter: a policy that wants fresh data syncs first.

use super::{checking, plan};
use crate::rows::window;
use crate::schedules::Schedules;
use contract::policy::{PolicySettings, Rows};
use contract::{ApiError, RowQuery, Time, Timing, words};
use store::VcenterRecord;

/// A condition, and whether it holds.
pub(super) struct Held {
    pub(super) holds: bool,
    /// It in words: `outside quiet hours`, `3 VMs match, at least 5 are wanted`.
    pub(super) words: String,
}

impl Schedules {
    /// The conditions of a policy on these vCenters.
    pub(super) async fn held(
        &self,
        settings: &PolicySettings,
        vcenters: &[VcenterRecord],
        now: Time,
    ) -> Result<Vec<Held>, ApiError> {
        let mut all = Vec::new();
        if let Some(quiet) = &settings.conditions.quiet {
            let until = quiet_until(settings, now);
            let words = match until {
                Some(_) => format!("it is within quiet hours {quiet}"),
                None => format!("it is outside quiet hours {quiet}"),
            };
            all.push(Held { holds: until.is_none(), words });
        }
        for rows in &settings.conditions.rows {
            let found = self.matching(rows, vcenters, now).await?;
            let number = usize::try_from(found).unwrap_or(usize::MAX);
            let found_words = words::counted(number, &rows.kind.singular(), &rows.kind.plural());
            let words = format!("{} wanted, {found_words} found", words::rows_wanted(rows));
            all.push(Held { holds: found >= rows.at_least, words });
        }
        Ok(all)
    }

    /// How many rows match.
    async fn matching(&self, rows: &Rows, vcenters: &[VcenterRecord], now: Time) -> Result<u64, ApiError> {
        if vcenters.is_empty() {
            return Ok(0);
        }
        let query = RowQuery { conditions: checking::parsed(rows)?, ..RowQuery::count(rows.kind) };
        let mut inventories = Vec::new();
        for record in vcenters {
            inventories.push((record.vcenter.clone(), self.inventory.read(&record.vcenter.id).await?));
        }
        let found = tokio::task::spawn_blocking(move || window(query, &inventories, Vec::new(), now));
        let found = found.await.map_err(|error| {
            tracing::error!(%error, "a condition of a policy panicked");
            crate::explain::defect("the rows could not be counted", "Report this with the policy.")
        })??;
        Ok(u64::try_from(found.matching).unwrap_or(u64::MAX))
    }
}

/// When quiet hours of a policy end, if it is in them.
pub(super) fn quiet_until(settings: &PolicySettings, now: Time) -> Option<Time> {
    plan(settings, &Timing::EverySeconds(3600)).ok()?.quiet_until(now)
}
