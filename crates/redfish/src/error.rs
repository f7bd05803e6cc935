//! Everything that can go wrong with a BMC, each with the attempt it happened in: what a caller decides by is data.
//! Never carries a password or a token; a BMC's own words are cut to a line.

use std::time::Duration;

use reach::Call;

/// Why an attempt failed.
#[derive(Debug, thiserror::Error)]
#[expect(
    missing_docs,
    reason = "`call` is what was attempted, and `message` what the BMC said, empty where it said nothing"
)]
pub enum Error {
    /// The BMC was not reached, its certificate isn't trusted, or the connection failed. What is [`reach::Flaw::TooOld`] is an
    /// old BMC without TLS 1.2.
    #[error(transparent)]
    Reach(#[from] reach::Error),
    /// The time for all of it is over.
    #[error("{call} was not done within {} s", after.as_secs_f32())]
    TooSlow { call: Call, after: Duration },
    /// Something answered that is no BMC, or one without Redfish.
    #[error("{call} was not answered by a BMC: HTTP status {status}{}", said(message))]
    NotBmc { call: Call, status: u16, message: String },
    /// User name or password is wrong: the answer says so, and nothing else explains it. Must not be tried again by itself.
    #[error("{call} refused: user name or password is not accepted{}", said(message))]
    Rejected { call: Call, message: String },
    /// The login wasn't accepted, and the answer doesn't prove that the password is wrong: some BMCs say the same when their
    /// sessions are taken. Must not be tried again by itself either.
    #[error("{call} refused: the login was not accepted{}", said(message))]
    NotAccepted { call: Call, message: String },
    /// All sessions are taken. Says nothing about user name and password.
    #[error("{call} refused: no session is free{}", said(message))]
    NoSession { call: Call, message: String },
    /// The password is right and has to be changed, which is done at the BMC itself.
    #[error("{call} refused: the password must be changed first{}", said(message))]
    PasswordChange { call: Call, message: String },
    /// The BMC blocks logins: of this account or from this address, for as long as it says.
    #[error("{call} refused: logins are blocked{}{}", for_how_long(*after), said(message))]
    Blocked { call: Call, after: Option<Duration>, message: String },
    /// The account may not read this path.
    #[error("{call} refused: no permission to read {path}{}", said(message))]
    NoPermission { call: Call, path: String, message: String },
    /// The session is over: closed at the BMC, or dropped by it.
    #[error("{call} refused: the session has ended")]
    SessionEnded { call: Call },
    /// The BMC has no time, or is starting (HTTP status 429 or 503).
    #[error("{call} failed: the BMC is busy (HTTP status {status}){}", said(message))]
    Busy { call: Call, status: u16, retry_after: Option<Duration>, message: String },
    /// Any other status. 400 is what an iDRAC says to a host name that it doesn't know as its own.
    #[error("{call} failed at {path}: HTTP status {status}{}", said(message))]
    HttpStatus { call: Call, path: String, status: u16, message: String },
    /// A redirect that is not followed: to another host, without TLS, or without end. Nothing was sent there.
    #[error("{call} failed: {path} redirects to {to}, which is not followed")]
    Redirect { call: Call, path: String, to: String },
    /// The answer isn't what a BMC sends.
    #[error("{call} failed: invalid response at {path}: {detail}")]
    Malformed { call: Call, path: String, detail: String },
    /// The answer, or what it leads to, exceeds a limit of ours, in the unit that `what` names.
    #[error("{call} failed: more than {limit} {what}")]
    TooLarge { call: Call, what: &'static str, limit: u64 },
    /// A visit logs in once.
    #[error("{call} is not possible: this visit has logged in already")]
    Again { call: Call },
    /// There is no login to read with.
    #[error("{call} is not possible without a login")]
    NoLogin { call: Call },
    /// The BMC opened a session without saying where it is closed: it ends when it has been idle for as long as it is set.
    #[error("{call} is not possible: the BMC gave no address of the session")]
    NoLocation { call: Call },
}

impl Error {
    /// What was attempted.
    pub fn call(&self) -> &Call {
        match self {
            Self::Reach(error) => error.call(),
            Self::TooSlow { call, .. }
            | Self::NotBmc { call, .. }
            | Self::Rejected { call, .. }
            | Self::NotAccepted { call, .. }
            | Self::NoSession { call, .. }
            | Self::PasswordChange { call, .. }
            | Self::Blocked { call, .. }
            | Self::NoPermission { call, .. }
            | Self::SessionEnded { call }
            | Self::Busy { call, .. }
            | Self::HttpStatus { call, .. }
            | Self::Redirect { call, .. }
            | Self::Malformed { call, .. }
            | Self::TooLarge { call, .. }
            | Self::Again { call }
            | Self::NoLogin { call }
            | Self::NoLocation { call } => call,
        }
    }

    /// Whether the login was answered by no: the next one needs a person's word.
    pub fn is_refused_login(&self) -> bool {
        matches!(self, Self::Rejected { .. } | Self::NotAccepted { .. } | Self::Blocked { .. })
    }

    /// Whether the same read may succeed a little later. A login is never tried again by itself, whatever this says.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Reach(error) => error.is_transient(),
            Self::TooSlow { .. } | Self::NoSession { .. } | Self::Busy { .. } | Self::SessionEnded { .. } => {
                true
            }
            Self::HttpStatus { status, .. } => matches!(status, 408 | 502 | 504),
            _ => false,
        }
    }

    /// Whether a reading can't go on after it, however little the path matters.
    pub(crate) fn ends_reading(&self) -> bool {
        matches!(self, Self::SessionEnded { .. } | Self::PasswordChange { .. } | Self::Blocked { .. })
            || matches!(self, Self::Reach(reach::Error::Untrusted { .. } | reach::Error::BadHandshake { .. }))
    }
}

fn said(message: &str) -> String {
    if message.is_empty() { String::new() } else { format!(" ({message})") }
}

fn for_how_long(after: Option<Duration>) -> String {
    after.map(|after| format!(" for {} s", after.as_secs())).unwrap_or_default()
}
