//! One file per noun. A command is a call into the service, and how its answer is shown.
//! Refuses to decide anything that another client would have to decide again.

mod analytics;
mod audit;
mod credential;
mod destination;
mod discovery;
mod health;
mod history;
mod inventory;
mod operations;
mod overview;
mod policy;
mod schedule;
mod settings;
mod simulator;
mod state;
mod sync;
mod upkeep;
mod vcenter;

use crate::args::{Args, Command};
use crate::ask;
use crate::exit::Exit;
use crate::interrupts::Interrupts;
use crate::output::Output;
use crate::progress;
use clap::CommandFactory;
use contract::command::{About, Submit};
use contract::{ApiError, Code, Door, Role, Time, least_privilege};
use service::{Caller, Client, Log, Options, Unlock};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::time::Instant;

/// What a press leaves of the time for closing.
const HURRY: Duration = Duration::from_secs(1);

/// Runs the command and closes the service after it, whatever came of it.
pub(crate) async fn run(args: Args, output: &Output, log: &Log) -> Exit {
    // Checked for every command, so that a variable with a slip in it is noticed where it was set.
    let caller = match Caller::person(args.role.map(Role::from), Door::Cli) {
        Ok(caller) => caller,
        Err(error) => return output.failure(&error),
    };
    let command = match without_service(args.command, output) {
        Ok(command) => command,
        Err(exit) => return exit.unwrap_or_else(|error| output.failure(&error)),
    };
    let interrupts = match Interrupts::listen() {
        Ok(interrupts) => interrupts,
        Err(error) => {
            let error = ApiError::new(Code::Failed, format!("signals can't be handled: {error}"));
            return output.failure(&error.next("Try again."));
        }
    };
    if let Command::Simulator(command) = command {
        let outcome = simulator::run(output, &interrupts, command, args.data_dir.as_deref()).await;
        return outcome.unwrap_or_else(|error| output.failure(&error));
    }
    let call = Call { command, caller, data_dir: args.data_dir };
    let outcome = match call.command {
        // What can't be opened can be restored.
        Command::Restore { ref file, yes } => {
            let file = file.clone();
            tokio::select! {
                outcome = upkeep::restore(call, output, &file, yes) => outcome,
                () = interrupts.unhandled() => Err(progress::interrupted()),
            }
        }
        _ => with_service(call, output, &interrupts, log).await,
    };
    outcome.unwrap_or_else(|error| output.failure(&error))
}

/// A command, who calls it, and the data folder as it was given.
struct Call {
    command: Command,
    caller: Caller,
    data_dir: Option<PathBuf>,
}

async fn with_service(
    call: Call,
    output: &Output,
    interrupts: &Interrupts,
    log: &Log,
) -> Result<Exit, ApiError> {
    let unlock = if ask::somebody_is_there() { Unlock::Ask } else { Unlock::Never };
    // What is cached can be read on a disk that is full or read-only; a command that has to write says so.
    let worker = matches!(call.command, Command::Run { .. }) && call.caller.may::<Submit>().is_ok();
    let options = Options::from_environment(call.data_dir.clone(), unlock)?;
    let options = Options { read_only: true, worker, ..options };
    let opened = tokio::select! {
        opened = service::open(options) => opened,
        () = interrupts.unhandled() => return Err(progress::interrupted()),
    };
    let service = match opened {
        Err(error) if matches!(call.command, Command::Doctor { .. }) => {
            return state::no_database(output, error);
        }
        opened => Client::new(opened?, call.caller.clone()),
    };
    service.govern(log).await;
    let outcome = tokio::select! {
        outcome = dispatch(&service, output, interrupts, call) => outcome,
        () = interrupts.unhandled() => Err(progress::interrupted()),
    };
    close(&service, interrupts).await;
    outcome
}

/// Closes the service, and sooner for whoever presses Ctrl-C again meanwhile.
async fn close(service: &Client, interrupts: &Interrupts) {
    let end = interrupts.end().unwrap_or_else(|| Instant::now() + service::CLOSE);
    let pressed = async {
        interrupts.unhandled().await;
        // A server that answers at all has logged out by then.
        let _ = tokio::time::timeout(HURRY, interrupts.unhandled()).await;
    };
    tokio::select! {
        () = service.close_by(end) => {}
        () = pressed => {}
    }
}

async fn dispatch(
    service: &Client,
    output: &Output,
    interrupts: &Interrupts,
    call: Call,
) -> Result<Exit, ApiError> {
    match call.command {
        Command::Vcenter(command) => vcenter::run(service, output, command, call.data_dir.as_deref()).await,
        Command::Credential(command) => credential::run(service, output, command).await,
        Command::Test { name, retry_login } => {
            sync::test(service, output, interrupts, &name, retry_login).await
        }
        Command::Sync(command) => sync::run(service, output, interrupts, command).await,
        Command::Refresh(command) => sync::refresh(service, output, interrupts, command).await,
        Command::Discovery(command) => discovery::run(service, output, interrupts, command).await,
        Command::Operations(command) => operations::run(service, output, interrupts, command).await,
        Command::Schedule(command) => schedule::run(service, output, command).await,
        Command::Policy(command) => policy::run(service, output, interrupts, command).await,
        Command::Destination(command) => destination::run(service, output, interrupts, command).await,
        Command::Audit(command) => audit::run(service, output, command).await,
        Command::Settings(command) => settings::run(service, output, command).await,
        Command::Analytics(command) => analytics::run(service, output, command).await,
        Command::Inventory(command) => inventory::run(service, output, interrupts, command).await,
        Command::Health { asked, command } => health::run(service, output, asked, command).await,
        Command::Status => state::status(service, output).await,
        Command::Overview => overview::run(service, output).await,
        Command::Doctor { remove_orphans, yes } => {
            if remove_orphans {
                state::remove_orphans(service, output, yes).await?;
            }
            state::doctor(service, output).await
        }
        Command::Watch => state::watch(service, output, interrupts, state::Until::NobodyReads).await,
        Command::Run { duration } => state::run(service, output, interrupts, duration.as_deref()).await,
        Command::Log(asked) => upkeep::log(service, output, asked).await,
        Command::SupportBundle(asked) => upkeep::support_bundle(service, output, asked).await,
        Command::Backup { out } => upkeep::backup(service, output, &out).await,
        Command::Columns { .. }
        | Command::Simulator(_)
        | Command::Restore { .. }
        | Command::LeastPrivilege { .. }
        | Command::Version
        | Command::Completions { .. }
        | Command::Man { .. } => {
            unreachable!("these were answered without the service")
        }
    }
}

/// When something ends that was given a time or a duration; `None` where it was given neither.
fn until(now: Time, until: Option<String>, duration: Option<String>) -> Result<Option<Time>, ApiError> {
    let Some(text) = duration else {
        return until.map(|text| service::moment_to_come(&text, now)).transpose();
    };
    let duration = service::duration(&text)?;
    if duration.is_zero() {
        return Err(ApiError::new(Code::InvalidValue, "a duration of 0 ends at once")
            .next("Specify a duration such as 2h."));
    }
    let ms = i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
    Ok(Some(Time(now.0.saturating_add(ms))))
}

/// Says that rows are left out, if any are: what is missing from an answer nobody could see.
fn say_how_many_are_left_out(output: &Output, number: usize) {
    if number > 0 {
        let rows =
            if number == 1 { "1 damaged row was".to_owned() } else { format!("{number} damaged rows were") };
        output.say(&format!("musterctl: {rows} left out; run musterctl doctor for details"));
    }
}

/// Answers what needs no database; hands on everything else.
fn without_service(command: Command, output: &Output) -> Result<Command, Result<Exit, ApiError>> {
    match command {
        Command::Columns { kind } => Err(inventory::columns(output, kind.into()).map(|()| Exit::Done)),
        Command::LeastPrivilege { powercli, user, .. } => {
            let make = if powercli { least_privilege::powercli } else { least_privilege::govc };
            let script = make(&user);
            Err(output
                .answer(&serde_json::json!({ "script": script }), || script.clone())
                .map(|()| Exit::Done))
        }
        Command::Version => {
            let about = service::about();
            Err(output.answer(&about, || version(&about)).map(|()| Exit::Done))
        }
        Command::Completions { .. } | Command::Man { .. } if output.is_json() => Err(Err(no_json())),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Args::command(), "musterctl", &mut script);
            Err(output.text(&String::from_utf8_lossy(&script)).map(|()| Exit::Done))
        }
        Command::Man { dir } => Err(man(dir.as_deref(), output).map(|()| Exit::Done)),
        other => Ok(other),
    }
}

fn version(about: &About) -> String {
    let of = about.commit_date.as_ref().map(|date| format!(" of {date}")).unwrap_or_default();
    let commit = about.commit.as_ref().map(|commit| format!("commit {commit}{of}, ")).unwrap_or_default();
    format!("musterctl {} ({commit}{})\n", about.version, about.target)
}

fn no_json() -> ApiError {
    ApiError::new(Code::InvalidValue, "completions and man pages have no JSON output")
        .next("Run it without --json.")
}

fn man(dir: Option<&Path>, output: &Output) -> Result<(), ApiError> {
    let failed = |error: std::io::Error| {
        ApiError::new(Code::Failed, format!("the man page can't be written: {error}"))
            .next("Specify a folder that this user can write to.")
    };
    let Some(dir) = dir else {
        let mut page = Vec::new();
        clap_mangen::Man::new(Args::command()).render(&mut page).map_err(failed)?;
        return output.text(&String::from_utf8_lossy(&page));
    };
    std::fs::create_dir_all(dir).map_err(failed)?;
    clap_mangen::generate_to(Args::command(), dir).map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_says_of_the_commit_what_the_build_was_told() {
        let about = |commit: Option<&str>, date: Option<&str>| About {
            version: "1.2.3".to_owned(),
            commit: commit.map(str::to_owned),
            commit_date: date.map(str::to_owned),
            target: "x86_64-unknown-linux-gnu".to_owned(),
        };
        let whole = "musterctl 1.2.3 (commit 0123abc of 2026-11-28, x86_64-unknown-linux-gnu)\n";
        assert_eq!(version(&about(Some("0123abc"), Some("2026-11-28"))), whole);
        assert_eq!(version(&about(None, None)), "musterctl 1.2.3 (x86_64-unknown-linux-gnu)\n");
    }
}
