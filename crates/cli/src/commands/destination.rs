//! `destination …`.
//! Refuses to judge an address: the service does, and says what is wrong with it.

use crate::args::{Destination as Command, Target};
use crate::ask;
use crate::commands::{sync, vcenter};
use crate::exit::Exit;
use crate::interrupts::Interrupts;
use crate::output::{Output, card, table};
use contract::command::{
    AddDestination, EditDestination, ListDestinations, RemoveDestination, ShowDestination, TestDestination,
};
use contract::destination::{Address, Destination, DestinationKind, DestinationSettings, MailSecurity};
use contract::{ApiError, Code, CredentialId, Subject, Trust, Way, words};
use service::Client;

pub(super) async fn run(
    service: &Client,
    output: &Output,
    interrupts: &Interrupts,
    command: Command,
) -> Result<Exit, ApiError> {
    match command {
        Command::List => {
            let all = service.call(ListDestinations {}).await?;
            output.answer(&all, || list(output, &all))?;
        }
        Command::Show { name } => {
            let one = service.call(ShowDestination { destination: name }).await?;
            output.answer(&one, || show(&one))?;
        }
        Command::Add { name, target } => {
            service.may::<AddDestination>(Subject::new_destination(&name)).await?;
            let target = address(*target, None)?;
            let added =
                service.call(AddDestination { settings: DestinationSettings { name, target } }).await?;
            output.answer(&added, || show(&added))?;
        }
        Command::Edit { name, new_name, target } => {
            service.may::<EditDestination>(Subject::new_destination(&name)).await?;
            let before = service.call(ShowDestination { destination: name }).await?;
            let name = new_name.unwrap_or(before.name);
            let target = address(*target, before.target)?;
            let settings = DestinationSettings { name, target };
            let edit = EditDestination { destination: before.id, edition: before.edition, settings };
            let edited = service.call(edit).await?;
            output.answer(&edited, || show(&edited))?;
        }
        Command::Test { name } => {
            service.may::<TestDestination>(Subject::new_destination(&name)).await?;
            let destination = service.call(ShowDestination { destination: name }).await?.id;
            let id = service.call(TestDestination { destination, detached: false }).await?;
            return sync::follow(service, output, interrupts, &[id], false).await;
        }
        Command::Remove { name, yes } => {
            service.may::<RemoveDestination>(Subject::new_destination(&name)).await?;
            let one = service.call(ShowDestination { destination: name }).await?;
            let question = format!("Remove the destination \"{}\"?", one.name);
            ask::before_removing(output, yes, &question).await?;
            let removed = service.call(RemoveDestination { destination: one.id }).await?;
            output.answer(&removed, || format!("Removed {}.", removed.name))?;
        }
    }
    Ok(Exit::Done)
}

/// What the options say; what they leave out is as it was.
fn address(asked: Target, before: Option<Address>) -> Result<Address, ApiError> {
    let trust = vcenter::trusted(&asked.trust)?;
    let mut target = match before {
        Some(before) => before,
        None => empty(&asked)?,
    };
    asked.suits(target.kind())?;
    match &mut target {
        Address::Smtp { host, port, security, from, to, credential, trust: trusted, way } => {
            if let Some(named) = asked.smtp {
                // Its port is named with it.
                (*host, *port) = (named, None);
            }
            *security = asked.security.unwrap_or(*security);
            *from = asked.from.unwrap_or_else(|| from.clone());
            *to = if asked.to.is_empty() { to.clone() } else { asked.to };
            if let Some(named) = asked.credential {
                *credential = (!named.is_empty()).then_some(CredentialId(named));
            }
            *trusted = trust.unwrap_or_else(|| trusted.clone());
            way.proxy = asked.proxy.unwrap_or_else(|| way.proxy.clone());
        }
        Address::Webhook { url, credential, trust: trusted, way } => {
            *url = asked.webhook.unwrap_or_else(|| url.clone());
            *credential = asked.credential.map_or_else(|| credential.clone(), CredentialId);
            *trusted = trust.unwrap_or_else(|| trusted.clone());
            way.proxy = asked.proxy.unwrap_or_else(|| way.proxy.clone());
        }
        Address::Folder { path, keep } => {
            *path = asked.folder.map_or_else(|| path.clone(), |folder| folder.display().to_string());
            *keep = asked.keep.unwrap_or(*keep);
        }
    }
    Ok(target)
}

/// A new destination of the kind that is asked for.
fn empty(asked: &Target) -> Result<Address, ApiError> {
    let (trust, way) = (Trust::System, Way::default());
    if asked.smtp.is_some() {
        let (host, from, to) = (String::new(), String::new(), Vec::new());
        let security = MailSecurity::Tls;
        Ok(Address::Smtp { host, port: None, security, from, to, credential: None, trust, way })
    } else if asked.webhook.is_some() {
        let Some(credential) = &asked.credential else {
            return Err(ApiError::new(Code::InvalidValue, "a webhook has no credential to sign with")
                .next("Add one whose password is the signing key, and name it: --credential NAME"));
        };
        Ok(Address::Webhook { url: String::new(), credential: CredentialId(credential.clone()), trust, way })
    } else if asked.folder.is_some() {
        Ok(Address::Folder { path: String::new(), keep: Address::KEPT })
    } else {
        Err(ApiError::new(Code::InvalidValue, "it is not said what the destination is")
            .next("Say it with --smtp HOST, --webhook URL or --folder DIR."))
    }
}

impl Target {
    /// Fails if an option is of another kind of destination.
    fn suits(&self, kind: DestinationKind) -> Result<(), ApiError> {
        use DestinationKind::{Folder, Smtp, Webhook};
        let options: [(&str, bool, &[DestinationKind]); 10] = [
            ("--smtp", self.smtp.is_some(), &[Smtp]),
            ("--webhook", self.webhook.is_some(), &[Webhook]),
            ("--folder", self.folder.is_some(), &[Folder]),
            ("--security", self.security.is_some(), &[Smtp]),
            ("--from", self.from.is_some(), &[Smtp]),
            ("--to", !self.to.is_empty(), &[Smtp]),
            ("--keep", self.keep.is_some(), &[Folder]),
            ("--credential", self.credential.is_some(), &[Smtp, Webhook]),
            (
                "--pin and --ca-file",
                self.trust.pin.is_some() || self.trust.ca_file.is_some(),
                &[Smtp, Webhook],
            ),
            ("--proxy", self.proxy.is_some(), &[Smtp, Webhook]),
        ];
        let wrong = options.into_iter().find(|(_, is_given, of)| *is_given && !of.contains(&kind));
        match wrong {
            None => Ok(()),
            Some((option, ..)) => {
                let message = format!("{option} can't be set for a {}", words::destination_kind(kind));
                Err(ApiError::new(Code::InvalidValue, message)
                    .next("Leave it out; for another kind of destination add a new one."))
            }
        }
    }
}

fn list(output: &Output, all: &[Destination]) -> String {
    if all.is_empty() {
        output.say("No destinations yet. Add one: musterctl destination add NAME --folder DIR");
        return String::new();
    }
    let rows = all.iter().map(|one| {
        vec![
            one.name.clone(),
            words::destination_kind(one.kind).to_owned(),
            one.target.as_ref().map(words::destination_address).unwrap_or_default(),
            one.policies.join(", "),
        ]
    });
    table(&["Name", "Kind", "Address", "Policies"], &[], rows)
}

fn show(one: &Destination) -> String {
    let mut lines = vec![("Name", one.name.clone()), ("Kind", words::destination_kind(one.kind).to_owned())];
    if let Some(target) = &one.target {
        lines.push(("Address", words::destination_address(target)));
        match target {
            Address::Smtp { security, from, to, trust, way, .. } => {
                lines.extend([
                    ("Security", security.name().to_owned()),
                    ("From", from.clone()),
                    ("To", to.join(", ")),
                ]);
                lines.extend(reached(trust, way));
            }
            Address::Webhook { trust, way, .. } => lines.extend(reached(trust, way)),
            Address::Folder { keep, .. } => lines.push(("Keeps", format!("{keep} exports of each kind"))),
        }
    }
    lines.extend(one.credential.clone().map(|credential| ("Credential", credential)));
    lines.extend((!one.policies.is_empty()).then(|| ("Policies", one.policies.join(", "))));
    lines.push(("Id", one.id.to_string()));
    card(lines)
}

/// How a server is trusted and reached.
fn reached(trust: &Trust, way: &Way) -> Vec<(&'static str, String)> {
    let trusted = match trust {
        Trust::Pin { sha256 } => format!("pinned SHA-256 {sha256}"),
        Trust::Ca { .. } => "certificates of its own CA".to_owned(),
        Trust::System => "certificates that the system trusts".to_owned(),
    };
    let proxy = (!way.proxy.is_empty()).then(|| ("Proxy", way.proxy.clone()));
    std::iter::once(("Trust", trusted)).chain(proxy).collect()
}
