//! Writes the requests: one short template for each method that is called, with everything in it escaped.
//! Refuses to know a method that changes an inventory, and never keeps a password after it was sent.

use std::fmt::Write as _;

use bytes::Bytes;
use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

use crate::{
    parser::{Keep, Limits},
    property::PropertySet,
    value::MoRef,
};

const HEAD: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\
    <soapenv:Envelope xmlns:soapenv=\"http://schemas.xmlsoap.org/soap/envelope/\" \
    xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"><soapenv:Body>";
const TAIL: &str = "</soapenv:Body></soapenv:Envelope>";

/// A call that is ready to be sent, and how its answer is read.
#[derive(Clone)]
pub(crate) struct Request {
    pub(crate) method: &'static str,
    pub(crate) body: Bytes,
    pub(crate) limits: Limits,
    pub(crate) keep: Keep,
}

impl Request {
    fn new(method: &'static str, body: Bytes) -> Self {
        Self { method, body, limits: Limits::default(), keep: Keep::default() }
    }
}

/// A method of an object, with arguments that are already XML.
fn request(method: &'static str, this: &MoRef, arguments: &str) -> Request {
    let this = element("_this", this);
    let body = format!("{HEAD}<{method} xmlns=\"urn:vim25\">{this}{arguments}</{method}>{TAIL}");
    Request::new(method, body.into())
}

pub(crate) fn retrieve_service_content() -> Request {
    request("RetrieveServiceContent", &MoRef::new("ServiceInstance", "ServiceInstance"), "")
}

pub(crate) fn current_time() -> Request {
    request("CurrentTime", &MoRef::new("ServiceInstance", "ServiceInstance"), "")
}

/// The only body with a secret: it is built in one allocation, which is wiped when it has been sent.
pub(crate) fn login(session_manager: &MoRef, user: &str, password: &SecretString) -> Request {
    let password = password.expose_secret();
    let this = element("_this", session_manager);
    // The longest reference for one byte has six.
    let room = HEAD.len() + TAIL.len() + this.len() + 200 + 6 * (user.len() + password.len());
    let mut body = Zeroizing::new(String::with_capacity(room));
    body.push_str(HEAD);
    body.push_str("<Login xmlns=\"urn:vim25\">");
    body.push_str(&this);
    body.push_str("<userName>");
    escape(&mut body, user);
    body.push_str("</userName><password>");
    escape(&mut body, password);
    body.push_str("</password></Login>");
    body.push_str(TAIL);
    let body = Zeroizing::new(std::mem::take(&mut *body).into_bytes());
    Request::new("Login", Bytes::from_owner(body))
}

pub(crate) fn logout(session_manager: &MoRef) -> Request {
    request("Logout", session_manager, "")
}

pub(crate) fn create_container_view(manager: &MoRef, container: &MoRef, type_name: &str) -> Request {
    let container = element("container", container);
    let kind = text_element("type", type_name);
    request("CreateContainerView", manager, &format!("{container}{kind}<recursive>true</recursive>"))
}

pub(crate) fn destroy_view(view: &MoRef) -> Request {
    request("DestroyView", view, "")
}

/// A collector of the session's own, beside the one that every session has.
pub(crate) fn create_collector(default: &MoRef) -> Request {
    request("CreatePropertyCollector", default, "")
}

pub(crate) fn destroy_collector(collector: &MoRef) -> Request {
    request("DestroyPropertyCollector", collector, "")
}

/// Properties of these objects. With `report_missing` the server leaves out those that don't exist, where it would
/// else refuse the call for the first of them.
pub(crate) fn retrieve(
    collector: &MoRef,
    objects: &[MoRef],
    sets: &[PropertySet],
    report_missing: bool,
) -> Request {
    let mut arguments = String::from("<specSet>");
    for PropertySet { type_name, properties } in sets {
        let _ = write!(arguments, "<propSet>{}<all>false</all>", text_element("type", type_name));
        for property in properties {
            arguments.push_str(&text_element("pathSet", &property.path));
        }
        arguments.push_str("</propSet>");
    }
    for object in objects {
        let _ = write!(arguments, "<objectSet>{}<skip>false</skip></objectSet>", element("obj", object));
    }
    if report_missing {
        arguments.push_str("<reportMissingObjectsInResults>true</reportMissingObjectsInResults>");
    }
    let _ =
        write!(arguments, "</specSet><options><maxObjects>{}</maxObjects></options>", objects.len().max(1));
    Request { keep: Keep::of(sets), ..request("RetrievePropertiesEx", collector, &arguments) }
}

pub(crate) fn continue_retrieve(collector: &MoRef, token: &str) -> Request {
    request("ContinueRetrievePropertiesEx", collector, &text_element("token", token))
}

fn element(name: &str, moref: &MoRef) -> String {
    let mut out = format!("<{name} type=\"");
    escape(&mut out, &moref.kind);
    out.push_str("\">");
    escape(&mut out, &moref.value);
    let _ = write!(out, "</{name}>");
    out
}

fn text_element(name: &str, text: &str) -> String {
    let mut out = format!("<{name}>");
    escape(&mut out, text);
    let _ = write!(out, "</{name}>");
    out
}

/// Our own, because a library's would leave copies of a password behind while its string grows. A carriage
/// return would reach the server as a line feed if it weren't written as a reference.
fn escape(out: &mut String, text: &str) {
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            '\r' => out.push_str("&#13;"),
            other => out.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        parser::{Limits, parse_document},
        value::Value,
    };

    fn sent(request: &Request) -> Value {
        let (_, root) = parse_document(&request.body, Limits::default()).unwrap();
        root.field("Body").and_then(|body| body.field(request.method)).unwrap().clone()
    }

    #[test]
    fn a_password_arrives_as_it_was_typed() {
        let typed = " <&>\"' ]]> ü \r\n\t&amp; ";
        let request =
            login(&MoRef::new("SessionManager", "a\"<b"), "DOM\\user<1>", &SecretString::from(typed));
        let sent = sent(&request);
        assert_eq!(sent.field("password").and_then(Value::as_str), Some(typed));
        assert_eq!(sent.field("userName").and_then(Value::as_str), Some("DOM\\user<1>"));
        assert_eq!(sent.field("_this").and_then(Value::as_ref).map(|this| &*this.value), Some("a\"<b"));
    }

    #[test]
    fn a_retrieval_names_types_paths_objects_and_how_many_may_come_at_once() {
        let sets = [
            PropertySet::new("ResourcePool", ["name", "parent"]),
            PropertySet::new("VirtualApp", ["parentFolder"]),
        ];
        let objects = [MoRef::new("ResourcePool", "resgroup-1"), MoRef::new("VirtualApp", "resgroup-v2")];
        let request = retrieve(&MoRef::new("PropertyCollector", "p"), &objects, &sets, true);
        let sent = sent(&request);
        let types = sent.list("specSet.propSet").iter().map(|set| set.field("type").and_then(Value::as_str));
        assert_eq!(types.collect::<Vec<_>>(), [Some("ResourcePool"), Some("VirtualApp")]);
        assert_eq!(sent.list("specSet.propSet")[0].list("pathSet").len(), 2);
        assert_eq!(sent.list("specSet.objectSet").len(), 2);
        assert_eq!(sent.field("options.maxObjects").and_then(Value::as_i64), Some(2));
        let report = sent.field("specSet.reportMissingObjectsInResults");
        assert_eq!(report.and_then(Value::as_bool), Some(true));
    }
}
