//! Reads a vCenter's inventory as it was at one moment, or a part of it.
//! Refuses to read a part at several moments: objects and coverage come from one transaction. A row that is damaged costs
//! that row.

use crate::Store;
use crate::aside::read_rows;
use crate::document::Hash;
use crate::engine::{Db, DbRow, Tx};
use crate::error::{During, Error};
use crate::revision::State;
use crate::{document, revision, row};
use contract::{Age, Coverage, Kind, Moref, Object, Revision, Snapshot, Time, Value, VcenterId};
use sqlx::{QueryBuilder, Row};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Which part of an inventory is read. When its kinds were read is known in any case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Part {
    /// Every object of these kinds.
    pub kinds: Vec<Kind>,
    /// These objects, and those that they refer to themselves.
    pub objects: Vec<(Kind, Moref)>,
}

impl Part {
    /// All of it.
    pub fn everything() -> Part {
        Part { kinds: Kind::ALL.to_vec(), objects: Vec::new() }
    }
}

/// What is known of a vCenter's inventory: the parts of a `contract::Snapshot`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Loaded {
    /// Its objects, in no order.
    pub objects: Vec<Arc<Object>>,
    /// Kind and moref of rows that are not what was written; the next pass that reads them writes them again.
    pub damaged: Vec<(String, Moref)>,
    /// What was read, and when.
    pub coverage: Vec<Coverage>,
    /// Objects that were read later than their kind.
    pub ages: Vec<Age>,
    /// Which state of the inventory it is.
    pub revision: Revision,
}

/// How much is known of a vCenter. Rows are counted by their keys: which of them are damaged only reading them says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Objects by kind, the root folder left out.
    pub counts: BTreeMap<Kind, u64>,
    /// What was read, and when.
    pub coverage: Vec<Coverage>,
    /// Rows that are not counted, because they are damaged.
    pub left_out: usize,
}

impl Store {
    /// The whole inventory of a vCenter; empty if it was never read.
    pub async fn load(&self, vcenter: &VcenterId) -> Result<Loaded, Error> {
        self.load_part(vcenter, &Part::everything()).await
    }

    /// A part of the inventory of a vCenter.
    pub async fn load_part(&self, vcenter: &VcenterId, part: &Part) -> Result<Loaded, Error> {
        let attempt = self.attempt_on("reading the inventory of vCenter", vcenter.as_str());
        let mut tx = self.engine().read(attempt).await?;
        Loaded::read(&mut tx, vcenter, part).await.during(attempt)
    }

    /// What the objects of a kind are called, in no order; `None` where that can't be read without reading all of one. No
    /// other part of them is looked at, and so it isn't known which of them are damaged.
    pub async fn names(
        &self,
        vcenter: &VcenterId,
        kind: Kind,
    ) -> Result<Vec<(Moref, Option<Box<str>>)>, Error> {
        let attempt = self.attempt_on("reading the names of the inventory of vCenter", vcenter.as_str());
        let mut tx = self.engine().read(attempt).await?;
        let rows = sqlx::query(
            "SELECT moref, substr(document, 1, $3) AS beginning FROM objects WHERE vcenter_id = $1 AND kind = $2",
        )
        .bind(vcenter.as_str())
        .bind(kind.name())
        .bind(document::BEGINNING)
        .fetch(&mut *tx);
        let read = read_rows(rows, |row| {
            let name = row.try_get::<&str, _>("beginning").ok().and_then(document::name);
            Some((row.try_get::<Box<str>, _>("moref").ok()?, name))
        });
        Ok(read.await.during(attempt)?.into_iter().flatten().collect())
    }

    /// How many objects of each kind are known of a vCenter, and when they were read.
    pub async fn summary(&self, vcenter: &VcenterId) -> Result<Summary, Error> {
        let attempt = self.attempt_on("counting the inventory of vCenter", vcenter.as_str());
        // Which of the folders is the root, only their documents say.
        let folders = Part { kinds: vec![Kind::Folders], objects: Vec::new() };
        let mut tx = self.engine().read(attempt).await?;
        let loaded = Loaded::read(&mut tx, vcenter, &folders).await.during(attempt)?;
        let Loaded { objects, coverage, damaged, .. } = loaded;
        let mut summary = Summary { coverage, left_out: damaged.len(), ..Summary::default() };
        let rows =
            sqlx::query("SELECT kind, COUNT(*) AS number FROM objects WHERE vcenter_id = $1 GROUP BY kind")
                .bind(vcenter.as_str())
                .fetch_all(&mut *tx)
                .await
                .during(attempt)?;
        for row in &rows {
            let number = row::unsigned(row.try_get("number").during(attempt)?);
            match row.try_get::<&str, _>("kind") {
                // A kind that is unknown may be a newer release's.
                Ok(kind) => drop(Kind::from_name(kind).map(|kind| summary.counts.insert(kind, number))),
                Err(_) => summary.left_out += usize::try_from(number).unwrap_or(usize::MAX),
            }
        }
        let folders = Snapshot::new(objects, Vec::new()).count(Kind::Folders);
        summary.counts.insert(Kind::Folders, u64::try_from(folders).unwrap_or(u64::MAX));
        Ok(summary)
    }
}

impl Loaded {
    async fn read(tx: &mut Tx, vcenter: &VcenterId, part: &Part) -> Result<Loaded, sqlx::Error> {
        let State { revision, .. } = revision::read(tx, vcenter).await?.unwrap_or_default();
        let (coverage, ages) = (read_coverage(tx, vcenter).await?, read_ages(tx, vcenter).await?);
        let mut loaded = Loaded { coverage, ages, revision, ..Loaded::default() };
        if *part == Part::everything() {
            // Without a list of kinds, so that rows of a kind that can't be read are found.
            loaded.add(tx, vcenter, &mut objects_of(vcenter)).await?;
        } else if !part.kinds.is_empty() {
            let mut of_kinds = objects_of(vcenter);
            of_kinds.push(" AND kind IN (");
            let mut kinds = of_kinds.separated(", ");
            for kind in &part.kinds {
                kinds.push_bind(kind.name());
            }
            of_kinds.push(")");
            loaded.add(tx, vcenter, &mut of_kinds).await?;
        }
        let single = part.objects.iter().filter(|(kind, _)| !part.kinds.contains(kind)).cloned();
        loaded.add_each(tx, vcenter, &single.collect::<Vec<_>>()).await?;
        let referred = loaded.referred(part);
        loaded.add_each(tx, vcenter, &referred).await?;
        Ok(loaded)
    }

    async fn add(
        &mut self,
        tx: &mut Tx,
        vcenter: &VcenterId,
        rows: &mut QueryBuilder<Db>,
    ) -> Result<(), sqlx::Error> {
        for read in read_rows(rows.build().fetch(&mut **tx), object_or_name).await? {
            match read {
                Ok(object) => self.objects.extend(object),
                Err((kind, moref, error)) => {
                    tracing::warn!(%vcenter, kind, moref, %error, "an object is left out");
                    self.damaged.push((kind, moref.into()));
                }
            }
        }
        Ok(())
    }

    /// Adds these objects, as far as they are there.
    async fn add_each(
        &mut self,
        tx: &mut Tx,
        vcenter: &VcenterId,
        objects: &[(Kind, Moref)],
    ) -> Result<(), sqlx::Error> {
        for chunk in objects.chunks(AT_ONCE) {
            let mut these = objects_of(vcenter);
            these.push(" AND (kind, moref) IN ");
            these.push_tuples(chunk, |mut key, (kind, moref)| {
                key.push_bind(kind.name()).push_bind(&**moref);
            });
            self.add(tx, vcenter, &mut these).await?;
        }
        Ok(())
    }

    /// What the single objects of a part refer to, and the part has not.
    fn referred(&self, part: &Part) -> Vec<(Kind, Moref)> {
        let single: BTreeSet<(Kind, &str)> =
            part.objects.iter().map(|(kind, moref)| (*kind, &**moref)).collect();
        let of_single = self.objects.iter().filter(|object| single.contains(&(object.kind, &*object.moref)));
        let refs = of_single.flat_map(|object| object.values.iter().flat_map(Value::refs));
        let missing: BTreeSet<(Kind, &str)> = refs
            .map(|reference| (reference.kind, &*reference.moref))
            .filter(|key| !part.kinds.contains(&key.0) && !single.contains(key))
            .collect();
        missing.into_iter().map(|(kind, moref)| (kind, moref.into())).collect()
    }
}

/// Objects that are asked for by their morefs at once: two parameters each, and SQLite takes some thousands.
const AT_ONCE: usize = 500;

pub(crate) fn objects_of(vcenter: &VcenterId) -> QueryBuilder<Db> {
    let mut query =
        QueryBuilder::new("SELECT kind, moref, object_type, document, hash FROM objects WHERE vcenter_id = ");
    query.push_bind(vcenter.as_str().to_owned());
    query
}

pub(crate) async fn read_coverage(tx: &mut Tx, vcenter: &VcenterId) -> Result<Vec<Coverage>, sqlx::Error> {
    let rows = sqlx::query("SELECT kind, scope, synced_at FROM coverage WHERE vcenter_id = $1")
        .bind(vcenter.as_str())
        .fetch_all(&mut **tx)
        .await?;
    Ok(row::readable("when a kind was read", &rows, coverage).into_iter().flatten().collect())
}

/// When objects were asked for that were read later than their kind. One that can't be read has the age of its kind.
pub(crate) async fn read_ages(tx: &mut Tx, vcenter: &VcenterId) -> Result<Vec<Age>, sqlx::Error> {
    let rows = sqlx::query("SELECT kind, moref, asked_at FROM asked WHERE vcenter_id = $1");
    let read = read_rows(rows.bind(vcenter.as_str()).fetch(&mut **tx), |row| {
        let kind = Kind::from_name(row.try_get("kind").ok()?)?;
        Some(Age { kind, moref: row.try_get("moref").ok()?, asked_at: Time(row.try_get("asked_at").ok()?) })
    });
    Ok(read.await?.into_iter().flatten().collect())
}

/// An object, or what can be read of its kind and moref, and why it can't be read itself.
pub(crate) fn object_or_name(row: &DbRow) -> Result<Option<Arc<Object>>, (String, String, sqlx::Error)> {
    let object = object(row).map(|object| object.map(Arc::new));
    object.map_err(|error| (row::shown(row, "kind"), row::shown(row, "moref"), error))
}

/// `None` for a kind that only a newer release knows.
pub(crate) fn coverage(row: &DbRow) -> Result<Option<Coverage>, sqlx::Error> {
    let (kind, scope): (String, String) = (row.try_get("kind")?, row.try_get("scope")?);
    let synced_at = Time(row.try_get("synced_at")?);
    let cluster = (!scope.is_empty()).then(|| Moref::from(scope));
    Ok(Kind::from_name(&kind).map(|kind| Coverage { kind, cluster, synced_at }))
}

/// `None` for a kind that only a newer release knows.
pub(crate) fn object(row: &DbRow) -> Result<Option<Object>, sqlx::Error> {
    object_and_hash(row).map(|read| read.map(|(object, _)| object))
}

/// The same with the hash of what is stored.
pub(crate) fn object_and_hash(row: &DbRow) -> Result<Option<(Object, Hash)>, sqlx::Error> {
    let text = |column: &str| row.try_get::<&str, _>(column);
    let (kind, moref, object_type, document) =
        (text("kind")?, text("moref")?, text("object_type")?, text("document")?);
    let Some(kind) = Kind::from_name(kind) else { return Ok(None) };
    let Some(hash) = document::verified(object_type, document, row.try_get("hash")?) else {
        return Err(sqlx::Error::Decode("it is not what was written".into()));
    };
    let object = document::decode(kind, moref.into(), object_type.into(), document);
    object.map(|object| Some((object, hash))).map_err(|error| sqlx::Error::Decode(error.into()))
}
