//! The flags that say how a file is to be read.

use clap::{Args, ValueEnum};

/// How a file is to be read.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Reading the file")]
pub(in crate::cli) struct InputArgs {
    /// A saved layout of the config file; `-` for none, also where one fits by itself
    #[arg(long, value_name = "NAME", allow_hyphen_values = true)]
    pub layout: Option<String>,
    /// Field separator: a character, or comma, semicolon, tab, pipe
    #[arg(long, value_name = "CHAR", allow_hyphen_values = true)]
    pub delimiter: Option<String>,
    /// Widths of the columns in characters where nothing separates the fields: 10,5,10; the last may be `*`, the rest of
    /// the line
    #[arg(long, value_name = "N,N,…", conflicts_with = "delimiter")]
    pub widths: Option<String>,
    /// Encoding, such as utf-8, windows-1252, utf-16le
    #[arg(long, value_name = "NAME")]
    pub encoding: Option<String>,
    /// The first record names the columns
    #[arg(long, overrides_with = "no_header")]
    pub header: bool,
    /// The first record is data
    #[arg(long, overrides_with = "header")]
    pub no_header: bool,
    /// Order of day, month and year
    #[arg(long, value_name = "ORDER")]
    pub date_order: Option<DateOrderArg>,
    /// Country in which numbers without a country code are read
    #[arg(long, value_name = "CC")]
    pub region: Option<String>,
    /// Column (name, or number from 1) of a field: number (again for each further column of numbers), jurisdiction,
    /// expires, source, notes, range-end (of a range that begins in number), change (A or D), email (suppression lists take
    /// it; read by itself there where a column is named so); `-` where no column holds it
    #[arg(long, value_name = "FIELD=COLUMN")]
    pub map: Vec<String>,
    /// One value for every row, where no column holds the field: expires (a date, never), source, jurisdiction (a place
    /// such as US-CA, or inferred). Again for each further field
    #[arg(long, value_name = "FIELD=VALUE")]
    pub set: Vec<String>,
    /// What a cell of jurisdiction, expires or source means, whatever its case: `jurisdiction:CA=US-CA`. Again for each
    /// further cell
    #[arg(long, value_name = "FIELD:CELL=VALUE")]
    pub value: Vec<String>,
    /// The sheet of a workbook with several
    #[arg(long, value_name = "NAME")]
    pub sheet: Option<String>,
    /// The member of an archive with several
    #[arg(long, value_name = "NAME")]
    pub member: Option<String>,
    /// What to do with a list of changes, whose rows add numbers and take numbers off
    #[arg(long, value_name = "WHAT")]
    pub changes: Option<ChangesArg>,
}

/// `--changes`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum ChangesArg {
    /// Read the additions; each deletion is a rejected row
    Additions,
    /// Read the deletions, for --op remove; each addition is a rejected row
    Deletions,
    /// It is no list of changes: read every row
    Ignore,
}

/// `--date-order`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum DateOrderArg {
    /// 31/12/2027
    Dmy,
    /// 12/31/2027
    Mdy,
    /// 2027-12-31
    Ymd,
}
