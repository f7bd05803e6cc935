//! How a simulated BMC behaves where BMCs differ, or where somebody wants to see what becomes of it.
//! Refuses nothing: any mix may be asked for, also one that no vendor sells.

use std::time::Duration;

use super::BmcVendor;

/// Everything that can be set; the default is a well-behaved BMC of no vendor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BmcBehavior {
    /// Sessions at once.
    pub sessions: usize,
    /// An unused session ends after this long.
    pub session_idle: Duration,
    /// What is said when no more sessions are to be had.
    pub full: BmcFull,
    /// What wrong logins lead to; none for nothing.
    pub lock_out: Option<BmcLockOut>,
    /// The status of a wrong login, with an error that doesn't say what is wrong; none for 401 in the vendor's words. Some BMCs
    /// answer 400 or 500.
    pub wrong_login: Option<u16>,
    /// How a right login is refused all the same; none where it is accepted.
    pub refuses: Option<BmcRefusal>,
    /// The status of the service root without a login: 401, 403 or 503; none for 200.
    pub root: Option<u16>,
    /// Whether there is no session service (404), so that each request has to bring user and password.
    pub basic_only: bool,
    /// Whether 401 names the way to log in (`WWW-Authenticate`). iLO doesn't.
    pub challenges: bool,
    /// The status (301, 307 or 308) that sends a path without a slash at its end to the one with it, on any method; none
    /// where both are the same.
    pub slash: Option<u16>,
    /// The status and the host, with its port, that every request is sent to; none where it is answered here.
    pub elsewhere: Option<(u16, String)>,
    /// Whether a Host header that isn't its own address is answered 400, as by an iDRAC from 5.10 on.
    pub strict_host: bool,
    /// Whether answers are compressed though nobody asked, and 406 if gzip is refused; else where it is asked for.
    pub always_gzip: bool,
    /// How long each answer takes.
    pub delay: Duration,
    /// What is on the port.
    pub wire: BmcWire,
    /// Paths whose answers are broken, by their beginning, and how.
    pub broken: Option<(String, BmcBroken)>,
    /// Whether links are texts and no objects.
    pub bare_links: bool,
    /// Whether texts that identify a server are null.
    pub nulls: bool,
}

/// What is said when no more sessions are to be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BmcFull {
    /// 503 with message RAC0218, as an iDRAC.
    Unavailable,
    /// 401, as for a wrong password: an iDRAC can do that too.
    Unauthorized,
    /// 503 "Maximum sessions reached", as Cisco.
    Maximum,
}

/// What wrong logins from an address lead to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BmcLockOut {
    /// The number of wrong logins that locks.
    pub after: usize,
    /// In which they have to be.
    pub within: Duration,
    /// How long it is locked.
    pub lasts: Duration,
    /// What is said meanwhile, also to the right password.
    pub answer: BmcLocked,
}

/// What is said to a client that is locked out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BmcLocked {
    /// Nothing: every connection from its address is reset, as by an iDRAC.
    Reset,
    /// 401 with the message LoginAttemptDelayed, as iLO; what needs no login is answered.
    Delayed,
    /// 401, as for a wrong password; what needs no login is answered.
    Unauthorized,
}

/// How a right login is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BmcRefusal {
    /// 401 though the password is right.
    Unauthorized,
    /// A session is opened, and everything but that is answered 403 PasswordChangeRequired.
    PasswordChange,
}

/// What is on the port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BmcWire {
    /// HTTPS.
    Https,
    /// HTTP without TLS.
    Http,
    /// Somebody who accepts and says nothing.
    Silent,
    /// Somebody who resets the connection when the client has spoken.
    Reset,
    /// TLS that is too old: the alert protocol_version.
    TlsAlert,
    /// TLS that is too old: a ServerHello of TLS 1.0.
    Tls10,
    /// HTTPS of another web server: 404 for everything.
    OtherServer,
}

/// How an answer is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BmcBroken {
    /// A chunked body that ends in the middle.
    Truncated,
    /// A body that comes byte by byte, with so much time between two.
    Trickle(Duration),
    /// Text that isn't JSON.
    InvalidJson,
    /// No answer: the connection is closed.
    Cut,
    /// No answer: the connection stays open.
    Silent,
    /// A body of so many bytes of JSON.
    Huge(usize),
}

impl Default for BmcBehavior {
    fn default() -> BmcBehavior {
        BmcBehavior {
            sessions: 8,
            session_idle: Duration::from_secs(30 * 60),
            full: BmcFull::Unavailable,
            lock_out: None,
            wrong_login: None,
            refuses: None,
            root: None,
            basic_only: false,
            challenges: true,
            slash: None,
            elsewhere: None,
            strict_host: false,
            always_gzip: false,
            delay: Duration::ZERO,
            wire: BmcWire::Https,
            broken: None,
            bare_links: false,
            nulls: false,
        }
    }
}

impl BmcBehavior {
    /// As a vendor delivers its BMCs.
    pub fn of(vendor: BmcVendor) -> BmcBehavior {
        let locks = |after, within, lasts, answer| {
            let (within, lasts) = (Duration::from_secs(within), Duration::from_secs(lasts));
            Some(BmcLockOut { after, within, lasts, answer })
        };
        let usual = BmcBehavior::default();
        let short = Duration::from_secs(300);
        match vendor {
            BmcVendor::Dell => {
                BmcBehavior { lock_out: locks(3, 60, 60, BmcLocked::Reset), strict_host: true, ..usual }
            }
            BmcVendor::Hpe => BmcBehavior {
                lock_out: locks(2, 600, 10, BmcLocked::Delayed),
                full: BmcFull::Unauthorized,
                challenges: false,
                ..usual
            },
            BmcVendor::Lenovo => BmcBehavior {
                lock_out: locks(5, 600, 600, BmcLocked::Unauthorized),
                full: BmcFull::Maximum,
                session_idle: short,
                ..usual
            },
            BmcVendor::Supermicro => BmcBehavior {
                lock_out: locks(3, 600, 30, BmcLocked::Unauthorized),
                full: BmcFull::Maximum,
                session_idle: short,
                ..usual
            },
            BmcVendor::Cisco => BmcBehavior { sessions: 4, full: BmcFull::Maximum, ..usual },
        }
    }
}
