//! What is odd about a certificate, at the edges of its dates.

use std::time::Duration;

use super::*;

/// Valid for the second and the third day of 1970, for this host.
fn certificate() -> Certificate {
    let mut params = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    params.not_before = rcgen::date_time_ymd(1970, 1, 2);
    params.not_after = rcgen::date_time_ymd(1970, 1, 4);
    let key = rcgen::KeyPair::generate().unwrap();
    Certificate::read(params.self_signed(&key).unwrap().der(), &[])
}

const DAY: u64 = 24 * 60 * 60;

#[test]
fn a_certificate_is_valid_from_its_first_second_to_its_last() {
    let certificate = certificate();
    assert_eq!(certificate.not_before, 24 * 60 * 60 * 1000);
    assert_eq!(certificate.not_after, 3 * 24 * 60 * 60 * 1000);
    let host = ServerName::try_from("localhost").unwrap();
    let at =
        |second: u64| certificate.warnings(&host, UnixTime::since_unix_epoch(Duration::from_secs(second)));
    assert_eq!(at(DAY - 1), [Warning::NotYetValid]);
    assert_eq!(at(DAY), []);
    assert_eq!(at(2 * DAY), []);
    assert_eq!(at(3 * DAY), []);
    assert_eq!(at(3 * DAY + 1), [Warning::Expired]);
}

#[test]
fn another_host_is_told_from_no_host_at_all() {
    let now = UnixTime::since_unix_epoch(Duration::from_secs(2 * DAY));
    let other = ServerName::try_from("vc.example.com").unwrap();
    assert_eq!(certificate().warnings(&other, now), [Warning::OtherName]);
    let nameless = Certificate { names: Vec::new(), ..certificate() };
    assert_eq!(nameless.warnings(&other, now), [Warning::NoName]);
}

#[test]
fn what_is_no_certificate_has_its_fingerprint_and_nothing_else() {
    let unread = Certificate::read(&CertificateDer::from(b"letters".to_vec()), &[]);
    assert_eq!(unread.sha256, <[u8; 32]>::from(Sha256::digest(b"letters")));
    assert_eq!((unread.subject.as_str(), unread.names.len(), unread.is_authority), ("", 0, false));
}
