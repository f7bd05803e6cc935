//! The commands that ask for work on a vCenter, and those that look at it.
//! Refuse to decide anything: the queue does.

use crate::call::{Admitted, Answer, Handler};
use crate::discovery::may_trust;
use contract::command::*;
use contract::destination::Delivery;
use contract::{ApiError, Code, Job, Subject};

impl Handler for Submit {
    async fn run(self, call: Admitted<'_>) -> Answer<Self> {
        let Submit { vcenter, job, detached } = self;
        if !job.is_of_a_vcenter() {
            return Err(ApiError::new(Code::InvalidValue, "this job is about no vCenter"));
        }
        call.inner.operations.submit(&vcenter, job, call.by(), !detached).await
    }
}

impl Handler for HasWorker {
    async fn run(self, call: Admitted<'_>) -> Answer<Self> {
        Ok(call.inner.operations.has_worker())
    }
}

impl Handler for RetryOperation {
    async fn run(self, call: Admitted<'_>) -> Answer<Self> {
        // What trusts a CA approves certificates, whoever did it first.
        let before = call.inner.operations.show(self.operation.as_str()).await?;
        for scan in before.job.scans() {
            may_trust(&call, Some(scan)).await?;
        }
        if let Job::Deliver { destination, delivery, .. } = &before.job
            && matches!(**delivery, Delivery::Test { .. })
        {
            call.may::<TestDestination>(Subject::destination(destination)).await?;
        }
        call.inner.operations.retry(&self.operation, call.by(), !self.detached).await
    }
}

impl Handler for Withdraw {
    async fn run(self, call: Admitted<'_>) -> Answer<Self> {
        call.inner.operations.withdraw(&self.operation, call.by()).await
    }
}

impl Handler for CancelOperation {
    async fn run(self, call: Admitted<'_>) -> Answer<Self> {
        call.inner.operations.cancel(&self.operation, call.by()).await
    }
}

impl Handler for ListOperations {
    async fn run(self, call: Admitted<'_>) -> Answer<Self> {
        call.inner.operations.recent(&self.filter, self.limit).await
    }
}

impl Handler for OperationHistory {
    async fn run(self, call: Admitted<'_>) -> Answer<Self> {
        call.inner.operations.list(&self.filter, self.limit).await
    }
}

impl Handler for ShowOperation {
    async fn run(self, call: Admitted<'_>) -> Answer<Self> {
        call.inner.operations.show(&self.operation).await
    }
}

impl Handler for ShowChanges {
    async fn run(self, call: Admitted<'_>) -> Answer<Self> {
        call.inner.operations.changes(&self.operation, self.skip, self.limit).await
    }
}

impl Handler for ShowSteps {
    async fn run(self, call: Admitted<'_>) -> Answer<Self> {
        call.inner.operations.steps(&self.operation).await
    }
}

impl Handler for AwaitOperation {
    async fn run(self, call: Admitted<'_>) -> Answer<Self> {
        call.inner.operations.wait(&self.operation).await
    }
}
