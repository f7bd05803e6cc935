//! Which version of the API is spoken with whom, as it travels; and which dates of a certificate are accepted by which trust.

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, date_time_ymd};
use secrecy::SecretString;
use vsphere::{ApiVersion, Client, Error, Trust, Warning, probe};

use crate::server::{Identity, Received, Reply, Server, key, params, self_signed, signed_by};

const CONTENT: &str = include_str!("../recorded/service_content.xml");
const OWN: &str = "<apiVersion>8.0.3.0</apiVersion>";
const LOGGED_IN: &str = "<e:Envelope xmlns:e=\"http://schemas.xmlsoap.org/soap/envelope/\"><e:Body>\
    <LoginResponse xmlns=\"urn:vim25\"><returnval><key>k</key></returnval></LoginResponse></e:Body></e:Envelope>";

/// What `vimServiceVersions.xml` says, if it is there.
fn offering(versions: &[&str]) -> Option<String> {
    let (newest, prior) = versions.split_first()?;
    let prior: String = prior.iter().map(|version| format!("<version>{version}</version>")).collect();
    Some(format!(
        "<namespaces version=\"1.0\"><namespace><name>urn:vim25</name><version>{newest}</version>\
         <priorVersions>{prior}</priorVersions></namespace></namespaces>"
    ))
}

/// A server of this API version that offers these; answers with what it is asked in, before and after it is known.
async fn spoken(offered: &[&str], own: &str) -> (String, String, ApiVersion) {
    let content = CONTENT.replace(OWN, &format!("<apiVersion>{own}</apiVersion>"));
    assert_ne!(own == "8.0.3.0", content != CONTENT, "the recorded answer has another version");
    let list = offering(offered);
    let script = move |received: &Received| match (received.method(), &list) {
        ("/sdk/vimServiceVersions.xml", Some(list)) => Reply::xml(list.as_str()),
        ("RetrieveServiceContent", _) => Reply::xml(content.as_str()),
        ("Login", _) => {
            let cookie = "Content-Type: text/xml\r\nSet-Cookie: vmware_soap_session=\"abc\"; Path=/\r\n";
            Reply::Answer(200, cookie, LOGGED_IN.into())
        }
        _ => Reply::Answer(404, "", Vec::new()),
    };
    let identity = self_signed(&params(&["localhost"]));
    let server = Server::start(&identity, script).await;
    let client = Client::connect(&server.endpoint("localhost", identity.pin()), "test/1").await.unwrap();
    let version = client.api_version();
    client.login("user", &SecretString::from("password")).await.unwrap();
    let action = |method: &str| {
        let received = server.received().into_iter().find(|received| received.method() == method).unwrap();
        let head = received.head.to_lowercase();
        let (_, action) = head.split_once("soapaction: ").unwrap();
        action.split("\r\n").next().unwrap().trim_matches('"').to_owned()
    };
    (action("RetrieveServiceContent"), action("Login"), version)
}

#[tokio::test]
async fn a_server_that_offers_no_list_is_spoken_to_in_its_own_version_or_in_our_newest() {
    let cases = [
        ("8.0.3.0", "urn:vim25/8.0.3.0", ApiVersion::exact(8, 0, 3, 0)),
        ("6.7.1", "urn:vim25/6.7.1", ApiVersion::exact(6, 7, 1, 0)),
        ("9.0.2.0", "urn:vim25/9.0.2.0", ApiVersion::exact(9, 0, 2, 0)),
        ("9.1.0.0", "urn:vim25/9.0.0.0", ApiVersion::exact(9, 0, 0, 0)),
        ("10.0", "urn:vim25/9.0.0.0", ApiVersion::exact(9, 0, 0, 0)),
    ];
    for (own, action, version) in cases {
        let expected = ("urn:vim25".to_owned(), action.to_owned(), version);
        assert_eq!(spoken(&[], own).await, expected, "a server of {own}");
    }
}

#[tokio::test]
async fn of_a_list_the_newest_version_that_is_known_is_spoken_as_the_server_spells_it() {
    let cases: [(&[&str], &str, ApiVersion); 3] = [
        (&["9.1.0.0", "9.0.1.0", "8.0.3.0"], "urn:vim25/9.0.1.0", ApiVersion::exact(9, 0, 1, 0)),
        (&["6.5", "5.5"], "urn:vim25/6.5", ApiVersion::exact(6, 5, 0, 0)),
        (&["7.0", "7.0.3.0", "6.7"], "urn:vim25/7.0.3.0", ApiVersion::exact(7, 0, 3, 0)),
    ];
    for (offered, action, version) in cases {
        let expected = (action.to_owned(), action.to_owned(), version);
        assert_eq!(spoken(offered, "8.0.3.0").await, expected, "{offered:?}");
    }
}

#[tokio::test]
async fn a_list_of_nothing_but_unknown_versions_is_no_list() {
    let (_, action, version) = spoken(&["10.0.0.0", "9.9"], "8.0.3.0").await;
    assert_eq!((action.as_str(), version), ("urn:vim25/8.0.3.0", ApiVersion::exact(8, 0, 3, 0)));
}

/// A certificate of a day that is still to come.
fn of_the_future() -> CertificateParams {
    let mut params = params(&["localhost"]);
    params.not_before = date_time_ymd(2090, 1, 1);
    params.not_after = date_time_ymd(2091, 1, 1);
    params
}

/// What a probe of a server says: whether it is trusted, why not, and what is odd.
async fn probed(identity: &Identity, trust: Trust) -> (bool, Option<String>, Vec<Warning>) {
    let nothing = |_: &Received| Reply::Answer(404, "", Vec::new());
    let server = Server::start(identity, nothing).await;
    let endpoint = server.endpoint("localhost", trust);
    let probed = probe(&endpoint).await.unwrap();
    let connected = Client::connect(&endpoint, "test/1").await.unwrap_err();
    assert_eq!(probed.trusted, matches!(connected, Error::NotVsphere { .. }), "{connected}");
    (probed.trusted, probed.reason, probed.warnings)
}

#[tokio::test]
async fn a_certificate_that_is_not_valid_yet_is_opened_by_its_pin_alone() {
    let identity = self_signed(&of_the_future());
    let odd = vec![Warning::NotYetValid];
    assert_eq!(probed(&identity, identity.pin()).await, (true, None, odd.clone()));
    let mut authority = CertificateParams::new(Vec::new()).unwrap();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = key();
    let pem = authority.self_signed(&key).unwrap().pem();
    let leaf = signed_by(&of_the_future(), &Issuer::new(authority, key));
    let refused = Some("the certificate is not valid yet".to_owned());
    assert_eq!(probed(&leaf, Trust::Ca(pem)).await, (false, refused, odd));
}
