//! Many operations at random, by several processes over several vCenters, with workers among them.
//! Refuses to count in Muster: how often a kind was listed is what the servers say, and one of them that holds two syncs
//! at once has caught an overlap.

use super::{live, operations, worker};
use crate::support::{Musterctl, Peer, Random, eventually, finish, number, seed, table, terminate};
use contract::{Job, Kind, Lane, Operation, OperationState, Origin};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Operations in an ordinary run; MUSTER_SOAK raises it.
const FEW: u64 = 200;

/// Processes that ask for work at the same time.
const PROCESSES: u64 = 4;

/// vCenters; each sync of one of the first half stops at a gate, where a second one would be seen beside it.
const VCENTERS: usize = 10;
const GATED: usize = VCENTERS / 2;

/// What every sync does once, and no refresh of datastores or networks does.
const AT_THE_GATE: (&str, &str) = ("CreateContainerView", ">HostSystem<");

/// How long a sync stands at the gate: longer than any other needs to get there.
const STANDS: Duration = Duration::from_millis(60);

#[test]
fn what_four_processes_submit_at_random_runs_once_in_order_and_never_two_syncs_of_one_vcenter() {
    let (wanted, seed) = (number("MUSTER_SOAK").unwrap_or(FEW).max(FEW), seed());
    println!("{wanted} operations with MUSTER_SEED={seed}");
    let storm = Storm::new();
    let started = Instant::now();
    let (submitted, together) = storm.blow(wanted, seed);
    let took = started.elapsed();
    assert!(submitted >= wanted);
    assert_eq!(together, 1, "syncs of one vCenter that a server saw at once");

    let all = storm.since();
    for operation in &all {
        assert_eq!(operation.state, OperationState::Succeeded, "{operation:?}");
        assert_eq!(operation.progress.attempts, 1, "{operation:?}");
    }
    for (name, peer) in &storm.peers {
        let mine: Vec<&Operation> = all.iter().filter(|operation| operation.about() == name).collect();
        storm.ran_once(name, peer, &mine);
        in_order(&mine);
        assert_eq!(peer.sessions(), 0, "{name}");
    }
    let has =
        |what: &str, is: fn(&Operation) -> bool| assert!(all.iter().any(is), "no {what}: nothing was shown");
    has("work of a reader", |one| one.origin == Origin::Reader);
    has("work that nobody waited for", |one| !one.awaited);
    has("work that somebody waited for", |one| one.awaited);
    let late = all.iter().filter_map(|one| Some(one.started_at?.0 - one.submitted_at.0)).max().unwrap_or(0);
    table(
        &format!("{submitted} submissions by {PROCESSES} processes over {VCENTERS} vCenters, seed {seed}"),
        format!(
            "{} operations, each ran once; never two syncs of one vCenter; {took:.0?}, the last began after {late} ms",
            all.len()
        ),
    );
}

struct Storm {
    peers: BTreeMap<String, Peer>,
    muster: Musterctl,
    /// How many views each kind of work opens, measured before.
    views: BTreeMap<String, u64>,
    /// What the servers and the database had before it began.
    before: BTreeMap<String, u64>,
    known: usize,
}

impl Storm {
    fn new() -> Storm {
        let muster = Musterctl::new();
        let mut peers = BTreeMap::new();
        for number in 0..VCENTERS {
            let peer = Peer::start(&["--model", "vpx", "--vms", "0", "--hosts-per-cluster", "1"]);
            let name = format!("vc-{number}");
            muster.add(&peer, &name);
            peers.insert(name, peer);
        }
        // The first pass over a vCenter reads more than a refresh of one kind does later.
        muster.ok(&["sync", "full", "--all"]);
        let views = measured(&muster, &peers["vc-0"]);
        let before = peers.iter().map(|(name, peer)| (name.clone(), opened(peer))).collect();
        let known = operations(&muster).len();
        Storm { peers, muster, views, before, known }
    }

    /// Answers with how much was submitted, and how many syncs of one vCenter a server had at once.
    fn blow(&self, wanted: u64, seed: u64) -> (u64, u64) {
        let gated: Vec<&Peer> = self.peers.values().take(GATED).collect();
        let (method, of) = AT_THE_GATE;
        for peer in &gated {
            peer.rule(json!({"method": method, "type": of, "action": {"hold": true}}));
        }
        let (submitted, is_over) = (AtomicU64::new(0), AtomicBool::new(false));
        let together = std::thread::scope(|scope| {
            let gates: Vec<_> =
                gated.iter().map(|peer| scope.spawn(|| stand_at_the_gate(peer, &is_over))).collect();
            let workers = [worker(&self.muster, "10m"), worker(&self.muster, "10m")];
            let clients: Vec<_> = (0..PROCESSES)
                .map(|client| {
                    let (submitted, random) = (&submitted, Random(seed.wrapping_add(client * 7919)));
                    scope.spawn(move || self.submit(random, wanted / PROCESSES, submitted))
                })
                .collect();
            clients.into_iter().for_each(|client| client.join().unwrap());
            eventually("everything has ended", || live(&self.muster) == 0);
            is_over.store(true, Ordering::Relaxed);
            for worker in workers {
                terminate(&worker);
                let run = finish(worker);
                assert_eq!(run.code, 0, "{run:?}");
            }
            gates.into_iter().map(|gate| gate.join().unwrap()).max().unwrap_or(0)
        });
        (submitted.into_inner(), together)
    }

    /// One process after another, as a person or a script would start them.
    fn submit(&self, mut random: Random, wanted: u64, submitted: &AtomicU64) {
        let names: Vec<&String> = self.peers.keys().collect();
        let mut own = 0;
        while own < wanted {
            let chosen: BTreeSet<&str> =
                (0..=random.below(3)).map(|_| random.one_of(&names).as_str()).collect();
            let chosen: Vec<&str> = chosen.into_iter().collect();
            let one = &chosen[..1];
            let is_gated = names[..GATED].iter().any(|name| *name == one[0]);
            let (verb, of): (&[&str], &[&str]) = match random.below(10) {
                0..=3 => (&["sync", "full"], &chosen),
                4 | 5 => (&["sync", "hosts"], one),
                6 | 7 => (&["refresh", "datastores"], &chosen),
                // A test looks at the hosts too, and would stand at the gate beside a sync, as it may.
                8 if !is_gated => (&["test"], one),
                _ => (&["inventory", "networks", "--max-age", "1s", "--vcenter"], one),
            };
            let mut arguments = [verb, of].concat();
            if !["test", "inventory"].contains(&verb[0]) && random.below(2) == 0 {
                arguments.push("--detach");
            }
            let run = self.muster.json(&arguments);
            assert_eq!(run.code, 0, "{arguments:?}: {run:?}");
            own += of.len() as u64;
        }
        submitted.fetch_add(own, Ordering::Relaxed);
    }

    /// What the database says that there was since it began.
    fn since(&self) -> Vec<Operation> {
        operations(&self.muster).split_off(self.known)
    }

    /// A server saw as many views as these operations open if each runs once.
    fn ran_once(&self, name: &str, peer: &Peer, operations: &[&Operation]) {
        // One that found the data read by another while it waited asks nobody.
        let ran = operations.iter().filter(|operation| operation.calls > 0);
        let expected: u64 = ran.map(|operation| self.views[&called(&operation.job)]).sum();
        assert_eq!(opened(peer) - self.before[name], expected, "views at {name}: {operations:#?}");
    }
}

/// How many views each kind of work opens at an undisturbed server.
fn measured(muster: &Musterctl, peer: &Peer) -> BTreeMap<String, u64> {
    let mut views = BTreeMap::new();
    for arguments in [
        &["sync", "full", "vc-0"][..],
        &["sync", "hosts", "vc-0"],
        &["refresh", "datastores", "vc-0"],
        &["refresh", "networks", "vc-0"],
        &["test", "vc-0"],
    ] {
        let before = opened(peer);
        muster.ok(arguments);
        let newest: Value = muster.ok(&["operations", "list", "--limit", "1"]);
        let newest: Vec<Operation> = serde_json::from_value(newest).unwrap();
        views.insert(called(&newest[0].job), opened(peer) - before);
    }
    assert!(views.values().all(|count| *count > 0), "{views:?}");
    views
}

fn called(job: &Job) -> String {
    format!("{} {}", job.kind().name(), job.scope().join(" "))
}

fn opened(peer: &Peer) -> u64 {
    peer.calls("CreateContainerView")
}

/// Lets syncs through one after the other; answers with how many stood there at once.
fn stand_at_the_gate(peer: &Peer, is_over: &AtomicBool) -> u64 {
    let held = || peer.get("/held")["held"].as_u64().unwrap();
    let mut most = 0;
    while !is_over.load(Ordering::Relaxed) {
        if held() > 0 {
            std::thread::sleep(STANDS);
            most = most.max(held());
            peer.post("/release", json!({}));
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    most
}

/// Of one vCenter: what takes its lane never overlaps, and goes in the order in which it was queued; a person's work may
/// go before a reader's, whose place in the storm nobody knows: that it does is shown by a test of its own.
fn in_order(operations: &[&Operation]) {
    let by_reader = |one: &Operation| one.origin == Origin::Reader;
    let lane: Vec<&&Operation> =
        operations.iter().filter(|one| by_reader(one) || one.job.lane() == Lane::Sync).collect();
    let started = |one: &Operation| one.started_at.expect("it ran");
    let mut by_time = lane.clone();
    by_time.sort_by_key(|one| (started(one), one.finished_at));
    for pair in by_time.windows(2) {
        assert!(pair[0].finished_at.expect("it ended") <= started(pair[1]), "two at once: {pair:#?}");
    }
    for (number, one) in lane.iter().enumerate() {
        for other in &lane[number + 1..] {
            let is_kept = by_reader(one) != by_reader(other) || started(one) <= started(other);
            assert!(is_kept, "overtaken: {one:#?} {other:#?}");
        }
    }
    let of_readers = lane.iter().filter(|one| by_reader(one));
    assert!(of_readers.into_iter().all(|one| one.job.scope() == [Kind::Networks.to_string()]));
}
