//! A claimed operation: how it reports, and how it ends.
//! Refuses every write of who no longer holds the claim.

use crate::Store;
use crate::changes::Topic;
use crate::engine::{DbConnection, Tx};
use crate::error::{Attempt, During, Error};
use crate::{history, interrupt, measures, row};
use contract::analytics::CallTimes;
use contract::{ApiError, Diff, Operation, OperationState, Progress, Steps, Time, VcenterId};

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
    /// What it answers with beside its counts.
    pub result: Option<serde_json::Value>,
    /// How it ran; of one that publishes, all but that.
    pub steps: Steps,
    /// How soon the server answered.
    pub latency: CallTimes,
}

/// Of what is about no vCenter.
static NONE: VcenterId = VcenterId(String::new());

impl Claim {
    /// The vCenter that it is about. What is about none publishes nothing of one.
    pub fn vcenter_id(&self) -> &VcenterId {
        self.operation.vcenter_id.as_ref().unwrap_or(&NONE)
    }
}

impl Store {
    /// Notes how far an operation is.
    pub async fn progress(
        &self,
        claim: &Claim,
        progress: &Progress,
        calls: u64,
        bytes: u64,
    ) -> Result<(), Error> {
        let attempt = self.attempt_on("saving the progress of operation", claim.operation.id.as_str());
        let mut tx = self.engine().write(attempt).await?;
        let updated = sqlx::query(
            "UPDATE operations SET step = $1, done = $2, total = $3, calls = $4, bytes = $5, percent = $8, \
             objects_per_second = $9, bytes_per_second = $10, remaining_seconds = $11, attempts = $12 \
             WHERE id = $6 AND claim_no = $7 AND state = 'running'",
        )
        .bind(&progress.step)
        .bind(row::signed(progress.done))
        .bind(row::signed(progress.total))
        .bind(row::signed(calls))
        .bind(row::signed(bytes))
        .bind(claim.operation.id.as_str())
        .bind(claim.claim_no)
        .bind(progress.percent)
        .bind(progress.objects_per_second.map(row::signed))
        .bind(progress.bytes_per_second.map(row::signed))
        .bind(progress.remaining_seconds.map(row::signed))
        .bind(progress.attempts)
        .execute(&mut *tx)
        .await
        .during(attempt)?;
        claim.held(updated.rows_affected())?;
        self.note(&mut tx, Topic::Operation, claim.operation.id.as_str()).await.during(attempt)?;
        tx.commit().await.during(attempt)
    }

    /// Ends an operation that publishes nothing, and drops what it staged.
    pub async fn finish(&self, claim: &Claim, finish: Finish) -> Result<(), Error> {
        let attempt = self.attempt_on("finishing operation", claim.operation.id.as_str());
        let mut tx = self.engine().write(attempt).await?;
        self.write_finish(&mut tx, claim, &finish, attempt).await?;
        history::write(&mut tx, claim, &finish.steps, None).await.during(attempt)?;
        interrupt::drop_staged(&mut tx, &claim.operation.id).await.during(attempt)?;
        tx.commit().await.during(attempt)
    }

    pub(crate) async fn write_finish(
        &self,
        tx: &mut Tx,
        claim: &Claim,
        finish: &Finish,
        attempt: Attempt<'_>,
    ) -> Result<(), Error> {
        let Finish { state, at, progress, diff, calls, bytes, error, result, .. } = finish;
        let error = error.as_ref().map(row::json).transpose().during(attempt)?;
        let result = result.as_ref().map(row::json).transpose().during(attempt)?;
        let updated = sqlx::query(
            "UPDATE operations SET state = $1, finished_at = $2, step = $3, done = $4, total = $5, added = $6, \
             changed = $7, removed = $8, unchanged = $9, calls = $10, bytes = $11, error = $12, percent = $15, result = $16, \
             attempts = MAX(attempts, $17) WHERE id = $13 AND claim_no = $14 AND state = 'running'",
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
        .bind(progress.percent)
        .bind(result)
        .bind(progress.attempts)
        .execute(&mut **tx)
        .await
        .during(attempt)?;
        claim.held(updated.rows_affected())?;
        measures::write_latency(tx, claim, &finish.latency).await.during(attempt)?;
        let id = claim.operation.id.as_str();
        let why = finish.error.as_ref().map(|error| error.message.as_str());
        self.record_end(tx, id, (*at, state.name()), Some(diff), why).await.during(attempt)?;
        self.note(tx, Topic::Operation, id).await.during(attempt)
    }
}

impl Claim {
    /// Whether a write that carried this claim met its operation.
    fn held(&self, rows: u64) -> Result<(), Error> {
        if rows == 0 { Err(self.lost()) } else { Ok(()) }
    }

    pub(crate) fn stopped(&self) -> Error {
        Error::Stopped { operation: self.operation.id.clone() }
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
