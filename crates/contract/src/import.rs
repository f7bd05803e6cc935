//! vCenters out of a file: what an import makes of each of them, before and after it is done.
//! Refuses to show what a file holds: those of other programs may hold passwords.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The bytes of a file, in base64 where they travel.
#[derive(Clone, PartialEq, Eq)]
pub struct Content(pub Vec<u8>);

impl Content {
    /// The largest file that is read: the workbook of a large estate has some ten megabytes.
    pub const LARGEST: usize = 32 << 20;
}

impl std::fmt::Debug for Content {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Content({} bytes)", self.0.len())
    }
}

impl Serialize for Content {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD.encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for Content {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Content, D::Error> {
        let text = String::deserialize(deserializer)?;
        // What is wrong with it is not told: the reason would quote it.
        STANDARD.decode(text).map(Content).map_err(|_| D::Error::custom("no base64"))
    }
}

/// How a file is imported.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ImportOptions {
    /// The credential, by name or id, that vCenters log in with which are added, whatever the file says; `None` for those
    /// that the file names.
    pub credential: Option<String>,
    /// Whether a vCenter that is known by its name, its address or its instance id gets the other two from the file.
    pub update: bool,
    /// Whether the ESXi hosts that a list of RVTools names are imported as well.
    pub esxi_hosts: bool,
}

/// What an import does about a vCenter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ImportAction {
    /// It is added.
    Add,
    /// It is there, and differs.
    Change,
    /// It is there as the file has it.
    Same,
    /// It is not imported.
    Refuse,
}

impl ImportAction {
    /// The word for it, as in JSON.
    pub fn name(self) -> &'static str {
        match self {
            ImportAction::Add => "add",
            ImportAction::Change => "change",
            ImportAction::Same => "same",
            ImportAction::Refuse => "refuse",
        }
    }

    /// What it is called in a table.
    pub fn title(self) -> &'static str {
        match self {
            ImportAction::Add => "Add",
            ImportAction::Change => "Change",
            ImportAction::Same => "Unchanged",
            ImportAction::Refuse => "Not imported",
        }
    }
}

/// A vCenter of a file, and what an import does about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Planned {
    /// Its name.
    pub name: String,
    /// DNS name or address; what stands in the file, where that is none.
    pub host: String,
    /// TCP port; `null` where the address is none.
    pub port: Option<u16>,
    /// What is done.
    pub action: ImportAction,
    /// What changes, what comes with it, or why it is not imported; in words.
    pub reason: Option<String>,
    /// Where it stands in the file: the line, the row of a sheet or the number of an object, from 1.
    pub line: Option<u64>,
}

impl Planned {
    /// Its address as people write it.
    pub fn address(&self) -> String {
        match self.port {
            None | Some(443) => self.host.clone(),
            Some(port) => crate::words::address(&self.host, port),
        }
    }
}

/// What an import does about everything that a file holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportPlan {
    /// What kind of file it is, in words.
    pub format: String,
    /// Each vCenter, in the order of the file.
    pub vcenters: Vec<Planned>,
    /// How many objects of other kinds the file holds, which are passed over.
    pub passed_over: usize,
    /// Whether some of those to be added have no credential yet: nothing is imported until one is chosen.
    pub needs_credential: bool,
}

impl ImportPlan {
    /// How many vCenters are dealt with in this way.
    pub fn count(&self, action: ImportAction) -> usize {
        self.vcenters.iter().filter(|planned| planned.action == action).count()
    }

    /// How many are added or changed.
    pub fn to_import(&self) -> usize {
        self.count(ImportAction::Add) + self.count(ImportAction::Change)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_travels_as_it_is_and_is_never_shown() {
        let content = Content(vec![0, 255, b'a']);
        let json = serde_json::to_string(&content).unwrap();
        assert_eq!(json, "\"AP9h\"");
        assert_eq!(serde_json::from_str::<Content>(&json).unwrap(), content);
        assert_eq!(format!("{content:?}"), "Content(3 bytes)");
        let error = serde_json::from_str::<Content>("\"canary!\"").unwrap_err();
        assert!(!error.to_string().contains("canary"), "{error}");
    }
}
