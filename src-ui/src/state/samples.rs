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

pub(crate) fn server(address: &str) -> discovery::Server {
    discovery::Server {
        id: ServerId(format!("id-{address}")),
        address: address.to_owned(),
        url: format!("https://{address}/"),
        vendor: None,
        model: None,
        serial_number: None,
        service_tag: None,
        uuid: None,
        hostname: None,
        power_state: None,
        health: None,
        bios_version: None,
        bmc_model: None,
        bmc_firmware: None,
        mac_addresses: Vec::new(),
        bmc_mac_addresses: Vec::new(),
        found_at: Time(1_000),
        seen_at: Some(Time(1_000)),
        read_at: None,
        state: discovery::ServerState::Dark,
        problem: None,
        certificate: Some(Certificate {
            sha256: "ab".repeat(32),
            subject: format!("CN={address}"),
            issuer: format!("CN={address}"),
            names: Vec::new(),
            not_before: Time(0),
            not_after: Time(9_000),
        }),
        was_trusted: false,
        approved_sha256: None,
        is_redfish: true,
        rejected_hosts: Vec::new(),
        same_certificate: 0,
        profile: None,
        host: None,
        host_moref: None,
        vcenter: None,
        vcenter_id: None,
        confirmed: false,
        score: None,
        reasons: Vec::new(),
        candidates: Vec::new(),
    }
}

pub(crate) fn profile(name: &str) -> discovery::Profile {
    discovery::Profile {
        credential_id: CredentialId(format!("id-{name}")),
        profile: name.to_owned(),
        user: "root".to_owned(),
        vendor: None,
        proven_at: None,
        paused_at: None,
        servers: 0,
    }
}
