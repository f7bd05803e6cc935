//! Services on the bus that behave as real ones rarely do on demand: one that never answers, one that prompts, one
//! that only counts prompts. They store nothing.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::watch;
use zbus::object_server::SignalEmitter;
use zbus::zvariant::{ObjectPath, OwnedObjectPath, OwnedValue, Value};
use zbus::{Connection, connection, interface};

const NAME: &str = "org.freedesktop.secrets";
const SERVICE: &str = "/org/freedesktop/secrets";
const COLLECTION: &str = "/org/freedesktop/secrets/collection/login";
const PROMPT: &str = "/org/freedesktop/secrets/prompt/p1";

/// Owns the keychain's name and answers nothing.
pub(crate) struct Hung(Connection);

impl Hung {
    pub(crate) async fn start() -> Self {
        let bus = Connection::session().await.unwrap();
        bus.request_name(NAME).await.unwrap();
        Self(bus)
    }

    pub(crate) async fn stop(self) {
        self.0.release_name(NAME).await.unwrap();
    }
}

/// What happens to a collection, and to its prompt.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Wish {
    NoCollection,
    /// Never locked, and empty.
    Unlocked,
    /// Locked; the user unlocks it.
    Unlock,
    /// Locked; the user declines.
    Decline,
    /// Locked; the user is away.
    Wait,
}

/// A Secret Service with one empty collection.
pub(crate) struct Service {
    _bus: Connection,
    prompts: watch::Receiver<usize>,
}

impl Service {
    pub(crate) async fn start(wish: Wish) -> Self {
        let locked = Arc::new(AtomicBool::new(wish != Wish::Unlocked));
        let (shown, prompts) = watch::channel(0);
        let builder = connection::Builder::session().unwrap();
        let builder = builder.serve_at(SERVICE, Root { wish }).unwrap();
        let builder = builder.serve_at(COLLECTION, Collection { locked: locked.clone() }).unwrap();
        let builder = builder.serve_at(PROMPT, Prompt { wish, locked, shown }).unwrap();
        let bus = builder.name(NAME).unwrap().build().await.unwrap();
        Self { _bus: bus, prompts }
    }

    pub(crate) fn prompts(&self) -> usize {
        *self.prompts.borrow()
    }

    pub(crate) async fn prompted(&mut self) {
        self.prompts.wait_for(|count| *count > 0).await.unwrap();
    }
}

struct Root {
    wish: Wish,
}

#[interface(name = "org.freedesktop.Secret.Service")]
impl Root {
    fn open_session(&self, algorithm: &str, _input: Value<'_>) -> (OwnedValue, OwnedObjectPath) {
        // Any public key will do: no password ever crosses.
        let output = if algorithm == "plain" { Value::from("") } else { Value::from(vec![7_u8; 128]) };
        (output.try_to_owned().unwrap(), path("/org/freedesktop/secrets/session/s1"))
    }

    fn search_items(
        &self,
        _attributes: HashMap<String, String>,
    ) -> (Vec<OwnedObjectPath>, Vec<OwnedObjectPath>) {
        (Vec::new(), Vec::new())
    }

    fn read_alias(&self, _name: &str) -> OwnedObjectPath {
        path(if self.wish == Wish::NoCollection { "/" } else { COLLECTION })
    }

    fn unlock(&self, _objects: Vec<OwnedObjectPath>) -> (Vec<OwnedObjectPath>, OwnedObjectPath) {
        (Vec::new(), path(PROMPT))
    }
}

struct Collection {
    locked: Arc<AtomicBool>,
}

#[interface(name = "org.freedesktop.Secret.Collection")]
impl Collection {
    #[zbus(property)]
    fn locked(&self) -> bool {
        self.locked.load(Ordering::Relaxed)
    }
}

struct Prompt {
    wish: Wish,
    locked: Arc<AtomicBool>,
    shown: watch::Sender<usize>,
}

#[interface(name = "org.freedesktop.Secret.Prompt")]
impl Prompt {
    async fn prompt(&self, _window: &str, #[zbus(signal_emitter)] emitter: SignalEmitter<'_>) {
        self.shown.send_modify(|count| *count += 1);
        if self.wish == Wish::Wait {
            return;
        }
        let declined = self.wish == Wish::Decline;
        self.locked.store(declined, Ordering::Relaxed);
        Self::completed(&emitter, declined, Value::from("")).await.unwrap();
    }

    #[zbus(signal)]
    async fn completed(emitter: &SignalEmitter<'_>, dismissed: bool, result: Value<'_>) -> zbus::Result<()>;
}

/// Stands where GNOME Keyring looks for a window to prompt with, and shows none.
pub(crate) struct Prompter {
    _bus: Connection,
    prompts: watch::Receiver<usize>,
}

impl Prompter {
    pub(crate) async fn start() -> Self {
        let (shown, prompts) = watch::channel(0);
        let builder = connection::Builder::session().unwrap();
        let builder = builder.serve_at("/org/gnome/keyring/Prompter", Window { shown }).unwrap();
        let bus = builder.name("org.gnome.keyring.SystemPrompter").unwrap().build().await.unwrap();
        Self { _bus: bus, prompts }
    }

    pub(crate) fn prompts(&self) -> usize {
        *self.prompts.borrow()
    }

    pub(crate) async fn prompted(&mut self) {
        self.prompts.wait_for(|count| *count > 0).await.unwrap();
    }
}

struct Window {
    shown: watch::Sender<usize>,
}

#[interface(name = "org.gnome.keyring.internal.Prompter")]
impl Window {
    fn begin_prompting(&self, _callback: ObjectPath<'_>) {
        self.shown.send_modify(|count| *count += 1);
    }

    fn stop_prompting(&self, _callback: ObjectPath<'_>) {}
}

fn path(path: &str) -> OwnedObjectPath {
    OwnedObjectPath::try_from(path).unwrap()
}
