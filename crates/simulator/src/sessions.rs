//! Who is logged in, and what is held for them.
//! Refuses to keep anything for a session that is over: views, pages and filters die with it.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::watch;

use crate::collector::{Collector, Rest};
use crate::data::{escape, time};
use crate::estate::Id;
use crate::soap::Fault;

/// An idle session ends after this long, as on a vCenter.
const IDLE: Duration = Duration::from_secs(30 * 60);

/// So many failures in so much time lock an account for so long.
const FAILURES: usize = 5;
const WITHIN: Duration = Duration::from_secs(3 * 60);
const LOCKED: Duration = Duration::from_secs(15 * 60);

/// Sessions at once. A vCenter has 3,000.
const SESSIONS: usize = 1000;

/// Views, pages, collectors or filters that one session may hold.
const HELD: usize = 64;

/// A list of what was below a container when it was made.
#[derive(Debug)]
pub(crate) struct View {
    pub(crate) container: Id,
    pub(crate) types: Vec<String>,
    pub(crate) recursive: bool,
    pub(crate) members: Vec<Id>,
}

/// One login. What it holds is locked piece by piece and never while a page is written, so that its calls run beside
/// each other; who holds the collectors may take the views, and never the other way round.
#[derive(Debug)]
pub(crate) struct Session {
    /// What its owner sees of it; the cookie is another one.
    pub(crate) key: String,
    pub(crate) agent: String,
    /// Milliseconds since 1970.
    pub(crate) since: i64,
    calls: AtomicU32,
    views: Mutex<HashMap<String, Arc<View>>>,
    /// Each with the collector that it belongs to.
    rests: Mutex<HashMap<String, (String, Rest)>>,
    collectors: Mutex<HashMap<String, Collector>>,
    nudge: watch::Sender<()>,
}

/// A session, and when it was last used.
#[derive(Debug)]
struct Live {
    session: Arc<Session>,
    used: Instant,
}

/// The account, and everybody who logged in with it.
#[derive(Debug)]
pub(crate) struct Sessions {
    user: String,
    password: String,
    live: HashMap<String, Live>,
    failures: Vec<Instant>,
    locked_until: Option<Instant>,
}

/// Why nobody is logged in.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// Wrong user or password, or the account is locked: which of these, nobody is told.
    Rejected,
    /// Too many sessions.
    Full,
}

impl Sessions {
    pub(crate) fn new(user: &str, password: &str) -> Sessions {
        let (user, password) = (user.to_owned(), password.to_owned());
        Sessions { user, password, live: HashMap::new(), failures: Vec::new(), locked_until: None }
    }

    /// Opens a session; answers with its cookie.
    pub(crate) fn login(
        &mut self,
        user: &str,
        password: &str,
        agent: &str,
        since: i64,
        now: Instant,
    ) -> Result<String, Refusal> {
        self.live.retain(|_, live| now.duration_since(live.used) < IDLE);
        if !user.eq_ignore_ascii_case(&self.user) {
            return Err(Refusal::Rejected);
        }
        if self.locked_until.is_some_and(|until| now < until) {
            return Err(Refusal::Rejected);
        }
        if password != self.password {
            self.failures.retain(|failure| now.duration_since(*failure) < WITHIN);
            self.failures.push(now);
            if self.failures.len() >= FAILURES {
                self.failures.clear();
                self.locked_until = Some(now + LOCKED);
            }
            return Err(Refusal::Rejected);
        }
        if self.live.len() >= SESSIONS {
            return Err(Refusal::Full);
        }
        self.failures.clear();
        let session = Session {
            key: uuid::Uuid::new_v4().hyphenated().to_string(),
            agent: agent.to_owned(),
            since,
            calls: AtomicU32::new(0),
            views: Mutex::default(),
            rests: Mutex::default(),
            collectors: Mutex::default(),
            nudge: watch::Sender::new(()),
        };
        let cookie =
            format!("{}{}", uuid::Uuid::new_v4().simple(), &uuid::Uuid::new_v4().simple().to_string()[..8]);
        self.live.insert(cookie.clone(), Live { session: Arc::new(session), used: now });
        Ok(cookie)
    }

    /// The session of a cookie, which counts as used now.
    pub(crate) fn live(&mut self, cookie: &str, now: Instant) -> Option<Arc<Session>> {
        if self.live.get(cookie).is_some_and(|live| now.duration_since(live.used) >= IDLE) {
            self.live.remove(cookie);
        }
        let live = self.live.get_mut(cookie)?;
        live.used = now;
        live.session.calls.fetch_add(1, Ordering::Relaxed);
        Some(live.session.clone())
    }

    /// Ends all of them.
    pub(crate) fn end_all(&mut self) {
        self.live.clear();
    }

    /// Ends a session.
    pub(crate) fn logout(&mut self, cookie: &str) {
        self.live.remove(cookie);
    }
}

impl Session {
    /// As the fields of a UserSession.
    pub(crate) fn fields(&self, user_name: &str, now: i64) -> String {
        let mut out = String::new();
        let (mut agent, mut user) = (String::new(), String::new());
        escape(&self.agent, &mut agent);
        escape(user_name, &mut user);
        let _ = write!(
            out,
            "<key>{}</key><userName>{user}</userName><fullName>{user}</fullName><loginTime>{}</loginTime>\
             <lastActiveTime>{}</lastActiveTime><locale>en</locale><messageLocale>en</messageLocale>\
             <extensionSession>false</extensionSession><ipAddress>127.0.0.1</ipAddress><userAgent>{agent}</userAgent>\
             <callCount>{}</callCount>",
            self.key,
            time(self.since),
            time(now),
            self.calls.load(Ordering::Relaxed)
        );
        out
    }

    pub(crate) fn hold_view(&self, view: View) -> Result<String, Fault> {
        let mut views = lock(&self.views);
        if views.len() >= HELD {
            return Err(Fault::LimitExceeded("view"));
        }
        let id = self.own_id();
        views.insert(id.clone(), Arc::new(view));
        Ok(id)
    }

    pub(crate) fn view(&self, id: &str) -> Option<Arc<View>> {
        lock(&self.views).get(id).cloned()
    }

    pub(crate) fn drop_view(&self, id: &str) -> bool {
        lock(&self.views).remove(id).is_some()
    }

    /// Keeps what is left of a retrieval through a collector; answers with the token for it. One that is destroyed while
    /// its page is written leaves a token that nothing takes, until the session ends.
    pub(crate) fn hold_rest(&self, collector: &str, rest: Rest) -> Result<String, Fault> {
        let mut rests = lock(&self.rests);
        if rests.len() >= HELD {
            return Err(Fault::LimitExceeded("token"));
        }
        let token = uuid::Uuid::new_v4().hyphenated().to_string();
        rests.insert(token.clone(), (collector.to_owned(), rest));
        Ok(token)
    }

    /// What a token of a collector stands for, once.
    pub(crate) fn take_rest(&self, collector: &str, token: &str) -> Option<Rest> {
        let mut rests = lock(&self.rests);
        rests.get(token).filter(|(of, _)| of == collector)?;
        rests.remove(token).map(|(_, rest)| rest)
    }

    /// Makes a collector.
    pub(crate) fn make_collector(&self) -> Result<String, Fault> {
        let mut collectors = self.collectors();
        let id = self.new_id(&collectors)?;
        collectors.insert(id.clone(), Collector::default());
        Ok(id)
    }

    /// Ends a collector with its filters and its tokens.
    pub(crate) fn drop_collector(&self, id: &str) {
        self.collectors().remove(id);
        lock(&self.rests).retain(|_, (of, _)| of != id);
        self.nudge();
    }

    /// Own property collectors, and this session's part of the shared one.
    pub(crate) fn collectors(&self) -> MutexGuard<'_, HashMap<String, Collector>> {
        lock(&self.collectors)
    }

    /// The id of one more collector or filter, if it may be held.
    pub(crate) fn new_id(&self, collectors: &HashMap<String, Collector>) -> Result<String, Fault> {
        let held = collectors.len() + collectors.values().map(Collector::len).sum::<usize>();
        if held < HELD { Ok(self.own_id()) } else { Err(Fault::LimitExceeded("filter")) }
    }

    fn own_id(&self) -> String {
        format!("session[{}]{}", self.key, uuid::Uuid::new_v4())
    }

    /// Whether a view, a collector or a filter is this session's, and lives.
    pub(crate) fn holds(&self, kind: &str, id: &str) -> bool {
        match kind {
            "ContainerView" => self.view(id).is_some(),
            "PropertyCollector" => self.collectors().contains_key(id),
            "PropertyFilter" => self.collectors().values().any(|collector| collector.has(id)),
            _ => false,
        }
    }

    /// Tells those who wait in this session to look again.
    pub(crate) fn nudge(&self) {
        self.nudge.send_replace(());
    }

    /// Hears of nudges from now on; it ends with the session.
    pub(crate) fn nudges(&self) -> watch::Receiver<()> {
        self.nudge.subscribe()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Nothing that is guarded is left half-changed by a panic.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sessions() -> (Sessions, Instant) {
        (Sessions::new("admin@vsphere.local", "right"), Instant::now())
    }

    fn login(sessions: &mut Sessions, password: &str, now: Instant) -> Result<String, Refusal> {
        sessions.login("Admin@VSPHERE.local", password, "test", 0, now)
    }

    #[test]
    fn five_failures_in_three_minutes_lock_the_account_for_fifteen() {
        let (mut sessions, start) = sessions();
        for second in 0..5 {
            assert_eq!(
                login(&mut sessions, "wrong", start + Duration::from_secs(second)),
                Err(Refusal::Rejected)
            );
        }
        assert_eq!(login(&mut sessions, "right", start + Duration::from_secs(10)), Err(Refusal::Rejected));
        assert_eq!(
            login(&mut sessions, "right", start + Duration::from_secs(14 * 60)),
            Err(Refusal::Rejected)
        );
        assert!(login(&mut sessions, "right", start + Duration::from_secs(16 * 60)).is_ok());
    }

    #[test]
    fn failures_that_lie_apart_lock_nothing() {
        let (mut sessions, start) = sessions();
        for minute in 0..10 {
            let now = start + Duration::from_secs(minute * 60);
            assert_eq!(login(&mut sessions, "wrong", now), Err(Refusal::Rejected));
        }
        assert!(login(&mut sessions, "right", start + Duration::from_secs(10 * 60)).is_ok());
    }

    #[test]
    fn a_full_vcenter_takes_nobody_until_somebody_leaves() {
        let (mut sessions, start) = sessions();
        let cookies: Vec<String> =
            (0..SESSIONS).map(|_| login(&mut sessions, "right", start).unwrap()).collect();
        assert_eq!(login(&mut sessions, "right", start), Err(Refusal::Full));
        sessions.logout(&cookies[7]);
        assert!(login(&mut sessions, "right", start).is_ok());
        assert!(login(&mut sessions, "right", start + IDLE).is_ok(), "idle ones make room");
    }

    #[test]
    fn a_session_that_is_used_lives_and_an_idle_one_ends() {
        let (mut sessions, start) = sessions();
        let cookie = login(&mut sessions, "right", start).unwrap();
        for minutes in [29, 58, 87] {
            assert!(sessions.live(&cookie, start + Duration::from_secs(minutes * 60)).is_some());
        }
        assert!(sessions.live(&cookie, start + Duration::from_secs((87 + 30) * 60)).is_none());
        assert!(sessions.live(&cookie, start + Duration::from_secs(88 * 60)).is_none());
    }
}
