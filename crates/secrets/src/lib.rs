//! Where passwords come from: the session's memory, a helper that prints one, systemd's credentials folder, the operating
//! system's keychain.
//! Never writes a password to a file, never shows one in `Debug`, errors or logs, and never unlocks a keychain
//! unless a user asked for it.
//!
//! A password is looked for in memory first (a user just gave it). Then the helper prints it, where the credential names
//! one, and nothing else is asked; else it is looked for in the folder, then in the keychain.
//! The keychain is talked to by a thread of its own and is given 3 s for an answer; an unlocking user 60 s.

mod error;
mod fingerprint;
mod folder;
mod helper;
mod input;
mod keychain;
mod quoting;

use std::collections::HashMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub use error::{Error, Unfit, Unusable};
pub use fingerprint::fingerprint;
pub use helper::Helper;
pub use input::{LONGEST_PASSWORD, is_utf16, read_password_from, read_password_from_stdin, typed_password};
pub use quoting::quotes;
pub use secrecy::{ExposeSecret, SecretString};

use keychain::{Answer, Entry, Fault, Job, Keychain};

/// What [`Secrets`] may use, decided by `main`.
#[derive(Debug, Clone)]
pub struct Options {
    /// The database's id: two databases never see each other's keychain entries.
    pub database_id: String,
    /// `$CREDENTIALS_DIRECTORY`, systemd's convention: one file per password, named after the credential.
    pub credentials_dir: Option<PathBuf>,
    /// `false`: the keychain is never touched, as if the system had none.
    pub keychain: bool,
}

/// The credential a password belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CredentialKey {
    /// Names the entry in the keychain, so that renaming a credential keeps its password.
    pub id: String,
    /// Names the file in the credentials folder, and labels the keychain entry for people.
    pub name: String,
    /// Prints the password, where somebody named one for it: neither folder nor keychain is asked then.
    pub helper: Option<Helper>,
}

/// Where a password came from, or is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Place {
    /// A file of the credentials folder.
    File,
    /// The operating system's keychain.
    Keychain,
    /// Printed by a helper, once for each login.
    Helper,
    /// This process's memory, until it ends.
    Memory,
}

/// An entry of the keychain, in this database's own part of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// The credential it was stored for.
    pub credential_id: String,
    /// What people see in their keychain; others can change it.
    pub label: String,
}

/// Whether a locked keychain may show its password prompt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Unlock {
    /// Background work: a locked keychain is [`Error::KeychainLocked`].
    Never,
    /// A user's own action: prompts, and waits up to 60 s.
    Ask,
}

/// What `doctor` says about the keychain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeychainState {
    /// Answers, and is unlocked.
    Ready,
    /// Answers, and waits for a user to unlock it.
    Locked,
    /// Passwords can only be held in memory.
    Absent {
        /// Why, for people.
        reason: String,
    },
    /// Did not answer within 3 s.
    TimedOut,
}

/// Finds, stores and forgets passwords. Clones share one memory and one keychain thread.
#[derive(Clone)]
pub struct Secrets {
    shared: Arc<Shared>,
}

struct Shared {
    options: Options,
    held: Mutex<HashMap<String, SecretString>>,
    keychain: Keychain,
}

impl Secrets {
    /// Starts nothing and touches nothing: the keychain's thread starts with the first question to it.
    pub fn new(options: Options) -> Self {
        let keychain = Keychain::new(options.keychain);
        Self { shared: Arc::new(Shared { options, held: Mutex::default(), keychain }) }
    }

    /// The password of a credential: from memory, else from its helper if it names one, else from the credentials folder,
    /// else from the keychain.
    ///
    /// `Ok(None)` when it is in none of them, or there is no keychain; [`Secrets::state`] tells which.
    pub async fn find(
        &self,
        credential: &CredentialKey,
        unlock: Unlock,
    ) -> Result<Option<(SecretString, Place)>, Error> {
        if let Some(password) = self.held().get(&credential.id).cloned() {
            return Ok(Some((password, Place::Memory)));
        }
        self.find_stored(credential, unlock).await
    }

    /// The same without what is only held in memory: what any other process would find.
    pub async fn find_stored(
        &self,
        credential: &CredentialKey,
        unlock: Unlock,
    ) -> Result<Option<(SecretString, Place)>, Error> {
        if let Some(helper) = &credential.helper {
            return Ok(Some((helper.print().await?, Place::Helper)));
        }
        if let Some(dir) = &self.shared.options.credentials_dir
            && let Some(password) = folder::read(dir, &credential.name).await?
        {
            return Ok(Some((password, Place::File)));
        }
        match self.shared.keychain.ask(Job::Find(self.entry(credential)), unlock).await {
            Ok(Answer::Password(password)) => Ok(Some((password, Place::Keychain))),
            Ok(_) | Err(Fault::Absent(_)) => Ok(None),
            Err(fault) => Err(Error::from_keychain("reading a password from", fault)),
        }
    }

    /// Stores a password in the keychain, replacing the credential's former one. Where there is no keychain it is
    /// held in memory and the answer is [`Place::Memory`], for the caller to say so.
    ///
    /// After [`Error::KeychainTimedOut`] the keychain may hold the old password or the new one.
    pub async fn store(
        &self,
        credential: &CredentialKey,
        password: &SecretString,
        unlock: Unlock,
    ) -> Result<Place, Error> {
        let job = Job::Store(self.entry(credential), password.clone());
        match self.shared.keychain.ask(job, unlock).await {
            Ok(_) => {
                // A password held from before would win over the one just stored.
                self.held().remove(&credential.id);
                Ok(Place::Keychain)
            }
            Err(Fault::Absent(_)) => {
                self.hold(credential, password.clone());
                Ok(Place::Memory)
            }
            Err(fault) => Err(Error::from_keychain("storing a password in", fault)),
        }
    }

    /// Keeps a password in memory until this process ends or forgets it.
    pub fn hold(&self, credential: &CredentialKey, password: SecretString) {
        self.held().insert(credential.id.clone(), password);
    }

    /// Whether a password is held in memory, where it comes before all others.
    pub fn is_held(&self, credential: &CredentialKey) -> bool {
        self.held().contains_key(&credential.id)
    }

    /// Removes a credential's password from memory and from the keychain; answers whether there is a keychain, which then
    /// has it no longer. A file of the credentials folder is its administrator's and stays.
    pub async fn forget(&self, credential: &CredentialKey, unlock: Unlock) -> Result<bool, Error> {
        self.held().remove(&credential.id);
        self.erase(&credential.id, unlock).await
    }

    /// The same for what is in the keychain alone, by the credential's id.
    pub async fn erase(&self, credential_id: &str, unlock: Unlock) -> Result<bool, Error> {
        let entry = Entry { user: self.user(credential_id), label: String::new() };
        match self.shared.keychain.ask(Job::Forget(entry), unlock).await {
            Ok(_) => Ok(true),
            Err(Fault::Absent(_)) => Ok(false),
            Err(fault) => Err(Error::from_keychain("removing a password from", fault)),
        }
    }

    /// What the keychain holds for this database, without reading a password; nothing where there is no keychain.
    ///
    /// [`Error::KeychainLocked`] where a part of it is locked, which may hold more; [`Error::NotListed`] where the system
    /// doesn't tell.
    pub async fn stored(&self, unlock: Unlock) -> Result<Vec<Stored>, Error> {
        match self.shared.keychain.ask(Job::List(self.user("")), unlock).await {
            Ok(Answer::Entries(entries)) => entries.ok_or(Error::NotListed),
            Ok(_) | Err(Fault::Absent(_)) => Ok(Vec::new()),
            Err(fault) => Err(Error::from_keychain("listing the entries of", fault)),
        }
    }

    /// How the keychain is. Never prompts.
    pub async fn state(&self) -> KeychainState {
        match self.shared.keychain.ask(Job::State, Unlock::Never).await {
            Ok(_) => KeychainState::Ready,
            Err(Fault::Locked) => KeychainState::Locked,
            Err(Fault::TimedOut) => KeychainState::TimedOut,
            Err(Fault::Absent(reason) | Fault::Failed(reason)) => KeychainState::Absent { reason },
        }
    }

    /// Where a credential's password comes from: [`Place::Helper`], [`Place::File`], [`Place::Keychain`] or nowhere. What
    /// is only held in memory is not stored. Never prompts, reads no password, and runs no helper.
    ///
    /// [`Error::KeychainLocked`] only where a locked keychain does not show what it holds.
    pub async fn is_stored(&self, credential: &CredentialKey) -> Result<Option<Place>, Error> {
        if credential.helper.is_some() {
            return Ok(Some(Place::Helper));
        }
        if self.is_in_folder(credential).await? {
            return Ok(Some(Place::File));
        }
        match self.shared.keychain.ask(Job::Look(self.entry(credential)), Unlock::Never).await {
            Ok(Answer::Nothing) | Err(Fault::Absent(_)) => Ok(None),
            Ok(_) => Ok(Some(Place::Keychain)),
            Err(fault) => Err(Error::from_keychain("looking for a password in", fault)),
        }
    }

    /// Whether the credentials folder has a credential's password; asks no keychain.
    pub async fn is_in_folder(&self, credential: &CredentialKey) -> Result<bool, Error> {
        match &self.shared.options.credentials_dir {
            Some(dir) => folder::holds(dir, &credential.name).await,
            None => Ok(false),
        }
    }

    fn entry(&self, credential: &CredentialKey) -> Entry {
        Entry { user: self.user(&credential.id), label: format!("Muster: {}", credential.name) }
    }

    /// What an entry is known by in the keychain; without an id, what those of this database begin with.
    fn user(&self, credential_id: &str) -> String {
        format!("{}/{credential_id}", self.shared.options.database_id)
    }

    fn held(&self) -> MutexGuard<'_, HashMap<String, SecretString>> {
        self.shared.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secrets").field("options", &self.shared.options).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn without_keychain(credentials_dir: Option<PathBuf>) -> Secrets {
        Secrets::new(Options { database_id: "db-1".into(), credentials_dir, keychain: false })
    }

    fn lab() -> CredentialKey {
        CredentialKey { id: "c-1".into(), name: "lab".into(), helper: None }
    }

    async fn found(secrets: &Secrets) -> Option<(String, Place)> {
        let found = secrets.find(&lab(), Unlock::Never).await.unwrap();
        found.map(|(password, place)| (password.expose_secret().to_owned(), place))
    }

    #[tokio::test]
    async fn without_a_keychain_a_stored_password_is_held_in_memory_and_said_so() {
        let secrets = without_keychain(None);
        assert_eq!(found(&secrets).await, None);
        let place = secrets.store(&lab(), &"s3cret".into(), Unlock::Ask).await.unwrap();
        assert_eq!(place, Place::Memory);
        assert_eq!(found(&secrets.clone()).await, Some(("s3cret".into(), Place::Memory)));
        assert_eq!(secrets.is_stored(&lab()).await.unwrap(), None);
        assert!(matches!(secrets.state().await, KeychainState::Absent { .. }));
        assert!(!secrets.forget(&lab(), Unlock::Ask).await.unwrap(), "no keychain has said that it is gone");
        assert_eq!(found(&secrets).await, None);
        assert_eq!(secrets.stored(Unlock::Never).await.unwrap(), []);
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn a_helper_comes_before_the_folder_and_after_memory_and_is_run_by_no_look() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("lab"), "from the file").unwrap();
        let secrets = without_keychain(Some(dir.path().to_owned()));
        let runs = dir.path().join("runs");
        let program =
            helper::tests::script(dir.path(), &format!("echo once >> {}; echo printed", runs.display()));
        let key = CredentialKey { helper: Some(program), ..lab() };
        assert_eq!(secrets.is_stored(&key).await.unwrap(), Some(Place::Helper));
        assert!(!runs.exists());
        let (password, place) = secrets.find(&key, Unlock::Never).await.unwrap().unwrap();
        assert_eq!((password.expose_secret(), place), ("printed", Place::Helper));
        assert!(!secrets.is_held(&key), "nobody keeps it");
        secrets.hold(&key, "just typed".into());
        let (password, place) = secrets.find(&key, Unlock::Never).await.unwrap().unwrap();
        assert_eq!((password.expose_secret(), place), ("just typed", Place::Memory));
        assert_eq!(std::fs::read_to_string(runs).unwrap(), "once\n");
    }

    #[tokio::test]
    async fn memory_wins_over_the_folder() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("lab"), "from the file\n").unwrap();
        let secrets = without_keychain(Some(dir.path().to_owned()));
        assert_eq!(found(&secrets).await, Some(("from the file".into(), Place::File)));
        assert_eq!(secrets.is_stored(&lab()).await.unwrap(), Some(Place::File));
        secrets.hold(&lab(), "just typed".into());
        assert_eq!(found(&secrets).await, Some(("just typed".into(), Place::Memory)));
        secrets.forget(&lab(), Unlock::Never).await.unwrap();
        assert_eq!(found(&secrets).await, Some(("from the file".into(), Place::File)));
    }

    #[tokio::test]
    async fn a_held_password_shows_in_no_debug_output() {
        let secrets = without_keychain(None);
        secrets.hold(&lab(), "s3cret".into());
        let found = secrets.find(&lab(), Unlock::Never).await;
        assert!(!format!("{secrets:?} {found:?}").contains("s3cret"));
    }
}
