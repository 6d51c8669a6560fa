//! Rows that a workbook hides, by a filter or by hand: they are read like the others, and counted, so that nobody uploads
//! them unawares.

use std::io::BufReader;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::Trouble;
use super::zipped::{Archive, damaged};

/// How many rows with anything in them a sheet of an XLSX workbook hides.
pub(super) fn of_sheet(archive: &mut Archive, sheet: &str) -> Result<u64, Trouble> {
    let Some(part) = part_of(archive, sheet)? else { return Ok(0) };
    let (mut hidden, mut filled, mut rows) = (false, false, 0);
    walk(archive, &part, &mut |tag, end| match tag.local_name().as_ref() {
        "row" if end => {
            rows += u64::from(hidden && filled);
            (hidden, filled) = (false, false);
        }
        "row" => {
            let said = attribute(tag, "hidden");
            (hidden, filled) = (said.is_some_and(|said| said == "1" || said == "true"), false);
        }
        "v" | "t" => filled = true,
        _ => {}
    })?;
    Ok(rows)
}

/// The part of the package that holds a sheet: from its name over its id to its target.
fn part_of(archive: &mut Archive, sheet: &str) -> Result<Option<String>, Trouble> {
    let mut id = None;
    walk(archive, "xl/workbook.xml", &mut |tag, end| {
        let is_sheet = !end && tag.local_name().as_ref() == "sheet";
        if is_sheet && attribute(tag, "name").as_deref() == Some(sheet) {
            id = tag
                .attributes()
                .flatten()
                .find(|at| at.key.local_name().as_ref() == "id")
                .map(|at| at.value.into_owned());
        }
    })?;
    let Some(id) = id else { return Ok(None) };
    let mut target = None;
    walk(archive, "xl/_rels/workbook.xml.rels", &mut |tag, end| {
        let is_relation = !end && tag.local_name().as_ref() == "Relationship";
        if is_relation && attribute(tag, "Id").as_deref() == Some(&id) {
            target = attribute(tag, "Target");
        }
    })?;
    let Some(target) = target else { return Ok(None) };
    let wanted = target.strip_prefix('/').map_or_else(|| format!("xl/{target}"), str::to_owned);
    // Names of parts are compared as Windows compares those of files, because some programs write them so.
    let same = |name: &String| name.replace('\\', "/").eq_ignore_ascii_case(&wanted);
    Ok(archive.file_names().flatten().map(std::borrow::Cow::into_owned).find(same))
}

/// Calls `each` with every tag of a part, and whether it is one that ends.
fn walk(
    archive: &mut Archive,
    part: &str,
    each: &mut dyn FnMut(&BytesStart<'_>, bool),
) -> Result<(), Trouble> {
    let content = archive.by_name(part).map_err(damaged)?;
    let mut reader = Reader::from_reader(BufReader::new(content));
    let mut buffer = Vec::new();
    loop {
        buffer.clear();
        match reader.read_event_into(&mut buffer).map_err(|error| Trouble::Damaged(error.to_string()))? {
            Event::Start(tag) => each(&tag, false),
            Event::Empty(tag) => {
                each(&tag, false);
                each(&tag, true);
            }
            Event::End(tag) => {
                let name = tag.name().as_ref().to_owned();
                each(&BytesStart::new(name), true);
            }
            Event::Eof => return Ok(()),
            _ => {}
        }
    }
}

fn attribute(tag: &BytesStart<'_>, name: &str) -> Option<String> {
    let found = tag.try_get_attribute(name).ok()??;
    quick_xml::escape::unescape(&found.value).ok().map(std::borrow::Cow::into_owned)
}
