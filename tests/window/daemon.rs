//! A notification daemon of the tests' own on a session bus: it keeps what it is to show, and clicks on it.
//! Refuses to show anything to anybody; a real daemon has a test of its own.

use anyhow::{Context, Result, ensure};
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use zbus::object_server::SignalEmitter;
use zbus::zvariant::OwnedValue;
use zbus::{Connection, interface};

const NAME: &str = "org.freedesktop.Notifications";
const PATH: &str = "/org/freedesktop/Notifications";
const PATIENCE: Duration = Duration::from_secs(60);

/// What was to be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Note {
    pub(crate) number: u32,
    pub(crate) title: String,
    pub(crate) body: String,
    pub(crate) actions: Vec<String>,
}

type Notes = Arc<Mutex<Vec<Note>>>;

/// The daemon; gone when dropped.
pub(crate) struct Daemon {
    connection: Connection,
    notes: Notes,
    hangs: Arc<AtomicBool>,
}

struct Service {
    notes: Notes,
    last: AtomicU32,
    hangs: Arc<AtomicBool>,
}

#[interface(name = "org.freedesktop.Notifications")]
impl Service {
    #[expect(clippy::too_many_arguments, reason = "the specification has them")]
    async fn notify(
        &self,
        _name: String,
        replaces: u32,
        _icon: String,
        title: String,
        body: String,
        actions: Vec<String>,
        _hints: HashMap<String, OwnedValue>,
        _timeout: i32,
    ) -> u32 {
        if self.hangs.load(Ordering::Relaxed) {
            return std::future::pending().await;
        }
        let number = match replaces {
            0 => self.last.fetch_add(1, Ordering::Relaxed) + 1,
            replaces => replaces,
        };
        let note = Note { number, title, body, actions };
        self.notes.lock().unwrap_or_else(PoisonError::into_inner).push(note);
        number
    }

    fn close_notification(&self, _number: u32) {}

    fn get_capabilities(&self) -> Vec<String> {
        ["body", "body-markup", "actions"].map(str::to_owned).to_vec()
    }

    fn get_server_information(&self) -> (String, String, String, String) {
        let text = str::to_owned;
        (text("tests"), text("muster"), text("1"), text("1.2"))
    }

    #[zbus(signal)]
    async fn action_invoked(emitter: &SignalEmitter<'_>, number: u32, action: &str) -> zbus::Result<()>;
}

impl Daemon {
    /// Is on the bus of this address.
    pub(crate) async fn start(bus: &str) -> Result<Daemon> {
        let (notes, hangs) = (Notes::default(), Arc::<AtomicBool>::default());
        let service = Service { notes: notes.clone(), last: AtomicU32::new(0), hangs: hangs.clone() };
        let connection = zbus::connection::Builder::address(bus)?
            .serve_at(PATH, service)?
            .name(NAME)?
            .build()
            .await
            .context("a notification daemon on the bus")?;
        Ok(Daemon { connection, notes, hangs })
    }

    /// From now on it answers no call that is to show something, or does again; what it didn't answer it never does.
    pub(crate) fn hang(&self, hangs: bool) {
        self.hangs.store(hangs, Ordering::Relaxed);
    }

    /// All of them so far.
    pub(crate) fn notes(&self) -> Vec<Note> {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Their titles.
    pub(crate) fn titles(&self) -> Vec<String> {
        self.notes().into_iter().map(|note| note.title).collect()
    }

    /// Waits for one with this title.
    pub(crate) async fn wait_for(&self, title: &str) -> Result<Note> {
        let start = Instant::now();
        loop {
            if let Some(note) = self.notes().into_iter().rfind(|note| note.title == title) {
                return Ok(note);
            }
            ensure!(start.elapsed() < PATIENCE, "{title:?} was never shown: {:?}", self.notes());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Clicks on one.
    pub(crate) async fn click(&self, note: &Note) -> Result<()> {
        let service = self.connection.object_server().interface::<_, Service>(PATH).await?;
        Ok(Service::action_invoked(service.signal_emitter(), note.number, "default").await?)
    }
}
