//! Requests that no client sends: none may cost a panic, or an answer that is no HTTP.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::{Arc, LazyLock};
use std::time::Instant;

use proptest::prelude::*;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::certificate::{self, Certificate};
use super::device::{Call, Device};
use super::wire::Wire;
use super::{BmcBehavior, BmcContent, BmcRecording, BmcRefusal, BmcVendor, fleet};

static CONTENTS: LazyLock<Vec<BmcContent>> = LazyLock::new(|| {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("recorded/redfish");
    let recorded = BmcRecording::read_all(&folder).unwrap().into_iter();
    let recorded = recorded.map(|recording| BmcContent::Recorded(Arc::new(recording)));
    let made = fleet::tests::machines().into_iter().map(|machine| BmcContent::Made(Arc::new(machine)));
    made.chain(recorded).collect()
});

static CERTIFICATE: LazyLock<Certificate> = LazyLock::new(|| certificate::make("BMC").unwrap());

fn behavior() -> impl Strategy<Value = BmcBehavior> {
    let vendor = prop::sample::select(&BmcVendor::ALL[..]);
    let status = prop::option::of(prop::sample::select(&[301, 308, 401, 403, 503][..]));
    (vendor, status.clone(), status, any::<[bool; 6]>()).prop_map(|(vendor, root, slash, on)| BmcBehavior {
        root,
        slash: slash.filter(|_| on[5]),
        basic_only: on[0],
        strict_host: on[1],
        bare_links: on[2],
        nulls: on[3],
        refuses: on[4].then_some(BmcRefusal::PasswordChange),
        sessions: 2,
        ..BmcBehavior::of(vendor)
    })
}

fn path() -> impl Strategy<Value = String> {
    let known = prop::sample::select(
        &[
            "/redfish",
            "/redfish/v1/",
            "/redfish/v1/Systems",
            "/redfish/v1/Systems/1",
            "/redfish/v1/Systems/System.Embedded.1/EthernetInterfaces/",
            "/redfish/v1/SessionService/Sessions",
            "/redfish/v1/SessionService/Sessions/1",
            "/redfish/v1/Managers/1/EthernetInterfaces/ToHost",
        ][..],
    );
    prop_oneof![
        known.prop_map(str::to_owned),
        "/redfish/v1/[A-Za-z0-9.]{0,10}(/[A-Za-z0-9.%]{0,10}){0,4}",
        "\\PC{0,60}"
    ]
}

fn body() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        prop::collection::vec(any::<u8>(), 0..200),
        Just(b"{\"UserName\":\"root\",\"Password\":\"right\"}".to_vec()),
        "\\{\"UserName\":[\"a-z\\[\\]{}0-9]{0,9},\"Password\":\"[a-z]{0,5}\"\\}".prop_map(String::into_bytes),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn any_bytes_on_a_connection(
        content in 0..36_usize,
        behavior in behavior(),
        pieces in prop::collection::vec(
            prop_oneof![
                prop::collection::vec(any::<u8>(), 0..100),
                Just(b"GET /redfish/v1/ HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".to_vec()),
                Just(b"POST /redfish/v1/SessionService/Sessions HTTP/1.1\r\nContent-Length: 3\r\n\r\n{}".to_vec()),
                "(GET|POST|DELETE) /[a-z0-9/%?]{0,20} HTTP/1.[01]\r\n([A-Z][a-z-]{0,20}: [ -~]{0,20}\r\n){0,4}\r\n"
                    .prop_map(String::into_bytes),
            ],
            0..5,
        ),
    ) {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 443));
        let device = Arc::new(Device::new(address, CONTENTS[content].clone(), behavior, ("root", "right")));
        let config = CERTIFICATE.config.clone();
        let wire = Wire {
            device: device.clone(),
            acceptor: TlsAcceptor::from(config),
            stop: CancellationToken::new(),
            tasks: TaskTracker::new(),
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let answered = runtime.block_on(async {
            let (mut client, server) = tokio::io::duplex(1 << 20);
            client.write_all(&pieces.concat()).await.unwrap();
            client.shutdown().await.unwrap();
            wire.serve(server, address.ip()).await;
            let mut answer = Vec::new();
            client.read_to_end(&mut answer).await.map(|_| answer)
        });
        let answer = answered.unwrap();
        prop_assert!(answer.is_empty() || answer.starts_with(b"HTTP/1."), "{:?}", answer);
        prop_assert_eq!(device.state().counts.requests_open, 0);
    }

    #[test]
    fn any_requests(
        content in 0..36_usize,
        behavior in behavior(),
        calls in prop::collection::vec(
            (
                prop::sample::select(&["GET", "POST", "DELETE", "PATCH", "HEAD", "x"][..]),
                path(),
                prop::option::of("\\PC{0,20}"),
                prop::option::of(prop_oneof![Just("Basic cm9vdDpyaWdodA==".to_owned()), "Basic \\PC{0,20}", "\\PC{0,20}"]),
                prop::option::of("\\PC{0,20}"),
                body(),
            ),
            1..8,
        ),
    ) {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 443));
        let device = Device::new(address, CONTENTS[content].clone(), behavior, ("root", "right"));
        for (method, path, query, authorization, token, body) in &calls {
            let reply = device.answer(&Call {
                method,
                path,
                query: query.as_deref(),
                host: token.as_deref(),
                token: token.as_deref(),
                authorization: authorization.as_deref(),
                body,
                from: address.ip(),
                now: Instant::now(),
            });
            prop_assert!((200..600).contains(&reply.status));
            if !reply.body.is_empty() {
                prop_assert!(serde_json::from_slice::<serde_json::Value>(&reply.body).is_ok());
            }
        }
        let counts = device.state().counts.clone();
        prop_assert_eq!(counts.all_requests(), calls.len() as u64);
        prop_assert!(counts.sessions_open <= 2 && counts.sessions_open as u64 <= counts.sessions_opened);
    }
}
