//! Mail over SMTP, on connections of ours: with TLS from the beginning, or from the server's STARTTLS on.
//! Never goes on without TLS where it is wanted, and never reads more of a server than its answers need.

use std::{
    fmt,
    future::Future,
    io,
    net::SocketAddr,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use lettre::{
    Message,
    message::header::{self, ContentType, HeaderName, HeaderValue},
    transport::smtp::{
        authentication::{Credentials, Mechanism},
        client::{AsyncSmtpConnection, AsyncTokioStream},
        extension::ClientId,
    },
};
use reach::{Call, Endpoint};
use secrecy::{ExposeSecret, SecretString};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf},
    net::TcpStream,
    time::timeout,
};

use crate::error::Error;

/// A server that has not greeted by then speaks something else.
const GREETING: Duration = Duration::from_secs(15);

/// All that one mail may take.
const DEADLINE: Duration = Duration::from_secs(60);

/// How long a server is waited for once it has taken the mail.
const GOODBYE: Duration = Duration::from_secs(5);

/// All that a server may say about one mail, bytes.
const SAYS: usize = 32 << 10;

/// A line of a server's answer, bytes. Source: RFC 5321, 4.5.3.1.5, and room.
const LINE: usize = 2_000;

/// Lines of one answer.
const LINES: usize = 100;

/// How a conversation is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Security {
    /// TLS from the first byte, usually on port 465.
    Tls,
    /// TLS once the server was asked for it, usually on port 587. Without it nothing is sent.
    StartTls,
    /// None: whoever is on the way can read the mail. No password is sent.
    Plain,
}

/// How mail is handed in at a server.
#[derive(Clone, Copy, Debug)]
pub struct Submission<'a> {
    /// Where it is, and how it is trusted.
    pub endpoint: &'a Endpoint,
    /// How the conversation is protected.
    pub security: Security,
    /// Whose mail it is.
    pub login: Option<(&'a str, &'a SecretString)>,
}

/// One mail.
#[derive(Clone, Copy, Debug)]
pub struct Mail<'a> {
    /// Who sends it: `muster@example.org`, or `Muster <muster@example.org>`.
    pub from: &'a str,
    /// Who gets it, each in the same form.
    pub to: &'a [String],
    /// What it is about.
    pub subject: &'a str,
    /// What it says, as plain text.
    pub text: &'a str,
    /// The same each time this is sent.
    pub id: &'a str,
}

/// An address as mails have it.
pub type Mailbox = lettre::message::Mailbox;

/// An address of a mail.
///
/// # Errors
/// What is wrong with it, in words.
pub fn mailbox(text: &str) -> Result<Mailbox, String> {
    if text.chars().any(char::is_control) {
        return Err("it has a control character".to_owned());
    }
    let mailbox = text.trim().parse::<Mailbox>().map_err(|_| "it is not of that form".to_owned())?;
    // Few servers take others.
    if !mailbox.email.to_string().is_ascii() {
        return Err("it has letters that not every mail server takes".to_owned());
    }
    Ok(mailbox)
}

/// Hands in a mail.
///
/// # Errors
/// Any; nothing was handed in then, but where [`Error::TooSlow`] or [`Error::NotSmtp`] came after its last byte.
pub async fn send(to: Submission<'_>, mail: Mail<'_>) -> Result<(), Error> {
    let message = written(mail)?;
    let call = Call::new("MAIL", to.endpoint.label());
    let mut connection = in_time(&call, async {
        let mut connection = opened(&call, to).await?;
        let text = message.formatted();
        let sent = connection.send(message.envelope(), &text).await;
        sent.map_err(|error| refused(&call, &error))?;
        Ok(connection)
    })
    .await?;
    // It is handed in, whatever becomes of the goodbye.
    let _ = timeout(GOODBYE, connection.quit()).await;
    Ok(())
}

async fn in_time<T>(call: &Call, work: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    let late = |_| Error::TooSlow { call: call.clone(), after: DEADLINE };
    timeout(DEADLINE, work).await.map_err(late)?
}

/// The text of a mail. Line breaks and characters in headers are the library's to write.
fn written(mail: Mail<'_>) -> Result<Message, Error> {
    let no_mail = |detail: String| Error::NoMail { detail };
    let address = |text: &str| mailbox(text).map_err(|why| no_mail(format!("\"{text}\": {why}")));
    let mut message = Message::builder()
        .from(address(mail.from)?)
        .subject(mail.subject.replace(char::is_control, " "))
        .message_id(Some(format!("<{}@muster.invalid>", mail.id)))
        .header(header::MIME_VERSION_1_0)
        .header(ContentType::TEXT_PLAIN);
    for to in mail.to {
        message = message.to(address(to)?);
    }
    let mut message = message.body(mail.text.to_owned()).map_err(|error| no_mail(error.to_string()))?;
    // Nobody who is away answers it. Source: RFC 3834, 5.
    let automatic = HeaderName::new_from_ascii_str("Auto-Submitted");
    message.headers_mut().insert_raw(HeaderValue::new(automatic, "auto-generated".to_owned()));
    Ok(message)
}

/// A conversation in which mail can be handed in.
async fn opened(call: &Call, to: Submission<'_>) -> Result<AsyncSmtpConnection, Error> {
    if to.login.is_some() && to.security == Security::Plain {
        return Err(Error::Unprotected { call: call.clone() });
    }
    let mut stream = reach::connect(call, to.endpoint).await?;
    let stream: Box<dyn AsyncTokioStream> = match to.security {
        Security::Plain => Box::new(Bounded::new(stream, b"")),
        Security::Tls => {
            let stream = reach::secure(call, to.endpoint, stream, to.endpoint.timeout).await?;
            Box::new(Bounded::new(stream, b""))
        }
        Security::StartTls => {
            let started = timeout(GREETING, start_tls(call, &mut stream)).await;
            started.map_err(|_| Error::Silent { call: call.clone(), after: GREETING })??;
            let stream = reach::secure(call, to.endpoint, stream, to.endpoint.timeout).await?;
            // A server greets once, and whoever talks to it from here on waits for that.
            Box::new(Bounded::new(stream, b"220 ready\r\n"))
        }
    };
    let us = client_id();
    let opening = AsyncSmtpConnection::connect_with_transport(stream, &us);
    let opened = timeout(GREETING, opening).await;
    let opened = opened.map_err(|_| Error::Silent { call: call.clone(), after: GREETING })?;
    let mut connection = opened.map_err(|error| refused(call, &error))?;
    if let Some((user, password)) = to.login {
        let login = Credentials::new(user.to_owned(), password.expose_secret().to_owned());
        let accepted = connection.auth(&[Mechanism::Plain, Mechanism::Login], &login).await;
        accepted.map_err(|error| match error.status() {
            _ if error.is_client() => {
                not_smtp(call, "the server offers neither PLAIN nor LOGIN to log in with".to_owned())
            }
            // Nothing of what a server says where a password was sent: it may quote it.
            Some(code) if matches!(code.to_string().as_str(), "530" | "534" | "535") => Error::Rejected {
                call: call.clone(),
                detail: format!("the server rejected user and password (SMTP status {code})"),
            },
            Some(code) => Error::Refused {
                call: call.clone(),
                detail: format!("it does not take logins now (SMTP status {code})"),
                is_transient: false,
            },
            None => not_smtp(call, CLOSED.to_owned()),
        })?;
    }
    Ok(connection)
}

/// What this machine calls itself: nothing that says which one it is.
fn client_id() -> ClientId {
    ClientId::Ipv4(std::net::Ipv4Addr::LOCALHOST)
}

/// Asks a server that was just connected to for TLS. Reads byte by byte: whatever somebody slipped in after the answer stands
/// where the handshake is expected, and breaks it.
async fn start_tls(call: &Call, stream: &mut TcpStream) -> Result<(), Error> {
    says(call, stream, "220").await?;
    write(call, stream, &format!("EHLO {}\r\n", client_id())).await?;
    let offers = says(call, stream, "250").await?;
    if !offers.iter().any(|line| line.eq_ignore_ascii_case("STARTTLS")) {
        return Err(Error::NoTls { call: call.clone() });
    }
    write(call, stream, "STARTTLS\r\n").await?;
    says(call, stream, "220").await.map(drop)
}

async fn write(call: &Call, stream: &mut TcpStream, line: &str) -> Result<(), Error> {
    stream.write_all(line.as_bytes()).await.map_err(|error| not_smtp(call, error.to_string()))
}

/// The lines of an answer with this status, without it.
async fn says(call: &Call, stream: &mut TcpStream, wanted: &str) -> Result<Vec<String>, Error> {
    let mut lines = Vec::new();
    while lines.len() < LINES {
        let mut line = Vec::new();
        while !line.ends_with(b"\n") {
            if line.len() == LINE {
                return Err(not_smtp(call, "the server sent a line without an end".to_owned()));
            }
            line.push(stream.read_u8().await.map_err(|_| not_smtp(call, CLOSED.to_owned()))?);
        }
        let line = String::from_utf8_lossy(&line).trim_end().to_owned();
        let (status, rest) = line.split_at_checked(3).unwrap_or((&line, ""));
        if status != wanted {
            return Err(match status.parse::<u16>() {
                Ok(400..600) => {
                    let is_transient = status.starts_with('4');
                    Error::Refused { call: call.clone(), detail: excerpt(&line), is_transient }
                }
                _ => not_smtp(call, format!("the server answered \"{}\"", excerpt(&line))),
            });
        }
        lines.push(rest.get(1..).unwrap_or_default().to_owned());
        if !rest.starts_with('-') {
            return Ok(lines);
        }
    }
    Err(not_smtp(call, "the server's answer has no end".to_owned()))
}

const CLOSED: &str = "the server closed the connection";

fn not_smtp(call: &Call, detail: String) -> Error {
    Error::NotSmtp { call: call.clone(), detail }
}

fn refused(call: &Call, error: &lettre::transport::smtp::Error) -> Error {
    match error.status() {
        Some(_) => {
            let is_transient = error.is_transient();
            Error::Refused { call: call.clone(), detail: excerpt(&chain(error)), is_transient }
        }
        None => lost(call, error),
    }
}

/// The conversation ended in the middle.
fn lost(call: &Call, error: &lettre::transport::smtp::Error) -> Error {
    let said = chain(error);
    let is_closed = said.contains("close_notify") || said.contains("incomplete");
    not_smtp(call, if is_closed { CLOSED.to_owned() } else { excerpt(&said) })
}

/// An error and what caused it, in a line.
fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    // Some say what caused them as well.
    causes.map(ToString::to_string).fold(String::new(), |said, cause| match said.as_str() {
        "" => cause,
        said if said.contains(&cause) => said.to_owned(),
        said => format!("{said}: {cause}"),
    })
}

/// What a server said, as far as it fits into a sentence.
fn excerpt(text: &str) -> String {
    let shown: String = text.chars().filter(|letter| !letter.is_control()).take(200).collect();
    shown.trim().to_owned()
}

/// A stream that begins with some bytes of ours, and ends once a server said too much.
struct Bounded<S> {
    stream: S,
    before: &'static [u8],
    left: usize,
}

impl<S> Bounded<S> {
    fn new(stream: S, before: &'static [u8]) -> Self {
        Self { stream, before, left: SAYS }
    }
}

impl<S> fmt::Debug for Bounded<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bounded").field("left", &self.left).finish_non_exhaustive()
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Bounded<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if !self.before.is_empty() {
            let (now, later) = self.before.split_at(self.before.len().min(into.remaining()));
            into.put_slice(now);
            self.before = later;
            return Poll::Ready(Ok(()));
        }
        let filled = into.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(context, into);
        if let Poll::Ready(Ok(())) = read {
            let Some(left) = self.left.checked_sub(into.filled().len() - filled) else {
                return Poll::Ready(Err(io::Error::other("the server says more than an answer needs")));
            };
            self.left = left;
        }
        read
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Bounded<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

impl<S: AsyncRead + AsyncWrite + Send + Sync + Unpin> AsyncTokioStream for Bounded<S> {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mail<'a>(to: &'a [String], subject: &'a str) -> Mail<'a> {
        Mail { from: "Muster <muster@example.org>", to, subject, text: "Hello\n.\nend", id: "1" }
    }

    #[test]
    fn no_name_becomes_a_header_of_its_own() {
        let to = ["ops@example.org".to_owned()];
        let message = written(mail(&to, "Berlin\r\nBcc: evil@example.org")).unwrap();
        let text = String::from_utf8(message.formatted()).unwrap();
        assert!(!text.lines().any(|line| line.starts_with("Bcc")), "{text}");
        assert_eq!(message.envelope().to().len(), 1);
        for header in ["MIME-Version: 1.0", "Auto-Submitted: auto-generated"] {
            assert!(text.contains(header), "{text}");
        }
    }

    #[test]
    fn addresses_are_those_of_mails_and_nothing_else() {
        for good in ["a@example.org", "Ops <ops@example.org>", "a+b@localhost"] {
            assert!(mailbox(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "ops",
            "a@b@c",
            "a@example.org\r\nRCPT TO:<x@y>",
            "<a@example.org",
            "a@m\u{fc}.org",
            "a@b.c, d@e.f",
        ] {
            assert!(mailbox(bad).is_err(), "{bad}");
        }
    }
}
