//! The sync: reads a scope, holds it against the deletion guard, publishes it in one step.
//! Refuses to publish what is not complete.

use super::pass::{self, Reading};
use super::read::Failed;
use super::{Context, Stop, apply, guard};
use crate::explain;
use contract::{ApiError, Code, Diff, Kind, OperationState, Snapshot, Time};
use store::Finish;

/// What a sync reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    /// These kinds, of the whole vCenter.
    Kinds(Vec<Kind>),
    /// The hosts of the clusters with these names or morefs.
    Clusters(Vec<String>),
}

/// Syncs a vCenter. When this returns well, the operation is finished in the database and the answer is the
/// inventory from now on, with the number of the change that made it.
pub(crate) async fn sync(
    context: &Context,
    before: &Snapshot,
    scope: &Scope,
    accept_removals: bool,
) -> Result<(i64, Snapshot), Stop> {
    let (began, reading) = read(context, before, scope).await?;
    let denied = denial(context, &reading);
    if reading.kinds.is_empty() {
        return Err(denied
            .unwrap_or_else(|| {
                ApiError::new(Code::Failed, "nothing was asked for").next("Name what to sync.")
            })
            .into());
    }
    context.step("writing");
    let pass = apply::pass(reading, before, began);
    let staged = context.store.stage(&context.claim, &pass).await.map_err(explain::store)?;
    if !accept_removals {
        guard::check(&context.claim.operation, &staged)?;
    }
    if context.cancel.is_cancelled() {
        return Err(Stop::Cancelled);
    }
    let asked = |kind: &Kind| match scope {
        Scope::Kinds(kinds) => kinds.contains(kind),
        Scope::Clusters(_) => *kind == Kind::Hosts,
    };
    let traffic = context.meter.traffic();
    let finish = Finish {
        state: if denied.is_none() { OperationState::Succeeded } else { OperationState::Partial },
        at: (context.now)(),
        diff: sum(staged.diff.iter().filter(|(kind, _)| asked(kind)).map(|(_, diff)| *diff)),
        progress: context.progress.borrow().clone(),
        calls: traffic.calls,
        bytes: traffic.bytes,
        error: denied,
    };
    let published =
        context.store.publish(&context.claim, staged, &pass, finish).await.map_err(explain::store)?;
    tracing::info!(
        vcenter = context.vcenter.vcenter.name,
        rows_written = published.rows_written,
        "published"
    );
    Ok((published.change_seq, apply::after(pass, before)))
}

/// Reads the scope; a session that ended in the middle is replaced once, and the pass begins anew. Answers with when
/// the pass began, too: what it read is at least as new as that.
async fn read(context: &Context, before: &Snapshot, scope: &Scope) -> Result<(Time, Reading), Stop> {
    let mut renewed = false;
    loop {
        let lease = context.lease().await?;
        let began = (context.now)();
        let outcome = pass::read(context, &lease.session, before, scope).await;
        let error = match outcome {
            Ok(reading) => return Ok((began, reading)),
            Err(Failed::Stopped(stop)) => return Err(stop),
            Err(Failed::Incomplete(kind, lacking)) => return Err(incomplete(context, kind, lacking).into()),
            Err(Failed::Server(error)) => error,
        };
        if !matches!(error, vsphere::Error::NotAuthenticated { .. }) || renewed {
            return Err(explain::vsphere(&context.vcenter, &error).into());
        }
        tracing::info!(vcenter = context.vcenter.vcenter.name, "the session ended in the middle: once more");
        context.connections.lost(&context.vcenter.vcenter.id).await;
        context.progress.send_modify(|progress| *progress = contract::Progress::default());
        renewed = true;
    }
}

fn incomplete(context: &Context, kind: Kind, lacking: usize) -> ApiError {
    let name = &context.vcenter.vcenter.name;
    ApiError::new(
        Code::BadAnswer,
        format!("{name} lists {lacking} {} that it then did not send; nothing was changed", kind.plural()),
    )
    .next(format!("Sync again. If it happens again, look at the health of {name} itself."))
}

fn denial(context: &Context, reading: &Reading) -> Option<ApiError> {
    if reading.denied.is_empty() {
        return None;
    }
    let kinds: Vec<String> = reading.denied.iter().map(|(kind, _)| kind.plural()).collect();
    let detail = reading.denied.first().map(|(_, detail)| detail.as_str()).unwrap_or_default();
    let user = &context.vcenter.vcenter.user;
    Some(
        ApiError::new(
            Code::NoPermission,
            format!(
                "{} may not be read by {user}: {}; what was known of them stays, with its age ({detail})",
                kinds.join(", "),
                context.vcenter.vcenter.name
            ),
        )
        .next(format!("Give {user} the role Read-only on the root folder of the vCenter, with propagation.")),
    )
}

fn sum(diffs: impl Iterator<Item = Diff>) -> Diff {
    diffs.fold(Diff::default(), |a, b| Diff {
        added: a.added + b.added,
        changed: a.changed + b.changed,
        removed: a.removed + b.removed,
        unchanged: a.unchanged + b.unchanged,
    })
}
