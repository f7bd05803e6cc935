//! Where policies deliver to: stored, edited and removed.
//! Refuses to remove one that a policy names.

use crate::changes::Topic;
use crate::engine::{DbRow, Tx};
use crate::error::{Attempt, During, Error};
use crate::names::{self, Among};
use crate::{Store, edition, policies, row};
use contract::destination::DestinationSettings;
use contract::{CredentialId, DestinationId, Subject};
use serde_json::Value;
use sqlx::Row;

/// Every destination, as `record` reads it.
pub(crate) const ALL: &str = "SELECT * FROM destinations ORDER BY name_key";

/// A destination as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DestinationRecord {
    /// Its id.
    pub id: DestinationId,
    /// What is set for it.
    pub settings: DestinationSettings,
    /// Raised by each edit.
    pub edition: i64,
}

impl Store {
    /// Every destination that can be read, by name.
    pub async fn destinations(&self) -> Result<Vec<DestinationRecord>, Error> {
        let attempt = self.attempt("reading the destinations");
        let rows = sqlx::query(ALL).fetch_all(self.engine().readers()).await.during(attempt)?;
        Ok(row::readable("a destination is left out", &rows, record))
    }

    /// One of them.
    pub async fn destination(&self, id: &DestinationId) -> Result<DestinationRecord, Error> {
        let attempt = self.attempt_on("reading destination", id.as_str());
        let row = sqlx::query("SELECT * FROM destinations WHERE id = $1").bind(id.as_str());
        let row = row.fetch_optional(self.engine().readers()).await.during(attempt)?;
        record(&row.ok_or_else(|| not_found(id))?).during(attempt)
    }

    /// Adds a destination.
    pub async fn add_destination(&self, new: &DestinationRecord) -> Result<(), Error> {
        let DestinationRecord { id, settings, .. } = new;
        let attempt = self.attempt_on("adding destination", id.as_str());
        let mut tx = self.engine().write(attempt).await?;
        names::is_free(&mut tx, Among::Destinations, &settings.name, id.as_str(), attempt).await?;
        sqlx::query(
            "INSERT INTO destinations (id, name, name_key, target, credential_id) VALUES ($1, $2, $3, $4, $5)",
        )
        .bind(id.as_str())
        .bind(&settings.name)
        .bind(row::name_key(&settings.name))
        .bind(row::json(&settings.target).during(attempt)?)
        .bind(settings.target.credential().map(|id| id.as_str()))
        .execute(&mut *tx)
        .await
        .during(attempt)?;
        self.record_destination(&mut tx, id, None, attempt).await?;
        tx.commit().await.during(attempt)
    }

    /// Changes a destination from the edition that the edit was made from to the next one.
    pub async fn edit_destination(&self, to: &DestinationRecord) -> Result<(), Error> {
        let DestinationRecord { id, settings, edition: made_from } = to;
        let attempt = self.attempt_on("changing destination", id.as_str());
        let mut tx = self.engine().write(attempt).await?;
        let before = told(&mut tx, id).await.during(attempt)?;
        let sql = "SELECT edition FROM destinations WHERE id = $1";
        edition::is_current(&mut tx, sql, ("destination", id.as_str()), *made_from, attempt).await?;
        let kind = before.as_ref().and_then(|before| before["target"]["kind"].as_str());
        if kind.is_some_and(|kind| kind != settings.target.kind().name()) {
            return Err(Error::AnotherKind);
        }
        names::is_free(&mut tx, Among::Destinations, &settings.name, id.as_str(), attempt).await?;
        sqlx::query(
            "UPDATE destinations SET name = $1, name_key = $2, target = $3, credential_id = $4, \
             edition = edition + 1 WHERE id = $5",
        )
        .bind(&settings.name)
        .bind(row::name_key(&settings.name))
        .bind(row::json(&settings.target).during(attempt)?)
        .bind(settings.target.credential().map(|id| id.as_str()))
        .bind(id.as_str())
        .execute(&mut *tx)
        .await
        .during(attempt)?;
        self.record_destination(&mut tx, id, before, attempt).await?;
        tx.commit().await.during(attempt)
    }

    /// Removes a destination, unless a policy delivers to it.
    pub async fn remove_destination(&self, id: &DestinationId) -> Result<(), Error> {
        let attempt = self.attempt_on("removing destination", id.as_str());
        let mut tx = self.engine().write(attempt).await?;
        let rows = sqlx::query(policies::ALL).fetch_all(&mut *tx).await.during(attempt)?;
        // Also in one that can't be read: an id stands nowhere by chance.
        let names_it = |row: &&DbRow| row::shown(row, "settings").contains(id.as_str());
        let named: Vec<String> = rows.iter().filter(names_it).map(|row| row::shown(row, "name")).collect();
        if !named.is_empty() {
            return Err(Error::Named { policies: named });
        }
        let before = told(&mut tx, id).await.during(attempt)?;
        let delete = sqlx::query("DELETE FROM destinations WHERE id = $1").bind(id.as_str());
        if delete.execute(&mut *tx).await.during(attempt)?.rows_affected() == 0 {
            return Err(not_found(id));
        }
        self.record_destination(&mut tx, id, before, attempt).await?;
        tx.commit().await.during(attempt)
    }

    async fn record_destination(
        &self,
        tx: &mut Tx,
        id: &DestinationId,
        before: Option<Value>,
        attempt: Attempt<'_>,
    ) -> Result<(), Error> {
        self.note(tx, Topic::Schedules, id.as_str()).await.during(attempt)?;
        let after = told(tx, id).await.during(attempt)?;
        self.record_change(tx, Subject::destination(id), (before, after), attempt).await
    }
}

/// Has every destination of one credential use another one.
pub(crate) async fn use_another(
    store: &Store,
    tx: &mut Tx,
    from: &CredentialId,
    into: &CredentialId,
    attempt: Attempt<'_>,
) -> Result<(), Error> {
    let using = sqlx::query("SELECT * FROM destinations WHERE credential_id = $1").bind(from.as_str());
    let using = using.fetch_all(&mut **tx).await.during(attempt)?;
    for mut one in row::readable("a destination is left out", &using, record) {
        let before = told(tx, &one.id).await.during(attempt)?;
        one.settings.target.use_credential(into.clone());
        sqlx::query(
            "UPDATE destinations SET credential_id = $1, target = $2, edition = edition + 1 WHERE id = $3",
        )
        .bind(into.as_str())
        .bind(row::json(&one.settings.target).during(attempt)?)
        .bind(one.id.as_str())
        .execute(&mut **tx)
        .await
        .during(attempt)?;
        store.record_destination(tx, &one.id, before, attempt).await?;
    }
    Ok(())
}

/// A destination as the audit log has it.
async fn told(tx: &mut Tx, id: &DestinationId) -> Result<Option<Value>, sqlx::Error> {
    let row = sqlx::query("SELECT * FROM destinations WHERE id = $1").bind(id.as_str());
    let Some(row) = row.fetch_optional(&mut **tx).await? else { return Ok(None) };
    Ok(record(&row).ok().and_then(|record| serde_json::to_value(&record.settings).ok()))
}

pub(crate) fn record(row: &DbRow) -> Result<DestinationRecord, sqlx::Error> {
    Ok(DestinationRecord {
        id: DestinationId(row.try_get("id")?),
        settings: DestinationSettings {
            name: row.try_get("name")?,
            target: row::from_json(row.try_get("target")?)?,
        },
        edition: row.try_get("edition")?,
    })
}

fn not_found(id: &DestinationId) -> Error {
    Error::NotFound { what: "destination", id: id.to_string() }
}
