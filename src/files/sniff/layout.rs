//! The layouts of the national registry's text files.

use std::path::Path;

use super::{Sample, note};
use crate::domain::problem::{Code, Problem};
use crate::files::{dates, names};

/// `AAA,NNNNNNN`
pub(super) const FTC_SPLIT: &str = "ftc-split";
/// `AAANNNNNNN`
pub(super) const FTC_PLAIN: &str = "ftc-plain";

fn is_digits(cell: &str, count: usize) -> bool {
    let cell = cell.trim();
    cell.len() == count && cell.bytes().all(|b| b.is_ascii_digit())
}

/// Whether nearly every record holds an area code at `column` and a local number behind it.
fn splits_at(data: &[Sample], column: usize) -> bool {
    let fits = |sample: &&Sample| {
        let cell = |at| sample.cells.get(at).map_or("", String::as_str);
        is_digits(cell(column), 3) && is_digits(cell(column + 1), 7)
    };
    most(data.iter().filter(fits).count(), data.len())
}

/// Nine of ten: a damaged row does not change what the file is.
fn most(part: usize, all: usize) -> bool {
    all > 0 && part * 10 >= all * 9
}

/// The layout, where it is one of the registry's.
pub(super) fn recognise(
    columns: &[String],
    header: bool,
    delimiter: Option<u8>,
    data: &[Sample],
) -> Option<&'static str> {
    if header {
        return None;
    }
    if delimiter.is_some() && columns.len() == 2 && splits_at(data, 0) {
        return Some(FTC_SPLIT);
    }
    let plain =
        data.iter().filter(|sample| sample.cells.first().is_some_and(|cell| is_digits(cell, 10))).count();
    (delimiter.is_none() && most(plain, data.len())).then_some(FTC_PLAIN)
}

/// Whether the rows add and delete (`2025550101,2026-11-01,D`): read as a plain list, the deletions would suppress.
pub(super) fn is_change_list(data: &[Sample], count: usize) -> bool {
    let every = |column: usize, fits: &dyn Fn(&str) -> bool| {
        let mut cells =
            data.iter().filter_map(|sample| sample.cells.get(column)).map(|cell| cell.trim()).peekable();
        cells.peek().is_some() && cells.all(fits)
    };
    (0..count).any(|column| every(column, &|cell| matches!(cell, "A" | "D" | "a" | "d")))
        && (0..count).any(|column| every(column, &dates::is_date))
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
    layout?;
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
