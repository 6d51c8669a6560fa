use proptest::prelude::*;

use super::{is_control, is_invisible, thousands, visible};

#[test]
fn escape_sequences_of_a_terminal_become_readable() {
    assert_eq!(visible("a\u{1b}[31mred\u{7}", 99), "a\\u{1b}[31mred\\u{7}");
    assert_eq!(visible("\u{9b}2J\u{7f}\0\r\n\t", 99), "\\u{9b}2J\\u{7f}\\u{0}\\u{d}\\u{a}\\u{9}");
}

#[test]
fn what_cannot_be_seen_is_shown() {
    for c in [
        '\u{202e}',
        '\u{2066}',
        '\u{200b}',
        '\u{200e}',
        '\u{feff}',
        '\u{ad}',
        '\u{2028}',
        '\u{e0041}',
        '\u{fe0f}',
        '\u{3164}',
        '\u{e001}',
        '\u{ffff}',
    ] {
        assert_eq!(visible(&format!("x{c}y"), 99), format!("x\\u{{{:x}}}y", u32::from(c)));
    }
}

#[test]
fn ordinary_text_of_any_script_stays() {
    for text in ["Müller & Søn", "東京", "مرحبا", "2025550101", "“list”", ""] {
        assert_eq!(visible(text, 99), text);
    }
}

#[test]
fn long_text_is_cut_and_says_so() {
    assert_eq!(visible("abcdef", 6), "abcdef");
    assert_eq!(visible("abcdefg", 6), "abcde…");
    assert_eq!(visible("abc", 1), "…");
    assert_eq!(visible("abc", 0), "");
    assert_eq!(visible("ab\u{1b}c", 6), "ab…", "half an escape is never shown");
    assert_eq!(visible("a\u{1b}", 7), "a\\u{1b}");
}

#[test]
fn thousands_are_grouped_from_the_right() {
    for (n, text) in [
        (0, "0"),
        (999, "999"),
        (1_000, "1,000"),
        (12_345, "12,345"),
        (1_204_118, "1,204,118"),
        (u64::MAX, "18,446,744,073,709,551,615"),
    ] {
        assert_eq!(thousands(n), text);
    }
}

proptest! {
    #[test]
    fn nothing_dangerous_gets_through_and_the_cap_holds(text in any::<String>(), max in 0_usize..40) {
        let shown = visible(&text, max);
        prop_assert!(shown.chars().count() <= max);
        prop_assert!(!shown.chars().any(|c| is_control(c) || is_invisible(c)));
    }

    #[test]
    fn thousands_loses_no_digit(n in any::<u64>()) {
        prop_assert_eq!(thousands(n).replace(',', ""), n.to_string());
    }
}
