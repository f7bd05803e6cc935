//! Who has which value: pairs are found through what they share, never by trying all with all.
//! Refuses values that more than two machines of one side have: they identify nothing, and would make pairs of all.

use super::facts::Identities;
use super::mac::Mac;
use super::uuid as uuids;
use std::collections::{BTreeSet, HashMap};
use uuid::Uuid;

/// More holders than this on one side, and a value is no identity.
const HOLDERS: usize = 2;

/// The same of what a machine should have alone: several that show one of these contradict each other.
const CLAIMANTS: usize = 8;

/// A value that machines can have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Value<'a> {
    BmcMac(Mac),
    Uuid(Uuid),
    Serial(&'a str),
    Enclosure(&'a str),
    Nic(Mac),
    Address(&'a str),
    AssetTag(&'a str),
    Name(&'a str),
}

/// How much a value says that a host and a server have in common.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Grade {
    /// They don't have it in common, or everybody has it.
    #[default]
    None,
    /// One more host or server has it.
    Shared,
    /// They alone have it.
    Unique,
}

/// Which side has it, by index.
#[derive(Default)]
struct Holders {
    hosts: Vec<usize>,
    servers: Vec<usize>,
}

/// All values of both sides.
pub(super) struct Index<'a> {
    holders: HashMap<Value<'a>, Holders>,
    /// Serial numbers that are an enclosure's, whoever shows them.
    enclosures: BTreeSet<&'a str>,
}

impl<'a> Index<'a> {
    /// Reads both sides.
    pub(super) fn new(hosts: &[&'a Identities], servers: &[&'a Identities]) -> Index<'a> {
        let enclosures = hosts.iter().chain(servers).filter_map(|of_one| enclosure(of_one)).collect();
        let mut index = Index { holders: HashMap::new(), enclosures };
        for (at, host) in hosts.iter().enumerate() {
            for value in index.values(host) {
                index.holders.entry(value).or_default().hosts.push(at);
            }
        }
        for (at, server) in servers.iter().enumerate() {
            for value in index.values(server) {
                index.holders.entry(value).or_default().servers.push(at);
            }
        }
        index
    }

    /// Every host and server with a value in common that isn't everybody's.
    pub(super) fn pairs(&self) -> BTreeSet<(usize, usize)> {
        let rare = self.holders.iter().filter(|(value, holders)| holders.grade(**value) != Grade::None);
        rare.flat_map(|(_, holders)| {
            holders.hosts.iter().flat_map(|host| holders.servers.iter().map(move |server| (*host, *server)))
        })
        .collect()
    }

    /// What it says that a host and a server both have this.
    pub(super) fn grade(&self, value: Value<'_>) -> Grade {
        self.holders.get(&value).map(|holders| holders.grade(value)).unwrap_or_default()
    }

    /// Whether nobody else on its side has a value: only then it shows that another one is another machine.
    pub(super) fn is_ones_own(&self, value: Value<'_>) -> bool {
        self.holders.get(&value).is_some_and(|held| held.hosts.len() <= 1 && held.servers.len() <= 1)
    }

    /// The serial numbers that are the machine's own.
    pub(super) fn serials(&self, of_one: &'a Identities) -> impl Iterator<Item = &'a str> + use<'a, '_> {
        of_one.serials.iter().map(String::as_str).filter(|serial| !self.enclosures.contains(serial))
    }

    /// The enclosure's, where it isn't the machine's own.
    pub(super) fn enclosures(&self, of_one: &'a Identities) -> BTreeSet<&'a str> {
        let named = of_one.serials.iter().chain(&of_one.enclosure).map(String::as_str);
        named.filter(|serial| self.enclosures.contains(serial)).collect()
    }

    fn values(&self, of_one: &'a Identities) -> Vec<Value<'a>> {
        let mut values: Vec<Value<'a>> = Vec::new();
        values.extend(of_one.bmc_macs.iter().copied().map(Value::BmcMac));
        values.extend(of_one.uuid.map(uuids::canonical).map(Value::Uuid));
        values.extend(self.serials(of_one).map(Value::Serial));
        values.extend(self.enclosures(of_one).into_iter().map(Value::Enclosure));
        values.extend(of_one.nics.iter().copied().map(Value::Nic));
        values.extend(of_one.addresses.iter().map(|address| Value::Address(address)));
        values.extend(of_one.asset_tag.iter().map(|tag| Value::AssetTag(tag)));
        values.extend(of_one.names.iter().map(|name| Value::Name(name)));
        values
    }
}

impl Holders {
    fn grade(&self, value: Value<'_>) -> Grade {
        let most = match value {
            Value::BmcMac(_) | Value::Uuid(_) => CLAIMANTS,
            _ => HOLDERS,
        };
        match (self.hosts.len(), self.servers.len()) {
            (1, 1) => Grade::Unique,
            (hosts, servers) if (1..=most).contains(&hosts) && (1..=most).contains(&servers) => Grade::Shared,
            _ => Grade::None,
        }
    }
}

/// A rack server's own serial number is its enclosure's as well: only another one is a real enclosure's.
fn enclosure(of_one: &Identities) -> Option<&str> {
    let serial = of_one.enclosure.as_deref()?;
    (!of_one.own_serials.is_empty() && !of_one.own_serials.contains(serial)).then_some(serial)
}
