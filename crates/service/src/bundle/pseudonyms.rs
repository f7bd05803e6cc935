//! What stands in a support bundle for names, addresses and users: made-up ones, the same for the same.
//! Refuses to leave a name in a text because the text doesn't say that it is one. A name that is an ordinary word is replaced
//! where it stands as a name, alone or in quotes: in a sentence it says nothing.

use super::ordinary::is_ordinary;
use super::patterns::{Form, Found, Patterns, starts_word};
use contract::words::excerpt;
use serde_json::Value;
use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;

/// What a name is the name of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Sort {
    Vcenter,
    Host,
    Cluster,
    Datacenter,
    Vm,
    Datastore,
    Network,
    ResourcePool,
    Folder,
    Snapshot,
    Credential,
    User,
    Schedule,
    Policy,
    /// A destination.
    Destination,
    Tag,
    Ipv4,
    Ipv6,
    Mac,
    Uuid,
    Fingerprint,
    Path,
    /// Something else that is one's own: a serial number, a part of a certificate's subject.
    Other,
}

impl Sort {
    /// The word for it in the list of what was replaced, and the beginning of what stands for it.
    pub(super) fn noun(self) -> &'static str {
        match self {
            Sort::Vcenter => "vcenter",
            Sort::Host => "host",
            Sort::Cluster => "cluster",
            Sort::Datacenter => "datacenter",
            Sort::Vm => "vm",
            Sort::Datastore => "datastore",
            Sort::Network => "network",
            Sort::ResourcePool => "pool",
            Sort::Folder => "folder",
            Sort::Snapshot => "snapshot",
            Sort::Credential => "credential",
            Sort::User => "user",
            Sort::Schedule => "schedule",
            Sort::Policy => "policy",
            Sort::Destination => "destination",
            Sort::Tag => "tag",
            Sort::Ipv4 => "ipv4",
            Sort::Ipv6 => "ipv6",
            Sort::Mac => "mac",
            Sort::Uuid => "uuid",
            Sort::Fingerprint => "fingerprint",
            Sort::Path => "path",
            Sort::Other => "name",
        }
    }
}

/// What was replaced by what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Replaced {
    pub(super) sort: Sort,
    pub(super) by: String,
}

/// Names that are known, and what stands for those that were met.
pub(super) struct Pseudonyms {
    /// Every name, in lower case.
    known: HashMap<String, Sort>,
    /// How long the longest name is that begins with a word, bytes.
    longest: HashMap<String, usize>,
    /// What was met, in lower case.
    met: BTreeMap<String, Replaced>,
    /// Numbers of what hosts and users are called without their domain, and of the domains.
    numbers: HashMap<(Sort, String), u64>,
    domains: HashMap<String, u64>,
    last: HashMap<Sort, u64>,
    patterns: Patterns,
}

/// Keys of JSON whose values are Muster's or vSphere's own words.
const OWN_WORDS: [&str; 28] = [
    "arch",
    "build",
    "code",
    "family",
    "job",
    "journal_mode",
    "kind",
    "level",
    "log_level",
    "of",
    "origin",
    "os",
    "process",
    "product",
    "rejected_because",
    "release",
    "remedy",
    "role",
    "schema",
    "sqlite",
    "stale_reads",
    "state",
    "stored",
    "target",
    "trust",
    "type",
    "version",
    "api_version",
];

impl Pseudonyms {
    /// None yet. The paths are those of properties, which look like names of hosts.
    pub(super) fn new(paths: impl IntoIterator<Item = String>) -> Pseudonyms {
        Pseudonyms {
            known: HashMap::new(),
            longest: HashMap::new(),
            met: BTreeMap::new(),
            numbers: HashMap::new(),
            domains: HashMap::new(),
            last: HashMap::new(),
            patterns: Patterns::new(paths),
        }
    }

    /// Learns a name. What it was learned as first it stays.
    pub(super) fn learn(&mut self, sort: Sort, name: &str) {
        let sort = match name.parse::<IpAddr>() {
            Ok(IpAddr::V4(_)) => Sort::Ipv4,
            Ok(IpAddr::V6(_)) => Sort::Ipv6,
            Err(_) => sort,
        };
        let escaped = format!("{name:?}");
        let encoded = name.replace('%', "%25").replace('/', "%2f").replace('\\', "%5c");
        let shown = excerpt(name);
        for form in [name, escaped.trim_matches('"'), &encoded, &shown] {
            self.learn_form(sort, form);
        }
        if sort == Sort::Host {
            // A host is known without its domain, too.
            let short = name.split('.').next().unwrap_or_default();
            self.learn_form(sort, short);
        }
        if sort == Sort::User {
            let (_, alone) = parts_of_user(name);
            self.learn_form(sort, alone);
        }
    }

    fn learn_form(&mut self, sort: Sort, form: &str) {
        let lower = lower(core(form));
        if lower.is_empty() || self.known.contains_key(&lower) {
            return;
        }
        let longest = self.longest.entry(first_word(&lower).to_owned()).or_default();
        *longest = lower.len().max(*longest);
        self.known.insert(lower, sort);
    }

    /// What was replaced so far, in lower case, and by what.
    pub(super) fn met(&self) -> &BTreeMap<String, Replaced> {
        &self.met
    }

    /// The same document without names.
    pub(super) fn document(&mut self, document: &mut Value) {
        self.value(document, "");
    }

    fn value(&mut self, value: &mut Value, key: &str) {
        match value {
            Value::String(text) if !OWN_WORDS.contains(&key) => *text = self.whole(text),
            Value::Array(all) => all.iter_mut().for_each(|one| self.value(one, key)),
            Value::Object(fields) => fields.iter_mut().for_each(|(key, one)| self.value(one, key)),
            _ => {}
        }
    }

    /// A value without names: one that is nothing but a name is one, however ordinary.
    fn whole(&mut self, text: &str) -> String {
        match self.name_at(core(text), true) {
            Some((length, sort)) if length == core(text).len() => {
                text.replacen(core(text), &self.pseudonym(sort, core(text)), 1)
            }
            _ => self.text(text),
        }
    }

    /// A text without names.
    pub(super) fn text(&mut self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        let mut at = 0;
        let mut pattern = self.patterns.next(text, 0);
        while at < text.len() {
            if pattern.as_ref().is_some_and(|found| found.start < at) {
                pattern = self.patterns.next(text, at);
            }
            let begins_a_word = starts_word(text, at);
            let here = pattern.as_ref().filter(|found| found.start == at);
            let quoted = text[..at].ends_with(['"', '\'', '`', '\u{201c}', '\u{2018}', '[']);
            let name = if begins_a_word { self.name_at(&text[at..], quoted) } else { None };
            match (name, here) {
                (Some((length, sort)), found) if found.is_none_or(|found| length >= found.end - at) => {
                    out.push_str(&self.pseudonym(sort, &text[at..at + length]));
                    at += length;
                }
                (_, Some(found)) => {
                    let found = found.clone();
                    out.push_str(&self.of_pattern(&found));
                    at = found.end;
                }
                (_, None) => {
                    let next = text[at..].chars().next().map_or(1, char::len_utf8);
                    out.push_str(&text[at..at + next]);
                    at += next;
                }
            }
        }
        out
    }

    /// The longest known name that a text begins with, and its length; an ordinary word is one where it stands as a name.
    fn name_at(&self, text: &str, as_a_name: bool) -> Option<(usize, Sort)> {
        let longest = *self.longest.get(&lower(first_word(text)))?;
        let (mut small, mut ends, mut in_a_word) = (String::new(), Vec::new(), false);
        for (at, letter) in text.char_indices() {
            if in_a_word && !letter.is_alphanumeric() {
                ends.push((at, small.len()));
            }
            if small.len() > longest {
                break;
            }
            in_a_word = letter.is_alphanumeric();
            small.extend(letter.to_lowercase());
        }
        if in_a_word && small.len() <= longest {
            ends.push((text.len(), small.len()));
        }
        ends.into_iter().rev().find_map(|(end, length)| {
            let (name, sort) = self.known.get_key_value(&small[..length])?;
            let rest = &text[end..];
            let is_closed =
                || rest.is_empty() || rest.starts_with(['"', '\'', '`', '\u{201d}', '\u{2019}', ']']);
            (!is_ordinary(name) || as_a_name && is_closed()).then_some((end, *sort))
        })
    }

    fn of_pattern(&mut self, found: &Found) -> String {
        match found.form {
            Form::Sort(sort) => self.pseudonym(sort, &found.text),
            Form::Drive => format!("{}{}", &found.text[..3], self.pseudonym(Sort::Path, &found.text)),
            Form::Unc => format!("\\\\{}", self.pseudonym(Sort::Path, &found.text)),
        }
    }

    /// What stands for a name.
    fn pseudonym(&mut self, sort: Sort, name: &str) -> String {
        let lower = lower(name.trim());
        if let Some(met) = self.met.get(&lower) {
            return met.by.clone();
        }
        let by = match sort {
            Sort::Host => self.of_host(&lower),
            Sort::User => self.of_user(&lower),
            _ => self.free(sort, |number| numbered(sort, number)),
        };
        self.met.insert(lower, Replaced { sort, by: by.clone() });
        by
    }

    /// `host4.example`, and `host4` for the same without its domain.
    fn of_host(&mut self, name: &str) -> String {
        let (short, domain) =
            name.split_once('.').map_or((name, None), |(short, domain)| (short, Some(domain)));
        let number = self.number(Sort::Host, short);
        match domain {
            Some(domain) => format!("{}.{}", numbered(Sort::Host, number), self.domain(domain)),
            None => numbered(Sort::Host, number),
        }
    }

    /// `user2@example`, `EXAMPLE\user2`, and `user2` for the same without a domain.
    fn of_user(&mut self, name: &str) -> String {
        let (domain, alone) = parts_of_user(name);
        let user = numbered(Sort::User, self.number(Sort::User, alone));
        match domain {
            Some(domain) if name.contains('@') => format!("{user}@{}", self.domain(domain)),
            Some(domain) => format!("{}\\{user}", self.domain(domain).to_uppercase()),
            None => user,
        }
    }

    fn number(&mut self, sort: Sort, name: &str) -> u64 {
        if let Some(number) = self.numbers.get(&(sort, name.to_owned())) {
            return *number;
        }
        self.free(sort, |number| numbered(sort, number));
        let number = self.last.get(&sort).copied().unwrap_or(1);
        self.numbers.insert((sort, name.to_owned()), number);
        number
    }

    /// `example` for the first domain, `d2.example` for the second.
    fn domain(&mut self, domain: &str) -> String {
        let next = self.domains.len() as u64 + 1;
        match *self.domains.entry(domain.to_owned()).or_insert(next) {
            1 => "example".to_owned(),
            number => format!("d{number}.example"),
        }
    }

    /// The next one that is nobody's real name.
    fn free(&mut self, sort: Sort, of: impl Fn(u64) -> String) -> String {
        let last = self.last.entry(sort).or_default();
        loop {
            *last += 1;
            let candidate = of(*last);
            if !self.known.contains_key(&candidate) {
                return candidate;
            }
        }
    }
}

/// What stands for the name of this number. Addresses are of ranges that are nobody's: RFC 2544, RFC 3849, and of MAC
/// addresses those that are given out locally. `vm4` can't be taken for the moref `vm-4`.
fn numbered(sort: Sort, number: u64) -> String {
    let [.., a, b, c] = number.to_be_bytes();
    match sort {
        Sort::Ipv4 => format!("198.{}.{b}.{c}", 18 + (a & 1)),
        Sort::Ipv6 => format!("2001:db8::{number:x}"),
        Sort::Mac => format!("02:00:00:{a:02x}:{b:02x}:{c:02x}"),
        Sort::Uuid => format!("00000000-0000-4000-8000-{number:012x}"),
        _ => format!("{}{number}", sort.noun()),
    }
}

/// The domain of a user, and the name without it.
fn parts_of_user(name: &str) -> (Option<&str>, &str) {
    if let Some((alone, domain)) = name.split_once('@') {
        return (Some(domain), alone);
    }
    name.split_once('\\').map_or((None, name), |(domain, alone)| (Some(domain), alone))
}

/// A name from its first to its last letter or digit: what is around them identifies nobody.
fn core(text: &str) -> &str {
    text.trim_matches(|c: char| !c.is_alphanumeric())
}

fn first_word(text: &str) -> &str {
    let end = text.find(|c: char| !c.is_alphanumeric()).unwrap_or(text.len());
    &text[..end]
}

/// Letter by letter, so that a part of a text is the same part in lower case.
fn lower(text: &str) -> String {
    text.chars().flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests;
