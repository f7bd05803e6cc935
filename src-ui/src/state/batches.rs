//! Work that was asked for on several vCenters at once, until the last of it has ended: then one summary tells of all.
//! Refuses to wait for what never began: a vCenter on which it could not start has its end at once.

use super::toasts::Toast;
use contract::{ApiError, Job, Operation, OperationId, OperationState, Vcenter, VcenterId};

/// How it stands on one vCenter.
#[derive(Clone, Debug, PartialEq)]
enum Stand {
    Sent,
    Accepted(OperationId),
    NotStarted(ApiError),
    Ended(Box<Operation>),
}

/// One vCenter of a batch.
#[derive(Clone, Debug, PartialEq)]
struct Member {
    id: VcenterId,
    name: String,
    stand: Stand,
}

/// One piece of work on several vCenters.
#[derive(Clone, Debug, PartialEq)]
struct Batch {
    job: Job,
    members: Vec<Member>,
}

/// How work ended on one vCenter of several.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Ending {
    pub(crate) id: VcenterId,
    pub(crate) name: String,
    pub(crate) state: OperationState,
    pub(crate) error: Option<ApiError>,
}

/// Those that are under way.
#[derive(Clone, Debug, Default)]
pub(crate) struct Batches(Vec<Batch>);

impl Batches {
    /// Work was asked for on these vCenters.
    pub(crate) fn begin(&mut self, vcenters: &[Vcenter], job: &Job) {
        let member = |Vcenter { id, name, .. }: &Vcenter| Member {
            id: id.clone(),
            name: name.clone(),
            stand: Stand::Sent,
        };
        self.0.push(Batch { job: job.clone(), members: vcenters.iter().map(member).collect() });
    }

    /// The service took it on one of them, or did not; answers whether that is told by a summary.
    pub(crate) fn answered(
        &mut self,
        vcenter: &VcenterId,
        job: &Job,
        answer: &Result<OperationId, ApiError>,
    ) -> bool {
        let own = self.0.iter_mut().filter(|batch| batch.job == *job).flat_map(|batch| &mut batch.members);
        let mut sent = own.filter(|member| member.id == *vcenter && member.stand == Stand::Sent);
        let Some(member) = sent.next() else { return false };
        member.stand = match answer {
            Ok(operation) => Stand::Accepted(operation.clone()),
            Err(error) => Stand::NotStarted(error.clone()),
        };
        true
    }

    /// Whether the end of an operation is told by a summary. One that ended before its id was known is among them.
    pub(crate) fn tells(&self, operation: &Operation) -> bool {
        self.0.iter().any(|batch| {
            batch.members.iter().any(|member| match &member.stand {
                Stand::Accepted(id) => *id == operation.id,
                Stand::Ended(known) => known.id == operation.id,
                Stand::Sent => operation.is_of(&member.id) && batch.job == operation.job,
                Stand::NotStarted(_) => false,
            })
        })
    }

    /// Looks at a list of operations that has just come.
    pub(crate) fn see(&mut self, operations: &[Operation]) {
        for member in self.0.iter_mut().flat_map(|batch| &mut batch.members) {
            if let Stand::Accepted(id) = &member.stand
                && let Some(ended) = operations.iter().find(|one| one.id == *id && one.state.is_final())
            {
                member.stand = Stand::Ended(Box::new(ended.clone()));
            }
        }
    }

    /// The summaries of those that have ended everywhere, each once.
    pub(crate) fn summaries(&mut self) -> Vec<Toast> {
        let mut summaries = Vec::new();
        self.0.retain(|batch| {
            let endings: Option<Vec<Ending>> = batch.members.iter().map(Member::ending).collect();
            summaries.extend(endings.as_ref().map(|endings| Toast::summary(&batch.job, endings)));
            endings.is_none()
        });
        summaries
    }
}

impl Member {
    fn ending(&self) -> Option<Ending> {
        let (state, error) = match &self.stand {
            Stand::Sent | Stand::Accepted(_) => return None,
            Stand::NotStarted(error) => (OperationState::Failed, Some(error.clone())),
            Stand::Ended(operation) => (operation.state, operation.error.clone()),
        };
        Some(Ending { id: self.id.clone(), name: self.name.clone(), state, error })
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::*;
    use contract::Code;

    fn begun(names: &[&str]) -> Batches {
        let mut batches = Batches::default();
        let vcenters: Vec<Vcenter> = names.iter().map(|name| samples::vcenter(name)).collect();
        batches.begin(&vcenters, &Job::FULL_SYNC);
        batches
    }

    fn id(name: &str) -> VcenterId {
        VcenterId(format!("id-{name}"))
    }

    fn taken(batches: &mut Batches, name: &str) -> bool {
        batches.answered(&id(name), &Job::FULL_SYNC, &Ok(OperationId(format!("op-{name}"))))
    }

    #[test]
    fn a_batch_is_told_once_when_the_last_of_it_has_ended_and_names_what_failed() {
        let mut batches = begun(&["Berlin", "Oslo", "Rome"]);
        assert!(taken(&mut batches, "Berlin") && taken(&mut batches, "Oslo"));
        let refused = ApiError::new(Code::Database, "the disk is full");
        assert!(batches.answered(&id("Rome"), &Job::FULL_SYNC, &Err(refused)));
        let berlin = samples::operation("Berlin", OperationState::Succeeded);
        assert!(batches.tells(&berlin));
        batches.see(std::slice::from_ref(&berlin));
        assert!(batches.summaries().is_empty(), "Oslo is under way");
        let mut oslo = samples::operation("Oslo", OperationState::Failed);
        oslo.error = Some(ApiError::new(Code::LoginRejected, "vc rejected the login of u"));
        batches.see(&[oslo.clone(), berlin]);
        let [summary] = &batches.summaries()[..] else { panic!("one summary") };
        assert_eq!(summary.title, "1 of 3 synced");
        assert!(summary.detail.contains("Oslo: login rejected"), "{}", summary.detail);
        let again: Vec<&str> = summary.again.iter().map(|work| work.vcenter.as_str()).collect();
        assert_eq!(again, ["id-Oslo", "id-Rome"], "only what failed is retried");
        assert!(batches.summaries().is_empty() && !batches.tells(&oslo));
    }

    #[test]
    fn where_all_went_well_the_names_are_told_and_nothing_is_retried() {
        let mut batches = begun(&["Berlin", "Rome"]);
        assert!(taken(&mut batches, "Berlin") && taken(&mut batches, "Rome"));
        batches.see(&["Berlin", "Rome"].map(|name| samples::operation(name, OperationState::Succeeded)));
        let [summary] = &batches.summaries()[..] else { panic!("one summary") };
        assert_eq!(summary.title, "Full sync finished: 2 vCenters");
        assert_eq!(summary.names(), ["Berlin", "Rome"]);
        assert!(summary.leaves() && summary.again.is_empty());
    }

    #[test]
    fn what_a_person_cancelled_is_no_failure_and_is_not_retried() {
        let mut batches = begun(&["Berlin", "Rome"]);
        assert!(taken(&mut batches, "Berlin") && taken(&mut batches, "Rome"));
        batches.see(&[
            samples::operation("Berlin", OperationState::Succeeded),
            samples::operation("Rome", OperationState::Cancelled),
        ]);
        let [summary] = &batches.summaries()[..] else { panic!("one summary") };
        assert_eq!((summary.title.as_str(), summary.detail.as_str()), ("1 of 2 synced", "Rome: cancelled"));
        assert!(summary.leaves() && summary.again.is_empty());
    }

    #[test]
    fn other_work_on_its_vcenters_is_told_by_itself() {
        let mut batches = begun(&["Berlin", "Rome"]);
        let test = Operation { job: Job::TEST, ..samples::operation("Berlin", OperationState::Failed) };
        assert!(!batches.tells(&test));
        assert!(!batches.answered(&id("Berlin"), &Job::TEST, &Ok(OperationId("x".to_owned()))));
        assert!(
            batches.tells(&samples::operation("Berlin", OperationState::Failed)),
            "its id is not known yet"
        );
    }
}
