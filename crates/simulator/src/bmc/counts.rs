//! What a BMC was asked, for tests of how a client behaves.
//! Refuses to grow with its clients: so many paths and users are told apart, and no more.

use std::collections::BTreeMap;

/// Paths and users that are told apart.
const TOLD_APART: usize = 4096;

/// What a BMC was asked since its start.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BmcCounts {
    /// TCP connections that were accepted.
    pub connections: u64,
    /// Requests by method and path, as `GET /redfish/v1/`.
    pub requests: BTreeMap<String, u64>,
    /// Requests without a login, other than those that need none: the service root and the opening of a session.
    pub without_login: u64,
    /// Sessions that were opened.
    pub sessions_opened: u64,
    /// Sessions that their owners closed.
    pub sessions_closed: u64,
    /// Sessions that are open.
    pub sessions_open: usize,
    /// The most sessions that were open at once.
    pub most_sessions: usize,
    /// Logins with a wrong user or password, in a session or of a request.
    pub wrong_logins: u64,
    /// Logins that came while their address was locked out.
    pub locked_logins: u64,
    /// Connections of addresses that are locked out, which were reset.
    pub connections_reset: u64,
    /// Requests that are answered now.
    pub requests_open: usize,
    /// The most requests that were answered at once.
    pub most_requests: usize,
    /// How often each user tried to log in.
    pub users: BTreeMap<String, u64>,
}

impl BmcCounts {
    /// All requests together.
    pub fn all_requests(&self) -> u64 {
        self.requests.values().sum()
    }

    pub(super) fn request(&mut self, method: &str, path: &str) {
        let path: String = path.chars().take(200).collect();
        count(&mut self.requests, format!("{method} {path}"));
    }

    pub(super) fn user(&mut self, user: &str) {
        count(&mut self.users, user.chars().take(100).collect());
    }

    pub(super) fn begin(&mut self) {
        self.requests_open += 1;
        self.most_requests = self.most_requests.max(self.requests_open);
    }

    pub(super) fn end(&mut self) {
        self.requests_open -= 1;
    }

    pub(super) fn open(&mut self, sessions: usize) {
        self.sessions_open = sessions;
        self.most_sessions = self.most_sessions.max(sessions);
    }
}

fn count(counts: &mut BTreeMap<String, u64>, key: String) {
    let key = if counts.len() < TOLD_APART || counts.contains_key(&key) { key } else { "others".into() };
    *counts.entry(key).or_default() += 1;
}
