//! A recording's file as a text: unpacked, and XML to its end.
//! Refuses to know what stands in it.

use std::io::Read as _;

use flate2::read::GzDecoder;
use quick_xml::Reader;
use quick_xml::events::Event;

/// The largest file that is taken, unpacked. A vCenter with thousands of objects is far below it.
const LARGEST: u64 = 256 << 20;

/// How deep elements may nest: vSphere allows 255 redo logs in a branch.
const DEPTH: usize = 1024;

/// What is wrong with a recording, in words.
pub(super) type Wrong = String;

/// The text of a file that may be packed.
pub(super) fn unpacked(bytes: &[u8]) -> Result<String, Wrong> {
    let mut unpacked = Vec::new();
    let read = if bytes.starts_with(&[0x1f, 0x8b]) {
        GzDecoder::new(bytes).take(LARGEST + 1).read_to_end(&mut unpacked)
    } else {
        bytes.take(LARGEST + 1).read_to_end(&mut unpacked)
    };
    read.map_err(|error| format!("it can't be unpacked: {error}"))?;
    if unpacked.len() as u64 > LARGEST {
        return Err(format!("it has more than {} MB", LARGEST >> 20));
    }
    String::from_utf8(unpacked)
        .map_err(|error| format!("it is not valid UTF-8, from byte {} on", error.utf8_error().valid_up_to()))
}

/// Whether the text is XML to its end, so that nobody has to ask again.
pub(super) fn well_formed(text: &str) -> Result<(), Wrong> {
    let mut reader = Reader::from_str(text);
    let (mut depth, mut is_begun) = (0_usize, false);
    loop {
        let wrong = |at: u64, what: &dyn std::fmt::Display| {
            let at = usize::try_from(at).unwrap_or(usize::MAX).min(text.len());
            Err(format!("{}: {what}", line_and_column(text, at)))
        };
        match reader.read_event() {
            Ok(Event::Start(_)) if depth >= DEPTH => {
                return wrong(reader.buffer_position(), &"its elements nest too deep");
            }
            Ok(Event::Start(_)) => (depth, is_begun) = (depth + 1, true),
            Ok(Event::Empty(_)) => is_begun = true,
            Ok(Event::End(_)) => depth = depth.saturating_sub(1),
            Ok(Event::DocType(_)) => return wrong(reader.buffer_position(), &"it has a document type"),
            Ok(Event::Eof) if depth > 0 => {
                return wrong(text.len() as u64, &"it ends before its elements do");
            }
            Ok(Event::Eof) if !is_begun => return Err("it has no element: it is not valid XML".into()),
            Ok(Event::Eof) => return Ok(()),
            Ok(_) => {}
            Err(error) => return wrong(reader.error_position(), &error),
        }
    }
}

/// A place in a text, for people.
pub(super) fn line_and_column(text: &str, at: usize) -> String {
    let before = &text.as_bytes()[..at];
    let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
    let column = at - before.iter().rposition(|byte| *byte == b'\n').map_or(0, |place| place + 1) + 1;
    format!("line {line}, column {column}")
}
