//! Checks what users type, and says what to type instead.
//! Refuses to correct silently, but for white space at the ends.

use contract::{ApiError, Code, Preferences, Remedy, VcenterSettings};
use std::time::Duration;

/// Letters of a name: what vCenter itself allows is 80, and of names that scripts make up some are longer.
const LONGEST_NAME: usize = 255;

/// A name of a vCenter or a credential.
pub(crate) fn name(what: &str, name: &str) -> Result<String, ApiError> {
    let trimmed = trimmed(name);
    let wrong = if trimmed.is_empty() {
        "it is empty"
    } else if trimmed.chars().count() > LONGEST_NAME {
        "it is longer than 255 characters"
    } else if trimmed.starts_with('.') {
        "it begins with a dot"
    } else if trimmed.contains(['/', '\\']) {
        "it contains a slash or backslash"
    } else if trimmed.chars().any(char::is_control) {
        "it contains a control character"
    } else {
        return Ok(trimmed.to_owned());
    };
    Err(invalid(
        format!("\"{}\" is not a valid name for a {what}: {wrong}", printable(name)),
        "A name has 1 to 255 characters, no slash, backslash or control character, and no leading dot.",
    ))
}

/// A user name.
pub(crate) fn user(user: &str) -> Result<String, ApiError> {
    let trimmed = trimmed(user);
    if trimmed.is_empty() || trimmed.chars().count() > 256 || trimmed.chars().any(char::is_control) {
        return Err(invalid(
            format!("\"{}\" is not a valid user name", printable(user)),
            "Enter it as on the vCenter, such as administrator@vsphere.local.",
        ));
    }
    Ok(trimmed.to_owned())
}

/// Host and port out of `host`, `host:port`, `[address]:port` or a pasted URL; 443 where no port is named.
pub fn address(text: &str) -> Result<(String, u16), ApiError> {
    let no_address = || {
        invalid(
            format!("\"{}\" is not a valid address of a vCenter", printable(text)),
            "Enter a host name or IP address, with a port if it isn't 443: vc.example.org, \
             vc.example.org:8443, [2001:db8::1]:443.",
        )
    };
    let trimmed = trimmed(text);
    let rest = match trimmed.split_once("://") {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("https") => rest,
        Some((scheme, _)) if scheme.eq_ignore_ascii_case("http") => {
            return Err(invalid(
                format!("\"{}\" is not encrypted", printable(text)),
                "Passwords are only sent over TLS: enter the address without http://.",
            ));
        }
        Some(_) => return Err(no_address()),
        None => trimmed,
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let (host, port) = if let Some(bracketed) = authority.strip_prefix('[') {
        let (host, rest) = bracketed.split_once(']').ok_or_else(no_address)?;
        host.parse::<std::net::Ipv6Addr>().map_err(|_| no_address())?;
        match rest {
            "" => (host, None),
            _ => (host, Some(rest.strip_prefix(':').ok_or_else(no_address)?)),
        }
    } else if authority.parse::<std::net::Ipv6Addr>().is_ok() {
        (authority, None)
    } else {
        match authority.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (authority, None),
        }
    };
    // A name in another script travels as punycode; looked at afterwards, since some letters become punctuation.
    let host =
        if host.is_ascii() { host.to_lowercase() } else { idna::domain_to_ascii(host).unwrap_or_default() };
    let well_formed = !host.is_empty()
        && host.len() <= 253
        && host.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':'))
        && !host.contains("..")
        && !host.starts_with(['.', '-']);
    if !well_formed {
        return Err(no_address());
    }
    let port = match port {
        None => 443,
        Some(port) => port.parse().ok().filter(|port| *port > 0).ok_or_else(|| {
            invalid(
                format!("\"{}\" is not a valid port", printable(port)),
                "A port is a number from 1 to 65535.",
            )
        })?,
    };
    // An IPv6 address has many spellings, and one that is stored.
    let host = host.parse::<std::net::Ipv6Addr>().map_or(host, |address| address.to_string());
    Ok((host.trim_end_matches('.').to_owned(), port))
}

/// The bytes of a SHA-256 fingerprint: 64 hexadecimal digits as anybody writes them, or the line that openssl prints.
pub(crate) fn fingerprint(text: &str) -> Result<[u8; 32], ApiError> {
    const NEXT: &str = "It has 64 hexadecimal digits, with or without colons. Ask the server for it; for a file, use \
        openssl x509 -in FILE -noout -fingerprint -sha256.";
    let invalid = |message: String| Err(invalid(message, NEXT).remedy(Remedy::ProbeCertificate));
    let wrong = |what: &str| invalid(format!("\"{}\" is {what}", printable(text)));
    if text.contains("-----BEGIN") {
        return invalid("that is a certificate, not its SHA-256 fingerprint".into());
    }
    let kept = |c: &char| !matches!(c, ':' | '-' | '=' | '\u{feff}') && !c.is_whitespace();
    let lower: String = text.chars().filter(kept).flat_map(char::to_lowercase).collect();
    let is_sha1 = lower.starts_with("sha1");
    let digits = lower.trim_start_matches("sha256").trim_start_matches("fingerprint");
    let is_hex = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_hexdigit());
    let names_file = text.contains(['/', '\\'])
        || [".pem", ".crt", ".cer", ".der"].iter().any(|end| text.trim().to_lowercase().ends_with(end));
    match digits.len() {
        _ if is_sha1 => {
            return wrong("a SHA-1 fingerprint, which is not secure enough to trust a certificate");
        }
        64 if is_hex => {}
        40 if is_hex => {
            return wrong("a SHA-1 fingerprint, which is not secure enough to trust a certificate");
        }
        _ if names_file => return wrong("the name of a file, not a SHA-256 fingerprint"),
        _ => return wrong("not a SHA-256 fingerprint"),
    }
    let mut bytes = [0; 32];
    for (byte, pair) in bytes.iter_mut().zip(digits.as_bytes().chunks(2)) {
        let pair = std::str::from_utf8(pair).unwrap_or_default();
        *byte = u8::from_str_radix(pair, 16).unwrap_or_default();
    }
    Ok(bytes)
}

/// The text of certificates in PEM, without a byte-order mark, with line feeds; else what is wrong with it, in words.
pub fn pem_text(bytes: &[u8]) -> Result<String, String> {
    const MARK: &[u8] = b"\xef\xbb\xbf";
    // A certificate in DER is one sequence of some hundred bytes.
    if matches!(bytes, [0x30, 0x81..=0x83, ..]) {
        return Err("it is in DER, not in PEM: openssl x509 -inform der -in FILE -out FILE.pem".into());
    }
    // What reads a file as UTF-8, as a window does, leaves U+FFFD where UTF-16 had its mark.
    if secrets::is_utf16(bytes) || bytes.starts_with("\u{fffd}".as_bytes()) {
        return Err("it is UTF-16: save it as UTF-8 or ASCII".into());
    }
    let text = std::str::from_utf8(bytes.strip_prefix(MARK).unwrap_or(bytes));
    let text = text.ok().filter(|text| !text.contains('\0'));
    let text = text.ok_or("it is not text: save it as UTF-8 or ASCII")?;
    Ok(text.replace("\r\n", "\n").replace('\r', "\n"))
}

/// A length of time such as `30s`, `5m`, `2h` or `1d`.
pub fn duration(text: &str) -> Result<Duration, ApiError> {
    let wrong = || {
        invalid(
            format!("\"{}\" is not a valid duration", printable(text)),
            "Specify it as 30s, 5m, 2h or 1d.",
        )
    };
    let trimmed = trimmed(text);
    let digits = trimmed.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let seconds = match &trimmed[digits.len()..] {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        "d" => 86400,
        _ => return Err(wrong()),
    };
    let number: u64 = digits.parse().map_err(|_| wrong())?;
    number.checked_mul(seconds).map(Duration::from_secs).ok_or_else(wrong)
}

/// The settings of a vCenter, as they are stored. A setting that may have every value of its type needs no line here.
pub(crate) fn settings(asked: VcenterSettings) -> Result<VcenterSettings, ApiError> {
    Ok(VcenterSettings {
        ttl_seconds: ttl(asked.ttl_seconds)?,
        note: note(&asked.note)?,
        tags: tags(asked.tags)?,
        ..asked
    })
}

/// The settings of Muster itself.
pub(crate) fn preferences(asked: &Preferences) -> Result<(), ApiError> {
    ttl(asked.default_ttl_seconds)?;
    if Preferences::HISTORY_DAYS.contains(&asked.history_days) {
        return Ok(());
    }
    let message = format!("the history can't be kept for {} days", asked.history_days);
    Err(invalid(message, "Specify a number of days from 1 to 3650."))
}

/// Age in seconds from which data counts as stale.
fn ttl(seconds: u64) -> Result<u64, ApiError> {
    if (1..=30 * 86_400).contains(&seconds) {
        return Ok(seconds);
    }
    Err(invalid(format!("a TTL of {seconds} s is out of range"), "Choose one from 1s to 30d."))
}

/// What somebody wants to remember: text, in lines.
fn note(text: &str) -> Result<String, ApiError> {
    let text = text.replace("\r\n", "\n");
    let trimmed = trimmed(&text);
    let length = trimmed.chars().count();
    if length > VcenterSettings::LONGEST_NOTE {
        let message = format!("the note is too long: it has {length} characters");
        return Err(invalid(message, "Enter at most 2000 characters."));
    }
    if trimmed.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\t')) {
        return Err(invalid("the note contains a control character".into(), "Enter plain text."));
    }
    Ok(trimmed.to_owned())
}

/// Labels, sorted and each once.
fn tags(tags: Vec<String>) -> Result<Vec<String>, ApiError> {
    let mut checked = tags.iter().map(|tag| name("tag", tag)).collect::<Result<Vec<_>, _>>()?;
    checked.sort();
    checked.dedup();
    Ok(checked)
}

/// Text without the white space at its ends, and without the mark that files of Windows begin with.
pub(crate) fn trimmed(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}')
}

/// A value that is not allowed, and what to give instead.
pub(crate) fn invalid(message: String, next_step: &str) -> ApiError {
    ApiError::new(Code::InvalidValue, message).next(next_step)
}

fn printable(text: &str) -> String {
    text.chars().take(80).flat_map(char::escape_debug).collect()
}

/// How many operations may run in a process at once, as it stands in the variable of that name.
pub(crate) fn max_operations(text: &str, variable: &str) -> Result<usize, ApiError> {
    let number = text.trim().parse::<usize>().ok().filter(|number| (1..=100).contains(number));
    number.ok_or_else(|| {
        let shown = contract::words::excerpt(text);
        ApiError::new(Code::InvalidValue, format!("\"{shown}\" in {variable} is not a number from 1 to 100"))
            .next(format!(
                "Set it to the number of operations that may run at once, or unset it for {}.",
                crate::AT_ONCE
            ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_address_may_be_typed_in_every_way_people_paste_it() {
        let cases = [
            ("vc.example.org", "vc.example.org", 443),
            (" VC.example.org:8443 ", "vc.example.org", 8443),
            ("https://vc.example.org/ui/app/host;nav=h", "vc.example.org", 443),
            ("https://vc.example.org:9443/ui", "vc.example.org", 9443),
            ("10.0.0.5", "10.0.0.5", 443),
            ("[2001:db8::1]:444", "2001:db8::1", 444),
            ("2001:db8::1", "2001:db8::1", 443),
            ("https://[2001:0DB8:0:0::0:1]:443/ui", "2001:db8::1", 443),
            ("vc.example.org.", "vc.example.org", 443),
            ("\u{feff}vc.example.org\r\n", "vc.example.org", 443),
        ];
        for (typed, host, port) in cases {
            assert_eq!(address(typed).unwrap(), (host.to_owned(), port), "{typed}");
        }
    }

    #[test]
    fn an_address_that_cannot_be_one_is_refused_with_what_to_type() {
        for typed in
            ["", "http://vc", "vc:0", "vc:70000", "vc:x", "ftp://vc", "a b", "[::1", "user@vc", "-vc"]
        {
            let error = address(typed).unwrap_err();
            assert_eq!(error.code, Code::InvalidValue, "{typed}");
            assert!(error.next_step.is_some());
        }
    }

    #[test]
    fn a_name_in_any_script_becomes_what_travels() {
        for typed in [
            "bücher.example",
            "BÜCHER.example.",
            "bu\u{308}cher.example",
            "https://bücher.example/ui",
            "bücher。example",
        ] {
            assert_eq!(address(typed).unwrap(), ("xn--bcher-kva.example".to_owned(), 443), "{typed}");
        }
        assert_eq!(address("bücher.example:8443").unwrap().1, 8443);
        assert_eq!(crate::shown_host("xn--bcher-kva.example"), "bücher.example (xn--bcher-kva.example)");
        assert_eq!(crate::shown_host("vc.example"), "vc.example");
        // Letters that become a slash, a colon or nothing must not smuggle one in.
        for typed in ["vc\u{ff0f}path", "vc\u{ff20}host", "\u{ad}", "ü..example", "vc\u{2024}\u{2024}example"]
        {
            assert!(address(typed).is_err(), "{typed}: {:?}", address(typed));
        }
    }

    #[test]
    fn a_fingerprint_may_be_typed_in_every_way_programs_print_it() {
        let plain = "0123456789abcdef".repeat(4);
        let pairs: Vec<&str> = (0..32).map(|n| &plain[2 * n..2 * n + 2]).collect();
        let colons = pairs.join(":").to_uppercase();
        let expected = fingerprint(&plain).unwrap();
        assert_eq!(expected[..8], [0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef]);
        for typed in [
            colons.clone(),
            pairs.join(" "),
            pairs.join("-"),
            format!("sha256 Fingerprint={colons}"),
            format!("SHA256 Fingerprint={colons}\n"),
            format!("\u{feff}SHA256 Fingerprint={colons}\r\n"),
            format!("SHA-256 fingerprint: {plain}"),
            format!("SHA256:{colons}"),
            format!("  {plain}\r"),
        ] {
            assert_eq!(fingerprint(&typed).unwrap(), expected, "{typed}");
        }
        let sha1 = &colons[..59];
        for (typed, words) in [
            ("1234", "is not a SHA-256 fingerprint"),
            ("", "is not a SHA-256 fingerprint"),
            (&*format!("{plain}00"), "is not a SHA-256 fingerprint"),
            (&*plain.replace('0', "x"), "is not a SHA-256 fingerprint"),
            (sha1, "a SHA-1 fingerprint"),
            (&*format!("SHA1 Fingerprint={sha1}"), "a SHA-1 fingerprint"),
            ("/etc/ssl/vc", "the name of a file"),
            ("vc.PEM", "the name of a file"),
            ("-----BEGIN CERTIFICATE-----\nMIIB\n", "that is a certificate"),
        ] {
            let error = fingerprint(typed).unwrap_err();
            assert!(error.message.contains(words), "{typed}: {error:?}");
            assert!(error.next_step.unwrap().contains("openssl x509"), "{typed}");
        }
    }

    #[test]
    fn certificates_are_read_whatever_wrote_their_file_or_refused_in_words() {
        let pem = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";
        for written in
            [pem.to_owned(), format!("\u{feff}{pem}"), pem.replace('\n', "\r\n"), pem.replace('\n', "\r")]
        {
            assert_eq!(pem_text(written.as_bytes()).unwrap(), pem, "{written:?}");
        }
        let utf16 = |mark: &[u8], bytes: fn(u16) -> [u8; 2]| {
            [mark, &pem.encode_utf16().flat_map(bytes).collect::<Vec<_>>()].concat()
        };
        for (bytes, words) in [
            (utf16(b"\xff\xfe", u16::to_le_bytes), "UTF-16"),
            (utf16(b"\xfe\xff", u16::to_be_bytes), "UTF-16"),
            (utf16(b"", u16::to_le_bytes), "UTF-16"),
            (format!("\u{fffd}\u{fffd}{pem}").into_bytes(), "UTF-16"),
            (vec![0x30, 0x82, 3, 0, 0], "DER"),
            (b"-----BEGIN \xfc".to_vec(), "not text"),
            (b"-----BEGIN \0 CERTIFICATE".to_vec(), "not text"),
        ] {
            assert!(pem_text(&bytes).unwrap_err().contains(words), "{words}");
        }
    }

    #[test]
    fn a_name_may_be_as_long_as_those_that_scripts_make_up() {
        assert_eq!(name("vCenter", &"é".repeat(255)).unwrap().chars().count(), 255);
        assert!(name("vCenter", &"é".repeat(256)).unwrap_err().message.contains("longer than 255"));
    }

    #[test]
    fn operations_at_once_are_a_number_from_1_to_100() {
        assert_eq!((max_operations("1", "V").unwrap(), max_operations(" 100 ", "V").unwrap()), (1, 100));
        for text in ["0", "101", "-1", "8.5", "", "many", "99999999999999999999"] {
            let error = max_operations(text, "V").unwrap_err();
            assert!(error.message.ends_with("in V is not a number from 1 to 100"), "{error:?}");
        }
    }

    #[test]
    fn settings_are_stored_in_one_form_or_refused_by_the_name_of_what_is_wrong() {
        let with = |change: fn(&mut VcenterSettings)| {
            let mut asked = VcenterSettings::default();
            change(&mut asked);
            settings(asked)
        };
        assert_eq!(settings(VcenterSettings::default()).unwrap(), VcenterSettings::default());
        let tags = with(|asked| asked.tags = vec!["prod ".into(), "eu".into(), "prod".into()]).unwrap().tags;
        assert_eq!(tags, ["eu", "prod"]);
        assert_eq!(with(|asked| asked.note = " a\r\nb\n".into()).unwrap().note, "a\nb");
        for (change, words, next) in [
            ((|asked| asked.tags = vec!["a/b".into()]) as fn(&mut VcenterSettings), "for a tag", "no slash"),
            (|asked| asked.ttl_seconds = 0, "a TTL of 0 s", "1s to 30d"),
            (|asked| asked.ttl_seconds = 30 * 86_400 + 1, "a TTL of 2592001 s", "1s to 30d"),
            (|asked| asked.note = "x".repeat(2001), "the note is too long: it has 2001", "at most 2000"),
            (|asked| asked.note = "a\0b".into(), "the note contains a control character", "plain text"),
        ] {
            let error = with(change).unwrap_err();
            assert!(error.message.contains(words), "{error:?}");
            assert_eq!(
                (error.code, error.next_step.unwrap().contains(next)),
                (Code::InvalidValue, true),
                "{words}"
            );
        }
    }

    #[test]
    fn a_length_of_time_has_a_unit() {
        assert_eq!(duration("90s").unwrap().as_secs(), 90);
        assert_eq!(duration("5m").unwrap().as_secs(), 300);
        assert_eq!(duration("1d").unwrap().as_secs(), 86400);
        for text in ["5", "", "m", "-5m", "5 m", "5w", "99999999999999999999d", "18446744073709551615d"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_input_makes_a_check_panic(text in ".{0,100}") {
            let _ = (address(&text), duration(&text), name("vCenter", &text), user(&text));
        }

        #[test]
        fn an_accepted_name_could_be_a_file_name(text in ".{0,80}") {
            if let Ok(name) = name("credential", &text) {
                prop_assert!(!name.contains(['/', '\\', '\0']) && !name.starts_with('.') && !name.is_empty());
            }
        }
    }
}
