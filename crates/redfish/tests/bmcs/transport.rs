//! Everything that a connection to a BMC does wrong: each case ends within its deadline, and says in words what it was.

use std::{
    io::Write,
    time::{Duration, Instant},
};

use redfish::{Error, Reading};
use serde_json::json;

use crate::{
    bmc::{Bmc, Request, USER, json_reply, password, refusal, small},
    server::Reply,
};

const SOON: Duration = Duration::from_secs(5);

/// What a visit reads, and the BMC that counted it. Whatever happens the session is closed.
async fn visited(
    deadline: Duration,
    hook: impl Fn(&Request) -> Option<Reply> + Send + Sync + 'static,
) -> (Result<Reading, Error>, Bmc) {
    let bmc = Bmc::with(hook).await;
    let visit = bmc.visit(deadline);
    let begun = Instant::now();
    let reading = async {
        visit.login(USER, &password()).await?;
        visit.read().await
    };
    let reading = reading.await;
    assert!(begun.elapsed() < deadline + Duration::from_secs(1), "{:?}", begun.elapsed());
    visit.close(SOON).await.unwrap();
    let (opened, closed, open) = bmc.sessions();
    assert_eq!((opened, open), (closed, 0), "{reading:?}");
    (reading, bmc)
}

fn is(request: &Request, end: &str) -> bool {
    request.path.trim_end_matches('/').ends_with(end)
}

/// The same for a list of systems that is answered so.
async fn listed(reply: Reply) -> Error {
    let (read, _) = visited(SOON, move |request| is(request, "/Systems").then(|| reply.clone())).await;
    read.unwrap_err()
}

#[tokio::test]
async fn a_well_behaved_one_is_read_in_few_requests() {
    let (read, bmc) = visited(SOON, |_| None).await;
    let read = read.unwrap();
    assert_eq!(
        (read.systems[0].macs.as_slice(), read.gaps.len()),
        (&["70:b5:e8:f0:52:dc".to_owned()][..], 0)
    );
    let asked = bmc.requests();
    assert_eq!(asked.len(), 8, "root, login, four for the system, the managers and the logout: {asked:?}");
    for request in &asked {
        assert_eq!(request.headers["accept"], "application/json");
        assert_eq!(request.headers["accept-encoding"], "gzip");
        assert_eq!(request.headers["user-agent"], "test/1");
        assert_eq!(request.headers["host"], format!("127.0.0.1:{}", bmc.server.port));
    }
}

#[tokio::test]
async fn a_slow_one_is_given_up_when_its_time_is_over() {
    let slow = |request: &Request| {
        let is_slow = request.method == "GET" && request.has_credential();
        is_slow.then(|| {
            Reply::Late(
                Duration::from_millis(400),
                Box::new(json_reply(200, &json!({ "Members": [{ "@odata.id": "/a" }] }))),
            )
        })
    };
    let (read, _) = visited(Duration::from_millis(700), slow).await;
    let error = read.unwrap_err();
    assert!(matches!(error, Error::TooSlow { .. }) && error.is_transient(), "{error}");
    assert!(error.to_string().contains("was not done within 0.7 s"), "{error}");
}

#[tokio::test]
async fn what_was_read_before_its_time_was_over_is_told_with_its_gap() {
    let (read, _) = visited(Duration::from_millis(800), |request| {
        is(request, "/EthernetInterfaces").then_some(Reply::Silence)
    })
    .await;
    let read = read.unwrap();
    assert_eq!((read.systems[0].serial_number.as_deref(), read.systems[0].macs.len()), (Some("S1"), 0));
    assert_eq!(read.gaps.len(), 1);
    assert!(read.gaps[0].why.contains("was not done within"), "{:?}", read.gaps);
}

#[tokio::test]
async fn a_silent_and_a_trickling_one_are_given_up() {
    for reply in [Reply::Silence, Reply::Trickle] {
        let (read, _) = visited(Duration::from_millis(600), move |request| {
            is(request, "/Systems").then(|| reply.clone())
        })
        .await;
        assert!(matches!(read, Err(Error::TooSlow { .. })), "{read:?}");
    }
}

#[tokio::test]
async fn a_redirect_on_the_same_host_keeps_method_body_and_token() {
    for status in [301, 307, 308] {
        let (read, bmc) = visited(SOON, move |request| {
            let to = format!("Location: {}/\r\n", request.path).leak();
            (!request.path.ends_with('/')).then(|| Reply::Answer(status, to, Vec::new()))
        })
        .await;
        assert_eq!(read.unwrap().systems.len(), 1);
        assert_eq!(bmc.logins(), 1, "only the last of them is a login");
        let of = |method: &str| bmc.requests().into_iter().filter(|request| request.method == method).count();
        assert_eq!((of("POST"), of("DELETE")), (2, 2));
    }
}

#[tokio::test]
async fn another_host_is_sent_nothing() {
    let other = Bmc::with(|_| None).await;
    let port = other.server.port;
    for scheme in ["https", "http"] {
        let (read, _) = visited(SOON, move |request| {
            let to = format!("Location: {scheme}://127.0.0.1:{port}{}\r\n", request.path).leak();
            is(request, "/Systems").then(|| Reply::Answer(307, to, Vec::new()))
        })
        .await;
        let error = read.unwrap_err();
        assert!(matches!(&error, Error::Redirect { to, .. } if to.contains(&port.to_string())), "{error}");
        assert!(error.to_string().contains("is not followed"), "{error}");
    }
    assert_eq!((other.requests().len(), other.server.handshakes()), (0, 0));
    let round = Reply::Answer(301, "Location: /redfish/v1/Systems\r\n", Vec::new());
    assert!(matches!(listed(round).await, Error::Redirect { .. }));
}

#[tokio::test]
async fn a_host_header_that_it_does_not_know_is_said() {
    let bmc = Bmc::with(|request| {
        (!request.headers["host"].starts_with("127.")).then(|| refusal(400, "Base.1.8.X", "Bad host"))
    })
    .await;
    let mut endpoint = bmc.endpoint();
    endpoint.host = "localhost".into();
    let visit = redfish::Visit::new(&endpoint, "test/1", SOON).unwrap();
    let error = visit.login(USER, &password()).await.unwrap_err();
    assert!(
        matches!(&error, Error::HttpStatus { status: 400, message, .. } if message == "Bad host"),
        "{error}"
    );
}

#[tokio::test]
async fn broken_answers_are_told_apart() {
    let cut = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n20\r\n{\"Members\":".to_vec();
    let error = listed(Reply::Raw(cut)).await;
    assert!(matches!(error, Error::Reach(reach::Error::Truncated { .. })), "{error}");
    assert!(error.to_string().contains("cut off"), "{error}");
    let error = listed(Reply::Answer(200, "", b"{\"Members\":[".to_vec())).await;
    assert!(matches!(error, Error::Malformed { .. }), "{error}");
    let error = listed(Reply::Answer(200, "", "[".repeat(100_000).into_bytes())).await;
    assert!(matches!(&error, Error::Malformed { detail, .. } if detail.contains("recursion")), "{error}");
    let error = listed(Reply::Answer(200, "", vec![b' '; 10 << 20])).await;
    assert!(matches!(error, Error::TooLarge { what: "bytes", .. }), "{error}");
    let error = listed(Reply::Answer(503, "Retry-After: 30\r\n", Vec::new())).await;
    let wants = |error: &Error| matches!(error, Error::Busy { retry_after: Some(after), .. } if after.as_secs() == 30);
    assert!(wants(&error) && error.is_transient(), "{error}");
    let error = listed(refusal(403, "Base.1.8.InsufficientPrivilege", "The account may not do that.")).await;
    assert!(matches!(error, Error::NoPermission { .. }), "{error}");
    let error = listed(Reply::Raw(b"SSH-2.0-OpenSSH\r\n".to_vec())).await;
    assert!(matches!(error, Error::Reach(_)), "{error}");
}

#[tokio::test]
async fn a_compressed_answer_is_read_and_one_that_unpacks_to_too_much_is_not() {
    let packed = |body: &[u8]| {
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        packer.write_all(body).unwrap();
        Reply::Answer(200, "Content-Encoding: gzip\r\n", packer.finish().unwrap())
    };
    let (read, _) = visited(SOON, move |request| {
        let body = small().remove(&request.path.to_lowercase())?;
        (request.method == "GET").then(|| packed(body.to_string().as_bytes()))
    })
    .await;
    assert_eq!(read.unwrap().systems[0].macs.len(), 1);
    let error = listed(packed(&vec![b' '; 50 << 20])).await;
    assert!(matches!(error, Error::TooLarge { .. }), "{error}");
}

#[tokio::test]
async fn a_bmc_that_has_ever_more_is_asked_so_often_and_no_more() {
    let endless = |request: &Request| {
        let is_nics = is(request, "/EthernetInterfaces");
        let is_list =
            is_nics || is(request, "/NetworkAdapters") || is(request, "/Ports") || is(request, "/Managers");
        if is_list {
            let members: Vec<_> =
                (0..500).map(|n| json!({ "@odata.id": format!("{}/{n}", request.path) })).collect();
            return Some(json_reply(200, &json!({ "Members": members })));
        }
        let link = |name: &str| json!({ "@odata.id": format!("{}/{name}", request.path) });
        let more = json!({ "EthernetInterfaces": link("EthernetInterfaces"), "NetworkAdapters": link("NetworkAdapters"),
            "Ports": link("Ports"), "Links": { "Chassis": [link("a"), link("b")] } });
        (request.path.len() > 20 && request.method == "GET").then(|| json_reply(200, &more))
    };
    let (read, bmc) = visited(Duration::from_secs(30), endless).await;
    let read = read.unwrap();
    assert_eq!(read.systems.len(), 1);
    assert!(bmc.requests().len() <= 202, "{}", bmc.requests().len());
    assert!(read.gaps.iter().any(|gap| gap.why.contains("requests")), "{:?}", read.gaps);
}

#[tokio::test]
async fn nothing_is_sent_to_a_bmc_that_is_not_trusted() {
    let bmc = Bmc::with(|_| None).await;
    let mut endpoint = bmc.endpoint();
    endpoint.trust = reach::Trust::Pin([0; 32]);
    let visit = redfish::Visit::new(&endpoint, "test/1", SOON).unwrap();
    let error = visit.login(USER, &password()).await.unwrap_err();
    assert!(matches!(error, Error::Reach(reach::Error::Untrusted { .. })), "{error}");
    assert_eq!(bmc.requests().len(), 0);
}

#[tokio::test]
async fn odd_forms_of_links_and_values_are_read() {
    let odd = |request: &Request| {
        let body = match &*request.path.to_lowercase() {
            "/redfish/v1/systems" => json!({ "Members": ["/redfish/v1/Systems/1", null, 3] }),
            "/redfish/v1/systems/1" => json!({
                "Id": null, "Model": " ", "Manufacturer": "To be filled by O.E.M.", "SerialNumber": 12345,
                "UUID": null, "Status": null, "Boot": [], "EthernetInterfaces": { "href": "/redfish/v1/Systems/1/EthernetInterfaces/" },
                "Links": { "Chassis": "/redfish/v1/Chassis/1" }, "Oem": "none",
            }),
            "/redfish/v1/chassis/1" => json!({ "SerialNumber": "0123456789", "ChassisType": null }),
            _ => return None,
        };
        Some(json_reply(200, &body))
    };
    let (read, _) = visited(SOON, odd).await;
    let read = read.unwrap();
    let system = &read.systems[0];
    assert_eq!((system.id.as_deref(), system.serial_number.as_deref()), (Some("1"), Some("12345")));
    assert_eq!((&system.model, &system.manufacturer, &system.chassis_serial), (&None, &None, &None));
    assert_eq!((system.macs.len(), read.gaps.len()), (1, 0), "{:?}", read.gaps);
}
