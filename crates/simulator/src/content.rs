//! What the simulated server says about itself before anybody logs in.
//! Refuses to leave out the managers that it can't do anything with: every vCenter has them.

use std::fmt::Write as _;

use crate::data::escape;
use crate::estate::Estate;
use crate::recording::{Piece, RecordedContent};
use crate::soap::MoRef;

/// The version of the API that is spoken.
const API_VERSION: &str = "8.0.3.0";

const VERSION: &str = "8.0.3";
const BUILD: &str = "24022515";

/// The versions before it, which are spoken too.
const PRIOR: [&str; 28] = [
    "8.0.2.0", "8.0.1.0", "8.0.0.1", "8.0.0.0", "7.0.3.2", "7.0.3.1", "7.0.3.0", "7.0.2.1", "7.0.2.0",
    "7.0.1.1", "7.0.1.0", "7.0.0.2", "7.0.0.0", "6.9.1", "6.8.7", "6.7.3", "6.7.2", "6.7.1", "6.7", "6.5",
    "6.0", "5.5", "5.1", "5.0", "4.1", "4.0", "2.5u2", "2.5",
];

/// What a server says about itself.
#[derive(Debug)]
pub(crate) struct Content {
    /// The fields of ServiceContent.
    pub(crate) fields: String,
    /// Attributes of the element around them.
    pub(crate) scope: String,
    /// `/sdk/vimServiceVersions.xml`.
    pub(crate) versions: String,
    spoken: Vec<String>,
    managers: Vec<MoRef>,
}

impl Content {
    /// Of an estate's vCenter.
    pub(crate) fn of_estate(estate: &Estate) -> Content {
        let spoken: Vec<String> =
            [&[API_VERSION][..], &PRIOR].concat().into_iter().map(str::to_owned).collect();
        Content {
            fields: service_content(estate),
            scope: String::new(),
            versions: versions(&spoken),
            spoken,
            managers: managers(),
        }
    }

    /// Of a recorded server, which speaks what it spoke.
    pub(crate) fn of_recording(recorded: &RecordedContent) -> Content {
        let spoken = match &recorded.versions {
            Some(text) => told(text),
            None => recorded.api_version.iter().flat_map(|version| until(version)).collect(),
        };
        Content {
            fields: recorded.fields.clone(),
            scope: recorded.scope.clone(),
            versions: recorded.versions.clone().unwrap_or_else(|| versions(&spoken)),
            spoken,
            managers: recorded.managers.clone(),
        }
    }

    /// Whether a request may name this as its SOAPAction: the version that it is written in. Without a version it is the
    /// oldest one, in which clients ask before they know any other. A newer one than ours is taken for ours, as a vCenter
    /// takes it: govc always names the newest that it knows.
    pub(crate) fn is_spoken(&self, action: &str) -> bool {
        match action.trim().trim_matches('"').strip_prefix("urn:vim25") {
            Some("") => true,
            Some(version) => version.strip_prefix('/').is_some_and(|version| {
                self.spoken.iter().any(|known| known == version) || self.is_newer(version)
            }),
            None => false,
        }
    }

    fn is_newer(&self, version: &str) -> bool {
        let newest = self.spoken.iter().filter_map(|known| numbers(known)).max();
        matches!((numbers(version), newest), (Some(theirs), Some(ours)) if theirs > ours)
    }

    /// Whether the server has this object once.
    pub(crate) fn is_manager(&self, kind: &str, id: &str) -> bool {
        (kind, id) == ("ServiceInstance", "ServiceInstance")
            || self.managers.iter().any(|one| (&*one.kind, &*one.value) == (kind, id))
    }

    /// Whether this is the property collector that all sessions share.
    pub(crate) fn is_shared_collector(&self, id: &str) -> bool {
        self.is_manager("PropertyCollector", id)
    }
}

/// The fields of ServiceContent.
fn service_content(estate: &Estate) -> String {
    let mut out = String::new();
    let mut uuid = String::new();
    escape(&estate.instance_uuid, &mut uuid);
    let _ = write!(
        out,
        "<rootFolder type=\"Folder\">{root}</rootFolder>\
         <propertyCollector type=\"PropertyCollector\">propertyCollector</propertyCollector>\
         <viewManager type=\"ViewManager\">ViewManager</viewManager>\
         <about><name>VMware vCenter Server</name>\
         <fullName>VMware vCenter Server {VERSION} build-{BUILD}</fullName><vendor>VMware, Inc.</vendor>\
         <version>{VERSION}</version><build>{BUILD}</build><localeVersion>INTL</localeVersion>\
         <localeBuild>000</localeBuild><osType>linux-x64</osType><productLineId>vpx</productLineId>\
         <apiType>VirtualCenter</apiType><apiVersion>{API_VERSION}</apiVersion><instanceUuid>{uuid}</instanceUuid>\
         <licenseProductName>VMware VirtualCenter Server</licenseProductName>\
         <licenseProductVersion>8.0</licenseProductVersion></about>",
        root = estate.moref(estate.root()),
    );
    for (field, kind, id) in MANAGERS {
        let _ = write!(out, "<{field} type=\"{kind}\">{id}</{field}>");
    }
    out
}

/// `/sdk/vimServiceVersions.xml`: the first is the newest.
fn versions(spoken: &[String]) -> String {
    let (newest, prior) =
        spoken.split_first().map_or(("", &[][..]), |(newest, prior)| (newest.as_str(), prior));
    let prior: String = prior.iter().map(|version| format!("   <version>{version}</version>\n")).collect();
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\" ?>\n<namespaces version=\"1.0\">\n <namespace>\n  \
         <name>urn:vim25</name>\n  <version>{newest}</version>\n  <priorVersions>\n{prior}  </priorVersions>\n \
         </namespace>\n <namespace>\n  <name>urn:vim2</name>\n  <version>2.0</version>\n </namespace>\n</namespaces>\n"
    )
}

/// A version and those before it.
fn until(version: &str) -> Vec<String> {
    let newest = numbers(version);
    let prior = PRIOR.iter().filter(|prior| numbers(prior).is_none_or(|prior| Some(prior) < newest));
    std::iter::once(version).chain(prior.copied()).map(str::to_owned).collect()
}

/// The versions of vim25 that a recorded `vimServiceVersions.xml` names.
fn told(text: &str) -> Vec<String> {
    let namespaces = Piece::first(text).into_iter().flat_map(|one| one.named("namespace"));
    let vim = namespaces.filter(|one| one.child("name").is_some_and(|name| name.text() == "urn:vim25"));
    let versions = vim.flat_map(|one| {
        let prior = one.child("priorVersions").into_iter().flat_map(|prior| prior.named("version"));
        one.named("version").chain(prior).map(|version| version.text())
    });
    versions.collect()
}

/// The numbers of a version, if it is made of such.
fn numbers(version: &str) -> Option<Vec<u32>> {
    version.split('.').map(|number| number.parse().ok()).collect()
}

/// The objects that a vCenter has once.
fn managers() -> Vec<MoRef> {
    let first = [("PropertyCollector", "propertyCollector"), ("ViewManager", "ViewManager")];
    let all = first.into_iter().chain(MANAGERS.iter().map(|(_, kind, id)| (*kind, *id)));
    all.map(|(kind, value)| MoRef { kind: kind.into(), value: value.into() }).collect()
}

/// The other fields of ServiceContent, with type and moref.
const MANAGERS: [(&str, &str, &str); 41] = [
    ("setting", "OptionManager", "VpxSettings"),
    ("userDirectory", "UserDirectory", "UserDirectory"),
    ("sessionManager", "SessionManager", "SessionManager"),
    ("authorizationManager", "AuthorizationManager", "AuthorizationManager"),
    ("serviceManager", "ServiceManager", "ServiceMgr"),
    ("perfManager", "PerformanceManager", "PerfMgr"),
    ("scheduledTaskManager", "ScheduledTaskManager", "ScheduledTaskManager"),
    ("alarmManager", "AlarmManager", "AlarmManager"),
    ("eventManager", "EventManager", "EventManager"),
    ("taskManager", "TaskManager", "TaskManager"),
    ("extensionManager", "ExtensionManager", "ExtensionManager"),
    ("customizationSpecManager", "CustomizationSpecManager", "CustomizationSpecManager"),
    ("customFieldsManager", "CustomFieldsManager", "CustomFieldsManager"),
    ("diagnosticManager", "DiagnosticManager", "DiagMgr"),
    ("licenseManager", "LicenseManager", "LicenseManager"),
    ("searchIndex", "SearchIndex", "SearchIndex"),
    ("fileManager", "FileManager", "FileManager"),
    ("datastoreNamespaceManager", "DatastoreNamespaceManager", "DatastoreNamespaceManager"),
    ("virtualDiskManager", "VirtualDiskManager", "virtualDiskManager"),
    ("snmpSystem", "HostSnmpSystem", "SnmpSystem"),
    ("vmProvisioningChecker", "VirtualMachineProvisioningChecker", "ProvChecker"),
    ("vmCompatibilityChecker", "VirtualMachineCompatibilityChecker", "CompatChecker"),
    ("ovfManager", "OvfManager", "OvfManager"),
    ("ipPoolManager", "IpPoolManager", "IpPoolManager"),
    ("dvSwitchManager", "DistributedVirtualSwitchManager", "DVSManager"),
    ("hostProfileManager", "HostProfileManager", "HostProfileManager"),
    ("clusterProfileManager", "ClusterProfileManager", "ClusterProfileManager"),
    ("complianceManager", "ProfileComplianceManager", "MoComplianceManager"),
    ("localizationManager", "LocalizationManager", "LocalizationManager"),
    ("storageResourceManager", "StorageResourceManager", "StorageResourceManager"),
    ("guestOperationsManager", "GuestOperationsManager", "guestOperationsManager"),
    ("overheadMemoryManager", "OverheadMemoryManager", "OverheadMemoryManager"),
    ("certificateManager", "CertificateManager", "certificateManager"),
    ("ioFilterManager", "IoFilterManager", "IoFilterManager"),
    ("vStorageObjectManager", "VcenterVStorageObjectManager", "VStorageObjectManager"),
    ("hostSpecManager", "HostSpecificationManager", "HostSpecificationManager"),
    ("cryptoManager", "CryptoManagerKmip", "CryptoManager"),
    ("healthUpdateManager", "HealthUpdateManager", "HealthUpdateManager"),
    ("failoverClusterConfigurator", "FailoverClusterConfigurator", "FailoverClusterConfigurator"),
    ("failoverClusterManager", "FailoverClusterManager", "FailoverClusterManager"),
    ("tenantManager", "TenantTenantManager", "TenantManager"),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn recorded(versions: Option<&str>, api_version: &str) -> Content {
        Content::of_recording(&RecordedContent {
            fields: String::new(),
            scope: String::new(),
            versions: versions.map(str::to_owned),
            api_version: Some(api_version.to_owned()),
            instance_uuid: None,
            managers: Vec::new(),
        })
    }

    #[test]
    fn a_recorded_server_speaks_its_version_and_those_before_it() {
        let content = recorded(None, "6.7");
        for (action, is_spoken) in
            [("6.7", true), ("6.5", true), ("4.1", true), ("8.0.3.0", true), ("6.6", false)]
        {
            assert_eq!(content.is_spoken(&format!("urn:vim25/{action}")), is_spoken, "{action}");
        }
        assert!(
            content.versions.contains("<version>6.7</version>\n  <priorVersions>\n   <version>6.5</version>")
        );
        assert!(!content.versions.contains("6.8.7") && content.versions.contains("<version>2.5</version>"));
    }

    #[test]
    fn recorded_versions_come_as_they_were_told_also_one_that_is_no_number() {
        let text = "<?xml version=\"1.0\"?><namespaces><namespace><name>urn:vim25</name><version>uA046D008</version>\
            <priorVersions><version>8.0.2.0</version></priorVersions></namespace></namespaces>";
        let content = recorded(Some(text), "8.0.2.0");
        assert_eq!(content.versions, text);
        for (action, is_spoken) in
            [("uA046D008", true), ("8.0.2.0", true), ("8.0.3.0", true), ("8.0.1.0", false)]
        {
            assert_eq!(content.is_spoken(&format!("urn:vim25/{action}")), is_spoken, "{action}");
        }
    }
}
