//! Which credential is tried at which BMC.
//! Refuses a second login at a BMC, and to try at many what no BMC has accepted yet: one is asked first.

use super::bmcs::Answer;
use crate::logins::{Logins, Password};
use contract::discovery::Vendor;
use contract::{ApiError, Code, Credential, CredentialId, Time};
use secrecy::SecretString;
use std::sync::Arc;
use store::{Bmc, BmcProfile, ProfileWas, Store};
use tokio::sync::{Mutex, MutexGuard};

/// A credential that may be tried.
struct Profile {
    credential: Credential,
    vendor: Option<Vendor>,
    /// Which user and password it is.
    edition: i64,
    /// Whether a BMC had accepted it before this job, and whether one has rejected it since.
    was_proven: bool,
    has_rejections: bool,
    /// Held while its password is looked for, and while it is tried for the first time.
    tried: Mutex<Tried>,
}

/// What is known of a profile in a scan.
struct Tried {
    standing: Standing,
    /// The password, or why there is none, once somebody has looked for it.
    password: Option<Result<Arc<Password>, ApiError>>,
    /// BMCs that did not answer it.
    unanswered: u8,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Standing {
    Proven,
    Untried,
    /// A BMC rejected it before any accepted it: nobody else is asked.
    Rejected,
}

/// BMCs that don't answer a login, after which nobody else is asked with what none accepted.
const UNANSWERED: u8 = 3;

/// The profiles of a scan.
pub(super) struct Profiles {
    store: Store,
    logins: Logins,
    by_user: bool,
    all: Vec<Profile>,
    /// Those that are paused: what they are for is tried by no other.
    paused: Vec<Profile>,
    /// Credentials that are no profiles: at a BMC that one was chosen for it is tried, and nowhere else.
    own: Vec<Profile>,
    /// Whether only some profiles may be used.
    is_narrowed: bool,
}

/// The right to try a profile at one BMC.
pub(super) struct Turn<'a> {
    profile: &'a Profile,
    password: Arc<Password>,
    /// Of one that no BMC has accepted yet: nobody else tries it meanwhile.
    first: Option<MutexGuard<'a, Tried>>,
}

impl Turn<'_> {
    pub(super) fn credential(&self) -> CredentialId {
        self.profile.credential.id.clone()
    }

    /// Whether a BMC accepted it as it is now.
    pub(super) fn is_proven(&self) -> bool {
        self.first.is_none()
    }

    pub(super) fn user(&self) -> String {
        self.profile.credential.user.clone()
    }

    pub(super) fn secret(&self) -> SecretString {
        self.password.secret.clone()
    }
}

impl Profile {
    /// A credential as what is known of it as a profile has it; or one that is none.
    fn new(credential: Credential, of: Option<&BmcProfile>) -> Profile {
        let was_proven = of.is_some_and(|of| of.proven_at.is_some());
        let standing = if was_proven { Standing::Proven } else { Standing::Untried };
        Profile {
            credential,
            vendor: of.and_then(|of| of.vendor),
            edition: of.map_or(0, |of| of.edition),
            was_proven,
            has_rejections: of.is_some_and(|of| of.rejections > 0),
            tried: Mutex::new(Tried { standing, password: None, unanswered: 0 }),
        }
    }
}

impl Profiles {
    /// Those that are wanted, or all; those that are paused are left out.
    pub(super) async fn new(
        store: Store,
        logins: Logins,
        wanted: &[CredentialId],
        by_user: bool,
    ) -> Result<Profiles, store::Error> {
        let (profiles, credentials) = (store.bmc_profiles().await?, store.credentials().await?);
        let profile = |one: BmcProfile| {
            let credential = credentials.iter().find(|credential| credential.id == one.credential)?.clone();
            Some(Profile::new(credential, Some(&one)))
        };
        let is_profile = |one: &&Credential| profiles.iter().any(|profile| profile.credential == one.id);
        let own = credentials.iter().filter(|one| !is_profile(one));
        let own = own.map(|one| Profile::new(one.clone(), None)).collect();
        let (paused, usable): (Vec<_>, Vec<_>) =
            profiles.into_iter().partition(|one| one.paused_at.is_some());
        let is_wanted = |one: &BmcProfile| wanted.is_empty() || wanted.contains(&one.credential);
        let mut all: Vec<Profile> = usable.into_iter().filter(is_wanted).filter_map(profile).collect();
        // One for the vendor comes before one for all.
        all.sort_by_key(|profile| profile.vendor.is_none());
        let paused = paused.into_iter().filter_map(profile).collect();
        Ok(Profiles { store, logins, by_user, all, paused, own, is_narrowed: !wanted.is_empty() })
    }

    /// The one that is for a BMC: the one that was chosen for it, or that it accepted last, or the first for its vendor, or for
    /// all. A BMC that accepted one is sent no other by itself: else it could ask for one after the other.
    fn of(&self, bmc: &Bmc, vendor: Vendor) -> Result<&Profile, ApiError> {
        let is = |one: &&Profile, id: &Option<CredentialId>| id.as_ref() == Some(&one.credential.id);
        if bmc.chosen.is_some() {
            if let Some(one) = self.paused.iter().find(|one| is(one, &bmc.chosen)) {
                return Err(paused(&one.credential.name));
            }
            let own = self.own.iter().filter(|_| !self.is_narrowed);
            return self.all.iter().chain(own).find(|one| is(one, &bmc.chosen)).ok_or_else(left_out);
        }
        if let Some(one) = self.paused.iter().find(|one| is(one, &bmc.credential_id)) {
            return Err(paused(&one.credential.name));
        }
        let fits = |one: &&Profile| one.vendor.is_none_or(|of| of == vendor);
        match self.all.iter().find(|one| is(one, &bmc.credential_id)) {
            Some(known) if fits(&known) => return Ok(known),
            Some(known) => return Err(another_vendor(&known.credential.name, vendor)),
            None if bmc.credential_id.is_some() && self.is_narrowed => return Err(left_out()),
            None => {}
        }
        if let Some(one) = self.paused.iter().find(|one| one.vendor == Some(vendor)) {
            return Err(paused(&one.credential.name));
        }
        self.all.iter().find(fits).ok_or_else(|| match self.paused.iter().find(|one| one.vendor.is_none()) {
            Some(one) => paused(&one.credential.name),
            None if self.is_narrowed && self.all.is_empty() => removed(),
            None => no_profile(vendor),
        })
    }

    /// Waits until a profile may be tried at a BMC.
    pub(super) async fn turn(&self, bmc: &Bmc, vendor: Vendor) -> Result<Turn<'_>, ApiError> {
        let profile = self.of(bmc, vendor)?;
        let credential = &profile.credential;
        let mut tried = profile.tried.lock().await;
        if tried.standing == Standing::Rejected {
            return Err(rejected_elsewhere(&credential.name));
        }
        // What a helper prints may be another one each time; a keychain is asked once.
        let password = match tried.password.clone().filter(|_| credential.helper.is_none()) {
            Some(known) => known,
            None => self.logins.password(&credential.id, &credential.name, self.by_user).await.map(Arc::new),
        };
        tried.password = Some(password.clone());
        let first = (tried.standing == Standing::Untried).then_some(tried);
        Ok(Turn { profile, password: password?, first })
    }

    /// Notes what a BMC said, before anybody else tries it. That a new machine rejects what others accepted says nothing of it;
    /// of one that accepted it before it says that the password may be another one by now: then one BMC is asked at a time.
    pub(super) async fn note(&self, turn: Turn<'_>, answer: Answer, was_read_with_it: bool, at: Time) {
        let Turn { profile, first, .. } = turn;
        let is_first = first.is_some();
        let mut tried = match first {
            Some(tried) => tried,
            None if answer == Answer::Rejected && was_read_with_it => profile.tried.lock().await,
            None if answer == Answer::Accepted && profile.has_rejections => profile.tried.lock().await,
            None => return,
        };
        // What others accepted is only doubted where it was accepted before.
        if profile.was_proven && !was_read_with_it && answer != Answer::Accepted {
            return;
        }
        let is_accepted = match answer {
            Answer::Accepted => true,
            Answer::Rejected | Answer::MustChange => false,
            Answer::Unanswered => {
                tried.unanswered += 1;
                if tried.unanswered < UNANSWERED {
                    return;
                }
                // Some BMCs close the connection instead: kept as a rejection, or a schedule would go on with three more each time.
                false
            }
            Answer::None => return,
        };
        let Profile { credential, edition, .. } = profile;
        let was = ProfileWas { edition: *edition, is_accepted, was_read_with_it, at };
        if let Err(error) = self.store.profile_was(&credential.id, was).await {
            tracing::warn!(%error, credential = credential.name, "what a BMC said could not be noted");
        }
        tried.standing = match (is_accepted, tried.standing) {
            (true, _) => Standing::Proven,
            (false, Standing::Proven) if !is_first => Standing::Untried,
            (false, _) => Standing::Rejected,
        };
    }
}

fn another_vendor(name: &str, vendor: Vendor) -> ApiError {
    let message = format!(
        "the login was not tried: the BMC accepted the profile {name}, which is for another vendor than it says now ({})",
        vendor.words()
    );
    ApiError::new(Code::NoPassword, message)
        .next("Look at the BMC. If it was replaced, choose the profile by adding the server again.")
}

fn left_out() -> ApiError {
    let message = "the login was not tried: this BMC has or accepted another credential than those that this scan may use";
    ApiError::new(Code::NoPassword, message).next(
        "Read the server again, scan with all profiles, or choose a profile by adding the server again.",
    )
}

fn removed() -> ApiError {
    let message = "the login was not tried: the credential profiles that this scan may use were removed";
    ApiError::new(Code::NoPassword, message)
        .next("Scan with a profile that exists; a schedule that names the old one is to be added anew.")
}

fn no_profile(vendor: Vendor) -> ApiError {
    let message = format!("no credential profile fits this BMC (vendor: {})", vendor.words());
    ApiError::new(Code::NoPassword, message)
        .next("Add a credential profile for it, or resume one that is paused, and read the server again.")
}

fn paused(name: &str) -> ApiError {
    let message =
        format!("the login was not tried: the credential profile {name} is paused, because BMCs rejected it");
    ApiError::new(Code::NoPassword, message)
        .next("Check user and password of the profile, resume it, and read the server again.")
}

fn rejected_elsewhere(name: &str) -> ApiError {
    let message =
        format!("the login was not tried: another BMC did not accept the profile {name}, and none did since");
    ApiError::new(Code::NoPassword, message)
        .next("Check user and password of the profile, and read the server again.")
}
