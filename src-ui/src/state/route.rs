//! Where the user is: pages, what they show, and the dialog before them, as the address that leads back there.
//! Refuses addresses that lead nowhere: they lead to the overview.

use super::analytics::Analyzed;
use super::audit::Watched;
use super::discovery::Sought;
use super::health::Looking;
use super::jobs::OfJob;
use super::operations::Looked;
use super::table::View;
use contract::command::{
    AddSchedule, AddVcenter, Command, EditSchedule, EditVcenter, ImportVcenters, ListAudit, ListCredentials,
    ListPolicies, ListSchedules, OfferCa, Pause, ProbeVcenter, RemoveVcenter, Submit,
};
use contract::{CredentialId, Job, Kind, Moref, Role, ScheduleId, VcenterId};
use std::fmt;

/// A place in the app.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Route {
    /// The estate at a glance.
    Overview,
    /// The sync manager: of all vCenters, or of one.
    Vcenters { one: Option<VcenterId>, dialog: Option<Dialog> },
    /// Every credential.
    Credentials { dialog: Option<OfCredential> },
    /// What waits, runs and has ended.
    Operations(Looked),
    /// One kind of objects.
    Inventory(Box<View>),
    /// Policies and schedules.
    Jobs(Option<OfJob>),
    /// Servers that were found at their BMCs.
    Discovery(Sought),
    /// What is wrong.
    Health(Looking),
    /// How syncs, the cache and capacity went.
    Analytics(Analyzed),
    /// Who did what.
    Audit(Watched),
    /// How Muster is used on this machine.
    Settings,
    /// What the compact window shows, and nothing else does.
    Compact,
}

/// What stands before the page until it is answered or closed.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Dialog {
    /// The form for a new vCenter.
    Add,
    /// The form for one that is there, and whether the password is what it was opened for.
    Edit(VcenterId, Focus),
    /// A certificate that is not trusted.
    Certificate(VcenterId),
    /// The CA of its own that a vCenter offers.
    OwnCa(VcenterId),
    /// Whether it is really to be removed.
    Remove(VcenterId),
    /// Of which clusters the hosts are to be read.
    Clusters(VcenterId),
    /// For how long nothing is to be done on it automatically.
    Pause(VcenterId),
    /// All schedules.
    Schedules,
    /// The form for a new schedule, of this vCenter at first.
    AddSchedule(Option<VcenterId>),
    /// The form of a schedule that is there.
    Schedule(ScheduleId),
    /// vCenters out of a file.
    Import,
}

/// What stands before the page of credentials.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum OfCredential {
    /// The form for a new one.
    Add,
    /// The form for one that is there.
    Edit(CredentialId),
    /// Which one is to take its place.
    Merge(CredentialId),
    /// Whether it is really to be removed.
    Remove(CredentialId),
}

/// The field that a form is opened for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Focus {
    First,
    Address,
    Way,
    Password,
}

/// An object within its vCenter.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Selected {
    pub(crate) vcenter: VcenterId,
    pub(crate) moref: Moref,
}

impl Route {
    /// The sync manager of all vCenters.
    pub(crate) fn vcenters() -> Route {
        Route::Vcenters { one: None, dialog: None }
    }

    /// The same with a dialog before it.
    pub(crate) fn dialog(dialog: Dialog) -> Route {
        Route::Vcenters { one: None, dialog: Some(dialog) }
    }

    /// Every row of a kind.
    pub(crate) fn kind(kind: Kind) -> Route {
        Route::Inventory(Box::new(View::of(kind)))
    }

    /// Every operation.
    pub(crate) fn operations() -> Route {
        Route::Operations(Looked::default())
    }

    /// Every finding.
    pub(crate) fn health() -> Route {
        Route::Health(Looking::default())
    }

    /// The page of what a job about no vCenter belongs to.
    pub(crate) fn beside_vcenters(job: &Job) -> Route {
        if job.is_of_policies() { Route::Jobs(None) } else { Route::discovery() }
    }

    /// Every server.
    pub(crate) fn discovery() -> Route {
        Route::Discovery(Sought::ALL)
    }

    /// Every row of the audit log.
    pub(crate) fn audit() -> Route {
        Route::Audit(Watched::default())
    }

    /// Of all vCenters, over a day.
    pub(crate) fn analytics() -> Route {
        Route::Analytics(Analyzed::default())
    }

    /// The same with a dialog before the page of credentials.
    pub(crate) fn of_credential(dialog: OfCredential) -> Route {
        Route::Credentials { dialog: Some(dialog) }
    }

    /// The least role that it is open to: that of what is done there.
    pub(crate) fn role(&self) -> Role {
        match self {
            Route::Vcenters { dialog: None, .. } => Submit::ROLE,
            Route::Vcenters { dialog: Some(dialog), .. } => dialog.role().max(Submit::ROLE),
            Route::Credentials { .. } => ListCredentials::ROLE,
            Route::Jobs(dialog) => dialog.as_ref().map_or(ListPolicies::ROLE, OfJob::role).max(Submit::ROLE),
            Route::Discovery(sought) => sought.role(),
            Route::Audit(_) => ListAudit::ROLE,
            Route::Overview
            | Route::Operations(_)
            | Route::Inventory(_)
            | Route::Health(_)
            | Route::Analytics(_)
            | Route::Settings
            | Route::Compact => Role::Viewer,
        }
    }

    /// The name of the page, for the window's title.
    pub(crate) fn title(&self) -> String {
        match self {
            Route::Overview => "Overview".to_owned(),
            Route::Vcenters { .. } => "vCenters".to_owned(),
            Route::Credentials { .. } => "Credentials".to_owned(),
            Route::Operations(_) => "Operations".to_owned(),
            Route::Inventory(view) => view.kind.title().to_owned(),
            Route::Jobs(_) => "Jobs".to_owned(),
            Route::Discovery(_) => "Discovery".to_owned(),
            Route::Health(_) => "Health".to_owned(),
            Route::Analytics(_) => "Analytics".to_owned(),
            Route::Audit(_) => "Audit".to_owned(),
            Route::Settings => "Settings".to_owned(),
            Route::Compact => "Compact".to_owned(),
        }
    }

    /// The place that an address leads to.
    pub(crate) fn parse(address: &str) -> Route {
        let address = address.trim_start_matches('#');
        let (path, query) = address.split_once('?').unwrap_or((address, ""));
        let pairs: Vec<(String, String)> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
        match parts[..] {
            ["vcenter"] => Route::Vcenters { one: None, dialog: dialog(&pairs) },
            ["vcenter", id] => {
                Route::Vcenters { one: Some(VcenterId(id.to_owned())), dialog: dialog(&pairs) }
            }
            ["health"] => Looking::parse("", &pairs).map_or(Route::Overview, Route::Health),
            ["health", part] => Looking::parse(part, &pairs).map_or(Route::Overview, Route::Health),
            ["jobs"] => Route::Jobs(OfJob::parse(&pairs)),
            ["discovery"] => Sought::parse("", &pairs).map_or(Route::Overview, Route::Discovery),
            ["discovery", part] => Sought::parse(part, &pairs).map_or(Route::Overview, Route::Discovery),
            ["analytics"] => Route::Analytics(Analyzed::parse(&pairs)),
            ["audit"] => Route::Audit(Watched::parse(&pairs)),
            ["credentials"] => Route::Credentials { dialog: of_credential(&pairs) },
            ["settings"] => Route::Settings,
            ["compact"] => Route::Compact,
            ["operations"] => Route::Operations(Looked::parse(&pairs)),
            ["inventory", kind] => match Kind::from_name(kind).filter(|kind| Kind::LISTED.contains(kind)) {
                Some(kind) => Route::Inventory(Box::new(View::parse(kind, &pairs))),
                None => Route::Overview,
            },
            _ => Route::Overview,
        }
    }
}

impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (path, pairs) = match self {
            Route::Overview => ("/".to_owned(), Vec::new()),
            Route::Vcenters { one, dialog } => {
                let path = one.as_ref().map_or("/vcenter".to_owned(), |id| format!("/vcenter/{id}"));
                (path, dialog.as_ref().map(dialog_pairs).unwrap_or_default())
            }
            Route::Credentials { dialog } => {
                ("/credentials".to_owned(), dialog.as_ref().map(credential_pair).into_iter().collect())
            }
            Route::Operations(looked) => ("/operations".to_owned(), looked.pairs()),
            Route::Inventory(view) => (format!("/inventory/{}", view.kind.name()), view.pairs()),
            Route::Jobs(dialog) => {
                ("/jobs".to_owned(), dialog.as_ref().map(OfJob::pair).into_iter().collect())
            }
            Route::Discovery(sought) => sought.address(),
            Route::Health(looking) => looking.address(),
            Route::Analytics(analyzed) => ("/analytics".to_owned(), analyzed.pairs()),
            Route::Audit(watched) => ("/audit".to_owned(), watched.pairs()),
            Route::Settings => ("/settings".to_owned(), Vec::new()),
            Route::Compact => ("/compact".to_owned(), Vec::new()),
        };
        let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
        let mark = if query.is_empty() { "" } else { "?" };
        write!(f, "#{path}{mark}{query}")
    }
}

impl Dialog {
    /// The least role that it is open to.
    fn role(&self) -> Role {
        match self {
            Dialog::Add => AddVcenter::ROLE,
            Dialog::Edit(..) => EditVcenter::ROLE,
            Dialog::Certificate(_) => ProbeVcenter::ROLE.max(EditVcenter::ROLE),
            Dialog::Remove(_) => RemoveVcenter::ROLE,
            Dialog::Clusters(_) => Submit::ROLE,
            Dialog::Pause(_) => Pause::ROLE,
            Dialog::OwnCa(_) => OfferCa::ROLE.max(EditVcenter::ROLE),
            Dialog::Import => ImportVcenters::ROLE,
            Dialog::Schedules => ListSchedules::ROLE,
            Dialog::AddSchedule(_) => AddSchedule::ROLE,
            Dialog::Schedule(_) => EditSchedule::ROLE,
        }
    }
}

fn of_credential(pairs: &[(String, String)]) -> Option<OfCredential> {
    let id = |key: &str| pairs.iter().find(|(k, _)| k == key).map(|(_, id)| CredentialId(id.clone()));
    id("add")
        .map(|_| OfCredential::Add)
        .or_else(|| id("edit").map(OfCredential::Edit))
        .or_else(|| id("merge").map(OfCredential::Merge))
        .or_else(|| id("remove").map(OfCredential::Remove))
}

fn credential_pair(dialog: &OfCredential) -> (String, String) {
    let (key, id) = match dialog {
        OfCredential::Add => ("add", ""),
        OfCredential::Edit(id) => ("edit", id.as_str()),
        OfCredential::Merge(id) => ("merge", id.as_str()),
        OfCredential::Remove(id) => ("remove", id.as_str()),
    };
    (key.to_owned(), id.to_owned())
}

fn dialog(pairs: &[(String, String)]) -> Option<Dialog> {
    let value = |key: &str| pairs.iter().find(|(k, _)| k == key).map(|(_, v)| v.clone());
    let id = |key: &str| value(key).map(VcenterId);
    if value("add").is_some() {
        return Some(Dialog::Add);
    }
    if value("import").is_some() {
        return Some(Dialog::Import);
    }
    let focus = match value("focus").as_deref() {
        Some("password") => Focus::Password,
        Some("address") => Focus::Address,
        Some("way") => Focus::Way,
        _ => Focus::First,
    };
    id("edit")
        .map(|id| Dialog::Edit(id, focus))
        .or_else(|| id("certificate").map(Dialog::Certificate))
        .or_else(|| id("own-ca").map(Dialog::OwnCa))
        .or_else(|| id("remove").map(Dialog::Remove))
        .or_else(|| id("clusters").map(Dialog::Clusters))
        .or_else(|| id("pause").map(Dialog::Pause))
        .or_else(|| value("schedules").map(|_| Dialog::Schedules))
        .or_else(|| {
            let of = |id: String| Some(VcenterId(id)).filter(|id| !id.as_str().is_empty());
            value("add-schedule").map(of).map(Dialog::AddSchedule)
        })
        .or_else(|| value("schedule").map(ScheduleId).map(Dialog::Schedule))
}

fn dialog_pairs(dialog: &Dialog) -> Vec<(String, String)> {
    let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
    match dialog {
        Dialog::Add => vec![pair("add", "")],
        Dialog::Import => vec![pair("import", "")],
        Dialog::Edit(id, focus) => {
            let mut pairs = vec![pair("edit", id.as_str())];
            match focus {
                Focus::First => {}
                Focus::Address => pairs.push(pair("focus", "address")),
                Focus::Way => pairs.push(pair("focus", "way")),
                Focus::Password => pairs.push(pair("focus", "password")),
            }
            pairs
        }
        Dialog::Certificate(id) => vec![pair("certificate", id.as_str())],
        Dialog::OwnCa(id) => vec![pair("own-ca", id.as_str())],
        Dialog::Remove(id) => vec![pair("remove", id.as_str())],
        Dialog::Clusters(id) => vec![pair("clusters", id.as_str())],
        Dialog::Pause(id) => vec![pair("pause", id.as_str())],
        Dialog::Schedules => vec![pair("schedules", "")],
        Dialog::AddSchedule(id) => {
            vec![pair("add-schedule", id.as_ref().map(VcenterId::as_str).unwrap_or_default())]
        }
        Dialog::Schedule(id) => vec![pair("schedule", id.as_str())],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use contract::command::OperationFilter;
    use contract::{OperationKind, OperationState, Origin};
    use proptest::prelude::*;

    fn discovery() -> Vec<Route> {
        use super::super::discovery::{OfDiscovery, Part};
        use contract::discovery::ServerState;
        let id = || contract::ServerId("0194-aa".to_owned());
        let mut places = vec![Sought::default(), Sought::server(&id())];
        places.extend(Part::ALL.map(|part| Sought { part, ..Sought::default() }));
        places.extend(ServerState::ALL.iter().map(|state| Sought {
            state: Some(*state),
            text: "R640 & esx".to_owned(),
            open: Some(id()),
            ..Sought::default()
        }));
        for dialog in [
            OfDiscovery::Scan,
            OfDiscovery::Approve,
            OfDiscovery::AddProfile,
            OfDiscovery::AddServers,
            OfDiscovery::ScheduleScan,
            OfDiscovery::ScheduleReading,
            OfDiscovery::Schedules,
            OfDiscovery::Schedule(contract::ScheduleId("0194-bb".to_owned())),
            OfDiscovery::Remove(id()),
        ] {
            places.push(Sought::server(&id()).asking(Some(dialog)));
        }
        places.into_iter().map(Route::Discovery).collect()
    }

    #[test]
    fn every_place_has_an_address_that_leads_back_to_it() {
        let id = || VcenterId("0190-ab".to_owned());
        let mut places = vec![Route::Overview, Route::vcenters(), Route::Settings, Route::Compact];
        places.push(Route::Vcenters { one: Some(id()), dialog: None });
        for dialog in [
            Dialog::Add,
            Dialog::Edit(id(), Focus::First),
            Dialog::Edit(id(), Focus::Address),
            Dialog::Edit(id(), Focus::Way),
            Dialog::Edit(id(), Focus::Password),
            Dialog::Certificate(id()),
            Dialog::OwnCa(id()),
            Dialog::Remove(id()),
            Dialog::Clusters(id()),
            Dialog::Pause(id()),
            Dialog::Schedules,
            Dialog::AddSchedule(None),
            Dialog::AddSchedule(Some(id())),
            Dialog::Schedule(ScheduleId("0192-ef".to_owned())),
            Dialog::Import,
        ] {
            places.push(Route::Vcenters { one: Some(id()), dialog: Some(dialog.clone()) });
            places.push(Route::dialog(dialog));
        }
        places.push(Route::audit());
        places.push(Route::health());
        places.push(Route::analytics());
        places.extend(discovery());
        for window in contract::analytics::Window::ALL {
            let kind = Some(OperationKind::FullSync);
            places.push(Route::Analytics(Analyzed { vcenter: Some(id()), window: *window, kind }));
        }
        let credential = || CredentialId("0193-01".to_owned());
        for dialog in [
            OfCredential::Add,
            OfCredential::Edit(credential()),
            OfCredential::Merge(credential()),
            OfCredential::Remove(credential()),
        ] {
            places.push(Route::of_credential(dialog));
        }
        places.push(Route::Credentials { dialog: None });
        places.push(Route::operations());
        for since in ["2h", "2026-03-01T12:00:00Z"] {
            let filter = OperationFilter {
                vcenter: Some(id()),
                kinds: OperationKind::ALL.to_vec(),
                states: OperationState::ALL.to_vec(),
                origin: Some(Origin::Reader),
                since: since.parse().ok(),
                until: "1h".parse().ok(),
            };
            let open = Some(contract::OperationId("0191-cd".to_owned()));
            places.push(Route::Operations(Looked { filter, open }));
        }
        places.extend(Kind::LISTED.map(Route::kind));
        places.extend([
            Route::Jobs(None),
            Route::Jobs(Some(OfJob::Edit(contract::PolicyId("0194-cc".to_owned())))),
        ]);
        for place in places {
            assert_eq!(Route::parse(&place.to_string()), place, "{place}");
        }
    }

    #[test]
    fn a_page_is_open_to_who_may_do_what_is_done_there() {
        use super::super::discovery::OfDiscovery;
        let id = || VcenterId("0190-ab".to_owned());
        let asking = |dialog| Sought::default().asking(Some(dialog));
        for (route, role) in [
            (Route::Overview, Role::Viewer),
            (Route::kind(Kind::Vms), Role::Viewer),
            (Route::operations(), Role::Viewer),
            (Route::analytics(), Role::Viewer),
            (Route::Settings, Role::Viewer),
            (Route::vcenters(), Role::Operator),
            (Route::Vcenters { one: Some(id()), dialog: None }, Role::Operator),
            (Route::dialog(Dialog::Schedules), Role::Operator),
            (Route::dialog(Dialog::Pause(id())), Role::Operator),
            (Route::dialog(Dialog::Add), Role::Admin),
            (Route::dialog(Dialog::Edit(id(), Focus::Password)), Role::Admin),
            (Route::dialog(Dialog::Remove(id())), Role::Admin),
            (Route::Credentials { dialog: None }, Role::Admin),
            (Route::Jobs(None), Role::Operator),
            (Route::Jobs(Some(OfJob::Add)), Role::Operator),
            (Route::discovery(), Role::Operator),
            (Route::Discovery(asking(OfDiscovery::Scan)), Role::Operator),
            (Route::Discovery(asking(OfDiscovery::Approve)), Role::Operator),
            (Route::Discovery(asking(OfDiscovery::Schedules)), Role::Operator),
            (Route::Discovery(asking(OfDiscovery::AddProfile)), Role::Admin),
            (Route::Discovery(asking(OfDiscovery::AddServers)), Role::Admin),
            (Route::Discovery(asking(OfDiscovery::Remove(contract::ServerId("s".into())))), Role::Admin),
        ] {
            assert_eq!(route.role(), role, "{route}");
        }
    }

    #[test]
    fn an_address_that_leads_nowhere_leads_to_the_overview() {
        for address in
            ["", "#", "#/", "#/nowhere", "#/inventory", "#/inventory/standalone-hosts", "#/inventory/x"]
        {
            assert_eq!(Route::parse(address), Route::Overview, "{address}");
        }
    }

    proptest! {
        #[test]
        fn no_address_breaks_the_page(address in ".{0,100}") {
            let _ = Route::parse(&address);
        }
    }
}
