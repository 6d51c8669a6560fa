//! Differences as CSV, safe to open in a spreadsheet.

use crate::domain::diff::{Difference, ExpectedAttributes};
use crate::domain::identifier::Identifier;
use crate::domain::text::told_cell;

const HEAD: &str = "kind,number,as_spelled,fields,expected_jurisdiction,expected_expires,expected_source,\
                    tenant_jurisdiction,tenant_expires,tenant_source,tenant_record\n";

/// One line per difference, a heading in front. Numbers are whole: a person asked for them.
pub(super) fn csv<'a>(differences: impl Iterator<Item = &'a Difference>) -> String {
    let mut out = String::from(HEAD);
    for difference in differences {
        let number = difference.identifier.as_ref().map_or_else(String::new, Identifier::whole);
        let nothing = ExpectedAttributes { jurisdiction: None, expires: None, source: None };
        let expected = difference.expected.as_ref().unwrap_or(&nothing);
        let there = difference.remote.as_ref();
        let date = |at: Option<jiff::Timestamp>| at.map_or_else(|| "never".to_owned(), |at| at.to_string());
        let cells = [
            difference.kind.as_str().to_owned(),
            number,
            difference.raw.clone(),
            difference.fields.join(" "),
            expected.jurisdiction.clone().unwrap_or_default(),
            difference.expected.as_ref().map_or_else(String::new, |expected| date(expected.expires)),
            expected.source.clone().unwrap_or_default(),
            there.and_then(|entry| entry.jurisdiction.clone()).unwrap_or_default(),
            there.map_or_else(String::new, |entry| date(entry.expires)),
            there.and_then(|entry| entry.source.clone()).unwrap_or_default(),
            there.map_or_else(String::new, |entry| entry.id.clone()),
        ];
        let line: Vec<String> = cells.iter().map(|cell| quoted(cell)).collect();
        out.push_str(&line.join(","));
        out.push('\n');
    }
    out
}

/// Quoted where it must be. What a spreadsheet would run as a formula gets an apostrophe.
fn quoted(cell: &str) -> String {
    let guarded = told_cell(cell);
    let plain = !cell.contains([',', '"', '\n', '\r']) && guarded == cell;
    if plain { cell.to_owned() } else { format!("\"{}\"", guarded.replace('"', "\"\"")) }
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn a_formula_is_text_and_a_number_stays_a_number() {
        assert_eq!(quoted("=HYPERLINK(\"x\")"), "\"'=HYPERLINK(\"\"x\"\")\"");
        assert_eq!(quoted("@cmd"), "\"'@cmd\"");
        assert_eq!(quoted("+12025550101"), "+12025550101");
        assert_eq!(quoted("+1;cmd"), "\"'+1;cmd\"");
        assert_eq!(quoted("a,b"), "\"a,b\"");
    }
}
