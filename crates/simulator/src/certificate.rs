//! A certificate for localhost and 127.0.0.1, and the authority that signed it.
//! Refuses to keep the authority's key: nothing else can be signed with it.

use jiff::Timestamp;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, date_time_ymd,
};
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _};
use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use crate::options::Error;

/// What a server shows, and what a client may trust it by.
pub(crate) struct Certificate {
    pub(crate) config: Arc<ServerConfig>,
    /// Hex of the leaf's SHA-256.
    pub(crate) sha256: String,
    pub(crate) ca_pem: String,
}

type Made<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// A new one for a server of this name, as text: its key, itself and the authority's.
pub(crate) fn make(server_name: &str, days: i64) -> Result<String, Error> {
    made(server_name, days).map_err(Error::Certificate)
}

/// The certificate of a text that was made here, or what is wrong with it.
pub(crate) fn read(pem: &str) -> Result<Certificate, String> {
    let key = PrivateKeyDer::from_pem_slice(pem.as_bytes()).map_err(|_| "it holds no whole private key")?;
    let all: Result<Vec<CertificateDer<'static>>, _> =
        CertificateDer::pem_slice_iter(pem.as_bytes()).collect();
    let [leaf, _] = &all.map_err(|error| error.to_string())?[..] else {
        return Err("it doesn't hold two whole certificates, its own and its authority's".to_owned());
    };
    let sha256 = Sha256::digest(leaf).iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    });
    let ca_pem = pem.rfind(BEGIN).map(|at| pem[at..].to_owned()).unwrap_or_default();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(|config| config.with_no_client_auth().with_single_cert(vec![leaf.clone()], key))
        .map_err(|error| error.to_string())?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Certificate { config: Arc::new(config), sha256, ca_pem })
}

const BEGIN: &str = "-----BEGIN CERTIFICATE-----";

fn made(server_name: &str, days: i64) -> Made<String> {
    let start = date_time_ymd(1970, 1, 1);
    // Yesterday, for clients whose clock is behind ours; a year before the end where that is over.
    let from = start + since_1970(if days > 0 { -1 } else { days - 365 })?;
    let until = start + since_1970(days)?;
    let authority_key = KeyPair::generate()?;
    let mut authority = CertificateParams::default();
    authority.distinguished_name.push(DnType::CommonName, "CA of a simulated vCenter");
    (authority.not_before, authority.not_after) = (from, start + since_1970(10 * 365)?);
    authority.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    authority.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let ca_pem = authority.self_signed(&authority_key)?.pem();
    let issuer = Issuer::new(authority, authority_key);

    let key = KeyPair::generate()?;
    let mut leaf = CertificateParams::new(vec!["localhost".to_owned(), "127.0.0.1".to_owned()])?;
    (leaf.not_before, leaf.not_after) = (from, until);
    leaf.distinguished_name.push(DnType::CommonName, server_name);
    leaf.distinguished_name.push(DnType::OrganizationName, "Muster simulator");
    leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    leaf.use_authority_key_identifier_extension = true;
    let leaf = leaf.signed_by(&key, &issuer)?;

    Ok(format!("{}{}{ca_pem}", key.serialize_pem(), leaf.pem()))
}

/// An authority that issued nothing here, in PEM.
pub(crate) fn another_authority() -> Result<String, Error> {
    let made = || -> Made<String> {
        let mut authority = CertificateParams::default();
        authority.distinguished_name.push(DnType::CommonName, "CA of the hosts of another vCenter");
        let start = date_time_ymd(1970, 1, 1);
        authority.not_before = start + since_1970(-1)?;
        authority.not_after = start + since_1970(10 * 365)?;
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Ok(authority.self_signed(&KeyPair::generate()?)?.pem())
    };
    made().map_err(Error::Certificate)
}

/// From 1970 to so many days from now on.
fn since_1970(days: i64) -> Made<Duration> {
    let seconds = Timestamp::now().as_second().saturating_add(days.saturating_mul(86_400));
    Ok(Duration::from_secs(u64::try_from(seconds)?))
}
