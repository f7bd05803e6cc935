//! Servers and hosts without a BMC, for people.
//! Refuses to shorten what tells one server from another.

use crate::output::{Fit, ago, card, table, time};
use crate::suggest;
use contract::Time;
use contract::discovery::{Candidate, HostWithoutBmc, Server, ServerState};

/// A server in a few words: its address, and what is printed on it.
pub(super) fn called(server: &Server) -> String {
    let parts = [&server.vendor, &server.model, &server.serial_number];
    let known: Vec<&str> = parts.into_iter().flatten().map(String::as_str).collect();
    if known.is_empty() {
        server.address.clone()
    } else {
        format!("{} ({})", server.address, known.join(" "))
    }
}

pub(super) fn servers(all: &[Server], now: Time) -> String {
    if all.is_empty() {
        return String::new();
    }
    let has_problems = all.iter().any(|server| problem(server).is_some());
    let header =
        ["Address", "State", "Host", "vCenter", "Vendor", "Model", "Serial / tag", "Seen", "Problem"];
    let header = if has_problems { &header[..] } else { &header[..header.len() - 1] };
    let mut fits = [Fit::Words; 9];
    // The state and the serial number.
    (fits[1], fits[6]) = (Fit::Whole, Fit::Whole);
    let rows = all.iter().map(|server| {
        vec![
            server.address.clone(),
            server.state.name().to_owned(),
            dash(server.host.as_deref()),
            dash(server.vcenter.as_deref()),
            dash(server.vendor.as_deref()),
            dash(server.model.as_deref()),
            // What is printed on a Dell, and what its ESXi shows.
            dash(server.service_tag.as_deref().or(server.serial_number.as_deref())),
            server.seen_at.map_or_else(|| "never".to_owned(), |at| ago(at, now)),
            dash(problem(server)),
        ]
    });
    let rows = rows.map(|mut row| {
        row.truncate(header.len());
        row
    });
    table(header, &fits, rows)
}

/// Why a server could not be read, unless its state says it all.
fn problem(server: &Server) -> Option<&str> {
    let is_said = server.state == ServerState::Untrusted && !server.was_trusted;
    let problem = server.problem.as_ref().filter(|_| !is_said)?;
    Some(&problem.message)
}

pub(super) fn hosts(all: &[HostWithoutBmc]) -> String {
    if all.is_empty() {
        return String::new();
    }
    let header = ["Host", "vCenter", "Vendor", "Model", "Serial number", "Candidates"];
    let fits = [Fit::Words, Fit::Words, Fit::Words, Fit::Words, Fit::Whole, Fit::Number];
    let rows = all.iter().map(|host| {
        vec![
            host.host.clone(),
            host.vcenter.clone(),
            dash(host.vendor.as_deref()),
            dash(host.model.as_deref()),
            dash(host.serial_number.as_deref()),
            host.candidates.to_string(),
        ]
    });
    table(&header, &fits, rows)
}

pub(super) fn card_of(server: &Server, now: Time) -> String {
    let mut lines = identity(server);
    lines.extend(standing(server, now));
    lines.extend(certificate(server));
    lines.extend(matched(server));
    lines.push(("Id", server.id.to_string()));
    card(lines)
}

type Lines = Vec<(&'static str, String)>;

fn identity(server: &Server) -> Lines {
    let facts = [
        ("Vendor", &server.vendor),
        ("Model", &server.model),
        ("Serial number", &server.serial_number),
        ("Service tag", &server.service_tag),
        ("UUID", &server.uuid),
        ("Host name", &server.hostname),
        ("Power", &server.power_state),
        ("Health", &server.health),
        ("BIOS", &server.bios_version),
        ("BMC", &server.bmc_model),
        ("BMC firmware", &server.bmc_firmware),
    ];
    let mut lines = vec![("Address", server.address.clone()), ("URL", server.url.clone())];
    lines.extend(facts.into_iter().map(|(title, fact)| (title, dash(fact.as_deref()))));
    lines.push(("MAC addresses", dash(Some(&server.mac_addresses.join(", ")))));
    lines.push(("BMC's MACs", dash(Some(&server.bmc_mac_addresses.join(", ")))));
    lines
}

fn standing(server: &Server, now: Time) -> Lines {
    let at = |at: Time| format!("{} ({})", time(Some(at)), ago(at, now));
    let mut lines = vec![
        ("Found", at(server.found_at)),
        ("Seen", server.seen_at.map_or_else(|| "never".to_owned(), at)),
        ("Read", server.read_at.map_or_else(|| "never".to_owned(), at)),
        ("Read with", dash(server.profile.as_deref())),
        ("State", server.state.name().to_owned()),
    ];
    if let Some(problem) = &server.problem {
        lines.push(("Problem", problem.message.clone()));
        let next = suggest::next_step_of(problem).unwrap_or_default();
        let titles = std::iter::once("Next step").chain(std::iter::repeat(""));
        lines.extend(titles.zip(next.lines().map(str::to_owned)));
    }
    lines
}

fn certificate(server: &Server) -> Lines {
    let Some(shown) = &server.certificate else { return Vec::new() };
    let mut lines = vec![
        ("Certificate", format!("{}, issued by {}", shown.subject, shown.issuer)),
        ("SHA-256", shown.sha256.clone()),
        ("Valid until", time(Some(shown.not_after))),
    ];
    if let Some(approved) = server.approved_sha256.as_ref().filter(|approved| **approved != shown.sha256) {
        lines.push(("Approved was", approved.clone()));
    }
    if server.same_certificate > 0 {
        lines.push(("Not unique", super::approving::not_unique(server)));
    }
    lines
}

fn matched(server: &Server) -> Lines {
    let mut lines = Vec::new();
    if let Some(host) = &server.host {
        let vcenter = server.vcenter.as_deref().map(|name| format!(" ({name})")).unwrap_or_default();
        let said = if server.confirmed { ", as somebody said" } else { "" };
        lines.push(("ESXi host", format!("{host}{vcenter}{said}")));
    }
    if let Some(score) = server.score.filter(|_| !server.confirmed) {
        lines.push(("Score", format!("{score} of 100")));
    }
    let titles = std::iter::once("Reasons").chain(std::iter::repeat(""));
    lines.extend(titles.zip(server.reasons.iter().cloned()));
    let titles = std::iter::once("Might be").chain(std::iter::repeat(""));
    lines.extend(titles.zip(server.candidates.iter().map(candidate)));
    let titles = std::iter::once("Is not").chain(std::iter::repeat(""));
    lines.extend(
        titles.zip(server.rejected_hosts.iter().map(|one| format!("{} ({})", one.host, one.vcenter))),
    );
    lines
}

fn candidate(candidate: &Candidate) -> String {
    let Candidate { host, vcenter, score, reasons, .. } = candidate;
    let because = if reasons.is_empty() { String::new() } else { format!(": {}", reasons.join("; ")) };
    format!("{host} ({vcenter}), {score} of 100{because}")
}

fn dash(text: Option<&str>) -> String {
    text.filter(|text| !text.is_empty()).unwrap_or("-").to_owned()
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use contract::{ApiError, Code, ServerId, VcenterId};

    /// One of which nothing is known but that it is there.
    pub(in super::super) fn server() -> Server {
        Server {
            id: ServerId("0123456789".into()),
            address: "10.0.8.9".into(),
            url: "https://10.0.8.9/".into(),
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
            found_at: Time(0),
            seen_at: Some(Time(0)),
            read_at: None,
            state: ServerState::Dark,
            problem: None,
            certificate: None,
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

    #[test]
    fn a_server_that_was_never_read_is_shown_all_the_same() {
        let problem = ApiError::new(Code::LoginRejected, "rejected").next("Look.\nThen try again.");
        let shown = card_of(&Server { problem: Some(problem), ..server() }, Time(60_000));
        assert!(shown.contains("Read           never"), "{shown}");
        assert!(shown.contains("Next step      Look.\n               Then try again."), "{shown}");
        assert_eq!(called(&server()), "10.0.8.9");
    }

    #[test]
    fn a_list_says_why_what_could_not_be_read_was_not() {
        let problem = |code, message: &str| Some(ApiError::new(code, message));
        let untrusted = Server {
            state: ServerState::Untrusted,
            problem: problem(Code::UntrustedCertificate, "not approved"),
            ..server()
        };
        let silent = Server {
            state: ServerState::Unreadable,
            problem: problem(Code::TimedOut, "said\u{1b} nothing"),
            ..server()
        };
        let listed = servers(std::slice::from_ref(&untrusted), Time(0));
        assert!(!listed.contains("PROBLEM") && !listed.contains("not approved"), "{listed}");
        let listed = servers(&[untrusted, silent], Time(0));
        assert!(listed.contains("PROBLEM") && listed.ends_with("said\\u{1b} nothing"), "{listed}");
        assert!(!listed.contains("not approved"), "{listed}");
    }

    #[test]
    fn which_hosts_it_might_be_stands_with_the_reasons() {
        let might = |host: &str, score| Candidate {
            host: host.into(),
            host_moref: "host-1".into(),
            vcenter: "Berlin".into(),
            vcenter_id: VcenterId("v".into()),
            score,
            reasons: vec!["same name".into(), "same model".into()],
        };
        let candidates = vec![might("esx-01", 40), might("esx-02", 30)];
        let shown = card_of(&Server { candidates, score: Some(40), ..server() }, Time(0));
        assert!(
            shown.contains("Might be       esx-01 (Berlin), 40 of 100: same name; same model\n"),
            "{shown}"
        );
        let host = Some("esx-01".to_owned());
        let said = Server { host, confirmed: true, score: Some(100), ..server() };
        let shown = card_of(&said, Time(0));
        assert!(shown.contains("esx-01, as somebody said") && !shown.contains("of 100"), "{shown}");
    }
}
