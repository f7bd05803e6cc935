//! A look at a server that nobody trusts yet: its certificate, and a page that it shows to everybody.
//! Refuses to send anything but a path: there is no place for a header, a body or a credential. The handshake must be signed
//! by the certificate's key all the same, so that what is shown is the certificate of who answers.

use std::time::Duration;

use bytes::Bytes;
use hyper::{
    Request as Message,
    header::{ACCEPT, HeaderMap},
};

use crate::{
    endpoint::Endpoint,
    error::{Call, Error},
    http::{Http, Patience, whole},
    probe::Probe,
    tls::Purpose,
};

/// Connections to a server that needn't be trusted. Whether its endpoint trusts it is noted and changes nothing.
#[derive(Debug)]
pub struct Look {
    http: Http,
    endpoint: Endpoint,
    call: Call,
}

/// A page of a server.
#[derive(Clone, Debug)]
pub struct Page {
    /// HTTP status.
    pub status: u16,
    /// Of the answer.
    pub headers: HeaderMap,
    /// Unpacked; none where it is longer than was wanted.
    pub body: Option<Vec<u8>>,
}

impl Look {
    /// Nothing is connected to yet.
    ///
    /// # Errors
    /// [`Error::BadAddress`], [`Error::BadTrust`].
    pub fn new(endpoint: &Endpoint, user_agent: &str, patience: Patience) -> Result<Self, Error> {
        let http = Http::with_purpose(endpoint, user_agent, patience, Purpose::Look)?;
        let call = http.call("look");
        Ok(Self { http, endpoint: endpoint.clone(), call })
    }

    /// Asks for a path, and reads up to `most` bytes. All of it ends after `within`.
    ///
    /// # Errors
    /// Everything but [`Error::Untrusted`]; a status is none.
    pub async fn page(&self, path: &str, most: usize, within: Duration) -> Result<Page, Error> {
        let fetched = tokio::time::timeout(within, self.fetch(path, most, within));
        fetched.await.unwrap_or_else(|_| Err(Error::Timeout { call: self.call.clone(), after: within }))
    }

    async fn fetch(&self, path: &str, most: usize, within: Duration) -> Result<Page, Error> {
        let message =
            Message::get(self.endpoint.url(&self.call, path)?).header(ACCEPT, "application/json, */*");
        let answer = self.http.send(&self.call, message, Bytes::new(), within).await?;
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        let body = whole(&self.call, answer, most, within).await?;
        Ok(Page { status, headers, body })
    }

    /// The certificate that the server showed at the newest connection, and what the endpoint's trust says of it. None
    /// before the first.
    pub fn shown(&self) -> Option<Probe> {
        self.http.shown()
    }
}
