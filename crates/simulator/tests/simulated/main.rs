//! The simulator as its clients see it: over TLS, from outside.
#![expect(clippy::unwrap_used, reason = "in tests a failed step is a failed test")]

mod client;
mod faults;
mod govc;
mod peer;
mod raw;
mod shape;
mod side_by_side;
mod support;
mod updates;
mod walks;
