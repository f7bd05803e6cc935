//! Certificates that sign themselves, as BMCs have them.
//! Refuses to be worth trusting: names say nothing of the address.

use std::fmt::Write as _;
use std::sync::Arc;

use rcgen::{CertificateParams, DnType, KeyPair, date_time_ymd};
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::NoServerSessionStorage;
use sha2::{Digest, Sha256};

use crate::options::Error;

/// What a BMC shows. One may be shown by many.
#[derive(Clone, Debug)]
pub(super) struct Certificate {
    pub(super) config: Arc<ServerConfig>,
    /// Hex of its SHA-256.
    pub(super) sha256: String,
}

/// A new one for this name.
pub(super) fn make(name: &str) -> Result<Certificate, Error> {
    made(name).map_err(Error::Certificate)
}

fn made(name: &str) -> Result<Certificate, Box<dyn std::error::Error + Send + Sync>> {
    let key = KeyPair::generate()?;
    let mut parameters = CertificateParams::default();
    parameters.distinguished_name.push(DnType::CommonName, if name.is_empty() { "BMC" } else { name });
    // Made when it left the factory, and over since long on many of them.
    parameters.not_before = date_time_ymd(2015, 1, 1);
    parameters.not_after = date_time_ymd(2035, 1, 1);
    let leaf = parameters.self_signed(&key)?.der().clone();
    let sha256 = Sha256::digest(&leaf).iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    });
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(vec![leaf], key)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    // With thousands of BMCs in one process, none keeps what a client might resume.
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.send_tls13_tickets = 0;
    Ok(Certificate { config: Arc::new(config), sha256 })
}
