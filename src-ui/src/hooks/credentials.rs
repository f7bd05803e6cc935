//! What can be done with credentials.
//! Refuses to keep a password: it is handed on, and dropped.

use super::vcenter_service::VcenterService;
use crate::backend;
use contract::command::{
    AddCredential, MergeCredential, MergedCredential, Password, RemoveCredential, SavedCredential,
    SetCredential,
};
use contract::{ApiError, Credential, CredentialId, Job, Vcenter};

impl VcenterService {
    /// Stores a new one.
    pub(crate) async fn add_credential(
        &self,
        name: String,
        user: String,
        password: Option<Password>,
        helper: Option<Vec<String>>,
    ) -> Result<SavedCredential, ApiError> {
        backend::call(AddCredential { name, user, password, helper }).await
    }

    /// Changes one, for all vCenters that use it.
    pub(crate) async fn set_credential(
        &self,
        credential: CredentialId,
        name: Option<String>,
        user: Option<String>,
        password: Option<Password>,
        helper: Option<Vec<String>>,
    ) -> Result<SavedCredential, ApiError> {
        backend::call(SetCredential { credential, name, user, password, helper }).await
    }

    /// Has the vCenters of one use another one, and removes the first.
    pub(crate) async fn merge_credential(
        &self,
        from: CredentialId,
        into: CredentialId,
        other_user: bool,
    ) -> Result<MergedCredential, ApiError> {
        backend::call(MergeCredential { from, into, other_user }).await
    }

    /// Removes one that nothing uses.
    pub(crate) async fn remove_credential(&self, credential: CredentialId) -> Result<Credential, ApiError> {
        backend::call(RemoveCredential { credential }).await
    }

    /// Tests every vCenter that uses it: what was changed shows in their states only after a contact.
    pub(crate) fn test_users_of(&self, credential: &Credential) {
        let vcenters = self.vcenters().unwrap_or_default();
        let users: Vec<Vcenter> =
            vcenters.iter().filter(|vcenter| credential.vcenters.contains(&vcenter.name)).cloned().collect();
        self.batch(&users, &Job::TEST);
    }
}
