//! Checks what users type, and says what to type instead.
//! Refuses to correct silently, but for white space at the ends.

use contract::{ApiError, Code, Preferences, Remedy, VcenterSettings, Way, trimmed};
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use secrets::Helper;
use std::time::Duration;
use vsphere::ProxyKind;

/// Letters of a name: what vCenter itself allows is 80, and of names that scripts make up some are longer.
const LONGEST_NAME: usize = 255;

/// Bytes of a helper and its arguments: Windows takes no longer command.
const LONGEST_COMMAND: usize = 8_000;

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

/// What prints a password, and its arguments. Whether it can be run is for the machine to say.
pub(crate) fn helper(command: &[String]) -> Result<Helper, ApiError> {
    let is_too_long = command.iter().map(String::len).sum::<usize>() > LONGEST_COMMAND;
    if is_too_long || command.iter().any(|word| word.contains('\0')) {
        return Err(invalid(
            "the command of the helper is too long, or has a NUL byte in it".to_owned(),
            "Write a script that runs it, and name that.",
        ));
    }
    let helper = Helper::new(command).filter(|_| command.first().is_some_and(|program| !program.is_empty()));
    helper.ok_or_else(|| {
        invalid(
            "the helper has no program".to_owned(),
            "Name one by its absolute path, such as /usr/bin/pass.",
        )
    })
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
        Some((_, rest)) if rest.contains('@') => rest,
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
    if authority.contains('@') {
        // It may be followed by a password: it is quoted nowhere.
        return Err(invalid(
            "the address contains a user or a password".to_owned(),
            "Enter the host alone, and user and password in their own places.",
        ));
    }
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
    let Way { proxy, connect_to } = as_stored(&way(&asked.way())?);
    Ok(VcenterSettings {
        proxy,
        connect_to,
        ttl_seconds: ttl(asked.ttl_seconds)?,
        timeout_seconds: timeout(asked.timeout_seconds)?,
        note: note(&asked.note)?,
        tags: tags(asked.tags)?,
        ..asked
    })
}

/// The settings of Muster itself.
pub(crate) fn preferences(asked: &Preferences) -> Result<(), ApiError> {
    ttl(asked.default_ttl_seconds)?;
    for (what, days) in [("the history", asked.history_days), ("analytics", asked.analytics_days)] {
        if !Preferences::HISTORY_DAYS.contains(&days) {
            let message = format!("{what} can't be kept for {days} days");
            return Err(invalid(message, "Specify a number of days from 1 to 3650."));
        }
    }
    Ok(())
}

/// The way to a server: directly, through a proxy, or at another address.
pub(crate) fn way(asked: &Way) -> Result<vsphere::Way, ApiError> {
    match (trimmed(&asked.proxy), trimmed(&asked.connect_to)) {
        ("", "") => Ok(vsphere::Way::Direct),
        (url, "") => proxy(url).map(vsphere::Way::Proxy),
        ("", at) => match place(at) {
            Some(place) => Ok(vsphere::Way::Tunnel(place)),
            None => Err(invalid(
                match at.contains('@') {
                    // What stands before it may have a password in it.
                    true => "an address to connect to has neither a user nor a password".to_owned(),
                    false => format!("\"{}\" is not a valid address to connect to", printable(at)),
                },
                "Enter it as host:port, such as 127.0.0.1:8443; leave it empty to connect to the vCenter's own \
                 address.",
            )),
        },
        _ => Err(invalid(
            "a vCenter is reached either through a proxy or at another address, not both".into(),
            "Leave one of the two empty.",
        )),
    }
}

/// A way in the one form that is stored of it.
fn as_stored(way: &vsphere::Way) -> Way {
    let (proxy, connect_to) = match way {
        vsphere::Way::Direct => (String::new(), String::new()),
        vsphere::Way::Tunnel(at) => (String::new(), at.to_string()),
        vsphere::Way::Proxy(vsphere::Proxy { kind, at, user }) => {
            let scheme = match kind {
                ProxyKind::Socks5 => "socks5h",
                ProxyKind::Http => "http",
            };
            let user = user.iter().map(|user| format!("{}@", utf8_percent_encode(user, NON_ALPHANUMERIC)));
            (format!("{scheme}://{}{at}", user.collect::<String>()), String::new())
        }
    };
    Way { proxy, connect_to }
}

/// A proxy out of its URL. Nothing of a URL with a password is said again.
fn proxy(url: &str) -> Result<vsphere::Proxy, ApiError> {
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    let rest = rest.strip_suffix('/').unwrap_or(rest);
    let (user, at) = match rest.rsplit_once('@') {
        Some((user, at)) => (Some(user), at),
        None => (None, rest),
    };
    if user.is_some_and(|user| user.contains(':')) {
        return Err(invalid(
            "the proxy's URL contains a password".into(),
            "Leave it out: settings are stored readable, so Muster keeps no password of a proxy and sends none. Use a proxy that \
             needs none from this machine.",
        ));
    }
    let wrong = |what: &str, next: &str| Err(invalid(format!("\"{}\" {what}", printable(url)), next));
    let kind = match &*scheme.to_ascii_lowercase() {
        "socks5h" => ProxyKind::Socks5,
        "http" => ProxyKind::Http,
        "socks5" => {
            return wrong(
                "would resolve the vCenter's name on this machine",
                "Enter it as socks5h://host:port, so that the proxy resolves the name.",
            );
        }
        "https" => {
            return wrong(
                "is a proxy behind TLS, which is not supported",
                "Enter http://host:port: what goes through it is encrypted up to the vCenter all the same.",
            );
        }
        _ => return wrong("is not a valid proxy", A_PROXY),
    };
    let Some(at) = place(at) else { return wrong("is not a valid proxy", A_PROXY) };
    let user = user.map(|user| percent_decode_str(user).decode_utf8_lossy().into_owned());
    match &user {
        None => {}
        Some(_) if kind == ProxyKind::Http => {
            return wrong(
                "names a user, which an HTTP proxy takes only with a password",
                "Leave the user out: Muster sends no password to a proxy.",
            );
        }
        Some(user) if user.is_empty() || user.len() > 255 || user.chars().any(char::is_control) => {
            return wrong("has no valid user for a SOCKS proxy", "A user has 1 to 255 characters.");
        }
        Some(_) => {}
    }
    Ok(vsphere::Proxy { kind, at, user })
}

const A_PROXY: &str =
    "Enter it as socks5h://host:port or http://host:port; leave it empty to connect directly.";

/// `host:port`, which has both and nothing else.
fn place(text: &str) -> Option<vsphere::Place> {
    let (head, port) = text.rsplit_once(':')?;
    let is_whole =
        port.bytes().all(|byte| byte.is_ascii_digit()) && (!head.contains(':') || head.ends_with(']'));
    let (host, port) = address(text).ok().filter(|_| is_whole && !text.contains(['/', '?', '#']))?;
    Some(vsphere::Place { host, port })
}

/// Age in seconds from which data counts as stale.
fn ttl(seconds: u64) -> Result<u64, ApiError> {
    if (1..=30 * 86_400).contains(&seconds) {
        return Ok(seconds);
    }
    Err(invalid(format!("a TTL of {seconds} s is out of range"), "Choose one from 1s to 30d."))
}

/// How long a server may be silent.
pub(crate) fn timeout(seconds: u64) -> Result<u64, ApiError> {
    if VcenterSettings::TIMEOUT_SECONDS.contains(&seconds) {
        return Ok(seconds);
    }
    Err(invalid(format!("a timeout of {seconds} s is out of range"), "Choose one from 5s to 10m."))
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
    fn a_way_is_stored_in_one_form_or_refused_with_what_to_type() {
        let stored = |proxy: &str, connect_to: &str| {
            let way = Way { proxy: proxy.to_owned(), connect_to: connect_to.to_owned() };
            way_of(&way).map(|way| (way.proxy, way.connect_to))
        };
        for (typed, proxy) in [
            ("", ""),
            (" SOCKS5H://Proxy.Example.org:1080/ ", "socks5h://proxy.example.org:1080"),
            ("http://[2001:0db8::1]:3128", "http://[2001:db8::1]:3128"),
            ("socks5h://ops@127.0.0.1:1080", "socks5h://ops@127.0.0.1:1080"),
            ("socks5h://ops%40corp@127.0.0.1:1080", "socks5h://ops%40corp@127.0.0.1:1080"),
            ("socks5h://ops@corp@127.0.0.1:1080", "socks5h://ops%40corp@127.0.0.1:1080"),
            ("http://bücher.example:80", "http://xn--bcher-kva.example:80"),
        ] {
            assert_eq!(stored(typed, " ").unwrap(), (proxy.to_owned(), String::new()), "{typed}");
            assert_eq!(stored(proxy, "").unwrap().0, proxy, "what is stored is stored again as it is");
        }
        assert_eq!(stored("", " LOCALHOST:8443 ").unwrap().1, "localhost:8443");
        for (proxy, connect_to, words, next) in [
            ("proxy:1080", "", "is not a valid proxy", "socks5h://host:port or http://host:port"),
            ("socks5h://proxy", "", "is not a valid proxy", "host:port"),
            ("socks5h://:1080", "", "is not a valid proxy", "host:port"),
            ("socks5h://proxy:x", "", "is not a valid proxy", "host:port"),
            ("socks5h://proxy:1080/path", "", "is not a valid proxy", "host:port"),
            ("ftp://proxy:1080", "", "is not a valid proxy", "host:port"),
            ("socks5://proxy:1080", "", "on this machine", "socks5h://"),
            ("https://proxy:443", "", "behind TLS", "http://host:port"),
            ("http://ops@proxy:3128", "", "names a user", "Leave the user out"),
            ("socks5h://@proxy:1080", "", "no valid user", "1 to 255"),
            ("", "127.0.0.1", "not a valid address to connect to", "host:port"),
            ("", "::1", "not a valid address to connect to", "host:port"),
            ("", "https://vc:443", "not a valid address to connect to", "host:port"),
            ("http://proxy:3128", "127.0.0.1:1", "either through a proxy or at another address", "Leave one"),
        ] {
            let error = stored(proxy, connect_to).unwrap_err();
            assert!(error.message.contains(words), "{proxy} {connect_to}: {error:?}");
            assert!(error.next_step.as_ref().unwrap().contains(next), "{error:?}");
            assert_eq!(error.code, Code::InvalidValue);
        }
    }

    #[test]
    fn a_password_in_a_proxys_url_is_refused_and_not_said_again() {
        for url in [
            "http://ops:s3cret@proxy:3128",
            "socks5://ops:s3cret@proxy",
            "ops:s3cret@proxy:1",
            "x://:s3cret@",
        ] {
            let error = way(&Way { proxy: url.to_owned(), connect_to: String::new() }).unwrap_err();
            assert_eq!(error.message, "the proxy's URL contains a password");
            assert!(!format!("{error:?}").contains("s3cret"), "{error:?}");
        }
    }

    fn way_of(asked: &Way) -> Result<Way, ApiError> {
        way(asked).map(|way| as_stored(&way))
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
            let _ = (address(&text), duration(&text), name("vCenter", &text), user(&text), place(&text));
            let _ = (proxy(&text), proxy(&format!("socks5h://{text}")));
        }

        #[test]
        fn an_accepted_name_could_be_a_file_name(text in ".{0,80}") {
            if let Ok(name) = name("credential", &text) {
                prop_assert!(!name.contains(['/', '\\', '\0']) && !name.starts_with('.') && !name.is_empty());
            }
        }
    }
}
