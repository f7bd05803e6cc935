//! The keychains of macOS and Windows, through crate keyring.
//! Asks no question about locks: these systems unlock with the login, and show their own prompt where they need one.

use keyring::v1::{Entry as Stored, Error as Refusal};
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::mpsc;
use zeroize::Zeroizing;

use super::{Answer, Entry, Fault, Job, Request, SERVICE};

/// Answers one question after the other until nobody can ask any more.
pub(super) fn serve(mut requests: mpsc::Receiver<Request>) {
    while let Some(Request { job, reply }) = requests.blocking_recv() {
        if reply.is_closed() {
            continue;
        }
        // A caller that gave up in the meantime needs no answer.
        let _ = reply.send(perform(job));
    }
}

fn perform(job: Job) -> Result<Answer, Fault> {
    match job {
        Job::State | Job::Unlock(_) => match Stored::store_status() {
            Ok(()) => Ok(Answer::Done),
            Err(refusal) => Err(Fault::Absent(refusal.to_string())),
        },
        Job::Find(entry) => match stored(&entry)?.get_password().map(Zeroizing::new) {
            Ok(password) => Ok(Answer::Password(SecretString::from(password.as_str()))),
            Err(Refusal::NoEntry) => Ok(Answer::Nothing),
            Err(refusal) => Err(refusal.into()),
        },
        Job::Look(entry) => match stored(&entry)?.inner.get_attributes() {
            Ok(_) => Ok(Answer::Done),
            Err(Refusal::NoEntry) => Ok(Answer::Nothing),
            Err(refusal) => Err(refusal.into()),
        },
        Job::Store(entry, password) => {
            stored(&entry)?.set_password(password.expose_secret())?;
            Ok(Answer::Done)
        }
        Job::Forget(entry) => match stored(&entry)?.delete_credential() {
            Ok(()) | Err(Refusal::NoEntry) => Ok(Answer::Done),
            Err(refusal) => Err(refusal.into()),
        },
        Job::List(_) => Ok(Answer::Entries(None)),
    }
}

fn stored(entry: &Entry) -> Result<Stored, Fault> {
    Ok(Stored::new(SERVICE, &entry.user)?)
}

impl From<Refusal> for Fault {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::NoDefaultStore => Self::Absent(refusal.to_string()),
            Refusal::NoStorageAccess(_) => Self::Locked,
            // Not `BadDataFormat`'s own text: it shows an error that may hold the data.
            Refusal::BadEncoding(_) | Refusal::BadDataFormat(..) => {
                Self::Failed("the stored password is not text".into())
            }
            other => Self::Failed(other.to_string()),
        }
    }
}
