//! Processes that are killed at random points of a sync, of work in the queue and of a change of the configuration, all on
//! one file, again and again.
//! Refuses to forgive: what a command acknowledged is there afterwards, the file is whole, and the inventory is the one
//! before or the one after, never a mixture. MUSTER_SOAK=1000 kills so often, which is what `./dev soak` does;
//! MUSTER_SEED=… kills at the same points again. That migrations survive it is tested in crates/store.

use crate::support::{Musterctl, Peer, Random, Run, eventually, finish, number, seed, table, terminate};
use serde_json::{Value, json};
use std::process::Stdio;
use std::time::{Duration, Instant};

/// Kills in an ordinary run.
const FEW: u64 = 20;

#[test]
fn whatever_is_killed_when_nothing_acknowledged_is_lost_and_nothing_is_mixed() {
    let kills = number("MUSTER_SOAK").unwrap_or(FEW);
    let seed = seed();
    println!("{kills} kills with MUSTER_SEED={seed}");
    let mut soak = Soak::new(seed);
    let mut round = 0;
    while soak.killed < kills {
        round += 1;
        let before = soak.seen();
        soak.round(round);
        soak.holds(&before);
        if round % 50 == 0 {
            println!("round {round}: {} killed, {} acknowledged", soak.killed, soak.acknowledged.len());
        }
    }
    soak.ends(round);
}

/// What a reader sees: the generation of hosts and of VMs, and the label of the vCenter.
#[derive(Clone, Debug, PartialEq)]
struct Seen {
    hosts: u64,
    vms: u64,
    tag: String,
}

/// What a round has started and not seen the end of.
enum Work {
    FullSync,
    SyncHosts,
    Test,
    Edit(String),
    /// A full sync that is left to whoever works.
    Detached,
    /// A process that does what is left to it.
    Worker,
}

struct Soak {
    peer: Peer,
    muster: Musterctl,
    random: Random,
    /// Names on the server carry it.
    generation: u64,
    morefs: Vec<(&'static str, String)>,
    /// How long a sync takes when nobody disturbs it.
    usual: Duration,
    killed: u64,
    /// Operations of which a command said how they ended, and how.
    acknowledged: Vec<(Value, Value)>,
    /// Operations that a command said are queued, whoever waits for them.
    queued: Vec<Value>,
    /// How many there were of those.
    detached: u64,
    /// What is acknowledged of this round.
    least: Seen,
    /// Whether hosts were synced without the rest.
    hosts_alone: bool,
    /// The label that this round wanted to give.
    edit: Option<String>,
}

impl Soak {
    fn new(seed: u64) -> Soak {
        let peer = Peer::start(&["--model", "vpx", "--vms", "20"]);
        let muster = Musterctl::with(&peer, "Berlin");
        muster.ok(&["sync", "full", "Berlin"]);
        let morefs = [("hosts", "HostSystem"), ("vms", "VirtualMachine")].map(|(kind, object_type)| {
            let rows = muster.ok(&["inventory", kind]);
            let moref = |row: &Value| (object_type, row["moref"].as_str().unwrap().to_owned());
            rows.as_array().unwrap().iter().map(moref).collect::<Vec<_>>()
        });
        let least = Seen { hosts: 0, vms: 0, tag: "t0".to_owned() };
        let mut soak = Soak {
            peer,
            muster,
            random: Random(seed),
            generation: 0,
            morefs: morefs.concat(),
            usual: Duration::ZERO,
            killed: 0,
            acknowledged: Vec::new(),
            queued: Vec::new(),
            detached: 0,
            least,
            hosts_alone: false,
            edit: None,
        };
        soak.rename();
        let started = Instant::now();
        soak.muster.ok(&["sync", "full", "Berlin"]);
        soak.usual = started.elapsed();
        soak.muster.ok(&["vcenter", "edit", "Berlin", "--tag", "t0"]);
        soak.least = soak.seen();
        soak
    }

    /// The server goes on: everything has another name.
    fn rename(&mut self) {
        self.generation += 1;
        for (object_type, moref) in &self.morefs {
            let name = format!("g{} {moref}", self.generation);
            self.peer.post("/update", json!({"type": object_type, "moref": moref, "set": {"name": name}}));
        }
    }

    /// Starts some commands and kills at least one of them somewhere.
    fn round(&mut self, round: u64) {
        self.rename();
        let mut work = vec![Work::FullSync];
        for _ in 0..self.random.below(4) {
            work.push(match self.random.below(8) {
                0 => Work::FullSync,
                1 => Work::SyncHosts,
                2 => Work::Test,
                3 | 4 => Work::Detached,
                5 | 6 => Work::Worker,
                _ if work.iter().any(|work| matches!(work, Work::Edit(_))) => Work::Test,
                _ => Work::Edit(format!("t{round}")),
            });
        }
        self.hosts_alone = work.iter().any(|work| matches!(work, Work::SyncHosts));
        self.edit = work.iter().find_map(|work| match work {
            Work::Edit(tag) => Some(tag.clone()),
            _ => None,
        });
        let children: Vec<_> = work.iter().map(|work| self.muster.spawn(&arguments(work))).collect();
        let first = self.random.below(children.len() as u64);
        let most = u64::try_from(self.usual.as_micros()).unwrap() * 3 / 2;
        let runs: Vec<Run> = children
            .into_iter()
            .enumerate()
            .map(|(n, mut child)| {
                // One is always killed, the others now and then.
                if n as u64 == first || self.random.below(3) == 0 {
                    let after = Duration::from_micros(self.random.below(most));
                    std::thread::sleep(after);
                    child.kill().unwrap();
                    self.killed += 1;
                }
                finish(child)
            })
            .collect();
        for (work, run) in work.iter().zip(&runs) {
            self.note(work, run);
        }
    }

    /// Takes a command at its word, also one that was killed after it had spoken.
    fn note(&mut self, work: &Work, run: &Run) {
        let Ok(said) = serde_json::from_str::<Value>(&run.stdout) else { return };
        match work {
            Work::Edit(tag) => self.least.tag.clone_from(tag),
            Work::Test | Work::Worker => {}
            Work::Detached => self.queued.push(said[0]["operation"].clone()),
            Work::FullSync | Work::SyncHosts => {
                for operation in said.as_array().unwrap() {
                    let state = operation["state"].clone();
                    if state == "succeeded" {
                        self.least.hosts = self.generation;
                        if matches!(work, Work::FullSync) {
                            self.least.vms = self.generation;
                        }
                    }
                    self.acknowledged.push((operation["operation"].clone(), state));
                }
            }
        }
    }

    /// What a reader sees now; fails if it is a mixture.
    fn seen(&self) -> Seen {
        let generation = |kind: &str| {
            let rows = self.muster.ok(&["inventory", kind]);
            let names = rows.as_array().unwrap().iter().map(|row| row["name"].as_str().unwrap().to_owned());
            let mut generations: Vec<u64> =
                names.map(|name| name[1..name.find(' ').unwrap()].parse().unwrap()).collect();
            generations.dedup();
            assert_eq!(generations.len(), 1, "{kind} of several generations: {generations:?}");
            generations[0]
        };
        let tags = self.muster.ok(&["vcenter", "show", "Berlin"])["tags"].clone();
        Seen { hosts: generation("hosts"), vms: generation("vms"), tag: tags[0].as_str().unwrap().to_owned() }
    }

    /// Everything that has to hold after a kill.
    fn holds(&mut self, before: &Seen) {
        self.work_off();
        let database = self.muster.json(&["doctor"]).document()[0].clone();
        assert_eq!((&database["name"], &database["ok"]), (&json!("database"), &json!(true)), "{database}");
        let (now, new, least) = (self.seen(), self.generation, &self.least);
        let is_old_or_new = |seen: u64, before: u64| seen == before || seen == new;
        assert!(is_old_or_new(now.hosts, before.hosts) && is_old_or_new(now.vms, before.vms), "{now:?}");
        assert!(now.hosts >= least.hosts && now.vms >= least.vms, "{now:?} is less than {least:?}");
        // A full sync publishes both or nothing; only a sync of hosts may bring them alone.
        assert!(now.vms != new || now.hosts == new, "VMs without their hosts: {now:?}");
        assert!(now.hosts != new || now.vms == new || self.hosts_alone, "hosts without their VMs: {now:?}");
        let is_tagged =
            now.tag == least.tag || (least.tag == before.tag && Some(&now.tag) == self.edit.as_ref());
        assert!(is_tagged, "{now:?}, acknowledged {least:?}");
        self.least = now;
        let live = |operation: &Value| ["queued", "running"].contains(&operation["state"].as_str().unwrap());
        eventually("nothing is left that seems to live", || {
            !self.muster.ok(&["operations", "list", "--limit", "20"]).as_array().unwrap().iter().any(live)
        });
    }

    /// What was left to a worker is done by the next one, or was begun by one that was killed and is not begun again.
    fn work_off(&mut self) {
        let newest = || {
            let all = self.muster.ok(&["operations", "list", "--limit", "20"]);
            all.as_array().unwrap().clone()
        };
        let live = |all: &[Value]| all.iter().any(|one| one["finished_at"].is_null());
        if live(&newest()) {
            let worker = self.muster.command(&["run", "--for", "60s"]).stdout(Stdio::null()).spawn().unwrap();
            eventually("the next worker has done what was left", || !live(&newest()));
            terminate(&worker);
            // The look ended what was of the dead; then it may be told to end before it has begun to work.
            let run = finish(worker);
            assert!(run.code == 0 || run.code == 130, "{run:?}");
        }
        let all = newest();
        for id in std::mem::take(&mut self.queued) {
            let one = all.iter().find(|one| one["operation"] == id).unwrap_or_else(|| panic!("{id} is lost"));
            let (state, attempts) = (&one["state"], &one["attempts"]);
            assert!(attempts == 1 && (state == "succeeded" || state == "interrupted"), "{one}");
            self.detached += 1;
            self.acknowledged.push((id, state.clone()));
        }
        let twice = all.iter().find(|one| one["attempts"].as_u64() > Some(1));
        assert!(twice.is_none(), "begun twice: {twice:?}");
    }

    /// In the end everything acknowledged is there, and a sync succeeds as if nothing had happened. Answers with the figures.
    fn ends(&mut self, rounds: u64) {
        let all = self.muster.ok(&["operations", "list", "--limit", "1000000"]);
        let all: std::collections::HashMap<&str, &Value> = all
            .as_array()
            .unwrap()
            .iter()
            .map(|operation| (operation["operation"].as_str().unwrap(), &operation["state"]))
            .collect();
        for (operation, state) in &self.acknowledged {
            assert_eq!(all.get(operation.as_str().unwrap()), Some(&state), "{operation}");
        }
        self.rename();
        self.muster.ok(&["sync", "full", "Berlin"]);
        let now = self.seen();
        assert_eq!((now.hosts, now.vms), (self.generation, self.generation));
        let (killed, acknowledged) = (self.killed, self.acknowledged.len());
        table(
            &format!("{killed} processes killed in {rounds} rounds"),
            format!(
                "{acknowledged} acknowledged operations, {} of them left to a worker; 0 lost, 0 begun twice, never mixed",
                self.detached
            ),
        );
    }
}

fn arguments(work: &Work) -> Vec<&str> {
    match work {
        Work::FullSync => vec!["sync", "full", "Berlin", "--json"],
        Work::SyncHosts => vec!["sync", "hosts", "Berlin", "--json"],
        Work::Test => vec!["test", "Berlin", "--json"],
        Work::Edit(tag) => vec!["vcenter", "edit", "Berlin", "--tag", tag, "--json"],
        Work::Detached => vec!["sync", "full", "Berlin", "--detach", "--json"],
        Work::Worker => vec!["run", "--for", "1s", "--json"],
    }
}
