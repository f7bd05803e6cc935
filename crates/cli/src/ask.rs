//! Asks people on a terminal.
//! Refuses to ask where nobody can answer, and to show what is typed as a password.

use crate::output::{Output, time};
use crate::suggest::quoted;
use contract::command::{HasPassword, HoldPassword, MissingPassword, NeededPassword, Password, WhyNeeded};
use contract::{ApiError, Code, CredentialId, VcenterId};
use service::{Client, ExposeSecret, SecretString};
use std::io::IsTerminal;

/// Whether a person can answer.
pub(crate) fn somebody_is_there() -> bool {
    std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}

/// A password, typed hidden.
pub(crate) async fn password(user: &str, credential: &str) -> Result<Password, ApiError> {
    let prompt = format!("Password of {user} ({credential}): ");
    let failed = |detail: String| {
        ApiError::new(Code::NoPassword, format!("no password was entered: {detail}"))
            .next("Run the command again, or pass the password with --password-stdin.")
    };
    let _echo = Echo::save();
    let typed = tokio::task::spawn_blocking(move || rpassword::prompt_password(prompt))
        .await
        .map_err(|error| failed(error.to_string()))?;
    let typed = match typed {
        Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {
            // The signal that comes with it ends the command, and says so.
            return std::future::pending().await;
        }
        typed => typed.map_err(|error| failed(error.to_string()))?,
    };
    service::typed_password(&typed).map(of_a_command).map_err(|error| failed(error.to_string()))
}

/// The password of a new credential, typed; none where it is at hand already, or nobody is there.
pub(crate) async fn new_password(
    service: &Client,
    output: &Output,
    user: &str,
    name: &str,
) -> Result<Option<Password>, ApiError> {
    if !somebody_is_there() {
        return Ok(None);
    }
    match service.call(HasPassword { credential: name.to_owned() }).await {
        Ok(true) => return Ok(None),
        Ok(false) => {}
        Err(error) if error.code == Code::Forbidden => return Err(error),
        // A keychain that gives none for whatever reason is no reason not to ask a person.
        Err(error) => output.say(&error.message),
    }
    password(user, name).await.map(Some)
}

/// Lets a person type the password of a credential that is nowhere to be found, was rejected, or is not sent to a vCenter
/// whose address was changed; it is held until this process ends.
pub(crate) async fn missing_password(
    service: &Client,
    output: &Output,
    id: &CredentialId,
    vcenter: Option<&VcenterId>,
) -> Result<(), ApiError> {
    if !somebody_is_there() {
        return Ok(());
    }
    let asked = MissingPassword { credential: id.clone(), vcenter: vcenter.cloned() };
    let Some(needed) = service.call(asked).await? else { return Ok(()) };
    let NeededPassword { credential_id, credential, user, why } = needed;
    match why {
        WhyNeeded::Rejected { at } => output.say(&format!(
            "The login of {user} ({credential}) was rejected at {}. The password you enter now is used once and not \
             stored. To store one, run musterctl credential set {}.",
            time(Some(at)),
            quoted(&credential)
        )),
        WhyNeeded::Moved { vcenter, host } => output.say(&format!(
            "The address of {vcenter} was changed to {host}, so the stored password is not sent there. Enter it only if \
             you are sure that this is the same host."
        )),
        WhyNeeded::NotAtHand { problem } => problem.iter().for_each(|problem| output.say(problem)),
    }
    let password = password(&user, &credential).await?;
    service.call(HoldPassword { credential: credential_id, password, vcenter: vcenter.cloned() }).await
}

/// How the terminal was before a password was asked for. Restores it when the wait for the answer ends, which may be
/// before anybody answers: otherwise the person's shell would go on without showing what they type.
struct Echo {
    #[cfg(unix)]
    saved: Option<(std::fs::File, rustix::termios::Termios)>,
}

#[cfg(unix)]
impl Echo {
    fn save() -> Echo {
        let terminal = std::fs::File::open("/dev/tty").ok();
        let saved = terminal.and_then(|tty| rustix::termios::tcgetattr(&tty).ok().map(|was| (tty, was)));
        Echo { saved }
    }
}

#[cfg(unix)]
impl Drop for Echo {
    fn drop(&mut self) {
        if let Some((tty, was)) = &self.saved {
            // Without a terminal there is nothing left to restore.
            let _ = rustix::termios::tcsetattr(tty, rustix::termios::OptionalActions::Now, was);
        }
    }
}

#[cfg(not(unix))]
impl Echo {
    fn save() -> Echo {
        Echo {}
    }
}

/// The password as a command takes it.
fn of_a_command(secret: SecretString) -> Password {
    Password(secret.expose_secret().to_owned())
}

/// The password from stdin.
pub(crate) async fn password_from_stdin() -> Result<Password, ApiError> {
    let read = tokio::task::spawn_blocking(service::read_password_from_stdin).await;
    let invalid = |detail: String| {
        ApiError::new(Code::InvalidValue, format!("the password on stdin can't be used: {detail}"))
            .next("Pass it as one line: printf '%s' \"$PASSWORD\" | musterctl …, or < FILE.")
    };
    let password = read.map_err(|error| invalid(error.to_string()))?;
    password.map(of_a_command).map_err(|error| invalid(error.to_string()))
}

/// A question that only `y` and `yes` answer with yes.
pub(crate) async fn confirm(output: &Output, question: &str) -> bool {
    output.say(&format!("{question} [y/N]"));
    let read = tokio::task::spawn_blocking(|| {
        let mut line = String::new();
        std::io::stdin().read_line(&mut line).map(|_| line)
    });
    matches!(read.await, Ok(Ok(line)) if is_yes(&line))
}

/// Whether a line says yes, whichever line end the terminal sends and whatever was pasted with it.
fn is_yes(line: &str) -> bool {
    let word = line.trim_start_matches('\u{feff}').trim();
    ["y", "yes"].iter().any(|yes| word.eq_ignore_ascii_case(yes))
}

/// Asks before something is destroyed, unless the question was answered with `--yes`.
pub(crate) async fn before_removing(output: &Output, yes: bool, question: &str) -> Result<(), ApiError> {
    let next = "Answer y, or pass --yes, to remove it.";
    confirmed(output, yes, question, "nothing was removed").await.map_err(|error| match error.code {
        Code::Cancelled => error.next(next),
        _ => error,
    })
}

/// Asks before something is done, unless the question was answered with `--yes`; otherwise says that it was not done.
pub(crate) async fn confirmed(
    output: &Output,
    yes: bool,
    question: &str,
    not_done: &str,
) -> Result<(), ApiError> {
    if yes {
        return Ok(());
    }
    if !somebody_is_there() {
        return Err(ApiError::new(
            Code::InvalidValue,
            "this needs confirmation, but there is no terminal to ask for it",
        )
        .next("Confirm with --yes."));
    }
    if confirm(output, question).await {
        return Ok(());
    }
    Err(ApiError::new(Code::Cancelled, not_done).next("Answer y, or pass --yes."))
}

#[cfg(test)]
mod tests {
    use super::is_yes;

    #[test]
    fn only_y_and_yes_are_yes_whatever_ends_the_line() {
        assert!(
            ["yes\n", "yes\r\n", "YES\r", "\u{feff}yes", " yes ", "y\n", "Y\r\n"].into_iter().all(is_yes)
        );
        assert!(!["", "\n", "ye\n", "yes please\n", "no\r\n", "n\n"].into_iter().any(is_yes));
    }
}
