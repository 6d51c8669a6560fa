//! 66–69, 93: cells and names that want to steer a terminal, a spreadsheet or a browser.

use super::Case;

/// Title, clipboard, device control, an 8-bit CSI and a bell.
const STEERING: &str = "phone,name\n\u{1b}]52;c;aGk=\u{7},a\n2025550101,\u{1b}]0;owned\u{7}\n2025550102,\u{1b}P1$r\u{1b}\\\n\
                        2025550103,\u{9b}31m\n2025550104,fine\n";

pub fn cases() -> Vec<Case> {
    let inferred = |count| ("inferred-jurisdiction", count);
    let formulas = "phone,name\n2025550101,=cmd|'/c calc'!A0\n2025550102,@SUM(A1)\n2025550103,+1+1\n2025550104,-2\n\
                    =2025550105,x\n2025550106,\"=HYPERLINK(\"\"x\"\")\"\n";
    let markup =
        "phone,name\n2025550101,<script>alert(1)</script>\n2025550102,[x](javascript:alert)\n<b>,**y**\n";
    vec![
        Case::of(66, "ansi_osc52_cell.csv", STEERING)
            .checked(1, 0, 4, &[("control-character", 4), inferred(1)])
            .shows(&["\\u{1b}]0;owned"]),
        Case::of(67, "ansi_in_header.csv", "phone,n\u{1b}[31mame\n2025550101,x\n").checked(
            1,
            0,
            0,
            &[inferred(1)],
        ),
        Case::of(67, "a\u{1b}]0;owned\u{7}.csv", "phone,name\n2025550101,x\n").checked(
            1,
            0,
            0,
            &[inferred(1)],
        ),
        Case::of(68, "formula_cells.csv", formulas)
            .checked(5, 0, 1, &[("not-a-number", 1), inferred(5)])
            .shows(&["=cmd|'/c calc'!A0"]),
        Case::of(69, "html_js_markdown.csv", markup)
            .checked(2, 0, 1, &[("not-a-number", 1), inferred(2)])
            .shows(&["<script>alert(1)<"]),
        Case::of(93, "line\nbreak.csv", "phone,name\n2025550101,x\n").checked(1, 0, 0, &[inferred(1)]),
        Case::of(93, "esc\u{1b}[2J\u{202e}.csv", "phone,name\n2025550101,x\n").checked(
            1,
            0,
            0,
            &[inferred(1)],
        ),
    ]
}
