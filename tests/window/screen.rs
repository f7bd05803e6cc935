//! A display without a monitor, and a window on it that WebDriver drives.
//! Refuses to touch a process it did not start, and never sleeps for a fixed time.

use anyhow::{Context, Result, bail};
use serde_json::{Map, Value, json};
use std::{
    io::{BufRead, BufReader},
    net::{Ipv4Addr, TcpListener, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};
use thirtyfour::{By, Capabilities, WebDriver};

/// A cold WebKit on a busy machine with two cores needs seconds; a hung one needs an end.
const PATIENCE: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(50);

/// The theme of the system the window is opened on.
pub(crate) enum Theme {
    Light,
    Dark,
}

/// An X server of our own.
pub(crate) struct Screen {
    server: Child,
    display: String,
    theme: Theme,
}

impl Screen {
    /// Starts one on a number that is free.
    pub(crate) fn start(theme: Theme) -> Result<Screen> {
        let mut server = Command::new("Xvfb")
            // It writes the number it found free to standard output once it is ready.
            .args(["-displayfd", "1", "-screen", "0", "1280x800x24", "-nolisten", "tcp"])
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
        Ok(Screen { server, display, theme })
    }

    /// Keeps a picture of the screen in the folder `MUSTER_SHOTS`, if a person asked for it.
    pub(crate) fn shoot(&self, name: &str) -> Result<()> {
        let Some(folder) = std::env::var_os("MUSTER_SHOTS") else { return Ok(()) };
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

/// Muster's window under WebDriver.
pub(crate) struct Window {
    /// Whatever the helpers below don't cover.
    pub(crate) driver: WebDriver,
    _webkit: Webkit,
}

impl Window {
    /// Starts Muster on a data folder; a caller closes it.
    pub(crate) async fn open(screen: &Screen, data_dir: &Path) -> Result<Window> {
        // The WebDriver client shares the vSphere client's HTTP library, which wants to be told who encrypts, even
        // where nothing is encrypted. Another test of this process may have said so already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let webkit = Webkit::start(screen)?;
        let mut options = Map::new();
        // tauri-driver would only translate `tauri:options` to this (decision 0003).
        options.insert(
            "webkitgtk:browserOptions".to_owned(),
            json!({ "binary": super::MUSTER, "args": ["--data-dir", data_dir] }),
        );
        let driver = WebDriver::new(webkit.address(), Capabilities::from(options))
            .await
            .context("WebKitWebDriver could not open Muster's window")?;
        Ok(Window { driver, _webkit: webkit })
    }

    /// What stands where the count stands, once it is no longer being read.
    pub(crate) async fn wait_for_answer(&self) -> Result<String> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let found = self.driver.find_all(By::Css("#vcenters[aria-busy=false]")).await?;
            if let Some(answer) = found.first() {
                return Ok(answer.text().await?);
            }
            if Instant::now() > deadline {
                bail!("no answer on the page after {PATIENCE:?}; it shows: {}", self.text("body").await?);
            }
            tokio::time::sleep(POLL).await;
        }
    }

    /// The text a user sees in the first element that matches.
    pub(crate) async fn text(&self, selector: &str) -> Result<String> {
        Ok(self.driver.find(By::Css(selector)).await?.text().await?)
    }

    /// Runs a script in the page.
    pub(crate) async fn script(&self, script: &str) -> Result<Value> {
        Ok(self.driver.execute(script, Vec::new()).await?.json().clone())
    }

    /// Runs a script that calls `done` with its answer.
    pub(crate) async fn script_async(&self, script: &str) -> Result<Value> {
        let script = format!("const done = arguments[0]; {script}");
        Ok(self.driver.execute_async(script, Vec::new()).await?.json().clone())
    }

    /// What the content security policy refused since the page was loaded.
    pub(crate) async fn violations(&self) -> Result<Value> {
        self.script("return document.documentElement.dataset.refused ?? null").await
    }

    /// Ends the session, which closes the window.
    pub(crate) async fn close(self) -> Result<()> {
        Ok(self.driver.clone().quit().await?)
    }
}

impl Drop for Window {
    fn drop(&mut self) {
        // A session left open by a failed test would block its thread for two minutes. The window goes with its
        // screen; if the session was closed properly, there is nothing to give up.
        let _ = self.driver.clone().leak();
    }
}

/// WebKit's own WebDriver.
struct Webkit {
    process: Child,
    port: u16,
}

impl Webkit {
    fn start(screen: &Screen) -> Result<Webkit> {
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
        let mut command = Command::new("WebKitWebDriver");
        command
            .args(["--host=127.0.0.1", &format!("--port={port}")])
            .env("DISPLAY", &screen.display)
            .env_remove("WAYLAND_DISPLAY")
            .env_remove("MUSTER_DATA_DIR")
            .env("TAURI_WEBVIEW_AUTOMATION", "true")
            .env(
                "GTK_THEME",
                match screen.theme {
                    Theme::Light => "Adwaita",
                    Theme::Dark => "Adwaita:dark",
                },
            )
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let process =
            command.spawn().context("WebKitWebDriver could not be started: ./dev test installs it")?;
        let webkit = Webkit { process, port };
        let deadline = Instant::now() + PATIENCE;
        while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
            if Instant::now() > deadline {
                bail!("WebKitWebDriver did not listen on port {port} after {PATIENCE:?}");
            }
            std::thread::sleep(POLL);
        }
        Ok(webkit)
    }

    fn address(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}

impl Drop for Webkit {
    fn drop(&mut self) {
        end(&mut self.process);
    }
}

/// Ends a child of ours and waits for it, so that none is left over.
fn end(child: &mut Child) {
    // A child that is gone already is what we want.
    let _ = child.kill();
    let _ = child.wait();
}
