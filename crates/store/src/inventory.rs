//! Reads a vCenter's inventory as it was at one moment.
//! Refuses to read it in parts: objects and coverage come from one transaction. A row that is damaged costs that row.

use crate::Store;
use crate::aside::read_rows;
use crate::engine::DbRow;
use crate::error::{During, Error};
use crate::{changes, document, row};
use contract::{Coverage, Kind, Moref, Object, Time, VcenterId};
use sqlx::Row;
use std::sync::Arc;

/// What is known of a vCenter's inventory: the parts of a `contract::Snapshot`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Loaded {
    /// Its objects, in no order.
    pub objects: Vec<Arc<Object>>,
    /// Kind and moref of rows that are not what was written; the next pass that reads them writes them again.
    pub damaged: Vec<(String, Moref)>,
    /// What was read, and when.
    pub coverage: Vec<Coverage>,
    /// Number of the newest change, of any process, that this contains.
    pub change_seq: i64,
}

impl Store {
    /// The whole inventory of a vCenter; empty if it was never read.
    pub async fn load(&self, vcenter: &VcenterId) -> Result<Loaded, Error> {
        let attempt = self.attempt_on("reading the inventory of vCenter", vcenter.as_str());
        let mut tx = self.engine().read(attempt).await?;
        let rows = sqlx::query("SELECT kind, scope, synced_at FROM coverage WHERE vcenter_id = $1")
            .bind(vcenter.as_str())
            .fetch_all(&mut *tx)
            .await
            .during(attempt)?;
        let coverage = row::readable("when a kind was read", &rows, coverage).into_iter().flatten().collect();
        let change_seq = changes::newest(&mut tx).await.during(attempt)?;
        let mut loaded = Loaded { coverage, change_seq, ..Loaded::default() };
        let rows =
            sqlx::query("SELECT kind, moref, object_type, document, hash FROM objects WHERE vcenter_id = $1")
                .bind(vcenter.as_str())
                .fetch(&mut *tx);
        for read in read_rows(rows, object_or_name).await.during(attempt)? {
            match read {
                Ok(object) => loaded.objects.extend(object),
                Err((kind, moref, error)) => {
                    tracing::warn!(%vcenter, kind, moref, %error, "an object is left out");
                    loaded.damaged.push((kind, moref.into()));
                }
            }
        }
        Ok(loaded)
    }
}

/// An object, or what can be read of its kind and moref, and why it can't be read itself.
fn object_or_name(row: &DbRow) -> Result<Option<Arc<Object>>, (String, String, sqlx::Error)> {
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
    let text = |column: &str| row.try_get::<&str, _>(column);
    let (kind, moref, object_type, document) =
        (text("kind")?, text("moref")?, text("object_type")?, text("document")?);
    let Some(kind) = Kind::from_name(kind) else { return Ok(None) };
    if document::verified(object_type, document, row.try_get("hash")?).is_none() {
        return Err(sqlx::Error::Decode("it is not what was written".into()));
    }
    let object = document::decode(kind, moref.into(), object_type.into(), document);
    object.map(Some).map_err(|error| sqlx::Error::Decode(error.into()))
}
