//! What is in a support bundle, before and after its names are replaced.
//! Refuses the inventory, users, notes and certificates: none of it says why something doesn't work.

use super::names;
use super::pseudonyms::Pseudonyms;
use crate::log::Files;
use crate::{Service, explain};
use contract::command::OperationFilter;
use contract::{ApiError, LogLine, Operation, Schedule, Vcenter, words};
use serde_json::{Map, Value, json};
use std::io::Read;

/// Operations in it.
const OPERATIONS: u32 = 500;

const README: &str = "\
A support bundle of Muster.

Names of vCenters, hosts, VMs, clusters, datastores, networks, folders, credentials, users, schedules and tags, IP and MAC
addresses, host names, UUIDs, fingerprints and paths were replaced by made-up ones: the same name by the same one in every
file. Names that are ordinary words stay where they stand in a sentence. There is no password and no inventory in it.

about.json        release, platform, data folder, database
doctor.json       what Muster finds when it looks at everything it needs
settings.json     the settings of Muster itself
vcenters.json     state, age and number of objects of each vCenter, versions and settings
credentials.json  where the password of each is, and whether it was rejected
schedules.json    what runs by itself
operations.json   the newest operations, with their errors
database.json     how many rows each table has
log/              the log, a line of JSON for each entry
";

/// Documents by the name of their file, with the operations that may name what nobody else knows.
pub(super) struct Documents {
    files: Vec<(&'static str, Value)>,
    operations: Vec<Operation>,
}

impl Service {
    /// What the service knows, as documents with names.
    pub(super) async fn documents(&self) -> Result<Documents, ApiError> {
        let store = &self.inner.store;
        let listing = self.inner.operations.list(&OperationFilter::default(), OPERATIONS).await?;
        let mut vcenters = Vec::new();
        let records = self.records().await?;
        for status in self.status().await? {
            let record = records.iter().find(|record| record.vcenter.id == status.vcenter_id);
            vcenters.push(
                json!({ "status": status, "configured": record.map(|record| configured(&record.vcenter)) }),
            );
        }
        let files = vec![
            ("about.json", self.about().await),
            ("doctor.json", document(&self.doctor().await?)),
            ("settings.json", document(&store.preferences().await.map_err(explain::store)?)),
            ("vcenters.json", vcenters.into()),
            (
                "credentials.json",
                self.credentials().await?.iter().map(|one| without(one, &["user", "helper"])).collect(),
            ),
            ("schedules.json", self.inner.schedules.list().await?.into_iter().map(unlearned).collect()),
            ("operations.json", document(&listing.operations)),
            ("database.json", document(&store.rows().await.map_err(explain::store)?)),
        ];
        Ok(Documents { files, operations: listing.operations })
    }

    async fn about(&self) -> Value {
        let health = self.inner.store.check().await;
        let database = match health {
            Ok(health) => json!({
                "schema": health.schema_version,
                "sqlite": health.sqlite_version,
                "journal_mode": health.journal_mode,
                "bytes": health.size_bytes,
                "used_bytes": health.used_bytes,
                "faults": health.faults,
            }),
            Err(error) => json!({ "error": explain::chain(&error) }),
        };
        json!({
            "release": env!("CARGO_PKG_VERSION"),
            "made_at": self.now(),
            "os": std::env::consts::OS,
            "family": std::env::consts::FAMILY,
            "arch": std::env::consts::ARCH,
            "share": self.inner.store.share(),
            "processors": std::thread::available_parallelism().map_or(0, usize::from),
            "database": database,
        })
    }
}

/// Every file as it stands in the bundle.
pub(super) fn files(names: &mut Pseudonyms, documents: Documents, logs: &Files) -> Vec<(String, String)> {
    documents.operations.iter().for_each(|operation| names::of_operation(names, operation));
    let logs: Vec<(String, String)> =
        logs.open().into_iter().map(|(name, file)| (name, read(file))).collect();
    for line in logs.iter().flat_map(|(_, text)| text.lines()).filter_map(parsed) {
        names::of_fields(names, &line.fields);
    }
    let mut files = vec![("README.txt".to_owned(), README.to_owned())];
    for (name, mut document) in documents.files {
        drop_certificates(&mut document);
        names.document(&mut document);
        files.push((name.to_owned(), format!("{document:#}\n")));
    }
    files.extend(logs.into_iter().map(|(name, text)| (format!("log/{name}"), log(names, &text))));
    files
}

fn read(mut file: std::fs::File) -> String {
    let mut bytes = Vec::new();
    // What can be read of a damaged file is read.
    let _ = file.read_to_end(&mut bytes);
    String::from_utf8_lossy(&bytes).into_owned()
}

fn parsed(line: &str) -> Option<LogLine> {
    serde_json::from_str(line).ok()
}

fn log(names: &mut Pseudonyms, text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    // A line that is not whole could have half a name in it.
    for line in text.lines().filter_map(parsed) {
        let mut line = document(&line);
        names.document(&mut line);
        out.push_str(&line.to_string());
        out.push('\n');
    }
    out
}

/// What is set for a vCenter, and what it is; whom it is logged in to as is not.
fn configured(vcenter: &Vcenter) -> Value {
    let mut document = without(vcenter, &["user", "pin"]);
    if let Value::Object(fields) = &mut document {
        fields.remove("note");
        if let Some(Value::Object(settings)) = fields.get_mut("settings") {
            settings.remove("note");
        }
    }
    document
}

fn without(what: &impl serde::Serialize, keys: &[&str]) -> Value {
    let mut fields: Map<String, Value> = match document(what) {
        Value::Object(fields) => fields,
        other => return other,
    };
    fields.retain(|key, _| !keys.contains(&key.as_str()));
    fields.into()
}

/// The subject of a certificate names its company, in parts that nothing knows as names.
fn drop_certificates(document: &mut Value) {
    match document {
        Value::Array(all) => all.iter_mut().for_each(drop_certificates),
        Value::Object(fields) => {
            fields.remove("certificate");
            fields.remove("ca");
            fields.values_mut().for_each(drop_certificates);
        }
        _ => {}
    }
}

fn document(what: &impl serde::Serialize) -> Value {
    serde_json::to_value(what).unwrap_or_default()
}

/// A schedule without what its reasons say of when people look: that never leaves the database.
pub(crate) fn unlearned(mut schedule: Schedule) -> Value {
    if schedule.smart {
        let plain = words::due(&schedule.timing(), true);
        let held_up: Vec<String> =
            schedule.targets.iter().filter(|one| one.waits).map(|one| one.reason.clone()).collect();
        let told = schedule.targets.iter_mut().map(|target| &mut target.reason).chain([&mut schedule.reason]);
        told.filter(|reason| !held_up.contains(reason)).for_each(|reason| reason.clone_from(&plain));
    }
    document(&schedule)
}
