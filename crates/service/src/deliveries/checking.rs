//! Whether a destination can be: everything that its settings may have wrong.
//! Refuses to contact it, and to store what no delivery could use.

use crate::validate::{self, invalid};
use crate::{Service, explain};
use contract::destination::{Address, DestinationKind, DestinationSettings, MailSecurity};
use contract::policy::Step;
use contract::{ApiError, CredentialId, Trust, Way, designated, trimmed};
use std::borrow::Cow;
use std::path::Path;
use store::DestinationRecord;

/// Recipients of a mail at most.
const RECIPIENTS: usize = 50;

/// Exports that are kept at most.
const KEPT: u32 = 10_000;

/// The longest URL, characters.
const URL: usize = 2_000;

/// Settings as they are stored: the credential by its id.
pub(super) async fn checked(
    service: &Service,
    asked: DestinationSettings,
) -> Result<DestinationSettings, ApiError> {
    let name = validate::name("destination", &asked.name)?;
    let target = match asked.target {
        Address::Smtp { host, port, security, from, to, credential, trust, way } => {
            let typed = trimmed(&host).to_owned();
            if typed.contains('/') {
                return Err(invalid(
                    "a mail server has a host name and a port, and no URL".to_owned(),
                    "Enter it as in mail.example.org:2525.",
                ));
            }
            let (host, named) = validate::address(&typed).map_err(|_| {
                invalid(
                    "this is not a valid address of a mail server".to_owned(),
                    "Enter a host name or IP address, with a port if it isn't the usual one: mail.example.org:2525.",
                )
            })?;
            let is_named =
                typed.parse::<std::net::Ipv6Addr>().is_err() && typed.ends_with(&format!(":{named}"));
            let port = port.or(is_named.then_some(named));
            if port == Some(0) {
                return Err(invalid("0 is no port".to_owned(), "A port is a number from 1 to 65535."));
            }
            if security == MailSecurity::Plain && credential.is_some() {
                return Err(invalid(
                    "a password is sent over TLS only".to_owned(),
                    "Choose TLS or STARTTLS, or leave the credential out.",
                ));
            }
            let (from, to) = (address("the sender", &from)?, recipients(&to)?);
            let credential = match credential {
                Some(one) => Some(known(service, &one).await?),
                None => None,
            };
            reachable(&host, 465, &trust, &way)?;
            Address::Smtp { host, port, security, from, to, credential, trust, way }
        }
        Address::Webhook { url, credential, trust, way } => {
            let url = trimmed(&url).to_owned();
            let is_plain = url.chars().all(|letter| letter.is_ascii_graphic() && letter != '#');
            if !url.to_ascii_lowercase().starts_with("https://") || !is_plain || url.len() > URL {
                return Err(invalid(
                    "the URL of a webhook begins with https://, has no spaces, no # and no letters that have to be encoded, and \
                     is at most 2000 characters long"
                        .to_owned(),
                    "Enter the URL as the receiver names it.",
                ));
            }
            let (host, port) = validate::address(&url).map_err(|_| {
                invalid(
                    "the URL of the webhook can't be used".to_owned(),
                    "Enter it without a user and a password, as in https://example.org/hooks/1.",
                )
            })?;
            let endpoint = reachable(&host, port, &trust, &way)?;
            let call = reach::Call::new("POST", endpoint.label());
            endpoint
                .url(&call, &path(&url))
                .map_err(|error| invalid(error.to_string(), "Correct the URL."))?;
            let credential = known(service, &credential).await?;
            Address::Webhook { url, credential, trust, way }
        }
        Address::Folder { path, keep } => {
            if !(1..=KEPT).contains(&keep) {
                return Err(invalid(
                    format!("{keep} exports can't be kept"),
                    "Choose a number from 1 to 10000.",
                ));
            }
            let path = folder(service, trimmed(&path).to_owned()).await?;
            Address::Folder { path, keep }
        }
    };
    Ok(DestinationSettings { name, target })
}

/// Path and query of a URL that was checked.
pub(super) fn path(url: &str) -> Cow<'_, str> {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let path = rest.find(['/', '?']).map_or("/", |at| &rest[at..]);
    if path.starts_with('/') { path.into() } else { format!("/{path}").into() }
}

/// A step of a policy with its destination by its id.
pub(crate) fn of_step(step: Step, all: &[DestinationRecord]) -> Result<Step, ApiError> {
    let Some(to) = step.to() else { return Ok(step) };
    let found = designated(all, to, "destination", |one| (&one.settings.name, one.id.as_str()))?;
    let (name, kind) = (&found.settings.name, found.settings.target.kind());
    let is_folder = kind == DestinationKind::Folder;
    match &step {
        Step::Send { .. } if is_folder => {
            return Err(invalid(
                format!("\"{name}\" is a folder: no message can be sent there"),
                "Name a mail server or a webhook, or export to the folder.",
            ));
        }
        Step::Export { .. } if !is_folder => {
            return Err(invalid(
                format!("\"{name}\" is no folder: nothing can be exported to it"),
                "Name a folder.",
            ));
        }
        Step::Export { kinds, .. } if kinds.is_empty() => {
            return Err(invalid(
                "an export has no kinds".to_owned(),
                "Name some in \"kinds\", such as [\"vms\"].",
            ));
        }
        _ => {}
    }
    let step = match step {
        Step::Export { to, kinds } => {
            let unlike = kinds.iter().enumerate().filter(|(at, kind)| !kinds[..*at].contains(kind));
            Step::Export { to, kinds: unlike.map(|(_, kind)| *kind).collect() }
        }
        step => step,
    };
    Ok(step.to_called(|_| found.id.to_string()))
}

fn address(what: &str, text: &str) -> Result<String, ApiError> {
    let text = trimmed(text);
    if text.is_empty() {
        return Err(invalid(
            format!("{what} is missing"),
            "Enter a mail address, such as muster@example.org.",
        ));
    }
    deliver::mailbox(text).map(|_| text.to_owned()).map_err(|why| {
        invalid(
            format!("{what} is no mail address: {why}"),
            "Enter one such as muster@example.org or Muster <muster@example.org>.",
        )
    })
}

fn recipients(to: &[String]) -> Result<Vec<String>, ApiError> {
    let mut all: Vec<String> = Vec::new();
    for one in to {
        let one = address("a recipient", one)?;
        if !all.contains(&one) {
            all.push(one);
        }
    }
    if all.is_empty() || all.len() > RECIPIENTS {
        return Err(invalid(
            format!("a mail has {} recipients", all.len()),
            "Enter 1 to 50, or the address of a list.",
        ));
    }
    Ok(all)
}

async fn known(service: &Service, credential: &CredentialId) -> Result<CredentialId, ApiError> {
    let all = service.inner.store.credentials().await.map_err(explain::store)?;
    let found = designated(&all, credential.as_str(), "credential", |one| (&one.name, one.id.as_str()))?;
    Ok(found.id.clone())
}

/// How a server is reached, as far as that can be judged without contacting it.
fn reachable(host: &str, port: u16, trust: &Trust, way: &Way) -> Result<reach::Endpoint, ApiError> {
    let endpoint = super::at(host, port, trust, way)?;
    endpoint.trust.check().map_err(|why| {
        invalid(format!("the trusted certificates can't be used: {why}"), "Choose certificates in PEM form.")
    })?;
    Ok(endpoint)
}

/// A folder that is there, and none of ours.
async fn folder(service: &Service, path: String) -> Result<String, ApiError> {
    let wrong =
        |why: &str| invalid(format!("{path} can't be exported to: {why}"), "Enter the path of a folder.");
    if !Path::new(&path).is_absolute() {
        return Err(wrong("it is not an absolute path"));
    }
    let real = tokio::fs::canonicalize(&path).await.map_err(|error| wrong(&error.to_string()))?;
    if !tokio::fs::metadata(&real).await.is_ok_and(|of| of.is_dir()) {
        return Err(wrong("it is not a folder"));
    }
    let ours = tokio::fs::canonicalize(service.inner.store.dir()).await.ok();
    if ours.is_some_and(|ours| real.starts_with(&ours)) {
        return Err(wrong("it is the data folder of Muster"));
    }
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_has_the_path_that_is_posted_to() {
        for (url, wanted) in [
            ("https://example.org", "/"),
            ("https://example.org/", "/"),
            ("https://example.org/a/b?c=d", "/a/b?c=d"),
            ("https://example.org:8443/x", "/x"),
            ("https://example.org?x", "/?x"),
        ] {
            assert_eq!(path(url), wanted, "{url}");
        }
    }
}
