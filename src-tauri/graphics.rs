//! Makes sure that a window can be drawn before Tauri tries to.
//! Refuses to override what the user set in the environment.

/// Chooses the renderer that works everywhere, and says in words if there is no display.
#[cfg(target_os = "linux")]
pub(crate) fn prepare() -> Result<(), String> {
    restart_with_settings();
    // Tauri panics without a display; asking GTK first turns that into a sentence.
    gtk::init().map_err(|_| {
        "no display is available for the window. Start Muster from a graphical session, or use musterctl, \
         which needs none."
            .to_owned()
    })
}

/// Other systems need no preparation.
#[cfg(not(target_os = "linux"))]
pub(crate) fn prepare() -> Result<(), String> {
    Ok(())
}

/// What WebKitGTK reads from variables alone: its DMA-BUF renderer leaves the window blank on many drivers (decision 0002),
/// and what its compiler makes anew of WebAssembly that runs already fails at random (decision 0060).
#[cfg(target_os = "linux")]
const SETTINGS: [(&str, &str); 6] = [
    ("WEBKIT_DISABLE_DMABUF_RENDERER", "1"),
    ("JSC_useOMGJIT", "0"),
    ("JSC_useWasmOSR", "0"),
    ("JSC_useBBQTierUpChecks", "0"),
    ("JSC_useWasmIPInt", "0"),
    ("JSC_useWasmLLInt", "0"),
];

/// Setting a variable in a running process is unsafe, so the process replaces itself once.
#[cfg(target_os = "linux")]
fn restart_with_settings() {
    use std::os::unix::process::CommandExt;

    let unset = || SETTINGS.into_iter().filter(|(variable, _)| std::env::var_os(variable).is_none());
    if unset().next().is_none() {
        return;
    }
    if let Ok(program) = std::env::current_exe() {
        // exec only returns if it failed; then the window opens with the engine's defaults, which often work.
        let _ = std::process::Command::new(program).args(std::env::args_os().skip(1)).envs(unset()).exec();
    }
}
