//! 39–57: cells where a number should be.

use super::Case;

/// One bad row between two good ones.
fn rejected(number: u8, name: &str, cell: &str, code: &'static str) -> Case {
    let file = format!("phone,name\n2025550100,first\n{cell},x\n2025550199,last\n");
    Case::of(number, name, file).checked(2, 0, 1, &[(code, 1), ("inferred-jurisdiction", 2)])
}

/// One odd row between two good ones, which is read as `shown`.
fn warned(number: u8, name: &str, cell: &str, codes: &[(&'static str, u64)], shown: &'static str) -> Case {
    let file = format!("phone,name\n2025550100,first\n{cell},x\n2025550199,last\n");
    Case::of(number, name, file).checked(3, 0, 0, codes).shows(&[shown])
}

pub fn cases() -> Vec<Case> {
    let inferred = |count| ("inferred-jurisdiction", count);
    let zeros = "phone,name\n0000000000,a\n9999999999,b\n+1 999 999 9999,c\n2025550101,d\n";
    let services = "phone,name\n911,a\n112,b\n988,c\n411,d\n2025550101,e\n";
    let two = "phone,name\n2025550101;2025550102,a\n2025550101 / 2025550102,b\n2025550101 or 2025550102,c\n\
               \"2025550101, 2025550102\",d\n2025550101 2025550102,e\n2025550103,f\n";
    vec![
        rejected(39, "sci_notation.csv", "1.2025E+10", "scientific-notation").shows(&["digits destroyed"]),
        rejected(40, "float_dot_zero.csv", "12025550101.0", "decimal-number"),
        warned(
            41,
            "leading_apostrophe.csv",
            "'2025550101",
            &[("leading-apostrophe", 1), inferred(3)],
            "+1 202 555 0101",
        ),
        // Without its zero the number is none of the United States, and where the region is said it is one of Britain.
        rejected(42, "lost_leading_zero.csv", "020 7946 0958", "too-long"),
        Case::of(42, "lost_leading_zero_said.csv", "phone,name\n2079460958,x\n02079460959,y\n")
            .said(&["--region", "GB"])
            .checked(2, 0, 0, &[inferred(2)]),
        rejected(43, "excel_date_as_phone.csv", "19-Nov-26", "date-as-number"),
        rejected(44, "thousands_sep.csv", "\"2,025,550,101\"", "thousands-separators"),
        warned(
            45,
            "fullwidth_digits.csv",
            "２０２５５５０１０１",
            &[("foreign-digits", 1), inferred(3)],
            "+1 202 555 0101",
        ),
        warned(
            46,
            "arabic_indic.csv",
            "٢٠٢٥٥٥٠١٠١",
            &[("foreign-digits", 1), inferred(3)],
            "+1 202 555 0101",
        ),
        rejected(47, "superscript_digits.csv", "²⁰²⁵⁵⁵⁰¹⁰¹", "not-a-number"),
        warned(
            48,
            "rtl_marks_zwsp_bom_inside.csv",
            "\u{202e}202\u{200b}555\u{feff}0101\u{200f}",
            &[("invisible-characters", 1), inferred(3)],
            "\\u{202e}",
        ),
        rejected(49, "homoglyph_letters_O_l.csv", "2O25550l01", "not-a-number"),
        warned(
            50,
            "extensions.csv",
            "202-555-0101 x12",
            &[("extension-dropped", 1), inferred(3)],
            "+1 202 555 0101",
        ),
        Case::of(51, "vanity.csv", "phone,name\n1-800-FLOWERS,x\n2025550101,y\n")
            .checked(2, 0, 0, &[("vanity-letters", 1), inferred(2)])
            .shows(&["+1 800 356 9377"]),
        Case::of(52, "two_numbers_one_cell.csv", two).checked(
            1,
            0,
            5,
            &[("several-numbers", 5), inferred(1)],
        ),
        rejected(53, "seven_digits.csv", "555-0101", "local-only"),
        Case::of(54, "emergency_short.csv", services).checked(
            1,
            0,
            4,
            &[("emergency-number", 4), inferred(1)],
        ),
        Case::of(55, "all_zeros_nines.csv", zeros).checked(
            1,
            0,
            3,
            &[("placeholder-number", 3), inferred(1)],
        ),
        Case::of(56, "nanp_non_us.csv", "phone,name\n+1 876 555 0101,jm\n242-555-0102,bs\n2025550101,us\n")
            .checked(3, 0, 0, &[("unassigned-number", 1), inferred(3)])
            .shows(&["+1 876 555 0101", "JM", "BS"]),
        // 57: read by the region: 00 is no prefix of the United States, and 011 none of Britain. A plus says that a country
        // code follows; +20… would be a number of Egypt that nobody has, and without the plus it is one at home.
        Case::of(
            57,
            "plus_no_country.csv",
            "phone,name\n+2025550101,a\n0044 20 7946 0958,b\n011 44 20 7946 0958,c\n2025550101,d\n",
        )
        .checked(2, 0, 2, &[("too-long", 1), ("missing-country-code", 1), inferred(2)])
        .shows(&["plus sign without its c"]),
        Case::of(
            57,
            "plus_no_country_gb.csv",
            "phone,name\n0044 20 7946 0958,b\n011 44 20 7946 0958,c\n2079460958,d\n",
        )
        .said(&["--region", "GB"])
        .checked(1, 1, 1, &[("too-long", 1), ("duplicate", 1), inferred(2)]),
    ]
}
