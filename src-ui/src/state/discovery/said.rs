//! Servers, their certificates and credential profiles in words.
//! Refuses to show a state by a colour alone: each has words of its own.

use super::super::words::{self, Level};
use contract::Time;
use contract::command::{ApproveServers, Command};
use contract::discovery::{Profile, Server, ServerState, Vendor};

/// How a server stands: the words, and how serious that is.
pub(crate) fn state(state: ServerState) -> (&'static str, Level) {
    match state {
        ServerState::Matched => ("Matched", Level::Good),
        ServerState::Dark => ("No ESXi", Level::Info),
        ServerState::Ambiguous => ("Ambiguous", Level::Warning),
        ServerState::Conflict => ("Conflict", Level::Danger),
        ServerState::Untrusted => ("Not approved", Level::Warning),
        ServerState::Rejected => ("Login rejected", Level::Danger),
        ServerState::Unreadable => ("Not readable", Level::Danger),
    }
}

/// What such a state means.
pub(crate) fn meaning(state: ServerState) -> &'static str {
    match state {
        ServerState::Matched => "It is this ESXi host.",
        ServerState::Dark => "No ESXi host that Muster knows is this server.",
        ServerState::Ambiguous => "There are only hints which ESXi host it is: select one.",
        ServerState::Conflict => "The facts contradict each other, or fit several hosts: select one.",
        ServerState::Untrusted => "Nothing logs in to it before its certificate is approved.",
        ServerState::Rejected => "Its BMC rejected the login. Muster does not try again by itself.",
        ServerState::Unreadable => "Its BMC could not be read.",
    }
}

/// How serious a BMC's word for health is; what it doesn't know is no worse than nothing.
pub(crate) fn health(word: &str) -> Level {
    match word.to_ascii_lowercase().as_str() {
        "ok" => Level::Good,
        "warning" => Level::Warning,
        "critical" => Level::Danger,
        _ => Level::Neutral,
    }
}

/// Vendor and model in a few words.
pub(crate) fn product(vendor: Option<&str>, model: Option<&str>) -> Option<String> {
    let known = |text: Option<&str>| text.map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned);
    match (known(vendor), known(model)) {
        // Some models begin with who made them.
        (Some(vendor), Some(model)) if model.to_lowercase().starts_with(&vendor.to_lowercase()) => {
            Some(model)
        }
        (Some(vendor), Some(model)) => Some(format!("{vendor} {model}")),
        (vendor, model) => vendor.or(model),
    }
}

/// What identifies it: of a Dell, whose serial number is the board's, the service tag.
pub(crate) fn serial(server: &Server) -> Option<&str> {
    server.service_tag.as_deref().or(server.serial_number.as_deref())
}

/// BMC model and version of its firmware.
pub(crate) fn firmware(server: &Server) -> Option<String> {
    product(server.bmc_model.as_deref(), server.bmc_firmware.as_deref())
}

/// What is said of a certificate that others show too: it proves none of them.
pub(crate) fn same_certificate(others: usize) -> Option<String> {
    let bmcs = words::counted(others, "other BMC", "other BMCs");
    let show = if others == 1 { "shows" } else { "show" };
    (others > 0).then(|| format!("{bmcs} {show} the same certificate: it proves none of them."))
}

/// Why a server that was read before could not be read last time: what is shown of it is as old as that.
pub(crate) fn unread(server: &Server) -> Option<String> {
    let is_told =
        matches!(server.state, ServerState::Untrusted | ServerState::Rejected | ServerState::Unreadable);
    let problem = server.problem.as_ref().filter(|_| !is_told)?;
    Some(words::shown(&words::capital(&problem.message)))
}

/// Why a certificate is not to be approved together with others.
pub(crate) fn doubt(server: &Server) -> Option<String> {
    let is_untrusted = server.state == ServerState::Untrusted;
    match (&server.approved_sha256, &server.certificate) {
        (Some(approved), Some(shown)) if *approved != shown.sha256 => Some(format!(
            "Another certificate was approved before ({}): this may not be the same BMC.",
            words::fingerprint(approved)
        )),
        (None, Some(_)) if server.was_trusted && is_untrusted => {
            Some("A certificate of a CA was trusted before: this may not be the same BMC.".to_owned())
        }
        (None, Some(_)) if !server.is_redfish => {
            Some("It answers and shows no Redfish service: it may be no BMC.".to_owned())
        }
        _ => None,
    }
}

/// How a profile stands: words, how serious that is, and the time that belongs to it.
pub(crate) fn standing(profile: &Profile) -> (&'static str, Level, Option<Time>) {
    match (profile.paused_at, profile.proven_at) {
        (Some(at), _) => ("Paused: rejected by two BMCs in a row", Level::Danger, Some(at)),
        (None, Some(at)) => ("Accepted", Level::Good, Some(at)),
        (None, None) => ("Not accepted by a BMC yet", Level::Info, None),
    }
}

/// What a profile is for.
pub(crate) fn is_for(vendor: Option<Vendor>) -> &'static str {
    vendor.map_or("Any vendor", Vendor::words)
}

/// Values and words of what a profile may be for.
pub(crate) fn vendors() -> Vec<(String, String)> {
    let any = (String::new(), is_for(None).to_owned());
    let all = Vendor::ALL.iter().map(|one| (one.name().to_owned(), one.words().to_owned()));
    std::iter::once(any).chain(all).collect()
}

/// Why who may look at certificates can't approve them.
pub(crate) fn not_approving() -> String {
    format!("Approving certificates requires the role {}.", ApproveServers::ROLE.name())
}
