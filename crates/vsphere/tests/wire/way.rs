//! The way to a server: its name is the same on all of them, and what fails on the way is told from the server.

use tokio::net::TcpSocket;
use vsphere::{
    Client, Endpoint, Error, Hop, Place, Problem, Proxy, ProxyKind, Trust, Way, leads_there, probe,
};

use crate::server::{Reply, Server, params, signed_by};
use crate::trust::authority;

const SERVER: &str = "vc.test.invalid";

fn place(port: u16) -> Place {
    Place { host: "127.0.0.1".into(), port }
}

/// A port on which nothing answers, and that nobody else is given while the socket is kept.
fn nobody() -> (u16, TcpSocket) {
    let bound = TcpSocket::new_v4().unwrap();
    bound.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    (bound.local_addr().unwrap().port(), bound)
}

fn through(kind: ProxyKind, port: u16) -> Way {
    Way::Proxy(Proxy { kind, at: place(port), user: None })
}

#[tokio::test]
async fn at_another_address_the_name_that_is_asked_for_and_checked_stays_the_servers() {
    let ours = authority();
    let trust = || Trust::Ca(ours.pem.clone());
    let right = signed_by(&params(&[SERVER]), &ours.issuer);
    let server = Server::start(&right, |_| Reply::Answer(404, "", Vec::new())).await;
    let endpoint = |host: &str| Endpoint {
        port: 8443,
        way: Way::Tunnel(place(server.port)),
        ..server.endpoint(host, trust())
    };
    assert!(probe(&endpoint(SERVER)).await.unwrap().trusted);
    let answer = Client::connect(&endpoint(SERVER), "test/1").await;
    assert!(matches!(answer, Err(Error::NotVsphere { .. })), "{answer:?}");
    let head = server.received()[0].head.to_lowercase();
    assert!(head.contains(&format!("host: {SERVER}:8443")), "{head}");
    for other in ["other.test.invalid", "127.0.0.1"] {
        let refused = Client::connect(&endpoint(other), "test/1").await.unwrap_err();
        assert!(matches!(refused, Error::Untrusted { .. }), "{refused}");
        assert!(!probe(&endpoint(other)).await.unwrap().trusted);
    }
    assert!(leads_there(&endpoint(SERVER), std::time::Duration::from_secs(5)).await);
}

#[tokio::test]
async fn what_is_down_before_a_server_is_named_and_is_not_the_server() {
    let (gone, _kept) = nobody();
    let ways = [
        (through(ProxyKind::Socks5, gone), Hop::Proxy(place(gone))),
        (through(ProxyKind::Http, gone), Hop::Proxy(place(gone))),
        (Way::Tunnel(place(gone)), Hop::Tunnel(place(gone))),
    ];
    for (way, expected) in ways {
        let endpoint = Endpoint {
            host: SERVER.into(),
            port: 443,
            trust: Trust::System,
            way,
            timeout: std::time::Duration::from_secs(5),
        };
        assert!(!leads_there(&endpoint, std::time::Duration::from_secs(5)).await);
        for error in
            [probe(&endpoint).await.unwrap_err(), Client::connect(&endpoint, "test/1").await.unwrap_err()]
        {
            assert!(error.is_transient(), "{error}");
            match error {
                Error::Way { hop, problem: Problem::Unreachable(_), .. } => assert_eq!(hop, expected),
                other => panic!("{other:?}"),
            }
        }
    }
}

#[tokio::test]
async fn a_proxy_whose_name_is_unknown_is_told_from_a_server_whose_name_is() {
    let mut at = place(1080);
    at.host = "no-such-proxy.invalid".into();
    let proxy = Proxy { kind: ProxyKind::Socks5, at, user: None };
    let endpoint = Endpoint {
        host: SERVER.into(),
        port: 443,
        trust: Trust::System,
        way: Way::Proxy(proxy),
        timeout: std::time::Duration::from_secs(5),
    };
    let error = probe(&endpoint).await.unwrap_err();
    assert!(matches!(error, Error::Way { problem: Problem::Resolve, .. }), "{error:?}");
    assert_eq!(
        error.to_string(),
        "probe on vc.test.invalid failed at the proxy no-such-proxy.invalid:1080: the name does not resolve"
    );
}
