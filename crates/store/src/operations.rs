//! Reads operations: one, or the newest.
//! Refuses to change any; the queue does.

use crate::Store;
use crate::engine::{DbConnection, DbRow};
use crate::error::{During, Error};
use crate::row;
use contract::{
    Diff, Job, Operation, OperationId, OperationKind, OperationState, Origin, Progress, Role, Time, VcenterId,
};
use sqlx::Row;

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT o.*, v.name AS vcenter, (SELECT COUNT(*) FROM waiters w WHERE w.operation_id = o.id) AS waiting FROM operations o JOIN vcenters v ON v.id = o.vcenter_id ",
            $rest
        )
    };
}

/// Every operation, as `operation` reads it.
pub(crate) const ALL: &str = select!("ORDER BY o.seq");

impl Store {
    /// The operation with this id, or the only one whose id begins like this.
    pub async fn operation(&self, id: &str) -> Result<Operation, Error> {
        let attempt = self.attempt_on("reading operation", id);
        let mut tx = self.engine().read(attempt).await?;
        if let Some(operation) = read(&mut tx, id).await.during(attempt)? {
            return Ok(operation);
        }
        let not_found = Error::NotFound { what: "operation", id: id.to_owned() };
        if id.is_empty() {
            return Err(not_found);
        }
        let rows = sqlx::query(select!("WHERE substr(o.id, 1, length($1)) = $1 LIMIT 2"))
            .bind(id)
            .fetch_all(&mut *tx)
            .await
            .during(attempt)?;
        match &rows[..] {
            [one] => operation(one).during(attempt),
            [] => Err(not_found),
            _ => Err(Error::Ambiguous { what: "operation", prefix: id.to_owned() }),
        }
    }

    /// The newest operations, of one vCenter or of all, newest first.
    pub async fn operations(&self, vcenter: Option<&VcenterId>, limit: u32) -> Result<Vec<Operation>, Error> {
        let attempt = self.attempt("reading the operations");
        let rows = match vcenter {
            Some(vcenter) => sqlx::query(select!("WHERE o.vcenter_id = $1 ORDER BY o.seq DESC LIMIT $2"))
                .bind(vcenter.as_str())
                .bind(i64::from(limit)),
            None => sqlx::query(select!("ORDER BY o.seq DESC LIMIT $1")).bind(i64::from(limit)),
        };
        let rows = rows.fetch_all(self.engine().readers()).await.during(attempt)?;
        Ok(row::readable(UNREADABLE, &rows, operation))
    }

    /// What waits or runs, and the newest that a person asked for, newest first. Refreshes that readers started and
    /// that are over are left out: there are many, and they would hide the others.
    pub async fn recent_operations(&self, limit: u32) -> Result<Vec<Operation>, Error> {
        let attempt = self.attempt("reading the operations");
        let rows = sqlx::query(select!(
            "WHERE o.seq > (SELECT COALESCE(MAX(seq), 0) FROM operations) - $1 \
             AND (o.origin = 'user' OR o.state IN ('queued', 'running')) ORDER BY o.seq DESC LIMIT $2"
        ))
        .bind(LOOK_BACK)
        .bind(i64::from(limit))
        .fetch_all(self.engine().readers())
        .await
        .during(attempt)?;
        Ok(row::readable(UNREADABLE, &rows, operation))
    }
}

/// What the log says of an operation that is damaged, or of a kind that only a newer release knows.
const UNREADABLE: &str = "an operation is left out";

/// How far back operations are looked for that a person asked for: enough for days of refreshes between them, and
/// a bound for what one look costs.
const LOOK_BACK: i64 = 5_000;

pub(crate) async fn read(tx: &mut DbConnection, id: &str) -> Result<Option<Operation>, sqlx::Error> {
    let row = sqlx::query(select!("WHERE o.id = $1")).bind(id).fetch_optional(tx).await?;
    row.as_ref().map(operation).transpose()
}

pub(crate) fn operation(row: &DbRow) -> Result<Operation, sqlx::Error> {
    let number = |column: &str| row.try_get(column).map(row::unsigned);
    let unknown =
        |what: &str, name: String| sqlx::Error::Decode(format!("no {what} is called {name}").into());
    let kind: String = row.try_get("kind")?;
    let job: Job = row::from_json(row.try_get("job")?)?;
    if job.kind().name() != kind {
        return Err(unknown("kind of operation", kind));
    }
    let origin: String = row.try_get("origin")?;
    let role: String = row.try_get("role")?;
    let state: String = row.try_get("state")?;
    let error: Option<String> = row.try_get("error")?;
    Ok(Operation {
        id: OperationId(row.try_get("id")?),
        vcenter: row.try_get("vcenter")?,
        vcenter_id: VcenterId(row.try_get("vcenter_id")?),
        job,
        origin: Origin::from_name(&origin).ok_or_else(|| unknown("origin", origin))?,
        role: Role::from_name(&role).ok_or_else(|| unknown("role", role))?,
        state: OperationState::from_name(&state).ok_or_else(|| unknown("state", state))?,
        waiting: row.try_get("waiting")?,
        submitted_at: Time(row.try_get("submitted_at")?),
        started_at: row::time(row.try_get("started_at")?),
        finished_at: row::time(row.try_get("finished_at")?),
        progress: Progress {
            step: row.try_get("step")?,
            done: number("done")?,
            total: number("total")?,
            percent: row.try_get::<Option<u8>, _>("percent")?,
            attempts: row.try_get("attempts")?,
        },
        diff: Diff {
            added: number("added")?,
            changed: number("changed")?,
            removed: number("removed")?,
            unchanged: number("unchanged")?,
        },
        calls: number("calls")?,
        bytes: number("bytes")?,
        error: error.as_deref().map(row::from_json).transpose()?,
        result: row.try_get::<Option<&str>, _>("result")?.map(row::from_json).transpose()?,
        awaited: row.try_get("awaited")?,
    })
}

/// Whether a row that can't be read may be sound: its words are well formed, and only a newer release knows them.
pub(crate) fn is_of_a_newer_release(row: &DbRow) -> bool {
    let word = |column: &str| row.try_get::<&str, _>(column).ok();
    let well_formed = |word: &str| word.chars().all(|c| c.is_ascii_lowercase() || c == '_');
    let Some((kind, origin)) = word("kind").zip(word("origin")) else { return false };
    let is_known = OperationKind::from_name(kind).is_some() && Origin::from_name(origin).is_some();
    !is_known && well_formed(kind) && well_formed(origin)
}
