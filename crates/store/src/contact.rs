//! What a vCenter said of itself, and how the last contact went.
//! Refuses to know one vCenter under two names.

use crate::Store;
use crate::audit::Entry;
use crate::changes::Topic;
use crate::engine::{DbConnection, DbRow};
use crate::error::{Attempt, During, Error};
use crate::vcenters::VcenterRecord;
use crate::{happened, row, vcenters};
use contract::{Permissions, Time, VcenterId, VcenterState};
use sqlx::Row;

/// How a contact went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Contact {
    /// The state it left.
    pub state: VcenterState,
    /// When.
    pub at: Time,
}

/// What a server says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// about.instanceUuid, or the hardware UUID of an ESXi host.
    pub instance_uuid: Option<String>,
    /// The MAC addresses of an ESXi host's network cards; `None` for a vCenter.
    pub host_macs: Option<Vec<String>>,
    /// about.name.
    pub product: String,
    /// about.version.
    pub version: String,
    /// about.build.
    pub build: String,
}

impl Identity {
    /// What tells it from other servers.
    pub(crate) fn uuid_and_macs(&self) -> (Option<&str>, Option<&[String]>) {
        (self.instance_uuid.as_deref(), self.host_macs.as_deref())
    }
}

impl Store {
    /// Notes what a vCenter says of itself, and that its server is the one at this address. What is known of it stays
    /// where the server tells nothing.
    pub async fn identify(
        &self,
        id: &VcenterId,
        identity: Identity,
        (host, port): (&str, u16),
    ) -> Result<(), Error> {
        let attempt = self.attempt_on("saving the identity of vCenter", id.as_str());
        let mut tx = self.engine().write(attempt).await?;
        let before = vcenters::read(&mut tx, id, attempt).await?;
        // Who is configured stays itself while its id is the same, whoever else has that id by now.
        if identity.instance_uuid != before.vcenter.instance_uuid {
            is_no_other(&mut tx, identity.uuid_and_macs(), id, attempt).await?;
        }
        let says_who_it_is = identity.instance_uuid.is_some();
        let identity = Identity {
            instance_uuid: identity.instance_uuid.or(before.vcenter.instance_uuid),
            host_macs: match identity.host_macs {
                Some(macs) if macs.is_empty() => before.host_macs.or(Some(macs)),
                None if !says_who_it_is => before.host_macs,
                told => told,
            },
            ..identity
        };
        sqlx::query(
            "UPDATE vcenters SET instance_uuid = $1, host_macs = $2, product = $3, version = $4, build = $5, \
             known_host = $6, known_port = $7 WHERE id = $8",
        )
        .bind(&identity.instance_uuid)
        .bind(macs_column(&identity).during(attempt)?)
        .bind(&identity.product)
        .bind(&identity.version)
        .bind(&identity.build)
        .bind(host)
        .bind(i64::from(port))
        .bind(id.as_str())
        .execute(&mut *tx)
        .await
        .during(attempt)?;
        self.note(&mut tx, Topic::Vcenters, id.as_str()).await.during(attempt)?;
        tx.commit().await.during(attempt)
    }

    /// Notes the certificate that a vCenter showed, and what was accepted.
    pub async fn note_certificate(&self, id: &VcenterId, sha256: &str, not_after: Time) -> Result<(), Error> {
        let attempt = self.attempt_on("saving the certificate of vCenter", id.as_str());
        let mut tx = self.engine().write(attempt).await?;
        let update = sqlx::query(
            "UPDATE vcenters SET certificate_sha256 = $1, certificate_not_after = $2 WHERE id = $3",
        );
        let update = update.bind(sha256).bind(not_after.0).bind(id.as_str());
        vcenters::exists(update.execute(&mut *tx).await.during(attempt)?.rows_affected(), id)?;
        self.note(&mut tx, Topic::Vcenters, id.as_str()).await.during(attempt)?;
        tx.commit().await.during(attempt)
    }

    /// Notes what the account of a vCenter may do there.
    pub async fn set_permissions(&self, id: &VcenterId, permissions: &Permissions) -> Result<(), Error> {
        let attempt = self.attempt_on("saving the permissions on vCenter", id.as_str());
        let mut tx = self.engine().write(attempt).await?;
        let update = sqlx::query("UPDATE vcenters SET permissions = $1 WHERE id = $2");
        let update = update.bind(row::json(permissions).during(attempt)?).bind(id.as_str());
        vcenters::exists(update.execute(&mut *tx).await.during(attempt)?.rows_affected(), id)?;
        self.note(&mut tx, Topic::Vcenters, id.as_str()).await.during(attempt)?;
        tx.commit().await.during(attempt)
    }

    /// The name of the vCenter that a server is already, by what it says of itself.
    pub async fn same_as(&self, identity: &Identity) -> Result<Option<String>, Error> {
        let attempt = self.attempt("looking for a vCenter that is the same");
        let mut tx = self.engine().read(attempt).await?;
        match is_no_other(&mut tx, identity.uuid_and_macs(), &VcenterId(String::new()), attempt).await {
            Ok(()) => Ok(None),
            Err(Error::SameVcenter { name }) => Ok(Some(name)),
            Err(error) => Err(error),
        }
    }

    /// Notes how a contact went; `NeverSynced` forgets what was noted.
    pub async fn set_contact(&self, id: &VcenterId, state: VcenterState, at: Time) -> Result<(), Error> {
        let attempt = self.attempt_on("saving the state of vCenter", id.as_str());
        let mut tx = self.engine().write(attempt).await?;
        let contact = (state != VcenterState::NeverSynced).then_some(Contact { state, at });
        vcenters::exists(write_contact(&mut tx, id, contact).await.during(attempt)?, id)?;
        self.note(&mut tx, Topic::Vcenters, id.as_str()).await.during(attempt)?;
        tx.commit().await.during(attempt)
    }

    /// Notes which vCenters lead nowhere, or that nobody knows any more what is true of one that did: each as far as its last
    /// contact is still the one that whoever looked knows of. False if that is true of none.
    pub async fn note_reach(
        &self,
        seen: &[(VcenterId, Option<Time>)],
        state: VcenterState,
        at: Time,
    ) -> Result<bool, Error> {
        let attempt = self.attempt("saving which vCenters can be reached");
        let mut tx = self.engine().write(attempt).await?;
        let contact = (state != VcenterState::NeverSynced).then_some(Contact { state, at });
        let mut noted = false;
        for (id, last) in seen {
            let Ok(now) = vcenters::read(&mut tx, id, attempt).await else { continue };
            if now.contact.map(|contact| contact.at) == *last {
                write_contact(&mut tx, id, contact).await.during(attempt)?;
                self.note(&mut tx, Topic::Vcenters, id.as_str()).await.during(attempt)?;
                noted = true;
            }
        }
        tx.commit().await.during(attempt)?;
        Ok(noted)
    }

    /// Since when a worker could connect to no vCenter.
    pub async fn no_network(&self) -> Result<Option<Time>, Error> {
        let attempt = self.attempt("looking whether there is a network");
        let since =
            sqlx::query_scalar("SELECT since FROM no_network").fetch_optional(self.engine().readers());
        Ok(since.await.during(attempt)?.map(Time))
    }

    /// Notes that, or that one can be reached again. What is noted first stays.
    pub async fn set_no_network(&self, since: Option<Time>) -> Result<(), Error> {
        let attempt = self.attempt("saving whether there is a network");
        let mut tx = self.engine().write(attempt).await?;
        let query = match since {
            Some(since) => {
                sqlx::query("INSERT INTO no_network (only, since) VALUES (1, $1) ON CONFLICT DO NOTHING")
                    .bind(since.0)
            }
            None => sqlx::query("DELETE FROM no_network"),
        };
        if query.execute(&mut *tx).await.during(attempt)?.rows_affected() > 0 {
            self.note(&mut tx, Topic::Vcenters, "").await.during(attempt)?;
            tx.commit().await.during(attempt)?;
        }
        Ok(())
    }

    /// Failures up to this time don't count any more.
    pub async fn reset_failures(&self, id: &VcenterId, at: Time) -> Result<(), Error> {
        let attempt = self.attempt_on("resetting the failures of vCenter", id.as_str());
        let mut tx = self.engine().write(attempt).await?;
        let updated = sqlx::query("UPDATE vcenters SET failures_reset_at = $1 WHERE id = $2")
            .bind(at.0)
            .bind(id.as_str())
            .execute(&mut *tx)
            .await
            .during(attempt)?;
        vcenters::exists(updated.rows_affected(), id)?;
        self.note(&mut tx, Topic::Vcenters, id.as_str()).await.during(attempt)?;
        let subject = vcenters::subject(&vcenters::read(&mut tx, id, attempt).await?);
        let entry = Entry::done(subject).after(&serde_json::json!({ "failures_reset_at": at.to_string() }));
        self.record(&mut tx, entry, attempt).await?;
        tx.commit().await.during(attempt)
    }
}

/// Writes how a contact went; answers with how many vCenters have this id.
pub(crate) async fn write_contact(
    tx: &mut DbConnection,
    id: &VcenterId,
    contact: Option<Contact>,
) -> Result<u64, sqlx::Error> {
    let state = contact.map(|contact| row::word(&contact.state)).transpose()?;
    if let Some(Contact { state: now @ (VcenterState::Offline | VcenterState::Online), at }) = contact {
        happened::note_reach(&mut *tx, id, now == VcenterState::Offline, at).await?;
    }
    // A state that began after its newest contact was dated by a clock that was wrong.
    let updated = sqlx::query(
        "UPDATE vcenters SET contact_since = CASE WHEN contact_state = $1 AND (contact_since IS NULL OR \
         contact_since <= $2) THEN contact_since ELSE $2 END, contact_state = $1, contact_at = $2 WHERE id = $3",
    )
    .bind(state)
    .bind(contact.map(|contact| contact.at.0))
    .bind(id.as_str())
    .execute(tx)
    .await?;
    Ok(updated.rows_affected())
}

/// What was read of another server, or as another account, says nothing about what an edit made of a vCenter.
pub(crate) async fn forget_what_was_of_another(
    tx: &mut DbConnection,
    before: &VcenterRecord,
    after: &VcenterRecord,
) -> Result<(), sqlx::Error> {
    let (was, is) = (&before.vcenter, &after.vcenter);
    let is_moved = (&was.host, was.port) != (&is.host, is.port);
    if is_moved {
        const CERTIFICATE: &str =
            "UPDATE vcenters SET certificate_sha256 = NULL, certificate_not_after = NULL WHERE id = $1";
        sqlx::query(CERTIFICATE).bind(is.id.as_str()).execute(&mut *tx).await?;
    }
    if is_moved || (&was.credential_id, &was.user) != (&is.credential_id, &is.user) {
        const PERMISSIONS: &str = "UPDATE vcenters SET permissions = NULL WHERE id = $1";
        sqlx::query(PERMISSIONS).bind(is.id.as_str()).execute(tx).await?;
    }
    Ok(())
}

/// What is known of an account's rights. Unreadable it is unknown, which the next full sync mends.
pub(crate) fn permissions(row: &DbRow) -> Option<Permissions> {
    let column = row.try_get::<Option<&str>, _>("permissions");
    row::or_unset(
        "the permissions of an account",
        column.and_then(|text| text.map(row::from_json).transpose()),
    )
}

/// Fails if a server is another vCenter than this one that is configured. A vCenter's own id is one of a kind. That of an
/// ESXi host is its hardware's, which makers leave alike on many boards: it is the same host only if a network card is
/// the same, too.
pub(crate) async fn is_no_other(
    tx: &mut DbConnection,
    (uuid, host_macs): (Option<&str>, Option<&[String]>),
    own: &VcenterId,
    attempt: Attempt<'_>,
) -> Result<(), Error> {
    let Some(uuid) = uuid else { return Ok(()) };
    let others = sqlx::query(
        "SELECT name, host_macs FROM vcenters WHERE instance_uuid = $1 AND id <> $2 AND removed_at IS NULL \
         ORDER BY name_key",
    )
    .bind(uuid)
    .bind(own.as_str())
    .fetch_all(tx)
    .await
    .during(attempt)?;
    for other in &others {
        let is_same = match (host_macs, macs(other)) {
            (None, None) => true,
            (Some(ours), Some(theirs)) => !is_junk(uuid) && ours.iter().any(|mac| theirs.contains(mac)),
            _ => false,
        };
        if is_same {
            let name = other.try_get("name").unwrap_or_else(|_| row::shown(other, "name"));
            return Err(Error::SameVcenter { name });
        }
    }
    Ok(())
}

/// Whether a hardware UUID is one that a maker forgot to fill in, and so says nothing about which machine it is.
fn is_junk(uuid: &str) -> bool {
    /// Boards of many makers came with these. Source: device-management-toolkit/rpc-go issue 1037; vendor documents.
    const COPIED: [&str; 2] =
        ["03000200-0400-0500-0006-000700080009", "92384634-2938-2342-8820-489239905423"];
    let digits = || uuid.chars().filter(char::is_ascii_hexdigit);
    let is_uuid = uuid.trim().len() == 36 && digits().count() == 32;
    let first = digits().next();
    let is_one_digit = matches!(first, Some('0' | 'f' | 'F')) && digits().all(|digit| Some(digit) == first);
    !is_uuid || is_one_digit || COPIED.contains(&uuid.trim().to_lowercase().as_str())
}

/// The MAC addresses that are known of a host. Unreadable ones are unknown, which only makes it be taken for another one.
pub(crate) fn macs(row: &DbRow) -> Option<Vec<String>> {
    let column = row.try_get::<Option<&str>, _>("host_macs");
    row::or_unset("the MACs of a host", column.and_then(|macs| macs.map(row::from_json).transpose()))
}

/// The MAC addresses as they stand in their column.
pub(crate) fn macs_column(identity: &Identity) -> Result<Option<String>, sqlx::Error> {
    identity.host_macs.as_ref().map(row::json).transpose()
}
