//! The commands of Muster, each declared once: name, arguments, reply and the role it takes. Those of the service every
//! client calls; those of the shell are about the window itself, and only its page calls them.
//! Shell registration, access control, the way into the service and the clients' calls derive from these lists; they run none.

mod filter;
mod replies;

pub use filter::{Listing, OperationFilter, Since};
pub use replies::{
    About, Counted, DataFolder, Freshened, MergedCredential, NeededPassword, Orphan, Removal, Removed,
    SavedCredential, WhyNeeded, WindowRole,
};

use crate::analytics::{Analysis, CallAnalytics, CapacityAnalytics, FindingAnalytics, SyncAnalytics, What};
use crate::destination::{Destination, DestinationSettings};
use crate::discovery::{Approval, Discovered, PlannedServer, Profile, Scan, Server, Vendor};
use crate::health::{
    Attention, FindingFilter, Findings, Levels, Limits, NewWaiver, OpenFindings, Scope, Waiver,
};
use crate::policy::{DryRun, Policy, PolicyRun, PolicySettings};
use crate::{
    AuditFilter, AuditPage, Backup, BundleDraft, Calendar, ChangesPage, Check, ClosingQuestion, Content,
    Credential, CredentialId, Desktop, DesktopPreferences, DestinationId, Event, Group, ImportOptions,
    ImportPlan, Job, Kind, LogLevel, LogLine, Moref, OfferedCa, Operation, OperationId, Origin, Overview,
    PolicyId, Preferences, Preview, Probe, Receipt, Restored, Role, RowQuery, Rows, Run, Schedule,
    ScheduleId, ScheduleSettings, ServerId, Source, Steps, Subject, TestReport, Time, Trust, Vcenter,
    VcenterId, VcenterSettings, VcenterStatus, Verified, Way, WrittenBundle,
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

/// A call of a client.
pub trait Command: Serialize + DeserializeOwned {
    /// The name it is registered and invoked under.
    const NAME: &'static str;
    /// The least role that may call it.
    const ROLE: Role;
    /// What it answers with.
    type Reply: Serialize + DeserializeOwned;
    /// How the audit log has it.
    const TRAIL: Trail = Trail::None;

    /// What it is done to, for the audit log.
    fn subject(&self) -> Subject {
        Subject::none()
    }
}

/// What the audit log has of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trail {
    /// Nothing: it changes nothing and contacts nobody.
    None,
    /// That it was refused. What it has read counts as read by itself.
    Refused,
    /// A row in the transaction of its change, or one that says why there was none.
    Change,
    /// A row before as well: it contacts a server, or writes where no transaction reaches.
    Contact,
}

/// A command that changes nothing: its answer may be shown until something happens that makes it stale.
pub trait Query: Command<Reply: PartialEq + 'static> + Clone + 'static {
    /// Whether its answer may be another one after this. After [`Event::Lagged`] every answer may, which is asked of none.
    fn is_stale_after(&self, event: &Event) -> bool;

    /// The operation that an event is about, where that one is all of the answer that may be another: it is asked for alone.
    fn changed_part<'a>(&self, _event: &'a Event) -> Option<&'a OperationId> {
        None
    }

    /// The answer with an operation in it as it is now.
    fn with_part(&self, _answer: &Self::Reply, _operation: &Operation) -> Option<Self::Reply> {
        None
    }

    /// Whether its answer has names of vCenters: it is asked for anew when one was renamed or removed.
    fn has_names(&self) -> bool {
        false
    }

    /// The parts of its answer that are asked for anew when they are older than their TTL; of most, none.
    fn refreshed<'a>(&self, _answer: &'a Self::Reply) -> &'a [Source] {
        &[]
    }

    /// The same without having anything read from a vCenter. What is asked because something changed is asked like this, or
    /// a change would bring about the next one.
    fn quietly(&self) -> Self {
        self.clone()
    }
}

macro_rules! commands {
    ($(#[$list_doc:meta])* $list:ident: $($(#[$doc:meta])* $command:ident { $($(#[$field_doc:meta])* $field:ident: $ty:ty),* $(,)? } => $name:literal, $role:ident, $reply:ty $(, $trail:ident |$of:ident| $subject:expr)?;)*) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Debug, Serialize, Deserialize)]
            pub struct $command { $($(#[$field_doc])* pub $field: $ty,)* }

            impl Command for $command {
                const NAME: &'static str = $name;
                const ROLE: Role = Role::$role;
                type Reply = $reply;
                $(
                    const TRAIL: Trail = Trail::$trail;

                    fn subject(&self) -> Subject {
                        let $of = self;
                        $subject
                    }
                )?
            }
        )*

        $(#[$list_doc])*
        pub const $list: &[&str] = &[$($name),*];
    };
}

/// The same, and a macro that hands the types of all of them to another one: the service makes a call by its name of that,
/// and doesn't compile while one of them has no handler.
macro_rules! commands_of_the_service {
    ($dollar:tt $($(#[$doc:meta])* $command:ident { $($field:tt)* } => $name:literal, $role:ident, $reply:ty $(, $trail:ident |$of:ident| $subject:expr)?;)*) => {
        commands! {
            /// The names of the service's commands.
            SERVICE: $($(#[$doc])* $command { $($field)* } => $name, $role, $reply $(, $trail |$of| $subject)?;)*
        }

        /// Calls a macro with the types of the service's commands.
        #[macro_export]
        macro_rules! each_command_of_the_service {
            ($dollar then:ident) => { $dollar then! { $($command)* } };
        }
    };
}

/// The name of every command.
pub fn names() -> impl Iterator<Item = &'static str> {
    SERVICE.iter().chain(SHELL).copied()
}

commands_of_the_service! { $
    /// Every configured vCenter.
    ListVcenters {} => "list_vcenters", Viewer, Vec<Vcenter>;
    /// State and freshness of every vCenter.
    ListStatus {} => "list_status", Viewer, Vec<VcenterStatus>;
    /// The vCenter with this name, id or unique beginning of an id.
    ShowVcenter {
        /// Which.
        vcenter: String,
    } => "show_vcenter", Viewer, Vcenter;
    /// The same as `ListStatus`, and how much is left out of it, because it is damaged.
    CountStatus {} => "count_status", Viewer, Counted;
    /// The estate at a glance: totals, capacity, what changed of late and what comes next.
    ShowOverview {} => "show_overview", Viewer, Overview;
    /// Looks at everything that Muster needs on this machine.
    Doctor {} => "doctor", Viewer, Vec<Check>;
    /// Where the data is, how large it is, and how much room there is for more.
    ShowDataFolder {} => "show_data_folder", Viewer, DataFolder;
    /// Every credential, without its password.
    ListCredentials {} => "list_credentials", Admin, Vec<Credential>;
    /// The credential with this name, id or unique beginning of an id.
    ShowCredential {
        /// Which.
        credential: String,
    } => "show_credential", Admin, Credential;
    /// Adds a credential.
    AddCredential {
        /// Its name.
        name: String,
        /// Its user.
        user: String,
        /// Its password, where one was given.
        password: Option<Password>,
        /// The program that prints its password at each login, and its arguments, where one was named.
        #[serde(default)]
        helper: Option<Vec<String>>,
    } => "add_credential", Admin, SavedCredential,
        Change |of| Subject::new_credential(&of.name);
    /// Changes name, user or password of a credential, for every vCenter that shares it.
    SetCredential {
        /// Which.
        credential: CredentialId,
        /// Another name.
        name: Option<String>,
        /// Another user.
        user: Option<String>,
        /// Another password; it takes the place of a helper.
        password: Option<Password>,
        /// Another program that prints its password at each login, and its arguments; an empty list takes it away.
        #[serde(default)]
        helper: Option<Vec<String>>,
    } => "set_credential", Admin, SavedCredential,
        Change |of| Subject::credential(&of.credential);
    /// Has every vCenter of one credential log in with another one, and removes the first with its password.
    MergeCredential {
        /// Which is removed.
        from: CredentialId,
        /// Which its vCenters log in with from then on.
        into: CredentialId,
        /// Whether that may be another user.
        other_user: bool,
    } => "merge_credential", Admin, MergedCredential,
        Change |of| Subject::credential(&of.from);
    /// Removes a credential that no vCenter uses, and its password.
    RemoveCredential {
        /// Which.
        credential: CredentialId,
    } => "remove_credential", Admin, Credential,
        Change |of| Subject::credential(&of.credential);
    /// The entries in the keychain that no credential needs; may unlock it.
    ListOrphans {} => "list_orphans", Admin, Vec<Orphan>;
    /// Removes such entries from the keychain, unless they have a credential by now; answers with those that it removed.
    RemoveOrphans {
        /// Which, by the id of the credential that they were stored for.
        orphans: Vec<CredentialId>,
    } => "remove_orphans", Admin, Vec<Orphan>,
        Contact |_of| Subject::only("keychain");
    /// Whether a password is at hand for a credential of this name that is about to be added; may unlock the keychain.
    HasPassword {
        /// The name it will have.
        credential: String,
    } => "has_password", Admin, bool;
    /// Whether a person has to give a password before a vCenter can be logged in to; may unlock the keychain.
    MissingPassword {
        /// The credential it logs in with.
        credential: CredentialId,
        /// The vCenter, where it is configured already.
        vcenter: Option<VcenterId>,
    } => "missing_password", Operator, Option<NeededPassword>;
    /// Holds a password in memory, until the process ends, that a person gave for one vCenter's address, or a new one's.
    HoldPassword {
        /// The credential it belongs to.
        credential: CredentialId,
        /// The password.
        password: Password,
        /// The vCenter that it was given for.
        vcenter: Option<VcenterId>,
    } => "hold_password", Operator, (),
        Change |of| Subject::credential(&of.credential);
    /// Looks at the certificate that a server shows, and at its version if it is trusted; sends no credential.
    ProbeAddress {
        /// Host name, address or URL.
        address: String,
        /// Which certificate to accept.
        trust: Trust,
        /// The way there.
        #[serde(default)]
        way: Way,
    } => "probe_address", Admin, Probe,
        Contact |of| Subject::address(&of.address);
    /// Checks the names of a vCenter that is about to be added, before anybody types a password for it; answers with the
    /// credential it is to share.
    CheckNewVcenter {
        /// Its name.
        name: String,
        /// The credential it shares, by name or id; `None` for one of its own, of the same name.
        credential: Option<String>,
    } => "check_new_vcenter", Admin, Option<Credential>;
    /// Looks at the certificate that a vCenter shows now, and whether it is the one to accept; sends no credential.
    ProbeVcenter {
        /// Which.
        vcenter: VcenterId,
        /// What somebody typed for its address: if that is another one, nothing is looked at.
        typed: Option<String>,
        /// The way there that somebody typed; `None` for the one that is set.
        way: Option<Way>,
    } => "probe_vcenter", Admin, Option<Probe>,
        Contact |of| Subject::vcenter(&of.vcenter);
    /// Fetches the CAs that a vCenter offers, over a connection that is trusted already, and looks for the one that issued
    /// its certificate; sends no credential, and stores nothing.
    OfferCa {
        /// Which.
        vcenter: VcenterId,
    } => "offer_ca", Admin, OfferedCa,
        Contact |of| Subject::vcenter(&of.vcenter);
    /// Logs in once with settings that are not stored yet.
    TryVcenter {
        /// The vCenter that is being edited, whose password serves where none is given.
        vcenter: Option<VcenterId>,
        /// The settings.
        settings: Settings,
    } => "try_vcenter", Admin, TestReport,
        Contact |of| Subject::new_vcenter(&of.settings.name);
    /// Logs in once, and stores a vCenter.
    AddVcenter {
        /// Its settings.
        settings: Settings,
    } => "add_vcenter", Admin, Saved,
        Contact |of| Subject::new_vcenter(&of.settings.name);
    /// Changes a vCenter without contacting it, unless somebody changed it since.
    EditVcenter {
        /// Which.
        vcenter: VcenterId,
        /// The edition of it that the change was made from.
        edition: i64,
        /// What to change; `None` leaves it as it is.
        change: Change,
    } => "edit_vcenter", Admin, Saved,
        Change |of| Subject::vcenter(&of.vcenter);
    /// What goes with a vCenter that is removed.
    PlanRemoval {
        /// Which.
        vcenter: VcenterId,
    } => "plan_removal", Admin, Removal;
    /// Removes a vCenter with everything cached of it, and the credential that was made with it unless another one uses that.
    RemoveVcenter {
        /// Which.
        vcenter: VcenterId,
        /// Whether nothing is to bring it back; else it is hidden for some seconds, in which it can be restored.
        at_once: bool,
    } => "remove_vcenter", Admin, Removed,
        Change |of| Subject::vcenter(&of.vcenter);
    /// Brings a vCenter back that was removed some seconds ago, as it was.
    RestoreVcenter {
        /// Which.
        vcenter: VcenterId,
    } => "restore_vcenter", Admin, Vcenter,
        Change |of| Subject::vcenter(&of.vcenter);
    /// What an import would do about each vCenter that a file names.
    PlanImport {
        /// The file.
        content: Content,
        /// How it is to be imported.
        options: ImportOptions,
    } => "plan_import", Admin, ImportPlan;
    /// Adds and changes the vCenters that a file names, without contacting them; each as a whole or not at all. Answers with what
    /// became of each.
    ImportVcenters {
        /// The file.
        content: Content,
        /// How it is imported.
        options: ImportOptions,
    } => "import_vcenters", Admin, ImportPlan,
        Change |_of| Subject::only("file");
    /// The configuration of every vCenter, without passwords, as the text of a file that can be imported.
    DescribeVcenters {
        /// Whether as CSV and not as JSON.
        csv: bool,
        /// The file that the caller writes it to.
        out: String,
    } => "describe_vcenters", Viewer, Described,
        Contact |of| Subject::file(&of.out);
    /// Writes the same into the folder for downloads.
    ExportVcenters {
        /// Which; all of them where none is named.
        vcenters: Vec<VcenterId>,
        /// Whether as CSV and not as JSON.
        csv: bool,
    } => "export_vcenters", Viewer, Exported,
        Contact |_of| Subject::only("file");

    /// The settings of Muster itself.
    ShowPreferences {} => "show_preferences", Viewer, Preferences;
    /// Changes settings of Muster itself, on top of what others changed of them meanwhile; answers with all of them.
    SetPreferences {
        /// What the change was made from.
        made_from: Preferences,
        /// What it makes of that.
        preferences: Preferences,
    } => "set_preferences", Admin, Preferences,
        Change |_of| Subject::only("settings");
    /// Deletes what was seen of when people look at vCenters, when those change and how fast they answer: smart schedules begin
    /// to learn anew.
    DeleteUsage {} => "delete_usage", Admin, (),
        Change |_of| Subject::only("usage");

    /// What health rules find in what is known, and how many findings there were lately.
    ListFindings {
        /// Which.
        filter: FindingFilter,
    } => "list_findings", Viewer, Findings;
    /// What needs somebody, a line for each rule that found something, the worst first.
    ListAttention {} => "list_attention", Viewer, Vec<Attention>;
    /// How many findings are open in each datacenter.
    CountFindings {} => "count_findings", Viewer, Vec<OpenFindings>;
    /// The levels of rules that somebody set.
    ListLimits {} => "list_limits", Viewer, Vec<Limits>;
    /// Sets the levels of a rule for a scope; `None` takes back what was set.
    SetLimits {
        /// Id of the rule.
        rule: String,
        /// What for.
        scope: Scope,
        /// The levels, each with its value; none turns the rule off there.
        levels: Option<Levels>,
    } => "set_limits", Admin, (),
        Change |of| Subject::rule(&of.rule);
    /// Every waiver, those that have ended too, the newest first.
    ListWaivers {} => "list_waivers", Viewer, Vec<Waiver>;
    /// Silences findings of a rule, for a reason.
    AddWaiver {
        /// Which, why, and until when.
        waiver: NewWaiver,
    } => "add_waiver", Operator, Waiver,
        Change |of| Subject::rule(&of.waiver.rule);
    /// Takes a waiver back: what it silenced is reported again.
    RemoveWaiver {
        /// Its id, or a unique beginning of it.
        waiver: String,
    } => "remove_waiver", Operator, Waiver,
        Change |of| Subject::only("waiver").named(&of.waiver);

    /// Asks for a job on a vCenter; answers with its operation, or with one that does the same and waits or runs already.
    Submit {
        /// On which vCenter.
        vcenter: VcenterId,
        /// What to do.
        job: Job,
        /// Whether it is done in any case; else it ends when nobody waits for it any more, as when this process ends.
        detached: bool,
    } => "submit", Operator, OperationId,
        Change |of| Subject::vcenter(&of.vcenter);
    /// Whether any process is there that runs what nobody waits for.
    HasWorker {} => "has_worker", Viewer, bool;
    /// Asks for what an operation did once more; what was answered for that one alone is asked anew.
    RetryOperation {
        /// Which.
        operation: OperationId,
        /// Whether it is done in any case.
        detached: bool,
    } => "retry_operation", Operator, OperationId,
        Change |of| Subject::operation(&of.operation);
    /// Asks for a refresh of one kind if it is older than wanted; readers of the same share one.
    RefreshIfOlder {
        /// Of which vCenter.
        vcenter: VcenterId,
        /// Which kind.
        kind: Kind,
        /// How old it may be.
        max_age_seconds: u64,
    } => "refresh_if_older", Operator, Freshened, Refused |of| Subject::vcenter(&of.vcenter);
    /// From now on what is known of a vCenter counts as stale: the next reader that asks for fresh data refreshes it.
    Invalidate {
        /// Which.
        vcenter: VcenterId,
    } => "invalidate", Operator, (),
        Change |of| Subject::vcenter(&of.vcenter);
    /// Takes back what this process asked for; it goes on if another process waits for it.
    Withdraw {
        /// Which.
        operation: OperationId,
    } => "withdraw", Operator, Withdrawn,
        Change |of| Subject::operation(&of.operation);
    /// Cancels an operation for whoever waits for it, wherever it runs; false if it had ended.
    CancelOperation {
        /// Which.
        operation: OperationId,
    } => "cancel_operation", Operator, bool,
        Change |of| Subject::operation(&of.operation);
    /// Nothing is done by itself on a vCenter, on all that have a tag, or at all, until a time: as while it is maintained.
    Pause {
        /// Which.
        of: Group,
        /// When that ends by itself; `None` where somebody is to resume it.
        until: Option<Time>,
    } => "pause", Operator, (),
        Change |of| Subject::group(&of.of);
    /// The pause of everything, if there is one.
    PauseOfAll {} => "pause_of_all", Viewer, Option<crate::Pause>;
    /// What runs by itself does so again: a pause ends, and a vCenter that failed again and again is tried at once; false if
    /// neither kept it from that.
    Resume {
        /// Which.
        of: Group,
    } => "resume", Operator, bool,
        Change |of| Subject::group(&of.of);
    /// All that waits or runs, and the newest ended operations that a person asked for, newest first.
    ListOperations {
        /// Which of them.
        filter: OperationFilter,
        /// How many ended ones at most.
        limit: u32,
    } => "list_operations", Viewer, Vec<Operation>;
    /// The newest operations of every origin, newest first.
    OperationHistory {
        /// Which of them.
        filter: OperationFilter,
        /// How many at most.
        limit: u32,
    } => "operation_history", Viewer, Listing;
    /// An operation by its id or a unique beginning of one.
    ShowOperation {
        /// Which.
        operation: String,
    } => "show_operation", Viewer, Operation;
    /// The objects that an operation added, changed and removed, a page of them: by that, kind and name.
    ShowChanges {
        /// Which.
        operation: OperationId,
        /// How many come before the page.
        skip: u32,
        /// How many at most.
        limit: u32,
    } => "show_changes", Viewer, ChangesPage;
    /// The steps in which an operation ran, and what failed of it.
    ShowSteps {
        /// Which.
        operation: OperationId,
    } => "show_steps", Viewer, Steps;
    /// Answers when an operation has ended, wherever it runs.
    AwaitOperation {
        /// Which.
        operation: OperationId,
    } => "await_operation", Viewer, Operation;

    /// Every schedule, by name.
    ListSchedules {} => "list_schedules", Viewer, Vec<Schedule>;
    /// The schedule with this name, id or unique beginning of an id.
    ShowSchedule {
        /// Which.
        schedule: String,
    } => "show_schedule", Viewer, Schedule;
    /// Adds a schedule, which is on.
    AddSchedule {
        /// What is set for it.
        settings: ScheduleSettings,
    } => "add_schedule", Operator, Schedule,
        Change |of| Subject::new_schedule(&of.settings.name);
    /// Changes a schedule, unless somebody changed it since.
    EditSchedule {
        /// Which.
        schedule: ScheduleId,
        /// The edition of it that the change was made from.
        edition: i64,
        /// What is set for it from now on, all of it.
        settings: ScheduleSettings,
    } => "edit_schedule", Operator, Schedule,
        Change |of| Subject::schedule(&of.schedule);
    /// Turns a schedule on or off. What it missed while it was off it doesn't catch up.
    EnableSchedule {
        /// Which.
        schedule: ScheduleId,
        /// Whether it is on.
        enabled: bool,
    } => "enable_schedule", Operator, Schedule,
        Change |of| Subject::schedule(&of.schedule);
    /// Removes a schedule; what it started goes on.
    RemoveSchedule {
        /// Which.
        schedule: ScheduleId,
    } => "remove_schedule", Operator, Schedule,
        Change |of| Subject::schedule(&of.schedule);
    /// Every policy, by name.
    ListPolicies {} => "list_policies", Viewer, Vec<Policy>;
    /// The policy with this name, id or unique beginning of an id.
    ShowPolicy {
        /// Which.
        policy: String,
    } => "show_policy", Viewer, Policy;
    /// Adds a policy, which is on. What happened before doesn't start it.
    AddPolicy {
        /// What is set for it.
        settings: PolicySettings,
    } => "add_policy", Operator, Policy,
        Change |of| Subject::new_policy(&of.settings.name);
    /// Changes a policy, unless somebody changed it since.
    EditPolicy {
        /// Which.
        policy: PolicyId,
        /// The edition of it that the change was made from.
        edition: i64,
        /// What is set for it from now on, all of it.
        settings: PolicySettings,
    } => "edit_policy", Operator, Policy,
        Change |of| Subject::policy(&of.policy);
    /// Turns a policy on or off. What happened while it was off doesn't start it.
    EnablePolicy {
        /// Which.
        policy: PolicyId,
        /// Whether it is on.
        enabled: bool,
    } => "enable_policy", Operator, Policy,
        Change |of| Subject::policy(&of.policy);
    /// Removes a policy; what it started goes on.
    RemovePolicy {
        /// Which.
        policy: PolicyId,
    } => "remove_policy", Operator, Policy,
        Change |of| Subject::policy(&of.policy);
    /// Runs a policy now, whether or not it is on, if its conditions hold.
    RunPolicy {
        /// Which.
        policy: PolicyId,
        /// Whether it runs in any case, also when nobody waits for it.
        detached: bool,
    } => "run_policy", Operator, OperationId,
        Contact |of| Subject::policy(&of.policy);
    /// The runs of a policy, the newest first, as long as history is kept.
    ListRuns {
        /// Which.
        policy: PolicyId,
        /// How many at most.
        limit: u32,
    } => "list_runs", Viewer, Vec<PolicyRun>;
    /// What would come of a policy if it ran now, stored or not. Nothing is contacted.
    DryRunPolicy {
        /// What is set for it.
        settings: PolicySettings,
    } => "dry_run_policy", Viewer, DryRun;
    /// Every destination, by name. Whoever may not change them is told no more than that they are there.
    ListDestinations {} => "list_destinations", Operator, Vec<Destination>;
    /// The destination with this name, id or unique beginning of an id.
    ShowDestination {
        /// Which.
        destination: String,
    } => "show_destination", Operator, Destination;
    /// Adds a destination.
    AddDestination {
        /// What is set for it.
        settings: DestinationSettings,
    } => "add_destination", Admin, Destination,
        Change |of| Subject::new_destination(&of.settings.name);
    /// Changes a destination, unless somebody changed it since.
    EditDestination {
        /// Which.
        destination: DestinationId,
        /// The edition of it that the change was made from.
        edition: i64,
        /// What is set for it from now on, all of it.
        settings: DestinationSettings,
    } => "edit_destination", Admin, Destination,
        Change |of| Subject::destination(&of.destination);
    /// Removes a destination, unless a policy delivers to it.
    RemoveDestination {
        /// Which.
        destination: DestinationId,
    } => "remove_destination", Admin, Destination,
        Change |of| Subject::destination(&of.destination);
    /// Delivers something to a destination that shows whether it works.
    TestDestination {
        /// Which.
        destination: DestinationId,
        /// Whether it is done in any case, also when nobody waits for it.
        detached: bool,
    } => "test_destination", Admin, OperationId,
        Contact |of| Subject::destination(&of.destination);
    /// What schedules start next, the soonest first.
    NextRuns {
        /// Of this schedule alone, or of all that are on.
        schedule: Option<ScheduleId>,
        /// How many at most.
        count: u32,
    } => "next_runs", Viewer, Vec<Run>;
    /// What runs by itself in the days to come, and whether everything is paused.
    ShowCalendar {
        /// How many days, today among them; 31 at most.
        days: u32,
    } => "show_calendar", Viewer, Calendar;
    /// When a schedule that is not stored would run, or what is wrong with it.
    PreviewSchedule {
        /// What would be set for it; its name and what it is for may be missing.
        settings: ScheduleSettings,
        /// How many runs.
        count: u32,
    } => "preview_schedule", Viewer, Preview;

    /// Rows of the audit log, newest first.
    ListAudit {
        /// Which of them.
        filter: AuditFilter,
        /// Those before this number alone: what comes after a page.
        before: Option<u64>,
        /// How many at most.
        limit: u32,
    } => "list_audit", Admin, AuditPage;
    /// Checks the audit log row by row.
    VerifyAudit {
        /// The head of the chain at some time before, for what was cut off or rewritten since.
        receipt: Option<Receipt>,
    } => "verify_audit", Admin, Verified;
    /// The head of the chain of the audit log.
    AuditReceipt {} => "audit_receipt", Admin, Receipt;
    /// Removes the rows of the audit log up to one, which were exported before, and leaves a row that says so.
    PruneAudit {
        /// The number of the last one that goes.
        through: u64,
        /// How many rows were exported up to there: all of those go, and no others.
        rows: u64,
        /// Its hash: what was exported is what goes.
        hash: String,
        /// The file that they were written to.
        file: String,
    } => "prune_audit", Admin, u64, Change |_of| Subject::only("audit");
    /// Writes the rows of the audit log that match into the folder for downloads, as CSV or one JSON object a line.
    ExportAudit {
        /// Which of them.
        filter: AuditFilter,
        /// Whether as CSV.
        csv: bool,
    } => "export_audit", Admin, Exported, Contact |_of| Subject::only("audit");

    /// A window of rows out of what is known.
    ReadRows {
        /// Which rows.
        query: RowQuery,
    } => "read_rows", Viewer, Rows;
    /// Writes all rows that match, in their order and with the columns asked for, as CSV into the folder for downloads.
    ExportRows {
        /// Which rows; where they begin, and how many are wanted, doesn't matter.
        query: RowQuery,
    } => "export_rows", Viewer, Exported,
        Contact |_of| Subject::only("file");

    /// Everything that discovery knows: servers, and ESXi hosts without a known BMC.
    ListServers {} => "list_servers", Operator, Discovered;
    /// One server, by id, unique prefix of it, address, serial number or service tag.
    ShowServer {
        /// What names it.
        server: String,
    } => "show_server", Operator, Server;
    /// The server that an ESXi host is.
    ServerOfHost {
        /// The host's vCenter.
        vcenter: VcenterId,
        /// The host.
        moref: Moref,
    } => "server_of_host", Viewer, Option<Server>;
    /// Looks for BMCs. Nothing is logged in to whose certificate isn't trusted already. Answers at once, as a submission does.
    StartScan {
        /// Where, and how.
        scan: Scan,
        /// Whether it runs in any case, also when nobody waits for it.
        detached: bool,
    } => "start_scan", Operator, OperationId,
        Contact |_of| Subject::only("servers");
    /// Reads known servers anew.
    ReadServers {
        /// Which; empty for all.
        servers: Vec<ServerId>,
        /// Whether it runs in any case, also when nobody waits for it.
        detached: bool,
    } => "read_servers", Operator, OperationId,
        Contact |_of| Subject::only("servers");
    /// Adds the server at an address, or chooses what a known one is logged in to with. Nothing is contacted.
    AddServer {
        /// The BMC: a host name or address, with a port if it isn't 443.
        address: String,
        /// The credential profile to log in with, by name or id; `None` for the one that fits, or for its own.
        profile: Option<String>,
        /// The user of a credential of its own.
        user: Option<String>,
        /// The password of that.
        password: Option<Password>,
    } => "add_server", Admin, PlannedServer,
        Change |_of| Subject::only("servers");
    /// What an import would do about each server that a file names.
    PlanServers {
        /// The file.
        content: Content,
    } => "plan_servers", Admin, Vec<PlannedServer>;
    /// Adds and changes the servers that a file names, without contacting them; each as a whole or not at all. Answers with what
    /// became of each.
    ImportServers {
        /// The file.
        content: Content,
    } => "import_servers", Admin, Vec<PlannedServer>,
        Change |_of| Subject::only("servers");
    /// Approves certificates that somebody looked at: of their BMCs these and no others are trusted from now on.
    ApproveServers {
        /// Which, with the fingerprints that were shown.
        approvals: Vec<Approval>,
    } => "approve_servers", Admin, (),
        Change |_of| Subject::only("servers");
    /// Says that a server is this ESXi host, whatever the facts say, until somebody takes it back.
    MatchServer {
        /// The server.
        server: ServerId,
        /// The host's vCenter.
        vcenter: VcenterId,
        /// The host.
        moref: Moref,
    } => "match_server", Operator, Server,
        Change |of| Subject::server(&of.server);
    /// Says that a server is not this ESXi host: it is never proposed again.
    RejectMatch {
        /// The server.
        server: ServerId,
        /// The host's vCenter.
        vcenter: VcenterId,
        /// The host.
        moref: Moref,
    } => "reject_match", Operator, Server,
        Change |of| Subject::server(&of.server);
    /// Takes back that a server is a host: one that facts match is then rejected for that host. Or takes back which hosts it is
    /// not, so that facts decide.
    UnmatchServer {
        /// The server.
        server: ServerId,
        /// Whether the rejections are taken back, and no match.
        #[serde(default)]
        rejections: bool,
    } => "unmatch_server", Operator, Server,
        Change |of| Subject::server(&of.server);
    /// Forgets servers, with what people said of them. The next scan may find them again.
    RemoveServers {
        /// Which.
        servers: Vec<ServerId>,
    } => "remove_servers", Admin, (),
        Change |_of| Subject::only("servers");
    /// The credential profiles of discovery.
    ListProfiles {} => "list_profiles", Operator, Vec<Profile>;
    /// Has a credential tried at BMCs, or only at those of a vendor. Once more for one that is paused resumes it.
    SetProfile {
        /// The credential.
        credential: CredentialId,
        /// Only for BMCs of this vendor.
        vendor: Option<Vendor>,
    } => "set_profile", Admin, Profile,
        Change |of| Subject::credential(&of.credential);
    /// Has a credential tried at no BMC any more. The credential itself stays.
    RemoveProfile {
        /// The credential.
        credential: CredentialId,
    } => "remove_profile", Admin, (),
        Change |of| Subject::credential(&of.credential);

    /// How long syncs took, what they read and changed, and how they failed.
    AnalyzeSyncs {
        /// Of what, and how far back.
        scope: What,
    } => "analyze_syncs", Viewer, SyncAnalytics;
    /// Calls, bytes and latency, and what the cache saved.
    AnalyzeCalls {
        /// Of what, and how far back.
        scope: What,
    } => "analyze_calls", Viewer, CallAnalytics;
    /// Used space and VMs, and where that leads.
    AnalyzeCapacity {
        /// Of what, and how far back.
        scope: What,
    } => "analyze_capacity", Viewer, CapacityAnalytics;
    /// How many findings of health rules were open.
    AnalyzeFindings {
        /// Of what, and how far back.
        scope: What,
    } => "analyze_findings", Viewer, FindingAnalytics;
    /// Writes the numbers of one of them, as CSV, into the folder for downloads.
    ExportAnalytics {
        /// Which numbers.
        analysis: Analysis,
        /// Of what, and how far back.
        scope: What,
    } => "export_analytics", Viewer, Exported,
        Contact |_of| Subject::only("file");

    /// The newest lines of the log, the oldest of them first.
    ReadLog {
        /// None from before then.
        since: Option<Time>,
        /// None that are less bad.
        level: Option<LogLevel>,
        /// How many at most.
        limit: u32,
    } => "read_log", Admin, Vec<LogLine>;
    /// Makes a support bundle, which says nothing of names and addresses, and says what is in it; nothing is written.
    DraftBundle {} => "draft_bundle", Admin, BundleDraft;
    /// Writes the support bundle that was made last.
    WriteBundle {
        /// Which, as its draft says.
        draft: String,
        /// The file, which must not exist yet.
        out: String,
        /// A file for what was replaced by what; it stays with the owner of the names.
        mapping: Option<String>,
    } => "write_bundle", Admin, WrittenBundle,
        Contact |of| Subject::file(&of.out);
    /// Writes a verified copy of the database without secrets, while others use it.
    BackUp {
        /// The file, which must not exist yet.
        out: String,
    } => "back_up", Admin, Backup,
        Contact |of| Subject::file(&of.out);
}

commands! {
    /// The names of what is done to a data folder that nobody has open: no window has them.
    FOLDER:
    /// Looks whether a file is a whole backup that this release can restore; changes nothing.
    CheckBackup {
        /// The file.
        file: String,
    } => "check_backup", Admin, Backup;
    /// Puts the database of a backup in the place of the one that is there, of which a copy is kept.
    RestoreBackup {
        /// The file.
        file: String,
    } => "restore_backup", Admin, Restored,
        Contact |_of| Subject::only("file");
}

commands! {
    /// The names of the shell's commands.
    SHELL:
    /// Which estate the window shows.
    ShownEstate {} => "shown_estate", Viewer, Estate;
    /// Puts simulated vCenters in the place of the real ones, on a data folder of their own.
    ExploreSimulated {} => "explore_simulated", Viewer, Estate;
    /// Goes back to the real vCenters; the simulated ones end.
    LeaveSimulated {} => "leave_simulated", Viewer, Estate;
    /// Sends events from now on to the channel that is passed beside the arguments.
    Subscribe {} => "subscribe", Viewer, ();

    /// The role that the calls of this program's windows have.
    ShownRole {} => "shown_role", Viewer, WindowRole;
    /// Lowers it until Muster ends, or somebody raises it again.
    LowerRole {
        /// To which.
        role: Role,
        /// What is asked for before it is raised again; nothing is where none is given.
        passphrase: Option<Password>,
    } => "lower_role", Viewer, WindowRole,
        Change |_of| Subject::only("role");
    /// Raises it again, up to the one that Muster was started in.
    RaiseRole {
        /// To which.
        role: Role,
        /// What it was locked with.
        passphrase: Option<Password>,
    } => "raise_role", Viewer, WindowRole,
        Change |_of| Subject::only("role");
    /// What this program is.
    ShownAbout {} => "shown_about", Viewer, About;
    /// The licenses of all that this program is made of, as text.
    ShowLicenses {} => "show_licenses", Viewer, String;

    /// How large the page of this window is, in percent.
    ShownZoom {} => "shown_zoom", Viewer, u32;
    /// Makes the page as large as this; answers with the size in percent.
    SetZoom {
        /// Percent.
        percent: u32,
    } => "set_zoom", Viewer, u32;
    /// Makes the page larger or smaller, or for `None` as large as it is by itself; answers with the size in percent.
    ZoomWindow {
        /// Whether larger.
        larger: Option<bool>,
    } => "zoom_window", Viewer, u32;
    /// Answers when somebody wants to close the window and something has to be asked first: what that is.
    AwaitClosing {} => "await_closing", Viewer, ClosingQuestion;
    /// Asks the window to close, as its own button does.
    AskToClose {} => "ask_to_close", Viewer, ();
    /// Closes the window; answers only if it stays after all.
    CloseWindow {
        /// Whether what runs comes to its end first.
        finish_first: bool,
    } => "close_window", Viewer, ();
    /// The window that was to close when it is done stays.
    KeepWindowOpen {} => "keep_window_open", Viewer, ();
    /// Closes the window, and Muster goes on in the tray.
    StayInTray {
        /// Whether that is done from now on without asking.
        remember: bool,
    } => "stay_in_tray", Viewer, ();
    /// Ends Muster, after the question about a sync that runs.
    QuitMuster {
        /// Whether closing does that from now on without asking.
        remember: bool,
    } => "quit_muster", Viewer, ();
    /// Opens the page of a server's BMC in the browser of the desktop.
    OpenServer {
        /// Which.
        server: ServerId,
    } => "open_server", Operator, ();
    /// Opens the compact window, or brings it to the front.
    OpenCompact {} => "open_compact", Viewer, ();
    /// Opens the main window, or brings it to the front, at an address of its page where one is given.
    OpenMain {
        /// As it stands behind the `#`.
        address: Option<String>,
    } => "open_main", Viewer, ();
    /// How this machine's desktop is used, and what it offers.
    ShownDesktop {} => "shown_desktop", Viewer, Desktop;
    /// Changes how it is used.
    SetDesktop {
        /// All of what can be chosen.
        preferences: DesktopPreferences,
    } => "set_desktop", Viewer, ();
    /// Has Muster started at login, or not any more.
    SetAutostart {
        /// Whether it is.
        on: bool,
    } => "set_autostart", Viewer, ();
}

macro_rules! stale_after {
    ($($query:ident: $events:pat,)*) => {
        $(impl Query for $query {
            fn is_stale_after(&self, event: &Event) -> bool {
                matches!(event, $events)
            }
        })*
    };
}

// Another estate is told as `Event::Lagged`.
stale_after! {
    ShownEstate: Event::Lagged,
    ShownDesktop: Event::DesktopChanged,
    // Another role is told as `Event::Lagged`, too: what was refused may be answered now, and the other way round.
    ShownRole: Event::Lagged,
    ShownAbout: Event::Lagged,
    ShowLicenses: Event::Lagged,
    ShownZoom: Event::DesktopChanged,
    ShowDataFolder: Event::InventoryChanged { .. },
    ListVcenters: Event::VcentersChanged | Event::CredentialsChanged,
    ListStatus: Event::VcentersChanged | Event::InventoryChanged { .. },
    ListFindings: Event::HealthChanged | Event::VcentersChanged | Event::InventoryChanged { .. },
    ListAttention: Event::HealthChanged | Event::VcentersChanged | Event::InventoryChanged { .. },
    CountFindings: Event::HealthChanged | Event::VcentersChanged | Event::InventoryChanged { .. },
    ListServers: Event::ServersChanged | Event::VcentersChanged | Event::InventoryChanged { .. },
    ShowServer: Event::ServersChanged | Event::VcentersChanged | Event::InventoryChanged { .. },
    ServerOfHost: Event::ServersChanged | Event::InventoryChanged { .. },
    ListProfiles: Event::ServersChanged | Event::CredentialsChanged,
    ListLimits: Event::HealthChanged,
    ListWaivers: Event::HealthChanged | Event::VcentersChanged,
    // What is there changes what would come of it.
    ListRuns: Event::SchedulesChanged | Event::OperationChanged { .. },
    ListDestinations: Event::SchedulesChanged | Event::CredentialsChanged,
    PauseOfAll: Event::VcentersChanged,
    ShowCalendar: Event::SchedulesChanged | Event::VcentersChanged,
    DryRunPolicy: Event::VcentersChanged | Event::InventoryChanged { .. } | Event::SchedulesChanged,
    ShowOverview: Event::VcentersChanged | Event::InventoryChanged { .. } | Event::SchedulesChanged,
    ListCredentials: Event::VcentersChanged | Event::CredentialsChanged,
    ShowPreferences: Event::PreferencesChanged,
    ListAudit: Event::AuditChanged | Event::VcentersChanged | Event::CredentialsChanged | Event::SchedulesChanged
        | Event::PreferencesChanged | Event::OperationChanged { .. },
    ReadLog: Event::Lagged,
    // The end of every operation is told as that of its vCenter.
    AnalyzeSyncs: Event::VcentersChanged | Event::InventoryChanged { .. },
    AnalyzeCalls: Event::VcentersChanged | Event::InventoryChanged { .. },
    AnalyzeCapacity: Event::VcentersChanged | Event::InventoryChanged { .. },
    AnalyzeFindings: Event::HealthChanged | Event::VcentersChanged,
}

impl Query for ListSchedules {
    fn is_stale_after(&self, event: &Event) -> bool {
        matches!(event, Event::SchedulesChanged | Event::VcentersChanged)
    }

    fn changed_part<'a>(&self, event: &'a Event) -> Option<&'a OperationId> {
        changed_operation(event)
    }

    fn with_part(&self, answer: &Vec<Schedule>, operation: &Operation) -> Option<Vec<Schedule>> {
        let mut schedules = answer.clone();
        schedules.iter_mut().for_each(|schedule| schedule.take_in(operation));
        Some(schedules)
    }

    fn has_names(&self) -> bool {
        true
    }
}

impl Query for ListPolicies {
    fn is_stale_after(&self, event: &Event) -> bool {
        matches!(event, Event::SchedulesChanged | Event::VcentersChanged)
    }

    fn changed_part<'a>(&self, event: &'a Event) -> Option<&'a OperationId> {
        changed_operation(event)
    }

    fn with_part(&self, answer: &Vec<Policy>, operation: &Operation) -> Option<Vec<Policy>> {
        let mut policies = answer.clone();
        let runs = policies.iter_mut().filter_map(|policy| policy.last_run.as_mut());
        runs.filter(|run| run.id == operation.id).for_each(|run| *run = operation.clone());
        Some(policies)
    }

    fn has_names(&self) -> bool {
        true
    }
}

impl Query for PreviewSchedule {
    fn is_stale_after(&self, _event: &Event) -> bool {
        false
    }
}

fn changed_operation(event: &Event) -> Option<&OperationId> {
    match event {
        Event::OperationChanged { operation } => Some(operation),
        _ => None,
    }
}

impl Query for ListOperations {
    fn is_stale_after(&self, _event: &Event) -> bool {
        false
    }

    fn changed_part<'a>(&self, event: &'a Event) -> Option<&'a OperationId> {
        changed_operation(event)
    }

    fn with_part(&self, answer: &Vec<Operation>, operation: &Operation) -> Option<Vec<Operation>> {
        let mut operations = answer.clone();
        let is_listed = !operation.state.is_final() || operation.origin == Origin::User;
        let belongs = is_listed && self.filter.has(operation, filter::changed_at(operation));
        filter::put(&mut operations, operation, belongs);
        let mut ended = 0;
        operations.retain(|one| {
            ended += u32::from(one.state.is_final());
            !one.state.is_final() || ended <= self.limit
        });
        Some(operations)
    }

    fn has_names(&self) -> bool {
        true
    }
}

impl Query for OperationHistory {
    fn is_stale_after(&self, _event: &Event) -> bool {
        false
    }

    fn changed_part<'a>(&self, event: &'a Event) -> Option<&'a OperationId> {
        changed_operation(event)
    }

    fn with_part(&self, answer: &Listing, operation: &Operation) -> Option<Listing> {
        let Listing { mut operations, mut has_more } = answer.clone();
        // What comes after the last one is not known, so nothing can be put there.
        let last = operations.last().filter(|_| has_more).map(|last| last.submitted_at);
        let is_in_reach = last.is_none_or(|last| operation.submitted_at >= last);
        let belongs = is_in_reach && self.filter.has(operation, filter::changed_at(operation));
        filter::put(&mut operations, operation, belongs);
        if operations.len() > self.limit as usize {
            operations.truncate(self.limit as usize);
            has_more = true;
        }
        Some(Listing { operations, has_more })
    }

    fn has_names(&self) -> bool {
        true
    }
}

impl Query for ShowOperation {
    fn is_stale_after(&self, event: &Event) -> bool {
        match event {
            Event::OperationChanged { operation } => operation.as_str().starts_with(&self.operation),
            _ => false,
        }
    }
}

impl Query for ShowChanges {
    fn is_stale_after(&self, event: &Event) -> bool {
        changed_operation(event) == Some(&self.operation)
    }
}

impl Query for ShowSteps {
    fn is_stale_after(&self, event: &Event) -> bool {
        changed_operation(event) == Some(&self.operation)
    }
}

impl Query for ReadRows {
    fn is_stale_after(&self, event: &Event) -> bool {
        match event {
            Event::VcentersChanged => true,
            Event::InventoryChanged { vcenter } => {
                self.query.vcenters.is_empty() || self.query.vcenters.contains(vcenter)
            }
            _ => false,
        }
    }

    fn refreshed<'a>(&self, answer: &'a Rows) -> &'a [Source] {
        if self.query.refresh { &answer.sources } else { &[] }
    }

    fn quietly(&self) -> ReadRows {
        ReadRows { query: RowQuery { refresh: false, ..self.query.clone() } }
    }
}

/// A file that rows were written to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exported {
    /// Its path.
    pub path: String,
    /// How many rows it has.
    pub rows: usize,
}

/// The configuration of vCenters as a text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Described {
    /// What the file holds.
    pub text: String,
    /// How many vCenters it has.
    pub vcenters: usize,
}

/// What the window shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Estate {
    /// Whether it is the simulated one.
    pub simulated: bool,
    /// The folder with its database.
    pub data_dir: String,
}

/// What a vCenter logs in with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Login {
    /// A credential of its own, named after it.
    Own {
        /// The user.
        user: String,
        /// The password; `None` where the credentials folder or an edited vCenter has it.
        password: Option<Password>,
        /// The program that prints the password at each login, and its arguments, in the place of one.
        #[serde(default)]
        helper: Option<Vec<String>>,
    },
    /// A credential that exists, by name or id.
    Shared {
        /// Which.
        credential: String,
    },
}

/// The settings of a vCenter that is about to be stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// Its name.
    pub name: String,
    /// Host name, address or URL, with a port if it isn't 443.
    pub address: String,
    /// What to log in with.
    pub login: Login,
    /// Which certificate to accept; `None` for what is stored already, or else what the operating system trusts.
    pub trust: Option<Trust>,
    /// What else is set for it.
    pub settings: VcenterSettings,
}

/// What to change of a vCenter; `None` leaves it as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// Another name.
    pub name: Option<String>,
    /// Another address.
    pub address: Option<String>,
    /// Another credential, by name or id.
    pub credential: Option<String>,
    /// New user, for every vCenter that shares the credential.
    pub user: Option<String>,
    /// Another password, for every vCenter that shares the credential.
    pub password: Option<Password>,
    /// Another trust.
    pub trust: Option<Trust>,
    /// What else is set for it, all of it.
    pub settings: Option<VcenterSettings>,
}

/// A password on its way from a form into the service. It goes that way only: no reply has a place for one.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Password(pub String);

impl std::fmt::Debug for Password {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Password(\u{2026})")
    }
}

/// A vCenter as it was stored, and where its password went.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Saved {
    /// The vCenter.
    pub vcenter: Vcenter,
    /// Why the password is not in the keychain, where one was given; in words.
    pub password_note: Option<String>,
}

/// What became of an operation that somebody no longer waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Withdrawn {
    /// It is being cancelled.
    Cancelled,
    /// Another process waits for it, and it runs in this one: it goes on until it is done, or nobody waits.
    GoesOnHere,
    /// It runs in another process, which cancels it if nobody waits any more.
    GoesOnElsewhere,
    /// It had ended by then.
    Ended,
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::{OperationState, Time};

    #[test]
    fn a_password_is_shown_by_nothing_but_the_way_into_the_service() {
        let login = Login::Own { user: "u".into(), password: Some(Password("canary".into())), helper: None };
        assert!(!format!("{login:?}").contains("canary"));
        assert!(serde_json::to_string(&login).unwrap().contains("canary"));
    }

    pub(crate) fn operation(id: &str, at: i64, origin: Origin, state: OperationState) -> Operation {
        Operation {
            id: OperationId(id.to_owned()),
            vcenter: Some("Berlin".to_owned()),
            vcenter_id: Some(VcenterId("b".to_owned())),
            job: Job::FULL_SYNC,
            origin,
            role: Role::Admin,
            state,
            awaited: true,
            waiting: 1,
            submitted_at: Time(at),
            started_at: None,
            finished_at: None,
            progress: crate::Progress::default(),
            diff: crate::Diff::default(),
            recorded: None,
            calls: 0,
            bytes: 0,
            error: None,
            result: None,
        }
    }

    fn ids(operations: &[Operation]) -> Vec<&str> {
        operations.iter().map(|one| one.id.as_str()).collect()
    }

    #[test]
    fn an_operation_that_changed_takes_its_place_among_those_that_are_known() {
        use OperationState::{Failed, Queued, Running, Succeeded};
        let asked = OperationHistory { filter: OperationFilter::default(), limit: 3 };
        let user = |id, at, state| operation(id, at, Origin::User, state);
        let known = Listing {
            operations: vec![user("d", 4, Running), user("c", 3, Queued), user("b", 2, Failed)],
            has_more: true,
        };
        let after = |one: &Operation| asked.with_part(&known, one).unwrap();
        let changed = after(&user("c", 3, Running));
        assert_eq!((ids(&changed.operations), changed.has_more), (vec!["d", "c", "b"], true));
        assert_eq!(changed.operations[1].state, Running);
        assert_eq!(
            ids(&after(&user("e", 5, Queued)).operations),
            ["e", "d", "c"],
            "no more than were asked for"
        );
        assert_eq!(ids(&after(&user("a", 1, Failed)).operations), ["d", "c", "b"], "others may lie between");
        let all = Listing { has_more: false, ..known.clone() };
        let older = OperationHistory { limit: 9, ..asked.clone() };
        assert_eq!(
            ids(&older.with_part(&all, &user("a", 1, Failed)).unwrap().operations),
            ["d", "c", "b", "a"]
        );

        let filter = OperationFilter { states: vec![Queued, Failed], ..OperationFilter::default() };
        let narrow = OperationHistory { filter, limit: 9 };
        let left = narrow.with_part(&all, &user("c", 3, Succeeded)).unwrap();
        assert_eq!(ids(&left.operations), ["d", "b"], "it matches no more");
    }

    #[test]
    fn of_what_waits_or_runs_nothing_is_left_out_however_much_has_ended() {
        use OperationState::{Queued, Running, Succeeded};
        let asked = ListOperations { filter: OperationFilter::default(), limit: 1 };
        let user = |id, at, state| operation(id, at, Origin::User, state);
        let known = vec![user("d", 4, Succeeded), user("b", 2, Running), user("a", 1, Queued)];
        let after = |one: &Operation| asked.with_part(&known, one).unwrap();
        assert_eq!(ids(&after(&user("e", 5, Succeeded))), ["e", "b", "a"]);
        let reader = |state| operation("c", 3, Origin::Reader, state);
        let reads = after(&reader(Running));
        assert_eq!(ids(&reads), ["d", "c", "b", "a"]);
        assert_eq!(ids(&asked.with_part(&reads, &reader(Succeeded)).unwrap()), ["d", "b", "a"]);
    }

    #[test]
    fn command_names_are_those_of_functions_and_each_stands_once() {
        let mut all: Vec<&str> = names().collect();
        assert!(all.iter().all(|name| name.chars().all(|c| c.is_ascii_lowercase() || c == '_')));
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), names().count());
    }
}
