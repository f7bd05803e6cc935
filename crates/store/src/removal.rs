//! vCenters that somebody removed: hidden at once, brought back for as long as somebody may have been wrong, then gone with all
//! that is theirs.
//! Refuses to hide one that is being read, and to bring one back whose name or instance is another one's by now.

use crate::Store;
use crate::audit::Entry;
use crate::changes::Topic;
use crate::contact;
use crate::credentials;
use crate::engine::{DbConnection, DbRow, Tx};
use crate::error::{Attempt, During, Error};
use crate::names::{self, Among};
use crate::row;
use crate::vcenters::{self, VcenterRecord, not_found, subject, told};
use contract::command::Removal;
use contract::{Credential, CredentialId, Kind, OperationId, Subject, Time, VcenterId};
use sqlx::Row;

/// How long one that was removed can be brought back, in milliseconds.
pub(crate) const UNDO: i64 = Removal::UNDO_SECONDS as i64 * 1000;

/// What a removal took with it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Removed {
    /// The credential that was made with the vCenter, if nothing uses it any more.
    pub credential: Option<Credential>,
    /// The operations that waited for their turn.
    pub ended: Vec<OperationId>,
}

impl Store {
    /// What goes with a vCenter that is removed.
    pub async fn goes_with(&self, id: &VcenterId) -> Result<Removal, Error> {
        let attempt = self.attempt_on("looking at what goes with vCenter", id.as_str());
        let mut tx = self.engine().read(attempt).await?;
        let counted =
            sqlx::query("SELECT kind, COUNT(*) AS number FROM objects WHERE vcenter_id = $1 GROUP BY kind")
                .bind(id.as_str())
                .fetch_all(&mut *tx)
                .await
                .during(attempt)?;
        let mut removal = Removal::default();
        for row in &counted {
            let (kind, number) = (row::shown(row, "kind"), row.try_get("number").during(attempt)?);
            let of_kind = match Kind::from_name(&kind) {
                Some(Kind::Hosts) => &mut removal.hosts,
                Some(Kind::Vms) => &mut removal.vms,
                _ => &mut removal.others,
            };
            *of_kind += row::unsigned(number);
        }
        let operations = sqlx::query_scalar("SELECT COUNT(*) FROM operations WHERE vcenter_id = $1");
        let operations = operations.bind(id.as_str()).fetch_one(&mut *tx).await.during(attempt)?;
        removal.operations = row::unsigned(operations);
        let schedules = "SELECT s.name FROM schedules s JOIN schedule_vcenters v ON v.schedule_id = s.id \
                         WHERE v.vcenter_id = $1 ORDER BY s.name_key";
        let schedules = sqlx::query_scalar(schedules).bind(id.as_str()).fetch_all(&mut *tx).await;
        removal.schedules = schedules.during(attempt)?;
        removal.credential = made_with(&mut tx, id).await.during(attempt)?;
        Ok(removal)
    }

    /// Removes a vCenter with its inventory, its operations, and the credential that was made with it unless another one uses
    /// that; nothing brings it back.
    pub async fn remove_vcenter(&self, id: &VcenterId, at: Time) -> Result<Removed, Error> {
        let attempt = self.attempt_on("removing vCenter", id.as_str());
        let mut tx = self.engine().write(attempt).await?;
        let removed = self.hide(&mut tx, id, at, attempt).await?;
        self.purge(&mut tx, id, at, attempt).await?;
        tx.commit().await.during(attempt)?;
        Ok(removed)
    }

    /// Hides a vCenter as if it were removed. For [`Removal::UNDO_SECONDS`] it can be brought back.
    pub async fn hide_vcenter(&self, id: &VcenterId, at: Time) -> Result<Removed, Error> {
        let attempt = self.attempt_on("removing vCenter", id.as_str());
        let mut tx = self.engine().write(attempt).await?;
        let removed = self.hide(&mut tx, id, at, attempt).await?;
        tx.commit().await.during(attempt)?;
        Ok(removed)
    }

    /// Brings a vCenter back that was hidden, with the credentials that were hidden with it.
    pub async fn restore_vcenter(&self, id: &VcenterId) -> Result<VcenterRecord, Error> {
        let attempt = self.attempt_on("bringing back vCenter", id.as_str());
        let mut tx = self.engine().write(attempt).await?;
        let found = "SELECT name, credential_id FROM vcenters WHERE id = $1 AND removed_at IS NOT NULL";
        let found = sqlx::query(found).bind(id.as_str()).fetch_optional(&mut *tx).await.during(attempt)?;
        let found = found.ok_or_else(|| not_found(id))?;
        let (name, used): (String, String) =
            (found.try_get("name").during(attempt)?, found.try_get("credential_id").during(attempt)?);
        names::is_free(&mut tx, Among::Vcenters, &name, id.as_str(), attempt).await?;
        // The one it logs in with, and one that was made with it and that it no longer uses.
        let hidden =
            "SELECT id, name FROM credentials WHERE removed_at IS NOT NULL AND (id = $1 OR made_with = $2)";
        let hidden = sqlx::query(hidden).bind(&used).bind(id.as_str()).fetch_all(&mut *tx).await;
        for row in hidden.during(attempt)? {
            let credential = CredentialId(row.try_get("id").during(attempt)?);
            let name: String = row.try_get("name").during(attempt)?;
            names::is_free(&mut tx, Among::Credentials, &name, credential.as_str(), attempt).await?;
            let show = sqlx::query("UPDATE credentials SET removed_at = NULL, name_key = $1 WHERE id = $2");
            let show = show.bind(row::name_key(&name)).bind(credential.as_str());
            show.execute(&mut *tx).await.during(attempt)?;
            let after = credentials::told(&mut tx, &credential).await.during(attempt)?;
            self.record_change(&mut tx, Subject::credential(&credential), (None, after), attempt).await?;
            self.note(&mut tx, Topic::Credentials, credential.as_str()).await.during(attempt)?;
        }
        let show = sqlx::query("UPDATE vcenters SET removed_at = NULL, name_key = $1 WHERE id = $2");
        let show = show.bind(row::name_key(&name)).bind(id.as_str());
        show.execute(&mut *tx).await.during(attempt)?;
        let restored = vcenters::read(&mut tx, id, attempt).await?;
        let server = (restored.vcenter.instance_uuid.as_deref(), restored.host_macs.as_deref());
        contact::is_no_other(&mut tx, server, id, attempt).await?;
        self.record(&mut tx, Entry::done(subject(&restored)).after(&told(&restored)), attempt).await?;
        self.note_removal(&mut tx, id, &CredentialId(used), attempt).await?;
        tx.commit().await.during(attempt)?;
        Ok(restored)
    }

    /// Removes what was hidden longer than [`Removal::UNDO_SECONDS`] ago. Answers with when the next one is due, if one is hidden.
    pub async fn purge_removed(&self, now: Time) -> Result<Option<Time>, Error> {
        let attempt = self.attempt("removing what was hidden");
        // What is damaged there is of no time, and due. One of the future was hidden by a clock that was wrong.
        const HIDDEN: &str =
            "SELECT id, CAST(removed_at AS INTEGER) AS removed_at FROM vcenters WHERE removed_at IS NOT NULL";
        let is_due = |at: i64| now.0.abs_diff(at) > UNDO.unsigned_abs();
        let read = |rows: &[DbRow]| {
            row::readable("a vCenter that was removed", rows, |row| {
                Ok((VcenterId(row.try_get("id")?), row.try_get::<i64, _>("removed_at")?))
            })
        };
        let rows = sqlx::query(HIDDEN).fetch_all(self.engine().readers()).await.during(attempt)?;
        let hidden = read(&rows);
        if hidden.iter().any(|(_, at)| is_due(*at)) {
            let mut tx = self.engine().write(attempt).await?;
            // As it is by now: one may have been brought back and removed again.
            let rows = sqlx::query(HIDDEN).fetch_all(&mut *tx).await.during(attempt)?;
            for (id, _) in read(&rows).iter().filter(|(_, at)| is_due(*at)) {
                self.purge(&mut tx, id, now, attempt).await?;
            }
            tx.commit().await.during(attempt)?;
        }
        let waiting = hidden.iter().filter(|(_, at)| !is_due(*at)).map(|(_, at)| *at).min();
        Ok(waiting.map(|at| Time(at.saturating_add(UNDO + 1))))
    }

    async fn hide(
        &self,
        tx: &mut Tx,
        id: &VcenterId,
        at: Time,
        attempt: Attempt<'_>,
    ) -> Result<Removed, Error> {
        self.interrupt(tx, at).await.during(attempt)?;
        self.is_not_read(tx, id, attempt).await?;
        let entry = match vcenters::read(tx, id, attempt).await {
            Ok(known) => Entry::done(subject(&known)).before(&told(&known)),
            Err(_) => Entry::done(Subject::vcenter(id)),
        };
        let hide = "UPDATE vcenters SET removed_at = $1, name_key = char(10) || id \
                    WHERE id = $2 AND removed_at IS NULL RETURNING credential_id";
        let hidden = sqlx::query(hide).bind(at.0).bind(id.as_str()).fetch_optional(&mut **tx).await;
        // Whatever stands there: a damaged row can be removed too.
        let used = row::shown(&hidden.during(attempt)?.ok_or_else(|| not_found(id))?, "credential_id");
        let ended = self.end_what_waits(tx, id, at).await.during(attempt)?;
        self.record(tx, entry, attempt).await?;
        let credential = made_with(tx, id).await.during(attempt)?;
        if let Some(credential) = &credential {
            let before = credentials::told(tx, &credential.id).await.during(attempt)?;
            let hide = "UPDATE credentials SET removed_at = $1, name_key = char(10) || id WHERE id = $2";
            let hide = sqlx::query(hide).bind(at.0).bind(credential.id.as_str());
            hide.execute(&mut **tx).await.during(attempt)?;
            self.record_change(tx, Subject::credential(&credential.id), (before, None), attempt).await?;
            self.note(tx, Topic::Credentials, credential.id.as_str()).await.during(attempt)?;
        }
        self.note_removal(tx, id, &CredentialId(used), attempt).await?;
        Ok(Removed { credential, ended })
    }

    /// Removes what is hidden of a vCenter.
    async fn purge(&self, tx: &mut Tx, id: &VcenterId, at: Time, attempt: Attempt<'_>) -> Result<(), Error> {
        let delete = sqlx::query("DELETE FROM vcenters WHERE id = $1 AND removed_at IS NOT NULL");
        if delete.bind(id.as_str()).execute(&mut **tx).await.during(attempt)?.rows_affected() == 0 {
            return Ok(());
        }
        self.purge_credentials(tx, at, attempt).await?;
        self.note(tx, Topic::Inventory, id.as_str()).await.during(attempt)
    }

    /// Removes the hidden credentials that no vCenter would need that can be brought back. What the keychain may have of them is
    /// noted.
    pub(crate) async fn purge_credentials(
        &self,
        tx: &mut Tx,
        at: Time,
        attempt: Attempt<'_>,
    ) -> Result<(), Error> {
        let left = "SELECT id FROM credentials c WHERE removed_at IS NOT NULL AND NOT EXISTS \
                    (SELECT 1 FROM vcenters v WHERE v.credential_id = c.id OR v.id = c.made_with) \
                    AND NOT EXISTS (SELECT 1 FROM destinations d WHERE d.credential_id = c.id)";
        let left: Vec<String> = sqlx::query_scalar(left).fetch_all(&mut **tx).await.during(attempt)?;
        for credential in left {
            self.note_erasure(tx, &CredentialId(credential.clone()), at, attempt).await?;
            let delete = sqlx::query("DELETE FROM credentials WHERE id = $1").bind(&credential);
            delete.execute(&mut **tx).await.during(attempt)?;
            self.note(tx, Topic::Credentials, &credential).await.during(attempt)?;
        }
        Ok(())
    }

    /// Fails if an operation of a vCenter is running somewhere.
    async fn is_not_read(&self, tx: &mut Tx, id: &VcenterId, attempt: Attempt<'_>) -> Result<(), Error> {
        let rows =
            sqlx::query("SELECT id, owner FROM operations WHERE vcenter_id = $1 AND state = 'running'")
                .bind(id.as_str())
                .fetch_all(&mut **tx)
                .await
                .during(attempt)?;
        let running = row::readable("an operation of unknown owner", &rows, |row| {
            Ok::<(String, String), _>((row.try_get("id")?, row.try_get("owner")?))
        });
        match running.into_iter().find(|(_, owner)| self.is_alive(owner)) {
            Some((operation, _)) => Err(Error::Running { operation: OperationId(operation) }),
            None => Ok(()),
        }
    }

    async fn note_removal(
        &self,
        tx: &mut Tx,
        id: &VcenterId,
        credential: &CredentialId,
        attempt: Attempt<'_>,
    ) -> Result<(), Error> {
        for (topic, id) in [
            (Topic::Vcenters, id.as_str()),
            (Topic::Inventory, id.as_str()),
            (Topic::Credentials, credential.as_str()),
            (Topic::Schedules, ""),
        ] {
            self.note(tx, topic, id).await.during(attempt)?;
        }
        Ok(())
    }
}

/// The credential that was made with a vCenter, if no other one uses it.
async fn made_with(tx: &mut DbConnection, id: &VcenterId) -> Result<Option<Credential>, sqlx::Error> {
    let made = "SELECT * FROM credentials c WHERE made_with = $1 AND removed_at IS NULL AND NOT EXISTS \
                (SELECT 1 FROM vcenters v WHERE v.credential_id = c.id AND v.removed_at IS NULL AND v.id <> $1) \
                AND NOT EXISTS (SELECT 1 FROM destinations d WHERE d.credential_id = c.id)";
    let row = sqlx::query(made).bind(id.as_str()).fetch_optional(tx).await?;
    row.as_ref().map(credentials::credential).transpose()
}
