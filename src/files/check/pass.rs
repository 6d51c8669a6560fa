//! The one pass over the file: bytes are hashed and accounted for, rows are read, and what only the whole file can tell
//! (order of day and month, duplicates) is settled at its end.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::time::Instant;

use jiff::Timestamp;
use sha2::{Digest, Sha256};
use tokio_util::sync::CancellationToken;

use super::claims::{Claims, Folded};
use super::row::{Expiry, RowReader, late_date_problem};
use super::{Accounting, CheckEvent, CheckOptions, Checked};
use crate::domain::jurisdiction::Jurisdiction;
use crate::domain::phone::E164;
use crate::domain::problem::{Code, Place, Problem, Severity};
use crate::files::scan::split::Fields;
use crate::files::scan::{Eol, READ};
use crate::files::sniff::{self, layout};
use crate::files::source::Bytes as _;
use crate::files::{DateOrder, Document, Field, FileError, LineEnding};

/// Rows between two events and two looks at the stop token.
const STEP: u64 = 4096;

/// A sound row whose date could be read either way.
struct Undated {
    number: E164,
    place: Place,
    jurisdiction: Jurisdiction,
    source: Option<Box<str>>,
    dmy: Timestamp,
    mdy: Timestamp,
    raw: Box<str>,
}

struct Pass<'a> {
    document: &'a Document,
    reader: RowReader<'a>,
    claims: Claims,
    undated: Vec<Undated>,
    /// Orders of day and month that dates prove: `true` = day first.
    orders: BTreeSet<bool>,
    problems: Vec<Problem>,
    /// Problems that an event has told already.
    told: usize,
    rows: u64,
    rejected: u64,
    inferred: u64,
    accounting: Accounting,
    endings: [bool; 3],
    /// The area code of the file's name, where the layout has one to compare with.
    named_area: Option<String>,
    other_area: Option<u16>,
}

/// Runs the pass.
pub(super) fn run(
    document: &Document,
    options: &CheckOptions,
    stop: &CancellationToken,
    events: &mut dyn FnMut(CheckEvent),
) -> Result<Checked, FileError> {
    let started = Instant::now();
    document.source().ensure_unchanged()?;
    let mut pass = Pass {
        document,
        reader: RowReader::new(document, options),
        claims: Claims::default(),
        undated: Vec::new(),
        orders: BTreeSet::new(),
        problems: document.notes().to_vec(),
        told: 0,
        rows: 0,
        rejected: 0,
        inferred: 0,
        accounting: document.outside(),
        endings: [false; 3],
        named_area: document.format().layout.and_then(|_| layout::area_code_in_name(document.path())),
        other_area: None,
    };
    pass.claims.reserve(usize::try_from(document.likely_rows()).unwrap_or_default().min(1 << 20));
    let sha256 = pass.read_all(stop, events)?;
    document.source().ensure_unchanged()?;
    if pass.rows == 0 {
        let why = if document.format().header {
            "there is a header and nothing below it"
        } else {
            "there are no rows"
        };
        return Err(FileError::Empty { path: document.path().into(), why });
    }
    pass.settle(options, sha256, events)
        .map(|checked| Checked { seconds: started.elapsed().as_secs_f64(), ..checked })
}

impl Pass<'_> {
    fn read_all(
        &mut self,
        stop: &CancellationToken,
        events: &mut dyn FnMut(CheckEvent),
    ) -> Result<String, FileError> {
        let source = self.document.source();
        let io = |error| source.error(error);
        let mut digest = Sha256::new();
        hash(source.file(), 0, self.document.start().at, &mut digest).map_err(io)?;
        let mut scanner = self.document.scanner(self.document.start(), READ);
        scanner.window().hash_into(digest);
        let mut fields = Fields::default();
        let mut steps = 0_u64;
        while let Some(piece) = scanner.next().map_err(io)? {
            steps += 1;
            if steps.is_multiple_of(STEP) {
                if stop.is_cancelled() {
                    return Err(FileError::Stopped);
                }
                self.tell(piece.at, events);
            }
            match piece.eol {
                Eol::Lf => self.endings[0] = true,
                Eol::CrLf => self.endings[1] = true,
                Eol::Cr => self.endings[2] = true,
                Eol::None => {}
            }
            if piece.blank {
                self.accounting.blanks += piece.bytes;
                continue;
            }
            self.accounting.records += piece.bytes;
            self.rows += 1;
            let faults = self.document.read_fields(&piece, scanner.stored(&piece), &mut fields);
            self.row(&faults, &fields, Place { row: self.rows, line: piece.line, byte: piece.at });
        }
        let (counted, seen) = (scanner.place().line - self.document.start().line, scanner.window().lines());
        if counted != seen {
            let detail = format!("{counted} lines in the rows, but {seen} in the bytes");
            return Err(FileError::Accounting { path: self.document.path().into(), detail });
        }
        let mut digest = scanner.window().take_digest().unwrap_or_default();
        hash(source.file(), self.document.end(), source.size(), &mut digest).map_err(io)?;
        self.tell(source.size(), events);
        let mut hex = String::with_capacity(64);
        digest.finalize().iter().for_each(|byte| {
            let _ = write!(hex, "{byte:02x}");
        });
        Ok(hex)
    }

    fn tell(&mut self, bytes: u64, events: &mut dyn FnMut(CheckEvent)) {
        let total = self.document.size();
        events(CheckEvent::Progress { bytes, total, rows: self.rows, rejected: self.rejected });
        if self.told < self.problems.len() {
            events(CheckEvent::Problems(self.problems[self.told..].iter().cloned().collect()));
            self.told = self.problems.len();
        }
    }

    fn row(&mut self, faults: &[Code], fields: &Fields, place: Place) {
        let before = self.problems.len();
        let row = self.reader.read(faults, fields, place, &mut self.problems);
        self.orders.extend(row.proves.map(|order| order == DateOrder::Dmy));
        let found = &self.problems[before..];
        let rejected = found.iter().any(|problem| problem.code.severity() == Severity::Rejection);
        let (Ok(phone), Some((jurisdiction, inferred)), false) = (&row.number, row.jurisdiction, rejected)
        else {
            self.rejected += 1;
            return;
        };
        if let (Some(named), Some(area)) = (&self.named_area, phone.number.area_code())
            && named.parse() != Ok(area)
        {
            self.other_area.get_or_insert(area);
        }
        self.inferred += u64::from(inferred && self.reader.column(Field::Jurisdiction).is_none());
        match row.expires {
            Expiry::Known(expires) => self.claims.add(phone.number, place, jurisdiction, expires, row.source),
            Expiry::Either { dmy, mdy } => self.undated.push(Undated {
                number: phone.number,
                place,
                jurisdiction,
                source: row.source.map(Into::into),
                dmy,
                mdy,
                raw: self.reader.expires_cell(fields).into(),
            }),
            // Said as a rejection above.
            Expiry::Bad(_) => self.rejected += 1,
        }
    }

    /// Reads the dates that only the whole file can tell.
    fn settle_dates(&mut self, now: Timestamp) {
        let undated = std::mem::take(&mut self.undated);
        if undated.is_empty() {
            return;
        }
        let day_first = sniff::only(self.orders.iter().copied());
        if let Some(day_first) = day_first {
            let order = if day_first { "day, month, year" } else { "month, day, year" };
            let hint = format!(
                "other dates of the file can only be read as {order}; say otherwise with --date-order"
            );
            self.problems.push(sniff::note(Code::AssumedDateOrder, order, hint));
        }
        for row in undated {
            let at = day_first.map(|day_first| if day_first { row.dmy } else { row.mdy });
            let code = match at {
                None => Some(Code::AmbiguousDate),
                Some(at) => (at <= now).then_some(Code::PastExpiry),
            };
            match code {
                Some(code) => {
                    self.problems.push(late_date_problem(&self.reader, code, row.place, &row.raw));
                    self.rejected += 1;
                    self.inferred -= u64::from(self.reader.column(Field::Jurisdiction).is_none());
                }
                None => self.claims.add(row.number, row.place, row.jurisdiction, at, row.source.as_deref()),
            }
        }
    }

    fn settle(
        mut self,
        options: &CheckOptions,
        sha256: String,
        events: &mut dyn FnMut(CheckEvent),
    ) -> Result<Checked, FileError> {
        self.settle_dates(options.now);
        self.note_rest();
        let claims = std::mem::take(&mut self.claims);
        let Folded { intents, duplicates } =
            claims.fold(self.reader.column(Field::Number), &mut self.problems);
        if self.told < self.problems.len() {
            self.problems[self.told..].sort_by_key(|problem| problem.place.row);
            events(CheckEvent::Problems(self.problems[self.told..].iter().cloned().collect()));
        }
        self.problems.sort_by_key(|problem| problem.place.row);
        let mut counts = BTreeMap::new();
        for problem in &self.problems {
            *counts.entry(problem.code).or_insert(0) += 1;
        }
        if self.inferred > 0 {
            *counts.entry(Code::InferredJurisdiction).or_insert(0) += self.inferred;
        }
        let checked = Checked {
            sha256,
            rows: self.rows,
            valid: intents.len() as u64,
            rejected: self.rejected,
            duplicates,
            warnings: self.warned_rows(),
            counts,
            problems: self.problems.into_iter().collect(),
            intents: intents.into_iter().collect(),
            accounting: self.accounting,
            seconds: 0.0,
        };
        conserve(self.document, &checked)?;
        Ok(checked)
    }

    /// Rows with problems, none of them a rejection.
    fn warned_rows(&self) -> u64 {
        let rows = self.problems.chunk_by(|a, b| a.place.row == b.place.row);
        let warned = |row: &&[Problem]| {
            row[0].place.row > 0 && row.iter().all(|problem| problem.code.severity() == Severity::Warning)
        };
        rows.filter(warned).count() as u64
    }

    /// What the rows behind the head say against what the head said: line endings, area code.
    fn note_rest(&mut self) {
        let kinds = self.endings.iter().filter(|seen| **seen).count();
        if kinds > 1 && self.document.format().line_ending != LineEnding::Mixed {
            self.problems.push(sniff::mixed_line_endings());
        }
        let noted = self.document.notes().iter().any(|note| note.code == Code::AreaCodeMismatch);
        if let (Some(named), Some(other), false) = (&self.named_area, self.other_area, noted) {
            self.problems.push(layout::area_code_mismatch(named, &other.to_string()));
        }
    }
}

/// Both conservation laws. A breach is a defect of ours, and nothing is used.
fn conserve(document: &Document, checked: &Checked) -> Result<(), FileError> {
    let off = |detail: String| Err(FileError::Accounting { path: document.path().into(), detail });
    let (valid, duplicates, rejected) = (checked.valid, checked.duplicates, checked.rejected);
    if checked.rows != valid + duplicates + rejected {
        return off(format!("{} rows, but {valid} + {duplicates} + {rejected}", checked.rows));
    }
    if !checked.accounting.is_conserved() {
        return off(format!("bytes: {:?}", checked.accounting));
    }
    let rejections = checked.problems.briefs(0).filter(|brief| brief.code.severity() == Severity::Rejection);
    let mut reasons: Vec<u64> = rejections.map(|problem| problem.row).collect();
    reasons.dedup();
    if reasons.len() as u64 != rejected {
        return off(format!("{rejected} rows rejected, but {} with a reason", reasons.len()));
    }
    let index = document.index_state();
    if index.complete && index.rows != checked.rows {
        return off(format!("{} rows, but {} in the index", checked.rows, index.rows));
    }
    Ok(())
}

fn hash(file: &std::fs::File, from: u64, to: u64, digest: &mut Sha256) -> std::io::Result<()> {
    let mut buffer = vec![0; READ];
    let mut at = from;
    while at < to {
        let want = (to - at).min(READ as u64) as usize;
        match file.read_at(at, &mut buffer[..want]) {
            Ok(0) => return Err(std::io::ErrorKind::UnexpectedEof.into()),
            Ok(read) => {
                digest.update(&buffer[..read]);
                at += read as u64;
            }
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
