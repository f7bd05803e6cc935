//! The commands of discovery: scans, approvals, what people say of servers, and credential profiles.
//! Refuse to contact a BMC: jobs of the queue do.

use super::entries::{self, Entry};
use super::{bmcs, listing, ranges};
use crate::call::{Admitted, Answer, Handler};
use crate::configuration::asked::secret;
use crate::{Service, explain};
use contract::command::{
    AddServer, ApproveServers, ImportServers, ListProfiles, ListServers, MatchServer, PlanServers,
    ReadServers, RejectMatch, RemoveProfile, RemoveServers, ServerOfHost, SetProfile, ShowServer, StartScan,
    UnmatchServer,
};
use contract::discovery::{Profile, Scan, Server, ServerState};
use contract::{
    ApiError, Code, CredentialId, Event, ImportAction, Job, Kind, Moref, ServerId, Subject, VcenterId,
};
use store::Said;

impl Handler for ListServers {
    async fn run(self, call: Admitted<'_>) -> Answer<Self> {
        call.discovered().await
    }
}

impl Handler for ShowServer {
    async fn run(self, call: Admitted<'_>) -> Answer<Self> {
        call.server(&self.server).await
    }
}

impl Handler for ServerOfHost {
    async fn run(self, call: Admitted<'_>) -> Answer<Self> {
        let is_it = |one: &Server| {
            one.vcenter_id.as_ref() == Some(&self.vcenter) && one.host_moref.as_ref() == Some(&self.moref)
        };
        Ok(call.discovered().await?.servers.into_iter().find(is_it))
    }
}

impl Handler for StartScan {
    async fn run(self, call: Admitted<'_>) -> Answer<Self> {
        let scan = checked(self.scan)?;
        may_trust(&call, Some(&scan)).await?;
        let job = Job::Scan { scan: Box::new(scan) };
        call.inner.operations.submit_about_none(job, call.by(), !self.detached).await
    }
}

/// Fails if a scan trusts a CA and the caller may approve no certificate: that is what it amounts to.
pub(crate) async fn may_trust(call: &Admitted<'_>, scan: Option<&Scan>) -> Result<(), ApiError> {
    match scan.and_then(|scan| scan.ca.as_ref()) {
        Some(_) => call.may::<ApproveServers>(Subject::only("servers")).await,
        None => Ok(()),
    }
}

/// A scan that can be run, as it is stored; else why it can't.
pub(crate) fn checked(scan: Scan) -> Result<Scan, ApiError> {
    bmcs::checked(&scan, ranges::targets(&scan)?.len())?;
    ranges::leaves_out_what_is_there(&scan)?;
    Ok(ranges::apart(scan))
}

impl Handler for ReadServers {
    async fn run(self, call: Admitted<'_>) -> Answer<Self> {
        let job = Job::ReadServers { servers: self.servers };
        call.inner.operations.submit_about_none(job, call.by(), !self.detached).await
    }
}

impl Handler for AddServer {
    async fn run(self, call: Admitted<'_>) -> Answer<Self> {
        let AddServer { address, profile, user, password } = self;
        let password = password.map(secret).transpose()?;
        let entry = Entry { address, profile, user, password, ..Entry::default() };
        let entered = call.enter(vec![entry], true).await?.pop();
        let entered = entered.ok_or_else(|| explain::defect("the server was not added", "Report it."))?;
        if entered.action != ImportAction::Refuse {
            return Ok(entered);
        }
        let why = entered.reason.unwrap_or_default();
        Err(ApiError::new(Code::InvalidValue, format!("the server can't be added: {why}"))
            .next("Correct it, and add the server again."))
    }
}

impl Handler for PlanServers {
    async fn run(self, call: Admitted<'_>) -> Answer<Self> {
        call.enter(entries::read(&self.content)?, false).await
    }
}

impl Handler for ImportServers {
    async fn run(self, call: Admitted<'_>) -> Answer<Self> {
        call.enter(entries::read(&self.content)?, true).await
    }
}

impl Handler for ApproveServers {
    async fn run(self, call: Admitted<'_>) -> Answer<Self> {
        let approvals: Vec<_> = self
            .approvals
            .into_iter()
            .map(|approval| (listing::bmc_of(&approval.server).to_owned(), approval))
            .collect();
        let asked = approvals.len();
        let approved = call.store().approve(&approvals).await.map_err(explain::store)?;
        call.inner.events.publish(Event::ServersChanged);
        match approved.len() == asked {
            true => Ok(()),
            false => {
                let message = format!(
                    "{} of {asked} certificates were not approved: those BMCs show another one by now, or are gone",
                    asked - approved.len()
                );
                Err(ApiError::new(Code::ChangedMeanwhile, message)
                    .next("Look at what they show now, and approve that."))
            }
        }
    }
}

impl Handler for MatchServer {
    async fn run(self, call: Admitted<'_>) -> Answer<Self> {
        call.say(&self.server, (self.vcenter, self.moref), true, call.caller().who()).await
    }
}

impl Handler for RejectMatch {
    async fn run(self, call: Admitted<'_>) -> Answer<Self> {
        call.say(&self.server, (self.vcenter, self.moref), false, call.caller().who()).await
    }
}

impl Handler for UnmatchServer {
    async fn run(self, call: Admitted<'_>) -> Answer<Self> {
        let before = call.server(self.server.as_str()).await?;
        let (bmc, system) = (listing::bmc_of(&before.id), listing::system_of(&before.id));
        let is_matched = before.state == ServerState::Matched;
        if before.confirmed || self.rejections {
            let store = call.store();
            store.unsay(bmc, system, &before.id, !self.rejections).await.map_err(explain::store)?;
            call.inner.events.publish(Event::ServersChanged);
        }
        if self.rejections {
            return call.server(before.id.as_str()).await;
        }
        let now = call.server(before.id.as_str()).await?;
        let same = now.vcenter_id == before.vcenter_id && now.host_moref == before.host_moref;
        match (now.state, now.vcenter_id.clone().zip(now.host_moref.clone())) {
            // What facts say all the same is not so, as the person says.
            (ServerState::Matched, Some((vcenter, moref))) if is_matched && same => {
                call.say(&now.id, (vcenter, moref), false, call.caller().who()).await
            }
            _ => Ok(now),
        }
    }
}

impl Handler for RemoveServers {
    async fn run(self, call: Admitted<'_>) -> Answer<Self> {
        let ids: Vec<(String, ServerId)> = listing::by_bmc(&self.servers).into_iter().collect();
        let own = call.known_to_entries().await?.own_of(&ids);
        call.store().remove_bmcs(&ids).await.map_err(explain::store)?;
        call.inner.events.publish(Event::ServersChanged);
        for credential in own {
            if let Err(error) = call.remove_credential(credential.as_str()).await {
                tracing::warn!(%error, "the credential of a server that was removed stays");
            }
        }
        Ok(())
    }
}

impl Handler for ListProfiles {
    async fn run(self, call: Admitted<'_>) -> Answer<Self> {
        call.profiles().await
    }
}

impl Handler for SetProfile {
    async fn run(self, call: Admitted<'_>) -> Answer<Self> {
        call.inner.store.credential(&self.credential).await.map_err(explain::store)?;
        let known = call.inner.store.bmc_profiles().await.map_err(explain::store)?;
        if known.iter().any(|one| one.credential == self.credential && one.paused_at.is_some()) {
            // Resumed: what BMCs rejected may be tried again.
            call.profile_is_new(&self.credential).await?;
        }
        let store = call.store();
        store.set_bmc_profile(&self.credential, self.vendor).await.map_err(explain::store)?;
        call.inner.events.publish(Event::ServersChanged);
        let profile = call.profiles().await?.into_iter().find(|one| one.credential_id == self.credential);
        profile.ok_or_else(|| no_profile(&self.credential))
    }
}

impl Handler for RemoveProfile {
    async fn run(self, call: Admitted<'_>) -> Answer<Self> {
        let is_removed = call.store().remove_bmc_profile(&self.credential).await.map_err(explain::store)?;
        call.inner.events.publish(Event::ServersChanged);
        if is_removed { Ok(()) } else { Err(no_profile(&self.credential)) }
    }
}

impl Service {
    /// Writes what a person says of a server and a host.
    async fn say(
        &self,
        server: &ServerId,
        (vcenter, moref): (VcenterId, Moref),
        is_match: bool,
        by: &str,
    ) -> Result<Server, ApiError> {
        let known = self.discovered().await?;
        let of = known.named(server.as_str())?.clone();
        let is_taken = |one: &&Server| {
            let same = one.vcenter_id.as_ref() == Some(&vcenter) && one.host_moref.as_ref() == Some(&moref);
            same && one.confirmed && one.id != of.id
        };
        if is_match && let Some(other) = known.servers.iter().find(is_taken) {
            let host = other.host.as_deref().unwrap_or_default();
            let message = format!("{host} is matched with {} already, as somebody said", other.address);
            return Err(ApiError::new(Code::InUse, message).next("Unmatch that server first."));
        }
        if self.read(&vcenter).await?.get(Kind::Hosts, &moref).is_none() {
            let message = format!("there is no host \"{}\"", contract::words::excerpt(&moref));
            return Err(
                ApiError::new(Code::NotFound, message).next("Sync its vCenter, or choose another host.")
            );
        }
        let (bmc, system) = (listing::bmc_of(&of.id).to_owned(), listing::system_of(&of.id).to_owned());
        let said = Said { bmc, system, vcenter, moref, is_match };
        self.store().say(&said, &of.id, by, self.now()).await.map_err(explain::store)?;
        self.inner.events.publish(Event::ServersChanged);
        self.server(of.id.as_str()).await
    }

    /// Another user or password was set for a credential: BMCs may be asked again.
    pub(crate) async fn profile_is_new(&self, credential: &CredentialId) -> Result<(), ApiError> {
        let message = "it rejected the login, and the profile was changed or resumed since";
        let since = ApiError::new(Code::NoPassword, message).next("Read the server again, or scan.");
        self.inner.store.profile_is_new(credential, &since).await.map_err(explain::store)?;
        self.inner.events.publish(Event::ServersChanged);
        Ok(())
    }

    async fn profiles(&self) -> Result<Vec<Profile>, ApiError> {
        let store = &self.inner.store;
        let credentials = store.credentials().await.map_err(explain::store)?;
        let bmcs = store.bmcs().await.map_err(explain::store)?;
        let of = |one: store::BmcProfile| {
            let credential = credentials.iter().find(|credential| credential.id == one.credential)?;
            let is_read_with = |bmc: &&store::Bmc| bmc.credential_id.as_ref() == Some(&one.credential);
            Some(Profile {
                profile: credential.name.clone(),
                user: credential.user.clone(),
                vendor: one.vendor,
                proven_at: one.proven_at,
                paused_at: one.paused_at,
                servers: bmcs.iter().filter(is_read_with).count(),
                credential_id: one.credential,
            })
        };
        let profiles = store.bmc_profiles().await.map_err(explain::store)?;
        Ok(profiles.into_iter().filter_map(of).collect())
    }
}

fn no_profile(id: &CredentialId) -> ApiError {
    let message =
        format!("the credential {} is no credential profile", contract::words::excerpt(id.as_str()));
    ApiError::new(Code::NotFound, message).next("List the profiles.")
}
