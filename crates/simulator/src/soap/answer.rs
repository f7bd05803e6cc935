//! Answers and faults as text.
//! Refuses to say in a fault more than a vCenter would.

use std::fmt::Write as _;

use super::{HEAD, TAIL};
use crate::data::escape;

/// A reference as it came or goes over the wire.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct MoRef {
    pub(crate) kind: String,
    pub(crate) value: String,
}

/// What a method answers with.
#[derive(Debug)]
pub(crate) struct Answer {
    /// The method.
    pub(crate) method: String,
    /// What is in its response.
    pub(crate) content: String,
    /// The session that it opened.
    pub(crate) cookie: Option<String>,
}

/// Why a method fails.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    InvalidLogin,
    NotAuthenticated(MoRef),
    ManagedObjectNotFound(MoRef),
    /// The path.
    InvalidProperty(String),
    /// The argument.
    InvalidArgument(&'static str),
    MethodNotFound(MoRef, String),
    InvalidRequest(String),
    /// More is held for this session than it may have.
    LimitExceeded(&'static str),
    InvalidCollectorVersion,
    RequestCanceled,
}

impl Fault {
    /// A request without an argument that its method needs.
    pub(crate) fn missing(argument: &str) -> Fault {
        Fault::InvalidRequest(format!("Missing parameter: {argument}"))
    }

    fn name(&self) -> &'static str {
        match self {
            Fault::InvalidLogin => "InvalidLogin",
            Fault::NotAuthenticated(_) => "NotAuthenticated",
            Fault::ManagedObjectNotFound(_) => "ManagedObjectNotFound",
            Fault::InvalidProperty(_) => "InvalidProperty",
            Fault::InvalidArgument(_) => "InvalidArgument",
            Fault::MethodNotFound(..) => "MethodNotFound",
            Fault::InvalidRequest(_) => "InvalidRequest",
            Fault::LimitExceeded(_) => "LimitExceeded",
            Fault::InvalidCollectorVersion => "InvalidCollectorVersion",
            Fault::RequestCanceled => "RequestCanceled",
        }
    }

    fn message(&self) -> String {
        match self {
            Fault::InvalidLogin => "Cannot complete login due to an incorrect user name or password.".into(),
            Fault::NotAuthenticated(_) => "The session is not authenticated.".into(),
            Fault::ManagedObjectNotFound(moref) => format!(
                "The object 'vim.{}:{}' has already been deleted or has not been completely created",
                moref.kind, moref.value
            ),
            Fault::InvalidArgument(argument) => format!("A specified parameter was not correct: {argument}"),
            Fault::MethodNotFound(moref, method) => {
                format!("{}:{} does not implement: {method}", moref.kind, moref.value)
            }
            Fault::InvalidRequest(reason) => reason.clone(),
            Fault::RequestCanceled => "The task was canceled by a user.".into(),
            Fault::InvalidProperty(_) | Fault::LimitExceeded(_) | Fault::InvalidCollectorVersion => {
                String::new()
            }
        }
    }

    /// The fields of the fault.
    fn fields(&self) -> String {
        let mut out = String::new();
        match self {
            Fault::NotAuthenticated(moref) => {
                reference("object", moref, &mut out);
                out.push_str("<privilegeId>System.View</privilegeId>");
            }
            Fault::ManagedObjectNotFound(moref) => reference("obj", moref, &mut out),
            Fault::InvalidProperty(path) => text("name", path, &mut out),
            Fault::InvalidArgument(argument) => text("invalidProperty", argument, &mut out),
            Fault::LimitExceeded(what) => text("property", what, &mut out),
            Fault::MethodNotFound(moref, method) => {
                reference("receiver", moref, &mut out);
                text("method", method, &mut out);
            }
            Fault::InvalidLogin
            | Fault::InvalidRequest(_)
            | Fault::InvalidCollectorVersion
            | Fault::RequestCanceled => {}
        }
        out
    }

    /// The fault in its envelope.
    pub(crate) fn envelope(&self) -> String {
        let (name, mut message) = (self.name(), String::new());
        escape(&self.message(), &mut message);
        format!(
            "{HEAD}<soapenv:Fault><faultcode>ServerFaultCode</faultcode><faultstring>{message}</faultstring>\
             <detail><{name}Fault xmlns=\"urn:vim25\" xsi:type=\"{name}\">{}</{name}Fault></detail></soapenv:Fault>{TAIL}",
            self.fields()
        )
    }
}

/// The answer of a method in its envelope.
pub(crate) fn envelope(answer: &Answer) -> String {
    let (method, content) = (&answer.method, &answer.content);
    let mut out = String::with_capacity(HEAD.len() + TAIL.len() + content.len() + 200);
    let _ = write!(out, "{HEAD}<{method}Response xmlns=\"urn:vim25\">{content}</{method}Response>{TAIL}");
    out
}

fn reference(name: &str, moref: &MoRef, out: &mut String) {
    let _ = write!(out, "<{name} type=\"");
    escape(&moref.kind, out);
    out.push_str("\">");
    escape(&moref.value, out);
    let _ = write!(out, "</{name}>");
}

fn text(name: &str, value: &str, out: &mut String) {
    let _ = write!(out, "<{name}>");
    escape(value, out);
    let _ = write!(out, "</{name}>");
}
