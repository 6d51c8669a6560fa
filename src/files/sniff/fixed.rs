//! Fixed width, told from the content: only where every line is equally long and the same places are blank in all of them.
//!
//! ```text
//! 2025550101 US-DC 2027-12-31 web form          columns begin where a blank is over in every line,
//! 2125550102 US-NY            mail              or where digits go over into letters in every line
//! ```

use super::columns::{is_number, share_of_numbers};
use super::{SAMPLE, Sample};
use crate::domain::problem::Code;
use crate::files::scan::split::Fields;
use crate::files::{Document, Field, FileError, Widths};

/// With fewer lines, equal lengths are a chance.
const FEWEST: usize = 4;
/// Runs of digits that are a field by themselves: a date, a number with and without its country code.
const WHOLE: [usize; 3] = [8, 10, 11];

/// What stands at one place of every line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Blank,
    Digit,
    Letter,
    /// Not the same in all of them.
    Mixed,
}

/// The widths, where there are at least two columns and one of them holds the numbers. `records` are whole lines.
pub(super) fn widths(records: &[Sample]) -> Option<Widths> {
    let lines: Vec<&str> =
        records.iter().filter_map(|sample| sample.cells.first()).map(String::as_str).collect();
    let (&first, rest) = lines.split_first()?;
    let is_name = !first.bytes().any(|b| b.is_ascii_digit());
    let data = if is_name { rest } else { &lines[..] };
    let length = data.first()?.chars().count();
    let even = data.iter().all(|line| line.chars().count() == length && !line.contains(['"', '\t']));
    // The padding behind the last name is often left out.
    let first_fits = first.chars().count() <= length;
    if data.len() < FEWEST
        || !even
        || !first_fits
        // A line that is a number as a whole, however it is grouped, has no columns.
        || data.iter().filter(|line| is_number(line)).count() * 2 > data.len()
    {
        return None;
    }
    let kinds = kinds(data, length);
    let mut starts = starts(&kinds);
    if is_name {
        // A boundary that goes through a name is none.
        let names: Vec<char> = first.chars().collect();
        let is_between = |at: usize| {
            let blank = |at: usize| names.get(at).is_none_or(|c| *c == ' ');
            blank(at - 1) || blank(at)
        };
        starts.retain(|&at| is_between(at));
    }
    if starts.is_empty() {
        return None;
    }
    let ends = starts.iter().copied().chain([length]);
    let mut from = 0;
    let widths = Widths::new(ends.map(|end| end - std::mem::replace(&mut from, end)).collect(), false)?;
    let mut fields = Fields::default();
    let mut cut = records[records.len() - data.len()..].to_vec();
    for (sample, line) in cut.iter_mut().zip(data) {
        widths.cut_loosely(line, &mut fields);
        sample.cells = fields.iter().map(str::to_owned).collect();
    }
    (0..widths.columns()).any(|column| share_of_numbers(&cut, column, 10) >= 900).then_some(widths)
}

/// Widths that were told from the content are not taken where they may cut a number in two: lines of digits alone, or digits
/// in front of the number that may be its country code. Who is asked sees the rows; who is not has to say so.
pub(in crate::files) fn refuse_doubtful(document: &Document) -> Result<(), FileError> {
    let is_assumed = document.notes().iter().any(|note| note.code == Code::AssumedWidths);
    let Some(widths) = document.format().widths.as_ref().filter(|_| is_assumed) else { return Ok(()) };
    let is_digits = |cell: &String| cell.bytes().all(|b| b.is_ascii_digit() || b == b' ' || b == b'+');
    let rows = document.rows(1, SAMPLE)?;
    let all_digits = rows.iter().all(|row| row.fields.iter().all(is_digits));
    let left = document.mapping().columns.get(&Field::Number).and_then(|number| number.checked_sub(1));
    let digits_before =
        left.is_some_and(|at| rows.iter().all(|row| row.fields.get(at).is_some_and(is_digits)));
    if rows.is_empty() || !(all_digits || digits_before) {
        return Ok(());
    }
    let question = "the lines look like columns of fixed width, but digits beside the number may belong to it, as a country code \
                    does (then --widths '*' reads each line as one number)";
    let flag = format!("--widths {widths}");
    Err(FileError::NeedsChoice { path: document.path().into(), question: question.into(), flag })
}

fn kinds(lines: &[&str], length: usize) -> Vec<Kind> {
    let mut kinds: Vec<Option<Kind>> = vec![None; length];
    for line in lines {
        for (kind, c) in kinds.iter_mut().zip(line.chars()) {
            let here = match c {
                ' ' => Kind::Blank,
                c if c.is_ascii_digit() => Kind::Digit,
                c if c.is_alphabetic() => Kind::Letter,
                _ => Kind::Mixed,
            };
            *kind = Some(kind.filter(|kind| *kind != here).map_or(here, |_| Kind::Mixed));
        }
    }
    kinds.into_iter().map(|kind| kind.unwrap_or(Kind::Mixed)).collect()
}

/// Where columns begin, behind the first.
fn starts(kinds: &[Kind]) -> Vec<usize> {
    let run = |at: usize, back: bool| {
        let is_digit = |kind: &&Kind| **kind == Kind::Digit;
        match back {
            true => kinds[..at].iter().rev().take_while(is_digit).count(),
            false => kinds[at..].iter().take_while(is_digit).count(),
        }
    };
    let begins = |&at: &usize| match (kinds[at - 1], kinds[at]) {
        (Kind::Blank, kind) => kind != Kind::Blank && kinds[..at].iter().any(|kind| *kind != Kind::Blank),
        (Kind::Digit, Kind::Letter) => WHOLE.contains(&run(at, true)),
        (Kind::Letter, Kind::Digit) => WHOLE.contains(&run(at, false)),
        _ => false,
    };
    (1..kinds.len()).filter(begins).collect()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::{Cut, Head};
    use super::*;
    use crate::files::scan::Checkpoint;
    use crate::files::text;

    fn found(lines: &[&str]) -> Option<String> {
        let text = lines.join("\n");
        let encoding = text::decide(text.as_bytes(), true, None).unwrap();
        let head = Head { path: Path::new("list.txt"), bytes: text.as_bytes(), whole: true, encoding };
        widths(&head.records(Checkpoint::start(0, 1), Cut::Lines)).map(|widths| widths.to_string())
    }

    #[test]
    fn columns_begin_behind_places_that_are_blank_in_every_line() {
        let lines = [
            "2025550101 US-DC 2027-12-31 web form",
            "2125550102 US-NY            mail    ",
            "2135550103 US-CA 2028-01-01 call    ",
            "2025550104 US-DC 2027-12-31 web form",
        ];
        assert_eq!(found(&lines).as_deref(), Some("11,6,11,8"));
    }

    #[test]
    fn digits_and_letters_are_told_apart_without_blanks() {
        let lines =
            ["2025550101DC20271231", "2125550102NY20271231", "2135550103CA20280101", "2025550104DC20271231"];
        assert_eq!(found(&lines).as_deref(), Some("10,2,8"));
    }

    #[test]
    fn the_names_of_the_columns_may_end_early() {
        let rows = ["2025550101 DC web ", "2125550102 NY mail", "2135550103 CA call", "2025550104 DC web "];
        let lines: Vec<&str> = ["PHONE      ST HOW"].into_iter().chain(rows).collect();
        assert_eq!(found(&lines).as_deref(), Some("11,3,4"));
    }

    #[test]
    fn what_is_not_clear_is_not_taken() {
        // One number a line, grouped; too few lines; lines of other lengths; no numbers.
        let grouped = ["202 555 0101", "202 555 0102", "202 555 0103", "202 555 0104"];
        assert_eq!(found(&grouped), None);
        let extension = ["2025550101 x11", "2025550102 x12", "2025550103 x13", "2025550104 x14"];
        assert_eq!(found(&extension), None);
        assert_eq!(found(&["2025550101 DC", "2025550102 NY", "2025550103 CA"]), None);
        assert_eq!(found(&["2025550101 DC", "2025550102 NY", "2025550103 CA", "2025550104 DC "]), None);
        assert_eq!(found(&["anna    DC", "berta   NY", "carl    CA", "doris   DC"]), None);
    }
}
