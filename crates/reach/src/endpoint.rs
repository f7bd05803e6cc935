//! Where a server is and how its certificate is judged.
//! Holds no credential.

use std::{sync::Arc, time::Duration};

use hyper::Uri;
use rustls::pki_types::ServerName;

use crate::{
    error::{Call, Error},
    way::{Place, Way},
};

/// A TCP connection that isn't there after this long won't come.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// How the server's certificate is judged. Exactly one holds, there is no fallback from one to the next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trust {
    /// The operating system's store of authorities, and the host's name must match.
    System,
    /// The authorities in this PEM text (one or more certificates) and no others; the host's name must match.
    Ca(String),
    /// SHA-256 of the leaf certificate in DER. Accepts a wrong name, no name, an expired certificate and a leaf
    /// that is marked as an authority, but never a handshake that isn't signed by the leaf's key.
    Pin([u8; 32]),
}

impl Trust {
    /// Whether it can be used at all: that a PEM text holds certificates and nothing else (a private
    /// key must not be kept along with them), and that the system has a store.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn check(&self) -> Result<(), String> {
        crate::tls::config(self, crate::tls::Purpose::Probe, Arc::default()).map(drop)
    }
}

/// One server, how it is trusted, and the way to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// DNS name, IPv4 or IPv6 address (with or without brackets).
    pub host: String,
    /// TCP port, 443 by default on a vCenter.
    pub port: u16,
    /// How its certificate is judged.
    pub trust: Trust,
    /// The way that leads there.
    pub way: Way,
    /// The longest silence of the server while an answer is awaited or under way; not a limit on the whole answer.
    /// While waiting for changes it must exceed the longest wait that is asked for.
    pub timeout: Duration,
}

impl Endpoint {
    /// The host without the brackets an IPv6 address may come in.
    pub(crate) fn bare_host(&self) -> &str {
        let host = self.host.trim();
        host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host)
    }

    /// How errors call this server: `host`, or `host:port` where the port is unusual.
    pub fn label(&self) -> Arc<str> {
        let place = self.place().to_string();
        place.strip_suffix(":443").unwrap_or(&place).into()
    }

    /// The name that the certificate is checked for.
    ///
    /// # Errors
    /// [`Error::BadAddress`].
    pub fn server_name(&self, call: &Call) -> Result<ServerName<'static>, Error> {
        ServerName::try_from(self.bare_host().to_owned())
            .map_err(|_| Error::BadAddress { call: call.clone(), detail: "this is not a host name".into() })
    }

    /// Where it is.
    pub(crate) fn place(&self) -> Place {
        Place { host: self.bare_host().to_owned(), port: self.port }
    }

    /// `https://host:port/<path>`. The host is checked, so that it can't smuggle in a path or a user name.
    ///
    /// # Errors
    /// [`Error::BadAddress`].
    pub fn url(&self, call: &Call, path: &str) -> Result<Uri, Error> {
        self.server_name(call)?;
        // Without the usual port, which a server's name in the header `Host` doesn't have either.
        let authority = self.label();
        let url = Uri::builder().scheme("https").authority(&*authority).path_and_query(path).build();
        url.map_err(|error| Error::BadAddress { call: call.clone(), detail: error.to_string() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoint(host: &str, port: u16) -> Endpoint {
        let (host, trust) = (host.into(), Trust::System);
        Endpoint { host, port, trust, way: Way::Direct, timeout: CONNECT_TIMEOUT }
    }

    fn url(host: &str) -> Option<String> {
        let endpoint = endpoint(host, 443);
        let call = Call::new("connect", endpoint.label());
        endpoint.url(&call, "/sdk").ok().map(|url| url.to_string())
    }

    #[test]
    fn an_ipv6_address_is_taken_with_and_without_brackets() {
        assert_eq!(url("fe80::1").as_deref(), Some("https://[fe80::1]/sdk"));
        assert_eq!(url("[fe80::1]").as_deref(), Some("https://[fe80::1]/sdk"));
        assert_eq!(&*endpoint("::1", 8443).label(), "[::1]:8443");
    }

    #[test]
    fn a_host_cannot_smuggle_in_a_path_or_a_user() {
        for host in ["", "a/b", "user@host", "host:80", "host?x", "host#x", "a b", "[::1"] {
            assert_eq!(url(host), None, "{host}");
        }
    }
}
