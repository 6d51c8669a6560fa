//! However a file is cut, on however many threads it is read, and whether clean rows are read the quick way or not: the
//! result is that of one careful reader from start to end.

use std::path::Path;

use proptest::prelude::*;
use tokio_util::sync::CancellationToken;

use super::read::Plan;
use super::{CheckEvent, CheckOptions, Checked, pass};
use crate::domain::phone::{Normaliser, PhonePolicy, Region};
use crate::domain::problem::{Problem, Problems};
use crate::files::{Constants, Document, Field, FileError, InputOptions, Values};

fn options() -> CheckOptions {
    CheckOptions {
        normaliser: Normaliser::new(Region::US, PhonePolicy::Possible, Vec::new()),
        now: "2026-11-20T00:00:00Z".parse().unwrap(),
        date_order: None,
    }
}

fn read(path: &Path, options: &InputOptions, plan: &Plan) -> Result<(Checked, Vec<Problem>), FileError> {
    let document = Document::open(path, options)?;
    let mut told = Vec::new();
    let stop = CancellationToken::new();
    let checked = pass::run(&document, &self::options(), plan, &stop, &mut |event| {
        if let CheckEvent::Problems(problems) = event {
            told.extend(problems.iter());
        }
    })?;
    told.sort_by_key(|problem| problem.place.row);
    Ok((Checked { seconds: 0.0, ..checked }, told))
}

/// Cells that make every kind of row: sound in many spellings, repeated, quoted, over several lines, stray marks, dates
/// that only other rows can tell the order of.
fn any_row() -> impl Strategy<Value = String> {
    let number = prop_oneof![
        4 => (0..40_u32).prop_map(|n| format!("202555{:04}", 100 + n)),
        2 => (0..40_u32).prop_map(|n| format!("(212) 555-{:04}", 100 + n)),
        1 => (0..9_u32).prop_map(|n| format!("+44 20 7946 00{n:02}")),
        1 => Just("n/a".to_owned()),
        1 => Just(String::new()),
        1 => Just("\"2025550150".to_owned()),
        1 => Just("202 555 0101 x5".to_owned()),
    ];
    let place = prop_oneof![
        4 => Just("US-DC"), 2 => Just("US-NY"), 1 => Just(""), 1 => Just("GB-LND"), 1 => Just("nowhere"),
    ];
    let date = prop_oneof![
        3 => Just("2027-12-31"), 1 => Just(""), 1 => Just("03/04/2027"), 1 => Just("13/04/2027"),
        1 => Just("2020-01-01"), 1 => Just("2027-12-31 10:00"), 1 => Just("soon"),
    ];
    let note = prop_oneof![
        4 => "[a-z]{0,5}".prop_map(|text| text),
        2 => (0..40_u32).prop_map(|n| format!("202555{:04}", 100 + n)),
        1 => Just("\"two\nlines\"".to_owned()),
        1 => Just("\"a \"\"word\"\", b\"".to_owned()),
        1 => Just("\"never closed".to_owned()),
        1 => Just("x\"y".to_owned()),
        1 => Just("\"x\n2025550199,US-DC,,y,z\nw\"".to_owned()),
        1 => Just("\u{e9}\u{7}".to_owned()),
    ];
    let end = prop_oneof![6 => Just("\n"), 1 => Just("\r\n"), 1 => Just("\r"), 1 => Just("\n\n"), 1 => Just("\n  \n")];
    (number, place, date, "[AB]?", note, end).prop_map(|(number, place, date, source, note, end)| {
        format!("{number},{place},{date},{source},{note}{end}")
    })
}

/// Fields without a column, constants (for them, and for some that have a column), and value tables.
fn any_given() -> impl Strategy<Value = (Vec<Field>, Constants, Values)> {
    let fields = proptest::sample::subsequence(Constants::FIELDS.to_vec(), 0..=3);
    let set = [
        (Field::Jurisdiction, prop_oneof![Just(""), Just("US-DC"), Just("CA"), Just("inferred")].boxed()),
        (
            Field::Expires,
            prop_oneof![Just(""), Just("2029-12-31"), Just("never"), Just("2020-01-01")].boxed(),
        ),
        (Field::Source, prop_oneof![Just(""), Just("State_CA"), Just("A")].boxed()),
    ];
    let lines = [
        (Field::Jurisdiction, "nowhere", "US-NY"),
        (Field::Jurisdiction, "us-dc", "US-MD"),
        (Field::Jurisdiction, "", "US-DC"),
        (Field::Expires, "soon", "2028-01-01"),
        (Field::Expires, "03/04/2027", "2027-04-03"),
        (Field::Expires, "2027-12-31", "2020-12-31"),
        (Field::Expires, "", "2030-01-01"),
        (Field::Source, "a", "House; A"),
        (Field::Source, "b", ""),
    ];
    let lines = proptest::sample::subsequence(lines.to_vec(), 0..=9);
    let constants = set.map(|(field, text)| text.prop_map(move |text| (field, text)));
    (fields, constants, lines).prop_map(|(without, set, lines)| {
        let (mut constants, mut values) = (Constants::default(), Values::default());
        for (field, text) in set {
            if !text.is_empty() {
                constants.set(field, text).unwrap();
            }
        }
        lines.into_iter().for_each(|(field, cell, value)| values.add(field, cell, value).unwrap());
        (without, constants, values)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]
    #[test]
    fn any_cut_and_any_number_of_threads_read_the_same(
        rows in proptest::collection::vec(any_row(), 1..80),
        half in 8..400_u64,
        threads in 1..4_usize,
        several in any::<bool>(),
        given in any_given(),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("list.csv");
        let text = format!("phone,jurisdiction,expires,source,notes\n{}", rows.concat());
        std::fs::write(&path, text).unwrap();
        // The notes as further numbers: some are one, most are none, so rows are rejected in part.
        let map = [(Field::Number, "phone".to_owned()), (Field::Number, "notes".to_owned())];
        let map = if several { map.to_vec() } else { Vec::new() };
        let (without, constants, values) = given;
        let map = map.into_iter().chain(without.into_iter().map(|field| (field, "-".to_owned()))).collect();
        let given = InputOptions {
            delimiter: Some(b','),
            header: Some(true),
            map,
            constants,
            values,
            ..InputOptions::default()
        };
        let whole = read(&path, &given, &Plan { threads: 1, stretch: 1 << 30, quick: false });
        let cut = read(&path, &given, &Plan { threads, stretch: half * 2, quick: true });
        match (whole, cut) {
            (Ok((whole, told_whole)), Ok((cut, told))) => {
                prop_assert_eq!(whole.problems.iter().collect::<Vec<_>>(), cut.problems.iter().collect::<Vec<_>>());
                prop_assert_eq!(&told_whole, &told);
                prop_assert!(told.into_iter().collect::<Problems>() == cut.problems);
                prop_assert_eq!(whole.intents.iter().collect::<Vec<_>>(), cut.intents.iter().collect::<Vec<_>>());
                prop_assert_eq!(whole, cut);
            }
            // A sum that does not add up is a defect, however often it repeats.
            (Err(defect @ FileError::Accounting { .. }), _) => prop_assert!(false, "{defect}"),
            (whole, cut) => prop_assert_eq!(format!("{:?}", whole.err()), format!("{:?}", cut.err())),
        }
    }
}
