//! Opens the service for the window and hands it to the commands: the real one, or one on simulated vCenters.
//! Refuses to bring the window down: a service that cannot be opened is an answer the page shows.

use crate::role::RoleOfThisRun;
use crate::simulated::Simulated;
use contract::{
    ApiError,
    command::{Estate, ListOperations, ListStatus, OperationFilter, Submit},
};
use service::{Caller, Log, Options, Service, Unlock};
use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::sync::{OnceCell, RwLock, watch};
use tokio::time::{Instant, timeout_at};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// How long the list of operations may take that is looked at before the window closes.
const LISTED: Duration = Duration::from_secs(1);
/// Ended operations in it, beside all that wait or run.
const NEWEST: u32 = 100;

/// The services of this process. Clones are the same.
#[derive(Clone)]
pub(crate) struct Wiring(Arc<Inner>);

struct Inner {
    options: Result<Options, ApiError>,
    log: Log,
    role: RoleOfThisRun,
    /// Opened beside the window, which is on screen while a migration runs.
    real: OnceCell<Service>,
    simulated: RwLock<Option<Simulated>>,
    /// Held while the estate is changed, so that the simulated one has ended before it is started anew.
    switching: tokio::sync::Mutex<()>,
    /// Goes up whenever another service answers than before.
    estates: watch::Sender<u64>,
    tasks: TaskTracker,
    /// What ends the events of each window, by its label.
    sinks: Mutex<HashMap<String, CancellationToken>>,
    closing: CancellationToken,
}

impl Wiring {
    /// Remembers where the data is, and opens nothing yet.
    pub(crate) fn new(data_dir: Option<PathBuf>, caller: Caller) -> Wiring {
        // What a person does in the window may unlock the keychain; what happens by itself never does. Schedules that are on go on
        // where somebody lowers the role later: that is for who sits at the window.
        let options = Options::from_environment(data_dir, Unlock::Ask)
            .map(|options| Options { worker: caller.may::<Submit>().is_ok(), ..options });
        let log = Log::begin(
            env!("CARGO_CRATE_NAME"),
            options.as_ref().ok().map(|options| options.data_dir.as_path()),
        );
        Wiring(Arc::new(Inner {
            options,
            role: RoleOfThisRun::new(caller),
            log,
            real: OnceCell::new(),
            simulated: RwLock::default(),
            switching: tokio::sync::Mutex::default(),
            estates: watch::Sender::default(),
            tasks: TaskTracker::new(),
            sinks: Mutex::default(),
            closing: CancellationToken::new(),
        }))
    }

    /// The folder with the database, where the system has a place for one.
    pub(crate) fn data_dir(&self) -> Option<&Path> {
        self.0.options.as_ref().ok().map(|options| options.data_dir.as_path())
    }

    /// Who calls when the page does: the person who started this program, whatever the page says.
    pub(crate) fn caller(&self) -> Caller {
        self.0.role.caller()
    }

    /// The role that these calls have.
    pub(crate) fn role(&self) -> &RoleOfThisRun {
        &self.0.role
    }

    /// The service whose estate is shown, or why there is none; the next call tries again.
    pub(crate) async fn service(&self) -> Result<Service, ApiError> {
        if let Some(simulated) = &*self.0.simulated.read().await {
            return Ok(simulated.service.clone());
        }
        let was_open = self.0.real.initialized();
        let service = self.0.real.get_or_try_init(|| self.open()).await?;
        if !was_open {
            self.changed();
        }
        Ok(service.clone())
    }

    /// Opens the service and reads what it has while the web engine still starts.
    pub(crate) fn open_ahead(&self) {
        let wiring = self.clone();
        self.run_until_closed(async move {
            // Whatever fails here fails again, with an answer, when the page asks.
            if let Ok(service) = wiring.service().await {
                let _ = service.call(&wiring.caller(), ListStatus {}).await;
            }
        });
    }

    /// The service whose estate is shown, if it is open already.
    pub(crate) async fn opened(&self) -> Option<Service> {
        let simulated = self.0.simulated.read().await.as_ref().map(|simulated| simulated.service.clone());
        simulated.or_else(|| self.0.real.get().cloned())
    }

    /// The real service, if it is open already.
    pub(crate) fn opened_real(&self) -> Option<Service> {
        self.0.real.get().cloned()
    }

    /// Whether a sync that a person started runs in this process, or waits in it for its turn. Simulated ones don't count:
    /// nothing is lost with them. `None` if that can't be said in time.
    pub(crate) async fn is_syncing_for_a_person(&self) -> Option<bool> {
        let Some(service) = self.0.real.get() else { return Some(false) };
        let (caller, all) =
            (self.caller(), ListOperations { filter: OperationFilter::default(), limit: NEWEST });
        let listing = service.call(&caller, all);
        let listed = timeout_at(Instant::now() + LISTED, listing).await.ok()?.ok()?;
        Some(listed.into_iter().any(|operation| {
            operation.is_sync_of_a_person() && !operation.state.is_final() && service.runs_here(&operation.id)
        }))
    }

    /// Changes whenever another service answers than before.
    pub(crate) fn estates(&self) -> watch::Receiver<u64> {
        self.0.estates.subscribe()
    }

    /// Which estate is shown.
    pub(crate) async fn shown(&self) -> Result<Estate, ApiError> {
        let simulated = self.0.simulated.read().await;
        let data_dir = match &*simulated {
            Some(simulated) => simulated.data_dir.clone(),
            None => self.0.options.clone()?.data_dir,
        };
        Ok(Estate { simulated: simulated.is_some(), data_dir: data_dir.display().to_string() })
    }

    /// Shows simulated vCenters.
    pub(crate) async fn explore(&self) -> Result<Estate, ApiError> {
        let _switching = self.0.switching.lock().await;
        if self.0.simulated.read().await.is_none() {
            // Commands go on meanwhile, to the estate that is still shown.
            let started = Simulated::start(&self.0.options.clone()?.data_dir).await?;
            if self.0.closing.is_cancelled() {
                started.stop().await;
                return self.shown().await;
            }
            *self.0.simulated.write().await = Some(started);
            self.changed();
        }
        self.shown().await
    }

    /// Shows the real vCenters again.
    pub(crate) async fn leave(&self) -> Result<Estate, ApiError> {
        let _switching = self.0.switching.lock().await;
        let left = self.0.simulated.write().await.take();
        if let Some(left) = left {
            // The page hears of it and shows the real estate while the simulated one ends.
            self.changed();
            self.open_ahead();
            left.stop().await;
        }
        self.shown().await
    }

    /// Runs a window's sink in the place of the one before: a page that was loaded anew subscribes anew. Those of other
    /// windows go on.
    pub(crate) fn run_the_sink_of(&self, window: &str, sink: impl Future<Output = ()> + Send + 'static) {
        let own = CancellationToken::new();
        let before = self.sinks().insert(window.to_owned(), own.clone());
        if let Some(before) = before {
            before.cancel();
        }
        self.0.tasks.spawn(async move { own.run_until_cancelled(sink).await });
    }

    /// Ends the sink of a window that is gone.
    pub(crate) fn end_the_sink_of(&self, window: &str) {
        let own = self.sinks().remove(window);
        if let Some(own) = own {
            own.cancel();
        }
    }

    /// Runs something until everything ends.
    pub(crate) fn run_until_closed(&self, work: impl Future<Output = ()> + Send + 'static) {
        let closing = self.0.closing.clone();
        let work = async move {
            closing.run_until_cancelled(work).await;
        };
        self.0.tasks.spawn_on(work, tauri::async_runtime::handle().inner());
    }

    /// Ends what was begun, once the window is closed; what hangs is left behind in time.
    pub(crate) async fn close(&self) {
        let end = Instant::now() + service::CLOSE;
        self.0.closing.cancel();
        self.sinks().values().for_each(CancellationToken::cancel);
        self.0.tasks.close();
        let all = async {
            self.0.tasks.wait().await;
            // Side by side: each may have to wait for a server of its own.
            tokio::join!(self.close_simulated(end), self.close_real(end))
        };
        // Nothing is left to tell anybody of what hangs.
        let _ = timeout_at(end, all).await;
        self.0.log.end();
    }

    async fn close_real(&self, end: Instant) {
        if let Some(service) = self.0.real.get() {
            service.close_by(end).await;
        }
    }

    /// A simulated estate that is being started or ended comes to its end first.
    async fn close_simulated(&self, end: Instant) {
        let _switching = self.0.switching.lock().await;
        let simulated = self.0.simulated.write().await.take();
        if let Some(simulated) = simulated {
            simulated.stop_by(end).await;
        }
    }

    fn sinks(&self) -> MutexGuard<'_, HashMap<String, CancellationToken>> {
        self.0.sinks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn changed(&self) {
        self.0.estates.send_modify(|estate| *estate += 1);
    }

    async fn open(&self) -> Result<Service, ApiError> {
        let service = service::open(self.0.options.clone()?).await?;
        service.govern(&self.0.log).await;
        Ok(service)
    }
}
