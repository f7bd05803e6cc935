//! CONNECT, as an HTTP proxy is asked for a tunnel (RFC 9110).
//! Refuses to send anything but the server's name: no credential and no header of ours.

use std::convert::Infallible;

use bytes::Bytes;
use http_body_util::Empty;
use hyper::{Request, StatusCode, client::conn::http1, header::HOST, upgrade};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use super::{Place, Problem};

/// Has the proxy connect to a server, by its name; answers with the connection that was the proxy's.
pub(super) async fn connect(stream: TcpStream, server: &Place) -> Result<TcpStream, Problem> {
    let server = server.to_string();
    let request = Request::connect(&server).header(HOST, &server).body(Empty::<Bytes>::new());
    let request = request.map_err(|error| Problem::Refused(error.to_string()))?;
    let (mut proxy, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(broken)?;
    let exchange = async {
        let answer = proxy.send_request(request).await.map_err(broken)?;
        outcome(answer.status())?;
        upgrade::on(answer).await.map_err(broken)
    };
    let driven = async {
        // Why it ended, the exchange says.
        let _ = connection.with_upgrades().await;
        std::future::pending::<Infallible>().await
    };
    let tunnel = tokio::select! {
        tunnel = exchange => tunnel?,
        never = driven => match never {},
    };
    let parts = tunnel.downcast::<TokioIo<TcpStream>>().map_err(|_| unusable("it is no tunnel"))?;
    // In TLS it is the client who speaks first.
    if !parts.read_buf.is_empty() {
        return Err(unusable("it sent something that nobody asked for"));
    }
    Ok(parts.io.into_inner())
}

fn outcome(status: StatusCode) -> Result<(), Problem> {
    let words = format!("HTTP status {}", status.as_u16());
    Err(match status.as_u16() {
        200..300 => return Ok(()),
        407 => Problem::NeedsLogin,
        401 | 403 | 405 | 451 => Problem::Refused(words),
        // A web server, which knows no CONNECT, says 400, 404 or 501.
        100..=499 | 501 | 505 => Problem::Unusable(format!("it opens no tunnel ({words})")),
        _ => Problem::CannotReach(words),
    })
}

#[expect(clippy::needless_pass_by_value, reason = "it stands in map_err")]
fn broken(error: hyper::Error) -> Problem {
    match error.is_parse() {
        true => unusable("it does not speak HTTP"),
        false => unusable("it closed the connection"),
    }
}

fn unusable(words: &str) -> Problem {
    Problem::Unusable(words.into())
}

#[cfg(test)]
mod tests {
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpListener,
        task::JoinSet,
    };

    use super::*;

    /// What comes of it if the proxy answers with this, and what it was told.
    async fn converse(answer: &'static [u8]) -> (Result<TcpStream, Problem>, String) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let at = listener.local_addr().unwrap();
        let mut proxy = JoinSet::new();
        proxy.spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut told = vec![0; 1024];
            let length = stream.read(&mut told).await.unwrap();
            stream.write_all(answer).await.unwrap();
            told.truncate(length);
            String::from_utf8(told).unwrap()
        });
        let stream = TcpStream::connect(at).await.unwrap();
        let outcome = connect(stream, &Place { host: "vc.test".into(), port: 8443 }).await;
        (outcome, proxy.join_next().await.unwrap().unwrap())
    }

    #[tokio::test]
    async fn the_proxy_is_told_the_servers_name_and_nothing_else() {
        let (outcome, told) = converse(b"HTTP/1.1 200 Connection established\r\n\r\n").await;
        assert!(outcome.is_ok(), "{outcome:?}");
        assert_eq!(told, "CONNECT vc.test:8443 HTTP/1.1\r\nhost: vc.test:8443\r\n\r\n");
    }

    #[tokio::test]
    async fn what_a_proxy_says_no_with_is_told_apart() {
        let needs_login = converse(b"HTTP/1.1 407 No\r\nProxy-Authenticate: Basic\r\n\r\n").await.0;
        assert_eq!(needs_login.unwrap_err(), Problem::NeedsLogin);
        let refused = converse(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno").await.0;
        assert_eq!(refused.unwrap_err(), Problem::Refused("HTTP status 403".into()));
        let cannot = converse(b"HTTP/1.1 502 Bad Gateway\r\n\r\n").await.0;
        assert_eq!(cannot.unwrap_err(), Problem::CannotReach("HTTP status 502".into()));
        for answer in [
            &b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"[..],
            b"\x05\xff",
            b"",
            b"SSH-2.0-OpenSSH_9.2\r\n",
            b"HTTP/1.1 200 OK\r\n\r\nand more",
        ] {
            let outcome = converse(answer).await.0;
            assert!(matches!(outcome, Err(Problem::Unusable(_))), "{answer:?}: {outcome:?}");
        }
    }
}
