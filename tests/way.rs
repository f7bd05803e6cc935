//! The way to a vCenter: through a real SOCKS5 proxy and a real HTTP proxy, and to another address, as through a tunnel.
//! Refuses to take the client's word for it: who resolved the name is what the proxies say, and who was reached the vCenter.

use crate::support::{
    Musterctl, PASSWORD, Peer, Proxies, Run, eventually, finish, nobody, refreshed, table, vcenter,
};
use contract::command::{Change, EditVcenter};
use contract::{Kind, VcenterSettings};
use serde_json::{Value, json};

/// A name that nobody on this machine resolves; the proxies do.
const NAME: &str = "vc.test.invalid";

/// A vCenter whose certificate names it.
fn named() -> Peer {
    Peer::start(&["--model", "vpx", "--cert-names", NAME])
}

/// `vc.test.invalid:port`.
fn address(peer: &Peer) -> String {
    let port = peer.address().rsplit_once(':').map(|(_, port)| port.to_owned()).unwrap();
    format!("{NAME}:{port}")
}

fn add(muster: &Musterctl, peer: &Peer, way: [&str; 2]) -> Run {
    muster.put_password("Berlin", PASSWORD);
    let (address, ca) = (address(peer), peer.ca());
    let add = ["vcenter", "add", "Berlin", &address, "--user", "admin", "--ca-file", &ca];
    muster.json(&[&add[..], &way].concat())
}

/// What a refused command said: exit code, code, message and what to do.
fn failure(run: &Run) -> (i32, String, String, String) {
    let error = run.error();
    let text = |key: &str| error[key].as_str().unwrap_or_default().to_owned();
    (run.code, text("code"), text("message"), text("next_step"))
}

#[test]
fn a_vcenter_is_probed_added_and_synced_through_each_proxy_which_alone_resolves_its_name() {
    let peer = named();
    let (address, ca) = (address(&peer), peer.ca());
    let probe = ["vcenter", "probe", &address, "--ca-file", &ca];
    let (code, kind, message, _) = failure(&Musterctl::new().json(&probe));
    assert_eq!((code, &*kind), (5, "unreachable"), "{message}");
    assert_eq!(message, format!("the name {NAME} does not resolve"));
    for (scheme, kind) in [("socks5h", "socks"), ("http", "http")] {
        let proxies = Proxies::start(&["--names", NAME]);
        let at = if kind == "socks" { proxies.socks() } else { proxies.http() };
        let url = format!("{scheme}://{at}");
        let muster = Musterctl::new();
        let probed = muster.ok(&[&probe[..], &["--proxy", &url]].concat());
        assert_eq!((&probed["trusted"], &probed["address"]), (&json!(true), &json!(address)));
        let untrusted = muster.ok(&["vcenter", "probe", &address, "--proxy", &url]);
        assert_eq!((&untrusted["trusted"], &untrusted["sha256"]), (&json!(false), &json!(peer.sha256())));
        let added = add(&muster, &peer, ["--proxy", &url]);
        assert_eq!(added.code, 0, "{added:?}");
        assert_eq!(added.document()["proxy"], json!(url));
        let ended = muster.ok(&["sync", "full", "Berlin"]);
        assert_eq!(ended[0]["state"], "succeeded", "{ended}");
        assert_eq!(muster.ok(&["inventory", "hosts"]).as_array().unwrap().len(), 4);
        let shown = muster.run(&["vcenter", "show", "Berlin"]).stdout;
        assert!(shown.lines().any(|line| line.starts_with("Proxy ") && line.ends_with(&url)), "{shown}");
        assert_eq!(
            (proxies.resolved(), proxies.wanted(kind)),
            (vec![NAME.to_owned()], vec![address.clone()])
        );
        let other = if kind == "socks" { "http" } else { "socks" };
        assert!(proxies.wanted(other).is_empty());
        assert_eq!(peer.sessions(), 0);
        table(&format!("{scheme} proxy"), "add, probe, test and sync through it; it resolved the name");
    }
}

#[test]
fn a_proxy_that_is_down_is_named_and_is_not_counted_as_the_vcenters_failure() {
    let (peer, proxies) = (named(), Proxies::start(&["--names", NAME]));
    let muster = Musterctl::new();
    for (url, at) in [
        (format!("http://{}", proxies.http()), proxies.http()),
        (format!("socks5h://{}", proxies.socks()), proxies.socks()),
    ] {
        match url.starts_with("http") {
            true => assert_eq!(add(&muster, &peer, ["--proxy", &url]).code, 0),
            false => drop(muster.ok(&["vcenter", "edit", "Berlin", "--proxy", &url])),
        }
        assert_eq!(muster.ok(&["test", "Berlin"])["vcenter"], "Berlin");
        proxies.stop();
        let message = format!("the proxy {at} can't be reached (Connection refused)");
        for _ in 0..4 {
            let run = muster.json(&["sync", "hosts", "Berlin"]);
            let (code, kind, said, next) = failure(&run);
            assert_eq!((code, &*kind), (5, "way_failed"), "{run:?}");
            assert!(said.contains(&message), "{said}");
            assert!(
                next.contains("Check that the proxy is up")
                    && next.contains("vcenter edit Berlin --proxy URL")
            );
        }
        let status = muster.ok(&["status"])[0].clone();
        assert_eq!((&status["state"], &status["suspended"]), (&json!("offline"), &Value::Null), "{status}");
        assert_eq!(status["last_operation"]["error"]["code"], "way_failed");
        let probe = muster.json(&["vcenter", "probe", &address(&peer), "--proxy", &url]);
        assert_eq!(failure(&probe).2, message);

        // The vCenter itself is another matter.
        proxies.start_again();
        peer.post("/stop", json!({}));
        for _ in 0..3 {
            let (code, kind, said, _) = failure(&muster.json(&["sync", "hosts", "Berlin"]));
            assert_eq!((code, &*kind), (5, "unreachable"), "{said}");
            assert!(
                said.contains(&format!("the proxy {at} could not connect to {}", address(&peer))),
                "{said}"
            );
        }
        assert!(muster.ok(&["status"])[0]["suspended"].is_object());
        peer.post("/start", json!({}));
        assert_eq!(muster.ok(&["sync", "hosts", "Berlin"])[0]["state"], "succeeded");
        table(&format!("{url} is down"), message);
    }
}

#[test]
fn a_proxy_that_refuses_knows_no_such_name_wants_a_login_or_is_none_says_so() {
    let (peer, proxies) = (named(), Proxies::start(&["--names", NAME]));
    let strict = Proxies::start(&["--names", NAME, "--user", "ops"]);
    let muster = Musterctl::new();
    let probe = |address: &str, url: &str| {
        let run = muster.json(&["vcenter", "probe", address, "--proxy", url]);
        let (code, kind, message, _) = failure(&run);
        assert_eq!(code, 5, "{run:?}");
        table(url, &message);
        (kind, message)
    };
    let place = address(&peer);
    let (socks, http) = (format!("socks5h://{}", proxies.socks()), format!("http://{}", proxies.http()));
    for (url, reason) in [(&socks, "host unreachable"), (&http, "HTTP status 502")] {
        let (kind, message) = probe("other.test.invalid", url);
        let at = url.rsplit('/').next().unwrap();
        let expected = format!("the proxy {at} could not connect to other.test.invalid:443 ({reason})");
        assert_eq!((&*kind, message), ("unreachable", expected));
    }
    // A proxy taken for one of the other kind, and a vCenter for a proxy.
    for (url, words) in [
        (format!("socks5h://{}", proxies.http()), "did not respond"),
        (format!("http://{}", peer.address()), "can't be used: it"),
    ] {
        let (kind, message) = probe(&place, &url);
        assert!(kind == "way_failed" && message.contains(words), "{url}: {kind}, {message}");
    }
    for url in [
        format!("socks5h://{}", strict.socks()),
        format!("socks5h://somebody@{}", strict.socks()),
        format!("http://{}", strict.http()),
    ] {
        let (kind, message) = probe(&place, &url);
        assert!(kind == "way_failed" && message.contains("requires a login"), "{url}: {kind}, {message}");
    }
    let known = format!("socks5h://ops@{}", strict.socks());
    let probed = muster.ok(&["vcenter", "probe", &place, "--ca-file", &peer.ca(), "--proxy", &known]);
    assert_eq!((&probed["trusted"], strict.users().contains(&"ops".to_owned())), (&json!(true), true));
    proxies.refuse();
    for (url, reason) in [(&socks, "not allowed by its rules"), (&http, "HTTP status 403")] {
        let (kind, message) = probe(&place, url);
        let at = url.rsplit('/').next().unwrap();
        let expected = format!("the proxy {at} refused to connect to {place} ({reason})");
        assert_eq!((&*kind, message), ("way_failed", expected));
    }
}

#[test]
fn a_tunnel_leads_to_another_address_and_the_certificate_still_has_to_name_the_vcenter() {
    let peer = named();
    let muster = Musterctl::new();
    muster.put_password("Berlin", PASSWORD);
    let (near, ca) = (peer.address(), peer.ca());
    // As if the operating system trusted this CA.
    let system = |arguments: &[&str]| {
        let mut command = muster.command(arguments);
        finish(command.arg("--json").env("SSL_CERT_FILE", &ca).spawn().unwrap())
    };
    let right = system(&["vcenter", "probe", NAME, "--connect-to", &near]);
    assert_eq!((&right.document()["trusted"], right.code), (&json!(true), 0), "{right:?}");
    assert_eq!(right.document()["address"], format!("{NAME}:443"));
    let wrong = system(&["vcenter", "probe", "other.test.invalid", "--connect-to", &near]).document();
    assert_eq!((&wrong["trusted"], &wrong["sha256"]), (&json!(false), &json!(peer.sha256())), "{wrong}");
    let other = ["vcenter", "add", "Bonn", "other.test.invalid", "--user", "admin", "--connect-to", &near];
    let refused = muster.json(&[&other[..], &["--ca-file", &ca]].concat());
    assert_eq!((refused.code, failure(&refused).1), (6, "untrusted_certificate".to_owned()), "{refused:?}");
    assert_eq!((peer.calls("Login"), peer.calls("RetrieveServiceContent") > 0), (0, true));

    let added =
        system(&["vcenter", "add", "Berlin", NAME, "--user", "admin", "--connect-to", &near]).document();
    assert_eq!(
        (&added["host"], &added["port"], &added["trust"]),
        (&json!(NAME), &json!(443), &json!("system"))
    );
    assert_eq!(system(&["sync", "full", "Berlin"]).document()[0]["state"], "succeeded");
    muster.ok(&["vcenter", "edit", "Berlin", "--ca-file", &ca]);
    assert_eq!(muster.ok(&["sync", "hosts", "Berlin"])[0]["state"], "succeeded");

    let (nobody, _kept) = nobody();
    let nobody = nobody.to_string();
    muster.ok(&["vcenter", "edit", "Berlin", "--connect-to", &nobody]);
    let (code, kind, message, next) = failure(&muster.json(&["test", "Berlin"]));
    assert_eq!((code, &*kind), (5, "way_failed"), "{message}");
    let expected =
        format!("no connection to {nobody}, where {NAME}:443 is to be reached (Connection refused)");
    assert!(message.contains(&expected), "{message}");
    assert!(next.contains("vcenter edit Berlin --connect-to HOST:PORT"), "{next}");
    muster.ok(&["vcenter", "edit", "Berlin", "--connect-to", ""]);
    let (code, kind, message, _) = failure(&muster.json(&["test", "Berlin"]));
    assert_eq!((code, &*kind), (5, "unreachable"), "{message}");
    assert!(message.contains(&format!("the name {NAME} does not resolve")), "{message}");
}

#[test]
fn proxies_of_the_environment_are_ignored() {
    let (peer, proxies) = (Peer::vcenter(), Proxies::start(&["--names", "localhost"]));
    let muster = Musterctl::new();
    muster.put_password("Berlin", PASSWORD);
    let (address, ca) = (peer.address(), peer.ca());
    for arguments in [
        &["vcenter", "probe", &address][..],
        &["vcenter", "add", "Berlin", &address, "--user", "admin", "--ca-file", &ca],
        &["sync", "full", "Berlin"],
    ] {
        let mut command = muster.command(arguments);
        for variable in ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"] {
            command.env(variable, format!("http://{}", proxies.http()));
        }
        for variable in ["ALL_PROXY", "all_proxy"] {
            command.env(variable, format!("socks5h://{}", proxies.socks()));
        }
        let run = finish(command.spawn().unwrap());
        assert_eq!(run.code, 0, "{run:?}");
    }
    assert!(proxies.wanted("http").is_empty() && proxies.wanted("socks").is_empty());
    assert!(peer.all_calls() > 0);
}

#[test]
fn a_way_that_cannot_be_is_refused_with_what_to_type_and_a_password_in_it_is_not_said_again() {
    let peer = Peer::vcenter();
    let muster = Musterctl::with(&peer, "Berlin");
    let secret = "s3cret-of-the-proxy";
    for (option, value, words) in [
        ("--proxy", "proxy:1080", "is not a valid proxy"),
        ("--proxy", "socks5://proxy:1080", "socks5h://host:port"),
        ("--proxy", &format!("http://ops:{secret}@proxy:3128"), "the proxy's URL contains a password"),
        ("--connect-to", "127.0.0.1", "is not a valid address to connect to"),
    ] {
        for command in [&["vcenter", "edit", "Berlin"][..], &["vcenter", "probe", "vc.example.org"]] {
            let run = muster.json(&[command, &[option, value]].concat());
            assert!(run.code == 2 && run.stderr.contains(words), "{run:?}");
            assert!(!run.stderr.contains(secret) && !run.stdout.contains(secret), "{run:?}");
        }
        let add =
            ["vcenter", "add", "Bonn", "vc.example.org", "--user", "u", option, value, "--password-stdin"];
        let run = muster.run_with_stdin(&add, PASSWORD);
        assert!(run.code == 2 && run.stderr.contains(words) && !run.stderr.contains(secret), "{run:?}");
    }
    let both = ["vcenter", "edit", "Berlin", "--proxy", "http://proxy:1", "--connect-to", "127.0.0.1:1"];
    let run = muster.json(&both);
    assert!(run.code == 2 && run.stderr.contains("either through a proxy or at another address"), "{run:?}");
    assert_eq!(muster.ok(&["vcenter", "show", "Berlin"])["edition"], 1, "nothing was stored");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_way_ends_the_live_session_and_is_used_from_the_next_connection_on() {
    let (peer, proxies) = (Peer::vcenter(), Proxies::start(&["--names", "localhost"]));
    let muster = Musterctl::with(&peer, "Berlin");
    let service = muster.service().await;
    let berlin = vcenter(&service, "Berlin").await;
    refreshed(&service, &berlin, Kind::Hosts, 0).await.unwrap();
    assert_eq!((peer.sessions(), proxies.wanted("socks")), (1, vec![]));
    let proxy = format!("socks5h://{}", proxies.socks());
    let settings = VcenterSettings { proxy, ..berlin.settings.clone() };
    let change = Change { settings: Some(settings), ..Change::default() };
    service.call(EditVcenter { vcenter: berlin.id.clone(), edition: berlin.edition, change }).await.unwrap();
    eventually("the session of the way before is logged out", || peer.sessions() == 0);
    refreshed(&service, &berlin, Kind::Vms, 0).await.unwrap();
    // The stored password went along: it is the same address, and the certificate is trusted as before.
    assert_eq!((peer.sessions(), proxies.wanted("socks")), (1, vec![peer.address()]));
    // Another process takes the way back: the session goes with the next work here.
    muster.ok(&["vcenter", "edit", "Berlin", "--proxy", ""]);
    let before = proxies.users().len();
    refreshed(&service, &berlin, Kind::Hosts, 0).await.unwrap();
    assert_eq!((peer.sessions(), proxies.users().len()), (1, before));
    service.close().await;
    assert_eq!(peer.sessions(), 0);
}
