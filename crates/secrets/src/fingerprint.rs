//! Sixteen bits of a password, for telling another one from it later.
//! Refuses to give more: with so few, 65,000 other passwords look the same, and nobody finds the one out.

use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;

/// Sixteen bits of a credential's password: HMAC-SHA256 under the database's own key, over the credential's id and the
/// password. The same password of another credential, or in another database, gives others.
pub fn fingerprint(key: &str, credential_id: &str, password: &SecretString) -> u16 {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key.as_bytes()) else {
        unreachable!("HMAC takes keys of any length")
    };
    mac.update(credential_id.as_bytes());
    // No id has one, so where the id ends is never in doubt.
    mac.update(&[0]);
    mac.update(password.expose_secret().as_bytes());
    let [first, second, ..] = mac.finalize().into_bytes().0;
    u16::from_be_bytes([first, second])
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn it_tells_passwords_credentials_and_databases_apart() {
        let of = |key: &str, id: &str, password: &str| fingerprint(key, id, &password.into());
        let all = [
            of("k1", "c1", "p1"),
            of("k1", "c1", "p2"),
            of("k1", "c2", "p1"),
            of("k2", "c1", "p1"),
            of("k1", "c1p", "1"),
        ];
        assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len(), "{all:?}");
        assert_eq!(of("k1", "c1", "p1"), all[0], "it is the same each time");
        // What Python's hmac gives for b"id\0password" under b"key".
        assert_eq!(of("key", "id", "password"), 0x6c63);
    }
}
