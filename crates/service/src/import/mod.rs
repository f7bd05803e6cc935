//! vCenters out of a file: exports of Muster, of RVTools and of Royal TS, and plain lists of hosts.
//! Refuses to contact anybody, to take a password from a file, and to store a vCenter by halves.

mod list;
mod own;
mod plan;
mod read;
mod royal;
mod rvtools;
pub(crate) mod table;
#[cfg(test)]
mod tests;
mod workbook;

pub(crate) use own::{MARK, cell};
pub(crate) use plan::without_user;
pub(crate) use read::decoded;

use crate::call::{Admitted, Answer, Handler};
use crate::{Service, explain};
use contract::command::{ImportVcenters, PlanImport};
use contract::{
    ApiError, Code, Content, CredentialId, CredentialPlace, ImportAction, ImportOptions, ImportPlan, Trust,
    VcenterId, VcenterSettings,
};
use plan::{Deed, Known, Login, Planning};
use serde_json::{Map, Value};
use std::collections::HashMap;
use store::{NewCredential, NewVcenter, VcenterCredential};

/// A vCenter as a file names it. Nothing of it is checked yet.
#[derive(Clone, Debug, Default, PartialEq)]
struct Entry {
    /// Where it stands, from 1.
    line: u64,
    /// Its name; it is called like its host without one.
    name: Option<String>,
    /// Its address, as it stands there.
    host: String,
    /// Its port, where that stands beside the address.
    port: Option<u16>,
    /// The name of a credential.
    credential: Option<String>,
    /// The user of that credential.
    user: Option<String>,
    /// Which certificate is accepted.
    trust: Option<Trust>,
    /// Settings by their names in JSON.
    settings: Map<String, Value>,
    /// Its instance id.
    instance_uuid: Option<String>,
    /// What is wrong with it, where that is known by now.
    wrong: Option<String>,
}

impl Entry {
    /// Host and port, or why they are none.
    fn address(&self) -> Result<(String, u16), ApiError> {
        let (host, port) = crate::validate::address(&self.host)?;
        Ok((host, self.port.unwrap_or(port)))
    }
}

/// What a file holds.
#[derive(Clone, Debug, PartialEq)]
struct Listed {
    /// What kind of file it is, in words.
    format: &'static str,
    /// Whether it has the configuration of vCenters, and not just where they are.
    is_configuration: bool,
    /// What its entries are counted by: `line`, `row`, `object`.
    place: &'static str,
    entries: Vec<Entry>,
    /// Objects that are no vCenters.
    passed_over: usize,
}

impl Listed {
    /// A list of where vCenters are.
    fn of_others(format: &'static str, place: &'static str, entries: Vec<Entry>) -> Listed {
        Listed { format, is_configuration: false, place, entries, passed_over: 0 }
    }

    /// Configurations.
    fn of_ours(format: &'static str, place: &'static str, entries: Vec<Entry>) -> Listed {
        Listed { format, is_configuration: true, place, entries, passed_over: 0 }
    }
}

impl Service {
    /// What an import would do.
    async fn plan_import(&self, content: Content, options: ImportOptions) -> Result<ImportPlan, ApiError> {
        Ok(self.planned(content, options).await?.plan)
    }

    /// Does it; answers with what became of each.
    async fn import(&self, content: Content, options: ImportOptions) -> Result<ImportPlan, ApiError> {
        let Planning { mut plan, deeds } = self.planned(content, options).await?;
        if plan.needs_credential {
            let message = "the file names no credential for some of its vCenters";
            return Err(ApiError::new(Code::InvalidValue, message).next("Choose a credential for them."));
        }
        let mut made = HashMap::new();
        for (planned, deed) in plan.vcenters.iter_mut().zip(deeds) {
            if let Err(error) = self.carry_out(deed, &mut made).await {
                planned.action = ImportAction::Refuse;
                planned.reason = Some(error.message);
            }
        }
        self.changed();
        Ok(plan)
    }

    async fn planned(&self, content: Content, options: ImportOptions) -> Result<Planning, ApiError> {
        let chosen = match &options.credential {
            Some(credential) => Some(self.credential(credential).await?),
            None => None,
        };
        let records = self.records().await?;
        let credentials = self.inner.store.credentials().await.map_err(explain::store)?;
        let work = tokio::task::spawn_blocking(move || {
            let listed = read::read(&content.0, options.esxi_hosts)?;
            Ok(plan::of(listed, Known { records, credentials, chosen, update: options.update }))
        });
        work.await.unwrap_or_else(|_| {
            // Its words are those of a parser, which may quote the file.
            tracing::error!("reading a file to import panicked");
            Err(explain::defect("the file could not be read", "Report it, without passwords in the file."))
        })
    }

    /// Stores what one row of a file means. `made` are the credentials that came with rows before it.
    async fn carry_out(&self, deed: Deed, made: &mut HashMap<String, CredentialId>) -> Result<(), ApiError> {
        match deed {
            Deed::Nothing => Ok(()),
            Deed::Add(add) => {
                let credential = credential(add.login, made);
                let new = match &credential {
                    VcenterCredential::New(new) => Some((new.name.to_lowercase(), new.id.clone())),
                    VcenterCredential::Existing(_) => None,
                };
                let new_vcenter = NewVcenter {
                    id: VcenterId(uuid::Uuid::new_v4().to_string()),
                    name: add.name,
                    host: add.host,
                    port: add.port,
                    credential,
                    trust: add.trust,
                    settings: add.settings,
                    identity: None,
                };
                self.store().add_vcenter(new_vcenter).await.map_err(explain::store)?;
                made.extend(new);
                Ok(())
            }
            Deed::Change { id, edition, mut edit, login } => {
                let mut new = None;
                match login.map(|login| credential(login, made)) {
                    None => {}
                    Some(VcenterCredential::Existing(known)) => edit.credential = Some(known.0),
                    Some(VcenterCredential::New(one)) => {
                        edit.credential = Some(one.id.0.clone());
                        new = Some((one.name.to_lowercase(), one.id.clone()));
                        self.store().add_credential(one).await.map_err(explain::store)?;
                    }
                }
                if let Err(refused) = self.edit_vcenter(id.as_str(), edition, edit).await {
                    if let Some((_, new)) = new
                        && let Err(error) = self.store().remove_credential(&new, self.now()).await
                    {
                        tracing::warn!(%error, "the credential of a row that was not imported stays");
                    }
                    return Err(refused);
                }
                made.extend(new);
                Ok(())
            }
        }
    }
}

/// What a row's login stands for: a credential that is there, or came with a row before, or is to be stored.
fn credential(login: Login, made: &HashMap<String, CredentialId>) -> VcenterCredential {
    match login {
        Login::Existing(id) => VcenterCredential::Existing(id),
        Login::New { name, user } => match made.get(&name.to_lowercase()) {
            Some(id) => VcenterCredential::Existing(id.clone()),
            None => {
                let id = CredentialId(uuid::Uuid::new_v4().to_string());
                let stored = CredentialPlace::None;
                VcenterCredential::New(NewCredential { id, name, user, stored, helper: None })
            }
        },
    }
}

impl Handler for PlanImport {
    async fn run(self, call: Admitted<'_>) -> Answer<Self> {
        call.plan_import(self.content, self.options).await
    }
}

impl Handler for ImportVcenters {
    async fn run(self, call: Admitted<'_>) -> Answer<Self> {
        call.import(self.content, self.options).await
    }
}

/// Settings with those of a file in their place.
fn settings_on(base: &VcenterSettings, own: &Map<String, Value>) -> Result<VcenterSettings, String> {
    let Ok(Value::Object(mut all)) = serde_json::to_value(base) else {
        return Err("the settings can't be read".to_owned());
    };
    for (setting, value) in own {
        all.insert(setting.clone(), value.clone());
        if serde_json::from_value::<VcenterSettings>(Value::Object(all.clone())).is_err() {
            return Err(format!("\"{setting}\" has a value that it can't have"));
        }
    }
    let settings = serde_json::from_value(Value::Object(all)).unwrap_or_else(|_| base.clone());
    crate::validate::settings(settings).map_err(|error| error.message)
}
