//! Which server is which ESXi host: proofs that nobody else has and that more doesn't contradict, or a person's word.
//! Refuses to merge what is unclear: two that claim one machine, and facts that contradict each other, are shown as such.

mod evidence;
mod facts;
mod index;
mod junk;
mod mac;
mod machines;
mod reasons;
#[cfg(test)]
mod tests;
mod uuid;
mod verdicts;

pub(crate) use facts::{HostFacts, ServerFacts};
#[cfg(test)]
pub(crate) use reasons::Identity;
pub(crate) use reasons::Reason;

use std::collections::BTreeMap;

/// What a person said of a host and a server. It stands until the person takes it back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Decision {
    /// They are one machine, whatever the facts say.
    Confirmed,
    /// They aren't, and that is never proposed again.
    Rejected,
}

/// What people said, by host and server. Pairs may be gone by now.
pub(crate) type Decisions<H, S> = BTreeMap<(H, S), Decision>;

/// How a host or a server stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum State {
    /// Matched, because a person said so.
    Confirmed,
    /// Matched by what is known of both.
    Matched,
    /// Facts claim it for several, or contradict each other: a person has to say.
    Conflict,
    /// There are only hints: a person may say.
    Ambiguous,
    /// Nothing points at anybody: a server without ESXi (dark), or a host without a known BMC.
    Alone,
}

/// Who might be the other one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Candidate<K> {
    /// Who: for a server all entries of one host, smallest key first; for a host one server.
    pub(crate) with: Vec<K>,
    /// How likely, 0 to 60.
    pub(crate) score: u8,
    /// Why, and what speaks against it. In order, each once.
    pub(crate) reasons: Vec<Reason>,
}

/// What came out for one host or server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Verdict<K> {
    /// How it stands.
    pub(crate) state: State,
    /// Who it is matched with; empty unless `Confirmed` or `Matched`. For a server all entries of one host, smallest key
    /// first; several machines only if a person confirmed several.
    pub(crate) with: Vec<K>,
    /// How sure the match is, 0 to 100, or the best candidate's. A person is sure: 100.
    pub(crate) score: u8,
    /// Why it is matched, and what disagrees all the same. Empty without a match.
    pub(crate) reasons: Vec<Reason>,
    /// Who else might be it, the likeliest first; at most [`CANDIDATES`]. Of a match only others that have a proof too.
    pub(crate) candidates: Vec<Candidate<K>>,
}

/// More candidates than this are not listed.
pub(crate) const CANDIDATES: usize = 8;

/// What came out: an entry for each host and server that was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Matching<H, S> {
    /// By host. Entries of one machine have the same.
    pub(crate) hosts: BTreeMap<H, Verdict<S>>,
    /// By server.
    pub(crate) servers: BTreeMap<S, Verdict<H>>,
}

/// Matches hosts with servers. The order of either doesn't matter, and nothing is remembered: a match follows from facts
/// and decisions alone, each time anew.
pub(crate) fn match_servers<H: Ord + Clone, S: Ord + Clone>(
    hosts: &[HostFacts<H>],
    servers: &[ServerFacts<S>],
    decisions: &Decisions<H, S>,
) -> Matching<H, S> {
    let machines = machines::machines(hosts);
    let servers: BTreeMap<&S, facts::Identities> =
        servers.iter().map(|server| (&server.key, server.identities())).collect();
    let servers: Vec<(S, facts::Identities)> =
        servers.into_iter().map(|(key, identities)| (key.clone(), identities)).collect();
    verdicts::verdicts(&machines, &servers, decisions)
}
