//! Counts for what comes later: how reads were answered, and in which hours of the week a vCenter is looked at.
//! Refuses to hold anybody up for them: where the database is busy, it says so soon and counts nothing.

use crate::Store;
use crate::engine;
use crate::error::{During, Error};
use crate::row;
use contract::{Kind, Time, VcenterId};
use sqlx::Row;
use std::ops::AddAssign;

/// How reads of a vCenter were answered within an hour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CacheReads {
    /// From what is cached.
    pub hits: u64,
    /// By a refresh that was under way.
    pub shared: u64,
    /// By a refresh of their own.
    pub misses: u64,
}

impl AddAssign for CacheReads {
    fn add_assign(&mut self, other: CacheReads) {
        self.hits += other.hits;
        self.shared += other.shared;
        self.misses += other.misses;
    }
}

/// A vCenter was looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LookedAt {
    /// 0 is Monday, from midnight to one, in local time.
    pub hour_of_week: u8,
    /// When that hour began.
    pub began: Time,
    /// When it was looked at last.
    pub at: Time,
}

/// What was counted since it was last written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// By vCenter, hour, counted in hours since 1970 in UTC, and kind.
    pub reads: Vec<(VcenterId, i64, Kind, CacheReads)>,
    /// By vCenter.
    pub looked: Vec<(VcenterId, LookedAt)>,
}

const HOUR: i64 = 3_600_000;

impl Store {
    /// Adds what was counted, in one short transaction. Of a vCenter that was removed nothing is kept; an hour in which
    /// several processes looked at one counts once.
    pub async fn count(&self, counts: &Counts) -> Result<(), Error> {
        let attempt = self.attempt("saving what was counted");
        let mut connection = self.engine().connect_briefly(attempt).await?;
        let written = async {
            let mut tx = engine::begin(&mut connection).await?;
            for (vcenter, hour, kind, reads) in &counts.reads {
                // A query with an ON CONFLICT needs a WHERE, or SQLite takes the ON for that of a join.
                sqlx::query(
                    "INSERT INTO cache_reads (vcenter_id, hour, hits, shared, misses, kind) \
                     SELECT id, $2, $3, $4, $5, $6 FROM vcenters WHERE id = $1 \
                     ON CONFLICT (vcenter_id, hour, kind) DO UPDATE SET hits = cache_reads.hits + excluded.hits, \
                     shared = cache_reads.shared + excluded.shared, misses = cache_reads.misses + excluded.misses",
                )
                .bind(vcenter.as_str())
                .bind(hour)
                .bind(row::signed(reads.hits))
                .bind(row::signed(reads.shared))
                .bind(row::signed(reads.misses))
                .bind(kind.name())
                .execute(&mut *tx)
                .await?;
            }
            for (vcenter, looked) in &counts.looked {
                // What is dated after this hour was dated by a clock that was wrong.
                sqlx::query(
                    "INSERT INTO looked_at (vcenter_id, hour_of_week, count, last_at) \
                     SELECT id, $2, 1, $3 FROM vcenters WHERE id = $1 \
                     ON CONFLICT (vcenter_id, hour_of_week) DO UPDATE SET last_at = excluded.last_at, \
                     count = looked_at.count + (looked_at.last_at < $4 OR looked_at.last_at >= $5)",
                )
                .bind(vcenter.as_str())
                .bind(i64::from(looked.hour_of_week))
                .bind(looked.at.0)
                .bind(looked.began.0)
                .bind(looked.began.0.saturating_add(HOUR))
                .execute(&mut *tx)
                .await?;
            }
            tx.commit().await
        };
        let written = written.await.during(attempt);
        engine::disconnect(connection).await;
        written
    }

    /// How reads were answered since an hour, by vCenter, hour and kind, the earliest first. What was counted before kinds were
    /// told apart has none.
    pub async fn cache_reads(
        &self,
        since: i64,
    ) -> Result<Vec<(VcenterId, i64, Option<Kind>, CacheReads)>, Error> {
        let attempt = self.attempt("reading what was counted");
        let rows = sqlx::query("SELECT * FROM cache_reads WHERE hour >= $1 ORDER BY hour, vcenter_id, kind")
            .bind(since)
            .fetch_all(self.engine().readers())
            .await
            .during(attempt)?;
        Ok(row::readable("a count is left out", &rows, |row| {
            let number = |column: &str| row.try_get(column).map(row::unsigned);
            let reads =
                CacheReads { hits: number("hits")?, shared: number("shared")?, misses: number("misses")? };
            let kind = Kind::from_name(row.try_get("kind")?);
            Ok((VcenterId(row.try_get("vcenter_id")?), row.try_get("hour")?, kind, reads))
        }))
    }

    /// In which hours of the week vCenters were looked at, and in how many such hours.
    pub async fn looked_at(&self) -> Result<Vec<(VcenterId, u8, u64)>, Error> {
        let attempt = self.attempt("reading what was counted");
        let rows = sqlx::query("SELECT * FROM looked_at ORDER BY vcenter_id, hour_of_week")
            .fetch_all(self.engine().readers())
            .await
            .during(attempt)?;
        Ok(row::readable("a count is left out", &rows, |row| {
            let hour: i64 = row.try_get("hour_of_week")?;
            let count = row::unsigned(row.try_get("count")?);
            Ok((VcenterId(row.try_get("vcenter_id")?), u8::try_from(hour).unwrap_or(u8::MAX), count))
        }))
    }
}
