//! JSON to a webhook, signed as the Standard Webhooks specification has it: HMAC-SHA256 of id, time and body.
//! Never sends anything that isn't signed.

use std::time::Duration;

use base64::{
    Engine, alphabet,
    engine::{
        DecodePaddingMode,
        general_purpose::{GeneralPurpose, GeneralPurposeConfig, STANDARD},
    },
};
use bytes::Bytes;
use hmac::{Hmac, KeyInit, Mac};
use hyper::{Request, header::CONTENT_TYPE};
use reach::{Endpoint, Http, Patience, retry_after, whole};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;
use tokio::time::timeout;

use crate::error::Error;

/// The longest answer that is read, so that the connection ends in order. Nothing of it is used.
const ANSWER: usize = 64 << 10;

/// How long it is waited for once the status is known.
const REST: Duration = Duration::from_secs(5);

/// The prefix of a secret whose rest is the key in base64. Source: Standard Webhooks specification.
const IN_BASE64: &str = "whsec_";

/// Base64 with its padding or without.
const ENCODED: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// What is sent to a webhook.
#[derive(Clone, Copy, Debug)]
pub struct Hook<'a> {
    /// Path and query of its URL.
    pub path: &'a str,
    /// The same each time this is sent, so that the receiver knows it again.
    pub id: &'a str,
    /// When it is sent, seconds since 1970.
    pub at: i64,
    /// JSON.
    pub body: &'a str,
}

/// Sends it, and waits until the receiver has taken it. Within `silence` the answer has to begin.
///
/// # Errors
/// [`Error::Reach`], [`Error::BadKey`]; [`Error::Status`] for anything but 200 to 299, redirects included.
pub async fn post(
    endpoint: &Endpoint,
    user_agent: &str,
    hook: Hook<'_>,
    secret: &SecretString,
    silence: Duration,
) -> Result<(), Error> {
    let http = Http::new(endpoint, user_agent, Patience::default())?;
    let call = http.call("POST");
    let url = endpoint.url(&call, hook.path)?;
    let message = Request::post(url)
        .header(CONTENT_TYPE, "application/json")
        .header("webhook-id", hook.id)
        .header("webhook-timestamp", hook.at)
        .header("webhook-signature", signature(secret, hook)?);
    let answer = http.send(&call, message, Bytes::copy_from_slice(hook.body.as_bytes()), silence).await?;
    let (status, retry_after) = (answer.status(), retry_after(answer.headers()));
    // What it says is its own affair, and that it breaks off afterwards, or takes its time.
    let _ = timeout(REST, whole(&call, answer, ANSWER, silence)).await;
    if status.is_success() {
        Ok(())
    } else {
        Err(Error::Status { call, status: status.as_u16(), retry_after })
    }
}

/// The signature that a receiver compares with its own: `v1,` and the HMAC in base64.
///
/// # Errors
/// [`Error::BadKey`].
pub fn signature(secret: &SecretString, hook: Hook<'_>) -> Result<String, Error> {
    let text = secret.expose_secret();
    let key = match text.strip_prefix(IN_BASE64) {
        Some(encoded) => ENCODED.decode(encoded.trim()).map_err(|_| Error::BadKey)?,
        None => text.as_bytes().to_vec(),
    };
    if key.is_empty() {
        return Err(Error::BadKey);
    }
    #[expect(clippy::expect_used, reason = "HMAC takes keys of every length")]
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).expect("a key of any length");
    mac.update(format!("{}.{}.{}", hook.id, hook.at, hook.body).as_bytes());
    Ok(format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_the_one_of_the_specification() {
        // Source: the example of the Standard Webhooks specification.
        let hook = Hook {
            path: "/",
            id: "msg_p5jXN8AQM9LWM0D4loKWxJek",
            at: 1_614_265_330,
            body: "{\"test\": 2432232314}",
        };
        let secret = SecretString::from("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
        assert_eq!(signature(&secret, hook).unwrap(), "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn a_secret_that_is_no_base64_is_the_key_itself_and_each_part_is_signed() {
        let hook = Hook { path: "/", id: "1", at: 2, body: "{}" };
        let of = |secret: &str, hook| signature(&SecretString::from(secret), hook).unwrap();
        for unusable in ["", "whsec_", "whsec_???"] {
            let key = SecretString::from(unusable);
            assert!(matches!(signature(&key, hook), Err(Error::BadKey)), "{unusable}");
        }
        assert_eq!(of("whsec_YQ", hook), of("a", hook), "without padding, too");
        let all = [
            of("a", hook),
            of("b", hook),
            of("a", Hook { id: "2", ..hook }),
            of("a", Hook { at: 3, ..hook }),
            of("a", Hook { body: "{ }", ..hook }),
        ];
        let unlike: std::collections::BTreeSet<&String> = all.iter().collect();
        assert_eq!(unlike.len(), all.len(), "{all:?}");
    }
}
