//! The connection test: logs in, times one small call, and finds out what the account may not see.
//! Refuses to touch the inventory.

use super::{Context, Stop};
use crate::{explain, wire};
use contract::{Kind, TestReport};
use std::collections::{BTreeSet, HashSet};
use std::time::{Duration, Instant};
use vsphere::{About, Event, Selection, Session, Watcher};

/// Objects of each kind that the test looks at.
const SAMPLE: u32 = 10;

/// Tests the connection of the context's vCenter.
pub(crate) async fn test(context: &Context) -> Result<TestReport, Stop> {
    // A session that is open already would say nothing of the login.
    context.connections.leave(&context.vcenter.vcenter.id).await;
    let lease = context.lease().await?;
    let seen = look_around(&lease.session, |kind| context.step(&format!("looking at {}", kind.plural())));
    let seen = context.or_cancelled(seen).await?;
    let seen = seen.map_err(|error| explain::vsphere(&context.vcenter, &error))?;
    Ok(seen.report(&context.vcenter.vcenter.name, &lease.about, lease.instance_uuid.clone()))
}

/// What a look around showed.
pub(crate) struct Seen {
    latency: Duration,
    missing: BTreeSet<String>,
}

impl Seen {
    /// It as users get it.
    pub(crate) fn report(self, vcenter: &str, about: &About, instance_uuid: Option<String>) -> TestReport {
        TestReport {
            vcenter: vcenter.to_owned(),
            product: about.product.clone(),
            version: about.version.clone(),
            build: about.build.clone(),
            instance_uuid,
            latency_ms: self.latency.as_millis().try_into().unwrap_or(u64::MAX),
            missing: self.missing.into_iter().collect(),
        }
    }
}

/// Times one small call, and looks at the first objects of each kind.
pub(crate) async fn look_around(session: &Session, step: impl Fn(Kind)) -> Result<Seen, vsphere::Error> {
    let start = Instant::now();
    session.current_time().await?;
    let mut seen = Seen { latency: start.elapsed(), missing: BTreeSet::new() };
    for kind in Kind::READ {
        step(kind);
        seen.missing.extend(look(session, kind).await?);
    }
    Ok(seen)
}

/// What the first objects of a kind don't show, as `hosts: config.network.pnic`.
async fn look(session: &Session, kind: Kind) -> Result<BTreeSet<String>, vsphere::Error> {
    let mut refused = HashSet::new();
    let mut missing = BTreeSet::new();
    loop {
        let paths = wire::paths(kind, session.api_version(), &refused).common;
        let mut watcher = Watcher::new(session, Selection::new(kind.object_type(), paths), SAMPLE);
        let page = first_page(&mut watcher).await;
        let _ = watcher.close().await;
        match page {
            Ok(objects) => {
                let denied = objects.iter().flat_map(|object| &object.missing);
                let denied = denied.filter(|(_, why)| matches!(why, vsphere::Missing::NoPermission));
                missing.extend(denied.map(|(path, _)| format!("{kind}: {path}")));
                return Ok(missing);
            }
            Err(vsphere::Error::NoPermission { .. }) => return Ok(BTreeSet::from([kind.to_string()])),
            Err(vsphere::Error::InvalidProperty { name, .. }) if refused.insert(name.clone()) => {
                missing.insert(format!("{kind}: {name}"));
            }
            Err(error) => return Err(error),
        }
    }
}

async fn first_page(watcher: &mut Watcher) -> Result<Vec<vsphere::Object>, vsphere::Error> {
    match watcher.next().await? {
        Event::Page { objects, .. } => Ok(objects),
        Event::InitialDone => Ok(Vec::new()),
    }
}
