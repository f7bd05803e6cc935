//! What real BMCs answered, to be answered again: files of the form that `recorded/redfish` of this crate has.
//! Refuses large files, and adds only what leads to what was recorded: a service root and collections that are missing.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

use super::BmcVendor;
use crate::options::Error;

/// The largest recording has 180 KB.
const LARGEST: u64 = 8 << 20;

/// Headers that belong to a connection and not to an answer, or are set here.
const OWN: [&str; 9] = [
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "date",
    "keep-alive",
    "odata-version",
    "transfer-encoding",
    "x-auth-token",
];

pub(super) const ROOT: &str = "/redfish/v1";

const COLLECTIONS: [&str; 3] = ["Systems", "Chassis", "Managers"];

/// Answers of one server, by path.
#[derive(Clone, Debug, PartialEq)]
pub struct BmcRecording {
    name: String,
    vendor: Option<BmcVendor>,
    /// Without slashes at their ends.
    bodies: BTreeMap<String, Value>,
    headers: BTreeMap<String, Vec<(String, String)>>,
}

impl BmcRecording {
    /// Reads a recording, with its headers where they lie beside it.
    ///
    /// # Errors
    /// [`Error::Folder`] for a file that can't be read, [`Error::Recording`] for one that is none.
    pub fn read(file: &Path) -> Result<BmcRecording, Error> {
        let bodies: BTreeMap<String, Value> =
            object(file)?.into_iter().map(|(path, body)| (normal(&path).to_owned(), body)).collect();
        let beside = file.with_extension("headers.json");
        let headers = if beside.exists() { headers(object(&beside)?) } else { BTreeMap::new() };
        let part = |path: Option<&Path>| {
            path.and_then(|path| path.file_name()).map(|name| name.to_string_lossy().into_owned())
        };
        let (folder, stem) = (part(file.parent()), part(Some(&file.with_extension(""))));
        let folder = folder.unwrap_or_default();
        let vendor = BmcVendor::ALL.into_iter().find(|vendor| folder.starts_with(vendor.key()));
        let name = format!("{folder}/{}", stem.unwrap_or_default());
        let mut recording = BmcRecording { name, vendor, bodies, headers };
        recording.complete();
        Ok(recording)
    }

    /// Every recording in the folders of a folder, by name.
    ///
    /// # Errors
    /// As [`BmcRecording::read`].
    pub fn read_all(folder: &Path) -> Result<Vec<BmcRecording>, Error> {
        let mut files = Vec::new();
        for inner in list(folder)?.into_iter().filter(|path| path.is_dir()) {
            files.extend(list(&inner)?.into_iter().filter(|path| is_recording(path)));
        }
        files.sort();
        files.iter().map(|file| BmcRecording::read(file)).collect()
    }

    /// Folder and file without its ending, as `dell-idrac9/r640`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whose it is, if it is one of those whose habits are known.
    pub fn vendor(&self) -> Option<BmcVendor> {
        self.vendor
    }

    /// The paths that are answered, without slashes at their ends.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.bodies.keys().map(String::as_str)
    }

    /// What is answered at a path.
    pub fn body(&self, path: &str) -> Option<&Value> {
        self.bodies.get(normal(path))
    }

    pub(super) fn headers(&self, path: &str) -> &[(String, String)] {
        self.headers.get(normal(path)).map_or(&[], Vec::as_slice)
    }

    /// Adds a service root and collections where resources below them were recorded alone.
    fn complete(&mut self) {
        if !self.bodies.keys().any(|path| path.starts_with("/redfish/v1/")) {
            return;
        }
        let mut root = Map::new();
        root.insert("@odata.id".into(), json!("/redfish/v1/"));
        root.insert("Id".into(), json!("RootService"));
        root.insert("Name".into(), json!("Root Service"));
        for name in COLLECTIONS {
            let path = format!("{ROOT}/{name}");
            let below = format!("{path}/");
            let is_member = |of: &&String| of.strip_prefix(&below).is_some_and(|id| !id.contains('/'));
            let members: Vec<&str> = self.bodies.keys().filter(is_member).map(String::as_str).collect();
            if !members.is_empty() && !self.bodies.contains_key(&path) {
                let body = collection(&path, name, &members);
                self.bodies.insert(path.clone(), body);
            }
            if self.bodies.contains_key(&path) {
                root.insert(name.into(), json!({ "@odata.id": path }));
            }
        }
        root.insert(
            "Links".into(),
            json!({ "Sessions": { "@odata.id": "/redfish/v1/SessionService/Sessions" } }),
        );
        self.bodies.entry(ROOT.into()).or_insert(Value::Object(root));
    }
}

/// A path without slashes at its end.
pub(super) fn normal(path: &str) -> &str {
    path.trim_end_matches('/')
}

/// A collection of these members.
pub(super) fn collection(path: &str, name: &str, members: &[impl AsRef<str>]) -> Value {
    let members: Vec<Value> = members.iter().map(|path| json!({ "@odata.id": path.as_ref() })).collect();
    json!({
        "@odata.id": path,
        "Name": format!("{name} Collection"),
        "Members@odata.count": members.len(),
        "Members": members,
    })
}

fn headers(object: Map<String, Value>) -> BTreeMap<String, Vec<(String, String)>> {
    let kept = |of: Value| {
        let Value::Object(of) = of else { return Vec::new() };
        let texts = of.into_iter().filter_map(|(name, value)| Some((name, value.as_str()?.to_owned())));
        texts.filter(|(name, _)| !OWN.contains(&&*name.to_ascii_lowercase())).collect()
    };
    object.into_iter().map(|(path, of)| (normal(&path).to_owned(), kept(of))).collect()
}

fn is_recording(path: &Path) -> bool {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    name.ends_with(".json") && !name.ends_with(".headers.json")
}

fn list(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let failed = |source| Error::Folder { attempt: "read", path: folder.to_owned(), source };
    let entries = fs::read_dir(folder).map_err(failed)?;
    entries.map(|entry| entry.map(|entry| entry.path()).map_err(failed)).collect()
}

fn object(file: &Path) -> Result<Map<String, Value>, Error> {
    let failed = |source| Error::Folder { attempt: "read", path: file.to_owned(), source };
    let wrong = |why: String| Error::Recording { file: file.to_owned(), why };
    if fs::metadata(file).map_err(failed)?.len() > LARGEST {
        return Err(wrong("it has more than 8 MB".into()));
    }
    let text = fs::read_to_string(file).map_err(failed)?;
    match serde_json::from_str(&text) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Err(wrong("it is no JSON object".into())),
        Err(error) => Err(wrong(error.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> Vec<BmcRecording> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("recorded/redfish");
        BmcRecording::read_all(&folder).unwrap()
    }

    #[test]
    fn every_recording_leads_from_its_root_to_what_was_recorded() {
        let all = all();
        assert_eq!(all.len(), 31);
        for recording in &all {
            if recording.name() == "hpe-ilo4/bl460c-gen9-2.20" {
                assert!(recording.body(ROOT).is_none(), "it is older than Redfish");
                continue;
            }
            let root = recording.body("/redfish/v1/").unwrap();
            for name in COLLECTIONS {
                let Some(body) = recording.body(&format!("{ROOT}/{name}")) else { continue };
                let link = root[name]["@odata.id"].as_str().map(normal);
                // A chassis manager has a list of systems, and no way to it.
                let is_missing = link.is_none() && recording.name() == "hpe-cray-ex/chassis-controller";
                assert!(is_missing || link == Some(&*format!("{ROOT}/{name}")), "{}", recording.name());
                assert!(is_missing || body["Members"].is_array(), "{} {name}", recording.name());
            }
        }
    }

    #[test]
    fn headers_come_without_those_of_a_connection() {
        let all = all();
        let old = all.iter().find(|one| one.name() == "dell-idrac8/2.41.40.40-winpe").unwrap();
        let headers = old.headers("/redfish/v1/Systems/System.Embedded.1/");
        assert!(headers.contains(&("Server".into(), "Appweb/4.5.4".into())), "{headers:?}");
        assert!(headers.iter().all(|(name, _)| !OWN.contains(&&*name.to_ascii_lowercase())), "{headers:?}");
        assert_eq!(old.vendor(), Some(BmcVendor::Dell));
    }

    #[test]
    fn a_file_that_is_no_recording_is_told_with_what_is_wrong() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.json");
        for text in ["", "[]", "{\"/redfish/v1\":", "{\"a\": tru}"] {
            fs::write(&file, text).unwrap();
            let error = BmcRecording::read(&file).unwrap_err();
            assert!(matches!(&error, Error::Recording { file: named, .. } if *named == file), "{error}");
        }
        assert!(matches!(BmcRecording::read(&folder.path().join("b.json")), Err(Error::Folder { .. })));
    }
}
