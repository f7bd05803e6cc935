//! Compares a pass with what is known, and stages what differs in small transactions.
//! Refuses to change the inventory: readers see nothing of it until it is published.

use crate::Store;
use crate::aside::{aside, read_rows};
use crate::claim::Claim;
use crate::document::{self, Hash};
use crate::engine::{Db, DbRow, Tx};
use crate::error::{Attempt, During, Error};
use crate::history::{self, Comparison, Record};
use crate::pass::{Asked, Pass};
use crate::rebase::{self, Others};
use crate::revision::{self, State};
use contract::{Diff, Kind, Moref, Object, Recorded, Revision, Time, VcenterId};
use sqlx::{QueryBuilder, Row as _};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

/// Rows per transaction: about a megabyte, and some milliseconds of the write lock.
const CHUNK: usize = 500;

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
    /// How much its history will have.
    pub(crate) recorded: Recorded,
    /// What it was compared with.
    pub(crate) known_at: Revision,
    pub(crate) hashes: Arc<Known>,
    /// Rows that the pass replaces, and that have no kind or no moref any more because these are damaged.
    pub(crate) nameless: Vec<i64>,
}

/// The hash of what is stored of an object; `None` if it is not what was written, so that it never counts as unchanged.
pub(crate) type Known = HashMap<(Kind, Moref), Option<Hash>>;

/// What a pass is compared with, as it was at one moment.
struct Before {
    state: State,
    known: Known,
    others: Others,
    nameless: Vec<i64>,
}

/// A row to be staged.
pub(crate) struct Row {
    pub(crate) kind: Kind,
    pub(crate) moref: Moref,
    /// Type, hash and document; an object that is gone has none.
    pub(crate) content: Option<(Box<str>, Hash, String)>,
    pub(crate) asked: Option<Time>,
    /// What its history says of it.
    pub(crate) record: Option<Record>,
}

impl Row {
    /// The row that removes an object.
    pub(crate) fn gone(pass: &Pass, kind: Kind, moref: &Moref, record: Option<Record>) -> Row {
        Row { kind, moref: moref.clone(), content: None, asked: pass.absence(kind, moref, None), record }
    }
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
        let kinds = pass.kinds();
        let before = self.before(claim.vcenter_id(), &kinds, pass, attempt).await?;
        let Before { state, known, others, nameless } = before;
        let (known, others, times) = (Arc::new(known), Arc::new(others), Arc::new(pass.asked.clone()));
        let comparison = Arc::new(Comparison::new(pass, objects));
        let mut staged = Staged {
            diff: kinds.iter().map(|kind| (*kind, Diff::default())).collect(),
            known: kinds.iter().map(|kind| (*kind, 0)).collect(),
            rows: 0,
            recorded: Recorded::default(),
            known_at: state.revision,
            hashes: known.clone(),
            nameless,
        };
        for (kind, _) in known.keys() {
            *staged.known.entry(*kind).or_default() += 1;
        }
        let go_on = |done: usize| match onward(done, objects.len()) {
            true => Ok(()),
            false => Err(claim.stopped()),
        };
        for gone in removed(pass, objects, &known, &others, &comparison).chunks(CHUNK) {
            for row in gone {
                staged.diff.entry(row.kind).or_default().removed += 1;
            }
            staged.rows += self.write_staged(claim, gone, &mut staged.recorded, attempt).await?;
            go_on(0)?;
        }
        for (number, chunk) in objects.chunks(CHUNK).enumerate() {
            go_on(number * CHUNK)?;
            let (chunk, known, others, times) =
                (chunk.to_vec(), known.clone(), others.clone(), times.clone());
            let comparison = comparison.clone();
            let compared = aside(move || compare(&chunk, &times, &known, &others, &comparison)).await;
            let (diff, rows) = compared.map_err(|error| sqlx::Error::Encode(error.into())).during(attempt)?;
            for (kind, diff) in diff {
                let sum = staged.diff.entry(kind).or_default();
                *sum = sum.and(diff);
            }
            staged.rows += self.write_staged(claim, &rows, &mut staged.recorded, attempt).await?;
        }
        go_on(objects.len())?;
        Ok(staged)
    }

    /// Drops what was staged under this claim.
    pub async fn discard(&self, claim: &Claim) -> Result<(), Error> {
        let attempt = self.attempt_on("dropping what was staged by operation", claim.operation.id.as_str());
        const ANY: &str = "SELECT EXISTS (SELECT 1 FROM staged WHERE operation_id = $1 AND claim_no <= $2)";
        let any: bool = sqlx::query_scalar(ANY)
            .bind(claim.operation.id.as_str())
            .bind(claim.claim_no)
            .fetch_one(self.engine().readers())
            .await
            .during(attempt)?;
        if !any {
            return Ok(());
        }
        let mut tx = self.engine().write(attempt).await?;
        sqlx::query("DELETE FROM staged WHERE operation_id = $1 AND claim_no <= $2")
            .bind(claim.operation.id.as_str())
            .bind(claim.claim_no)
            .execute(&mut *tx)
            .await
            .during(attempt)?;
        history::drop_recorded(&mut tx, &claim.operation.id, Some(claim.claim_no)).await.during(attempt)?;
        tx.commit().await.during(attempt)
    }

    /// What is stored of these kinds, what others published of them while the pass read, and the rows that name no object
    /// any more, as far as the pass read again what they were about. Documents are read, because the hash beside a damaged
    /// one may be right.
    async fn before(
        &self,
        vcenter: &VcenterId,
        kinds: &BTreeSet<Kind>,
        pass: &Pass,
        attempt: Attempt<'_>,
    ) -> Result<Before, Error> {
        const OF_A_KIND: &str = "SELECT rowid AS row, moref, object_type, document, hash FROM objects \
                                 WHERE vcenter_id = $1 AND kind = $2";
        const OF_NO_KIND: &str = "SELECT rowid AS row, kind FROM objects \
                                  WHERE vcenter_id = $1 AND (typeof(kind) <> 'text' OR kind GLOB '*[^a-z-]*')";
        let mut tx = self.engine().read(attempt).await?;
        let state = revision::read(&mut tx, vcenter).await.during(attempt)?.unwrap_or_default();
        let others = match pass.overlaps(&state.revision) {
            Some(after) => rebase::others(&mut tx, vcenter.as_str(), after, kinds).await.during(attempt)?,
            None => Others::default(),
        };
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
            return Ok(Before { state, known, others, nameless });
        }
        let odd = sqlx::query(OF_NO_KIND).bind(vcenter.as_str()).fetch_all(&mut *tx).await.during(attempt)?;
        // A kind that reads as text may be a newer release's.
        for row in odd.iter().filter(|row| row.try_get::<&str, _>("kind").is_err()) {
            nameless.push(row.try_get("row").during(attempt)?);
        }
        Ok(Before { state, known, others, nameless })
    }

    async fn write_staged(
        &self,
        claim: &Claim,
        rows: &[Row],
        recorded: &mut Recorded,
        attempt: Attempt<'_>,
    ) -> Result<u64, Error> {
        if rows.is_empty() {
            return Ok(0);
        }
        let mut tx = self.engine().write(attempt).await?;
        claim.check(&mut tx, attempt).await?;
        let written = insert_staged(&mut tx, claim, rows, recorded).await.during(attempt)?;
        tx.commit().await.during(attempt)?;
        Ok(written)
    }
}

/// Stages rows, in a transaction of the caller's.
pub(crate) async fn insert_staged(
    tx: &mut Tx,
    claim: &Claim,
    rows: &[Row],
    recorded: &mut Recorded,
) -> Result<u64, sqlx::Error> {
    history::record(tx, claim, rows, recorded).await?;
    let columns = "INSERT INTO staged (operation_id, claim_no, kind, moref, object_type, hash, document, asked_at, what) ";
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
            .push_bind(content.map(|(.., document)| document.as_str()))
            .push_bind(row.asked.map(|at| at.0))
            .push_bind(row.record.as_ref().map(|record| record.what.number()));
    });
    Ok(insert.build().execute(&mut **tx).await?.rows_affected())
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
pub(crate) fn distinct(objects: &[Arc<Object>]) -> Vec<Arc<Object>> {
    let mut seen = HashSet::with_capacity(objects.len());
    let mut distinct: Vec<Arc<Object>> =
        objects.iter().rev().filter(|object| seen.insert((object.kind, &object.moref))).cloned().collect();
    distinct.reverse();
    distinct
}

/// What is known and either gone or not in a kind that was read completely.
fn removed(
    pass: &Pass,
    objects: &[Arc<Object>],
    known: &Known,
    others: &Others,
    comparison: &Comparison,
) -> Vec<Row> {
    let read: HashSet<(Kind, &str)> = objects.iter().map(|object| (object.kind, &*object.moref)).collect();
    let gone: HashSet<(Kind, &str)> = pass.gone.iter().map(|(kind, moref)| (*kind, &**moref)).collect();
    let is_removed = |key: &(Kind, Moref)| {
        let (kind, moref) = (key.0, &*key.1);
        !read.contains(&(kind, moref))
            && (pass.whole.contains(&kind) || gone.contains(&(kind, moref)))
            && rebase::goes(pass, kind, moref, others.of(key))
    };
    let removed = known.keys().filter(|key| is_removed(key));
    let row = |key: &(Kind, Moref)| {
        Row::gone(pass, key.0, &key.1, comparison.removed(key.0, comparison.known(key, others)))
    };
    removed.map(row).collect()
}

/// What of these objects is new or differs.
fn compare(
    objects: &[Arc<Object>],
    times: &Asked,
    known: &Known,
    others: &Others,
    comparison: &Comparison,
) -> Result<(BTreeMap<Kind, Diff>, Vec<Row>), serde_json::Error> {
    let mut diffs: BTreeMap<Kind, Diff> = BTreeMap::new();
    let mut rows = Vec::new();
    for object in objects {
        let key = (object.kind, object.moref.clone());
        let asked = times.of(key.0, &key.1);
        let before = known.get(&key).copied();
        let Some(object) = others.found(object, asked, before.is_some()) else { continue };
        let (change, row) = change(&object, asked, before, others, comparison)?;
        let diff = diffs.entry(object.kind).or_default();
        *diff = diff.and(change);
        rows.extend(row);
    }
    Ok((diffs, rows))
}

/// What an object is against what is stored, and the row to be staged if it differs.
pub(crate) fn change(
    object: &Object,
    asked: Option<Time>,
    before: Option<Option<Hash>>,
    others: &Others,
    comparison: &Comparison,
) -> Result<(Diff, Option<Row>), serde_json::Error> {
    let document = document::encode(object)?;
    let hash = document::hash(&object.object_type, &document);
    let diff = match before {
        Some(before) if before == Some(hash) => {
            return Ok((Diff { unchanged: 1, ..Diff::default() }, None));
        }
        Some(_) => Diff { changed: 1, ..Diff::default() },
        None => Diff { added: 1, ..Diff::default() },
    };
    let key = (object.kind, object.moref.clone());
    let record = match before {
        Some(_) => comparison.changed(comparison.known(&key, others), object),
        None => comparison.added(object, others),
    };
    let content = Some((object.object_type.clone(), hash, document));
    Ok((diff, Some(Row { kind: key.0, moref: key.1, content, asked, record })))
}
