//! The connection test: logs in, times one small call, and finds out what the account may not see.
//! Refuses to touch the inventory.

use super::permissions::{self, Container};
use super::read::{self, Refused};
use super::{Context, Phase, Stop, refused};
use crate::connections::Lease;
use crate::{explain, wire};
use contract::columns::Due;
use contract::{Kind, Permissions, TestReport, words};
use std::collections::BTreeSet;
use std::time::{Duration, Instant};
use vsphere::{About, MoRef, PropertySet, Session, View};

/// Objects of each kind that the test looks at.
const SAMPLE: usize = 10;

/// Containers whose roles are asked for in one call: two short values of each.
const AT_ONCE: usize = 500;

/// How the path of a property ends that the server doesn't know.
const UNKNOWN: &str = "(unknown to this server)";

/// Tests the connection of the context's vCenter.
pub(crate) async fn test(context: &Context) -> Result<TestReport, Stop> {
    context.step("connecting");
    // A session that is open already would say nothing of the login.
    let own = context.connections.own(&context.vcenter.vcenter.id, context.login);
    let own = context.or_cancelled(context.room.apart(own)).await??;
    context.meter.add(own.lease());
    let report = look(context, own.lease()).await;
    // Of one that was cancelled nobody waits for the server to say goodbye.
    if report.is_ok() {
        own.end().await;
    }
    report
}

async fn look(context: &Context, lease: &Lease) -> Result<TestReport, Stop> {
    let seen = look_around(&lease.session, |kind| {
        context.step(&format!("checking {}", kind.plural()));
        let done = Kind::READ.iter().position(|one| *one == kind).unwrap_or(0);
        context.reached(Phase::Whole, done, Kind::READ.len());
    });
    let seen = context.or_cancelled(seen).await?;
    let seen = seen.map_err(|error| explain::vsphere(&context.vcenter, &error))?;
    // Every path was asked for: what the server refused earlier and knows now is asked for again from here on.
    refused::remember(context, lease, &seen.refused).await;
    Ok(seen.report(&context.vcenter.vcenter.name, &lease.about, lease.instance_uuid.clone()))
}

/// What a look around showed.
pub(crate) struct Seen {
    latency: Duration,
    missing: BTreeSet<String>,
    permissions: Permissions,
    refused: Refused,
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
            missing: self.missing.into_iter().chain(words::unread_containers(&self.permissions)).collect(),
            permissions: self.permissions,
        }
    }
}

/// Times one small call, and looks at the first objects of each kind.
pub(crate) async fn look_around(session: &Session, step: impl Fn(Kind)) -> Result<Seen, vsphere::Error> {
    let start = Instant::now();
    session.current_time().await?;
    let mut seen = Seen {
        latency: start.elapsed(),
        missing: BTreeSet::new(),
        permissions: Permissions::default(),
        refused: Refused::new(),
    };
    let (mut containers, mut denied) = (Vec::new(), Vec::new());
    for kind in Kind::READ {
        step(kind);
        let looked = sample(session, kind).await?;
        if permissions::CONTAINERS.contains(&kind) && !looked.refused.contains(permissions::PATH) {
            containers.extend(roles_on(session, kind, looked.listed).await?);
        }
        denied.extend(looked.missing.iter().filter(|what| !what.ends_with(UNKNOWN)).cloned());
        seen.missing.extend(looked.missing);
        if !looked.refused.is_empty() {
            seen.refused.insert(kind, looked.refused);
        }
    }
    seen.permissions = permissions::of(session, &containers, denied).await;
    Ok(seen)
}

/// What the account may do on containers of a kind, as far as the server tells.
async fn roles_on(
    session: &Session,
    kind: Kind,
    mut listed: Vec<MoRef>,
) -> Result<Vec<Container>, vsphere::Error> {
    let root = session.root_folder();
    if kind == Kind::Folders {
        listed.push(root.clone());
    }
    let mut containers = Vec::new();
    for some in listed.chunks(AT_ONCE) {
        let set = PropertySet::new(kind.object_type(), ["name", permissions::PATH]);
        match session.collector().retrieve(some, &[set], true).await {
            Ok(retrieved) => containers.extend(retrieved.objects.iter().map(|one| Container::of(one, root))),
            // The connection, or the session, is what is tested.
            Err(error)
                if error.is_transient() || matches!(error, vsphere::Error::NotAuthenticated { .. }) =>
            {
                return Err(error);
            }
            Err(error) => tracing::debug!(%error, %kind, "the server doesn't tell what the account may do"),
        }
    }
    Ok(containers)
}

/// What the first objects of a kind don't show, as `hosts: config.network.pnic`.
async fn sample(session: &Session, kind: Kind) -> Result<Looked, vsphere::Error> {
    let mut looked = Looked::default();
    looked.listed = match all(session, kind).await {
        Err(vsphere::Error::NoPermission { .. }) => return Ok(looked.without(kind.to_string())),
        all => all?,
    };
    let mut some: Vec<MoRef> = looked.listed.iter().take(SAMPLE).cloned().collect();
    while !some.is_empty() {
        let sets = wire::sets(kind, session.api_version(), &looked.refused, Due::EVERYTHING);
        match session.collector().retrieve(&some, &sets, true).await {
            Ok(retrieved) => {
                let missing = retrieved.objects.iter().flat_map(|object| &object.missing);
                let denied = missing.filter(|(path, why)| {
                    matches!(why, vsphere::Missing::NoPermission(_)) && **path != *permissions::PATH
                });
                looked.missing.extend(denied.map(|(path, _)| format!("{kind}: {path}")));
                break;
            }
            Err(vsphere::Error::NoPermission { .. }) => return Ok(looked.without(kind.to_string())),
            // Fewer of them tell as much of what the account may see.
            Err(
                vsphere::Error::TooLarge { .. }
                | vsphere::Error::TooDeep { .. }
                | vsphere::Error::ManagedObjectNotFound { .. },
            ) => some.truncate(some.len() / 2),
            Err(vsphere::Error::InvalidProperty { call, name }) => {
                let refused = read::refusable(&sets, &name);
                if refused.is_empty() {
                    return Err(vsphere::Error::InvalidProperty { call, name });
                }
                let shown = refused.iter().filter(|path| *path != permissions::PATH);
                let unknown = shown.map(|path| format!("{kind}: {path} {UNKNOWN}"));
                looked.missing.extend(unknown);
                looked.refused.extend(refused);
            }
            Err(error) => return Err(error),
        }
    }
    Ok(looked)
}

/// What one kind doesn't show.
#[derive(Default)]
struct Looked {
    listed: Vec<MoRef>,
    missing: BTreeSet<String>,
    refused: BTreeSet<String>,
}

impl Looked {
    fn without(mut self, what: String) -> Looked {
        self.missing.insert(what);
        self
    }
}

/// Every object of a kind.
async fn all(session: &Session, kind: Kind) -> Result<Vec<MoRef>, vsphere::Error> {
    let view = View::open(session, kind.object_type(), None).await?;
    let listing = view.list(&session.collector()).await;
    view.close().await;
    Ok(listing?.members.into_iter().collect())
}
