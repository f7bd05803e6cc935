//! `vcenter …`.
//! Refuses to trust a certificate that nobody looked at.

mod authority;
mod moving;
mod pauses;

use crate::args::{self, Login, Vcenter as Command};
use crate::ask;
use crate::exit::Exit;
use crate::output::{Output, card, table, time};
use crate::suggest::Suggestion;
use contract::command::{
    self, AddVcenter, Change, CheckNewVcenter, EditVcenter, HasPassword, ListVcenters, Password, PlanRemoval,
    ProbeAddress, RemoveVcenter, Saved, Settings, ShowPreferences, ShowVcenter,
};
use contract::{
    ApiError, Certificate, Code, Probe, StaleReads, Subject, Time, Trust, Vcenter, VcenterSettings, Way,
    words,
};
use service::Client;
use std::io::Read;
use std::path::Path;

/// Far more than any chain of CA certificates has.
const LONGEST_PEM: u64 = 1 << 20;

pub(super) async fn run(
    service: &Client,
    output: &Output,
    command: Command,
    data_dir: Option<&Path>,
) -> Result<Exit, ApiError> {
    match command {
        Command::Probe { address, trust, way } => probe(service, output, &address, trust, &way).await?,
        Command::Add { name, address, login, helper, trust, settings } => {
            add(service, output, Add { name, address, login, helper, trust, settings, data_dir }).await?;
        }
        Command::List => {
            let all = service.call(ListVcenters {}).await?;
            output.answer(&all, || list(output, &all))?;
        }
        Command::Show { name } => {
            let vcenter = service.call(ShowVcenter { vcenter: name }).await?;
            output.answer(&vcenter, || show(&vcenter, service.now()))?;
        }
        Command::OfferCa { name, yes } => authority::offer(service, output, name, yes).await?,
        Command::Edit {
            name,
            new_name,
            host,
            credential,
            user,
            password_stdin,
            trust,
            system_trust,
            settings,
        } => {
            let mut change = Change {
                name: new_name,
                address: host,
                credential,
                user,
                password: if password_stdin { Some(ask::password_from_stdin().await?) } else { None },
                trust: if system_trust { Some(Trust::System) } else { trusted(&trust)? },
                settings: None,
            };
            // What was mistyped is said before anything else is looked at.
            settings.on(VcenterSettings::default())?;
            let has_settings = !settings.typed().is_empty();
            if change == Change::default() && !has_settings {
                return Err(ApiError::new(Code::InvalidValue, "nothing to change")
                    .next("musterctl vcenter edit --help lists the options."));
            }
            service.may::<EditVcenter>(Subject::new_vcenter(&name)).await?;
            let before = service.call(ShowVcenter { vcenter: name }).await?;
            change.settings = if has_settings { Some(settings.on(before.settings)?) } else { None };
            let edit = EditVcenter { vcenter: before.id, edition: before.edition, change };
            let Saved { vcenter, password_note } = service.call(edit).await?;
            password_note.iter().for_each(|note| output.say(note));
            output.answer(&vcenter, || show(&vcenter, service.now()))?;
        }
        Command::Pause { of, until, duration } => pauses::pause(service, output, of, until, duration).await?,
        Command::Resume { of } => pauses::resume(service, output, of).await?,
        Command::Remove { name, yes } => {
            service.may::<RemoveVcenter>(Subject::new_vcenter(&name)).await?;
            let vcenter = service.call(ShowVcenter { vcenter: name }).await?;
            if !yes {
                let goes = service.call(PlanRemoval { vcenter: vcenter.id.clone() }).await?;
                let goes = words::goes_with(&goes);
                if !goes.is_empty() {
                    output.say(&format!("This is removed with it:\n  {}", goes.join("\n  ")));
                }
            }
            let question = format!("Remove \"{}\" ({})?", vcenter.name, vcenter.host);
            ask::before_removing(output, yes, &question).await?;
            let command::Removed { vcenter, credential } =
                service.call(RemoveVcenter { vcenter: vcenter.id, at_once: true }).await?;
            if let Some(credential) = credential {
                output.say(&format!("Its credential \"{}\" was removed as well.", credential.name));
            }
            output.answer(&vcenter, || format!("Removed {}.", vcenter.name))?;
        }
        Command::Export { out } => moving::export(service, output, &out).await?,
        Command::Import(asked) => return moving::import(service, output, asked).await,
    }
    Ok(Exit::Done)
}

impl args::Settings {
    /// Settings with what was typed in the place of what they had.
    fn on(&self, before: VcenterSettings) -> Result<VcenterSettings, ApiError> {
        let tags = |tags: &Vec<String>| tags.iter().filter(|tag| !tag.is_empty()).cloned().collect();
        let seconds = |typed: &Option<String>| {
            let typed = typed.as_deref().map(service::duration).transpose()?;
            Ok(typed.map(|duration| duration.as_secs()))
        };
        let (ttl, timeout) = (seconds(&self.ttl)?, seconds(&self.timeout)?);
        Ok(VcenterSettings {
            tags: self.tags.as_ref().map_or(before.tags, tags),
            ttl_seconds: ttl.unwrap_or(before.ttl_seconds),
            stale_reads: self.stale_reads.unwrap_or(before.stale_reads),
            notify: self.notify.unwrap_or(before.notify),
            timeout_seconds: timeout.unwrap_or(before.timeout_seconds),
            proxy: self.way.proxy.clone().unwrap_or(before.proxy),
            connect_to: self.way.connect_to.clone().unwrap_or(before.connect_to),
            note: self.note.clone().unwrap_or(before.note),
        })
    }

    /// The options as they were typed.
    fn typed(&self) -> Vec<(&'static str, &str)> {
        let tags = self.tags.iter().flatten().map(|tag| ("--tag", &**tag));
        let others = [
            ("--ttl", self.ttl.as_deref()),
            ("--stale-reads", self.stale_reads.map(StaleReads::name)),
            ("--notify", self.notify.map(args::on_or_off)),
            ("--timeout", self.timeout.as_deref()),
            ("--proxy", self.way.proxy.as_deref()),
            ("--connect-to", self.way.connect_to.as_deref()),
            ("--note", self.note.as_deref()),
        ];
        tags.chain(others.into_iter().filter_map(|(option, value)| Some((option, value?)))).collect()
    }
}

impl args::Way {
    /// The way that was chosen: directly, where nothing was typed.
    pub(super) fn chosen(&self) -> Way {
        Way {
            proxy: self.proxy.clone().unwrap_or_default(),
            connect_to: self.connect_to.clone().unwrap_or_default(),
        }
    }
}

async fn probe(
    service: &Client,
    output: &Output,
    address: &str,
    trust: args::Trust,
    way: &args::Way,
) -> Result<(), ApiError> {
    let trust = trusted(&trust)?.unwrap_or(Trust::System);
    let probe = service.call(ProbeAddress { address: address.to_owned(), trust, way: way.chosen() }).await?;
    if !probe.trusted {
        output.say(&format!("Not trusted: {}.", probe.reason.as_deref().unwrap_or("no reason given")));
    }
    output.answer(&probe, || certificate(&probe))
}

/// `vcenter add` as it was typed.
struct Add<'a> {
    name: String,
    address: String,
    login: Login,
    helper: args::Helper,
    trust: args::Trust,
    settings: args::Settings,
    data_dir: Option<&'a Path>,
}

async fn add(service: &Client, output: &Output, add: Add<'_>) -> Result<(), ApiError> {
    // Stdin is read first: whatever else is wrong, nobody should get a broken pipe.
    let given = if add.login.password_stdin { Some(ask::password_from_stdin().await?) } else { None };
    service.may::<AddVcenter>(Subject::new_vcenter(&add.name)).await?;
    let defaults = service.call(ShowPreferences {}).await?.for_a_new_vcenter();
    let settings = add.settings.on(defaults)?;
    // Nobody should compare a fingerprint for what can't be added.
    let check = CheckNewVcenter { name: add.name.clone(), credential: add.login.credential.clone() };
    let shared = service.call(check).await?;
    let trust = Some(approved(service, output, &add, settings.way()).await?);
    let login = match shared {
        Some(credential) => {
            ask::missing_password(service, output, &credential.id, None).await?;
            command::Login::Shared { credential: credential.id.to_string() }
        }
        None => own_login(service, output, &add, given).await?,
    };
    let Add { name, address, .. } = add;
    let settings = Settings { name, address, login, trust, settings };
    let Saved { vcenter, password_note } = service.call(AddVcenter { settings }).await?;
    password_note.iter().for_each(|note| output.say(note));
    output.answer(&vcenter, || {
        let read = Suggestion::of("sync full").about(&vcenter.name);
        format!("{}\n\nSync it: {read}", show(&vcenter, service.now()))
    })
}

/// A login of the new vCenter's own; asks for a password that is not at hand.
async fn own_login(
    service: &Client,
    output: &Output,
    add: &Add<'_>,
    given: Option<Password>,
) -> Result<command::Login, ApiError> {
    let Some(user) = add.login.user.clone() else { unreachable!("clap requires a user or a credential") };
    let helper = add.helper.command();
    let password = match given {
        Some(password) => Some(password),
        None if helper.is_some() => None,
        None => ask::new_password(service, output, &user, &add.name).await?,
    };
    if password.is_none()
        && helper.is_none()
        && !service.call(HasPassword { credential: add.name.clone() }).await?
    {
        return Err(service::no_new_password(&add.name));
    }
    Ok(command::Login::Own { user, password, helper })
}

/// The trust to store: as it was chosen, or the pin of a certificate that a person looked at.
async fn approved(service: &Client, output: &Output, add: &Add<'_>, way: Way) -> Result<Trust, ApiError> {
    let trust = trusted(&add.trust)?.unwrap_or(Trust::System);
    let look = ProbeAddress { address: add.address.clone(), trust: trust.clone(), way };
    let probe = service.call(look).await?;
    if probe.trusted {
        return Ok(trust);
    }
    let reason = probe.reason.clone().unwrap_or_default();
    let message = format!("the certificate of {} is not trusted: {reason}", probe.address);
    let shown = &probe.certificate;
    if let Trust::Pin { sha256 } = &trust {
        let message =
            format!("{message}\n  pinned:    SHA-256 {sha256}\n  presented: SHA-256 {}", shown.sha256);
        return Err(untrusted(message, shown).next(format!(
            "{}\n{}",
            service::LOOK_AT_THE_SERVER,
            add.with_pin(shown)
        )));
    }
    let next = format!(
        "Compare the SHA-256 fingerprint with the one on the server itself. If they match, pin it:\n{}\nBetter: trust the CA \
         that issued it ({}) with --ca-file FILE.",
        add.with_pin(shown),
        shown.issuer
    );
    if trust != Trust::System || !ask::somebody_is_there() {
        return Err(untrusted(message, shown).next(next));
    }
    output.say(&format!("{message}\n\n{}", certificate(&probe)));
    let question = "Does this fingerprint match the one on the server, and do you trust it?";
    if ask::confirm(output, question).await {
        return Ok(Trust::Pin { sha256: shown.sha256.clone() });
    }
    Err(untrusted(format!("{message}; it was not accepted, and nothing was saved"), shown).next(next))
}

fn untrusted(message: String, shown: &Certificate) -> ApiError {
    ApiError {
        certificate: Some(Box::new(shown.clone())),
        ..ApiError::new(Code::UntrustedCertificate, message)
    }
}

impl Add<'_> {
    /// The whole command that accepts a certificate.
    fn with_pin(&self, shown: &Certificate) -> String {
        let mut command = Suggestion::of("vcenter add").about(&self.name).about(&self.address);
        let login = &self.login;
        for (option, value) in [("--user", &login.user), ("--credential", &login.credential)] {
            command = value.iter().fold(command, |command, value| command.option(option, value));
        }
        if login.password_stdin {
            command = command.flag("--password-stdin");
        }
        if let Some(program) = &self.helper.helper {
            command = command.option("--helper", program);
        }
        for argument in &self.helper.helper_args {
            command = command.option("--helper-arg", argument);
        }
        command = command.option("--pin", &shown.sha256);
        let settings = self.settings.typed().into_iter();
        command = settings.fold(command, |command, (option, value)| command.option(option, value));
        if let Some(dir) = self.data_dir {
            command = command.option("--data-dir", &dir.display().to_string());
        }
        command.to_string()
    }
}

pub(super) fn trusted(trust: &args::Trust) -> Result<Option<Trust>, ApiError> {
    if let Some(sha256) = &trust.pin {
        return Ok(Some(Trust::Pin { sha256: sha256.clone() }));
    }
    trust.ca_file.as_deref().map(|file| pem(file).map(|pem| Trust::Ca { pem })).transpose()
}

/// The text of a file with certificates.
pub(super) fn pem(file: &Path) -> Result<String, ApiError> {
    let unusable = |why: String| {
        ApiError::new(Code::InvalidValue, format!("{} {why}", file.display()))
            .next("Specify a PEM file with the CA certificates.")
    };
    let mut bytes = Vec::new();
    let opened = std::fs::File::open(file);
    let read = opened.and_then(|opened| opened.take(LONGEST_PEM + 1).read_to_end(&mut bytes));
    read.map_err(|error| unusable(format!("can't be read: {error}")))?;
    if bytes.len() as u64 > LONGEST_PEM {
        return Err(unusable("is larger than 1 MiB".into()));
    }
    service::pem_text(&bytes).map_err(|why| unusable(format!("can't be used: {why}")))
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
        output.say("No vCenters yet. Add one: musterctl vcenter add NAME HOST --user USER");
        return String::new();
    }
    let rows = all.iter().map(|v| {
        let version = v.version.clone().unwrap_or_else(|| "-".into());
        vec![
            v.name.clone(),
            words::address(&v.host, v.port),
            v.user.clone(),
            v.trust.clone(),
            version,
            v.settings.tags.join(", "),
        ]
    });
    table(&["Name", "Address", "User", "Trust", "Version", "Tags"], &[], rows)
}

fn show(v: &Vcenter, now: Time) -> String {
    let dash = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".into());
    let trust = v.pin.as_ref().map_or_else(|| v.trust.clone(), |pin| format!("{} {pin}", v.trust));
    let mut lines = vec![
        ("Name", v.name.clone()),
        ("Address", shown_address(v)),
        ("User", format!("{} (credential \"{}\")", v.user, v.credential)),
        ("Trust", trust),
    ];
    if v.certificate_expires_at.is_some() {
        let warning = words::certificate(v, now).map(|words| format!(" ({words})")).unwrap_or_default();
        lines.push(("Certificate", format!("expires {}{warning}", time(v.certificate_expires_at))));
    }
    if let Some(permissions) = &v.permissions {
        lines.push(("Permissions", words::roles(permissions)));
        if !permissions.reads_all() {
            lines.push(("", format!("{}.", words::OF_WHAT_IT_SEES)));
        }
        if !permissions.missing.is_empty() {
            lines.push(("Not readable", permissions.missing.join(", ")));
        }
    }
    let or_dash = |value: String| if value.is_empty() { "-".to_owned() } else { value };
    lines.extend(v.settings.in_words().into_iter().map(|(title, value)| (title, or_dash(value))));
    lines.extend([
        ("Product", dash(&v.product)),
        ("Version", dash(&v.version)),
        ("Build", dash(&v.build)),
        ("Instance", dash(&v.instance_uuid)),
        ("Id", v.id.to_string()),
    ]);
    card(lines)
}

/// The address, and the name as people write it where that is another.
fn shown_address(v: &Vcenter) -> String {
    let shown = service::shown_host(&v.host);
    let typed = shown.strip_suffix(&format!(" ({})", v.host)).map(|typed| format!(" ({typed})"));
    words::address(&v.host, v.port) + &typed.unwrap_or_default()
}
