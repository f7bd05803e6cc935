//! Says in words for users what went wrong below: what, where, and what to do next.
//! Refuses to pass on the text of a lower layer without saying what it means.

use contract::{ApiError, Certificate, Code, Time, Trust, Vcenter};
use std::fmt::Write;
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
}

impl<'a> From<&'a VcenterRecord> for Server<'a> {
    fn from(record: &'a VcenterRecord) -> Server<'a> {
        let Vcenter { name, host, port, user, credential, .. } = &record.vcenter;
        Server { name, host, port: *port, user, credential, trust: &record.trust, configured: true }
    }
}

impl Server<'_> {
    /// `host:port`, an IPv6 address in brackets.
    pub(crate) fn address(&self) -> String {
        address(self.host, self.port)
    }
}

/// `host:port`, an IPv6 address in brackets.
pub(crate) fn address(host: &str, port: u16) -> String {
    if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
}

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
        Error::Resolve { .. } => (Code::Unreachable, format!("the name {} does not resolve", server.host)),
        Error::Unreachable { source, .. } => {
            (Code::Unreachable, format!("nothing answers at {address}{}", root_cause(&**source)))
        }
        Error::Interrupted { .. } => (Code::Unreachable, format!("{address} broke the connection off")),
        Error::Timeout { after, .. } => {
            (Code::TimedOut, format!("{address} did not answer within {} s", after.as_secs()))
        }
        Error::Untrusted { certificate, reason, .. } => return untrusted(&server, certificate, reason),
        Error::BadHandshake { detail, .. } => {
            (Code::NotVsphere, format!("{address} does not speak TLS as a vCenter does: {detail}"))
        }
        Error::NotVsphere { status, content_type, .. } => (
            Code::NotVsphere,
            format!("{address} answers, but is not a vCenter or ESXi host (status {status}, {content_type})"),
        ),
        Error::HttpStatus { status, .. } => {
            (Code::Unreachable, format!("{address} answers with HTTP status {status}"))
        }
        Error::InvalidLogin { .. } => {
            (Code::LoginRejected, format!("{address} rejected the login of {}", server.user))
        }
        Error::NotAuthenticated { .. } => {
            (Code::Failed, format!("{address} ended the session, and ended the next one too"))
        }
        Error::NoPermission { .. } => {
            (Code::NoPermission, format!("{} lacks a privilege: {error}", server.user))
        }
        Error::Truncated { .. } => (Code::BadAnswer, format!("the answer of {address} broke off")),
        Error::InvalidProperty { .. }
        | Error::ManagedObjectNotFound { .. }
        | Error::Fault { .. }
        | Error::Malformed { .. }
        | Error::TooLarge { .. }
        | Error::TooDeep { .. }
        | Error::Spent { .. } => {
            (Code::BadAnswer, format!("{address} gave an answer that can't be used: {error}"))
        }
    };
    ApiError::new(code, message).next(next_step(&server, code, error))
}

fn next_step(server: &Server<'_>, code: Code, error: &Error) -> String {
    match code {
        Code::InvalidValue => "Correct it and try again.".into(),
        Code::Unreachable if matches!(error, Error::HttpStatus { status: 503, .. }) => {
            "Its services may still be starting, or it has no session left: look at the vCenter, then try again.".into()
        }
        Code::Unreachable | Code::TimedOut => {
            "Check host name, port and network, and that the vCenter is up, then try again.".into()
        }
        Code::NotVsphere => "Check host name and port: vCenter and ESXi answer with TLS, usually on port 443.".into(),
        Code::LoginRejected if server.configured => format!(
            "Nothing logs in with it again until it is changed: musterctl credential set \"{}\" --user \"{}\". On a \
             vCenter with federated login (ADFS, Okta, MFA) use a local or directory account.",
            server.credential, server.user
        ),
        Code::LoginRejected => {
            "Check user and password, then add it again; nothing was stored. On a vCenter with federated login (ADFS, \
             Okta, MFA) use a local or directory account."
                .into()
        }
        Code::NoPermission => {
            format!("Give {} the role Read-only on the root folder of the vCenter, with propagation.", server.user)
        }
        _ => "Try again. If it happens again, look at the health of the vCenter itself.".into(),
    }
}

fn untrusted(server: &Server<'_>, certificate: &vsphere::Certificate, reason: &str) -> ApiError {
    let shown = self::certificate(certificate);
    let address = server.address();
    let mut message = format!("the certificate of {address} is not trusted: {reason}");
    if let Trust::Pin { sha256 } = server.trust {
        let _ = write!(message, "; pinned is SHA-256 {sha256}, it shows {}", shown.sha256);
    }
    let how = if server.configured {
        format!("musterctl vcenter edit \"{}\" --pin {}", server.name, shown.sha256)
    } else {
        format!("--pin {}", shown.sha256)
    };
    let next = format!(
        "Compare the fingerprint with the one on the server itself (SHA-256 {}, issued by {}), and only if it is the \
         same, trust it: {how}. Better, trust its CA with --ca-file.",
        shown.sha256, shown.issuer
    );
    ApiError {
        certificate: Some(Box::new(shown)),
        ..ApiError::new(Code::UntrustedCertificate, message).next(next)
    }
}

/// A certificate as users see it.
pub(crate) fn certificate(certificate: &vsphere::Certificate) -> Certificate {
    Certificate {
        sha256: hex(&certificate.sha256),
        subject: certificate.subject.clone(),
        issuer: certificate.issuer.clone(),
        names: certificate.names.clone(),
        not_before: Time(certificate.not_before),
        not_after: Time(certificate.not_after),
    }
}

/// Another server than the one that was configured.
pub(crate) fn different(vcenter: &VcenterRecord, found: &str) -> ApiError {
    let v = &vcenter.vcenter;
    let known = v.instance_uuid.as_deref().unwrap_or("unknown");
    ApiError::new(
        Code::DifferentVcenter,
        format!(
            "another vCenter answers at {}: its instance id is {found}, that of {} is {known}; nothing was changed",
            address(&v.host, v.port),
            v.name
        ),
    )
    .next(format!(
        "If {} moved, correct its address: musterctl vcenter edit \"{}\" --host HOST. If it was installed anew, remove it \
         and add it again.",
        v.name, v.name
    ))
}

/// A credential that some vCenter rejected earlier.
pub(crate) fn rejected_before<'a>(server: impl Into<Server<'a>>, at: Time) -> ApiError {
    let server = server.into();
    ApiError::new(
        Code::LoginRejected,
        format!(
            "the credential \"{}\" ({}) was rejected at {at}; it was not tried again, since that could lock the account",
            server.credential, server.user
        ),
    )
    .next(format!(
        "Change its password: musterctl credential set \"{}\" --password-stdin. If it was right after all: musterctl test \
         --retry-login VCENTER.",
        server.credential
    ))
}

/// No password in any of the places where it could be.
pub(crate) fn no_password(credential: &str) -> ApiError {
    ApiError::new(Code::NoPassword, format!("there is no password at hand for the credential \"{credential}\"")).next(
        format!(
            "Store it: musterctl credential set \"{credential}\" --password-stdin. Without a keychain, put it into the file \
             $CREDENTIALS_DIRECTORY/{credential}, or run the command on a terminal and type it."
        ),
    )
}

/// A failure of the places where passwords are.
pub(crate) fn secrets(credential: &str, error: &secrets::Error) -> ApiError {
    match error {
        secrets::Error::KeychainLocked => ApiError::new(
            Code::KeychainLocked,
            format!("the keychain with the password of \"{credential}\" is locked"),
        )
        .next("Unlock it by logging in to the desktop, then try again."),
        other => ApiError::new(
            Code::NoPassword,
            format!("the password of \"{credential}\" could not be read: {other}"),
        )
        .next("Run musterctl doctor: it says how the keychain is."),
    }
}

/// A failure of the database.
#[expect(clippy::needless_pass_by_value, reason = "it stands in map_err")]
pub(crate) fn store(error: store::Error) -> ApiError {
    use store::Error as Store;
    match &error {
        Store::NameTaken { name } => {
            ApiError::new(Code::AlreadyExists, format!("the name \"{name}\" is taken"))
                .next("Choose another name: names are the same without regard to case.")
        }
        Store::SameVcenter { name } => {
            ApiError::new(Code::AlreadyExists, format!("this is the same vCenter as \"{name}\"")).next(
                format!(
                    "Use \"{name}\", or change its address: musterctl vcenter edit \"{name}\" --host HOST."
                ),
            )
        }
        Store::NotFound { what, id } => ApiError::new(Code::NotFound, format!("there is no {what} \"{id}\"")),
        Store::ClaimLost { .. } => {
            ApiError::new(Code::Interrupted, "another process took the operation over")
                .next("Start it again.")
        }
        _ => ApiError::new(Code::Database, chain(&error))
            .next("Run musterctl doctor: it looks at the database."),
    }
}

/// The bytes of a SHA-256 fingerprint, written with or without colons.
pub(crate) fn fingerprint(text: &str) -> Result<[u8; 32], ApiError> {
    let digits: String = text.chars().filter(|c| *c != ':' && !c.is_whitespace()).collect();
    let digits =
        digits.strip_prefix("sha256").or(digits.strip_prefix("SHA256")).unwrap_or(&digits).to_owned();
    let mut bytes = [0; 32];
    let well_formed = digits.len() == 64 && digits.bytes().all(|b| b.is_ascii_hexdigit());
    if !well_formed {
        return Err(ApiError::new(Code::InvalidValue, format!("\"{text}\" is not a SHA-256 fingerprint"))
            .next("It has 64 hexadecimal digits, with or without colons; musterctl vcenter probe HOST shows it."));
    }
    for (byte, pair) in bytes.iter_mut().zip(digits.as_bytes().chunks(2)) {
        *byte =
            std::str::from_utf8(pair).ok().and_then(|pair| u8::from_str_radix(pair, 16).ok()).unwrap_or(0);
    }
    Ok(bytes)
}

/// Bytes as lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
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
    let mut cause = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    format!(" ({cause})")
}
