//! Muster's behaviour: configuration, sessions, operations and the inventory, for every client alike.
//! Refuses to know Tauri, SQL or HTTP: windows, databases and wires are other crates' business.

mod about;
mod analytics;
mod answer;
mod audit;
mod backup;
mod breaker;
mod bundle;
mod call;
mod caller;
mod configuration;
mod connections;
mod counts;
mod deliveries;
mod discovery;
mod events;
mod explain;
mod export;
mod health;
mod history;
mod import;
mod inventory;
mod jobs;
mod log;
mod logins;
mod network;
mod new_file;
mod operations;
mod outcomes;
mod overview;
mod pacing;
mod pauses;
mod person;
mod query;
mod rates;
mod reads;
mod rows;
mod schedules;
mod status;
#[cfg(test)]
mod tests;
mod validate;
mod wire;

pub use about::about;
pub use answer::Answer;
pub use audit::{as_csv, as_json_lines};
pub use backup::{check_backup, may_restore, restore_backup};
pub use call::{Admitted, Client, Handler};
pub use caller::Caller;
pub use discovery::scanned_addresses;
pub use events::Subscription;
pub use explain::{LOOK_AT_THE_SERVER, no_new_password, shown_host};
pub use export::{Style, delimited};
pub use inventory::{Freshness, was_read_since};
pub use log::Log;
pub use new_file::write as write_new_file;
pub use pauses::moment_to_come;
pub use query::{Query, TableRow};
pub use secrets::{ExposeSecret, SecretString, Unlock, read_password_from_stdin, typed_password};
pub use status::state_in_words;
pub use validate::{address, duration, pem_text};

use connections::Connections;
use contract::{ApiError, Code, OperationId, Remedy, Snapshot, Time, VcenterId};
use counts::Counts;
use events::Events;
use health::Health;
use inventory::Inventory;
use jiff::tz::TimeZone;
use logins::Logins;
use network::Network;
use operations::Operations;
use person::Person;
use reads::Reads;
use schedules::Schedules;
use secrets::Secrets;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicI64;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use store::{Act, Pace, Part, Store};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Where the time comes from.
pub(crate) type Clock = fn() -> Time;

/// All that closing takes, whatever hangs: who ends Muster, and systems that shut down, wait some five seconds for it.
pub const CLOSE: Duration = Duration::from_millis(4500);

/// What of it is kept for logging out, however long operations take to end.
const LOG_OUT: Duration = Duration::from_millis(2000);

/// What of it is kept for closing the database, however long logging out takes.
const SHUT: Duration = Duration::from_millis(250);

/// Operations that run in a process at once, if nobody says otherwise.
pub const AT_ONCE: usize = 8;

/// The variable that says otherwise.
const MAX_OPERATIONS: &str = "MUSTER_MAX_OPERATIONS";

/// How to open the service.
#[derive(Clone, Debug)]
pub struct Options {
    /// The data folder; it is made if there is none.
    pub data_dir: PathBuf,
    /// `$CREDENTIALS_DIRECTORY`, if set.
    pub credentials_dir: Option<PathBuf>,
    /// Whether the OS keychain may be used.
    pub keychain: bool,
    /// Whether a person is there who may be asked to unlock the keychain.
    pub unlock: Unlock,
    /// Whether a data folder that can't be written is opened all the same, for what there is to read.
    pub read_only: bool,
    /// Whether this process runs what nobody waits for: one that stays, such as the window.
    pub worker: bool,
    /// How many operations run in this process at once; those that wait for something don't count.
    pub at_once: usize,
}

impl Options {
    /// The options that a program gets from its environment and, before that, from its arguments.
    pub fn from_environment(data_dir: Option<PathBuf>, unlock: Unlock) -> Result<Options, ApiError> {
        let data_dir = self::data_dir(data_dir)?;
        // An empty or relative one would find passwords wherever the command happens to be called.
        let credentials_dir =
            std::env::var_os("CREDENTIALS_DIRECTORY").map(PathBuf::from).filter(|dir| dir.is_absolute());
        let at_once = match std::env::var_os(MAX_OPERATIONS).filter(|value| !value.is_empty()) {
            Some(value) => validate::max_operations(&value.to_string_lossy(), MAX_OPERATIONS)?,
            None => AT_ONCE,
        };
        Ok(Options {
            data_dir,
            credentials_dir,
            keychain: true,
            unlock,
            read_only: false,
            worker: false,
            at_once,
        })
    }
}

/// The data folder that was named, or the one of MUSTER_DATA_DIR, or that beside a portable program, or of the platform.
pub fn data_dir(named: Option<PathBuf>) -> Result<PathBuf, ApiError> {
    let from_variable =
        || std::env::var_os("MUSTER_DATA_DIR").filter(|dir| !dir.is_empty()).map(PathBuf::from);
    let of_platform = || dirs::data_dir().map(|dir| dir.join("muster"));
    named.or_else(from_variable).or_else(portable).or_else(of_platform).ok_or_else(|| {
        ApiError::new(Code::InvalidValue, "no data folder: this system has no default one")
            .next("Name one in the variable MUSTER_DATA_DIR.")
            .remedy(Remedy::ChooseDataFolder)
    })
}

/// The data folder beside this program, if it is a portable one: on a stick, or in an unpacked archive.
fn portable() -> Option<PathBuf> {
    let program = std::env::current_exe().ok()?;
    program.with_file_name("portable").is_file().then(|| program.with_file_name("data"))
}

/// The one service that owns every conversation with every vCenter. Clones are the same service.
#[derive(Clone)]
pub struct Service {
    inner: Arc<Inner>,
    /// The call that it works for, if it does for one.
    act: Option<Act>,
}

struct Inner {
    store: Store,
    secrets: Secrets,
    unlock: Unlock,
    logins: Logins,
    connections: Connections,
    inventory: Inventory,
    operations: Operations,
    reads: Reads,
    schedules: Schedules,
    health: Health,
    counts: Counts,
    drafts: bundle::Drafts,
    events: Events,
    pace: Pace,
    background: TaskTracker,
    closing: CancellationToken,
    now: Clock,
    /// When this run of the program began.
    started: AtomicI64,
}

/// Opens the service on a data folder.
pub async fn open(options: Options) -> Result<Service, ApiError> {
    open_with(options, system_time).await
}

async fn open_with(options: Options, now: Clock) -> Result<Service, ApiError> {
    let store = match Store::open(&options.data_dir).await {
        Err(why) if options.read_only && why.is_unwritable() => {
            Store::open_to_read(&options.data_dir, why).await
        }
        opened => opened,
    };
    let store = store.map_err(explain::store)?;
    tracing::debug!(release = env!("CARGO_PKG_VERSION"), worker = options.worker, "opened");
    if let Some(share) = store.share() {
        tracing::warn!(%share, "{}", status::ON_A_SHARE);
    }
    let secrets = Secrets::new(secrets::Options {
        database_id: store.database_id().to_owned(),
        credentials_dir: options.credentials_dir,
        keychain: options.keychain,
    });
    let events = Events::new();
    let (background, closing) = (TaskTracker::new(), CancellationToken::new());
    let logins = Logins::new(store.clone(), secrets.clone(), options.unlock, events.clone(), now);
    let connections = Connections::new(store.clone(), logins.clone(), closing.clone());
    let inventory = Inventory::new(store.clone());
    let health = Health::new(store.clone(), inventory.clone(), now);
    if options.worker {
        store.work().map_err(explain::store)?;
    }
    let changes = store.changes().await.map_err(explain::store)?;
    let pace = changes.pace();
    let zone = TimeZone::system();
    let counts = Counts::new(store.clone(), options.unlock == Unlock::Ask, zone.clone(), now);
    let operations = Operations::start(operations::Parts {
        store: store.clone(),
        counts: counts.clone(),
        connections: connections.clone(),
        logins: logins.clone(),
        inventory: inventory.clone(),
        health: health.clone(),
        events: events.clone(),
        is_worker: options.worker,
        at_once: options.at_once.max(1),
        now,
    });
    let person =
        Person { store: store.clone(), connections: connections.clone(), operations: operations.clone() };
    let reads = Reads::new(inventory.clone(), operations.clone(), person.clone(), now);
    let network = Network { store: store.clone(), events: events.clone(), now, is_worker: options.worker };
    if options.worker {
        background.spawn(closing.clone().run_until_cancelled_owned(network.clone().keep()));
    }
    let schedules = Schedules::new(schedules::Parts {
        store: store.clone(),
        inventory: inventory.clone(),
        operations: operations.clone(),
        person,
        network,
        events: events.clone(),
        zone,
        now,
    });
    if options.worker && store.unwritable().is_none() {
        background.spawn(schedules.clone().run(closing.clone()));
    }
    background.spawn(events.clone().relay(changes, inventory.clone(), operations.clone(), closing.clone()));
    background.spawn(connections.clone().keep_alive());
    let pauses = pauses::end_in_time(store.clone(), events.clone(), now);
    background.spawn(closing.clone().run_until_cancelled_owned(pauses));
    let unlock = options.unlock;
    background.spawn(counts.clone().keep(closing.clone()));
    if store.unwritable().is_none() {
        let erasing = configuration::orphans::erase(
            store.clone(),
            secrets.clone(),
            events.clone(),
            now,
            closing.clone(),
        );
        background.spawn(erasing);
    }
    background.spawn(history::keep(store.clone(), events.clone(), now, closing.clone()));
    let inner = Inner {
        store,
        secrets,
        unlock,
        logins,
        connections,
        inventory,
        operations,
        reads,
        schedules,
        health,
        counts,
        drafts: bundle::Drafts::default(),
        events,
        pace,
        background,
        closing,
        now,
        started: AtomicI64::new(now().0),
    };
    let inner = Arc::new(inner);
    inner.operations.reads_of(&inner);
    Ok(Service { inner, act: None })
}

impl Service {
    /// The database, for what is changed in it: with each change goes a row of the audit log.
    pub(crate) fn store(&self) -> Store {
        match &self.act {
            Some(act) => self.inner.store.acting(act),
            None => self.inner.store.clone(),
        }
    }

    /// What changes from now on, here and in other processes.
    pub fn subscribe(&self) -> Subscription {
        self.inner.events.subscribe()
    }

    /// What is known of a vCenter, at once.
    pub async fn read(&self, vcenter: &VcenterId) -> Result<Arc<Snapshot>, ApiError> {
        self.inner.inventory.read(vcenter).await
    }

    /// When what of a vCenter was read: the same without its objects.
    pub async fn ages(&self, vcenter: &VcenterId) -> Result<Arc<Snapshot>, ApiError> {
        Ok(self.inner.inventory.part(vcenter, &Part::default()).await?.snapshot)
    }

    /// Whether an operation runs, or waits for its turn, in this process.
    pub fn runs_here(&self, operation: &OperationId) -> bool {
        self.inner.operations.runs_here(operation)
    }

    /// Has what other processes change looked for more seldom, for whoever knows that nobody looks and nothing runs here.
    pub fn look_seldom(&self, seldom: bool) {
        self.inner.pace.seldom(seldom);
    }

    /// The time as the service sees it.
    pub fn now(&self) -> Time {
        (self.inner.now)()
    }

    /// Ends everything in order: takes nothing in, cancels what runs, logs out, closes the database. Takes [`CLOSE`] at
    /// most: what hangs by then is left behind.
    pub async fn close(&self) {
        self.close_by(Instant::now() + CLOSE).await;
    }

    /// The same for whoever began to end things a while ago.
    pub async fn close_by(&self, end: Instant) {
        let before = |kept: Duration| end.checked_sub(kept).unwrap_or(end);
        let inner = &self.inner;
        inner.operations.cancel_all();
        inner.closing.cancel();
        inner.background.close();
        inner.operations.drain(before(LOG_OUT)).await;
        inner.connections.leave_all(before(SHUT)).await;
        let rest = async {
            inner.background.wait().await;
            inner.store.clone().close().await;
        };
        if tokio::time::timeout_at(end, rest).await.is_err() {
            tracing::warn!("the database could not be closed in time");
        }
    }
}

fn system_time() -> Time {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Time(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
