//! Which password may be sent where, and what a server's answer means for those who come after.
//! Refuses to send one: connections do, each in its turn. A password that was rejected is never tried again until something changed.

mod turns;

pub(crate) use turns::answer_of;

use self::turns::Turns;
use crate::events::Events;
use crate::{Clock, explain};
use contract::{ApiError, Credential, CredentialId, Event, Rejection, Time, Vcenter, VcenterId};
use secrecy::{ExposeSecret, SecretString};
use secrets::{CredentialKey, Helper, Place, Secrets, Unlock};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use store::{Noted, Rejected, Sent, Standing, Store, VcenterRecord};
use vsphere::{About, Client, Session};

/// vCenter unlocks an account by itself after some minutes, unless somebody goes on trying.
const WHILE_LOCKED: Duration = Duration::from_secs(15 * 60);

/// What is said in the place of words of a server that quote the password.
const QUOTED: &str = "its words are not shown: they quote the password";

/// Logs in. What a server says of it is told, logged and stored, so that it must not have the password in it.
pub(crate) async fn log_in(
    client: &Client,
    user: &str,
    secret: &SecretString,
) -> Result<Session, vsphere::Error> {
    let quoted = |words: &str| secrets::quotes(words, secret.expose_secret()).then(|| QUOTED.to_owned());
    client.login(user, secret).await.map_err(|error| error.with_words(quoted))
}

/// A password that is about to be tried.
#[derive(Clone)]
pub(crate) struct Password {
    pub(crate) secret: SecretString,
    /// Where it is from; [`Place::Memory`] if it is stored nowhere: somebody typed it for this process.
    pub(crate) place: Place,
    /// What printed it, where something did: that is run once for each login.
    pub(crate) printed_by: Option<Helper>,
    /// Sixteen bits of it.
    pub(crate) fingerprint: u16,
}

impl Password {
    /// Whether somebody typed it for this process.
    fn is_typed(&self) -> bool {
        self.place == Place::Memory
    }

    /// Whether it was printed by what the credential names for that now.
    pub(crate) fn is_printed_for(&self, key: &CredentialKey) -> bool {
        self.printed_by.is_some() && self.printed_by == key.helper
    }
}

/// Finds passwords, and keeps the ones from being sent that must not be. Clones are the same.
#[derive(Clone)]
pub(crate) struct Logins {
    store: Store,
    secrets: Secrets,
    unlock: Unlock,
    events: Events,
    now: Clock,
    typed: Arc<Mutex<Typed>>,
    pub(crate) turns: Turns,
}

/// What is known of the passwords that were typed for this process only.
#[derive(Default)]
struct Typed {
    /// The addresses that somebody typed a password for, and which one that was.
    addresses: HashMap<(VcenterId, String, u16), SecretString>,
    /// What was rejected. The store says it too, unless it has to say it of the stored one.
    rejected: HashMap<CredentialId, Rejected>,
}

impl Logins {
    pub(crate) fn new(store: Store, secrets: Secrets, unlock: Unlock, events: Events, now: Clock) -> Logins {
        let turns = Turns::new(store.clone());
        Logins { store, secrets, unlock, events, now, typed: Arc::default(), turns }
    }

    /// The password of a credential, from wherever it is.
    pub(crate) async fn password(
        &self,
        id: &CredentialId,
        name: &str,
        by_user: bool,
    ) -> Result<Password, ApiError> {
        let key = self.key(id, name).await?;
        self.password_of(&key, by_user).await
    }

    /// The same for a credential that was looked up, or one that is not stored yet.
    pub(crate) async fn password_of(&self, key: &CredentialKey, by_user: bool) -> Result<Password, ApiError> {
        // A prompt out of the blue is answered with Cancel: only what a person asked for may show one.
        let unlock = if by_user { self.unlock } else { Unlock::Never };
        let found = self.secrets.find(key, unlock).await;
        let found = found.map_err(|error| explain::secrets(&key.name, &error))?;
        let (secret, place) = found.ok_or_else(|| explain::no_password(&key.name))?;
        let password = self.known(&CredentialId(key.id.clone()), secret, place).await?;
        let printed_by = key.helper.clone().filter(|_| place == Place::Helper);
        Ok(Password { printed_by, ..password })
    }

    /// A password that came with the call.
    pub(crate) async fn given(&self, id: &CredentialId, secret: SecretString) -> Result<Password, ApiError> {
        self.known(id, secret, Place::Memory).await
    }

    /// What the password of a credential is looked for by, one that is not stored yet too.
    pub(crate) async fn key(&self, id: &CredentialId, name: &str) -> Result<CredentialKey, ApiError> {
        match self.store.credential(id).await {
            Ok(credential) => Ok(key(&Credential { name: name.to_owned(), ..credential })),
            Err(store::Error::NotFound { .. }) => {
                Ok(CredentialKey { id: id.0.clone(), name: name.to_owned(), helper: None })
            }
            Err(error) => Err(explain::store(error)),
        }
    }

    /// Whether its password is printed at each login: nothing but a login finds out which one it is this time.
    pub(crate) fn is_printed(&self, key: &CredentialKey) -> bool {
        key.helper.is_some() && !self.secrets.is_held(key)
    }

    /// Fails if there is no password for a credential. What prints one isn't run for that.
    pub(crate) async fn is_at_hand(&self, id: &CredentialId, name: &str) -> Result<(), ApiError> {
        let key = self.key(id, name).await?;
        if self.is_printed(&key) { Ok(()) } else { self.password_of(&key, false).await.map(drop) }
    }

    async fn known(
        &self,
        id: &CredentialId,
        secret: SecretString,
        place: Place,
    ) -> Result<Password, ApiError> {
        let key = self.store.rejection_key().await.map_err(explain::store)?;
        let fingerprint = secrets::fingerprint(&key, id.as_str(), &secret);
        Ok(Password { secret, place, printed_by: None, fingerprint })
    }

    /// Holds a password that was typed, until this process ends; with a vCenter, it was typed for its address.
    pub(crate) fn hold(&self, key: &CredentialKey, secret: SecretString, vcenter: Option<&Vcenter>) {
        if let Some(v) = vcenter {
            self.typed().addresses.insert((v.id.clone(), v.host.clone(), v.port), secret.clone());
        }
        self.secrets.hold(key, secret);
    }

    /// Fails if a vCenter rejected the credential before and nothing changed since; looks for its password only then.
    /// So nobody is contacted in vain. What counts is the look under the login lock. What prints the password isn't run for
    /// that: it may print another one by now, and each time costs its vault a question.
    pub(crate) async fn look(&self, vcenter: &VcenterRecord, by_user: bool) -> Result<(), ApiError> {
        let v = &vcenter.vcenter;
        let known = self.store.standing(&v.credential_id).await.map_err(explain::store)?;
        if known.is_clean() {
            return Ok(());
        }
        let key = self.key(&v.credential_id, &v.credential).await?;
        let found = match self.is_printed(&key) {
            true => None,
            false => Some(self.password_of(&key, by_user).await),
        };
        if let Some(Ok(password)) = &found {
            return self.refuse_rejected(&v.credential_id, password, Some(v), None).await.map(drop);
        }
        match known.last.filter(|last| blocks_every_password(last, (self.now)())) {
            Some(last) => {
                let place = if found.is_none() { Place::Helper } else { Place::Keychain };
                Err(self.rejected_before(&v.credential_id, Some(&last), Some(&v.name), place).await?)
            }
            // The rejection is of one password: why none is at hand is what has to be mended first.
            None => found.map_or(Ok(()), |found| found.map(drop)),
        }
    }

    /// Whether the password that is at hand for a credential is kept from being tried. Of one that is printed nobody knows
    /// before it is, but that an account is locked for any.
    pub(crate) async fn is_blocked(&self, credential: &Credential) -> Result<bool, ApiError> {
        let known = self.store.standing(&credential.id).await.map_err(explain::store)?;
        if known.is_clean() {
            return Ok(false);
        }
        let key = key(credential);
        if self.is_printed(&key) {
            return Ok(known.last.is_some_and(|last| blocks_every_password(&last, (self.now)())));
        }
        Ok(match self.password_of(&key, true).await {
            Ok(password) => {
                let told = known.last.is_some_and(|last| blocks(&last, &password, (self.now)()));
                told || known.fingerprints.contains(&password.fingerprint)
            }
            Err(_) => known.last.is_some_and(|last| blocks_every_password(&last, (self.now)())),
        })
    }

    /// Fails if this password must not be tried, unless a person said at the time of `retry` that it is right after all;
    /// answers with what vCenters said of the credential before.
    pub(crate) async fn refuse_rejected(
        &self,
        credential: &CredentialId,
        password: &Password,
        vcenter: Option<&Vcenter>,
        retry: Option<Time>,
    ) -> Result<Standing, ApiError> {
        let known = self.store.standing(credential).await.map_err(explain::store)?;
        let typed = self.typed().rejected.get(credential).filter(|_| password.is_typed()).cloned();
        let now = (self.now)();
        let binds = |one: &&Rejected| !is_overruled(one, retry, now) && blocks(one, password, now);
        let name = vcenter.map(|v| v.name.as_str());
        let blocking = [&known.last, &typed].into_iter().flatten().find(binds);
        // Another process has another one, which worked since: this one would be sent after each success of that one.
        let is_listed = retry.is_none() && known.fingerprints.contains(&password.fingerprint);
        if blocking.is_some() || is_listed {
            return Err(self.rejected_before(credential, blocking, name, password.place).await?);
        }
        let here = vcenter.and_then(|v| Some((v, known.rejected_at(&v.id).find(binds)?)));
        match here {
            Some((v, rejected)) => {
                let works_on = known.works_on(password.fingerprint, Some(&v.id));
                Err(explain::rejected_there(v, rejected, works_on, password.place))
            }
            None => Ok(known),
        }
    }

    async fn rejected_before(
        &self,
        credential: &CredentialId,
        rejected: Option<&Rejected>,
        vcenter: Option<&str>,
        place: Place,
    ) -> Result<ApiError, ApiError> {
        let credential = self.store.credential(credential).await.map_err(explain::store)?;
        let Some(rejected) = rejected else {
            return Ok(explain::rejected_once(&credential, vcenter, place));
        };
        let credential = Credential {
            rejected_at: Some(rejected.at),
            rejected_because: Some(rejected.because),
            rejected_message: rejected.message.clone(),
            ..credential
        };
        Ok(match (&rejected.by, vcenter) {
            (Some(by), Some(vcenter)) if by != vcenter => explain::not_tried(&credential, by, vcenter, place),
            _ => explain::rejected_before(&credential, vcenter, place),
        })
    }

    /// Fails if this password must not be sent to a server that does not show that it is the one it is for.
    pub(crate) fn refuse_unknown(
        &self,
        vcenter: &VcenterRecord,
        is_known: bool,
        password: &Password,
    ) -> Result<(), ApiError> {
        let v = &vcenter.vcenter;
        let typed_for_it = || {
            let address = (v.id.clone(), v.host.clone(), v.port);
            let sent = password.secret.expose_secret();
            let typed = self.typed();
            password.is_typed()
                && typed.addresses.get(&address).is_some_and(|typed| typed.expose_secret() == sent)
        };
        if is_known || typed_for_it() { Ok(()) } else { Err(explain::unknown_at(vcenter, password.place)) }
    }

    /// Stores what a server said to a login, and answers with what that means; `None` if it says nothing about the password.
    /// Whoever sent it has its turn until then. `before` is what was known when it was sent.
    pub(crate) async fn note_answer(
        &self,
        credential: &CredentialId,
        vcenter: Option<&Vcenter>,
        password: &Password,
        before: &Standing,
        answer: &Result<Session, vsphere::Error>,
    ) -> Result<Option<Noted>, ApiError> {
        let sent = Sent {
            vcenter: vcenter.map(|v| &v.id),
            edition: before.edition,
            fingerprint: password.fingerprint,
        };
        let noted = match answer {
            Err(vsphere::Error::InvalidLogin { refusal, message, .. }) => {
                let because = explain::rejection(*refusal);
                let rejected = Rejected {
                    at: (self.now)(),
                    because,
                    message: explain::words(message),
                    // It may be the right one.
                    fingerprint: Some(password.fingerprint).filter(|_| because != Rejection::AccountLocked),
                    is_typed: password.is_typed(),
                    by: vcenter.map(|v| v.name.clone()),
                };
                let noted =
                    self.store.set_rejected(credential, sent, &rejected).await.map_err(explain::store)?;
                // A locked account binds everybody, whatever password showed it.
                if noted == Noted::Rejected && password.is_typed() && because != Rejection::AccountLocked {
                    self.typed().rejected.insert(credential.clone(), rejected);
                }
                noted
            }
            Ok(_) => {
                self.forget_typed(credential);
                let lifts = before.last.as_ref().is_some_and(|last| is_proof(last, password));
                let accepted = self.store.set_accepted(credential, sent, (self.now)(), lifts).await;
                accepted.map_err(explain::store)?
            }
            Err(_) => return Ok(None),
        };
        if !matches!(noted, Noted::Works { lifted: false }) {
            self.events.publish(Event::CredentialsChanged);
        }
        Ok(Some(noted))
    }

    /// Stores that another server than a vCenter rejected a password, so that nothing sends it again by itself.
    pub(crate) async fn note_rejected_by(
        &self,
        credential: &CredentialId,
        password: &Password,
        before: &Standing,
        by: &str,
    ) -> Result<(), ApiError> {
        let sent = Sent { vcenter: None, edition: before.edition, fingerprint: password.fingerprint };
        let rejected = Rejected {
            at: (self.now)(),
            because: Rejection::InvalidLogin,
            message: None,
            fingerprint: Some(password.fingerprint),
            is_typed: password.is_typed(),
            by: Some(by.to_owned()),
        };
        let noted = self.store.set_rejected(credential, sent, &rejected).await.map_err(explain::store)?;
        if noted == Noted::Rejected && password.is_typed() {
            self.typed().rejected.insert(credential.clone(), rejected);
        }
        self.events.publish(Event::CredentialsChanged);
        Ok(())
    }

    /// Notes that a vCenter that was just added let this password in.
    pub(crate) async fn proven_by(
        &self,
        vcenter: &VcenterId,
        credential: &CredentialId,
        password: &Password,
    ) -> Result<(), ApiError> {
        let edition = self.store.standing(credential).await.map_err(explain::store)?.edition;
        let sent = Sent { vcenter: Some(vcenter), edition, fingerprint: password.fingerprint };
        self.store.set_accepted(credential, sent, (self.now)(), false).await.map_err(explain::store)?;
        Ok(())
    }

    /// Forgets that a typed password was rejected: another user, or a person who says that it is right now.
    pub(crate) fn forget_typed(&self, credential: &CredentialId) {
        self.typed().rejected.remove(credential);
    }

    fn typed(&self) -> MutexGuard<'_, Typed> {
        self.typed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What the password of a credential is looked for by.
pub(crate) fn key(credential: &Credential) -> CredentialKey {
    let helper = credential.helper.as_deref().and_then(Helper::new);
    CredentialKey { id: credential.id.0.clone(), name: credential.name.clone(), helper }
}

/// Whether what a vCenter said keeps a password from being tried. It binds the password that was rejected, and while the
/// account is locked every one.
fn blocks(rejected: &Rejected, password: &Password, now: Time) -> bool {
    match (rejected.because, rejected.fingerprint) {
        (Rejection::AccountLocked, _) => is_locked_still(rejected, now),
        (_, Some(fingerprint)) => fingerprint == password.fingerprint,
        // An older release didn't say which one it was: the stored one, not what somebody types now.
        (_, None) => !password.is_typed(),
    }
}

/// Whether a person said after a rejection that the password is right. What others found out since binds that one too: it may
/// be said of twelve vCenters at once. A time to come was written by a clock that was wrong.
fn is_overruled(rejected: &Rejected, retry: Option<Time>, now: Time) -> bool {
    retry.is_some_and(|asked| !(asked..=now).contains(&rejected.at))
}

/// Whether it keeps every password from being tried, also one that isn't at hand.
fn blocks_every_password(rejected: &Rejected, now: Time) -> bool {
    rejected.because == Rejection::AccountLocked && is_locked_still(rejected, now)
}

fn is_locked_still(rejected: &Rejected, now: Time) -> bool {
    // A time to come was written by a clock that was wrong.
    let since = u64::try_from(now.0.saturating_sub(rejected.at.0)).map(Duration::from_millis);
    since.is_ok_and(|since| since < WHILE_LOCKED)
}

/// Whether a login proves that a rejection no longer holds: with the very password, or with the stored one, which then is
/// another by now, or with a typed one if what was rejected was typed, too. What somebody typed says nothing about what is
/// stored, but that the account isn't locked.
fn is_proof(rejected: &Rejected, password: &Password) -> bool {
    !password.is_typed()
        || rejected.is_typed
        || rejected.fingerprint == Some(password.fingerprint)
        || rejected.because == Rejection::AccountLocked
}

/// Whether a server shows, before any login, that it is the one that was configured; fails if it shows that it is not.
pub(crate) fn is_known(vcenter: &VcenterRecord, about: &About) -> Result<bool, ApiError> {
    match (&vcenter.vcenter.instance_uuid, &about.instance_uuid) {
        (Some(known), Some(found)) if known == found => Ok(true),
        (Some(_), Some(found)) => Err(explain::different(vcenter, found)),
        // A vCenter always tells; an ESXi host does only after login.
        (Some(known), None) if !vcenter.is_host() => Err(explain::unidentified(vcenter, known)),
        _ => Ok(!vcenter.is_moved()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: i64 = 60_000;

    fn password(fingerprint: u16, is_typed: bool) -> Password {
        let place = if is_typed { Place::Memory } else { Place::Keychain };
        Password { secret: "p".into(), place, printed_by: None, fingerprint }
    }

    fn rejected(because: Rejection, fingerprint: Option<u16>) -> Rejected {
        Rejected { at: Time(100 * MINUTE), because, message: None, fingerprint, is_typed: false, by: None }
    }

    #[test]
    fn what_was_rejected_is_blocked_until_it_is_another_password_however_long_that_takes() {
        for because in [
            Rejection::InvalidLogin,
            Rejection::PasswordExpired,
            Rejection::AccountDisabled,
            Rejection::Refused,
        ] {
            for now in [0, 100, 101, 1_000_000] {
                let now = Time(now * MINUTE);
                for is_typed in [true, false] {
                    assert!(blocks(&rejected(because, Some(7)), &password(7, is_typed), now), "{because:?}");
                    assert!(!blocks(&rejected(because, Some(7)), &password(8, is_typed), now), "{because:?}");
                }
                assert!(blocks(&rejected(because, None), &password(7, false), now));
                assert!(!blocks(&rejected(because, None), &password(7, true), now));
            }
        }
    }

    #[test]
    fn a_locked_account_is_left_alone_for_a_quarter_of_an_hour_with_any_password() {
        for (minute, is_blocked) in [(99, false), (100, true), (114, true), (115, false), (1_000, false)] {
            for (fingerprint, is_typed) in [(7, false), (8, false), (8, true)] {
                let locked = rejected(Rejection::AccountLocked, Some(7));
                let blocks = blocks(&locked, &password(fingerprint, is_typed), Time(minute * MINUTE));
                assert_eq!(blocks, is_blocked, "minute {minute}");
            }
        }
        let locked = rejected(Rejection::AccountLocked, Some(7));
        assert!(blocks(&locked, &password(7, false), Time(115 * MINUTE - 1)));
        assert!(blocks_every_password(&locked, Time(114 * MINUTE)));
        assert!(!blocks_every_password(&locked, Time(115 * MINUTE)), "then what lacks is the password");
        let wrong = rejected(Rejection::InvalidLogin, Some(7));
        assert!(!blocks_every_password(&wrong, Time(100 * MINUTE)), "the one that lacks may be another one");
    }

    #[test]
    fn who_says_that_a_password_is_right_overrules_what_was_rejected_before_and_nothing_after() {
        let wrong = rejected(Rejection::InvalidLogin, Some(7));
        for (asked, now, is_it) in
            [(None, 110, false), (Some(101), 110, true), (Some(100), 110, false), (Some(99), 110, false)]
        {
            let asked = asked.map(|minute: i64| Time(minute * MINUTE));
            assert_eq!(is_overruled(&wrong, asked, Time(now * MINUTE)), is_it, "{asked:?}");
        }
        assert!(is_overruled(&wrong, Some(Time(90 * MINUTE)), Time(91 * MINUTE)), "its clock was wrong");
    }

    #[test]
    fn a_rejection_is_lifted_by_the_very_password_or_by_the_stored_one_and_not_by_what_was_typed() {
        let wrong = rejected(Rejection::InvalidLogin, Some(7));
        for (fingerprint, is_typed, proves) in
            [(7, true, true), (7, false, true), (8, false, true), (8, true, false)]
        {
            let password = password(fingerprint, is_typed);
            assert_eq!(is_proof(&wrong, &password), proves, "{fingerprint} {is_typed}");
        }
        assert!(
            is_proof(&Rejected { is_typed: true, ..wrong }, &password(8, true)),
            "that one was typed, too"
        );
        assert!(!is_proof(&rejected(Rejection::InvalidLogin, None), &password(8, true)));
        assert!(is_proof(&rejected(Rejection::AccountLocked, Some(7)), &password(8, true)));
    }
}
