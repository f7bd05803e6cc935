//! The real window of a release, on a display without a monitor, driven from outside.
//! Refuses to measure: it opens the window and runs scripts in its page.

use anyhow::{Context, Result, bail};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use thirtyfour::{Capabilities, WebDriver};

const PATIENCE: Duration = Duration::from_secs(60);

/// The window, its display and what drives it.
pub(crate) struct Page {
    driver: WebDriver,
    processes: [Child; 2],
}

impl Page {
    /// Starts the window on a data folder, and answers when its page takes scripts.
    pub(crate) async fn open(data: &Path) -> Result<Page> {
        let (screen, number) = display()?;
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
        let webkit = Command::new("WebKitWebDriver")
            .args(["--host=127.0.0.1", &format!("--port={port}")])
            .env("DISPLAY", format!(":{number}"))
            .env("TAURI_WEBVIEW_AUTOMATION", "true")
            .env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent")
            .env_remove("WAYLAND_DISPLAY")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .context("WebKitWebDriver: ./dev bench installs it")?;
        let deadline = Instant::now() + PATIENCE;
        while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
            if Instant::now() > deadline {
                bail!("WebKitWebDriver does not listen");
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        let options = json!({ "binary": muster()?, "args": ["--data-dir", data] });
        let capabilities = Map::from_iter([("webkitgtk:browserOptions".to_owned(), options)]);
        let driver =
            WebDriver::new(format!("http://127.0.0.1:{port}"), Capabilities::from(capabilities)).await?;
        driver.set_script_timeout(PATIENCE).await?;
        Ok(Page { driver, processes: [webkit, screen] })
    }

    /// Runs the body of an asynchronous function in the page.
    pub(crate) async fn run(&self, body: &str) -> Result<Value> {
        let script = format!(
            "const done = arguments[0]; (async () => {{ {body} }})().then(done, reason => done({{ failed: String(reason) }}))"
        );
        let answer = self.driver.execute_async(script, Vec::new()).await?.json().clone();
        match answer.get("failed") {
            Some(reason) => bail!("the script failed: {reason}"),
            None => Ok(answer),
        }
    }

    /// CPU ticks that the processes of the window have taken so far, by the name that the kernel keeps.
    pub(crate) fn ticks(&self) -> Result<BTreeMap<String, u64>> {
        let mut spent = BTreeMap::new();
        for (id, name) in below(self.processes[0].id())? {
            // One that has ended meanwhile takes nothing more.
            let Ok(stat) = std::fs::read_to_string(format!("/proc/{id}/stat")) else { continue };
            *spent.entry(name).or_default() += ticks_in(&stat);
        }
        Ok(spent)
    }

    /// What each process of the window holds of the machine's memory, in bytes.
    pub(crate) fn memory(&self) -> Result<Vec<(String, usize)>> {
        let processes = below(self.processes[0].id())?;
        let named = ["muster", "WebKitWebProcess", "WebKitNetworkProcess"];
        let mut held = Vec::new();
        for name in named {
            // The kernel keeps fifteen letters of a name.
            let is_it = |(_, of): &&(u32, String)| name.starts_with(of.as_str());
            let (id, _) = processes.iter().find(is_it).with_context(|| format!("no process {name}"))?;
            held.push((name.to_owned(), resident(*id)?));
        }
        Ok(held)
    }

    /// Ends everything.
    pub(crate) async fn close(mut self) -> Result<()> {
        self.driver.clone().quit().await?;
        for process in &mut self.processes {
            let _ = process.kill();
            let _ = process.wait();
        }
        Ok(())
    }
}

/// A display without a monitor, and its number.
pub(crate) fn display() -> Result<(Child, String)> {
    let mut screen = Command::new("Xvfb")
        .args(["-displayfd", "1", "-screen", "0", "1280x800x24", "-nolisten", "tcp"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .context("Xvfb: ./dev bench installs it")?;
    let number = first_line(&mut screen)?;
    Ok((screen, number))
}

/// What a process says first.
pub(crate) fn first_line(process: &mut Child) -> Result<String> {
    let mut line = String::new();
    BufReader::new(process.stdout.take().context("its output")?).read_line(&mut line)?;
    Ok(line.trim().to_owned())
}

/// CPU ticks that a process or a thread has taken so far, out of its `stat`.
pub(crate) fn ticks_in(stat: &str) -> u64 {
    let fields = stat.rsplit_once(')').map(|(_, fields)| fields).unwrap_or_default();
    // utime and stime are the 14th and 15th of all fields, and the name was the second.
    let times = fields.split_whitespace().skip(11).take(2).filter_map(|time| time.parse::<u64>().ok());
    times.sum()
}

/// The window's binary, which `./dev bench` builds beside this one.
pub(crate) fn muster() -> Result<PathBuf> {
    let own = std::env::current_exe().context("the path of this binary")?;
    Ok(own.with_file_name("muster"))
}

/// Every process below another, with its name.
fn below(parent: u32) -> Result<Vec<(u32, String)>> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir("/proc")? {
        let Ok(id) = entry?.file_name().to_string_lossy().parse::<u32>() else { continue };
        // One that has ended meanwhile is none.
        let Ok(stat) = std::fs::read_to_string(format!("/proc/{id}/stat")) else { continue };
        let (Some(open), Some(close)) = (stat.find('('), stat.rfind(')')) else { continue };
        let of = stat[close + 1..].split_whitespace().nth(1).and_then(|of| of.parse::<u32>().ok());
        all.extend(of.map(|of| (id, of, stat[open + 1..close].to_owned())));
    }
    let mut found = vec![parent];
    let mut named = Vec::new();
    while let Some(one) = found.pop() {
        for (id, _, name) in all.iter().filter(|(_, of, _)| *of == one) {
            found.push(*id);
            named.push((*id, name.clone()));
        }
    }
    Ok(named)
}

/// What a process holds of the machine's memory, in bytes.
pub(crate) fn resident(id: u32) -> Result<usize> {
    let status = std::fs::read_to_string(format!("/proc/{id}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("a size")?;
    let kibibytes: usize = line.trim().trim_end_matches(" kB").parse()?;
    Ok(kibibytes * 1024)
}
