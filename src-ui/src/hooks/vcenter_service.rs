//! `use_vcenter_service()`: everything that a page needs of vCenters, and every work on them.
//! Refuses to be a second source: two components that ask for the same share one answer.

use super::provider::{Drawn, Page, Shared};
use crate::backend;
use crate::hooks::{go, open};
use crate::state::advice::{Action, Work};
use crate::state::cache::Asked;
use crate::state::route::{Route, Selected};
use crate::state::toasts::Toast;
use crate::state::words;
use crate::state::world::World;
use contract::command::*;
use contract::{
    ApiError, Content, DesktopPreferences, Event, Group, ImportOptions, ImportPlan, Job, Kind, LogLevel,
    LogLine, Moref, OfferedCa, Operation, OperationId, Preferences, Probe, Schedule, ScheduleId,
    ScheduleSettings, TestReport, Time, Vcenter, VcenterId, Way,
};
use std::collections::BTreeMap;
use std::rc::Rc;
use yew::{platform::spawn_local, prelude::*};

/// The service as a component sees it. What the component reads of it while it is drawn has it drawn again when that is
/// another, and nothing else has. A clone is the same.
#[derive(Clone)]
pub(crate) struct VcenterService {
    page: Rc<Page>,
    drawn: Rc<Drawn>,
}

/// The service, for a component below the provider.
#[hook]
pub(crate) fn use_vcenter_service() -> VcenterService {
    let Some(Shared(page)) = use_context::<Shared>() else {
        unreachable!("App puts every component below the provider")
    };
    let redraw = use_force_update();
    let drawn = {
        let page = page.clone();
        (*use_memo((), move |()| page.draws(redraw))).clone()
    };
    drawn.sight.begin();
    {
        let drawn = drawn.clone();
        use_effect(move || drawn.sight.end());
    }
    {
        let drawn = drawn.clone();
        // Who keeps the service for what it began must not be told any more.
        use_effect_with((), move |()| move || drawn.sight.gone());
    }
    VcenterService { page, drawn }
}

/// Says that a vCenter's work and its outcome stand on the page while the component is there: what they say is no toast.
#[hook]
pub(crate) fn use_card(vcenter: &VcenterId) {
    use_card_if(Some(vcenter));
}

/// The same, where there may be nothing that stands on the page.
#[hook]
pub(crate) fn use_card_if(vcenter: Option<&VcenterId>) {
    let page = use_vcenter_service().page;
    use_effect_with(vcenter.cloned(), move |vcenter| {
        let vcenter = vcenter.clone();
        if let Some(vcenter) = &vcenter {
            page.tell(|world| world.news.card(vcenter));
        }
        move || {
            if let Some(vcenter) = vcenter {
                page.tell(|world| world.news.no_card(&vcenter));
            }
        }
    });
}

impl VcenterService {
    /// Looks at something that is known. While the component is drawn, it shows it from then on.
    pub(crate) fn see<T: Clone + PartialEq + 'static>(&self, look: impl Fn(&World) -> T + 'static) -> T {
        self.page.look(|world| self.drawn.sight.see(world, look))
    }

    /// Keeps an answer on hand.
    pub(super) fn show<Q: Query>(&self, asked: &Asked<Q>) {
        self.page.change(|world| world.cache.show(asked));
    }

    /// Doesn't any longer.
    pub(super) fn leave<Q>(&self, asked: &Asked<Q>) {
        self.page.tell(|world| world.cache.leave(asked));
    }

    /// Reads everything that is on screen anew.
    pub(crate) fn refresh(&self) {
        self.page.change(|world| world.cache.heard(&[Event::Lagged]));
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

    /// Reads objects of a kind anew, beside whatever else runs.
    pub(crate) fn refresh_objects(&self, kind: Kind, objects: &[Selected]) {
        let mut by_vcenter: BTreeMap<&VcenterId, Vec<Moref>> = BTreeMap::new();
        for object in objects {
            by_vcenter.entry(&object.vcenter).or_default().push(object.moref.clone());
        }
        for (id, morefs) in by_vcenter {
            let Some(vcenter) = self.vcenter(id) else { continue };
            for some in morefs.chunks(Job::OBJECTS) {
                self.work(&vcenter, Job::refresh_of(kind, some.to_vec()));
            }
        }
    }

    /// Cancels an operation, whoever waits for it.
    pub(crate) fn cancel(&self, operation: &OperationId) {
        let (page, operation) = (self.page.clone(), operation.clone());
        page.tell(|world| world.work.cancel(operation.clone()));
        spawn_local(async move {
            if let Err(error) = backend::call(CancelOperation { operation: operation.clone() }).await {
                page.tell(|world| {
                    world.work.continues(&operation);
                    world.news.say(Toast::refused("The operation could not be cancelled", &error));
                });
            }
        });
    }

    /// Has nothing done by itself on a vCenter, on all that have a tag, or at all, until a time.
    pub(crate) fn pause(&self, of: Group, until: Option<Time>) {
        self.run(Pause { of, until }, "Pausing failed", |service, paused| {
            if paused.is_some() {
                service.refresh();
            }
        });
    }

    /// Ends a pause, and what keeps a vCenter from being refreshed by itself that failed several times in a row.
    pub(crate) fn resume(&self, of: Group) {
        self.run(Resume { of }, "Resuming failed", |service, resumed| {
            if resumed.is_some() {
                service.refresh();
            }
        });
    }

    /// Does what an operation did once more.
    pub(crate) fn retry(&self, operation: &Operation) {
        let again = RetryOperation { operation: operation.id.clone(), detached: false };
        match (&operation.vcenter_id, &operation.vcenter) {
            (Some(id), Some(name)) => self.start(id, name, operation.job.again(), again),
            _ => {
                let job = words::within_a_sentence(&words::job(&operation.job));
                self.run(again, format!("{}: {job} could not start", operation.about()), |_, _| ());
            }
        }
    }

    /// Does the same on each of these vCenters; each runs on its own and fails on its own.
    pub(crate) fn batch(&self, vcenters: &[Vcenter], job: &Job) {
        if vcenters.len() > 1 {
            self.page.tell(|world| world.news.batch(vcenters, job));
        }
        for vcenter in vcenters {
            self.work(vcenter, job.clone());
        }
    }

    /// Does once more what failed of a batch, and nothing else of it.
    pub(crate) fn retry_failed(&self, failed: &[Work]) {
        let Some(Work { job, .. }) = failed.first() else { return };
        let vcenters: Vec<Vcenter> = failed.iter().filter_map(|work| self.vcenter(&work.vcenter)).collect();
        self.batch(&vcenters, job);
    }

    /// Does what a button of a failure offers.
    pub(crate) fn act(&self, action: &Action) {
        match action {
            Action::Go(Route::Vcenters { dialog: Some(dialog), .. }) => open(dialog.clone()),
            Action::Go(route) => go(route),
            Action::Cancel(operation) => self.cancel(operation),
            Action::Restore { vcenter, name } => self.restore(vcenter, name),
            Action::Work(Work { vcenter, job }) => {
                if let Some(vcenter) = self.vcenter(vcenter) {
                    self.work(&vcenter, job.clone());
                }
            }
        }
    }

    /// Undoes what a toast offers to undo, the newest of them; false where none does.
    pub(crate) fn undo(&self) -> bool {
        let undo = self.page.look(|world| world.news.toasts().undo());
        if let Some((toast, action)) = &undo {
            self.act(action);
            self.dismiss(*toast);
        }
        undo.is_some()
    }

    /// Takes a toast away.
    pub(crate) fn dismiss(&self, toast: u64) {
        self.page.tell(|world| world.news.dismiss(toast));
    }

    /// Shows a toast.
    pub(crate) fn toast(&self, toast: Toast) {
        self.page.tell(|world| world.news.say(toast));
    }

    /// Shows the simulated vCenters, or the real ones again.
    pub(crate) fn explore(&self, simulated: bool) {
        const FAILED: &str = "The other vCenters could not be shown";
        let shown = |service: &VcenterService, estate: Option<Estate>| {
            if estate.is_some() {
                go(&Route::Overview);
                service.refresh();
            }
        };
        if simulated {
            self.toast(Toast::done("Starting the simulated vCenters\u{2026}", ""));
            self.run(ExploreSimulated {}, FAILED, shown);
        } else {
            self.run(LeaveSimulated {}, FAILED, shown);
        }
    }

    /// Makes the page larger or smaller, or for `None` as large as it is by itself.
    pub(crate) fn zoom(&self, larger: Option<bool>) {
        self.run(ZoomWindow { larger }, "The size could not be changed", |_, _| ());
    }

    /// Makes the page as large as this, percent.
    pub(crate) fn set_zoom(&self, percent: u32) {
        self.run(SetZoom { percent }, "The size could not be changed", |_, _| ());
    }

    /// Lowers or raises the role of the windows; `done` is told what came of it. Everything is read anew then.
    pub(crate) fn change_role<C: Command<Reply = WindowRole> + 'static>(
        &self,
        command: C,
        done: impl FnOnce(Result<WindowRole, ApiError>) + 'static,
    ) {
        spawn_local(async move { done(backend::call(command).await) });
    }

    /// Opens the compact window.
    pub(crate) fn open_compact(&self) {
        self.run(OpenCompact {}, "The compact window could not be opened", |_, _| ());
    }

    /// Changes how this machine's desktop is used.
    pub(crate) fn set_desktop(&self, preferences: DesktopPreferences) {
        self.run(SetDesktop { preferences }, "The setting could not be saved", |_, _| ());
    }

    /// Has Muster started at login, or not any more.
    pub(crate) fn set_autostart(&self, on: bool) {
        self.run(SetAutostart { on }, "Start at login could not be changed", |_, _| ());
    }

    /// Closes the window and leaves Muster in the tray; from now on without asking, if that is to be remembered.
    pub(crate) fn stay_in_tray(&self, remember: bool) {
        self.run(StayInTray { remember }, "The window could not be closed", |_, _| ());
    }

    /// Ends Muster; closing does from now on, if that is to be remembered.
    pub(crate) fn quit(&self, remember: bool) {
        self.run(QuitMuster { remember }, "Muster could not be closed", |_, _| ());
    }

    /// Asks the window to close, as its own button does.
    pub(crate) fn ask_to_close(&self) {
        self.run(AskToClose {}, "The window could not be closed", |_, _| ());
    }

    /// Runs a command; a failure is told under `title`. `done` is told its answer, if there is one.
    pub(super) fn run<C: Command + 'static>(
        &self,
        command: C,
        title: impl AsRef<str> + 'static,
        done: impl FnOnce(&VcenterService, Option<C::Reply>) + 'static,
    ) {
        let service = self.clone();
        spawn_local(async move {
            let answer = backend::call(command).await;
            if let Err(error) = &answer {
                service.toast(Toast::refused(title.as_ref(), error));
            }
            done(&service, answer.ok());
        });
    }

    /// Looks at the certificate that a vCenter shows now; sends no credential.
    pub(crate) async fn probe(&self, vcenter: VcenterId) -> Result<Option<Probe>, ApiError> {
        backend::call(ProbeVcenter { vcenter, typed: None, way: None }).await
    }

    /// The same, by the way that was typed, if the address that was typed is the vCenter's own, however it is written; else
    /// nothing is looked at.
    pub(crate) async fn probe_if_at(
        &self,
        vcenter: VcenterId,
        typed: &str,
        way: Way,
    ) -> Result<Option<Probe>, ApiError> {
        backend::call(ProbeVcenter { vcenter, typed: Some(typed.to_owned()), way: Some(way) }).await
    }

    /// Looks for the CA that issued a vCenter's certificate among those that it offers; stores nothing.
    pub(crate) async fn offer_ca(&self, vcenter: VcenterId) -> Result<OfferedCa, ApiError> {
        backend::call(OfferCa { vcenter }).await
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

    /// What an import would do about the vCenters in a file.
    pub(crate) async fn plan_import(
        &self,
        content: Content,
        options: ImportOptions,
    ) -> Result<ImportPlan, ApiError> {
        backend::call(PlanImport { content, options }).await
    }

    /// Adds and changes them; answers with what became of each.
    pub(crate) async fn import(
        &self,
        content: Content,
        options: ImportOptions,
    ) -> Result<ImportPlan, ApiError> {
        backend::call(ImportVcenters { content, options }).await
    }

    /// Changes one, unless it is another one by now than it was here.
    pub(crate) async fn edit(&self, made_from: &Vcenter, change: Change) -> Result<Saved, ApiError> {
        let (vcenter, edition) = (made_from.id.clone(), made_from.edition);
        backend::call(EditVcenter { vcenter, edition, change }).await
    }

    /// Changes settings of Muster itself; a failure is told under `title`, and `done` whether it was.
    pub(crate) fn set_preferences(
        &self,
        made_from: Preferences,
        preferences: Preferences,
        title: &'static str,
        done: impl FnOnce(bool) + 'static,
    ) {
        self.run(SetPreferences { made_from, preferences }, title, |_, saved| done(saved.is_some()));
    }

    /// The newest lines of the log of this level or a worse one.
    pub(crate) async fn log(&self, level: LogLevel, limit: u32) -> Result<Vec<LogLine>, ApiError> {
        backend::call(ReadLog { since: None, level: Some(level), limit }).await
    }

    /// What goes with one that is removed.
    pub(crate) async fn goes_with(&self, vcenter: VcenterId) -> Result<Removal, ApiError> {
        backend::call(PlanRemoval { vcenter }).await
    }

    /// Removes one; for a while it can be restored.
    pub(crate) async fn remove(&self, vcenter: VcenterId) -> Result<(), ApiError> {
        backend::call(RemoveVcenter { vcenter, at_once: false }).await.map(drop)
    }

    /// Brings back one that was removed a moment ago.
    fn restore(&self, vcenter: &VcenterId, name: &str) {
        let (restore, name) = (RestoreVcenter { vcenter: vcenter.clone() }, name.to_owned());
        self.run(restore, format!("{name} was not brought back"), move |service, restored| {
            if restored.is_some() {
                service.toast(Toast::done(format!("{name} is back"), ""));
            }
        });
    }

    /// Has something done by itself on vCenters: stores a new schedule, or what one becomes that is there, unless it is another one
    /// by now than it was here.
    pub(crate) async fn schedule_auto_sync(
        &self,
        made_from: Option<&Schedule>,
        settings: ScheduleSettings,
        enabled: bool,
    ) -> Result<Schedule, ApiError> {
        let saved = match made_from {
            None => backend::call(AddSchedule { settings }).await?,
            Some(Schedule { id, edition, .. }) => {
                let edit = EditSchedule { schedule: id.clone(), edition: *edition, settings };
                backend::call(edit).await?
            }
        };
        match saved.enabled == enabled {
            true => Ok(saved),
            false => backend::call(EnableSchedule { schedule: saved.id, enabled }).await,
        }
    }

    /// Turns a schedule on or off.
    pub(crate) fn enable_schedule(&self, schedule: ScheduleId, enabled: bool) {
        let turn = EnableSchedule { schedule, enabled };
        self.run(turn, "The schedule could not be changed", |_, _| ());
    }

    /// Removes a schedule; what it started goes on.
    pub(crate) fn remove_schedule(&self, schedule: &Schedule) {
        let remove = RemoveSchedule { schedule: schedule.id.clone() };
        self.run(remove, "The schedule was not removed", |service, removed| {
            if let Some(Schedule { name, .. }) = removed {
                service.toast(Toast::done(format!("Schedule {name} was removed"), ""));
            }
        });
    }

    /// Asks for a job; how it goes and what came of it is told by state and toasts.
    fn work(&self, Vcenter { id, name, .. }: &Vcenter, job: Job) {
        self.start(id, name, job.clone(), Submit { vcenter: id.clone(), job, detached: false });
    }

    /// Runs a command that answers with the operation of a job on a vCenter.
    fn start<C>(&self, vcenter: &VcenterId, name: &str, job: Job, command: C)
    where
        C: Command<Reply = OperationId> + 'static,
    {
        let (page, name, work) = (self.page.clone(), name.to_owned(), Work::new(vcenter, job));
        page.tell(|world| world.work.sent(vcenter));
        spawn_local(async move {
            let answer = backend::call(command).await;
            page.change(|world| world.accepted(&work.vcenter, answer.as_ref().ok().cloned()));
            page.tell(|world| {
                let is_told = world.news.answered(&work.vcenter, &work.job, &answer);
                if let Err(error) = answer
                    && !is_told
                {
                    world.news.say(Toast::not_started(&name, &error, work));
                }
            });
        });
    }
}
