//! A session bus of its own, and on it an unlocked GNOME Keyring of its own, or a keychain that never answers.
//! Refuses the bus and the keyring of the person who runs the tests, and leaves no daemon behind.

use super::screen::end;
use crate::support::eventually;
use anyhow::{Context, Result, bail};
use std::{
    collections::HashMap,
    io::{BufRead, BufReader, Write},
    os::unix::fs::DirBuilderExt,
    path::Path,
    process::{Child, Command, Stdio},
};
use zbus::Connection;
use zbus::export::serde::Serialize;
use zbus::zvariant::{DynamicType, OwnedObjectPath, OwnedValue, Value};

const KEYCHAIN: &str = "org.freedesktop.secrets";
const SERVICE: &str = "/org/freedesktop/secrets";
const OF_SERVICE: &str = "org.freedesktop.Secret.Service";
/// What the daemon has for login managers.
const WITHOUT_PROMPTS: &str = "org.gnome.keyring.InternalUnsupportedGuiltRiddenInterface";
/// The password of the keyring.
const MASTER: &[u8] = b"\n";

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

/// The daemons; they end with it.
pub(crate) struct Bus {
    daemon: Child,
    keyring: Option<Child>,
    address: String,
    home: tempfile::TempDir,
}

impl Bus {
    /// Starts both, and waits until the keyring is open.
    pub(crate) fn start() -> Result<Bus> {
        let mut bus = Bus::empty()?;
        let (home, run) = (bus.home.path(), bus.home.path().join("run"));
        let keyring = keyring(home, &run, &bus.address);
        bus.keyring =
            Some(keyring.context("gnome-keyring-daemon could not be started: ./dev test installs it")?);
        eventually("the keyring is open", || bus.has_open_keyring());
        Ok(bus)
    }

    /// The bus alone.
    pub(super) fn empty() -> Result<Bus> {
        let home = tempfile::tempdir()?;
        let run = home.path().join("run");
        std::fs::DirBuilder::new().mode(0o700).create(&run)?;
        let configuration = home.path().join("bus.conf");
        let socket = run.join("bus").display().to_string();
        std::fs::write(&configuration, CONFIGURATION.replace("SOCKET", &socket))?;
        let (daemon, address) = daemon(&configuration)?;
        Ok(Bus { daemon, keyring: None, address, home })
    }

    /// What `DBUS_SESSION_BUS_ADDRESS` has to be.
    pub(crate) fn address(&self) -> &str {
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

/// The keyring as a person has it who locks it, and unlocks it later; without a prompt, which nobody could answer.
pub(crate) struct Keyring {
    bus: Connection,
    session: OwnedObjectPath,
    collection: OwnedObjectPath,
}

impl Keyring {
    /// The one on the bus of this address.
    pub(crate) async fn on(bus: &str) -> Result<Keyring> {
        let bus = zbus::connection::Builder::address(bus)?.build().await?;
        let opened = call(&bus, OF_SERVICE, "OpenSession", &("plain", Value::from(""))).await?;
        let (_, session): (OwnedValue, OwnedObjectPath) = opened.body().deserialize()?;
        let collection = call(&bus, OF_SERVICE, "ReadAlias", &("default")).await?.body().deserialize()?;
        Ok(Keyring { bus, session, collection })
    }

    /// How many entries Muster has in it.
    pub(crate) async fn entries(&self) -> Result<usize> {
        let query = HashMap::from([("service", "muster")]);
        let found = call(&self.bus, OF_SERVICE, "SearchItems", &(query)).await?;
        let (unlocked, locked): (Vec<OwnedObjectPath>, Vec<OwnedObjectPath>) = found.body().deserialize()?;
        Ok(unlocked.len() + locked.len())
    }

    pub(crate) async fn lock(&self) -> Result<()> {
        call(&self.bus, OF_SERVICE, "Lock", &(vec![&self.collection])).await.map(drop)
    }

    pub(crate) async fn unlock(&self) -> Result<()> {
        let master = (&self.session, Vec::<u8>::new(), MASTER.to_vec(), "text/plain");
        let arguments = (&self.collection, master);
        call(&self.bus, WITHOUT_PROMPTS, "UnlockWithMasterPassword", &arguments).await.map(drop)
    }
}

async fn call(
    bus: &Connection,
    interface: &str,
    method: &str,
    arguments: &(impl Serialize + DynamicType),
) -> Result<zbus::Message> {
    let answer = bus.call_method(Some(KEYCHAIN), SERVICE, Some(interface), method, arguments).await;
    answer.with_context(|| method.to_owned())
}

/// Has the keychain's name on a bus, and answers nothing.
pub(super) async fn hung_keychain(bus: &str) -> Result<Connection> {
    let hung = zbus::connection::Builder::address(bus)?.build().await?;
    hung.request_name(KEYCHAIN).await?;
    Ok(hung)
}

impl Drop for Bus {
    fn drop(&mut self) {
        if let Some(keyring) = &mut self.keyring {
            end(keyring);
        }
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
    keyring.stdin.take().context("it takes no password")?.write_all(MASTER)?;
    Ok(keyring)
}
