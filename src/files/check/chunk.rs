//! One stretch of the file, read from where a record begins to the first piece that begins behind the stretch.

mod steps;

use std::fmt;
use std::io;

use super::emails::Emails;
use super::facts::{Expires, Undecided};
use super::fold::Claim;
use super::quick::{Clean, PlainLine, QuickReader, is_odd};
use super::row::{Expiry, Row, RowReader, Whom, infer, short};
use crate::domain::phone::E164;
use crate::domain::problem::{Code, Place, Problem, Problems};
use crate::files::block::Pool;
use crate::files::scan::split::Fields;
use crate::files::scan::{Checkpoint, Eol, Lines, Piece, READ, Scanner};
use crate::files::source::Bytes;
use crate::files::stretches::{Reader, Stretch, Task};
use crate::files::{DateOrder, Document, Field};

pub(super) use steps::Steps;

/// Pieces between two looks at the stop token.
const STEP: u64 = 4096;

/// What a stretch holds. Rows, slots, lines and bytes count from its own start.
#[derive(Debug)]
pub(super) struct Chunk {
    pub(super) from: Checkpoint,
    pub(super) to: Checkpoint,
    /// Data records.
    pub(super) records: u64,
    /// Numbers: one for each record; or for each filled number cell where there are several columns of them; or for each
    /// number of a range.
    pub(super) slots: u64,
    pub(super) rejected: u64,
    pub(super) rejected_records: u64,
    pub(super) inferred: u64,
    pub(super) record_bytes: u64,
    pub(super) blank_bytes: u64,
    /// LF, CRLF, CR.
    pub(super) endings: [bool; 3],
    /// Dates prove that the day comes first, that the month does.
    pub(super) orders: [bool; 2],
    /// A sound row has a date of which the file has to tell the order.
    pub(super) undecided: bool,
    /// The first area code that is not the one of the file's name.
    pub(super) other_area: Option<u16>,
    pub(super) claims: Vec<Claim>,
    pub(super) problems: Problems,
    pub(super) steps: Steps,
    /// The first slot of each record, where a record may have several.
    pub(super) first_slots: Vec<u32>,
    /// How many numbers each claim stands for, where it may be a range of them; else empty.
    pub(super) counts: Vec<u32>,
    /// Numbers of rows that take them off.
    pub(super) deleted: Vec<Deleted>,
}

/// A number that a row takes off.
#[derive(Clone, Copy)]
pub(super) struct Deleted {
    pub(super) number: u64,
    pub(super) count: u64,
    /// The record, from 1.
    pub(super) row: u64,
}

impl fmt::Debug for Deleted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { count, row, .. } = self;
        f.debug_struct("Deleted").field("count", count).field("row", row).finish_non_exhaustive()
    }
}

/// What reads stretches of one document, one after the other.
pub(super) struct ChunkReader<'a> {
    pub(super) document: &'a Document,
    pub(super) reader: &'a RowReader<'a>,
    pub(super) quick: QuickReader<'a>,
    /// The area code of the file's name, where the layout has one to compare with.
    pub(super) named_area: Option<u16>,
    pub(super) several: bool,
    lines: Lines,
    ranges: bool,
    most_numbers: u64,
    /// Where the claims of earlier chunks stood.
    used: &'a Pool<Claim>,
    /// The addresses of the file.
    emails: &'a Emails,
    fields: Fields,
    list: Vec<Problem>,
    /// Records that a stretch likely has.
    likely: usize,
}

impl Stretch for Chunk {
    fn ends(&self) -> (Checkpoint, Checkpoint) {
        (self.from, self.to)
    }
}

impl Reader for ChunkReader<'_> {
    type Stretch = Chunk;

    /// The piece behind the stretch may also be a line of rows that a quotation swallowed, which the next one goes on in.
    fn read(&mut self, task: &Task<'_>) -> io::Result<Option<Chunk>> {
        let Task { from, end, ref block, stop } = *task;
        let quick = self.quick.is_on();
        let mut scanner = self.document.scanner(from, READ);
        if let Some(block) = block {
            scanner.start_with(block)?;
        }
        let mut claims = self.used.take();
        claims.clear();
        let mut chunk = Chunk::new(from, claims);
        chunk.steps.small.reserve(self.likely);
        let (mut pieces, mut last) = (0_u64, None);
        loop {
            let here = scanner.place();
            // A file over the limit is refused, so nothing more of it is wanted.
            if here.at >= end || (self.ranges && chunk.slots > self.most_numbers) {
                break;
            }
            let before = pieces / STEP;
            let passed = if quick { self.plain_lines(&mut scanner, end, &mut chunk, &mut last) } else { 0 };
            pieces += passed;
            // What ended plain lines before there were as many as are found at once is not plain.
            let more_plain = passed > 0 && self.lines.is_full();
            if !more_plain && scanner.place().at < end {
                let Some(piece) = scanner.next()? else { break };
                pieces += 1;
                self.piece(&piece, scanner.stored(&piece), quick, &mut chunk, &mut last);
            }
            if pieces / STEP > before && stop.is_cancelled() {
                return Ok(None);
            }
        }
        chunk.to = scanner.place();
        if let Some(last) = last {
            chunk.steps.push(chunk.to.at - last.0, chunk.to.line - last.1);
        }
        self.likely = chunk.steps.small.len() + chunk.steps.small.len() / 32;
        Ok(Some(chunk))
    }
}

impl<'a> ChunkReader<'a> {
    pub(super) fn new(
        document: &'a Document,
        reader: &'a RowReader<'a>,
        quick: QuickReader<'a>,
        named_area: Option<u16>,
        most_numbers: u64,
        (used, emails): (&'a Pool<Claim>, &'a Emails),
    ) -> Self {
        let (several, ranges) = (document.mapping().has_several(), document.mapping().has_ranges());
        Self {
            document,
            reader,
            quick,
            named_area,
            several,
            ranges,
            most_numbers,
            used,
            emails,
            lines: Lines::default(),
            fields: Fields::default(),
            list: Vec::new(),
            likely: 0,
        }
    }

    /// Reads the plain lines that come next and begin before `end`, and says how many there were.
    fn plain_lines<B: Bytes + ?Sized>(
        &mut self,
        scanner: &mut Scanner<'_, B>,
        end: u64,
        chunk: &mut Chunk,
        last: &mut Option<(u64, u64)>,
    ) -> u64 {
        let mut lines = std::mem::take(&mut self.lines);
        scanner.find_plain(&mut lines);
        let (here, units) = (scanner.place(), scanner.units());
        // Kept here while lines are read, since every one of them asks for it.
        let (mut count, mut before) = (0_u64, *last);
        for line in lines.iter() {
            let at = here.at + line.start() as u64;
            if at >= end {
                break;
            }
            if let Some(clean) = self.quick.read(&PlainLine { units, line }) {
                chunk.begin(&mut before, (at, here.line + count));
                chunk.end(line.end().1);
                chunk.record_bytes += line.bytes();
                self.take(&clean, chunk);
            } else {
                let piece = scanner.plain_piece(line, count);
                let stored = units.get(line.start()..line.end().0).unwrap_or_default();
                *last = before;
                self.piece(&piece, stored, false, chunk, last);
                before = *last;
            }
            count += 1;
        }
        *last = before;
        scanner.pass(&lines, count as usize);
        self.lines = lines;
        count
    }

    /// Takes in a piece with all care; `quick`: unless its fields can be read the quick way.
    fn piece(
        &mut self,
        piece: &Piece,
        stored: &[u8],
        quick: bool,
        chunk: &mut Chunk,
        last: &mut Option<(u64, u64)>,
    ) {
        chunk.end(piece.eol);
        if piece.blank {
            chunk.blank_bytes += piece.bytes;
            return;
        }
        chunk.begin(last, (piece.at, piece.line));
        chunk.record_bytes += piece.bytes;
        let faults = self.document.read_fields(piece, stored, &mut self.fields);
        let (line, byte) = (piece.line - chunk.from.line, piece.at - chunk.from.at);
        self.record(&faults, Place { row: chunk.records, line, byte }, quick, chunk);
    }

    fn record(&mut self, faults: &[Code], place: Place, quick: bool, chunk: &mut Chunk) {
        if quick
            && faults.is_empty()
            && !is_odd(self.fields.text())
            && let Some(clean) = self.quick.read(&self.fields)
        {
            self.take(&clean, chunk);
            return;
        }
        self.list.clear();
        let row = self.reader.read(faults, &self.fields, place, &mut self.list);
        self.list.iter().for_each(|problem| chunk.problems.push(problem));
        if let Some(order) = row.proves {
            chunk.orders[usize::from(order != DateOrder::Dmy)] = true;
        }
        let rejected: u64 = row.entries.iter().filter(|entry| entry.rejected).map(|entry| entry.count).sum();
        chunk.rejected += rejected;
        chunk.rejected_records += u64::from(rejected > 0);
        let slots = chunk.slots;
        chunk.slots += row.entries.iter().map(|entry| entry.count).sum::<u64>();
        if self.several {
            chunk.first_slots.push(slots as u32);
        }
        if row.deletes {
            let sound = row.entries.iter().filter_map(|entry| Some((entry.whom.as_ref().ok()?, entry.count)));
            chunk.deleted.extend(sound.map(|(whom, count)| Deleted {
                number: self.number_of(whom),
                count,
                row: place.row,
            }));
        }
        self.claim(&row, slots, chunk);
    }

    #[inline]
    fn take(&self, clean: &Clean, chunk: &mut Chunk) {
        chunk.inferred += u64::from(clean.inferred);
        if let Some(day_first) = clean.day_first {
            chunk.orders[usize::from(!day_first)] = true;
        }
        chunk.undecided |= clean.undecided;
        self.compare_area(clean.area, chunk);
        // A slot beyond that would be a row that is neither usable nor rejected, and the file is refused for it.
        if let Ok(slot) = u32::try_from(chunk.slots) {
            chunk.claims.push(Claim { number: clean.number, slot, set: clean.set });
        }
        chunk.slots += 1;
    }

    fn claim(&self, row: &Row<'_>, slots: u64, chunk: &mut Chunk) {
        let table = self.quick.memory().table();
        let expires = match row.expires {
            Expiry::Known(expires) => expires.map_or(Expires::NEVER, Expires::at),
            Expiry::Either { dmy, mdy } if row.entries.iter().any(|entry| !entry.rejected) => {
                let raw = short(self.reader.expires_cell(&self.fields)).into();
                table.undecided(Undecided { dmy, mdy, raw })
            }
            Expiry::Either { .. } | Expiry::Bad(_) => return,
        };
        let mut source = None;
        let mut next = slots;
        for entry in &row.entries {
            let slot = next;
            next += entry.count;
            if let (Ok(whom), Some((jurisdiction, inferred)), false) =
                (&entry.whom, entry.jurisdiction, entry.rejected)
            {
                let phone = whom.phone().map(|phone| phone.number);
                self.compare_area(phone.and_then(E164::area_code), chunk);
                if inferred && self.reader.column(Field::Jurisdiction).is_none() {
                    chunk.inferred += entry.count;
                }
                chunk.undecided |= expires.is_undecided();
                let given = Some(jurisdiction).filter(|given| phone.and_then(infer) != Some(*given));
                let source = source.get_or_insert_with(|| row.source.map(Into::into));
                let set = table.intern(given, expires, source.as_ref());
                let number = self.number_of(whom);
                let (Ok(slot), Ok(count)) = (u32::try_from(slot), u32::try_from(entry.count)) else {
                    continue;
                };
                chunk.claims.push(Claim { number, slot, set });
                if self.ranges {
                    chunk.counts.push(count);
                }
            }
        }
    }

    /// The number that somebody goes by while the file is read.
    fn number_of(&self, whom: &Whom) -> u64 {
        match whom {
            Whom::Phone(phone) => phone.number.digits(),
            Whom::Email(email) => self.emails.intern(email),
        }
    }

    #[inline]
    fn compare_area(&self, area: Option<u16>, chunk: &mut Chunk) {
        if let (Some(named), Some(area)) = (self.named_area, area)
            && named != area
        {
            chunk.other_area.get_or_insert(area);
        }
    }
}

impl Chunk {
    /// Takes the claims of a file with ranges out, number by number.
    pub(super) fn take_claims(&mut self) -> impl Iterator<Item = Claim> {
        let counts = std::mem::take(&mut self.counts);
        let claims = std::mem::take(&mut self.claims).into_iter().zip(counts);
        claims.flat_map(|(claim, count)| {
            (0..count).map(move |step| Claim {
                number: claim.number + u64::from(step),
                slot: claim.slot + step,
                ..claim
            })
        })
    }

    /// A record begins at a byte and on a line of the file; `last` is where the one before it did.
    #[inline(always)]
    fn begin(&mut self, last: &mut Option<(u64, u64)>, (at, line): (u64, u64)) {
        match last.replace((at, line)) {
            Some(last) => self.steps.push(at - last.0, line - last.1),
            None => self.steps.lead = (at - self.from.at, line - self.from.line),
        }
        self.records += 1;
    }

    #[inline]
    fn end(&mut self, eol: Eol) {
        match eol {
            Eol::Lf => self.endings[0] = true,
            Eol::CrLf => self.endings[1] = true,
            Eol::Cr => self.endings[2] = true,
            Eol::None => {}
        }
    }

    fn new(from: Checkpoint, claims: Vec<Claim>) -> Self {
        Self {
            from,
            to: from,
            records: 0,
            slots: 0,
            rejected: 0,
            rejected_records: 0,
            inferred: 0,
            record_bytes: 0,
            blank_bytes: 0,
            endings: [false; 3],
            orders: [false; 2],
            undecided: false,
            other_area: None,
            claims,
            problems: Problems::default(),
            steps: Steps::default(),
            first_slots: Vec::new(),
            counts: Vec::new(),
            deleted: Vec::new(),
        }
    }
}
