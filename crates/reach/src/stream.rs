//! Connections for what isn't HTTP: dialled by the endpoint's way, and TLS on them when whoever talks over them wants it.
//! Never says a word itself.

use std::{io, sync::Arc, time::Duration};

use tokio::{net::TcpStream, time::timeout};
use tokio_rustls::{TlsConnector, client::TlsStream};

use crate::{
    endpoint::{CONNECT_TIMEOUT, Endpoint},
    error::{Call, Error},
    tls::{self, Purpose, Record},
    way,
};

/// A connection to the endpoint. Whatever travels over it can be read on the way.
///
/// # Errors
/// [`Error::Resolve`], [`Error::Unreachable`], [`Error::Way`], [`Error::Timeout`].
pub async fn connect(call: &Call, endpoint: &Endpoint) -> Result<TcpStream, Error> {
    way::dial(endpoint, CONNECT_TIMEOUT).await.map_err(|failure| failure.error(call.clone()))
}

/// TLS on a connection, if the endpoint trusts the certificate that is shown.
///
/// # Errors
/// [`Error::Untrusted`], [`Error::BadHandshake`], [`Error::Broken`], [`Error::Timeout`], [`Error::BadTrust`],
/// [`Error::BadAddress`].
pub async fn secure(
    call: &Call,
    endpoint: &Endpoint,
    stream: TcpStream,
    within: Duration,
) -> Result<TlsStream<TcpStream>, Error> {
    let host = endpoint.server_name(call)?;
    let record = Arc::new(Record::default());
    let config = tls::config(&endpoint.trust, Purpose::Talk, record.clone())
        .map_err(|detail| Error::BadTrust { call: call.clone(), detail })?;
    let handshake = timeout(within, TlsConnector::from(Arc::new(config)).connect(host, stream)).await;
    let late = |_| Error::Timeout { call: call.clone(), after: within };
    handshake.map_err(late)?.map_err(|error| failed(call.clone(), error, &record))
}

fn failed(call: Call, error: io::Error, record: &Record) -> Error {
    match error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
        Some(tls) => tls::no_handshake(call, tls, Purpose::Talk, record),
        None => Error::Broken { call, source: error.into() },
    }
}
