//! One row: its number, its attributes, and everything that is wrong with it.

use jiff::Timestamp;

use super::CheckOptions;
use super::unseen::Lookout;
use crate::domain::identifier::{Email, Identifier};
use crate::domain::jurisdiction::Jurisdiction;
use crate::domain::phone::{E164, NotANumber, Phone};
use crate::domain::problem::{Code, Place, Problem};
use crate::domain::text::{bare, is_blank, unguarded};
use crate::files::changes::Changes;
use crate::files::out::problem_columns::ProblemColumns;
use crate::files::scan::split::Fields;
use crate::files::{Constants, DateOrder, Document, Field, Mapping, Values};

mod expiry;
mod number;
mod place;
mod said;
mod shape;

pub(super) use expiry::{Expiry, late_date_problem};
pub(super) use place::infer;
use said::Problems;
pub(super) use said::short;

/// Columns are found by their field's place in the list of all, which is that of its declaration.
const _: () = {
    let mut at = 0;
    while at < Field::ALL.len() {
        assert!(Field::ALL[at] as usize == at, "fields are listed as they are declared");
        at += 1;
    }
};

/// Reads rows of one document.
#[derive(Debug)]
pub(super) struct RowReader<'a> {
    mapping: &'a Mapping,
    /// The mapping's column of each field.
    places: [Option<usize>; Field::ALL.len()],
    columns: usize,
    /// The columns that say what was wrong, where the file is one of rejects.
    problems: Option<&'a ProblemColumns>,
    options: &'a CheckOptions,
    order: Option<DateOrder>,
    /// The column that says what changes, where that is wanted.
    change: Option<usize>,
    /// Its deletions are what is read.
    takes_deletions: bool,
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

/// Whom a cell means.
#[derive(Debug)]
pub(super) enum Whom {
    Phone(Phone),
    Email(Email),
}

impl Whom {
    pub(super) fn phone(&self) -> Option<&Phone> {
        match self {
            Self::Phone(phone) => Some(phone),
            Self::Email(_) => None,
        }
    }

    pub(super) fn into_identifier(self) -> Identifier {
        match self {
            Self::Phone(phone) => phone.number.into(),
            Self::Email(email) => email.into(),
        }
    }
}

/// A number of a row, or a range of them, or its address.
pub(super) struct Entry {
    /// The number, or the first of the range; or the address.
    pub(super) whom: Result<Whom, NotANumber>,
    /// With `true` where it was inferred.
    pub(super) jurisdiction: Option<(Jurisdiction, bool)>,
    /// How many numbers it stands for. A range that is not sound stands for one.
    pub(super) count: u64,
    /// Something is wrong with this number, or with the row as a whole.
    pub(super) rejected: bool,
}

impl<'a> RowReader<'a> {
    pub(super) fn new(document: &'a Document, options: &'a CheckOptions) -> Self {
        Self {
            mapping: document.mapping(),
            places: Field::ALL.map(|field| document.mapping().columns.get(&field).copied()),
            columns: document.columns().len(),
            problems: document.problem_columns(),
            options,
            order: options.date_order.or(document.said_date_order()),
            change: match document.said_changes() {
                Some(Changes::Ignore) => None,
                _ => document.mapping().columns.get(&Field::Change).copied(),
            },
            takes_deletions: document.said_changes() == Some(Changes::Deletions),
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
        self.places.get(field as usize).copied().flatten()
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
            let whom = Err(NotANumber { code, hint: code.hint() });
            let entries = vec![Entry { whom, jurisdiction: None, count: 1, rejected: true }];
            return Row { entries, expires: Expiry::Known(None), proves: None, source: None, deletes: false };
        }
        self.text(fields, &mut problems);
        let deletes = self.deletes(fields, &mut problems);
        let mut rejected = problems.reject_since(problems.before);
        let mut entries: Vec<Entry> =
            self.filled(fields).map(|at| self.entry(fields, Some(at), &mut problems)).collect();
        entries.extend(self.address(fields, &mut problems));
        if entries.is_empty() {
            let column = self.column(Field::Number).or(self.column(Field::Email));
            entries.push(self.entry(fields, column, &mut problems));
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
        self.number_columns().filter(|at| fields.get(*at).is_some_and(|cell| !is_blank(cell)))
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
        Entry { whom: number.map(Whom::Phone), jurisdiction, count: count.unwrap_or(1), rejected }
    }

    /// The address of a row, where its cell is filled.
    fn address(&self, fields: &Fields, problems: &mut Problems<'_>) -> Option<Entry> {
        let column = self.column(Field::Email)?;
        let cell = Self::number_cell(fields, column);
        if is_blank(cell) {
            return None;
        }
        let before = problems.list.len();
        let code = Code::BadEmail;
        let email = Email::parse(cell).ok_or(NotANumber { code, hint: code.hint() });
        if email.is_err() && !problems.says_unreadable(cell, column..=column) {
            problems.add(code, Some(column), cell, code.hint());
        }
        let jurisdiction = self.jurisdiction(fields, None, problems);
        // An address stands nowhere: where nothing else is said, it stands for the country that numbers are read in.
        let is_silent = jurisdiction.is_none() && !problems.reject_since(before);
        let jurisdiction = if is_silent { self.home().map(|home| (home, true)) } else { jurisdiction };
        let rejected = email.is_err() || jurisdiction.is_none() || problems.reject_since(before);
        Some(Entry { whom: email.map(Whom::Email), jurisdiction, count: 1, rejected })
    }

    fn home(&self) -> Option<Jurisdiction> {
        Jurisdiction::parse(&self.options.normaliser.region().code())
    }
}
