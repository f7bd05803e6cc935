//! What a vCenter said of itself, and how the last contact went.
//! Refuses to know one vCenter under two names.

use crate::Store;
use crate::changes::Topic;
use crate::engine::DbConnection;
use crate::error::{Attempt, During, Error};
use crate::{row, vcenters};
use contract::{Time, VcenterId, VcenterState};

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
    /// about.name.
    pub product: String,
    /// about.version.
    pub version: String,
    /// about.build.
    pub build: String,
}

impl Store {
    /// Notes what a vCenter says of itself. An instance UUID that is known stays where the server tells none.
    pub async fn identify(&self, id: &VcenterId, identity: Identity) -> Result<(), Error> {
        let attempt = Attempt::on("noting the identity of vCenter", id.as_str());
        let mut tx = self.engine().write(attempt).await?;
        if let Some(uuid) = &identity.instance_uuid {
            is_no_other(&mut tx, uuid, id, attempt).await?;
        }
        let updated = sqlx::query(
            "UPDATE vcenters SET instance_uuid = COALESCE($1, instance_uuid), product = $2, version = $3, \
             build = $4 WHERE id = $5",
        )
        .bind(&identity.instance_uuid)
        .bind(&identity.product)
        .bind(&identity.version)
        .bind(&identity.build)
        .bind(id.as_str())
        .execute(&mut *tx)
        .await
        .during(attempt)?;
        vcenters::exists(updated.rows_affected(), id)?;
        self.note(&mut tx, Topic::Vcenters, id.as_str()).await.during(attempt)?;
        tx.commit().await.during(attempt)
    }

    /// Notes how a contact went; `NeverSynced` forgets what was noted.
    pub async fn set_contact(&self, id: &VcenterId, state: VcenterState, at: Time) -> Result<(), Error> {
        let attempt = Attempt::on("noting the state of vCenter", id.as_str());
        let mut tx = self.engine().write(attempt).await?;
        let contact = (state != VcenterState::NeverSynced).then_some(Contact { state, at });
        vcenters::exists(write_contact(&mut tx, id, contact).await.during(attempt)?, id)?;
        self.note(&mut tx, Topic::Vcenters, id.as_str()).await.during(attempt)?;
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

/// Fails if another vCenter than this one has the instance UUID.
pub(crate) async fn is_no_other(
    tx: &mut DbConnection,
    uuid: &str,
    own: &VcenterId,
    attempt: Attempt<'_>,
) -> Result<(), Error> {
    let same: Option<String> =
        sqlx::query_scalar("SELECT name FROM vcenters WHERE instance_uuid = $1 AND id <> $2")
            .bind(uuid)
            .bind(own.as_str())
            .fetch_optional(tx)
            .await
            .during(attempt)?;
    same.map_or(Ok(()), |name| Err(Error::SameVcenter { name }))
}
