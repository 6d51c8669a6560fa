//! The national registry's full list in XML: `<list val='423'><ac val='423'><ph val='1234567'/>…`.
//!
//! A number is its area code and seven digits; leading zeros may be missing and are put back. `<ph>` stands under `<ac>`,
//! or under `<list>` itself. A document type is refused: nothing in this format needs one, and entities can do harm.

use std::io::BufRead;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::{Container, Spool, Trouble, Unpacked};

pub(super) fn read(file: impl BufRead, mut spool: Spool<'_>) -> Result<Unpacked, Trouble> {
    let mut reader = Reader::from_reader(file);
    reader.config_mut().check_end_names = true;
    let (mut areas, mut buffer): (Vec<Option<String>>, _) = (Vec::new(), Vec::new());
    let (mut rows, mut is_list) = (0, false);
    loop {
        buffer.clear();
        let at = reader.buffer_position();
        let event = reader.read_event_into(&mut buffer);
        let damaged = |what: &str| Trouble::Damaged(format!("at byte {at}: {what}"));
        match event.map_err(|error| damaged(&error.to_string()))? {
            Event::DocType(_) => {
                return Err(Trouble::Other("an XML document with a document type, which may do harm".into()));
            }
            Event::Start(tag) | Event::Empty(tag) if !is_list && tag.local_name().as_ref() != "list" => {
                return Err(Trouble::Other("an XML document that is no list of a registry".into()));
            }
            Event::Start(tag) => {
                is_list = true;
                if tag.local_name().as_ref() == "ph" {
                    rows += 1;
                    write(&tag, areas.last(), &mut spool).map_err(|what| what.at(at))?;
                    areas.push(areas.last().cloned().flatten());
                } else {
                    areas.push(area(&tag).or_else(|| areas.last().cloned().flatten()));
                }
            }
            Event::Empty(tag) => {
                is_list = true;
                if tag.local_name().as_ref() == "ph" {
                    rows += 1;
                    write(&tag, areas.last(), &mut spool).map_err(|what| what.at(at))?;
                }
            }
            Event::End(_) => {
                areas.pop();
            }
            Event::Text(text) if text.chars().any(|c| !c.is_whitespace()) => {
                return Err(damaged("text between the numbers"));
            }
            Event::GeneralRef(_) | Event::CData(_) => return Err(damaged("text between the numbers")),
            Event::Eof if !areas.is_empty() => return Err(damaged("the document is cut short")),
            Event::Eof => break,
            _ => {}
        }
    }
    if !is_list {
        return Err(Trouble::Other("an XML document that is no list of a registry".into()));
    }
    let (text, size) = spool.finish()?;
    let container = Container { kind: "ftc-xml", part: None };
    Ok(Unpacked { text, size, container, notes: Vec::new(), rows: Some(rows), delimiter: None })
}

enum Odd {
    Spool(Trouble),
    Said(&'static str),
}

impl Odd {
    fn at(self, byte: u64) -> Trouble {
        match self {
            Self::Spool(trouble) => trouble,
            Self::Said(what) => Trouble::Damaged(format!("at byte {byte}: {what}")),
        }
    }
}

fn value(tag: &BytesStart<'_>) -> Option<String> {
    let value = tag.try_get_attribute("val").ok()??;
    Some(value.value.trim().to_owned())
}

fn area(tag: &BytesStart<'_>) -> Option<String> {
    value(tag).filter(|area| area.len() == 3 && area.bytes().all(|b| b.is_ascii_digit()))
}

/// A line `AAA,NNNNNNN`. What is no number is written as it stands: the check rejects it with its row.
fn write(tag: &BytesStart<'_>, area: Option<&Option<String>>, spool: &mut Spool<'_>) -> Result<(), Odd> {
    let local = value(tag).ok_or(Odd::Said("a number without a value"))?;
    if local.contains(['\n', '\r', ',', '"']) {
        return Err(Odd::Said("a number that holds a line break, a comma or a quotation mark"));
    }
    let area = area.cloned().flatten().ok_or(Odd::Said("a number without an area code"))?;
    let is_short = (1..=7).contains(&local.len()) && local.bytes().all(|b| b.is_ascii_digit());
    let line = if is_short { format!("{area},{local:0>7}\n") } else { format!("{area},{local}\n") };
    spool.write(line.as_bytes()).map_err(Odd::Spool)
}
