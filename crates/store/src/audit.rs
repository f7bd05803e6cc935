//! The audit log: rows that are appended in the transaction of what they speak of, each with a hash over the one before.
//! Refuses to change a row, and to remove any but the oldest, which leaves a row that says so.

mod chain;
mod reading;

use crate::Store;
use crate::engine::DbConnection;
use crate::error::{Attempt, During, Error};
use crate::row;
use chain::{Hash, Link};
use contract::{ApiError, AuditOutcome, Code, Door, OperationId, Receipt, Role, Subject, Time, words};
use serde::Serialize;
use serde_json::{Map, Value, json};
use sqlx::Row;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A call of a command as the audit log sees it: who, from where, and what. A store that acts for it records with each change.
#[derive(Clone, Debug)]
pub struct Act(Arc<What>);

#[derive(Debug)]
struct What {
    actor: String,
    host: String,
    origin: Door,
    role: Role,
    command: &'static str,
    at: Time,
    is_recorded: AtomicBool,
}

impl Act {
    /// What this user does on this machine.
    pub fn new(
        (actor, host): (&str, &str),
        origin: Door,
        role: Role,
        command: &'static str,
        at: Time,
    ) -> Act {
        let (actor, host, is_recorded) = (actor.to_owned(), host.to_owned(), AtomicBool::new(false));
        Act(Arc::new(What { actor, host, origin, role, command, at, is_recorded }))
    }

    /// Whether a row says what came of it.
    pub fn is_recorded(&self) -> bool {
        self.0.is_recorded.load(Ordering::Relaxed)
    }
}

/// What a row says beside who acts.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry<'a> {
    /// What it is done to.
    pub subject: Subject,
    /// What was there before.
    pub before: Option<Value>,
    /// What is there after.
    pub after: Option<Value>,
    /// What came of it.
    pub outcome: AuditOutcome,
    /// The operation it began.
    pub operation: Option<&'a OperationId>,
    /// Why it failed.
    pub error: Option<&'a ApiError>,
}

impl Entry<'_> {
    /// A change that was made.
    pub fn done(subject: Subject) -> Entry<'static> {
        let outcome = AuditOutcome::Done;
        Entry { subject, before: None, after: None, outcome, operation: None, error: None }
    }

    /// What was refused, or failed.
    #[must_use]
    pub fn failed(self, error: &ApiError) -> Entry<'_> {
        let outcome = match error.code {
            Code::Forbidden => AuditOutcome::Refused,
            _ => AuditOutcome::Failed,
        };
        Entry {
            outcome,
            error: Some(error),
            operation: None,
            subject: self.subject,
            before: self.before,
            after: self.after,
        }
    }

    /// With what was there before.
    #[must_use]
    pub fn before(mut self, before: &impl Serialize) -> Self {
        self.before = serde_json::to_value(before).ok();
        self
    }

    /// With what is there after.
    #[must_use]
    pub fn after(mut self, after: &impl Serialize) -> Self {
        self.after = serde_json::to_value(after).ok();
        self
    }
}

impl Store {
    /// The same database for what is done on somebody's behalf: each change that a command makes is recorded with it.
    #[must_use]
    pub fn acting(&self, act: &Act) -> Store {
        let mut acting = self.clone();
        acting.act = Some(act.clone());
        acting
    }

    /// Records something that no transaction of its own changes, such as a refusal.
    pub async fn record_alone(&self, act: &Act, entry: Entry<'_>) -> Result<(), Error> {
        let attempt = self.attempt("writing to the audit log");
        let mut tx = self.engine().write(attempt).await?;
        append_for(&mut tx, self, act, entry).await.during(attempt)?;
        tx.commit().await.during(attempt)
    }

    /// Records a change in its transaction, if this store acts for somebody.
    pub(crate) async fn record(
        &self,
        tx: &mut DbConnection,
        entry: Entry<'_>,
        attempt: Attempt<'_>,
    ) -> Result<(), Error> {
        match &self.act {
            Some(act) => append_for(tx, self, act, entry).await.during(attempt),
            None => Ok(()),
        }
    }

    /// The same for something that has a name in itself, of which it may be new or gone.
    pub(crate) async fn record_change(
        &self,
        tx: &mut DbConnection,
        subject: Subject,
        (before, after): (Option<Value>, Option<Value>),
        attempt: Attempt<'_>,
    ) -> Result<(), Error> {
        let name = [&after, &before].into_iter().flatten().find_map(|one| one["name"].as_str());
        let subject = Subject { name: name.map(str::to_owned), ..subject };
        self.record(tx, Entry { before, after, ..Entry::done(subject) }, attempt).await
    }

    /// Records that an operation ended, if a row says that it was begun: in the name of who began it.
    pub(crate) async fn record_end(
        &self,
        tx: &mut DbConnection,
        operation: &str,
        (at, state): (Time, &str),
        after: Option<&impl Serialize>,
        error: Option<&str>,
    ) -> Result<(), sqlx::Error> {
        let sql = "SELECT a.actor, a.host, a.origin, a.role, a.command, a.subject_kind, a.subject_id, a.subject, o.job \
                   FROM audit a LEFT JOIN operations o ON o.id = a.operation \
                   WHERE a.operation = $1 AND a.outcome = 'accepted' ORDER BY a.seq LIMIT 1";
        let Some(begun) = sqlx::query(sql).bind(operation).fetch_optional(&mut *tx).await? else {
            return Ok(());
        };
        let text = |column: &str| begun.try_get::<String, _>(column);
        let subject = Subject {
            kind: text("subject_kind")?,
            id: begun.try_get("subject_id")?,
            name: begun.try_get("subject")?,
        };
        let (actor, host) = (text("actor")?, text("host")?);
        let (origin, role, command) = (text("origin")?, text("role")?, text("command")?);
        let is_done = matches!(state, "succeeded" | "partial");
        let mut told = Map::from_iter([("state".to_owned(), json!(state))]);
        // One that is damaged is not told.
        if let Ok(job) = begun.try_get::<String, _>("job").and_then(|job| row::from_json::<Value>(&job)) {
            told.insert("job".to_owned(), job);
        }
        if let Some(Ok(Value::Object(more))) = after.map(serde_json::to_value) {
            told.extend(more);
        }
        let told = Value::Object(told).to_string();
        let link = Link {
            at: at.0,
            actor: &actor,
            host: &host,
            origin: &origin,
            role: &role,
            command: &command,
            subject_kind: &subject.kind,
            subject_id: subject.id.as_deref(),
            subject: subject.name.as_deref(),
            before: None,
            after: Some(&told),
            outcome: if is_done { AuditOutcome::Done } else { AuditOutcome::Failed }.name(),
            operation: Some(operation),
            error,
        };
        append(tx, self, &link).await
    }

    /// The head of the chain.
    pub async fn audit_head(&self, at: Time) -> Result<Receipt, Error> {
        let attempt = self.attempt("reading the audit log");
        let mut tx = self.engine().read(attempt).await?;
        let (seq, hash) = head(&mut tx, self.database_id()).await.during(attempt)?;
        let database_id = self.database_id().to_owned();
        Ok(Receipt { database_id, seq: row::unsigned(seq), hash: words::hex(&hash), at })
    }

    /// Removes the rows up to one, if that one has this hash and they are as many, and records that: the row is the anchor that
    /// the rest hangs on. `None` if they are others, or one of them began what has not ended: its end would be nobody's.
    pub async fn prune_audit(
        &self,
        (through, rows): (u64, u64),
        hash: &str,
        file: &str,
    ) -> Result<Option<u64>, Error> {
        let attempt = self.attempt("pruning the audit log");
        let mut tx = self.engine().write(attempt).await?;
        let stored: Option<Vec<u8>> = sqlx::query_scalar("SELECT hash FROM audit WHERE seq = $1")
            .bind(row::signed(through))
            .fetch_optional(&mut *tx)
            .await
            .during(attempt)?;
        const GOING: &str = "SELECT COUNT(*), SUM(a.outcome = 'accepted' AND EXISTS (SELECT 1 FROM operations o \
            WHERE o.id = a.operation AND o.state IN ('queued', 'running'))) FROM audit a WHERE a.seq <= $1";
        let (going, open): (i64, Option<i64>) =
            sqlx::query_as(GOING).bind(row::signed(through)).fetch_one(&mut *tx).await.during(attempt)?;
        let are_others =
            stored.is_none_or(|stored| words::hex(&stored) != hash) || row::unsigned(going) != rows;
        if self.act.is_none() || are_others || open.unwrap_or_default() > 0 {
            return Ok(None);
        }
        let removed = sqlx::query("DELETE FROM audit WHERE seq <= $1").bind(row::signed(through));
        // The row that says so stands before anything is removed: the chain goes on from what was there.
        let entry = Entry::done(Subject::only("audit")).after(&chain::Anchor {
            pruned_through: through,
            hash: hash.to_owned(),
            file: file.to_owned(),
        });
        self.record(&mut tx, entry, attempt).await?;
        let removed = removed.execute(&mut *tx).await.during(attempt)?.rows_affected();
        tx.commit().await.during(attempt)?;
        Ok(Some(removed))
    }
}

/// The newest row's number and hash, or what the chain begins with.
async fn head(tx: &mut DbConnection, database_id: &str) -> Result<(i64, Hash), sqlx::Error> {
    let newest: Option<(i64, Vec<u8>)> =
        sqlx::query_as("SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1").fetch_optional(tx).await?;
    Ok(match newest {
        Some((seq, hash)) => (seq, hash.try_into().unwrap_or_default()),
        None => (0, chain::beginning(database_id)),
    })
}

async fn append_for(
    tx: &mut DbConnection,
    store: &Store,
    act: &Act,
    entry: Entry<'_>,
) -> Result<(), sqlx::Error> {
    let what = &*act.0;
    let subject = named(tx, entry.subject).await?;
    let (before, after) = differing(entry.before.as_ref(), entry.after.as_ref());
    let (before, after) = (before.map(|it| it.to_string()), after.map(|it| it.to_string()));
    let error = entry.error.map(|error| error.message.as_str());
    let link = Link {
        at: what.at.0,
        actor: &what.actor,
        host: &what.host,
        origin: what.origin.name(),
        role: what.role.name(),
        command: what.command,
        subject_kind: &subject.kind,
        subject_id: subject.id.as_deref(),
        subject: subject.name.as_deref(),
        before: before.as_deref(),
        after: after.as_deref(),
        outcome: entry.outcome.name(),
        operation: entry.operation.map(OperationId::as_str),
        error,
    };
    append(tx, store, &link).await?;
    // What was only announced is to be followed by what came of it. Rolled back it is none the less recorded: as failed.
    if entry.outcome != AuditOutcome::Accepted || entry.operation.is_some() {
        what.is_recorded.store(true, Ordering::Relaxed);
    }
    Ok(())
}

/// Appends a row behind the newest one. Which that is, is known from the last time in most cases; where another process wrote
/// since, or what was written was rolled back, nothing is inserted behind what isn't there, and it is looked up.
async fn append(tx: &mut DbConnection, store: &Store, link: &Link<'_>) -> Result<(), sqlx::Error> {
    if let Some(known) = store.audit_head_known()
        && insert_behind(tx, store, known, link).await?
    {
        return Ok(());
    }
    let newest = head(tx, store.database_id()).await?;
    match insert_behind(tx, store, newest, link).await? {
        true => Ok(()),
        false => {
            Err(sqlx::Error::Protocol("the newest row of the audit log changed within a transaction".into()))
        }
    }
}

/// Appends a row behind this one; false if it isn't the newest.
async fn insert_behind(
    tx: &mut DbConnection,
    store: &Store,
    (seq, before): (i64, Hash),
    link: &Link<'_>,
) -> Result<bool, sqlx::Error> {
    let is_first = seq == 0;
    let seq = seq.saturating_add(1);
    let hash = link.hash(&before, seq);
    let inserted = sqlx::query(
        "INSERT INTO audit (seq, at, actor, host, origin, role, command, subject_kind, subject_id, subject, before, \
         after, outcome, operation, error, hash) \
         SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16 \
         WHERE (SELECT hash FROM audit ORDER BY seq DESC LIMIT 1) IS $17",
    )
    .bind(seq)
    .bind(link.at)
    .bind(link.actor)
    .bind(link.host)
    .bind(link.origin)
    .bind(link.role)
    .bind(link.command)
    .bind(link.subject_kind)
    .bind(link.subject_id)
    .bind(link.subject)
    .bind(link.before)
    .bind(link.after)
    .bind(link.outcome)
    .bind(link.operation)
    .bind(link.error)
    .bind(&hash[..])
    .bind((!is_first).then_some(&before[..]))
    .execute(tx)
    .await?;
    if inserted.rows_affected() == 0 {
        return Ok(false);
    }
    store.know_audit_head((seq, hash));
    Ok(true)
}

/// Of two versions of a thing what differs; of one that is new or gone all of it.
fn differing(before: Option<&Value>, after: Option<&Value>) -> (Option<Value>, Option<Value>) {
    let (Some(Value::Object(was)), Some(Value::Object(is))) = (before, after) else {
        return (before.cloned(), after.cloned());
    };
    let only = |one: &Map<String, Value>, other: &Map<String, Value>| {
        let differs = one.iter().filter(|(key, value)| other.get(*key) != Some(value));
        Value::Object(differs.map(|(key, value)| (key.clone(), value.clone())).collect())
    };
    (Some(only(was, is)), Some(only(is, was)))
}

/// A subject with the name it has now: rows outlive what they speak of.
async fn named(tx: &mut DbConnection, subject: Subject) -> Result<Subject, sqlx::Error> {
    let sql = match &*subject.kind {
        "vcenter" => "SELECT name FROM vcenters WHERE id = $1",
        "credential" => "SELECT name FROM credentials WHERE id = $1",
        "policy" => "SELECT name FROM policies WHERE id = $1",
        "destination" => "SELECT name FROM destinations WHERE id = $1",
        "schedule" => "SELECT name FROM schedules WHERE id = $1",
        "operation" => {
            "SELECT v.name FROM operations o JOIN vcenters v ON v.id = o.vcenter_id WHERE o.id = $1"
        }
        _ => return Ok(subject),
    };
    let (None, Some(id)) = (&subject.name, &subject.id) else { return Ok(subject) };
    let name: Option<String> = sqlx::query_scalar(sql).bind(id).fetch_optional(tx).await?;
    Ok(Subject { name, ..subject })
}
