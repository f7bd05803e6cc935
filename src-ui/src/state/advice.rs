//! What to do about a failure, in this window: a sentence, and the button that does it.
//! Refuses to send anybody to the command line for what a button can do.

use super::route::{Dialog, Focus, Route};
use contract::{ApiError, Code, Job, Operation, OperationKind, Rejection, VcenterId, VcenterState};

/// What a button of a failure does.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Remedy {
    /// Goes somewhere.
    Go(Route),
    /// Does a piece of work, for the first time or once more.
    Work(Work),
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

    /// The same work as an operation did, and no more than that.
    fn again(operation: &Operation) -> Work {
        Work::new(&operation.vcenter_id, operation.job.again())
    }
}

/// A button: what it says, and what it does.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Offer {
    pub(crate) label: &'static str,
    pub(crate) remedy: Remedy,
}

/// A sentence and buttons for an operation that failed.
pub(crate) fn on_operation(error: &ApiError, operation: &Operation) -> (String, Vec<Offer>) {
    on(error, &operation.vcenter_id, Some(Work::again(operation)))
}

/// The same as things stand now: where what was in the way is mended, what failed is all that is left to do.
pub(crate) fn now(
    error: &ApiError,
    operation: &Operation,
    state: Option<VcenterState>,
) -> (String, Vec<Offer>) {
    let is_sync = operation.kind() != OperationKind::Test;
    if is_sync && is_reached(state) && is_on_the_way(error.code) {
        let offer = Offer { label: "Sync again", remedy: Remedy::Work(Work::again(operation)) };
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
            | Code::NotVsphere
    )
}

/// A sentence and buttons for a failure of a vCenter, and for the work that failed.
pub(crate) fn on(error: &ApiError, vcenter: &VcenterId, work: Option<Work>) -> (String, Vec<Offer>) {
    let id = || vcenter.clone();
    let offer = |label, remedy| Offer { label, remedy };
    let job = work.map_or(Job::TEST, |work| work.job);
    let again = |label| offer(label, Remedy::Work(Work::new(vcenter, job.clone())));
    let go = |label, dialog| offer(label, Remedy::Go(Route::dialog(dialog)));
    // Anything else that is not there, such as the vCenter itself, is no cluster.
    let chose_clusters = matches!(&job, Job::SyncHosts { clusters, .. } if !clusters.is_empty());
    match error.code {
        Code::LoginRejected => rejected(error.rejected_because, vcenter),
        Code::NoSession => (
            "User and password are not the problem. Wait a moment, or end unused sessions on the vCenter."
                .to_owned(),
            vec![again("Try again")],
        ),
        Code::NoPassword => (
            "Enter the password once; it is stored in the keychain.".to_owned(),
            vec![go("Enter password", Dialog::Edit(id(), Focus::Password))],
        ),
        Code::KeychainLocked => (
            "Unlock the keychain; the system prompts you when you try again.".to_owned(),
            vec![again("Try again")],
        ),
        Code::UntrustedCertificate => (
            "Nothing was sent to it. Compare the certificate with the one on the server before you trust it."
                .to_owned(),
            vec![go("Review certificate", Dialog::Certificate(id()))],
        ),
        Code::DifferentVcenter => (
            "If it moved, correct its address. If it was reinstalled, remove it here and add it again."
                .to_owned(),
            vec![go("Edit address", Dialog::Edit(id(), Focus::Address))],
        ),
        Code::TooManyRemovals => (
            "If they were really removed, accept the removals. If not, check the permissions of the account."
                .to_owned(),
            job.accepting_removals()
                .map(|job| offer("Accept the removals", Remedy::Work(Work::new(vcenter, job))))
                .into_iter()
                .collect(),
        ),
        Code::Unreachable | Code::TimedOut | Code::NotVsphere => (
            "Check its address, the network, and that it is up. Cached data stays available.".to_owned(),
            vec![again("Try again"), go("Edit address", Dialog::Edit(id(), Focus::Address))],
        ),
        Code::NotFound if chose_clusters => (
            "Choose from the clusters that exist now.".to_owned(),
            vec![go("Select clusters", Dialog::Clusters(id()))],
        ),
        Code::Cancelled | Code::Interrupted => {
            // Most messages end with it.
            let is_said = error.message.contains("nothing was changed");
            let next = if is_said { String::new() } else { "Nothing was changed.".to_owned() };
            (next, vec![again("Try again")])
        }
        Code::BadAnswer | Code::NoPermission | Code::Partial => (next(error), vec![again("Try again")]),
        Code::NotFound => (next(error), vec![offer("All vCenters", Remedy::Go(Route::vcenters()))]),
        Code::Database | Code::Failed => (next(error), vec![again("Try again")]),
        _ => (next(error), Vec::new()),
    }
}

/// A sentence and buttons for a login that was rejected: what its account needs.
fn rejected(because: Option<Rejection>, vcenter: &VcenterId) -> (String, Vec<Offer>) {
    let update = Offer {
        label: "Update password",
        remedy: Remedy::Go(Route::dialog(Dialog::Edit(vcenter.clone(), Focus::Password))),
    };
    let retry =
        |label| Offer { label, remedy: Remedy::Work(Work::new(vcenter, Job::Test { retry_login: true })) };
    let (sentence, offers) = match because {
        None | Some(Rejection::InvalidLogin) => (
            "This password is not used again until you change it. On a vCenter with federated login (ADFS, \
             Okta, MFA) use a local or directory account.",
            vec![update, retry("Retry login")],
        ),
        Some(Rejection::PasswordExpired) => (
            "Set a new password for the account on the vCenter or in its directory, then store it here.",
            vec![update, retry("Retry login")],
        ),
        Some(Rejection::AccountDisabled) => (
            "Ask an administrator to enable the account on the vCenter or in its directory. Muster doesn't \
             log in with it until you retry.",
            vec![retry("Retry login"), update],
        ),
        Some(Rejection::AccountLocked) => (
            "Muster doesn't log in with it for 15 minutes, so that vCenter can unlock the account. Check for \
             other programs that still use an old password.",
            vec![retry("Retry login"), update],
        ),
        Some(Rejection::Refused) => (
            "Follow the server's message. This password is not used again until you retry.",
            vec![retry("Retry login"), update],
        ),
    };
    (sentence.to_owned(), offers)
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
        _ => next(error),
    }
}

/// What the service says to do next, without what it says for the command line: a sentence, or the last choice of one, that
/// names a command or an option.
pub(crate) fn next(error: &ApiError) -> String {
    let text = error.next_step.as_deref().unwrap_or_default();
    let is_for_commands = |text: &str| text.contains("musterctl") || text.contains(" --");
    let without = |sentence: &str| -> Option<String> {
        if !is_for_commands(sentence) {
            return Some(sentence.to_owned());
        }
        let choice = sentence.rfind(", or ").filter(|at| !is_for_commands(&sentence[..*at]));
        choice.map(|at| format!("{}.", &sentence[..at]))
    };
    let sentences = text.split_inclusive(". ").flat_map(|part| part.split_inclusive('\n'));
    sentences.filter_map(|one| without(one.trim())).collect::<Vec<_>>().join(" ").trim().to_owned()
}

/// A message as a sentence: it begins with a capital letter and ends with a full stop.
pub(crate) fn sentence(message: &str) -> String {
    let mut letters = message.trim().chars();
    let Some(first) = letters.next() else { return String::new() };
    let rest: String = letters.collect();
    // A host name at the beginning stays as it is.
    let word = message.split_whitespace().next().unwrap_or_default();
    let begins = if word.contains(['.', ':']) { first.to_string() } else { first.to_uppercase().collect() };
    let end = if rest.ends_with(['.', '!', '?']) { "" } else { "." };
    format!("{begins}{rest}{end}")
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::*;

    fn on_code(code: Code) -> (String, Vec<Offer>) {
        let id = VcenterId("v".into());
        let work = Some(Work::new(&id, Job::FULL_SYNC));
        on(&ApiError::new(code, "x").next("musterctl does it"), &id, work)
    }

    fn hosts_of(clusters: &[&str], accept_removals: bool) -> Job {
        Job::SyncHosts { clusters: clusters.iter().map(|&one| one.to_owned()).collect(), accept_removals }
    }

    #[test]
    fn what_is_accepted_is_what_was_asked_for_and_no_more() {
        let mut operation = samples::operation("Berlin", contract::OperationState::Failed);
        let error = ApiError::new(Code::TooManyRemovals, "60 of 200 hosts");
        let vms =
            |accept_removals| Job::Refresh { of: contract::Kind::Vms, morefs: Vec::new(), accept_removals };
        for (asked, accepted) in
            [(hosts_of(&["prod"], false), hosts_of(&["prod"], true)), (vms(false), vms(true))]
        {
            operation.job = asked;
            let (_, offers) = on_operation(&error, &operation);
            assert_eq!(offers[0].remedy, Remedy::Work(Work::new(&operation.vcenter_id, accepted)));
        }
        operation.job = Job::TEST;
        let (_, offers) = on_operation(&ApiError::new(Code::Cancelled, "x"), &operation);
        let test = Remedy::Work(Work::new(&operation.vcenter_id, Job::TEST));
        assert_eq!(offers[0].remedy, test, "a test that was cancelled");
    }

    #[test]
    fn that_nothing_was_changed_is_said_once() {
        let operation = samples::operation("Berlin", contract::OperationState::Cancelled);
        for (message, next) in [
            ("it was cancelled; nothing was changed", ""),
            ("the process ended before running it; nothing was changed", ""),
            ("another process took over the operation", "Nothing was changed."),
        ] {
            let (said, offers) = on_operation(&ApiError::new(Code::Interrupted, message), &operation);
            assert_eq!((said.as_str(), offers.len()), (next, 1), "{message}");
        }
    }

    #[test]
    fn what_is_tried_again_is_what_failed() {
        let mut operation = samples::operation("Berlin", contract::OperationState::Failed);
        for job in
            [Job::FULL_SYNC, hosts_of(&["prod"], false), Job::refresh(contract::Kind::Hosts), Job::TEST]
        {
            operation.job = job.clone();
            for code in
                [Code::Unreachable, Code::TimedOut, Code::KeychainLocked, Code::Cancelled, Code::BadAnswer]
            {
                let (_, offers) = on_operation(&ApiError::new(code, "x").next("y"), &operation);
                let again = Remedy::Work(Work::new(&operation.vcenter_id, job.clone()));
                assert_eq!(offers[0].remedy, again, "{code:?}");
            }
        }
    }

    #[test]
    fn what_is_for_the_command_line_is_left_out_and_the_rest_of_the_advice_stays() {
        let said = |text: &str| next(&ApiError::new(Code::Failed, "x").next(text));
        for (text, left) in [
            (
                "Check the permissions of /x, or use another folder with --data-dir.",
                "Check the permissions of /x.",
            ),
            ("Make room. Then run musterctl sync full Berlin.", "Make room."),
            ("Try again: musterctl test Berlin", ""),
            (
                "Sync again. If it happens again, check the vCenter.",
                "Sync again. If it happens again, check the vCenter.",
            ),
        ] {
            assert_eq!(said(text), left);
        }
    }

    #[test]
    fn clusters_are_chosen_anew_only_where_clusters_were_chosen() {
        let mut operation = samples::operation("Berlin", contract::OperationState::Failed);
        let error = ApiError::new(Code::NotFound, "there is no cluster").next("Its clusters are: a.");
        operation.job = hosts_of(&["gone"], false);
        assert_eq!(on_operation(&error, &operation).1[0].label, "Select clusters");
        for job in [Job::TEST, Job::FULL_SYNC, hosts_of(&[], false)] {
            operation.job = job;
            let (_, offers) = on_operation(&error, &operation);
            assert_eq!(offers[0].label, "All vCenters", "{:?}", operation.job);
        }
    }

    #[test]
    fn once_the_way_is_free_again_the_sync_that_failed_is_offered() {
        let mut operation = samples::operation("Berlin", contract::OperationState::Failed);
        operation.job = hosts_of(&["prod"], false);
        for code in [Code::LoginRejected, Code::NoPassword, Code::UntrustedCertificate, Code::Unreachable] {
            let error = ApiError::new(code, "x");
            for state in [VcenterState::Online, VcenterState::NeverSynced] {
                let (_, offers) = now(&error, &operation, Some(state));
                let [Offer { label: "Sync again", remedy: Remedy::Work(work) }] = &offers[..] else {
                    panic!("{offers:?}")
                };
                assert_eq!(work.job, hosts_of(&["prod"], false));
            }
            for state in [None, Some(VcenterState::LoginRejected), Some(VcenterState::Offline)] {
                assert_eq!(now(&error, &operation, state), on_operation(&error, &operation), "{code:?}");
            }
        }
        let asked = ApiError::new(Code::TooManyRemovals, "x");
        let still = now(&asked, &operation, Some(VcenterState::Online));
        assert_eq!(still, on_operation(&asked, &operation), "a guard that asks asks still");
    }

    #[test]
    fn what_a_button_can_do_is_not_told_as_a_command() {
        for code in [
            Code::LoginRejected,
            Code::NoSession,
            Code::NoPassword,
            Code::KeychainLocked,
            Code::UntrustedCertificate,
            Code::DifferentVcenter,
            Code::TooManyRemovals,
            Code::Unreachable,
            Code::TimedOut,
            Code::NotVsphere,
            Code::Cancelled,
            Code::Interrupted,
        ] {
            let (sentence, offers) = on_code(code);
            assert!(
                !sentence.contains("musterctl") && !sentence.is_empty() && !offers.is_empty(),
                "{code:?}"
            );
        }
    }

    #[test]
    fn the_command_line_is_advised_nowhere() {
        for (told, next) in [
            ("Try again. If it happens again, run musterctl doctor: it checks the database.", "Try again."),
            ("Run musterctl vcenter list to see them all.", ""),
            (
                "Compare it, and only if it is the same, trust it:\nmusterctl vcenter edit Berlin --pin ab\nBetter, --ca-file.",
                "Compare it, and only if it is the same, trust it:",
            ),
            ("Free some space. Then try again.", "Free some space. Then try again."),
        ] {
            let error = ApiError::new(Code::Failed, "x").next(told);
            assert_eq!(super::next(&error), next);
        }
        let codes = [
            Code::Failed,
            Code::InvalidValue,
            Code::NotFound,
            Code::AlreadyExists,
            Code::InUse,
            Code::LoginRejected,
            Code::NoSession,
            Code::NoPassword,
            Code::KeychainLocked,
            Code::Unreachable,
            Code::TimedOut,
            Code::UntrustedCertificate,
            Code::NotVsphere,
            Code::NoPermission,
            Code::DifferentVcenter,
            Code::TooManyRemovals,
            Code::BadAnswer,
            Code::Forbidden,
            Code::Partial,
            Code::Cancelled,
            Code::Interrupted,
            Code::Database,
        ];
        for code in codes {
            assert!(!on_code(code).0.contains("musterctl"), "{code:?}");
            assert!(
                !in_form(&ApiError::new(code, "x").next("musterctl does it")).contains("musterctl"),
                "{code:?}"
            );
        }
    }

    #[test]
    fn every_rejection_has_a_sentence_of_its_own_and_what_helps_comes_first() {
        let mut sentences = std::collections::BTreeSet::new();
        for (because, first) in [
            (Rejection::InvalidLogin, "Update password"),
            (Rejection::PasswordExpired, "Update password"),
            (Rejection::AccountDisabled, "Retry login"),
            (Rejection::AccountLocked, "Retry login"),
            (Rejection::Refused, "Retry login"),
        ] {
            let error =
                ApiError { rejected_because: Some(because), ..ApiError::new(Code::LoginRejected, "x") };
            let (sentence, offers) = on(&error, &VcenterId("v".into()), None);
            assert_eq!(offers[0].label, first);
            sentences.extend([sentence, in_form(&error)]);
        }
        assert_eq!(sentences.len(), 10, "{sentences:?}");
    }

    #[test]
    fn a_rejected_login_offers_the_password_first() {
        let (_, offers) = on_code(Code::LoginRejected);
        let password = Dialog::Edit(VcenterId("v".into()), Focus::Password);
        assert_eq!(offers[0].label, "Update password");
        assert_eq!(offers[0].remedy, Remedy::Go(Route::dialog(password)));
    }

    #[test]
    fn a_message_is_a_sentence() {
        assert_eq!(sentence("nothing answers"), "Nothing answers.");
        assert_eq!(sentence("vc.example.org:443 broke off"), "vc.example.org:443 broke off.");
        assert_eq!(sentence(" "), "");
    }
}
