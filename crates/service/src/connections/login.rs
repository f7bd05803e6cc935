//! One login: it waits for its turn, is sent, and what the server answers is noted before anybody else has the turn.
//! Refuses to keep a session of another server than the one that is configured.

use super::{Connections, Lease, LoginAs, identity, is_reached_alike, log_out_of};
use crate::{explain, logins};
use contract::{ApiError, CredentialId, Vcenter};
use store::{LoginLock, LoginTurn, Noted, Standing, VcenterRecord};
use vsphere::{About, Client, Latency, Session, Traffic};

/// What is needed to log in, and the right to do it now.
pub(super) struct Ready {
    password: logins::Password,
    known: Standing,
    turn: LoginTurn,
    /// Nobody else logs in there: two rejections by one vCenter would say no more than one.
    there: LoginLock,
}

impl Connections {
    /// Waits until a login may be sent, and looks then at what is right to send; `None` if what is configured was changed.
    pub(super) async fn when_its_turn_comes(
        &self,
        vcenter: &VcenterRecord,
        is_known: bool,
        login: LoginAs,
    ) -> Result<Option<Ready>, ApiError> {
        let (v, logins) = (&vcenter.vcenter, &self.logins);
        let there = self.store.login_at(&v.id).await.map_err(explain::store)?;
        // What prints the password is run once for each login: nobody can see before whether it may be shared.
        let key = logins.key(&v.credential_id, &v.credential).await?;
        let mut alone = logins.is_printed(&key);
        loop {
            let mut turn = logins.turns.wait(&v.credential_id, alone).await?;
            // Before the lock: who changes the credential doesn't wait for a vault.
            let printed = match logins.is_printed(&key) {
                true => Some(logins.password_of(&key, login.by_user).await?),
                false => None,
            };
            // Whoever changes user or password has the lock: what is read under it is what is right to send.
            let lock = self.store.login_lock(&v.credential_id).await.map_err(explain::store)?;
            let now = self.store.vcenter(&v.id).await.map_err(explain::store)?;
            if !is_reached_alike(&now, vcenter) {
                return Ok(None);
            }
            let key = logins.key(&v.credential_id, &v.credential).await?;
            let password = match printed.filter(|printed| printed.is_printed_for(&key)) {
                Some(printed) => printed,
                None => logins.password_of(&key, login.by_user).await?,
            };
            logins.refuse_unknown(vcenter, is_known, &password)?;
            let known = logins.refuse_rejected(&v.credential_id, &password, Some(v), login.retry).await?;
            drop(lock);
            match known.is_proven(password.fingerprint) {
                true => turn.share(),
                // What its answer says binds all others: they wait for it.
                false if !alone => {
                    alone = true;
                    continue;
                }
                false => {}
            }
            return Ok(Some(Ready { password, known, turn, there }));
        }
    }

    /// `None` if user or password was changed while the server answered.
    pub(super) async fn log_in(
        &self,
        client: Client,
        vcenter: VcenterRecord,
        ready: Ready,
    ) -> Result<Option<Lease>, ApiError> {
        let v = &vcenter.vcenter;
        let Ready { password, known, mut turn, there } = ready;
        let answer = logins::answer_of(logins::log_in(&client, &v.user, &password.secret), &mut turn).await;
        let noted = self.note_answer(&v.credential_id, Some(v), &password, &known, &answer).await?;
        let place = password.place;
        drop((password, turn, there));
        if noted == Some(Noted::Stale) {
            if let Ok(session) = answer {
                log_out_of(&session).await;
            }
            return Ok(None);
        }
        let server = explain::Server { place, ..explain::Server::from(&vcenter) };
        let session = answer.map_err(|error| {
            let error = explain::vsphere(server, &error);
            match &noted {
                Some(Noted::RejectedThere { works_on }) => explain::works_elsewhere(error, &v.name, works_on),
                _ => error,
            }
        })?;
        match self.while_open(self.identify(&vcenter, &session, client.about())).await {
            Ok(instance_uuid) => {
                let about = client.about().clone();
                let lease = Lease {
                    session,
                    about,
                    instance_uuid,
                    opened_for: vcenter.clone(),
                    before: Traffic::default(),
                    answered: Latency::default(),
                };
                Ok(Some(lease))
            }
            Err(error) => {
                log_out_of(&session).await;
                Err(error)
            }
        }
    }

    /// Stores what a server said to a login, and answers with what that means; a session that nobody would know of is ended.
    pub(crate) async fn note_answer(
        &self,
        credential: &CredentialId,
        vcenter: Option<&Vcenter>,
        password: &logins::Password,
        before: &Standing,
        answer: &Result<Session, vsphere::Error>,
    ) -> Result<Option<Noted>, ApiError> {
        let noted = self.logins.note_answer(credential, vcenter, password, before, answer).await;
        if let (Err(_), Ok(session)) = (&noted, answer) {
            log_out_of(session).await;
        }
        noted
    }

    /// Makes sure that this is the server that was configured; answers with its identity.
    async fn identify(
        &self,
        vcenter: &VcenterRecord,
        session: &Session,
        about: &About,
    ) -> Result<Option<String>, ApiError> {
        let v = &vcenter.vcenter;
        let found = identity(session, about).await.map_err(|error| explain::vsphere(vcenter, &error))?;
        let uuid = found.instance_uuid.clone();
        match (&v.instance_uuid, &uuid) {
            (Some(known), Some(found)) if known != found => return Err(explain::different(vcenter, found)),
            (Some(known), None) => return Err(explain::unidentified(vcenter, known)),
            _ => {}
        }
        let as_known = v.instance_uuid == uuid
            && vcenter.host_macs == found.host_macs
            && v.product.as_deref() == Some(&*found.product)
            && v.version.as_deref() == Some(&*found.version)
            && v.build.as_deref() == Some(&*found.build)
            && !vcenter.is_moved();
        if !as_known {
            self.store.identify(&v.id, found, (&v.host, v.port)).await.map_err(explain::store)?;
        }
        Ok(uuid)
    }
}
