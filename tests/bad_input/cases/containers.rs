//! 70–74, 84: other kinds of files, and archives.

use super::Case;
use super::pack::{Workbook, gzip, xlsx, zip, zstd};

const LIST: &str = "phone,name\n2025550101,x\n2025550102,y\n";

/// Much of the same, which packs into less than a two-hundredth.
fn bomb() -> Vec<u8> {
    vec![b'1'; 80 << 20]
}

pub fn cases() -> Vec<Case> {
    let inferred = [("inferred-jurisdiction", 2)];
    let member = [("unpacked-member", 1), ("inferred-jurisdiction", 2)];
    let two = zip(&[("a.csv", LIST.as_bytes()), ("b.csv", b"phone\n2025550199\n")]);
    vec![
        Case::of(70, "json.csv", "[{\"phone\": \"2025550101\"}]").refused("wrong-kind", "a JSON document"),
        Case::of(70, "ndjson.csv", "{\"phone\": \"2025550101\"}\n{\"phone\": \"2025550102\"}\n")
            .refused("wrong-kind", "a JSON document"),
        Case::of(71, "html_saved_as.xls", "\n<HTML><body><table><tr><td>2025550101</td></tr></table>")
            .refused("wrong-kind", "an HTML page"),
        Case::of(72, "pdf_renamed.csv", "%PDF-1.7\n1 0 obj").refused("wrong-kind", "a PDF document"),
        // 73, 74: the content decides, not the name, so both are read for what they are.
        Case::of(
            73,
            "xlsx_renamed.csv",
            xlsx(&[("A", "<row r='1'><c r='A1'><v>2025550101</v></c></row>")], Workbook::default()),
        )
        .checked(
            1,
            0,
            0,
            &[
                ("chosen-sheet", 1),
                ("stored-as-numbers", 1),
                ("assumed-headerless", 1),
                ("inferred-jurisdiction", 1),
            ],
        )
        .shows(&["xlsx"]),
        Case::of(74, "csv_renamed.xlsx", LIST).checked(2, 0, 0, &inferred).shows(&["comma"]),
        // 84: opened, within limits.
        Case::of(84, "list.csv.gz", gzip(LIST.as_bytes())).checked(2, 0, 0, &inferred).shows(&["gzip"]),
        Case::of(84, "list.csv.zst", zstd(LIST.as_bytes())).checked(2, 0, 0, &inferred).shows(&["zstd"]),
        Case::of(84, "list.zip", zip(&[("list.csv", LIST.as_bytes())]))
            .checked(2, 0, 0, &member)
            .shows(&["zip list.csv"]),
        Case::of(84, "two.zip", two.clone()).asked("--member", "Which file of the archive?"),
        Case::of(84, "two.zip", two).said(&["--member", "b.csv"]).checked(
            1,
            0,
            0,
            &[("inferred-jurisdiction", 1)],
        ),
        Case::of(84, "nested.gz", gzip(&gzip(LIST.as_bytes())))
            .refused("wrong-kind", "an archive that holds a gzip archive"),
        Case::large(84, "bomb.gz", || gzip(&bomb())).refused("expands-too-far", "is too large"),
        Case::large(84, "bomb.zip", || zip(&[("a.csv", &bomb())])).refused("expands-too-far", "is too large"),
        Case::of(84, "cut.gz", &gzip(LIST.repeat(20).as_bytes())[..40]).refused("damaged-file", "is damaged"),
    ]
}
