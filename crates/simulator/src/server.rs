//! HTTP over TLS around the vCenter's methods.
//! Refuses large bodies, idle connections and more connections than anybody needs.

use std::convert::Infallible;
use std::io::Write as _;
use std::panic::resume_unwind;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use flate2::{Compression, write::GzEncoder};
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use hyper::body::Incoming;
use hyper::header::{
    ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_TYPE, COOKIE, HeaderMap, HeaderName, HeaderValue, SET_COOKIE,
    USER_AGENT,
};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use jiff::Timestamp;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::soap::{Answer, Fault, envelope};
use crate::vcenter::{Caller, Outcome, Vcenter, Wait};

/// The largest request is for 500 objects by reference: some 80 KB.
const BODY: usize = 1 << 20;

const CONNECTIONS: usize = 256;

/// For a handshake.
const PATIENCE: Duration = Duration::from_secs(15);

/// For a body that is under way.
const BODY_PATIENCE: Duration = Duration::from_secs(30);

/// Shorter answers aren't worth compressing.
const WORTH_COMPRESSING: usize = 1400;

/// What each connection needs.
#[derive(Clone)]
pub(crate) struct Server {
    pub(crate) vcenter: Arc<Vcenter>,
    /// The authorities that it offers, zipped.
    pub(crate) download: Option<Bytes>,
    pub(crate) acceptor: TlsAcceptor,
    pub(crate) stop: CancellationToken,
    pub(crate) tasks: TaskTracker,
}

impl Server {
    /// Takes connections until it is stopped.
    pub(crate) async fn listen(self, listener: TcpListener) {
        let room = Arc::new(Semaphore::new(CONNECTIONS));
        loop {
            let accepted = tokio::select! {
                accepted = accept(&listener, &room) => accepted,
                () = self.stop.cancelled() => return,
            };
            match accepted {
                Some((stream, permit)) => {
                    let server = self.clone();
                    self.tasks.spawn(async move { server.connection(stream, permit).await });
                }
                // The system has no more files or memory for now.
                None => tokio::time::sleep(Duration::from_millis(50)).await,
            }
        }
    }

    async fn connection(self, stream: TcpStream, _permit: OwnedSemaphorePermit) {
        let handshake = tokio::time::timeout(PATIENCE, self.acceptor.accept(stream));
        let stream = tokio::select! {
            handshake = handshake => match handshake {
                Ok(Ok(stream)) => stream,
                _ => return,
            },
            () = self.stop.cancelled() => return,
        };
        let service = service_fn(|request| async { Ok::<_, Infallible>(self.answer(request).await) });
        let mut connection = http1::Builder::new();
        connection.timer(TokioTimer::new()).header_read_timeout(IDLE_CONNECTION).max_buf_size(64 << 10);
        let connection = connection.serve_connection(TokioIo::new(stream), service);
        tokio::pin!(connection);
        let outcome = tokio::select! {
            outcome = &mut connection => outcome,
            () = self.stop.cancelled() => {
                connection.as_mut().graceful_shutdown();
                match tokio::time::timeout(Duration::from_secs(1), connection).await {
                    Ok(outcome) => outcome,
                    Err(_) => Ok(()),
                }
            }
        };
        if let Err(error) = outcome {
            tracing::debug!(%error, "a connection ended");
        }
    }

    async fn answer(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        match (request.method(), request.uri().path()) {
            (&Method::GET, "/sdk/vimServiceVersions.xml") => {
                respond(StatusCode::OK, self.vcenter.content.versions.clone(), false)
            }
            (&Method::GET, "/certs/download.zip") => match &self.download {
                Some(file) => zipped(file.clone()),
                None => plain(StatusCode::NOT_FOUND),
            },
            (&Method::POST, "/sdk" | "/sdk/" | "/sdk/vimService") => self.soap(request).await,
            (_, "/sdk" | "/sdk/" | "/sdk/vimService" | "/sdk/vimServiceVersions.xml") => {
                plain(StatusCode::METHOD_NOT_ALLOWED)
            }
            _ => plain(StatusCode::NOT_FOUND),
        }
    }

    async fn soap(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        let (head, body) = request.into_parts();
        let body = match tokio::time::timeout(BODY_PATIENCE, Limited::new(body, BODY).collect()).await {
            Err(_) => return plain(StatusCode::REQUEST_TIMEOUT),
            Ok(Err(error)) if error.is::<LengthLimitError>() => return plain(StatusCode::PAYLOAD_TOO_LARGE),
            Ok(Err(_)) => return plain(StatusCode::BAD_REQUEST),
            Ok(Ok(body)) => body.to_bytes(),
        };
        let mut request = Call {
            cookie: cookie(&head.headers),
            agent: text(&head.headers, &USER_AGENT).chars().take(200).collect(),
            compress: text(&head.headers, &ACCEPT_ENCODING).contains("gzip"),
            action: text(&head.headers, &HeaderName::from_static("soapaction")).to_owned(),
            cancels: None,
            body,
        };
        let mut until = None;
        loop {
            let mut wait = match self.call(request.clone()).await {
                Ok(response) => return response,
                Err(wait) => wait,
            };
            let until = *until.get_or_insert_with(|| tokio::time::Instant::now() + wait.longest);
            request.cancels.get_or_insert(wait.cancels);
            tokio::select! {
                () = tokio::time::sleep_until(until) => return done(&wait.nothing, request.compress),
                () = self.stop.cancelled() => return failed(&Fault::RequestCanceled),
                // A filter, a cancellation or the session's end: the next look finds out which.
                _ = wait.nudges.changed() => {}
            }
        }
    }

    /// Answers on a thread of its own, whatever runtime this is: a client that asks several things at once is answered
    /// by several.
    async fn call(&self, call: Call) -> Result<Response<Full<Bytes>>, Wait> {
        let vcenter = self.vcenter.clone();
        let answered = tokio::task::spawn_blocking(move || {
            let caller = Caller {
                action: &call.action,
                cookie: call.cookie.as_deref(),
                agent: &call.agent,
                cancels: call.cancels,
                now: Instant::now(),
                clock: Timestamp::now().as_millisecond(),
            };
            match vcenter.call(&call.body, caller) {
                Outcome::Done(answer) => Ok(done(&answer, call.compress)),
                Outcome::Failed(fault) => Ok(failed(&fault)),
                Outcome::Busy => Ok(plain(StatusCode::SERVICE_UNAVAILABLE)),
                Outcome::Wait(wait) => Err(wait),
            }
        });
        // It is never cancelled, so that it can only have panicked.
        answered.await.unwrap_or_else(|error| resume_unwind(error.into_panic()))
    }
}

/// A request that has come whole.
#[derive(Clone)]
struct Call {
    action: String,
    cookie: Option<String>,
    agent: String,
    compress: bool,
    /// Of a wait that was nudged: what it was when it began.
    cancels: Option<u32>,
    body: Bytes,
}

/// A connection that waits for its next request may do so for this long.
const IDLE_CONNECTION: Duration = Duration::from_secs(120);

async fn accept(listener: &TcpListener, room: &Arc<Semaphore>) -> Option<(TcpStream, OwnedSemaphorePermit)> {
    let permit = room.clone().acquire_owned().await.ok()?;
    let (stream, _) = listener.accept().await.ok()?;
    // Answers are written whole: there is nothing to gather.
    stream.set_nodelay(true).ok()?;
    Some((stream, permit))
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> &'a str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// The session's cookie.
fn cookie(headers: &HeaderMap) -> Option<String> {
    let cookies = headers.get_all(COOKIE).iter().filter_map(|header| header.to_str().ok());
    let mut pairs = cookies.flat_map(|header| header.split(';'));
    let value = pairs.find_map(|pair| pair.trim().strip_prefix("vmware_soap_session="))?;
    Some(value.trim_matches('"').to_owned())
}

fn done(answer: &Answer, compress: bool) -> Response<Full<Bytes>> {
    let mut response = respond(StatusCode::OK, envelope(answer), compress);
    if let Some(cookie) = &answer.cookie {
        let cookie = format!("vmware_soap_session=\"{cookie}\"; Path=/; HttpOnly; Secure");
        if let Ok(cookie) = HeaderValue::from_str(&cookie) {
            response.headers_mut().insert(SET_COOKIE, cookie);
        }
    }
    response
}

fn failed(fault: &Fault) -> Response<Full<Bytes>> {
    respond(StatusCode::INTERNAL_SERVER_ERROR, fault.envelope(), false)
}

fn respond(status: StatusCode, body: String, compress: bool) -> Response<Full<Bytes>> {
    let packed = (compress && body.len() >= WORTH_COMPRESSING).then(|| gzip(body.as_bytes())).flatten();
    let is_packed = packed.is_some();
    let body = packed.unwrap_or_else(|| body.into_bytes());
    let mut response = Response::new(Full::new(Bytes::from(body)));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/xml; charset=utf-8"));
    if is_packed {
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    response
}

fn gzip(body: &[u8]) -> Option<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(body.len() / 8), Compression::fast());
    encoder.write_all(body).ok()?;
    encoder.finish().ok()
}

fn zipped(file: Bytes) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(file));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/zip"));
    response
}

fn plain(status: StatusCode) -> Response<Full<Bytes>> {
    let text = status.canonical_reason().unwrap_or_default();
    let mut response = Response::new(Full::new(Bytes::from(text)));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain"));
    response
}
