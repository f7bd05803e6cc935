//! Simulated BMCs where the wire is odd: redirects, encodings, old TLS, and answers that break off.

use std::net::Ipv4Addr;
use std::time::{Duration, Instant};

use simulator::{BmcBehavior, BmcBroken, BmcPlan, BmcWire, Bmcs};

use crate::bmc_client::Answer;
use crate::bmcs::{SYSTEMS, basic, content, login, start};

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
