//! Simulated BMCs as a client sees them: what they tell, whom they let in, and what they do to those they don't.

use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use base64::Engine as _;
use simulator::{
    Bmc, BmcBehavior, BmcBroken, BmcContent, BmcFull, BmcLockOut, BmcLocked, BmcOptions, BmcPlan,
    BmcRecording, BmcRefusal, BmcVendor, BmcWire, Bmcs, Hardware, Options, Simulator,
};

use crate::bmc_client::{Answer, BmcClient};

const SYSTEMS: &str = "/redfish/v1/Systems";

fn recordings() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("recorded/redfish")
}

fn content(name: &str) -> BmcContent {
    let recording = BmcRecording::read(&recordings().join(format!("{name}.json"))).unwrap();
    BmcContent::Recorded(Arc::new(recording))
}

/// One BMC with the contents of an R640's, and its client.
async fn start(behavior: BmcBehavior) -> (Bmcs, BmcClient) {
    let plan = BmcPlan { behavior, ..BmcPlan::new(content("dell-idrac9/r750-7.10.30.00")) };
    let bmcs = Bmcs::start(vec![plan]).await.unwrap();
    let client = BmcClient::new(bmcs.all()[0].address());
    (bmcs, client)
}

fn basic(user: &str, password: &str) -> String {
    format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(format!("{user}:{password}")))
}

async fn login(client: &BmcClient, bmc: &Bmc) -> Answer {
    client.login(bmc.user(), bmc.password()).await
}

async fn token(client: &BmcClient, bmc: &Bmc) -> String {
    let answer = login(client, bmc).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    answer.header("x-auth-token").unwrap().to_owned()
}

#[tokio::test]
async fn a_recorded_bmc_tells_its_root_to_everybody_and_the_rest_to_a_session() {
    let (bmcs, client) = start(BmcBehavior::default()).await;
    let bmc = &bmcs.all()[0];
    for path in ["/redfish/v1", "/redfish/v1/"] {
        let root = client.get(path, &[]).await;
        assert_eq!((root.status, root.is_whole), (200, true));
        assert_eq!(root.json()["ServiceIdentification"], "SMEA0J9");
    }
    assert_eq!(client.sha256(), bmc.sha256());
    let refused = client.get(SYSTEMS, &[]).await;
    assert_eq!((refused.status, &*refused.message()), (401, "Base.1.8.NoValidSession"));
    assert_eq!(refused.header("www-authenticate"), Some("Basic realm=\"RedfishService\""));
    let opened = login(&client, bmc).await;
    let (token, location) = (opened.header("x-auth-token").unwrap(), opened.header("location").unwrap());
    let system = client.get("/redfish/v1/Systems/System.Embedded.1/", &[("X-Auth-Token", token)]).await;
    assert_eq!(system.json()["SKU"], "SMEA0J9");
    let queried = client.get(&format!("{SYSTEMS}?$expand=*"), &[("X-Auth-Token", token)]).await;
    assert_eq!((queried.status, &*queried.message()), (400, "Base.1.8.QueryNotSupported"));
    assert_eq!(client.get("/redfish/v1/Fabrics", &[("X-Auth-Token", token)]).await.status, 404);
    let sessions = client.get("/redfish/v1/SessionService/Sessions", &[("X-Auth-Token", token)]).await;
    assert_eq!(sessions.json()["Members"][0]["@odata.id"], location);
    assert_eq!(client.send("PATCH", SYSTEMS, &[("X-Auth-Token", token)], "{}").await.unwrap().status, 405);
    let closed = client.send("DELETE", location, &[("X-Auth-Token", token)], "").await.unwrap();
    assert_eq!(closed.status, 204);
    assert_eq!(client.get(SYSTEMS, &[("X-Auth-Token", token)]).await.status, 401);
    let counts = bmc.counts();
    assert_eq!((counts.sessions_opened, counts.sessions_closed, counts.sessions_open), (1, 1, 0));
    assert_eq!((counts.without_login, counts.wrong_logins), (1, 0));
    assert_eq!(counts.requests["GET /redfish/v1"], 1);
    assert_eq!(counts.users, [("inventory".to_owned(), 1)].into());
    assert_eq!((counts.connections, counts.all_requests()), (11, 11));
    bmcs.stop().await;
}

#[tokio::test]
async fn every_recording_is_answered_with_the_headers_that_were_recorded() {
    let bmcs = Bmcs::recorded(&recordings(), Ipv4Addr::new(127, 0, 200, 1), 0).await.unwrap();
    assert_eq!(bmcs.all().len(), 31);
    let port = bmcs.all()[0].address().port();
    for bmc in bmcs.all() {
        assert_eq!(bmc.address().port(), port, "one port on all addresses");
        let BmcContent::Recorded(recording) = bmc.content() else { panic!("no recording") };
        let client = BmcClient::new(bmc.address());
        let auth = basic(bmc.user(), bmc.password());
        for path in recording.paths().filter(|path| path.contains("/Systems") || path.ends_with("v1")) {
            let answer = client.get(path, &[("Authorization", &auth)]).await;
            assert_eq!(answer.status, 200, "{} {path}", recording.name());
            assert_eq!(&answer.json(), recording.body(path).unwrap(), "{} {path}", recording.name());
            if recording.name() == "dell-idrac8/2.41.40.40-winpe" && path.contains("/Systems/") {
                assert_eq!(answer.header("server"), Some("Appweb/4.5.4"));
            }
        }
        let counts = bmc.counts();
        assert_eq!((counts.wrong_logins, counts.without_login), (0, 0), "{}", recording.name());
    }
}

#[tokio::test]
async fn all_sessions_taken_is_said_in_each_vendors_words() {
    for (full, status, message) in [
        (BmcFull::Unavailable, 503, "IDRAC.2.5.RAC0218"),
        (BmcFull::Unauthorized, 401, "IDRAC.2.5.SYS415"),
        (BmcFull::Maximum, 503, "Base.1.8.SessionLimitExceeded"),
    ] {
        let (bmcs, client) = start(BmcBehavior { full, sessions: 2, ..BmcBehavior::default() }).await;
        let bmc = &bmcs.all()[0];
        let (first, _) = (login(&client, bmc).await, login(&client, bmc).await);
        let refused = login(&client, bmc).await;
        assert_eq!((refused.status, &*refused.message()), (status, message));
        let auth = basic(bmc.user(), bmc.password());
        assert_eq!(client.get(SYSTEMS, &[("Authorization", &auth)]).await.status, status);
        let token = first.header("x-auth-token").unwrap();
        let location = first.header("location").unwrap();
        client.send("DELETE", location, &[("X-Auth-Token", token)], "").await.unwrap();
        assert_eq!(client.get(SYSTEMS, &[("Authorization", &auth)]).await.status, 200);
        let counts = bmc.counts();
        assert_eq!((counts.most_sessions, counts.wrong_logins), (2, 0));
    }
}

#[tokio::test]
async fn wrong_logins_lock_an_address_out_in_each_vendors_way() {
    let lock = |answer| {
        let minute = Duration::from_secs(60);
        BmcBehavior {
            lock_out: Some(BmcLockOut { after: 2, within: minute, lasts: minute, answer }),
            ..BmcBehavior::default()
        }
    };
    for (answer, message) in
        [(BmcLocked::Delayed, "iLO.2.14.LoginAttemptDelayed"), (BmcLocked::Unauthorized, "IDRAC.2.5.SYS415")]
    {
        let (bmcs, client) = start(lock(answer)).await;
        let bmc = &bmcs.all()[0];
        assert_eq!(client.login("root", "calvin").await.status, 401);
        let auth = basic(bmc.user(), "wrong");
        assert_eq!(client.get(SYSTEMS, &[("Authorization", &auth)]).await.status, 401);
        let locked = login(&client, bmc).await;
        assert_eq!((locked.status, &*locked.message()), (401, message));
        assert_eq!(client.get("/redfish/v1/", &[]).await.status, 200);
        let counts = bmc.counts();
        assert_eq!((counts.wrong_logins, counts.locked_logins), (2, 1));
        assert_eq!(
            counts.users.into_iter().collect::<Vec<_>>(),
            [("inventory".into(), 2), ("root".into(), 1)]
        );
    }
    let (bmcs, client) = start(lock(BmcLocked::Reset)).await;
    for _ in 0..2 {
        assert_eq!(client.login("root", "calvin").await.status, 401);
    }
    assert!(client.connect().await.is_err(), "not even the root is told");
    assert_eq!(bmcs.all()[0].counts().connections_reset, 1);
}

#[tokio::test]
async fn a_right_password_can_be_refused_or_have_to_be_changed() {
    let refuses = Some(BmcRefusal::Unauthorized);
    let (bmcs, client) = start(BmcBehavior { refuses, ..BmcBehavior::default() }).await;
    assert_eq!(login(&client, &bmcs.all()[0]).await.status, 401);
    assert_eq!(bmcs.all()[0].counts().wrong_logins, 0);
    let refuses = Some(BmcRefusal::PasswordChange);
    let (bmcs, client) = start(BmcBehavior { refuses, ..BmcBehavior::default() }).await;
    let token = token(&client, &bmcs.all()[0]).await;
    let refused = client.get(SYSTEMS, &[("X-Auth-Token", &token)]).await;
    assert_eq!((refused.status, &*refused.message()), (403, "Base.1.8.PasswordChangeRequired"));
}

#[tokio::test]
async fn a_hardened_root_and_a_bmc_without_sessions_are_answered_as_they_should() {
    for status in [401, 403, 503] {
        let (bmcs, client) = start(BmcBehavior { root: Some(status), ..BmcBehavior::default() }).await;
        assert_eq!(client.get("/redfish/v1/", &[]).await.status, status);
        let auth = basic(bmcs.all()[0].user(), bmcs.all()[0].password());
        let known = client.get("/redfish/v1/", &[("Authorization", &auth)]).await.status;
        assert_eq!(known, if status == 503 { 503 } else { 200 });
        assert_eq!(bmcs.all()[0].counts().without_login, 0);
    }
    let (bmcs, client) = start(BmcBehavior { basic_only: true, ..BmcBehavior::default() }).await;
    let root = client.get("/redfish/v1/", &[]).await.json();
    assert!(root.get("SessionService").is_none() && root["Links"].get("Sessions").is_none(), "{root}");
    let auth = basic(bmcs.all()[0].user(), bmcs.all()[0].password());
    assert_eq!(client.get(SYSTEMS, &[("Authorization", &auth)]).await.status, 200);
    let service = client.get("/redfish/v1/SessionService", &[("Authorization", &auth)]).await;
    assert_eq!(service.status, 404);
    assert_eq!(login(&client, &bmcs.all()[0]).await.status, 401);
}

#[tokio::test]
async fn slashes_hosts_and_elsewhere_are_redirected_or_refused() {
    let (bmcs, client) = start(BmcBehavior { slash: Some(308), ..BmcBehavior::default() }).await;
    let moved = login(&client, &bmcs.all()[0]).await;
    assert_eq!((moved.status, moved.header("location")), (308, Some("/redfish/v1/SessionService/Sessions/")));
    assert_eq!(client.get("/redfish/v1/", &[]).await.status, 200);
    let elsewhere = Some((301, "127.9.9.9:443".to_owned()));
    let (_bmcs, client) = start(BmcBehavior { elsewhere, ..BmcBehavior::default() }).await;
    let moved = client.get("/redfish/v1/?a=b", &[]).await;
    assert_eq!(
        (moved.status, moved.header("location")),
        (301, Some("https://127.9.9.9:443/redfish/v1/?a=b"))
    );
    let (bmcs, client) = start(BmcBehavior { strict_host: true, ..BmcBehavior::default() }).await;
    let port = bmcs.all()[0].address().port();
    for (host, status) in [("127.0.0.1", 200), (&*format!("127.0.0.1:{port}"), 200), ("esx-01-bmc", 400)] {
        assert_eq!(client.get("/redfish/v1/", &[("Host", host)]).await.status, status, "{host}");
    }
}

#[tokio::test]
async fn answers_are_compressed_when_asked_or_always() {
    let (_bmcs, client) = start(BmcBehavior::default()).await;
    assert_eq!(client.get("/redfish/v1/", &[]).await.header("content-encoding"), None);
    let packed = client.get("/redfish/v1/", &[("Accept-Encoding", "gzip")]).await;
    assert_eq!(packed.header("content-encoding"), Some("gzip"));
    assert_eq!(packed.json()["Vendor"], "Dell");
    let (_bmcs, client) = start(BmcBehavior { always_gzip: true, ..BmcBehavior::default() }).await;
    assert_eq!(client.get("/redfish/v1/", &[]).await.header("content-encoding"), Some("gzip"));
    assert_eq!(client.get("/redfish/v1/", &[("Accept-Encoding", "identity")]).await.status, 406);
}

#[tokio::test]
async fn broken_answers_are_as_broken_as_they_were_asked_for() {
    let broken = |how| BmcBehavior { broken: Some((SYSTEMS.into(), how)), ..BmcBehavior::default() };
    for how in [
        BmcBroken::Truncated,
        BmcBroken::InvalidJson,
        BmcBroken::Cut,
        BmcBroken::Trickle(Duration::from_millis(1)),
        BmcBroken::Huge(3 << 20),
    ] {
        let (bmcs, client) = start(broken(how)).await;
        assert_eq!(client.get("/redfish/v1/", &[]).await.json()["Vendor"], "Dell");
        let auth = basic(bmcs.all()[0].user(), bmcs.all()[0].password());
        let began = Instant::now();
        let answer = client.send("GET", SYSTEMS, &[("Authorization", &auth)], "").await;
        let is_json = |answer: &Answer| serde_json::from_slice::<serde_json::Value>(&answer.body).is_ok();
        match how {
            BmcBroken::Truncated => {
                let answer = answer.unwrap();
                assert!(!answer.is_whole && !answer.body.is_empty(), "{answer:?}");
            }
            BmcBroken::InvalidJson => {
                let answer = answer.unwrap();
                assert!(answer.is_whole && answer.status == 200 && !is_json(&answer), "{answer:?}");
            }
            BmcBroken::Cut => assert!(answer.is_err(), "{answer:?}"),
            BmcBroken::Trickle(_) => {
                let answer = answer.unwrap();
                assert!(answer.is_whole && is_json(&answer));
                assert!(began.elapsed() > Duration::from_millis(answer.body.len() as u64));
            }
            BmcBroken::Huge(bytes) => assert!(answer.unwrap().body.len() > bytes),
            BmcBroken::Silent => unreachable!("it has a test of its own"),
        }
    }
}

#[tokio::test]
async fn who_says_nothing_or_takes_long_is_waited_for() {
    let silent = BmcBehavior { wire: BmcWire::Silent, ..BmcBehavior::default() };
    let cut_off = BmcBehavior { broken: Some((String::new(), BmcBroken::Silent)), ..BmcBehavior::default() };
    for behavior in [silent, cut_off] {
        let (bmcs, client) = start(behavior).await;
        let answer = client.send("GET", "/redfish/v1/", &[], "");
        let waited = tokio::time::timeout(Duration::from_millis(300), answer).await;
        assert!(waited.is_err(), "{waited:?}");
        let stopped = tokio::time::timeout(Duration::from_secs(5), bmcs.stop()).await;
        assert!(stopped.is_ok(), "nobody waits for who says nothing");
    }
    let delay = Duration::from_millis(200);
    let (bmcs, client) = start(BmcBehavior { delay, ..BmcBehavior::default() }).await;
    let began = Instant::now();
    let (one, other) = tokio::join!(client.get("/redfish/v1/", &[]), client.get("/redfish/v1/", &[]));
    assert_eq!((one.status, other.status), (200, 200));
    assert!(began.elapsed() >= delay);
    let counts = bmcs.all()[0].counts();
    assert_eq!((counts.most_requests, counts.requests_open), (2, 0));
}

#[tokio::test]
async fn old_tls_and_what_is_no_tls_fail_as_they_do_in_the_field() {
    for (wire, wanted) in [
        (BmcWire::TlsAlert, "ProtocolVersion"),
        (BmcWire::Tls10, "DoesNotSupportTls12Or13"),
        (BmcWire::Http, ""),
        (BmcWire::Reset, "reset"),
    ] {
        let (bmcs, client) = start(BmcBehavior { wire, ..BmcBehavior::default() }).await;
        let error = client.connect().await.map(drop).unwrap_err().to_string();
        assert!(error.to_lowercase().contains(&wanted.to_lowercase()), "{wire:?}: {error}");
        if wire == BmcWire::Http {
            assert_eq!(client.plain("/redfish/v1/").await.unwrap().json()["Vendor"], "Dell");
        }
        assert!(bmcs.all()[0].counts().connections >= 1);
    }
    let (_bmcs, client) = start(BmcBehavior { wire: BmcWire::OtherServer, ..BmcBehavior::default() }).await;
    let other = client.get("/redfish/v1/", &[]).await;
    assert_eq!((other.status, other.header("content-type")), (404, Some("text/html")));
}

#[tokio::test]
async fn links_may_be_texts_and_identifiers_null() {
    let behavior = BmcBehavior { bare_links: true, nulls: true, ..BmcBehavior::default() };
    let (bmcs, client) = start(behavior).await;
    let auth = basic(bmcs.all()[0].user(), bmcs.all()[0].password());
    let systems = client.get(SYSTEMS, &[("Authorization", &auth)]).await.json();
    assert_eq!(systems["Members"][0], "/redfish/v1/Systems/System.Embedded.1");
    let path = systems["Members"][0].as_str().unwrap();
    let system = client.get(path, &[("Authorization", &auth)]).await.json();
    assert!(system["UUID"].is_null() && system["SKU"].is_null() && system["Id"].is_string(), "{system}");
}

#[tokio::test]
async fn ended_sessions_are_answered_401_and_idle_ones_end() {
    let session_idle = Duration::from_millis(300);
    let (bmcs, client) = start(BmcBehavior { session_idle, ..BmcBehavior::default() }).await;
    let bmc = &bmcs.all()[0];
    let first = token(&client, bmc).await;
    bmc.end_sessions();
    assert_eq!(client.get(SYSTEMS, &[("X-Auth-Token", &first)]).await.status, 401);
    let second = token(&client, bmc).await;
    tokio::time::sleep(Duration::from_millis(400)).await;
    assert_eq!(client.get(SYSTEMS, &[("X-Auth-Token", &second)]).await.status, 401);
    assert_eq!(bmc.counts().sessions_open, 0);
}

#[tokio::test]
async fn an_address_of_another_machine_and_one_that_is_taken_are_refused() {
    let plan = BmcPlan::new(content("dell-idrac9/r640"));
    let outside = BmcPlan { address: Ipv4Addr::UNSPECIFIED, ..plan.clone() };
    let error = Bmcs::start(vec![outside]).await.unwrap_err().to_string();
    assert!(error.contains("0.0.0.0 is no loopback address"), "{error}");
    let running = Bmcs::start(vec![plan.clone()]).await.unwrap();
    let port = running.all()[0].address().port();
    let error = Bmcs::start(vec![BmcPlan { port, ..plan }]).await.unwrap_err().to_string();
    assert_eq!(error, format!("listening on 127.0.0.1:{port} failed"));
}

/// What an ESXi host says of itself by vCenter.
struct Shown {
    serial: String,
    uuid: String,
    macs: Vec<String>,
    ipmi: Option<(String, String)>,
}

async fn shown(simulator: &Simulator, moref: &str) -> Option<Shown> {
    let mut raw = crate::faults::logged_in(simulator).await;
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
        let Some(shown) = shown(&simulator, host).await else { continue };
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
    let mut tasks = tokio::task::JoinSet::new();
    for at in 0..1024 {
        let address = Ipv4Addr::from(u32::from(Ipv4Addr::new(127, 0, 192, 0)) + at);
        tasks.spawn(async move {
            let client = BmcClient::new((address, port).into());
            let answer = client.send("GET", "/redfish/v1/", &[], "").await.ok()?;
            (answer.status == 200).then_some(client.sha256())
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
