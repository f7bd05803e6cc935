//! The one way in: whoever wants something of the service calls a command, and its role is checked here before anything else.
//! Refuses to be gone around: a handler takes an [`Admitted`] call, and nothing but this file makes one.

#[cfg(test)]
mod tests;

use crate::operations::By;
use crate::{Caller, Service};
use contract::command::{self, Command, Trail};
use contract::{ApiError, AuditOutcome, Code, Origin, Role, Subject};
use serde_json::Value;
use std::ops::Deref;

/// What a command answers with, or why it doesn't.
pub(crate) type Answer<C> = Result<<C as Command>::Reply, ApiError>;

/// A command of the service. There is one handler for each, beside what it is about.
pub trait Handler: Command + Send {
    /// Does what the command says, for a caller who may.
    fn run(self, call: Admitted<'_>) -> impl Future<Output = Result<Self::Reply, ApiError>> + Send;
}

/// A call whose role was checked.
pub struct Admitted<'a> {
    /// The service as it works for this call.
    service: Service,
    caller: &'a Caller,
}

impl Deref for Admitted<'_> {
    type Target = Service;

    fn deref(&self) -> &Service {
        &self.service
    }
}

impl Admitted<'_> {
    /// Who calls.
    pub(crate) fn caller(&self) -> &Caller {
        self.caller
    }

    /// Fails if the caller may not call another command, of which this call does a part.
    pub(crate) async fn may<C: Command>(&self, subject: Subject) -> Result<(), ApiError> {
        self.service.admit::<C>(self.caller, || subject).await
    }

    /// On whose behalf operations are submitted.
    pub(crate) fn by(&self) -> By {
        By { origin: Origin::User, role: self.caller.role(), act: self.service.act.clone(), parent: None }
    }
}

impl Service {
    /// Does what a command says, if the caller's role allows it.
    pub async fn call<C: Handler>(&self, caller: &Caller, command: C) -> Result<C::Reply, ApiError> {
        self.admit::<C>(caller, || command.subject()).await?;
        if matches!(C::TRAIL, Trail::None | Trail::Refused) {
            return command.run(Admitted { service: self.clone(), caller }).await.inspect_err(log::<C>);
        }
        let (act, subject) = (caller.act(C::NAME, self.now()), command.subject());
        if C::TRAIL == Trail::Contact {
            // Nobody is contacted whose contact can't be told later.
            self.announce(&act, &subject).await?;
        }
        let service = Service { inner: self.inner.clone(), act: Some(act.clone()) };
        let answer = command.run(Admitted { service, caller }).await.inspect_err(log::<C>);
        match &answer {
            Err(error) => self.tell(&act, &subject, AuditOutcome::Failed, Some(error)).await,
            Ok(_) if act.is_recorded() => {}
            // It changed nothing that is stored.
            Ok(_) => self.tell(&act, &subject, AuditOutcome::Done, None).await,
        }
        answer
    }

    /// The same for a command that comes as its name and its arguments, as from a page.
    pub async fn call_named(&self, caller: &Caller, name: &str, arguments: Value) -> Result<Value, ApiError> {
        macro_rules! by_name {
            ($($command:ident)*) => {
                match name {
                    $(<command::$command as Command>::NAME => {
                        // In a box: one future that could be any of them would be as large as the largest.
                        Box::pin(self.call_read::<command::$command>(caller, arguments)).await
                    })*
                    _ => Err(ApiError::new(Code::NotFound, format!("there is no command \"{name}\""))),
                }
            };
        }
        contract::each_command_of_the_service!(by_name)
    }

    /// Lets a caller in who may, and records of others that they wanted to.
    async fn admit<C: Command>(
        &self,
        caller: &Caller,
        subject: impl FnOnce() -> Subject,
    ) -> Result<(), ApiError> {
        let Err(refused) = admit::<C>(caller) else { return Ok(()) };
        if C::TRAIL != Trail::None {
            let act = caller.act(C::NAME, self.now());
            self.tell(&act, &subject(), AuditOutcome::Refused, Some(&refused)).await;
        }
        Err(refused)
    }

    async fn call_read<C: Handler>(&self, caller: &Caller, arguments: Value) -> Result<Value, ApiError> {
        // Before anything is read: who may not call it learns nothing of what it takes.
        let subject = || {
            serde_json::from_value::<C>(arguments.clone())
                .map_or_else(|_| Subject::none(), |one| one.subject())
        };
        self.admit::<C>(caller, subject).await?;
        // What is wrong with them is not told: the reason would quote them, and one may be a password.
        let command: C = serde_json::from_value(arguments).map_err(|_| {
            ApiError::new(Code::InvalidValue, format!("the arguments of {} can't be used", C::NAME))
                .next("Window and service differ in version: reinstall Muster.")
        })?;
        let reply = self.call(caller, command).await?;
        serde_json::to_value(reply).map_err(|error| {
            ApiError::new(Code::Failed, format!("the reply of {} can't be sent: {error}", C::NAME))
        })
    }
}

/// Lets a caller in who may, and says of others that they wanted to.
pub(crate) fn admit<C: Command>(caller: &Caller) -> Result<(), ApiError> {
    caller.may::<C>().inspect_err(|_| {
        tracing::warn!(who = caller.who(), role = caller.role().name(), command = C::NAME, "refused");
    })
}

/// Says what a command failed with, and never what it was called with.
fn log<C: Command>(error: &ApiError) {
    tracing::info!(command = C::NAME, code = error.code.name(), %error, "failed");
}

/// The service as one caller sees it. Clones are the same.
#[derive(Clone)]
pub struct Client {
    service: Service,
    caller: Caller,
}

impl Client {
    /// For whoever calls more than once.
    pub fn new(service: Service, caller: Caller) -> Client {
        Client { service, caller }
    }

    /// Does what a command says, if the caller's role allows it.
    pub async fn call<C: Handler>(&self, command: C) -> Result<C::Reply, ApiError> {
        self.service.call(&self.caller, command).await
    }

    /// The role that the calls have.
    pub(crate) fn role(&self) -> Role {
        self.caller.role()
    }

    /// Fails if the role is too low for a command; for those who would ask a person something before.
    pub async fn may<C: Command>(&self, subject: Subject) -> Result<(), ApiError> {
        self.service.admit::<C>(&self.caller, || subject).await
    }
}

impl Deref for Client {
    type Target = Service;

    fn deref(&self) -> &Service {
        &self.service
    }
}
