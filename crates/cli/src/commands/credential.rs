//! `credential …`.
//! Refuses to show a password.

use crate::args::Credential as Command;
use crate::ask;
use crate::exit::Exit;
use crate::output::{Output, card, table, time};
use contract::command::{
    AddCredential, ListCredentials, Password, RemoveCredential, SavedCredential, SetCredential,
    ShowCredential,
};
use contract::{ApiError, Code, Credential, CredentialPlace, Rejection};
use service::Client;

pub(super) async fn run(service: &Client, output: &Output, command: Command) -> Result<Exit, ApiError> {
    match command {
        Command::Add { name, user, password_stdin } => {
            let password = match password_stdin {
                true => Some(ask::password_from_stdin().await?),
                false => ask::new_password(service, output, &user, &name).await?,
            };
            saved(output, &service.call(AddCredential { name, user, password }).await?)?;
        }
        Command::List => {
            let all = service.call(ListCredentials {}).await?;
            output.answer(&all, || list(output, &all))?;
        }
        Command::Set { name, user, password_stdin } => {
            let credential = service.call(ShowCredential { credential: name }).await?;
            let shown_user = user.as_deref().unwrap_or(&credential.user);
            let password = match (password_stdin, &user) {
                (false, Some(_)) => None,
                (from_stdin, _) => password(shown_user, &credential.name, from_stdin).await?,
            };
            if user.is_none() && password.is_none() {
                return Err(ApiError::new(Code::InvalidValue, "nothing to change")
                    .next("Change the user with --user U, or the password with --password-stdin."));
            }
            saved(output, &service.call(SetCredential { credential: credential.id, user, password }).await?)?;
        }
        Command::Remove { name, yes } => {
            let credential = service.call(ShowCredential { credential: name }).await?;
            let question = format!("Remove the credential \"{}\" and its password?", credential.name);
            ask::before_removing(output, yes, &question).await?;
            let removed = service.call(RemoveCredential { credential: credential.id }).await?;
            output.answer(&removed, || format!("Removed {}.", removed.name))?;
        }
    }
    Ok(Exit::Done)
}

/// Says what became of the password, and shows the credential.
fn saved(
    output: &Output,
    SavedCredential { credential, password_note }: &SavedCredential,
) -> Result<(), ApiError> {
    password_note.iter().for_each(|note| output.say(note));
    output.answer(credential, || show(credential))
}

/// From stdin if asked for, else typed, else none.
async fn password(user: &str, name: &str, from_stdin: bool) -> Result<Option<Password>, ApiError> {
    match from_stdin {
        true => ask::password_from_stdin().await.map(Some),
        false if ask::somebody_is_there() => ask::password(user, name).await.map(Some),
        false => Ok(None),
    }
}

fn list(output: &Output, all: &[Credential]) -> String {
    if all.is_empty() {
        output.say("No credentials yet. Adding a vCenter creates one, or add one: musterctl credential add NAME --user USER");
        return String::new();
    }
    let rows = all.iter().map(|c| {
        vec![c.name.clone(), c.user.clone(), place(c.stored).into(), c.vcenters.join(", "), rejected(c)]
    });
    table(&["Name", "User", "Password stored in", "vCenters", "Rejected"], &[], rows)
}

fn show(c: &Credential) -> String {
    card([
        ("Name", c.name.clone()),
        ("User", c.user.clone()),
        ("Password stored in", place(c.stored).into()),
        ("vCenters", if c.vcenters.is_empty() { "-".into() } else { c.vcenters.join(", ") }),
        ("Rejected", rejected(c)),
        ("Id", c.id.to_string()),
    ])
}

/// When and why a vCenter rejected it.
fn rejected(c: &Credential) -> String {
    let because = match c.rejected_because {
        None | Some(Rejection::Refused) => c.rejected_message.as_deref(),
        Some(Rejection::InvalidLogin) => Some("wrong user or password"),
        Some(Rejection::PasswordExpired) => Some("password expired"),
        Some(Rejection::AccountDisabled) => Some("account disabled"),
        Some(Rejection::AccountLocked) => Some("account locked"),
    };
    let because = because.map(|because| format!(", {because}")).unwrap_or_default();
    time(c.rejected_at) + &because
}

fn place(place: CredentialPlace) -> &'static str {
    match place {
        CredentialPlace::Keychain => "keychain",
        CredentialPlace::File => "file",
        CredentialPlace::None => "not stored",
    }
}
