//! Numbers, sizes, times and states in words.
//! Refuses to translate vSphere's own words, and to show a state by a colour alone.

use contract::columns::Column;
use contract::{ImportAction, Kind, Missing, OperationState, Time, VcenterState, VcenterStatus};
use serde_json::Value as Json;

/// Why data stays stale that is set to be read only when somebody asks.
pub(crate) const NOT_BY_ITSELF: &str = "automatic refresh is off";

pub(crate) use contract::words::{
    CONNECTION_TEST, capital, changes, counted, duration, grouped, imported, job, took, within_a_sentence,
};

/// How far ahead of the page's clock a time may be before a clock was wrong: the page looks at its own every few seconds.
const AHEAD: i64 = 60_000;

/// How many seconds ago it was; `None` where it lies in the future, and nobody knows.
pub(crate) fn age(time: Time, now: Time) -> Option<i64> {
    time.age_seconds(Time(now.0.saturating_add(AHEAD))).map(|seconds| (seconds - AHEAD / 1000).max(0))
}

/// The time that lies back the farthest; one in the future comes before all others.
pub(crate) fn oldest(times: impl IntoIterator<Item = Time>, now: Time) -> Option<Time> {
    Time::oldest(times, Time(now.0.saturating_add(AHEAD)))
}

/// `just now`, `3 min ago`.
pub(crate) fn ago(time: Time, now: Time) -> String {
    contract::words::ago(age(time, now))
}

/// A number of objects of a kind: `1 host`, `12 hosts`.
pub(crate) fn of_kind(number: usize, of: Kind) -> String {
    counted(number, &of.singular(), &of.plural())
}

/// How serious something is; decides colour and icon, and never says anything that the words beside it don't.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Level {
    Good,
    Info,
    Warning,
    Danger,
    Neutral,
}

/// Why a row of an import is dealt with as it is, and which row that is where it is refused.
pub(crate) fn import_reason(action: ImportAction, line: Option<u64>, reason: Option<&str>) -> String {
    let reason = reason.map(shown).unwrap_or_default();
    match (action, line) {
        (ImportAction::Refuse, Some(line)) => format!("Row {line}: {reason}"),
        _ => reason.to_string(),
    }
}

/// How serious what an import does is.
pub(crate) fn import_level(action: ImportAction) -> Level {
    match action {
        ImportAction::Add => Level::Good,
        ImportAction::Change => Level::Info,
        ImportAction::Same => Level::Neutral,
        ImportAction::Refuse => Level::Warning,
    }
}

/// A connection state in words.
pub(crate) fn state(state: VcenterState) -> (&'static str, Level) {
    let level = match state {
        VcenterState::Online => Level::Good,
        VcenterState::NoPassword => Level::Warning,
        VcenterState::NeverSynced => Level::Info,
        VcenterState::Unknown | VcenterState::Paused => Level::Neutral,
        VcenterState::Offline
        | VcenterState::LoginRejected
        | VcenterState::Untrusted
        | VcenterState::DifferentVcenter => Level::Danger,
    };
    (contract::words::vcenter_state(state), level)
}

/// The same as it is known now: of one that was reached once, and nobody knows whether it still can be, when that was.
pub(crate) fn standing(status: &VcenterStatus, is_answering: bool, now: Time) -> (String, Level) {
    if is_answering && !matches!(status.state, VcenterState::NeverSynced | VcenterState::Paused) {
        return (state(VcenterState::Online).0.to_owned(), Level::Good);
    }
    let (word, level) = state(status.state);
    match (status.state, status.contact_at) {
        (VcenterState::Unknown, Some(at)) => (format!("Last reached {}", ago(at, now)), level),
        (VcenterState::Paused, _) => {
            let until = status.paused.as_ref().and_then(|pause| pause.until);
            let left = until.map(|until| contract::words::until(until, now));
            (left.map_or(word.to_owned(), |left| format!("{word}, {left} left")), level)
        }
        _ => (word.to_owned(), level),
    }
}

/// How an operation stands, in a word.
pub(crate) fn operation_state(state: OperationState) -> (&'static str, Level) {
    let level = match state {
        OperationState::Queued | OperationState::Running => Level::Info,
        OperationState::Succeeded => Level::Good,
        OperationState::Partial | OperationState::Interrupted => Level::Warning,
        OperationState::Failed => Level::Danger,
        OperationState::Cancelled => Level::Neutral,
    };
    (contract::words::operation_state(state), level)
}

/// Why a value is not current.
pub(crate) fn missing(why: Missing) -> (&'static str, &'static str) {
    match why {
        Missing::NoPermission => ("No permission", "The account has no permission to read it."),
        Missing::NotReported => {
            ("Not reported", "This server doesn't know the property, or is too old for it.")
        }
        Missing::NotConnected => {
            ("Not connected", "The host is disconnected or doesn't respond, or the VM can't be accessed.")
        }
        Missing::NotVisible => ("Not visible", "It refers to an object that this account can't see."),
        Missing::BadValue => ("Unreadable", "The server sent a value of an unexpected type."),
        Missing::TooLarge => ("Too large", "The value is larger or more deeply nested than Muster supports."),
        Missing::Fault => ("Fault", "The server returned a fault."),
    }
}

/// Why a cell is empty although nothing is wrong.
pub(crate) fn empty(column: &Column) -> &'static str {
    if column.source.starts_with("guest.") {
        "Not set: VMware Tools is not running, or has not reported it."
    } else {
        "Not set on the server."
    }
}

/// A value as text. Times are left to the browser, which knows the user's locale.
pub(crate) fn value(column: &Column, value: &Json) -> String {
    contract::words::value(column, value).map_or_else(|| "\u{2013}".to_owned(), |text| shown(&text))
}

/// Text of a server without what would turn the reading direction of the page or hide something in it.
pub(crate) fn shown(text: &str) -> String {
    let hides = |c: char| matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}');
    if text.chars().any(|c| hides(c) || (c.is_control() && c != '\n')) {
        text.chars().map(|c| if hides(c) || (c.is_control() && c != '\n') { '\u{fffd}' } else { c }).collect()
    } else {
        text.to_owned()
    }
}

/// A text of the service with the times in it as the user's locale writes them.
pub(crate) fn with_times(text: &str, local: impl Fn(Time) -> String) -> String {
    let is_of_time = |c: char| c.is_ascii_digit() || matches!(c, 'T' | 'Z' | ':' | '-' | '.');
    let mut words: Vec<String> = Vec::new();
    for word in text.split(' ') {
        let bare = word.trim_matches(|c| !is_of_time(c)).trim_end_matches(['.', ':', '-']);
        let time = (bare.len() >= 20 && bare.ends_with('Z'))
            .then(|| serde_json::from_value::<Time>(Json::from(bare)).ok())
            .flatten();
        words.push(time.map_or_else(|| word.to_owned(), |time| word.replace(bare, &local(time))));
    }
    words.join(" ")
}

/// A text in two parts, of which the second has so many letters; all of it where the first had no more than that.
pub(crate) fn parted(text: &str, end: usize) -> (&str, &str) {
    let letters = text.chars().count();
    if letters <= 2 * end {
        return ("", text);
    }
    let at = text.char_indices().nth(letters - end).map_or(text.len(), |(at, _)| at);
    text.split_at(at)
}

/// A fingerprint in pairs, as servers show it.
pub(crate) fn fingerprint(hex: &str) -> String {
    let upper = hex.to_uppercase();
    let pairs: Vec<&str> = (0..upper.len() / 2).filter_map(|i| upper.get(2 * i..2 * i + 2)).collect();
    pairs.join(":")
}

/// A text of the service with the fingerprints in it as the window writes them everywhere.
pub(crate) fn with_fingerprints(text: &str) -> String {
    let is_one = |word: &str| word.len() == 64 && word.chars().all(|c| c.is_ascii_hexdigit());
    let parts = text.split_inclusive(|c: char| !c.is_ascii_alphanumeric());
    parts
        .map(|part| {
            let word = part.trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
            if is_one(word) { part.replacen(word, &fingerprint(word), 1) } else { part.to_owned() }
        })
        .collect()
}

/// What it means to leave a pin for the system's certificate store, or for a CA.
pub(crate) fn leaving_the_pin(is_unchanged: bool, for_a_ca: bool) -> String {
    let judge = if for_a_ca { "the CA decides" } else { "the system trust store decides" };
    match is_unchanged {
        true => format!(
            "Nothing was sent. The certificate is unchanged: the server presents the pinned one. From now on \
             {judge} which certificates are trusted."
        ),
        false => "Nothing was sent. Check the server first: unless its certificate was replaced on purpose, \
            another machine may be impersonating it."
            .to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use contract::columns;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn a_fingerprint_is_written_in_one_way_wherever_it_stands() {
        let (hex, pairs) = ("ab".repeat(32), vec!["AB"; 32].join(":"));
        assert_eq!(fingerprint(&hex), pairs);
        let told =
            format!("the certificate\n  pinned is SHA-256 {hex}\n  it shows (SHA-256 {hex}, issued by x).");
        let shown = format!(
            "the certificate\n  pinned is SHA-256 {pairs}\n  it shows (SHA-256 {pairs}, issued by x)."
        );
        assert_eq!(with_fingerprints(&told), shown);
        assert_eq!(with_fingerprints(&shown), shown);
        assert_eq!(with_fingerprints("serial 0123456789abcdef é"), "serial 0123456789abcdef é");
    }

    #[test]
    fn a_name_is_whole_or_has_its_end() {
        assert_eq!(parted("vc01.example.org", 8), ("", "vc01.example.org"));
        assert_eq!(parted("vc01.example.org1", 8), ("vc01.exam", "ple.org1"));
        assert_eq!(parted(&"é".repeat(255), 8), (&*"é".repeat(247), &*"é".repeat(8)));
    }

    #[test]
    fn a_pin_that_is_left_alarms_only_where_the_certificate_changed() {
        for for_a_ca in [true, false] {
            let (same, other) = (leaving_the_pin(true, for_a_ca), leaving_the_pin(false, for_a_ca));
            assert!(same.contains("is unchanged") && !same.contains("impersonating"), "{same}");
            assert_eq!((same.contains("the CA"), same.contains("store")), (for_a_ca, !for_a_ca), "{same}");
            assert!(other.contains("impersonating") && !other.contains("unchanged"), "{other}");
        }
    }

    #[test]
    fn a_clock_that_differs_a_little_makes_nothing_older_or_of_the_future() {
        assert_eq!(ago(Time(0), Time(9_000)), "just now");
        assert_eq!(ago(Time(0), Time(600_000)), "10 min ago");
        assert_eq!(ago(Time(600_000), Time(0)), "in the future", "a clock that was set back");
        assert_eq!(ago(Time(5_000), Time(0)), "just now", "the page's clock is a tick behind");
        assert_eq!((age(Time(0), Time(i64::MAX)), age(Time(i64::MAX), Time(0))).1, None);
        assert_eq!(oldest([Time(1_000), Time(600_000)], Time(2_000)), Some(Time(600_000)));
        assert_eq!(oldest([Time(1_000), Time(3_000)], Time(2_000)), Some(Time(1_000)));
    }

    #[test]
    fn counts_are_grouped_and_have_the_right_number() {
        assert_eq!(grouped(1_234_567), "1,234,567");
        assert_eq!(grouped(-999), "-999");
        assert_eq!(of_kind(1, Kind::Hosts), "1 host");
        assert_eq!(of_kind(2, Kind::Vms), "2 VMs");
        assert_eq!(of_kind(1, Kind::ResourcePools), "1 resource pool");
    }

    #[test]
    fn a_value_that_is_not_known_is_a_dash_and_text_hides_nothing() {
        let column = |kind, id| columns::of(kind).column(id).unwrap();
        assert_eq!(value(column(Kind::Vms, "ip_address"), &json!(null)), "–");
        assert_eq!(value(column(Kind::Vms, "name"), &json!("a\u{202e}b")), "a\u{fffd}b");
    }

    #[test]
    fn times_in_a_message_are_those_of_the_user() {
        let said = |text: &str| with_times(text, |time| format!("<{}>", time.0));
        assert_eq!(said("was rejected at 1970-01-01T00:00:01.5Z; it was"), "was rejected at <1500>; it was");
        assert_eq!(said("at 1970-01-01T00:00:02Z."), "at <2000>.");
        assert_eq!(said("at 1970-01-01T00:00:02Z: wrong"), "at <2000>: wrong");
        assert_eq!(said("esx-01.example.org 10.0.0.1:443 Z"), "esx-01.example.org 10.0.0.1:443 Z");
    }

    #[test]
    fn a_phrase_within_a_sentence_keeps_the_names_in_it() {
        assert_eq!(within_a_sentence("Host sync of PROD-A"), "host sync of PROD-A");
        assert_eq!(within_a_sentence(""), "");
    }

    #[test]
    fn a_fingerprint_is_in_pairs() {
        assert_eq!(fingerprint("0aff"), "0A:FF");
    }

    proptest! {
        #[test]
        fn no_number_is_without_words(number in any::<i64>()) {
            prop_assert!(!duration(number).is_empty());
            prop_assert_eq!(grouped(number).replace(',', "").parse::<i64>(), Ok(number));
        }

        #[test]
        fn no_fingerprint_breaks_the_page(text in ".{0,80}") {
            let _ = fingerprint(&text);
        }
    }
}
