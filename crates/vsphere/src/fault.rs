//! Turns a SOAP fault into an error.
//! Refuses to take a rejected login for anything milder: whatever answers a login and isn't the server's own failure
//! counts as a rejection, because trying on locks the account.

use reach::Call;

use crate::{
    error::{Error, Refusal},
    value::Value,
};

/// Faults that say nothing about user name and password: vSphere's runtime faults, and what a server says of requests that
/// it doesn't know. Any other name that answers a login is a rejection.
const SERVERS_OWN: [&str; 27] = [
    "ConcurrentAccess",
    "DatabaseError",
    "HostCommunication",
    "HostConnectFault",
    "HostNotConnected",
    "HostNotReachable",
    "InsufficientResourcesFault",
    "InvalidArgument",
    "InvalidLocale",
    "InvalidRequest",
    "InvalidState",
    "InvalidType",
    "LicenseServerUnavailable",
    "LimitExceeded",
    "ManagedObjectNotFound",
    "MethodAlreadyDisabledFault",
    "MethodDisabled",
    "MethodNotFound",
    "NotEnoughLicenses",
    "NotImplemented",
    "NotSupported",
    "OutOfBounds",
    "RequestCanceled",
    "RuntimeFault",
    "SystemError",
    "Timedout",
    "UnexpectedFault",
];

/// The error of a method that was answered by a fault (`faultstring`, `detail`).
pub(crate) fn error(call: &Call, fault: &Value) -> Error {
    let call = call.clone();
    let message = || fault.field("faultstring").and_then(Value::as_str).unwrap_or_default().trim().to_owned();
    let Some((element, detail)) = detail(fault) else {
        return Error::Fault { call, name: "Fault".into(), message: message() };
    };
    let name = detail.type_name().unwrap_or_else(|| element.strip_suffix("Fault").unwrap_or(element));
    let text = |field: &str| detail.field(field).and_then(Value::as_str).map(|text| text.trim().to_owned());
    let moref = |field: &str| detail.field(field).and_then(Value::as_ref).cloned();
    match name {
        // The others extend it.
        "InvalidLogin" | "PasswordExpired" | "InvalidClientCertificate" => {
            let refusal = match name {
                "InvalidClientCertificate" => Refusal::Other,
                _ => refusal(name, &message()).unwrap_or(Refusal::UserOrPassword),
            };
            Error::InvalidLogin { call, refusal, message: message() }
        }
        "NotAuthenticated" => Error::NotAuthenticated { call },
        "NoPermission" => {
            Error::NoPermission { call, object: moref("object"), privilege: text("privilegeId") }
        }
        // The second is how govmomi's simulator spells it.
        "InvalidProperty" | "InvalidPropertyFault" => {
            Error::InvalidProperty { call, name: text("name").unwrap_or_default() }
        }
        "ManagedObjectNotFound" => Error::ManagedObjectNotFound { call, moref: moref("obj") },
        name if call.method == "Login" && (name == "LimitExceeded" || is_about_sessions(&message())) => {
            Error::NoSession { call, message: message() }
        }
        // Of these only two are so general that what a server says may be about the account.
        name if call.method == "Login"
            && SERVERS_OWN.contains(&name)
            && !matches!(name, "SystemError" | "RuntimeFault") =>
        {
            Error::Fault { call, name: name.to_owned(), message: message() }
        }
        name if call.method == "Login" => {
            let in_words = || match message() {
                words if words.is_empty() => name.to_owned(),
                words => format!("{name}: {words}"),
            };
            match refusal(name, &message()) {
                Some(refusal) => Error::InvalidLogin { call, refusal, message: in_words() },
                None if SERVERS_OWN.contains(&name) => {
                    Error::Fault { call, name: name.to_owned(), message: message() }
                }
                None => Error::InvalidLogin { call, refusal: Refusal::Other, message: in_words() },
            }
        }
        name => Error::Fault { call, name: name.to_owned(), message: message() },
    }
}

/// What a rejected login says of the account, in its name or in its words: vCenter has one fault for most of it, and what
/// its directory says stands in the text.
fn refusal(name: &str, message: &str) -> Option<Refusal> {
    let said = words(message);
    let has = |any: &[&str]| said.iter().any(|word| any.contains(&&**word));
    let must_be_changed = || said.windows(3).any(|three| three == ["must", "be", "changed"]);
    let of_account = has(&["account", "user", "username", "password", "login"]);
    if name.contains("Locked") || (of_account && has(&["locked", "lockout"])) {
        Some(Refusal::AccountLocked)
    } else if name == "PasswordExpired" || (has(&["password"]) && (has(&["expired"]) || must_be_changed())) {
        Some(Refusal::PasswordExpired)
    } else if has(&["account", "user", "username"]) && has(&["disabled", "deactivated", "expired"]) {
        Some(Refusal::AccountDisabled)
    } else {
        None
    }
}

/// Whether a server says that it has no session left.
fn is_about_sessions(message: &str) -> bool {
    let said = words(message);
    let has = |any: &[&str]| said.iter().any(|word| any.contains(&&**word));
    let too_many = || said.windows(2).any(|two| two == ["too", "many"] || two == ["no", "more"]);
    has(&["session", "sessions"]) && (has(&["maximum", "limit", "limits", "exceeded"]) || too_many())
}

/// Its words: a login that a policy blocked is not a locked one.
fn words(message: &str) -> Vec<String> {
    let words = message.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_lowercase).collect()
}

fn detail(fault: &Value) -> Option<(&str, &Value)> {
    match fault.field("detail")? {
        Value::Struct { fields, .. } => fields.first().map(|(name, value)| (&**name, value)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parser::{Limits, parse_document};

    fn fault(body: &[u8]) -> Error {
        let (_, root) = parse_document(body, Limits::default()).unwrap();
        let call = Call::new("RetrievePropertiesEx", "vc.example.com".into());
        error(&call, root.field("Body.Fault").unwrap())
    }

    #[test]
    fn each_recorded_fault_is_its_own_error() {
        let login = fault(include_bytes!("../tests/recorded/fault_invalid_login.xml"));
        assert!(matches!(login, Error::InvalidLogin { .. }));
        let session = fault(include_bytes!("../tests/recorded/fault_not_authenticated.xml"));
        assert!(matches!(session, Error::NotAuthenticated { .. }));
        let gone = fault(include_bytes!("../tests/recorded/fault_not_found.xml"));
        assert_eq!(
            gone.to_string(),
            "RetrievePropertiesEx on vc.example.com failed: HostSystem:host-99999 does not exist"
        );
        let token = fault(include_bytes!("../tests/recorded/fault_bad_token.xml"));
        assert!(matches!(token, Error::InvalidProperty { name, .. } if name == "token"));
        let method = fault(include_bytes!("../tests/recorded/fault_method_not_found.xml"));
        assert!(matches!(method, Error::Fault { name, .. } if name == "MethodNotFound"));
    }

    #[test]
    fn a_login_that_is_answered_by_a_fault_is_rejected_unless_the_server_itself_failed() {
        let answered = |method, name: &str| {
            let text = String::from_utf8_lossy(include_bytes!("../tests/recorded/fault_invalid_login.xml"))
                .replace("InvalidLogin", name);
            let (_, root) = parse_document(text.as_bytes(), Limits::default()).unwrap();
            error(&Call::new(method, "vc.example.com".into()), root.field("Body.Fault").unwrap())
        };
        for method in ["Login", "CurrentTime"] {
            for (name, refusal) in [
                ("InvalidLogin", Refusal::UserOrPassword),
                ("PasswordExpired", Refusal::PasswordExpired),
                ("InvalidClientCertificate", Refusal::Other),
            ] {
                let error = answered(method, name);
                assert!(
                    matches!(error, Error::InvalidLogin { refusal: found, .. } if found == refusal),
                    "{error:?}"
                );
                let words = format!("{method} on vc.example.com refused: {refusal} (Login failure)");
                assert_eq!(error.to_string(), words);
            }
        }
        let error = answered("Login", "BadWeather");
        assert_eq!(
            error.to_string(),
            "Login on vc.example.com refused: the login is not accepted (BadWeather: Login failure)"
        );
        assert!(matches!(answered("CurrentTime", "AccountLocked"), Error::Fault { .. }));
        for name in ["SystemError", "RuntimeFault", "HostCommunication"] {
            assert!(matches!(answered("Login", name), Error::Fault { .. }), "{name}");
        }
        assert!(matches!(answered("Login", "NoPermission"), Error::NoPermission { .. }));
    }

    #[test]
    fn what_a_server_says_of_an_account_is_told_apart() {
        let said = |name: &str, words: &str| {
            let text = String::from_utf8_lossy(include_bytes!("../tests/recorded/fault_invalid_login.xml"))
                .replace("InvalidLogin", name)
                .replace("Login failure", words);
            let (_, root) = parse_document(text.as_bytes(), Limits::default()).unwrap();
            error(&Call::new("Login", "vc.example.com".into()), root.field("Body.Fault").unwrap())
        };
        for (name, words, expected) in [
            (
                "InvalidLogin",
                "Cannot complete login due to an incorrect user name or password.",
                Refusal::UserOrPassword,
            ),
            (
                "InvalidLogin",
                "User account is locked. Please contact your administrator.",
                Refusal::AccountLocked,
            ),
            ("AccountLocked", "Login failure", Refusal::AccountLocked),
            (
                "SystemError",
                "A general system error occurred: the account has been locked for 900 seconds",
                Refusal::AccountLocked,
            ),
            ("InvalidLogin", "User password expired.", Refusal::PasswordExpired),
            ("RuntimeFault", "The password of the user has expired", Refusal::PasswordExpired),
            ("InvalidLogin", "The user account is disabled.", Refusal::AccountDisabled),
            ("SomethingNew", "The account has expired", Refusal::AccountDisabled),
            ("SomethingNew", "for a reason of its own", Refusal::Other),
            ("SomethingNew", "The login of this user was blocked by policy", Refusal::Other),
            ("InvalidLogin", "The login of this user was blocked by policy", Refusal::UserOrPassword),
            ("SomethingNew", "The account is locked-out", Refusal::AccountLocked),
            ("RuntimeFault", "The password must be changed", Refusal::PasswordExpired),
        ] {
            let error = said(name, words);
            let is_told = matches!(&error, Error::InvalidLogin { refusal, .. } if *refusal == expected);
            assert!(is_told, "{name} {words}: {error:?}");
            assert!(error.to_string().contains(words), "{error}");
        }
        for (name, words) in [
            ("LimitExceeded", "Login failure"),
            ("InvalidState", "The maximum number of sessions has been reached"),
            ("SystemError", "Too many sessions for this user"),
        ] {
            assert!(matches!(said(name, words), Error::NoSession { .. }), "{name} {words}");
        }
        // Whatever they say, they are of the server and never of the account.
        for name in SERVERS_OWN.iter().filter(|name| !["SystemError", "RuntimeFault"].contains(name)) {
            let error = said(name, "The user account is locked, disabled, and its password has expired");
            assert!(!matches!(error, Error::InvalidLogin { .. }), "{name}: {error:?}");
        }
        // Nothing about the account: neither a locked file nor a session that is over.
        for words in
            ["the file is locked", "the method is disabled", "the session has ended", "login blocked"]
        {
            assert!(matches!(said("SystemError", words), Error::Fault { .. }), "{words}");
        }
    }

    #[test]
    fn no_permission_names_object_and_privilege() {
        let error = fault(include_bytes!("../tests/written/fault_no_permission.xml"));
        assert_eq!(
            error.to_string(),
            "RetrievePropertiesEx on vc.example.com refused: no permission on Folder:group-d1 (needs System.View)"
        );
    }

    #[test]
    fn an_unknown_property_is_named() {
        let error = fault(include_bytes!("../tests/written/fault_invalid_property.xml"));
        assert!(matches!(error, Error::InvalidProperty { name, .. } if name == "runtime.quarantineMode"));
    }

    #[test]
    fn a_fault_without_a_type_is_named_after_its_element() {
        let error = fault(include_bytes!("../tests/written/fault_without_type.xml"));
        assert_eq!(
            error.to_string(),
            "RetrievePropertiesEx on vc.example.com failed: HostCommunication: too busy"
        );
    }
}
