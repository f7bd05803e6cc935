//! Entries of the keychain that no credential needs: found, removed when somebody asks for it, and erased by themselves where
//! a removal that is not undone or a helper made them needless.
//! Refuses to touch what is another database's, and to prompt for what nobody asked for.

use crate::events::Events;
use crate::{Caller, Clock, Service, explain};
use contract::command::Orphan;
use contract::{ApiError, AuditOutcome, Code, CredentialId, Event, Subject, Time, words};
use secrets::{Error, Secrets, Unlock};
use std::collections::HashSet;
use std::time::Duration;
use store::{Erasure, Store};
use tokio_util::sync::CancellationToken;

/// How often a keychain that didn't answer is asked again.
const AGAIN: Duration = Duration::from_secs(60);

/// Letters of an entry's label that are shown: whoever may write into the keychain may have changed it.
const LONGEST_LABEL: usize = 80;

/// What the keychain holds of this database that no credential needs.
pub(crate) struct Needless {
    /// Nobody knows why it is there.
    pub(crate) orphans: Vec<Orphan>,
    /// What is erased as soon as the keychain lets it.
    pub(crate) noted: Vec<Erasure>,
}

impl Service {
    /// Entries without a credential; may unlock the keychain.
    pub(crate) async fn orphans(&self) -> Result<Vec<Orphan>, ApiError> {
        let needless = self.needless(self.inner.unlock).await?;
        needless.map(|needless| needless.orphans).map_err(|error| match error {
            Error::NotListed => ApiError::new(Code::Failed, error.to_string())
                .next("Look for entries of the service \"muster\" in the system's own tool for passwords."),
            Error::KeychainLocked => ApiError::new(Code::KeychainLocked, error.to_string())
                .next("Unlock it by logging in to the desktop, then try again."),
            other => ApiError::new(Code::Failed, explain::chain(&other))
                .next("Check the keychain, then try again."),
        })
    }

    /// The same, and what is noted to be erased; never unlocks it unless told to.
    pub(crate) async fn needless(&self, unlock: Unlock) -> Result<Result<Needless, Error>, ApiError> {
        // Before and after the keychain is looked at: a credential is there before its password, and what is noted may be erased,
        // with its note, in between.
        let (mut has_reason, _) = self.reasons().await?;
        let stored = match self.inner.secrets.stored(unlock).await {
            Ok(stored) => stored,
            Err(error) => return Ok(Err(error)),
        };
        let (since, noted) = self.reasons().await?;
        has_reason.extend(since);
        let orphans = stored.into_iter().map(|entry| Orphan {
            credential: CredentialId(entry.credential_id),
            label: words::cut(&entry.label, LONGEST_LABEL),
        });
        let mut orphans: Vec<Orphan> =
            orphans.filter(|orphan| !has_reason.contains(&orphan.credential)).collect();
        orphans
            .sort_by(|one, other| (&one.label, &one.credential.0).cmp(&(&other.label, &other.credential.0)));
        Ok(Ok(Needless { orphans, noted }))
    }

    /// What an entry may be there for, credentials and what is noted of those that are gone; and those notes.
    async fn reasons(&self) -> Result<(HashSet<CredentialId>, Vec<Erasure>), ApiError> {
        let known = self.inner.store.credential_ids().await.map_err(explain::store)?;
        let noted = self.inner.store.erasures().await.map_err(explain::store)?;
        Ok((known.into_iter().chain(noted.iter().map(|one| one.credential_id.clone())).collect(), noted))
    }

    /// Removes these entries from the keychain, as far as they still have no credential; answers with those.
    pub(crate) async fn remove_orphans(&self, chosen: &[CredentialId]) -> Result<Vec<Orphan>, ApiError> {
        let mut orphans = self.orphans().await?;
        orphans.retain(|orphan| chosen.contains(&orphan.credential));
        for orphan in &orphans {
            let subject = Subject::credential(&orphan.credential).named(&orphan.label);
            self.tell_outside(&subject, AuditOutcome::Accepted, "to be removed").await;
            let erased = self.inner.secrets.erase(orphan.credential.as_str(), self.inner.unlock).await;
            let outcome = if erased.is_ok() { AuditOutcome::Done } else { AuditOutcome::Failed };
            self.tell_outside(&subject, outcome, if erased.is_ok() { "removed" } else { "not removed" })
                .await;
            erased.map_err(|error| {
                ApiError::new(Code::Failed, format!("\"{}\" was not removed: {error}", orphan.label))
                    .next("Unlock the keychain, then try again.")
            })?;
        }
        Ok(orphans)
    }
}

/// Removes what was hidden once it is too late to bring it back, and erases what is noted, at once and whenever something was
/// noted, until cancelled. A keychain that is locked or doesn't answer is asked again.
pub(crate) async fn erase(
    store: Store,
    secrets: Secrets,
    events: Events,
    now: Clock,
    closing: CancellationToken,
) {
    let work = async {
        let mut changes = events.subscribe();
        loop {
            let purge = store.purge_removed(now()).await.unwrap_or_else(|error| {
                tracing::warn!(%error, "what was removed could not be purged");
                Some(Time(now().0.saturating_add(AGAIN.as_millis() as i64)))
            });
            let is_done =
                erase_noted(&store.acting(&Caller::muster().act("erase_password", now())), &secrets).await;
            let told = async {
                while !matches!(changes.next().await, Some(Event::CredentialsChanged | Event::Lagged)) {}
            };
            let left =
                |at: Time| Duration::from_millis(u64::try_from(at.0.saturating_sub(now().0)).unwrap_or(0));
            match purge.map(left).into_iter().chain((!is_done).then_some(AGAIN)).min() {
                None => told.await,
                Some(wait) => drop(tokio::time::timeout(wait, told).await),
            }
        }
    };
    let _ = closing.run_until_cancelled(work).await;
}

/// Whether nothing is left to be erased.
async fn erase_noted(store: &Store, secrets: &Secrets) -> bool {
    let noted = match store.erasures().await {
        Ok(noted) => noted,
        Err(error) => {
            tracing::warn!(%error, "what is to be erased from the keychain could not be read");
            return false;
        }
    };
    let mut all = true;
    for erasure in noted {
        match erase_one(store, secrets, &erasure).await {
            Ok(true) => {}
            // Without a keychain in this session another one may have it.
            Ok(false) => all = false,
            Err(error) => {
                tracing::info!(
                    credential = erasure.name,
                    error,
                    "its password stays in the keychain for now"
                );
                all = false;
            }
        }
    }
    all
}

async fn erase_one(store: &Store, secrets: &Secrets, erasure: &Erasure) -> Result<bool, String> {
    let id = &erasure.credential_id;
    // Whoever stores a password for it has the lock, and takes the note back before.
    let _lock = store.login_lock(id).await.map_err(|error| error.to_string())?;
    let is_noted = store.erasures().await.map_err(|error| error.to_string())?.contains(erasure);
    if !is_noted {
        return Ok(true);
    }
    let erased = secrets.erase(id.as_str(), Unlock::Never).await.map_err(|error| error.to_string())?;
    if erased {
        store.set_erased(id).await.map_err(|error| error.to_string())?;
        tracing::info!(credential = erasure.name, "its password was removed from the keychain");
    }
    Ok(erased)
}
