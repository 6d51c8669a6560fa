//! The normaliser against libphonenumber's reference: `tests/fixtures/phones.csv`.

use quietline::domain::phone::{Normaliser, PhonePolicy, Region};
use quietline::domain::problem::Code;

/// Reasons of our own, stricter than "possible": a cell that is refused for one of them says nothing about the reference.
const OUR_OWN: [Code; 4] = [Code::Placeholder, Code::Emergency, Code::DateAsNumber, Code::SeveralNumbers];

/// Cells of the fixture that our own rules refuse although the reference finds them possible: E.164 ends at 15 digits
/// (Germany's plan goes further), a number with country code has at least 7, and what looks like a date is not guessed.
const REFUSED_BY_US: [(&str, Code); 9] = [
    ("20.12.34", Code::DateAsNumber),
    ("534638279529015", Code::TooLong),
    ("58908406976227", Code::TooLong),
    ("079437588373603", Code::TooLong),
    ("36482369252245", Code::TooLong),
    ("720224274685441", Code::TooLong),
    ("7534", Code::TooShort),
    ("11989479896908", Code::TooLong),
    ("199687034899557", Code::TooLong),
];

#[test]
fn plain_cells_read_as_libphonenumber_reads_them() {
    let mut rows = 0;
    let mut odd = Vec::new();
    for line in include_str!("fixtures/phones.csv").lines().filter(|line| !line.starts_with('#')).skip(1) {
        let fields: Vec<&str> = line.split(',').collect();
        let &[raw, region, e164, possibility, assigned] = fields.as_slice() else { panic!("{line}") };
        let region: Region = region.parse().unwrap();
        let normaliser = Normaliser::new(region, PhonePolicy::Possible, Vec::new());
        rows += 1;
        match (normaliser.normalise(raw), possibility) {
            (Ok(phone), "possible") => {
                assert_eq!(phone.number.to_e164(), e164, "{line}");
                let ours = if phone.warnings.contains(&Code::Unassigned) { "unassigned" } else { "valid" };
                if ours != assigned {
                    odd.push(format!("{line}: {ours}"));
                }
                assert_eq!(phone.extension, None, "{line}");
            }
            (Ok(phone), _) => odd.push(format!("{line}: read as {phone:?}")),
            (Err(refusal), "possible") => {
                if !REFUSED_BY_US.contains(&(raw, refusal.code)) {
                    odd.push(format!("{line}: {}", refusal.code.as_str()));
                }
            }
            (Err(refusal), _) => {
                let codes: &[Code] = match possibility {
                    "local-only" => &[Code::LocalOnly],
                    "too-short" | "invalid-length" => &[Code::TooShort],
                    "too-long" => &[Code::TooLong],
                    _ => &[Code::TooShort, Code::TooLong, Code::BadCountryCode, Code::NotANumber],
                };
                if !codes.contains(&refusal.code) && !OUR_OWN.contains(&refusal.code) {
                    odd.push(format!("{line}: {}", refusal.code.as_str()));
                }
            }
        }
    }
    assert!(rows > 1_900, "the fixture is whole: {rows}");
    assert!(odd.is_empty(), "{} cells differ:\n{}", odd.len(), odd.join("\n"));
}
