//! Makes sure that a window can be drawn before Tauri tries to.
//! Refuses to override what the user set in the environment.

/// Chooses the renderer that works everywhere, and says in words if there is no display.
#[cfg(target_os = "linux")]
pub(crate) fn prepare() -> Result<(), String> {
    restart_without_dmabuf();
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

/// WebKitGTK leaves the window blank on many drivers with its DMA-BUF renderer, and only a variable turns that
/// off. Setting one in a running process is unsafe, so the process replaces itself once (decision 0002).
#[cfg(target_os = "linux")]
fn restart_without_dmabuf() {
    use std::os::unix::process::CommandExt;

    const VARIABLE: &str = "WEBKIT_DISABLE_DMABUF_RENDERER";
    if std::env::var_os(VARIABLE).is_some() {
        return;
    }
    if let Ok(program) = std::env::current_exe() {
        // exec only returns if it failed; then the window opens with the default renderer, which often works.
        let _ =
            std::process::Command::new(program).args(std::env::args_os().skip(1)).env(VARIABLE, "1").exec();
    }
}
