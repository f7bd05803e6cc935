//! Logins and sessions: one login, what refuses it told apart, and every session closed.

use std::{
    sync::atomic::{AtomicU32, Ordering::SeqCst},
    time::Duration,
};

use redfish::{Error, Login};
use secrecy::SecretString;
use serde_json::json;

use crate::{
    bmc::{Bmc, Request, USER, json_reply, password, refusal, small},
    server::Reply,
};

const MINUTE: Duration = Duration::from_secs(60);
const SOON: Duration = Duration::from_secs(5);

fn is_login(request: &Request) -> bool {
    request.method == "POST"
}

/// How a login ends that is answered so by a BMC with this root.
async fn refused(oem: &'static str, reply: fn() -> Reply) -> (Error, Bmc) {
    let mut bodies = small();
    bodies.get_mut("/redfish/v1").unwrap()["Oem"] = serde_json::from_str(oem).unwrap();
    let hook = move |request: &Request| is_login(request).then(reply);
    let bmc = Bmc::start(bodies, "", std::sync::Arc::new(hook)).await;
    let visit = bmc.visit(MINUTE);
    let error = visit.login(USER, &password()).await.unwrap_err();
    assert!(matches!(visit.login(USER, &password()).await, Err(Error::Again { .. })));
    assert!(matches!(visit.read().await, Err(Error::NoLogin { .. })));
    visit.close(SOON).await.unwrap();
    assert_eq!(bmc.requests().iter().filter(|request| is_login(request)).count(), 1, "{error}");
    assert_eq!(bmc.requests().len(), 2, "the root, and the login: {error}");
    (error, bmc)
}

#[tokio::test]
async fn a_wrong_password_is_rejected_once() {
    let bmc = Bmc::with(|_| None).await;
    let visit = bmc.visit(MINUTE);
    let error = visit.login(USER, &SecretString::from("wrong")).await.unwrap_err();
    assert!(
        matches!(&error, Error::Rejected { message, .. } if message == "Invalid username or password."),
        "{error}"
    );
    assert!(error.is_refused_login() && !error.is_transient());
    visit.close(SOON).await.unwrap();
    assert_eq!((bmc.logins(), bmc.sessions()), (1, (0, 0, 0)));
}

#[tokio::test]
async fn what_refuses_a_login_is_told_apart() {
    let ilo = || refusal(401, "iLO.2.14.UnauthorizedLoginAttempt", "The login was not successful.");
    assert!(matches!(refused("{}", ilo).await.0, Error::Rejected { .. }));
    let openbmc = || {
        let words = "While accessing the resource at /x, the service received an authorization error Invalid username or password.";
        refusal(401, "Base.1.4.0.ResourceAtUriUnauthorized", words)
    };
    assert!(matches!(refused("{}", openbmc).await.0, Error::Rejected { .. }));
    // An iDRAC says so of a wrong password, and of a right one when its sessions are taken.
    let dell = || refusal(401, "IDRAC.2.5.SYS415", "The user name or the password is invalid.");
    let error = refused(r#"{"Dell":{"ServiceTag":"ABC1234"}}"#, dell).await.0;
    assert!(matches!(error, Error::NotAccepted { .. }) && error.is_refused_login(), "{error}");
    let unsure = || {
        let words = "The authentication credentials included with this request are missing or invalid.";
        refusal(401, "Base.1.18.AccessDenied", words)
    };
    assert!(matches!(refused("{}", unsure).await.0, Error::NotAccepted { .. }));
    let silent = || Reply::Answer(401, "", Vec::new());
    assert!(matches!(refused("{}", silent).await.0, Error::NotAccepted { .. }));
    let page =
        || Reply::Answer(401, "Content-Type: text/html\r\n", b"<html>invalid password</html>".to_vec());
    assert!(matches!(refused("{}", page).await.0, Error::NotAccepted { .. }));
}

#[tokio::test]
async fn sessions_that_are_taken_say_nothing_about_the_password() {
    for reply in [
        || refusal(503, "IDRAC.2.4.RAC0218", "The maximum number of user sessions is reached."),
        || refusal(503, "Base.1.8.SessionLimitExceeded", "Maximum sessions reached"),
        || refusal(401, "X.1.0.Y", "Too many sessions"),
        || refusal(400, "Base.1.4.SessionLimitExceeded", "The session establishment failed."),
    ] {
        let error = refused("{}", reply).await.0;
        assert!(matches!(error, Error::NoSession { .. }) && !error.is_refused_login(), "{error}");
    }
}

#[tokio::test]
async fn who_is_blocked_is_told_for_how_long() {
    let delayed = || {
        let info = json!({ "MessageId": "iLO.2.14.LoginAttemptDelayedSeconds", "MessageArgs": ["20"] });
        json_reply(401, &json!({ "error": { "@Message.ExtendedInfo": [info] } }))
    };
    let after = |error| match error {
        Error::Blocked { after, .. } => after,
        other => panic!("{other}"),
    };
    assert_eq!(after(refused("{}", delayed).await.0), Some(Duration::from_secs(20)));
    let unsaid = || refusal(401, "iLO.2.14.LoginAttemptDelayed", "The login has to wait.");
    let root = r#"{"Hpe":{"Sessions":{"LoginFailureDelay":10}}}"#;
    assert_eq!(after(refused(root, unsaid).await.0), Some(Duration::from_secs(10)));
    assert_eq!(after(refused("{}", unsaid).await.0), None);
    let locked = || {
        let body = json!({ "error": { "@Message.ExtendedInfo": [{ "Message": "The account is locked." }] } });
        Reply::Answer(401, "Retry-After: 300\r\n", body.to_string().into_bytes())
    };
    assert_eq!(after(refused("{}", locked).await.0), Some(Duration::from_secs(300)));
}

#[tokio::test]
async fn a_password_that_must_be_changed_is_no_wrong_one_and_its_session_is_closed() {
    let refusing = || refusal(403, "Base.1.8.PasswordChangeRequired", "The password must be changed.");
    assert!(matches!(refused("{}", refusing).await.0, Error::PasswordChange { .. }));
    // Some open a session all the same, in which nothing else may be done.
    let closed = std::sync::Arc::new(AtomicU32::new(0));
    let count = closed.clone();
    let bmc = Bmc::with(move |request| {
        let info = json!([{ "MessageId": "Base.1.8.PasswordChangeRequired", "Message": "The password has to be changed." }]);
        let headers = "X-Auth-Token: t\r\nLocation: https://bmc.invalid/redfish/v1/SessionService/Sessions/9\r\n";
        match (&*request.method, &*request.path) {
            ("POST", _) => {
                let body = json!({ "@Message.ExtendedInfo": info });
                Some(Reply::Answer(201, headers, body.to_string().into_bytes()))
            }
            ("DELETE", "/redfish/v1/SessionService/Sessions/9") => {
                count.fetch_add(1, SeqCst);
                Some(Reply::Answer(204, "", Vec::new()))
            }
            _ => None,
        }
    })
    .await;
    let visit = bmc.visit(MINUTE);
    let error = visit.login(USER, &password()).await.unwrap_err();
    assert!(matches!(error, Error::PasswordChange { .. }), "{error}");
    visit.close(SOON).await.unwrap();
    visit.close(SOON).await.unwrap();
    assert_eq!(closed.load(SeqCst), 1);
}

#[tokio::test]
async fn a_session_is_closed_after_an_error_too() {
    let bmc =
        Bmc::with(|request| request.path.ends_with("/Systems").then(|| Reply::Raw(b"nonsense".to_vec())))
            .await;
    let visit = bmc.visit(MINUTE);
    visit.login(USER, &password()).await.unwrap();
    visit.read().await.unwrap_err();
    assert_eq!(bmc.sessions(), (1, 0, 1));
    visit.close(SOON).await.unwrap();
    assert_eq!(bmc.sessions(), (1, 1, 0));
}

/// A login whose answer has this head and body, and then everything else; answers with what was deleted.
async fn deleted(head: &'static str, body: &'static str) -> Vec<String> {
    let bmc = Bmc::with(move |request| match &*request.method {
        "POST" => Some(Reply::Raw(
            format!("HTTP/1.1 201 Created\r\nX-Auth-Token: t\r\n{head}\r\n{body}").into_bytes(),
        )),
        "DELETE" => Some(Reply::Answer(200, "", Vec::new())),
        _ => None,
    })
    .await;
    let visit = bmc.visit(MINUTE);
    visit.login(USER, &password()).await.unwrap();
    assert_eq!(visit.login_stands().await, Login::Accepted);
    visit.close(SOON).await.unwrap();
    let all = bmc.requests().into_iter().filter(|request| request.method == "DELETE");
    all.map(|request| request.path).collect()
}

#[tokio::test]
async fn a_session_is_closed_however_its_address_is_told() {
    let at = "/redfish/v1/SessionService/Sessions/7";
    for (head, body) in [
        ("Location: /redfish/v1/SessionService/Sessions/7\r\nContent-Length: 0\r\n", ""),
        (
            "Location: https://bmc.example.com/redfish/v1/SessionService/Sessions/7\r\nContent-Length: 0\r\n",
            "",
        ),
        ("Location: Sessions/7\r\nContent-Length: 0\r\n", ""),
        ("Location: /redfish/v1/SessionService/Sessions/7?x=1\r\nContent-Length: 0\r\n", ""),
        ("Content-Length: 12\r\n", "{\"Id\": \"7\"} "),
        ("Content-Length: 57\r\n", "{\"@odata.id\": \"/redfish/v1/SessionService/Sessions/7\"}    "),
        // The body breaks off: the head is enough.
        ("Location: /redfish/v1/SessionService/Sessions/7\r\nContent-Length: 900\r\n", "{\"Id\""),
    ] {
        assert_eq!(deleted(head, body).await, [at], "{head}");
    }
}

#[tokio::test]
async fn a_login_is_not_sent_again_to_wherever_a_redirect_leads() {
    for to in ["/redfish/v1/SessionService/Sessions", "/login.html"] {
        let head: &'static str = format!("Location: {to}\r\n").leak();
        let bmc =
            Bmc::with(move |request| is_login(request).then(|| Reply::Answer(307, head, Vec::new()))).await;
        let visit = bmc.visit(MINUTE);
        assert!(matches!(visit.login(USER, &password()).await, Err(Error::Redirect { .. })));
        assert_eq!(visit.login_stands().await, Login::Sent);
        visit.close(SOON).await.unwrap();
        let sent = bmc.requests().iter().filter(|request| is_login(request)).count();
        assert!(sent <= 2, "{to}: {sent} logins");
    }
}

#[tokio::test]
async fn a_session_is_closed_when_the_reading_is_dropped() {
    let bmc = Bmc::with(|request| request.path.ends_with("/Systems/1").then_some(Reply::Silence)).await;
    let visit = bmc.visit(MINUTE);
    visit.login(USER, &password()).await.unwrap();
    let cancelled = tokio::time::timeout(Duration::from_millis(300), visit.read()).await;
    assert!(cancelled.is_err());
    visit.close(SOON).await.unwrap();
    assert_eq!(bmc.sessions(), (1, 1, 0));
}

#[tokio::test]
async fn a_session_is_closed_when_nobody_waits_for_its_login_any_more() {
    let opened = Duration::from_millis(600);
    let token = "X-Auth-Token: late\r\nLocation: /redfish/v1/SessionService/Sessions/late\r\n";
    let bmc = Bmc::with(move |request| match &*request.method {
        "POST" => Some(Reply::Late(opened, Box::new(Reply::Answer(201, token, Vec::new())))),
        "DELETE" => Some(Reply::Answer(200, "", Vec::new())),
        _ => None,
    })
    .await;
    let visit = bmc.visit(MINUTE);
    let cancelled = tokio::time::timeout(Duration::from_millis(200), visit.login(USER, &password())).await;
    assert!(cancelled.is_err());
    visit.close(SOON).await.unwrap();
    let deleted: Vec<Request> =
        bmc.requests().into_iter().filter(|request| request.method == "DELETE").collect();
    assert_eq!(deleted.len(), 1);
    assert_eq!(deleted[0].headers["x-auth-token"], "late");
    // The same when the visit's own time is over first.
    let visit = bmc.visit(Duration::from_millis(300));
    assert!(matches!(visit.login(USER, &password()).await, Err(Error::TooSlow { .. })));
    visit.close(SOON).await.unwrap();
    assert_eq!(bmc.requests().iter().filter(|request| request.method == "DELETE").count(), 2);
}

#[tokio::test]
async fn closing_has_an_end_and_may_be_tried_again() {
    let silent = std::sync::Arc::new(AtomicU32::new(1));
    let left = silent.clone();
    let bmc = Bmc::with(move |request| {
        let is_silent = request.method == "DELETE" && left.swap(0, SeqCst) == 1;
        is_silent.then_some(Reply::Silence)
    })
    .await;
    let visit = bmc.visit(MINUTE);
    visit.login(USER, &password()).await.unwrap();
    let error = visit.close(Duration::from_millis(200)).await.unwrap_err();
    assert!(matches!(error, Error::TooSlow { .. }), "{error}");
    visit.close(SOON).await.unwrap();
    assert_eq!(bmc.sessions(), (1, 1, 0));
}

#[tokio::test]
async fn a_session_that_the_bmc_dropped_is_told_and_not_renewed() {
    let bmc = Bmc::with(|_| None).await;
    let visit = bmc.visit(MINUTE);
    visit.login(USER, &password()).await.unwrap();
    bmc.forget();
    let error = visit.read().await.unwrap_err();
    assert!(matches!(error, Error::SessionEnded { .. }), "{error}");
    visit.close(SOON).await.unwrap();
    assert_eq!(bmc.logins(), 1);
}

#[tokio::test]
async fn without_a_session_service_user_and_password_go_along_with_each_request() {
    let basic = |request: &Request| {
        let is_root = request.path == "/redfish/v1/";
        let is_right =
            request.headers.get("authorization").is_some_and(|login| login == "Basic cm9vdDpjImFsXHZpbg==");
        match request.path.to_lowercase().trim_end_matches('/') {
            _ if request.method == "POST" => Some(Reply::Answer(405, "", Vec::new())),
            _ if !is_root && !is_right => Some(refusal(401, "Base.1.0.Unauthorized", "Invalid password")),
            path if !is_root => small().get(path).map(|body| json_reply(200, body)),
            _ => None,
        }
    };
    let bmc = Bmc::with(basic).await;
    let visit = bmc.visit(MINUTE);
    visit.login(USER, &password()).await.unwrap();
    assert_eq!(visit.read().await.unwrap().systems[0].serial_number.as_deref(), Some("S1"));
    visit.close(SOON).await.unwrap();
    let visit = bmc.visit(MINUTE);
    let error = visit.login(USER, &SecretString::from("wrong")).await.unwrap_err();
    assert!(matches!(error, Error::Rejected { .. }), "{error}");
    visit.close(SOON).await.unwrap();
    // Where the root names none, none is tried.
    let mut bodies = small();
    let root = bodies.get_mut("/redfish/v1").unwrap().as_object_mut().unwrap();
    root.remove("Links");
    root.remove("SessionService");
    let bmc = Bmc::start(bodies, "", std::sync::Arc::new(basic)).await;
    let visit = bmc.visit(MINUTE);
    visit.login(USER, &password()).await.unwrap();
    assert!(bmc.requests().iter().all(|request| request.method == "GET"));
}

#[tokio::test]
async fn a_root_that_wants_a_login_is_read_after_it() {
    let hardened = |request: &Request| {
        let is_bare = request.method == "GET" && !request.has_credential();
        is_bare.then(|| refusal(401, "Base.1.0.NoValidSession", "There is no valid session."))
    };
    let bmc = Bmc::with(hardened).await;
    let visit = bmc.visit(MINUTE);
    visit.login(USER, &password()).await.unwrap();
    let reading = visit.read().await.unwrap();
    visit.close(SOON).await.unwrap();
    assert_eq!((reading.root.redfish_version.as_deref(), reading.systems.len()), (Some("1.6.0"), 1));
    assert_eq!(bmc.sessions(), (1, 1, 0));
}
