//! What keeps work that runs by itself from a vCenter: a pause, a network that is gone, failures in a row.
//! Refuses to hold up what a person asks for, but to say whether a server refused the login.

use super::Operations;
use crate::{breaker, explain, network, pacing, pauses};
use contract::{
    ApiError, Code, Event, Group, Kind, Operation, Pause, StaleReads, Suspension, Time, Vcenter, VcenterId,
};
use store::{Paused, Store, VcenterRecord};

/// What keeps work that runs by itself from a vCenter for now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Hold {
    /// Somebody paused it.
    Paused(Pause),
    /// No vCenter can be reached: there is no network, or no VPN.
    NoNetwork,
    /// It failed again and again.
    Suspended(Suspension),
}

/// What holds of all vCenters, read once.
pub(crate) struct Holds {
    pauses: Vec<Paused>,
    no_network: Option<Time>,
    now: Time,
}

impl Holds {
    /// What keeps work from a vCenter, as far as its history doesn't say it.
    pub(crate) fn of(&self, record: &VcenterRecord) -> Option<Hold> {
        let paused = self.pause_of(&record.vcenter).map(Hold::Paused);
        paused.or_else(|| self.no_network.map(|_| Hold::NoNetwork))
    }

    /// What keeps work from a vCenter, after what was done on it so far, newest first.
    pub(crate) fn after(&self, record: &VcenterRecord, history: &[Operation]) -> Option<Hold> {
        self.of(record).or_else(|| {
            let mut unforgiven: Vec<&Operation> = history.iter().collect();
            breaker::forgive(&mut unforgiven, record.failures_reset_at, self.now);
            breaker::suspension(&unforgiven, self.now).map(Hold::Suspended)
        })
    }

    /// The same for what a person starts: that everything is paused doesn't keep them from it.
    #[must_use]
    pub(crate) fn of_a_person(mut self) -> Holds {
        self.pauses.retain(|paused| paused.of != Group::All);
        self
    }

    /// Whether everything was paused at a time, as far as that is known.
    pub(crate) fn was_paused(&self, at: Time) -> bool {
        pauses::was_paused(&self.pauses, at)
    }

    /// What keeps work that is about no vCenter.
    pub(crate) fn of_none(&self) -> Option<Hold> {
        self.pause_of_all().map(Hold::Paused)
    }

    /// The pause of everything.
    pub(crate) fn pause_of_all(&self) -> Option<Pause> {
        pauses::pause_of_all(&self.pauses, self.now)
    }

    /// Its pause.
    pub(crate) fn pause_of(&self, vcenter: &Vcenter) -> Option<Pause> {
        pauses::pause_of(&self.pauses, vcenter, self.now)
    }

    /// Since when no vCenter can be reached.
    pub(crate) fn no_network(&self) -> Option<Time> {
        self.no_network
    }
}

impl Operations {
    /// What was done on a vCenter so far, newest first, without the failures that are forgiven.
    pub(super) async fn unforgiven(&self, record: &VcenterRecord) -> Result<Vec<Operation>, ApiError> {
        let mut history = self.newest(Some(&record.vcenter.id), pacing::LOOK_BACK).await?;
        breaker::forgive(&mut history, record.failures_reset_at, (self.0.now)());
        Ok(history)
    }

    pub(super) async fn record(&self, vcenter: &VcenterId) -> Result<VcenterRecord, ApiError> {
        self.0.store.vcenter(vcenter).await.map_err(explain::store)
    }

    /// Whether nothing is to be read of a kind by itself now, after what was done so far.
    pub(crate) async fn holds_up(
        &self,
        vcenter: &VcenterId,
        reads: StaleReads,
        kind: Kind,
    ) -> Result<bool, ApiError> {
        let record = self.record(vcenter).await?;
        let history = self.unforgiven(&record).await?;
        let waits = pacing::wait(&history, reads, kind, (self.0.now)()).is_some();
        let suspended = breaker::suspension(&history, (self.0.now)()).is_some();
        Ok(waits || suspended || self.holds().await?.of(&record).is_some())
    }

    /// Whether nothing is to begin on a vCenter or about none that nobody waits for, which was asked for some time ago.
    pub(super) async fn is_held(&self, vcenter: Option<&VcenterId>) -> bool {
        let held = async {
            let holds = self.holds().await?;
            let hold = match vcenter {
                Some(vcenter) => holds.of(&self.record(vcenter).await?),
                None => holds.of_none(),
            };
            Ok::<_, ApiError>(hold.is_some())
        };
        // What can't be said holds nothing up.
        held.await.unwrap_or(false)
    }

    /// What holds of all vCenters.
    pub(crate) async fn holds(&self) -> Result<Holds, ApiError> {
        let now = (self.0.now)();
        let pauses = self.0.store.pauses().await.map_err(explain::store)?;
        let no_network = network::gone_since(&self.0.store, &pauses, now).await.map_err(explain::store)?;
        Ok(Holds { pauses, no_network, now })
    }

    /// The pause of everything.
    pub(crate) async fn pause_of_all(&self) -> Result<Option<Pause>, ApiError> {
        let pauses = self.0.store.pauses().await.map_err(explain::store)?;
        Ok(pauses::pause_of_all(&pauses, (self.0.now)()))
    }

    /// Why nobody may log in to a vCenter, where its server said so before and nothing changed since.
    pub(crate) async fn refused(&self, vcenter: &VcenterRecord) -> Option<ApiError> {
        let refused = self.0.connections.refused(vcenter).await?;
        (refused.code == Code::LoginRejected).then_some(refused)
    }

    /// Tries again by itself from now on; false if nothing kept it from that.
    pub(crate) async fn resume(&self, vcenter: &VcenterId, store: &Store) -> Result<bool, ApiError> {
        let history = self.unforgiven(&self.record(vcenter).await?).await?;
        let now = (self.0.now)();
        let was_suspended = breaker::suspension(&history, now).is_some();
        if was_suspended {
            store.reset_failures(vcenter, now).await.map_err(explain::store)?;
            self.0.events.publish(Event::VcentersChanged);
        }
        Ok(was_suspended)
    }
}
