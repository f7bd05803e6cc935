//! Judges server certificates, and remembers what it judged so that a refusal can be shown.
//! Never falls back from one kind of trust to another, and never accepts a handshake with a bad signature.

use std::sync::{Arc, Mutex, PoisonError};

use rustls::{
    AlertDescription, CertificateError, ClientConfig, DigitallySignedStruct, Error as TlsError,
    InvalidMessage, OtherError, RootCertStore, SignatureScheme,
    client::{
        WebPkiServerVerifier,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    },
    crypto::{self, CryptoProvider},
    pki_types::{CertificateDer, ServerName, SubjectPublicKeyInfoDer, UnixTime, pem::PemObject},
};
use sha2::{Digest, Sha256};
use x509_parser::prelude::{FromDer, X509Certificate};

use crate::{
    certificate::{Certificate, Warning},
    endpoint::Trust,
    error::{Call, Error, Flaw},
};

/// The last certificate a server showed, and how it was judged.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) certificate: Certificate,
    pub(crate) warnings: Vec<Warning>,
    /// In words; none if it was accepted.
    pub(crate) refusal: Option<String>,
}

/// Where the verifier leaves what it saw: the HTTP library would only hand on a text.
#[derive(Debug, Default)]
pub(crate) struct Record(Mutex<Option<Seen>>);

impl Record {
    pub(crate) fn last(&self) -> Option<Seen> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn set(&self, seen: Seen) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(seen);
    }
}

/// What happens after the certificate was judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// An accepted certificate is talked to.
    Talk,
    /// The handshake ends here in any case: nothing of ours may travel.
    Probe,
    /// Every certificate is talked to whose key signs the handshake: nothing may travel but what everybody may ask.
    Look,
}

/// A TLS configuration that trusts in exactly this way. The error says in words what is wrong with the trust itself.
pub(crate) fn config(trust: &Trust, purpose: Purpose, record: Arc<Record>) -> Result<ClientConfig, String> {
    let provider = Arc::new(crypto::ring::default_provider());
    let judge = Judge::new(trust, &provider)?;
    let verifier = Verifier { judge, provider: provider.clone(), purpose, record };
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    Ok(config)
}

#[derive(Debug)]
enum Judge {
    /// Chain, name and dates, against the system's or the given authorities.
    Chain(Arc<dyn ServerCertVerifier>),
    Pin([u8; 32]),
}

impl Judge {
    fn new(trust: &Trust, provider: &Arc<CryptoProvider>) -> Result<Self, String> {
        match trust {
            // The platform's own verifier and not a list of authorities read from it: on Windows and macOS only it
            // honours what an administrator has distrusted or revoked.
            Trust::System => rustls_platform_verifier::Verifier::new(provider.clone())
                .map(|verifier| Self::Chain(Arc::new(verifier)))
                .map_err(|error| format!("the system's certificate store can't be read: {error}")),
            Trust::Ca(pem) => {
                WebPkiServerVerifier::builder_with_provider(Arc::new(authorities(pem)?), provider.clone())
                    .build()
                    .map(|verifier| Self::Chain(verifier))
                    .map_err(|error| error.to_string())
            }
            Trust::Pin(sha256) => Ok(Self::Pin(*sha256)),
        }
    }

    fn judge(
        &self,
        leaf: &CertificateDer<'_>,
        chain: &[CertificateDer<'_>],
        host: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<(), TlsError> {
        match self {
            Self::Chain(verifier) => verifier.verify_server_cert(leaf, chain, host, ocsp, now).map(drop),
            // Before any chain building, which would refuse the leaves of older vCenters (CA:TRUE).
            Self::Pin(pin) if Sha256::digest(leaf)[..] == pin[..] => Ok(()),
            Self::Pin(_) => Err(CertificateError::ApplicationVerificationFailure.into()),
        }
    }

    fn is_pin(&self) -> bool {
        matches!(self, Self::Pin(_))
    }
}

/// The public key of a certificate. webpki's own reading refuses certificates of version 1, which a pin accepts.
fn public_key(leaf: &CertificateDer<'_>) -> Result<SubjectPublicKeyInfoDer<'static>, TlsError> {
    let (_, certificate) = X509Certificate::from_der(leaf).map_err(|_| CertificateError::BadEncoding)?;
    Ok(SubjectPublicKeyInfoDer::from(certificate.public_key().raw.to_vec()))
}

fn authorities(pem: &str) -> Result<RootCertStore, String> {
    if let Some(label) = labels(pem).find(|label| *label != "CERTIFICATE") {
        // The text is stored readable for everybody who may read the settings: a key must not slip in with it.
        let label: String = label.chars().take(40).collect();
        return Err(format!("unexpected PEM block ({label}): keep only the CERTIFICATE blocks"));
    }
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem.as_bytes()) {
        let certificate = certificate.map_err(|error| format!("invalid PEM: {error}"))?;
        roots.add(certificate).map_err(|error| format!("invalid certificate: {error}"))?;
    }
    match roots.is_empty() {
        true => Err("no certificate found in the PEM text".into()),
        false => Ok(roots),
    }
}

/// What the blocks of a PEM text say they are, well formed or not. A label ends at a dash or the line's end: what comes
/// after it may be a secret.
fn labels(pem: &str) -> impl Iterator<Item = &str> {
    pem.match_indices("BEGIN ").filter(|(at, _)| pem[..*at].trim_end().ends_with('-')).map(|(at, begin)| {
        let label = &pem[at + begin.len()..];
        label.split(['-', '\r', '\n']).next().unwrap_or(label).trim()
    })
}

#[derive(Debug)]
struct Verifier {
    judge: Judge,
    provider: Arc<CryptoProvider>,
    purpose: Purpose,
    record: Arc<Record>,
}

impl Verifier {
    /// Whether certificates are accepted that webpki can't read.
    fn takes_any_form(&self) -> bool {
        self.judge.is_pin() || self.purpose == Purpose::Look
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        leaf: &CertificateDer<'_>,
        chain: &[CertificateDer<'_>],
        host: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, TlsError> {
        let verdict = self.judge.judge(leaf, chain, host, ocsp, now);
        let certificate = Certificate::read(leaf, chain);
        let warnings = certificate.warnings(host, now);
        let refusal = verdict.as_ref().err().map(|error| reason(error, &certificate));
        self.record.set(Seen { certificate, warnings, refusal });
        match self.purpose {
            Purpose::Talk => verdict.map(|()| ServerCertVerified::assertion()).map_err(refused),
            Purpose::Probe => Err(TlsError::General("a probe ends here".into())),
            Purpose::Look => Ok(ServerCertVerified::assertion()),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        leaf: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, TlsError> {
        if self.takes_any_form() {
            return verify_tls12_signature_with_raw_key(message, &public_key(leaf)?, signed, &self.provider);
        }
        crypto::verify_tls12_signature(
            message,
            leaf,
            signed,
            &self.provider.signature_verification_algorithms,
        )
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        leaf: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, TlsError> {
        if self.takes_any_form() {
            let algorithms = &self.provider.signature_verification_algorithms;
            return crypto::verify_tls13_signature_with_raw_key(
                message,
                &public_key(leaf)?,
                signed,
                algorithms,
            );
        }
        crypto::verify_tls13_signature(
            message,
            leaf,
            signed,
            &self.provider.signature_verification_algorithms,
        )
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

/// What rustls has for TLS 1.3 only. As in its own for certificates, the scheme of TLS 1.2 doesn't name the curve: each
/// algorithm that it may mean is tried until one fits the key.
fn verify_tls12_signature_with_raw_key(
    message: &[u8],
    key: &SubjectPublicKeyInfoDer<'_>,
    signed: &DigitallySignedStruct,
    provider: &CryptoProvider,
) -> Result<HandshakeSignatureValid, TlsError> {
    let bad = || TlsError::from(CertificateError::BadSignature);
    let key = webpki::RawPublicKeyEntity::try_from(key).map_err(|_| CertificateError::BadEncoding)?;
    let mapping = provider.signature_verification_algorithms.mapping;
    let meant = mapping.iter().find(|(scheme, _)| *scheme == signed.scheme).ok_or_else(bad)?;
    for algorithm in meant.1 {
        match key.verify_signature(*algorithm, message, signed.signature()) {
            Ok(()) => return Ok(HandshakeSignatureValid::assertion()),
            Err(webpki::Error::UnsupportedSignatureAlgorithmForPublicKeyContext(_)) => {}
            Err(_) => return Err(bad()),
        }
    }
    Err(bad())
}

/// A refusal by one name, whatever the platform's verifier calls it: so it is told from all that can fail otherwise.
fn refused(error: TlsError) -> TlsError {
    match error {
        TlsError::InvalidCertificate(_) => error,
        other => CertificateError::Other(OtherError(Arc::new(other))).into(),
    }
}

/// Why a certificate was refused, in words for whoever has to decide about it.
pub fn reason(error: &TlsError, certificate: &Certificate) -> String {
    use CertificateError as C;
    let TlsError::InvalidCertificate(error) = error else { return error.to_string() };
    match error {
        C::ApplicationVerificationFailure => "the certificate is not the pinned one".into(),
        C::UnknownIssuer if certificate.subject == certificate.issuer => {
            "the certificate is self-signed and not among the trusted ones".into()
        }
        C::UnknownIssuer => "the certificate was not issued by a trusted CA".into(),
        C::Expired | C::ExpiredContext { .. } => Warning::Expired.to_string(),
        C::NotValidYet | C::NotValidYetContext { .. } => Warning::NotYetValid.to_string(),
        C::NotValidForName | C::NotValidForNameContext { .. } if certificate.names.is_empty() => {
            Warning::NoName.to_string()
        }
        C::NotValidForName | C::NotValidForNameContext { .. } => Warning::OtherName.to_string(),
        C::Revoked => "the certificate was revoked".into(),
        C::Other(_) if certificate.is_authority => Warning::Authority.to_string(),
        other => flaw(other),
    }
}

const UNCHECKED: &str = "the certificate has a critical extension that Muster does not support";

/// What is wrong with a certificate by itself, or with how it was issued.
fn flaw(error: &CertificateError) -> String {
    use CertificateError as C;
    let words = match error {
        // The issuer is looked up by its name, so this is what a CA that was made anew shows first.
        C::BadSignature => {
            "the certificate was not signed by the trusted CA, but by another one of the same name"
        }
        C::BadEncoding => "the certificate is damaged, or does not follow the standard",
        C::UnhandledCriticalExtension => UNCHECKED,
        C::InvalidPurpose | C::InvalidPurposeContext { .. } => {
            "the certificate was not issued for server authentication"
        }
        C::UnsupportedSignatureAlgorithmContext { .. }
        | C::UnsupportedSignatureAlgorithmForPublicKeyContext { .. } => {
            "the certificate is signed by a method that is not accepted, such as SHA-1"
        }
        C::UnknownRevocationStatus => "the revocation status of the certificate is unknown",
        C::ExpiredRevocationList | C::ExpiredRevocationListContext { .. } => {
            "the list of revoked certificates has expired"
        }
        C::InvalidOcspResponse => "the server sent invalid revocation information about the certificate",
        C::Other(OtherError(other)) => match other.downcast_ref::<webpki::Error>() {
            Some(webpki::Error::UnsupportedCertVersion) => {
                "the certificate is of X.509 version 1, which can only be trusted by its fingerprint"
            }
            Some(webpki::Error::UnsupportedCriticalExtension) => UNCHECKED,
            Some(webpki::Error::EndEntityUsedAsCa) => {
                "the certificate was signed by a certificate that is not a CA"
            }
            Some(webpki::Error::PathLenConstraintViolated) => {
                "the certificate chain is longer than its CA allows"
            }
            Some(webpki::Error::NameConstraintViolation) => {
                "the certificate names a host that its CA may not issue certificates for"
            }
            _ => return format!("the certificate is not acceptable: {other}"),
        },
        other => return format!("the certificate is not acceptable: {other}"),
    };
    words.to_owned()
}

/// Why a handshake failed: because the certificate was refused, or for another reason.
pub(crate) fn no_handshake(call: Call, error: &TlsError, purpose: Purpose, record: &Record) -> Error {
    let refused = record.last().and_then(|seen| Some((seen.certificate, seen.refusal?)));
    match (error, refused) {
        // Our verifier refuses with this alone; what is recorded may be an earlier connection's.
        (TlsError::InvalidCertificate(_), Some((certificate, reason))) if purpose == Purpose::Talk => {
            Error::Untrusted { call, certificate: Box::new(certificate), reason }
        }
        (error, _) => failed_handshake(call, error),
    }
}

/// Why a handshake failed, for another reason than the certificate's trust.
pub(crate) fn failed_handshake(call: Call, error: &TlsError) -> Error {
    Error::BadHandshake { call, flaw: flaw_of(error), detail: in_words(error) }
}

fn flaw_of(error: &TlsError) -> Flaw {
    match error {
        // Every message of TLS begins with its type and version: these begin otherwise.
        TlsError::InvalidMessage(
            InvalidMessage::InvalidContentType
            | InvalidMessage::UnknownProtocolVersion
            | InvalidMessage::MessageTooLarge
            | InvalidMessage::InvalidEmptyPayload,
        )
        | TlsError::PeerSentOversizedRecord => Flaw::NoTls,
        TlsError::PeerIncompatible(_)
        | TlsError::AlertReceived(AlertDescription::ProtocolVersion | AlertDescription::HandshakeFailure) => {
            Flaw::TooOld
        }
        TlsError::InvalidCertificate(_) => Flaw::Unproven,
        _ => Flaw::Other,
    }
}

fn in_words(error: &TlsError) -> String {
    match flaw_of(error) {
        Flaw::NoTls => return "the port does not use TLS".into(),
        Flaw::TooOld => return "it offers neither TLS 1.2 nor 1.3 with a secure cipher suite".into(),
        Flaw::Unproven | Flaw::Other => {}
    }
    match error {
        TlsError::InvalidMessage(_) => "it sent an invalid TLS message".into(),
        TlsError::InvalidCertificate(CertificateError::BadSignature) => {
            "the server could not prove that the certificate is its own".into()
        }
        TlsError::InvalidCertificate(error) => flaw(error),
        TlsError::AlertReceived(alert) => format!("it aborted the handshake (alert {})", u8::from(*alert)),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_authority_with_anything_but_certificates_is_refused_without_showing_it() {
        let mut params = rcgen::CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let key = rcgen::KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap().pem();
        let check = |pem: String| Trust::Ca(pem).check();
        assert_eq!(check(certificate.clone()), Ok(()));
        assert_eq!(check(format!("issued to: us\n{certificate}and\r\n{certificate}")), Ok(()));
        let secret = "MIGHAgEAMBMGByqGSM49";
        for label in ["PRIVATE KEY", "RSA PRIVATE KEY", "EC PARAMETERS", "X509 CRL", "SOMETHING ELSE"] {
            for pem in [
                format!("{certificate}-----BEGIN {label}-----\n{secret}\n-----END {label}-----\n"),
                format!("-----BEGIN {label}-----\n{secret}\n-----END {label}-----\n{certificate}"),
                format!("{certificate}-----BEGIN {label}\n{secret}"),
                format!("{certificate}---- BEGIN {label} ----\n{secret}"),
            ] {
                let words = check(pem).unwrap_err();
                assert!(words.contains(label) && !words.contains(secret), "{words}");
            }
        }
        assert!(check(key.serialize_pem()).unwrap_err().contains("PRIVATE KEY"));
    }

    #[test]
    fn what_the_system_says_of_a_certificate_is_shown_as_it_says_it() {
        let other = std::io::Error::other("the certificate was revoked");
        let said = flaw(&CertificateError::Other(OtherError(std::sync::Arc::new(other))));
        assert_eq!(said, "the certificate is not acceptable: the certificate was revoked");
    }
}
