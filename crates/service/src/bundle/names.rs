//! Everything that the database, and this machine, know the name of: what must not be in a support bundle.
//! Refuses to choose: of an object every text is learned that isn't the same everywhere.

use super::pseudonyms::{Pseudonyms, Sort};
use crate::{Caller, Service, explain};
use contract::columns::{self, Column, Link, Type};
use contract::destination::{Address, DestinationSettings};
use contract::discovery::Scan;
use contract::policy::{PolicySettings, Step};
use contract::{ApiError, AuditFilter, AuditRow, Group, Job, Kind, Object, Operation, Value};
use serde_json::Value as Json;

/// Texts that are the same everywhere: products, versions and words of vSphere.
const SAME_EVERYWHERE: [&str; 14] = [
    "vendor",
    "model",
    "cpu_model",
    "product_version",
    "product_build",
    "guest_os_configured",
    "guest_os_tools",
    "tools_version",
    "hardware_version",
    "evc_mode",
    "drs_behavior",
    "type",
    "admission_control",
    "vm_state",
];

/// Notes and descriptions that are longer than that stand nowhere as a name.
const LONGEST: usize = 255;

impl Service {
    /// The names that are known.
    pub(super) async fn known_names(&self, caller: &Caller) -> Result<Pseudonyms, ApiError> {
        let kinds =
            Kind::ALL.into_iter().flat_map(|kind| columns::of(kind).stored().map(|(column, _)| column));
        let mut names = Pseudonyms::new(kinds.map(|column| column.source.clone().into_owned()));
        let store = &self.inner.store;
        of_this_machine(&mut names, caller, &store.dir().display().to_string());
        let records = self.records().await?;
        for record in &records {
            let vcenter = &record.vcenter;
            names.learn(Sort::Vcenter, &vcenter.name);
            for host in [&vcenter.host, &record.known_address.0] {
                names.learn(Sort::Host, host);
                explain::in_letters(host).iter().for_each(|typed| names.learn(Sort::Host, typed));
            }
            // Of a proxy and a tunnel whatever stands in them.
            for way in [&vcenter.settings.proxy, &vcenter.settings.connect_to] {
                of_way(&mut names, way);
            }
            vcenter.settings.tags.iter().for_each(|tag| names.learn(Sort::Tag, tag));
            vcenter.instance_uuid.iter().for_each(|uuid| names.learn(Sort::Uuid, uuid));
            record.host_macs.iter().flatten().for_each(|mac| names.learn(Sort::Mac, mac));
        }
        for credential in store.credentials().await.map_err(explain::store)? {
            names.learn(Sort::Credential, &credential.name);
            names.learn(Sort::User, &credential.user);
            credential.helper.iter().flatten().for_each(|word| of_helper(&mut names, word));
        }
        // What is gone, and what was refused, stands there.
        for row in self.every(&AuditFilter::default()).await? {
            of_row(&mut names, &row);
        }
        for schedule in store.schedules().await.map_err(explain::store)? {
            names.learn(Sort::Schedule, &schedule.settings.name);
            schedule.settings.tag.iter().for_each(|tag| names.learn(Sort::Tag, tag));
            schedule.settings.job.scan().into_iter().for_each(|scan| of_scan(&mut names, scan));
        }
        for policy in store.policies().await.map_err(explain::store)? {
            of_policy(&mut names, &policy.settings);
        }
        for destination in store.destinations().await.map_err(explain::store)? {
            of_destination(&mut names, &destination.settings);
        }
        for pause in store.pauses().await.map_err(explain::store)? {
            if let Group::Tag(tag) = &pause.of {
                names.learn(Sort::Tag, tag);
            }
        }
        for record in &records {
            let loaded = store.load(&record.vcenter.id).await.map_err(explain::store)?;
            names = store::aside(move || {
                loaded.objects.iter().for_each(|object| of_object(&mut names, object));
                names
            })
            .await;
        }
        // Of what is gone, and of how something was called before.
        for (kind, column, text) in store.recorded_texts().await.map_err(explain::store)? {
            match columns::of(kind).column(&column) {
                Some(column) if is_same_everywhere(column) => {}
                Some(column) => names.learn(sort_of(kind, column), &text),
                None => names.learn(Sort::Other, &text),
            }
        }
        Ok(names)
    }
}

/// Whatever stands in a proxy or a tunnel.
fn of_way(names: &mut Pseudonyms, way: &str) {
    for part in way.split([':', '/', '@', '[', ']']) {
        if !matches!(part, "" | "http" | "socks5h") && part.parse::<u16>().is_err() {
            names.learn(Sort::Host, part);
        }
    }
}

/// A helper's program, and of its arguments those that are no mere words of a program.
fn of_helper(names: &mut Pseudonyms, word: &str) {
    if word.contains(['/', '\\', '@', '.']) {
        names.learn(Sort::Path, word);
    }
}

/// What a row of the audit log names.
fn of_row(names: &mut Pseudonyms, row: &AuditRow) {
    names.learn(Sort::User, &row.actor);
    names.learn(Sort::Host, &row.host);
    let sort = match &*row.subject_kind {
        "vcenter" => Some(Sort::Vcenter),
        "credential" => Some(Sort::Credential),
        "schedule" => Some(Sort::Schedule),
        "policy" => Some(Sort::Policy),
        "destination" => Some(Sort::Destination),
        "tag" => Some(Sort::Tag),
        "file" => Some(Sort::Path),
        _ => None,
    };
    if let (Some(sort), Some(name)) = (sort, &row.subject) {
        names.learn(sort, name);
    }
    let documents = [&row.before, &row.after].into_iter().flatten().filter_map(Json::as_object);
    for (key, value) in documents.flatten() {
        let texts = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
        for text in texts.iter().filter_map(Json::as_str) {
            match (&**key, sort) {
                ("name", Some(sort)) => names.learn(sort, text),
                ("host", _) => names.learn(Sort::Host, text),
                ("user", _) => names.learn(Sort::User, text),
                ("credential", _) => names.learn(Sort::Credential, text),
                ("vcenters", _) => names.learn(Sort::Vcenter, text),
                ("tags" | "tag", _) => names.learn(Sort::Tag, text),
                ("proxy" | "connect_to", _) => of_way(names, text),
                ("helper", _) => of_helper(names, text),
                ("kept" | "file", _) => names.learn(Sort::Path, text),
                _ => {}
            }
        }
    }
}

/// What an operation was asked to read, which somebody may have mistyped.
pub(super) fn of_operation(names: &mut Pseudonyms, operation: &Operation) {
    operation.vcenter.iter().for_each(|vcenter| names.learn(Sort::Vcenter, vcenter));
    match &operation.job {
        Job::SyncHosts { clusters, .. } => {
            clusters.iter().for_each(|cluster| names.learn(Sort::Cluster, cluster));
        }
        Job::Scan { scan } => of_scan(names, scan),
        Job::Policy { settings, .. } => of_policy(names, settings),
        Job::Deliver { name, .. } => names.learn(Sort::Destination, name),
        Job::Notify { run } => names.learn(Sort::Policy, &run.name),
        _ => {}
    }
}

/// What a policy names.
fn of_policy(names: &mut Pseudonyms, settings: &PolicySettings) {
    names.learn(Sort::Policy, &settings.name);
    settings.conditions.tags.iter().for_each(|tag| names.learn(Sort::Tag, tag));
    for step in &settings.steps {
        match step {
            Step::SyncHosts { clusters } => {
                clusters.iter().for_each(|cluster| names.learn(Sort::Cluster, cluster));
            }
            Step::Scan { scan } => of_scan(names, scan),
            Step::Send { to, .. } | Step::Export { to, .. } => names.learn(Sort::Destination, to),
            Step::Test {} | Step::FullSync {} | Step::ReadServers {} | Step::Notify {} => {}
        }
    }
}

/// What a destination is called, and where it is.
fn of_destination(names: &mut Pseudonyms, settings: &DestinationSettings) {
    names.learn(Sort::Destination, &settings.name);
    match &settings.target {
        Address::Smtp { host, from, to, way, .. } => {
            names.learn(Sort::Host, host);
            to.iter().chain([from]).for_each(|one| names.learn(Sort::User, one));
            of_way(names, &way.proxy);
        }
        Address::Webhook { url, way, .. } => {
            url.split(['/', '?', '&', '=']).filter(|part| part.len() > 6).for_each(|part| {
                names.learn(if part.contains('.') { Sort::Host } else { Sort::Other }, part);
            });
            of_way(names, &way.proxy);
        }
        Address::Folder { path, .. } => names.learn(Sort::Path, path),
    }
}

/// Where BMCs are looked for.
fn of_scan(names: &mut Pseudonyms, scan: &Scan) {
    scan.ranges.iter().chain(&scan.exclude).for_each(|range| names.learn(Sort::Host, range));
    of_way(names, &scan.way.proxy);
    of_way(names, &scan.way.connect_to);
}

/// What a line of the log says in fields that hold names: of what is configured no more, for one.
pub(super) fn of_fields(names: &mut Pseudonyms, fields: &serde_json::Map<String, serde_json::Value>) {
    for (key, value) in fields {
        let sort = match key.as_str() {
            "vcenter" => Sort::Vcenter,
            "credential" => Sort::Credential,
            "host" => Sort::Host,
            "who" | "user" => Sort::User,
            "schedule" => Sort::Schedule,
            "policy" => Sort::Policy,
            "destination" => Sort::Destination,
            _ => continue,
        };
        let name = value.as_str().unwrap_or_default();
        // An address may have its port with it.
        let host = name.split_once(':').filter(|(_, port)| port.bytes().all(|byte| byte.is_ascii_digit()));
        names.learn(sort, host.filter(|_| sort == Sort::Host).map_or(name, |(host, _)| host));
    }
}

fn of_this_machine(names: &mut Pseudonyms, caller: &Caller, data_dir: &str) {
    names.learn(Sort::Path, data_dir);
    names.learn(Sort::User, caller.who());
    for name in ["USER", "LOGNAME", "USERNAME"] {
        std::env::var(name).iter().for_each(|user| names.learn(Sort::User, user));
    }
    if let Some(user) = dirs::home_dir().as_deref().and_then(std::path::Path::file_name) {
        names.learn(Sort::User, &user.to_string_lossy());
    }
    names.learn(Sort::Host, &crate::caller::host());
    std::env::var("USERDOMAIN").iter().for_each(|domain| names.learn(Sort::Host, domain));
}

fn of_object(names: &mut Pseudonyms, object: &Object) {
    for ((column, _), value) in columns::of(object.kind).stored().zip(&object.values) {
        if is_same_everywhere(column) {
            continue;
        }
        let sort = sort_of(object.kind, column);
        texts(value, &mut |text| names.learn(sort, text));
    }
}

fn sort_of(kind: Kind, column: &Column) -> Sort {
    match &*column.id {
        "name" => sort(kind),
        "guest_hostname" => Sort::Host,
        id if id.contains("mac") => Sort::Mac,
        id if id.contains("uuid") => Sort::Uuid,
        // Columns of names of other objects.
        _ => match column.link {
            Some(Link::Objects(kind)) => sort(kind),
            _ => Sort::Other,
        },
    }
}

fn is_same_everywhere(column: &Column) -> bool {
    !matches!(column.ty, Type::Text | Type::List)
        || !column.terms.is_empty()
        || SAME_EVERYWHERE.contains(&&*column.id)
}

fn texts(value: &Value, learn: &mut impl FnMut(&str)) {
    match value {
        Value::Text(text) if text.len() <= LONGEST => learn(text),
        Value::List(all) => all.iter().for_each(|one| texts(one, learn)),
        _ => {}
    }
}

fn sort(kind: Kind) -> Sort {
    match kind {
        Kind::Datacenters => Sort::Datacenter,
        Kind::Clusters => Sort::Cluster,
        Kind::Hosts | Kind::StandaloneHosts => Sort::Host,
        Kind::Vms => Sort::Vm,
        Kind::Datastores => Sort::Datastore,
        Kind::Networks => Sort::Network,
        Kind::ResourcePools => Sort::ResourcePool,
        Kind::Folders => Sort::Folder,
        Kind::Snapshots => Sort::Snapshot,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_the_same_everywhere_is_a_column_that_there_is() {
        let all: Vec<&str> = Kind::ALL
            .into_iter()
            .flat_map(|kind| columns::of(kind).stored().map(|(column, _)| &*column.id))
            .collect();
        for id in SAME_EVERYWHERE {
            assert!(all.contains(&id), "{id}");
        }
    }
}
