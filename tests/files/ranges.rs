//! Lists of ported numbers, whole and as ranges.

use super::*;

/// Enough ranges to be told by their look, twelve numbers in all.
fn ported(separator: char) -> String {
    let rows: String = (0..9).map(|n| format!("20255501{n}0,01{n}0\n")).collect();
    format!("{rows}2025550101,0103\n2025550199,\n").replace(',', &separator.to_string())
}

fn mapped() -> InputOptions {
    mapped_as("2")
}

fn mapped_as(column: &str) -> InputOptions {
    InputOptions { map: vec![(Field::RangeEnd, column.into())], ..InputOptions::default() }
}

#[rstest]
#[case::comma(',')]
#[case::pipe('|')]
fn every_number_of_a_range_becomes_an_intent(#[case] separator: char) {
    let (_folder, path) = stored("list.txt", ported(separator));
    let document = Document::open(&path, &InputOptions::default()).unwrap();
    assert_eq!(document.format().layout, Some("ported-ranges"));
    assert!(document.notes().iter().any(|note| note.code == Code::AssumedRanges));
    let checked = check_document(&document).unwrap();
    assert_eq!((checked.records, checked.rows, checked.valid, checked.rejected), (11, 13, 13, 0));
    let found = numbers(&checked);
    assert!(
        ["+12025550101", "+12025550102", "+12025550103"].iter().all(|n| found.contains(&(*n).to_owned()))
    );
    let rows: Vec<u64> = checked.intents.iter().map(|intent| intent.row).collect();
    assert_eq!(rows, [1, 10, 10, 10, 2, 3, 4, 5, 6, 7, 8, 9, 11]);
}

#[test]
fn a_range_carries_what_its_row_says() {
    let bytes = "start,end,state,expires\n2025550101,0103,US-DC,2031-12-31\n";
    let map = vec![(Field::Number, "start".into()), (Field::RangeEnd, "end".into())];
    let checked = check_with(bytes, &InputOptions { map, ..InputOptions::default() }).unwrap();
    assert_eq!((checked.records, checked.valid), (1, 3));
    for intent in checked.intents.iter() {
        assert_eq!(intent.attributes.jurisdiction.as_str(), "US-DC");
        assert!(intent.attributes.expires.is_some());
    }
}

#[rstest]
#[case::before_its_start("2025550109,0101")]
#[case::over_its_block("2025550101,2025560101")]
#[case::no_digits("2025550101,01O9")]
#[case::too_short("2025550101,109")]
#[case::a_placeholder("2222222220,2225")]
fn a_range_that_is_none_is_rejected_whole(#[case] row: &str) {
    let checked = check_with(format!("{row}\n2025550150,0152\n"), &mapped()).unwrap();
    assert_eq!(rejections(&checked), [(1, Code::NumberRange)]);
    assert_eq!((checked.records, checked.rows, checked.valid, checked.rejected), (2, 4, 3, 1));
}

#[test]
fn numbers_in_two_ranges_are_counted_each_and_said_once() {
    let checked = check_with("2025550101,0105\n2025550103,0107\n2025550110,\n", &mapped()).unwrap();
    assert_eq!((checked.rows, checked.valid, checked.duplicates), (11, 8, 3));
    assert_eq!(codes(&checked, 2), [Code::Duplicate]);
}

#[test]
fn a_row_that_is_rejected_for_another_reason_counts_its_numbers() {
    let bytes = "phone,end,expires\n2025550101,0105,2020-01-01\n2025550111,0113,03/04/2031\n2025550120,,\n";
    let map = vec![(Field::RangeEnd, "end".into())];
    let checked = check_with(bytes, &InputOptions { map, ..InputOptions::default() }).unwrap();
    assert_eq!((checked.records, checked.rows, checked.valid, checked.rejected), (3, 9, 1, 8));
    assert_eq!(rejections(&checked), [(1, Code::PastExpiry), (2, Code::AmbiguousDate)]);
}

#[rstest]
#[case::few("2025550101,0109\n2025550110,0119\n")]
#[case::one("2025550101,1234\n2025550102,\n")]
fn a_look_that_proves_nothing_is_a_question(#[case] bytes: &str) {
    match check_bytes(bytes) {
        Err(FileError::NeedsChoice { flag, question, .. }) => {
            assert_eq!(flag, "--map range-end=2");
            assert!(question.contains("--map range-end=-"), "{question}");
        }
        other => panic!("{other:?}"),
    }
    let none = InputOptions { map: vec![(Field::RangeEnd, "-".into())], ..InputOptions::default() };
    assert_eq!(check_with(bytes, &none).unwrap().valid, 2);
}

#[test]
fn other_second_columns_are_no_ranges() {
    let extensions: String = (0..40).map(|n| format!("20255501{n:02},{:04}\n", 37 * n % 250)).collect();
    let split = "202,5550101\n202,5550102\n".repeat(8);
    let named = "2025550101,Anna\n2025550102,0109\n".repeat(8);
    let headed = "phone,ext\n2025550101,0109\n2025550102,0109\n".to_owned();
    for bytes in [extensions, split, named, headed] {
        let document = open_bytes(&bytes).unwrap();
        assert!(!document.mapping().columns.contains_key(&Field::RangeEnd), "{bytes}");
        let checked = check_bytes(&bytes).unwrap();
        assert_eq!((checked.rows, checked.rejected), (checked.records, 0));
    }
}

#[test]
fn a_list_of_ported_numbers_is_known_by_its_name() {
    for (name, layout) in [("WIRELINE-TO-WIRELESS-NORANGE.TXT", "ported"), ("numbers.txt", "ftc-plain")] {
        let (_folder, path) = stored(name, "2025550101\r\n2125550102\r\n");
        let document = Document::open(&path, &InputOptions::default()).unwrap();
        assert_eq!(document.format().layout, Some(layout));
        assert_eq!(check_document(&document).unwrap().valid, 2);
    }
    // Its numbers are of every area, so the name's digits say nothing of them.
    let (_folder, path) = stored("ported_415.txt", "2025550101\n2125550102\n");
    let document = Document::open(&path, &InputOptions::default()).unwrap();
    assert!(!check_document(&document).unwrap().counts.contains_key(&Code::AreaCodeMismatch));
}

#[test]
fn the_numbers_that_are_not_said_again_are_counted_all_the_same() {
    // Each range ends where the others do: 9 + 8 + … + 1 numbers, of which nine are different.
    let rows: String = (1..=9).map(|n| format!("202555010{n},0109\n")).collect();
    let checked = check_with(rows, &mapped()).unwrap();
    assert_eq!((checked.rows, checked.valid, checked.duplicates), (45, 9, 36));
    assert_eq!(checked.counts.get(&Code::Duplicate), Some(&36));
    assert_eq!(checked.problems.iter().filter(|p| p.code == Code::Duplicate).count(), 8);

    let rows = "phone,end,expires\n2025550101,0109,2031-12-31\n2025550101,0105,2032-12-31\n2025550101,0103,2031-12-31\n";
    let checked = check_with(rows, &mapped_as("end")).unwrap();
    let count = |code| checked.counts.get(&code).copied();
    assert_eq!((count(Code::ConflictingDuplicate), count(Code::Duplicate)), (Some(5), Some(3)));
}

/// Two hundred rows are looked at before the first one is read.
fn late_ranges() -> String {
    let mut rows: String = (0..200).map(|n| format!("2{:02}55501{:02},\n", 2 + n / 100, n % 100)).collect();
    rows.push_str("2125550100,0199\n3125550100,Anna\n3125550101,2026-11-02\n3125550102,3125550109\n");
    rows
}

#[test]
fn a_range_behind_many_plain_rows_is_never_one_number() {
    let checked = check_bytes(late_ranges()).unwrap();
    assert_eq!(rejections(&checked), [(201, Code::NumberRange), (204, Code::NumberRange)]);
    assert_eq!((checked.records, checked.valid), (204, 202));
    let said = checked.problems.iter().find(|p| p.code == Code::NumberRange).unwrap();
    assert_eq!((said.column, said.raw.as_ref()), (Some(1), "0199"));
    assert!(said.hint.contains("--map range-end=2"), "{}", said.hint);
    // Whoever knows what it means says so, either way.
    let none = InputOptions { map: vec![(Field::RangeEnd, "-".into())], ..InputOptions::default() };
    assert_eq!(check_with(late_ranges(), &none).unwrap().valid, 204);
    let ranges = late_ranges().replace("Anna", "").replace("2026-11-02", "");
    assert_eq!(check_with(ranges, &mapped()).unwrap().valid, 200 + 100 + 1 + 1 + 8);
}

#[test]
fn such_a_range_stays_rejected_when_its_rejects_are_read() {
    let (folder, path) = stored("list.txt", late_ranges());
    let document = Document::open(&path, &InputOptions::default()).unwrap();
    let checked = check_document(&document).unwrap();
    let out = folder.path().join("rejects.csv");
    assert_eq!(write_rejects(&document, &checked, &out, &CancellationToken::new()).unwrap(), 2);
    let again = check_document(&Document::open(&out, &InputOptions::default()).unwrap()).unwrap();
    assert_eq!(rejections(&again), [(1, Code::NumberRange), (2, Code::NumberRange)]);
    // Mended by a word, or by an emptied cell.
    let said = check_document(&Document::open(&out, &mapped()).unwrap()).unwrap();
    assert_eq!((said.valid, said.rejected), (108, 0));
    let mended = std::fs::read_to_string(&out).unwrap().replace(",number-range,", ",,");
    assert_eq!(check_with(mended, &InputOptions::default()).unwrap().valid, 2);
}

#[rstest]
#[case::of_a_card("phone,last four\n2025550101,9999\n")]
#[case::short("Phone,Last4,state\n(202) 555-0101,0109,US-DC\n")]
#[case::an_end("start,end\n2025550101,0109\n2025550111,0119\n")]
#[case::without_a_name("phone,\n2025550101,0109\n")]
#[case::many(
    "phone,last4\n2025550101,0109\n2025550102,0109\n2025550103,0109\n2025550104,0109\n2025550101,0109\n2025550101,0109\n2025550101,0109\n2025550101,0109\n"
)]
fn a_name_that_may_end_ranges_is_asked_about_and_never_believed(#[case] bytes: &str) {
    match check_bytes(bytes) {
        Err(FileError::NeedsChoice { flag, .. }) => assert_eq!(flag, "--map range-end=2"),
        other => panic!("{other:?}"),
    }
    let none = InputOptions { map: vec![(Field::RangeEnd, "-".into())], ..InputOptions::default() };
    let checked = check_with(bytes, &none).unwrap();
    assert_eq!(checked.rows, checked.records);
    assert!(check_with(bytes, &mapped()).unwrap().rows > checked.rows);
}

#[test]
fn digits_that_cannot_end_ranges_are_not_asked_about() {
    let cards: String = (0..40).map(|n| format!("20255501{n:02},{:04}\n", 37 * n % 250)).collect();
    assert_eq!(check_bytes(format!("phone,last four\n{cards}")).unwrap().rows, 40);
    assert_eq!(check_bytes("phone,to\n2025550101,Anna\n").unwrap().rows, 1);
    // A header says nothing of what comes later either.
    let rows: String = (0..200).map(|n| format!("2{:02}55501{:02},\n", 2 + n / 100, n % 100)).collect();
    let checked = check_bytes(format!("phone,end\n{rows}2125550101,0109\n")).unwrap();
    assert_eq!(rejections(&checked), [(201, Code::NumberRange)]);
}
