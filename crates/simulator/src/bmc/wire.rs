//! TCP, TLS and HTTP around a BMC, with all that can go wrong there.
//! Refuses large requests, idle connections and more connections than a BMC has.

use std::fmt;
use std::io::Write as _;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use flate2::{Compression, write::GzEncoder};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use hyper::body::Incoming;
use hyper::header::{ACCEPT_ENCODING, AUTHORIZATION, CONTENT_ENCODING, HOST, HeaderName, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::behavior::{BmcBroken, BmcWire};
use super::body::Text;
use super::device::{Call, Device, Reply};
use super::message;

/// The largest request is a login.
const BODY: usize = 64 << 10;

const CONNECTIONS: usize = 64;

/// For a handshake, a body that is under way, and between two requests.
const PATIENCE: Duration = Duration::from_secs(30);

/// The alert protocol_version, in a record of TLS 1.0.
const ALERT: [u8; 7] = [21, 3, 1, 0, 2, 2, 70];

/// What each connection of a BMC needs.
#[derive(Clone)]
pub(super) struct Wire {
    pub(super) device: Arc<Device>,
    pub(super) acceptor: TlsAcceptor,
    pub(super) stop: CancellationToken,
    pub(super) tasks: TaskTracker,
}

/// A request that isn't answered: the connection is closed.
#[derive(Debug)]
struct Cut;

impl fmt::Display for Cut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the request isn't answered")
    }
}

impl std::error::Error for Cut {}

impl Wire {
    /// Takes connections until it is stopped.
    pub(super) async fn listen(self, listener: TcpListener) {
        let room = Arc::new(Semaphore::new(CONNECTIONS));
        loop {
            let accepted = tokio::select! {
                accepted = accept(&listener, &room) => accepted,
                () = self.stop.cancelled() => return,
            };
            match accepted {
                Some((stream, from, permit)) => {
                    let wire = self.clone();
                    self.tasks.spawn(async move { wire.connection(stream, from, permit).await });
                }
                // The system has no more files or memory for now.
                None => tokio::time::sleep(Duration::from_millis(50)).await,
            }
        }
    }

    async fn connection(self, stream: TcpStream, from: IpAddr, _permit: OwnedSemaphorePermit) {
        let stop = self.stop.clone();
        tokio::select! {
            () = self.speak(stream, from) => {}
            // Nobody waits for a BMC that is switched off.
            () = stop.cancelled() => {}
        }
    }

    async fn speak(&self, mut stream: TcpStream, from: IpAddr) {
        self.device.state().counts.connections += 1;
        if self.device.resets(from, now()) {
            self.device.state().counts.connections_reset += 1;
            return reset(&stream);
        }
        match self.device.behavior.wire {
            BmcWire::Https | BmcWire::OtherServer => {
                let handshake = tokio::time::timeout(PATIENCE, self.acceptor.accept(stream)).await;
                if let Ok(Ok(stream)) = handshake {
                    self.serve(stream, from).await;
                }
            }
            BmcWire::Http => self.serve(stream, from).await,
            BmcWire::Silent => drain(&mut stream).await,
            BmcWire::Reset => {
                heard(&mut stream).await;
                reset(&stream);
            }
            BmcWire::TlsAlert => say(&mut stream, &ALERT).await,
            BmcWire::Tls10 => say(&mut stream, &server_hello()).await,
        }
    }

    pub(super) async fn serve(&self, stream: impl AsyncRead + AsyncWrite + Unpin, from: IpAddr) {
        let service = service_fn(|request| self.answer(request, from));
        let mut connection = http1::Builder::new();
        connection.timer(TokioTimer::new()).header_read_timeout(PATIENCE).max_buf_size(64 << 10);
        if let Err(error) = connection.serve_connection(TokioIo::new(stream), service).await {
            tracing::debug!(%error, "a connection to a BMC ended");
        }
    }

    async fn answer(&self, request: Request<Incoming>, from: IpAddr) -> Result<Response<Text>, Cut> {
        let open = Open::new(&self.device);
        let (head, body) = request.into_parts();
        let body = match tokio::time::timeout(PATIENCE, Limited::new(body, BODY).collect()).await {
            Err(_) => return Err(Cut),
            Ok(Err(error)) if error.is::<LengthLimitError>() => {
                return Ok(respond(refused(413), None));
            }
            Ok(Err(_)) => return Err(Cut),
            Ok(Ok(body)) => body.to_bytes(),
        };
        let text = |name: HeaderName| head.headers.get(name).and_then(|value| value.to_str().ok());
        let call = Call {
            method: head.method.as_str(),
            path: head.uri.path(),
            query: head.uri.query(),
            host: text(HOST),
            token: text(HeaderName::from_static("x-auth-token")),
            authorization: text(AUTHORIZATION),
            body: &body,
            from,
            now: now(),
        };
        let reply = self.device.answer(&call);
        if !self.device.behavior.delay.is_zero() {
            tokio::time::sleep(self.device.behavior.delay).await;
        }
        let answered = self.finish(reply, call.path, text(ACCEPT_ENCODING)).await;
        drop(open);
        answered
    }

    /// The answer as it goes out: whole, compressed or broken.
    async fn finish(&self, reply: Reply, path: &str, encodings: Option<&str>) -> Result<Response<Text>, Cut> {
        let broken = self.device.behavior.broken.as_ref();
        match broken.filter(|(below, _)| path.starts_with(below.as_str())).map(|(_, how)| *how) {
            None => Ok(self.packed(reply, encodings)),
            Some(BmcBroken::Cut) => Err(Cut),
            Some(BmcBroken::Silent) => std::future::pending().await,
            Some(BmcBroken::InvalidJson) => {
                let mut reply = reply;
                reply.body.truncate(reply.body.len() * 2 / 3);
                reply.body.extend(b"<br/>");
                Ok(respond(reply, None))
            }
            Some(BmcBroken::Truncated) => {
                let text = Text::half(reply.body.clone());
                Ok(respond(reply, Some(text)))
            }
            Some(BmcBroken::Trickle(pace)) => {
                let text = Text::slow(reply.body.clone(), pace);
                Ok(respond(reply, Some(text)))
            }
            Some(BmcBroken::Huge(bytes)) => {
                let mut reply = reply;
                reply.body = [b"{\"Name\":\"", &*vec![b'x'; bytes], b"\"}"].concat();
                Ok(respond(reply, None))
            }
        }
    }

    fn packed(&self, mut reply: Reply, encodings: Option<&str>) -> Response<Text> {
        let asked = encodings.is_some_and(|encodings| encodings.contains("gzip"));
        let always = self.device.behavior.always_gzip;
        if always && encodings.is_some() && !asked {
            return respond(refused(406), None);
        }
        let wanted = (asked || always) && !reply.body.is_empty();
        if let Some(packed) = wanted.then(|| gzip(&reply.body)).flatten() {
            reply.body = packed;
            reply.headers.push((CONTENT_ENCODING.to_string(), "gzip".into()));
        }
        respond(reply, None)
    }
}

/// A request that is being answered.
struct Open<'a>(&'a Device);

impl<'a> Open<'a> {
    fn new(device: &'a Device) -> Open<'a> {
        device.state().counts.begin();
        Open(device)
    }
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        self.0.state().counts.end();
    }
}

/// The runtime's clock, which tests may hold.
fn now() -> std::time::Instant {
    tokio::time::Instant::now().into_std()
}

async fn accept(
    listener: &TcpListener,
    room: &Arc<Semaphore>,
) -> Option<(TcpStream, IpAddr, OwnedSemaphorePermit)> {
    let permit = room.clone().acquire_owned().await.ok()?;
    let (stream, from) = listener.accept().await.ok()?;
    // Answers are written whole: there is nothing to gather.
    stream.set_nodelay(true).ok()?;
    Some((stream, from.ip(), permit))
}

/// Has the connection reset when it is dropped.
fn reset(stream: &TcpStream) {
    if let Err(error) = stream.set_zero_linger() {
        tracing::debug!(%error, "a connection to a BMC ends without a reset");
    }
}

/// Waits until the other side has spoken or is gone.
async fn heard(stream: &mut TcpStream) {
    let mut some = [0; 1024];
    let _ = tokio::time::timeout(PATIENCE, stream.read(&mut some)).await;
}

/// Says nothing until the other side is gone.
async fn drain(stream: &mut TcpStream) {
    let mut some = [0; 1024];
    while stream.read(&mut some).await.is_ok_and(|read| read > 0) {}
}

/// Answers the first words with these, and listens to the rest, so that they arrive before the end does.
async fn say(stream: &mut TcpStream, bytes: &[u8]) {
    heard(stream).await;
    if stream.write_all(bytes).await.is_ok() && stream.shutdown().await.is_ok() {
        let _ = tokio::time::timeout(PATIENCE, drain(stream)).await;
    }
}

/// One of TLS 1.0 that chooses a cipher of its time, in a record.
fn server_hello() -> Vec<u8> {
    let mut hello = vec![22, 3, 1, 0, 42, 2, 0, 0, 38, 3, 1];
    hello.extend([7; 32]);
    // No session, TLS_RSA_WITH_AES_128_CBC_SHA, no compression.
    hello.extend([0, 0, 0x2f, 0]);
    hello
}

fn gzip(body: &[u8]) -> Option<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(body.len() / 4), Compression::fast());
    encoder.write_all(body).ok()?;
    encoder.finish().ok()
}

fn refused(status: u16) -> Reply {
    Reply { status, headers: Vec::new(), body: message::status(status).to_string().into_bytes() }
}

fn respond(reply: Reply, text: Option<Text>) -> Response<Text> {
    let mut response = Response::new(text.unwrap_or_else(|| Text::whole(reply.body)));
    *response.status_mut() = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in reply.headers {
        // What was recorded may hold what no header may.
        let name = HeaderName::from_bytes(name.as_bytes());
        if let (Ok(name), Ok(value)) = (name, HeaderValue::from_str(&value)) {
            response.headers_mut().append(name, value);
        }
    }
    response
}
