//! SOCKS5 (RFC 1928 and 1929), as far as a client speaks it that has a name resolved by the proxy and connected to.
//! Refuses to send a password.
//!
//! No library does this for us: of the two that are kept well, one has no user without a password, and the other panics at a
//! reply that the standard doesn't have.

use std::{io, net::IpAddr};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use super::{Place, Problem};

const VERSION: u8 = 5;
const NO_LOGIN: u8 = 0;
const USER_AND_PASSWORD: u8 = 2;
const NONE_OF_THESE: u8 = 0xff;

/// Agrees on how to log in, and names the user if the proxy wants one.
pub(super) async fn greet<S: AsyncRead + AsyncWrite + Unpin>(
    stream: &mut S,
    user: Option<&str>,
) -> Result<(), Problem> {
    let offered: &[u8] = match user {
        None => &[VERSION, 1, NO_LOGIN],
        Some(_) => &[VERSION, 2, NO_LOGIN, USER_AND_PASSWORD],
    };
    stream.write_all(offered).await.map_err(broken)?;
    let [version, chosen] = read(stream).await.map_err(broken)?;
    match (version, chosen, user) {
        (VERSION, NO_LOGIN, _) => Ok(()),
        (VERSION, USER_AND_PASSWORD, Some(user)) => {
            let too_long = |_| Problem::Unusable("its user name is longer than 255 bytes".into());
            let length = u8::try_from(user.len()).map_err(too_long)?;
            // No password: as other clients do it, for proxies that only want to know who it is.
            stream.write_all(&[&[1, length], user.as_bytes(), &[0]].concat()).await.map_err(broken)?;
            match read(stream).await {
                Ok([_, 0]) => Ok(()),
                // Some say no by closing the connection.
                Ok(_) | Err(_) => Err(Problem::NeedsLogin),
            }
        }
        (VERSION, NONE_OF_THESE | USER_AND_PASSWORD, _) => Err(Problem::NeedsLogin),
        _ => Err(Problem::Unusable("it does not speak SOCKS5".into())),
    }
}

/// Has the proxy connect to a server, by its name.
pub(super) async fn connect<S: AsyncRead + AsyncWrite + Unpin>(
    stream: &mut S,
    server: &Place,
) -> Result<(), Problem> {
    let mut request = vec![VERSION, 1, 0];
    match server.host.parse() {
        Ok(IpAddr::V4(address)) => {
            request.push(1);
            request.extend(address.octets());
        }
        Ok(IpAddr::V6(address)) => {
            request.push(4);
            request.extend(address.octets());
        }
        Err(_) => {
            let too_long = |_| Problem::Refused("the name is longer than 255 bytes".into());
            request.extend([3, u8::try_from(server.host.len()).map_err(too_long)?]);
            request.extend(server.host.as_bytes());
        }
    }
    request.extend(server.port.to_be_bytes());
    let closed = |_| Problem::CannotReach("it closed the connection".into());
    stream.write_all(&request).await.map_err(closed)?;
    let [version, reply, _, kind] = read(stream).await.map_err(closed)?;
    if version != VERSION {
        return Err(Problem::Unusable("it does not speak SOCKS5".into()));
    }
    outcome(reply)?;
    // The address that it connects from says nothing to us, but stands before what the server sends.
    let length = match kind {
        1 => 4,
        4 => 16,
        3 => usize::from(read::<1>(stream).await.map_err(closed)?[0]),
        _ => return Err(Problem::Unusable("it does not speak SOCKS5".into())),
    };
    stream.read_exact(&mut vec![0; length + 2]).await.map_err(closed)?;
    Ok(())
}

fn outcome(reply: u8) -> Result<(), Problem> {
    let words = match reply {
        0 => return Ok(()),
        1 => "general failure",
        2 => return Err(Problem::Refused("not allowed by its rules".into())),
        3 => "network unreachable",
        4 => "host unreachable",
        5 => "connection refused",
        6 => "TTL expired",
        7 | 8 => return Err(Problem::Unusable("it does not support this kind of connection".into())),
        other => return Err(Problem::CannotReach(format!("SOCKS reply {other}"))),
    };
    Err(Problem::CannotReach(words.into()))
}

async fn read<const N: usize>(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    stream.read_exact(&mut bytes).await?;
    Ok(bytes)
}

/// Before anything was agreed on.
#[expect(clippy::needless_pass_by_value, reason = "it stands in map_err")]
fn broken(error: io::Error) -> Problem {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => Problem::Unusable("it closed the connection".into()),
        _ => Problem::Unusable(format!("the connection broke: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::duplex;

    use super::*;

    /// What comes of a conversation in which the proxy says this, and what it was told.
    async fn converse(user: Option<&str>, host: &str, says: &[u8]) -> (Result<(), Problem>, Vec<u8>) {
        let (mut ours, mut theirs) = duplex(4096);
        theirs.write_all(says).await.unwrap();
        theirs.shutdown().await.unwrap();
        let server = Place { host: host.into(), port: 443 };
        let outcome = async {
            greet(&mut ours, user).await?;
            connect(&mut ours, &server).await
        };
        let outcome = outcome.await;
        drop(ours);
        let mut told = Vec::new();
        theirs.read_to_end(&mut told).await.unwrap();
        (outcome, told)
    }

    fn reply(code: u8) -> Vec<u8> {
        [&[5, 0][..], &[5, code, 0, 1, 127, 0, 0, 1, 1, 1]].concat()
    }

    #[tokio::test]
    async fn a_name_goes_to_the_proxy_as_a_name_and_an_address_as_an_address() {
        let (outcome, told) = converse(None, "vc.test", &reply(0)).await;
        assert_eq!(outcome, Ok(()));
        assert_eq!(told, [&[5, 1, 0, 5, 1, 0, 3, 7][..], b"vc.test", &[1, 187]].concat());
        let (_, told) = converse(None, "10.0.0.5", &reply(0)).await;
        assert_eq!(told[3..], [5, 1, 0, 1, 10, 0, 0, 5, 1, 187]);
        let (_, told) = converse(None, "2001:db8::1", &reply(0)).await;
        assert_eq!(told[3..8], [5, 1, 0, 4, 0x20]);
    }

    #[tokio::test]
    async fn a_user_is_named_without_a_password_and_only_to_who_asks() {
        let (outcome, told) =
            converse(Some("ops"), "vc", &[&[5, 2, 1, 0][..], &reply(0)[2..]].concat()).await;
        assert_eq!((outcome, &told[..10]), (Ok(()), &[5, 2, 0, 2, 1, 3, b'o', b'p', b's', 0][..]));
        let (outcome, told) = converse(Some("ops"), "vc", &reply(0)).await;
        assert_eq!((outcome, told.windows(3).any(|part| part == b"ops")), (Ok(()), false));
    }

    #[tokio::test]
    async fn what_a_proxy_says_no_with_is_told_apart() {
        use Problem::{CannotReach, NeedsLogin, Refused, Unusable};
        for (user, says) in [
            (None, &[5, 0xff][..]),
            (None, &[5, 2]),
            (Some("ops"), &[5, 0xff]),
            (Some("ops"), &[5, 2, 1, 1]),
            (Some("ops"), &[5, 2]),
        ] {
            assert_eq!(converse(user, "vc", says).await.0, Err(NeedsLogin), "{says:?}");
        }
        for says in
            [&b"HTTP/1.1 400 Bad Request"[..], &[4, 90], &[], &[5, 0, 4, 0, 0, 1], &[5, 0, 5, 0, 0, 9]]
        {
            assert!(matches!(converse(None, "vc", says).await.0, Err(Unusable(_))), "{says:?}");
        }
        for code in [1, 3, 4, 5, 6, 9, 255] {
            let outcome = converse(None, "vc", &reply(code)).await.0;
            assert!(matches!(outcome, Err(CannotReach(_))), "{code}: {outcome:?}");
        }
        assert!(matches!(converse(None, "vc", &reply(2)).await.0, Err(Refused(_))));
        assert!(matches!(converse(None, "vc", &reply(7)).await.0, Err(Unusable(_))));
        let cut = converse(None, "vc", &reply(0)[..6]).await.0;
        assert!(matches!(cut, Err(CannotReach(_))), "{cut:?}");
    }
}
