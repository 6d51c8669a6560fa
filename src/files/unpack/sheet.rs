//! Rows of a sheet as lines of text: one line for each row, so that a problem's line is the row as a spreadsheet shows it.
//!
//! A line break inside a cell would end the line. It becomes `⏎`, which no number may hold: as a space it would make one
//! number of `202` above `5550101`, which a text file's reader rejects. Around a cell's text it is left out.

use super::{Spool, Trouble};

/// More rows and columns than any sheet has.
pub(super) const MOST_ROWS: u64 = 1 << 20;
pub(super) const MOST_COLUMNS: usize = 1 << 14;

/// Bytes of a row's cells: a row is held in memory, and no record that long is read.
const LONGEST_ROW: usize = 4 << 20;

/// What stands for a line break inside a cell.
const LINE_BREAK: &str = "⏎";

/// Writes rows.
pub(super) struct RowWriter<'a> {
    spool: Spool<'a>,
    columns: usize,
    /// Rows of the sheet that are written, blank ones too.
    line: u64,
    /// Rows with anything in them.
    pub(super) rows: u64,
    text: Vec<u8>,
}

impl<'a> RowWriter<'a> {
    /// For a sheet of so many columns.
    pub(super) fn new(spool: Spool<'a>, columns: usize) -> Self {
        Self { spool, columns, line: 0, rows: 0, text: Vec::new() }
    }

    /// Writes the cells of the row with that number, from 1. Rows come in order. `holds_more`: something stands in it that
    /// its cells do not show, such as a formula without a result, so it is no blank row.
    pub(super) fn row(&mut self, number: u64, cells: &[String], holds_more: bool) -> Result<(), Trouble> {
        if number <= self.line || number > MOST_ROWS {
            return Err(Trouble::Damaged(format!("row {number} stands behind row {}", self.line)));
        }
        while self.line + 1 < number {
            self.spool.write(b"\n")?;
            self.line += 1;
        }
        self.line = number;
        self.text.clear();
        let is_filled = cells.iter().any(|cell| !cell.trim().is_empty());
        if is_filled || holds_more {
            self.rows += 1;
            if !is_filled {
                self.text.extend_from_slice(b"\"\"");
            }
            for at in 0..self.columns.max(cells.len()) {
                if at > 0 {
                    self.text.push(b',');
                }
                self.cell(cells.get(at).map_or("", String::as_str));
            }
        }
        self.text.push(b'\n');
        self.spool.write(&self.text)
    }

    fn cell(&mut self, cell: &str) {
        let cell = cell.trim_matches(['\n', '\r']);
        let quoted = cell.contains(['"', ',', '\n', '\r']) || cell.starts_with('#');
        if !quoted {
            self.text.extend_from_slice(cell.as_bytes());
            return;
        }
        self.text.push(b'"');
        for (at, part) in cell.replace("\r\n", "\n").split(['\n', '\r']).enumerate() {
            if at > 0 {
                self.text.extend_from_slice(LINE_BREAK.as_bytes());
            }
            self.text.extend_from_slice(part.replace('"', "\"\"").as_bytes());
        }
        self.text.push(b'"');
    }

    /// The spool, and the rows with anything in them.
    pub(super) fn finish(self) -> (Spool<'a>, u64) {
        (self.spool, self.rows)
    }
}

/// Adds to the bytes of a row that is being gathered: a cell of a few bytes may be repeated for thousands of columns.
pub(super) fn grow(bytes: &mut usize, cell: &str, repeats: usize) -> Result<(), Trouble> {
    *bytes = bytes.saturating_add(cell.len().saturating_mul(repeats));
    if *bytes > LONGEST_ROW {
        return Err(Trouble::TooLarge(format!("a row in it is over {} MiB", LONGEST_ROW >> 20)));
    }
    Ok(())
}

/// A stored number as its digits: `12025550101`, not `1.2025550101E10`. One that has lost digits stays in a form that no
/// telephone number has, so that it is rejected and not guessed.
pub(super) fn number(value: f64) -> String {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if value.fract() == 0.0 && value.abs() < EXACT {
        format!("{value:.0}")
    } else if value.fract() != 0.0 && value.abs() < EXACT {
        format!("{value}")
    } else {
        format!("{value:E}")
    }
}

/// The sheet to read: the one that was named, or the only one with anything in it.
pub(super) fn choose(sheets: &[String], filled: &[String], wanted: Option<&str>) -> Result<String, Trouble> {
    let choice = |question| Trouble::Choice { question, flag: "--sheet NAME" };
    match (wanted, filled) {
        (Some(wanted), _) if sheets.iter().any(|sheet| sheet == wanted) => Ok(wanted.to_owned()),
        (Some(_), _) => Err(choice(format!("no sheet has that name: {}", super::listed(sheets)))),
        (None, []) => Err(Trouble::Other("a workbook without any cell filled".into())),
        (None, [only]) => Ok(only.clone()),
        (None, _) => Err(choice(format!("which sheet: {}", super::listed(filled)))),
    }
}

#[cfg(test)]
mod tests {
    use super::number;

    #[test]
    fn numbers_keep_their_digits_or_stay_visibly_damaged() {
        assert_eq!(number(12_025_550_101.0), "12025550101");
        assert_eq!(number(2_025_550_101.5), "2025550101.5");
        assert_eq!(number(1.202_555_010_1e20), "1.2025550101E20");
        assert_eq!(number(-3.0), "-3");
    }
}
