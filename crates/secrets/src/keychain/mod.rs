//! Asks the operating system's keychain, through a thread that may hang without anybody waiting for it.
//! Never blocks a caller past the limit, never uses Tokio's blocking pool, and is never joined: a process whose
//! keychain hangs still ends.

#[cfg(target_os = "linux")]
#[path = "secret_service.rs"]
mod system;
#[cfg(not(target_os = "linux"))]
#[path = "native.rs"]
mod system;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use secrecy::SecretString;
use tokio::sync::{mpsc, oneshot};

use crate::{Stored, Unlock};

/// Every entry of Muster, in the keychain's own terms.
const SERVICE: &str = "muster";
/// For an answer that needs no user.
const ANSWER: Duration = Duration::from_secs(3);
/// For a user to read the prompt and type a password.
const PROMPT: Duration = Duration::from_secs(60);
/// Questions a thread has not taken yet; more wait in their callers, within the limit.
const QUEUE: usize = 16;
/// Threads that hang for good. With this many a keychain is given up rather than fed another.
const MOST_THREADS: usize = 4;

/// What an entry is known by.
#[derive(Clone)]
pub(crate) struct Entry {
    /// `<database id>/<credential id>`.
    pub user: String,
    /// For people who look into their keychain. Not part of the entry's identity.
    #[cfg_attr(
        not(target_os = "linux"),
        expect(dead_code, reason = "the native stores write their own label")
    )]
    pub label: String,
}

/// A question to the keychain.
#[derive(Clone)]
pub(crate) enum Job {
    /// `Done`, `Locked` or `Absent`.
    State,
    /// Prompts for what keeps another question from its answer; `Done`, or `Locked` if the user declined.
    Unlock(Option<Entry>),
    /// `Password` or `Nothing`.
    Find(Entry),
    /// `Done` or `Nothing`, without reading the password.
    Look(Entry),
    /// `Done`.
    Store(Entry, SecretString),
    /// `Done`, whether or not there was an entry.
    Forget(Entry),
    /// `Entries` of users that begin like this, without reading the passwords.
    List(
        #[cfg_attr(not(target_os = "linux"), expect(dead_code, reason = "the native stores list nothing"))]
        String,
    ),
}

impl Job {
    /// The entry it is about, if it is about one.
    fn entry(&self) -> Option<&Entry> {
        match self {
            Job::Find(entry) | Job::Look(entry) | Job::Store(entry, _) | Job::Forget(entry) => Some(entry),
            Job::Unlock(entry) => entry.as_ref(),
            Job::State | Job::List(_) => None,
        }
    }
}

pub(crate) enum Answer {
    Done,
    Nothing,
    Password(SecretString),
    /// `None` from a keychain that doesn't tell what it holds.
    Entries(Option<Vec<Stored>>),
}

/// Why the keychain gave no answer. The texts come from errors' `Display` and hold no secret.
#[derive(Debug)]
pub(crate) enum Fault {
    Locked,
    TimedOut,
    Absent(String),
    Failed(String),
}

struct Request {
    job: Job,
    reply: oneshot::Sender<Result<Answer, Fault>>,
}

pub(crate) struct Keychain {
    enabled: bool,
    current: Mutex<Option<Worker>>,
    threads: Arc<AtomicUsize>,
    unlocking: tokio::sync::Mutex<()>,
}

#[derive(Clone)]
struct Worker {
    requests: mpsc::Sender<Request>,
}

impl Keychain {
    pub(crate) fn new(enabled: bool) -> Self {
        Self {
            enabled,
            current: Mutex::default(),
            threads: Arc::default(),
            unlocking: tokio::sync::Mutex::default(),
        }
    }

    /// Asks; if the keychain is locked and a user is there, has it unlocked and asks again.
    pub(crate) async fn ask(&self, job: Job, unlock: Unlock) -> Result<Answer, Fault> {
        if !self.enabled {
            return Err(Fault::Absent("it is switched off".into()));
        }
        let limit = match unlock {
            Unlock::Never => ANSWER,
            // Elsewhere there is no separate question for unlocking: any answer may need the user first.
            Unlock::Ask if cfg!(target_os = "linux") => ANSWER,
            Unlock::Ask => PROMPT,
        };
        match self.request(job.clone(), limit).await {
            Err(Fault::Locked) if unlock == Unlock::Ask => {}
            outcome => return outcome,
        }
        // Whoever waited here for somebody else's prompt need not show a second one.
        let _one_prompt = self.unlocking.lock().await;
        match self.request(job.clone(), limit).await {
            Err(Fault::Locked) => {
                self.request(Job::Unlock(job.entry().cloned()), PROMPT).await?;
                self.request(job, limit).await
            }
            outcome => outcome,
        }
    }

    async fn request(&self, job: Job, limit: Duration) -> Result<Answer, Fault> {
        let worker = self.worker()?;
        let (reply, answer) = oneshot::channel();
        let asked = async {
            worker.requests.send(Request { job, reply }).await.ok()?;
            answer.await.ok()
        };
        match tokio::time::timeout(limit, asked).await {
            Ok(Some(outcome)) => outcome,
            Ok(None) => Err(Fault::Failed("the thread that talks to it ended".into())),
            Err(_) => {
                tracing::warn!(limit_s = limit.as_secs(), "the keychain did not respond in time");
                self.abandon(&worker);
                Err(Fault::TimedOut)
            }
        }
    }

    /// The thread in service, started when there is none.
    fn worker(&self) -> Result<Worker, Fault> {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(worker) = current.as_ref()
            && !worker.requests.is_closed()
        {
            return Ok(worker.clone());
        }
        if self.threads.load(Ordering::Relaxed) >= MOST_THREADS {
            return Err(Fault::TimedOut);
        }
        let worker = Worker::start(self.threads.clone()).map_err(|error| {
            Fault::Failed(format!("starting the thread that talks to it failed: {error}"))
        })?;
        *current = Some(worker.clone());
        Ok(worker)
    }

    /// Takes a thread out of service. It ends by itself once its open questions are answered or given up, if ever.
    fn abandon(&self, worker: &Worker) {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        // Several callers may time out on one thread: only the first may take it out, never its replacement.
        if current.as_ref().is_some_and(|current| current.requests.same_channel(&worker.requests)) {
            *current = None;
        }
    }
}

impl Worker {
    fn start(threads: Arc<AtomicUsize>) -> std::io::Result<Self> {
        let (requests, queue) = mpsc::channel(QUEUE);
        let counted = Counted::new(threads);
        std::thread::Builder::new().name("keychain".into()).spawn(move || {
            let _counted = counted;
            system::serve(queue);
        })?;
        Ok(Self { requests })
    }
}

/// One live thread, uncounted even when it panics.
struct Counted(Arc<AtomicUsize>);

impl Counted {
    fn new(threads: Arc<AtomicUsize>) -> Self {
        threads.fetch_add(1, Ordering::Relaxed);
        Self(threads)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
