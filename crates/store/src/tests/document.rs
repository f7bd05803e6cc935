//! Documents: there and back, and those of other releases.

use super::*;
use crate::document::{BEGINNING, decode, encode, hash, name};
use contract::columns::Shape;
use proptest::prelude::*;

fn reference() -> impl Strategy<Value = Ref> {
    let kind = prop::sample::select(Kind::ALL.to_vec());
    (kind, "[a-z:]{1,9}-[0-9]{1,6}").prop_map(|(kind, moref)| Ref { kind, moref: moref.into() })
}

fn value(shape: Shape) -> BoxedStrategy<Value> {
    let (one, list) = match shape.holds_references() {
        true => (
            reference().prop_map(Value::Ref).boxed(),
            prop::collection::vec(reference().prop_map(Value::Ref), 0..5).prop_map(Value::list).boxed(),
        ),
        false => (
            prop_oneof![any::<String>().prop_map(Value::text), ".*\"\\PC*".prop_map(Value::text)].boxed(),
            prop::collection::vec(any::<String>().prop_map(Value::text), 0..5).prop_map(Value::list).boxed(),
        ),
    };
    let number = match shape.is_decimal() {
        true => (-1_000_000_000_000_i64..1_000_000_000_000).prop_map(Value::Decimal).boxed(),
        false => any::<i64>().prop_map(Value::Int).boxed(),
    };
    prop_oneof![
        3 => Just(Value::Null),
        1 => any::<bool>().prop_map(Value::Bool),
        2 => number,
        4 => one,
        2 => list,
    ]
    .boxed()
}

fn reason() -> impl Strategy<Value = Option<Missing>> {
    use Missing::*;
    prop::option::weighted(
        0.2,
        prop::sample::select(vec![NoPermission, NotReported, NotConnected, NotVisible, BadValue, Fault]),
    )
}

fn any_object() -> impl Strategy<Value = Object> {
    prop::sample::select(Kind::ALL.to_vec()).prop_flat_map(|kind| {
        let shapes: Vec<Shape> = columns::of(kind).stored().map(|(_, shape)| shape).collect();
        let reasons = prop::collection::vec(reason(), shapes.len());
        let values: Vec<BoxedStrategy<Value>> = shapes.into_iter().map(value).collect();
        ("[a-z]{1,9}-[0-9]{1,6}", any::<String>(), values, reasons).prop_map(
            move |(moref, object_type, values, reasons)| {
                let reasons = reasons.into_iter().enumerate();
                let missing = reasons.filter_map(|(slot, why)| Some((slot as u16, why?))).collect();
                let (moref, object_type) = (moref.into(), object_type.into());
                Object { kind, moref, object_type, values: values.into(), missing }
            },
        )
    })
}

proptest! {
    #[test]
    fn an_object_comes_back_from_its_document(object in any_object()) {
        let document = encode(&object).unwrap();
        let back = decode(object.kind, object.moref.clone(), object.object_type.clone(), &document).unwrap();
        prop_assert_eq!(&back, &object);
        prop_assert_eq!(encode(&back).unwrap(), document);
    }

    #[test]
    fn no_text_makes_decoding_panic(text in any::<String>()) {
        let _ = decode(Kind::Vms, "vm-1".into(), "VirtualMachine".into(), &text);
    }
}

#[test]
fn a_document_of_another_release_gives_what_this_one_knows() {
    let document = r#"{
        "later": [1, {"deep": true}],
        "values": {"name": "a\nb", "colour": {"r": 1}, "power_state": null, "cpu_count": 1.5},
        "missing": {"colour": "no_permission", "power_state": "on_holiday", "annotation": "fault"}
    }"#;
    let object = decode(Kind::Vms, "vm-1".into(), "VirtualMachine".into(), document).unwrap();
    assert_eq!(object.stored("name").as_text(), Some("a\nb"));
    assert!(object.stored("power_state").is_null() && object.stored("cpu_count").is_null());
    let slot = columns::of(Kind::Vms).slot("annotation").unwrap() as u16;
    assert_eq!(*object.missing, [(slot, Missing::Fault)]);
    let empty = decode(Kind::Vms, "vm-1".into(), "VirtualMachine".into(), "{}").unwrap();
    assert!(empty.values.iter().all(Value::is_null));
    assert!(decode(Kind::Vms, "vm-1".into(), "VirtualMachine".into(), "[]").is_err());
}

#[test]
fn a_document_says_what_is_known_and_what_is_not_in_the_order_of_the_columns() {
    let document = encode(&object(Kind::Vms, "vm-1", "web \"1\"")).unwrap();
    let expected = concat!(
        r#"{"values":{"name":"web \"1\"","network_refs":["networks:network-1","networks:network-2"]},"#,
        r#""missing":{"name":"no_permission"}}"#
    );
    assert_eq!(document, expected);
    assert_ne!(hash("VirtualApp", &document), hash("ResourcePool", &document));
}

#[tokio::test]
async fn rows_of_a_kind_that_only_a_newer_release_knows_are_left_alone() {
    let (dir, store) = opened().await;
    let id = with_vcenter(&store, "Berlin").await;
    let hosts = pass(vec![object(Kind::Hosts, "host-1", "a")], &[Kind::Hosts], 5_000);
    publish(&store, &id, "1", &hosts).await;
    execute(
        dir.path(),
        "INSERT INTO objects SELECT vcenter_id, 'racks', moref, object_type, hash, document, revision FROM objects",
    )
    .await;
    publish(&store, &id, "2", &hosts).await;
    assert_eq!(store.load(&id).await.unwrap().objects.len(), 1);
    assert_eq!(number(dir.path(), "SELECT COUNT(*) FROM objects").await, 2);
}

proptest! {
    #[test]
    fn a_name_is_read_off_the_beginning_of_a_document_that_has_one(object in any_object(), called in "\\PC{0,80}") {
        let mut object = object;
        let slot = columns::of(object.kind).slot("name").unwrap();
        // A snapshot's VM comes first.
        prop_assume!(object.kind != Kind::Snapshots);
        object.values[slot] = Value::text(&*called);
        let beginning = |object: &Object| {
            let document = encode(object).unwrap();
            document.chars().take(usize::try_from(BEGINNING).unwrap()).collect::<String>()
        };
        prop_assert_eq!(name(&beginning(&object)), Some(called.into()));
        object.values[slot] = Value::Null;
        prop_assert_eq!(name(&beginning(&object)), None);
    }
}

#[test]
fn a_name_that_is_longer_than_the_beginning_or_damaged_is_not_guessed() {
    let long = format!("{{\"values\":{{\"name\":\"{}", "x".repeat(700));
    let damaged = [
        "",
        "{\"values\":",
        "{\"values\":{\"name\":",
        "{\"values\":{\"name\":7}}",
        "{\"values\":{\"name\":\"a",
    ];
    for beginning in damaged.into_iter().chain([&*long]) {
        assert_eq!(name(beginning), None, "{beginning}");
    }
}
