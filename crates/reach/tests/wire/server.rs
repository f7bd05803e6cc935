//! A TLS server on loopback that answers from a script and remembers what it was sent.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use rcgen::{CertificateParams, Issuer, KeyPair, PKCS_ECDSA_P256_SHA256};
use reach::{Endpoint, Trust, Way};
use rustls::{
    ServerConfig, SupportedProtocolVersion,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer},
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
    version::{TLS12, TLS13},
};
use sha2::{Digest, Sha256};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinSet,
};
use tokio_rustls::TlsAcceptor;

/// A certificate, its chain and the key that signs handshakes.
#[derive(Clone)]
pub(crate) struct Identity {
    pub(crate) chain: Vec<CertificateDer<'static>>,
    pub(crate) key: Vec<u8>,
}

impl Identity {
    pub(crate) fn pin(&self) -> Trust {
        Trust::Pin(Sha256::digest(&self.chain[0]).into())
    }
}

pub(crate) fn key() -> KeyPair {
    KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap()
}

pub(crate) fn params(names: &[&str]) -> CertificateParams {
    CertificateParams::new(names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>()).unwrap()
}

pub(crate) fn self_signed(params: &CertificateParams) -> Identity {
    let key = key();
    let certificate = params.self_signed(&key).unwrap();
    Identity { chain: vec![certificate.der().clone()], key: key.serialize_der() }
}

/// With a key of another kind than most tests need.
pub(crate) fn self_signed_with(params: &CertificateParams, key: &KeyPair) -> Identity {
    let certificate = params.self_signed(key).unwrap();
    Identity { chain: vec![certificate.der().clone()], key: key.serialize_der() }
}

pub(crate) fn signed_by(params: &CertificateParams, issuer: &Issuer<'_, KeyPair>) -> Identity {
    let key = key();
    let certificate = params.signed_by(&key, issuer).unwrap();
    Identity { chain: vec![certificate.der().clone()], key: key.serialize_der() }
}

/// The same with a certificate of version 1, as old appliances make them: without the version, and without extensions.
/// Its signature no longer fits, which a pin doesn't look at.
pub(crate) fn of_version_1(identity: &Identity) -> Identity {
    let [(0x30, certificate)] = elements(&identity.chain[0])[..] else {
        panic!("a certificate is one sequence")
    };
    let [(0x30, body), algorithm, signature] = elements(certificate)[..] else {
        panic!("it has three parts")
    };
    let kept = elements(body).into_iter().filter(|(tag, _)| !matches!(tag, 0xa0..=0xa3));
    let body: Vec<u8> = kept.flat_map(|(tag, content)| element(tag, content)).collect();
    let parts = [(0x30, &*body), algorithm, signature].map(|(tag, content)| element(tag, content));
    Identity { chain: vec![element(0x30, &parts.concat()).into()], ..identity.clone() }
}

/// The elements of DER that stand one after another: tag and content.
fn elements(mut der: &[u8]) -> Vec<(u8, &[u8])> {
    let mut found = Vec::new();
    while let [tag, first, rest @ ..] = der {
        let more = if *first < 0x80 { 0 } else { usize::from(first & 0x7f) };
        let length = rest[..more].iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte));
        let length = if more == 0 { usize::from(*first) } else { length };
        let (content, after) = rest[more..].split_at(length);
        found.push((*tag, content));
        der = after;
    }
    found
}

fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len();
    let head = match length {
        0..0x80 => vec![tag, length as u8],
        0x80..0x100 => vec![tag, 0x81, length as u8],
        _ => vec![tag, 0x82, (length >> 8) as u8, length as u8],
    };
    [&head, content].concat()
}

/// What the server does with one request.
#[derive(Clone)]
pub(crate) enum Reply {
    /// Status, further header lines, body.
    Answer(u16, &'static str, Vec<u8>),
    /// These bytes, and the end of the connection.
    Raw(Vec<u8>),
    /// The same, so much later.
    Late(Duration, Box<Reply>),
    /// Nothing, for ever.
    Silence,
    /// Status 200 and then one byte after the other, for ever.
    Trickle,
}

impl Reply {
    pub(crate) fn xml(body: impl Into<Vec<u8>>) -> Self {
        Self::Answer(200, "Content-Type: text/xml; charset=utf-8\r\n", body.into())
    }

    pub(crate) fn fault(body: &[u8]) -> Self {
        Self::Answer(500, "Content-Type: text/xml; charset=utf-8\r\n", body.to_vec())
    }
}

/// What arrived: head and body as text.
#[derive(Clone, Debug)]
pub(crate) struct Received {
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Received {
    /// The method that is called, or the path that is fetched.
    pub(crate) fn method(&self) -> &str {
        match self.body.split_once("Body><") {
            Some((_, rest)) => rest.split([' ', '>']).next().unwrap(),
            None => self.head.split(' ').nth(1).unwrap(),
        }
    }
}

/// Each version of TLS that a vCenter may speak, for a server that speaks no other.
pub(crate) const TLS: [&SupportedProtocolVersion; 2] = [&TLS12, &TLS13];

type Script = Arc<dyn Fn(&Received) -> Reply + Send + Sync>;

#[derive(Default)]
struct Log {
    received: Vec<Received>,
    handshakes: u32,
}

pub(crate) struct Server {
    pub(crate) port: u16,
    log: Arc<Mutex<Log>>,
    _tasks: JoinSet<()>,
}

impl Server {
    pub(crate) async fn start(
        identity: &Identity,
        script: impl Fn(&Received) -> Reply + Send + Sync + 'static,
    ) -> Self {
        Self::speaking(&TLS, identity, script).await
    }

    /// A server that speaks these versions of TLS only.
    pub(crate) async fn speaking(
        versions: &[&'static SupportedProtocolVersion],
        identity: &Identity,
        script: impl Fn(&Received) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let log = Arc::new(Mutex::new(Log::default()));
        let mut tasks = JoinSet::new();
        tasks.spawn(accept(listener, acceptor(versions, identity), Arc::new(script), log.clone()));
        Self { port, log, _tasks: tasks }
    }

    pub(crate) fn endpoint(&self, host: &str, trust: Trust) -> Endpoint {
        Endpoint {
            host: host.into(),
            port: self.port,
            trust,
            way: Way::Direct,
            timeout: Duration::from_secs(5),
        }
    }

    pub(crate) fn received(&self) -> Vec<Received> {
        self.log.lock().unwrap().received.clone()
    }

    pub(crate) fn methods(&self) -> Vec<String> {
        self.received().iter().map(|received| received.method().to_owned()).collect()
    }

    /// Handshakes that were completed on the server's side.
    pub(crate) fn handshakes(&self) -> u32 {
        self.log.lock().unwrap().handshakes
    }
}

async fn accept(listener: TcpListener, acceptor: TlsAcceptor, script: Script, log: Arc<Mutex<Log>>) {
    let mut connections = JoinSet::new();
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        connections.spawn(serve(stream, acceptor.clone(), script.clone(), log.clone()));
    }
}

async fn serve(stream: TcpStream, acceptor: TlsAcceptor, script: Script, log: Arc<Mutex<Log>>) {
    let Ok(mut stream) = acceptor.accept(stream).await else { return };
    log.lock().unwrap().handshakes += 1;
    let mut buffer = Vec::new();
    loop {
        let Some(received) = receive(&mut stream, &mut buffer).await else { return };
        let mut reply = script(&received);
        log.lock().unwrap().received.push(received);
        while let Reply::Late(after, then) = reply {
            tokio::time::sleep(after).await;
            reply = *then;
        }
        match reply {
            Reply::Late(..) => {}
            Reply::Answer(status, headers, body) => {
                let head = format!("HTTP/1.1 {status} X\r\n{headers}Content-Length: {}\r\n\r\n", body.len());
                // Who asked may have gone already.
                let sent = stream.write_all(&[head.into_bytes(), body].concat()).await;
                if sent.is_err() || stream.flush().await.is_err() {
                    return;
                }
            }
            Reply::Raw(bytes) => {
                stream.write_all(&bytes).await.unwrap();
                let _ = stream.shutdown().await;
                return;
            }
            Reply::Silence => std::future::pending().await,
            Reply::Trickle => {
                let head = "HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nConnection: close\r\n\r\n";
                stream.write_all(head.as_bytes()).await.unwrap();
                let mut pace = tokio::time::interval(Duration::from_millis(10));
                while stream.write_all(b" ").await.is_ok() && stream.flush().await.is_ok() {
                    pace.tick().await;
                }
                return;
            }
        }
    }
}

async fn receive(stream: &mut (impl AsyncReadExt + Unpin), buffer: &mut Vec<u8>) -> Option<Received> {
    loop {
        if let Some(end) = buffer.windows(4).position(|window| window == b"\r\n\r\n") {
            let head = String::from_utf8(buffer[..end].to_vec()).unwrap();
            let length = head
                .to_lowercase()
                .split_once("content-length: ")
                .map_or(0, |(_, rest)| rest.split("\r\n").next().unwrap().parse::<usize>().unwrap());
            if buffer.len() >= end + 4 + length {
                let body = String::from_utf8(buffer[end + 4..end + 4 + length].to_vec()).unwrap();
                buffer.drain(..end + 4 + length);
                return Some(Received { head, body });
            }
        }
        match stream.read_buf(buffer).await {
            Ok(0) | Err(_) => return None,
            Ok(_) => {}
        }
    }
}

/// Shows the certificate whether or not the key belongs to it.
#[derive(Debug)]
struct Show(Arc<CertifiedKey>);

impl ResolvesServerCert for Show {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.0.clone())
    }
}

fn acceptor(versions: &[&'static SupportedProtocolVersion], identity: &Identity) -> TlsAcceptor {
    let key = PrivateKeyDer::Pkcs8(identity.key.clone().into());
    let key = ring::sign::any_supported_type(&key).unwrap();
    let shown = Show(Arc::new(CertifiedKey::new(identity.chain.clone(), key)));
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_protocol_versions(versions)
        .unwrap()
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(shown));
    TlsAcceptor::from(Arc::new(config))
}
