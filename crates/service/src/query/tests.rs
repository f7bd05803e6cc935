//! Queries over a small inventory made by hand.

use super::*;
use crate::rows::window;
use contract::columns::Link;
use contract::{Code, Coverage, LARGEST_WINDOW, Object, Ref, RowQuery, Rows, Source, Time, VcenterId};
use proptest::prelude::*;

/// When everything is looked at.
const NOW: Time = Time(10_000_000);

pub(crate) fn vcenter(name: &str) -> Vcenter {
    Vcenter {
        id: VcenterId(name.to_lowercase()),
        name: name.to_owned(),
        host: "vc.example.org".to_owned(),
        port: 443,
        credential: name.to_owned(),
        credential_id: contract::CredentialId("c".to_owned()),
        user: "u".to_owned(),
        trust: "system".to_owned(),
        pin: None,
        settings: contract::VcenterSettings::default(),
        edition: 1,
        instance_uuid: None,
        product: None,
        version: None,
        build: None,
        certificate_expires_at: None,
        permissions: None,
    }
}

fn object(kind: Kind, moref: &str, values: &[(&str, Value)]) -> Arc<Object> {
    let schema = columns::of(kind);
    let mut all = vec![Value::Null; schema.stored().len()];
    for (id, value) in values {
        all[schema.slot(id).expect("a stored column")] = value.clone();
    }
    Arc::new(Object {
        kind,
        moref: moref.into(),
        object_type: kind.object_type().into(),
        values: all.into(),
        missing: Box::default(),
    })
}

fn refs(kind: Kind, morefs: &[&str]) -> Value {
    Value::list(morefs.iter().map(|moref| Value::Ref(Ref { kind, moref: (*moref).into() })))
}

fn to(kind: Kind, moref: &str) -> Value {
    Value::Ref(Ref { kind, moref: moref.into() })
}

fn host(moref: &str, name: &str, maintenance: Value, datastores: &[&str]) -> Arc<Object> {
    object(
        Kind::Hosts,
        moref,
        &[
            ("name", Value::text(name)),
            ("parent_moref", to(Kind::Clusters, "domain-c1")),
            ("in_maintenance", maintenance),
            ("memory_bytes", Value::Int(moref.len() as i64)),
            ("datastore_refs", refs(Kind::Datastores, datastores)),
        ],
    )
}

/// Two vCenters: one with a cluster, three hosts and two datastores, one with a host of its own.
fn inventories() -> Vec<(Vcenter, Arc<Snapshot>)> {
    let coverage = |kind| Coverage { kind, cluster: None, synced_at: Time(1_000) };
    let berlin = Snapshot::new(
        [
            object(Kind::Clusters, "domain-c1", &[("name", Value::text("Prod SQL"))]),
            object(Kind::Datastores, "datastore-9", &[("name", Value::text("alpha"))]),
            object(Kind::Datastores, "datastore-10", &[("name", Value::text("Beta"))]),
            host("host-9", "esx-b", Value::Bool(true), &["datastore-10", "datastore-9"]),
            host("host-10", "ESX-a", Value::Bool(false), &["datastore-9"]),
            host("host-11", "other", Value::Null, &["datastore-77"]),
        ],
        vec![coverage(Kind::Hosts)],
    );
    let lab = Snapshot::new([object(Kind::Hosts, "host-1", &[("name", Value::text("lab"))])], Vec::new());
    vec![(vcenter("Berlin"), Arc::new(berlin)), (vcenter("Lab"), Arc::new(lab))]
}

fn names(query: &Query) -> Vec<String> {
    let inventories = inventories();
    let selection = select(query, &inventories, NOW).unwrap();
    let name = |row: &Row<'_>| row.object.stored("name").as_text().unwrap_or_default().to_owned();
    selection.rows.iter().map(|(_, row)| name(row)).collect()
}

fn hosts() -> Query {
    Query::of(Kind::Hosts)
}

fn rows(asked: RowQuery) -> Rows {
    let inventories = inventories();
    let source = |v: &Vcenter| Source {
        vcenter: v.id.clone(),
        name: v.name.clone(),
        synced_at: Some(Time(1_000)),
        ttl_seconds: 300,
        refresh: None,
    };
    let sources = inventories.iter().map(|(v, _)| source(v)).collect();
    window(asked, &inventories, sources, NOW).unwrap()
}

#[test]
fn every_word_has_to_stand_in_some_column_whatever_its_case() {
    let find = |text: &str| names(&Query { text: text.into(), ..hosts() });
    assert_eq!(find("esx"), ["ESX-a", "esx-b"]);
    assert_eq!(find("  sql ESX-B "), ["esx-b"], "one word in the name, one in the cluster");
    assert_eq!(find("beta"), ["esx-b"], "in a list");
    assert_eq!(find("esx nowhere"), [""; 0]);
    let narrow = Query { text: "sql".into(), columns: vec!["name".into()], ..hosts() };
    assert_eq!(names(&narrow), ["ESX-a", "esx-b", "other"], "also in one that was not asked for");
    assert_eq!(find("host-10"), ["ESX-a"], "its own moref");
    assert_eq!(find("berlin"), ["ESX-a", "esx-b", "other"], "the vCenter's name");
    assert_eq!(find("berlin esx"), ["ESX-a", "esx-b"]);
}

#[test]
fn a_value_asked_for_is_met_by_equality_and_by_a_list_that_contains_it() {
    let find = |column: &str, value: &str| {
        names(&Query { conditions: vec![Condition::is(column, value)], ..hosts() })
    };
    assert_eq!(find("in_maintenance", "true"), ["esx-b"]);
    assert_eq!(find("in_maintenance", ""), ["lab", "other"], "not known");
    assert_eq!(find("datastores_moref", "datastore-9"), ["ESX-a", "esx-b"]);
    assert_eq!(find("moref", "host-10"), ["ESX-a"]);
    assert_eq!(find("vcenter", "Lab"), ["lab"]);
    assert_eq!(find("memory_bytes", "7"), ["ESX-a", "other"]);
    let wrong = Query { conditions: vec![Condition::is("no_such", "")], ..hosts() };
    assert_eq!(select(&wrong, &inventories(), NOW).err().unwrap().code, Code::InvalidValue);
}

#[test]
fn a_value_ruled_out_leaves_what_is_not_known() {
    let ruled_out = |value: &str| {
        names(&Query { conditions: vec![Condition::is_not("in_maintenance", value)], ..hosts() })
    };
    assert_eq!(ruled_out("true"), ["ESX-a", "lab", "other"]);
    assert_eq!(ruled_out("false"), ["esx-b", "lab", "other"]);
    assert_eq!(ruled_out(""), ["ESX-a", "esx-b"]);
    let wrong = Query { conditions: vec![Condition::is_not("no_such", "")], ..hosts() };
    assert_eq!(select(&wrong, &inventories(), NOW).err().unwrap().code, Code::InvalidValue);
}

#[test]
fn vms_and_templates_are_all_vms_also_where_it_is_not_known_which_they_are() {
    let vm = |moref: &str, template| object(Kind::Vms, moref, &[("is_template", template)]);
    let vms = [vm("vm-1", Value::Bool(true)), vm("vm-2", Value::Bool(false)), vm("vm-3", Value::Null)];
    let inventories = [(vcenter("Berlin"), Arc::new(Snapshot::new(vms, Vec::new())))];
    let count = |asked: RowQuery| window(asked, &inventories, Vec::new(), NOW).unwrap().matching;
    let all = RowQuery::count(Kind::Vms);
    assert_eq!(count(all.clone().without("is_template", "true")), 2);
    assert_eq!(count(all.clone().with("is_template", "true")), 1);
    assert_eq!(count(all), 3);
}

#[test]
fn what_is_not_known_comes_last_in_either_direction_and_texts_go_without_regard_to_case() {
    let sorted = |key: &str| names(&Query { sort: vec![key.into(), "name".into()], ..hosts() });
    assert_eq!(sorted("name"), ["ESX-a", "esx-b", "lab", "other"]);
    assert_eq!(sorted("-name"), ["other", "lab", "esx-b", "ESX-a"]);
    assert_eq!(sorted("in_maintenance"), ["ESX-a", "esx-b", "lab", "other"]);
    assert_eq!(sorted("-in_maintenance"), ["esx-b", "ESX-a", "lab", "other"]);
}

#[test]
fn a_window_says_how_many_match_and_how_many_there_are() {
    let asked = RowQuery { text: "esx".into(), offset: 1, limit: 5, ..RowQuery::count(Kind::Hosts) };
    let window = rows(asked);
    assert_eq!((window.rows.len(), window.matching, window.total), (1, 2, 4));
    let counted = rows(RowQuery::count(Kind::Hosts).with("in_maintenance", "true"));
    assert_eq!((counted.rows.len(), counted.matching), (0, 1));
    let beyond = rows(RowQuery { offset: 100, limit: LARGEST_WINDOW + 1, ..RowQuery::count(Kind::Hosts) });
    assert_eq!((beyond.rows.len(), beyond.matching), (0, 4));
}

#[test]
fn a_cell_leads_to_the_objects_it_names_each_with_its_own_moref() {
    let columns = ["name", "cluster", "datastores"].map(str::to_owned).to_vec();
    let window = rows(RowQuery { columns, limit: 10, ..RowQuery::count(Kind::Hosts) });
    let links = |name: &str| {
        let row = window.rows.iter().find(|row| row.values[0] == *name).unwrap();
        let texts = row.links.iter().map(|(position, targets)| {
            let targets = targets.iter().map(|t| format!("{}={}", t.name, t.moref));
            (*position, targets.collect::<Vec<_>>())
        });
        texts.collect::<Vec<_>>()
    };
    let cluster = (1, vec!["Prod SQL=domain-c1".to_owned()]);
    let both = vec!["Beta=datastore-10".to_owned(), "alpha=datastore-9".to_owned()];
    assert_eq!(links("esx-b"), [cluster.clone(), (2, both)]);
    assert_eq!(links("other"), [cluster], "an object out of sight is no link");
    assert_eq!(links("lab"), []);
}

#[test]
fn a_row_says_when_it_was_read_only_if_that_differs_from_its_source() {
    let window = rows(RowQuery { limit: 10, ..RowQuery::count(Kind::Hosts) });
    assert!(window.rows.iter().all(|row| row.synced_at.is_none()));
}

#[test]
fn a_count_leads_to_as_many_rows_as_it_counts() {
    for kind in Kind::LISTED {
        for column in columns::of(kind).columns() {
            if let Some(Link::Rows(of, by)) = column.link {
                let query = RowQuery::count(of).with(by, "no such moref");
                assert_eq!(rows(query).matching, 0, "{kind}.{}", column.id);
            }
        }
    }
}

#[test]
fn a_match_outside_of_the_columns_on_screen_is_named() {
    let columns = ["name", "cluster"].map(str::to_owned).to_vec();
    let asked = |text: &str| {
        let query = RowQuery {
            columns: columns.clone(),
            text: text.into(),
            limit: 10,
            ..RowQuery::count(Kind::Hosts)
        };
        rows(query).rows.into_iter().map(|row| row.matched).collect::<Vec<_>>()
    };
    assert_eq!(asked("sql esx-b"), [vec![]], "both stand in columns that are shown");
    assert_eq!(asked("beta"), [vec![("datastores".to_owned(), "Beta".to_owned())]], "the one of the list");
    assert_eq!(asked("host-10"), [vec![("moref".to_owned(), "host-10".to_owned())]]);
}

#[test]
fn sums_are_those_of_all_rows_that_match_or_of_the_chosen_ones() {
    let sum = |query: RowQuery| {
        let sums = rows(RowQuery { limit: 1, ..query }).sums;
        sums.into_iter().find(|sum| sum.column == "memory_bytes").map(|sum| (sum.value, sum.rows))
    };
    let all = RowQuery::count(Kind::Hosts);
    assert_eq!(sum(all.clone()), Some((6 + 7 + 7, 3)), "one has no value");
    assert_eq!(sum(all.clone().with("in_maintenance", "true")), Some((6, 1)));
    let chosen = ["host-9", "host-10"].map(|moref| (VcenterId("berlin".into()), moref.into())).to_vec();
    assert_eq!(sum(RowQuery { chosen, ..all }), Some((13, 2)));
}

proptest! {
    #[test]
    fn pages_put_together_are_the_whole(size in 1usize..5, down: bool, column in 0usize..30) {
        let ids: Vec<String> = columns::of(Kind::Hosts).columns().map(|c| c.id.to_string()).collect();
        let sort = vec![format!("{}{}", if down { "-" } else { "" }, ids[column % ids.len()])];
        let whole = names(&Query { sort: sort.clone(), ..hosts() });
        let page = |offset| names(&Query { sort: sort.clone(), offset, limit: Some(size), ..hosts() });
        let pages: Vec<String> = (0..whole.len()).step_by(size).flat_map(page).collect();
        prop_assert_eq!(pages, whole);
    }

    #[test]
    fn no_text_and_no_value_makes_a_query_panic(text in ".{0,40}", value in ".{0,20}") {
        let _ = names(&Query { text, conditions: vec![Condition::is("name", &value)], ..hosts() });
    }
}
