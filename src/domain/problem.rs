//! What is wrong with a row, said so that a person can mend it: code, place, value, hint.

mod hint;
mod store;

pub use store::{Brief, HintNumbers, Kept, Problems};

/// What a problem means for its row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// The row is not uploaded and is written to the rejects.
    Rejection,
    /// The row is used; the person should know.
    Warning,
}

macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident = $text:literal, $severity:ident, $title:literal;)*) => {
        /// The closed list of problem codes. `docs` and `check --json` name them by [`Code::as_str`].
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code { $($(#[$doc])* #[doc = $title] $variant,)* }

        impl Code {
            /// Every code, in the order of the table.
            pub const ALL: &'static [Code] = &[$(Code::$variant,)*];

            /// The stable name that scripts see.
            pub fn as_str(self) -> &'static str {
                match self { $(Code::$variant => $text,)* }
            }

            /// Whether a row with this problem is rejected.
            pub fn severity(self) -> Severity {
                match self { $(Code::$variant => Severity::$severity,)* }
            }

            /// The heading that people see in the problems pane.
            pub fn title(self) -> &'static str {
                match self { $(Code::$variant => $title,)* }
            }

            /// The inverse of [`Code::as_str`].
            pub fn from_name(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|code| code.as_str() == name)
            }
        }
    };
}

codes! {
    // the number
    MissingNumber = "missing-number", Rejection, "no number in the row";
    BadEmail = "bad-email", Rejection, "not an e-mail address";
    NotANumber = "not-a-number", Rejection, "not a phone number";
    TooShort = "too-short", Rejection, "too few digits";
    TooLong = "too-long", Rejection, "too many digits";
    BadCountryCode = "bad-country-code", Rejection, "unknown country code";
    MissingCountryCode = "missing-country-code", Rejection, "plus sign without its country code";
    LocalOnly = "local-only", Rejection, "area code missing";
    Unassigned = "unassigned-number", Warning, "possible but not assigned";
    UnassignedStrict = "unassigned-rejected", Rejection, "not assigned (strict policy)";
    SeveralNumbers = "several-numbers", Rejection, "several numbers in one cell";
    NumberRange = "number-range", Rejection, "range of numbers that cannot be used";
    Placeholder = "placeholder-number", Rejection, "placeholder, all digits equal";
    Emergency = "emergency-number", Rejection, "emergency or service code";
    OwnNumber = "own-number", Rejection, "one of our own numbers";
    ScientificNotation = "scientific-notation", Rejection, "digits destroyed by a spreadsheet";
    DecimalNumber = "decimal-number", Rejection, "number with a decimal point";
    ThousandsSeparators = "thousands-separators", Rejection, "thousands separators in the number";
    DateAsNumber = "date-as-number", Rejection, "a date where the number belongs";
    Extension = "extension-dropped", Warning, "extension left out";
    VanityLetters = "vanity-letters", Warning, "letters read as keypad digits";
    ForeignDigits = "foreign-digits", Warning, "digits of another script";
    LeadingApostrophe = "leading-apostrophe", Warning, "leading apostrophe removed";
    InvisibleCharacters = "invisible-characters", Warning, "invisible characters removed";
    // the record
    NulByte = "nul-byte", Rejection, "NUL byte in the row";
    ControlCharacter = "control-character", Rejection, "control character in the row";
    InvalidEncoding = "invalid-encoding", Rejection, "bytes that are not text";
    IrregularQuote = "irregular-quote", Rejection, "stray quotation mark";
    SwallowedRows = "swallowed-rows", Rejection, "quotation mark that swallows rows";
    UnterminatedQuote = "unterminated-quote", Rejection, "quotation mark that never closes";
    ForeignReject = "foreign-reject", Rejection, "rejected row of a file that was read in another way";
    WrongColumnCount = "wrong-column-count", Rejection, "wrong number of columns";
    MisalignedRow = "misaligned-row", Rejection, "row of another width than its columns";
    RecordTooLong = "record-too-long", Rejection, "row longer than the limit";
    // lists of changes
    DeletionRow = "deletion-row", Rejection, "row that takes a number off";
    AdditionRow = "addition-row", Rejection, "row that adds a number";
    BadChange = "bad-change", Rejection, "neither an addition nor a deletion";
    AddedAndDeleted = "added-and-deleted", Warning, "number both added and taken off";
    // dates and places
    BadDate = "bad-date", Rejection, "unreadable expiry date";
    AmbiguousDate = "ambiguous-date", Rejection, "ambiguous expiry date";
    PastExpiry = "past-expiry", Rejection, "expired before today";
    AssumedUtc = "assumed-utc", Warning, "time without a zone, read as UTC";
    BadJurisdiction = "bad-jurisdiction", Rejection, "jurisdiction not in the form US-CA";
    JurisdictionMismatch = "jurisdiction-mismatch", Warning, "jurisdiction does not fit the area code";
    InferredJurisdiction = "inferred-jurisdiction", Warning, "jurisdiction inferred from the area code";
    // duplicates
    Duplicate = "duplicate", Warning, "duplicate of another row";
    ConflictingDuplicate = "conflicting-duplicate", Warning, "duplicate with other attributes";
    // the file as a whole (row 0)
    AssumedDelimiter = "assumed-delimiter", Warning, "delimiter taken from the content";
    AssumedWidths = "assumed-widths", Warning, "widths of the columns taken from the content";
    AssumedEncoding = "assumed-encoding", Warning, "encoding taken from the content";
    AssumedHeaderless = "assumed-headerless", Warning, "no header line found";
    AssumedColumn = "assumed-column", Warning, "number column taken from the content";
    UnreadNumbers = "unread-numbers", Warning, "column of numbers that is not read";
    CountryCodesApart = "country-codes-apart", Warning, "country codes in a column of their own";
    AssumedRanges = "assumed-ranges", Warning, "ranges of numbers taken from the content";
    AssumedDateOrder = "assumed-date-order", Warning, "date order taken from the content";
    MixedLineEndings = "mixed-line-endings", Warning, "mixed line endings";
    CarriageReturnOnly = "carriage-return-only", Warning, "lines end in a lone carriage return";
    TrailingControlZ = "trailing-control-z", Warning, "end-of-file character at the end";
    CommentLines = "comment-lines", Warning, "comment lines above the data";
    SeparatorLine = "separator-line", Warning, "separator line of a spreadsheet";
    UnpackedMember = "unpacked-member", Warning, "a member of an archive";
    ChosenSheet = "chosen-sheet", Warning, "a sheet of a workbook";
    HiddenRows = "hidden-rows", Warning, "hidden rows of a sheet";
    FormulaCells = "formula-cells", Warning, "cells with formulas";
    StoredAsNumbers = "stored-as-numbers", Warning, "telephone numbers stored as numbers";
    FollowedLink = "followed-link", Warning, "a link to another file";
    LayoutMatched = "layout-matched", Warning, "a saved layout was used";
    ConstantUnused = "constant-unused", Warning, "constant for a field that a column holds";
    AreaCodeMismatch = "area-code-mismatch", Warning, "area code differs from the file name";
}

/// Where in the file a problem stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// Data record number, from 1; 0 where the problem is the whole file's.
    pub row: u64,
    /// Physical line, from 1.
    pub line: u64,
    /// Byte offset of the record in the file as stored.
    pub byte: u64,
}

/// One problem of one row. Its `Debug` leaves out what stands in the file: that may be a number, and logs hold none.
#[derive(Clone, PartialEq, Eq)]
pub struct Problem {
    /// What kind.
    pub code: Code,
    /// Where.
    pub place: Place,
    /// Column index from 0, where one column is to blame; the document knows its name.
    pub column: Option<usize>,
    /// The offending value as it stands in the file, shortened; not yet escaped for a terminal.
    pub raw: Box<str>,
    /// What to do about it.
    pub hint: std::borrow::Cow<'static, str>,
}

impl std::fmt::Debug for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { code, place, column, .. } = self;
        let mut shown = f.debug_struct("Problem");
        shown.field("code", code).field("place", place).field("column", column).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_in_a_log_holds_no_number() {
        let place = Place { row: 7, line: 8, byte: 90 };
        let raw = "202-555-0101".into();
        let problem =
            Problem { code: Code::LocalOnly, place, column: Some(2), raw, hint: "as +12025550101".into() };
        let shown = format!("{problem:?}");
        assert!(
            shown.contains("LocalOnly") && shown.contains("row: 7") && shown.contains("Some(2)"),
            "{shown}"
        );
        assert!(!shown.contains("0101"), "{shown}");
    }
}
