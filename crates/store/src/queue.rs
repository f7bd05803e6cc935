//! The durable queue: submit, claim, cancel.
//! Refuses to run two operations of one vCenter at once, and one before those that came first.

use crate::Store;
use crate::changes::Topic;
use crate::claim::Claim;
use crate::engine::Tx;
use crate::error::{During, Error};
use crate::{operations, row, vcenters};
use contract::{ApiError, Code, OperationId, OperationKind, OperationState, Origin, Time, VcenterId};

/// An operation to be queued.
#[derive(Clone, Debug, PartialEq)]
pub struct NewOperation {
    /// Its id.
    pub id: OperationId,
    /// The vCenter it is about.
    pub vcenter_id: VcenterId,
    /// What it does.
    pub kind: OperationKind,
    /// What it is about, in words for users.
    pub scope: Vec<String>,
    /// What it is about, exactly: operations of one vCenter and kind with the same arguments are equal.
    pub args: serde_json::Value,
    /// Who asked.
    pub origin: Origin,
    /// When.
    pub at: Time,
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
        self.interrupt(&mut tx, new.at).await.during(attempt)?;
        let known: Option<i64> = sqlx::query_scalar("SELECT 1 FROM vcenters WHERE id = $1")
            .bind(new.vcenter_id.as_str())
            .fetch_optional(&mut *tx)
            .await
            .during(attempt)?;
        known.ok_or_else(|| vcenters::not_found(&new.vcenter_id))?;
        let args = canonical(&new.args);
        let equal: Option<String> = sqlx::query_scalar(
            "SELECT id FROM operations WHERE vcenter_id = $1 AND kind = $2 AND args = $3 \
             AND state IN ('queued', 'running')",
        )
        .bind(new.vcenter_id.as_str())
        .bind(new.kind.name())
        .bind(&args)
        .fetch_optional(&mut *tx)
        .await
        .during(attempt)?;
        let submitted = match equal {
            Some(id) => Submitted { id: OperationId(id), coalesced: true },
            None => {
                self.enqueue(&mut tx, &new, &args).await.during(attempt)?;
                Submitted { id: new.id.clone(), coalesced: false }
            }
        };
        self.join(&mut tx, &submitted.id).await.during(attempt)?;
        tx.commit().await.during(attempt)?;
        Ok(submitted)
    }

    /// Takes an operation to run it in this process. `None` while another one of its vCenter runs or came first, and
    /// if it is not queued any more.
    pub async fn claim(&self, id: &OperationId, at: Time) -> Result<Option<Claim>, Error> {
        let attempt = self.attempt_on("claiming operation", id.as_str());
        let mut tx = self.engine().write(attempt).await?;
        self.interrupt(&mut tx, at).await.during(attempt)?;
        let claim_no: Option<i64> = sqlx::query_scalar(
            "UPDATE operations SET state = 'running', owner = $1, claim_no = claim_no + 1, attempts = attempts + 1, \
             started_at = $2 WHERE id = $3 AND state = 'queued' AND NOT EXISTS (SELECT 1 FROM operations other \
             WHERE other.vcenter_id = operations.vcenter_id AND (other.state = 'running' OR \
             (other.state = 'queued' AND other.seq < operations.seq))) RETURNING claim_no",
        )
        .bind(self.process_id())
        .bind(at.0)
        .bind(id.as_str())
        .fetch_optional(&mut *tx)
        .await
        .during(attempt)?;
        let operation = operations::read(&mut tx, id.as_str()).await.during(attempt)?;
        let claim = claim_no.zip(operation).map(|(claim_no, operation)| Claim { operation, claim_no });
        if claim.is_some() {
            self.note(&mut tx, Topic::Operation, id.as_str()).await.during(attempt)?;
        }
        tx.commit().await.during(attempt)?;
        Ok(claim)
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
        }
        tx.commit().await.during(attempt)?;
        Ok(ended > 0)
    }

    async fn enqueue(&self, tx: &mut Tx, new: &NewOperation, args: &str) -> Result<(), sqlx::Error> {
        sqlx::query(
            "INSERT INTO operations (id, vcenter_id, kind, scope, args, origin, state, owner, submitted_at) \
             VALUES ($1, $2, $3, $4, $5, $6, 'queued', $7, $8)",
        )
        .bind(new.id.as_str())
        .bind(new.vcenter_id.as_str())
        .bind(new.kind.name())
        .bind(row::json(&new.scope)?)
        .bind(args)
        .bind(new.origin.name())
        .bind(self.process_id())
        .bind(new.at.0)
        .execute(&mut **tx)
        .await?;
        self.note(tx, Topic::Operation, new.id.as_str()).await
    }
}

/// Arguments as text that is the same for equal ones, in whichever order their keys were written.
fn canonical(args: &serde_json::Value) -> String {
    use serde_json::Value;
    fn sorted(value: &Value) -> Value {
        match value {
            Value::Object(fields) => {
                let mut fields: Vec<_> = fields.iter().collect();
                fields.sort_by_key(|(key, _)| *key);
                Value::Object(fields.into_iter().map(|(key, value)| (key.clone(), sorted(value))).collect())
            }
            Value::Array(values) => values.iter().map(sorted).collect(),
            plain => plain.clone(),
        }
    }
    sorted(args).to_string()
}
