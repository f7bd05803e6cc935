//! Everything that can go wrong, each with the attempt it happened in.
//! Never carries a password, a cookie or the body of a request.

use std::{fmt, time::Duration};

use reach::{Call, Certificate, Hop, Problem, Source};

use crate::{parser::ParseError, value::MoRef};

/// Why an attempt failed.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "`call` is the same in every variant: what was attempted")]
pub enum Error {
    /// The host can't be part of an address.
    #[error("{call} is not possible: {detail}")]
    BadAddress { call: Call, detail: String },
    /// The authorities to trust can't be read: a PEM text without a certificate, or no system store.
    #[error("{call} is not possible: {detail}")]
    BadTrust { call: Call, detail: String },
    /// The name doesn't resolve.
    #[error("{call} failed: the name does not resolve")]
    Resolve {
        call: Call,
        #[source]
        source: Source,
    },
    /// Nothing answers there. No byte of the call was sent.
    #[error("{call} failed: no connection")]
    Unreachable {
        call: Call,
        #[source]
        source: Source,
    },
    /// The way there failed, at its proxy or at the address that is connected to in the server's place. No byte of the
    /// call was sent.
    #[error("{call} failed at {hop}: {problem}")]
    Way { call: Call, hop: Hop, problem: Problem },
    /// The connection broke before an answer began; the server may have carried out the call.
    #[error("{call} failed: the connection was lost before a response arrived")]
    Interrupted {
        call: Call,
        #[source]
        source: Source,
    },
    /// The server was silent for longer than this.
    #[error("{call} failed: no response within {} s", after.as_secs_f32())]
    Timeout { call: Call, after: Duration },
    /// The certificate isn't trusted; nothing was sent. The reason is in words, without the host.
    #[error("{call} refused: {reason}")]
    Untrusted { call: Call, certificate: Box<Certificate>, reason: String },
    /// The TLS handshake failed for another reason than trust: no TLS there, no common version, or a
    /// handshake that the certificate's key didn't sign.
    #[error("{call} failed in the TLS handshake: {detail}")]
    BadHandshake { call: Call, detail: String },
    /// Something answered, but not a vCenter or an ESXi.
    #[error("{call} was not answered by a vCenter or ESXi: status {status}, {content_type}")]
    NotVsphere { call: Call, status: u16, content_type: String },
    /// A vCenter or ESXi, but older than this client can read, or without a version that it could judge.
    #[error(
        "{call} was answered by {product} with version \"{api_version}\" of the API, and {} or newer is needed",
        crate::version::OLDEST
    )]
    Unsupported { call: Call, product: String, api_version: String },
    /// The server refused at HTTP level; 503 is also what a vCenter without free sessions says.
    #[error("{call} failed: HTTP status {status}")]
    HttpStatus { call: Call, status: u16, retry_after: Option<Duration> },
    /// The login is rejected. Must not be tried again by itself: five failures lock an account. The message is the
    /// server's own, empty where it says nothing.
    #[error("{call} refused: {refusal}{}", said(message))]
    InvalidLogin { call: Call, refusal: Refusal, message: String },
    /// All sessions of the server are taken. Says nothing about user name and password.
    #[error("{call} refused: no session is free{}", said(message))]
    NoSession { call: Call, message: String },
    /// The session is over, or there never was one.
    #[error("{call} refused: the session is not logged in")]
    NotAuthenticated { call: Call },
    /// The account may not do this.
    #[error("{call} refused: no permission{}", on(object.as_ref(), privilege.as_deref()))]
    NoPermission { call: Call, object: Option<MoRef>, privilege: Option<String> },
    /// The server doesn't know this property path (or parameter).
    #[error("{call} refused: unknown property {name}")]
    InvalidProperty { call: Call, name: String },
    /// The object doesn't exist, or not any more.
    #[error("{call} failed: {} does not exist", moref.as_ref().map_or_else(|| "the object".into(), ToString::to_string))]
    ManagedObjectNotFound { call: Call, moref: Option<MoRef> },
    /// Any other fault of a method.
    #[error("{call} failed: {name}: {message}")]
    Fault { call: Call, name: String, message: String },
    /// The answer ended before it was complete, `offset` bytes into the unpacked body.
    #[error("{call} failed: the response was cut off after {offset} bytes")]
    Truncated {
        call: Call,
        offset: u64,
        #[source]
        source: Option<Source>,
    },
    /// The answer isn't what a vCenter sends.
    #[error("{call} failed: invalid response at byte {offset}: {detail}")]
    Malformed { call: Call, offset: u64, detail: String },
    /// The answer exceeds a limit of ours, in the unit that `what` names.
    #[error("{call} failed: the answer has more than {limit} {what}")]
    TooLarge { call: Call, what: &'static str, limit: u64 },
    /// The answer is nested deeper than this.
    #[error("{call} failed: the answer is nested deeper than {limit}")]
    TooDeep { call: Call, limit: usize },
}

impl From<reach::Error> for Error {
    fn from(error: reach::Error) -> Self {
        use reach::Error as R;
        match error {
            R::BadAddress { call, detail } => Self::BadAddress { call, detail },
            R::BadTrust { call, detail } => Self::BadTrust { call, detail },
            R::Resolve { call, source } => Self::Resolve { call, source },
            // A load balancer without a server behind it closes connections in the handshake, and that passes.
            R::Unreachable { call, source } | R::Broken { call, source } => {
                Self::Unreachable { call, source }
            }
            R::Way { call, hop, problem } => Self::Way { call, hop, problem },
            R::Interrupted { call, source } => Self::Interrupted { call, source },
            R::Truncated { call, offset, source } => Self::Truncated { call, offset, source },
            R::Timeout { call, after } => Self::Timeout { call, after },
            R::Untrusted { call, certificate, reason } => Self::Untrusted { call, certificate, reason },
            R::BadHandshake { call, detail, .. } => Self::BadHandshake { call, detail },
        }
    }
}

impl Error {
    /// The same with other words in the place of the server's own, for whoever knows what these must not say.
    #[must_use]
    pub fn with_words(mut self, other: impl Fn(&str) -> Option<String>) -> Error {
        let said = match &mut self {
            Self::InvalidLogin { message, .. }
            | Self::NoSession { message, .. }
            | Self::Malformed { detail: message, .. }
            | Self::NotVsphere { content_type: message, .. }
            | Self::InvalidProperty { name: message, .. }
            | Self::NoPermission { privilege: Some(message), .. } => vec![message],
            Self::Fault { name, message, .. } => vec![name, message],
            _ => Vec::new(),
        };
        for words in said {
            if let Some(other) = other(words) {
                *words = other;
            }
        }
        self
    }

    /// What was attempted.
    pub fn call(&self) -> &Call {
        match self {
            Self::BadAddress { call, .. }
            | Self::BadTrust { call, .. }
            | Self::Resolve { call, .. }
            | Self::Unreachable { call, .. }
            | Self::Way { call, .. }
            | Self::Interrupted { call, .. }
            | Self::Timeout { call, .. }
            | Self::Untrusted { call, .. }
            | Self::BadHandshake { call, .. }
            | Self::NotVsphere { call, .. }
            | Self::Unsupported { call, .. }
            | Self::HttpStatus { call, .. }
            | Self::InvalidLogin { call, .. }
            | Self::NoSession { call, .. }
            | Self::NotAuthenticated { call }
            | Self::NoPermission { call, .. }
            | Self::InvalidProperty { call, .. }
            | Self::ManagedObjectNotFound { call, .. }
            | Self::Fault { call, .. }
            | Self::Truncated { call, .. }
            | Self::Malformed { call, .. }
            | Self::TooLarge { call, .. }
            | Self::TooDeep { call, .. } => call,
        }
    }

    /// Whether the same read may succeed a little later. A login is never tried again by itself, whatever this says.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Resolve { .. }
            | Self::Unreachable { .. }
            | Self::Interrupted { .. }
            | Self::Timeout { .. }
            | Self::Truncated { .. } => true,
            Self::Way { problem, .. } => problem.may_pass(),
            Self::HttpStatus { status, .. } => matches!(status, 408 | 429 | 502..=504),
            _ => false,
        }
    }

    /// Whether the connection broke after the call was sent: that call failed, which says nothing of the next.
    pub fn is_cut_off(&self) -> bool {
        matches!(self, Self::Interrupted { .. } | Self::Truncated { .. })
    }

    pub(crate) fn parse(call: &Call, error: ParseError) -> Self {
        let call = call.clone();
        match error {
            ParseError::Truncated { offset } => Self::Truncated { call, offset, source: None },
            ParseError::Malformed { offset, detail } => Self::Malformed { call, offset, detail },
            ParseError::TooLarge { what, limit } => Self::TooLarge { call, what, limit },
            ParseError::TooDeep { limit } => Self::TooDeep { call, limit },
        }
    }
}

/// Why a login is rejected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Refusal {
    /// User name or password is wrong; a server doesn't say which.
    UserOrPassword,
    /// The password has expired.
    PasswordExpired,
    /// The account is disabled, or has expired as a whole.
    AccountDisabled,
    /// The account is locked: because of failed logins, for a time, or by an administrator.
    AccountLocked,
    /// For a reason that the message names.
    Other,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::UserOrPassword => "user name or password is not accepted",
            Self::PasswordExpired => "the password has expired",
            Self::AccountDisabled => "the account is disabled",
            Self::AccountLocked => "the account is locked",
            Self::Other => "the login is not accepted",
        })
    }
}

/// The server's own words after ours.
fn said(message: &str) -> String {
    if message.is_empty() { String::new() } else { format!(" ({message})") }
}

fn on(object: Option<&MoRef>, privilege: Option<&str>) -> String {
    let object = object.map(|object| format!(" on {object}")).unwrap_or_default();
    let privilege = privilege.map(|privilege| format!(" (needs {privilege})")).unwrap_or_default();
    object + &privilege
}
