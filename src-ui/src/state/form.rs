//! The form of a vCenter: what was typed, what is wrong with it, and what is asked of the service.
//! Refuses to hold the password: it is read from its field once, when it is sent.

mod versions;

use contract::command::{Change, Login, Password, Settings};
use contract::{Certificate, Trust, Vcenter, VcenterSettings, Way};

/// Letters of a name, as the service takes them.
const LONGEST_NAME: usize = 255;

/// What was typed.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Form {
    pub(crate) name: String,
    pub(crate) address: String,
    pub(crate) login: LoginForm,
    pub(crate) user: String,
    /// The command of what prints the password, of a vCenter that is added.
    pub(crate) helper: String,
    pub(crate) credential: String,
    pub(crate) trust: TrustForm,
    pub(crate) ca_pem: String,
    pub(crate) tags: String,
    pub(crate) ttl: String,
    pub(crate) ttl_unit: TtlUnit,
    /// In seconds.
    pub(crate) timeout: String,
    /// The settings; tags, TTL and timeout stand above as they were typed.
    pub(crate) settings: VcenterSettings,
}

/// What it is to log in with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LoginForm {
    Own,
    Shared,
}

/// Which certificate it is to accept.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum TrustForm {
    /// What is stored already.
    AsItIs,
    /// What the operating system trusts.
    System,
    /// What the CA in the field signed.
    Ca,
    /// This one, which the user has seen.
    Pin(Box<Certificate>),
}

/// Unit of the TTL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TtlUnit {
    Seconds,
    Minutes,
    Hours,
    Days,
}

impl TtlUnit {
    /// All of them, with their words and seconds.
    pub(crate) const ALL: [(TtlUnit, &str, u64); 4] = [
        (TtlUnit::Seconds, "seconds", 1),
        (TtlUnit::Minutes, "minutes", 60),
        (TtlUnit::Hours, "hours", 3600),
        (TtlUnit::Days, "days", 86_400),
    ];

    fn seconds(self) -> u64 {
        TtlUnit::ALL.iter().find(|(unit, ..)| *unit == self).map_or(1, |(.., seconds)| *seconds)
    }
}

/// A field of the form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Field {
    Name,
    Address,
    User,
    Password,
    Helper,
    Credential,
    CaPem,
    Proxy,
    ConnectTo,
    Tags,
    Ttl,
    Timeout,
    Note,
}

/// What is wrong with a name, in words that say what to type.
pub(crate) fn name_is_wrong(name: &str) -> Option<&'static str> {
    let name = name.trim();
    if name.is_empty() {
        return Some("Enter a name.");
    }
    if name.chars().count() > LONGEST_NAME {
        return Some("Enter at most 255 characters.");
    }
    let is_wrong = name.contains(['/', '\\']) || name.starts_with('.') || name.chars().any(char::is_control);
    is_wrong.then_some("Enter a name without slashes and without a leading dot.")
}

/// What is wrong with a field, in words that say what to type.
pub(crate) type Wrong = (Field, &'static str);

impl Form {
    /// An empty one.
    pub(crate) fn new() -> Form {
        Form {
            name: String::new(),
            address: String::new(),
            login: LoginForm::Own,
            user: String::new(),
            helper: String::new(),
            credential: String::new(),
            trust: TrustForm::System,
            ca_pem: String::new(),
            tags: String::new(),
            ttl: String::new(),
            ttl_unit: TtlUnit::Seconds,
            timeout: String::new(),
            settings: VcenterSettings::default(),
        }
        .with(VcenterSettings::default())
    }

    /// The same with other settings.
    pub(crate) fn with(self, settings: VcenterSettings) -> Form {
        let ttl = settings.ttl_seconds;
        let unit = TtlUnit::ALL.iter().rev().find(|(.., s)| ttl >= *s && ttl.is_multiple_of(*s));
        let (ttl_unit, _, seconds) = unit.copied().unwrap_or(TtlUnit::ALL[0]);
        let (tags, timeout) = (settings.tags.join(", "), settings.timeout_seconds.to_string());
        Form { tags, ttl: (ttl / seconds).to_string(), ttl_unit, timeout, settings, ..self }
    }

    /// The same with what is set for new vCenters by now, where nothing else was typed since it had what was set before.
    pub(crate) fn with_defaults(mut self, before: &VcenterSettings, now: &VcenterSettings) -> Form {
        let (begun, set) = (Form::new().with(before.clone()), Form::new().with(now.clone()));
        if (&self.ttl, self.ttl_unit) == (&begun.ttl, begun.ttl_unit) {
            (self.ttl, self.ttl_unit, self.settings.ttl_seconds) = (set.ttl, set.ttl_unit, now.ttl_seconds);
        }
        if self.settings.stale_reads == before.stale_reads {
            self.settings.stale_reads = now.stale_reads;
        }
        self
    }

    /// That of a vCenter that is there.
    pub(crate) fn of(vcenter: &Vcenter) -> Form {
        let address = contract::words::address(&vcenter.host, vcenter.port);
        Form {
            name: vcenter.name.clone(),
            address: address.strip_suffix(":443").unwrap_or(&address).to_owned(),
            login: LoginForm::Own,
            user: vcenter.user.clone(),
            credential: vcenter.credential.clone(),
            trust: TrustForm::AsItIs,
            ..Form::new()
        }
        .with(vcenter.settings.clone())
    }

    /// What is wrong with it, field by field.
    pub(crate) fn wrong(&self, has_password: bool, is_new: bool) -> Vec<Wrong> {
        let mut wrong = Vec::new();
        wrong.extend(name_is_wrong(&self.name).map(|words| (Field::Name, words)));
        let address = self.address.trim();
        if address.is_empty() {
            wrong.push((Field::Address, "Enter a host name or IP address, such as vc.example.org."));
        } else if address.to_lowercase().starts_with("http://") {
            wrong.push((Field::Address, "Leave out http://: passwords are only sent over TLS."));
        } else if address.contains(char::is_whitespace) || address.contains('@') {
            wrong.push((Field::Address, "Enter a host name or IP address, with a port if it isn't 443."));
        }
        match self.login {
            LoginForm::Own => {
                if self.user.trim().is_empty() {
                    wrong.push((Field::User, "Enter a user, such as administrator@vsphere.local."));
                }
                let has_helper = is_new && !self.helper.trim().is_empty();
                if has_helper && has_password {
                    wrong.push((Field::Helper, "Leave this blank, or the password."));
                } else if has_helper && words_of(&self.helper).is_none() {
                    wrong.push((Field::Helper, "Close the quotation mark."));
                } else if is_new && !has_password && !has_helper {
                    wrong.push((Field::Password, "Enter the password."));
                }
            }
            LoginForm::Shared if self.credential.is_empty() => {
                wrong.push((Field::Credential, "Select a credential."));
            }
            LoginForm::Shared => {}
        }
        if self.trust == TrustForm::Ca && self.ca_pem.contains(['\0', '\u{fffd}']) {
            wrong.push((Field::CaPem, "This is not UTF-8 or ASCII text: save the file as UTF-8."));
        } else if self.trust == TrustForm::Ca && !self.ca_pem.contains("-----BEGIN CERTIFICATE-----") {
            wrong.push((
                Field::CaPem,
                "Paste the CA certificate in PEM format (-----BEGIN CERTIFICATE-----).",
            ));
        }
        wrong.extend(self.wrong_with_way());
        if self.tags().iter().any(|tag| {
            tag.contains(['/', '\\']) || tag.starts_with('.') || tag.chars().count() > LONGEST_NAME
        }) {
            wrong.push((
                Field::Tags,
                "Enter tags of at most 255 characters, without slashes and leading dots.",
            ));
        }
        if !self.ttl_seconds().is_some_and(|seconds| (1..=30 * 86_400).contains(&seconds)) {
            wrong.push((Field::Ttl, "Enter a number; the range is 1 second to 30 days."));
        }
        let is_allowed = |seconds| VcenterSettings::TIMEOUT_SECONDS.contains(&seconds);
        if !self.timeout_seconds().is_some_and(is_allowed) {
            wrong.push((Field::Timeout, "Enter a number of seconds from 5 to 600."));
        }
        if self.settings.note.trim().chars().count() > VcenterSettings::LONGEST_NOTE {
            wrong.push((Field::Note, "Enter at most 2000 characters."));
        }
        wrong
    }

    fn wrong_with_way(&self) -> Option<Wrong> {
        let (proxy, connect_to) = (self.settings.proxy.trim(), self.settings.connect_to.trim());
        let has_port = |text: &str| {
            text.rsplit_once(':').is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok())
        };
        let lower = proxy.to_lowercase();
        let rest = lower.strip_prefix("socks5h://").or_else(|| lower.strip_prefix("http://"));
        let user = lower.rsplit_once('@').map(|(before, _)| before.rsplit("//").next().unwrap_or(before));
        if user.is_some_and(|user| user.contains(':')) {
            return Some((
                Field::Proxy,
                "Leave out the password: it would be stored readable, and none is sent to a proxy.",
            ));
        }
        if lower.starts_with("socks5://") {
            return Some((Field::Proxy, "Enter socks5h://, so that the proxy resolves the vCenter's name."));
        }
        if !proxy.is_empty() && !rest.is_some_and(|rest| has_port(rest.trim_end_matches('/'))) {
            return Some((Field::Proxy, "Enter it as socks5h://host:port or http://host:port."));
        }
        if !proxy.is_empty() && !connect_to.is_empty() {
            return Some((Field::ConnectTo, "Leave this or the proxy blank: only one of them can be used."));
        }
        let is_place = has_port(connect_to) && !connect_to.contains(['/', '@', ' ']);
        (!connect_to.is_empty() && !is_place)
            .then_some((Field::ConnectTo, "Enter it as host:port, such as 127.0.0.1:8443."))
    }

    /// The way there, as it was typed.
    pub(crate) fn way(&self) -> Way {
        self.vcenter_settings().way()
    }

    /// It as a vCenter to be tried or added. The caller has looked whether anything is wrong.
    pub(crate) fn settings(&self, password: Option<Password>) -> Settings {
        let login = match self.login {
            LoginForm::Own => Login::Own {
                user: self.user.trim().to_owned(),
                password,
                helper: words_of(&self.helper).filter(|words| !words.is_empty()),
            },
            LoginForm::Shared => Login::Shared { credential: self.credential.clone() },
        };
        Settings {
            name: self.name.trim().to_owned(),
            address: self.address.trim().to_owned(),
            login,
            trust: self.trust(),
            settings: self.vcenter_settings(),
        }
    }

    /// The settings as they are stored, but for what is wrong with them.
    fn vcenter_settings(&self) -> VcenterSettings {
        let settings = self.settings.clone();
        VcenterSettings {
            tags: self.tags(),
            ttl_seconds: self.ttl_seconds().unwrap_or(settings.ttl_seconds),
            timeout_seconds: self.timeout_seconds().unwrap_or(settings.timeout_seconds),
            proxy: settings.proxy.trim().to_owned(),
            connect_to: settings.connect_to.trim().to_owned(),
            note: settings.note.trim().to_owned(),
            ..settings
        }
    }

    /// What it changes of a vCenter.
    pub(crate) fn change(&self, vcenter: &Vcenter, password: Option<Password>) -> Change {
        let before = Form::of(vcenter);
        let changed = |now: &str, then: &str| (now.trim() != then.trim()).then(|| now.trim().to_owned());
        let own = self.login == LoginForm::Own;
        Change {
            name: changed(&self.name, &before.name),
            address: changed(&self.address, &before.address),
            credential: if own { None } else { changed(&self.credential, &before.credential) },
            user: if own { changed(&self.user, &before.user) } else { None },
            password: password.filter(|_| own),
            trust: self.trust(),
            settings: Some(self.vcenter_settings()).filter(|settings| *settings != vcenter.settings),
        }
    }

    /// Whether a vCenter would be reached in another way than before.
    pub(crate) fn reaches_otherwise(&self, vcenter: &Vcenter) -> bool {
        let Change { address, credential, user, trust, .. } = self.change(vcenter, None);
        let is_otherwise = address.is_some() || credential.is_some() || user.is_some() || trust.is_some();
        is_otherwise || self.way() != vcenter.settings.way()
    }

    /// Whether the address is written as it was. If it isn't it may be the same one all the same, with another spelling
    /// of it: that the service says.
    pub(crate) fn is_written_as_before(&self, vcenter: &Vcenter) -> bool {
        self.address.trim() == Form::of(vcenter).address
    }

    /// Whether it leaves a pinned certificate for another kind of trust. From then on the server may show another one
    /// unnoticed: at the same address that is a changed certificate, and takes a person's word.
    pub(crate) fn leaves_pin(&self, vcenter: &Vcenter) -> bool {
        vcenter.pin.is_some() && matches!(self.trust, TrustForm::System | TrustForm::Ca)
    }

    /// Whether a certificate that is not trusted takes the place, at the same address, of one that was. `approved` is the
    /// one that the user typed the host's name for.
    pub(crate) fn shows_another(
        &self,
        vcenter: &Vcenter,
        shown: &Certificate,
        approved: Option<&str>,
    ) -> bool {
        let was_pinned = vcenter.pin.as_deref().is_some_and(|pin| pin != shown.sha256);
        self.trust == TrustForm::AsItIs || (was_pinned && approved != Some(&shown.sha256))
    }

    /// The trust as it is sent; `None` leaves what is stored.
    pub(crate) fn trust(&self) -> Option<Trust> {
        match &self.trust {
            TrustForm::AsItIs => None,
            TrustForm::System => Some(Trust::System),
            TrustForm::Ca => {
                Some(Trust::Ca { pem: self.ca_pem.trim_start_matches('\u{feff}').trim().to_owned() })
            }
            TrustForm::Pin(certificate) => Some(Trust::Pin { sha256: certificate.sha256.clone() }),
        }
    }

    fn tags(&self) -> Vec<String> {
        let mut tags: Vec<String> =
            self.tags.split(',').map(str::trim).filter(|tag| !tag.is_empty()).map(str::to_owned).collect();
        tags.sort();
        tags.dedup();
        tags
    }

    fn timeout_seconds(&self) -> Option<u64> {
        self.timeout.trim().parse().ok()
    }

    fn ttl_seconds(&self) -> Option<u64> {
        self.ttl.trim().parse::<u64>().ok()?.checked_mul(self.ttl_unit.seconds())
    }
}

/// A command as a program and its arguments: what stands in double quotation marks is one word. `None` where one of them is
/// not closed.
pub(crate) fn words_of(command: &str) -> Option<Vec<String>> {
    let (mut words, mut word, mut is_quoted) = (Vec::new(), None::<String>, false);
    for letter in command.trim().chars() {
        match letter {
            '"' => {
                is_quoted = !is_quoted;
                word.get_or_insert_default();
            }
            letter if letter.is_whitespace() && !is_quoted => words.extend(word.take()),
            letter => word.get_or_insert_default().push(letter),
        }
    }
    words.extend(word);
    (!is_quoted).then_some(words)
}

/// The same as it is typed.
pub(crate) fn command_of(words: &[String]) -> String {
    let typed = |word: &String| match word.is_empty() || word.contains(char::is_whitespace) {
        true => format!("\"{word}\""),
        false => word.clone(),
    };
    words.iter().map(typed).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_set_for_new_vcenters_comes_into_a_form_that_was_begun_but_for_what_was_chosen_there() {
        let before = VcenterSettings::default();
        let now = VcenterSettings {
            ttl_seconds: 7200,
            stale_reads: contract::StaleReads::Everything,
            ..before.clone()
        };
        let set = Form::new().with(now.clone());
        assert_eq!(Form::new().with_defaults(&before, &now), set);
        assert_eq!(filled().with_defaults(&before, &now), filled().with(now.clone()));
        let chosen = Form { ttl: "7".to_owned(), ..filled() }.with_defaults(&before, &now);
        assert_eq!((&*chosen.ttl, chosen.ttl_unit), ("7", filled().ttl_unit));
        assert_eq!(chosen.settings.stale_reads, now.stale_reads);
    }

    fn filled() -> Form {
        Form { name: "Berlin".into(), address: "vc.example.org".into(), user: "u".into(), ..Form::new() }
    }

    #[test]
    fn an_empty_form_says_at_each_field_what_to_type() {
        let fields: Vec<Field> = Form::new().wrong(false, true).into_iter().map(|(field, _)| field).collect();
        assert_eq!(fields, [Field::Name, Field::Address, Field::User, Field::Password]);
        assert_eq!(filled().wrong(true, true), []);
        assert_eq!(Form { name: "é".repeat(255), ..filled() }.wrong(true, true), []);
        assert_eq!(filled().wrong(false, false), [], "a blank password keeps the one that is stored");
    }

    #[test]
    fn a_helper_takes_the_place_of_the_password_and_is_sent_as_words() {
        let form = |helper: &str| Form { helper: helper.into(), ..filled() };
        let sent = |helper: &str| match form(helper).settings(None).login {
            Login::Own { helper, .. } => helper,
            Login::Shared { .. } => None,
        };
        let words = |words: &[&str]| Some(words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>());
        assert_eq!(sent(" "), None);
        assert_eq!(sent(" /usr/bin/pass  show vc"), words(&["/usr/bin/pass", "show", "vc"]));
        assert_eq!(sent("\"C:\\a b\\op.exe\" read \"\""), words(&["C:\\a b\\op.exe", "read", ""]));
        assert_eq!(form("/usr/bin/pass").wrong(false, true), []);
        for (helper, has_password) in [("/usr/bin/pass", true), ("/usr/bin/pass \"show", false)] {
            let wrong = form(helper).wrong(has_password, true);
            assert_eq!(wrong.into_iter().map(|(field, _)| field).collect::<Vec<_>>(), [Field::Helper]);
        }
    }

    #[test]
    fn what_cannot_be_right_is_found_before_anything_is_sent() {
        for (form, field) in [
            (Form { name: "a/b".into(), ..filled() }, Field::Name),
            (Form { name: "é".repeat(256), ..filled() }, Field::Name),
            (Form { address: "http://vc".into(), ..filled() }, Field::Address),
            (Form { address: "a b".into(), ..filled() }, Field::Address),
            (Form { login: LoginForm::Shared, ..filled() }, Field::Credential),
            (Form { trust: TrustForm::Ca, ca_pem: "nonsense".into(), ..filled() }, Field::CaPem),
            (
                Form { trust: TrustForm::Ca, ca_pem: "\u{fffd}\u{fffd}-\0-\0".into(), ..filled() },
                Field::CaPem,
            ),
            (Form { tags: "ok, a/b".into(), ..filled() }, Field::Tags),
            (Form { ttl: "0".into(), ..filled() }, Field::Ttl),
            (Form { ttl: "31".into(), ttl_unit: TtlUnit::Days, ..filled() }, Field::Ttl),
            (Form { ttl: "five".into(), ..filled() }, Field::Ttl),
            (Form { timeout: "4".into(), ..filled() }, Field::Timeout),
            (Form { timeout: "601".into(), ..filled() }, Field::Timeout),
            (Form { timeout: "1m".into(), ..filled() }, Field::Timeout),
            (filled().with(VcenterSettings { note: "x".repeat(2001), ..Default::default() }), Field::Note),
        ] {
            let wrong: Vec<Field> = form.wrong(true, true).into_iter().map(|(field, _)| field).collect();
            assert_eq!(wrong, [field], "{form:?}");
        }
    }

    #[test]
    fn a_way_that_leads_nowhere_is_said_at_its_field_in_words_that_say_what_to_type() {
        let wrong = |proxy: &str, connect_to: &str| {
            let settings = VcenterSettings {
                proxy: proxy.into(),
                connect_to: connect_to.into(),
                ..VcenterSettings::default()
            };
            filled().with(settings).wrong(true, true).first().copied()
        };
        for (proxy, connect_to) in [
            ("", ""),
            ("socks5h://proxy.example.org:1080", ""),
            (" SOCKS5H://ops@proxy:1080/ ", ""),
            ("http://[::1]:3128", ""),
            ("", "127.0.0.1:8443"),
            ("", " [::1]:8443 "),
        ] {
            assert_eq!(wrong(proxy, connect_to), None, "{proxy} {connect_to}");
        }
        for (proxy, connect_to, field, words) in [
            ("proxy:1080", "", Field::Proxy, "socks5h://host:port or http://host:port"),
            ("socks5h://proxy", "", Field::Proxy, "socks5h://host:port"),
            ("https://proxy:1", "", Field::Proxy, "http://host:port"),
            ("socks5://proxy:1080", "", Field::Proxy, "Enter socks5h://"),
            ("http://ops:s3cret@proxy:1", "", Field::Proxy, "Leave out the password"),
            ("ops:s3cret@proxy:1", "", Field::Proxy, "Leave out the password"),
            ("http://proxy:1", "vc:1", Field::ConnectTo, "only one of them"),
            ("", "127.0.0.1", Field::ConnectTo, "host:port"),
            ("", "https://vc:443", Field::ConnectTo, "host:port"),
        ] {
            let (found, said) = wrong(proxy, connect_to).unwrap_or_else(|| panic!("{proxy} {connect_to}"));
            assert!(found == field && said.contains(words), "{proxy} {connect_to}: {found:?}, {said}");
        }
    }

    #[test]
    fn another_way_is_a_change_after_which_the_connection_is_tested() {
        let vcenter = samples::vcenter("Berlin");
        let mut form = Form::of(&vcenter);
        form.settings.proxy = " http://proxy:3128 ".into();
        assert!(form.reaches_otherwise(&vcenter));
        assert_eq!(form.change(&vcenter, None).settings.unwrap().proxy, "http://proxy:3128");
    }

    #[test]
    fn an_unchanged_form_changes_nothing_and_a_changed_one_only_what_was_changed() {
        let vcenter = samples::vcenter("Berlin");
        assert_eq!(Form::of(&vcenter).change(&vcenter, None), Change::default());
        let form = Form { address: "vc2.example.org:8443".into(), tags: "b, a".into(), ..Form::of(&vcenter) };
        let change = form.change(&vcenter, Some(Password("p".into())));
        assert_eq!(change.address.as_deref(), Some("vc2.example.org:8443"));
        let settings =
            VcenterSettings { tags: vec!["a".to_owned(), "b".to_owned()], ..vcenter.settings.clone() };
        assert_eq!(change.settings, Some(settings));
        assert!(change.password.is_some() && change.name.is_none() && change.trust.is_none());
        assert!(form.reaches_otherwise(&vcenter) && !Form::of(&vcenter).reaches_otherwise(&vcenter));
    }

    #[test]
    fn leaving_a_pin_at_the_same_address_is_a_changed_certificate() {
        let shown = |sha256: &str| Certificate {
            sha256: sha256.to_owned(),
            subject: String::new(),
            issuer: String::new(),
            names: Vec::new(),
            not_before: contract::Time(0),
            not_after: contract::Time(0),
        };
        let pinned = Vcenter { trust: "pin".into(), pin: Some("aa".into()), ..samples::vcenter("Berlin") };
        for trust in [TrustForm::System, TrustForm::Ca] {
            let form = Form { trust: trust.clone(), ..Form::of(&pinned) };
            assert!(form.leaves_pin(&pinned) && form.is_written_as_before(&pinned), "{trust:?}");
            assert!(form.shows_another(&pinned, &shown("bb"), None), "a click must not be enough");
            assert!(form.shows_another(&pinned, &shown("bb"), Some("cc")), "another one was approved");
            assert!(!form.shows_another(&pinned, &shown("bb"), Some("bb")), "it was approved");
            assert!(!form.shows_another(&pinned, &shown("aa"), None), "it is the pinned one");
            for address in ["VC.example.org:443", "https://vc.example.org/ui", "other.example.org"] {
                let form = Form { address: address.into(), ..form.clone() };
                assert!(!form.is_written_as_before(&pinned), "the service says what {address} is");
            }
            let system = samples::vcenter("Berlin");
            let form = Form { trust, ..Form::of(&system) };
            assert!(!form.leaves_pin(&system) && !form.shows_another(&system, &shown("bb"), None));
        }
        let as_it_is = Form::of(&pinned);
        assert!(!as_it_is.leaves_pin(&pinned) && as_it_is.shows_another(&pinned, &shown("bb"), None));
        let approved = Form { trust: TrustForm::Pin(Box::new(shown("bb"))), ..Form::of(&pinned) };
        assert!(!approved.leaves_pin(&pinned), "which certificate it is was said");
    }

    #[test]
    fn a_ttl_is_shown_in_the_largest_unit_that_fits() {
        for (seconds, ttl, unit) in [
            (300, "5", TtlUnit::Minutes),
            (90, "90", TtlUnit::Seconds),
            (7200, "2", TtlUnit::Hours),
            (86_400, "1", TtlUnit::Days),
        ] {
            let form =
                Form::new().with(VcenterSettings { ttl_seconds: seconds, ..VcenterSettings::default() });
            assert_eq!((form.ttl.as_str(), form.ttl_unit), (ttl, unit));
        }
    }

    proptest! {
        #[test]
        fn no_input_makes_the_form_panic(name in ".{0,80}", address in ".{0,80}", ttl in ".{0,30}", tags in ".{0,40}") {
            let form = Form { name, address, ttl, tags, ..Form::new() };
            let _ = (form.wrong(true, true), form.settings(None), form.change(&samples::vcenter("a"), None));
        }
    }
}
