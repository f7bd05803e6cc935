//! Simulated BMCs as a client sees them: what they tell, whom they let in, and what they do to those they don't.

use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use simulator::{
    Bmc, BmcBehavior, BmcContent, BmcFull, BmcLockOut, BmcLocked, BmcPlan, BmcRecording, BmcRefusal, Bmcs,
};

use crate::bmc_client::{Answer, BmcClient};

pub(crate) const SYSTEMS: &str = "/redfish/v1/Systems";

pub(crate) fn recordings() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("recorded/redfish")
}

pub(crate) fn content(name: &str) -> BmcContent {
    let recording = BmcRecording::read(&recordings().join(format!("{name}.json"))).unwrap();
    BmcContent::Recorded(Arc::new(recording))
}

/// One BMC with the contents of an R750's, and its client.
pub(crate) async fn start(behavior: BmcBehavior) -> (Bmcs, BmcClient) {
    let plan = BmcPlan { behavior, ..BmcPlan::new(content("dell-idrac9/r750-7.10.30.00")) };
    let bmcs = Bmcs::start(vec![plan]).await.unwrap();
    let client = BmcClient::new(bmcs.all()[0].address());
    (bmcs, client)
}

pub(crate) fn basic(user: &str, password: &str) -> String {
    format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(format!("{user}:{password}")))
}

pub(crate) async fn login(client: &BmcClient, bmc: &Bmc) -> Answer {
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
async fn ilo_says_where_a_session_is_with_its_own_name_and_challenges_nobody() {
    let plan = BmcPlan::new(content("hpe-ilo5/dl360-gen10-plus-3.11"));
    let bmcs = Bmcs::start(vec![plan]).await.unwrap();
    let (bmc, client) = (&bmcs.all()[0], BmcClient::new(bmcs.all()[0].address()));
    let refused = client.get(SYSTEMS, &[]).await;
    assert_eq!((refused.status, refused.header("www-authenticate")), (401, None));
    let opened = login(&client, bmc).await;
    let location = opened.header("location").unwrap();
    assert_eq!(location, "https://127.0.0.1/redfish/v1/SessionService/Sessions/1");
    let token = opened.header("x-auth-token").unwrap();
    let path = location.strip_prefix("https://127.0.0.1").unwrap();
    assert_eq!(client.send("DELETE", path, &[("X-Auth-Token", token)], "").await.unwrap().status, 204);
    assert_eq!(client.get("/redfish/v1/", &[("Host", "ilo-17")]).await.status, 200);
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
        // Each costs a handshake.
        let is_asked = |path: &&str| path.ends_with("v1") || path.contains("/Systems");
        for path in recording.paths().filter(is_asked).filter(|path| path.matches('/').count() < 5) {
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
