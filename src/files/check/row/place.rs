//! The jurisdiction of a row.

use super::RowReader;
use super::said::Problems;
use crate::domain::jurisdiction::Jurisdiction;
use crate::domain::phone::E164;
use crate::domain::problem::Code;
use crate::domain::text::is_blank;
use crate::files::Field;
use crate::files::scan::split::Fields;

impl RowReader<'_> {
    pub(super) fn jurisdiction(
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
        if is_blank(value) {
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
        let ambiguous = !is_country && number.is_some_and(E164::is_nanp) && given.may_be_a_part();
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
}

/// The jurisdiction of a number; the bare country where its area code has none (toll-free).
pub(in super::super) fn infer(number: E164) -> Option<Jurisdiction> {
    Jurisdiction::of_number(number).or_else(|| number.is_nanp().then(|| Jurisdiction::parse("US")).flatten())
}

/// Whether two jurisdictions can both be right: a bare country says nothing against one of its parts.
fn fits(given: Jurisdiction, inferred: Jurisdiction) -> bool {
    let (given, inferred) = (given.as_str(), inferred.as_str());
    given.get(..2) == inferred.get(..2) && (given == inferred || given.len() == 2 || inferred.len() == 2)
}
