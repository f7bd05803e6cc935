//! Servers one can buy, and the ESXi that runs on them.
//! Refuses to invent: models, processors and builds are real ones.

/// A server model with its processors.
#[derive(Debug)]
pub(crate) struct Model {
    pub(crate) vendor: &'static str,
    pub(crate) name: &'static str,
    pub(crate) cpu: &'static str,
    pub(crate) mhz: u16,
    pub(crate) sockets: u16,
    pub(crate) cores_per_socket: u16,
    /// The EVC mode that a cluster of these has.
    pub(crate) evc: &'static str,
    /// The first half of its NICs' MAC addresses.
    pub(crate) oui: &'static str,
    pub(crate) nic_driver: &'static str,
    pub(crate) bios: &'static str,
    /// HPE's product number, Lenovo's machine type; empty for the others.
    pub(crate) product: &'static str,
}

impl Model {
    /// Cores of all sockets.
    pub(crate) fn cores(&self) -> u16 {
        self.sockets * self.cores_per_socket
    }

    /// What two threads a core make.
    pub(crate) fn threads(&self) -> u16 {
        self.cores() * 2
    }

    pub(crate) fn is_dell(&self) -> bool {
        self.oui == DELL
    }

    pub(crate) fn is_hpe(&self) -> bool {
        self.oui == HPE
    }

    pub(crate) fn is_supermicro(&self) -> bool {
        self.oui == SUPERMICRO
    }

    pub(crate) fn is_cisco(&self) -> bool {
        self.oui == CISCO
    }

    /// Whether it is one of four in an enclosure.
    pub(crate) fn is_blade(&self) -> bool {
        self.name == BLADE
    }
}

const DELL: &str = "e4:43:4b";
const HPE: &str = "94:40:c9";
const LENOVO: &str = "08:3a:88";
const SUPERMICRO: &str = "3c:ec:ef";
const CISCO: &str = "70:7d:b9";

const BLADE: &str = "PowerEdge FC640";

pub(crate) static MODELS: [Model; 8] = [
    Model {
        vendor: "Dell Inc.",
        name: "PowerEdge R640",
        cpu: "Intel(R) Xeon(R) Gold 6230 CPU @ 2.10GHz",
        mhz: 2095,
        sockets: 2,
        cores_per_socket: 20,
        evc: "intel-cascadelake",
        oui: DELL,
        nic_driver: "i40en",
        bios: "2.21.2",
        product: "",
    },
    Model {
        vendor: "Dell Inc.",
        name: "PowerEdge R650",
        cpu: "Intel(R) Xeon(R) Gold 6338 CPU @ 2.00GHz",
        mhz: 1995,
        sockets: 2,
        cores_per_socket: 32,
        evc: "intel-icelake",
        oui: DELL,
        nic_driver: "bnxtnet",
        bios: "1.14.1",
        product: "",
    },
    Model {
        vendor: "Dell Inc.",
        name: "PowerEdge R760",
        cpu: "Intel(R) Xeon(R) Gold 6430",
        mhz: 2095,
        sockets: 2,
        cores_per_socket: 32,
        evc: "intel-sapphirerapids",
        oui: DELL,
        nic_driver: "bnxtnet",
        bios: "2.3.5",
        product: "",
    },
    Model {
        vendor: "Dell Inc.",
        name: "PowerEdge R7525",
        cpu: "AMD EPYC 7543 32-Core Processor",
        mhz: 2794,
        sockets: 2,
        cores_per_socket: 32,
        evc: "amd-zen3",
        oui: DELL,
        nic_driver: "nmlx5_core",
        bios: "2.14.1",
        product: "",
    },
    Model {
        vendor: "HPE",
        name: "ProLiant DL380 Gen10",
        cpu: "Intel(R) Xeon(R) Gold 6248 CPU @ 2.50GHz",
        mhz: 2494,
        sockets: 2,
        cores_per_socket: 20,
        evc: "intel-cascadelake",
        oui: HPE,
        nic_driver: "i40en",
        bios: "U30",
        product: "868703",
    },
    Model {
        vendor: "HPE",
        name: "ProLiant DL380 Gen11",
        cpu: "Intel(R) Xeon(R) Gold 6442Y",
        mhz: 2594,
        sockets: 2,
        cores_per_socket: 24,
        evc: "intel-sapphirerapids",
        oui: HPE,
        nic_driver: "bnxtnet",
        bios: "U54",
        product: "P52534",
    },
    Model {
        vendor: "Lenovo",
        name: "ThinkSystem SR650",
        cpu: "Intel(R) Xeon(R) Gold 6226R CPU @ 2.90GHz",
        mhz: 2893,
        sockets: 2,
        cores_per_socket: 16,
        evc: "intel-cascadelake",
        oui: LENOVO,
        nic_driver: "i40en",
        bios: "IVE182E",
        product: "7X06CTO1WW",
    },
    Model {
        vendor: "Lenovo",
        name: "ThinkSystem SR650 V2",
        cpu: "Intel(R) Xeon(R) Gold 5318Y CPU @ 2.10GHz",
        mhz: 2095,
        sockets: 2,
        cores_per_socket: 24,
        evc: "intel-icelake",
        oui: LENOVO,
        nic_driver: "nmlx5_core",
        bios: "AFE126G",
        product: "7Z73CTO1WW",
    },
];

/// What others are mixed with where hardware is odd: servers of the same processors that are sold less often.
pub(crate) static ODD_MODELS: [Model; 8] = [
    Model {
        vendor: "Supermicro",
        name: "SYS-1029U-TR4",
        oui: SUPERMICRO,
        product: "",
        bios: "3.8",
        ..MODELS[6]
    },
    Model { name: BLADE, bios: "2.21.2", ..MODELS[0] },
    Model {
        vendor: "Cisco Systems Inc",
        name: "UCSC-C220-M6S",
        oui: CISCO,
        bios: "C220M6.4.3.2a.0",
        ..MODELS[1]
    },
    Model { vendor: "Supermicro", name: "SYS-221H-TNR", oui: SUPERMICRO, bios: "1.4", ..MODELS[2] },
    Model {
        vendor: "Cisco Systems Inc",
        name: "UCSC-C240-M5SX",
        oui: CISCO,
        product: "",
        bios: "C240M5.4.2.3d.0",
        ..MODELS[4]
    },
    Model {
        vendor: "Supermicro",
        name: "SYS-621C-TN12R",
        oui: SUPERMICRO,
        product: "",
        bios: "1.3",
        ..MODELS[5]
    },
    Model { vendor: "Supermicro", name: "AS -2124US-TNRP", oui: SUPERMICRO, bios: "2.5", ..MODELS[3] },
    Model {
        vendor: "Cisco Systems Inc",
        name: "UCSC-C240-M6SX",
        oui: CISCO,
        product: "",
        bios: "C240M6.4.3.2a.0",
        ..MODELS[7]
    },
];

/// Memory that servers come with, in GiB.
pub(crate) const MEMORY_GB: [u32; 9] = [128, 256, 384, 512, 768, 1024, 1536, 2048, 4096];

/// A release of ESXi.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Release {
    pub(crate) version: &'static str,
    pub(crate) build: &'static str,
    /// The newest hardware version of VMs that it runs.
    pub(crate) hardware: u8,
}

/// Oldest first.
pub(crate) static RELEASES: [Release; 6] = [
    Release { version: "7.0.3", build: "21930508", hardware: 19 },
    Release { version: "7.0.3", build: "23794027", hardware: 19 },
    Release { version: "8.0.1", build: "22088125", hardware: 20 },
    Release { version: "8.0.2", build: "23305546", hardware: 21 },
    Release { version: "8.0.3", build: "24022510", hardware: 21 },
    Release { version: "8.0.3", build: "24280767", hardware: 21 },
];
