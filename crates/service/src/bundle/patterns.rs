//! Addresses, ids, users and names of hosts as they look in any text, known or not.
//! Refuses what only looks like them: times, versions, files, and properties of vSphere.

use super::pseudonyms::Sort;
use regex::{Captures, Regex};
use std::collections::HashSet;
use std::net::{Ipv4Addr, Ipv6Addr};

/// Addresses, ids and users as they stand in any text, the longest forms first.
const PATTERNS: &str = r#"(?x)
    (?P<drive>[A-Za-z]:\\[^\s"'<>|]*)
  | (?P<unc>\\\\[^\s"'<>|\\]+\\[^\s"'<>|]*)
  | (?P<home>/(?:home|Users)/(?P<owner>[^/\s"':;,]+))
  | (?P<subject>\b(?:CN|OU|O|DC|L|ST|emailAddress)=(?P<value>[^,+"/;)=]+))
  | (?P<colons>(?:[0-9A-Fa-f]{2}:){15,}[0-9A-Fa-f]{2})
  | (?P<uuid>[0-9A-Fa-f]{8}-(?:[0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}|[0-9A-Fa-f]{8}-[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12})
  | (?P<hex>[0-9A-Fa-f]{32,})
  | (?P<mac>(?:[0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2})
  | (?P<ipv6>(?:[0-9A-Fa-f]{0,4}:){2,7}[0-9A-Fa-f.]*)
  | (?P<ipv4>[0-9]{1,3}(?:\.[0-9]{1,3}){3})
  | (?P<upn>[\p{L}\p{N}._%+\-]+@[\p{L}\p{N}\-]+(?:\.[\p{L}\p{N}\-]+)*)
  | (?P<domain>[\p{L}\p{N}_.\-]+\\[\p{L}\p{N}_.$\-]+)
  | (?P<fqdn>[\p{L}\p{N}_](?:[\p{L}\p{N}_\-]*[\p{L}\p{N}_])?(?:\.[\p{L}\p{N}_](?:[\p{L}\p{N}_\-]*[\p{L}\p{N}_])?)*\.[\p{L}](?:[\p{L}\p{N}\-]*[\p{L}\p{N}]))
"#;

/// What a word with dots ends in that is a file, or one of our own made-up names.
const NO_DOMAINS: [&str; 17] = [
    "db", "log", "rs", "json", "txt", "lock", "toml", "zip", "pem", "part", "csv", "xml", "html", "so",
    "dll", "exe", "example",
];

/// How property paths and types of vSphere begin that no column is read from.
const OF_VSPHERE: [&str; 4] = ["vim.", "vmodl.", "vim25.", "com.vmware."];

/// What is looked for.
pub(super) struct Patterns {
    regex: Regex,
    paths: HashSet<String>,
}

/// An address, an id or a user in a text.
#[derive(Clone)]
pub(super) struct Found {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) form: Form,
    pub(super) text: String,
}

#[derive(Clone, Copy)]
pub(super) enum Form {
    Sort(Sort),
    /// A path on a drive of Windows.
    Drive,
    /// A path on a share.
    Unc,
}

impl Patterns {
    /// The paths are those of properties, which look like names of hosts.
    pub(super) fn new(paths: impl IntoIterator<Item = String>) -> Patterns {
        Patterns {
            regex: Regex::new(PATTERNS).expect("a pattern of our own"),
            paths: paths.into_iter().map(|path| path.to_lowercase()).collect(),
        }
    }

    /// The next address, id or user from a place on.
    pub(super) fn next(&self, text: &str, mut from: usize) -> Option<Found> {
        while from < text.len() {
            let captures = self.regex.captures_at(text, from)?;
            match self.found(text, &captures) {
                Some(found) => return Some(found),
                // What isn't a host isn't one from its second word on.
                None if captures.name("fqdn").is_some_and(|words| starts_word(text, words.start())) => {
                    from = captures.get(0)?.end();
                }
                None => {
                    let start = captures.get(0)?.start();
                    from = start + text[start..].chars().next().map_or(1, char::len_utf8);
                }
            }
        }
        None
    }

    fn found(&self, text: &str, captures: &Captures<'_>) -> Option<Found> {
        let all = captures.get(0)?;
        let (start, end, matched) = (all.start(), all.end(), all.as_str());
        if !starts_word(text, start) && text[start..].starts_with(char::is_alphanumeric) {
            return None;
        }
        let goes_on = text[end..].starts_with(char::is_alphanumeric);
        let is = |name: &str| captures.name(name).is_some();
        let of = |form: Form, text: &str| Some(Found { start, end, form, text: text.to_owned() });
        if is("home") {
            let owner = captures.name("owner")?;
            let start = owner.start();
            return Some(Found { start, end, form: Form::Sort(Sort::User), text: owner.as_str().to_owned() });
        }
        if is("subject") {
            let value = captures.name("value")?;
            let (start, text) = (value.start(), value.as_str());
            let sort = if text.contains('.') && !text.contains(' ') { Sort::Host } else { Sort::Other };
            return Some(Found { start, end, form: Form::Sort(sort), text: text.to_owned() });
        }
        match () {
            () if is("drive") => of(Form::Drive, matched),
            () if is("unc") => of(Form::Unc, matched),
            () if is("colons") || is("hex") => {
                (!goes_on).then(|| of(Form::Sort(Sort::Fingerprint), matched))?
            }
            () if is("uuid") => (!goes_on).then(|| of(Form::Sort(Sort::Uuid), matched))?,
            () if is("mac") => (!goes_on).then(|| of(Form::Sort(Sort::Mac), matched))?,
            () if is("ipv6") => {
                let trimmed = matched.trim_end_matches('.');
                let address = trimmed.parse::<Ipv6Addr>().ok().filter(|address| !address.is_unspecified());
                address.filter(|_| !goes_on)?;
                Some(Found {
                    start,
                    end: start + trimmed.len(),
                    form: Form::Sort(Sort::Ipv6),
                    text: trimmed.to_owned(),
                })
            }
            () if is("ipv4") => {
                matched.parse::<Ipv4Addr>().ok().filter(|_| !goes_on)?;
                of(Form::Sort(Sort::Ipv4), matched)
            }
            () if is("upn") || is("domain") => of(Form::Sort(Sort::User), matched),
            () => (!goes_on && self.is_a_host(matched)).then(|| of(Form::Sort(Sort::Host), matched))?,
        }
    }

    /// Whether words with dots between them are the name of a host.
    fn is_a_host(&self, text: &str) -> bool {
        let lower = text.to_lowercase();
        let ends = lower.rsplit('.').next().unwrap_or_default();
        !NO_DOMAINS.contains(&ends)
            && !OF_VSPHERE.iter().any(|begins| lower.starts_with(begins))
            && !self.paths.contains(&lower)
    }
}

/// Whether a word begins there.
pub(super) fn starts_word(text: &str, at: usize) -> bool {
    text[..at].chars().next_back().is_none_or(|before| !before.is_alphanumeric())
}
