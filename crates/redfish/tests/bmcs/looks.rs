//! What a look takes for a BMC, and what it says of everything else.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use redfish::{Found, LOOK_DEADLINE, Looked, Vendor, look};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpSocket},
    task::JoinSet,
};

use crate::{
    bmc::{Bmc, Request, refusal, small},
    server::Reply,
};

async fn looked(reply: impl Fn(&Request) -> Option<Reply> + Send + Sync + 'static) -> (Looked, Bmc) {
    let bmc = Bmc::with(reply).await;
    let looked = look(&bmc.unknown(), "test/1", LOOK_DEADLINE).await;
    assert!(bmc.requests().iter().all(|request| request.method == "GET" && !request.has_credential()));
    (looked, bmc)
}

#[tokio::test]
async fn a_root_that_wants_a_login_is_a_bmc_and_a_missing_one_is_none() {
    for status in [401, 403, 503] {
        let (looked, _) =
            looked(move |_| Some(Reply::Answer(status, "Server: Appweb/4.5.4\r\n", Vec::new()))).await;
        let Found::Bmc(known) = looked.found else { panic!("{status}: {looked:?}") };
        assert_eq!((known.status, known.vendor), (status, Some(Vendor::Dell)));
        assert!(looked.shown.is_some());
    }
    for (reply, said) in [
        (Reply::Answer(404, "Server: nginx\r\n", Vec::new()), "no Redfish"),
        (Reply::Answer(200, "Server: nginx\r\n", b"<html></html>".to_vec()), "no JSON"),
        (Reply::Answer(200, "Server: nginx\r\n", b"{\"hello\":1}".to_vec()), "no service root"),
        (Reply::Answer(200, "Server: nginx\r\n", vec![b' '; 300_000]), "no end"),
        (Reply::Answer(500, "Server: nginx\r\n", Vec::new()), "HTTP status 500"),
        (
            Reply::Answer(302, "Server: nginx\r\nLocation: /login.html\r\n", Vec::new()),
            "redirects to /login.html",
        ),
        (
            Reply::Answer(
                301,
                "Server: nginx\r\nLocation: https://other.invalid/redfish/v1/\r\n",
                Vec::new(),
            ),
            "other.invalid",
        ),
    ] {
        let (looked, bmc) = looked(move |_| Some(reply.clone())).await;
        let Found::NotBmc { server, words, .. } = looked.found else { panic!("{said}: {looked:?}") };
        assert!(words.contains(said), "{words}, and not {said}");
        assert_eq!((server.as_deref(), bmc.requests().len()), (Some("nginx"), 1), "nothing else is asked");
    }
}

#[tokio::test]
async fn a_name_that_it_does_not_know_is_said() {
    let by_address = |request: &Request| {
        let is_address = request.headers["host"].starts_with("127.0.0.1:");
        (!is_address).then(|| refusal(400, "Base.1.8.GeneralError", "Bad host"))
    };
    let bmc = Bmc::with(by_address).await;
    let mut endpoint = bmc.unknown();
    assert!(matches!(look(&endpoint, "test/1", LOOK_DEADLINE).await.found, Found::Bmc(_)));
    endpoint.host = "localhost".into();
    let looked = look(&endpoint, "test/1", LOOK_DEADLINE).await;
    assert!(matches!(&looked.found, Found::RefusesName { words } if words == "Bad host"), "{looked:?}");
}

#[tokio::test]
async fn a_slash_at_the_end_is_followed() {
    for status in [301, 302, 307, 308] {
        let (looked, bmc) = looked(move |request| {
            let to = "Location: /redfish/v1\r\n";
            request.path.ends_with('/').then(|| Reply::Answer(status, to, Vec::new()))
        })
        .await;
        assert!(matches!(looked.found, Found::Bmc(_)), "{looked:?}");
        assert_eq!(bmc.requests().len(), 2);
    }
}

#[tokio::test]
async fn whoever_is_no_ilo_is_not_asked_for_what_was_before_redfish() {
    for (headers, paths) in [("Server: nginx\r\n", 1), ("X_HP-CHRP-Service-Version: 1.0.3\r\n", 2)] {
        let (looked, bmc) = looked(move |_| Some(Reply::Answer(404, headers, Vec::new()))).await;
        assert!(matches!(looked.found, Found::NotBmc { status: 404, .. }), "{looked:?}");
        assert_eq!(bmc.requests().len(), paths);
    }
}

#[tokio::test]
async fn nobody_is_told_from_somebody_who_says_nothing() {
    let bmc = Bmc::with(|_| Some(Reply::Silence)).await;
    for (reply, within) in [(Reply::Silence, 400), (Reply::Trickle, 400)] {
        let bmc = Bmc::with(move |_| Some(reply.clone())).await;
        let begun = Instant::now();
        let looked = look(&bmc.unknown(), "test/1", Duration::from_millis(within)).await;
        assert!(matches!(looked.found, Found::Silent { .. }), "{looked:?}");
        assert!(looked.shown.is_some() && begun.elapsed() < Duration::from_secs(2));
    }
    let mut endpoint = bmc.unknown();
    // Bound without listening: nobody else is given the port meanwhile.
    let nobody = TcpSocket::new_v4().unwrap();
    nobody.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    endpoint.port = nobody.local_addr().unwrap().port();
    assert!(matches!(look(&endpoint, "test/1", LOOK_DEADLINE).await.found, Found::Refused));
    endpoint.host = "no-such-host.invalid".into();
    assert!(matches!(look(&endpoint, "test/1", LOOK_DEADLINE).await.found, Found::Unreachable(_)));
    let (closed, _) = looked(|_| Some(Reply::Raw(Vec::new()))).await;
    assert!(matches!(closed.found, Found::Closed { .. }), "{closed:?}");
    let cut = b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{".to_vec();
    let (closed, _) = looked(move |_| Some(Reply::Raw(cut.clone()))).await;
    assert!(matches!(closed.found, Found::Closed { .. }), "{closed:?}");
}

/// What a look says of a port that answers the first bytes so, and then closes.
async fn port(bytes: &'static [u8]) -> Found {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let bmc = Bmc::start(small(), "", Arc::new(|_| None)).await;
    let mut endpoint = bmc.unknown();
    endpoint.port = listener.local_addr().unwrap().port();
    let mut server = JoinSet::new();
    server.spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let _ = stream.read(&mut [0; 1 << 14]).await;
            let _ = stream.write_all(bytes).await;
        }
    });
    look(&endpoint, "test/1", LOOK_DEADLINE).await.found
}

#[tokio::test]
async fn no_tls_and_old_tls_are_said_in_words() {
    assert!(matches!(port(b"HTTP/1.1 400 Bad Request\r\n\r\n").await, Found::NoTls));
    for alert in [&[21, 3, 1, 0, 2, 2, 70][..], &[21, 3, 3, 0, 2, 2, 40]] {
        let found = port(alert).await;
        assert!(
            matches!(&found, Found::TlsTooOld { words } if words.contains("neither TLS 1.2 nor 1.3")),
            "{found:?}"
        );
    }
    assert!(matches!(port(b"").await, Found::Closed { words } if words == "in the TLS handshake"));
}
