//! What is known of hosts and servers, and what of it identifies a machine.
//! Refuses to guess: a field that is empty or a placeholder says nothing, and one that is too long neither.

use super::junk;
use super::mac::Mac;
use super::uuid as uuids;
use std::collections::BTreeSet;
use uuid::Uuid;

/// A machine has no more NICs than this that would prove anything more.
const NICS: usize = 64;

/// Nor more serial numbers, names or addresses.
const FEW: usize = 8;

/// What an ESXi host says of its machine. Everything as it was read; what isn't known is empty.
#[derive(Clone, Debug, Default)]
pub(crate) struct HostFacts<H> {
    /// Which host: nobody else in one call has this key.
    pub(crate) key: H,
    /// The entry of the same host that was added in another way, if the caller knows. Equal UUID, serial number and
    /// NICs make two entries one machine without it.
    pub(crate) same_as: Option<H>,
    /// Source: `hardware.systemInfo.vendor`.
    pub(crate) vendor: String,
    /// Its name in vCenter and its own ones.
    pub(crate) names: Vec<String>,
    /// Source: `hardware.systemInfo.uuid`.
    pub(crate) uuid: String,
    /// Source: `hardware.systemInfo.serialNumber`.
    pub(crate) serial_number: String,
    /// Source: `ServiceTag` and `SerialNumberTag` of `otherIdentifyingInfo`; may be the enclosure's.
    pub(crate) service_tags: Vec<String>,
    /// Source: `EnclosureSerialNumberTag`; a rack server's own serial number stands there as well.
    pub(crate) enclosure_serial: String,
    /// Source: `AssetTag`.
    pub(crate) asset_tag: String,
    /// Source: `config.network.pnic`, without `vusb0`.
    pub(crate) nic_macs: Vec<String>,
    /// Source: `config.ipmi.bmcMacAddress`.
    pub(crate) bmc_mac: String,
    /// Source: `config.ipmi.bmcIpAddress`.
    pub(crate) bmc_address: String,
}

/// What a BMC says of a server. Everything as it was read; what isn't known is empty.
#[derive(Clone, Debug, Default)]
pub(crate) struct ServerFacts<S> {
    /// Which server: a BMC with several systems has several of them.
    pub(crate) key: S,
    /// Of the system; where that is blank, what the BMC's root says.
    pub(crate) vendor: String,
    /// `Systems/*` `SerialNumber`.
    pub(crate) serial_number: String,
    /// The service tag, where the vendor has one.
    pub(crate) service_tag: String,
    /// `SKU`: Dell's service tag, and a number of the product everywhere else.
    pub(crate) sku: String,
    /// `Chassis/*` `SerialNumber`.
    pub(crate) enclosure_serial: String,
    /// `Systems/*` `AssetTag`.
    pub(crate) asset_tag: String,
    /// `Systems/*` `UUID`; never the root's or the BMC's.
    pub(crate) uuid: String,
    /// `Systems/*` `HostName`.
    pub(crate) host_name: String,
    /// NICs of the system, from wherever the BMC lists them.
    pub(crate) nic_macs: Vec<String>,
    /// NIC addresses that a profile gave: they prove nothing even if they look as if they were a card's own.
    pub(crate) profile_macs: Vec<String>,
    /// The BMC's own MAC addresses.
    pub(crate) bmc_macs: Vec<String>,
    /// Where the BMC is reached, and where it says that it is.
    pub(crate) bmc_addresses: Vec<String>,
    /// Whether UUID and serial number are a server profile's (UCS, OneView).
    pub(crate) is_profile: bool,
}

/// What of a host or a server identifies it: the same for both sides.
#[derive(Clone, Debug, Default)]
pub(super) struct Identities {
    pub(super) uuid: Option<Uuid>,
    /// Its own ones first of all, but a host's tags may be the enclosure's.
    pub(super) serials: BTreeSet<String>,
    /// Those of them that are certainly not the enclosure's.
    pub(super) own_serials: BTreeSet<String>,
    pub(super) enclosure: Option<String>,
    /// Whether a serial number that is another one shows that it is another machine.
    pub(super) serial_speaks: bool,
    /// Every NIC, for telling whether two entries are one host.
    pub(super) all_nics: BTreeSet<Mac>,
    /// Those that are the cards' own.
    pub(super) nics: BTreeSet<Mac>,
    pub(super) bmc_macs: BTreeSet<Mac>,
    pub(super) addresses: BTreeSet<String>,
    pub(super) asset_tag: Option<String>,
    pub(super) names: BTreeSet<String>,
    pub(super) vendor: Option<String>,
    pub(super) is_profile: bool,
}

impl<H> HostFacts<H> {
    /// What of it identifies the host.
    pub(super) fn identities(&self) -> Identities {
        let uuid = uuids::read(&self.uuid);
        let own_serials = few([&self.serial_number], junk::serial);
        let mut serials = few(&self.service_tags, junk::serial);
        serials.extend(own_serials.iter().cloned());
        let all_nics = macs(&self.nic_macs);
        Identities {
            uuid,
            serials,
            own_serials,
            enclosure: junk::serial(&self.enclosure_serial),
            serial_speaks: true,
            nics: burned_in(&all_nics, &BTreeSet::new()),
            is_profile: all_nics.iter().any(|mac| mac.is_of_a_pool()),
            all_nics,
            bmc_macs: macs([&self.bmc_mac]),
            addresses: few([&self.bmc_address], junk::address),
            asset_tag: junk::serial(&self.asset_tag),
            names: few(&self.names, junk::name),
            vendor: vendor(&self.vendor, uuid),
        }
    }
}

impl<S> ServerFacts<S> {
    /// What of it identifies the server.
    pub(super) fn identities(&self) -> Identities {
        let uuid = uuids::read(&self.uuid);
        let vendor = vendor(&self.vendor, uuid);
        let is_dell = vendor.as_deref() == Some("dell");
        let mut tags = few([&self.service_tag], junk::serial);
        if is_dell {
            tags.extend(junk::serial(&self.sku));
        }
        // What Dell calls the serial number is the board's, and no ESXi host shows that.
        let serial_speaks = !is_dell || !tags.is_empty();
        let mut serials = few([&self.serial_number], junk::serial);
        serials.append(&mut tags);
        let all_nics = macs(&self.nic_macs);
        Identities {
            uuid,
            own_serials: serials.clone(),
            serials,
            enclosure: junk::serial(&self.enclosure_serial),
            serial_speaks,
            nics: burned_in(&all_nics, &macs(&self.profile_macs)),
            is_profile: self.is_profile || all_nics.iter().any(|mac| mac.is_of_a_pool()),
            all_nics,
            bmc_macs: macs(&self.bmc_macs),
            addresses: few(&self.bmc_addresses, junk::address),
            asset_tag: junk::serial(&self.asset_tag),
            names: few([&self.host_name], junk::name),
            vendor,
        }
    }
}

impl Identities {
    /// Takes in what another entry of the same machine says.
    pub(super) fn join(&mut self, other: Identities) {
        self.uuid = self.uuid.or(other.uuid);
        self.serials.extend(other.serials);
        self.own_serials.extend(other.own_serials);
        self.enclosure = self.enclosure.take().or(other.enclosure);
        self.serial_speaks &= other.serial_speaks;
        self.all_nics.extend(other.all_nics);
        self.nics.extend(other.nics);
        self.bmc_macs.extend(other.bmc_macs);
        self.addresses.extend(other.addresses);
        self.asset_tag = self.asset_tag.take().or(other.asset_tag);
        self.names.extend(other.names);
        self.vendor = self.vendor.take().or(other.vendor);
        self.is_profile |= other.is_profile;
    }
}

/// A blank vendor is Dell where the UUID begins so.
fn vendor(text: &str, uuid: Option<Uuid>) -> Option<String> {
    junk::vendor(text).or_else(|| uuid.filter(|uuid| uuids::is_dells(*uuid)).map(|_| "dell".to_owned()))
}

fn burned_in(nics: &BTreeSet<Mac>, of_the_profile: &BTreeSet<Mac>) -> BTreeSet<Mac> {
    nics.iter().filter(|mac| mac.is_burned_in() && !of_the_profile.contains(mac)).copied().collect()
}

/// Sorted before they are cut, so that the order in which they were read changes nothing.
fn macs<'a>(texts: impl IntoIterator<Item = &'a String>) -> BTreeSet<Mac> {
    let all: BTreeSet<Mac> = texts.into_iter().filter_map(|text| Mac::read(text)).collect();
    all.into_iter().take(NICS).collect()
}

fn few<'a>(
    texts: impl IntoIterator<Item = &'a String>,
    read: fn(&str) -> Option<String>,
) -> BTreeSet<String> {
    let all: BTreeSet<String> = texts.into_iter().filter_map(|text| read(text)).collect();
    all.into_iter().take(FEW).collect()
}
