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

/// Whether a text quotes a secret, or the beginning of it at its end: as it is, in quotes and with escapes, as in XML, a URL or
/// JSON, in several lines, or in base64.
pub fn quotes(text: &str, secret: &str) -> bool {
    let secret = secret.trim();
    if secret.is_empty() {
        return false;
    }
    if text.contains(secret) || in_base64(text, secret) {
        return true;
    }
    let (letters, mut text) = (letters(secret), Zeroizing::new(text.to_owned()));
    if letters.chars().count() < SHORTEST {
        // What is left of it says too little.
        return (0..LAYERS).any(|_| {
            text = plainer(&text);
            text.contains(secret)
        });
    }
    (0..LAYERS).any(|_| {
        let said = self::letters(&text);
        text = plainer(&text);
        said.contains(&*letters) || ends_with_its_beginning(&said, &letters)
    })
}

/// Without the punctuation that quoting adds and changes.
fn letters(text: &str) -> Zeroizing<String> {
    Zeroizing::new(text.chars().filter(|c| c.is_alphanumeric()).collect())
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
    let (name, _) = text.strip_prefix('&')?.split_once(';')?;
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

/// `\xe4`, `\u00e4`, or a character with a backslash before it, and how long that is.
fn escape(text: &str) -> Option<(char, usize)> {
    let rest = text.strip_prefix('\\')?;
    let of = |length: usize| Some((numbered(rest.get(1..=length)?)?, length + 2));
    match rest.chars().next()? {
        'x' => of(2),
        'u' => of(4),
        'n' | 'r' | 't' => Some((' ', 2)),
        c => Some((c, 1 + c.len_utf8())),
    }
}

fn numbered(hexadecimal: &str) -> Option<char> {
    char::from_u32(u32::from_str_radix(hexadecimal, 16).ok()?)
}

/// Whether it stands in base64, alone or in the middle of something, as in `user:secret`.
fn in_base64(text: &str, secret: &str) -> bool {
    let joined: Zeroizing<String> = Zeroizing::new(text.split_whitespace().collect());
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
        assert!(!quotes("\\", "abcdef") && !quotes("&;\\u12", "abcdef") && !quotes("100%", "abcdef"));
    }
}
