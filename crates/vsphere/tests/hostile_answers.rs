//! Generated answers: whatever arrives, the parser neither panics nor takes a part for the whole.

use proptest::prelude::*;
use vsphere::parser::{Limits, Page, parse_page, parse_page_in_chunks};

const ANSWERS: [&[u8]; 4] = [
    include_bytes!("recorded/page_VirtualMachine.xml"),
    include_bytes!("recorded/page_HostSystem_continued.xml"),
    include_bytes!("recorded/missing_set.xml"),
    include_bytes!("written/page.xml"),
];

/// Any answer, and a place in it.
fn answer_and_place() -> impl Strategy<Value = (&'static [u8], usize)> {
    (0..ANSWERS.len()).prop_flat_map(|index| (Just(ANSWERS[index]), 0..ANSWERS[index].len()))
}

fn parse(body: &[u8], chunk: usize) -> Option<Page> {
    parse_page_in_chunks(body, chunk, Limits::default()).ok()
}

/// The length of an answer without the white space at its end, which nobody misses.
fn needed(body: &[u8]) -> usize {
    body.trim_ascii_end().len()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn random_bytes_never_panic(body: Vec<u8>, chunk in 1_usize..50) {
        prop_assert_eq!(parse(&body, chunk), None);
    }

    #[test]
    fn random_markup_never_panics(pieces in prop::collection::vec(prop::sample::select(PIECES), 0..60), chunk in 1_usize..50) {
        let body = pieces.concat();
        prop_assert_eq!(parse(body.as_bytes(), chunk), parse_page(body.as_bytes(), Limits::default()).ok());
    }

    #[test]
    fn a_truncated_page_is_never_taken((body, cut) in answer_and_place(), chunk in 1_usize..5000) {
        prop_assume!(cut < needed(body));
        prop_assert_eq!(parse(&body[..cut], chunk), None);
    }

    #[test]
    fn chunks_make_no_difference((body, _) in answer_and_place(), chunk in 1_usize..5000) {
        prop_assert_eq!(parse(body, chunk), parse_page(body, Limits::default()).ok());
    }

    #[test]
    fn a_changed_page_never_panics_and_chunks_make_no_difference(
        (body, place) in answer_and_place(), byte: u8, chunk in 1_usize..2000,
    ) {
        let mut body = body.to_vec();
        body[place] = byte;
        prop_assert_eq!(parse(&body, chunk), parse_page(&body, Limits::default()).ok());
    }

    #[test]
    fn a_page_with_a_hole_or_a_repetition_never_panics(
        (body, place) in answer_and_place(), length in 1_usize..4000, repeat: bool, chunk in 1_usize..2000,
    ) {
        let end = (place + length).min(body.len());
        let mut changed = body[..if repeat { end } else { place }].to_vec();
        changed.extend_from_slice(&body[if repeat { place } else { end }..]);
        prop_assert_eq!(parse(&changed, chunk), parse_page(&changed, Limits::default()).ok());
    }
}

const PIECES: &[&str] = &[
    "<e:Envelope>",
    "</e:Envelope>",
    "<e:Body>",
    "</e:Body>",
    "<RetrievePropertiesExResponse>",
    "</RetrievePropertiesExResponse>",
    "<returnval>",
    "</returnval>",
    "<objects>",
    "</objects>",
    "<obj type=\"HostSystem\">host-1</obj>",
    "<propSet><name>a</name><val>b</val></propSet>",
    "<propSet>",
    "</propSet>",
    "<val xsi:type=\"ArrayOfX\">",
    "</val>",
    "<x/>",
    "&amp;",
    "&#65;",
    "&",
    ";",
    "<",
    ">",
    "<!--",
    "-->",
    "<![CDATA[",
    "]]>",
    "<?x",
    "?>",
    "<!DOCTYPE",
    "\"",
    "'",
    "=",
    "\u{feff}",
    "ä",
    " ",
    "xmlns:xsi=",
    "</",
    "/>",
    "<token>t</token>",
];
