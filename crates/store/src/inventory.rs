//! Reads a vCenter's inventory as it was at one moment.
//! Refuses to read it in parts: objects and coverage come from one transaction.

use crate::Store;
use crate::engine::DbRow;
use crate::error::{Attempt, During, Error};
use crate::{changes, document};
use contract::{Coverage, Kind, Moref, Object, Time, VcenterId};
use futures_util::TryStreamExt;
use sqlx::Row;
use std::sync::Arc;

/// What is known of a vCenter's inventory: the parts of a `contract::Snapshot`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Loaded {
    /// Its objects, in no order.
    pub objects: Vec<Arc<Object>>,
    /// What was read, and when.
    pub coverage: Vec<Coverage>,
    /// Number of the newest change, of any process, that this contains.
    pub change_seq: i64,
}

impl Store {
    /// The whole inventory of a vCenter; empty if it was never read.
    pub async fn load(&self, vcenter: &VcenterId) -> Result<Loaded, Error> {
        let attempt = Attempt::on("reading the inventory of vCenter", vcenter.as_str());
        let mut tx = self.engine().read(attempt).await?;
        let rows: Vec<(String, String, i64)> =
            sqlx::query_as("SELECT kind, scope, synced_at FROM coverage WHERE vcenter_id = $1")
                .bind(vcenter.as_str())
                .fetch_all(&mut *tx)
                .await
                .during(attempt)?;
        let coverage = rows.into_iter().filter_map(coverage).collect();
        let change_seq = changes::newest(&mut tx).await.during(attempt)?;
        let mut objects = Vec::new();
        let mut rows =
            sqlx::query("SELECT kind, moref, object_type, document, hash FROM objects WHERE vcenter_id = $1")
                .bind(vcenter.as_str())
                .fetch(&mut *tx);
        while let Some(row) = rows.try_next().await.during(attempt)? {
            objects.extend(object(&row, attempt)?.map(Arc::new));
        }
        drop(rows);
        Ok(Loaded { objects, coverage, change_seq })
    }
}

/// `None` for a kind that only a newer release knows.
fn coverage((kind, scope, synced_at): (String, String, i64)) -> Option<Coverage> {
    let cluster = (!scope.is_empty()).then(|| Moref::from(scope));
    Some(Coverage { kind: Kind::from_name(&kind)?, cluster, synced_at: Time(synced_at) })
}

fn object(row: &DbRow, attempt: Attempt<'_>) -> Result<Option<Object>, Error> {
    let text = |column: usize| row.try_get::<&str, _>(column).during(attempt);
    let (kind, moref) = (text(0)?, text(1)?);
    let Some(known) = Kind::from_name(kind) else { return Ok(None) };
    let hash: &[u8] = row.try_get(4).during(attempt)?;
    if hash != document::hash(text(2)?, text(3)?) {
        // The next sync would compare the hash alone, and leave the damage for ever.
        return Err(attempt.corrupt(format!("{kind} {moref} is not what was written")));
    }
    let object = document::decode(known, moref.into(), text(2)?.into(), text(3)?);
    object.map(Some).map_err(|error| attempt.corrupt(format!("{kind} {moref}: {error}")))
}
