//! The durable queue: submit, claim, cancel.
//! Refuses to run two operations of one lane at once, and one before those that come first.

use crate::Store;
use crate::audit::Entry;
use crate::changes::Topic;
use crate::claim::Claim;
use crate::engine::Tx;
use crate::error::{Attempt, During, Error};
use crate::{operations, row, vcenters};
use contract::{
    ApiError, AuditOutcome, Code, Job, Lane, OperationId, OperationState, Origin, PolicyId, Role, Subject,
    Time, VcenterId,
};
use serde_json::json;
use sqlx::Row;
use std::collections::HashSet;

/// Whether an operation waits for its turn. The list of states is that of the index on live operations, which is not used
/// without it.
macro_rules! is_queued {
    ($operation:literal) => {
        concat!($operation, ".state IN ('queued', 'running') AND ", $operation, ".state = 'queued'")
    };
}

/// Where runs of a policy take their turn.
pub(crate) fn lane_of_policy(id: &PolicyId) -> String {
    format!("policy {id}")
}

/// Whether a queued operation is the next of its lane, and the lane is free.
macro_rules! is_next {
    ($operation:literal) => {
        concat!(
            "NOT EXISTS (SELECT 1 FROM operations other WHERE other.lane = ",
            $operation,
            ".lane AND ",
            "other.state IN ('queued', 'running') AND ",
            "(other.state = 'running' OR (other.state = 'queued' AND (other.priority < ",
            $operation,
            ".priority OR ",
            "(other.priority = ",
            $operation,
            ".priority AND other.seq < ",
            $operation,
            ".seq)))))"
        )
    };
}

/// An operation to be queued.
#[derive(Clone, Debug, PartialEq)]
pub struct NewOperation {
    /// Its id.
    pub id: OperationId,
    /// The vCenter it is about, if it is about one.
    pub vcenter_id: Option<VcenterId>,
    /// What it is to do.
    pub job: Job,
    /// Who asked.
    pub origin: Origin,
    /// In which role.
    pub role: Role,
    /// Whether this process waits for it, and it ends when nobody does any more; else it runs in any case.
    pub awaited: bool,
    /// When.
    pub at: Time,
    /// The run of a policy that asks for it.
    pub parent: Option<OperationId>,
}

impl NewOperation {
    fn lane(&self) -> Option<String> {
        match self.job.lane() {
            Lane::Policy => self.job.policy().map(lane_of_policy),
            // What a reader starts by itself waits for the sync that runs: it may bring the same.
            Lane::Beside if self.origin == Origin::User => None,
            Lane::Delivery => match &self.job {
                Job::Deliver { destination, .. } => Some(format!("deliver {destination}")),
                _ => None,
            },
            Lane::Discovery => Some("discovery".to_owned()),
            Lane::Sync | Lane::Beside => self.vcenter_id.as_ref().map(|id| format!("sync {id}")),
        }
    }

    /// A person's work comes before what happens by itself.
    fn priority(&self) -> i64 {
        i64::from(self.origin != Origin::User)
    }
}

/// An operation that a process may run now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Runnable {
    /// Its id.
    pub id: OperationId,
    /// Its vCenter, if it has one.
    pub vcenter_id: Option<VcenterId>,
    /// Whether this process waits for it.
    pub is_own: bool,
    /// Whether a person asked for it.
    pub is_of_a_person: bool,
}

/// Answer to a submission.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Submitted {
    /// The operation to wait for.
    pub id: OperationId,
    /// Whether it is an equal one that was there already.
    pub coalesced: bool,
}

impl Store {
    /// Queues an operation, or answers with an equal one that waits or runs already.
    pub async fn submit(&self, new: NewOperation) -> Result<Submitted, Error> {
        let attempt = self.attempt_on("submitting operation", new.id.as_str());
        let mut tx = self.engine().write(attempt).await?;
        let submitted = self.submit_in(&mut tx, &new, attempt).await?;
        tx.commit().await.during(attempt)?;
        Ok(submitted)
    }

    /// The same as a part of a transaction.
    pub(crate) async fn submit_in(
        &self,
        tx: &mut Tx,
        new: &NewOperation,
        attempt: Attempt<'_>,
    ) -> Result<Submitted, Error> {
        self.interrupt(tx, new.at).await.during(attempt)?;
        let subject = subject(tx, new, attempt).await?;
        let job = row::json(&new.job).during(attempt)?;
        let equal: Option<String> = sqlx::query_scalar(
            // Who asks for what is being cancelled wants it all the same.
            "SELECT id FROM operations WHERE vcenter_id IS $1 AND job = $2 AND state IN ('queued', 'running') \
             AND cancelling = 0",
        )
        .bind(new.vcenter_id.as_ref().map(VcenterId::as_str))
        .bind(&job)
        .fetch_optional(&mut **tx)
        .await
        .during(attempt)?;
        let equal = match equal {
            None => covering(tx, new).await.during(attempt)?,
            Some(id) => {
                self.hurry(tx, &id, new).await.during(attempt)?;
                Some(id)
            }
        };
        let submitted = match equal {
            Some(id) => Submitted { id: OperationId(id), coalesced: true },
            None => {
                self.enqueue(tx, new, &job).await.during(attempt)?;
                Submitted { id: new.id.clone(), coalesced: false }
            }
        };
        if new.awaited {
            self.join(tx, &submitted.id).await.during(attempt)?;
        } else if submitted.coalesced {
            self.detach(tx, &submitted.id).await.during(attempt)?;
        }
        // A reader that joins or begins a refresh is no act of anybody.
        if new.origin != Origin::Reader {
            let entry = Entry {
                outcome: AuditOutcome::Accepted,
                operation: Some(&submitted.id),
                ..Entry::done(subject)
            };
            self.record(tx, entry.after(&json!({ "job": new.job })), attempt).await?;
        }
        Ok(submitted)
    }

    /// What this process may run now, first come first: what it waits for itself, and what stands before that; a worker
    /// also what nobody waits for. What another process waits for is run by that one, which may have been given a
    /// password for it. Reads, and writes nothing.
    pub async fn runnable(&self, is_worker: bool) -> Result<Vec<Runnable>, Error> {
        let attempt = self.attempt("looking for operations to run");
        let rows = sqlx::query(concat!(
            "SELECT o.id, o.vcenter_id, o.origin, EXISTS (SELECT 1 FROM waiters w WHERE w.operation_id = o.id AND w.process = $1) \
             AS is_own FROM operations o WHERE ",
            is_queued!("o"),
            " AND ",
            is_next!("o"),
            " AND (EXISTS (SELECT 1 FROM waiters w WHERE w.operation_id = o.id AND w.process = $1) \
             OR (o.awaited = 0 AND ($2 OR EXISTS (SELECT 1 FROM operations behind \
             JOIN waiters w ON w.operation_id = behind.id WHERE behind.lane = o.lane AND ",
            is_queued!("behind"),
            " AND w.process = $1)))) ORDER BY o.priority, o.seq"
        ))
        .bind(self.process_id())
        .bind(is_worker)
        .fetch_all(self.engine().readers())
        .await
        .during(attempt)?;
        Ok(row::readable("a queued operation is left out", &rows, |row| {
            Ok(Runnable {
                id: OperationId(row.try_get("id")?),
                vcenter_id: row.try_get::<Option<String>, _>("vcenter_id")?.map(VcenterId),
                is_own: row.try_get("is_own")?,
                is_of_a_person: row.try_get::<String, _>("origin")? == Origin::User.name(),
            })
        }))
    }

    /// Every operation that waits for its turn.
    pub async fn queued(&self) -> Result<HashSet<OperationId>, Error> {
        let attempt = self.attempt("looking for queued operations");
        let live = concat!("SELECT o.id FROM operations o WHERE ", is_queued!("o"));
        let rows = sqlx::query(live).fetch_all(self.engine().readers()).await.during(attempt)?;
        let ids = row::readable("a queued operation is left out", &rows, |row| row.try_get("id"));
        Ok(ids.into_iter().map(OperationId).collect())
    }

    /// Takes an operation to run it in this process. `None` while another one of its lane runs or comes first, and
    /// if it is not queued any more.
    pub async fn claim(&self, id: &OperationId, at: Time) -> Result<Option<Claim>, Error> {
        let attempt = self.attempt_on("claiming operation", id.as_str());
        let mut tx = self.engine().write(attempt).await?;
        self.interrupt(&mut tx, at).await.during(attempt)?;
        let claim_no: Option<i64> = sqlx::query_scalar(concat!(
            "UPDATE operations SET state = 'running', owner = $1, claim_no = claim_no + 1, attempts = attempts + 1, \
             started_at = $2 WHERE id = $3 AND state = 'queued' AND ",
            is_next!("operations"),
            " RETURNING claim_no"
        ))
        .bind(self.process_id())
        .bind(at.0)
        .bind(id.as_str())
        .fetch_optional(&mut *tx)
        .await
        .during(attempt)?;
        let read = operations::read(&mut tx, id.as_str()).await;
        if let (Some(_), Err(why)) = (claim_no, &read) {
            // It would stand in the way of its lane for ever.
            tracing::error!(operation = %id, %why, "an operation that can't be read ends");
            self.end_unreadable(&mut tx, id, at).await.during(attempt)?;
            tx.commit().await.during(attempt)?;
            return Ok(None);
        }
        let claim =
            claim_no.zip(read.during(attempt)?).map(|(claim_no, operation)| Claim { operation, claim_no });
        if claim.is_some() {
            self.note(&mut tx, Topic::Operation, id.as_str()).await.during(attempt)?;
        }
        tx.commit().await.during(attempt)?;
        Ok(claim)
    }

    async fn end_unreadable(&self, tx: &mut Tx, id: &OperationId, at: Time) -> Result<(), sqlx::Error> {
        let error = ApiError::new(Code::Database, "what it was to do can't be read; nothing was changed");
        sqlx::query("UPDATE operations SET state = 'failed', finished_at = $1, error = $2 WHERE id = $3")
            .bind(at.0)
            .bind(row::json(&error)?)
            .bind(id.as_str())
            .execute(&mut **tx)
            .await?;
        self.record_end(tx, id.as_str(), (at, "failed"), None::<&()>, Some(&error.message)).await?;
        self.note(tx, Topic::Operation, id.as_str()).await
    }

    /// Asks whoever runs an operation to cancel it; one that still waits is cancelled at once. False if it has ended.
    pub async fn cancel(&self, id: &OperationId, at: Time) -> Result<bool, Error> {
        if self.cancel_queued(id, at).await? {
            return Ok(true);
        }
        let attempt = self.attempt_on("cancelling operation", id.as_str());
        let mut tx = self.engine().write(attempt).await?;
        let asked = sqlx::query("UPDATE operations SET cancelling = 1 WHERE id = $1 AND state = 'running'")
            .bind(id.as_str())
            .execute(&mut *tx)
            .await
            .during(attempt)?
            .rows_affected();
        if asked > 0 {
            self.note(&mut tx, Topic::Operation, id.as_str()).await.during(attempt)?;
            self.record_cancelled(&mut tx, id, attempt).await?;
        }
        tx.commit().await.during(attempt)?;
        Ok(asked > 0)
    }

    /// Cancels an operation that still waits; false if it runs or ended already.
    pub async fn cancel_queued(&self, id: &OperationId, at: Time) -> Result<bool, Error> {
        let error = ApiError::new(Code::Cancelled, "it was cancelled before it started; nothing was changed");
        self.end_queued(id, OperationState::Cancelled, at, &error).await
    }

    /// Ends an operation that still waits; false if it runs or ended already.
    pub async fn end_queued(
        &self,
        id: &OperationId,
        state: OperationState,
        at: Time,
        error: &ApiError,
    ) -> Result<bool, Error> {
        let attempt = self.attempt_on("ending the queued operation", id.as_str());
        let mut tx = self.engine().write(attempt).await?;
        let ended = sqlx::query(
            "UPDATE operations SET state = $1, finished_at = $2, error = $3 WHERE id = $4 AND state = 'queued'",
        )
        .bind(state.name())
        .bind(at.0)
        .bind(row::json(error).during(attempt)?)
        .bind(id.as_str())
        .execute(&mut *tx)
        .await
        .during(attempt)?
        .rows_affected();
        if ended > 0 {
            self.note(&mut tx, Topic::Operation, id.as_str()).await.during(attempt)?;
            if state == OperationState::Cancelled {
                self.record_cancelled(&mut tx, id, attempt).await?;
            }
            let end =
                self.record_end(&mut tx, id.as_str(), (at, state.name()), None::<&()>, Some(&error.message));
            end.await.during(attempt)?;
        }
        tx.commit().await.during(attempt)?;
        Ok(ended > 0)
    }

    async fn record_cancelled(
        &self,
        tx: &mut Tx,
        id: &OperationId,
        attempt: Attempt<'_>,
    ) -> Result<(), Error> {
        self.record(tx, Entry::done(Subject::operation(id)), attempt).await
    }

    /// Cancels what waits on a vCenter that is removed; answers with it.
    pub(crate) async fn end_what_waits(
        &self,
        tx: &mut Tx,
        vcenter: &VcenterId,
        at: Time,
    ) -> Result<Vec<OperationId>, sqlx::Error> {
        let error =
            ApiError::new(Code::Cancelled, "its vCenter was removed before it began; nothing was changed");
        let ended = sqlx::query(
            "UPDATE operations SET state = 'cancelled', finished_at = $1, error = $2 \
             WHERE vcenter_id = $3 AND state = 'queued' RETURNING id",
        )
        .bind(at.0)
        .bind(row::json(&error)?)
        .bind(vcenter.as_str())
        .fetch_all(&mut **tx)
        .await?;
        let ended = row::readable("the id of an operation", &ended, |row| row.try_get("id").map(OperationId));
        for id in &ended {
            self.record_end(tx, id.as_str(), (at, "cancelled"), None::<&()>, Some(&error.message)).await?;
            self.note(tx, Topic::Operation, id.as_str()).await?;
        }
        Ok(ended)
    }

    /// What waits for its turn, and is now asked for by somebody who comes before, comes before too, as theirs.
    async fn hurry(&self, tx: &mut Tx, id: &str, new: &NewOperation) -> Result<(), sqlx::Error> {
        let hurried = sqlx::query(
            "UPDATE operations SET priority = $1, lane = $2, origin = $3, role = $4 \
             WHERE id = $5 AND state = 'queued' AND priority > $1",
        )
        .bind(new.priority())
        .bind(new.lane())
        .bind(new.origin.name())
        .bind(new.role.name())
        .bind(id)
        .execute(&mut **tx)
        .await?;
        if hurried.rows_affected() > 0 {
            self.note(tx, Topic::Operation, id).await?;
        }
        Ok(())
    }

    async fn enqueue(&self, tx: &mut Tx, new: &NewOperation, job: &str) -> Result<(), sqlx::Error> {
        sqlx::query(
            "INSERT INTO operations (id, vcenter_id, kind, job, lane, priority, awaited, origin, role, state, submitted_at, parent) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'queued', $10, $11)",
        )
        .bind(new.id.as_str())
        .bind(new.vcenter_id.as_ref().map(VcenterId::as_str))
        .bind(new.job.kind().name())
        .bind(job)
        .bind(new.lane())
        .bind(new.priority())
        .bind(new.awaited)
        .bind(new.origin.name())
        .bind(new.role.name())
        .bind(new.at.0)
        .bind(new.parent.as_ref().map(OperationId::as_str))
        .execute(&mut **tx)
        .await?;
        self.note(tx, Topic::Operation, new.id.as_str()).await
    }
}

/// What an operation is about, with the name that it has now.
async fn subject(tx: &mut Tx, new: &NewOperation, attempt: Attempt<'_>) -> Result<Subject, Error> {
    let Some(vcenter) = &new.vcenter_id else {
        return Ok(new.job.policy().map_or_else(|| Subject::only("servers"), Subject::policy));
    };
    let known: Option<String> =
        sqlx::query_scalar("SELECT name FROM vcenters WHERE id = $1 AND removed_at IS NULL")
            .bind(vcenter.as_str())
            .fetch_optional(&mut **tx)
            .await
            .during(attempt)?;
    let name = known.ok_or_else(|| vcenters::not_found(vcenter))?;
    Ok(Subject::vcenter(vcenter).named(&name))
}

/// An operation that has not begun and does all that a new one would.
async fn covering(tx: &mut Tx, new: &NewOperation) -> Result<Option<String>, sqlx::Error> {
    let rows = sqlx::query(concat!(
        "SELECT o.id, o.job FROM operations o WHERE o.vcenter_id IS $1 AND ",
        is_queued!("o"),
        " AND o.priority <= $2 ORDER BY o.seq"
    ))
    .bind(new.vcenter_id.as_ref().map(VcenterId::as_str))
    .bind(new.priority())
    .fetch_all(&mut **tx)
    .await?;
    let queued = row::readable("a queued operation is left out", &rows, |row| {
        Ok((row.try_get::<String, _>("id")?, row::from_json::<Job>(row.try_get("job")?)?))
    });
    Ok(queued.into_iter().find(|(_, job)| job.covers(&new.job)).map(|(id, _)| id))
}
