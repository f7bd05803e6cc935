//! What discovery knows, for clients: each server with how it stands and the host that it is.
//! Refuses to remember a match: it follows from facts and from what people said, each time anew.

use super::facts::{Root, System};
use super::hosts::{HostKey, Hosts, text};
use super::matching::{self, Decision, Decisions, Reason, ServerFacts, State, Verdict};
use crate::{Service, explain};
use contract::discovery::{Candidate, Discovered, HostWithoutBmc, RejectedHost, Scan, Server, ServerState};
use contract::words::address;
use contract::{ApiError, Code, ServerId, Trust};
use std::collections::{BTreeMap, HashMap};
use store::{Bmc, Said, aside};

/// Which system of which BMC.
pub(super) type ServerKey = (String, String);

/// The BMC of a server.
pub(super) fn bmc_of(id: &ServerId) -> &str {
    id.as_str().split_once('/').map_or(id.as_str(), |(bmc, _)| bmc)
}

/// Which of its systems; "" for the only one.
pub(super) fn system_of(id: &ServerId) -> &str {
    id.as_str().split_once('/').map_or("", |(_, system)| system)
}

fn id_of((bmc, system): &ServerKey) -> ServerId {
    ServerId(if system.is_empty() { bmc.clone() } else { format!("{bmc}/{system}") })
}

impl Service {
    /// Everything that discovery knows.
    pub(super) async fn discovered(&self) -> Result<Discovered, ApiError> {
        let store = &self.inner.store;
        let bmcs = store.bmcs().await.map_err(explain::store)?;
        let said = store.said().await.map_err(explain::store)?;
        let credentials = store.credentials().await.map_err(explain::store)?;
        let names = credentials.into_iter().map(|one| (one.id, one.name)).collect();
        let hosts = self.known_hosts().await?;
        Ok(aside(move || listed(&bmcs, &said, &names, &hosts)).await)
    }

    /// One server, as it may be named.
    pub(super) async fn server(&self, named: &str) -> Result<Server, ApiError> {
        self.discovered().await?.named(named).cloned()
    }
}

type Names = HashMap<contract::CredentialId, String>;

fn listed(bmcs: &[Bmc], said: &[Said], names: &Names, hosts: &Hosts) -> Discovered {
    let told: Vec<(&Bmc, Root, Vec<System>)> = bmcs.iter().map(told).collect();
    let facts: Vec<ServerFacts<ServerKey>> = told
        .iter()
        .flat_map(|(bmc, root, systems)| systems.iter().map(move |system| facts(bmc, root, system)))
        .collect();
    let decisions: Decisions<HostKey, ServerKey> = said.iter().map(decision).collect();
    let matching = matching::match_servers(&hosts.facts(), &facts, &decisions);
    let mut shown: HashMap<&str, usize> = HashMap::new();
    for certificate in bmcs.iter().filter_map(|bmc| bmc.certificate.as_ref()) {
        *shown.entry(&certificate.sha256).or_default() += 1;
    }
    let mut servers = Vec::new();
    for (bmc, root, systems) in &told {
        let profile = bmc.credential_id.as_ref().and_then(|id| names.get(id)).cloned();
        let same =
            bmc.certificate.as_ref().and_then(|one| shown.get(&*one.sha256)).map_or(0, |many| many - 1);
        let empty = System::default();
        let each = if systems.is_empty() { std::slice::from_ref(&empty) } else { systems.as_slice() };
        for system in each {
            let key = (bmc.id.clone(), system.key.clone());
            let verdict = matching.servers.get(&key);
            let server = server(bmc, root, system, verdict, hosts);
            let is_own = |one: &&Said| !one.is_match && (&one.bmc, &one.system) == (&bmc.id, &system.key);
            let rejected_hosts = said.iter().filter(is_own).map(|one| rejected(one, hosts)).collect();
            servers.push(Server {
                profile: profile.clone(),
                same_certificate: same,
                rejected_hosts,
                ..server
            });
        }
    }
    servers.sort_by_cached_key(|one| contract::natural::key(&one.address));
    let mut without: Vec<HostWithoutBmc> = matching
        .hosts
        .iter()
        .filter(|(_, verdict)| verdict.with.is_empty())
        .map(|(key, verdict)| without_bmc(key, verdict, hosts))
        .collect();
    without.sort_by_cached_key(|one| (one.vcenter.to_lowercase(), contract::natural::key(&one.host)));
    Discovered { servers, hosts_without_bmc: without }
}

fn told(bmc: &Bmc) -> (&Bmc, Root, Vec<System>) {
    let root = serde_json::from_value(bmc.root.clone()).unwrap_or_default();
    let systems = serde_json::from_value(bmc.systems.clone()).unwrap_or_default();
    (bmc, root, systems)
}

fn decision(said: &Said) -> ((HostKey, ServerKey), Decision) {
    let host = (said.vcenter.clone(), said.moref.clone());
    let server = (said.bmc.clone(), said.system.clone());
    ((host, server), if said.is_match { Decision::Confirmed } else { Decision::Rejected })
}

fn facts(bmc: &Bmc, root: &Root, system: &System) -> ServerFacts<ServerKey> {
    let own = |text: &Option<String>| text.clone().unwrap_or_default();
    let maker = system.manufacturer.clone().or_else(|| root.maker());
    let addresses = root.bmc_addresses.iter().chain([&bmc.host]).cloned();
    ServerFacts {
        key: (bmc.id.clone(), system.key.clone()),
        vendor: own(&maker),
        serial_number: own(&system.serial_number),
        service_tag: own(&system.service_tag),
        sku: own(&system.sku),
        enclosure_serial: own(&system.enclosure_serial),
        uuid: own(&system.uuid),
        host_name: own(&system.host_name),
        nic_macs: system.macs.clone(),
        bmc_macs: root.bmc_macs.clone(),
        bmc_addresses: addresses.collect(),
        is_profile: system.is_profile,
        ..ServerFacts::default()
    }
}

fn server(
    bmc: &Bmc,
    root: &Root,
    system: &System,
    verdict: Option<&Verdict<HostKey>>,
    hosts: &Hosts,
) -> Server {
    let (address, url) = addresses(&bmc.host, bmc.port);
    let host = verdict.and_then(|verdict| verdict.with.first());
    let candidates = verdict.map_or(&[][..], |verdict| &verdict.candidates);
    let score = verdict.filter(|verdict| verdict.score > 0).map(|verdict| verdict.score);
    Server {
        id: id_of(&(bmc.id.clone(), system.key.clone())),
        address,
        url,
        vendor: system.manufacturer.clone().or_else(|| root.maker()),
        model: system.model.clone(),
        serial_number: system.serial_number.clone().or_else(|| root.serial_number.clone()),
        service_tag: system.service_tag.clone().or_else(|| root.service_tag.clone()),
        uuid: system.uuid.clone(),
        hostname: system.host_name.clone().or_else(|| root.host_name.clone()),
        power_state: system.power_state.clone(),
        health: system.health.clone(),
        bios_version: system.bios_version.clone(),
        bmc_model: root.bmc_model.clone().or_else(|| root.product.clone()),
        bmc_firmware: root.bmc_firmware.clone(),
        mac_addresses: system.macs.clone(),
        bmc_mac_addresses: root.bmc_macs.clone(),
        found_at: bmc.found_at,
        seen_at: bmc.seen_at,
        read_at: bmc.read_at,
        state: state(bmc, verdict),
        problem: bmc.problem.clone(),
        certificate: bmc.certificate.clone(),
        was_trusted: bmc.trust.is_some(),
        approved_sha256: match &bmc.trust {
            Some(Trust::Pin { sha256 }) => Some(sha256.clone()),
            _ => None,
        },
        is_redfish: root.is_told || bmc.read_at.is_some(),
        same_certificate: 0,
        profile: None,
        host: host.map(|key| hosts.name(key)),
        host_moref: host.map(|(_, moref)| moref.clone()),
        vcenter: host.map(|(vcenter, _)| hosts.vcenter(vcenter)),
        vcenter_id: host.map(|(vcenter, _)| vcenter.clone()),
        confirmed: verdict.is_some_and(|verdict| verdict.state == State::Confirmed),
        score,
        reasons: verdict.map_or_else(Vec::new, |verdict| words(&verdict.reasons)),
        candidates: candidates.iter().filter_map(|one| candidate(one, hosts)).collect(),
        rejected_hosts: Vec::new(),
    }
}

fn rejected(said: &Said, hosts: &Hosts) -> RejectedHost {
    let key = (said.vcenter.clone(), said.moref.clone());
    RejectedHost {
        host: hosts.name(&key),
        vcenter: hosts.vcenter(&key.0),
        host_moref: key.1,
        vcenter_id: key.0,
    }
}

/// What a BMC is called, with its port only where that is unusual, and where a browser opens it.
fn addresses(host: &str, port: u16) -> (String, String) {
    let whole = address(host, port);
    match port {
        Scan::PORT => {
            let bare = whole.strip_suffix(&format!(":{port}")).unwrap_or(&whole);
            (host.to_owned(), format!("https://{bare}/"))
        }
        _ => (whole.clone(), format!("https://{whole}/")),
    }
}

fn candidate(one: &matching::Candidate<HostKey>, hosts: &Hosts) -> Option<Candidate> {
    let key = one.with.first()?;
    Some(Candidate {
        host: hosts.name(key),
        host_moref: key.1.clone(),
        vcenter: hosts.vcenter(&key.0),
        vcenter_id: key.0.clone(),
        score: one.score,
        reasons: words(&one.reasons),
    })
}

fn words(reasons: &[Reason]) -> Vec<String> {
    reasons.iter().map(|reason| reason.words()).collect()
}

/// A server that was never read stands as its BMC does. One that was is what it was read to be, unless its certificate is
/// another one since.
fn state(bmc: &Bmc, verdict: Option<&Verdict<HostKey>>) -> ServerState {
    let problem = bmc.problem.as_ref().map(|problem| problem.code);
    match (verdict, problem) {
        (_, Some(Code::UntrustedCertificate)) => ServerState::Untrusted,
        (None, _) if bmc.rejected_at.is_some() => ServerState::Rejected,
        (None, None) if bmc.trust.is_none() => ServerState::Untrusted,
        (None, _) => ServerState::Unreadable,
        (Some(verdict), _) => match verdict.state {
            State::Confirmed | State::Matched => ServerState::Matched,
            State::Conflict => ServerState::Conflict,
            State::Ambiguous => ServerState::Ambiguous,
            State::Alone => ServerState::Dark,
        },
    }
}

fn without_bmc(key: &HostKey, verdict: &Verdict<ServerKey>, hosts: &Hosts) -> HostWithoutBmc {
    let known = |column| hosts.host(key).map(|host| text(host, column)).filter(|text| !text.is_empty());
    HostWithoutBmc {
        host: hosts.name(key),
        host_moref: key.1.clone(),
        vcenter: hosts.vcenter(&key.0),
        vcenter_id: key.0.clone(),
        vendor: known("vendor"),
        model: known("model"),
        serial_number: known("service_tag").or_else(|| known("serial_number")),
        candidates: verdict.candidates.len(),
    }
}

/// Servers by BMC, for whoever changes several at once.
pub(super) fn by_bmc(servers: &[ServerId]) -> BTreeMap<String, ServerId> {
    servers.iter().map(|id| (bmc_of(id).to_owned(), id.clone())).collect()
}

#[cfg(test)]
mod tests {
    use super::addresses;

    #[test]
    fn an_address_has_its_port_only_where_that_is_unusual() {
        for (host, port, address, url) in [
            ("10.0.8.1", 443, "10.0.8.1", "https://10.0.8.1/"),
            ("10.0.8.1", 8443, "10.0.8.1:8443", "https://10.0.8.1:8443/"),
            ("fd00::10", 443, "fd00::10", "https://[fd00::10]/"),
            ("fd00::10", 8443, "[fd00::10]:8443", "https://[fd00::10]:8443/"),
            ("bmc-1.example.com", 443, "bmc-1.example.com", "https://bmc-1.example.com/"),
        ] {
            assert_eq!(addresses(host, port), (address.to_owned(), url.to_owned()));
        }
    }
}
