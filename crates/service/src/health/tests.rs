//! Each verdict over a small inventory: what is found, since when it is told, and what silences it.

use super::judge::{self, Known, Settings};
use crate::query::tests::vcenter;
use contract::health::{Finding, Level, Limits, RULES, Scope, Waiver};
use contract::{Coverage, Kind, Object, Ref, Snapshot, Time, Value, Vcenter, VcenterId, columns};
use std::sync::Arc;
use store::FindingKey;

const NOW: i64 = 1_772_366_400_000;
const HOUR: i64 = 3_600_000;

/// An object whose stored columns have these values.
fn object(kind: Kind, moref: &str, values: &[(&str, Value)]) -> Object {
    let schema = columns::of(kind);
    let mut stored = vec![Value::Null; schema.stored().len()];
    for (column, value) in values {
        stored[schema.slot(column).unwrap_or_else(|| panic!("{kind} have no {column}"))] = value.clone();
    }
    let object_type = kind.object_type().into();
    Object { kind, moref: moref.into(), object_type, values: stored.into(), missing: Box::default() }
}

fn text(text: &str) -> Value {
    Value::text(text)
}

fn reference(kind: Kind, moref: &str) -> Value {
    Value::Ref(Ref { kind, moref: moref.into() })
}

fn host(moref: &str, connection: &str) -> Object {
    let state = [("connection_state", text(connection)), ("power_state", text("poweredOn"))];
    let rest = [("in_maintenance", Value::Bool(false)), ("name", text(moref))];
    let ntp = ("ntp_servers", Value::list([text("10.0.0.1")]));
    object(Kind::Hosts, moref, &[&state[..], &rest[..], &[ntp]].concat())
}

fn vm(moref: &str, host: &str, values: &[(&str, Value)]) -> Object {
    let own = [
        ("name", text(moref)),
        ("host_ref", reference(Kind::Hosts, host)),
        ("power_state", text("poweredOn")),
        ("connection_state", text("connected")),
        ("tools_running_status", text("guestToolsRunning")),
        ("tools_version_status", text("guestToolsCurrent")),
    ];
    let mut all = own.to_vec();
    all.retain(|(column, _)| values.iter().all(|(other, _)| other != column));
    all.extend_from_slice(values);
    object(Kind::Vms, moref, &all)
}

/// An inventory that was read at a time.
fn read(objects: Vec<Object>, at: i64) -> Snapshot {
    let coverage = Kind::READ.map(|kind| Coverage { kind, cluster: None, synced_at: Time(at) });
    Snapshot::new(objects.into_iter().map(Arc::new), coverage.to_vec())
}

struct Judged<'a> {
    vcenter: Vcenter,
    snapshot: &'a Snapshot,
    settings: Settings,
    known: Known,
    now: i64,
}

impl<'a> Judged<'a> {
    fn of(snapshot: &'a Snapshot) -> Judged<'a> {
        let (settings, known) = Default::default();
        Judged { vcenter: vcenter("Berlin"), snapshot, settings, known, now: NOW }
    }

    fn since(mut self, rule: &str, kind: Kind, moref: &str, at: i64) -> Self {
        let key = FindingKey { rule: rule.into(), kind, moref: moref.into() };
        self.known.insert(key, (Time(at), Level::Warning));
        self
    }

    fn limits(mut self, rule: &str, scope: Scope, levels: &[(Level, &str)]) -> Self {
        let levels = levels.iter().map(|(level, value)| (*level, (*value).to_owned())).collect();
        self.settings.limits.push(Limits { rule: rule.into(), scope, levels });
        self
    }

    fn waived(mut self, rule: &str, scope: Scope, until: Option<i64>) -> Self {
        let (id, until) = (format!("w{}", self.settings.waivers.len()), until.map(Time));
        let (rule, reason, by) = (rule.to_owned(), "known".to_owned(), "me".to_owned());
        self.settings.waivers.push(Waiver { id, rule, scope, reason, until, at: Time(NOW), by });
        self
    }

    fn findings(&self) -> Vec<Finding> {
        let found = judge::rows(&self.vcenter, self.snapshot, &self.settings, Time(self.now));
        judge::reported(&self.vcenter, found, &self.known, Time(self.now))
    }

    /// Rule, level and object of each.
    fn told(&self) -> Vec<(String, Level, String)> {
        self.findings()
            .into_iter()
            .filter(Finding::is_open)
            .map(|one| (one.rule, one.level, one.name))
            .collect()
    }
}

fn told(rule: &str, level: Level, name: &str) -> (String, Level, String) {
    (rule.to_owned(), level, name.to_owned())
}

#[test]
fn a_host_that_does_not_respond_is_told_when_two_reads_five_minutes_apart_saw_it_and_covers_its_vms() {
    let dead = vm("vm-1", "host-1", &[("question", text("Did you move it?"))]);
    let snapshot = read(vec![host("host-1", "notResponding"), host("host-2", "connected"), dead], NOW);
    // The first read: nothing, for the host explains what is found of its VM.
    assert_eq!(Judged::of(&snapshot).told(), []);
    let five_minutes =
        |ago| Judged::of(&snapshot).since("host-not-responding", Kind::Hosts, "host-1", NOW - ago);
    assert_eq!(five_minutes(299_000).told(), []);
    let findings = five_minutes(300_000).findings();
    assert_eq!(findings.len(), 1, "{findings:?}");
    assert_eq!((&*findings[0].rule, findings[0].covers), ("host-not-responding", 1));
    assert_eq!(findings[0].since, Some(Time(NOW - 300_000)));
    // What was read once and never again proves nothing, however long ago that is.
    let mut later = five_minutes(0);
    later.now = NOW + 24 * HOUR;
    assert_eq!(later.told(), []);
}

#[test]
fn a_datastore_that_nobody_can_access_covers_the_vms_and_the_snapshots_on_it() {
    let datastore = [("name", text("ds")), ("accessible", Value::Bool(false)), ("free_bytes", Value::Int(1))];
    let datastore = object(Kind::Datastores, "datastore-1", &datastore);
    let on_it = ("datastore_refs", Value::list([reference(Kind::Datastores, "datastore-1")]));
    let vm = vm("vm-1", "host-1", &[("connection_state", text("inaccessible")), on_it]);
    let old = [
        ("name", text("before the update")),
        ("created_at", Value::Int(NOW - 20 * 24 * HOUR)),
        ("vm_ref", reference(Kind::Vms, "vm-1")),
    ];
    let snapshot = object(Kind::Snapshots, "snapshot-1", &old);
    let snapshot = read(vec![host("host-1", "connected"), datastore, vm, snapshot], NOW);
    let findings = Judged::of(&snapshot).findings();
    let all: Vec<_> = findings.iter().map(|one| (&*one.rule, one.covers)).collect();
    assert_eq!(all, [("datastore-inaccessible", 2)]);
}

#[test]
fn a_lost_host_covers_the_datastore_that_it_alone_has_and_an_age_says_since_when_it_is_too_old() {
    let values = [("name", text("local")), ("accessible", Value::Bool(false)), ("host_count", Value::Int(1))];
    let local = object(Kind::Datastores, "datastore-1", &values);
    let mut lost = host("host-1", "disconnected");
    let slot = columns::of(Kind::Hosts).slot("datastore_refs").unwrap();
    lost.values[slot] = Value::list([reference(Kind::Datastores, "datastore-1")]);
    let old = [
        ("name", text("before")),
        ("created_at", Value::Int(NOW - 5 * 24 * HOUR)),
        ("vm_ref", reference(Kind::Vms, "vm-1")),
    ];
    let old = object(Kind::Snapshots, "snapshot-1", &old);
    let snapshot = read(vec![lost, host("host-2", "connected"), local, vm("vm-1", "host-2", &[]), old], NOW);
    let findings = Judged::of(&snapshot).findings();
    let all: Vec<_> = findings.iter().map(|one| (&*one.rule, &*one.name, one.covers, one.since)).collect();
    let two_days_ago = Some(Time(NOW - 2 * 24 * HOUR));
    assert_eq!(
        all,
        [
            ("host-disconnected", "host-1", 1, Some(Time(NOW))),
            ("snapshot-old", "vm-1: before", 0, two_days_ago)
        ]
    );
}

#[test]
fn what_is_not_current_is_no_ground_for_a_verdict() {
    let mut host = host("host-1", "connected");
    let slot = columns::of(Kind::Hosts).slot("ntp_servers").unwrap();
    host.values[slot] = Value::Null;
    let snapshot = read(vec![host.clone()], NOW);
    assert_eq!(Judged::of(&snapshot).told(), [told("host-no-ntp", Level::Warning, "host-1")]);
    host.missing = [(slot as u16, contract::Missing::NoPermission)].into();
    assert_eq!(Judged::of(&read(vec![host], NOW)).told(), []);
}

fn filling(moref: &str, free: i64) -> Object {
    let values = [
        ("name", text(moref)),
        ("type", text("VMFS")),
        ("accessible", Value::Bool(true)),
        ("shared", Value::Bool(true)),
        ("capacity_bytes", Value::Int(1000)),
        ("free_bytes", Value::Int(free)),
    ];
    object(Kind::Datastores, moref, &values)
}

#[test]
fn of_levels_the_worst_that_is_reached_holds_and_of_scopes_the_narrowest() {
    let snapshot = read(vec![filling("ds-1", 49), filling("ds-2", 50), filling("ds-3", 150)], NOW);
    let rule = "datastore-free";
    assert_eq!(
        Judged::of(&snapshot).told(),
        [told(rule, Level::Critical, "ds-1"), told(rule, Level::Warning, "ds-2")],
        "below 5 % and below 15 %, and not at them"
    );
    let of_tag = Scope::Tag { tag: "lab".to_owned() };
    let lab = || {
        let mut judged = Judged::of(&snapshot);
        judged.vcenter.settings.tags = vec!["lab".to_owned()];
        judged
    };
    let all = lab().limits(rule, Scope::All, &[(Level::Information, "90")]);
    assert_eq!(all.told().len(), 3);
    let tagged = all.limits(rule, of_tag.clone(), &[]);
    assert_eq!(tagged.told(), [], "off for the tag");
    let id = VcenterId("berlin".to_owned());
    let own = tagged.limits(rule, Scope::Vcenter { vcenter: id }, &[(Level::Critical, "6")]);
    let critical = [told(rule, Level::Critical, "ds-1"), told(rule, Level::Critical, "ds-2")];
    assert_eq!(own.told(), critical);
    let other = Judged::of(&snapshot).limits(rule, of_tag, &[]);
    assert_eq!(other.told().len(), 2, "it has no such tag");
}

#[test]
fn a_cluster_can_have_levels_and_waivers_of_its_own() {
    let cluster = |moref: &str| object(Kind::Clusters, moref, &[("name", text(moref))]);
    let in_cluster = |moref: &str, cluster: &str| {
        let mut host = host(moref, "disconnected");
        let slot = columns::of(Kind::Hosts).slot("parent_moref").unwrap();
        host.values[slot] = reference(Kind::Clusters, cluster);
        host
    };
    let hosts = [in_cluster("host-1", "domain-c1"), in_cluster("host-2", "domain-c2")];
    let objects = hosts.into_iter().chain([cluster("domain-c1"), cluster("domain-c2")]).collect();
    let snapshot = read(objects, NOW);
    let scope = |moref: &str| Scope::Cluster { vcenter: VcenterId("berlin".to_owned()), moref: moref.into() };
    let rule = "host-disconnected";
    let judged = Judged::of(&snapshot).limits(rule, scope("domain-c1"), &[(Level::Critical, "")]);
    assert_eq!(judged.told(), [told(rule, Level::Critical, "host-1"), told(rule, Level::Warning, "host-2")]);
    let waived = judged.waived(rule, scope("domain-c2"), None);
    assert_eq!(waived.told(), [told(rule, Level::Critical, "host-1")]);
}

#[test]
fn a_waiver_silences_what_it_is_for_until_it_ends() {
    let snapshot = read(vec![filling("test-1", 10), filling("prod-1", 10)], NOW);
    let rule = "datastore-free";
    let object = Scope::Object {
        vcenter: VcenterId("berlin".to_owned()),
        kind: Kind::Datastores,
        moref: "prod-1".into(),
        name: String::new(),
    };
    let silenced = |scope, until| Judged::of(&snapshot).waived(rule, scope, until).told().len();
    assert_eq!(silenced(object.clone(), None), 1);
    assert_eq!(silenced(object.clone(), Some(NOW + 1)), 1);
    assert_eq!(silenced(object, Some(NOW)), 2, "it has ended");
    assert_eq!(silenced(Scope::Rows { conditions: vec!["name~test".to_owned()] }, None), 1);
    assert_eq!(silenced(Scope::Rows { conditions: Vec::new() }, None), 2, "no condition is for nothing");
    assert_eq!(silenced(Scope::All, None), 0);
    let judged = Judged::of(&snapshot).waived(rule, Scope::All, Some(NOW + 5)).waived(rule, Scope::All, None);
    assert!(
        judged.findings().iter().all(|one| one.waiver.as_deref() == Some("w1")),
        "the one that lasts longest"
    );
    assert_eq!(Judged::of(&snapshot).waived("vm-question", Scope::All, None).told().len(), 2, "another rule");
}

#[test]
fn every_rule_about_rows_can_find_something_and_an_empty_inventory_has_nothing() {
    assert_eq!(Judged::of(&read(Vec::new(), NOW)).told(), []);
    assert!(RULES.iter().filter(|rule| rule.kind().is_some()).count() > 30);
}

fn filling_with(alarms: &[&str]) -> Object {
    let mut datastore = filling("ds-1", 100);
    let slot = columns::of(Kind::Datastores).slot("red_alarms").unwrap();
    datastore.values[slot] = Value::list(alarms.iter().map(|name| text(name)));
    datastore
}

#[test]
fn an_alarm_that_says_what_a_rule_found_is_counted_there_and_one_that_says_more_is_told() {
    let usage = "Datastore usage on disk";
    let free = told("datastore-free", Level::Warning, "ds-1");
    let alarm = told("datastore-red-alarm", Level::Critical, "ds-1");
    let judged = |alarms: &[&str]| read(vec![filling_with(alarms)], NOW);
    let snapshot = judged(&[usage]);
    let findings = Judged::of(&snapshot).findings();
    let all: Vec<_> = findings.iter().map(|one| (&*one.rule, one.covers)).collect();
    assert_eq!(all, [("datastore-free", 1)]);
    assert_eq!(Judged::of(&judged(&[usage, "Cannot connect to storage"])).told(), [free, alarm.clone()]);
    let waived = Judged::of(&snapshot).waived("datastore-free", Scope::All, None);
    assert_eq!(waived.told(), [alarm], "what is silenced says nothing");
}

#[test]
fn alarms_of_a_lost_host_are_explained_by_it_and_a_full_datastore_is_not() {
    let mut lost = host("host-1", "disconnected");
    let slot = |kind, id| columns::of(kind).slot(id).unwrap();
    lost.values[slot(Kind::Hosts, "red_alarms")] = Value::list([text("Host connection and power state")]);
    lost.values[slot(Kind::Hosts, "datastore_refs")] = Value::list([reference(Kind::Datastores, "ds-1")]);
    let mut datastore = filling("ds-1", 10);
    datastore.values[slot(Kind::Datastores, "host_count")] = Value::Int(2);
    datastore.values[slot(Kind::Datastores, "mount_refs")] = Value::list([reference(Kind::Hosts, "host-2")]);
    let snapshot = read(vec![lost, host("host-2", "connected"), datastore], NOW);
    let findings = Judged::of(&snapshot).findings();
    let all: Vec<_> = findings.iter().map(|one| (&*one.rule, one.covers)).collect();
    assert_eq!(all, [("host-disconnected", 2), ("datastore-free", 0)]);
}

#[test]
fn alarms_of_the_root_folder_are_those_of_the_vcenter() {
    let values = [
        ("name", text("Datacenters")),
        ("is_root", Value::Bool(true)),
        ("yellow_alarms", Value::list([text("Certificate Status")])),
    ];
    let snapshot = read(vec![object(Kind::Folders, "group-d1", &values)], NOW);
    let findings = Judged::of(&snapshot).findings();
    let [one] = &findings[..] else { panic!("{findings:?}") };
    assert_eq!((&*one.rule, &*one.kind, &one.moref), ("vcenter-yellow-alarm", "vcenters", &None));
    assert_eq!(one.name, one.vcenter);
}
