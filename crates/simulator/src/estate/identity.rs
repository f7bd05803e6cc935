//! What servers are told from each other by: serial numbers, UUIDs, MAC addresses, and the BMC that each has.
//! Refuses two servers the same of any of these, unless odd hardware was asked for, which has what real estates have.

use std::net::Ipv4Addr;

use uuid::Uuid;

use super::Estate;
use super::hardware::Model;
use super::random::{self, Random};
use super::things::Host;
use crate::options::Hardware;

/// The address of the first host's BMC.
pub(crate) const FIRST_BMC: Ipv4Addr = Ipv4Addr::new(127, 0, 64, 1);

/// What boards say whose maker left everything blank.
pub(crate) const JUNK_SERIAL: &str = "To be filled by O.E.M.";

/// The UUID of such boards.
pub(crate) const JUNK_UUID: &str = "03000200-0400-0500-0006-000700080009";

/// Who a server is. Everything follows from its number, its model and the seed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Identity {
    seed: u64,
    ordinal: u32,
    /// Another one for each server, also for those that no vCenter knows.
    number: u64,
    pub(crate) model: &'static Model,
    hardware: Hardware,
}

impl Identity {
    pub(crate) fn of(estate: &Estate, host: &Host) -> Identity {
        let number = u64::from(host.id.number());
        Identity {
            seed: estate.seed,
            ordinal: host.ordinal,
            number,
            model: host.model,
            hardware: estate.hardware,
        }
    }

    /// A server of that estate that runs no ESXi: the first one has the number 0.
    pub(crate) fn dark(estate: &Estate, number: u32, model: &'static Model) -> Identity {
        Identity {
            seed: estate.seed,
            ordinal: estate.hosts.len() as u32 + number,
            number: 1 << 32 | u64::from(number),
            model,
            hardware: Hardware::Clean,
        }
    }

    /// Whether its board was left blank by its maker.
    fn is_blank(self) -> bool {
        self.hardware == Hardware::Odd && self.model.is_supermicro() && self.ordinal.is_multiple_of(4)
    }

    /// What is on its own label: Dell's service tag, the serial number of the others.
    pub(crate) fn serial(self) -> String {
        if self.is_blank() {
            return JUNK_SERIAL.into();
        }
        self.label()
    }

    /// Unique by its ordinal, whatever else is random about it.
    fn label(self) -> String {
        let mut random = Random::new(self.seed, 6 << 40 | self.number);
        let mut letter = |from: u32| char::from(LETTERS[(from + random.below(30 - from)) as usize]);
        let tail = tail(self.ordinal);
        if self.model.is_dell() {
            format!("{}{}{}{tail}", letter(10), letter(0), letter(0)) + "3"
        } else if self.model.is_hpe() {
            format!("CZ2{}{}{}{}{tail}", letter(0), letter(0), letter(10), letter(10))
        } else if self.model.is_supermicro() {
            format!("S{:06}X{:07}", 300_000 + random.below(600_000), 2_800_000 + self.ordinal)
        } else if self.model.is_cisco() {
            format!("FCH22{:02}{}{tail}", 10 + random.below(40), letter_after(random.below(20)))
        } else {
            format!("J30{}{}{tail}", letter(0), letter(10))
        }
    }

    /// What ESXi says that it is: on a blade, what the enclosure is.
    pub(crate) fn shown_serial(self) -> String {
        self.enclosure().unwrap_or_else(|| self.serial())
    }

    /// The service tag of the enclosure that it is in, with three others.
    pub(crate) fn enclosure(self) -> Option<String> {
        let mut random = Random::new(self.seed, 37 << 40 | u64::from(self.ordinal / 4));
        let mut letter = |from: u32| char::from(LETTERS[(from + random.below(30 - from)) as usize]);
        let tag = format!("{}{}{}{}2", letter(10), letter(0), letter(0), tail(self.ordinal / 4));
        self.model.is_blade().then_some(tag)
    }

    /// The serial number of the board.
    pub(crate) fn board(self) -> String {
        let number = random::mix(self.seed, 38 << 40 | self.number) % 1_000_000;
        if self.model.is_dell() {
            format!("CNFCP00{number:06}{}", tail(self.ordinal))
        } else if self.model.is_supermicro() {
            format!("OM{number:06}{:04}", self.ordinal)
        } else {
            format!("P{number:06}{}", tail(self.ordinal))
        }
    }

    /// In the order of SMBIOS, as ESXi shows it.
    pub(crate) fn uuid(self) -> String {
        if self.is_blank() {
            return JUNK_UUID.into();
        }
        let random = random::uuid(self.seed, 5 << 40 | self.number);
        if self.model.is_dell() {
            dell_uuid(&self.label())
        } else if self.model.is_hpe() {
            hpe_uuid(self.model.product, &self.label())
        } else if self.model.is_supermicro() {
            format!("{}-11ec-8000-{}", &random[..13], self.mac(0).replace(':', ""))
        } else {
            random
        }
    }

    /// The MAC address of one of its eight cards.
    pub(crate) fn mac(self, card: u32) -> String {
        let number = self.ordinal * 8 + card + 0x10_0000;
        let oui = self.model.oui;
        format!("{oui}:{:02x}:{:02x}:{:02x}", number >> 16 & 0xff, number >> 8 & 0xff, number & 0xff)
    }

    /// The last one is its BMC's.
    pub(crate) fn bmc_mac(self) -> String {
        self.mac(7)
    }

    /// Where its BMC is, if the first one is there.
    pub(crate) fn bmc_address(self, first: Ipv4Addr) -> Ipv4Addr {
        bmc_address(first, self.ordinal)
    }

    /// Whether vCenter was told of its BMC: it is for hosts that it is to wake.
    pub(crate) fn is_bmc_known(self) -> bool {
        self.ordinal % 4 == 1
    }

    pub(crate) fn ordinal(self) -> u32 {
        self.ordinal
    }
}

/// The address of a number: 250 in each network of 256.
pub(crate) fn bmc_address(first: Ipv4Addr, number: u32) -> Ipv4Addr {
    Ipv4Addr::from(u32::from(first).wrapping_add(number / 250 * 256 + number % 250))
}

const LETTERS: &[u8; 30] = b"0123456789BCDFGHJKLMNPQRSTVWXZ";

fn letter_after(number: u32) -> char {
    char::from(LETTERS[10 + number as usize])
}

/// Three letters that stand for a number.
fn tail(number: u32) -> String {
    (0..3).map(|place| char::from(LETTERS[(number / 30_u32.pow(2 - place) % 30) as usize])).collect()
}

/// "DELL" and the service tag, as Dell packs it.
fn dell_uuid(tag: &str) -> String {
    let tag = tag.as_bytes();
    let at = |place: usize| tag.get(place).copied().unwrap_or(b'0');
    format!(
        "4c4c4544-00{:02x}-{:02x}10-80{:02x}-{:02x}c04f{:02x}{:02x}{:02x}",
        at(1),
        at(2),
        at(3),
        at(0) | 0x80,
        at(4),
        at(5),
        at(6)
    )
}

/// The letters of the product number's six and the serial number's ten.
fn hpe_uuid(product: &str, serial: &str) -> String {
    let mut bytes = [b' '; 16];
    for (byte, letter) in bytes.iter_mut().zip(product.bytes().take(6).chain(serial.bytes())) {
        *byte = letter;
    }
    Uuid::from_bytes_le(bytes).hyphenated().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uuids_are_made_of_serial_numbers_as_recorded() {
        // Recorded of an R750, an R640 and a DL360 Gen10 Plus.
        assert_eq!(dell_uuid("SMEA0J9"), "4c4c4544-004d-4510-8041-d3c04f304a39");
        assert_eq!(dell_uuid("AVUY4L3"), "4c4c4544-0056-5510-8059-c1c04f344c33");
        assert_eq!(hpe_uuid("P28948", "MXQ1780YTN"), "39383250-3834-584d-5131-37383059544e");
    }

    #[test]
    fn every_host_and_every_dark_server_has_an_address_of_its_own() {
        let all: std::collections::BTreeSet<Ipv4Addr> =
            (0..4000).map(|at| bmc_address(FIRST_BMC, at)).collect();
        assert_eq!(all.len(), 4000);
        assert!(all.iter().all(|address| !matches!(address.octets()[3], 0 | 255)));
    }
}
