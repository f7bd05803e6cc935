//! What is typed for a remedy, and other commands that users are told to call: written so that a POSIX shell hands over exactly the words that are meant.
//! Refuses to leave any name as it is: people give them, and servers.

use contract::discovery::Scan;
use contract::{ApiError, Job, Noun, Remedy, words};
use serde_json::Value;
use std::fmt;

/// A command of `musterctl`, as it is shown.
#[derive(Clone, Debug)]
pub(crate) struct Suggestion {
    command: &'static str,
    about: Vec<String>,
    options: Vec<String>,
}

impl Suggestion {
    /// The command of this name, such as `sync full`.
    pub(crate) fn of(command: &'static str) -> Suggestion {
        Suggestion { command, about: Vec::new(), options: Vec::new() }
    }

    /// The same about a thing with this name, or at this address.
    #[must_use]
    pub(crate) fn about(mut self, name: &str) -> Suggestion {
        self.about.push(name.to_owned());
        self
    }

    /// The same with an option and its value.
    #[must_use]
    pub(crate) fn option(mut self, option: &str, value: &str) -> Suggestion {
        self.options.push(option_with(option, value));
        self
    }

    /// The same with an option that has no value, or with words that stand for one: `--host HOST`.
    #[must_use]
    pub(crate) fn flag(mut self, flag: &str) -> Suggestion {
        self.options.push(flag.to_owned());
        self
    }

    /// What does a job, on a vCenter if it is of one.
    fn doing(job: &Job, vcenter: &str) -> Suggestion {
        let command = match job {
            Job::Scan { scan } => return Suggestion::scanning(scan),
            Job::Policy { settings, .. } => return Suggestion::of("policy run").about(&settings.name),
            Job::Notify { run } => return Suggestion::of("policy run").about(&run.name),
            // Its run would do all its steps again.
            Job::Deliver { name, .. } => return Suggestion::of("destination test").about(name),
            Job::ReadServers { servers } => {
                let command = Suggestion::of("discovery refresh");
                return servers.iter().fold(command, |command, server| command.about(server.as_str()));
            }
            Job::SyncHosts { clusters, .. } => clusters
                .iter()
                .fold(Suggestion::of("sync hosts"), |command, cluster| command.option("--cluster", cluster)),
            Job::Refresh { of, morefs, .. } => {
                morefs.iter().fold(Suggestion::of("refresh").about(of.name()), |command, object| {
                    command.option("--object", object)
                })
            }
            Job::FullSync { .. } => Suggestion::of("sync full"),
            Job::Test { retry_login: true } => Suggestion::of("test").flag("--retry-login"),
            Job::Test { retry_login: false } => Suggestion::of("test"),
        };
        let command = command.about(vcenter);
        if job.accepts_removals() { command.flag("--accept-removals") } else { command }
    }

    /// What looks for BMCs there, in the same way.
    pub(crate) fn scanning(scan: &Scan) -> Suggestion {
        let command = Suggestion::of("discovery scan");
        let mut command = scan.ranges.iter().fold(command, |command, range| command.about(range));
        let ports = scan.ports.iter().map(|port| ("--port", port.to_string()));
        let profiles = scan.profiles.iter().map(|profile| ("--profile", profile.to_string()));
        let excluded = scan.exclude.iter().map(|range| ("--exclude", range.clone()));
        let way = [("--proxy", scan.way.proxy.clone()), ("--connect-to", scan.way.connect_to.clone())];
        let way = way.into_iter().filter(|(_, value)| !value.is_empty());
        for (option, value) in ports.chain(profiles).chain(excluded).chain(way) {
            command = command.option(option, &value);
        }
        // The file that it was read from is not known any more.
        if scan.ca.is_some() { command.flag("--ca-file FILE") } else { command }
    }
}

/// What to type for a remedy: a command, or an option of the command that failed. `None` where the sentence says it all.
fn typed(remedy: &Remedy) -> Option<String> {
    let edit = |vcenter: &str| Suggestion::of("vcenter edit").about(vcenter);
    let command = match remedy {
        Remedy::SetPassword { credential } | Remedy::ReplacePassword { credential } => {
            Suggestion::of("credential set").about(credential).flag("--password-stdin")
        }
        Remedy::ConfirmPassword { vcenter } => edit(vcenter).flag("--password-stdin"),
        Remedy::RetryLogin { vcenter } => Suggestion::doing(&Job::Test { retry_login: true }, vcenter),
        Remedy::ApproveCertificate { vcenter: Some(vcenter), sha256 } => {
            edit(vcenter).option("--pin", sha256)
        }
        Remedy::TrustCa { vcenter: Some(vcenter) } => edit(vcenter).flag("--ca-file FILE"),
        Remedy::ProbeCertificate => Suggestion::of("vcenter probe").flag("HOST"),
        Remedy::EditAddress { vcenter } => edit(vcenter).flag("--host HOST"),
        Remedy::EditWay { vcenter, tunnel: false } => edit(vcenter).flag("--proxy URL"),
        Remedy::EditWay { vcenter, tunnel: true } => edit(vcenter).flag("--connect-to HOST:PORT"),
        Remedy::AcceptRemovals { vcenter, job } | Remedy::Retry { vcenter, job } => {
            Suggestion::doing(job, vcenter)
        }
        Remedy::CancelOperation { operation } => {
            Suggestion::of("operations cancel").about(operation.as_str())
        }
        Remedy::ChangeCredential => Suggestion::of("vcenter edit").flag("NAME --credential OTHER"),
        Remedy::List { of } => Suggestion::of(match of {
            Noun::Vcenter => "vcenter list",
            Noun::Credential => "credential list",
            Noun::Operation => "operations list",
            Noun::Schedule => "schedule list",
            Noun::Policy => "policy list",
            Noun::Destination => "destination list",
        }),
        Remedy::AddVcenter => Suggestion::of("vcenter add").flag("NAME HOST --user USER"),
        Remedy::AddCredential => Suggestion::of("credential add").flag("NAME --user USER"),
        Remedy::RunDoctor => Suggestion::of("doctor"),
        Remedy::RemoveOrphans => Suggestion::of("doctor").flag("--remove-orphans"),
        Remedy::ApproveCertificate { vcenter: None, sha256 } => return Some(option_with("--pin", sha256)),
        Remedy::TrustCa { vcenter: None } => return Some("--ca-file FILE".to_owned()),
        Remedy::GivePassword => return Some("--password-stdin".to_owned()),
        Remedy::UseCredential { credential } => return Some(option_with("--credential", credential)),
        Remedy::ChooseDataFolder => return Some("--data-dir DIR".to_owned()),
        Remedy::SetRole { role } => return Some(option_with("--role", role.name())),
        // The sentence names them.
        Remedy::ChooseClusters { .. } => return None,
    };
    Some(command.to_string())
}

/// What to do next, as this client says it: the sentence, and a line with what to type for each remedy. A command that says
/// it all stands alone.
pub(crate) fn next_step(sentence: Option<&str>, remedies: &[Remedy]) -> Option<String> {
    let typed: Vec<(&str, String)> =
        remedies.iter().filter_map(|remedy| Some((words::remedy(remedy), typed(remedy)?))).collect();
    if let (None, [(_, only)]) = (sentence, &typed[..]) {
        return Some(only.clone());
    }
    let lines = typed.iter().map(|(label, typed)| format!("{label}: {typed}"));
    let said: Vec<String> = sentence.map(str::to_owned).into_iter().chain(lines).collect();
    (!said.is_empty()).then(|| said.join("\n"))
}

/// What to do about an error, as this client says it.
pub(crate) fn next_step_of(error: &ApiError) -> Option<String> {
    next_step(error.next_step.as_deref(), &error.remedies)
}

/// The same in a document that scripts read: wherever there are remedies, `next_step` says what to type for them.
pub(crate) fn fill_in(document: &mut Value) {
    match document {
        Value::Array(values) => values.iter_mut().for_each(fill_in),
        Value::Object(fields) => {
            let remedies = fields.get("remedies").cloned().map(serde_json::from_value::<Vec<Remedy>>);
            if let (Some(Ok(remedies)), Some(said)) = (remedies, fields.get("next_step")) {
                let said = next_step(said.as_str(), &remedies);
                fields.insert("next_step".to_owned(), said.into());
            }
            fields.values_mut().for_each(fill_in);
        }
        _ => {}
    }
}

impl fmt::Display for Suggestion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let about: Vec<String> = self.about.iter().map(|name| quoted(name)).collect();
        let mut words = vec![format!("musterctl {}", self.command)];
        if self.about.iter().any(|name| name.starts_with('-')) {
            // Behind two dashes nothing is an option any more.
            words.extend(self.options.iter().cloned());
            words.push("--".to_owned());
            words.extend(about);
        } else {
            words.extend(about);
            words.extend(self.options.iter().cloned());
        }
        f.write_str(&words.join(" "))
    }
}

/// An option with its value.
fn option_with(option: &str, value: &str) -> String {
    // What begins with a dash would count as the next option.
    let between = if value.starts_with('-') { '=' } else { ' ' };
    format!("{option}{between}{}", quoted(value))
}

/// A word as a POSIX shell takes it.
pub(crate) fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:@%+=,".contains(c);
    // zsh takes a word that begins with an equals sign for a program.
    if !word.is_empty() && !word.starts_with('=') && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use contract::Code;
    use serde_json::json;

    #[test]
    fn removals_are_accepted_of_the_job_that_found_them_and_no_more() {
        let hosts = |clusters: &[&str]| Job::SyncHosts {
            clusters: clusters.iter().map(|&one| one.to_owned()).collect(),
            accept_removals: true,
        };
        for (job, command) in [
            (Job::FullSync { accept_removals: true }, "musterctl sync full 'Berlin 2' --accept-removals"),
            (hosts(&[]), "musterctl sync hosts 'Berlin 2' --accept-removals"),
            (
                hosts(&["prod", "it's $(here)", "-x"]),
                r"musterctl sync hosts 'Berlin 2' --cluster prod --cluster 'it'\''s $(here)' --cluster=-x --accept-removals",
            ),
            (
                Job::Refresh { of: contract::Kind::Vms, morefs: Vec::new(), accept_removals: true },
                "musterctl refresh vms 'Berlin 2' --accept-removals",
            ),
        ] {
            let remedy = Remedy::AcceptRemovals { vcenter: "Berlin 2".to_owned(), job };
            assert_eq!(typed(&remedy).as_deref(), Some(command));
        }
    }

    #[test]
    fn a_scan_is_suggested_as_it_was_typed_and_is_about_no_vcenter() {
        let scan = Scan {
            ranges: vec!["10.0.8.0/24, 10.0.9.1".to_owned(), "bmc-1".to_owned()],
            exclude: vec!["10.0.8.1".to_owned()],
            ports: vec![443, 8443],
            ca: Some("PEM".to_owned()),
            accept_many: true,
            ..Scan::default()
        };
        let retry = |job| Remedy::Retry { vcenter: "Discovery".to_owned(), job };
        assert_eq!(
            typed(&retry(Job::Scan { scan: Box::new(scan) })).as_deref(),
            Some(
                "musterctl discovery scan '10.0.8.0/24, 10.0.9.1' bmc-1 --port 443 --port 8443 --exclude 10.0.8.1 \
                 --ca-file FILE"
            ),
        );
        let servers = vec![contract::ServerId("one".to_owned()), contract::ServerId("other".to_owned())];
        let read = typed(&retry(Job::ReadServers { servers }));
        assert_eq!(read.as_deref(), Some("musterctl discovery refresh one other"));
        let all = typed(&retry(Job::ReadServers { servers: Vec::new() }));
        assert_eq!(all.as_deref(), Some("musterctl discovery refresh"));
    }

    #[test]
    fn what_to_type_stands_below_the_sentence_and_in_the_documents_of_scripts() {
        let retry = Remedy::Retry { vcenter: "Berlin".to_owned(), job: Job::TEST };
        let list = Remedy::List { of: Noun::Vcenter };
        let error = ApiError::new(Code::Failed, "x").next("Look.").remedies([retry.clone(), list]);
        let said = "Look.\nTry again: musterctl test Berlin\nAll vCenters: musterctl vcenter list";
        assert_eq!(next_step_of(&error).as_deref(), Some(said));
        assert_eq!(next_step(None, std::slice::from_ref(&retry)).as_deref(), Some("musterctl test Berlin"));
        assert_eq!(next_step(None, &[]), None);

        let mut document =
            json!([{"vcenter": "Berlin", "error": error}, {"error": null, "next_step": "as it is"}]);
        fill_in(&mut document);
        assert_eq!(document[0]["error"]["next_step"], said);
        assert_eq!(document[0]["error"]["remedies"][0]["remedy"], "retry");
        assert_eq!(document[1]["next_step"], "as it is");
    }

    #[test]
    fn a_name_that_looks_like_an_option_is_none() {
        let command = typed(&Remedy::EditAddress { vcenter: "--all".to_owned() });
        assert_eq!(command.as_deref(), Some("musterctl vcenter edit --host HOST -- --all"));
    }

    #[cfg(unix)]
    #[test]
    fn a_shell_hands_over_the_very_words() {
        let hostile =
            ["a b", "$(touch x)`id`", "it's", "a\"b", "*", "!x", "", "~", "a;b|c&d>e", "日本", "#x", "\\"];
        for name in hostile {
            let script = format!("for word in {}; do printf '%s' \"$word\"; done", quoted(name));
            let output = std::process::Command::new("sh").args(["-c", &script]).output().unwrap();
            assert_eq!(String::from_utf8_lossy(&output.stdout), name);
        }
    }
}
