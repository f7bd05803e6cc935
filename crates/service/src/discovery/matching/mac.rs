//! MAC addresses, and which of them are a card's own.
//! Refuses addresses that software gave: those move with a profile, and several machines have the same.

/// Six bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Mac([u8; 6]);

/// The pools that UCS and Virtual Connect give addresses from: they look as if they were a card's own.
const POOLS: [&[u8]; 2] = [&[0x00, 0x25, 0xb5], &[0x00, 0x17, 0xa4, 0x77]];

/// The host's side of every iLO's USB link, and addresses of documentation.
const EVERYBODYS: [[u8; 6]; 4] = [
    [0x00, 0xca, 0xfe, 0xf0, 0x0d, 0x04],
    [0x00, 0x11, 0x22, 0x33, 0x44, 0x55],
    [0x00, 0x01, 0x02, 0x03, 0x04, 0x05],
    [0x12, 0x34, 0x56, 0x78, 0x9a, 0xbc],
];

impl Mac {
    /// Reads it with or without separators; None if it is nobody's.
    pub(super) fn read(text: &str) -> Option<Mac> {
        let digits: String = text.trim().chars().filter(|c| !matches!(c, ':' | '-' | '.')).collect();
        if digits.len() != 12 || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return None;
        }
        let bytes = u64::from_str_radix(&digits, 16).ok()?.to_be_bytes();
        let mac = [bytes[2], bytes[3], bytes[4], bytes[5], bytes[6], bytes[7]];
        let is_of_a_group = mac[0] & 1 == 1;
        let is_blank = mac[3..] == [0, 0, 0] || mac[3..] == [0xff, 0xff, 0xff];
        (!is_of_a_group && !is_blank && !EVERYBODYS.contains(&mac)).then_some(Mac(mac))
    }

    /// Whether it is from a pool of profiles.
    pub(super) fn is_of_a_pool(self) -> bool {
        POOLS.iter().any(|pool| self.0.starts_with(pool))
    }

    /// Whether it came with the card.
    pub(super) fn is_burned_in(self) -> bool {
        self.0[0] & 2 == 0 && !self.is_of_a_pool()
    }
}
