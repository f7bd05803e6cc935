//! The methods of the simulated vCenter.
//! Refuses what it doesn't have with the fault that a vCenter answers, and every read without a session.

use std::fmt::Write as _;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::watch;

use crate::collector::{Collector, Filter, Rest, Source, Waited, is_a, moref};
use crate::content::{is_manager, is_spoken, service_content};
use crate::data::{escape, time};
use crate::estate::Estate;
use crate::methods;
use crate::schema::type_of;
use crate::sessions::{Nudge, Refusal, Session, Sessions, View};
use crate::soap::{Answer, Element, Fault, MoRef};

/// The longest that a wait for changes lasts.
const LONGEST_WAIT: Duration = Duration::from_secs(120);

/// The estate and who reads it.
#[derive(Debug)]
pub(crate) struct Vcenter {
    pub(crate) estate: Estate,
    content: String,
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
    /// Nothing changes for this long, unless there is a nudge; then the answer.
    Wait(Duration, Answer, watch::Receiver<Nudge>),
}

struct Call<'a> {
    method: &'a str,
    this: MoRef,
    arguments: &'a Element,
    caller: Caller<'a>,
}

impl Vcenter {
    pub(crate) fn new(estate: Estate, user: &str, password: &str) -> Vcenter {
        let content = service_content(&estate);
        Vcenter { estate, content, sessions: Mutex::new(Sessions::new(user, password)), user: user.into() }
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
        if !is_spoken(caller.action) {
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
        if is_single && !is_manager(&call.this.kind, &call.this.value) {
            return Err(Fault::ManagedObjectNotFound(call.this.clone()));
        }
        let mut sessions = self.sessions();
        if (call.method, call.this.kind.as_str()) == ("RetrieveServiceContent", "ServiceInstance") {
            return Ok(call.answer(format!("<returnval>{}</returnval>", self.content)));
        }
        if (call.method, call.this.kind.as_str()) == ("Login", "SessionManager") {
            return self.login(&mut sessions, call);
        }
        let cookie = call.caller.cookie.unwrap_or_default();
        let Some(session) = sessions.live(cookie, call.caller.now) else {
            return Err(Fault::NotAuthenticated(call.this.clone()));
        };
        if (call.method, call.this.kind.as_str()) == ("Logout", "SessionManager") {
            sessions.logout(cookie);
            return Ok(call.answer(String::new()));
        }
        self.in_session(session, call)
    }

    fn in_session(&self, session: &mut Session, call: &Call<'_>) -> Result<Outcome, Fault> {
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
                match session.collectors.values_mut().any(|collector| collector.remove(&call.this.value)) {
                    true => Ok(call.answer(String::new())),
                    false => Err(Fault::ManagedObjectNotFound(call.this.clone())),
                }
            }
            ("PropertyCollector", _) => self.collector(session, call),
            _ => Err(self.unknown(call)),
        }
    }

    fn collector(&self, session: &mut Session, call: &Call<'_>) -> Result<Outcome, Fault> {
        let is_shared = call.this.value == SHARED;
        if !is_shared && !session.collectors.contains_key(&call.this.value) {
            return Err(Fault::ManagedObjectNotFound(call.this.clone()));
        }
        match call.method {
            "RetrievePropertiesEx" => self.retrieve(session, call),
            "ContinueRetrievePropertiesEx" => {
                call.required("token")?;
                let rest = session.take_rest(call.argument("token"));
                let rest = rest.ok_or(Fault::InvalidArgument("token"))?;
                self.page(session, call, rest)
            }
            "CancelRetrievePropertiesEx" => {
                call.required("token")?;
                let rest = session.take_rest(call.argument("token"));
                rest.map(|_| call.answer(String::new())).ok_or(Fault::InvalidArgument("token"))
            }
            "CreatePropertyCollector" => {
                let id = own_id(session)?;
                session.collectors.insert(id.clone(), Collector::default());
                Ok(call.answer(reference("PropertyCollector", &id)))
            }
            "DestroyPropertyCollector" if !is_shared => {
                session.collectors.remove(&call.this.value);
                Ok(call.answer(String::new()))
            }
            "CreateFilter" => self.create_filter(session, call),
            "WaitForUpdatesEx" => self.wait(session, call),
            "CancelWaitForUpdates" => {
                session.nudge(Nudge::Cancelled);
                Ok(call.answer(String::new()))
            }
            _ => Err(self.unknown(call)),
        }
    }

    fn login(&self, sessions: &mut Sessions, call: &Call<'_>) -> Result<Outcome, Fault> {
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
                let content = format!("<returnval>{}</returnval>", self.user_session(session, clock));
                let method = call.method.to_owned();
                Ok(Outcome::Done(Answer { method, content, cookie: Some(cookie) }))
            }
        }
    }

    fn create_view(&self, session: &mut Session, call: &Call<'_>) -> Result<Outcome, Fault> {
        let container = moref(call.required("container")?);
        call.required("recursive")?;
        let Some(id) = self.estate.find(&container.kind, &container.value) else {
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
        let mut members = self.estate.below(id, recursive);
        if !types.is_empty() {
            members.retain(|id| types.iter().any(|name| is_a(self.estate.kind(*id).type_name(), name)));
        }
        let view = View { container: id, types, recursive, members: members.into() };
        let id = session.hold_view(view)?;
        Ok(call.answer(reference("ContainerView", &id)))
    }

    fn retrieve(&self, session: &mut Session, call: &Call<'_>) -> Result<Outcome, Fault> {
        let options = call.required("options")?;
        let rest = Rest::begin(call.arguments, Some(options), &self.source(session, call))?;
        if rest.is_empty() {
            return Ok(call.answer(String::new()));
        }
        self.page(session, call, rest)
    }

    fn page(&self, session: &mut Session, call: &Call<'_>, rest: Rest) -> Result<Outcome, Fault> {
        let mut objects = String::new();
        let rest = rest.write(&self.source(session, call), &mut objects);
        let token = match rest {
            Some(rest) => format!("<token>{}</token>", session.hold_rest(rest)?),
            None => String::new(),
        };
        Ok(call.answer(format!("<returnval>{token}{objects}</returnval>")))
    }

    fn create_filter(&self, session: &mut Session, call: &Call<'_>) -> Result<Outcome, Fault> {
        let spec = call.required("spec")?;
        call.required("partialUpdates")?;
        let id = own_id(session)?;
        let filter = Filter::new(id.clone(), spec, &self.source(session, call))?;
        session.collectors.entry(call.this.value.clone()).or_default().add(filter);
        session.nudge(Nudge::Look);
        Ok(call.answer(reference("PropertyFilter", &id)))
    }

    fn wait(&self, session: &mut Session, call: &Call<'_>) -> Result<Outcome, Fault> {
        let mut collector = session.collectors.remove(&call.this.value).unwrap_or_default();
        let options = call.arguments.child("options");
        let number = |name: &str| options.and_then(|options| options.value(name)?.parse::<u64>().ok());
        let most = number("maxObjectUpdates").and_then(|most| usize::try_from(most).ok());
        let waited = collector.updates(call.argument("version"), most, &self.source(session, call));
        session.collectors.insert(call.this.value.clone(), collector);
        match waited? {
            Waited::Updates(set) => Ok(call.answer(format!("<returnval>{set}</returnval>"))),
            Waited::Nothing => {
                let longest = number("maxWaitSeconds").map_or(LONGEST_WAIT, Duration::from_secs);
                let answer = Answer { method: call.method.to_owned(), content: String::new(), cookie: None };
                Ok(Outcome::Wait(longest.min(LONGEST_WAIT), answer, session.nudges()))
            }
        }
    }

    fn source<'a>(&'a self, session: &'a Session, call: &Call<'_>) -> Source<'a> {
        let user_session = self.user_session(session, call.caller.clock);
        Source { estate: &self.estate, session, content: &self.content, user_session }
    }

    fn user_session(&self, session: &Session, now: i64) -> String {
        let mut out = String::new();
        let (mut agent, mut user) = (String::new(), String::new());
        escape(&session.agent, &mut agent);
        escape(&self.user, &mut user);
        let _ = write!(
            out,
            "<key>{}</key><userName>{user}</userName><fullName>{user}</fullName><loginTime>{}</loginTime>\
             <lastActiveTime>{}</lastActiveTime><locale>en</locale><messageLocale>en</messageLocale>\
             <extensionSession>false</extensionSession><ipAddress>127.0.0.1</ipAddress><userAgent>{agent}</userAgent>\
             <callCount>{}</callCount>",
            session.key,
            time(session.since),
            time(now),
            session.calls
        );
        out
    }

    /// Either there is no such object, or it has no such method.
    fn unknown(&self, call: &Call<'_>) -> Fault {
        let MoRef { kind, value } = &call.this;
        let is_known = is_manager(kind, value) || self.estate.find(kind, value).is_some();
        match is_known {
            true if !methods::exists(call.method) => {
                Fault::InvalidRequest(format!("Unable to resolve WSDL method name {}", call.method))
            }
            true => Fault::MethodNotFound(call.this.clone(), call.method.to_owned()),
            false => Fault::ManagedObjectNotFound(call.this.clone()),
        }
    }

    fn sessions(&self) -> MutexGuard<'_, Sessions> {
        // Nothing that it guards is left half-changed by a panic.
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The property collector that all share.
const SHARED: &str = "propertyCollector";

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

fn own_id(session: &Session) -> Result<String, Fault> {
    match session.has_room() {
        true => Ok(format!("session[{}]{}", session.key, uuid::Uuid::new_v4())),
        false => Err(Fault::LimitExceeded("filter")),
    }
}

#[cfg(test)]
mod tests;
