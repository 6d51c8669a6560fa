//! Columns beside the numbers that may belong to them.

use super::*;

fn noted(document: &Document) -> Vec<(Code, String)> {
    let wanted = [Code::UnreadNumbers, Code::CountryCodesApart];
    let notes = document.notes().iter().filter(|note| wanted.contains(&note.code));
    notes.map(|note| (note.code, note.raw.to_string())).collect()
}

fn column(number: &str) -> InputOptions {
    InputOptions { map: vec![(Field::Number, number.to_owned())], ..InputOptions::default() }
}

#[rstest]
#[case::alternative("alt", "alt")]
#[case::described("customer phone", "customer phone")]
#[case::marked("phone_e164", "phone_e164")]
#[case::unnamed("", "column 2")]
fn a_second_column_of_numbers_is_told_of(#[case] name: &str, #[case] shown: &str) {
    let rows: String = (0..20).map(|n| format!("20255501{n:02},21255501{n:02}\n")).collect();
    let bytes = format!("phone,{name}\n{rows}");
    let document = open_bytes(&bytes).unwrap();
    assert_eq!(noted(&document), [(Code::UnreadNumbers, shown.to_owned())]);
    assert_eq!(check_bytes(&bytes).unwrap().valid, 20);
    let hint =
        document.notes().iter().find(|note| note.code == Code::UnreadNumbers).unwrap().hint.to_string();
    assert!(hint.contains("--map number=1 --map number=2"), "{hint}");
    // Said so, it is done.
    let both = InputOptions {
        map: vec![(Field::Number, "1".into()), (Field::Number, "2".into())],
        ..InputOptions::default()
    };
    assert_eq!(check_with(&bytes, &both).unwrap().valid, 40);
    let (_folder, path) = stored("list.csv", &bytes);
    assert_eq!(noted(&Document::open(&path, &column("1")).unwrap()), []);
}

#[rstest]
#[case::named("country code,phone\n44,2079460101\n44,2079460102\n")]
#[case::with_plus("region dial,phone\n+44,2079460101\n+49,3023125100\n")]
#[case::with_zeros("0044,2079460101\n0044,2079460102\n")]
#[case::behind("phone,cc\n02079460101,44\n02079460102,44\n")]
fn numbers_are_not_taken_without_the_country_codes_beside_them(#[case] bytes: &str) {
    match check_bytes(bytes) {
        Err(FileError::NeedsChoice { flag, question, .. }) => {
            assert_eq!(flag, "--map number=COLUMN");
            assert!(question.contains("country codes stand in a column of their own"), "{question}");
        }
        other => panic!("{other:?}"),
    }
    // Who names the column is told what is not read.
    let (_folder, path) = stored("list.csv", bytes);
    let named = Document::open(&path, &column(if bytes.starts_with("phone") { "1" } else { "2" })).unwrap();
    assert_eq!(noted(&named).len(), 1, "{:?}", named.notes());
}

#[rstest]
#[case::letters("country,phone\nGB,2025550101\n")]
#[case::whole("country code,phone\n44,+442079460101\n44,+44 2079460102\n")]
#[case::numbered("1,2025550101\n2,2025550102\n3,2025550103\n")]
#[case::complaints("phone,complaints\n2025550101,44\n2025550102,1\n")]
#[case::reason("phone,notes\n2025550101,called 2125550101\n")]
fn other_columns_are_left_in_peace(#[case] bytes: &str) {
    assert_eq!(noted(&open_bytes(bytes).unwrap()), []);
    assert_eq!(check_bytes(bytes).unwrap().rejected, 0);
}

#[test]
fn the_country_code_at_home_is_told_of_and_changes_nothing() {
    let bytes = "country code,phone\n1,2025550101\n1,2025550102\n";
    assert_eq!(noted(&open_bytes(bytes).unwrap()), [(Code::CountryCodesApart, "country code".to_owned())]);
    assert_eq!(numbers(&check_bytes(bytes).unwrap()), ["+12025550101", "+12025550102"]);
}

#[test]
fn a_column_called_number_that_counts_the_rows_is_not_taken() {
    let bytes = "number,contact\n1,2025550101\n2,2025550102\n3,2025550103\n";
    match check_bytes(bytes) {
        Err(FileError::NeedsChoice { flag, .. }) => assert_eq!(flag, "--map number=COLUMN"),
        other => panic!("{other:?}"),
    }
    assert_eq!(check_with(bytes, &column("contact")).unwrap().valid, 3);
    // Where nothing else holds numbers, its rows say what is wrong with them.
    assert_eq!(check_bytes("number,contact\n1,Anna\n").unwrap().rejected, 1);
}

#[test]
fn a_column_farther_off_that_may_end_ranges_is_told_of() {
    let bytes = "phone,state,last four\n2025550101,US-DC,0109\n2025550102,US-DC,\n";
    assert_eq!(noted(&open_bytes(bytes).unwrap()), [(Code::UnreadNumbers, "last four".to_owned())]);
    assert_eq!(check_bytes(bytes).unwrap().rows, 2);
}
