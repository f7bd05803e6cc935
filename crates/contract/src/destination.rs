//! Destinations: where policies deliver to. Admins make them, and policies only name them.
//! Refuse to hold a secret: each names the credential that has it.

use crate::names::names;
use crate::policy::{Cause, RanStep};
use crate::{CredentialId, DestinationId, Kind, OperationId, PolicyId, Trust, VcenterId, Way};
use serde::{Deserialize, Serialize};

/// What is set for a destination.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DestinationSettings {
    /// Its name.
    pub name: String,
    /// What it is.
    pub target: Address,
}

/// What a destination is, and where.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Address {
    /// A server that mail is handed in at, with those who get it.
    Smtp {
        /// DNS name or address.
        host: String,
        /// TCP port; without, 465 or 587 as TLS is wanted, and 25 without it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        port: Option<u16>,
        /// How the conversation is protected.
        #[serde(default = "tls")]
        security: MailSecurity,
        /// Who sends: `muster@example.org`, or `Muster <muster@example.org>`.
        from: String,
        /// Who gets it.
        to: Vec<String>,
        /// Whose mail it is; without, nobody logs in.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        credential: Option<CredentialId>,
        /// Which certificate is accepted.
        #[serde(default = "system")]
        trust: Trust,
        /// The way there.
        #[serde(default, skip_serializing_if = "Way::is_direct")]
        way: Way,
    },
    /// A URL that signed JSON is posted to.
    Webhook {
        /// `https://…`.
        url: String,
        /// What it is signed with: the password of this credential.
        credential: CredentialId,
        /// Which certificate is accepted.
        #[serde(default = "system")]
        trust: Trust,
        /// The way there.
        #[serde(default, skip_serializing_if = "Way::is_direct")]
        way: Way,
    },
    /// A folder that files are written to.
    Folder {
        /// Its path, absolute.
        path: String,
        /// Exports of each policy and kind that are kept; older ones are deleted.
        #[serde(default = "kept")]
        keep: u32,
    },
}

fn tls() -> MailSecurity {
    MailSecurity::Tls
}

fn system() -> Trust {
    Trust::System
}

fn kept() -> u32 {
    Address::KEPT
}

impl Address {
    /// Exports that are kept, unless another number is set.
    pub const KEPT: u32 = 30;

    /// What it is.
    pub fn kind(&self) -> DestinationKind {
        match self {
            Address::Smtp { .. } => DestinationKind::Smtp,
            Address::Webhook { .. } => DestinationKind::Webhook,
            Address::Folder { .. } => DestinationKind::Folder,
        }
    }

    /// The credential that has its secret.
    pub fn credential(&self) -> Option<&CredentialId> {
        match self {
            Address::Smtp { credential, .. } => credential.as_ref(),
            Address::Webhook { credential, .. } => Some(credential),
            Address::Folder { .. } => None,
        }
    }

    /// Has another credential have its secret.
    pub fn use_credential(&mut self, id: CredentialId) {
        match self {
            Address::Smtp { credential, .. } => *credential = Some(id),
            Address::Webhook { credential, .. } => *credential = id,
            Address::Folder { .. } => {}
        }
    }
}

names!(
    /// What a destination is.
    DestinationKind {
        /// A server for mail.
        Smtp = "smtp",
        /// A webhook.
        Webhook = "webhook",
        /// A folder.
        Folder = "folder",
    }
);

names!(
    /// How mail is protected on its way to the server.
    MailSecurity {
        /// TLS from the first byte.
        Tls = "tls",
        /// TLS once the server was asked for it; without it nothing is sent.
        StartTls = "starttls",
        /// None, and no login.
        Plain = "none",
    }
);

impl MailSecurity {
    /// The usual port.
    pub fn port(self) -> u16 {
        match self {
            MailSecurity::Tls => 465,
            MailSecurity::StartTls => 587,
            MailSecurity::Plain => 25,
        }
    }
}

/// A destination, and how it is used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Destination {
    /// Its id.
    #[serde(rename = "destination")]
    pub id: DestinationId,
    /// Its name.
    pub name: String,
    /// What it is. Whoever may not change it is told the kind alone.
    pub kind: DestinationKind,
    /// Where it is; `null` for whoever may not change it.
    pub target: Option<Address>,
    /// The name of the credential that has its secret.
    pub credential: Option<String>,
    /// The names of the policies that deliver to it.
    pub policies: Vec<String>,
    /// Raised by each edit: an edit names the one that it was made from.
    pub edition: i64,
}

/// What is delivered.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum Delivery {
    /// Something that shows whether the destination works.
    Test {
        /// The edition of it that is tested: another one is tested anew.
        edition: i64,
    },
    /// Why a policy runs, and what it has done by then.
    Run {
        /// The run.
        run: Box<SoFar>,
    },
    /// What is wrong now, by level, and the worst of it.
    Health {
        /// The run.
        run: Box<SoFar>,
    },
    /// Files with rows of the inventory.
    Rows {
        /// The run.
        run: Box<SoFar>,
        /// Of which kinds, a file each.
        kinds: Vec<Kind>,
    },
}

impl Delivery {
    /// The run that it belongs to.
    pub fn run(&self) -> Option<&SoFar> {
        match self {
            Delivery::Test { .. } => None,
            Delivery::Run { run } | Delivery::Health { run } | Delivery::Rows { run, .. } => Some(run),
        }
    }
}

names!(
    /// What a message is about.
    About {
        /// Why the policy runs, and what it has done by then.
        Run = "run",
        /// What is wrong now.
        Health = "health",
    }
);

/// A run of a policy, as far as it has come.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct SoFar {
    /// Its operation.
    pub run: OperationId,
    /// Which of its steps this is, from 1.
    pub step: usize,
    /// The policy.
    pub policy: PolicyId,
    /// The policy's name.
    pub name: String,
    /// Why it runs.
    pub cause: Cause,
    /// The vCenters that it is about, also those that can't be reached.
    pub vcenters: Vec<VcenterId>,
    /// Their names.
    pub names: Vec<String>,
    /// The vCenters that were left out, and why.
    pub left_out: Vec<String>,
    /// What became of the steps before.
    pub steps: Vec<RanStep>,
}

/// What became of a delivery: the `result` of its operation.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivered {
    /// What a receiver knows a message by; `null` for files.
    pub id: Option<String>,
    /// The files that were written.
    pub files: Vec<String>,
    /// Older files that were deleted.
    pub deleted: Vec<String>,
}
