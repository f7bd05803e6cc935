//! A display without a monitor, with a home, and if a walk needs it a keychain, of its own.
//! Refuses to touch a process it did not start.

use super::bus::Bus;
use anyhow::{Context, Result, bail};
use std::{
    io::{BufRead, BufReader},
    os::unix::fs::DirBuilderExt,
    path::Path,
    process::{Child, Command, Stdio},
};

/// What a window opens with: 1280 x 800 points.
pub(crate) const USUAL: (u32, u32) = (1280, 800);

/// The theme of the system the window is opened on.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Theme {
    Light,
    Dark,
}

/// An X server of our own, and what else of a desktop a window finds.
pub(crate) struct Screen {
    server: Child,
    display: String,
    theme: Theme,
    /// How much larger than usual everything is shown: `GDK_DPI_SCALE`.
    scale: u32,
    home: tempfile::TempDir,
    bus: Option<Bus>,
}

impl Screen {
    /// Starts one of this size on a number that is free. It has no session bus, and so no keychain.
    pub(crate) fn start(theme: Theme, (width, height): (u32, u32)) -> Result<Screen> {
        let home = tempfile::tempdir()?;
        std::fs::DirBuilder::new().mode(0o700).create(home.path().join("run"))?;
        let mut server = Command::new("Xvfb")
            // It writes the number it found free to standard output once it is ready.
            // Without `-noreset` it begins anew whenever its last client leaves, and breaks who is just coming.
            .args(["-displayfd", "1", "-nolisten", "tcp", "-noreset"])
            .args(["-screen", "0", &format!("{width}x{height}x24")])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .context("Xvfb could not be started: ./dev test installs it")?;
        let output = server.stdout.take().context("Xvfb has no output")?;
        let mut number = String::new();
        BufReader::new(output).read_line(&mut number)?;
        let display = format!(":{}", number.trim());
        if number.trim().is_empty() {
            bail!("Xvfb found no free display");
        }
        Ok(Screen { server, display, theme, scale: 1, home, bus: None })
    }

    /// The same for a user who has everything shown so many times as large.
    pub(crate) fn scaled(theme: Theme, size: (u32, u32), scale: u32) -> Result<Screen> {
        let mut screen = Screen::start(theme, size)?;
        screen.scale = scale;
        Ok(screen)
    }

    /// The same with a session bus and an open keychain.
    pub(crate) fn with_keychain(theme: Theme, size: (u32, u32)) -> Result<Screen> {
        let mut screen = Screen::start(theme, size)?;
        screen.bus = Some(Bus::start()?);
        Ok(screen)
    }

    /// The same with a session bus on which nobody is.
    pub(super) fn with_empty_bus(theme: Theme, size: (u32, u32)) -> Result<Screen> {
        let mut screen = Screen::start(theme, size)?;
        screen.bus = Some(Bus::empty()?);
        Ok(screen)
    }

    /// How many times as large as usual everything is shown.
    pub(super) fn scale(&self) -> u32 {
        self.scale
    }

    /// Its name, such as `:99`.
    pub(crate) fn display(&self) -> &str {
        &self.display
    }

    /// The home of whoever sits before it.
    pub(crate) fn home(&self) -> &Path {
        self.home.path()
    }

    /// The address of its session bus.
    pub(crate) fn bus(&self) -> Option<&str> {
        self.bus.as_ref().map(Bus::address)
    }

    /// Puts a command that is about to be started on this screen.
    pub(crate) fn hosts<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        let home = self.home.path();
        command
            .env("DISPLAY", &self.display)
            .env("HOME", home)
            // Programs of the desktop that a test puts there.
            .env(
                "PATH",
                format!("{}:{}", home.join("bin").display(), std::env::var("PATH").unwrap_or_default()),
            )
            .env("XDG_CONFIG_HOME", home.join("config"))
            .env("XDG_CACHE_HOME", home.join("cache"))
            .env("XDG_DATA_HOME", home.join("data"))
            .env("XDG_RUNTIME_DIR", home.join("run"))
            .env_remove("WAYLAND_DISPLAY")
            .env_remove("MUSTER_DATA_DIR")
            .env_remove("CREDENTIALS_DIRECTORY")
            .env_remove("MUSTER_ROLE")
            .env("GDK_DPI_SCALE", self.scale.to_string())
            .env(
                "GTK_THEME",
                match self.theme {
                    Theme::Light => "Adwaita",
                    Theme::Dark => "Adwaita:dark",
                },
            );
        match self.bus() {
            Some(address) => command.env("DBUS_SESSION_BUS_ADDRESS", address),
            None => command.env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent"),
        }
    }

    /// Whether a person asked for pictures, by naming a folder in `MUSTER_SHOTS`.
    pub(crate) fn is_shot() -> bool {
        std::env::var_os("MUSTER_SHOTS").is_some()
    }

    /// Keeps a picture in that folder.
    pub(super) fn shoot(&self, name: &str) -> Result<()> {
        let folder = std::env::var_os("MUSTER_SHOTS").context("no folder for pictures")?;
        std::fs::create_dir_all(&folder)?;
        let picture = Path::new(&folder).join(format!("{name}.png"));
        let taken = Command::new("import")
            .args(["-display", &self.display, "-window", "root"])
            .arg(&picture)
            .status()?;
        if !taken.success() {
            bail!("no picture of the screen could be taken");
        }
        Ok(())
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        end(&mut self.server);
    }
}

/// Ends a child of ours and waits for it, so that none is left over.
pub(super) fn end(child: &mut Child) {
    // A child that is gone already is what we want.
    let _ = child.kill();
    let _ = child.wait();
}
