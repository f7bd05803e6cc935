//! API versions: reading, comparing, and choosing the one to speak.
//! Refuses to speak a version it wasn't written against: a newer server is spoken to in an older one.

use std::{fmt, str::FromStr};

use crate::value::Value;

/// The newest version this client was written against. A newer server is spoken to in this one.
const NEWEST_KNOWN: ApiVersion = ApiVersion::new(9, 0);

/// The oldest version that this client reads: what came before has other properties, and no support since 2018.
pub(crate) const OLDEST: ApiVersion = ApiVersion::new(5, 5);

/// A version of the vSphere API, like 8.0.3.0. Shorter forms are filled with zeros.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ApiVersion([u16; 4]);

impl ApiVersion {
    /// The version `major.minor.0.0`, for comparisons.
    pub const fn new(major: u16, minor: u16) -> Self {
        Self([major, minor, 0, 0])
    }

    /// The version `major.minor.update.patch`, for comparisons.
    pub const fn exact(major: u16, minor: u16, update: u16, patch: u16) -> Self {
        Self([major, minor, update, patch])
    }

    /// Whether this client knows it: updates of the newest known release count as known.
    fn is_known(self) -> bool {
        self.0[..2] <= NEWEST_KNOWN.0[..2]
    }

    /// The version to speak with a server that offers no list: its own, or our newest.
    pub(crate) fn or_newest_known(self) -> Self {
        if self.is_known() { self } else { NEWEST_KNOWN }
    }
}

impl fmt::Display for ApiVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [major, minor, update, patch] = self.0;
        write!(f, "{major}.{minor}.{update}.{patch}")
    }
}

/// The text is not one to four numbers with dots between them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is not an API version")]
pub struct BadVersion;

impl FromStr for ApiVersion {
    type Err = BadVersion;

    fn from_str(text: &str) -> Result<Self, BadVersion> {
        let mut version = [0; 4];
        for (index, part) in text.trim().split('.').enumerate() {
            *version.get_mut(index).ok_or(BadVersion)? = part.parse().map_err(|_| BadVersion)?;
        }
        Ok(Self(version))
    }
}

/// A version as the server writes it, because `urn:vim25/6.5` and `urn:vim25/6.5.0.0` are not the same to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Offered {
    pub(crate) version: ApiVersion,
    pub(crate) spelled: String,
}

/// The newest version that `vimServiceVersions.xml` offers and this client knows.
pub(crate) fn newest_offered(namespaces: &Value) -> Option<Offered> {
    let vim = namespaces.list("namespace").iter().find(|namespace| {
        namespace.field("name").and_then(Value::as_str).is_some_and(|name| name.trim() == "urn:vim25")
    })?;
    let own = vim.field("version").into_iter();
    own.chain(vim.list("priorVersions.version"))
        .filter_map(|value| {
            let spelled = value.as_str()?.trim().to_owned();
            Some(Offered { version: spelled.parse().ok()?, spelled })
        })
        .filter(|offered| offered.version.is_known())
        .max_by_key(|offered| offered.version)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parser::{Limits, parse_document};

    fn choose(xml: &str) -> Option<String> {
        let (_, root) = parse_document(xml.as_bytes(), Limits::default()).unwrap();
        newest_offered(&root).map(|offered| offered.spelled)
    }

    #[test]
    fn versions_compare_by_number_and_not_by_letter() {
        let version = |text: &str| text.parse::<ApiVersion>().unwrap();
        assert!(version("6.5") < version("6.7.1"));
        assert!(version("8.0.3.0") < version("8.0.10.0"));
        assert!(version("10.0") > version("9.0"));
        assert_eq!(version("8.0").to_string(), "8.0.0.0");
        assert_eq!("8.0.U3".parse::<ApiVersion>(), Err(BadVersion));
        assert_eq!("1.2.3.4.5".parse::<ApiVersion>(), Err(BadVersion));
    }

    #[test]
    fn the_newest_version_that_both_sides_know_is_chosen() {
        let xml = "<namespaces version='1.0'><namespace><name>urn:vim25</name><version>9.1.0.0</version>\
            <priorVersions><version>9.0.1.0</version><version>9.0.0.0</version><version>8.0.3.0</version>\
            </priorVersions></namespace><namespace><name>urn:vim2</name><version>2.0</version></namespace></namespaces>";
        assert_eq!(choose(xml).as_deref(), Some("9.0.1.0"));
        assert_eq!(
            choose(
                "<namespaces><namespace><name>urn:vim25</name><version>6.5</version></namespace></namespaces>"
            )
            .as_deref(),
            Some("6.5")
        );
        assert_eq!(choose("<html><body>hello</body></html>"), None);
    }
}
