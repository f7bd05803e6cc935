//! Looks at a server's certificate before anything is entrusted to it.
//! Refuses to send anything: that is the work of `reach`, and this says it with the errors of this crate.

use reach::{Endpoint, Probe};

use crate::error::Error;

/// Opens a TLS connection, takes the certificate and breaks off. That the server holds the certificate's key isn't
/// shown by this; a connection that is used shows it.
///
/// # Errors
/// When no certificate was shown: [`Error::Resolve`], [`Error::Unreachable`], [`Error::Way`], [`Error::Timeout`],
/// [`Error::BadHandshake`], [`Error::BadAddress`], [`Error::BadTrust`].
pub async fn probe(endpoint: &Endpoint) -> Result<Probe, Error> {
    Ok(reach::probe(endpoint).await?)
}
