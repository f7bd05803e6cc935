//! A list of hosts as people keep them: one a line, with a name before it or without.
//! Refuses to guess in a line that has neither one word nor a name and a host.

use super::{Entry, Listed};

/// Far longer than a name and a host are.
const LONGEST_LINE: usize = 2_000;

/// Each line that is not empty and no comment.
pub(super) fn lines(text: &str) -> Listed {
    let lines = text.lines().flat_map(|line| line.split('\r'));
    let entries = lines.zip(1..).filter_map(|(line, number)| entry(number, line)).collect();
    Listed::of_others("List of hosts", "line", entries)
}

fn entry(line: u64, text: &str) -> Option<Entry> {
    let entry = Entry { line, ..Entry::default() };
    if text.len() > LONGEST_LINE {
        let wrong = Some("the line is too long".to_owned());
        return Some(Entry { host: text.chars().take(40).collect(), wrong, ..entry });
    }
    let text = match text.find('#') {
        // A `#` within a word belongs to an address that was pasted.
        Some(at) if at == 0 || text[..at].ends_with(char::is_whitespace) => &text[..at],
        _ => text,
    };
    let text = text.trim();
    if text.is_empty() {
        return None;
    }
    let (name, host) = match text.rsplit_once([',', ';', '\t']) {
        Some((name, host)) => (name, host),
        None => text.rsplit_once(char::is_whitespace).unwrap_or(("", text)),
    };
    // `host user password`, in whatever way: the last word is none to be shown, asked for or stored.
    let first = text.split([',', ';', '\t', ' ']).next().unwrap_or_default();
    let fields = text.split([',', ';', '\t']).count();
    if fields > 2 || (is_host(first) && !is_host(host.trim())) {
        let wrong = Some("a line has a name and then a host, and nothing else".to_owned());
        return Some(Entry { host: first.chars().take(40).collect(), wrong, ..entry });
    }
    let bare = |text: &str| text.trim().trim_matches('"').trim().to_owned();
    let name = Some(bare(name)).filter(|name| !name.is_empty());
    Some(Entry { name, host: bare(host), ..entry })
}

/// Whether a word is an address, or a name with a domain.
fn is_host(word: &str) -> bool {
    let word = word.trim_matches('"');
    word.contains(['.', ':', '/']) && crate::validate::address(word).is_ok()
}
