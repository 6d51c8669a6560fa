//! What the rows of a file say beside the fields that every destination shares: notes of items, reasons of suppression
//! contacts, the columns of outbound contacts.

use std::collections::HashMap;
use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::OpsError;
use crate::config::ConfigError;
use crate::domain::contact::Reason;
use crate::domain::identifier::Identifier;
use crate::domain::plan::{Destination, Extra, NOTES, REASON};
use crate::domain::problem::Code;
use crate::domain::text::visible;
use crate::files::{Checked, Document, Field, Intent, is_day, reduced_name};

/// Rows that are read at once.
const PAGE: usize = 1_000;

/// A column that is carried along, and the name that its values go by.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Carried {
    column: usize,
    name: Arc<str>,
}

/// The extra values of each row that has some, and what has to be said about them.
#[derive(Debug, Default)]
pub(super) struct Extras {
    by_row: HashMap<u64, Extra>,
    /// The further rows of numbers that stand in several.
    repeats: HashMap<Identifier, Vec<u64>>,
    /// Rows whose reason is none of the platform's words.
    pub(super) odd_reasons: u64,
    to: Destination,
    /// Names of the columns that say who has opted in, where rows without that are left out.
    consent: Vec<Arc<str>>,
    needs_consent: bool,
}

impl Extras {
    /// Whether nobody's consent stands behind a row, where it has to.
    pub(super) fn lacks_consent(&self, extra: &Extra) -> bool {
        // Where several columns ask for it, a no in one of them is a no.
        let is_given = |column: &Arc<str>| extra.get(column).is_some_and(|cell| agrees(column, cell));
        self.needs_consent && (self.consent.is_empty() || !self.consent.iter().all(is_given))
    }

    /// Whether consent is needed, and no column says who gave it.
    pub(super) fn knows_no_consent(&self) -> bool {
        self.needs_consent && self.consent.is_empty()
    }

    /// What the rows of a number say. A suppression contact always has a reason.
    pub(super) fn of(&self, intent: &Intent) -> Extra {
        let own = self.by_row.get(&intent.row);
        let others = self.repeats.get(&intent.identifier).map_or(&[][..], Vec::as_slice);
        match self.to {
            Destination::Suppression => {
                let words = own.into_iter().chain(others.iter().filter_map(|row| self.by_row.get(row)));
                let reasons = words.filter_map(|extra| Reason::parse(extra.get(REASON)?));
                reason(reasons.reduce(Reason::gravest).unwrap_or_default())
            }
            Destination::Outbound => others.iter().fold(own.cloned().unwrap_or_default(), |extra, row| {
                self.with_consent_of(extra, self.by_row.get(row))
            }),
            Destination::Entries | Destination::Items => own.cloned().unwrap_or_default(),
        }
    }

    /// Whoever says no in one row, or nothing, has not opted in by saying yes in another.
    fn with_consent_of(&self, extra: Extra, other: Option<&Extra>) -> Extra {
        self.consent.iter().fold(extra, |extra, column| match other.and_then(|other| other.get(column)) {
            Some(cell) if agrees(column, cell) => extra,
            told if extra.get(column).is_some_and(|cell| agrees(column, cell)) => {
                let extra = extra.without(column);
                told.map_or(extra.clone(), |cell| extra.with(column, cell))
            }
            _ => extra,
        })
    }
}

/// Columns that say whether somebody has opted in, and those that say when.
const CONSENT: [&str; 3] = ["optin", "optedin", "consent"];
const CONSENT_DATE: [&str; 4] = ["optindate", "optedindate", "consentdate", "optedinat"];

/// Whether the cell of a column of consent says that there is one: yes, or the day of it.
fn agrees(column: &str, cell: &str) -> bool {
    match CONSENT_DATE.contains(&reduced_name(column).as_str()) {
        true => is_day(cell.trim()),
        false => is_yes(cell),
    }
}

/// What people write for yes. Anything else is no consent.
fn is_yes(cell: &str) -> bool {
    matches!(
        cell.trim().to_lowercase().as_str(),
        "yes" | "y" | "true" | "t" | "1" | "x" | "opt-in" | "opted in"
    )
}

fn reason(reason: Reason) -> Extra {
    Extra::new(vec![(REASON.into(), reason.as_str().into())])
}

/// Reads what the rows of a file say for this destination. Blocking: it may read the whole file once more.
pub(super) fn read(
    document: &Document,
    checked: &Checked,
    to: Destination,
    require_opt_in: bool,
    stop: &CancellationToken,
) -> Result<Extras, OpsError> {
    let carried = carried(document, to);
    let is_consent = |it: &&Carried| {
        let name = reduced_name(&it.name);
        CONSENT.iter().chain(&CONSENT_DATE).any(|known| *known == name)
    };
    let mut extras = Extras {
        to,
        consent: carried.iter().filter(is_consent).map(|it| it.name.clone()).collect(),
        needs_consent: require_opt_in && to == Destination::Outbound,
        ..Extras::default()
    };
    if carried.is_empty() {
        return Ok(extras);
    }
    refuse_one_name(&carried)?;
    if matches!(to, Destination::Suppression | Destination::Outbound) {
        extras.repeats = repeats(checked);
    }
    let mut first = 1;
    loop {
        if stop.is_cancelled() {
            return Err(OpsError::Stopped);
        }
        let records = document.rows(first, PAGE)?;
        let Some(last) = records.last() else { break };
        first = last.place.row + 1;
        for record in &records {
            let value =
                |column: usize| record.fields.get(column).map(|cell| cell.trim()).filter(|c| !c.is_empty());
            let extra = match to {
                Destination::Suppression => match carried.first().and_then(|it| value(it.column)) {
                    None => continue,
                    Some(word) => reason(Reason::parse(word).unwrap_or_else(|| {
                        extras.odd_reasons += 1;
                        Reason::default()
                    })),
                },
                _ => Extra::new(
                    carried
                        .iter()
                        .filter_map(|it| Some((it.name.clone(), Arc::from(value(it.column)?))))
                        .collect(),
                ),
            };
            if extra != Extra::default() {
                extras.by_row.insert(record.place.row, extra);
            }
        }
    }
    Ok(extras)
}

/// Two columns of one name would be one field of a contact, and one of its values would be lost.
fn refuse_one_name(carried: &[Carried]) -> Result<(), OpsError> {
    let mut names: Vec<&str> = carried.iter().map(|it| &*it.name).collect();
    names.sort_unstable();
    let Some(pair) = names.windows(2).find(|pair| pair[0] == pair[1]) else { return Ok(()) };
    let what =
        format!("two columns are called “{}”: a contact has one field of a name", visible(pair[0], 60));
    let advice = "Give one of them another name in the file.".into();
    Err(ConfigError { code: "same-columns", message: what, advice }.into())
}

/// Every row that says a number again.
fn repeats(checked: &Checked) -> HashMap<Identifier, Vec<u64>> {
    let mut rows: HashMap<Identifier, Vec<u64>> = HashMap::new();
    if checked.duplicates == 0 {
        return rows;
    }
    for problem in checked.problems.iter() {
        if matches!(problem.code, Code::Duplicate | Code::ConflictingDuplicate)
            && let Some(identifier) = Identifier::from_whole(&problem.raw)
        {
            rows.entry(identifier).or_default().push(problem.place.row);
        }
    }
    rows
}

/// The columns that this destination takes along.
fn carried(document: &Document, to: Destination) -> Vec<Carried> {
    let columns = document.columns();
    let mapping = document.mapping();
    let named = |column: usize, name: &str| Carried { column, name: name.into() };
    match to {
        Destination::Entries => Vec::new(),
        Destination::Items => {
            mapping.columns.get(&Field::Notes).map(|column| named(*column, NOTES)).into_iter().collect()
        }
        Destination::Suppression => {
            let is_reason =
                |name: &&String| matches!(reduced_name(name).as_str(), "reason" | "suppressionreason");
            let found = columns.iter().enumerate().find(|(_, name)| is_reason(name));
            found.map(|(column, _)| named(column, REASON)).into_iter().collect()
        }
        Destination::Outbound => {
            let number = mapping.columns.get(&Field::Number).copied();
            let is_number = |column: usize| {
                Some(column) == number
                    || mapping.more_numbers.contains(&column)
                    || (mapping.split_number && number.is_some_and(|first| first + 1 == column))
            };
            let others = columns.iter().enumerate().filter(|(column, _)| !is_number(*column));
            others.map(|(column, name)| named(column, name.trim())).collect()
        }
    }
}
