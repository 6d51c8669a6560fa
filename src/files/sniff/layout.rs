//! The layouts of the national registry's text files, and of the lists of ported numbers.

use std::path::Path;

use super::columns::looks_like_number;
use super::{Sample, note};
use crate::domain::phone::is_split_number;
use crate::domain::problem::{Code, Problem};
use crate::files::changes::{self, Change};
use crate::files::out::problem_columns::is_problem_column;
use crate::files::{Field, dates, names};

/// What the names of the registry's layouts start with: only its files carry an area code in their name.
pub(in crate::files) const REGISTRY: &str = "ftc-";
/// `AAA,NNNNNNN`
pub(super) const FTC_SPLIT: &str = "ftc-split";
/// `AAANNNNNNN`
pub(super) const FTC_PLAIN: &str = "ftc-plain";

/// Rows that add and delete.
pub(super) const FTC_CHANGES: &str = "ftc-changes";
/// `AAANNNNNNN` in a file that is called a list of ported numbers.
pub(super) const PORTED: &str = "ported";
/// The first number of a range, and the last four digits of its last.
pub(super) const PORTED_RANGES: &str = "ported-ranges";

/// Columns that a later row may fill with what the first rows did not show.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::files) struct Unseen {
    /// Ranges would end in it, and it held nothing.
    pub(in crate::files) end: Option<usize>,
    /// Its name says that it tells of changes, and none of its words did.
    pub(in crate::files) change: Option<usize>,
}

/// Ends of ranges that prove them: four digits of another meaning lie behind the number's own half of the time.
const PROOF: usize = 8;

fn is_digits(cell: &str, count: usize) -> bool {
    let cell = cell.trim();
    cell.len() == count && cell.bytes().all(|b| b.is_ascii_digit())
}

/// Whether nearly every record holds an area code at `column` and a local number behind it.
fn splits_at(data: &[Sample], column: usize) -> bool {
    let fits = |sample: &&Sample| {
        let cell = |at| sample.cells.get(at).map_or("", String::as_str);
        is_split_number(cell(column), cell(column + 1))
    };
    most(data.iter().filter(fits).count(), data.len())
}

/// Nine of ten: a damaged row does not change what the file is.
fn most(part: usize, all: usize) -> bool {
    all > 0 && part * 10 >= all * 9
}

/// The layout, where it is one that is known.
pub(super) fn recognise(
    path: &Path,
    columns: &[String],
    header: bool,
    data: &[Sample],
) -> Option<&'static str> {
    if header {
        return None;
    }
    if columns.len() == 2 && splits_at(data, 0) {
        return Some(FTC_SPLIT);
    }
    let plain =
        data.iter().filter(|sample| sample.cells.first().is_some_and(|cell| is_digits(cell, 10))).count();
    if columns.len() > 1 || !most(plain, data.len()) {
        return change_column(columns, header, data).map(|_| FTC_CHANGES);
    }
    let name = path.file_name().map(|name| name.to_string_lossy().to_ascii_lowercase()).unwrap_or_default();
    let is_ported = ["wireless", "wireline", "norange", "ported"].iter().any(|word| name.contains(word));
    Some(if is_ported { PORTED } else { FTC_PLAIN })
}

/// The column that says of each row whether it adds or deletes (`2025550101,2026-11-01,D`): read as a plain list, the
/// deletions would suppress. Its name says what it is, and one deletion in it is enough; or beside it stand dates and numbers
/// and nothing else, and it holds letters of which one deletes, also where others mean what nobody here knows.
pub(super) fn change_column(columns: &[String], header: bool, data: &[Sample]) -> Option<usize> {
    let cells =
        |column: usize| data.iter().map(move |sample| sample.cells.get(column).map_or("", |c| c.trim()));
    let mostly = |column: usize, fits: &dyn Fn(&str) -> bool| {
        most(cells(column).filter(|cell| fits(cell)).count(), data.len())
    };
    let says = |column: &usize| mostly(*column, &|cell| changes::read(cell).is_some());
    let deletes = |column: &usize| cells(*column).any(|cell| changes::read(cell) == Some(Change::Delete));
    let called = (0..columns.len()).filter(|_| header).find(|at| {
        (names::says_changes(&columns[*at]) && says(at))
            || (names::may_say_changes(&columns[*at]) && deletes(at))
    });
    if called.is_some() {
        return called;
    }
    // Added, deleted, changed, updated, inserted, modified, replaced; initials and grades have other letters too.
    let is_letter = |cell: &str| matches!(cell, "A" | "D" | "C" | "U" | "I" | "M" | "R");
    let is_coded = |column: &usize| {
        deletes(column) && mostly(*column, &|cell| is_letter(cell) || changes::read(cell).is_some())
    };
    let column = (0..columns.len()).find(|at| says(at) || is_coded(at))?;
    let is_date = |column: usize| mostly(column, &dates::is_date);
    let is_known = |column: usize| header && names::is_known(&columns[column]);
    let dated = (0..columns.len()).any(|column| is_date(column) && !is_known(column));
    let plain = (0..columns.len()).filter(|other| *other != column && !is_date(*other)).count();
    // A table of numbers, dates and these letters and of nothing else.
    (dated && plain <= 2).then_some(column)
}

/// Whether the rows are ranges.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ranges {
    /// They are not.
    No,
    /// Nothing stands where they would end in the rows that were looked at: what comes later has to be looked at too.
    Open,
    /// Their look allows it, and there are too few of them to tell.
    Maybe,
    /// Nearly every one reads as a range.
    Yes,
}

/// Whether whole numbers stand in the first column and nothing but four digits, or nothing, in the second. Taken for plain
/// numbers, ranges would lose nearly all of theirs; taken for ranges, extensions would suppress thousands of others. A
/// header whose second name may mean either is asked about, and never taken for ranges by their look.
pub(super) fn ranges(count: usize, header: Option<&[String]>, data: &[Sample]) -> Ranges {
    let cell = |sample: &Sample, at: usize| sample.cells.get(at).map_or("", |cell| cell.trim()).to_owned();
    let fits = |sample: &&Sample| {
        let end = cell(sample, 1);
        let start = cell(sample, 0);
        let is_start = is_digits(&start, 10) || (header.is_some() && looks_like_number(&start));
        is_start && (end.is_empty() || is_digits(&end, 4))
    };
    let (looks, ends): (Vec<&Sample>, Vec<&Sample>) = {
        let looks: Vec<&Sample> = data.iter().filter(fits).collect();
        let ends = looks.iter().copied().filter(|sample| !cell(sample, 1).is_empty()).collect();
        (looks, ends)
    };
    let may_be = match header {
        None => count == 2,
        Some(names) => {
            let is_told = |name: &String| {
                is_problem_column(name)
                    || names::meaning(name).is_some_and(|(field, _)| field == Field::RangeEnd)
            };
            names.get(1).is_some_and(|name| names::may_end_range(name)) && !names.iter().any(is_told)
        }
    };
    if !may_be || !most(looks.len(), data.len()) {
        return Ranges::No;
    }
    if ends.is_empty() {
        return Ranges::Open;
    }
    let is_rising = |sample: &&&Sample| {
        let digits: Vec<u8> = cell(sample, 0).bytes().filter(u8::is_ascii_digit).collect();
        cell(sample, 1).as_bytes() >= &digits[digits.len().saturating_sub(4)..]
    };
    let rising = ends.iter().filter(is_rising).count();
    match ends.len() {
        PROOF.. if most(rising, ends.len()) && header.is_none() => Ranges::Yes,
        PROOF.. if rising * 4 < ends.len() * 3 => Ranges::No,
        _ => Ranges::Maybe,
    }
}

/// Without a header: the column of area codes with the local numbers behind it, wherever it is.
pub(super) fn split_anywhere(count: usize, data: &[Sample]) -> Option<usize> {
    (0..count.saturating_sub(1)).find(|&at| splits_at(data, at))
}

/// Under a header: the column of area codes with the local numbers behind it.
pub(super) fn split_columns(columns: &[String], data: &[Sample]) -> Option<usize> {
    (0..columns.len().saturating_sub(1)).find(|&at| names::is_area_code(&columns[at]) && splits_at(data, at))
}

/// The area code in a file name: the only run of three digits in it that can be one.
pub(in crate::files) fn area_code_in_name(path: &Path) -> Option<String> {
    let stem = path.file_stem()?.to_str()?;
    let mut runs = stem
        .split(|c: char| !c.is_ascii_digit())
        .filter(|run| run.len() == 3 && !run.starts_with(['0', '1']));
    let only = runs.next()?;
    runs.next().is_none().then(|| only.to_owned())
}

/// A note where the file's name promises another area code than its content holds.
pub(super) fn area_code_note(path: &Path, layout: Option<&str>, data: &[Sample]) -> Option<Problem> {
    layout.filter(|layout| [FTC_SPLIT, FTC_PLAIN].contains(layout))?;
    let named = area_code_in_name(path)?;
    let other = data.iter().filter_map(|sample| sample.cells.first()).find_map(|cell| {
        let code = cell.trim().get(..3)?;
        (is_digits(code, 3) && code != named).then(|| code.to_owned())
    })?;
    Some(area_code_mismatch(&named, &other))
}

/// The note itself.
pub(in crate::files) fn area_code_mismatch(named: &str, other: &str) -> Problem {
    let hint =
        format!("the file name says {named}, the rows hold {other}: check that this is the right file");
    note(Code::AreaCodeMismatch, other, hint)
}
