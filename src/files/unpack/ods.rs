//! OpenDocument spreadsheets: the cells of one table of `content.xml`, read as a stream.
//!
//! Repeated rows and cells are written out only where they hold something: sheets end in a million empty ones.

use std::collections::BTreeMap;
use std::io::BufReader;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::sheet::{MOST_COLUMNS, MOST_ROWS, RowWriter, choose, grow, number};
use super::zipped::{Archive, damaged, ensure_bounded};
use super::{Container, Spool, Trouble, Unpacked, formula_cells, hidden_rows};
use crate::domain::problem::Code;
use crate::files::InputOptions;
use crate::files::sniff::note;

pub(super) fn read(
    mut archive: Archive,
    spool: Spool<'_>,
    options: &InputOptions,
) -> Result<Unpacked, Trouble> {
    let tables = measured(&mut archive)?;
    let filled: Vec<String> = tables.iter().map(|(name, _)| name.clone()).collect();
    let chosen = choose(&filled, &filled, options.sheet.as_deref())?;
    let columns = tables.iter().find(|(name, _)| *name == chosen).map_or(0, |(_, columns)| *columns);
    let mut writer = RowWriter::new(spool, columns);
    let noticed = walk(&mut archive, &mut |table, row, cells, holds_more| {
        if table == chosen { writer.row(row, cells, holds_more) } else { Ok(()) }
    })?;
    let mut notes = Vec::new();
    let noticed = noticed.get(&chosen).copied().unwrap_or_default();
    if noticed.formulas > 0 {
        notes.push(formula_cells(noticed.formulas, noticed.empty_formulas));
    }
    notes.extend(hidden_rows(noticed.hidden_rows));
    if options.sheet.is_none() {
        notes.push(note(Code::ChosenSheet, &chosen, "the only sheet with cells was taken"));
    }
    let (spool, rows) = writer.finish();
    let (text, size) = spool.finish()?;
    let container = Container { kind: "ods", part: Some(chosen) };
    Ok(Unpacked { text, size, container, notes, rows: Some(rows), delimiter: Some(b',') })
}

/// The tables with any cell filled.
pub(super) fn tables(archive: &mut Archive) -> Result<Vec<String>, Trouble> {
    Ok(measured(archive)?.into_iter().map(|(name, _)| name).collect())
}

/// Tables with any cell filled, and how many columns each has.
fn measured(archive: &mut Archive) -> Result<Vec<(String, usize)>, Trouble> {
    ensure_bounded(archive)?;
    let mut tables: Vec<(String, usize)> = Vec::new();
    walk(archive, &mut |table, _, cells, _| {
        if tables.last().is_none_or(|(name, _)| name != table) {
            tables.push((table.to_owned(), 0));
        }
        if let Some((_, columns)) = tables.last_mut() {
            *columns = (*columns).max(cells.len());
        }
        Ok(())
    })?;
    Ok(tables)
}

type Row<'a> = dyn FnMut(&str, u64, &[String], bool) -> Result<(), Trouble> + 'a;

/// What was noticed in a table.
#[derive(Clone, Copy, Default)]
struct Noticed {
    formulas: u64,
    /// Formulas without a stored result.
    empty_formulas: u64,
    /// Rows with anything in them that a filter or a person hid.
    hidden_rows: u64,
}

/// Calls `each` with every row that holds something: its table, its number from 1, its cells, and whether it holds more
/// than they show. Returns what was noticed by table.
fn walk(archive: &mut Archive, each: &mut Row<'_>) -> Result<BTreeMap<String, Noticed>, Trouble> {
    let content = archive.by_name("content.xml").map_err(damaged)?;
    let mut reader = Reader::from_reader(BufReader::new(content));
    let mut state = State::default();
    let mut buffer = Vec::new();
    loop {
        buffer.clear();
        let event = reader.read_event_into(&mut buffer);
        match event.map_err(|error| Trouble::Damaged(error.to_string()))? {
            Event::DocType(_) => {
                return Err(Trouble::Other("a spreadsheet with a document type, which may do harm".into()));
            }
            Event::Start(tag) => state.open(&tag)?,
            Event::Empty(tag) => {
                state.open(&tag)?;
                state.close(tag.local_name().as_ref(), each)?;
            }
            Event::End(tag) => state.close(tag.local_name().as_ref(), each)?,
            Event::Text(text) if state.takes_text() => state.text.push_str(&text),
            Event::CData(text) if state.takes_text() => state.text.push_str(&text),
            Event::GeneralRef(name) if state.takes_text() => {
                let known = name.resolve_char_ref().ok().flatten();
                let known = known.or_else(|| match name.as_ref() {
                    "amp" => Some('&'),
                    "lt" => Some('<'),
                    "gt" => Some('>'),
                    "quot" => Some('"'),
                    "apos" => Some('\''),
                    _ => None,
                });
                state.text.push(known.ok_or_else(|| Trouble::Damaged("an unknown entity in a cell".into()))?);
            }
            Event::Text(text) if state.lacks_paragraph() && !text.trim().is_empty() => {
                return Err(Trouble::Damaged("text in a cell that stands in no paragraph".into()));
            }
            Event::CData(_) | Event::GeneralRef(_) if state.lacks_paragraph() => {
                return Err(Trouble::Damaged("text in a cell that stands in no paragraph".into()));
            }
            Event::Eof => break,
            _ => {}
        }
    }
    if state.depth != 0 {
        return Err(Trouble::Damaged("the sheet is cut short".into()));
    }
    Ok(state.noticed)
}

#[derive(Default)]
struct State {
    depth: usize,
    table: String,
    row: u64,
    row_repeats: u64,
    cells: Vec<String>,
    cell_bytes: usize,
    cell_repeats: usize,
    in_cell: bool,
    /// The stored value, which counts before the text that is shown.
    value: Option<String>,
    /// The stored value of a cell that shows no text.
    unshown: Option<String>,
    text: String,
    /// How deep a paragraph of a cell is open.
    paragraph: usize,
    /// How deep something is open that stands beside a cell's text: a comment, a drawing.
    beside: usize,
    is_formula: bool,
    has_result: bool,
    row_is_hidden: bool,
    row_holds_more: bool,
    noticed: BTreeMap<String, Noticed>,
}

impl State {
    fn takes_text(&self) -> bool {
        self.paragraph > 0 && self.beside == 0
    }

    /// Where text would be read over.
    fn lacks_paragraph(&self) -> bool {
        self.in_cell && self.paragraph == 0 && self.beside == 0
    }

    fn open(&mut self, tag: &BytesStart<'_>) -> Result<(), Trouble> {
        self.depth += 1;
        if self.in_cell {
            return self.open_in_cell(tag);
        }
        let count = |name| match attribute(tag, name)? {
            None => Ok(1),
            Some(text) => match text.trim().parse::<u64>() {
                Ok(count) => Ok(count.max(1)),
                Err(_) => Err(Trouble::Damaged(format!("{name} says {text:?}, which is no count"))),
            },
        };
        match tag.local_name().as_ref() {
            "table" => {
                self.table = attribute(tag, "table:name")?.unwrap_or_default();
                self.row = 0;
            }
            "table-row" => {
                self.row_repeats = count("table:number-rows-repeated")?;
                let visible = attribute(tag, "table:visibility")?;
                self.row_is_hidden = visible.is_some_and(|said| said == "collapse" || said == "filter");
                self.row_holds_more = false;
                self.cells.clear();
                self.cell_bytes = 0;
            }
            "table-cell" | "covered-table-cell" => {
                self.in_cell = true;
                self.cell_repeats = count("table:number-columns-repeated")? as usize;
                self.text.clear();
                self.is_formula = attribute(tag, "table:formula")?.is_some();
                let kind = attribute(tag, "office:value-type")?;
                self.has_result = kind.is_some();
                self.value = match kind.as_deref() {
                    Some("float" | "currency" | "percentage") => {
                        attribute(tag, "office:value")?.map(|text| text.parse().map_or(text, number))
                    }
                    Some("date") => attribute(tag, "office:date-value")?.map(|date| date.replace('T', " ")),
                    Some("boolean") => {
                        attribute(tag, "office:boolean-value")?.map(|text| text.to_uppercase())
                    }
                    _ => None,
                };
                self.unshown = None;
                for name in ["office:string-value", "office:time-value", "office:value"] {
                    self.unshown = self.unshown.take().or(attribute(tag, name)?);
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// The text of a cell stands in its paragraphs. Whatever else it holds, such as a comment, has paragraphs of its own.
    fn open_in_cell(&mut self, tag: &BytesStart<'_>) -> Result<(), Trouble> {
        let name = tag.local_name();
        if self.beside > 0 {
            self.beside += 1;
        } else if self.paragraph > 0 {
            let is_drawing = tag.name().as_ref().starts_with("draw:");
            match name.as_ref() {
                "annotation" | "note" | "ruby-text" => self.beside = 1,
                _ if is_drawing => self.beside = 1,
                "s" | "tab" => self.text.push(' '),
                "line-break" => self.text.push('\n'),
                _ => {}
            }
            self.paragraph += usize::from(self.beside == 0);
        } else {
            match name.as_ref() {
                "p" | "h" => {
                    if !self.text.is_empty() {
                        self.text.push('\n');
                    }
                    self.has_result = true;
                    self.paragraph = 1;
                }
                "list" | "list-item" | "list-header" | "section" => {}
                "table" => return Err(Trouble::Other("a spreadsheet with a table inside a cell".into())),
                _ => self.beside = 1,
            }
        }
        Ok(())
    }

    fn close(&mut self, tag: &str, each: &mut Row<'_>) -> Result<(), Trouble> {
        self.depth = self.depth.saturating_sub(1);
        if self.beside > 0 {
            self.beside -= 1;
            return Ok(());
        }
        if self.paragraph > 0 {
            self.paragraph -= 1;
            return Ok(());
        }
        match tag {
            "table-cell" | "covered-table-cell" => {
                self.in_cell = false;
                return self.close_cell();
            }
            "table-row" => {
                while self.cells.last().is_some_and(String::is_empty) {
                    self.cells.pop();
                }
                if !self.cells.is_empty() || self.row_holds_more {
                    if self.row + self.row_repeats > MOST_ROWS {
                        return Err(Trouble::TooLarge(format!("it has more than {MOST_ROWS} rows")));
                    }
                    if self.row_is_hidden {
                        self.noticed.entry(self.table.clone()).or_default().hidden_rows += self.row_repeats;
                    }
                    for row in 1..=self.row_repeats {
                        each(&self.table, self.row + row, &self.cells, self.row_holds_more)?;
                    }
                }
                self.row = self.row.saturating_add(self.row_repeats);
            }
            _ => {}
        }
        Ok(())
    }

    fn close_cell(&mut self) -> Result<(), Trouble> {
        if self.is_formula {
            let noticed = self.noticed.entry(self.table.clone()).or_default();
            noticed.formulas += 1;
            noticed.empty_formulas += u64::from(!self.has_result);
            self.row_holds_more |= !self.has_result;
        }
        let shown = std::mem::take(&mut self.text);
        let unshown = self.unshown.take().unwrap_or_default();
        let text = self.value.take().unwrap_or(if shown.is_empty() { unshown } else { shown });
        if self.cells.len() + self.cell_repeats > MOST_COLUMNS {
            if !text.is_empty() {
                return Err(Trouble::TooLarge(format!("it has more than {MOST_COLUMNS} columns")));
            }
            return Ok(());
        }
        grow(&mut self.cell_bytes, &text, self.cell_repeats)?;
        self.cells.extend(std::iter::repeat_n(text, self.cell_repeats));
        Ok(())
    }
}

/// An attribute that cannot be read is none that is not there: a number may stand in it, or where a cell stands.
fn attribute(tag: &BytesStart<'_>, name: &str) -> Result<Option<String>, Trouble> {
    let damaged = |what: String| Trouble::Damaged(format!("an attribute of a cell or row: {what}"));
    let Some(found) = tag.try_get_attribute(name).map_err(|error| damaged(error.to_string()))? else {
        return Ok(None);
    };
    let text = quick_xml::escape::unescape(&found.value).map_err(|error| damaged(error.to_string()))?;
    Ok(Some(text.into_owned()))
}
