//! What policies deliver: messages by mail and to webhooks, and files. Run as operations, each to a destination.
//! Refuses to deliver anything twice by itself: what was handed in, or may have been, is not handed in again.

mod checking;
mod commands;
mod files;
mod messages;

use crate::connections::{endpoint, user_agent};
use crate::jobs::{self, Stop};
use crate::logins::{self, Password};
use crate::operations::Place;
use crate::{Service, explain, validate};
use contract::destination::{Address, Delivered, Delivery, MailSecurity, SoFar};
use contract::{
    ApiError, Code, CredentialId, DestinationId, Job, Origin, Progress, Trust, Vcenter, VcenterSettings, Way,
};
use deliver::{Hook, Mail, Security, Submission};
use std::time::Duration;
use store::{Claim, DestinationRecord, Standing};
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
    pub(crate) place: Place,
    pub(crate) cancel: CancellationToken,
    pub(crate) progress: watch::Sender<Progress>,
}

/// Why something was not delivered, and whether it may be tried again.
struct Failure {
    error: ApiError,
    /// Nothing was handed in, and the same may work a little later.
    may_pass: bool,
    /// How long the receiver wants to be left alone.
    after: Option<Duration>,
}

impl From<ApiError> for Failure {
    fn from(error: ApiError) -> Failure {
        Failure { error, may_pass: false, after: None }
    }
}

/// Delivers what an operation says.
pub(crate) async fn run(context: &Context) -> Result<Delivered, Stop> {
    let operation = &context.claim.operation;
    let Job::Deliver { destination, name, delivery } = &operation.job else {
        // A notification is shown by whoever hears that its operation has ended.
        return Ok(Delivered::default());
    };
    let record = context.service.destination(destination).await.map_err(|error| match error.code {
        Code::NotFound => ApiError::new(Code::NotFound, format!("the destination {name} was removed"))
            .next("Name another one in the policy."),
        _ => error,
    })?;
    let id = match delivery.run() {
        Some(run) => format!("{}.{}", run.run, run.step),
        None => operation.id.to_string(),
    };
    let mut tries = 1;
    loop {
        let one = context.once(&record, delivery, &id);
        let done = context.cancel.run_until_cancelled(one).await.ok_or(Stop::Cancelled)?;
        let Failure { error, may_pass, after } = match done {
            Ok(delivered) => return Ok(delivered),
            Err(failure) => failure,
        };
        let wait = jobs::pause(tries, after).filter(|_| may_pass && tries < TRIES);
        let Some(wait) = wait else { return Err(error.into()) };
        tracing::info!(destination = record.settings.name, %error, tries, "to be delivered once more");
        tries += 1;
        context.progress.send_modify(|progress| progress.attempts = tries);
        context
            .cancel
            .run_until_cancelled(context.place.apart(tokio::time::sleep(wait)))
            .await
            .ok_or(Stop::Cancelled)?;
    }
}

impl Context {
    async fn once(
        &self,
        record: &DestinationRecord,
        delivery: &Delivery,
        id: &str,
    ) -> Result<Delivered, Failure> {
        let name = &*record.settings.name;
        let is_test = matches!(delivery, Delivery::Test { .. });
        match (&record.settings.target, delivery) {
            (Address::Folder { path, .. }, Delivery::Test { .. }) => Ok(files::try_out((name, path)).await?),
            (Address::Folder { path, keep }, Delivery::Rows { run, kinds }) => {
                Ok(files::export(&self.service, (name, path), *keep, (run, kinds)).await?)
            }
            (Address::Folder { .. }, _) | (_, Delivery::Rows { .. }) => {
                let message = format!("{name} is another kind of destination than this needs");
                Err(ApiError::new(Code::InvalidValue, message).next("Correct the policy.").into())
            }
            (Address::Smtp { host, port, security, from, to, credential, trust, way }, _) => {
                let message = messages::mail(&self.service, delivery).await?;
                let endpoint = at(host, port.unwrap_or(security.port()), trust, way)?;
                let login = match credential {
                    Some(credential) => Some(self.login(credential, is_test).await?),
                    None => None,
                };
                let submission = Submission {
                    endpoint: &endpoint,
                    security: match security {
                        MailSecurity::Tls => Security::Tls,
                        MailSecurity::StartTls => Security::StartTls,
                        MailSecurity::Plain => Security::Plain,
                    },
                    login: login.as_ref().map(|login| (&*login.user, &login.password.secret)),
                };
                let mail = Mail { from, to, subject: &message.subject, text: &message.text, id };
                let sent = self.place.apart(deliver::send(submission, mail)).await;
                if let (Some(login), Err(deliver::Error::Rejected { .. })) = (&login, &sent) {
                    let logins = &self.service.inner.logins;
                    logins.note_rejected_by(&login.id, &login.password, &login.before, name).await?;
                }
                sent.map_err(|error| failed(name, &error))?;
                Ok(Delivered { id: Some(id.to_owned()), ..Delivered::default() })
            }
            (Address::Webhook { url, credential, trust, way }, _) => {
                let (host, port) = validate::address(url)?;
                let endpoint = at(&host, port, trust, way)?;
                let secret = self.secret(credential).await?.1;
                let now = self.service.now();
                let body = messages::json(&self.service, delivery, now).await?.to_string();
                let path = checking::path(url);
                let hook = Hook { path: &path, id, at: now.0.div_euclid(1000), body: &body };
                let agent = user_agent();
                let posting = deliver::post(&endpoint, &agent, hook, &secret.secret, SILENCE);
                self.place.apart(posting).await.map_err(|error| failed(name, &error))?;
                Ok(Delivered { id: Some(id.to_owned()), ..Delivered::default() })
            }
        }
    }

    /// User and password of a credential.
    async fn secret(&self, id: &CredentialId) -> Result<(String, Password), ApiError> {
        let inner = &self.service.inner;
        let by_user = self.claim.operation.origin == Origin::User;
        let credential = inner.store.credential(id).await.map_err(explain::store)?;
        let password = inner.logins.password_of(&logins::key(&credential), by_user).await?;
        Ok((credential.user, password))
    }

    /// The same for a login: what a server rejected is not sent again by itself, whichever server that was. A test says that it
    /// is right after all.
    async fn login(&self, id: &CredentialId, is_test: bool) -> Result<Login, ApiError> {
        let (user, password) = self.secret(id).await?;
        let retry = is_test.then_some(self.claim.operation.submitted_at);
        let before = self.service.inner.logins.refuse_rejected(id, &password, None, retry).await?;
        Ok(Login { id: id.clone(), user, password, before })
    }
}

/// What a mail server is logged in to with.
struct Login {
    id: CredentialId,
    user: String,
    password: Password,
    /// What was known of it before.
    before: Standing,
}

impl Service {
    async fn destination(&self, id: &DestinationId) -> Result<DestinationRecord, ApiError> {
        self.inner.store.destination(id).await.map_err(explain::store)
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

/// What to do about a receiver that can't be talked to.
const ADDRESS: &str = "Check the address of the destination, and that the server is up.";

fn failed(name: &str, error: &deliver::Error) -> Failure {
    use deliver::Error as E;
    let (code, message, next, may_pass) = match error {
        E::Reach(reach) => return of_the_way(name, reach),
        // Of 429 and 503 the receiver says that it took nothing; a gateway says nothing of what is behind it.
        E::Status { status, .. } => (
            Code::Failed,
            format!("{name} returned HTTP status {status}"),
            "Check the URL of the destination, and what the receiver's own log says.",
            matches!(status, 429 | 503),
        ),
        E::NotSmtp { detail, .. } => (
            Code::BadAnswer,
            format!("the conversation with the mail server of {name} failed: {detail}"),
            "Check host, port and security of the destination.",
            false,
        ),
        E::NoTls { .. } => (
            Code::BadAnswer,
            format!("the mail server of {name} does not offer STARTTLS"),
            "Choose another security for the destination, or turn STARTTLS on at the server.",
            false,
        ),
        E::Rejected { detail, .. } => (
            Code::LoginRejected,
            format!("{name}: {detail}"),
            "Check user and password of the destination's credential, then test the destination.",
            false,
        ),
        E::Refused { detail, is_transient, .. } => (
            Code::Failed,
            format!("the mail server of {name} refused: {detail}"),
            match is_transient {
                true => "The server asks to try later: retry the operation then.",
                false => {
                    "Check sender and recipients of the destination, and what the server's own log says."
                }
            },
            *is_transient,
        ),
        E::Silent { after, .. } => (
            Code::TimedOut,
            format!("the mail server of {name} said nothing for {} s", after.as_secs()),
            "Check port and security: a port for TLS (465) and one for STARTTLS (587) wait for different beginnings.",
            false,
        ),
        E::TooSlow { after, .. } => (
            Code::TimedOut,
            format!(
                "the mail server of {name} took longer than {} s, and may have taken the message",
                after.as_secs()
            ),
            ADDRESS,
            false,
        ),
        E::NoMail { .. } | E::Unprotected { .. } => {
            (Code::InvalidValue, format!("{name}: {error}"), "Correct the destination.", false)
        }
        E::BadKey => (
            Code::InvalidValue,
            format!("{name}: {error}"),
            "Set the password of the destination's credential to the key that the receiver names.",
            false,
        ),
    };
    let after = match error {
        E::Status { retry_after, .. } => *retry_after,
        _ => None,
    };
    Failure { error: ApiError::new(code, message).next(next), may_pass, after }
}

/// What failed on the way to a receiver.
fn of_the_way(name: &str, error: &reach::Error) -> Failure {
    use reach::Error as E;
    let (code, what, next, may_pass) = match error {
        E::Untrusted { certificate, reason, .. } => return untrusted(name, certificate, reason),
        E::Timeout { after, .. } => {
            (Code::TimedOut, format!("no response within {} s", after.as_secs()), ADDRESS, false)
        }
        E::Way { problem, .. } => (
            Code::WayFailed,
            format!("the way there failed: {problem}"),
            "Check the proxy of the destination.",
            problem.may_pass(),
        ),
        E::Resolve { .. } => (Code::Unreachable, "its name does not resolve".to_owned(), ADDRESS, true),
        E::Unreachable { .. } => (Code::Unreachable, "no connection".to_owned(), ADDRESS, true),
        E::BadAddress { detail, .. } | E::BadTrust { detail, .. } => {
            (Code::InvalidValue, detail.clone(), "Correct the destination.", false)
        }
        E::BadHandshake { detail, .. } => (
            Code::BadAnswer,
            format!("the TLS handshake failed: {detail}"),
            "Check port and security: TLS and STARTTLS are spoken on different ports.",
            false,
        ),
        E::Broken { .. } => {
            (Code::Unreachable, "it closed the connection in the TLS handshake".to_owned(), ADDRESS, true)
        }
        _ => (
            Code::Unreachable,
            "the connection broke, and it may have taken the message".to_owned(),
            ADDRESS,
            false,
        ),
    };
    Failure { error: ApiError::new(code, format!("{name}: {what}")).next(next), may_pass, after: None }
}

fn untrusted(name: &str, certificate: &reach::Certificate, reason: &str) -> Failure {
    let shown = explain::certificate(certificate);
    let message = format!("the certificate of {name} is not trusted: {reason}");
    let next = explain::compare(&shown);
    let error = ApiError {
        certificate: Some(Box::new(shown)),
        ..ApiError::new(Code::UntrustedCertificate, message).next(next)
    };
    error.into()
}
