//! `discovery approve`.
//! Refuses to approve a certificate that was not shown.

use super::{designated, ids, scanning, servers_of_the_audit};
use crate::args;
use crate::ask;
use crate::exit::Exit;
use crate::interrupts::Interrupts;
use crate::output::{Output, card, printable, time};
use crate::suggest::Suggestion;
use contract::command::{ApproveServers, ListServers};
use contract::discovery::{Approval, Server, ServerState};
use contract::{ApiError, Certificate, Code, words};
use service::Client;
use std::collections::BTreeSet;

pub(super) async fn approve(
    service: &Client,
    output: &Output,
    interrupts: &Interrupts,
    asked: args::Approve,
) -> Result<Exit, ApiError> {
    service.may::<ApproveServers>(servers_of_the_audit()).await?;
    let servers = match asked.seen {
        true => waiting(service, output).await?,
        false => designated(service, &asked.servers).await?,
    };
    if servers.is_empty() {
        output.say("No certificate waits for approval.");
        return output.answer(&servers, String::new).map(|()| Exit::Done);
    }
    let shown = by_bmc(certificates(&servers)?);
    output.say(&format!("{}\n\n", in_words(&shown)));
    ask::confirmed(output, asked.yes, &question(&shown), "nothing was approved").await?;
    let approvals = shown.iter().map(|(server, certificate)| Approval {
        server: server.id.clone(),
        sha256: certificate.sha256.clone(),
    });
    service.call(ApproveServers { approvals: approvals.collect() }).await?;
    output.say(&format!("Approved {}.", counted(&shown)));
    scanning::read(service, output, interrupts, ids(&servers), false).await
}

/// Why a certificate is approved by itself only.
fn doubt(server: &Server) -> &'static str {
    match server.was_trusted {
        true => "which shows another certificate than the one that was trusted",
        false => "which may be no BMC: it answers, and shows no Redfish service",
    }
}

/// Servers whose certificate nobody approved yet.
async fn waiting(service: &Client, output: &Output) -> Result<Vec<Server>, ApiError> {
    let mut servers = service.call(ListServers {}).await?.servers;
    let is_shown = |server: &&Server| server.state == ServerState::Untrusted && server.certificate.is_some();
    let left: Vec<&Server> =
        servers.iter().filter(is_shown).filter(|server| !server.waits_for_approval()).collect();
    for server in left {
        let approve = Suggestion::of("discovery approve").about(&server.address);
        output.say(&printable(&format!("Left out: {}, {}. {approve}", server.address, doubt(server))));
    }
    servers.retain(Server::waits_for_approval);
    Ok(servers)
}

type Shown<'a> = Vec<(&'a Server, &'a Certificate)>;

/// Each server with the certificate that its BMC showed.
fn certificates(servers: &[Server]) -> Result<Shown<'_>, ApiError> {
    let with = servers.iter().map(|server| {
        let certificate = server.certificate.as_ref().ok_or_else(|| {
            let message = format!("no certificate of {} was seen yet", server.address);
            let (host, port) = server.host_and_port();
            let scan = Suggestion::of("discovery scan").about(host);
            let scan = port.into_iter().fold(scan, |scan, port| scan.option("--port", port));
            ApiError::new(Code::InvalidValue, message).next(format!("Scan it first: {scan}"))
        })?;
        Ok((server, certificate))
    });
    with.collect()
}

/// The same once for each BMC, which may have several servers behind it.
fn by_bmc(mut shown: Shown<'_>) -> Shown<'_> {
    let mut addresses = BTreeSet::new();
    shown.retain(|(server, _)| addresses.insert(&server.address));
    shown
}

/// The certificates, one card for each BMC.
fn in_words(shown: &Shown<'_>) -> String {
    let cards = shown.iter().map(|(server, certificate)| {
        let mut lines = vec![
            ("Address", server.address.clone()),
            ("SHA-256", certificate.sha256.clone()),
            ("Subject", certificate.subject.clone()),
            ("Issuer", certificate.issuer.clone()),
            ("Valid from", time(Some(certificate.not_before))),
            ("Valid until", time(Some(certificate.not_after))),
        ];
        if let Some(approved) = &server.approved_sha256 {
            lines.insert(2, ("Approved was", approved.clone()));
        }
        if !server.is_redfish {
            lines.push(("No Redfish", "it may be no BMC".to_owned()));
        }
        if server.same_certificate > 0 {
            lines.push(("Not unique", not_unique(server)));
        }
        card(lines)
    });
    cards.collect::<Vec<_>>().join("\n\n")
}

/// That a certificate of several BMCs proves none of them.
pub(super) fn not_unique(server: &Server) -> String {
    let others = words::counted(server.same_certificate, "other BMC", "other BMCs");
    format!("{others} showed the same one: it proves none of them")
}

fn question(shown: &Shown<'_>) -> String {
    match shown.len() {
        1 => "Does this fingerprint match the one on the BMC, and do you trust it?".to_owned(),
        _ => format!(
            "Do these fingerprints match those on the BMCs, and do you trust them ({})?",
            counted(shown)
        ),
    }
}

/// How many certificates of how many BMCs.
fn counted(shown: &Shown<'_>) -> String {
    let different: BTreeSet<&str> =
        shown.iter().map(|(_, certificate)| certificate.sha256.as_str()).collect();
    let bmcs = words::counted(shown.len(), "BMC", "BMCs");
    format!("{} of {bmcs}", words::counted(different.len(), "certificate", "certificates"))
}

#[cfg(test)]
mod tests {
    use super::super::shown::tests::server;
    use super::*;
    use contract::Time;

    fn showing(address: &str, sha256: &str, same_certificate: usize) -> Server {
        let certificate = Certificate {
            sha256: sha256.into(),
            subject: "CN=\u{1b}[31mbmc".into(),
            issuer: "CN=factory".into(),
            names: Vec::new(),
            not_before: Time(0),
            not_after: Time(86_400_000),
        };
        let certificate = Some(certificate);
        Server { address: address.into(), certificate, same_certificate, ..server() }
    }

    #[test]
    fn each_bmc_is_shown_once_and_a_certificate_that_proves_nothing_is_pointed_out() {
        let servers = [
            showing("10.0.8.1", "aa", 1),
            // A second system behind the same address.
            showing("10.0.8.1", "aa", 1),
            showing("10.0.8.2", "aa", 1),
            showing("10.0.8.3", "bb", 0),
        ];
        let shown = by_bmc(certificates(&servers).unwrap());
        let said = in_words(&shown);
        assert_eq!(said.matches("SHA-256").count(), 3, "{said}");
        assert_eq!(said.matches("1 other BMC showed the same one").count(), 2, "{said}");
        assert!(said.contains("Valid until  1970-01-02T00:00:00") && !said.contains('\u{1b}'), "{said}");
        assert_eq!(counted(&shown), "2 certificates of 3 BMCs");
        assert!(question(&shown).contains("2 certificates of 3 BMCs"));
        assert!(question(&by_bmc(certificates(&servers[..2]).unwrap())).starts_with("Does this fingerprint"));
    }

    #[test]
    fn what_showed_no_certificate_is_not_approved() {
        let servers = [showing("10.0.8.1", "aa", 0), Server { certificate: None, ..server() }];
        let error = certificates(&servers).unwrap_err();
        assert_eq!(error.code, Code::InvalidValue);
        assert!(error.next_step.unwrap().ends_with("musterctl discovery scan 10.0.8.9"));
    }
}
