//! How a credential stands with the vCenters that share it: which password works, which was rejected, and whom that binds.
//! Refuses passwords: sixteen bits of each are kept, to tell another one from it.

mod answers;

pub(crate) use answers::set_user;

use crate::Store;
use crate::credentials::not_found;
use crate::engine::{DbConnection, DbRow};
use crate::error::{During, Error};
use crate::row;
use contract::{CredentialId, Rejection, Time, VcenterId};
use sqlx::Row;

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
    /// The name of the vCenter that said so, as far as it is known and still there.
    pub by: Option<String>,
}

/// What a vCenter last said to a login with one password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Which one.
    pub vcenter: VcenterId,
    /// Its name.
    pub name: String,
    /// Sixteen bits of the password; `None` where the account is locked.
    pub fingerprint: Option<u16>,
    /// Why it was rejected, if it was.
    pub rejected: Option<Rejected>,
}

/// What is known of the passwords of a credential.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// Another user or password has another one.
    pub edition: i64,
    /// The last rejection that binds every vCenter, if nothing has lifted it since.
    pub last: Option<Rejected>,
    /// Sixteen bits of each of the last few passwords that were rejected like that, whatever others worked since.
    pub fingerprints: Vec<u16>,
    /// Sixteen bits of the password that worked somewhere, and was rejected by no more than one vCenter since.
    pub proven: Option<u16>,
    /// The id of that one, if there is one; empty for one that isn't configured.
    pub doubted_by: Option<String>,
    /// What each vCenter that uses the credential said, the newest first.
    pub answers: Vec<Answer>,
}

impl Standing {
    /// Whether no vCenter is known to have rejected anything.
    pub fn is_clean(&self) -> bool {
        let is_rejected = |answer: &Answer| answer.rejected.is_some();
        self.last.is_none() && self.fingerprints.is_empty() && !self.answers.iter().any(is_rejected)
    }

    /// Whether this password worked somewhere, and nobody has rejected it since.
    pub fn is_proven(&self, fingerprint: u16) -> bool {
        self.proven == Some(fingerprint) && self.doubted_by.is_none()
    }

    /// The vCenter that let this password in last, but for this one.
    pub fn works_on(&self, fingerprint: u16, but: Option<&VcenterId>) -> Option<&str> {
        let mut accepted = self.answers.iter().filter(|answer| answer.rejected.is_none());
        let elsewhere = |answer: &&Answer| {
            answer.fingerprint == Some(fingerprint) && but.is_none_or(|but| answer.vcenter != *but)
        };
        accepted.find(elsewhere).map(|answer| answer.name.as_str())
    }

    /// What this vCenter rejected.
    pub fn rejected_at<'a>(&'a self, vcenter: &'a VcenterId) -> impl Iterator<Item = &'a Rejected> {
        let here = self.answers.iter().filter(move |answer| answer.vcenter == *vcenter);
        here.filter_map(|answer| answer.rejected.as_ref())
    }

    /// The same, or it is the one that this was sent to who rejected it before: it says nothing new about the others.
    fn is_proven_but_by(&self, sent: &Sent<'_>) -> bool {
        self.proven == Some(sent.fingerprint) && self.doubted_by.as_deref().is_none_or(|by| by == sent.to())
    }

    /// Whether everything that a successful login says is known already.
    fn knows_accepted(&self, sent: &Sent<'_>) -> bool {
        let is_it = |answer: &Answer| {
            answer.rejected.is_none()
                && answer.fingerprint == Some(sent.fingerprint)
                && sent.vcenter == Some(&answer.vcenter)
        };
        self.is_proven(sent.fingerprint)
            && (sent.vcenter.is_none() || self.answers.iter().any(is_it))
            && !self.rejects(sent)
    }

    /// Whether a rejection of this password is remembered, or one of whatever password at this vCenter.
    fn rejects(&self, sent: &Sent<'_>) -> bool {
        let mut here = sent.vcenter.into_iter().flat_map(|vcenter| self.rejected_at(vcenter));
        self.fingerprints.contains(&sent.fingerprint)
            || here.any(|one| one.fingerprint.is_none_or(|one| one == sent.fingerprint))
    }
}

/// A login as it was sent.
#[derive(Clone, Copy, Debug)]
pub struct Sent<'a> {
    /// To which vCenter, if it is configured.
    pub vcenter: Option<&'a VcenterId>,
    /// The edition of the credential.
    pub edition: i64,
    /// Sixteen bits of the password.
    pub fingerprint: u16,
}

impl Sent<'_> {
    fn to(&self) -> &str {
        self.vcenter.map_or("", VcenterId::as_str)
    }
}

/// What the answer to a login means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Noted {
    /// Nothing: another user or password was set since it was sent.
    Stale,
    /// The password works.
    Works {
        /// Whether a rejection was lifted.
        lifted: bool,
    },
    /// It was rejected there alone: it works on another vCenter.
    RejectedThere {
        /// The name of that one.
        works_on: String,
    },
    /// It was rejected for every vCenter.
    Rejected,
}

impl Store {
    /// What is known of the passwords of a credential.
    pub async fn standing(&self, id: &CredentialId) -> Result<Standing, Error> {
        let attempt = self.attempt_on("reading the rejections of credential", id.as_str());
        let mut tx = self.engine().read(attempt).await?;
        standing(&mut tx, id).await.during(attempt)?.ok_or_else(|| not_found(id))
    }

    /// The key under which sixteen bits of a password are made: random, and made up once for each database.
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
}

async fn standing(tx: &mut DbConnection, id: &CredentialId) -> Result<Option<Standing>, sqlx::Error> {
    const READ: &str = "SELECT c.*, v.name AS by_name FROM credentials c LEFT JOIN vcenters v ON v.id = c.rejected_by \
                        AND v.removed_at IS NULL \
                        WHERE c.id = $1";
    const ANSWERS: &str = "SELECT a.*, v.name FROM login_answers a JOIN vcenters v \
                           ON v.id = a.vcenter_id AND v.credential_id = a.credential_id \
                           WHERE a.credential_id = $1 AND v.removed_at IS NULL ORDER BY a.at DESC, v.name_key";
    let Some(row) = sqlx::query(READ).bind(id.as_str()).fetch_optional(&mut *tx).await? else {
        return Ok(None);
    };
    let by: Option<String> = row.try_get("by_name").unwrap_or_else(|_| Some(row::shown(&row, "by_name")));
    let answers = sqlx::query(ANSWERS).bind(id.as_str()).fetch_all(tx).await?;
    let proven: Option<i64> = row.try_get("proven")?;
    Ok(Some(Standing {
        edition: row.try_get("edition")?,
        last: rejected(&row)?.map(|last| Rejected { by, ..last }),
        fingerprints: fingerprints(&row)?,
        proven: proven.and_then(|bits| u16::try_from(bits).ok()),
        doubted_by: row.try_get("doubted_by")?,
        answers: answers.iter().map(answer).collect::<Result<_, _>>()?,
    }))
}

fn answer(row: &DbRow) -> Result<Answer, sqlx::Error> {
    // A name that can't be read is no reason to try a password again.
    let name: String = row.try_get("name").unwrap_or_else(|_| row::shown(row, "name"));
    let fingerprint = u16::try_from(row.try_get::<i64, _>("fingerprint")?).ok();
    let because: Option<String> = row.try_get("rejected_because")?;
    let rejected = match because {
        Some(because) => Some(Rejected {
            at: Time(row.try_get("at")?),
            because: row::from_word(because)?,
            message: row.try_get("rejected_message")?,
            fingerprint,
            is_typed: false,
            by: Some(name.clone()),
        }),
        None => None,
    };
    Ok(Answer { vcenter: VcenterId(row.try_get("vcenter_id")?), name, fingerprint, rejected })
}

/// The rejected passwords that are remembered, the newest last.
fn fingerprints(row: &DbRow) -> Result<Vec<u16>, sqlx::Error> {
    let list: String = row.try_get("rejected_fingerprints")?;
    serde_json::from_str(&list).map_err(|error| sqlx::Error::Decode(error.into()))
}

/// The last rejection of a credential, without who it was.
pub(crate) fn rejected(row: &DbRow) -> Result<Option<Rejected>, sqlx::Error> {
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
        by: None,
    }))
}
