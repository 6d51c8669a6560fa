//! Lists of changes: a row adds a number, or takes one off.
//!
//! One reading gives one direction: its additions, to be suppressed, or its deletions, to be taken off by a plan of their own.
//! The rows of the other direction are rejected by a code of their own, never dropped and never turned around; and since
//! either is half of what the file means, a person has to say which half is wanted.

use std::path::Path;

use super::out::masked;
use super::question::{Answer, Question};
use super::{Document, Field, FileError};

/// Rows that the question counts.
const SAMPLE: usize = 1_000;

/// What to do with a file whose rows say what changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Changes {
    /// Additions are read; each deletion is a rejected row.
    Additions,
    /// Deletions are read; each addition is a rejected row.
    Deletions,
    /// The column means something else: every row is read as a number to suppress.
    Ignore,
}

impl Changes {
    /// All of them, in the order in which they are offered.
    pub const ALL: [Self; 3] = [Self::Additions, Self::Deletions, Self::Ignore];

    /// The word of `--changes`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Additions => "additions",
            Self::Deletions => "deletions",
            Self::Ignore => "ignore",
        }
    }

    /// The inverse of [`Changes::as_str`].
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|changes| changes.as_str() == name)
    }
}

/// What one row does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    Add,
    Delete,
}

/// The change that a cell names; `None` where it names none.
pub(super) fn read(cell: &str) -> Option<Change> {
    let cell = cell.trim();
    let is = |words: &[&str]| words.iter().any(|word| cell.eq_ignore_ascii_case(word));
    if is(&["A", "ADD", "ADDED", "ADDITION", "INSERT", "INSERTED"]) {
        Some(Change::Add)
    } else {
        let words = ["D", "DEL", "DELETE", "DELETED", "DELETION", "REMOVE", "REMOVED", "REMOVAL"];
        is(&words).then_some(Change::Delete)
    }
}

/// Nobody has said what to do with the changes yet.
pub(super) fn undecided(path: &Path, column: &str) -> FileError {
    let column = masked(column);
    let question = format!(
        "it is a list of changes (column {column:?} adds numbers and takes numbers off); additions are read and deletions \
         rejected, and --changes deletions with --op remove takes these off; where the column means something else, \
         --changes ignore"
    );
    FileError::NeedsChoice { path: path.into(), question, flag: "--changes additions".into() }
}

/// The question what to do with the changes, for a file that is opened as if it had been answered.
pub(super) fn question(document: &Document) -> Option<Question> {
    let column = *document.mapping().columns.get(&Field::Change)?;
    let rows = document.rows(1, SAMPLE).unwrap_or_default();
    let is =
        |wanted| rows.iter().filter(move |row| row.fields.get(column).is_some_and(|c| read(c) == wanted));
    let shown = |wanted| is(wanted).map(|row| row.fields.join(", ")).take(2).collect::<Vec<_>>().join(" · ");
    let (added, deleted) = (is(Some(Change::Add)).count(), is(Some(Change::Delete)).count());
    Some(Question {
        flag: "--changes",
        title: "What to do with a list of changes?",
        sentence: format!(
            "Of the first {} rows {added} add a number and {deleted} take one off. Each direction is a plan of its own, with \
             its own approval.",
            rows.len()
        ),
        answers: vec![
            Answer {
                value: Changes::Additions.as_str().into(),
                text: "read the additions; each deletion is a rejected row".into(),
                sample: shown(Some(Change::Add)),
            },
            Answer {
                value: Changes::Deletions.as_str().into(),
                text: "read the deletions, to be taken off; each addition is a rejected row".into(),
                sample: shown(Some(Change::Delete)),
            },
            Answer {
                value: Changes::Ignore.as_str().into(),
                text: "it is no list of changes: suppress the number of every row, these too".into(),
                sample: shown(None),
            },
        ],
        proposed: 0,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_words_of_changes_are_changes() {
        for cell in ["A", " a ", "Add", "ADDITION", "insert"] {
            assert_eq!(read(cell), Some(Change::Add), "{cell}");
        }
        for cell in ["D", "d", "Delete", "del", "deletion", "Removed"] {
            assert_eq!(read(cell), Some(Change::Delete), "{cell}");
        }
        for cell in ["", "AD", "X", "active", "disconnected", "U"] {
            assert_eq!(read(cell), None, "{cell}");
        }
        for changes in Changes::ALL {
            assert_eq!(Changes::from_name(changes.as_str()), Some(changes));
        }
    }
}
