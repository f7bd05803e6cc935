//! The commands on vCenters and credentials.
//! Refuse to decide anything: each is one thing that the configuration does.

use super::asked::secret;
use super::credentials::{Source, one_of_both};
use crate::call::{Admitted, Answer, Handler};
use crate::{explain, validate};
use contract::CredentialId;
use contract::command::*;

impl Handler for ListVcenters {
    async fn run(self, call: Admitted<'_>) -> Answer<Self> {
        call.vcenters().await
    }
}

impl Handler for ShowVcenter {
    async fn run(self, call: Admitted<'_>) -> Answer<Self> {
        call.vcenter(&self.vcenter).await
    }
}

impl Handler for CheckNewVcenter {
    async fn run(self, call: Admitted<'_>) -> Answer<Self> {
        call.name_is_free(&self.name).await?;
        match self.credential {
            Some(credential) => call.credential(&credential).await.map(Some),
            None => call.credential_name_is_free(&self.name).await.map(|()| None),
        }
    }
}

impl Handler for ProbeVcenter {
    async fn run(self, call: Admitted<'_>) -> Answer<Self> {
        call.probe_vcenter(&self.vcenter, self.typed.as_deref(), self.way).await
    }
}

impl Handler for ProbeAddress {
    async fn run(self, call: Admitted<'_>) -> Answer<Self> {
        call.probe(&self.address, &self.trust, &self.way).await
    }
}

impl Handler for OfferCa {
    async fn run(self, call: Admitted<'_>) -> Answer<Self> {
        call.offer_ca(&self.vcenter).await
    }
}

impl Handler for TryVcenter {
    async fn run(self, call: Admitted<'_>) -> Answer<Self> {
        call.try_vcenter(self.settings, self.vcenter.as_ref()).await
    }
}

impl Handler for AddVcenter {
    async fn run(self, call: Admitted<'_>) -> Answer<Self> {
        Ok(call.add_vcenter(self.settings.try_into()?).await?.into())
    }
}

impl Handler for EditVcenter {
    async fn run(self, call: Admitted<'_>) -> Answer<Self> {
        Ok(call.edit_vcenter(self.vcenter.as_str(), self.edition, self.change.try_into()?).await?.into())
    }
}

impl Handler for PlanRemoval {
    async fn run(self, call: Admitted<'_>) -> Answer<Self> {
        call.vcenter(self.vcenter.as_str()).await?;
        call.inner.store.goes_with(&self.vcenter).await.map_err(explain::store)
    }
}

impl Handler for RemoveVcenter {
    async fn run(self, call: Admitted<'_>) -> Answer<Self> {
        let (vcenter, credential) = call.remove_vcenter(self.vcenter.as_str(), self.at_once).await?;
        Ok(Removed { vcenter, credential })
    }
}

impl Handler for RestoreVcenter {
    async fn run(self, call: Admitted<'_>) -> Answer<Self> {
        call.restore_vcenter(&self.vcenter).await
    }
}

impl Handler for ListCredentials {
    async fn run(self, call: Admitted<'_>) -> Answer<Self> {
        call.credentials().await
    }
}

impl Handler for ShowCredential {
    async fn run(self, call: Admitted<'_>) -> Answer<Self> {
        call.credential(&self.credential).await
    }
}

impl Handler for AddCredential {
    async fn run(self, call: Admitted<'_>) -> Answer<Self> {
        let password = self.password.map(secret).transpose()?;
        let helper = self.helper.as_deref().map(validate::helper).transpose()?;
        Ok(call.add_credential(&self.name, &self.user, password, helper).await?.into())
    }
}

impl Handler for SetCredential {
    async fn run(self, call: Admitted<'_>) -> Answer<Self> {
        let password = self.password.map(secret).transpose()?;
        let source = match (password, self.helper.as_deref()) {
            (Some(_), Some([_, ..])) => return Err(one_of_both()),
            (Some(password), _) => Some(Source::Password(password)),
            (None, Some([])) => Some(Source::NoHelper),
            (None, Some(command)) => Some(Source::Helper(validate::helper(command)?)),
            (None, None) => None,
        };
        let (name, user) = (self.name.as_deref(), self.user.as_deref());
        Ok(call.set_credential(self.credential.as_str(), name, user, source).await?.into())
    }
}

impl Handler for MergeCredential {
    async fn run(self, call: Admitted<'_>) -> Answer<Self> {
        call.merge_credential(&self.from, &self.into, self.other_user).await
    }
}

impl Handler for RemoveCredential {
    async fn run(self, call: Admitted<'_>) -> Answer<Self> {
        call.remove_credential(self.credential.as_str()).await
    }
}

impl Handler for ListOrphans {
    async fn run(self, call: Admitted<'_>) -> Answer<Self> {
        call.orphans().await
    }
}

impl Handler for RemoveOrphans {
    async fn run(self, call: Admitted<'_>) -> Answer<Self> {
        call.remove_orphans(&self.orphans).await
    }
}

impl Handler for HasPassword {
    async fn run(self, call: Admitted<'_>) -> Answer<Self> {
        // It has no id yet, so no keychain has anything under it.
        call.has_password(&CredentialId(String::new()), &self.credential).await
    }
}

impl Handler for MissingPassword {
    async fn run(self, call: Admitted<'_>) -> Answer<Self> {
        call.missing_password(&self.credential, self.vcenter.as_ref()).await
    }
}

impl Handler for HoldPassword {
    async fn run(self, call: Admitted<'_>) -> Answer<Self> {
        call.hold_password(&self.credential, secret(self.password)?, self.vcenter.as_ref()).await
    }
}
