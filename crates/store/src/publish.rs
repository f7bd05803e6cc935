//! Publishes a staged pass: inventory, coverage, the operation's end and the vCenter's state in one transaction.
//! Refuses to publish for an operation that was taken away, anything else than all that was staged, and over what somebody
//! asked for later.

use crate::Store;
use crate::changes::Topic;
use crate::claim::{Claim, Finish};
use crate::contact::{self, Contact};
use crate::engine::Tx;
use crate::error::{Attempt, During, Error};
use crate::pass::Pass;
use crate::restage::restage;
use crate::stage::{Onward, Staged};
use crate::{asked, happened, history, revision};
use contract::policy::Happened;
use contract::{Diff, Kind, Revision, Steps, VcenterState};
use sqlx::Row as _;
use std::time::Instant;

/// What publishing wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Published {
    /// Rows of the inventory that were written or deleted; 0 if the pass found everything as it was.
    pub rows_written: u64,
    /// What it changed of the kinds that count.
    pub diff: Diff,
}

impl Store {
    /// Makes a staged pass the inventory, and ends its operation, or changes nothing. What others published meanwhile and
    /// asked for later stays. Until the last row was moved it may be stopped between any two chunks. The diff of `finish` is
    /// what is really changed.
    pub async fn publish(
        &self,
        claim: &Claim,
        mut staged: Staged,
        pass: &Pass,
        finish: Finish,
        onward: Onward<'_>,
    ) -> Result<Published, Error> {
        let operation = &claim.operation;
        let began = Instant::now();
        let attempt = self.attempt_on("publishing the pass of operation", operation.id.as_str());
        let mut tx = self.engine().write(attempt).await?;
        claim.check(&mut tx, attempt).await?;
        restage(&mut tx, claim, &mut staged, pass, attempt).await?;
        let counted = staged.diff.iter().filter(|(kind, _)| pass.counted.contains(kind));
        let diff = counted.fold(Diff::default(), |sum, (_, diff)| sum.and(*diff));
        let finish = Finish { diff, ..finish };
        self.write_finish(&mut tx, claim, &finish, attempt).await?;
        // What is volatile changes in every pass.
        if diff.added + diff.removed + staged.recorded.changed > 0 {
            let (vcenter, id) = (claim.vcenter_id(), operation.id.as_str());
            happened::note(&mut tx, Happened::Synced, vcenter, finish.at, id).await.during(attempt)?;
        }
        let revision = revision::raise(&mut tx, claim.vcenter_id()).await.during(attempt)?;
        let move_ = Move { claim, revision: &revision, base: pass.base.number, at: finish.at.0 };
        let rows_written =
            if staged.rows == 0 { 0 } else { move_staged(&mut tx, &move_, onward, attempt).await? };
        if rows_written != staged.rows {
            let operation = operation.id.clone();
            return Err(Error::Incomplete { operation, staged: staged.rows, found: rows_written });
        }
        drop_nameless(&mut tx, claim, &staged).await.during(attempt)?;
        asked::write(&mut tx, &move_, pass).await.during(attempt)?;
        write_coverage(&mut tx, &move_, pass).await.during(attempt)?;
        let contact = Contact { state: VcenterState::Online, at: finish.at };
        contact::write_contact(&mut tx, claim.vcenter_id(), Some(contact)).await.during(attempt)?;
        self.note(&mut tx, Topic::Inventory, claim.vcenter_id().as_str()).await.during(attempt)?;
        self.note(&mut tx, Topic::Vcenters, claim.vcenter_id().as_str()).await.during(attempt)?;
        let steps = steps_until_now(finish.steps, began);
        history::write(&mut tx, claim, &steps, Some(staged.recorded)).await.during(attempt)?;
        tx.commit().await.during(attempt)?;
        Ok(Published { rows_written, diff })
    }
}

/// The steps with the last one, which is to publish, as long as it has taken.
fn steps_until_now(mut steps: Steps, began: Instant) -> Steps {
    if let Some(last) = steps.steps.last_mut() {
        last.took_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    }
    steps
}

/// What everything that one publish writes carries.
pub(crate) struct Move<'a> {
    pub(crate) claim: &'a Claim,
    /// The state that it makes.
    pub(crate) revision: &'a Revision,
    /// The state that was known when the pass began to read.
    pub(crate) base: i64,
    /// When, in milliseconds.
    pub(crate) at: i64,
}

impl Move<'_> {
    pub(crate) fn vcenter(&self) -> &str {
        self.claim.vcenter_id().as_str()
    }
}

/// Moves what was staged to where it is read, in the order in which it was staged.
async fn move_staged(
    tx: &mut Tx,
    this: &Move<'_>,
    onward: Onward<'_>,
    attempt: Attempt<'_>,
) -> Result<u64, Error> {
    let claim = this.claim;
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
        moved += move_rows(tx, this, from, to).await.during(attempt)?;
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
    // What is there again is not gone.
    const BACK: &str = "DELETE FROM tombstones WHERE vcenter_id = $1 AND EXISTS (SELECT 1 FROM objects o \
                        WHERE o.vcenter_id = tombstones.vcenter_id AND o.kind = tombstones.kind \
                        AND o.moref = tombstones.moref)";
    sqlx::query(BACK).bind(this.vcenter()).execute(&mut **tx).await.during(attempt)?;
    Ok(moved)
}

/// Rows that are moved at once: some ten milliseconds, after which a cancelled write can end.
const CHUNK: i64 = 1_000;

/// Moves the rows with these numbers. The plus keeps SQLite to the numbers: its index of the operation would have it read
/// everything that was staged for every chunk.
async fn move_rows(tx: &mut Tx, this: &Move<'_>, from: i64, to: i64) -> Result<u64, sqlx::Error> {
    const GONE: &str = "DELETE FROM objects WHERE vcenter_id = $1 AND (kind, moref) IN (SELECT kind, moref FROM staged \
                        WHERE rowid BETWEEN $4 AND $5 AND +operation_id = $2 AND claim_no = $3 AND document IS NULL)";
    const THERE: &str = "INSERT INTO objects (vcenter_id, kind, moref, object_type, hash, document, revision) \
         SELECT $1, kind, moref, object_type, hash, document, $6 FROM staged \
         WHERE rowid BETWEEN $4 AND $5 AND +operation_id = $2 AND claim_no = $3 AND document IS NOT NULL \
         ON CONFLICT (vcenter_id, kind, moref) DO UPDATE SET object_type = excluded.object_type, \
         hash = excluded.hash, document = excluded.document, revision = excluded.revision";
    const TOLD: &str = "INSERT INTO tombstones (vcenter_id, kind, moref, revision, asked_at, gone_at) \
         SELECT $1, kind, moref, $6, COALESCE(asked_at, 0), $7 FROM staged \
         WHERE rowid BETWEEN $4 AND $5 AND +operation_id = $2 AND claim_no = $3 AND document IS NULL \
         ON CONFLICT (vcenter_id, kind, moref) DO UPDATE SET \
         revision = excluded.revision, asked_at = excluded.asked_at, gone_at = excluded.gone_at";
    let mut moved = 0;
    for (sql, counts) in [(GONE, true), (THERE, true), (TOLD, false)] {
        let done = sqlx::query(sql)
            .bind(this.vcenter())
            .bind(this.claim.operation.id.as_str())
            .bind(this.claim.claim_no)
            .bind(from)
            .bind(to)
            .bind(this.revision.number)
            .bind(this.at)
            .execute(&mut **tx)
            .await?;
        moved += if counts { done.rows_affected() } else { 0 };
    }
    Ok(moved)
}

/// Deletes rows whose kind or moref is damaged: what they held was read again under its name. By their numbers, which
/// somebody who published meanwhile may have given to other rows.
async fn drop_nameless(tx: &mut Tx, claim: &Claim, staged: &Staged) -> Result<(), sqlx::Error> {
    for row in &staged.nameless {
        sqlx::query("DELETE FROM objects WHERE vcenter_id = $1 AND rowid = $2 AND revision <= $3")
            .bind(claim.vcenter_id().as_str())
            .bind(row)
            .bind(staged.known_at.number)
            .execute(&mut **tx)
            .await?;
    }
    Ok(())
}

/// Notes when kinds and clusters were read. What another pass read that began later stays.
async fn write_coverage(tx: &mut Tx, this: &Move<'_>, pass: &Pass) -> Result<(), sqlx::Error> {
    let vcenter = this.vcenter();
    // Kinds that are covered by another one have no coverage of their own.
    let whole = pass.whole.iter().filter(|kind| kind.covered_by() == **kind);
    for kind in whole.clone() {
        // A cluster that was read before is part of the whole now.
        const PARTS: &str = "DELETE FROM coverage WHERE vcenter_id = $1 AND kind = $2 AND scope <> '' \
                             AND (revision <= $3 OR synced_at <= $4)";
        sqlx::query(PARTS)
            .bind(vcenter)
            .bind(kind.name())
            .bind(this.base)
            .bind(pass.synced_at.0)
            .execute(&mut **tx)
            .await?;
    }
    if pass.is_everything() {
        drop_ages_of_nothing(tx, vcenter).await?;
    }
    let kinds = whole.map(|kind| (kind.name(), "", pass.asked.absence(*kind, "", None)));
    let clusters = pass.clusters.iter().map(|cluster| (Kind::Hosts.name(), &**cluster, pass.synced_at));
    for (kind, scope, listed) in kinds.chain(clusters) {
        sqlx::query(
            // Both times only grow while passes overlap; what was published before this one began is older.
            "INSERT INTO coverage (vcenter_id, kind, scope, synced_at, listed_at, revision) \
             VALUES ($1, $2, $3, $4, $7, $5) ON CONFLICT (vcenter_id, kind, scope) DO UPDATE SET \
             synced_at = CASE WHEN coverage.revision > $6 AND coverage.synced_at > excluded.synced_at \
             THEN coverage.synced_at ELSE excluded.synced_at END, \
             listed_at = CASE WHEN coverage.revision > $6 AND coverage.listed_at > excluded.listed_at \
             THEN coverage.listed_at ELSE excluded.listed_at END, revision = excluded.revision",
        )
        .bind(vcenter)
        .bind(kind)
        .bind(scope)
        .bind(pass.synced_at.0)
        .bind(this.revision.number)
        .bind(this.base)
        .bind(listed.0)
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
