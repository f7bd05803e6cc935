//! Linux's keychain: the default collection of the Secret Service (GNOME Keyring, KWallet, KeePassXC), over D-Bus.
//! Prompts for nothing but [`Job::Unlock`]: everything else first asks whether the collection is locked.
//!
//! Not through crate keyring, which unlocks inside every search, and keeps its first connection for the life of the
//! process, so that a bus that hung once would hang every thread after it. The attributes are keyring's, though:
//! `service` and `username`.

use std::collections::HashMap;

use secrecy::{ExposeSecret, SecretString};
use secret_service::{Collection, EncryptionType, Error as Refusal, Item, SecretService};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use zeroize::Zeroizing;

use super::{Answer, Entry, Fault, Job, QUEUE, Request, SERVICE};

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
        Job::State | Job::Unlock | Job::Look(_) | Job::Forget(_) => EncryptionType::Plain,
    };
    // One connection per question: the keychain may be restarted between two.
    let service =
        SecretService::connect(encryption).await.map_err(|error| Fault::Absent(error.to_string()))?;
    let collection = match service.get_default_collection().await {
        Err(Refusal::NoResult) => return Err(Fault::Absent("it has no default collection".into())),
        collection => collection?,
    };
    let locked = collection.is_locked().await?;
    match job {
        Job::Unlock => unlock(&collection).await,
        Job::Look(entry) => look(&collection, &entry, locked).await,
        _ if locked => Err(Fault::Locked),
        Job::State => Ok(Answer::Done),
        Job::Find(entry) => find(&collection, &entry).await,
        Job::Store(entry, password) => store(&collection, &entry, &password).await,
        Job::Forget(entry) => forget(&collection, &entry).await,
    }
}

async fn unlock(collection: &Collection<'_>) -> Result<Answer, Fault> {
    collection.unlock().await?;
    // An unlock that needed no prompt and did nothing looks like one that worked.
    if collection.is_locked().await? { Err(Fault::Locked) } else { Ok(Answer::Done) }
}

async fn look(collection: &Collection<'_>, entry: &Entry, locked: bool) -> Result<Answer, Fault> {
    match items(collection, entry).await?.first() {
        Some(_) => Ok(Answer::Done),
        None if locked => Err(Fault::Locked),
        None => Ok(Answer::Nothing),
    }
}

async fn find(collection: &Collection<'_>, entry: &Entry) -> Result<Answer, Fault> {
    let items = items(collection, entry).await?;
    let Some(item) = items.first() else { return Ok(Answer::Nothing) };
    let bytes = Zeroizing::new(item.get_secret().await?);
    let text =
        std::str::from_utf8(&bytes).map_err(|_| Fault::Failed("the stored password is not UTF-8".into()))?;
    Ok(Answer::Password(SecretString::from(text)))
}

async fn store(collection: &Collection<'_>, entry: &Entry, password: &SecretString) -> Result<Answer, Fault> {
    let password = password.expose_secret().as_bytes();
    collection.create_item(&entry.label, attributes(entry), password, true, "text/plain").await?;
    Ok(Answer::Done)
}

async fn forget(collection: &Collection<'_>, entry: &Entry) -> Result<Answer, Fault> {
    for item in items(collection, entry).await? {
        match item.delete().await {
            Err(Refusal::NoResult) => {}
            outcome => outcome?,
        }
    }
    Ok(Answer::Done)
}

async fn items<'a>(collection: &'a Collection<'_>, entry: &Entry) -> Result<Vec<Item<'a>>, Fault> {
    Ok(collection.search_items(attributes(entry)).await?)
}

fn attributes(entry: &Entry) -> HashMap<&str, &str> {
    HashMap::from([("service", SERVICE), ("username", entry.user.as_str())])
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
