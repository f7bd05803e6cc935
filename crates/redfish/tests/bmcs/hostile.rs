//! Any JSON at any path: a BMC that answers nonsense is read to an end, and its session is closed.

use std::{sync::Arc, time::Duration};

use proptest::{
    collection::{hash_map, vec},
    prelude::*,
};
use redfish::{LOOK_DEADLINE, look};
use serde_json::{Map, Value};

use crate::bmc::{Bmc, USER, json_reply, password, small};

/// Keys that the client looks for, and others.
fn key() -> impl Strategy<Value = String> {
    let known: &'static [&'static str] = &[
        "@odata.id",
        "href",
        "Members",
        "Links",
        "links",
        "Chassis",
        "Oem",
        "Dell",
        "Hpe",
        "Manager",
        "HostName",
        "MACAddress",
        "PermanentMACAddress",
        "IPv4Addresses",
        "Address",
        "EthernetInterfaces",
        "NetworkAdapters",
        "Controllers",
        "Ports",
        "Ethernet",
        "AssociatedMACAddresses",
        "ContainedBy",
        "ChassisType",
        "SerialNumber",
        "SKU",
        "UUID",
        "Status",
        "Health",
        "ManagerType",
        "FirmwareVersion",
        "Systems",
        "Managers",
        "Sessions",
        "SystemType",
        "Boot",
        "error",
        "@Message.ExtendedInfo",
        "MessageId",
        "Message",
        "MessageArgs",
    ];
    prop_oneof![8 => prop::sample::select(known).prop_map(str::to_owned), 1 => ".{0,8}"]
}

fn leaf() -> impl Strategy<Value = Value> {
    let texts: &'static [&'static str] = &[
        "/redfish/v1/Systems/1",
        "/redfish/v1/Managers",
        "/redfish/v1/Chassis/1",
        "/a#b",
        "https://x.invalid/redfish/v1",
        "Blade",
        "BMC",
        "70:b5:e8:f0:52:dc",
        "ü0:7b:25:ec:33:2f",
        "10.0.0.5",
        "fe80::1",
        "iLO 5 v",
        "v",
        "ILOABCDEFGHIJ",
        "4C4C4544-0034-3410-8052-CAC04F344330",
        "00000000-0000-0000-0000-AC1F6B0AE070",
        "Composed",
        "",
    ];
    prop_oneof![
        1 => Just(Value::Null),
        1 => any::<bool>().prop_map(Value::from),
        1 => any::<i64>().prop_map(Value::from),
        1 => any::<f64>().prop_map(Value::from),
        4 => prop::sample::select(texts).prop_map(Value::from),
        1 => ".{0,40}".prop_map(Value::from),
    ]
}

fn value() -> impl Strategy<Value = Value> {
    leaf().prop_recursive(6, 60, 8, |inner| {
        prop_oneof![
            1 => vec(inner.clone(), 0..6).prop_map(Value::from),
            3 => hash_map(key(), inner, 0..8).prop_map(|map| Value::Object(Map::from_iter(map))),
        ]
    })
}

/// What a BMC says to a request, by its number: a body, and its status where that is another than 200.
type Answers = Vec<(Value, Option<u16>)>;

async fn survive(answers: Answers) {
    let count = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let hook = move |request: &crate::bmc::Request| {
        if request.method != "GET" || request.path == "/redfish/v1/" && request.has_credential() {
            return None;
        }
        let number = count.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        // The first two are the roots of the look and of the visit: sometimes theirs, else the right one.
        let (body, status) = &answers[number % answers.len()];
        let is_root = request.path == "/redfish/v1/";
        (!is_root || number.is_multiple_of(3)).then(|| json_reply(status.unwrap_or(200), body))
    };
    let bmc = Bmc::start(small(), "", Arc::new(hook)).await;
    let _ = look(&bmc.unknown(), "test/1", LOOK_DEADLINE).await;
    let visit = bmc.visit(Duration::from_secs(20));
    if visit.login(USER, &password()).await.is_ok() {
        let _ = visit.read().await;
    }
    visit.close(Duration::from_secs(5)).await.unwrap();
    let (opened, closed, open) = bmc.sessions();
    assert_eq!((opened, open), (closed, 0));
    assert!(bmc.logins() <= 1 && bmc.requests().len() <= 210);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_json_at_any_path_is_read_to_an_end(
        answers in vec((value(), prop::option::weighted(0.2, 200..600_u16)), 1..12)
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(survive(answers));
    }
}
