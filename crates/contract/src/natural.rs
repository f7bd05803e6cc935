//! The order in which people count: `esx2` before `esx10`, without regard to case.
//! Refuses to know languages: letters compare by their code points.

/// A key that sorts as people count: each run of digits as the number it is.
pub fn key(text: &str) -> Box<str> {
    let mut key = String::with_capacity(text.len() + 8);
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        if digits == 0 {
            key.extend(first.to_lowercase());
            rest = &rest[first.len_utf8()..];
            continue;
        }
        let (run, after) = rest.split_at(digits);
        let number = run.trim_start_matches('0');
        // A digit stands before the length, so that numbers stay among the digits, between signs and letters. How long a
        // number is decides before what it is.
        key.push('0');
        key.push(
            char::from_u32(0x30 + u32::try_from(number.len()).unwrap_or(u32::MAX).min(0xd000))
                .unwrap_or('\u{d030}'),
        );
        key.push_str(number);
        rest = after;
    }
    key.into()
}

#[cfg(test)]
mod tests {
    use super::key;

    #[test]
    fn numbers_in_names_are_in_the_order_of_their_values() {
        let sorted = |mut names: Vec<&'static str>| {
            names.sort_by_key(|name| key(name));
            names
        };
        assert_eq!(sorted(vec!["esx10", "ESX2", "esx1"]), ["esx1", "ESX2", "esx10"]);
        assert_eq!(sorted(vec!["vm-689", "vm-69"]), ["vm-69", "vm-689"]);
        assert_eq!(sorted(vec!["10.0.0.10", "10.0.0.9", "9.9.9.9"]), ["9.9.9.9", "10.0.0.9", "10.0.0.10"]);
        assert_eq!(sorted(vec!["web02a", "web2", "web1b"]), ["web1b", "web2", "web02a"]);
        assert_eq!(sorted(vec!["a1", "a", "aa", "a-1", "a 1"]), ["a", "a 1", "a-1", "a1", "aa"]);
        let (long, longer) = ("9".repeat(250), format!("1{}", "0".repeat(250)));
        assert!(key(&long) < key(&longer));
    }
}
