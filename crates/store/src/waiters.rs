//! Which processes wait for an operation.
//! Refuses to cancel what nobody waits for; its owner does.

use crate::Store;
use crate::engine::Tx;
use crate::error::{During, Error};
use crate::row;
use contract::OperationId;
use sqlx::Row;

impl Store {
    /// This process waits for an operation no longer.
    pub async fn withdraw(&self, id: &OperationId) -> Result<(), Error> {
        let attempt = self.attempt_on("withdrawing from operation", id.as_str());
        let mut tx = self.engine().write(attempt).await?;
        sqlx::query("DELETE FROM waiters WHERE operation_id = $1 AND process = $2")
            .bind(id.as_str())
            .bind(self.process_id())
            .execute(&mut *tx)
            .await
            .during(attempt)?;
        tx.commit().await.during(attempt)
    }

    /// Whether any process that is alive waits for an operation.
    pub async fn is_awaited(&self, id: &OperationId) -> Result<bool, Error> {
        let waiting = self.waiting(id).await?;
        Ok(waiting.iter().any(|process| self.is_alive(process)))
    }

    /// The same of other processes than this one.
    pub async fn is_awaited_elsewhere(&self, id: &OperationId) -> Result<bool, Error> {
        let waiting = self.waiting(id).await?;
        Ok(waiting.iter().any(|process| process != self.process_id() && self.is_alive(process)))
    }

    async fn waiting(&self, id: &OperationId) -> Result<Vec<String>, Error> {
        let attempt = self.attempt_on("checking who waits for operation", id.as_str());
        let rows = sqlx::query("SELECT process FROM waiters WHERE operation_id = $1")
            .bind(id.as_str())
            .fetch_all(self.engine().readers())
            .await
            .during(attempt)?;
        Ok(row::readable("who waits is unknown", &rows, |row| row.try_get("process")))
    }

    pub(crate) async fn join(&self, tx: &mut Tx, id: &OperationId) -> Result<(), sqlx::Error> {
        sqlx::query("INSERT INTO waiters (operation_id, process) VALUES ($1, $2) ON CONFLICT DO NOTHING")
            .bind(id.as_str())
            .bind(self.process_id())
            .execute(&mut **tx)
            .await
            .map(|_| ())
    }
}
