//! How the rows at hand read under a mapping that is only being thought of: nothing is read from the disk.

use std::collections::BTreeMap;

use super::Chosen;
use crate::domain::identifier::{Email, Identifier};
use crate::domain::jurisdiction::Jurisdiction;
use crate::domain::phone::{Normaliser, NotANumber, PhonePolicy, Region};
use crate::domain::problem::{Code, Problem, Severity};
use crate::domain::text::bare;
use crate::ops::{CheckOptions, Field, Interpreted, Record};
use crate::tui::cx::Cx;
use crate::tui::store::OpenFile;

/// How many rows the counts look at.
pub(super) const ROWS: usize = 200;

/// The rows at hand.
pub(super) fn records(file: &OpenFile) -> Vec<&Record> {
    let rows = file.window.iter().flat_map(|window| window.rows.iter().take(ROWS));
    rows.map(|row| &row.record).collect()
}

/// The cells of a column.
pub(super) fn cells(file: &OpenFile, column: usize) -> impl Iterator<Item = &str> {
    records(file).into_iter().map(move |record| record.fields.get(column).map_or("", String::as_str))
}

fn normaliser(cx: &Cx) -> Normaliser {
    let plain = || Normaliser::new(Region::US, PhonePolicy::Possible, Vec::new());
    cx.env.tenant.as_ref().map_or_else(plain, |tenant| tenant.normaliser.clone())
}

/// What came of the rows at hand, field by field.
#[derive(Debug, Default)]
pub(super) struct Reads {
    fields: BTreeMap<Field, Count>,
}

/// Every number of a row; an address is none.
fn numbers(read: &Interpreted) -> impl Iterator<Item = &Result<Identifier, NotANumber>> {
    let is_number = |whom: &&Result<Identifier, NotANumber>| match whom {
        Ok(identifier) => identifier.phone().is_some(),
        Err(not) => not.code != Code::BadEmail,
    };
    std::iter::once(&read.whom).chain(&read.more).filter(is_number)
}

/// What came of one field.
#[derive(Debug, Default)]
struct Count {
    /// Cells looked at.
    all: usize,
    /// Those that read as what the field holds.
    good: usize,
    /// Empty ones, where that says something: no expiry, an inferred place.
    empty: usize,
    /// Rejections, by kind.
    rejected: BTreeMap<Code, usize>,
}

impl Reads {
    /// Reads the rows at hand as validation would.
    pub(super) fn of(cx: &Cx, file: &OpenFile, chosen: &Chosen) -> Self {
        let document = &file.opened.document;
        let mut mapping = document.mapping().clone();
        // Two columns hold a number only as long as it is the column that was found to.
        mapping.split_number &= mapping.columns.get(&Field::Number) == chosen.columns.get(&Field::Number);
        mapping.columns.clone_from(&chosen.columns);
        mapping.more_numbers.clone_from(&chosen.more);
        let records = records(file);
        let trial = document.tried(mapping, chosen.constants.clone(), records.iter().copied());
        let input = &file.opened.input;
        let date_order = input.options.date_order;
        let options = CheckOptions { normaliser: normaliser(cx), now: cx.now, date_order };
        let mut reads = Self::default();
        for record in records {
            let read = trial.interpret(record, &options);
            for (field, column) in &chosen.columns {
                let count = reads.fields.entry(*field).or_default();
                let cell = record.fields.get(*column).map_or("", |cell| cell.trim());
                let here = |problem: &&Problem| {
                    problem.column == Some(*column) && problem.code.severity() == Severity::Rejection
                };
                let mut bad: Vec<Code> = match field {
                    Field::Number => numbers(&read)
                        .filter_map(|number| number.as_ref().err())
                        .map(|not| not.code)
                        .collect(),
                    _ => read.problems.iter().filter(here).map(|problem| problem.code).collect(),
                };
                if *field == Field::Number {
                    let numbers = numbers(&read).count();
                    count.all += numbers;
                    count.good += numbers - bad.len();
                } else {
                    bad.truncate(1);
                    count.all += 1;
                    count.good += usize::from(bad.is_empty() && !cell.is_empty());
                    count.empty += usize::from(bad.is_empty() && cell.is_empty());
                }
                bad.into_iter().for_each(|code| *count.rejected.entry(code).or_insert(0) += 1);
            }
        }
        reads
    }

    /// What a field's column reads like, in a line; and whether anything of it is rejected.
    pub(super) fn said(&self, field: Field) -> (String, bool) {
        let Some(count) = self.fields.get(&field) else { return (String::new(), false) };
        let (good, what) = (count.good, counted(field));
        let mut said = format!("{good} of {} {what}", count.all);
        let empty = match field {
            Field::Jurisdiction => "inferred",
            Field::Expires => "never",
            _ => "empty",
        };
        if count.empty > 0 {
            said += &format!(" · {} {empty}", count.empty);
        }
        let bad: usize = count.rejected.values().sum();
        // The most frequent kind; the first of the table where several are.
        if let Some((code, _)) =
            count.rejected.iter().min_by_key(|(code, times)| (std::cmp::Reverse(**times), **code))
        {
            said += &format!(" · {bad} rejected: {}", code.title());
        }
        (said, bad > 0)
    }
}

/// How many of the rows at hand a column would serve a field, by the column alone.
pub(super) fn serves(cx: &Cx, file: &OpenFile, field: Field, column: usize) -> usize {
    let filled = |cell: &&str| !cell.trim().is_empty();
    match field {
        Field::Number => {
            let normaliser = normaliser(cx);
            let mapping = file.opened.document.mapping();
            let split = mapping.split_number && mapping.columns.get(&Field::Number) == Some(&column);
            if split {
                let both = cells(file, column).zip(cells(file, column + 1));
                return both
                    .filter(|(area, rest)| normaliser.normalise(&format!("{area}{rest}")).is_ok())
                    .count();
            }
            cells(file, column).filter(|cell| normaliser.normalise(cell).is_ok()).count()
        }
        Field::Jurisdiction => {
            let values = file.opened.document.values();
            let read =
                |cell: &&str| Jurisdiction::parse(values.of(Field::Jurisdiction, bare(cell))).is_some();
            cells(file, column).filter(read).count()
        }
        Field::Email => cells(file, column).filter(|cell| Email::parse(bare(cell)).is_some()).count(),
        _ => cells(file, column).filter(filled).count(),
    }
}

/// What the count of a field says.
pub(super) fn counted(field: Field) -> &'static str {
    match field {
        Field::Number => "read as numbers",
        Field::Jurisdiction => "have the form US-CA",
        Field::Expires => "are dates",
        Field::Email => "are addresses",
        _ => "are filled",
    }
}
