//! The desktop shell: opens the service, its windows and the tray.
//! Refuses to know anything of vCenters; a command of the service is a single call of it.

mod autostart;
mod closing;
mod commands;
mod desk;
mod graphics;
mod place;
mod role;
mod shell;
mod signals;
mod simulated;
mod sinks;
mod web_data;
mod window;
mod wiring;

use clap::Parser;
use contract::{Door, Role};
use service::Caller;
use std::{io::Write, path::PathBuf, process::ExitCode};
use tauri::Manager;

/// What the program ends with when it was called wrongly, as clap does.
const WRONG_USAGE: u8 = 2;

/// Muster: VMware vCenters in one window, fast and offline.
#[derive(Default, Parser)]
#[command(name = "muster", version, after_help = ROLE)]
struct Arguments {
    /// The folder with Muster's database; the platform's data folder unless given.
    #[arg(long, value_name = "DIR", env = "MUSTER_DATA_DIR")]
    data_dir: Option<PathBuf>,
    /// Open on simulated vCenters, which live inside the window and in a folder of their own.
    #[arg(long)]
    explore: bool,
    /// Open the compact window, which stays above the others; where Muster runs already it opens there.
    #[arg(long)]
    compact: bool,
    /// Start in the tray without a window, or minimized where there is no tray.
    #[arg(long, conflicts_with = "compact")]
    hidden: bool,
    /// Lower what the window may do: viewer, operator or admin.
    #[arg(long, value_name = "ROLE", value_parser = role_named)]
    role: Option<Role>,
}

const ROLE: &str = "MUSTER_ROLE lowers what the window may do, too; the lower of both counts, and the default is admin. The page Settings lowers it \
     further, until Muster ends. This prevents mistakes: it restricts nobody who owns the data folder.";

fn role_named(name: &str) -> Result<Role, String> {
    Role::from_name(name).ok_or_else(|| "the roles are viewer, operator and admin".to_owned())
}

/// Runs the window until it is closed, and says why if it cannot be opened.
pub fn run() -> ExitCode {
    let arguments = Arguments::parse();
    let caller = match Caller::person(arguments.role, Door::Window) {
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
    // Who starts a program on Windows from its icon sees no stderr.
    #[cfg(windows)]
    rfd::MessageDialog::new()
        .set_level(rfd::MessageLevel::Error)
        .set_title("Muster")
        .set_description(reason)
        .show();
}

/// The engine that draws the window is not part of Windows before Windows 11. Elsewhere the program is linked with it.
fn look_for_webview() -> Result<(), String> {
    let missing = "Muster's window needs Microsoft Edge WebView2, which is not installed here. Install the \"Evergreen\" runtime from \
                   https://developer.microsoft.com/microsoft-edge/webview2/ and start Muster again. The command line, musterctl, works without it.";
    match cfg!(windows) && tauri::webview_version().is_err() {
        true => Err(missing.to_owned()),
        false => Ok(()),
    }
}

fn start(arguments: Arguments, caller: Caller) -> Result<ExitCode, String> {
    look_for_webview()?;
    graphics::prepare()?;
    let autostart = autostart::Autostart::of(arguments.data_dir.as_deref(), caller.role());
    let wiring = wiring::Wiring::new(arguments.data_dir, caller);
    note_panics();
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
    let desk = desk::Desk::beside(wiring.data_dir(), window::can_stay_on_top(), autostart);
    let windows = window::Windows::new(app.handle(), wiring.data_dir(), web_data.folder());
    let (shell, problems) = shell::Shell::new(app.handle(), &wiring, windows, desk);
    // The page may call as soon as it is there.
    app.manage(shell.clone());
    sinks::tray(&shell);
    sinks::notices(&shell, problems);
    shell.watch();
    // Not in `setup`, where Tauri turns an error into a panic.
    match (arguments.hidden, arguments.compact) {
        (true, _) => shell.desk.reside(true),
        (false, true) => drop(shell.windows.open(&shell, window::Which::Compact, None).map_err(unopened)?),
        (false, false) => drop(shell.windows.open(&shell, window::Which::Main, None).map_err(unopened)?),
    }
    let events = shell.clone();
    // Unlike `run` it returns when Muster ends, so that what was opened above is closed in order.
    let code = app.run_return(move |_, event| events.on(&event));
    shell.windows.keep_places();
    tauri::async_runtime::block_on(wiring.close());
    Ok(u8::try_from(code).map_or(ExitCode::FAILURE, ExitCode::from))
}

/// Has the log say of a panic what stderr says of it, which a window may not have.
fn note_panics() {
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        tracing::error!("{panic}");
        before(panic);
    }));
}

fn unopened(reason: impl std::fmt::Display) -> String {
    format!("the window could not be opened: {reason}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_man_page_has_every_option() {
        let page = include_str!("../packaging/linux/muster.1");
        let command = Arguments::command();
        let options: Vec<&str> = command.get_arguments().filter_map(clap::Arg::get_long).collect();
        assert!(options.contains(&"data-dir"), "{options:?}");
        for option in options {
            let written = format!("\\fB\\-\\-{}\\fR", option.replace('-', "\\-"));
            assert!(page.contains(&written), "{option}");
        }
    }
}
