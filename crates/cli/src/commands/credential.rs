//! `credential …`.
//! Refuses to show a password.

use crate::args::Credential as Command;
use crate::ask;
use crate::exit::Exit;
use crate::output::{Output, card, table, time};
use crate::suggest::quoted;
use contract::command::{
    AddCredential, ListCredentials, MergeCredential, Password, RemoveCredential, SavedCredential,
    SetCredential, ShowCredential,
};
use contract::{ApiError, Code, Credential, Subject, words};
use service::Client;

pub(super) async fn run(service: &Client, output: &Output, command: Command) -> Result<Exit, ApiError> {
    match command {
        Command::Add { name, user, password_stdin, helper } => {
            service.may::<AddCredential>(Subject::new_credential(&name)).await?;
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
        Command::Set { name, new_name, user, password_stdin, helper, no_helper } => {
            service.may::<SetCredential>(Subject::new_credential(&name)).await?;
            let credential = service.call(ShowCredential { credential: name }).await?;
            let shown_user = user.as_deref().unwrap_or(&credential.user);
            let helper = if no_helper { Some(Vec::new()) } else { helper.command() };
            let is_other = user.is_some() || new_name.is_some() || helper.is_some();
            let password = match password_stdin || !is_other {
                true => password(shown_user, &credential.name, password_stdin).await?,
                false => None,
            };
            if !is_other && password.is_none() {
                return Err(ApiError::new(Code::InvalidValue, "nothing to change").next(
                    "Change the name with --name NAME, the user with --user U, the password with --password-stdin, or what prints it with --helper PROGRAM.",
                ));
            }
            let set = SetCredential { credential: credential.id, name: new_name, user, password, helper };
            saved(output, &service.call(set).await?)?;
        }
        Command::Merge { from, into, other_user, yes } => {
            service.may::<MergeCredential>(Subject::new_credential(&from)).await?;
            let from = service.call(ShowCredential { credential: from }).await?;
            let into = service.call(ShowCredential { credential: into }).await?;
            if from.user == into.user || other_user {
                ask::before_removing(output, yes, &question(&from, &into)).await?;
            }
            let merge = MergeCredential { from: from.id, into: into.id, other_user };
            let merged = service.call(merge).await.map_err(|error| match other_user {
                true => error,
                false => with_the_option(error, &from.user, &into.user),
            })?;
            output.answer(&merged.credential, || {
                format!(
                    "Merged {} into {}.\n\n{}",
                    merged.removed.name,
                    merged.credential.name,
                    show(&merged.credential)
                )
            })?;
        }
        Command::Remove { name, yes } => {
            service.may::<RemoveCredential>(Subject::new_credential(&name)).await?;
            let credential = service.call(ShowCredential { credential: name }).await?;
            let question = format!("Remove the credential \"{}\" and its password?", credential.name);
            ask::before_removing(output, yes, &question).await?;
            let removed = service.call(RemoveCredential { credential: credential.id }).await?;
            output.answer(&removed, || format!("Removed {}.", removed.name))?;
        }
    }
    Ok(Exit::Done)
}

/// Before the vCenters of one credential log in with another one.
fn question(from: &Credential, into: &Credential) -> String {
    let vcenters = if from.vcenters.is_empty() { "no vCenter".to_owned() } else { from.vcenters.join(", ") };
    format!(
        "Have {vcenters} log in with \"{}\" ({}), and remove the credential \"{}\" ({}) with its password?",
        into.name, into.user, from.name, from.user
    )
}

/// What to type where the users are different ones, which is refused unless somebody says so.
fn with_the_option(error: ApiError, from: &str, into: &str) -> ApiError {
    if from == into { error } else { error.next(OTHER_USER) }
}

const OTHER_USER: &str =
    "If the vCenters are to log in as the other user from then on, add --other-user to the same command.";

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
    let because = words::rejected_because(c);
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
        (stored, None) => words::credential_place(stored).to_owned(),
    }
}
