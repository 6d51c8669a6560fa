//! The rules that are asked against all of them.

use proptest::prelude::*;

use super::*;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn a_rule_that_is_not_asked_had_nothing_to_say(
        cell in "(tel:)?['+]?([0-9]{1,8}|[0-9]{1,4}|[ ().,/;|&#:\\[\\]+-]|1234567|[a-z]|ext|Nov|jan|e[+]?|[\u{a0}\u{ff11}\u{2011}\u{85}\u{7f}é]){0,9}",
        nanp in any::<bool>(),
    ) {
        let mut warnings = Vec::new();
        let text = clean(&cell, &mut warnings);
        let all = Makeup::of(&text, SUBSCRIBER).anything();
        prop_assert_eq!(read_by_rules(&cell, nanp), read_clean(&text, all, nanp, warnings));
    }

    #[test]
    fn ascii_is_cleaned_like_any_text(cell in "[ '\t\r\na-cX-Z0-9]{0,12}") {
        // A character that is left out makes the rest go the long way.
        let (mut short, mut long) = (Vec::new(), Vec::new());
        let text = clean(&cell, &mut short);
        let other = format!("{cell}\u{200b}");
        prop_assert_eq!(&text, &clean(&other, &mut long));
        long.retain(|code| *code != Code::InvisibleCharacters);
        prop_assert_eq!(short, long);
    }
}
