//! Turns a SOAP fault into an error.
//! Refuses to take a rejected login for anything milder: whatever answers a login and isn't the server's own failure
//! counts as a rejection, because trying on locks the account.

use crate::{
    error::{Call, Error},
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
        "InvalidLogin" => Error::InvalidLogin { call, reason: None },
        // Both extend InvalidLogin.
        "PasswordExpired" => Error::InvalidLogin { call, reason: Some("the password has expired".into()) },
        "InvalidClientCertificate" => {
            Error::InvalidLogin { call, reason: Some("the client certificate is not accepted".into()) }
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
        name if call.method == "Login" && !SERVERS_OWN.contains(&name) => {
            Error::InvalidLogin { call, reason: Some(format!("{name}: {}", message())) }
        }
        name => Error::Fault { call, name: name.to_owned(), message: message() },
    }
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
            for (name, words) in [
                ("InvalidLogin", "user name or password is not accepted"),
                ("PasswordExpired", "the password has expired"),
                ("InvalidClientCertificate", "the client certificate is not accepted"),
            ] {
                let error = answered(method, name);
                assert!(matches!(error, Error::InvalidLogin { .. }), "{error:?}");
                assert_eq!(error.to_string(), format!("{method} on vc.example.com refused: {words}"));
            }
        }
        let error = answered("Login", "AccountLocked");
        assert_eq!(error.to_string(), "Login on vc.example.com refused: AccountLocked: Login failure");
        assert!(matches!(error, Error::InvalidLogin { .. }));
        assert!(matches!(answered("CurrentTime", "AccountLocked"), Error::Fault { .. }));
        for name in ["SystemError", "RuntimeFault", "HostCommunication"] {
            assert!(matches!(answered("Login", name), Error::Fault { .. }), "{name}");
        }
        assert!(matches!(answered("Login", "NoPermission"), Error::NoPermission { .. }));
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
