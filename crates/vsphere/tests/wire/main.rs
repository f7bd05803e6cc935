//! The client against a server on loopback: TLS trust, and every call from the first byte to the last.

#![expect(clippy::unwrap_used, reason = "tests; clippy sees only functions with #[test] as such")]

mod authorities;
mod calls;
mod peer;
#[expect(dead_code, reason = "the tests of other crates use the rest of it")]
#[path = "../../../reach/tests/wire/server.rs"]
mod server;
mod spoken;
mod trust;
mod way;
