//! The numbers of a row, and ranges of them.

use super::RowReader;
use super::said::Problems;
use crate::domain::phone::{NotANumber, Phone, is_split_number};
use crate::domain::problem::Code;
use crate::domain::text::is_blank;
use crate::files::scan::split::Fields;
use crate::files::{Field, ranges};

impl RowReader<'_> {
    /// How many numbers the row holds from this one on; `None` where its range is not sound.
    pub(super) fn range(&self, fields: &Fields, start: &Phone, problems: &mut Problems<'_>) -> Option<u64> {
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

    pub(super) fn number(
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
        let result = if is_blank(cell) {
            Err(NotANumber { code: Code::MissingNumber, hint: Code::MissingNumber.hint() })
        } else if is_split && !Split::is_sound(fields, at) {
            // Joined, `20` and `25550101` would make a number that stands nowhere in the file.
            let said = "the area code must have three digits and the number behind it seven";
            let code = self.options.normaliser.normalise(cell).err().map_or(Code::NotANumber, |not| not.code);
            Err(NotANumber { code, hint: said })
        } else {
            self.options.normaliser.normalise(cell).and_then(|phone| self.with_country_code(cell, phone))
        };
        match &result {
            Err(_) if problems.says_unreadable(cell, at..=last) => {}
            Err(not) => problems.add(not.code, column, cell, not.hint),
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
            return Err(NotANumber { code, hint: code.hint() });
        }
        Ok(phone)
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
        let cell = |at| fields.get(at).unwrap_or_default();
        is_split_number(cell(at), cell(at + 1))
    }
}
