//! What can be set for each vCenter beside how it is reached, and of Muster itself: one line for each setting. Form, command
//! line, database and every list of settings take them from here.
//! Refuses to check values: the service does that, for every client alike.

use crate::{LogLevel, Vcenter};
use serde::{Deserialize, Serialize};

macro_rules! settings {
    ($(#[$of:meta])* $name:ident: $($(#[$doc:meta])* $field:ident: $ty:ty = $default:expr, $title:literal, $words:expr;)*) => {
        $(#[$of])*
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(default)]
        pub struct $name { $($(#[$doc])* pub $field: $ty,)* }

        impl Default for $name {
            fn default() -> $name {
                $name { $($field: $default,)* }
            }
        }

        impl $name {
            /// Each setting by its title, with its value in words; empty where there is none.
            pub fn in_words(&self) -> Vec<(&'static str, String)> {
                vec![$(($title, $words(&self.$field))),*]
            }

            /// What these settings changed of those they were made from, on top of what others made of those meanwhile.
            #[must_use]
            pub fn on_top_of(&self, made_from: &$name, now: &$name) -> $name {
                $name {
                    $($field: if self.$field == made_from.$field { &now.$field } else { &self.$field }.clone(),)*
                }
            }
        }
    };
}

settings! {
    /// The settings of a vCenter. What is left out of the JSON is as it is by default.
    VcenterSettings:
    /// Labels, sorted.
    tags: Vec<String> = Vec::new(), "Tags", |tags: &Vec<String>| tags.join(", ");
    /// Age in seconds from which its data counts as stale.
    ttl_seconds: u64 = 300, "TTL", |seconds: &u64| exactly(*seconds);
    /// What is read when data on screen is stale.
    stale_reads: StaleReads = StaleReads::Kind, "When stale", |reads: &StaleReads| reads.words().to_owned();
    /// Whether a desktop tells of its syncs and failures.
    notify: bool = true, "Notifications", |notify: &bool| if *notify { "On" } else { "Off" }.to_owned();
    /// Seconds that it may be silent within one answer.
    timeout_seconds: u64 = 60, "Timeout", |seconds: &u64| exactly(*seconds);
    /// The proxy that it is reached through, as in `socks5h://proxy.example.org:1080`; empty for none.
    proxy: String = String::new(), "Proxy", String::clone;
    /// `host:port` that is connected to in the place of its address, as for a tunnel; empty for none.
    connect_to: String = String::new(), "Connect to", String::clone;
    /// What its admins want to remember of it.
    note: String = String::new(), "Note", String::clone;
}

impl VcenterSettings {
    /// Letters of a note.
    pub const LONGEST_NOTE: usize = 2000;

    /// Seconds that a vCenter may be allowed to be silent.
    pub const TIMEOUT_SECONDS: std::ops::RangeInclusive<u64> = 5..=600;

    /// The way there.
    pub fn way(&self) -> Way {
        Way { proxy: self.proxy.clone(), connect_to: self.connect_to.clone() }
    }
}

/// The way to a server, as it is set or about to be: directly, where both are empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct Way {
    /// As in [`VcenterSettings`].
    pub proxy: String,
    /// As in [`VcenterSettings`].
    pub connect_to: String,
}

impl Way {
    /// Whether nothing stands before the server.
    pub fn is_direct(&self) -> bool {
        *self == Way::default()
    }
}

impl From<&Way> for VcenterSettings {
    /// Those of a server of which only the way there is known.
    fn from(way: &Way) -> VcenterSettings {
        let Way { proxy, connect_to } = way.clone();
        VcenterSettings { proxy, connect_to, ..VcenterSettings::default() }
    }
}

settings! {
    /// The settings of Muster itself, for all vCenters. What is left out of the JSON is as it is by default.
    Preferences:
    /// How many days operations are kept that have ended, with what they changed.
    history_days: u32 = 90, "Keep history", |days: &u32| exactly(u64::from(*days) * 86_400);
    /// How many days numbers for analytics are kept, by the day; those by the hour are kept 14 days, and by the minute 2.
    analytics_days: u32 = 400, "Keep analytics", |days: &u32| exactly(u64::from(*days) * 86_400);
    /// How much stands in the log file.
    log_level: LogLevel = LogLevel::Info, "Log level", |level: &LogLevel| level.words().to_owned();
    /// The TTL of a vCenter that is added without one, seconds.
    default_ttl_seconds: u64 = 300, "TTL of new vCenters", |seconds: &u64| exactly(*seconds);
    /// What stale data on screen has read from a vCenter that is added without that being set.
    default_stale_reads: StaleReads = StaleReads::Kind, "When stale, of new vCenters", |reads: &StaleReads| reads.words().to_owned();
}

impl Preferences {
    /// What a new vCenter begins with.
    pub fn for_a_new_vcenter(&self) -> VcenterSettings {
        VcenterSettings {
            ttl_seconds: self.default_ttl_seconds,
            stale_reads: self.default_stale_reads,
            ..VcenterSettings::default()
        }
    }

    /// How long a history and analytics may be kept, in days.
    pub const HISTORY_DAYS: std::ops::RangeInclusive<u32> = 1..=3650;
}

/// A length of time in the largest unit that says it exactly: two that differ never read the same.
fn exactly(seconds: u64) -> String {
    let units = [(86_400, "d"), (3600, "h"), (60, "min"), (1, "s")];
    let (unit, word) = units.into_iter().find(|(unit, _)| seconds.is_multiple_of(*unit)).unwrap_or((1, "s"));
    if seconds == 0 { "0 s".to_owned() } else { format!("{} {word}", seconds / unit) }
}

/// What stale data on screen has read from the vCenter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StaleReads {
    /// Nothing: somebody asks for it, or it stays stale.
    Nothing,
    /// The kind that is shown.
    Kind,
    /// Every kind, by a full sync.
    Everything,
}

impl StaleReads {
    /// Each of them, the one that reads least first.
    pub const ALL: [StaleReads; 3] = [StaleReads::Nothing, StaleReads::Kind, StaleReads::Everything];

    /// The word for it, as in JSON.
    pub fn name(self) -> &'static str {
        match self {
            StaleReads::Nothing => "nothing",
            StaleReads::Kind => "kind",
            StaleReads::Everything => "everything",
        }
    }

    /// The one of that name.
    pub fn from_name(name: &str) -> Option<StaleReads> {
        StaleReads::ALL.into_iter().find(|reads| reads.name() == name)
    }

    /// What happens then, in words.
    pub fn words(self) -> &'static str {
        match self {
            StaleReads::Nothing => "Do nothing",
            StaleReads::Kind => "Refresh what is shown",
            StaleReads::Everything => "Sync everything",
        }
    }
}

/// A field in which two versions of a vCenter's configuration differ, in words; empty where it has no value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// What the field is called.
    pub field: &'static str,
    /// Its value in the one version.
    pub now: String,
    /// Its value in the other one.
    pub yours: String,
}

impl Vcenter {
    /// Everything of its configuration that an edit can change, but passwords and the text of CA certificates, by its title.
    pub fn in_words(&self) -> Vec<(&'static str, String)> {
        let trust = match (&*self.trust, &self.pin) {
            ("pin", Some(pin)) => format!("Pinned certificate {pin}"),
            ("ca", _) => "Custom CA".to_owned(),
            _ => "System trust store".to_owned(),
        };
        let mut words = vec![
            ("Name", self.name.clone()),
            ("Address", crate::words::address(&self.host, self.port)),
            ("Credential", self.credential.clone()),
            ("User", self.user.clone()),
            ("Trust", trust),
        ];
        words.extend(self.settings.in_words());
        words
    }

    /// The fields in which another version of it differs.
    pub fn differences(&self, yours: &Vcenter) -> Vec<Difference> {
        let pairs = self.in_words().into_iter().zip(yours.in_words());
        let differing = pairs.filter(|((_, now), (_, yours))| now != yours);
        differing.map(|((field, now), (_, yours))| Difference { field, now, yours }).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn settings(ttl_seconds: u64, note: &str) -> VcenterSettings {
        VcenterSettings { ttl_seconds, note: note.to_owned(), ..VcenterSettings::default() }
    }

    #[test]
    fn what_an_earlier_release_did_not_know_is_as_it_is_by_default() {
        let read: VcenterSettings =
            serde_json::from_value(json!({ "ttl_seconds": 60, "of_tomorrow": 1 })).unwrap();
        assert_eq!(read, settings(60, ""));
        assert_eq!(serde_json::from_value::<VcenterSettings>(json!({})).unwrap(), settings(300, ""));
    }

    #[test]
    fn two_edits_of_different_settings_both_hold_and_of_the_same_one_the_later() {
        let (made_from, now) = (settings(300, ""), settings(60, "maintenance on Friday"));
        assert_eq!(settings(300, "mine").on_top_of(&made_from, &now), settings(60, "mine"));
        assert_eq!(settings(900, "").on_top_of(&made_from, &now), settings(900, "maintenance on Friday"));
        assert_eq!(made_from.on_top_of(&made_from, &now), now, "who changed nothing takes nothing back");
    }

    #[test]
    fn two_ttls_that_differ_read_differently() {
        for (seconds, words) in
            [(0, "0 s"), (60, "1 min"), (90, "90 s"), (3600, "1 h"), (5400, "90 min"), (86_400, "1 d")]
        {
            assert_eq!(settings(seconds, "").in_words()[1], ("TTL", words.to_owned()));
        }
    }

    #[test]
    fn the_words_of_what_a_stale_read_starts_are_those_of_json() {
        for reads in StaleReads::ALL {
            assert_eq!(serde_json::to_value(reads).unwrap(), reads.name());
            assert_eq!(StaleReads::from_name(reads.name()), Some(reads));
        }
    }
}
