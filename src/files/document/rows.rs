//! Any row of a file: the first ones at once, the others by the index.

use std::fs::File;

use tokio_util::sync::CancellationToken;

use super::{Document, IndexState, Record};
use crate::domain::problem::{Code, Place};
use crate::files::scan::split::Fields;
use crate::files::scan::{Checkpoint, Fault, Piece, READ, Scanner, Width, likely_start};
use crate::files::stretches::{Cut, Halt};
use crate::files::{FileError, text};

/// How far behind the last checkpoint a row is looked for while the index is being built.
const REACH: u64 = 1 << 20;

impl Document {
    /// How far the index is.
    pub fn index_state(&self) -> IndexState {
        self.shared.index.state(self.size())
    }

    /// Scans the file once and makes every row reachable. Blocking: run it on a blocking thread. `progress` is called
    /// now and then. Returns early with [`FileError::Stopped`] when `stop` is cancelled; called again, it goes on there.
    pub fn build_index(
        &self,
        stop: &CancellationToken,
        progress: &mut dyn FnMut(IndexState),
    ) -> Result<IndexState, FileError> {
        self.build_index_by(Cut::of(self.size()), stop, progress)
    }

    fn build_index_by(
        &self,
        cut: Cut,
        stop: &CancellationToken,
        progress: &mut dyn FnMut(IndexState),
    ) -> Result<IndexState, FileError> {
        let scanner = |from| self.scanner(from, READ);
        let likely_start = |from, end| self.likely_start(from, end);
        let progress = &mut || progress(self.index_state());
        let built = self.shared.index.build(&scanner, &likely_start, (self.end(), cut), stop, progress);
        built.map_err(|halt| match halt {
            Halt::Stopped => FileError::Stopped,
            Halt::Io(error) => self.shared.source.error(error),
        })?;
        self.shared.source.ensure_unchanged()?;
        Ok(self.index_state())
    }

    /// Data rows `first..first + count` (from 1), as far as known. Reads only near them. The first page works before
    /// the index exists; a row the index has not reached yet is simply not in the answer.
    pub fn rows(&self, first: u64, count: usize) -> Result<Vec<Record>, FileError> {
        let first = first.max(1);
        let (from, mut row) = self.shared.index.before(first);
        let complete = self.index_state().complete;
        let mut scanner = self.scanner(from, READ / 4);
        let (mut records, mut fields) = (Vec::new(), Fields::default());
        while records.len() < count {
            let beyond_reach = !complete && records.is_empty() && scanner.place().at - from.at > REACH;
            if beyond_reach {
                break;
            }
            let next = scanner.next().map_err(|error| self.shared.source.error(error))?;
            let Some(piece) = next else { break };
            if piece.blank {
                continue;
            }
            row += 1;
            if row >= first {
                let stored = scanner.stored(&piece);
                let faults = self.read_fields(&piece, stored, &mut fields);
                records.push(Record {
                    place: Place { row, line: piece.line, byte: piece.at },
                    fields: fields.iter().map(str::to_owned).collect(),
                    raw: stored.to_vec(),
                    faults,
                });
            }
        }
        // Problems that were found before would stand beside other rows.
        self.shared.source.ensure_unchanged()?;
        Ok(records)
    }

    /// A scanner over the data from a checkpoint on.
    pub(in crate::files) fn scanner(&self, from: Checkpoint, read_size: usize) -> Scanner<'_, File> {
        let shared = &*self.shared;
        Scanner::with_read_size(
            shared.source.file(),
            shared.width,
            shared.dialect,
            from,
            shared.end,
            read_size,
        )
    }

    /// The fields of a piece, and what is wrong with its shape or encoding.
    pub(in crate::files) fn read_fields(
        &self,
        piece: &Piece,
        stored: &[u8],
        fields: &mut Fields,
    ) -> Vec<Code> {
        let (text, broken) = text::decode(self.shared.encoding, stored);
        let fits = self.cut(&text, piece.fault.is_none(), fields);
        let shape = piece.fault.map(|fault| match fault {
            Fault::Irregular => Code::IrregularQuote,
            Fault::Swallowed => Code::SwallowedRows,
            Fault::Unterminated => Code::UnterminatedQuote,
            Fault::TooLong => Code::RecordTooLong,
        });
        let mut faults = Vec::new();
        faults.extend(shape.or((!fits).then_some(Code::MisalignedRow)));
        if broken && shape != Some(Code::RecordTooLong) {
            faults.push(Code::InvalidEncoding);
        }
        faults
    }

    /// Cuts a record into its fields; `sound`: the scanner found no fault. `false` where it does not fit the widths.
    pub(in crate::files) fn cut(&self, text: &str, sound: bool, fields: &mut Fields) -> bool {
        let shared = &*self.shared;
        match &shared.format.widths {
            None => {
                fields.split(text, shared.dialect.delimiter, sound);
                true
            }
            Some(widths) => {
                let exact = shared.encoding.is_single_byte() || shared.width != Width::One;
                widths.cut(text, exact, fields)
            }
        }
    }

    /// A likely start of a record at or behind `from`, before `end`.
    pub(in crate::files) fn likely_start(&self, from: u64, end: u64) -> std::io::Result<Option<u64>> {
        likely_start(self.shared.source.file(), self.shared.width, self.shared.dialect, from, end)
    }
}
