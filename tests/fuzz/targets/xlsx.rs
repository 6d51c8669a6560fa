//! Workbooks. The first byte says what the rest is: rows of a sheet, rows with shared strings (a NUL between them), rows of an
//! open document, a whole part, or the workbook as stored.
#![no_main]

#[path = "../../common/conservation.rs"]
#[expect(dead_code, reason = "nobody says anything about such a file")]
mod conservation;
mod shared;

#[path = "../../common/pack.rs"]
#[expect(dead_code, reason = "shared with other tests")]
mod pack;

use libfuzzer_sys::fuzz_target;
use pack::{Workbook, ods, xlsx, zip_with};
use quietline::files::InputOptions;
use zip::CompressionMethod::Stored;

fuzz_target!(|input: &[u8]| {
    let Some((&form, rest)) = input.split_first() else { return };
    if rest.len() > shared::LARGEST {
        return;
    }
    let text = String::from_utf8_lossy(rest);
    let (rows, beside) = text.split_once('\0').unwrap_or((&text, ""));
    let sound = "<row r='1'><c r='A1' t='inlineStr'><is><t>2025550101</t></is></c></row>";
    let stored = Workbook { stored: true, ..Workbook::default() };
    let file = match form % 8 {
        0 => xlsx(&[("A", rows)], stored),
        1 => xlsx(&[("A", rows)], Workbook { strings: beside, ..stored }),
        2 => xlsx(&[("A", rows), ("B", beside)], stored),
        3 => xlsx(&[("A", rows)], Workbook { behind: beside, settings: "date1904='1'", ..stored }),
        4 => ods(rows, true),
        5 => zip_with(
            &[("mimetype", b"application/vnd.oasis.opendocument.spreadsheet"), ("content.xml", rest)],
            Stored,
        ),
        6 => {
            xlsx(&[("A", sound)], Workbook { more: &[("xl/comments1.xml", rest)], settings: rows, ..stored })
        }
        _ => [b"PK\x03\x04", rest].concat(),
    };
    shared::held("list.xlsx", &file, &InputOptions::default());
});
