//! Why something was not delivered.
//! Never carries a password, a key or what was to be delivered.

use reach::Call;

/// Why an attempt failed.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "`call` is the same in every variant: what was attempted")]
pub enum Error {
    /// The way there, TLS or HTTP.
    #[error(transparent)]
    Reach(#[from] reach::Error),
    /// The server answered with another status than one of success.
    #[error("{call} failed: HTTP status {status}")]
    Status { call: Call, status: u16, retry_after: Option<std::time::Duration> },
    /// It is no SMTP server, or broke the conversation off.
    #[error("{call} failed: {detail}")]
    NotSmtp { call: Call, detail: String },
    /// It offers no TLS, which is wanted of it.
    #[error("{call} failed: the server does not offer STARTTLS")]
    NoTls { call: Call },
    /// It rejected user and password, or has no way of logging in that hides neither.
    #[error("{call} failed: {detail}")]
    Rejected { call: Call, detail: String },
    /// It refused the mail, with these words.
    #[error("{call} failed: the server refused the mail: {detail}")]
    Refused { call: Call, detail: String, is_transient: bool },
    /// It said nothing for so long after the connection was there.
    #[error("{call} failed: the server said nothing for {} s", after.as_secs())]
    Silent { call: Call, after: std::time::Duration },
    /// It took longer than this.
    #[error("{call} failed: it took longer than {} s", after.as_secs())]
    TooSlow { call: Call, after: std::time::Duration },
    /// An address or a header can't be part of a mail.
    #[error("the mail can't be written: {detail}")]
    NoMail { detail: String },
    /// There is no key to sign with, or it is no base64 where it says so.
    #[error("the signing key is empty, or no base64 behind whsec_")]
    BadKey,
    /// A password was to be sent without TLS.
    #[error("{call} is not possible: a password is sent over TLS only")]
    Unprotected { call: Call },
}
