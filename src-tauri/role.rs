//! Whose calls the windows make: the person's who started this program, in the role it was started in, or in a lower one that
//! somebody chose since. That prevents mistakes; it restricts nobody who owns the files.
//! Refuses to go above the role it was started in, and to raise a locked one without its passphrase. Nothing of it outlives the
//! program.

use argon2::Argon2;
use argon2::password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash};
use contract::command::{Password, WindowRole};
use contract::{ApiError, Code, Role};
use service::Caller;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::{Mutex, watch};
use tokio::task::spawn_blocking;
use tokio::time::sleep;

/// Bytes of a passphrase.
const LONGEST: usize = 1024;

/// How long the answer to the first wrong passphrase takes; each one after it takes twice as long, up to a limit.
const WRONG: Duration = Duration::from_secs(1);
const LONGEST_WRONG: Duration = Duration::from_secs(30);

/// The role.
pub(crate) struct RoleOfThisRun {
    /// As it was started.
    own: Caller,
    now: watch::Sender<Caller>,
    /// The passphrase before it is raised; held while the role is changed. Salted and slow: a person's passphrase may open other
    /// things too, and memory can be looked at.
    lock: Mutex<Option<PasswordHash>>,
    /// Whether there is one, for who only looks.
    is_locked: AtomicBool,
    /// Wrong ones in a row. Held while the answer to one waits: who tries many at once tries them one after the other, and
    /// nobody else waits for that.
    wrong: Mutex<u32>,
}

impl RoleOfThisRun {
    /// The one that the program was started in.
    pub(crate) fn new(own: Caller) -> RoleOfThisRun {
        RoleOfThisRun {
            now: watch::Sender::new(own.clone()),
            own,
            lock: Mutex::default(),
            is_locked: AtomicBool::default(),
            wrong: Mutex::default(),
        }
    }

    /// Who calls.
    pub(crate) fn caller(&self) -> Caller {
        self.now.borrow().clone()
    }

    /// Changes with it.
    pub(crate) fn changes(&self) -> watch::Receiver<Caller> {
        self.now.subscribe()
    }

    /// As the page shows it.
    pub(crate) fn shown(&self) -> WindowRole {
        let is_locked = self.is_locked.load(Ordering::Acquire);
        WindowRole { role: self.caller().role(), highest: self.own.role(), is_locked }
    }

    /// Lowers it, and locks it where there is something to lock it with.
    pub(crate) async fn lower(
        &self,
        role: Role,
        passphrase: Option<Password>,
    ) -> Result<WindowRole, ApiError> {
        let mut lock = self.lock.lock().await;
        let before = self.caller().role();
        if role >= before {
            let message = format!("the role {} is not lower than {}", role.name(), before.name());
            return Err(ApiError::new(Code::InvalidValue, message).next("Choose a lower role."));
        }
        if let Some(Password(passphrase)) = passphrase {
            if lock.is_some() {
                return Err(ApiError::new(
                    Code::InvalidValue,
                    "the role is locked with a passphrase already",
                )
                .next("Lower it without another one."));
            }
            if passphrase.is_empty() || passphrase.len() > LONGEST {
                let message = format!("a passphrase must have 1 to {LONGEST} bytes");
                return Err(ApiError::new(Code::InvalidValue, message).next("Enter another one, or none."));
            }
            *lock = Some(hashed(passphrase).await?);
        }
        Ok(self.change_to(role, &lock))
    }

    /// Raises it, up to the one that it was started in: then it is locked no more.
    pub(crate) async fn raise(
        &self,
        role: Role,
        passphrase: Option<Password>,
    ) -> Result<WindowRole, ApiError> {
        let mut wrong = self.wrong.lock().await;
        let mut lock = self.lock.lock().await;
        let highest = self.own.role();
        if role > highest {
            let message = format!(
                "the role can't be raised to {}: Muster was started as {}",
                role.name(),
                highest.name()
            );
            return Err(
                ApiError::new(Code::Forbidden, message).next("Start Muster without lowering its role.")
            );
        }
        if let Some(hash) = &*lock {
            let Some(Password(passphrase)) = passphrase else {
                return Err(ApiError::new(Code::Forbidden, "the role is locked with a passphrase")
                    .next("Enter the passphrase."));
            };
            if !is_of(hash.clone(), passphrase).await {
                drop(lock);
                *wrong = wrong.saturating_add(1);
                sleep(delay(*wrong)).await;
                return Err(ApiError::new(Code::Forbidden, "the passphrase is wrong").next("Enter it again."));
            }
        }
        *wrong = 0;
        if role == highest {
            *lock = None;
        }
        Ok(self.change_to(role, &lock))
    }

    /// Who hears of the change finds the lock as it is by then.
    fn change_to(&self, role: Role, lock: &Option<PasswordHash>) -> WindowRole {
        self.is_locked.store(lock.is_some(), Ordering::Release);
        self.now.send_replace(self.own.lowered_to(role));
        self.shown()
    }
}

/// How long the answer to so many wrong ones in a row takes.
fn delay(wrong: u32) -> Duration {
    let doubled = 2u32.saturating_pow(wrong.saturating_sub(1));
    WRONG.saturating_mul(doubled).min(LONGEST_WRONG)
}

/// Aside, since it takes as long as it does on purpose.
async fn hashed(passphrase: String) -> Result<PasswordHash, ApiError> {
    let hash = spawn_blocking(move || Argon2::default().hash_password(passphrase.as_bytes())).await;
    let unusable = || ApiError::new(Code::Failed, "the passphrase can't be used").next("Enter another one.");
    hash.ok().and_then(Result::ok).ok_or_else(unusable)
}

/// Compares in a time that says nothing of how much of it is right.
async fn is_of(hash: PasswordHash, passphrase: String) -> bool {
    let verified =
        spawn_blocking(move || Argon2::default().verify_password(passphrase.as_bytes(), &hash)).await;
    matches!(verified, Ok(Ok(())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::Instant;

    fn started_as(role: Role) -> RoleOfThisRun {
        RoleOfThisRun::new(Caller::muster().lowered_to(role))
    }

    fn typed(passphrase: &str) -> Option<Password> {
        Some(Password(passphrase.to_owned()))
    }

    #[tokio::test]
    async fn a_role_is_lowered_and_raised_up_to_the_one_of_the_start_and_no_further() {
        use Role::{Admin, Operator, Viewer};
        let role = started_as(Operator);
        let shown = |role, is_locked| WindowRole { role, highest: Operator, is_locked };
        assert_eq!(role.shown(), shown(Operator, false));
        assert!(role.lower(Operator, None).await.is_err(), "it is that already");
        assert_eq!(role.lower(Viewer, None).await, Ok(shown(Viewer, false)));
        assert_eq!(role.caller().role(), Viewer);
        assert_eq!(role.raise(Admin, None).await.unwrap_err().code, Code::Forbidden);
        assert_eq!(role.caller().role(), Viewer);
        assert_eq!(role.raise(Operator, None).await, Ok(shown(Operator, false)));
        assert_eq!(role.caller().role(), Operator);
    }

    #[tokio::test(start_paused = true)]
    async fn a_locked_role_is_raised_by_its_passphrase_alone_and_wrong_ones_take_longer_and_longer() {
        use Role::{Admin, Operator, Viewer};
        let role = started_as(Admin);
        let mut changes = role.changes();
        assert!(role.lower(Operator, typed("correct horse")).await.unwrap().is_locked);
        assert_eq!(changes.borrow_and_update().role(), Operator);
        assert!(role.lower(Viewer, typed("mine")).await.is_err(), "another passphrase locks nobody out");
        assert!(role.lower(Viewer, None).await.unwrap().is_locked);
        let begin = Instant::now();
        assert!(role.raise(Admin, None).await.is_err());
        assert_eq!(begin.elapsed(), Duration::ZERO, "that was no try");
        for seconds in [1, 2, 4] {
            let begin = Instant::now();
            let refused = role.raise(Admin, typed("correct hors")).await.unwrap_err();
            assert_eq!((refused.code, begin.elapsed().as_secs()), (Code::Forbidden, seconds));
            assert!(!format!("{refused:?}").contains("hors"), "{refused:?}");
        }
        assert_eq!(role.caller().role(), Viewer);
        assert!(role.raise(Operator, typed("correct horse")).await.unwrap().is_locked, "it is lowered still");
        let raised = role.raise(Admin, typed("correct horse")).await.unwrap();
        assert_eq!(raised, WindowRole { role: Admin, highest: Admin, is_locked: false });
        assert!(role.lower(Viewer, typed("")).await.is_err());
        assert_eq!(delay(40), LONGEST_WRONG);
    }

    #[tokio::test(start_paused = true)]
    async fn while_the_answer_to_a_wrong_passphrase_waits_the_role_is_shown_and_lowered() {
        use Role::{Admin, Operator, Viewer};
        let role = started_as(Admin);
        role.lower(Operator, typed("correct horse")).await.unwrap();
        let begin = Instant::now();
        let meanwhile = async {
            sleep(WRONG / 2).await;
            assert!(role.shown().is_locked);
            assert_eq!(role.lower(Viewer, None).await.unwrap().role, Viewer);
            assert!(begin.elapsed() < WRONG, "nobody else waits");
        };
        let (refused, ()) = tokio::join!(role.raise(Admin, typed("correct hors")), meanwhile);
        assert_eq!(refused.unwrap_err().code, Code::Forbidden);
        assert!(begin.elapsed() >= WRONG);
        assert_eq!(role.caller().role(), Viewer);
    }
}
