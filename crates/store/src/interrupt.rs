//! What becomes of operations whose process died.
//! Refuses to run one again by itself, and to judge by anything but the lock of the process.

use crate::Store;
use crate::changes::Topic;
use crate::engine::{DbConnection, Tx};
use crate::error::{Attempt, During, Error};
use crate::row;
use contract::{ApiError, Code, OperationId, Time};

impl Store {
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

    pub(crate) async fn interrupt(&self, tx: &mut Tx, at: Time) -> Result<Vec<OperationId>, sqlx::Error> {
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

/// Drops what an operation staged.
pub(crate) async fn drop_staged(connection: &mut DbConnection, id: &OperationId) -> Result<(), sqlx::Error> {
    sqlx::query("DELETE FROM staged WHERE operation_id = $1")
        .bind(id.as_str())
        .execute(connection)
        .await
        .map(|_| ())
}
