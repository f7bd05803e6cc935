//! A second collection of a real GNOME Keyring, as a person has who keeps some passwords apart.
//! Refuses a prompt: it is made, locked and unlocked over the interface that the daemon has for login managers.

use std::collections::HashMap;

use zbus::Connection;
use zbus::export::serde::Serialize;
use zbus::zvariant::{DynamicType, ObjectPath, OwnedObjectPath, OwnedValue, Value};

const NAME: &str = "org.freedesktop.secrets";
const SERVICE: &str = "/org/freedesktop/secrets";
const OF_SERVICE: &str = "org.freedesktop.Secret.Service";
const OF_COLLECTION: &str = "org.freedesktop.Secret.Collection";
const WITHOUT_PROMPTS: &str = "org.gnome.keyring.InternalUnsupportedGuiltRiddenInterface";
const MASTER: &str = "of the other collection";

/// The collection.
pub(crate) struct Other {
    bus: Connection,
    session: OwnedObjectPath,
    path: OwnedObjectPath,
}

/// Session, parameters, value, content type.
type Secret<'a> = (&'a ObjectPath<'a>, Vec<u8>, Vec<u8>, &'static str);

impl Other {
    pub(crate) async fn create(label: &str) -> Other {
        let bus = Connection::session().await.unwrap();
        let arguments = ("plain", Value::from(""));
        let answer = call(&bus, SERVICE, OF_SERVICE, "OpenSession", &arguments).await;
        let (_, session): (OwnedValue, OwnedObjectPath) = answer.body().deserialize().unwrap();
        let label = HashMap::from([("org.freedesktop.Secret.Collection.Label", Value::from(label))]);
        let arguments = (label, secret(&session, MASTER));
        let answer = call(&bus, SERVICE, WITHOUT_PROMPTS, "CreateWithMasterPassword", &arguments).await;
        let path: OwnedObjectPath = answer.body().deserialize().unwrap();
        Other { bus, session, path }
    }

    /// The entry of a user lies here from now on, and nowhere else.
    pub(crate) async fn take_over(&self, user: &str, password: &str) {
        let query = HashMap::from([("service", "muster"), ("username", user)]);
        let answer = call(&self.bus, SERVICE, OF_SERVICE, "SearchItems", &(query.clone())).await;
        let (found, _): (Vec<OwnedObjectPath>, Vec<OwnedObjectPath>) = answer.body().deserialize().unwrap();
        for item in found {
            call(&self.bus, item.as_str(), "org.freedesktop.Secret.Item", "Delete", &()).await;
        }
        let properties = HashMap::from([
            ("org.freedesktop.Secret.Item.Label", Value::from("moved")),
            ("org.freedesktop.Secret.Item.Attributes", Value::from(query)),
        ]);
        let arguments = (properties, secret(&self.session, password), true);
        call(&self.bus, self.path.as_str(), OF_COLLECTION, "CreateItem", &arguments).await;
    }

    /// How many entries it has.
    pub(crate) async fn entries(&self) -> usize {
        let query = HashMap::from([("service", "muster")]);
        let answer = call(&self.bus, self.path.as_str(), OF_COLLECTION, "SearchItems", &(query)).await;
        answer.body().deserialize::<Vec<OwnedObjectPath>>().unwrap().len()
    }

    pub(crate) async fn lock(&self) {
        call(&self.bus, SERVICE, OF_SERVICE, "Lock", &(vec![&self.path])).await;
    }

    pub(crate) async fn unlock(&self) {
        let arguments = (&self.path, secret(&self.session, MASTER));
        call(&self.bus, SERVICE, WITHOUT_PROMPTS, "UnlockWithMasterPassword", &arguments).await;
    }
}

fn secret<'a>(session: &'a OwnedObjectPath, text: &str) -> Secret<'a> {
    (session, Vec::new(), text.as_bytes().to_vec(), "text/plain")
}

async fn call(
    bus: &Connection,
    path: &str,
    interface: &str,
    method: &str,
    arguments: &(impl Serialize + DynamicType),
) -> zbus::Message {
    bus.call_method(Some(NAME), path, Some(interface), method, arguments).await.unwrap()
}
