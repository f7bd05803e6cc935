//! What the page of discovery shows, as its address has it: which servers, in which words, and what a person may say of them.
//! Refuses to match a server with a host: the service does, and says why.

mod said;

pub(crate) use said::*;

use super::route::{Route, Selected};
use super::table::View;
use super::words;
use contract::command::{
    AddSchedule, Command, EditSchedule, ImportServers, ListSchedules, ListServers, RemoveServers, SetProfile,
    StartScan,
};
use contract::discovery::{Approval, Candidate, PlannedServer, Server, ServerState};
use contract::{ImportAction, Kind, Moref, Operation, OperationKind, Role, ScheduleId, ServerId, VcenterId};

/// Rows that are shown at first, and how many more each time.
pub(crate) const STEP: usize = 200;

/// Which part of the page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Part {
    /// What was found.
    #[default]
    Servers,
    /// ESXi hosts that no known BMC belongs to.
    Hosts,
    /// The credentials that may be tried at BMCs.
    Profiles,
}

impl Part {
    /// Every one, in their order.
    pub(crate) const ALL: [Part; 3] = [Part::Servers, Part::Hosts, Part::Profiles];

    /// What it is called.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Part::Servers => "Servers",
            Part::Hosts => "Hosts without BMC",
            Part::Profiles => "Credential profiles",
        }
    }

    fn name(self) -> &'static str {
        match self {
            Part::Servers => "",
            Part::Hosts => "hosts",
            Part::Profiles => "profiles",
        }
    }
}

/// What stands before the page until it is answered or closed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum OfDiscovery {
    /// The form of a scan.
    Scan,
    /// The certificates that nobody approved yet.
    Approve,
    /// The form of a new credential profile.
    AddProfile,
    /// The form of servers that are added by hand.
    AddServers,
    /// The same, for a schedule.
    ScheduleScan,
    /// The form of a schedule that reads the known servers.
    ScheduleReading,
    /// The schedules of scans and readings.
    Schedules,
    /// The form of one of them.
    Schedule(ScheduleId),
    /// Whether a server is really to be removed.
    Remove(ServerId),
}

impl OfDiscovery {
    /// The least role that it is open to. Certificates may be looked at by who may not approve them.
    fn role(&self) -> Role {
        match self {
            OfDiscovery::Scan => StartScan::ROLE,
            OfDiscovery::Approve => ListServers::ROLE,
            OfDiscovery::AddProfile => SetProfile::ROLE,
            OfDiscovery::AddServers => ImportServers::ROLE,
            OfDiscovery::ScheduleScan | OfDiscovery::ScheduleReading => AddSchedule::ROLE,
            OfDiscovery::Schedules => ListSchedules::ROLE,
            OfDiscovery::Schedule(_) => EditSchedule::ROLE,
            OfDiscovery::Remove(_) => RemoveServers::ROLE,
        }
    }

    fn pair(&self) -> (String, String) {
        let (name, id) = match self {
            OfDiscovery::Scan => ("scan", ""),
            OfDiscovery::Approve => ("approve", ""),
            OfDiscovery::AddProfile => ("add", ""),
            OfDiscovery::AddServers => ("import", ""),
            OfDiscovery::ScheduleScan => ("schedule-scan", ""),
            OfDiscovery::ScheduleReading => ("schedule-reading", ""),
            OfDiscovery::Schedules => ("schedules", ""),
            OfDiscovery::Schedule(id) => ("schedule", id.as_str()),
            OfDiscovery::Remove(id) => ("remove", id.as_str()),
        };
        (name.to_owned(), id.to_owned())
    }
}

/// What is looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sought {
    pub(crate) part: Part,
    /// Servers that stand like this, or all.
    pub(crate) state: Option<ServerState>,
    /// Text that has to be in the row.
    pub(crate) text: String,
    /// The server whose details are open.
    pub(crate) open: Option<ServerId>,
    pub(crate) dialog: Option<OfDiscovery>,
}

impl Sought {
    /// Every server.
    pub(crate) const ALL: Sought =
        Sought { part: Part::Servers, state: None, text: String::new(), open: None, dialog: None };

    /// One server in full.
    pub(crate) fn server(id: &ServerId) -> Sought {
        Sought { open: Some(id.clone()), ..Sought::default() }
    }

    /// The same with these details open, or none.
    pub(crate) fn opening(&self, open: Option<ServerId>) -> Sought {
        Sought { open, dialog: None, ..self.clone() }
    }

    /// The same with a dialog before it, or none.
    pub(crate) fn asking(&self, dialog: Option<OfDiscovery>) -> Sought {
        Sought { dialog, ..self.clone() }
    }

    /// Whether some servers may be left out.
    pub(crate) fn is_narrow(&self) -> bool {
        self.state.is_some() || !self.text.trim().is_empty()
    }

    /// The least role that it is open to.
    pub(super) fn role(&self) -> Role {
        self.dialog.as_ref().map_or(ListServers::ROLE, |dialog| dialog.role().max(ListServers::ROLE))
    }

    /// What an address says.
    pub(super) fn parse(part: &str, pairs: &[(String, String)]) -> Option<Sought> {
        let part = Part::ALL.into_iter().find(|one| one.name() == part)?;
        let value = |key: &str| pairs.iter().find(|(k, _)| k == key).map(|(_, v)| v.clone());
        let dialog = (value("scan").map(|_| OfDiscovery::Scan))
            .or_else(|| value("approve").map(|_| OfDiscovery::Approve))
            .or_else(|| value("add").map(|_| OfDiscovery::AddProfile))
            .or_else(|| value("import").map(|_| OfDiscovery::AddServers))
            .or_else(|| value("schedule-scan").map(|_| OfDiscovery::ScheduleScan))
            .or_else(|| value("schedule-reading").map(|_| OfDiscovery::ScheduleReading))
            .or_else(|| value("schedules").map(|_| OfDiscovery::Schedules))
            .or_else(|| value("schedule").map(ScheduleId).map(OfDiscovery::Schedule))
            .or_else(|| value("remove").map(ServerId).map(OfDiscovery::Remove));
        Some(Sought {
            part,
            state: value("state").and_then(|name| ServerState::from_name(&name)),
            text: value("text").unwrap_or_default(),
            open: value("open").map(ServerId),
            dialog,
        })
    }

    /// The path of its address, and what stands behind it.
    pub(super) fn address(&self) -> (String, Vec<(String, String)>) {
        let path = match self.part {
            Part::Servers => "/discovery".to_owned(),
            part => format!("/discovery/{}", part.name()),
        };
        let pair = |key: &str, value: String| (key.to_owned(), value);
        let pairs = [
            self.state.map(|state| pair("state", state.name().to_owned())),
            (!self.text.is_empty()).then(|| pair("text", self.text.clone())),
            self.open.as_ref().map(|id| pair("open", id.to_string())),
            self.dialog.as_ref().map(OfDiscovery::pair),
        ];
        (path, pairs.into_iter().flatten().collect())
    }

    /// Those of the servers that are looked at.
    pub(crate) fn of<'a>(&self, servers: &'a [Server]) -> Vec<&'a Server> {
        let words: Vec<String> = self.text.to_lowercase().split_whitespace().map(str::to_owned).collect();
        let is_like = |server: &&Server| self.state.is_none_or(|state| server.state == state);
        servers.iter().filter(is_like).filter(|server| has(server, &words)).collect()
    }
}

/// Whether all these words, in small letters, stand somewhere in what is known of a server.
fn has(server: &Server, words: &[String]) -> bool {
    if words.is_empty() {
        return true;
    }
    let facts = [
        &server.vendor,
        &server.model,
        &server.serial_number,
        &server.service_tag,
        &server.uuid,
        &server.hostname,
        &server.power_state,
        &server.health,
        &server.bmc_model,
        &server.bmc_firmware,
        &server.host,
        &server.vcenter,
    ];
    let facts = facts.into_iter().flatten().map(String::as_str);
    let macs = server.mac_addresses.iter().chain(&server.bmc_mac_addresses).map(String::as_str);
    let all: Vec<String> =
        std::iter::once(server.address.as_str()).chain(facts).chain(macs).map(str::to_lowercase).collect();
    words.iter().all(|word| all.iter().any(|fact| fact.contains(word)))
}

/// How many servers stand in each way.
pub(crate) fn counts(servers: &[Server]) -> Vec<(ServerState, usize)> {
    let of = |state: ServerState| servers.iter().filter(|server| server.state == state).count();
    ServerState::ALL.iter().map(|state| (*state, of(*state))).collect()
}

/// Where an ESXi host stands.
pub(crate) fn host(vcenter: &VcenterId, moref: &Moref) -> Route {
    let open = Selected { vcenter: vcenter.clone(), moref: moref.clone() };
    Route::Inventory(Box::new(View::of(Kind::Hosts).opening(Some(open))))
}

/// Where the host that a server is stands.
pub(crate) fn host_of(server: &Server) -> Option<Route> {
    Some(host(server.vcenter_id.as_ref()?, server.host_moref.as_ref()?))
}

/// Whether a person may still say of a candidate that the server is it.
pub(crate) fn is_open(server: &Server, candidate: &Candidate) -> bool {
    let is_it = server.host_moref.as_ref() == Some(&candidate.host_moref)
        && server.vcenter_id.as_ref() == Some(&candidate.vcenter_id);
    !is_it
}

/// What there is to be approved, as it was shown.
pub(crate) fn unapproved(servers: &[Server]) -> Vec<Server> {
    let is_one = |server: &&Server| server.state == ServerState::Untrusted && server.certificate.is_some();
    servers.iter().filter(is_one).cloned().collect()
}

/// The approvals of those that were chosen, with the fingerprints that were on screen.
pub(crate) fn approvals(shown: &[Server], chosen: &[ServerId]) -> Vec<Approval> {
    let chosen = shown.iter().filter(|server| chosen.contains(&server.id));
    let approval = |server: &Server| {
        let sha256 = server.certificate.as_ref()?.sha256.clone();
        Some(Approval { server: server.id.clone(), sha256 })
    };
    chosen.filter_map(approval).collect()
}

/// How many of those that were to be added are not.
pub(crate) fn refused(plan: &[PlannedServer]) -> usize {
    plan.iter().filter(|one| one.action == ImportAction::Refuse).count()
}

/// `3 to add, 1 not imported.`
pub(crate) fn summary(plan: &[PlannedServer], is_done: bool) -> String {
    let count = |action| plan.iter().filter(|one| one.action == action).count();
    format!("{}.", words::imported(count, !is_done))
}

/// The scans and readings that wait or run.
pub(crate) fn under_way<'a>(active: impl IntoIterator<Item = &'a Operation>) -> Vec<Operation> {
    let is_one = |one: &&Operation| matches!(one.kind(), OperationKind::Scan | OperationKind::ReadServers);
    active.into_iter().filter(is_one).cloned().collect()
}

#[cfg(test)]
mod tests;
