//! A window of Muster that WebDriver drives, from its start to its end.
//! Refuses to sleep for a fixed time, and to close a window whose page broke or was refused something.

use super::closing;
use super::screen::{Screen, end};
use crate::support::{Musterctl, PATIENCE};
use anyhow::{Context, Result, bail, ensure};
use serde_json::{Map, Value, json};
use std::{
    net::{Ipv4Addr, TcpListener, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicUsize, Ordering},
    time::{Duration, Instant},
};
use thirtyfour::{Capabilities, WebDriver, session::scriptret::ScriptRet};

pub(super) const POLL: Duration = Duration::from_millis(50);

/// What WebKit's driver says of an answer that it lost.
const LOST: &str = "Could not parse script result";

/// Remembers every toast that ever stood in the corner: those that need no answer leave after five seconds.
const WATCH: &str = "
    const seen = window.seenToasts = [];
    const look = () => document.querySelectorAll('[data-toast]').forEach(toast => {
        const text = toast.innerText;
        if (!seen.some(known => known[0] === toast.dataset.toast && known[1] === text)) {
            seen.push([toast.dataset.toast, text]);
        }
    });
    new MutationObserver(look).observe(document.documentElement, { subtree: true, childList: true, characterData: true });
    look();
    return null";

/// Muster's window under WebDriver.
pub(crate) struct Window {
    /// Whatever the helpers don't cover.
    pub(crate) driver: WebDriver,
    /// How many times as large as usual everything is shown.
    pub(super) scale: u32,
    /// How many scripts ran.
    scripts: AtomicUsize,
    _webkit: Webkit,
}

impl Window {
    /// Starts Muster on a data folder; a caller closes it.
    pub(crate) async fn open(screen: &Screen, data_dir: &Path) -> Result<Window> {
        Window::start(screen, data_dir, None, None).await
    }

    /// Starts it on the data folder that a command line has as well, and with the same passwords.
    pub(crate) async fn open_beside(screen: &Screen, muster: &Musterctl) -> Result<Window> {
        let credentials = muster.folder().join("credentials");
        Window::start(screen, &muster.data(), screen.bus().is_none().then_some(&credentials), None).await
    }

    /// The same on a screen with a session bus, and yet with the passwords of the command line's folder.
    pub(crate) async fn open_on_a_desktop(screen: &Screen, muster: &Musterctl) -> Result<Window> {
        let credentials = muster.folder().join("credentials");
        Window::start(screen, &muster.data(), Some(&credentials), None).await
    }

    /// The same with a lower role.
    pub(crate) async fn open_as(screen: &Screen, muster: &Musterctl, role: &str) -> Result<Window> {
        let credentials = muster.folder().join("credentials");
        Window::start(screen, &muster.data(), Some(&credentials), Some(role)).await
    }

    async fn start(
        screen: &Screen,
        data_dir: &Path,
        credentials: Option<&Path>,
        role: Option<&str>,
    ) -> Result<Window> {
        // The WebDriver client shares the vSphere client's HTTP library, which wants to be told who encrypts, even
        // where nothing is encrypted. Another test of this process may have said so already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let webkit = Webkit::start(screen, credentials, role)?;
        let mut options = Map::new();
        // tauri-driver would only translate `tauri:options` to this (decision 0003).
        options.insert(
            "webkitgtk:browserOptions".to_owned(),
            json!({ "binary": super::MUSTER, "args": ["--data-dir", data_dir] }),
        );
        let driver = WebDriver::new(webkit.address(), Capabilities::from(options))
            .await
            .context("WebKitWebDriver could not open Muster's window")?;
        let window =
            Window { driver, scale: screen.scale(), scripts: AtomicUsize::default(), _webkit: webkit };
        window.wait_until_loaded().await?;
        window.script(WATCH).await?;
        Ok(window)
    }

    /// Waits for the page itself. On a busy machine the session begins on the empty page before it, and a script that
    /// is at work when the one takes the other's place has no result.
    async fn wait_until_loaded(&self) -> Result<()> {
        let deadline = Instant::now() + PATIENCE;
        let loaded = "return location.protocol !== 'about:' && document.readyState === 'complete'";
        loop {
            let answer = self.script(loaded).await;
            if matches!(answer, Ok(Value::Bool(true))) {
                return Ok(());
            }
            if Instant::now() > deadline {
                bail!("the page was not loaded after {PATIENCE:?}: {answer:?}");
            }
            tokio::time::sleep(POLL).await;
        }
    }

    /// Runs a script in the page.
    pub(crate) async fn script(&self, script: &str) -> Result<Value> {
        Ok(self.run(script).await?.json().clone())
    }

    /// Runs a script once. WebKit's driver now and then loses what a script answered ("Could not parse script
    /// result"), so the page keeps its last answer, and is asked for it again instead of running the script twice.
    pub(super) async fn run(&self, script: &str) -> Result<ScriptRet> {
        let id = self.scripts.fetch_add(1, Ordering::Relaxed);
        let once = format!(
            "if (window.lastRun?.id !== {id}) {{
                 window.lastRun = {{ id: {id}, answer: (() => {{ {script}
                 }})() }};
             }}
             return window.lastRun.answer"
        );
        let deadline = Instant::now() + PATIENCE;
        loop {
            match self.driver.execute(&once, Vec::new()).await {
                Err(lost) if lost.to_string().contains(LOST) && Instant::now() < deadline => {
                    tokio::time::sleep(POLL).await;
                }
                answer => return Ok(answer?),
            }
        }
    }

    /// Runs a script that calls `done` with its answer. It is started and looked for afterwards: WebKit's driver has
    /// been seen to lose the answer of a script that it waits for itself.
    pub(crate) async fn script_async(&self, script: &str) -> Result<Value> {
        let script = format!(
            "const asked = window.asked = {{ isDone: false }};
             const done = answer => Object.assign(asked, {{ isDone: true, answer }}); {script}; return null"
        );
        self.script(&script).await?;
        self.wait_for("the script has an answer", "window.asked.isDone").await?;
        self.script("return window.asked.answer ?? null").await
    }

    /// What `invoke` of the page's bridge made of a call.
    pub(crate) async fn invoke(&self, command: &str, arguments: Value) -> Result<Value> {
        self.script_async(&format!(
            "window.__TAURI_INTERNALS__.invoke({}, {arguments}).then(answer => done({{ answer }}),
                 refused => done({{ refused: typeof refused === 'string' ? refused : JSON.stringify(refused) }}))",
            json!(command)
        ))
        .await
    }

    /// What the content security policy refused since the page was loaded.
    pub(crate) async fn violations(&self) -> Result<Value> {
        self.script("return document.documentElement.dataset.refused ?? null").await
    }

    /// Fails if the page broke, or was refused something by its own policy.
    pub(crate) async fn is_sound(&self) -> Result<()> {
        let broken = self.script("return document.documentElement.dataset.broken ?? null").await?;
        ensure!(broken.is_null(), "the page broke: {broken}");
        let again = self.script("return sessionStorage.getItem('began-again')").await?;
        ensure!(again.is_null(), "the page began again by itself, after a trap of the engine");
        let refused = self.violations().await?;
        ensure!(refused.is_null(), "the page breaks its own content security policy: {refused}");
        Ok(())
    }

    /// Goes on with the page of another window of this Muster, the one at this address; waits until it is there.
    pub(crate) async fn turn_to(&self, address: &str) -> Result<()> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            for handle in self.driver.windows().await? {
                // One that is being closed is gone by now.
                if self.driver.switch_to_window(handle).await.is_err() {
                    continue;
                }
                let hash = self.script("return location.hash || '#/'").await;
                let is_it = |hash: &str| hash == address || (address != "#/" && hash.starts_with(address));
                if hash.is_ok_and(|hash| hash.as_str().is_some_and(is_it)) {
                    return self.wait_until_loaded().await;
                }
            }
            ensure!(Instant::now() < deadline, "no window at {address}");
            tokio::time::sleep(POLL).await;
        }
    }

    /// How many windows there are.
    pub(crate) async fn windows(&self) -> Result<usize> {
        Ok(self.driver.windows().await?.len())
    }

    /// Closes a window that is sound, as a user does, and waits until its process has ended.
    pub(crate) async fn close(self, screen: &Screen) -> Result<()> {
        self.is_sound().await?;
        closing::close(screen)
    }

    /// Ends the session, and with it the window, in whatever state it is.
    pub(crate) async fn end(self) -> Result<()> {
        Ok(self.driver.clone().quit().await?)
    }
}

impl Drop for Window {
    fn drop(&mut self) {
        // A session without a window, or left open by a failed test, would block its thread for two minutes. The
        // window of a failed test goes with its screen.
        let _ = self.driver.clone().leak();
    }
}

/// WebKit's own WebDriver.
struct Webkit {
    process: Child,
    port: u16,
}

impl Webkit {
    fn start(screen: &Screen, credentials: Option<&Path>, role: Option<&str>) -> Result<Webkit> {
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
        let mut command = Command::new("WebKitWebDriver");
        command.args(["--host=127.0.0.1", &format!("--port={port}")]);
        screen
            .hosts(&mut command)
            .env("TAURI_WEBVIEW_AUTOMATION", "true")
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        if let Some(credentials) = credentials {
            command.env("CREDENTIALS_DIRECTORY", credentials);
        }
        if let Some(role) = role {
            command.env("MUSTER_ROLE", role);
        }
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
