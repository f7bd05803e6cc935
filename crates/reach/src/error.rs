//! What can go wrong on the way to a server and in HTTP with it, each with the attempt it happened in.
//! Never carries a password, a cookie, a token or the body of a request.

use std::{fmt, sync::Arc, time::Duration};

use crate::{
    certificate::Certificate,
    way::{Hop, Problem},
};

/// What was attempted: the method and the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// A method of the server's, or `connect`, `probe`, `look`.
    pub method: &'static str,
    /// The server as the user wrote it, with the port where it isn't 443.
    pub host: Arc<str>,
}

impl Call {
    /// What is attempted on the server that errors call so, see [`Endpoint::label`](crate::Endpoint::label).
    pub fn new(method: &'static str, host: Arc<str>) -> Self {
        Self { method, host }
    }
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} on {}", self.method, self.host)
    }
}

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
    /// The connection broke in the TLS handshake, without a word. No byte of the call was sent.
    #[error("{call} failed: the connection was closed in the TLS handshake")]
    Broken {
        call: Call,
        #[source]
        source: Source,
    },
    /// The connection broke before an answer began; the server may have carried out the call.
    #[error("{call} failed: the connection was lost before a response arrived")]
    Interrupted {
        call: Call,
        #[source]
        source: Source,
    },
    /// The answer ended before it was complete, `offset` bytes into the unpacked body.
    #[error("{call} failed: the response was cut off after {offset} bytes")]
    Truncated {
        call: Call,
        offset: u64,
        #[source]
        source: Option<Source>,
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
    BadHandshake { call: Call, flaw: Flaw, detail: String },
}

/// What a failed TLS handshake says of the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Flaw {
    /// Nothing there speaks TLS.
    NoTls,
    /// It speaks TLS, but no version or cipher suite that is still accepted.
    TooOld,
    /// It could not show that the certificate is its own, or the certificate can't be read.
    Unproven,
    /// Another one.
    Other,
}

/// What lies under an error, from the HTTP or TLS library.
pub type Source = Box<dyn std::error::Error + Send + Sync>;

impl Error {
    /// What was attempted.
    pub fn call(&self) -> &Call {
        match self {
            Self::BadAddress { call, .. }
            | Self::BadTrust { call, .. }
            | Self::Resolve { call, .. }
            | Self::Unreachable { call, .. }
            | Self::Way { call, .. }
            | Self::Broken { call, .. }
            | Self::Interrupted { call, .. }
            | Self::Truncated { call, .. }
            | Self::Timeout { call, .. }
            | Self::Untrusted { call, .. }
            | Self::BadHandshake { call, .. } => call,
        }
    }

    /// Whether the same may go well a little later.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Resolve { .. }
            | Self::Unreachable { .. }
            | Self::Broken { .. }
            | Self::Interrupted { .. }
            | Self::Truncated { .. }
            | Self::Timeout { .. } => true,
            Self::Way { problem, .. } => problem.may_pass(),
            Self::BadAddress { .. }
            | Self::BadTrust { .. }
            | Self::Untrusted { .. }
            | Self::BadHandshake { .. } => false,
        }
    }
}
