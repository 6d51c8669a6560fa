//! Delimiter, header and columns.

use super::*;

#[rstest]
#[case::comma(',', None)]
#[case::tab('\t', Some(Code::AssumedDelimiter))]
#[case::semicolon(';', Some(Code::AssumedDelimiter))]
#[case::pipe('|', Some(Code::AssumedDelimiter))]
fn delimiters_are_found(#[case] delimiter: char, #[case] note: Option<Code>) {
    let text = "phone,state,notes\n2025550101,US-DC,\"a, b; c | d\"\n2025550102,US-DC,\n"
        .replace(',', &delimiter.to_string());
    let document = open_bytes(&text).unwrap();
    assert_eq!(document.format().delimiter, Some(delimiter as u8));
    assert_eq!(document.notes().iter().map(|n| n.code).next(), note);
    assert_eq!(document.rows(1, 9).unwrap().len(), 2);
}

#[test]
fn a_separator_line_is_obeyed_and_counted_with_the_header() {
    let checked = check_bytes(b"sep=;\r\nphone;state\r\n2025550101;US-DC\r\n").unwrap();
    assert_eq!((checked.valid, checked.accounting.header), (1, 7 + 13));
    assert!(codes(&checked, 0).contains(&Code::SeparatorLine));
}

#[test]
fn comments_above_the_first_record_are_left_out_and_below_it_are_rows() {
    let checked = check_bytes(b"# made on Monday\n\nphone\n2025550101\n# 2\n").unwrap();
    assert_eq!((checked.rows, checked.accounting.comments, checked.accounting.blanks), (2, 17, 1));
    assert_eq!(checked.rejected, 1);
    let columns = open_bytes(b"#,phone\n1,2025550101\n").unwrap();
    assert_eq!(columns.columns(), ["#", "phone"]);
}

#[rstest]
#[case("phone\n2025550101\n")]
#[case("  Phone_Number  \n2025550101\n")]
#[case("id,phoneNumber\n7,2025550101\n")]
#[case("TEL,STATE\n2025550101,US-DC\n")]
#[case("whatever\n2025550101\n")]
fn headers_are_known_by_their_names_or_by_what_stands_below(#[case] text: &str) {
    let document = open_bytes(text).unwrap();
    assert!(document.format().header);
    let checked = check_bytes(text).unwrap();
    assert_eq!((checked.rows, numbers(&checked)), (1, vec!["+12025550101".to_owned()]));
}

#[rstest]
#[case("2025550101\n2025550102\n", 2)]
#[case("phone,2025550101\nphone,2025550102\n", 2)]
#[case("1-800-FLOWERS,mobile\n2025550102,mobile\n", 2)]
#[case("source,+44 20 7946 0958\nsource,2025550102\n", 2)]
#[case("202,5550101\n202,5550102\n", 2)]
#[case("2025550101", 1)]
#[case("notes,５５５２０２５５５０１０１\n,2025550101\n", 2)]
#[case::a_short_plan("201234,mobile\n211234,mobile\n221234,cell\n", 3)]
#[case::damaged("555-12,cell\n2025550102,cell\n2025550103,mobile\n", 3)]
fn a_first_number_is_never_taken_for_a_header(#[case] text: &str, #[case] rows: u64) {
    let document = open_bytes(text).unwrap();
    assert!(!document.format().header);
    assert_eq!(document.rows(1, 9).unwrap().len() as u64, rows);
}

#[rstest]
#[case::plain("2025550101,a\n2025550102,b\n")]
#[case::written("(202) 555-0101,a\n2025550102,b\n")]
#[case::damaged("20255501O1,a\n2025550102,b\n")]
#[case::letters("1-800-FLOWERS,a\n2025550102,b\n")]
#[case::split("202,5550101\n202,5550102\n")]
#[case::short("201234,mobile\n211234,mobile\n")]
fn a_number_is_not_eaten_where_the_first_line_is_called_a_header(#[case] text: &str) {
    let said = InputOptions { header: Some(true), ..InputOptions::default() };
    match check_with(text, &said) {
        Err(FileError::NeedsChoice { flag, .. }) => assert_eq!(flag, "--no-header"),
        other => panic!("{other:?}"),
    }
}

#[rstest]
#[case::a_day("as of 2026-11-19,phone\nx,2025550101\n")]
#[case::a_date("phone,2026-11-19\n2025550101,x\n")]
#[case::a_quarter("list 2 of 2026\n2025550101\n")]
#[case::known("phone 1,phone 2\n2025550101,\n")]
fn other_digits_may_stand_in_a_line_that_is_called_a_header(#[case] text: &str) {
    let number = if text.starts_with("as") { "2" } else { "1" };
    let map = vec![(Field::Number, number.to_owned())];
    let said = InputOptions { header: Some(true), map, ..InputOptions::default() };
    assert_eq!(numbers(&check_with(text, &said).unwrap()), ["+12025550101"]);
}

#[rstest]
#[case::years("phone,2025,2026\n2025550101,1500,2600\n")]
#[case::shops("phone,1001,1002\n2025550101,1500,2600\n")]
#[case::numbered("phone 1,notes\n2025550101,7\n")]
fn digits_beside_the_name_of_the_numbers_are_a_header(#[case] text: &str) {
    assert!(open_bytes(text).unwrap().format().header);
    assert_eq!(numbers(&check_bytes(text).unwrap()), ["+12025550101"]);
}

#[test]
fn a_first_number_of_a_short_plan_is_read() {
    let input = InputOptions { map: vec![(Field::Number, "1".into())], ..InputOptions::default() };
    let (_folder, path) = stored("list.csv", "201234,mobile\n211234,mobile\n221234,cell\n");
    let document = Document::open(&path, &input).unwrap();
    let faroe = "FO".parse().unwrap();
    let options =
        CheckOptions { normaliser: Normaliser::new(faroe, PhonePolicy::Possible, vec![]), ..options() };
    let checked = check(&document, &options, &CancellationToken::new(), &mut |_| {}).unwrap();
    assert_eq!(checked.valid, 3, "{:?}", checked.counts);
}

#[test]
fn a_file_without_header_says_so() {
    let document = open_bytes("US-DC,2025550101,x\nUS-DC,2025550102,y\n").unwrap();
    let notes: Vec<Code> = document.notes().iter().map(|note| note.code).collect();
    assert_eq!(notes, [Code::AssumedColumn, Code::AssumedHeaderless]);
    assert_eq!(document.mapping().columns.get(&Field::Number), Some(&1));
}

#[test]
fn several_phone_columns_are_a_question_that_names_its_flag() {
    let bytes = "phone,mobile\n2025550101,2025550102\n";
    let document = open_bytes(bytes).unwrap();
    assert_eq!(document.mapping().columns.get(&Field::Number), None);
    match check_bytes(bytes) {
        Err(FileError::NeedsChoice { flag, question, .. }) => {
            assert_eq!(flag, "--map number=COLUMN");
            assert!(question.contains("1 phone, 2 mobile"), "{question}");
        }
        other => panic!("{other:?}"),
    }
    for column in ["mobile", "MOBILE", "2"] {
        let said = InputOptions { map: vec![(Field::Number, column.into())], ..InputOptions::default() };
        assert_eq!(numbers(&check_with(bytes, &said).unwrap()), ["+12025550102"]);
    }
}

#[test]
fn several_columns_of_numbers_give_a_row_for_each_filled_cell() {
    let bytes = "phone,mobile,state\n2025550101,2025550102,US-DC\n,2025550103,US-DC\nn/a,,US-DC\n";
    let map = |columns: &[&str]| InputOptions {
        map: columns.iter().map(|column| (Field::Number, (*column).to_owned())).collect(),
        ..InputOptions::default()
    };
    let (_folder, path) = stored("list.csv", bytes);
    let document = Document::open(&path, &map(&["phone", "2", "mobile", "phone"])).unwrap();
    assert_eq!(document.mapping().columns.get(&Field::Number), Some(&0));
    assert_eq!(document.mapping().more_numbers, [1], "a column counts once, however often it is named");
    let checked = check_with(bytes, &map(&["phone", "mobile"])).unwrap();
    assert_eq!(numbers(&checked), ["+12025550101", "+12025550102", "+12025550103"]);
    assert_eq!((checked.records, checked.rows, checked.rejected), (3, 4, 1));
}

#[test]
fn a_field_that_no_column_holds_can_be_said() {
    let bytes = "phone,expires\n2025550101,2020-01-01\n";
    assert_eq!(check_bytes(bytes).unwrap().rejected, 1);
    let none = InputOptions { map: vec![(Field::Expires, "-".into())], ..InputOptions::default() };
    assert_eq!(check_with(bytes, &none).unwrap().valid, 1);
    // There is always a number, and a column that is called so is that column.
    let number = InputOptions { map: vec![(Field::Number, "-".into())], ..InputOptions::default() };
    assert!(matches!(check_with(bytes, &number), Err(FileError::NeedsChoice { .. })));
    let dash = InputOptions { map: vec![(Field::Source, "-".into())], ..InputOptions::default() };
    let (_folder, path) = stored("list.csv", "phone,-\n2025550101,x\n");
    assert_eq!(Document::open(&path, &dash).unwrap().mapping().columns.get(&Field::Source), Some(&1));
}

#[test]
fn a_column_that_is_not_there_is_answered_with_those_that_are() {
    let said = InputOptions { map: vec![(Field::Source, "origin".into())], ..InputOptions::default() };
    match check_with("phone,state\n2025550101,US-DC\n", &said) {
        Err(FileError::NeedsChoice { question, .. }) => {
            assert!(question.contains("1 phone, 2 state"), "{question}");
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_title_above_the_header_is_a_question() {
    let bytes =
        "Report of suppressed numbers\nmade on Monday\nphone,state\n2025550101,US-DC\n2025550102,US-DC\n";
    assert!(matches!(check_bytes(bytes), Err(FileError::NeedsChoice { .. })), "{:?}", check_bytes(bytes));
}

#[test]
fn registry_files_are_recognised_and_their_name_is_compared() {
    let (_folder, path) = stored("ftc_202.txt", "202,5550101\n202,5550102\n");
    let document = Document::open(&path, &InputOptions::default()).unwrap();
    assert_eq!((document.format().layout, document.mapping().split_number), (Some("ftc-split"), true));
    assert!(document.notes().is_empty());
    assert_eq!(numbers(&check_document(&document).unwrap()), ["+12025550101", "+12025550102"]);

    let (_folder, path) = stored("2026-11-19_213.txt", "2025550101\n2025550102\n");
    let document = Document::open(&path, &InputOptions::default()).unwrap();
    assert_eq!(document.format().layout, Some("ftc-plain"));
    assert!(document.notes().iter().any(|note| note.code == Code::AreaCodeMismatch));

    let far = format!("{}2135550101\n", "2025550101\n".repeat(40_000));
    let (_folder, path) = stored("202.txt", far);
    let document = Document::open(&path, &InputOptions::default()).unwrap();
    assert!(!document.notes().iter().any(|note| note.code == Code::AreaCodeMismatch));
    let checked = check_document(&document).unwrap();
    assert_eq!(checked.counts.get(&Code::AreaCodeMismatch), Some(&1));
}

#[test]
fn a_split_number_is_not_joined_from_parts_that_do_not_fit() {
    let mut rows = "202,5550101\n".repeat(20);
    rows.push_str("20,25550103\n202,555010\n");
    let checked = check_bytes(rows).unwrap();
    assert_eq!(rejections(&checked), [(21, Code::NotANumber), (22, Code::TooShort)]);
}

#[test]
fn beside_a_split_number_another_column_holds_whole_numbers() {
    let bytes = "area,number,mobile\n".to_owned()
        + &"202,5550101,2125550102\n".repeat(9)
        + "20,25550103,2125550104\n";
    for first in ["area", "1"] {
        let map = [first, "mobile"].map(|column| (Field::Number, column.to_owned())).to_vec();
        let checked = check_with(&bytes, &InputOptions { map, ..InputOptions::default() }).unwrap();
        assert_eq!(numbers(&checked), ["+12025550101", "+12125550102", "+12125550104"]);
        assert_eq!((checked.rejected, rejections(&checked)), (1, vec![(10, Code::NotANumber)]));
    }
}

#[test]
fn a_number_in_the_name_of_a_column_stands_masked_in_questions() {
    let said = InputOptions { header: Some(true), ..InputOptions::default() };
    let names = "telephone of the office 2025550101,telephone of the warehouse 2125550102";
    let error = check_with(format!("{names}\n2025550103,2125550104\n"), &said).unwrap_err();
    assert!(matches!(error, FileError::NeedsChoice { .. }), "{error}");
    let said = format!("{error} {error:?}");
    assert!(!said.contains("5550101") && said.contains("••••••01") && said.contains("••••••02"), "{said}");
}
