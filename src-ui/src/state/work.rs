//! What a person asked for or cancelled and the operations don't show yet.
//! Refuses to start anything.

use contract::{Operation, OperationId, VcenterId};
use std::collections::{HashMap, HashSet};

/// What was asked for a vCenter, and does not show in its operations yet.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Sent {
    OnItsWay,
    Accepted(OperationId),
}

/// Work beside the operations that are listed.
#[derive(Debug, Default)]
pub(crate) struct Work {
    sent: HashMap<VcenterId, Sent>,
    /// Operations that a person cancelled and that have not ended yet.
    cancelling: HashSet<OperationId>,
}

impl Work {
    /// A person asked for work on a vCenter: until it shows in the operations, it counts as busy.
    pub(crate) fn sent(&mut self, vcenter: &VcenterId) {
        self.sent.insert(vcenter.clone(), Sent::OnItsWay);
    }

    /// The service took it as this operation, or nothing of it is under way any more.
    pub(crate) fn accepted(&mut self, vcenter: &VcenterId, operation: Option<OperationId>) {
        match operation {
            Some(operation) => self.sent.insert(vcenter.clone(), Sent::Accepted(operation)),
            None => self.sent.remove(vcenter),
        };
    }

    /// Whether something was asked for that does not show yet.
    pub(crate) fn is_sent(&self, vcenter: &VcenterId) -> bool {
        self.sent.contains_key(vcenter)
    }

    /// A person cancels an operation: until it has ended it is shown as what it is about to be.
    pub(crate) fn cancel(&mut self, operation: OperationId) {
        self.cancelling.insert(operation);
    }

    /// It could not be cancelled.
    pub(crate) fn continues(&mut self, operation: &OperationId) {
        self.cancelling.remove(operation);
    }

    /// Whether a person cancelled it and it has not ended yet.
    pub(crate) fn is_cancelling(&self, operation: &OperationId) -> bool {
        self.cancelling.contains(operation)
    }

    /// Looks at a list of operations that has just come.
    pub(crate) fn see(&mut self, operations: &[Operation]) {
        let is_listed = |id: &OperationId| operations.iter().any(|operation| operation.id == *id);
        self.sent.retain(|_, sent| !matches!(sent, Sent::Accepted(operation) if is_listed(operation)));
        self.cancelling.retain(|id| {
            operations.iter().any(|operation| operation.id == *id && !operation.state.is_final())
        });
    }
}
