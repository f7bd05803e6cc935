//! The sync: reads a scope, holds it against the deletion guard, publishes it in one step.
//! Refuses to publish what is not complete.

use super::pass::{self, Denied, Reading};
use super::read::{Failed, KindRead};
use super::{Context, Phase, Stop, apply, guard, refused};
use crate::explain;
use contract::{ApiError, Code, Diff, Kind, Moref, OperationState, Permissions, Progress, Snapshot, Time};
use std::collections::BTreeSet;
use std::sync::Arc;
use store::{Finish, Pass};

/// Objects that are named at most, where some could not be read.
const NAMED: usize = 3;

/// What a sync reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    /// These kinds, of the whole vCenter.
    Kinds(Vec<Kind>),
    /// The hosts of the clusters with these names or morefs.
    Clusters(Vec<String>),
    /// These objects of a kind.
    Objects(Kind, Vec<Moref>),
}

/// Syncs a vCenter. `before` is its inventory as it was known after the operation was claimed. When this returns well, the
/// operation is finished in the database, and what was read is published there.
pub(crate) async fn sync(context: &Context, before: &Arc<Snapshot>, scope: &Scope) -> Result<(), Stop> {
    let (began, reading) = loop {
        match read(context, before, scope).await {
            Ok(read) => break read,
            Err(Stop::Failed(error)) => context.before_another_try(*error).await?,
            Err(stop) => return Err(stop),
        }
    };
    let lacks = lacks(context, before, &reading);
    note_permissions(context, reading.permissions.as_ref()).await;
    let nothing_came = reading.kinds.values().all(|kind| kind.objects.is_empty() && kind.gone.is_empty());
    if nothing_came && reading.whole.is_empty() && reading.clusters.is_empty() {
        return Err(lacks
            .unwrap_or_else(|| ApiError::new(Code::Failed, "nothing to sync").next("Specify what to sync."))
            .into());
    }
    context.step("comparing");
    let counted = match scope {
        Scope::Kinds(kinds) => kinds.clone(),
        Scope::Clusters(_) => vec![Kind::Hosts],
        Scope::Objects(kind, _) => vec![*kind],
    };
    let pass = Pass { counted, ..apply::pass(reading, before, began).await };
    let comparing = context.onward(Phase::Comparing);
    let staged = context.store.stage(&context.claim, &pass, &comparing).await.map_err(stopped)?;
    if !context.claim.operation.job.accepts_removals() {
        guard::check(&context.claim.operation, &staged)?;
    }
    context.step("writing");
    let traffic = context.meter.traffic();
    let finish = Finish {
        state: if lacks.is_none() { OperationState::Succeeded } else { OperationState::Partial },
        at: (context.now)(),
        diff: Diff::default(),
        progress: Progress { percent: Some(100), ..context.progress.borrow().clone() },
        calls: traffic.calls,
        bytes: traffic.bytes,
        error: lacks,
        result: None,
        steps: context.steps.told(),
        latency: context.meter.latency(),
    };
    let writing = context.onward(Phase::Writing);
    let published =
        context.store.publish(&context.claim, staged, &pass, finish, &writing).await.map_err(stopped)?;
    tracing::info!(
        vcenter = context.vcenter.vcenter.name,
        rows_written = published.rows_written,
        "published"
    );
    Ok(())
}

/// Notes what the account may do, where it is something else than is known. Nothing depends on it.
async fn note_permissions(context: &Context, found: Option<&Permissions>) {
    let v = &context.vcenter.vcenter;
    if let Some(found) = found.filter(|found| v.permissions.as_ref() != Some(found))
        && let Err(error) = context.store.set_permissions(&v.id, found).await
    {
        tracing::warn!(%error, "what the account may do could not be written");
    }
}

/// A write that failed, or that was cancelled between two chunks.
fn stopped(error: store::Error) -> Stop {
    match error {
        store::Error::Stopped { .. } => Stop::Cancelled,
        error => explain::store(error).into(),
    }
}

/// Reads the scope; a session that ended in the middle is replaced once, and the pass begins anew. Answers with when
/// the pass began, too: what it read is at least as new as that.
async fn read(context: &Context, before: &Snapshot, scope: &Scope) -> Result<(Time, Reading), Stop> {
    let mut renewed = false;
    loop {
        let lease = context.lease().await?;
        let began = (context.now)();
        let refused = refused::known(context, &lease).await;
        let (outcome, refuses) = pass::read(context, &lease.session, before, scope, refused.clone()).await;
        if refuses != refused {
            refused::remember(context, &lease, &refuses).await;
        }
        let error = match outcome {
            Ok(reading) => return Ok((began, reading)),
            Err(Failed::Stopped(Stop::Cancelled)) => {
                // Calls were broken off, and views and collectors are left behind: they end with the session.
                context.connections.leave_soon(&context.vcenter.vcenter.id);
                return Err(Stop::Cancelled);
            }
            Err(Failed::RootUnread) => return Err(root_unread(context).into()),
            Err(Failed::Stopped(stop)) => return Err(stop),
            Err(Failed::Incomplete(kind, lacking)) => return Err(incomplete(context, kind, lacking).into()),
            Err(Failed::Server(error)) => error,
        };
        if error.is_cut_off() {
            // The session asked once more on another connection already.
            context.tries.took(2);
        }
        if !matches!(error, vsphere::Error::NotAuthenticated { .. }) || renewed {
            return Err(explain::vsphere(&context.vcenter, &error).into());
        }
        tracing::info!(vcenter = context.vcenter.vcenter.name, "the session ended in the middle: once more");
        context.connections.lost(&context.vcenter.vcenter.id, &lease.session).await;
        context.progress.send_modify(|progress| {
            *progress = Progress { attempts: progress.attempts, ..Progress::default() };
        });
        renewed = true;
    }
}

fn incomplete(context: &Context, kind: Kind, lacking: usize) -> ApiError {
    let (name, objects) = (&context.vcenter.vcenter.name, counted(lacking, kind));
    let message = format!("{name} lists {objects} that it did not return; nothing was changed");
    ApiError::new(Code::BadAnswer, message).next(sync_again(name))
}

fn root_unread(context: &Context) -> ApiError {
    let name = &context.vcenter.vcenter.name;
    let message =
        format!("{name} did not return its root folder at the end of the sync; nothing was changed");
    ApiError::new(Code::BadAnswer, message).next(sync_again(name))
}

fn sync_again(vcenter: &str) -> String {
    format!("Sync again. If it happens again, check the health of {vcenter}.")
}

/// `1 host`, `7 VMs`.
fn counted(count: usize, kind: Kind) -> String {
    match count {
        1 => format!("1 {}", kind.singular()),
        _ => format!("{count} {}", kind.plural()),
    }
}

/// What the pass could not read, and why, in words for users.
fn lacks(context: &Context, before: &Snapshot, reading: &Reading) -> Option<ApiError> {
    let name = &context.vcenter.vcenter.name;
    let unread = unread(context, before, reading);
    if reading.denied.is_empty() {
        let message =
            format!("{name} returned only part of its inventory: {}. Everything else was updated", unread?);
        let mut last_words = reading.kinds.values().filter_map(|read| read.last_word.as_ref());
        let (code, next) =
            match last_words.clone().all(|error| matches!(error, vsphere::Error::NoPermission { .. })) {
                // Each of them has the same next step.
                true => (
                    Code::NoPermission,
                    last_words.next().and_then(|error| explain::vsphere(&context.vcenter, error).next_step),
                ),
                false => (Code::BadAnswer, None),
            };
        return Some(ApiError::new(code, message).next(next.unwrap_or_else(|| sync_again(name))));
    }
    let user = &context.vcenter.vcenter.user;
    let what: Vec<String> = reading.denied.iter().map(Denied::words).collect();
    let mut message = format!(
        "the account {user} has no permission to read {} on {name}; the last known values are kept",
        what.join(", ")
    );
    if let Some(unread) = unread {
        message = format!("{message}. Besides, {unread}");
    }
    let privileges: BTreeSet<&str> =
        reading.denied.iter().flat_map(|denied| &denied.privileges).map(String::as_str).collect();
    let lacking = match privileges.is_empty() {
        true => String::new(),
        false => format!(" It lacks {}.", privileges.into_iter().collect::<Vec<_>>().join(", ")),
    };
    let next = format!(
        "Assign {user} the Read-only role on the root folder of the vCenter, with propagation.{lacking}"
    );
    Some(ApiError::new(Code::NoPermission, message).next(next))
}

/// Which objects could not be read, and what the server said of one of them.
fn unread(context: &Context, before: &Snapshot, reading: &Reading) -> Option<String> {
    let of_kind = |(kind, read): (&Kind, &KindRead)| {
        let said = explain::vsphere(&context.vcenter, read.last_word.as_ref()?).message;
        let name = |moref: &Moref| {
            let known = before.get(*kind, moref).and_then(|known| known.stored("name").as_text());
            known.unwrap_or(moref).to_owned()
        };
        let mut names: Vec<String> = read.unread.iter().take(NAMED).map(name).collect();
        if read.unread.len() > NAMED {
            names.push(format!("{} more", read.unread.len() - NAMED));
        }
        let all = counted(read.objects.len(), *kind);
        Some(format!("{} of {all} could not be read: {} ({said})", read.unread.len(), names.join(", ")))
    };
    let words: Vec<String> = reading.kinds.iter().filter_map(of_kind).collect();
    (!words.is_empty()).then(|| words.join("; "))
}

impl Denied {
    fn words(&self) -> String {
        let paths: Vec<&str> = self.paths.iter().map(String::as_str).collect();
        match paths.is_empty() {
            true => format!("the {}", self.kind.plural()),
            false => format!("{} of the {}", paths.join(", "), self.kind.plural()),
        }
    }
}
