//! The connection test: logs in, times one small call, and finds out what the account may not see.
//! Refuses to touch the inventory.

use super::{Context, Stop};
use crate::{explain, wire};
use contract::{Kind, TestReport};
use std::collections::{BTreeSet, HashSet};
use std::time::Instant;
use vsphere::{Event, Selection, Session, Watcher};

/// Objects of each kind that the test looks at.
const SAMPLE: u32 = 10;

/// Tests the connection of the context's vCenter.
pub(crate) async fn test(context: &Context) -> Result<TestReport, Stop> {
    // A session that is open already would say nothing of the login.
    context.connections.leave(&context.vcenter.vcenter.id).await;
    let lease = context.lease().await?;
    let fail = |error: vsphere::Error| Stop::from(explain::vsphere(&context.vcenter, &error));
    let start = Instant::now();
    context.or_cancelled(lease.session.current_time()).await?.map_err(fail)?;
    let latency = start.elapsed();

    let mut missing = BTreeSet::new();
    for kind in Kind::READ {
        context.step(&format!("looking at {kind}"));
        let seen = context.or_cancelled(look(&lease.session, kind)).await?;
        missing.extend(seen.map_err(fail)?);
    }
    let about = &lease.about;
    Ok(TestReport {
        vcenter: context.vcenter.vcenter.name.clone(),
        product: about.product.clone(),
        version: about.version.clone(),
        build: about.build.clone(),
        instance_uuid: lease.instance_uuid.clone(),
        latency_ms: latency.as_millis().try_into().unwrap_or(u64::MAX),
        missing: missing.into_iter().collect(),
    })
}

/// What the first objects of a kind don't show, as `hosts: config.network.pnic`.
async fn look(session: &Session, kind: Kind) -> Result<BTreeSet<String>, vsphere::Error> {
    let mut refused = HashSet::new();
    let mut missing = BTreeSet::new();
    loop {
        let paths = wire::paths(kind, session.api_version(), &refused);
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
