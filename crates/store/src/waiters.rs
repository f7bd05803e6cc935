//! Which processes wait for an operation.
//! Refuses to cancel what nobody waits for; its owner does.

use crate::Store;
use crate::audit::Entry;
use crate::changes::Topic;
use crate::engine::Tx;
use crate::error::{During, Error};
use crate::row;
use contract::{OperationId, Subject};
use sqlx::Row;
use std::collections::BTreeMap;

impl Store {
    /// This process waits for an operation no longer. Who runs it hears of it.
    pub async fn withdraw(&self, id: &OperationId) -> Result<(), Error> {
        let attempt = self.attempt_on("withdrawing from operation", id.as_str());
        let mut tx = self.engine().write(attempt).await?;
        let left = sqlx::query("DELETE FROM waiters WHERE operation_id = $1 AND process = $2")
            .bind(id.as_str())
            .bind(self.process_id())
            .execute(&mut *tx)
            .await
            .during(attempt)?;
        if left.rows_affected() > 0 {
            self.note(&mut tx, Topic::Operation, id.as_str()).await.during(attempt)?;
            self.record(&mut tx, Entry::done(Subject::operation(id)), attempt).await?;
        }
        tx.commit().await.during(attempt)
    }

    /// Those of the operations that this process runs or waits for that are not wanted any more: somebody asked to cancel
    /// them, or they need somebody who waits and nobody does.
    pub async fn unwanted(&self) -> Result<Vec<OperationId>, Error> {
        let attempt = self.attempt("looking for operations that are not wanted");
        let rows = sqlx::query(
            "SELECT o.id, o.cancelling, o.awaited, w.process FROM operations o \
             LEFT JOIN waiters w ON w.operation_id = o.id WHERE o.owner = $1 AND o.state IN ('queued', 'running') AND o.state = 'running'",
        )
        .bind(self.process_id())
        .fetch_all(self.engine().readers())
        .await
        .during(attempt)?;
        let mut wanted: BTreeMap<String, bool> = BTreeMap::new();
        for (id, is_wanted) in row::readable("a running operation is left out", &rows, |row| {
            let is_cancelled: bool = row.try_get("cancelling")?;
            let is_awaited: bool = row.try_get("awaited")?;
            // One that can't be told waits for nothing.
            let waits = row.try_get("process").is_ok_and(|process| self.is_alive(process));
            Ok((row.try_get::<String, _>("id")?, !is_cancelled && (waits || !is_awaited)))
        }) {
            *wanted.entry(id).or_default() |= is_wanted;
        }
        Ok(wanted.into_iter().filter(|(_, is_wanted)| !is_wanted).map(|(id, _)| OperationId(id)).collect())
    }

    /// Whether any other process that is alive waits for an operation, or it runs whoever waits.
    pub async fn goes_on_without_us(&self, id: &OperationId) -> Result<bool, Error> {
        let attempt = self.attempt_on("checking who waits for operation", id.as_str());
        let rows = sqlx::query(
            "SELECT o.awaited, w.process FROM operations o LEFT JOIN waiters w ON w.operation_id = o.id WHERE o.id = $1",
        )
        .bind(id.as_str())
        .fetch_all(self.engine().readers())
        .await
        .during(attempt)?;
        let goes_on = row::readable("who waits is unknown", &rows, |row| {
            let other = row.try_get::<Option<&str>, _>("process")?.filter(|one| *one != self.process_id());
            Ok(!row.try_get::<bool, _>("awaited")? || other.is_some_and(|other| self.is_alive(other)))
        });
        Ok(goes_on.into_iter().any(|goes_on| goes_on))
    }

    pub(crate) async fn join(&self, tx: &mut Tx, id: &OperationId) -> Result<(), sqlx::Error> {
        sqlx::query("INSERT INTO waiters (operation_id, process) VALUES ($1, $2) ON CONFLICT DO NOTHING")
            .bind(id.as_str())
            .bind(self.process_id())
            .execute(&mut **tx)
            .await
            .map(|_| ())
    }

    /// From now on an operation runs whoever waits for it.
    pub(crate) async fn detach(&self, tx: &mut Tx, id: &OperationId) -> Result<(), sqlx::Error> {
        let detached = sqlx::query("UPDATE operations SET awaited = 0 WHERE id = $1 AND awaited = 1")
            .bind(id.as_str())
            .execute(&mut **tx)
            .await?;
        if detached.rows_affected() > 0 {
            self.note(tx, Topic::Operation, id.as_str()).await?;
        }
        Ok(())
    }
}
