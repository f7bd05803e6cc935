//! Server discovery: BMCs are looked for, read where they are trusted, and matched with ESXi hosts.
//! Refuses to change anything on a BMC but a session of its own, and to log in where nobody approved the certificate.

mod bmcs;
mod commands;
mod entries;
mod facts;
mod hosts;
mod listing;
pub(crate) mod matching;
mod profiles;
mod ranges;
mod scanning;

pub(crate) use commands::{checked, may_trust};
pub use ranges::count as scanned_addresses;
pub(crate) use scanning::{Context, run};
