//! Management controllers of servers (BMCs) as Redfish shows them: recorded ones, and made ones that fit the estate's
//! hosts. Knows nothing of Muster, changes nothing but its sessions, and listens on 127.0.0.0/8 only.
//!
//! [`Bmcs::of`] makes those of a simulator's hosts, [`Bmcs::recorded`] answers recordings, and [`Bmcs::start`] takes plans
//! of any kind.

mod behavior;
mod bmcs;
mod body;
mod certificate;
mod content;
mod counts;
mod device;
mod fleet;
#[cfg(test)]
mod hostile;
mod logins;
mod machine;
mod made;
mod message;
mod recorded;
mod wire;

pub use behavior::{BmcBehavior, BmcBroken, BmcFull, BmcLockOut, BmcLocked, BmcRefusal, BmcWire};
pub use bmcs::{Bmc, BmcPlan, Bmcs};
pub use content::BmcContent;
pub use counts::BmcCounts;
pub use fleet::{BmcOptions, FIRST_BMC};
pub use machine::{BmcMachine, BmcVendor};
pub use recorded::BmcRecording;
