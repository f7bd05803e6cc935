//! Credentials as configured: name, user, and where their passwords are.
//! Refuses passwords, and to know what vCenters said of them: `standing` does.

use crate::Store;
use crate::audit::Entry;
use crate::changes::Topic;
use crate::contact;
use crate::destinations;
use crate::engine::{DbConnection, DbRow, Tx};
use crate::error::{Attempt, During, Error};
use crate::names::{self, Among};
use crate::row;
use crate::standing::{self, set_user};
use crate::vcenters;
use contract::{Credential, CredentialId, CredentialPlace, Subject, Time, VcenterId};
use serde_json::{Value, json};
use sqlx::Row;
use std::collections::BTreeMap;

/// A credential to be added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewCredential {
    /// Its id.
    pub id: CredentialId,
    /// Its name.
    pub name: String,
    /// The user it logs in as.
    pub user: String,
    /// Where its password is.
    pub stored: CredentialPlace,
    /// What prints its password, and its arguments, where somebody named one.
    pub helper: Option<Vec<String>>,
}

impl Store {
    /// Every credential that can be read, by name.
    pub async fn credentials(&self) -> Result<Vec<Credential>, Error> {
        let attempt = self.attempt("reading the credentials");
        let mut tx = self.engine().read(attempt).await?;
        let rows = sqlx::query("SELECT * FROM credentials WHERE removed_at IS NULL ORDER BY name_key")
            .fetch_all(&mut *tx)
            .await;
        let users = sqlx::query(
            "SELECT credential_id, name FROM vcenters WHERE removed_at IS NULL ORDER BY name_key",
        )
        .fetch_all(&mut *tx)
        .await
        .during(attempt)?;
        let users = row::readable("a vCenter's credential", &users, |row| {
            Ok::<(String, String), _>((row.try_get("credential_id")?, row.try_get("name")?))
        });
        let mut vcenters: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (credential, vcenter) in users {
            vcenters.entry(credential).or_default().push(vcenter);
        }
        let credential = |row: &DbRow| {
            let mut credential = credential(row)?;
            credential.vcenters = vcenters.remove(credential.id.as_str()).unwrap_or_default();
            Ok(credential)
        };
        Ok(row::readable("a credential is left out", &rows.during(attempt)?, credential))
    }

    /// One credential.
    pub async fn credential(&self, id: &CredentialId) -> Result<Credential, Error> {
        let attempt = self.attempt_on("reading credential", id.as_str());
        let mut tx = self.engine().read(attempt).await?;
        let row = sqlx::query("SELECT * FROM credentials WHERE id = $1 AND removed_at IS NULL")
            .bind(id.as_str())
            .fetch_optional(&mut *tx)
            .await
            .during(attempt)?
            .ok_or_else(|| not_found(id))?;
        let mut credential = credential(&row).during(attempt)?;
        credential.vcenters = users(&mut tx, id).await.during(attempt)?;
        Ok(credential)
    }

    /// Adds a credential.
    pub async fn add_credential(&self, new: NewCredential) -> Result<(), Error> {
        let attempt = self.attempt_on("adding credential", new.id.as_str());
        let mut tx = self.engine().write(attempt).await?;
        self.insert_credential(&mut tx, &new, None, attempt).await?;
        self.record_credential(&mut tx, &new.id, None, attempt).await?;
        tx.commit().await.during(attempt)
    }

    /// Changes name or user; `None` leaves it as it is. Another user has not been rejected yet.
    pub async fn edit_credential(
        &self,
        id: &CredentialId,
        name: Option<String>,
        user: Option<String>,
    ) -> Result<(), Error> {
        let attempt = self.attempt_on("changing credential", id.as_str());
        let mut tx = self.engine().write(attempt).await?;
        let before = told(&mut tx, id).await.during(attempt)?;
        if let Some(name) = name {
            names::is_free(&mut tx, Among::Credentials, &name, id.as_str(), attempt).await?;
            let sql = "UPDATE credentials SET name = $1, name_key = $2 WHERE id = $3";
            let renamed = sqlx::query(sql).bind(&name).bind(row::name_key(&name)).bind(id.as_str());
            renamed.execute(&mut *tx).await.during(attempt)?;
        }
        if let Some(user) = user {
            set_user(&mut tx, id, &user).await.during(attempt)?;
        }
        self.note_credential(&mut tx, id, attempt).await?;
        self.record_credential(&mut tx, id, before, attempt).await?;
        tx.commit().await.during(attempt)
    }

    /// Says where the password is.
    pub async fn set_stored(&self, id: &CredentialId, stored: CredentialPlace) -> Result<(), Error> {
        let attempt = self.attempt_on("saving where the password is, of credential", id.as_str());
        let stored = row::word(&stored).during(attempt)?;
        let update = sqlx::query("UPDATE credentials SET stored = $1 WHERE id = $2").bind(stored);
        self.update_credential(id, update, attempt).await
    }

    /// Names what prints the password from now on, and its arguments; `None` for nothing any more. With one, what the
    /// keychain has is needless.
    pub async fn set_helper(
        &self,
        id: &CredentialId,
        helper: Option<&[String]>,
        at: Time,
    ) -> Result<(), Error> {
        let attempt = self.attempt_on("saving the helper of credential", id.as_str());
        let column = helper.map(|helper| row::json(&helper)).transpose().during(attempt)?;
        let mut tx = self.engine().write(attempt).await?;
        let before = told(&mut tx, id).await.during(attempt)?;
        if helper.is_some() {
            self.note_erasure(&mut tx, id, at, attempt).await?;
            let forget = sqlx::query("UPDATE credentials SET stored = 'none' WHERE id = $1");
            forget.bind(id.as_str()).execute(&mut *tx).await.during(attempt)?;
        }
        let update = sqlx::query("UPDATE credentials SET helper = $1 WHERE id = $2");
        update.bind(column).bind(id.as_str()).execute(&mut *tx).await.during(attempt)?;
        self.note_credential(&mut tx, id, attempt).await?;
        self.record_credential(&mut tx, id, before, attempt).await?;
        tx.commit().await.during(attempt)
    }

    /// The ids of all credentials, also of those that can't be read or were removed a moment ago.
    pub async fn credential_ids(&self) -> Result<Vec<CredentialId>, Error> {
        let attempt = self.attempt("reading the ids of the credentials");
        let ids: Vec<String> = sqlx::query_scalar("SELECT id FROM credentials")
            .fetch_all(self.engine().readers())
            .await
            .during(attempt)?;
        Ok(ids.into_iter().map(CredentialId).collect())
    }

    /// Removes a credential that no vCenter uses; what the keychain has of it is to be erased.
    pub async fn remove_credential(&self, id: &CredentialId, at: Time) -> Result<(), Error> {
        let attempt = self.attempt_on("removing credential", id.as_str());
        let mut tx = self.engine().write(attempt).await?;
        let mut vcenters = users(&mut tx, id).await.during(attempt)?;
        let chosen =
            sqlx::query("SELECT host FROM bmcs WHERE chosen_id = $1 ORDER BY host").bind(id.as_str());
        let chosen = chosen.fetch_all(&mut *tx).await.during(attempt)?;
        vcenters.extend(chosen.iter().map(|row| format!("BMC {}", row::shown(row, "host"))));
        let signed = sqlx::query("SELECT name FROM destinations WHERE credential_id = $1 ORDER BY name_key");
        let signed = signed.bind(id.as_str()).fetch_all(&mut *tx).await.during(attempt)?;
        vcenters.extend(signed.iter().map(|row| format!("destination {}", row::shown(row, "name"))));
        if !vcenters.is_empty() {
            return Err(Error::InUse { vcenters });
        }
        // What was removed a moment ago and can't log in any more is not brought back.
        let hidden = "DELETE FROM vcenters WHERE credential_id = $1 AND removed_at IS NOT NULL";
        sqlx::query(hidden).bind(id.as_str()).execute(&mut *tx).await.during(attempt)?;
        self.purge_credentials(&mut tx, at, attempt).await?;
        self.note_credential(&mut tx, id, attempt).await?;
        let before = told(&mut tx, id).await.during(attempt)?;
        self.note_erasure(&mut tx, id, at, attempt).await?;
        let delete = sqlx::query("DELETE FROM credentials WHERE id = $1").bind(id.as_str());
        delete.execute(&mut *tx).await.during(attempt)?;
        self.record_credential(&mut tx, id, before, attempt).await?;
        tx.commit().await.during(attempt)
    }

    /// Has every vCenter of one credential log in with another one, and removes the first: all of it or nothing. Each of them is
    /// another edition then. Answers with their ids.
    pub async fn merge_credential(
        &self,
        from: &CredentialId,
        into: &CredentialId,
        at: Time,
    ) -> Result<Vec<VcenterId>, Error> {
        let attempt = self.attempt_on("merging credential", from.as_str());
        let mut tx = self.engine().write(attempt).await?;
        self.note_credential(&mut tx, from, attempt).await?;
        self.note_credential(&mut tx, into, attempt).await?;
        // A BMC that one was chosen for has the other one, which it has not rejected.
        sqlx::query(
            "UPDATE bmcs SET chosen_id = $1, rejected_at = NULL, rejected_by = NULL WHERE chosen_id = $2",
        )
        .bind(into.as_str())
        .bind(from.as_str())
        .execute(&mut *tx)
        .await
        .during(attempt)?;
        destinations::use_another(self, &mut tx, from, into, attempt).await?;
        let moved = sqlx::query(
            "UPDATE vcenters SET credential_id = $1, edition = edition + 1 WHERE credential_id = $2 \
             RETURNING id, contact_state, removed_at",
        )
        .bind(into.as_str())
        .bind(from.as_str())
        .fetch_all(&mut *tx)
        .await
        .during(attempt)?;
        let mut ids = Vec::with_capacity(moved.len());
        for row in &moved {
            if row.try_get::<Option<i64>, _>("removed_at").during(attempt)?.is_some() {
                continue;
            }
            let id = VcenterId(row.try_get("id").during(attempt)?);
            let state: Option<String> = row.try_get("contact_state").during(attempt)?;
            if state.as_deref() == Some("no_password") {
                // Nobody knows whether the other one has a password before it is looked for.
                contact::write_contact(&mut tx, &id, None).await.during(attempt)?;
            }
            self.note(&mut tx, Topic::Vcenters, id.as_str()).await.during(attempt)?;
            ids.push(id);
        }
        let forget = sqlx::query("UPDATE vcenters SET permissions = NULL WHERE credential_id = $1");
        forget.bind(into.as_str()).execute(&mut *tx).await.during(attempt)?;
        let before = told(&mut tx, from).await.during(attempt)?;
        let after = told(&mut tx, into).await.during(attempt)?;
        let name = |of: &Option<Value>| json!({ "credential": of.as_ref().map(|of| of["name"].clone()) });
        for id in &ids {
            let vcenter = vcenters::subject(&vcenters::read(&mut tx, id, attempt).await?);
            let entry = Entry::done(vcenter).before(&name(&before)).after(&name(&after));
            self.record(&mut tx, entry, attempt).await?;
        }
        self.note_erasure(&mut tx, from, at, attempt).await?;
        let delete = sqlx::query("DELETE FROM credentials WHERE id = $1").bind(from.as_str());
        delete.execute(&mut *tx).await.during(attempt)?;
        self.record_credential(&mut tx, from, before, attempt).await?;
        tx.commit().await.during(attempt)?;
        Ok(ids)
    }

    pub(crate) async fn insert_credential(
        &self,
        tx: &mut Tx,
        new: &NewCredential,
        made_with: Option<&VcenterId>,
        attempt: Attempt<'_>,
    ) -> Result<(), Error> {
        names::is_free(tx, Among::Credentials, &new.name, new.id.as_str(), attempt).await?;
        sqlx::query(
            "INSERT INTO credentials (id, name, name_key, username, stored, made_with, helper) \
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(new.id.as_str())
        .bind(&new.name)
        .bind(row::name_key(&new.name))
        .bind(&new.user)
        .bind(row::word(&new.stored).during(attempt)?)
        .bind(made_with.map(VcenterId::as_str))
        .bind(new.helper.as_ref().map(row::json).transpose().during(attempt)?)
        .execute(&mut **tx)
        .await
        .during(attempt)?;
        self.note(tx, Topic::Credentials, new.id.as_str()).await.during(attempt)
    }

    /// Records what became of a credential.
    async fn record_credential(
        &self,
        tx: &mut Tx,
        id: &CredentialId,
        before: Option<Value>,
        attempt: Attempt<'_>,
    ) -> Result<(), Error> {
        let after = told(tx, id).await.during(attempt)?;
        self.record_change(tx, Subject::credential(id), (before, after), attempt).await
    }

    /// Leaves the row for other processes, if there is such a credential.
    pub(crate) async fn note_credential(
        &self,
        tx: &mut Tx,
        id: &CredentialId,
        attempt: Attempt<'_>,
    ) -> Result<(), Error> {
        let found: bool = sqlx::query_scalar(
            "SELECT EXISTS (SELECT 1 FROM credentials WHERE id = $1 AND removed_at IS NULL)",
        )
        .bind(id.as_str())
        .fetch_one(&mut **tx)
        .await
        .during(attempt)?;
        if !found {
            return Err(not_found(id));
        }
        self.note(tx, Topic::Credentials, id.as_str()).await.during(attempt)
    }

    /// Runs an update that lacks only the id.
    async fn update_credential<'q>(
        &self,
        id: &'q CredentialId,
        update: sqlx::query::Query<'q, crate::engine::Db, <crate::engine::Db as sqlx::Database>::Arguments>,
        attempt: Attempt<'_>,
    ) -> Result<(), Error> {
        let tx = self.engine().write(attempt).await?;
        self.update_in(tx, id, update, attempt).await
    }

    async fn update_in<'q>(
        &self,
        mut tx: Tx,
        id: &'q CredentialId,
        update: sqlx::query::Query<'q, crate::engine::Db, <crate::engine::Db as sqlx::Database>::Arguments>,
        attempt: Attempt<'_>,
    ) -> Result<(), Error> {
        update.bind(id.as_str()).execute(&mut *tx).await.during(attempt)?;
        self.note_credential(&mut tx, id, attempt).await?;
        tx.commit().await.during(attempt)
    }
}

pub(crate) fn credential(row: &DbRow) -> Result<Credential, sqlx::Error> {
    let rejected = standing::rejected(row)?;
    let helper: Option<String> = row.try_get("helper")?;
    let helper: Option<Vec<String>> = helper.as_deref().map(row::from_json).transpose()?;
    if helper.as_ref().is_some_and(Vec::is_empty) {
        return Err(sqlx::Error::Decode("a helper without a program".into()));
    }
    let stored = row::from_word(row.try_get("stored")?)?;
    Ok(Credential {
        id: CredentialId(row.try_get("id")?),
        name: row.try_get("name")?,
        user: row.try_get("username")?,
        stored: if helper.is_some() { CredentialPlace::Helper } else { stored },
        helper,
        vcenters: Vec::new(),
        rejected_at: rejected.as_ref().map(|rejected| rejected.at),
        rejected_because: rejected.as_ref().map(|rejected| rejected.because),
        rejected_message: rejected.and_then(|rejected| rejected.message),
    })
}

/// A credential as the audit log has it.
pub(crate) async fn told(tx: &mut DbConnection, id: &CredentialId) -> Result<Option<Value>, sqlx::Error> {
    let row = sqlx::query("SELECT name, username, helper FROM credentials WHERE id = $1")
        .bind(id.as_str())
        .fetch_optional(tx)
        .await?;
    Ok(row.map(|row| {
        let mut told = json!({ "name": row::shown(&row, "name"), "user": row::shown(&row, "username") });
        if let Ok(Some(helper)) = row.try_get::<Option<String>, _>("helper") {
            told["helper"] = row::from_json(&helper).unwrap_or(Value::String(helper));
        }
        told
    }))
}

/// Names of the vCenters that log in with a credential, sorted; one that can't be read counts all the same.
async fn users(tx: &mut DbConnection, id: &CredentialId) -> Result<Vec<String>, sqlx::Error> {
    let rows = sqlx::query(
        "SELECT name FROM vcenters WHERE credential_id = $1 AND removed_at IS NULL ORDER BY name_key",
    )
    .bind(id.as_str())
    .fetch_all(tx)
    .await?;
    Ok(rows.iter().map(|row| row.try_get("name").unwrap_or_else(|_| row::shown(row, "name"))).collect())
}

pub(crate) fn not_found(id: &CredentialId) -> Error {
    Error::NotFound { what: "credential", id: id.to_string() }
}
