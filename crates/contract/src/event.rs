//! What the service tells its subscribers.
//! Refuses to carry state: a receiver reads what is true now.

use crate::{OperationId, VcenterId};
use serde::{Deserialize, Serialize};

/// Something changed, here or in another process on the same database.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// A vCenter was added, edited or removed, or its connection state changed.
    VcentersChanged,
    /// A credential was added, edited, rejected or removed.
    CredentialsChanged,
    /// Something was recorded in the audit log that no other event tells, in this process.
    AuditChanged,
    /// A server was found, read, matched or removed, or a credential profile changed.
    ServersChanged,
    /// A setting of Muster itself was changed.
    PreferencesChanged,
    /// What is set about health rules was changed.
    HealthChanged,
    /// An operation was submitted, progressed or ended.
    OperationChanged {
        /// Which.
        operation: OperationId,
    },
    /// A schedule was added, edited or removed, or was due.
    SchedulesChanged,
    /// A vCenter's inventory is another snapshot now.
    InventoryChanged {
        /// Which.
        vcenter: VcenterId,
    },
    /// What was chosen for this machine's desktop changed, or what the desktop offers; told by the window's shell alone.
    DesktopChanged,
    /// The receiver was too slow and missed events: read everything again.
    Lagged,
}

impl Event {
    /// Whether whoever waits for an operation has a reason to look at it.
    pub fn is_about(&self, id: &OperationId) -> bool {
        match self {
            Event::OperationChanged { operation } => operation == id,
            other => *other == Event::Lagged,
        }
    }
}
