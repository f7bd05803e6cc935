//! `discovery scan` and `discovery refresh`.
//! Refuse to scan more addresses than a person may have meant without their word.

use super::servers_of_the_audit;
use crate::args;
use crate::ask;
use crate::commands::{schedule, sync, vcenter};
use crate::exit::Exit;
use crate::interrupts::Interrupts;
use crate::output::Output;
use crate::suggest::Suggestion;
use contract::command::{ListProfiles, ListServers, ReadServers, ShowOperation, StartScan};
use contract::discovery::{Profile, Scan, Server, ServerState};
use contract::{ApiError, Code, CredentialId, OperationId, ServerId, Time, words};
use service::Client;
use std::collections::BTreeSet;

pub(super) async fn scan(
    service: &Client,
    output: &Output,
    interrupts: &Interrupts,
    asked: args::Scan,
) -> Result<Exit, ApiError> {
    service.may::<StartScan>(servers_of_the_audit()).await?;
    let args::Scan { ranges, ports, profiles, exclude, ca_file, way, yes, detach, schedule, when } = asked;
    let scheduled = match schedule {
        Some(name) => Some(schedule::about_none(service, name, when).await?),
        None if when != args::When::default() => {
            return Err(ApiError::new(
                Code::InvalidValue,
                "--every, --cron, --zone and --quiet need --schedule NAME",
            )
            .next("Name the schedule to add, or leave them out to scan now."));
        }
        None => None,
    };
    let ca = ca_file.as_deref().map(vcenter::pem).transpose()?;
    let profiles = named(service, &profiles).await?;
    let scan = Scan { ranges, exclude, ports, profiles, ca, way: way.chosen(), accept_many: false };
    let not_done = if scheduled.is_some() { "nothing was scheduled" } else { "nothing was scanned" };
    let scan = Scan { accept_many: asked_about_many(output, &scan, yes, not_done).await?, ..scan };
    if let Some(settings) = scheduled {
        return schedule::add_scan(service, output, settings, scan).await;
    }
    if !detach && may_log_in(service, &scan).await? {
        passwords(service, output, &scan.profiles).await?;
    }
    let id = service.call(StartScan { scan, detached: detach }).await?;
    let exit = sync::follow(service, output, interrupts, std::slice::from_ref(&id), detach).await?;
    if !detach {
        say_what_was_found(service, output, &id).await?;
        say_who_knows_why(output, exit);
    }
    Ok(exit)
}

/// Whether a scan is of more addresses than usual; then a person said that they are meant.
pub(in crate::commands) async fn asked_about_many(
    output: &Output,
    scan: &Scan,
    yes: bool,
    not_done: &str,
) -> Result<bool, ApiError> {
    let number = service::scanned_addresses(scan)?;
    if number <= Scan::MANY {
        return Ok(false);
    }
    let many = words::counted(number, "address", "addresses");
    output.say(&format!("These ranges are {many}, each port counted."));
    ask::confirmed(output, yes, "Scan all of them?", not_done).await?;
    Ok(true)
}

/// Reads servers anew, all of them where none is named.
pub(super) async fn read(
    service: &Client,
    output: &Output,
    interrupts: &Interrupts,
    servers: Vec<ServerId>,
    detached: bool,
) -> Result<Exit, ApiError> {
    if !detached {
        passwords(service, output, &[]).await?;
    }
    let id = service.call(ReadServers { servers, detached }).await?;
    let exit = sync::follow(service, output, interrupts, &[id], detached).await?;
    say_who_knows_why(output, exit);
    Ok(exit)
}

/// Where the reasons stand, if some BMCs could not be read. In JSON nothing may stand below the reason of a failure.
fn say_who_knows_why(output: &Output, exit: Exit) {
    if exit == Exit::Partly && !output.is_json() {
        output.say(&format!("Why: {}", Suggestion::of("discovery list")));
    }
}

/// Whether a scan may trust a BMC that it finds: a first one logs in nowhere, and nobody should type passwords for it.
async fn may_log_in(service: &Client, scan: &Scan) -> Result<bool, ApiError> {
    let is_trusted = |server: &Server| server.state != ServerState::Untrusted;
    Ok(scan.ca.is_some() || service.call(ListServers {}).await?.servers.iter().any(is_trusted))
}

/// Lets a person type the passwords of profiles that are nowhere to be found; of all profiles where none is named.
async fn passwords(service: &Client, output: &Output, wanted: &[CredentialId]) -> Result<(), ApiError> {
    if !ask::somebody_is_there() {
        return Ok(());
    }
    let is_used = |profile: &Profile| {
        profile.paused_at.is_none() && (wanted.is_empty() || wanted.contains(&profile.credential_id))
    };
    for profile in service.call(ListProfiles {}).await?.iter().filter(|profile| is_used(profile)) {
        ask::missing_password(service, output, &profile.credential_id, None).await?;
    }
    Ok(())
}

/// The profiles with these names.
async fn named(service: &Client, names: &[String]) -> Result<Vec<CredentialId>, ApiError> {
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let all = service.call(ListProfiles {}).await?;
    let ids = names.iter().map(|name| Ok(super::profiles::named(&all, name)?.credential_id.clone()));
    ids.collect()
}

/// Says in a line what a scan found. In JSON nothing may stand below the reason of a failure.
async fn say_what_was_found(service: &Client, output: &Output, id: &OperationId) -> Result<(), ApiError> {
    if output.is_json() {
        return Ok(());
    }
    let operation = service.call(ShowOperation { operation: id.to_string() }).await?;
    let servers = service.call(ListServers {}).await?.servers;
    let count = |what: &str| operation.result.as_ref().and_then(|result| result[what].as_u64()).unwrap_or(0);
    output.say(&found(&servers, operation.submitted_at));
    let others = [
        ("silent", "did not answer"),
        ("refused", "refused the connection"),
        ("other", "answered, and are no BMC"),
        ("failed", "could not be looked at"),
    ];
    let others = others.into_iter().map(|(what, words)| (count(what), words));
    let others = others.filter(|(count, _)| *count > 0).map(|(count, words)| {
        format!("{} {words}", words::grouped(i64::try_from(count).unwrap_or(i64::MAX)))
    });
    let others = others.collect::<Vec<_>>().join(", ");
    if !others.is_empty() {
        output.say(&format!("Other addresses: {others}."));
    }
    Ok(())
}

/// How many BMCs answered since then, and how many of them nobody approved yet.
fn found(servers: &[Server], since: Time) -> String {
    let seen = servers.iter().filter(|server| server.seen_at.is_some_and(|at| at >= since));
    let addresses = |servers: &mut dyn Iterator<Item = &Server>| {
        servers.map(|server| server.address.clone()).collect::<BTreeSet<_>>().len()
    };
    let all = addresses(&mut seen.clone());
    let untrusted = addresses(&mut seen.filter(|server| server.state == ServerState::Untrusted));
    let bmcs = words::counted(all, "BMC", "BMCs");
    let approve = Suggestion::of("discovery approve").flag("--seen");
    match (all, untrusted) {
        (0, _) => "No BMC was found.".to_owned(),
        (_, 0) => format!("{bmcs} found: {}", Suggestion::of("discovery list")),
        (_, untrusted) => format!("{bmcs}, {untrusted} not approved yet: {approve}"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::shown::tests::server;
    use super::*;

    #[test]
    fn what_was_found_counts_bmcs_and_not_the_systems_behind_them() {
        let of = |address: &str, state, seen_at| Server {
            address: address.into(),
            state,
            seen_at: Some(Time(seen_at)),
            ..server()
        };
        let servers = [
            of("10.0.8.1", ServerState::Untrusted, 20),
            of("10.0.8.2", ServerState::Dark, 20),
            of("10.0.8.2", ServerState::Matched, 20),
            of("10.0.8.3", ServerState::Untrusted, 9),
        ];
        let said = "2 BMCs, 1 not approved yet: musterctl discovery approve --seen";
        assert_eq!(found(&servers, Time(10)), said);
        assert_eq!(found(&servers[1..], Time(10)), "1 BMC found: musterctl discovery list");
        assert_eq!(found(&servers, Time(21)), "No BMC was found.");
    }
}
