//! The authorities that a vCenter offers for download, and the one of them that issued its certificate.
//! Never trusts any of them: whoever asks has trusted the connection before, and decides about what is found.

use std::{
    collections::HashSet,
    io::{Cursor, Read},
    sync::Arc,
    time::Duration,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use reach::{Call, Certificate, Endpoint};
use rustls::{
    CertificateError, Error as TlsError, RootCertStore,
    client::{WebPkiServerVerifier, danger::ServerCertVerifier},
    crypto,
    pki_types::{CertificateDer, ServerName, UnixTime, pem::PemObject},
};
use zip::ZipArchive;

use crate::{error::Error, transport::Transport};

/// Where a vCenter offers them, without a login.
const PATH: &str = "/certs/download.zip";

/// The file of a vCenter has some 10 KB for each authority.
const LARGEST_FILE: usize = 1 << 20;

/// A file with more entries is refused; a vCenter has five for each authority.
const ENTRIES: usize = 500;

/// And one with more certificates: each is looked at as a CA of the server's, which takes time.
const CERTIFICATES: usize = 200;

/// The largest certificate, unpacked. One with the largest key that is in use has 4 KB.
const LARGEST_CERTIFICATE: u64 = 64 << 10;

/// The authority that issued a server's certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnCa {
    /// Its own certificate.
    pub certificate: Certificate,
    /// The same in PEM: what [`Trust::Ca`](crate::Trust::Ca) takes.
    pub pem: String,
    /// Why a connection that trusts it would be refused all the same, in words: the name doesn't match, or the server's
    /// certificate is expired.
    pub obstacle: Option<String>,
}

/// Why there is none to be offered.
#[derive(Debug, thiserror::Error)]
pub enum NoCa {
    /// The server was not reached, or its certificate isn't trusted.
    #[error(transparent)]
    Server(#[from] Error),
    /// It has no such file, as an ESXi host.
    #[error("it has no CA certificates to download (HTTP status {status})")]
    NotOffered {
        /// Of the answer.
        status: u16,
    },
    /// What came is not what a vCenter sends.
    #[error("what it sent instead of its CA certificates can't be used: {0}")]
    Unusable(String),
    /// None of the authorities issued the certificate.
    #[error("{0}")]
    NotIssued(String),
}

/// Downloads the authorities that a vCenter offers, over a connection that the endpoint trusts, and finds the one that its
/// certificate is verified by: by the same rules as a connection is that trusts this authority alone.
///
/// # Errors
/// Everything but [`NoCa::Server`] says that there is nothing to be offered.
pub async fn own_ca(endpoint: &Endpoint, user_agent: &str) -> Result<OwnCa, NoCa> {
    let transport = Transport::new(endpoint, user_agent)?;
    let call = Call::new("certificates", endpoint.label());
    let host = endpoint.server_name(&call).map_err(Error::from)?;
    let url = endpoint.url(&call, PATH).map_err(Error::from)?;
    let fetched = transport.fetch(&call, url, LARGEST_FILE).await?;
    let unusable = |what: &str| NoCa::Unusable(what.to_owned());
    let body = match fetched.status {
        200 => fetched.body.ok_or_else(|| unusable("it is larger than 1 MiB"))?,
        300..400 => return Err(unusable("a redirect to another address, which is not followed")),
        status => return Err(NoCa::NotOffered { status }),
    };
    if !body.starts_with(b"PK") {
        return Err(NoCa::Unusable(format!("it is no zip file, but {}", fetched.content_type)));
    }
    let Some(seen) = transport.shown() else { return Err(unusable("no certificate was shown")) };
    find(&seen.certificate, &host, unpacked(body)?, UnixTime::now())
}

/// The certificates in a zip file, each once.
fn unpacked(body: Vec<u8>) -> Result<Vec<CertificateDer<'static>>, NoCa> {
    let damaged = |error: zip::result::ZipError| NoCa::Unusable(format!("the zip file is damaged ({error})"));
    let mut archive = ZipArchive::new(Cursor::new(body)).map_err(damaged)?;
    if archive.len() > ENTRIES {
        return Err(NoCa::Unusable(format!("the zip file has {} entries", archive.len())));
    }
    let (mut found, mut seen) = (Vec::new(), HashSet::new());
    for number in 0..archive.len() {
        let entry = archive.by_index(number).map_err(damaged)?;
        if !entry.name().is_ok_and(|name| is_certificate(&name)) {
            continue;
        }
        let mut bytes = Vec::new();
        // What the file says of its length may be wrong: what is unpacked counts.
        let read = entry.take(LARGEST_CERTIFICATE + 1).read_to_end(&mut bytes);
        read.map_err(|error| NoCa::Unusable(format!("the zip file is damaged ({error})")))?;
        if bytes.len() as u64 > LARGEST_CERTIFICATE {
            return Err(NoCa::Unusable("a certificate in the zip file is larger than 64 KiB".to_owned()));
        }
        let certificates: Vec<CertificateDer<'static>> = match bytes.first() {
            // The beginning of DER.
            Some(0x30) => vec![CertificateDer::from(bytes)],
            _ => CertificateDer::pem_slice_iter(&bytes).filter_map(Result::ok).collect(),
        };
        found.extend(certificates.into_iter().filter(|one| seen.insert(one.to_vec())));
        if found.len() > CERTIFICATES {
            return Err(NoCa::Unusable(format!("the zip file has more than {CERTIFICATES} certificates")));
        }
    }
    match found.is_empty() {
        true => Err(NoCa::Unusable("there is no certificate in the zip file".to_owned())),
        false => Ok(found),
    }
}

/// Whether a file of this name is a certificate, and no list of revoked ones: those end in `.r0`.
fn is_certificate(name: &str) -> bool {
    let end = name.rsplit('.').next().unwrap_or_default();
    matches!(end, "crt" | "cer" | "pem") || !end.is_empty() && end.bytes().all(|byte| byte.is_ascii_digit())
}

fn find(
    leaf: &Certificate,
    host: &ServerName<'_>,
    mut offered: Vec<CertificateDer<'static>>,
    now: UnixTime,
) -> Result<OwnCa, NoCa> {
    // The verifier takes whatever it is given for an authority, and looks at no date of it.
    offered.retain(|one| one.as_ref() != leaf.der && Certificate::read(one, &[]).is_authority);
    let today = i64::try_from(now.as_secs()).unwrap_or(i64::MAX).saturating_mul(1000);
    // A root is what lasts; one in between serves where the server doesn't send it along.
    offered.sort_by_cached_key(|one| {
        let read = Certificate::read(one, &[]);
        (!(read.not_before..=read.not_after).contains(&today), read.subject != read.issuer)
    });
    let mut nearest = None;
    for authority in &offered {
        let Some(verdict) = Verdict::of(leaf, host, authority, now) else { continue };
        let certificate = Certificate::read(authority, &[]);
        match verdict {
            Verdict::Issued(obstacle) => {
                let obstacle = obstacle.map(|error| reach::reason(&error, leaf));
                return Ok(OwnCa { pem: pem(authority), certificate, obstacle });
            }
            Verdict::Not(error) if certificate.subject == leaf.issuer => nearest = Some(error),
            Verdict::Not(_) => {}
        }
    }
    Err(NoCa::NotIssued(match nearest {
        _ if leaf.subject == leaf.issuer => "its certificate is self-signed: no CA issued it".to_owned(),
        Some(error) => reach::reason(&error, leaf),
        None if offered.is_empty() => "none of the certificates that it offers is one of a CA".to_owned(),
        None => format!(
            "its certificate was issued by {}, which is none of the {} CAs that it offers",
            leaf.issuer,
            offered.len()
        ),
    }))
}

/// What an authority has to do with a certificate.
enum Verdict {
    /// It issued it, and this is in the way of trusting it now.
    Issued(Option<TlsError>),
    Not(TlsError),
}

impl Verdict {
    /// None where it is no authority that can be used.
    fn of(
        leaf: &Certificate,
        host: &ServerName<'_>,
        authority: &CertificateDer<'static>,
        now: UnixTime,
    ) -> Option<Self> {
        let mut roots = RootCertStore::empty();
        roots.add(authority.clone()).ok()?;
        let provider = Arc::new(crypto::ring::default_provider());
        let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider).build().ok()?;
        let der = CertificateDer::from(leaf.der.as_slice());
        let chain: Vec<CertificateDer<'_>> =
            leaf.chain.iter().map(|one| CertificateDer::from(one.as_slice())).collect();
        let judge = |at| verifier.verify_server_cert(&der, &chain, host, &[], at).err();
        // Who issued it is told from a time at which it was valid; its name is looked at last.
        match judge(while_valid(leaf, now)) {
            None => Some(Self::Issued(judge(now))),
            Some(error) if is_about_the_name(&error) => Some(Self::Issued(judge(now))),
            Some(error) => Some(Self::Not(error)),
        }
    }
}

fn is_about_the_name(error: &TlsError) -> bool {
    use CertificateError::{NotValidForName, NotValidForNameContext};
    matches!(error, TlsError::InvalidCertificate(NotValidForName | NotValidForNameContext { .. }))
}

/// The time nearest to now at which a certificate is valid.
fn while_valid(leaf: &Certificate, now: UnixTime) -> UnixTime {
    let seconds = |ms: i64| u64::try_from(ms / 1000).unwrap_or(0);
    let (from, until) = (seconds(leaf.not_before), seconds(leaf.not_after));
    UnixTime::since_unix_epoch(Duration::from_secs(now.as_secs().max(from).min(until)))
}

fn pem(certificate: &CertificateDer<'_>) -> String {
    let text = STANDARD.encode(certificate);
    let lines: Vec<&str> = (0..text.len()).step_by(64).map(|at| &text[at..text.len().min(at + 64)]).collect();
    format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", lines.join("\n"))
}
