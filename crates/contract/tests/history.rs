//! What counts as a change, and how lists of operations fold.
//! Refuses to look at how either is stored.

#![expect(clippy::unwrap_used, reason = "what is not there fails the test")]

use contract::*;
use serde_json::json;

fn vm(values: &[(&str, Value)]) -> Object {
    let schema = columns::of(Kind::Vms);
    let mut object = Object {
        kind: Kind::Vms,
        moref: "vm-1".into(),
        object_type: "VirtualMachine".into(),
        values: vec![Value::Null; schema.stored().len()].into(),
        missing: Box::default(),
    };
    for (id, value) in values {
        object.values[schema.slot(id).unwrap()] = value.clone();
    }
    object
}

fn changes(before: &[(&str, Value)], after: &[(&str, Value)]) -> serde_json::Value {
    let named = |reference: &Ref| (&*reference.moref != "host-9").then(|| format!("the {}", reference.moref));
    serde_json::to_value(changed_properties(&vm(before), &vm(after), &named)).unwrap()
}

fn host(moref: &str) -> Value {
    Value::Ref(Ref { kind: Kind::Hosts, moref: moref.into() })
}

fn network(moref: &str) -> Value {
    Value::Ref(Ref { kind: Kind::Networks, moref: moref.into() })
}

#[test]
fn a_change_has_its_column_and_both_values_as_rows_have_them() {
    for (id, before, after, said) in [
        (
            "power_state",
            Value::text("poweredOn"),
            Value::text("suspended"),
            json!({"old": "poweredOn", "new": "suspended"}),
        ),
        ("boot_time", Value::Null, Value::Int(0), json!({"old": null, "new": "1970-01-01T00:00:00Z"})),
        ("is_template", Value::Bool(false), Value::Bool(true), json!({"old": false, "new": true})),
        (
            "ip_addresses",
            Value::list([Value::text("10.0.0.1")]),
            Value::list([Value::text("10.0.0.1"), Value::text("10.0.0.2")]),
            json!({"old": ["10.0.0.1"], "new": ["10.0.0.1", "10.0.0.2"]}),
        ),
    ] {
        let mut expected = said;
        expected["property"] = id.into();
        assert_eq!(changes(&[(id, before)], &[(id, after)]), json!([expected]));
    }
    assert_eq!(
        changes(&[("host_ref", host("host-1"))], &[("host_ref", host("host-9"))]),
        json!([{"property": "host", "old": "the host-1", "new": "host-9", "old_moref": "host-1", "new_moref": "host-9"}]),
        "one that nobody knows is told by its reference"
    );
    let networks = |morefs: &[&str]| Value::list(morefs.iter().map(|moref| network(moref)));
    assert_eq!(
        changes(&[("network_refs", networks(&[]))], &[("network_refs", networks(&["network-1"]))]),
        json!([{
            "property": "networks", "old": [], "new": ["the network-1"], "old_moref": [], "new_moref": ["network-1"],
        }])
    );
}

#[test]
fn what_is_volatile_is_no_change_and_neither_is_a_value_that_is_not_current() {
    let number = |id| [(id, Value::Int(1))];
    for id in ["committed_bytes", "uncommitted_bytes"] {
        assert_eq!(changes(&number(id), &[(id, Value::Int(2))]), json!([]), "{id}");
    }
    let mut lost = vm(&number("cpu_count"));
    lost.missing = [(0, Missing::NotConnected)].into();
    assert_eq!(changed_properties(&vm(&number("cpu_count")), &lost, &|_| None), []);
    let volatile = |kind: Kind| {
        let columns = columns::of(kind).stored().filter(|(column, _)| column.is_volatile);
        columns.map(|(column, _)| column.id.to_string()).collect::<Vec<_>>()
    };
    let of_hosts =
        ["certificate_read_at", "cpu_usage_mhz", "memory_usage_bytes", "red_alarms", "yellow_alarms"];
    assert_eq!(volatile(Kind::Hosts), of_hosts);
    assert_eq!(
        volatile(Kind::Datastores),
        ["free_bytes", "uncommitted_bytes", "as_of", "red_alarms", "yellow_alarms"]
    );
    let effective = ["cpu_effective_mhz", "memory_effective_bytes"];
    assert_eq!(volatile(Kind::Clusters), [&effective[..], &["red_alarms", "yellow_alarms"]].concat());
}

#[test]
fn of_long_values_a_part_is_kept_and_says_so() {
    let note = |letter: &str| Value::text(letter.repeat(5_000));
    let cut = changes(&[("annotation", note("a"))], &[("annotation", note("b"))]);
    assert_eq!(cut[0]["cut"], true);
    assert_eq!(cut[0]["new"].as_str().unwrap().len(), 1_000);
    let addresses =
        |range: std::ops::Range<u32>| Value::list(range.map(|n| Value::text(format!("10.0.{n}.1"))));
    let cut = changes(&[("ip_addresses", addresses(0..200))], &[("ip_addresses", addresses(1..201))]);
    assert_eq!((&cut[0]["old"], &cut[0]["new"]), (&json!(["10.0.0.1"]), &json!(["10.0.200.1"])));
}

#[test]
fn elements_of_lists_and_names_are_cut_like_any_text() {
    let long = |letter: &str| letter.repeat(1_000_000);
    let cut = changes(
        &[("ip_addresses", Value::list([Value::text("10.0.0.1")]))],
        &[("ip_addresses", Value::list([Value::text("10.0.0.1"), Value::text(long("\u{e4}"))]))],
    );
    assert_eq!(cut[0]["new"], json!(["10.0.0.1", "\u{e4}".repeat(1_000)]), "letters, not bytes");
    assert_eq!((&cut[0]["old"], &cut[0]["cut"]), (&json!(["10.0.0.1"]), &json!(true)));
    let named =
        |reference: &Ref| Some(if &*reference.moref == "host-1" { long("n") } else { "esx".to_owned() });
    let moved = changed_properties(
        &vm(&[("host_ref", host("host-1"))]),
        &vm(&[("host_ref", host(&long("m")))]),
        &named,
    );
    let text = |json: &Option<serde_json::Value>| json.as_ref().unwrap().as_str().unwrap().len();
    assert_eq!((moved[0].old.as_str().unwrap().len(), text(&moved[0].new_moref)), (1_000, 1_000));
    assert!(moved[0].cut);
    let named = |reference: &Ref| Some(long(&reference.moref[..1]));
    let networks = |moref: &str| Value::list([network(moref)]);
    let linked = changed_properties(
        &vm(&[("network_refs", networks("a"))]),
        &vm(&[("network_refs", networks("b"))]),
        &named,
    );
    assert!(linked[0].cut && linked[0].to_owned().new[0].as_str().unwrap().len() == 1_000);
}

#[test]
fn every_stored_column_is_told_under_an_id_that_leads_back_to_a_column() {
    for kind in Kind::ALL {
        let schema = columns::of(kind);
        let mut ids = std::collections::BTreeSet::new();
        for (column, shape) in schema.stored() {
            let property = column.property();
            assert!(ids.insert(property.clone()), "{kind}: two columns are told as {property}");
            let told = schema.changing(&property).unwrap_or_else(|| panic!("{kind}: {property}"));
            assert!(shape.holds_references() || told.id == column.id, "{kind}: {property} is {}", told.id);
        }
    }
    let of_vm = |id: &str| columns::of(Kind::Vms).changing(id).unwrap();
    assert_eq!((&*of_vm("host").title, &*of_vm("networks").title), ("Host", "Networks"));
}

/// An operation in a list, which is quiet unless it changed something.
fn operation(number: u32, vcenter: &str, job: Job, origin: Origin, changed: u64) -> Operation {
    let recorded = Some(Recorded { changed, ..Recorded::default() });
    Operation {
        id: OperationId(format!("op-{number}")),
        vcenter: Some(vcenter.to_owned()),
        vcenter_id: Some(VcenterId(vcenter.to_owned())),
        job,
        origin,
        role: Role::Admin,
        state: OperationState::Succeeded,
        awaited: false,
        waiting: 0,
        submitted_at: Time(i64::from(number) * 300_000),
        started_at: Some(Time(i64::from(number) * 300_000)),
        finished_at: Some(Time(i64::from(number) * 300_000 + 1)),
        progress: Progress::default(),
        diff: Diff { changed: changed + 7, ..Diff::default() },
        recorded,
        calls: 1,
        bytes: 1,
        error: None,
        result: None,
    }
}

/// What lines say: the number of operations in a fold, or the id of one.
fn lines(operations: &[Operation]) -> Vec<String> {
    let words = |line: Line<'_>| match line {
        Line::One(one) => one.id.to_string(),
        Line::Fold(fold) => format!("{} of {}", fold.operations.len(), fold.operations[0].about()),
    };
    fold(operations).into_iter().map(words).collect()
}

#[test]
fn a_night_of_200_automatic_syncs_with_3_changes_is_3_lines_and_4_folds() {
    let changed = [50, 100, 150];
    let night: Vec<Operation> = (0..200)
        .rev()
        .map(|at| operation(at, "Berlin", Job::FULL_SYNC, Origin::Schedule, u64::from(changed.contains(&at))))
        .collect();
    assert_eq!(
        lines(&night),
        ["49 of Berlin", "op-150", "49 of Berlin", "op-100", "49 of Berlin", "op-50", "50 of Berlin"]
    );
    let folded = fold(&night);
    let Line::Fold(newest) = &folded[0] else { panic!("{folded:?}") };
    assert_eq!(newest.span(), (Time(151 * 300_000), Time(199 * 300_000)));
    assert_eq!(words::folded(newest), "49 automatic full syncs without changes");
}

#[test]
fn vcenters_and_kinds_fold_apart_and_what_happened_on_another_vcenter_comes_not_in_between() {
    let auto = |number, vcenter, job| operation(number, vcenter, job, Origin::Reader, 0);
    let refresh = || Job::refresh(Kind::Hosts);
    let list = [
        auto(9, "Berlin", Job::FULL_SYNC),
        auto(8, "Paris", Job::FULL_SYNC),
        auto(7, "Berlin", refresh()),
        auto(6, "Berlin", Job::FULL_SYNC),
        operation(5, "Paris", Job::FULL_SYNC, Origin::User, 0),
        auto(4, "Berlin", Job::FULL_SYNC),
        auto(3, "Paris", Job::FULL_SYNC),
        auto(2, "Berlin", refresh()),
    ];
    assert_eq!(lines(&list), ["3 of Berlin", "op-8", "2 of Berlin", "op-5", "op-3"]);
}

#[test]
fn what_failed_what_a_person_asked_for_and_what_brought_something_is_never_folded() {
    let quiet = |number| operation(number, "Berlin", Job::FULL_SYNC, Origin::Schedule, 0);
    let first_sync = |number| Operation { diff: Diff { added: 30, ..Diff::default() }, ..quiet(number) };
    let by_an_earlier_release = |number, changed| Operation {
        recorded: None,
        diff: Diff { changed, ..Diff::default() },
        ..quiet(number)
    };
    for loud in [
        Operation { state: OperationState::Failed, ..quiet(3) },
        Operation { state: OperationState::Partial, ..quiet(3) },
        Operation { state: OperationState::Cancelled, ..quiet(3) },
        Operation { origin: Origin::User, ..quiet(3) },
        Operation { recorded: Some(Recorded { removed: 1, ..Recorded::default() }), ..quiet(3) },
        first_sync(3),
        by_an_earlier_release(3, 1),
    ] {
        let list = [quiet(5), quiet(4), loud, quiet(2), quiet(1)];
        assert_eq!(lines(&list), ["2 of Berlin", "op-3", "2 of Berlin"], "{:?}", list[2]);
    }
    assert_eq!(lines(&[quiet(2), by_an_earlier_release(1, 0)]), ["2 of Berlin"]);
    assert_eq!(lines(&[quiet(1)]), ["op-1"], "one is no fold");
    assert_eq!(lines(&[]), [""; 0]);
}
