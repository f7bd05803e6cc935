//! The history: what a day of syncs takes in the database, and what recording adds to a sync.
//! Refuses to make up documents: they are those of a full sync of the simulator, and everything goes through the store.

use crate::sync;
use crate::table::{Table, median};
use crate::window;
use anyhow::{Context, Result};
use contract::{
    Diff, Job, Kind, Object, OperationId, OperationState, Origin, Progress, Recorded, Role, Snapshot, Step,
    Steps, Time, Trust, Value, VcenterId, columns,
};
use simulator::{Options, Simulator};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use store::{Asked, Finish, NewOperation, Pass, Store};

const VMS: u32 = 10_000;

/// A day of syncs, every five minutes.
const RUNS: usize = 288;

/// Of all VMs, in each run: those with other used space, in percent, and those that somebody changed, in thousandths.
const GROWING: usize = 20;
const CHANGED: usize = 5;

/// VMs that come and go in each run.
const COMING: usize = 5;

/// Syncs before what they leave is measured.
const WARM: usize = 3;

/// Passes of each kind that are timed.
const TIMED: usize = 11;

pub(crate) async fn run(folder: &Path, table: &mut Table) -> Result<()> {
    table.section(format!("The history of {VMS} VMs, synced every 5 minutes"));
    let data = folder.join("history");
    let vcenter = first_sync(&data).await?;
    let store = Store::open(&data).await?;
    let (mut day, mut at) = (Day { store: &store, vcenter, next: 0 }, 1);
    // What staging needs is in the file from the first one on, and used again by the next.
    for _ in 0..WARM {
        let pass = day.pass(|vms| a_usual_run(vms, at)).await?;
        day.publish(pass).await?;
        at += 1;
    }
    let before = store.check().await?.used_bytes;
    let mut recorded = Recorded::default();
    let began = Instant::now();
    for _ in 0..RUNS {
        let pass = day.pass(|vms| a_usual_run(vms, at)).await?;
        let ran = day.publish(pass).await?;
        recorded.added += ran.recorded.added;
        recorded.changed += ran.recorded.changed;
        recorded.removed += ran.recorded.removed;
        at += 1;
    }
    let took = began.elapsed().as_secs_f64();
    let after = store.check().await?.used_bytes;
    table.value(
        "syncs, with the objects recorded",
        format!(
            "{RUNS}: {} added, {} changed, {} removed",
            recorded.added, recorded.changed, recorded.removed
        ),
    );
    table.value("database before", megabytes(before));
    table.value("bytes a day", megabytes(after.saturating_sub(before)));
    table.value("90 days of that", megabytes(after.saturating_sub(before) * 90));
    table
        .value("a pass of the day, compared and published", format!("{:.0} ms", took * 1000.0 / RUNS as f64));
    day.timed(table).await?;
    store.close().await;
    pruned(&data, table).await
}

/// Forgets the whole day: how long other writers wait for a step of it, and whether its room is used again.
async fn pruned(data: &Path, table: &mut Table) -> Result<()> {
    let store = Store::open(data).await?;
    let (mut steps, mut longest) = (0, Duration::ZERO);
    loop {
        let began = Instant::now();
        let gone = store.forget_operations(Time(i64::MAX), 1).await?;
        longest = longest.max(began.elapsed());
        if gone == 0 {
            break;
        }
        steps += 1;
    }
    store.close().await;
    table.value(
        "steps that forget it, and the longest",
        format!("{steps}, {:.0} ms", longest.as_secs_f64() * 1000.0),
    );
    Ok(())
}

async fn first_sync(data: &Path) -> Result<VcenterId> {
    let server = Simulator::start(Options::new(VMS, 1)).await?;
    let service = sync::open_as(data, None, false).await?;
    let trust = Trust::Pin { sha256: server.sha256().to_owned() };
    let login = (server.user(), server.password());
    let vcenter = window::add(&service, "Bench", &server.address().to_string(), login, trust).await?;
    window::sync(&service, &vcenter).await?;
    service.close().await;
    server.stop().await;
    Ok(vcenter)
}

/// What becomes of the VMs in a run with this number.
type Change = fn(&mut Vec<Arc<Object>>, i64);

/// A part of what an operation took.
type Part = fn(&Ran) -> Duration;

/// What one operation took and recorded.
struct Ran {
    recorded: Recorded,
    staging: Duration,
    publishing: Duration,
}

struct Day<'a> {
    store: &'a Store,
    vcenter: VcenterId,
    next: u32,
}

impl Day<'_> {
    /// A pass that finds the VMs as they are after a change.
    async fn pass(&self, change: impl FnOnce(&mut Vec<Arc<Object>>)) -> Result<Pass> {
        let loaded = self.store.load(&self.vcenter).await?;
        let before = Snapshot::new(loaded.objects, loaded.coverage).at(loaded.revision, loaded.ages);
        let mut vms = before.objects(Kind::Vms).to_vec();
        change(&mut vms);
        let mut asked = Asked::default();
        asked.list(Kind::Vms, now());
        vms.iter().for_each(|vm| asked.object(Kind::Vms, vm.moref.clone(), now()));
        Ok(Pass {
            base: before.revision().clone(),
            before: Arc::new(before),
            objects: vms,
            whole: vec![Kind::Vms],
            clusters: Vec::new(),
            gone: Vec::new(),
            asked,
            counted: vec![Kind::Vms],
            synced_at: now(),
        })
    }

    async fn publish(&mut self, pass: Pass) -> Result<Ran> {
        self.next += 1;
        let id = OperationId(format!("{:08x}-0000-7000-8000-000000000000", self.next));
        let new = NewOperation {
            id: id.clone(),
            vcenter_id: Some(self.vcenter.clone()),
            job: Job::FULL_SYNC,
            origin: Origin::Schedule,
            role: Role::Operator,
            awaited: false,
            at: now(),
            parent: None,
        };
        self.store.submit(new).await?;
        let claim = self.store.claim(&id, now()).await?.context("nobody else claims it")?;
        let onward = |_: usize, _: usize| true;
        let began = Instant::now();
        let staged = self.store.stage(&claim, &pass, &onward).await?;
        let staging = began.elapsed();
        let began = Instant::now();
        self.store.publish(&claim, staged, &pass, finish(), &onward).await?;
        let publishing = began.elapsed();
        let recorded = self.store.operation(id.as_str()).await?.recorded.context("it was published")?;
        Ok(Ran { recorded, staging, publishing })
    }

    /// The same change with and without recording, one after the other: what nobody knows from before is not recorded.
    async fn timed(&mut self, table: &mut Table) -> Result<()> {
        let changes: [(&str, Change); 2] =
            [("as on a usual day", a_usual_run), ("of which every VM changed", every_vm)];
        let mut at = 1_000;
        for (what, change) in changes {
            let (mut with, mut without): (Vec<Ran>, Vec<Ran>) = Default::default();
            for round in 0..TIMED {
                // What comes second finds more in memory.
                for is_recorded in [round % 2 == 0, round % 2 != 0] {
                    at += 1;
                    let mut pass = self.pass(|vms| change(vms, at)).await?;
                    if !is_recorded {
                        pass.before = Arc::default();
                    }
                    let ran = self.publish(pass).await?;
                    if is_recorded { with.push(ran) } else { without.push(ran) }
                }
            }
            let ms = |runs: &[Ran], of: fn(&Ran) -> Duration| {
                median(runs.iter().map(|run| of(run).as_secs_f64() * 1000.0))
            };
            let parts: [(&str, Part); 2] =
                [("comparing", |run| run.staging), ("publishing", |run| run.publishing)];
            for (part, of) in parts {
                let (recording, plain) = (ms(&with, of), ms(&without, of));
                table.value(
                    format!("{part} a pass {what}: recording, without, ratio"),
                    format!("{recording:.0} ms, {plain:.0} ms, {:.2}", recording / plain.max(0.1)),
                );
            }
        }
        Ok(())
    }
}

/// What a vCenter brings in five minutes: used space, and here and there a change; some VMs come and some go.
fn a_usual_run(vms: &mut Vec<Arc<Object>>, at: i64) {
    let run = usize::try_from(at).unwrap_or_default();
    for (number, vm) in vms.iter_mut().enumerate() {
        if (number + run * 7) % 100 < GROWING {
            *vm = with(vm, "committed_bytes", Value::Int(1 << 30 | at));
        }
        if (number + run * 13) % 1000 < CHANGED {
            let power = if at % 2 == 0 { "poweredOn" } else { "poweredOff" };
            let column = ["power_state", "ip_address", "guest_hostname"][number % 3];
            let value = if column == "power_state" {
                power.to_owned()
            } else {
                format!("10.0.{}.{}", at % 250, number % 250)
            };
            *vm = with(vm, column, Value::text(value));
        }
    }
    for gone in 0..COMING {
        vms.remove((run * 31 + gone * 17) % vms.len());
    }
    for new in 0..COMING {
        let mut vm = (*vms[(run * 11 + new) % vms.len()]).clone();
        vm.moref = format!("vm-new-{at}-{new}").into();
        vms.push(with(&vm, "name", Value::text(format!("new-{at}-{new}"))));
    }
}

fn every_vm(vms: &mut Vec<Arc<Object>>, at: i64) {
    for vm in vms {
        *vm = with(vm, "guest_hostname", Value::text(format!("host-{at}")));
    }
}

fn with(object: &Object, column: &str, value: Value) -> Arc<Object> {
    let mut object = object.clone();
    if let Some(slot) = columns::of(object.kind).slot(column) {
        object.values[slot] = value;
    }
    Arc::new(object)
}

/// The end of a full sync, with as many steps as one has.
fn finish() -> Finish {
    let step = |step: String| Step { attempt: 1, step, after_ms: 1_234, took_ms: 567 };
    let kinds = Kind::READ
        .iter()
        .flat_map(|kind| [format!("listing {}", kind.plural()), format!("reading {}", kind.plural())]);
    let all =
        ["connecting".to_owned()].into_iter().chain(kinds).chain(["comparing".into(), "writing".into()]);
    Finish {
        state: OperationState::Succeeded,
        at: now(),
        progress: Progress { percent: Some(100), attempts: 1, step: "writing".into(), ..Progress::default() },
        diff: Diff::default(),
        calls: 60,
        bytes: 30 << 20,
        error: None,
        result: None,
        steps: Steps { steps: all.map(step).collect(), failures: Vec::new() },
        latency: Default::default(),
    }
}

fn now() -> Time {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    Time(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

fn megabytes(bytes: u64) -> String {
    format!("{:.2} MB", bytes as f64 / 1e6)
}
