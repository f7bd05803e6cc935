//! Used space and VMs over time, and where each datastore's leads.
//! Refuses to count a datastore twice that several vCenters see, and to take what is not accessible for what is there.

use super::steps::Steps;
use super::trend::{full, trend};
use contract::analytics::{
    CapacityAnalytics, CapacityPoint, CapacityTotals, DatastoreTrend, NoDate, Percentiles, Sample, Span,
    Trend,
};
use contract::{Kind, Moref, Object, Snapshot, Time, Value, VcenterId, datastores_that_are_one};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use store::{Length, Measure};

/// A vCenter, with its datastores as they are known now.
pub(super) struct Known {
    pub(super) id: VcenterId,
    pub(super) name: String,
    pub(super) snapshot: Arc<Snapshot>,
}

/// What was read so long ago says nothing about a date to come.
const LONG_AGO: i64 = 7 * 86_400_000;

/// Capacity and free space of a datastore, bytes; `None` where it isn't accessible, or they are not known.
pub(super) fn space(datastore: &Object) -> Option<(u64, u64)> {
    let number = |id: &str| u64::try_from(datastore.stored(id).as_int()?).ok();
    let is_accessible = matches!(datastore.stored("accessible"), Value::Bool(true));
    let (capacity, free) = number("capacity_bytes").zip(number("free_bytes")).filter(|_| is_accessible)?;
    (capacity > 0).then_some((capacity, free.min(capacity)))
}

/// Which datastores of all vCenters are one, as the overview has it.
struct Identities<'a>(HashMap<(&'a VcenterId, Moref), usize>);

/// The same for the same datastore, wherever it is seen.
type Identity<'k> = (Option<usize>, &'k str, &'k str);

impl<'a> Identities<'a> {
    fn of(known: &'a [Known]) -> Identities<'a> {
        let snapshots: Vec<&Snapshot> = known.iter().map(|one| &*one.snapshot).collect();
        let one = datastores_that_are_one(&snapshots).into_iter();
        Identities(
            one.filter_map(|((source, moref), number)| Some(((&known.get(source)?.id, moref), number)))
                .collect(),
        )
    }

    fn key<'k>(&self, vcenter: &'k VcenterId, moref: &'k Moref) -> Identity<'k> {
        match self.0.get(&(vcenter, moref.clone())) {
            Some(number) => (Some(*number), "", ""),
            None => (None, vcenter.as_str(), moref),
        }
    }
}

/// What is known of each vCenter so far.
#[derive(Default)]
struct Latest<'a>(BTreeMap<&'a VcenterId, Sample>);

impl<'a> Latest<'a> {
    fn update(&mut self, measure: &'a Measure<Sample>) {
        self.0.entry(&measure.vcenter).or_default().update(measure.data.clone());
    }

    /// Capacity and used space of all datastores.
    fn space(&self, identities: &Identities<'_>) -> Option<(u64, u64)> {
        let mut seen = BTreeSet::new();
        let mut sum = None;
        for (vcenter, sample) in &self.0 {
            for (moref, (capacity, free)) in sample.datastores.iter().flatten() {
                let all = sum.get_or_insert((0_u64, 0_u64));
                if seen.insert(identities.key(vcenter, moref)) {
                    *all = (
                        all.0.saturating_add(*capacity),
                        all.1.saturating_add(capacity.saturating_sub(*free)),
                    );
                }
            }
        }
        sum
    }

    fn count(&self, of: fn(&Sample) -> Option<u64>) -> Option<u64> {
        self.0.values().filter_map(of).reduce(|sum, more| sum + more)
    }
}

pub(super) fn analytics(
    samples: &[Measure<Sample>],
    days: &[Measure<Sample>],
    known: &[Known],
    steps: &Steps,
    span: Span,
) -> CapacityAnalytics {
    let identities = Identities::of(known);
    let is_known = |measure: &&Measure<Sample>| known.iter().any(|vcenter| vcenter.id == measure.vcenter);
    let mut latest = Latest::default();
    let mut series: Vec<CapacityPoint> = (0..steps.count).map(|step| empty(steps.at(step))).collect();
    let mut samples = samples.iter().filter(is_known).peekable();
    // What was noted before the window is known when it begins.
    while let Some(early) = samples.next_if(|sample| sample.at < steps.from) {
        latest.update(early);
    }
    for (step, point) in series.iter_mut().enumerate() {
        let mut read = Sample::default();
        while let Some(sample) = samples.next_if(|sample| steps.step(sample.at) == Some(step)) {
            read.update(sample.data.clone());
            latest.update(sample);
        }
        // Nothing is told of a step in which nothing was read. What others were then counts as it was known last.
        if let Some((capacity, used)) = read.datastores.and_then(|_| latest.space(&identities)) {
            (point.capacity_bytes, point.used_bytes) = (Some(capacity), Some(used));
        }
        point.vms = read.vms.and_then(|_| latest.count(|sample| sample.vms));
        point.hosts = read.hosts.and_then(|_| latest.count(|sample| sample.hosts));
    }
    let days: Vec<&Measure<Sample>> = days.iter().filter(is_known).collect();
    let mut in_the_end = Latest::default();
    days.iter().for_each(|day| in_the_end.update(day));
    let space = in_the_end.space(&identities);
    let datastores = datastores(&days, known, &identities, span.until);
    let summary = CapacityTotals {
        used: percentiles(datastores.iter().map(|one| one.used_percent).collect()),
        unit: "percent".to_owned(),
        capacity_bytes: space.map(|(capacity, _)| capacity),
        used_bytes: space.map(|(_, used)| used),
        vms: in_the_end.count(|sample| sample.vms),
        hosts: in_the_end.count(|sample| sample.hosts),
        vm_trend: vm_trend(&days),
    };
    CapacityAnalytics { span, series, summary, datastores }
}

fn empty(at: Time) -> CapacityPoint {
    CapacityPoint { at, capacity_bytes: None, used_bytes: None, vms: None, hosts: None }
}

/// Half of the values are no larger than the first, and 95 of 100 no larger than the second.
pub(super) fn percentiles(mut values: Vec<f64>) -> Percentiles {
    values.sort_unstable_by(f64::total_cmp);
    let at =
        |part: f64| values.get(((part * values.len() as f64).ceil() as usize).saturating_sub(1)).copied();
    Percentiles { p50: at(0.5), p95: at(0.95) }
}

fn day_of(at: Time) -> f64 {
    at.0.div_euclid(Length::Day.millis()) as f64
}

/// How the number of VMs grows, over the days on which every vCenter was known already that is known now: a vCenter that was
/// added is no growth.
fn vm_trend(days: &[&Measure<Sample>]) -> Option<Trend> {
    let mut first: BTreeMap<&VcenterId, Time> = BTreeMap::new();
    for day in days.iter().filter(|day| day.data.vms.is_some()) {
        first.entry(&day.vcenter).or_insert(day.at);
    }
    let since = *first.values().max()?;
    let mut latest = Latest::default();
    let mut values: BTreeMap<Time, f64> = BTreeMap::new();
    for day in days {
        latest.update(day);
        if let Some(vms) =
            latest.count(|sample| sample.vms).filter(|_| day.at >= since && day.data.vms.is_some())
        {
            values.insert(day.at, vms as f64);
        }
    }
    let values: Vec<(f64, f64)> = values.into_iter().map(|(at, vms)| (day_of(at), vms)).collect();
    trend(&values)
}

/// Every datastore as it is known now, with what its days say.
fn datastores(
    days: &[&Measure<Sample>],
    known: &[Known],
    identities: &Identities<'_>,
    now: Time,
) -> Vec<DatastoreTrend> {
    let mut used: HashMap<(&VcenterId, &Moref), Vec<(f64, f64)>> = HashMap::new();
    for day in days {
        for (moref, (capacity, free)) in day.data.datastores.iter().flatten() {
            let value = (day_of(day.at), capacity.saturating_sub(*free) as f64);
            used.entry((&day.vcenter, moref)).or_default().push(value);
        }
    }
    let mut seen = BTreeSet::new();
    let mut trends = Vec::new();
    for vcenter in known {
        let Some(at) = vcenter.snapshot.synced_at(Kind::Datastores) else { continue };
        for datastore in vcenter.snapshot.objects(Kind::Datastores) {
            let Some((capacity, free)) = space(datastore) else { continue };
            if seen.insert(identities.key(&vcenter.id, &datastore.moref)) {
                let days = used.get(&(&vcenter.id, &datastore.moref)).map_or(&[][..], Vec::as_slice);
                trends.push(of_datastore(vcenter, datastore, (capacity, free), (at, now), days));
            }
        }
    }
    let first_full = |one: &DatastoreTrend| one.full_earliest.map_or(i64::MAX, |at| at.0);
    trends.sort_by(|one, other| {
        first_full(one)
            .cmp(&first_full(other))
            .then_with(|| other.used_percent.total_cmp(&one.used_percent))
            .then_with(|| (&one.name, &one.vcenter).cmp(&(&other.name, &other.vcenter)))
    });
    trends
}

fn of_datastore(
    vcenter: &Known,
    datastore: &Object,
    (capacity, free): (u64, u64),
    (at, now): (Time, Time),
    days: &[(f64, f64)],
) -> DatastoreTrend {
    let trend = trend(days);
    let full = match now.0.saturating_sub(at.0) > LONG_AGO {
        true => Err(NoDate::NotRead),
        // What is read today is full today at the earliest.
        false => full(trend, free, at).map(|(first, last)| (first.max(now), last.map(|last| last.max(now)))),
    };
    let used = capacity.saturating_sub(free);
    DatastoreTrend {
        vcenter: vcenter.name.clone(),
        vcenter_id: vcenter.id.clone(),
        name: datastore.stored("name").as_text().unwrap_or(&datastore.moref).to_owned(),
        moref: datastore.moref.clone(),
        at,
        capacity_bytes: capacity,
        used_bytes: used,
        used_percent: used as f64 * 100.0 / capacity as f64,
        trend,
        full_earliest: full.ok().map(|(earliest, _)| earliest),
        full_latest: full.ok().and_then(|(_, latest)| latest),
        no_date: full.err(),
    }
}

#[cfg(test)]
mod tests;
