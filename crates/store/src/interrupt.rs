//! What becomes of operations whose process died.
//! Refuses to run one again by itself, and to judge by anything but the lock of the process.

use crate::Store;
use crate::changes::Topic;
use crate::engine::{DbConnection, DbRow, Tx};
use crate::error::{During, Error};
use crate::{history, row};
use contract::{ApiError, Code, OperationId, Time};
use sqlx::Row;
use std::collections::{BTreeMap, HashMap};

impl Store {
    /// Ends the operations whose process died, and drops what they staged. Submitting and claiming do so first.
    pub async fn interrupt_dead(&self, at: Time) -> Result<Vec<OperationId>, Error> {
        let attempt = self.attempt("looking for operations of dead processes");
        let mut reader = self.engine().readers().acquire().await.during(attempt)?;
        if self.dead(&mut reader).await.during(attempt)?.is_empty() {
            return Ok(Vec::new());
        }
        drop(reader);
        let mut tx = self.engine().write(attempt).await?;
        let interrupted = self.interrupt(&mut tx, at).await.during(attempt)?;
        tx.commit().await.during(attempt)?;
        Ok(interrupted)
    }

    pub(crate) async fn interrupt(&self, tx: &mut Tx, at: Time) -> Result<Vec<OperationId>, sqlx::Error> {
        let why = |what: &str| {
            let error = ApiError::new(Code::Interrupted, format!("its process ended; {what}"));
            row::json(&error.next("Start it again."))
        };
        let (of_vcenters, about_none) = (why("nothing was changed")?, why("what was found by then is kept")?);
        let mut interrupted = Vec::new();
        for seq in self.dead(tx).await? {
            // By its number: the id of a damaged row can't be asked for.
            let ended = sqlx::query(
                "UPDATE operations SET state = 'interrupted', finished_at = $1, \
                 error = CASE WHEN vcenter_id IS NULL THEN $4 ELSE $2 END WHERE seq = $3 RETURNING id",
            )
            .bind(at.0)
            .bind(&of_vcenters)
            .bind(seq)
            .bind(&about_none)
            .fetch_all(&mut **tx)
            .await?;
            interrupted.extend(row::readable("the id of an operation", &ended, |row| row.try_get("id")));
        }
        let interrupted: Vec<OperationId> = interrupted.into_iter().map(OperationId).collect();
        for id in &interrupted {
            drop_staged(tx, id).await?;
            self.record_end(tx, id.as_str(), (at, "interrupted"), None::<&()>, Some("its process ended"))
                .await?;
            self.note(tx, Topic::Operation, id.as_str()).await?;
        }
        Ok(interrupted)
    }

    /// The numbers of live operations that nobody will end: of a process that died, or that wait for their turn and for whom
    /// nobody waits any more, who should.
    async fn dead(&self, connection: &mut DbConnection) -> Result<Vec<i64>, sqlx::Error> {
        const LIVE: &str = "SELECT o.seq, o.state, o.owner, o.awaited, w.process FROM operations o \
            LEFT JOIN waiters w ON w.operation_id = o.id AND o.state = 'queued' WHERE o.state IN ('queued', 'running')";
        let rows = sqlx::query(LIVE).fetch_all(connection).await?;
        // Few processes own many operations, and asking for one's lock is a file that is opened.
        let mut known: HashMap<String, bool> = HashMap::new();
        let mut lives = |row: &DbRow, column: &str| {
            let process: Option<String> = row.try_get(column).ok();
            process.is_some_and(|process| {
                *known.entry(process).or_insert_with_key(|process| self.is_alive(process))
            })
        };
        let mut live: BTreeMap<i64, bool> = BTreeMap::new();
        for row in &rows {
            let is_live = match row.try_get("state")? {
                "running" => lives(row, "owner"),
                _ => lives(row, "process") || row.try_get("awaited").is_ok_and(|awaited: bool| !awaited),
            };
            *live.entry(row.try_get("seq")?).or_default() |= is_live;
        }
        Ok(live.into_iter().filter(|(_, is_live)| !is_live).map(|(seq, _)| seq).collect())
    }
}

/// Drops what an operation staged, and what it recorded of that.
pub(crate) async fn drop_staged(connection: &mut DbConnection, id: &OperationId) -> Result<(), sqlx::Error> {
    sqlx::query("DELETE FROM staged WHERE operation_id = $1")
        .bind(id.as_str())
        .execute(&mut *connection)
        .await?;
    history::drop_recorded(connection, id, None).await
}
