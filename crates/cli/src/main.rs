//! `musterctl`: Muster without a window.
//! Refuses to know more than how people and scripts talk: everything else is one call into the service.

mod args;
mod ask;
mod commands;
mod exit;
mod output;
mod progress;

use args::Args;
use clap::{CommandFactory, Parser};
use contract::{ApiError, Code};
use exit::Exit;
use std::process::ExitCode;

// Overwrites what is freed: a password leaves no copy behind in this process's memory.
#[global_allocator]
static ALLOCATOR: zeroizing_alloc::ZeroAlloc<std::alloc::System> =
    zeroizing_alloc::ZeroAlloc(std::alloc::System);

fn main() -> ExitCode {
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) => return wrong_usage(&error),
    };
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_env_filter(tracing_subscriber::EnvFilter::from_env("MUSTER_LOG"))
        .init();
    let output = output::Output::new(args.json);
    let runtime = match tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            let error = ApiError::new(Code::Failed, format!("the system gives no threads: {error}"));
            return output.failure(&error).into();
        }
    };
    let exit = runtime.block_on(commands::run(args, &output));
    // A keychain or a file system that hangs must not keep the process alive.
    runtime.shutdown_background();
    exit.into()
}

fn wrong_usage(error: &clap::Error) -> ExitCode {
    // Printing fails only when the other end is gone, and then nobody reads it.
    let _ = error.print();
    if !error.use_stderr() {
        return Exit::Done.into();
    }
    if std::env::args().any(|arg| arg == "--json") {
        let message = error.to_string();
        let first = message.lines().next().unwrap_or_default().trim_start_matches("error: ").to_owned();
        let bin = Args::command().get_name().to_owned();
        let error =
            ApiError::new(Code::InvalidValue, first).next(format!("{bin} --help shows how to call it."));
        output::Output::new(true).json_error(&error);
    }
    Exit::WrongUsage.into()
}
