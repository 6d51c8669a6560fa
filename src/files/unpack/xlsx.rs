//! XLSX and XLSM workbooks: a sheet, row by row, with the values that were stored in it.

use calamine::{DataRef, ExcelDateTime, Reader, SheetVisible, Xlsx, XlsxError};
use zip::ZipArchive;

use super::sheet::{MOST_COLUMNS, RowWriter, choose, grow, number};
use super::watched::Packed;
use super::zipped::{Archive, damaged, ensure_bounded};
use super::{Container, Spool, Trouble, Unpacked, hidden};
use crate::domain::problem::Code;
use crate::files::InputOptions;
use crate::files::sniff::note;

pub(super) fn read(
    mut archive: Archive,
    spool: Spool<'_>,
    options: &InputOptions,
) -> Result<Unpacked, Trouble> {
    ensure_bounded(&mut archive)?;
    let packed = archive.into_inner();
    let again = packed.get_ref().again().map_err(|error| Trouble::of_reading(&error))?;
    let mut book: Xlsx<_> = Xlsx::new(packed).map_err(trouble)?;
    let about = book.sheets_metadata().to_vec();
    let sheets = book.sheet_names();
    let filled = filled(&mut book)?;
    let chosen = choose(&sheets, &filled, options.sheet.as_deref())?;
    let columns = width(&mut book, &chosen)?;
    let (mut writer, mut seen) = (RowWriter::new(spool, columns), Seen::default());
    let mut cells = book.worksheet_cells_reader(&chosen).map_err(trouble)?;
    let (mut row, mut texts, mut bytes, mut holds_more) = (None, Vec::new(), 0, false);
    while let Some(cell) = cells.next_cell_with_formula_metadata().map_err(trouble)? {
        let (at, column) = (u64::from(cell.pos.0), cell.pos.1 as usize);
        if let Some(before) = row.replace(at).filter(|before| *before != at) {
            writer.row(before + 1, &texts, holds_more)?;
            texts.clear();
            (bytes, holds_more) = (0, false);
        }
        let is_formula = cell.formula.is_some();
        holds_more |= is_formula && cell.value == DataRef::Empty;
        let text = seen.text(&cell.value, is_formula);
        if text.is_empty() {
            continue;
        }
        if texts.len() <= column {
            texts.resize(column + 1, String::new());
        }
        // Rows and cells may name one place twice, and the last of them would be all that is left.
        if !texts[column].is_empty() {
            return Err(Trouble::Damaged(format!("row {} has two cells in column {}", at + 1, column + 1)));
        }
        grow(&mut bytes, &text, 1)?;
        texts[column] = text;
    }
    if let Some(last) = row {
        writer.row(last + 1, &texts, holds_more)?;
    }
    let hidden = about.iter().any(|sheet| sheet.name == chosen && sheet.visible != SheetVisible::Visible);
    drop(cells);
    // The two share the place in the file, so the book has to be closed first.
    drop(book);
    let hidden_rows = hidden::of_sheet(&mut ZipArchive::new(again).map_err(damaged)?, &chosen)?;
    let mut notes = seen.notes();
    notes.extend(super::hidden_rows(hidden_rows));
    if options.sheet.is_none() || hidden {
        let hint = if hidden {
            "the sheet is hidden in the workbook"
        } else {
            "the only sheet with cells was taken"
        };
        notes.push(note(Code::ChosenSheet, &chosen, hint));
    }
    let (spool, rows) = writer.finish();
    let (text, size) = spool.finish()?;
    let container = Container { kind: "xlsx", part: Some(chosen) };
    Ok(Unpacked { text, size, container, notes, rows: Some(rows), delimiter: Some(b',') })
}

/// The sheets with any cell filled.
pub(super) fn sheets(mut archive: Archive) -> Result<Vec<String>, Trouble> {
    ensure_bounded(&mut archive)?;
    filled(&mut Xlsx::new(archive.into_inner()).map_err(trouble)?)
}

fn filled(book: &mut Xlsx<Packed>) -> Result<Vec<String>, Trouble> {
    let (mut filled, names) = (Vec::new(), book.sheet_names());
    for (at, sheet) in names.iter().enumerate() {
        // Only the first of them is ever read.
        if names[..at].contains(sheet) {
            return Err(Trouble::Damaged(format!("it has several sheets with the name {sheet:?}")));
        }
        let mut cells = match book.worksheet_cells_reader(sheet) {
            Ok(cells) => cells,
            // A sheet of charts or of a dialog has no cells. Whatever else cannot be read may have some.
            Err(XlsxError::NotAWorksheet(kind)) if kind == "chartsheet" || kind == "dialogsheet" => continue,
            Err(XlsxError::WorksheetNotFound(_)) => {
                return Err(Trouble::Damaged(format!("the sheet {sheet:?} is missing from it")));
            }
            Err(error) => return Err(trouble(error)),
        };
        let mut any = false;
        while let Some(cell) = cells.next_cell_with_formula_metadata().map_err(trouble)? {
            if cell.value != DataRef::Empty || cell.formula.is_some() {
                any = true;
                break;
            }
        }
        if any {
            filled.push(sheet.clone());
        }
    }
    Ok(filled)
}

fn width(book: &mut Xlsx<Packed>, sheet: &str) -> Result<usize, Trouble> {
    let mut cells = book.worksheet_cells_reader(sheet).map_err(trouble)?;
    let mut columns = 0;
    while let Some(cell) = cells.next_cell().map_err(trouble)? {
        if *cell.get_value() != DataRef::Empty {
            columns = columns.max(cell.get_position().1 as usize + 1);
        }
    }
    if columns > MOST_COLUMNS {
        return Err(Trouble::TooLarge(format!("it has {columns} columns")));
    }
    Ok(columns)
}

/// What was noticed about the cells.
#[derive(Default)]
struct Seen {
    formulas: u64,
    empty_formulas: u64,
    long_numbers: u64,
}

impl Seen {
    fn text(&mut self, value: &DataRef<'_>, is_formula: bool) -> String {
        self.formulas += u64::from(is_formula);
        match value {
            DataRef::Empty if is_formula => {
                self.empty_formulas += 1;
                String::new()
            }
            DataRef::Empty => String::new(),
            DataRef::Int(value) => {
                self.long_numbers += u64::from(value.unsigned_abs() >= 1_000_000_000);
                value.to_string()
            }
            DataRef::Float(value) => {
                self.long_numbers += u64::from(value.abs() >= 1e9);
                number(*value)
            }
            DataRef::String(text) => text.clone(),
            DataRef::SharedString(text) => (*text).to_owned(),
            DataRef::Bool(value) => if *value { "TRUE" } else { "FALSE" }.to_owned(),
            DataRef::DateTime(at) => match date(*at) {
                Some(date) => date,
                None => self.text(&DataRef::Float(at.as_f64()), false),
            },
            DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => text.clone(),
            DataRef::Error(error) => error.to_string(),
        }
    }

    fn notes(&self) -> Vec<crate::domain::problem::Problem> {
        let mut notes = Vec::new();
        if self.formulas > 0 {
            notes.push(super::formula_cells(self.formulas, self.empty_formulas));
        }
        if self.long_numbers > 0 {
            let hint =
                "cells stored as numbers may have lost a leading zero or a plus: keep such columns as text";
            notes.push(note(Code::StoredAsNumbers, &self.long_numbers.to_string(), hint));
        }
        notes
    }
}

/// A date as text; `None` where it is none. A telephone number in a cell with the format of dates lies behind the last day
/// there is, where a spreadsheet shows no date either: it is the number that was stored.
fn date(at: ExcelDateTime) -> Option<String> {
    /// 9999-12-31, counted from 1900 and from 1904. Whatever is later is taken for that day too.
    const LAST_DAYS: [f64; 2] = [2_958_465.0, 2_957_003.0];
    let value = at.as_f64();
    if !at.is_datetime() || value < 0.0 {
        return None;
    }
    let (year, month, day, hour, minute, second, _) = at.to_ymd_hms_milli();
    if (year, month, day) == (9999, 12, 31) && !LAST_DAYS.contains(&value.floor()) {
        return None;
    }
    Some(match (hour, minute, second) {
        (0, 0, 0) => format!("{year:04}-{month:02}-{day:02}"),
        _ => format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}"),
    })
}

fn trouble(error: XlsxError) -> Trouble {
    match error {
        XlsxError::Password => Trouble::Other("a workbook that is locked with a password".into()),
        other => Trouble::Damaged(other.to_string()),
    }
}
