//! What a server refused of what was asked for, remembered until the server or Muster is another release.
//! Refuses to guess: a path is remembered only after the server itself named it.

use super::Context;
use super::read::Refused;
use crate::connections::Lease;
use contract::Kind;
use vsphere::About;

/// What this server, as it is now, has refused before.
pub(super) async fn known(context: &Context, lease: &Lease) -> Refused {
    let id = &context.vcenter.vcenter.id;
    let paths = context.store.refused(id, &between(&lease.about)).await;
    // Without it a sync only takes some calls longer.
    let paths = paths.inspect_err(|error| tracing::warn!(%error, "what was refused")).unwrap_or_default();
    let of_kind = |(kind, paths): (String, _)| Some((Kind::from_name(&kind)?, paths));
    paths.into_iter().filter_map(of_kind).collect()
}

/// Remembers it instead of what was remembered before.
pub(super) async fn remember(context: &Context, lease: &Lease, refused: &Refused) {
    let id = &context.vcenter.vcenter.id;
    let paths = refused.iter().map(|(kind, paths)| (kind.name().to_owned(), paths.clone())).collect();
    if let Err(error) = context.store.set_refused(id, &between(&lease.about), &paths).await {
        tracing::warn!(%error, "what was refused is not remembered");
    }
}

/// Both ends, in their releases: what either of them learns makes the question worth asking again.
fn between(about: &About) -> String {
    let About { product, version, build, api_version, .. } = about;
    format!("{product} {version} {build} (API {api_version}), Muster {}", env!("CARGO_PKG_VERSION"))
}
