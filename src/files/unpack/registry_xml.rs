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
    let (mut rows, mut is_list) = (0_u64, false);
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
                let above = areas.last().and_then(Option::as_deref);
                let area = take(&tag, above, &mut rows, &mut spool).map_err(|what| what.at(at))?;
                areas.push(area);
            }
            Event::Empty(tag) => {
                is_list = true;
                let above = areas.last().and_then(Option::as_deref);
                take(&tag, above, &mut rows, &mut spool).map_err(|what| what.at(at))?;
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

/// Takes an element in, and returns the area code that holds inside it. A damaged one is never made good by that of the
/// element around it: the numbers would be others.
fn take(
    tag: &BytesStart<'_>,
    above: Option<&str>,
    rows: &mut u64,
    spool: &mut Spool<'_>,
) -> Result<Option<String>, Odd> {
    let value = value(tag)?;
    let code = value.as_deref().filter(|code| code.len() == 3 && code.bytes().all(|b| b.is_ascii_digit()));
    match tag.local_name().as_ref() {
        // The whole list may be called by something else, such as the name of a state.
        "list" => Ok(code.map(str::to_owned)),
        "ac" => code.map(|code| Some(code.to_owned())).ok_or(Odd::Said("an area code without three digits")),
        "ph" => {
            *rows += 1;
            write(value.as_deref(), above, spool)?;
            Ok(above.map(str::to_owned))
        }
        _ => Err(Odd::Said("an element that is neither <list> nor <ac> nor <ph>")),
    }
}

fn value(tag: &BytesStart<'_>) -> Result<Option<String>, Odd> {
    let mut value = None;
    for attribute in tag.attributes() {
        let attribute = attribute.map_err(|_| Odd::Said("an attribute that cannot be read"))?;
        if attribute.key.as_ref() == "val" {
            value = Some(attribute.value.trim().to_owned());
        }
    }
    Ok(value)
}

/// A line `AAA,NNNNNNN`. What is no number is written as it stands: the check rejects it with its row.
fn write(local: Option<&str>, area: Option<&str>, spool: &mut Spool<'_>) -> Result<(), Odd> {
    let local = local.ok_or(Odd::Said("a number without a value"))?;
    if local.contains(['\n', '\r', ',', '"']) {
        return Err(Odd::Said("a number that holds a line break, a comma or a quotation mark"));
    }
    let area = area.ok_or(Odd::Said("a number without an area code"))?;
    let is_short = (1..=7).contains(&local.len()) && local.bytes().all(|b| b.is_ascii_digit());
    let line = if is_short { format!("{area},{local:0>7}\n") } else { format!("{area},{local}\n") };
    spool.write(line.as_bytes()).map_err(Odd::Spool)
}
