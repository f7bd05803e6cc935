//! Commands that users are told to call, written so that a POSIX shell hands over exactly the words that are meant.
//! Refuses to leave any name as it is: people give them, and servers.

use contract::{Job, Operation};
use std::fmt;

/// A command of `musterctl`, as it is shown.
#[derive(Clone, Debug)]
pub struct Suggestion {
    command: &'static str,
    about: Vec<String>,
    options: Vec<String>,
}

impl Suggestion {
    /// The command of this name, such as `sync full`.
    pub fn of(command: &'static str) -> Suggestion {
        Suggestion { command, about: Vec::new(), options: Vec::new() }
    }

    /// The same about a thing with this name, or at this address.
    #[must_use]
    pub fn about(mut self, name: &str) -> Suggestion {
        self.about.push(name.to_owned());
        self
    }

    /// The same with an option and its value.
    #[must_use]
    pub fn option(mut self, option: &str, value: &str) -> Suggestion {
        self.options.push(option_with(option, value));
        self
    }

    /// The same with an option that has no value, or with words that stand for one: `--host HOST`.
    #[must_use]
    pub fn flag(mut self, flag: &str) -> Suggestion {
        self.options.push(flag.to_owned());
        self
    }

    /// What gives a credential another password.
    pub(crate) fn new_password(credential: &str) -> Suggestion {
        Suggestion::of("credential set").about(credential).flag("--password-stdin")
    }

    /// What does once more what an operation did, with the removals accepted that stopped it.
    pub(crate) fn accepting_removals_of(operation: &Operation) -> Suggestion {
        let command = match &operation.job {
            Job::SyncHosts { clusters, .. } => clusters
                .iter()
                .fold(Suggestion::of("sync hosts"), |command, cluster| command.option("--cluster", cluster)),
            Job::Refresh { of, morefs, .. } => {
                morefs.iter().fold(Suggestion::of("refresh").about(of.name()), |command, object| {
                    command.option("--object", object)
                })
            }
            // A test removes nothing.
            Job::FullSync { .. } | Job::Test { .. } => Suggestion::of("sync full"),
        };
        command.about(&operation.vcenter).flag("--accept-removals")
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
pub(crate) fn option_with(option: &str, value: &str) -> String {
    // What begins with a dash would count as the next option.
    let between = if value.starts_with('-') { '=' } else { ' ' };
    format!("{option}{between}{}", quoted(value))
}

/// A word as a POSIX shell takes it.
pub fn quoted(word: &str) -> String {
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
    use crate::tests::operation;

    #[test]
    fn removals_are_accepted_of_the_job_that_found_them_and_no_more() {
        let hosts = |clusters: &[&str]| Job::SyncHosts {
            clusters: clusters.iter().map(|&one| one.to_owned()).collect(),
            accept_removals: false,
        };
        for (job, command) in [
            (Job::FULL_SYNC, "musterctl sync full 'Berlin 2' --accept-removals"),
            (hosts(&[]), "musterctl sync hosts 'Berlin 2' --accept-removals"),
            (
                hosts(&["prod", "it's $(here)", "-x"]),
                r"musterctl sync hosts 'Berlin 2' --cluster prod --cluster 'it'\''s $(here)' --cluster=-x --accept-removals",
            ),
            (Job::refresh(contract::Kind::Vms), "musterctl refresh vms 'Berlin 2' --accept-removals"),
        ] {
            assert_eq!(Suggestion::accepting_removals_of(&operation(job)).to_string(), command);
        }
    }

    #[test]
    fn a_name_that_looks_like_an_option_is_none() {
        let command = Suggestion::of("vcenter edit").about("--all").flag("--host HOST");
        assert_eq!(command.to_string(), "musterctl vcenter edit --host HOST -- --all");
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
