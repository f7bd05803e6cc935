//! What keeps work that runs by itself from a vCenter until a person has done something: trying on would only make one
//! failure after another.
//! Refuses to keep a person from trying: what they ask for runs, and its success ends this.

use crate::connections::Connections;
use crate::explain;
use crate::operations::Operations;
use crate::pacing::LOOK_BACK;
use contract::{ApiError, Code, Job, Operation, OperationState, VcenterId, VcenterState};
use store::{Store, VcenterRecord};

/// What a person has to do something about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Needs {
    Login,
    Password,
    Certificate,
    SameVcenter,
    Removals,
}

impl Needs {
    /// Why something waits, in words.
    pub(crate) fn reason(self) -> &'static str {
        match self {
            Needs::Login => "waits: the login was rejected",
            Needs::Password => "waits: no password is available",
            Needs::Certificate => "waits: its certificate is not trusted",
            Needs::SameVcenter => "waits: another vCenter answers at its address",
            Needs::Removals => "waits: it would remove too many objects, sync it to review them",
        }
    }
}

/// Whoever knows what waits for a person: the one place for readers and schedules.
#[derive(Clone)]
pub(crate) struct Person {
    pub(crate) store: Store,
    pub(crate) connections: Connections,
    pub(crate) operations: Operations,
}

impl Person {
    /// What a job on a vCenter needs a person for first, if it was to run by itself now.
    pub(crate) async fn is_needed(&self, vcenter: &VcenterId, job: &Job) -> Result<Option<Needs>, ApiError> {
        let record = self.store.vcenter(vcenter).await.map_err(explain::store)?;
        let history = self.operations.newest(Some(vcenter), LOOK_BACK).await?;
        Ok(self.is_needed_after(&record, &history, job).await)
    }

    /// The same of one that has been looked up, after what was done on it so far.
    pub(crate) async fn is_needed_after(
        &self,
        record: &VcenterRecord,
        history: &[Operation],
        job: &Job,
    ) -> Option<Needs> {
        if let Some(needs) = self.is_needed_to_log_in(record).await {
            return Some(needs);
        }
        let removes = !matches!(job, Job::Test { .. });
        (removes && removals_wait(history, job)).then_some(Needs::Removals)
    }

    async fn is_needed_to_log_in(&self, record: &VcenterRecord) -> Option<Needs> {
        // Another password or user ends it before anybody has logged in.
        if self.operations.refused(record).await.is_some() {
            return Some(Needs::Login);
        }
        match record.contact?.state {
            VcenterState::Untrusted => Some(Needs::Certificate),
            VcenterState::DifferentVcenter => Some(Needs::SameVcenter),
            // The one that is available isn't sent to an address that nobody vouched for.
            VcenterState::NoPassword if record.is_moved() => Some(Needs::Password),
            VcenterState::NoPassword if !self.connections.has_password(&record.vcenter.id).await => {
                Some(Needs::Password)
            }
            _ => None,
        }
    }
}

/// Whether the last that was heard of a job, out of what was done so far, is that it would remove too much. What does more than
/// the job says the same of it, and so does whatever was let remove something since.
fn removals_wait(history: &[Operation], job: &Job) -> bool {
    let mut ended: Vec<&Operation> = history.iter().filter(|one| one.finished_at.is_some()).collect();
    // What was asked for first may end last.
    ended.sort_by_key(|one| std::cmp::Reverse(one.finished_at));
    let says = |one: &Operation| match (one.state, one.error.as_ref().map(|error| error.code)) {
        (OperationState::Failed, Some(Code::TooManyRemovals)) => one.job.again().covers(job).then_some(true),
        (OperationState::Succeeded | OperationState::Partial, _) => {
            (one.job.accepts_removals() || one.job.covers(job)).then_some(false)
        }
        _ => None,
    };
    ended.into_iter().find_map(says).unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;
    use contract::{Kind, Time};

    fn ended(job: Job, code: Option<Code>, minute: i64) -> Operation {
        Operation {
            state: if code.is_some() { OperationState::Failed } else { OperationState::Succeeded },
            finished_at: Some(Time(minute * 60_000)),
            error: code.map(|code| ApiError::new(code, "no")),
            ..crate::tests::operation(job)
        }
    }

    #[test]
    fn what_would_remove_too_much_waits_until_it_went_well_or_a_removal_was_accepted() {
        let full = || Job::FULL_SYNC;
        let refused = |minute| ended(full(), Some(Code::TooManyRemovals), minute);
        let vms = Job::refresh(Kind::Vms);
        assert!(!removals_wait(&[], &full()));
        assert!(removals_wait(&[refused(1)], &full()));
        assert!(removals_wait(&[refused(1)], &vms), "a part of it");
        let refused_vms = ended(vms.clone(), Some(Code::TooManyRemovals), 1);
        assert!(!removals_wait(&[refused_vms], &Job::refresh(Kind::Hosts)));
        let failed = ended(full(), Some(Code::Unreachable), 2);
        assert!(removals_wait(&[failed, refused(1)], &full()), "which says nothing of it");
        let other = ended(Job::refresh(Kind::Hosts), None, 2);
        assert!(removals_wait(&[other, refused(1)], &full()));
        assert!(!removals_wait(&[ended(full(), None, 2), refused(1)], &full()));
        let accepted = ended(vms.accepting_removals().unwrap(), None, 2);
        assert!(!removals_wait(&[accepted.clone(), refused(1)], &full()));
        assert!(removals_wait(&[refused(3), accepted], &full()));
    }
}
