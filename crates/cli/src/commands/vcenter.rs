//! `vcenter …`.
//! Refuses to trust a certificate that nobody looked at.

use crate::args::{self, Login, Vcenter as Command};
use crate::ask;
use crate::exit::Exit;
use crate::output::{Output, card, table, time};
use contract::{ApiError, Code, CredentialId, Probe, Trust, Vcenter};
use service::{AddVcenter, EditVcenter, LoginWith, Service};

pub(super) async fn run(service: &Service, output: &Output, command: Command) -> Result<Exit, ApiError> {
    match command {
        Command::Probe { address, trust } => probe(service, output, &address, trust).await?,
        Command::Add { name, address, login, trust, tags, ttl } => {
            let ttl = ttl.as_deref().map(service::duration).transpose()?;
            add(service, output, Add { name, address, login, trust, tags, ttl }).await?;
        }
        Command::List => {
            let all = service.vcenters().await?;
            output.answer(&all, || list(output, &all));
        }
        Command::Show { name } => {
            let vcenter = service.vcenter(&name).await?;
            output.answer(&vcenter, || show(&vcenter));
        }
        Command::Edit {
            name,
            new_name,
            host,
            credential,
            user,
            password_stdin,
            trust,
            system_trust,
            tags,
            ttl,
        } => {
            let edit = EditVcenter {
                name: new_name,
                address: host,
                credential,
                user,
                password: if password_stdin { Some(ask::password_from_stdin().await?) } else { None },
                trust: if system_trust { Some(Trust::System) } else { trusted(trust)? },
                tags: tags.map(|tags| tags.into_iter().filter(|tag| !tag.is_empty()).collect()),
                ttl: ttl.as_deref().map(service::duration).transpose()?,
            };
            let stored = service.edit_vcenter(&name, edit).await?;
            stored.password_note.iter().for_each(|note| output.say(note));
            output.answer(&stored.what, || show(&stored.what));
        }
        Command::Remove { name, yes } => {
            let vcenter = service.vcenter(&name).await?;
            let question =
                format!("Remove \"{}\" ({}) and everything cached of it?", vcenter.name, vcenter.host);
            ask::before_removing(output, yes, &question).await?;
            let (vcenter, credential) = service.remove_vcenter(vcenter.id.as_str()).await?;
            if let Some(credential) = credential {
                output.say(&format!("Its credential \"{}\" was removed too.", credential.name));
            }
            output.answer(&vcenter, || format!("Removed {}.", vcenter.name));
        }
    }
    Ok(Exit::Done)
}

async fn probe(
    service: &Service,
    output: &Output,
    address: &str,
    trust: args::Trust,
) -> Result<(), ApiError> {
    let probe = service.probe(address, &trusted(trust)?.unwrap_or(Trust::System)).await?;
    if !probe.trusted {
        output.say(&format!("Not trusted: {}.", probe.reason.as_deref().unwrap_or("no reason given")));
    }
    output.answer(&probe, || certificate(&probe));
    Ok(())
}

struct Add {
    name: String,
    address: String,
    login: Login,
    trust: args::Trust,
    tags: Vec<String>,
    ttl: Option<std::time::Duration>,
}

async fn add(service: &Service, output: &Output, add: Add) -> Result<(), ApiError> {
    let Add { name, address, login, trust, tags, ttl } = add;
    // Stdin is read first: whatever else is wrong, nobody should get a broken pipe.
    let given = if login.password_stdin { Some(ask::password_from_stdin().await?) } else { None };
    service.name_is_free(&name).await?;
    let trust = trusted(trust)?.unwrap_or(Trust::System);
    let trust = approved(service, output, &address, trust)
        .await
        .map_err(|error| with_command(error, &name, &address, &login))?;
    let login = match (login.user, login.credential) {
        (Some(user), _) => {
            let new = CredentialId(String::new());
            let password = match given {
                Some(password) => Some(password),
                None if service.has_password(&new, &name).await? => None,
                None if ask::somebody_is_there() => Some(ask::password(&user, &name).await?),
                None => None,
            };
            LoginWith::User { user, password }
        }
        (None, Some(credential)) => LoginWith::Credential(credential),
        (None, None) => unreachable!("clap demands one of the two"),
    };
    if let LoginWith::Credential(credential) = &login {
        let credential = service.credential(credential).await?;
        super::sync::type_password(service, &credential.id, &credential.name, &credential.user).await?;
    }
    let stored = service.add_vcenter(AddVcenter { name, address, login, trust, tags, ttl }).await?;
    stored.password_note.iter().for_each(|note| output.say(note));
    output.answer(&stored.what, || {
        format!("{}\n\nRead its inventory: musterctl sync full \"{}\"", show(&stored.what), stored.what.name)
    });
    Ok(())
}

/// The trust to store: as it was chosen, or the pin of a certificate that a person looked at.
async fn approved(
    service: &Service,
    output: &Output,
    address: &str,
    trust: Trust,
) -> Result<Trust, ApiError> {
    let probe = service.probe(address, &trust).await?;
    if probe.trusted {
        return Ok(trust);
    }
    let reason = probe.reason.clone().unwrap_or_default();
    let untrusted = |message: String| ApiError {
        certificate: Some(Box::new(probe.certificate.clone())),
        ..ApiError::new(Code::UntrustedCertificate, message)
    };
    let message = format!("the certificate of {} is not trusted: {reason}", probe.address);
    if trust != Trust::System || !ask::somebody_is_there() {
        return Err(untrusted(message));
    }
    output.say(&format!("{message}\n"));
    for line in certificate(&probe).lines() {
        output.say(line);
    }
    if ask::confirm(output, "Is this the fingerprint that the server itself shows, and do you trust it?")
        .await
    {
        return Ok(Trust::Pin { sha256: probe.certificate.sha256.clone() });
    }
    Err(untrusted(format!("{message}; it was not approved, and nothing was stored")))
}

/// Completes a refused certificate with the whole command that accepts it.
fn with_command(error: ApiError, name: &str, address: &str, login: &Login) -> ApiError {
    let Some(shown) = &error.certificate else { return error };
    let who = match (&login.user, &login.credential) {
        (Some(user), _) => {
            format!("--user {}{}", quoted(user), if login.password_stdin { " --password-stdin" } else { "" })
        }
        (None, Some(credential)) => format!("--credential {}", quoted(credential)),
        (None, None) => String::new(),
    };
    let next = format!(
        "Compare the SHA-256 fingerprint with the one on the server itself; only if it is the same, trust it:\n  musterctl \
         vcenter add {} {} {who} --pin {}\nBetter, trust the CA that issued it ({}): --ca-file FILE.",
        quoted(name),
        quoted(address),
        shown.sha256,
        shown.issuer
    );
    error.next(next)
}

/// A word as a POSIX shell takes it.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:@%+=,".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

fn trusted(trust: args::Trust) -> Result<Option<Trust>, ApiError> {
    match trust {
        args::Trust { pin: Some(sha256), .. } => Ok(Some(Trust::Pin { sha256 })),
        args::Trust { ca_file: Some(file), .. } => match std::fs::read_to_string(&file) {
            Ok(pem) => Ok(Some(Trust::Ca { pem })),
            Err(error) => {
                Err(ApiError::new(Code::InvalidValue, format!("{} can't be read: {error}", file.display()))
                    .next("Name a file with the CA's certificates in PEM."))
            }
        },
        args::Trust { pin: None, ca_file: None } => Ok(None),
    }
}

fn certificate(probe: &Probe) -> String {
    let certificate = &probe.certificate;
    let dash = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".into());
    let mut lines = vec![
        ("Address", probe.address.clone()),
        ("SHA-256", certificate.sha256.clone()),
        ("Subject", certificate.subject.clone()),
        ("Issuer", certificate.issuer.clone()),
        ("Names", certificate.names.join(", ")),
        ("Valid from", time(Some(certificate.not_before))),
        ("Valid until", time(Some(certificate.not_after))),
        ("Trusted", if probe.trusted { "yes".into() } else { "no".into() }),
    ];
    if probe.trusted {
        lines.extend([
            ("Product", dash(&probe.product)),
            ("Version", dash(&probe.version)),
            ("Build", dash(&probe.build)),
            ("Instance", dash(&probe.instance_uuid)),
        ]);
    }
    card(lines)
}

fn list(output: &Output, all: &[Vcenter]) -> String {
    if all.is_empty() {
        output.say("No vCenter yet. Add the first: musterctl vcenter add NAME HOST --user USER");
        return String::new();
    }
    let rows = all.iter().map(|v| {
        let version = v.version.clone().unwrap_or_else(|| "-".into());
        vec![v.name.clone(), address(v), v.user.clone(), v.trust.clone(), version, v.tags.join(", ")]
    });
    table(&["Name", "Address", "User", "Trust", "Version", "Tags"], &[], rows)
}

fn show(v: &Vcenter) -> String {
    let dash = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".into());
    let trust = v.pin.as_ref().map_or_else(|| v.trust.clone(), |pin| format!("{} {pin}", v.trust));
    card([
        ("Name", v.name.clone()),
        ("Address", address(v)),
        ("User", format!("{} (credential \"{}\")", v.user, v.credential)),
        ("Trust", trust),
        ("Tags", if v.tags.is_empty() { "-".into() } else { v.tags.join(", ") }),
        ("TTL", format!("{} s", v.ttl_seconds)),
        ("Product", dash(&v.product)),
        ("Version", dash(&v.version)),
        ("Build", dash(&v.build)),
        ("Instance", dash(&v.instance_uuid)),
        ("Id", v.id.to_string()),
    ])
}

fn address(v: &Vcenter) -> String {
    if v.host.contains(':') { format!("[{}]:{}", v.host, v.port) } else { format!("{}:{}", v.host, v.port) }
}
