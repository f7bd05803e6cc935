//! The vim25 types that columns are read from, as the reference declares them.
//! Refuses what no column touches, but for what was mistaken before.

/// Where all of this is from: the vSphere Web Services API Reference (6.0; what is newer says so), one page a type. A fact
/// that has no version of its own there is older than every server that Muster speaks to.
pub(super) const OLDEST: (u16, u16) = (2, 0);

/// A managed object type or data object type.
pub(super) struct Declared {
    /// Its name in requests.
    pub(super) name: &'static str,
    /// Its page in the reference.
    pub(super) page: &'static str,
    /// The type it extends, as far as properties come from there.
    pub(super) extends: &'static str,
    /// Properties, what each is declared as, and since when. `[]` is a list, `->` a reference.
    pub(super) properties: &'static [(&'static str, &'static str, (u16, u16))],
}

const fn declared(
    name: &'static str,
    page: &'static str,
    extends: &'static str,
    properties: &'static [(&'static str, &'static str, (u16, u16))],
) -> Declared {
    Declared { name, page, extends, properties }
}

/// The types that we touch, each with the properties that we touch and those that have been mistaken before.
pub(super) const TYPES: &[Declared] = &[
    declared(
        "ManagedEntity",
        "vim.ManagedEntity",
        "",
        &[
            ("name", "xsd:string", OLDEST),
            ("parent", "->ManagedEntity", OLDEST),
            ("overallStatus", "ManagedEntityStatus", OLDEST),
            ("configIssue", "Event[]", OLDEST),
            ("alarmActionsEnabled", "xsd:boolean", (4, 0)),
            ("triggeredAlarmState", "AlarmState[]", OLDEST),
        ],
    ),
    declared(
        "AlarmState",
        "vim.alarm.AlarmState",
        "",
        &[
            ("entity", "->ManagedEntity", OLDEST),
            ("alarm", "->Alarm", OLDEST),
            ("overallStatus", "ManagedEntityStatus", OLDEST),
            ("acknowledged", "xsd:boolean", (4, 0)),
            ("disabled", "xsd:boolean", (6, 9)),
        ],
    ),
    declared("Event", "vim.event.Event", "", &[("fullFormattedMessage", "xsd:string", OLDEST)]),
    declared("Datacenter", "vim.Datacenter", "ManagedEntity", &[]),
    declared("Folder", "vim.Folder", "ManagedEntity", &[("childType", "xsd:string[]", OLDEST)]),
    declared(
        "ComputeResource",
        "vim.ComputeResource",
        "ManagedEntity",
        &[
            ("host", "->HostSystem[]", OLDEST),
            ("summary", "ComputeResourceSummary", OLDEST),
            ("configurationEx", "ComputeResourceConfigInfo", (2, 5)),
        ],
    ),
    declared(
        "ComputeResourceSummary",
        "vim.ComputeResource.Summary",
        "",
        &[
            ("numEffectiveHosts", "xsd:int", OLDEST),
            ("totalCpu", "xsd:int", OLDEST),
            ("effectiveCpu", "xsd:int", OLDEST),
            ("totalMemory", "xsd:long", OLDEST),
            ("effectiveMemory", "xsd:long", OLDEST),
        ],
    ),
    declared(
        "ClusterComputeResourceSummary",
        "vim.ClusterComputeResource.Summary",
        "ComputeResourceSummary",
        &[("currentEVCModeKey", "xsd:string", (4, 0))],
    ),
    declared("ComputeResourceConfigInfo", "vim.ComputeResource.ConfigInfo", "", &[]),
    declared(
        "ClusterComputeResource",
        "vim.ClusterComputeResource",
        "ComputeResource",
        &[("configuration", "ClusterConfigInfo", OLDEST)],
    ),
    declared(
        "ClusterConfigInfo",
        "vim.cluster.ConfigInfo",
        "",
        &[("dasConfig", "ClusterDasConfigInfo", OLDEST), ("drsConfig", "ClusterDrsConfigInfo", OLDEST)],
    ),
    declared(
        "ClusterDasConfigInfo",
        "vim.cluster.DasConfigInfo",
        "",
        &[
            ("enabled", "xsd:boolean", OLDEST),
            ("admissionControlEnabled", "xsd:boolean", OLDEST),
            ("failoverLevel", "xsd:int", OLDEST),
            ("hostMonitoring", "xsd:string", (4, 0)),
            ("admissionControlPolicy", "ClusterDasAdmissionControlPolicy", (4, 0)),
        ],
    ),
    declared("ClusterDasAdmissionControlPolicy", "vim.cluster.DasAdmissionControlPolicy", "", &[]),
    declared(
        "ClusterFailoverResourcesAdmissionControlPolicy",
        "vim.cluster.FailoverResourcesAdmissionControlPolicy",
        "ClusterDasAdmissionControlPolicy",
        &[
            ("cpuFailoverResourcesPercent", "xsd:int", (4, 0)),
            ("memoryFailoverResourcesPercent", "xsd:int", (4, 0)),
        ],
    ),
    declared(
        "ClusterFailoverHostAdmissionControlPolicy",
        "vim.cluster.FailoverHostAdmissionControlPolicy",
        "ClusterDasAdmissionControlPolicy",
        &[("failoverHosts", "->HostSystem[]", (4, 0))],
    ),
    declared(
        "ClusterDrsConfigInfo",
        "vim.cluster.DrsConfigInfo",
        "",
        &[("enabled", "xsd:boolean", OLDEST), ("defaultVmBehavior", "DrsBehavior", OLDEST)],
    ),
    declared(
        "HostSystem",
        "vim.HostSystem",
        "ManagedEntity",
        &[
            ("runtime", "HostRuntimeInfo", OLDEST),
            ("summary", "HostListSummary", OLDEST),
            ("config", "HostConfigInfo", OLDEST),
            ("hardware", "HostHardwareInfo", OLDEST),
            ("vm", "->VirtualMachine[]", OLDEST),
            ("datastore", "->Datastore[]", OLDEST),
            ("network", "->Network[]", OLDEST),
        ],
    ),
    declared(
        "HostRuntimeInfo",
        "vim.host.RuntimeInfo",
        "",
        &[
            ("connectionState", "HostSystemConnectionState", OLDEST),
            ("powerState", "HostSystemPowerState", (2, 5)),
            ("inMaintenanceMode", "xsd:boolean", OLDEST),
            ("bootTime", "xsd:dateTime", OLDEST),
            ("dasHostState", "ClusterDasFdmHostState", (5, 0)),
            ("healthSystemRuntime", "HealthSystemRuntime", (2, 5)),
        ],
    ),
    declared("ClusterDasFdmHostState", "vim.cluster.DasFdmHostState", "", &[("state", "xsd:string", (5, 0))]),
    declared(
        "HealthSystemRuntime",
        "vim.host.HealthStatusSystem.Runtime",
        "",
        &[("systemHealthInfo", "HostSystemHealthInfo", (2, 5))],
    ),
    declared(
        "HostSystemHealthInfo",
        "vim.host.HealthStatusSystem.SystemHealthInfo",
        "",
        &[("numericSensorInfo", "HostNumericSensorInfo[]", (2, 5))],
    ),
    declared(
        "HostNumericSensorInfo",
        "vim.host.NumericSensorInfo",
        "",
        &[("name", "xsd:string", (2, 5)), ("healthState", "ElementDescription", (2, 5))],
    ),
    declared(
        "HostListSummary",
        "vim.host.Summary",
        "",
        &[
            ("hardware", "HostHardwareSummary", OLDEST),
            ("config", "HostConfigSummary", OLDEST),
            ("quickStats", "HostListSummaryQuickStats", OLDEST),
            ("rebootRequired", "xsd:boolean", OLDEST),
            ("managementServerIp", "xsd:string", (2, 5)),
        ],
    ),
    declared(
        "HostHardwareSummary",
        "vim.host.Summary.HardwareSummary",
        "",
        &[
            ("vendor", "xsd:string", OLDEST),
            ("model", "xsd:string", OLDEST),
            ("uuid", "xsd:string", OLDEST),
            ("otherIdentifyingInfo", "HostSystemIdentificationInfo[]", (2, 5)),
            ("memorySize", "xsd:long", OLDEST),
            ("cpuModel", "xsd:string", OLDEST),
            ("cpuMhz", "xsd:int", OLDEST),
            ("numCpuPkgs", "xsd:short", OLDEST),
            ("numCpuCores", "xsd:short", OLDEST),
            ("numCpuThreads", "xsd:short", OLDEST),
        ],
    ),
    declared("HostConfigSummary", "vim.host.Summary.ConfigSummary", "", &[("product", "AboutInfo", OLDEST)]),
    declared(
        "AboutInfo",
        "vim.AboutInfo",
        "",
        &[("version", "xsd:string", OLDEST), ("build", "xsd:string", OLDEST)],
    ),
    declared(
        "HostListSummaryQuickStats",
        "vim.host.Summary.QuickStats",
        "",
        &[("overallCpuUsage", "xsd:int", OLDEST), ("overallMemoryUsage", "xsd:int", OLDEST)],
    ),
    declared(
        "HostConfigInfo",
        "vim.host.ConfigInfo",
        "",
        &[
            ("network", "HostNetworkInfo", OLDEST),
            ("virtualNicManagerInfo", "HostVirtualNicManagerInfo", (4, 0)),
            ("dateTimeInfo", "HostDateTimeInfo", (2, 5)),
            ("certificate", "xsd:byte[]", (5, 0)),
            ("multipathState", "HostMultipathStateInfo", (4, 0)),
            ("ipmi", "HostIpmiInfo", (4, 0)),
        ],
    ),
    declared(
        "HostIpmiInfo",
        "vim.host.IpmiInfo",
        "",
        &[("bmcIpAddress", "xsd:string", (4, 0)), ("bmcMacAddress", "xsd:string", (4, 0))],
    ),
    declared("HostHardwareInfo", "vim.host.HardwareInfo", "", &[("systemInfo", "HostSystemInfo", OLDEST)]),
    declared("HostSystemInfo", "vim.host.SystemInfo", "", &[("serialNumber", "xsd:string", (6, 7))]),
    declared(
        "HostMultipathStateInfo",
        "vim.host.MultipathStateInfo",
        "",
        &[("path", "HostMultipathStateInfoPath[]", (4, 0))],
    ),
    declared(
        "HostMultipathStateInfoPath",
        "vim.host.MultipathStateInfo.Path",
        "",
        &[("name", "xsd:string", (4, 0)), ("pathState", "xsd:string", (4, 0))],
    ),
    declared("HostDateTimeInfo", "vim.host.DateTimeInfo", "", &[("ntpConfig", "HostNtpConfig", (2, 5))]),
    declared("HostNtpConfig", "vim.host.NtpConfig", "", &[("server", "xsd:string[]", (2, 5))]),
    declared("HostNetworkInfo", "vim.host.NetworkInfo", "", &[("pnic", "PhysicalNic[]", OLDEST)]),
    declared("PhysicalNic", "vim.host.PhysicalNic", "", &[("mac", "xsd:string", (2, 5))]),
    declared(
        "HostVirtualNicManagerInfo",
        "vim.host.VirtualNicManagerInfo",
        "",
        &[("netConfig", "VirtualNicManagerNetConfig[]", (4, 0))],
    ),
    declared(
        "VirtualMachine",
        "vim.VirtualMachine",
        "ManagedEntity",
        &[
            ("config", "VirtualMachineConfigInfo", OLDEST),
            ("guest", "GuestInfo", OLDEST),
            ("runtime", "VirtualMachineRuntimeInfo", OLDEST),
            ("snapshot", "VirtualMachineSnapshotInfo", OLDEST),
            ("summary", "VirtualMachineSummary", OLDEST),
            ("resourcePool", "->ResourcePool", OLDEST),
            ("parentVApp", "->ManagedEntity", (4, 1)),
            ("datastore", "->Datastore[]", OLDEST),
            ("network", "->Network[]", OLDEST),
        ],
    ),
    declared(
        "VirtualMachineRuntimeInfo",
        "vim.vm.RuntimeInfo",
        "",
        &[
            ("host", "->HostSystem", OLDEST),
            ("connectionState", "VirtualMachineConnectionState", OLDEST),
            ("powerState", "VirtualMachinePowerState", OLDEST),
            ("bootTime", "xsd:dateTime", OLDEST),
            ("consolidationNeeded", "xsd:boolean", (5, 0)),
            ("question", "VirtualMachineQuestionInfo", OLDEST),
        ],
    ),
    declared("VirtualMachineQuestionInfo", "vim.vm.QuestionInfo", "", &[("text", "xsd:string", OLDEST)]),
    declared(
        "VirtualMachineConfigInfo",
        "vim.vm.ConfigInfo",
        "",
        &[
            ("template", "xsd:boolean", OLDEST),
            ("guestFullName", "xsd:string", OLDEST),
            ("uuid", "xsd:string", OLDEST),
            ("instanceUuid", "xsd:string", (4, 0)),
            ("hardware", "VirtualHardware", OLDEST),
            ("version", "xsd:string", OLDEST),
            ("files", "VirtualMachineFileInfo", OLDEST),
            ("annotation", "xsd:string", OLDEST),
            ("managedBy", "ManagedByInfo", (5, 0)),
            ("cpuAllocation", "ResourceAllocationInfo", OLDEST),
            ("memoryAllocation", "ResourceAllocationInfo", OLDEST),
            // Not in the reference of 6.0: of 6.7 and later.
            ("createDate", "xsd:dateTime", (6, 7)),
        ],
    ),
    declared(
        "ManagedByInfo",
        "vim.ext.ManagedByInfo",
        "",
        &[("extensionKey", "xsd:string", (5, 0)), ("type", "xsd:string", (5, 0))],
    ),
    declared(
        "VirtualHardware",
        "vim.vm.VirtualHardware",
        "",
        &[
            ("numCPU", "xsd:int", OLDEST),
            ("numCoresPerSocket", "xsd:int", (5, 0)),
            ("memoryMB", "xsd:int", OLDEST),
            ("device", "VirtualDevice[]", OLDEST),
        ],
    ),
    declared("VirtualMachineFileInfo", "vim.vm.FileInfo", "", &[("vmPathName", "xsd:string", OLDEST)]),
    declared(
        "GuestInfo",
        "vim.vm.GuestInfo",
        "",
        &[
            ("guestFullName", "xsd:string", OLDEST),
            ("hostName", "xsd:string", OLDEST),
            ("ipAddress", "xsd:string", OLDEST),
            ("net", "GuestNicInfo[]", OLDEST),
            ("disk", "GuestDiskInfo[]", OLDEST),
            ("toolsRunningStatus", "xsd:string", (4, 0)),
            ("toolsVersionStatus2", "xsd:string", (5, 0)),
            ("toolsVersion", "xsd:string", OLDEST),
        ],
    ),
    declared("GuestNicInfo", "vim.vm.GuestInfo.NicInfo", "", &[("ipAddress", "xsd:string[]", OLDEST)]),
    declared(
        "VirtualMachineSummary",
        "vim.vm.Summary",
        "",
        &[
            ("storage", "VirtualMachineStorageSummary", (4, 0)),
            ("quickStats", "VirtualMachineQuickStats", (4, 0)),
        ],
    ),
    declared(
        "VirtualMachineQuickStats",
        "vim.vm.Summary.QuickStats",
        "",
        &[("balloonedMemory", "xsd:int", (4, 0)), ("swappedMemory", "xsd:int", (4, 0))],
    ),
    declared(
        "VirtualMachineStorageSummary",
        "vim.vm.Summary.StorageSummary",
        "",
        &[("committed", "xsd:long", (4, 0)), ("uncommitted", "xsd:long", (4, 0))],
    ),
    declared(
        "VirtualMachineSnapshotInfo",
        "vim.vm.SnapshotInfo",
        "",
        &[
            ("currentSnapshot", "->VirtualMachineSnapshot", OLDEST),
            ("rootSnapshotList", "VirtualMachineSnapshotTree[]", OLDEST),
        ],
    ),
    declared(
        "Datastore",
        "vim.Datastore",
        "ManagedEntity",
        &[
            ("summary", "DatastoreSummary", OLDEST),
            ("info", "DatastoreInfo", OLDEST),
            ("host", "DatastoreHostMount[]", OLDEST),
            ("vm", "->VirtualMachine[]", OLDEST),
        ],
    ),
    declared(
        "DatastoreSummary",
        "vim.Datastore.Summary",
        "",
        &[
            ("type", "xsd:string", OLDEST),
            ("url", "xsd:string", OLDEST),
            ("capacity", "xsd:long", OLDEST),
            ("freeSpace", "xsd:long", OLDEST),
            ("uncommitted", "xsd:long", (4, 0)),
            ("accessible", "xsd:boolean", OLDEST),
            ("maintenanceMode", "xsd:string", (5, 0)),
            ("multipleHostAccess", "xsd:boolean", OLDEST),
        ],
    ),
    declared(
        "DatastoreInfo",
        "vim.Datastore.Info",
        "",
        &[
            ("timestamp", "xsd:dateTime", (4, 0)),
            // Not in the reference of 6.0: of 6.5 and later, in older ones unset.
            ("containerId", "xsd:string", (6, 5)),
            // In no reference; recorded of 8.0.
            ("aliasOf", "xsd:string", (8, 0)),
        ],
    ),
    declared(
        "NasDatastoreInfo",
        "vim.host.NasDatastoreInfo",
        "DatastoreInfo",
        &[("nas", "HostNasVolume", OLDEST)],
    ),
    declared(
        "HostNasVolume",
        "vim.host.NasVolume",
        "",
        &[("remoteHost", "xsd:string", OLDEST), ("remotePath", "xsd:string", OLDEST)],
    ),
    declared(
        "Network",
        "vim.Network",
        "ManagedEntity",
        &[
            ("summary", "NetworkSummary", OLDEST),
            ("host", "->HostSystem[]", OLDEST),
            ("vm", "->VirtualMachine[]", OLDEST),
        ],
    ),
    declared("NetworkSummary", "vim.Network.Summary", "", &[("accessible", "xsd:boolean", OLDEST)]),
    declared(
        "ResourcePool",
        "vim.ResourcePool",
        "ManagedEntity",
        &[
            ("owner", "->ComputeResource", OLDEST),
            ("vm", "->VirtualMachine[]", OLDEST),
            ("config", "ResourceConfigSpec", OLDEST),
        ],
    ),
    declared(
        "ResourceConfigSpec",
        "vim.ResourceConfigSpec",
        "",
        &[
            ("cpuAllocation", "ResourceAllocationInfo", OLDEST),
            ("memoryAllocation", "ResourceAllocationInfo", OLDEST),
        ],
    ),
    declared(
        "ResourceAllocationInfo",
        "vim.ResourceAllocationInfo",
        "",
        &[
            ("reservation", "xsd:long", OLDEST),
            ("limit", "xsd:long", OLDEST),
            ("shares", "SharesInfo", OLDEST),
        ],
    ),
    declared("SharesInfo", "vim.SharesInfo", "", &[("shares", "xsd:int", OLDEST)]),
    declared(
        "VirtualApp",
        "vim.VirtualApp",
        "ResourcePool",
        &[("parentFolder", "->Folder", (4, 0)), ("parentVApp", "->ManagedEntity", (4, 1))],
    ),
];

/// The enumerations among them: texts, as far as we read them.
pub(super) const ENUMERATIONS: [&str; 6] = [
    "ManagedEntityStatus",
    "DrsBehavior",
    "HostSystemConnectionState",
    "HostSystemPowerState",
    "VirtualMachineConnectionState",
    "VirtualMachinePowerState",
];
