//! What can be done with servers, their BMCs and credential profiles.
//! Refuses to approve anything by itself: what is sent is what a person saw and chose.

use super::vcenter_service::VcenterService;
use crate::backend;
use crate::state::toasts::Toast;
use crate::state::words;
use contract::command::{
    ApproveServers, ImportServers, MatchServer, OpenServer, PlanServers, ReadServers, RejectMatch,
    RemoveProfile, RemoveServers, SetProfile, StartScan, UnmatchServer,
};
use contract::discovery::{Approval, PlannedServer, Profile, Scan, Server, Vendor};
use contract::{ApiError, Code, Content, CredentialId, Moref, OperationId, ServerId, VcenterId};

impl VcenterService {
    /// Looks for BMCs; how it goes is told by the operation.
    pub(crate) async fn start_scan(&self, scan: Scan) -> Result<OperationId, ApiError> {
        backend::call(StartScan { scan, detached: false }).await
    }

    /// Reads servers anew; all of them, where none is named.
    pub(crate) fn read_servers(&self, servers: Vec<ServerId>) {
        let read = ReadServers { servers, detached: false };
        self.run(read, "The servers could not be read", |_, _| ());
    }

    /// Opens the page of a server's BMC in the browser.
    pub(crate) fn open_server(&self, server: ServerId) {
        self.run(OpenServer { server }, "The BMC could not be opened", |_, _| ());
    }

    /// What adding the servers of a list would do.
    pub(crate) async fn plan_servers(&self, content: Content) -> Result<Vec<PlannedServer>, ApiError> {
        backend::call(PlanServers { content }).await
    }

    /// Adds them; answers with what became of each.
    pub(crate) async fn import_servers(&self, content: Content) -> Result<Vec<PlannedServer>, ApiError> {
        backend::call(ImportServers { content }).await
    }

    /// Approves certificates that were on screen, and reads their servers.
    pub(crate) async fn approve_servers(&self, approvals: Vec<Approval>) -> Result<(), ApiError> {
        let servers: Vec<ServerId> = approvals.iter().map(|one| one.server.clone()).collect();
        let approved = backend::call(ApproveServers { approvals }).await;
        // Some may be approved where others show another one by now; those that are not approved are not logged in to.
        if approved.as_ref().err().is_some_and(|error| error.code == Code::ChangedMeanwhile) {
            self.read_servers(servers.clone());
        }
        approved?;
        let many = words::counted(servers.len(), "certificate was", "certificates were");
        self.toast(Toast::done(format!("{many} approved"), "The servers are read now."));
        self.read_servers(servers);
        Ok(())
    }

    /// Says that a server is an ESXi host.
    pub(crate) fn match_server(&self, server: &Server, host: &str, (vcenter, moref): (VcenterId, Moref)) {
        let told = format!("{} is {host}", server.address);
        let is_it = MatchServer { server: server.id.clone(), vcenter, moref };
        self.run(is_it, "The server was not matched", |service, done| {
            if done.is_some() {
                service.toast(Toast::done(told, ""));
            }
        });
    }

    /// Says that a server is not an ESXi host that it might be.
    pub(crate) fn reject_match(&self, server: &Server, host: &str, (vcenter, moref): (VcenterId, Moref)) {
        let told = format!("{} is not {host}", server.address);
        let is_not = RejectMatch { server: server.id.clone(), vcenter, moref };
        self.run(is_not, "The match was not rejected", |service, done| {
            if done.is_some() {
                service.toast(Toast::done(told, ""));
            }
        });
    }

    /// Takes back which hosts a server is not.
    pub(crate) fn forget_rejections(&self, server: &Server) {
        let told = format!("{} may be matched with any host again", server.address);
        let unmatch = UnmatchServer { server: server.id.clone(), rejections: true };
        self.run(unmatch, "The rejections were not taken back", |service, done| {
            if done.is_some() {
                service.toast(Toast::done(told, ""));
            }
        });
    }

    /// Takes back that a server is its host.
    pub(crate) fn unmatch_server(&self, server: &Server) {
        let told = format!("{} was unmatched", server.address);
        let unmatch = UnmatchServer { server: server.id.clone(), rejections: false };
        self.run(unmatch, "The server was not unmatched", |service, done| {
            if done.is_some() {
                service.toast(Toast::done(told, ""));
            }
        });
    }

    /// Forgets a server.
    pub(crate) async fn remove_server(&self, server: &Server) -> Result<(), ApiError> {
        backend::call(RemoveServers { servers: vec![server.id.clone()] }).await
    }

    /// Has a credential tried at BMCs.
    pub(crate) async fn set_profile(
        &self,
        credential: CredentialId,
        vendor: Option<Vendor>,
    ) -> Result<Profile, ApiError> {
        backend::call(SetProfile { credential, vendor }).await
    }

    /// Has a paused profile tried again.
    pub(crate) fn resume_profile(&self, profile: &Profile) {
        let told = format!("Profile {} was resumed", profile.profile);
        let resume = SetProfile { credential: profile.credential_id.clone(), vendor: profile.vendor };
        self.run(resume, "The profile was not resumed", |service, done| {
            if done.is_some() {
                service.toast(Toast::done(told, ""));
            }
        });
    }

    /// Has a credential tried at no BMC any more.
    pub(crate) fn remove_profile(&self, profile: &Profile) {
        let told = format!("Profile {} was removed", profile.profile);
        let remove = RemoveProfile { credential: profile.credential_id.clone() };
        self.run(remove, "The profile was not removed", |service, done| {
            if done.is_some() {
                service.toast(Toast::done(told, "The credential itself stays."));
            }
        });
    }
}
