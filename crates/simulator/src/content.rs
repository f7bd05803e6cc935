//! What the simulated vCenter says about itself before anybody logs in.
//! Refuses to leave out the managers that it can't do anything with: every vCenter has them.

use std::fmt::Write as _;

use crate::data::escape;
use crate::estate::Estate;

/// The version of the API that is spoken.
const API_VERSION: &str = "8.0.3.0";

const VERSION: &str = "8.0.3";
const BUILD: &str = "24022515";

/// The fields of ServiceContent.
pub(crate) fn service_content(estate: &Estate) -> String {
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

/// The versions before it, which are spoken too.
const PRIOR: [&str; 28] = [
    "8.0.2.0", "8.0.1.0", "8.0.0.1", "8.0.0.0", "7.0.3.2", "7.0.3.1", "7.0.3.0", "7.0.2.1", "7.0.2.0",
    "7.0.1.1", "7.0.1.0", "7.0.0.2", "7.0.0.0", "6.9.1", "6.8.7", "6.7.3", "6.7.2", "6.7.1", "6.7", "6.5",
    "6.0", "5.5", "5.1", "5.0", "4.1", "4.0", "2.5u2", "2.5",
];

/// Whether a request may name this as its SOAPAction: the version that it is written in. Without a version it is the
/// oldest one, in which clients ask before they know any other. A newer one than ours is taken for ours, as a vCenter
/// takes it: govc always names the newest that it knows.
pub(crate) fn is_spoken(action: &str) -> bool {
    match action.trim().trim_matches('"').strip_prefix("urn:vim25") {
        Some("") => true,
        Some(version) => version
            .strip_prefix('/')
            .is_some_and(|version| version == API_VERSION || PRIOR.contains(&version) || is_newer(version)),
        None => false,
    }
}

fn is_newer(version: &str) -> bool {
    let numbers = |text: &str| text.split('.').map(str::parse).collect::<Result<Vec<u32>, _>>();
    matches!((numbers(version), numbers(API_VERSION)), (Ok(theirs), Ok(ours)) if theirs > ours)
}

/// `/sdk/vimServiceVersions.xml`.
pub(crate) fn versions() -> String {
    let prior: String = PRIOR.iter().map(|version| format!("   <version>{version}</version>\n")).collect();
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\" ?>\n<namespaces version=\"1.0\">\n <namespace>\n  \
         <name>urn:vim25</name>\n  <version>{API_VERSION}</version>\n  <priorVersions>\n{prior}  </priorVersions>\n \
         </namespace>\n <namespace>\n  <name>urn:vim2</name>\n  <version>2.0</version>\n </namespace>\n</namespaces>\n"
    )
}

/// Whether a vCenter has this object once.
pub(crate) fn is_manager(kind: &str, id: &str) -> bool {
    let first = [
        ("ServiceInstance", "ServiceInstance"),
        ("PropertyCollector", "propertyCollector"),
        ("ViewManager", "ViewManager"),
    ];
    first.contains(&(kind, id)) || MANAGERS.iter().any(|(_, known, its)| (*known, *its) == (kind, id))
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
