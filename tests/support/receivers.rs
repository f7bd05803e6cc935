//! What policies deliver to, of `tests/peers/receivers`: an SMTP server and a webhook that nobody here wrote the half of.

use super::script::Script;
use serde_json::Value;
use std::path::PathBuf;

/// Running receivers.
pub(crate) struct Receivers {
    script: Script,
    ports: Value,
}

impl Receivers {
    pub(crate) const USER: &str = "mailer";
    pub(crate) const PASSWORD: &str = "Post!2042";
    pub(crate) const SIGNING_KEY: &str = "a key that nobody else has";

    pub(crate) fn start() -> Receivers {
        let arguments = [Receivers::USER, Receivers::PASSWORD, Receivers::SIGNING_KEY];
        let mut script = Script::start("receivers", "receivers.py", false, &arguments);
        let ports = script.line();
        Receivers { script, ports }
    }

    /// Where one of them is: `tls`, `starttls`, `plain` or `hook`.
    pub(crate) fn at(&self, which: &str) -> String {
        format!("127.0.0.1:{}", self.ports[which])
    }

    /// SHA-256 of their certificate.
    pub(crate) fn fingerprint(&self) -> String {
        let output = std::process::Command::new("openssl")
            .args(["x509", "-noout", "-fingerprint", "-sha256", "-in"])
            .arg(self.certificate())
            .output()
            .expect("openssl");
        let text = String::from_utf8(output.stdout).expect("text");
        text.trim().rsplit('=').next().expect("a fingerprint").to_owned()
    }

    pub(crate) fn certificate(&self) -> PathBuf {
        self.script.certificate()
    }

    /// What they received so far.
    pub(crate) fn received(&mut self) -> Vec<Value> {
        self.script.tell("");
        self.script.line().as_array().expect("a list").clone()
    }

    /// What of it is of a kind: `mail`, `hook`, `login`, `refused`.
    pub(crate) fn all(&mut self, kind: &str) -> Vec<Value> {
        self.received().into_iter().filter(|one| one["kind"] == kind).collect()
    }

    /// Has the webhook answer some times with a status of failure.
    pub(crate) fn fail(&mut self, status: u16, times: u32) {
        self.script.tell(&format!("fail {status} {times}"));
    }

    /// Has the webhook take the next event, and answer it byte by byte for hours.
    pub(crate) fn drip(&mut self) {
        self.script.tell("drip");
    }

    /// Has the mail servers never answer a goodbye from now on.
    pub(crate) fn leave(&mut self) {
        self.script.tell("leave");
    }

    /// Has the webhook never answer the next event.
    pub(crate) fn hold(&mut self) {
        self.script.tell("hold");
    }
}
