//! What clusters are for, and which machines run there.
//! Refuses to count: how many of each there are is the plan's.

use super::guests::{
    DEBIAN, FREEBSD, OTHER, Os, PHOTON, RHEL8, RHEL9, SLES, UBUNTU, WINDOWS_10, WINDOWS_11, WINDOWS_2016,
    WINDOWS_2019, WINDOWS_2022,
};

/// What a cluster is for.
#[derive(Debug)]
pub(crate) struct Purpose {
    pub(crate) name: &'static str,
    /// How its hosts are called.
    pub(crate) host_code: &'static str,
    /// How many of each cluster's VMs are of the first role before any role is drawn.
    pub(crate) firsts: u32,
    /// VMs a host carries.
    pub(crate) per_host: u32,
    pub(crate) storage: Storage,
    pub(crate) ha: bool,
    pub(crate) drs: bool,
    /// fullyAutomated, partiallyAutomated or manual.
    pub(crate) drs_behavior: &'static str,
    pub(crate) evc: bool,
    /// Number and name of the distributed portgroups.
    pub(crate) vlans: &'static [(u16, &'static str)],
    pub(crate) roles: &'static [Role],
}

/// Where a cluster's VMs lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Storage {
    Vmfs,
    Nfs,
    Vsan,
}

/// Machines that are called and sized alike.
#[derive(Debug)]
pub(crate) struct Role {
    pub(crate) stem: &'static str,
    /// Digits after the stem.
    pub(crate) digits: usize,
    /// How often, among the roles of the purpose.
    pub(crate) weight: u32,
    pub(crate) os: &'static [&'static Os],
    pub(crate) cpus: &'static [u16],
    pub(crate) memory_gb: &'static [u32],
    /// Disks, in GiB, from and to.
    pub(crate) disk_gb: (u32, u32),
    /// Path of the folder.
    pub(crate) folder: &'static str,
    /// How many in a thousand run.
    pub(crate) running: u32,
    /// What people wrote in the notes.
    pub(crate) notes: &'static [&'static str],
}

const NO_NOTES: &[&str] = &[];

const fn role(
    stem: &'static str,
    weight: u32,
    os: &'static [&'static Os],
    cpus: &'static [u16],
    memory_gb: &'static [u32],
    disk_gb: (u32, u32),
    folder: &'static str,
) -> Role {
    let (digits, running, notes) = (2, 970, NO_NOTES);
    Role { stem, digits, weight, os, cpus, memory_gb, disk_gb, folder, running, notes }
}

impl Role {
    const fn notes(mut self, notes: &'static [&'static str]) -> Role {
        self.notes = notes;
        self
    }

    const fn running(mut self, running: u32) -> Role {
        self.running = running;
        self
    }

    const fn digits(mut self, digits: usize) -> Role {
        self.digits = digits;
        self
    }
}

pub(crate) static GENERAL: Purpose = Purpose {
    name: "prod-general",
    host_code: "prod",
    firsts: 2,
    per_host: 20,
    storage: Storage::Vmfs,
    ha: true,
    drs: true,
    drs_behavior: "fullyAutomated",
    evc: true,
    vlans: &[(210, "prod-web"), (220, "prod-app"), (230, "prod-infra"), (235, "prod-file/print")],
    roles: &[
        role("dc", 1, &[&WINDOWS_2022, &WINDOWS_2019], &[2], &[8], (80, 80), "Infrastructure/Directory")
            .notes(&["Domain controller. Never revert to a snapshot!"]),
        role("web-shop-", 14, &[&RHEL9, &RHEL8], &[2, 4], &[4, 8], (40, 60), "Web/Shop"),
        role("web-intranet-", 5, &[&UBUNTU, &WINDOWS_2022], &[2], &[4, 8], (40, 80), "Web/Intranet"),
        role("app-erp-", 10, &[&SLES, &RHEL8], &[4, 8], &[16, 32], (100, 300), "ERP/Application").notes(&[
            "ERP R&D <prod>. Change window Sun 02:00-04:00",
            "Owner: ERP team\nRestart after sql-erp",
        ]),
        role("api-orders-", 8, &[&RHEL9, &UBUNTU], &[2, 4], &[4, 8, 16], (40, 60), "Web/Shop"),
        role("mq-", 4, &[&RHEL9], &[4], &[16], (80, 120), "Platform/Messaging"),
        role("redis-", 4, &[&DEBIAN, &UBUNTU], &[2], &[8, 16], (30, 40), "Platform/Cache"),
        role("k8s-worker-", 16, &[&UBUNTU, &PHOTON], &[8, 16], &[32, 64], (120, 200), "Platform/Kubernetes"),
        role("k8s-control-", 3, &[&UBUNTU, &PHOTON], &[4], &[16], (80, 80), "Platform/Kubernetes"),
        role("file-", 4, &[&WINDOWS_2019, &WINDOWS_2016], &[4], &[16], (500, 2000), "Infrastructure/Files")
            .notes(&["Große Freigaben: /abteilung, /projekte", ""]),
        role("print-", 2, &[&WINDOWS_2019, &WINDOWS_2016], &[2], &[8], (100, 150), "Infrastructure/Files"),
        role("exch-", 2, &[&WINDOWS_2019], &[8], &[64], (800, 1500), "Infrastructure/Mail"),
        role("app-hr-", 3, &[&WINDOWS_2019], &[2, 4], &[8, 16], (80, 120), "Applications/HR"),
        role("batch/nightly-", 2, &[&RHEL8], &[4, 8], &[16], (80, 120), "ERP/Batch").running(700),
        role("legacy-", 3, &[&WINDOWS_2016, &OTHER], &[1, 2], &[2, 4], (40, 120), "Applications/Legacy")
            .running(600)
            .notes(&["Do NOT power on without asking Ms. Özdemir", "to be decommissioned"]),
    ],
};

pub(crate) static SQL: Purpose = Purpose {
    name: "prod-sql",
    host_code: "sql",
    firsts: 1,
    per_host: 15,
    storage: Storage::Vmfs,
    ha: true,
    drs: true,
    drs_behavior: "partiallyAutomated",
    evc: true,
    vlans: &[(240, "prod-db"), (241, "prod-db-backup")],
    roles: &[
        role(
            "sql-erp-",
            4,
            &[&WINDOWS_2022, &WINDOWS_2019],
            &[8, 16],
            &[64, 128],
            (800, 3000),
            "Databases/ERP",
        )
        .notes(&["SQL Server 2019 Enterprise, licensed per host: keep in prod-sql"]),
        role("sql-crm-", 3, &[&WINDOWS_2019], &[8], &[32, 64], (400, 1200), "Databases/CRM"),
        role("pg-shop-", 4, &[&RHEL9, &DEBIAN], &[8], &[32, 64], (300, 900), "Databases/Shop"),
        role("ora-fin-", 2, &[&RHEL8], &[8, 12], &[64, 96], (600, 2000), "Databases/Finance")
            .notes(&["Oracle: vMotion only inside this cluster (licence)"]),
        role("hana-", 1, &[&SLES], &[16], &[128], (900, 1500), "Databases/ERP"),
    ],
};

pub(crate) static VDI: Purpose = Purpose {
    name: "vdi",
    host_code: "vdi",
    firsts: 1,
    per_host: 25,
    storage: Storage::Vsan,
    ha: true,
    drs: true,
    drs_behavior: "fullyAutomated",
    evc: false,
    vlans: &[(400, "vdi-pool-a"), (404, "vdi-pool-b")],
    roles: &[
        role("vdi-", 60, &[&WINDOWS_11, &WINDOWS_11, &WINDOWS_10], &[2, 4], &[8, 16], (60, 80), "VDI/Office")
            .digits(4)
            .running(850),
        role("vdi-cad-", 8, &[&WINDOWS_11], &[8], &[32], (150, 250), "VDI/Engineering")
            .digits(3)
            .running(800),
        role("uag-", 1, &[&PHOTON], &[2], &[4], (20, 20), "VDI/Management"),
        role("horizon-", 1, &[&WINDOWS_2022], &[4], &[12], (80, 80), "VDI/Management"),
    ],
};

pub(crate) static MANAGEMENT: Purpose = Purpose {
    name: "mgmt",
    host_code: "mgmt",
    firsts: 1,
    per_host: 15,
    storage: Storage::Vsan,
    ha: true,
    drs: true,
    drs_behavior: "fullyAutomated",
    evc: true,
    vlans: &[(100, "mgmt"), (110, "backup"), (120, "monitoring")],
    roles: &[
        role("vcsa", 0, &[&PHOTON], &[8], &[28], (700, 1400), "Infrastructure/VMware")
            .notes(&["vCenter Server Appliance"]),
        role("nsx-manager-", 2, &[&UBUNTU], &[6], &[24], (300, 300), "Infrastructure/VMware"),
        role("aria-ops-", 2, &[&PHOTON], &[8], &[32], (300, 800), "Infrastructure/VMware"),
        role("veeam-proxy-", 6, &[&WINDOWS_2022, &UBUNTU], &[8], &[16], (80, 120), "Infrastructure/Backup")
            .notes(&["Backup proxy (HotAdd), don't vMotion during jobs"]),
        role("veeam-repo-", 2, &[&RHEL9], &[8], &[32], (200, 400), "Infrastructure/Backup"),
        role("mon-zabbix-", 3, &[&RHEL9, &DEBIAN], &[4], &[16], (200, 400), "Infrastructure/Monitoring"),
        role("grafana-", 2, &[&UBUNTU], &[2], &[8], (60, 100), "Infrastructure/Monitoring"),
        role("syslog-", 2, &[&RHEL9], &[4], &[8], (300, 900), "Infrastructure/Monitoring"),
        role("jump-", 3, &[&WINDOWS_2022, &UBUNTU], &[2], &[8], (60, 80), "Infrastructure/Access"),
        role("ansible-", 2, &[&RHEL9], &[4], &[8], (60, 60), "Platform/Automation"),
        role("wsus-", 1, &[&WINDOWS_2019], &[4], &[16], (600, 900), "Infrastructure/Patching"),
    ],
};

pub(crate) static DMZ: Purpose = Purpose {
    name: "dmz",
    host_code: "dmz",
    firsts: 1,
    per_host: 15,
    storage: Storage::Vmfs,
    ha: true,
    drs: true,
    drs_behavior: "fullyAutomated",
    evc: true,
    vlans: &[(500, "dmz-web"), (510, "dmz-mail"), (520, "dmz-vpn")],
    roles: &[
        role("rproxy-", 6, &[&DEBIAN, &RHEL9], &[2, 4], &[4, 8], (30, 40), "DMZ/Proxy"),
        role("waf-", 3, &[&OTHER], &[4], &[8, 16], (60, 100), "DMZ/Proxy"),
        role("smtp-relay-", 3, &[&DEBIAN], &[2], &[4], (30, 40), "DMZ/Mail"),
        role("vpn-", 2, &[&FREEBSD], &[4], &[4], (20, 30), "DMZ/Access"),
        role("sftp-", 2, &[&RHEL9], &[2], &[8], (200, 600), "DMZ/Transfer"),
        role("dns-ext-", 2, &[&DEBIAN], &[2], &[2], (20, 20), "DMZ/DNS"),
    ],
};

pub(crate) static TEST: Purpose = Purpose {
    name: "dev-test",
    host_code: "dev",
    firsts: 1,
    per_host: 25,
    storage: Storage::Nfs,
    ha: false,
    drs: true,
    drs_behavior: "manual",
    evc: true,
    vlans: &[(600, "dev"), (610, "test"), (620, "sandbox")],
    roles: &[
        role("test-erp-", 8, &[&SLES, &RHEL8], &[4], &[16], (100, 200), "Dev & Test/ERP").running(700),
        role("test-shop-", 10, &[&RHEL9], &[2], &[4, 8], (40, 60), "Dev & Test/Shop").running(750),
        role("jenkins-agent-", 10, &[&UBUNTU], &[4, 8], &[8, 16], (80, 120), "Dev & Test/CI").running(900),
        role("gitlab-", 2, &[&UBUNTU], &[8], &[16, 32], (300, 600), "Dev & Test/CI"),
        role("dev-k8s-", 8, &[&UBUNTU, &PHOTON], &[4, 8], &[16, 32], (80, 120), "Dev & Test/Kubernetes")
            .running(850),
        role(
            "test-sql-",
            5,
            &[&WINDOWS_2022, &WINDOWS_2019],
            &[4],
            &[16, 32],
            (200, 500),
            "Dev & Test/Databases",
        )
        .running(800),
        role("poc-", 6, &[&OTHER, &UBUNTU, &WINDOWS_2022], &[2, 4], &[4, 8], (40, 120), "Dev & Test/Sandbox")
            .running(450)
            .notes(&["PoC, delete after the demo", "who needs this?", "test 100% – ask Jörg"]),
    ],
};

pub(crate) static EDGE: Purpose = Purpose {
    name: "edge",
    host_code: "edge",
    firsts: 2,
    per_host: 15,
    storage: Storage::Vsan,
    ha: true,
    drs: false,
    drs_behavior: "fullyAutomated",
    evc: false,
    vlans: &[(700, "edge-uplink-a"), (701, "edge-uplink-b"), (710, "edge-services")],
    roles: &[
        role("nsx-edge-", 5, &[&UBUNTU], &[8], &[32], (200, 200), "Infrastructure/VMware"),
        role("lb-", 4, &[&OTHER], &[4], &[8, 16], (40, 60), "Platform/Load balancing"),
        role("fw-", 2, &[&FREEBSD, &OTHER], &[4], &[8], (40, 60), "Infrastructure/Security"),
        role("ids-", 2, &[&UBUNTU], &[8], &[32], (200, 500), "Infrastructure/Security"),
    ],
};

/// Hosts outside clusters, in branch offices.
pub(crate) static BRANCH: Purpose = Purpose {
    name: "branch",
    host_code: "branch",
    firsts: 1,
    per_host: 8,
    storage: Storage::Vmfs,
    ha: false,
    drs: false,
    drs_behavior: "manual",
    evc: false,
    vlans: &[],
    roles: &[
        role("br-dc-", 1, &[&WINDOWS_2019], &[2], &[8], (80, 80), "Branches/Directory"),
        role("br-file-", 2, &[&WINDOWS_2019], &[4], &[16], (300, 900), "Branches/Files"),
        role("br-pos-", 3, &[&WINDOWS_10, &UBUNTU], &[2], &[4], (60, 80), "Branches/Shops"),
    ],
};
