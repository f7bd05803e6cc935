//! The form of a scan: what was typed as what is sent, and at which field an answer of the service belongs.
//! Refuses to understand ranges: the service does, and names the one that it doesn't understand.

use super::schedules::free_name;
use contract::discovery::Scan;
use contract::words::timing_of;
use contract::{ApiError, Code, CredentialId, Schedule, ScheduleSettings, ScheduledJob, Way};

/// What to type where no range is.
pub(crate) const NO_RANGE: &str = "Enter at least one range, address or host name, such as 10.0.8.0/24.";

/// A scan of these ranges instead of those that it has. What was said of their number was said of those.
pub(crate) fn looking_in(scan: &Scan, ranges: &str, exclude: &str) -> Scan {
    let (ranges, exclude) = (entries(ranges), entries(exclude));
    let accept_many = scan.accept_many && (&ranges, &exclude) == (&scan.ranges, &scan.exclude);
    Scan { ranges, exclude, accept_many, ..scan.clone() }
}

/// What was typed.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Form {
    pub(crate) ranges: String,
    pub(crate) exclude: String,
    pub(crate) ports: String,
    /// The profiles that may be used; none for all.
    pub(crate) profiles: Vec<CredentialId>,
    pub(crate) ca: String,
    pub(crate) way: Way,
    /// When it is done by itself; empty for now, once.
    pub(crate) when: String,
    /// What the schedule is called; empty for a name that is free.
    pub(crate) name: String,
}

/// A field of the form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Field {
    Ranges,
    Exclude,
    Ports,
    Ca,
    Proxy,
    ConnectTo,
    When,
    Name,
}

impl Field {
    /// The id of its element.
    pub(crate) fn id(self) -> &'static str {
        match self {
            Field::Ranges => "scan-ranges",
            Field::Exclude => "scan-exclude",
            Field::Ports => "scan-ports",
            Field::Ca => "scan-ca",
            Field::Proxy => "scan-proxy",
            Field::ConnectTo => "scan-connect-to",
            Field::When => "scan-when",
            Field::Name => "scan-name",
        }
    }
}

impl Form {
    /// It as a scan, or what is wrong, field by field, in words that say what to type.
    pub(crate) fn scan(&self, accept_many: bool) -> Result<Scan, Vec<(Field, String)>> {
        let mut wrong = Vec::new();
        let mut said = |field, words: &str| wrong.push((field, words.to_owned()));
        let ranges = entries(&self.ranges);
        if ranges.is_empty() {
            said(Field::Ranges, NO_RANGE);
        }
        let ports: Option<Vec<u16>> =
            entries(&self.ports).iter().map(|text| text.parse().ok().filter(|port| *port > 0)).collect();
        if ports.is_none() {
            said(Field::Ports, "Enter port numbers from 1 to 65535, separated by commas.");
        }
        let ca = Some(self.ca.trim().to_owned()).filter(|text| !text.is_empty());
        if ca.as_ref().is_some_and(|text| text.len() > Scan::LONGEST_CA || !text.contains("-----BEGIN ")) {
            said(Field::Ca, "Paste certificates in PEM, which begin with -----BEGIN CERTIFICATE-----.");
        }
        match ports {
            Some(ports) if wrong.is_empty() => Ok(Scan {
                ranges,
                exclude: entries(&self.exclude),
                ports,
                profiles: self.profiles.clone(),
                ca,
                way: Way {
                    proxy: self.way.proxy.trim().to_owned(),
                    connect_to: self.way.connect_to.trim().to_owned(),
                },
                accept_many,
            }),
            _ => Err(wrong),
        }
    }

    /// Whether it is to be done by itself instead of now.
    pub(crate) fn is_scheduled(&self) -> bool {
        !self.when.trim().is_empty() || !self.name.trim().is_empty()
    }

    /// It as a schedule beside those that there are, or what is wrong.
    pub(crate) fn schedule(
        &self,
        accept_many: bool,
        taken: &[Schedule],
    ) -> Result<ScheduleSettings, Vec<(Field, String)>> {
        let when = timing_of(&self.when).map_err(|(message, next)| {
            vec![(Field::When, format!("{}. {next}", contract::words::capital(&message)))]
        });
        let (scan, when) = match (self.scan(accept_many), when) {
            (Ok(scan), Ok(when)) => (scan, when),
            (scan, when) => return Err([scan.err(), when.err()].into_iter().flatten().flatten().collect()),
        };
        let name = match self.name.trim() {
            "" => free_name("Scan", taken),
            name => name.to_owned(),
        };
        Ok(ScheduleSettings {
            name,
            vcenters: Vec::new(),
            tag: None,
            when,
            zone: None,
            job: ScheduledJob::Scan(Box::new(scan)),
            quiet: None,
            smart: false,
        })
    }

    /// The field that an answer of the service is about; `None` where it is about none.
    pub(crate) fn field_of(&self, error: &ApiError) -> Option<Field> {
        if error.code == Code::AlreadyExists {
            return Some(Field::Name);
        }
        if error.code != Code::InvalidValue {
            return None;
        }
        let names = |text: &String| is_quoted(&error.message, text);
        let fields = [
            (Field::Ranges, entries(&self.ranges)),
            (Field::Exclude, entries(&self.exclude)),
            (Field::Ports, entries(&self.ports)),
            (Field::Proxy, vec![self.way.proxy.trim().to_owned()]),
            (Field::ConnectTo, vec![self.way.connect_to.trim().to_owned()]),
            (Field::When, vec![self.when.trim().to_owned()]),
            (Field::Name, vec![self.name.trim().to_owned()]),
        ];
        let named = fields.into_iter().find(|(_, entries)| entries.iter().any(names)).map(|(field, _)| field);
        named.or_else(|| of_words(&error.message)).or(Some(Field::Ranges))
    }
}

/// The field that a message speaks of without quoting what was typed there.
fn of_words(message: &str) -> Option<Field> {
    let fields = [
        ("exclude", Field::Exclude),
        ("port", Field::Ports),
        ("proxy", Field::Proxy),
        ("connect", Field::ConnectTo),
        ("the CA", Field::Ca),
        ("certificate", Field::Ca),
        ("an interval", Field::When),
    ];
    let is_begun = |word: &str| {
        let places = message.match_indices(word);
        places.into_iter().any(|(at, _)| !message[..at].ends_with(char::is_alphanumeric))
    };
    fields.into_iter().find(|(word, _)| is_begun(word)).map(|(_, field)| field)
}

/// What is separated by commas, semicolons, blanks or ends of lines.
pub(super) fn entries(text: &str) -> Vec<String> {
    let parts = text.split(|c: char| c == ',' || c == ';' || c.is_whitespace());
    parts.filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

/// Whether a message has a text that was typed, and not only as a part of another word.
fn is_quoted(message: &str, text: &str) -> bool {
    let is_of_word = |c: char| c.is_alphanumeric() || matches!(c, '.' | '/' | ':' | '-');
    !text.is_empty()
        && message.match_indices(text).any(|(at, _)| {
            let (before, after) = (&message[..at], &message[at + text.len()..]);
            // A full stop or a colon may end what was quoted.
            let after = after.trim_start_matches(['.', ':']);
            !before.ends_with(is_of_word) && !after.starts_with(is_of_word)
        })
}

/// Whether the service asks if that many addresses are meant, as a person may answer.
pub(crate) fn asks_about_many(error: &ApiError) -> bool {
    let message = error.message.replace(',', "");
    let numbers = message.split(|c: char| !c.is_ascii_digit()).filter_map(|digits| digits.parse().ok());
    let most: Option<usize> = numbers.max();
    error.code == Code::InvalidValue
        && message.contains("addresses")
        && !message.contains(&format!("more than {}", Scan::MOST))
        && most.is_some_and(|most| most > Scan::MANY && most <= Scan::MOST)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(ranges: &str) -> Form {
        Form { ranges: ranges.to_owned(), ..Form::default() }
    }

    fn invalid(message: &str) -> ApiError {
        ApiError::new(Code::InvalidValue, message)
    }

    #[test]
    fn ranges_stand_on_lines_or_between_commas_and_blanks_count_for_nothing() {
        let scan = form(" 10.0.8.0/24, 10.0.9.10-50\n\nbmc-1.example.org ;fd00::1 ").scan(true).unwrap();
        assert_eq!(scan.ranges, ["10.0.8.0/24", "10.0.9.10-50", "bmc-1.example.org", "fd00::1"]);
        assert!(scan.accept_many && scan.way.is_direct() && scan.ca.is_none() && scan.ports.is_empty());
        let with =
            Form { ports: "443, 8443".to_owned(), exclude: "10.0.8.1".to_owned(), ..form("10.0.8.0/24") };
        let scan = with.scan(false).unwrap();
        assert_eq!((scan.ports, scan.exclude), (vec![443, 8443], vec!["10.0.8.1".to_owned()]));
    }

    #[test]
    fn what_is_wrong_is_said_at_its_field() {
        let of = |form: &Form| {
            form.scan(false).unwrap_err().into_iter().map(|(field, _)| field).collect::<Vec<_>>()
        };
        assert_eq!(of(&form(" ,\n")), [Field::Ranges]);
        for ports in ["0", "70000", "https"] {
            assert_eq!(of(&Form { ports: ports.to_owned(), ..form("10.0.8.1") }), [Field::Ports], "{ports}");
        }
        assert_eq!(of(&Form { ca: "CN=x".to_owned(), ..form("10.0.8.1") }), [Field::Ca]);
    }

    #[test]
    fn an_answer_of_the_service_stands_at_the_field_that_it_names() {
        let form = Form {
            exclude: "10.0.8.300".to_owned(),
            ca: "-----BEGIN x".to_owned(),
            way: Way { proxy: "ftp://proxy".to_owned(), connect_to: String::new() },
            ..form("10.0.8.0/33, 10.0.8.3")
        };
        let of = |message: &str| form.field_of(&invalid(message));
        assert_eq!(of("\"10.0.8.0/33\" is not a range"), Some(Field::Ranges));
        assert_eq!(of("\"10.0.8.300\" is not an address"), Some(Field::Exclude), "not 10.0.8.3");
        assert_eq!(of("the proxy ftp://proxy: is none"), Some(Field::Proxy));
        assert_eq!(of("the CA can't be used: no certificate was found"), Some(Field::Ca));
        assert_eq!(
            of("the excluded range \"10.0.8\" is neither an address nor a host name"),
            Some(Field::Exclude)
        );
        assert_eq!(of("0 is not a port"), Some(Field::Ports));
        assert_eq!(of("an address to connect to has neither a user nor a password"), Some(Field::ConnectTo));
        assert_eq!(of("too many addresses"), Some(Field::Ranges));
        assert_eq!(form.field_of(&ApiError::new(Code::Database, "10.0.8.3")), None);
    }

    #[test]
    fn a_scan_with_a_time_is_a_schedule_with_a_name_that_is_free() {
        let form =
            Form { ranges: "10.0.8.0/24".to_owned(), when: "sundays 02:30".to_owned(), ..Form::default() };
        assert!(form.is_scheduled() && !Form { when: " ".to_owned(), ..form.clone() }.is_scheduled());
        let settings = form.schedule(false, &[]).unwrap();
        assert_eq!((&*settings.name, settings.job.scan()), ("Scan", form.scan(false).ok().as_ref()));
        assert!(settings.vcenters.is_empty() && settings.tag.is_none());
        let named = Form { name: " Weekly ".to_owned(), ..form.clone() };
        assert_eq!(named.schedule(false, &[]).unwrap().name, "Weekly");
        let wrong = |form: &Form| form.schedule(false, &[]).unwrap_err().into_iter().map(|(field, _)| field);
        let untimed = Form { when: String::new(), ..named.clone() };
        assert!(untimed.is_scheduled(), "a name alone is no scan now");
        assert_eq!(wrong(&untimed).collect::<Vec<_>>(), [Field::When]);
        let nothing = Form { ranges: String::new(), ..untimed };
        assert_eq!(wrong(&nothing).collect::<Vec<_>>(), [Field::Ranges, Field::When]);
        let often = Form { when: "every 1 s".to_owned(), ..form };
        assert_eq!(often.field_of(&invalid("an interval of 1 s is out of range")), Some(Field::When));
        let never = Form { when: "61 2 * * *".to_owned(), ..often };
        assert_eq!(never.field_of(&invalid("\"61 2 * * *\" is not a cron expression")), Some(Field::When));
        assert_eq!(named.field_of(&ApiError::new(Code::AlreadyExists, "taken")), Some(Field::Name));
    }

    #[test]
    fn only_a_number_of_addresses_that_may_be_scanned_is_a_question() {
        assert!(asks_about_many(&invalid("8,190 addresses are more than 4,096: are they meant?")));
        assert!(asks_about_many(&invalid("65,536 addresses are more than 4,096: are they meant?")));
        assert!(asks_about_many(&invalid("the ranges have 4097 addresses")));
        assert!(!asks_about_many(&invalid(
            "131,068 addresses are more than 65,536 that are scanned at once"
        )));
        assert!(!asks_about_many(&invalid("more than 65,536 addresses can't be scanned at once")));
        assert!(!asks_about_many(&invalid("\"10.0.8.0/33\" is not a range of addresses")));
        assert!(!asks_about_many(&ApiError::new(Code::Failed, "8,192 addresses")));
    }
}
