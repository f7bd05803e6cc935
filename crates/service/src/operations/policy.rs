//! Runs a policy: its steps one after another, each on its vCenters batch by batch, as operations of the same queue.
//! Refuses to do any of it itself, and to go on where it was told to stop.

use super::running::{How as Told, Outcome, Watched};
use super::{By, Hold, Operations, Place};
use crate::explain;
use crate::jobs::Stop;
use contract::command::Withdrawn;
use contract::destination::SoFar;
use contract::policy::{Cause, How, PolicySettings, Ran, RanStep, Step};
use contract::{
    ApiError, Code, Job, OperationId, OperationState, Origin, PolicyId, Progress, VcenterId, words,
};
use futures_util::future::join_all;
use std::sync::Arc;
use std::time::Duration;
use store::Claim;
use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use vsphere::Traffic;

/// A run under way.
struct Run {
    operations: Operations,
    claim: Claim,
    policy: PolicyId,
    settings: PolicySettings,
    cause: Cause,
    by: By,
    place: Place,
    cancel: CancellationToken,
    /// When it may go on no longer.
    until: Option<Instant>,
    progress: watch::Sender<Progress>,
}

/// Why a run does not go on.
#[derive(Clone, PartialEq)]
enum End {
    /// Somebody cancelled it.
    Cancelled,
    /// As much failed as was set.
    Failures(u32),
    /// It took as long as was set.
    Time(u64),
    /// Everything was paused, and nobody started it.
    Paused,
}

/// How many operations ended how.
#[derive(Default)]
struct Sum {
    good: u32,
    failed: u32,
}

/// The vCenters of a run, as they stand now.
#[derive(Default)]
struct Ready {
    /// Those on which it runs.
    vcenters: Vec<VcenterId>,
    /// Those that it tells of, with their names.
    told: Vec<(VcenterId, String)>,
    /// Those that it leaves out, and why.
    left_out: Vec<String>,
}

/// What a run has done.
struct Done {
    ran: Ran,
    end: Option<End>,
    /// Whether any operation succeeded.
    did_something: bool,
}

impl End {
    fn words(&self) -> String {
        match self {
            End::Cancelled => "the run was cancelled".to_owned(),
            End::Paused => "everything is paused".to_owned(),
            End::Failures(number) => {
                let failures = words::counted(*number as usize, "failure", "failures");
                format!("the run stopped after {failures}, as its policy says")
            }
            End::Time(seconds) => {
                let took = words::duration(i64::try_from(*seconds).unwrap_or(i64::MAX));
                format!("the run took longer than {took}, which is the most that its policy allows")
            }
        }
    }
}

impl Operations {
    /// Runs a policy. However that ends, the operation has an outcome afterwards.
    pub(super) async fn carry_out(&self, claim: Claim, place: Place, cancel: &CancellationToken) {
        let Job::Policy { policy, settings, cause } = claim.operation.job.clone() else { return };
        let by = By::itself(Origin::Policy, &self.0.host, (self.0.now)());
        let most = settings.how.most_seconds.map(Duration::from_secs);
        let run = Arc::new(Run {
            operations: self.clone(),
            by: By { parent: Some(claim.operation.id.clone()), ..by },
            policy,
            settings: *settings,
            cause: *cause,
            place,
            cancel: cancel.clone(),
            until: most.and_then(|most| Instant::now().checked_add(most)),
            progress: watch::channel(Progress { attempts: 1, ..Progress::default() }).0,
            claim,
        });
        let work = {
            let run = run.clone();
            self.0.tracker.spawn(async move { run.all(run.cause.vcenters.clone()).await })
        };
        let traffic = Traffic::default;
        let watched = Watched { claim: &run.claim, progress: &run.progress, cancel, traffic: &traffic };
        let done = self.watch(&watched, work).await;
        let progress = run.progress.borrow().clone();
        let outcome = match done {
            Ok(done) => outcome(done, self.0.closing.is_cancelled() && !run.claim.operation.awaited),
            Err(stop) => Outcome { contact: None, ..self.stopped(&run.claim, stop) },
        };
        self.settle(&run.claim, outcome, Told { progress, ..Told::default() }).await;
    }
}

impl Run {
    /// Does all steps, or as many as it may.
    async fn all(&self, vcenters: Vec<VcenterId>) -> Result<Done, Stop> {
        let mut ran = Ran::default();
        let Ready { vcenters, told, left_out } = self.ready(vcenters).await?;
        ran.left_out = left_out;
        let (told, names): (Vec<_>, Vec<_>) = told.into_iter().unzip();
        let How { batch, .. } = self.settings.how;
        let batch = batch.map_or(usize::MAX, |batch| batch as usize).max(1).min(vcenters.len().max(1));
        let on = |step: &Step| if step.is_on_vcenters() { vcenters.len() } else { 1 };
        let total: usize = self.settings.steps.iter().map(on).sum();
        self.progress.send_modify(|progress| progress.total = total as u64);
        let (mut end, mut sum) = (None, Sum::default());
        let destinations = self.operations.0.store.destinations().await.map_err(explain::store)?;
        let called = |id: &str| {
            let known = destinations.iter().find(|one| one.id.as_str() == id);
            known.map_or_else(|| "a destination that was removed".to_owned(), |one| one.settings.name.clone())
        };
        for step in &self.settings.steps {
            let said = words::policy_step(&step.clone().to_called(called));
            let so_far = SoFar {
                run: self.claim.operation.id.clone(),
                step: ran.steps.len() + 1,
                policy: self.policy.clone(),
                name: self.settings.name.clone(),
                cause: self.cause.clone(),
                vcenters: told.clone(),
                names: names.clone(),
                left_out: ran.left_out.clone(),
                steps: ran.steps.clone(),
            };
            let job = step.job_in(so_far, &step.to().map(called).unwrap_or_default());
            let mut this =
                RanStep { step: said.clone(), outcome: None, operations: Vec::new(), message: None };
            let batches: Vec<Vec<Option<VcenterId>>> = match step.is_on_vcenters() {
                true => vcenters.chunks(batch).map(|some| some.iter().cloned().map(Some).collect()).collect(),
                false => vec![vec![None]],
            };
            if batches.is_empty() && end.is_none() {
                this.message = Some("there is no vCenter that it could run on".to_owned());
            }
            for (place, targets) in batches.iter().enumerate() {
                if end.is_none() && place > 0 {
                    end = self.pause().await;
                }
                end = end.or_else(|| self.end(sum.failed));
                if end.is_none() && self.is_by_itself() && self.operations.pause_of_all().await?.is_some() {
                    end = Some(End::Paused);
                }
                if let Some(end) = &end {
                    // What failed is said rather than that nothing came after it.
                    this.message.get_or_insert_with(|| match place {
                        0 => format!("not begun: {}", end.words()),
                        _ => format!("not done on all: {}", end.words()),
                    });
                    break;
                }
                self.progress.send_modify(|progress| progress.step.clone_from(&said));
                let targets = self.still_ready(targets, &mut ran.left_out).await?;
                self.batch(&job, &targets, &mut this, &mut sum).await;
                end = self.end(sum.failed);
            }
            ran.steps.push(this);
        }
        Ok(Done { ran, end, did_something: sum.good > 0 })
    }

    /// The vCenters on which it runs, and those that it tells of: none that somebody paused or removed since.
    async fn ready(&self, wanted: Vec<VcenterId>) -> Result<Ready, Stop> {
        // What a person starts is tried.
        let is_by_itself = self.is_by_itself();
        let holds = self.operations.holds().await?;
        let holds = if is_by_itself { holds } else { holds.of_a_person() };
        let mut ready = Ready::default();
        for id in wanted {
            let Ok(record) = self.operations.record(&id).await else {
                ready.left_out.push("a vCenter that was removed".to_owned());
                continue;
            };
            let history = match is_by_itself {
                true => self.operations.unforgiven(&record).await?,
                false => Vec::new(),
            };
            let name = record.vcenter.name.clone();
            match holds.after(&record, &history) {
                Some(Hold::Paused(_)) => {
                    ready.left_out.push(format!("{name}: paused"));
                    continue;
                }
                Some(Hold::Suspended(_)) => {
                    ready.left_out.push(format!("{name}: it failed several times in a row"))
                }
                Some(Hold::NoNetwork) | None => ready.vcenters.push(id.clone()),
            }
            ready.told.push((id, name));
        }
        Ok(ready)
    }

    /// Those of a batch on which it may still run: somebody may have paused one since.
    async fn still_ready(
        &self,
        targets: &[Option<VcenterId>],
        left_out: &mut Vec<String>,
    ) -> Result<Vec<Option<VcenterId>>, Stop> {
        let on: Vec<VcenterId> = targets.iter().flatten().cloned().collect();
        if on.is_empty() {
            return Ok(targets.to_vec());
        }
        let Ready { vcenters, left_out: out, .. } = self.ready(on).await?;
        let new = out.into_iter().filter(|one| !left_out.contains(one)).collect::<Vec<_>>();
        left_out.extend(new);
        Ok(vcenters.into_iter().map(Some).collect())
    }

    fn is_by_itself(&self) -> bool {
        self.claim.operation.origin != Origin::User
    }

    /// Why it does not go on, if it doesn't.
    fn end(&self, failures: u32) -> Option<End> {
        let How { stop_after, most_seconds, .. } = self.settings.how;
        if self.cancel.is_cancelled() {
            return Some(End::Cancelled);
        }
        if self.until.is_some_and(|until| Instant::now() >= until) {
            return most_seconds.map(End::Time);
        }
        stop_after.filter(|most| failures >= *most).map(|_| End::Failures(failures))
    }

    /// Waits between two batches.
    async fn pause(&self) -> Option<End> {
        let pause = Duration::from_secs(self.settings.how.pause_seconds);
        if pause.is_zero() {
            return None;
        }
        self.progress.send_modify(|progress| progress.step = "waiting for the next batch".to_owned());
        let wait = self.place.apart(tokio::time::sleep(pause));
        let wait = self.cancel.run_until_cancelled(self.or_late(wait));
        wait.await;
        self.end(0)
    }

    /// Waits for something, and no longer than the run may take; false if that came first.
    async fn or_late(&self, work: impl Future<Output = ()>) -> bool {
        match self.until {
            Some(until) => tokio::time::timeout_at(until, work).await.is_ok(),
            None => {
                work.await;
                true
            }
        }
    }

    /// Does a step on some vCenters at once, and waits until that is over.
    async fn batch(&self, job: &Job, targets: &[Option<VcenterId>], this: &mut RanStep, sum: &mut Sum) {
        let mut begun = Vec::new();
        for target in targets {
            let asked = match target {
                Some(id) => self.operations.submit(id, job.clone(), self.by.clone(), true).await,
                None => self.operations.submit_about_none(job.clone(), self.by.clone(), true).await,
            };
            match asked {
                Ok(id) => begun.push(id),
                Err(error) => {
                    sum.failed += 1;
                    this.message = Some(error.message);
                    this.outcome = Some(OperationState::Failed);
                    self.progress.send_modify(|progress| progress.done += 1);
                }
            }
        }
        this.operations.extend(begun.iter().cloned());
        let done = self.progress.borrow().done;
        let all = join_all(begun.iter().map(|id| self.ended(id)));
        let mut ends = Vec::new();
        let over = self.place.apart(self.cancel.run_until_cancelled(self.or_late(async {
            ends = all.await;
        })));
        if over.await != Some(true) {
            // What it asked for ends with it, but for what somebody else wants as well: that goes on, and isn't waited for.
            let mut ours = Vec::new();
            for id in &begun {
                match self.operations.withdraw(id, self.by.clone()).await {
                    Ok(Withdrawn::GoesOnHere | Withdrawn::GoesOnElsewhere) => {
                        this.message = Some("an operation goes on for somebody else".to_owned());
                    }
                    Ok(Withdrawn::Cancelled | Withdrawn::Ended) | Err(_) => ours.push(id),
                }
            }
            self.progress.send_modify(|progress| progress.done = done);
            ends = self.place.apart(join_all(ours.into_iter().map(|id| self.ended(id)))).await;
        }
        for (state, message) in ends {
            if is_failure(state) {
                sum.failed += 1;
                this.message = message.or(this.message.take());
            } else {
                sum.good += 1;
            }
            this.outcome = Some(this.outcome.map_or(state, |worst| worse(worst, state)));
        }
    }

    /// How an operation ended.
    async fn ended(&self, id: &OperationId) -> (OperationState, Option<String>) {
        let ended = match self.operations.wait(id).await {
            Ok(operation) => {
                let about = operation.vcenter.as_ref().map(|name| format!("{name}: ")).unwrap_or_default();
                let message = operation.error.map(|error| format!("{about}{}", error.message));
                (operation.state, message)
            }
            Err(error) => (OperationState::Failed, Some(error.message)),
        };
        self.progress.send_modify(|progress| {
            progress.done += 1;
            let share = progress.done * 100 / progress.total.max(1);
            progress.percent = u8::try_from(share.min(100)).ok();
        });
        ended
    }
}

fn is_failure(state: OperationState) -> bool {
    matches!(state, OperationState::Failed | OperationState::Cancelled | OperationState::Interrupted)
}

/// The one of two that is worse.
fn worse(one: OperationState, other: OperationState) -> OperationState {
    let rank = |state| match state {
        OperationState::Failed => 4,
        OperationState::Interrupted => 3,
        OperationState::Cancelled => 2,
        OperationState::Partial => 1,
        OperationState::Succeeded | OperationState::Queued | OperationState::Running => 0,
    };
    if rank(other) > rank(one) { other } else { one }
}

/// How a run ended, of how its steps did.
fn outcome(done: Done, is_closing: bool) -> Outcome {
    let Done { ran, end, did_something } = done;
    let is_bad = |step: &&RanStep| {
        step.outcome.is_none_or(|state| is_failure(state) || state == OperationState::Partial)
    };
    let bad = ran.steps.iter().filter(is_bad).count();
    let why = ran.steps.iter().find_map(|step| step.message.clone());
    let state = match &end {
        Some(End::Cancelled) if is_closing => OperationState::Interrupted,
        Some(End::Cancelled) => OperationState::Cancelled,
        _ if bad == 0 => OperationState::Succeeded,
        _ if !did_something => OperationState::Failed,
        _ => OperationState::Partial,
    };
    let error = (state != OperationState::Succeeded).then(|| {
        let of = words::counted(ran.steps.len(), "step", "steps");
        let first = match &end {
            Some(end) => end.words(),
            None => format!("{bad} of {of} did not succeed"),
        };
        let why = why.filter(|_| end != Some(End::Cancelled));
        let message = why.map_or(first.clone(), |why| format!("{first}: {why}"));
        let code = match state {
            OperationState::Cancelled => Code::Cancelled,
            OperationState::Interrupted => Code::Interrupted,
            _ => Code::Failed,
        };
        ApiError::new(code, message).next("The operations that it started say why.")
    });
    Outcome { state, error, contact: None, result: serde_json::to_value(&ran).ok() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(outcome: Option<OperationState>, message: Option<&str>) -> RanStep {
        let message = message.map(str::to_owned);
        RanStep { step: "Full sync".to_owned(), outcome, operations: Vec::new(), message }
    }

    #[test]
    fn a_run_is_as_good_as_its_steps_and_says_the_first_reason() {
        use OperationState::{Cancelled, Failed, Interrupted, Partial, Succeeded};
        let of = |steps: Vec<RanStep>, end: Option<End>| {
            let did_something = steps.iter().any(|step| matches!(step.outcome, Some(Succeeded | Partial)));
            let ran = Ran { steps, left_out: Vec::new() };
            let outcome = outcome(Done { ran, end, did_something }, false);
            (outcome.state, outcome.error.map(|error| error.message))
        };
        assert_eq!(of(vec![step(Some(Succeeded), None)], None), (Succeeded, None));
        let failed = || step(Some(Failed), Some("Berlin: no answer"));
        let said = Some("1 of 1 step did not succeed: Berlin: no answer".to_owned());
        assert_eq!(of(vec![failed()], None), (Failed, said));
        let (state, said) = of(vec![step(Some(Succeeded), None), failed()], None);
        assert_eq!(
            (state, said.as_deref()),
            (Partial, Some("1 of 2 steps did not succeed: Berlin: no answer"))
        );
        let stopped = vec![failed(), step(None, Some("not begun: x"))];
        let (state, said) = of(stopped, Some(End::Failures(1)));
        assert_eq!(state, Failed);
        assert!(said.unwrap().starts_with("the run stopped after 1 failure, as its policy says: Berlin"));
        assert_eq!(of(vec![step(Some(Cancelled), None)], Some(End::Cancelled)).0, Cancelled);
        let closing =
            outcome(Done { ran: Ran::default(), end: Some(End::Cancelled), did_something: false }, true);
        assert_eq!(closing.state, Interrupted);
        assert_eq!(of(vec![step(Some(Partial), None)], None).0, Partial);
    }
}
