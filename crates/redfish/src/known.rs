//! What a BMC tells everybody: its service root and the headers that come with it.
//! Refuses to take a guess for proof: whose it is decides which credential is tried, and nothing else.

use hyper::header::{HeaderMap, SERVER};
use serde_json::Value;

use crate::{
    clean::{self, line},
    json::{at, first_text, link_at, text},
};

/// Whose BMC it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(missing_docs, reason = "they are names")]
pub enum Vendor {
    Ami,
    Cisco,
    Dell,
    Fujitsu,
    Hpe,
    Huawei,
    Intel,
    Lenovo,
    Nvidia,
    OpenBmc,
    Supermicro,
}

impl Vendor {
    /// Its key, in lower case: `dell`, `hpe`, …
    pub fn key(self) -> &'static str {
        match self {
            Self::Ami => "ami",
            Self::Cisco => "cisco",
            Self::Dell => "dell",
            Self::Fujitsu => "fujitsu",
            Self::Hpe => "hpe",
            Self::Huawei => "huawei",
            Self::Intel => "intel",
            Self::Lenovo => "lenovo",
            Self::Nvidia => "nvidia",
            Self::OpenBmc => "openbmc",
            Self::Supermicro => "supermicro",
        }
    }

    /// Whose name it is, as makers write theirs.
    pub(crate) fn of_name(name: &str) -> Option<Self> {
        let name = name.to_lowercase();
        let is = |any: &[&str]| any.iter().any(|part| name.contains(part));
        let of_words = |word: &str| name.split(|c: char| !c.is_alphanumeric()).any(|part| part == word);
        if is(&["dell", "idrac"]) {
            Some(Self::Dell)
        } else if is(&["hewlett", "hpe", "ilo "]) || of_words("hp") || of_words("ilo") {
            Some(Self::Hpe)
        } else if is(&["lenovo", "xclarity"]) {
            Some(Self::Lenovo)
        } else if is(&["supermicro", "super micro"]) {
            Some(Self::Supermicro)
        } else if is(&["cisco"]) {
            Some(Self::Cisco)
        } else if is(&["fujitsu"]) || of_words("fts") {
            Some(Self::Fujitsu)
        } else if is(&["nvidia"]) {
            Some(Self::Nvidia)
        } else if is(&["huawei", "xfusion"]) {
            Some(Self::Huawei)
        } else if of_words("intel") {
            Some(Self::Intel)
        } else if is(&["openbmc"]) {
            Some(Self::OpenBmc)
        } else if of_words("ami") || is(&["megarac", "american megatrends"]) {
            Some(Self::Ami)
        } else {
            None
        }
    }
}

/// What is known of a BMC without a login. What wasn't told is none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Known {
    /// HTTP status of the service root: 200, or 401, 403 or 503 where it tells nothing.
    pub status: u16,
    /// A guess, from name, product, own parts and headers.
    pub vendor: Option<Vendor>,
    /// As told, like `Integrated Dell Remote Access Controller`; on an iLO the server's model. Source: Product.
    pub product: Option<String>,
    /// Like `1.13.1`. Source: RedfishVersion.
    pub redfish_version: Option<String>,
    /// What the BMC is, like `iLO 5`. Source: Oem.Hpe.Manager.
    pub bmc_model: Option<String>,
    /// Its firmware's version, like `2.72`. Source: Oem.Hpe.Manager.
    pub firmware: Option<String>,
    /// Dell's. Source: Oem.Dell.ServiceTag, ServiceIdentification.
    pub service_tag: Option<String>,
    /// The server's serial number. Source: ServiceIdentification (Supermicro), the host name that an iLO has by itself.
    pub serial_number: Option<String>,
    /// In lower case, in the order in which it is told. On Lenovo's it is the server's, on Supermicro's it ends in the
    /// BMC's MAC, on the others it is the service's own. Source: UUID.
    pub uuid: Option<String>,
    /// The BMC's own, `aa:bb:cc:dd:ee:ff`. Source: Oem.Dell.ManagerMACAddress, or the end of a Supermicro's UUID.
    pub bmc_mac: Option<String>,
    /// The BMC's name. Source: Oem.Hpe.Manager.
    pub bmc_host_name: Option<String>,
    /// The name of the server's operating system. Source: Oem.Hp.Sessions.ServerName of an iLO 4.
    pub host_name: Option<String>,
    /// The address of the OneView that manages it. Source: Oem.Hpe.Manager.IPManager.
    pub managed_by: Option<String>,
    /// What comes after a wrong login, seconds. Source: Oem.Hpe.Sessions.LoginFailureDelay.
    pub login_delay: Option<u64>,
    /// Where sessions are opened. Source: Links.Sessions.
    pub sessions: Option<String>,
    /// Whether there is a session service, as far as the root tells.
    pub(crate) has_session_service: bool,
    /// What tells this BMC from others and stays when its firmware, name or address changes, as `tag:J44R4C0`: to be pinned
    /// beside the address. None where the root tells no such thing.
    pub identity: Option<String>,
    /// Older than Redfish: an iLO 4 before 2.30, which answers at `/rest/v1`.
    pub is_legacy: bool,
    pub(crate) paths: Paths,
}

/// Where the root leads.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Paths {
    pub(crate) systems: Option<String>,
    pub(crate) managers: Option<String>,
    pub(crate) chassis: Option<String>,
    /// The manager that the service runs on.
    pub(crate) provider: Option<String>,
}

impl Known {
    /// What the headers tell, where the root tells nothing.
    pub(crate) fn of_headers(status: u16, headers: &HeaderMap) -> Self {
        Self { status, vendor: vendor_of_headers(headers), ..Self::default() }
    }

    /// What a service root tells.
    pub(crate) fn read(status: u16, headers: &HeaderMap, root: &Value) -> Self {
        let vendor = vendor(root).or_else(|| vendor_of_headers(headers));
        let uuid = text(root, &["UUID"]).and_then(|told| clean::uuid(&told));
        let oem = |keys: &[&str]| {
            let under = |name| text(root, &[&["Oem", name][..], keys].concat());
            ["Hpe", "Hp"].into_iter().find_map(under)
        };
        let manager = |key: &'static str| oem(&["Manager", key]);
        let own_id = text(root, &["ServiceIdentification"]);
        let bmc_host_name = manager("HostName");
        let of = |whose, told: &Option<String>| told.clone().filter(|_| vendor == Some(whose));
        let mut known = Self {
            status,
            vendor,
            product: text(root, &["Product"]),
            redfish_version: text(root, &["RedfishVersion"]),
            bmc_model: manager("ManagerType"),
            firmware: manager("ManagerFirmwareVersion").map(|told| clean::firmware(&told)),
            service_tag: text(root, &["Oem", "Dell", "ServiceTag"]).or_else(|| of(Vendor::Dell, &own_id)),
            serial_number: of(Vendor::Supermicro, &own_id).or_else(|| serial_in(bmc_host_name.as_deref()?)),
            bmc_mac: text(root, &["Oem", "Dell", "ManagerMACAddress"])
                .and_then(|told| clean::mac(&told))
                .or_else(|| mac_in(uuid.as_deref()?)),
            bmc_host_name,
            host_name: oem(&["Sessions", "ServerName"]),
            managed_by: oem(&["Manager", "IPManager", "ManagerUrl", "xref"])
                .or_else(|| oem(&["Manager", "IPManager", "ManagerUrl", "href"])),
            login_delay: oem(&["Sessions", "LoginFailureDelay"]).and_then(|told| told.parse().ok()),
            sessions: sessions(root),
            has_session_service: at(root, &["SessionService"]).is_some() || sessions(root).is_some(),
            uuid,
            identity: None,
            is_legacy: false,
            paths: Paths {
                systems: path(root, "Systems"),
                managers: path(root, "Managers"),
                chassis: path(root, "Chassis"),
                provider: link_at(root, &["Links", "ManagerProvidingService"]),
            },
        };
        known.identity = known.own_identity();
        known
    }

    fn own_identity(&self) -> Option<String> {
        let named =
            |kind: &str, value: &Option<String>| value.as_ref().map(|value| format!("{kind}:{value}"));
        named("tag", &self.service_tag)
            .or_else(|| named("mac", &self.bmc_mac))
            .or_else(|| named("uuid", &self.uuid))
            .or_else(|| named("serial", &self.serial_number))
    }
}

/// Whether JSON is the service root of a BMC, or of what was before Redfish.
pub(crate) fn is_root(root: &Value) -> bool {
    let is_text = |key: &str, part: &str| {
        at(root, &[key]).and_then(Value::as_str).is_some_and(|text| text.contains(part))
    };
    is_text("@odata.type", "ServiceRoot")
        || is_text("Type", "ServiceRoot")
        || is_text("@odata.id", "/redfish/v1")
        || ["RedfishVersion", "Systems", "Managers", "Chassis"].iter().any(|key| root.get(*key).is_some())
}

fn sessions(root: &Value) -> Option<String> {
    path(root, "Sessions")
}

/// A link of the root, which has it among its links or beside them.
fn path(root: &Value, key: &str) -> Option<String> {
    link_at(root, &[key]).or_else(|| link_at(root, &["Links", key]))
}

fn vendor(root: &Value) -> Option<Vendor> {
    let named = first_text(root, &[&["Vendor"]]).and_then(|name| Vendor::of_name(&name));
    let by_part = || {
        let parts = at(root, &["Oem"])?.as_object()?;
        let names = parts.keys().map(String::as_str);
        // A maker's own part counts before AMI's, whose firmware others build on.
        let mut found: Vec<Vendor> = names.filter_map(Vendor::of_name).collect();
        found.sort_by_key(|vendor| *vendor == Vendor::Ami);
        found.first().copied()
    };
    let by_name = || ["Product", "Name"].into_iter().find_map(|key| Vendor::of_name(&text(root, &[key])?));
    // An iDRAC 8 names itself only in the path of its accounts.
    let by_path = || {
        let paths = ["AccountService", "SessionService"].into_iter().filter_map(|key| link_at(root, &[key]));
        paths.into_iter().find(|path| path.contains("iDRAC.Embedded")).map(|_| Vendor::Dell)
    };
    let by_uuid = || mac_in(&clean::uuid(&text(root, &["UUID"])?)?).map(|_| Vendor::Supermicro);
    named
        .filter(|vendor| *vendor != Vendor::Ami)
        .or_else(by_part)
        .or(named)
        .or_else(by_name)
        .or_else(by_path)
        .or_else(by_uuid)
}

fn vendor_of_headers(headers: &HeaderMap) -> Option<Vendor> {
    if headers.contains_key("X_HP-CHRP-Service-Version") {
        return Some(Vendor::Hpe);
    }
    let server = server(headers)?;
    match server.to_lowercase() {
        name if name.contains("appweb") || name.contains("idrac") => Some(Vendor::Dell),
        name if name.contains("ilo") => Some(Vendor::Hpe),
        _ => Vendor::of_name(&server),
    }
}

/// What the web server calls itself.
pub(crate) fn server(headers: &HeaderMap) -> Option<String> {
    let name = line(headers.get(SERVER)?.to_str().ok()?, 100);
    (!name.is_empty()).then_some(name)
}

/// The serial number in the name that an iLO has until somebody gives it another.
fn serial_in(host_name: &str) -> Option<String> {
    let serial = host_name.strip_prefix("ILO").filter(|serial| serial.len() == 10)?;
    serial.bytes().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit()).then(|| serial.to_owned())
}

/// The MAC at the end of a UUID that is nothing else, as Supermicro's.
fn mac_in(uuid: &str) -> Option<String> {
    clean::mac(uuid.strip_prefix("00000000-0000-0000-0000-")?)
}
