//! The columns of a rejects file that say what is wrong, and what the reader makes of them when the file is opened again.
//!
//! ```text
//! the file's own columns … │ problem_row … problem_code … problem_value │ problem_mapping
//!                                          │                              └─ how the file was read, so that it is again
//!                                          └─ codes that stand in no cell: they hold until the cell is emptied
//! ```
//!
//! A number that is no number is seen in its cell, mended or not. That a row had too few columns, a stray quotation mark or
//! bytes that were no text is not: as a table it would look sound, and a damaged number would be taken for a good one. So
//! such a row stays rejected until a person, having mended it, empties its `problem_code`.

use crate::domain::problem::Code;
use crate::domain::text::unguarded;
use crate::files::{DateOrder, Field, Mapping};

pub(super) const ROW: &str = "problem_row";
pub(super) const LINE: &str = "problem_line";
pub(super) const BYTE: &str = "problem_byte";
pub(super) const COLUMN: &str = "problem_column";
pub(super) const CODE: &str = "problem_code";
pub(super) const HINT: &str = "problem_hint";
pub(super) const VALUE: &str = "problem_value";
pub(super) const MAPPING: &str = "problem_mapping";
/// In the order in which they are written.
pub(super) const ALL: [&str; 8] = [ROW, LINE, BYTE, COLUMN, CODE, HINT, VALUE, MAPPING];

/// What to do about a row that is held by its code alone.
pub(in crate::files) const MEND: &str = "mend the row, then empty its problem_code cell";

/// Between several problems of one row.
pub(super) const BETWEEN: &str = "; ";

/// Whether a column of this name says what was wrong with a row, and nothing about its number.
pub(in crate::files) fn is_problem_column(name: &str) -> bool {
    ALL.iter().any(|known| name.trim().eq_ignore_ascii_case(known))
}

/// Whether these are the column names of a rejects file.
pub(in crate::files) fn is_head(cells: &[String]) -> bool {
    cells.iter().any(|cell| cell.trim().eq_ignore_ascii_case(CODE))
        && cells.iter().filter(|cell| is_problem_column(cell)).count() > 1
}

/// A code that no cell of a mended table shows.
pub(super) fn stands_in_no_cell(code: Code) -> bool {
    matches!(
        code,
        Code::InvalidEncoding
            | Code::IrregularQuote
            | Code::SwallowedRows
            | Code::UnterminatedQuote
            | Code::WrongColumnCount
            | Code::RecordTooLong
    )
}

/// The codes that hold a row, from its `problem_code`.
pub(in crate::files) fn held_by(cell: &str) -> impl Iterator<Item = Code> + '_ {
    let codes = unguarded(cell).split(';').filter_map(|name| Code::from_name(name.trim()));
    codes.filter(|code| stands_in_no_cell(*code))
}

/// The order of day and month in a file: what a person said, and what dates of the file prove.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::files) struct Dates {
    pub(in crate::files) said: Option<DateOrder>,
    /// The day comes first somewhere, the month does.
    pub(in crate::files) proven: [bool; 2],
}

/// What makes a file one of rejects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::files) struct ProblemColumns {
    /// The column of the codes.
    pub(in crate::files) code: usize,
    /// All of them.
    pub(in crate::files) all: Vec<usize>,
    mapping: Option<usize>,
    /// How the dates of the file were read that the rows come from.
    pub(in crate::files) dates: Dates,
}

impl ProblemColumns {
    /// Those among the names of a header.
    pub(in crate::files) fn find(columns: &[String]) -> Option<Self> {
        if !is_head(columns) {
            return None;
        }
        let place = |wanted: &str| columns.iter().position(|name| name.trim().eq_ignore_ascii_case(wanted));
        let all = (0..columns.len()).filter(|at| is_problem_column(&columns[*at])).collect();
        Some(Self { code: place(CODE)?, all, mapping: place(MAPPING), dates: Dates::default() })
    }

    /// Takes over how the file was read that the rows come from; `None` where the rows do not say, or not one thing.
    pub(in crate::files) fn carried<'a>(
        &mut self,
        columns: &[String],
        rows: impl Iterator<Item = &'a [String]>,
    ) -> Option<Mapping> {
        let at = self.mapping?;
        let mut cells = rows.filter_map(|row| row.get(at)).filter(|cell| !cell.trim().is_empty());
        let first = cells.next()?;
        if cells.any(|cell| cell != first) {
            return None;
        }
        let (mapping, dates) = read(first, columns)?;
        self.dates = dates;
        Some(mapping)
    }
}

const SPLIT: &str = "split-number";
const SAID: &str = "dates";
const PROVEN: &str = "dates-seen";

/// How a file was read, in one cell: `number=phone; expires=#3; dates=dmy`. `columns` are those that are written.
pub(super) fn write(mapping: &Mapping, columns: &[String], dates: Dates) -> String {
    let column = |at: usize| {
        let name = columns.get(at).map_or("", String::as_str);
        let only = columns.iter().filter(|other| *other == name).count() == 1;
        // Whatever could be taken for something else is named by its place.
        let plain = name.starts_with(char::is_alphabetic)
            && name.chars().all(|c| c.is_alphanumeric() || matches!(c, ' ' | '_' | '-' | '.'));
        if only && plain { name.to_owned() } else { format!("#{}", at + 1) }
    };
    let mut parts = Vec::new();
    for (field, at) in &mapping.columns {
        let is_split = *field == Field::Number && mapping.split_number;
        parts.push(format!("{}={}", if is_split { SPLIT } else { field.as_str() }, column(*at)));
    }
    parts.extend(mapping.more_numbers.iter().map(|at| format!("{}={}", Field::Number.as_str(), column(*at))));
    parts.extend(dates.said.map(|order| format!("{SAID}={}", word(order))));
    let orders = [DateOrder::Dmy, DateOrder::Mdy].into_iter().zip(dates.proven);
    parts.extend(orders.filter(|(_, seen)| *seen).map(|(order, _)| format!("{PROVEN}={}", word(order))));
    parts.join(BETWEEN)
}

/// The inverse of [`write()`]; `None` where anything in it is not understood.
fn read(cell: &str, columns: &[String]) -> Option<(Mapping, Dates)> {
    let (mut mapping, mut dates) = (Mapping::default(), Dates::default());
    for part in unguarded(cell).split(';').map(str::trim).filter(|part| !part.is_empty()) {
        let (key, value) = part.split_once('=')?;
        if key == SAID {
            dates.said = Some(order(value)?);
            continue;
        }
        if key == PROVEN {
            dates.proven[usize::from(order(value)? == DateOrder::Mdy)] = true;
            continue;
        }
        let at = match value.strip_prefix('#') {
            Some(place) => place.parse::<usize>().ok()?.checked_sub(1).filter(|at| *at < columns.len())?,
            None => columns.iter().position(|name| name == value)?,
        };
        let field = if key == SPLIT { Field::Number } else { Field::from_name(key)? };
        mapping.split_number |= key == SPLIT && at + 1 < columns.len();
        let first = *mapping.columns.entry(field).or_insert(at);
        if first != at && field == Field::Number {
            mapping.more_numbers.push(at);
        }
    }
    mapping.columns.contains_key(&Field::Number).then_some((mapping, dates))
}

fn word(order: DateOrder) -> &'static str {
    match order {
        DateOrder::Dmy => "dmy",
        DateOrder::Mdy => "mdy",
        DateOrder::Ymd => "ymd",
    }
}

fn order(word: &str) -> Option<DateOrder> {
    [DateOrder::Dmy, DateOrder::Mdy, DateOrder::Ymd].into_iter().find(|order| self::word(*order) == word)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn how_a_file_was_read_is_said_and_understood() {
        let columns = names(&["home phone", "a;b", "x", "x", "until", CODE]);
        let mapping = Mapping {
            columns: [(Field::Number, 0), (Field::Source, 1), (Field::Expires, 4)].into(),
            split_number: false,
            more_numbers: vec![3],
        };
        let dates = Dates { said: None, proven: [true, true] };
        let said = write(&mapping, &columns, dates);
        assert_eq!(
            said,
            "number=home phone; expires=until; source=#2; number=#4; dates-seen=dmy; dates-seen=mdy"
        );
        assert_eq!(read(&said, &columns), Some((mapping, dates)));
        let split =
            Mapping { columns: [(Field::Number, 2)].into(), split_number: true, more_numbers: vec![] };
        let said = write(&split, &columns, Dates { said: Some(DateOrder::Ymd), proven: [false; 2] });
        assert_eq!(said, "split-number=#3; dates=ymd");
        assert_eq!(read(&said, &columns).unwrap().0, split);
        for cell in
            ["", "number", "number=gone", "number=#9", "number=#0", "colour=x; number=until", "source=x"]
        {
            assert_eq!(read(cell, &columns), None, "{cell}");
        }
    }

    #[test]
    fn only_codes_that_no_cell_shows_hold_a_row() {
        let held: Vec<Code> = held_by("not-a-number; invalid-encoding; wrong-column-count; mended").collect();
        assert_eq!(held, [Code::InvalidEncoding, Code::WrongColumnCount]);
        assert_eq!(held_by("  ").count(), 0);
    }

    #[test]
    fn one_column_of_that_name_does_not_make_a_rejects_file() {
        assert!(ProblemColumns::find(&names(&["phone", "problem_code"])).is_none());
        let found = ProblemColumns::find(&names(&["phone", " Problem_Row", "mine", CODE])).unwrap();
        assert_eq!((found.code, found.all), (3, vec![1, 3]));
    }
}
