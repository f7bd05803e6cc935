//! What a BMC says when it refuses: the standard's form, and each vendor's words for what a client has to tell apart.
//! Refuses to know requests: which refusal it is, others say.

use serde_json::{Value, json};

use super::BmcVendor;
use super::behavior::{BmcBehavior, BmcFull};
use super::logins::Refusal;

/// A message of a registry.
struct Message(&'static str, &'static str);

const NO_SESSION: Message =
    Message("Base.1.8.NoValidSession", "There is no valid session established with the implementation.");

const DENIED: Message = Message("Base.1.8.AccessDenied", "The user or the password isn't right.");

const GENERAL: Message = Message("Base.1.8.GeneralError", "The request failed.");

/// The status and body of a refusal.
pub(super) fn refusal(refusal: Refusal, vendor: Option<BmcVendor>, behavior: &BmcBehavior) -> (u16, Value) {
    let (status, message) = match refusal {
        Refusal::Missing => (401, NO_SESSION),
        Refusal::Wrong => match behavior.wrong_login {
            Some(status) => (status, GENERAL),
            None => (401, wrong(vendor)),
        },
        Refusal::Delayed => (
            401,
            Message(
                "iLO.2.14.LoginAttemptDelayed",
                "The login failed, and the next one has to wait some seconds.",
            ),
        ),
        Refusal::Full => match behavior.full {
            BmcFull::Unavailable => {
                (503, Message("IDRAC.2.5.RAC0218", "The maximum number of user sessions is reached."))
            }
            BmcFull::Unauthorized => (401, wrong(vendor)),
            BmcFull::Maximum => (503, Message("Base.1.8.SessionLimitExceeded", "Maximum sessions reached")),
        },
        Refusal::PasswordChange => (403, PASSWORD_CHANGE),
    };
    (status, error(&message))
}

const PASSWORD_CHANGE: Message = Message(
    "Base.1.8.PasswordChangeRequired",
    "The password has to be changed before anything else is allowed.",
);

fn wrong(vendor: Option<BmcVendor>) -> Message {
    match vendor {
        Some(BmcVendor::Dell) => Message("IDRAC.2.5.SYS415", "The user name or the password is invalid."),
        Some(BmcVendor::Hpe) => Message("iLO.2.14.UnauthorizedLoginAttempt", "The login was not authorized."),
        _ => DENIED,
    }
}

/// The body of a status that needs no vendor.
pub(super) fn status(status: u16) -> Value {
    error(&match status {
        400 => Message("Base.1.8.MalformedRequest", "The request can't be understood."),
        401 => NO_SESSION,
        403 => Message("Base.1.8.InsufficientPrivilege", "The account may not do that."),
        404 => Message("Base.1.8.ResourceMissingAtURI", "There is no such resource."),
        405 => Message("Base.1.8.OperationNotAllowed", "The resource doesn't have this method."),
        406 => Message("Base.1.8.HeaderInvalid", "The answer can't be had in this encoding."),
        413 => Message("Base.1.8.RequestTooLarge", "The request is too large."),
        503 => Message("Base.1.8.ServiceTemporarilyUnavailable", "The service isn't available now."),
        _ => GENERAL,
    })
}

/// What is said to `$expand`, `$select` and their like.
pub(super) fn query() -> Value {
    error(&Message("Base.1.8.QueryNotSupported", "Queries aren't supported."))
}

/// What a new session says of a password that has to be changed.
pub(super) fn password_change() -> Value {
    json!([info(&PASSWORD_CHANGE)])
}

fn error(message: &Message) -> Value {
    json!({
        "error": {
            "code": message.0,
            "message": message.1,
            "@Message.ExtendedInfo": [info(message)],
        }
    })
}

fn info(message: &Message) -> Value {
    json!({ "MessageId": message.0, "Message": message.1, "MessageArgs": [], "Severity": "Critical" })
}
