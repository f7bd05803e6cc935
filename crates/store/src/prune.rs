//! Forgets operations that ended long ago, with what they changed, a few at a time.
//! Refuses to forget what runs or waits, the newest ones of each vCenter, and to hold up other writers for long.

use crate::Store;
use crate::error::{During, Error};
use crate::history::recorded;
use contract::{Recorded, Time};
use sqlx::Row;

/// Operations that are forgotten at once.
const STEP: usize = 200;

/// Objects that they changed, at most, if more than one of them goes: some ten milliseconds of the write lock.
const OBJECTS: u64 = 3_000;

/// Those of a vCenter, or of none, that may go, the oldest first. By their age, so that what is young is not looked at: all that is found
/// and stays is what waits or runs, and the newest ones where nothing came for long.
pub(crate) const OLD: &str = "SELECT seq, recorded_added, recorded_changed, recorded_removed FROM operations \
    WHERE vcenter_id IS $1 AND submitted_at < $2 \
    AND seq < (SELECT MIN(seq) FROM (SELECT seq FROM operations WHERE vcenter_id IS $1 ORDER BY seq DESC LIMIT $3)) \
    AND state NOT IN ('queued', 'running') ORDER BY submitted_at, seq LIMIT $4";

impl Store {
    /// Forgets the oldest operations that were submitted before a time and have ended, but not the newest `kept` of each
    /// vCenter: what is decided by how the last ones went is decided by them. Answers with how many went; when it is none, there
    /// are no more.
    pub async fn forget_operations(&self, before: Time, kept: u32) -> Result<u64, Error> {
        let attempt = self.attempt("forgetting old operations");
        let mut going: Vec<i64> = Vec::new();
        let mut objects = 0;
        let vcenters: Vec<String> = sqlx::query_scalar("SELECT id FROM vcenters ORDER BY id")
            .fetch_all(self.engine().readers())
            .await
            .during(attempt)?;
        'all: for vcenter in vcenters.into_iter().map(Some).chain([None]) {
            let rows = sqlx::query(OLD)
                .bind(vcenter)
                .bind(before.0)
                .bind(i64::from(kept.max(1)))
                .bind((STEP - going.len()) as i64)
                .fetch_all(self.engine().readers())
                .await
                .during(attempt)?;
            for row in rows {
                let more = recorded(&row).during(attempt)?.map_or(0, Recorded::named);
                if going.len() == STEP || (!going.is_empty() && objects + more > OBJECTS) {
                    break 'all;
                }
                objects += more;
                going.push(row.try_get("seq").during(attempt)?);
            }
        }
        if going.is_empty() {
            return Ok(0);
        }
        // What ended stays ended, so nothing of this can have changed since it was looked at. Their changes go with them.
        let mut tx = self.engine().write(attempt).await?;
        let mut gone = 0;
        for seq in going {
            let deleted =
                sqlx::query("DELETE FROM operations WHERE seq = $1").bind(seq).execute(&mut *tx).await;
            gone += deleted.during(attempt)?.rows_affected();
        }
        tx.commit().await.during(attempt)?;
        Ok(gone)
    }
}
