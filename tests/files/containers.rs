//! Archives, workbooks and the registry's XML open like any other file, and what is damaged is never taken for whole.

use std::io::{Cursor, Write as _};

use zip::write::SimpleFileOptions;

use super::*;

const LIST: &str = "phone,state\n2025550101,US-DC\n(212) 555-0102,US-NY\nn/a,US-NY\n";

pub(super) fn gzip(text: &[u8]) -> Vec<u8> {
    let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    out.write_all(text).unwrap();
    out.finish().unwrap()
}

pub(super) fn zstd(text: &[u8]) -> Vec<u8> {
    ruzstd::encoding::compress_to_vec(text, ruzstd::encoding::CompressionLevel::Fastest)
}

pub(super) fn zip(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut out = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in members {
        out.start_file(*name, SimpleFileOptions::default()).unwrap();
        out.write_all(bytes).unwrap();
    }
    out.finish().unwrap().into_inner()
}

/// A workbook of these sheets, each the XML of its rows. Style 1 is a date.
pub(super) fn xlsx(sheets: &[(&str, &str)], dates_from_1904: bool) -> Vec<u8> {
    const MAIN: &str = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    const RELS: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let (mut listed, mut relations, mut parts) = (String::new(), String::new(), Vec::new());
    for (at, (name, rows)) in sheets.iter().enumerate() {
        let n = at + 1;
        listed += &format!("<sheet name='{name}' sheetId='{n}' r:id='rId{n}'/>");
        relations +=
            &format!("<Relationship Id='rId{n}' Type='{RELS}/worksheet' Target='worksheets/sheet{n}.xml'/>");
        let sheet = format!("<worksheet xmlns='{MAIN}'><sheetData>{rows}</sheetData></worksheet>");
        parts.push((format!("xl/worksheets/sheet{n}.xml"), sheet));
    }
    relations += &format!("<Relationship Id='rId99' Type='{RELS}/styles' Target='styles.xml'/>");
    let from = if dates_from_1904 { "<workbookPr date1904='1'/>" } else { "" };
    let package = "http://schemas.openxmlformats.org/package/2006";
    parts.extend([
        ("xl/workbook.xml".to_owned(), format!("<workbook xmlns='{MAIN}' xmlns:r='{RELS}'>{from}<sheets>{listed}</sheets></workbook>")),
        ("xl/_rels/workbook.xml.rels".to_owned(), format!("<Relationships xmlns='{package}/relationships'>{relations}</Relationships>")),
        ("xl/styles.xml".to_owned(), format!("<styleSheet xmlns='{MAIN}'><cellXfs count='2'><xf numFmtId='0'/><xf numFmtId='14'/></cellXfs></styleSheet>")),
        (
            "_rels/.rels".to_owned(),
            format!(
                "<Relationships xmlns='{package}/relationships'><Relationship Id='rId1' \
                 Type='{RELS}/officeDocument' Target='xl/workbook.xml'/></Relationships>"
            ),
        ),
        ("[Content_Types].xml".to_owned(), format!("<Types xmlns='{package}/content-types'/>")),
    ]);
    let members: Vec<(&str, &[u8])> =
        parts.iter().map(|(name, text)| (name.as_str(), text.as_bytes())).collect();
    zip(&members)
}

fn text_cell(at: &str, text: &str) -> String {
    format!("<c r='{at}' t='inlineStr'><is><t>{text}</t></is></c>")
}

pub(super) fn ods(rows: &str) -> Vec<u8> {
    let content = format!(
        "<office:document-content xmlns:office='o' xmlns:table='t' xmlns:text='x'><office:body><office:spreadsheet>\
         <table:table table:name='Numbers'>{rows}</table:table></office:spreadsheet></office:body></office:document-content>"
    );
    zip(&[
        ("mimetype", b"application/vnd.oasis.opendocument.spreadsheet"),
        ("content.xml", content.as_bytes()),
    ])
}

pub(super) fn open(
    name: &str,
    bytes: &[u8],
    options: &InputOptions,
) -> Result<(Document, Checked), FileError> {
    let (folder, path) = stored(name, bytes);
    FOLDERS.with_borrow_mut(|folders| folders.push(folder));
    let document = Document::open(&path, options)?;
    let checked = check_document(&document)?;
    assert_eq!(
        checked.sha256,
        quietline::files::sha256_of(&path).unwrap(),
        "the hash is that of the file as stored"
    );
    Ok((document, checked))
}

fn file_codes(checked: &Checked) -> Vec<Code> {
    codes(checked, 0)
}

#[rstest]
#[case::gzip("list.csv.gz", gzip(LIST.as_bytes()), "gzip")]
#[case::gzip_by_another_name("list.csv", gzip(LIST.as_bytes()), "gzip")]
#[case::gzip_in_two_members("list.gz", [gzip(&LIST.as_bytes()[..20]), gzip(&LIST.as_bytes()[20..])].concat(), "gzip")]
#[case::zstd("list.csv.zst", zstd(LIST.as_bytes()), "zstd")]
#[case::zip("list.zip", zip(&[("sub/list.csv", LIST.as_bytes()), ("__MACOSX/._list.csv", b"x")]), "zip")]
fn a_compressed_list_reads_like_the_list_itself(
    #[case] name: &str,
    #[case] bytes: Vec<u8>,
    #[case] kind: &str,
) {
    let (document, checked) = open(name, &bytes, &InputOptions::default()).unwrap();
    let plain = check_bytes(LIST).unwrap();
    assert_eq!(document.container().unwrap().kind, kind);
    assert_eq!(checked.intents, plain.intents);
    assert_eq!((checked.rows, rejections(&checked)), (3, rejections(&plain)));
    assert_eq!(checked.accounting, plain.accounting);
}

#[test]
fn a_large_compressed_list_gives_every_row() {
    let mut text = String::from("phone\n");
    (0..200_000).for_each(|n| text += &format!("202{:07}\n", 2_000_000 + n));
    for bytes in [gzip(text.as_bytes()), zstd(text.as_bytes()), zip(&[("a.csv", text.as_bytes())])] {
        let (_folder, path) = stored("list", bytes);
        let document = Document::open(&path, &InputOptions::default()).unwrap();
        let checked = check_document(&document).unwrap();
        assert_eq!((checked.rows, checked.valid), (200_000, 200_000));
        document.build_index(&CancellationToken::new(), &mut |_| ()).unwrap();
        assert_eq!(document.rows(199_999, 5).unwrap().len(), 2);
    }
}

#[rstest]
#[case::gzip(gzip(LIST.repeat(50).as_bytes()))]
#[case::zstd(zstd(LIST.repeat(50).as_bytes()))]
#[case::zip(zip(&[("a.csv", LIST.repeat(50).as_bytes())]))]
#[case::xlsx(xlsx(&[("A", &format!("<row r='1'>{}</row>", text_cell("A1", "phone").repeat(40)))], false))]
fn a_container_that_is_cut_anywhere_is_never_taken_for_whole(#[case] bytes: Vec<u8>) {
    for cut in (4..bytes.len()).step_by(bytes.len() / 40 + 1).chain([bytes.len() - 1]) {
        let read = open("list", &bytes[..cut], &InputOptions::default());
        assert!(matches!(read, Err(FileError::Damaged { .. })), "cut at {cut}: {read:?}");
    }
}

#[test]
fn a_changed_byte_inside_is_noticed_by_the_checksum() {
    let whole = gzip(LIST.as_bytes());
    let mut bent = whole.clone();
    let at = bent.len() - 6;
    bent[at] ^= 1;
    assert!(matches!(open("a.gz", &bent, &InputOptions::default()), Err(FileError::Damaged { .. })));
    let trailing = [whole, b"more".to_vec()].concat();
    assert!(matches!(open("a.gz", &trailing, &InputOptions::default()), Err(FileError::Damaged { .. })));
}

#[test]
fn an_archive_of_several_lists_asks_and_takes_the_answer() {
    let bytes = zip(&[("a.csv", LIST.as_bytes()), ("b.csv", b"phone\n2025550199\n")]);
    let asked = open("a.zip", &bytes, &InputOptions::default()).unwrap_err();
    let FileError::NeedsChoice { question, flag, .. } = &asked else { panic!("{asked:?}") };
    assert!(question.contains("a.csv, b.csv") && flag == "--member NAME", "{asked:?}");
    let named = |name: &str| InputOptions { member: Some(name.into()), ..InputOptions::default() };
    let (document, checked) = open("a.zip", &bytes, &named("b.csv")).unwrap();
    assert_eq!(document.container().unwrap().part.as_deref(), Some("b.csv"));
    assert_eq!(numbers(&checked), ["+12025550199"]);
    assert!(matches!(open("a.zip", &bytes, &named("c.csv")), Err(FileError::NeedsChoice { .. })));
}

#[rstest]
#[case::archive_in_archive(gzip(&gzip(LIST.as_bytes())), "an archive that holds a gzip archive")]
#[case::workbook_in_archive(gzip(&xlsx(&[], false)), "an archive that holds a zip archive or workbook")]
#[case::picture_in_archive(gzip(b"\x89PNG\r\n\x1a\n\0\0"), "a PNG picture")]
#[case::empty_archive(zip(&[]), "an archive without any file in it")]
#[case::document(zip(&[("word/document.xml", b"<w/>")]), "a Word document (docx)")]
#[case::entities(b"<!DOCTYPE x [<!ENTITY a 'b'>]><list val='202'/>".to_vec(), "an XML document with a document type, which may do harm")]
#[case::entities_behind_a_declaration(b"<?xml version='1.0'?><!DOCTYPE x [<!ENTITY a 'b'>]><list val='202'/>".to_vec(), "an XML document with a document type, which may do harm")]
#[case::other_xml(b"<?xml version='1.0'?><rss><item/></rss>".to_vec(), "an XML document that is no list of a registry")]
fn what_holds_no_table_is_named(#[case] bytes: Vec<u8>, #[case] what: &str) {
    match open("list", &bytes, &InputOptions::default()) {
        Err(FileError::WrongKind { what: said, .. }) => assert_eq!(said, what),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_bomb_is_refused_before_it_fills_the_disk() {
    let bomb = gzip(&vec![b'1'; 80 << 20]);
    assert!(bomb.len() < 1 << 20);
    for bytes in [zip(&[("a.csv", &vec![b'1'; 80 << 20])]), bomb] {
        let read = open("bomb", &bytes, &InputOptions::default());
        assert!(matches!(read, Err(FileError::TooLarge { .. })), "{read:?}");
    }
}

#[test]
fn the_registrys_xml_gives_its_numbers_with_their_zeros() {
    let xml = "<?xml version='1.0'?>\n<list val='202' type='full'>\n <ac val='202'>\n  <ph val='5550101'/>\n  <ph val='12'></ph>\n \
               </ac>\n <ac val='212'><ph val='5550102'/></ac><ph val='5550103'/>\n</list>\n";
    let (document, checked) = open("202.xml", xml.as_bytes(), &InputOptions::default()).unwrap();
    assert_eq!(document.container().unwrap().kind, "ftc-xml");
    let rows: Vec<String> = document.rows(1, 9).unwrap().iter().map(|row| row.fields.join(",")).collect();
    assert_eq!(rows, ["202,5550101", "202,0000012", "212,5550102", "202,5550103"]);
    assert_eq!(checked.rows, 4);

    for cut in [
        "<list val='202'><ac val='202'><ph val='5550101'/>",
        "<list val='202'><ph val='1'/></lis>",
        "<list><ph val='1'/></list>",
    ] {
        let read = open("202.xml", cut.as_bytes(), &InputOptions::default());
        assert!(matches!(read, Err(FileError::Damaged { .. })), "{read:?}");
    }
}

#[test]
fn a_workbook_gives_its_rows_under_the_numbers_that_a_spreadsheet_shows() {
    let rows = [
        format!(
            "<row r='1'>{}{}{}</row>",
            text_cell("A1", "phone"),
            text_cell("B1", "state"),
            text_cell("C1", "expires")
        ),
        format!(
            "<row r='2'><c r='A2'><v>2025550101</v></c>{}<c r='C2' s='1'><v>46752</v></c></row>",
            text_cell("B2", "US-DC")
        ),
        format!(
            "<row r='5' hidden='1'>{}{}</row>",
            text_cell("A5", "(212) 555-0102&#10;"),
            text_cell("B5", "US-NY")
        ),
        format!("<row r='6'><c r='A6'><f>A2+1</f><v>2025550103</v></c>{}</row>", text_cell("B6", "US-DC")),
        format!("<row r='7'><c r='A7'><f>A2+2</f></c>{}</row>", text_cell("B7", "US-DC")),
        format!("<row r='8'><c r='A8'><v>2.0255501040000001E+25</v></c>{}</row>", text_cell("B8", "US-DC")),
    ];
    let (document, checked) = open(
        "list.xlsx",
        &xlsx(&[("Numbers", &rows.concat()), ("Empty", "")], false),
        &InputOptions::default(),
    )
    .unwrap();
    assert_eq!(document.container().unwrap().part.as_deref(), Some("Numbers"));
    assert_eq!(numbers(&checked), ["+12025550101", "+12025550103", "+12125550102"]);
    assert_eq!(rejections(&checked), [(4, Code::MissingNumber), (5, Code::ScientificNotation)]);
    let lines: Vec<u64> =
        checked.problems.iter().filter(|p| p.place.row >= 4).map(|p| p.place.line).collect();
    assert_eq!(lines, [7, 8]);
    let expires = checked.intents.iter().next().unwrap().attributes.expires.unwrap();
    assert_eq!(expires.to_string(), "2027-12-31T23:59:59Z");
    let hidden = checked.problems.iter().find(|problem| problem.code == Code::HiddenRows).unwrap();
    assert_eq!((hidden.place.row, hidden.raw.as_ref()), (0, "1"), "its number is among those above");
    let said = file_codes(&checked);
    for code in [Code::ChosenSheet, Code::FormulaCells, Code::StoredAsNumbers] {
        assert!(said.contains(&code), "{code:?} in {said:?}");
    }
}

#[test]
fn a_workbook_that_counts_from_1904_and_has_two_sheets() {
    let sheet = format!(
        "<row r='1'>{}{}</row><row r='2'>{}<c r='B2' s='1'><v>45290</v></c></row>",
        text_cell("A1", "phone"),
        text_cell("B1", "expires"),
        text_cell("A2", "2025550101")
    );
    let bytes = xlsx(&[("May", &sheet), ("June", &sheet)], true);
    let asked = open("a.xlsx", &bytes, &InputOptions::default()).unwrap_err();
    assert!(matches!(&asked, FileError::NeedsChoice { flag, .. } if flag == "--sheet NAME"), "{asked:?}");
    let june = InputOptions { sheet: Some("June".into()), ..InputOptions::default() };
    let (_, checked) = open("a.xlsx", &bytes, &june).unwrap();
    let expires = checked.intents.iter().next().unwrap().attributes.expires.unwrap();
    assert_eq!(expires.to_string(), "2027-12-31T23:59:59Z");
}

#[test]
fn an_open_document_sheet_reads_past_a_million_empty_rows() {
    let cell = |text: &str| {
        format!("<table:table-cell office:value-type='string'><text:p>{text}</text:p></table:table-cell>")
    };
    let rows = format!(
        "<table:table-row>{}{}</table:table-row>\
         <table:table-row><table:table-cell office:value-type='float' office:value='2025550101'><text:p>2.03E+09</text:p></table:table-cell>\
         <table:table-cell office:value-type='date' office:date-value='2027-12-31'/></table:table-row>\
         <table:table-row table:number-rows-repeated='3'><table:table-cell table:number-columns-repeated='16384'/></table:table-row>\
         <table:table-row>{}<table:table-cell/></table:table-row>\
         <table:table-row table:number-rows-repeated='1048000'><table:table-cell table:number-columns-repeated='16384'/></table:table-row>",
        cell("phone"),
        cell("expires"),
        cell("212 555 0102 &amp; co")
    );
    let (document, checked) = open("a.ods", &ods(&rows), &InputOptions::default()).unwrap();
    assert_eq!(document.container().unwrap().kind, "ods");
    assert_eq!(numbers(&checked), ["+12025550101"]);
    let bad: Vec<_> =
        checked.problems.iter().filter(|p| p.place.row == 2).map(|p| (p.place.line, p.raw)).collect();
    assert_eq!(bad, [(6, "212 555 0102 & co".into())]);
}

#[test]
fn rows_that_a_filter_hides_in_an_open_document_sheet_are_included_and_counted() {
    let row = |attributes: &str, text: &str| {
        let cell = format!(
            "<table:table-cell office:value-type='string'><text:p>{text}</text:p></table:table-cell>"
        );
        format!("<table:table-row {attributes}>{cell}</table:table-row>")
    };
    let rows = [
        row("", "phone"),
        row("table:visibility='filter'", "2025550101"),
        row("table:visibility='collapse' table:number-rows-repeated='2'", "2025550102"),
        row("table:visibility='visible'", "2025550103"),
        "<table:table-row table:visibility='collapse' table:number-rows-repeated='9'><table:table-cell/></table:table-row>".to_owned(),
    ];
    let (_, checked) = open("a.ods", &ods(&rows.concat()), &InputOptions::default()).unwrap();
    assert_eq!(checked.records, 4);
    let hidden = checked.problems.iter().find(|problem| problem.code == Code::HiddenRows).unwrap();
    assert_eq!(hidden.raw.as_ref(), "3");
}

#[test]
fn a_workbook_that_hides_nothing_says_nothing_of_hidden_rows() {
    let sheet = format!(
        "<row r='1'>{}</row><row r='2' hidden='0'>{}</row><row r='3' hidden='1'/>",
        text_cell("A1", "phone"),
        text_cell("A2", "2025550101")
    );
    let (_, checked) =
        open("a.xlsx", &xlsx(&[("Numbers", &sheet)], false), &InputOptions::default()).unwrap();
    assert!(!file_codes(&checked).contains(&Code::HiddenRows));
}

#[test]
fn unpacking_tells_how_far_it_is_and_ends_when_it_is_stopped() {
    let text = format!("phone,remark\n{}", "2025550101,the same again and again\n".repeat(200_000));
    let rows: String = (2..30_000)
        .map(|row| format!("<row r='{row}'>{}</row>", text_cell(&format!("A{row}"), "2025550101")))
        .collect();
    let head = format!("<row r='1'>{}</row>", text_cell("A1", "phone"));
    let packed = [
        ("a.csv.gz", gzip(text.as_bytes())),
        ("a.csv.zst", zstd(text.as_bytes())),
        ("a.zip", zip(&[("a.csv", text.as_bytes())])),
        ("a.xlsx", xlsx(&[("Numbers", &(head + &rows))], false)),
    ];
    for (name, bytes) in packed {
        let (_folder, path) = stored(name, &bytes);
        let mut told = Vec::new();
        let open = |stop: &CancellationToken, tell: &mut dyn FnMut(u64)| {
            Document::open_with(&path, &InputOptions::default(), stop, tell)
        };
        let document = open(&CancellationToken::new(), &mut |bytes| told.push(bytes)).unwrap();
        assert!(!told.is_empty() && told.is_sorted(), "{name}: {told:?}");
        assert!(told.last().unwrap() <= &document.size(), "{name}");

        // Stopped on the way: at the first word of progress, and before the first byte.
        let stop = CancellationToken::new();
        let mut heard = 0;
        let stopped = open(&stop, &mut |_| {
            heard += 1;
            stop.cancel();
        });
        assert!(matches!(stopped, Err(FileError::Stopped)), "{name}: {stopped:?}");
        assert_eq!(heard, 1, "{name}");
        let stopped = open(&stop, &mut |_| unreachable!());
        assert!(matches!(stopped, Err(FileError::Stopped)), "{name}: {stopped:?}");
    }
}

#[test]
fn a_sheet_that_repeats_a_number_a_million_times_is_refused() {
    let cell = "<table:table-cell table:number-columns-repeated='100000' office:value-type='string'><text:p>1</text:p></table:table-cell>";
    let rows = format!("<table:table-row table:number-rows-repeated='1000000000'>{cell}</table:table-row>");
    let read = open("a.ods", &ods(&rows), &InputOptions::default());
    assert!(matches!(read, Err(FileError::TooLarge { .. })), "{read:?}");
}

#[test]
fn a_workbook_whose_one_cell_fills_the_memory_is_refused_before_it_is_read() {
    let rows = format!("<row r='1'>{}</row>", text_cell("A1", &"1".repeat(80 << 20)));
    let cell = "<table:table-cell office:value-type='string'><text:p>@</text:p></table:table-cell>";
    let row = format!("<table:table-row>{}</table:table-row>", cell.replace('@', &"1".repeat(80 << 20)));
    for bytes in [xlsx(&[("A", &rows)], false), ods(&row)] {
        let read = open("bomb", &bytes, &InputOptions::default());
        assert!(matches!(read, Err(FileError::TooLarge { .. })), "{read:?}");
    }
}

#[test]
fn every_row_of_a_sheet_is_accounted_for() {
    let rows = [
        format!("<row r='4'>{}{}</row>", text_cell("A4", "phone"), text_cell("B4", "state")),
        format!("<row r='5'>{}{}</row>", text_cell("A5", "2025550101"), text_cell("B5", "US-DC")),
        format!("<row r='9'>{}{}</row>", text_cell("A9", "2025550102"), text_cell("B9", "US-DC")),
    ];
    let (document, checked) =
        open("a.xlsx", &xlsx(&[("A", &rows.concat())], false), &InputOptions::default()).unwrap();
    assert_eq!((checked.records, numbers(&checked).len()), (2, 2));
    assert_eq!(document.columns(), ["phone", "state"]);
    // A row above the header is asked about, never dropped.
    let titled = format!("<row r='1'>{}</row>{}", text_cell("A1", "# made in May"), rows.concat());
    let asked = open("a.xlsx", &xlsx(&[("A", &titled)], false), &InputOptions::default());
    assert!(matches!(asked, Err(FileError::NeedsChoice { .. })), "{asked:?}");
}
