//! Keeps configuration, operations and inventory in one database that several processes may share.
//! Refuses to hold a password, to talk to a vCenter, and to decide anything: the service does.

mod changes;
mod credentials;
mod document;
mod engine;
mod error;
mod inventory;
mod lock;
mod migrate;
mod open;
mod operations;
mod publish;
mod queue;
mod row;
mod stage;
mod vcenters;

pub use changes::{Change, Changes, Topic};
pub use credentials::NewCredential;
pub use error::Error;
pub use inventory::Loaded;
pub use open::{Health, Store};
pub use publish::Published;
pub use queue::{Claim, Finish, NewOperation, Submitted};
pub use stage::{Pass, Staged};
pub use vcenters::{Contact, Identity, NewVcenter, VcenterCredential, VcenterEdit, VcenterRecord};
