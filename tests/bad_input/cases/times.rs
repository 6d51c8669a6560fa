//! 58–62: duplicates, expiries and dates.

use super::Case;

pub fn cases() -> Vec<Case> {
    let inferred = |count| ("inferred-jurisdiction", count);
    let ten = [
        "2025550101",
        "12025550101",
        "+12025550101",
        "(202) 555-0101",
        "202-555-0101",
        "202.555.0101",
        "1 202 555 0101",
        "+1 (202) 555-0101",
        "1-202-555-0101",
        "202 5550101",
    ];
    let formats: String = ten.iter().map(|spelling| format!("{spelling},x\n")).collect();
    let ambiguous = "phone,expires\n2025550101,03/04/2099\n2025550102,2099-01-01\n";
    vec![
        Case::of(58, "duplicates_10_formats.csv", format!("phone,name\n{formats}"))
            .checked(1, 9, 0, &[("duplicate", 9), inferred(10)])
            .shows(&["≡"]),
        Case::of(
            59,
            "conflict_expiry.csv",
            "phone,expires\n2025550101,2098-01-01\n2025550101,2099-01-01\n2025550101,\n",
        )
        .checked(1, 2, 0, &[("conflicting-duplicate", 2), inferred(3)]),
        Case::of(60, "past_expiry.csv", "phone,expires\n2025550101,2020-12-31\n2025550102,2099-01-01\n")
            .checked(1, 0, 1, &[("past-expiry", 1), inferred(1)]),
        // 61: an ambiguous cell rejects its row, and the flag that decides is named; the console asks, and until it is
        // answered the row is rejected there too.
        Case::of(61, "date_ambiguous_03_04.csv", ambiguous)
            .checked(1, 0, 1, &[("ambiguous-date", 1), inferred(1)])
            .shows(&["--date-order"]),
        Case::of(61, "date_ambiguous_03_04.csv", ambiguous).said(&["--date-order", "dmy"]).checked(
            2,
            0,
            0,
            &[inferred(2)],
        ),
        // 62: unambiguous, so taken with a warning.
        Case::of(62, "tz_naive.csv", "phone,expires\n2025550101,2099-01-01T10:00\n2025550102,2099-01-01\n")
            .checked(2, 0, 0, &[("assumed-utc", 1), inferred(2)]),
    ]
}
