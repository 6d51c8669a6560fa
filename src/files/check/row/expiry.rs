//! When the entry of a row ends.

use jiff::Timestamp;

use super::RowReader;
use super::said::{Problems, short};
use crate::domain::problem::{Code, Place, Problem};
use crate::files::dates::{self, Reading};
use crate::files::scan::split::Fields;
use crate::files::{DateOrder, Field};

/// When a row's entry ends.
#[derive(Clone, Copy, Debug)]
pub(in super::super) enum Expiry {
    /// `None` = never.
    Known(Option<Timestamp>),
    /// The order of day and month has to be found out first.
    Either { dmy: Timestamp, mdy: Timestamp },
    /// A rejection.
    Bad(Code),
}

impl RowReader<'_> {
    pub(super) fn expires(
        &self,
        fields: &Fields,
        problems: &mut Problems<'_>,
    ) -> (Expiry, Option<DateOrder>) {
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

/// A problem with a date that could only be read once the whole file had been.
pub(in super::super) fn late_date_problem(
    reader: &RowReader<'_>,
    code: Code,
    place: Place,
    raw: &str,
) -> Problem {
    let column = reader.column(Field::Expires);
    Problem { code, place, column, raw: short(raw), hint: code.hint().into() }
}
