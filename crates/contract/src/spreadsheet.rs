//! Which texts a spreadsheet would take for something else: a formula, a number, a date.
//! Refuses to rely on quotes: Excel takes `"007"` for 7.

use std::net::Ipv4Addr;

/// The most digits of a number that Excel shows as they are.
const DIGITS_SHOWN: usize = 11;

const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

/// Whether a text has to be guarded to stay what it is.
pub fn is_taken_for_another(text: &str) -> bool {
    let bare = text.trim_matches(|c: char| c.is_whitespace());
    is_formula(text)
        || is_number_or_date(bare)
        || names_a_month(bare)
        || ["true", "false"].iter().any(|word| bare.eq_ignore_ascii_case(word))
}

/// Whether a spreadsheet could take a text for a formula: OWASP's list, with the full-width signs that Excel takes for
/// the same, and behind blanks and unseen characters too, which some programs drop.
pub fn is_formula(text: &str) -> bool {
    let is_unseen = |c: char| matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}');
    let begins = text.trim_start_matches(|c: char| (c.is_whitespace() && !c.is_control()) || is_unseen(c));
    begins.starts_with(|c: char| c.is_control() || "=+-@＝＋－＠".contains(c))
}

/// Whether a text could become a number or a date that shows as another text, in any locale: `007`, `1e5`, `1.50`,
/// `1-2`.
fn is_number_or_date(text: &str) -> bool {
    let digits = text.chars().filter(char::is_ascii_digit).count();
    if digits == text.len() && digits <= DIGITS_SHOWN && (digits == 1 || !text.starts_with('0')) {
        // Shows as the same text.
        return false;
    }
    let begins = |c: char| c.is_ascii_digit() || ".,($€£¥".contains(c);
    digits > 0
        && text.starts_with(begins)
        && text.char_indices().all(|(at, c)| match c {
            'e' | 'E' => is_exponent(text, at),
            c => c.is_ascii_digit() || c.is_whitespace() || ".,:/-+%()$€£¥'".contains(c),
        })
        && !is_address(text)
        && !is_version(text)
}

fn is_exponent(text: &str, at: usize) -> bool {
    let before = text[..at].ends_with(|c: char| c.is_ascii_digit() || matches!(c, '.' | ','));
    before && text[at + 1..].trim_start_matches(['+', '-']).starts_with(|c: char| c.is_ascii_digit())
}

/// Whether a text is an address that no locale reads as a number: not one with three digits behind each point, which are
/// thousands in half of Europe. A time has two colons at most.
fn is_address(text: &str) -> bool {
    let are_thousands = text.split('.').skip(1).all(|group| group.len() == 3);
    (text.parse::<Ipv4Addr>().is_ok() && !are_thousands) || text.matches(':').count() > 2
}

/// Whether a text is a version such as 8.0.3, which is no date, since no day and no month is 0.
fn is_version(text: &str) -> bool {
    let mut groups = text.split('.');
    let (_, second, _) = (groups.next(), groups.next(), groups.next());
    second == Some("0") && groups.next().is_none() && text.matches('.').count() == 2
}

/// Whether a text is a date with an English month: `dec01`, `1-Mar`, `Sept 2026`.
fn names_a_month(text: &str) -> bool {
    let is_between = |c: char| c.is_whitespace() || "-/.,".contains(c);
    let letters: String = text.chars().filter(|c| !c.is_ascii_digit() && !is_between(*c)).collect();
    let month = letters.to_lowercase();
    let is_month = month.len() >= 3 && MONTHS.iter().any(|name| name.starts_with(&month));
    let numbers = text.split(|c: char| !c.is_ascii_digit()).filter(|part| !part.is_empty());
    let numbers: Vec<&str> = numbers.collect();
    is_month
        && text.contains(&letters)
        && matches!(numbers.len(), 1 | 2)
        && numbers.iter().all(|part| part.len() <= 4)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_begin_a_formula_is_known_whatever_stands_before_it() {
        for hostile in [
            "=1",
            "+1",
            "-1",
            "@SUM(1)",
            "\t=1",
            "\r=1",
            "\n=1",
            " =1",
            "\u{a0}=1",
            "\u{feff}=1",
            "＝1",
            "\u{200b}@x",
        ] {
            assert!(is_formula(hostile), "{hostile:?}");
        }
        for harmless in ["", "a=1", "a-b", "'=1", "1-2", "(=1)", "日本", " a"] {
            assert!(!is_formula(harmless), "{harmless:?}");
        }
    }

    #[test]
    fn a_text_that_would_become_another_number_or_a_date_is_known() {
        for taken in [
            "007",
            "00",
            " 007 ",
            "1e5",
            "1E+5",
            "1.e5",
            "12345678901234567890",
            "123456789012",
            "1.50",
            "1,5",
            ".5",
            "50%",
            "(5)",
            "$5",
            "1-2",
            "2026-11-25",
            "1/2",
            "1 1/2",
            "12:30",
            "1.2.2026",
            "6.7.0",
            "192.168.100.200",
            "dec01",
            "MAR1",
            "1-Mar",
            "Sept 2026",
            "true",
        ] {
            assert!(is_taken_for_another(taken), "{taken:?}");
        }
        for kept in [
            "",
            "0",
            "7",
            "24022515",
            "vm-1",
            "group-d1",
            "host-10",
            "8.0.3",
            "10.0.0.1",
            "fd00::1",
            "00:50:56:11:22:33",
            "web01",
            "decoy1",
            "ma1",
            "dec",
            "1e",
            "1x5",
            "2e3f",
            "1970-01-01T00:00:00Z",
            "4 GB",
            "a 007",
        ] {
            assert!(!is_taken_for_another(kept), "{kept:?}");
        }
    }
}
