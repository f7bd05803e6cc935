//! What the tests share: a data folder, things to put into it, and a way to look behind the store's back.

mod audit;
mod backup;
mod changes;
mod configuration;
mod counts;
mod damage;
mod destinations;
mod disk;
mod document;
mod editing;
mod fixture;
mod history;
mod inventory;
mod measures;
mod migrating;
mod opening;
mod operations;
mod pauses;
mod policies;
mod pruning;
mod queue;
mod rebase;
mod removal;
mod revision;
mod schedules;
mod standing;

use crate::*;
use contract::*;
use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use tempfile::TempDir;

/// A data folder and a store on it.
async fn opened() -> (TempDir, Store) {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).await.unwrap();
    (dir, store)
}

/// A connection that knows nothing of the store.
async fn raw(dir: &Path) -> engine::DbConnection {
    engine::connect(&dir.join("muster.db")).await.unwrap()
}

async fn execute(dir: &Path, sql: &'static str) {
    let mut connection = raw(dir).await;
    sqlx::query(sql).execute(&mut connection).await.unwrap();
    engine::disconnect(connection).await;
}

async fn number(dir: &Path, sql: &'static str) -> i64 {
    let mut connection = raw(dir).await;
    let number = sqlx::query_scalar(sql).fetch_one(&mut connection).await.unwrap();
    engine::disconnect(connection).await;
    number
}

fn credential(name: &str) -> NewCredential {
    NewCredential {
        id: CredentialId(format!("credential-{name}")),
        name: name.to_owned(),
        user: "reader@vsphere.local".to_owned(),
        stored: CredentialPlace::Keychain,
        helper: None,
    }
}

fn vcenter(name: &str) -> NewVcenter {
    NewVcenter {
        id: VcenterId(format!("vcenter-{name}")),
        name: name.to_owned(),
        host: format!("{}.example.org", name.to_lowercase()),
        port: 443,
        credential: VcenterCredential::New(credential(name)),
        trust: Trust::System,
        settings: settings(&["eu", "prod"], 300),
        identity: None,
    }
}

/// A login with the password that has these sixteen bits, before anything was changed.
fn sent(vcenter: Option<&VcenterId>, fingerprint: u16) -> Sent<'_> {
    Sent { vcenter, edition: 1, fingerprint }
}

fn settings(tags: &[&str], ttl_seconds: u64) -> VcenterSettings {
    let tags = tags.iter().map(|tag| (*tag).to_owned()).collect();
    VcenterSettings { tags, ttl_seconds, ..VcenterSettings::default() }
}

/// An edit that was made from what is there.
async fn edit(store: &Store, id: &VcenterId, edit: VcenterEdit) -> Result<VcenterRecord, Error> {
    let made_from = store.vcenter(id).await?.vcenter.edition;
    store.edit_vcenter(id, made_from, edit).await
}

/// A rejection at this time, of a password with these sixteen bits.
fn rejected(at: i64) -> Rejected {
    Rejected {
        at: Time(at),
        because: Rejection::InvalidLogin,
        message: None,
        fingerprint: Some(7),
        is_typed: false,
        by: None,
    }
}

async fn with_vcenter(store: &Store, name: &str) -> VcenterId {
    let new = vcenter(name);
    let id = new.id.clone();
    store.add_vcenter(new).await.unwrap();
    id
}

fn operation(id: &str, vcenter: &VcenterId, kind: OperationKind) -> NewOperation {
    let accept_removals = false;
    NewOperation {
        id: OperationId(id.to_owned()),
        vcenter_id: Some(vcenter.clone()),
        job: match kind {
            OperationKind::Test => Job::Test { retry_login: false },
            OperationKind::SyncHosts => Job::SyncHosts { clusters: vec!["prod".to_owned()], accept_removals },
            OperationKind::FullSync => Job::FULL_SYNC,
            OperationKind::Scan | OperationKind::ReadServers => Job::ReadServers { servers: Vec::new() },
            OperationKind::Policy | OperationKind::Deliver | OperationKind::Notify => {
                unreachable!("it is about no vCenter")
            }
            OperationKind::Refresh => Job::Refresh { of: Kind::Vms, morefs: Vec::new(), accept_removals },
        },
        origin: Origin::User,
        role: Role::Operator,
        awaited: true,
        at: Time(1_000),
        parent: None,
    }
}

/// A claim on a fresh operation.
async fn claimed(store: &Store, vcenter: &VcenterId, id: &str) -> Claim {
    let submitted = store.submit(operation(id, vcenter, OperationKind::FullSync)).await.unwrap();
    assert!(!submitted.coalesced);
    store.claim(&submitted.id, Time(2_000)).await.unwrap().unwrap()
}

fn finish(at: i64) -> Finish {
    Finish {
        state: OperationState::Succeeded,
        at: Time(at),
        progress: Progress {
            step: "writing".to_owned(),
            done: 3,
            total: 4,
            percent: Some(33),
            attempts: 1,
            ..Progress::default()
        },
        diff: Diff { added: 1, changed: 2, removed: 3, unchanged: 4 },
        calls: 5,
        bytes: 6,
        error: None,
        result: None,
        steps: Steps::default(),
        latency: Default::default(),
    }
}

/// An object with a name and, for hosts and VMs, some more.
fn object(kind: Kind, moref: &str, name: &str) -> Arc<Object> {
    let schema = columns::of(kind);
    let mut values = vec![Value::Null; schema.stored().len()];
    values[schema.slot("name").unwrap()] = Value::text(name);
    if let Some(slot) = schema.slot("network_refs") {
        let network = |n: u32| Value::Ref(Ref { kind: Kind::Networks, moref: format!("network-{n}").into() });
        values[slot] = Value::list([network(2), network(1)]);
    }
    let missing = [(schema.slot("name").unwrap() as u16, Missing::NoPermission)];
    Arc::new(Object {
        kind,
        moref: moref.into(),
        object_type: kind.object_type().into(),
        values: values.into(),
        missing: missing.into(),
    })
}

/// A pass that asked for everything when it began.
fn pass(objects: Vec<Arc<Object>>, whole: &[Kind], synced_at: i64) -> Pass {
    let mut asked = Asked::default();
    for object in &objects {
        asked.object(object.kind, object.moref.clone(), Time(synced_at));
    }
    for kind in whole {
        asked.list(*kind, Time(synced_at));
    }
    Pass {
        base: Revision::default(),
        before: Arc::default(),
        objects,
        whole: whole.to_vec(),
        clusters: Vec::new(),
        gone: Vec::new(),
        asked,
        counted: whole.to_vec(),
        synced_at: Time(synced_at),
    }
}

/// The state of an inventory.
async fn revision(store: &Store, vcenter: &VcenterId) -> Revision {
    store.load_part(vcenter, &Part::default()).await.unwrap().revision
}

/// Stages and publishes a pass under an operation of its own, beside no other.
async fn publish(store: &Store, vcenter: &VcenterId, id: &str, pass: &Pass) -> (Staged, Published) {
    let claim = claimed(store, vcenter, id).await;
    let pass = Pass { base: revision(store, vcenter).await, ..pass.clone() };
    let staged = store.stage(&claim, &pass, &go_on).await.unwrap();
    let published =
        store.publish(&claim, staged.clone(), &pass, finish(pass.synced_at.0), &go_on).await.unwrap();
    (staged, published)
}

/// Names by moref of a kind, as loaded.
fn names(loaded: &Loaded, kind: Kind) -> BTreeMap<String, String> {
    let of_kind = loaded.objects.iter().filter(|object| object.kind == kind);
    let name = |object: &Object| object.stored("name").as_text().unwrap_or_default().to_owned();
    of_kind.map(|object| (object.moref.to_string(), name(object))).collect()
}

/// Another process on a data folder: a test of this binary that is there for it. Killed also when the test fails.
struct Killed(Child);

impl Killed {
    fn running(test: &str, dir: &Path) -> Killed {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", test, "--ignored", "--nocapture"]).env("MUSTER_TEST_DIR", dir);
        Killed(command.stdout(Stdio::piped()).spawn().unwrap())
    }
}

impl Drop for Killed {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A generator of numbers that gives the same ones for the same seed.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % end
    }
}

/// Nobody stops it.
fn go_on(_: usize, _: usize) -> bool {
    true
}
