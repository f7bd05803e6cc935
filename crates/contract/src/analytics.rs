//! What is measured of operations and capacity, what adds up of it, and how analytics are asked for and answered.
//! Refuses to compute them: the service does, and the store keeps what was measured.

use crate::health::Level;
use crate::histogram::Histogram;
use crate::names::names;
use crate::{Moref, Operation, OperationKind, OperationState, Time, VcenterId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

names!(
    /// How far back is looked.
    Window {
        /// A day, in steps of a quarter of an hour, or of an hour.
        Day = "24h",
        /// A week, in steps of four hours.
        Week = "7d",
        /// Ninety days, in steps of a day in UTC.
        Quarter = "90d",
    }
);

impl Window {
    /// How long it is, in seconds.
    pub fn seconds(self) -> i64 {
        match self {
            Window::Day => 86_400,
            Window::Week => 7 * 86_400,
            Window::Quarter => 90 * 86_400,
        }
    }

    /// What it is called.
    pub fn words(self) -> &'static str {
        match self {
            Window::Day => "24 hours",
            Window::Week => "7 days",
            Window::Quarter => "90 days",
        }
    }
}

names!(
    /// The numbers that belong together: one command, one table, one file.
    Analysis {
        /// How long syncs took, what they read and changed, and how they failed.
        Syncs = "syncs",
        /// Calls, bytes and latency, and what the cache saved.
        Calls = "calls",
        /// Used space and VMs, and where that leads.
        Capacity = "capacity",
        /// The datastores of that, each with its trend.
        Datastores = "datastores",
        /// How many findings of health rules were open.
        Findings = "findings",
    }
);

/// What was measured of operations of one sort within a span of time. Two of them add up.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Measured {
    /// How they ended, by the name of the state.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub states: BTreeMap<String, u64>,
    /// Why they failed, or were done in part, by the code of the error.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub causes: BTreeMap<String, u64>,
    /// Attempts after the first.
    #[serde(skip_serializing_if = "is_zero")]
    pub retries: u64,
    /// How long those took that read something, in microseconds, whole and in part.
    #[serde(skip_serializing_if = "Histogram::is_empty")]
    pub took: Histogram,
    /// The same added up.
    #[serde(skip_serializing_if = "is_zero")]
    pub took_us: u64,
    /// Objects that those read.
    #[serde(skip_serializing_if = "is_zero")]
    pub objects: u64,
    /// Calls and bytes of those, for what one costs.
    #[serde(skip_serializing_if = "is_zero")]
    pub read_calls: u64,
    /// Bytes of those.
    #[serde(skip_serializing_if = "is_zero")]
    pub read_bytes: u64,
    /// Calls of all.
    #[serde(skip_serializing_if = "is_zero")]
    pub calls: u64,
    /// Bytes of all.
    #[serde(skip_serializing_if = "is_zero")]
    pub bytes: u64,
    /// Objects that they added, as their history has it.
    #[serde(skip_serializing_if = "is_zero")]
    pub added: u64,
    /// Objects that they changed.
    #[serde(skip_serializing_if = "is_zero")]
    pub changed: u64,
    /// Objects that they removed.
    #[serde(skip_serializing_if = "is_zero")]
    pub removed: u64,
    /// How soon the server answered, by method.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub latency: CallTimes,
}

/// Microseconds from sending a call to the first byte of its answer, by method.
pub type CallTimes = BTreeMap<String, Histogram>;

fn is_zero(number: &u64) -> bool {
    *number == 0
}

impl Measured {
    /// What an operation that has ended amounts to.
    pub fn of(operation: &Operation, latency: CallTimes) -> Measured {
        let mut one =
            Measured { calls: operation.calls, bytes: operation.bytes, latency, ..Measured::default() };
        one.states.insert(operation.state.name().to_owned(), 1);
        let is_a_failure = matches!(operation.state, OperationState::Failed | OperationState::Partial);
        if let Some(error) = operation.error.as_ref().filter(|_| is_a_failure) {
            one.causes.insert(error.code.name(), 1);
        }
        one.retries = u64::from(operation.progress.attempts.saturating_sub(1));
        if !matches!(operation.state, OperationState::Succeeded | OperationState::Partial) {
            return one;
        }
        let told = operation.told_changes();
        (one.added, one.changed, one.removed) = (told.added, told.changed, told.removed);
        (one.read_calls, one.read_bytes) = (operation.calls, operation.bytes);
        one.objects = operation.progress.done;
        // One that found its work done by another did not run at all: its length would be that of nothing.
        let ran = operation.started_at.zip(operation.finished_at).filter(|_| operation.calls > 0);
        if let Some((from, to)) = ran {
            one.took_us = u64::try_from(to.0.saturating_sub(from.0)).unwrap_or(0).saturating_mul(1000);
            one.took.add(one.took_us);
        }
        one
    }

    /// Adds another one.
    pub fn merge(&mut self, other: &Measured) {
        add_counts(&mut self.states, &other.states);
        add_counts(&mut self.causes, &other.causes);
        self.took.merge(&other.took);
        for (method, times) in &other.latency {
            self.latency.entry(method.clone()).or_default().merge(times);
        }
        for (sum, more) in [
            (&mut self.retries, other.retries),
            (&mut self.took_us, other.took_us),
            (&mut self.objects, other.objects),
            (&mut self.read_calls, other.read_calls),
            (&mut self.read_bytes, other.read_bytes),
            (&mut self.calls, other.calls),
            (&mut self.bytes, other.bytes),
            (&mut self.added, other.added),
            (&mut self.changed, other.changed),
            (&mut self.removed, other.removed),
        ] {
            *sum = sum.saturating_add(more);
        }
    }

    /// How many ended in a state.
    pub fn ended(&self, state: OperationState) -> u64 {
        self.states.get(state.name()).copied().unwrap_or(0)
    }

    /// The times of all methods together.
    pub fn latency_of_all(&self) -> Histogram {
        let mut all = Histogram::default();
        self.latency.values().for_each(|times| all.merge(times));
        all
    }
}

fn add_counts(sums: &mut BTreeMap<String, u64>, more: &BTreeMap<String, u64>) {
    for (name, count) in more {
        *sums.entry(name.clone()).or_default() += count;
    }
}

/// What was there at some time. What was not read then is left out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Sample {
    /// VMs, without templates and those that vSphere runs for itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vms: Option<u64>,
    /// Hosts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hosts: Option<u64>,
    /// Capacity and free space in bytes of the datastores that were accessible, by moref.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub datastores: Option<BTreeMap<Moref, (u64, u64)>>,
    /// Findings of health rules in the inventory that were reported, without waived ones; a level without any is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub findings: Option<BTreeMap<Level, u64>>,
}

impl Sample {
    /// Takes over what a later one knows.
    pub fn update(&mut self, later: Sample) {
        let Sample { vms, hosts, datastores, findings } = later;
        self.vms = vms.or(self.vms);
        self.hosts = hosts.or(self.hosts);
        if datastores.is_some() {
            self.datastores = datastores;
        }
        if findings.is_some() {
            self.findings = findings;
        }
    }
}

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct What {
    /// Of one vCenter, or of all.
    pub vcenter: Option<VcenterId>,
    /// How far back.
    pub window: Window,
    /// Only syncs of this kind; it means nothing for calls and capacity.
    #[serde(default)]
    pub kind: Option<OperationKind>,
}

/// The time that an answer is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// The window's name: `24h`, `7d` or `90d`.
    pub window: Window,
    /// When the first step begins.
    pub from: Time,
    /// When it was computed; the last step is not over by then.
    pub until: Time,
    /// How long a step is.
    pub step_seconds: u64,
    /// Since when there is anything, within what is kept; `None` where there is nothing.
    pub known_since: Option<Time>,
}

/// Half of all values are no larger than `p50`, and 95 of 100 no larger than `p95`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Percentiles {
    /// The median; `None` where there are no values.
    pub p50: Option<f64>,
    /// All but the largest twentieth.
    pub p95: Option<f64>,
}

/// How syncs went within a step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SyncPoint {
    /// When the step begins.
    pub at: Time,
    /// Syncs that read all that they were to.
    pub succeeded: u64,
    /// Syncs that read a part.
    pub partial: u64,
    /// Syncs that failed.
    pub failed: u64,
    /// How long they took, milliseconds.
    pub p50_ms: Option<f64>,
    /// How long they took, milliseconds.
    pub p95_ms: Option<f64>,
    /// Objects read in a second of their time.
    pub objects_per_second: Option<f64>,
    /// Attempts after the first.
    pub retries: u64,
    /// Objects added.
    pub added: u64,
    /// Objects changed.
    pub changed: u64,
    /// Objects removed.
    pub removed: u64,
}

/// How syncs went, of all or of one vCenter.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SyncTotals {
    /// Its name; `None` for all.
    pub vcenter: Option<String>,
    /// Milliseconds that half of the syncs took at most, and 95 of 100.
    #[serde(flatten)]
    pub took: Percentiles,
    /// `ms`
    pub unit: String,
    /// Syncs that read all that they were to.
    pub succeeded: u64,
    /// Syncs that read a part.
    pub partial: u64,
    /// Syncs that failed.
    pub failed: u64,
    /// Those that were cancelled or interrupted.
    pub stopped: u64,
    /// Attempts after the first.
    pub retries: u64,
    /// Objects read in a second of their time.
    pub objects_per_second: Option<f64>,
    /// Objects added, changed and removed.
    pub added: u64,
    /// Objects changed.
    pub changed: u64,
    /// Objects removed.
    pub removed: u64,
    /// How many failed, or were done in part, for which reason, by its code.
    pub causes: BTreeMap<String, u64>,
}

/// How syncs went.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SyncAnalytics {
    /// Of which time.
    #[serde(flatten)]
    pub span: Span,
    /// Step by step, also where nothing ran.
    pub series: Vec<SyncPoint>,
    /// All together.
    pub summary: SyncTotals,
    /// Each vCenter by itself, by name.
    pub vcenters: Vec<SyncTotals>,
}

/// Calls, and reads of the cache, within a step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CallPoint {
    /// When the step begins.
    pub at: Time,
    /// Calls to vCenters.
    pub calls: u64,
    /// Bytes that they answered with.
    pub bytes: u64,
    /// Milliseconds to the first byte of an answer.
    pub p50_ms: Option<f64>,
    /// Milliseconds to the first byte of an answer.
    pub p95_ms: Option<f64>,
    /// Reads that were answered from the cache.
    pub hits: u64,
    /// Reads that shared a refresh that was under way.
    pub shared: u64,
    /// Reads that had a refresh of their own.
    pub misses: u64,
    /// Calls that hits and shared reads saved.
    pub saved_calls: f64,
}

/// What reads from the cache saved: as if each had been a refresh of its kind at its vCenter, of mean cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Saved {
    /// Reads that caused no refresh: hits and shared ones.
    pub reads: u64,
    /// Calls that they would have made.
    pub calls: f64,
    /// Bytes that they would have received.
    pub bytes: f64,
    /// Milliseconds that somebody would have waited.
    pub ms: f64,
    /// Reads of these whose cost nobody knows, because their kind was never refreshed by itself at that vCenter: they are in
    /// none of the sums.
    pub unpriced: u64,
}

/// How soon one method was answered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MethodTimes {
    /// As the API calls it.
    pub method: String,
    /// Answers.
    pub answers: u64,
    /// Milliseconds to their first byte.
    pub p50_ms: Option<f64>,
    /// Milliseconds to their first byte.
    pub p95_ms: Option<f64>,
}

/// Calls and reads, of all or of one vCenter.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CallTotals {
    /// Its name; `None` for all.
    pub vcenter: Option<String>,
    /// Milliseconds to the first byte of half of the answers at most, and of 95 of 100.
    #[serde(flatten)]
    pub latency: Percentiles,
    /// `ms`
    pub unit: String,
    /// Calls to vCenters.
    pub calls: u64,
    /// Bytes that they answered with.
    pub bytes: u64,
    /// Reads that were answered from the cache.
    pub hits: u64,
    /// Reads that shared a refresh that was under way.
    pub shared: u64,
    /// Reads that had a refresh of their own.
    pub misses: u64,
    /// What the first two saved.
    pub saved: Saved,
}

/// Calls, their latency, and what the cache saved.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CallAnalytics {
    /// Of which time.
    #[serde(flatten)]
    pub span: Span,
    /// Step by step.
    pub series: Vec<CallPoint>,
    /// All together.
    pub summary: CallTotals,
    /// Each vCenter by itself, by name.
    pub vcenters: Vec<CallTotals>,
    /// By method, the most frequent first.
    pub methods: Vec<MethodTimes>,
}

/// What was there within a step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CapacityPoint {
    /// When the step begins.
    pub at: Time,
    /// Capacity of the accessible datastores; one that several vCenters see counts once. `None` where nothing was read.
    pub capacity_bytes: Option<u64>,
    /// What of it is used.
    pub used_bytes: Option<u64>,
    /// VMs, without templates and those that vSphere runs for itself.
    pub vms: Option<u64>,
    /// Hosts.
    pub hosts: Option<u64>,
}

/// By how much something grows a day: the slope that half of all pairs of days stay below, and where it lies with 95 %
/// certainty if days are independent of each other.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Trend {
    /// Days that it is made of.
    pub days: u32,
    /// At least, a day.
    pub low: f64,
    /// In the middle, a day.
    pub per_day: f64,
    /// At most, a day.
    pub high: f64,
}

names!(
    /// Why no date is told on which a datastore is full.
    NoDate {
        /// It was not read in the last seven days.
        NotRead = "not_read",
        /// There are fewer than seven days of samples.
        TooFewDays = "too_few_days",
        /// The days don't prove that it grows.
        NotGrowing = "not_growing",
        /// At the fastest rate that the days allow it is not full within three years.
        NotSoon = "not_soon",
    }
);

/// Where the used space of a datastore leads.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DatastoreTrend {
    /// Its vCenter.
    pub vcenter: String,
    /// Id of that.
    pub vcenter_id: VcenterId,
    /// Its name.
    pub name: String,
    /// Its moref.
    pub moref: Moref,
    /// When it was read last.
    pub at: Time,
    /// Its capacity then.
    pub capacity_bytes: u64,
    /// What of it was used.
    pub used_bytes: u64,
    /// The same in percent.
    pub used_percent: f64,
    /// How it grows, in bytes.
    pub trend: Option<Trend>,
    /// The first day on which it may be full; `None` where that can't be told.
    pub full_earliest: Option<Time>,
    /// The last day; `None` where it is later than in three years, or can't be told.
    pub full_latest: Option<Time>,
    /// Why there is no date.
    pub no_date: Option<NoDate>,
}

/// What there is at the end, and how it grows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CapacityTotals {
    /// Percent that half of the datastores use at most, and 95 of 100.
    #[serde(flatten)]
    pub used: Percentiles,
    /// `percent`
    pub unit: String,
    /// Capacity, as last known.
    pub capacity_bytes: Option<u64>,
    /// What of it is used.
    pub used_bytes: Option<u64>,
    /// VMs, without templates and those that vSphere runs for itself.
    pub vms: Option<u64>,
    /// Hosts.
    pub hosts: Option<u64>,
    /// How the number of VMs grows.
    pub vm_trend: Option<Trend>,
}

/// Used space and VMs, and where that leads.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CapacityAnalytics {
    /// Of which time.
    #[serde(flatten)]
    pub span: Span,
    /// Step by step.
    pub series: Vec<CapacityPoint>,
    /// At the end.
    pub summary: CapacityTotals,
    /// Every datastore that was accessible when it was read last: those that are full first come first, and then those that
    /// are fullest.
    pub datastores: Vec<DatastoreTrend>,
}

/// How many findings were open within a step, after the last sync in it. `None` where there was no sync.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FindingPoint {
    /// When the step begins.
    pub at: Time,
    /// Critical ones.
    pub critical: Option<u64>,
    /// Warnings.
    pub warning: Option<u64>,
    /// Those that are worth knowing.
    pub information: Option<u64>,
}

/// How many findings were open, as known last.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FindingTotals {
    /// Its name; `None` for all.
    pub vcenter: Option<String>,
    /// Findings of all levels that were open in half of the steps at most, and in 95 of 100.
    #[serde(flatten)]
    pub open: Percentiles,
    /// `findings`
    pub unit: String,
    /// Critical ones.
    pub critical: Option<u64>,
    /// Warnings.
    pub warning: Option<u64>,
    /// Those that are worth knowing.
    pub information: Option<u64>,
}

/// How many findings of health rules were open in inventories. How vCenters themselves stand is not among them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FindingAnalytics {
    /// Of which time.
    #[serde(flatten)]
    pub span: Span,
    /// Step by step.
    pub series: Vec<FindingPoint>,
    /// All together.
    pub summary: FindingTotals,
    /// Each vCenter by itself, by name.
    pub vcenters: Vec<FindingTotals>,
}
