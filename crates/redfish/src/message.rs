//! What the body of a refusal says, in the standard's form or in a vendor's.
//! Refuses to take a login for rejected unless that is said: a BMC whose sessions are taken may say no more than 401.

use std::time::Duration;

use reach::{Call, retry_after};
use serde_json::Value;

use crate::{
    clean::line,
    error::Error,
    json::{self, at, list},
    known::Vendor,
    wire::Answer,
};

/// Of a BMC's own words, in characters.
const LONGEST: usize = 300;

/// Nobody is blocked for longer because a BMC says so.
const LONGEST_BLOCK: u64 = 24 * 60 * 60;

/// What is said, by message and by name.
#[derive(Debug, Default)]
pub(crate) struct Said {
    /// Their names, in lower case.
    ids: String,
    /// All texts, in lower case.
    words: String,
    /// The first text of use, as it is.
    pub(crate) message: String,
    /// The first whole number of a message's arguments.
    number: Option<u64>,
}

impl Said {
    /// What a body says, whatever it is.
    pub(crate) fn read(body: &[u8]) -> Self {
        let mut said = Self::default();
        let Ok(body) = json::parse(body) else { return said };
        for keys in
            [&["error", "@Message.ExtendedInfo"][..], &["@Message.ExtendedInfo"], &["Messages"], &["error"]]
        {
            for message in list(&body, keys) {
                said.add(message);
            }
        }
        said
    }

    fn add(&mut self, message: &Value) {
        let text = |keys: &[&str]| at(message, keys).and_then(Value::as_str).map(|text| line(text, LONGEST));
        for id in [text(&["MessageId"]), text(&["MessageID"]), text(&["code"])].into_iter().flatten() {
            self.ids += &format!(" {}", id.to_lowercase());
        }
        if let Some(words) = text(&["Message"]).filter(|words| !words.is_empty()) {
            self.words += &format!(" {}", words.to_lowercase());
            // The standard's sentence that says nothing comes before the one that does.
            if self.message.is_empty() && !words.to_lowercase().contains("extendedinfo") {
                self.message = words;
            }
        }
        for argument in list(message, &["MessageArgs"]) {
            let number = argument.as_u64().or_else(|| argument.as_str()?.trim().parse().ok());
            self.number = self.number.or(number);
        }
    }

    fn has(&self, any: &[&str]) -> bool {
        let words = self.words.split(|c: char| !c.is_alphanumeric());
        words.clone().any(|word| any.contains(&word))
    }

    fn names(&self, any: &[&str]) -> bool {
        any.iter().any(|part| self.ids.contains(part))
    }

    /// Whether all sessions are taken.
    pub(crate) fn is_about_sessions(&self) -> bool {
        let is_limit = self.has(&["maximum", "limit", "exceeded", "exceeding", "many", "reached"]);
        // What is said of attempts to log in is said of the login, also where a session is named.
        let of_login = self.has(&["login", "logins", "attempt", "attempts", "authentication", "password"]);
        self.names(&["rac0218", "sessionlimitexceeded"])
            || (self.has(&["session", "sessions"]) && is_limit && !of_login)
    }

    pub(crate) fn is_password_change(&self) -> bool {
        let must = self.has(&["must", "required", "has", "requires"]) && self.has(&["changed", "change"]);
        self.names(&["passwordchangerequired"]) || (self.has(&["password"]) && must)
    }

    fn is_blocked(&self) -> bool {
        self.names(&["loginattemptdelayed", "accountlocked", "loginlockout"])
            || (self.has(&["locked", "lockout", "blocked"])
                && self.has(&["account", "user", "login", "address"]))
    }

    /// Whether it says that user name or password is wrong, and not that they may just be missing.
    fn proves_rejection(&self) -> bool {
        let is_wrong = self.has(&["invalid", "incorrect", "wrong", "isn", "mismatch"])
            || self.words.contains("not authorized")
            || self.words.contains("not right");
        let of_login = self.has(&["password", "credentials", "username", "login"]);
        let is_unsure = self.has(&["missing"]);
        self.names(&["unauthorizedloginattempt", "invalidcredentials"])
            || (is_wrong && of_login && !is_unsure)
    }
}

/// Why a login was answered with this. An iDRAC says the same of a wrong password and of sessions that are all taken, so
/// its 401 proves nothing.
pub(crate) fn refused_login(
    call: &Call,
    answer: &Answer,
    vendor: Option<Vendor>,
    delay: Option<u64>,
) -> Error {
    let (call, said) = (call.clone(), Said::read(&answer.body));
    let message = said.message.clone();
    if said.is_password_change() {
        return Error::PasswordChange { call, message };
    }
    if said.is_about_sessions() {
        return Error::NoSession { call, message };
    }
    if said.is_blocked() {
        let told = retry_after(&answer.headers).map(|after| after.as_secs()).or(said.number).or(delay);
        let after = told.map(|seconds| Duration::from_secs(seconds.min(LONGEST_BLOCK)));
        return Error::Blocked { call, after: after.filter(|after| !after.is_zero()), message };
    }
    match answer.status {
        400 | 401 | 403 if said.proves_rejection() && vendor != Some(Vendor::Dell) => {
            Error::Rejected { call, message }
        }
        401 | 403 => Error::NotAccepted { call, message },
        _ => answer.failure(&call),
    }
}
