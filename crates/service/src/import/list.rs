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
        return Some(Entry { host: "\u{2026}".to_owned(), wrong, ..entry });
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
    let bare = |text: &str| text.trim().trim_matches('"').trim().to_owned();
    let fields: Vec<String> = match text.contains([',', ';', '\t']) {
        true => text.split([',', ';', '\t']).map(bare).collect(),
        false => text.split_whitespace().map(bare).collect(),
    };
    // `host user password`, in whatever way: the last of it is neither shown nor asked for nor stored.
    let (name, host) = match &fields[..] {
        [host] => (None, host),
        [name, host] if !is_address(name) && (!is_host(name) || is_host(host)) => (Some(name), host),
        _ => return Some(Entry { host: "\u{2026}".to_owned(), wrong: Some(SHAPE.to_owned()), ..entry }),
    };
    Some(Entry { name: name.cloned().filter(|name| !name.is_empty()), host: host.clone(), ..entry })
}

/// What a line has to be.
const SHAPE: &str = "a line has a host, or a name and a host with a comma between them, and nothing else";

/// Whether a word begins as a URL, or has a user in it.
fn is_address(word: &str) -> bool {
    word.contains('@') || word.contains("://")
}

/// Whether a word is an IP address, or a name with a domain.
fn is_host(word: &str) -> bool {
    word.contains(['.', ':']) && !word.contains(char::is_whitespace) && crate::validate::address(word).is_ok()
}
