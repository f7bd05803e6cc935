//! What of a told value is worth keeping: junk that stands where a value is due is no value.
//! Refuses to guess: what is odd and not known as junk is kept.

use serde_json::Value;

/// The longest text that is kept, in characters.
const LONGEST: usize = 200;

/// What makers leave where a value is due, in lower case. See `is_junk` for what is told by its form.
const JUNK: [&str; 28] = [
    "none",
    "null",
    "n/a",
    "na",
    "not specified",
    "not available",
    "notavailable",
    "not applicable",
    "unknown",
    "undefined",
    "default",
    "default string",
    "to be filled by o.e.m.",
    "to be filled by o.e.m",
    "o.e.m.",
    "system serial number",
    "system product name",
    "system manufacturer",
    "chassis serial number",
    "base board serial number",
    "0123456789",
    "01234567890123456789ab",
    "free form asset tag",
    "no asset tag",
    "$product_asset_tag",
    "empty",
    "12345xyz",
    "foobar",
];

/// UUIDs that many machines have: of a BIOS nobody filled in, and of the standard's own examples.
const SHARED_UUIDS: [&str; 2] =
    ["03000200-0400-0500-0006-000700080009", "92384634-2938-2342-8820-489239905423"];

/// MACs that every iLO shows for its USB link to the host.
const SHARED_MACS: [&str; 2] = ["0a:ca:fe:f0:0d:04", "00:ca:fe:f0:0d:04"];

/// Whether a text stands where nobody wrote a value: blanks, a placeholder, or one sign all over.
pub fn is_junk(text: &str) -> bool {
    let text = text.trim();
    let mut letters = text.chars().filter(|c| c.is_alphanumeric());
    let Some(first) = letters.next() else { return true };
    let first = first.to_ascii_lowercase();
    let is_one_sign = matches!(first, '0' | 'f' | 'x') && letters.all(|c| c.to_ascii_lowercase() == first);
    is_one_sign || JUNK.contains(&&*text.to_lowercase())
}

/// A text without blanks around it and without signs that don't print, unless it is junk.
pub(crate) fn text(value: &Value) -> Option<String> {
    let told = match value {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    if is_junk(&told) { None } else { Some(line(&told, LONGEST)) }
}

/// A text in one line, cut to a length in characters.
pub(crate) fn line(text: &str, longest: usize) -> String {
    let signs = text.trim().chars().map(|c| if c.is_control() { ' ' } else { c });
    signs.take(longest).collect::<String>().trim().to_owned()
}

/// A MAC as `aa:bb:cc:dd:ee:ff`, however it is written. None for what is none, for zeros, for a group's address and for the
/// ones that many machines show.
pub fn mac(text: &str) -> Option<String> {
    let digits: String = text.trim().chars().filter(|c| !matches!(c, ':' | '-' | '.')).collect();
    if digits.len() != 12 || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    let digits = digits.to_ascii_lowercase();
    let pairs: Vec<&str> = (0..6).map(|at| &digits[2 * at..2 * at + 2]).collect();
    let mac = pairs.join(":");
    let is_group = u8::from_str_radix(pairs[0], 16).is_ok_and(|first| first & 1 == 1);
    let is_nobodys = digits.bytes().all(|digit| digit == b'0') || SHARED_MACS.contains(&&*mac);
    (!is_group && !is_nobodys).then_some(mac)
}

/// A UUID in lower case with its dashes, in the order in which it is told. None for what is none, and for the ones that many
/// machines have.
pub fn uuid(text: &str) -> Option<String> {
    let digits: String = text.trim().chars().filter(|c| !matches!(c, '-' | '{' | '}')).collect();
    if digits.len() != 32 || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    let d = digits.to_ascii_lowercase();
    let uuid = format!("{}-{}-{}-{}-{}", &d[..8], &d[8..12], &d[12..16], &d[16..20], &d[20..]);
    let is_one_sign = d.bytes().all(|digit| digit == b'0') || d.bytes().all(|digit| digit == b'f');
    (!is_one_sign && !SHARED_UUIDS.contains(&&*uuid)).then_some(uuid)
}

/// The version in what a BMC calls its firmware: `2.72` of `iLO 5 v2.72`, `2.83` of `TGBT42S 2.83 2023-07-05`, and
/// `1.14.00` of `1.14.00 May 28 2025`. What has no such word is kept whole.
pub(crate) fn firmware(told: &str) -> String {
    let words = told.split_whitespace().map(|word| word.strip_prefix('v').unwrap_or(word));
    let is_version = |word: &&str| {
        word.contains('.')
            && word.split('.').all(|part| !part.is_empty() && part.bytes().all(|c| c.is_ascii_digit()))
    };
    words.clone().find(is_version).unwrap_or(told).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn junk_is_told_from_values() {
        for junk in [
            "",
            "   ",
            "0",
            "00000000",
            "FFFFFFFF",
            "None",
            "N/A",
            "NA",
            "Not Specified",
            "To be filled by O.E.M.",
            "Default string",
            "0123456789",
            "01234567890123456789AB",
            "$PRODUCT_ASSET_TAG",
            "12345xyz",
            "FOOBAR",
            "..................",
            "xxxx",
            "-",
            "0000-0000",
        ] {
            assert!(is_junk(junk), "{junk}");
        }
        for value in
            ["J44R4C0", "1", "CNQAS505TG9785", "7Z23CTO1WW", "0x1D1415D9", "000000000001", "Nadia", "FF1"]
        {
            assert!(!is_junk(value), "{value}");
        }
    }

    #[test]
    fn a_mac_is_written_in_one_way_and_nobodys_is_none() {
        for told in
            ["B0:7B:25:EC:33:2F", "b07b25ec332f", "b0-7b-25-ec-33-2f", "b07b.25ec.332f", " B07B25EC332F "]
        {
            assert_eq!(mac(told).as_deref(), Some("b0:7b:25:ec:33:2f"), "{told}");
        }
        for none in [
            "",
            "Not Available",
            "00:00:00:00:00:00",
            "ff:ff:ff:ff:ff:ff",
            "0A:CA:FE:F0:0D:04",
            "b07b25ec332",
            "01:00:5e:00:00:01",
            "ü0:7b:25:ec:33:2f",
            "80:00:02:08:fe:80:00:00:00:00:00:00:b8:3f:d2:03:00:a1:42:a7",
        ] {
            assert_eq!(mac(none), None, "{none}");
        }
    }

    #[test]
    fn a_uuid_that_many_have_is_none() {
        assert_eq!(
            uuid("31F18B20-187F-11EE-834A-0A8FC3F0348F").as_deref(),
            Some("31f18b20-187f-11ee-834a-0a8fc3f0348f")
        );
        for none in [
            "",
            "00000000-0000-0000-0000-000000000000",
            "03000200-0400-0500-0006-000700080009",
            "not a uuid",
            "FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF",
        ] {
            assert_eq!(uuid(none), None, "{none}");
        }
    }

    #[test]
    fn a_version_is_found_in_what_surrounds_it() {
        for (told, version) in [
            ("iLO 5 v2.72", "2.72"),
            ("1.14.00 May 28 2025", "1.14.00"),
            ("TGBT42S 2.83 2023-07-05", "2.83"),
            ("6.00.30.00", "6.00.30.00"),
            ("GB200Nvl-24.12-8", "GB200Nvl-24.12-8"),
            ("1.43.660a4315", "1.43.660a4315"),
            ("iLO 4 v2.20", "2.20"),
        ] {
            assert_eq!(firmware(told), version);
        }
    }
}
