//! What a file is, by what it holds: its name says nothing.
//! Refuses what is no text and no workbook, and more than anybody has.

use super::{Entry, Listed, list, own, royal, rvtools, table};
use contract::{ApiError, Code, Content};
use std::collections::HashSet;

/// vCenters of one file at most.
pub(super) const MOST: usize = 5_000;

/// The largest document that is held in memory as a whole, which takes many times as much there.
const LARGEST_JSON: usize = 8 << 20;

/// Reads a file of any format; what is wrong with single entries is said of them.
pub(super) fn read(bytes: &[u8], esxi_hosts: bool) -> Result<Listed, ApiError> {
    let listed = read_any(bytes, esxi_hosts).map_err(|why| unusable(&why))?;
    let passed_over = match listed.passed_over {
        0 => String::new(),
        number => format!("; what else it holds ({number}) is no vCenter"),
    };
    match listed.entries.len() {
        0 => Err(unusable(&format!("it names no vCenter{passed_over}"))),
        number if number > MOST => Err(unusable(&format!("it names {number} vCenters, more than {MOST}"))),
        _ => Ok(listed),
    }
}

fn read_any(bytes: &[u8], esxi_hosts: bool) -> Result<Listed, String> {
    if bytes.len() > Content::LARGEST {
        return Err("it is larger than 32 MiB".to_owned());
    }
    match bytes {
        [b'P', b'K', 3, 4, ..] => return rvtools::workbook(bytes, esxi_hosts),
        [0xd0, 0xcf, 0x11, 0xe0, ..] => {
            return Err("it is a workbook of Excel 97: save it as .xlsx or CSV".to_owned());
        }
        _ => {}
    }
    let text = decoded(bytes)?;
    let start = text.trim_start();
    match start.chars().next() {
        None => Err("it is empty".to_owned()),
        Some('{' | '[') if !begins_with_ipv6(start) => json(&text),
        Some('<') => royal::document(&text),
        Some(_) => match table::of(&text, table::kind) {
            Some(table) => Ok(match table.kind {
                table::Kind::Own => own::table(&table),
                table::Kind::RvTools => rvtools::table(&table, esxi_hosts),
                table::Kind::Royal => royal::table(&table),
            }),
            None => Ok(list::lines(&text)),
        },
    }
}

/// Whether an IPv6 address in brackets stands first, as in a list.
fn begins_with_ipv6(text: &str) -> bool {
    let bracketed = text.strip_prefix('[').and_then(|rest| rest.split_once(']'));
    bracketed.is_some_and(|(address, _)| address.parse::<std::net::Ipv6Addr>().is_ok())
}

fn json(text: &str) -> Result<Listed, String> {
    if text.len() > LARGEST_JSON {
        return Err("it is JSON and larger than 8 MiB".to_owned());
    }
    // Its words may quote the file.
    let read = serde_json::from_str::<serde_json::Value>(text);
    let value = read.map_err(|error| format!("it is no valid JSON (line {})", error.line()))?;
    match value.get("Objects") {
        Some(objects) => Ok(royal::objects(objects)),
        None => own::document(&value),
    }
}

/// The text of a file in UTF-8, or in UTF-16 with the mark that Windows writes.
pub(crate) fn decoded(bytes: &[u8]) -> Result<String, String> {
    let text = match bytes {
        [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes),
        [0xef, 0xbb, 0xbf, rest @ ..] => std::str::from_utf8(rest).ok().map(str::to_owned),
        _ => std::str::from_utf8(bytes).ok().map(str::to_owned),
    };
    let text = text.filter(|text| !text.contains('\0'));
    // One way to end a line, so that its number is what an editor shows.
    let text = text.map(|text| if text.contains('\r') { text.replace("\r\n", "\n") } else { text });
    text.ok_or_else(|| "it is no text: save it as UTF-8".to_owned())
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Option<String> {
    let pairs = bytes.chunks(2).map(|pair| Some(unit([*pair.first()?, *pair.get(1)?])));
    String::from_utf16(&pairs.collect::<Option<Vec<u16>>>()?).ok()
}

fn unusable(why: &str) -> ApiError {
    ApiError::new(Code::InvalidValue, format!("the file can't be imported: {why}")).next(
        "Choose an export of Muster (JSON or CSV), of RVTools (.xlsx or CSV) or of Royal TS (.rtsz or CSV), or a list \
         with one host per line.",
    )
}

/// The first entry of each address: other programs name a vCenter in many rows.
pub(super) fn distinct(entries: impl IntoIterator<Item = Entry>) -> Vec<Entry> {
    let mut seen = HashSet::new();
    let mut is_new = |entry: &Entry| seen.insert(entry.address().unwrap_or_else(|_| (entry.host.clone(), 0)));
    entries.into_iter().filter(|entry| is_new(entry)).collect()
}
