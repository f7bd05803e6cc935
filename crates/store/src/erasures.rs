//! Passwords that nobody needs any more and that the keychain may still have: noted in the transaction that makes them
//! needless, so that none is forgotten there.
//! Refuses to know the keychain: whoever erased something says so.

use crate::Store;
use crate::audit::Entry;
use crate::engine::Tx;
use crate::error::{Attempt, During, Error};
use crate::row;
use contract::{CredentialId, Subject, Time};
use serde_json::json;
use sqlx::Row;

/// A password to be erased from the keychain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Erasure {
    /// The credential it was stored for, which may be gone.
    pub credential_id: CredentialId,
    /// What that was called.
    pub name: String,
    /// When it was removed, or got a helper in its place.
    pub since: Time,
}

impl Store {
    /// What is to be erased, the oldest first.
    pub async fn erasures(&self) -> Result<Vec<Erasure>, Error> {
        let attempt = self.attempt("reading what is to be erased from the keychain");
        let rows = sqlx::query("SELECT * FROM erasures ORDER BY since, credential_id")
            .fetch_all(self.engine().readers())
            .await
            .during(attempt)?;
        Ok(row::readable("what is to be erased from the keychain", &rows, |row| {
            let credential_id = CredentialId(row.try_get("credential_id")?);
            Ok(Erasure { credential_id, name: row.try_get("name")?, since: Time(row.try_get("since")?) })
        }))
    }

    /// The keychain has it no longer.
    pub async fn set_erased(&self, id: &CredentialId) -> Result<(), Error> {
        let attempt = self.attempt_on("noting what was erased from the keychain, of credential", id.as_str());
        let mut tx = self.engine().write(attempt).await?;
        let delete =
            sqlx::query("DELETE FROM erasures WHERE credential_id = $1 RETURNING name").bind(id.as_str());
        if let Some(erased) = delete.fetch_optional(&mut *tx).await.during(attempt)? {
            let subject = Subject::credential(id).named(&row::shown(&erased, "name"));
            let entry = Entry::done(subject).after(&json!({ "password": "removed" }));
            self.record(&mut tx, entry, attempt).await?;
        }
        tx.commit().await.during(attempt)
    }

    /// From now on the keychain may have a password of this credential, and what was to be erased of it stays. Answers with whether
    /// it may have had one before.
    pub async fn may_be_stored(&self, id: &CredentialId) -> Result<bool, Error> {
        let attempt = self.attempt_on("keeping the keychain's entry of credential", id.as_str());
        let mut tx = self.engine().write(attempt).await?;
        // One that is gone by now gets no password that nobody would erase.
        self.note_credential(&mut tx, id, attempt).await?;
        let delete = sqlx::query("DELETE FROM erasures WHERE credential_id = $1").bind(id.as_str());
        let was_noted = delete.execute(&mut *tx).await.during(attempt)?.rows_affected() > 0;
        let was_none: bool = sqlx::query_scalar("SELECT stored = 'none' FROM credentials WHERE id = $1")
            .bind(id.as_str())
            .fetch_one(&mut *tx)
            .await
            .during(attempt)?;
        let update = sqlx::query("UPDATE credentials SET stored = 'keychain' WHERE id = $1");
        update.bind(id.as_str()).execute(&mut *tx).await.during(attempt)?;
        tx.commit().await.during(attempt)?;
        Ok(was_noted || !was_none)
    }

    /// Notes the password of a credential, unless the keychain never had it.
    pub(crate) async fn note_erasure(
        &self,
        tx: &mut Tx,
        id: &CredentialId,
        at: Time,
        attempt: Attempt<'_>,
    ) -> Result<(), Error> {
        let sql = "INSERT INTO erasures (credential_id, name, since) SELECT id, name, $2 FROM credentials \
                   WHERE id = $1 AND stored <> 'none' ON CONFLICT DO NOTHING";
        let note = sqlx::query(sql).bind(id.as_str()).bind(at.0);
        note.execute(&mut **tx).await.during(attempt).map(drop)
    }
}
