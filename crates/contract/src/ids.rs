//! The ids by which things are known across processes.
//! Refuses to make them up: the service decides what a new id looks like.

use serde::{Deserialize, Serialize};

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub String);

        impl $name {
            /// The id as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl From<String> for $name {
            fn from(id: String) -> Self {
                Self(id)
            }
        }
    };
}

id!(
    /// A configured vCenter or ESXi host (a UUID of ours, not its instanceUuid).
    VcenterId
);
id!(
    /// A credential: name, user and password, shared by any number of vCenters.
    CredentialId
);
id!(
    /// One piece of work on one vCenter.
    OperationId
);

id!(
    /// A schedule: what is done by itself, and when.
    ScheduleId
);

id!(
    /// A policy: what is done by itself when something happens.
    PolicyId
);

id!(
    /// A destination: where policies deliver to.
    DestinationId
);

id!(
    /// A server that discovery found: its BMC, and which of its systems where it has several.
    ServerId
);

/// The value half of a managed object reference, such as `host-12`; unique per vCenter and type.
pub type Moref = Box<str>;
