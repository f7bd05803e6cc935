//! The commands that ask for work on a vCenter, and those that look at it.
//! Refuse to decide anything: the queue does.

use super::Job;
use crate::call::{Admitted, Answer, Handler};
use contract::command::*;

impl Handler for TestConnection {
    async fn run(self, call: Admitted<'_>) -> Answer<Self> {
        call.inner.operations.test(&self.vcenter, self.retry_login, call.origin()).await
    }
}

impl Handler for StartTest {
    async fn run(self, call: Admitted<'_>) -> Answer<Self> {
        let job = Job::Test { retry_login: self.retry_login };
        call.inner.operations.submit(&self.vcenter, job, call.origin()).await
    }
}

impl Handler for TakeReport {
    async fn run(self, call: Admitted<'_>) -> Answer<Self> {
        Ok(call.inner.operations.take_report(&self.operation))
    }
}

impl Handler for SyncHosts {
    async fn run(self, call: Admitted<'_>) -> Answer<Self> {
        let job = Job::SyncHosts { clusters: self.clusters, accept_removals: self.accept_removals };
        call.inner.operations.submit(&self.vcenter, job, call.origin()).await
    }
}

impl Handler for FullSync {
    async fn run(self, call: Admitted<'_>) -> Answer<Self> {
        let job = Job::FullSync { accept_removals: self.accept_removals };
        call.inner.operations.submit(&self.vcenter, job, call.origin()).await
    }
}

impl Handler for RefreshKind {
    async fn run(self, call: Admitted<'_>) -> Answer<Self> {
        let job = Job::Refresh { kind: self.kind, accept_removals: self.accept_removals };
        call.inner.operations.submit(&self.vcenter, job, call.origin()).await
    }
}

impl Handler for CancelOperation {
    async fn run(self, call: Admitted<'_>) -> Answer<Self> {
        call.inner.operations.withdraw(&self.operation).await
    }
}

impl Handler for ListOperations {
    async fn run(self, call: Admitted<'_>) -> Answer<Self> {
        call.inner.operations.recent(self.limit).await
    }
}

impl Handler for OperationHistory {
    async fn run(self, call: Admitted<'_>) -> Answer<Self> {
        call.inner.operations.list(self.vcenter.as_ref(), self.limit).await
    }
}

impl Handler for ShowOperation {
    async fn run(self, call: Admitted<'_>) -> Answer<Self> {
        call.inner.operations.show(&self.operation).await
    }
}

impl Handler for AwaitOperation {
    async fn run(self, call: Admitted<'_>) -> Answer<Self> {
        call.inner.operations.wait(&self.operation).await
    }
}
