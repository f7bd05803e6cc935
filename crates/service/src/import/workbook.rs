//! The cells of a workbook (.xlsx), tab by tab and row by row.
//! Refuses to unpack more than a large estate needs, to believe what the file says of its own size, and to expand entities.

use quick_xml::Reader;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesRef, BytesStart, Event};
use std::collections::HashMap;
use std::io::{BufReader, Cursor, Read};
use zip::ZipArchive;

/// Bytes that are unpacked of one workbook.
const MOST_UNPACKED: u64 = 256 << 20;

/// Letters of one cell; Excel has 32,767.
const LONGEST_TEXT: usize = 1 << 16;

/// Columns of a tab, as Excel has them.
const COLUMNS: usize = 16_384;

/// Texts that cells share: more than a workbook with every VM of a large estate has.
const TEXTS: usize = 1_000_000;

/// Bytes of the texts of one row.
const LONGEST_ROW: usize = 4 << 20;

/// Tabs that are looked at.
const TABS: usize = 100;

/// A workbook that was opened.
pub(super) struct Workbook<'a> {
    archive: ZipArchive<Cursor<&'a [u8]>>,
    /// Each tab with the part that has its cells.
    tabs: Vec<(String, String)>,
    /// Texts that cells refer to by number.
    texts: Vec<String>,
    left: u64,
}

type Parser<'a> = Reader<BufReader<&'a mut dyn Read>>;

impl<'a> Workbook<'a> {
    /// Reads what tabs there are, and the texts that they share.
    pub(super) fn open(bytes: &'a [u8]) -> Result<Workbook<'a>, String> {
        let archive = ZipArchive::new(Cursor::new(bytes)).map_err(|_| "it is a damaged .zip or .xlsx")?;
        let mut workbook = Workbook { archive, tabs: Vec::new(), texts: Vec::new(), left: MOST_UNPACKED };
        let mut named = Vec::new();
        let found = workbook.part("xl/workbook.xml", |event, _| {
            if let Part::Start("sheet", tag) = event {
                named.extend(attribute(tag, "name").zip(attribute(tag, "id")).filter(|_| named.len() < TABS));
            }
            Ok(())
        })?;
        if !found {
            return Err("it is a .zip, but no workbook: unpack it first".to_owned());
        }
        let mut parts = HashMap::new();
        workbook.part("xl/_rels/workbook.xml.rels", |event, _| {
            if let Part::Start("Relationship", tag) = event {
                parts.extend(attribute(tag, "Id").zip(attribute(tag, "Target")));
            }
            Ok(())
        })?;
        let path = |target: &String| match target.strip_prefix('/') {
            Some(whole) => whole.to_owned(),
            None => format!("xl/{target}"),
        };
        let tabs = named.into_iter().filter_map(|(name, id)| Some((name, path(parts.get(&id)?))));
        workbook.tabs = tabs.collect();
        let (mut texts, mut before) = (Vec::new(), 0);
        workbook.part("xl/sharedStrings.xml", |event, text| {
            match event {
                // How it is pronounced.
                Part::Start("rPh", _) => before = text.len(),
                Part::End("rPh") => text.truncate(before),
                Part::Start("si", _) => text.clear(),
                Part::End("si") if texts.len() >= TEXTS => return Err("it has too many texts".to_owned()),
                Part::End("si") => texts.push(std::mem::take(text)),
                _ => {}
            }
            Ok(())
        })?;
        workbook.texts = texts;
        Ok(workbook)
    }

    /// The names of its tabs.
    pub(super) fn tabs(&self) -> Vec<String> {
        self.tabs.iter().map(|(name, _)| name.clone()).collect()
    }

    /// Hands over each row of a tab that has cells, with its number from 1 and its cells by column from 0.
    pub(super) fn rows(
        &mut self,
        tab: &str,
        mut each: impl FnMut(u64, &[(usize, String)]),
    ) -> Result<(), String> {
        let Some(path) = self.tabs.iter().find(|(name, _)| name == tab).map(|(_, path)| path.clone()) else {
            return Ok(());
        };
        let texts = std::mem::take(&mut self.texts);
        let (mut row, mut cells, mut letters) = (0, Vec::new(), 0);
        let (mut column, mut is_shared) = (None::<usize>, false);
        let read = self.part(&path, |event, text| {
            match event {
                Part::Start("row", tag) => {
                    row = attribute(tag, "r").and_then(|row| row.parse().ok()).unwrap_or(row + 1);
                    cells.clear();
                    letters = 0;
                    column = None;
                }
                Part::Start("c", tag) => {
                    let place = attribute(tag, "r").and_then(|place| column_of(&place));
                    let next = place.unwrap_or_else(|| column.map_or(0, |column| column + 1));
                    if next >= COLUMNS || cells.len() >= COLUMNS {
                        return Err(format!("a row of its tab {tab} is too long"));
                    }
                    column = Some(next);
                    is_shared = attribute(tag, "t").as_deref() == Some("s");
                    text.clear();
                }
                // The formula of a cell stands before its value.
                Part::End("f") => text.clear(),
                Part::End("c") => {
                    let value = match is_shared {
                        true => {
                            text.trim().parse::<usize>().ok().and_then(|number| texts.get(number)).cloned()
                        }
                        false => Some(std::mem::take(text)),
                    };
                    // Many cells may stand for one long text.
                    letters += value.as_ref().map_or(0, String::len);
                    if letters > LONGEST_ROW {
                        return Err(format!("a row of its tab {tab} is too long"));
                    }
                    cells.extend(column.zip(value));
                }
                Part::End("row") if !cells.is_empty() => each(row, &cells),
                _ => {}
            }
            Ok(())
        });
        self.texts = texts;
        read.map(drop)
    }

    /// Hands over the tags of a part, with the text since it was cleared; `false` if there is no such part.
    fn part(
        &mut self,
        path: &str,
        mut each: impl FnMut(Part<'_>, &mut String) -> Result<(), String>,
    ) -> Result<bool, String> {
        let damaged = || format!("its part {path} is damaged");
        let file = match self.archive.by_name(path) {
            Ok(file) => file,
            Err(zip::result::ZipError::FileNotFound) => return Ok(false),
            Err(_) => return Err(damaged()),
        };
        let mut file = file.take(self.left);
        let read = {
            let reader: &mut dyn Read = &mut file;
            let mut parser = Reader::from_reader(BufReader::new(reader));
            events(&mut parser, &mut each)
        };
        self.left = file.limit();
        if self.left == 0 {
            return Err("it unpacks to more than 256 MiB".to_owned());
        }
        read.map_err(|why| why.unwrap_or_else(damaged)).map(|()| true)
    }
}

/// What a part is made of.
enum Part<'a> {
    Start(&'a str, &'a BytesStart<'a>),
    End(&'a str),
}

/// Reads a part to its end; an error without words where it is damaged.
fn events(
    parser: &mut Parser<'_>,
    each: &mut impl FnMut(Part<'_>, &mut String) -> Result<(), String>,
) -> Result<(), Option<String>> {
    let (mut buffer, mut text) = (Vec::new(), String::new());
    let push = |text: &mut String, more: &str| {
        if text.len() + more.len() <= LONGEST_TEXT {
            text.push_str(more);
        }
    };
    loop {
        buffer.clear();
        match parser.read_event_into(&mut buffer).map_err(|_| None)? {
            Event::Start(tag) => each(Part::Start(local(tag.name().into_inner()), &tag), &mut text)?,
            Event::Empty(tag) => {
                let name = tag.name();
                let name = local(name.into_inner());
                each(Part::Start(name, &tag), &mut text)?;
                each(Part::End(name), &mut text)?;
            }
            Event::End(tag) => each(Part::End(local(tag.name().into_inner())), &mut text)?,
            Event::Text(more) => push(&mut text, &more.xml10_content()),
            Event::CData(more) => push(&mut text, &more.xml10_content()),
            Event::GeneralRef(name) => push(&mut text, &resolved(&name)),
            Event::DocType(_) => return Err(Some("it has a document type".to_owned())),
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
            Event::Eof => return Ok(()),
        }
    }
}

/// `&amp;`, `&#228;` and the like; nothing else is resolved.
pub(super) fn resolved(name: &BytesRef<'_>) -> String {
    match name.resolve_char_ref() {
        Ok(Some(character)) => character.to_string(),
        Ok(None) => resolve_predefined_entity(name).unwrap_or_default().to_owned(),
        Err(_) => String::new(),
    }
}

/// A name without its prefix.
pub(super) fn local(name: &str) -> &str {
    name.rsplit_once(':').map_or(name, |(_, local)| local)
}

fn attribute(tag: &BytesStart<'_>, name: &str) -> Option<String> {
    let mut attributes = tag.attributes();
    let found =
        attributes.with_checks(false).flatten().find(|attribute| local(attribute.key.as_ref()) == name)?;
    Some(found.value.into_owned())
}

/// The column of a place such as `AB12`, from 0.
fn column_of(place: &str) -> Option<usize> {
    let letters = place.bytes().take_while(u8::is_ascii_uppercase).take(4);
    letters.fold(None, |column: Option<usize>, letter| {
        Some(column.map_or(0, |column| (column + 1) * 26) + usize::from(letter - b'A'))
    })
}
