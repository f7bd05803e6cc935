//! What can be done about a failure, as data: the window makes a button of it, the command line a command.
//! Refuses to hold anybody's words: what a remedy is called stands in `words`, what a client does for it in that client.

use crate::{ApiError, Code, Job, OperationId, Role};
use serde::{Deserialize, Serialize};

/// One thing to do about a failure. vCenters and credentials are named as they are called.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "remedy", rename_all = "snake_case")]
pub enum Remedy {
    /// Store the password of a credential that has none.
    SetPassword {
        /// Its name.
        credential: String,
    },
    /// Store another password than the one that was rejected.
    ReplacePassword {
        /// The credential's name.
        credential: String,
    },
    /// Enter the password for the new address of a vCenter.
    ConfirmPassword {
        /// Its name.
        vcenter: String,
    },
    /// Give the password with the work that asked for it.
    GivePassword,
    /// Log in once more with the password that was rejected.
    RetryLogin {
        /// The vCenter's name.
        vcenter: String,
    },
    /// Trust the certificate with this fingerprint.
    ApproveCertificate {
        /// The vCenter's name; none before it is added.
        vcenter: Option<String>,
        /// Its SHA-256 fingerprint.
        sha256: String,
    },
    /// Trust the CA that issued the certificate.
    TrustCa {
        /// The vCenter's name; none before it is added.
        vcenter: Option<String>,
    },
    /// Look at a server's certificate.
    ProbeCertificate,
    /// Correct the address of a vCenter.
    EditAddress {
        /// Its name.
        vcenter: String,
    },
    /// Correct the way to a vCenter.
    EditWay {
        /// Its name.
        vcenter: String,
        /// Whether it is reached at another address, and not through a proxy.
        tunnel: bool,
    },
    /// Do the same work with its removals accepted.
    AcceptRemovals {
        /// The vCenter's name.
        vcenter: String,
        /// The work, with them accepted.
        job: Job,
    },
    /// Do the same work once more.
    Retry {
        /// The vCenter's name.
        vcenter: String,
        /// The work.
        job: Job,
    },
    /// Choose from the clusters that there are.
    ChooseClusters {
        /// The vCenter's name.
        vcenter: String,
    },
    /// Cancel an operation that is in the way.
    CancelOperation {
        /// Its id.
        operation: OperationId,
    },
    /// Give other credentials to the vCenters that use this one.
    ChangeCredential,
    /// Use a credential that exists.
    UseCredential {
        /// Its name.
        credential: String,
    },
    /// Look at those that there are.
    List {
        /// Of what.
        of: Noun,
    },
    /// Add the first vCenter.
    AddVcenter,
    /// Add the first credential.
    AddCredential,
    /// Have everything checked that Muster needs on this machine.
    RunDoctor,
    /// Remove the entries in the keychain that no credential needs.
    RemoveOrphans,
    /// Use another data folder.
    ChooseDataFolder,
    /// Start Muster with this role.
    SetRole {
        /// The least that is enough.
        role: Role,
    },
}

/// What Muster lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Noun {
    /// vCenters.
    Vcenter,
    /// Credentials.
    Credential,
    /// Operations.
    Operation,
    /// Schedules.
    Schedule,
    /// Policies.
    Policy,
    /// Destinations.
    Destination,
}

impl Remedy {
    /// The name of the vCenter that it is about.
    fn vcenter_mut(&mut self) -> Option<&mut String> {
        match self {
            Remedy::ConfirmPassword { vcenter }
            | Remedy::RetryLogin { vcenter }
            | Remedy::EditAddress { vcenter }
            | Remedy::EditWay { vcenter, .. }
            | Remedy::AcceptRemovals { vcenter, .. }
            | Remedy::Retry { vcenter, .. }
            | Remedy::ChooseClusters { vcenter } => Some(vcenter),
            Remedy::ApproveCertificate { vcenter, .. } | Remedy::TrustCa { vcenter } => vcenter.as_mut(),
            _ => None,
        }
    }
}

impl ApiError {
    /// The same with one more thing to do, behind those that it has.
    #[must_use]
    pub fn remedy(mut self, remedy: Remedy) -> ApiError {
        self.remedies.push(remedy);
        self
    }

    /// The same with all of these.
    #[must_use]
    pub fn remedies(mut self, remedies: impl IntoIterator<Item = Remedy>) -> ApiError {
        self.remedies.extend(remedies);
        self
    }

    /// The same as the failure of a job on a vCenter with this name: to do it again is the first thing to do where that
    /// may help, and whatever was stored under an earlier name of the vCenter names it as it is called now.
    #[must_use]
    pub fn of_job(mut self, vcenter: &str, job: &Job) -> ApiError {
        for named in self.remedies.iter_mut().filter_map(Remedy::vcenter_mut) {
            vcenter.clone_into(named);
        }
        let has_one = self.remedies.iter().any(|remedy| matches!(remedy, Remedy::Retry { .. }));
        if self.code.may_pass() && !has_one {
            self.remedies.insert(0, Remedy::Retry { vcenter: vcenter.to_owned(), job: job.again() });
        }
        self
    }
}

impl Code {
    /// Whether the same may work the next time, without anybody changing anything in Muster.
    fn may_pass(self) -> bool {
        match self {
            Code::NoSession
            | Code::KeychainLocked
            | Code::Unreachable
            | Code::TimedOut
            | Code::WayFailed
            | Code::NotVsphere
            | Code::NoPermission
            | Code::BadAnswer
            | Code::Partial
            | Code::Cancelled
            | Code::Interrupted
            | Code::Database
            | Code::Failed => true,
            Code::InvalidValue
            | Code::NotFound
            | Code::AlreadyExists
            | Code::InUse
            | Code::ChangedMeanwhile
            | Code::LoginRejected
            | Code::NoPassword
            | Code::UntrustedCertificate
            | Code::DifferentVcenter
            | Code::TooManyRemovals
            | Code::Forbidden => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Kind;

    fn hosts(accept_removals: bool) -> Job {
        Job::SyncHosts { clusters: vec!["prod".into()], accept_removals }
    }

    #[test]
    fn an_error_that_an_earlier_release_stored_is_read_and_offers_to_do_its_job_again() {
        let stored = r#"{"code": "unreachable", "message": "no connection", "next_step": "musterctl it"}"#;
        let error: ApiError = serde_json::from_str(stored).unwrap();
        assert_eq!((error.remedies.len(), error.next_step.as_deref()), (0, Some("musterctl it")));
        let error = error.of_job("Berlin", &hosts(true));
        assert_eq!(error.remedies, [Remedy::Retry { vcenter: "Berlin".into(), job: hosts(false) }]);
        assert_eq!(error.clone().of_job("Berlin", &hosts(true)), error, "once");
    }

    #[test]
    fn a_remedy_names_the_vcenter_as_it_is_called_now() {
        let sha256 = "ab".to_owned();
        let error = |name: &str| {
            ApiError::new(Code::TooManyRemovals, "x").remedies([
                Remedy::AcceptRemovals { vcenter: name.into(), job: hosts(true) },
                Remedy::ApproveCertificate { vcenter: Some(name.into()), sha256: sha256.clone() },
                Remedy::SetPassword { credential: "Bonn".into() },
                Remedy::ApproveCertificate { vcenter: None, sha256: sha256.clone() },
            ])
        };
        assert_eq!(error("Bonn").of_job("Berlin", &hosts(false)), error("Berlin"));
    }

    #[test]
    fn remedies_are_data_that_a_script_can_act_on() {
        let job = Job::Refresh { of: Kind::Vms, morefs: Vec::new(), accept_removals: true };
        let remedy = Remedy::AcceptRemovals { vcenter: "Berlin".into(), job };
        let json = serde_json::json!({
            "remedy": "accept_removals", "vcenter": "Berlin",
            "job": {"kind": "refresh", "of": "vms", "accept_removals": true},
        });
        assert_eq!(serde_json::to_value(&remedy).unwrap(), json);
        assert_eq!(serde_json::from_value::<Remedy>(json).unwrap(), remedy);
    }
}
