//! What operations change, object by object, and the steps in which they run: written while a pass is staged.
//! Refuses to show what was not published: until the operation says how much was recorded, nothing is.

mod comparison;
mod packing;
mod reading;
mod recent;

pub(crate) use comparison::Comparison;
pub(crate) use reading::recorded;

use crate::claim::Claim;
use crate::engine::{Db, DbConnection, Tx};
use crate::row;
use crate::stage::Row;
use contract::{Kind, Moref, OperationId, PropertyChange, Recorded, Steps};
use packing::{packed, properties};
use sqlx::QueryBuilder;

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
