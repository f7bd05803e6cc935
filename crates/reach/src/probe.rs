//! Looks at a server's certificate before anything is entrusted to it.
//! The handshake is always broken off once the certificate is there: no HTTP byte and no credential travels.

use std::{io, sync::Arc, time::Duration};

use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use crate::{
    certificate::{Certificate, Warning},
    endpoint::{CONNECT_TIMEOUT, Endpoint},
    error::{Call, Error, Flaw},
    tls::{self, Purpose, Record, Seen},
    way,
};

/// What a server showed, and whether its trust accepts it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Probe {
    /// The certificate and what was sent along.
    pub certificate: Certificate,
    /// Whether the endpoint's trust accepts it.
    pub trusted: bool,
    /// Why not, in words.
    pub reason: Option<String>,
    /// What is odd about it, accepted or not.
    pub warnings: Vec<Warning>,
}

impl From<Seen> for Probe {
    fn from(seen: Seen) -> Self {
        let (trusted, reason) = (seen.refusal.is_none(), seen.refusal);
        Self { certificate: seen.certificate, trusted, reason, warnings: seen.warnings }
    }
}

/// Opens a TLS connection, takes the certificate and breaks off. That the server holds the certificate's key isn't
/// shown by this; a connection that is used shows it.
///
/// # Errors
/// When no certificate was shown: [`Error::Resolve`], [`Error::Unreachable`], [`Error::Way`], [`Error::Timeout`],
/// [`Error::BadHandshake`], [`Error::BadAddress`], [`Error::BadTrust`].
pub async fn probe(endpoint: &Endpoint) -> Result<Probe, Error> {
    let call = Call::new("probe", endpoint.label());
    let host = endpoint.server_name(&call)?;
    let record = Arc::new(Record::default());
    let config = tls::config(&endpoint.trust, Purpose::Probe, record.clone())
        .map_err(|detail| Error::BadTrust { call: call.clone(), detail })?;
    let late = |_| Error::Timeout { call: call.clone(), after: CONNECT_TIMEOUT };
    let stream = way::dial(endpoint, CONNECT_TIMEOUT).await.map_err(|failure| failure.error(call.clone()))?;
    let connector = TlsConnector::from(Arc::new(config));
    let handshake = timeout(CONNECT_TIMEOUT, connector.connect(host, stream)).await.map_err(late)?;
    match (record.last(), handshake) {
        (Some(seen), _) => Ok(seen.into()),
        (None, Err(error)) => Err(bad_handshake(call, &error)),
        (None, Ok(_)) => {
            let (flaw, detail) = (Flaw::Other, "the server presented no certificate".into());
            Err(Error::BadHandshake { call, flaw, detail })
        }
    }
}

/// Whether a TCP connection comes about within this time: to it, or to what stands before it on the way there. Nothing is
/// sent over it.
pub async fn leads_there(endpoint: &Endpoint, within: Duration) -> bool {
    matches!(timeout(within, way::enter(endpoint)).await, Ok(Ok(_)))
}

fn bad_handshake(call: Call, error: &io::Error) -> Error {
    let tls = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    let detail = match tls {
        Some(tls) => return tls::failed_handshake(call, tls),
        None if error.kind() == io::ErrorKind::UnexpectedEof => "it closed the connection".into(),
        None => error.to_string(),
    };
    Error::BadHandshake { call, flaw: Flaw::Other, detail }
}
