//! Which certificates are accepted by which trust, and that nothing travels before that.

use rcgen::{
    BasicConstraints, CertificateParams, CustomExtension, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    PKCS_ECDSA_P384_SHA384, PKCS_ED25519, PKCS_RSA_SHA256, date_time_ymd,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};
use vsphere::{Client, Error, Trust, Warning, probe};

use crate::server::{
    Identity, Reply, Server, TLS, key, of_version_1, params, self_signed, self_signed_with, signed_by,
};

/// Made for these tests, because the library that makes keys here makes no RSA keys.
const RSA_KEY: &[u8] = include_bytes!("../written/rsa-key.der");

/// Says nothing useful: a certificate that is accepted ends in `NotVsphere`.
fn nothing(_: &crate::server::Received) -> Reply {
    Reply::Answer(404, "", Vec::new())
}

pub(crate) struct Authority {
    pub(crate) pem: String,
    pub(crate) issuer: Issuer<'static, KeyPair>,
}

pub(crate) fn authority() -> Authority {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name.push(rcgen::DnType::CommonName, "our CA");
    let key = key();
    let pem = params.self_signed(&key).unwrap().pem();
    Authority { pem, issuer: Issuer::new(params, key) }
}

fn expired(names: &[&str]) -> CertificateParams {
    let mut params = params(names);
    params.not_before = date_time_ymd(2001, 1, 1);
    params.not_after = date_time_ymd(2002, 1, 1);
    params
}

/// Whether the trust accepts the server, by a probe and by a connection, over each version of TLS, which must all agree.
/// Else the reason.
async fn judge(identity: &Identity, host: &str, trust: Trust) -> Result<Vec<Warning>, String> {
    let mut verdicts = Vec::new();
    for version in TLS {
        let server = Server::speaking(&[version], identity, nothing).await;
        verdicts.push(judge_one(&server, identity, host, trust.clone()).await);
    }
    assert!(verdicts.windows(2).all(|pair| pair[0] == pair[1]), "{verdicts:?}");
    verdicts.remove(0)
}

async fn judge_one(
    server: &Server,
    identity: &Identity,
    host: &str,
    trust: Trust,
) -> Result<Vec<Warning>, String> {
    let endpoint = server.endpoint(host, trust);
    let probed = probe(&endpoint).await.unwrap();
    assert_eq!(probed.certificate.der, identity.chain[0].to_vec());
    assert!(server.received().is_empty(), "a probe sends nothing");
    match Client::connect(&endpoint, "test/1").await.unwrap_err() {
        Error::NotVsphere { .. } => {
            assert!(probed.trusted);
            assert_eq!(probed.reason, None);
            Ok(probed.warnings)
        }
        Error::Untrusted { certificate, reason, .. } => {
            assert!(!probed.trusted);
            assert_eq!(probed.reason.as_ref(), Some(&reason));
            assert_eq!(*certificate, probed.certificate);
            assert!(server.received().is_empty(), "nothing is sent to an untrusted server");
            Err(reason)
        }
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn a_pinned_certificate_is_accepted_and_another_is_not() {
    let identity = self_signed(&params(&["localhost"]));
    assert_eq!(judge(&identity, "localhost", identity.pin()).await, Ok(vec![]));
    let other = self_signed(&params(&["localhost"]));
    let refused = judge(&identity, "localhost", other.pin()).await;
    assert_eq!(refused.unwrap_err(), "the certificate is not the pinned one");
}

#[tokio::test]
async fn a_pin_accepts_what_is_merely_odd_and_says_so() {
    let of_other = self_signed(&params(&["vc.example.com"]));
    assert_eq!(judge(&of_other, "localhost", of_other.pin()).await, Ok(vec![Warning::OtherName]));
    let nameless = self_signed(&params(&[]));
    assert_eq!(judge(&nameless, "localhost", nameless.pin()).await, Ok(vec![Warning::NoName]));
    let expired = self_signed(&expired(&["localhost"]));
    assert_eq!(judge(&expired, "localhost", expired.pin()).await, Ok(vec![Warning::Expired]));
    let mut params = params(&["localhost"]);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = self_signed(&params);
    assert_eq!(judge(&authority, "localhost", authority.pin()).await, Ok(vec![Warning::Authority]));
}

/// Whatever its key is of: the handshake is checked with the certificate's public key.
fn of_every_key() -> Vec<(&'static str, Identity)> {
    let generated = |algorithm| KeyPair::generate_for(algorithm).unwrap();
    let rsa = KeyPair::from_pkcs8_der_and_sign_algo(&RSA_KEY.into(), &PKCS_RSA_SHA256).unwrap();
    let keys = [
        ("RSA", rsa),
        ("P-256", key()),
        ("P-384", generated(&PKCS_ECDSA_P384_SHA384)),
        ("Ed25519", generated(&PKCS_ED25519)),
    ];
    let params = params(&["localhost"]);
    keys.iter().map(|(name, key)| (*name, self_signed_with(&params, key))).collect()
}

#[tokio::test]
async fn a_pin_opens_what_it_promises_whatever_the_key_and_a_certificate_of_version_1_too() {
    for (name, identity) in of_every_key() {
        assert_eq!(judge(&identity, "localhost", identity.pin()).await, Ok(vec![]), "{name}");
        let old = of_version_1(&identity);
        assert_eq!(judge(&old, "localhost", old.pin()).await, Ok(vec![Warning::NoName]), "{name}");
        assert!(judge(&old, "localhost", Trust::System).await.is_err(), "{name}");
        let refused = judge(&old, "localhost", identity.pin()).await;
        assert_eq!(refused.unwrap_err(), "the certificate is not the pinned one", "{name}");
    }
}

#[tokio::test]
async fn a_pin_does_not_accept_a_handshake_signed_by_another_key() {
    for (name, mut identity) in of_every_key() {
        // Of the same kind as the certificate's key, and of another.
        identity.key = key().serialize_der();
        for identity in [of_version_1(&identity), identity] {
            for version in TLS {
                let server = Server::speaking(&[version], &identity, nothing).await;
                let endpoint = server.endpoint("localhost", identity.pin());
                let error = Client::connect(&endpoint, "test/1").await.unwrap_err();
                assert!(matches!(error, Error::BadHandshake { .. }), "{name} {version:?}: {error}");
                assert_eq!(server.handshakes(), 0, "{name} {version:?}");
                assert!(server.received().is_empty(), "{name} {version:?}");
            }
        }
    }
}

#[tokio::test]
async fn the_system_does_not_trust_a_self_signed_certificate() {
    let identity = self_signed(&params(&["localhost"]));
    let refused = judge(&identity, "localhost", Trust::System).await.unwrap_err();
    assert_eq!(refused, "the certificate is self-signed and not among the trusted ones");
}

#[tokio::test]
async fn an_authority_is_trusted_for_what_it_signed_and_for_nothing_else() {
    let (ours, other) = (authority(), authority());
    let leaf = signed_by(&params(&["localhost"]), &ours.issuer);
    assert_eq!(judge(&leaf, "localhost", Trust::Ca(ours.pem.clone())).await, Ok(vec![]));
    assert_eq!(judge(&leaf, "localhost", Trust::Ca(other.pem.clone() + &ours.pem)).await, Ok(vec![]));
    let foreign = signed_by(&params(&["localhost"]), &other.issuer);
    let refused = judge(&foreign, "localhost", Trust::Ca(ours.pem.clone())).await;
    assert!(refused.is_err(), "{refused:?}");
    let refused = judge(&leaf, "localhost", Trust::System).await;
    assert_eq!(refused.unwrap_err(), "the certificate was not issued by a trusted CA");
}

#[tokio::test]
async fn an_authority_is_not_enough_for_a_wrong_name_or_an_expired_certificate() {
    let ours = authority();
    let trust = || Trust::Ca(ours.pem.clone());
    let of_other = signed_by(&params(&["vc.example.com"]), &ours.issuer);
    let refused = judge(&of_other, "localhost", trust()).await;
    assert_eq!(refused.unwrap_err(), "the certificate names other hosts, not this one");
    let nameless = signed_by(&params(&[]), &ours.issuer);
    assert_eq!(judge(&nameless, "localhost", trust()).await.unwrap_err(), "the certificate names no host");
    let expired = signed_by(&expired(&["localhost"]), &ours.issuer);
    assert_eq!(judge(&expired, "localhost", trust()).await.unwrap_err(), "the certificate has expired");
}

#[tokio::test]
async fn an_address_is_matched_against_the_addresses_of_the_certificate() {
    let ours = authority();
    let leaf = signed_by(&params(&["127.0.0.1", "::1"]), &ours.issuer);
    assert_eq!(judge(&leaf, "127.0.0.1", Trust::Ca(ours.pem.clone())).await, Ok(vec![]));
    let server = Server::start(&leaf, nothing).await;
    let probed = probe(&server.endpoint("127.0.0.1", leaf.pin())).await.unwrap();
    assert_eq!(probed.certificate.names, ["127.0.0.1", "::1"]);
}

#[tokio::test]
async fn a_probe_never_completes_a_handshake_even_with_a_trusted_server() {
    let identity = self_signed(&params(&["localhost"]));
    for version in TLS {
        let server = Server::speaking(&[version], &identity, nothing).await;
        let probed = probe(&server.endpoint("localhost", identity.pin())).await.unwrap();
        assert!(probed.trusted);
        assert_eq!(server.handshakes(), 0, "{version:?}");
        assert!(server.received().is_empty(), "{version:?}");
    }
}

#[tokio::test]
async fn a_certificate_is_shown_with_names_dates_and_issuer() {
    let ours = authority();
    let mut leaf = expired(&["vc.example.com", "10.0.0.1"]);
    leaf.distinguished_name = rcgen::DistinguishedName::new();
    leaf.distinguished_name.push(rcgen::DnType::CommonName, "vc.example.com");
    let server = Server::start(&signed_by(&leaf, &ours.issuer), nothing).await;
    let shown = probe(&server.endpoint("localhost", Trust::System)).await.unwrap().certificate;
    assert_eq!(shown.subject, "CN=vc.example.com");
    assert!(shown.issuer.contains("our CA"), "{}", shown.issuer);
    assert_eq!(shown.names, ["vc.example.com", "10.0.0.1"]);
    assert_eq!((shown.not_before, shown.not_after), (978_307_200_000, 1_009_843_200_000));
}

#[tokio::test]
async fn an_unreadable_authority_is_said_before_connecting() {
    let server = Server::start(&self_signed(&params(&["localhost"])), nothing).await;
    for pem in ["", "no certificate", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
        let endpoint = server.endpoint("localhost", Trust::Ca(pem.into()));
        assert!(matches!(probe(&endpoint).await, Err(Error::BadTrust { .. })), "{pem}");
        assert!(matches!(Client::connect(&endpoint, "test/1").await, Err(Error::BadTrust { .. })), "{pem}");
    }
}

#[tokio::test]
async fn a_port_without_tls_is_a_bad_handshake() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let identity = self_signed(&params(&["localhost"]));
    let mut endpoint = Server::start(&identity, nothing).await.endpoint("127.0.0.1", Trust::System);
    endpoint.port = listener.local_addr().unwrap().port();
    let mut server = tokio::task::JoinSet::new();
    server.spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let _ = stream.read(&mut [0; 100]).await;
            let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
        }
    });
    for error in
        [Client::connect(&endpoint, "test/1").await.unwrap_err(), probe(&endpoint).await.unwrap_err()]
    {
        match error {
            Error::BadHandshake { detail, .. } => assert_eq!(detail, "the port does not use TLS"),
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn what_is_wrong_with_a_certificate_is_said_in_plain_words() {
    let trusted = authority();
    let issued = |change: &dyn Fn(&mut CertificateParams)| {
        let mut params = params(&["localhost"]);
        change(&mut params);
        signed_by(&params, &trusted.issuer)
    };
    for (identity, words) in [
        (
            signed_by(&params(&["localhost"]), &authority().issuer),
            "signed by the trusted CA, but by another one of the same name",
        ),
        (
            issued(&|params| params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth]),
            "not issued for server authentication",
        ),
        (
            issued(&|params| {
                let mut unknown = CustomExtension::from_oid_content(&[1, 2, 3, 4], vec![5, 0]);
                unknown.set_criticality(true);
                params.custom_extensions = vec![unknown];
            }),
            "a critical extension",
        ),
    ] {
        let reason = judge(&identity, "localhost", Trust::Ca(trusted.pem.clone())).await.unwrap_err();
        assert!(reason.contains(words), "{reason}");
    }
}

#[tokio::test]
async fn nobody_there_and_an_unknown_name_are_told_apart() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let identity = self_signed(&params(&["localhost"]));
    let mut endpoint = Server::start(&identity, nothing).await.endpoint("127.0.0.1", Trust::System);
    endpoint.port = port;
    assert!(matches!(probe(&endpoint).await, Err(Error::Unreachable { .. })));
    assert!(matches!(Client::connect(&endpoint, "test/1").await, Err(Error::Unreachable { .. })));
    endpoint.host = "no-such-host.invalid".into();
    assert!(matches!(probe(&endpoint).await, Err(Error::Resolve { .. })));
    assert!(matches!(Client::connect(&endpoint, "test/1").await, Err(Error::Resolve { .. })));
}
