//! Cells of sheets: what stands in one is read once and whole, or the sheet is refused.

use super::containers::{ods, open, xlsx};
use super::*;

fn damaged(name: &str, bytes: &[u8]) -> String {
    match open(name, bytes, &InputOptions::default()) {
        Err(FileError::Damaged { what, .. }) => what,
        other => panic!("{other:?}"),
    }
}

fn opened(name: &str, bytes: &[u8]) -> (Document, Checked) {
    open(name, bytes, &InputOptions::default()).unwrap()
}

#[rstest]
#[case::two_rows(
    "<row r='2'><c r='A2'><v>2025550101</v></c></row><row r='2'><c r='A2'><v>2025550102</v></c></row>"
)]
#[case::two_cells("<row r='2'><c r='A2'><v>2025550101</v></c><c r='A2'><v>2025550102</v></c></row>")]
#[case::another_rows_cell(
    "<row r='2'><c r='A2'><v>2025550101</v></c></row><row r='3'><c r='A2'><v>2025550102</v></c></row>"
)]
fn a_cell_that_stands_twice_in_a_workbook_is_damage(#[case] rows: &str) {
    let head = "<row r='1'><c r='A1' t='inlineStr'><is><t>phone</t></is></c></row>";
    let what = damaged("a.xlsx", &xlsx(&[("A", &format!("{head}{rows}"))], false));
    assert_eq!(what, "row 2 has two cells in column 1");
}

#[test]
fn an_empty_cell_in_the_place_of_a_filled_one_takes_nothing_away() {
    let rows = "<row r='1'><c r='A1'><v>2025550101</v></c><c r='A1' s='1'/></row>";
    assert_eq!(numbers(&opened("a.xlsx", &xlsx(&[("A", rows)], false)).1), ["+12025550101"]);
}

const STRING: &str = "<table:table-cell office:value-type='string'";

fn row(cell: &str) -> String {
    format!("<table:table-row>{cell}</table:table-row>")
}

#[rstest]
#[case::comment("<office:annotation><text:p>+44</text:p></office:annotation><text:p>2025550101</text:p>")]
#[case::comment_behind(
    "<text:p>2025550101</text:p><office:annotation><text:p>02</text:p><text:p>3</text:p></office:annotation>"
)]
#[case::comment_within(
    "<text:p>2025550101<office:annotation><text:p>02</text:p></office:annotation></text:p>"
)]
#[case::drawing(
    "<draw:frame><draw:text-box><text:p>1</text:p></draw:text-box></draw:frame><text:p>2025550101</text:p>"
)]
#[case::drawing_within("<text:p>202<draw:frame><svg:title>9</svg:title></draw:frame>5550101</text:p>")]
#[case::parts("<text:p>202<text:span>555<text:span>01</text:span></text:span>01</text:p>")]
#[case::cdata("<text:p><![CDATA[2025550101]]></text:p>")]
#[case::heading("<text:h>2025550101</text:h>")]
fn a_cell_of_an_open_document_sheet_is_its_own_text_and_nothing_beside_it(#[case] inside: &str) {
    let sheet = row(&format!("{STRING}>{inside}</table:table-cell>"));
    assert_eq!(numbers(&opened("a.ods", &ods(&sheet)).1), ["+12025550101"]);
}

#[test]
fn a_value_that_is_stored_and_not_shown_is_read() {
    let sheet = row(&format!("{STRING} office:string-value='2025550101'/>"))
        + &row(&format!(
            "{STRING} office:string-value='2025550199'><text:p>2025550102</text:p></table:table-cell>"
        ));
    let (_, checked) = opened("a.ods", &ods(&sheet));
    assert_eq!((checked.rows, numbers(&checked)), (2, vec!["+12025550101".into(), "+12025550102".into()]));
}

#[test]
fn a_table_inside_a_cell_is_refused() {
    let inner = format!(
        "<table:table>{}</table:table>",
        row(&format!("{STRING}><text:p>1</text:p></table:table-cell>"))
    );
    let sheet = row(&format!("{STRING}>{inner}</table:table-cell>"));
    let read = open("a.ods", &ods(&sheet), &InputOptions::default());
    assert!(matches!(read, Err(FileError::WrongKind { .. })), "{read:?}");
}

/// One column: two formulas without a result, one with an empty one, and a good number.
#[rstest]
#[case::xlsx("a.xlsx", xlsx(&[("A", "<row r='1'><c r='A1'><v>2025550101</v></c></row><row r='2'><c r='A2'><f>B2</f></c></row>\
    <row r='3'><c r='A3'><f>B3</f><v></v></c></row><row r='4'><c r='A4' t='str'><f>IF(B4,B4,\"\")</f><v></v></c></row>")], false))]
#[case::ods("a.ods", ods(&[
    row(&format!("{STRING}><text:p>2025550101</text:p></table:table-cell>")),
    row("<table:table-cell table:formula='of:=[.B2]'/>"),
    row("<table:table-cell table:formula='of:=[.B3]'></table:table-cell>"),
    row(&format!("{STRING} table:formula='of:=IF([.B4];[.B4];)' office:string-value=''><text:p/></table:table-cell>")),
].concat()))]
fn a_row_of_formulas_without_results_is_a_row_without_a_number(#[case] name: &str, #[case] bytes: Vec<u8>) {
    let (_, checked) = opened(name, &bytes);
    assert_eq!((checked.rows, numbers(&checked)), (3, vec!["+12025550101".into()]));
    assert_eq!(rejections(&checked), [(2, Code::MissingNumber), (3, Code::MissingNumber)]);
    let said = checked.problems.iter().find(|problem| problem.code == Code::FormulaCells).unwrap();
    assert_eq!(said.raw.as_ref(), "3");
    assert!(said.hint.starts_with("2 of them have no stored result"), "{}", said.hint);
}

#[test]
fn a_sheet_of_nothing_but_formulas_is_a_sheet_to_choose() {
    let value = "<row r='1'><c r='A1'><v>2025550101</v></c></row>";
    let formulas = "<row r='1'><c r='A1'><f>A!A1</f></c></row>";
    let read = open("a.xlsx", &xlsx(&[("A", value), ("B", formulas)], false), &InputOptions::default());
    assert!(matches!(&read, Err(FileError::NeedsChoice { flag, .. }) if flag == "--sheet NAME"), "{read:?}");
}

#[test]
fn a_number_on_two_lines_of_a_cell_is_no_number() {
    let cell = |at: &str, text: &str| {
        format!("<c r='{at}' t='inlineStr'><is><t xml:space='preserve'>{text}</t></is></c>")
    };
    let rows: String = [
        ("Phone&#10;number", "address"),
        ("202&#10;5550101", "x"),
        ("2025550102&#13;&#10;", "1 Main Street&#10;Town"),
    ]
    .iter()
    .enumerate()
    .map(|(at, (number, address))| {
        let n = at + 1;
        format!("<row r='{n}'>{}{}</row>", cell(&format!("A{n}"), number), cell(&format!("B{n}"), address))
    })
    .collect();
    let line = |text: &str| format!("<text:p>{text}</text:p>");
    let other = row(&format!("{STRING}>{}{}</table:table-cell>", line("202"), line("5550101")))
        + &row(&format!("{STRING}><text:p>202<text:line-break/>5550103</text:p></table:table-cell>"))
        + &row(&format!("{STRING}>{}</table:table-cell>", line("2025550102")));
    let (document, checked) = opened("a.xlsx", &xlsx(&[("A", &rows)], false));
    assert_eq!((checked.rejected, numbers(&checked)), (1, vec!["+12025550102".into()]));
    assert_eq!(document.rows(2, 1).unwrap()[0].fields, ["2025550102", "1 Main Street⏎Town"]);
    let (_, checked) = opened("a.ods", &ods(&other));
    assert_eq!((checked.rejected, numbers(&checked)), (2, vec!["+12025550102".into()]));
}

#[rstest]
#[case::from_1900(false, "2958465", "2958466")]
#[case::from_1904(true, "2957003", "2957004")]
fn a_number_in_a_cell_with_the_format_of_dates_is_the_number_that_was_stored(
    #[case] from_1904: bool,
    #[case] last_day: &str,
    #[case] behind: &str,
) {
    let dates = ["2025550104", "2125550104", last_day, behind, "46752", "-46752", "2025550104.5"];
    let rows: String = (1..)
        .zip(dates)
        .map(|(n, value)| format!("<row r='{n}'><c r='A{n}' s='1'><v>{value}</v></c></row>"))
        .collect();
    let (document, checked) = opened("a.xlsx", &xlsx(&[("A", &rows)], from_1904));
    let read: Vec<String> = document.rows(1, 9).unwrap().iter().map(|row| row.fields.join(",")).collect();
    let day = if from_1904 { "2032-01-01" } else { "2027-12-31" };
    assert_eq!(read, ["2025550104", "2125550104", "9999-12-31", behind, day, "-46752", "2025550104.5"]);
    assert_eq!(numbers(&checked), ["+12025550104", "+12125550104"]);
    assert_eq!((checked.rows, checked.rejected), (7, 5));
    assert!(checked.problems.iter().any(|problem| problem.code == Code::StoredAsNumbers));
}

#[rstest]
#[case::cdata("<c r='A2'><v><![CDATA[2025550102]]></v></c>")]
#[case::cdata_of_a_result("<c r='A2' t='str'><v><![CDATA[2025550102]]></v></c>")]
#[case::a_comment_before("<c r='A2'><v><!-- x -->2025550102</v></c>")]
#[case::a_comment_within("<c r='A2'><v>2025550102<!-- x -->9</v></c>")]
#[case::an_instruction("<c r='A2'><v><?x y?>2025550102</v></c>")]
#[case::an_entity("<c r='A2'><v>&#50;025550102</v></c>")]
#[case::an_entity_of_a_place("<c r='A2' t='s'><v>&#49;</v></c>")]
#[case::a_place_that_is_no_number("<c r='A2' t='s'><v>1 </v></c>")]
#[case::markup("<c r='A2'><v>2025550102<b/>9</v></c>")]
#[case::two_values("<c r='A2'><v>2025550102</v><v>2025550103</v></c>")]
#[case::two_texts("<c r='A2' t='inlineStr'><is><t>2025550102</t></is><is><t>2025550103</t></is></c>")]
#[case::a_text_behind_a_value("<c r='A2'><v>2025550102</v><is/></c>")]
#[case::a_value_for_a_text("<c r='A2' t='inlineStr'><v>2025550102</v></c>")]
#[case::text_without_a_mark("<c r='A2' t='inlineStr'><is>2025550102</is></c>")]
#[case::text_in_the_cell("<c r='A2'>2025550102</c>")]
#[case::cdata_in_the_cell("<c r='A2'><![CDATA[2025550102]]></c>")]
#[case::a_cell_in_a_cell("<c r='A2'><v>1</v><c r='B2'><v>2025550102</v></c></c>")]
fn a_cell_of_a_workbook_that_would_be_read_in_part_is_damage(#[case] cell: &str) {
    let good = "<row r='1'><c r='A1'><v>2025550101</v></c></row>";
    let what = damaged("a.xlsx", &xlsx(&[("A", &format!("{good}<row r='2'>{cell}</row>"))], false));
    assert!(what.contains("2 of a sheet in it holds more than one plain value"), "{what}");
}

#[test]
fn text_between_the_cells_of_a_workbook_is_damage() {
    let rows = "<row r='1'><c r='A1'><v>2025550101</v></c></row><row r='2'>2025550102</row>";
    assert!(damaged("a.xlsx", &xlsx(&[("A", rows)], false)).starts_with("text stands between the cells"));
}

#[test]
fn cells_of_a_workbook_may_hold_all_that_is_read() {
    let rows = "<row r='1'>\n<c r='A1' t='str'>\n<f>\"a\" &amp; B1</f><v>2025550101&#32;</v></c></row>\
                <row r='2'><!-- x --><c r='A2' t='inlineStr'><v>2025550199</v><is><t><![CDATA[2025550102]]></t></is></c></row>\
                <row r='3'><c r='A3' t='inlineStr'><is><r><rPr><b/></rPr><t>202</t></r><r><t>555&#48;103</t></r></is></c></row>\
                <row r='4'><c r='A4' t='inlineStr'/></row><row r='5'><c r='A5'><f/><v/></c></row>\
                <row r='6'><c r='A6' t='e'><f>1/0</f><v>#N/A</v></c></row>";
    let (_, checked) = opened("a.xlsx", &xlsx(&[("A", rows)], false));
    assert_eq!(numbers(&checked), ["+12025550101", "+12025550102", "+12025550103"]);
}

#[rstest]
#[case::text("<table:table-cell>2025550102</table:table-cell>", "no paragraph")]
#[case::cdata("<table:table-cell><![CDATA[2025550102]]></table:table-cell>", "no paragraph")]
#[case::text_behind("<table:table-cell><text:p>1</text:p>&#50;</table:table-cell>", "no paragraph")]
#[case::an_unknown_entity(
    "<table:table-cell office:value-type='float' office:value='&two;025550102'/>",
    "attribute"
)]
#[case::a_bare_attribute("<table:table-cell x office:string-value='2025550102'/>", "attribute")]
#[case::no_count("<table:table-cell table:number-columns-repeated='1x'/>", "no count")]
fn a_cell_of_an_open_document_sheet_that_would_be_read_in_part_is_damage(
    #[case] cell: &str,
    #[case] why: &str,
) {
    let good = row(&format!("{STRING}><text:p>2025550101</text:p></table:table-cell>"));
    let what = damaged("a.ods", &ods(&format!("{good}{}", row(cell))));
    assert!(what.contains(why), "{what}");
}

/// Three cells of 2 MiB each are more than a row, though none of them is more than a text.
#[rstest]
#[case::xlsx("a.xlsx", xlsx(&[("A", &format!("<row r='1'>{}</row>", format!("<c t='inlineStr'><is><t>{}</t></is></c>", "1".repeat(2 << 20)).repeat(3)))], false))]
#[case::ods("a.ods", ods(&row(&format!("{STRING} table:number-columns-repeated='3'><text:p>{}</text:p></table:table-cell>", "1".repeat(2 << 20)))))]
fn a_row_that_fills_the_memory_is_refused(#[case] name: &str, #[case] bytes: Vec<u8>) {
    let read = open(name, &bytes, &InputOptions::default());
    assert!(
        matches!(&read, Err(FileError::TooLarge { what, .. }) if what.contains("a row in it")),
        "{read:?}"
    );
}
