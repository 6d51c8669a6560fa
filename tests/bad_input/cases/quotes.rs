//! 20–25: quotation marks, the likeliest way to lose rows without a word.

use super::Case;

/// One column, 999 rows, a stray mark on row 2: other readers see two records and no error.
fn unterminated() -> String {
    let mut file = String::from("phone\n2025550100\n\"2025550101\n");
    (0..997).for_each(|n| file += &format!("20255501{:02}\n", n % 100));
    file
}

/// A mark that is closed 498 rows later.
fn swallowing() -> String {
    let mut file = String::from("phone,name\n2025550100,\"open\n");
    (0..498).for_each(|n| file += &format!("20255501{:02},x\n", n % 100));
    file + "2025550101,end\"\n2025550102,fine\n"
}

pub fn cases() -> Vec<Case> {
    let inferred = |count| ("inferred-jurisdiction", count);
    vec![
        // The row with the mark is rejected at its line, and each row that it takes in is counted and rejected by its own line:
        // as good as refused, and nothing is lost.
        Case::of(20, "unterminated_quote_1col.csv", unterminated()).checked(
            1,
            0,
            998,
            &[("swallowed-rows", 997), ("unterminated-quote", 1), inferred(1)],
        ),
        Case::of(21, "stray_quote_swallow_2col.csv", swallowing()).checked(
            1,
            0,
            500,
            &[("swallowed-rows", 500), inferred(1)],
        ),
        Case::of(
            22,
            "quote_mid_field.csv",
            "phone,name\n2025550101,5\" pipe\n202555\"0102,x\n2025550103,y\n",
        )
        .checked(1, 0, 2, &[("irregular-quote", 2), inferred(1)]),
        Case::of(
            23,
            "backslash_escapes.csv",
            "phone,name\n2025550101,\"the \\\"best\\\" one\"\n2025550102,y\n",
        )
        .checked(1, 0, 1, &[("irregular-quote", 1), inferred(1)]),
        // 23, 24: other dialects are not guessed; their rows are rejected one by one, none is read in another way.
        Case::of(
            24,
            "single_quote_dialect.csv",
            "phone,name\n'2025550101','a, b'\n'2025550102','c'\n'2025550103','d'\n",
        )
        .checked(0, 0, 3, &[("wrong-column-count", 1), ("not-a-number", 2)]),
        Case::of(
            25,
            "newline_in_quoted_name.csv",
            "phone,name\n2025550101,\"Main Street 5\nSpringfield, 62704\"\n2025550102,x\n",
        )
        .checked(2, 0, 0, &[inferred(2)]),
        // In the column of the numbers a line break is never part of one.
        Case::of(
            25,
            "newline_in_quoted_number.csv",
            "phone,name\n\"2025550101\n2025550102\",x\n2025550103,y\n",
        )
        .checked(1, 0, 2, &[("swallowed-rows", 2), inferred(1)]),
    ]
}
