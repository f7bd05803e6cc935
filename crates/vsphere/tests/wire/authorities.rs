//! The authorities that a vCenter offers: which of them is found, and what is said of a server that sends something else.

use std::io::{Cursor, Write as _};

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd};
use vsphere::{NoCa, OwnCa, Trust, own_ca};
use zip::{ZipWriter, write::SimpleFileOptions};

use crate::server::{Identity, Reply, Server, key, params, self_signed, signed_by};

struct Authority {
    pem: String,
    der: Vec<u8>,
    issuer: Issuer<'static, KeyPair>,
}

fn authority(name: &str) -> Authority {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name.push(DnType::CommonName, name);
    let key = key();
    let certificate = params.self_signed(&key).unwrap();
    Authority { pem: certificate.pem(), der: certificate.der().to_vec(), issuer: Issuer::new(params, key) }
}

/// A zip file with these files.
fn zip(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in files {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(content).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

async fn offered(identity: &Identity, reply: Reply) -> Result<OwnCa, NoCa> {
    let server = Server::start(identity, move |_| reply.clone()).await;
    let found = own_ca(&server.endpoint("localhost", identity.pin()), "test/1").await;
    let received = server.received();
    assert_eq!(server.methods(), ["/certs/download.zip"]);
    assert!(!received[0].head.to_lowercase().contains("cookie"), "no credential is sent");
    found
}

fn sent(zip: Vec<u8>) -> Reply {
    Reply::Answer(200, "Content-Type: application/zip\r\n", zip)
}

async fn refused(identity: &Identity, reply: Reply) -> String {
    offered(identity, reply).await.unwrap_err().to_string()
}

#[tokio::test]
async fn of_all_that_is_offered_the_one_that_issued_the_certificate_is_found_and_a_connection_trusts_it() {
    let (ours, other) = (authority("our CA"), authority("another CA"));
    let identity = signed_by(&params(&["localhost"]), &ours.issuer);
    let files: [(&str, &[u8]); 5] = [
        ("certs/lin/1a.0", other.pem.as_bytes()),
        ("certs/lin/1a.r0", b"a list of revoked certificates"),
        ("certs/win/2b.0.crt", &ours.der),
        ("certs/mac/2b.0", ours.pem.as_bytes()),
        ("readme.txt", b"nothing"),
    ];
    let found = offered(&identity, sent(zip(&files))).await.unwrap();
    assert_eq!((found.certificate.subject.as_str(), found.obstacle), ("CN=our CA", None));
    assert_eq!(found.certificate.der, ours.der);
    Trust::Ca(found.pem.clone()).check().unwrap();
    let server = Server::start(&identity, |_| Reply::Answer(404, "", Vec::new())).await;
    let probed = vsphere::probe(&server.endpoint("localhost", Trust::Ca(found.pem))).await.unwrap();
    assert!(probed.trusted);
}

#[tokio::test]
async fn what_would_be_in_the_way_of_trusting_it_is_said() {
    let ours = authority("our CA");
    let file = || sent(zip(&[("certs/lin/2b.0", ours.pem.as_bytes())]));
    let elsewhere = signed_by(&params(&["vc.example.org"]), &ours.issuer);
    let found = offered(&elsewhere, file()).await.unwrap();
    assert_eq!(found.obstacle.as_deref(), Some("the certificate names other hosts, not this one"));
    let mut old = params(&["localhost"]);
    (old.not_before, old.not_after) = (date_time_ymd(2001, 1, 1), date_time_ymd(2002, 1, 1));
    let found = offered(&signed_by(&old, &ours.issuer), file()).await.unwrap();
    assert_eq!(found.obstacle.as_deref(), Some("the certificate has expired"));
}

#[tokio::test]
async fn a_certificate_that_none_of_them_issued_has_no_ca_to_be_offered() {
    let (ours, other, again) = (authority("our CA"), authority("another CA"), authority("our CA"));
    let identity = signed_by(&params(&["localhost"]), &ours.issuer);
    let with = |authority: &Authority| sent(zip(&[("certs/lin/1a.0", authority.pem.as_bytes())]));
    let said = refused(&identity, with(&other)).await;
    assert!(said.contains("issued by CN=our CA, which is none of the 1 CAs"), "{said}");
    let said = refused(&identity, with(&again)).await;
    assert!(said.contains("not signed by the trusted CA, but by another one of the same name"), "{said}");
    let mut own = params(&["localhost"]);
    own.distinguished_name.push(DnType::CommonName, "esx-01");
    let said = refused(&self_signed(&own), with(&other)).await;
    assert!(said.contains("self-signed"), "{said}");
}

#[tokio::test]
async fn what_is_no_such_file_is_said_in_words() {
    let ours = authority("our CA");
    let identity = signed_by(&params(&["localhost"]), &ours.issuer);
    let page = b"<html><form>Log in</form></html>".to_vec();
    let bomb = vec![b' '; 50 << 20];
    let many: Vec<(String, &[u8])> =
        (0..600).map(|number| (format!("certs/lin/{number}.0"), &b""[..])).collect();
    let many: Vec<(&str, &[u8])> = many.iter().map(|(name, content)| (&**name, *content)).collect();
    let mut damaged = zip(&[("certs/lin/2b.0", ours.pem.as_bytes())]);
    damaged.truncate(damaged.len() / 2);
    for (reply, word) in [
        (Reply::Answer(404, "", Vec::new()), "HTTP status 404"),
        (Reply::Answer(401, "", Vec::new()), "HTTP status 401"),
        (Reply::Answer(302, "Location: https://localhost/ui/login\r\n", Vec::new()), "a redirect"),
        (Reply::Answer(200, "Content-Type: text/html\r\n", page), "no zip file, but text/html"),
        (sent(Vec::new()), "no zip file"),
        (sent(vec![b'P'; 2 << 20]), "larger than 1 MiB"),
        (sent(damaged), "damaged"),
        (sent(zip(&[("certs/lin/2b.0", &bomb)])), "larger than 64 KiB"),
        (sent(zip(&many)), "600 entries"),
        (sent(zip(&[("certs/lin/2b.0", b"nothing"), ("a.txt", ours.pem.as_bytes())])), "no certificate in"),
        (sent(zip(&[("certs/lin/2b.0", &[0x30, 0x82, 0xff])])), "is one of a CA"),
    ] {
        let said = refused(&identity, reply).await;
        assert!(said.contains(word), "{said}, and not {word}");
    }
}

#[tokio::test]
async fn what_is_no_authority_is_offered_to_nobody_and_one_that_is_valid_comes_before_one_that_is_not() {
    let mut leaf = params(&["localhost"]);
    leaf.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let own = self_signed(&leaf);
    let said = refused(&own, sent(zip(&[("certs/lin/1a.0", &own.chain[0])]))).await;
    assert!(said.contains("self-signed"), "{said}");

    // The same CA three times: without the mark of one, in the past, and as it is.
    let named = |is_ca: IsCa| {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = is_ca;
        params.distinguished_name.push(DnType::CommonName, "our CA");
        params
    };
    let ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let (key, now) = (key(), named(ca));
    let mut past = named(ca);
    (past.not_before, past.not_after) = (date_time_ymd(2001, 1, 1), date_time_ymd(2011, 1, 1));
    let unmarked = named(IsCa::ExplicitNoCa).self_signed(&key).unwrap();
    let [past, valid] = [past, now.clone()].map(|params| params.self_signed(&key).unwrap());
    let identity = signed_by(&params(&["localhost"]), &Issuer::new(now, key));
    let said = refused(&identity, sent(zip(&[("certs/lin/1a.0", unmarked.der())]))).await;
    assert!(said.contains("is one of a CA"), "{said}");
    let all: [(&str, &[u8]); 3] =
        [("certs/lin/1a.0", unmarked.der()), ("certs/lin/2b.0", past.der()), ("certs/lin/3c.0", valid.der())];
    let found = offered(&identity, sent(zip(&all))).await.unwrap();
    assert_eq!(found.certificate.der, valid.der().to_vec());
}

#[tokio::test]
async fn nothing_is_asked_of_a_server_that_is_not_trusted() {
    let identity = self_signed(&params(&["localhost"]));
    let server = Server::start(&identity, |_| Reply::Answer(404, "", Vec::new())).await;
    let refused = own_ca(&server.endpoint("localhost", Trust::Pin([0; 32])), "test/1").await.unwrap_err();
    assert!(matches!(refused, NoCa::Server(vsphere::Error::Untrusted { .. })), "{refused}");
    assert!(server.received().is_empty());
}
