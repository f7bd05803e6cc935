//! What a server's certificate says, for people to look at and for pins to be compared.
//! Judges nothing: that is the work of `tls`.

use std::{fmt, net::IpAddr};

use rustls::{
    client::verify_server_name,
    pki_types::{CertificateDer, ServerName, UnixTime},
    server::ParsedCertificate,
};
use sha2::{Digest, Sha256};
use x509_parser::prelude::{FromDer, GeneralName, X509Certificate};

/// A server's certificate. Fields that can't be read are empty; the fingerprint is always right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// SHA-256 of the DER form: what a pin is compared with.
    pub sha256: [u8; 32],
    /// Distinguished name, like `C=US, CN=vc.example.com`.
    pub subject: String,
    /// Distinguished name of who signed it.
    pub issuer: String,
    /// DNS names and IP addresses it is valid for (subject alternative names).
    pub names: Vec<String>,
    /// Start of validity, milliseconds since 1970 UTC.
    pub not_before: i64,
    /// End of validity, milliseconds since 1970 UTC.
    pub not_after: i64,
    /// Whether it is marked as an authority, as older vCenters' leaves are.
    pub is_authority: bool,
    /// The certificate itself.
    pub der: Vec<u8>,
    /// What the server sent along, in its order, in DER; usually the authorities above.
    pub chain: Vec<Vec<u8>>,
}

impl Certificate {
    /// What these bytes say, and what was sent along.
    pub fn read(leaf: &CertificateDer<'_>, chain: &[CertificateDer<'_>]) -> Self {
        let mut certificate = Self {
            sha256: Sha256::digest(leaf).into(),
            subject: String::new(),
            issuer: String::new(),
            names: Vec::new(),
            not_before: 0,
            not_after: 0,
            is_authority: false,
            der: leaf.to_vec(),
            chain: chain.iter().map(|certificate| certificate.to_vec()).collect(),
        };
        if let Ok((_, parsed)) = X509Certificate::from_der(leaf) {
            certificate.subject = parsed.subject().to_string();
            certificate.issuer = parsed.issuer().to_string();
            certificate.names = names(&parsed);
            certificate.not_before = parsed.validity().not_before.timestamp().saturating_mul(1000);
            certificate.not_after = parsed.validity().not_after.timestamp().saturating_mul(1000);
            certificate.is_authority = parsed.is_ca();
        }
        certificate
    }

    /// What is odd about it. A pin accepts all of these.
    pub(crate) fn warnings(&self, host: &ServerName<'_>, now: UnixTime) -> Vec<Warning> {
        let now = i64::try_from(now.as_secs()).unwrap_or(i64::MAX).saturating_mul(1000);
        let der = CertificateDer::from(self.der.as_slice());
        let names_host =
            ParsedCertificate::try_from(&der).is_ok_and(|parsed| verify_server_name(&parsed, host).is_ok());
        let mut warnings = Vec::new();
        let mut warn = |applies, warning| {
            if applies {
                warnings.push(warning);
            }
        };
        warn(now > self.not_after, Warning::Expired);
        warn(now < self.not_before, Warning::NotYetValid);
        warn(self.names.is_empty(), Warning::NoName);
        warn(!self.names.is_empty() && !names_host, Warning::OtherName);
        warn(self.is_authority, Warning::Authority);
        warnings
    }
}

fn names(certificate: &X509Certificate<'_>) -> Vec<String> {
    let Ok(Some(names)) = certificate.subject_alternative_name() else { return Vec::new() };
    let name = |name: &GeneralName<'_>| match name {
        GeneralName::DNSName(name) => Some((*name).to_owned()),
        GeneralName::IPAddress(bytes) => match <[u8; 4]>::try_from(*bytes) {
            Ok(v4) => Some(IpAddr::from(v4).to_string()),
            Err(_) => <[u8; 16]>::try_from(*bytes).ok().map(|v6| IpAddr::from(v6).to_string()),
        },
        _ => None,
    };
    names.value.general_names.iter().filter_map(name).collect()
}

/// What is odd about a certificate without being a reason to refuse a pinned one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Warning {
    /// Its validity is over.
    Expired,
    /// Its validity hasn't begun.
    NotYetValid,
    /// It names other hosts, not this one.
    OtherName,
    /// It names no host at all (no subject alternative name).
    NoName,
    /// It is marked as an authority although it is a server's own.
    Authority,
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Expired => "the certificate has expired",
            Self::NotYetValid => "the certificate is not valid yet",
            Self::OtherName => "the certificate names other hosts, not this one",
            Self::NoName => "the certificate names no host",
            Self::Authority => "the certificate is marked as a CA",
        })
    }
}

#[cfg(test)]
mod tests;
