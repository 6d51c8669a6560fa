//! However a file is cut, on however many threads it is read, and whether clean rows are read the quick way or not: the
//! result is that of one careful reader from start to end.

use std::path::Path;

use proptest::prelude::*;
use tokio_util::sync::CancellationToken;

use super::read::Plan;
use super::{CheckEvent, CheckOptions, Checked, pass};
use crate::domain::phone::{Normaliser, PhonePolicy, Region};
use crate::domain::problem::{Problem, Problems};
use crate::files::stretches::Cut;
use crate::files::{Changes, Constants, Document, Field, FileError, InputOptions, Values};

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
        3 => Just("2027-12-31"), 1 => Just(""), 1 => Just("03/04/2027"), 1 => Just(" 03/04/2027 "),
        1 => Just("13/04/2027"), 1 => Just("9999-12-31"),
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
        1 => Just("12\tabc".to_owned()),
        1 => Just("20\u{fffd}5550101".to_owned()),
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
        let whole = read(&path, &given, &plan(1, 1 << 30, false));
        let cut = read(&path, &given, &plan(threads, half * 2, true));
        are_same(whole, cut)?;
    }
}

#[test]
fn a_line_that_is_too_long_is_rejected_whatever_is_read_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("list.csv");
    let rows = |from: u32, to: u32| (from..to).map(|at| format!("202-555-01{at:02},\n")).collect::<String>();
    let long = "x".repeat(crate::files::scan::RECORD_LIMIT);
    std::fs::write(&path, format!("phone,note\n{}202-555-0150,{long}\n{}", rows(0, 50), rows(51, 99)))
        .unwrap();
    for (stretch, quick) in
        [(1 << 16, true), (1 << 20, true), (1 << 21, true), (1 << 30, true), (1 << 30, false)]
    {
        let (checked, _) = read(&path, &InputOptions::default(), &plan(2, stretch, quick)).unwrap();
        assert_eq!((checked.valid, checked.rejected), (98, 1), "stretches of {stretch} bytes");
        assert_eq!(checked.counts.get(&crate::domain::problem::Code::RecordTooLong), Some(&1));
    }
}

type Read = Result<(Checked, Vec<Problem>), FileError>;

fn are_same(whole: Read, cut: Read) -> Result<(), TestCaseError> {
    match (whole, cut) {
        (Ok((whole, told_whole)), Ok((cut, told))) => {
            prop_assert_eq!(
                whole.problems.iter().collect::<Vec<_>>(),
                cut.problems.iter().collect::<Vec<_>>()
            );
            prop_assert_eq!(&told_whole, &told);
            prop_assert!(told.into_iter().collect::<Problems>() == cut.problems);
            prop_assert_eq!(whole.intents.iter().collect::<Vec<_>>(), cut.intents.iter().collect::<Vec<_>>());
            prop_assert_eq!(whole, cut);
        }
        // A sum that does not add up is a defect, however often it repeats.
        (Err(defect @ FileError::Accounting { .. }), _) => prop_assert!(false, "{defect}"),
        (whole, cut) => prop_assert_eq!(format!("{:?}", whole.err()), format!("{:?}", cut.err())),
    }
    Ok(())
}

fn plan(threads: usize, stretch: u64, quick: bool) -> Plan {
    Plan { cut: Cut { threads, stretch }, quick, ..Plan::usual() }
}

/// Rows of ranges and of changes: sound, repeated, deleted and added, damaged.
fn any_change() -> impl Strategy<Value = String> {
    let number = prop_oneof![
        6 => (0..30_u32).prop_map(|n| format!("202555{:04}", 100 + n)),
        1 => Just("n/a".to_owned()),
        1 => Just("+44 20 7946 0001".to_owned()),
    ];
    let end = prop_oneof![
        4 => (100..140_u32).prop_map(|n| format!("{n:04}")), 3 => Just(String::new()), 1 => Just("12".to_owned()),
    ];
    let change = prop_oneof![4 => Just("A"), 2 => Just("D"), 1 => Just("x")];
    let date = prop_oneof![
        3 => Just(""), 2 => Just("03/04/2027"), 1 => Just("13/04/2027"), 1 => Just("2020-01-01"),
    ];
    let state = prop_oneof![4 => Just("US-DC"), 1 => Just(""), 1 => Just("nowhere"), 1 => Just("US-CA")];
    (number, end, change, date, state)
        .prop_map(|(number, end, change, date, state)| format!("{number},{end},{change},{date},{state}\n"))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]
    #[test]
    fn ranges_and_changes_read_the_same_in_any_cut(
        rows in proptest::collection::vec(any_change(), 1..60),
        half in 8..400_u64,
        threads in 1..4_usize,
        (ranges, changes) in (any::<bool>(), any::<bool>()),
        most_numbers in prop_oneof![Just(u64::MAX), 10..900_u64],
    ) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("list.csv");
        std::fs::write(&path, format!("phone,end,what,expires,state\n{}", rows.concat())).unwrap();
        let column = |on: bool, field, name: &str| (field, if on { name } else { "-" }.to_owned());
        let map = vec![column(ranges, Field::RangeEnd, "end"), column(changes, Field::Change, "what")];
        let said = changes.then_some(Changes::Additions);
        let given = InputOptions { delimiter: Some(b','), map, changes: said, ..InputOptions::default() };
        let whole = read(&path, &given, &Plan { most_numbers, ..plan(1, 1 << 30, false) });
        let cut = read(&path, &given, &Plan { most_numbers, ..plan(threads, half * 2, true) });
        if let Ok((checked, _)) = &whole {
            prop_assert!(!ranges || checked.rows <= most_numbers);
        }
        are_same(whole, cut)?;
    }
}

/// Lines of fixed width: of the right length and not, repeated, with marks that mean nothing.
fn any_line() -> impl Strategy<Value = String> {
    let number = prop_oneof![
        5 => (0..30_u32).prop_map(|n| format!("202555{:04}", 100 + n)),
        1 => Just("n/a       ".to_owned()),
        1 => Just("\"202555010".to_owned()),
    ];
    let state =
        prop_oneof![4 => Just("US-DC"), 1 => Just("     "), 1 => Just("US-D"), 1 => Just("US-\u{e9}C")];
    let date = prop_oneof![3 => Just("          "), 2 => Just("03/04/2027"), 1 => Just("13/04/2027")];
    let rest = prop_oneof![3 => Just(""), 1 => Just(" a \"note\","), 1 => Just("\u{7}")];
    let end = prop_oneof![6 => Just("\n"), 1 => Just("\r\n"), 1 => Just("\r"), 1 => Just("\n\n")];
    (number, state, date, rest, end)
        .prop_map(|(number, state, date, rest, end)| format!("{number}{state}{date}{rest}{end}"))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]
    #[test]
    fn fixed_width_reads_the_same_in_any_cut(
        rows in proptest::collection::vec(any_line(), 1..60),
        half in 8..400_u64,
        threads in 1..4_usize,
        open in any::<bool>(),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("list.txt");
        std::fs::write(&path, rows.concat()).unwrap();
        let widths = if open { "10,5,10,*" } else { "10,5,10" }.parse().ok();
        let map = ["1", "2", "3"].map(str::to_owned);
        let map = [Field::Number, Field::Jurisdiction, Field::Expires].into_iter().zip(map).collect();
        let given = InputOptions { widths, header: Some(false), map, ..InputOptions::default() };
        let whole = read(&path, &given, &plan(1, 1 << 30, false));
        let cut = read(&path, &given, &plan(threads, half * 2, true));
        are_same(whole, cut)?;
    }
}

#[test]
fn more_numbers_than_are_taken_are_refused_before_they_are_held() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ranges.txt");
    let map = vec![(Field::RangeEnd, "2".to_owned())];
    let given = InputOptions { map, ..InputOptions::default() };
    let check = |rows: &str| {
        std::fs::write(&path, rows).unwrap();
        read(&path, &given, &Plan { most_numbers: 20, ..plan(2, 256, true) })
    };
    assert_eq!(check("2025550101,0110\n2025550111,0120\n").unwrap().0.valid, 20);
    for rows in ["2025550101,0110\n2025550111,0121\n".to_owned(), "2025550000,9999\n".repeat(5_000)] {
        match check(&rows) {
            Err(FileError::TooManyNumbers { most, .. }) => assert_eq!(most, 20),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_check_that_is_stopped_after_the_last_row_is_no_result() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("list.csv");
    std::fs::write(&path, "phone,expires\n2025550101,03/04/2027\n2025550101,13/04/2027\n").unwrap();
    let document = Document::open(&path, &InputOptions::default()).unwrap();
    let run = |at: usize| {
        let (stop, mut told) = (CancellationToken::new(), 0);
        let result = pass::run(&document, &options(), &plan(1, 1 << 30, true), &stop, &mut |_| {
            told += 1;
            if told == at {
                stop.cancel();
            }
        });
        (result, told)
    };
    let (checked, all) = run(usize::MAX);
    assert!(checked.is_ok() && all >= 3, "{all} events");
    // The last event says that it is done.
    for at in 1..all {
        let (result, told) = run(at);
        assert!(matches!(result, Err(FileError::Stopped)), "stopped at event {at} of {all}, {told} told");
    }
}

#[test]
fn what_a_log_shows_of_rows_holds_no_number() {
    use super::cells::{Cells, Word};
    use super::chunk::Deleted;
    use super::fold::{Claim, Repeat};
    let number = 12_025_550_101;
    let mut cells = Cells::default();
    cells.get(b"12025550101", || ());
    let shown = [
        format!("{:?}", Claim { number, slot: 3, set: 1 }),
        format!("{:?}", Repeat { slot: 3, first: 2, number, differs: true }),
        format!("{:?}", Deleted { number, count: 1, row: 3 }),
        format!("{:?} {cells:?}", Word::of(b"12025550101")),
    ];
    for shown in shown {
        assert!(!shown.contains("5550101") && shown.contains(['1', '3']), "{shown}");
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("list.csv");
    std::fs::write(&path, "phone,state\n2025550101,US-DC\n").unwrap();
    let record = Document::open(&path, &InputOptions::default()).unwrap().rows(1, 1).unwrap().remove(0);
    let shown = format!("{record:?}");
    assert!(!shown.contains("5550101") && !shown.contains("[50, 48"), "{shown}");
    assert!(
        shown.contains("row: 1") && shown.contains("fields: 2") && shown.contains("bytes: 16"),
        "{shown}"
    );
}
