//! Counts: how reads were answered, and what is seen of how vCenters are used.
//! Refuses to hold anybody up for them: where the database is busy, it says so soon and counts nothing.

use crate::Store;
use crate::engine;
use crate::error::{During, Error};
use crate::row;
use crate::usage::{self, Seen};
use contract::{Kind, Time, VcenterId};
use sqlx::Row;
use std::collections::BTreeSet;
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

/// What was counted since it was last written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// By vCenter, hour, counted in hours since 1970 in UTC, and kind.
    pub reads: Vec<(VcenterId, i64, Kind, CacheReads)>,
    /// What was seen of each vCenter.
    pub seen: Vec<(VcenterId, Seen)>,
}

impl Store {
    /// Adds what was counted, in one short transaction. Of a vCenter that was removed nothing is kept; half an hour in which
    /// several processes looked at one is marked once.
    pub async fn count(&self, counts: &Counts, at: Time) -> Result<(), Error> {
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
            let vcenters: BTreeSet<&VcenterId> = counts.seen.iter().map(|(vcenter, _)| vcenter).collect();
            for vcenter in vcenters {
                let seen = counts.seen.iter().filter(|(of, _)| of == vcenter).map(|(_, seen)| *seen);
                usage::note(&mut tx, vcenter, seen, at).await?;
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
}
