//! The national registry's full list in XML: `<list val='423'><ac val='423'><ph val='1234567'/>…`.
//!
//! A number is its area code and seven digits; leading zeros may be missing and are put back. `<ph>` stands under `<ac>`,
//! or under `<list>` itself. A document type is refused: nothing in this format needs one, and entities can do harm. So is
//! whatever else is unknown, in elements, their order and their attributes: it may say that a number is taken off the list.

use std::io::BufRead;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::{Container, Spool, Trouble, Unpacked};

pub(super) fn read(file: impl BufRead, mut spool: Spool<'_>) -> Result<Unpacked, Trouble> {
    let mut reader = Reader::from_reader(file);
    reader.config_mut().check_end_names = true;
    let (mut open, mut buffer): (Vec<Open>, _) = (Vec::new(), Vec::new());
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
                open.push(take(&tag, open.last(), &mut rows, &mut spool).map_err(|what| what.at(at))?);
            }
            Event::Empty(tag) => {
                is_list = true;
                take(&tag, open.last(), &mut rows, &mut spool).map_err(|what| what.at(at))?;
            }
            Event::End(_) => {
                open.pop();
            }
            Event::Text(text) if text.chars().any(|c| !c.is_whitespace()) => {
                return Err(damaged("text between the numbers"));
            }
            Event::GeneralRef(_) | Event::CData(_) => return Err(damaged("text between the numbers")),
            Event::Eof if !open.is_empty() => return Err(damaged("the document is cut short")),
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

/// What an element is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Element {
    List,
    Area,
    Number,
}

/// An element that is open, and the area code that holds inside it.
struct Open {
    element: Element,
    area: Option<String>,
}

/// Takes an element in. A damaged area code is never made good by that of the element around it: the numbers would be
/// others.
fn take(
    tag: &BytesStart<'_>,
    above: Option<&Open>,
    rows: &mut u64,
    spool: &mut Spool<'_>,
) -> Result<Open, Odd> {
    use Element::{Area, List, Number};
    let element = match tag.local_name().as_ref() {
        "list" => List,
        "ac" => Area,
        "ph" => Number,
        _ => return Err(Odd::Said("an element that is neither <list> nor <ac> nor <ph>")),
    };
    match (above.map(|open| open.element), element) {
        (None, List) | (Some(List), Area | Number) | (Some(Area), Number) => {}
        _ => return Err(Odd::Said("an element where none of its kind stands")),
    }
    let value = value(tag, element)?;
    let code = value.clone().filter(|code| code.len() == 3 && code.bytes().all(|b| b.is_ascii_digit()));
    let area = match element {
        // The whole list may be called by something else, such as the name of a state.
        List => code,
        Area => Some(code.ok_or(Odd::Said("an area code without three digits"))?),
        Number => {
            *rows += 1;
            let area = above.and_then(|open| open.area.clone());
            write(value.as_deref(), area.as_deref(), spool)?;
            area
        }
    };
    Ok(Open { element, area })
}

/// The value of an element, which has no other attribute that could change what it means.
fn value(tag: &BytesStart<'_>, element: Element) -> Result<Option<String>, Odd> {
    let mut value = None;
    for attribute in tag.attributes() {
        let attribute = attribute.map_err(|_| Odd::Said("an attribute that cannot be read"))?;
        let text = quick_xml::escape::unescape(&attribute.value)
            .map_err(|_| Odd::Said("an attribute with an unknown entity"))?;
        let text = text.trim();
        match attribute.key.as_ref() {
            "val" => value = Some(text.to_owned()),
            "type" if element == Element::List && text.eq_ignore_ascii_case("full") => {}
            "type" if element == Element::List => {
                return Err(Odd::Said("a list of another type than full, which may take numbers off"));
            }
            // Where the words come from, and where their rules stand.
            key if key == "xmlns" || key.starts_with("xmlns:") || key.starts_with("xsi:") => {}
            _ => return Err(Odd::Said("an unknown attribute, which may take a number off the list")),
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
