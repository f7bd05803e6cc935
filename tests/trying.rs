//! Trying the settings of a vCenter before they are stored, as the window's form does.
//! Refuses to believe the client: what a server was sent, the server says.

use crate::support::{Musterctl, PASSWORD, Peer, vcenter};
use contract::command::{ListCredentials, ListVcenters, Login, Password, ProbeVcenter, Settings, TryVcenter};
use contract::{ApiError, Code, Probe, TestReport, Trust, Vcenter, VcenterId, VcenterSettings};
use service::Client;

/// The settings of a vCenter as its form sends them, unchanged.
fn settings(vcenter: &Vcenter) -> Settings {
    Settings {
        name: vcenter.name.clone(),
        address: format!("{}:{}", vcenter.host, vcenter.port),
        login: Login::Own { user: vcenter.user.clone(), password: None, helper: None },
        trust: None,
        settings: VcenterSettings::default(),
    }
}

async fn berlin(service: &Client) -> Vcenter {
    vcenter(service, "Berlin").await
}

async fn try_edited(service: &Client, settings: Settings) -> Result<TestReport, ApiError> {
    let vcenter = Some(berlin(service).await.id);
    service.call(TryVcenter { vcenter, settings }).await
}

async fn try_new(service: &Client, settings: Settings) -> Result<TestReport, ApiError> {
    service.call(TryVcenter { vcenter: None, settings }).await
}

async fn probed(
    service: &Client,
    vcenter: &VcenterId,
    typed: Option<&str>,
) -> Result<Option<Probe>, ApiError> {
    service.call(ProbeVcenter { vcenter: vcenter.clone(), typed: typed.map(str::to_owned), way: None }).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn new_settings_are_tried_with_one_login_and_nothing_is_stored() {
    let peer = Peer::vcenter();
    let muster = Musterctl::new();
    let service = muster.service().await;
    let new = Settings {
        name: "Berlin".into(),
        address: peer.address(),
        login: Login::Own { user: "admin".into(), password: Some(Password(PASSWORD.into())), helper: None },
        trust: Some(Trust::Pin { sha256: peer.sha256() }),
        settings: VcenterSettings::default(),
    };
    let report = try_new(&service, new.clone()).await.unwrap();
    assert_eq!((report.vcenter.as_str(), report.version.as_str()), ("Berlin", "8.0.3"));
    assert_eq!((peer.calls("Login"), peer.sessions()), (1, 0));

    let untrusted = Settings { trust: None, ..new.clone() };
    let error = try_new(&service, untrusted).await.unwrap_err();
    assert_eq!(error.code, Code::UntrustedCertificate);
    assert_eq!(error.certificate.unwrap().sha256, peer.sha256(), "to be shown and approved");
    let login = Login::Own { user: "admin".into(), password: Some(Password("wrong".into())), helper: None };
    let error = try_new(&service, Settings { login, ..new }).await.unwrap_err();
    assert_eq!(error.code, Code::LoginRejected);
    assert!(service.call(ListVcenters {}).await.unwrap().is_empty());
    assert!(service.call(ListCredentials {}).await.unwrap().is_empty());
    service.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_login_that_is_not_stored_leaves_no_rejection_with_the_one_that_is() {
    let peer = Peer::vcenter();
    let muster = Musterctl::with(&peer, "Berlin");
    let service = muster.service().await;
    let stored = settings(&berlin(&service).await);
    assert!(try_edited(&service, stored.clone()).await.is_ok(), "a blank password is the stored one");

    for (user, password) in [("admin", Some("wrong")), ("nobody", None), ("nobody", Some("wrong"))] {
        let password = password.map(|password| Password(password.to_owned()));
        let login = Login::Own { user: user.to_owned(), password, helper: None };
        let error = try_edited(&service, Settings { login, ..stored.clone() }).await.unwrap_err();
        assert_eq!(error.code, Code::LoginRejected, "{user}");
    }
    assert_eq!(service.call(ListCredentials {}).await.unwrap()[0].rejected_at, None);
    assert!(try_edited(&service, stored).await.is_ok());
    assert_eq!(peer.sessions(), 0);
    service.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_stored_password_is_not_sent_to_another_server_than_the_one_it_is_for() {
    let (peer, other) = (Peer::vcenter(), Peer::vcenter());
    let host = Peer::start(&["--model", "esx"]);
    let muster = Musterctl::with(&peer, "Berlin");
    let service = muster.service().await;
    let stored = settings(&berlin(&service).await);
    let to = |peer: &Peer| Settings {
        address: peer.address(),
        trust: Some(Trust::Pin { sha256: peer.sha256() }),
        ..stored.clone()
    };
    let error = try_edited(&service, to(&other)).await.unwrap_err();
    assert_eq!((error.code, other.calls("Login")), (Code::DifferentVcenter, 0));
    assert!(error.message.contains(&other.address()), "{error:?}");
    // A host tells who it is only after login, and a vCenter before: so it is none.
    let login = Login::Own { user: "admin".into(), password: Some(Password(PASSWORD.into())), helper: None };
    for settings in [to(&host), Settings { login, ..to(&host) }] {
        let error = try_edited(&service, settings).await.unwrap_err();
        assert_eq!((error.code, host.calls("Login")), (Code::DifferentVcenter, 0));
    }
    service.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_stored_password_of_a_host_is_tried_at_its_own_address_and_typed_at_another() {
    let (host, other) = (Peer::start(&["--model", "esx"]), Peer::start(&["--model", "esx"]));
    let muster = Musterctl::with(&host, "Berlin");
    let service = muster.service().await;
    let stored = settings(&berlin(&service).await);
    assert!(try_edited(&service, stored.clone()).await.is_ok());
    let trust = Some(Trust::Pin { sha256: other.sha256() });
    let moved = Settings { address: other.address(), trust, ..stored };
    let error = try_edited(&service, moved.clone()).await.unwrap_err();
    assert_eq!((error.code, other.calls("Login")), (Code::NoPassword, 0), "{error:?}");
    let login = Login::Own { user: "admin".into(), password: Some(Password(PASSWORD.into())), helper: None };
    let answer = try_edited(&service, Settings { login, ..moved }).await;
    assert_eq!((other.calls("Login"), other.sessions()), (1, 0), "{answer:?}");
    service.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_vcenter_that_is_there_already_is_said_so_before_anything_is_sent() {
    let peer = Peer::vcenter();
    let muster = Musterctl::with(&peer, "Berlin");
    let service = muster.service().await;
    let logins = peer.calls("Login");
    let login = Login::Own { user: "admin".into(), password: Some(Password(PASSWORD.into())), helper: None };
    let twin = Settings { name: "Twin".into(), login, ..settings(&berlin(&service).await) };
    let twin = Settings { trust: Some(Trust::Pin { sha256: peer.sha256() }), ..twin };
    let error = try_new(&service, twin).await.unwrap_err();
    assert_eq!((error.code, peer.calls("Login")), (Code::AlreadyExists, logins));
    service.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_probe_of_a_configured_vcenter_goes_by_the_trust_that_is_stored_for_it() {
    let peer = Peer::vcenter();
    let muster = Musterctl::with(&peer, "Berlin");
    let service = muster.service().await;
    let id = berlin(&service).await.id;
    let probe = probed(&service, &id, None).await.unwrap().unwrap();
    assert!(probe.trusted, "the CA it was added with: {:?}", probe.reason);
    peer.post("/certificate", serde_json::json!({"self_signed": true}));
    let probe = probed(&service, &id, None).await.unwrap().unwrap();
    assert!(!probe.trusted && probe.reason.is_some());
    service.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_vcenter_is_probed_at_its_own_address_however_it_is_typed_and_at_no_other() {
    let peer = Peer::vcenter();
    let muster = Musterctl::with(&peer, "Berlin");
    let service = muster.service().await;
    let (own, other) = (peer.address(), Peer::vcenter());
    let id = berlin(&service).await.id;
    for typed in [own.clone(), format!(" https://{}/ui ", own.to_uppercase())] {
        let probe = probed(&service, &id, Some(&typed)).await.unwrap();
        assert_eq!(probe.map(|probe| probe.address).as_ref(), Some(&own), "{typed}");
    }
    assert_eq!(probed(&service, &id, Some(&other.address())).await.unwrap(), None);
    // Nobody is there: what is said of an address is said without contacting it.
    for (stored, typed) in
        [("xn--bcher-kva.invalid", "B\u{fc}cher.invalid."), ("[::1]:1", "https://[0:0:0:0:0:0:0:0001]:1/ui")]
    {
        muster.ok(&["vcenter", "edit", "Berlin", "--host", stored]);
        let error = probed(&service, &id, Some(typed)).await.unwrap_err();
        assert_eq!(error.code, Code::Unreachable, "{typed} is the same: {error:?}");
        assert_eq!(probed(&service, &id, Some("vc.invalid")).await.unwrap(), None);
    }
    service.close().await;
}
