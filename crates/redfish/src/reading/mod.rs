//! What is read of a BMC after a login: the servers behind it, and the BMC itself.
//! Refuses to fail as a whole for a part that can't be read: what is missing is told as a gap.

mod manager;
mod nics;
mod system;
mod walk;

pub(crate) use walk::Walk;

use crate::known::Known;

/// What a visit read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    /// The service root.
    pub root: Known,
    /// The servers: usually one, two or more behind some BMCs, none behind a chassis manager.
    pub systems: Vec<System>,
    /// The BMC itself.
    pub bmc: Bmc,
    /// What could not be read. Fields that would have come from there are none, though the server may have them.
    pub gaps: Vec<Gap>,
    /// Requests that it took, with those of the login.
    pub requests: u32,
}

/// A part that could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    /// Its path at the BMC.
    pub path: String,
    /// Why, in words.
    pub why: String,
}

/// A server. What wasn't told, and what is junk, is none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct System {
    /// Its path at the BMC.
    pub path: String,
    /// Its name at the BMC, like `System.Embedded.1`. Source: Id.
    pub id: Option<String>,
    /// Source: Manufacturer.
    pub manufacturer: Option<String>,
    /// Source: Model.
    pub model: Option<String>,
    /// As told: a Dell's is its board's, and the service tag is what ESXi shows. Source: SerialNumber.
    pub serial_number: Option<String>,
    /// A Dell's. Source: SKU, or Oem.Dell.DellSystem.NodeID.
    pub service_tag: Option<String>,
    /// The maker's product number, a Lenovo's machine type. Source: SKU; none on a Dell.
    pub sku: Option<String>,
    /// In lower case, in the order in which it is told. Source: UUID.
    pub uuid: Option<String>,
    /// Of the operating system; none where it is the BMC's own. Source: HostName.
    pub host_name: Option<String>,
    /// `On`, `Off`, `PoweringOn`, … Source: PowerState.
    pub power_state: Option<String>,
    /// `OK`, `Warning`, `Critical`, of all of it where that is told. Source: Status.HealthRollup, Status.Health.
    pub health: Option<String>,
    /// Source: BiosVersion.
    pub bios_version: Option<String>,
    /// The host's NICs, each once, `aa:bb:cc:dd:ee:ff`, none of the BMC's. Source: EthernetInterfaces; where those have
    /// none, the network adapters of its chassis.
    pub macs: Vec<String>,
    /// Source: SerialNumber of its chassis.
    pub chassis_serial: Option<String>,
    /// The service tag or serial number of the enclosure that a blade is in: all blades in it have the same.
    pub enclosure_serial: Option<String>,
    /// Whether UUID, serial number and MACs are those of a profile that may move to another blade. Source: SystemType
    /// `Composed`, Oem.Hpe.VirtualProfile. What Cisco's UCS does isn't told.
    pub is_profile: bool,
    /// Whether it is a server that a hypervisor may run on, and not a board with GPUs or a DPU.
    pub is_host: bool,
}

/// The BMC itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bmc {
    /// Like `iLO 5`. Source: Manager.Model.
    pub model: Option<String>,
    /// The version alone, like `2.72`. Source: Manager.FirmwareVersion.
    pub firmware: Option<String>,
    /// The same as told, like `iLO 5 v2.72`.
    pub firmware_told: Option<String>,
    /// IPv4 and IPv6, in canonical form; none that leads nowhere from outside.
    pub addresses: Vec<String>,
    /// `aa:bb:cc:dd:ee:ff`, without links to the host.
    pub macs: Vec<String>,
    /// Source: HostName of its interfaces.
    pub host_name: Option<String>,
}
