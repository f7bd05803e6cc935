//! Sends one request and reads its answer while it arrives.
//! Never retries, never follows a redirect, and never goes another way than the endpoint's.

use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::{
    Request as Message, StatusCode, Uri,
    header::{ACCEPT, CONTENT_TYPE, COOKIE, HeaderMap, HeaderValue, SET_COOKIE},
    http::request::Builder,
};
use reach::{Answer, Call, Endpoint, Http, Patience, Probe};

use crate::{
    error::Error,
    fault,
    latency::Answered,
    parser::{self, Keep, Limits, Parser},
    request::Request,
    value::Value,
};

/// An answer may take this many times the longest silence: one that only ever trickles is given up.
const SILENCES: u32 = 10;

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
    timeout: Duration,
}

impl Transport {
    pub(crate) fn new(endpoint: &Endpoint, user_agent: &str) -> Result<Self, Error> {
        let call = Call::new("connect", endpoint.label());
        let sdk = endpoint.url(&call, "/sdk")?;
        let versions = endpoint.url(&call, "/sdk/vimServiceVersions.xml")?;
        let http = Http::new(endpoint, user_agent, Patience::default())?;
        Ok(Self { http, sdk, versions, timeout: endpoint.timeout })
    }

    /// The certificate that the server showed at the newest connection, and what is odd about it.
    pub(crate) fn shown(&self) -> Option<Probe> {
        self.http.shown()
    }

    pub(crate) fn call(&self, method: &'static str) -> Call {
        self.http.call(method)
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
        wire.counters.calls.fetch_add(1, Relaxed);
        let sent = Instant::now();
        let answer = self.http.send(call, message.header(ACCEPT, "*/*"), body, self.timeout).await?;
        wire.counters.answered.add(call.method, sent.elapsed());
        Ok(answer)
    }

    /// What stands at another path of the server, as long as it is no longer than `most` bytes.
    pub(crate) async fn fetch(&self, call: &Call, uri: Uri, most: usize) -> Result<Fetched, Error> {
        self.in_time(call.clone(), self.fetch_untimed(call, uri, most)).await
    }

    async fn fetch_untimed(&self, call: &Call, uri: Uri, most: usize) -> Result<Fetched, Error> {
        let wire = Wire::default();
        let answer = self.exchange(call, &wire, Message::get(uri), Bytes::new()).await?;
        let (status, content_type) = (answer.status(), content_type(&answer).chars().take(100).collect());
        let body = match status {
            StatusCode::OK => reach::whole(call, answer, most, self.timeout).await?,
            _ => Some(Vec::new()),
        };
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
    let retry_after = headers.and_then(reach::retry_after);
    Error::HttpStatus { call: call.clone(), status: status.as_u16(), retry_after }
}
