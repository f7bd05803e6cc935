//! What the window's forms ask for, as the service takes it.
//! Refuses to check anything: the service does that for every client alike.

use super::{AddVcenter, EditVcenter, LoginWith, Stored};
use contract::command::{Change, Login, Password, Saved, Settings};
use contract::{Trust, Vcenter};
use secrecy::SecretString;
use std::time::Duration;

impl From<Settings> for AddVcenter {
    fn from(asked: Settings) -> AddVcenter {
        AddVcenter {
            name: asked.name,
            address: asked.address,
            login: asked.login.into(),
            trust: asked.trust.unwrap_or(Trust::System),
            tags: asked.tags,
            ttl: Some(Duration::from_secs(asked.ttl_seconds)),
        }
    }
}

impl From<Login> for LoginWith {
    fn from(asked: Login) -> LoginWith {
        match asked {
            Login::Own { user, password } => LoginWith::User { user, password: password.map(secret) },
            Login::Shared { credential } => LoginWith::Credential(credential),
        }
    }
}

impl From<Change> for EditVcenter {
    fn from(asked: Change) -> EditVcenter {
        EditVcenter {
            name: asked.name,
            address: asked.address,
            credential: asked.credential,
            user: asked.user,
            password: asked.password.map(secret),
            trust: asked.trust,
            tags: asked.tags,
            ttl: asked.ttl_seconds.map(Duration::from_secs),
        }
    }
}

impl From<Stored<Vcenter>> for Saved {
    fn from(stored: Stored<Vcenter>) -> Saved {
        Saved { vcenter: stored.what, password_note: stored.password_note }
    }
}

fn secret(Password(typed): Password) -> SecretString {
    // Pasted from a file of Windows, it may come with that file's mark.
    typed.trim_start_matches('\u{feff}').into()
}
