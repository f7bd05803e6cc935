//! Which state of its inventory a vCenter is at, and what came since another one.
//! Refuses to make a later state out of one of another history, of one whose deletions are forgotten, and out of damaged rows:
//! then everything is read again.

use crate::Store;
use crate::aside::read_rows;
use crate::engine::Tx;
use crate::error::{During, Error};
use crate::inventory::{object_or_name, objects_of, read_ages, read_coverage};
use contract::{Delta, Kind, Moref, Revision, Time, VcenterId};
use sqlx::Row;

/// How long it is known what was deleted: whoever reads seldomer reads everything.
const TOMBSTONES: i64 = 7 * 86_400_000;

/// Tombstones that are dropped at once, at least: those of one revision go together.
const STEP: i64 = 500;

/// What came since a state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Since {
    /// Nothing: it is the state that the database has.
    Nothing,
    /// This.
    Delta(Box<Delta>),
    /// Nobody knows: everything has to be read.
    Unknown,
}

/// The state of a vCenter's inventory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct State {
    pub(crate) revision: Revision,
    /// Deletions of up to this revision are not known any more.
    pub(crate) forgotten: i64,
}

/// The state of a vCenter's inventory; `None` where there is no such vCenter. Numbers that can't be read are as if it had
/// never been published: the next publish counts anew, and readers take everything over.
pub(crate) async fn read(tx: &mut Tx, vcenter: &VcenterId) -> Result<Option<State>, sqlx::Error> {
    let row =
        sqlx::query("SELECT epoch, revision, forgotten FROM vcenters WHERE id = $1 AND removed_at IS NULL")
            .bind(vcenter.as_str())
            .fetch_optional(&mut **tx)
            .await?;
    Ok(row.map(|row| State {
        revision: Revision {
            epoch: row.try_get("epoch").ok().flatten().unwrap_or_default(),
            number: row.try_get("revision").unwrap_or_default(),
        },
        forgotten: row.try_get("forgotten").unwrap_or(i64::MAX),
    }))
}

/// Raises the revision of a vCenter; the first one begins its epoch.
pub(crate) async fn raise(tx: &mut Tx, vcenter: &VcenterId) -> Result<Revision, sqlx::Error> {
    const RAISE: &str = "UPDATE vcenters SET revision = revision + 1, epoch = COALESCE(epoch, $2) WHERE id = $1 \
                         RETURNING epoch, revision";
    let row = sqlx::query(RAISE)
        .bind(vcenter.as_str())
        .bind(uuid::Uuid::new_v4().to_string())
        .fetch_one(&mut **tx)
        .await?;
    // An epoch that can't be read is none, as it is for readers.
    Ok(Revision { epoch: row.try_get("epoch").unwrap_or_default(), number: row.try_get("revision")? })
}

/// Drops the oldest tombstones that are older than a week.
pub(crate) async fn forget(tx: &mut Tx, vcenter: &VcenterId, now: Time) -> Result<(), sqlx::Error> {
    const UNTIL: &str = "SELECT MAX(revision) FROM (SELECT revision FROM tombstones WHERE vcenter_id = $1 \
                         AND gone_at < $2 ORDER BY revision LIMIT $3) oldest";
    let until: Option<i64> = sqlx::query_scalar(UNTIL)
        .bind(vcenter.as_str())
        .bind(now.0.saturating_sub(TOMBSTONES))
        .bind(STEP)
        .fetch_one(&mut **tx)
        .await?;
    let Some(until) = until else { return Ok(()) };
    for sql in [
        "DELETE FROM tombstones WHERE vcenter_id = $1 AND revision <= $2",
        "UPDATE vcenters SET forgotten = $2 WHERE id = $1 AND forgotten < $2",
    ] {
        sqlx::query(sql).bind(vcenter.as_str()).bind(until).execute(&mut **tx).await?;
    }
    Ok(())
}

impl Store {
    /// What was published since a state, as of one moment.
    pub async fn since(&self, vcenter: &VcenterId, known: &Revision) -> Result<Since, Error> {
        let attempt = self.attempt_on("reading what is new in the inventory of vCenter", vcenter.as_str());
        let mut tx = self.engine().read(attempt).await?;
        let Some(State { revision, forgotten }) = read(&mut tx, vcenter).await.during(attempt)? else {
            return Ok(Since::Unknown);
        };
        if revision == *known {
            return Ok(Since::Nothing);
        }
        if !revision.is_after(known) || known.number < forgotten {
            return Ok(Since::Unknown);
        }
        let delta = delta(&mut tx, vcenter, known.number, revision).await.during(attempt)?;
        Ok(delta.map_or(Since::Unknown, |delta| Since::Delta(Box::new(delta))))
    }
}

/// What was published after a revision; `None` if a row of it is damaged.
async fn delta(
    tx: &mut Tx,
    vcenter: &VcenterId,
    after: i64,
    revision: Revision,
) -> Result<Option<Delta>, sqlx::Error> {
    let mut changed = objects_of(vcenter);
    changed.push(" AND revision > ").push_bind(after);
    let objects = read_rows(changed.build().fetch(&mut **tx), object_or_name).await?;
    let Ok(objects) = objects.into_iter().collect::<Result<Vec<_>, _>>() else { return Ok(None) };
    let tombstones =
        sqlx::query("SELECT kind, moref FROM tombstones WHERE vcenter_id = $1 AND revision > $2");
    let gone = read_rows(tombstones.bind(vcenter.as_str()).bind(after).fetch(&mut **tx), |row| {
        let (kind, moref) = (row.try_get::<&str, _>("kind").ok()?, row.try_get::<Moref, _>("moref").ok()?);
        Some((Kind::from_name(kind), moref))
    });
    let Some(gone) = gone.await?.into_iter().collect::<Option<Vec<_>>>() else { return Ok(None) };
    Ok(Some(Delta {
        revision,
        objects: objects.into_iter().flatten().collect(),
        gone: gone.into_iter().filter_map(|(kind, moref)| Some((kind?, moref))).collect(),
        coverage: read_coverage(tx, vcenter).await?,
        ages: read_ages(tx, vcenter).await?,
    }))
}
