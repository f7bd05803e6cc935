//! What can be done with policies and with what they deliver to.
//! Refuses to run one without the service: its conditions are looked at there.

use super::vcenter_service::VcenterService;
use crate::backend;
use crate::state::toasts::Toast;
use contract::command::{
    AddDestination, AddPolicy, EditDestination, EditPolicy, EnablePolicy, RemoveDestination, RemovePolicy,
    RunPolicy, TestDestination,
};
use contract::destination::{Destination, DestinationSettings};
use contract::policy::{Policy, PolicySettings};
use contract::{ApiError, DestinationId, PolicyId};

impl VcenterService {
    /// Stores a policy: a new one, or another form of one that is there.
    pub(crate) async fn save_policy(
        &self,
        before: Option<&Policy>,
        settings: PolicySettings,
    ) -> Result<Policy, ApiError> {
        match before {
            None => backend::call(AddPolicy { settings }).await,
            Some(Policy { id, edition, .. }) => {
                backend::call(EditPolicy { policy: id.clone(), edition: *edition, settings }).await
            }
        }
    }

    /// Runs a policy; how it goes is told by its operation.
    pub(crate) fn run_policy(&self, policy: PolicyId) {
        let run = RunPolicy { policy, detached: false };
        self.run(run, "The policy was not run", |_, _| ());
    }

    /// Turns a policy on or off.
    pub(crate) fn enable_policy(&self, policy: PolicyId, enabled: bool) {
        self.run(EnablePolicy { policy, enabled }, "The policy could not be changed", |_, _| ());
    }

    /// Removes a policy; what it started goes on.
    pub(crate) fn remove_policy(&self, policy: &Policy) {
        let remove = RemovePolicy { policy: policy.id.clone() };
        self.run(remove, "The policy was not removed", |service, removed| {
            if let Some(Policy { name, .. }) = removed {
                service.toast(Toast::done(format!("Policy {name} was removed"), ""));
            }
        });
    }

    /// Stores a destination: a new one, or another form of one that is there.
    pub(crate) async fn save_destination(
        &self,
        before: Option<&Destination>,
        settings: DestinationSettings,
    ) -> Result<Destination, ApiError> {
        match before {
            None => backend::call(AddDestination { settings }).await,
            Some(Destination { id, edition, .. }) => {
                backend::call(EditDestination { destination: id.clone(), edition: *edition, settings }).await
            }
        }
    }

    /// Delivers something to a destination that shows whether it works; how that goes is told by its operation.
    pub(crate) fn test_destination(&self, destination: DestinationId) {
        let test = TestDestination { destination, detached: false };
        self.run(test, "The destination was not tested", |_, _| ());
    }

    /// Removes a destination.
    pub(crate) fn remove_destination(&self, destination: &Destination) {
        let remove = RemoveDestination { destination: destination.id.clone() };
        self.run(remove, "The destination was not removed", |service, removed| {
            if let Some(Destination { name, .. }) = removed {
                service.toast(Toast::done(format!("Destination {name} was removed"), ""));
            }
        });
    }
}
