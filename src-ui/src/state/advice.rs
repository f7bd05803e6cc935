//! What to do about a failure, in this window: what the service says of it, and a button for each remedy that a click can do.
//! Refuses to have words of its own for what the service says, but in a form, whose buttons are the remedies.

use super::discovery::Sought;
use super::route::{Dialog, Focus, Route};
use contract::command::{CancelOperation, Command, RestoreVcenter, Submit};
pub(crate) use contract::words::sentence;
use contract::{
    ApiError, Code, Job, Noun, Operation, OperationId, OperationKind, Rejection, Remedy, Role, VcenterId,
    VcenterState,
};

/// What a button does.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Action {
    /// Goes somewhere.
    Go(Route),
    /// Does a piece of work, for the first time or once more.
    Work(Work),
    /// Cancels an operation.
    Cancel(OperationId),
    /// Brings back a vCenter that was removed a moment ago.
    Restore { vcenter: VcenterId, name: String },
}

impl Action {
    /// The least role that may do it.
    pub(crate) fn role(&self) -> Role {
        match self {
            Action::Go(route) => route.role(),
            Action::Work(_) => Submit::ROLE,
            Action::Cancel(_) => CancelOperation::ROLE,
            Action::Restore { .. } => RestoreVcenter::ROLE,
        }
    }
}

/// A job on a vCenter.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Work {
    pub(crate) vcenter: VcenterId,
    pub(crate) job: Job,
}

impl Work {
    pub(crate) fn new(vcenter: &VcenterId, job: Job) -> Work {
        Work { vcenter: vcenter.clone(), job }
    }
}

/// A button: what it says, and what it does.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Offer {
    pub(crate) label: &'static str,
    pub(crate) action: Action,
}

impl Offer {
    /// The way to the servers.
    pub(crate) const DISCOVERY: Offer =
        Offer { label: "Open Discovery", action: Action::Go(Route::Discovery(Sought::ALL)) };

    /// The way to the policies.
    pub(crate) const JOBS: Offer = Offer { label: "Open Jobs", action: Action::Go(Route::Jobs(None)) };

    /// The way to what an operation was about that is about no vCenter.
    pub(crate) fn place_of(operation: &Operation) -> Offer {
        if operation.job.is_of_policies() { Offer::JOBS } else { Offer::DISCOVERY }
    }

    /// Whether it only leads to a page.
    pub(crate) fn is_place(&self) -> bool {
        *self == Offer::DISCOVERY || *self == Offer::JOBS
    }
}

/// A sentence and buttons for an operation that failed.
pub(crate) fn on_operation(error: &ApiError, operation: &Operation) -> (String, Vec<Offer>) {
    match &operation.vcenter_id {
        Some(vcenter) => on(error, vcenter),
        None => (next(error).to_owned(), vec![Offer::place_of(operation)]),
    }
}

/// The same as things stand now: where what was in the way is mended, what failed is all that is left to do.
pub(crate) fn now(
    error: &ApiError,
    operation: &Operation,
    state: Option<VcenterState>,
) -> (String, Vec<Offer>) {
    let is_sync = operation.kind() != OperationKind::Test;
    if let Some(vcenter) = &operation.vcenter_id
        && is_sync
        && is_reached(state)
        && is_on_the_way(error.code)
    {
        let again = Work::new(vcenter, operation.job.again());
        let offer = Offer { label: "Sync again", action: Action::Work(again) };
        return ("The connection works again.".to_owned(), vec![offer]);
    }
    on_operation(error, operation)
}

fn is_reached(state: Option<VcenterState>) -> bool {
    matches!(state, Some(VcenterState::Online | VcenterState::NeverSynced))
}

/// Whether it failed before anything was read, which the next contact that succeeds shows to be mended.
fn is_on_the_way(code: Code) -> bool {
    matches!(
        code,
        Code::LoginRejected
            | Code::NoSession
            | Code::NoPassword
            | Code::KeychainLocked
            | Code::UntrustedCertificate
            | Code::DifferentVcenter
            | Code::Unreachable
            | Code::TimedOut
            | Code::WayFailed
            | Code::NotVsphere
    )
}

/// A sentence and buttons for a failure of a vCenter.
pub(crate) fn on(error: &ApiError, vcenter: &VcenterId) -> (String, Vec<Offer>) {
    let offers = error.remedies.iter().filter_map(|remedy| offer(remedy, vcenter)).collect();
    (next(error).to_owned(), offers)
}

/// The button of a remedy; `None` for what no click does.
fn offer(remedy: &Remedy, vcenter: &VcenterId) -> Option<Offer> {
    let dialog = |dialog: fn(VcenterId) -> Dialog| Action::Go(Route::dialog(dialog(vcenter.clone())));
    let work = |job: &Job| Action::Work(Work::new(vcenter, job.clone()));
    let action = match remedy {
        Remedy::SetPassword { .. } | Remedy::ReplacePassword { .. } | Remedy::ConfirmPassword { .. } => {
            dialog(|id| Dialog::Edit(id, Focus::Password))
        }
        Remedy::RetryLogin { .. } => work(&Job::Test { retry_login: true }),
        Remedy::ApproveCertificate { .. } => {
            // The dialog shows it before anybody can trust it.
            return Some(Offer { label: "Review certificate", action: dialog(Dialog::Certificate) });
        }
        Remedy::EditAddress { .. } => dialog(|id| Dialog::Edit(id, Focus::Address)),
        Remedy::EditWay { .. } => dialog(|id| Dialog::Edit(id, Focus::Way)),
        Remedy::AcceptRemovals { job, .. } | Remedy::Retry { job, .. } => work(job),
        Remedy::ChooseClusters { .. } => dialog(Dialog::Clusters),
        Remedy::CancelOperation { operation } => Action::Cancel(operation.clone()),
        Remedy::List { of: Noun::Vcenter } => Action::Go(Route::vcenters()),
        Remedy::List { of: Noun::Credential } => Action::Go(Route::Credentials { dialog: None }),
        Remedy::GivePassword
        | Remedy::TrustCa { .. }
        | Remedy::ProbeCertificate
        | Remedy::ChangeCredential
        | Remedy::UseCredential { .. }
        | Remedy::List { of: Noun::Operation | Noun::Schedule | Noun::Policy | Noun::Destination }
        | Remedy::AddVcenter
        | Remedy::AddCredential
        | Remedy::RunDoctor
        | Remedy::RemoveOrphans
        | Remedy::ChooseDataFolder
        | Remedy::SetRole { .. } => return None,
    };
    Some(Offer { label: contract::words::remedy(remedy), action })
}

/// A sentence for a failure in a form, where the buttons are those of the form.
pub(crate) fn in_form(error: &ApiError) -> String {
    match error.code {
        Code::LoginRejected => match error.rejected_because {
            Some(Rejection::PasswordExpired) => {
                "Set a new password for the account on the vCenter or in its directory, and enter that one."
            }
            Some(Rejection::AccountDisabled) => {
                "Ask an administrator to enable the account on the vCenter or in its directory, then try again."
            }
            Some(Rejection::AccountLocked) => {
                "Wait until the account is unlocked: vCenter does that automatically after a few minutes, \
                 unless further logins fail."
            }
            Some(Rejection::Refused) => "Follow the server's message, then try again.",
            None | Some(Rejection::InvalidLogin) => {
                "Check user and password. On a vCenter with federated login (ADFS, Okta, MFA) use a local \
             or directory account. Five rejected logins within three minutes lock an account."
            }
        }
        .to_owned(),
        Code::NoSession => {
            "User and password are not the problem. Wait a moment, or end unused sessions on the vCenter.".to_owned()
        }
        Code::NoPassword => "Enter the password.".to_owned(),
        Code::UntrustedCertificate => String::new(),
        Code::DifferentVcenter => {
            "Check the address. If the vCenter was reinstalled, remove it here and add it again."
                .to_owned()
        }
        Code::Unreachable | Code::TimedOut => {
            "Check host name, port and network, and that the vCenter is up.".to_owned()
        }
        _ => next(error).to_owned(),
    }
}

/// What the service says to do next.
pub(crate) fn next(error: &ApiError) -> &str {
    error.next_step.as_deref().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::*;
    use contract::OperationState;

    fn hosts_of(clusters: &[&str], accept_removals: bool) -> Job {
        Job::SyncHosts { clusters: clusters.iter().map(|&one| one.to_owned()).collect(), accept_removals }
    }

    fn labels(offers: &[Offer]) -> Vec<&'static str> {
        offers.iter().map(|offer| offer.label).collect()
    }

    #[test]
    fn each_remedy_that_a_click_can_do_is_a_button_in_the_order_of_the_service() {
        let (id, name) = (VcenterId("v".into()), || "Berlin".to_owned());
        let (accepted, again) = (hosts_of(&["prod"], true), hosts_of(&["prod"], false));
        let go = |dialog| Action::Go(Route::dialog(dialog));
        let error = ApiError::new(Code::Failed, "x").next("Look.").remedies([
            Remedy::ReplacePassword { credential: "Bonn".to_owned() },
            Remedy::RunDoctor,
            Remedy::RetryLogin { vcenter: name() },
            Remedy::ApproveCertificate { vcenter: Some(name()), sha256: "ab".to_owned() },
            Remedy::TrustCa { vcenter: Some(name()) },
            Remedy::EditAddress { vcenter: name() },
            Remedy::AcceptRemovals { vcenter: name(), job: accepted.clone() },
            Remedy::Retry { vcenter: name(), job: again.clone() },
            Remedy::ChooseClusters { vcenter: name() },
            Remedy::List { of: Noun::Vcenter },
        ]);
        let (said, offers) = on(&error, &id);
        let found: Vec<(&str, Action)> =
            offers.into_iter().map(|offer| (offer.label, offer.action)).collect();
        assert_eq!(said, "Look.");
        assert_eq!(
            found,
            [
                ("Update password", go(Dialog::Edit(id.clone(), Focus::Password))),
                ("Retry login", Action::Work(Work::new(&id, Job::Test { retry_login: true }))),
                ("Review certificate", go(Dialog::Certificate(id.clone()))),
                ("Edit address", go(Dialog::Edit(id.clone(), Focus::Address))),
                ("Accept the removals", Action::Work(Work::new(&id, accepted))),
                ("Try again", Action::Work(Work::new(&id, again))),
                ("Select clusters", go(Dialog::Clusters(id))),
                ("All vCenters", Action::Go(Route::vcenters())),
            ]
        );
    }

    #[test]
    fn once_the_way_is_free_again_the_sync_that_failed_is_offered() {
        let mut operation = samples::operation("Berlin", OperationState::Failed);
        operation.job = hosts_of(&["prod"], false);
        for code in [Code::LoginRejected, Code::NoPassword, Code::UntrustedCertificate, Code::Unreachable] {
            let error = ApiError::new(code, "x").of_job("Berlin", &operation.job);
            for state in [VcenterState::Online, VcenterState::NeverSynced] {
                let (_, offers) = now(&error, &operation, Some(state));
                let [Offer { label: "Sync again", action: Action::Work(work) }] = &offers[..] else {
                    panic!("{offers:?}")
                };
                assert_eq!(work.job, hosts_of(&["prod"], false));
            }
            for state in [None, Some(VcenterState::LoginRejected), Some(VcenterState::Offline)] {
                assert_eq!(now(&error, &operation, state), on_operation(&error, &operation), "{code:?}");
            }
        }
        let job = hosts_of(&["prod"], true);
        let accept = Remedy::AcceptRemovals { vcenter: "Berlin".to_owned(), job };
        let asked = ApiError::new(Code::TooManyRemovals, "x").remedy(accept);
        let still = now(&asked, &operation, Some(VcenterState::Online));
        assert_eq!(labels(&still.1), ["Accept the removals"], "a guard that asks asks still");
    }

    #[test]
    fn every_rejection_has_a_sentence_of_its_own_in_a_form() {
        let mut sentences = std::collections::BTreeSet::new();
        for because in [
            Rejection::InvalidLogin,
            Rejection::PasswordExpired,
            Rejection::AccountDisabled,
            Rejection::AccountLocked,
            Rejection::Refused,
        ] {
            let error =
                ApiError { rejected_because: Some(because), ..ApiError::new(Code::LoginRejected, "x") };
            sentences.insert(in_form(&error));
        }
        assert_eq!(sentences.len(), 5, "{sentences:?}");
    }
}
