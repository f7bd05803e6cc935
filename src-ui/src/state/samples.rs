//! Things of the contract for tests of the page's state.

use contract::*;

pub(crate) fn operation(vcenter: &str, state: OperationState) -> Operation {
    Operation {
        id: OperationId(format!("op-{vcenter}")),
        vcenter: Some(vcenter.to_owned()),
        vcenter_id: Some(VcenterId(format!("id-{vcenter}"))),
        job: Job::FULL_SYNC,
        origin: Origin::User,
        role: Role::Admin,
        state,
        awaited: true,
        waiting: 1,
        submitted_at: Time(1_000),
        started_at: Some(Time(1_000)),
        finished_at: state.is_final().then_some(Time(3_000)),
        progress: Progress::default(),
        diff: Diff::default(),
        calls: 0,
        bytes: 0,
        error: None,
        recorded: None,
        result: None,
    }
}

pub(crate) fn scan(range: &str, state: OperationState) -> Operation {
    let scan = discovery::Scan { ranges: vec![range.to_owned()], ..discovery::Scan::default() };
    Operation {
        id: OperationId("op-scan".to_owned()),
        vcenter: None,
        vcenter_id: None,
        job: Job::Scan { scan: Box::new(scan) },
        ..operation("", state)
    }
}

pub(crate) fn vcenter(name: &str) -> Vcenter {
    Vcenter {
        id: VcenterId(format!("id-{name}")),
        name: name.to_owned(),
        host: "vc.example.org".to_owned(),
        port: 443,
        credential: name.to_owned(),
        credential_id: CredentialId("c".to_owned()),
        user: "reader@vsphere.local".to_owned(),
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
