//! Linux's keychain: the Secret Service (GNOME Keyring, KWallet, KeePassXC), over D-Bus. New entries go into its default
//! collection; people may move them into another one, so they are looked for in all of them.
//! Prompts for nothing but [`Job::Unlock`]: what is locked is left alone.
//!
//! Not through crate keyring, which unlocks inside every search, and keeps its first connection for the life of the
//! process, so that a bus that hung once would hang every thread after it. The attributes are keyring's, though:
//! `service` and `username`.

use std::collections::HashMap;

use secrecy::{ExposeSecret, SecretString};
use secret_service::{Collection, EncryptionType, Error as Refusal, Item, SearchItemsResult, SecretService};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use zeroize::Zeroizing;

use super::{Answer, Entry, Fault, Job, QUEUE, Request, SERVICE};
use crate::Stored;

const CONTENT: &str = "text/plain";

/// Answers until nobody can ask any more. Questions run side by side, so that a prompt somebody is looking at keeps
/// nobody else waiting.
pub(super) fn serve(mut requests: mpsc::Receiver<Request>) {
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else {
        return; // The callers see their question dropped.
    };
    runtime.block_on(async move {
        let mut open = JoinSet::new();
        loop {
            tokio::select! {
                Some(_) = open.join_next() => {}
                request = requests.recv(), if open.len() < QUEUE => match request {
                    Some(request) => drop(open.spawn(answer(request))),
                    None => break,
                },
            }
        }
        while open.join_next().await.is_some() {}
    });
}

async fn answer(Request { job, mut reply }: Request) {
    let outcome = tokio::select! {
        // The caller has given up. Leaving the bus also takes down a prompt that is still shown.
        () = reply.closed() => return,
        outcome = perform(job) => outcome,
    };
    // A caller that gave up in the meantime needs no answer.
    let _ = reply.send(outcome);
}

async fn perform(job: Job) -> Result<Answer, Fault> {
    let encryption = match job {
        Job::Find(_) | Job::Store(..) => EncryptionType::Dh,
        Job::State | Job::Unlock(_) | Job::Look(_) | Job::Forget(_) | Job::List(_) => EncryptionType::Plain,
    };
    // One connection per question: the keychain may be restarted between two.
    let service =
        SecretService::connect(encryption).await.map_err(|error| Fault::Absent(error.to_string()))?;
    match job {
        Job::State => unlocked(&service).await.map(|_| Answer::Done),
        Job::Unlock(entry) => unlock(&service, entry.as_ref()).await,
        Job::Find(entry) => find(&service, &entry).await,
        Job::Look(entry) => look(&service, &entry).await,
        Job::Store(entry, password) => store(&service, &entry, &password).await,
        Job::Forget(entry) => forget(&service, &entry).await,
        Job::List(beginning) => list(&service, &beginning).await,
    }
}

/// The collection that new entries go into.
async fn default<'a>(service: &'a SecretService<'_>) -> Result<Collection<'a>, Fault> {
    match service.get_default_collection().await {
        Err(Refusal::NoResult) => Err(Fault::Absent("it has no default collection".into())),
        collection => Ok(collection?),
    }
}

/// The same, unless it is locked.
async fn unlocked<'a>(service: &'a SecretService<'_>) -> Result<Collection<'a>, Fault> {
    let collection = default(service).await?;
    if collection.is_locked().await? { Err(Fault::Locked) } else { Ok(collection) }
}

/// Unlocks what an entry lies in: where that is not locked, or not known, the default collection.
async fn unlock(service: &SecretService<'_>, entry: Option<&Entry>) -> Result<Answer, Fault> {
    let locked = match entry {
        Some(entry) => items(service, &entry.user).await?.locked,
        None => Vec::new(),
    };
    // An unlock that needed no prompt and did nothing looks like one that worked.
    let is_locked = if let Some(item) = locked.first() {
        item.unlock().await?;
        item.is_locked().await?
    } else {
        let collection = default(service).await?;
        collection.unlock().await?;
        collection.is_locked().await?
    };
    if is_locked { Err(Fault::Locked) } else { Ok(Answer::Done) }
}

async fn look(service: &SecretService<'_>, entry: &Entry) -> Result<Answer, Fault> {
    let found = items(service, &entry.user).await?;
    if found.unlocked.is_empty() && found.locked.is_empty() {
        return unlocked(service).await.map(|_| Answer::Nothing);
    }
    Ok(Answer::Done)
}

async fn find(service: &SecretService<'_>, entry: &Entry) -> Result<Answer, Fault> {
    let found = items(service, &entry.user).await?;
    let Some(item) = found.unlocked.first() else { return none_of(service, &found).await };
    let bytes = Zeroizing::new(item.get_secret().await?);
    let text =
        std::str::from_utf8(&bytes).map_err(|_| Fault::Failed("the stored password is not UTF-8".into()))?;
    Ok(Answer::Password(SecretString::from(text)))
}

/// Replaces the password wherever the entry lies; a new one goes into the default collection.
async fn store(service: &SecretService<'_>, entry: &Entry, password: &SecretString) -> Result<Answer, Fault> {
    let password = password.expose_secret().as_bytes();
    let found = items(service, &entry.user).await?;
    if !found.locked.is_empty() {
        // What is left there would be found one day in the place of the new one.
        return Err(Fault::Locked);
    }
    for item in &found.unlocked {
        item.set_secret(password, CONTENT).await?;
        item.set_label(&entry.label).await?;
    }
    if found.unlocked.is_empty() {
        let collection = unlocked(service).await?;
        collection.create_item(&entry.label, attributes(&entry.user), password, true, CONTENT).await?;
    }
    Ok(Answer::Done)
}

async fn forget(service: &SecretService<'_>, entry: &Entry) -> Result<Answer, Fault> {
    let found = items(service, &entry.user).await?;
    for item in &found.unlocked {
        match item.delete().await {
            Err(Refusal::NoResult) => {}
            outcome => outcome?,
        }
    }
    if found.unlocked.is_empty() || !found.locked.is_empty() {
        none_of(service, &found).await?;
    }
    Ok(Answer::Done)
}

/// `Nothing`, unless something is locked: some services don't show what a locked collection holds.
async fn none_of(service: &SecretService<'_>, found: &Found<'_>) -> Result<Answer, Fault> {
    if !found.locked.is_empty() {
        return Err(Fault::Locked);
    }
    unlocked(service).await.map(|_| Answer::Nothing)
}

async fn list(service: &SecretService<'_>, beginning: &str) -> Result<Answer, Fault> {
    let found = service.search_items(HashMap::from([("service", SERVICE)])).await?;
    // What is locked may not show whose it is.
    none_of(service, &Found { unlocked: Vec::new(), locked: found.locked }).await?;
    let mut entries = Vec::new();
    for item in &found.unlocked {
        let attributes = item.get_attributes().await?;
        let id = attributes.get("username").and_then(|user| user.strip_prefix(beginning));
        if let Some(id) = id {
            entries.push(Stored { credential_id: id.to_owned(), label: item.get_label().await? });
        }
    }
    Ok(Answer::Entries(Some(entries)))
}

/// The entries of a user, in whichever collections they lie.
async fn items<'a>(service: &'a SecretService<'_>, user: &str) -> Result<Found<'a>, Fault> {
    Ok(service.search_items(attributes(user)).await?)
}

type Found<'a> = SearchItemsResult<Item<'a>>;

fn attributes(user: &str) -> HashMap<&str, &str> {
    HashMap::from([("service", SERVICE), ("username", user)])
}

impl From<Refusal> for Fault {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            // A dismissed prompt leaves the collection as it was: locked.
            Refusal::Locked | Refusal::Prompt => Self::Locked,
            Refusal::Unavailable => Self::Absent(refusal.to_string()),
            // Locked between our question and the answer.
            Refusal::Zbus(zbus::Error::MethodError(ref name, ..))
                if name.as_str() == "org.freedesktop.Secret.Error.IsLocked" =>
            {
                Self::Locked
            }
            other => Self::Failed(other.to_string()),
        }
    }
}
