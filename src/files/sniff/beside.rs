//! What stands beside the numbers and may belong to them: further numbers that nobody reads, country codes, ends of ranges.
//! Whatever it is, it is said; where the numbers alone would be those of other people, they are not taken without a person.

use super::columns::{Table, share_of_numbers};
use super::{Sample, note};
use crate::domain::phone::{Normaliser, PhonePolicy, Region};
use crate::domain::problem::{Code, Problem};
use crate::files::out::problem_columns::is_problem_column;
use crate::files::{Field, InputOptions, Mapping, names};

/// Of a thousand filled cells, those that make a column worth a word.
const SOME: usize = 300;
/// Digits of a number with its area code.
const WHOLE: usize = 10;

/// The notes about columns that are not read.
pub(super) fn notes(table: Table<'_>, mapping: &Mapping, options: &InputOptions) -> Vec<Problem> {
    let Some(&number) = mapping.columns.get(&Field::Number) else {
        return (0..table.columns.len())
            .find(|at| {
                (0..table.columns.len())
                    .any(|number| codes(table, mapping, *at, number).is_some_and(Codes::change))
            })
            .map(|at| note_of_codes(table, at))
            .into_iter()
            .collect();
    };
    let are_said = options.map.iter().any(|(field, _)| *field == Field::Number);
    let are_ends_said = options.map.iter().any(|(field, _)| *field == Field::RangeEnd);
    let mut found = Vec::new();
    for at in (0..table.columns.len()).filter(|at| is_free(table, mapping, *at)) {
        let said = at + 1;
        if codes(table, mapping, at, number).is_some() {
            found.push(note_of_codes(table, at));
        } else if !are_said && share_of_numbers(table.data, at, WHOLE) >= SOME {
            let first = number + 1;
            let hint = format!(
                "if these are telephone numbers, read both with --map number={first} --map number={said}; if not, say \
                 --map number={first} alone"
            );
            found.push(note(Code::UnreadNumbers, &table.columns[at], hint));
        } else if !are_ends_said && !mapping.has_ranges() && may_end_ranges(table, at) {
            let hint = format!(
                "if ranges of numbers end there, say --map range-end={said}; if not, say --map range-end=-"
            );
            found.push(note(Code::UnreadNumbers, &table.columns[at], hint));
        }
    }
    found
}

fn note_of_codes(table: Table<'_>, at: usize) -> Problem {
    let hint = "they are not read: write them in front of the numbers, unless those are whole as they stand";
    note(Code::CountryCodesApart, &table.columns[at], hint)
}

/// Whether country codes beside a column make other numbers of its cells than they are alone.
pub(super) fn belongs_to_another_country(table: Table<'_>, mapping: &Mapping, number: usize) -> bool {
    (0..table.columns.len()).any(|at| codes(table, mapping, at, number).is_some_and(Codes::change))
}

fn is_free(table: Table<'_>, mapping: &Mapping, at: usize) -> bool {
    let number = mapping.columns.get(&Field::Number);
    let is_local = mapping.split_number && number.is_some_and(|area| area + 1 == at);
    let is_used = mapping.columns.values().chain(&mapping.more_numbers).any(|used| *used == at);
    let is_of_rejects = table.header && is_problem_column(&table.columns[at]);
    !(is_used || is_local || is_of_rejects)
}

/// Whether a column that may end ranges by its name holds four digits, where they are not asked about.
fn may_end_ranges(table: Table<'_>, at: usize) -> bool {
    let is_named = table.header && at != 1 && names::may_end_range(&table.columns[at]);
    is_named
        && every_filled(table.data, at, |cell| cell.len() == 4 && cell.bytes().all(|b| b.is_ascii_digit()))
}

fn every_filled(data: &[Sample], at: usize, fits: impl Fn(&str) -> bool) -> bool {
    let mut filled = cells(data, at).filter(|cell| !cell.is_empty()).peekable();
    filled.peek().is_some() && filled.all(fits)
}

fn cells(data: &[Sample], at: usize) -> impl Iterator<Item = &str> {
    data.iter().map(move |sample| sample.cells.get(at).map_or("", |cell| cell.trim()))
}

/// What the country codes of a column are.
#[derive(Clone, Copy)]
enum Codes {
    /// Those of North America, where ten digits are read anyway.
    NorthAmerican,
    /// Others.
    Foreign,
}

impl Codes {
    fn change(self) -> bool {
        matches!(self, Self::Foreign)
    }
}

/// The country codes in a column, if they make numbers of what stands in the column `number` and those do not hold them
/// already. Told by the column's name or by how they are written; digits alone may be anything.
fn codes(table: Table<'_>, mapping: &Mapping, at: usize, number: usize) -> Option<Codes> {
    if at == number || !is_free(table, mapping, at) {
        return None;
    }
    let is_named = table.header && names::is_country_code(&table.columns[at]);
    let code = |cell: &str| {
        let bare = cell.strip_prefix('+').or_else(|| cell.strip_prefix("00"));
        let digits = bare.or(Some(cell).filter(|_| is_named))?;
        let is_code = (1..=4).contains(&digits.len())
            && digits.bytes().all(|b| b.is_ascii_digit())
            && !digits.starts_with('0');
        is_code.then(|| digits.to_owned())
    };
    if !every_filled(table.data, at, |cell| code(cell).is_some()) {
        return None;
    }
    let normaliser = Normaliser::new(Region::US, PhonePolicy::Possible, Vec::new());
    let (mut apart, mut foreign) = (0, false);
    for (written, cell) in cells(table.data, at).zip(cells(table.data, number)) {
        let Some(code) = code(written) else { continue };
        let digits: String = cell.chars().filter(char::is_ascii_digit).collect();
        let is_whole = cell.starts_with('+')
            || digits.starts_with("00")
            || (digits.starts_with(&code) && digits.len() > code.len() + 7);
        let national = digits.trim_start_matches('0');
        if digits.len() > 4 && !is_whole && normaliser.normalise(&format!("+{code}{national}")).is_ok() {
            apart += 1;
            foreign |= code != "1";
        }
    }
    let all = cells(table.data, at).filter(|cell| !cell.is_empty()).count();
    let codes = if foreign { Codes::Foreign } else { Codes::NorthAmerican };
    (apart * 2 > all).then_some(codes)
}
