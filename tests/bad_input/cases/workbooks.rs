//! 75–83: workbooks.

use super::Case;
use super::pack::{Workbook, ods, text_cell, xlsx};

/// A header of these names in row 1.
fn header(names: &[&str]) -> String {
    let cells: String =
        names.iter().zip('A'..).map(|(name, column)| text_cell(&format!("{column}1"), name)).collect();
    format!("<row r='1'>{cells}</row>")
}

fn number_row(row: u32, value: &str) -> String {
    format!("<row r='{row}'><c r='A{row}'><v>{value}</v></c>{}</row>", text_cell(&format!("B{row}"), "x"))
}

/// An old container of Office with one stream's name in its directory.
fn old_office(stream: &str) -> Vec<u8> {
    let name: Vec<u8> = stream.encode_utf16().flat_map(u16::to_le_bytes).collect();
    [&b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"[..], &[0; 504], &name, &[0; 512]].concat()
}

pub fn cases() -> Vec<Case> {
    let inferred = |count| ("inferred-jurisdiction", count);
    let plain = Workbook::default();
    let head = header(&["phone", "name"]);
    let floats = format!("{head}{}{}", number_row(2, "2025550101"), number_row(3, "2.025550102E9"));
    let formulas = format!(
        "{head}<row r='2'><c r='A2'><f>B2+1</f><v>2025550101</v></c><c r='B2'><v>1</v></c></row>\
         <row r='3'><c r='A3'><f>B3+1</f></c><c r='B3'><v>1</v></c></row>"
    );
    let hidden = format!(
        "{head}{}<row r='3' hidden='1'>{}{}</row>{}",
        number_row(2, "2025550101"),
        text_cell("A3", "2025550102"),
        text_cell("B3", "hidden"),
        number_row(4, "2025550103"),
    );
    let filtered = Workbook {
        behind: "<autoFilter ref='A1:B4'/><mergeCells count='1'><mergeCell ref='A4:B4'/></mergeCells>",
        ..plain
    };
    let dates = format!(
        "{}<row r='2'>{}<c r='B2' s='1'><v>71000</v></c></row>",
        header(&["phone", "expires"]),
        text_cell("A2", "2025550101")
    );
    let many = number_row(2, "2025550101");
    let declared =
        "<row r='1'><c r='A1'><v>1</v></c></row><row r='1000000000'><c r='XFD1000000000'><v>2</v></c></row>";
    let one = format!("{head}{many}");
    let external = b"<externalLink xmlns='http://schemas.openxmlformats.org/spreadsheetml/2006/main'/>";
    let cell = |text: &str| {
        format!("<table:table-cell office:value-type='string'><text:p>{text}</text:p></table:table-cell>")
    };
    let open = format!(
        "<table:table-row>{}{}</table:table-row><table:table-row>{}{}</table:table-row>",
        cell("phone"),
        cell("name"),
        cell("2025550101"),
        cell("x")
    );
    let sheet = [("chosen-sheet", 1), inferred(1)];
    vec![
        Case::of(75, "xlsx_numbers_as_float.xlsx", xlsx(&[("A", &floats)], plain)).checked(
            2,
            0,
            0,
            &[("chosen-sheet", 1), ("stored-as-numbers", 1), inferred(2)],
        ),
        Case::of(76, "xlsx_formula_phone.xlsx", xlsx(&[("A", &formulas)], plain)).checked(
            1,
            0,
            1,
            &[
                ("chosen-sheet", 1),
                ("stored-as-numbers", 1),
                ("formula-cells", 1),
                ("missing-number", 1),
                inferred(1),
            ],
        ),
        Case::of(77, "xlsx_merged_hidden_rows_filtered.xlsx", xlsx(&[("A", &hidden)], filtered))
            .checked(
                3,
                0,
                0,
                &[("chosen-sheet", 1), ("hidden-rows", 1), ("stored-as-numbers", 1), inferred(3)],
            )
            .shows(&["hidden"]),
        Case::of(
            78,
            "xlsx_dates_1904.xlsx",
            xlsx(&[("A", &dates)], Workbook { settings: "date1904='1'", ..plain }),
        )
        .checked(1, 0, 0, &sheet)
        .shows(&["2098-05-22"]),
        Case::of(78, "xlsx_dates_1900.xlsx", xlsx(&[("A", &dates)], plain))
            .checked(1, 0, 0, &sheet)
            .shows(&["2094-05-21"]),
        Case::of(79, "xlsx_multi_sheet.xlsx", xlsx(&[("May", &one), ("June", &one)], plain))
            .asked("--sheet", "Which sheet?"),
        Case::of(79, "xlsx_multi_sheet.xlsx", xlsx(&[("May", &one), ("June", &one)], plain))
            .said(&["--sheet", "June"])
            .checked(1, 0, 0, &[("stored-as-numbers", 1), inferred(1)]),
        Case::of(80, "xlsx_password.xlsx", old_office("EncryptedPackage"))
            .refused("wrong-kind", "locked with a password"),
        Case::large(81, "xlsx_zip_bomb.xlsx", || {
            let cell = text_cell("A1", &"1".repeat(80 << 20));
            xlsx(&[("A", &format!("<row r='1'>{cell}</row>"))], Workbook::default())
        })
        .refused("expands-too-far", "is too large"),
        Case::of(81, "xlsx_declared_cells.xlsx", xlsx(&[("A", declared)], plain))
            .refused("damaged-file", "is damaged"),
        Case::large(81, "xlsx_shared_string_bomb.xlsx", || {
            let strings = format!("<si><t>{}</t></si>", "1".repeat(80 << 20));
            xlsx(
                &[("A", "<row r='1'><c r='A1' t='s'><v>0</v></c></row>")],
                Workbook { strings: &strings, ..Workbook::default() },
            )
        })
        .refused("expands-too-far", "is too large"),
        // 82: nothing is ever written under a member's name, and an external link is followed by spreadsheets only: the values
        // that are stored in the cells are read, so neither can do harm and the list need not be refused.
        Case::of(
            82,
            "xlsx_zip_slip.xlsx",
            xlsx(&[("A", &one)], Workbook { more: &[("../../../tmp/owned.csv", b"x")], ..plain }),
        )
        .checked(1, 0, 0, &[("chosen-sheet", 1), ("stored-as-numbers", 1), inferred(1)]),
        Case::of(
            82,
            "xlsx_external_link.xlsx",
            xlsx(
                &[("A", &one)],
                Workbook { more: &[("xl/externalLinks/externalLink1.xml", external)], ..plain },
            ),
        )
        .checked(1, 0, 0, &[("chosen-sheet", 1), ("stored-as-numbers", 1), inferred(1)]),
        Case::of(83, "xls_biff5.xls", old_office("Book"))
            .refused("wrong-kind", "an old Excel or Word document"),
        Case::of(83, "list.ods", ods(&open, false)).checked(1, 0, 0, &sheet).shows(&["ods"]),
    ]
}
