//! HTTP with one server: connections dialled by its endpoint's way, TLS on them as its trust wants it.
//! Never retries, never follows a redirect, and keeps no idle connection for long.

use std::{
    error::Error as StdError,
    io,
    sync::Arc,
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use http_body_util::{BodyExt, Full, combinators::BoxBody};
use hyper::{
    Response, Uri,
    header::{HeaderMap, HeaderValue, InvalidHeaderValue, RETRY_AFTER, USER_AGENT},
    http::request::Builder,
};
use hyper_rustls::{FixedServerNameResolver, HttpsConnector, MaybeHttpsStream};
use hyper_util::{
    client::legacy,
    rt::{TokioExecutor, TokioIo, TokioTimer},
};
use tokio::net::TcpStream;
use tower::{
    Service,
    timeout::{Timeout, error::Elapsed},
    util::BoxCloneSyncService,
};
use tower_http::decompression::Decompression;

use crate::{
    endpoint::{CONNECT_TIMEOUT, Endpoint},
    error::{Call, Error, Source},
    probe::Probe,
    tls::{self, Purpose, Record},
    way::{self, Failure},
};

/// Connections as the endpoint's way makes them, TLS on them as its trust wants it, and what HTTP makes of that.
type Connections = BoxCloneSyncService<Uri, MaybeHttpsStream<TokioIo<TcpStream>>, Source>;
type Client = Decompression<legacy::Client<Connections, Full<Bytes>>>;

/// An answer whose head has come; its body is unpacked as it is read. In a box: what unpacks it is too large to lie in the
/// future of every call.
pub type Answer = Response<BoxBody<Bytes, Source>>;

/// Load balancers close idle connections after a minute or less: ours are not used any more before that.
const IDLE: Duration = Duration::from_secs(20);

/// Nobody waits longer because a server says so.
const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(60 * 60);

/// How long a connection is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// For the TCP connection, with what a proxy takes to make it.
    pub connect: Duration,
    /// For all of it, the TLS handshake included.
    pub handshake: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { connect: CONNECT_TIMEOUT, handshake: Duration::from_secs(15) }
    }
}

/// Connections to one server that its endpoint trusts. Nothing is sent to one that it doesn't.
#[derive(Debug)]
pub struct Http {
    client: Client,
    host: Arc<str>,
    user_agent: HeaderValue,
    patience: Patience,
    purpose: Purpose,
    pub(crate) record: Arc<Record>,
}

impl Http {
    /// Nothing is connected to yet. `user_agent` is what an administrator sees in the server's logs, like `Muster/1.0`.
    ///
    /// # Errors
    /// [`Error::BadAddress`], [`Error::BadTrust`].
    pub fn new(endpoint: &Endpoint, user_agent: &str, patience: Patience) -> Result<Self, Error> {
        Self::with_purpose(endpoint, user_agent, patience, Purpose::Talk)
    }

    pub(crate) fn with_purpose(
        endpoint: &Endpoint,
        user_agent: &str,
        patience: Patience,
        purpose: Purpose,
    ) -> Result<Self, Error> {
        let call = Call::new("connect", endpoint.label());
        let host = endpoint.server_name(&call)?;
        let record = Arc::new(Record::default());
        let bad_trust = |detail| Error::BadTrust { call: call.clone(), detail };
        let tls = tls::config(&endpoint.trust, purpose, record.clone()).map_err(bad_trust)?;
        let user_agent = HeaderValue::from_str(user_agent)
            .map_err(|error: InvalidHeaderValue| bad_trust(error.to_string()))?;
        let dialed = endpoint.clone();
        let connections = tower::service_fn(move |_: Uri| {
            let endpoint = dialed.clone();
            async move { way::dial(&endpoint, patience.connect).await.map(TokioIo::new) }
        });
        // The name that is asked for and checked is the server's, wherever the connection goes.
        let name = Arc::new(FixedServerNameResolver::new(host));
        let https = HttpsConnector::new(connections, tls, true, name);
        let client = legacy::Client::builder(TokioExecutor::new())
            .timer(TokioTimer::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE)
            .build(Connections::new(Timeout::new(https, patience.handshake)));
        Ok(Self {
            client: Decompression::new(client),
            host: call.host,
            user_agent,
            patience,
            purpose,
            record,
        })
    }

    /// What is attempted on this server.
    pub fn call(&self, method: &'static str) -> Call {
        Call::new(method, self.host.clone())
    }

    /// The certificate that the server showed at the newest connection, and what the endpoint's trust says of it. None
    /// before the first.
    pub fn shown(&self) -> Option<Probe> {
        self.record.last().map(Probe::from)
    }

    /// Sends a message, and waits for the head of its answer for as long as `silence`. An answer in gzip is asked for, and
    /// unpacked.
    ///
    /// # Errors
    /// Everything but [`Error::Truncated`] and [`Error::BadTrust`]; a status is none.
    pub async fn send(
        &self,
        call: &Call,
        message: Builder,
        body: Bytes,
        silence: Duration,
    ) -> Result<Answer, Error> {
        let message = message
            .header(USER_AGENT, self.user_agent.clone())
            .body(Full::new(body))
            .map_err(|error| Error::BadAddress { call: call.clone(), detail: error.to_string() })?;
        match tokio::time::timeout(silence, self.client.clone().call(message)).await {
            Ok(Ok(answer)) => Ok(answer.map(BodyExt::boxed)),
            Ok(Err(error)) => Err(self.no_answer(call, error)),
            Err(_) => Err(Error::Timeout { call: call.clone(), after: silence }),
        }
    }

    fn no_answer(&self, call: &Call, error: legacy::Error) -> Error {
        let call = call.clone();
        if let Some(tls) = find::<rustls::Error>(&error) {
            return tls::no_handshake(call, tls, self.purpose, &self.record);
        }
        if let Some(failure) = find::<Failure>(&error) {
            return failure.clone().error(call);
        }
        if find::<Elapsed>(&error).is_some() {
            return Error::Timeout { call, after: self.patience.handshake };
        }
        match error.is_connect() {
            true => Error::Broken { call, source: error.into() },
            false => Error::Interrupted { call, source: error.into() },
        }
    }
}

/// The body of an answer, if it is no longer than `most` bytes after unpacking; else none. Each part of it is waited for as
/// long as `silence`; who limits the whole is the caller.
///
/// # Errors
/// [`Error::Truncated`], [`Error::Timeout`].
pub async fn whole(
    call: &Call,
    answer: Answer,
    most: usize,
    silence: Duration,
) -> Result<Option<Vec<u8>>, Error> {
    let mut frames = answer.into_body();
    let mut whole = Vec::new();
    loop {
        match tokio::time::timeout(silence, frames.frame()).await {
            Ok(Some(Ok(frame))) => {
                // The other kind of frame has headers that come after the body: nobody reads them.
                let Ok(bytes) = frame.into_data() else { continue };
                if whole.len() + bytes.len() > most {
                    return Ok(None);
                }
                whole.extend_from_slice(&bytes);
            }
            Ok(None) => return Ok(Some(whole)),
            Ok(Some(Err(source))) => {
                let (offset, source) = (whole.len() as u64, Some(source));
                return Err(Error::Truncated { call: call.clone(), offset, source });
            }
            Err(_) => return Err(Error::Timeout { call: call.clone(), after: silence }),
        }
    }
}

/// How long a server wants to be left alone, from the header `Retry-After`: an hour at most.
pub fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let after = wanted(headers.get(RETRY_AFTER)?.to_str().ok()?.trim())?;
    Some(after.min(LONGEST_RETRY_AFTER))
}

/// Seconds, or until a date. A number that is too large to be read asks for more.
fn wanted(text: &str) -> Option<Duration> {
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(text.parse().map_or(Duration::MAX, Duration::from_secs));
    }
    let until = httpdate::parse_http_date(text).ok()?;
    Some(until.duration_since(SystemTime::now()).unwrap_or_default())
}

fn chain<'a>(error: &'a (dyn StdError + 'static)) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |error| inner(*error))
}

/// What an error holds. An `io::Error` names as its source what its content has as source, and hides the content.
fn inner<'a>(error: &'a (dyn StdError + 'static)) -> Option<&'a (dyn StdError + 'static)> {
    match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
        Some(content) => Some(content),
        None => error.source(),
    }
}

fn find<'a, T: StdError + 'static>(error: &'a (dyn StdError + 'static)) -> Option<&'a T> {
    chain(error).find_map(|cause| cause.downcast_ref())
}

#[cfg(test)]
mod tests {
    use rustls::{CertificateError, pki_types::CertificateDer};

    use super::*;
    use crate::{certificate::Certificate, endpoint::Trust, tls::Seen};

    #[test]
    fn how_long_a_server_wants_to_be_left_alone_is_a_number_or_a_date() {
        assert_eq!(wanted("120"), Some(Duration::from_secs(120)));
        assert_eq!(wanted("99999999999999999999"), Some(Duration::MAX), "it asked for more, not for nothing");
        assert_eq!(wanted("Sun, 06 Nov 1994 08:49:37 GMT"), Some(Duration::ZERO), "that is over");
        let until = httpdate::fmt_http_date(SystemTime::now() + Duration::from_secs(3600));
        assert!(wanted(&until).is_some_and(|after| after > Duration::from_secs(3500)), "{until}");
        for nothing in ["", "-5", "1.5", "1e20", "120, 120", "soon"] {
            assert_eq!(wanted(nothing), None, "{nothing}");
        }
        let headers = HeaderMap::from_iter([(RETRY_AFTER, HeaderValue::from_static("7200"))]);
        assert_eq!(retry_after(&headers), Some(LONGEST_RETRY_AFTER));
    }

    #[test]
    fn only_a_refused_certificate_is_untrusted_and_not_what_fails_after_one() {
        let trust = Trust::Pin([0; 32]);
        let (host, way) = ("localhost".into(), way::Way::Direct);
        let endpoint = Endpoint { host, port: 1, trust, way, timeout: CONNECT_TIMEOUT };
        let http = Http::new(&endpoint, "test/1", Patience::default()).unwrap();
        let certificate = Certificate::read(&CertificateDer::from(Vec::new()), &[]);
        http.record.set(Seen { certificate, warnings: Vec::new(), refusal: Some("refused".into()) });
        let error = |tls| tls::no_handshake(http.call("Login"), &tls, Purpose::Talk, &http.record);
        let refused = error(CertificateError::ApplicationVerificationFailure.into());
        assert!(matches!(refused, Error::Untrusted { .. }), "{refused:?}");
        let other = error(rustls::Error::General("something else".into()));
        assert!(matches!(other, Error::BadHandshake { .. }), "{other:?}");
    }
}
