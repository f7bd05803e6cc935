//! Reads an answer while its bytes arrive, and never holds more of the body than the element under way.
//! Unknown elements are ignored; a document type, a missing end tag and anything over a limit is an error.

mod build;
mod envelope;
mod keep;
mod names;
mod object;

use std::sync::Arc;

use quick_xml::{Reader, errors::SyntaxError, events::Event};

use self::build::Builder;
pub use self::{
    envelope::Page,
    object::{Missing, Object},
};
pub(crate) use self::{
    envelope::{Document, Response},
    keep::Keep,
};
use crate::{property::PropertySet, value::Value};

/// What one answer may cost.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Nested elements.
    pub depth: usize,
    /// One text, bytes.
    pub text: usize,
    /// The whole unpacked body, bytes.
    pub body: u64,
    /// Objects in one page.
    pub objects: usize,
    /// Elements in one answer. A tiny element costs more memory than bytes, so `body` alone is no bound.
    pub elements: u64,
}

impl Default for Limits {
    fn default() -> Self {
        // vSphere allows 255 redo logs and snapshot trees as deep, each level an element or two.
        Self { depth: 1_000, text: 8 << 20, body: 128 << 20, objects: 100_000, elements: 2_000_000 }
    }
}

/// Why an answer could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParseError {
    /// The body ended before its outermost element was closed.
    #[error("the response was cut off after {offset} bytes")]
    Truncated {
        /// Bytes read.
        offset: u64,
    },
    /// This is not XML, or not the XML a vCenter sends.
    #[error("invalid response at byte {offset}: {detail}")]
    Malformed {
        /// Bytes read before the fault.
        offset: u64,
        /// In words, with names from the answer but no values.
        detail: String,
    },
    /// More than a limit allows.
    #[error("more than {limit} {what}")]
    TooLarge {
        /// Unit of the limit: `bytes`, `bytes in one text`, `objects`, `elements`, `attributes`, `namespace prefixes`.
        what: &'static str,
        /// The limit.
        limit: u64,
    },
    /// Nested deeper than allowed.
    #[error("nested deeper than {limit}")]
    TooDeep {
        /// The limit.
        limit: usize,
    },
}

/// A scan of unfinished markup waits until it has doubled, and for this many bytes at least: bytes that trickle in one
/// by one would else be read from the start of their element each time.
const RESCAN: usize = 1 << 10;
const BOM: &[u8] = "\u{feff}".as_bytes();

/// Takes the bytes of one answer as they arrive.
#[derive(Debug)]
pub(crate) struct Parser {
    limits: Limits,
    builder: Builder,
    /// The start of an element, text or reference whose end hasn't arrived.
    pending: Vec<u8>,
    /// Length of `pending` from which another scan is worth its time.
    scan_at: usize,
    /// Bytes taken in, and how many of them are read.
    fed: u64,
    offset: u64,
    /// Bytes looked at, with every repetition.
    #[cfg(test)]
    scanned: u64,
}

impl Parser {
    pub(crate) fn new(limits: Limits, keep: Keep) -> Self {
        Self {
            limits,
            builder: Builder::new(limits, keep),
            pending: Vec::new(),
            scan_at: 0,
            fed: 0,
            offset: 0,
            #[cfg(test)]
            scanned: 0,
        }
    }

    pub(crate) fn fed(&self) -> u64 {
        self.fed
    }

    pub(crate) fn feed(&mut self, bytes: &[u8]) -> Result<(), ParseError> {
        self.fed += bytes.len() as u64;
        if self.fed > self.limits.body {
            return Err(ParseError::TooLarge { what: "bytes", limit: self.limits.body });
        }
        if self.pending.is_empty() {
            let read = self.scan(bytes, false)?;
            self.pending.extend_from_slice(&bytes[read..]);
        } else {
            self.pending.extend_from_slice(bytes);
            if self.pending.len() < self.scan_at {
                return Ok(());
            }
            self.scan_pending(false)?;
        }
        let left = self.pending.len();
        if left > self.limits.text.saturating_add(RESCAN) {
            return Err(ParseError::TooLarge { what: "bytes in one text", limit: self.limits.text as u64 });
        }
        self.scan_at = if left > 0 { left + left.max(RESCAN) } else { 0 };
        Ok(())
    }

    /// The answer, if it was whole.
    pub(crate) fn finish(mut self) -> Result<Document, ParseError> {
        self.scan_pending(true)?;
        self.builder.finish(self.fed).ok_or(ParseError::Truncated { offset: self.fed })
    }

    fn scan_pending(&mut self, last: bool) -> Result<(), ParseError> {
        let mut pending = std::mem::take(&mut self.pending);
        let read = self.scan(&pending, last)?;
        pending.drain(..read);
        self.pending = pending;
        Ok(())
    }

    /// Reads what is whole in `bytes` and says how far that went.
    fn scan(&mut self, bytes: &[u8], last: bool) -> Result<usize, ParseError> {
        #[cfg(test)]
        {
            self.scanned += bytes.len() as u64;
        }
        let mut start = 0;
        loop {
            // quick-xml drops a byte order mark wherever a reader starts; only at the very start it is one.
            while bytes[start..].starts_with(BOM) {
                if self.offset > 0 {
                    self.builder.text("\u{feff}").map_err(|cause| cause.at(self.offset))?;
                }
                start += BOM.len();
                self.offset += BOM.len() as u64;
            }
            match self.read_events(&bytes[start..], last)? {
                Stop::Waiting(read) => return Ok(start + read),
                Stop::BadText(read) => start += read,
            }
        }
    }

    fn read_events(&mut self, bytes: &[u8], last: bool) -> Result<Stop, ParseError> {
        let mut reader = reader(bytes);
        let base = self.offset;
        loop {
            let before = bytes.len() - reader.get_ref().len();
            self.offset = base + before as u64;
            let event = reader.read_event();
            let after = bytes.len() - reader.get_ref().len();
            // A text that touches the end may go on in the next bytes, and a reference may be cut in half.
            let unfinished = after == bytes.len() && !last;
            let at = |cause: build::Cause| cause.at(base + before as u64);
            match event {
                Ok(Event::Eof) => return Ok(Stop::Waiting(after)),
                Ok(Event::Text(_)) if unfinished => return Ok(Stop::Waiting(before)),
                Ok(Event::Text(text)) => self.builder.text(&text.xml10_content()).map_err(at)?,
                Ok(Event::CData(text)) => self.builder.text(&text.xml10_content()).map_err(at)?,
                Ok(Event::GeneralRef(name)) => self.builder.reference(&name).map_err(at)?,
                Ok(Event::Start(tag)) => self.builder.start(&tag).map_err(at)?,
                Ok(Event::End(tag)) => self.builder.end(build::local(tag.name().into_inner())).map_err(at)?,
                Ok(Event::Empty(tag)) => {
                    self.builder.start(&tag).map_err(at)?;
                    self.builder.end(build::local(tag.name().into_inner())).map_err(at)?;
                }
                Ok(Event::DocType(_)) => return Err(self.malformed("a document type is refused")),
                Ok(Event::Comment(_) | Event::Decl(_) | Event::PI(_)) => {}
                Err(quick_xml::Error::Encoding(_)) if bytes[before] != b'<' => {
                    if unfinished {
                        return Ok(Stop::Waiting(before));
                    }
                    let text = String::from_utf8_lossy(&bytes[before..after]);
                    self.builder.text(&text).map_err(at)?;
                    self.offset = base + after as u64;
                    return Ok(Stop::BadText(after));
                }
                Err(quick_xml::Error::Syntax(error)) => {
                    return self.unclosed(&error, &bytes[before..], before, last);
                }
                Err(error) => return Err(self.malformed(&error.to_string())),
            }
        }
    }

    /// Markup without an end: either the rest is still to come, or there is none.
    fn unclosed(
        &self,
        error: &SyntaxError,
        rest: &[u8],
        before: usize,
        last: bool,
    ) -> Result<Stop, ParseError> {
        match error {
            SyntaxError::InvalidBangMarkup if rest.len() > 2 => Err(self.malformed(&error.to_string())),
            _ if last => Err(ParseError::Truncated { offset: self.fed }),
            _ => Ok(Stop::Waiting(before)),
        }
    }

    fn malformed(&self, detail: &str) -> ParseError {
        ParseError::Malformed { offset: self.offset, detail: detail.to_owned() }
    }
}

enum Stop {
    /// This many bytes are read; what follows isn't whole yet.
    Waiting(usize),
    /// A text that isn't UTF-8 ended here, and was taken with replacement characters.
    BadText(usize),
}

fn reader(bytes: &[u8]) -> Reader<&[u8]> {
    let mut reader = Reader::from_reader(bytes);
    let config = reader.config_mut();
    // The builder checks end names itself: this reader sees only a part of the body.
    config.check_end_names = false;
    config.allow_unmatched_ends = true;
    config.allow_dangling_amp = true;
    reader
}

/// Reads a whole recorded answer of RetrievePropertiesEx or ContinueRetrievePropertiesEx, for tests and benches.
pub fn parse_page(body: &[u8], limits: Limits) -> Result<Page, ParseError> {
    parse_page_in_chunks(body, body.len().max(1), limits)
}

/// The same, with no more built of the values than these sets say.
pub fn parse_page_of(body: &[u8], sets: &[PropertySet], limits: Limits) -> Result<Page, ParseError> {
    page(body, body.len().max(1), Parser::new(limits, Keep::of(sets)))
}

/// Like [`parse_page`], with the body arriving in chunks of this many bytes.
pub fn parse_page_in_chunks(body: &[u8], chunk: usize, limits: Limits) -> Result<Page, ParseError> {
    page(body, chunk, Parser::new(limits, Keep::default()))
}

fn page(body: &[u8], chunk: usize, mut parser: Parser) -> Result<Page, ParseError> {
    for bytes in body.chunks(chunk) {
        parser.feed(bytes)?;
    }
    let document = parser.finish()?;
    let malformed = |detail: &str| ParseError::Malformed { offset: body.len() as u64, detail: detail.into() };
    let response = document.into_response().map_err(malformed)?;
    match response.is_page() {
        true => response.into_page().map_err(malformed),
        false => Err(malformed(&format!("{} is not a page", response.name))),
    }
}

/// Reads any XML document as its outermost name and value.
pub fn parse_document(body: &[u8], limits: Limits) -> Result<(Arc<str>, Value), ParseError> {
    let mut parser = Parser::new(limits, Keep::default());
    parser.feed(body)?;
    parser.finish().map(|document| (document.name, document.root))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bytes looked at while a body arrives in chunks of this size.
    fn scanned(body: &[u8], chunk: usize) -> u64 {
        let mut parser = Parser::new(Limits::default(), Keep::default());
        for bytes in body.chunks(chunk) {
            parser.feed(bytes).unwrap();
        }
        parser.scanned
    }

    #[test]
    fn bytes_that_trickle_in_are_looked_at_a_few_times_and_no_more() {
        let long_text = format!("<a>{}</a>", "x".repeat(130_000));
        let long_tag = format!("<a b=\"{}\"/>", "x".repeat(130_000));
        let small_tags = format!("<a>{}</a>", "<b>c</b>".repeat(16_000));
        let comment = format!("<a><!--{}--></a>", "x".repeat(130_000));
        for body in [long_text, long_tag, small_tags, comment] {
            for chunk in [1, 2, 100, 1000, 1500, 5000] {
                let scanned = scanned(body.as_bytes(), chunk);
                assert!(scanned <= 3 * body.len() as u64, "{}: {scanned} for {chunk}", &body[..10]);
            }
        }
    }
}
