//! A thin SOAP client for vCenter and ESXi: connect, log in, read properties in pages, log out.
//! Knows nothing of Muster, never writes to a vCenter, never retries, and never follows a redirect
//! or a proxy of the environment: it goes the way that its caller names.
//!
//! The way through the crate: [`probe`] shows a certificate before anything is sent, [`Client::connect`] asks
//! a server what it is, [`Client::login`] gives a [`Session`], a [`View`] lists the objects of a type, and a
//! [`Collector`] reads their properties by reference, several of them at once.

mod alarm;
mod authorities;
mod client;
mod collector;
mod error;
mod fault;
mod host;
mod host_certificate;
mod latency;
mod paging;
pub mod parser;
mod probe;
mod property;
mod request;
mod role;
mod session;
mod transport;
mod value;
mod version;
mod view;

pub use authorities::{NoCa, OwnCa, own_ca};
pub use client::{About, Client};
pub use collector::{Collector, Retrieved};
pub use error::{Error, Refusal};
pub use host::HostIdentity;
pub use host_certificate::HostCertificate;
pub use latency::Latency;
pub use parser::{Missing, Object};
pub use probe::probe;
pub use property::{Property, PropertySet};
pub use reach::{
    Call, Certificate, Endpoint, Hop, Place, Probe, Problem, Proxy, ProxyKind, Trust, Warning, Way,
    leads_there,
};
pub use role::Role;
pub use session::Session;
pub use transport::Traffic;
pub use value::{MoRef, Value};
pub use version::ApiVersion;
pub use view::{Listing, View};
