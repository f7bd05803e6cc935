//! A session bus of its own, and on it an unlocked GNOME Keyring of its own.
//! Refuses the bus and the keyring of the person who runs the tests, and leaves no daemon behind.

use super::screen::end;
use crate::support::eventually;
use anyhow::{Context, Result, bail};
use std::{
    io::{BufRead, BufReader, Write},
    os::unix::fs::DirBuilderExt,
    path::Path,
    process::{Child, Command, Stdio},
};

/// Only what is needed: /usr/share/dbus-1 would have the bus start keyrings and prompters of the system.
const CONFIGURATION: &str = r#"<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:path=SOCKET</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
"#;

/// The two daemons; both end with it.
pub(super) struct Bus {
    daemon: Child,
    keyring: Child,
    address: String,
    _home: tempfile::TempDir,
}

impl Bus {
    /// Starts both, and waits until the keyring is open.
    pub(super) fn start() -> Result<Bus> {
        let home = tempfile::tempdir()?;
        let run = home.path().join("run");
        std::fs::DirBuilder::new().mode(0o700).create(&run)?;
        let configuration = home.path().join("bus.conf");
        let socket = run.join("bus").display().to_string();
        std::fs::write(&configuration, CONFIGURATION.replace("SOCKET", &socket))?;
        let (daemon, address) = daemon(&configuration)?;
        let keyring = keyring(home.path(), &run, &address);
        let keyring = keyring.context("gnome-keyring-daemon could not be started: ./dev test installs it")?;
        let bus = Bus { daemon, keyring, address, _home: home };
        eventually("the keyring is open", || bus.has_open_keyring());
        Ok(bus)
    }

    /// What `DBUS_SESSION_BUS_ADDRESS` has to be.
    pub(super) fn address(&self) -> &str {
        &self.address
    }

    fn has_open_keyring(&self) -> bool {
        let asked = Command::new("dbus-send")
            .args(["--session", "--print-reply=literal", "--reply-timeout=2000"])
            .args(["--dest=org.freedesktop.secrets", "/org/freedesktop/secrets"])
            .args(["org.freedesktop.Secret.Service.ReadAlias", "string:default"])
            .env("DBUS_SESSION_BUS_ADDRESS", &self.address)
            .stderr(Stdio::null())
            .output();
        asked.is_ok_and(|answer| String::from_utf8_lossy(&answer.stdout).contains("collection"))
    }
}

impl Drop for Bus {
    fn drop(&mut self) {
        end(&mut self.keyring);
        end(&mut self.daemon);
    }
}

fn daemon(configuration: &Path) -> Result<(Child, String)> {
    let mut daemon = Command::new("dbus-daemon")
        .arg(format!("--config-file={}", configuration.display()))
        .args(["--nofork", "--print-address=1"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .context("dbus-daemon could not be started: ./dev test installs it")?;
    let output = daemon.stdout.take().context("dbus-daemon has no output")?;
    let mut address = String::new();
    BufReader::new(output).read_line(&mut address)?;
    if address.trim().is_empty() {
        end(&mut daemon);
        bail!("dbus-daemon did not come up");
    }
    Ok((daemon, address.trim().to_owned()))
}

fn keyring(home: &Path, run: &Path, address: &str) -> Result<Child> {
    let mut keyring = Command::new("gnome-keyring-daemon")
        .args(["--foreground", "--unlock", "--components=secrets"])
        .arg(format!("--control-directory={}", run.display()))
        // A daemon that is already there is found through this, and would be unlocked instead.
        .env_remove("GNOME_KEYRING_CONTROL")
        .env("HOME", home)
        .env("XDG_DATA_HOME", home.join("data"))
        .env("XDG_RUNTIME_DIR", run)
        .env("DBUS_SESSION_BUS_ADDRESS", address)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    // The password of the keyring, which ends with the end of its input.
    keyring.stdin.take().context("it takes no password")?.write_all(b"\n")?;
    Ok(keyring)
}
