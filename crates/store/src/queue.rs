//! The durable queue: submit, claim, report, finish, and what becomes of operations whose process died.
//! Refuses to run two operations of one vCenter at once, and to run one again by itself.

use crate::Store;
use crate::changes::Topic;
use crate::engine::{DbConnection, Tx};
use crate::error::{Attempt, During, Error};
use crate::{operations, row, vcenters};
use contract::{
    ApiError, Code, Diff, Operation, OperationId, OperationKind, OperationState, Origin, Progress, Time,
    VcenterId,
};

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

/// The right to run an operation, until it is finished or its process ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The operation as it was claimed.
    pub operation: Operation,
    /// Counts the claims of this operation; what is written under an older one is refused.
    pub claim_no: i64,
}

/// How an operation ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finish {
    /// One of the final states.
    pub state: OperationState,
    /// When.
    pub at: Time,
    /// How far it got.
    pub progress: Progress,
    /// What it changed.
    pub diff: Diff,
    /// Calls made to the server.
    pub calls: u64,
    /// Bytes received from the server.
    pub bytes: u64,
    /// Why it failed, or what is missing.
    pub error: Option<ApiError>,
}

impl Store {
    /// Queues an operation, or answers with an equal one that waits or runs already.
    pub async fn submit(&self, new: NewOperation) -> Result<Submitted, Error> {
        let attempt = Attempt::on("submitting operation", new.id.as_str());
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
        tx.commit().await.during(attempt)?;
        Ok(submitted)
    }

    /// Takes an operation to run it in this process. `None` while another one of its vCenter runs or came first, and
    /// if it is not queued any more.
    pub async fn claim(&self, id: &OperationId, at: Time) -> Result<Option<Claim>, Error> {
        let attempt = Attempt::on("claiming operation", id.as_str());
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

    /// Ends the operations whose process died, and drops what they staged. Submitting and claiming do so first.
    pub async fn interrupt_dead(&self, at: Time) -> Result<Vec<OperationId>, Error> {
        let attempt = Attempt::to("looking for operations of dead processes");
        let mut reader = self.engine().readers().acquire().await.during(attempt)?;
        if self.dead_owners(&mut reader).await.during(attempt)?.is_empty() {
            return Ok(Vec::new());
        }
        drop(reader);
        let mut tx = self.engine().write(attempt).await?;
        let interrupted = self.interrupt(&mut tx, at).await.during(attempt)?;
        tx.commit().await.during(attempt)?;
        Ok(interrupted)
    }

    /// Notes how far an operation is.
    pub async fn progress(
        &self,
        claim: &Claim,
        progress: &Progress,
        calls: u64,
        bytes: u64,
    ) -> Result<(), Error> {
        let attempt = Attempt::on("noting the progress of operation", claim.operation.id.as_str());
        let mut tx = self.engine().write(attempt).await?;
        let updated = sqlx::query(
            "UPDATE operations SET step = $1, done = $2, total = $3, calls = $4, bytes = $5 \
             WHERE id = $6 AND claim_no = $7 AND state = 'running'",
        )
        .bind(&progress.step)
        .bind(row::signed(progress.done))
        .bind(row::signed(progress.total))
        .bind(row::signed(calls))
        .bind(row::signed(bytes))
        .bind(claim.operation.id.as_str())
        .bind(claim.claim_no)
        .execute(&mut *tx)
        .await
        .during(attempt)?;
        claim.held(updated.rows_affected())?;
        self.note(&mut tx, Topic::Operation, claim.operation.id.as_str()).await.during(attempt)?;
        tx.commit().await.during(attempt)
    }

    /// Ends an operation that publishes nothing, and drops what it staged.
    pub async fn finish(&self, claim: &Claim, finish: Finish) -> Result<(), Error> {
        let attempt = Attempt::on("finishing operation", claim.operation.id.as_str());
        let mut tx = self.engine().write(attempt).await?;
        self.write_finish(&mut tx, claim, &finish, attempt).await?;
        drop_staged(&mut tx, &claim.operation.id).await.during(attempt)?;
        tx.commit().await.during(attempt)
    }

    /// Cancels an operation that still waits; false if it runs or ended already.
    pub async fn cancel_queued(&self, id: &OperationId, at: Time) -> Result<bool, Error> {
        let attempt = Attempt::on("cancelling operation", id.as_str());
        let mut tx = self.engine().write(attempt).await?;
        let error = ApiError::new(Code::Cancelled, "it was cancelled before it began; nothing was changed");
        let cancelled = sqlx::query(
            "UPDATE operations SET state = 'cancelled', finished_at = $1, error = $2 WHERE id = $3 AND state = 'queued'",
        )
        .bind(at.0)
        .bind(row::json(&error).during(attempt)?)
        .bind(id.as_str())
        .execute(&mut *tx)
        .await
        .during(attempt)?
        .rows_affected();
        if cancelled > 0 {
            self.note(&mut tx, Topic::Operation, id.as_str()).await.during(attempt)?;
        }
        tx.commit().await.during(attempt)?;
        Ok(cancelled > 0)
    }

    pub(crate) async fn write_finish(
        &self,
        tx: &mut Tx,
        claim: &Claim,
        finish: &Finish,
        attempt: Attempt<'_>,
    ) -> Result<(), Error> {
        let Finish { state, at, progress, diff, calls, bytes, error } = finish;
        let error = error.as_ref().map(row::json).transpose().during(attempt)?;
        let updated = sqlx::query(
            "UPDATE operations SET state = $1, finished_at = $2, step = $3, done = $4, total = $5, added = $6, \
             changed = $7, removed = $8, unchanged = $9, calls = $10, bytes = $11, error = $12 \
             WHERE id = $13 AND claim_no = $14 AND state = 'running'",
        )
        .bind(state.name())
        .bind(at.0)
        .bind(&progress.step)
        .bind(row::signed(progress.done))
        .bind(row::signed(progress.total))
        .bind(row::signed(diff.added))
        .bind(row::signed(diff.changed))
        .bind(row::signed(diff.removed))
        .bind(row::signed(diff.unchanged))
        .bind(row::signed(*calls))
        .bind(row::signed(*bytes))
        .bind(error)
        .bind(claim.operation.id.as_str())
        .bind(claim.claim_no)
        .execute(&mut **tx)
        .await
        .during(attempt)?;
        claim.held(updated.rows_affected())?;
        self.note(tx, Topic::Operation, claim.operation.id.as_str()).await.during(attempt)
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

    async fn interrupt(&self, tx: &mut Tx, at: Time) -> Result<Vec<OperationId>, sqlx::Error> {
        let error =
            ApiError::new(Code::Interrupted, "the process that was to run it ended; nothing was changed")
                .next("Start it again.");
        let error = row::json(&error)?;
        let mut interrupted = Vec::new();
        for owner in self.dead_owners(tx).await? {
            let ids: Vec<String> = sqlx::query_scalar(
                "UPDATE operations SET state = 'interrupted', finished_at = $1, error = $2 \
                 WHERE owner = $3 AND state IN ('queued', 'running') RETURNING id",
            )
            .bind(at.0)
            .bind(&error)
            .bind(&owner)
            .fetch_all(&mut **tx)
            .await?;
            interrupted.extend(ids.into_iter().map(OperationId));
        }
        for id in &interrupted {
            drop_staged(tx, id).await?;
            self.note(tx, Topic::Operation, id.as_str()).await?;
        }
        Ok(interrupted)
    }

    async fn dead_owners(&self, connection: &mut DbConnection) -> Result<Vec<String>, sqlx::Error> {
        let owners: Vec<String> =
            sqlx::query_scalar("SELECT DISTINCT owner FROM operations WHERE state IN ('queued', 'running')")
                .fetch_all(connection)
                .await?;
        Ok(owners.into_iter().filter(|owner| !self.is_alive(owner)).collect())
    }
}

impl Claim {
    /// Whether a write that carried this claim met its operation.
    fn held(&self, rows: u64) -> Result<(), Error> {
        if rows == 0 { Err(self.lost()) } else { Ok(()) }
    }

    fn lost(&self) -> Error {
        Error::ClaimLost { operation: self.operation.id.clone() }
    }

    /// Fails unless the operation is still run under this claim.
    pub(crate) async fn check(
        &self,
        connection: &mut DbConnection,
        attempt: Attempt<'_>,
    ) -> Result<(), Error> {
        let held: Option<i64> = sqlx::query_scalar(
            "SELECT 1 FROM operations WHERE id = $1 AND claim_no = $2 AND state = 'running'",
        )
        .bind(self.operation.id.as_str())
        .bind(self.claim_no)
        .fetch_optional(connection)
        .await
        .during(attempt)?;
        held.map(|_| ()).ok_or_else(|| self.lost())
    }
}

async fn drop_staged(connection: &mut DbConnection, id: &OperationId) -> Result<(), sqlx::Error> {
    sqlx::query("DELETE FROM staged WHERE operation_id = $1")
        .bind(id.as_str())
        .execute(connection)
        .await
        .map(|_| ())
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
