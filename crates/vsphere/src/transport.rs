//! Sends one request and reads its answer while it arrives.
//! Never retries, never follows a redirect, never uses a proxy.

use std::{
    error::Error as StdError,
    io,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, SystemTime},
};

use reqwest::{
    Response, StatusCode, Url,
    header::{CONTENT_TYPE, COOKIE, HeaderMap, HeaderValue, RETRY_AFTER, SET_COOKIE},
    redirect::Policy,
};

use crate::{
    endpoint::{CONNECT_TIMEOUT, Endpoint},
    error::{Call, Error, Source},
    fault,
    parser::{self, Keep, Limits, Parser},
    request::Request,
    tls::{self, Purpose, Record},
    value::Value,
};

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
    http: reqwest::Client,
    sdk: Url,
    versions: Url,
    host: Arc<str>,
    timeout: Duration,
    pub(crate) record: Arc<Record>,
}

impl Transport {
    pub(crate) fn new(endpoint: &Endpoint, user_agent: &str) -> Result<Self, Error> {
        let call = Call::new("connect", endpoint.label());
        let sdk = endpoint.url(&call, "sdk")?;
        let versions = endpoint.url(&call, "sdk/vimServiceVersions.xml")?;
        let record = Arc::new(Record::default());
        let bad_trust = |detail| Error::BadTrust { call: call.clone(), detail };
        let tls = tls::config(&endpoint.trust, Purpose::Talk, record.clone()).map_err(bad_trust)?;
        let http = reqwest::Client::builder()
            .tls_backend_preconfigured(tls)
            .https_only(true)
            .no_proxy()
            .redirect(Policy::none())
            .retry(reqwest::retry::never())
            .connect_timeout(CONNECT_TIMEOUT)
            .read_timeout(endpoint.timeout)
            .pool_idle_timeout(IDLE)
            .user_agent(user_agent)
            .build()
            .map_err(|error| bad_trust(error.to_string()))?;
        Ok(Self { http, sdk, versions, host: call.host, timeout: endpoint.timeout, record })
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
        let mut message = self
            .http
            .post(self.sdk.clone())
            .header(CONTENT_TYPE, "text/xml; charset=utf-8")
            .header("SOAPAction", action)
            .body(request.body);
        if let Some(cookie) = wire.cookie() {
            message = message.header(COOKIE, cookie);
        }
        wire.counters.calls.fetch_add(1, Relaxed);
        let answer = message.send().await.map_err(|error| self.no_answer(&call, error))?;
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
        wire.counters.calls.fetch_add(1, Relaxed);
        let answer = self
            .http
            .get(self.versions.clone())
            .send()
            .await
            .map_err(|error| self.no_answer(&call, error))?;
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

    /// What stands at another path of the server, as long as it is no longer than `most` bytes.
    pub(crate) async fn fetch(&self, call: &Call, url: Url, most: usize) -> Result<Fetched, Error> {
        self.in_time(call.clone(), self.fetch_untimed(call, url, most)).await
    }

    async fn fetch_untimed(&self, call: &Call, url: Url, most: usize) -> Result<Fetched, Error> {
        let mut answer = self.http.get(url).send().await.map_err(|error| self.no_answer(call, error))?;
        let (status, content_type) = (answer.status(), content_type(&answer).chars().take(100).collect());
        let mut body = Some(Vec::new());
        while status == StatusCode::OK
            && let Some(whole) = &mut body
        {
            match answer.chunk().await {
                Ok(Some(chunk)) if whole.len() + chunk.len() > most => body = None,
                Ok(Some(chunk)) => whole.extend_from_slice(&chunk),
                Ok(None) => break,
                Err(error) if error.is_timeout() => {
                    return Err(Error::Timeout { call: call.clone(), after: self.timeout });
                }
                Err(error) => {
                    let (offset, source) = (whole.len() as u64, Some(error.without_url().into()));
                    return Err(Error::Truncated { call: call.clone(), offset, source });
                }
            }
        }
        Ok(Fetched { status: status.as_u16(), content_type, body })
    }

    async fn read(
        &self,
        call: &Call,
        wire: &Wire,
        mut answer: Response,
        mut parser: Parser,
    ) -> Result<Parser, Error> {
        loop {
            match answer.chunk().await {
                Ok(Some(bytes)) => {
                    wire.counters.bytes.fetch_add(bytes.len() as u64, Relaxed);
                    parser.feed(&bytes).map_err(|error| Error::parse(call, error))?;
                }
                Ok(None) => return Ok(parser),
                Err(error) if error.is_timeout() => {
                    return Err(Error::Timeout { call: call.clone(), after: self.timeout });
                }
                Err(error) => {
                    let source = Some(error.without_url().into());
                    return Err(Error::Truncated { call: call.clone(), offset: parser.fed(), source });
                }
            }
        }
    }

    fn no_answer(&self, call: &Call, error: reqwest::Error) -> Error {
        let call = call.clone();
        let error = error.without_url();
        if let Some(tls) = find::<rustls::Error>(&error) {
            return self.bad_tls(call, tls);
        }
        if error.is_timeout() {
            let after = if error.is_connect() { CONNECT_TIMEOUT } else { self.timeout };
            return Error::Timeout { call, after };
        }
        if !error.is_connect() {
            return Error::Interrupted { call, source: error.into() };
        }
        let source: Source = error.into();
        // hyper's connector names the step that failed in its text only.
        let is_name = chain(&*source).any(|cause| cause.to_string().contains("dns error"));
        match is_name {
            true => Error::Resolve { call, source },
            false => Error::Unreachable { call, source },
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

fn content_type(answer: &Response) -> &str {
    answer.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("no content type")
}

fn is_xml(answer: &Response) -> bool {
    content_type(answer).contains("xml")
}

/// An answer that isn't SOAP: a busy or failing vCenter, or something else altogether.
fn refused(call: &Call, answer: &Response) -> Error {
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
    use crate::{certificate::Certificate, endpoint::Trust, tls::Seen};

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
        let endpoint = Endpoint { host: "localhost".into(), port: 1, trust, timeout: CONNECT_TIMEOUT };
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
