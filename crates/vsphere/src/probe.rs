//! Looks at a server's certificate before anything is entrusted to it.
//! The handshake is always broken off once the certificate is there: no HTTP byte and no credential travels.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use tokio::{
    net::{TcpStream, lookup_host},
    task::JoinSet,
    time::timeout,
};
use tokio_rustls::TlsConnector;

use crate::{
    certificate::{Certificate, Warning},
    endpoint::{CONNECT_TIMEOUT, Endpoint},
    error::{Call, Error},
    tls::{self, Purpose, Record},
};

/// How long an address may keep the next one waiting: a name often has an IPv6 address that leads nowhere.
const HEAD_START: Duration = Duration::from_millis(300);

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

/// Opens a TLS connection, takes the certificate and breaks off. That the server holds the certificate's key isn't
/// shown by this; a connection that is used shows it.
///
/// # Errors
/// When no certificate was shown: [`Error::Resolve`], [`Error::Unreachable`], [`Error::Timeout`],
/// [`Error::BadHandshake`], [`Error::BadAddress`], [`Error::BadTrust`].
pub async fn probe(endpoint: &Endpoint) -> Result<Probe, Error> {
    let call = Call::new("probe", endpoint.label());
    let host = endpoint.server_name(&call)?;
    let record = Arc::new(Record::default());
    let config = tls::config(&endpoint.trust, Purpose::Probe, record.clone())
        .map_err(|detail| Error::BadTrust { call: call.clone(), detail })?;
    let late = |_| Error::Timeout { call: call.clone(), after: CONNECT_TIMEOUT };
    let stream = timeout(CONNECT_TIMEOUT, open(endpoint, &call)).await.map_err(late)??;
    let connector = TlsConnector::from(Arc::new(config));
    let handshake = timeout(CONNECT_TIMEOUT, connector.connect(host, stream)).await.map_err(late)?;
    match (record.last(), handshake) {
        (Some(seen), _) => Ok(Probe {
            certificate: seen.certificate,
            trusted: seen.refusal.is_none(),
            reason: seen.refusal,
            warnings: seen.warnings,
        }),
        (None, Err(error)) => Err(Error::BadHandshake { call, detail: in_words(&error) }),
        (None, Ok(_)) => {
            Err(Error::BadHandshake { call, detail: "the server presented no certificate".into() })
        }
    }
}

/// Whether a TCP connection to it comes about within this time. Nothing is sent over it.
pub async fn leads_there(endpoint: &Endpoint, within: Duration) -> bool {
    let call = Call::new("connect", endpoint.label());
    matches!(timeout(within, open(endpoint, &call)).await, Ok(Ok(_)))
}

fn in_words(error: &io::Error) -> String {
    let tls = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    match tls {
        Some(tls) => tls::failed_handshake(tls),
        None if error.kind() == io::ErrorKind::UnexpectedEof => "it closed the connection".into(),
        None => error.to_string(),
    }
}

async fn open(endpoint: &Endpoint, call: &Call) -> Result<TcpStream, Error> {
    let addresses: Vec<SocketAddr> = lookup_host((endpoint.bare_host(), endpoint.port))
        .await
        .map_err(|source| Error::Resolve { call: call.clone(), source: source.into() })?
        .collect();
    first(&addresses, TcpStream::connect)
        .await
        .map_err(|source| Error::Unreachable { call: call.clone(), source: source.into() })
}

/// The first connection that comes about: each address is tried a little after the one before, or as soon as that failed.
async fn first<T, F>(addresses: &[SocketAddr], connect: impl Fn(SocketAddr) -> F) -> io::Result<T>
where
    T: Send + 'static,
    F: Future<Output = io::Result<T>> + Send + 'static,
{
    let mut addresses = addresses.iter();
    let mut attempts = JoinSet::new();
    let mut failure = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
    loop {
        let patience = match addresses.next() {
            Some(address) => {
                attempts.spawn(connect(*address));
                HEAD_START
            }
            // The caller limits the whole.
            None => Duration::MAX,
        };
        match timeout(patience, attempts.join_next()).await {
            Ok(Some(Ok(Ok(connection)))) => return Ok(connection),
            Ok(Some(Ok(Err(error)))) => failure = error,
            Ok(Some(Err(error))) => failure = io::Error::other(error),
            Ok(None) => return Err(failure),
            Err(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::{Instant, sleep};

    use super::*;

    const ADDRESSES: [u16; 3] = [1, 2, 3];

    /// Which of three addresses wins, and when; each fails or connects after so many milliseconds.
    async fn race(outcomes: [(u64, bool); 3]) -> (Option<u16>, u128) {
        let addresses = ADDRESSES.map(|port| SocketAddr::from(([127, 0, 0, 1], port)));
        let start = Instant::now();
        let winner = first(&addresses, |address| async move {
            let (after, connects) = outcomes[usize::from(address.port()) - 1];
            sleep(Duration::from_millis(after)).await;
            if connects { Ok(address.port()) } else { Err(io::Error::other("refused")) }
        });
        (winner.await.ok(), start.elapsed().as_millis())
    }

    #[tokio::test(start_paused = true)]
    async fn an_address_that_leads_nowhere_costs_a_moment_and_the_first_connection_wins() {
        const NEVER: u64 = 1_000_000;
        assert_eq!(race([(10, true), (0, true), (0, true)]).await, (Some(1), 10));
        assert_eq!(race([(NEVER, true), (10, true), (0, true)]).await, (Some(2), 310));
        assert_eq!(race([(NEVER, true), (NEVER, true), (10, true)]).await, (Some(3), 610));
        assert_eq!(race([(400, true), (500, true), (0, true)]).await, (Some(1), 400));
        assert_eq!(race([(10, false), (20, true), (0, true)]).await, (Some(2), 30));
        assert_eq!(race([(10, false), (20, false), (30, false)]).await, (None, 60));
        let nobody: io::Result<()> = first(&[], |_| async { Ok(()) }).await;
        assert_eq!(nobody.unwrap_err().kind(), io::ErrorKind::NotFound);
    }
}
