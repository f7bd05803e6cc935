//! What policies deliver: messages by mail and to webhooks, and files. Run as operations, each to a destination.
//! Refuses to deliver anything twice by itself: what was handed in, or may have been, is not handed in again.

mod checking;
mod commands;
mod files;
mod messages;

use crate::connections::{endpoint, user_agent};
use crate::jobs::{self, Stop};
use crate::{Service, explain, validate};
use contract::destination::{Address, Delivered, Delivery, MailSecurity, SoFar};
use contract::{
    ApiError, Code, CredentialId, DestinationId, Job, Origin, Progress, Trust, Vcenter, VcenterSettings, Way,
};
use deliver::{Hook, Mail, Security, Submission};
use secrecy::SecretString;
use std::time::Duration;
use store::{Claim, DestinationRecord};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

pub(crate) use checking::of_step;

/// How often a delivery is tried in all.
const TRIES: u32 = 4;

/// The longest silence of a receiver.
const SILENCE: Duration = Duration::from_secs(20);

/// A delivery under way.
pub(crate) struct Context {
    pub(crate) claim: Claim,
    pub(crate) service: Service,
    pub(crate) cancel: CancellationToken,
    pub(crate) progress: watch::Sender<Progress>,
}

/// Why something was not delivered, and whether it may be tried again.
struct Failure {
    error: ApiError,
    /// Nothing was handed in, and the same may work a little later.
    may_pass: bool,
}

impl From<ApiError> for Failure {
    fn from(error: ApiError) -> Failure {
        Failure { error, may_pass: false }
    }
}

/// Delivers what an operation says.
pub(crate) async fn run(context: &Context) -> Result<Delivered, Stop> {
    let operation = &context.claim.operation;
    let Job::Deliver { destination, delivery, .. } = &operation.job else {
        // A notification is shown by whoever hears that its operation has ended.
        return Ok(Delivered::default());
    };
    let record = context.service.destination(destination).await?;
    let id = match delivery.run() {
        Some(run) => format!("{}.{}", run.run, run.step),
        None => operation.id.to_string(),
    };
    let mut tries = 1;
    loop {
        let one = context.once(&record, delivery, &id);
        let done = context.cancel.run_until_cancelled(one).await.ok_or(Stop::Cancelled)?;
        let Failure { error, may_pass } = match done {
            Ok(delivered) => return Ok(delivered),
            Err(failure) => failure,
        };
        let wait = jobs::pause(tries, None).filter(|_| may_pass && tries < TRIES);
        let Some(wait) = wait else { return Err(error.into()) };
        tracing::info!(destination = record.settings.name, %error, tries, "to be delivered once more");
        tries += 1;
        context.progress.send_modify(|progress| progress.attempts = tries);
        context.cancel.run_until_cancelled(tokio::time::sleep(wait)).await.ok_or(Stop::Cancelled)?;
    }
}

impl Context {
    async fn once(
        &self,
        record: &DestinationRecord,
        delivery: &Delivery,
        id: &str,
    ) -> Result<Delivered, Failure> {
        let by_user = self.claim.operation.origin == Origin::User;
        match &record.settings.target {
            Address::Folder { path, keep } => Ok(files::write(&self.service, path, *keep, delivery).await?),
            Address::Smtp { host, port, security, from, to, credential, trust, way } => {
                let message = messages::mail(&self.service, delivery).await?;
                let port = port.unwrap_or(security.port());
                let endpoint = at(host, port, trust, way)?;
                let login = match credential {
                    Some(credential) => Some(self.login(credential, by_user).await?),
                    None => None,
                };
                let submission = Submission {
                    endpoint: &endpoint,
                    security: match security {
                        MailSecurity::Tls => Security::Tls,
                        MailSecurity::StartTls => Security::StartTls,
                        MailSecurity::Plain => Security::Plain,
                    },
                    login: login.as_ref().map(|(user, password)| (&**user, password)),
                };
                let mail = Mail { from, to, subject: &message.subject, text: &message.text, id };
                deliver::send(submission, mail).await.map_err(|error| failed(&error))?;
                Ok(Delivered { id: Some(id.to_owned()), ..Delivered::default() })
            }
            Address::Webhook { url, credential, trust, way } => {
                let (host, port) = validate::address(url)?;
                let endpoint = at(&host, port, trust, way)?;
                let (_, secret) = self.login(credential, by_user).await?;
                let now = self.service.now();
                let body = messages::json(&self.service, delivery, now).await?.to_string();
                let path = checking::path(url);
                let hook = Hook { path, id, at: now.0.div_euclid(1000), body: &body };
                let posted = deliver::post(&endpoint, &user_agent(), hook, &secret, SILENCE).await;
                posted.map_err(|error| failed(&error))?;
                Ok(Delivered { id: Some(id.to_owned()), ..Delivered::default() })
            }
        }
    }

    /// User and password of a credential.
    async fn login(&self, id: &CredentialId, by_user: bool) -> Result<(String, SecretString), ApiError> {
        let inner = &self.service.inner;
        let credential = inner.store.credential(id).await.map_err(explain::store)?;
        let password = inner.logins.password(id, &credential.name, by_user).await?;
        Ok((credential.user, password.secret.clone()))
    }
}

impl Service {
    async fn destination(&self, id: &DestinationId) -> Result<DestinationRecord, ApiError> {
        let all = self.inner.store.destinations().await.map_err(explain::store)?;
        all.into_iter()
            .find(|one| one.id == *id)
            .ok_or_else(|| explain::store(store::Error::NotFound { what: "destination", id: id.to_string() }))
    }
}

/// The vCenters of a run that are still there.
async fn vcenters(service: &Service, run: &SoFar) -> Result<Vec<Vcenter>, ApiError> {
    let all = service.chosen(&[]).await?.into_iter().map(|one| one.vcenter);
    Ok(all.filter(|one| run.vcenters.contains(&one.id)).collect())
}

/// How a receiver is reached.
fn at(host: &str, port: u16, trust: &Trust, way: &Way) -> Result<reach::Endpoint, ApiError> {
    let endpoint = endpoint(host, port, trust, &VcenterSettings::from(way))?;
    Ok(reach::Endpoint { timeout: SILENCE, ..endpoint })
}

fn failed(error: &deliver::Error) -> Failure {
    use deliver::Error as E;
    const ADDRESS: &str = "Check the address of the destination, and that the server is up.";
    let error_of = |code, message: String, next: &str, may_pass| Failure {
        error: ApiError::new(code, message).next(next),
        may_pass,
    };
    match error {
        E::Reach(reach) => of_the_way(reach),
        // The receiver says that it took nothing.
        E::Status { call, status } => error_of(
            Code::Failed,
            format!("{} returned HTTP status {status}", call.host),
            "Check the URL of the destination, and what the receiver's own log says.",
            matches!(status, 429 | 502..=504),
        ),
        E::NotSmtp { call, detail } => error_of(
            Code::BadAnswer,
            format!("the conversation with the mail server {} failed: {detail}", call.host),
            "Check host, port and security of the destination.",
            false,
        ),
        E::NoTls { call } => error_of(
            Code::BadAnswer,
            format!("the mail server {} does not offer STARTTLS", call.host),
            "Choose another security for the destination, or turn STARTTLS on at the server.",
            false,
        ),
        E::Rejected { call, detail } => error_of(
            Code::LoginRejected,
            format!("{detail} ({})", call.host),
            "Check user and password of the destination's credential.",
            false,
        ),
        E::Refused { call, detail, is_transient } => error_of(
            Code::Failed,
            format!("the mail server {} refused the mail: {detail}", call.host),
            "Check sender and recipients of the destination.",
            *is_transient,
        ),
        E::TooSlow { call, after } => error_of(
            Code::TimedOut,
            format!("the mail server {} took longer than {} s", call.host, after.as_secs()),
            ADDRESS,
            false,
        ),
        E::NoMail { .. } | E::Unprotected { .. } => {
            error_of(Code::InvalidValue, error.to_string(), "Correct the destination.", false)
        }
    }
}

/// What failed on the way to a receiver.
fn of_the_way(error: &reach::Error) -> Failure {
    const ADDRESS: &str = "Check the address of the destination, and that the server is up.";
    let (code, next, may_pass) = match error {
        reach::Error::Untrusted { certificate, reason, .. } => return untrusted(certificate, reason),
        reach::Error::Timeout { .. } => (Code::TimedOut, ADDRESS, false),
        reach::Error::Way { problem, .. } => {
            (Code::WayFailed, "Check the proxy of the destination.", problem.may_pass())
        }
        reach::Error::Resolve { .. } | reach::Error::Unreachable { .. } => (Code::Unreachable, ADDRESS, true),
        reach::Error::BadAddress { .. } | reach::Error::BadTrust { .. } => {
            (Code::InvalidValue, "Correct the destination.", false)
        }
        _ => (Code::Unreachable, ADDRESS, false),
    };
    Failure { error: ApiError::new(code, error.to_string()).next(next), may_pass }
}

fn untrusted(certificate: &reach::Certificate, reason: &str) -> Failure {
    let shown = explain::certificate(certificate);
    let message = format!("the certificate of the destination is not trusted: {reason}");
    let next = format!(
        "Compare the fingerprint with the one on the server itself (SHA-256 {}, issued by {}). Trust it only if they \
         match. Better: trust its CA.",
        shown.sha256, shown.issuer
    );
    let error = ApiError {
        certificate: Some(Box::new(shown)),
        ..ApiError::new(Code::UntrustedCertificate, message).next(next)
    };
    error.into()
}
