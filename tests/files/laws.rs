//! What holds for any bytes at all.

use super::conservation::{hold, options_of};
use super::containers::{gzip, xlsx, zip, zstd};
use super::*;

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
        1 => Just(b"2025550101,0109\n".to_vec()),
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

/// A row of a sheet and how many of its cells are filled, now and then with gaps, formulas, dates, errors, and cells that are
/// out of order or stand twice.
fn sheet_row() -> impl Strategy<Value = (String, u64)> {
    let value = prop_oneof![
        4 => Just(("><v>2025550101</v>", 1)),
        2 => Just((" t='inlineStr'><is><t>(202) 555-0102</t></is>", 1)),
        1 => Just((" t='inlineStr'><is><t>phone</t></is>", 1)),
        1 => Just((" s='1'><v>46752</v>", 1)),
        1 => Just(("><f>A1+1</f><v>2025550103</v>", 1)),
        1 => Just(("><f>A1+1</f>", 0)),
        1 => Just((" t='e'><v>#REF!</v>", 1)),
        1 => Just((" t='inlineStr'><is><t xml:space='preserve'> a&#10;\"b\"&#9;&#13;</t></is>", 1)),
        1 => Just((">", 0)),
    ];
    let cell = (prop_oneof![4 => Just("A"), 2 => Just("B"), 1 => Just("D")], value);
    (prop_oneof![6 => 1..20_u32, 1 => Just(3_000)], prop::collection::vec(cell, 0..4)).prop_map(
        |(row, cells)| {
            let filled = cells.iter().map(|(_, (_, filled))| filled).sum();
            let cells: String =
                cells.iter().map(|(column, (value, _))| format!("<c r='{column}{row}'{value}</c>")).collect();
            (format!("<row r='{row}'>{cells}</row>"), filled)
        },
    )
}

/// Cells of a document with anything in them, those of its header too.
fn filled_cells(document: &Document) -> u64 {
    let rows = document.rows(1, 10_000).unwrap();
    let cells = rows.iter().flat_map(|row| &row.fields).filter(|cell| !cell.is_empty()).count();
    let named = |name: &&String| !name.starts_with("column ");
    let names = document.columns().iter().filter(named).filter(|_| document.format().header).count();
    (cells + names) as u64
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn whatever_the_bytes_every_row_and_every_byte_is_accounted_for(bytes in anything(), said in any::<u8>()) {
        let (_folder, path) = stored("list.csv", &bytes);
        hold(&path, &options_of(said));
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let (_folder, path) = stored("list.csv", &bytes);
        hold(&path, &InputOptions::default());
    }

    #[test]
    fn a_packed_list_is_held_to_the_same(bytes in anything(), kind in 0..3_u8) {
        let packed = match kind {
            0 => gzip(&bytes),
            1 => zstd(&bytes),
            _ => zip(&[("a.csv", &bytes)]),
        };
        let (_folder, path) = stored("list", packed);
        hold(&path, &InputOptions::default());
    }

    #[test]
    fn any_sheet_is_held_to_the_same(rows in prop::collection::vec(sheet_row(), 0..12), more in any::<bool>()) {
        let sheet: String = rows.iter().map(|(row, _)| row.as_str()).collect();
        let filled: u64 = rows.iter().map(|(_, filled)| filled).sum();
        let other = if more { "<row r='3'><c r='A3'><v>2025550199</v></c></row>" } else { "" };
        let (_folder, path) = stored("list.xlsx", xlsx(&[("A", &sheet), ("B", other)], false));
        hold(&path, &InputOptions::default());
        // The reader counts what it wrote; this is what the sheet held.
        if let Ok(document) = Document::open(&path, &InputOptions { sheet: Some("A".into()), ..InputOptions::default() }) {
            prop_assert_eq!(filled_cells(&document), filled);
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
