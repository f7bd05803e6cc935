//! vCenters and tags on which nothing is done by itself for a while, and the pause of everything.
//! Refuses to decide what that means for whom: it keeps who is paused, and until when.

use crate::Store;
use crate::audit::Entry;
use crate::changes::Topic;
use crate::engine::DbRow;
use crate::engine::Tx;
use crate::error::Attempt;
use crate::error::{During, Error};
use crate::{row, vcenters};
use contract::{Group, Subject, Time, VcenterId};
use serde_json::{Value, json};
use sqlx::Row;

/// A vCenter or a tag that is paused, or everything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paused {
    /// Which.
    pub of: Group,
    /// When it was paused.
    pub since: Time,
    /// When that ends by itself; `None` where somebody is to resume it.
    pub until: Option<Time>,
}

impl Store {
    /// Pauses a vCenter, a tag or everything; what it was paused until before is no more.
    pub async fn pause(&self, paused: &Paused) -> Result<(), Error> {
        let (vcenter, tag) = columns(&paused.of);
        let attempt = self.attempt("saving a pause");
        let mut tx = self.engine().write(attempt).await?;
        if let Group::Vcenter(id) = &paused.of {
            vcenters::read(&mut tx, id, attempt).await?;
        }
        // One that is changed keeps its beginning: what was due since then stays dropped.
        let before = sqlx::query_scalar(
            "SELECT since FROM pauses WHERE vcenter_id IS $1 AND tag IS $2 AND (until IS NULL OR until > $3)",
        )
        .bind(vcenter)
        .bind(tag)
        .bind(paused.since.0);
        let before: Option<i64> = before.fetch_optional(&mut *tx).await.during(attempt)?;
        let since = before.map_or(paused.since.0, |before| before.min(paused.since.0));
        delete(&mut tx, &paused.of).await.during(attempt)?;
        sqlx::query("INSERT INTO pauses (vcenter_id, tag, since, until) VALUES ($1, $2, $3, $4)")
            .bind(vcenter)
            .bind(tag)
            .bind(since)
            .bind(paused.until.map(|time| time.0))
            .execute(&mut *tx)
            .await
            .during(attempt)?;
        self.note(&mut tx, Topic::Vcenters, vcenter.unwrap_or_default()).await.during(attempt)?;
        let until = paused.until.map(|until| until.to_string());
        self.record_pause(&mut tx, &paused.of, json!({ "paused": true, "until": until }), attempt).await?;
        tx.commit().await.during(attempt)
    }

    async fn record_pause(
        &self,
        tx: &mut Tx,
        of: &Group,
        after: Value,
        attempt: Attempt<'_>,
    ) -> Result<(), Error> {
        let subject = match of {
            Group::Vcenter(id) => vcenters::subject(&vcenters::read(tx, id, attempt).await?),
            Group::Tag(_) | Group::All => Subject::group(of),
        };
        self.record(tx, Entry::done(subject).after(&after), attempt).await
    }

    /// Ends the pause of a vCenter, a tag or everything; false if there is none.
    pub async fn end_pause(&self, of: &Group) -> Result<bool, Error> {
        let attempt = self.attempt("ending a pause");
        let mut tx = self.engine().write(attempt).await?;
        let ended = delete(&mut tx, of).await.during(attempt)?;
        if ended {
            let (vcenter, _) = columns(of);
            self.note(&mut tx, Topic::Vcenters, vcenter.unwrap_or_default()).await.during(attempt)?;
            self.record_pause(&mut tx, of, json!({ "paused": false }), attempt).await?;
            tx.commit().await.during(attempt)?;
        }
        Ok(ended)
    }

    /// Takes away the pauses that have ended by now; false if there are none.
    pub async fn end_pauses(&self, now: Time) -> Result<bool, Error> {
        let attempt = self.attempt("ending pauses");
        let mut tx = self.engine().write(attempt).await?;
        let ended = sqlx::query("DELETE FROM pauses WHERE until <= $1").bind(now.0);
        let ended = ended.execute(&mut *tx).await.during(attempt)?.rows_affected() > 0;
        if ended {
            self.note(&mut tx, Topic::Vcenters, "").await.during(attempt)?;
            tx.commit().await.during(attempt)?;
        }
        Ok(ended)
    }

    /// All of them, those that have ended too until somebody takes them away.
    pub async fn pauses(&self) -> Result<Vec<Paused>, Error> {
        let attempt = self.attempt("reading pauses");
        let rows = sqlx::query("SELECT * FROM pauses ORDER BY vcenter_id, tag")
            .fetch_all(self.engine().readers())
            .await
            .during(attempt)?;
        Ok(row::readable("a pause is left out", &rows, paused))
    }
}

fn paused(row: &DbRow) -> Result<Paused, sqlx::Error> {
    let (vcenter, tag): (Option<String>, Option<String>) = (row.try_get("vcenter_id")?, row.try_get("tag")?);
    let of = match (vcenter, tag) {
        (Some(id), _) => Group::Vcenter(VcenterId(id)),
        (None, Some(tag)) => Group::Tag(tag),
        (None, None) => Group::All,
    };
    Ok(Paused { of, since: Time(row.try_get("since")?), until: row::time(row.try_get("until")?) })
}

fn columns(of: &Group) -> (Option<&str>, Option<&str>) {
    match of {
        Group::Vcenter(id) => (Some(id.as_str()), None),
        Group::Tag(tag) => (None, Some(tag)),
        Group::All => (None, None),
    }
}

async fn delete(tx: &mut crate::engine::DbConnection, of: &Group) -> Result<bool, sqlx::Error> {
    let (vcenter, tag) = columns(of);
    let deleted =
        sqlx::query("DELETE FROM pauses WHERE vcenter_id IS $1 AND tag IS $2").bind(vcenter).bind(tag);
    Ok(deleted.execute(&mut *tx).await?.rows_affected() > 0)
}
