//! 13–15, 17–19, 26–28, 36–38: lines, and how many columns they have.

use std::io::Write as _;

use super::Case;

pub fn cases() -> Vec<Case> {
    let inferred = |count| ("inferred-jurisdiction", count);
    vec![
        Case::of(13, "crlf.csv", "phone,name\r\n2025550101,x\r\n2025550102,y\r\n").checked(
            2,
            0,
            0,
            &[inferred(2)],
        ),
        Case::of(14, "cr_only.csv", "phone,name\r2025550101,x\r2025550102,y\r").checked(
            2,
            0,
            0,
            &[("carriage-return-only", 1), inferred(2)],
        ),
        Case::of(15, "mixed_eol.csv", "phone,name\r\n2025550101,x\n\n2025550102,y\r\r\nbad,z\n2025550103,w")
            .checked(3, 0, 1, &[("mixed-line-endings", 1), ("not-a-number", 1), inferred(3)])
            .shows(&["mixed line ends"]),
        Case::of(17, "ctrl_z_eof.csv", "phone,name\n2025550101,x\n2025550102,y\x1a").checked(
            2,
            0,
            0,
            &[("trailing-control-z", 1), inferred(2)],
        ),
        Case::of(18, "no_final_newline.csv", "phone,name\n2025550101,x\n2025550102,last")
            .checked(2, 0, 0, &[inferred(2)])
            .shows(&["last"]),
        Case::of(19, "blank_lines_spaces.csv", "\nphone,name\n\n2025550101,x\n   \n\t\n2025550102,y\n\n\n")
            .checked(2, 0, 0, &[inferred(2)]),
        Case::made(26, "single_line_100MB.csv", |path| {
            let mut file = std::fs::File::create(path).unwrap();
            let piece = "2025550101 ".repeat(100 << 10);
            (0..90).for_each(|_| file.write_all(piece.as_bytes()).unwrap());
        })
        .refused("wrong-kind", "first record is longer than any row"),
        // The same line further down costs its row: a file of which the rest is sound is not thrown away.
        Case::made(26, "one_long_line.csv", |path| {
            let mut file = std::fs::File::create(path).unwrap();
            file.write_all("phone,name\n2025550101,x\n2025550102,".as_bytes()).unwrap();
            let piece = "y".repeat(1 << 20);
            (0..20).for_each(|_| file.write_all(piece.as_bytes()).unwrap());
            file.write_all(b"\n2025550103,z\n").unwrap();
        })
        .checked(2, 0, 1, &[("record-too-long", 1), inferred(2)]),
        Case::of(27, "million_columns.csv", format!("phone{}\n", ",x".repeat(1_000_000)))
            .refused("wrong-kind", "first record is longer than any row"),
        Case::of(
            27,
            "twelve_thousand_columns.csv",
            format!("phone{0}\n2025550101{0}\n", ",x".repeat(12_000)),
        )
        .refused("wrong-kind", "12001 columns"),
        Case::of(
            28,
            "ragged.csv",
            "phone,name\n2025550101,x\n2025550102\n2025550103,y\n2025550104,x,y\n2025550105,z\n2025550106,\n",
        )
        .checked(4, 0, 2, &[("wrong-column-count", 2), inferred(4)]),
        Case::of(36, "sep_line_excel.csv", "sep=;\r\nphone;name\r\n2025550101;x\r\n")
            .checked(1, 0, 0, &[("separator-line", 1), inferred(1)])
            .shows(&["semicolon"]),
        Case::of(37, "empty.csv", "").refused("no-records", "the file is empty"),
        Case::of(38, "header_only.csv", "phone,name\n")
            .refused("no-records", "a header and nothing below it"),
    ]
}
