//! The normaliser against libphonenumber's reference: `tests/fixtures/phones.csv`, made by `scripts/golden-phones.py`.
//!
//! On nearly every cell both say the same: number, extension, assigned or not, or why it is none. Where our own rules say
//! something else, [`BY_DESIGN`] says which rule, why, and on how many cells of the fixture: a difference more is a failure.

use quietline::domain::phone::{Normaliser, NotANumber, Phone, PhonePolicy, Region};
use quietline::domain::problem::Code;

/// One line of the fixture: a cell, and what the reference makes of it.
struct Line<'a> {
    raw: &'a str,
    region: &'a str,
    /// Without its plus; empty where the reference finds no possible number.
    e164: &'a str,
    possibility: &'a str,
    assigned: &'a str,
    extension: &'a str,
}

impl Line<'_> {
    fn digits(&self) -> String {
        self.raw.chars().filter(char::is_ascii_digit).collect()
    }

    fn is_possible(&self) -> bool {
        self.possibility == "possible"
    }

    fn has(&self, marks: &str) -> bool {
        self.raw.contains(|c| marks.contains(c))
    }
}

/// A rule of ours that the reference does not have.
struct Rule {
    /// What we say; `None` where we take a cell that the reference refuses.
    ours: Option<Code>,
    /// Why it differs.
    why: &'static str,
    /// Which cells it may refuse or take: nothing else hides behind it.
    concerns: fn(&Line<'_>) -> bool,
    /// Cells of the fixture on which we differ because of it.
    cells: usize,
}

const BY_DESIGN: [Rule; 14] = [
    Rule {
        ours: Some(Code::Emergency),
        why: "emergency and service codes (N11, 112, 116117) are refused as what they are, also where some country \
              could have a number of that length",
        concerns: |line| line.digits().len() == 3 || line.digits().starts_with("116"),
        cells: 61,
    },
    Rule {
        ours: Some(Code::Placeholder),
        why: "all digits equal are a placeholder that somebody typed, though it is long enough for a number",
        concerns: |line| {
            let digits = line.digits();
            digits.as_bytes()[digits.len() - 9..].windows(2).all(|pair| pair[0] == pair[1])
        },
        cells: 30,
    },
    Rule {
        ours: Some(Code::SeveralNumbers),
        why: "the reference takes the first number of a cell, or joins several to one; a second number that is dropped \
              is an unlawful call, so the row is rejected. `,12` may be an extension or a second number in short form: \
              it is not guessed",
        concerns: |line| line.has("/;,|& \t-") || line.raw.contains(" or ") || line.raw.contains(" and "),
        cells: 105,
    },
    Rule {
        ours: Some(Code::TooLong),
        why: "E.164 ends at 15 digits; the plans of some countries (Germany, Japan) go further on paper, and no \
              international call reaches those",
        concerns: |line| line.e164.len() > 15,
        cells: 26,
    },
    Rule {
        ours: Some(Code::TooShort),
        why: "a number with its country code has at least 7 digits here; the few shorter ones are services inside one \
              country",
        concerns: |line| line.is_possible() && line.e164.len() < 7,
        cells: 6,
    },
    Rule {
        ours: Some(Code::DateAsNumber),
        why: "what looks like a date is one: a column was mistaken for another",
        concerns: |line| line.digits().len() <= 8 && line.has("-./"),
        cells: 10,
    },
    Rule {
        ours: Some(Code::DecimalNumber),
        why: "`2025550123.0` is a number that a spreadsheet stored as a decimal; the reference reads the zero as one \
              more digit, and so another number",
        concerns: |line| line.raw.matches('.').count() == 1,
        cells: 11,
    },
    Rule {
        ours: Some(Code::ScientificNotation),
        why: "a spreadsheet has rounded the digits away",
        concerns: |line| line.raw.contains("E+"),
        cells: 2,
    },
    Rule {
        ours: Some(Code::ThousandsSeparators),
        why: "a spreadsheet has formatted an amount; a cell with commas is otherwise several numbers",
        concerns: |line| line.raw.matches(',').count() == 3,
        cells: 2,
    },
    Rule {
        ours: Some(Code::NotANumber),
        why: "the reference reads any letters as keypad digits and ignores what stands before a number; here letters \
              are read only as `1-800-FLOWERS`, seven behind an area code, since `2O2` is more often a slip than a word",
        concerns: |line| line.raw.chars().any(char::is_alphabetic),
        cells: 14,
    },
    Rule {
        ours: Some(Code::NotANumber),
        why: "a formula is not a number",
        concerns: |line| line.raw.starts_with('='),
        cells: 2,
    },
    Rule {
        ours: Some(Code::NotANumber),
        why: "zeros at the front that the reference takes for a part of the number at home, and drops or reads otherwise \
              behind the country code: the number that would be sent is not the one that was written",
        concerns: |line| line.is_possible() && line.digits().starts_with("00"),
        cells: 8,
    },
    Rule {
        ours: Some(Code::MissingNumber),
        why: "an empty cell is told apart from one that holds something else",
        concerns: |line| line.raw.is_empty(),
        cells: 1,
    },
    Rule {
        ours: None,
        why: "`202,5550123` is how the national registry writes numbers",
        concerns: |line| line.raw == "202,5550123",
        cells: 1,
    },
];

/// Whether both say the same of the cell.
fn agree(ours: &Result<Phone, NotANumber>, line: &Line<'_>) -> bool {
    match ours {
        Ok(phone) => {
            let assigned = if phone.warnings.contains(&Code::Unassigned) { "unassigned" } else { "valid" };
            line.is_possible()
                && phone.number.digits().to_string() == line.e164
                && phone.extension.as_deref().unwrap_or_default() == line.extension
                && assigned == line.assigned
        }
        Err(refusal) => match line.possibility {
            "local-only" => refusal.code == Code::LocalOnly,
            "too-short" | "invalid-length" => refusal.code == Code::TooShort,
            "too-long" => refusal.code == Code::TooLong,
            "bad-country-code" => refusal.code == Code::BadCountryCode,
            // The reference does not say what is wrong with it.
            "unparsable" => matches!(refusal.code, Code::NotANumber | Code::TooShort | Code::TooLong),
            _ => false,
        },
    }
}

#[test]
fn every_cell_reads_as_libphonenumber_reads_it_or_a_rule_says_why_not() {
    let fixture = include_bytes!("fixtures/phones.csv");
    let mut reader = csv::ReaderBuilder::new().comment(Some(b'#')).from_reader(&fixture[..]);
    let (mut cells, mut same, mut differ) = (0, 0, [0; BY_DESIGN.len()]);
    let mut odd = Vec::new();
    for record in reader.records() {
        let record = record.unwrap();
        let line = Line {
            raw: &record[0],
            region: &record[1],
            e164: record[2].trim_start_matches('+'),
            possibility: &record[3],
            assigned: &record[4],
            extension: &record[5],
        };
        let region: Region = line.region.parse().unwrap();
        let ours = Normaliser::new(region, PhonePolicy::Possible, Vec::new()).normalise(line.raw);
        cells += 1;
        if agree(&ours, &line) {
            same += 1;
            continue;
        }
        let code = ours.as_ref().err().map(|refusal| refusal.code);
        match BY_DESIGN.iter().position(|rule| rule.ours == code && (rule.concerns)(&line)) {
            Some(rule) => differ[rule] += 1,
            None => odd.push(format!(
                "{:?} in {}: {ours:?}, not {} {}",
                line.raw, line.region, line.possibility, line.e164
            )),
        }
    }
    assert!(odd.is_empty(), "{} cells differ and no rule says why:\n{}", odd.len(), odd.join("\n"));
    assert!(cells >= 5_000, "the fixture is whole: {cells}");
    assert_eq!(same + differ.iter().sum::<usize>(), cells);
    let stated = BY_DESIGN.map(|rule| (rule.cells, rule.why));
    let found: Vec<(usize, &str)> =
        differ.into_iter().zip(stated).map(|(cells, (_, why))| (cells, why)).collect();
    assert_eq!(found, stated);
}
