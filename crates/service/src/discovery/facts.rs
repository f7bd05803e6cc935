//! What BMCs told, as it is stored: what the root says, and each system behind it.
//! Refuses to judge: `matching` and `listing` do.

use contract::discovery::Vendor;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// What a BMC says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Root {
    /// Whose it is, as `redfish` has it.
    pub(super) vendor: Option<String>,
    pub(super) product: Option<String>,
    pub(super) service_tag: Option<String>,
    pub(super) serial_number: Option<String>,
    pub(super) host_name: Option<String>,
    pub(super) bmc_model: Option<String>,
    pub(super) bmc_firmware: Option<String>,
    pub(super) bmc_macs: Vec<String>,
    pub(super) bmc_addresses: Vec<String>,
    /// Whether there was a service root, and not just a server that answers nobody.
    pub(super) is_told: bool,
}

/// A system.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct System {
    /// Which of the BMC's; "" for the only one.
    pub(super) key: String,
    /// Where it stands at the BMC; "" of one that was read before that was kept.
    pub(super) path: String,
    pub(super) manufacturer: Option<String>,
    pub(super) model: Option<String>,
    pub(super) serial_number: Option<String>,
    pub(super) service_tag: Option<String>,
    pub(super) sku: Option<String>,
    pub(super) uuid: Option<String>,
    pub(super) host_name: Option<String>,
    pub(super) power_state: Option<String>,
    pub(super) health: Option<String>,
    pub(super) bios_version: Option<String>,
    pub(super) macs: Vec<String>,
    pub(super) chassis_serial: Option<String>,
    pub(super) enclosure_serial: Option<String>,
    pub(super) is_profile: bool,
}

impl Root {
    pub(super) fn of(known: &redfish::Known) -> Root {
        Root {
            vendor: known.vendor.map(|vendor| vendor.key().to_owned()),
            product: known.product.clone(),
            service_tag: known.service_tag.clone(),
            serial_number: known.serial_number.clone(),
            host_name: known.host_name.clone(),
            bmc_model: known.bmc_model.clone(),
            bmc_firmware: known.firmware.clone(),
            bmc_macs: known.bmc_mac.iter().cloned().collect(),
            bmc_addresses: Vec::new(),
            is_told: known.status == 200,
        }
    }

    /// The same with what the BMC told after a login.
    pub(super) fn with(mut self, bmc: &redfish::Bmc) -> Root {
        self.bmc_model = bmc.model.clone().or(self.bmc_model);
        self.bmc_firmware = bmc.firmware.clone().or(self.bmc_firmware);
        if !bmc.macs.is_empty() {
            self.bmc_macs.clone_from(&bmc.macs);
        }
        self.bmc_addresses.clone_from(&bmc.addresses);
        self
    }

    /// The same, with what was known `before` of what could not be read this time.
    pub(super) fn or(self, before: Root) -> Root {
        Root {
            bmc_model: self.bmc_model.or(before.bmc_model),
            bmc_firmware: self.bmc_firmware.or(before.bmc_firmware),
            bmc_macs: if before.bmc_macs.len() > self.bmc_macs.len() {
                before.bmc_macs
            } else {
                self.bmc_macs
            },
            bmc_addresses: if self.bmc_addresses.is_empty() {
                before.bmc_addresses
            } else {
                self.bmc_addresses
            },
            ..self
        }
    }

    /// Whose it is, as far as profiles tell vendors apart.
    pub(super) fn profile_vendor(&self) -> Vendor {
        self.vendor.as_deref().and_then(Vendor::from_name).unwrap_or(Vendor::Other)
    }

    /// What its maker is called.
    pub(super) fn maker(&self) -> Option<String> {
        let vendor = self.vendor.as_deref()?;
        let known = Vendor::from_name(vendor).map(|vendor| vendor.words().to_owned());
        Some(known.unwrap_or_else(|| contract::words::capital(vendor)))
    }
}

/// The servers behind a BMC; boards with GPUs are none. What could not be read this time is as it was `before`, and one that was
/// known keeps its key: what people said of it hangs on that.
pub(super) fn systems(reading: &redfish::Reading, before: Vec<System>) -> Vec<System> {
    let hosts: Vec<&redfish::System> = reading.systems.iter().filter(|system| system.is_host).collect();
    let is_gap = |path: &str| reading.gaps.iter().any(|gap| gap.path == path);
    let (is_one, has_gaps) = (hosts.len() == 1 && before.len() <= 1, !reading.gaps.is_empty());
    let fresh = |system: &redfish::System| match &system.id {
        _ if is_one => String::new(),
        Some(id) if hosts.iter().filter(|other| other.id.as_ref() == Some(id)).count() == 1 => id.clone(),
        _ => system.path.clone(),
    };
    let was = |system: &redfish::System| before.iter().find(|known| known.is(system));
    let is_unread = |known: &System| reading.systems.is_empty() || is_gap(&known.path);
    let kept: Vec<System> = before.iter().filter(|known| is_unread(known)).cloned().collect();
    let mut keys: BTreeSet<String> = kept.iter().map(|known| known.key.clone()).collect();
    let mut found: Vec<System> = Vec::new();
    for system in &hosts {
        let was = was(system).filter(|known| !keys.contains(&known.key));
        let key = was.map_or_else(|| fresh(system), |known| known.key.clone());
        let key = if keys.contains(&key) { system.path.clone() } else { key };
        keys.insert(key.clone());
        let mut now = of(system, key);
        if let Some(was) = was.filter(|_| has_gaps) {
            if now.macs.is_empty() {
                now.macs.clone_from(&was.macs);
            }
            now.enclosure_serial = now.enclosure_serial.or_else(|| was.enclosure_serial.clone());
        }
        found.push(now);
    }
    found.extend(kept);
    found
}

impl System {
    /// Whether a system is the one that was known: what stands at its path, or shows its identity, where the path was not kept.
    fn is(&self, system: &redfish::System) -> bool {
        match self.path.is_empty() {
            false => self.path == system.path,
            true => {
                let same = |own: &Option<String>, other: &Option<String>| own.is_some() && own == other;
                same(&self.uuid, &system.uuid) || same(&self.serial_number, &system.serial_number)
            }
        }
    }
}

fn of(system: &redfish::System, key: String) -> System {
    System {
        path: system.path.clone(),
        key,
        manufacturer: system.manufacturer.clone(),
        model: system.model.clone(),
        serial_number: system.serial_number.clone(),
        service_tag: system.service_tag.clone(),
        sku: system.sku.clone(),
        uuid: system.uuid.clone(),
        host_name: system.host_name.clone(),
        power_state: system.power_state.clone(),
        health: system.health.clone(),
        bios_version: system.bios_version.clone(),
        macs: system.macs.clone(),
        chassis_serial: system.chassis_serial.clone(),
        enclosure_serial: system.enclosure_serial.clone(),
        is_profile: system.is_profile,
    }
}
