//! Why a host and a server are thought to be one machine, or not: as data, and in words.
//! Refuses to weigh: what counts how much is `evidence.rs`.

/// What two machines can have in common and mean themselves by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Identity {
    /// The MAC address of the BMC.
    BmcMac,
    /// The system's UUID.
    Uuid,
    /// The serial number or service tag.
    Serial,
    /// The NICs' MAC addresses.
    NicMacs,
}

/// One reason. Those that speak for a match come first, then those that speak against it, then the circumstances.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Reason {
    /// A person said so.
    Confirmed,
    /// The BMC's MAC address is the one in the host's IPMI settings.
    BmcMac,
    /// The UUIDs are equal.
    Uuid,
    /// The UUIDs are equal once the first three fields of one are put in the other byte order.
    UuidSwapped,
    /// The serial numbers or service tags are equal.
    Serial,
    /// So many MAC addresses of NICs are equal.
    NicMacs(u16),
    /// The BMC's address is the one in the host's IPMI settings.
    BmcAddress,
    /// The asset tags are equal.
    AssetTag,
    /// The host's name is the one that the BMC shows.
    Name,
    /// Both are in one enclosure.
    Enclosure,
    /// Both know this, and it isn't the same.
    Differs(Identity),
    /// It is equal, but another machine has the same.
    Shared(Identity),
    /// UUID, serial number and addresses are a profile's and move with it.
    Profile,
    /// The serial numbers are equal, but nobody says that the vendor is the same.
    VendorUnproven,
    /// Something else points at another machine with a proof of its own.
    Rival,
    /// The other one is matched already.
    Taken,
    /// A person confirmed it with several.
    SeveralConfirmed,
    /// A person confirmed it, and the other one isn't known at present.
    Missing,
}

impl Reason {
    /// Whether it speaks against the match.
    pub(crate) fn is_against(self) -> bool {
        self >= Reason::Differs(Identity::BmcMac)
    }

    /// The reason as it is shown.
    pub(crate) fn words(self) -> String {
        let text = match self {
            Reason::Confirmed => "Confirmed by a person",
            Reason::BmcMac => "BMC MAC equals the host's IPMI settings",
            Reason::Uuid => "UUID is equal",
            Reason::UuidSwapped => "UUID is equal in swapped byte order",
            Reason::Serial => "Serial number is equal",
            Reason::NicMacs(1) => "1 NIC MAC is equal",
            Reason::NicMacs(count) => return format!("{count} NIC MACs are equal"),
            Reason::BmcAddress => "BMC address equals the host's IPMI settings",
            Reason::AssetTag => "Asset tag is equal",
            Reason::Name => "Host name is equal",
            Reason::Enclosure => "Both are in the same enclosure",
            Reason::Differs(Identity::BmcMac) => "BMC MAC differs from the host's IPMI settings",
            Reason::Differs(Identity::Uuid) => "UUID differs",
            Reason::Differs(Identity::Serial) => "Serial number differs",
            Reason::Differs(Identity::NicMacs) => "None of the NIC MACs is equal",
            Reason::Shared(Identity::BmcMac) => "Another machine has the same BMC MAC",
            Reason::Shared(Identity::Uuid) => "Another machine has the same UUID",
            Reason::Shared(Identity::Serial) => "Another machine has the same serial number",
            Reason::Shared(Identity::NicMacs) => "Another machine has the same NIC MACs",
            Reason::Profile => "UUID and serial number are a profile's and may move with it",
            Reason::VendorUnproven => "The vendor isn't known to be the same",
            Reason::Rival => "Other facts point at another machine",
            Reason::Taken => "Matched with another machine already",
            Reason::SeveralConfirmed => "Confirmed with several machines",
            Reason::Missing => "The confirmed machine isn't known at present",
        };
        text.to_owned()
    }
}
