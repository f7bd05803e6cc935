//! Who may read from a BMC: sessions, their limit, and what wrong logins lead to.
//! Refuses to look at a clock: time comes from whoever asks.

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::Instant;

use super::behavior::{BmcBehavior, BmcLocked, BmcRefusal};
use super::counts::BmcCounts;

/// Addresses whose wrong logins are remembered.
const ADDRESSES: usize = 1024;

/// Why somebody isn't logged in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// Neither session nor user.
    Missing,
    /// Wrong user or password, or a session that there isn't.
    Wrong,
    /// The address is locked out, which is said openly.
    Delayed,
    /// All sessions are taken.
    Full,
    /// The password is right, and has to be changed first.
    PasswordChange,
}

/// A session that was opened.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Opened {
    pub(super) id: u64,
    pub(super) token: String,
}

#[derive(Debug)]
struct Live {
    id: u64,
    used: Instant,
}

#[derive(Debug, Default)]
struct Failures {
    times: Vec<Instant>,
    until: Option<Instant>,
}

/// The only account, and everybody who logged in with it.
#[derive(Debug)]
pub(super) struct Logins {
    user: String,
    password: String,
    live: HashMap<String, Live>,
    last: u64,
    failures: HashMap<IpAddr, Failures>,
}

impl Logins {
    pub(super) fn new(user: &str, password: &str) -> Logins {
        let (user, password) = (user.to_owned(), password.to_owned());
        Logins { user, password, live: HashMap::new(), last: 0, failures: HashMap::new() }
    }

    /// Opens a session.
    pub(super) fn open(
        &mut self,
        (user, password): (&str, &str),
        (from, now): (IpAddr, Instant),
        behavior: &BmcBehavior,
        counts: &mut BmcCounts,
    ) -> Result<Opened, Refusal> {
        match self.check((user, password), (from, now), behavior, counts) {
            // The session is what the password is changed in.
            Ok(()) | Err(Refusal::PasswordChange) => {}
            Err(refusal) => return Err(refusal),
        }
        self.last += 1;
        let opened = Opened { id: self.last, token: uuid::Uuid::new_v4().simple().to_string() };
        self.live.insert(opened.token.clone(), Live { id: opened.id, used: now });
        counts.sessions_opened += 1;
        counts.open(self.live.len());
        Ok(opened)
    }

    /// Whether user and password are right, and a session is to be had, which a single request needs too.
    pub(super) fn check(
        &mut self,
        (user, password): (&str, &str),
        (from, now): (IpAddr, Instant),
        behavior: &BmcBehavior,
        counts: &mut BmcCounts,
    ) -> Result<(), Refusal> {
        counts.user(user);
        if self.is_locked(from, now) {
            counts.locked_logins += 1;
            let answer = behavior.lock_out.map(|lock_out| lock_out.answer);
            return Err(if answer == Some(BmcLocked::Delayed) { Refusal::Delayed } else { Refusal::Wrong });
        }
        if user != self.user || password != self.password {
            counts.wrong_logins += 1;
            self.fail(from, now, behavior);
            return Err(Refusal::Wrong);
        }
        self.failures.remove(&from);
        if behavior.refuses == Some(BmcRefusal::Unauthorized) {
            return Err(Refusal::Wrong);
        }
        self.expire(now, behavior, counts);
        if self.live.len() >= behavior.sessions {
            return Err(Refusal::Full);
        }
        if behavior.refuses == Some(BmcRefusal::PasswordChange) {
            return Err(Refusal::PasswordChange);
        }
        Ok(())
    }

    /// Whether a token is a session's, which counts as used now.
    pub(super) fn uses(
        &mut self,
        token: &str,
        now: Instant,
        behavior: &BmcBehavior,
        counts: &mut BmcCounts,
    ) -> Result<(), Refusal> {
        self.expire(now, behavior, counts);
        let live = self.live.get_mut(token).ok_or(Refusal::Wrong)?;
        live.used = now;
        let must_change = behavior.refuses == Some(BmcRefusal::PasswordChange);
        if must_change { Err(Refusal::PasswordChange) } else { Ok(()) }
    }

    /// Ends a session of any of its owners; says whether there was one.
    pub(super) fn close(&mut self, id: &str, counts: &mut BmcCounts) -> bool {
        let before = self.live.len();
        self.live.retain(|_, live| live.id.to_string() != id);
        let closed = self.live.len() < before;
        counts.sessions_closed += u64::from(closed);
        counts.open(self.live.len());
        closed
    }

    /// Ends all of them, as a restart does.
    pub(super) fn end_all(&mut self, counts: &mut BmcCounts) {
        self.live.clear();
        counts.open(0);
    }

    /// The numbers of the sessions that are open.
    pub(super) fn ids(&self) -> Vec<u64> {
        let mut ids: Vec<u64> = self.live.values().map(|live| live.id).collect();
        ids.sort_unstable();
        ids
    }

    /// Whether an address is locked out.
    pub(super) fn is_locked(&self, from: IpAddr, now: Instant) -> bool {
        let until = self.failures.get(&from).and_then(|failures| failures.until);
        until.is_some_and(|until| now < until)
    }

    fn expire(&mut self, now: Instant, behavior: &BmcBehavior, counts: &mut BmcCounts) {
        self.live.retain(|_, live| now.saturating_duration_since(live.used) < behavior.session_idle);
        counts.open(self.live.len());
    }

    fn fail(&mut self, from: IpAddr, now: Instant, behavior: &BmcBehavior) {
        let Some(lock_out) = behavior.lock_out else { return };
        if self.failures.len() >= ADDRESSES && !self.failures.contains_key(&from) {
            return;
        }
        let failures = self.failures.entry(from).or_default();
        failures.times.retain(|time| now.saturating_duration_since(*time) < lock_out.within);
        failures.times.push(now);
        if failures.times.len() >= lock_out.after {
            // A delay comes after each one from then on; a lock begins anew.
            let kept = if lock_out.answer == BmcLocked::Delayed { lock_out.after - 1 } else { 0 };
            failures.times.truncate(kept);
            failures.until = Some(now + lock_out.lasts);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;
    use std::time::Duration;

    use super::*;
    use crate::bmc::BmcVendor;

    const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

    struct Bmc {
        logins: Logins,
        behavior: BmcBehavior,
        counts: BmcCounts,
        start: Instant,
    }

    impl Bmc {
        fn new(behavior: BmcBehavior) -> Bmc {
            let logins = Logins::new("root", "right");
            Bmc { logins, behavior, counts: BmcCounts::default(), start: Instant::now() }
        }

        fn open(&mut self, password: &str, from: IpAddr, second: u64) -> Result<Opened, Refusal> {
            let now = self.start + Duration::from_secs(second);
            self.logins.open(("root", password), (from, now), &self.behavior, &mut self.counts)
        }
    }

    #[test]
    fn the_ninth_session_has_to_wait_until_one_is_closed_or_was_not_used() {
        let mut bmc = Bmc::new(BmcBehavior::default());
        let opened: Vec<Opened> = (0..8).map(|second| bmc.open("right", HERE, second).unwrap()).collect();
        assert_eq!(bmc.open("right", HERE, 9), Err(Refusal::Full));
        assert_eq!(bmc.counts.most_sessions, 8);
        assert!(bmc.logins.close(&opened[3].id.to_string(), &mut bmc.counts));
        assert!(!bmc.logins.close(&opened[3].id.to_string(), &mut bmc.counts));
        assert!(bmc.open("right", HERE, 10).is_ok());
        assert_eq!(bmc.open("right", HERE, 11), Err(Refusal::Full));
        assert!(bmc.open("right", HERE, 1_801).is_ok(), "the first two were idle for half an hour");
        assert_eq!((bmc.counts.sessions_opened, bmc.counts.sessions_closed), (10, 1));
    }

    #[test]
    fn three_wrong_logins_in_a_minute_lock_an_address_for_a_minute_and_no_other() {
        let mut bmc = Bmc::new(BmcBehavior::of(BmcVendor::Dell));
        for second in 0..3 {
            assert_eq!(bmc.open("wrong", HERE, second), Err(Refusal::Wrong));
        }
        assert_eq!(bmc.open("right", HERE, 61), Err(Refusal::Wrong));
        assert!(bmc.open("right", IpAddr::from([127, 0, 0, 2]), 30).is_ok());
        assert!(bmc.open("right", HERE, 63).is_ok());
        assert_eq!((bmc.counts.wrong_logins, bmc.counts.locked_logins), (3, 1));
    }

    #[test]
    fn after_its_first_wrong_login_ilo_delays_each() {
        let mut bmc = Bmc::new(BmcBehavior::of(BmcVendor::Hpe));
        assert_eq!(bmc.open("wrong", HERE, 0), Err(Refusal::Wrong));
        assert_eq!(bmc.open("wrong", HERE, 1), Err(Refusal::Wrong));
        assert_eq!(bmc.open("right", HERE, 10), Err(Refusal::Delayed));
        assert_eq!(bmc.open("wrong", HERE, 12), Err(Refusal::Wrong));
        assert_eq!(bmc.open("right", HERE, 21), Err(Refusal::Delayed));
        assert!(bmc.open("right", HERE, 22).is_ok());
        assert_eq!(bmc.open("wrong", HERE, 23), Err(Refusal::Wrong));
        assert!(bmc.open("right", HERE, 24).is_ok(), "the first one is free again");
    }

    #[test]
    fn wrong_logins_that_lie_apart_lock_nothing() {
        let mut bmc = Bmc::new(BmcBehavior::of(BmcVendor::Dell));
        for minute in 0..9 {
            assert_eq!(bmc.open("wrong", HERE, minute * 61), Err(Refusal::Wrong));
        }
        assert!(bmc.open("right", HERE, 9 * 61).is_ok());
    }

    #[test]
    fn a_right_login_may_be_refused_and_a_password_that_is_to_be_changed_opens_a_session_alone() {
        let refuses = Some(BmcRefusal::Unauthorized);
        let mut bmc = Bmc::new(BmcBehavior { refuses, ..BmcBehavior::default() });
        assert_eq!(bmc.open("right", HERE, 0), Err(Refusal::Wrong));
        assert_eq!(bmc.counts.wrong_logins, 0);
        let refuses = Some(BmcRefusal::PasswordChange);
        let mut bmc = Bmc::new(BmcBehavior { refuses, ..BmcBehavior::default() });
        let token = bmc.open("right", HERE, 0).unwrap().token;
        let used = bmc.logins.uses(&token, bmc.start, &bmc.behavior, &mut bmc.counts);
        assert_eq!(used, Err(Refusal::PasswordChange));
    }

    #[test]
    fn a_session_that_is_used_lives() {
        let mut bmc = Bmc::new(BmcBehavior::default());
        let token = bmc.open("right", HERE, 0).unwrap().token;
        for minutes in [29, 58, 87] {
            let now = bmc.start + Duration::from_secs(minutes * 60);
            assert_eq!(bmc.logins.uses(&token, now, &bmc.behavior, &mut bmc.counts), Ok(()));
        }
        let now = bmc.start + Duration::from_secs((87 + 30) * 60);
        assert_eq!(bmc.logins.uses(&token, now, &bmc.behavior, &mut bmc.counts), Err(Refusal::Wrong));
        assert_eq!(bmc.counts.sessions_open, 0);
    }
}
