//! Whether somebody else's words quote a secret: a server that rejects a login, a helper that says what it does.
//! Refuses to show part of such words: in which spelling the rest of the secret stands in them, nobody knows.

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use percent_encoding::percent_decode_str;
use zeroize::Zeroizing;

/// How many spellings may lie over one another.
const LAYERS: usize = 4;

/// Letters and digits in a row that are taken for a part of the secret.
const SHORTEST: usize = 4;

/// Letters between `&` and `;`.
const LONGEST_ENTITY: usize = 12;

/// Whether a text quotes a secret, or the beginning of it at its end: as it is, in quotes and with escapes, as in XML, a URL or
/// JSON, in several lines, or in base64.
pub fn quotes(text: &str, secret: &str) -> bool {
    let secret = secret.trim();
    if secret.is_empty() {
        return false;
    }
    let (letters, mut text) = (letters(secret), Zeroizing::new(text.to_owned()));
    // Where too little is left of it, it is looked for as it is.
    let has_letters = letters.len() >= SHORTEST;
    (0..LAYERS).any(|_| {
        let said = self::letters(&text);
        let is_in = text.contains(secret)
            || in_base64(&text, secret)
            || (has_letters && (said.contains(&*letters) || ends_with_its_beginning(&said, &letters)));
        text = plainer(&text);
        is_in
    })
}

/// The letters and digits of ASCII, which every spelling leaves as they are, in lower case.
fn letters(text: &str) -> Zeroizing<String> {
    // Of its whole size: a text that grows leaves copies of itself behind.
    let mut letters = Zeroizing::new(String::with_capacity(text.len()));
    letters.extend(text.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()));
    letters
}

fn ends_with_its_beginning(said: &str, letters: &str) -> bool {
    let beginnings = letters.char_indices().map(|(at, _)| &letters[..at]).skip(SHORTEST);
    beginnings.into_iter().any(|beginning| said.ends_with(beginning))
}

/// With one layer of escapes taken off.
fn plainer(text: &str) -> Zeroizing<String> {
    let text = Zeroizing::new(percent_decode_str(text).decode_utf8_lossy().into_owned());
    let mut plain = Zeroizing::new(String::with_capacity(text.len()));
    let mut rest = text.as_str();
    while let Some(at) = rest.find(['&', '\\']) {
        plain.push_str(&rest[..at]);
        rest = &rest[at..];
        match entity(rest).or_else(|| escape(rest)) {
            Some((c, length)) => {
                plain.push(c);
                rest = &rest[length..];
            }
            None => {
                plain.push_str(&rest[..1]);
                rest = &rest[1..];
            }
        }
    }
    plain.push_str(rest);
    plain
}

/// `&lt;`, `&#228;` or `&#xe4;` at the beginning, and how long that is.
fn entity(text: &str) -> Option<(char, usize)> {
    let rest = text.strip_prefix('&')?;
    // No name is longer, and a text of nothing but `&` is looked through once.
    let end = rest.char_indices().take(LONGEST_ENTITY).find(|(_, c)| *c == ';')?.0;
    let name = &rest[..end];
    let c = match name {
        "lt" => '<',
        "gt" => '>',
        "amp" => '&',
        "quot" => '"',
        "apos" => '\'',
        _ => match name.strip_prefix('#')? {
            number if number.starts_with(['x', 'X']) => numbered(&number[1..])?,
            number => char::from_u32(number.parse().ok()?)?,
        },
    };
    Some((c, name.len() + 2))
}

/// `\xe4`, `\u00e4`, `\u{e4}`, `\344`, or a character with a backslash before it, and how long that is. What may be a byte of
/// a longer character becomes a space: only ASCII is compared.
fn escape(text: &str) -> Option<(char, usize)> {
    let rest = text.strip_prefix('\\')?;
    let plain = |c: char| if c.is_ascii() { c } else { ' ' };
    let of = |length: usize| Some((plain(numbered(rest.get(1..=length)?)?), length + 2));
    match rest.chars().next()? {
        'x' => of(2),
        'u' if rest[1..].starts_with('{') => {
            let end = rest.char_indices().take(LONGEST_ENTITY).find(|(_, c)| *c == '}')?.0;
            Some((plain(numbered(&rest[2..end])?), end + 2))
        }
        // Half of a pair is no character.
        'u' => of(4).or(Some((' ', 6))).filter(|_| rest.is_char_boundary(5)),
        '0'..='7' => {
            let octal = rest.get(..3)?;
            Some((plain(char::from_u32(u32::from_str_radix(octal, 8).ok()?)?), 4))
        }
        'n' | 'r' | 't' => Some((' ', 2)),
        c => Some((c, 1 + c.len_utf8())),
    }
}

fn numbered(hexadecimal: &str) -> Option<char> {
    char::from_u32(u32::from_str_radix(hexadecimal, 16).ok()?)
}

/// Whether it stands in base64, alone or in the middle of something, as in `user:secret`.
fn in_base64(text: &str, secret: &str) -> bool {
    let mut joined = Zeroizing::new(String::with_capacity(text.len()));
    joined.extend(text.chars().filter(|c| !c.is_whitespace() && *c != '\\').map(|c| match c {
        '-' => '+',
        '_' => '/',
        other => other,
    }));
    (0..3).any(|before| {
        let bytes = Zeroizing::new([&vec![0; before], secret.as_bytes()].concat());
        let encoded = Zeroizing::new(STANDARD_NO_PAD.encode(&*bytes));
        // What is at its ends depends on what stands beside it.
        let begin = (before * 8).div_ceil(6);
        let end = encoded.len() - usize::from(!bytes.len().is_multiple_of(3));
        encoded.get(begin..end).is_some_and(|inner| inner.len() >= SHORTEST && joined.contains(inner))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "Ca1n4ry'Zq7\"<\u{e9}&>x %";

    #[test]
    fn a_secret_is_found_in_every_spelling_that_servers_and_programs_give_it() {
        let xml = SECRET.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;");
        for said in [
            format!("bad password: {SECRET}."),
            format!("bad password: {xml}"),
            xml.replace('&', "&amp;"),
            "Ca1n4ry'\\''Zq7\"<\u{e9}&>x %".to_owned(),
            "{\"value\":\"Ca1n4ry'Zq7\\\"<\\u00e9&>x %\"}".to_owned(),
            "b'Ca1n4ry\\'Zq7\"<\\xe9&>x %'".to_owned(),
            "/login?p=Ca1n4ry%27Zq7%22%3C%C3%A9%26%3Ex%20%25&q=1".to_owned(),
            "Ca1n4ry'Zq7\n\"<\u{e9}&>x %".to_owned(),
            "Ca1n4ry&#39;Zq7&#x22;&lt;&#xe9;&amp;&gt;x %".to_owned(),
            format!("Basic {}", STANDARD_NO_PAD.encode(format!("muster:{SECRET}"))),
            STANDARD_NO_PAD.encode(SECRET),
            STANDARD_NO_PAD.encode(format!("me:{SECRET}:more")),
            "b'Ca1n4ry\\'Zq7\"<\\xc3\\xa9&>x %'".to_owned(),
            "$'Ca1n4ry\\'Zq7\"<\\303\\251&>x %'".to_owned(),
            "Ca1n4ry'Zq7\"<\\u{e9}&>x %".to_owned(),
            "CA1N4RY'ZQ7\"<\u{c9}&>X %".to_owned(),
            STANDARD_NO_PAD.encode(format!("me:{SECRET}")).replace('+', "-").replace('/', "_"),
            STANDARD_NO_PAD.encode(format!("me:{SECRET}")).replace('+', "%2B").replace('/', "%2F"),
            // It was cut off.
            "vault read: Ca1n4ry'Z".to_owned(),
        ] {
            assert!(quotes(&said, SECRET), "{said}");
        }
        assert!(quotes("the pin is 12#", "12#") && quotes("the pin is 12&#35;", "12#"));
    }

    #[test]
    fn other_words_are_no_quotation() {
        for said in ["Cannot complete login due to an incorrect user name or password.", "", "Ca1", "zq7x"] {
            assert!(!quotes(said, SECRET), "{said}");
        }
        assert!(!quotes("the account is locked", "") && !quotes("the account is locked", "!?"));
        for odd in [
            "\\",
            "&;\\u12",
            "100%",
            "\\u{",
            "\\u{110000}",
            "\\ud83d\\ude00",
            "\\9",
            "\\77",
            "\\x",
            "\\u\u{e9}\u{e9}\u{e9}",
            "&\u{e9};",
            "\\\u{e9}",
        ] {
            assert!(!quotes(odd, "abcdef"), "{odd}");
        }
        let many = "&".repeat(1 << 20) + &"\\".repeat(1 << 20);
        assert!(!quotes(&many, "abcdef"));
    }
}
