//! Credentials as configured: name, user, and whether a vCenter rejected them.
//! Refuses passwords: of the last few that were rejected sixteen bits are kept, to tell another one from them.

use crate::Store;
use crate::changes::Topic;
use crate::engine::{DbConnection, DbRow, Tx};
use crate::error::{Attempt, During, Error};
use crate::names::{self, Among};
use crate::row;
use contract::{Credential, CredentialId, CredentialPlace, Rejection, Time, VcenterId};
use sqlx::Row;
use std::collections::BTreeMap;

/// How many rejected passwords are remembered of a credential.
const REMEMBERED: usize = 8;

/// No rejection is told any more; what was rejected is still remembered.
macro_rules! untold {
    () => {
        "rejected_at = NULL, rejected_because = NULL, rejected_message = NULL, rejected_typed = 0"
    };
}

/// Nothing of a rejection is left: not the sixteen bits either.
macro_rules! unrejected {
    () => {
        concat!(untold!(), ", rejected_fingerprints = '[]'")
    };
}

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
}

/// What a vCenter said of a login.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejected {
    /// When.
    pub at: Time,
    /// Why.
    pub because: Rejection,
    /// The server's own words, where it had some.
    pub message: Option<String>,
    /// Sixteen bits of the password that was rejected, under the key of [`Store::rejection_key`]; `None` where an older
    /// release noted it, or where the account is locked, which says nothing about a password.
    pub fingerprint: Option<u16>,
    /// Whether that password was typed for one process and stored nowhere.
    pub is_typed: bool,
}

/// What is known of the passwords that vCenters rejected.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rejections {
    /// The last rejection, if nothing has lifted it since.
    pub last: Option<Rejected>,
    /// Sixteen bits of each of the last few passwords, whatever others worked since.
    pub fingerprints: Vec<u16>,
}

impl Store {
    /// Every credential that can be read, by name.
    pub async fn credentials(&self) -> Result<Vec<Credential>, Error> {
        let attempt = self.attempt("reading the credentials");
        let mut tx = self.engine().read(attempt).await?;
        let rows = sqlx::query("SELECT * FROM credentials ORDER BY name_key").fetch_all(&mut *tx).await;
        let users = sqlx::query("SELECT credential_id, name FROM vcenters ORDER BY name_key")
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
        let row = sqlx::query("SELECT * FROM credentials WHERE id = $1")
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
        tx.commit().await.during(attempt)
    }

    /// Says where the password is.
    pub async fn set_stored(&self, id: &CredentialId, stored: CredentialPlace) -> Result<(), Error> {
        let attempt = self.attempt_on("saving where the password is, of credential", id.as_str());
        let stored = row::word(&stored).during(attempt)?;
        let update = sqlx::query("UPDATE credentials SET stored = $1 WHERE id = $2").bind(stored);
        self.update_credential(id, update, attempt).await
    }

    /// What a vCenter said of it last, if it rejected it and nothing has lifted that since, and what was rejected before.
    pub async fn rejections(&self, id: &CredentialId) -> Result<Rejections, Error> {
        let attempt = self.attempt_on("reading the rejections of credential", id.as_str());
        let row = sqlx::query("SELECT * FROM credentials WHERE id = $1")
            .bind(id.as_str())
            .fetch_optional(self.engine().readers())
            .await
            .during(attempt)?
            .ok_or_else(|| not_found(id))?;
        let last = rejected(&row).during(attempt)?;
        Ok(Rejections { last, fingerprints: fingerprints(&row).during(attempt)? })
    }

    /// Notes that a vCenter rejected it, and which password it was.
    pub async fn set_rejected(&self, id: &CredentialId, rejected: &Rejected) -> Result<(), Error> {
        let attempt = self.attempt_on("saving the rejection of credential", id.as_str());
        let because = row::word(&rejected.because).during(attempt)?;
        let mut tx = self.engine().write(attempt).await?;
        remember(&mut tx, id, |known| {
            known.retain(|one| Some(*one) != rejected.fingerprint);
            known.extend(rejected.fingerprint);
            known.drain(..known.len().saturating_sub(REMEMBERED));
        })
        .await
        .during(attempt)?;
        let update = sqlx::query(
            "UPDATE credentials SET rejected_at = $1, rejected_because = $2, rejected_message = $3, \
             rejected_typed = $4 WHERE id = $5",
        )
        .bind(rejected.at.0)
        .bind(because)
        .bind(&rejected.message)
        .bind(i64::from(rejected.is_typed));
        self.update_in(tx, id, update, attempt).await
    }

    /// Notes that a password worked: it alone is no longer one that was rejected. With `lifts` the last rejection isn't told
    /// any more.
    pub async fn set_accepted(&self, id: &CredentialId, fingerprint: u16, lifts: bool) -> Result<(), Error> {
        let attempt = self.attempt_on("saving the login of credential", id.as_str());
        let mut tx = self.engine().write(attempt).await?;
        remember(&mut tx, id, |known| known.retain(|one| *one != fingerprint)).await.during(attempt)?;
        let update = sqlx::query(match lifts {
            true => concat!("UPDATE credentials SET ", untold!(), " WHERE id = $1"),
            false => "UPDATE credentials SET id = id WHERE id = $1",
        });
        self.update_in(tx, id, update, attempt).await
    }

    /// Forgets every password that a vCenter rejected, as after another one was set.
    pub async fn clear_rejection(&self, id: &CredentialId) -> Result<(), Error> {
        let attempt = self.attempt_on("clearing the rejection of credential", id.as_str());
        let update = sqlx::query(concat!("UPDATE credentials SET ", unrejected!(), " WHERE id = $1"));
        self.update_credential(id, update, attempt).await
    }

    /// The key under which sixteen bits of a rejected password are made: random, and made up once for each database.
    pub async fn rejection_key(&self) -> Result<String, Error> {
        const READ: &str = "SELECT value FROM meta WHERE key = 'rejection_key'";
        let attempt = self.attempt("reading the key for rejected passwords");
        let found = sqlx::query_scalar(READ).fetch_optional(self.engine().readers()).await.during(attempt)?;
        if let Some(key) = found {
            return Ok(key);
        }
        let mut tx = self.engine().write(attempt).await?;
        // Two of them are 244 bits from the operating system's source.
        let random = format!("{}{}", uuid::Uuid::new_v4().simple(), uuid::Uuid::new_v4().simple());
        sqlx::query("INSERT INTO meta (key, value) VALUES ('rejection_key', $1) ON CONFLICT DO NOTHING")
            .bind(random)
            .execute(&mut *tx)
            .await
            .during(attempt)?;
        let key = sqlx::query_scalar(READ).fetch_one(&mut *tx).await.during(attempt)?;
        tx.commit().await.during(attempt)?;
        Ok(key)
    }

    /// The credential that was made with a vCenter, if nothing uses it.
    pub async fn left_by(&self, vcenter: &VcenterId) -> Result<Option<CredentialId>, Error> {
        let attempt = self.attempt_on("looking for the credential of vCenter", vcenter.as_str());
        let sql = "SELECT id FROM credentials c WHERE made_with = $1 AND NOT EXISTS \
                   (SELECT 1 FROM vcenters v WHERE v.credential_id = c.id)";
        let left: Option<String> = sqlx::query_scalar(sql)
            .bind(vcenter.as_str())
            .fetch_optional(self.engine().readers())
            .await
            .during(attempt)?;
        Ok(left.map(CredentialId))
    }

    /// Removes a credential that no vCenter uses.
    pub async fn remove_credential(&self, id: &CredentialId) -> Result<(), Error> {
        let attempt = self.attempt_on("removing credential", id.as_str());
        let mut tx = self.engine().write(attempt).await?;
        let vcenters = users(&mut tx, id).await.during(attempt)?;
        if !vcenters.is_empty() {
            return Err(Error::InUse { vcenters });
        }
        self.note_credential(&mut tx, id, attempt).await?;
        let delete = sqlx::query("DELETE FROM credentials WHERE id = $1").bind(id.as_str());
        delete.execute(&mut *tx).await.during(attempt)?;
        tx.commit().await.during(attempt)
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
            "INSERT INTO credentials (id, name, name_key, username, stored, made_with) \
             VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .bind(new.id.as_str())
        .bind(&new.name)
        .bind(row::name_key(&new.name))
        .bind(&new.user)
        .bind(row::word(&new.stored).during(attempt)?)
        .bind(made_with.map(VcenterId::as_str))
        .execute(&mut **tx)
        .await
        .during(attempt)?;
        self.note(tx, Topic::Credentials, new.id.as_str()).await.during(attempt)
    }

    /// Leaves the row for other processes, if there is such a credential.
    pub(crate) async fn note_credential(
        &self,
        tx: &mut Tx,
        id: &CredentialId,
        attempt: Attempt<'_>,
    ) -> Result<(), Error> {
        let found: bool = sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM credentials WHERE id = $1)")
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

pub(crate) async fn set_user(
    tx: &mut DbConnection,
    id: &CredentialId,
    user: &str,
) -> Result<(), sqlx::Error> {
    let set = sqlx::query(concat!(
        "UPDATE credentials SET username = $1, ",
        unrejected!(),
        " WHERE id = $2 AND username <> $1"
    ));
    let set = set.bind(user).bind(id.as_str()).execute(&mut *tx).await?;
    if set.rows_affected() > 0 {
        // It is shown and edited with each vCenter that logs in with it.
        let raised = sqlx::query("UPDATE vcenters SET edition = edition + 1 WHERE credential_id = $1");
        raised.bind(id.as_str()).execute(tx).await?;
    }
    Ok(())
}

/// Changes which rejected passwords are remembered; of a credential that isn't there, none.
async fn remember(
    tx: &mut DbConnection,
    id: &CredentialId,
    change: impl FnOnce(&mut Vec<u16>),
) -> Result<(), sqlx::Error> {
    const READ: &str = "SELECT rejected_fingerprints FROM credentials WHERE id = $1";
    let Some(row) = sqlx::query(READ).bind(id.as_str()).fetch_optional(&mut *tx).await? else {
        return Ok(());
    };
    let mut known = fingerprints(&row)?;
    change(&mut known);
    let list = serde_json::Value::from(known).to_string();
    let update = sqlx::query("UPDATE credentials SET rejected_fingerprints = $1 WHERE id = $2");
    update.bind(list).bind(id.as_str()).execute(tx).await.map(|_| ())
}

/// The rejected passwords that are remembered, the newest last.
fn fingerprints(row: &DbRow) -> Result<Vec<u16>, sqlx::Error> {
    let list: String = row.try_get("rejected_fingerprints")?;
    serde_json::from_str(&list).map_err(|error| sqlx::Error::Decode(error.into()))
}

fn rejected(row: &DbRow) -> Result<Option<Rejected>, sqlx::Error> {
    let Some(at) = row::time(row.try_get("rejected_at")?) else { return Ok(None) };
    let because: Option<String> = row.try_get("rejected_because")?;
    let because = because.map(row::from_word).transpose()?.unwrap_or(Rejection::Refused);
    let newest = fingerprints(row)?.pop();
    Ok(Some(Rejected {
        at,
        because,
        message: row.try_get("rejected_message")?,
        fingerprint: newest.filter(|_| because != Rejection::AccountLocked),
        is_typed: row.try_get::<i64, _>("rejected_typed")? != 0,
    }))
}

pub(crate) fn credential(row: &DbRow) -> Result<Credential, sqlx::Error> {
    let rejected = rejected(row)?;
    Ok(Credential {
        id: CredentialId(row.try_get("id")?),
        name: row.try_get("name")?,
        user: row.try_get("username")?,
        stored: row::from_word(row.try_get("stored")?)?,
        vcenters: Vec::new(),
        rejected_at: rejected.as_ref().map(|rejected| rejected.at),
        rejected_because: rejected.as_ref().map(|rejected| rejected.because),
        rejected_message: rejected.and_then(|rejected| rejected.message),
    })
}

/// Names of the vCenters that log in with a credential, sorted; one that can't be read counts all the same.
async fn users(tx: &mut DbConnection, id: &CredentialId) -> Result<Vec<String>, sqlx::Error> {
    let rows = sqlx::query("SELECT name FROM vcenters WHERE credential_id = $1 ORDER BY name_key")
        .bind(id.as_str())
        .fetch_all(tx)
        .await?;
    Ok(rows.iter().map(|row| row.try_get("name").unwrap_or_else(|_| row::shown(row, "name"))).collect())
}

fn not_found(id: &CredentialId) -> Error {
    Error::NotFound { what: "credential", id: id.to_string() }
}
