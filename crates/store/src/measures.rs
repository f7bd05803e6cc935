//! What was measured of operations and capacity, added up by the minute, the hour and the day.
//! Refuses to count an operation twice or not at all: that it is counted is noted in the transaction that does it, and who reads
//! adds those that are not counted yet.

mod forgetting;

use crate::Store;
use crate::engine::{self, Db, DbConnection, DbRow, Tx};
use crate::error::{During, Error};
use crate::operations::{measurable, operation};
use crate::row;
use contract::analytics::{CallTimes, Measured, Sample};
use contract::{Job, Operation, Time, VcenterId};
use sqlx::{QueryBuilder, Row};
use std::collections::BTreeMap;

/// What is counted together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Length {
    /// A minute, for two days.
    Minute,
    /// An hour, for two weeks.
    Hour,
    /// A day in UTC, for as long as is set.
    Day,
}

impl Length {
    /// Each of them.
    pub const ALL: [Length; 3] = [Length::Minute, Length::Hour, Length::Day];

    /// How long it is, milliseconds.
    pub fn millis(self) -> i64 {
        match self {
            Length::Minute => 60_000,
            Length::Hour => 3_600_000,
            Length::Day => 86_400_000,
        }
    }

    /// How long it is kept, in days, where days are kept this long.
    pub fn kept(self, days: u32) -> u32 {
        match self {
            Length::Minute => days.min(2),
            Length::Hour => days.min(14),
            Length::Day => days,
        }
    }

    /// When the one began that a time is in.
    pub fn of(self, at: Time) -> Time {
        Time(at.0.saturating_sub(at.0.rem_euclid(self.millis())))
    }
}

/// What was measured of one vCenter within one span.
#[derive(Clone, Debug, PartialEq)]
pub struct Measure<T> {
    /// The vCenter.
    pub vcenter: VcenterId,
    /// When the span began.
    pub at: Time,
    /// Of what: a kind of operation, and the kind of object where one was read alone.
    pub what: String,
    /// The numbers.
    pub data: T,
}

/// Operations that are counted in one transaction.
const STEP: i64 = 200;

/// What samples are of.
const CAPACITY: &str = "capacity";

/// What an operation is counted as.
pub(crate) fn what(job: &Job) -> String {
    match job {
        Job::Refresh { of, morefs, .. } if morefs.is_empty() => format!("refresh {of}"),
        other => other.kind().name().to_owned(),
    }
}

impl Store {
    /// Counts operations that have ended, a few at a time; answers with how many. Where another process writes, and holds it
    /// up for longer than nobody notices, it fails.
    pub async fn measure(&self) -> Result<u64, Error> {
        let attempt = self.attempt("adding up what operations took");
        let mut connection = self.engine().connect_briefly(attempt).await?;
        let counted = async {
            if unmeasured(&mut connection, 1).await?.is_empty() {
                return Ok(0);
            }
            let mut tx = engine::begin(&mut connection).await?;
            let rows = unmeasured(&mut tx, STEP).await?;
            let mut sums: BTreeMap<(VcenterId, i64, Time, String), Measured> = BTreeMap::new();
            // One that can't be read is counted as nothing, and not looked at again.
            for (one, measured) in row::readable("an operation is not counted", &rows, of_row) {
                let Some((at, vcenter)) = one.finished_at.zip(one.vcenter_id) else { continue };
                for length in Length::ALL {
                    let key = (vcenter.clone(), length.millis(), length.of(at), what(&one.job));
                    sums.entry(key).or_default().merge(&measured);
                }
            }
            for ((vcenter, span, at, what), sum) in sums {
                add(&mut tx, (&vcenter, span, at, &what), sum).await?;
            }
            for row in &rows {
                let done = sqlx::query("UPDATE operations SET measured = 1 WHERE seq = $1");
                done.bind(row.try_get::<i64, _>("seq")?).execute(&mut *tx).await?;
            }
            tx.commit().await?;
            Ok(rows.len() as u64)
        };
        let counted = counted.await.during(attempt);
        engine::disconnect(connection).await;
        counted
    }

    /// Notes what there was of a vCenter's capacity, over what was noted within the same hour and day.
    pub async fn sample(&self, vcenter: &VcenterId, at: Time, sample: &Sample) -> Result<(), Error> {
        let attempt = self.attempt_on("saving the capacity of", vcenter.as_str());
        let mut connection = self.engine().connect_briefly(attempt).await?;
        let written = async {
            let mut tx = engine::begin(&mut connection).await?;
            for length in [Length::Hour, Length::Day] {
                let key = (vcenter, length.millis(), length.of(at), CAPACITY);
                let mut known: Sample = known(&mut tx, key).await?.unwrap_or_default();
                known.update(sample.clone());
                put(&mut tx, key, &known).await?;
            }
            tx.commit().await
        };
        let written = written.await.during(attempt);
        engine::disconnect(connection).await;
        written
    }

    /// What was measured of operations in spans of a length that begin at a time or later: of one vCenter, or of all. Also of
    /// those that are not counted yet.
    pub async fn measured(
        &self,
        vcenter: Option<&VcenterId>,
        length: Length,
        since: Time,
    ) -> Result<Vec<Measure<Measured>>, Error> {
        let attempt = self.attempt("reading what was measured");
        // Both as they were at one time: what is counted meanwhile is in one of them alone.
        let mut tx = self.engine().read(attempt).await?;
        let rows = select(vcenter, length, since, "<>").build().fetch_all(&mut *tx).await.during(attempt)?;
        let mut measures = row::readable("what was measured is left out", &rows, measure);
        let rows = unmeasured(&mut tx, i64::MAX).await.during(attempt)?;
        for (one, data) in row::readable("an operation is not counted", &rows, of_row) {
            let ended = one.finished_at.map(|at| length.of(at)).zip(one.vcenter_id);
            let Some((at, id)) = ended else { continue };
            if at >= since && vcenter.is_none_or(|vcenter| *vcenter == id) {
                measures.push(Measure { vcenter: id, at, what: what(&one.job), data });
            }
        }
        Ok(measures)
    }

    /// The first day of which anything is known that was added up: of one vCenter, or of any.
    pub async fn measured_since(&self, vcenter: Option<&VcenterId>) -> Result<Option<Time>, Error> {
        let attempt = self.attempt("reading since when is measured");
        const FIRST: &str = "SELECT MIN(m.at) FROM vcenters v JOIN measures m ON m.vcenter_id = v.id AND m.span = $1 \
            AND m.what <> $2 WHERE v.removed_at IS NULL AND ($3 IS NULL OR v.id = $3)";
        let first = sqlx::query_scalar(FIRST)
            .bind(Length::Day.millis())
            .bind(CAPACITY)
            .bind(vcenter.map(VcenterId::as_str))
            .fetch_one(self.engine().readers())
            .await
            .during(attempt)?;
        Ok(row::time(first))
    }

    /// What there was of capacity, in spans of a length that begin at a time or later, the earliest first.
    pub async fn samples(
        &self,
        vcenter: Option<&VcenterId>,
        length: Length,
        since: Time,
    ) -> Result<Vec<Measure<Sample>>, Error> {
        let attempt = self.attempt("reading how capacity went");
        let mut query = select(vcenter, length, since, "=");
        query.push(" ORDER BY m.at");
        let rows = query.build().fetch_all(self.engine().readers()).await.during(attempt)?;
        Ok(row::readable("a sample of capacity is left out", &rows, measure))
    }
}

/// Those of a length since a time that are of capacity, or of anything else. Of vCenters that are being removed there are none.
fn select(
    vcenter: Option<&VcenterId>,
    length: Length,
    since: Time,
    is_capacity: &'static str,
) -> QueryBuilder<Db> {
    let mut query = QueryBuilder::new(
        "SELECT m.* FROM measures m JOIN vcenters v ON v.id = m.vcenter_id AND v.removed_at IS NULL WHERE m.span = ",
    );
    query.push_bind(length.millis()).push(" AND m.at >= ").push_bind(since.0);
    query.push(" AND m.what ").push(is_capacity).push(" ").push_bind(CAPACITY);
    if let Some(vcenter) = vcenter {
        query.push(" AND m.vcenter_id = ").push_bind(vcenter.as_str().to_owned());
    }
    query
}

/// Operations that have ended and are not counted yet, with how soon the server answered them.
async fn unmeasured(connection: &mut DbConnection, limit: i64) -> Result<Vec<DbRow>, sqlx::Error> {
    sqlx::query(measurable!("WHERE o.measured = 0 AND o.finished_at IS NOT NULL LIMIT $1"))
        .bind(limit)
        .fetch_all(connection)
        .await
}

fn of_row(row: &DbRow) -> Result<(Operation, Measured), sqlx::Error> {
    let one = operation(row)?;
    let latency: Option<&str> = row.try_get("latency")?;
    let latency: CallTimes = latency.map(row::from_json).transpose()?.unwrap_or_default();
    let measured = Measured::of(&one, latency);
    Ok((one, measured))
}

fn measure<T: serde::de::DeserializeOwned>(row: &DbRow) -> Result<Measure<T>, sqlx::Error> {
    Ok(Measure {
        vcenter: VcenterId(row.try_get("vcenter_id")?),
        at: Time(row.try_get("at")?),
        what: row.try_get("what")?,
        data: row::from_json(row.try_get("data")?)?,
    })
}

/// The vCenter, the length of a span in milliseconds, when it began, and what is counted.
type Key<'a> = (&'a VcenterId, i64, Time, &'a str);

async fn add(tx: &mut DbConnection, key: Key<'_>, mut sum: Measured) -> Result<(), sqlx::Error> {
    if let Some(known) = known::<Measured>(tx, key).await? {
        sum.merge(&known);
    }
    put(tx, key, &sum).await
}

/// What is known already; nothing where it is damaged, and is written anew.
async fn known<T: serde::de::DeserializeOwned>(
    tx: &mut DbConnection,
    (vcenter, span, at, what): Key<'_>,
) -> Result<Option<T>, sqlx::Error> {
    const ONE: &str = "SELECT * FROM measures WHERE vcenter_id = $1 AND span = $2 AND at = $3 AND what = $4";
    let one = sqlx::query(ONE).bind(vcenter.as_str()).bind(span).bind(at.0).bind(what);
    let rows = one.fetch_all(tx).await?;
    Ok(row::readable("what was measured is written anew", &rows, measure).pop().map(|one| one.data))
}

async fn put(
    tx: &mut DbConnection,
    (vcenter, span, at, what): Key<'_>,
    data: &impl serde::Serialize,
) -> Result<(), sqlx::Error> {
    // A query with an ON CONFLICT needs a WHERE, or SQLite takes the ON for that of a join.
    sqlx::query(
        "INSERT INTO measures (vcenter_id, span, at, what, data) SELECT id, $2, $3, $4, $5 FROM vcenters WHERE id = $1 \
         ON CONFLICT (vcenter_id, span, at, what) DO UPDATE SET data = excluded.data",
    )
    .bind(vcenter.as_str())
    .bind(span)
    .bind(at.0)
    .bind(what)
    .bind(row::json(data)?)
    .execute(tx)
    .await
    .map(drop)
}

/// Notes how soon the server answered an operation that ends.
pub(crate) async fn write_latency(
    tx: &mut Tx,
    claim: &crate::Claim,
    latency: &CallTimes,
) -> Result<(), sqlx::Error> {
    if latency.is_empty() {
        return Ok(());
    }
    sqlx::query("UPDATE operations SET latency = $1 WHERE id = $2 AND claim_no = $3")
        .bind(row::json(latency)?)
        .bind(claim.operation.id.as_str())
        .bind(claim.claim_no)
        .execute(&mut **tx)
        .await
        .map(drop)
}
