//! Which sheet of a workbook, or which member of an archive.

use super::{Answer, Question, VALUES};
use crate::files::{Document, FileError, InputOptions};

/// Sheets or members that are offered at most.
const PARTS: usize = 12;

/// Which sheet or member, with the first rows of each.
pub(super) fn parts(
    open: &dyn Fn(&InputOptions) -> Result<Document, FileError>,
    options: &InputOptions,
    is_sheet: bool,
    names: &[String],
    sampled: bool,
) -> Option<Question> {
    let (flag, title, sentence) = match is_sheet {
        true => ("--sheet", "Which sheet?", "The workbook has several sheets with cells in them."),
        false => ("--member", "Which file of the archive?", "The archive holds several files."),
    };
    let answer = |name: &String| {
        if !sampled {
            return Answer::new(name, name.clone(), "");
        }
        let mut options = options.clone();
        options.answer(flag, name);
        let sample = open(&options).and_then(|document| document.rows(1, VALUES));
        let rows = sample.unwrap_or_default();
        let sample: Vec<String> = rows.iter().map(|row| row.fields.join(", ")).collect();
        Answer::new(name, name.clone(), sample.join(" · "))
    };
    let answers: Vec<Answer> = names.iter().take(PARTS).map(answer).collect();
    let sentence = sentence.to_owned();
    (!answers.is_empty()).then_some(Question { flag, title, sentence, answers, proposed: 0 })
}
