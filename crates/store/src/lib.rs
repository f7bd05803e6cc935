//! Keeps configuration, operations and inventory in one database that several processes may share.
//! Refuses to hold a password, to talk to a vCenter, and to decide anything: the service does.

mod aside;
mod asked;
mod changes;
mod claim;
mod contact;
mod counts;
mod credentials;
mod damage;
mod document;
mod engine;
mod error;
mod interrupt;
mod inventory;
mod lock;
mod migrate;
mod names;
mod open;
mod operations;
mod pass;
mod publish;
mod queue;
mod rebase;
mod refused;
mod restage;
mod revision;
mod room;
mod row;
mod settings;
mod stage;
mod standing;
#[cfg(test)]
mod tests;
mod vcenters;
mod waiters;

pub use aside::aside;
pub use changes::{Change, Changes, Pace, Topic};
pub use claim::{Claim, Finish};
pub use contact::{Contact, Identity};
pub use counts::{CacheReads, Counts, LookedAt};
pub use credentials::NewCredential;
pub use damage::Damaged;
pub use error::Error;
pub use inventory::{Loaded, Part, Summary};
pub use lock::{LoginLock, LoginTurn};
pub use open::{Health, Store};
pub use pass::{Asked, Pass};
pub use publish::Published;
pub use queue::{NewOperation, Runnable, Submitted};
pub use refused::RefusedPaths;
pub use revision::Since;
pub use room::in_words;
pub use stage::{Onward, Staged};
pub use standing::{Answer, Noted, Rejected, Sent, Standing};
pub use vcenters::{NewVcenter, VcenterCredential, VcenterEdit, VcenterRecord};
