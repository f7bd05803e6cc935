//! The bare transfer: what a full sync asks for, in chunks of the same weight but one after the other, over the same HTTP
//! and TLS library, the answers read and thrown away.
//! Refuses to parse: references and tokens are found by their tags.

use crate::cost::Cost;
use crate::peer::PASSWORD;
use anyhow::{Context, Result, ensure};
use contract::Kind;
use contract::columns;
use reqwest::header::{CONTENT_TYPE, COOKIE, HeaderValue, SET_COOKIE};
use rustls::pki_types::{CertificateDer, pem::PemObject};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

/// Objects in a chunk: so many weigh about as much as the sync's own chunks.
const CHUNK: usize = 90;

/// Of an answer so much is kept: the longest list of references is shorter.
const KEPT: usize = 2 << 20;

/// The root folder of govmomi's simulator, as of every vCenter.
const ROOT: &str = "<obj type=\"Folder\">group-d1</obj>";

/// Reads everything that a full sync reads.
pub(crate) async fn transfer(address: &str, ca: &Path) -> Result<Cost> {
    let started = Instant::now();
    let mut wire = Wire::new(address, ca)?;
    wire.log_in().await?;
    for kind in Kind::READ {
        wire.kind(kind).await?;
    }
    // The proof that the session is still ours.
    wire.retrieve(&properties("Folder", &["name"]), ROOT).await?;
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

    /// A view, its list, what it lists in chunks, and its end.
    async fn kind(&mut self, kind: Kind) -> Result<()> {
        let object_type = kind.object_type();
        let arguments = format!(
            "<container type=\"Folder\">group-d1</container><type>{object_type}</type><recursive>true</recursive>"
        );
        let answer = self.call("CreateContainerView", "ViewManager", "ViewManager", &arguments).await?;
        let view = after(&answer, "<returnval type=\"ContainerView\">").context("a view has no id")?;
        let object = format!("<obj type=\"ContainerView\">{view}</obj>");
        let list = self.retrieve(&properties("ContainerView", &["view"]), &object).await?;
        let mut objects: Vec<String> = references(&list)
            .filter(|(own, _)| Kind::of_object_type(own).is_none_or(|own| own == kind))
            .map(|(own, moref)| format!("<obj type=\"{own}\">{moref}</obj>"))
            .collect();
        if kind == Kind::Folders {
            // No view holds the root folder.
            objects.push(ROOT.to_owned());
        }
        let mut properties = properties(object_type, &paths(kind));
        for (subtype, paths) in paths_of_subtypes(kind) {
            properties.push_str(&self::properties(subtype, &paths));
        }
        for chunk in objects.chunks(CHUNK) {
            let set = chunk.join("<skip>false</skip></objectSet><objectSet>");
            let mut answer = self.retrieve(&properties, &set).await?;
            while let Some(token) = after(&answer, "<token>").map(|token| format!("<token>{token}</token>")) {
                answer = self.collect("ContinueRetrievePropertiesEx", &token).await?;
            }
        }
        self.call("DestroyView", "ContainerView", view, "").await?;
        Ok(())
    }

    async fn retrieve(&mut self, properties: &str, objects: &str) -> Result<String> {
        let arguments = format!(
            "<specSet>{properties}<objectSet>{objects}<skip>false</skip></objectSet></specSet>\
             <options><maxObjects>{}</maxObjects></options>",
            CHUNK + 1
        );
        self.collect("RetrievePropertiesEx", &arguments).await
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

/// What to ask an object of a type for.
fn properties(object_type: &str, paths: &[&str]) -> String {
    let paths: String = paths.iter().map(|path| format!("<pathSet>{path}</pathSet>")).collect();
    format!("<propSet><type>{object_type}</type><all>false</all>{paths}</propSet>")
}

/// The properties that a sync asks every object of a kind for, on a vCenter 8.
pub(crate) fn paths(kind: Kind) -> Vec<&'static str> {
    let common = columns::of(kind).asked().filter(|column| column.subtype.is_none());
    let mut paths: Vec<&str> = common.map(|column| &*column.source).collect();
    paths.sort_unstable();
    paths.dedup();
    paths
}

/// What a sync asks a subtype of the kind's objects for besides.
fn paths_of_subtypes(kind: Kind) -> BTreeMap<&'static str, Vec<&'static str>> {
    let mut paths = BTreeMap::<_, Vec<_>>::new();
    for column in columns::of(kind).asked() {
        if let Some(subtype) = column.subtype {
            paths.entry(subtype).or_default().push(&*column.source);
        }
    }
    paths
}

/// Type and id of every reference in a view's list.
fn references(list: &str) -> impl Iterator<Item = (&str, &str)> {
    list.split("<ManagedObjectReference type=\"").skip(1).filter_map(|rest| {
        let (own, rest) = rest.split_once("\">")?;
        Some((own, rest.split_once('<')?.0))
    })
}

/// The text between a tag and the next one.
fn after<'a>(answer: &'a str, tag: &str) -> Option<&'a str> {
    let (_, rest) = answer.split_once(tag)?;
    rest.split_once('<').map(|(text, _)| text)
}
