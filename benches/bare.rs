//! The bare transfer: the calls of a full sync in the same order, over the same HTTP and TLS library, their answers
//! read and thrown away. What a sync takes longer than this is what Muster itself costs.
//! Refuses to parse: ids and tokens are found by their tags in the first bytes of an answer.

use crate::cost::Cost;
use crate::peer::PASSWORD;
use anyhow::{Context, Result, ensure};
use contract::Kind;
use contract::columns;
use reqwest::header::{CONTENT_TYPE, COOKIE, HeaderValue, SET_COOKIE};
use rustls::pki_types::{CertificateDer, pem::PemObject};
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

/// Objects in a page, as the sync asks for them.
const PAGE: u32 = 500;

/// Of each answer so much is kept; ids and tokens come before the objects.
const KEPT: usize = 8 << 10;

/// The root folder of govmomi's simulator, as of every vCenter.
const ROOT: &str = "<obj type=\"Folder\">group-d1</obj>";

/// Reads everything that a full sync reads.
pub(crate) async fn transfer(address: &str, ca: &Path) -> Result<Cost> {
    let started = Instant::now();
    let mut wire = Wire::new(address, ca)?;
    wire.log_in().await?;
    for kind in Kind::READ {
        wire.kind(kind).await?;
        if kind == Kind::Folders {
            // No view holds the root folder.
            wire.retrieve("Folder", &paths(kind), ROOT).await?;
        }
    }
    // The proof that the session is still ours.
    wire.retrieve("Folder", &["name"], ROOT).await?;
    wire.call("Logout", "SessionManager", "SessionManager", "").await?;
    Cost::of_this_process(started, None)
}

struct Wire {
    http: reqwest::Client,
    sdk: String,
    cookie: Option<HeaderValue>,
}

impl Wire {
    fn new(address: &str, ca: &Path) -> Result<Wire> {
        let mut roots = rustls::RootCertStore::empty();
        for certificate in CertificateDer::pem_file_iter(ca).context("the test vCenter's CA")? {
            roots.add(certificate?)?;
        }
        let tls =
            rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
                .with_safe_default_protocol_versions()?
                .with_root_certificates(roots)
                .with_no_client_auth();
        let http = reqwest::Client::builder().tls_backend_preconfigured(tls).no_proxy().build()?;
        Ok(Wire { http, sdk: format!("https://{address}/sdk"), cookie: None })
    }

    async fn log_in(&mut self) -> Result<()> {
        let list = self.http.get(format!("{}/vimServiceVersions.xml", self.sdk)).send().await?;
        list.bytes().await?;
        self.call("RetrieveServiceContent", "ServiceInstance", "ServiceInstance", "").await?;
        let login = format!("<userName>admin</userName><password>{PASSWORD}</password>");
        self.call("Login", "SessionManager", "SessionManager", &login).await?;
        ensure!(self.cookie.is_some(), "the test vCenter gave no session");
        Ok(())
    }

    /// The calls of a watcher: a view, its list, its pages, and its end.
    async fn kind(&mut self, kind: Kind) -> Result<()> {
        let object_type = kind.object_type();
        let arguments = format!(
            "<container type=\"Folder\">group-d1</container><type>{object_type}</type><recursive>true</recursive>"
        );
        let answer = self.call("CreateContainerView", "ViewManager", "ViewManager", &arguments).await?;
        let view = after(&answer, "<returnval type=\"ContainerView\">").context("a view has no id")?;
        let object = format!("<obj type=\"ContainerView\">{view}</obj>");
        self.retrieve("ContainerView", &["view"], &object).await?;
        self.pages(object_type, &paths(kind), &object).await?;
        self.call("DestroyView", "ContainerView", view, "").await?;
        Ok(())
    }

    async fn pages(&mut self, object_type: &str, paths: &[&str], view: &str) -> Result<()> {
        let objects = format!(
            "<objectSet>{view}<skip>true</skip><selectSet xsi:type=\"TraversalSpec\"><name>view</name>\
             <type>ContainerView</type><path>view</path><skip>false</skip></selectSet></objectSet>"
        );
        let limit = format!("<maxObjects>{PAGE}</maxObjects>");
        let first = specification(object_type, paths, &objects, &limit);
        let mut answer = self.collect("RetrievePropertiesEx", &first).await?;
        while let Some(token) = after(&answer, "<token>").map(|token| format!("<token>{token}</token>")) {
            answer = self.collect("ContinueRetrievePropertiesEx", &token).await?;
        }
        Ok(())
    }

    async fn retrieve(&mut self, object_type: &str, paths: &[&str], object: &str) -> Result<()> {
        let objects = format!("<objectSet>{object}<skip>false</skip></objectSet>");
        let asked = specification(object_type, paths, &objects, "");
        self.collect("RetrievePropertiesEx", &asked).await.map(drop)
    }

    async fn collect(&mut self, method: &str, arguments: &str) -> Result<String> {
        self.call(method, "PropertyCollector", "propertyCollector", arguments).await
    }

    /// Sends a call and lets its answer go by; answers with how it began.
    async fn call(
        &mut self,
        method: &str,
        object_type: &str,
        object: &str,
        arguments: &str,
    ) -> Result<String> {
        let body = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?><soapenv:Envelope \
             xmlns:soapenv=\"http://schemas.xmlsoap.org/soap/envelope/\" \
             xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"><soapenv:Body><{method} xmlns=\"urn:vim25\">\
             <_this type=\"{object_type}\">{object}</_this>{arguments}</{method}></soapenv:Body></soapenv:Envelope>"
        );
        let mut message =
            self.http.post(&self.sdk).header(CONTENT_TYPE, "text/xml; charset=utf-8").body(body);
        message = message.header("SOAPAction", "urn:vim25/8.0.3.0");
        if let Some(cookie) = &self.cookie {
            message = message.header(COOKIE, cookie);
        }
        let mut answer = message.send().await.with_context(|| method.to_owned())?;
        if let Some(cookie) = answer.headers().get(SET_COOKIE) {
            self.cookie = Some(cookie.clone());
        }
        let status = answer.status();
        let mut beginning = Vec::new();
        while let Some(bytes) = answer.chunk().await? {
            let room = KEPT - beginning.len();
            beginning.extend_from_slice(&bytes[..room.min(bytes.len())]);
        }
        let beginning = String::from_utf8_lossy(&beginning).into_owned();
        ensure!(status.is_success(), "{method}: {status}: {beginning}");
        Ok(beginning)
    }
}

fn specification(object_type: &str, paths: &[&str], objects: &str, limit: &str) -> String {
    let paths: String = paths.iter().map(|path| format!("<pathSet>{path}</pathSet>")).collect();
    format!(
        "<specSet><propSet><type>{object_type}</type><all>false</all>{paths}</propSet>{objects}</specSet>\
         <options>{limit}</options>"
    )
}

/// The properties that a sync asks a vCenter 8 for.
fn paths(kind: Kind) -> Vec<&'static str> {
    let common = columns::of(kind).asked().filter(|column| column.subtype.is_none());
    let mut paths: Vec<&str> = common.map(|column| &*column.source).collect();
    paths.sort_unstable();
    paths.dedup();
    paths
}

/// The text between a tag and the next one.
fn after<'a>(answer: &'a str, tag: &str) -> Option<&'a str> {
    let (_, rest) = answer.split_once(tag)?;
    rest.split_once('<').map(|(text, _)| text)
}
