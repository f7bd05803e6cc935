//! Asks people on a terminal.
//! Refuses to ask where nobody can answer, and to show what is typed as a password.

use crate::output::Output;
use contract::{ApiError, Code};
use service::SecretString;
use std::io::IsTerminal;

/// Whether a person can answer.
pub(crate) fn somebody_is_there() -> bool {
    std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}

/// A password, typed hidden.
pub(crate) async fn password(user: &str, credential: &str) -> Result<SecretString, ApiError> {
    let prompt = format!("Password of {user} ({credential}): ");
    let failed = |detail: String| ApiError::new(Code::NoPassword, format!("no password was typed: {detail}"));
    let typed = tokio::task::spawn_blocking(move || rpassword::prompt_password(prompt))
        .await
        .map_err(|error| failed(error.to_string()))?
        .map_err(|error| failed(error.to_string()))?;
    if typed.is_empty() {
        return Err(failed("it is empty".into()).next("Call the command again."));
    }
    Ok(SecretString::from(typed))
}

/// The password from stdin.
pub(crate) async fn password_from_stdin() -> Result<SecretString, ApiError> {
    let read = tokio::task::spawn_blocking(service::read_password_from_stdin).await;
    let invalid = |detail: String| {
        ApiError::new(Code::InvalidValue, format!("the password on stdin can't be used: {detail}"))
            .next("Pass it as one line: printf '%s' \"$PASSWORD\" | musterctl …, or < FILE.")
    };
    read.map_err(|error| invalid(error.to_string()))?.map_err(|error| invalid(error.to_string()))
}

/// A question that only `yes` answers with yes.
pub(crate) async fn confirm(output: &Output, question: &str) -> bool {
    output.say(&format!("{question} [yes/no]"));
    let read = tokio::task::spawn_blocking(|| {
        let mut line = String::new();
        std::io::stdin().read_line(&mut line).map(|_| line)
    });
    matches!(read.await, Ok(Ok(line)) if line.trim().eq_ignore_ascii_case("yes"))
}

/// Asks before something is destroyed, unless the question was answered with `--yes`.
pub(crate) async fn before_removing(output: &Output, yes: bool, question: &str) -> Result<(), ApiError> {
    if yes {
        return Ok(());
    }
    if !somebody_is_there() {
        return Err(ApiError::new(
            Code::InvalidValue,
            "this needs a confirmation, and there is no terminal to ask on",
        )
        .next("Confirm it with --yes."));
    }
    if confirm(output, question).await {
        return Ok(());
    }
    Err(ApiError::new(Code::Cancelled, "nothing was removed"))
}
