//! Tells a network that is gone from vCenters that fail one after the other: when one can't be reached any more, it is looked
//! whether a connection to any other one comes about; and while none can, whether one does again.
//! Refuses to log in, and to send a byte: a connection that opens is all it needs to see.

use crate::events::Events;
use crate::{Clock, connections, pauses};
use contract::{Event, Time, VcenterId, VcenterState, network};
use futures_util::{StreamExt, stream};
use std::collections::HashSet;
use std::time::Duration;
use store::{Contact, Store, VcenterRecord};
use tokio::time::Instant;

/// How long a connection may take: one that takes longer is none that work by itself should wait for.
const CONNECTS: Duration = Duration::from_secs(5);

/// Connections that are tried at once.
const AT_ONCE: usize = 16;

/// Between two looks for a network that is gone: soon at first, as after waking up, and then less often.
const FIRST: Duration = Duration::from_secs(5);
const LONGEST: Duration = Duration::from_secs(60);

/// Since when no vCenter can be reached, out of what is stored of each.
pub(crate) fn gone_since(records: &[VcenterRecord], pauses: &[store::Paused], now: Time) -> Option<Time> {
    network::gone_since(records.iter().map(|record| (state_of(record, pauses, now), record.state_since)))
}

fn state_of(record: &VcenterRecord, pauses: &[store::Paused], now: Time) -> VcenterState {
    match pauses::pause_of(pauses, &record.vcenter, now) {
        Some(_) => VcenterState::Paused,
        None => state(record),
    }
}

/// Whether its state says that it was reached, or nothing: one that waits for a person keeps saying so.
fn is_contacted(record: &VcenterRecord) -> bool {
    matches!(state(record), VcenterState::Online | VcenterState::NeverSynced)
}

fn state(record: &VcenterRecord) -> VcenterState {
    record.contact.map_or(VcenterState::NeverSynced, |contact| contact.state)
}

/// Watches it for the work that this process does by itself. Clones are the same.
#[derive(Clone)]
pub(crate) struct Network {
    pub(crate) store: Store,
    pub(crate) events: Events,
    pub(crate) now: Clock,
    /// Whether this process does work by itself: one that doesn't looks for nothing.
    pub(crate) is_worker: bool,
}

impl Network {
    /// Whether no vCenter can be reached, of which this one is about to be asked for something that waits otherwise.
    pub(crate) async fn is_gone_for(&self, vcenter: &VcenterRecord) -> bool {
        if !self.is_worker || !that_connect(&[vcenter], 1).await.is_empty() {
            return false;
        }
        let Some((records, pauses)) = self.records().await else { return false };
        self.is_gone(&records, &pauses, Some(vcenter)).await
    }

    /// Goes on until cancelled.
    pub(crate) async fn keep(self) {
        let mut events = self.events.subscribe();
        // What was away before this process began is no news.
        let mut known = match self.records().await {
            Some((records, _)) => away(&records),
            None => HashSet::new(),
        };
        let mut pause = FIRST;
        let mut next_look = Instant::now() + pause;
        loop {
            let Some((records, pauses)) = self.records().await else {
                tokio::time::sleep(LONGEST).await;
                continue;
            };
            let now_away = away(&records);
            let is_gone = gone_since(&records, &pauses, (self.now)()).is_some();
            if is_gone && next_look <= Instant::now() {
                pause = if self.is_back(&records, &pauses).await { FIRST } else { (pause * 2).min(LONGEST) };
                next_look = Instant::now() + pause;
                known = now_away;
                continue;
            }
            if !is_gone {
                pause = FIRST;
                next_look = Instant::now() + pause;
                if !now_away.is_subset(&known) && self.is_gone(&records, &pauses, None).await {
                    known = now_away;
                    continue;
                }
            }
            known = now_away;
            let told = async {
                while !matches!(events.next().await, Some(Event::VcentersChanged | Event::Lagged)) {}
            };
            match is_gone {
                true => drop(tokio::time::timeout_at(next_look, told).await),
                false => told.await,
            }
        }
    }

    /// A vCenter can't be reached any more: whether no other one can either, which is noted then. Of one that was tried just
    /// now, too.
    async fn is_gone(
        &self,
        records: &[VcenterRecord],
        pauses: &[store::Paused],
        tried: Option<&VcenterRecord>,
    ) -> bool {
        let is_tried = |record: &VcenterRecord| tried.is_some_and(|one| one.vcenter.id == record.vcenter.id);
        let others: Vec<&VcenterRecord> = records
            .iter()
            .filter(|record| state(record) != VcenterState::Offline && !is_tried(record))
            .filter(|record| !self.is_paused(record, pauses))
            .collect();
        if !that_connect(&others, 1).await.is_empty() {
            return false;
        }
        let away: Vec<&VcenterRecord> =
            others.into_iter().chain(tried).filter(|one| is_contacted(one)).collect();
        let as_noted = records.iter().map(|record| {
            let is_away = away.iter().any(|one| one.vcenter.id == record.vcenter.id);
            let state = if is_away { VcenterState::Offline } else { state_of(record, pauses, (self.now)()) };
            (state, Some((self.now)()))
        });
        // One alone is no network.
        network::gone_since(as_noted).is_some()
            && (away.is_empty()
                || self.note(&away.into_iter().map(seen).collect::<Vec<_>>(), VcenterState::Offline).await)
    }

    /// No vCenter could be reached: whether one can by now. Of those nobody knows any more what is true of them, and what they
    /// failed with before counts no more.
    async fn is_back(&self, records: &[VcenterRecord], pauses: &[store::Paused]) -> bool {
        let all: Vec<&VcenterRecord> =
            records.iter().filter(|record| !self.is_paused(record, pauses)).collect();
        let back = that_connect(&all, all.len()).await;
        for record in &back {
            if let Err(error) = self.store.reset_failures(&record.vcenter.id, (self.now)()).await {
                tracing::warn!(%error, "that a vCenter can be reached again could not be written");
            }
        }
        let back: Vec<_> =
            back.into_iter().filter(|record| state(record) == VcenterState::Offline).map(seen).collect();
        !back.is_empty() && self.note(&back, VcenterState::NeverSynced).await
    }

    async fn note(&self, seen: &[(VcenterId, Option<Time>)], state: VcenterState) -> bool {
        let noted = self.store.note_reach(seen, state, (self.now)()).await.unwrap_or_else(|error| {
            tracing::warn!(%error, "which vCenters can be reached could not be written");
            false
        });
        if noted {
            self.events.publish(Event::VcentersChanged);
        }
        noted
    }

    fn is_paused(&self, record: &VcenterRecord, pauses: &[store::Paused]) -> bool {
        pauses::pause_of(pauses, &record.vcenter, (self.now)()).is_some()
    }

    async fn records(&self) -> Option<(Vec<VcenterRecord>, Vec<store::Paused>)> {
        let read =
            async { Ok::<_, store::Error>((self.store.vcenters().await?, self.store.pauses().await?)) };
        read.await.inspect_err(|error| tracing::warn!(%error, "the vCenters could not be read")).ok()
    }
}

/// Those to which a connection comes about, up to so many.
async fn that_connect<'a>(records: &[&'a VcenterRecord], enough: usize) -> Vec<&'a VcenterRecord> {
    let mut tries = Vec::new();
    for (at, record) in records.iter().enumerate() {
        let endpoint = connections::endpoint(&record.vcenter.host, record.vcenter.port, &record.trust);
        tries
            .extend(endpoint.map(|endpoint| async move {
                vsphere::leads_there(&endpoint, CONNECTS).await.then_some(at)
            }));
    }
    let connected = stream::iter(tries).buffer_unordered(AT_ONCE).filter_map(std::future::ready);
    let connected: Vec<usize> = connected.take(enough).collect().await;
    connected.into_iter().map(|at| records[at]).collect()
}

/// Which are away, and since when.
fn away(records: &[VcenterRecord]) -> HashSet<(VcenterId, Option<Time>)> {
    let away = records.iter().filter(|record| state(record) == VcenterState::Offline);
    away.map(|record| (record.vcenter.id.clone(), record.state_since)).collect()
}

/// A vCenter, and its last contact that is known.
fn seen(record: &VcenterRecord) -> (VcenterId, Option<Time>) {
    (record.vcenter.id.clone(), record.contact.map(|Contact { at, .. }| at))
}
