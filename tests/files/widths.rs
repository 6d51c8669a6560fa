//! Fixed width.

use super::*;

/// Number, state, date, notes.
const LINES: &str = "PHONE      STATE EXPIRES    NOTES\n\
2025550101 US-DC 2031-12-31 web form\n\
2125550102 US-NY            mail \"a,\n\
2135550103 US-CA 2031-01-01 call    \n\
2025550104 US-DC 2031-12-31 web form\n";

fn said(widths: &str) -> InputOptions {
    InputOptions { widths: Some(widths.parse().unwrap()), ..InputOptions::default() }
}

/// The same, with the column of the number.
fn mapped(widths: &str, column: &str) -> InputOptions {
    InputOptions { map: vec![(Field::Number, column.to_owned())], ..said(widths) }
}

#[test]
fn fields_are_cut_by_their_widths_and_a_quotation_mark_is_a_character() {
    let (_folder, path) = stored("list.txt", LINES);
    let document = Document::open(&path, &said("11,6,11,8")).unwrap();
    assert_eq!(document.columns(), ["PHONE", "STATE", "EXPIRES", "NOTES"]);
    assert_eq!(document.format().widths.as_ref().unwrap().to_string(), "11,6,11,8");
    let rows = document.rows(2, 1).unwrap();
    assert_eq!(rows[0].fields, ["2125550102", "US-NY", "", "mail \"a,"]);
    let checked = check_document(&document).unwrap();
    assert_eq!((checked.rows, checked.valid, checked.rejected), (4, 4, 0));
    assert!(checked.accounting.is_conserved());
}

#[rstest]
#[case::lf("\n")]
#[case::crlf("\r\n")]
#[case::cr("\r")]
fn a_line_of_another_length_is_a_rejected_row_and_never_a_shifted_field(#[case] end: &str) {
    let lines = [
        "2025550101 US-DC 2031-12-31",
        " 2025550102 US-DC 2031-12-31",
        "2025550103US-DC 2031-12-31",
        "2025550104 US-DC",
        "",
        "2025550105 US-DC 2031-12-31",
    ];
    let checked = check_with(lines.join(end), &said("11,6,10")).unwrap();
    let wrong = [2, 3, 4].map(|row| (row, Code::MisalignedRow));
    assert_eq!(rejections(&checked), wrong);
    assert_eq!(numbers(&checked), ["+12025550101", "+12025550105"]);
    // It is shown as it stands, with its place.
    let problem = checked.problems.iter().find(|p| p.place.row == 3).unwrap();
    assert_eq!((problem.raw.as_ref(), problem.place.line), ("2025550103US-DC 2031-12-31", 3));
    assert_eq!(
        problem.place.byte as usize,
        lines[..2].iter().map(|line| line.len() + end.len()).sum::<usize>()
    );
}

#[test]
fn the_last_column_may_take_the_rest() {
    let bytes = "2025550101US-DCasked by mail\n2025550102US-DC\n2025550103US-D\n";
    let (_folder, path) = stored("list.txt", bytes);
    let document = Document::open(&path, &said("10,5,*")).unwrap();
    assert_eq!(document.rows(1, 1).unwrap()[0].fields, ["2025550101", "US-DC", "asked by mail"]);
    assert_eq!(rejections(&check_document(&document).unwrap()), [(3, Code::MisalignedRow)]);
}

#[test]
fn characters_count_and_not_bytes_and_what_could_be_either_is_rejected() {
    let bytes = "Zoë   2025550101US-DC\nAnna  2025550102US-DC\n";
    assert_eq!(check_with(bytes, &mapped("6,10,5", "2")).unwrap().valid, 2);
    // Counted in bytes, the first line is as long as the layout too.
    let bytes_counted = "Zoë  2025550101US-DC\nAnna  2025550102US-DC\n";
    let checked = check_with(bytes_counted, &mapped("6,10,5", "2")).unwrap();
    assert_eq!(rejections(&checked), [(1, Code::MisalignedRow)]);
    let open = check_with(bytes, &mapped("6,10,*", "2")).unwrap();
    assert_eq!(rejections(&open), [(1, Code::MisalignedRow)]);
    let latin = InputOptions { encoding: Some("windows-1252".into()), ..mapped("6,10,*", "2") };
    let (bytes, ..) = encoding_rs::WINDOWS_1252.encode(bytes);
    assert_eq!(check_with(bytes, &latin).unwrap().valid, 2);
}

#[test]
fn wide_text_of_fixed_width_is_read_too() {
    let bytes: Vec<u8> =
        "\u{feff}2025550101US-DC\r\n2025550102US-NYx\r\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let checked = check_with(bytes, &said("10,5")).unwrap();
    assert_eq!((checked.valid, rejections(&checked)), (1, vec![(2, Code::MisalignedRow)]));
}

#[test]
fn widths_are_told_from_the_content_where_it_is_plain_and_it_is_said() {
    let text: String = (0..6).map(|n| format!("2025550{:03} US-DC 2031-12-31\n", 100 + n)).collect();
    let document = open_bytes(&text).unwrap();
    assert_eq!(document.format().widths.as_ref().unwrap().to_string(), "11,6,10");
    assert!(document.notes().iter().any(|note| note.code == Code::AssumedWidths));
    assert_eq!(check_bytes(&text).unwrap().valid, 6);
    // What the person says comes first, and is not warned of.
    let (_folder, path) = stored("list.txt", &text);
    let document = Document::open(&path, &said("*")).unwrap();
    assert_eq!(document.columns().len(), 1);
    assert!(!document.notes().iter().any(|note| note.code == Code::AssumedWidths));
}

#[rstest]
#[case::grouped("202 555 0101\n202 555 0102\n202 555 0103\n202 555 0104\n")]
#[case::ragged("2025550101 DC\n2025550102 N\n2025550103 CA\n2025550104 DC\n")]
#[case::few("2025550101 DC\n2025550102 NY\n")]
#[case::plain("2025550101\n2025550102\n2025550103\n2025550104\n")]
#[case::delimited("2025550101,DC\n2025550102,NY\n2025550103,CA\n2025550104,DC\n")]
fn widths_are_never_guessed(#[case] bytes: &str) {
    assert_eq!(open_bytes(bytes).unwrap().format().widths, None);
}

#[test]
fn a_separator_and_widths_are_two_answers_to_one_question() {
    let both = InputOptions { delimiter: Some(b','), ..said("10,5") };
    match check_with("2025550101US-DC\n", &both) {
        Err(FileError::NeedsChoice { flag, .. }) => assert_eq!(flag, "--widths or --delimiter"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn rows_far_down_are_found_by_number_and_by_search_and_rejected_ones_are_written() {
    let line = |n: u32| {
        if n == 7_000 { "short\n".to_owned() } else { format!("{}US-DC{n:06}\n", 2_025_550_100 + n % 100) }
    };
    let text: String = (1..=20_000).map(line).collect();
    let (folder, path) = stored("list.txt", &text);
    let document = Document::open(&path, &said("10,5,6")).unwrap();
    document.build_index(&CancellationToken::new(), &mut |_| ()).unwrap();
    assert_eq!(document.rows(19_999, 1).unwrap()[0].fields, ["2025550199", "US-DC", "019999"]);
    let checked = check_document(&document).unwrap();
    assert_eq!((checked.rows, checked.rejected), (20_000, 1));
    let out = folder.path().join("rejects.csv");
    assert_eq!(write_rejects(&document, &checked, &out, &CancellationToken::new()).unwrap(), 1);
    assert!(std::fs::read_to_string(out).unwrap().contains("7000,7000,"));
}

#[rstest]
#[case::abroad("0044 20794601", "5,10")]
#[case::country_code("49 30123451", "3,10")]
#[case::behind_it("20255501", "11,8")]
#[case::beside_letters("49 30123451", "3,11,3")]
fn digits_beside_the_number_are_never_cut_off_without_a_word(#[case] start: &str, #[case] widths: &str) {
    let end = match widths {
        "11,8" => " 20311231",
        "3,11,3" => " web",
        _ => "",
    };
    let text: String = (1..6).map(|n| format!("{start}0{n}{end}\n")).collect();
    match check_bytes(&text) {
        Err(FileError::NeedsChoice { flag, question, .. }) => {
            assert_eq!(flag, format!("--widths {widths}"));
            assert!(question.contains("--widths '*'"), "{question}");
        }
        other => panic!("{other:?}"),
    }
    // The file opens, so that a person can be shown its rows; and what was said is read.
    assert!(open_bytes(&text).is_ok());
    let number = if widths == "11,8" { "1" } else { "2" };
    assert_eq!(check_with(&text, &mapped(widths, number)).unwrap().rows, 5);
}
