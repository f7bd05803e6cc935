//! What an import makes of each vCenter of a file, against those that are configured: decided in one place for the dry run
//! and for what is done.
//! Refuses to change what a file may mean another vCenter by, and the user of a credential that others share.

use super::{Entry, Listed, settings_on};
use crate::configuration::{EditVcenter, differences, normal};
use crate::validate;
use contract::{
    Credential, CredentialId, CredentialPlace, ImportAction, ImportPlan, Planned, Trust, VcenterId,
    VcenterSettings, words,
};
use std::collections::HashMap;
use store::{VcenterEdit, VcenterRecord};

/// What is configured, and how the file is to be imported.
pub(super) struct Known {
    pub(super) records: Vec<VcenterRecord>,
    pub(super) credentials: Vec<Credential>,
    /// What those log in with that are added, whatever the file says.
    pub(super) chosen: Option<Credential>,
    /// Whether name and address are changed too.
    pub(super) update: bool,
}

/// What is shown, and what is done: one deed for each row.
pub(super) struct Planning {
    pub(super) plan: ImportPlan,
    pub(super) deeds: Vec<Deed>,
}

/// What is stored for a row.
pub(super) enum Deed {
    Nothing,
    Add(Add),
    Change { id: VcenterId, edition: i64, edit: EditVcenter, login: Option<Login> },
}

/// A vCenter that is added.
pub(super) struct Add {
    pub(super) name: String,
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) login: Login,
    pub(super) trust: Trust,
    pub(super) settings: VcenterSettings,
}

/// What it logs in with.
#[derive(Clone)]
pub(super) enum Login {
    Existing(CredentialId),
    New { name: String, user: String },
}

/// The plan for all that a file holds.
pub(super) fn of(listed: Listed, known: Known) -> Planning {
    let mut plan = ImportPlan {
        format: listed.format.to_owned(),
        vcenters: Vec::with_capacity(listed.entries.len()),
        passed_over: listed.passed_over,
        needs_credential: false,
    };
    let mut planner = Planner {
        known,
        is_configuration: listed.is_configuration,
        place: listed.place,
        names: HashMap::new(),
        addresses: HashMap::new(),
        met: HashMap::new(),
        credentials: HashMap::new(),
        needs_credential: false,
    };
    let mut deeds = Vec::with_capacity(listed.entries.len());
    for entry in listed.entries {
        let (planned, deed) = planner.row(entry);
        plan.vcenters.push(planned);
        deeds.push(deed);
    }
    plan.needs_credential = planner.needs_credential;
    Planning { plan, deeds }
}

struct Planner {
    known: Known,
    is_configuration: bool,
    place: &'static str,
    /// Where names and addresses stood first.
    names: HashMap<String, u64>,
    addresses: HashMap<(String, u16), u64>,
    /// The same of the vCenters that are known.
    met: HashMap<VcenterId, u64>,
    /// The users of credentials that come with the file.
    credentials: HashMap<String, String>,
    needs_credential: bool,
}

/// What is decided of a row: its action, its reason and its deed; or why it is not imported.
type Decision = Result<(ImportAction, Option<String>, Deed), String>;

/// What was typed as an address. A user before the host may have a password behind it: it is quoted nowhere.
pub(crate) fn without_user(text: &str) -> String {
    match contract::trimmed(text).rsplit_once('@') {
        Some((_, host)) => format!("\u{2026}@{}", words::excerpt(host)),
        None => words::excerpt(contract::trimmed(text)),
    }
}

impl Planner {
    fn row(&mut self, entry: Entry) -> (Planned, Deed) {
        let address = entry.address().map_err(|error| error.message);
        let (host, port) = match &address {
            Ok((host, port)) => (host.clone(), Some(*port)),
            Err(_) => (without_user(&entry.host), None),
        };
        let name = entry.name.clone().unwrap_or_else(|| match &address {
            Ok((host, 443)) => host.clone(),
            Ok((host, port)) => words::address(host, *port),
            Err(_) => without_user(&entry.host),
        });
        let checked = match &entry.wrong {
            Some(wrong) => Err(wrong.clone()),
            None => address,
        };
        let checked = checked.and_then(|address| {
            let name = validate::name("vCenter", &name).map_err(|error| error.message)?;
            Ok((name, address))
        });
        let name = checked.as_ref().map_or_else(|_| without_user(&name), |(name, _)| name.clone());
        let decided = checked.and_then(|(name, address)| self.decide(&entry, name, address));
        let (action, reason, deed) = match decided {
            Ok(decided) => decided,
            Err(reason) => (ImportAction::Refuse, Some(reason), Deed::Nothing),
        };
        (Planned { name, host, port, action, reason, line: Some(entry.line) }, deed)
    }

    fn decide(&mut self, entry: &Entry, name: String, address: (String, u16)) -> Decision {
        let lower = name.to_lowercase();
        let place = self.place;
        let twice = |line: &u64, what: &str| Err(format!("{place} {line} has the same {what}"));
        if let Some(line) = self.addresses.get(&address) {
            return twice(line, "address");
        }
        if let Some(line) = self.names.get(&lower) {
            return twice(line, "name");
        }
        let by_name = self.known.records.iter().find(|r| r.vcenter.name.to_lowercase() == lower);
        let by_address =
            self.known.records.iter().find(|r| (&r.vcenter.host, r.vcenter.port) == (&address.0, address.1));
        let by_instance = self.known.records.iter().find(|r| {
            let known = r.vcenter.instance_uuid.as_deref();
            known.zip(entry.instance_uuid.as_deref()).is_some_and(|(a, b)| a.eq_ignore_ascii_case(b))
        });
        let found: Vec<&VcenterRecord> = [by_name, by_address, by_instance].into_iter().flatten().collect();
        let first = found.first().map(|record| (*record).clone());
        let other = first.as_ref().and_then(|first| found.iter().find(|r| r.vcenter.id != first.vcenter.id));
        let other = other.map(|record| record.vcenter.name.clone());
        let known = first.as_ref().map(|record| record.vcenter.id.clone());
        if let Some(line) = known.as_ref().and_then(|known| self.met.get(known)) {
            return Err(format!("{place} {line} is the same vCenter"));
        }
        let decided = match first {
            None => self.add(entry, name, &address),
            Some(record) => match other {
                Some(other) => Err(format!(
                    "it is \"{}\" by one of name, address and instance id, and \"{other}\" by another one",
                    record.vcenter.name
                )),
                None if self.is_configuration => self.configured(entry, name, &address, &record),
                None => self.listed(&name, &address, &record),
            },
        }?;
        self.met.extend(known.map(|known| (known, entry.line)));
        self.names.insert(lower, entry.line);
        self.addresses.insert(address, entry.line);
        Ok(decided)
    }

    fn add(&mut self, entry: &Entry, name: String, (host, port): &(String, u16)) -> Decision {
        let settings = settings_on(&VcenterSettings::default(), &entry.settings)?;
        let trust = trust(entry)?.unwrap_or(Trust::System);
        let login = match &self.known.chosen {
            Some(chosen) => Some((Login::Existing(chosen.id.clone()), format!("Credential {}", chosen.name))),
            None => self.login(entry, &name)?,
        };
        let Some((login, reason)) = login else {
            self.needs_credential = true;
            return Ok((ImportAction::Add, None, Deed::Nothing));
        };
        // Its password would go to an address, and past a certificate, that only the file vouches for.
        if let (Login::Existing(id), None) = (&login, &self.known.chosen)
            && !self.known.update
        {
            let known = self.known.credentials.iter().find(|one| one.id == *id);
            let named = known.map_or_else(String::new, |one| one.name.clone());
            return Err(format!(
                "its credential \"{named}\" is configured here, and is used by an update only"
            ));
        }
        let add = Add { name, host: host.clone(), port: *port, login, trust, settings };
        Ok((ImportAction::Add, Some(reason), Deed::Add(add)))
    }

    /// What the file has it log in with, and that in words.
    fn login(&mut self, entry: &Entry, vcenter: &str) -> Result<Option<(Login, String)>, String> {
        // A user without a credential is that of one of its own, which is called like the vCenter.
        let named = entry.credential.as_deref().or_else(|| entry.user.as_ref().map(|_| vcenter));
        let Some(named) = named else { return Ok(None) };
        let name = validate::name("credential", named).map_err(|error| error.message)?;
        let user = entry.user.as_deref().map(validate::user).transpose().map_err(|error| error.message)?;
        let lower = name.to_lowercase();
        let differs = |known: &str| user.as_deref().is_some_and(|user| user != known);
        let another = |known: &str| {
            let user = user.as_deref().unwrap_or_default();
            Err(format!("the credential \"{name}\" logs in as {known}, not as {user}"))
        };
        if let Some(known) = self.known.credentials.iter().find(|one| one.name.to_lowercase() == lower) {
            if differs(&known.user) {
                return another(&known.user);
            }
            let words = format!("Credential {}", known.name);
            return Ok(Some((Login::Existing(known.id.clone()), words)));
        }
        let user = match (self.credentials.get(&lower), &user) {
            (Some(known), _) if differs(known) => return another(known),
            (Some(known), _) => known.clone(),
            (None, Some(user)) => user.clone(),
            (None, None) => {
                return Err(format!("there is no credential \"{name}\", and the file names no user for it"));
            }
        };
        self.credentials.insert(lower, user.clone());
        let words = format!("New credential {name} ({user}), without a password");
        Ok(Some((Login::New { name, user }, words)))
    }

    /// A vCenter that a list names and that is there: a list knows no more than where it is.
    fn listed(&self, name: &str, address: &(String, u16), record: &VcenterRecord) -> Decision {
        let v = &record.vcenter;
        let is_called_so = v.name.to_lowercase() == name.to_lowercase();
        let is_there = (&v.host, v.port) == (&address.0, address.1);
        match (is_called_so, is_there) {
            (true, true) => Ok((ImportAction::Same, None, Deed::Nothing)),
            (true, false) => self.moved(address, record),
            (false, _) => {
                Ok((ImportAction::Same, Some(format!("It is configured as {}", v.name)), Deed::Nothing))
            }
        }
    }

    fn moved(&self, (host, port): &(String, u16), record: &VcenterRecord) -> Decision {
        if !self.known.update {
            return Err(other_address(record));
        }
        let edit = VcenterEdit { host: Some(host.clone()), port: Some(*port), ..VcenterEdit::default() };
        Ok(change(record, edit, None))
    }

    /// A configuration of a vCenter that is there.
    fn configured(
        &mut self,
        entry: &Entry,
        name: String,
        (host, port): &(String, u16),
        record: &VcenterRecord,
    ) -> Decision {
        let v = &record.vcenter;
        let mut edit = VcenterEdit::default();
        if v.name != name {
            if v.name.to_lowercase() != name.to_lowercase() && !self.known.update {
                return Err(format!("it is configured as {}, and is renamed by an update only", v.name));
            }
            edit.name = Some(name.clone());
        }
        if (&v.host, v.port) != (host, *port) {
            if !self.known.update {
                return Err(other_address(record));
            }
            (edit.host, edit.port) = (Some(host.clone()), Some(*port));
        }
        edit.trust = trust(entry)?.filter(|trust| *trust != record.trust);
        let settings = settings_on(&v.settings, &entry.settings)?;
        edit.settings = Some(settings).filter(|settings| *settings != v.settings);
        let login = match (&self.known.chosen, &entry.credential) {
            // What was chosen is for those that are added.
            (Some(_), _) | (None, None) => None,
            (None, Some(_)) => self.login(entry, &name)?.map(|(login, _)| login),
        };
        let login = login.filter(|login| !matches!(login, Login::Existing(id) if *id == v.credential_id));
        let leads_elsewhere =
            edit.settings.as_ref().is_some_and(|settings| settings.way() != v.settings.way());
        if !self.known.update && (edit.trust.is_some() || leads_elsewhere || login.is_some()) {
            return Err(
                "its trust, credential or the way there differs, and is changed by an update only".to_owned()
            );
        }
        let login = login.map(|login| {
            let shown = match &login {
                Login::New { name, user } => Some(credential_of(name, user)),
                Login::Existing(id) => self.known.credentials.iter().find(|one| one.id == *id).cloned(),
            };
            (login, shown)
        });
        Ok(change(record, edit, login))
    }
}

/// A change of what is there, or that there is none.
fn change(
    record: &VcenterRecord,
    edit: VcenterEdit,
    login: Option<(Login, Option<Credential>)>,
) -> (ImportAction, Option<String>, Deed) {
    let (login, shown) = login.unzip();
    let differing: Vec<String> = differences(record, &edit, shown.flatten()).iter().map(in_words).collect();
    if differing.is_empty() {
        return (ImportAction::Same, None, Deed::Nothing);
    }
    let v = &record.vcenter;
    let address = edit.host.as_ref().zip(edit.port).map(|(host, port)| words::address(host, port));
    let edit = EditVcenter {
        name: edit.name,
        address,
        trust: edit.trust,
        settings: edit.settings,
        ..EditVcenter::default()
    };
    let deed = Deed::Change { id: v.id.clone(), edition: v.edition, edit, login };
    (ImportAction::Change, Some(differing.join("; ")), deed)
}

/// A credential that comes with the file.
fn credential_of(name: &str, user: &str) -> Credential {
    Credential {
        id: CredentialId(String::new()),
        name: name.to_owned(),
        user: user.to_owned(),
        stored: CredentialPlace::None,
        helper: None,
        vcenters: Vec::new(),
        rejected_at: None,
        rejected_because: None,
        rejected_message: None,
    }
}

/// `TTL: 5 min → 1 h`.
fn in_words(difference: &contract::Difference) -> String {
    let shown = |value: &str| if value.is_empty() { "none".to_owned() } else { value.to_owned() };
    format!("{}: {} → {}", difference.field, shown(&difference.now), shown(&difference.yours))
}

fn other_address(record: &VcenterRecord) -> String {
    let v = &record.vcenter;
    let address = words::address(&v.host, v.port);
    format!("{} is configured with the address {address}, which only an update changes", v.name)
}

/// Trust with its values checked.
fn trust(entry: &Entry) -> Result<Option<Trust>, String> {
    entry.trust.clone().map(normal).transpose().map_err(|error| error.message)
}
