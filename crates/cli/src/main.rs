//! `musterctl`: Muster without a window.
//! Refuses to know more than how people and scripts talk: everything else is one call into the service.

mod args;
mod ask;
mod commands;
mod exit;
mod files;
mod interrupts;
mod output;
mod progress;
mod suggest;
mod table;

use args::Args;
use clap::{CommandFactory, Parser};
use contract::{ApiError, Code};
use exit::Exit;
use service::Log;
use std::ffi::OsString;
use std::panic::AssertUnwindSafe;
use std::process::ExitCode;

// Overwrites what is freed: a password leaves no copy behind in this process's memory.
#[global_allocator]
static ALLOCATOR: zeroizing_alloc::ZeroAlloc<std::alloc::System> =
    zeroizing_alloc::ZeroAlloc(std::alloc::System);

fn main() -> ExitCode {
    let args = match Args::try_parse_from(std::env::args_os().map(typed)) {
        Ok(args) => args,
        Err(error) => return wrong_usage(&error),
    };
    let log = Log::begin(env!("CARGO_CRATE_NAME"), service::data_dir(args.data_dir.clone()).ok().as_deref());
    std::panic::set_hook(Box::new(|panic| tracing::error!("{panic}")));
    let exit = std::panic::catch_unwind(AssertUnwindSafe(|| run(args, &log))).unwrap_or_else(|_| {
        let error = ApiError::new(Code::Failed, "internal error")
            .next("Run it again with MUSTER_LOG=error and report the output.");
        output::Output::new(wants_json()).failure(&error).into()
    });
    log.end();
    exit
}

fn run(args: Args, log: &Log) -> ExitCode {
    let output = output::Output::new(args.json);
    let runtime = match tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            let error = ApiError::new(Code::Failed, format!("can't start threads: {error}"))
                .next("Check this user's limits (ulimit -u), then try again.");
            return output.failure(&error).into();
        }
    };
    let exit = runtime.block_on(commands::run(args, &output, log));
    // A keychain or a file system that hangs must not keep the process alive.
    runtime.shutdown_background();
    exit.into()
}

/// An argument without what comes with it out of a file of Windows: a byte-order mark before it, a line's end behind it.
fn typed(argument: OsString) -> OsString {
    match argument.into_string() {
        Ok(text) => text.strip_prefix('\u{feff}').unwrap_or(&text).trim_end_matches(['\r', '\n']).into(),
        Err(other) => other,
    }
}

/// Whether the arguments ask for JSON, also where they can't be understood.
fn wants_json() -> bool {
    std::env::args_os().any(|arg| arg == "--json")
}

fn wrong_usage(error: &clap::Error) -> ExitCode {
    // Printing fails only when the other end is gone, and then nobody reads it.
    let _ = error.print();
    if !error.use_stderr() {
        return Exit::Done.into();
    }
    if wants_json() {
        let message = error.to_string();
        let lines = message.lines().map(str::trim).take_while(|line| !line.starts_with("Usage:"));
        let what: Vec<&str> = lines.filter(|line| !line.is_empty()).collect();
        let what = what.join(" ").trim_start_matches("error: ").to_owned();
        let bin = Args::command().get_name().to_owned();
        let error = ApiError::new(Code::InvalidValue, what).next(format!("See {bin} --help."));
        output::Output::new(true).json_error(&error);
    }
    Exit::WrongUsage.into()
}

#[cfg(test)]
mod tests {
    use super::typed;

    #[test]
    fn an_argument_out_of_a_file_of_windows_is_what_a_person_would_type() {
        for (given, meant) in
            [("\u{feff}Berlin\r\n", "Berlin"), ("a b", "a b"), (" x ", " x "), ("\u{feff}", "")]
        {
            assert_eq!(typed(given.into()), meant);
        }
    }
}
