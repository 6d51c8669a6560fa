//! Header or data, and which column means what.

use std::collections::BTreeMap;

use super::beside;
use super::layout::{self, FTC_CHANGES, FTC_PLAIN, FTC_SPLIT, PORTED_RANGES};
use super::{Head, Sample, note};
use crate::domain::phone::{Normaliser, PhonePolicy, Region, is_split_number};
use crate::domain::problem::{Code, Problem};
use crate::domain::text::unguarded;
use crate::files::document::Mapping;
use crate::files::out::masked;
use crate::files::out::problem_columns::{is_head, is_problem_column};
use crate::files::{Field, FileError, InputOptions, dates, names};

/// Digits of the shortest numbers there are.
const SHORTEST: usize = 4;

/// What a person says of a field that no column holds.
pub(super) const NO_COLUMN: &str = "-";

/// The most frequent count; the larger on a tie.
pub(super) fn usual(counts: impl Iterator<Item = usize>) -> Option<usize> {
    let mut tally = BTreeMap::new();
    counts.for_each(|count| *tally.entry(count).or_insert(0_usize) += 1);
    tally.into_iter().max_by_key(|&(count, times)| (times, count)).map(|(count, _)| count)
}

/// Columns of a file without header.
pub(super) fn usual_count(data: &[Sample]) -> usize {
    usual(data.iter().filter(|sample| sample.is_sound()).map(|sample| sample.cells.len())).unwrap_or(1)
}

/// The header's names, or numbers.
pub(super) fn names(header: Option<Vec<String>>, count: usize) -> Vec<String> {
    let cells = header.unwrap_or_default();
    let rejects = is_head(&cells);
    (0..count)
        .map(|at| match cells.get(at).map(|cell| cell.trim()) {
            Some(name) if !name.is_empty() && rejects => unguarded(name).to_owned(),
            Some(name) if !name.is_empty() => name.to_owned(),
            _ => format!("column {}", at + 1),
        })
        .collect()
}

/// Whether the first record names the columns. A cell in it that may be a number speaks against it, whatever else it
/// holds: a first number is never eaten.
pub(super) fn header(records: &[Sample], said: Option<bool>) -> bool {
    let Some((first, data)) = records.split_first() else { return false };
    if let Some(said) = said {
        return said;
    }
    if first.is_sound() && is_head(&first.cells) {
        return true;
    }
    if !first.is_sound()
        || first.cells.iter().any(|cell| holds_digits_of_number(cell))
        || holds_split_number(first)
        || stands_above_its_like(first, data, 1)
    {
        return false;
    }
    if first.cells.iter().any(|cell| names::is_known(cell)) {
        return true;
    }
    // Unknown names: words without digits in every cell, above a column of numbers.
    let words = first
        .cells
        .iter()
        .all(|cell| cell.chars().any(char::is_alphabetic) && !cell.chars().any(char::is_numeric));
    words && (0..first.cells.len()).any(|column| share_of_numbers(data, column, 7) >= 600)
}

/// Whether a cell may hold a number, among other things perhaps.
pub(super) fn holds_digits_of_number(cell: &str) -> bool {
    let cell = cell.trim();
    if names::is_known(cell) {
        return false;
    }
    let digits = cell.chars().filter(|c| c.is_numeric()).count();
    digits >= 7 || (digits > 0 && is_number(cell))
}

/// Whether a cell looks like a telephone number at all: seven to eighteen digits among the marks that people write
/// between them. Wider than the normaliser, since it tells columns and accepts nothing.
pub(super) fn looks_like_number(cell: &str) -> bool {
    let digits = cell.bytes().filter(u8::is_ascii_digit).count();
    (7..=18).contains(&digits)
        && cell.chars().all(|c| c.is_ascii_digit() || " \t+-().'\"/*#=extEXT\u{a0}".contains(c))
}

/// Whether a cell reads as a number.
pub(super) fn is_number(cell: &str) -> bool {
    Normaliser::new(Region::US, PhonePolicy::Possible, Vec::new()).normalise(cell).is_ok()
}

/// Column names that a quotation mark stretches over several lines, with what may be a number in them: rows, not names,
/// whatever was said of the header.
pub(super) fn ensure_header_eats_no_row(head: &Head<'_>, first: &Sample) -> Result<(), FileError> {
    let is_long = |cell: &String| cell.contains(['\n', '\r']) && holds_digits_of_number(cell);
    if !first.cells.iter().any(is_long) {
        return Ok(());
    }
    let question = format!(
        "a column name in line {} goes on over several lines and may hold rows: mend its quotation marks, or read \
         everything as rows",
        first.piece.line
    );
    Err(head.ask(question, "--no-header"))
}

/// Digits without a letter above a column of telephone numbers, or above digits alike: plans are short in some countries, and
/// a number may be damaged; `least` is how many. A year may name a column, and so may anything beside a name that numbers stand below.
fn stands_above_its_like(first: &Sample, data: &[Sample], least: usize) -> bool {
    let digits = |cell: &str| cell.bytes().filter(u8::is_ascii_digit).count();
    let is_name = |cell: &str| names::meaning(cell).is_some_and(|(field, _)| field == Field::Number);
    if first.cells.iter().enumerate().any(|(at, cell)| is_name(cell) && share_of_numbers(data, at, 7) >= 600)
    {
        return false;
    }
    let is_bare = |cell: &str| digits(cell) >= least && !cell.chars().any(char::is_alphabetic);
    first.cells.iter().map(|cell| cell.trim()).enumerate().filter(|(_, cell)| is_bare(cell)).any(
        |(at, cell)| {
            let is_year = cell.len() == 4 && (cell.starts_with("19") || cell.starts_with("20"));
            let below = data.iter().filter_map(|sample| sample.cells.get(at)).map(|cell| cell.trim());
            let below: Vec<&str> = below.filter(|cell| !cell.is_empty()).collect();
            let alike = below
                .iter()
                .filter(|other| is_bare(other) && digits(other) >= SHORTEST && !dates::is_date(other));
            let is_like = digits(cell) >= SHORTEST && !is_year && alike.count() * 10 >= below.len() * 6;
            !below.is_empty() && (is_like || share_of_numbers(data, at, 7) >= 600)
        },
    )
}

/// `202,5550101`, and what is left of it in a damaged row.
fn holds_split_number(first: &Sample) -> bool {
    first.cells.windows(2).any(|pair| is_split_number(&pair[0], &pair[1]))
}

/// A line that a person, or a layout, calls the header is none where it holds a number: that would be lost without a word.
fn refuse_number_in_header(head: &Head<'_>, records: &[Sample]) -> Result<(), FileError> {
    let Some((first, data)) = records.split_first() else { return Ok(()) };
    if is_head(&first.cells) {
        return Ok(());
    }
    let is_number = first.cells.iter().any(|cell| is_no_name(cell))
        || holds_split_number(first)
        // Columns may be numbered.
        || stands_above_its_like(first, data, SHORTEST);
    if !is_number {
        return Ok(());
    }
    let question = "the first line is to be the header, but it holds a number, which would be lost";
    Err(head.ask(question, "--no-header"))
}

/// Whether a cell is a number, damaged or not, rather than a name with digits in it, such as that of a day.
fn is_no_name(cell: &str) -> bool {
    let words = || cell.split_whitespace().filter(|word| !dates::is_date(word));
    let count = |is: fn(char) -> bool| words().flat_map(str::chars).filter(|c| is(*c)).count();
    let digits = count(char::is_numeric);
    let begins = cell.trim().starts_with(|c: char| c.is_numeric() || matches!(c, '+' | '('));
    digits > 0
        && holds_digits_of_number(cell)
        && ((digits >= 7 && digits > count(char::is_alphabetic)) || (begins && !dates::is_date(cell.trim())))
}

/// Column names that stand below a title: everything above them would be taken for rows, the names too.
pub(super) fn ensure_header_is_first(
    head: &Head<'_>,
    records: &[Sample],
    header: bool,
    options: &InputOptions,
) -> Result<(), FileError> {
    if header && options.header == Some(true) {
        return refuse_number_in_header(head, records);
    }
    if header || options.header.is_some() {
        return Ok(());
    }
    let names_columns = |sample: &&Sample| {
        let known = |cell: &String| names::meaning(cell).is_some_and(|(field, _)| field == Field::Number);
        sample.is_sound()
            && sample.cells.iter().any(known)
            && !sample.cells.iter().any(|cell| holds_digits_of_number(cell))
            && !stands_above_its_like(sample, records, 1)
    };
    match records.iter().skip(1).take(9).find(names_columns) {
        None => Ok(()),
        Some(sample) => {
            let line = sample.piece.line;
            let question = format!(
                "the column names stand in line {line}, below other rows; take those out, or read everything as rows"
            );
            Err(head.ask(question, "--no-header"))
        }
    }
}

/// Of a thousand filled cells of a column, those that look like numbers with at least `digits` digits.
pub(super) fn share_of_numbers(data: &[Sample], column: usize, digits: usize) -> usize {
    let cells = data.iter().filter_map(|sample| sample.cells.get(column)).map(|cell| cell.trim());
    let filled: Vec<&str> = cells.filter(|cell| !cell.is_empty()).collect();
    let fits = |cell: &&&str| {
        looks_like_number(cell)
            && !dates::is_date(cell)
            && (cell.starts_with('+') || cell.bytes().filter(u8::is_ascii_digit).count() >= digits)
    };
    filled.iter().filter(fits).count() * 1000 / filled.len().max(1)
}

/// What the columns are told by.
#[derive(Clone, Copy)]
pub(super) struct Table<'a> {
    pub(super) columns: &'a [String],
    pub(super) header: bool,
    pub(super) data: &'a [Sample],
    pub(super) layout: Option<&'static str>,
}

/// Decides which column means what. `carried`: how the file was read that these rejects come from.
pub(super) fn map(
    head: &Head<'_>,
    table: Table<'_>,
    carried: Option<Mapping>,
    options: &InputOptions,
    notes: &mut Vec<Problem>,
) -> Result<Mapping, FileError> {
    let Table { columns, header, data, layout } = table;
    let is_carried = carried.is_some();
    let mut mapping = carried.unwrap_or_default();
    if options.map.iter().any(|(field, _)| *field == Field::Number) {
        // The columns of numbers are one answer: whoever names one of them names them all.
        mapping = Mapping { columns: mapping.columns, ..Mapping::default() };
        mapping.columns.remove(&Field::Number);
    }
    if header && !is_carried {
        by_name(columns, options.emails, &mut mapping);
    }
    let mut said = Vec::new();
    for (field, wanted) in &options.map {
        let Some(column) = names::find(columns, wanted) else {
            if wanted == NO_COLUMN && *field != Field::Number {
                mapping.columns.remove(field);
                continue;
            }
            return Err(unknown_column(head, columns, *field, wanted));
        };
        // The first column of numbers, and each after it.
        let is_further = *field == Field::Number && mapping.columns.contains_key(field);
        if !is_further {
            mapping.columns.insert(*field, column);
        } else if !said.contains(&column) {
            mapping.more_numbers.push(column);
        }
        said.push(column);
    }
    // A column means one thing: what the person said takes it away from what its name says.
    let chosen = |field: &Field| options.map.iter().any(|(said, _)| said == field);
    mapping.columns.retain(|field, column| chosen(field) || !said.contains(column));

    if is_carried && !chosen(&Field::Number) && mapping.columns.contains_key(&Field::Number) {
        mapping.more_numbers.retain(|column| !said.contains(column));
        return Ok(mapping);
    }
    if !chosen(&Field::Change)
        && let Some(column) = layout::change_column(columns, header, data).filter(|at| !said.contains(at))
    {
        mapping.columns.retain(|_, other| *other != column);
        mapping.columns.insert(Field::Change, column);
    }
    if layout == Some(PORTED_RANGES) {
        mapping.columns.entry(Field::Number).or_insert(0);
        mapping.columns.entry(Field::RangeEnd).or_insert(1);
    }

    let split = match layout {
        Some(FTC_SPLIT) => Some(0),
        Some(FTC_CHANGES) => layout::split_anywhere(columns.len(), data),
        _ => layout::split_columns(columns, data),
    };
    if let Some(column) = split
        && (!chosen(&Field::Number) || mapping.columns.get(&Field::Number) == Some(&column))
    {
        mapping.columns.insert(Field::Number, column);
        mapping.split_number = true;
        return Ok(mapping);
    }
    if !mapping.columns.contains_key(&Field::Number)
        && let Some((column, assumed)) = number_column(columns, header, data, &mapping)
        && !beside::belongs_to_another_country(table, &mapping, column)
    {
        mapping.columns.insert(Field::Number, column);
        let is_known = matches!(layout, Some(FTC_PLAIN | FTC_CHANGES));
        if assumed && !is_known && columns.len() > 1 {
            let hint = "if that is wrong, say so with --map number=COLUMN";
            notes.push(note(Code::AssumedColumn, &columns[column], hint));
        }
    }
    Ok(mapping)
}

/// Fields other than the number, by the best name; addresses only where they are wanted.
fn by_name(columns: &[String], emails: bool, mapping: &mut Mapping) {
    // What a name alone says; numbers and changes have to look like it too.
    let is_told = |field: Field| match field {
        Field::Number | Field::Change => false,
        Field::Email => emails,
        _ => true,
    };
    let mut best: BTreeMap<Field, (usize, usize)> = BTreeMap::new();
    for (at, name) in columns.iter().enumerate() {
        if let Some((field, rank)) = names::meaning(name).filter(|(field, _)| is_told(*field)) {
            let held = best.entry(field).or_insert((rank, at));
            *held = (*held).min((rank, at));
        }
    }
    mapping.columns.extend(best.into_iter().map(|(field, (_, at))| (field, at)));
}

/// The column of the numbers and whether only its content says so; `None` where a person must choose.
fn number_column(
    columns: &[String],
    header: bool,
    data: &[Sample],
    mapping: &Mapping,
) -> Option<(usize, bool)> {
    let is_taken = |at: &usize| mapping.columns.values().any(|taken| taken == at);
    let free = |at: &usize| !is_taken(at) && (!header || !is_problem_column(&columns[*at]));
    let named: Vec<usize> = (0..columns.len())
        .filter(free)
        .filter(|&at| header && names::meaning(&columns[at]).is_some_and(|(field, _)| field == Field::Number))
        .collect();
    match named.as_slice() {
        [only] => {
            // `number` may be a row's number where another column holds the telephone numbers.
            let is_odd = !data.is_empty() && share_of_numbers(data, *only, 7) == 0;
            let is_better = |at: &usize| at != only && share_of_numbers(data, *at, 10) >= 600;
            return match (0..columns.len()).filter(free).any(|at| is_better(&at)) && is_odd {
                true => None,
                false => Some((*only, false)),
            };
        }
        [] => {}
        several => {
            // `number` may be a row's number: a column that holds no telephone numbers is out.
            let mut real = several.iter().filter(|&&at| share_of_numbers(data, at, 7) > 0);
            return match (real.next(), real.next()) {
                (Some(&only), None) => Some((only, false)),
                _ => None,
            };
        }
    }
    if columns.len() == 1 && !is_taken(&0) {
        return Some((0, true));
    }
    [10, 7].into_iter().find_map(|digits| {
        let mut fitting =
            (0..columns.len()).filter(free).filter(|&at| share_of_numbers(data, at, digits) >= 600);
        match (fitting.next(), fitting.next()) {
            (Some(only), None) => Some(Some((only, true))),
            (None, _) => None,
            _ => Some(None),
        }
    })?
}

fn unknown_column(head: &Head<'_>, columns: &[String], field: Field, wanted: &str) -> FileError {
    let field = field.as_str();
    let (wanted, listed) = (masked(wanted), names::listed(columns));
    let question = format!("no single column is called {wanted:?}; the columns are: {listed}");
    head.ask(question, &format!("--map {field}=COLUMN"))
}
