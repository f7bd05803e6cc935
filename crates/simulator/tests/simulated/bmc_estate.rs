//! The BMCs of an estate beside what vCenter says of its hosts, and many at once.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Instant;

use simulator::{
    Bmc, BmcContent, BmcOptions, BmcPlan, BmcRecording, BmcVendor, Bmcs, Hardware, Options, Simulator,
};

use crate::bmc_client::BmcClient;
use crate::bmcs::{SYSTEMS, basic, recordings};
use crate::faults::logged_in;
use crate::raw::Raw;

/// What an ESXi host says of itself by vCenter.
struct Shown {
    serial: String,
    uuid: String,
    macs: Vec<String>,
    ipmi: Option<(String, String)>,
}

async fn shown(raw: &mut Raw, moref: &str) -> Option<Shown> {
    let paths = [
        "hardware.systemInfo.serialNumber",
        "hardware.systemInfo.uuid",
        "config.network.pnic",
        "config.ipmi.bmcIpAddress",
        "config.ipmi.bmcMacAddress",
        "config.ipmi.login",
        "config.ipmi.password",
    ];
    let reply = raw.retrieve(("HostSystem", moref), "HostSystem", &paths).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    let all = &reply.body;
    assert!(!all.contains("ipmi.login") && !all.contains("ipmi.password"), "{all}");
    let value = |path: &str| {
        let (_, rest) = all.split_once(&format!("<name>{path}</name><val xsi:type=\"xsd:string\">"))?;
        rest.split_once('<').map(|(value, _)| value.to_owned())
    };
    let macs =
        all.split("<mac>").skip(1).filter_map(|rest| rest.split_once('<')).map(|(mac, _)| mac.to_owned());
    Some(Shown {
        serial: value(paths[0])?,
        uuid: value(paths[1])?,
        macs: macs.collect(),
        ipmi: value(paths[3]).zip(value(paths[4])),
    })
}

/// The only member of a collection.
async fn member(client: &BmcClient, auth: &str, path: &str) -> serde_json::Value {
    let collection = client.get(path, &[("Authorization", auth)]).await.json();
    let path = collection["Members"][0]["@odata.id"].as_str().unwrap().to_owned();
    client.get(&path, &[("Authorization", auth)]).await.json()
}

#[tokio::test]
async fn bmcs_of_an_estate_say_of_each_server_what_its_esxi_host_says_by_vcenter() {
    let options = Options { hardware: Hardware::Odd, ..Options::new(300, 5) };
    let simulator = Simulator::start(options).await.unwrap();
    let bmcs = Bmcs::of(&simulator, BmcOptions { dark: 3, ..BmcOptions::default() }).await.unwrap();
    assert_eq!(bmcs.all().len(), simulator.contents().hosts + 3);
    let mut raw = logged_in(&simulator).await;
    let (mut vendors, mut ipmi) = (std::collections::BTreeSet::new(), 0);
    for bmc in bmcs.all() {
        let machine = bmc.machine().unwrap();
        vendors.insert(machine.vendor);
        let client = BmcClient::new(bmc.address());
        let auth = basic(bmc.user(), bmc.password());
        let system = member(&client, &auth, SYSTEMS).await;
        let manager = member(&client, &auth, "/redfish/v1/Managers").await;
        let own = manager["EthernetInterfaces"]["@odata.id"].as_str().unwrap();
        let own = member(&client, &auth, own).await["MACAddress"].as_str().unwrap().to_ascii_lowercase();
        // One that can't be seen by vCenter says nothing of itself there.
        let Some(host) = bmc.host() else { continue };
        let Some(shown) = shown(&mut raw, host).await else { continue };
        let field = if machine.vendor == BmcVendor::Dell { "SKU" } else { "SerialNumber" };
        if machine.enclosure.is_empty() {
            assert_eq!(system[field], shown.serial.as_str(), "{system}");
        } else {
            assert_eq!(machine.enclosure, shown.serial);
        }
        let uuid = system["UUID"].as_str().unwrap().to_ascii_lowercase();
        let same: String = uuid.chars().skip(18).collect();
        assert!(shown.uuid == uuid || machine.vendor == BmcVendor::Supermicro && shown.uuid.ends_with(&same));
        assert_eq!(shown.macs, machine.nics);
        if let Some((address, mac)) = shown.ipmi {
            assert_eq!((address, mac), (bmc.address().ip().to_string(), own));
            ipmi += 1;
        }
    }
    assert!(vendors.len() >= 3 && ipmi > 0, "{vendors:?} {ipmi}");
}

#[tokio::test]
async fn one_key_on_many_is_the_same_pin_and_others_have_their_own() {
    let simulator = Simulator::start(Options::new(300, 5)).await.unwrap();
    let options = BmcOptions { hosts: 4, clones: 2, blank: 1, shared_key: 3, ..BmcOptions::default() };
    let bmcs = Bmcs::of(&simulator, options).await.unwrap();
    let pins: Vec<&str> = bmcs.all().iter().map(Bmc::sha256).collect();
    assert!(pins.len() == 7 && pins[0] == pins[1] && pins[1] == pins[2]);
    assert_eq!(pins.iter().collect::<std::collections::BTreeSet<_>>().len(), 5);
    let client = BmcClient::new(bmcs.all()[1].address());
    client.get("/redfish/v1/", &[]).await;
    assert_eq!(client.sha256(), pins[0]);
}

#[tokio::test]
async fn fifty_bmcs_are_found_among_1024_addresses_by_their_roots() {
    let machine = Arc::new(recording_of_many());
    // Every twentieth of the first thousand.
    let plans = (0..50).map(|at: u32| BmcPlan {
        address: Ipv4Addr::from(u32::from(Ipv4Addr::new(127, 0, 192, 0)) + 7 + at * 20),
        ..BmcPlan::new(BmcContent::Recorded(machine.clone()))
    });
    let bmcs = Bmcs::start(plans.collect()).await.unwrap();
    let port = bmcs.all()[0].address().port();
    let first = u32::from(Ipv4Addr::new(127, 0, 192, 0));
    let mut tasks = tokio::task::JoinSet::new();
    for part in 0..32 {
        tasks.spawn(async move {
            let mut found = Vec::new();
            for at in (part..1024).step_by(32) {
                let client = BmcClient::new((Ipv4Addr::from(first + at), port).into());
                let answer = client.send("GET", "/redfish/v1/", &[], "").await;
                found.extend(answer.is_ok_and(|answer| answer.status == 200).then(|| client.sha256()));
            }
            found
        });
    }
    let mut found: Vec<String> = tasks.join_all().await.into_iter().flatten().collect();
    found.sort();
    let mut pins: Vec<String> = bmcs.all().iter().map(|bmc| bmc.sha256().to_owned()).collect();
    pins.sort();
    assert_eq!(found, pins);
    assert!(bmcs.all().iter().all(|bmc| bmc.counts().all_requests() == 1));
}

fn recording_of_many() -> BmcRecording {
    BmcRecording::read(&recordings().join("supermicro-x13/sys-821ge-tnhr-1.4.json")).unwrap()
}

#[tokio::test]
#[ignore = "needs more open files than many systems allow; prints figures"]
async fn two_thousand_bmcs_start_in_one_process() {
    let simulator = Simulator::start(Options::new(300, 5)).await.unwrap();
    let options = BmcOptions { dark: 2_000, hosts: 0, ..BmcOptions::default() };
    let began = Instant::now();
    let bmcs = Bmcs::of(&simulator, options).await.unwrap();
    println!("2,000 BMCs in {:?}", began.elapsed());
    let last = bmcs.all().last().unwrap();
    let client = BmcClient::new(last.address());
    assert_eq!(client.get("/redfish/v1/", &[]).await.status, 200);
    bmcs.stop().await;
}
