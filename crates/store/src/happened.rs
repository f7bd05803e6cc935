//! What policies wait for: written where it happens, in the same transaction, and read in that order.
//! Refuses to know who waits for it.

use crate::Store;
use crate::engine::DbConnection;
use crate::error::{During, Error};
use crate::policies::is_change;
use crate::row;
use contract::health::Level;
use contract::policy::{Change, Happened};
use contract::{Kind, OperationId, Time, VcenterId};
use sqlx::Row;

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Occurrence {
    /// Its place among all.
    pub seq: i64,
    /// What.
    pub what: Happened,
    /// On which vCenter.
    pub vcenter: VcenterId,
    /// When; what lies ahead is so then, if it is still so.
    pub at: Time,
    /// The operation of a sync, the level of a finding.
    pub detail: String,
}

/// How many are read, or forgotten, at once.
const STEP: u32 = 1_000;

impl Store {
    /// What happened after a place, the earliest first; a thousand at most.
    pub async fn happened_since(&self, seq: i64) -> Result<Vec<Occurrence>, Error> {
        let attempt = self.attempt("reading what happened");
        let rows = sqlx::query(
            "SELECT h.* FROM happened h JOIN vcenters v ON v.id = h.vcenter_id AND v.removed_at IS NULL \
             WHERE h.seq > $1 ORDER BY h.seq LIMIT $2",
        )
        .bind(seq)
        .bind(STEP)
        .fetch_all(self.engine().readers())
        .await
        .during(attempt)?;
        Ok(row::readable("something that happened is left out", &rows, |row| {
            let what: String = row.try_get("what")?;
            Ok(Occurrence {
                seq: row.try_get("seq")?,
                what: Happened::from_name(&what)
                    .ok_or_else(|| sqlx::Error::Decode(format!("nothing is called {what}").into()))?,
                vcenter: VcenterId(row.try_get("vcenter_id")?),
                at: Time(row.try_get("at")?),
                detail: row.try_get("detail")?,
            })
        }))
    }

    /// The place of what happened last.
    pub async fn newest_happened(&self) -> Result<i64, Error> {
        let attempt = self.attempt("reading what happened");
        let newest = sqlx::query_scalar("SELECT COALESCE(MAX(seq), 0) FROM happened");
        newest.fetch_one(self.engine().readers()).await.during(attempt)
    }

    /// Forgets what happened before the newest so many, some at once; answers with how much went. By their number, as what is
    /// found is dated by when it began.
    pub async fn forget_happened(&self, kept: i64) -> Result<u64, Error> {
        // Whether a vCenter went offline or came back last is known for good.
        const OLD: &str = "DELETE FROM happened WHERE seq IN (SELECT seq FROM happened \
            WHERE seq <= (SELECT MAX(seq) FROM happened) - $1 \
            AND seq NOT IN (SELECT MAX(seq) FROM happened WHERE what IN ('offline', 'online') GROUP BY vcenter_id) \
            ORDER BY seq LIMIT $2)";
        let attempt = self.attempt("forgetting what happened");
        let mut tx = self.engine().write(attempt).await?;
        let gone = sqlx::query(OLD).bind(kept).bind(STEP).execute(&mut *tx).await.during(attempt)?;
        tx.commit().await.during(attempt)?;
        Ok(gone.rows_affected())
    }

    /// Whether a sync changed something of a kind, or in one way, where those are given; then with the run of a policy that
    /// asked for it.
    pub async fn sync_changed(
        &self,
        sync: &OperationId,
        kind: Option<Kind>,
        change: Option<Change>,
    ) -> Result<Option<Option<OperationId>>, Error> {
        let attempt = self.attempt_on("reading operation", sync.as_str());
        let row = sqlx::query(
            "SELECT o.parent FROM operations o WHERE o.id = $1 AND (($2 IS NULL AND $3 IS NULL) OR EXISTS (SELECT 1 \
             FROM operation_changes c WHERE c.operation = o.seq AND ($2 IS NULL OR c.kind = $2) \
             AND ($3 IS NULL OR c.what = $3)))",
        )
        .bind(sync.as_str())
        .bind(kind.map(Kind::name))
        .bind(change.map(is_change))
        .fetch_optional(self.engine().readers())
        .await
        .during(attempt)?;
        let parent = row.map(|row| row.try_get::<Option<String>, _>("parent")).transpose().during(attempt)?;
        Ok(parent.map(|parent| parent.map(OperationId)))
    }

    /// How bad what was reported of a vCenter between two times is, as far as it is still so.
    pub async fn found_between(
        &self,
        vcenter: &VcenterId,
        (from, until): (Time, Time),
    ) -> Result<Vec<Level>, Error> {
        let attempt = self.attempt_on("reading the findings of vCenter", vcenter.as_str());
        let rows = sqlx::query(
            "SELECT DISTINCT level FROM findings WHERE vcenter_id = $1 AND due_at >= $2 AND due_at <= $3 \
             AND ended_at IS NULL",
        )
        .bind(vcenter.as_str())
        .bind(from.0)
        .bind(until.0)
        .fetch_all(self.engine().readers())
        .await
        .during(attempt)?;
        Ok(row::readable("a finding is left out", &rows, |row| row::from_word(row.try_get("level")?)))
    }
}

/// Notes that something happened.
pub(crate) async fn note(
    tx: &mut DbConnection,
    what: Happened,
    vcenter: &VcenterId,
    at: Time,
    detail: &str,
) -> Result<(), sqlx::Error> {
    sqlx::query("INSERT INTO happened (what, vcenter_id, at, detail) VALUES ($1, $2, $3, $4)")
        .bind(what.name())
        .bind(vcenter.as_str())
        .bind(at.0)
        .bind(detail)
        .execute(tx)
        .await
        .map(drop)
}

/// Notes that a vCenter can't be reached any more, or can again, where that is not what was noted last.
pub(crate) async fn note_reach(
    tx: &mut DbConnection,
    vcenter: &VcenterId,
    is_offline: bool,
    at: Time,
) -> Result<(), sqlx::Error> {
    let last: Option<String> = sqlx::query_scalar(
        "SELECT what FROM happened WHERE vcenter_id = $1 AND what IN ('offline', 'online') ORDER BY seq DESC LIMIT 1",
    )
    .bind(vcenter.as_str())
    .fetch_optional(&mut *tx)
    .await?;
    let was_offline = last.as_deref() == Some(Happened::Offline.name());
    if is_offline == was_offline {
        return Ok(());
    }
    let what = if is_offline { Happened::Offline } else { Happened::Online };
    note(tx, what, vcenter, at, "").await
}
