//! The one error that crosses to the window and the command line.
//! Refuses to carry causes, and to name a client's commands: it says what happened and what to do, in words that are true for
//! every client, and as remedies.

use crate::{Certificate, Rejection, Remedy, Vcenter};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// What kind of failure; a code exists only where somebody acts on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Code {
    /// It failed, and no other code says how.
    Failed,
    /// An argument has a value that is not allowed.
    InvalidValue,
    /// No such vCenter, credential, operation, column, …
    NotFound,
    /// A name, a vCenter or a credential exists already.
    AlreadyExists,
    /// It is in use by something else.
    InUse,
    /// Somebody else changed it since; `current` is how it is now.
    ChangedMeanwhile,
    /// vCenter rejected the login; `rejected_because` says why.
    LoginRejected,
    /// The server takes no login for the moment: all its sessions are taken, or it is still starting.
    NoSession,
    /// No password is at hand.
    NoPassword,
    /// The keychain is locked, and nobody may be asked to unlock it.
    KeychainLocked,
    /// The server could not be reached.
    Unreachable,
    /// The server did not answer in time.
    TimedOut,
    /// The way to the server failed, at its proxy or the near end of its tunnel: that says nothing of the server.
    WayFailed,
    /// The certificate is not trusted.
    UntrustedCertificate,
    /// The server is not a vCenter or an ESXi host.
    NotVsphere,
    /// The account lacks a privilege on the vCenter.
    NoPermission,
    /// Another vCenter answers at this address.
    DifferentVcenter,
    /// The pass would remove more than the deletion guard lets through.
    TooManyRemovals,
    /// The server's answer broke off or made no sense.
    BadAnswer,
    /// Muster's roles don't allow it.
    Forbidden,
    /// Part of it was done.
    Partial,
    /// The user cancelled it.
    Cancelled,
    /// The process that ran it ended.
    Interrupted,
    /// The database could not be read or written.
    Database,
}

impl Code {
    /// The code as it stands in JSON.
    pub fn name(self) -> String {
        serde_json::to_value(self).ok().and_then(|v| v.as_str().map(str::to_owned)).unwrap_or_default()
    }
}

/// A failure as a user reads it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiError {
    /// What programs act on.
    pub code: Code,
    /// What was wrong, and where.
    pub message: String,
    /// What to do next, as a sentence.
    pub next_step: Option<String>,
    /// The certificate that was not trusted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate: Option<Box<Certificate>>,
    /// Why a login was rejected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rejected_because: Option<Rejection>,
    /// The vCenter as it is now, where an edit was made from an earlier version of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub current: Option<Box<Vcenter>>,
    /// What can be done about it, the most likely first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remedies: Vec<Remedy>,
    /// Whether the same may work a little later without anybody doing anything: known where it happened, and told nobody.
    #[serde(skip)]
    pub transient: Option<Transient>,
}

/// A failure that may pass by itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Transient {
    /// How long the server wants to be left alone, where it said so.
    pub retry_after: Option<Duration>,
    /// Whether nothing came of it for as long as is waited for anything.
    pub is_silent: bool,
}

impl ApiError {
    /// An error without a next step.
    pub fn new(code: Code, message: impl Into<String>) -> ApiError {
        ApiError {
            code,
            message: message.into(),
            next_step: None,
            certificate: None,
            rejected_because: None,
            current: None,
            remedies: Vec::new(),
            transient: None,
        }
    }

    /// The same with what to do next.
    #[must_use]
    pub fn next(mut self, next_step: impl Into<String>) -> ApiError {
        self.next_step = Some(next_step.into());
        self
    }
}

impl std::fmt::Display for ApiError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for ApiError {}
