//! One stay at a BMC: at most one login, one request at a time, and a session that can be closed whatever happened.
//! Refuses a second login, and can't log out when it is dropped: its owner calls `close`, also after an error and when what it
//! waited for was cancelled.

use std::{sync::Arc, time::Duration};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use hyper::{
    Method,
    header::{HeaderValue, LOCATION},
};
use reach::{Endpoint, Probe};
use secrecy::{ExposeSecret, SecretString};
use tokio::{
    sync::Mutex,
    task::JoinSet,
    time::{Instant, timeout, timeout_at},
};
use zeroize::Zeroizing;

use crate::{
    error::Error,
    json,
    known::{self, Known, Vendor},
    look,
    message::{Said, refused_login},
    reading::{Reading, Walk},
    wire::{Answer, Credential, TOKEN, Wire},
};

/// How long a visit may take, the time to close it not counted.
pub const DEADLINE: Duration = Duration::from_secs(60);

/// A login that was sent is waited for as long as this, whoever still wants it: its answer names the session to close.
const LOGIN: Duration = Duration::from_secs(60);

const ROOT: &str = "/redfish/v1/";

const SYSTEMS: &str = "/redfish/v1/Systems";

/// Where a session is opened by the standard, for a root that tells nobody.
const SESSIONS: &str = "/redfish/v1/SessionService/Sessions";

/// A stay at one BMC, which its endpoint trusts.
#[derive(Debug)]
pub struct Visit {
    wire: Arc<Wire>,
    deadline: Duration,
    until: Instant,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// The login under way, which goes on when nobody waits for it any more.
    login: JoinSet<Result<Opened, Error>>,
    has_logged_in: bool,
    stands: Login,
    credential: Credential,
    root: Option<Known>,
}

/// How the login of a visit stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Login {
    /// User and password were not sent.
    #[default]
    NotSent,
    /// They were sent, and nothing says that they were accepted.
    Sent,
    /// They were accepted.
    Accepted,
}

/// What a login comes to.
#[derive(Debug)]
enum Opened {
    /// A session, and where it may be closed, the likeliest place first.
    Session { token: HeaderValue, at: Vec<String>, must_change: Option<String> },
    /// There is no session service.
    NoService,
}

impl Visit {
    /// Nothing is connected to yet; the time runs from now. `user_agent` is what an administrator sees in the BMC's log.
    ///
    /// # Errors
    /// An address that is none, and a trust that can't be used.
    pub fn new(endpoint: &Endpoint, user_agent: &str, deadline: Duration) -> Result<Self, Error> {
        let wire = Arc::new(Wire::new(endpoint, user_agent)?);
        let until = Instant::now() + deadline;
        Ok(Self { wire, deadline, until, state: Mutex::default() })
    }

    /// Asks for the service root and logs in: once, whatever comes of it. Where there is no session service, user and password
    /// go along with each request, and the list of systems shows whether they are right.
    ///
    /// Dropped before it ends, a login that was sent goes on, and [`close`](Self::close) closes what it opened.
    ///
    /// # Errors
    /// [`Error::Rejected`], [`Error::NotAccepted`] and [`Error::Blocked`] must not be followed by another login without a
    /// person's word. After [`Error::PasswordChange`] there may be a session to close.
    pub async fn login(&self, user: &str, password: &SecretString) -> Result<(), Error> {
        let call = self.wire.http.call("login");
        let mut state = self.state.lock().await;
        if std::mem::replace(&mut state.has_logged_in, true) {
            return Err(Error::Again { call });
        }
        let in_time = timeout_at(self.until, self.log_in(&mut state, user, password));
        in_time.await.unwrap_or_else(|_| Err(self.too_slow("login")))
    }

    async fn log_in(&self, state: &mut State, user: &str, password: &SecretString) -> Result<(), Error> {
        let known = self.root(&Credential::None).await?;
        let (vendor, delay) = (known.vendor, known.login_delay);
        let is_told = known.status == 200;
        let sessions = known.sessions.clone().unwrap_or_else(|| SESSIONS.to_owned());
        let has_service = known.has_session_service || !is_told;
        state.root = is_told.then_some(known);
        if !has_service {
            return self.log_in_by_basic(state, user, password).await;
        }
        let (wire, body) = (self.wire.clone(), login_body(user, password));
        state.stands = Login::Sent;
        state.login.spawn(async move {
            let call = wire.http.call("login");
            let sent = wire.send(&call, Method::POST, &sessions, &Credential::None, body);
            let answer = timeout(LOGIN, sent).await;
            let answer =
                answer.unwrap_or_else(|_| Err(Error::TooSlow { call: call.clone(), after: LOGIN }))?;
            match answer.status {
                404 | 405 | 501 => Ok(Opened::NoService),
                _ if answer.is_success() => opened(&answer, &sessions).ok_or_else(|| Error::Malformed {
                    call,
                    path: answer.path.clone(),
                    detail: "a session without a token".into(),
                }),
                _ => Err(refused_login(&call, &answer, vendor, delay)),
            }
        });
        match self.settle(state).await? {
            Some(()) => Ok(()),
            None => self.log_in_by_basic(state, user, password).await,
        }
    }

    /// Waits for the login that is under way. None where there is no session service.
    async fn settle(&self, state: &mut State) -> Result<Option<()>, Error> {
        let Some(done) = state.login.join_next().await else { return Ok(Some(())) };
        let call = self.wire.http.call("login");
        match done {
            Ok(Ok(Opened::Session { token, at, must_change })) => {
                state.credential = Credential::Token { token, at };
                state.stands = Login::Accepted;
                match must_change {
                    Some(message) => Err(Error::PasswordChange { call, message }),
                    None => Ok(Some(())),
                }
            }
            Ok(Ok(Opened::NoService)) => Ok(None),
            Ok(Err(error)) => Err(error),
            Err(_) => Err(Error::NoLogin { call }),
        }
    }

    /// Shows by one request whether user and password are right.
    async fn log_in_by_basic(
        &self,
        state: &mut State,
        user: &str,
        password: &SecretString,
    ) -> Result<(), Error> {
        let call = self.wire.http.call("login");
        let pair = Zeroizing::new(format!("{user}:{}", password.expose_secret()));
        let login = Zeroizing::new(format!("Basic {}", STANDARD.encode(pair.as_bytes())));
        let malformed =
            |_| Error::Malformed { call: call.clone(), path: ROOT.into(), detail: "no header".into() };
        let mut header = HeaderValue::from_str(&login).map_err(malformed)?;
        header.set_sensitive(true);
        let credential = Credential::Basic(header);
        let (vendor, delay) =
            state.root.as_ref().map_or((None, None), |root| (root.vendor, root.login_delay));
        let told = state.root.as_ref().and_then(|root| root.paths.systems.clone());
        let systems = told.unwrap_or_else(|| SYSTEMS.to_owned());
        // A login is sent once, whatever becomes of its connection.
        state.stands = Login::Sent;
        let answer = self.wire.send(&call, Method::GET, &systems, &credential, Bytes::new()).await?;
        match answer.status {
            401 | 403 => Err(refused_login(&call, &answer, vendor, delay)),
            _ if answer.is_success() => {
                state.credential = credential;
                state.stands = Login::Accepted;
                Ok(())
            }
            _ => Err(answer.failure(&call)),
        }
    }

    /// Reads what the servers behind the BMC are. Whatever could not be read is told in [`Reading::gaps`], once there is at
    /// least the list of systems.
    ///
    /// # Errors
    /// [`Error::NoLogin`] before a login; else why there is nothing to tell.
    pub async fn read(&self) -> Result<Reading, Error> {
        let call = self.wire.http.call("read");
        let mut state = self.state.lock().await;
        if matches!(state.credential, Credential::None) {
            return Err(Error::NoLogin { call });
        }
        if state.root.is_none() {
            let root = timeout_at(self.until, self.root(&state.credential)).await;
            state.root = Some(root.unwrap_or_else(|_| Err(self.too_slow("read")))?);
        }
        let State { root: Some(root), credential, .. } = &*state else { return Err(Error::NoLogin { call }) };
        Walk::new(&self.wire, credential, self.until, self.deadline).read(root.clone()).await
    }

    /// Ends the session, within this time. Does nothing where there is none, and waits for a login that is under way, to end
    /// what it opens. May be called again after it failed.
    ///
    /// # Errors
    /// Where the BMC doesn't say that the session is over: it ends by itself when it has been idle for as long as is set there.
    pub async fn close(&self, within: Duration) -> Result<(), Error> {
        let closed = timeout(within, async {
            let mut state = self.state.lock().await;
            if let Err(error) = self.settle(&mut state).await {
                tracing::debug!(%error, "a login that nobody waited for failed");
            }
            self.end(&mut state).await
        });
        let late = |_| Err(Error::TooSlow { call: self.wire.http.call("logout"), after: within });
        closed.await.unwrap_or_else(late)
    }

    async fn end(&self, state: &mut State) -> Result<(), Error> {
        let Credential::Token { at, .. } = &state.credential else {
            state.credential = Credential::None;
            return Ok(());
        };
        let call = self.wire.http.call("logout");
        let mut failed = Error::NoLocation { call: call.clone() };
        let mut is_gone = false;
        for at in at {
            let delete = || self.wire.send(&call, Method::DELETE, at, &state.credential, Bytes::new());
            let answer = match delete().await {
                // An idle connection may have been closed by the other end.
                Err(Error::Reach(reach::Error::Interrupted { .. } | reach::Error::Truncated { .. })) => {
                    delete().await?
                }
                answer => answer?,
            };
            // What is over already is over.
            if answer.is_success() || matches!(answer.status, 401 | 410) {
                state.credential = Credential::None;
                return Ok(());
            }
            is_gone |= answer.status == 404;
            failed = answer.failure(&call);
            if !matches!(answer.status, 404 | 405) {
                break;
            }
        }
        if is_gone {
            state.credential = Credential::None;
            return Ok(());
        }
        Err(failed)
    }

    /// How the login stands. After [`close`](Self::close) that is known also of one that nobody waited for.
    pub async fn login_stands(&self) -> Login {
        self.state.lock().await.stands
    }

    /// The certificate that the BMC showed, and what is odd about it.
    pub fn shown(&self) -> Option<Probe> {
        self.wire.http.shown()
    }

    /// Requests that were sent so far.
    pub fn requests(&self) -> u32 {
        self.wire.requests()
    }

    /// What the service root tells. A root that wants a login tells nothing without one.
    async fn root(&self, credential: &Credential) -> Result<Known, Error> {
        let call = self.wire.http.call("read");
        let answer = self.wire.get(&call, ROOT, credential).await?;
        if answer.status == 404 && look::says_ilo(&answer.headers, self.shown().as_ref()) {
            let legacy = self.wire.get(&call, look::LEGACY_ROOT, credential).await?;
            let known = self.judge(&legacy, credential)?;
            return Ok(Known { is_legacy: true, vendor: Some(Vendor::Hpe), ..known });
        }
        self.judge(&answer, credential)
    }

    fn judge(&self, answer: &Answer, credential: &Credential) -> Result<Known, Error> {
        let call = self.wire.http.call("read");
        match answer.status {
            200 => {
                let root = answer.json(&call)?;
                if known::is_root(&root) {
                    return Ok(Known::read(200, &answer.headers, &root));
                }
                let message = "no service root".to_owned();
                Err(Error::NotBmc { call, status: 200, message })
            }
            401 | 403 if matches!(credential, Credential::None) => {
                Ok(Known::of_headers(answer.status, &answer.headers))
            }
            404 => Err(Error::NotBmc { call, status: 404, message: Said::read(&answer.body).message }),
            _ => Err(answer.failure(&call)),
        }
    }

    fn too_slow(&self, method: &'static str) -> Error {
        Error::TooSlow { call: self.wire.http.call(method), after: self.deadline }
    }
}

impl Drop for Visit {
    fn drop(&mut self) {
        let state = self.state.get_mut();
        let is_open = matches!(state.credential, Credential::Token { .. });
        if is_open || !state.login.is_empty() {
            let host = self.wire.http.call("logout").host;
            tracing::warn!(%host, "a session was left open: the visit ended without being closed");
        }
    }
}

/// Written by hand into room that it doesn't outgrow, so that no copy of the password is left behind.
fn login_body(user: &str, password: &SecretString) -> Bytes {
    let password = password.expose_secret();
    // The longest that stands for one byte has six.
    let mut body = Zeroizing::new(String::with_capacity(50 + 6 * (user.len() + password.len())));
    body.push_str("{\"UserName\":");
    quote(&mut body, user);
    body.push_str(",\"Password\":");
    quote(&mut body, password);
    body.push('}');
    Bytes::from_owner(Zeroizing::new(std::mem::take(&mut *body).into_bytes()))
}

/// A JSON text.
fn quote(body: &mut String, text: &str) {
    body.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => body.extend(['\\', c]),
            c if c < ' ' => body.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => body.push(c),
        }
    }
    body.push('"');
}

/// The session that a login at a path opened, if it is one.
fn opened(answer: &Answer, sessions: &str) -> Option<Opened> {
    let mut token = answer.headers.get(TOKEN)?.clone();
    token.set_sensitive(true);
    let location = answer.headers.get(LOCATION).and_then(|at| at.to_str().ok());
    let body = json::parse(&answer.body).ok();
    // Some tell it relative to where they are, with a query behind it, or by its name alone.
    let bare = |at: &str| at.split('?').next().unwrap_or_default().to_owned();
    let below = |name: &str| json::path(&format!("{}/{name}", sessions.trim_end_matches('/')));
    let relative = |at: &str| {
        let last = bare(at).trim_end_matches('/').rsplit('/').next().unwrap_or_default().to_owned();
        (!at.contains("://") && !at.starts_with('/') && !last.is_empty()).then(|| below(&last)).flatten()
    };
    let told = location.and_then(|at| json::path(&bare(at)).or_else(|| relative(at)));
    let linked = body.as_ref().and_then(json::link);
    let named = body.as_ref().and_then(|body| json::text(body, &["Id"])).filter(|id| !id.contains('/'));
    let mut at: Vec<String> = Vec::new();
    for one in [told, linked, named.and_then(|id| below(&id))].into_iter().flatten() {
        if !at.iter().any(|known| json::same(known, &one)) {
            at.push(one);
        }
    }
    let said = Said::read(&answer.body);
    let must_change = said.is_password_change().then_some(said.message);
    Some(Opened::Session { token, at, must_change })
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn any_user_and_password_travel_as_they_are() {
        for text in ["root", "pä\u{1}ß\"\\ \n{}", "\u{7f}\u{2028}😀", ""] {
            let body = login_body(text, &SecretString::from(text));
            let read: Value = serde_json::from_slice(&body).unwrap();
            assert_eq!((&read["UserName"], &read["Password"]), (&text.into(), &text.into()));
        }
    }
}
