//! The client against BMCs on loopback: every recorded one, and everything that they do wrong.

#![expect(clippy::unwrap_used, reason = "tests; clippy sees only functions with #[test] as such")]

mod bmc;
mod hostile;
mod logins;
mod looks;
mod recorded;
#[expect(dead_code, reason = "the tests of other crates use the rest of it")]
#[path = "../../../reach/tests/wire/server.rs"]
mod server;
mod transport;
