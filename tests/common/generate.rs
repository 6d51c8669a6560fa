//! Files as they come: mostly good rows, some bad in ten ways, some numbers twice in other spellings. The generator knows
//! the truth about what it wrote, so a test can hold the product to it.

use std::collections::BTreeMap;
use std::fmt::Write as _;

/// What a generated file holds.
pub struct Generated {
    /// The file, header included.
    pub text: String,
    /// Data rows.
    pub rows: u64,
    /// Rows that must be rejected, by the code they must get.
    pub bad: BTreeMap<&'static str, u64>,
    /// Rows whose number an earlier row carries.
    pub duplicates: u64,
    /// Every number the list must hold, in E.164, with its jurisdiction.
    pub intended: BTreeMap<String, &'static str>,
}

impl Generated {
    /// Rows that must be rejected.
    pub fn rejected(&self) -> u64 {
        self.bad.values().sum()
    }
}

/// Area codes with the jurisdiction they stand for.
const AREAS: [(u64, &str); 8] = [
    (202, "US-DC"),
    (212, "US-NY"),
    (213, "US-CA"),
    (312, "US-IL"),
    (415, "US-CA"),
    (617, "US-MA"),
    (702, "US-NV"),
    (713, "US-TX"),
];

/// The ten ways in which a row is bad: code and cells (number, jurisdiction, expires).
const BAD: [(&str, &str, &str, &str); 10] = [
    ("not-a-number", "n/a", "US-CA", ""),
    ("missing-number", "", "US-CA", ""),
    ("local-only", "555-0101", "US-CA", ""),
    ("several-numbers", "202-555-0101 / 202-555-0102", "US-DC", ""),
    ("scientific-notation", "1.2025E+10", "US-DC", ""),
    ("placeholder-number", "999-999-9999", "US-CA", ""),
    ("emergency-number", "911", "US-CA", ""),
    ("past-expiry", "212-555-0177", "US-NY", "2020-12-31"),
    ("bad-date", "212-555-0178", "US-NY", "soon"),
    ("bad-jurisdiction", "212-555-0179", "New York", ""),
];

/// A file of `rows` data rows: every 20th is bad (5 %), and every 33rd repeats an earlier number in another spelling (3 %).
/// Numbers start at line number `first` of their exchange, so that two files can be kept apart.
pub fn messy_file(rows: u64, first: u64) -> Generated {
    let mut made = Generated {
        text: "phone,jurisdiction,expires,source\n".into(),
        rows,
        bad: BTreeMap::new(),
        duplicates: 0,
        intended: BTreeMap::new(),
    };
    let mut fresh = first;
    for row in 0..rows {
        if row % 20 == 7 {
            let (code, number, jurisdiction, expires) = BAD[(row / 20) as usize % BAD.len()];
            *made.bad.entry(code).or_default() += 1;
            let _ = writeln!(made.text, "{number},{jurisdiction},{expires},state");
        } else if row % 33 == 32 && fresh > first + 40 {
            made.duplicates += 1;
            let (digits, jurisdiction) = number(fresh - 17);
            let _ = writeln!(made.text, "{},{jurisdiction},,state", spell(digits, row));
        } else {
            let (digits, jurisdiction) = number(fresh);
            fresh += 1;
            made.intended.insert(format!("+1{digits}"), jurisdiction);
            let _ = writeln!(made.text, "{},{jurisdiction},,state", spell(digits, row));
        }
    }
    made
}

/// The `n`th number: area codes in turn, exchange 555 left alone, line numbers counted up.
fn number(n: u64) -> (u64, &'static str) {
    let (area, jurisdiction) = AREAS[(n % 8) as usize];
    let rest = n / 8;
    (area * 10_000_000 + (220 + rest / 10_000) * 10_000 + rest % 10_000, jurisdiction)
}

fn spell(digits: u64, style: u64) -> String {
    let (area, exchange, line) = (digits / 10_000_000, digits / 10_000 % 1_000, digits % 10_000);
    match style % 5 {
        0 => format!("({area}) {exchange}-{line:04}"),
        1 => format!("{area}.{exchange}.{line:04}"),
        2 => format!("+1 {area} {exchange} {line:04}"),
        3 => format!("1-{area}-{exchange}-{line:04}"),
        _ => format!("{area}{exchange}{line:04}"),
    }
}
