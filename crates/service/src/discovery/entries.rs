//! Servers that a person enters or a file names: what is done about each, before and after it is done.
//! Refuses to contact a BMC, to show a password, and to store a row by halves.

use super::{bmcs, ranges};
use crate::configuration::Source;
use crate::configuration::asked::secret;
use crate::import::{decoded, table, without_user};
use crate::{Service, explain, validate};
use contract::command::Password;
use contract::discovery::{PlannedServer, Scan};
use contract::words::excerpt;
use contract::{
    ApiError, Code, Content, Credential, CredentialId, Event, ImportAction, ServerId, Way, designated,
};
use csv::StringRecord;
use secrecy::{ExposeSecret, SecretString};
use std::collections::HashMap;
use store::Bmc;

/// Servers of one file at most.
const MOST: usize = 5_000;

/// What a file of that many needs at most.
const LARGEST: usize = 8 << 20;

/// A server as it was entered. Nothing of it is checked yet.
#[derive(Default)]
pub(super) struct Entry {
    /// Where it stands in a file, from 1.
    pub(super) line: Option<u64>,
    pub(super) address: String,
    pub(super) port: Option<String>,
    /// The name of a profile.
    pub(super) profile: Option<String>,
    pub(super) user: Option<String>,
    pub(super) password: Option<SecretString>,
}

/// What an entry means.
enum Deed {
    Nothing,
    Add { host: String, port: u16, login: Login },
    Change { bmc: Box<Bmc>, login: Login },
}

/// What a BMC is logged in to with.
enum Login {
    /// The profile that fits it.
    Any,
    Profile(CredentialId),
    /// A credential of its own.
    Own {
        user: String,
        password: SecretString,
    },
}

/// What is known, to be compared with.
pub(super) struct Known {
    bmcs: Vec<Bmc>,
    credentials: Vec<Credential>,
    /// The profiles, by name and id.
    profiles: Vec<(String, CredentialId)>,
}

impl Service {
    /// What entries mean, or does it as well; answers with what becomes of each.
    pub(super) async fn enter(
        &self,
        entries: Vec<Entry>,
        is_done: bool,
    ) -> Result<Vec<PlannedServer>, ApiError> {
        let known = self.known_to_entries().await?;
        let mut seen = HashMap::new();
        let mut all = Vec::with_capacity(entries.len());
        for (place, entry) in (1..).zip(entries) {
            let line = entry.line;
            let shown = without_user(&entry.address);
            let (mut planned, deed) = match judged(entry, &known) {
                Ok(judged) => judged,
                Err(reason) => (refused(shown, line, reason), Deed::Nothing),
            };
            if planned.action != ImportAction::Refuse
                && let Some(first) = seen.insert(planned.address.clone(), line.unwrap_or(place))
            {
                let reason = format!("the same address stands in line {first}");
                planned = refused(planned.address, line, reason);
            } else if is_done && let Err(error) = self.carry_out_entry(deed, &known, &mut planned).await {
                planned = refused(planned.address, line, error.message);
            }
            all.push(planned);
        }
        if is_done {
            self.inner.events.publish(Event::ServersChanged);
            self.changed();
        }
        Ok(all)
    }

    pub(super) async fn known_to_entries(&self) -> Result<Known, ApiError> {
        let store = &self.inner.store;
        let bmcs = store.bmcs().await.map_err(explain::store)?;
        let credentials = store.credentials().await.map_err(explain::store)?;
        let profiles = store.bmc_profiles().await.map_err(explain::store)?;
        let named = |profile: store::BmcProfile| {
            let of = credentials.iter().find(|one| one.id == profile.credential)?;
            Some((of.name.clone(), profile.credential))
        };
        let profiles = profiles.into_iter().filter_map(named).collect();
        Ok(Known { bmcs, credentials, profiles })
    }

    async fn carry_out_entry(
        &self,
        deed: Deed,
        known: &Known,
        planned: &mut PlannedServer,
    ) -> Result<(), ApiError> {
        let (bmc, login) = match deed {
            Deed::Nothing => return Ok(()),
            Deed::Add { host, port, login } => {
                let message = "it was added, and nothing was read from it yet";
                let unread = ApiError::new(Code::Unreachable, message).next("Read the server.");
                let new = bmcs::empty(&host, port, &Way::default(), self.now());
                (Bmc { problem: Some(unread), ..new }, login)
            }
            Deed::Change { bmc, login } => (*bmc, login),
        };
        let is_new = planned.server.is_none();
        planned.server = Some(ServerId(bmc.id.clone()));
        let store = self.store();
        let (chosen, made) = match login {
            Login::Any => (None, None),
            Login::Profile(id) => (Some(id), None),
            Login::Own { user, password } => {
                let own = bmc.chosen.as_ref().filter(|id| known.is_own(id, &bmc));
                if let Some(own) = own {
                    let source = Some(Source::Password(password));
                    let set = self.set_credential(own.as_str(), None, Some(&user), source).await?;
                    planned.note(set.password_note);
                    return Ok(());
                }
                let name = known.free_name(&planned.address);
                let added = self.add_credential(&name, &user, Some(password), None).await?;
                planned.note(added.password_note);
                (Some(added.what.id.clone()), Some(added.what.id))
            }
        };
        let stored = match (is_new, &chosen) {
            (true, _) => store.add_bmc(&Bmc { chosen, ..bmc }).await.map_err(explain::store),
            (false, Some(chosen)) => {
                let message = "another credential was chosen for it, and nothing was read since";
                let since = ApiError::new(Code::NoPassword, message).next("Read the server.");
                store.choose(&bmc, chosen, &since).await.map_err(explain::store)
            }
            (false, None) => Ok(true),
        };
        let refused = match stored {
            Ok(true) => return Ok(()),
            Ok(false) => ApiError::new(Code::AlreadyExists, "it was found or removed meanwhile: do it again"),
            Err(error) => error,
        };
        planned.server = None;
        if let Some(made) = made
            && let Err(error) = self.remove_credential(made.as_str()).await
        {
            tracing::warn!(%error, "the credential of a server that was not added stays");
        }
        Err(refused)
    }
}

impl Known {
    /// Whether a credential is this BMC's own: no profile, and nobody else's.
    fn is_own(&self, id: &CredentialId, of: &Bmc) -> bool {
        let uses = |bmc: &Bmc| bmc.chosen.as_ref() == Some(id) || bmc.credential_id.as_ref() == Some(id);
        self.profiles.iter().all(|(_, profile)| profile != id)
            && self.credentials.iter().any(|one| one.id == *id && one.vcenters.is_empty())
            && !self.bmcs.iter().any(|bmc| bmc.id != of.id && uses(bmc))
    }

    /// The credentials that these BMCs have for themselves: nobody needs them after.
    pub(super) fn own_of(&self, ids: &[(String, ServerId)]) -> Vec<CredentialId> {
        let removed = self.bmcs.iter().filter(|bmc| ids.iter().any(|(id, _)| *id == bmc.id));
        let own = removed.filter_map(|bmc| bmc.chosen.as_ref().filter(|id| self.is_own(id, bmc)));
        own.cloned().collect()
    }

    /// What the credential of a BMC is called.
    fn free_name(&self, address: &str) -> String {
        // A name may have no slash; an address has none.
        let name = format!("BMC {address}");
        let is_taken = |name: &str| self.credentials.iter().any(|one| one.name.eq_ignore_ascii_case(name));
        let numbered = (2..).map(|number| format!("{name} ({number})"));
        std::iter::once(name.clone()).chain(numbered).find(|name| !is_taken(name)).unwrap_or(name)
    }
}

fn refused(address: String, line: Option<u64>, reason: String) -> PlannedServer {
    let action = ImportAction::Refuse;
    PlannedServer { server: None, address, credential: None, action, reason: Some(reason), line }
}

/// What an entry means, or what is wrong with it.
fn judged(entry: Entry, known: &Known) -> Result<(PlannedServer, Deed), String> {
    let (host, port) = place(&entry)?;
    let login = login(&entry, known)?;
    let credential = match &login {
        Login::Any => None,
        Login::Profile(id) => known.profiles.iter().find(|(_, one)| one == id).map(|(name, _)| name.clone()),
        Login::Own { user, .. } => Some(user.clone()),
    };
    let address = match port {
        Scan::PORT => host.clone(),
        _ => contract::words::address(&host, port),
    };
    let planned = |server: Option<&Bmc>, action, reason: Option<&str>| PlannedServer {
        server: server.map(|bmc| ServerId(bmc.id.clone())),
        address: address.clone(),
        credential: credential.clone(),
        action,
        reason: reason.map(str::to_owned),
        line: entry.line,
    };
    let Some(bmc) = known.bmcs.iter().find(|bmc| (&bmc.host, bmc.port) == (&host, port)) else {
        return Ok((planned(None, ImportAction::Add, None), Deed::Add { host, port, login }));
    };
    let change = match &login {
        Login::Any => None,
        Login::Profile(id) => (bmc.chosen.as_ref() != Some(id)).then_some("another profile is chosen for it"),
        Login::Own { .. } if bmc.chosen.as_ref().is_some_and(|id| known.is_own(id, bmc)) => {
            Some("user and password of its own credential are set")
        }
        Login::Own { .. } => Some("it gets a credential of its own"),
    };
    Ok(match change {
        Some(what) => {
            let planned = planned(Some(bmc), ImportAction::Change, Some(what));
            (planned, Deed::Change { bmc: Box::new(bmc.clone()), login })
        }
        None => (planned(Some(bmc), ImportAction::Same, None), Deed::Nothing),
    })
}

/// Where the BMC is.
fn place(entry: &Entry) -> Result<(String, u16), String> {
    if entry.address.trim().is_empty() {
        return Err("it has no address".to_owned());
    }
    if !entry.address.contains("://") && !entry.address.contains('@') && entry.address.contains('/') {
        // Else all but the first address of a network would be lost.
        ranges::one(entry.address.trim())?;
    }
    let (host, port) = validate::address(&entry.address)
        .map_err(|error| error.message.replace("address of a vCenter", "address of a BMC"))?;
    let host = ranges::one(&host)?;
    match entry.port.as_deref().map(str::trim).filter(|port| !port.is_empty()) {
        None => Ok((host, port)),
        Some(own) => match own.parse() {
            Ok(own) if own > 0 => Ok((host, own)),
            _ => Err(format!("\"{}\" is not a valid port", excerpt(own))),
        },
    }
}

fn login(entry: &Entry, known: &Known) -> Result<Login, String> {
    match (&entry.profile, &entry.user, &entry.password) {
        (None, None, None) => Ok(Login::Any),
        (Some(profile), None, None) => {
            let names = |one: &(String, CredentialId)| one.0.clone();
            let found = designated(&known.profiles, profile, "profile", |one| (&one.0, one.1.as_str()));
            found.map(|one| Login::Profile(one.1.clone())).map_err(|error| {
                let all: Vec<String> = known.profiles.iter().map(names).collect();
                match all.is_empty() {
                    true => format!("{}; add it first", error.message),
                    false => format!("{}; there are: {}", error.message, all.join(", ")),
                }
            })
        }
        (Some(_), ..) => Err("it has a profile and a login of its own: one of them is enough".to_owned()),
        (None, Some(user), Some(password)) => {
            let user = validate::user(user).map_err(|error| error.message)?;
            let password =
                secret(Password(password.expose_secret().to_owned())).map_err(|error| error.message)?;
            Ok(Login::Own { user, password })
        }
        (None, Some(_), None) => Err("it has a user and no password".to_owned()),
        (None, None, Some(_)) => Err("it has a password and no user".to_owned()),
    }
}

/// The servers that a file names: a table with titles, or a list with one address a line.
pub(super) fn read(content: &Content) -> Result<Vec<Entry>, ApiError> {
    rows(&content.0).map_err(|why| {
        ApiError::new(Code::InvalidValue, format!("the file can't be imported: {why}")).next(
            "Choose a CSV with the titles address, port, profile, user, password, of which only address is needed, or a list \
             with one address per line.",
        )
    })
}

fn rows(bytes: &[u8]) -> Result<Vec<Entry>, String> {
    if bytes.len() > LARGEST {
        return Err("it is larger than 8 MiB".to_owned());
    }
    let text = decoded(bytes)?;
    let entries = match table::of(&text, |titles| titles.iter().any(|title| is_address(title)).then_some(()))
    {
        Some(table) => {
            let columns = Columns::of(&table);
            table.rows().map(|(line, record)| columns.entry(line, &record)).take(MOST + 1).collect()
        }
        None => listed(&text)?,
    };
    match entries.len() {
        0 => Err("it names no server".to_owned()),
        number if number > MOST => Err(format!("it names more than {MOST} servers")),
        _ => Ok(entries),
    }
}

fn is_address(title: &str) -> bool {
    matches!(title, "address" | "host" | "hostname" | "ip" | "ipaddress" | "bmc" | "bmcaddress" | "bmcip")
}

/// Which column is what.
struct Columns {
    address: Option<usize>,
    port: Option<usize>,
    profile: Option<usize>,
    user: Option<usize>,
    password: Option<usize>,
}

impl Columns {
    fn of(table: &table::Table<'_, ()>) -> Columns {
        Columns {
            address: table.column(is_address),
            port: table.column(|title| title == "port"),
            profile: table.column(|title| matches!(title, "profile" | "credential")),
            user: table.column(|title| matches!(title, "user" | "username" | "login")),
            password: table.column(|title| title == "password"),
        }
    }

    fn entry(&self, line: u64, record: &StringRecord) -> Entry {
        let cell = |column: Option<usize>| column.and_then(|column| record.get(column)).unwrap_or_default();
        let text = |column| Some(cell(column).trim().to_owned()).filter(|text| !text.is_empty());
        Entry {
            line: Some(line),
            address: cell(self.address).trim().to_owned(),
            port: text(self.port),
            profile: text(self.profile),
            user: text(self.user),
            // White space may belong to it.
            password: Some(cell(self.password)).filter(|text| !text.is_empty()).map(SecretString::from),
        }
    }
}

/// One address a line; a line with more has a login that nobody named.
fn listed(text: &str) -> Result<Vec<Entry>, String> {
    let lines = (1..).zip(text.lines()).map(|(line, text)| (line, text.trim()));
    let lines = lines.filter(|(_, text)| !text.is_empty() && !text.starts_with('#')).take(MOST + 1);
    let entry = |(line, text): (u64, &str)| match text.contains([',', ';', '\t', ' ']) {
        true => Err(format!("line {line} has more than an address, and there are no titles")),
        false => Ok(Entry { line: Some(line), address: text.to_owned(), ..Entry::default() }),
    };
    lines.map(entry).collect()
}
