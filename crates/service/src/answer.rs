//! The answer to a query: rows that are computed one at a time, from as much of the inventory as they need.
//! Refuses to touch the network, and to hold rows: of tens of thousands, one is in memory at a time.

use crate::counts::How;
use crate::query::{self, Query, Selection, TableRow};
use crate::{Client, Service, inventory::Known};
use contract::columns::{self, Column};
use contract::{ApiError, Kind, Moref, Object, Row, Snapshot, Time, Value, Vcenter};
use std::sync::Arc;
use store::{Part, aside};

/// Rows that match a query.
pub struct Answer {
    /// The columns, in the order asked for.
    pub columns: Vec<&'static Column>,
    /// How many rows match, wherever they begin and however many are wanted.
    pub total: usize,
    /// How many rows of the database were left out of what was read, because they are damaged.
    pub left_out: usize,
    kind: Kind,
    now: Time,
    inventories: Vec<(Vcenter, Arc<Snapshot>)>,
    /// The wanted rows: the position of each one's inventory, and which of its objects it is.
    rows: Vec<(usize, Moref)>,
}

/// VMs, which vCenters have by the ten thousand, and what belongs to one: a few are found without reading the others.
const MANY: [Kind; 2] = [Kind::Vms, Kind::Snapshots];

/// So many rows at most are looked for before they are read: one by one.
const FEW: usize = 500;

impl Client {
    /// Rows of one kind out of what is known of these vCenters.
    pub async fn query(&self, query: &Query, vcenters: &[Vcenter]) -> Result<Answer, ApiError> {
        let answer = Service::query(self, query, vcenters).await?;
        for vcenter in vcenters {
            // Who had it refreshed for this was counted then.
            if !self.inner.reads.has_refreshed(&vcenter.id, query.kind).await {
                self.inner.counts.read(self.role(), &vcenter.id, query.kind, How::Hit);
            }
        }
        Ok(answer)
    }
}

impl Service {
    /// The same without counting it as a read.
    pub(crate) async fn query(&self, query: &Query, vcenters: &[Vcenter]) -> Result<Answer, ApiError> {
        // A column that doesn't exist is told before anything is read.
        query::select(query, &[], self.now())?;
        if let Some(answer) = self.few(query, vcenters).await? {
            return Ok(answer);
        }
        let is_read = |vcenter: &Vcenter| self.inner.inventory.is_read(&vcenter.id);
        if !MANY.contains(&query.kind) && !vcenters.iter().all(is_read) {
            let part = Part { kinds: around(query.kind), objects: Vec::new() };
            let answer = self.answer(query, self.known(vcenters, &part).await?).await?;
            let (is_enough, answer) = aside(move || (answer.is_enough(), answer)).await;
            if is_enough {
                return Ok(answer);
            }
        }
        self.answer(query, self.known(vcenters, &Part::everything()).await?).await
    }

    async fn answer(&self, query: &Query, known: Vec<(Vcenter, Known)>) -> Result<Answer, ApiError> {
        let (query, now) = (query.clone(), self.now());
        aside(move || Answer::of(&query, known, now)).await
    }

    async fn known(&self, vcenters: &[Vcenter], part: &Part) -> Result<Vec<(Vcenter, Known)>, ApiError> {
        let mut all = Vec::new();
        for vcenter in vcenters {
            all.push((vcenter.clone(), self.inner.inventory.part(&vcenter.id, part).await?));
        }
        Ok(all)
    }

    /// A few rows of a kind that there are many of: of the VMs that aren't wanted, no more than their names is read. `None`
    /// where more has to be read, or was read already.
    async fn few(&self, query: &Query, vcenters: &[Vcenter]) -> Result<Option<Answer>, ApiError> {
        let inventory = &self.inner.inventory;
        if !is_few(query) || vcenters.iter().any(|vcenter| inventory.is_read(&vcenter.id)) {
            return Ok(None);
        }
        let mut candidates = Vec::new();
        for vcenter in vcenters {
            let Some(known) = self.candidates(query, vcenter).await? else { return Ok(None) };
            candidates.push((vcenter.clone(), known));
        }
        let first = self.answer(query, candidates).await?;
        let mut known = Vec::new();
        for (position, (vcenter, snapshot)) in first.inventories.iter().enumerate() {
            if !snapshot.is_enough() {
                return Ok(None);
            }
            let own = first.rows.iter().filter(|(at, _)| *at == position);
            let objects = own.map(|(_, moref)| (query.kind, moref.clone())).collect();
            let part = Part { kinds: around(query.kind), objects };
            known.push((vcenter.clone(), inventory.part(&vcenter.id, &part).await?));
        }
        Ok(first.with(known).filter(Answer::is_enough))
    }

    /// The objects of a kind with as much of them as decides on a query; `None` if that is too much.
    async fn candidates(&self, query: &Query, vcenter: &Vcenter) -> Result<Option<Known>, ApiError> {
        let inventory = &self.inner.inventory;
        if query.kind == Kind::Snapshots {
            let all = Part { kinds: vec![Kind::Snapshots], objects: Vec::new() };
            return inventory.part(&vcenter.id, &all).await.map(Some);
        }
        if !is_by_name_alone(query) {
            return Ok(None);
        }
        let names = inventory.names(&vcenter.id, query.kind).await?;
        Ok(named_alone(query.kind, names).map(|objects| {
            let snapshot = Arc::new(Snapshot::part(objects, Vec::new(), &[query.kind]));
            Known { snapshot, left_out: 0 }
        }))
    }
}

impl Answer {
    fn of(query: &Query, known: Vec<(Vcenter, Known)>, now: Time) -> Result<Answer, ApiError> {
        let (inventories, left_out) = parted(known);
        let Selection { columns, rows, matching: total, .. } = query::select(query, &inventories, now)?;
        let rows = rows.into_iter().map(|(at, row)| (at, row.object.moref.clone())).collect();
        Ok(Answer { columns, total, left_out, kind: query.kind, now, inventories, rows })
    }

    /// The same rows out of these inventories, unless one of them isn't there any more or has another name.
    fn with(self, known: Vec<(Vcenter, Known)>) -> Option<Answer> {
        let (inventories, left_out) = parted(known);
        let name = |inventories: &[(Vcenter, Arc<Snapshot>)], at: usize, moref: &str| {
            Some(inventories[at].1.get(self.kind, moref)?.stored("name").clone())
        };
        let is_same = self
            .rows
            .iter()
            .all(|(at, moref)| name(&inventories, *at, moref) == name(&self.inventories, *at, moref));
        is_same.then_some(Answer { inventories, left_out, ..self })
    }

    /// What the rows are about.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Whether the rows are of more than one vCenter.
    pub fn is_of_several(&self) -> bool {
        self.rows.iter().any(|(at, _)| *at != self.rows[0].0)
    }

    /// The rows, each computed when it is asked for.
    pub fn rows(&self) -> impl Iterator<Item = TableRow> {
        let identity: Vec<&Column> = columns::of_identity().collect();
        self.rows.iter().filter_map(move |(at, moref)| {
            let (vcenter, snapshot) = &self.inventories[*at];
            let row = Row { vcenter, snapshot, object: snapshot.get(self.kind, moref)?, now: self.now };
            Some(TableRow {
                identity: identity.iter().map(|column| row.value(column)).collect(),
                values: self.columns.iter().map(|column| row.value(column)).collect(),
                missing: self.columns.iter().filter_map(|c| Some((*c, row.missing(c)?))).collect(),
            })
        })
    }

    /// Whether the parts of the inventories that were read are enough for every row.
    fn is_enough(&self) -> bool {
        self.rows().for_each(drop);
        self.inventories.iter().all(|(_, snapshot)| snapshot.is_enough())
    }
}

/// The inventories, and how many rows were left out of them.
fn parted(known: Vec<(Vcenter, Known)>) -> (Vec<(Vcenter, Arc<Snapshot>)>, usize) {
    let left_out = known.iter().map(|(_, known)| known.left_out).sum();
    (known.into_iter().map(|(vcenter, known)| (vcenter, known.snapshot)).collect(), left_out)
}

/// What the columns of a kind lead to, without VMs: places, what VMs run on and what they use. A snapshot leads to others.
fn around(kind: Kind) -> Vec<Kind> {
    let is_read =
        |other: &Kind| !MANY.contains(other) || (kind, *other) == (Kind::Snapshots, Kind::Snapshots);
    Kind::ALL.into_iter().filter(is_read).collect()
}

/// Whether no more than a few rows are wanted of a kind that there are many of.
fn is_few(query: &Query) -> bool {
    let is_few = |limit: usize| limit.saturating_add(query.offset) <= FEW;
    MANY.contains(&query.kind) && query.limit.is_some_and(is_few)
}

/// Whether which rows are wanted depends on nothing but their names.
fn is_by_name_alone(query: &Query) -> bool {
    let Query { kind, columns: _, sort, text, conditions, chosen, offset: _, limit: _ } = query;
    let by_name = |key: &String| {
        let column = columns::of(*kind).column(key.strip_prefix('-').unwrap_or(key));
        column.is_some_and(|column| column.id == "name")
    };
    sort.iter().all(by_name) && text.is_empty() && conditions.is_empty() && chosen.is_empty()
}

/// Objects of which nothing but the name is known; `None` if one of the names isn't.
fn named_alone(kind: Kind, names: Vec<(Moref, Option<Box<str>>)>) -> Option<Vec<Arc<Object>>> {
    let slot = columns::of(kind).slot("name")?;
    let object = |(moref, name): (Moref, Option<Box<str>>)| {
        let mut values = vec![Value::Null; slot + 1];
        values[slot] = Value::Text(name?);
        let (object_type, values, missing) = (Box::default(), values.into(), Box::default());
        Some(Arc::new(Object { kind, moref, object_type, values, missing }))
    };
    names.into_iter().map(object).collect()
}

#[cfg(test)]
mod tests;
