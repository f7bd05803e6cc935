//! A made-up estate with all that misleads in real ones, of which is known who is who.
//! Refuses to know the matching's rules: what can be told is what the makers of the hardware promise.

use crate::discovery::matching::{HostFacts, ServerFacts};
use fastrand::Rng;
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// What is wrong, or right, with a machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Story {
    Plain,
    SwappedUuid,
    ChangedUuid,
    JunkSerial,
    JunkUuid,
    JunkBoth,
    JunkAll,
    SerialOnly,
    IpmiOnly,
    OneNicOnly,
    NameOnly,
    OtherVendor,
    Blade,
    UuidClone,
    Clone,
    BareClone,
    Profile,
    MovedProfile,
    MovedCard,
    MistypedIpmi,
    InstallersSerial,
    BmcTwice,
    HostTwice,
    Dark,
    NoBmc,
}

/// How often each is told, of a thousand. `Dark` and `NoBmc` fill up what is left of either side as well.
const STORIES: [(Story, u32); 25] = [
    (Story::Plain, 360),
    (Story::SwappedUuid, 80),
    (Story::ChangedUuid, 20),
    (Story::JunkSerial, 60),
    (Story::JunkUuid, 40),
    (Story::JunkBoth, 30),
    (Story::JunkAll, 10),
    (Story::SerialOnly, 40),
    (Story::IpmiOnly, 20),
    (Story::OneNicOnly, 10),
    (Story::NameOnly, 10),
    (Story::OtherVendor, 20),
    (Story::Blade, 40),
    (Story::UuidClone, 25),
    (Story::Clone, 20),
    (Story::BareClone, 10),
    (Story::Profile, 40),
    (Story::MovedProfile, 25),
    (Story::MovedCard, 10),
    (Story::MistypedIpmi, 5),
    (Story::InstallersSerial, 10),
    (Story::BmcTwice, 10),
    (Story::HostTwice, 25),
    (Story::Dark, 40),
    (Story::NoBmc, 40),
];

type Host = HostFacts<u32>;
type Server = ServerFacts<u32>;

/// The estate and the truth of it.
#[derive(Debug, Default)]
pub(super) struct Estate {
    pub(super) hosts: Vec<Host>,
    pub(super) servers: Vec<Server>,
    /// The entries of the host that runs on a server; none for a dark one.
    pub(super) truth: BTreeMap<u32, BTreeSet<u32>>,
    /// Servers whose host can honestly be told from what is known.
    pub(super) tellable: BTreeSet<u32>,
    pub(super) stories: BTreeMap<u32, Story>,
}

/// Makes an estate of as many hosts and servers.
pub(super) fn estate(seed: u64, size: usize) -> Estate {
    let mut maker = Maker { rng: Rng::with_seed(seed), made: 0, estate: Estate::default() };
    while maker.estate.hosts.len() < size && maker.estate.servers.len() < size {
        let story = maker.story();
        maker.tell(story);
    }
    while maker.estate.hosts.len() < size {
        maker.tell(Story::NoBmc);
    }
    while maker.estate.servers.len() < size {
        maker.tell(Story::Dark);
    }
    let Maker { mut rng, mut estate, .. } = maker;
    rng.shuffle(&mut estate.hosts);
    rng.shuffle(&mut estate.servers);
    estate
}

struct Maker {
    rng: Rng,
    made: u32,
    estate: Estate,
}

impl Maker {
    fn story(&mut self) -> Story {
        let all: u32 = STORIES.iter().map(|(_, share)| share).sum();
        let mut at = self.rng.u32(..all);
        let told = STORIES.iter().find(|(_, share)| match at.checked_sub(*share) {
            Some(rest) => {
                at = rest;
                false
            }
            None => true,
        });
        told.unwrap().0
    }

    fn tell(&mut self, story: Story) {
        match story {
            Story::Blade => self.blades(),
            Story::UuidClone | Story::Clone | Story::BareClone => self.clones(story),
            Story::Profile => self.profile(),
            Story::MovedProfile => self.moved_profile(),
            Story::MovedCard => self.moved_card(),
            Story::MistypedIpmi => self.mistyped_ipmi(),
            Story::InstallersSerial => self.installers_serial(),
            Story::BmcTwice | Story::HostTwice => self.twice(story),
            Story::Dark => {
                let (_, server) = self.machine();
                self.server(story, server, None, false);
            }
            Story::NoBmc => {
                let (host, _) = self.machine();
                self.estate.hosts.push(host);
            }
            _ => self.rack_server(story),
        }
    }

    /// One machine with something wrong, on its own.
    fn rack_server(&mut self, story: Story) {
        // Only Dell's tag is where nobody else's is: another vendor's name over it would hide it.
        let (mut host, mut server) = match story {
            Story::OtherVendor => self.machine_of(|vendor| vendor != "Dell Inc."),
            _ => self.machine(),
        };
        let without_nics = self.rng.bool();
        match story {
            Story::SwappedUuid => {
                server.uuid =
                    Uuid::from_bytes(Uuid::parse_str(&server.uuid).unwrap().to_bytes_le()).to_string();
                server.nic_macs.truncate(if without_nics { 0 } else { 8 });
            }
            Story::ChangedUuid => {
                let (other, _) = self.machine();
                server.uuid = other.uuid;
                server.nic_macs.clone_from(&host.nic_macs);
            }
            Story::JunkSerial => self.junk_serial(&mut host, &mut server),
            Story::JunkUuid => self.junk_uuid(&mut host, &mut server),
            Story::JunkBoth | Story::JunkAll => {
                self.junk_serial(&mut host, &mut server);
                self.junk_uuid(&mut host, &mut server);
                server.nic_macs = if story == Story::JunkBoth { host.nic_macs.clone() } else { Vec::new() };
            }
            Story::SerialOnly => {
                host.uuid = String::new();
                server.nic_macs.clear();
            }
            Story::IpmiOnly | Story::OneNicOnly | Story::NameOnly => {
                let (bmc, nics, name) =
                    (server.bmc_macs[0].clone(), host.nic_macs.clone(), host.names[0].clone());
                host = Host { key: host.key, ..Host::default() };
                match story {
                    Story::IpmiOnly => host.bmc_mac = bmc,
                    Story::OneNicOnly => host.nic_macs = nics[..1].to_vec(),
                    _ => host.names = vec![name.clone()],
                }
                server.host_name = name;
                server.nic_macs = nics;
            }
            Story::OtherVendor => server.vendor = "Cray Inc.".to_owned(),
            _ => server.nic_macs.truncate(if without_nics { 0 } else { 8 }),
        }
        let is_tellable = !matches!(story, Story::JunkAll | Story::OneNicOnly | Story::NameOnly);
        self.pair(story, host, server, is_tellable);
    }

    /// Hosts show the enclosure's tag; some without a serial number of their own, some BMCs as well.
    fn blades(&mut self) {
        let enclosure = format!("ENCL{:06}", self.number());
        let (bad_firmware, silent) = (self.rng.u8(..5) == 0, self.rng.u8(..3) == 0);
        for _ in 0..self.rng.u8(1..=16) {
            let (mut host, mut server) = self.machine();
            host.service_tags.push(enclosure.clone());
            host.enclosure_serial.clone_from(&enclosure);
            let is_old = self.rng.bool();
            if is_old {
                host.service_tags = vec![enclosure.clone()];
                host.serial_number = String::new();
            }
            server.enclosure_serial = if silent { String::new() } else { enclosure.clone() };
            if bad_firmware {
                server.serial_number.clone_from(&enclosure);
            }
            server.nic_macs.clone_from(&host.nic_macs);
            match self.rng.u8(..10) {
                // A blade whose BMC wasn't found, and one that runs something else: with one enclosure in common.
                0 => self.estate.hosts.push(host),
                1 => self.server(Story::Blade, server, None, false),
                _ => self.pair(Story::Blade, host, server, true),
            }
        }
    }

    /// Boards that left the factory with the same numbers.
    fn clones(&mut self, story: Story) {
        let (first, first_server) = self.machine();
        for _ in 0..self.rng.u8(2..=4) {
            let (mut host, mut server) = self.machine_of(|vendor| vendor == first.vendor);
            host.uuid.clone_from(&first.uuid);
            server.uuid.clone_from(&first.uuid);
            if story != Story::UuidClone {
                host.serial_number.clone_from(&first.serial_number);
                host.service_tags.clone_from(&first.service_tags);
                server.serial_number.clone_from(&first_server.serial_number);
                server.sku.clone_from(&first_server.sku);
            }
            server.nic_macs = if story == Story::BareClone { Vec::new() } else { host.nic_macs.clone() };
            self.pair(story, host, server, story != Story::BareClone);
        }
    }

    /// A blade with a profile that stays where it is.
    fn profile(&mut self) {
        let (mut host, mut server) = self.machine();
        server.nic_macs.clone_from(&host.nic_macs);
        let how = self.rng.u8(..3);
        match how {
            0 => host.bmc_mac.clone_from(&server.bmc_macs[0]),
            1 => {}
            _ => server.profile_macs.clone_from(&host.nic_macs),
        }
        server.is_profile = true;
        self.pair(Story::Profile, host, server, how < 2);
    }

    /// A profile went from one blade to another with its host; of the first the BMC was read before that.
    fn moved_profile(&mut self) {
        let (mut host, mut from) = self.machine();
        let (_, mut to) = self.machine();
        let is_from_a_pool = self.rng.bool();
        if is_from_a_pool {
            let number = self.number();
            host.nic_macs = (0..4).map(|nic| mac(0x0025_b500_0000, number, nic)).collect();
        }
        from.nic_macs.clone_from(&host.nic_macs);
        from.profile_macs = if is_from_a_pool { Vec::new() } else { host.nic_macs.clone() };
        from.is_profile = !is_from_a_pool;
        to.is_profile = self.rng.bool();
        let was_read = self.rng.bool();
        if was_read {
            (to.uuid, to.serial_number, to.sku) =
                (from.uuid.clone(), from.serial_number.clone(), from.sku.clone());
            (to.nic_macs, to.profile_macs) = (from.nic_macs.clone(), from.profile_macs.clone());
            to.is_profile = from.is_profile;
        }
        let has_ipmi = self.rng.bool();
        if has_ipmi {
            host.bmc_mac.clone_from(&to.bmc_macs[0]);
        }
        self.server(Story::MovedProfile, from, None, false);
        // Where the new BMC shows other facts than the host, only a profile's flag explains it.
        let is_tellable = has_ipmi && (was_read || to.is_profile || is_from_a_pool);
        self.pair(Story::MovedProfile, host, to, is_tellable);
    }

    /// A card went from one server to another; the first BMC still lists it, the second may not know yet.
    fn moved_card(&mut self) {
        let ((mut from, mut from_bmc), (mut to, mut to_bmc)) = (self.machine(), self.machine());
        let number = self.number();
        let card: Vec<String> = (0..4).map(|port| mac(0xb83f_d200_0000, number, port)).collect();
        from_bmc.nic_macs = [from.nic_macs.clone(), card.clone()].concat();
        to_bmc.nic_macs.clone_from(&to.nic_macs);
        to.nic_macs.extend(card.clone());
        from.nic_macs.truncate(2);
        let is_known = self.rng.bool();
        if is_known {
            to_bmc.nic_macs.extend(card);
        }
        self.pair(Story::MovedCard, from, from_bmc, is_known);
        self.pair(Story::MovedCard, to, to_bmc, is_known);
    }

    /// In the settings of one host stands the BMC of another: which of all that is right, only a person knows.
    fn mistyped_ipmi(&mut self) {
        let ((mut one, one_bmc), (other, other_bmc)) = (self.machine(), self.machine());
        one.bmc_mac.clone_from(&other_bmc.bmc_macs[0]);
        self.pair(Story::MistypedIpmi, one, one_bmc, false);
        self.pair(Story::MistypedIpmi, other, other_bmc, false);
    }

    /// Somebody wrote the same number into all servers of a rack; the UUIDs are their own.
    fn installers_serial(&mut self) {
        let serial = format!("RACK{:05}", self.number());
        for _ in 0..self.rng.u8(2..=6) {
            let (mut host, mut server) = self.machine();
            host.serial_number.clone_from(&serial);
            host.service_tags.clear();
            server.serial_number.clone_from(&serial);
            server.sku = String::new();
            self.pair(Story::InstallersSerial, host, server, true);
        }
    }

    fn twice(&mut self, story: Story) {
        let (host, server) = self.machine();
        if story == Story::BmcTwice {
            let again = Server {
                key: self.number(),
                bmc_addresses: vec!["bmc.example.net".to_owned()],
                ..server.clone()
            };
            self.server(story, again, Some(host.key), false);
            self.pair(story, host, server, false);
        } else {
            let key = self.number();
            let again = Host { key, names: vec![format!("192.0.2.{}", key % 250)], ..host.clone() };
            self.estate.truth.entry(server.key).or_default().insert(key);
            self.estate.hosts.push(again);
            self.pair(story, host, server, true);
        }
    }

    /// The same of a vendor that is asked for.
    fn machine_of(&mut self, is_wanted: impl Fn(&str) -> bool) -> (Host, Server) {
        loop {
            let (host, server) = self.machine();
            if is_wanted(&host.vendor) {
                return (host, server);
            }
        }
    }

    /// What a host and the BMC of a sound server say.
    fn machine(&mut self) -> (Host, Server) {
        let number = self.number();
        let (vendor, of_bmc, oui) = *self
            .rng
            .choice(&[
                ("Dell Inc.", "Dell Inc.", 0xe443_4b00_0000),
                ("HPE", "Hewlett Packard Enterprise", 0x9440_c900_0000),
                ("LENOVO", "Lenovo", 0x083a_8800_0000),
                ("Supermicro", "Super Micro Computer, Inc.", 0xac1f_6b00_0000),
                ("Cisco Systems Inc", "Cisco Systems, Inc.", 0x5c83_8f00_0000_u64),
            ])
            .unwrap();
        let is_dell = vendor == "Dell Inc.";
        let serial = format!("{}{number:06}", if is_dell { "D" } else { "SGH1" });
        let uuid = if is_dell { dells_uuid(&serial) } else { Uuid::from_u128(self.rng.u128(..)) };
        let nics: Vec<String> = (0..self.rng.u64(2..=8)).map(|nic| mac(oui, number, nic)).collect();
        let listed = self.rng.usize(0..=nics.len());
        let host = Host {
            key: self.number(),
            vendor: vendor.to_owned(),
            names: vec![format!("esx-{number}.example.net")],
            uuid: uuid.to_string(),
            serial_number: serial.clone(),
            service_tags: vec![serial.clone()],
            enclosure_serial: serial.clone(),
            nic_macs: nics.clone(),
            ..Host::default()
        };
        let server = Server {
            key: self.number(),
            vendor: of_bmc.to_owned(),
            serial_number: if is_dell { format!("CN{number:010}") } else { serial.clone() },
            sku: if is_dell { serial } else { "P28948-B21".to_owned() },
            uuid: uuid.to_string().to_uppercase(),
            nic_macs: nics[..listed].iter().map(|mac| mac.to_uppercase()).collect(),
            bmc_macs: vec![mac(oui, number, 15)],
            bmc_addresses: vec![format!("10.{}.{}.{}", number >> 16 & 255, number >> 8 & 255, number & 255)],
            ..Server::default()
        };
        (host, server)
    }

    fn junk_serial(&mut self, host: &mut Host, server: &mut Server) {
        let junk = *self
            .rng
            .choice(&["To be filled by O.E.M.", "Default string", "0123456789", "          "])
            .unwrap();
        host.serial_number = junk.to_owned();
        host.service_tags = vec!["Not Specified".to_owned(), junk.to_owned()];
        host.enclosure_serial = junk.to_owned();
        host.asset_tag = "Default string".to_owned();
        (server.serial_number, server.sku) = (junk.to_owned(), "To be filled by O.E.M.".to_owned());
        server.asset_tag = "Default string".to_owned();
    }

    fn junk_uuid(&mut self, host: &mut Host, server: &mut Server) {
        let junk = ["03000200-0400-0500-0006-000700080009", "ffffffff-ffff-ffff-ffff-ffffffffffff"];
        host.uuid = (*self.rng.choice(&junk).unwrap()).to_owned();
        server.uuid.clone_from(&host.uuid);
    }

    fn pair(&mut self, story: Story, host: Host, server: Server, is_tellable: bool) {
        self.server(story, server, Some(host.key), is_tellable);
        self.estate.hosts.push(host);
    }

    fn server(&mut self, story: Story, server: Server, host: Option<u32>, is_tellable: bool) {
        self.estate.truth.entry(server.key).or_default().extend(host);
        self.estate.tellable.extend(is_tellable.then_some(server.key));
        self.estate.stories.insert(server.key, story);
        self.estate.servers.push(server);
    }

    /// A number that nothing else has.
    fn number(&mut self) -> u32 {
        self.made += 1;
        self.made
    }
}

fn mac(oui: u64, number: u32, nic: u64) -> String {
    let bytes = (oui | u64::from(number) << 4 | nic).to_be_bytes();
    bytes[2..].iter().map(|byte| format!("{byte:02x}")).collect::<Vec<String>>().join(":")
}

/// With the service tag in it, as Dell makes them.
fn dells_uuid(tag: &str) -> Uuid {
    let tag = tag.as_bytes();
    let mut bytes = *b"LLED\0\0\0\x10\x80\0\x80\xc0O\0\0\0";
    (bytes[5], bytes[6], bytes[9], bytes[10]) = (tag[0], tag[1], tag[2], tag[3] | 0x80);
    bytes[13..].copy_from_slice(&tag[4..7]);
    Uuid::from_bytes(bytes)
}
