//! What a host and a server have in common, how much of it proves that they are one, and what contradicts it.
//! Refuses to add hints up: any number of them is no proof.

use super::facts::Identities;
use super::index::{Grade, Index, Value};
use super::mac::Mac;
use super::reasons::{Identity, Reason};
use super::uuid as uuids;
use std::collections::BTreeSet;

/// So many equal NICs are a proof: one card may have wandered, or be a USB adapter.
const NICS: u16 = 2;

/// The most that a pair without a match of its own is worth.
const CANDIDATE: i32 = 60;

/// What a pair has in common.
#[derive(Clone, Debug)]
pub(super) struct Evidence {
    /// In order, each once.
    pub(super) reasons: Vec<Reason>,
    /// What each proves by itself. The BMC's own MAC counts twice: it stays with the machine whatever else moves.
    pub(super) proofs: u8,
    /// How much speaks against it.
    pub(super) contradictions: u8,
    /// Whether they have something in common that would prove it if nobody else had it.
    pub(super) is_claim: bool,
    /// The same of more than a serial number, which installers leave on several machines.
    pub(super) is_rival: bool,
    score: i32,
}

impl Evidence {
    /// Whether more proves the pair than contradicts it.
    pub(super) fn holds(&self) -> bool {
        self.proofs > self.contradictions
    }

    /// How sure it is, 0 to 100, as a match.
    pub(super) fn score(&self) -> u8 {
        self.bounded(100)
    }

    /// How likely it is, as one of several or with something against it.
    pub(super) fn score_as_candidate(&self) -> u8 {
        self.bounded(CANDIDATE)
    }

    fn bounded(&self, most: i32) -> u8 {
        u8::try_from(self.score.clamp(0, most)).unwrap_or_default()
    }
}

/// Compares a host with a server, whether or not they have anything in common.
pub(super) fn compare<'a>(index: &Index<'a>, host: &'a Identities, server: &'a Identities) -> Evidence {
    let mut found = Found {
        index,
        host,
        server,
        reasons: Vec::new(),
        proofs: Vec::new(),
        is_claim: false,
        is_rival: false,
    };
    found.bmc();
    let nics = found.nics();
    if host.is_profile || server.is_profile {
        found.profile();
    } else {
        let uuid = found.uuid();
        found.serial(uuid || nics);
    }
    found.hints();
    found.done()
}

struct Found<'a, 'i> {
    index: &'i Index<'a>,
    host: &'a Identities,
    server: &'a Identities,
    reasons: Vec<Reason>,
    proofs: Vec<Identity>,
    is_claim: bool,
    is_rival: bool,
}

impl<'a> Found<'a, '_> {
    fn bmc(&mut self) {
        let common = common(&self.host.bmc_macs, &self.server.bmc_macs);
        let grade = self.best(common.into_iter().map(Value::BmcMac));
        let both_know = !self.host.bmc_macs.is_empty() && !self.server.bmc_macs.is_empty();
        let differs = both_know && self.host.bmc_macs.is_disjoint(&self.server.bmc_macs);
        self.note(Identity::BmcMac, Reason::BmcMac, grade, differs);
    }

    /// Whether enough NICs are the same, and nobody else's.
    fn nics(&mut self) -> bool {
        let common = common(&self.host.nics, &self.server.nics);
        let of = |grade| common.iter().filter(|mac| self.index.grade(Value::Nic(**mac)) == grade).count();
        let (unique, shared) = (count(of(Grade::Unique)), count(of(Grade::Shared)));
        let known = |nics: &BTreeSet<Mac>| {
            nics.iter().filter(|mac| self.index.is_ones_own(Value::Nic(**mac))).count() >= usize::from(NICS)
        };
        let differs = common.is_empty() && known(&self.host.nics) && known(&self.server.nics);
        if unique >= NICS {
            self.note(Identity::NicMacs, Reason::NicMacs(unique), Grade::Unique, false);
        } else if shared >= NICS {
            self.note(Identity::NicMacs, Reason::NicMacs(unique + shared), Grade::Shared, false);
        } else if unique + shared > 0 {
            self.reasons.push(Reason::NicMacs(unique + shared));
        } else {
            self.note(Identity::NicMacs, Reason::NicMacs(0), Grade::None, differs);
        }
        unique >= NICS
    }

    /// Whether the UUIDs are equal and at most one other machine has the same.
    fn uuid(&mut self) -> bool {
        let (Some(host), Some(server)) = (self.host.uuid, self.server.uuid) else { return false };
        let (of_host, of_server) = (uuids::canonical(host), uuids::canonical(server));
        let is_equal = of_host == of_server;
        let grade = if is_equal { self.index.grade(Value::Uuid(of_host)) } else { Grade::None };
        let speaks = |uuid| self.index.is_ones_own(Value::Uuid(uuid));
        let differs = !is_equal && speaks(of_host) && speaks(of_server);
        let reason = if host == server { Reason::Uuid } else { Reason::UuidSwapped };
        self.note(Identity::Uuid, reason, grade, differs);
        grade > Grade::None
    }

    /// Serial numbers are only the vendor's own affair: without one they prove what something else supports.
    fn serial(&mut self, is_supported: bool) {
        let of_host: BTreeSet<&str> = self.index.serials(self.host).collect();
        let of_server: BTreeSet<&str> = self.index.serials(self.server).collect();
        let grade = self.best(common(&of_host, &of_server).into_iter().map(Value::Serial));
        let is_of_one_vendor = self.host.vendor.is_some() && self.host.vendor == self.server.vendor;
        if grade == Grade::Unique && !is_of_one_vendor && !is_supported {
            self.reasons.extend([Reason::Serial, Reason::VendorUnproven]);
            return;
        }
        let differs = self.serial_differs(&of_host, &of_server);
        self.note(Identity::Serial, Reason::Serial, grade, differs);
    }

    /// A number with a node's after it is the same chassis', and no contradiction.
    fn serial_differs(&self, of_host: &BTreeSet<&'a str>, of_server: &BTreeSet<&'a str>) -> bool {
        let speak = |serials: &BTreeSet<&'a str>| -> Vec<&'a str> {
            let own = serials.iter().filter(|serial| self.index.is_ones_own(Value::Serial(serial)));
            own.copied().collect()
        };
        let (host, server) = (speak(of_host), speak(of_server));
        let is_akin = |one: &str, other: &str| one.starts_with(other) || other.starts_with(one);
        let both_know = self.host.serial_speaks && self.server.serial_speaks;
        both_know
            && !host.is_empty()
            && !server.is_empty()
            && of_host.is_disjoint(of_server)
            && !host.iter().any(|one| server.iter().any(|other| is_akin(one, other)))
    }

    /// What would be proofs of a machine is at most a hint of which profile it has.
    fn profile(&mut self) {
        let same_uuid = self.host.uuid.zip(self.server.uuid).is_some_and(|(host, server)| {
            let canonical = uuids::canonical(host);
            canonical == uuids::canonical(server) && self.index.grade(Value::Uuid(canonical)) > Grade::None
        });
        let serials = common(&self.host.serials, &self.server.serials);
        let same_serial = serials.iter().any(|serial| self.index.grade(Value::Serial(serial)) > Grade::None);
        self.reasons.extend(same_uuid.then_some(Reason::Uuid));
        self.reasons.extend(same_serial.then_some(Reason::Serial));
        self.reasons.extend((same_uuid || same_serial).then_some(Reason::Profile));
    }

    fn hints(&mut self) {
        let (host, server) = (self.host, self.server);
        let addresses = common(&host.addresses, &server.addresses);
        self.hint(Reason::BmcAddress, addresses.iter().map(|text| Value::Address(text)));
        let tags = host.asset_tag.iter().filter(|tag| server.asset_tag.as_ref() == Some(*tag));
        self.hint(Reason::AssetTag, tags.map(|text| Value::AssetTag(text)));
        let names = common(&host.names, &server.names);
        self.hint(Reason::Name, names.iter().map(|text| Value::Name(text)));
        let enclosures = common(&self.index.enclosures(host), &self.index.enclosures(server));
        self.hint(Reason::Enclosure, enclosures.into_iter().map(Value::Enclosure));
    }

    fn hint<'v>(&mut self, reason: Reason, values: impl Iterator<Item = Value<'v>>) {
        if self.best(values) > Grade::None {
            self.reasons.push(reason);
        }
    }

    fn best<'v>(&self, values: impl Iterator<Item = Value<'v>>) -> Grade {
        values.map(|value| self.index.grade(value)).max().unwrap_or_default()
    }

    fn note(&mut self, identity: Identity, reason: Reason, grade: Grade, differs: bool) {
        self.is_rival |= grade > Grade::None && identity != Identity::Serial;
        match grade {
            Grade::Unique => {
                self.reasons.push(reason);
                self.proofs.push(identity);
                self.is_claim = true;
            }
            Grade::Shared => {
                self.reasons.extend([reason, Reason::Shared(identity)]);
                self.is_claim = true;
            }
            Grade::None => self.reasons.extend(differs.then_some(Reason::Differs(identity))),
        }
    }

    fn done(mut self) -> Evidence {
        self.reasons.sort_unstable();
        let contradictions =
            self.reasons.iter().filter(|reason| matches!(reason, Reason::Differs(_))).count();
        let double = usize::from(self.proofs.contains(&Identity::BmcMac));
        let score = score(&self.proofs, &self.reasons, self.is_claim, contradictions);
        Evidence {
            proofs: u8::try_from(self.proofs.len() + double).unwrap_or(u8::MAX),
            contradictions: u8::try_from(contradictions).unwrap_or(u8::MAX),
            is_claim: self.is_claim,
            is_rival: self.is_rival,
            score,
            reasons: self.reasons,
        }
    }
}

/// The strongest proof or hint, a little for each further one, and much less for each contradiction.
fn score(proofs: &[Identity], reasons: &[Reason], is_claim: bool, contradictions: usize) -> i32 {
    let has = |identity| proofs.contains(&identity);
    let proven = match () {
        () if has(Identity::BmcMac) => 97,
        () if has(Identity::Uuid) && has(Identity::Serial) => 95,
        () if has(Identity::NicMacs) => 90,
        () if has(Identity::Uuid) => 80,
        () if has(Identity::Serial) => 75,
        () if is_claim => 50,
        () => reasons.iter().map(|reason| hint(*reason)).max().unwrap_or_default(),
    };
    let speaking = reasons.iter().filter(|reason| !reason.is_against()).count();
    let (further, against) = (speaking.saturating_sub(1), contradictions);
    proven + i32::from(count(further)) - 20 * i32::from(count(against))
}

fn hint(reason: Reason) -> i32 {
    match reason {
        Reason::NicMacs(_) => 45,
        Reason::Uuid | Reason::UuidSwapped | Reason::Serial => 40,
        Reason::BmcAddress => 35,
        Reason::AssetTag => 25,
        Reason::Name => 20,
        Reason::Enclosure => 10,
        _ => 0,
    }
}

fn common<T: Ord + Clone>(one: &BTreeSet<T>, other: &BTreeSet<T>) -> Vec<T> {
    one.intersection(other).cloned().collect()
}

fn count(many: usize) -> u16 {
    u16::try_from(many).unwrap_or(u16::MAX)
}
