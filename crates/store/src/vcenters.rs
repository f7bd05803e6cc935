//! vCenters as configured.
//! Refuses to have two of one name, and to know those that were removed: `removal` does.

use crate::Store;
use crate::audit::Entry;
use crate::changes::Topic;
use crate::contact::{self, Contact, Identity};
use crate::credentials::NewCredential;
use crate::engine::{DbRow, Tx};
use crate::error::{Attempt, During, Error};
use crate::names::{self, Among};
use crate::{row, settings, standing};
use contract::{CredentialId, Subject, Time, Trust, Vcenter, VcenterId, VcenterSettings, VcenterState};
use serde_json::Value;
use sqlx::Row;

/// A configured vCenter with everything that is known of it but its inventory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VcenterRecord {
    /// As users see it.
    pub vcenter: Vcenter,
    /// Which certificate is accepted.
    pub trust: Trust,
    /// How the last contact went; `None` before the first.
    pub contact: Option<Contact>,
    /// When it got into the state that this contact left; earlier than the contact if it has been in it for longer.
    pub state_since: Option<Time>,
    /// Host and port whose server is known to be this one, because it showed its identity there or a person gave the
    /// password for it.
    pub known_address: (String, u16),
    /// The MAC addresses of an ESXi host's network cards, as far as they are known; `None` for a vCenter.
    pub host_macs: Option<Vec<String>>,
    /// Failures up to this time don't count any more.
    pub failures_reset_at: Option<Time>,
    /// SHA-256 of the certificate that it showed at the newest connection.
    pub certificate_sha256: Option<String>,
}

impl VcenterRecord {
    /// Whether its address was changed and nobody knows yet that the server there is this one.
    pub fn is_moved(&self) -> bool {
        (&*self.known_address.0, self.known_address.1) != (&*self.vcenter.host, self.vcenter.port)
    }

    /// Whether it is an ESXi host, which tells who it is only after it was logged in to.
    pub fn is_host(&self) -> bool {
        self.host_macs.is_some()
    }
}

/// What a vCenter logs in with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VcenterCredential {
    /// A credential that is there.
    Existing(CredentialId),
    /// One that is added with it.
    New(NewCredential),
}

/// A vCenter to be added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewVcenter {
    /// Its id.
    pub id: VcenterId,
    /// Its name.
    pub name: String,
    /// DNS name or address.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// What it logs in with.
    pub credential: VcenterCredential,
    /// Which certificate is accepted.
    pub trust: Trust,
    /// What else is set for it.
    pub settings: VcenterSettings,
    /// What it said of itself, if it was asked.
    pub identity: Option<Identity>,
}

/// What to change of a vCenter; `None` leaves it as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VcenterEdit {
    /// Another name.
    pub name: Option<String>,
    /// Another host.
    pub host: Option<String>,
    /// Another port.
    pub port: Option<u16>,
    /// Another credential.
    pub credential_id: Option<CredentialId>,
    /// Another user of its credential, which also is that of every other vCenter that shares it.
    pub user: Option<String>,
    /// Another trust.
    pub trust: Option<Trust>,
    /// What else is set for it, all of it.
    pub settings: Option<VcenterSettings>,
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT v.*, c.name AS credential_name, c.username FROM vcenters v ",
            "JOIN credentials c ON c.id = v.credential_id WHERE v.removed_at IS NULL ",
            $rest
        )
    };
}

/// Every vCenter, as `record` reads it.
pub(crate) const ALL: &str = select!("ORDER BY v.name_key");

impl Store {
    /// Every vCenter that can be read, by name.
    pub async fn vcenters(&self) -> Result<Vec<VcenterRecord>, Error> {
        let attempt = self.attempt("reading the vCenters");
        let rows = sqlx::query(ALL).fetch_all(self.engine().readers()).await.during(attempt)?;
        Ok(row::readable("a vCenter is left out", &rows, record))
    }

    /// How many vCenters can't be read, and are left out of the others.
    pub async fn unreadable_vcenters(&self) -> Result<usize, Error> {
        let attempt = self.attempt("counting the vCenters");
        let rows = sqlx::query(ALL).fetch_all(self.engine().readers()).await.during(attempt)?;
        Ok(rows.iter().filter(|row| record(row).is_err()).count())
    }

    /// One vCenter.
    pub async fn vcenter(&self, id: &VcenterId) -> Result<VcenterRecord, Error> {
        let attempt = self.attempt_on("reading vCenter", id.as_str());
        let mut tx = self.engine().read(attempt).await?;
        read(&mut tx, id, attempt).await
    }

    /// Adds a vCenter, and its credential if that is new.
    pub async fn add_vcenter(&self, new: NewVcenter) -> Result<(), Error> {
        let attempt = self.attempt_on("adding vCenter", new.id.as_str());
        let mut tx = self.engine().write(attempt).await?;
        names::is_free(&mut tx, Among::Vcenters, &new.name, new.id.as_str(), attempt).await?;
        let credential_id = match &new.credential {
            VcenterCredential::Existing(id) => id,
            VcenterCredential::New(credential) => {
                self.insert_credential(&mut tx, credential, Some(&new.id), attempt).await?;
                &credential.id
            }
        };
        self.note_credential(&mut tx, credential_id, attempt).await?;
        let identity = new.identity.as_ref();
        if let Some(identity) = identity {
            contact::is_no_other(&mut tx, identity.uuid_and_macs(), &new.id, attempt).await?;
        }
        let (trust, ca_pem, pin) = trust_columns(&new.trust);
        sqlx::query(
            "INSERT INTO vcenters (id, name, name_key, host, port, known_host, known_port, credential_id, trust, \
             ca_pem, pin, settings, instance_uuid, host_macs, product, version, build) \
             VALUES ($1, $2, $3, $4, $5, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
        )
        .bind(new.id.as_str())
        .bind(&new.name)
        .bind(row::name_key(&new.name))
        .bind(&new.host)
        .bind(i64::from(new.port))
        .bind(credential_id.as_str())
        .bind(trust)
        .bind(ca_pem)
        .bind(pin)
        .bind(settings::column(&new.settings).during(attempt)?)
        .bind(identity.and_then(|identity| identity.instance_uuid.as_deref()))
        .bind(identity.map(contact::macs_column).transpose().during(attempt)?.flatten())
        .bind(identity.map(|identity| &identity.product))
        .bind(identity.map(|identity| &identity.version))
        .bind(identity.map(|identity| &identity.build))
        .execute(&mut *tx)
        .await
        .during(attempt)?;
        self.note(&mut tx, Topic::Vcenters, new.id.as_str()).await.during(attempt)?;
        let added = read(&mut tx, &new.id, attempt).await?;
        self.record(&mut tx, Entry::done(subject(&added)).after(&told(&added)), attempt).await?;
        tx.commit().await.during(attempt)
    }

    /// Changes a vCenter from the edition that the edit was made from to the next one, and answers with what it is then.
    /// What changes nothing raises nothing.
    pub async fn edit_vcenter(
        &self,
        id: &VcenterId,
        made_from: i64,
        edit: VcenterEdit,
    ) -> Result<VcenterRecord, Error> {
        let attempt = self.attempt_on("changing vCenter", id.as_str());
        let mut tx = self.engine().write(attempt).await?;
        let row = fetch(&mut tx, id, attempt).await?;
        let before = record(&row).during(attempt)?;
        if before.vcenter.edition != made_from {
            return Err(Error::Stale { id: id.to_string(), made_from, edition: before.vcenter.edition });
        }
        let after = edited(&before, &edit);
        if after == before {
            return Ok(before);
        }
        let v = &after.vcenter;
        names::is_free(&mut tx, Among::Vcenters, &v.name, id.as_str(), attempt).await?;
        self.note_credential(&mut tx, &v.credential_id, attempt).await?;
        if let Some(user) = &edit.user {
            standing::set_user(&mut tx, &v.credential_id, user).await.during(attempt)?;
        }
        let (trust, ca_pem, pin) = trust_columns(&after.trust);
        sqlx::query(
            "UPDATE vcenters SET name = $1, name_key = $2, host = $3, port = $4, credential_id = $5, trust = $6, \
             ca_pem = $7, pin = $8, settings = $9, edition = $10 WHERE id = $11",
        )
        .bind(&v.name)
        .bind(row::name_key(&v.name))
        .bind(&v.host)
        .bind(i64::from(v.port))
        .bind(v.credential_id.as_str())
        .bind(trust)
        .bind(ca_pem)
        .bind(pin)
        .bind(settings::edited(&row, &before.vcenter.settings, &v.settings).during(attempt)?)
        .bind(made_from.saturating_add(1))
        .bind(id.as_str())
        .execute(&mut *tx)
        .await
        .during(attempt)?;
        if (&before.vcenter.host, before.vcenter.port) != (&v.host, v.port) {
            // Another server said it.
            let forget = sqlx::query("DELETE FROM login_answers WHERE vcenter_id = $1").bind(id.as_str());
            forget.execute(&mut *tx).await.during(attempt)?;
        }
        contact::forget_what_was_of_another(&mut tx, &before, &after).await.during(attempt)?;
        if may_be_mended(&before, &after) {
            contact::write_contact(&mut tx, id, None).await.during(attempt)?;
        }
        let after = read(&mut tx, id, attempt).await?;
        let entry = Entry::done(subject(&before)).before(&told(&before)).after(&told(&after));
        self.record(&mut tx, entry, attempt).await?;
        self.note(&mut tx, Topic::Vcenters, id.as_str()).await.during(attempt)?;
        tx.commit().await.during(attempt)?;
        Ok(after)
    }

    /// A person gave the password for this address of a vCenter: the server there is the one that is meant. That changes
    /// nothing of what is configured.
    pub async fn vouch_for(&self, id: &VcenterId, (host, port): (&str, u16)) -> Result<(), Error> {
        let attempt = self.attempt_on("noting the address of vCenter", id.as_str());
        let mut tx = self.engine().write(attempt).await?;
        let update = sqlx::query("UPDATE vcenters SET known_host = $1, known_port = $2 WHERE id = $3")
            .bind(host)
            .bind(i64::from(port))
            .bind(id.as_str());
        exists(update.execute(&mut *tx).await.during(attempt)?.rows_affected(), id)?;
        self.note(&mut tx, Topic::Vcenters, id.as_str()).await.during(attempt)?;
        tx.commit().await.during(attempt)
    }
}

/// A vCenter as the audit log names it.
pub(crate) fn subject(record: &VcenterRecord) -> Subject {
    Subject::vcenter(&record.vcenter.id).named(&record.vcenter.name)
}

/// A vCenter as the audit log has it: with the CA that it is trusted by.
pub(crate) fn told(record: &VcenterRecord) -> Value {
    let mut told = serde_json::to_value(&record.vcenter).unwrap_or_default();
    if let Some(told) = told.as_object_mut() {
        // Nobody configured these.
        told.remove("certificate_expires_at");
        told.remove("permissions");
    }
    if let Trust::Ca { pem } = &record.trust {
        told["ca_pem"] = Value::String(pem.clone());
    }
    told
}

/// Whether an edit may have mended what its last contact failed for: nobody knows then how the next one goes.
fn may_be_mended(before: &VcenterRecord, after: &VcenterRecord) -> bool {
    let (was, is) = (&before.vcenter, &after.vcenter);
    let leads_elsewhere = (&was.host, was.port, &before.trust) != (&is.host, is.port, &after.trust);
    match before.contact.map(|contact| contact.state) {
        Some(VcenterState::Untrusted | VcenterState::DifferentVcenter) => leads_elsewhere,
        Some(VcenterState::NoPassword) => was.credential_id != is.credential_id,
        _ => false,
    }
}

pub(crate) fn not_found(id: &VcenterId) -> Error {
    Error::NotFound { what: "vCenter", id: id.to_string() }
}

/// Fails if an update met no vCenter.
pub(crate) fn exists(rows: u64, id: &VcenterId) -> Result<(), Error> {
    if rows == 0 { Err(not_found(id)) } else { Ok(()) }
}

pub(crate) async fn read(tx: &mut Tx, id: &VcenterId, attempt: Attempt<'_>) -> Result<VcenterRecord, Error> {
    record(&fetch(tx, id, attempt).await?).during(attempt)
}

async fn fetch(tx: &mut Tx, id: &VcenterId, attempt: Attempt<'_>) -> Result<DbRow, Error> {
    let row = sqlx::query(select!("AND v.id = $1")).bind(id.as_str()).fetch_optional(&mut **tx).await;
    row.during(attempt)?.ok_or_else(|| not_found(id))
}

/// What an edit makes of a vCenter; the name of another credential is not known here.
fn edited(before: &VcenterRecord, edit: &VcenterEdit) -> VcenterRecord {
    let edit = edit.clone();
    let mut after = before.clone();
    let v = &mut after.vcenter;
    v.name = edit.name.unwrap_or_else(|| v.name.clone());
    v.host = edit.host.unwrap_or_else(|| v.host.clone());
    v.port = edit.port.unwrap_or(v.port);
    v.credential_id = edit.credential_id.unwrap_or_else(|| v.credential_id.clone());
    v.user = edit.user.unwrap_or_else(|| v.user.clone());
    v.settings = edit.settings.unwrap_or_else(|| v.settings.clone());
    after.trust = edit.trust.unwrap_or(after.trust);
    after
}

pub(crate) fn record(row: &DbRow) -> Result<VcenterRecord, sqlx::Error> {
    let trust: String = row.try_get("trust")?;
    let pin: Option<String> = row.try_get("pin")?;
    let vcenter = Vcenter {
        id: VcenterId(row.try_get("id")?),
        name: row.try_get("name")?,
        host: row.try_get("host")?,
        port: row.try_get("port")?,
        credential: row.try_get("credential_name")?,
        credential_id: CredentialId(row.try_get("credential_id")?),
        user: row.try_get("username")?,
        trust: trust.clone(),
        pin: pin.clone(),
        settings: settings::read(row),
        edition: row.try_get("edition")?,
        instance_uuid: row.try_get("instance_uuid")?,
        product: row.try_get("product")?,
        version: row.try_get("version")?,
        build: row.try_get("build")?,
        certificate_expires_at: row::or_unset(
            "the end of a certificate",
            row.try_get("certificate_not_after").map(row::time),
        ),
        permissions: contact::permissions(row),
    };
    let trust = match (&*trust, row.try_get("ca_pem")?, pin) {
        ("ca", Some(pem), _) => Trust::Ca { pem },
        ("pin", _, Some(sha256)) => Trust::Pin { sha256 },
        ("system", None, None) => Trust::System,
        _ => return Err(sqlx::Error::Decode("a trust without what it trusts".into())),
    };
    // The next contact writes it again.
    let contact = row::or_unset("the state of a vCenter", contact(row));
    let state_since = row::or_unset("the state of a vCenter", row.try_get("contact_since").map(row::time));
    let known_address = (row.try_get("known_host")?, row.try_get("known_port")?);
    let host_macs = contact::macs(row);
    let failures_reset_at = row::time(row.try_get("failures_reset_at")?);
    let certificate_sha256 = row::or_unset("the certificate of a vCenter", row.try_get("certificate_sha256"));
    Ok(VcenterRecord {
        vcenter,
        trust,
        contact,
        state_since,
        known_address,
        host_macs,
        failures_reset_at,
        certificate_sha256,
    })
}

fn contact(row: &DbRow) -> Result<Option<Contact>, sqlx::Error> {
    let (state, at): (Option<String>, Option<i64>) =
        (row.try_get("contact_state")?, row.try_get("contact_at")?);
    Ok(match (state, row::time(at)) {
        (Some(state), Some(at)) => Some(Contact { state: row::from_word(state)?, at }),
        _ => None,
    })
}

fn trust_columns(trust: &Trust) -> (&'static str, Option<&str>, Option<&str>) {
    match trust {
        Trust::System => ("system", None, None),
        Trust::Ca { pem } => ("ca", Some(pem), None),
        Trust::Pin { sha256 } => ("pin", None, Some(sha256)),
    }
}
