//! A BMC from request to answer: what it says to whom.
//! Refuses to know sockets: bytes come and go elsewhere. It changes nothing but its sessions.

use std::net::{IpAddr, SocketAddr};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::BmcVendor;
use super::behavior::{BmcBehavior, BmcLocked, BmcRefusal, BmcWire};
use super::content::{self, BmcContent};
use super::counts::BmcCounts;
use super::logins::{Logins, Refusal};
use super::message;
use super::recorded::{ROOT, collection, normal};

/// A request that has come whole.
#[derive(Clone, Debug)]
pub(super) struct Call<'a> {
    pub(super) method: &'a str,
    pub(super) path: &'a str,
    pub(super) query: Option<&'a str>,
    pub(super) host: Option<&'a str>,
    pub(super) token: Option<&'a str>,
    pub(super) authorization: Option<&'a str>,
    pub(super) body: &'a [u8],
    pub(super) from: IpAddr,
    pub(super) now: Instant,
}

/// What is answered.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

/// One BMC.
#[derive(Debug)]
pub(super) struct Device {
    pub(super) address: SocketAddr,
    pub(super) content: BmcContent,
    pub(super) behavior: BmcBehavior,
    /// Where sessions are opened, and the service that they belong to.
    sessions: String,
    service: String,
    state: Mutex<State>,
}

#[derive(Debug)]
pub(super) struct State {
    pub(super) logins: Logins,
    pub(super) counts: BmcCounts,
}

impl Device {
    pub(super) fn new(
        address: SocketAddr,
        content: BmcContent,
        behavior: BmcBehavior,
        (user, password): (&str, &str),
    ) -> Device {
        let sessions = content.sessions();
        let service = match sessions.strip_suffix("/Sessions") {
            Some(service) if service != ROOT => service.to_owned(),
            _ => format!("{ROOT}/SessionService"),
        };
        let state = State { logins: Logins::new(user, password), counts: BmcCounts::default() };
        Device { address, content, behavior, sessions, service, state: Mutex::new(state) }
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        // Numbers and lists are never half-changed.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether nothing at all is said to an address.
    pub(super) fn resets(&self, from: IpAddr, now: Instant) -> bool {
        let is_reset = self.behavior.lock_out.is_some_and(|lock_out| lock_out.answer == BmcLocked::Reset);
        is_reset && self.state().logins.is_locked(from, now)
    }

    pub(super) fn answer(&self, call: &Call<'_>) -> Reply {
        self.state().counts.request(call.method, call.path);
        if self.behavior.wire == BmcWire::OtherServer {
            let body =
                b"<html><head><title>404 Not Found</title></head><body>Not Found</body></html>".to_vec();
            return Reply { status: 404, headers: vec![header("Content-Type", "text/html")], body };
        }
        if self.behavior.strict_host && !self.knows(call.host) {
            return self.status(400);
        }
        if let Some(redirect) = self.redirect(call) {
            return redirect;
        }
        let path = normal(call.path);
        let reply = match (path, call.method) {
            ("/redfish" | ROOT, "GET") => self.root(path, call),
            (path, "POST") if path == self.sessions && !self.behavior.basic_only => self.open(call),
            _ => match self.authorize(call) {
                Err(refusal) => self.refuse(refusal),
                Ok(()) => self.resource(path, call),
            },
        };
        self.dressed(path, reply)
    }

    fn knows(&self, host: Option<&str>) -> bool {
        let (ip, port) = (self.address.ip().to_string(), self.address.port());
        host.is_some_and(|host| host == ip || host == format!("{ip}:{port}"))
    }

    fn redirect(&self, call: &Call<'_>) -> Option<Reply> {
        let query = call.query.map(|query| format!("?{query}")).unwrap_or_default();
        let (status, to) = match (&self.behavior.elsewhere, self.behavior.slash) {
            (Some((status, host)), _) => (*status, format!("https://{host}{}{query}", call.path)),
            (None, Some(status)) if !call.path.ends_with('/') => (status, format!("{}/{query}", call.path)),
            _ => return None,
        };
        Some(Reply { status, headers: vec![header("Location", &to)], body: Vec::new() })
    }

    /// What needs no login, unless it does here.
    fn root(&self, path: &str, call: &Call<'_>) -> Reply {
        match self.behavior.root {
            Some(status) if status == 503 || self.authorize(call).is_err() => self.status(status),
            _ => self.found(path, call),
        }
    }

    fn resource(&self, path: &str, call: &Call<'_>) -> Reply {
        let session = path.strip_prefix(&self.sessions).and_then(|rest| rest.strip_prefix('/'));
        match (call.method, session.filter(|_| !self.behavior.basic_only)) {
            ("GET", _) => self.found(path, call),
            ("DELETE", Some(id)) => {
                let State { logins, counts } = &mut *self.state();
                if logins.close(id, counts) { empty(204) } else { self.status(404) }
            }
            _ => self.status(405),
        }
    }

    fn found(&self, path: &str, call: &Call<'_>) -> Reply {
        if call.query.is_some_and(|query| !query.is_empty()) {
            return written(400, &message::query());
        }
        let Some(mut body) = self.body(path) else { return self.status(404) };
        if self.behavior.basic_only && path == ROOT {
            content::without_sessions(&mut body);
        }
        if self.behavior.bare_links {
            body = content::bare_links(body);
        }
        if self.behavior.nulls {
            content::nulls(&mut body);
        }
        written(200, &body)
    }

    fn body(&self, path: &str) -> Option<Value> {
        if self.behavior.basic_only && (path == self.sessions || path == self.service) {
            return None;
        }
        if path == self.sessions {
            let ids = self.state().logins.ids();
            let paths: Vec<String> = ids.iter().map(|id| format!("{}/{id}", self.sessions)).collect();
            return Some(collection(path, "Session", &paths));
        }
        if let Some(body) = self.content.body(path) {
            return Some(body);
        }
        let has_redfish = || self.content.body(ROOT).is_some();
        match path {
            "/redfish" if has_redfish() => Some(json!({ "v1": "/redfish/v1/" })),
            path if path == self.service && has_redfish() => {
                let seconds = self.behavior.session_idle.as_secs();
                Some(content::session_service(path, &self.sessions, seconds))
            }
            _ => None,
        }
    }

    fn open(&self, call: &Call<'_>) -> Reply {
        if self.content.body(ROOT).is_none() {
            return self.status(404);
        }
        let asked: Value = serde_json::from_slice(call.body).unwrap_or_default();
        let (Some(user), Some(password)) = (asked["UserName"].as_str(), asked["Password"].as_str()) else {
            return self.status(400);
        };
        let opened = {
            let State { logins, counts } = &mut *self.state();
            logins.open((user, password), (call.from, call.now), &self.behavior, counts)
        };
        let opened = match opened {
            Ok(opened) => opened,
            Err(refusal) => return self.refuse(refusal),
        };
        let path = format!("{}/{}", self.sessions, opened.id);
        let mut body = json!({
            "@odata.id": path,
            "@odata.type": "#Session.v1_3_0.Session",
            "Id": opened.id.to_string(),
            "Name": "User Session",
            "UserName": user,
        });
        if self.behavior.refuses == Some(BmcRefusal::PasswordChange) {
            body["@Message.ExtendedInfo"] = message::password_change();
        }
        // iLO names itself too.
        let is_ilo = self.content.vendor() == Some(BmcVendor::Hpe);
        let host = call.host.filter(|_| is_ilo).map(|host| format!("https://{host}")).unwrap_or_default();
        let path = format!("{host}{path}");
        let mut reply = written(201, &body);
        reply.headers.extend([header("X-Auth-Token", &opened.token), header("Location", &path)]);
        reply
    }

    /// Whether a request comes from somebody who may read, by its token or by its user.
    fn authorize(&self, call: &Call<'_>) -> Result<(), Refusal> {
        let State { logins, counts } = &mut *self.state();
        if let Some(token) = call.token.filter(|_| !self.behavior.basic_only) {
            return logins.uses(token, call.now, &self.behavior, counts);
        }
        match call.authorization.and_then(basic) {
            Some((user, password)) => {
                logins.check((&user, &password), (call.from, call.now), &self.behavior, counts)
            }
            None => {
                counts.without_login += u64::from(!["/redfish", ROOT].contains(&normal(call.path)));
                Err(Refusal::Missing)
            }
        }
    }

    fn refuse(&self, refusal: Refusal) -> Reply {
        let (status, body) = message::refusal(refusal, self.content.vendor(), &self.behavior);
        self.challenge(written(status, &body))
    }

    fn status(&self, status: u16) -> Reply {
        self.challenge(written(status, &message::status(status)))
    }

    fn challenge(&self, mut reply: Reply) -> Reply {
        if reply.status == 401 && self.behavior.challenges {
            reply.headers.push(header("WWW-Authenticate", "Basic realm=\"RedfishService\""));
        }
        reply
    }

    /// With the headers that every answer has, and those that were recorded.
    fn dressed(&self, path: &str, mut reply: Reply) -> Reply {
        reply.headers.extend([
            header("OData-Version", "4.0"),
            header("Content-Type", "application/json; charset=utf-8"),
        ]);
        reply.headers.extend(self.content.headers(path));
        reply
    }
}

fn header(name: &str, value: &str) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

fn written(status: u16, body: &Value) -> Reply {
    Reply { status, headers: Vec::new(), body: body.to_string().into_bytes() }
}

fn empty(status: u16) -> Reply {
    Reply { status, headers: Vec::new(), body: Vec::new() }
}

/// User and password of an Authorization header.
fn basic(header: &str) -> Option<(String, String)> {
    let (scheme, encoded) = header.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let text = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (user, password) = text.split_once(':')?;
    Some((user.to_owned(), password.to_owned()))
}
