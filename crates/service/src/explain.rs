//! Says in words for users what went wrong below: what, where, and what to do next.
//! Refuses to pass on the text of a lower layer without saying what it means, and to name a client's commands: what can be done
//! is data.

mod login;
mod way;

pub use login::no_new_password;
pub(crate) use login::{
    no_password, not_tried, rejected_before, rejected_once, rejected_there, rejection, unknown_at,
    was_rejected, words, works_elsewhere,
};

use contract::words::address;
use contract::{ApiError, Certificate, Code, Noun, Remedy, Time, Transient, Trust, Vcenter};
use secrets::{Place, Unfit};
use std::fmt::Write;
use std::path::Path;
use store::VcenterRecord;
use vsphere::Error;

/// The server that an error is about, as the user knows it.
#[derive(Clone, Copy)]
pub(crate) struct Server<'a> {
    /// Its name in Muster.
    pub(crate) name: &'a str,
    pub(crate) host: &'a str,
    pub(crate) port: u16,
    pub(crate) user: &'a str,
    pub(crate) credential: &'a str,
    pub(crate) trust: &'a Trust,
    /// Whether it is configured already, or about to be.
    pub(crate) configured: bool,
    /// Where the password that was sent is from.
    pub(crate) place: Place,
}

impl<'a> From<&'a VcenterRecord> for Server<'a> {
    fn from(record: &'a VcenterRecord) -> Server<'a> {
        let Vcenter { name, host, port, user, credential, .. } = &record.vcenter;
        Server {
            name,
            host,
            port: *port,
            user,
            credential,
            trust: &record.trust,
            configured: true,
            place: Place::Keychain,
        }
    }
}

impl Server<'_> {
    /// `host:port`, an IPv6 address in brackets.
    pub(crate) fn address(&self) -> String {
        address(self.host, self.port)
    }
}

/// A defect of our own: what could not be done for it, and what to do.
pub(crate) fn defect(what: &str, next: &str) -> ApiError {
    ApiError::new(Code::Failed, format!("{what} because of an internal error in Muster")).next(next)
}

/// A host name as people write it, with the form that travels where that is another: `bücher.example (xn--bcher-kva.example)`.
pub fn shown_host(host: &str) -> String {
    in_letters(host).map_or_else(|| host.to_owned(), |typed| format!("{typed} ({host})"))
}

/// A host name as people write it, where that isn't the form that travels.
pub(crate) fn in_letters(host: &str) -> Option<String> {
    match idna::domain_to_unicode(host) {
        (typed, Ok(())) if typed != host => Some(typed),
        _ => None,
    }
}

/// What to do about a server that shows another certificate than the pinned one.
pub const LOOK_AT_THE_SERVER: &str = "Check the server first: unless its certificate was replaced on purpose, another machine may be \
     impersonating it. Trust it only if the server itself shows the new fingerprint.";

/// A failure of the server, or on the way to it.
pub(crate) fn vsphere<'a>(server: impl Into<Server<'a>>, error: &Error) -> ApiError {
    let server = server.into();
    let address = server.address();
    let (code, message) = match error {
        Error::BadAddress { detail, .. } => {
            (Code::InvalidValue, format!("{address} is not an address: {detail}"))
        }
        Error::BadTrust { detail, .. } => {
            (Code::InvalidValue, format!("the trusted certificates can't be used: {detail}"))
        }
        Error::Resolve { .. } => {
            (Code::Unreachable, format!("the name {} does not resolve", shown_host(server.host)))
        }
        Error::Unreachable { source, .. } => {
            (Code::Unreachable, format!("no connection to {address}{}", root_cause(&**source)))
        }
        Error::Way { hop, problem, .. } => return way::failed(&server, hop, problem, transient(error)),
        Error::Interrupted { .. } => (Code::Unreachable, format!("{address} closed the connection")),
        Error::Timeout { after, .. } => {
            (Code::TimedOut, format!("{address} did not respond within {} s", after.as_secs()))
        }
        Error::Untrusted { certificate, reason, .. } => return untrusted(&server, certificate, reason),
        Error::BadHandshake { detail, .. } => {
            (Code::NotVsphere, format!("the TLS handshake with {address} failed: {detail}"))
        }
        Error::NotVsphere { status, content_type, .. } => (
            Code::NotVsphere,
            format!(
                "{address} responds, but is not a vCenter or ESXi host (status {status}, {content_type})"
            ),
        ),
        Error::Unsupported { product, api_version, .. } => (
            Code::NotVsphere,
            format!(
                "{address} is {product} with version \"{api_version}\" of the vSphere API; Muster supports \
                 5.5 and newer"
            ),
        ),
        Error::HttpStatus { status: 503, .. } if is_before_a_session(error) => (
            Code::NoSession,
            format!("{address} has no free session, or its services are still starting (HTTP status 503)"),
        ),
        Error::HttpStatus { status: 503, .. } => {
            (Code::Unreachable, format!("{address} is busy (HTTP status 503)"))
        }
        Error::NoSession { message, .. } => {
            let said = words(message).map(|said| format!(" (it says: {said})")).unwrap_or_default();
            (Code::NoSession, format!("{address} has no free session{said}"))
        }
        Error::HttpStatus { status, .. } => {
            (Code::Unreachable, format!("{address} returned HTTP status {status}"))
        }
        Error::InvalidLogin { refusal, message, .. } => return login::rejected(&server, *refusal, message),
        Error::NotAuthenticated { .. } => {
            (Code::Failed, format!("{address} ended the session, and ended the next one too"))
        }
        Error::NoPermission { .. } => {
            (Code::NoPermission, format!("{} lacks a privilege: {error}", server.user))
        }
        Error::Truncated { .. } => (Code::BadAnswer, format!("the response of {address} was cut off")),
        // An answer, and one with a reason: in the server's words.
        Error::Fault { call, name, message } => {
            let said = words(message).map(|said| format!("{said} ")).unwrap_or_default();
            (Code::BadAnswer, format!("{address} refused {}: {said}({name})", call.method))
        }
        Error::InvalidProperty { .. }
        | Error::ManagedObjectNotFound { .. }
        | Error::Malformed { .. }
        | Error::TooLarge { .. }
        | Error::TooDeep { .. } => (Code::BadAnswer, format!("{address} sent an invalid response: {error}")),
    };
    let remedies = remedies(&server, code);
    let error = ApiError {
        transient: transient(error),
        ..ApiError::new(code, message).next(next_step(&server, code, error))
    };
    error.remedies(remedies)
}

/// Whether the same may work a little later. A login whose password may have arrived is not sent again: where it is wrong, a
/// few of them lock the account.
fn transient(error: &Error) -> Option<Transient> {
    let may_pass = match error {
        Error::Resolve { .. } | Error::Unreachable { .. } => true,
        // Nothing was sent.
        Error::Way { .. } => error.is_transient(),
        error => error.is_transient() && error.call().method != "Login",
    };
    let retry_after = match error {
        Error::HttpStatus { retry_after, .. } => *retry_after,
        _ => None,
    };
    may_pass.then_some(Transient { retry_after, is_silent: matches!(error, Error::Timeout { .. }) })
}

/// What can be done about a server beside trying again.
fn remedies(server: &Server<'_>, code: Code) -> Option<Remedy> {
    let is_elsewhere = matches!(code, Code::Unreachable | Code::TimedOut | Code::NotVsphere);
    (server.configured && is_elsewhere).then(|| Remedy::EditAddress { vcenter: server.name.to_owned() })
}

/// Whether a server failed at something that comes before there is a session.
fn is_before_a_session(error: &Error) -> bool {
    matches!(error.call().method, "RetrieveServiceContent" | "versions" | "Login")
}

fn next_step(server: &Server<'_>, code: Code, error: &Error) -> String {
    match code {
        Code::Unreachable if matches!(error, Error::HttpStatus { status: 503, .. }) => {
            "Wait a moment, then try again. If it happens again, check the health of the vCenter.".into()
        }
        Code::InvalidValue => "Correct it and try again.".into(),
        Code::NoSession => {
            "User and password are not the problem. Wait a moment, or end unused sessions (in the vSphere \
             Client under Administration, or by restarting the program that leaves them open), then try \
             again."
                .into()
        }
        Code::TimedOut if !is_before_a_session(error) => {
            "Try again. A large or remote vCenter may need a longer timeout, which its configuration sets."
                .into()
        }
        Code::Unreachable | Code::TimedOut => {
            "Check host name, port and network, and that the vCenter is up, then try again.".into()
        }
        Code::NotVsphere if matches!(error, Error::Unsupported { .. }) => {
            "Only its version was requested. Upgrade it, or add the vCenter that manages it.".into()
        }
        Code::NotVsphere => "Check host name and port: vCenter and ESXi use TLS, usually on port 443.".into(),
        Code::NoPermission => {
            format!(
                "Assign {} the Read-only role on the root folder of the vCenter, with propagation.",
                server.user
            )
        }
        _ => "Try again. If it happens again, check the health of the vCenter.".into(),
    }
}

fn untrusted(server: &Server<'_>, certificate: &vsphere::Certificate, reason: &str) -> ApiError {
    let shown = self::certificate(certificate);
    let address = server.address();
    let message = format!("the certificate of {address} is not trusted: {reason}");
    let vcenter = server.configured.then(|| server.name.to_owned());
    let approve = Remedy::ApproveCertificate { vcenter: vcenter.clone(), sha256: shown.sha256.clone() };
    let (message, next, better) = match server.trust {
        Trust::Pin { sha256 } => (
            format!("{message}\n  pinned:    SHA-256 {sha256}\n  presented: SHA-256 {}", shown.sha256),
            LOOK_AT_THE_SERVER.to_owned(),
            None,
        ),
        Trust::System | Trust::Ca { .. } => (message, compare(&shown), Some(Remedy::TrustCa { vcenter })),
    };
    ApiError {
        certificate: Some(Box::new(shown)),
        ..ApiError::new(Code::UntrustedCertificate, message).next(next).remedy(approve).remedies(better)
    }
}

/// What to do about a certificate that nothing vouches for.
pub(crate) fn compare(shown: &Certificate) -> String {
    format!(
        "Compare the fingerprint with the one on the server itself (SHA-256 {}, issued by {}). Trust it only if they match. \
         Better: trust its CA.",
        shown.sha256, shown.issuer
    )
}

/// A certificate as users see it.
pub(crate) fn certificate(certificate: &vsphere::Certificate) -> Certificate {
    Certificate {
        sha256: contract::words::hex(&certificate.sha256),
        subject: certificate.subject.clone(),
        issuer: certificate.issuer.clone(),
        names: certificate.names.clone(),
        not_before: Time(certificate.not_before),
        not_after: Time(certificate.not_after),
    }
}

/// Another server than the one that was configured.
pub(crate) fn different(vcenter: &VcenterRecord, found: &str) -> ApiError {
    different_at(vcenter, &address(&vcenter.vcenter.host, vcenter.vcenter.port), found)
}

/// The same at an address that is not the configured one.
pub(crate) fn different_at(vcenter: &VcenterRecord, address: &str, found: &str) -> ApiError {
    let v = &vcenter.vcenter;
    let known = v.instance_uuid.as_deref().unwrap_or("unknown");
    is_another(
        vcenter,
        &format!(
            "a different vCenter responds at {address}: its instance id is {found}, that of {} is {known}",
            v.name
        ),
    )
}

/// A server without an instance id where one with an id is configured.
pub(crate) fn unidentified(vcenter: &VcenterRecord, known: &str) -> ApiError {
    let v = &vcenter.vcenter;
    let address = address(&v.host, v.port);
    let said = match vcenter.is_host() {
        true => format!("the server at {address} reports no instance id; that of {} is {known}", v.name),
        false => format!(
            "the server at {address} is an ESXi host or reports no instance id; {} is a vCenter with the id \
             {known}",
            v.name
        ),
    };
    is_another(vcenter, &said)
}

fn is_another(vcenter: &VcenterRecord, said: &str) -> ApiError {
    let v = &vcenter.vcenter;
    ApiError::new(Code::DifferentVcenter, format!("{said}; nothing was changed"))
        .next(format!(
            "If {} moved, correct its address. If it was reinstalled, remove it and add it again.",
            v.name
        ))
        .remedy(Remedy::EditAddress { vcenter: v.name.clone() })
}

/// What was asked for while everything ends.
pub(crate) fn closing() -> ApiError {
    ApiError::new(Code::Cancelled, "Muster is closing").next("Start it again.")
}

fn lacks_password(credential: &str, remedy: Remedy) -> ApiError {
    ApiError::new(Code::NoPassword, format!("no password is available for the credential \"{credential}\""))
        .next(format!(
            "Enter it once; it is stored in the keychain. Without a keychain, put it into the file \
             $CREDENTIALS_DIRECTORY/{credential}, or enter it each time Muster asks for it."
        ))
        .remedy(remedy)
}

/// A failure of the places where passwords are.
pub(crate) fn secrets(credential: &str, error: &secrets::Error) -> ApiError {
    match error {
        secrets::Error::KeychainLocked => ApiError::new(
            Code::KeychainLocked,
            format!("the keychain with the password of \"{credential}\" is locked"),
        )
        .next("Unlock it by logging in to the desktop, then try again."),
        other => {
            let message = format!("the password of \"{credential}\" could not be read: {}", chain(other));
            let error = ApiError::new(Code::NoPassword, message);
            match other {
                secrets::Error::UnusableFile { path, .. } => error.next(format!(
                    "Write the password into {} as one line of UTF-8 text, then try again.",
                    path.display()
                )),
                secrets::Error::File { path, .. } => error.next(format!(
                    "Make {} a regular file that the user who runs Muster may read, then try again.",
                    path.display()
                )),
                secrets::Error::UnfitHelper { .. }
                | secrets::Error::HelperNotStarted { .. }
                | secrets::Error::HelperFailed { .. }
                | secrets::Error::HelperTimedOut { .. }
                | secrets::Error::UnusablePrint { .. } => error.next(helper_step(other)),
                secrets::Error::UnsafeName { .. } => {
                    error.next("Unset $CREDENTIALS_DIRECTORY to use the password in the keychain.")
                }
                _ => error.next("Check the keychain, then try again.").remedy(Remedy::RunDoctor),
            }
        }
    }
}

/// What to do about a helper.
fn helper_step(error: &secrets::Error) -> &'static str {
    match error {
        secrets::Error::UnfitHelper { problem: Unfit::WritableByOthers | Unfit::OfSomebodyElse, .. } => {
            "Whoever can change it can have anything done as this user. Let only root or this user own and write it, \
             and let not everybody write into the folders that lead to it."
        }
        secrets::Error::UnfitHelper { problem: Unfit::NotExecutable, .. } => "Make it executable: chmod u+x.",
        secrets::Error::UnfitHelper { .. } | secrets::Error::HelperNotStarted { .. } => {
            "Name a program by its absolute path; it is run without a shell."
        }
        secrets::Error::UnusablePrint { .. } => {
            "It must print the password and nothing else, as one line of UTF-8 text, to its standard output."
        }
        _ => {
            "Run it in a terminal as the user that runs Muster. It must print the password without asking for anything, \
             and end with exit code 0."
        }
    }
}

/// A failure of a helper that is about to be stored.
pub(crate) fn unfit_helper(error: &secrets::Error) -> ApiError {
    ApiError::new(Code::InvalidValue, chain(error)).next(helper_step(error))
}

/// A failure of the database.
#[expect(clippy::needless_pass_by_value, reason = "it stands in map_err")]
pub(crate) fn store(error: store::Error) -> ApiError {
    let (code, message, next, remedy): (_, String, String, _) = match &error {
        store::Error::NameTaken { name } => (
            Code::AlreadyExists,
            format!("the name \"{name}\" is taken"),
            "Choose another name; names are not case-sensitive.".into(),
            None,
        ),
        store::Error::SameVcenter { name } => (
            Code::AlreadyExists,
            format!("this is the same vCenter as \"{name}\""),
            format!("Use \"{name}\", or change its address."),
            Some(Remedy::EditAddress { vcenter: name.clone() }),
        ),
        store::Error::InUse { vcenters } => (
            Code::InUse,
            format!("the credential is used by {}", vcenters.join(", ")),
            ANOTHER_CREDENTIAL.into(),
            Some(Remedy::ChangeCredential),
        ),
        store::Error::Named { policies } => (
            Code::InUse,
            format!("policies deliver to the destination: {}", policies.join(", ")),
            "Change or remove these policies first.".into(),
            None,
        ),
        store::Error::AnotherKind => (
            Code::InvalidValue,
            "a destination stays what it is: a mail server, a webhook or a folder".into(),
            "Add another destination.".into(),
            None,
        ),
        store::Error::Running { operation } => (
            Code::InUse,
            format!("operation {operation} is running on the vCenter"),
            "Wait for it to finish, or cancel it, then try again.".into(),
            Some(Remedy::CancelOperation { operation: operation.clone() }),
        ),
        store::Error::Stale { .. } => (
            Code::ChangedMeanwhile,
            "the vCenter was changed elsewhere in the meantime".into(),
            "Look at the current version, then make your change again if it is still needed.".into(),
            None,
        ),
        store::Error::NotFound { what, id } => {
            (Code::NotFound, format!("there is no {what} \"{id}\""), CHOOSE.into(), Some(list_of(what)))
        }
        store::Error::Ambiguous { what, prefix } => (
            Code::InvalidValue,
            format!("\"{prefix}\" matches more than one {what}"),
            "Enter more of the id.".into(),
            Some(list_of(what)),
        ),
        store::Error::ClaimLost { .. } => {
            let message = "another process took over the operation".into();
            (Code::Interrupted, message, "Start it again.".into(), None)
        }
        _ => return database(&error),
    };
    ApiError::new(code, message).next(next).remedies(remedy)
}

/// What to do about vCenters whose credential is in the way.
pub(crate) const ANOTHER_CREDENTIAL: &str = "Give what uses it another credential first.";

const CHOOSE: &str = "It may have been removed: look at those that there are.";

fn list_of(what: &str) -> Remedy {
    let of = match what {
        "vCenter" => Noun::Vcenter,
        "credential" => Noun::Credential,
        "schedule" => Noun::Schedule,
        "policy" => Noun::Policy,
        "destination" => Noun::Destination,
        _ => Noun::Operation,
    };
    Remedy::List { of }
}

/// A failure of the database itself, or of what is beside it.
fn database(error: &store::Error) -> ApiError {
    match error {
        store::Error::DiskFull { path, free, needed, .. } => return disk_full(path, *free, *needed),
        store::Error::ReadOnly { path, reason, .. } => return read_only(path, reason),
        store::Error::Io { path, source, .. } if error.is_unwritable() => {
            return read_only(path, &root_words(source));
        }
        _ => {}
    }
    let (code, next, remedy) = match error {
        store::Error::Io { .. } => (
            Code::InvalidValue,
            "Check its permissions and the free space on its disk, or use another data folder.",
            Some(Remedy::ChooseDataFolder),
        ),
        store::Error::Busy { .. } => (
            Code::Database,
            "Another Muster process is busy or not responding: wait for it or end it, then try again.",
            None,
        ),
        store::Error::Locked { .. } => (
            Code::Database,
            "Close it, then try again: this release upgrades the database, which no other process may use \
             meanwhile.",
            None,
        ),
        store::Error::NewerSchema { .. } => (
            Code::Database,
            "Update Muster on this machine, or use another data folder.",
            Some(Remedy::ChooseDataFolder),
        ),
        store::Error::NotMuster { .. } => (
            Code::Database,
            "Nothing was changed in it. Move the file away, or use another data folder.",
            Some(Remedy::ChooseDataFolder),
        ),
        store::Error::Corrupt { .. } => (
            Code::Database,
            "Keep a copy of the data folder, move muster.db away, add the vCenters again and sync; or \
             restore a backup.",
            None,
        ),
        store::Error::Migration { .. } | store::Error::Dangling { .. } => {
            (Code::Database, "Nothing was changed. Keep using the previous release, and report this.", None)
        }
        store::Error::Incomplete { .. } => {
            (Code::Database, "Nothing was changed. Sync again; if it happens again, report this.", None)
        }
        _ => (
            Code::Database,
            "Try again. If it happens again, have the database checked.",
            Some(Remedy::RunDoctor),
        ),
    };
    ApiError::new(code, chain(error)).next(next).remedies(remedy)
}

/// A disk that is full: where, what is free, and what is needed, as far as that is known.
fn disk_full(path: &Path, free: Option<u64>, needed: Option<u64>) -> ApiError {
    let free = free.map(|free| format!(" ({} free)", store::in_words(free))).unwrap_or_default();
    let needed = needed.map(|bytes| format!(", up to {}", store::in_words(bytes))).unwrap_or_default();
    let path = path.display();
    ApiError::new(Code::Database, format!("the disk of {path} is full{free}; nothing was changed"))
        .next(format!("Free up space on that disk{needed}, then try again."))
}

/// A folder that can't be written.
fn read_only(path: &Path, reason: &str) -> ApiError {
    let path = path.display();
    ApiError::new(Code::Database, format!("{path} can't be written to: {reason}; nothing was changed"))
        .next("Check the permissions of the folder and how its disk is mounted, or use another data folder.")
        .remedy(Remedy::ChooseDataFolder)
}

/// An error with its causes, in one line.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let words = cause.to_string();
        if !text.contains(&words) {
            let _ = write!(text, ": {words}");
        }
        source = cause.source();
    }
    text
}

/// The innermost cause, which for connections is the operating system's word.
fn root_cause(error: &(dyn std::error::Error + 'static)) -> String {
    format!(" ({})", root_words(error))
}

fn root_words(error: &(dyn std::error::Error + 'static)) -> String {
    let mut cause = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    without_number(&cause.to_string()).to_owned()
}

/// The operating system's words without their number, which says nothing that they don't.
fn without_number(words: &str) -> &str {
    words.split_once(" (os error ").map_or(words, |(words, _)| words)
}
