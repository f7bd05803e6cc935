//! Policies and how much of what happened each has answered: stored, edited, and moved on when one starts.
//! Refuses to know what happened: the service looks.

use crate::changes::Topic;
use crate::engine::{Db, DbRow, Tx};
use crate::error::{Attempt, During, Error};
use crate::history::What;
use crate::names::{self, Among};
use crate::queue::{NewOperation, Submitted};
use crate::{Store, edition, operations, queue, row};
use contract::policy::{Change, PolicySettings, Step};
use contract::{Operation, OperationId, PolicyId, Subject};
use serde_json::Value;
use sqlx::{QueryBuilder, Row};

/// Every policy, as `record` reads it.
pub(crate) const ALL: &str = "SELECT * FROM policies ORDER BY name_key";

/// A policy as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyRecord {
    /// Its id.
    pub id: PolicyId,
    /// What is set for it; its vCenters by their ids.
    pub settings: PolicySettings,
    /// Whether it is on.
    pub enabled: bool,
    /// Raised by each edit.
    pub edition: i64,
    /// How much of what happened it has answered, as the service writes it.
    pub seen: String,
    /// Its newest run.
    pub last: Option<OperationId>,
}

impl Store {
    /// Every policy that can be read, by name.
    pub async fn policies(&self) -> Result<Vec<PolicyRecord>, Error> {
        let attempt = self.attempt("reading the policies");
        let rows = sqlx::query(ALL).fetch_all(self.engine().readers()).await.during(attempt)?;
        Ok(row::readable("a policy is left out", &rows, record))
    }

    /// Adds a policy, which is on.
    pub async fn add_policy(&self, policy: &PolicyRecord) -> Result<(), Error> {
        let PolicyRecord { id, settings, seen, .. } = policy;
        let attempt = self.attempt_on("adding policy", id.as_str());
        let mut tx = self.engine().write(attempt).await?;
        names::is_free(&mut tx, Among::Policies, &settings.name, id.as_str(), attempt).await?;
        delivers_somewhere(&mut tx, settings, attempt).await?;
        sqlx::query("INSERT INTO policies (id, name, name_key, settings, seen) VALUES ($1, $2, $3, $4, $5)")
            .bind(id.as_str())
            .bind(&settings.name)
            .bind(row::name_key(&settings.name))
            .bind(row::json(settings).during(attempt)?)
            .bind(seen)
            .execute(&mut *tx)
            .await
            .during(attempt)?;
        self.record_policy(&mut tx, id, None, attempt).await?;
        tx.commit().await.during(attempt)
    }

    /// Changes a policy from the edition that the edit was made from to the next one; what happened before counts as
    /// answered.
    pub async fn edit_policy(&self, to: &PolicyRecord) -> Result<(), Error> {
        let PolicyRecord { id, settings, .. } = to;
        let attempt = self.attempt_on("changing policy", id.as_str());
        let mut tx = self.engine().write(attempt).await?;
        let before = told(&mut tx, id).await.during(attempt)?;
        let sql = "SELECT edition FROM policies WHERE id = $1";
        edition::is_current(&mut tx, sql, ("policy", id.as_str()), to.edition, attempt).await?;
        names::is_free(&mut tx, Among::Policies, &settings.name, id.as_str(), attempt).await?;
        delivers_somewhere(&mut tx, settings, attempt).await?;
        sqlx::query(
            "UPDATE policies SET name = $1, name_key = $2, settings = $3, enabled = $4, edition = edition + 1, \
             seen = $5 WHERE id = $6",
        )
        .bind(&settings.name)
        .bind(row::name_key(&settings.name))
        .bind(row::json(settings).during(attempt)?)
        .bind(to.enabled)
        .bind(&to.seen)
        .bind(id.as_str())
        .execute(&mut *tx)
        .await
        .during(attempt)?;
        self.record_policy(&mut tx, id, before, attempt).await?;
        tx.commit().await.during(attempt)
    }

    /// Removes a policy; what it started goes on.
    pub async fn remove_policy(&self, id: &PolicyId) -> Result<(), Error> {
        let attempt = self.attempt_on("removing policy", id.as_str());
        let mut tx = self.engine().write(attempt).await?;
        let before = told(&mut tx, id).await.during(attempt)?;
        let delete = sqlx::query("DELETE FROM policies WHERE id = $1").bind(id.as_str());
        if delete.execute(&mut *tx).await.during(attempt)?.rows_affected() == 0 {
            return Err(not_found(id));
        }
        self.record_policy(&mut tx, id, before, attempt).await?;
        tx.commit().await.during(attempt)
    }

    /// Queues a run of a policy and notes what it answers, both or neither; without a run it only notes that. `None` if
    /// somebody else did, or the policy is another one by now.
    pub async fn start_policy(
        &self,
        policy: &PolicyRecord,
        seen: &str,
        run: Option<NewOperation>,
    ) -> Result<Option<Submitted>, Error> {
        let attempt = self.attempt_on("starting policy", policy.id.as_str());
        let mut tx = self.engine().write(attempt).await?;
        let moved = sqlx::query(
            "UPDATE policies SET seen = $1 WHERE id = $2 AND seen = $3 AND edition = $4 AND enabled = 1",
        )
        .bind(seen)
        .bind(policy.id.as_str())
        .bind(&policy.seen)
        .bind(policy.edition)
        .execute(&mut *tx)
        .await
        .during(attempt)?;
        if moved.rows_affected() == 0 {
            return Ok(None);
        }
        let submitted = match run {
            Some(run) => Some(self.begin_policy(&mut tx, &policy.id, &run, attempt).await?),
            None => None,
        };
        tx.commit().await.during(attempt)?;
        Ok(submitted)
    }

    /// Queues a run of a policy that somebody asked for, whatever it has answered.
    pub async fn run_policy(&self, id: &PolicyId, run: NewOperation) -> Result<Submitted, Error> {
        let attempt = self.attempt_on("starting policy", id.as_str());
        let mut tx = self.engine().write(attempt).await?;
        let submitted = self.begin_policy(&mut tx, id, &run, attempt).await?;
        tx.commit().await.during(attempt)?;
        Ok(submitted)
    }

    /// The operations that ran a policy, the newest first.
    pub async fn runs_of(&self, id: &PolicyId, limit: u32) -> Result<Vec<Operation>, Error> {
        let attempt = self.attempt_on("reading the runs of policy", id.as_str());
        let mut query = QueryBuilder::<Db>::new(operations::SELECT);
        query.push(" WHERE o.vcenter_id IS NULL AND o.lane = ").push_bind(queue::lane_of_policy(id));
        query.push(" ORDER BY o.seq DESC LIMIT ").push_bind(i64::from(limit));
        let rows = query.build().fetch_all(self.engine().readers()).await.during(attempt)?;
        Ok(row::readable("a run is left out", &rows, operations::operation))
    }

    async fn begin_policy(
        &self,
        tx: &mut Tx,
        id: &PolicyId,
        run: &NewOperation,
        attempt: Attempt<'_>,
    ) -> Result<Submitted, Error> {
        let submitted = self.submit_in(tx, run, attempt).await?;
        sqlx::query("UPDATE policies SET operation_id = $1 WHERE id = $2")
            .bind(submitted.id.as_str())
            .bind(id.as_str())
            .execute(&mut **tx)
            .await
            .during(attempt)?;
        self.note(tx, Topic::Schedules, id.as_str()).await.during(attempt)?;
        Ok(submitted)
    }

    async fn record_policy(
        &self,
        tx: &mut Tx,
        id: &PolicyId,
        before: Option<Value>,
        attempt: Attempt<'_>,
    ) -> Result<(), Error> {
        self.note(tx, Topic::Schedules, id.as_str()).await.during(attempt)?;
        let after = told(tx, id).await.during(attempt)?;
        self.record_change(tx, Subject::policy(id), (before, after), attempt).await
    }
}

/// Fails if a destination that a policy names is gone by now.
async fn delivers_somewhere(
    tx: &mut Tx,
    settings: &PolicySettings,
    attempt: Attempt<'_>,
) -> Result<(), Error> {
    for to in settings.steps.iter().filter_map(Step::to) {
        let found = sqlx::query_scalar::<_, i64>("SELECT 1 FROM destinations WHERE id = $1").bind(to);
        if found.fetch_optional(&mut **tx).await.during(attempt)?.is_none() {
            return Err(Error::NotFound { what: "destination", id: to.to_owned() });
        }
    }
    Ok(())
}

/// A policy as the audit log has it.
async fn told(tx: &mut Tx, id: &PolicyId) -> Result<Option<Value>, sqlx::Error> {
    let row = sqlx::query("SELECT * FROM policies WHERE id = $1").bind(id.as_str());
    let Some(row) = row.fetch_optional(&mut **tx).await? else { return Ok(None) };
    Ok(record(&row).ok().and_then(|record| {
        let mut told = serde_json::to_value(&record.settings).ok()?;
        told["enabled"] = record.enabled.into();
        Some(told)
    }))
}

pub(crate) fn record(row: &DbRow) -> Result<PolicyRecord, sqlx::Error> {
    Ok(PolicyRecord {
        id: PolicyId(row.try_get("id")?),
        settings: row::from_json(row.try_get("settings")?)?,
        enabled: row.try_get("enabled")?,
        edition: row.try_get("edition")?,
        seen: row.try_get("seen")?,
        last: row.try_get::<Option<String>, _>("operation_id")?.map(OperationId),
    })
}

/// The number of a change in what operations changed.
pub(crate) fn is_change(change: Change) -> i64 {
    match change {
        Change::Added => What::Added.number(),
        Change::Changed => What::Changed.number(),
        Change::Removed => What::Removed.number(),
    }
}

fn not_found(id: &PolicyId) -> Error {
    Error::NotFound { what: "policy", id: id.to_string() }
}
