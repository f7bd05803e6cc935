//! Looks whether a BMC answers at an address, without a login and without trusting it.
//! Refuses to send anything but the request for the service root, to guess other paths, and to follow a redirect elsewhere.

use std::{io, sync::Arc, time::Duration};

use hyper::{
    Uri,
    header::{HeaderMap, LOCATION},
};
use reach::{Call, Certificate, Endpoint, Error, Flaw, Look, Page, Probe};
use tokio::time::Instant;

use crate::{
    clean::line,
    json,
    known::{self, Known, Vendor},
    message::Said,
    wire::{self, PATIENCE},
};

/// How long a look may take in all.
pub const LOOK_DEADLINE: Duration = Duration::from_secs(15);

const ROOT: &str = "/redfish/v1/";

/// Before Redfish there was this.
pub(crate) const LEGACY_ROOT: &str = "/rest/v1";

/// The largest service root that is read, in bytes. The largest recorded one has 5 KB.
const LARGEST_ROOT: usize = 256 << 10;

const REDIRECTS: usize = 2;

/// What a look shows.
#[derive(Debug)]
pub struct Looked {
    /// What answers.
    pub found: Found,
    /// The certificate and what the endpoint's trust says of it; none where there was no handshake. That the certificate is the
    /// server's own is proven wherever a page came.
    pub shown: Option<Probe>,
}

/// What answers at an address.
#[derive(Debug)]
pub enum Found {
    /// A BMC.
    Bmc(Box<Known>),
    /// Another server, in words.
    NotBmc {
        /// HTTP status; 0 where the answer was no HTTP.
        status: u16,
        /// What the web server calls itself.
        server: Option<String>,
        /// What makes it none.
        words: String,
    },
    /// It knows no such host name: a BMC wants to be reached by its address, or by the name that it has itself.
    RefusesName {
        /// What it says, empty where it says nothing.
        words: String,
    },
    /// The port speaks no TLS.
    NoTls,
    /// It speaks TLS that is no longer accepted, as old BMCs do.
    TlsTooOld {
        /// What it lacks.
        words: String,
    },
    /// The TLS handshake failed otherwise.
    BadTls {
        /// How.
        words: String,
    },
    /// The connection was refused: the host is there, and nothing listens.
    Refused,
    /// Nothing answered in time.
    Silent {
        /// After this long.
        after: Duration,
    },
    /// It closed the connection instead of answering; old BMCs do so in a handshake that is too new for them.
    Closed {
        /// When.
        words: String,
    },
    /// It wasn't reached: its name doesn't resolve, there is no route, or the way there failed.
    Unreachable(Error),
}

/// Looks what answers at an address, within this time in all. A certificate needn't be trusted, and nothing but the request
/// for the service root is sent: there is no place for a credential.
pub async fn look(endpoint: &Endpoint, user_agent: &str, deadline: Duration) -> Looked {
    let look = match Look::new(endpoint, user_agent, PATIENCE) {
        Ok(look) => look,
        Err(error) => return Looked { found: Found::Unreachable(error), shown: None },
    };
    let until = Instant::now() + deadline;
    let found = find(&look, endpoint, until).await.unwrap_or_else(|error| failed(error, deadline));
    Looked { found, shown: look.shown() }
}

async fn find(look: &Look, endpoint: &Endpoint, until: Instant) -> Result<Found, Error> {
    let page = match follow(look, endpoint, ROOT, until).await? {
        Ok(page) => page,
        Err(elsewhere) => return Ok(elsewhere),
    };
    let found = judge(&page);
    if matches!(found, Found::NotBmc { status: 404, .. }) && says_ilo(&page.headers, look.shown().as_ref()) {
        let legacy = follow(look, endpoint, LEGACY_ROOT, until).await?;
        if let Ok(Found::Bmc(mut known)) = legacy.map(|page| judge(&page)) {
            known.is_legacy = true;
            known.vendor = Some(Vendor::Hpe);
            return Ok(Found::Bmc(known));
        }
    }
    Ok(found)
}

/// The page at a path, after its redirects; else what a redirect that leads elsewhere says.
async fn follow(
    look: &Look,
    endpoint: &Endpoint,
    path: &str,
    until: Instant,
) -> Result<Result<Page, Found>, Error> {
    let mut path = path.to_owned();
    let mut redirects = 0;
    loop {
        let left = until.saturating_duration_since(Instant::now());
        let page = look.page(&path, LARGEST_ROOT, left).await?;
        if !matches!(page.status, 301 | 302 | 307 | 308) {
            return Ok(Ok(page));
        }
        let to = page.headers.get(LOCATION).and_then(|to| to.to_str().ok()).unwrap_or("nowhere");
        let here: Uri = endpoint.url(&Call::new("look", endpoint.label()), &path)?;
        match wire::redirect(&here, to).filter(|_| redirects < REDIRECTS) {
            // Where nobody can guess, nothing is asked: a web page is no BMC.
            Some(next) if next.starts_with("/redfish") || next.starts_with("/rest") => path = next,
            _ => return Ok(Err(not_bmc(&page, format!("it redirects to {}", line(to, 200))))),
        }
        redirects += 1;
    }
}

fn judge(page: &Page) -> Found {
    let status = page.status;
    let Some(body) = &page.body else { return not_bmc(page, "its answer has no end".into()) };
    match status {
        200 => match json::parse(body) {
            Ok(root) if known::is_root(&root) => {
                Found::Bmc(Box::new(Known::read(status, &page.headers, &root)))
            }
            Ok(_) => not_bmc(page, "its answer is no service root".into()),
            Err(_) => not_bmc(page, "its answer is no JSON".into()),
        },
        401 | 403 | 503 => Found::Bmc(Box::new(Known::of_headers(status, &page.headers))),
        400 => Found::RefusesName { words: Said::read(body).message },
        404 => not_bmc(page, "it has no Redfish service".into()),
        _ => not_bmc(page, format!("HTTP status {status}")),
    }
}

fn not_bmc(page: &Page, words: String) -> Found {
    Found::NotBmc { status: page.status, server: known::server(&page.headers), words }
}

/// Whether headers or certificate are an iLO's, which is all that an old one shows.
pub(crate) fn says_ilo(headers: &HeaderMap, shown: Option<&Probe>) -> bool {
    let is_ilos = |certificate: &Certificate| {
        let names = [&certificate.subject, &certificate.issuer];
        names.iter().any(|name| Vendor::of_name(name) == Some(Vendor::Hpe) || name.contains("CN=ILO"))
    };
    Known::of_headers(0, headers).vendor == Some(Vendor::Hpe)
        || shown.is_some_and(|shown| is_ilos(&shown.certificate))
}

fn failed(error: Error, deadline: Duration) -> Found {
    match error {
        Error::BadHandshake { flaw: Flaw::NoTls, .. } => Found::NoTls,
        Error::BadHandshake { flaw: Flaw::TooOld, detail, .. } => Found::TlsTooOld { words: detail },
        Error::BadHandshake { detail, .. } => Found::BadTls { words: detail },
        Error::Unreachable { ref source, .. } if is_refused(&**source) => Found::Refused,
        Error::Timeout { after, .. } => Found::Silent { after: after.min(deadline) },
        Error::Broken { .. } => Found::Closed { words: "in the TLS handshake".into() },
        Error::Interrupted { .. } => Found::Closed { words: "before it answered".into() },
        Error::Truncated { offset, .. } => {
            Found::Closed { words: format!("after {offset} bytes of its answer") }
        }
        error => Found::Unreachable(error),
    }
}

fn is_refused(source: &(dyn std::error::Error + Send + Sync + 'static)) -> bool {
    let error = source.downcast_ref::<Arc<io::Error>>();
    error.is_some_and(|error| error.kind() == io::ErrorKind::ConnectionRefused)
}
