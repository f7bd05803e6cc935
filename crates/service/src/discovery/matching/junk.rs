//! What stands in identity fields and identifies nothing: placeholders, and names of makers in all their spellings.
//! Refuses to repair a value: what isn't usable is left out, and two values are only compared as they are.

/// Longer texts are no serial numbers.
const LONGEST: usize = 128;

/// Shorter ones are too likely to be equal by chance; Dell's oldest service tags have five characters.
const SHORTEST: usize = 5;

/// Placeholders, by their letters and digits alone.
const PLACEHOLDERS: [&str; 19] = [
    "12345XYZ",
    "CHASSISSN",
    "DEFAULT",
    "EMPTY",
    "FOOBAR",
    "INVALID",
    "MB1234567890",
    "NONE",
    "NULL",
    "OEMSN",
    "SERIAL",
    "SN12345",
    "SYSTEMSN",
    "TBDTBD",
    "UNDEFINED",
    "UNKNOW",
    "UNKNOWN",
    "XXXXXX",
    "UNSPECIFIED",
];

/// What placeholders begin with: firmwares cut them off, number them, or add to them.
const PLACEHOLDERS_BEGIN: [&str; 24] = [
    "0123456",
    "1234567",
    "9876543",
    "ASSETTAG",
    "BASEBOARDSERIAL",
    "CHASSISASSET",
    "CHASSISSERIAL",
    "DEFAULTSTRING",
    "FREEFORMASSET",
    "NOASSET",
    "NOSERIAL",
    "NOTAPPLICABLE",
    "NOTAVAILABLE",
    "NOTDEFINED",
    "NOTPRESENT",
    "NOTPROVIDED",
    "NOTSET",
    "NOTSPECIFIED",
    "OEMDEFAULT",
    "PRODUCTASSET",
    "SERIALNUM",
    "SYSTEMASSET",
    "SYSTEMSERIALNUM",
    "TOBEFILLED",
];

/// Host names that are an installer's, nobody's or the BMC's own.
const NAMES_BEGIN: [&str; 6] = ["idrac-", "ilo", "localhost", "minint-", "minwinpc", "xcc-"];

/// How vendors are spelled, by letters and digits in lower case, and what they are here. The first that fits.
const VENDORS: [(&str, &str); 23] = [
    ("dell", "dell"),
    ("hp", "hpe"),
    ("hpe", "hpe"),
    ("hewlettpackard", "hpe"),
    ("lenovo", "lenovo"),
    ("lnvo", "lenovo"),
    ("ibm", "ibm"),
    ("ibmcorp", "ibm"),
    ("internationalbusinessmachines", "ibm"),
    ("supermicro", "supermicro"),
    ("smci", "supermicro"),
    ("supermicrocomputer", "supermicro"),
    ("cisco", "cisco"),
    ("fujitsu", "fujitsu"),
    ("fsc", "fujitsu"),
    ("huawei", "huawei"),
    ("xfusion", "xfusion"),
    ("inspur", "inspur"),
    ("ieit", "inspur"),
    ("gigabyte", "gigabyte"),
    ("gigacomputing", "gigabyte"),
    ("quanta", "quanta"),
    ("qct", "quanta"),
];

/// A serial number or tag as it is compared: letters and digits in upper case. None if it is a placeholder.
pub(super) fn serial(text: &str) -> Option<String> {
    let compact = compact(text)?.to_ascii_uppercase();
    let is_junk = compact.len() < SHORTEST || is_placeholder(&compact) || has_one_character(&compact);
    (!is_junk).then_some(compact)
}

/// A host's name as it is compared: its first label in lower case. None if it is an address or nobody's name.
pub(super) fn name(text: &str) -> Option<String> {
    let name = text.trim().trim_end_matches('.').to_lowercase();
    if name.len() > LONGEST * 2 || name.parse::<std::net::IpAddr>().is_ok() {
        return None;
    }
    let label = name.split('.').next().unwrap_or_default();
    let is_junk = label.chars().count() < 2 || NAMES_BEGIN.iter().any(|begin| label.starts_with(begin));
    (!is_junk).then(|| label.to_owned())
}

/// An address as it is compared. None if it is no address of its own.
pub(super) fn address(text: &str) -> Option<String> {
    let text = text.trim().to_lowercase();
    match text.parse::<std::net::IpAddr>() {
        Ok(std::net::IpAddr::V4(ip)) if ip.is_unspecified() || ip.is_link_local() => None,
        Ok(std::net::IpAddr::V6(ip)) if ip.is_unspecified() || ip.is_unicast_link_local() => None,
        Ok(ip) => Some(ip.to_canonical().to_string()),
        Err(_) => (text.contains('.') && text.len() <= LONGEST * 2).then_some(text),
    }
}

/// A vendor as it is compared, and None if nobody is named.
pub(super) fn vendor(text: &str) -> Option<String> {
    let compact = compact(text)?.to_ascii_lowercase();
    let known = VENDORS.iter().find(|(spelling, _)| is_spelled(&compact, spelling));
    match known {
        Some((_, vendor)) => Some((*vendor).to_owned()),
        None => (compact.len() >= 2 && !is_placeholder(&compact.to_ascii_uppercase())).then_some(compact),
    }
}

fn is_placeholder(compact: &str) -> bool {
    PLACEHOLDERS.contains(&compact) || PLACEHOLDERS_BEGIN.iter().any(|begin| compact.starts_with(begin))
}

/// Short spellings must be the whole word: `hp` is HPE and `hpc systems` is not.
fn is_spelled(compact: &str, spelling: &str) -> bool {
    compact == spelling || (spelling.len() > 3 && compact.starts_with(spelling))
}

/// The letters and digits alone. None of a text that is too long for what it should be.
fn compact(text: &str) -> Option<String> {
    (text.len() <= LONGEST).then(|| text.chars().filter(char::is_ascii_alphanumeric).collect())
}

fn has_one_character(text: &str) -> bool {
    let mut bytes = text.bytes();
    let first = bytes.next();
    bytes.all(|byte| Some(byte) == first)
}
