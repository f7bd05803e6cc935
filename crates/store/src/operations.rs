//! Reads operations: one, or the newest.
//! Refuses to change any; the queue does.

use crate::Store;
use crate::engine::{Db, DbConnection, DbRow};
use crate::error::{During, Error};
use crate::{history, row};
use contract::command::{Listing, OperationFilter};
use contract::{
    Diff, Job, Operation, OperationId, OperationKind, OperationState, Origin, Progress, Role, Time, VcenterId,
};
use sqlx::{QueryBuilder, Row};

// Not every column: the steps are long, and no list shows them.
macro_rules! select {
    ($rest:literal) => {
        $crate::operations::selected!("", $rest)
    };
}

/// The same with what is measured beside it.
macro_rules! measurable {
    ($rest:literal) => {
        $crate::operations::selected!("o.latency, ", $rest)
    };
}

macro_rules! selected {
    ($more:literal, $rest:literal) => {
        concat!(
            "SELECT ", $more, "o.seq, o.id, o.vcenter_id, o.kind, o.job, o.awaited, o.origin, o.role, o.state, o.attempts, \
             o.submitted_at, o.started_at, o.finished_at, o.step, o.done, o.total, o.percent, o.objects_per_second, \
             o.bytes_per_second, o.remaining_seconds, o.added, o.changed, o.removed, o.unchanged, o.recorded_added, \
             o.recorded_changed, o.recorded_removed, o.calls, o.bytes, o.error, o.result, v.name AS vcenter, (SELECT COUNT(*) FROM waiters w WHERE w.operation_id = o.id) AS waiting FROM operations o \
             LEFT JOIN vcenters v ON v.id = o.vcenter_id JOIN (SELECT 1 AS one) ON v.removed_at IS NULL ",
            $rest
        )
    };
}

pub(crate) use {measurable, selected};

pub(crate) const SELECT: &str = select!("");

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
        let filter = vcenter.cloned().map(OperationFilter::of).unwrap_or_default();
        // Nothing is left out by its age, so the time doesn't matter.
        Ok(self.history(&filter, Time(0), limit).await?.operations)
    }

    /// The newest operations that meet a filter at this time, newest first, and whether older ones do.
    pub async fn history(&self, filter: &OperationFilter, now: Time, limit: u32) -> Result<Listing, Error> {
        let attempt = self.attempt("reading the operations");
        let mut query = QueryBuilder::<Db>::new(SELECT);
        query.push(" WHERE 1 = 1");
        narrow(&mut query, filter, now);
        query.push(" ORDER BY o.seq DESC LIMIT ").push_bind(i64::from(limit) + 1);
        let mut rows = query.build().fetch_all(self.engine().readers()).await.during(attempt)?;
        let has_more = rows.len() > limit as usize;
        rows.truncate(limit as usize);
        Ok(Listing { operations: row::readable(UNREADABLE, &rows, operation), has_more })
    }

    /// Of those that meet a filter at this time: all that wait or run, and the newest ended ones that a person asked for;
    /// newest first. Refreshes that readers started and that are over are left out: there are many, and they would hide the
    /// others.
    pub async fn recent_operations(
        &self,
        filter: &OperationFilter,
        now: Time,
        limit: u32,
    ) -> Result<Vec<Operation>, Error> {
        let attempt = self.attempt("reading the operations");
        let mut tx = self.engine().read(attempt).await?;
        let mut live = QueryBuilder::<Db>::new(SELECT);
        live.push(" WHERE o.state IN ('queued', 'running')");
        narrow(&mut live, filter, now);
        let mut rows = live.build().fetch_all(&mut *tx).await.during(attempt)?;
        let mut ended = QueryBuilder::<Db>::new(SELECT);
        ended.push(" WHERE o.seq > (SELECT COALESCE(MAX(seq), 0) FROM operations) - ").push_bind(LOOK_BACK);
        ended.push(" AND o.origin = 'user' AND o.state NOT IN ('queued', 'running')");
        narrow(&mut ended, filter, now);
        ended.push(" ORDER BY o.seq DESC LIMIT ").push_bind(i64::from(limit));
        rows.extend(ended.build().fetch_all(&mut *tx).await.during(attempt)?);
        let mut operations =
            row::readable(UNREADABLE, &rows, |row| Ok((row.try_get::<i64, _>("seq")?, operation(row)?)));
        operations.sort_by_key(|(seq, _)| std::cmp::Reverse(*seq));
        Ok(operations.into_iter().map(|(_, operation)| operation).collect())
    }
}

/// Adds the conditions of a filter, as `OperationFilter::has` has them.
fn narrow(query: &mut QueryBuilder<Db>, filter: &OperationFilter, now: Time) {
    let OperationFilter { vcenter, kinds, states, origin, since, until } = filter;
    let mut one = |condition: &'static str, value: &str| {
        query.push(" AND ").push(condition).push(" = ").push_bind(value.to_owned());
    };
    if let Some(vcenter) = vcenter {
        one("o.vcenter_id", vcenter.as_str());
    }
    if let Some(origin) = origin {
        one("o.origin", origin.name());
    }
    let mut any = |column: &'static str, names: Vec<&'static str>| {
        if names.is_empty() {
            return;
        }
        query.push(" AND ").push(column).push(" IN (");
        let mut list = query.separated(", ");
        for name in names {
            list.push_bind(name);
        }
        query.push(")");
    };
    any("o.kind", kinds.iter().map(|kind| kind.name()).collect());
    any("o.state", states.iter().map(|state| state.name()).collect());
    if let Some(since) = since {
        query.push(" AND o.submitted_at >= ").push_bind(since.at(now).0);
    }
    if let Some(until) = until {
        query.push(" AND o.submitted_at < ").push_bind(until.at(now).0);
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
    // They were those of the last moment in which it ran.
    let runs = state == OperationState::Running.name();
    let rate = |column: &str| {
        let number = row.try_get::<Option<i64>, _>(column)?;
        Ok::<_, sqlx::Error>(number.filter(|_| runs).map(row::unsigned))
    };
    Ok(Operation {
        id: OperationId(row.try_get("id")?),
        vcenter: row.try_get("vcenter")?,
        vcenter_id: row.try_get::<Option<String>, _>("vcenter_id")?.map(VcenterId),
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
            objects_per_second: rate("objects_per_second")?,
            bytes_per_second: rate("bytes_per_second")?,
            remaining_seconds: rate("remaining_seconds")?,
            attempts: row.try_get("attempts")?,
        },
        diff: Diff {
            added: number("added")?,
            changed: number("changed")?,
            removed: number("removed")?,
            unchanged: number("unchanged")?,
        },
        recorded: history::recorded(row)?,
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
