//! The simulator as its clients see it: over TLS, from outside.
#![expect(clippy::unwrap_used, reason = "in tests a failed step is a failed test")]

mod bmc_client;
mod bmc_estate;
mod bmc_wire;
mod bmcs;
mod chunks;
mod client;
mod declared;
mod faults;
mod govc;
mod peer;
mod raw;
mod recorded;
mod shape;
mod side_by_side;
mod support;
mod updates;
mod walks;
