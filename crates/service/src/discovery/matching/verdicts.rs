//! Makes verdicts of the evidence: what a person said, then what is proven and unrivalled, then candidates.
//! Refuses to choose between two that claim the same machine.

use super::evidence::{Evidence, compare};
use super::facts::Identities;
use super::index::Index;
use super::machines::Machine;
use super::{CANDIDATES, Candidate, Decision, Decisions, Matching, Reason, State, Verdict};
use std::collections::{BTreeMap, BTreeSet};

/// A host's machine and a server, by index.
type Pair = (usize, usize);

/// All that is weighed.
struct Scales<'a, H, S> {
    machines: &'a [Machine<H>],
    servers: &'a [(S, Identities)],
    index: Index<'a>,
    /// What people confirmed, by key as long as one of both is there.
    confirmed: Vec<Confirmed<H, S>>,
    /// What isn't decided, with what it has in common.
    open: BTreeMap<Pair, Evidence>,
}

/// A confirmed pair, of which one may be gone.
struct Confirmed<H, S> {
    machine: Option<usize>,
    server: Option<usize>,
    /// How it was confirmed: what is shown if one is gone.
    keys: (H, S),
}

/// The sides that a match has taken.
#[derive(Default)]
struct Taken {
    machines: BTreeSet<usize>,
    servers: BTreeSet<usize>,
}

/// One side's view of a pair.
struct View<'e, K> {
    with: Vec<K>,
    evidence: &'e Evidence,
    is_taken: bool,
    is_rivalled: bool,
}

/// Judges every machine and every server.
pub(super) fn verdicts<H: Ord + Clone, S: Ord + Clone>(
    machines: &[Machine<H>],
    servers: &[(S, Identities)],
    decisions: &Decisions<H, S>,
) -> Matching<H, S> {
    let of_hosts: Vec<&Identities> = machines.iter().map(|machine| &machine.identities).collect();
    let of_servers: Vec<&Identities> = servers.iter().map(|(_, identities)| identities).collect();
    let index = Index::new(&of_hosts, &of_servers);
    let (confirmed, decided) = decided(machines, servers, decisions);
    let open = index.pairs().into_iter().filter(|pair| !decided.contains(pair));
    let open = open.map(|pair| (pair, compare(&index, of_hosts[pair.0], of_servers[pair.1])));
    let open =
        open.filter(|(_, evidence)| !evidence.reasons.iter().all(|reason| reason.is_against())).collect();
    Scales { machines, servers, index, confirmed, open }.weigh()
}

/// What is confirmed, and all pairs that need no evidence any more.
fn decided<H: Ord + Clone, S: Ord + Clone>(
    machines: &[Machine<H>],
    servers: &[(S, Identities)],
    decisions: &Decisions<H, S>,
) -> (Vec<Confirmed<H, S>>, BTreeSet<Pair>) {
    let entries =
        machines.iter().enumerate().flat_map(|(at, machine)| machine.keys.iter().map(move |key| (key, at)));
    let entries: BTreeMap<&H, usize> = entries.collect();
    let mut confirmed: Vec<Confirmed<H, S>> = Vec::new();
    let mut pairs = BTreeSet::new();
    let mut seen = BTreeSet::new();
    for ((host, server), decision) in decisions {
        let machine = entries.get(host).copied();
        let at = servers.binary_search_by(|(key, _)| key.cmp(server)).ok();
        pairs.extend(machine.zip(at));
        // Two entries of one host that were confirmed with one server are one decision.
        let is_new = machine.zip(at).is_none_or(|pair| *decision == Decision::Confirmed && seen.insert(pair));
        if *decision == Decision::Confirmed && is_new && (machine.is_some() || at.is_some()) {
            confirmed.push(Confirmed { machine, server: at, keys: (host.clone(), server.clone()) });
        }
    }
    (confirmed, pairs)
}

impl<H: Ord + Clone, S: Ord + Clone> Scales<'_, H, S> {
    fn weigh(&self) -> Matching<H, S> {
        let mut taken = Taken::default();
        taken.machines.extend(self.confirmed.iter().filter_map(|pair| pair.machine));
        taken.servers.extend(self.confirmed.iter().filter_map(|pair| pair.server));
        let matched = self.matched(&taken);
        taken.machines.extend(matched.iter().map(|pair| pair.0));
        taken.servers.extend(matched.iter().map(|pair| pair.1));
        let mut of_hosts: Vec<Option<Verdict<S>>> = self.machines.iter().map(|_| None).collect();
        let mut of_servers: Vec<Option<Verdict<H>>> = self.servers.iter().map(|_| None).collect();
        for (machine, server) in matched {
            let evidence = &self.open[&(machine, server)];
            of_hosts[machine] = Some(matched_with(vec![self.servers[server].0.clone()], evidence));
            of_servers[server] = Some(matched_with(self.machines[machine].keys.clone(), evidence));
        }
        for pair in &self.confirmed {
            self.confirm(pair, &mut of_hosts, &mut of_servers);
        }
        let (by_machine, by_server) = self.views(&taken);
        let mut hosts = BTreeMap::new();
        for ((machine, verdict), views) in self.machines.iter().zip(of_hosts).zip(by_machine) {
            let verdict = with_candidates(verdict.unwrap_or_else(alone), views);
            hosts.extend(machine.keys.iter().map(|key| (key.clone(), verdict.clone())));
        }
        let of_servers =
            self.servers.iter().zip(of_servers).zip(by_server).map(|(((key, _), verdict), views)| {
                (key.clone(), with_candidates(verdict.unwrap_or_else(alone), views))
            });
        Matching { hosts, servers: of_servers.collect() }
    }

    /// What is proven, and for neither side anything else is.
    fn matched(&self, taken: &Taken) -> Vec<Pair> {
        let (of_machines, of_servers) = self.proofs();
        // One that claims the machine and is proven to be no other: whoever tells more than it is not believed for that.
        let is_claimed = |(machine, server): &Pair| {
            let others = self.open.range((*machine, 0)..=(*machine, usize::MAX));
            let mut claims = others.filter(|((_, other), evidence)| {
                other != server && evidence.is_rival && evidence.contradictions == 0
            });
            claims.any(|((_, other), _)| of_servers[*other] == 0 && !taken.servers.contains(other))
        };
        let is_alone = |pair: &Pair| of_machines[pair.0] == 1 && of_servers[pair.1] == 1 && !is_claimed(pair);
        let is_free =
            |(machine, server): &Pair| !taken.machines.contains(machine) && !taken.servers.contains(server);
        let held =
            self.open.iter().filter(|(pair, evidence)| evidence.holds() && is_alone(pair) && is_free(pair));
        held.map(|(pair, _)| *pair).collect()
    }

    /// How many pairs with a proof each side has.
    fn proofs(&self) -> (Vec<usize>, Vec<usize>) {
        let mut of_machines = vec![0; self.machines.len()];
        let mut of_servers = vec![0; self.servers.len()];
        for ((machine, server), _) in self.open.iter().filter(|(_, evidence)| evidence.proofs > 0) {
            of_machines[*machine] += 1;
            of_servers[*server] += 1;
        }
        (of_machines, of_servers)
    }

    /// What each side sees of the pairs that are no match.
    #[expect(clippy::type_complexity, reason = "two lists of one kind of thing")]
    fn views(&self, taken: &Taken) -> (Vec<Vec<View<'_, S>>>, Vec<Vec<View<'_, H>>>) {
        let mut by_machine: Vec<Vec<View<'_, S>>> = self.machines.iter().map(|_| Vec::new()).collect();
        let mut by_server: Vec<Vec<View<'_, H>>> = self.servers.iter().map(|_| Vec::new()).collect();
        let (of_machines, of_servers) = self.proofs();
        for ((machine, server), evidence) in &self.open {
            let is_proof = evidence.proofs > 0;
            let rivals = of_machines[*machine].max(of_servers[*server]);
            let is_rivalled = rivals > usize::from(is_proof);
            by_machine[*machine].push(View {
                with: vec![self.servers[*server].0.clone()],
                evidence,
                is_taken: taken.servers.contains(server),
                is_rivalled,
            });
            by_server[*server].push(View {
                with: self.machines[*machine].keys.clone(),
                evidence,
                is_taken: taken.machines.contains(machine),
                is_rivalled,
            });
        }
        (by_machine, by_server)
    }

    /// Writes a confirmed pair down on both sides; on the one that is there, if the other is gone.
    fn confirm(
        &self,
        pair: &Confirmed<H, S>,
        of_hosts: &mut [Option<Verdict<S>>],
        of_servers: &mut [Option<Verdict<H>>],
    ) {
        let reasons = self.reasons(pair);
        if let Some(machine) = pair.machine {
            confirm_with(&mut of_hosts[machine], vec![pair.keys.1.clone()], &reasons);
        }
        if let Some(server) = pair.server {
            let gone = || vec![pair.keys.0.clone()];
            let keys = pair.machine.map_or_else(gone, |machine| self.machines[machine].keys.clone());
            confirm_with(&mut of_servers[server], keys, &reasons);
        }
    }

    /// Why they are one, and what the facts say to it.
    fn reasons(&self, pair: &Confirmed<H, S>) -> Vec<Reason> {
        let Some((machine, server)) = pair.machine.zip(pair.server) else {
            return vec![Reason::Confirmed, Reason::Missing];
        };
        let evidence = compare(&self.index, &self.machines[machine].identities, &self.servers[server].1);
        let mut reasons = vec![Reason::Confirmed];
        reasons.extend(evidence.reasons);
        reasons
    }
}

fn matched_with<K>(with: Vec<K>, evidence: &Evidence) -> Verdict<K> {
    let (score, reasons) = (evidence.score(), evidence.reasons.clone());
    Verdict { state: State::Matched, with, score, reasons, candidates: Vec::new() }
}

fn alone<K>() -> Verdict<K> {
    Verdict { state: State::Alone, with: Vec::new(), score: 0, reasons: Vec::new(), candidates: Vec::new() }
}

/// Two entries of one host may be confirmed with one server that is gone: that is not several.
fn confirm_with<K: Ord>(verdict: &mut Option<Verdict<K>>, with: Vec<K>, reasons: &[Reason]) {
    let verdict = verdict.get_or_insert_with(|| Verdict { state: State::Confirmed, score: 100, ..alone() });
    let is_another = !verdict.with.is_empty() && verdict.with != with;
    verdict.with.extend(with);
    verdict.reasons.extend(reasons);
    verdict.reasons.extend(is_another.then_some(Reason::SeveralConfirmed));
    verdict.with.sort();
    verdict.with.dedup();
    verdict.reasons.sort_unstable();
    verdict.reasons.dedup();
}

/// Adds who else might be it, and says how one without a match stands.
fn with_candidates<K: Ord + Clone>(mut verdict: Verdict<K>, views: Vec<View<'_, K>>) -> Verdict<K> {
    let is_matched = !verdict.with.is_empty();
    let views: Vec<View<'_, K>> = views
        .into_iter()
        .filter(|view| view.with != verdict.with && view.is_worth_showing(is_matched))
        .collect();
    if !is_matched && !views.is_empty() {
        let is_conflict = views.iter().any(View::is_conflict);
        verdict.state = if is_conflict { State::Conflict } else { State::Ambiguous };
    }
    let mut candidates: Vec<Candidate<K>> = views.into_iter().map(View::candidate).collect();
    candidates.sort_by(|one, other| other.score.cmp(&one.score).then_with(|| one.with.cmp(&other.with)));
    candidates.truncate(CANDIDATES);
    if !is_matched {
        verdict.score = candidates.first().map(|best| best.score).unwrap_or_default();
    }
    verdict.candidates = candidates;
    verdict
}

impl<K> View<'_, K> {
    /// Hints at somebody who is matched already are noise; so is all but proof beside a match.
    fn is_worth_showing(&self, is_matched: bool) -> bool {
        match (is_matched, self.is_taken) {
            (true, _) => self.evidence.proofs > 0,
            (false, true) => self.evidence.is_claim,
            (false, false) => true,
        }
    }

    /// A claim at somebody who is matched is a conflict only with a proof: otherwise the match explains it.
    fn is_conflict(&self) -> bool {
        self.evidence.proofs > 0 || (self.evidence.is_claim && !self.is_taken)
    }

    fn candidate(self) -> Candidate<K> {
        let mut reasons = self.evidence.reasons.clone();
        reasons.extend(self.is_rivalled.then_some(Reason::Rival));
        reasons.extend(self.is_taken.then_some(Reason::Taken));
        reasons.sort_unstable();
        Candidate { with: self.with, score: self.evidence.score_as_candidate(), reasons }
    }
}
