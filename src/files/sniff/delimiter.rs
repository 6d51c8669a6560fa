//! Which character separates the fields.

use super::{Cut, Head, Preamble, Sample, note};
use crate::domain::problem::{Code, Problem};
use crate::files::delimiter::DELIMITERS;
use crate::files::{FileError, InputOptions, names};

#[derive(Clone, Copy)]
struct Candidate {
    delimiter: u8,
    name: &'static str,
    /// Records of a thousand that have the usual number of columns.
    agreeing: usize,
    /// Known column names in the first record.
    known: usize,
}

/// Chooses the delimiter; `None` where each line is one field.
pub(super) fn choose(
    head: &Head<'_>,
    preamble: &Preamble,
    options: &InputOptions,
    notes: &mut Vec<Problem>,
) -> Result<Option<u8>, FileError> {
    if let Some(said) = options.delimiter.or(preamble.separator) {
        if !said.is_ascii() || b"\"\r\n\0".contains(&said) {
            return Err(head.ask("this character cannot separate fields", "--delimiter"));
        }
        return Ok(Some(said));
    }
    let mut found: Vec<Candidate> =
        DELIMITERS.into_iter().filter_map(|(byte, name)| weigh(head, preamble, byte, name)).collect();
    found.sort_by_key(|candidate| std::cmp::Reverse((candidate.known, candidate.agreeing)));
    let Some(&best) = found.first() else { return Ok(None) };
    if let Some(next) = found.get(1)
        && (next.known, next.agreeing) == (best.known, best.agreeing)
    {
        let question = format!("the fields may be separated by {} or by {}", best.name, next.name);
        return Err(head.ask(question, "--delimiter"));
    }
    if best.delimiter != b',' {
        notes.push(note(Code::AssumedDelimiter, best.name, "if that is wrong, say so with --delimiter"));
    }
    Ok(Some(best.delimiter))
}

fn weigh(head: &Head<'_>, preamble: &Preamble, delimiter: u8, name: &'static str) -> Option<Candidate> {
    let records = head.records(preamble.start, Cut::Delimited(Some(delimiter)));
    let sound: Vec<&Sample> = records.iter().filter(|sample| sample.is_sound()).collect();
    let usual =
        super::columns::usual(sound.iter().map(|sample| sample.cells.len()).filter(|count| *count > 1))?;
    let same = sound.iter().filter(|sample| sample.cells.len() == usual).count();
    let agreeing = same * 1000 / sound.len().max(1);
    let known = records.first()?.cells.iter().filter(|cell| names::is_known(cell)).count();
    // A header with several known names decides alone; else most records must agree.
    (agreeing >= 600 || known > 1).then_some(Candidate { delimiter, name, agreeing, known })
}
