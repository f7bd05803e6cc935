//! `discovery …`.
//! Refuses to log in anywhere by itself, and to decide which host a server is: the service does both.

mod approving;
mod entering;
mod matching;
mod profiles;
mod scanning;
mod shown;

pub(super) use scanning::asked_about_many;

use crate::args::Discovery as Command;
use crate::ask;
use crate::exit::Exit;
use crate::interrupts::Interrupts;
use crate::output::{Output, printable};
use contract::command::{ListServers, ReadServers, RemoveServers, ShowServer};
use contract::discovery::{Server, ServerState};
use contract::{ApiError, ServerId, Subject, words};
use service::Client;

pub(super) async fn run(
    service: &Client,
    output: &Output,
    interrupts: &Interrupts,
    command: Command,
) -> Result<Exit, ApiError> {
    match command {
        Command::Scan(scan) => return scanning::scan(service, output, interrupts, scan).await,
        Command::Add(asked) => entering::add(service, output, asked).await?,
        Command::Import(asked) => return entering::import(service, output, asked).await,
        Command::Refresh { servers, detach } => {
            service.may::<ReadServers>(servers_of_the_audit()).await?;
            let servers = designated(service, &servers).await?;
            return scanning::read(service, output, interrupts, ids(&servers), detach).await;
        }
        Command::List { states } => list(service, output, &states).await?,
        Command::Hosts => {
            let hosts = service.call(ListServers {}).await?.hosts_without_bmc;
            if hosts.is_empty() {
                output.say("No ESXi host is known that lacks a BMC.");
            }
            output.answer(&hosts, || shown::hosts(&hosts))?;
        }
        Command::Show { server } => {
            let server = service.call(ShowServer { server }).await?;
            output.answer(&server, || shown::card_of(&server, service.now()))?;
        }
        Command::Approve(asked) => return approving::approve(service, output, interrupts, asked).await,
        Command::Match(asked) => matching::match_server(service, output, asked).await?,
        Command::Reject(asked) => matching::reject(service, output, asked).await?,
        Command::Unmatch { server, rejections } => {
            matching::unmatch(service, output, server, rejections).await?;
        }
        Command::Remove { servers, yes } => remove(service, output, &servers, yes).await?,
        Command::Profile(command) => profiles::run(service, output, command).await?,
    }
    Ok(Exit::Done)
}

async fn list(service: &Client, output: &Output, states: &[ServerState]) -> Result<(), ApiError> {
    let mut servers = service.call(ListServers {}).await?.servers;
    if servers.is_empty() {
        output.say("No servers yet. Look for them: musterctl discovery scan RANGE");
    }
    let are_any = !servers.is_empty();
    servers.retain(|server| states.is_empty() || states.contains(&server.state));
    if are_any && servers.is_empty() {
        output.say("No servers match.");
    }
    output.answer(&servers, || shown::servers(&servers, service.now()))
}

async fn remove(service: &Client, output: &Output, names: &[String], yes: bool) -> Result<(), ApiError> {
    service.may::<RemoveServers>(servers_of_the_audit()).await?;
    let servers = designated(service, names).await?;
    let question = match &servers[..] {
        [one] => format!("Forget {}, and what was said of it?", shown::called(one)),
        several => {
            several.iter().for_each(|server| output.say(&shown::called(server)));
            let many = words::counted(several.len(), "server", "servers");
            format!("Forget {many}, and what was said of them?")
        }
    };
    ask::before_removing(output, yes, &question).await?;
    service.call(RemoveServers { servers: ids(&servers) }).await?;
    output.answer(&servers, || {
        let removed = servers.iter().map(|server| printable(&format!("Removed {}.", shown::called(server))));
        removed.collect::<Vec<_>>().join("\n")
    })
}

/// The servers with these names, each once.
async fn designated(service: &Client, names: &[String]) -> Result<Vec<Server>, ApiError> {
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let known = service.call(ListServers {}).await?;
    let mut chosen: Vec<Server> = Vec::new();
    for name in names {
        let server = known.named(name)?;
        if !chosen.iter().any(|known| known.id == server.id) {
            chosen.push(server.clone());
        }
    }
    Ok(chosen)
}

fn ids(servers: &[Server]) -> Vec<ServerId> {
    servers.iter().map(|server| server.id.clone()).collect()
}

/// What the audit log has of a command about several servers.
fn servers_of_the_audit() -> Subject {
    Subject::only("servers")
}
