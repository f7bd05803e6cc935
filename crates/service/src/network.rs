//! Tells a network that is gone from vCenters that fail one after the other: when one can't be reached any more, it is looked
//! whether a connection to any of them comes about; and while none can, whether one does again.
//! Refuses to log in, and to send a byte: a connection that opens is all it needs to see.

use crate::events::Events;
use crate::{Clock, connections, pauses};
use contract::{Event, Time, VcenterId, VcenterState, network};
use futures_util::{StreamExt, stream};
use std::collections::HashSet;
use std::time::Duration;
use store::{Contact, Paused, Store, VcenterRecord};
use tokio::time::Instant;

/// How long a connection may take: one that takes longer is none that work by itself should wait for. All are tried at once, so
/// this is how long a look takes.
const CONNECTS: Duration = Duration::from_secs(5);

/// Between two looks for a network that is gone: soon at first, as after waking up, and then less often.
const FIRST: Duration = Duration::from_secs(5);
const LONGEST: Duration = Duration::from_secs(60);

/// Since when no vCenter can be reached, as a worker saw it and every contact since says. While no worker looks, nobody would
/// notice that it is back.
pub(crate) async fn gone_since(
    store: &Store,
    pauses: &[Paused],
    now: Time,
) -> Result<Option<Time>, store::Error> {
    let Some(since) = store.no_network().await? else { return Ok(None) };
    let is_still = store.has_worker() && are_away(&store.vcenters().await?, pauses, now);
    Ok(is_still.then_some(since))
}

/// Whether all are away by their last contact, and they are several.
fn are_away(records: &[VcenterRecord], pauses: &[Paused], now: Time) -> bool {
    network::are_all_away(records.iter().map(|record| match pauses::pause_of(pauses, &record.vcenter, now) {
        Some(_) => VcenterState::Paused,
        None => state(record),
    }))
}

fn state(record: &VcenterRecord) -> VcenterState {
    record.contact.map_or(VcenterState::NeverSynced, |contact| contact.state)
}

/// Looks for it, for the work that this process does by itself. Clones are the same.
#[derive(Clone)]
pub(crate) struct Network {
    pub(crate) store: Store,
    pub(crate) events: Events,
    pub(crate) now: Clock,
    /// Whether this process does work by itself: one that doesn't looks for nothing.
    pub(crate) is_worker: bool,
}

/// What is stored, read at one time.
struct Known {
    records: Vec<VcenterRecord>,
    pauses: Vec<Paused>,
    is_gone: bool,
}

impl Network {
    /// Whether no vCenter can be reached, of which this one is about to be asked for something that waits otherwise.
    pub(crate) async fn is_gone_for(&self, vcenter: &VcenterRecord) -> bool {
        if !self.is_worker || !that_connect(&[vcenter], 1).await.is_empty() {
            return false;
        }
        let Some(known) = self.known().await else { return false };
        self.is_gone(&known, Some(vcenter)).await
    }

    /// Goes on until cancelled.
    pub(crate) async fn keep(self) {
        let mut events = self.events.subscribe();
        let mut seen_away: Option<HashSet<_>> = None;
        let mut pause = FIRST;
        let mut next_look = Instant::now();
        loop {
            let Some(known) = self.known().await else {
                tokio::time::sleep(LONGEST).await;
                continue;
            };
            let away = away(&known.records);
            let all_are = are_away(&known.records, &known.pauses, (self.now)());
            // What was away before this process began is no news, unless all are.
            let is_news = seen_away.as_ref().map_or(all_are, |seen| !away.is_subset(seen));
            seen_away = Some(away);
            if known.is_gone && (!all_are || next_look <= Instant::now()) {
                let is_back = self.is_back(&known).await;
                // Somebody reached one, and it is no network that is gone.
                if !is_back && !all_are {
                    self.set_gone(None).await;
                }
                pause = if is_back { FIRST } else { (pause * 2).min(LONGEST) };
                next_look = Instant::now() + pause;
            } else if !known.is_gone && is_news && self.is_gone(&known, None).await {
                (pause, next_look) = (FIRST, Instant::now() + FIRST);
            } else {
                let told = async {
                    while !matches!(events.next().await, Some(Event::VcentersChanged | Event::Lagged)) {}
                };
                match known.is_gone {
                    true => drop(tokio::time::timeout_at(next_look, told).await),
                    false => told.await,
                }
            }
        }
    }

    /// A vCenter can't be reached any more: whether a connection to none of them comes about, which is noted then. Of one it is
    /// known already.
    async fn is_gone(&self, known: &Known, tried: Option<&VcenterRecord>) -> bool {
        let all: Vec<&VcenterRecord> = self.unpaused(known).collect();
        let is_tried = |one: &VcenterRecord| tried.is_some_and(|tried| tried.vcenter.id == one.vcenter.id);
        let others: Vec<&VcenterRecord> = all.iter().copied().filter(|one| !is_tried(one)).collect();
        // One alone is no network; of those that wait for a person nothing would be noted.
        let says_something = all.iter().filter(|one| is_contacted(one) || is_away(one)).count();
        if says_something < network::TOGETHER || !that_connect(&others, 1).await.is_empty() {
            return false;
        }
        let reached: Vec<_> = all.into_iter().filter(|one| is_contacted(one)).map(seen).collect();
        self.note(&reached, VcenterState::Offline).await;
        self.set_gone(Some((self.now)())).await;
        true
    }

    /// No vCenter could be reached: whether one can by now. Of those nobody knows any more what is true of them, and what they
    /// failed with before counts no more.
    async fn is_back(&self, known: &Known) -> bool {
        let all: Vec<&VcenterRecord> = self.unpaused(known).collect();
        let back = that_connect(&all, all.len()).await;
        if back.is_empty() {
            return false;
        }
        for record in &back {
            if let Err(error) = self.store.reset_failures(&record.vcenter.id, (self.now)()).await {
                tracing::warn!(%error, "that a vCenter can be reached again could not be written");
            }
        }
        let unknown: Vec<_> = back.into_iter().filter(|one| is_away(one)).map(seen).collect();
        self.note(&unknown, VcenterState::NeverSynced).await;
        self.set_gone(None).await;
        true
    }

    async fn note(&self, seen: &[(VcenterId, Option<Time>)], state: VcenterState) {
        if let Err(error) = self.store.note_reach(seen, state, (self.now)()).await {
            tracing::warn!(%error, "which vCenters can be reached could not be written");
        }
    }

    async fn set_gone(&self, since: Option<Time>) {
        if let Err(error) = self.store.set_no_network(since).await {
            tracing::warn!(%error, "whether there is a network could not be written");
        }
        self.events.publish(Event::VcentersChanged);
    }

    fn unpaused<'a>(&self, known: &'a Known) -> impl Iterator<Item = &'a VcenterRecord> {
        let now = (self.now)();
        known.records.iter().filter(move |one| pauses::pause_of(&known.pauses, &one.vcenter, now).is_none())
    }

    async fn known(&self) -> Option<Known> {
        let read = async {
            let (records, pauses) = (self.store.vcenters().await?, self.store.pauses().await?);
            let is_gone = self.store.no_network().await?.is_some();
            Ok::<_, store::Error>(Known { records, pauses, is_gone })
        };
        read.await.inspect_err(|error| tracing::warn!(%error, "the vCenters could not be read")).ok()
    }
}

/// Those to which a connection comes about, up to so many; where a proxy or a tunnel stands before one, a connection to that.
async fn that_connect<'a>(records: &[&'a VcenterRecord], enough: usize) -> Vec<&'a VcenterRecord> {
    let mut tries = Vec::new();
    for (at, record) in records.iter().enumerate() {
        let v = &record.vcenter;
        let endpoint = connections::endpoint(&v.host, v.port, &record.trust, &v.settings);
        tries
            .extend(endpoint.map(|endpoint| async move {
                vsphere::leads_there(&endpoint, CONNECTS).await.then_some(at)
            }));
    }
    let at_once = tries.len().max(1);
    let connected = stream::iter(tries).buffer_unordered(at_once).filter_map(std::future::ready);
    let connected: Vec<usize> = connected.take(enough).collect().await;
    connected.into_iter().map(|at| records[at]).collect()
}

/// Whether its state says that it was reached, or nothing: one that waits for a person keeps saying so.
fn is_contacted(record: &VcenterRecord) -> bool {
    matches!(state(record), VcenterState::Online | VcenterState::NeverSynced)
}

fn is_away(record: &VcenterRecord) -> bool {
    state(record) == VcenterState::Offline
}

/// Which are away, and since when.
fn away(records: &[VcenterRecord]) -> HashSet<(VcenterId, Option<Time>)> {
    let away = records.iter().filter(|record| is_away(record));
    away.map(|record| (record.vcenter.id.clone(), record.state_since)).collect()
}

/// A vCenter, and its last contact that is known.
fn seen(record: &VcenterRecord) -> (VcenterId, Option<Time>) {
    (record.vcenter.id.clone(), record.contact.map(|Contact { at, .. }| at))
}
