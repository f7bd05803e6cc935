//! `discovery profile …`: which credentials are tried at BMCs.
//! Refuses to remove a credential: vCenters may use it too.

use crate::args::{Helper, Profile as Command};
use crate::ask;
use crate::output::{Output, card, table, time};
use crate::suggest::Suggestion;
use contract::command::{AddCredential, ListProfiles, RemoveProfile, SetProfile, ShowCredential};
use contract::discovery::{Profile, Vendor};
use contract::{ApiError, Code, CredentialId, Subject, designated};
use service::Client;

pub(super) async fn run(service: &Client, output: &Output, command: Command) -> Result<(), ApiError> {
    match command {
        Command::Add { name, user, password_stdin, helper, vendor } => {
            let credential = match user {
                Some(user) => added(service, output, Added { name, user, password_stdin, helper }).await?,
                None if helper.helper.is_some() => {
                    return Err(ApiError::new(Code::InvalidValue, "--helper is for a new credential, and that needs a user")
                        .next("Say which one with --user U; that of a credential that exists is changed with musterctl credential set."));
                }
                None => known(service, name).await?,
            };
            let profile = service.call(SetProfile { credential, vendor }).await?;
            output.answer(&profile, || show(&profile))
        }
        Command::List => {
            let all = service.call(ListProfiles {}).await?;
            if all.is_empty() {
                output.say("No profiles yet. Add one: musterctl discovery profile add NAME --user USER");
            }
            output.answer(&all, || list(&all))?;
            for profile in all.iter().filter(|profile| profile.paused_at.is_some()) {
                output.say(&format!("{}: {}", profile.profile, paused(profile)));
            }
            Ok(())
        }
        Command::Remove { name } => remove(service, output, &name).await,
        Command::Resume { name } => resume(service, output, &name).await,
    }
}

/// A new credential as it was typed.
struct Added {
    name: String,
    user: String,
    password_stdin: bool,
    helper: Helper,
}

/// Adds a credential, as `credential add` does.
async fn added(service: &Client, output: &Output, add: Added) -> Result<CredentialId, ApiError> {
    let Added { name, user, password_stdin, helper } = add;
    // Stdin is read first: whatever else is wrong, nobody should get a broken pipe.
    let given = if password_stdin { Some(ask::password_from_stdin().await?) } else { None };
    service.may::<AddCredential>(Subject::new_credential(&name)).await?;
    let helper = helper.command();
    let password = match given {
        None if helper.is_none() => ask::new_password(service, output, &user, &name).await?,
        given => given,
    };
    let add = AddCredential { name: name.clone(), user, password, helper };
    let saved = service.call(add).await.map_err(|error| match error.code {
        Code::AlreadyExists => {
            let again = Suggestion::of("discovery profile add").about(&name);
            error.next(format!("To have this credential tried at BMCs, leave out --user: {again}"))
        }
        _ => error,
    })?;
    saved.password_note.iter().for_each(|note| output.say(note));
    Ok(saved.credential.id)
}

/// The credential with this name, which is there already.
async fn known(service: &Client, name: String) -> Result<CredentialId, ApiError> {
    service.may::<SetProfile>(Subject::new_credential(&name)).await?;
    let found = service.call(ShowCredential { credential: name.clone() }).await;
    let found = found.map_err(|error| match error.code {
        Code::NotFound => {
            let add = Suggestion::of("discovery profile add").about(&name).flag("--user USER");
            ApiError { remedies: Vec::new(), ..error }.next(format!("To add it, say for which user: {add}"))
        }
        _ => error,
    })?;
    Ok(found.id)
}

async fn remove(service: &Client, output: &Output, name: &str) -> Result<(), ApiError> {
    service.may::<RemoveProfile>(Subject::new_credential(name)).await?;
    let all = service.call(ListProfiles {}).await?;
    let profile = named(&all, name)?;
    service.call(RemoveProfile { credential: profile.credential_id.clone() }).await?;
    let too = Suggestion::of("credential remove").about(&profile.profile);
    output.say(&format!("The credential itself stays. To remove it too: {too}"));
    output.answer(profile, || format!("{} is tried at no BMC any more.", profile.profile))
}

async fn resume(service: &Client, output: &Output, name: &str) -> Result<(), ApiError> {
    service.may::<SetProfile>(Subject::new_credential(name)).await?;
    let all = service.call(ListProfiles {}).await?;
    let profile = named(&all, name)?;
    if profile.paused_at.is_none() {
        output.say(&format!("{} is not paused.", profile.profile));
        return output.answer(profile, || show(profile));
    }
    let set = SetProfile { credential: profile.credential_id.clone(), vendor: profile.vendor };
    let profile = service.call(set).await?;
    output.answer(&profile, || show(&profile))
}

/// The profile with this name, id or unique beginning of an id.
pub(super) fn named<'a>(all: &'a [Profile], name: &str) -> Result<&'a Profile, ApiError> {
    let found = designated(all, name, "profile", |one| (&one.profile, one.credential_id.as_str()));
    found.map_err(|error| match all.is_empty() {
        true => {
            let add = Suggestion::of("discovery profile add").about(name).flag("--user USER");
            error.next(format!("There is no profile yet. Add it: {add}"))
        }
        false => error,
    })
}

fn vendor(profile: &Profile) -> &'static str {
    profile.vendor.map_or("any", Vendor::words)
}

/// Why a profile is paused, and how it goes on.
fn paused(profile: &Profile) -> String {
    let set = Suggestion::of("credential set").about(&profile.profile);
    let resume = Suggestion::of("discovery profile resume").about(&profile.profile);
    format!(
        "paused, as two BMCs in a row rejected it. If the password is wrong: {set}. If it is right: {resume}"
    )
}

fn list(all: &[Profile]) -> String {
    if all.is_empty() {
        return String::new();
    }
    let rows = all.iter().map(|profile| {
        vec![
            profile.profile.clone(),
            profile.user.clone(),
            vendor(profile).to_owned(),
            time(profile.proven_at),
            time(profile.paused_at),
            profile.servers.to_string(),
        ]
    });
    use crate::output::Fit::{Number, Whole, Words};
    let header = ["Profile", "User", "Vendor", "Accepted", "Paused", "Servers"];
    table(&header, &[Words, Words, Whole, Whole, Whole, Number], rows)
}

fn show(profile: &Profile) -> String {
    let mut lines = vec![
        ("Profile", profile.profile.clone()),
        ("User", profile.user.clone()),
        ("Vendor", vendor(profile).to_owned()),
        ("Accepted", profile.proven_at.map_or_else(|| "by no BMC yet".to_owned(), |at| time(Some(at)))),
        ("Paused", time(profile.paused_at)),
        ("Servers", profile.servers.to_string()),
        ("Id", profile.credential_id.to_string()),
    ];
    if profile.paused_at.is_some() {
        lines.insert(5, ("", paused(profile)));
    }
    card(lines)
}

#[cfg(test)]
mod tests {
    use super::*;
    use contract::Time;

    fn profile(name: &str, id: &str) -> Profile {
        Profile {
            credential_id: CredentialId(id.to_owned()),
            profile: name.to_owned(),
            user: "root".to_owned(),
            vendor: None,
            proven_at: None,
            paused_at: Some(Time(0)),
            servers: 0,
        }
    }

    #[test]
    fn a_profile_is_named_without_regard_to_case_or_by_the_beginning_of_its_id() {
        let all = [profile("iDRAC", "0123456789"), profile("iLO", "0123456700")];
        assert_eq!(named(&all, "idrac").unwrap().profile, "iDRAC");
        assert_eq!(named(&all, "012345670").unwrap().profile, "iLO");
        assert_eq!(named(&all, "01234567").unwrap_err().code, Code::InvalidValue);
        let error = named(&all, "0123").unwrap_err();
        assert_eq!(
            (error.code, error.next_step.as_deref()),
            (Code::NotFound, Some("Available: iDRAC, iLO."))
        );
        let error = named(&[], "a b").unwrap_err();
        assert!(error.next_step.unwrap().ends_with("profile add 'a b' --user USER"));
    }

    #[test]
    fn a_paused_profile_says_how_it_goes_on() {
        let said = show(&profile("my BMCs", "0123456789"));
        assert!(said.contains("musterctl discovery profile resume 'my BMCs'"), "{said}");
        assert!(said.contains("musterctl credential set 'my BMCs'"), "{said}");
    }
}
