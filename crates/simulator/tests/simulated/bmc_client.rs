//! A client of BMCs that believes anybody: HTTP/1.1 as bytes, over TLS or without, each request on a connection of its
//! own.

use std::io::Read as _;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rustls::ClientConfig;
use rustls::DigitallySignedStruct;
use rustls::SignatureScheme;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// Accepts every certificate and keeps the last one's SHA-256.
#[derive(Debug)]
struct Anybody(Mutex<String>);

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        use sha2::Digest as _;
        let hex = sha2::Sha256::digest(end_entity).iter().map(|byte| format!("{byte:02x}")).collect();
        *self.0.lock().unwrap() = hex;
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        rustls::crypto::ring::default_provider().signature_verification_algorithms.supported_schemes()
    }
}

/// One BMC's client.
pub(crate) struct BmcClient {
    address: SocketAddr,
    config: Arc<ClientConfig>,
    seen: Arc<Anybody>,
}

/// What came back: the head's lines, and the body, decoded.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    /// Whether the body has the end that its head promises.
    pub(crate) is_whole: bool,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The message of a refusal.
    pub(crate) fn message(&self) -> String {
        self.json()["error"]["@Message.ExtendedInfo"][0]["MessageId"].as_str().unwrap().to_owned()
    }
}

impl BmcClient {
    pub(crate) fn new(address: SocketAddr) -> BmcClient {
        let seen = Arc::new(Anybody(Mutex::default()));
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config =
            ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        let config = config.dangerous().with_custom_certificate_verifier(seen.clone()).with_no_client_auth();
        BmcClient { address, config: Arc::new(config), seen }
    }

    /// SHA-256 of the certificate that was shown last.
    pub(crate) fn sha256(&self) -> String {
        self.seen.0.lock().unwrap().clone()
    }

    pub(crate) async fn connect(&self) -> std::io::Result<TlsStream<TcpStream>> {
        let stream = TcpStream::connect(self.address).await?;
        let name = ServerName::from(self.address.ip());
        TlsConnector::from(self.config.clone()).connect(name, stream).await
    }

    pub(crate) async fn get(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        self.send("GET", path, headers, "").await.unwrap()
    }

    /// Opens a session with this password; the answer has the token.
    pub(crate) async fn login(&self, user: &str, password: &str) -> Answer {
        let body = serde_json::json!({ "UserName": user, "Password": password }).to_string();
        self.send("POST", "/redfish/v1/SessionService/Sessions", &[], &body).await.unwrap()
    }

    pub(crate) async fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> std::io::Result<Answer> {
        exchange(self.connect().await?, &self.address.ip().to_string(), method, path, headers, body).await
    }

    /// Without TLS.
    pub(crate) async fn plain(&self, path: &str) -> std::io::Result<Answer> {
        let stream = TcpStream::connect(self.address).await?;
        exchange(stream, &self.address.ip().to_string(), "GET", path, &[], "").await
    }
}

async fn exchange(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    host: &str,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> std::io::Result<Answer> {
    let host = headers.iter().find(|(name, _)| *name == "Host").map_or(host, |(_, value)| value);
    let mut request = format!("{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n");
    for (name, value) in headers.iter().filter(|(name, _)| *name != "Host") {
        request += &format!("{name}: {value}\r\n");
    }
    request += &format!("Content-Length: {}\r\n\r\n{body}", body.len());
    stream.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    let read = tokio::time::timeout(Duration::from_secs(20), stream.read_to_end(&mut answer)).await?;
    // A connection that breaks off leaves what came before.
    if let Err(error) = read
        && answer.is_empty()
    {
        return Err(error);
    }
    parse(&answer).ok_or_else(|| std::io::Error::other(format!("no answer: {answer:?}")))
}

fn parse(answer: &[u8]) -> Option<Answer> {
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n")?;
    let head = std::str::from_utf8(&answer[..end]).ok()?;
    let status = head.split(' ').nth(1)?.parse().ok()?;
    let headers: Vec<(String, String)> = head
        .lines()
        .skip(1)
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let header =
        |name: &str| headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
    let mut body = answer[end + 4..].to_vec();
    let is_whole = if header("transfer-encoding") == Some("chunked") {
        let (whole, text) = chunks(&body);
        body = text;
        whole
    } else {
        let promised = header("content-length").map_or(Some(0), |length| length.parse().ok())?;
        body.len() == promised
    };
    if header("content-encoding") == Some("gzip") {
        let mut text = Vec::new();
        flate2::read::GzDecoder::new(&*body).read_to_end(&mut text).ok()?;
        body = text;
    }
    Some(Answer { status, headers, body, is_whole })
}

/// Whether the last chunk came, and what is in them.
fn chunks(mut left: &[u8]) -> (bool, Vec<u8>) {
    let mut text = Vec::new();
    while let Some(end) = left.windows(2).position(|two| two == b"\r\n") {
        let size = std::str::from_utf8(&left[..end]).ok().and_then(|hex| usize::from_str_radix(hex, 16).ok());
        let size = size.unwrap();
        if size == 0 {
            return (true, text);
        }
        let from = end + 2;
        text.extend(&left[from..(from + size).min(left.len())]);
        left = left.get(from + size + 2..).unwrap_or_default();
    }
    (false, text)
}
