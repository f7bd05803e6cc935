//! `credential …`.
//! Refuses to show a password.

use crate::args::Credential as Command;
use crate::ask;
use crate::exit::Exit;
use crate::output::{Output, card, table, time};
use crate::suggest::quoted;
use contract::command::{
    AddCredential, ListCredentials, Password, RemoveCredential, SavedCredential, SetCredential,
    ShowCredential,
};
use contract::{ApiError, Code, Credential, CredentialPlace, Rejection};
use service::Client;

pub(super) async fn run(service: &Client, output: &Output, command: Command) -> Result<Exit, ApiError> {
    match command {
        Command::Add { name, user, password_stdin, helper } => {
            let helper = helper.command();
            let password = match (password_stdin, &helper) {
                (true, _) => Some(ask::password_from_stdin().await?),
                (false, Some(_)) => None,
                (false, None) => ask::new_password(service, output, &user, &name).await?,
            };
            saved(output, &service.call(AddCredential { name, user, password, helper }).await?)?;
        }
        Command::List => {
            let all = service.call(ListCredentials {}).await?;
            output.answer(&all, || list(output, &all))?;
        }
        Command::Set { name, user, password_stdin, helper, no_helper } => {
            let credential = service.call(ShowCredential { credential: name }).await?;
            let shown_user = user.as_deref().unwrap_or(&credential.user);
            let helper = if no_helper { Some(Vec::new()) } else { helper.command() };
            let password = match password_stdin || (user.is_none() && helper.is_none()) {
                true => password(shown_user, &credential.name, password_stdin).await?,
                false => None,
            };
            if user.is_none() && password.is_none() && helper.is_none() {
                return Err(ApiError::new(Code::InvalidValue, "nothing to change").next(
                    "Change the user with --user U, the password with --password-stdin, or what prints it with --helper PROGRAM.",
                ));
            }
            let set = SetCredential { credential: credential.id, user, password, helper };
            saved(output, &service.call(set).await?)?;
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
    let rows = all
        .iter()
        .map(|c| vec![c.name.clone(), c.user.clone(), place(c), c.vcenters.join(", "), rejected(c)]);
    table(&["Name", "User", "Password stored in", "vCenters", "Rejected"], &[], rows)
}

fn show(c: &Credential) -> String {
    card([
        ("Name", c.name.clone()),
        ("User", c.user.clone()),
        ("Password stored in", place(c)),
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

/// Where its password is; of a helper the command.
fn place(c: &Credential) -> String {
    match (c.stored, &c.helper) {
        (_, Some(command)) => {
            let words: Vec<String> = command.iter().map(|word| quoted(word)).collect();
            format!("helper: {}", words.join(" "))
        }
        (CredentialPlace::Keychain, None) => "keychain".to_owned(),
        (CredentialPlace::File, None) => "file".to_owned(),
        (CredentialPlace::Helper, None) => "helper".to_owned(),
        (CredentialPlace::None, None) => "not stored".to_owned(),
    }
}
