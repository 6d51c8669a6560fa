//! Validation: stretches of the file are joined, and what only the whole file can tell (order of day and month,
//! duplicates) is settled at the end.

use std::time::Instant;

use tokio_util::sync::CancellationToken;

use super::chunk::{Chunk, ChunkReader, Deleted};
use super::emails::{EmailList, Emails};
use super::facts::FactTable;
use super::fold::{Claim, Fold};
use super::late::{Columns, Crossed, News, Rest, Stretch, write_problems};
use super::quick::QuickReader;
use super::read::{self, Bytes, Plan};
use super::row::RowReader;
use super::{Accounting, CheckEvent, CheckOptions, Checked, Intents};
use crate::domain::problem::{Code, Place, Problem, Problems};
use crate::files::block::Pool;
use crate::files::out::problem_columns::Dates;
use crate::files::ranges::MOST_NUMBERS;
use crate::files::sniff::{self, layout};
use crate::files::{Document, Field, FileError, LineEnding};

#[cfg(test)]
mod tests;

/// What has been joined so far.
struct Pass<'a> {
    document: &'a Document,
    fold: Fold,
    stretches: Vec<Stretch>,
    records: u64,
    slots: u64,
    lines: u64,
    rejected: u64,
    rejected_records: u64,
    inferred: u64,
    accounting: Accounting,
    endings: [bool; 3],
    orders: [bool; 2],
    undecided: bool,
    other_area: Option<u16>,
    deleted: Vec<Deleted>,
    most_numbers: u64,
    /// Where the claims of chunks stood.
    used: &'a Pool<Claim>,
}

/// What the whole file told.
struct Read {
    table: FactTable,
    emails: EmailList,
    sha256: String,
    area_note: Option<Problem>,
}

/// Runs the pass.
pub(super) fn run(
    document: &Document,
    options: &CheckOptions,
    plan: &Plan,
    stop: &CancellationToken,
    events: &mut dyn FnMut(CheckEvent),
) -> Result<Checked, FileError> {
    let started = Instant::now();
    document.source().ensure_unchanged()?;
    let reader = RowReader::new(document, options);
    let table = FactTable::default();
    let is_registry = document.format().layout.filter(|layout| layout.starts_with(layout::REGISTRY));
    let named_area = is_registry.and_then(|_| layout::area_code_in_name(document.path()));
    let named = named_area.as_deref().and_then(|area| area.parse().ok());
    let (used, emails) = (Pool::default(), Emails::default());
    let make = || {
        let quick = QuickReader::new(&reader, &table, plan.quick);
        ChunkReader::new(document, &reader, quick, named, plan.most_numbers, (&used, &emails))
    };
    let mut pass = Pass::new(document, plan.most_numbers, &used);
    if !document.notes().is_empty() {
        events(CheckEvent::Problems(document.notes().iter().cloned().collect()));
    }
    let halt = stop.child_token();
    let bytes = read::read(document, plan, &make, &halt, &mut |chunk| {
        pass.join(chunk, events);
        if pass.is_over() {
            halt.cancel();
        }
    });
    if pass.is_over() {
        return Err(FileError::TooManyNumbers { path: document.path().into(), most: plan.most_numbers });
    }
    let bytes = bytes?;
    document.source().ensure_unchanged()?;
    pass.ensure_lines(&bytes)?;
    if pass.records == 0 {
        let why = if document.format().header {
            "there is a header and nothing below it"
        } else {
            "there are no rows"
        };
        return Err(FileError::Empty { path: document.path().into(), why });
    }
    let area_note = match (&named_area, pass.other_area) {
        (Some(named), Some(other)) => Some(layout::area_code_mismatch(named, &other.to_string())),
        _ => None,
    };
    let checked = pass.settle(
        options,
        plan,
        Read { table, emails: emails.into_list(), sha256: bytes.sha256, area_note },
        stop,
        events,
    )?;
    let size = document.size();
    events(CheckEvent::Progress { bytes: size, total: size, rows: checked.rows, rejected: checked.rejected });
    Ok(Checked { seconds: started.elapsed().as_secs_f64(), ..checked })
}

impl<'a> Pass<'a> {
    fn new(document: &'a Document, most_numbers: u64, used: &'a Pool<Claim>) -> Self {
        Self {
            document,
            fold: Fold::new(likely_slots(document, most_numbers)),
            stretches: Vec::new(),
            records: 0,
            slots: 0,
            lines: 0,
            rejected: 0,
            rejected_records: 0,
            inferred: 0,
            accounting: document.outside(),
            endings: [false; 3],
            orders: document.carried_dates().proven,
            undecided: false,
            other_area: None,
            deleted: Vec::new(),
            most_numbers,
            used,
        }
    }

    fn join(&mut self, mut chunk: Chunk, events: &mut dyn FnMut(CheckEvent)) {
        let base =
            Place { row: self.records, line: self.document.start().line + self.lines, byte: chunk.from.at };
        let slots = self.slots;
        if slots + chunk.slots > self.most_numbers && self.document.mapping().has_ranges() {
            // Refused as soon as this is seen; the numbers themselves would fill the memory.
            self.slots += chunk.slots;
            return;
        }
        if chunk.counts.is_empty() {
            self.fold.extend(slots, chunk.claims.drain(..));
            self.used.give(std::mem::take(&mut chunk.claims));
        } else {
            self.fold.extend(slots, chunk.take_claims());
        }
        let deleted = chunk.deleted.drain(..).map(|off| Deleted { row: off.row + self.records, ..off });
        self.deleted.extend(deleted);
        self.records += chunk.records;
        self.slots += chunk.slots;
        self.lines += chunk.to.line - chunk.from.line;
        self.rejected += chunk.rejected;
        self.rejected_records += chunk.rejected_records;
        self.inferred += chunk.inferred;
        self.accounting.records += chunk.record_bytes;
        self.accounting.blanks += chunk.blank_bytes;
        (0..3).for_each(|kind| self.endings[kind] |= chunk.endings[kind]);
        (0..2).for_each(|order| self.orders[order] |= chunk.orders[order]);
        self.undecided |= chunk.undecided;
        self.other_area = self.other_area.or(chunk.other_area);
        if !chunk.problems.is_empty() {
            let mut told = Problems::default();
            told.append(&chunk.problems, base);
            events(CheckEvent::Problems(told));
        }
        chunk.problems.shrink();
        chunk.steps.small.shrink_to_fit();
        self.stretches.push(Stretch {
            base,
            slot: slots,
            problems: chunk.problems,
            steps: chunk.steps,
            first_slots: chunk.first_slots,
        });
        let (bytes, total) = (chunk.to.at, self.document.size());
        events(CheckEvent::Progress { bytes, total, rows: self.slots, rejected: self.rejected });
    }

    /// The lines of the records have a twin that never looked at records.
    fn ensure_lines(&self, bytes: &Bytes) -> Result<(), FileError> {
        if self.lines == bytes.lines {
            return Ok(());
        }
        let detail = format!("{} lines in the rows, but {} in the bytes", self.lines, bytes.lines);
        Err(FileError::Accounting { path: self.document.path().into(), detail })
    }

    /// More numbers in ranges than are taken.
    fn is_over(&self) -> bool {
        self.slots > self.most_numbers && self.document.mapping().has_ranges()
    }

    fn settle(
        self,
        options: &CheckOptions,
        plan: &Plan,
        read: Read,
        stop: &CancellationToken,
        events: &mut dyn FnMut(CheckEvent),
    ) -> Result<Checked, FileError> {
        let Read { table, emails, sha256, area_note } = read;
        // Each step of a large file takes seconds, and what was stopped has no result.
        let go_on = || if stop.is_cancelled() { Err(FileError::Stopped) } else { Ok(()) };
        go_on()?;
        let day_first = match self.orders {
            [true, false] => Some(true),
            [false, true] => Some(false),
            _ => None,
        };
        let said = options.date_order.or(self.document.said_date_order());
        let dates = Dates { said, proven: self.orders };
        let (table, ruled) = table.settle(day_first, options.now);
        let mapping = self.document.mapping();
        let (several, ranges) = (mapping.has_several(), mapping.has_ranges());
        let rest = Rest { stretches: self.stretches, several, ranges };
        let threads = plan.cut.threads;
        let folded = self.fold.finish(table, &ruled, &|slot| rest.row_of(slot), self.records, threads);
        go_on()?;

        let mut notes = self.document.notes().to_vec();
        let mut new = Vec::new();
        if let Some(day_first) = day_first.filter(|_| self.undecided) {
            new.push(date_order_note(day_first));
        }
        let kinds = self.endings.iter().filter(|seen| **seen).count();
        if kinds > 1 && self.document.format().line_ending != LineEnding::Mixed {
            new.push(sniff::mixed_line_endings());
        }
        let noted = notes.iter().any(|note| note.code == Code::AreaCodeMismatch);
        new.extend(area_note.filter(|_| !noted));
        notes.extend(new.iter().cloned());

        let columns = self.document.mapping();
        let column = |field| columns.columns.get(&field).copied();
        let news = News {
            repeats: &folded.repeats,
            late: &folded.late,
            crossed: &crossed(&self.deleted, &folded.intents),
            ruled: &ruled,
            emails: &emails,
            columns: Columns {
                number: column(Field::Number),
                email: column(Field::Email),
                expires: column(Field::Expires),
            },
        };
        let late = write_problems(rest, &notes, news, threads);
        go_on()?;
        // One after the other: the late ones may be as many as the rows, and are not copied.
        for told in [new.into_iter().collect(), late.late] {
            if !told.is_empty() {
                events(CheckEvent::Problems(told));
            }
        }
        let tally = late.tally;
        let mut counts = tally.counts;
        for (code, repeats) in late.unsaid {
            *counts.entry(code).or_insert(0) += repeats;
        }
        let late_rows = folded.late.len() as u64;
        // Where neither a column nor a constant says one, each row's is inferred, those too that are late.
        let inferred = match (column(Field::Jurisdiction), self.document.constants().jurisdiction()) {
            (None, None) => self.inferred - late_rows,
            _ => 0,
        };
        if inferred > 0 {
            *counts.entry(Code::InferredJurisdiction).or_insert(0) += inferred;
        }
        let checked = Checked {
            sha256,
            records: self.records,
            rows: self.slots,
            valid: folded.intents.len() as u64,
            rejected: self.rejected + late_rows,
            duplicates: folded.repeats.len() as u64,
            warnings: tally.warned,
            counts,
            problems: late.all,
            intents: folded.intents.with_emails(emails),
            dates,
            accounting: self.accounting,
            seconds: 0.0,
        };
        if folded.lost + late.lost > 0 {
            let detail = format!("{} rows and {} problems without their place", folded.lost, late.lost);
            return Err(FileError::Accounting { path: self.document.path().into(), detail });
        }
        conserve(self.document, &checked, self.rejected_records + late.records, tally.rejected)?;
        go_on()?;
        Ok(checked)
    }
}

/// How many numbers a file may have to be told apart.
fn likely_slots(document: &Document, most_numbers: u64) -> u64 {
    let (mapping, rows) = (document.mapping(), document.likely_rows());
    if mapping.has_ranges() {
        most_numbers.min(MOST_NUMBERS)
    } else {
        let columns =
            1 + mapping.more_numbers.len() + usize::from(mapping.columns.contains_key(&Field::Email));
        rows * columns as u64
    }
}

/// The numbers that rows take off though others add them, by the row that adds them.
fn crossed(deleted: &[Deleted], intents: &Intents) -> Vec<Crossed> {
    let each = |off: Deleted| (off.number..off.number + off.count).map(move |number| (number, off.row));
    // By number, and the first row that takes it off before the others.
    let mut off: Vec<(u64, u64)> = deleted.iter().copied().flat_map(each).collect();
    off.sort_unstable();
    let mut off = off.into_iter().peekable();
    let mut crossed = Vec::new();
    // Nothing is read of the intents of a file that deletes nothing.
    let mut intents = intents.numbers().take(if deleted.is_empty() { 0 } else { usize::MAX });
    while let (Some((number, row)), true) = (intents.next(), off.peek().is_some()) {
        while off.next_if(|(other, _)| *other < number).is_some() {}
        if let Some((_, other)) = off.next_if(|(other, _)| *other == number) {
            crossed.push(Crossed { row, other, number });
        }
    }
    crossed.sort_unstable_by_key(|crossed| (crossed.row, crossed.number));
    crossed
}

fn date_order_note(day_first: bool) -> Problem {
    let order = if day_first { "day, month, year" } else { "month, day, year" };
    let hint =
        format!("other dates of the file can only be read as {order}; say otherwise with --date-order");
    sniff::note(Code::AssumedDateOrder, order, hint)
}

/// Both conservation laws. A breach is a defect of ours, and nothing is used.
fn conserve(
    document: &Document,
    checked: &Checked,
    rejected_records: u64,
    with_reason: u64,
) -> Result<(), FileError> {
    let off = |detail: String| Err(FileError::Accounting { path: document.path().into(), detail });
    let (valid, duplicates, rejected) = (checked.valid, checked.duplicates, checked.rejected);
    if checked.rows != valid + duplicates + rejected {
        return off(format!("{} rows, but {valid} + {duplicates} + {rejected}", checked.rows));
    }
    if !checked.accounting.is_conserved() {
        return off(format!("bytes: {:?}", checked.accounting));
    }
    if with_reason != rejected_records {
        return off(format!("{rejected_records} records rejected, but {with_reason} with a reason"));
    }
    if let Some(rows) = document.unpacked_rows().filter(|rows| *rows != checked.records) {
        return off(format!("{} records, but {rows} rows in the container", checked.records));
    }
    let index = document.index_state();
    if index.complete && index.rows != checked.records {
        return off(format!("{} records, but {} in the index", checked.records, index.rows));
    }
    Ok(())
}
