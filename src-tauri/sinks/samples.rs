//! A vCenter and an operation for the tests of the sinks.
//! Refuses to matter: each test sets what it is about.

use contract::{Job, Operation, OperationId, OperationState, Origin, Role, Time, Vcenter, VcenterId};

pub(super) fn vcenter(name: &str) -> Vcenter {
    Vcenter {
        id: VcenterId(name.to_lowercase()),
        name: name.to_owned(),
        host: "vc.example.org".to_owned(),
        port: 443,
        credential: name.to_owned(),
        credential_id: contract::CredentialId("c".to_owned()),
        user: "u".to_owned(),
        trust: "system".to_owned(),
        pin: None,
        settings: contract::VcenterSettings::default(),
        edition: 1,
        instance_uuid: None,
        product: None,
        version: None,
        build: None,
        certificate_expires_at: None,
        permissions: None,
    }
}

/// A full sync of a vCenter.
pub(super) fn operation(id: &str, vcenter: &str, origin: Origin, state: OperationState) -> Operation {
    Operation {
        id: OperationId(id.to_owned()),
        vcenter: Some(vcenter.to_owned()),
        vcenter_id: Some(VcenterId(vcenter.to_lowercase())),
        job: Job::FULL_SYNC,
        origin,
        role: Role::Admin,
        state,
        awaited: true,
        waiting: 1,
        submitted_at: Time(1),
        started_at: None,
        finished_at: None,
        progress: contract::Progress::default(),
        diff: contract::Diff::default(),
        recorded: None,
        calls: 0,
        bytes: 0,
        error: None,
        result: None,
    }
}
