//! A client for BMCs that speak Redfish: looks what one is without a login, logs in, reads what its servers are, and logs out.
//! Knows nothing of Muster but how a server is reached. Never changes anything at a BMC but its own session, never logs in
//! twice by itself, never asks two things at once, and never follows a redirect to another host.
//!
//! [`look`] asks for the service root of whoever answers, trusted or not, without a credential. A [`Visit`] is one stay at a
//! BMC that is trusted: [`Visit::login`], [`Visit::read`], and always [`Visit::close`].

mod clean;
mod error;
mod json;
mod known;
mod look;
mod message;
mod reading;
mod visit;
mod wire;

pub use clean::{is_junk, mac, uuid};
pub use error::Error;
pub use known::{Known, Vendor};
pub use look::{Found, LOOK_DEADLINE, Looked, look};
pub use reading::{Bmc, Gap, Reading, System};
pub use visit::{DEADLINE, Login, Visit};
