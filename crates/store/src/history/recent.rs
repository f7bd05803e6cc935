//! What operations recorded since a time, summed up for each vCenter.
//! Refuses to read what changed object by object: how many there were stands with the operation.

use crate::Store;
use crate::error::{During, Error};
use crate::row;
use contract::{Recorded, Time, VcenterId};
use sqlx::Row;

/// An operation that ended since a time was submitted at most so long before it; one that waited longer is left out, and
/// no older ones are looked at.
const LONGEST: i64 = 24 * 60 * 60 * 1000;

impl Store {
    /// How many objects came, changed and went with what was published since a time, by vCenter; those where nothing did
    /// are left out.
    pub async fn recorded_since(&self, since: Time) -> Result<Vec<(VcenterId, Recorded)>, Error> {
        let attempt = self.attempt("reading what changed of late");
        let rows = sqlx::query(
            "SELECT vcenter_id, SUM(recorded_added) AS added, SUM(recorded_changed) AS changed, \
             SUM(recorded_removed) AS removed FROM operations WHERE vcenter_id IN (SELECT id FROM vcenters) \
             AND submitted_at >= $1 AND finished_at >= $2 AND recorded_added IS NOT NULL GROUP BY vcenter_id",
        )
        .bind(since.0.saturating_sub(LONGEST))
        .bind(since.0)
        .fetch_all(self.engine().readers())
        .await
        .during(attempt)?;
        let mut found = row::readable("what changed of late is left out", &rows, |row| {
            let number = |column: &str| row.try_get(column).map(row::unsigned);
            let recorded = Recorded {
                added: number("added")?,
                changed: number("changed")?,
                removed: number("removed")?,
            };
            Ok((VcenterId(row.try_get("vcenter_id")?), recorded))
        });
        found.retain(|(_, recorded)| !recorded.is_nothing());
        Ok(found)
    }
}
