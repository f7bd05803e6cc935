//! The jobs of discovery: many addresses at once, each BMC asked one thing at a time.
//! Refuses to hurry: connections begin at a limited rate, in no order, and what was found is kept as it comes.

use super::bmcs::{self, Nothing, Outcome, Target};
use super::profiles::Profiles;
use super::ranges;
use crate::events::Events;
use crate::explain;
use crate::jobs::Stop;
use crate::logins::Logins;
use contract::discovery::Scan;
use contract::{ApiError, Code, Diff, Event, Job, Origin, Progress, ServerId, Time};
use serde::Serialize;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use store::{Bmc, Claim, Saved, Store};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// Addresses that are looked at at once.
const AT_ONCE: usize = 64;

/// From one connection to the next: a hundred a second.
const PACE: Duration = Duration::from_millis(10);

/// What a job of discovery works with.
pub(crate) struct Context {
    pub(crate) claim: Claim,
    pub(crate) store: Store,
    pub(crate) logins: Logins,
    pub(crate) events: Events,
    pub(crate) cancel: CancellationToken,
    pub(crate) progress: watch::Sender<Progress>,
    pub(crate) now: fn() -> Time,
}

/// What a job of discovery did.
#[derive(Default)]
pub(crate) struct Done {
    pub(crate) found: Found,
    /// Why the first address that could not be looked at couldn't.
    first_failure: Option<ApiError>,
    /// Requests after the look at each address.
    pub(crate) requests: u64,
}

/// What was found, for the result of the operation.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Found {
    /// Addresses that were looked at.
    pub(crate) addresses: u64,
    /// BMCs among them.
    pub(crate) bmcs: u64,
    /// Those of them that were not known before.
    pub(crate) new: u64,
    /// Those that were known and say something else now.
    pub(crate) changed: u64,
    /// Those that were read.
    pub(crate) read: u64,
    /// Those whose certificate is not approved.
    pub(crate) untrusted: u64,
    /// Those that show another certificate than the one that was approved.
    pub(crate) changed_certificates: u64,
    /// Those that rejected the login.
    pub(crate) rejected: u64,
    /// Those that could not be read for another reason.
    pub(crate) unreadable: u64,
    /// Sessions that could not be closed.
    pub(crate) left_open: u64,
    /// Addresses at which nothing answers.
    pub(crate) silent: u64,
    /// Addresses that refuse the connection.
    pub(crate) refused: u64,
    /// Addresses at which something else answers.
    pub(crate) other: u64,
    /// Addresses that could not be looked at, or of which what was found could not be kept.
    pub(crate) failed: u64,
}

impl Done {
    /// BMCs that came, and those that were known.
    pub(crate) fn diff(&self) -> Diff {
        let Found { bmcs, new, changed, .. } = self.found;
        Diff { added: new, changed, unchanged: bmcs.saturating_sub(new + changed), ..Diff::default() }
    }

    /// What is missing, if anything is.
    pub(crate) fn missing(&self) -> Option<ApiError> {
        let Found { rejected, unreadable, bmcs, failed, changed_certificates, left_open, .. } = self.found;
        if rejected + unreadable + failed + changed_certificates + left_open == 0 {
            return None;
        }
        let counted = |number: u64, one, many| {
            contract::words::counted(usize::try_from(number).unwrap_or(usize::MAX), one, many)
        };
        let parts = [
            (
                changed_certificates,
                format!(
                    "{changed_certificates} of {bmcs} BMCs show another certificate than the approved one"
                ),
            ),
            (rejected, format!("{rejected} of {bmcs} BMCs rejected the login")),
            (unreadable, format!("{unreadable} of {bmcs} BMCs could not be read")),
            (left_open, format!("{} could not be closed", counted(left_open, "session", "sessions"))),
            (
                failed,
                format!(
                    "{} could not be looked at ({})",
                    counted(failed, "address", "addresses"),
                    self.why()
                ),
            ),
        ];
        let parts = parts.into_iter().filter(|(count, _)| *count > 0).map(|(_, words)| words);
        let message = parts.collect::<Vec<_>>().join("; ");
        let next = match rejected + unreadable + changed_certificates {
            0 if left_open > 0 => {
                "Those BMCs end their sessions after a time, and may take no other login until then."
            }
            0 => "Check these addresses, or leave them out.",
            _ => "The list of servers says why, and what to do.",
        };
        Some(ApiError::new(Code::Partial, message).next(next))
    }

    /// Why an address could not be looked at.
    fn why(&self) -> &str {
        self.first_failure.as_ref().map_or("an internal error", |error| &*error.message)
    }
}

/// Runs a job of discovery.
pub(crate) async fn run(context: &Arc<Context>) -> Result<Done, Stop> {
    let known = context.store.bmcs().await.map_err(explain::store)?;
    let (targets, wanted) = match &context.claim.operation.job {
        Job::Scan { scan } => (of_scan(scan, known)?, scan.profiles.clone()),
        Job::ReadServers { servers } => (of_servers(servers, known), Vec::new()),
        _ => (Vec::new(), Vec::new()),
    };
    let by_user = context.claim.operation.origin == Origin::User;
    let (store, logins) = (context.store.clone(), context.logins.clone());
    let profiles = Profiles::new(store, logins, &wanted, by_user).await.map_err(explain::store)?;
    all(context, targets, Arc::new(profiles)).await
}

/// The addresses of a scan, in no order: neighbours often share what is in their way.
fn of_scan(scan: &Scan, known: Vec<Bmc>) -> Result<Vec<Target>, ApiError> {
    let mut known: HashMap<(String, u16), Bmc> =
        known.into_iter().map(|bmc| ((bmc.host.clone(), bmc.port), bmc)).collect();
    let mut addresses = ranges::targets(scan)?;
    bmcs::checked(scan, addresses.len())?;
    fastrand::shuffle(&mut addresses);
    let target = |(host, port): (String, u16)| {
        let known = known.remove(&(host.clone(), port));
        Target { host, port, way: scan.way.clone(), ca: scan.ca.clone(), known, is_named: false }
    };
    Ok(addresses.into_iter().map(target).collect())
}

fn of_servers(servers: &[ServerId], known: Vec<Bmc>) -> Vec<Target> {
    let is_meant =
        |bmc: &Bmc| servers.is_empty() || servers.iter().any(|id| super::listing::bmc_of(id) == bmc.id);
    let target = |bmc: Bmc| Target {
        host: bmc.host.clone(),
        port: bmc.port,
        way: bmc.way.clone(),
        ca: None,
        is_named: !servers.is_empty(),
        known: Some(bmc),
    };
    known.into_iter().filter(is_meant).map(target).collect()
}

async fn all(context: &Arc<Context>, targets: Vec<Target>, profiles: Arc<Profiles>) -> Result<Done, Stop> {
    let total = targets.len() as u64;
    context.progress.send_modify(|progress| {
        "looking for BMCs".clone_into(&mut progress.step);
        (progress.total, progress.percent) = (total, Some(0));
    });
    let room = Arc::new(Semaphore::new(AT_ONCE));
    let mut pace = tokio::time::interval(PACE);
    pace.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let (mut running, mut done) = (JoinSet::new(), Done::default());
    for target in targets {
        // Cancelled: nothing new begins, and what runs ends its session.
        let begins = async {
            pace.tick().await;
            room.clone().acquire_owned().await
        };
        let Some(Ok(place)) = context.cancel.run_until_cancelled(begins).await else { break };
        let (own, profiles) = (context.clone(), profiles.clone());
        running.spawn(async move {
            let one = one(&own, target, &profiles).await;
            drop(place);
            one
        });
        while let Some(ended) = running.try_join_next() {
            add(context, &mut done, ended.ok(), total);
        }
    }
    while let Some(ended) = running.join_next().await {
        add(context, &mut done, ended.ok(), total);
    }
    if context.cancel.is_cancelled() {
        return Err(Stop::Cancelled);
    }
    match done.first_failure.take_if(|_| done.found.failed == done.found.addresses) {
        // Nothing at all: as where the way there fails.
        Some(error) => Err(error.into()),
        None => Ok(done),
    }
}

/// What came of one address.
enum One {
    Nothing(Nothing),
    Bmc {
        is_new: bool,
        is_changed: bool,
        is_read: bool,
        was_trusted: bool,
        problem: Option<Code>,
        requests: u64,
        is_left_open: bool,
    },
    Failed(ApiError),
    Cancelled,
}

async fn one(context: &Context, target: Target, profiles: &Profiles) -> One {
    let is_new = target.known.is_none();
    let looked = context.cancel.run_until_cancelled(bmcs::look(&target, (context.now)())).await;
    let (mut bmc, is_to_be_read) = match looked {
        Some(Ok(Outcome::Bmc(bmc, is_to_be_read))) => (bmc, is_to_be_read),
        Some(Ok(Outcome::Nothing(nothing))) => return One::Nothing(nothing),
        Some(Err(error)) => {
            tracing::warn!(host = target.host, error = error.message, "an address could not be looked at");
            return One::Failed(error);
        }
        None => return One::Cancelled,
    };
    let before = bmc.read_at;
    let known = target.known.as_ref();
    // What is read is known from then on.
    if is_new && let Err(error) = context.store.save_bmc(&bmc, Saved::Found).await {
        tracing::warn!(host = bmc.host, %error, "a server could not be saved");
        return One::Failed(explain::store(error));
    }
    let visited = match is_to_be_read {
        true => bmcs::read(&mut bmc, profiles, &context.store, &context.cancel, context.now).await,
        false => None,
    };
    let saved = if visited.is_some() { Saved::LoggedIn } else { Saved::Looked };
    let is_saved = is_new && !is_to_be_read;
    if !is_saved && let Err(error) = context.store.save_bmc(&bmc, saved).await {
        tracing::warn!(host = bmc.host, %error, "a server could not be saved");
        return One::Failed(explain::store(error));
    }
    context.events.publish(Event::ServersChanged);
    let problem = bmc.problem.as_ref().map(|problem| problem.code);
    let is_changed = known.is_some_and(|known| (&known.root, &known.systems) != (&bmc.root, &bmc.systems));
    let was_trusted = known.is_some_and(|known| known.trust.is_some());
    let is_read = bmc.read_at != before && problem.is_none();
    let is_left_open = visited.as_ref().is_some_and(|visited| visited.is_left_open);
    let requests = visited.map_or(0, |visited| visited.requests);
    One::Bmc { is_new, is_changed, is_read, was_trusted, problem, requests, is_left_open }
}

fn add(context: &Context, done: &mut Done, ended: Option<One>, total: u64) {
    let found = &mut done.found;
    found.addresses += 1;
    match ended {
        Some(One::Nothing(Nothing::Silent)) => found.silent += 1,
        Some(One::Nothing(Nothing::Refused)) => found.refused += 1,
        Some(One::Nothing(Nothing::Other)) => found.other += 1,
        Some(One::Failed(error)) => {
            found.failed += 1;
            done.first_failure.get_or_insert(error);
        }
        // What panicked has been told by whoever looks after panics.
        None => found.failed += 1,
        Some(One::Cancelled) => {}
        Some(One::Bmc { is_new, is_changed, is_read, was_trusted, problem, requests, is_left_open }) => {
            found.left_open += u64::from(is_left_open);
            found.bmcs += 1;
            found.new += u64::from(is_new);
            found.changed += u64::from(is_changed);
            found.read += u64::from(is_read);
            done.requests += requests;
            match problem {
                Some(Code::UntrustedCertificate) => {
                    found.untrusted += 1;
                    found.changed_certificates += u64::from(was_trusted);
                }
                Some(Code::LoginRejected) => found.rejected += 1,
                Some(_) => found.unreadable += 1,
                None => {}
            }
        }
    }
    let (addresses, bmcs) = (found.addresses, found.bmcs);
    context.progress.send_modify(|progress| {
        progress.step = match bmcs {
            0 => "looking for BMCs".to_owned(),
            _ => format!("looking for BMCs: {} found", bmcs),
        };
        progress.done = addresses;
        progress.percent = u8::try_from(addresses * 100 / total.max(1)).ok();
    });
}
