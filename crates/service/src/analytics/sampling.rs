//! What there is of a vCenter after something was published, such as its capacity: noted for the hour and the day.
//! Refuses to note what this reading has not read, and to hold anybody up: an operation has ended before it.

use contract::analytics::Sample;
use contract::{Kind, Moref, Object, Snapshot, Time, VcenterId};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use store::{Store, aside};

/// How long is waited after each try.
const PAUSES: [Duration; 4] = [
    Duration::from_millis(100),
    Duration::from_millis(300),
    Duration::from_millis(900),
    Duration::from_millis(1_500),
];

/// Notes what of capacity was read at a time or later. Where the database is busy the next one does.
pub(crate) async fn sample(
    store: &Store,
    vcenter: &VcenterId,
    snapshot: Arc<Snapshot>,
    since: Time,
    at: Time,
) {
    let sample = aside(move || sample_of(&snapshot, since)).await;
    if sample != Sample::default() {
        note(store, vcenter, at, &sample).await;
    }
}

/// Notes a sample over what is known of the same hour and day.
pub(crate) async fn note(store: &Store, vcenter: &VcenterId, at: Time, sample: &Sample) {
    // Others may write at the moment, as when many syncs end together.
    for pause in PAUSES {
        match store.sample(vcenter, at, sample).await {
            Ok(()) => return,
            Err(error) => tracing::debug!(%vcenter, %error, "a sample could not be written"),
        }
        tokio::time::sleep(pause).await;
    }
    tracing::warn!(%vcenter, "a sample is lost");
}

/// What of a snapshot was read at a time or later, as a whole kind.
fn sample_of(snapshot: &Snapshot, since: Time) -> Sample {
    let is_read = |kind| snapshot.synced_at(kind).is_some_and(|at| at >= since);
    let vms = || snapshot.objects(Kind::Vms).iter().filter(|vm| vm.is_workload()).count() as u64;
    Sample {
        vms: is_read(Kind::Vms).then(vms),
        hosts: is_read(Kind::Hosts).then(|| snapshot.objects(Kind::Hosts).len() as u64),
        datastores: is_read(Kind::Datastores).then(|| datastores(snapshot)),
        findings: None,
    }
}

/// Capacity and free space, which hold only while a datastore is accessible.
fn datastores(snapshot: &Snapshot) -> BTreeMap<Moref, (u64, u64)> {
    let of = |datastore: &Arc<Object>| {
        let (capacity, free) = super::capacity::space(datastore)?;
        Some((datastore.moref.clone(), (capacity, free)))
    };
    snapshot.objects(Kind::Datastores).iter().filter_map(of).collect()
}
