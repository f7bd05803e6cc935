//! Reads the audit log: pages of it, and all of it to check it.
//! Refuses to leave a row out because it can't be read: whoever looks is to see that one is damaged.

use super::chain::{self, Found, Link, Walk};
use crate::Store;
use crate::engine::{DbConnection, DbRow};
use crate::error::{During, Error};
use crate::row;
use contract::{AuditFilter, AuditPage, AuditRow, OperationId, Receipt, Time, Verified, words};
use futures_util::TryStreamExt;
use sqlx::Row;

/// All that a filter asks for, and the page, in the order of the numbers below.
const PAGE: &str = "SELECT * FROM audit WHERE ($1 IS NULL OR at >= $1) AND ($2 IS NULL OR at < $2) \
    AND ($3 IS NULL OR actor = $3 COLLATE NOCASE) AND ($4 IS NULL OR command = $4) AND ($5 IS NULL OR origin = $5) \
    AND ($6 IS NULL OR outcome = $6) AND ($7 IS NULL OR instr(lower(concat_ws(char(10), actor, host, command, subject, \
    before, after, error, operation)), $7) > 0) AND ($8 IS NULL OR seq < $8) ORDER BY seq DESC LIMIT $9";

impl Store {
    /// Rows that match, newest first.
    pub async fn audit(
        &self,
        filter: &AuditFilter,
        before: Option<u64>,
        limit: u32,
        now: Time,
    ) -> Result<AuditPage, Error> {
        let attempt = self.attempt("reading the audit log");
        let rows = sqlx::query(PAGE)
            .bind(filter.since.map(|since| since.at(now).0))
            .bind(filter.until.map(|until| until.at(now).0))
            .bind(&filter.actor)
            .bind(&filter.command)
            .bind(filter.origin.map(contract::Door::name))
            .bind(filter.outcome.map(contract::AuditOutcome::name))
            .bind(filter.text.as_ref().map(|text| text.to_ascii_lowercase()))
            .bind(before.map(row::signed))
            .bind(i64::from(limit) + 1)
            .fetch_all(self.engine().readers())
            .await
            .during(attempt)?;
        let has_more = rows.len() > limit as usize;
        Ok(AuditPage { rows: rows.iter().take(limit as usize).map(shown).collect(), has_more })
    }

    /// Checks every row, and whether the log still has what a receipt is of.
    pub async fn verify_audit(&self, receipt: Option<Receipt>) -> Result<Verified, Error> {
        let attempt = self.attempt("checking the audit log");
        let mut tx = self.engine().read(attempt).await?;
        let is_foreign = receipt.as_ref().is_some_and(|receipt| receipt.database_id != self.database_id());
        if is_foreign {
            let reason = Some("the receipt is of another database".to_owned());
            return Ok(Verified { rows: 0, ok: false, first_broken: None, reason, pruned_through: 0 });
        }
        let mut walk = Walk::new(self.database_id(), receipt);
        let first: Option<i64> =
            sqlx::query_scalar("SELECT MIN(seq) FROM audit").fetch_one(&mut *tx).await.during(attempt)?;
        if let Some(pruned @ 1..) = first.map(|first| first.saturating_sub(1)) {
            let pruned = row::unsigned(pruned);
            walk.begin_after(pruned, anchored(&mut tx, pruned).await.during(attempt)?);
        }
        let mut rows = sqlx::query("SELECT * FROM audit ORDER BY seq").fetch(&mut *tx);
        while let Some(row) = rows.try_next().await.during(attempt)? {
            let stepped = match found(&row) {
                Ok(found) => walk.step(&found),
                Err(_) => Err((number(&row), "it can't be read".to_owned())),
            };
            if let Err(wrong) = stepped {
                return Ok(walk.broken(wrong));
            }
        }
        Ok(walk.end())
    }
}

/// The hash that the rows up to this number ended with, as the row says that pruned them.
async fn anchored(tx: &mut DbConnection, pruned: u64) -> Result<Option<chain::Hash>, sqlx::Error> {
    let rows = sqlx::query("SELECT * FROM audit WHERE command = 'prune_audit' AND outcome = 'done'")
        .fetch_all(tx)
        .await?;
    let anchors = rows.iter().map(shown).filter_map(|row| chain::anchor(&row));
    let anchor = anchors.into_iter().find(|anchor| anchor.pruned_through == pruned);
    Ok(anchor.and_then(|anchor| chain::unhex(&anchor.hash)))
}

fn number(row: &DbRow) -> u64 {
    row.try_get::<i64, _>("seq").map_or(0, row::unsigned)
}

fn found(row: &DbRow) -> Result<Found<'_>, sqlx::Error> {
    let link = Link {
        at: row.try_get("at")?,
        actor: row.try_get("actor")?,
        host: row.try_get("host")?,
        origin: row.try_get("origin")?,
        role: row.try_get("role")?,
        command: row.try_get("command")?,
        subject_kind: row.try_get("subject_kind")?,
        subject_id: row.try_get("subject_id")?,
        subject: row.try_get("subject")?,
        before: row.try_get("before")?,
        after: row.try_get("after")?,
        outcome: row.try_get("outcome")?,
        operation: row.try_get("operation")?,
        error: row.try_get("error")?,
    };
    let hash: &[u8] = row.try_get("hash")?;
    Ok(Found { seq: row::unsigned(row.try_get("seq")?), hash: words::hex(hash), link })
}

/// A row as people see it; what of it is damaged is shown as far as it is text.
fn shown(row: &DbRow) -> AuditRow {
    let text = |column: &str| row.try_get::<String, _>(column).unwrap_or_else(|_| row::shown(row, column));
    let maybe = |column: &str| {
        row.try_get::<Option<String>, _>(column).unwrap_or_else(|_| Some(row::shown(row, column)))
    };
    let json = |column: &str| {
        maybe(column).map(|text| serde_json::from_str(&text).unwrap_or(serde_json::Value::String(text)))
    };
    AuditRow {
        seq: number(row),
        at: Time(row.try_get("at").unwrap_or_default()),
        actor: text("actor"),
        host: text("host"),
        origin: text("origin"),
        role: text("role"),
        command: text("command"),
        subject: maybe("subject"),
        subject_kind: text("subject_kind"),
        subject_id: maybe("subject_id"),
        before: json("before"),
        after: json("after"),
        outcome: text("outcome"),
        operation: maybe("operation").map(OperationId),
        error: maybe("error"),
        hash: row.try_get::<&[u8], _>("hash").map(words::hex).unwrap_or_default(),
    }
}
