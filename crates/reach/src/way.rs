//! The TCP connection to a server, by the way that leads there: directly, through a proxy, or to another address.
//! Refuses to resolve the server's name where a proxy does, to go another way than the one that is set, and to take one from the
//! environment.

mod http;
mod socks;

use std::{fmt, io, net::SocketAddr, sync::Arc, time::Duration};

use socket2::{SockRef, TcpKeepalive};
use tokio::{
    net::{TcpStream, lookup_host},
    task::JoinSet,
    time::{Instant, timeout, timeout_at},
};

use crate::{
    endpoint::Endpoint,
    error::{Call, Error},
};

/// How long an address may keep the next one waiting: a name often has an IPv6 address that leads nowhere.
const HEAD_START: Duration = Duration::from_millis(300);

/// Between two looks whether an idle connection is still there, and how often in vain until it is given up.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
const IN_VAIN: u32 = 3;

/// How a server is reached. Its name, in the TLS handshake and in the check of its certificate, is the same on every way.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Way {
    /// By a connection to it.
    #[default]
    Direct,
    /// Through a proxy, which resolves its name.
    Proxy(Proxy),
    /// By a connection to another address, such as the near end of a tunnel.
    Tunnel(Place),
}

/// A proxy. It is told no password: there is no place for one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proxy {
    /// What it speaks.
    pub kind: ProxyKind,
    /// Where it is.
    pub at: Place,
    /// The user to name to a SOCKS proxy, where it wants one; at most 255 bytes.
    pub user: Option<String>,
}

/// What a proxy speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProxyKind {
    /// SOCKS5.
    Socks5,
    /// HTTP, with CONNECT.
    Http,
}

/// Host and port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// DNS name, IPv4 or IPv6 address, without brackets.
    pub host: String,
    /// TCP port.
    pub port: u16,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.host.contains(':') {
            true => write!(f, "[{}]:{}", self.host, self.port),
            false => write!(f, "{}:{}", self.host, self.port),
        }
    }
}

/// What stands before the server on the way there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hop {
    /// A proxy.
    Proxy(Place),
    /// The address that is connected to in the server's place.
    Tunnel(Place),
}

impl fmt::Display for Hop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Proxy(at) => write!(f, "the proxy {at}"),
            Self::Tunnel(at) => write!(f, "{at}"),
        }
    }
}

/// What went wrong there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// Its own name doesn't resolve.
    Resolve,
    /// Nothing answers there, in the system's words.
    Unreachable(String),
    /// It was silent for as long as is waited.
    Silent,
    /// It is no proxy of this kind, or doesn't do what is needed: in words.
    Unusable(String),
    /// It wants a login, or another user.
    NeedsLogin,
    /// It may not connect to the server: in words.
    Refused(String),
    /// It can't reach the server: in words.
    CannotReach(String),
    /// It came to no answer about the server in time.
    Late,
}

impl Problem {
    /// Whether the same may go well a little later.
    pub fn may_pass(&self) -> bool {
        match self {
            Self::Resolve | Self::Unreachable(_) | Self::Silent | Self::CannotReach(_) | Self::Late => true,
            Self::Unusable(_) | Self::NeedsLogin | Self::Refused(_) => false,
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Resolve => f.write_str("the name does not resolve"),
            Self::Unreachable(words) => write!(f, "no connection ({words})"),
            Self::Silent => f.write_str("no response in time"),
            Self::Unusable(words) => f.write_str(words),
            Self::NeedsLogin => f.write_str("it requires a login"),
            Self::Refused(words) => write!(f, "it refused ({words})"),
            Self::CannotReach(words) => write!(f, "it did not reach the server ({words})"),
            Self::Late => f.write_str("it did not reach the server in time"),
        }
    }
}

/// Why no connection came about.
#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error("the name does not resolve")]
    Resolve(#[source] Arc<io::Error>),
    #[error("no connection")]
    Unreachable(#[source] Arc<io::Error>),
    #[error("no connection in time")]
    Late(Duration),
    #[error("{0}: {1}")]
    Way(Hop, Problem),
}

impl Failure {
    pub(crate) fn error(self, call: Call) -> Error {
        match self {
            Self::Resolve(source) => Error::Resolve { call, source: source.into() },
            Self::Unreachable(source) => Error::Unreachable { call, source: source.into() },
            Self::Late(after) => Error::Timeout { call, after },
            Self::Way(hop, problem) => Error::Way { call, hop, problem },
        }
    }

    /// The same of what stands before the server.
    fn of(self, hop: &Hop) -> Self {
        let problem = match self {
            Self::Resolve(_) => Problem::Resolve,
            Self::Unreachable(error) => Problem::Unreachable(error.to_string()),
            Self::Late(_) => Problem::Silent,
            Self::Way(_, problem) => problem,
        };
        Self::Way(hop.clone(), problem)
    }
}

/// A connection over which the server answers, if there is one within this time.
pub(crate) async fn dial(endpoint: &Endpoint, within: Duration) -> Result<TcpStream, Failure> {
    let until = Instant::now() + within;
    let mut stream =
        timeout_at(until, enter(endpoint)).await.unwrap_or_else(|_| Err(late(endpoint, within)))?;
    let Way::Proxy(Proxy { kind, at, user }) = &endpoint.way else { return Ok(stream) };
    let server = endpoint.place();
    let through = async {
        match kind {
            ProxyKind::Socks5 => {
                let greeted = timeout_at(until, socks::greet(&mut stream, user.as_deref()));
                greeted.await.unwrap_or(Err(Problem::Silent))?;
                let connected = timeout_at(until, socks::connect(&mut stream, &server));
                connected.await.unwrap_or(Err(Problem::Late))?;
                Ok(stream)
            }
            ProxyKind::Http => {
                timeout_at(until, http::connect(stream, &server)).await.unwrap_or(Err(Problem::Late))
            }
        }
    };
    through.await.map_err(|problem| Failure::Way(Hop::Proxy(at.clone()), problem))
}

/// A connection to the first on the way to a server: itself, or what stands before it. The caller limits the time.
pub(crate) async fn enter(endpoint: &Endpoint) -> Result<TcpStream, Failure> {
    match hop(endpoint) {
        None => open(&endpoint.place()).await,
        Some(hop) => {
            let (Hop::Proxy(at) | Hop::Tunnel(at)) = &hop;
            open(at).await.map_err(|failure| failure.of(&hop))
        }
    }
}

fn late(endpoint: &Endpoint, after: Duration) -> Failure {
    hop(endpoint).map_or(Failure::Late(after), |hop| Failure::Late(after).of(&hop))
}

fn hop(endpoint: &Endpoint) -> Option<Hop> {
    match &endpoint.way {
        Way::Direct => None,
        Way::Proxy(proxy) => Some(Hop::Proxy(proxy.at.clone())),
        Way::Tunnel(at) => Some(Hop::Tunnel(at.clone())),
    }
}

async fn open(place: &Place) -> Result<TcpStream, Failure> {
    let addresses = lookup_host((&*place.host, place.port)).await;
    let addresses: Vec<SocketAddr> = addresses.map_err(|error| Failure::Resolve(Arc::new(error)))?.collect();
    let stream = first(&addresses, TcpStream::connect).await;
    let stream = stream.map_err(|error| Failure::Unreachable(Arc::new(error)))?;
    if let Err(error) = tune(&stream) {
        tracing::debug!(%error, "a connection could not be tuned");
    }
    Ok(stream)
}

/// Has small requests sent at once, and a connection noticed to be dead whose other end is gone without a word.
fn tune(stream: &TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let socket = SockRef::from(stream);
    let keep_alive = TcpKeepalive::new().with_time(KEEP_ALIVE).with_interval(KEEP_ALIVE);
    socket.set_tcp_keepalive(&keep_alive.with_retries(IN_VAIN))?;
    #[cfg(target_os = "linux")]
    socket.set_tcp_user_timeout(Some(2 * KEEP_ALIVE))?;
    Ok(())
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
    use tokio::time::sleep;

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
