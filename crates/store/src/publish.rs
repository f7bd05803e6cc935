//! Publishes a staged pass: inventory, coverage, the operation's end and the vCenter's state in one transaction.
//! Refuses to publish for an operation that was taken away, and anything else than all that was staged.

use crate::Store;
use crate::changes::{self, Topic};
use crate::claim::{Claim, Finish};
use crate::contact::{self, Contact};
use crate::engine::Tx;
use crate::error::{Attempt, During, Error};
use crate::stage::{Onward, Pass, Staged};
use contract::{Kind, VcenterState};
use sqlx::Row as _;

/// What publishing wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Published {
    /// Rows of the inventory that were written or deleted; 0 if the pass found everything as it was.
    pub rows_written: u64,
    /// Number of the newest change, of any process, that the inventory contains now.
    pub change_seq: i64,
}

impl Store {
    /// Makes a staged pass the inventory, and ends its operation, or changes nothing. Until the last row was moved it may
    /// be stopped between any two chunks.
    pub async fn publish(
        &self,
        claim: &Claim,
        staged: Staged,
        pass: &Pass,
        finish: Finish,
        onward: Onward<'_>,
    ) -> Result<Published, Error> {
        let operation = &claim.operation;
        let attempt = self.attempt_on("publishing the pass of operation", operation.id.as_str());
        let mut tx = self.engine().write(attempt).await?;
        self.write_finish(&mut tx, claim, &finish, attempt).await?;
        let rows_written =
            if staged.rows == 0 { 0 } else { move_staged(&mut tx, claim, onward, attempt).await? };
        if rows_written != staged.rows {
            let operation = operation.id.clone();
            return Err(Error::Incomplete { operation, staged: staged.rows, found: rows_written });
        }
        drop_nameless(&mut tx, claim, &staged.nameless).await.during(attempt)?;
        write_coverage(&mut tx, claim, pass).await.during(attempt)?;
        let contact = Contact { state: VcenterState::Online, at: finish.at };
        contact::write_contact(&mut tx, &operation.vcenter_id, Some(contact)).await.during(attempt)?;
        self.note(&mut tx, Topic::Inventory, operation.vcenter_id.as_str()).await.during(attempt)?;
        self.note(&mut tx, Topic::Vcenters, operation.vcenter_id.as_str()).await.during(attempt)?;
        let change_seq = changes::newest(&mut tx).await.during(attempt)?;
        tx.commit().await.during(attempt)?;
        Ok(Published { rows_written, change_seq })
    }
}

/// Moves what was staged to where it is read, in the order in which it was staged.
async fn move_staged(
    tx: &mut Tx,
    claim: &Claim,
    onward: Onward<'_>,
    attempt: Attempt<'_>,
) -> Result<u64, Error> {
    let operation = claim.operation.id.as_str();
    const SPAN: &str = "SELECT MIN(rowid), MAX(rowid) FROM staged WHERE operation_id = $1 AND claim_no = $2";
    let span: (Option<i64>, Option<i64>) = sqlx::query_as(SPAN)
        .bind(operation)
        .bind(claim.claim_no)
        .fetch_one(&mut **tx)
        .await
        .during(attempt)?;
    let (Some(first), Some(last)) = span else { return Ok(0) };
    let rows = usize::try_from(last - first + 1).unwrap_or(usize::MAX);
    let (mut from, mut moved) = (first, 0);
    while from <= last {
        let done = usize::try_from(from - first).unwrap_or(usize::MAX);
        if !onward(done, rows) {
            return Err(claim.stopped());
        }
        let to = last.min(from + CHUNK - 1);
        moved += move_rows(tx, claim, from, to).await.during(attempt)?;
        from = to + 1;
    }
    if !onward(rows, rows) {
        return Err(claim.stopped());
    }
    sqlx::query("DELETE FROM staged WHERE operation_id = $1")
        .bind(operation)
        .execute(&mut **tx)
        .await
        .during(attempt)?;
    Ok(moved)
}

/// Rows that are moved at once: some ten milliseconds, after which a cancelled write can end.
const CHUNK: i64 = 1_000;

/// Moves the rows with these numbers. The plus keeps SQLite to the numbers: its index of the operation would have it read
/// everything that was staged for every chunk.
async fn move_rows(tx: &mut Tx, claim: &Claim, from: i64, to: i64) -> Result<u64, sqlx::Error> {
    const GONE: &str = "DELETE FROM objects WHERE vcenter_id = $1 AND (kind, moref) IN (SELECT kind, moref FROM staged \
                        WHERE rowid BETWEEN $4 AND $5 AND +operation_id = $2 AND claim_no = $3 AND document IS NULL)";
    const THERE: &str = "INSERT INTO objects (vcenter_id, kind, moref, object_type, hash, document) \
         SELECT $1, kind, moref, object_type, hash, document FROM staged \
         WHERE rowid BETWEEN $4 AND $5 AND +operation_id = $2 AND claim_no = $3 AND document IS NOT NULL \
         ON CONFLICT (vcenter_id, kind, moref) DO UPDATE SET \
         object_type = excluded.object_type, hash = excluded.hash, document = excluded.document";
    let mut moved = 0;
    for sql in [GONE, THERE] {
        moved += sqlx::query(sql)
            .bind(claim.operation.vcenter_id.as_str())
            .bind(claim.operation.id.as_str())
            .bind(claim.claim_no)
            .bind(from)
            .bind(to)
            .execute(&mut **tx)
            .await?
            .rows_affected();
    }
    Ok(moved)
}

/// Deletes rows whose kind or moref is damaged: what they held was read again under its name.
async fn drop_nameless(tx: &mut Tx, claim: &Claim, rows: &[i64]) -> Result<(), sqlx::Error> {
    for row in rows {
        sqlx::query("DELETE FROM objects WHERE vcenter_id = $1 AND rowid = $2")
            .bind(claim.operation.vcenter_id.as_str())
            .bind(row)
            .execute(&mut **tx)
            .await?;
    }
    Ok(())
}

async fn write_coverage(tx: &mut Tx, claim: &Claim, pass: &Pass) -> Result<(), sqlx::Error> {
    let vcenter = claim.operation.vcenter_id.as_str();
    // Kinds that are covered by another one have no coverage of their own.
    let whole = pass.whole.iter().filter(|kind| kind.covered_by() == **kind);
    for kind in whole.clone() {
        // A cluster that was read before is part of the whole now.
        sqlx::query("DELETE FROM coverage WHERE vcenter_id = $1 AND kind = $2 AND scope <> ''")
            .bind(vcenter)
            .bind(kind.name())
            .execute(&mut **tx)
            .await?;
    }
    if pass.is_everything() {
        drop_ages_of_nothing(tx, vcenter).await?;
    }
    let kinds = whole.map(|kind| (kind.name(), ""));
    let clusters = pass.clusters.iter().map(|cluster| (Kind::Hosts.name(), &**cluster));
    for (kind, scope) in kinds.chain(clusters) {
        sqlx::query(
            "INSERT INTO coverage (vcenter_id, kind, scope, synced_at) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (vcenter_id, kind, scope) DO UPDATE SET synced_at = excluded.synced_at",
        )
        .bind(vcenter)
        .bind(kind)
        .bind(scope)
        .bind(pass.synced_at.0)
        .execute(&mut **tx)
        .await?;
    }
    Ok(())
}

/// Deletes what says when a kind was read, where the kind is damaged: every kind was read again.
async fn drop_ages_of_nothing(tx: &mut Tx, vcenter: &str) -> Result<(), sqlx::Error> {
    // Compared as bytes, so that a text that is no UTF-8 is found too.
    let rows = sqlx::query("SELECT kind, CAST(kind AS BLOB) AS bytes FROM coverage WHERE vcenter_id = $1")
        .bind(vcenter)
        .fetch_all(&mut **tx)
        .await?;
    for row in rows.iter().filter(|row| row.try_get::<&str, _>("kind").is_err()) {
        sqlx::query("DELETE FROM coverage WHERE vcenter_id = $1 AND CAST(kind AS BLOB) = $2")
            .bind(vcenter)
            .bind(row.try_get::<Vec<u8>, _>("bytes")?)
            .execute(&mut **tx)
            .await?;
    }
    Ok(())
}
