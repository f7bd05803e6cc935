//! A thin SOAP client for vCenter and ESXi: connect, log in, read properties in pages, log out.
//! Knows nothing of Muster, never writes to a vCenter, never retries, and never follows a redirect or a proxy.
//!
//! The way through the crate: [`probe`] shows a certificate before anything is sent, [`Client::connect`] asks
//! a server what it is, [`Client::login`] gives a [`Session`], and a [`Watcher`] pages through one kind of object.

mod certificate;
mod client;
mod endpoint;
mod error;
mod fault;
mod host;
mod paging;
pub mod parser;
mod probe;
mod request;
mod session;
mod tls;
mod transport;
mod value;
mod version;
mod watcher;

pub use certificate::{Certificate, Warning};
pub use client::{About, Client};
pub use endpoint::{Endpoint, Trust};
pub use error::{Call, Error, Refusal};
pub use host::HostIdentity;
pub use parser::{Missing, Object};
pub use probe::{Probe, probe};
pub use session::Session;
pub use transport::Traffic;
pub use value::{MoRef, Value};
pub use version::ApiVersion;
pub use watcher::{Event, Selection, Watcher};
