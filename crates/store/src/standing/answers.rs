//! Writes down what a vCenter said to a login, and decides whom that binds.
//! Refuses to note what is said of a user or a password that was changed since.

use super::{Noted, Rejected, Sent, fingerprints, standing};
use crate::Store;
use crate::credentials::not_found;
use crate::engine::DbConnection;
use crate::error::{During, Error};
use crate::row;
use contract::{CredentialId, Rejection, Time, VcenterId};

/// How many rejected passwords are remembered of a credential, and of each vCenter that shares it.
const REMEMBERED: usize = 8;

/// The fingerprint of whatever password: the account is locked.
const ANY: i64 = -1;

/// No rejection is told any more; what was rejected is still remembered.
macro_rules! untold {
    () => {
        "rejected_at = NULL, rejected_because = NULL, rejected_message = NULL, rejected_typed = 0, \
         rejected_by = NULL"
    };
}

/// Nothing that a vCenter said is left: not the sixteen bits either. Whoever logs in with what was before is told that.
macro_rules! unsaid {
    () => {
        concat!(
            untold!(),
            ", rejected_fingerprints = '[]', proven = NULL, doubted_by = NULL, edition = edition + 1"
        )
    };
}

impl Store {
    /// Notes that a login was rejected. It binds the vCenter alone where the password works on another one and no third has
    /// rejected it since, and else all that share the credential.
    pub async fn set_rejected(
        &self,
        id: &CredentialId,
        sent: Sent<'_>,
        rejected: &Rejected,
    ) -> Result<Noted, Error> {
        let attempt = self.attempt_on("saving the rejection of credential", id.as_str());
        let mut tx = self.engine().write(attempt).await?;
        let known = standing(&mut tx, id).await.during(attempt)?.ok_or_else(|| not_found(id))?;
        if known.edition != sent.edition {
            return Ok(Noted::Stale);
        }
        let proven = known.works_on(sent.fingerprint, sent.vcenter);
        let is_locked = rejected.because == Rejection::AccountLocked;
        // A server that isn't configured is remembered nowhere, and a locked account is locked for everybody.
        let is_of_one = sent.vcenter.is_some() && !is_locked;
        let proven = proven.filter(|_| is_of_one && known.is_proven_but_by(&sent));
        let noted = match proven {
            Some(works_on) => Noted::RejectedThere { works_on: works_on.to_owned() },
            None => Noted::Rejected,
        };
        // That an account is locked says nothing of the password.
        if !is_locked {
            doubt(&mut tx, id, &sent, &noted).await.during(attempt)?;
            if noted == Noted::Rejected {
                disprove(&mut tx, id, &sent).await.during(attempt)?;
            }
        }
        let is_of_a_stored_one = known.last.as_ref().is_some_and(|last| !last.is_typed);
        // Whoever has the stored one must still know that it was rejected; of the other one its process knows.
        let is_told = !rejected.is_typed || is_locked || !is_of_a_stored_one;
        if is_told && noted == Noted::Rejected {
            tell(&mut tx, id, &sent, rejected).await.during(attempt)?;
        }
        if is_told || noted != Noted::Rejected {
            answered(&mut tx, id, &sent, rejected.at, Some(rejected)).await.during(attempt)?;
        }
        self.note_credential(&mut tx, id, attempt).await?;
        tx.commit().await.during(attempt)?;
        Ok(noted)
    }

    /// Notes that a password worked: it alone is no longer one that was rejected. With `lifts` the last rejection isn't told
    /// any more.
    pub async fn set_accepted(
        &self,
        id: &CredentialId,
        sent: Sent<'_>,
        at: Time,
        lifts: bool,
    ) -> Result<Noted, Error> {
        let attempt = self.attempt_on("saving the login of credential", id.as_str());
        let known = self.standing(id).await?;
        if known.edition == sent.edition && !lifts && known.knows_accepted(&sent) {
            return Ok(Noted::Works { lifted: false });
        }
        let mut tx = self.engine().write(attempt).await?;
        let known = standing(&mut tx, id).await.during(attempt)?.ok_or_else(|| not_found(id))?;
        if known.edition != sent.edition {
            return Ok(Noted::Stale);
        }
        answered(&mut tx, id, &sent, at, None).await.during(attempt)?;
        remember(&mut tx, id, |known| known.retain(|one| *one != sent.fingerprint)).await.during(attempt)?;
        let update = sqlx::query(match lifts {
            true => concat!(
                "UPDATE credentials SET proven = $1, doubted_by = NULL, ",
                untold!(),
                " WHERE id = $2"
            ),
            false => "UPDATE credentials SET proven = $1, doubted_by = NULL WHERE id = $2",
        });
        update.bind(i64::from(sent.fingerprint)).bind(id.as_str()).execute(&mut *tx).await.during(attempt)?;
        let lifted = lifts || known.rejects(&sent);
        if lifted {
            self.note_credential(&mut tx, id, attempt).await?;
        }
        tx.commit().await.during(attempt)?;
        Ok(Noted::Works { lifted })
    }

    /// Forgets everything that vCenters said of its passwords, as after another one was set.
    pub async fn clear_rejection(&self, id: &CredentialId) -> Result<(), Error> {
        let attempt = self.attempt_on("clearing the rejection of credential", id.as_str());
        let mut tx = self.engine().write(attempt).await?;
        forget_answers(&mut tx, id).await.during(attempt)?;
        let update = sqlx::query(concat!("UPDATE credentials SET ", unsaid!(), " WHERE id = $1"));
        update.bind(id.as_str()).execute(&mut *tx).await.during(attempt)?;
        self.note_credential(&mut tx, id, attempt).await?;
        tx.commit().await.during(attempt)
    }
}

/// Another user, of whom nothing is known yet.
pub(crate) async fn set_user(
    tx: &mut DbConnection,
    id: &CredentialId,
    user: &str,
) -> Result<(), sqlx::Error> {
    let changed = sqlx::query(concat!(
        "UPDATE credentials SET username = $1, ",
        unsaid!(),
        " WHERE id = $2 AND username <> $1"
    ))
    .bind(user)
    .bind(id.as_str())
    .execute(&mut *tx)
    .await?;
    if changed.rows_affected() == 0 {
        return Ok(());
    }
    // It is shown and edited with each vCenter that logs in with it.
    let raised = sqlx::query("UPDATE vcenters SET edition = edition + 1 WHERE credential_id = $1");
    raised.bind(id.as_str()).execute(&mut *tx).await?;
    forget_answers(tx, id).await
}

async fn forget_answers(tx: &mut DbConnection, id: &CredentialId) -> Result<(), sqlx::Error> {
    let delete = sqlx::query("DELETE FROM login_answers WHERE credential_id = $1").bind(id.as_str());
    delete.execute(tx).await.map(|_| ())
}

/// Writes what a vCenter said. An acceptance takes the place of those before it and of a rejection of the same password;
/// of rejections the newest few are kept.
async fn answered(
    tx: &mut DbConnection,
    id: &CredentialId,
    sent: &Sent<'_>,
    at: Time,
    rejected: Option<&Rejected>,
) -> Result<(), sqlx::Error> {
    let Some(vcenter) = sent.vcenter else { return Ok(()) };
    sqlx::query(match rejected {
        Some(_) => {
            "DELETE FROM login_answers WHERE vcenter_id = $1 AND credential_id = $2 AND fingerprint = $3 \
             AND rejected_because IS NULL"
        }
        None => {
            "DELETE FROM login_answers WHERE vcenter_id = $1 AND credential_id = $2 \
             AND (fingerprint IN ($3, -1) OR rejected_because IS NULL)"
        }
    })
    .bind(vcenter.as_str())
    .bind(id.as_str())
    .bind(i64::from(sent.fingerprint))
    .execute(&mut *tx)
    .await?;
    let is_locked = rejected.is_some_and(|rejected| rejected.because == Rejection::AccountLocked);
    // It may have been removed by now.
    sqlx::query(
        "INSERT INTO login_answers (vcenter_id, credential_id, fingerprint, at, rejected_because, rejected_message) \
         SELECT id, $2, $3, $4, $5, $6 FROM vcenters WHERE id = $1 \
         ON CONFLICT (vcenter_id, credential_id, fingerprint) DO UPDATE SET at = excluded.at, \
         rejected_because = excluded.rejected_because, rejected_message = excluded.rejected_message",
    )
    .bind(vcenter.as_str())
    .bind(id.as_str())
    .bind(if is_locked { ANY } else { i64::from(sent.fingerprint) })
    .bind(at.0)
    .bind(rejected.map(|rejected| row::word(&rejected.because)).transpose()?)
    .bind(rejected.and_then(|rejected| rejected.message.as_deref()))
    .execute(&mut *tx)
    .await?;
    sqlx::query(
        "DELETE FROM login_answers WHERE vcenter_id = $1 AND credential_id = $2 AND fingerprint IN \
         (SELECT fingerprint FROM login_answers WHERE vcenter_id = $1 AND credential_id = $2 \
          AND rejected_because IS NOT NULL ORDER BY at DESC LIMIT 100 OFFSET $3)",
    )
    .bind(vcenter.as_str())
    .bind(id.as_str())
    .bind(i64::try_from(REMEMBERED).unwrap_or(i64::MAX))
    .execute(&mut *tx)
    .await
    .map(|_| ())
}

/// A password that one vCenter rejects is tried at one at a time from then on, until another one lets it in.
async fn doubt(
    tx: &mut DbConnection,
    id: &CredentialId,
    sent: &Sent<'_>,
    noted: &Noted,
) -> Result<(), sqlx::Error> {
    let password = i64::from(sent.fingerprint);
    let update = match noted {
        Noted::RejectedThere { .. } => {
            sqlx::query("UPDATE credentials SET doubted_by = $1 WHERE id = $2 AND proven = $3")
                .bind(sent.to())
        }
        _ => sqlx::query(
            "UPDATE credentials SET proven = NULL, doubted_by = NULL WHERE id = $1 AND proven = $2",
        ),
    };
    update.bind(id.as_str()).bind(password).execute(tx).await.map(|_| ())
}

/// Whoever let it in before would let it in no more.
async fn disprove(tx: &mut DbConnection, id: &CredentialId, sent: &Sent<'_>) -> Result<(), sqlx::Error> {
    let delete = sqlx::query(
        "DELETE FROM login_answers WHERE credential_id = $1 AND fingerprint = $2 AND rejected_because IS NULL",
    );
    delete.bind(id.as_str()).bind(i64::from(sent.fingerprint)).execute(tx).await.map(|_| ())
}

/// Has a rejection bind every vCenter.
async fn tell(
    tx: &mut DbConnection,
    id: &CredentialId,
    sent: &Sent<'_>,
    rejected: &Rejected,
) -> Result<(), sqlx::Error> {
    remember(tx, id, |known| {
        known.retain(|one| Some(*one) != rejected.fingerprint);
        known.extend(rejected.fingerprint);
        known.drain(..known.len().saturating_sub(REMEMBERED));
    })
    .await?;
    sqlx::query(
        "UPDATE credentials SET rejected_at = $1, rejected_because = $2, rejected_message = $3, rejected_typed = $4, \
         rejected_by = $5 WHERE id = $6",
    )
    .bind(rejected.at.0)
    .bind(row::word(&rejected.because)?)
    .bind(&rejected.message)
    .bind(i64::from(rejected.is_typed))
    .bind(sent.vcenter.map(VcenterId::as_str))
    .bind(id.as_str())
    .execute(tx)
    .await
    .map(|_| ())
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
