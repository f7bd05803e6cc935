//! `use_vcenter_service()`: everything that a page needs of vCenters, and every work on them.
//! Refuses to be a second source: two components that ask for the same share one answer.

use super::provider::{Message, Shared};
use crate::backend;
use crate::hooks::{go, open};
use crate::state::advice::{Remedy, Work};
use crate::state::route::Route;
use crate::state::toasts::Toast;
use crate::state::world::{Answer, Ask, World};
use contract::command::*;
use contract::{
    ApiError, Job, Kind, Operation, OperationId, Probe, RowQuery, TestReport, Time, Vcenter, VcenterId,
};
use yew::{platform::spawn_local, prelude::*};

/// The service as components see it. A clone is the same.
#[derive(Clone, PartialEq)]
pub(crate) struct VcenterService {
    shared: Shared,
}

/// A cluster, to choose from.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Cluster {
    pub(crate) moref: String,
    pub(crate) name: String,
    pub(crate) datacenter: String,
    pub(crate) hosts: i64,
}

/// The service, for a component below the provider.
#[hook]
pub(crate) fn use_vcenter_service() -> VcenterService {
    match use_context::<Shared>() {
        Some(shared) => VcenterService { shared },
        None => unreachable!("App puts every component below the provider"),
    }
}

/// Says that a vCenter's work and its outcome stand on the page while the component is there: what they say is no toast.
#[hook]
pub(crate) fn use_card(vcenter: &VcenterId) {
    let tell = use_vcenter_service().shared.tell;
    use_effect_with(vcenter.clone(), move |vcenter| {
        tell.emit(Message::Card(vcenter.clone()));
        let vcenter = vcenter.clone();
        move || tell.emit(Message::NoCard(vcenter))
    });
}

/// Keeps an answer of the service on hand while the component is there.
#[hook]
pub(super) fn use_ask(ask: Option<Ask>) {
    let tell = use_vcenter_service().shared.tell;
    use_effect_with(ask, move |ask| {
        let ask = ask.clone();
        if let Some(ask) = &ask {
            tell.emit(Message::Ask(ask.clone()));
        }
        move || {
            if let Some(ask) = ask {
                tell.emit(Message::Release(ask));
            }
        }
    });
}

/// Keeps the clusters of a vCenter on hand, no older than its TTL, while the component is there.
#[hook]
pub(crate) fn use_clusters(vcenter: &VcenterId) -> Option<Vec<Cluster>> {
    use_ask(Some(Ask::Rows(clusters_of(vcenter))));
    use_vcenter_service().get_clusters_by_vcenter(vcenter)
}

/// Keeps the credentials on hand while the component is there.
#[hook]
pub(crate) fn use_credentials() {
    use_ask(Some(Ask::Credentials));
}

impl VcenterService {
    /// All that is known.
    pub(crate) fn world(&self) -> &World {
        &self.shared.world
    }

    /// Every vCenter, by name; `None` until they are known.
    pub(crate) fn vcenters(&self) -> Option<&[Vcenter]> {
        self.world().vcenters().map(Vec::as_slice)
    }

    /// The clusters that are on hand, of whichever vCenter.
    #[expect(
        dead_code,
        reason = "what the hook promises to pages; those of today ask for one vCenter at a time"
    )]
    pub(crate) fn clusters(&self) -> Vec<Cluster> {
        let vcenters = self.vcenters().unwrap_or_default();
        vcenters.iter().filter_map(|vcenter| self.get_clusters_by_vcenter(&vcenter.id)).flatten().collect()
    }

    /// The newest operations, newest first.
    #[expect(
        dead_code,
        reason = "what the hook promises to pages; those of today ask for the active ones and the outcomes"
    )]
    pub(crate) fn operations(&self) -> &[Operation] {
        self.world().operations().map(Vec::as_slice).unwrap_or_default()
    }

    /// When a vCenter was last read as a whole.
    pub(crate) fn last_sync(&self, vcenter: &VcenterId) -> Option<Time> {
        self.world().status(vcenter)?.synced_at
    }

    /// Whether work that a person asked for waits or runs on a vCenter.
    pub(crate) fn is_vcenter_busy(&self, vcenter: &VcenterId) -> bool {
        self.world().is_busy(vcenter)
    }

    /// The clusters of a vCenter, if a component keeps them on hand (`use_clusters`).
    pub(crate) fn get_clusters_by_vcenter(&self, vcenter: &VcenterId) -> Option<Vec<Cluster>> {
        let answer = self.world().rows(&clusters_of(vcenter));
        let Some(Answer::Rows(rows)) = answer.value().map(|answer| &**answer) else { return None };
        let cluster = |cells: &contract::Cells| {
            let text = |position: usize| cells.values.get(position)?.as_str().map(str::to_owned);
            Cluster {
                moref: cells.moref.to_string(),
                name: text(0).unwrap_or_default(),
                datacenter: text(1).unwrap_or_default(),
                hosts: cells.values.get(2).and_then(serde_json::Value::as_i64).unwrap_or_default(),
            }
        };
        Some(rows.rows.iter().map(cluster).collect())
    }

    /// The operations that wait or run.
    pub(crate) fn get_active_operations(&self) -> Vec<Operation> {
        self.world().active().cloned().collect()
    }

    /// Reads everything that is on screen anew.
    pub(crate) fn refresh(&self) {
        self.shared.tell.emit(Message::Refresh);
    }

    /// Tests a connection, and tells what came of it.
    pub(crate) fn test_connection(&self, vcenter: &Vcenter) {
        self.work(vcenter, Job::TEST);
    }

    /// Syncs the hosts of these clusters, or all hosts.
    pub(crate) fn sync_hosts(&self, vcenter: &Vcenter, clusters: Vec<String>) {
        self.work(vcenter, Job::SyncHosts { clusters, accept_removals: false });
    }

    /// Syncs everything.
    pub(crate) fn full_sync(&self, vcenter: &Vcenter) {
        self.work(vcenter, Job::FULL_SYNC);
    }

    /// Cancels an operation, whoever waits for it.
    pub(crate) fn cancel(&self, operation: &OperationId) {
        let (tell, operation) = (self.shared.tell.clone(), operation.clone());
        tell.emit(Message::Cancelling(operation.clone()));
        spawn_local(async move {
            if let Err(error) = backend::call(CancelOperation { operation: operation.clone() }).await {
                tell.emit(Message::Continues(operation));
                tell.emit(Message::Toast(Toast::refused("The operation could not be cancelled", &error)));
            }
        });
    }

    /// Does what a button of a failure offers.
    pub(crate) fn remedy(&self, remedy: &Remedy) {
        match remedy {
            Remedy::Go(Route::Vcenters { dialog: Some(dialog), .. }) => open(dialog.clone()),
            Remedy::Go(route) => go(route),
            Remedy::Work(Work { vcenter, job }) => {
                if let Some(vcenter) = self.world().vcenter(vcenter) {
                    self.work(vcenter, job.clone());
                }
            }
        }
    }

    /// Takes a toast away.
    pub(crate) fn dismiss(&self, toast: u64) {
        self.shared.tell.emit(Message::Dismiss(toast));
    }

    /// Shows a toast.
    pub(crate) fn toast(&self, toast: Toast) {
        self.shared.tell.emit(Message::Toast(toast));
    }

    /// Shows the simulated vCenters, or the real ones again.
    pub(crate) fn explore(&self, simulated: bool) {
        let service = self.clone();
        spawn_local(async move {
            if simulated {
                service.toast(Toast::done("Starting the simulated vCenters\u{2026}", ""));
            }
            let shown = match simulated {
                true => backend::call(ExploreSimulated {}).await,
                false => backend::call(LeaveSimulated {}).await,
            };
            match shown {
                Ok(_) => {
                    go(&Route::Overview);
                    service.refresh();
                }
                Err(error) => service.toast(Toast::refused("The other vCenters could not be shown", &error)),
            }
        });
    }

    /// Makes the page larger or smaller, or for `None` as large as it is by itself.
    pub(crate) fn zoom(&self, larger: Option<bool>) {
        self.tell_failure("The size could not be changed", backend::call(ZoomWindow { larger }));
    }

    /// Asks the window to close, as its own button does.
    pub(crate) fn ask_to_close(&self) {
        self.tell_failure("The window could not be closed", backend::call(AskToClose {}));
    }

    /// Closes the window, perhaps when what runs has come to its end.
    pub(crate) fn close_window(&self, finish_first: bool) {
        self.tell_failure("The window could not be closed", backend::call(CloseWindow { finish_first }));
    }

    /// The window that was to close when it is done stays.
    pub(crate) fn keep_window_open(&self) {
        self.tell_failure("The window could not be kept open", backend::call(KeepWindowOpen {}));
    }

    fn tell_failure<T>(
        &self,
        title: &'static str,
        call: impl Future<Output = Result<T, ApiError>> + 'static,
    ) {
        let service = self.clone();
        spawn_local(async move {
            if let Err(error) = call.await {
                service.toast(Toast::refused(title, &error));
            }
        });
    }

    /// Looks at the certificate that a vCenter shows now; sends no credential.
    pub(crate) async fn probe(&self, vcenter: VcenterId) -> Result<Option<Probe>, ApiError> {
        backend::call(ProbeVcenter { vcenter, typed: None }).await
    }

    /// The same if what was typed is the vCenter's own address, however it is written; else nothing is looked at.
    pub(crate) async fn probe_if_at(
        &self,
        vcenter: VcenterId,
        typed: &str,
    ) -> Result<Option<Probe>, ApiError> {
        backend::call(ProbeVcenter { vcenter, typed: Some(typed.to_owned()) }).await
    }

    /// Logs in once with settings that are not stored.
    pub(crate) async fn try_vcenter(
        &self,
        vcenter: Option<VcenterId>,
        settings: Settings,
    ) -> Result<TestReport, ApiError> {
        backend::call(TryVcenter { vcenter, settings }).await
    }

    /// Stores a new vCenter.
    pub(crate) async fn add(&self, settings: Settings) -> Result<Saved, ApiError> {
        backend::call(AddVcenter { settings }).await
    }

    /// Changes one.
    pub(crate) async fn edit(&self, vcenter: VcenterId, change: Change) -> Result<Saved, ApiError> {
        backend::call(EditVcenter { vcenter, change }).await
    }

    /// Removes one.
    pub(crate) async fn remove(&self, vcenter: VcenterId) -> Result<(), ApiError> {
        backend::call(RemoveVcenter { vcenter }).await.map(drop)
    }

    /// Asks for a job; how it goes and what came of it is told by state and toasts.
    fn work(&self, vcenter: &Vcenter, job: Job) {
        let (tell, vcenter) = (self.shared.tell.clone(), vcenter.clone());
        tell.emit(Message::Sent(vcenter.id.clone()));
        spawn_local(async move {
            let answer =
                backend::call(Submit { vcenter: vcenter.id.clone(), job: job.clone(), detached: false })
                    .await;
            tell.emit(Message::Accepted(vcenter.id.clone(), answer.as_ref().ok().cloned()));
            if let Err(error) = answer {
                let work = Work::new(&vcenter.id, job);
                tell.emit(Message::Toast(Toast::not_started(&vcenter, &error, work)));
            }
        });
    }
}

/// Names and sizes of the clusters of a vCenter.
fn clusters_of(vcenter: &VcenterId) -> RowQuery {
    RowQuery {
        vcenters: vec![vcenter.clone()],
        columns: ["name", "datacenter", "host_count"].map(str::to_owned).to_vec(),
        limit: contract::LARGEST_WINDOW,
        refresh: true,
        ..RowQuery::count(Kind::Clusters)
    }
}
