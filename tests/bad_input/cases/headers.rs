//! 29–35: column names and separators.

use super::Case;

const WHICH_COLUMN: (&str, &str) = ("--map", "Which column holds the number?");

pub fn cases() -> Vec<Case> {
    let inferred = |count| ("inferred-jurisdiction", count);
    let twice = "phone,phone,name\n2025550101,2025550102,x\n2025550103,2025550104,y\n";
    let title = "Report of suppressed numbers\nmade on Monday\nphone,name\n2025550101,x\n2025550102,y\n";
    let separated = |by: &str| format!("phone{by}name\n2025550101{by}x\n2025550102{by}y\n");
    let assumed = [("assumed-delimiter", 1), inferred(2)];
    vec![
        Case::of(29, "dup_headers.csv", twice).asked(WHICH_COLUMN.0, WHICH_COLUMN.1),
        Case::of(29, "dup_headers.csv", twice).said(&["--map", "number=2"]).checked(2, 0, 0, &[inferred(2)]),
        // 30: unambiguous, so taken with a warning; the first row is there.
        Case::of(30, "no_header.csv", "US-DC,2025550101,x\nUS-DC,2025550102,y\n")
            .checked(2, 0, 0, &[("assumed-headerless", 1), ("assumed-column", 1), inferred(2)])
            .shows(&["no header", "row 1 of 2", "2025550101"]),
        Case::of(31, "header_case_spaces.csv", "  PHONE Number , Name \n2025550101,x\n").checked(
            1,
            0,
            0,
            &[inferred(1)],
        ),
        Case::of(32, "two_header_rows_preamble.csv", title)
            .asked("--no-header", "Does the first line name the columns?"),
        Case::of(32, "two_header_rows_preamble.csv", title)
            .said(&["--no-header", "--map", "number=1"])
            .checked(2, 0, 3, &[("wrong-column-count", 2), ("not-a-number", 1), inferred(2)]),
        // 33–35: unambiguous, so taken with a warning.
        Case::of(33, "semicolon.csv", separated(";")).checked(2, 0, 0, &assumed).shows(&["semicolon"]),
        Case::of(34, "tab.csv", separated("\t")).checked(2, 0, 0, &assumed).shows(&["tab"]),
        Case::of(35, "pipe.csv", separated("|")).checked(2, 0, 0, &assumed).shows(&["pipe"]),
        // Two separators that fit equally well are not guessed between.
        Case::of(33, "semicolon_or_pipe.csv", "2025550101;x|y\n2025550102;z|w\n")
            .asked("--delimiter", "What separates the fields?"),
    ]
}
