//! A look at a server that nobody trusts yet: what it sends, and what it refuses.

#![expect(clippy::unwrap_used, reason = "tests; clippy sees only functions with #[test] as such")]

#[expect(dead_code, reason = "the tests of other crates use the rest of it")]
mod server;

use std::time::{Duration, Instant};

use reach::{Error, Flaw, Look, Page, Patience, Trust};
use server::{Reply, Server, TLS, key, of_version_1, params, self_signed};
use tokio::{io::AsyncWriteExt, net::TcpListener, task::JoinSet};

const MOST: usize = 1000;
const WITHIN: Duration = Duration::from_secs(5);

async fn page(server: &Server, trust: Trust) -> (Look, Result<Page, Error>) {
    let look = Look::new(&server.endpoint("127.0.0.1", trust), "test/1", Patience::default()).unwrap();
    let page = look.page("/redfish/v1/", MOST, WITHIN).await;
    (look, page)
}

#[tokio::test]
async fn a_look_shows_page_and_certificate_of_whoever_answers_and_sends_a_path_alone() {
    let identity = self_signed(&params(&["bmc.example.com"]));
    for identity in [of_version_1(&identity), identity] {
        for version in TLS {
            let script = |_: &server::Received| Reply::Answer(401, "X-Who: me\r\n", b"{}".to_vec());
            let server = Server::speaking(&[version], &identity, script).await;
            for (trust, trusted) in
                [(Trust::System, false), (Trust::Pin([7; 32]), false), (identity.pin(), true)]
            {
                let (look, page) = page(&server, trust).await;
                let page = page.unwrap();
                assert_eq!((page.status, page.body.as_deref()), (401, Some(&b"{}"[..])));
                assert_eq!(page.headers["x-who"], "me");
                let shown = look.shown().unwrap();
                assert_eq!(shown.certificate.der, identity.chain[0].to_vec());
                assert_eq!((shown.trusted, shown.reason.is_none()), (trusted, trusted), "{:?}", shown.reason);
            }
            for received in server.received() {
                let mut lines: Vec<String> = received.head.split("\r\n").map(str::to_lowercase).collect();
                lines.sort();
                let host = format!("host: 127.0.0.1:{}", server.port);
                assert_eq!(
                    lines,
                    [
                        "accept-encoding: gzip",
                        "accept: application/json, */*",
                        "get /redfish/v1/ http/1.1",
                        &host,
                        "user-agent: test/1"
                    ]
                );
                assert_eq!(received.body, "");
            }
        }
    }
}

#[tokio::test]
async fn whoever_shows_a_certificate_without_its_key_is_sent_nothing() {
    let mut identity = self_signed(&params(&["localhost"]));
    identity.key = key().serialize_der();
    for identity in [of_version_1(&identity), identity] {
        for version in TLS {
            let server =
                Server::speaking(&[version], &identity, |_| Reply::Answer(200, "", Vec::new())).await;
            let (look, page) = page(&server, Trust::System).await;
            let error = page.unwrap_err();
            assert!(matches!(error, Error::BadHandshake { flaw: Flaw::Unproven, .. }), "{error:?}");
            assert!(look.shown().is_some());
            assert_eq!((server.handshakes(), server.received().len()), (0, 0));
        }
    }
}

#[tokio::test]
async fn a_page_that_never_ends_or_never_comes_is_given_up_in_time_and_a_long_one_at_its_length() {
    let identity = self_signed(&params(&["localhost"]));
    for reply in [Reply::Trickle, Reply::Silence] {
        let server = Server::start(&identity, move |_| reply.clone()).await;
        let look = Look::new(&server.endpoint("127.0.0.1", Trust::System), "test/1", Patience::default());
        let (begun, within) = (Instant::now(), Duration::from_millis(300));
        let error = look.unwrap().page("/", usize::MAX, within).await.unwrap_err();
        assert!(matches!(error, Error::Timeout { after, .. } if after == within), "{error:?}");
        assert!(begun.elapsed() < Duration::from_secs(3));
    }
    let server = Server::start(&identity, |_| Reply::Answer(200, "", vec![b' '; MOST + 1])).await;
    assert_eq!(page(&server, Trust::System).await.1.unwrap().body, None);
}

/// What comes of a port that says this once something was sent to it, and closes the connection.
async fn says(bytes: &'static [u8]) -> Error {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let identity = self_signed(&params(&["localhost"]));
    let mut endpoint =
        Server::start(&identity, |_| Reply::Silence).await.endpoint("127.0.0.1", Trust::System);
    endpoint.port = listener.local_addr().unwrap().port();
    let mut server = JoinSet::new();
    server.spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut hello = [0; 1 << 14];
            let _ = tokio::io::AsyncReadExt::read(&mut stream, &mut hello).await;
            let _ = stream.write_all(bytes).await;
        }
    });
    let look = Look::new(&endpoint, "test/1", Patience::default()).unwrap();
    look.page("/", MOST, WITHIN).await.unwrap_err()
}

#[tokio::test]
async fn no_tls_old_tls_and_a_cut_handshake_are_told_apart() {
    let flaw = |error| match error {
        Error::BadHandshake { flaw, .. } => flaw,
        other => panic!("{other:?}"),
    };
    assert_eq!(flaw(says(b"HTTP/1.1 400 Bad Request\r\n\r\n").await), Flaw::NoTls);
    // Alerts: protocol version, and handshake failure, in TLS 1.0 and 1.2.
    assert_eq!(flaw(says(&[21, 3, 1, 0, 2, 2, 70]).await), Flaw::TooOld);
    assert_eq!(flaw(says(&[21, 3, 3, 0, 2, 2, 40]).await), Flaw::TooOld);
    // A ServerHello of TLS 1.0, with nothing after it.
    let mut hello = vec![22, 3, 1, 0, 42, 2, 0, 0, 38, 3, 1];
    hello.extend([9; 32]);
    hello.extend([0, 0, 47, 0]);
    assert_eq!(flaw(says(hello.leak()).await), Flaw::TooOld);
    assert!(matches!(says(b"").await, Error::Broken { .. }));
}
