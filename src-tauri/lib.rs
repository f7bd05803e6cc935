//! The desktop shell: opens the service and one window on it.
//! Refuses to know anything of vCenters; a command of the service is a single call of it.

mod closing;
mod commands;
mod graphics;
mod place;
mod signals;
mod simulated;
mod sinks;
mod web_data;
mod window;
mod wiring;

use clap::Parser;
use service::Caller;
use std::{io::Write, path::PathBuf, process::ExitCode};

/// What the program ends with when it was called wrongly, as clap does.
const WRONG_USAGE: u8 = 2;

/// Muster: VMware vCenters in one window, fast and offline.
#[derive(Parser)]
#[command(name = "muster", version, after_help = ROLE)]
struct Arguments {
    /// The folder with Muster's database; the platform's data folder unless given.
    #[arg(long, value_name = "DIR", env = "MUSTER_DATA_DIR")]
    data_dir: Option<PathBuf>,
    /// Open on simulated vCenters, which live inside the window and in a folder of their own.
    #[arg(long)]
    explore: bool,
}

const ROLE: &str =
    "MUSTER_ROLE=viewer or MUSTER_ROLE=operator lowers what the window may do; the default is admin.";

/// Runs the window until it is closed, and says on stderr why if it cannot be opened.
pub fn run() -> ExitCode {
    let arguments = Arguments::parse();
    let caller = match Caller::person(None) {
        Ok(caller) => caller,
        Err(error) => {
            tell(&format!("{error}. {}", error.next_step.as_deref().unwrap_or_default()));
            return ExitCode::from(WRONG_USAGE);
        }
    };
    match start(arguments, caller) {
        Ok(code) => code,
        Err(reason) => {
            tell(&reason);
            ExitCode::FAILURE
        }
    }
}

fn tell(reason: &str) {
    // Nothing is left to tell if stderr is closed too.
    let _ = writeln!(std::io::stderr(), "muster: {reason}");
}

fn start(arguments: Arguments, caller: Caller) -> Result<ExitCode, String> {
    graphics::prepare()?;
    let wiring = wiring::Wiring::new(arguments.data_dir, caller);
    let web_data = web_data::WebData::beside(wiring.data_dir()).map_err(unopened)?;
    let app = tauri::Builder::default()
        // First, as it asks for: a second start ends here, before anything is opened.
        .plugin(window::only_one(wiring.data_dir()))
        .manage(wiring.clone())
        .invoke_handler(commands::handler(&wiring))
        .build(tauri::generate_context!())
        .map_err(unopened)?;
    if arguments.explore {
        tauri::async_runtime::block_on(wiring.explore()).map_err(unopened)?;
    }
    wiring.open_ahead();
    signals::obey(app.handle(), &wiring);
    // Not in `setup`, where Tauri turns an error into a panic.
    let places = place::Places::beside(wiring.data_dir());
    window::open(&app, &wiring, &places, web_data.folder()).map_err(unopened)?;
    // Unlike `run` it returns when the window is closed, so that what was opened above is closed in order.
    let code = app.run_return(|_, _| {});
    places.keep();
    tauri::async_runtime::block_on(wiring.close());
    Ok(u8::try_from(code).map_or(ExitCode::FAILURE, ExitCode::from))
}

fn unopened(reason: impl std::fmt::Display) -> String {
    format!("the window could not be opened: {reason}")
}
