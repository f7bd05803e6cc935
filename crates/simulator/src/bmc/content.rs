//! What a BMC has to say: a recording or a made server, and the odds that it may be bent by.
//! Refuses to know who asks.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::made;
use super::recorded::{ROOT, normal};
use super::{BmcMachine, BmcRecording, BmcVendor};

/// What a BMC tells of its server.
#[derive(Clone, Debug)]
pub enum BmcContent {
    /// What was recorded of a real one.
    Recorded(Arc<BmcRecording>),
    /// A server of these identifiers, in its vendor's form.
    Made(Arc<BmcMachine>),
}

/// Texts that identify a server.
const IDENTIFYING: [&str; 9] = [
    "HostName",
    "MACAddress",
    "Manufacturer",
    "Model",
    "PermanentMACAddress",
    "SKU",
    "SerialNumber",
    "UUID",
    "Vendor",
];

impl BmcContent {
    /// Whose it is.
    pub fn vendor(&self) -> Option<BmcVendor> {
        match self {
            BmcContent::Recorded(recording) => recording.vendor(),
            BmcContent::Made(machine) => Some(machine.vendor),
        }
    }

    /// What is at a path that has no slash at its end.
    pub(super) fn body(&self, path: &str) -> Option<Value> {
        match self {
            BmcContent::Recorded(recording) => recording.body(path).cloned(),
            BmcContent::Made(machine) => made::body(machine, path),
        }
    }

    pub(super) fn headers(&self, path: &str) -> Vec<(String, String)> {
        match self {
            BmcContent::Recorded(recording) => recording.headers(path).to_vec(),
            BmcContent::Made(machine) => made::server_header(machine.vendor)
                .map(|server| ("Server".to_owned(), server.to_owned()))
                .into_iter()
                .collect(),
        }
    }

    /// Where sessions are opened, as the service root says.
    pub(super) fn sessions(&self) -> String {
        let root = self.body(ROOT).unwrap_or_default();
        let link = root["Links"]["Sessions"]["@odata.id"].as_str().map(normal);
        link.filter(|link| link.starts_with('/')).unwrap_or("/redfish/v1/SessionService/Sessions").to_owned()
    }
}

/// The service root of one that has no session service.
pub(super) fn without_sessions(body: &mut Value) {
    if let Value::Object(root) = body {
        root.shift_remove("SessionService");
        if let Some(Value::Object(links)) = root.get_mut("Links") {
            links.shift_remove("Sessions");
        }
    }
}

/// A session service for what has none.
pub(super) fn session_service(path: &str, sessions: &str, seconds: u64) -> Value {
    json!({
        "@odata.id": path,
        "@odata.type": "#SessionService.v1_1_8.SessionService",
        "Id": "SessionService",
        "Name": "Session Service",
        "ServiceEnabled": true,
        "SessionTimeout": seconds,
        "Sessions": { "@odata.id": sessions },
    })
}

/// Turns links into texts.
pub(super) fn bare_links(value: Value) -> Value {
    match value {
        Value::Object(mut object) => match object.remove("@odata.id") {
            Some(Value::String(link)) if object.is_empty() => Value::String(link),
            link => {
                let own = link.map(|link| ("@odata.id".to_owned(), link));
                let fields = object.into_iter().map(|(name, value)| (name, bare_links(value)));
                Value::Object(own.into_iter().chain(fields).collect::<Map<String, Value>>())
            }
        },
        Value::Array(items) => Value::Array(items.into_iter().map(bare_links).collect()),
        other => other,
    }
}

/// Nulls for what identifies a server.
pub(super) fn nulls(value: &mut Value) {
    match value {
        Value::Object(object) => {
            for (name, value) in object {
                if IDENTIFYING.contains(&&**name) {
                    *value = Value::Null;
                } else {
                    nulls(value);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(nulls),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_become_texts_and_what_identifies_becomes_null() {
        let body = json!({
            "@odata.id": "/redfish/v1/Systems/1",
            "SerialNumber": "S1",
            "Links": { "Chassis": [{ "@odata.id": "/redfish/v1/Chassis/1" }] },
        });
        let mut bent = bare_links(body);
        nulls(&mut bent);
        assert_eq!(
            bent,
            json!({
                "@odata.id": "/redfish/v1/Systems/1",
                "SerialNumber": null,
                "Links": { "Chassis": ["/redfish/v1/Chassis/1"] },
            })
        );
    }
}
