//! Files people really have, and files that nobody should have: what the intake says about each.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use proptest::prelude::*;
use quietline::domain::phone::{Normaliser, PhonePolicy, Region};
use quietline::domain::problem::{Code, Severity};
use quietline::files::{
    CheckEvent, CheckOptions, Checked, DateOrder, Document, Field, FileError, InputOptions, Mapping, check,
    write_rejects,
};
use rstest::rstest;
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

fn options() -> CheckOptions {
    CheckOptions {
        normaliser: Normaliser::new(Region::US, PhonePolicy::Possible, Vec::new()),
        now: "2026-11-20T12:00:00Z".parse().unwrap(),
        date_order: None,
    }
}

/// A file of these bytes in a folder of its own.
fn stored(name: &str, bytes: impl AsRef<[u8]>) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    (folder, path)
}

fn check_document(document: &Document) -> Result<Checked, FileError> {
    check(document, &options(), &CancellationToken::new(), &mut |_| {})
}

fn check_with(bytes: impl AsRef<[u8]>, input: &InputOptions) -> Result<Checked, FileError> {
    let (_folder, path) = stored("list.csv", bytes);
    check_document(&Document::open(&path, input)?)
}

fn check_bytes(bytes: impl AsRef<[u8]>) -> Result<Checked, FileError> {
    check_with(bytes, &InputOptions::default())
}

fn open_bytes(bytes: impl AsRef<[u8]>) -> Result<Document, FileError> {
    let (_folder, path) = stored("list.csv", bytes);
    Document::open(&path, &InputOptions::default())
}

/// Numbers that become intents.
fn numbers(checked: &Checked) -> Vec<String> {
    checked.intents.iter().map(|intent| intent.number.to_e164()).collect()
}

/// Codes of one row, in order.
fn codes(checked: &Checked, row: u64) -> Vec<Code> {
    checked.problems.iter().filter(|p| p.place.row == row).map(|p| p.code).collect()
}

fn rejections(checked: &Checked) -> Vec<(u64, Code)> {
    let rejected = checked.problems.iter().filter(|p| p.code.severity() == Severity::Rejection);
    rejected.map(|p| (p.place.row, p.code)).collect()
}

fn sample(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/samples").join(name)
}

// ── what is refused ──────────────────────────────────────────────────────────────────────────────────────────────

#[rstest]
#[case::pdf(b"%PDF-1.7\n1 0 obj", "a PDF document")]
#[case::xlsx(b"PK\x03\x04\x14\0\x06\0[Content_Types].xml xl/workbook.xml", "an Excel workbook (xlsx)")]
#[case::zip(b"PK\x03\x04\x14\0\0\0list.csv", "a zip archive")]
#[case::gzip(b"\x1f\x8b\x08\0\0\0\0\0", "a gzip archive")]
#[case::png(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "a PNG picture")]
#[case::elf(b"\x7fELF\x02\x01\x01\0\0\0\0\0", "a program")]
#[case::xls(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0\0", "an old Excel or Word document (xls, doc)")]
#[case::html_as_xls(b"\n<HTML><table><tr><td>2025550101</td>", "an HTML page")]
#[case::xml(b"<?xml version='1.0'?><list val='202'>", "an XML document")]
#[case::json(b"[{\"phone\": \"2025550101\"}]", "a JSON document")]
#[case::ndjson(b"{\"phone\": \"2025550101\"}\n{\"phone\": \"2025550102\"}\n", "a JSON document")]
#[case::utf_32(b"\xff\xfe\0\0p\0\0\0h\0\0\0", "UTF-32 text")]
#[case::disk_hole(&[0; 4096], "binary data")]
#[case::utf_16_cut(b"\xff\xfep\0h\0o\0n\0e\0\n\02", "UTF-16 text that is cut in the middle of a character")]
fn another_kind_of_file_is_named_by_its_content(#[case] bytes: &[u8], #[case] name: &str) {
    match open_bytes(bytes) {
        Err(FileError::WrongKind { what, .. }) => assert_eq!(what, name),
        other => panic!("{other:?}"),
    }
}

#[test]
fn random_bytes_are_no_table() {
    let mut state = 7_u64;
    let bytes: Vec<u8> = (0..20_000)
        .map(|_| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 40) as u8
        })
        .collect();
    assert!(matches!(open_bytes(bytes), Err(FileError::WrongKind { .. })));
}

#[rstest]
#[case::no_bytes(b"")]
#[case::header_only(b"phone,state\n")]
#[case::header_without_newline(b"phone")]
#[case::blank_lines(b"\n\n  \r\n")]
#[case::comments_only(b"# nothing here\n# nor here\n")]
#[case::mark_only(b"\xef\xbb\xbf")]
#[case::control_z_only(b"\x1a")]
fn a_file_without_records_is_no_success(#[case] bytes: &[u8]) {
    assert!(matches!(open_bytes(bytes), Err(FileError::Empty { .. })), "{:?}", open_bytes(bytes));
}

#[test]
fn a_folder_and_a_missing_file_are_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let open = |path: &Path| Document::open(path, &InputOptions::default()).unwrap_err();
    assert!(matches!(open(folder.path()), FileError::NotAFile { what: "a directory", .. }));
    assert!(matches!(open(&folder.path().join("gone.csv")), FileError::Io { .. }));
}

#[cfg(unix)]
#[test]
fn pipes_sockets_and_devices_are_refused_without_waiting_for_them() {
    use rustix::fs::{CWD, FileType, Mode, mknodat};
    let folder = tempfile::tempdir().unwrap();
    let (pipe, socket) = (folder.path().join("pipe.csv"), folder.path().join("socket.csv"));
    mknodat(CWD, &pipe, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
    let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
    let open = |path: &Path| Document::open(path, &InputOptions::default()).unwrap_err();
    assert!(matches!(open(&pipe), FileError::NotAFile { what: "a named pipe", .. }));
    assert!(matches!(open(&socket), FileError::NotAFile { what: "a socket", .. }));
    assert!(matches!(open(Path::new("/dev/zero")), FileError::NotAFile { what: "a device", .. }));
}

#[test]
fn a_line_that_never_ends_is_refused_from_the_head_alone() {
    assert!(matches!(open_bytes(vec![b'7'; 3 << 20]), Err(FileError::WrongKind { .. })));
    assert!(matches!(open_bytes("phone,".repeat(200_000)), Err(FileError::WrongKind { .. })));
}

// ── encodings ────────────────────────────────────────────────────────────────────────────────────────────────────

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

// ── the layout of the table ──────────────────────────────────────────────────────────────────────────────────────

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
fn a_first_number_is_never_taken_for_a_header(#[case] text: &str, #[case] rows: u64) {
    let document = open_bytes(text).unwrap();
    assert!(!document.format().header);
    assert_eq!(document.rows(1, 9).unwrap().len() as u64, rows);
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
    let (_folder, path) = stored("list.csv", bytes);
    let document = Document::open(&path, &InputOptions::default()).unwrap();
    let mapping = Mapping { columns: BTreeMap::from([(Field::Number, 1)]), split_number: false };
    assert_eq!(numbers(&check_document(&document.with_mapping(mapping)).unwrap()), ["+12025550102"]);
}

#[test]
fn a_column_that_is_not_there_is_answered_with_those_that_are() {
    let said = InputOptions { map: vec![(Field::Source, "origin".into())], ..InputOptions::default() };
    match check_with("phone,state\n2025550101,US-DC\n", &said) {
        Err(FileError::NeedsChoice { question, .. }) => {
            assert!(question.contains("1 phone, 2 state"), "{question}")
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
}

#[test]
fn a_split_number_is_not_joined_from_parts_that_do_not_fit() {
    let mut rows = "202,5550101\n".repeat(20);
    rows.push_str("20,25550103\n202,555010\n");
    let checked = check_bytes(rows).unwrap();
    assert_eq!(rejections(&checked), [(21, Code::NotANumber), (22, Code::TooShort)]);
}

// ── line endings and damage ──────────────────────────────────────────────────────────────────────────────────────

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
fn a_row_over_the_limit_is_rejected_and_the_next_one_read() {
    let mut file = b"phone,notes\n2025550101,a\n2025550102,".to_vec();
    file.resize(file.len() + (3 << 20), b'x');
    file.extend_from_slice(b"\n2025550103,b\n");
    let checked = check_bytes(file).unwrap();
    assert_eq!(rejections(&checked), [(2, Code::RecordTooLong)]);
    assert_eq!(checked.valid, 2);
}

// ── cells ────────────────────────────────────────────────────────────────────────────────────────────────────────

#[rstest]
#[case("2.02555E+09", Code::ScientificNotation)]
#[case("12025550101.0", Code::DecimalNumber)]
#[case("\"2,025,550,101\"", Code::ThousandsSeparators)]
#[case("2025550101 / 2025550102", Code::SeveralNumbers)]
#[case("\"2025550101, 2025550102\"", Code::SeveralNumbers)]
#[case("5550101", Code::LocalOnly)]
#[case("911", Code::Emergency)]
#[case("0000000000", Code::Placeholder)]
#[case("2O25550l01", Code::NotANumber)]
fn a_ruined_number_is_rejected_by_its_ruin(#[case] cell: &str, #[case] code: Code) {
    let checked = check_bytes(format!("phone,notes\n{cell},x\n2025550199,y\n")).unwrap();
    let rejected = rejections(&checked);
    assert_eq!(rejected.len(), 1, "{rejected:?}");
    assert_eq!(rejected[0].0, 1);
    if code != Code::NotANumber {
        assert_eq!(rejected[0].1, code);
    }
}

#[test]
fn a_row_gets_all_its_problems_and_is_rejected_once() {
    let checked = check_bytes("phone,state,expires\nfoo,California,soon\n2025550101,US-DC,\n").unwrap();
    assert_eq!(codes(&checked, 1), [Code::NotANumber, Code::BadJurisdiction, Code::BadDate]);
    assert_eq!((checked.rows, checked.valid, checked.rejected), (2, 1, 1));
    let columns: Vec<_> = checked.problems.iter().map(|p| p.column).collect();
    assert_eq!(columns, [Some(0), Some(1), Some(2)]);
}

#[test]
fn jurisdictions_are_given_inferred_or_questioned() {
    let checked = check_bytes("phone,state\n2025550101,\n2125550101,us-ny\n2135550101,US-NY\n").unwrap();
    assert_eq!(codes(&checked, 1), [Code::InferredJurisdiction]);
    assert_eq!(codes(&checked, 2), []);
    assert_eq!(codes(&checked, 3), [Code::JurisdictionMismatch]);
    let found: Vec<&str> =
        checked.intents.iter().map(|intent| intent.attributes.jurisdiction.as_str()).collect();
    assert_eq!(found, ["US-DC", "US-NY", "US-NY"]);

    let without = check_bytes("phone\n2025550101\n2125550101\n").unwrap();
    assert_eq!(without.counts.get(&Code::InferredJurisdiction), Some(&2));
    assert!(without.problems.is_empty() && without.warnings == 0);
}

#[test]
fn dates_take_the_order_that_the_file_proves() {
    let file = |proof: &str| {
        format!("phone,expires\n2025550101,03/04/2031\n2025550102,{proof}\n2025550103,2031-01-01\n")
    };
    let first = |checked: &Checked| checked.intents[0].attributes.expires.unwrap().to_string();
    let day = check_bytes(file("31/12/2031")).unwrap();
    assert_eq!(first(&day), "2031-04-03T23:59:59Z");
    assert!(codes(&day, 0).contains(&Code::AssumedDateOrder));
    assert_eq!(first(&check_bytes(file("12/31/2031")).unwrap()), "2031-03-04T23:59:59Z");

    let open = check_bytes(file("05/06/2031")).unwrap();
    assert_eq!(rejections(&open), [(1, Code::AmbiguousDate), (2, Code::AmbiguousDate)]);
    let said = InputOptions { date_order: Some(DateOrder::Mdy), ..InputOptions::default() };
    assert_eq!(first(&check_with(file("05/06/2031"), &said).unwrap()), "2031-03-04T23:59:59Z");
    let against =
        check_bytes("phone,expires\n2025550101,03/04/2031\n2025550102,31/12/2031\n2025550103,12/31/2031\n");
    assert_eq!(rejections(&against.unwrap()), [(1, Code::AmbiguousDate)]);
}

#[test]
fn expiries_end_with_their_day_and_past_ones_are_rejected() {
    let text = "phone,expires\n2025550101,2026-11-20\n2025550102,2026-11-19\n2025550103,never\n2025550104,2031-01-01T10:00\n2025550105,soon\n";
    let checked = check_bytes(text).unwrap();
    assert_eq!(rejections(&checked), [(2, Code::PastExpiry), (5, Code::BadDate)]);
    assert_eq!(codes(&checked, 4), [Code::AssumedUtc]);
    let expires: Vec<Option<Timestamp>> =
        checked.intents.iter().map(|intent| intent.attributes.expires).collect();
    let at = |text: &str| Some(text.parse().unwrap());
    assert_eq!(expires, [at("2026-11-20T23:59:59Z"), None, at("2031-01-01T10:00:00Z")]);
}

#[test]
fn a_number_in_ten_spellings_is_one_intent_with_the_strongest_attributes() {
    let spellings =
        ["2025550101", "+12025550101", "(202) 555-0101", "202-555-0101", "202.555.0101", "1 202 555 0101"];
    let mut file = String::from("phone,expires,source\n2125550101,,mail\n");
    spellings.iter().for_each(|spelling| file.push_str(&format!("{spelling},2031-01-01,web\n")));
    file.push_str("2025550101,2032-01-01,mail\n");
    let checked = check_bytes(file).unwrap();
    assert_eq!((checked.rows, checked.valid, checked.duplicates), (8, 2, 6));
    assert_eq!(checked.counts.get(&Code::Duplicate), Some(&5));
    assert_eq!(codes(&checked, 8), [Code::ConflictingDuplicate]);
    let intent = &checked.intents[0];
    assert_eq!((intent.row, intent.attributes.source.as_deref()), (2, Some("mail; web")));
    assert_eq!(intent.attributes.expires, Some("2032-01-01T23:59:59Z".parse().unwrap()));
}

#[test]
fn the_preview_reads_a_row_as_validation_does() {
    for name in ["good.csv", "dirty.csv", "ftc_202.txt", "european.csv"] {
        let document = Document::open(&sample(name), &InputOptions::default()).unwrap();
        let checked = check_document(&document).unwrap();
        for record in document.rows(1, 1000).unwrap() {
            let shown: Vec<Code> =
                document.interpret(&record, &options()).problems.iter().map(|p| p.code).collect();
            let duplicates = [Code::Duplicate, Code::ConflictingDuplicate];
            let mut found = codes(&checked, record.place.row);
            found.retain(|code| !duplicates.contains(code));
            assert_eq!(shown, found, "{name} row {}", record.place.row);
        }
    }
}

// ── index, change, stop ──────────────────────────────────────────────────────────────────────────────────────────

fn long_file(rows: usize) -> String {
    let mut file = String::from("phone,notes\n");
    (0..rows).for_each(|n| match n % 50 {
        7 => file.push_str(&format!("202555{:04},\"two\nlines\"\n", n % 10_000)),
        9 => file.push_str("\n202x,bad\n"),
        _ => file.push_str(&format!("202{:07},note {n}\n", 5_550_000 + n)),
    });
    file
}

#[test]
fn the_first_page_needs_no_index_and_the_last_row_does() {
    let (_folder, path) = stored("list.csv", long_file(60_000));
    let document = Document::open(&path, &InputOptions::default()).unwrap();
    assert_eq!(document.rows(1, 50).unwrap().len(), 50);
    assert!(document.rows(60_000, 1).unwrap().is_empty());
    let mut seen = 0;
    let state = document.build_index(&CancellationToken::new(), &mut |_| seen += 1).unwrap();
    assert!(state.complete && seen > 2);
    assert_eq!((state.rows, state.bytes), (60_000, document.size()));
    let last = document.rows(60_000, 10).unwrap();
    assert_eq!((last.len(), last[0].place.row, last[0].fields[1].as_str()), (1, 60_000, "note 59999"));
    assert!(document.rows(60_001, 1).unwrap().is_empty());
    for first in [1, 255, 256, 257, 512, 513, 31_337] {
        assert_eq!(document.rows(first, 2).unwrap()[0].place.row, first);
    }
    assert_eq!(check_document(&document).unwrap().rows, state.rows);
}

#[test]
fn a_stopped_index_goes_on_where_it_was() {
    let (_folder, path) = stored("list.csv", long_file(30_000));
    let document = Document::open(&path, &InputOptions::default()).unwrap();
    let stop = CancellationToken::new();
    let stopped = document.build_index(&stop, &mut |_| stop.cancel());
    assert!(matches!(stopped, Err(FileError::Stopped)));
    let known = document.index_state();
    assert!(!known.complete && known.rows > 0 && known.rows < 30_000);
    let state = document.build_index(&CancellationToken::new(), &mut |_| {}).unwrap();
    assert_eq!((state.rows, state.complete), (30_000, true));
    assert_eq!(document.rows(29_999, 5).unwrap().len(), 2);
}

#[test]
fn a_check_tells_how_far_it_is_and_stops_when_told() {
    let (_folder, path) = stored("list.csv", long_file(30_000));
    let document = Document::open(&path, &InputOptions::default()).unwrap();
    let (mut told, mut last) = (Vec::new(), 0);
    let checked = check(&document, &options(), &CancellationToken::new(), &mut |event| match event {
        CheckEvent::Progress { bytes, total, .. } => {
            assert!(bytes >= last && bytes <= total);
            last = bytes;
        }
        CheckEvent::Problems(problems) => told.extend(problems),
    })
    .unwrap();
    assert_eq!(last, document.size());
    told.sort_by_key(|problem| problem.place.row);
    assert_eq!(told, checked.problems);

    let stop = CancellationToken::new();
    let stopped = check(&document, &options(), &stop, &mut |_| stop.cancel());
    assert!(matches!(stopped, Err(FileError::Stopped)));
}

#[rstest]
#[case::appended(|path: &Path| std::fs::write(path, long_file(9_000)).unwrap())]
#[case::cut(|path: &Path| std::fs::write(path, long_file(10)).unwrap())]
#[case::replaced(|path: &Path| {
    let other = path.with_extension("new");
    std::fs::write(&other, long_file(8_000)).unwrap();
    std::fs::rename(other, path).unwrap();
})]
#[case::removed(|path: &Path| std::fs::remove_file(path).unwrap())]
fn a_file_that_changes_under_the_check_is_not_used(#[case] change: fn(&Path)) {
    let (_folder, path) = stored("list.csv", long_file(8_000));
    let document = Document::open(&path, &InputOptions::default()).unwrap();
    let mut changed = false;
    let outcome = check(&document, &options(), &CancellationToken::new(), &mut |_| {
        if !std::mem::replace(&mut changed, true) {
            change(&path);
        }
    });
    assert!(matches!(outcome, Err(FileError::Changed { .. })), "{outcome:?}");
}

// ── rejects ──────────────────────────────────────────────────────────────────────────────────────────────────────

#[test]
fn rejects_hold_every_rejected_row_with_its_reason_and_its_cells() {
    let document = Document::open(&sample("dirty.csv"), &InputOptions::default()).unwrap();
    let checked = check_document(&document).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("rejects.csv");
    assert_eq!(write_rejects(&document, &checked, &out).unwrap(), checked.rejected);

    let mut reader = csv::ReaderBuilder::new().flexible(true).from_path(&out).unwrap();
    let head: Vec<String> = reader.headers().unwrap().iter().map(str::to_owned).collect();
    assert_eq!(head[..7], ["row", "line", "byte", "column", "code", "hint", "value"]);
    assert_eq!(head[7..], *document.columns());
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    let written: Vec<(u64, Code)> =
        rows.iter().map(|row| (row[0].parse().unwrap(), Code::from_name(&row[4]).unwrap())).collect();
    assert_eq!(written, rejections(&checked));
    assert!(rows.iter().all(|row| row.iter().all(|cell| !cell.starts_with(['=', '-', '@', '\t']))));

    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(std::fs::metadata(&out).unwrap().permissions().mode() & 0o777, 0o600);
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn rejects_never_replace_the_file_they_come_from() {
    let (_folder, path) = stored("list.csv", "phone\nbad\n2025550101\n");
    let document = Document::open(&path, &InputOptions::default()).unwrap();
    let checked = check_document(&document).unwrap();
    assert!(matches!(write_rejects(&document, &checked, &path), Err(FileError::Io { .. })));
    assert_eq!(std::fs::read(&path).unwrap(), b"phone\nbad\n2025550101\n");
}

// ── samples ──────────────────────────────────────────────────────────────────────────────────────────────────────

#[test]
fn the_good_samples_are_good_and_the_dirty_one_shows_many_kinds_of_problems() {
    let of =
        |name| check_document(&Document::open(&sample(name), &InputOptions::default()).unwrap()).unwrap();
    for (name, rows) in [("good.csv", 40), ("ftc_202.txt", 40), ("european.csv", 24)] {
        let checked = of(name);
        assert_eq!(
            (checked.rows, checked.valid, checked.rejected, checked.warnings),
            (rows, rows, 0, 0),
            "{name}"
        );
    }
    let dirty = of("dirty.csv");
    assert!(dirty.counts.len() >= 20 && dirty.valid >= 25 && dirty.duplicates >= 3, "{:?}", dirty.counts);
    assert_eq!(dirty.sha256.len(), 64);
}

// ── laws ─────────────────────────────────────────────────────────────────────────────────────────────────────────

/// Tables and damage, mixed.
fn anything() -> impl Strategy<Value = Vec<u8>> {
    let part = prop_oneof![
        5 => Just(b"2025550101".to_vec()),
        3 => "[0-9+() .-]{1,16}".prop_map(String::into_bytes),
        5 => Just(b",".to_vec()),
        5 => Just(b"\n".to_vec()),
        1 => Just(b"\r\n".to_vec()),
        1 => Just(b"\r".to_vec()),
        2 => Just(b"\"".to_vec()),
        1 => Just(b"phone".to_vec()),
        1 => Just(b"state,expires".to_vec()),
        1 => Just(b"03/04/2031".to_vec()),
        1 => Just(b"#".to_vec()),
        1 => Just(b"sep=;".to_vec()),
        1 => Just(b";".to_vec()),
        1 => prop::collection::vec(any::<u8>(), 1..6),
    ];
    prop::collection::vec(part, 0..80).prop_map(|parts| parts.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn whatever_the_bytes_every_row_and_every_byte_is_accounted_for(bytes in anything()) {
        let (folder, path) = stored("list.csv", &bytes);
        let Ok(document) = Document::open(&path, &InputOptions::default()) else { return Ok(()) };
        let rows = document.rows(1, 10_000).unwrap();
        let state = document.build_index(&CancellationToken::new(), &mut |_| {}).unwrap();
        prop_assert_eq!(state.rows, rows.len() as u64);
        for record in &rows {
            let at = record.place.byte as usize;
            prop_assert_eq!(&bytes[at..at + record.raw.len()], &record.raw[..]);
        }
        match check_document(&document) {
            Ok(checked) => {
                prop_assert_eq!(checked.rows, rows.len() as u64);
                prop_assert!(checked.accounting.is_conserved());
                prop_assert_eq!(checked.accounting.size, bytes.len() as u64);
                let out = folder.path().join("rejects.csv");
                prop_assert_eq!(write_rejects(&document, &checked, &out).unwrap(), checked.rejected);
            }
            Err(error) => prop_assert!(
                matches!(error, FileError::NeedsChoice { .. } | FileError::Empty { .. }), "{}", error
            ),
        }
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        if let Ok(document) = open_bytes(&bytes) {
            prop_assert!(!document.columns().is_empty());
        }
    }

    #[test]
    fn whatever_stands_beside_it_a_first_number_is_a_row(
        beside in prop::collection::vec("[a-zA-Z ]{0,8}|phone|state|number", 0..3), at in 0_usize..3, rows in 1_usize..4
    ) {
        let mut cells = beside;
        cells.insert(at.min(cells.len()), "202-555-0123".into());
        let line = cells.join(",");
        let file = format!("{line}\n{}", "x,2025550101\n".repeat(rows - 1));
        if let Ok(document) = open_bytes(&file) {
            prop_assert_eq!(document.rows(1, 1).unwrap()[0].raw.clone(), line.into_bytes());
        }
    }
}
