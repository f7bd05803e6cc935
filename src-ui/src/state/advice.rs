//! What to do about a failure, in this window: a sentence, and the button that does it.
//! Refuses to send anybody to the command line for what a button can do.

use super::route::{Dialog, Focus, Route};
use contract::{ApiError, Code, VcenterId};

/// What a button of a failure does.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Remedy {
    /// Goes somewhere.
    Go(Route),
    /// Logs in once more with the credential that was rejected.
    RetryLogin(VcenterId),
    /// Syncs everything, and lets the deletion guard pass.
    AcceptRemovals(VcenterId),
    /// Tests the connection again.
    Test(VcenterId),
    /// Syncs everything.
    FullSync(VcenterId),
}

/// A button: what it says, and what it does.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Offer {
    pub(crate) label: &'static str,
    pub(crate) remedy: Remedy,
}

/// A sentence and buttons for a failure of a vCenter.
pub(crate) fn on(error: &ApiError, vcenter: &VcenterId) -> (String, Vec<Offer>) {
    let id = || vcenter.clone();
    let offer = |label, remedy| Offer { label, remedy };
    let go = |label, dialog| offer(label, Remedy::Go(Route::dialog(dialog)));
    match error.code {
        Code::LoginRejected => (
            "Nothing logs in with this password again until you change it. On a vCenter with federated login (ADFS, \
             Okta, MFA) use a local or directory account."
                .to_owned(),
            vec![
                go("Update password", Dialog::Edit(id(), Focus::Password)),
                offer("It is right, try again", Remedy::RetryLogin(id())),
            ],
        ),
        Code::NoPassword => (
            "Type the password once; it is kept in the keychain.".to_owned(),
            vec![go("Update password", Dialog::Edit(id(), Focus::Password))],
        ),
        Code::KeychainLocked => (
            "Unlock the keychain; the system asks you when you try again.".to_owned(),
            vec![offer("Try again", Remedy::Test(id()))],
        ),
        Code::UntrustedCertificate => (
            "Nothing was sent to it. Compare the certificate with the one on the server before you trust it.".to_owned(),
            vec![go("Review certificate", Dialog::Certificate(id()))],
        ),
        Code::DifferentVcenter => (
            "If it moved, correct its address. If it was installed anew, remove it here and add it again.".to_owned(),
            vec![go("Edit address", Dialog::Edit(id(), Focus::Address))],
        ),
        Code::TooManyRemovals => (
            "If they were really removed, accept it. If not, look at what the account may see.".to_owned(),
            vec![offer("Accept the removals", Remedy::AcceptRemovals(id()))],
        ),
        Code::Unreachable | Code::TimedOut | Code::NotVsphere => (
            "Check its address, the network, and that it is up. What was read before stays readable.".to_owned(),
            vec![
                offer("Try again", Remedy::Test(id())),
                go("Edit address", Dialog::Edit(id(), Focus::Address)),
            ],
        ),
        Code::NotFound => (
            "Choose from what is there now.".to_owned(),
            vec![go("Choose clusters", Dialog::Clusters(id()))],
        ),
        Code::Cancelled | Code::Interrupted => (
            "Nothing was changed.".to_owned(),
            vec![offer("Sync again", Remedy::FullSync(id()))],
        ),
        Code::BadAnswer | Code::NoPermission | Code::Partial => (
            error.next_step.clone().unwrap_or_default(),
            vec![offer("Sync again", Remedy::FullSync(id()))],
        ),
        _ => (error.next_step.clone().unwrap_or_default(), Vec::new()),
    }
}

/// A sentence for a failure in a form, where the buttons are those of the form.
pub(crate) fn in_form(error: &ApiError) -> String {
    match error.code {
        Code::LoginRejected => {
            "Check user and password. On a vCenter with federated login (ADFS, Okta, MFA) use a local \
             or directory account. Five rejected logins within three minutes lock an account."
                .to_owned()
        }
        Code::NoPassword => "Type the password.".to_owned(),
        Code::UntrustedCertificate => String::new(),
        Code::Unreachable | Code::TimedOut => {
            "Check host name, port and network, and that the vCenter is up.".to_owned()
        }
        _ => error.next_step.clone().unwrap_or_default(),
    }
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
    use super::*;

    fn on_code(code: Code) -> (String, Vec<Offer>) {
        on(&ApiError::new(code, "x").next("musterctl does it"), &VcenterId("v".into()))
    }

    #[test]
    fn what_a_button_can_do_is_not_told_as_a_command() {
        for code in [
            Code::LoginRejected,
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
