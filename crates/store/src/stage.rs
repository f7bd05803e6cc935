//! Compares a pass with what is known, and stages what differs in small transactions.
//! Refuses to change the inventory: readers see nothing of it until it is published.

use crate::Store;
use crate::aside::{aside, read_rows};
use crate::claim::Claim;
use crate::document::{self, Hash};
use crate::engine::{Db, DbRow};
use crate::error::{Attempt, During, Error};
use contract::{Diff, Kind, Moref, Object, Time, VcenterId};
use sqlx::{QueryBuilder, Row as _};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

/// Rows per transaction: about a megabyte, and some milliseconds of the write lock.
const CHUNK: usize = 500;

/// What a sync read.
#[derive(Clone, Debug)]
pub struct Pass {
    /// The objects. One that is listed twice counts as the last one of them.
    pub objects: Vec<Arc<Object>>,
    /// Kinds that were read completely: what is known of them and not among `objects` is removed. Snapshots are a
    /// kind of their own here, though their coverage is that of the VMs.
    pub whole: Vec<Kind>,
    /// Morefs of the clusters whose hosts were read.
    pub clusters: Vec<Moref>,
    /// Objects that are proven to be gone.
    pub gone: Vec<(Kind, Moref)>,
    /// When it was complete.
    pub synced_at: Time,
}

impl Pass {
    /// Whether it holds all there is: whatever a damaged row was about was read again.
    pub(crate) fn is_everything(&self) -> bool {
        Kind::READ.iter().all(|kind| self.whole.contains(kind))
    }
}

/// Hears after every chunk how many rows of how many are done, and says whether to go on.
pub type Onward<'a> = &'a (dyn Fn(usize, usize) -> bool + Send + Sync);

/// What publishing a pass will do.
#[derive(Clone, Debug)]
pub struct Staged {
    /// What differs, by kind of the pass.
    pub diff: BTreeMap<Kind, Diff>,
    /// Rows that were known before, by kind of the pass.
    pub known: BTreeMap<Kind, u64>,
    pub(crate) rows: u64,
    /// Rows that the pass replaces, and that have no kind or no moref any more because these are damaged.
    pub(crate) nameless: Vec<i64>,
}

/// The hash of what is stored of an object; `None` if it is not what was written, so that it never counts as unchanged.
type Known = HashMap<(Kind, Moref), Option<Hash>>;

struct Row {
    kind: Kind,
    moref: Moref,
    content: Option<(Box<str>, Hash, String)>,
}

impl Store {
    /// Stages a pass, in chunks after each of which it may be stopped. Nothing of it shows before it is published.
    pub async fn stage(&self, claim: &Claim, pass: &Pass, onward: Onward<'_>) -> Result<Staged, Error> {
        let objects = distinct(&pass.objects);
        match self.stage_distinct(claim, pass, &objects, onward).await {
            Err(error @ Error::DiskFull { .. }) => {
                Err(error.needing(aside(move || room_for(&objects)).await))
            }
            staged => staged,
        }
    }

    async fn stage_distinct(
        &self,
        claim: &Claim,
        pass: &Pass,
        objects: &[Arc<Object>],
        onward: Onward<'_>,
    ) -> Result<Staged, Error> {
        self.discard(claim).await?;
        let attempt = self.attempt_on("staging the pass of operation", claim.operation.id.as_str());
        let kinds: BTreeSet<Kind> = pass
            .whole
            .iter()
            .copied()
            .chain(objects.iter().map(|o| o.kind))
            .chain(pass.gone.iter().map(|(k, _)| *k))
            .collect();
        let (known, nameless) = self.hashes(&claim.operation.vcenter_id, &kinds, pass, attempt).await?;
        let known = Arc::new(known);
        let mut staged = Staged {
            diff: kinds.iter().map(|kind| (*kind, Diff::default())).collect(),
            known: kinds.iter().map(|kind| (*kind, 0)).collect(),
            rows: 0,
            nameless,
        };
        for (kind, _) in known.keys() {
            *staged.known.entry(*kind).or_default() += 1;
        }
        let go_on = |done: usize| match onward(done, objects.len()) {
            true => Ok(()),
            false => Err(claim.stopped()),
        };
        for gone in removed(pass, objects, &known).chunks(CHUNK) {
            for row in gone {
                staged.diff.entry(row.kind).or_default().removed += 1;
            }
            staged.rows += self.write_staged(claim, gone, attempt).await?;
            go_on(0)?;
        }
        for (number, chunk) in objects.chunks(CHUNK).enumerate() {
            go_on(number * CHUNK)?;
            let (chunk, known) = (chunk.to_vec(), known.clone());
            let compared = aside(move || compare(&chunk, &known)).await;
            let (diff, rows) = compared.map_err(|error| sqlx::Error::Encode(error.into())).during(attempt)?;
            for (kind, diff) in diff {
                let sum = staged.diff.entry(kind).or_default();
                sum.added += diff.added;
                sum.changed += diff.changed;
                sum.unchanged += diff.unchanged;
            }
            staged.rows += self.write_staged(claim, &rows, attempt).await?;
        }
        go_on(objects.len())?;
        Ok(staged)
    }

    /// Drops what was staged under this claim.
    pub async fn discard(&self, claim: &Claim) -> Result<(), Error> {
        let attempt = self.attempt_on("dropping what was staged by operation", claim.operation.id.as_str());
        const ANY: &str = "SELECT 1 FROM staged WHERE operation_id = $1 AND claim_no <= $2 LIMIT 1";
        let any: Option<i64> = sqlx::query_scalar(ANY)
            .bind(claim.operation.id.as_str())
            .bind(claim.claim_no)
            .fetch_optional(self.engine().readers())
            .await
            .during(attempt)?;
        if any.is_none() {
            return Ok(());
        }
        let mut tx = self.engine().write(attempt).await?;
        sqlx::query("DELETE FROM staged WHERE operation_id = $1 AND claim_no <= $2")
            .bind(claim.operation.id.as_str())
            .bind(claim.claim_no)
            .execute(&mut *tx)
            .await
            .during(attempt)?;
        tx.commit().await.during(attempt)
    }

    /// What is stored of these kinds, and the rows that name no object any more, as far as the pass read again what they
    /// were about. Documents are read, because the hash beside a damaged one may be right.
    async fn hashes(
        &self,
        vcenter: &VcenterId,
        kinds: &BTreeSet<Kind>,
        pass: &Pass,
        attempt: Attempt<'_>,
    ) -> Result<(Known, Vec<i64>), Error> {
        const OF_A_KIND: &str = "SELECT rowid AS row, moref, object_type, document, hash FROM objects \
                                 WHERE vcenter_id = $1 AND kind = $2";
        const OF_NO_KIND: &str = "SELECT rowid AS row, kind FROM objects \
                                  WHERE vcenter_id = $1 AND (typeof(kind) <> 'text' OR kind GLOB '*[^a-z-]*')";
        let mut tx = self.engine().read(attempt).await?;
        let (mut known, mut nameless) = (Known::new(), Vec::new());
        for kind in kinds {
            let rows = sqlx::query(OF_A_KIND).bind(vcenter.as_str()).bind(kind.name()).fetch(&mut *tx);
            let is_whole = pass.whole.contains(kind);
            for (row, moref, hash) in read_rows(rows, named).await.during(attempt)? {
                match moref {
                    Some(moref) => drop(known.insert((*kind, moref), hash)),
                    None if is_whole => nameless.push(row.during(attempt)?),
                    None => {}
                }
            }
        }
        if !pass.is_everything() {
            return Ok((known, nameless));
        }
        let odd = sqlx::query(OF_NO_KIND).bind(vcenter.as_str()).fetch_all(&mut *tx).await.during(attempt)?;
        // A kind that reads as text may be a newer release's.
        for row in odd.iter().filter(|row| row.try_get::<&str, _>("kind").is_err()) {
            nameless.push(row.try_get("row").during(attempt)?);
        }
        Ok((known, nameless))
    }

    async fn write_staged(&self, claim: &Claim, rows: &[Row], attempt: Attempt<'_>) -> Result<u64, Error> {
        if rows.is_empty() {
            return Ok(0);
        }
        let mut tx = self.engine().write(attempt).await?;
        claim.check(&mut tx, attempt).await?;
        let columns =
            "INSERT INTO staged (operation_id, claim_no, kind, moref, object_type, hash, document) ";
        let mut insert = QueryBuilder::<Db>::new(columns);
        insert.push_values(rows, |mut values, row| {
            let content = row.content.as_ref();
            values
                .push_bind(claim.operation.id.as_str())
                .push_bind(claim.claim_no)
                .push_bind(row.kind.name())
                .push_bind(&*row.moref)
                .push_bind(content.map(|(object_type, ..)| &**object_type))
                .push_bind(content.map(|(_, hash, _)| &hash[..]))
                .push_bind(content.map(|(.., document)| document.as_str()));
        });
        let written = insert.build().execute(&mut *tx).await.during(attempt)?.rows_affected();
        tx.commit().await.during(attempt)?;
        Ok(written)
    }
}

/// What staging and publishing these objects may write, bytes: each document is written to the log and the file, staged and
/// then published.
fn room_for(objects: &[Arc<Object>]) -> u64 {
    let documents = objects.iter().filter_map(|object| document::encode(object).ok());
    documents.map(|document| document.len() as u64 + BESIDE).sum::<u64>() * COPIES
}

/// Bytes that a row has beside its document: keys, hash, index.
const BESIDE: u64 = 150;

/// How often a row is on the disk until it is published and the log is written back.
const COPIES: u64 = 4;

/// A row by its number, the object that it names, and the hash of what is stored of that.
fn named(row: &DbRow) -> (Result<i64, sqlx::Error>, Option<Moref>, Option<Hash>) {
    (row.try_get("row"), row.try_get::<Box<str>, _>("moref").ok(), stored_hash(row))
}

fn stored_hash(row: &DbRow) -> Option<Hash> {
    let text = |column: &str| row.try_get::<&str, _>(column).ok();
    document::verified(text("object_type")?, text("document")?, row.try_get("hash").ok()?)
}

/// The objects, the last one of those that are listed more than once.
fn distinct(objects: &[Arc<Object>]) -> Vec<Arc<Object>> {
    let mut seen = HashSet::with_capacity(objects.len());
    let mut distinct: Vec<Arc<Object>> =
        objects.iter().rev().filter(|object| seen.insert((object.kind, &object.moref))).cloned().collect();
    distinct.reverse();
    distinct
}

/// What is known and either gone or not in a kind that was read completely.
fn removed(pass: &Pass, objects: &[Arc<Object>], known: &Known) -> Vec<Row> {
    let read: HashSet<(Kind, &str)> = objects.iter().map(|object| (object.kind, &*object.moref)).collect();
    let gone: HashSet<(Kind, &str)> = pass.gone.iter().map(|(kind, moref)| (*kind, &**moref)).collect();
    let is_removed = |kind: Kind, moref: &str| {
        !read.contains(&(kind, moref)) && (pass.whole.contains(&kind) || gone.contains(&(kind, moref)))
    };
    let removed = known.keys().filter(|(kind, moref)| is_removed(*kind, moref));
    removed.map(|(kind, moref)| Row { kind: *kind, moref: moref.clone(), content: None }).collect()
}

/// What of these objects is new or differs.
fn compare(
    objects: &[Arc<Object>],
    known: &Known,
) -> Result<(BTreeMap<Kind, Diff>, Vec<Row>), serde_json::Error> {
    let mut diffs: BTreeMap<Kind, Diff> = BTreeMap::new();
    let mut rows = Vec::new();
    for object in objects {
        let document = document::encode(object)?;
        let hash = document::hash(&object.object_type, &document);
        let (kind, moref) = (object.kind, object.moref.clone());
        let diff = diffs.entry(kind).or_default();
        let key = (kind, moref);
        match known.get(&key) {
            Some(before) if *before == Some(hash) => {
                diff.unchanged += 1;
                continue;
            }
            Some(_) => diff.changed += 1,
            None => diff.added += 1,
        }
        let (kind, moref) = key;
        rows.push(Row { kind, moref, content: Some((object.object_type.clone(), hash, document)) });
    }
    Ok((diffs, rows))
}
