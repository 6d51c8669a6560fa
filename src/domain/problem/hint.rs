//! What to do about a problem, for codes whose advice is always the same.

use super::Code;

impl Code {
    /// What to do next, where the code alone says it.
    pub fn hint(self) -> &'static str {
        match self {
            Self::MissingNumber => "fill in the number, or take the row out",
            Self::BadEmail => "write one address such as someone@example.com, or leave the cell empty",
            Self::NulByte => "export the file again: a NUL byte is damage",
            Self::ControlCharacter => "take the invisible control character out of the cell",
            Self::InvalidEncoding => "export as UTF-8, or name the encoding with --encoding",
            Self::IrregularQuote => "double the quotation mark inside a quoted cell, or take it out",
            Self::SwallowedRows => {
                "a quotation mark opens here or above and takes these rows in: close it or take it out; if they are one note, take the \
                 number out of it"
            }
            Self::UnterminatedQuote => "a quotation mark opens here or above and is never closed",
            Self::RecordTooLong => {
                "no row is longer than 1 MiB: check the line endings and the quotation marks"
            }
            Self::ForeignReject => {
                "its problem_mapping is not that of the first rows: load it as a file of its own"
            }
            Self::MisalignedRow => {
                "a character too many or too few shifts every field behind it: mend the line, or say --widths"
            }
            Self::MissingCountryCode => {
                "behind the plus stands a number of this country, and no country code: write the code, or take the plus out"
            }
            Self::Unassigned => "check the number; it is used, since number plans grow",
            Self::Extension => "the whole number is suppressed, not the extension alone",
            Self::VanityLetters => "letters were read as the digits of a keypad",
            Self::ForeignDigits => "the digits were read as their Western twins",
            Self::LeadingApostrophe => "the apostrophe of a spreadsheet was left out",
            Self::InvisibleCharacters => "invisible characters were left out",
            Self::NumberRange => "write the first number whole and of the last one the last four digits",
            Self::DeletionRow => "--op remove with --changes deletions takes these off, by a plan of its own",
            Self::AdditionRow => "--changes additions suppresses these, by a plan of its own",
            Self::BadChange => "write A for an addition or D for a deletion",
            Self::AddedAndDeleted => "the addition holds: the number stays suppressed",
            Self::BadDate => "write the date as 2027-12-31, or leave it empty for ever",
            Self::AmbiguousDate => "say the order of day and month with --date-order",
            Self::PastExpiry => "the entry would suppress nothing: give a later date or none",
            Self::AssumedUtc => "write the zone behind the time, as in 2027-12-31T23:59:59Z",
            Self::BadJurisdiction => "write it as US-CA",
            Self::InferredJurisdiction => "fill the jurisdiction in if the area code misleads",
            Self::Duplicate => "nothing to do: the number is sent once",
            Self::ConflictingDuplicate => "the strongest expiry and every source are kept",
            _ => "check the row",
        }
    }
}
