//! One file per noun. A command is a call into the service, and how its answer is shown.
//! Refuses to decide anything that another client would have to decide again.

mod credential;
mod inventory;
mod operations;
mod state;
mod sync;
mod vcenter;

use crate::args::{Args, Command};
use crate::ask;
use crate::exit::Exit;
use crate::output::Output;
use clap::CommandFactory;
use contract::{ApiError, Code};
use service::{Options, Service, Unlock};
use std::path::Path;

/// Runs the command and closes the service after it, whatever came of it.
pub(crate) async fn run(args: Args, output: &Output) -> Exit {
    let command = match without_service(args.command, output) {
        Ok(command) => command,
        Err(exit) => return exit,
    };
    let unlock = if ask::somebody_is_there() { Unlock::Ask } else { Unlock::Never };
    let opened = match Options::from_environment(args.data_dir, unlock) {
        Ok(options) => service::open(options).await,
        Err(error) => Err(error),
    };
    let service = match opened {
        Ok(service) => service,
        Err(error) => return output.failure(&error),
    };
    let outcome = dispatch(&service, output, command).await;
    service.close().await;
    outcome.unwrap_or_else(|error| output.failure(&error))
}

async fn dispatch(service: &Service, output: &Output, command: Command) -> Result<Exit, ApiError> {
    match command {
        Command::Vcenter(command) => vcenter::run(service, output, command).await,
        Command::Credential(command) => credential::run(service, output, command).await,
        Command::Test { name, retry_login } => sync::test(service, output, &name, retry_login).await,
        Command::Sync(command) => sync::run(service, output, command).await,
        Command::Operations(command) => operations::run(service, output, command).await,
        Command::Inventory(command) => inventory::run(service, output, command).await,
        Command::Status => state::status(service, output).await,
        Command::Doctor => state::doctor(service, output).await,
        Command::Watch => state::watch(service, output).await,
        Command::Columns { .. } | Command::Completions { .. } | Command::Man { .. } => {
            unreachable!("these were answered without the service")
        }
    }
}

/// Answers what needs no database; hands on everything else.
fn without_service(command: Command, output: &Output) -> Result<Command, Exit> {
    match command {
        Command::Columns { kind } => {
            inventory::columns(output, kind.into());
            Err(Exit::Done)
        }
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Args::command(), "musterctl", &mut script);
            output.print(&String::from_utf8_lossy(&script));
            Err(Exit::Done)
        }
        Command::Man { dir } => {
            Err(man(dir.as_deref(), output).map_or_else(|error| output.failure(&error), |()| Exit::Done))
        }
        other => Ok(other),
    }
}

fn man(dir: Option<&Path>, output: &Output) -> Result<(), ApiError> {
    let failed = |error: std::io::Error| {
        ApiError::new(Code::Failed, format!("the man page can't be written: {error}"))
    };
    let Some(dir) = dir else {
        let mut page = Vec::new();
        clap_mangen::Man::new(Args::command()).render(&mut page).map_err(failed)?;
        output.print(&String::from_utf8_lossy(&page));
        return Ok(());
    };
    std::fs::create_dir_all(dir).map_err(failed)?;
    clap_mangen::generate_to(Args::command(), dir).map_err(failed)
}
