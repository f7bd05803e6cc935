//! A vCenter of our own over TLS, for demos, faults and scale: an estate made from a seed or a recording of a real
//! server, and the part of the SOAP API that reading clients use.
//! Knows nothing of Muster, changes nothing after its start, and listens on 127.0.0.1 only; the BMCs of its servers are on
//! other addresses of 127.0.0.0/8.
//!
//! [`Simulator::start`] makes the estate of [`Options`] and answers until [`Simulator::stop`]. The same seed and size
//! give the same morefs, names and values; port, certificate and password are new at each start unless [`Access`] says
//! otherwise. [`Simulator::replay`] answers what was recorded. [`Bmcs`] are the management controllers of its hosts and of
//! others.

mod alarms;
mod authorities;
mod bmc;
mod certificate;
mod collector;
mod content;
mod data;
mod estate;
mod gauge;
#[cfg(test)]
mod hostile;
mod inventory;
mod kept;
mod methods;
mod options;
mod recording;
mod roles;
mod schema;
mod server;
mod sessions;
mod simulator;
mod soap;
mod vcenter;

pub use bmc::{
    Bmc, BmcBehavior, BmcBroken, BmcContent, BmcCounts, BmcFull, BmcLockOut, BmcLocked, BmcMachine,
    BmcOptions, BmcPlan, BmcRecording, BmcRefusal, BmcVendor, BmcWire, Bmcs, FIRST_BMC,
};
pub use options::{Access, Behavior, Error, Hardware, Named, Offers, Options, Rights, Shown, VMS};
pub use recording::Recording;
pub use simulator::{Contents, Simulator};
