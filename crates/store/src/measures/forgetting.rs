//! Forgets what was measured long ago, a few rows at a time.
//! Refuses to forget days before what is set, or to hold up other writers for long.

use super::Length;
use crate::Store;
use crate::error::{During, Error};
use contract::Time;

/// Rows that are forgotten at once.
const STEP: i64 = 2_000;

const DAY: i64 = 86_400_000;

impl Store {
    /// Forgets what is older than it is kept, where days are kept this long. Answers with how much went; when it is none,
    /// there is no more.
    pub async fn forget_measures(&self, now: Time, days: u32) -> Result<u64, Error> {
        let attempt = self.attempt("forgetting what was measured long ago");
        let before = |kept: u32| now.0.saturating_sub(i64::from(kept).saturating_mul(DAY));
        let mut tx = self.engine().write(attempt).await?;
        let mut gone = 0;
        for length in Length::ALL {
            const OLD: &str = "DELETE FROM measures WHERE (vcenter_id, span, at, what) IN \
                (SELECT vcenter_id, span, at, what FROM measures WHERE vcenter_id IN (SELECT id FROM vcenters) \
                AND span = $1 AND at < $2 LIMIT $3)";
            let old = sqlx::query(OLD).bind(length.millis()).bind(before(length.kept(days))).bind(STEP);
            gone += old.execute(&mut *tx).await.during(attempt)?.rows_affected();
        }
        const READS: &str = "DELETE FROM cache_reads WHERE (vcenter_id, hour, kind) IN \
            (SELECT vcenter_id, hour, kind FROM cache_reads WHERE hour < $1 LIMIT $2)";
        let reads = sqlx::query(READS).bind(before(days) / Length::Hour.millis()).bind(STEP);
        gone += reads.execute(&mut *tx).await.during(attempt)?.rows_affected();
        tx.commit().await.during(attempt)?;
        Ok(gone)
    }
}
