//! The commands of the window, each declared once: name, arguments, reply and the role it takes.
//! Shell registration, access control and the window's calls derive from this list; it runs none of them.

use crate::{Role, Vcenter};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

/// A call from the window into the service.
pub trait Command: Serialize + DeserializeOwned {
    /// The name it is registered and invoked under.
    const NAME: &'static str;
    /// The least role that may call it.
    const ROLE: Role;
    /// What it answers with.
    type Reply: Serialize + DeserializeOwned;
}

macro_rules! commands {
    ($($(#[$doc:meta])* $command:ident { $($(#[$field_doc:meta])* $field:ident: $ty:ty),* } => $name:literal, $role:ident, $reply:ty;)*) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Debug, Serialize, Deserialize)]
            pub struct $command { $($(#[$field_doc])* pub $field: $ty,)* }

            impl Command for $command {
                const NAME: &'static str = $name;
                const ROLE: Role = Role::$role;
                type Reply = $reply;
            }
        )*

        /// The name of every command.
        pub const NAMES: &[&str] = &[$($name),*];
    };
}

commands! {
    /// Every configured vCenter.
    ListVcenters {} => "list_vcenters", Viewer, Vec<Vcenter>;
}
