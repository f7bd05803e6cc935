//! How a server is reached: the way to it, TLS as its certificate is trusted, and HTTP over that.
//! Knows nothing of Muster and nothing of what is said to a server. Never retries, never follows a redirect or a proxy of
//! the environment, and never falls back from one kind of trust to another.
//!
//! Three depths: [`probe`] takes a certificate and breaks off, a [`Look`] asks a server that nobody trusts yet for a page
//! without a credential, and [`Http`] talks to one that is trusted. [`connect`] and [`secure`] are for what isn't HTTP.

mod certificate;
mod endpoint;
mod error;
mod http;
mod look;
mod probe;
mod stream;
mod tls;
mod way;

pub use certificate::{Certificate, Warning};
pub use endpoint::{CONNECT_TIMEOUT, Endpoint, Trust};
pub use error::{Call, Error, Flaw, Source};
pub use http::{Answer, Http, Patience, retry_after, whole};
pub use look::{Look, Page};
pub use probe::{Probe, leads_there, probe};
pub use stream::{connect, secure};
pub use tls::reason;
pub use way::{Hop, Place, Problem, Proxy, ProxyKind, Way};
