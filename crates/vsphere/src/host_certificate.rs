//! The certificate that a vCenter knows an ESXi host by.
//! Judges nothing, and trusts nothing by it.

use x509_parser::pem::parse_x509_pem;

/// What people want to know of it. Source: HostSystem.config.certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostCertificate {
    /// End of validity, milliseconds since 1970 UTC.
    pub not_after: i64,
    /// Distinguished name of who signed it.
    pub issuer: String,
}

impl HostCertificate {
    /// The first certificate of a text in PEM; `None` where there is none that can be read.
    pub fn of_pem(pem: &[u8]) -> Option<Self> {
        let (_, pem) = parse_x509_pem(pem).ok()?;
        let certificate = pem.parse_x509().ok()?;
        Some(Self {
            not_after: certificate.validity().not_after.timestamp().saturating_mul(1000),
            issuer: certificate.issuer().to_string(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_and_the_issuer_of_a_certificate_are_read_and_what_is_none_is_none() {
        let key = rcgen::KeyPair::generate().unwrap();
        let mut params = rcgen::CertificateParams::default();
        params.not_after = rcgen::date_time_ymd(2031, 3, 1);
        params.distinguished_name = rcgen::DistinguishedName::new();
        params.distinguished_name.push(rcgen::DnType::CommonName, "CA");
        let pem = params.self_signed(&key).unwrap().pem();
        let read = HostCertificate::of_pem(pem.as_bytes()).unwrap();
        assert_eq!(read, HostCertificate { not_after: 1_930_089_600_000, issuer: "CN=CA".to_owned() });
        for none in [
            "",
            "-----BEGIN CERTIFICATE-----",
            "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n",
            "\0",
        ] {
            assert_eq!(HostCertificate::of_pem(none.as_bytes()), None, "{none:?}");
        }
    }
}
