//! Sends one request and reads its answer while it arrives.
//! Never retries, never follows a redirect, and never goes another way than the endpoint's.

use std::{
    error::Error as StdError,
    io,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant, SystemTime},
};

use bytes::Bytes;
use http_body_util::{BodyExt, Full, combinators::BoxBody};
use hyper::{
    Request as Message, Response, StatusCode, Uri,
    header::{
        ACCEPT, CONTENT_TYPE, COOKIE, HeaderMap, HeaderValue, InvalidHeaderValue, RETRY_AFTER, SET_COOKIE,
        USER_AGENT,
    },
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
    endpoint::Endpoint,
    error::{Call, Error, Source},
    fault,
    latency::Answered,
    parser::{self, Keep, Limits, Parser},
    request::Request,
    tls::{self, Purpose, Record},
    value::Value,
    way::{self, Failure},
};

/// Connections as the endpoint's way makes them, TLS on them as its trust wants it, and what HTTP makes of that.
type Connections = BoxCloneSyncService<Uri, MaybeHttpsStream<TokioIo<TcpStream>>, Source>;
type Http = Decompression<legacy::Client<Connections, Full<Bytes>>>;
/// The body in a box: what unpacks it is too large to lie in the future of every call.
type Answer = Response<BoxBody<Bytes, Source>>;

/// How long a connection may take, the TLS handshake included.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(15);

/// An answer may take this many times the longest silence: one that only ever trickles is given up.
const SILENCES: u32 = 10;

/// Load balancers close idle connections after a minute or less: ours are not used any more before that.
const IDLE: Duration = Duration::from_secs(20);

/// Nobody waits longer because a server says so.
const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(60 * 60);

/// What a session has cost so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Calls sent.
    pub calls: u64,
    /// Bytes of the answers' bodies, after unpacking gzip.
    pub bytes: u64,
}

#[derive(Debug, Default)]
pub(crate) struct Counters {
    calls: AtomicU64,
    bytes: AtomicU64,
    pub(crate) answered: Answered,
}

impl Counters {
    pub(crate) fn traffic(&self) -> Traffic {
        Traffic { calls: self.calls.load(Relaxed), bytes: self.bytes.load(Relaxed) }
    }
}

/// What belongs to one session on the wire: its cookie and its counts.
#[derive(Debug, Default)]
pub(crate) struct Wire {
    cookie: Mutex<Option<HeaderValue>>,
    pub(crate) counters: Counters,
}

impl Wire {
    /// A wire that goes on with the cookie of another, which loses it: two logins must not share one session.
    pub(crate) fn take_over(other: &Self) -> Self {
        let cookie = other.cookie.lock().unwrap_or_else(PoisonError::into_inner).take();
        Self { cookie: Mutex::new(cookie), counters: Counters::default() }
    }

    pub(crate) fn has_cookie(&self) -> bool {
        self.cookie().is_some()
    }

    fn cookie(&self) -> Option<HeaderValue> {
        self.cookie.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Keeps the session cookie, and no other.
    fn keep_cookie(&self, headers: &HeaderMap) {
        let mut cookies = headers.get_all(SET_COOKIE).iter().filter_map(|header| header.to_str().ok());
        let Some(cookie) = cookies.rfind(|cookie| cookie.starts_with("vmware_soap_session=")) else {
            return;
        };
        let pair = cookie.split_once(';').map_or(cookie, |(pair, _)| pair);
        if let Ok(mut header) = HeaderValue::from_str(pair) {
            header.set_sensitive(true);
            *self.cookie.lock().unwrap_or_else(PoisonError::into_inner) = Some(header);
        }
    }
}

/// What came of a path.
#[derive(Debug)]
pub(crate) struct Fetched {
    pub(crate) status: u16,
    pub(crate) content_type: String,
    /// None where it is longer than was wanted.
    pub(crate) body: Option<Vec<u8>>,
}

/// Connections to one server.
#[derive(Debug)]
pub(crate) struct Transport {
    http: Http,
    sdk: Uri,
    versions: Uri,
    host: Arc<str>,
    user_agent: HeaderValue,
    timeout: Duration,
    pub(crate) record: Arc<Record>,
}

impl Transport {
    pub(crate) fn new(endpoint: &Endpoint, user_agent: &str) -> Result<Self, Error> {
        let call = Call::new("connect", endpoint.label());
        let sdk = endpoint.url(&call, "/sdk")?;
        let versions = endpoint.url(&call, "/sdk/vimServiceVersions.xml")?;
        let record = Arc::new(Record::default());
        let bad_trust = |detail| Error::BadTrust { call: call.clone(), detail };
        let tls = tls::config(&endpoint.trust, Purpose::Talk, record.clone()).map_err(bad_trust)?;
        let host = endpoint.server_name(&call)?;
        let user_agent = HeaderValue::from_str(user_agent)
            .map_err(|error: InvalidHeaderValue| bad_trust(error.to_string()))?;
        let dialed = endpoint.clone();
        let connections = tower::service_fn(move |_: Uri| {
            let endpoint = dialed.clone();
            async move { way::dial(&endpoint).await.map(TokioIo::new) }
        });
        // The name that is asked for and checked is the server's, wherever the connection goes.
        let name = Arc::new(FixedServerNameResolver::new(host));
        let https = HttpsConnector::new(connections, tls, true, name);
        let http = legacy::Client::builder(TokioExecutor::new())
            .timer(TokioTimer::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE)
            .build(Connections::new(Timeout::new(https, HANDSHAKE_TIMEOUT)));
        let (http, timeout) = (Decompression::new(http), endpoint.timeout);
        Ok(Self { http, sdk, versions, host: call.host, user_agent, timeout, record })
    }

    pub(crate) fn call(&self, method: &'static str) -> Call {
        Call::new(method, self.host.clone())
    }

    /// The answer of a method, which is `<Method>Response`.
    pub(crate) async fn send(
        &self,
        wire: &Wire,
        action: &str,
        request: Request,
    ) -> Result<parser::Response, Error> {
        let call = self.call(request.method);
        self.in_time(call, self.send_untimed(wire, action, request)).await
    }

    async fn in_time<T>(
        &self,
        call: Call,
        answer: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        let after = self.timeout.saturating_mul(SILENCES);
        match tokio::time::timeout(after, answer).await {
            Ok(answer) => answer,
            Err(_) => Err(Error::Timeout { call, after }),
        }
    }

    async fn send_untimed(
        &self,
        wire: &Wire,
        action: &str,
        request: Request,
    ) -> Result<parser::Response, Error> {
        let call = self.call(request.method);
        let mut message = Message::post(self.sdk.clone())
            .header(CONTENT_TYPE, "text/xml; charset=utf-8")
            .header("SOAPAction", action);
        if let Some(cookie) = wire.cookie() {
            message = message.header(COOKIE, cookie);
        }
        let answer = self.exchange(&call, wire, message, request.body).await?;
        // A session is given with the first answer or with Login, and by nobody later.
        if request.method == "Login" || !wire.has_cookie() {
            wire.keep_cookie(answer.headers());
        }
        let status = answer.status();
        // A method's fault comes with status 500.
        if !(status == StatusCode::OK || status == StatusCode::INTERNAL_SERVER_ERROR) || !is_xml(&answer) {
            return Err(refused(&call, &answer));
        }
        let parser = self.read(&call, wire, answer, Parser::new(request.limits, request.keep)).await?;
        let end = parser.fed();
        let malformed = |detail: String| Error::Malformed { call: call.clone(), offset: end, detail };
        let document = parser.finish().map_err(|error| Error::parse(&call, error))?;
        let response = document.into_response().map_err(|detail| malformed(detail.into()))?;
        match &*response.name {
            "Fault" => Err(fault::error(&call, &response.value)),
            _ if status != StatusCode::OK => Err(http_status(&call, status, None)),
            name if name.strip_suffix("Response") == Some(request.method) => Ok(response),
            name => Err(malformed(format!("{name} answers another method"))),
        }
    }

    /// The list of API versions that the server speaks; none if it has no such list.
    pub(crate) async fn versions(&self, wire: &Wire) -> Result<Option<Value>, Error> {
        let call = self.call("versions");
        self.in_time(call.clone(), self.versions_untimed(call, wire)).await
    }

    async fn versions_untimed(&self, call: Call, wire: &Wire) -> Result<Option<Value>, Error> {
        let message = Message::get(self.versions.clone());
        let answer = self.exchange(&call, wire, message, Bytes::new()).await?;
        if answer.status() != StatusCode::OK {
            return Ok(None);
        }
        let limits = Limits { body: 1 << 20, ..Limits::default() };
        match self.read(&call, wire, answer, Parser::new(limits, Keep::default())).await {
            Ok(parser) => Ok(parser.finish().ok().map(|document| document.root)),
            // Whatever this is, the next call finds out what answers here.
            Err(Error::Malformed { .. } | Error::TooLarge { .. } | Error::TooDeep { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Sends a message, and waits for the head of its answer.
    async fn exchange(
        &self,
        call: &Call,
        wire: &Wire,
        message: Builder,
        body: Bytes,
    ) -> Result<Answer, Error> {
        let message = message
            .header(ACCEPT, "*/*")
            .header(USER_AGENT, self.user_agent.clone())
            .body(Full::new(body))
            .map_err(|error| Error::BadAddress { call: call.clone(), detail: error.to_string() })?;
        wire.counters.calls.fetch_add(1, Relaxed);
        let sent = Instant::now();
        match tokio::time::timeout(self.timeout, self.http.clone().call(message)).await {
            Ok(Ok(answer)) => {
                wire.counters.answered.add(call.method, sent.elapsed());
                Ok(answer.map(BodyExt::boxed))
            }
            Ok(Err(error)) => Err(self.no_answer(call, error)),
            Err(_) => Err(Error::Timeout { call: call.clone(), after: self.timeout }),
        }
    }

    /// What stands at another path of the server, as long as it is no longer than `most` bytes.
    pub(crate) async fn fetch(&self, call: &Call, uri: Uri, most: usize) -> Result<Fetched, Error> {
        self.in_time(call.clone(), self.fetch_untimed(call, uri, most)).await
    }

    async fn fetch_untimed(&self, call: &Call, uri: Uri, most: usize) -> Result<Fetched, Error> {
        let wire = Wire::default();
        let answer = self.exchange(call, &wire, Message::get(uri), Bytes::new()).await?;
        let (status, content_type) = (answer.status(), content_type(&answer).chars().take(100).collect());
        let mut frames = answer.into_body();
        let mut body = Some(Vec::new());
        while status == StatusCode::OK
            && let Some(whole) = &mut body
        {
            match tokio::time::timeout(self.timeout, frames.frame()).await {
                Ok(Some(Ok(frame))) => {
                    let Ok(bytes) = frame.into_data() else { continue };
                    match whole.len() + bytes.len() > most {
                        true => body = None,
                        false => whole.extend_from_slice(&bytes),
                    }
                }
                Ok(None) => break,
                Ok(Some(Err(source))) => {
                    let (offset, source) = (whole.len() as u64, Some(source));
                    return Err(Error::Truncated { call: call.clone(), offset, source });
                }
                Err(_) => return Err(Error::Timeout { call: call.clone(), after: self.timeout }),
            }
        }
        Ok(Fetched { status: status.as_u16(), content_type, body })
    }

    async fn read(
        &self,
        call: &Call,
        wire: &Wire,
        answer: Answer,
        mut parser: Parser,
    ) -> Result<Parser, Error> {
        let mut body = answer.into_body();
        loop {
            let frame = tokio::time::timeout(self.timeout, body.frame()).await;
            match frame {
                Ok(Some(Ok(frame))) => {
                    // The other kind of frame has headers that come after the body: nobody reads them.
                    let Ok(bytes) = frame.into_data() else { continue };
                    wire.counters.bytes.fetch_add(bytes.len() as u64, Relaxed);
                    parser.feed(&bytes).map_err(|error| Error::parse(call, error))?;
                }
                Ok(None) => return Ok(parser),
                Ok(Some(Err(error))) => {
                    let source = Some(error);
                    return Err(Error::Truncated { call: call.clone(), offset: parser.fed(), source });
                }
                Err(_) => return Err(Error::Timeout { call: call.clone(), after: self.timeout }),
            }
        }
    }

    fn no_answer(&self, call: &Call, error: legacy::Error) -> Error {
        let call = call.clone();
        if let Some(tls) = find::<rustls::Error>(&error) {
            return self.bad_tls(call, tls);
        }
        if let Some(failure) = find::<Failure>(&error) {
            return failure.clone().error(call);
        }
        if find::<Elapsed>(&error).is_some() {
            return Error::Timeout { call, after: HANDSHAKE_TIMEOUT };
        }
        match error.is_connect() {
            true => Error::Unreachable { call, source: error.into() },
            false => Error::Interrupted { call, source: error.into() },
        }
    }

    fn bad_tls(&self, call: Call, error: &rustls::Error) -> Error {
        let refused = self.record.last().and_then(|seen| Some((seen.certificate, seen.refusal?)));
        match (error, refused) {
            // Our verifier refuses with this alone; what is recorded may be an earlier connection's.
            (rustls::Error::InvalidCertificate(_), Some((certificate, reason))) => {
                Error::Untrusted { call, certificate: Box::new(certificate), reason }
            }
            (error, _) => Error::BadHandshake { call, detail: tls::failed_handshake(error) },
        }
    }
}

fn content_type(answer: &Answer) -> &str {
    answer.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("no content type")
}

fn is_xml(answer: &Answer) -> bool {
    content_type(answer).contains("xml")
}

/// An answer that isn't SOAP: a busy or failing vCenter, or something else altogether.
fn refused(call: &Call, answer: &Answer) -> Error {
    let status = answer.status();
    let is_refusal =
        status.is_server_error() || matches!(status.as_u16(), 400 | 401 | 403 | 407 | 408 | 413 | 429);
    if is_refusal || is_xml(answer) {
        return http_status(call, status, Some(answer.headers()));
    }
    let content_type = content_type(answer).chars().take(100).collect();
    Error::NotVsphere { call: call.clone(), status: status.as_u16(), content_type }
}

fn http_status(call: &Call, status: StatusCode, headers: Option<&HeaderMap>) -> Error {
    let after = headers.and_then(|headers| retry_after(headers.get(RETRY_AFTER)?.to_str().ok()?.trim()));
    Error::HttpStatus {
        call: call.clone(),
        status: status.as_u16(),
        retry_after: after.map(|after| after.min(LONGEST_RETRY_AFTER)),
    }
}

/// How long a server wants to be left alone: seconds, or until a date. A number that is too large to be read asks for more.
fn retry_after(text: &str) -> Option<Duration> {
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
    use crate::{
        certificate::Certificate,
        endpoint::{CONNECT_TIMEOUT, Trust},
        tls::Seen,
    };

    #[test]
    fn how_long_a_server_wants_to_be_left_alone_is_a_number_or_a_date() {
        assert_eq!(retry_after("120"), Some(Duration::from_secs(120)));
        assert_eq!(
            retry_after("99999999999999999999"),
            Some(Duration::MAX),
            "it asked for more, not for nothing"
        );
        assert_eq!(retry_after("Sun, 06 Nov 1994 08:49:37 GMT"), Some(Duration::ZERO), "that is over");
        let until = httpdate::fmt_http_date(SystemTime::now() + Duration::from_secs(3600));
        assert!(retry_after(&until).is_some_and(|after| after > Duration::from_secs(3500)), "{until}");
        for nothing in ["", "-5", "1.5", "1e20", "120, 120", "soon"] {
            assert_eq!(retry_after(nothing), None, "{nothing}");
        }
    }

    #[test]
    fn only_a_refused_certificate_is_untrusted_and_not_what_fails_after_one() {
        let trust = Trust::Pin([0; 32]);
        let (host, way) = ("localhost".into(), way::Way::Direct);
        let endpoint = Endpoint { host, port: 1, trust, way, timeout: CONNECT_TIMEOUT };
        let transport = Transport::new(&endpoint, "test/1").unwrap();
        let certificate = Certificate::read(&CertificateDer::from(Vec::new()), &[]);
        transport.record.set(Seen { certificate, warnings: Vec::new(), refusal: Some("refused".into()) });
        let error = |tls| transport.bad_tls(transport.call("Login"), &tls);
        let refused = error(CertificateError::ApplicationVerificationFailure.into());
        assert!(matches!(refused, Error::Untrusted { .. }), "{refused:?}");
        let other = error(rustls::Error::General("something else".into()));
        assert!(matches!(other, Error::BadHandshake { .. }), "{other:?}");
    }
}
