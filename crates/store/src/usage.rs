//! What was seen of each vCenter: when people look at it, when something changes in it, and how fast its server answers.
//! Refuses to tell who looked, to count how often, and to give it to anybody but the planner of smart schedules.

use crate::Store;
use crate::audit::Entry;
use crate::changes::Topic;
use crate::engine::{DbConnection, DbRow};
use crate::error::{During, Error};
use contract::{Subject, Time, VcenterId};
use planner::{Pace, Slot, Weeks};
use sqlx::Row;

/// What was seen of a vCenter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Usage {
    /// Since when it is noted: another time after it was deleted.
    pub since: Time,
    /// When people looked at it.
    pub looks: Weeks,
    /// When something changed in it.
    pub changes: Weeks,
    /// How fast its server answers.
    pub pace: Pace,
}

/// Something that was seen of a vCenter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seen {
    /// A person looked at it.
    Look(Slot),
    /// Something had changed in it.
    Change(Slot),
    /// A call to its server took so many milliseconds.
    Answer(Slot, u16),
}

impl Usage {
    fn none(since: Time) -> Usage {
        Usage { since, looks: Weeks::none(), changes: Weeks::none(), pace: Pace::unknown() }
    }

    fn take_in(&mut self, seen: Seen) {
        match seen {
            Seen::Look(at) => self.looks.mark(at),
            Seen::Change(at) => self.changes.mark(at),
            Seen::Answer(at, millis) => self.pace.measured(at, millis),
        }
    }
}

impl Store {
    /// What was seen of a vCenter; `None` where nothing is known, or can be read.
    pub async fn usage(&self, vcenter: &VcenterId) -> Result<Option<Usage>, Error> {
        let attempt = self.attempt("reading when people look");
        let row = sqlx::query(SELECT).bind(vcenter.as_str());
        let row = row.fetch_optional(self.engine().readers()).await.during(attempt)?;
        Ok(row.as_ref().and_then(read))
    }

    /// Deletes what was seen of all vCenters, and the reasons that were learned from it. Runs that are planned stay planned.
    pub async fn delete_usage(&self) -> Result<(), Error> {
        let attempt = self.attempt("deleting the usage data");
        let mut tx = self.engine().write(attempt).await?;
        sqlx::query("DELETE FROM usage").execute(&mut *tx).await.during(attempt)?;
        sqlx::query("UPDATE schedule_runs SET reason = NULL").execute(&mut *tx).await.during(attempt)?;
        self.record(&mut tx, Entry::done(Subject::only("usage")), attempt).await?;
        self.note(&mut tx, Topic::Schedules, "").await.during(attempt)?;
        tx.commit().await.during(attempt)
    }
}

const SELECT: &str = "SELECT * FROM usage WHERE vcenter_id = $1";

/// Takes in what was seen of a vCenter that is there. What can't be read begins anew.
pub(crate) async fn note(
    tx: &mut DbConnection,
    vcenter: &VcenterId,
    seen: impl Iterator<Item = Seen>,
    at: Time,
) -> Result<(), sqlx::Error> {
    let row = sqlx::query(SELECT).bind(vcenter.as_str()).fetch_optional(&mut *tx).await?;
    let before = row.as_ref().and_then(read);
    let mut usage = before.clone().unwrap_or_else(|| Usage::none(at));
    seen.for_each(|seen| usage.take_in(seen));
    // Who stays on a page is seen once a minute, and once in half an hour that is news.
    if before.as_ref() == Some(&usage) {
        return Ok(());
    }
    sqlx::query(
        "INSERT INTO usage (vcenter_id, since, looks_week, looks, changes_week, changes, pace) \
         SELECT id, $2, $3, $4, $5, $6, $7 FROM vcenters WHERE id = $1 \
         ON CONFLICT (vcenter_id) DO UPDATE SET since = excluded.since, looks_week = excluded.looks_week, \
         looks = excluded.looks, changes_week = excluded.changes_week, changes = excluded.changes, pace = excluded.pace",
    )
    .bind(vcenter.as_str())
    .bind(usage.since.0)
    .bind(usage.looks.latest())
    .bind(usage.looks.to_bytes())
    .bind(usage.changes.latest())
    .bind(usage.changes.to_bytes())
    .bind(usage.pace.to_bytes())
    .execute(&mut *tx)
    .await
    .map(drop)
}

fn read(row: &DbRow) -> Option<Usage> {
    let weeks = |latest: &str, bytes: &str| {
        Weeks::from_bytes(row.try_get(latest).ok()?, &row.try_get::<Vec<u8>, _>(bytes).ok()?)
    };
    Some(Usage {
        since: Time(row.try_get("since").ok()?),
        looks: weeks("looks_week", "looks")?,
        changes: weeks("changes_week", "changes")?,
        pace: Pace::from_bytes(&row.try_get::<Vec<u8>, _>("pace").ok()?)?,
    })
}
