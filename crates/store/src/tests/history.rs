//! What operations changed, as their history has it: values, what is left out, and what is published in the end.
//! Refuses to count what no reader sees: everything is asked for as clients ask.

use super::*;
use contract::command::OperationFilter;
use serde_json::json;

/// The inventory of a vCenter as a pass finds it.
async fn known(store: &Store, vcenter: &VcenterId) -> Arc<Snapshot> {
    let Loaded { objects, coverage, ages, revision, .. } = store.load(vcenter).await.unwrap();
    Arc::new(Snapshot::new(objects, coverage).at(revision, ages))
}

/// Publishes a pass of these objects, all of their kinds; answers with the operation.
async fn synced(
    store: &Store,
    vcenter: &VcenterId,
    id: &str,
    objects: &[Arc<Object>],
    whole: &[Kind],
    at: i64,
) -> Operation {
    let claim = claimed(store, vcenter, id).await;
    let before = known(store, vcenter).await;
    let pass = Pass { base: before.revision().clone(), before, ..pass(objects.to_vec(), whole, at) };
    let staged = store.stage(&claim, &pass, &go_on).await.unwrap();
    store.publish(&claim, staged, &pass, finish(at), &go_on).await.unwrap();
    store.operation(id).await.unwrap()
}

/// An object with these stored values.
fn with(kind: Kind, moref: &str, values: &[(&str, Value)]) -> Arc<Object> {
    let schema = columns::of(kind);
    let mut object = (*object(kind, moref, moref)).clone();
    object.missing = Box::default();
    for (id, value) in values {
        object.values[schema.slot(id).unwrap()] = value.clone();
    }
    Arc::new(object)
}

fn host(moref: &str, name: &str, usage: i64) -> Arc<Object> {
    with(Kind::Hosts, moref, &[("name", Value::text(name)), ("cpu_usage_mhz", Value::Int(usage))])
}

fn on_host(moref: &str) -> Value {
    Value::Ref(Ref { kind: Kind::Hosts, moref: moref.into() })
}

fn vm(moref: &str, power: &str, host: &str, used: i64) -> Arc<Object> {
    let values = [
        ("name", Value::text(format!("vm {moref}"))),
        ("power_state", Value::text(power)),
        ("host_ref", on_host(host)),
        ("committed_bytes", Value::Int(used)),
    ];
    with(Kind::Vms, moref, &values)
}

const BOTH: [Kind; 2] = [Kind::Hosts, Kind::Vms];

async fn all(store: &Store, id: &str) -> ObjectChanges {
    let page = store.changes_of(&OperationId(id.into()), 0, 100_000).await.unwrap();
    assert!(!page.has_more);
    page.changes
}

#[tokio::test]
async fn the_old_and_the_new_value_of_each_change_are_kept_and_what_is_volatile_or_new_to_us_is_not() {
    let (_dir, store) = opened().await;
    let berlin = with_vcenter(&store, "Berlin").await;
    let first =
        [host("host-1", "esx-1", 1), host("host-2", "esx-2", 1), vm("vm-1", "poweredOn", "host-1", 1)];
    let first =
        [&first[..], &[vm("vm-2", "poweredOn", "host-1", 1), vm("vm-3", "poweredOff", "host-2", 1)]].concat();
    let one = synced(&store, &berlin, "1", &first, &BOTH, 10).await;
    assert_eq!(
        (one.diff.added, one.recorded),
        (5, Some(Recorded::default())),
        "a first sync brings nothing new"
    );
    assert_eq!(all(&store, "1").await, ObjectChanges::default());

    // One VM is powered off and moved to a host that is renamed, one uses more, one is gone, one is new.
    let second = [
        host("host-1", "esx-1", 900),
        host("host-2", "esx-two", 1),
        vm("vm-1", "poweredOff", "host-2", 7),
        vm("vm-2", "poweredOn", "host-1", 4_096),
        vm("vm-4", "poweredOn", "host-1", 1),
    ];
    let two = synced(&store, &berlin, "2", &second, &BOTH, 20).await;
    assert_eq!(two.diff, Diff { added: 1, changed: 4, removed: 1, unchanged: 0 }, "as it was written");
    assert_eq!(two.recorded, Some(Recorded { added: 1, changed: 2, removed: 1 }), "without what is volatile");
    let changes = serde_json::to_value(all(&store, "2").await).unwrap();
    let vm = |moref: &str| json!({ "kind": "vms", "moref": moref, "name": format!("vm {moref}") });
    assert_eq!(changes["added"], json!([vm("vm-4")]));
    assert_eq!(changes["removed"], json!([vm("vm-3")]));
    assert_eq!(
        changes["changed"],
        json!([
            {
                "kind": "hosts", "moref": "host-2", "name": "esx-two",
                "properties": [{ "property": "name", "old": "esx-2", "new": "esx-two" }],
            },
            {
                "kind": "vms", "moref": "vm-1", "name": "vm vm-1",
                "properties": [
                    { "property": "host", "old": "esx-1", "new": "esx-two", "old_moref": "host-1", "new_moref": "host-2" },
                    { "property": "power_state", "old": "poweredOn", "new": "poweredOff" },
                ],
            },
        ])
    );
    assert_eq!(changes["more"], json!({ "added": 0, "changed": 0, "removed": 0 }));

    let three = synced(&store, &berlin, "3", &second, &BOTH, 30).await;
    assert_eq!((three.diff.unchanged, three.recorded), (5, Some(Recorded::default())));
}

#[tokio::test]
async fn a_kind_that_was_never_read_brings_nothing_new_and_neither_do_hosts_of_another_cluster() {
    let (_dir, store) = opened().await;
    let berlin = with_vcenter(&store, "Berlin").await;
    let in_cluster = |moref: &str, cluster: &str| {
        with(
            Kind::Hosts,
            moref,
            &[("parent_moref", Value::Ref(Ref { kind: Kind::Clusters, moref: cluster.into() }))],
        )
    };
    let of_cluster = async |id: &str, objects: Vec<Arc<Object>>, at: i64, cluster: &str| {
        let claim = claimed(&store, &berlin, id).await;
        let before = known(&store, &berlin).await;
        let clusters = vec![cluster.into()];
        let pass = Pass { base: before.revision().clone(), before, clusters, ..pass(objects, &[], at) };
        let staged = store.stage(&claim, &pass, &go_on).await.unwrap();
        store.publish(&claim, staged, &pass, finish(at), &go_on).await.unwrap();
        store.operation(id).await.unwrap().recorded.unwrap()
    };
    assert_eq!(of_cluster("1", vec![in_cluster("host-1", "a")], 10, "a").await.added, 0);
    assert_eq!(of_cluster("2", vec![in_cluster("host-2", "b")], 20, "b").await.added, 0, "another cluster");
    assert_eq!(of_cluster("3", vec![in_cluster("host-3", "a")], 30, "a").await.added, 1, "a new host");
    let hosts = ["host-1", "host-2", "host-3"].map(|moref| in_cluster(moref, "a"));
    let hosts = [&hosts[..], &[in_cluster("host-9", "c")]].concat();
    let whole = synced(&store, &berlin, "4", &hosts, &[Kind::Hosts], 40).await.recorded.unwrap();
    assert_eq!(whole, Recorded { added: 0, changed: 1, removed: 0 }, "all of them for the first time");
    let with_vms = [hosts, vec![vm("vm-1", "poweredOn", "host-1", 1)]].concat();
    assert_eq!(
        synced(&store, &berlin, "5", &with_vms, &BOTH, 50).await.recorded.unwrap().added,
        0,
        "VMs too"
    );
}

#[tokio::test]
async fn of_each_a_thousand_objects_are_recorded_and_the_rest_is_counted() {
    let (dir, store) = opened().await;
    let berlin = with_vcenter(&store, "Berlin").await;
    let vms = |range: std::ops::Range<usize>, power: &str| -> Vec<Arc<Object>> {
        range.map(|number| vm(&format!("vm-{number:05}"), power, "host-1", 1)).collect()
    };
    synced(&store, &berlin, "1", &vms(0..2_700, "poweredOn"), &[Kind::Vms], 10).await;
    let next = [vms(1_100..2_700, "suspended"), vms(5_000..6_200, "poweredOn")].concat();
    let two = synced(&store, &berlin, "2", &next, &[Kind::Vms], 20).await;
    assert_eq!(two.recorded, Some(Recorded { added: 1_200, changed: 1_600, removed: 1_100 }));
    let changes = all(&store, "2").await;
    assert_eq!((changes.added.len(), changes.changed.len(), changes.removed.len()), (1_000, 1_000, 1_000));
    assert_eq!(changes.more, Recorded { added: 200, changed: 600, removed: 100 });
    assert_eq!(number(dir.path(), "SELECT COUNT(*) FROM operation_changes").await, 3_000);

    // In pages, the same in the same order.
    let mut paged = ObjectChanges::default();
    let mut pages = 0;
    loop {
        let skip = u32::try_from(paged.named()).unwrap();
        let page = store.changes_of(&OperationId("2".into()), skip, 700).await.unwrap();
        paged.append(page.changes);
        pages += 1;
        if !page.has_more {
            break;
        }
    }
    assert_eq!((paged, pages), (changes, 5));
}

#[tokio::test]
async fn of_long_names_the_beginning_is_recorded() {
    let (dir, store) = opened().await;
    let berlin = with_vcenter(&store, "Berlin").await;
    let named = |letter: &str| vec![host("host-1", &letter.repeat(1_000_000), 1)];
    synced(&store, &berlin, "1", &named("a"), &[Kind::Hosts], 10).await;
    synced(&store, &berlin, "2", &named("b"), &[Kind::Hosts], 20).await;
    let host = &all(&store, "2").await.changed[0];
    assert_eq!(host.name.as_ref().unwrap().len(), 1_000);
    assert!(host.properties[0].cut);
    let kept = "SELECT MAX(LENGTH(name) + LENGTH(properties)) FROM operation_changes";
    assert!(number(dir.path(), kept).await < 4_000, "{}", number(dir.path(), kept).await);
}

#[tokio::test]
async fn what_another_process_published_meanwhile_is_what_it_was_before() {
    let (_dir, store) = opened().await;
    let berlin = with_vcenter(&store, "Berlin").await;
    let at_first = ["vm-1", "vm-2", "vm-3", "vm-4"].map(|moref| vm(moref, "poweredOn", "host-1", 1));
    synced(&store, &berlin, "1", &at_first, &[Kind::Vms], 10).await;
    let claim = claimed(&store, &berlin, "slow").await;
    let before = known(&store, &berlin).await;
    let found =
        [vm("vm-1", "suspended", "host-1", 1), vm("vm-2", "poweredOff", "host-1", 1), at_first[2].clone()];
    let slow = Pass { base: before.revision().clone(), before, ..pass(found.to_vec(), &[Kind::Vms], 100) };
    let staged = store.stage(&claim, &slow, &go_on).await.unwrap();
    assert_eq!(
        all(&store, "slow").await,
        ObjectChanges::default(),
        "nothing is claimed before it is published"
    );

    // In another lane, as a refresh of single objects is: one VM changes, one comes to what the slow pass found, one is gone.
    let mut other = operation("quick", &berlin, OperationKind::Refresh);
    let morefs = ["vm-1", "vm-2", "vm-4"].map(Into::into).to_vec();
    other.job = Job::Refresh { of: Kind::Vms, morefs, accept_removals: false };
    store.submit(other).await.unwrap();
    let quick_claim = store.claim(&OperationId("quick".into()), Time(50)).await.unwrap().unwrap();
    let read = vec![vm("vm-1", "poweredOff", "host-1", 1), vm("vm-2", "poweredOff", "host-1", 1)];
    let mut quick = Pass { base: slow.base.clone(), before: slow.before.clone(), ..pass(read, &[], 90) };
    quick.gone.push((Kind::Vms, "vm-4".into()));
    quick.asked.object(Kind::Vms, "vm-4".into(), Time(90));
    let quick_staged = store.stage(&quick_claim, &quick, &go_on).await.unwrap();
    store.publish(&quick_claim, quick_staged, &quick, finish(91), &go_on).await.unwrap();
    let quick = store.operation("quick").await.unwrap().recorded;
    assert_eq!(quick, Some(Recorded { added: 0, changed: 2, removed: 1 }));

    store.publish(&claim, staged, &slow, finish(101), &go_on).await.unwrap();
    let told = all(&store, "slow").await;
    assert_eq!((told.added.len(), told.changed.len(), told.removed.len()), (0, 1, 0), "{told:?}");
    let vm_1 = &told.changed[0];
    let power = &vm_1.properties[0];
    assert_eq!((&*vm_1.moref, &power.old, &power.new), ("vm-1", &json!("poweredOff"), &json!("suspended")));
    let recorded = store.operation("slow").await.unwrap().recorded;
    assert_eq!(recorded, Some(Recorded { added: 0, changed: 1, removed: 0 }));
}

#[tokio::test]
async fn a_pass_that_is_not_published_leaves_nothing_and_steps_are_kept_however_it_ended() {
    let (dir, store) = opened().await;
    let berlin = with_vcenter(&store, "Berlin").await;
    synced(&store, &berlin, "1", &[vm("vm-1", "poweredOn", "host-1", 1)], &[Kind::Vms], 10).await;
    let claim = claimed(&store, &berlin, "2").await;
    let before = known(&store, &berlin).await;
    let off = vec![vm("vm-1", "poweredOff", "host-1", 1)];
    let pass = Pass { base: before.revision().clone(), before, ..pass(off, &[Kind::Vms], 20) };
    store.stage(&claim, &pass, &go_on).await.unwrap();
    assert_eq!(number(dir.path(), "SELECT COUNT(*) FROM operation_changes").await, 1);
    let step = Step { attempt: 2, step: "reading VMs".into(), after_ms: 12, took_ms: 340 };
    let failure =
        FailedAttempt { attempt: 1, after_ms: 11, code: Code::Unreachable, message: "no answer".into() };
    let steps = Steps { steps: vec![step], failures: vec![failure] };
    let failed = Finish { state: OperationState::Failed, steps: steps.clone(), ..finish(21) };
    store.finish(&claim, failed).await.unwrap();
    assert_eq!(number(dir.path(), "SELECT COUNT(*) FROM operation_changes").await, 0);
    assert_eq!(all(&store, "2").await, ObjectChanges::default());
    assert_eq!(store.operation("2").await.unwrap().recorded, None);
    assert_eq!(store.steps_of(&OperationId("2".into())).await.unwrap(), steps);
    let unknown = store.steps_of(&OperationId("3".into())).await.unwrap_err();
    assert!(matches!(unknown, Error::NotFound { .. }), "{unknown}");
}

#[tokio::test]
async fn a_night_of_200_automatic_syncs_with_3_changes_reads_as_3_lines_and_3_folds() {
    let (_dir, store) = opened().await;
    let berlin = with_vcenter(&store, "Berlin").await;
    let mut power = "poweredOn";
    synced(&store, &berlin, "first", &[vm("vm-1", power, "host-1", 0)], &[Kind::Vms], 0).await;
    for number in 0..200 {
        if [40, 41, 120].contains(&number) {
            power = if power == "poweredOn" { "poweredOff" } else { "poweredOn" };
        }
        let at = 1_000 * i64::from(number);
        let new = NewOperation {
            origin: Origin::Schedule,
            at: Time(at),
            ..operation(&format!("op-{number:03}"), &berlin, OperationKind::FullSync)
        };
        let id = store.submit(new).await.unwrap().id;
        let claim = store.claim(&id, Time(at)).await.unwrap().unwrap();
        let before = known(&store, &berlin).await;
        let used = i64::from(number) + 1;
        let found = vec![vm("vm-1", power, "host-1", used)];
        let pass = Pass { base: before.revision().clone(), before, ..pass(found, &[Kind::Vms], at) };
        let staged = store.stage(&claim, &pass, &go_on).await.unwrap();
        store.publish(&claim, staged, &pass, finish(at + 1), &go_on).await.unwrap();
    }
    let filter = OperationFilter { origin: Some(Origin::Schedule), ..OperationFilter::default() };
    let night = store.history(&filter, Time(0), 1_000).await.unwrap().operations;
    assert_eq!(night.len(), 200);
    assert!(night.iter().all(|one| one.diff.changed == 1), "something volatile changed each time");
    let lines: Vec<(usize, bool)> = fold(&night)
        .into_iter()
        .map(|line| match line {
            Line::One(one) => (1, one.recorded.is_some_and(|recorded| recorded.changed == 1)),
            Line::Fold(fold) => (fold.operations.len(), false),
        })
        .collect();
    assert_eq!(lines, [(79, false), (1, true), (78, false), (1, true), (1, true), (40, false)]);
}

#[tokio::test]
async fn settings_of_muster_are_kept_and_two_changes_of_different_ones_both_hold() {
    let (dir, store) = opened().await;
    let before = store.preferences().await.unwrap();
    assert_eq!(before, Preferences::default());
    execute(dir.path(), "INSERT INTO preferences (only, settings) VALUES (1, '{\"of_tomorrow\": 7}')").await;
    let asked = Preferences { history_days: 30, ..Preferences::default() };
    assert_eq!(store.set_preferences(&before, &asked).await.unwrap(), asked);
    // Who changes nothing of what they saw takes nothing back.
    assert_eq!(store.set_preferences(&before, &before).await.unwrap(), asked);
    assert_eq!(store.preferences().await.unwrap(), asked);
    let kept = number(dir.path(), "SELECT json_extract(settings, '$.of_tomorrow') FROM preferences").await;
    assert_eq!(kept, 7, "a newer release wrote it");
}

#[tokio::test]
async fn what_changed_of_late_is_summed_up_by_vcenter_and_what_is_older_or_nothing_is_left_out() {
    let (_dir, store) = opened().await;
    let (berlin, paris) = (with_vcenter(&store, "Berlin").await, with_vcenter(&store, "Paris").await);
    let hosts = [Kind::Hosts];
    let first = [host("host-1", "esx-1", 1), host("host-2", "esx-2", 1)];
    synced(&store, &berlin, "1", &first, &hosts, 10).await;
    synced(&store, &paris, "2", &first, &hosts, 25).await;
    synced(&store, &berlin, "3", &[host("host-1", "new", 1), host("host-3", "esx-3", 1)], &hosts, 20).await;
    synced(&store, &berlin, "4", &[host("host-1", "newer", 1), host("host-3", "esx-3", 1)], &hosts, 30).await;
    let since = async |at| store.recorded_since(Time(at)).await.unwrap();
    let both = Recorded { added: 1, changed: 2, removed: 1 };
    assert_eq!(
        since(20).await,
        [(berlin.clone(), both)],
        "what the first sync of Paris brought is no change"
    );
    assert_eq!(since(21).await, [(berlin, Recorded { changed: 1, ..Recorded::default() })]);
    assert_eq!(since(31).await, []);
}
