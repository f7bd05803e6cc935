//! Calls as they travel: version, cookie, login once, paging by token, and every way an answer can go wrong.

use std::{
    sync::atomic::{AtomicU32, Ordering::SeqCst},
    time::Duration,
};

use secrecy::SecretString;
use vsphere::{ApiVersion, Client, Collector, Error, Listing, MoRef, PropertySet, Refusal, Session, View};

use crate::server::{Identity, Received, Reply, Server, params, self_signed};

const VERSIONS: &[u8] = include_bytes!("../recorded/versions.xml");
const CONTENT: &[u8] = include_bytes!("../recorded/service_content.xml");
const VIEW: &[u8] = include_bytes!("../recorded/create_view.xml");
const INVALID_LOGIN: &[u8] = include_bytes!("../recorded/fault_invalid_login.xml");
const NOT_AUTHENTICATED: &[u8] = include_bytes!("../recorded/fault_not_authenticated.xml");
const NOT_FOUND: &[u8] = include_bytes!("../recorded/fault_not_found.xml");
const COOKIE: &str = "Content-Type: text/xml\r\nSet-Cookie: other=1\r\n\
    Set-Cookie: vmware_soap_session=\"abc\"; Path=/; HttpOnly; Secure\r\n";

fn answer(method: &str, returnval: &str) -> Vec<u8> {
    format!(
        "<e:Envelope xmlns:e=\"http://schemas.xmlsoap.org/soap/envelope/\" \
         xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"><e:Body><{method}Response xmlns=\"urn:vim25\">\
         {returnval}</{method}Response></e:Body></e:Envelope>"
    )
    .into_bytes()
}

fn host(number: u32) -> String {
    format!(
        "<objects><obj type=\"HostSystem\">host-{number}</obj>\
         <propSet><name>name</name><val>esx{number}</val></propSet></objects>"
    )
}

fn page(method: &str, hosts: std::ops::Range<u32>, token: &str) -> Reply {
    let hosts: String = hosts.map(host).collect();
    let token = if token.is_empty() { String::new() } else { format!("<token>{token}</token>") };
    Reply::xml(answer(method, &format!("<returnval>{token}{hosts}</returnval>")))
}

/// The reference in the recorded answer of CreateContainerView.
const OUR_VIEW: &str = "session[005ceaee-07b3-4c6d-bf50-15b1f96090cf]5be9cd86-c370-4b55-ada6-093731076019";

/// A page with our view, of which this is said, and with the root folder.
fn our_view(content: &str) -> String {
    format!(
        "<returnval><objects><obj type=\"ContainerView\">{OUR_VIEW}</obj>{content}</objects>\
         <objects><obj type=\"Folder\">group-d1</obj></objects></returnval>"
    )
}

/// A well-behaved vCenter with five hosts in pages of two.
fn well_behaved(received: &Received) -> Reply {
    let asks = |text: &str| received.body.contains(text);
    match received.method() {
        "/sdk/vimServiceVersions.xml" => Reply::xml(VERSIONS),
        "RetrieveServiceContent" => Reply::xml(CONTENT),
        "Login" => Reply::Answer(200, COOKIE, answer("Login", "<returnval><key>k</key></returnval>")),
        "CreateContainerView" => Reply::xml(VIEW),
        "RetrievePropertiesEx" if asks("<pathSet>view</pathSet>") => {
            let hosts: String = (0..5)
                .map(|n| {
                    format!("<ManagedObjectReference type=\"HostSystem\">host-{n}</ManagedObjectReference>")
                })
                .collect();
            let listed = our_view(&format!(
                "<propSet><name>view</name><val xsi:type=\"ArrayOfManagedObjectReference\">{hosts}</val></propSet>"
            ));
            Reply::xml(answer("RetrievePropertiesEx", &listed))
        }
        "CreatePropertyCollector" => {
            Reply::xml(answer(received.method(), "<returnval type=\"PropertyCollector\">own-1</returnval>"))
        }
        "RetrievePropertiesEx" => page("RetrievePropertiesEx", 0..2, "t1"),
        "ContinueRetrievePropertiesEx" if asks("<token>t1</token>") => page(received.method(), 2..4, "t2"),
        "ContinueRetrievePropertiesEx" if asks("<token>t2</token>") => page(received.method(), 4..5, ""),
        "DestroyView" | "DestroyPropertyCollector" | "Logout" => Reply::xml(answer(received.method(), "")),
        other => panic!("unexpected {other}"),
    }
}

/// The well-behaved vCenter, except for one method.
fn except(method: &'static str, reply: Reply) -> impl Fn(&Received) -> Reply + Send + Sync + 'static {
    move |received| if received.method() == method { reply.clone() } else { well_behaved(received) }
}

/// The well-behaved vCenter, except for what it says about the view itself.
fn about_the_view(content: String) -> impl Fn(&Received) -> Reply + Send + Sync + 'static {
    move |received| match received.body.contains("<pathSet>view</pathSet>") {
        true => Reply::xml(answer(received.method(), &content)),
        false => well_behaved(received),
    }
}

struct Peer {
    server: Server,
    identity: Identity,
}

impl Peer {
    async fn start(script: impl Fn(&Received) -> Reply + Send + Sync + 'static) -> Self {
        let identity = self_signed(&params(&["localhost"]));
        Self { server: Server::start(&identity, script).await, identity }
    }

    async fn connect(&self) -> Result<Client, Error> {
        Client::connect(&self.server.endpoint("localhost", self.identity.pin()), "Muster/1.2.3").await
    }

    async fn login(&self) -> Result<Session, Error> {
        self.connect().await?.login("user", &SecretString::from("pass<word>")).await
    }

    fn sent(&self, method: &str) -> Vec<Received> {
        self.server.received().into_iter().filter(|received| received.method() == method).collect()
    }
}

/// References to hosts of these numbers.
fn hosts(numbers: std::ops::Range<u32>) -> Vec<MoRef> {
    numbers.map(|n| MoRef::new("HostSystem", format!("host-{n}"))).collect()
}

async fn listing(session: &Session) -> Result<Listing, Error> {
    View::open(session, "HostSystem", None).await?.list(&session.collector()).await
}

/// The hosts that came, and whether the answer was cut short.
async fn collected(session: &Session, numbers: std::ops::Range<u32>) -> Result<(Vec<String>, bool), Error> {
    let sets = [PropertySet::new("HostSystem", ["name"])];
    let retrieved = session.collector().retrieve(&hosts(numbers), &sets, true).await?;
    let names = retrieved.objects.iter().map(|host| host.moref.value.to_string()).collect();
    Ok((names, retrieved.cut_short.is_some()))
}

#[tokio::test]
async fn a_server_is_known_before_anybody_logs_in() {
    let peer = Peer::start(well_behaved).await;
    let client = peer.connect().await.unwrap();
    assert_eq!(client.about().api_type, "VirtualCenter");
    assert!(!client.about().is_host());
    assert!(client.about().product.contains("VMware vCenter"), "{}", client.about().product);
    assert_eq!(client.api_version(), ApiVersion::exact(8, 0, 3, 0));
    assert_eq!(
        client.certificate().map(|(certificate, _)| certificate.names),
        Some(vec!["localhost".into()])
    );
    assert_eq!(peer.server.methods(), ["/sdk/vimServiceVersions.xml", "RetrieveServiceContent"]);
    let head = &peer.sent("RetrieveServiceContent")[0].head.to_lowercase();
    assert!(head.contains("soapaction: urn:vim25/8.0.3.0"), "{head}");
    assert!(head.contains("user-agent: muster/1.2.3"), "{head}");
    assert!(head.contains("accept-encoding: gzip"), "{head}");
}

#[tokio::test]
async fn a_server_without_a_list_of_versions_is_spoken_to_in_its_own() {
    let peer = Peer::start(except("/sdk/vimServiceVersions.xml", Reply::Answer(404, "", vec![]))).await;
    let session = peer.login().await.unwrap();
    assert_eq!(session.api_version(), session.about().api_version.parse().unwrap());
    let wanted = format!("soapaction: urn:vim25/{}\r\n", session.about().api_version);
    assert!(peer.sent("Login")[0].head.to_lowercase().contains(&wanted));
}

#[tokio::test]
async fn a_session_sends_its_cookie_and_no_other_and_logs_out_once() {
    let peer = Peer::start(well_behaved).await;
    let session = peer.login().await.unwrap();
    assert!(peer.sent("Login")[0].body.contains("<password>pass&lt;word&gt;</password>"));
    session.logout().await.unwrap();
    session.logout().await.unwrap();
    let sent = peer.sent("Logout");
    assert_eq!(sent.len(), 1);
    assert!(sent[0].head.contains("cookie: vmware_soap_session=\"abc\"\r\n"), "{}", sent[0].head);
    assert!(!sent[0].head.contains("other=1"));
    assert_eq!(session.traffic().calls, 2);
    assert!(session.traffic().bytes > 100);
}

#[tokio::test]
async fn logging_out_of_a_session_that_is_over_is_no_error() {
    let peer = Peer::start(except("Logout", Reply::fault(NOT_AUTHENTICATED))).await;
    peer.login().await.unwrap().logout().await.unwrap();
}

#[tokio::test]
async fn a_logout_that_was_cancelled_is_sent_again() {
    let sent = AtomicU32::new(0);
    let peer = Peer::start(move |received: &Received| match received.method() {
        "Logout" if sent.fetch_add(1, SeqCst) == 0 => Reply::Silence,
        _ => well_behaved(received),
    })
    .await;
    let session = peer.login().await.unwrap();
    let cancelled = tokio::time::timeout(Duration::from_millis(500), session.logout()).await;
    assert!(cancelled.is_err());
    session.logout().await.unwrap();
    session.logout().await.unwrap();
    assert_eq!(peer.sent("Logout").len(), 2);
}

#[tokio::test]
async fn two_logouts_at_once_are_sent_as_one() {
    let peer = Peer::start(well_behaved).await;
    let session = peer.login().await.unwrap();
    let (one, other) = tokio::join!(session.logout(), session.logout());
    assert!(one.is_ok() && other.is_ok());
    assert_eq!(peer.sent("Logout").len(), 1);
}

#[tokio::test]
async fn an_expired_password_is_a_rejected_login() {
    let expired = String::from_utf8_lossy(INVALID_LOGIN).replace("InvalidLogin", "PasswordExpired");
    let peer = Peer::start(except("Login", Reply::fault(expired.as_bytes()))).await;
    let error = peer.login().await.unwrap_err();
    let is_told = matches!(&error, Error::InvalidLogin { refusal: Refusal::PasswordExpired, .. });
    assert!(is_told, "{error:?}");
    assert!(error.to_string().ends_with("refused: the password has expired (Login failure)"), "{error}");
}

#[tokio::test]
async fn a_rejected_login_is_sent_once_and_the_error_keeps_the_password() {
    let peer = Peer::start(except("Login", Reply::fault(INVALID_LOGIN))).await;
    let error = peer.login().await.unwrap_err();
    assert!(matches!(error, Error::InvalidLogin { .. }));
    assert!(!format!("{error:?} {error}").contains("pass<"));
    assert_eq!(peer.sent("Login").len(), 1);
}

#[tokio::test]
async fn a_login_is_sent_once_when_the_connection_breaks() {
    let peer = Peer::start(except("Login", Reply::Raw(vec![]))).await;
    let error = peer.login().await.unwrap_err();
    assert!(matches!(error, Error::Interrupted { .. }), "{error:?}");
    assert_eq!(peer.sent("Login").len(), 1);
}

#[tokio::test]
async fn a_login_without_a_cookie_is_refused() {
    let peer = Peer::start(except("Login", Reply::xml(answer("Login", "<returnval/>")))).await;
    assert!(matches!(peer.login().await, Err(Error::Malformed { .. })));
}

#[tokio::test]
async fn every_token_is_followed_and_used_once() {
    let peer = Peer::start(well_behaved).await;
    let session = peer.login().await.unwrap();
    let (came, cut_short) = collected(&session, 0..5).await.unwrap();
    assert_eq!((came.len(), cut_short), (5, false));
    assert_eq!(peer.sent("ContinueRetrievePropertiesEx").len(), 2);
    let asked = &peer.sent("RetrievePropertiesEx")[0].body;
    assert!(asked.contains("<maxObjects>5</maxObjects>"), "{asked}");
    assert!(asked.contains("<reportMissingObjectsInResults>true</reportMissingObjectsInResults>"), "{asked}");
}

#[tokio::test]
async fn what_came_before_a_token_failed_stands_and_the_token_is_not_sent_again() {
    for reply in [Reply::Answer(503, "", vec![]), Reply::Raw(vec![]), Reply::fault(NOT_FOUND)] {
        let peer = Peer::start(except("ContinueRetrievePropertiesEx", reply)).await;
        let session = peer.login().await.unwrap();
        let (came, cut_short) = collected(&session, 0..5).await.unwrap();
        assert_eq!((came, cut_short), (vec!["host-0".to_owned(), "host-1".to_owned()], true));
        assert_eq!(peer.sent("ContinueRetrievePropertiesEx").len(), 1);
    }
    let peer = Peer::start(except("ContinueRetrievePropertiesEx", Reply::fault(NOT_AUTHENTICATED))).await;
    let session = peer.login().await.unwrap();
    let error = collected(&session, 0..5).await.unwrap_err();
    assert!(matches!(error, Error::NotAuthenticated { .. }), "a session that is over is told: {error:?}");
}

#[tokio::test]
async fn a_view_lists_what_is_in_it_and_whether_the_root_came() {
    let peer = Peer::start(well_behaved).await;
    let session = peer.login().await.unwrap();
    let listed = listing(&session).await.unwrap();
    assert_eq!(listed, Listing { members: hosts(0..5), root_came: true });
    let without_root =
        format!("<returnval><objects><obj type=\"ContainerView\">{OUR_VIEW}</obj></objects></returnval>");
    let peer = Peer::start(about_the_view(without_root)).await;
    let session = peer.login().await.unwrap();
    assert_eq!(listing(&session).await.unwrap(), Listing { members: vec![], root_came: false });
}

#[tokio::test]
async fn a_view_that_the_server_says_nothing_about_is_not_an_empty_one() {
    let of_other = "<returnval><objects><obj type=\"ContainerView\">other</obj></objects></returnval>";
    let withheld =
        "<missingSet><path>view</path><fault><fault xsi:type=\"NoPermission\"/></fault></missingSet>";
    for (content, is_empty) in
        [(String::new(), false), (of_other.into(), false), (our_view(withheld), false), (our_view(""), true)]
    {
        let peer = Peer::start(about_the_view(content.clone())).await;
        let session = peer.login().await.unwrap();
        match listing(&session).await {
            Ok(listing) => assert!(is_empty && listing.members.is_empty(), "{content}"),
            Err(error) => assert!(!is_empty && matches!(error, Error::Malformed { .. }), "{error:?}"),
        }
    }
}

#[tokio::test]
async fn properties_that_are_withheld_for_want_of_a_session_end_it() {
    let withheld = "<returnval><objects><obj type=\"HostSystem\">host-0</obj><missingSet><path>name</path><fault>\
                    <fault xsi:type=\"NotAuthenticated\"/></fault></missingSet></objects></returnval>";
    let reply = Reply::xml(answer("RetrievePropertiesEx", withheld));
    let peer = Peer::start(except("RetrievePropertiesEx", reply)).await;
    let session = peer.login().await.unwrap();
    let error = collected(&session, 0..1).await.unwrap_err();
    assert!(matches!(error, Error::NotAuthenticated { .. }), "{error:?}");
}

#[tokio::test]
async fn a_collector_of_its_own_is_used_and_given_back() {
    let peer = Peer::start(well_behaved).await;
    let session = peer.login().await.unwrap();
    let collector = Collector::create(&session).await.unwrap();
    let sets = [PropertySet::new("HostSystem", ["name"])];
    collector.retrieve(&hosts(0..5), &sets, true).await.unwrap();
    collector.destroy().await;
    let own = "<_this type=\"PropertyCollector\">own-1</_this>";
    for method in ["RetrievePropertiesEx", "ContinueRetrievePropertiesEx", "DestroyPropertyCollector"] {
        assert!(peer.sent(method)[0].body.contains(own), "{method}");
    }
}

#[tokio::test]
async fn where_no_collector_is_made_the_default_one_serves_and_is_not_destroyed() {
    let refused = include_bytes!("../recorded/fault_method_not_found.xml");
    let peer = Peer::start(except("CreatePropertyCollector", Reply::fault(refused))).await;
    let session = peer.login().await.unwrap();
    let collector = Collector::create(&session).await.unwrap();
    let sets = [PropertySet::new("HostSystem", ["name"])];
    assert_eq!(collector.retrieve(&hosts(0..5), &sets, true).await.unwrap().objects.len(), 5);
    collector.destroy().await;
    assert!(peer.sent("DestroyPropertyCollector").is_empty());
}

#[tokio::test]
async fn a_connection_that_breaks_is_replaced_once_for_whatever_may_be_asked_again() {
    for method in ["CreateContainerView", "RetrievePropertiesEx", "CurrentTime"] {
        let broken = AtomicU32::new(0);
        let peer = Peer::start(move |received: &Received| {
            match received.method() == method && broken.fetch_add(1, SeqCst) == 0 {
                true => Reply::Raw(vec![]),
                false if method == "CurrentTime" && received.method() == method => {
                    Reply::xml(answer(method, "<returnval>2026-01-01T00:00:00Z</returnval>"))
                }
                false => well_behaved(received),
            }
        })
        .await;
        let session = peer.login().await.unwrap();
        match method {
            "CurrentTime" => drop(session.current_time().await.unwrap()),
            _ => drop(listing(&session).await.unwrap()),
        }
        assert_eq!(peer.sent(method).len(), 2, "{method}");
        assert_eq!(peer.sent("Login").len(), 1, "{method}");
    }
    let peer = Peer::start(except("CurrentTime", Reply::Raw(vec![]))).await;
    let session = peer.login().await.unwrap();
    assert!(matches!(session.current_time().await, Err(Error::Interrupted { .. })));
    assert_eq!(peer.sent("CurrentTime").len(), 2, "once more, and not for ever");
}

#[tokio::test]
async fn a_list_of_something_else_than_references_is_refused() {
    let peer =
        Peer::start(about_the_view(our_view("<propSet><name>view</name><val>oops</val></propSet>"))).await;
    let session = peer.login().await.unwrap();
    let listed = listing(&session).await;
    assert!(matches!(listed, Err(Error::Malformed { .. })), "{listed:?}");
}

#[tokio::test]
async fn pages_that_bring_nothing_new_are_given_up_after_three() {
    for repeated in [0..0, 0..1] {
        let again = page("ContinueRetrievePropertiesEx", repeated, "t1");
        let peer = Peer::start(except("ContinueRetrievePropertiesEx", again)).await;
        let session = peer.login().await.unwrap();
        let error = collected(&session, 0..9).await.unwrap_err();
        assert!(matches!(error, Error::Malformed { .. }), "{error:?}");
        assert_eq!(peer.sent("ContinueRetrievePropertiesEx").len(), 3);
    }
}

#[tokio::test]
async fn an_empty_page_and_a_repeated_one_are_no_end_yet() {
    let step = AtomicU32::new(0);
    let peer = Peer::start(move |received: &Received| match received.method() {
        method @ "ContinueRetrievePropertiesEx" => match step.fetch_add(1, SeqCst) {
            0 => page(method, 0..0, "t1"),
            1 => page(method, 0..2, "t1"),
            2 => page(method, 2..3, "t1"),
            3 | 4 => page(method, 0..0, "t1"),
            _ => page(method, 0..0, ""),
        },
        _ => well_behaved(received),
    })
    .await;
    let session = peer.login().await.unwrap();
    let (came, _) = collected(&session, 0..9).await.unwrap();
    assert_eq!(came, ["host-0", "host-1", "host-0", "host-1", "host-2"]);
}

#[tokio::test]
async fn more_objects_than_were_asked_for_are_refused() {
    let peer = Peer::start(well_behaved).await;
    let session = peer.login().await.unwrap();
    let asked: Vec<_> = (0..5).map(|n| MoRef::new("HostSystem", format!("host-{n}"))).collect();
    assert_eq!(session.retrieve(&asked, "HostSystem", &["name"]).await.unwrap().len(), 5);
    let error = session.retrieve(&asked[..4], "HostSystem", &["name"]).await.unwrap_err();
    assert!(matches!(error, Error::TooLarge { what: "objects", limit: 4, .. }), "{error:?}");
}

#[tokio::test]
async fn a_view_that_is_gone_means_another_session_took_the_place_of_ours() {
    let gone = String::from_utf8_lossy(NOT_FOUND)
        .replace("<obj type=\"HostSystem\">host-99999", &format!("<obj type=\"ContainerView\">{OUR_VIEW}"));
    let peer = Peer::start(except("RetrievePropertiesEx", Reply::fault(gone.as_bytes()))).await;
    let session = peer.login().await.unwrap();
    assert!(matches!(listing(&session).await, Err(Error::NotAuthenticated { .. })));
    let peer = Peer::start(except("RetrievePropertiesEx", Reply::fault(NOT_FOUND))).await;
    let session = peer.login().await.unwrap();
    assert!(matches!(listing(&session).await, Err(Error::ManagedObjectNotFound { .. })));
}

#[tokio::test]
async fn an_object_that_is_gone_is_named() {
    let peer = Peer::start(except("RetrievePropertiesEx", Reply::fault(NOT_FOUND))).await;
    let session = peer.login().await.unwrap();
    let wanted = [MoRef::new("HostSystem", "host-99999")];
    match session.retrieve(&wanted, "HostSystem", &["name"]).await {
        Err(Error::ManagedObjectNotFound { moref, .. }) => assert_eq!(moref.as_ref(), Some(&wanted[0])),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_page_that_breaks_off_is_an_error_and_not_a_short_page() {
    let Reply::Answer(_, _, body) = page("RetrievePropertiesEx", 0..2, "") else { panic!() };
    for cut in [0, 20, body.len() / 2, body.len() - 1] {
        let head =
            format!("HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: {}\r\n\r\n", body.len());
        let cut_by_length = [head.as_bytes(), &body[..cut]].concat();
        // Without a length only the XML tells that something is missing.
        let cut_silently =
            [b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nConnection: close\r\n\r\n", &body[..cut]]
                .concat();
        for raw in [cut_by_length, cut_silently] {
            let peer = Peer::start(except("RetrievePropertiesEx", Reply::Raw(raw))).await;
            let session = peer.login().await.unwrap();
            let result =
                session.retrieve(&[MoRef::new("HostSystem", "host-0")], "HostSystem", &["name"]).await;
            assert!(matches!(result, Err(Error::Truncated { .. })), "{cut}: {result:?}");
        }
    }
}

#[tokio::test]
async fn what_is_not_a_vcenter_is_said_with_what_it_answered() {
    let html = || Reply::Answer(200, "Content-Type: text/html\r\n", b"<html>".to_vec());
    let redirect = || Reply::Answer(302, "Location: https://localhost/ui\r\n", vec![]);
    let other_xml = || Reply::xml(b"<rss><channel/></rss>".to_vec());
    for (reply, wanted) in [(html(), 200), (redirect(), 302), (other_xml(), 200)] {
        let peer = Peer::start(move |_: &Received| reply.clone()).await;
        let error = peer.connect().await.unwrap_err();
        assert!(matches!(error, Error::NotVsphere { status, .. } if status == wanted), "{error:?}");
        assert_eq!(peer.server.received().len(), 2, "a redirect is not followed");
    }
}

#[tokio::test]
async fn a_busy_server_is_not_taken_for_something_else() {
    let peer =
        Peer::start(|_: &Received| Reply::Answer(503, "Content-Type: text/html\r\n", b"busy".to_vec())).await;
    let error = peer.connect().await.unwrap_err();
    assert!(matches!(error, Error::HttpStatus { status: 503, retry_after: None, .. }), "{error:?}");
}

#[tokio::test]
async fn a_silent_server_is_a_timeout() {
    let peer = Peer::start(except("RetrieveServiceContent", Reply::Silence)).await;
    let mut endpoint = peer.server.endpoint("localhost", peer.identity.pin());
    endpoint.timeout = Duration::from_millis(100);
    let error = Client::connect(&endpoint, "test/1").await.unwrap_err();
    assert!(matches!(error, Error::Timeout { after, .. } if after == endpoint.timeout), "{error:?}");
}

#[tokio::test]
async fn an_answer_that_only_trickles_is_a_timeout() {
    let peer = Peer::start(except("RetrieveServiceContent", Reply::Trickle)).await;
    let mut endpoint = peer.server.endpoint("localhost", peer.identity.pin());
    endpoint.timeout = Duration::from_millis(150);
    let error = Client::connect(&endpoint, "test/1").await.unwrap_err();
    let late = endpoint.timeout * 10;
    assert!(matches!(error, Error::Timeout { after, .. } if after == late), "{error:?}");
}

#[tokio::test]
async fn a_server_cannot_keep_us_away_for_longer_than_an_hour() {
    let peer = Peer::start(|_: &Received| Reply::Answer(503, "Retry-After: 8640000\r\n", vec![])).await;
    let error = peer.connect().await.unwrap_err();
    let hour = Some(Duration::from_secs(3600));
    assert!(matches!(error, Error::HttpStatus { retry_after, .. } if retry_after == hour), "{error:?}");
}

#[tokio::test]
async fn the_answer_to_another_method_is_refused() {
    let peer = Peer::start(except("Logout", Reply::xml(answer("CurrentTime", "")))).await;
    let error = peer.login().await.unwrap().logout().await.unwrap_err();
    assert!(matches!(error, Error::Malformed { .. }), "{error:?}");
}

#[tokio::test]
async fn a_packed_answer_is_unpacked_and_a_broken_one_is_refused() {
    const PACKED: &[u8] = include_bytes!("../recorded/page_HostSystem.xml.gz");
    const HEADERS: &str = "Content-Type: text/xml\r\nContent-Encoding: gzip\r\n";
    // Counted in full, cut short, and with a byte changed: the last two end where their length says.
    let mut changed = PACKED.to_vec();
    changed[PACKED.len() / 2] ^= 0x55;
    for (body, whole) in
        [(PACKED.to_vec(), true), (PACKED[..PACKED.len() / 2].to_vec(), false), (changed, false)]
    {
        let packed = Reply::Answer(200, HEADERS, body);
        let peer = Peer::start(except("RetrievePropertiesEx", packed)).await;
        let session = peer.login().await.unwrap();
        let sets = [PropertySet::new("HostSystem", ["name"])];
        let result = session.collector().retrieve(&hosts(0..100), &sets, true).await;
        assert_eq!(result.is_ok(), whole, "{result:?}");
    }
}
