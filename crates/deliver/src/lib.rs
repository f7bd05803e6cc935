//! Delivers what is sent without anybody looking: JSON to a webhook, mail to an SMTP server.
//! Knows nothing of Muster but how a server is reached. Never sends to a server that isn't trusted, never a password without
//! TLS, never retries, and never follows a redirect.

mod error;
mod hook;
mod mail;

pub use error::Error;
pub use hook::{Hook, post, signature};
pub use mail::{Mail, Mailbox, Security, Submission, mailbox, send};
