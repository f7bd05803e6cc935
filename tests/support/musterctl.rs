//! `musterctl` as a child process on a data folder of its own.
//! Refuses to see the environment of the person who runs the tests: no keychain but one of the tests' own, no
//! proxy, no home.

use super::peer::PASSWORD;
use super::wine::{FOLDER, as_told, windows, wine};
use super::{Line, Peer, Simulator};
use contract::command::{AwaitOperation, RefreshIfOlder, ShowVcenter};
use contract::{ApiError, Kind, Vcenter};
use serde_json::Value;
use service::{Caller, Client, Options, Unlock};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// A data folder, and the program on it.
pub(crate) struct Musterctl {
    folder: tempfile::TempDir,
    bus: Option<String>,
}

/// How a run ended.
#[derive(Debug)]
pub(crate) struct Run {
    /// Exit code.
    pub(crate) code: i32,
    /// What it printed.
    pub(crate) stdout: String,
    /// What it said.
    pub(crate) stderr: String,
}

impl Musterctl {
    /// On an empty folder.
    pub(crate) fn new() -> Musterctl {
        let prefix = if windows().is_some() { FOLDER } else { ".tmp" };
        let folder = tempfile::Builder::new().prefix(prefix).tempdir().expect("a data folder");
        std::fs::create_dir(folder.path().join("credentials")).expect("a folder for credentials");
        Musterctl { folder, bus: None }
    }

    /// On an empty folder, with passwords in the keychain on a session bus, and in no folder.
    pub(crate) fn with_keychain(bus: &str) -> Musterctl {
        Musterctl { bus: Some(bus.to_owned()), ..Musterctl::new() }
    }

    /// With `peer` added as `name`, trusted by its CA, its password in the credentials folder.
    pub(crate) fn with(peer: &Peer, name: &str) -> Musterctl {
        let muster = Musterctl::new();
        muster.add(peer, name);
        muster
    }

    /// Adds `peer` as `name`, trusted by its CA.
    pub(crate) fn add(&self, peer: &Peer, name: &str) -> Value {
        let ca = as_told(Path::new(&peer.ca()));
        self.add_trusted(peer, name, ["--ca-file", ca.to_str().expect("text")])
    }

    /// Adds `peer` as `name`, trusted by the fingerprint of its certificate.
    pub(crate) fn add_pinned(&self, peer: &Peer, name: &str) -> Value {
        self.add_trusted(peer, name, ["--pin", &peer.sha256()])
    }

    /// Adds a simulator of our own as `name`, trusted by the fingerprint of its certificate.
    pub(crate) fn add_simulator(&self, simulator: &Simulator, name: &str) -> Value {
        self.put_password(name, simulator.text("password"));
        let (address, user, sha256) =
            (simulator.text("address"), simulator.text("user"), simulator.text("sha256"));
        self.ok(&["vcenter", "add", name, address, "--user", user, "--pin", sha256])
    }

    /// Adds `peer` as `name`, reached over a line, with more options.
    pub(crate) fn add_over(&self, line: &Line, peer: &Peer, name: &str, more: &[&str]) -> Value {
        self.put_password(name, PASSWORD);
        let (address, sha256) = (line.address(), peer.sha256());
        let add = ["vcenter", "add", name, &address, "--user", "admin", "--pin", &sha256];
        self.ok(&[&add[..], more].concat())
    }

    fn add_trusted(&self, peer: &Peer, name: &str, trust: [&str; 2]) -> Value {
        let address = peer.address();
        let add = ["vcenter", "add", name, &address, "--user", "admin", "--json", trust[0], trust[1]];
        let run = if self.bus.is_some() {
            self.run_with_stdin(&[&add[..], &["--password-stdin"]].concat(), PASSWORD)
        } else {
            self.put_password(name, PASSWORD);
            self.run(&add)
        };
        assert_eq!(run.code, 0, "{run:?}");
        run.document()
    }

    /// Puts a password where systemd would put it.
    pub(crate) fn put_password(&self, credential: &str, password: &str) {
        std::fs::write(self.folder.path().join("credentials").join(credential), password)
            .expect("a password");
    }

    /// The data folder.
    pub(crate) fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// The service in this process, on the same data folder and with the same passwords, as one who may do everything.
    pub(crate) async fn service(&self) -> Client {
        assert!(
            windows().is_none(),
            "this service is Linux's: it does not see the locks of Windows programs"
        );
        let options = Options {
            data_dir: self.data(),
            credentials_dir: Some(self.folder().join("credentials")),
            keychain: false,
            unlock: Unlock::Never,
            read_only: false,
            worker: false,
            at_once: service::AT_ONCE,
        };
        Client::new(service::open(options).await.expect("the service opens"), Caller::muster())
    }

    /// The folder of everything.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Runs with `--json` and answers with the document; fails if the command does.
    pub(crate) fn ok(&self, arguments: &[&str]) -> Value {
        let run = self.json(arguments);
        assert_eq!(run.code, 0, "{arguments:?}: {run:?}");
        without_ages(run.document(), arguments)
    }

    /// How many VMs there are of people: no templates, agents and placeholders.
    pub(crate) fn workloads(&self) -> usize {
        let of_people = ["is_template=false", "is_agent=false", "is_placeholder=false"];
        let conditions = of_people.iter().flat_map(|condition| ["--where", condition]);
        let arguments: Vec<&str> = ["inventory", "vms"].into_iter().chain(conditions).collect();
        self.ok(&arguments).as_array().expect("rows").len()
    }

    /// Runs with `--json`.
    pub(crate) fn json(&self, arguments: &[&str]) -> Run {
        self.run(&[arguments, &["--json"]].concat())
    }

    /// Runs.
    pub(crate) fn run(&self, arguments: &[&str]) -> Run {
        self.run_with_stdin(arguments, "")
    }

    /// Runs with something on stdin.
    pub(crate) fn run_with_stdin(&self, arguments: &[&str], stdin: &str) -> Run {
        let mut child = self.spawn(arguments);
        // A program that ends early without reading is no failure of the test.
        let _ = child.stdin.take().expect("stdin").write_all(stdin.as_bytes());
        finish(child)
    }

    /// Starts it and leaves it running.
    pub(crate) fn spawn(&self, arguments: &[&str]) -> Child {
        self.command(arguments).spawn().unwrap_or_else(|error| panic!("{}: {error}", program().display()))
    }

    /// The command before it is started.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = match windows() {
            Some(folder) => wine(&folder, folder.join("musterctl.exe")),
            None => {
                let mut command = Command::new(program());
                command.env_clear();
                command
            }
        };
        command
            .args(arguments)
            .env("HOME", self.folder.path())
            .env("PATH", "/usr/bin:/bin")
            .env("MUSTER_DATA_DIR", as_told(&self.data()))
            .env("HTTPS_PROXY", "http://127.0.0.1:9")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        match &self.bus {
            Some(bus) => command.env("DBUS_SESSION_BUS_ADDRESS", bus),
            None => command.env("CREDENTIALS_DIRECTORY", as_told(&self.folder.path().join("credentials"))),
        };
        command
    }
}

/// The vCenter of this name.
pub(crate) async fn vcenter(service: &Client, name: &str) -> Vcenter {
    service.call(ShowVcenter { vcenter: name.to_owned() }).await.expect("it is configured")
}

/// Waits until a kind is not older than so many seconds, or for why it stays older.
pub(crate) async fn refreshed(
    service: &Client,
    vcenter: &Vcenter,
    kind: Kind,
    max_age_seconds: u64,
) -> Result<(), ApiError> {
    let asked = RefreshIfOlder { vcenter: vcenter.id.clone(), kind, max_age_seconds };
    let answer = service.call(asked).await?;
    let failure = match answer.refresh {
        Some(operation) => service.call(AwaitOperation { operation }).await?.error,
        None => answer.failure,
    };
    failure.map_or(Ok(()), Err)
}

impl Run {
    /// Stdout as one JSON document.
    pub(crate) fn document(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("no JSON ({error}): {self:?}"))
    }

    /// The error in the last line of stderr.
    pub(crate) fn error(&self) -> Value {
        let line = self.stderr.lines().last().unwrap_or_default();
        let error: Value =
            serde_json::from_str(line).unwrap_or_else(|error| panic!("no error ({error}): {self:?}"));
        error["error"].clone()
    }
}

/// Rows without the ages in them that nobody asked for: they grow while a test runs, and rows are compared.
fn without_ages(mut document: Value, arguments: &[&str]) -> Value {
    let is_asked = |column: &str| arguments.iter().any(|one| one.contains(column));
    if let (Some(&"inventory"), Value::Array(rows)) = (arguments.first(), &mut document) {
        for row in rows.iter_mut().filter_map(Value::as_object_mut) {
            row.retain(|column, _| !column.ends_with("_seconds") || is_asked(column));
        }
    }
    document
}

/// Waits for a run that was started.
pub(crate) fn finish(child: Child) -> Run {
    let output = child.wait_with_output().expect("it ends");
    Run {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// The binary that `./dev test` builds beside the tests.
fn program() -> PathBuf {
    let tests = std::env::current_exe().expect("the test's own path");
    let target = tests.parent().and_then(Path::parent).expect("a target folder");
    target.join("musterctl")
}
