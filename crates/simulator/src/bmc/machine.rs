//! A server as its BMC knows it: the identifiers by which it is to be told from others.
//! Refuses to write them: each vendor has its own form, in `made`.

/// Vendors whose BMCs can be made, and whose habits are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BmcVendor {
    /// iDRAC.
    Dell,
    /// iLO.
    Hpe,
    /// XClarity Controller.
    Lenovo,
    /// Supermicro's own.
    Supermicro,
    /// Cisco's CIMC.
    Cisco,
}

impl BmcVendor {
    /// All of them.
    pub const ALL: [BmcVendor; 5] =
        [BmcVendor::Dell, BmcVendor::Hpe, BmcVendor::Lenovo, BmcVendor::Supermicro, BmcVendor::Cisco];

    /// What folders of its recordings begin with.
    pub fn key(self) -> &'static str {
        match self {
            BmcVendor::Dell => "dell",
            BmcVendor::Hpe => "hpe",
            BmcVendor::Lenovo => "lenovo",
            BmcVendor::Supermicro => "supermicro",
            BmcVendor::Cisco => "cisco",
        }
    }
}

/// A server's identifiers and what it is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BmcMachine {
    /// Whose form its BMC answers in.
    pub vendor: BmcVendor,
    /// As the vendor calls it, like `PowerEdge R650`.
    pub model: String,
    /// What it is sold and serviced by: Dell's service tag, the serial number of the others.
    pub serial: String,
    /// HPE's product number, Lenovo's machine type, the SKU of the others; empty where there is none.
    pub product: String,
    /// The serial number of the board.
    pub board: String,
    /// The serial number of the enclosure; empty for one that is in none.
    pub enclosure: String,
    /// Lower case with hyphens, in the order in which the BMC shows it.
    pub uuid: String,
    /// MAC addresses of its cards, in lower case with colons.
    pub nics: Vec<String>,
    /// Whether these stand in the chassis' NetworkAdapters alone, and EthernetInterfaces has none of them, as on some XCC.
    pub in_adapters: bool,
    /// MAC address of the BMC, in lower case with colons.
    pub bmc_mac: String,
    /// Address of the BMC, as it shows it itself.
    pub bmc_address: String,
    /// Firmware of the BMC, as the vendor writes versions.
    pub firmware: String,
    /// Version of the BIOS.
    pub bios: String,
    /// Model of its processors.
    pub cpu: String,
    /// How many of them.
    pub sockets: u16,
    /// Memory in GiB.
    pub memory_gib: u32,
    /// Whether it is on.
    pub is_on: bool,
}

impl BmcMachine {
    /// What the BMC calls itself, which is made of the serial number as vendors do.
    pub fn bmc_name(&self) -> String {
        match self.vendor {
            BmcVendor::Dell => format!("idrac-{}", self.serial),
            BmcVendor::Hpe => format!("ILO{}", self.serial),
            BmcVendor::Lenovo => format!("XCC-{}-{}", self.product.get(..4).unwrap_or_default(), self.serial),
            BmcVendor::Supermicro => String::new(),
            BmcVendor::Cisco => format!("C-{}", self.serial),
        }
    }
}
