//! Decides between what a pass read and what others published while it did: of each object, what was asked for later stays.
//! Refuses to compare clocks where it needn't: what was published before a pass began to read is older, whatever a clock said.

use crate::aside::read_rows;
use crate::document::Hash;
use crate::engine::{DbRow, Tx};
use crate::inventory;
use crate::pass::Pass;
use contract::{Kind, Moref, Object, Time};
use sqlx::Row;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

/// What others published of an object since a pass began to read, as it stands now.
#[derive(Clone, Debug)]
pub(crate) enum Since {
    /// It is there. Without a time nobody had an answer about it: it is kept as it was known.
    There { object: Arc<Object>, hash: Hash, asked: Option<Time> },
    /// It is gone.
    Gone { asked: Time },
}

impl Since {
    /// The object, if it is there.
    pub(crate) fn object(&self) -> Option<&Object> {
        match self {
            Since::There { object, .. } => Some(object),
            Since::Gone { .. } => None,
        }
    }
}

/// What others published since.
#[derive(Clone, Debug, Default)]
pub(crate) struct Others {
    pub(crate) objects: HashMap<(Kind, Moref), Since>,
    /// When they listed kinds: what nobody has a row of was not there then.
    pub(crate) lists: BTreeMap<Kind, Time>,
}

/// What changed, and what was found unchanged at a time that counts.
const THERE: &str = "SELECT o.kind, o.moref, o.object_type, o.document, o.hash, a.asked_at FROM objects o \
     LEFT JOIN asked a ON a.vcenter_id = o.vcenter_id AND a.kind = o.kind AND a.moref = o.moref \
     AND a.revision > $2 WHERE o.vcenter_id = $1 AND o.revision > $2 \
     UNION ALL SELECT o.kind, o.moref, o.object_type, o.document, o.hash, a.asked_at FROM asked a \
     JOIN objects o ON o.vcenter_id = a.vcenter_id AND o.kind = a.kind AND o.moref = a.moref \
     WHERE a.vcenter_id = $1 AND a.revision > $2 AND o.revision <= $2";

const LISTED: &str =
    "SELECT kind, listed_at FROM coverage WHERE vcenter_id = $1 AND revision > $2 AND scope = ''";

const GONE: &str = "SELECT kind, moref, asked_at FROM tombstones WHERE vcenter_id = $1 AND revision > $2";

/// Reads what was published of these kinds after a revision. A row that can't be read is not among it: whatever a pass has
/// of its object is better.
pub(crate) async fn others(
    tx: &mut Tx,
    vcenter: &str,
    after: i64,
    kinds: &BTreeSet<Kind>,
) -> Result<Others, sqlx::Error> {
    let mut others = Others::default();
    for (sql, look) in [(THERE, there as Look), (GONE, gone)] {
        let rows = sqlx::query(sql).bind(vcenter).bind(after).fetch(&mut **tx);
        let kinds = kinds.clone();
        let read = read_rows(rows, move |row| {
            let kind = Kind::from_name(row.try_get("kind").ok()?).filter(|kind| kinds.contains(kind))?;
            Some(((kind, row.try_get::<Box<str>, _>("moref").ok()?), look(row)?))
        });
        others.objects.extend(read.await?.into_iter().flatten());
    }
    for row in sqlx::query(LISTED).bind(vcenter).bind(after).fetch_all(&mut **tx).await? {
        let kind = row.try_get("kind").ok().and_then(Kind::from_name);
        if let (Some(kind), Ok(at)) = (kind, row.try_get("listed_at")) {
            others.lists.insert(kind, Time(at));
        }
    }
    Ok(others)
}

/// What a row says of its object.
type Look = fn(&DbRow) -> Option<Since>;

fn there(row: &DbRow) -> Option<Since> {
    let (object, hash) = inventory::object_and_hash(row).ok()??;
    let asked = row.try_get::<Option<i64>, _>("asked_at").ok().flatten().map(Time);
    Some(Since::There { object: Arc::new(object), hash, asked })
}

fn gone(row: &DbRow) -> Option<Since> {
    Some(Since::Gone { asked: Time(row.try_get("asked_at").ok()?) })
}

impl Others {
    pub(crate) fn of(&self, key: &(Kind, Moref)) -> Option<&Since> {
        self.objects.get(key)
    }

    /// What an object is after a pass that found it; `None` if it is gone. Where both were asked for in the same
    /// millisecond, what is published later stays.
    pub(crate) fn found(
        &self,
        found: &Arc<Object>,
        asked: Option<Time>,
        is_stored: bool,
    ) -> Option<Arc<Object>> {
        match self.of(&(found.kind, found.moref.clone())) {
            None if !is_stored && self.absence(found).is_some_and(|absent| asked < Some(absent)) => None,
            None => Some(found.clone()),
            Some(Since::Gone { asked: gone }) => (asked >= Some(*gone)).then(|| found.clone()),
            Some(Since::There { object, asked: other, .. }) if asked >= *other => {
                Some(edited(found, |found| {
                    found.keep_known(object);
                    true
                }))
            }
            Some(Since::There { object, .. }) => Some(edited(object, |object| object.fill_gaps(found))),
        }
    }

    /// When others asked for what shows that an object was not there, of which nobody has a row.
    fn absence(&self, object: &Object) -> Option<Time> {
        let whole = object.kind.covered_by();
        let with_its_whole = || {
            let parent = object.parent().filter(|_| whole != object.kind)?;
            match self.of(&(whole, parent.moref.clone()))? {
                Since::There { asked, .. } => *asked,
                Since::Gone { asked } => Some(*asked),
            }
        };
        with_its_whole().or_else(|| self.lists.get(&whole).copied())
    }
}

/// The object with its gaps filled; the very same one where nothing is filled.
fn edited(object: &Arc<Object>, fill: impl FnOnce(&mut Object) -> bool) -> Arc<Object> {
    if object.missing.is_empty() {
        return object.clone();
    }
    let mut filled = (**object).clone();
    if fill(&mut filled) { Arc::new(filled) } else { object.clone() }
}

/// Whether an object goes that a pass should have met if it were there.
pub(crate) fn goes(pass: &Pass, kind: Kind, moref: &str, since: Option<&Since>) -> bool {
    match since {
        None => true,
        Some(Since::Gone { .. }) => false,
        Some(Since::There { object, asked, .. }) => pass.absence(kind, moref, Some(object)) > *asked,
    }
}
