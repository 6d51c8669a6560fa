//! Encodings, line endings and damaged bytes.

use super::*;

fn wide(text: &str, little: bool, mark: bool) -> Vec<u8> {
    let units = mark.then_some(0xFEFF).into_iter().chain(text.encode_utf16());
    units.flat_map(|unit| if little { unit.to_le_bytes() } else { unit.to_be_bytes() }).collect()
}

#[rstest]
fn utf_16_is_read_with_places_of_the_stored_file(#[values(true, false)] little: bool) {
    let text = "phone,notes\r\n2025550101,\"größer\r\nals\"\r\n20255,日本\r\n";
    let checked = check_bytes(wide(text, little, true)).unwrap();
    assert_eq!(numbers(&checked), ["+12025550101"]);
    assert_eq!(rejections(&checked), [(2, Code::TooShort)]);
    let place = checked.problems.iter().find(|p| p.code == Code::TooShort).unwrap().place;
    let before = text.split("20255,").next().unwrap();
    assert_eq!((place.line, place.byte), (4, 2 + 2 * before.encode_utf16().count() as u64));
}

#[rstest]
fn utf_16_without_a_mark_is_asked_for(
    #[values((true, "utf-16le"), (false, "utf-16be"))] order: (bool, &str),
) {
    let bytes = wide("phone\n2025550101\n2025550102\n", order.0, false);
    match check_bytes(&bytes) {
        Err(FileError::NeedsChoice { flag, .. }) => assert!(flag.contains("--encoding")),
        other => panic!("{other:?}"),
    }
    let said = InputOptions { encoding: Some(order.1.into()), ..InputOptions::default() };
    assert_eq!(check_with(&bytes, &said).unwrap().valid, 2);
}

#[test]
fn a_utf_8_mark_is_no_part_of_the_first_name() {
    let checked = check_bytes(b"\xef\xbb\xbfphone\n2025550101\n").unwrap();
    assert_eq!((checked.valid, checked.accounting.bom), (1, 3));
}

#[test]
fn western_names_are_read_and_the_assumption_is_said() {
    let document = open_bytes(b"phone,notes\n2025550101,Andr\xe9 gr\xfc\xdft \x96 bitte\n").unwrap();
    assert_eq!(document.format().encoding, "windows-1252");
    assert_eq!(document.rows(1, 1).unwrap()[0].fields[1], "André grüßt – bitte");
    assert!(document.notes().iter().any(|note| note.code == Code::AssumedEncoding));
}

#[test]
fn a_broken_character_costs_its_row_only() {
    let checked =
        check_bytes(b"phone,notes\n2025550101,caf\xc3\xa9\n2025550102,caf\xe9\n2025550103,\n").unwrap();
    assert_eq!(rejections(&checked), [(2, Code::InvalidEncoding)]);
    assert_eq!(checked.valid, 2);
}

#[rstest]
#[case::crlf("\r\n", None)]
#[case::cr("\r", Some(Code::CarriageReturnOnly))]
fn line_endings_of_every_system(#[case] eol: &str, #[case] note: Option<Code>) {
    let checked = check_bytes(["phone", "2025550101", "2025550102"].join(eol)).unwrap();
    assert_eq!(checked.valid, 2);
    assert_eq!(codes(&checked, 0).first().copied(), note);
}

#[test]
fn mixed_line_endings_keep_their_line_numbers() {
    let checked = check_bytes("phone\r\n2025550101\n\n2025550102\r\r\nbad\n2025550103").unwrap();
    assert!(codes(&checked, 0).contains(&Code::MixedLineEndings));
    let bad = checked.problems.iter().find(|p| p.place.row == 3).unwrap();
    assert_eq!((bad.place.line, bad.place.byte), (6, 32));
    assert_eq!((checked.valid, checked.accounting.blanks), (3, 3));
}

#[test]
fn an_end_of_file_character_is_named_and_is_no_part_of_the_last_number() {
    let checked = check_bytes(b"phone\n2025550101\x1a").unwrap();
    assert_eq!((checked.valid, checked.rejected, checked.accounting.other), (1, 0, 1));
    assert!(codes(&checked, 0).contains(&Code::TrailingControlZ));
}

#[test]
fn nul_and_control_characters_cost_their_row_and_do_not_make_a_file_binary() {
    let checked = check_bytes(
        b"phone,notes\n20255\x0050101,\n2025550102,\x1b]52;c;x\x07\n2025550103,\xc2\x9b1m\n2025550104,ok\n",
    );
    let checked = checked.unwrap();
    let expected = [(1, Code::NulByte), (2, Code::ControlCharacter), (3, Code::ControlCharacter)];
    assert_eq!(rejections(&checked), expected);
}

#[test]
fn ragged_rows_are_rejected_by_their_count() {
    let checked = check_bytes("phone,state\n2025550101\n2025550102,US-DC,x\n2025550103,US-DC\n").unwrap();
    assert_eq!(rejections(&checked), [(1, Code::WrongColumnCount), (2, Code::WrongColumnCount)]);
}

#[test]
fn a_quotation_that_closes_five_hundred_rows_later_hides_none_of_them() {
    let mut file = String::from("phone,notes\n2025550100,\"open\n");
    (0..498).for_each(|n| file.push_str(&format!("202555{n:04},x\n")));
    file.push_str("2025550999,end\"\n2025551000,fine\n");
    let checked = check_bytes(file).unwrap();
    assert_eq!((checked.rows, checked.valid, checked.rejected), (501, 1, 500));
    assert_eq!(checked.counts.get(&Code::SwallowedRows), Some(&500));
}

#[test]
fn a_note_over_several_lines_is_one_row() {
    let checked =
        check_bytes("phone,notes\n2025550101,\"Main Street 5\nSpringfield, 62704\"\n2025550102,x\n").unwrap();
    assert_eq!((checked.rows, checked.valid), (2, 2));
}

#[test]
fn a_number_over_two_lines_is_not_put_together() {
    let checked = check_bytes("phone,notes\n\"202555\n0101\",x\n2025550102,y\n").unwrap();
    assert_eq!(rejections(&checked), [(1, Code::ControlCharacter)]);
}

#[test]
fn a_row_over_the_limit_is_rejected_and_the_next_one_read() {
    let mut file = b"phone,notes\n2025550101,a\n2025550102,".to_vec();
    file.resize(file.len() + (3 << 20), b'x');
    file.extend_from_slice(b"\n2025550103,b\n");
    let checked = check_bytes(file).unwrap();
    assert_eq!(rejections(&checked), [(2, Code::RecordTooLong)]);
    assert_eq!(checked.valid, 2);
}
