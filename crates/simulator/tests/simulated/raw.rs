//! Requests as text: one exchange each, in the oldest dialect of HTTP, which needs no library.

use std::sync::Arc;

use rustls::pki_types::{CertificateDer, ServerName, pem::PemObject};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// A client that knows its server's authority and keeps one cookie.
pub(crate) struct Raw {
    address: String,
    config: Arc<ClientConfig>,
    pub(crate) cookie: Option<String>,
}

/// Status and body.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) body: String,
}

impl Raw {
    pub(crate) fn new(address: &str, ca_pem: &str) -> Raw {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(ca_pem.as_bytes()).unwrap()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config =
            ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        let config = Arc::new(config.with_root_certificates(roots).with_no_client_auth());
        Raw { address: address.to_owned(), config, cookie: None }
    }

    pub(crate) async fn connect(&self) -> TlsStream<TcpStream> {
        let stream = TcpStream::connect(&self.address).await.unwrap();
        let name = ServerName::try_from("127.0.0.1").unwrap();
        TlsConnector::from(self.config.clone()).connect(name, stream).await.unwrap()
    }

    /// Sends bytes as they are; answers with all that comes back.
    pub(crate) async fn send(&self, bytes: &[u8]) -> Vec<u8> {
        let mut stream = self.connect().await;
        // Who refuses early may close while we still write.
        let _ = stream.write_all(bytes).await;
        let _ = stream.flush().await;
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer).await;
        answer
    }

    pub(crate) async fn post(&mut self, body: &[u8]) -> Reply {
        self.post_as("SOAPAction: urn:vim25/8.0.3.0\r\n", body).await
    }

    /// With the header that names the version, or another one in its place.
    pub(crate) async fn post_as(&mut self, action: &str, body: &[u8]) -> Reply {
        let cookie = self.cookie.as_ref().map(|cookie| format!("Cookie: {cookie}\r\n")).unwrap_or_default();
        let head = format!(
            "POST /sdk HTTP/1.0\r\nHost: {}\r\nContent-Type: text/xml\r\n{action}{cookie}Content-Length: {}\r\n\r\n",
            self.address,
            body.len()
        );
        let answer = self.send(&[head.as_bytes(), body].concat()).await;
        let answer = String::from_utf8(answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no answer: {answer:?}"));
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        for line in head.lines() {
            let Some((name, value)) = line.split_once(": ") else { continue };
            if name.eq_ignore_ascii_case("set-cookie") && value.starts_with("vmware_soap_session=") {
                self.cookie = value.split(';').next().map(str::to_owned);
            }
        }
        Reply { status, body: body.to_owned() }
    }

    /// Calls a method of an object, with arguments that are XML.
    pub(crate) async fn call(&mut self, method: &str, this: (&str, &str), arguments: &str) -> Reply {
        let (kind, value) = this;
        let body = format!(
            "<{method} xmlns=\"urn:vim25\"><_this type=\"{kind}\">{value}</_this>{arguments}</{method}>"
        );
        self.post(enveloped(&body).as_bytes()).await
    }

    pub(crate) async fn login(&mut self, user: &str, password: &str) -> Reply {
        let arguments = format!("<userName>{user}</userName><password>{password}</password>");
        self.call("Login", SESSION_MANAGER, &arguments).await
    }

    /// The view's id.
    pub(crate) async fn view(&mut self, type_name: &str) -> String {
        let arguments = format!(
            "<container type=\"Folder\">group-d1</container><type>{type_name}</type><recursive>true</recursive>"
        );
        let reply = self.call("CreateContainerView", VIEW_MANAGER, &arguments).await;
        reply.between("<returnval type=\"ContainerView\">", "</returnval>").to_owned()
    }

    pub(crate) async fn retrieve_view(
        &mut self,
        view: &str,
        type_name: &str,
        paths: &[&str],
        most: u32,
    ) -> Reply {
        let from = format!(
            "<objectSet><obj type=\"ContainerView\">{view}</obj><skip>true</skip><selectSet \
             xsi:type=\"TraversalSpec\"><name>view</name><type>ContainerView</type><path>view</path><skip>false</skip>\
             </selectSet></objectSet>"
        );
        let options = format!("<options><maxObjects>{most}</maxObjects></options>");
        self.call(
            "RetrievePropertiesEx",
            COLLECTOR,
            &format!("{}{options}", spec_set(type_name, paths, &from)),
        )
        .await
    }

    pub(crate) async fn retrieve(&mut self, object: (&str, &str), type_name: &str, paths: &[&str]) -> Reply {
        let (kind, id) = object;
        let from = format!("<objectSet><obj type=\"{kind}\">{id}</obj><skip>false</skip></objectSet>");
        let arguments = format!("{}<options/>", spec_set(type_name, paths, &from));
        self.call("RetrievePropertiesEx", COLLECTOR, &arguments).await
    }
}

/// The specSet of a chunk: objects by reference, also those that are gone.
pub(crate) fn chunk(
    type_name: &str,
    paths: &[&str],
    objects: &[(&str, &str)],
    reports_missing: bool,
) -> String {
    let set = |(kind, id): &(&str, &str)| format!("<objectSet><obj type=\"{kind}\">{id}</obj></objectSet>");
    let sets: String = objects.iter().map(set).collect();
    let reports =
        format!("<reportMissingObjectsInResults>{reports_missing}</reportMissingObjectsInResults></specSet>");
    spec_set(type_name, paths, &sets).replace("</specSet>", &reports)
}

pub(crate) const SERVICE: (&str, &str) = ("ServiceInstance", "ServiceInstance");
pub(crate) const SESSION_MANAGER: (&str, &str) = ("SessionManager", "SessionManager");
pub(crate) const VIEW_MANAGER: (&str, &str) = ("ViewManager", "ViewManager");
pub(crate) const COLLECTOR: (&str, &str) = ("PropertyCollector", "propertyCollector");

pub(crate) fn enveloped(body: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><soapenv:Envelope \
         xmlns:soapenv=\"http://schemas.xmlsoap.org/soap/envelope/\" \
         xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"><soapenv:Body>{body}</soapenv:Body></soapenv:Envelope>"
    )
}

fn spec_set(type_name: &str, paths: &[&str], from: &str) -> String {
    let paths: String = paths.iter().map(|path| format!("<pathSet>{path}</pathSet>")).collect();
    format!("<specSet><propSet><type>{type_name}</type><all>false</all>{paths}</propSet>{from}</specSet>")
}

impl Reply {
    /// The objects of a page, each with its reference.
    pub(crate) fn objects(&self) -> Vec<&str> {
        assert_eq!(self.status, 200, "{}", self.body);
        let objects = self.body.split("<objects>").skip(1);
        objects.map(|object| object.split(['<', '>']).nth(2).unwrap()).collect()
    }

    /// The token of a page, as an argument.
    pub(crate) fn token(&self) -> String {
        format!("<token>{}</token>", self.between("<token>", "</token>"))
    }

    /// The id of what was made.
    pub(crate) fn made(&self) -> &str {
        self.between("<returnval type=\"", "</returnval>").split_once("\">").unwrap().1
    }

    /// The text between two others, which must be there.
    pub(crate) fn between(&self, start: &str, end: &str) -> &str {
        let found = self.body.split_once(start).and_then(|(_, rest)| rest.split_once(end));
        found.unwrap_or_else(|| panic!("no {start} in {}", self.body)).0
    }

    /// The type of the fault.
    pub(crate) fn fault(&self) -> &str {
        assert_eq!(self.status, 500, "{}", self.body);
        self.between("xsi:type=\"", "\"")
    }
}
