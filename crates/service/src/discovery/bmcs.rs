//! One BMC: what answers at its address, and what it says after a login.
//! Refuses to log in where its certificate isn't trusted, and twice; and to leave a session open.

use super::facts::{self, Root};
use super::profiles::Profiles;
use crate::{connections, explain, validate};
use contract::discovery::Scan;
use contract::{ApiError, Code, CredentialId, Time, Trust, VcenterSettings, Way};
use redfish::{Found, Login, Looked, Visit};
use secrecy::{ExposeSecret, SecretString};
use std::net::IpAddr;
use std::time::Duration;
use store::{Bmc, Store};
use tokio_util::sync::CancellationToken;

/// How long closing a session may take where the job ends: everything ends within five seconds.
const CLOSE: Duration = Duration::from_secs(3);

/// How long it may take otherwise: a BMC under load answers after half a minute.
const PATIENT_CLOSE: Duration = Duration::from_secs(45);

/// Where a BMC may be, and what is known of it.
pub(super) struct Target {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) way: Way,
    /// Authorities that are trusted for it where nobody approved its certificate.
    pub(super) ca: Option<String>,
    pub(super) known: Option<Bmc>,
    /// Whether a person named this very BMC: then it is asked again although it rejected the login.
    pub(super) is_named: bool,
}

impl Target {
    /// Whether a password may have been sent there.
    fn was_trusted(&self) -> bool {
        self.known.as_ref().is_some_and(|bmc| bmc.trust.is_some())
    }
}

/// What came of it.
pub(super) enum Outcome {
    /// Nothing is there, or something that is no BMC.
    Nothing(Nothing),
    /// A BMC, and whether it is to be read.
    Bmc(Box<Bmc>, bool),
}

/// Why there is no BMC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Nothing {
    Silent,
    Refused,
    Other,
}

/// Looks what is at an address; what is known of a BMC that answers no more stays, with the reason.
pub(super) async fn look(target: &Target, now: Time) -> Result<Outcome, ApiError> {
    let approved = match (&target.known, &target.ca) {
        (Some(Bmc { trust: Some(trust), .. }), _) => Some(trust.clone()),
        (_, Some(pem)) => Some(Trust::Ca { pem: pem.clone() }),
        _ => None,
    };
    // What the system trusts is no approval: a name may lead anywhere.
    let trust = approved.clone().unwrap_or(Trust::System);
    let way = VcenterSettings::from(&target.way);
    let endpoint = connections::endpoint(&target.host, target.port, &trust, &way)?;
    let Looked { found, shown } =
        redfish::look(&endpoint, &connections::user_agent(), redfish::LOOK_DEADLINE).await;
    let certificate = shown.as_ref().map(|shown| explain::certificate(&shown.certificate));
    let (problem, root) = match found {
        Found::Bmc(known) => {
            let was_trusted = target.was_trusted();
            let is_trusted = approved.is_some() && shown.as_ref().is_some_and(|shown| shown.trusted);
            let reason =
                shown.and_then(|shown| shown.reason).unwrap_or_else(|| "nobody has looked at it".into());
            let untrusted = (!is_trusted).then(|| untrusted(&reason, was_trusted));
            (untrusted, Some(Root::of(&known)))
        }
        Found::TlsTooOld { words } => (Some(tls_too_old(&words)), None),
        Found::RefusesName { words } => (Some(refuses_name(target, &words)), None),
        Found::Unreachable(error @ (reach::Error::Way { .. } | reach::Error::BadTrust { .. })) => {
            return Err(explained(&error.into()));
        }
        Found::Unreachable(error) if target.known.is_none() && target.host.parse::<IpAddr>().is_err() => {
            return Err(explained(&error.into()));
        }
        // What this machine lacks says nothing of a server.
        Found::Unreachable(error) if has_no_route(&error) => return Err(no_route()),
        nothing => return Ok(nothing_there(target, nothing)),
    };
    let new = || empty(&target.host, target.port, &target.way, now);
    let mut bmc = target.known.clone().unwrap_or_else(new);
    bmc.way = target.way.clone();
    bmc.seen_at = Some(now);
    if certificate.is_some() {
        bmc.certificate = certificate;
    }
    if let Some(root) = root {
        let before: Root = serde_json::from_value(bmc.root.clone()).unwrap_or_default();
        // What only a login tells stays as it was read.
        let root = Root {
            bmc_model: root.bmc_model.or(before.bmc_model),
            bmc_firmware: root.bmc_firmware.or(before.bmc_firmware),
            bmc_macs: if before.bmc_macs.is_empty() { root.bmc_macs } else { before.bmc_macs },
            bmc_addresses: before.bmc_addresses,
            is_told: root.is_told || before.is_told,
            ..root
        };
        bmc.root = serde_json::to_value(root).unwrap_or_default();
    }
    let is_trusted = problem.is_none();
    match problem {
        Some(problem) => bmc.problem = Some(problem),
        // It answers, whatever was said of it before.
        None if bmc.rejected_at.is_some()
            && bmc.problem.as_ref().is_none_or(|old| is_of_the_way(old.code)) =>
        {
            bmc.problem = Some(rejected_before());
        }
        None => {}
    }
    if is_trusted && bmc.trust.is_none() {
        bmc.trust = approved;
    }
    let is_read = is_trusted && is_to_be_read(&bmc, target);
    Ok(Outcome::Bmc(Box::new(bmc), is_read))
}

/// Whether this machine leads nowhere near.
fn has_no_route(error: &reach::Error) -> bool {
    let reach::Error::Unreachable { source, .. } = error else { return false };
    let io = source.downcast_ref::<std::io::Error>();
    io.is_some_and(|io| io.kind() == std::io::ErrorKind::NetworkUnreachable)
}

fn no_route() -> ApiError {
    ApiError::new(Code::Unreachable, "this machine has no route to it")
        .next("Connect this machine to a network that leads there, and start it again.")
}

fn nothing_there(target: &Target, nothing: Found) -> Outcome {
    let (nothing, problem) = match nothing {
        Found::Silent { .. } => (Nothing::Silent, ApiError::new(Code::TimedOut, "the BMC does not answer")),
        Found::Refused => {
            (Nothing::Refused, ApiError::new(Code::Unreachable, "the BMC refuses the connection"))
        }
        Found::Unreachable(error) => (Nothing::Silent, ApiError::new(Code::Unreachable, error.to_string())),
        Found::NotBmc { words, .. } => {
            let was_told = target.was_trusted();
            let said = if was_told { String::new() } else { format!(": {words}") };
            let message = format!("what answers at this address is no BMC{said}");
            (Nothing::Other, ApiError::new(Code::BadAnswer, message))
        }
        Found::NoTls => (Nothing::Other, ApiError::new(Code::BadAnswer, "the port does not use TLS")),
        Found::BadTls { words } | Found::Closed { words } => {
            (Nothing::Other, ApiError::new(Code::BadAnswer, words))
        }
        Found::Bmc(_) | Found::TlsTooOld { .. } | Found::RefusesName { .. } => {
            (Nothing::Other, ApiError::new(Code::BadAnswer, "it is no BMC"))
        }
    };
    match &target.known {
        Some(known) => {
            let problem = problem.next("Check its address and network, and read it again.");
            Outcome::Bmc(Box::new(Bmc { problem: Some(problem), ..known.clone() }), false)
        }
        None => Outcome::Nothing(nothing),
    }
}

/// A BMC of which nothing is known yet.
pub(super) fn empty(host: &str, port: u16, way: &Way, now: Time) -> Bmc {
    Bmc {
        id: uuid::Uuid::new_v4().to_string(),
        host: host.to_owned(),
        port,
        way: way.clone(),
        trust: None,
        certificate: None,
        root: serde_json::Value::Null,
        systems: serde_json::json!([]),
        found_at: now,
        seen_at: None,
        read_at: None,
        problem: None,
        credential_id: None,
        rejected_at: None,
        rejected_by: None,
        chosen: None,
    }
}

/// Whether a BMC that shows a trusted certificate is logged in to: not by itself after it rejected the login.
fn is_to_be_read(bmc: &Bmc, target: &Target) -> bool {
    target.is_named || bmc.rejected_at.is_none()
}

/// Logs in once, reads, and logs out, whatever comes of it. Answers with the requests that it took; none if no login began.
pub(super) async fn read(
    bmc: &mut Bmc,
    profiles: &Profiles,
    store: &Store,
    cancel: &CancellationToken,
    now: fn() -> Time,
) -> Option<Visited> {
    let root: Root = serde_json::from_value(bmc.root.clone()).unwrap_or_default();
    // What a person said of it since the job began.
    match store.bmc_at(&bmc.host, bmc.port).await {
        Ok(Some(now)) => {
            (bmc.id, bmc.chosen, bmc.credential_id) = (now.id, now.chosen, now.credential_id);
            bmc.trust = now.trust.or(bmc.trust.take());
        }
        Ok(None) => return None,
        Err(error) => {
            bmc.problem = Some(explain::store(error));
            return None;
        }
    }
    let turn = match cancel.run_until_cancelled(profiles.turn(bmc, root.profile_vendor())).await {
        Some(Ok(turn)) => turn,
        Some(Err(problem)) => {
            bmc.problem = Some(problem);
            return None;
        }
        None => return None,
    };
    let trust = bmc.trust.clone()?;
    let endpoint = connections::endpoint(&bmc.host, bmc.port, &trust, &VcenterSettings::from(&bmc.way));
    let visit = endpoint.and_then(|endpoint| {
        Visit::new(&endpoint, &connections::user_agent(), redfish::DEADLINE)
            .map_err(|error| explained(&error))
    });
    let visit = match visit {
        Ok(visit) => visit,
        Err(problem) => {
            bmc.problem = Some(problem);
            return None;
        }
    };
    let before = bmc.clone();
    let sent = Sent { user: turn.user(), secret: turn.secret(), credential: turn.credential() };
    // Whatever ends this process now: a login that may have been rejected is not sent again by itself.
    let at = now();
    match store.begin_login(bmc, &sent.credential, at, &unanswered()).await {
        Ok(true) => {}
        Ok(false) => return None,
        Err(error) => {
            bmc.problem = Some(explain::store(error));
            return None;
        }
    }
    (bmc.rejected_at, bmc.rejected_by) = (Some(at), Some(sent.credential.clone()));
    bmc.problem = Some(unanswered());
    let login = cancel.run_until_cancelled(visit.login(&sent.user, &sent.secret)).await;
    let answer = match &login {
        Some(Ok(())) => Answer::Accepted,
        Some(Err(error)) => sent.answer(error, visit.login_stands().await, turn.is_proven()),
        None => Answer::None,
    };
    let (is_proven, is_stopped) = (turn.is_proven(), login.is_none());
    let was_read_with_it = before.credential_id.as_ref() == Some(&sent.credential);
    profiles.note(turn, answer, was_read_with_it, now()).await;
    match login {
        Some(Ok(())) => {
            sent.accept(bmc, &before);
            match cancel.run_until_cancelled(visit.read()).await {
                Some(Ok(reading)) => sent.take(bmc, &reading, now()),
                Some(Err(error)) => bmc.problem = Some(sent.says(&error)),
                None => {}
            }
        }
        Some(Err(error)) => {
            if !answer.binds(is_proven) {
                (bmc.rejected_at, bmc.rejected_by) = (before.rejected_at, before.rejected_by.clone());
            }
            bmc.problem = Some(sent.says(&error));
        }
        None => {}
    }
    let closed = match cancel.run_until_cancelled(visit.close(PATIENT_CLOSE)).await {
        Some(closed) => closed,
        None => visit.close(CLOSE).await,
    };
    match visit.login_stands().await {
        // It was answered while it was closed.
        Login::Accepted if matches!(answer, Answer::None | Answer::Unanswered) => {
            let told = bmc.problem.take().filter(|_| !is_stopped);
            sent.accept(bmc, &before);
            bmc.problem = told.or(bmc.problem.take());
        }
        Login::NotSent if is_stopped => *bmc = before,
        _ => {}
    }
    let is_left_open = closed.is_err();
    if let Err(error) = closed {
        let error = sent.says(&error).message;
        tracing::warn!(error, host = bmc.host, "the session of a BMC could not be closed");
    }
    Some(Visited { requests: u64::from(visit.requests()), is_left_open })
}

/// What a visit that logged in took, and left.
pub(super) struct Visited {
    pub(super) requests: u64,
    /// The session could not be closed: it takes up one of few places until the BMC ends it.
    pub(super) is_left_open: bool,
}

/// What a BMC said to a login.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    Accepted,
    /// That user or password is wrong, or something that may mean it.
    Rejected,
    /// The password is right, and has to be changed first.
    MustChange,
    /// Nothing.
    Unanswered,
    /// Something that says nothing about user and password; the login was not sent, or nobody waited for its answer.
    None,
}

impl Answer {
    /// Whether the same BMC is logged in to again only by a person's word: also after no answer to what none accepted yet.
    fn binds(self, is_proven: bool) -> bool {
        match self {
            Answer::Rejected | Answer::MustChange => true,
            Answer::Unanswered => !is_proven,
            Answer::Accepted | Answer::None => false,
        }
    }
}

/// User and password, as they were sent to a BMC.
struct Sent {
    user: String,
    secret: SecretString,
    credential: CredentialId,
}

impl Sent {
    /// What a login came to that failed.
    fn answer(&self, error: &redfish::Error, stands: Login, is_proven: bool) -> Answer {
        use redfish::Error as E;
        match error {
            _ if stands == Login::NotSent => Answer::None,
            E::PasswordChange { .. } => Answer::MustChange,
            E::NoSession { .. } => Answer::None,
            E::Reach(_) | E::TooSlow { .. } => Answer::Unanswered,
            E::Busy { .. } if is_proven => Answer::None,
            E::HttpStatus { status, .. } if is_proven && *status >= 500 => Answer::None,
            // Some say no with other words than those that are known.
            _ => Answer::Rejected,
        }
    }

    fn accept(&self, bmc: &mut Bmc, before: &Bmc) {
        bmc.credential_id = Some(self.credential.clone());
        (bmc.rejected_at, bmc.rejected_by) = (None, None);
        bmc.problem.clone_from(&before.problem);
        bmc.problem.take_if(|old| matches!(old.code, Code::LoginRejected | Code::Cancelled));
    }

    /// What was read is known from now on; what could not be read stays as it was.
    fn take(&self, bmc: &mut Bmc, reading: &redfish::Reading, now: Time) {
        for redfish::Gap { path, why } in reading.gaps.iter().filter(|gap| !self.is_quoted(&gap.why)) {
            tracing::debug!(host = bmc.host, path, why, "a part of a BMC could not be read");
        }
        let before = serde_json::from_value(bmc.systems.clone()).unwrap_or_default();
        let systems = serde_json::to_value(facts::systems(reading, before)).unwrap_or_default();
        let before: Root = serde_json::from_value(bmc.root.clone()).unwrap_or_default();
        let root = Root::of(&reading.root).with(&reading.bmc);
        let root = if reading.gaps.is_empty() { root } else { root.or(before) };
        let root = serde_json::to_value(root).unwrap_or_default();
        if self.is_quoted(&systems.to_string()) || self.is_quoted(&root.to_string()) {
            let message = "what the BMC told was not kept: it quotes the password";
            bmc.problem = Some(
                ApiError::new(Code::BadAnswer, message).next("Change its password, and look at the BMC."),
            );
            return;
        }
        if reading.systems.is_empty() {
            let message = "the BMC lists no system that can be read";
            let next = "Look at the BMC, and read the server again.";
            bmc.problem = Some(ApiError::new(Code::BadAnswer, message).next(next));
        } else {
            bmc.problem = None;
            bmc.read_at = Some(now);
        }
        (bmc.systems, bmc.root) = (systems, root);
    }

    fn is_quoted(&self, text: &str) -> bool {
        secrets::quotes(text, self.secret.expose_secret())
    }

    /// What a BMC says of a login is told, stored and logged: it must not have the password in it.
    fn says(&self, error: &redfish::Error) -> ApiError {
        let words = explained(error);
        match self.is_quoted(&words.message) {
            true => ApiError {
                message: "the login failed; the BMC's words are not shown: they quote the password".into(),
                ..words
            },
            false => words,
        }
    }
}

fn unanswered() -> ApiError {
    ApiError::new(Code::Cancelled, "a login was sent, and what the BMC answered is not known")
        .next("Read the server again.")
}

fn untrusted(reason: &str, was_trusted: bool) -> ApiError {
    let message = match was_trusted {
        true => format!("the BMC shows another certificate than the one that was approved: {reason}"),
        false => format!("the certificate of the BMC is not approved: {reason}"),
    };
    ApiError::new(Code::UntrustedCertificate, message)
        .next("Compare the fingerprint with the one that the BMC shows, and approve the certificate.")
}

/// Whether a problem is one of getting there.
fn is_of_the_way(code: Code) -> bool {
    matches!(
        code,
        Code::TimedOut | Code::Unreachable | Code::WayFailed | Code::BadAnswer | Code::UntrustedCertificate
    )
}

fn rejected_before() -> ApiError {
    ApiError::new(
        Code::LoginRejected,
        "the BMC did not accept the last login, and was not logged in to again",
    )
    .next("Check user and password of the profile, and read this server again.")
}

fn tls_too_old(words: &str) -> ApiError {
    ApiError::new(Code::BadAnswer, format!("its TLS is too old: {words}"))
        .next("Update the firmware of the BMC, and enable TLS 1.2.")
}

/// Where a password was sent once, a BMC's words may quote it: they are left out.
fn refuses_name(target: &Target, words: &str) -> ApiError {
    let was_told = target.was_trusted();
    let said = if words.is_empty() || was_told { String::new() } else { format!(": {words}") };
    if target.host.parse::<IpAddr>().is_ok() {
        let message = format!("the BMC answered with HTTP status 400{said}");
        return ApiError::new(Code::BadAnswer, message)
            .next("It may be starting: read the server again later.");
    }
    ApiError::new(Code::BadAnswer, format!("the BMC does not answer to this host name{said}"))
        .next("Scan its IP address, or enter the name in the BMC's own settings.")
}

/// Why a BMC could not be read, and what to do.
fn explained(error: &redfish::Error) -> ApiError {
    use redfish::Error as E;
    let again = "Read the server again later.";
    let (code, next) = match error {
        E::Rejected { .. } => {
            (Code::LoginRejected, "Check user and password of the profile, and read the server again.")
        }
        E::NotAccepted { .. } => (
            Code::LoginRejected,
            "The password may be right all the same: some BMCs say this when all their sessions are taken. Check it, and \
             read the server again.",
        ),
        E::Blocked { .. } => (
            Code::LoginRejected,
            "Wait until the BMC takes logins again, check the password, and read the server again.",
        ),
        E::PasswordChange { .. } => {
            (Code::LoginRejected, "Change the password at the BMC, then in the credential.")
        }
        E::NoSession { .. } => {
            (Code::NoSession, "Close sessions at the BMC, or read the server again later.")
        }
        E::TooSlow { .. } => (Code::TimedOut, again),
        E::Busy { .. } | E::SessionEnded { .. } | E::HttpStatus { .. } => (Code::Failed, again),
        E::NoPermission { .. } => (Code::NoPermission, "Give the account the right to log in and read."),
        E::Reach(reach) => match reach {
            reach::Error::Timeout { .. } => (Code::TimedOut, again),
            reach::Error::Untrusted { .. } => {
                (Code::UntrustedCertificate, "Compare the fingerprint, and approve the certificate.")
            }
            reach::Error::Way { .. } => (Code::WayFailed, "Check the proxy or tunnel of its range."),
            _ => (Code::Unreachable, "Check its address and network, and read it again."),
        },
        E::NotBmc { .. } | E::Redirect { .. } | E::Malformed { .. } | E::TooLarge { .. } => {
            (Code::BadAnswer, "Update the firmware of the BMC, and read the server again.")
        }
        E::Again { .. } | E::NoLogin { .. } | E::NoLocation { .. } => (Code::Failed, again),
    };
    ApiError::new(code, error.to_string()).next(next)
}

/// The way of a scan, once it is known to be one.
pub(super) fn checked(scan: &Scan, addresses: usize) -> Result<(), ApiError> {
    validate::way(&scan.way)?;
    if !scan.way.connect_to.trim().is_empty() && addresses != 1 {
        let message = format!("a tunnel leads to one BMC, and not to {addresses} addresses");
        return Err(ApiError::new(Code::InvalidValue, message)
            .next("Scan one address through a tunnel, or use a proxy for several."));
    }
    if let Some(pem) = &scan.ca {
        if pem.len() > Scan::LONGEST_CA {
            return Err(ApiError::new(Code::InvalidValue, "the CA is larger than 1 MiB")
                .next("Choose a file with the certificates of its authorities only."));
        }
        reach::Trust::Ca(pem.clone()).check().map_err(|why| {
            ApiError::new(Code::InvalidValue, format!("the CA can't be used: {why}"))
                .next("Choose a file with certificates in PEM form.")
        })?;
    }
    Ok(())
}
