//! One row: its number, its attributes, and everything that is wrong with it.

use std::borrow::Cow;
use std::ops::RangeInclusive;

use jiff::Timestamp;

use super::CheckOptions;
use super::unseen::Lookout;
use crate::domain::jurisdiction::Jurisdiction;
use crate::domain::phone::{E164, NotANumber, Phone};
use crate::domain::problem::{Code, Place, Problem, Severity};
use crate::domain::text::{bare, unguarded};
use crate::files::changes::{self, Change, Changes};
use crate::files::dates::{self, Reading};
use crate::files::out::problem_columns::{MEND, ProblemColumns, held_by};
use crate::files::scan::split::Fields;
use crate::files::{Constants, DateOrder, Document, Field, FileError, Mapping, Values, names, ranges};

/// Characters of a value that a problem keeps.
const RAW: usize = 64;

/// Reads rows of one document.
#[derive(Debug)]
pub(super) struct RowReader<'a> {
    mapping: &'a Mapping,
    columns: usize,
    /// The columns that say what was wrong, where the file is one of rejects.
    problems: Option<&'a ProblemColumns>,
    options: &'a CheckOptions,
    order: Option<DateOrder>,
    /// The column that says what changes, where that is wanted.
    change: Option<usize>,
    /// Looks out for what the first rows did not show.
    unseen: Lookout,
    constants: &'a Constants,
    values: &'a Values,
    constant_expires: Option<Timestamp>,
    constant_jurisdiction: Option<Jurisdiction>,
}

/// What a row says.
pub(super) struct Row<'a> {
    /// Its numbers: one, or where several columns hold numbers one for each filled cell, and at least one.
    pub(super) entries: Vec<Entry>,
    pub(super) expires: Expiry,
    /// The order of day and month that its date proves.
    pub(super) proves: Option<DateOrder>,
    pub(super) source: Option<&'a str>,
    /// It takes its numbers off, and is rejected for that.
    pub(super) deletes: bool,
}

/// A number of a row, or a range of them.
pub(super) struct Entry {
    /// The number, or the first of the range.
    pub(super) number: Result<Phone, NotANumber>,
    /// With `true` where it was inferred.
    pub(super) jurisdiction: Option<(Jurisdiction, bool)>,
    /// How many numbers it stands for. A range that is not sound stands for one.
    pub(super) count: u64,
    /// Something is wrong with this number, or with the row as a whole.
    pub(super) rejected: bool,
}

/// When a row's entry ends.
#[derive(Clone, Copy, Debug)]
pub(super) enum Expiry {
    /// `None` = never.
    Known(Option<Timestamp>),
    /// The order of day and month has to be found out first.
    Either { dmy: Timestamp, mdy: Timestamp },
    /// A rejection.
    Bad(Code),
}

/// The problems of one row, in the order in which they were found.
struct Problems<'a> {
    place: Place,
    /// Problems of other rows, in front of this one's.
    before: usize,
    list: &'a mut Vec<Problem>,
}

impl Problems<'_> {
    fn add(&mut self, code: Code, column: Option<usize>, raw: &str, hint: impl Into<Cow<'static, str>>) {
        let problem = Problem { code, place: self.place, column, raw: short(raw), hint: hint.into() };
        // Said once, also where the same cell stands beside several numbers.
        if !self.list[self.before..].contains(&problem) {
            self.list.push(problem);
        }
    }

    /// Whether it is said already that these columns hold characters that leave no text to read. `cell` is what they hold.
    fn says_unreadable(&self, cell: &str, columns: RangeInclusive<usize>) -> bool {
        let has_control = cell.chars().any(char::is_control);
        let has_lost = cell.contains(char::REPLACEMENT_CHARACTER);
        self.list[self.before..].iter().any(|problem| match problem.code {
            Code::NulByte | Code::ControlCharacter => {
                has_control && problem.column.is_some_and(|column| columns.contains(&column))
            }
            // The bytes are the row's: which cell they stand in, the cell shows.
            Code::InvalidEncoding => has_lost,
            _ => false,
        })
    }

    fn reject_since(&self, start: usize) -> bool {
        self.list[start..].iter().any(|problem| problem.code.severity() == Severity::Rejection)
    }
}

/// A value, cut where it is too long to be kept.
pub(super) fn short(raw: &str) -> Box<str> {
    match raw.char_indices().nth(RAW) {
        None => raw.into(),
        Some((cut, _)) => format!("{}…", &raw[..cut]).into(),
    }
}

impl<'a> RowReader<'a> {
    pub(super) fn new(document: &'a Document, options: &'a CheckOptions) -> Self {
        Self {
            mapping: document.mapping(),
            columns: document.columns().len(),
            problems: document.problem_columns(),
            options,
            order: options.date_order.or(document.said_date_order()),
            change: match document.said_changes() {
                Some(Changes::Ignore) => None,
                _ => document.mapping().columns.get(&Field::Change).copied(),
            },
            unseen: Lookout::of(document),
            constants: document.constants(),
            values: document.values(),
            constant_expires: document.constants().expires(),
            constant_jurisdiction: document.constants().jurisdiction(),
        }
    }

    /// Columns of a sound record.
    pub(super) fn columns(&self) -> usize {
        self.columns
    }

    /// The order of day and month that a person named.
    pub(super) fn order(&self) -> Option<DateOrder> {
        self.order
    }

    /// Expiries before it are past.
    pub(super) fn now(&self) -> Timestamp {
        self.options.now
    }

    /// Whether each record holds one number, and adds it.
    pub(super) fn has_one_number(&self) -> bool {
        !self.mapping.has_several() && self.change.is_none() && !self.unseen.is_needed()
    }

    /// Whether an area code stands in a column of its own.
    pub(super) fn has_split_numbers(&self) -> bool {
        self.mapping.split_number
    }

    /// The number of a cell about which there is nothing to say.
    pub(super) fn quick_number(&self, cell: &[u8]) -> Option<E164> {
        self.quick_number_at_start(cell, cell.len())
    }

    /// The same of a cell that begins a text and has so many bytes.
    #[inline]
    pub(super) fn quick_number_at_start(&self, text: &[u8], length: usize) -> Option<E164> {
        self.options
            .normaliser
            .quick_at_start(text, length)
            .filter(|quick| quick.assigned)
            .map(|quick| quick.number)
    }

    /// The column of a field, where the file has one.
    pub(super) fn column(&self, field: Field) -> Option<usize> {
        self.mapping.columns.get(&field).copied()
    }

    /// What the cell of a field is read as: the text of a table where it has one, else the cell as it stands.
    pub(super) fn value<'f>(&self, field: Field, cell: &'f str) -> &'f str
    where
        'a: 'f,
    {
        self.values.of(field, cell)
    }

    /// Whether cells of a field may mean something else than they show.
    pub(super) fn has_values(&self, field: Field) -> bool {
        self.values.has(field)
    }

    /// The source that a cell names.
    pub(super) fn source_named<'f>(&self, cell: &'f str) -> &'f str
    where
        'a: 'f,
    {
        self.value(Field::Source, bare(cell))
    }

    /// The expiry of a row without a cell for it: `Ok(None)` = never, `Err` = past.
    pub(super) fn constant_expires(&self) -> Result<Option<Timestamp>, Code> {
        match self.constant_expires {
            Some(at) if at <= self.options.now => Err(Code::PastExpiry),
            at => Ok(at),
        }
    }

    /// The jurisdiction of a row without a cell for it; `None` = inferred.
    pub(super) fn constant_jurisdiction(&self) -> Option<Jurisdiction> {
        self.constant_jurisdiction
    }

    /// The source of a row without a cell for it.
    pub(super) fn constant_source(&self) -> Option<&'a str> {
        self.constants.get(Field::Source)
    }

    /// A cell beside the number: its text.
    fn cell<'f>(&self, fields: &'f Fields, field: Field) -> Option<&'f str> {
        fields.get(self.column(field)?).map(bare)
    }

    /// A cell of a number, without what keeps a spreadsheet from running it.
    fn number_cell(fields: &Fields, at: usize) -> &str {
        unguarded(fields.get(at).unwrap_or_default())
    }

    /// The codes that hold a row of a rejects file, whatever its cells look like now.
    fn held(&self, fields: &Fields) -> impl Iterator<Item = Code> {
        let cell = self.problems.and_then(|found| fields.get(found.code)).unwrap_or_default();
        held_by(cell)
    }

    /// Whether the file is one of rejects, whose rows may wait for a person.
    pub(super) fn is_of_rejects(&self) -> bool {
        self.problems.is_some()
    }

    /// The cell of the expiry date.
    pub(super) fn expires_cell<'f>(&self, fields: &'f Fields) -> &'f str {
        self.cell(fields, Field::Expires).unwrap_or_default()
    }

    /// Reads one row. `faults` are what the scanner found.
    pub(super) fn read<'f>(
        &self,
        faults: &[Code],
        fields: &'f Fields,
        place: Place,
        list: &mut Vec<Problem>,
    ) -> Row<'f>
    where
        'a: 'f,
    {
        let mut problems = Problems { place, before: list.len(), list };
        if let Some(code) = self.shape(faults, fields, &mut problems) {
            let number = Err(NotANumber { code, hint: code.hint().into() });
            let entries = vec![Entry { number, jurisdiction: None, count: 1, rejected: true }];
            return Row { entries, expires: Expiry::Known(None), proves: None, source: None, deletes: false };
        }
        self.text(fields, &mut problems);
        let deletes = self.deletes(fields, &mut problems);
        let mut rejected = problems.reject_since(problems.before);
        let mut entries: Vec<Entry> =
            self.filled(fields).map(|at| self.entry(fields, Some(at), &mut problems)).collect();
        if entries.is_empty() {
            entries.push(self.entry(fields, self.column(Field::Number), &mut problems));
        }
        let before_date = problems.list.len();
        let (expires, proves) = self.expires(fields, &mut problems);
        rejected |= problems.reject_since(before_date);
        entries.iter_mut().for_each(|entry| entry.rejected |= rejected);
        let source = match self.column(Field::Source) {
            Some(column) => fields.get(column).map(|cell| self.source_named(cell)),
            None => self.constant_source(),
        };
        let source = source.filter(|source| !source.is_empty());
        Row { entries, expires, proves, source, deletes }
    }

    /// The number columns that are filled in this row.
    fn filled(&self, fields: &Fields) -> impl Iterator<Item = usize> {
        self.number_columns().filter(|at| fields.get(*at).is_some_and(|cell| !cell.trim().is_empty()))
    }

    fn number_columns(&self) -> impl Iterator<Item = usize> {
        self.column(Field::Number).into_iter().chain(self.mapping.more_numbers.iter().copied())
    }

    fn entry(&self, fields: &Fields, column: Option<usize>, problems: &mut Problems<'_>) -> Entry {
        let before = problems.list.len();
        let number = self.number(fields, column, problems);
        let found = number.as_ref().ok().map(|phone| phone.number);
        let jurisdiction = self.jurisdiction(fields, found, problems);
        let count = match &number {
            Ok(phone) if column == self.column(Field::Number) => self.range(fields, phone, problems),
            _ => Some(1),
        };
        let rejected = number.is_err() || jurisdiction.is_none() || problems.reject_since(before);
        Entry { number, jurisdiction, count: count.unwrap_or(1), rejected }
    }

    /// How many numbers the row holds from this one on; `None` where its range is not sound.
    fn range(&self, fields: &Fields, start: &Phone, problems: &mut Problems<'_>) -> Option<u64> {
        let Some(column) = self.column(Field::RangeEnd) else {
            let Some((column, why)) = self.unseen.end(fields) else { return Some(1) };
            problems.add(Code::NumberRange, Some(column), fields.get(column).unwrap_or_default(), why);
            return None;
        };
        let end = fields.get(column).unwrap_or_default();
        match ranges::read(start, end, &self.options.normaliser) {
            Ok(range) => {
                if range.unassigned {
                    let (at, code) = (self.column(Field::Number), Code::Unassigned);
                    problems.add(code, at, self.cell(fields, Field::Number).unwrap_or_default(), code.hint());
                }
                Some(range.count)
            }
            Err(why) => {
                problems.add(Code::NumberRange, Some(column), end, why);
                None
            }
        }
    }

    /// Whether the row takes its number off, which is no row to upload.
    fn deletes(&self, fields: &Fields, problems: &mut Problems<'_>) -> bool {
        let Some(column) = self.change else {
            let Some((column, why)) = self.unseen.deletion(fields) else { return false };
            problems.add(Code::DeletionRow, Some(column), fields.get(column).unwrap_or_default(), why);
            return true;
        };
        let cell = fields.get(column).unwrap_or_default();
        let (code, deletes) = match changes::read(cell) {
            Some(Change::Add) => return false,
            Some(Change::Delete) => (Code::DeletionRow, true),
            None => (Code::BadChange, false),
        };
        problems.add(code, Some(column), cell, code.hint());
        deletes
    }

    /// Faults that leave no cell to be trusted: nothing else is said about such a row.
    fn shape(&self, faults: &[Code], fields: &Fields, problems: &mut Problems<'_>) -> Option<Code> {
        for &code in faults {
            let raw = fields.iter().find(|field| !field.is_empty()).unwrap_or_default();
            let column = self.column(Field::Number).filter(|_| fields.len() == 1);
            problems.add(code, column, raw, code.hint());
        }
        if let Some(&code) = faults.iter().find(|code| **code != Code::InvalidEncoding) {
            return Some(code);
        }
        if fields.len() == self.columns {
            if self.problems.is_some_and(|found| found.is_foreign(|at| fields.get(at))) {
                let raw = fields.get(0).unwrap_or_default();
                problems.add(Code::ForeignReject, None, raw, Code::ForeignReject.hint());
                return Some(Code::ForeignReject);
            }
            let mut worst = None;
            for code in self.held(fields) {
                let raw = fields.get(0).unwrap_or_default();
                problems.add(code, None, raw, MEND);
                worst = worst.or(Some(code).filter(|code| *code != Code::InvalidEncoding));
            }
            return worst;
        }
        let raw = self.cell(fields, Field::Number).or_else(|| fields.get(0)).unwrap_or_default();
        let said = format!("the row has {} of {} columns: check its delimiters", fields.len(), self.columns);
        problems.add(Code::WrongColumnCount, None, raw, said);
        Some(Code::WrongColumnCount)
    }

    /// Characters that no cell may hold, and the line break that no number may hold.
    fn text(&self, fields: &Fields, problems: &mut Problems<'_>) {
        for at in self.number_columns() {
            let number = Self::number_cell(fields, at);
            if number.trim().contains(['\n', '\r']) {
                let said = "a number stands on one line: check the quotation marks";
                problems.add(Code::ControlCharacter, Some(at), number, said);
            }
        }
        let text = fields.text();
        let suspicious = |b: u8| (b < 0x20 && !matches!(b, b'\t' | b'\n' | b'\r')) || b == 0x7F || b >= 0x80;
        if !text.bytes().any(suspicious) {
            return;
        }
        let is_control = |c: char| {
            (c.is_control() && !matches!(c, '\0' | '\t' | '\n' | '\r'))
                || matches!(c, '\u{2028}' | '\u{2029}')
        };
        for (code, at) in [(Code::NulByte, text.find('\0')), (Code::ControlCharacter, text.find(is_control))]
        {
            if let Some(column) = at.map(|at| fields.index_at(at)) {
                problems.add(code, Some(column), fields.get(column).unwrap_or_default(), code.hint());
            }
        }
    }

    fn number(
        &self,
        fields: &Fields,
        column: Option<usize>,
        problems: &mut Problems<'_>,
    ) -> Result<Phone, NotANumber> {
        let at = column.unwrap_or_default();
        let cell = Self::number_cell(fields, at);
        // Further columns hold whole numbers.
        let is_split = self.mapping.split_number && column == self.column(Field::Number);
        let last = at + usize::from(is_split);
        let joined;
        let cell = if is_split {
            joined = Split::new(cell, Self::number_cell(fields, at + 1));
            joined.whole.as_str()
        } else {
            cell
        };
        let result = if cell.trim().is_empty() {
            Err(NotANumber { code: Code::MissingNumber, hint: Code::MissingNumber.hint().into() })
        } else if is_split && !Split::is_sound(fields, at) {
            // Joined, `20` and `25550101` would make a number that stands nowhere in the file.
            let said = "the area code must have three digits and the number behind it seven";
            let code = self.options.normaliser.normalise(cell).err().map_or(Code::NotANumber, |not| not.code);
            Err(NotANumber { code, hint: said.into() })
        } else {
            self.options.normaliser.normalise(cell).and_then(|phone| self.with_country_code(cell, phone))
        };
        match &result {
            Err(_) if problems.says_unreadable(cell, at..=last) => {}
            Err(not) => problems.add(not.code, column, cell, not.hint.clone()),
            Ok(phone) => {
                phone.warnings.iter().for_each(|&code| problems.add(code, column, cell, code.hint()));
            }
        }
        result
    }

    /// A number of another country that nobody has is not taken where without its plus it is one of this country.
    fn with_country_code(&self, cell: &str, phone: Phone) -> Result<Phone, NotANumber> {
        let code = Code::MissingCountryCode;
        let is_odd = phone.warnings.contains(&Code::Unassigned);
        if is_odd && self.options.normaliser.lacks_country_code(cell) {
            return Err(NotANumber { code, hint: code.hint().into() });
        }
        Ok(phone)
    }

    fn jurisdiction(
        &self,
        fields: &Fields,
        number: Option<E164>,
        problems: &mut Problems<'_>,
    ) -> Option<(Jurisdiction, bool)> {
        let column = self.column(Field::Jurisdiction);
        // What stands there is what problems show; what it means is read.
        let (cell, value) = match (column, self.constant_jurisdiction) {
            (Some(_), _) => {
                let cell = self.cell(fields, Field::Jurisdiction).unwrap_or_default();
                (cell, self.value(Field::Jurisdiction, cell))
            }
            (None, Some(_)) => {
                let text = self.constants.get(Field::Jurisdiction).unwrap_or_default();
                (text, text)
            }
            (None, None) => ("", ""),
        };
        if value.trim().is_empty() {
            let number = number?;
            let Some(inferred) = infer(number) else {
                problems.add(
                    Code::BadJurisdiction,
                    column,
                    cell,
                    "give the jurisdiction: this number has no area",
                );
                return None;
            };
            if column.is_some() {
                problems.add(Code::InferredJurisdiction, column, cell, Code::InferredJurisdiction.hint());
            }
            return Some((inferred, true));
        }
        let Some(given) = Jurisdiction::parse(value) else {
            problems.add(Code::BadJurisdiction, column, cell, Code::BadJurisdiction.hint());
            return None;
        };
        let inferred = number.and_then(Jurisdiction::of_number);
        // Sent as the country, the abbreviation of a state would suppress nothing where the number is.
        let is_country = inferred.is_none_or(|inferred| inferred.as_str().get(..2) == Some(given.as_str()));
        let ambiguous = number.is_some_and(E164::is_nanp) && given.may_be_a_part() && !is_country;
        if ambiguous || !given.exists() {
            let said = if ambiguous {
                "alone it may be a country: write US-CA, CA-ON"
            } else {
                Code::BadJurisdiction.hint()
            };
            problems.add(Code::BadJurisdiction, column, cell, said);
            return None;
        }
        if let Some(inferred) = inferred
            && !fits(given, inferred)
        {
            let said = format!("the area code belongs to {inferred}; the row is used as it stands");
            problems.add(Code::JurisdictionMismatch, column, cell, said);
        }
        Some((given, false))
    }

    fn expires(&self, fields: &Fields, problems: &mut Problems<'_>) -> (Expiry, Option<DateOrder>) {
        let column = self.column(Field::Expires);
        if column.is_none() {
            return match self.constant_expires() {
                Ok(at) => (Expiry::Known(at), None),
                Err(code) => {
                    let text = self.constants.get(Field::Expires).unwrap_or_default();
                    problems.add(code, None, text, code.hint());
                    (Expiry::Bad(code), None)
                }
            };
        }
        let cell = self.expires_cell(fields);
        let reading = dates::read(self.value(Field::Expires, cell), self.order);
        if let Reading::At { naive: true, .. } | Reading::Either { naive: true, .. } = reading {
            problems.add(Code::AssumedUtc, column, cell, Code::AssumedUtc.hint());
        }
        let code = match reading {
            Reading::ForEver => return (Expiry::Known(None), None),
            Reading::Either { dmy, mdy, .. } => return (Expiry::Either { dmy, mdy }, None),
            Reading::At { at, proves, .. } if at > self.options.now => {
                return (Expiry::Known(Some(at)), proves);
            }
            Reading::At { .. } => Code::PastExpiry,
            Reading::Bad => Code::BadDate,
        };
        problems.add(code, column, cell, code.hint());
        let proves = if let Reading::At { proves, .. } = reading { proves } else { None };
        (Expiry::Bad(code), proves)
    }
}

/// A number in two columns.
struct Split {
    whole: String,
}

impl Split {
    fn new(area: &str, local: &str) -> Self {
        Self { whole: format!("{}{}", area.trim(), local.trim()) }
    }

    fn is_sound(fields: &Fields, at: usize) -> bool {
        let digits = |index, count| {
            let cell = fields.get(index).unwrap_or_default().trim();
            cell.len() == count && cell.bytes().all(|b| b.is_ascii_digit())
        };
        digits(at, 3) && digits(at + 1, 7)
    }
}

/// The jurisdiction of a number; the bare country where its area code has none (toll-free).
pub(super) fn infer(number: E164) -> Option<Jurisdiction> {
    Jurisdiction::of_number(number).or_else(|| number.is_nanp().then(|| Jurisdiction::parse("US")).flatten())
}

/// Whether two jurisdictions can both be right: a bare country says nothing against one of its parts.
fn fits(given: Jurisdiction, inferred: Jurisdiction) -> bool {
    let (given, inferred) = (given.as_str(), inferred.as_str());
    given.get(..2) == inferred.get(..2) && (given == inferred || given.len() == 2 || inferred.len() == 2)
}

/// A problem with a date that could only be read once the whole file had been.
pub(super) fn late_date_problem(reader: &RowReader<'_>, code: Code, place: Place, raw: &str) -> Problem {
    let column = reader.column(Field::Expires);
    Problem { code, place, column, raw: short(raw), hint: code.hint().into() }
}

/// A constant expiry in the past would reject every row: it is told once instead.
pub(super) fn refuse_past_constant(document: &Document, now: Timestamp) -> Result<(), FileError> {
    let constants = document.constants();
    let holds = !document.mapping().columns.contains_key(&Field::Expires);
    match constants.expires() {
        Some(at) if holds && at <= now => {
            let said = constants.get(Field::Expires).unwrap_or_default();
            let why = format!("every row would expire on {said}, which is past");
            Err(FileError::BadConstant { path: document.path().into(), why })
        }
        _ => Ok(()),
    }
}

/// The question about the number column, with the columns that there are.
pub(super) fn which_column(document: &Document) -> String {
    let question =
        format!("which column holds the numbers to suppress: {}", names::listed(document.columns()));
    let are_apart = document.notes().iter().any(|note| note.code == Code::CountryCodesApart);
    match are_apart {
        true => format!(
            "{question}; country codes stand in a column of their own, so write them in front of the numbers first"
        ),
        false => question,
    }
}
