//! What operations changed, object by object, and the steps in which they ran: how that is written while a pass is staged, and
//! read.
//! Refuses to show what was not published: until the operation says how much was recorded, nothing is.

use crate::Store;
use crate::claim::Claim;
use crate::engine::{Db, DbConnection, DbRow, Tx};
use crate::error::{Attempt, During, Error};
use crate::pass::Pass;
use crate::rebase::Others;
use crate::row;
use crate::stage::Row;
use contract::{
    ChangedObject, ChangesPage, Code, FailedAttempt, Kind, Moref, Object, ObjectChanges, OperationId,
    PropertyChange, Recorded, Ref, Snapshot, Step, Steps, Value, changed_properties,
};
use serde_json::Value as Json;
use sqlx::{QueryBuilder, Row as _};
use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

/// As what an object is recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum What {
    Added = 0,
    Changed = 1,
    Removed = 2,
}

impl What {
    pub(crate) fn from_number(number: i64) -> Option<What> {
        [What::Added, What::Changed, What::Removed].into_iter().find(|what| what.number() == number)
    }

    pub(crate) fn number(self) -> i64 {
        self as i64
    }

    /// How many are recorded as that.
    pub(crate) fn count(self, recorded: &mut Recorded) -> &mut u64 {
        match self {
            What::Added => &mut recorded.added,
            What::Changed => &mut recorded.changed,
            What::Removed => &mut recorded.removed,
        }
    }
}

/// What is recorded of an object.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Record {
    pub(crate) what: What,
    pub(crate) name: Option<String>,
    pub(crate) properties: Vec<PropertyChange>,
}

/// What a pass is told against: what was known before it, and what it read.
pub(crate) struct Told {
    before: Arc<Snapshot>,
    objects: Vec<Arc<Object>>,
    /// By kind and moref, once somebody looks for a name.
    read: OnceLock<HashMap<(Kind, Moref), usize>>,
}

impl Told {
    pub(crate) fn new(pass: &Pass, objects: &[Arc<Object>]) -> Told {
        Told { before: pass.before.clone(), objects: objects.to_vec(), read: OnceLock::new() }
    }

    /// What was stored of an object before: what others published since the pass began, or what was known then.
    pub(crate) fn known<'a>(&'a self, key: &(Kind, Moref), others: &'a Others) -> Option<&'a Object> {
        match others.of(key) {
            Some(since) => since.object(),
            None => self.before.get(key.0, &key.1).map(|object| &**object),
        }
    }

    /// What is recorded of an object that came.
    pub(crate) fn added(&self, object: &Object, others: &Others) -> Option<Record> {
        let is_told = is_told(object) && !self.is_first(object, others);
        is_told.then(|| Record { what: What::Added, name: own_name(object), properties: Vec::new() })
    }

    /// What is recorded of an object with another value; nothing where that is volatile, or nobody knows the one before.
    pub(crate) fn changed(&self, before: Option<&Object>, after: &Object) -> Option<Record> {
        let before = before.filter(|_| is_told(after))?;
        let properties = changed_properties(before, after, &|reference| self.name(reference));
        let name = own_name(after).or_else(|| own_name(before));
        (!properties.is_empty()).then_some(Record { what: What::Changed, name, properties })
    }

    /// What is recorded of an object that is gone.
    pub(crate) fn removed(&self, kind: Kind, before: Option<&Object>) -> Option<Record> {
        let is_told = Kind::LISTED.contains(&kind);
        let name = before.and_then(own_name);
        is_told.then_some(Record { what: What::Removed, name, properties: Vec::new() })
    }

    /// Whether what the object is part of was never read before: then it isn't new, but seen for the first time.
    fn is_first(&self, object: &Object, others: &Others) -> bool {
        let whole = object.kind.covered_by();
        if self.before.is_read(whole) || others.lists.contains_key(&whole) {
            return false;
        }
        let cluster = object.parent().filter(|parent| parent.kind == Kind::Clusters);
        let covered = |moref: &Moref| {
            self.before.coverage().iter().any(|one| one.kind == whole && one.cluster.as_ref() == Some(moref))
        };
        !cluster.is_some_and(|cluster| whole == Kind::Hosts && covered(&cluster.moref))
    }

    /// What an object is called now.
    fn name(&self, reference: &Ref) -> Option<String> {
        let read = self.read.get_or_init(|| {
            let key = |object: &Object| (object.kind, object.moref.clone());
            self.objects.iter().enumerate().map(|(at, object)| (key(object), at)).collect()
        });
        let read = read.get(&(reference.kind, reference.moref.clone())).map(|at| &self.objects[*at]);
        read.or_else(|| self.before.get(reference.kind, &reference.moref)).and_then(|object| own_name(object))
    }
}

fn own_name(object: &Object) -> Option<String> {
    object.stored("name").as_text().map(str::to_owned)
}

/// Whether anybody sees it in a list.
fn is_told(object: &Object) -> bool {
    Kind::LISTED.contains(&object.kind) && *object.stored("is_root") != Value::Bool(true)
}

/// Counts what is recorded of these rows, and writes it as long as there is room.
pub(crate) async fn record(
    tx: &mut Tx,
    claim: &Claim,
    rows: &[Row],
    recorded: &mut Recorded,
) -> Result<(), sqlx::Error> {
    let mut kept = Vec::new();
    for row in rows {
        let Some(record) = &row.record else { continue };
        let count = record.what.count(recorded);
        *count += 1;
        if *count <= Recorded::MOST {
            kept.push((row, record, properties(&record.properties)?));
        }
    }
    if kept.is_empty() {
        return Ok(());
    }
    let seq: i64 = sqlx::query_scalar("SELECT seq FROM operations WHERE id = $1")
        .bind(claim.operation.id.as_str())
        .fetch_one(&mut **tx)
        .await?;
    let columns =
        "INSERT OR REPLACE INTO operation_changes (operation, what, kind, moref, name, properties) ";
    let mut insert = QueryBuilder::<Db>::new(columns);
    insert.push_values(kept, |mut values, (row, record, properties)| {
        values
            .push_bind(seq)
            .push_bind(record.what.number())
            .push_bind(row.kind.name())
            .push_bind(&*row.moref)
            .push_bind(record.name.as_deref())
            .push_bind(properties);
    });
    insert.build().execute(&mut **tx).await.map(drop)
}

/// Takes back what was recorded of an object.
pub(crate) async fn forget(
    tx: &mut Tx,
    claim: &Claim,
    key: &(Kind, Moref),
    was: Option<What>,
    recorded: &mut Recorded,
) -> Result<(), sqlx::Error> {
    let Some(was) = was else { return Ok(()) };
    let count = was.count(recorded);
    *count = count.saturating_sub(1);
    const ONE: &str = "DELETE FROM operation_changes WHERE operation = (SELECT seq FROM operations WHERE id = $1) \
                       AND what = $2 AND kind = $3 AND moref = $4";
    sqlx::query(ONE)
        .bind(claim.operation.id.as_str())
        .bind(was.number())
        .bind(key.0.name())
        .bind(&*key.1)
        .execute(&mut **tx)
        .await
        .map(drop)
}

/// Drops what an operation recorded that published nothing.
pub(crate) async fn drop_recorded(
    connection: &mut DbConnection,
    id: &OperationId,
    claim_no: Option<i64>,
) -> Result<(), sqlx::Error> {
    const ALL: &str = "DELETE FROM operation_changes WHERE operation = \
                       (SELECT seq FROM operations WHERE id = $1 AND ($2 IS NULL OR claim_no = $2))";
    sqlx::query(ALL).bind(id.as_str()).bind(claim_no).execute(connection).await.map(drop)
}

/// Writes how an operation ran, and how much is recorded of what it published.
pub(crate) async fn write(
    tx: &mut Tx,
    claim: &Claim,
    steps: &Steps,
    recorded: Option<Recorded>,
) -> Result<(), sqlx::Error> {
    let number = |of: fn(Recorded) -> u64| recorded.map(|recorded| row::signed(of(recorded)));
    sqlx::query(
        "UPDATE operations SET steps = $1, recorded_added = $2, recorded_changed = $3, recorded_removed = $4 \
         WHERE id = $5 AND claim_no = $6",
    )
    .bind((*steps != Steps::default()).then(|| packed(steps)).transpose()?)
    .bind(number(|recorded| recorded.added))
    .bind(number(|recorded| recorded.changed))
    .bind(number(|recorded| recorded.removed))
    .bind(claim.operation.id.as_str())
    .bind(claim.claim_no)
    .execute(&mut **tx)
    .await
    .map(drop)
}

/// How much is recorded of an operation.
pub(crate) fn recorded(row: &DbRow) -> Result<Option<Recorded>, sqlx::Error> {
    let number =
        |column: &str| Ok::<_, sqlx::Error>(row.try_get::<Option<i64>, _>(column)?.map(row::unsigned));
    let (added, changed, removed) =
        (number("recorded_added")?, number("recorded_changed")?, number("recorded_removed")?);
    Ok(added.zip(changed).zip(removed).map(|((added, changed), removed)| Recorded {
        added,
        changed,
        removed,
    }))
}

impl Store {
    /// The objects that an operation added, changed and removed, by that, kind and name: a page of them. None of one that
    /// published nothing.
    pub async fn changes_of(&self, id: &OperationId, skip: u32, limit: u32) -> Result<ChangesPage, Error> {
        let attempt = self.attempt_on("reading what was changed by operation", id.as_str());
        let mut tx = self.engine().read(attempt).await?;
        let of = operation(&mut tx, id, attempt).await?;
        let Some(all) = recorded(&of).during(attempt)? else { return Ok(ChangesPage::default()) };
        let seq: i64 = of.try_get("seq").during(attempt)?;
        const PAGE: &str = "SELECT * FROM operation_changes WHERE operation = $1 \
                            ORDER BY what, kind, name COLLATE NOCASE, moref LIMIT $2 OFFSET $3";
        let rows = sqlx::query(PAGE)
            .bind(seq)
            .bind(i64::from(limit) + 1)
            .bind(i64::from(skip))
            .fetch_all(&mut *tx)
            .await
            .during(attempt)?;
        const KEPT: &str = "SELECT what, COUNT(*) FROM operation_changes WHERE operation = $1 GROUP BY what";
        let numbers: Vec<(i64, i64)> =
            sqlx::query_as(KEPT).bind(seq).fetch_all(&mut *tx).await.during(attempt)?;
        let mut kept = Recorded::default();
        for (what, number) in numbers {
            if let Some(what) = What::from_number(what) {
                *what.count(&mut kept) = row::unsigned(number);
            }
        }
        let has_more = rows.len() > limit as usize;
        let rows = &rows[..rows.len().min(limit as usize)];
        let mut changes = ObjectChanges { more: all.without(kept), ..ObjectChanges::default() };
        for (what, object) in
            row::readable("a change is left out", rows, changed_object).into_iter().flatten()
        {
            match what {
                What::Added => changes.added.push(object),
                What::Changed => changes.changed.push(object),
                What::Removed => changes.removed.push(object),
            }
        }
        Ok(ChangesPage { changes, has_more })
    }

    /// The steps in which an operation ran, and what failed of it; nothing of one that never began, or ran in an earlier
    /// release.
    pub async fn steps_of(&self, id: &OperationId) -> Result<Steps, Error> {
        let attempt = self.attempt_on("reading the steps of operation", id.as_str());
        let mut tx = self.engine().read(attempt).await?;
        let of = operation(&mut tx, id, attempt).await?;
        let steps = of.try_get::<Option<&str>, _>("steps").and_then(|text| text.map(unpacked).transpose());
        Ok(row::or_unset("the steps of an operation", steps).unwrap_or_default())
    }
}

async fn operation(tx: &mut Tx, id: &OperationId, attempt: Attempt<'_>) -> Result<DbRow, Error> {
    let row = sqlx::query("SELECT * FROM operations WHERE id = $1")
        .bind(id.as_str())
        .fetch_optional(&mut **tx)
        .await
        .during(attempt)?;
    row.ok_or_else(|| Error::NotFound { what: "operation", id: id.to_string() })
}

/// `None` for a kind that only a newer release knows.
fn changed_object(row: &DbRow) -> Result<Option<(What, ChangedObject)>, sqlx::Error> {
    let what = What::from_number(row.try_get("what")?);
    let Some((what, kind)) = what.zip(Kind::from_name(row.try_get("kind")?)) else { return Ok(None) };
    let properties: Vec<Packed> = match row.try_get::<Option<&str>, _>("properties")? {
        Some(text) => row::from_json(text)?,
        None => Vec::new(),
    };
    let (moref, name) = (row.try_get::<Moref, _>("moref")?, row.try_get("name")?);
    let properties = properties.into_iter().map(property).collect();
    Ok(Some((what, ChangedObject { kind, moref, name, properties })))
}

/// A change as it is stored: column, old, new, old moref, new moref, cut; the last three only where they say something.
type Packed = Vec<Json>;

fn properties(properties: &[PropertyChange]) -> Result<Option<String>, sqlx::Error> {
    let packed = |change: &PropertyChange| {
        let mut all = vec![change.property.clone().into(), change.old.clone(), change.new.clone()];
        if change.old_moref.is_some() || change.new_moref.is_some() || change.cut {
            all.extend([change.old_moref.clone().into(), change.new_moref.clone().into()]);
        }
        all.extend(change.cut.then_some(Json::Bool(true)));
        all
    };
    let packed: Vec<Packed> = properties.iter().map(packed).collect();
    (!packed.is_empty()).then(|| row::json(&packed)).transpose()
}

fn property(packed: Packed) -> PropertyChange {
    let is_reference = packed.len() > 3 && !(packed[3].is_null() && packed.get(4).is_none_or(Json::is_null));
    let mut all = packed.into_iter();
    let mut next = || all.next().unwrap_or_default();
    let property = next().as_str().unwrap_or_default().to_owned();
    let (old, new, old_moref, new_moref, cut) = (next(), next(), next(), next(), next());
    PropertyChange {
        property,
        old,
        new,
        old_moref: is_reference.then_some(old_moref),
        new_moref: is_reference.then_some(new_moref),
        cut: cut == Json::Bool(true),
    }
}

/// Steps as they are stored, and failures.
type PackedSteps = (Vec<(u32, String, u64, u64)>, Vec<(u32, u64, Code, String)>);

fn packed(steps: &Steps) -> Result<String, sqlx::Error> {
    let step = |one: &Step| (one.attempt, one.step.clone(), one.after_ms, one.took_ms);
    let failure = |one: &FailedAttempt| (one.attempt, one.after_ms, one.code, one.message.clone());
    let packed: PackedSteps =
        (steps.steps.iter().map(step).collect(), steps.failures.iter().map(failure).collect());
    row::json(&packed)
}

fn unpacked(text: &str) -> Result<Steps, sqlx::Error> {
    let (steps, failures): PackedSteps = row::from_json(text)?;
    let step = |(attempt, step, after_ms, took_ms)| Step { attempt, step, after_ms, took_ms };
    let failure = |(attempt, after_ms, code, message)| FailedAttempt { attempt, after_ms, code, message };
    Ok(Steps {
        steps: steps.into_iter().map(step).collect(),
        failures: failures.into_iter().map(failure).collect(),
    })
}
