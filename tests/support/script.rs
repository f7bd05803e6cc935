//! A peer that is a Python script of `tests/peers`, as a child process with a certificate of its own.
//! Refuses to outlive its test: the process ends when its standard input closes.

use super::peer::program;
use serde_json::Value;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

/// A running script.
pub(crate) struct Script {
    process: Child,
    said: BufReader<ChildStdout>,
    folder: tempfile::TempDir,
}

impl Script {
    /// Starts one that is called so; `arguments` come after its scratch folder, if it wants one, its certificate and its key.
    pub(crate) fn start(name: &str, file: &str, has_folder: bool, arguments: &[&str]) -> Script {
        let folder = tempfile::tempdir().expect("a folder");
        let (certificate, key) = (folder.path().join("peer.pem"), folder.path().join("peer-key.pem"));
        let made = Command::new("openssl")
            .args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=peer", "-days", "30"])
            .args([Path::new("-keyout"), &key, Path::new("-out"), &certificate])
            .output()
            .expect("openssl");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peers").join(name).join(file);
        let mut process = Command::new("python3")
            .env("PYTHONPATH", program(name))
            .arg(script)
            .args(has_folder.then(|| folder.path()))
            .args([&certificate, &key])
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("python3");
        let said = BufReader::new(process.stdout.take().expect("its output"));
        Script { process, said, folder }
    }

    /// The file with its certificate.
    pub(crate) fn certificate(&self) -> PathBuf {
        self.folder.path().join("peer.pem")
    }

    /// Tells it something that it does not answer.
    pub(crate) fn tell(&mut self, order: &str) {
        writeln!(self.process.stdin.as_mut().expect("its input"), "{order}").expect("an order");
    }

    /// What it says next.
    pub(crate) fn line(&mut self) -> Value {
        let mut line = String::new();
        self.said.read_line(&mut line).expect("a line");
        serde_json::from_str(&line)
            .unwrap_or_else(|error| panic!("it said no line, ./dev test installs it ({error}): {line}"))
    }
}

impl Drop for Script {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        let _ = self.process.wait();
    }
}
