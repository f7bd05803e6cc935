//! The methods of the simulated vCenter.
//! Refuses what it doesn't have with the fault that a vCenter answers, and every read without a session.

mod collecting;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::watch;

use crate::collector::{is_a, moref};
use crate::content::Content;
use crate::data::time;
use crate::gauge::Gauge;
use crate::inventory::Inventory;
use crate::methods;
use crate::options::Behavior;
use crate::roles::Roles;
use crate::schema::type_of;
use crate::sessions::{Refusal, Session, Sessions, View};
use crate::soap::{Answer, Element, Fault, MoRef};

/// What a server manages, and who reads it.
#[derive(Debug)]
pub(crate) struct Vcenter {
    pub(crate) inventory: Inventory,
    pub(crate) content: Content,
    /// Pages that are being written.
    pub(crate) pages: Gauge,
    pub(crate) roles: Roles,
    behavior: Behavior,
    sessions: Mutex<Sessions>,
    user: String,
}

/// What came with a request besides its body.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Caller<'a> {
    /// The header that names the version: SOAPAction.
    pub(crate) action: &'a str,
    pub(crate) cookie: Option<&'a str>,
    pub(crate) agent: &'a str,
    /// Of a wait that was nudged: what [`Wait::cancels`] was when it began.
    pub(crate) cancels: Option<u32>,
    pub(crate) now: Instant,
    /// Milliseconds since 1970.
    pub(crate) clock: i64,
}

/// What becomes of a call.
#[derive(Debug)]
pub(crate) enum Outcome {
    Done(Answer),
    Failed(Fault),
    /// No session is free: HTTP's 503.
    Busy,
    Wait(Wait),
}

/// A wait for changes. After a nudge, the call is made again.
#[derive(Debug)]
pub(crate) struct Wait {
    pub(crate) longest: Duration,
    /// What is answered after that time.
    pub(crate) nothing: Answer,
    /// How often the collector's waits had been cancelled when this one began.
    pub(crate) cancels: u32,
    /// It ends with the session.
    pub(crate) nudges: watch::Receiver<()>,
}

struct Call<'a> {
    method: &'a str,
    this: MoRef,
    arguments: &'a Element,
    caller: Caller<'a>,
}

impl Vcenter {
    pub(crate) fn new(inventory: Inventory, behavior: Behavior, user: &str, password: &str) -> Vcenter {
        let (content, pages) = (inventory.content(), Gauge::default());
        let sessions = Mutex::new(Sessions::new(user, password));
        let roles = Roles::of(&inventory, behavior.rights);
        Vcenter { inventory, content, pages, roles, behavior, sessions, user: user.into() }
    }

    /// Answers a request.
    pub(crate) fn call(&self, body: &[u8], caller: Caller<'_>) -> Outcome {
        let envelope = match Element::parse(body) {
            Ok(envelope) => envelope,
            Err(error) => return Outcome::Failed(Fault::InvalidRequest(format!("XML error: {error}"))),
        };
        let method = envelope.child("Body").and_then(|body| body.children.first());
        let Some(method) = method.filter(|_| envelope.name == "Envelope") else {
            return Outcome::Failed(Fault::InvalidRequest("The request has no SOAP body".into()));
        };
        if !method.is_vim {
            return Outcome::Failed(Fault::InvalidRequest(
                "The SOAP body is not in the namespace urn:vim25".into(),
            ));
        }
        if !self.content.is_spoken(caller.action) {
            let reason = format!("Unsupported version URI \"{}\"", caller.action);
            return Outcome::Failed(Fault::InvalidRequest(reason));
        }
        let Some(this) = method.child("_this").map(moref) else {
            return Outcome::Failed(Fault::missing("_this"));
        };
        let call = Call { method: &method.name, this, arguments: method, caller };
        self.dispatch(&call).unwrap_or_else(Outcome::Failed)
    }

    fn dispatch(&self, call: &Call<'_>) -> Result<Outcome, Fault> {
        let is_single =
            matches!(call.this.kind.as_str(), "ServiceInstance" | "SessionManager" | "ViewManager");
        if is_single && !self.content.is_manager(&call.this.kind, &call.this.value) {
            return Err(Fault::ManagedObjectNotFound(call.this.clone()));
        }
        if (call.method, call.this.kind.as_str()) == ("RetrieveServiceContent", "ServiceInstance") {
            let Content { scope, fields, .. } = &self.content;
            return Ok(call.answer(format!("<returnval{scope}>{fields}</returnval>")));
        }
        if (call.method, call.this.kind.as_str()) == ("Login", "SessionManager") {
            return self.login(call);
        }
        let session = self.session(call)?;
        if (call.method, call.this.kind.as_str()) == ("Logout", "SessionManager") {
            self.sessions().logout(call.caller.cookie.unwrap_or_default());
            return Ok(call.answer(String::new()));
        }
        self.in_session(&session, call)
    }

    /// The session that a call is made in. The others aren't kept waiting while the call is answered.
    fn session(&self, call: &Call<'_>) -> Result<Arc<Session>, Fault> {
        let session = self.sessions().live(call.caller.cookie.unwrap_or_default(), call.caller.now);
        session.ok_or_else(|| Fault::NotAuthenticated(call.this.clone()))
    }

    fn in_session(&self, session: &Session, call: &Call<'_>) -> Result<Outcome, Fault> {
        match (call.this.kind.as_str(), call.method) {
            ("ServiceInstance", "CurrentTime") => {
                Ok(call.answer(format!("<returnval>{}</returnval>", time(call.caller.clock))))
            }
            ("ViewManager", "CreateContainerView") => self.create_view(session, call),
            ("ContainerView", "DestroyView") => match session.drop_view(&call.this.value) {
                true => Ok(call.answer(String::new())),
                false => Err(Fault::ManagedObjectNotFound(call.this.clone())),
            },
            ("PropertyFilter", "DestroyPropertyFilter") => {
                // Each of them is asked, because a filter doesn't say whose it is.
                match session.collectors().values_mut().any(|collector| collector.remove(&call.this.value)) {
                    true => Ok(call.answer(String::new())),
                    false => Err(Fault::ManagedObjectNotFound(call.this.clone())),
                }
            }
            ("PropertyCollector", _) => self.collector(session, call),
            _ => Err(self.unknown(session, call)),
        }
    }

    fn login(&self, call: &Call<'_>) -> Result<Outcome, Fault> {
        let mut sessions = self.sessions();
        let Caller { cookie, agent, now, clock, .. } = call.caller;
        if cookie.is_some_and(|cookie| sessions.live(cookie, now).is_some()) {
            // As on a vCenter, who is logged in can't log in.
            return Err(Fault::InvalidLogin);
        }
        // With the blanks around them.
        let (user, password) = (&call.required("userName")?.text, &call.required("password")?.text);
        match sessions.login(user, password, agent, clock, now) {
            Err(Refusal::Rejected) => Err(Fault::InvalidLogin),
            Err(Refusal::Full) => Ok(Outcome::Busy),
            Ok(cookie) => {
                let session = sessions.live(&cookie, now).ok_or(Fault::InvalidLogin)?;
                let content = format!("<returnval>{}</returnval>", session.fields(&self.user, clock));
                let method = call.method.to_owned();
                Ok(Outcome::Done(Answer { method, content, cookie: Some(cookie) }))
            }
        }
    }

    fn create_view(&self, session: &Session, call: &Call<'_>) -> Result<Outcome, Fault> {
        let container = moref(call.required("container")?);
        call.required("recursive")?;
        let Some(id) = self.inventory.find(&container.kind, &container.value) else {
            return Err(Fault::ManagedObjectNotFound(container));
        };
        let holds = ["Folder", "Datacenter", "ComputeResource", "ResourcePool", "HostSystem"];
        if !holds.iter().any(|kind| is_a(&container.kind, kind)) {
            return Err(Fault::InvalidArgument("container"));
        }
        let types: Vec<String> = call.arguments.all("type").map(|one| one.text.trim().to_owned()).collect();
        if types.iter().any(|name| type_of(name).is_none()) {
            return Err(Fault::InvalidArgument("type"));
        }
        let recursive = call.arguments.flag("recursive");
        let mut members = self.inventory.below(id, recursive);
        members.retain(|id| self.roles.shows(*id));
        if !types.is_empty() {
            members.retain(|id| types.iter().any(|name| is_a(self.inventory.type_name(*id), name)));
        }
        let view = View { container: id, types, recursive, members };
        let id = session.hold_view(view)?;
        Ok(call.answer(reference("ContainerView", &id)))
    }

    /// Either there is no such object, or it has no such method.
    fn unknown(&self, session: &Session, call: &Call<'_>) -> Fault {
        let MoRef { kind, value } = &call.this;
        let is_known = self.content.is_manager(kind, value)
            || session.holds(kind, value)
            || self.inventory.find(kind, value).is_some();
        match is_known {
            true if !methods::exists(call.method) => {
                Fault::InvalidRequest(format!("Unable to resolve WSDL method name {}", call.method))
            }
            true => Fault::MethodNotFound(call.this.clone(), call.method.to_owned()),
            false => Fault::ManagedObjectNotFound(call.this.clone()),
        }
    }

    /// Ends every session.
    pub(crate) fn end_sessions(&self) {
        self.sessions().end_all();
    }

    fn sessions(&self) -> MutexGuard<'_, Sessions> {
        // Nothing that it guards is left half-changed by a panic.
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Call<'_> {
    fn answer(&self, content: String) -> Outcome {
        Outcome::Done(Answer { method: self.method.to_owned(), content, cookie: None })
    }

    fn required(&self, name: &str) -> Result<&Element, Fault> {
        self.arguments.child(name).ok_or_else(|| Fault::missing(name))
    }

    fn argument(&self, name: &str) -> &str {
        self.arguments.value(name).unwrap_or_default()
    }
}

fn reference(kind: &str, id: &str) -> String {
    format!("<returnval type=\"{kind}\">{id}</returnval>")
}

#[cfg(test)]
mod tests;
