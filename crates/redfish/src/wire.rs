//! Sends one request after another to one BMC, and follows redirects on the same host.
//! Refuses to go to another host, to ask for more than a limit, and to read more than one.

use std::{
    sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed},
    time::Duration,
};

use bytes::Bytes;
use hyper::{
    Method, Request, Uri,
    header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue, LOCATION},
};
use reach::{Call, Endpoint, Http, Patience, retry_after, whole};
use serde_json::Value;

use crate::{clean::line, error::Error, json, message::Said};

/// The largest body that is read, in bytes after unpacking. The largest recorded one has 40 KB.
pub(crate) const LARGEST: usize = 4 << 20;

/// The bodies of a visit together, in bytes. Those of the largest recorded BMC have 180 KB.
const LARGEST_SUM: u64 = 8 << 20;

/// Requests to one BMC in one visit.
pub(crate) const REQUESTS: u32 = 200;

/// Redirects of one request.
const REDIRECTS: usize = 3;

pub(crate) const TOKEN: &str = "X-Auth-Token";

/// A TCP connection to a BMC is there soon or never; its TLS takes a while on a small processor.
pub(crate) const PATIENCE: Patience =
    Patience { connect: Duration::from_secs(3), handshake: Duration::from_secs(15) };

/// What a request brings along.
#[derive(Clone, Debug, Default)]
pub(crate) enum Credential {
    /// Nothing.
    #[default]
    None,
    /// The token of a session, and the paths at which it may be closed.
    Token { token: HeaderValue, at: Vec<String> },
    /// User and password, with each request.
    Basic(HeaderValue),
}

/// What came of a request.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) path: String,
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// The JSON of a body.
    pub(crate) fn json(&self, call: &Call) -> Result<Value, Error> {
        json::parse(&self.body).map_err(|error| {
            let detail = line(&error.to_string(), 200);
            Error::Malformed { call: call.clone(), path: self.path.clone(), detail }
        })
    }

    /// What a status that is no success says, of whatever was asked.
    pub(crate) fn failure(&self, call: &Call) -> Error {
        let (call, path, said) = (call.clone(), self.path.clone(), Said::read(&self.body));
        let message = said.message.clone();
        match self.status {
            401 => Error::SessionEnded { call },
            403 if said.is_password_change() => Error::PasswordChange { call, message },
            403 => Error::NoPermission { call, path, message },
            503 if said.is_about_sessions() => Error::NoSession { call, message },
            status @ (429 | 503) => {
                Error::Busy { call, status, retry_after: retry_after(&self.headers), message }
            }
            status => Error::HttpStatus { call, path, status, message },
        }
    }

    pub(crate) fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

/// Connections to one BMC that is trusted.
#[derive(Debug)]
pub(crate) struct Wire {
    pub(crate) http: Http,
    endpoint: Endpoint,
    sent: AtomicU32,
    read: AtomicU64,
}

impl Wire {
    pub(crate) fn new(endpoint: &Endpoint, user_agent: &str) -> Result<Self, Error> {
        let http = Http::new(endpoint, user_agent, PATIENCE)?;
        Ok(Self { http, endpoint: endpoint.clone(), sent: AtomicU32::new(0), read: AtomicU64::new(0) })
    }

    pub(crate) fn requests(&self) -> u32 {
        self.sent.load(Relaxed)
    }

    pub(crate) async fn get(
        &self,
        call: &Call,
        path: &str,
        credential: &Credential,
    ) -> Result<Answer, Error> {
        if self.requests() >= REQUESTS {
            return Err(Error::TooLarge { call: call.clone(), what: "requests", limit: REQUESTS.into() });
        }
        let get = || self.send(call, Method::GET, path, credential, Bytes::new());
        match get().await {
            // An idle connection may have been closed by the other end. What only reads may be asked once more.
            Err(Error::Reach(reach::Error::Interrupted { .. })) => get().await,
            answer => answer,
        }
    }

    /// Sends a request and follows its redirects with the same method, body and credential. A login is only followed to the path
    /// with a slash at its end, once, as iLO 4 and old Supermicros send it: each way more is one more that may be counted.
    pub(crate) async fn send(
        &self,
        call: &Call,
        method: Method,
        path: &str,
        credential: &Credential,
        body: Bytes,
    ) -> Result<Answer, Error> {
        let is_login = method == Method::POST || matches!(credential, Credential::Basic(_));
        let mut path = path.to_owned();
        for _ in 0..=if is_login { 1 } else { REDIRECTS } {
            let answer = self.exchange(call, &method, &path, credential, body.clone()).await?;
            if !matches!(answer.status, 301 | 302 | 307 | 308) {
                return Ok(answer);
            }
            let to = self.redirected(call, &answer)?;
            if is_login && !json::same(&path, &to) {
                return Err(Error::Redirect { call: call.clone(), path, to });
            }
            path = to;
        }
        Err(Error::Redirect { call: call.clone(), path, to: "one path after another".into() })
    }

    /// The path that a redirect leads to, if it is one of this server.
    fn redirected(&self, call: &Call, answer: &Answer) -> Result<String, Error> {
        let told = answer.headers.get(LOCATION).and_then(|to| to.to_str().ok()).unwrap_or("nowhere");
        let here = self.endpoint.url(call, &answer.path)?;
        redirect(&here, told).ok_or_else(|| Error::Redirect {
            call: call.clone(),
            path: answer.path.clone(),
            to: line(told, 200),
        })
    }

    async fn exchange(
        &self,
        call: &Call,
        method: &Method,
        path: &str,
        credential: &Credential,
        body: Bytes,
    ) -> Result<Answer, Error> {
        let url = self.endpoint.url(call, path)?;
        // Some answer 406 or 415 without it.
        let mut message = Request::builder().method(method).uri(url).header(ACCEPT, "application/json");
        if *method == Method::POST {
            message = message.header(CONTENT_TYPE, "application/json");
        }
        message = match credential {
            Credential::None => message,
            Credential::Token { token, .. } => message.header(TOKEN, token),
            Credential::Basic(login) => message.header(AUTHORIZATION, login),
        };
        self.sent.fetch_add(1, Relaxed);
        let answer = self.http.send(call, message, body, self.endpoint.timeout).await?;
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        let too_large = |what, limit| Error::TooLarge { call: call.clone(), what, limit };
        let body = match whole(call, answer, LARGEST, self.endpoint.timeout).await {
            Ok(Some(body)) => body,
            // The head of a login says which session to close.
            _ if *method == Method::POST => Vec::new(),
            Ok(None) => return Err(too_large("bytes", LARGEST as u64)),
            Err(error) => return Err(error.into()),
        };
        if self.read.fetch_add(body.len() as u64, Relaxed) > LARGEST_SUM {
            return Err(too_large("bytes in all", LARGEST_SUM));
        }
        Ok(Answer { path: path.to_owned(), status, headers, body })
    }
}

/// The path of a redirect from an address, if it stays on host, port and TLS.
pub(crate) fn redirect(here: &Uri, to: &str) -> Option<String> {
    if let Some((scheme, rest)) = to.split_once("://") {
        let authority: hyper::http::uri::Authority = rest.split('/').next()?.parse().ok()?;
        let port = authority.port_u16().unwrap_or(443);
        let is_here = authority.host().eq_ignore_ascii_case(here.host()?)
            && port == here.port_u16().unwrap_or(443)
            && !authority.as_str().contains('@');
        if !scheme.eq_ignore_ascii_case("https") || !is_here {
            return None;
        }
    }
    json::path(to)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_redirect_stays_where_it_came_from() {
        let here: Uri = "https://10.0.0.5/redfish/v1".parse().unwrap();
        for (to, path) in [
            ("/redfish/v1/", Some("/redfish/v1/")),
            ("https://10.0.0.5/redfish/v1/", Some("/redfish/v1/")),
            ("https://10.0.0.5:443/redfish/v1/", Some("/redfish/v1/")),
            ("HTTPS://10.0.0.5/a", Some("/a")),
            ("http://10.0.0.5/redfish/v1/", None),
            ("https://10.0.0.6/redfish/v1/", None),
            ("https://10.0.0.5:8443/redfish/v1/", None),
            ("https://10.0.0.5@evil.example/redfish/v1/", None),
            ("https://user@10.0.0.5/redfish/v1/", None),
            ("//evil.example/redfish/v1/", None),
            ("login.html", None),
            ("https://10.0.0.5", None),
        ] {
            assert_eq!(redirect(&here, to).as_deref(), path, "{to}");
        }
    }
}
