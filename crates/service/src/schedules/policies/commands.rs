//! The commands on policies.
//! Refuse to decide anything: each is one thing that the policies do.

use crate::call::{Admitted, Answer, Handler};
use crate::discovery::may_trust;
use contract::ApiError;
use contract::command::*;
use contract::policy::{PolicySettings, Step};

impl Handler for ListPolicies {
    async fn run(self, call: Admitted<'_>) -> Answer<Self> {
        call.inner.schedules.list_policies().await
    }
}

impl Handler for ShowPolicy {
    async fn run(self, call: Admitted<'_>) -> Answer<Self> {
        call.inner.schedules.show_policy(&self.policy).await
    }
}

impl Handler for AddPolicy {
    async fn run(self, call: Admitted<'_>) -> Answer<Self> {
        may_do(&call, &self.settings).await?;
        call.schedules().add_policy(self.settings).await
    }
}

impl Handler for EditPolicy {
    async fn run(self, call: Admitted<'_>) -> Answer<Self> {
        may_do(&call, &self.settings).await?;
        call.schedules().edit_policy(&self.policy, self.edition, self.settings).await
    }
}

impl Handler for EnablePolicy {
    async fn run(self, call: Admitted<'_>) -> Answer<Self> {
        if self.enabled {
            may_do(&call, &call.inner.schedules.policy(&self.policy).await?.settings()).await?;
        }
        call.schedules().enable_policy(&self.policy, self.enabled).await
    }
}

impl Handler for RemovePolicy {
    async fn run(self, call: Admitted<'_>) -> Answer<Self> {
        call.schedules().remove_policy(&self.policy).await
    }
}

impl Handler for RunPolicy {
    async fn run(self, call: Admitted<'_>) -> Answer<Self> {
        may_do(&call, &call.inner.schedules.policy(&self.policy).await?.settings()).await?;
        call.schedules().run_policy(&self.policy, &call.by(), !self.detached).await
    }
}

impl Handler for ListRuns {
    async fn run(self, call: Admitted<'_>) -> Answer<Self> {
        let record = call.inner.schedules.policy(&self.policy).await?;
        call.inner.schedules.runs(&record.id, self.limit).await
    }
}

impl Handler for DryRunPolicy {
    async fn run(self, call: Admitted<'_>) -> Answer<Self> {
        call.inner.schedules.dry_run_policy(self.settings).await
    }
}

/// Fails if the caller may not do by hand what a policy would do for them.
async fn may_do(call: &Admitted<'_>, settings: &PolicySettings) -> Result<(), ApiError> {
    for scan in settings.steps.iter().filter_map(Step::scan) {
        may_trust(call, Some(scan)).await?;
    }
    Ok(())
}
