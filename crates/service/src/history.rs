//! How long the history is kept, and what is measured: once an hour what is new of it is added up, and what is older goes, a few
//! operations at a time.
//! Refuses to hurry: between two steps others write, and what can't be deleted now is deleted later.

use crate::call::{Admitted, Answer, Handler};
use crate::events::Events;
use crate::{Clock, explain, pacing, validate};
use contract::command::{SetPreferences, ShowPreferences};
use contract::{Event, Time};
use std::time::Duration;
use store::Store;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// How often is looked for what is too old.
const LOOK: Duration = Duration::from_secs(60 * 60);

/// When a process looks first, unless it has read a vCenter before: a command ends before that.
const FIRST: Duration = Duration::from_secs(60);

/// Between two steps, each a short transaction.
const PAUSE: Duration = Duration::from_millis(250);

const DAY: i64 = 86_400_000;

/// How long findings are kept that have ended.
const FINDINGS: i64 = 30 * DAY;

/// How much of what policies wait for is kept: days of a hundred vCenters that are synced every quarter of an hour.
const HAPPENED: i64 = 100_000;

/// Forgets what is too old until the service closes: once in a while, and once as soon as something was read here.
pub(crate) async fn keep(store: Store, events: Events, now: Clock, closing: CancellationToken) {
    let mut changes = events.subscribe();
    // Processes that start together don't look together.
    let mut next = Instant::now() + FIRST.mul_f64(1.0 + fastrand::f64());
    let mut is_new = true;
    loop {
        tokio::select! {
            () = closing.cancelled() => return,
            () = tokio::time::sleep_until(next) => {}
            event = changes.next(), if is_new => match event {
                Some(Event::InventoryChanged { .. }) => {}
                Some(_) => continue,
                None => return,
            },
        }
        is_new = false;
        next = Instant::now() + LOOK;
        // What isn't counted yet must not be forgotten.
        if !add_up(&store, &closing).await {
            continue;
        }
        // A command ends between two steps, and leaves the rest to the next one: one step is as much as one operation adds.
        while step(&store, now).await > 0 {
            if closing.run_until_cancelled(tokio::time::sleep(PAUSE)).await.is_none() {
                return;
            }
        }
    }
}

/// Adds up what operations took that have ended since it was done last. Who reads it adds the rest.
/// False if that isn't done.
async fn add_up(store: &Store, closing: &CancellationToken) -> bool {
    while store.unwritable().is_none() && !closing.is_cancelled() {
        match store.measure().await {
            Ok(0) => return true,
            Ok(_) => {}
            Err(error) => {
                tracing::debug!(%error, "what operations took is added up later");
                return false;
            }
        }
    }
    false
}

/// Forgets a few operations that are too old, and what was measured; answers with how many went.
async fn step(store: &Store, now: Clock) -> u64 {
    if store.unwritable().is_some() {
        return 0;
    }
    let forgotten = async {
        let preferences = store.preferences().await?;
        let days = i64::from(preferences.history_days);
        let before = Time(now().0.saturating_sub(days.saturating_mul(DAY)));
        // They are counted before they go.
        let operations = store.forget_operations(before, pacing::LOOK_BACK).await?;
        let findings = store.forget_findings(Time(now().0.saturating_sub(FINDINGS))).await?;
        let happened = store.forget_happened(HAPPENED).await?;
        Ok(operations
            + findings
            + happened
            + store.forget_measures(now(), preferences.analytics_days).await?)
    };
    forgotten.await.unwrap_or_else(|error: store::Error| {
        tracing::warn!(%error, "old operations could not be forgotten");
        0
    })
}

impl Handler for ShowPreferences {
    async fn run(self, call: Admitted<'_>) -> Answer<Self> {
        call.inner.store.preferences().await.map_err(explain::store)
    }
}

impl Handler for SetPreferences {
    async fn run(self, call: Admitted<'_>) -> Answer<Self> {
        validate::preferences(&self.preferences)?;
        let store = call.store();
        let set = store.set_preferences(&self.made_from, &self.preferences).await.map_err(explain::store)?;
        call.inner.events.publish(Event::PreferencesChanged);
        Ok(set)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use contract::command::OperationFilter;
    use contract::{Diff, Job, OperationId, OperationState, Origin, Preferences, Progress, Role, Steps};
    use simulator::Simulator;
    use store::{Finish, NewOperation};
    use tokio_util::task::TaskTracker;

    const KEPT: usize = pacing::LOOK_BACK as usize;

    /// A year after the operations of the test were submitted.
    fn a_year_later() -> Time {
        Time(365 * DAY)
    }

    async fn ended(store: &Store, vcenter: &contract::VcenterId, number: i64, at: Time) {
        let new = NewOperation {
            id: OperationId(format!("op-{number}")),
            vcenter_id: Some(vcenter.clone()),
            job: Job::TEST,
            origin: Origin::Schedule,
            role: Role::Operator,
            awaited: false,
            at,
            parent: None,
        };
        let id = store.submit(new).await.unwrap().id;
        let claim = store.claim(&id, at).await.unwrap().unwrap();
        let finish = Finish {
            state: OperationState::Succeeded,
            at,
            progress: Progress::default(),
            diff: Diff::default(),
            calls: 1,
            bytes: 1,
            error: None,
            result: None,
            steps: Steps::default(),
            latency: Default::default(),
        };
        store.finish(&claim, finish).await.unwrap();
    }

    #[tokio::test]
    async fn what_is_older_than_the_setting_goes_as_soon_as_something_was_read_here() {
        let server = Simulator::start(simulator::Options::new(5, 1)).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let (service, berlin) = crate::tests::on(&server, &folder).await;
        let store = service.inner.store.clone();
        // The oldest twenty by half a year, the next ten within it.
        for number in 0..20 {
            ended(&store, &berlin, number, Time(number)).await;
        }
        for number in 20..30 + KEPT as i64 {
            ended(&store, &berlin, number, Time(200 * DAY + number)).await;
        }
        let all = async || {
            let every = OperationFilter::default();
            store.history(&every, Time(0), 1_000).await.unwrap().operations.len()
        };
        let longer = Preferences { history_days: 300, ..Preferences::default() };
        store.set_preferences(&Preferences::default(), &longer).await.unwrap();
        let (events, closing, tasks) = (Events::new(), CancellationToken::new(), TaskTracker::new());
        tasks.spawn(keep(store.clone(), events.clone(), a_year_later, closing.clone()));
        tokio::time::sleep(Duration::from_millis(20)).await;
        assert_eq!(all().await, 30 + KEPT, "nothing was read yet");
        events.publish(Event::InventoryChanged { vcenter: berlin });
        let until = Instant::now() + Duration::from_secs(10);
        while all().await > 10 + KEPT && Instant::now() < until {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        tokio::time::sleep(PAUSE * 2).await;
        assert_eq!(all().await, 10 + KEPT, "those of half a year ago stay");
        store
            .set_preferences(&longer, &Preferences { history_days: 1, ..Preferences::default() })
            .await
            .unwrap();
        assert!(step(&store, a_year_later).await == 10 && step(&store, a_year_later).await == 0);
        assert_eq!(all().await, KEPT, "what breaker and pace look back at stays");
        closing.cancel();
        tasks.close();
        tasks.wait().await;
        service.close().await;
        server.stop().await;
    }
}
