//! A BMC on loopback that answers from a recording, keeps sessions, and counts everything that it is asked.
//! Refuses every path but the service root without a login, as real ones do.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    sync::{Arc, Mutex},
    time::Duration,
};

use reach::{Endpoint, Trust};
use redfish::Visit;
use secrecy::SecretString;
use serde_json::{Map, Value, json};

use crate::server::{Identity, Received, Reply, Server, params, self_signed};

pub(crate) const USER: &str = "root";
pub(crate) const PASSWORD: &str = "c\"al\\vin";
const SESSIONS: &str = "/redfish/v1/SessionService/Sessions";

/// A request as it came.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) path: String,
    /// In lower case.
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: String,
}

impl Request {
    fn read(received: &Received) -> Self {
        let mut lines = received.head.split("\r\n");
        let mut first = lines.next().unwrap().split(' ').map(str::to_owned);
        let (method, path) = (first.next().unwrap(), first.next().unwrap());
        let headers = lines.filter_map(|line| line.split_once(": "));
        let headers = headers.map(|(name, value)| (name.to_lowercase(), value.to_owned())).collect();
        Self { method, path, headers, body: received.body.clone() }
    }

    pub(crate) fn has_credential(&self) -> bool {
        self.headers.contains_key("x-auth-token")
            || self.headers.contains_key("authorization")
            || self.body.contains("Password")
    }
}

#[derive(Debug, Default)]
struct State {
    live: BTreeSet<String>,
    opened: u32,
    closed: u32,
    logins: u32,
}

pub(crate) type Hook = Arc<dyn Fn(&Request) -> Option<Reply> + Send + Sync>;

/// A BMC that answers.
pub(crate) struct Bmc {
    pub(crate) server: Server,
    identity: Identity,
    state: Arc<Mutex<State>>,
}

impl Bmc {
    /// One that answers with these bodies, and before that with whatever `hook` has to say.
    pub(crate) async fn start(bodies: BTreeMap<String, Value>, headers: &'static str, hook: Hook) -> Self {
        let identity = self_signed(&params(&["127.0.0.1"]));
        let state = Arc::new(Mutex::new(State::default()));
        let (bodies, shared) = (Arc::new(bodies), state.clone());
        let script = move |received: &Received| {
            let request = Request::read(received);
            hook(&request).unwrap_or_else(|| answer(&request, &bodies, headers, &mut shared.lock().unwrap()))
        };
        let server = Server::start(&identity, script).await;
        Self { server, identity, state }
    }

    /// A small one with one system, and this hook.
    pub(crate) async fn with(hook: impl Fn(&Request) -> Option<Reply> + Send + Sync + 'static) -> Self {
        Self::start(small(), "", Arc::new(hook)).await
    }

    pub(crate) fn endpoint(&self) -> Endpoint {
        self.server.endpoint("127.0.0.1", self.identity.pin())
    }

    /// Of which nothing is trusted.
    pub(crate) fn unknown(&self) -> Endpoint {
        self.server.endpoint("127.0.0.1", Trust::System)
    }

    pub(crate) fn visit(&self, deadline: Duration) -> Visit {
        Visit::new(&self.endpoint(), "test/1", deadline).unwrap()
    }

    pub(crate) fn requests(&self) -> Vec<Request> {
        self.server.received().iter().map(Request::read).collect()
    }

    /// Sessions opened and closed, and those that are open.
    pub(crate) fn sessions(&self) -> (u32, u32, usize) {
        let state = self.state.lock().unwrap();
        (state.opened, state.closed, state.live.len())
    }

    pub(crate) fn logins(&self) -> u32 {
        self.state.lock().unwrap().logins
    }

    /// Ends all sessions, as a restart does.
    pub(crate) fn forget(&self) {
        self.state.lock().unwrap().live.clear();
    }
}

pub(crate) fn password() -> SecretString {
    SecretString::from(PASSWORD)
}

pub(crate) fn json_reply(status: u16, body: &Value) -> Reply {
    Reply::Answer(status, "Content-Type: application/json\r\n", body.to_string().into_bytes())
}

/// A refusal in the standard's form.
pub(crate) fn refusal(status: u16, id: &str, words: &str) -> Reply {
    let info = json!({ "MessageId": id, "Message": words, "MessageArgs": [] });
    let general = "A general error has occurred. See ExtendedInfo for more information.";
    let error =
        json!({ "code": "Base.1.8.GeneralError", "message": general, "@Message.ExtendedInfo": [info] });
    json_reply(status, &json!({ "error": error }))
}

fn normal(path: &str) -> String {
    path.trim_end_matches('/').to_lowercase()
}

fn answer(
    request: &Request,
    bodies: &BTreeMap<String, Value>,
    headers: &'static str,
    state: &mut State,
) -> Reply {
    let path = normal(&request.path);
    let root = bodies.get("/redfish/v1").or_else(|| bodies.get("/rest/v1"));
    let linked = root.and_then(|root| {
        let at = [&root["Links"]["Sessions"], &root["Sessions"], &root["links"]["Sessions"]];
        at.into_iter()
            .find_map(|link| link["@odata.id"].as_str().or(link["href"].as_str()).map(str::to_owned))
    });
    let sessions = linked.unwrap_or_else(|| SESSIONS.into());
    if request.method == "POST" && path == normal(&sessions) {
        return log_in(request, &sessions, state);
    }
    let token = request.headers.get("x-auth-token").cloned();
    let is_in = token.as_ref().is_some_and(|token| state.live.contains(token));
    if request.method == "DELETE" {
        return match token.filter(|token| is_in && path.ends_with(&**token)) {
            Some(token) => {
                state.live.remove(&token);
                state.closed += 1;
                Reply::Answer(204, "", Vec::new())
            }
            None => refusal(401, "Base.1.8.NoValidSession", "There is no valid session."),
        };
    }
    let is_root = matches!(&*path, "/redfish" | "/redfish/v1" | "/rest/v1");
    match bodies.get(&path) {
        _ if !is_root && !is_in => refusal(401, "Base.1.8.NoValidSession", "There is no valid session."),
        Some(body) => {
            let headers = format!("{headers}Content-Type: application/json\r\n").leak();
            Reply::Answer(200, headers, body.to_string().into_bytes())
        }
        None => Reply::Answer(404, headers, b"{}".to_vec()),
    }
}

fn log_in(request: &Request, sessions: &str, state: &mut State) -> Reply {
    state.logins += 1;
    let body: Value = serde_json::from_str(&request.body).unwrap();
    if body["UserName"] != USER || body["Password"] != PASSWORD {
        return refusal(401, "Base.1.8.ResourceAtUriUnauthorized", "Invalid username or password.");
    }
    state.opened += 1;
    let token = format!("token{}", state.opened);
    let at = format!("{}/{token}", sessions.trim_end_matches('/'));
    let headers = format!("X-Auth-Token: {token}\r\nLocation: {at}\r\n").leak();
    state.live.insert(token);
    Reply::Answer(201, headers, b"{}".to_vec())
}

/// A BMC of no vendor with one system.
pub(crate) fn small() -> BTreeMap<String, Value> {
    let link = |path: &str| json!({ "@odata.id": path });
    let bodies = [
        (
            "/redfish/v1",
            json!({
                "@odata.type": "#ServiceRoot.v1_5_0.ServiceRoot", "RedfishVersion": "1.6.0",
                "UUID": "11223344-5566-4777-8888-99aabbccddee",
                "Systems": link("/redfish/v1/Systems"), "Managers": link("/redfish/v1/Managers"),
                "SessionService": link("/redfish/v1/SessionService"), "Links": { "Sessions": link(SESSIONS) },
            }),
        ),
        ("/redfish/v1/systems", json!({ "Members": [link("/redfish/v1/Systems/1")] })),
        (
            "/redfish/v1/systems/1",
            json!({
                "Id": "1", "Model": "Server", "SerialNumber": "S1", "PowerState": "On",
                "EthernetInterfaces": link("/redfish/v1/Systems/1/EthernetInterfaces"),
            }),
        ),
        (
            "/redfish/v1/systems/1/ethernetinterfaces",
            json!({ "Members": [link("/redfish/v1/Systems/1/EthernetInterfaces/1")] }),
        ),
        ("/redfish/v1/systems/1/ethernetinterfaces/1", json!({ "Id": "1", "MACAddress": "70B5E8F052DC" })),
        ("/redfish/v1/managers", json!({ "Members": [] })),
    ];
    bodies.into_iter().map(|(path, body)| (path.to_owned(), body)).collect()
}

/// A recording, with the service root and the collections that lead to what was recorded where these are missing.
pub(crate) fn recording(file: &Path) -> (BTreeMap<String, Value>, &'static str) {
    let text = std::fs::read_to_string(file).unwrap();
    let recorded: Map<String, Value> = serde_json::from_str(&text).unwrap();
    let mut bodies: BTreeMap<String, Value> =
        recorded.iter().map(|(path, body)| (normal(path), body.clone())).collect();
    let is_legacy = recorded.keys().all(|path| path.starts_with("/rest/"));
    let base = if is_legacy { "/rest/v1" } else { "/redfish/v1" };
    let link = |path: &str| if is_legacy { json!({ "href": path }) } else { json!({ "@odata.id": path }) };
    let mut links = Map::new();
    for name in ["Systems", "Managers", "Chassis"] {
        let collection = format!("{base}/{name}");
        let below = format!("{collection}/");
        let members: Vec<Value> = recorded
            .keys()
            .filter(|path| {
                path.strip_prefix(&below).is_some_and(|id| !id.trim_end_matches('/').contains('/'))
            })
            .map(|path| link(path))
            .collect();
        if !members.is_empty() {
            let body = if is_legacy {
                json!({ "links": { "Member": members } })
            } else {
                json!({ "Members": members })
            };
            // Of some, others were recorded than are listed.
            let kept = bodies.entry(normal(&collection)).or_insert_with(|| body.clone());
            let lists = kept.to_string().to_lowercase();
            let is_listed = |path: &String| lists.contains(&format!("\"{}", normal(path)));
            if !recorded.keys().filter(|path| path.starts_with(&below)).any(is_listed) {
                *kept = body;
            }
        }
        if bodies.contains_key(&normal(&collection)) {
            links.insert(name.into(), link(&collection));
        }
    }
    let root = match is_legacy {
        true => {
            links.insert("Sessions".into(), link("/rest/v1/Sessions"));
            json!({ "Type": "ServiceRoot.0.9.2", "links": links })
        }
        false => {
            links.insert("Name".into(), json!("Root Service"));
            links.insert("Links".into(), json!({ "Sessions": link(SESSIONS) }));
            Value::Object(links)
        }
    };
    bodies.entry(base.into()).or_insert(root);
    (bodies, headers(&file.with_extension("headers.json")))
}

/// The headers that tell something of a server, from beside a recording.
fn headers(file: &Path) -> &'static str {
    let Ok(text) = std::fs::read_to_string(file) else { return "" };
    let recorded: Map<String, Value> = serde_json::from_str(&text).unwrap();
    let of_one = recorded.values().next().unwrap().as_object().unwrap();
    let telling = ["server", "x_hp-chrp-service-version", "odata-version"];
    let kept = of_one.iter().filter(|(name, _)| telling.contains(&&*name.to_lowercase()));
    let lines: String =
        kept.map(|(name, value)| format!("{name}: {}\r\n", value.as_str().unwrap())).collect();
    lines.leak()
}
